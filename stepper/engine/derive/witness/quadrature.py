"""Integrals by the double exponential rule, split at kinks: always at the same points, so that they can be
differentiated too.

Takahasi and Mori, Double exponential formulas for numerical integration, 1974.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial
from itertools import pairwise

from stepper.engine.derive.witness.numbers import Quantity, Undefined, context, rounded
from stepper.engine.derive.witness.scene import Scene

LEVELS, ROUGH, GAUSS = (5, 6, 7), (0,), 28
"""Points lie 2^-5 apart, or closer where that is not enough; where there are two integrals in one another, as few as
Gauss and Legendre need.
"""
REACH = {"interval": 4.29, "half": 4.8, "line": 4.8}
"""Up to 10^-50 from an end, as a share of the interval; up to 10^41 on a half-line."""
CLOSE, CONVERGED, NOTHING = 10.0**-10, 10.0**-4, 10.0**-12
"""A sum of half the points is so close where the whole sum has twice the digits; further off it is that of no integral.
At the ends there is nothing left to add.
"""
INTEGRATED = 30
"""What a point counts besides the formula: functions of numbers with many digits take their time."""
SLOW = "an integral that does not converge, or too slowly"
LOOKED = 24
"""Intervals in which a change of sign is looked for."""
BISECTIONS = 12
FAR = 50

Integrand = Callable[[Quantity], list[Quantity]]


def integral(
    function: Integrand, low: Quantity, high: Quantity, breaks: Sequence[Quantity] = (), levels: Sequence[int] = LEVELS
) -> list[Quantity]:
    """The integrals of several functions at once from low to high.

    Raises:
        Undefined: where one of them does not converge.
    """
    if high < low:
        return [-number for number in integral(function, high, low, breaks, levels)]
    if low == high:
        return [0 for _ in function(low)]
    total: list[Quantity] = []
    inside = sorted({rounded(at) for at in breaks if low < rounded(at) < high})
    for start, end in pairwise([rounded(low), *inside, rounded(high)]):
        piece = _piece(function, start, end, levels)
        total = [one + other for one, other in zip(total, piece, strict=True)] if total else piece
    return total


def _piece(function: Integrand, low: Quantity, high: Quantity, levels: Sequence[int]) -> list[Quantity]:
    rule, change = _change(low, high)
    if levels == ROUGH and rule == "interval":
        return _gauss(function, low, high)
    for level in levels or LEVELS:
        columns = []
        for point, weight in _nodes(rule, level, context().prec):
            x, scale = change(point)
            columns.append([number * weight * scale for number in _defined(function, x)])
        found = [_total(terms, level == levels[-1]) for terms in zip(*columns, strict=True)]
        if None not in found:
            return [total * context().ldexp(1, -level) for total in found]
    raise AssertionError("the last level is taken as it is")


def _gauss(function: Integrand, low: Quantity, high: Quantity) -> list[Quantity]:
    middle, half = (low + high) / 2, (high - low) / 2
    total: list[Quantity] = []
    for point, weight in _legendre(GAUSS, context().prec):
        terms = [number * weight * half for number in _defined(function, middle + half * point)]
        total = [one + other for one, other in zip(total, terms, strict=True)] if total else terms
    return total


@lru_cache(maxsize=4)
def _legendre(count: int, precision: int) -> list[tuple[Quantity, Quantity]]:
    """The zeros of the Legendre polynomial, by Newton from their usual approximation, and their weights."""
    work, found = context(), []
    for number in range(count):
        x = work.cos(work.pi * (number + rounded("0.75")) / (count + rounded("0.5")))
        for _ in range(9):
            before, now = work.mpf(1), x
            for degree in range(2, count + 1):
                before, now = now, ((2 * degree - 1) * x * now - (degree - 1) * before) / degree
            slope = count * (x * now - before) / (x * x - 1)
            x -= now / slope
        found.append((x, 2 / ((1 - x * x) * slope * slope)))
    return found


def _defined(function: Integrand, x: Quantity) -> list[Quantity]:
    try:
        return function(x)
    except ZeroDivisionError:
        raise Undefined("a division by 0") from None


def _total(terms: Sequence[Quantity], last: bool) -> Quantity | None:
    """The sum; None where closer points are needed."""
    total, half, most = sum(terms), sum(terms[::2]), max(map(abs, terms))
    size = max(abs(total), most)
    if max(abs(terms[0]), abs(terms[-1])) > most * NOTHING:
        raise Undefined(SLOW)
    apart = abs(total - 2 * half)
    if last and apart > size * CONVERGED:
        raise Undefined(SLOW)
    return total if last or apart <= size * CLOSE else None


def _change(low: Quantity, high: Quantity) -> tuple[str, Callable[[Quantity], tuple[Quantity, Quantity]]]:
    """Which rule an interval takes, and where its points lie on it."""
    infinite = context().inf
    if low == -infinite and high == infinite:
        return "line", lambda point: (point, 1)
    if high == infinite:
        return "half", lambda point: (low + point, 1)
    if low == -infinite:
        return "half", lambda point: (high - point, 1)
    width = high - low  # points are shares of it, from the end that is nearer: below 0 from the upper one
    return "interval", lambda point: ((low if point > 0 else high) + width * point, width)


@lru_cache(maxsize=32)
def _nodes(rule: str, level: int, precision: int) -> list[tuple[Quantity, Quantity]]:
    """Points and weights, from one end to the other."""
    work = context()
    most = int(REACH[rule] * 2**level)
    most -= most % 2
    found = []
    for number in range(-most, most + 1):
        t = work.ldexp(number, -level)
        inner, slope = work.pi / 2 * work.sinh(t), work.pi / 2 * work.cosh(t)
        if rule == "interval":
            share = 1 / (1 + work.exp(2 * abs(inner)))
            found.append((share if inner <= 0 else -share, slope / (2 * work.cosh(inner) ** 2)))
        elif rule == "half":
            found.append((work.exp(inner), slope * work.exp(inner)))
        else:
            found.append((work.sinh(inner), slope * work.cosh(inner)))
    return found


def kinks(scene: Scene, function: Integrand, low: Quantity, high: Quantity) -> list[Quantity]:
    """Where a comparison inside changes from one side to the other."""

    def differences(at: Quantity) -> list[Quantity]:
        before, scene.compared = scene.compared, []
        try:
            function(at)
        except Undefined:
            return []
        finally:
            found, scene.compared = scene.compared, before
        return found

    def nth(number: int, at: Quantity) -> Quantity:
        return differences(at)[number]

    points = list(_looked_at(low, high))
    if not any(differences(point) for point in points[: LOOKED // 8]):
        return []
    seen = [differences(point) for point in points]
    found = []
    for (left, here), (right, there) in pairwise(zip(points, seen, strict=True)):
        if len(here) == len(there):
            for number, (one, other) in enumerate(zip(here, there, strict=True)):
                if (one < 0) != (other < 0):
                    found.append(_root(partial(nth, number), left, right, one, other))
    return found


def _looked_at(low: Quantity, high: Quantity) -> Iterator[Quantity]:
    """Points inside an interval, at no round number."""
    infinite = context().inf
    start = max(rounded(low), -FAR) if low != -infinite else -FAR
    end = min(rounded(high), FAR) if high != infinite else FAR
    for number in range(LOOKED + 1):
        share = (number + rounded("0.4137")) / (LOOKED + 1)
        yield start + (end - start) * share


def _root(
    function: Callable[[Quantity], Quantity], left: Quantity, right: Quantity, one: Quantity, other: Quantity
) -> Quantity:
    """Where a function is 0 between two points at which its signs differ: halved, then along secants."""
    one, other = rounded(one), rounded(other)
    for turn in range(BISECTIONS + 8):
        span = other - one
        guess = (left * other - right * one) / span if turn == 0 or turn >= BISECTIONS else (left + right) / 2
        value = rounded(function(guess))
        if value == 0 or right - left < context().ldexp(1, 20 - context().prec):
            return guess
        if (value < 0) == (one < 0):
            left, one = guess, value
        else:
            right, other = guess, value
    return guess
