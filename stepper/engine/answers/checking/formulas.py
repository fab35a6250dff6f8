"""Formulas that were written and are wrong: the mistakes that give them, and the smallest change that mends them."""

from __future__ import annotations

from stepper.core.expr import Expr
from stepper.engine.answers.checking.subject import Subject
from stepper.engine.answers.finding.brackets import readings, unmatched
from stepper.engine.answers.finding.explanation import Outcome
from stepper.engine.answers.finding.formulas import Points
from stepper.engine.edits.edits import Edited


class Formulas:
    """What is asked about the formulas of one page; numbers at which they are compared are made once."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self._points: dict[tuple[int, int], Points] = {}

    def same(self, key: Expr, formula: Expr) -> bool | None:
        """Is a formula equal to that of a quantity, whatever the numbers are? None where that cannot be told."""
        points = self.points(key, formula)
        return None if points is None else points.same(self.subject.name(key), formula)

    def explained(self, key: Expr, formula: Expr) -> tuple[Outcome | None, Edited | None]:
        """The mistakes that give a wrong formula, and the change that mends it."""
        points, name = self.points(key, formula), self.subject.name(key)
        same = None if points is None else points.same(name, formula)
        if points is None or same:
            return None, None
        outcome = None if same is None else points.explained(name, formula, self.subject.rows)
        return outcome, points.mended(name, formula)

    def repaired(self, key: Expr, written: str) -> Edited | None:
        """The right formula that is meant where brackets do not match."""
        if not unmatched(written):
            return None
        name = self.subject.name(key)
        points = self.points(key, key)
        if points is None:
            return None
        kinds = [kind for kind, sign in ((True, "/d"), (False, "∂")) if sign in written]
        for edited in readings(written, points.material(name, key, kinds).names):
            if points.same(name, edited.change.formula):
                return edited
        return None

    def points(self, key: Expr, formula: Expr) -> Points | None:
        calculation = self.subject.calculation(key)
        if calculation is None or self.subject.name(key) not in calculation.lines:
            return None
        fixed = self.subject.fixed(formula)
        place = id(calculation), len(fixed)
        if place not in self._points:
            self._points[place] = Points(calculation, fixed)
        return self._points[place]
