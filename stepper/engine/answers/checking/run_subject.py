"""An algorithm to be checked: the lines are its assignments, entry after entry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from stepper.core.algorithm import Run
from stepper.core.exam import Case
from stepper.core.expr import Expr, Number
from stepper.core.formula import text
from stepper.core.prose import Prose
from stepper.core.steps import Equation
from stepper.core.traverse import names
from stepper.engine.algorithms.lines import Lines
from stepper.engine.answers.checking.subject import MOST_LINES, Alternative, Plain, number_given
from stepper.engine.answers.finding.explanation import Given
from stepper.engine.answers.finding.line import Line
from stepper.engine.answers.finding.lines import Calculation
from stepper.engine.answers.runs import RunAnswers
from stepper.engine.values.judging import Finding
from stepper.engine.values.quantities import Settings
from stepper.engine.values.vocabulary import PLAIN
from stepper.tables.mistake import Mistake
from stepper.tables.mistakes_in_algorithms import RUN_MISTAKES


class RunSubject(Plain):
    """A run of an algorithm."""

    rows: Sequence[Mistake] = RUN_MISTAKES
    rounds = True

    def __init__(self, run: Run, options: Mapping[str, str]) -> None:
        self.answers = RunAnswers(run, Case({}, options))
        self.title, self.source = run.title, run.source
        self.labels: Mapping[str, str] = {}
        self.lines = Lines(self.answers.results.working, self.answers.results, Settings())

    def given(self, key: Expr, written: Expr) -> Given | None:
        return number_given(key, written)

    def finding(self, key: Expr, written: Expr) -> Finding:
        return self.answers.compared(key, written)

    @cached_property
    def formulas(self) -> dict[str, tuple[Expr, Expr]]:
        """Every quantity that is worked out, and by which formula."""
        return {text(left): (left, formula) for left, formula in self.lines.assigned()}

    def calculation(self, key: Expr) -> Calculation | None:
        return self.whole

    @cached_property
    def whole(self) -> Calculation | None:
        """All lines of the run; what they read and do not work out is given."""
        if len(self.formulas) > MOST_LINES:
            return None
        lines = [Line(name, left, formula, "assignment", "", name) for name, (left, formula) in self.formulas.items()]
        leaves: dict[str, Number] = {}
        for line in lines:
            for name in names(line.formula):
                number = self.answers.results.number(name)
                if text(name) not in self.formulas and number is not None and not isinstance(number, tuple):
                    leaves[text(name)] = number
        return Calculation(lines, leaves, PLAIN)

    def equation(self, name: str) -> Equation | None:
        return self.lines.equation(*self.formulas[name]) if name in self.formulas else None

    def shown(self, written: Expr) -> Prose:
        return (written,)

    def alternatives(self) -> Iterator[Alternative]:
        yield from ()
