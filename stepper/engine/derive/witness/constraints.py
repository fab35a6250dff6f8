"""A few values with chances that meet what is assumed of a random quantity: its mean, its variance, other moments."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from fractions import Fraction

from msgspec import Struct

from stepper.core.derivation_parser import OPERATORS
from stepper.core.expr import Call, Expr, Num, Sym, Where
from stepper.core.formula import number_of
from stepper.core.traverse import walk
from stepper.engine.derive.witness.drawing import Interval, whole_line
from stepper.engine.derive.witness.kinds import Kinds
from stepper.engine.derive.witness.laws import Points
from stepper.engine.derive.witness.linear import nearest_to_equal
from stepper.engine.derive.witness.numbers import Quantity, Undefined, holds, over, short
from stepper.engine.derive.witness.scene import Key, Scene

TRIES = 24
SCALES = tuple(Fraction(number) for number in (["1", "1/2", "2", "1/4", "3", "4", "1/8", "10"]))


class Equation(Struct, frozen=True):
    """Two sides that are said to be equal. ``defines``: the name that the other side gives a value."""

    left: Expr
    right: Expr
    defines: str = ""

    @property
    def built_in(self) -> bool:
        """Is it that a density is one, which is how it was drawn?"""
        return whole_line(self.left) is not None and self.right == Num("1")

    @property
    def other(self) -> Expr:
        """The side that gives the name its value."""
        return self.right if self.left == Sym(self.defines) else self.left


def equations(kinds: Kinds) -> list[Equation]:
    """The equations among the facts, each with the name that it may define: every name once."""
    found: list[Equation] = []
    taken: set[str] = set(kinds.random)
    for fact in kinds.given.facts:
        for left, relation, right in zip(fact.sides, fact.relations, fact.sides[1:], strict=False):
            if relation == "=":
                name = next(iter(_definable(left, right, taken, kinds)), "")
                taken |= {name}
                found.append(Equation(left, right, name))
    return found


def _definable(left: Expr, right: Expr, taken: set[str], kinds: Kinds) -> Iterator[str]:
    for side, other in ((left, right), (right, left)):
        if isinstance(side, Sym) and side.name not in taken and side.name not in kinds.definitions.names:
            known = side.name in kinds.numbers or side.name in kinds.shapes
            if known and side not in walk(other) and not _parameter(side, other, kinds):
                yield side.name


def _parameter(side: Sym, other: Expr, kinds: Kinds) -> bool:
    """Is a name a parameter of the law of a quantity on the other side?"""
    laws = [kinds.given.laws[name] for name in kinds.mentioned(other) if name in kinds.given.laws]
    return any(side in walk(argument) for law in laws for argument in law.arguments)


class Constraint(Struct, frozen=True):
    """``E[of]`` is a number; ``square``: it is the variance that is."""

    of: Expr
    equals: Expr
    variance: bool = False

    @property
    def names(self) -> Iterator[Sym]:
        """The names in it, those of definitions aside."""
        return (part for side in (self.of, self.equals) for part in walk(side) if isinstance(part, Sym))


def constraints_on(name: str, found: Sequence[Equation], kinds: Kinds) -> list[Constraint]:
    """What is said of the moments of one quantity alone, without a law of its own."""
    said = []
    for equation in found:
        sides = (equation.left, equation.right)
        for side, other in (sides, sides[::-1]):
            # of two quantities that are said to be alike the later one is fitted to the earlier
            later = all(name > known for known in kinds.mentioned(other))
            if not equation.defines and _is_moment(side, name, kinds) and later:
                assert isinstance(side, Call)
                said.append(Constraint(side.arguments[0], other, side.name in SQUARED))
                break
    return said


SQUARED = ("Var",)
"""Operators that are of squares about the mean."""


def _is_moment(side: Expr, name: str, kinds: Kinds) -> bool:
    """Is a side the expectation, the variance or the probability of something of one quantity alone?"""
    single = isinstance(side, Call) and side.name in OPERATORS and len(side.arguments) == 1
    return single and kinds.mentioned(side) == {name}


MIDDLE = 0.5
"""How often a symmetric distribution has 0 among its values."""


class Sought(Struct, frozen=True):
    """What the values of a quantity are to be."""

    key: Key
    bounds: Interval
    symmetric: bool
    count: int
    simple: bool


def points_meeting(scene: Scene, said: Sequence[Constraint], sought: Sought, source: random.Random) -> Points:
    """Values and chances that meet everything that is said.

    Raises:
        Undefined: where none were found.
    """
    for turn in range(TRIES):
        values = _values(said, sought, source, turn)
        if values is None:
            continue
        if not said:
            return _free_chances(values, sought, source)
        chances = _chances(scene, said, sought, values)
        if chances is not None:
            return list(zip(values, chances, strict=True))
    raise Undefined(f"no distribution of {sought.key[0]} was found that meets what is assumed")


def _values(said: Sequence[Constraint], sought: Sought, source: random.Random, turn: int) -> list[Quantity] | None:
    """Different values, as many as are wanted and as the constraints need; 0 only in the middle of a symmetric
    distribution.
    """
    low, high = sought.bounds
    count = sought.count + len(said)
    if low is not None and high is not None:
        span = Fraction(high) - Fraction(low)
        places = source.sample(range(1, 2 * count + 4), count)
        values = [short(Fraction(low) + span * place / (2 * count + 4)) for place in places]
    else:
        scale = SCALES[turn % len(SCALES)] if said else 1
        numbers = (
            range(1, count + 3) if sought.symmetric or low is not None or high is not None else range(-count, count + 3)
        )
        free = [number for number in numbers if number]
        values = [short(number * scale) for number in source.sample(free, min(count, len(free)))]
        if sought.symmetric:
            half = values[: (len(values) + 1) // 2]
            middle = [0] if source.random() < MIDDLE else []
            values = [*half, *middle, *(-value for value in half)]
        elif low is not None:
            values = [low + value for value in values]
        elif high is not None:
            values = [high - value for value in values]
    for number in dict.fromkeys(_named(said)):
        inside = (low is None or number > low) and (high is None or number < high)
        if number not in values and (inside or low is None):
            values[-1] = number
    if not said and not sought.symmetric and sum(values) == 0:
        return None
    return sorted(set(values), key=lambda value: (holds(">", value, 0), value))


def _named(said: Sequence[Constraint]) -> Iterator[Quantity]:
    """Numbers that events name: values that are to occur."""
    for constraint in said:
        if isinstance(constraint.of, Where):
            for side in (constraint.of.left, constraint.of.right):
                number = number_of(side)
                if number is not None:
                    yield short(number)


def _free_chances(values: Sequence[Quantity], sought: Sought, source: random.Random) -> Points:
    if sought.symmetric:
        sizes = {abs(value): source.randint(1, 3) for value in values}
        weights = [1 if sought.simple else sizes[abs(value)] for value in values]
    else:
        weights = [1 if sought.simple else source.randint(1, 4) for _ in values]
    total = sum(weights)
    return [(value, short(Fraction(weight, total))) for value, weight in zip(values, weights, strict=True)]


def _chances(
    scene: Scene, said: Sequence[Constraint], sought: Sought, values: Sequence[Quantity]
) -> list[Quantity] | None:
    """Chances as near to equal ones as what is said allows; None where some would have to be negative."""
    rows: list[list[Quantity]] = [[1] * len(values)]
    wanted: list[Quantity] = [1]
    mean: Quantity | None = None
    variables = []
    for constraint in said:
        row = [_at(scene, constraint.of, sought.key, value) for value in values]
        equals = scene.number(constraint.equals)
        if constraint.variance:
            variables.append((row, equals))
        else:
            rows.append(row)
            wanted.append(equals)
            mean = equals if row == list(values) else mean
    for row, equals in variables:
        if mean is None or row != list(values):
            middle: Quantity = over(sum(row), len(row))
            if not sought.symmetric:
                rows.append(row)
                wanted.append(middle)
        else:
            middle = mean
        rows.append([number * number for number in row])
        wanted.append(equals + middle * middle)
    if sought.symmetric:
        rows += _mirrored(values)
        wanted += [0] * (len(rows) - len(wanted))
    found = nearest_to_equal(rows, wanted)
    if found is None or not all(holds(">", number, 0) for number in found):
        return None
    return found


def _mirrored(values: Sequence[Quantity]) -> list[list[Quantity]]:
    """That x and -x are as likely as one another."""
    return [
        [1 if other == value else -1 if other == -value else 0 for other in values] for value in values if value > 0
    ]


def _at(scene: Scene, expr: Expr, key: Key, value: Quantity) -> Quantity:
    """A function of the quantity where that has a value, whichever of its members it speaks of."""
    before, scene.found = scene.found, set()
    try:
        scene.of(expr)
        met = scene.found
    finally:
        scene.found = before
    atoms = scene.atoms
    scene.atoms = dict.fromkeys({*met, key}, value)
    try:
        return scene.number(expr)
    finally:
        scene.atoms = atoms
