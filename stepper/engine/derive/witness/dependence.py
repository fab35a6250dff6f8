"""Random quantities that depend on one another, each distributed as if it were alone."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from fractions import Fraction
from functools import partial

from stepper.engine.derive.witness.laws import Points
from stepper.engine.derive.witness.marginals import Marginal
from stepper.engine.derive.witness.numbers import Quantity, Unable, holds, over
from stepper.engine.derive.witness.scene import Key

SCORED = 2
"""The degree that dependence adds to a polynomial."""


class Dependence:
    """What the chance of an outcome is multiplied by: 1 plus, over every set of two or more quantities that are not
    said to be independent, the product of their scores times a share.

    Scores are 0 on average: so every quantity alone is distributed as it is, and those of a group that is said to be
    independent are.
    """

    def __init__(
        self,
        sets: Callable[[Sequence[Key]], list[tuple[int, list[Key]]]],
        pairs: Callable[[Sequence[Key]], list[tuple[Key, Key, Quantity]]],
        share: Quantity,
        marginal: Callable[[Key], Marginal],
        seed: int,
        uncorrelated: Collection[str],
    ) -> None:
        self.find_sets, self.find_pairs, self.share = sets, pairs, share
        self.marginal, self.seed, self.uncorrelated = marginal, seed, uncorrelated
        self.sets: list[tuple[int, list[Key]]] | None = None
        self.pairs: list[tuple[Key, Key, Quantity]] = []
        self.scores: dict[Key, Callable[[Quantity], Quantity]] = {}

    def _find(self, keys: Sequence[Key]) -> list[tuple[int, list[Key]]]:
        sets, self.pairs = _left(self.find_sets(keys)), self.find_pairs(keys)
        used = {key for _, members in sets for key in members} | {key for pair in self.pairs for key in pair[:2]}
        self.scores = {key: self._score(key) for key in used}
        return sets

    def __call__(self, atoms: Mapping[Key, Quantity]) -> Quantity:
        if self.sets is None:
            self.sets = self._find(sorted(atoms))
        total: Quantity = 1
        if not self.scores:
            return total
        share, scores = self.share, {key: score(atoms[key]) for key, score in self.scores.items()}
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
        source = random.Random(f"{self.seed} score {name}")  # noqa: S311 a check, no secret
        if marginal.points is None:
            return _curve(marginal, source)
        scores = _scores(marginal.points, source, name in self.uncorrelated)
        return partial(_looked_up, scores)


def _left(sets: Sequence[tuple[int, list[Key]]]) -> list[tuple[int, list[Key]]]:
    """Sets without those that take one another away: of quantities that are all said to be independent none is left."""
    total: Counter[tuple[Key, ...]] = Counter()
    for sign, members in sets:
        total[tuple(members)] += sign
    return [(sign, list(members)) for members, sign in total.items() if sign]


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
