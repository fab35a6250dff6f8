"""What a counterexample tells: the value of every name, and what both sides come to."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product

from msgspec import Struct

from stepper.core.expr import Array, Expr, Index, Num, Sym, Value
from stepper.core.prose import Prose, listed
from stepper.engine.derive.witness.arrays import Nested, Scaled, shape_of
from stepper.engine.derive.witness.instance import Instance
from stepper.engine.derive.witness.numbers import Quantity, minus, rounded, short

MOST_VALUES, MOST_JOINT = 8, 12
"""A joint distribution of more outcomes is not written out."""
UNSEEN = 10.0**-4
NEAR, LARGEST_DENOMINATOR = 10.0**-35, 10_000


class Distribution(Struct, frozen=True):
    """What some random quantities are together, and how likely: a name with its values, or several."""

    names: tuple[Expr, ...]
    outcomes: tuple[tuple[tuple[Expr, ...], Expr], ...]


class Counterexample(Struct, frozen=True):
    """An instance at which two formulas do not stand so to one another.

    Attributes:
        values: of names, sizes and indices, as they are met.
        distributions: of random quantities without a law.
        left, right: what both sides come to there.
        apart: how far they are apart, where that is too little to be seen.
        instance: to put other formulas in.
    """

    values: tuple[tuple[Expr, Expr], ...]
    distributions: tuple[Distribution, ...]
    left: Expr
    right: Expr
    instance: Instance
    apart: Expr | None = None


def told(instance: Instance, left: Nested, right: Nested) -> Counterexample:
    apart = None
    if not isinstance(left, tuple | Scaled) and not isinstance(right, tuple | Scaled):
        between = rounded(minus(left, right))
        apart = Value(float(between)) if 0 < abs(between) < UNSEEN * abs(rounded(left)) else None
    return Counterexample(
        tuple(_values(instance)), tuple(_distributions(instance)), written(left), written(right), instance, apart
    )


def alone(value: Nested) -> Nested:
    """An array of one row and one column is its entry."""
    while isinstance(value, tuple) and set(shape_of(value)) == {1}:
        value = value[0]
    return value


def written(value: Nested) -> Expr:
    """A value as a formula."""
    if isinstance(value, Scaled):
        return written(value.scale)
    if isinstance(value, tuple):
        return Array(tuple(map(written, value)))
    return Value(plain(value))


def plain(number: Quantity) -> Fraction | float:
    """A number to be shown: a fraction where it is one but for the last digits, else a float."""
    if isinstance(number, int | Fraction):
        return Fraction(number)
    near = Fraction(*_ratio(number)).limit_denominator(LARGEST_DENOMINATOR)
    if abs(rounded(near) - number) <= NEAR * max(1, abs(number)):
        return near
    return float(number)


def _ratio(number: Quantity) -> tuple[int, int]:
    sign, mantissa, exponent, _ = number._mpf_
    mantissa = -mantissa if sign else mantissa
    exponent = max(exponent, -2_000)
    return (int(mantissa) << exponent, 1) if exponent >= 0 else (int(mantissa), 1 << -exponent)


def at_values(instance: Instance) -> Prose:
    """At which values, in words."""
    values = [(name, " = ", value) for name, value in _values(instance)][:MOST_VALUES]
    return (" with ", *listed(values)) if values else ()


def _values(instance: Instance) -> Iterator[tuple[Expr, Expr]]:
    counting = {name: at for name, at in instance.whole.items() if name in instance.kinds.stated}
    for name, at in counting.items():
        yield Sym(name), Value(Fraction(at))
    for key in instance.read:
        if isinstance(key, str):
            array = instance.array(key)
            if array is not None:
                yield Sym(key), written(array)
        elif key[0] not in counting:
            yield _name(key), written(instance.number(key))


def _name(key: tuple[str, tuple[int, ...]]) -> Expr:
    name, places = key
    return Index(Sym(name), tuple(Num(str(at)) for at in places)) if places else Sym(name)


def _distributions(instance: Instance) -> Iterator[Distribution]:
    """Together, where they depend on one another and there are few outcomes; else one by one."""
    points = {
        key: marginal.points for key, marginal in sorted(instance.models.used.items()) if marginal.points is not None
    }
    keys = [key for key in points if instance.kinds.given.laws.get(key[0]) is None]
    members = {name for name, places in points if places}
    single = {key: value for key, value in points.items() if key[1] or key[0] not in members}  # w is as any w[j]
    count = math.prod(map(len, single.values()))
    if len(single) > 1 and count <= MOST_JOINT and instance.models.dependent(list(single)):
        yield _joint(instance, single)
        return
    seen = set()
    for key in keys:
        if key[0] not in seen:
            seen.add(key[0])
            outcomes = tuple(((written(value),), written(chance)) for value, chance in points[key])
            yield Distribution((Sym(key[0]),), outcomes)


def _joint(
    instance: Instance, points: Mapping[tuple[str, tuple[int, ...]], Sequence[tuple[Quantity, Quantity]]]
) -> Distribution:
    factor = instance.models.together(points)
    outcomes = []
    for outcome in product(*points.values()):
        chance: Quantity = factor({key: value for key, (value, _) in zip(points, outcome, strict=True)})
        for _, weight in outcome:
            chance = chance * weight
        if chance != 0:
            outcomes.append((tuple(written(value) for value, _ in outcome), written(short(chance))))
    return Distribution(tuple(map(_name, points)), tuple(outcomes))
