"""Layers under Keras' names: its order of settings, its rules for padding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from stepper.tables.layer import LayerRow
from stepper.tables.windows import CHANNELS, FLOOR, KERNEL, STRIDE

SAME = "ceil(n/s)"
FRAMEWORK = "keras"
"""Stands before a name that PyTorch has too, with other settings."""
LAST: Mapping[str, Any] = {
    "forward": (), "limits": (), "instead": "its channels come last: write PyTorch's layer, with the channels first",
}  # fmt: skip
"""What has no formula, since arrays of images have their channels first here."""
GATES: Mapping[str, Any] = {
    "forward": (), "limits": (), "program": (), "times": "", "named": "", "starts": False, "left": "",
    "instead": "write PyTorch's layer, whose weights have a row for each output",
}  # fmt: skip
RECURRENT = (
    "units, activation=None, recurrent_activation=None, use_bias=1, return_sequences=0, return_state=0, dropout=0, "
    "recurrent_dropout=0, "
    "go_backwards=0, stateful=0, unroll=0, reset_after=1, input_size"
)
STEPS: Mapping[str, Any] = {
    "parameters": RECURRENT, "flags": ("use_bias", "return_sequences", "reset_after"), "helpers": {}, "last": "out",
    "ranks": (2,), "merge": ("where(return_sequences == 1, 2, 1)", "-1"), "merged": "",
    "says": "gives its last step; with return_sequences all steps",
}  # fmt: skip
"""What Keras' recurrent layers share."""
CONVOLUTION = (
    "filters, kernel_size[], strides[]=1, padding=valid, data_format=None, dilation_rate[]=1, groups=1, "
    "activation=None, "
    "use_bias=1, in_channels"
)


