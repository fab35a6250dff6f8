"""Layers: one row each, with PyTorch's names, order and defaults, and the names that Keras and papers use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from stepper.rules.layer import Layer

_PYTORCH = "PyTorch documentation, torch.nn"
_FLOOR = "floor((n + 2*p - K)/s) + 1"
_CEIL = "ceil((n + 2*p - K)/s) + 1 - where(ceil((n + 2*p - K)/s)*s >= n + p, 1, 0)"
_CHANNELS = ("inp == C", "the channels that come in are not those that it takes")
_FEATURES = ("inp == F", "the features that come in are not those that it takes")
_GROUPS_IN = ("mod(inp, g) == 0", "groups do not divide the channels that come in")
_GROUPS_OUT = ("mod(out, g) == 0", "groups do not divide the channels that go out")
_WEIGHTS = "where(g == 1, prod(k)*inp*out, prod(k)*inp/g*out)"
_COUNTED = "where(g == 1, (prod(k)*inp + 1)*out, (prod(k)*inp/g + 1)*out)"
_KERNEL = ("K <= n + 2*p", "the kernel is larger than the padded input")
_STRIDE = ("s >= 1", "a stride is at least 1")
_HALF = ("2*p <= k", "the padding of a pool is at most half its kernel")


def _convolutions() -> Iterator[Layer]:
    for axes in (1, 2, 3):
        yield Layer(
            f"Conv{axes}d", axes=axes, aliases=(f"LazyConv{axes}d",), flags=("bias",),
            parameters="in_channels, out_channels, kernel_size[], stride[]=1, padding[]=0, dilation[]=1, groups=1, bias=1, "
            "padding_mode=zeros",
            helpers={"K": "d*(k - 1) + 1"}, channels="out", size=_FLOOR, same="n",
            weights=_WEIGHTS, biases="out", counted=_COUNTED, macs="where(g == 1, prod(O)*out*prod(k)*inp, prod(O)*out*prod(k)*inp/g)",
            adds="prod(O)*out",
            receptive=("K", "s", "p"), given={"in_channels": "C"},
            require=(
                _CHANNELS, _STRIDE, _KERNEL,
                _GROUPS_IN,
                _GROUPS_OUT,
            ),
            source=f"{_PYTORCH}.Conv{axes}d; Dumoulin and Visin, A guide to convolution arithmetic, 2016, relationship 15",
        )  # fmt: skip
        yield Layer(
            f"ConvTranspose{axes}d", axes=axes, aliases=(f"LazyConvTranspose{axes}d",), flags=("bias",),
            parameters="in_channels, out_channels, kernel_size[], stride[]=1, padding[]=0, output_padding[]=0, groups=1, bias=1, "
            "dilation[]=1",
            helpers={"K": "d*(k - 1) + 1"}, channels="out", size="(n - 1)*s - 2*p + K + q",
            weights=_WEIGHTS, biases="out", counted=_COUNTED, macs="where(g == 1, prod(S)*inp*prod(k)*out, prod(S)*inp*prod(k)*out/g)",
            adds="prod(O)*out",
            receptive=("ceil(K/s)", "1/s", "0"), given={"in_channels": "C"},
            require=(
                _CHANNELS, _STRIDE,
                ("q < max(s, d)", "the output padding must be smaller than the stride or the dilation"),
                _GROUPS_IN,
                _GROUPS_OUT,
            ),
            source=f"{_PYTORCH}.ConvTranspose{axes}d; Dumoulin and Visin 2016, relationship 14",
        )  # fmt: skip
        yield Layer(
            f"LocallyConnected{axes}d", axes=axes, aliases=(f"LocallyConnected{axes}D",), flags=("bias",),
            parameters="in_channels, out_channels, kernel_size[], stride[]=1, padding[]=0, bias=1",
            helpers={"K": "k"}, channels="out", size=_FLOOR, weights="prod(O)*out*prod(k)*inp", biases="prod(O)*out",
            counted="prod(O)*out*(prod(k)*inp + 1)", macs="prod(O)*out*prod(k)*inp",
            adds="prod(O)*out", receptive=("K", "s", "p"), given={"in_channels": "C"},
            require=(_CHANNELS, _STRIDE, _KERNEL),
            source="LeCun, Generalization and network design strategies, 1989: a convolution without shared weights",
        )  # fmt: skip


def _pools() -> Iterator[Layer]:
    for axes in (1, 2, 3):
        yield Layer(
            f"MaxPool{axes}d", axes=axes, aliases=(f"max_pool{axes}d",), flags=("ceil_mode", "return_indices"),
            parameters="kernel_size[], stride[]=k, padding[]=0, dilation[]=1, return_indices=0, ceil_mode=0",
            helpers={"K": "d*(k - 1) + 1"}, size=f"where(ceil_mode == 0, {_FLOOR}, {_CEIL})", receptive=("K", "s", "p"),
            require=(_STRIDE, _HALF), source=f"{_PYTORCH}.MaxPool{axes}d",
        )  # fmt: skip
        extra = (("k <= n", "an average pool in 3d wants its kernel to fit before padding"),) if axes == 3 else ()
        yield Layer(
            f"AvgPool{axes}d", axes=axes, aliases=(f"avg_pool{axes}d",), flags=("ceil_mode", "count_include_pad"),
            parameters="kernel_size[], stride[]=k, padding[]=0, ceil_mode=0, count_include_pad=1, divisor_override",
            helpers={"K": "k"}, size=f"where(ceil_mode == 0, {_FLOOR}, {_CEIL})", receptive=("K", "s", "p"),
            require=(_STRIDE, _HALF, *extra), source=f"{_PYTORCH}.AvgPool{axes}d",
        )  # fmt: skip
        yield Layer(
            f"LPPool{axes}d", axes=axes, flags=("ceil_mode",), parameters="norm_type, kernel_size[], stride[]=k, ceil_mode=0, padding[]=0",
            helpers={"K": "k"}, size=f"where(ceil_mode == 0, {_FLOOR}, {_CEIL})", receptive=("K", "s", "p"),
            require=(_STRIDE, *extra), source=f"{_PYTORCH}.LPPool{axes}d",
        )  # fmt: skip
        yield Layer(
            f"MaxUnpool{axes}d", axes=axes, parameters="kernel_size[], stride[]=k, padding[]=0", size="(n - 1)*s - 2*p + k",
            receptive=("1", "1/s", "0"), require=(_STRIDE,), source=f"{_PYTORCH}.MaxUnpool{axes}d",
        )  # fmt: skip
        for kind in ("Avg", "Max"):
            yield Layer(
                f"Adaptive{kind}Pool{axes}d", axes=axes, parameters="output_size[], return_indices=0", flags=("return_indices",),
                aliases=(f"adaptive_{kind.lower()}_pool{axes}d",),
                size="o", receptive="all", source=f"{_PYTORCH}.Adaptive{kind}Pool{axes}d",
            )  # fmt: skip
    yield Layer(
        "GlobalAvgPool",
        "",
        size="1",
        receptive="all",
        aliases=("GAP", "GlobalAveragePooling", "GlobalAvgPool2d"),
        source="Lin, Chen and Yan, Network in network, 2014, section 3.2",
    )


LAYERS: tuple[Layer, ...] = (
    *_convolutions(),
    *_pools(),
    # ---- sizes and shapes
    Layer(
        "Upsample", "size, scale_factor[]=1, mode=nearest", size="floor(n*m)", receptive=("1", "1/m", "0"),
        aliases=("UpsamplingNearest2d", "interpolate"),
        says="a given size is taken as it is", source=f"{_PYTORCH}.Upsample",
    ),
    Layer(
        "PixelShuffle", "upscale_factor", channels="C/r^2", size="n*r", receptive=("1", "1/r", "0"),
        require=(("mod(C, r^2) == 0", "the channels are not a multiple of r^2"),), source=f"{_PYTORCH}.PixelShuffle",
    ),
    Layer(
        "PixelUnshuffle", "downscale_factor", channels="C*r^2", size="n/r", receptive=("r", "r", "0"),
        require=(("mod(n, r) == 0", "the size is not a multiple of r"),), source=f"{_PYTORCH}.PixelUnshuffle",
    ),
    *(
        Layer(f"{kind}Pad{axes}d", "padding[], value=0", axes=axes, size="n + 2*p", receptive=("1", "1", "p"),
            source=f"{_PYTORCH}.{kind}Pad{axes}d")
        for kind in ("Zero", "Constant", "Reflection", "Replication", "Circular") for axes in (1, 2, 3)
    ),
    Layer(
        "Flatten", "start_dim=1, end_dim=-1", merge=("start_dim", "end_dim"), receptive="all", says="the axes are multiplied",
        source=f"{_PYTORCH}.Flatten",
    ),
    Layer("Reshape", "sizes", shape="sizes", receptive="all", aliases=("View", "view", "reshape"),
        source="PyTorch documentation, torch.reshape",
          require=(("N == prod(sizes)", "the numbers of elements differ"),)),
    # ---- dense
    Layer(
        "Linear", "in_features, out_features, bias=1", last="out", weights="inp*out", biases="out", counted="(inp + 1)*out",
        flags=("bias",),
        macs="T*inp*out", adds="T*out", receptive="all", given={"in_features": "F"}, aliases=("LazyLinear",),
        require=(_FEATURES,),
        says="acts on the last axis", source=f"{_PYTORCH}.Linear",
    ),
    Layer(
        "FC", "out_features, bias=1", merge=("1", "-1"), last="out", weights="N*out", biases="out", counted="(N + 1)*out", macs="N*out",
        adds="out",
        flags=("bias",), receptive="all", aliases=("FullyConnected", "fully_connected"), says="reads all that comes in as one list",
        source="LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition, 1998",
    ),
    Layer("Embedding", "num_embeddings, embedding_dim", append="E", weights="V*E", source=f"{_PYTORCH}.Embedding"),
    # ---- norms
    *(
        Layer(
            f"BatchNorm{axes}d", "num_features, eps=1e-5, momentum=0.1, affine=1, bias=1, track_running_stats=1", flags=("affine", "bias"),
            weights="affine*inp", biases="affine*inp", counted="where(affine == 1, 2*inp, 0)", buffers="track_running_stats*(2*inp + 1)",
            given={"num_features": "C"}, require=(_CHANNELS,),
            aliases=(f"LazyBatchNorm{axes}d", *(("BatchNorm", "BN", "bn") if axes == 2 else ())),
            source=f"{_PYTORCH}.BatchNorm{axes}d; Ioffe and Szegedy, Batch normalization, 2015",
        )
        for axes in (1, 2, 3)
    ),
    *(
        Layer(
            f"InstanceNorm{axes}d", "num_features, eps=1e-5, momentum=0.1, affine=0, track_running_stats=0", flags=("affine",),
            receptive="all",
            weights="affine*inp", biases="affine*inp", counted="where(affine == 1, 2*inp, 0)", buffers="track_running_stats*(2*inp + 1)",
            given={"num_features": "C"}, require=(_CHANNELS,),
            source=f"{_PYTORCH}.InstanceNorm{axes}d",
        )
        for axes in (1, 2, 3)
    ),
    Layer(
        "LayerNorm", "normalized_shape, eps=1e-5, elementwise_affine=1, bias=1", flags=("elementwise_affine", "bias"),
        weights="elementwise_affine*prod(normalized_shape)", biases="elementwise_affine*prod(normalized_shape)", receptive="all",
        source=f"{_PYTORCH}.LayerNorm; Ba, Kiros and Hinton, 2016",
    ),
    Layer("RMSNorm", "normalized_shape, eps=1e-5, elementwise_affine=1", weights="elementwise_affine*prod(normalized_shape)",
        receptive="all",
          flags=("elementwise_affine",), source=f"{_PYTORCH}.RMSNorm"),
    Layer(
        "GroupNorm", "num_groups, num_channels, eps=1e-5, affine=1", weights="affine*num_channels", biases="affine*num_channels",
        flags=("affine",), receptive="all", counted="where(affine == 1, 2*num_channels, 0)", given={"num_channels": "C"},
        require=(("num_channels == C", "the channels that come in are not those that it takes"),
                 ("mod(num_channels, num_groups) == 0", "groups do not divide the channels")),
        source=f"{_PYTORCH}.GroupNorm; Wu and He, 2018",
    ),
    Layer("LocalResponseNorm", "size=5, alpha=1e-4, beta=0.75, k=1", aliases=("LRN",), source=f"{_PYTORCH}.LocalResponseNorm"),
    # ---- recurrent: two bias vectors a gate in PyTorch
    *(
        Layer(
            kind, "input_size, hidden_size, num_layers=1, bias=1, batch_first=0, dropout=0, bidirectional=0, proj_size=0",
            flags=("bias", "batch_first", "bidirectional"), last="D*R", given={"input_size": "F"}, receptive="all",
            helpers={"D": "1 + bidirectional", "R": "where(proj_size > 0, proj_size, H)"},
            weights=f"D*({gates}*H*(inp + R) + proj_size*H) + (layers - 1)*D*({gates}*H*(D*R + R) + proj_size*H)",
            biases=f"layers*D*2*{gates}*H", adds=f"T*layers*D*2*{gates}*H",
            macs=f"T*(D*({gates}*H*(inp + R) + proj_size*H) + (layers - 1)*D*({gates}*H*(D*R + R) + proj_size*H))",
            require=(_FEATURES,),
            says="two bias vectors for each gate", source=f"{_PYTORCH}.{kind}",
        )
        for kind, gates in (("RNN", 1), ("GRU", 3), ("LSTM", 4))
    ),
    *(
        Layer(
            f"{kind}Cell", "input_size, hidden_size, bias=1", flags=("bias",), last="H", given={"input_size": "F"}, receptive="all",
            weights=f"{gates}*H*(inp + H)", biases=f"2*{gates}*H", adds=f"T*2*{gates}*H", macs=f"T*{gates}*H*(inp + H)",
            require=(_FEATURES,),
            says="two bias vectors for each gate", source=f"{_PYTORCH}.{kind}Cell",
        )
        for kind, gates in (("RNN", 1), ("GRU", 3), ("LSTM", 4))
    ),
    # ---- attention
    Layer(
        "MultiheadAttention", "embed_dim, num_heads, dropout=0, bias=1", flags=("bias",), receptive="all", given={"embed_dim": "F"},
        weights="4*E^2", biases="4*E", adds="4*T*E", counted="4*E^2 + 4*E", macs="4*T*E^2 + 2*T^2*E",
        require=(("E == F", _FEATURES[1]), ("mod(E, num_heads) == 0", "heads do not divide the features")),
        source=f"{_PYTORCH}.MultiheadAttention; Vaswani et al., Attention is all you need, 2017, section 3.2.2",
    ),
    Layer(
        "TransformerEncoderLayer", "d_model, nhead, dim_feedforward=2048, dropout=0.1", receptive="all", given={"d_model": "F"},
        weights="4*d_model^2 + 2*d_model*dim_feedforward + 2*d_model", biases="4*d_model + dim_feedforward + d_model + 2*d_model",
        macs="4*T*d_model^2 + 2*T^2*d_model + 2*T*d_model*dim_feedforward",
        require=(("d_model == F", _FEATURES[1]), ("mod(d_model, nhead) == 0", "heads do not divide the features")),
        source=f"{_PYTORCH}.TransformerEncoderLayer",
    ),
    Layer(
        "TransformerDecoderLayer", "d_model, nhead, dim_feedforward=2048, dropout=0.1", receptive="all", given={"d_model": "F"},
        weights="8*d_model^2 + 2*d_model*dim_feedforward + 3*d_model", biases="8*d_model + dim_feedforward + d_model + 3*d_model",
        require=(("d_model == F", _FEATURES[1]), ("mod(d_model, nhead) == 0", "heads do not divide the features")),
        says="two attentions, a feed-forward net, three norms", source=f"{_PYTORCH}.TransformerDecoderLayer",
    ),
    # ---- several inputs
    Layer("Add", "", joins="equal", aliases=("add", "residual"), source="He, Zhang, Ren and Sun, Deep residual learning, 2016, equation 1"),
    Layer("Concat", "", joins="stack", aliases=("concat", "cat", "Concatenate"), source="PyTorch documentation, torch.cat"),
    # ---- nothing to count
    *(
        Layer(name, parameters, aliases=aliases, source=f"{_PYTORCH}.{name}")
        for name, parameters, aliases in (
            ("Identity", "", ()), ("Dropout", "p=0.5", ("drop",)), ("Dropout1d", "p=0.5", ()), ("Dropout2d", "p=0.5",
            ("SpatialDropout2D",)),
            ("Dropout3d", "p=0.5", ()), ("AlphaDropout", "p=0.5", ()), ("DropPath", "p=0", ("StochasticDepth",)),
            ("ChannelShuffle", "groups", ()), ("Softmax", "dim=1", ("softmax", "SoftMax", "soft-max")),
            ("Softmax2d", "", ()),
            ("LogSoftmax", "dim=1", ("log_softmax",)),
        )
    ),
    Layer("PReLU", "num_parameters=1, init=0.25", weights="num_parameters", source=f"{_PYTORCH}.PReLU"),
    *(
        Layer(name, "", aliases=aliases, source=f"{_PYTORCH}.{name}")
        for name, aliases in (
            ("ReLU", ("relu",)), ("ReLU6", ()), ("LeakyReLU", ("leaky_relu",)), ("ELU", ("elu",)), ("SELU", ("selu",)), ("CELU", ()),
            ("GELU", ("gelu",)), ("SiLU", ("silu", "swish", "Swish")), ("Mish", ()), ("Softplus", ("softplus",)),
            ("Softsign", ("softsign",)),
            ("Hardtanh", ("hardtanh",)), ("Hardswish", ()), ("Hardsigmoid", ()), ("Tanh", ("tanh",)), ("Sigmoid", ("sigmoid",)),
            ("RReLU", ()), ("Threshold", ()), ("LogSigmoid", ()), ("Activation", ()),
        )
    ),
    Layer("GLU", "dim=-1", last="F/2", require=(("mod(F, 2) == 0", "it halves the last axis, which is odd"),), source=f"{_PYTORCH}.GLU"),
)  # fmt: skip


def _keras() -> Iterator[Layer]:
    """Keras' names, order of settings and rules: padding is 'valid' or 'same', and 'same' is ceil(n/s) with any stride."""
    rows = {row.name: row for row in LAYERS}
    for axes in (1, 2, 3):
        yield replace(
            rows[f"Conv{axes}d"], name=f"Conv{axes}D", same="ceil(n/s)", aliases=(f"Convolution{axes}D",), flags=("use_bias",),
            parameters="filters, kernel_size[], strides[]=1, padding=valid, data_format, dilation_rate[]=1, groups=1, activation, "
            "use_bias=1, in_channels", source=f"Keras documentation, Conv{axes}D",
        )  # fmt: skip
        for kind, base in (("Max", "MaxPool"), ("Average", "AvgPool")):
            yield replace(
                rows[f"{base}{axes}d"], name=f"{kind}Pooling{axes}D", same="ceil(n/s)", size=_FLOOR, helpers={"K": "k"}, flags=(),
                aliases=(f"{'Max' if kind == 'Max' else 'Avg'}Pool{axes}D",), parameters=f"pool_size[]={2}, strides[]=k, padding=valid",
                source=f"Keras documentation, {kind}Pooling{axes}D",
            )  # fmt: skip
        yield replace(
            rows["GlobalAvgPool"], name=f"GlobalAveragePooling{axes}D", merge=("1", "-1"), aliases=(), source="Keras documentation"
        )
        yield replace(rows["GlobalAvgPool"], name=f"GlobalMaxPooling{axes}D", merge=("1", "-1"), aliases=(), source="Keras documentation")
    yield replace(
        rows["Conv2d"], name="SeparableConv2D", same="ceil(n/s)", aliases=(), flags=("use_bias",),
        parameters="filters, kernel_size[], strides[]=1, padding=valid, data_format, dilation_rate[]=1, groups=1, activation, "
        "use_bias=1, in_channels", weights="prod(k)*inp + inp*out", counted="prod(k)*inp + (inp + 1)*out",
        macs="prod(O)*(prod(k)*inp + inp*out)", says="one kernel a channel, then a 1x1 convolution; one bias",
        source="Keras documentation, SeparableConv2D; Chollet, Xception, 2017",
    )  # fmt: skip
    yield replace(
        rows["Conv2d"], name="DepthwiseConv2D", same="ceil(n/s)", aliases=(), flags=("use_bias",), channels="inp",
        parameters="kernel_size[], strides[]=1, padding=valid, groups=1, use_bias=1, in_channels, dilation[]=1",
        weights="prod(k)*inp", biases="inp", counted="(prod(k) + 1)*inp", macs="prod(O)*prod(k)*inp", adds="prod(O)*inp",
        require=(_CHANNELS, _STRIDE, _KERNEL), source="Keras documentation, DepthwiseConv2D",
    )  # fmt: skip
    yield replace(
        rows["Linear"], name="Dense", parameters="units, activation, use_bias=1, in_features", flags=("use_bias",), aliases=(),
        source="Keras documentation, Dense",
    )  # fmt: skip
    yield replace(rows["BatchNorm2d"], name="BatchNormalization", parameters="axis=-1, momentum=0.99, epsilon=1e-3, affine=1, num_features",
                  buffers="2*inp", aliases=(), source="Keras documentation, BatchNormalization")  # fmt: skip
    yield replace(rows["Upsample"], name="UpSampling2D", parameters="size[]=2", size="n*size", aliases=(), receptive=("1", "1/size", "0"),
                  source="Keras documentation, UpSampling2D")  # fmt: skip


_ALL = (*LAYERS, *_keras())
BY_LAYER_NAME: Mapping[str, Layer] = {alias: row for row in _ALL for alias in (row.name, *row.aliases)}
LAYER_ROWS: Mapping[str, Layer] = {row.name: row for row in _ALL}
