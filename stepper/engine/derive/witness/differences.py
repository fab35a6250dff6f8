"""Slopes by differences with digits to spare: no rule of differentiation is asked."""

from __future__ import annotations

from collections.abc import Callable

<<<<<<< HEAD
from stepper.engine.derive.witness.arrays import Nested, combined
from stepper.engine.derive.witness.numbers import Quantity, Undefined, minus, plus, rounded, times
=======
from stepper.engine.derive.witness.arrays import Nested, combined, entries
from stepper.engine.derive.witness.numbers import Quantity, Undefined, minus, times
>>>>>>> 2221dea50fe1028c07c893325440e645d407df71
from stepper.engine.derive.witness.numbers import context as digits

STEP = 100
"""The step is 2^-STEP: what is left out is below 10^-60."""
KINK = 20
"""Slopes that differ by more than 2^-KINK are those of a kink."""
SPARE = 45
"""Digits that each difference takes."""
SHARP = 60
"""Slopes on both sides that are 2^-SHARP apart are those of a kink."""


def slope(function: Callable[[Quantity], Nested], at: Quantity) -> Nested:
    """The symmetric difference quotient, for numbers and arrays; undefined at a kink.

    >>> with digits().workdps(100):
    ...     print(slope(lambda x: x * x, 3))
    6.0

    Raises:
        Undefined: at a kink or a jump.
    """
    step = digits().ldexp(1, -STEP)
<<<<<<< HEAD
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
=======
    left, here, right = function(at + -step), function(at), function(at + step)
    risen, whole = combined(minus, right, here), combined(minus, right, left)
    for one, both in zip(entries(risen), entries(whole), strict=True):
        if abs(2 * one + -both) > digits().ldexp(1, -STEP - SHARP) * (1 + abs(both)):
            raise Undefined("a derivative at a kink")
    return combined(times, digits().ldexp(1, STEP - 1), whole)
>>>>>>> 2221dea50fe1028c07c893325440e645d407df71
