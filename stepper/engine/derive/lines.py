"""The lines of a derivation, before they are set."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from stepper.core.derivation_parser import Statement
from stepper.core.expr import Expr
from stepper.core.prose import Prose
from stepper.core.steps import Relation


class Line(Struct, frozen=True):
    """One more line: a formula, and the names of the rules by which it follows from the line before."""

    expr: Expr
    rules: tuple[str, ...] = ()
    note: Prose = ()
    relation: Relation = "="


class Derived(Struct, frozen=True):
    """``left = lines[0] = lines[1] = ...``."""

    left: Expr
    lines: tuple[Line, ...]

    @property
    def result(self) -> Expr:
        """What stands last."""
        return self.lines[-1].expr if self.lines else self.left


class Part(Struct, frozen=True):
    """Lines under a title. ``cases``: each line is for a case of its own, and does not follow from the one before."""

    title: Prose
    derived: Derived
    cases: bool = False
    note: Prose = ()
    kind: str = "lines"
    equations: tuple[tuple[Expr, Expr, Prose], ...] = ()
    """Equations that follow from the one above each: left side, right side, what was done."""
    shapes: Mapping[str, tuple[Expr, ...]] = field(default_factory=dict)
    """Of names that the lines have as whole arrays."""
    where: Statement | None = None
    """What is assumed of the lines besides what is given."""
    moving: Expr | None = None
    """What differentials in the lines are by."""
    names: Mapping[str, Expr] = field(default_factory=dict)
    """What names in the lines stand for."""
