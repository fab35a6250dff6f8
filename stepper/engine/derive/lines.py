"""The lines of a derivation, before they are set."""

from __future__ import annotations

from msgspec import Struct

from stepper.core.expr import Expr
from stepper.core.prose import Prose


class Line(Struct, frozen=True):
    """One more line: a formula, and the names of the rules by which it follows from the line before."""

    expr: Expr
    rules: tuple[str, ...] = ()
    note: Prose = ()
    relation: str = "="


class Derived(Struct, frozen=True):
    """``left = lines[0] = lines[1] = ...``."""

    left: Expr
    lines: tuple[Line, ...]
