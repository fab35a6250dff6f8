"""Sizes and axes as arguments of functions, and what two shapes are together."""

from __future__ import annotations

from collections.abc import Sequence

from stepper.read.source.arguments import written
from stepper.read.source.sizes import BATCH, arithmetic, is_letter, same, shown, whole
from stepper.read.source.state import State
from stepper.read.source.tensor import Tensor
from stepper.read.source.values import Refused, Unknown, Value, fails

Dims = tuple[Value, ...]


def sizes_of(follower: State, sizes: Sequence[Value]) -> Dims:
    """Sizes as they are handed on, one by one or as one list."""
    known = [follower.known(size) for size in sizes]
    if len(known) == 1 and isinstance(known[0], list | tuple):
        known = [follower.known(size) for size in known[0]]
    return tuple(size_of(follower, size) for size in known)


def size_of(follower: State, size: Value) -> Value:
    """One size."""
    if isinstance(size, Tensor) and size.numbers is not None and len(size.numbers) == 1:
        size = size.numbers[0]
    if isinstance(size, float) and size.is_integer():
        size = int(size)
    if isinstance(size, int) or is_letter(size):
        return int(size) if isinstance(size, int) else size
    if isinstance(size, Unknown):
        raise Refused(f"a size is {size.what}")
    raise Refused("a size must be an integer")


def axis(follower: State, number: Value, rank: int) -> int:
    """An axis, counted from 0."""
    place = whole(number, follower.say)
    if not -rank <= place < max(rank, 1):
        raise fails("IndexError", f"there is no axis {place} among {rank}")
    return place % rank if rank else 0


def text_of(name: str, *arguments: Value, **named: Value) -> str:
    return f"{name}({written(arguments, named)})"


def broadcast(left: Dims, right: Dims) -> Dims:
    """The sizes of two tensors together, sizes of 1 repeated.

    Raises:
        Refused: where they do not fit together.
    """
    rank = max(len(left), len(right))
    found: list[Value] = []
    for one, other in zip((1,) * (rank - len(left)) + left, (1,) * (rank - len(right)) + right, strict=True):
        if one == 1:
            found.append(other)
        elif other == 1 or same(one, other):
            found.append(one)
        elif isinstance(one, int) and isinstance(other, int):
            raise Refused(f"the shapes {shown(left)} and {shown(right)} do not fit together")
        else:
            found.append(other if is_letter(one) and one != BATCH else one)
    return tuple(found)


def live(x: Tensor) -> bool:
    """Does a tensor come from the input, or from what is learned?"""
    return bool(x.name) or x.make is not None


def total(sizes: Sequence[Value]) -> Value:
    found: Value = 0
    for size in sizes:
        found = arithmetic("+", found, size)
    return found


def tensor_of(follower: State, value: Value) -> Tensor:
    value = follower.known(value)
    if isinstance(value, Tensor):
        return value
    raise fails("TypeError", "a tensor is expected here")


def sizes_or(follower: State, tensors: Sequence[Value]) -> Sequence[Value]:
    return follower.items(tensors[0]) if len(tensors) == 1 and isinstance(tensors[0], list | tuple) else tensors
