"""Numbers drawn within bounds: whole numbers and halves first, then any."""

from __future__ import annotations

import math
import random
from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise

from stepper.core.assumptions import Given
from stepper.core.derivation_parser import Relation
from stepper.core.expr import Bound, Call, Expr, Index, Neg, Num, Power, Prime, Sym
from stepper.core.formula import number_of, text
from stepper.engine.derive.witness.laws import law_row
from stepper.engine.derive.witness.numbers import Quantity, short
from stepper.engine.derive.witness.scene import is_infinite

Interval = tuple[Quantity | None, Quantity | None]
SIMPLE: tuple[Quantity, ...] = (
    *(1, 2, 3, -1, -2),
    *(Fraction(number, 2) for number in (1, -1, 3, -3)),
    *(4, -3, 5),
    *(Fraction(*pair) for pair in ((1, 3), (1, 4), (3, 4), (2, 3), (1, 5), (2, 5))),
    *(6, -4),
)
"""Numbers that are easily put in, the easiest first."""
WIDE = 3
INTEGERS = (1, 2, 3, 4, 5, 0, -1, -2)
SIDES: Mapping[str, Interval] = {"": (None, None), "positive": (0, None), "unit": (0, 1), "negative": (None, 0)}


def draw(
    source: random.Random,
    simple: bool,
    side: str,
    bounds: Interval,
    taken: Collection[Quantity],
    whole: bool = False,
    among: Sequence[Quantity] = (),
) -> Quantity:
    """A number strictly between the bounds, not one of those taken where there are others; or of any size, and often
    one of those that it is to be ``among``.
    """
    if among:
        return _far(source, bounds, whole, among)
    low, high = _narrower(bounds, SIDES[side])
    if whole:
        choices = [number for number in INTEGERS if _inside(number, low, high)] or [_above(low)]
        return source.choice([number for number in choices if number not in taken] or choices)
    if simple:
        few = [number for number in SIMPLE if _inside(number, low, high)]
        free = [number for number in few if number not in taken] or few
        if free:
            return source.choice(free[: max(5, len(free) // 2)])
    start = low if low is not None else (-WIDE if high is None else high - WIDE)
    end = high if high is not None else start + 2 * WIDE
    return short(Fraction(start) + Fraction(source.randint(1, 99), 100) * (Fraction(end) - Fraction(start)))


MOST_OFTEN, SIZES = 0.6, range(-2, 4)
"""How often a number is near those that the formulas name; of what sizes it is else, as powers of 10."""


def _far(source: random.Random, bounds: Interval, whole: bool, among: Sequence[Quantity]) -> Quantity:
    low, high = bounds
    near = [number for number in among if _inside(number, low, high) and (not whole or number == int(number))]
    if near and source.random() < MOST_OFTEN:
        return source.choice(near)
    size = Fraction(10) ** source.choice(SIZES) * Fraction(source.randint(11, 99), 100)
    if low is not None and high is not None:
        number = Fraction(low) + Fraction(source.randint(1, 99), 100) * (Fraction(high) - Fraction(low))
    elif low is not None or high is not None:
        number = Fraction(low) + size if low is not None else Fraction(high or 0) - size
    else:
        number = source.choice((size, -size))
    return _whole_inside(number, low, high) if whole else short(number)


def _whole_inside(number: Fraction, low: Fraction | None, high: Fraction | None) -> int:
    found = round(number)
    if low is not None and found <= low:
        return math.floor(low) + 1
    return math.ceil(high) - 1 if high is not None and found >= high else found


def near(constants: Collection[Quantity]) -> tuple[Quantity, ...]:
    """The numbers that formulas name and their opposites, what lies between two of them, and beyond all."""
    at = sorted({0, *constants, *(-number for number in constants)})
    between = [short(Fraction(one + other) / 2) for one, other in pairwise(at)]
    return tuple(dict.fromkeys((*at, *between, at[-1] + 1, at[0] - 1, 2 * at[-1] + 1, 2 * at[0] - 1)))


def _above(low: Quantity | None) -> int:
    return 1 if low is None else int(low) + 1


def _inside(number: Quantity, low: Quantity | None, high: Quantity | None) -> bool:
    return (low is None or number > low) and (high is None or number < high)


def _narrower(one: Interval, other: Interval) -> Interval:
    """Both, or the first alone where they have nothing in common."""
    lows = [low for low, _ in (one, other) if low is not None]
    highs = [high for _, high in (one, other) if high is not None]
    low, high = max(lows, default=None), min(highs, default=None)
    return one if low is not None and high is not None and low >= high else (low, high)


def whole_line(expr: Expr) -> str | None:
    """The function whose integral over the whole line a formula is."""
    match expr:
        case Bound("integral", variable, Neg(low), high, Call(name, (argument,))) if argument == variable:
            return name if is_infinite(low) and is_infinite(high) else None
        case _:
            return None


class Bounds:
    """Between which numbers each name lies, as far as what is given says so in numbers."""

    def __init__(self, given: Given) -> None:
        self.found: dict[str, Interval] = {}
        self.densities: set[str] = set()
        self.integers = {name for name, traits in given.traits.items() if "integer" in traits}
        for name, traits in given.traits.items():
            for trait in traits:
                self._narrow(name, SIDES.get(_TRAITS.get(trait, ""), (None, None)))
        for law in given.laws.values():
            for argument, domain in zip(law.arguments, law_row(law.name).domains, strict=False):
                low, high = (None if abs(end) == float("inf") else int(end) for end in domain)
                if isinstance(argument, Sym):
                    self._narrow(argument.name, (low, high))
                elif isinstance(argument, Power) and isinstance(argument.base, Sym) and low == 0:
                    self._narrow(argument.base.name, (0, None))  # a standard deviation
        for fact in given.facts:
            for left, relation, right in zip(fact.sides, fact.relations, fact.sides[1:], strict=False):
                self._fact(left, relation, right)

    def of(self, name: str) -> Interval:
        return self.found.get(name, (None, None))

    def _fact(self, left: Expr, relation: Relation, right: Expr) -> None:
        one, other = number_of(left), number_of(right)
        if relation in ("<", "<="):
            self._between(left, (None, other))
            self._between(right, (one, None))
        elif relation in (">", ">="):
            self._between(left, (other, None))
            self._between(right, (None, one))
        elif relation == "=" and right == Num("1"):
            self.densities |= {name for name in [whole_line(left)] if name is not None}

    def _between(self, expr: Expr, interval: Interval) -> None:
        if isinstance(expr, Sym | Prime):
            self._narrow(text(expr), interval)
        elif isinstance(expr, Index):
            self._narrow(text(expr.base), interval)
        elif isinstance(expr, Call) and len(expr.arguments) == 1:
            self._narrow(expr.name, interval)

    def _narrow(self, name: str, interval: Interval) -> None:
        self.found[name] = _narrower(interval, self.of(name))


_TRAITS = {"positive": "positive", "negative": "negative", "active": "positive", "distribution": "unit"}
"""Traits of a number, or of the argument of a function, that are bounds."""
