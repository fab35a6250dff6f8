"""Losses: one row each, with the definitions that textbooks give under the same name."""

from __future__ import annotations

from stepper.tables.row import FunctionRow, Variant

LOSSES: tuple[FunctionRow, ...] = (
    FunctionRow(
        "mse", "yhat[], y[]", symbol="MSE", unfolds=True,
        variants={
            "mean": Variant(
                "sum((yhat - y)^2)/n", {"yhat": "2*(yhat[j] - y[j])/n", "y": "-2*(yhat[j] - y[j])/n"},
                "the mean over the n outputs",
            ),
            "half_sum": Variant("1/2*sum((yhat - y)^2)", {"yhat": "yhat[j] - y[j]", "y": "-(yhat[j] - y[j])"},
                "half the sum of squares"),
            "sum": Variant(
                "sum((yhat - y)^2)", {"yhat": "2*(yhat[j] - y[j])", "y": "-2*(yhat[j] - y[j])"},
                "1/n with n the number of samples, which is one: the sum of squares",
            ),
        },
        source="PyTorch: MSELoss, reduction='mean' (the default here); half the sum: Bishop, "
               "Pattern Recognition and Machine Learning, "
        "2006, equation 1.2",
    ),
    FunctionRow(
        "sse", "yhat[], y[]", value="sum((yhat - y)^2)", symbol="SSE", unfolds=True,
        partials={"yhat": "2*(yhat[j] - y[j])", "y": "-2*(yhat[j] - y[j])"},
        says="the sum of squared errors",
        source="Hastie, Tibshirani and Friedman, The Elements of Statistical Learning, 2009, equation 2.3",
    ),
    FunctionRow(
        "half_sse", "yhat[], y[]", value="1/2*sum((yhat - y)^2)", unfolds=True,
        partials={"yhat": "yhat[j] - y[j]", "y": "-(yhat[j] - y[j])"},
        says="half the sum of squared errors",
        source="Bishop, Pattern Recognition and Machine Learning, 2006, equation 1.2",
    ),
    FunctionRow(
        "mae", "yhat[], y[]", value="sum(abs(yhat - y))/n", symbol="MAE", unfolds=True,
        says="the mean absolute error", source="PyTorch documentation: L1Loss, reduction='mean'",
    ),
    FunctionRow(
        "huber", "yhat[], y[], delta=1", unfolds=True, symbol="Huber",
        value="sum(where(abs(yhat - y) <= delta, (yhat - y)^2/2, delta*(abs(yhat - y) - delta/2)))/n",
        says="the mean over the n outputs",
        source="Huber, Robust estimation of a location parameter, 1964; PyTorch: HuberLoss",
    ),
    FunctionRow(
        "bce", "p, y", value="-(y*log(p) + (1 - y)*log(1 - p))", symbol="BCE", unfolds=True,
        partials={"p": "(p - y)/(p*(1 - p))", "y": "log(1 - p) - log(p)"},
        says="binary cross entropy, natural logarithm", unit="nats", takes={"p": "probability", "y": "probability"},
        target="y",
        source="PyTorch documentation: BCELoss; Goodfellow, Bengio and Courville, Deep Learning, 2016, section 6.2.2.2",
    ),
    FunctionRow(
        "bce_with_logits", "z, y", value="log(1 + exp(z)) - y*z", unfolds=True,
        partials={"z": "sigmoid(z) - y", "y": "-z"}, stable={"": "softplus(z) - y*z"},
        says="binary cross entropy of sigmoid(z), natural logarithm", unit="nats",
        takes={"z": "logit", "y": "probability"}, target="y", applies="sigmoid",
        source="PyTorch documentation: BCEWithLogitsLoss",
    ),
    FunctionRow(
        "cross_entropy", "z[], y:class", value="-log_softmax(z)[y]", listed="cross_entropy_one_hot", symbol="CE",
        unfolds=True, partials={"z": "where(j == y, softmax(z)[j] - 1, softmax(z)[j])"},
        says="of logits z; y is the class, {counted}; natural logarithm", unit="nats",
        takes={"z": "logits"}, applies="softmax", source="PyTorch documentation: CrossEntropyLoss",
    ),
    FunctionRow(
        "cross_entropy_one_hot", "z[], y[]", value="-sum(y*log_softmax(z))", symbol="CE", unfolds=True,
        partials={"z": "sum(y)*softmax(z)[j] - y[j]", "y": "-log_softmax(z)[j]"},
        says="of logits z; y holds the class probabilities; natural logarithm", unit="nats",
        takes={"z": "logits", "y": "distribution"}, target="y", applies="softmax",
        source="PyTorch documentation: CrossEntropyLoss with class probabilities",
    ),
    FunctionRow(
        "nll", "logp[], y:class", value="-logp[y]", unfolds=True, partials={"logp": "where(j == y, -1, 0)"},
        says="of log-probabilities; y is the class, {counted}", unit="nats", takes={"logp": "log-distribution"},
        source="PyTorch documentation: NLLLoss",
    ),
    FunctionRow(
        "hinge", "s, y, margin=1", value="where(y*s < margin, margin - y*s, 0)", unfolds=True, kink="y*s == margin",
        partials={
            "s": "where(y*s < margin, -y, 0)", "y": "where(y*s < margin, -s, 0)", "margin": "where(y*s < margin, 1, 0)",
        },
        says="y is -1 or 1", takes={"y": "signed"}, target="y",
        source="Cortes and Vapnik, Support-vector networks, 1995",
    ),
    FunctionRow(
        "multi_hinge", "s[], y:class, margin=1", value="sum(where(k == y, 0, relu(s - s[y] + margin)))", unfolds=True,
        says="summed over the other classes; y is the class, {counted}",
        source="Weston and Watkins, Support vector machines for multi-class pattern recognition, 1999",
    ),
    FunctionRow(
        "kl", "p[], q[]", symbol="KL", unfolds=True, convention="entropy",
        takes={"p": "distribution", "q": "distribution"}, variants={
            "nats": Variant(
                "sum(p*log(p/q))", {"p": "log(p[j]/q[j]) + 1", "q": "-p[j]/q[j]"},
                "the divergence of p from q, natural logarithm", "nats",
            ),
            "bits": Variant(
                "sum(p*log2(p/q))", {"p": "log2(p[j]/q[j]) + 1/log(2)", "q": "-p[j]/(q[j]*log(2))"},
                "the divergence of p from q, in bits", "bits",
            ),
        },
        source="Kullback and Leibler, On information and sufficiency, 1951",
    ),
    FunctionRow(
        "entropy", "p[]", symbol="H", unfolds=True, takes={"p": "distribution"},
        variants={
            "nats": Variant("-sum(p*log(p))", {"p": "-(log(p[j]) + 1)"}, "in nats", "nats"),
            "bits": Variant("-sum(p*log2(p))", {"p": "-(log2(p[j]) + 1/log(2))"}, "in bits", "bits"),
        },
        source="Shannon, A mathematical theory of communication, 1948",
    ),
)  # fmt: skip
