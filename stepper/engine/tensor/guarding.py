"""Numbers in lines of arrays with as many digits as it takes to come to what stands beside them."""

from __future__ import annotations

import math
from fractions import Fraction

from stepper.core.expr import Expr
from stepper.core.formula import number_of
from stepper.core.numbers import rounds, shown
from stepper.engine.tensor.entries import Entries, entry_expr
from stepper.engine.tensor.evaluate import Worker
from stepper.engine.values.equations import as_shown, with_guard
from stepper.engine.values.vocabulary import Vocabulary
from stepper.errors import StepperError

MOST_GUARD, UNITS = 8, 1
"""Digits more than are shown elsewhere, and how far from what is shown, in units of its last digit, a line may come."""


def guarded(side: Expr, array: Entries, vocabulary: Vocabulary, digits: int) -> Expr:
    """A line of numbers that comes to an array, each entry to the unit of its last digit, as both are shown."""
    if not rounds(side, digits):
        return side
    for guard in range(MOST_GUARD + 1):
        tried = with_guard(side, guard)
        if _comes_to(tried, array, vocabulary, digits):
            return tried
    return side


def _comes_to(line: Expr, array: Entries, vocabulary: Vocabulary, digits: int) -> bool:
    try:
        found = Worker(vocabulary, {})(as_shown(line, digits))
    except StepperError:
        return False
    return found.shape == array.shape and all(
        _near(number_of(entry_expr(one)), number_of(entry_expr(other)), digits)
        for one, other in zip(found.ravel(), array.ravel(), strict=True)
    )


def _near(found: Fraction | float | None, wanted: Fraction | float | None, digits: int) -> bool:
    if found is None or wanted is None:
        return False
    goal = float(shown(wanted, digits).number)
    if not goal:
        return abs(float(found)) < 10.0**-digits
    unit = 10.0 ** (math.floor(math.log10(abs(goal))) - digits + 1)
    return abs(float(found) - goal) <= (UNITS + 0.501) * unit
