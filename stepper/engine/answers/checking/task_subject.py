"""An optimizer's task to be checked: the lines are those of its updates, step after step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from stepper.core.exam import Case
from stepper.core.expr import Expr, Number, Value
from stepper.core.formula import reference, text
from stepper.core.prose import Prose
from stepper.core.steps import Equation
from stepper.core.task import GRADIENT, Task
from stepper.engine.answers.checking.subject import Alternative, Plain, line_equation, number_given
from stepper.engine.answers.finding.explanation import Given
from stepper.engine.answers.finding.line import Line
from stepper.engine.answers.finding.lines import Calculation
from stepper.engine.answers.tasks import TaskAnswers
from stepper.engine.optim.objective import of_entries
from stepper.engine.optim.run import Run
from stepper.engine.values.equality import Algebra
from stepper.engine.values.equations import Sheet
from stepper.engine.values.judging import Finding, compared, words_compared
from stepper.engine.values.quantities import Settings
from stepper.engine.values.vocabulary import PLAIN
from stepper.errors import StepperError
from stepper.tables.mistake import Mistake, Role
from stepper.tables.mistakes_in_updates import UPDATE_MISTAKES

MOST_STEPS = 12
"""So many steps are gone through for mistakes."""


class TaskSubject(Plain):
    """A run of an optimizer."""

    rows: Sequence[Mistake] = UPDATE_MISTAKES
    rounds = True

    def __init__(self, task: Task, options: Mapping[str, str]) -> None:
        self.task = of_entries(task)
        self.answers = TaskAnswers(task, Case({}, options))
        self.title, self.source = task.title, task.source
        self.labels: Mapping[str, str] = {}
        self.sheet: Sheet | None = None

    def given(self, key: Expr, written: Expr) -> Given | None:
        return number_given(key, written)

    def finding(self, key: Expr, written: Expr) -> Finding:
        found, claimed = self.answers.number(key), self.answers.number(written)
        if found is None:
            return words_compared(key, text(written), "undefined")
        return compared(key, written, written if claimed is None else claimed, found, Algebra(PLAIN))

    def calculation(self, key: Expr) -> Calculation | None:
        return self.lines

    @cached_property
    def lines(self) -> Calculation | None:
        """The assignments of all steps, from what is known before the first."""
        run = Run(self.task)
        lines: dict[str, Line] = {}
        leaves: dict[str, Number] = {}
        try:
            for taken in run.steps(min(self.task.steps, MOST_STEPS), Settings()):
                if taken.sheet is None:
                    break
                self.sheet = taken.sheet
                for leaf in taken.sheet.graph.leaves.values():
                    if leaf.name not in lines and leaf.value is not None:
                        if leaf.name.partition("[")[0] == GRADIENT:  # a line, so that another may be taken for it
                            name, value = leaf.name, Value(leaf.value)
                            lines[name] = Line(name, reference(name), value, "update", "slope", name)
                        else:
                            leaves[leaf.name] = leaf.value
                for name in taken.sheet.graph.order:
                    formula = taken.sheet.graph.nodes[name].formula
                    assert formula is not None
                    lines[name] = Line(name, reference(name), formula, "update", self.role(name), name)
        except StepperError:
            pass
        still = frozenset(name for name, number in leaves.items() if number == 0)
        return Calculation(lines.values(), leaves, run.vocabulary, still=still) if lines else None

    def role(self, name: str) -> Role:
        """Is it the gradient of the objective?"""
        return "slope" if name.partition("[")[0] == GRADIENT else ""

    def equation(self, name: str) -> Equation | None:
        made = self.lines
        if made is None or self.sheet is None or name not in made.lines:
            return None
        return line_equation(self.sheet, made, name)

    def shown(self, written: Expr) -> Prose:
        return (written,)

    def alternatives(self) -> Iterator[Alternative]:
        yield from ()
