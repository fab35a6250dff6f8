"""What a sweep is made of: sums of products of two, products, and formulas of few names with partials from the tables.

Each is a pair of functions: how its value is worked out, and how its adjoint is handed on to what it reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import add, itemgetter, mul
from typing import TypeAlias

from stepper.core.expr import Expr, Sym
from stepper.engine.values.arithmetic import FLOAT
from stepper.engine.values.definitions import lower
from stepper.engine.values.differentiate import ZERO, partials
from stepper.engine.values.slots import Places, Values
from stepper.engine.values.tape import Anchor, Tape
from stepper.engine.values.vocabulary import Vocabulary

OUT = Sym("out")

Run: TypeAlias = Callable[[Values], float]
Back: TypeAlias = Callable[[Values, Values, float], None]


class Template:
    """A formula of few names with its partial derivatives, each compiled once."""

    def __init__(self, expr: Expr, count: int, vocabulary: Vocabulary) -> None:
        places = [Sym(f"p{place}") for place in range(count)]
        found = partials(expr, vocabulary, out=OUT, stable=True)
        self.value = _compiled(expr, places, vocabulary)
        self.partials = [_compiled(found.get(place, ZERO), [*places, OUT], vocabulary) for place in places]

    def applied(self, slots: Sequence[int]) -> tuple[Run, Back]:
        value, derivatives = self.value, self.partials

        def run(values: Values) -> float:
            return value([values[slot] for slot in slots])

        def back(values: Values, adjoints: Values, gradient: float) -> None:
            numbers = [values[slot] for slot in slots]
            numbers.append(value(numbers))
            for slot, derivative in zip(slots, derivatives, strict=True):
                adjoints[slot] += gradient * derivative(numbers)

        return run, back


def _compiled(expr: Expr, places: Iterable[Sym], vocabulary: Vocabulary) -> Callable[[Sequence[float]], float]:
    """A formula as a function of the numbers for its names, by the tape on which every value is worked out."""
    tape = Tape(vocabulary, FLOAT)
    names_in_order = [place.name for place in places]
    for name in names_in_order:
        tape.leaf(name)
    slot = tape.add(lower(expr, vocabulary))
    initial = tape.initial()
    count = len(names_in_order)

    def work(numbers: Sequence[float]) -> float:
        values = initial.copy()
        values[:count] = numbers  # leaves fill the first slots
        tape.execute(tape.code, values)
        number: float = values[slot]
        return number

    return work


def linear(
    above: Sequence[tuple[Places, Places]],
    more: Sequence[Places],
    below: Sequence[tuple[Places, Places]],
    less: Sequence[Places],
) -> tuple[Run, Back]:
    """Products of two and single quantities that are added, then those that are subtracted."""
    pairs = [(1.0, left, right, _picked(left), _picked(right)) for left, right in above if left]
    pairs += [(-1.0, left, right, _picked(left), _picked(right)) for left, right in below if left]
    singles = [(1.0, places, _picked(places)) for places in more if places]
    singles += [(-1.0, places, _picked(places)) for places in less if places]
    # one product, or one quantity, needs no list
    short = [(sign, one, other) for sign, left, right, _, _ in pairs for one in _only(left) for other in _only(right)]
    alone = [(sign, one) for sign, places, _ in singles for one in _only(places)]
    long = [(sign, left, right) for sign, places, _, left, right in pairs if not _only(places)]
    many = [(sign, single) for sign, places, single in singles if not _only(places)]

    def run(values: Values) -> float:
        total = 0.0
        for sign, one, other in short:
            total += sign * values[one] * values[other]
        for sign, left, right in long:
            total += sign * sum(map(mul, left(values), right(values)))
        for sign, one in alone:
            total += sign * values[one]
        for sign, single in many:
            total += sign * sum(single(values))
        return total

    def back(values: Values, adjoints: Values, gradient: float) -> None:
        for sign, one, other, left, right in pairs:
            here, there, factor = left(values), right(values), sign * gradient
            _add(adjoints, one, [factor * number for number in there])
            _add(adjoints, other, [factor * number for number in here])
        for sign, places, single in singles:
            _add(adjoints, places, [sign * gradient] * len(single(values)))

    return run, back


def _only(places: Places) -> Sequence[int]:
    """The slot, where there is one only; else nothing."""
    return () if isinstance(places, slice) or len(places) != 1 else places


def _picked(places: Places) -> Callable[[Values], Sequence[float]]:
    """What stands in these slots."""
    if isinstance(places, slice) or len(places) > 1:
        return itemgetter(places) if isinstance(places, slice) else itemgetter(*places)
    return lambda values: [values[slot] for slot in places]


def _add(adjoints: Values, places: Places, numbers: Sequence[float]) -> None:
    if isinstance(places, slice):
        adjoints[places] = map(add, adjoints[places], numbers)
        return
    for slot, number in zip(places, numbers, strict=True):
        adjoints[slot] += number


def anchored(slot: int, given: float) -> tuple[Run, Back]:
    """A node whose value is given: it moves as its formula does, whose value is in ``slot``, and hands all of its
    adjoint on to it.
    """
    anchor = Anchor(given)

    def run(values: Values) -> float:
        found: float = anchor(values[slot])
        return found

    def back(values: Values, adjoints: Values, gradient: float) -> None:
        adjoints[slot] += gradient

    return run, back


def product(slots: Sequence[int], above: Sequence[bool]) -> tuple[Run, Back]:
    """Factors and divisors.

    The product of all factors but one is built from both ends, so that a factor may be zero.
    """

    def run(values: Values) -> float:
        total = 1.0
        for slot, factor in zip(slots, above, strict=True):
            total = total * values[slot] if factor else total / values[slot]
        return total

    def back(values: Values, adjoints: Values, gradient: float) -> None:
        numbers = [values[slot] if factor else 1 / values[slot] for slot, factor in zip(slots, above, strict=True)]
        after = [1.0]
        for number in reversed(numbers[1:]):
            after.append(after[-1] * number)
        before = gradient
        for slot, factor, number, rest in zip(slots, above, numbers, reversed(after), strict=True):
            others = before * rest
            adjoints[slot] += others if factor else -others * number * number
            before *= number

    return run, back
