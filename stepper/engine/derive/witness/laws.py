"""Distributions: their moments, for exact expectations of polynomials, and their densities, for all else."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import TypeAlias

from msgspec import Struct

from stepper.engine.derive.witness.numbers import Quantity, Unable, Undefined, context, over, rounded, short

Density: TypeAlias = Callable[[Quantity], Quantity]
Points: TypeAlias = "list[tuple[Quantity, Quantity]]"
"""Values with their probabilities; for polynomials weights that give the same moments, some of them negative."""


class LawRow(Struct, frozen=True):
    """One distribution.

    Attributes:
        domains: what each parameter may be: from, to, both excluded.
        moments: E[x^k] for k = 0, 1, ..., by the parameters.
        points: all of its values with their probabilities, where they are few.
        density: by the parameters, a function of a number.
        support: by a length: from where to where the density is not below exp(-length), and where it is to be split.
        source: where it stands.
    """

    domains: tuple[tuple[float, float], ...]
    moments: Callable[..., Iterator[Quantity]] | None = None
    points: Callable[..., Points] | None = None
    density: Callable[..., Density] | None = None
    support: Callable[..., tuple[Quantity, ...]] | None = None
    source: str = ""


LONG, SHORT = 140, 28
"""Lengths beyond which exp(-x) is below 10^-60, and below 10^-12."""
_PIECES = (Fraction(1, 30), Fraction(1, 8), Fraction(1, 3))
"""Where an exponential is split besides."""


def _normal_moments(mean: Quantity, variance: Quantity) -> Iterator[Quantity]:
    """M(k) = mean M(k - 1) + (k - 1) variance M(k - 2)."""
    before, now, order = 0, 1, 0
    while True:
        yield now
        before, now, order = now, mean * now + order * variance * before, order + 1


def _normal_density(mean: Quantity, variance: Quantity) -> Density:
    work = context()
    middle, double = rounded(mean), 2 * rounded(variance)
    scale = 1 / work.sqrt(work.pi * double)
    return lambda x: work.exp(-((x - middle) ** 2) / double) * scale


def _uniform_density(low: Quantity, high: Quantity) -> Density:
    chance = rounded(over(1, high + -low))
    return lambda _: chance


def _exponential_density(rate: Quantity) -> Density:
    work, exact = context(), rounded(rate)
    return lambda x: exact * work.exp(-exact * x)


def _laplace_density(mean: Quantity, scale: Quantity) -> Density:
    work, middle, width = context(), rounded(mean), rounded(scale)
    return lambda x: work.exp(-abs(x - middle) / width) / (2 * width)


def _normal_support(length: int, mean: Quantity, variance: Quantity) -> tuple[Quantity, ...]:
    mean, width = rounded(mean), context().sqrt(2 * length * rounded(variance))
    return mean - width, mean, mean + width


def _uniform_moments(low: Quantity, high: Quantity) -> Iterator[Quantity]:
    """The sum of low^i high^(k - i), i = 0, ..., k, over k + 1."""
    order = 0
    while True:
        powers: Quantity = 0
        for number in range(order + 1):
            powers = powers + low**number * high ** (order - number)
        yield over(powers, order + 1)
        order += 1


def _exponential_moments(rate: Quantity) -> Iterator[Quantity]:
    moment, order = 1, 0
    while True:
        yield moment
        order += 1
        moment = over(moment * order, rate)


def _laplace_moments(mean: Quantity, scale: Quantity) -> Iterator[Quantity]:
    order = 0
    while True:
        moment: Quantity = 0
        for even in range(0, order + 1, 2):
            moment = moment + math.comb(order, even) * math.factorial(even) * scale**even * mean ** (order - even)
        yield moment
        order += 1


def _poisson_moments(rate: Quantity) -> Iterator[Quantity]:
    """Touchard: M(k + 1) = rate times the sum of C(k, i) M(i)."""
    found: list[Quantity] = [1]
    while True:
        yield found[-1]
        order = len(found) - 1
        total: Quantity = 0
        for number, moment in enumerate(found):
            total = total + math.comb(order, number) * moment
        found.append(rate * total)


def _poisson_points(rate: Quantity) -> Points:
    weight, found, number = context().exp(-rounded(rate)), [], 0
    while number < rate or weight > rounded(10) ** -80:
        found.append((number, weight))
        number += 1
        weight = weight * rate / number
    return found


def _binomial_points(count: Quantity, p: Quantity) -> Points:
    if not isinstance(count, int):
        raise Undefined("a binomial distribution of a number that is not whole")
    return [
        (number, math.comb(count, number) * p**number * (1 + -p) ** (count - number)) for number in range(count + 1)
    ]


_INFINITE = math.inf
_CASELLA = "Casella and Berger, Statistical inference, 2002, chapter 3"
LAWS: Mapping[str, LawRow] = {
    "normal": LawRow(((-_INFINITE, _INFINITE), (0, _INFINITE)), _normal_moments, None, _normal_density,
        _normal_support, _CASELLA),
    "uniform": LawRow(
        ((-_INFINITE, _INFINITE), (-_INFINITE, _INFINITE)), _uniform_moments, None,
        _uniform_density, lambda _length, low, high: (low, high), _CASELLA,
    ),
    "bernoulli": LawRow(((0, 1),), None, lambda p: [(0, 1 + -p), (1, p)], source=_CASELLA),
    "rademacher": LawRow((), None, lambda: [(-1, Fraction(1, 2)), (1, Fraction(1, 2))], source=_CASELLA),
    "binomial": LawRow(((0, _INFINITE), (0, 1)), None, _binomial_points, source=_CASELLA),
    "poisson": LawRow(((0, _INFINITE),), _poisson_moments, _poisson_points, source=_CASELLA),
    "exponential": LawRow(
        ((0, _INFINITE),), _exponential_moments, None,
        _exponential_density,

        lambda length, rate: (0, *(over(length * piece, rate) for piece in _PIECES), over(length, rate)), _CASELLA,
    ),
    "laplace": LawRow(
        ((-_INFINITE, _INFINITE), (0, _INFINITE)), _laplace_moments, None,
        _laplace_density,
        lambda length, mean, scale: tuple(
            mean + piece * length * scale for piece in (-1, *(-piece for piece in _PIECES[::-1]), 0, *_PIECES, 1)
        ), _CASELLA,
    ),
}  # fmt: skip
ALIASES: Mapping[str, str] = {"n": "normal", "gaussian": "normal", "u": "uniform", "exp": "exponential"}


def law_row(name: str) -> LawRow:
    """The row of a distribution by any of its names."""
    plain = name.lower()
    row = LAWS.get(ALIASES.get(plain, plain))
    if row is None:
        raise Unable(f"the distribution {name}, which is not known")
    return row


def nodes(moments: Iterator[Quantity], degree: int) -> Points:
    """Whole numbers about the mean, with weights that give every moment up to the degree.

    >>> nodes(_normal_moments(0, 1), 2)
    [(-1, Fraction(1, 2)), (0, 0), (1, Fraction(1, 2))]
    """
    wanted = [next(moments) for _ in range(degree + 1)]
    middle = round(float(wanted[1])) if degree else 0
    places = [middle + number - degree // 2 for number in range(degree + 1)]
    return [(place, _weight(place, places, wanted)) for place in places]


def _weight(place: int, places: Sequence[int], moments: Sequence[Quantity]) -> Quantity:
    """What Lagrange's polynomial, 1 at one place and 0 at the others, has as its expectation."""
    coefficients: list[Fraction] = [Fraction(1)]
    for other in places:
        if other != place:
            scale = place - other
            shifted = [Fraction(0), *coefficients]
            coefficients = [
                (above - other * below) / scale
                for above, below in zip(shifted, [*coefficients, Fraction(0)], strict=True)
            ]
    total: Quantity = 0
    for coefficient, moment in zip(coefficients, moments, strict=True):
        total = total + moment * short(coefficient)
    return short(total)
