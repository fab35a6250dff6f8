"""Slopes by differences with digits to spare: no rule of differentiation is asked."""

from __future__ import annotations

from collections.abc import Callable

from stepper.engine.derive.witness.arrays import Nested, combined
from stepper.engine.derive.witness.numbers import Quantity, Undefined, minus, plus, rounded, times
from stepper.engine.derive.witness.numbers import context as digits

STEP = 100
"""The step is 2^-STEP: what is left out is below 10^-60."""
KINK = 20
"""Slopes that differ by more than 2^-KINK are those of a kink."""
SPARE = 45
"""Digits that each difference takes."""


def slope(function: Callable[[Quantity], Nested], at: Quantity) -> Nested:
    """The symmetric difference quotient, for numbers and arrays; undefined at a kink.

    >>> with digits().workdps(100):
    ...     print(slope(lambda x: x * x, 3))
    6.0
    """
    step = digits().ldexp(1, -STEP)
    right, here, left = function(at + step), function(at), function(at + -step)
    combined(_smooth, combined(plus, right, left), here)
    return combined(times, digits().ldexp(1, STEP - 1), combined(minus, right, left))


def _smooth(around: Quantity, here: Quantity) -> Quantity:
    """What the two neighbours of a value are together beyond twice the value: far below one step, or the slopes on the
    two sides differ.
    """
    bend = rounded(minus(around, times(2, here)))
    if abs(bend) > digits().ldexp(max(1, abs(rounded(here))), -STEP - KINK):
        raise Undefined("a derivative at a kink")
    return bend