def keras(rows: Mapping[str, LayerRow]) -> Iterator[LayerRow]:
    """Keras' names, order of settings and rules: padding is 'valid' or 'same', and 'same' is ceil(n/s) with any
    stride.
    """
    for axes in (1, 2, 3):
        yield replace(
            rows[f"Conv{axes}d"], name=f"Conv{axes}D", aliases=(f"Convolution{axes}D",), parameters=CONVOLUTION,
            flags=("use_bias",), same=SAME, same_require=(), words={}, weight_arrays="kernel(k, inp/g, out)",
            source=f"Keras documentation, Conv{axes}D", **LAST,
        )  # fmt: skip
        for kind, base in (("Max", "MaxPool"), ("Average", "AvgPool")):
            yield replace(
                rows[f"{base}{axes}d"], name=f"{kind}Pooling{axes}D", same=SAME, size=FLOOR, dropped="",
                helpers={"K": "k"}, flags=(), aliases=(f"{'Max' if kind == 'Max' else 'Avg'}Pool{axes}D",),
                parameters="pool_size[]=2, strides[]=k, padding=valid",
                source=f"Keras documentation, {kind}Pooling{axes}D", **LAST,
            )  # fmt: skip
        yield replace(
            rows[f"ZeroPad{axes}d"], name=f"ZeroPadding{axes}D", parameters="padding[]=1, data_format=None",
            source=f"Keras documentation, ZeroPadding{axes}D", **LAST,
        )  # fmt: skip
        yield replace(
            rows["GlobalAvgPool"],
            name=f"GlobalAveragePooling{axes}D",
            merge=("1", "-1"),
            aliases=(),
            source="Keras documentation",
            **LAST,
        )
        yield replace(
            rows["GlobalAvgPool"],
            name=f"GlobalMaxPooling{axes}D",
            merge=("1", "-1"),
            aliases=(),
            source="Keras documentation",
            **LAST,
        )
    for axes in (1, 2, 3):
        yield replace(
            rows[f"ConvTranspose{axes}d"], name=f"Conv{axes}DTranspose", aliases=(f"Convolution{axes}DTranspose",),
            parameters="filters, kernel_size[], strides[]=1, padding=valid, output_padding=None, data_format=None, "
            "dilation_rate[]=1, activation=None, use_bias=1, in_channels", flags=("use_bias",), words={},
            size="n*s + max([K - s, 0])", same="n*s", weight_arrays="kernel(k, out, inp)", require=(CHANNELS, STRIDE),
            weights="prod(k)*inp*out", counted="(prod(k)*inp + 1)*out", macs="prod(S)*inp*prod(k)*out",
            source=f"Keras documentation, Conv{axes}DTranspose", **LAST,
        )  # fmt: skip
    yield replace(
        rows["Conv2d"], name="SeparableConv2D", unshared="", columns=None,
        same=SAME, same_require=(), words={}, aliases=(), flags=("use_bias",),
        parameters=CONVOLUTION, weight_arrays="depthwise_kernel(k, inp, 1); pointwise_kernel(1, 1, inp, out)",
        weights="prod(k)*inp + inp*out", counted="prod(k)*inp + (inp + 1)*out",
        macs="prod(O)*(prod(k)*inp + inp*out)", says="one kernel per channel, then a 1x1 convolution; one bias",
        source="Keras documentation, SeparableConv2D; Chollet, Xception, 2017", **LAST,
    )  # fmt: skip
    yield replace(
        rows["Conv2d"], name="DepthwiseConv2D", unshared="", columns=None,
        same=SAME, same_require=(), words={}, aliases=(), flags=("use_bias",),
        channels="inp",
        parameters="kernel_size[], strides[]=1, padding=valid, groups=1, use_bias=1, in_channels, dilation[]=1",
        weight_arrays="kernel(k, inp, 1)", bias_arrays="bias(inp)", weights="prod(k)*inp", biases="inp",
        counted="(prod(k) + 1)*inp", macs="prod(O)*prod(k)*inp", adds="prod(O)*inp",
        require=(CHANNELS, STRIDE, KERNEL), source="Keras documentation, DepthwiseConv2D", **LAST,
    )  # fmt: skip
    yield replace(
        rows["Linear"], name="Dense", parameters="units, activation=None, use_bias=1, in_features", flags=("use_bias",),
        aliases=(), weight_arrays="kernel(inp, out)", source="Keras documentation, Dense",
        forward=(("", "x @ kernel + bias"),), letters={"kernel": "W"}, wraps="activation",
    )  # fmt: skip
    yield replace(rows["SyncBatchNorm"], name="BatchNormalization", require=(CHANNELS,),
                  parameters="axis=-1, momentum=0.99, epsilon=1e-3, affine=1, num_features",
                  buffers="2*inp", aliases=(), weight_arrays="gamma(inp)", bias_arrays="beta(inp)",
                  limits=(("batch == 1", "one sample alone, which has no mean over a batch"),
                          ("rank == 2", "images, whose channels come last in Keras")),
                  forward=(("", "batch_norm(x, gamma, beta, epsilon)"),), instead="write BatchNorm2d", named="",
                  left="",
                  source="Keras documentation, BatchNormalization")  # fmt: skip
    yield replace(rows["Upsample"], name="UpSampling2D", parameters="size[]=2", size="n*size", aliases=(),
                  receptive=("1", "1/size", "0"), words={}, ranks=(), **LAST,
                  source="Keras documentation, UpSampling2D")  # fmt: skip
    yield replace(rows["Concat"], name="Concatenate", parameters="axis=-1", stacks="0", aliases=(),
                  require=(("axis == -1", "only concatenation along the channels is known"),),
                  forward=(("", "concat(x, y, -1)"),), instead="write Concat",
                  limits=(("rank == 1 + batch", "images, whose channels come last in Keras"),),
                  source="Keras documentation, Concatenate")  # fmt: skip
    for kind, gates in (("SimpleRNN", 1), ("LSTM", 4)):
        yield replace(
            rows["LSTM"], name=f"{FRAMEWORK}.{kind}", aliases=(kind,) if kind not in rows else (),
            weights=f"{gates}*(inp + out)*out", biases=f"{gates}*out", counted=f"{gates}*(inp + out + 1)*out",
            macs=f"T*{gates}*(inp + out)*out", adds=f"T*{gates}*out",
            weight_arrays=f"kernel(inp, {gates}*out); recurrent_kernel(out, {gates}*out)",
            bias_arrays=f"bias({gates}*out)", source=f"Keras documentation, {kind}", **STEPS, **GATES,
        )  # fmt: skip
    yield replace(
        rows["GRU"], name=f"{FRAMEWORK}.GRU", weights="3*(inp + out)*out", biases="(1 + reset_after)*3*out",
        counted="where(reset_after == 1, 3*(inp + out + 2)*out, 3*(inp + out + 1)*out)", macs="T*3*(inp + out)*out",
        adds="T*(1 + reset_after)*3*out", weight_arrays="", bias_arrays="", source="Keras documentation, GRU", **STEPS,
        **GATES,
    )  # fmt: skip
    yield replace(
        rows["PReLU"], name=f"{FRAMEWORK}.PReLU", parameters="", weights="N", weight_arrays="",
        says="one slope for each number",
        forward=(),
        instead="write PyTorch's PReLU, which has one slope, or one for each channel",
        source="Keras documentation, PReLU",
    )  # fmt: skip
