"""Answers about an optimizer's run by key: ``theta[2]``, ``mhat[1]``, ``1 - theta[1]``, ``loss[3]``.

A step that does not exist is ``undefined``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from functools import cached_property

from stepper.core.expr import Index, Num, Number, Sym
from stepper.core.formula import assignments, number_of, text
from stepper.core.graph import Case
from stepper.core.parser import parse
from stepper.core.task import Task
from stepper.engine.arithmetic import Quantity
from stepper.engine.backward import output_of
from stepper.engine.evaluate import evaluate
from stepper.engine.optimize import Run
from stepper.engine.structure import Fact
from stepper.engine.vocabulary import Vocabulary
from stepper.engine.worked import Settings
from stepper.errors import Problem, StepperError

UNDEFINED = "undefined"


class TaskAnswers:
    """The answers of one case of one task."""

    def __init__(self, task: Task, case: Case) -> None:
        self.task = task
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
        """All quantities of the run, and the objective after each step."""
        run = Run(self.task)
        found = dict(run.start)
        losses = [run.loss(run.start, Num("0"))]
        for taken in run.steps(self.task.steps, Settings()):
            found |= taken.numbers
            losses.append(taken.loss)
        if self.task.objective is not None:
            name = output_of(self.task.objective)
            found |= {text(Index(Sym(name), (Num(str(step)),))): loss for step, loss in enumerate(losses) if loss is not None}
        return found

    def pair(self, key: str, expected: str) -> tuple[Fact | None, Fact | None]:
        """What is found for a key, and what was expected."""
        vocabulary = Vocabulary({}, {})
        wanted = UNDEFINED if expected == UNDEFINED else _number(evaluate(parse(expected), {}, vocabulary))
        try:
            return _number(evaluate(parse(key), self.numbers, vocabulary)), wanted
        except StepperError:
            return UNDEFINED, wanted


def _number(found: Quantity | None) -> Number | None:
    return found if isinstance(found, float | Fraction) else None
