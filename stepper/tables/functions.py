"""Functions and activations: one row each.

Kinked ones are written with ``where``; their slope at the kink is PyTorch's.
"""

from __future__ import annotations

from stepper.tables.row import FunctionRow, Variant

_CALCULUS = "any calculus text"

_PYTORCH = "PyTorch documentation"

FUNCTIONS: tuple[FunctionRow, ...] = (
    # ---- elementary functions
    FunctionRow(
        "exp", "x", inverse="log(x)", positive=True, bends="up", machine="exp", exact={"0": "1"}, partials={"x": "out"},
        source=f"{_CALCULUS}: the function that is its own derivative",
    ),
    FunctionRow(
        "log", "x", inverse="exp(x)", bends="down", machine="log", exact={"1": "0"}, domain="x > 0",
        partials={"x": "1/x"},
        aliases=("ln",),
        says="the natural logarithm", source=f"{_CALCULUS}: the inverse of exp",
    ),
    FunctionRow("log2", "x", value="log(x)/log(2)", domain="x > 0", partials={"x": "1/(x*log(2))"}, source=_CALCULUS),
    FunctionRow("log10", "x", value="log(x)/log(10)", domain="x > 0", partials={"x": "1/(x*log(10))"},
        source=_CALCULUS),
    FunctionRow(
        "sqrt", "x", symbol="√", inverse="x^2", bends="down", value="x^(1/2)", domain="x >= 0",
        partials={"x": "1/(2*out)"},
        source=f"{_CALCULUS}: the inverse of the square",
    ),
    FunctionRow(
        "abs", "x", symbol="|…|", nonnegative=True, bends="up", kink="x == 0", value="where(x >= 0, x, -x)",
        partials={"x": "where(x > 0, 1, where(x < 0, -1, 0))"}, source=f"{_PYTORCH}: torch.abs, slope 0 at 0",
    ),
    FunctionRow(
        "sign", "x", value="where(x > 0, 1, where(x < 0, -1, 0))", kink="x == 0", partials={"x": "0"},
        source=f"{_PYTORCH}: torch.sign",
    ),
    FunctionRow(
        "step", "x", value="where(x > 0, 1, 0)", kink="x == 0", partials={"x": "0"},
        says="the Heaviside step, 0 at 0",
        source="McCulloch and Pitts, A logical calculus of the ideas immanent in nervous activity, 1943",
    ),
    FunctionRow("floor", "x", machine="floor", symbol="⌊…⌋", rational=True, jumps=True, nests=True, partials={"x": "0"},
        source=_CALCULUS),
    FunctionRow(
        "ceil", "x", machine="ceil", symbol="⌈…⌉", sympy="ceiling", rational=True, jumps=True, nests=True,
        partials={"x": "0"}, source=_CALCULUS,
    ),
    FunctionRow(
        "round", "x, digits=0", source=f"{_PYTORCH}: torch.round",
        value="where(x*10^digits - floor(x*10^digits) == 1/2, 2*floor((x*10^digits + 1/2)/2), "
              "floor(x*10^digits + 1/2))/10^digits",
        says="to the given number of decimal places, a half to the even neighbour; between its jumps the slope is 0",
    ),
    FunctionRow(
        "detach", "x", value="x", partials={"x": "0"}, stops=True, aliases=("stop_gradient",),
        says="the value itself; no gradient passes back through it", source=f"{_PYTORCH}: torch.Tensor.detach",
    ),
    FunctionRow(
        "mod", "a, b", value="a - b*floor(a/b)", kink="a/b == floor(a/b)", partials={"a": "1", "b": "-floor(a/b)"},
        source="Knuth, The Art of Computer Programming, volume 1, section 1.2.4",
    ),
    # ---- trigonometric and hyperbolic functions
    FunctionRow("sin", "x", machine="sin", exact={"0": "0"}, partials={"x": "cos(x)"}, source=_CALCULUS),
    FunctionRow("cos", "x", machine="cos", exact={"0": "1"}, partials={"x": "-sin(x)"}, source=_CALCULUS),
    FunctionRow("tan", "x", machine="tan", exact={"0": "0"}, partials={"x": "1 + out^2"}, source=_CALCULUS),
    FunctionRow("arctan", "x", machine="atan", exact={"0": "0"}, partials={"x": "1/(1 + x^2)"}, aliases=("atan",),
        source=_CALCULUS),
    FunctionRow(
        "sinh", "x", by_exp="(exp(x) - exp(-x))/2", machine="sinh", exact={"0": "0"}, partials={"x": "cosh(x)"},
        source=_CALCULUS,
    ),
    FunctionRow(
        "cosh", "x", by_exp="(exp(x) + exp(-x))/2", positive=True, machine="cosh", exact={"0": "1"},
        partials={"x": "sinh(x)"}, source=_CALCULUS,
    ),
    FunctionRow(
        "sech", "x", value="1/cosh(x)", partials={"x": "-out*tanh(x)"},
        stable={"": "where(x >= 0, 2*exp(-x)/(1 + exp(-2*x)), 2*exp(x)/(1 + exp(2*x)))"}, source=_CALCULUS,
    ),
    FunctionRow(
        "tanh", "x", inverse="log((1 + x)/(1 - x))/2", by_exp="(exp(x) - exp(-x))/(exp(x) + exp(-x))",
        machine="tanh", exact={"0": "0"}, partials={"x": "1 - out^2"},
        stable={"x": "sech(x)^2"},
        source="LeCun, Bottou, Orr and Müller, Efficient BackProp, 1998, section 4.4",
    ),
    FunctionRow(
        "erf", "x", machine="erf", exact={"0": "0"}, partials={"x": "2*exp(-x^2)/sqrt(pi)"},
        source="Abramowitz and Stegun, Handbook of Mathematical Functions, 1964, 7.1.1",
    ),
    # ---- activations
    FunctionRow(
        "sigmoid", "x", inverse="log(x/(1 - x))", value="1/(1 + exp(-x))", partials={"x": "out*(1 - out)"},
        symbol="σ", gives="probability", aliases=("sigma", "logistic"),
        stable={
            "": "where(x >= 0, 1/(1 + exp(-x)), exp(x)/(1 + exp(x)))",
            "x": "where(x >= 0, exp(-x)/(1 + exp(-x))^2, exp(x)/(1 + exp(x))^2)",
        },
        source="Rumelhart, Hinton and Williams, Learning representations by back-propagating errors, 1986, equation 2",
    ),
    FunctionRow(
        "relu", "x", nonnegative=True, value="where(x > 0, x, 0)",
        kink="x == 0", partials={"x": "where(x > 0, 1, 0)"}, symbol="ReLU",
        aliases=("ReLU",),
        # Zeiler and Fergus, 2014; Springenberg et al., Striving for simplicity, 2015, figure 1
        backward={"deconvnet": "where(G > 0, G, 0)", "guided": "where(x > 0, where(G > 0, G, 0), 0)"},
        source="Nair and Hinton, Rectified linear units improve restricted Boltzmann machines, 2010; PyTorch: "
               "slope 0 at 0",
    ),
    FunctionRow(
        "leaky_relu", "x, alpha=0.01", value="where(x > 0, x, alpha*x)", kink="x == 0", symbol="LeakyReLU",
        partials={"x": "where(x > 0, 1, alpha)", "alpha": "where(x > 0, 0, x)"},
        aliases=("lrelu", "leakyrelu", "LeakyReLU"),
        source="Maas, Hannun and Ng, Rectifier nonlinearities improve neural network acoustic models, 2013; PyTorch: "
               "slope alpha at 0",
    ),
    FunctionRow(
        "prelu", "x, a=0.25", value="where(x > 0, x, a*x)", kink="x == 0",
        symbol="PReLU", aliases=("PReLU",),
        partials={"x": "where(x > 0, 1, a)", "a": "where(x > 0, 0, x)"}, says="the slope a is learned",
        source="He, Zhang, Ren and Sun, Delving deep into rectifiers, 2015, equation 1; "
        "PyTorch: a begins at 0.25, slope a at 0",
    ),
    FunctionRow(
        "rrelu", "x, lower=1/8, upper=1/3", value="where(x > 0, x, (lower + upper)/2*x)", kink="x == 0",
        partials={
            "x": "where(x > 0, 1, (lower + upper)/2)", "lower": "where(x > 0, 0, x/2)", "upper": "where(x > 0, 0, x/2)",
        },
        symbol="RReLU", aliases=("RReLU",),
        says="in evaluation; in training the slope is drawn between lower and upper",
        source="Xu, Wang, Chen and Li, Empirical evaluation of rectified activations in convolutional network, 2015; "
        "PyTorch: at 0 the slope on the left",
    ),
    FunctionRow(
        "relu6", "x", value="min([max([0, x]), 6])", kink="x == 0 or x == 6", symbol="=ReLU6", aliases=("ReLU6",),
        partials={"x": "where(x <= 0, 0, where(x >= 6, 0, 1))"},
        source="Krizhevsky, Convolutional deep belief networks on CIFAR-10, 2010; PyTorch: slope 0 at 0 and 6",
    ),
    FunctionRow(
        "elu", "x, alpha=1", value="where(x > 0, x, alpha*(exp(x) - 1))", kink="x == 0", symbol="ELU",
        aliases=("ELU",),
        partials={"x": "where(x > 0, 1, alpha*exp(x))", "alpha": "where(x > 0, 0, exp(x) - 1)"},
        source="Clevert, Unterthiner and Hochreiter, "
               "Fast and accurate deep network learning by exponential linear units, 2016",
    ),
    FunctionRow(
        # written so that no slope has cases: it has no kink
        "celu", "x, alpha=1", value="max([0, x]) + min([0, alpha*(exp(x/alpha) - 1)])",
        symbol="CELU", aliases=("CELU",),
        partials={"x": "exp(min([0, x])/alpha)", "alpha": "exp(min([0, x])/alpha)*(1 - min([0, x])/alpha) - 1"},
        stable={"": "max([0, x]) + alpha*(exp(min([0, x])/alpha) - 1)"},
        source="Barron, Continuously differentiable exponential linear units, 2017, equation 2; PyTorch documentation: "
               "torch.nn.CELU",
    ),
    FunctionRow(
        "selu", "x", value="1.0507009873554805*where(x > 0, x, 1.6732632423543772*(exp(x) - 1))", kink="x == 0",
        symbol="SELU", aliases=("SELU",),
        partials={"x": "1.0507009873554805*where(x > 0, 1, 1.6732632423543772*exp(x))"},
        source="Klambauer, Unterthiner, Mayr and Hochreiter, Self-normalizing neural networks, 2017, equation 2",
    ),
    FunctionRow(
        "gelu", "x", symbol="GELU", aliases=("GELU",),
        variants={
            "exact": Variant(
                "x/2*(1 + erf(x/sqrt(2)))", {"x": "(1 + erf(x/sqrt(2)))/2 + x*exp(-x^2/2)/sqrt(2*pi)"},
                "x times the distribution function of the standard normal",
            ),
            "tanh": Variant("x/2*(1 + tanh(sqrt(2/pi)*(x + 0.044715*x^3)))", {}, "the approximation with tanh"),
        },
        source="Hendrycks and Gimpel, Gaussian error linear units, 2016",
    ),
    FunctionRow(
        "silu", "x", value="x*sigmoid(x)", partials={"x": "sigmoid(x)*(1 + x*(1 - sigmoid(x)))"}, symbol="SiLU",
        aliases=("swish", "SiLU"), source="Elfwing, Uchibe and Doya, Sigmoid-weighted linear units, 2018",
    ),
    FunctionRow(
        "mish", "x", value="x*tanh(softplus(x))", symbol="Mish", aliases=("Mish",),
        partials={"x": "tanh(softplus(x)) + x*(1 - tanh(softplus(x))^2)*sigmoid(x)"},
        stable={"x": "tanh(softplus(x)) + x*sech(softplus(x))^2*sigmoid(x)"},
        source="Misra, Mish: a self regularized non-monotonic activation function, 2019; PyTorch documentation: "
               "torch.nn.Mish",
    ),
    FunctionRow(
        "glu", "a, b", value="a*sigmoid(b)", partials={"a": "sigmoid(b)", "b": "out*(1 - sigmoid(b))"},
        symbol="GLU", aliases=("GLU",),
        says="a and b are the two halves of the input",
        source="Dauphin, Fan, Auli and Grangier, Language modeling with gated convolutional networks, 2017; "
        "PyTorch documentation: torch.nn.GLU",
    ),
    FunctionRow(
        "logsigmoid", "x", value="log(sigmoid(x))", partials={"x": "1 - sigmoid(x)"}, symbol="LogSigmoid",
        aliases=("LogSigmoid", "log_sigmoid"),
        stable={
            "": "where(x > 0, -log(1 + exp(-x)), x - log(1 + exp(x)))",
            "x": "where(x >= 0, exp(-x)/(1 + exp(-x)), 1/(1 + exp(x)))",
        },
        source=f"{_PYTORCH}: torch.nn.LogSigmoid",
    ),
    FunctionRow(
        "softplus", "x", positive=True, bends="up", value="log(1 + exp(x))", partials={"x": "sigmoid(x)"},
        stable={"": "where(x > 0, x + log(1 + exp(-x)), log(1 + exp(x)))"},
        source="Dugas, Bengio, Bélisle, Nadeau and Garcia, Incorporating second-order functional knowledge, 2001",
    ),
    FunctionRow(
        "softsign", "x", value="x/(1 + abs(x))", partials={"x": "1/(1 + abs(x))^2"},
        source="Bergstra, Desjardins, Lamblin and Bengio, Quadratic polynomials learn better image features, 2009",
    ),
    FunctionRow(
        "hardtanh", "x", value="where(x > 1, 1, where(x < -1, -1, x))", kink="x == 1 or x == -1",
        partials={"x": "where(x >= 1, 0, where(x <= -1, 0, 1))"},
        source="Collobert, Large scale machine learning, 2004; PyTorch: slope 0 at -1 and 1",
    ),
    FunctionRow(
        "hardsigmoid", "x", value="where(x > 3, 1, where(x < -3, 0, x/6 + 1/2))", kink="x == 3 or x == -3",
        partials={"x": "where(x >= 3, 0, where(x <= -3, 0, 1/6))"},
        symbol="Hardsigmoid", gives="probability", aliases=("Hardsigmoid",),
        source=f"{_PYTORCH}: torch.nn.Hardsigmoid, slope 0 at -3 and 3",
    ),
    FunctionRow(
        "hardswish", "x", value="where(x > 3, x, where(x < -3, 0, x*(x + 3)/6))", kink="x == 3 or x == -3",
        partials={"x": "where(x >= 3, 1, where(x <= -3, 0, x/3 + 1/2))"},
        symbol="Hardswish", aliases=("Hardswish", "hard_swish"),
        source="Howard et al., Searching for MobileNetV3, 2019, section 5.2; "
        "PyTorch: slope 0 at -3 and 1 at 3 (until 2025: -1/2 and 3/2)",
    ),
    FunctionRow(
        "tanhshrink", "x", value="x - tanh(x)", partials={"x": "tanh(x)^2"}, symbol="Tanhshrink",
        aliases=("Tanhshrink",), source=f"{_PYTORCH}: torch.nn.Tanhshrink",
    ),
    FunctionRow(
        "softshrink", "x, lambda=1/2", kink="x == lambda or x == -lambda", domain="lambda >= 0",
        value="where(x > lambda, x - lambda, where(x < -lambda, x + lambda, 0))", symbol="Softshrink",
        aliases=("Softshrink",), partials={
            "x": "where(x > lambda, 1, where(x < -lambda, 1, 0))",
            "lambda": "where(x > lambda, -1, where(x < -lambda, 1, 0))",
        },
        source=f"{_PYTORCH}: torch.nn.Softshrink, slope 0 at -lambda and lambda",
    ),
    FunctionRow(
        "hardshrink", "x, lambda=1/2", kink="x == lambda or x == -lambda", domain="lambda >= 0",
        value="where(x > lambda, x, where(x < -lambda, x, 0))", symbol="Hardshrink", aliases=("Hardshrink",),
        partials={"x": "where(x > lambda, 1, where(x < -lambda, 1, 0))", "lambda": "0"},
        source=f"{_PYTORCH}: torch.nn.Hardshrink, slope 0 at -lambda and lambda",
    ),
    FunctionRow(
        "threshold", "x, threshold, value", value="where(x > threshold, x, value)", kink="x == threshold",
        partials={"x": "where(x > threshold, 1, 0)", "threshold": "0", "value": "where(x > threshold, 0, 1)"},
        aliases=("Threshold",),
        source=f"{_PYTORCH}: torch.nn.Threshold, slope 0 at the threshold",
    ),
    # ---- lists
    FunctionRow("sum", "x[...]", fold="+", unfolds=True, symbol="Σ", source="the sum of the elements"),
    FunctionRow("prod", "x[...]", fold="*", unfolds=True, symbol="Π", source="the product of the elements"),
    FunctionRow("mean", "x[...]", value="sum(x)/n", partials={"x": "1/n"}, unfolds=True,
        source="the arithmetic mean of the elements"),
    FunctionRow(
        "dot", "a[], b[]", value="sum(a*b)", partials={"a": "b[j]", "b": "a[j]"}, unfolds=True,
        source="the inner product of two lists of the same length",
    ),
    FunctionRow(
        "norm", "x[...]", nonnegative=True, value="sqrt(sum(x^2))", partials={"x": "x[j]/out"}, unfolds=True,
        source="the Euclidean norm of a list",
    ),
    FunctionRow(
        "max", "x[...]", machine="max", sympy="Max", rational=True, aliases=("maxout",), kink="x[i] == out",
        picks="larger, largest",
        partials={"x": "where(x[j] > max(rest), 1, where(x[j] < max(rest), 0, where(n == 2, 1/n, "
                       "1/sum(where(x == x[j], 1, 0)))))"},
        says="the largest",
        source=f"{_PYTORCH}: torch.amax; maxout: Goodfellow et al., 2013",
    ),
    FunctionRow(
        "min", "x[...]", machine="min", sympy="Min", rational=True, kink="x[i] == out", picks="smaller, smallest",
        partials={"x": "where(x[j] > min(rest), 0, where(x[j] < min(rest), 1, where(n == 2, 1/n, "
                       "1/sum(where(x == x[j], 1, 0)))))"},
        says="the smallest", source=f"{_PYTORCH}: torch.amin",
    ),
    FunctionRow(
        "argmax", "x[]", convention="classes", source=f"{_PYTORCH}: torch.argmax, the first of equal ones",
        variants={
            "from_one": Variant("min(where(x == max(x), k, n))", {"x": "0"},
                "the index of the largest, {counted}; its slope is 0"),
            "from_zero": Variant("min(where(x == max(x), k, n)) - 1", {"x": "0"},
                "the index of the largest, {counted}; its slope is 0"),
        },
    ),
    FunctionRow(
        "softmax", "x[]", element=True, gives="distribution", value="exp(x[i])/sum(exp(x))",
        partials={"x": "where(i == j, out[i]*(1 - out[i]), -out[i]*out[j])"},
        stable={"": "exp(x[i] - max(x))/sum(exp(x - max(x)))"},
        source="Bridle, Probabilistic interpretation of feedforward classification network outputs, 1990",
    ),
    FunctionRow(
        "softmin", "x[]", element=True, gives="distribution", value="exp(-x[i])/sum(exp(-x))",
        partials={"x": "where(i == j, -out[i]*(1 - out[i]), out[i]*out[j])"},
        stable={"": "exp(min(x) - x[i])/sum(exp(min(x) - x))"},
        source=f"{_PYTORCH}: torch.nn.Softmin",
    ),
    FunctionRow(
        "log_softmax", "x[]", element=True, gives="log-distribution", value="x[i] - log(sum(exp(x)))",
        partials={"x": "where(i == j, 1 - softmax(x)[j], -softmax(x)[j])"},
        stable={"": "x[i] - max(x) - log(sum(exp(x - max(x))))"},
        source=f"{_PYTORCH}: torch.nn.functional.log_softmax",
    ),
)  # fmt: skip
