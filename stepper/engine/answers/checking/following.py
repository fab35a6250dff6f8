"""Numbers that follow from others: does one come out of those that were written before it?"""

from __future__ import annotations

from collections.abc import Container, Sequence
from fractions import Fraction

from stepper.core.expr import Expr, Value
from stepper.engine.answers.finding.explanation import Given, fits
from stepper.engine.answers.finding.lines import Calculation


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
