"""Tensors that a source makes itself: of sizes, of a few known numbers."""

from __future__ import annotations

import math
from collections.abc import Callable

from stepper.read.source.axes import size_of, sizes_of
from stepper.read.source.sizes import arithmetic, times, whole
from stepper.read.source.state import State
from stepper.read.source.tensor import MOST_NUMBERS, Tensor
from stepper.read.source.values import Unknown, Value


def filled_with(fill: Value = None) -> Callable[..., Value]:
    def act(follower: State, *sizes: Value, **named: Value) -> Tensor:
        told = named.get("size", named.get("shape", sizes))
        dims = sizes_of(follower, told if isinstance(told, tuple) else (told,)) if told else ()
        count = times(dims)
        numbers: list[Value] | None = None
        if fill is not None and isinstance(count, int) and count <= MOST_NUMBERS:
            numbers = [fill] * count
        return Tensor(dims, numbers=numbers)

    return act


def full(follower: State, size: Value, fill_value: Value, **_: Value) -> Tensor:
    return Tensor(sizes_of(follower, [size]))


def like(follower: State, x: Tensor, *_: Value, **__: Value) -> Tensor:
    return Tensor(x.dims)


def new(follower: State, x: Tensor, *sizes: Value, **_: Value) -> Tensor:
    return Tensor(sizes_of(follower, sizes))


def new_full(follower: State, x: Tensor, size: Value, fill: Value, **_: Value) -> Tensor:
    return Tensor(sizes_of(follower, [size]))


def arange(follower: State, *ends: Value, **named: Value) -> Tensor:
    """From start to end in steps; known numbers where they are few."""
    told = [
        size_of(follower, follower.known(end)) if not isinstance(follower.known(end), float) else follower.known(end)
        for end in ends
    ]
    start, end, step = ([0, *told, 1] if len(told) == 1 else [*told, 1])[:3]
    start, end, step = named.get("start", start), named.get("end", end), named.get("step", step)
    if isinstance(start, int | float) and isinstance(end, int | float) and isinstance(step, int | float):
        count = max(0, math.ceil((end - start) / step))
        numbers: list[Value] | None = None
        if count <= MOST_NUMBERS:
            numbers = [start + place * step for place in range(count)]
        return Tensor((count,), numbers=numbers, kind="int")
    length = arithmetic("-", end, start)
    return Tensor(
        (length if step == 1 else arithmetic("//", arithmetic("+", length, arithmetic("-", step, 1)), step),),
        kind="int",
    )


def linspace(follower: State, start: Value, end: Value, steps: Value = 50, *_: Value, **named: Value) -> Tensor:
    count = whole(named.get("num", steps), follower.say)
    follower.room(count)
    if not isinstance(start, int | float) or not isinstance(end, int | float):
        return Tensor((count,))
    gap = (end - start) / max(count - 1, 1)
    return Tensor((count,), numbers=[start + place * gap for place in range(count)])


def tensor_from(follower: State, data: Value = None, *rest: Value, **named: Value) -> Tensor:
    """``torch.tensor([1, 2])``; ``torch.Tensor(2, 3)`` has sizes."""
    data = follower.known(named.get("data", data))
    if isinstance(data, Tensor):
        return data
    if rest and isinstance(data, int):
        return Tensor(sizes_of(follower, [data, *rest]))
    dims, flat = shape_of(follower, data)
    kind = "int" if flat and all(isinstance(item, int) for item in flat) else "float"
    return Tensor(dims, numbers=flat if len(flat) <= MOST_NUMBERS else None, kind=kind)


def shape_of(follower: State, data: Value) -> tuple[tuple[Value, ...], list[Value]]:
    data = follower.known(data)
    if isinstance(data, Tensor):
        return data.dims, data.numbers or [Unknown()]
    follower.step()
    if not isinstance(data, list | tuple):
        return (), [data]
    follower.room(len(data))
    inner = [shape_of(follower, item) for item in data]
    return (len(data), *(inner[0][0] if inner else ())), [item for _, flat in inner for item in flat]
