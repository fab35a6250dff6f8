"""Answers about an algorithm's run by key: ``best_epoch``, ``loss[3]``, ``train``, ``count[12]/count[18]``."""

from __future__ import annotations

from functools import cached_property

from msgspec.structs import replace

from stepper.core.algorithm import Run
from stepper.core.exam import Case
from stepper.core.expr import Array, Expr, Number, Value
from stepper.core.formula import assignments, number_of, text
from stepper.core.parser import parse
from stepper.core.traverse import meant, names
from stepper.engine.algorithms.results import Results
from stepper.engine.algorithms.working import Working
from stepper.engine.values.equality import Algebra
from stepper.engine.values.evaluate import evaluate
from stepper.engine.values.judging import Finding, compared, words_compared
from stepper.engine.values.vocabulary import PLAIN
from stepper.errors import Problem, StepperError, nearest

NONE = "none"
"""The answer where there is no such result, as of a training that does not stop early."""


class RunAnswers:
    """The answers of one case of one run."""

    def __init__(self, run: Run, case: Case) -> None:
        self.run = run
        for name, value in case.settings.items():
            if name != "set":
                raise StepperError(Problem(f"'{name}' is not an option of an algorithm's item", hint="set: patience=1"))
            for setting, expr in assignments(value).items():
                self.put(setting, number_of(expr))

    def put(self, name: str, value: Number | None) -> None:
        """A setting of the algorithm."""
        if value is None or name not in self.run.settings:
            hint = nearest(name, self.run.settings)
            raise StepperError(Problem(f"'{name}' is not a setting with a number of {self.run.algorithm}", hint=hint))
        self.run = replace(self.run, settings={**self.run.settings, name: value})

    @cached_property
    def results(self) -> Results:
        return Results(Working(self.run))

    def finding(self, key: str, written: str) -> Finding:
        """What is written beside what is found."""
        if written.strip() == NONE:
            found = self.quantity(parse(key))
            return words_compared(parse(key), written, NONE if found is None else text(found))
        return self.compared(parse(key), parse(written))

    def compared(self, key: Expr, written: Expr) -> Finding:
        """The same of a formula or a list of formulas."""
        found, claimed = self.quantity(key), self.quantity(written)
        if found is None:
            return words_compared(key, text(written), NONE)
        return compared(key, written, written if claimed is None else claimed, found, Algebra(PLAIN))

    def quantity(self, expr: Expr) -> Expr | None:
        """The number of a formula of the run's quantities, or the list of one; None of a result that there is not.

        Raises:
            StepperError: where it names what this run has not.
        """
        if isinstance(expr, Array):
            parts = [self.quantity(item) for item in expr.items]
            return Array(tuple(part for part in parts if part is not None))
        row = self.results.working.row
        found = {text(name): self.results.number(name) for name in names(meant(expr, row.of_all))}
        missing = [name for name, value in found.items() if value is None]
        if missing and missing[0] in row.of_all:
            return None
        if missing:
            known = (*self.run.settings, *row.of_all, *row.quantities, *row.of_pairs)
            hint = nearest(missing[0].partition("[")[0], known)
            raise StepperError(Problem(f"'{missing[0]}' is not a quantity of this run", hint=hint))
        whole = found.get(text(expr))
        if isinstance(whole, tuple):
            return Array(tuple(map(Value, whole)))
        numbers = {name: value for name, value in found.items() if value is not None and not isinstance(value, tuple)}
        number = evaluate(meant(expr, row.of_all), numbers, PLAIN)
        if number is None:
            raise StepperError(Problem(f"'{text(expr)}' is not one number: lists are compared as they are"))
        return Value(number)
