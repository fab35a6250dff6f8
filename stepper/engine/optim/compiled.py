"""The rule of a run compiled once: the numbers of one step after another, in floating point, in the same slots."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate, chain

from msgspec import Struct
from msgspec.structs import replace

from stepper.core.expr import Expr, Num, Number, Sym
from stepper.core.formula import text
from stepper.core.graph import Graph, Leaf
from stepper.core.task import GRADIENT, STEP, Coordinate
from stepper.engine.optim.step import LETTER, StepGraph, before
from stepper.engine.values.slots import Values, picking, putting
from stepper.engine.values.stretch import Stretch
from stepper.engine.values.sweep import Sweep
from stepper.engine.values.vocabulary import Vocabulary

Named = Callable[[Expr], Expr]
"""How a quantity is called after a step."""
MARK = "\0"


class Pass(Struct, frozen=True):
    """A part of the tape, after which gradients are taken at some places and put into some slots."""

    part: Stretch
    places: Callable[[Values], Sequence[float]]
    put: Callable[[Values, Sequence[float]], None]


class Compiled:
    """A rule, and the numbers before its next step.

    Attributes:
        kept: what is carried from step to step.
        once: the part of the tape that does not change from step to step.
        passes: the parts up to each gradient that is worked beside it; ``rest`` is what follows.
    """

    def __init__(
        self, building: StepGraph, rule: Graph, settings: Mapping[str, Number], vocabulary: Vocabulary, beside: bool
    ) -> None:
        coordinates, method = building.coordinates, building.method
        self.kept: list[Named] = [
            of for place in coordinates for of in (place.at, *(_named(place, name) for name in method.state))
        ]  # fmt: skip
        last = before(LETTER)
        leaves = {name: replace(leaf, value=_number(leaf, settings)) for name, leaf in rule.leaves.items()}
        self.sweep = Sweep(replace(rule, leaves=leaves), vocabulary, worked=False)
        self.slots, self.values = self.sweep.slots, self.sweep.initial.copy()
        self.begins = [of for of in self.kept if text(of(last)) in leaves]
        old, new = ([self.slots[text(of(step))] for of in self.begins] for step in (last, LETTER))
        self.after, self.put = picking(new), putting(old)
        self.counter = self.slots[STEP] if STEP in leaves else None
        self.given = {
            place: self.slots[name] for place in coordinates if (name := text(place.of(GRADIENT, LETTER))) in leaves
        }
        shown = (*self.kept, *(_named(place, name) for place in coordinates for name in method.gradients))
        self.shown = [(called(of), self.slots[text(of(LETTER))]) for of in shown]
        self.state = picking([self.slots[text(of(LETTER))] for of in self.kept])
        self.thetas = picking([self.slots[text(place.at(LETTER))] for place in coordinates])
        asked = building.asked if beside else []
        targets = [[self.slots[text(name)] for name in one.targets] for one in asked]
        moving = [*old, *self.given.values(), *chain.from_iterable(targets)]
        moving += [self.counter] if self.counter is not None else []
        ends = [*accumulate((self.sweep.length(map(text, one.places)) for one in asked), max), len(self.sweep.code)]
        self.once, (*parts, self.rest) = self.sweep.arranged(ends, moving)
        self.begun = False
        self.latest: Mapping[Coordinate, Number] | None = None
        self.passes = [
            Pass(part, picking([self.slots[text(name)] for name in one.places]), putting(slots))
            for part, one, slots in zip(parts, asked, targets, strict=True)
        ]

    def begin(self, numbers: Mapping[str, Number], done: int) -> None:
        """Puts in what stands after a step."""
        for of in self.begins:
            self.values[self.slots[text(of(before(LETTER)))]] = float(numbers[text(of(Num(str(done))))])

    def step(
        self, number: int, given: Mapping[Coordinate, Number], gradients: Callable[[Sequence[float]], Sequence[float]]
    ) -> Values:
        """One step; ``given`` are its gradients, or ``gradients`` works them at a place."""
        values, work = self.values, self.sweep.work
        if not self.begun:
            work(values, self.once)
            self.begun = True
        if self.counter is not None:
            values[self.counter] = float(number)
        if given is not self.latest:
            self.latest = given
            for place, slot in self.given.items():
                values[slot] = float(given.get(place, 1))
        for one in self.passes:
            work(values, one.part)
            one.put(values, gradients(one.places(values)))
        return work(values, self.rest)

    def numbers(self, number: int) -> dict[str, Number]:
        """What stands after a step, by name."""
        values = self.values
        return {name(number): values[slot] for name, slot in self.shown}

    def carry(self) -> None:
        """What stands after a step is what stands before the next."""
        self.put(self.values, self.after(self.values))


def called(of: Named) -> Callable[[int], str]:
    """The names of a quantity after each step: they differ in the number of the step alone."""
    start, _, end = text(of(Sym(MARK))).partition(MARK)
    return lambda number: f"{start}{number}{end}"


def _named(place: Coordinate, name: str) -> Named:
    return lambda step: place.of(name, step)


def _number(leaf: Leaf, settings: Mapping[str, Number]) -> float:
    """The number of a leaf of the rule; what each step sets begins as 1."""
    return float(settings.get(leaf.name, leaf.value if leaf.value is not None else 1))
