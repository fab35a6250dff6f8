"""Layers: one row each, with PyTorch's names, order and defaults, and the names that Keras and papers use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from stepper.tables.keras import keras
from stepper.tables.layer import Conditions, LayerRow
from stepper.tables.windows import CHANNELS, FEATURES, PYTORCH, convolutions, folds, pools

REACH: Mapping[str, tuple[tuple[str, str], ...]] = {
    "Reflection": (("max([p, p_end]) < n", "a reflection needs more rows than are padded"),),
    "Circular": (("max([p, p_end]) <= n", "no more rows can be wrapped around than there are"),),
}
NORMED = ("where(affine + track_running_stats == 0, C, inp) == C", CHANNELS[1])
"""A norm that holds nothing takes any number of channels."""
AFFINE = {"weight": "gamma", "bias": "beta"}
FLAGS = ("affine", "bias", "track_running_stats")
TRANSFORMER = "d_model, nhead, dim_feedforward=2048, dropout=0.1, activation=relu, layer_norm_eps=1e-5, batch_first=0, norm_first=0, bias=1"
AXIS = ("dim", "A")
MODES: Mapping[str, Conditions] = {
    "nearest": (), "nearest-exact": (),
    "linear": (("axes == 2", "linear works on one axis beside the channels"),),
    "bilinear": (("axes == 3", "bilinear works on two axes beside the channels"),),
    "bicubic": (("axes == 3", "bicubic works on two axes beside the channels"),),
    "trilinear": (("axes == 4", "trilinear works on three axes beside the channels"),),
    "area": (),
}  # fmt: skip
LAYERS: tuple[LayerRow, ...] = (
    *convolutions(),
    *pools(),
    *folds(),
    # ---- sizes and shapes
    LayerRow(
        "Upsample", "size[]=0, scale_factor[]=1, mode=nearest, align_corners=0, recompute_scale_factor=0",
        words={"mode": MODES}, size="where(size == 0, floor(n*m), size)",
        receptive=("1", "where(size == 0, 1/m, n/size)", "0"), aliases=("interpolate",), ranks=(2, 3, 4),
        says="a given size is taken as it is", source=f"{PYTORCH}.Upsample",
    ),
    *(
        LayerRow(
            f"Upsampling{mode.capitalize()}2d", f"size[]=0, scale_factor[]=1, mode={mode}", axes=2,
            size="where(size == 0, floor(n*m), size)", receptive=("1", "where(size == 0, 1/m, n/size)", "0"),
            source=f"{PYTORCH}.Upsampling{mode.capitalize()}2d",
        )
        for mode in ("nearest", "bilinear")
    ),
    LayerRow(
        "PixelShuffle", "upscale_factor", ranks=(3,), channels="C/r^2", size="n*r", receptive=("1", "1/r", "0"),
        require=(("mod(C, r^2) == 0", "the channels are not a multiple of r^2"),), source=f"{PYTORCH}.PixelShuffle",
    ),
    LayerRow(
        "PixelUnshuffle", "downscale_factor", ranks=(3,), channels="C*r^2", size="n/r", receptive=("r", "r", "0"),
        require=(("mod(n, r) == 0", "the size is not a multiple of r"),), source=f"{PYTORCH}.PixelUnshuffle",
    ),
    *(
        LayerRow(f"{kind}Pad{axes}d", "padding[], value=0", axes=axes, sided="padding",
            size="where(p == p_end, n + 2*p, n + p + p_end)",
            receptive=("1", "1", "p"), require=REACH.get(kind, ()),
            source=f"{PYTORCH}.{kind}Pad{axes}d")
        for kind in ("Zero", "Constant", "Reflection", "Replication", "Circular") for axes in (1, 2, 3)
    ),
    LayerRow(
        "Flatten", "start_dim=1, end_dim=-1", letter="f", merge=("start_dim", "end_dim"), receptive="all",
        says="the axes are multiplied", forward=(("", "flatten(x, start_dim + batch)"),),
        limits=(("end_dim == -1", "an end other than the last axis"),),
        source=f"{PYTORCH}.Flatten",
    ),
    LayerRow("Reshape", "sizes", shape="sizes", receptive="all", aliases=("View", "view", "reshape"),
        source="PyTorch documentation, torch.reshape",
          require=(("N == prod(sizes)", "the numbers of elements differ"),)),
    LayerRow("Unflatten", "dim, unflattened_size", split=("dim", "unflattened_size"), receptive="all",
        source=f"{PYTORCH}.Unflatten"),
    # ---- dense
    LayerRow(
        "Linear", "in_features, out_features, bias=1", last="out", weights="inp*out", biases="out",
        counted="(inp + 1)*out",
        flags=("bias",),
        weight_arrays="weight(out, inp)", bias_arrays="bias(out)",
        macs="T*inp*out", adds="T*out", receptive="all", given={"in_features": "F"},
        require=(FEATURES,),
        letter="z", says="acts on the last axis", source=f"{PYTORCH}.Linear",
        forward=(("rank == 1", "weight @ x + bias"), ("", "x @ weight.T + bias")),
    ),
    LayerRow(
        "FC", "out_features, bias=1", merge=("1", "-1"), last="out", weight_arrays="weight(out, N)",
        bias_arrays="bias(out)", weights="N*out", biases="out", counted="(N + 1)*out", macs="N*out",
        adds="out",
        flags=("bias",), receptive="all", aliases=("FullyConnected", "fully_connected"),
        letter="z", says="reads all that comes in as one list",
        forward=(("rank == 1", "weight @ x + bias"), ("batch == 0", "weight @ flatten(x) + bias"),
                 ("", "flatten(x, 2) @ weight.T + bias")),
        source="LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition, 1998",
    ),
    LayerRow(
        "Bilinear", "in1_features, in2_features, out_features, bias=1", several=True, separate=True, last="out",
        weight_arrays="weight(out, in1_features, in2_features)", bias_arrays="bias(out)",
        weights="out*in1_features*in2_features", biases="out", counted="out*(in1_features*in2_features + 1)",
        macs="T*out*in1_features*in2_features", adds="T*out", receptive="all", flags=("bias",),
        require=(("in1_features == F1", "the features of the first input are not those that it takes"),
                 ("in2_features == F2", "the features of the second input are not those that it takes")),
        source=f"{PYTORCH}.Bilinear",
    ),
    LayerRow("Embedding", "num_embeddings, embedding_dim, padding_idx=None, max_norm=None, norm_type=2, "
                          "scale_grad_by_freq=0, sparse=0",
        append="E", weight_arrays="weight(V, E)", weights="V*E", forward=(("", "embedding(x, weight)"),),
        letters={"weight": "E"}, letter="e",
        source=f"{PYTORCH}.Embedding"),
    LayerRow(
        "EmbeddingBag", "num_embeddings, embedding_dim, max_norm=None, norm_type=2, scale_grad_by_freq=0, mode=mean, "
                        "sparse=0, "
        "include_last_offset=0, padding_idx=None", merge=("1", "-1"), last="E", weight_arrays="weight(V, E)",
        weights="V*E",
        receptive="all",
        require=(("T == 1", "it takes one list of indices"),), says="the rows that the indices name are joined into "
                                                                    "one",
        source=f"{PYTORCH}.EmbeddingBag",
    ),
    # ---- norms
    *(
        LayerRow(
            name, "num_features, eps=1e-5, momentum=0.1, affine=1, track_running_stats=1, bias=1", flags=FLAGS,
            ranks=ranks, weight_arrays="weight(inp)", bias_arrays="bias(inp)", weights="affine*inp",
            biases="affine*inp", counted="where(affine == 1, 2*inp, 0)", buffers="track_running_stats*(2*inp + 1)",
            given={"num_features": "C"}, require=(NORMED,),
            aliases=aliases, source=f"{PYTORCH}.{name}; Ioffe and Szegedy, Batch normalization, 2015",
            letters=AFFINE, letter="n", limits=(("batch == 1", "one sample alone, which has no mean over a batch"),),
            forward=(("rank == 2", "batch_norm(x, weight, bias, eps)"), ("", "batch_norm2d(x, weight, bias, eps)")),
        )
        for name, ranks, aliases in (
            ("BatchNorm1d", (1, 2), ()), ("BatchNorm2d", (3,), ()),
            ("BatchNorm3d", (4,), ()), ("SyncBatchNorm", (), ("BatchNorm", "BN", "bn")),
        )
    ),
    *(
        LayerRow(
            f"InstanceNorm{axes}d", "num_features, eps=1e-5, momentum=0.1, affine=0, track_running_stats=0, bias=1",
            flags=FLAGS, receptive="all", ranks=(axes + 1,),
            weight_arrays="weight(inp)", bias_arrays="bias(inp)", weights="affine*inp", biases="affine*inp",
            counted="where(affine == 1, 2*inp, 0)", buffers="track_running_stats*(2*inp + 1)",
            given={"num_features": "C"}, require=(NORMED, ("N > C", "one number a channel has no spread to be divided "
                                                                    "by")),
            source=f"{PYTORCH}.InstanceNorm{axes}d",
        )
        for axes in (1, 2, 3)
    ),
    LayerRow(
        "LayerNorm", "normalized_shape, eps=1e-5, elementwise_affine=1, bias=1", flags=("elementwise_affine", "bias"),
        trailing="normalized_shape",
        weight_arrays="weight(normalized_shape)",
        bias_arrays="bias(normalized_shape)", weights="elementwise_affine*prod(normalized_shape)",
        biases="elementwise_affine*prod(normalized_shape)", receptive="all",
        source=f"{PYTORCH}.LayerNorm; Ba, Kiros and Hinton, 2016",
        letters=AFFINE, letter="n", limits=(("normalized_shape == F", "more axes than the last"),),
        forward=(("", "layer_norm(x, weight, bias, eps)"),),
    ),
    LayerRow("RMSNorm", "normalized_shape, eps=1e-5, elementwise_affine=1", trailing="normalized_shape",
        weight_arrays="weight(normalized_shape)", weights="elementwise_affine*prod(normalized_shape)", receptive="all",
        flags=("elementwise_affine",), source=f"{PYTORCH}.RMSNorm"),
    LayerRow(
        "GroupNorm", "num_groups, num_channels, eps=1e-5, affine=1, bias=1", weight_arrays="weight(num_channels)",
        bias_arrays="bias(num_channels)",
        weights="affine*num_channels", biases="affine*num_channels",
        flags=FLAGS, receptive="all", counted="where(affine == 1, 2*num_channels, 0)", given={"num_channels": "C"},
        require=(("where(affine == 0, C, num_channels) == C", "the channels that come in are not those that it takes"),
                 ("mod(num_channels, num_groups) == 0", "groups do not divide the channels"),
                 ("mod(C, num_groups) == 0", "groups do not divide the channels")),
        source=f"{PYTORCH}.GroupNorm; Wu and He, 2018",
    ),
    LayerRow("LocalResponseNorm", "size=5, alpha=1e-4, beta=0.75, k=1", ranks=(2, 3, 4), aliases=("LRN",),
        source=f"{PYTORCH}.LocalResponseNorm"),
    # ---- recurrent: two bias vectors a gate in PyTorch
    *(
        LayerRow(
            kind, f"input_size, hidden_size, num_layers=1, {own}bias=1, batch_first=0, dropout=0, bidirectional=0"
            f"{', proj_size=0' if projects else ''}",
            flags=("bias", "batch_first", "bidirectional"), last="D*R", given={"input_size": "F"}, receptive="all",
            ranks=(2,),
            helpers={"D": "1 + bidirectional", "R": "where(proj_size > 0, proj_size, H)" if projects else "H"},
            weight_arrays=f"weight_ih_l0({gates}*H, inp); weight_hh_l0({gates}*H, R)",
            bias_arrays=f"bias_ih_l0({gates}*H); bias_hh_l0({gates}*H)",
            weights=f"D*({gates}*H*(inp + R){projects}) + (layers - 1)*D*({gates}*H*(D*R + R){projects})",
            biases=f"layers*D*2*{gates}*H", adds=f"T*layers*D*2*{gates}*H",
            macs=f"T*(D*({gates}*H*(inp + R){projects}) + (layers - 1)*D*({gates}*H*(D*R + R){projects}))",
            require=(FEATURES, *((("proj_size < H", "what is projected is smaller than the hidden state"),
                ) if projects else ())),
            says="two bias vectors for each gate", source=f"{PYTORCH}.{kind}",
        )
        for kind, gates, own, projects in (("RNN", 1, "nonlinearity=tanh, ", ""), ("GRU", 3, "", ""),
            ("LSTM", 4, "", " + proj_size*H"))
    ),
    *(
        LayerRow(
            f"{kind}Cell", f"input_size, hidden_size, bias=1{', nonlinearity=tanh' if gates == 1 else ''}", ranks=(1,),
            flags=("bias",), last="H", given={"input_size": "F"}, receptive="all",
            weight_arrays=f"weight_ih({gates}*H, inp); weight_hh({gates}*H, H)",
            bias_arrays=f"bias_ih({gates}*H); bias_hh({gates}*H)",
            weights=f"{gates}*H*(inp + H)", biases=f"2*{gates}*H", adds=f"T*2*{gates}*H", macs=f"T*{gates}*H*(inp + H)",
            require=(FEATURES,),
            says="two bias vectors for each gate", source=f"{PYTORCH}.{kind}Cell",
        )
        for kind, gates in (("RNN", 1), ("GRU", 3), ("LSTM", 4))
    ),
    # ---- attention
    LayerRow(
        "MultiheadAttention", "embed_dim, num_heads, dropout=0, bias=1", flags=("bias",), receptive="all", ranks=(2,),
        given={"embed_dim": "F"},
        weight_arrays="in_proj_weight(3*E, E); out_proj_weight(E, E)",
        bias_arrays="in_proj_bias(3*E); out_proj_bias(E)", weights="4*E^2", biases="4*E", adds="4*T*E",
        counted="4*E^2 + 4*E",
        macs="4*T*E^2 + 2*T^2*E",
        require=(("E == F", FEATURES[1]), ("mod(E, num_heads) == 0", "heads do not divide the features")),
        source=f"{PYTORCH}.MultiheadAttention; Vaswani et al., Attention is all you need, 2017, section 3.2.2",
    ),
    LayerRow(
        "TransformerEncoderLayer", TRANSFORMER, flags=("batch_first", "norm_first", "bias"),
        receptive="all", ranks=(2,), given={"d_model": "F"},
        weights="4*d_model^2 + 2*d_model*dim_feedforward + 2*d_model",
        biases="4*d_model + dim_feedforward + d_model + 2*d_model",
        macs="4*T*d_model^2 + 2*T^2*d_model + 2*T*d_model*dim_feedforward",
        require=(("d_model == F", FEATURES[1]), ("mod(d_model, nhead) == 0", "heads do not divide the features")),
        source=f"{PYTORCH}.TransformerEncoderLayer",
    ),
    LayerRow(
        "TransformerDecoderLayer", TRANSFORMER, flags=("batch_first", "norm_first", "bias"),
        receptive="all", ranks=(2,), given={"d_model": "F"},
        weights="8*d_model^2 + 2*d_model*dim_feedforward + 3*d_model",
        biases="8*d_model + dim_feedforward + d_model + 3*d_model",
        require=(("d_model == F", FEATURES[1]), ("mod(d_model, nhead) == 0", "heads do not divide the features")),
        says="two attentions, a feed-forward net, three norms", source=f"{PYTORCH}.TransformerDecoderLayer",
    ),
    # ---- several inputs
    LayerRow(
        "Add", "", several=True, letter="s", forward=(("", "x + y"),), aliases=("add", "residual"), source="He, Zhang, Ren and Sun, Deep residual learning, "
                                                                     "2016, equation 1"
    ),
    LayerRow(
        "Mul", "", several=True, forward=(("", "x*y"),), aliases=("Multiply", "mul", "multiply"),
        source="Hu, Shen and Sun, Squeeze-and-excitation networks, 2018, equation 4",
    ),
    LayerRow(
        "Concat", "dim=1", several=True, stacks="where(dim >= 1, dim - 1, rank + dim)", aliases=("concat", "cat"),
        forward=(("dim >= 1", "concat(x, y, dim + batch)"), ("", "concat(x, y, dim)")),
        source="PyTorch documentation, torch.cat",
    ),
    # ---- nothing to count
    *(
        LayerRow(name, parameters, aliases=aliases, source=f"{PYTORCH}.{name}", forward=(("", "x"),))
        for name, parameters, aliases in (
            ("Identity", "", ()), ("Dropout", "p=0.5", ("drop", "dropout")), ("Dropout2d", "p=0.5",
            ("SpatialDropout2D",)),
            ("Dropout3d", "p=0.5", ()), ("AlphaDropout", "p=0.5", ()), ("FeatureAlphaDropout", "p=0.5", ()),
            ("DropPath", "p=0", ("StochasticDepth",)),
        )
    ),
    LayerRow("Dropout1d", "p=0.5", ranks=(1, 2), forward=(("", "x"),), source=f"{PYTORCH}.Dropout1d"),
    LayerRow("ChannelShuffle", "groups", ranks=(2, 3, 4),
        require=(("mod(C, g) == 0", "groups do not divide the channels"),),
        source=f"{PYTORCH}.ChannelShuffle"),
    *(
        LayerRow(name, "dim=1", aliases=aliases, along=AXIS, source=f"{PYTORCH}.{name}",
            forward=(("dim == -1", f"{function}(x)"), ("dim + batch == rank", f"{function}(x)"),
                     ("dim >= 1", f"{function}(x, dim + batch)"), ("", f"{function}(x, dim)")))
        for name, aliases, function in (
            ("Softmax", ("softmax", "SoftMax", "soft-max"), "softmax"),
            ("LogSoftmax", ("log_softmax",), "log_softmax"), ("Softmin", (), "softmin"))
    ),
    LayerRow("Softmax2d", "", ranks=(3,), source=f"{PYTORCH}.Softmax2d"),
    LayerRow("PReLU", "num_parameters=1, init=0.25",
        require=(("where(num_parameters == 1, C, num_parameters) == C", "there is one slope, or one for each channel"),
            ),
        weight_arrays="weight(num_parameters)", weights="num_parameters", letters={"weight": "alpha"},
        forward=(("num_parameters == 1", "prelu(x, weight)"), ("rank == 1 + batch", "prelu(x, weight)"),
                 ("", "prelu(x, column(weight, rank - 1 - batch))")),
        source=f"{PYTORCH}.PReLU"),
    *(
        LayerRow(name, parameters, aliases=aliases, source=f"{PYTORCH}.{name}",
            forward=(("", formula),) if formula else ())
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
            ("LogSigmoid", "", ("logsigmoid",), "logsigmoid(x)"), ("Activation", "activation=None", (), ""),
            ("Hardshrink", "lambd=0.5", (), "hardshrink(x, lambd)"),
            ("Softshrink", "lambd=0.5", (), "softshrink(x, lambd)"), ("Tanhshrink", "", (), "tanhshrink(x)"),
        )
    ),
    LayerRow("GELU", "approximate=none", aliases=("gelu",), source=f"{PYTORCH}.GELU",
        forward=(("approximate == none", "gelu(x)"), ("", "x*(1 + tanh(sqrt(2/pi)*(x + 0.044715*x^3)))/2"))),
    LayerRow("Hardtanh", "min_val=-1, max_val=1", aliases=("hardtanh",), source=f"{PYTORCH}.Hardtanh",
        forward=(("where(min_val == -1, max_val, 0) == 1", "hardtanh(x)"),
                 ("", "where(x >= max_val, max_val, where(x <= min_val, min_val, x))"))),
    LayerRow("Softplus", "beta=1, threshold=20", aliases=("softplus",), source=f"{PYTORCH}.Softplus",
        forward=(("beta == 1", "softplus(x)"), ("", "softplus(beta*x)/beta"))),
    LayerRow("GLU", "dim=-1", along=("dim", "A/2"),
        require=(("mod(A, 2) == 0", "it halves an axis, whose size is odd"),),
        source=f"{PYTORCH}.GLU"),
)  # fmt: skip


LAZY = (
    "Linear",
    *(f"{kind}{axes}d" for kind in ("Conv", "ConvTranspose", "BatchNorm", "InstanceNorm") for axes in (1, 2, 3)),
)


def lazy(rows: Mapping[str, LayerRow]) -> Iterator[LayerRow]:
    """PyTorch's layers whose first input tells the channels or features: no setting does, so the others move up."""
    for name in LAZY:
        told, others = rows[name].parameters.split(", ", 1)
        yield replace(
            rows[name], name=f"Lazy{name}", aliases=(), parameters=f"{others}, {told}", source=f"{PYTORCH}.Lazy{name}"
        )


_ROWS = {row.name: row for row in LAYERS}
_ALL = (*LAYERS, *lazy(_ROWS), *keras(_ROWS))
BY_LAYER_NAME: Mapping[str, LayerRow] = {alias: row for row in _ALL for alias in (row.name, *row.aliases)}
LAYER_ROWS: Mapping[str, LayerRow] = {row.name: row for row in _ALL}
