"""What a sweep is made of: sums of products of two, products, and formulas of few names with partials from the tables.

Each is work on slots, and gives a pair of functions: the first works its value out and puts it in its slot, the second
hands its adjoint on to what it reads. The same work may stand for that of many nodes at once: its slots are arrays
then, with one for each node, and ``many`` works it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any, Protocol

from stepper.core.expr import Expr, Sym
from stepper.core.form import places
from stepper.engine.values.arithmetic import FLOAT
from stepper.engine.values.closures import BARE, joined
from stepper.engine.values.definitions import lower
from stepper.engine.values.differentiate import ZERO, partials
from stepper.engine.values.slots import Back, Run, Slot, Values
from stepper.engine.values.tape import Anchor, Tape
from stepper.engine.values.vocabulary import Vocabulary

OUT = Sym("out")
WRONG = (ArithmeticError, ValueError, TypeError)


class Work(Protocol):
    """What is worked out from slots."""

    def single(self, out: int) -> tuple[Run, Back]:
        """How it is worked out for one node, and put into a slot."""

    def at(self, place: int) -> Work:
        """The work of one of many nodes."""


class Function:
    """A formula of places as a function of the numbers for them, by the tape on which every value is worked out."""

    def __init__(self, expr: Expr, names: Sequence[Expr], vocabulary: Vocabulary) -> None:
        self.expr, self.names, self.vocabulary = expr, names, vocabulary
        self.lowered = lower(expr, vocabulary)
        tape = Tape(vocabulary, BARE)
        slot = self.onto(tape)
        self.fast = joined(tape, slot, len(names)) or self.careful

    def onto(self, tape: Tape) -> int:
        for name in self.names:
            assert isinstance(name, Sym)
            tape.leaf(name.name)  # leaves fill the first slots
        return tape.add(self.lowered)

    @cached_property
    def careful(self) -> Callable[[Sequence[float]], float]:
        """The number, each step checked.

        Raises:
            Undefined: where it does not exist.
        """
        return worked(Tape(self.vocabulary, FLOAT), self)

    def __call__(self, numbers: Sequence[float]) -> float:
        try:
            found = self.fast(numbers)
        except WRONG:
            return self.careful(numbers)
        return found if math.isfinite(found) else self.careful(numbers)


def worked(tape: Tape, function: Function) -> Callable[[Sequence[Any]], Any]:
    """A function as an empty tape runs it."""
    slot = function.onto(tape)
    initial, count = tape.initial(), len(function.names)

    def work(numbers: Sequence[Any]) -> Any:
        values = initial.copy()
        values[:count] = numbers
        tape.execute(tape.code, values)
        return values[slot]

    return work


class Template:
    """A formula of few places with its partial derivatives, each compiled once."""

    def __init__(self, expr: Expr, count: int, vocabulary: Vocabulary) -> None:
        names = places(count)
        found = partials(expr, vocabulary, out=OUT, stable=True)
        self.value = Function(expr, names, vocabulary)
        self.many: Any = None
        """The same of whole arrays, once it is wanted."""
        self.partials = [Function(found.get(place, ZERO), [*names, OUT], vocabulary) for place in names]


class Applied:
    """A template applied to slots."""

    def __init__(self, template: Template, slots: Sequence[Slot]) -> None:
        self.template, self.slots = template, slots

    def at(self, place: int) -> Applied:
        return Applied(self.template, [int(slot[place]) for slot in self.slots])

    def single(self, out: int) -> tuple[Run, Back]:
        value, derivatives, slots = self.template.value, self.template.partials, self.slots
        if len(slots) == 1:
            return _of_one(value, derivatives[0], slots[0], out)
        pairs = list(zip(slots, derivatives, strict=True))

        def run(values: Values) -> None:
            values[out] = value([values[slot] for slot in slots])

        def back(values: Values, adjoints: Values) -> None:
            gradient = adjoints[out]
            if gradient:
                numbers = [*[values[slot] for slot in slots], values[out]]
                for slot, derivative in pairs:
                    adjoints[slot] += gradient * derivative(numbers)

        return run, back


def _of_one(value: Function, derivative: Function, slot: int, out: int) -> tuple[Run, Back]:
    """The same for one quantity."""
    fast, slope = value.fast, derivative.fast

    def run(values: Values) -> None:
        number = [values[slot]]
        try:
            found = fast(number)
        except WRONG:
            found = value.careful(number)
        # neither infinite nor undefined
        values[out] = found if found - found == 0 else value.careful(number)

    def back(values: Values, adjoints: Values) -> None:
        gradient = adjoints[out]
        if gradient:
            numbers = [values[slot], values[out]]
            try:
                found = slope(numbers)
            except WRONG:
                found = derivative.careful(numbers)
            adjoints[slot] += gradient * (found if found - found == 0 else derivative.careful(numbers))

    return run, back


class Anchored:
    """A node whose value is given: it moves as its formula does, whose value is in a slot, and hands all of its adjoint
    on to it.
    """

    def __init__(self, slot: int, given: float) -> None:
        self.slot, self.given = slot, given

    def at(self, place: int) -> Anchored:
        return self

    def single(self, out: int) -> tuple[Run, Back]:
        anchor, slot = Anchor(self.given), self.slot

        def run(values: Values) -> None:
            values[out] = anchor(values[slot])

        def back(values: Values, adjoints: Values) -> None:
            adjoints[slot] += adjoints[out]

        return run, back


class Factors:
    """Factors and divisors; ``above`` says which are factors.

    The product of all factors but one is built from both ends, so that a factor may be zero.
    """

    def __init__(self, slots: Sequence[Slot], above: Sequence[bool]) -> None:
        self.slots, self.above = slots, above

    def at(self, place: int) -> Factors:
        return Factors([int(slot[place]) for slot in self.slots], self.above)

    def value(self, values: Any) -> Any:
        total = 1.0
        for slot, factor in zip(self.slots, self.above, strict=True):
            total = total * values[slot] if factor else total / values[slot]
        return total

    def shares(self, values: Any, gradient: Any) -> Iterable[tuple[Slot, Any]]:
        """What each slot gets of the adjoint."""
        pairs = list(zip(self.slots, self.above, strict=True))
        numbers = [values[slot] if factor else 1 / values[slot] for slot, factor in pairs]
        after: list[Any] = [1.0]
        for number in reversed(numbers[1:]):
            after.append(after[-1] * number)
        before = gradient
        for (slot, factor), number, rest in zip(pairs, numbers, reversed(after), strict=True):
            others = before * rest
            yield slot, others if factor else -others * number * number
            before = before * number

    def single(self, out: int) -> tuple[Run, Back]:
        def run(values: Values) -> None:
            values[out] = self.value(values)

        def back(values: Values, adjoints: Values) -> None:
            if gradient := adjoints[out]:
                for slot, share in self.shares(values, gradient):
                    adjoints[slot] += share

        return run, back
