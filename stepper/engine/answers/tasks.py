"""Answers about an optimizer's run by key: ``theta[2]``, ``mhat[1]``, ``1 - theta[1]``, ``loss[3]``.

A step that does not exist is ``undefined``.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property

from msgspec.structs import replace

from stepper.core.exam import Case
from stepper.core.expr import Expr, Index, Num, Number, Sym, Value
from stepper.core.formula import assignments, number_of, text
from stepper.core.parser import parse
from stepper.core.task import Task
from stepper.core.traverse import meant, names
from stepper.engine.graph.asked import output_of
from stepper.engine.optim.objective import of_entries
from stepper.engine.optim.run import Run
from stepper.engine.values.equality import Algebra
from stepper.engine.values.evaluate import evaluate
from stepper.engine.values.judging import Finding, compared, words_compared
from stepper.engine.values.quantities import Settings
from stepper.engine.values.tape import Undefined
from stepper.engine.values.vocabulary import PLAIN
from stepper.errors import Problem, StepperError, nearest

UNDEFINED = "undefined"


class TaskAnswers:
    """The answers of one case of one task."""

    def __init__(self, task: Task, case: Case) -> None:
        self.task, self.stopped, self.reason = of_entries(task), False, ""
        for name, value in case.settings.items():
            if name != "set":
                raise StepperError(Problem(f"'{name}' is not an option of an optimizer's item", hint="set: lr=0.1"))
            for setting, expr in assignments(value).items():
                self.put(setting, number_of(expr))

    def put(self, name: str, value: Number | None) -> None:
        """A setting of the optimizer, or a constant of the objective."""
        method, objective = self.task.method, self.task.objective
        if value is not None and name in method.settings:
            self.task = replace(self.task, method=replace(method, settings={**method.settings, name: value}))
        elif value is not None and objective is not None and name in objective.leaves:
            leaves = {**objective.leaves, name: replace(objective.leaves[name], value=value)}
            self.task = replace(self.task, objective=replace(objective, leaves=leaves))
        else:
            raise StepperError(Problem(f"'{name}' is neither a setting nor a constant of this task"))

    @cached_property
    def numbers(self) -> Mapping[str, Number]:
        """All quantities of the run as far as it goes, the objective after each step, and the settings."""
        run = Run(self.task)
        found = {**self.task.method.settings, **run.settings, **run.start}
        losses = [run.loss(run.start, Num("0"))]
        try:
            for taken in run.steps(self.task.steps, Settings()):
                found |= taken.numbers
                losses.append(taken.loss)
        except StepperError as error:
            self.stopped, self.reason = True, error.problems[0].what
        if self.task.objective is not None:
            name = output_of(self.task.objective)
            found |= {
                text(Index(Sym(name), (Num(str(step)),))): loss for step, loss in enumerate(losses) if loss is not None
            }
        return found

    def finding(self, key: str, written: str) -> Finding:
        """What is written beside what is found; both may be formulas of the run's quantities and of the optimizer's
        settings.
        """
        expr = parse(key)
        found = self.number(expr)
        if found is None or written.strip() == UNDEFINED:
            compared_so = words_compared(expr, written, UNDEFINED if found is None else text(found))
            if compared_so.agrees or not self.reason:
                return compared_so
            return replace(compared_so, judgement=replace(compared_so.judgement, note=(self.reason,)))
        said = parse(written)
        claimed = self.number(said)
        return compared(expr, said, said if claimed is None else claimed, found, Algebra(PLAIN))

    def number(self, expr: Expr) -> Expr | None:
        """The number of a formula; None where it does not exist, as of a step that cannot be taken.

        Raises:
            StepperError: where it names what this run has not.
        """
        expr = meant(expr, self.numbers)
        unknown = [text(part) for part in names(expr) if text(part) not in self.numbers]
        if unknown and not self.stopped:
            raise StepperError(
                Problem(f"'{unknown[0]}' is not a quantity of this run", hint=nearest(unknown[0], self.numbers))
            )
        try:
            number = None if unknown else evaluate(expr, self.numbers, PLAIN)
        except Undefined:
            return None
        return Value(number) if isinstance(number, float | Fraction) else None
