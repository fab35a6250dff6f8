"""Sums of infinitely many terms."""

from __future__ import annotations

from collections.abc import Callable

from stepper.engine.derive.witness.numbers import Quantity, Reach, Undefined, context, rounded

MOST_TERMS = 600
ENOUGH = 55
"""Digits below which terms count no more."""
FAR = (10**4, 10**6, 10**8)
"""Where terms are looked at to tell whether they become small fast enough."""
ADDED, ALTERNATING, AGREE = 60, 35, 10.0**-20
"""Terms added up before the rest is extrapolated; digits for those whose sign changes; how exactly."""
SLOW = "a sum that does not converge, or too slowly"


def series(term: Callable[[Quantity], Quantity], first: int) -> Quantity:
    """The sum from the first term on: added up where terms soon vanish, extrapolated where they do so slowly.

    Raises:
        Undefined: where it does not converge.
    """
    total: Quantity = 0
    small, quiet = rounded(10) ** -ENOUGH, 0
    for number in range(first, first + MOST_TERMS):
        now = term(number)
        total = total + now
        size = abs(rounded(now))
        if size > rounded(10) ** ENOUGH:
            raise Undefined(SLOW)
        quiet = quiet + 1 if size <= small * max(1, abs(rounded(total))) else 0
        if quiet == 3:
            return total if isinstance(total, Reach) else rounded(total)
    return _extrapolated(term, first)


def _extrapolated(term: Callable[[Quantity], Quantity], first: int) -> Quantity:
    work, values = context(), [rounded(term(far)) for far in FAR]
    if (values[0] < 0) != (rounded(term(FAR[0] + 1)) < 0):
        if abs(values[2]) > abs(values[0]) / 2:
            raise Undefined(SLOW)
        with work.workdps(ALTERNATING):
            return work.nsum(term, [first, work.inf])
    sizes = [abs(value) * far for value, far in zip(values, FAR, strict=True)]
    if not sizes[2] < sizes[1] / 2 < sizes[0] / 4:
        raise Undefined(SLOW)
    found, error = work.sumem(term, [first + ADDED, work.inf], error=True, tol=AGREE)
    if not abs(error) < AGREE * max(1, abs(found)):
        raise Undefined(SLOW)
    return found + sum(rounded(term(number)) for number in range(first, first + ADDED))
