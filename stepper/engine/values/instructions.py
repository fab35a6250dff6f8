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
from stepper.engine.values.closures import BARE, joined, single
from stepper.engine.values.definitions import lower
from stepper.engine.values.differentiate import ZERO, partials
from stepper.engine.values.slots import Back, Run, Slot, Values
from stepper.engine.values.tape import Anchor, Tape
from stepper.engine.values.vocabulary import Vocabulary

OUT = Sym("out")
WRONG = (ArithmeticError, ValueError, TypeError)


class Work(Protocol):
    """What is worked out from slots."""

    @property
    def slots(self) -> Sequence[Slot]:
        """What it reads."""

    def single(self) -> tuple[Run, Back]:
        """How it is worked out from so many slots, and how its adjoint is handed on to them, for one node."""

    def at(self, slots: Sequence[Slot]) -> Work:
        """The same work on other slots, which stand in the places of its own."""


class Function:
    """A formula of places as a function of the numbers for them, by the tape on which every value is worked out."""

    def __init__(self, expr: Expr, names: Sequence[Expr], vocabulary: Vocabulary) -> None:
        self.expr, self.names, self.vocabulary = expr, names, vocabulary
        self.lowered = lower(expr, vocabulary)
        tape = Tape(vocabulary, BARE)
        slot = self.onto(tape)
        self.fast = joined(tape, slot, len(names)) or self.careful
        fast = self.fast
        self.alone: Callable[[float], float] = single(tape, slot) or (lambda number: fast((number,)))
        """The same for one place, of the number itself."""

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
        self.partials = [Function(found.get(place, ZERO), [*names, OUT], vocabulary) for place in names]


class Applied:
    """A template applied to slots."""

    def __init__(self, template: Template, slots: Sequence[Slot]) -> None:
        self.template, self.slots = template, slots

    def at(self, slots: Sequence[Slot]) -> Applied:
        return Applied(self.template, [slots[slot] for slot in self.slots])

    def single(self) -> tuple[Run, Back]:
        value, derivatives = self.template.value, self.template.partials
        if len(derivatives) == 1:
            return _of_one(value, derivatives[0])

        def run(values: Values, slots: Sequence[int], out: int) -> None:
            values[out] = value([values[slot] for slot in slots])

        def back(values: Values, adjoints: Values, slots: Sequence[int], out: int) -> None:
            gradient = adjoints[out]
            if gradient:
                numbers = [values[slot] for slot in slots]
                numbers.append(values[out])
                for slot, derivative in zip(slots, derivatives, strict=True):
                    adjoints[slot] += gradient * derivative(numbers)

        return run, back


def _of_one(value: Function, derivative: Function) -> tuple[Run, Back]:
    """The same for one quantity."""
    fast, slope = value.fast, derivative.fast

    def run(values: Values, slots: Sequence[int], out: int) -> None:
        number = [values[slots[0]]]
        try:
            found = fast(number)
        except WRONG:
            found = value.careful(number)
        # neither infinite nor undefined
        values[out] = found if found - found == 0 else value.careful(number)

    def back(values: Values, adjoints: Values, slots: Sequence[int], out: int) -> None:
        gradient = adjoints[out]
        if gradient:
            slot = slots[0]
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
        self.slots, self.given = [slot], given

    def at(self, slots: Sequence[Slot]) -> Anchored:
        return Anchored(slots[self.slots[0]], self.given)

    def single(self) -> tuple[Run, Back]:
        anchor = Anchor(self.given)

        def run(values: Values, slots: Sequence[int], out: int) -> None:
            values[out] = anchor(values[slots[0]])

        def back(values: Values, adjoints: Values, slots: Sequence[int], out: int) -> None:
            adjoints[slots[0]] += adjoints[out]

        return run, back


class Factors:
    """Factors and divisors; ``above`` says which are factors.

    The product of all factors but one is built from both ends, so that a factor may be zero.
    """

    def __init__(self, slots: Sequence[Slot], above: Sequence[bool]) -> None:
        self.slots, self.above = slots, above

    def at(self, slots: Sequence[Slot]) -> Factors:
        return Factors([slots[slot] for slot in self.slots], self.above)

    def value(self, values: Any, slots: Any) -> Any:
        total = 1.0
        for slot, factor in zip(slots, self.above, strict=True):
            total = total * values[slot] if factor else total / values[slot]
        return total

    def shares(self, values: Any, slots: Any, gradient: Any) -> Iterable[tuple[Slot, Any]]:
        """What each slot gets of the adjoint."""
        pairs = list(zip(slots, self.above, strict=True))
        numbers = [values[slot] if factor else 1 / values[slot] for slot, factor in pairs]
        after: list[Any] = [1.0]
        for number in reversed(numbers[1:]):
            after.append(after[-1] * number)
        before = gradient
        for (slot, factor), number, rest in zip(pairs, numbers, reversed(after), strict=True):
            others = before * rest
            yield slot, others if factor else -others * number * number
            before = before * number

    def single(self) -> tuple[Run, Back]:
        def run(values: Values, slots: Sequence[int], out: int) -> None:
            values[out] = self.value(values, slots)

        def back(values: Values, adjoints: Values, slots: Sequence[int], out: int) -> None:
            if gradient := adjoints[out]:
                for slot, share in self.shares(values, slots, gradient):
                    adjoints[slot] += share

        return run, back
