"""A number of a layer with how it came about: the row's formula, the numbers put in, the value."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from stepper.core.expr import COMPARE, Expr, Where
from stepper.core.traverse import substitute
from stepper.engine.layers.sizes import formula, integer, settle


class Cell(Struct, frozen=True):
    """A number and how it came about: the formula with its numbers put in, and the value."""

    formula: Expr
    line: Expr
    value: Expr


def cell(written: str, env: Mapping[Expr, Expr]) -> Cell:
    """A row's formula with the settings of a layer put in; of a case distinction the case that holds."""
    case = chosen(formula(written), env)
    line = substitute(case, env)
    return Cell(case, line, settle(line, {}))


def chosen(written: Expr, env: Mapping[Expr, Expr]) -> Expr:
    """The case of a definition that holds."""
    while isinstance(written, Where):
        left, right = (settle(side, env) for side in (written.left, written.right))
        low, high = (0, 0) if left == right else (integer(left), integer(right))
        if low is None or high is None:
            return written
        written = written.then if COMPARE[written.operator](low, high) else written.otherwise
    return written
