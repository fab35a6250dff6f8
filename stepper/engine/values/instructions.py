"""What a sweep is made of: sums of products of two, products, and formulas of few names with partials from the tables.

Each is work on slots. The same work may stand for that of many nodes at once: its slots are arrays then, with one for
each node, and ``many`` works it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterable, Sequence
from functools import cached_property, lru_cache
from typing import Any

from stepper.core.expr import Expr, Sym
from stepper.core.form import places
from stepper.engine.values.arithmetic import FLOAT
from stepper.engine.values.closures import BARE, joined, single
from stepper.engine.values.definitions import lower
from stepper.engine.values.differentiate import ZERO, partials
from stepper.engine.values.slots import Slot, Values, picking
from stepper.engine.values.tape import Anchor, Tape
from stepper.engine.values.vocabulary import Vocabulary
from stepper.engine.values.work import MOST, Row, Way, Work

OUT = Sym("out")
WRONG = (ArithmeticError, ValueError, TypeError)


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

    @cached_property
    def way(self) -> Way:
        """Its work, and that of its partial derivatives, which read its own value too."""
        value, fast = self.value, self.value.fast
        slopes = [(derivative.fast, derivative) for derivative in self.partials]

        def row(out: int, slots: Sequence[int]) -> Row:
            return out, picking(slots)

        def towards(out: int, slots: Sequence[int], wanted: Container[int]) -> Row:
            shares = [(slot, *slope) for slot, slope in zip(slots, slopes, strict=True) if slot in wanted]
            return out, picking([*slots, out]), shares

        def run(values: Values, rows: Iterable[Row]) -> None:
            for out, picked in rows:
                numbers = picked(values)
                try:
                    found = fast(numbers)
                except WRONG:
                    found = value.careful(numbers)
                # neither infinite nor undefined
                values[out] = found if found - found == 0 else value.careful(numbers)

        def run_of_one(values: Values, rows: Iterable[Row]) -> None:
            for out, (slot,) in rows:
                numbers = (values[slot],)
                try:
                    found = fast(numbers)
                except WRONG:
                    found = value.careful(numbers)
                values[out] = found if found - found == 0 else value.careful(numbers)

        def back(values: Values, adjoints: Values, rows: Iterable[Row]) -> None:
            for out, picked, shares in rows:
                gradient = adjoints[out]
                if gradient:
                    numbers = picked(values)
                    for slot, slope, derivative in shares:
                        try:
                            found = slope(numbers)
                        except WRONG:
                            found = derivative.careful(numbers)
                        adjoints[slot] += gradient * (found if found - found == 0 else derivative.careful(numbers))

        if len(slopes) == 1:
            return Way(run_of_one, back, towards=towards)
        return Way(run, back, row, towards)


class Applied(Work):
    """A template applied to slots."""

    def __init__(self, template: Template, slots: Sequence[Slot]) -> None:
        self.template, self.slots = template, slots

    @property
    def function(self) -> Callable[[float], float] | None:
        return self.template.value.alone if len(self.slots) == 1 else None

    def way(self) -> Way:
        return self.template.way


class Anchored(Work):
    """A node whose value is given: it moves as its formula does, whose value is in a slot, and hands all of its adjoint
    on to it.
    """

    def __init__(self, slot: int, given: float) -> None:
        self.slots, self.given = [slot], given

    def way(self) -> Way:
        anchor = Anchor(self.given)

        def run(values: Values, rows: Iterable[Row]) -> None:
            for out, (slot,) in rows:
                values[out] = anchor(values[slot])

        def back(values: Values, adjoints: Values, rows: Iterable[Row]) -> None:
            for out, (slot,) in rows:
                adjoints[slot] += adjoints[out]

        return Way(run, back)


class Factors(Work):
    """Factors and divisors; ``above`` says which are factors.

    The product of all factors but one is built from both ends, so that a factor may be zero.
    """

    def __init__(self, slots: Sequence[Slot], above: Sequence[bool]) -> None:
        self.slots, self.above = slots, above

    def value(self, values: Any, slots: Any) -> Any:
        return _quotient(values, zip(slots, self.above, strict=True))

    def shares(self, values: Any, slots: Any, gradient: Any) -> Iterable[tuple[Slot, Any]]:
        """What each slot gets of the adjoint."""
        return _shares(values, list(zip(slots, self.above, strict=True)), gradient)

    def way(self) -> Way:
        return _factors(tuple(self.above))


def _quotient(values: Any, pairs: Iterable[tuple[Slot, bool]]) -> Any:
    total = 1.0
    for slot, factor in pairs:
        total = total * values[slot] if factor else total / values[slot]
    return total


def _shares(values: Any, pairs: Sequence[tuple[Slot, bool]], gradient: Any) -> Iterable[tuple[Slot, Any]]:
    numbers = [values[slot] if factor else 1 / values[slot] for slot, factor in pairs]
    after: list[Any] = [1.0]
    for number in reversed(numbers[1:]):
        after.append(after[-1] * number)
    before = gradient
    for (slot, factor), number, rest in zip(pairs, numbers, reversed(after), strict=True):
        others = before * rest
        yield slot, others if factor else -others * number * number
        before = before * number


@lru_cache(maxsize=MOST)
def _factors(above: Sequence[bool]) -> Way:
    def row(out: int, slots: Sequence[int]) -> Row:
        return out, tuple(zip(slots, above, strict=True))

    def run(values: Values, rows: Iterable[Row]) -> None:
        for out, pairs in rows:
            values[out] = _quotient(values, pairs)

    def back(values: Values, adjoints: Values, rows: Iterable[Row]) -> None:
        for out, pairs in rows:
            if gradient := adjoints[out]:
                for slot, share in _shares(values, pairs, gradient):
                    adjoints[slot] += share

    return Way(run, back, row)
