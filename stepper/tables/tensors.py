"""Functions of tensors as rows of a shape table: whoever follows a source tells their sizes, by a law of its own."""

from __future__ import annotations

from collections.abc import Mapping

from stepper.tables.layer import LayerRow

SEEN: Mapping[str, tuple[str, ...]] = {
    "": (
        "add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "neg", "compare", "exp", "log", "sqrt", "abs",
        "round",
        "floor", "ceil", "square", "sin", "cos", "log2", "log10", "trunc", "rsqrt", "clamp", "clip", "tan", "sign",
        "reciprocal", "masked_fill", "normalize", "nan_to_num", "erf", "where", "chunk", "expm1", "log1p", "sinh",
        "cosh",
        "c_n", "h_n", "indices", "and", "or", "xor", "max_of", "min_of", "batch_norm", "hardswish", "hardsigmoid",
        "clamp_min", "clamp_max", "logical_not", "fill", "atan", "eq", "ne", "lt", "le", "gt", "ge", "relu6",
        "hardshrink",
        "softshrink", "tanhshrink", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout",
        "rrelu", "threshold", "logit", "bernoulli", "angle", "real", "imag", "sgn", "asin", "acos", "frac", "zero",
        "copy",
        "uniform", "normal", "isnan", "isinf",
    ),
    "all": (
        "mean", "sum", "prod", "std", "var", "norm", "argmax", "argmin", "all", "any", "logsumexp", "amax", "amin",
        "median", "max", "min", "matmul", "einsum", "scaled_dot_product_attention", "linear", "layer_norm",
        "group_norm",
        "instance_norm", "rms_norm", "loss", "distance", "attn_weights", "nanmean", "nansum", "count_nonzero",
        "vector_norm", "topk", "sort", "argsort", "cumsum", "cumprod", "gumbel_softmax", "local_response_norm", "outer",
        "dist",
    ),
    "?": (
        "permute", "transpose", "movedim", "squeeze", "unsqueeze", "expand", "repeat", "repeat_interleave", "narrow",
        "select", "index_select", "gather", "unbind", "unfold", "cat", "stack", "pad", "one_hot", "diagonal", "slice",
        "view", "flatten", "unflatten", "roll", "flip", "triu", "tril", "rot90", "diff", "embedding", "constant",
        "scatter", "scatter_add", "index_fill", "index_copy", "index_add", "fill_diagonal", "renorm", "polygamma",
        "atan2",
    ),
}  # fmt: skip
"""Functions by what a unit sees of the input behind them: as much as before, all of it, or what is not known."""
MULTIPLYING = ("matmul", "einsum", "scaled_dot_product_attention", "linear")
"""Functions that multiply and add."""
TENSORS: tuple[LayerRow, ...] = (
    *(
        LayerRow(
            f"torch.{name}", f"sizes{', macs=0' if name in MULTIPLYING else ''}", shape="sizes", several=True,
            told=True,
            receptive=seen, macs="macs" if name in MULTIPLYING else "", source=f"PyTorch documentation, torch.{name}",
        )
        for seen, names in SEEN.items()
        for name in names
    ),
    *(
        LayerRow(
            f"torch.{name}", "sizes", shape="sizes", several=True, told=True, receptive=seen,
            source=f"einops documentation, einops.{name}",
        )
        for name, seen in {"rearrange": "?", "reduce": "all"}.items()
    ),
    LayerRow("torch.Parameter", "sizes", shape="sizes", several=True, told=True, weights="prod(sizes)",
        weight_arrays="weight(sizes)", receptive="?", source="PyTorch documentation, torch.nn.Parameter"),
    LayerRow("torch.Module", "sizes, held=0", shape="sizes", several=True, told=True, weights="held", receptive="?",
        source="PyTorch documentation, torch.nn.Module"),
    LayerRow("torch.Buffer", "sizes", shape="sizes", several=True, told=True, buffers="prod(sizes)", receptive="?",
        source="PyTorch documentation, torch.nn.Module.register_buffer"),
    LayerRow("torch.Input", "sizes", shape="sizes", several=True, told=True, receptive="?",
        source="another input of the model"),
)  # fmt: skip
