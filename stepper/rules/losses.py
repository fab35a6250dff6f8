"""Losses: one row each, with the definitions that textbooks give under the same name."""

from __future__ import annotations

from stepper.rules.row import Function, Variant

LOSSES: tuple[Function, ...] = (
    Function(
        "mse", "yhat[], y[]", symbol="MSE", unfolds=True,
        variants={
            "mean": Variant(
                "sum((yhat - y)^2)/n", {"yhat": "2*(yhat[j] - y[j])/n", "y": "-2*(yhat[j] - y[j])/n"}, "the mean over the n outputs",
            ),
            "half_sum": Variant("1/2*sum((yhat - y)^2)", {"yhat": "yhat[j] - y[j]", "y": "-(yhat[j] - y[j])"}, "half the sum of squares"),
            "sum": Variant(
                "sum((yhat - y)^2)", {"yhat": "2*(yhat[j] - y[j])", "y": "-2*(yhat[j] - y[j])"},
                "1/n with n the number of samples, which is one: the sum of squares",
            ),
        },
        source="PyTorch: MSELoss, reduction='mean' (the default here); half the sum: Bishop, Pattern Recognition and Machine Learning, "
        "2006, equation 1.2",
    ),
    Function(
        "sse", "yhat[], y[]", value="sum((yhat - y)^2)", symbol="SSE", unfolds=True,
        partials={"yhat": "2*(yhat[j] - y[j])", "y": "-2*(yhat[j] - y[j])"},
        says="the sum of squared errors",
        source="Hastie, Tibshirani and Friedman, The Elements of Statistical Learning, 2009, equation 2.3",
    ),
    Function(
        "mae", "yhat[], y[]", value="sum(abs(yhat - y))/n", symbol="MAE", unfolds=True,
        says="the mean absolute error", source="PyTorch: L1Loss, reduction='mean'",
    ),
    Function(
        "bce", "p, y", value="-(y*log(p) + (1 - y)*log(1 - p))", symbol="BCE", unfolds=True,
        partials={"p": "(p - y)/(p*(1 - p))", "y": "log(1 - p) - log(p)"},
        says="binary cross entropy, natural logarithm",
        source="PyTorch: BCELoss; Goodfellow, Bengio and Courville, Deep Learning, 2016, section 6.2.2.2",
    ),
)  # fmt: skip
