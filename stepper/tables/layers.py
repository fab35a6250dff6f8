"""Layers: one row each, with PyTorch's names, order and defaults, and the names that Keras and papers use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from stepper.tables.any_axes import ANY_AXES, USUAL_AXES
from stepper.tables.keras import keras
from stepper.tables.layer import Conditions, LayerRow
from stepper.tables.norms import NORMS
from stepper.tables.pointwise import POINTWISE
from stepper.tables.recurrent import RECURRENT
from stepper.tables.tensors import TENSORS
from stepper.tables.windows import FEATURES, PYTORCH, convolutions, folds, pools

REACH: Mapping[str, tuple[tuple[str, str], ...]] = {
    "Reflection": (("max([p, p_end]) < n", "a reflection needs more rows than are padded"),),
    "Circular": (("max([p, p_end]) <= n", "no more rows can be wrapped around than there are"),),
}
PADS = {"Zero": "pad(x, each(p), each(p_end))", "Constant": "pad(x, each(p), each(p_end), value)"}
TIMES = "where(size == 0, floor(n*m), size)"
LINEAR = {
    1: f"x @ interpolating(x, each({TIMES})[1], -1, align_corners).T",
    2: f"interpolating(x, each({TIMES})[1], -2, align_corners) @ x @ interpolating(x, each({TIMES})[2], -1, "
    f"align_corners).T",
}
RESIZED: Mapping[str, Any] = {
    "forward": (("mode == nearest", f"upsample(x, each({TIMES}/n))"), ("mode == linear", LINEAR[1]),
        ("mode == bilinear", LINEAR[2])),
    "limits": ((f"where(mode == nearest, mod({TIMES}, n), 0) == 0", "a size that is not a multiple of the input's"),),
    "instead": "mode='nearest' by a whole number, 'linear' or 'bilinear'", "letter": "u",
}  # fmt: skip
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
        **RESIZED,
        says="a given size is taken as it is", source=f"{PYTORCH}.Upsample",
    ),
    *(
        LayerRow(
            f"Upsampling{mode.capitalize()}2d", f"size[]=0, scale_factor[]=1, mode={mode}, align_corners=1", axes=2,
            size="where(size == 0, floor(n*m), size)", receptive=("1", "where(size == 0, 1/m, n/size)", "0"),
            source=f"{PYTORCH}.Upsampling{mode.capitalize()}2d", **RESIZED,
        )
        for mode in ("nearest", "bilinear")
    ),
    LayerRow(
        "PixelShuffle", "upscale_factor", ranks=(3,), channels="C/r^2", size="n*r", receptive=("1", "1/r", "0"),
        require=(("mod(C, r^2) == 0", "the channels are not a multiple of r^2"),), letter="u",
        forward=(("", "pixel_shuffle(x, upscale_factor)"),), source=f"{PYTORCH}.PixelShuffle",
    ),
    LayerRow(
        "PixelUnshuffle", "downscale_factor", ranks=(3,), channels="C*r^2", size="n/r", receptive=("r", "r", "0"),
        require=(("mod(n, r) == 0", "the size is not a multiple of r"),), letter="u",
        forward=(("", "pixel_unshuffle(x, downscale_factor)"),), source=f"{PYTORCH}.PixelUnshuffle",
    ),
    *(
        LayerRow(f"{kind}Pad{axes}d", "padding[], value=0", axes=axes, sided="padding",
            size="where(p == p_end, n + 2*p, n + p + p_end)",
            receptive=("1", "1", "p"), require=REACH.get(kind, ()), letter="p",
            forward=(("", PADS.get(kind, f"{kind.lower()}_pad(x, each(p), each(p_end))")),),
            source=f"{PYTORCH}.{kind}Pad{axes}d")
        for kind in ("Zero", "Constant", "Reflection", "Replication", "Circular") for axes in (1, 2, 3)
    ),
    LayerRow(
        "Flatten", "start_dim=1, end_dim=-1", letter="f", merge=("start_dim", "end_dim"), receptive="all",
        says="the axes are multiplied",
        forward=(("end_dim == -1", "flatten(x, start_dim + batch)"), ("", "reshape(x, output)")),
        source=f"{PYTORCH}.Flatten",
    ),
    LayerRow("Reshape", "sizes, rows=0", shape="sizes", receptive="all", aliases=("View", "view", "reshape"),
        regroups="rows", says="sizes are those of one sample",
        source="PyTorch documentation, torch.reshape",
        require=(("N == prod(sizes)", "the numbers of elements differ"),), letter="f",
        forward=(("", "reshape(x, output)"),)),
    LayerRow("Unflatten", "dim, unflattened_size", split=("dim", "unflattened_size"), receptive="all",
        letter="f", forward=(("", "reshape(x, output)"),), source=f"{PYTORCH}.Unflatten"),
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
        letter="z", says="takes the whole input as one list",
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
        letter="z", limits=(("rank == 1", "more than one sample at a time"),),
        forward=(("", "flatten(weight, 2) @ flatten(outer(x, y)) + bias"),),
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
        letters={"weight": "E"}, letter="e",
        forward=(("mode == mean", "mean(embedding(x, weight), -2)"), ("mode == sum", "sum(embedding(x, weight), -2)"),
                 ("mode == max", "max(embedding(x, weight), -2)")),
        source=f"{PYTORCH}.EmbeddingBag",
    ),
    *NORMS,
    *RECURRENT,
    # ---- several inputs
    LayerRow(
        "Add", "", several=True, letter="s", forward=(("", "x + y"),), aliases=("add", "residual"),
        source="He, Zhang, Ren and Sun, Deep residual learning, "
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
    *POINTWISE,
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
IN_ROWS: Mapping[str, LayerRow] = {
    name: replace(
        row, name=f"rows.{name}", aliases=(),
        weight_arrays=row.weight_arrays.replace("(out, ", "(").replace(")", ", out)"),
        forward=forward,
    )
    for name, forward in (
        ("Linear", (("", "x @ weight + bias"),)),
        ("FC", (("batch == 0", "flatten(x) @ weight + bias"), ("", "flatten(x, 2) @ weight + bias"))),
    )
    for row in (_ROWS[name],)
}  # fmt: skip
"""The layers whose weights may have a row for each input, as some courses write them: X @ W + b."""
TURNED_IN_ROWS = "it is the transpose: with --rows a row for each input is meant"
"""What is wrong with weights that have a row for each output where ``IN_ROWS`` are meant."""
_ALL = (*LAYERS, *lazy(_ROWS), *keras(_ROWS))
_NAMED = {alias: row for row in (*_ALL, *IN_ROWS.values()) for alias in (row.name, *row.aliases)}
BY_LAYER_NAME: Mapping[str, LayerRow] = {
    **_NAMED,
    **{alias: row for row in TENSORS for alias in (row.name, *row.aliases)},
    **{name: _NAMED[family.row.format(n=USUAL_AXES)] for name, family in ANY_AXES.items()},
}
"""A name without a number of axes stands for the layer of two until a shape tells."""
LAYER_ROWS: Mapping[str, LayerRow] = {row.name: row for row in _ALL}
