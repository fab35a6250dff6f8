"""Numbers that follow from others: does one come out of those that were written before it?"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from fractions import Fraction

from stepper.core.expr import Expr, Number, Value
from stepper.core.formula import number_of
from stepper.core.traverse import transform, walk
from stepper.engine.answers.finding.explanation import Given, fits
from stepper.engine.answers.finding.lines import Calculation
from stepper.engine.values.evaluate import evaluate
from stepper.engine.values.vocabulary import PLAIN
from stepper.errors import StepperError

CLOSE = 1e-9


def follows(calculation: Calculation, given: Given, earlier: Sequence[Given]) -> bool:
    """Does a number come out of wrong ones that were written before it, to the digits in which they were written?"""
    found = []
    for side in (0, -1, 1):
        pins: dict[str, Expr] = {}
        for each in (each for written in earlier for each in written.each):
            half = each.spelled.unit / 2 if each.spelled is not None and not each.spelled.whole else 0
            pins[each.key] = Value(Fraction(each.number) + side * half)
        numbers = calculation.changed(pins, [given.key, *(each.key for each in given.each)])
        if not side and fits(given, numbers):
            return True
        number = numbers.get(given.key)
        if number is None or given.parts:
            return False
        found.append(float(number))
    unit = float(given.spelled.unit) / 2 if given.spelled is not None else 0.0
    return min(found) - unit <= float(given.number) <= max(found) + unit and min(found) != max(found)


def from_rounded(calculation: Calculation, given: Given, rounded: Sequence[Given]) -> bool:
    """Does a number come out where others are taken as they were rounded?"""
    pins: dict[str, Expr] = {each.key: Value(each.number) for written in rounded for each in written.each}
    return bool(pins) and fits(given, calculation.changed(pins, [given.key, *(each.key for each in given.each)]))


def put_in(side: Expr, right: Number, own: Mapping[Number, Number]) -> list[Number]:
    """The wrong numbers that were put into a side, where it comes to what is right with the right ones in their place.

    ``own`` are the wrong numbers that were written before, each with the right one.
    """
    places = [
        number for part in walk(side) if part != side and (number := number_of(part)) is not None and number in own
    ]
    for only in (None, *range(len(places))):
        seen = iter(range(len(places)))

        def change(part: Expr, only: int | None = only, seen: Iterator[int] = seen) -> Expr | None:
            number = number_of(part)
            if part == side or number is None or number not in own:
                return None
            return Value(own[number]) if only in (None, next(seen)) else None

        try:
            value = evaluate(transform(side, change), {}, PLAIN) if places else None
        except (StepperError, OverflowError, ValueError, ZeroDivisionError):
            continue
        if value is not None and abs(float(value) - float(right)) <= CLOSE * max(1.0, abs(float(right))):
            return places if only is None else [places[only]]
    return []


def latest_of(calculation: Calculation, earlier: Sequence[Given]) -> list[Given]:
    """Of the earlier numbers those that others of them do not already lead to."""
    own = {each.key for each in earlier}
    found = []
    for each in earlier:
        after = calculation.after([part.key for part in each.each]) - {each.key}
        if not after & own:
            found.append(each)
    return found or list(earlier)


def belongs(given: Given, lines: Container[str]) -> bool:
    """Is what was written a number of these lines?"""
    return any(each.key in lines for each in (given, *given.parts))
