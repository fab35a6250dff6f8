"""Kinds of arithmetic: exact fractions while they stay short, floating point; what an arithmetic is."""

from __future__ import annotations

import builtins
import math
import operator
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, TypeAlias

from msgspec import Struct, field

from stepper.core.expr import CONSTANTS, Comparison, Number
from stepper.engine.values.rule import Rule

EXACT_BITS = 133  # about 40 decimal digits
POWER_BITS = 100_000
LARGEST_ARGUMENT = 1e5

Quantity: TypeAlias = Any
"""A Fraction, a float or an mpmath number, by the arithmetic in use."""


_OF_TWO: Mapping[str, Callable[..., Quantity]] = {"+": operator.add, "-": operator.sub}


def adder(signs: Sequence[str]) -> Callable[..., Quantity]:
    """Adds terms with the signs between them."""
    if len(signs) == 1:
        return _OF_TWO[signs[0]]
    if "-" not in signs:
        return lambda first, *rest: sum(rest, first)  # from 0 on, a fraction beside it would be looked at first

    def add(first: Quantity, *rest: Quantity) -> Quantity:
        for sign, term in zip(signs, rest, strict=True):
            first = first + term if sign == "+" else first - term
        return first

    return add


class Doubt:
    """Were digits lost? ``beyond``: more than there are, so that the number says nothing."""

    def __init__(self) -> None:
        self.raised = self.beyond = False


class Arithmetic(Struct, frozen=True):
    """How numbers are read, joined and handed to primitives.

    ``cases`` is for quantities of which some parts go one way and some the other: of a comparison it makes what joins
    both sides, which are both worked out. Without it only the side that holds is.
    """

    number: Callable[[Number], Quantity]
    keep: Callable[[Quantity], Quantity]
    power: Callable[[Quantity, Quantity], Quantity]
    primitive: Callable[[Rule], Callable[..., Quantity]]
    constants: Mapping[str, Quantity]
    align: Callable[[list[Quantity]], list[Quantity]] = list
    add: Callable[[Sequence[str]], Callable[..., Quantity]] = adder
    same: Callable[[Quantity, Quantity], bool] = operator.eq
    digits: int = 16
    doubt: Doubt = field(default_factory=Doubt)
    cases: Callable[[Comparison], Callable[..., Quantity]] | None = None


def is_long(number: Quantity) -> bool:
    """Is it a fraction too long to be kept?"""
    return type(number) is Fraction and max(number.numerator.bit_length(), number.denominator.bit_length()) > EXACT_BITS


def _shorten(number: Quantity) -> Quantity:
    return float(number) if is_long(number) else _finite(number)


def _finite(number: Quantity) -> Quantity:
    if isinstance(number, float) and not math.isfinite(number):
        raise OverflowError
    return number


def _rational_power(base: Fraction, exponent: Fraction) -> Fraction | None:
    """A power that is rational and short enough to be kept so: an integer power, or the root of a square."""
    if exponent.denominator == 1:
        whole = int(exponent)
        if base == 0 and whole < 0:
            raise ZeroDivisionError
        if abs(base) == 1:
            return base ** (whole % 2)
        bits = max(base.numerator.bit_length(), base.denominator.bit_length())
        return base**whole if bits * abs(whole) <= POWER_BITS else None
    if base < 0:
        raise ValueError("a negative number has no real power that is not an integer")
    if base == 1:
        return base
    if exponent == Fraction(1, 2):
        top, bottom = math.isqrt(base.numerator), math.isqrt(base.denominator)
        if top * top == base.numerator and bottom * bottom == base.denominator:
            return Fraction(top, bottom)
    return None


def kept_rational(inexact: Callable[[Quantity, Quantity], Quantity]) -> Callable[[Quantity, Quantity], Quantity]:
    """Powers that stay rational where they can, and are worked out inexactly where not."""

    def power(base: Quantity, exponent: Quantity) -> Quantity:
        rational = isinstance(base, Fraction) and isinstance(exponent, Fraction)
        found = _rational_power(base, exponent) if rational else None
        return inexact(base, exponent) if found is None else found

    return power


def _float_power(base: Number, exponent: Number) -> float:
    if base < 0 and exponent != int(exponent):
        raise ValueError("a negative number has no real power that is not an integer")
    return float(float(base) ** float(exponent))


def machine(rule: Rule) -> Callable[..., Number]:
    function = getattr(math, rule.machine, None) or getattr(builtins, rule.machine)
    if rule.rational:
        return lambda *numbers: _fraction(function(*numbers))

    def call(number: Number) -> Number:
        if isinstance(number, Fraction) and number in rule.exact:
            return rule.exact[number]
        return float(function(float(number)))

    return call


def _fraction(number: Number | int) -> Number:
    return Fraction(number) if isinstance(number, int) else number


_CONSTANTS = {CONSTANTS["pi"]: math.pi, CONSTANTS["e"]: math.e}
EXACT = Arithmetic(lambda number: number, _shorten, kept_rational(_float_power), machine, _CONSTANTS)
FLOAT = Arithmetic(float, _finite, _float_power, machine, _CONSTANTS)
