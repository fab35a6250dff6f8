"""The distributions of an instance: given laws, or a few random values that meet what is assumed; dependent wherever
independence is not assumed.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from itertools import combinations

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
from stepper.engine.derive.witness.dependence import SCORED, Dependence
from stepper.engine.derive.witness.expectation import Chances, Density, Outcomes
from stepper.engine.derive.witness.instance import Instance
from stepper.engine.derive.witness.laws import Points
from stepper.engine.derive.witness.marginals import Marginal, by_law, integrated
from stepper.engine.derive.witness.numbers import Quantity
from stepper.engine.derive.witness.scene import Key, Scene


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
            return integrated(marginal(key), degree + self._more(key))

        return Chances(single, self._more, self._dependence(marginal))

    def _more(self, key: Key) -> int:
        """The degrees that its dependence on others adds."""
        names = {key[0], *self.kinds.random}
        return SCORED if any(not self.independent(key[0], name) for name in names) else 0

    def independent(self, one: str, other: str) -> bool:
        """Is it assumed? Of one name: are its members independent of one another?"""
        given = self.kinds.given
        grouped = any(one in group and other in group for group in given.independent)
        return grouped or bool(given.everything_independent)

    def marginal(self, scene: Scene, key: Key) -> Marginal:
        """By its law, or by a few values."""
        name, places = key
        with scene.apart():
            law = self.kinds.given.laws.get(name)
            if law is not None:
                return by_law(scene, law, {})
            if name in self.patterns:
                indices, law = self.patterns[name]
                return by_law(scene, law, dict(zip(indices, places, strict=False)))
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
        return points_meeting(scene, said, sought, random.Random(f"{instance.seed} {name}"))  # noqa: S311 a check, no secret

    def _dependence(self, marginal: Callable[[Key], Marginal]) -> Dependence:
        return Dependence(
            self.dependences, self.correlations, self.share, marginal, self.instance.seed, self.uncorrelated
        )

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
        return sum(sign * ((1 << len(members)) - 1 - len(members)) for sign, members in sets) != 0

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
        return self._dependence(lambda key: Marginal(points[key]))

    def _members(self, name: str) -> int:
        instance = self.instance
        if name in self.kinds.shapes:
            return math.prod(instance.shape(name))
        axes = self.kinds.families.get(name, 0)
        limits = [self.kinds.limits.get((name, axis)) for axis in range(axes)]
        return math.prod(3 if limit is None else instance.limit(limit) for limit in limits)


def _patterns(laws: Mapping[str, Law]) -> dict[str, tuple[tuple[str, ...], Law]]:
    """Laws of members, ``w[j]``, by the name of the family."""
    found = {}
    for key, law in laws.items():
        written = parse_derivation(key)
        if isinstance(written, Index) and isinstance(written.base, Sym):
            found[written.base.name] = tuple(map(text, written.indices)), law
    return found
