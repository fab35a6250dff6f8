"""A run of an optimizer: each step a graph that is worked out, and one fast pass for all that is not written out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from fractions import Fraction
from functools import cached_property, partial

from msgspec import Struct
from msgspec.structs import replace

from stepper.core.expr import Expr, Num, Number
from stepper.core.formula import text
from stepper.core.graph import Graph
from stepper.core.prose import Prose
from stepper.core.task import GRADIENT, Coordinate, Method, Task
from stepper.engine.optim.batches import Batch, Batches, among
from stepper.engine.optim.compiled import Compiled
from stepper.engine.optim.curvature import checked_size, in_one_formula, nature
from stepper.engine.optim.objective import Objective, moved
from stepper.engine.optim.step import LETTER, Asked, StepGraph, before
from stepper.engine.optim.tail import Tail
from stepper.engine.values.equations import Sheet
from stepper.engine.values.evaluate import evaluate
from stepper.engine.values.quantities import Settings
from stepper.engine.values.vocabulary import PLAIN, Vocabulary
from stepper.errors import Problem, StepperError
from stepper.tables.optimizer import SYMBOLS

NOWHERE: Mapping[int, Mapping[str, Number]] = {}
UNGIVEN: Mapping[Coordinate, Number] = {}
EXACT_BITS = 160
"""A fraction with more digits than this is carried on as a float: exact arithmetic would double them with every step.
"""


class Taken(Struct, frozen=True):
    """One step: its sheet where it is written out, and the numbers after it by name; ``notes`` are remarks on it.

    ``loss`` is the objective after it; of a step on a batch over the batch, and ``before`` what that was before it.
    """

    number: int
    sheet: Sheet | None
    numbers: Mapping[str, Number]
    loss: Number | None = None
    notes: tuple[Prose, ...] = ()
    batch: Batch | None = None
    before: Number | None = None


class Diverged(StepperError):
    """A run that leads beyond what floating point holds."""


class Run:
    """An optimizer at work on a task."""

    def __init__(self, task: Task, method: Method | None = None) -> None:
        self.task, self.method = task, method or task.method
        self.coordinates = list(task.parameters)
        self.settings: dict[str, Number] = {
            SYMBOLS.get(name, name): value for name, value in self.method.settings.items()
        }
        self.vocabulary = (
            PLAIN if task.objective is None else Vocabulary(task.objective.functions, task.objective.conventions)
        )

        self.objective = Objective(task, task.objective) if task.objective is not None else None
        if self.method.system is not None:
            checked_size(len(self.coordinates), self.method.name, self.method.instead)
        self.batches = Batches(task)
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
            found |= {text(coordinate.of(name, Num("0"))): self.begins(name, coordinate) for name in self.method.state}
        return found

    def begins(self, name: str, coordinate: Coordinate) -> Number:
        """A state of a coordinate before the first step."""
        if name in self.method.starts:
            return self.method.starts[name][text(coordinate.symbol)]
        found = evaluate(self.method.state[name], self.method.settings, self.vocabulary)
        assert isinstance(found, Fraction | float)
        return found

    @property
    def sweeps(self) -> bool:
        """May steps be swept? A sweep takes the rows' own slopes at kinks."""
        return self.formula is not None or self.vocabulary.kink == PLAIN.kink

    def steps(self, written: int, settings: Settings, every: int = 1) -> Iterator[Taken]:
        """All steps, the first ones with their sheets; of the others, in floating point, those that ``every`` divides.

        Raises:
            StepperError: where a number does not exist or is no longer finite; the message names the step.
        """
        numbers = self.start
        self.tail = Tail(self.stand(numbers, 0))
        for number in range(1, min(written, self.task.steps) + 1):
            taken = self.written(number, numbers, settings)
            self.tail.add(self.stand(taken.numbers, number))
            yield taken
            numbers = {name: carried(value) for name, value in taken.numbers.items()}
        if self.task.steps > written and not self.sweeps:
            what = f"--convention kink=... is followed for {written} steps, and {self.task.steps} are asked for"
            raise StepperError(Problem(what, hint="fewer steps, or the slope that PyTorch takes"))
        if self.task.steps > written:
            yield from self.swept(written, numbers, every, tail=self.tail)

    # ---- written out

    def written(self, number: int, numbers: Mapping[str, Number], settings: Settings) -> Taken:
        """One step with every line."""
        step = Num(str(number))
        with self.at_step(number):
            gradients = self.gradients(number)
            building = StepGraph(self.method, self.coordinates, step, self.formula)
            graph = self._constants(building.build({**self.settings, **numbers, **gradients}))
            for asked in building.asked if self.works_gradients else ():
                near = text(asked.places[0]) in numbers  # else it is worked in this step itself
                gradients |= self.gradients_at(number, asked, numbers if near else Sheet(graph, settings).numbers)
                graph = moved(graph, gradients)
            sheet = Sheet(graph, settings)
            found = {name: sheet.numbers[name] for name in graph.nodes}
            notes = tuple(nature(matrix, sheet.numbers) for matrix in building.matrices)
            known, batch = {**numbers, **found}, self.batches.of(number)
            earlier = self.loss(known, before(step), batch) if batch is not None else None
            return Taken(number, sheet, {**gradients, **found}, self.loss(known, step, batch), notes, batch, earlier)

    @property
    def works_gradients(self) -> bool:
        """Do gradients come from a graph that is worked beside the lines of a step?"""
        return self.objective is not None and self.formula is None

    @cached_property
    def formula(self) -> Graph | None:
        """The objective, where it is one formula whose derivative can stand in the lines of a step."""
        objective = self.task.objective
        if objective is not None and len(objective.nodes) == 1 and not self.task.samples:
            return objective
        return in_one_formula(self.task) if self.method.curved else None

    def gradients(self, number: int) -> dict[str, Number]:
        """The gradients of a step where they are given."""
        return {
            text(coordinate.of(GRADIENT, Num(str(number)))): value for coordinate, value in self.given(number).items()
        }

    def given(self, number: int) -> Mapping[Coordinate, Number]:
        """The same by the coordinates."""
        return self.task.gradients[min(number, len(self.task.gradients)) - 1] if self.task.gradients else UNGIVEN

    def gradients_at(self, number: int, asked: Asked, numbers: Mapping[str, Number]) -> dict[str, Number]:
        """Gradients worked backwards through a graph of several nodes, at a point."""
        assert self.objective is not None
        places = {
            text(own.symbol): numbers[text(place)] for own, place in zip(self.coordinates, asked.places, strict=True)
        }
        found = self.objective.gradients(places, among(self.batches.of(number)))
        return {
            text(target): found[text(own.symbol)] for own, target in zip(self.coordinates, asked.targets, strict=True)
        }

    def _constants(self, graph: Graph) -> Graph:
        """What the objective reads beside the parameters is a leaf of it with a value."""
        objective = self.task.objective
        if objective is None:
            return graph
        leaves = {
            name: objective.leaves[name] if name in objective.leaves and leaf.value is None else leaf
            for name, leaf in graph.leaves.items()
        }
        return replace(graph, leaves=leaves)

    def loss(self, numbers: Mapping[str, Number], step: Expr, batch: Batch | None = None) -> Number | None:
        """The objective at the parameters after a step, over a batch or all samples."""
        if self.objective is None:
            return None
        return self.objective.loss(self.places(numbers, step), among(batch))

    def places(self, numbers: Mapping[str, Number], step: Expr) -> dict[str, Number]:
        """The parameters after a step, by their symbols."""
        return {text(coordinate.symbol): numbers[text(coordinate.at(step))] for coordinate in self.coordinates}

    def stand(self, numbers: Mapping[str, Number], number: int) -> tuple[Number, ...]:
        """What is carried from a step to the next: of each coordinate the parameter, then its state."""
        step = Num(str(number))
        names = [
            name
            for place in self.coordinates
            for name in (place.at(step), *(place.of(name, step) for name in self.method.state))
        ]
        return tuple(numbers[text(name)] for name in names)

    # ---- swept

    def swept(
        self, done: int, numbers: Mapping[str, Number], every: int = 1,
        restart: Mapping[int, Mapping[str, Number]] = NOWHERE,
        tail: Tail | None = None,
    ) -> Iterator[Taken]:  # fmt: skip
        """Further steps in floating point: the rule is compiled once and run again for each; told are those that
        ``every`` divides.

        After a step in ``restart`` the run goes on from the numbers that stand there.
        """
        building = StepGraph(self.method, self.coordinates, LETTER, self.formula)
        rule = Compiled(
            building, self._constants(building.build({})), self.settings, self.vocabulary, self.works_gradients
        )
        rule.begin(numbers, done)
        here: Sequence[float] = [float(value) for value in self.places(numbers, Num(str(done))).values()]
        slopes = partial(self.slopes, None)
        for number in range(done + 1, self.task.steps + 1):
            batch = self.batches.of(number)
            try:
                values = rule.step(number, self.given(number), partial(self.slopes, batch) if batch else slopes)
            except StepperError as error:
                raise self.stopped(number, error) from None
            there = rule.thetas(values)
            if not finite(there):
                raise self.diverged(number)
            if tail is not None:
                tail.add(rule.state(values))
            if number % every == 0 or number == self.task.steps:
                with self.at_step(number):
                    earlier = self.height(here, batch) if batch is not None else None
                    loss = self.height(there, batch)
                yield Taken(number, None, {**self.gradients(number), **rule.numbers(number)}, loss, (), batch, earlier)
            rule.carry()
            here = there
            if number in restart:
                rule.begin(restart[number], number)

    def slopes(self, batch: Batch | None, places: Sequence[float]) -> Sequence[float]:
        """The gradients at a place."""
        assert self.objective is not None
        return self.objective.gradients_at(places, among(batch))

    def height(self, places: Sequence[float], batch: Batch | None) -> float | None:
        """The objective at a place."""
        return self.objective.loss_at(places, among(batch)) if self.objective is not None else None

    # ---- stops

    @contextmanager
    def at_step(self, number: int) -> Iterator[None]:
        """Says at which step something went wrong."""
        try:
            yield
        except StepperError as error:
            raise self.stopped(number, error) from None

    def stopped(self, number: int, error: StepperError) -> StepperError:
        """What went wrong, and at which step."""
        problem = error.problems[0]
        if "too large" in problem.what:
            return self.diverged(number)
        what = f"step {number} of {self.method.name}: {problem.what}"
        return StepperError(replace(problem, what=what, hint=problem.hint or self.method.fails))

    def diverged(self, number: int) -> Diverged:
        what = (
            f"step {number} of {self.method.name} leads to a number beyond floating point, "
            "which ends at about 10^308: the run diverges"
        )
        return Diverged(Problem(what, hint="try a smaller learning rate, or smaller first values"))


def finite(numbers: Sequence[float]) -> bool:
    """Are all numbers finite? Where their sum is, they are."""
    total = sum(numbers)
    return total - total == 0 or all(map(math.isfinite, numbers))


def carried(value: Number) -> Number:
    """A number for the next step: exact while it is short."""
    if isinstance(value, Fraction) and value.denominator.bit_length() + value.numerator.bit_length() > EXACT_BITS:
        return float(value)
    return value
