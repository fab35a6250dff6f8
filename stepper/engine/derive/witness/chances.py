"""The distributions of an instance: given laws, or a few random values that meet what is assumed; dependent wherever
independence is not assumed.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from fractions import Fraction
from functools import cached_property, partial
from itertools import combinations

from msgspec import Struct

from stepper.core.assumptions import Law
from stepper.core.derivation_parser import parse_derivation
from stepper.core.expr import Index, Sym
from stepper.core.formula import text
from stepper.engine.derive.witness.constraints import (
    Constraint,
    Equation,
    Sought,
    constraints_on,
    equations,
    points_meeting,
)
from stepper.engine.derive.witness.expectation import Chances, Density, Outcomes
from stepper.engine.derive.witness.instance import Instance
from stepper.engine.derive.witness.laws import LONG, SHORT, LawRow, Points, law_row, nodes
from stepper.engine.derive.witness.numbers import Quantity, Unable, Undefined, holds, over
from stepper.engine.derive.witness.scene import Key, Scene

SCORED = 2
"""The degree that dependence adds to a polynomial."""


class Marginal(Struct, frozen=True):
    """The distribution of one quantity: its points, or its law with the values of its parameters."""

    points: Points | None = None
    row: LawRow | None = None
    parameters: tuple[Quantity, ...] = ()


class Models:
    """The distributions of all random quantities of an instance."""

    def __init__(self, instance: Instance) -> None:
        self.instance, self.kinds = instance, instance.kinds
        self.equations: list[Equation] = equations(self.kinds)
        self.patterns = _patterns(self.kinds.given.laws)
        self.uncorrelated: set[str] = set()
        self.strengths: dict[tuple[str, str], Quantity] = {}
        self.used: dict[Key, Marginal] = {}
        self.said: dict[str, list[Constraint]] = {}

    def chances(self, scene: Scene) -> Chances:
        """The joint distribution, for one expectation."""
        marginals: dict[Key, Marginal] = {}

        def marginal(key: Key) -> Marginal:
            if key not in marginals:
                marginals[key] = self.used[key] = self.marginal(scene, key)
            return marginals[key]

        def single(key: Key, degree: float) -> Outcomes | Density:
            return _single(marginal(key), degree + (SCORED if self._depends(key) else 0))

        return Chances(single, _Together(self, marginal))

    def _depends(self, key: Key) -> bool:
        names = {key[0], *self.kinds.random}
        return any(not self.independent(key[0], name) for name in names)

    def independent(self, one: str, other: str) -> bool:
        """Is it assumed? Of one name: are its members independent of one another?"""
        given = self.kinds.given
        return given.everything_independent or any(one in group and other in group for group in given.independent)

    def marginal(self, scene: Scene, key: Key) -> Marginal:
        """By its law, or by a few values."""
        name, places = key
        with _outside(scene):
            law = self.kinds.given.laws.get(name)
            if law is not None:
                return _by_law(scene, law, {})
            if name in self.patterns:
                indices, law = self.patterns[name]
                return _by_law(scene, law, dict(zip(indices, places, strict=False)))
            return Marginal(self._points(scene, key))

    def _points(self, scene: Scene, key: Key) -> Points:
        """The values, worked out once for what is put in for the names in what is said of the quantity."""
        name = key[0]
        said = self.said.setdefault(name, constraints_on(name, self.equations, self.kinds))
        read = {part.name for constraint in said for part in constraint.names}
        put = frozenset((at, number) for at, number in scene.local.items() if at in read)
        known = ("points", name, put)
        if known not in scene.known:
            scene.known[known] = self._new_points(scene, key, said)
        points: Points = scene.known[known]
        return points

    def _new_points(self, scene: Scene, key: Key, said: list[Constraint]) -> Points:
        name, instance = key[0], self.instance
        style, traits = instance.style, instance.traits(name)
        sought = Sought(key, instance.bounds.of(name), "symmetric" in traits, style.points, style.simple)
        return points_meeting(scene, said, sought, random.Random(f"{instance.seed} {name}"))  # noqa: S311

    def dependences(self, keys: Sequence[Key]) -> list[tuple[int, list[Key]]]:
        """Sets within which all depend on one another, and with a minus sets within which none do."""
        given = self.kinds.given
        if given.everything_independent:
            return []
        groups = [frozenset(key for key in keys if key[0] in group) for group in given.independent]
        found = [(1, list(keys))] if len(keys) > 1 else []
        for size in range(1, len(groups) + 1):
            for chosen in combinations(groups, size):
                common = frozenset.intersection(*chosen)
                if len(common) > 1:
                    found.append((1 if size % 2 == 0 else -1, sorted(common)))
        return found

    def correlations(self, keys: Sequence[Key]) -> list[tuple[Key, Key, Quantity]]:
        """Pairs with a covariance of their own."""
        pairs = [(one, other, self.strengths.get((one[0], other[0]))) for one, other in combinations(keys, 2)]
        return [(one, other, strength) for one, other, strength in pairs if strength]

    def dependent(self, keys: Sequence[Key]) -> bool:
        """Does one of them depend on another?"""
        sets = self.dependences(keys)
        return sum(sign * 2 ** len(members) for sign, members in sets) > 0

    @cached_property
    def share(self) -> Quantity:
        """So small that no chance is negative: (1 + c)^k - 1 - c k <= 1 for k quantities."""
        members = max(2, sum(self._members(name) for name in self.kinds.random))
        return next(
            Fraction(1, number)
            for number in range(1, 1000)
            if (1 + Fraction(1, number)) ** members <= 2 + Fraction(members, number)
        )

    def together(self, points: Mapping[Key, Points]) -> Callable[[Mapping[Key, Quantity]], Quantity]:
        """What the dependence of these multiplies the chance of an outcome by."""
        return _Together(self, lambda key: Marginal(points[key]))

    def _members(self, name: str) -> int:
        instance = self.instance
        if name in self.kinds.shapes:
            return math.prod(instance.shape(name))
        axes = self.kinds.families.get(name, 0)
        limits = [self.kinds.limits.get((name, axis)) for axis in range(axes)]
        return math.prod(3 if limit is None else instance.limit(limit) for limit in limits)


class _Together:
    """What the chance of an outcome is multiplied by: 1 plus, over every set of two or more quantities that are not
    said to be independent, the product of their scores times a share.

    Scores are 0 on average: so every quantity alone is distributed as it is, and those of a group that is said to be
    independent are.
    """

    def __init__(self, models: Models, marginal: Callable[[Key], Marginal]) -> None:
        self.models, self.marginal = models, marginal
        self.sets: list[tuple[int, list[Key]]] | None = None
        self.pairs: list[tuple[Key, Key, Quantity]] = []
        self.scores: dict[Key, Callable[[Quantity], Quantity]] = {}

    def __call__(self, atoms: Mapping[Key, Quantity]) -> Quantity:
        if self.sets is None:
            keys = sorted(atoms)
            self.sets = self.models.dependences(keys)
            self.pairs = self.models.correlations(keys)
            used = {key for _, members in self.sets for key in members} | {
                key for pair in self.pairs for key in pair[:2]
            }
            self.scores = {key: self._score(key) for key in used}
        total: Quantity = 1
        if not self.scores:
            return total
        share, scores = self.models.share, {key: score(atoms[key]) for key, score in self.scores.items()}
        for sign, members in self.sets:
            every: Quantity = 1
            single: Quantity = 1
            for key in members:
                every = every * (1 + share * scores[key])
                single = single + share * scores[key]
            total = total + sign * (every + -single)
        for one, other, strength in self.pairs:
            total = total + strength * scores[one] * scores[other]
        return total

    def _score(self, key: Key) -> Callable[[Quantity], Quantity]:
        name, marginal = key[0], self.marginal(key)
        source = random.Random(f"{self.models.instance.seed} score {name}")  # noqa: S311
        if marginal.points is None:
            return _curve(marginal, source)
        scores = _scores(marginal.points, source, name in self.models.uncorrelated)
        return partial(_looked_up, scores)


def _looked_up(scores: Mapping[Quantity, Quantity], value: Quantity) -> Quantity:
    return scores[value]


def _scores(points: Points, source: random.Random, uncorrelated: bool) -> Mapping[Quantity, Quantity]:
    """A number for each value, 0 on average and at most 1; with ``uncorrelated`` without relation to the value."""
    values = [value for value, _ in points]
    raw: list[Quantity] = [place + (source.randint(0, 2) if len(points) > 2 else 0) for place in range(len(points))]
    raw = _centred(raw, points)
    if uncorrelated:
        centred = _centred(values, points)
        share = over(_mean(raw, centred, points), _mean(centred, centred, points))
        raw = [score + -(share * value) for score, value in zip(raw, centred, strict=True)]
    largest: Quantity = 0
    for score in raw:
        largest = abs(score) if holds(">", abs(score), largest) else largest
    if largest == 0:
        return dict.fromkeys(values, 0)
    return {value: over(score, largest) for value, score in zip(values, raw, strict=True)}


def _centred(numbers: Sequence[Quantity], points: Points) -> list[Quantity]:
    middle = _mean(numbers, [1] * len(numbers), points)
    return [number + -middle for number in numbers]


def _mean(numbers: Sequence[Quantity], others: Sequence[Quantity], points: Points) -> Quantity:
    total: Quantity = 0
    for number, other, (_, weight) in zip(numbers, others, points, strict=True):
        total = total + number * other * weight
    return total


def _curve(marginal: Marginal, source: random.Random) -> Callable[[Quantity], Quantity]:
    """A polynomial of a quantity with a law, 0 on average."""
    row, parameters = marginal.row, marginal.parameters
    if row is None or row.moments is None:
        raise Unable("a dependence of this kind")
    moments = row.moments(*parameters)
    _, first, second = next(moments), next(moments), next(moments)
    variance = second + -(first * first)
    scale = over(1, 4 * (1 + abs(first) + second))
    bend = Fraction(source.randint(1, 3), 4)

    def score(value: Quantity) -> Quantity:
        apart = value + -first
        return scale * (apart + bend * (apart * apart + -variance))

    return score


def _single(marginal: Marginal, degree: float) -> Outcomes | Density:
    if marginal.points is not None:
        return Outcomes(marginal.points)
    row, parameters = marginal.row, marginal.parameters
    assert row is not None
    if row.moments is not None and degree != math.inf:
        return Outcomes(nodes(row.moments(*parameters), int(degree)))
    if row.points is not None:
        return Outcomes(row.points(*parameters), 1)
    assert row.density is not None
    assert row.support is not None
    density, ends = row.density, row.support
    return Density(density(*parameters), ends(LONG, *parameters), ends(SHORT, *parameters))


def _by_law(scene: Scene, law: Law, indices: Mapping[str, int]) -> Marginal:
    row = law_row(law.name)
    if len(law.arguments) != len(row.domains):
        raise Unable(f"{law.name} with {len(law.arguments)} parameters")
    with scene.putting(indices):
        parameters = tuple(scene.number(argument) for argument in law.arguments)
    for number, (low, high) in zip(parameters, row.domains, strict=True):
        if not (low < number < high):
            raise Undefined(f"a parameter of {law.name} out of its range")
    if row.support is not None and not holds("<", (ends := row.support(SHORT, *parameters))[0], ends[-1]):
        raise Undefined(f"parameters of {law.name} that do not fit")
    if row.moments is None and row.points is not None:
        return Marginal([point for point in row.points(*parameters) if point[1] != 0])
    return Marginal(None, row, parameters)


def _patterns(laws: Mapping[str, Law]) -> dict[str, tuple[tuple[str, ...], Law]]:
    """Laws of members, ``w[j]``, by the name of the family."""
    found = {}
    for key, law in laws.items():
        written = parse_derivation(key)
        if isinstance(written, Index) and isinstance(written.base, Sym):
            found[written.base.name] = tuple(map(text, written.indices)), law
    return found


@contextmanager
def _outside(scene: Scene) -> Iterator[None]:
    """Parameters are worked out apart from the outcomes."""
    before = scene.atoms, scene.found, scene.compared
    scene.atoms, scene.found, scene.compared = {}, None, None
    try:
        yield
    finally:
        scene.atoms, scene.found, scene.compared = before
