"""Layers that keep the shape and mostly hold nothing: activations, and what drops entries."""

from __future__ import annotations

from stepper.tables.layer import LayerRow
from stepper.tables.windows import PYTORCH

AXIS = ("dim", "A")
EVALUATED = "nothing is dropped, as in evaluation"
KEPT = f"{EVALUATED}; for a training step name a mask behind a colon, as Dropout(0.5) : m"
POINTWISE: tuple[LayerRow, ...] = (
    *(
        LayerRow(name, parameters, aliases=aliases, source=f"{PYTORCH}.{name}", ranks=ranks, named="mask(input)",
            left=KEPT, letters={"mask": "m"}, forward=(("told == 1", "dropout(x, mask, p)"), ("", "x")))
        for name, parameters, aliases, ranks in (
            ("Dropout", "p=0.5", ("drop", "dropout"), ()), ("Dropout1d", "p=0.5", (), (1, 2)),
            ("Dropout2d", "p=0.5", ("SpatialDropout2D",), ()), ("Dropout3d", "p=0.5", (), ()),
            ("DropPath", "p=0", ("StochasticDepth",), ()),
        )
    ),
    *(
        LayerRow(name, parameters, aliases=aliases, source=f"{PYTORCH}.{name}", left=EVALUATED if parameters else "",
            forward=(("", "x"),))
        for name, parameters, aliases in (
            ("Identity", "", ()),
            ("AlphaDropout", "p=0.5", ()), ("FeatureAlphaDropout", "p=0.5", ()),
        )
    ),
    LayerRow("ChannelShuffle", "groups", ranks=(2, 3, 4),
        require=(("mod(C, g) == 0", "groups do not divide the channels"),),
        forward=(("", "channel_shuffle(x, groups, 1 + batch)"),), source=f"{PYTORCH}.ChannelShuffle"),
    *(
        LayerRow(name, "dim=1", aliases=aliases, along=AXIS, source=f"{PYTORCH}.{name}",
            forward=(("dim == -1", f"{function}(x)"), ("dim + batch == rank", f"{function}(x)"),
                     ("dim >= 1", f"{function}(x, dim + batch)"),
                     ("where(dim == 0, rank, 0) == 1", f"{function}(x)"), ("dim == 0", f"{function}(x, 1)"),
                     ("", f"{function}(x, dim)")))
        for name, aliases, function in (
            ("Softmax", ("softmax", "SoftMax", "soft-max"), "softmax"),
            ("LogSoftmax", ("log_softmax",), "log_softmax"), ("Softmin", (), "softmin"))
    ),
    LayerRow("Softmax2d", "", ranks=(3,), forward=(("", "softmax(x, 1 + batch)"),), source=f"{PYTORCH}.Softmax2d"),
    LayerRow("PReLU", "num_parameters=1, init=0.25",
        require=(("where(num_parameters == 1, C, num_parameters) == C", "there is one slope, or one for each channel"),
            ),
        weight_arrays="weight(num_parameters)", weights="num_parameters", letters={"weight": "alpha"},
        forward=(("num_parameters == 1", "prelu(x, weight)"), ("rank == 1 + batch", "prelu(x, weight)"),
                 ("", "prelu(x, column(weight, rank - 1 - batch))")),
        source=f"{PYTORCH}.PReLU"),
    *(
        LayerRow(name, parameters, aliases=aliases, source=f"{PYTORCH}.{name}",
            forward=(("", formula),))
        for name, parameters, aliases, formula in (
            ("ReLU", "", ("relu", "RELU"), "relu(x)"), ("ReLU6", "", ("relu6",), "relu6(x)"),
            ("LeakyReLU", "negative_slope=0.01", ("leaky_relu",), "leaky_relu(x, negative_slope)"),
            ("ELU", "alpha=1", ("elu",), "elu(x, alpha)"), ("SELU", "", ("selu",), "selu(x)"),
            ("CELU", "alpha=1", ("celu",), "celu(x, alpha)"),
            ("SiLU", "", ("silu", "swish", "Swish"), "silu(x)"), ("Mish", "", ("mish",), "mish(x)"),
            ("Softsign", "", ("softsign",), "softsign(x)"),
            ("Hardswish", "", (), "hardswish(x)"), ("Hardsigmoid", "", (), "hardsigmoid(x)"),
            ("Tanh", "", ("tanh",), "tanh(x)"), ("Sigmoid", "", ("sigmoid",), "sigmoid(x)"),
            ("RReLU", "lower=1/8, upper=1/3", (), "leaky_relu(x, (lower + upper)/2)"),
            ("Threshold", "threshold, value", (), "where(x > threshold, x, value)"),
            ("LogSigmoid", "", ("logsigmoid",), "logsigmoid(x)"),
            ("Hardshrink", "lambd=0.5", (), "hardshrink(x, lambd)"),
            ("Softshrink", "lambd=0.5", (), "softshrink(x, lambd)"), ("Tanhshrink", "", (), "tanhshrink(x)"),
        )
    ),
    LayerRow("Activation", "activation=None", forward=(("", "x"),), wraps="activation", source=f"{PYTORCH}.Activation"),
    LayerRow("GELU", "approximate=none", aliases=("gelu",), source=f"{PYTORCH}.GELU",
        forward=(("approximate == none", "gelu(x)"), ("", "x*(1 + tanh(sqrt(2/pi)*(x + 0.044715*x^3)))/2"))),
    LayerRow("Hardtanh", "min_val=-1, max_val=1", aliases=("hardtanh",), source=f"{PYTORCH}.Hardtanh",
        forward=(("where(min_val == -1, max_val, 0) == 1", "hardtanh(x)"),
                 ("", "where(x >= max_val, max_val, where(x <= min_val, min_val, x))"))),
    LayerRow("Softplus", "beta=1, threshold=20", aliases=("softplus",), source=f"{PYTORCH}.Softplus",
        forward=(("beta == 1", "softplus(x)"), ("", "softplus(beta*x)/beta"))),
    LayerRow("GLU", "dim=-1", along=("dim", "A/2"),
        require=(("mod(A, 2) == 0", "it halves an axis, whose size is odd"),),
        forward=(("dim >= 1", "part(x, 1, 2, dim + batch)*sigmoid(part(x, 2, 2, dim + batch))"),
                 ("dim == 0", "part(x, 1, 2)*sigmoid(part(x, 2, 2))"),
                 ("", "part(x, 1, 2, dim)*sigmoid(part(x, 2, 2, dim))")),
        limits=(("where(dim == 0, batch, 0) == 0", "half of the batch"),),
        source=f"{PYTORCH}.GLU"),
)  # fmt: skip
