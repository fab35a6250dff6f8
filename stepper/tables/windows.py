"""Convolutions and pools: layers that slide a window over the spatial axes; and what the formulas of several layers
share.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stepper.tables.layer import Conditions, Forward, LayerRow

PYTORCH = "PyTorch documentation, torch.nn"
FLOOR = "floor((n + 2*p - K)/s) + 1"
DROPPED = "where(ceil((n + 2*p - K)/s)*s >= n + p, 1, 0)"
CEIL = f"ceil((n + 2*p - K)/s) + 1 - {DROPPED}"
POOLED = f"where(ceil_mode == 0, {FLOOR}, {CEIL})"
POOL_DROPPED = f"where(ceil_mode == 0, 0, {DROPPED})"
CHANNELS = ("inp == C", "the input channels do not match")
FEATURES = ("inp == F", "the input features do not match")
GROUPS_IN = ("mod(inp, g) == 0", "groups do not divide the input channels")
GROUPS_OUT = ("mod(out, g) == 0", "groups do not divide the output channels")
WEIGHTS = "where(g == 1, prod(k)*inp*out, prod(k)*inp/g*out)"
COUNTED = "where(g == 1, (prod(k)*inp + 1)*out, (prod(k)*inp/g + 1)*out)"
UNSHARED = (
    "where(b == 0, where(g == 1, prod(O)*out*prod(k)*inp, prod(O)*out*prod(k)*inp/g), "
    "where(g == 1, prod(O)*out*(prod(k)*inp + 1), prod(O)*out*(prod(k)*inp/g + 1)))"
)
FRACTION = "where(output_ratio > 0, floor(n*output_ratio), o)"
KERNEL = ("K <= n + 2*p", "the kernel is larger than the padded input")
STRIDE = ("s >= 1", "a stride is at least 1")
HALF = ("2*p <= k", "the padding of a pool is at most half its kernel")


BEYOND = "the padding must be smaller than the input"
PADDINGS: Mapping[str, Conditions] = {
    "zeros": (), "replicate": (), "reflect": (("p < n", BEYOND),), "circular": (("p <= n", BEYOND),),
}  # fmt: skip


BEFORE, AFTER = "where(p == same, floor((K - 1)/2), p)", "where(p == same, ceil((K - 1)/2), p)"
"""What is padded before and after an axis; with padding='same' one more stands after it where that is odd."""


def _convolved(axes: int) -> Forward:
    """A convolution of what was padded: by itself with zeros alike on both sides, else by a function before it."""
    behind = f"each(d), groups) + column(bias, {axes})"
    return (
        *(
            (f"padding_mode == {mode}", f"conv{axes}d({pad}(x, each({BEFORE}), each({AFTER})), weight, each(s), 0, "
                                        f"{behind}")
            for mode, pad in (
                ("reflect", "reflection_pad"), ("replicate", "replication_pad"), ("circular", "circular_pad")
            )
        ),
        ("where(p == same, mod(K - 1, 2), 0) == 0", f"conv{axes}d(x, weight, each(s), each({BEFORE}), {behind}"),
        ("", f"conv{axes}d(pad(x, each({BEFORE}), each({AFTER})), weight, each(s), 0, {behind}"),
    )  # fmt: skip


def _pooled(function: str, others: str, alike: str = "k") -> Forward:
    """A pool; a stride that is the kernel is not written."""
    return (
        (f"s == {alike}", f"{function}(x, each(k), 0, {others})"),
        ("" if alike == "k" else f"where({alike} == k, 1, 0) == 1", f"{function}(x, each(k), each(s), {others})"),
    )  # fmt: skip


def _adaptive(kind: str, axes: int) -> Forward:
    """A pool whose windows are parts of equal size; means of others are products with matrices."""
    others = {
        1: "x @ averaging(x, each(o)[1]).T",
        2: "averaging(x, each(o)[1], -2) @ x @ averaging(x, each(o)[2]).T",
    }
    equal = ("mod(n, o) == 0", f"{kind.lower()}_pool{axes}d(x, each(n/o))")
    return (equal, ("", others[axes])) if kind == "Avg" and axes in others else (equal,)


def _global(kind: str) -> Forward:
    """One window that holds all; of channels alone it is the number itself."""
    return (
        ("rank - batch == 1", "x"),
        *((f"rank - batch == {axes + 1}", f"{kind}_pool{axes}d(x, each(n))") for axes in (1, 2, 3)),
    )


def convolutions() -> Iterator[LayerRow]:
    for axes in (1, 2, 3):
        yield LayerRow(
            f"Conv{axes}d", axes=axes, flags=("bias",),
            parameters="in_channels, out_channels, kernel_size[], stride[]=1, padding[]=0, dilation[]=1, groups=1, "
                       "bias=1, "
            "padding_mode=zeros",
            helpers={"K": "d*(k - 1) + 1"}, channels="out", size=FLOOR, same="n", words={"padding_mode": PADDINGS},
            same_require=(("s == 1", "padding='same' is not defined with a stride other than 1"),),
            weight_arrays="weight(out, inp/g, k)", bias_arrays="bias(out)", letters={"weight": "K"}, letter="z",
            forward=_convolved(axes),
            weights=WEIGHTS, biases="out", counted=COUNTED, macs="where(g == 1, prod(O)*out*prod(k)*inp, "
                                                                 "prod(O)*out*prod(k)*inp/g)",
            adds="prod(O)*out",
            unshared=UNSHARED,
            columns=("prod(k)*inp/g", "prod(O)"),
            receptive=("K", "s", "p"), given={"in_channels": "C"},
            require=(
                CHANNELS, STRIDE, KERNEL,
                GROUPS_IN,
                GROUPS_OUT,
            ),
            source=f"{PYTORCH}.Conv{axes}d; Dumoulin and Visin, A guide to convolution arithmetic, 2016, relationship "
                   f"15",
        )  # fmt: skip
        yield LayerRow(
            f"ConvTranspose{axes}d", axes=axes, flags=("bias",),
            parameters="in_channels, out_channels, kernel_size[], stride[]=1, padding[]=0, output_padding[]=0, "
                       "groups=1, bias=1, "
            "dilation[]=1, padding_mode=zeros", words={"padding_mode": {"zeros": ()}},
            helpers={"K": "d*(k - 1) + 1"}, channels="out", size="(n - 1)*s - 2*p + K + q",
            weight_arrays="weight(inp, out/g, k)", bias_arrays="bias(out)", letters={"weight": "K"}, letter="z",
            forward=(("", f"conv_transpose{axes}d(x, weight, each(s), each(p), each(q), groups, each(d)) "
                          f"+ column(bias, {axes})"),),
            limits=(("q < s", "an output padding as large as the stride"),),
            weights=WEIGHTS, biases="out", counted=COUNTED, macs="where(g == 1, prod(S)*inp*prod(k)*out, "
                                                                 "prod(S)*inp*prod(k)*out/g)",
            adds="prod(O)*out",
            receptive=("ceil(K/s)", "1/s", "0"), given={"in_channels": "C"},
            require=(
                CHANNELS, STRIDE,
                ("q < max(s, d)", "the output padding must be smaller than the stride or the dilation"),
                GROUPS_IN,
                GROUPS_OUT,
            ),
            source=f"{PYTORCH}.ConvTranspose{axes}d; Dumoulin and Visin 2016, relationship 14",
        )  # fmt: skip
        yield LayerRow(
            f"LocallyConnected{axes}d", axes=axes, aliases=(f"LocallyConnected{axes}D",), flags=("bias",),
            parameters="in_channels, out_channels, kernel_size[], stride[]=1, padding[]=0, bias=1",
            helpers={"K": "k"}, channels="out", size=FLOOR, weights="prod(O)*out*prod(k)*inp", biases="prod(O)*out",
            counted="prod(O)*out*(prod(k)*inp + 1)", macs="prod(O)*out*prod(k)*inp",
            adds="prod(O)*out", receptive=("K", "s", "p"), given={"in_channels": "C"},
            require=(CHANNELS, STRIDE, KERNEL),
            source="LeCun, Generalization and network design strategies, 1989: a convolution without shared weights",
        )  # fmt: skip


def pools() -> Iterator[LayerRow]:
    for axes in (1, 2, 3):
        yield LayerRow(
            f"MaxPool{axes}d", axes=axes, aliases=(f"max_pool{axes}d",), flags=("ceil_mode", "return_indices"),
            parameters="kernel_size[], stride[]=k, padding[]=0, dilation[]=1, return_indices=0, ceil_mode=0",
            functional="kernel_size[], stride[]=k, padding[]=0, dilation[]=1, ceil_mode=0, return_indices=0",
            helpers={"K": "d*(k - 1) + 1"}, size=POOLED, dropped=POOL_DROPPED, receptive=("K", "s", "p"),
            require=(STRIDE, HALF), source=f"{PYTORCH}.MaxPool{axes}d",
            letter="p", forward=_pooled(f"max_pool{axes}d", "each(p), each(d), ceil_mode"),
        )  # fmt: skip
        extra = (
            (("k <= n", "an average pool in 3d requires its kernel to fit into the input before padding"),)
            if axes == 3
            else ()
        )
        yield LayerRow(
            f"AvgPool{axes}d", axes=axes, aliases=(f"avg_pool{axes}d",), flags=("ceil_mode", "count_include_pad"),
            parameters="kernel_size[], stride[]=k, padding[]=0, ceil_mode=0, count_include_pad=1, "
                       "divisor_override=None",
            helpers={"K": "k"}, size=POOLED, dropped=POOL_DROPPED, receptive=("K", "s", "p"),
            require=(STRIDE, HALF, *extra), source=f"{PYTORCH}.AvgPool{axes}d",
            letter="p", forward=(
                *_pooled(f"avg_pool{axes}d", "each(p), ceil_mode, count_include_pad",
                    "where(divisor_override == None, k, 0)"),
                *_pooled(f"avg_pool{axes}d", "each(p), ceil_mode, count_include_pad, divisor_override"),
            ),
        )  # fmt: skip
        yield LayerRow(
            f"LPPool{axes}d", axes=axes, flags=("ceil_mode",), parameters="norm_type, kernel_size[], stride[]=k, "
                                                                          "ceil_mode=0, padding[]=0",
            helpers={"K": "k"}, size=POOLED, dropped=POOL_DROPPED, receptive=("K", "s", "p"),
            require=(STRIDE, *extra), source=f"{PYTORCH}.LPPool{axes}d", letter="p",
            forward=(("", f"(avg_pool{axes}d(x^norm_type, each(k), each(s), 0, "
                          f"ceil_mode)*whole(prod(k)))^(1/norm_type)"),),
            limits=(("mod(norm_type, 2) == 0", "an odd norm, which has signs to be left out"),),
        )  # fmt: skip
        yield LayerRow(
            f"MaxUnpool{axes}d", axes=axes, parameters="kernel_size[], stride[]=k, padding[]=0",
            size="(n - 1)*s - 2*p + k", receptive=("1", "1/s", "0"), require=(STRIDE,),
            source=f"{PYTORCH}.MaxUnpool{axes}d",
        )  # fmt: skip
        for kind in ("Avg", "Max"):
            yield LayerRow(
                f"Adaptive{kind}Pool{axes}d", axes=axes,
                parameters=f"output_size[]{', return_indices=0' if kind == 'Max' else ''}",
                flags=("return_indices",),
                aliases=(f"adaptive_{kind.lower()}_pool{axes}d",),
                size="o", absent="n", receptive="all", source=f"{PYTORCH}.Adaptive{kind}Pool{axes}d",
                letter="p", forward=_adaptive(kind, axes),
                limits=() if kind == "Avg" and axes < 3 else (("mod(n, o) == 0", "parts of different sizes"),),
                instead="an output size that divides the input's",
            )  # fmt: skip


def folds() -> Iterator[LayerRow]:
    """Windows that stand elsewhere, become columns, or are the whole."""
    for axes in (2, 3):
        yield LayerRow(
            f"FractionalMaxPool{axes}d", axes=axes, parameters="kernel_size[], output_size[]=0, output_ratio[]=0, "
                                                               "return_indices=0",
            flags=("return_indices",), size=FRACTION, receptive=("k", f"n/({FRACTION})", "0"),
            require=((f"{FRACTION} >= 1", "neither an output size nor a ratio is given"),
                     (f"{FRACTION} + k - 1 <= n", "the windows of this kernel do not fit")),
            says="windows are placed at random", source=f"{PYTORCH}.FractionalMaxPool{axes}d; Graham, Fractional "
                                                   f"max-pooling, 2014",
        )  # fmt: skip
    yield LayerRow(
        "Unfold", axes=2, parameters="kernel_size[], dilation[]=1, padding[]=0, stride[]=1",
        helpers={"K": "d*(k - 1) + 1"}, channels="C*prod(k)", size=FLOOR, merge=("2", "-1"), merged="windows",
        receptive=("K", "s", "p"), require=(STRIDE, KERNEL),
        aliases=("unfold", "im2col"),
        limits=(("batch == 0", "a batch"), ("d == 1", "dilation")), letter="c",
        forward=(("", "unfold(x, each(k), each(s), each(p)).T"),),
        says="each window becomes a column: C times the kernel, by the number of windows", source=f"{PYTORCH}.Unfold",
    )  # fmt: skip
    yield LayerRow(
        "Fold", axes=2, axes_in=1, parameters="output_size[], kernel_size[], dilation[]=1, padding[]=0, stride[]=1",
        helpers={"K": "d*(k - 1) + 1", "windows": "floor((o + 2*p - K)/s) + 1"}, channels="C/prod(k)", size="o",
        receptive="all",
        require=(STRIDE,),
        fits=(("mod(C, prod(k)) == 0", "the channels are not a multiple of the kernel's size"),
              ("F == prod(windows)", "the windows that come in are not those of this output")),
        aliases=("fold", "col2im"),
        says="columns become windows again, which are added where they overlap", source=f"{PYTORCH}.Fold",
    )  # fmt: skip
    yield LayerRow(
        "GlobalMaxPool", "", size="1", receptive="all", aliases=("GlobalMaxPool2d", "GMP"), letter="p",
        forward=_global("max"),
        source="Oquab, Bottou, Laptev and Sivic, Is object localization for free?, 2015",
    )  # fmt: skip
    yield LayerRow(
        "GlobalAvgPool",
        "",
        size="1",
        receptive="all",
        letter="p",
        forward=_global("avg"),
        aliases=("GAP", "GlobalAveragePooling", "GlobalAvgPool2d"),
        source="Lin, Chen and Yan, Network in network, 2014, section 3.2",
    )
