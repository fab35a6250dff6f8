"""Few points with weights that are exact for polynomials under a density: Gauss's rule, from many points.

Gautschi, Orthogonal polynomials: computation and approximation, 2004, section 2.2 (Stieltjes).
"""

from __future__ import annotations

from collections.abc import Sequence

from stepper.engine.derive.witness.laws import Points
from stepper.engine.derive.witness.numbers import Quantity, context


def condensed(points: Points, degree: int) -> Points:
    """As few points as give the same sum for every polynomial up to the degree.

    >>> with context().workdps(30):
    ...     found = condensed([(-1, 1), (0, 1), (1, 1)], 3)
    >>> [(round(float(x), 6), round(float(weight), 6)) for x, weight in found]
    [(-0.816497, 1.5), (0.816497, 1.5)]
    """
    count = degree // 2 + 1
    if len(points) <= count:
        return points
    middles, spreads = _recurrence(points, count)
    work = context()
    matrix = work.matrix(count, count)
    for place, middle in enumerate(middles):
        matrix[place, place] = middle
    for place, spread in enumerate(spreads[1:]):
        matrix[place, place + 1] = matrix[place + 1, place] = work.sqrt(spread)
    values, vectors = work.eigsy(matrix)
    return [(values[place], spreads[0] * vectors[0, place] ** 2) for place in range(count)]


def _recurrence(points: Points, count: int) -> tuple[list[Quantity], list[Quantity]]:
    """The polynomials p(k + 1) = (x - a(k)) p(k) - b(k) p(k - 1) that are orthogonal on the points: a and b."""
    before: list[Quantity] = [context().mpf(0)] * len(points)
    now: list[Quantity] = [context().mpf(1)] * len(points)
    middles: list[Quantity] = []
    spreads: list[Quantity] = []
    size = context().mpf(1)
    for _ in range(count):
        weighted = [weight * value * value for (_, weight), value in zip(points, now, strict=True)]
        here = sum(weighted)
        middle = _inner(points, weighted) / here
        spread = here / size if spreads else here
        after = [(x - middle) * value - spread * last for (x, _), value, last in zip(points, now, before, strict=True)]
        middles.append(middle)
        spreads.append(spread)
        before, now, size = now, after, here
    return middles, spreads


def _inner(points: Points, weights: Sequence[Quantity]) -> Quantity:
    total: Quantity = context().mpf(0)
    for (x, _), weight in zip(points, weights, strict=True):
        total = total + x * weight
    return total
