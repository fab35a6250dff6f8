"""Expectations by their definition: over every outcome, exactly; over densities with many digits."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise

from msgspec import Struct

from stepper.core.expr import Call, Expr
from stepper.core.traverse import extent
from stepper.engine.derive.witness.arrays import Nested, Scaled, entries, filled, iterated, shape_of
from stepper.engine.derive.witness.gauss import condensed
from stepper.engine.derive.witness.laws import Points
from stepper.engine.derive.witness.numbers import Imprecise, Misfit, Quantity, Reach, Unable, rounded, short
from stepper.engine.derive.witness.quadrature import INTEGRATED, TOO_FEW, integral, kinks, rough_integral, spread
from stepper.engine.derive.witness.scene import Key, Scene

MOST_INTEGRALS, ALIKE = 2, 10.0**-18


class Outcomes(Struct, frozen=True):
    """Values and chances; ``rough`` where there are infinitely many, and the last are left out."""

    points: Points
    rough: int = 0


class Density(Struct, frozen=True):
    """What is integrated: a density on an interval, and where it is to be split; a smaller one for few digits."""

    at: Callable[[Quantity], Quantity]
    ends: tuple[Quantity, ...]
    near: tuple[Quantity, ...]


class Chances(Struct, frozen=True):
    """The joint distribution of some quantities: of each its points or its density, as if all were independent; and
    what their dependence multiplies that by, and how many degrees that adds.
    """

    single: Callable[[Key, float], Outcomes | Density]
    more: Callable[[Key], int]
    together: Callable[[Mapping[Key, Quantity]], Quantity]


def _mean(moments: Sequence[Quantity]) -> Sequence[Quantity]:
    return moments


def _variance(moments: Sequence[Quantity]) -> Sequence[Quantity]:
    return [moments[1] + -(moments[0] * moments[0])]


def _covariance(moments: Sequence[Quantity]) -> Sequence[Quantity]:
    return [moments[2] + -(moments[0] * moments[1])]


_OPERATORS: Mapping[str, tuple[Callable[..., list[Quantity]], Callable[[Sequence[Quantity]], Sequence[Quantity]]]] = {
    "E": (lambda value: list(entries(value)), _mean),
    "P": (lambda value: list(entries(value)), _mean),
    "Var": (lambda value: [value, value * value], _variance),
    "Cov": (lambda one, other: [one, other, one * other], _covariance),
}
"""Which moments each takes, and what it makes of them."""


def operator(scene: Scene, expr: Call, chances: Chances) -> Nested:
    """E, Var, Cov or P."""
    key = id(expr), frozenset(scene.local.items())
    if key not in scene.known:
        with scene.apart():
            scene.known[key] = _operator(scene, expr, chances)
    return scene.known[key]


def _operator(scene: Scene, expr: Call, chances: Chances) -> Nested:
    bodies = expr.arguments
    powers, finish = _OPERATORS[expr.name]

    def values() -> list[Nested]:
        found = [scene.of(body) for body in bodies]
        if expr.name not in ("E", "P") and any(isinstance(value, tuple | Scaled) for value in found):
            raise Unable(f"{expr.name} of an array")
        return found

    scene.found = set()
    reached = values()
    keys, scene.found = sorted(scene.found), None
    shape = shape_of(reached[0]) if expr.name in ("E", "P") else ()
    total = Reach({})
    for number in powers(*reached):
        total = total + number
    moments = _expected(scene, keys, total, chances, lambda: powers(*values()), bodies)
    return filled(shape, iterated(map(short, finish(moments))))


def _single(
    scene: Scene, keys: Sequence[Key], reach: Reach, chances: Chances, values: Callable[[], list[Quantity]]
) -> dict[Key, Outcomes | Density]:
    """What each quantity goes over; one whose polynomial turns at numbers of its own, over few points between them."""
    turning = {key for turn in reach.turns for key in turn}
    together = {key for turn in reach.turns if len(turn) > 1 for key in turn}
    degrees = {key: math.inf if key in turning else reach.degrees.get(key, 0) for key in keys}
    found = {key: chances.single(key, degree) for key, degree in degrees.items()}
    for key, density in found.items():
        scene.atoms[key] = density.points[0][0] if isinstance(density, Outcomes) else density.near[0]
    for key, density in found.items():
        degree = reach.degrees.get(key, 0)
        if isinstance(density, Density) and key in turning - together and degree != math.inf:
            found[key] = _between(scene, key, density, int(degree) + chances.more(key), values)
    return found


def _between(scene: Scene, key: Key, density: Density, degree: int, values: Callable[[], list[Quantity]]) -> Outcomes:
    """Points that are exact for polynomials of this degree between the numbers where it turns."""
    before = scene.atoms[key]

    def at(number: Quantity) -> list[Quantity]:
        scene.atoms[key] = number
        scene.world.check(INTEGRATED)
        return values()

    low, *inside, high = (rounded(end) for end in density.ends)
    turns = sorted(turn for turn in kinks(scene, at, (low, *inside, high)) if low < turn < high)
    many: Points = []
    few: Points = []
    for start, end in pairwise([low, *turns, high]):
        ends = [start, *(split for split in inside if start < split < end), end]
        piece = [(x, weight * density.at(x)) for left, right in pairwise(ends) for x, weight in spread(left, right)]
        many += piece
        few += condensed(piece, degree)
    if not all(map(_near, _summed(at, many), _summed(at, few))):  # it turns somewhere else too
        raise Imprecise(TOO_FEW)
    scene.atoms[key] = before
    return Outcomes(few, 1)


def _summed(function: Callable[[Quantity], list[Quantity]], points: Points) -> list[Quantity]:
    rows = [[weight * number for number in function(x)] for x, weight in points]
    return [sum(column) for column in zip(*rows, strict=True)]


def _near(one: Quantity, other: Quantity) -> bool:
    return bool(abs(one - other) <= ALIKE * (1 + abs(other)))


def _expected(
    scene: Scene,
    keys: Sequence[Key],
    reach: Reach,
    chances: Chances,
    values: Callable[[], list[Quantity]],
    bodies: Sequence[Expr],
) -> list[Quantity]:
    single = _single(scene, keys, reach, chances, values)
    points = {key: found.points for key, found in single.items() if isinstance(found, Outcomes)}
    densities = [(key, found) for key, found in single.items() if isinstance(found, Density)]
    if len(densities) > MOST_INTEGRALS:
        raise Unable(f"integrals over more than {MOST_INTEGRALS} quantities at once")
    count = math.prod(len(found) for found in points.values())
    scene.world.outcomes(count, sum(extent(body)[0] for body in bodies))
    scene.rough = max(scene.rough, *(found.rough for found in single.values() if isinstance(found, Outcomes)), 0)
    total: list[Quantity] = []
    for outcome, weight in _outcomes(list(points.values())):
        scene.atoms.update(zip(points, outcome, strict=True))
        part = _integrated(scene, densities, chances, values, len(densities) > 1)
        part = [weight * number for number in part]
        if total and len(total) != len(part):
            raise Misfit("shapes that do not fit: not the same for every outcome")
        total = [one + other for one, other in zip(total, part, strict=True)] if total else part
    return total


def _outcomes(points: Sequence[Points]) -> Iterator[tuple[tuple[Quantity, ...], Quantity]]:
    """Each choice of one value of every quantity, with the product of their chances, as if all were independent."""
    if not points:
        yield (), 1
        return
    for before, weight in _outcomes(points[:-1]):
        for value, chance in points[-1]:
            yield (*before, value), weight * chance


def _integrated(
    scene: Scene,
    densities: Sequence[tuple[Key, Density]],
    chances: Chances,
    values: Callable[[], list[Quantity]],
    rough: bool,
) -> list[Quantity]:
    """Over what has a density, one after the other, the last one split where a comparison changes sides."""
    if not densities:
        factor = chances.together(scene.atoms)
        return [factor * number for number in values()] if factor != 1 else values()
    (key, density), *rest = densities
    scene.rough = max(scene.rough, len(densities))

    def plain(number: Quantity) -> list[Quantity]:
        scene.atoms[key] = number
        scene.world.check(INTEGRATED)
        return _integrated(scene, rest, chances, values, rough)

    def at(number: Quantity) -> list[Quantity]:
        weight = density.at(number)
        return [weight * value for value in plain(number)]

    low, *inside, high = (rounded(end) for end in (density.near if rough else density.ends))
    breaks = [*inside, *([rounded(0)] if rest else kinks(scene, plain, (low, *inside, high)))]
    return (rough_integral if rough else integral)(at, low, high, breaks)
