"""Laws of shapes of functions along axes: sums and means, the largest, padding."""

from __future__ import annotations

from typing import Any

from stepper.read.source.arguments import written
from stepper.read.source.axes import axis, live, size_of, sizes_of, sizes_or, tensor_of, text_of
from stepper.read.source.sizes import BATCH, arithmetic
from stepper.read.source.state import State
from stepper.read.source.tensor import Tensor
from stepper.read.source.values import Refused, Value


def reduced(name: str) -> Any:
    """A function that leaves axes out, or keeps them with size 1."""

    def act(follower: State, x: Tensor, dim: Value = None, keepdim: Value = False, **named: Value) -> Value:
        x = tensor_of(follower, x)
        dim, keep = named.get("axis", dim), follower.truth(named.get("keepdims", keepdim))
        if isinstance(dim, Tensor) and name in ("max", "min"):
            return follower.tensors(name, x, dim)
        if dim is None or isinstance(dim, bool):
            places = set(range(len(x.dims)))
        else:
            told = follower.known(dim)
            places = {
                axis(follower, part, len(x.dims)) for part in (told if isinstance(told, list | tuple) else [told])
            }
        dims = tuple(1 if place in places else size for place, size in enumerate(x.dims) if keep or place not in places)
        text = text_of(name, *(() if dim is None else (dim,)), **({"keepdim": True} if keep else {}))
        numbers = follower.reduced_numbers(name, x.numbers) if not dims and x.numbers is not None else None
        spatial = name == "mean" and len(x.dims) > 2 and x.dims[0] == BATCH and places == set(range(2, len(x.dims)))
        if spatial and keep and live(x):
            return follower.apply("GlobalAvgPool", "", [x], text)
        found = follower.trace.moved(name, [x], dims, text, numbers=numbers)
        if name in ("max", "min", "median", "mode", "kthvalue", "cummax") and dim is not None:
            index = follower.trace.moved(name, [x], dims, text)
            index.kind = "int"
            return follower.pair(found, index)
        return found

    return act


def topk(follower: State, x: Tensor, k: Value, dim: Value = -1, *_: Value, **__: Value) -> Value:
    """The largest along an axis."""
    place = axis(follower, dim, len(x.dims))
    dims = (*x.dims[:place], size_of(follower, k), *x.dims[place + 1 :])
    return follower.pair(*(follower.trace.moved("topk", [x], dims, text_of("topk", k, dim)) for _ in range(2)))


def sort(follower: State, x: Tensor, *_: Value, **__: Value) -> Value:
    return follower.pair(*(follower.trace.moved("sort", [x], x.dims, "sort") for _ in range(2)))


def pad(follower: State, x: Tensor, pad: Value, mode: str = "constant", value: Value = None) -> Tensor:
    """Sizes added before and after, the last axis first."""
    sides = sizes_of(follower, [pad])
    count = len(sides) // 2
    if all(side == 0 for side in sides):
        return x
    kinds = {"constant": "Constant", "reflect": "Reflection", "replicate": "Replication", "circular": "Circular"}
    if live(x) and len(x.dims) == count + 2 and x.dims[0] == BATCH and count <= 3 and mode in kinds:
        return follower.apply(
            f"{kinds[mode]}Pad{count}d", written([tuple(sides)], {}), [x], text_of("pad", tuple(sides))
        )
    dims = list(x.dims)
    for place in range(count):
        both = arithmetic("+", sides[2 * place], sides[2 * place + 1])
        dims[-1 - place] = arithmetic("+", dims[-1 - place], both)
    return follower.trace.moved("pad", [x], tuple(dims), text_of("pad", tuple(sides)))


def one_hot(follower: State, x: Tensor, num_classes: Value = -1) -> Tensor:
    if num_classes == -1:
        raise Refused("one_hot without num_classes depends on the numbers of a tensor")
    return follower.trace.moved(
        "one_hot", [x], (*x.dims, size_of(follower, num_classes)), text_of("one_hot", num_classes)
    )


def diagonal(follower: State, x: Tensor, *_: Value, **__: Value) -> Tensor:
    known = [size for size in x.dims[-2:] if isinstance(size, int)]
    if len(known) < len(x.dims[-2:]):
        raise Refused("the diagonal of a size with letters is not followed")
    return follower.trace.moved("diagonal", [x], (*x.dims[:-2], min(known)), "diagonal")


def meshgrid(follower: State, *tensors: Value, **_: Value) -> Value:
    found = [tensor_of(follower, tensor) for tensor in sizes_or(follower, tensors)]
    dims = tuple(tensor.dims[0] if tensor.dims else 1 for tensor in found)
    return tuple(Tensor(dims) for _ in found)
