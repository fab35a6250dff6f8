"""Integrals by the double exponential rule, split at kinks: always at the same points, so that they can be
differentiated too.

Takahasi and Mori, Double exponential formulas for numerical integration, 1974.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from stepper.engine.derive.witness.numbers import Imprecise, Quantity, Undefined, context, rounded
from stepper.engine.derive.witness.scene import Scene

LEVELS, FEW, MANY = (5, 6, 7), 14, 60
"""Points lie 2^-5 apart, or closer where that is not enough; points of Gauss and Legendre, few of them where there are
two integrals in one another.
"""
REACH = {"interval": 4.29, "half": 4.8, "line": 4.8}
"""Up to 10^-50 from an end, as a share of the interval; up to 10^41 on a half-line."""
CLOSE, CONVERGED, NOTHING = 10.0**-10, 10.0**-4, 10.0**-12
"""A sum of half the points is so close where the whole sum has twice the digits; further off it is that of no integral.
At the ends there is nothing left to add.
"""
SMOOTH = 10.0**-5
"""A larger share in the last Legendre coefficient tells of a kink that was not found; else the error is its square."""
INTEGRATED = 30
"""What a point counts besides the formula: functions of numbers with many digits take their time."""
TOO_FEW = "an integral could not be worked out to enough digits"
SLOW = "an integral that does not converge, or too slowly"
LOOKED = 24
"""Intervals in which a change of sign is looked for."""
BISECTIONS, DEEPEST, NEAR, EDGE = 12, 4, 10.0**-6, 2.0**-30
FAR = 50

Integrand = Callable[[Quantity], list[Quantity]]


def integral(function: Integrand, low: Quantity, high: Quantity, breaks: Sequence[Quantity] = ()) -> list[Quantity]:
    """The integrals of several functions at once from low to high.

    Raises:
        Undefined: where one of them does not converge.
    """
    low, high = rounded(low), rounded(high)
    if high < low:
        return [-number for number in integral(function, high, low, breaks)]
    if low == high:
        return [0 for _ in function(low)]
    total: list[Quantity] = []
    inside = sorted({rounded(at) for at in breaks if low < rounded(at) < high})
    for start, end in pairwise([low, *inside, high]):
        piece = _piece(function, start, end)
        total = [one + other for one, other in zip(total, piece, strict=True)] if total else piece
    return total


def _piece(function: Integrand, low: Quantity, high: Quantity) -> list[Quantity]:
    rule, change = _change(low, high)
    for level in LEVELS:
        columns = []
        for point, weight in _nodes(rule, level, context().prec):
            x, scale = change(point)
            columns.append([number * weight * scale for number in _defined(function, x)])
        found = [_total(terms, level == LEVELS[-1]) for terms in zip(*columns, strict=True)]
        if None not in found:
            return [total * context().ldexp(1, -level) for total in found]
    raise Imprecise(TOO_FEW)


def rough_integral(function: Integrand, low: Quantity, high: Quantity, breaks: Sequence[Quantity]) -> list[Quantity]:
    """The same between finite ends with few points, those of Gauss and Legendre.

    Raises:
        Imprecise: where the last Legendre coefficients tell that they are too few.
    """
    nodes = _legendre(FEW, context().prec)
    sums: list[tuple[Quantity, Quantity, Quantity]] = []
    for start, end in pairwise([low, *sorted(at for at in breaks if low < at < high), high]):
        middle, half = (start + end) / 2, (end - start) / 2
        columns = zip(*(function(middle + half * point) for point, _, _ in nodes), strict=True)
        found = [_series(column, nodes, half) for column in columns]
        sums = [_added(one, other) for one, other in zip(sums, found, strict=True)] if sums else found
    if any(last > SMOOTH * size for _, last, size in sums):
        raise Imprecise(TOO_FEW)
    return [total for total, _, _ in sums]


def _added(one: tuple[Quantity, ...], other: tuple[Quantity, ...]) -> tuple[Quantity, Quantity, Quantity]:
    total, last, size = (left + right for left, right in zip(one, other, strict=True))
    return total, last, size


def _series(
    values: Sequence[Quantity], nodes: Sequence[tuple[Quantity, Quantity, Quantity]], half: Quantity
) -> tuple[Quantity, Quantity, Quantity]:
    """The weighted sum, the last Legendre coefficient, and the sum of the sizes."""
    total: Quantity = 0
    last: Quantity = 0
    size: Quantity = 0
    for value, (_, weight, wave) in zip(values, nodes, strict=True):
        total = total + weight * value
        last = last + weight * value * wave
        size = size + weight * abs(value)
    return half * total, half * abs(last), half * size


@lru_cache(maxsize=4)
def _legendre(count: int, precision: int) -> list[tuple[Quantity, Quantity, Quantity]]:
    """The zeros of the Legendre polynomial, by Newton from their usual approximation, their weights, and the polynomial
    before it there.
    """
    work, found = context(), []
    for number in range(count):
        x = work.cos(work.pi * (number + rounded("0.75")) / (count + rounded("0.5")))
        for _ in range(9):
            before, now = work.mpf(1), x
            for degree in range(2, count + 1):
                before, now = now, ((2 * degree - 1) * x * now - (degree - 1) * before) / degree
            slope = count * (x * now - before) / (x * x - 1)
            x -= now / slope
        found.append((x, 2 / ((1 - x * x) * slope * slope), before))
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
    if last and not apart <= size * CONVERGED:
        raise Undefined(SLOW)
    if last and apart > size * CLOSE:
        raise Imprecise(TOO_FEW)
    return total if apart <= size * CLOSE else None


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


def spread(low: Quantity, high: Quantity) -> list[tuple[Quantity, Quantity]]:
    """Many points with weights, for a smooth function on an interval."""
    middle, half = (low + high) / 2, (high - low) / 2
    return [(middle + half * point, half * weight) for point, weight, _ in _legendre(MANY, context().prec)]


def kinks(scene: Scene, function: Integrand, ends: Sequence[Quantity]) -> list[Quantity]:
    """Where a comparison inside changes from one side to the other."""

    def differences(at: Quantity) -> list[Quantity]:
        before, scene.compared = scene.compared, []
        try:
            function(at)
        except Undefined:
            return scene.compared
        finally:
            found, scene.compared = scene.compared, before
        return found

    def between(left: Quantity, here: list[Quantity], right: Quantity, there: list[Quantity], depth: int) -> None:
        number = _first_change(here, there)
        if number is None or depth == DEEPEST:
            return

        def difference(at: Quantity) -> Quantity:
            return differences(at)[number]

        root = _root(difference, left, right, here[number], there[number])
        found.append(root)
        apart = (right - left) * NEAR
        for one, other in ((left, root - apart), (root + apart, right)):
            if one < other:
                between(one, differences(one), other, differences(other), depth + 1)

    points = list(_looked_at(ends))
    found: list[Quantity] = []
    if any(differences(point) for point in points[:: LOOKED // 4]):
        seen = [differences(point) for point in points]
        for (left, here), (right, there) in pairwise(zip(points, seen, strict=True)):
            between(left, here, right, there, 0)
    return found


def _first_change(here: Sequence[Quantity], there: Sequence[Quantity]) -> int | None:
    """Which comparison is the first whose sides change; those after it may be others."""
    signs = enumerate(zip(here, there, strict=False))
    return next((number for number, (one, other) in signs if (one < 0) != (other < 0)), None)


def _looked_at(ends: Sequence[Quantity]) -> Iterator[Quantity]:
    """Points inside, at no round number; closer together towards where an interval is split."""
    infinite = context().inf
    low, *inside, high = ends
    start = -FAR if low == -infinite else rounded(low)
    end = FAR if high == infinite else rounded(high)
    places = [min(start, end - FAR) if low == -infinite else start, *map(rounded, inside)]
    places.append(max(end, start + FAR) if high == infinite else end)
    count = max(4, LOOKED // (len(places) - 1))
    for piece, (left, right) in enumerate(pairwise(places)):
        for number in range(-1, count + 1):
            share = min(1 - EDGE, max(EDGE, (number + rounded("0.4137")) / count))
            if inside and piece == len(places) - 2:
                share = share**3
            elif inside and piece == 0:
                share = 1 - (1 - share) ** 3
            yield left + (right - left) * share


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
