"""A formula changed in one place: what was there, and what comes in its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from msgspec import Struct

from stepper.core.expr import Expr, Num, children, rebuild

TWO = Num("2")
Put: TypeAlias = Callable[[Expr], Expr]


class Change(Struct, frozen=True):
    """A line's formula changed in one place: the part that was there, and what stands in its place."""

    formula: Expr
    part: Expr | None = None
    other: Expr | None = None


def parts(expr: Expr) -> Iterator[tuple[Expr, Put]]:
    """Every part of a formula, with what puts another in its place."""
    yield expr, lambda new: new
    for place, inner in enumerate(children(expr)):
        for part, put in parts(inner):
            yield part, _within(expr, place, put)


def _within(expr: Expr, place: int, put: Put) -> Put:
    def outer(new: Expr) -> Expr:
        inner = list(children(expr))
        inner[place] = put(new)
        return rebuild(expr, inner)

    return outer
