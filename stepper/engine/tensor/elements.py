"""Entries and rows of arrays in formulas."""

from __future__ import annotations

from collections.abc import Sequence

from stepper.core.arrays import Shape
from stepper.core.expr import Array, Expr, Index, Num
from stepper.core.formula import name_of
from stepper.core.traverse import transform
from stepper.engine.values.rule import ELEMENT


def entry_of(array: Expr, place: int) -> Expr:
    """An entry or a row of an array, or of a row of one."""
    of, before = (array.base, array.indices) if isinstance(array, Index) else (array, ())
    return Index(of, (*before, Num(str(place))))


def base(name: Expr) -> str:
    """The quantity of which it is an entry or a row, or that it is itself."""
    return name_of(name.base if isinstance(name, Index) else name)


def of_all(form: Expr) -> Expr:
    """The slope for element j as that for all of them: whole lists stand in place of their elements j."""

    def change(part: Expr) -> Expr | None:
        return of_all(part.base) if isinstance(part, Index) and part.indices == (ELEMENT,) else None

    return transform(form, change)


def nested(entries: Sequence[Expr], shape: Shape) -> Expr:
    """Entries row after row as lists in lists."""
    if not shape:
        return entries[0]
    step = len(entries) // shape[0]
    return Array(tuple(nested(entries[place * step : (place + 1) * step], shape[1:]) for place in range(shape[0])))
