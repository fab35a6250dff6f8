"""A derivation as a teacher writes it: one quantity, and line under line what it equals."""

from __future__ import annotations

from msgspec import Struct

from stepper.core.expr import Expr
from stepper.core.prose import Prose


class Line(Struct, frozen=True):
    """One side of the chain.

    Attributes:
        expr: the formula.
        rules: the rows that made it of the line before.
        note: what is said beside it.
        relation: how it stands to the line before.
    """

    expr: Expr
    rules: tuple[str, ...] = ()
    note: Prose = ()
    relation: str = "="


class Derived(Struct, frozen=True):
    """``left = lines[0] = lines[1] = …``."""

    left: Expr
    lines: tuple[Line, ...]
