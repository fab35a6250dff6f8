"""A run of an optimizer: each step a graph that is worked out, and one fast pass for all that is not written out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, partial

from stepper.core.expr import Expr, Num, Number
from stepper.core.formula import text
from stepper.core.graph import Graph, Leaf
from stepper.core.steps import Prose
from stepper.core.task import AHEAD, GRADIENT, STEP, THETA, Coordinate, Method, Task
from stepper.engine.curvature import checked_size, in_one_formula, nature
from stepper.engine.evaluate import evaluate
from stepper.engine.objective import Objective
from stepper.engine.stepgraph import LETTER, StepGraph, before
from stepper.engine.sweep import Sweep
from stepper.engine.vocabulary import Vocabulary
from stepper.engine.worked import Settings, Sheet
from stepper.errors import Problem, StepperError
from stepper.rules.optimizer import SYMBOLS

NOWHERE: Mapping[int, Mapping[str, Number]] = {}
EXACT_BITS = 160
"""A fraction with more digits than this is carried on as a float: exact arithmetic would double them with every step."""


@dataclass(frozen=True)
class Taken:
    """One step: its sheet where it is written out, and the numbers after it by name; ``notes`` are remarks on it."""

    number: int
    sheet: Sheet | None
    numbers: Mapping[str, Number]
    loss: Number | None = None
    notes: tuple[Prose, ...] = ()


class Run:
    """An optimizer at work on a task."""

    def __init__(self, task: Task, method: Method | None = None) -> None:
        self.task, self.method = task, method or task.method
        self.coordinates = list(task.parameters)
        self.settings: dict[str, Number] = {SYMBOLS.get(name, name): value for name, value in self.method.settings.items()}
        self.vocabulary = Vocabulary({}, {}) if task.objective is None else Vocabulary(task.objective.functions, task.objective.conventions)

        self.objective = Objective(task, task.objective) if task.objective is not None else None
        if self.method.system is not None:
            checked_size(len(self.coordinates), self.method.name, self.method.instead)
        self.check_settings()

    def check_settings(self) -> None:
        """Settings for which the rule means nothing are refused."""
        known = {name: value for part in (self.method.settings, self.settings) for name, value in part.items()}
        wrong = [what for test, what in self.method.require if evaluate(test, known, self.vocabulary) != 1]
        if wrong:
            raise StepperError(*(Problem(f"{self.method.name}: {what}") for what in wrong))

    @property
    def start(self) -> dict[str, Number]:
        """The numbers before the first step."""
        found: dict[str, Number] = {}
        for coordinate, value in self.task.parameters.items():
            found[text(coordinate.at(Num("0")))] = value
            found |= {text(coordinate.of(name, Num("0"))): number for name, number in self.method.state.items()}
        return found

    @property
    def sweeps(self) -> bool:
        """May steps be swept? A sweep takes the rows' own slopes at kinks."""
        return self.task.objective is None or self.formula is not None or self.vocabulary.kink == Vocabulary({}, {}).kink

    def rule(self) -> Graph:
        """The assignments with the letter t for the step."""
        return StepGraph(self.method, self.coordinates, LETTER, self.formula).build({})

    def steps(self, written: int, settings: Settings, every: int = 1) -> Iterator[Taken]:
        """All steps, the first ones with their sheets; of the others, in floating point, those that ``every`` divides.

        Raises:
            StepperError: where a number does not exist or is no longer finite; the message names the step.
        """
        numbers = self.start
        for number in range(1, min(written, self.task.steps) + 1):
            taken = self.written(number, numbers, settings)
            yield taken
            numbers = {name: _carried(value) for name, value in taken.numbers.items()}
        if self.task.steps > written and not self.sweeps:
            what = f"--convention kink=... is followed for {written} steps, and {self.task.steps} are asked for"
            raise StepperError(Problem(what, hint="fewer steps, or the slope that PyTorch takes"))
        if self.task.steps > written:
            yield from self.swept(written, numbers, every)

    # ---- written out

    def written(self, number: int, numbers: Mapping[str, Number], settings: Settings) -> Taken:
        """One step with every line."""
        step = Num(str(number))
        with self.at_step(number):
            gradients = self.gradients(number, numbers)
            given = {**self.settings, **numbers, **gradients}
            building = StepGraph(self.method, self.coordinates, step, self.formula)
            graph = building.build(given)
            sheet = Sheet(self._constants(graph), settings)
            found = {name: sheet.numbers[name] for name in graph.nodes}
            notes = tuple(nature(matrix, sheet.numbers) for matrix in building.matrices)
            return Taken(number, sheet, {**gradients, **found}, self.loss({**numbers, **found}, step), notes)

    @cached_property
    def formula(self) -> Graph | None:
        """The objective, where it is one formula whose derivative can stand in the lines of a step."""
        objective = self.task.objective
        if objective is not None and len(objective.nodes) == 1 and not self.task.samples:
            return objective
        return in_one_formula(self.task) if objective is not None and self.method.curved else None

    def gradients(self, number: int, numbers: Mapping[str, Number]) -> dict[str, Number]:
        """The gradients of a step that are given, or worked backwards through a graph of several nodes."""
        step = Num(str(number))
        if self.task.gradients:
            given = self.task.gradients[min(number, len(self.task.gradients)) - 1]
            return {text(coordinate.of(GRADIENT, step)): value for coordinate, value in given.items()}
        if self.objective is None or self.formula is not None:
            return {}
        found = self.objective.gradients({text(place.symbol): self.place(place, step, numbers) for place in self.coordinates})
        return {text(place.of(GRADIENT, step)): found[text(place.symbol)] for place in self.coordinates}

    def place(self, coordinate: Coordinate, step: Expr, numbers: Mapping[str, Number]) -> Number:
        """Where a gradient is taken."""
        last = before(step)
        here = numbers[text(coordinate.at(last))]
        if self.method.at is None:
            return here
        state = {name: numbers[text(coordinate.of(name, last))] for name in self.method.state}
        found = evaluate(self.method.at, {**self.method.settings, **state, THETA: here}, self.vocabulary)
        assert isinstance(found, Fraction | float)
        return found

    def _constants(self, graph: Graph) -> Graph:
        """What the objective reads beside the parameters is a leaf of it with a value."""
        objective = self.task.objective
        if objective is None:
            return graph
        leaves = {
            name: objective.leaves[name] if name in objective.leaves and leaf.value is None else leaf for name, leaf in graph.leaves.items()
        }
        return replace(graph, leaves=leaves)

    def loss(self, numbers: Mapping[str, Number], step: Expr) -> Number | None:
        """The objective at the parameters after a step."""
        if self.objective is None:
            return None
        return self.objective.loss({text(coordinate.symbol): numbers[text(coordinate.at(step))] for coordinate in self.coordinates})

    # ---- swept

    def swept(
        self, done: int, numbers: Mapping[str, Number], every: int = 1, restart: Mapping[int, Mapping[str, Number]] = NOWHERE
    ) -> Iterator[Taken]:  # fmt: skip
        """Further steps in floating point: the rule is compiled once and run again for each; told are those that ``every`` divides.

        After a step in ``restart`` the run goes on from the numbers that stand there.
        """
        rule = self._constants(self.rule())
        kept = [place for coordinate in self.coordinates for place in self._kept(coordinate)]
        last = before(LETTER)
        first = {text(of(last)): float(numbers[text(of(Num(str(done))))]) for of in kept}
        leaves = {name: replace(leaf, value=_number(name, first, self.settings, leaf)) for name, leaf in rule.leaves.items()}
        sweep = Sweep(replace(rule, leaves=leaves), self.vocabulary)
        slots, values = sweep.slots, sweep.initial.copy()
        moves = [
            (slots[text(of(last))], slots[text(of(LETTER))]) for of in kept if text(of(last)) in leaves and text(of(LETTER)) in rule.nodes
        ]
        counter = slots[STEP] if STEP in leaves else None
        given = [(slots[name], coordinate) for coordinate in self.coordinates if (name := text(coordinate.of(GRADIENT, LETTER))) in leaves]
        thetas = [slots[text(coordinate.at(LETTER))] for coordinate in self.coordinates]
        ahead = self.method.at is not None
        places = [slots[text(place.of(AHEAD, LETTER) if ahead else place.at(last))] for place in self.coordinates]
        for number in range(done + 1, self.task.steps + 1):
            if counter is not None:
                values[counter] = float(number)
            with self.at_step(number):
                if self.task.gradients:
                    for slot, coordinate in given:
                        values[slot] = float(self.task.gradients[min(number, len(self.task.gradients)) - 1][coordinate])
                elif self.objective is not None and self.formula is None:
                    if self.method.at is not None:
                        sweep.run(values)  # where the gradients are taken
                    for (slot, _), gradient in zip(given, self.objective.gradients_at([values[slot] for slot in places]), strict=True):
                        values[slot] = gradient
                sweep.run(values)
            if not all(map(math.isfinite, (values[slot] for slot in thetas))):
                raise self.diverged(number)
            if number % every == 0 or number == self.task.steps:
                step = Num(str(number))
                shown: dict[str, Number] = {
                    text(of(step)): values[slots[text(of(LETTER))]] for of in kept if text(of(LETTER)) in rule.nodes
                }
                for coordinate in self.coordinates:
                    shown[text(coordinate.of(GRADIENT, step))] = values[slots[text(coordinate.of(GRADIENT, LETTER))]]
                with self.at_step(number):
                    loss = None if self.objective is None else self.objective.loss_at([values[slot] for slot in thetas])
                yield Taken(number, None, shown, loss)
            for old, new in moves:
                values[old] = values[new]
            for of in kept if number in restart else ():
                if text(of(last)) in leaves:
                    values[slots[text(of(last))]] = float(restart[number][text(of(Num(str(number))))])

    def _kept(self, coordinate: Coordinate) -> list[Callable[[Expr], Expr]]:
        """What is carried from step to step: the parameter and its state, each by the number of a step."""
        return [coordinate.at, *(partial(coordinate.of, name) for name in self.method.state)]

    # ---- stops

    @contextmanager
    def at_step(self, number: int) -> Iterator[None]:
        """Says at which step something went wrong."""
        try:
            yield
        except StepperError as error:
            problem = error.problems[0]
            if "too large" in problem.what:
                raise self.diverged(number) from None
            what = f"step {number} of {self.method.name}: {problem.what}"
            raise StepperError(replace(problem, what=what, hint=problem.hint or self.method.fails)) from None

    def diverged(self, number: int) -> StepperError:
        what = f"step {number} of {self.method.name}: a parameter is no finite number any more: the run diverges"
        return StepperError(Problem(what, hint="try a smaller learning rate"))


def _carried(value: Number) -> Number:
    """A number for the next step: exact while it is short."""
    if isinstance(value, Fraction) and value.denominator.bit_length() + value.numerator.bit_length() > EXACT_BITS:
        return float(value)
    return value


def _number(name: str, first: Mapping[str, float], settings: Mapping[str, Number], leaf: Leaf) -> float:
    """The number of a leaf of the rule; what each step sets begins as 1."""
    if name in first:
        return first[name]
    return float(settings.get(name, leaf.value if leaf.value is not None else 1))
