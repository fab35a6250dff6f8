"""Formulas of arrays in the terms of a board: what broadcasts, sums or selects as ones, unit vectors and sums."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from stepper.core.expr import Call, Expr, Num, Sym
from stepper.core.formula import number_of
from stepper.core.parser import parse
from stepper.core.traverse import substitute, transform
from stepper.engine.tensor.calls import bind, of_arrays, setting
from stepper.engine.tensor.shapes import Shapes
from stepper.engine.tensor.sizes import Size, Sizes, literal
from stepper.engine.tensor.tidy import lean, told_apart
from stepper.tables.array import ArrayFunction
from stepper.tables.arrays import BY_ARRAY_NAME

_ARRAY, _SETTING = re.compile(r"(\w+)\(([^)]*)\)"), re.compile(r"(\w+)=(\d+)")
_NUMBER = re.compile(r"(\w+)=number")


def as_written(formula: Expr, shape: Shapes) -> Expr:
    """A formula that was worked out as a person writes it."""
    return told_apart(lean(worded(lean(formula, shape), shape), shape), shape)


def worded(expr: Expr, shape: Callable[[Expr], Sizes]) -> Expr:
    """The same formula with each function that a row writes otherwise, ``written``, as it is written."""

    def change(part: Expr) -> Expr | None:
        if not isinstance(part, Call) or not of_arrays(part):
            return None
        row = BY_ARRAY_NAME[part.name]
        found = _written(row, part, shape)
        if found is None:
            arguments = tuple(transform(argument, change) for argument in part.arguments)
            return Call(part.name, _from_the_first(row, arguments, shape))
        formula, bindings = found
        return substitute(formula, {name: transform(argument, change) for name, argument in bindings.items()})

    return transform(expr, change)


def _from_the_first(
    row: ArrayFunction, arguments: tuple[Expr, ...], shape: Callable[[Expr], Sizes]
) -> tuple[Expr, ...]:
    """The same with an axis that counts from the last as one that counts from the first."""
    signature = row.signature()
    most = max(
        (len(shape(part)) for (_, _, kind), part in zip(signature, arguments, strict=False) if kind == "array"),
        default=0,
    )
    return tuple(
        Num(str(number + most + 1))
        if name == "axis" and default >= "0" and isinstance(number := setting(argument, row, name), int) and number < 0
        else argument
        for (name, default, _), argument in zip(signature, arguments, strict=False)
    )


def _written(row: ArrayFunction, call: Call, shape: Callable[[Expr], Sizes]) -> tuple[Expr, dict[Expr, Expr]] | None:
    """The formula that stands for a call, and what its names stand for; None where the row has none for these sizes."""
    bound = bind(row, call.arguments)
    sizes = {name: shape(bound[Sym(name)]) for name, _, kind in row.signature() if kind == "array"}
    most = max(map(len, sizes.values()), default=0)
    settings = {name: setting(bound[Sym(name)], row, name) for name, _, kind in row.signature() if kind == "setting"}
    if isinstance(axis := settings.get("axis"), int) and axis < 0:
        settings["axis"] = axis + most + 1
    for condition, formula in row.written:
        if any(number_of(bound[Sym(name)]) is None for name in _NUMBER.findall(condition)):
            continue
        letters = _fitted(condition, sizes, settings)
        if letters is not None:
            numbers: dict[Expr, Expr] = {Sym(name): literal(size) for name, size in letters.items()}
            return parse(formula), {**bound, **numbers}
    return None


def _fitted(condition: str, sizes: Mapping[str, Sizes], settings: Mapping[str, object]) -> dict[str, Size] | None:
    """The sizes that the letters of a condition stand for; None where it does not hold."""
    arrays, wanted = _parsed(condition)
    if any(settings[name] != number for name, number in wanted):
        return None
    letters: dict[str, Size] = {}
    for name, marks in arrays:
        if len(marks) != len(sizes[name]):
            return None
        for mark, size in zip(marks, sizes[name], strict=True):
            if letters.setdefault(mark, int(mark) if mark.isdigit() else size) != size:
                return None
    return letters


@lru_cache
def _parsed(condition: str) -> tuple[list[tuple[str, list[str]]], list[tuple[str, int]]]:
    arrays = [(name, re.findall(r"\w+", inside)) for name, inside in _ARRAY.findall(condition)]
    return arrays, [(name, int(number)) for name, number in _SETTING.findall(condition)]
