"""Functions and activations: one row each. Kinked ones are written with ``where``; their slope at the kink is PyTorch's."""

from __future__ import annotations

from stepper.rules.row import Function

_CALCULUS = "any calculus text"

FUNCTIONS: tuple[Function, ...] = (
    Function(
        "exp", "x", machine="exp", exact={"0": "1"}, partials={"x": "out"},
        source=f"{_CALCULUS}: the function that is its own derivative",
    ),
    Function(
        "log", "x", machine="log", exact={"1": "0"}, domain="x > 0", partials={"x": "1/x"},
        says="the natural logarithm", source=f"{_CALCULUS}: the inverse of exp",
    ),
    Function(
        "sqrt", "x", value="x^(1/2)", domain="x >= 0", partials={"x": "1/(2*out)"},
        source=f"{_CALCULUS}: the inverse of the square",
    ),
    Function(
        "abs", "x", value="where(x >= 0, x, -x)", partials={"x": "where(x > 0, 1, where(x < 0, -1, 0))"},
        source="PyTorch: torch.abs, slope 0 at 0",
    ),
    Function(
        "sin", "x", machine="sin", exact={"0": "0"}, partials={"x": "cos(x)"}, source=_CALCULUS,
    ),
    Function(
        "cos", "x", machine="cos", exact={"0": "1"}, partials={"x": "-sin(x)"}, source=_CALCULUS,
    ),
    Function(
        "cosh", "x", machine="cosh", exact={"0": "1"}, partials={"x": "sinh(x)"}, source=_CALCULUS,
    ),
    Function(
        "sinh", "x", machine="sinh", exact={"0": "0"}, partials={"x": "cosh(x)"}, source=_CALCULUS,
    ),
    Function(
        "sech", "x", value="1/cosh(x)", partials={"x": "-out*tanh(x)"},
        stable={"": "where(x >= 0, 2*exp(-x)/(1 + exp(-2*x)), 2*exp(x)/(1 + exp(2*x)))"}, source=_CALCULUS,
    ),
    Function(
        "tanh", "x", machine="tanh", exact={"0": "0"}, partials={"x": "1 - out^2"}, stable={"x": "sech(x)^2"},
        source="LeCun, Bottou, Orr and Müller, Efficient BackProp, 1998, section 4.4",
    ),
    Function(
        "sigmoid", "x", value="1/(1 + exp(-x))", partials={"x": "out*(1 - out)"}, symbol="σ", aliases=("sigma", "logistic"),
        stable={
            "": "where(x >= 0, 1/(1 + exp(-x)), exp(x)/(1 + exp(x)))",
            "x": "where(x >= 0, exp(-x)/(1 + exp(-x))^2, exp(x)/(1 + exp(x))^2)",
        },
        source="Rumelhart, Hinton and Williams, Learning representations by back-propagating errors, 1986, equation 2",
    ),
    Function(
        "relu", "x", value="where(x > 0, x, 0)", partials={"x": "where(x > 0, 1, 0)"}, symbol="ReLU",
        source="Nair and Hinton, Rectified linear units improve restricted Boltzmann machines, 2010; PyTorch: slope 0 at 0",
    ),
    Function(
        "leaky_relu", "x, alpha=0.01", value="where(x > 0, x, alpha*x)", symbol="LeakyReLU",
        partials={"x": "where(x > 0, 1, alpha)", "alpha": "where(x > 0, 0, x)"},
        aliases=("lrelu", "leakyrelu", "LeakyReLU"),
        source="Maas, Hannun and Ng, Rectifier nonlinearities improve neural network acoustic models, 2013; PyTorch: slope alpha at 0",
    ),
    Function(
        "softplus", "x", value="log(1 + exp(x))", partials={"x": "sigmoid(x)"},
        stable={"": "where(x > 0, x + log(1 + exp(-x)), log(1 + exp(x)))"},
        source="Dugas, Bengio, Bélisle, Nadeau and Garcia, Incorporating second-order functional knowledge, 2001",
    ),
    Function(
        "silu", "x", value="x*sigmoid(x)", partials={"x": "sigmoid(x)*(1 + x*(1 - sigmoid(x)))"}, symbol="SiLU", aliases=("swish",),
        source="Elfwing, Uchibe and Doya, Sigmoid-weighted linear units, 2018",
    ),
    Function("sum", "x[]", fold="+", unfolds=True, symbol="Σ", source="the sum of the elements"),
    Function("prod", "x[]", fold="*", unfolds=True, symbol="Π", source="the product of the elements"),
    Function("mean", "x[]", value="sum(x)/n", partials={"x": "1/n"}, unfolds=True, source="the arithmetic mean of the elements"),
    Function(
        "dot", "a[], b[]", value="sum(a*b)", partials={"a": "b[j]", "b": "a[j]"}, unfolds=True,
        source="the inner product of two lists of the same length",
    ),
)  # fmt: skip
