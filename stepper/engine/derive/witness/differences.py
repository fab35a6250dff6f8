"""Slopes by differences with digits to spare: no rule of differentiation is asked."""

from __future__ import annotations

from collections.abc import Callable

from stepper.engine.derive.witness.arrays import Nested, combined
from stepper.engine.derive.witness.numbers import Quantity, minus, times
from stepper.engine.derive.witness.numbers import context as digits

STEP = 100
"""The step is 2^-STEP: what is left out is below 10^-60."""
SPARE = 45
"""Digits that each difference takes."""


def slope(function: Callable[[Quantity], Nested], at: Quantity) -> Nested:
    """The symmetric difference quotient, for numbers and arrays.

    >>> with digits().workdps(100):
    ...     print(slope(lambda x: x * x, 3))
    6.0
    """
    step = digits().ldexp(1, -STEP)
    right, left = function(at + step), function(at + -step)
    return combined(times, digits().ldexp(1, STEP - 1), combined(minus, right, left))
