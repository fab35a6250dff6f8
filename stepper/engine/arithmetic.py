"""Kinds of arithmetic: exact fractions while they stay short, floating point, 50 digits for the checks."""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, TypeAlias

from stepper.core.expr import CONSTANTS, Number
from stepper.engine.vocabulary import Rule

EXACT_BITS = 133  # about 40 decimal digits
POWER_BITS = 100_000
CHECK_DIGITS = 50

Quantity: TypeAlias = Any
"""A Fraction, a float or an mpmath number, by the arithmetic in use."""


@dataclass(frozen=True)
class Arithmetic:
    """How numbers are read, joined and handed to primitives."""

    number: Callable[[Number], Quantity]
    keep: Callable[[Quantity], Quantity]
    power: Callable[[Quantity, Quantity], Quantity]
    primitive: Callable[[Rule], Callable[..., Quantity]]
    constants: Mapping[str, Quantity]


def _shorten(number: Quantity) -> Quantity:
    if isinstance(number, Fraction) and (number.numerator.bit_length() > EXACT_BITS or number.denominator.bit_length() > EXACT_BITS):
        return float(number)
    return _finite(number)


def _finite(number: Quantity) -> Quantity:
    if isinstance(number, float) and not math.isfinite(number):
        raise OverflowError
    return number


def _power(base: Number, exponent: Number) -> Number:
    if isinstance(exponent, Fraction) and exponent.denominator == 1:
        return _integer_power(base, int(exponent))
    if base < 0:
        raise ValueError("a negative number has no real power that is not an integer")
    if isinstance(base, Fraction) and exponent == Fraction(1, 2):
        top, bottom = math.isqrt(base.numerator), math.isqrt(base.denominator)
        if top * top == base.numerator and bottom * bottom == base.denominator:
            return Fraction(top, bottom)
    result = float(base) ** float(exponent)
    assert isinstance(result, float)
    return result


def _integer_power(base: Number, exponent: int) -> Number:
    if base == 0 and exponent < 0:
        raise ZeroDivisionError
    if isinstance(base, Fraction):
        bits = max(base.numerator.bit_length(), base.denominator.bit_length())
        if abs(base) == 1 or bits * abs(exponent) <= POWER_BITS:
            return base ** (exponent if abs(base) != 1 else exponent % 2)
        base = float(base)
    return base**exponent


def _machine(rule: Rule) -> Callable[..., Number]:
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
EXACT = Arithmetic(lambda number: number, _shorten, _power, _machine, _CONSTANTS)
FLOAT = Arithmetic(float, _finite, lambda base, exponent: float(_power(base, _whole(exponent))), _machine, _CONSTANTS)


def _whole(exponent: float) -> Number:
    return Fraction(exponent) if exponent.is_integer() and abs(exponent) < 1e6 else exponent


@lru_cache(maxsize=1)
def precise() -> Arithmetic:
    """50 digits, for the checks."""
    import mpmath

    context = mpmath.mp.clone()
    context.dps = CHECK_DIGITS

    def read(number: Number) -> Quantity:
        return context.mpf(number.numerator) / number.denominator if isinstance(number, Fraction) else context.mpf(number)

    def power(base: Quantity, exponent: Quantity) -> Quantity:
        whole = int(exponent) if exponent == int(exponent) else None
        if base < 0 and whole is None:
            raise ValueError
        return base ** (exponent if whole is None else whole)

    def primitive(rule: Rule) -> Callable[..., Quantity]:
        function: Callable[..., Quantity] = getattr(context, rule.machine, None) or getattr(builtins, rule.machine)
        return function

    constants = {CONSTANTS["pi"]: +context.pi, CONSTANTS["e"]: +context.e}
    return Arithmetic(read, lambda number: number, power, primitive, constants)
