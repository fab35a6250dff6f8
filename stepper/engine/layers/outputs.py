"""Shapes on the way through a layer: what its inputs are together, and what comes out, by the columns of its row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from stepper.core.expr import Array, Call, Expr, Num, Sym
from stepper.core.formula import text
from stepper.core.network import Shape
from stepper.engine.layers.cell import Cell, cell
from stepper.engine.layers.fitting import Mismatch, all_shapes, broadcast, shown_shape
from stepper.engine.layers.settings import ZERO, filled
from stepper.engine.layers.sizes import formula, integer, number, product, settle, total
from stepper.tables.layer import LayerRow as Row


def joined(row: Row, settings: Mapping[str, Expr], inputs: Sequence[Shape]) -> Shape:
    """The shape that a layer of several inputs works on: of their sum, of their stack, or of the first alone.

    Raises:
        Mismatch: where they do not fit together.
    """
    if row.stacks:
        return _stacked(row, settings, inputs)
    if row.separate:
        if len({shape[:-1] for shape in inputs}) > 1:
            raise Mismatch(f"its inputs may differ in the last axis only, and are {all_shapes(inputs)}")
        return inputs[0]
    together = broadcast(inputs)
    if together is None:
        raise Mismatch(f"the shapes {all_shapes(inputs)} do not fit together")
    return together


def _stacked(row: Row, settings: Mapping[str, Expr], inputs: Sequence[Shape]) -> Shape:
    """Several inputs one after the other along an axis."""
    first = inputs[0]
    env: dict[Expr, Expr] = {
        Sym("rank"): Num(str(len(first))),
        **{Sym(name): value for name, value in settings.items()},
    }
    axis = integer(settle(formula(row.stacks), env))
    if axis is None or not 0 <= axis < len(first):
        raise Mismatch(
            f"there is no such axis in {shown_shape(first)}", "axes count the batch: the channels are axis 1"
        )
    if len({(*shape[:axis], *shape[axis + 1 :]) for shape in inputs}) > 1:
        raise Mismatch(
            f"the shapes {all_shapes(inputs)} cannot be stacked: they differ in another axis than {axis + 1}"
        )
    return (*first[:axis], total([shape[axis] for shape in inputs]), *first[axis + 1 :])


class Output(Struct, frozen=True):
    """What comes out, with the number of its channels where a formula gives it, and the sizes that were merged into
    one.
    """

    shape: Shape
    channels: Cell | None = None
    merged: Shape = ()


def output_of(row: Row, env: Mapping[Expr, Expr], shape: Shape, sizes: Sequence[Cell]) -> Output:
    """What comes out: channels and sizes, then axes merged, set, added or split.

    Raises:
        Mismatch: where an axis that a setting names is not there.
    """
    channels = cell(row.channels, env) if row.channels else None
    found: Shape = (channels.value if channels else shape[0], *((size.value for size in sizes) if sizes else shape[1:]))
    merged: Shape = ()
    if row.merge is not None:
        start, end = (_axis(settle(formula(word), env), found) for word in row.merge)
        merged = found[start : end + 1]
        found = (*found[:start], product(merged), *found[end + 1 :])
    if row.along is not None:
        place = _axis(env[Sym(row.along[0])], found)
        after = settle(formula(row.along[1]), env)
        found = (*found[:place], after, *found[place + 1 :])
    if row.last:
        found = (*found[:-1], settle(formula(row.last), env))
    if row.append:
        found = (*found, settle(formula(row.append), env))
    if row.split is not None:
        axis, into = (env[Sym(name)] for name in row.split)
        place = _axis(axis, found)
        parts = filled(into, found[place])
        if product(parts) != found[place] or _broken(parts):
            raise Mismatch(f"{shown_shape(parts)} are not the {text(found[place])} of axis {text(axis)}")
        found = (*found[:place], *parts, *found[place + 1 :])
    if row.shape:
        target = env[Sym(row.shape)]
        found = target.items if isinstance(target, Array) else (target,)
        if _broken(found):
            raise Mismatch(f"{shown_shape(found)} are not the {text(product(shape))} numbers of the input")
    return Output(found, channels, merged)


def arrays_of(row: Row, env: Mapping[Expr, Expr], weights: Expr, biases: Expr) -> dict[str, Shape]:
    """The shapes of a layer's weights and biases, where it has any."""
    wanted = [row.weight_arrays if weights != ZERO else "", row.bias_arrays if biases != ZERO else ""]
    calls = [formula(written) for part in wanted for written in part.split(";") if written]
    return {
        call.name: tuple(size for axis in call.arguments for size in _sizes(axis, env))
        for call in calls
        if isinstance(call, Call)
    }


def _sizes(axis: Expr, env: Mapping[Expr, Expr]) -> tuple[Expr, ...]:
    value = env.get(axis)
    return value.items if isinstance(value, Array) else (settle(axis, env),)


def _broken(sizes: Shape) -> bool:
    """Is one of the sizes no integer from 1 on?"""
    numbers = [number(size) for size in sizes]
    return any(size is not None and (size.denominator != 1 or size < 1) for size in numbers)


def axis_size(axis: Expr, shape: Shape) -> Expr:
    """The size before of the axis that a row works along."""
    return shape[_axis(axis, shape)]


def _axis(axis: Expr, shape: Shape) -> int:
    """An axis, counted with the batch as axis 0 or from the end, as a place in a shape without the batch."""
    number = integer(axis)
    place = None if number is None else number - 1 if number > 0 else len(shape) + number if number < 0 else 0
    if place is None or not 0 <= place < len(shape):
        raise Mismatch(
            f"there is no axis {text(axis)} in {shown_shape(shape)}", "the batch is axis 0, the channels are axis 1"
        )
    return place
