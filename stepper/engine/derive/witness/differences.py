"""Slopes by differences with digits to spare: no rule of differentiation is asked."""

from __future__ import annotations

from collections.abc import Callable

from stepper.engine.derive.witness.arrays import Nested, combined, entries
from stepper.engine.derive.witness.numbers import Quantity, Undefined, minus, rounded, times
from stepper.engine.derive.witness.numbers import context as digits

STEP = 100
"""The step is 2^-STEP: what is left out is below 10^-60."""
SPARE = 45
"""Digits that each difference takes."""
SHARP = 60
"""Slopes on both sides that are 2^-SHARP apart are those of a kink."""


def slope(function: Callable[[Quantity], Nested], at: Quantity, finer: int = 1) -> Nested:
    """The symmetric difference quotient, for numbers and arrays; ``finer`` times as many digits are asked of it.

    >>> with digits().workdps(100):
    ...     print(slope(lambda x: x * x, 3))
    6.0

    Raises:
        Undefined: at a kink or a jump.
    """
    bits = STEP * finer
    step = digits().ldexp(1, -bits)
    left, here, right = function(at + -step), function(at), function(at + step)
    risen, whole = combined(minus, right, here), combined(minus, right, left)
    for one, both in zip(entries(risen), entries(whole), strict=True):
        bend = abs(rounded(2 * one + -both))
        if bend > digits().ldexp(1, -bits - SHARP) * (1 + abs(rounded(both))):
            raise Undefined("a derivative at a kink")
    return combined(times, digits().ldexp(1, bits - 1), whole)
