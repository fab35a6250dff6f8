"""PyTorch's functions and the methods of tensors, one row each."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from stepper.read.source import axes, joins, parts, reductions, views
from stepper.read.source.axes import live, sizes_of, text_of
from stepper.read.source.making import arange, filled_with, full, like, linspace, new, new_full, tensor_from
from stepper.read.source.sizes import arithmetic, times
from stepper.read.source.state import State
from stepper.read.source.tensor import NoInput, Tensor
from stepper.read.source.values import Action, Function, Names, Native, Nothing, Partial, Refused, Unknown, Value, fails
from stepper.read.source.weighted import convolved, embedding, linear, normed

ELEMENTWISE: Mapping[str, Callable[..., Value] | None] = {
    "exp": math.exp, "log": math.log, "sqrt": math.sqrt, "abs": abs, "round": round, "floor": math.floor,
    "ceil": math.ceil, "square": lambda x: x * x, "sin": math.sin, "cos": math.cos, "log2": math.log2,
    "log10": math.log10, "neg": lambda x: -x, "trunc": math.trunc,
    **dict.fromkeys((
        "rsqrt", "clamp", "clip", "tan", "sign", "reciprocal", "masked_fill", "roll", "flip", "cumsum", "cumprod",
        "normalize", "triu", "tril", "nan_to_num", "erf", "logical_not", "fill", "rot90", "atan", "expm1", "log1p",
        "sinh", "cosh", "clamp_min", "clamp_max", "threshold", "rrelu", "alpha_dropout", "feature_alpha_dropout",
        "fill_diagonal", "bernoulli", "logit", "frac", "gumbel_softmax", "scatter", "scatter_add", "index_fill",
        "hardswish", "hardsigmoid", "hardshrink", "softshrink", "tanhshrink", "isnan", "isinf", "angle", "real", "imag",
        "dropout1d", "dropout2d", "dropout3d", "local_response_norm", "dist", "argsort", "index_copy", "index_add",
        "zero", "uniform", "normal", "copy", "relu6", "abs_", "sgn", "asin", "acos", "polygamma", "renorm",
    )),
}  # fmt: skip
"""Functions that keep the shape; those of a few known numbers with what they make of one."""
SILENT = (
    "contiguous", "clone", "to", "float", "detach", "double", "half", "long", "int", "bool", "type", "type_as", "cuda",
    "cpu", "requires_grad_", "numpy", "bfloat16", "retain_grad", "as_subclass", "pin_memory", "resolve_conj", "short",
)  # fmt: skip
"""Methods that leave shape and numbers as they are."""
REDUCTIONS = (
    "mean", "sum", "max", "min", "prod", "std", "var", "norm", "argmax", "argmin", "all", "any", "logsumexp", "amax",
    "amin", "median", "nanmean", "nansum", "count_nonzero", "vector_norm",
)  # fmt: skip
BINARY = {
    "add": "+", "sub": "-", "mul": "*", "multiply": "*", "div": "/", "divide": "/", "true_divide": "/", "subtract": "-",
    "pow": "**", "remainder": "%", "floor_divide": "//", "eq": "==", "ne": "!=", "gt": ">", "lt": "<", "ge": ">=",
    "le": "<=", "maximum": "max", "minimum": "min", "fmod": "%", "logical_and": "&", "logical_or": "|",
    "logical_xor": "^",
    "atan2": "atan2", "greater": ">", "less": "<", "bitwise_and": "&", "bitwise_or": "|", "dist": "dist",
}  # fmt: skip


def _kept(name: str, function: Callable[..., Value] | None) -> Callable[..., Value]:
    """A function that keeps the shape."""

    def act(follower: State, x: Value, *arguments: Value, **named: Value) -> Value:
        x = follower.known(x)
        if not isinstance(x, Tensor):
            if isinstance(x, int | float) and function is not None:
                return function(x)
            raise fails("TypeError", f"{name} expects a tensor")
        named = {key: value for key, value in named.items() if key not in ("inplace", "training", "dtype", "out")}
        numbers = None
        if x.numbers is not None and function is not None:
            numbers = [function(item) if isinstance(item, int | float) else Unknown() for item in x.numbers]
        others = [other for other in arguments if isinstance(other, Tensor) and live(other)]
        if x.dims_ is None:
            raise NoInput
        return follower.trace.moved(
            name,
            [x, *others],
            x.dims,
            text_of(name, *arguments, **named),
            numbers=numbers,
        )

    return act


def _same(follower: State, x: Value, *_: Value, **__: Value) -> Value:
    return x


def _kind(kind: str) -> Callable[..., Value]:
    def act(follower: State, x: Tensor) -> Value:
        numbers = x.numbers
        if numbers is not None and kind == "int":
            numbers = [int(item) if isinstance(item, int | float) else item for item in numbers]
        found = Tensor(x.dims_, x.name, x.make, numbers, kind)
        found.held = x.held
        if x.make is not None:
            found.make = lambda: follower.trace.read(x)
        return found

    return act


def signed(sign: str) -> Callable[..., Value]:
    def act(follower: State, left: Value, right: Value = None, *_: Value, **named: Value) -> Value:
        right = named.get("other", right)
        return (
            follower.binary(sign, left, right)
            if sign in ("+", "-", "*", "/", "//", "%", "**", "&", "|", "^")
            else follower.tensors(sign, left, right)
        )

    return act


def _size(follower: State, x: Tensor, dim: Value = None) -> Value:
    return x.dims if dim is None else x.dims[axes.axis(follower, dim, len(x.dims))]


def _item(follower: State, x: Tensor) -> Value:
    return x.numbers[0] if x.numbers is not None and len(x.numbers) == 1 else Unknown("the number in a tensor")


def _tolist(follower: State, x: Tensor) -> Value:
    if x.numbers is None:
        if len(x.dims) == 1 and isinstance(x.dims[0], int):
            follower.room(x.dims[0])
            return [Unknown("a number in a tensor") for _ in range(x.dims[0])]
        raise Refused("the numbers of this tensor are not known")
    return [*x.numbers] if len(x.dims) == 1 else x.numbers[0] if not x.dims else _rows(x.numbers, x.dims)


def _rows(numbers: Sequence[Value], dims: Sequence[Value]) -> Value:
    if len(dims) <= 1:
        return [*numbers]
    step = len(numbers) // int(dims[0]) if dims[0] else 0  # type: ignore[call-overload]  # known numbers have sizes without letters
    return [_rows(numbers[start : start + step], dims[1:]) for start in range(0, len(numbers), step or 1)]


# ---- tensors that are made


def where(follower: State, condition: Value, left: Value = None, right: Value = None) -> Value:
    tensors = [value for value in (condition, left, right) if isinstance(value, Tensor)]
    dims: tuple[Value, ...] = ()
    for tensor in tensors:
        dims = axes.broadcast(dims, tensor.dims)
    return follower.trace.moved("where", tensors, dims, "where")


def diff(follower: State, x: Tensor, *_: Value, **__: Value) -> Tensor:
    size = arithmetic("-", x.dims[-1], 1)
    numbers = None
    if x.numbers is not None and len(x.dims) == 1:
        numbers = [follower.binary("-", high, low) for low, high in zip(x.numbers, x.numbers[1:], strict=False)]
    return follower.trace.moved("diff", [x], (*x.dims[:-1], size), "diff", numbers=numbers)


# ---- functions with the weights of a module


def _checkpoint(follower: State, function: Value, *arguments: Value, **_: Value) -> Value:
    return follower.call(function, list(arguments))


def _packed(follower: State, x: Tensor, *_: Value, **__: Value) -> Value:
    return x


def _unpacked(follower: State, x: Tensor, *_: Value, **__: Value) -> Value:
    return x, Unknown("the lengths of the sequences")


def _guard(follower: State, function: Value = None, *_: Value, **__: Value) -> Value:
    """``@torch.no_grad()``, ``with torch.no_grad():``, ``@torch.jit.ignore``."""
    return function if isinstance(function, Function | Partial) else Nothing("no_grad")


_MOVES: Mapping[str, Action] = {
    "view": views.view, "reshape": views.view, "flatten": views.flatten, "unflatten": views.unflatten,
    "permute": views.permute, "transpose": views.transpose, "swapaxes": views.transpose, "t": views.transpose,
    "movedim": views.movedim, "squeeze": views.squeeze, "unsqueeze": views.unsqueeze, "expand": views.expand,
    "expand_as": views.expand_as, "repeat": views.repeat, "tile": views.repeat,
    "repeat_interleave": views.repeat_interleave,
    "narrow": parts.narrow, "select": parts.select, "index_select": parts.index_select, "gather": parts.gather,
    "chunk": parts.chunk, "split": parts.split, "split_with_sizes": parts.split, "tensor_split": parts.chunk,
    "unbind": parts.unbind, "matmul": joins.matmul, "bmm": joins.matmul, "mm": joins.matmul, "mv": joins.matmul,
    "dot": joins.matmul, "outer": joins.outer, "topk": reductions.topk, "sort": reductions.sort,
    "diagonal": reductions.diagonal,
    "size": _size, "item": _item, "tolist": _tolist, "diff": diff,
    "dim": lambda follower, x: len(x.dims), "ndimension": lambda follower, x: len(x.dims),
    "numel": lambda follower, x: times(x.dims), "nelement": lambda follower, x: times(x.dims),
    "view_as": lambda follower, x, other: views.view(follower, x, *other.dims),
    "reshape_as": lambda follower, x, other: views.view(follower, x, *other.dims),
    "backward": lambda follower, *_, **__: None, "is_contiguous": lambda follower, x: True,
    "is_floating_point": lambda follower, x: x.kind == "float",
    "float": _kind("float"), "int": _kind("int"), "long": _kind("int"), "bool": _kind("bool"),
}  # fmt: skip
TENSORS: Names = {
    **{name: Native(name, _kept(name, function)) for name, function in ELEMENTWISE.items()},
    **{name: Native(name, reductions.reduced(name)) for name in REDUCTIONS},
    **{name: Native(name, signed(sign)) for name, sign in BINARY.items()},
    **{
        name: Native(name, act)
        for name, act in _MOVES.items()
    },
}  # fmt: skip
"""What is both a function of torch and a method of tensors."""
METHODS: Names = {
    **{name: Native(name, _same) for name in SILENT}, **TENSORS, "unfold": Native("unfold", parts.unfold),
    **{name: Native(name, new) for name in ("new", "new_zeros", "new_ones", "new_empty")},
    "new_full": Native("new_full", new_full), "new_tensor": Native("new_tensor", lambda follower, x, data,
    **_: tensor_from(follower, data)),
}  # fmt: skip
_MADE: Mapping[str, Action] = {
    "cat": joins.concat, "concat": joins.concat, "concatenate": joins.concat, "stack": joins.stack,
    "einsum": joins.einsum, "meshgrid": reductions.meshgrid, "where": where,
    "zeros": filled_with(0.0), "ones": filled_with(1.0), "empty": filled_with(), "rand": filled_with(),
    "randn": filled_with(), "full": full,
    "zeros_like": like, "ones_like": like, "randn_like": like, "rand_like": like, "empty_like": like,
    "full_like": like, "arange": arange, "linspace": linspace, "tensor": tensor_from, "as_tensor": tensor_from,
    "from_numpy": tensor_from, "FloatTensor": tensor_from, "LongTensor": tensor_from, "IntTensor": tensor_from,
    "eye": lambda follower, rows, columns=None, **_: Tensor((rows, rows if columns is None else columns)),
    "randint": lambda follower, *told, size=None, **_: Tensor(sizes_of(follower,
    [size if size is not None else told[-1]]), kind="int"),
    "randperm": lambda follower, count, **_: Tensor((count,), kind="int"),
    "normal": lambda follower, *told, size=None, **_: Tensor(sizes_of(follower,
    [size]) if size is not None else told[0].dims),
    "is_tensor": lambda follower, value: isinstance(value, Tensor), "numel": lambda follower, x: times(x.dims),
    "is_grad_enabled": lambda follower: False, "no_grad": _guard, "inference_mode": _guard,
    "enable_grad": _guard,
    "set_grad_enabled": _guard, "autocast": lambda follower, *_, **__: Nothing("autocast"),
    "device": lambda follower, *_: Nothing("device"), "manual_seed": lambda follower, *_: None,
    "compile": lambda follower, model, *_, **__: model,
    "set_default_dtype": lambda follower, *_: None, "dot": joins.matmul,
    "baddbmm": lambda follower, x, left, right, **_: follower.binary("+", x, joins.matmul(follower, left,
    right)),
    "addmm": lambda follower, x, left, right, **_: follower.binary("+", x, joins.matmul(follower, left, right)),
}  # fmt: skip
TORCH: Names = {
    **TENSORS,
    **{
        name: Native(name, act)
        for name, act in _MADE.items()
    },
    **{f"cuda.{name}": Native(name, lambda follower, *_: False) for name in ("is_available",)},
    "backends.mps.is_available": Native("is_available", lambda follower: False),
    "cuda.device_count": Native("device_count", lambda follower: 0),
    **{f"jit.{name}": Native(name, lambda follower, *_: False) for name in ("is_scripting", "is_tracing")},
    **{f"jit.{name}": Native(name, _guard) for name in ("unused", "ignore", "export", "script", "script_if_tracing")},
    "jit.annotate": Native("annotate", lambda follower, kind, value: value), "jit.Final": Nothing("jit.Final"),
    "fx.wrap": Native("wrap", lambda follower, *_: None), "_assert": Native("_assert", lambda follower, *_: None),
    "_C._log_api_usage_once": Native("_log", lambda follower, *_: None),
    "hub.load_state_dict_from_url": Native("load", lambda follower, *_, **__: Nothing("weights")),
    "load": Native("load", lambda follower, *_, **__: Nothing("weights")), "save": Native("save", lambda follower, *_,
    **__: None),
    "utils.checkpoint.checkpoint": Native("checkpoint", _checkpoint), "inf": math.inf, "pi": math.pi,
    "utils.checkpoint.checkpoint_sequential": Native("checkpoint", lambda follower, layers, _, value,
    **__: follower.call(layers, [value])),
    "nn.utils.rnn.pack_padded_sequence": Native("pack", _packed), "nn.utils.rnn.pad_packed_sequence": Native("unpack",
    _unpacked),
    "nn.utils.rnn.pack_sequence": Native("pack", joins.stack),
    **{f"nn.utils.{name}": Native(name, lambda follower, module, *_, **__: module) for name in ("weight_norm",
    "spectral_norm", "parametrizations.weight_norm", "parametrizations.spectral_norm", "parametrizations.orthogonal",
    "parametrize.register_parametrization")},
    **{f"linalg.{name}": Native(name, reductions.reduced("norm")) for name in ("norm", "vector_norm")},
    "multinomial": Native("multinomial", lambda follower, x, count, *_, **__: Tensor((*x.dims[:-1], count),
    kind="int")),
    "nn.functional.linear": Native("linear", linear), "nn.functional.embedding": Native("embedding", embedding),
    **{f"nn.functional.{name}": Native(name, normed(name)) for name in ("layer_norm", "batch_norm", "group_norm",
    "instance_norm", "rms_norm")},
    **{f"nn.functional.conv{axes}d": Native(f"conv{axes}d", convolved(f"Conv{axes}d")) for axes in (1, 2, 3)},
    "nn.functional.pad": Native("pad", reductions.pad), "nn.functional.one_hot": Native("one_hot", reductions.one_hot),
    "nn.functional.scaled_dot_product_attention": Native("attention", joins.attention),
    "nn.functional.normalize": TENSORS["normalize"],
}  # fmt: skip
"""What stands behind ``torch.``."""
NUMPY: Names = {
    f"numpy.{name}": TORCH[name]
    for name in ("linspace", "arange", "zeros", "ones", "sqrt", "log", "log2", "exp", "ceil", "floor", "round",
    "mean", "sum", "abs", "prod", "concatenate", "sin", "cos", "stack", "where", "full", "square", "eye", "log10")
} | {"numpy.array": TORCH["tensor"], "numpy.asarray": TORCH["tensor"], "numpy.pi": math.pi, "numpy.inf": math.inf,
     "numpy.power": TORCH["pow"]}  # fmt: skip
