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
LARGEST_LOG = 1e5  # powers beyond e^100000 are refused, not waited for
LARGEST_ARGUMENT = 1e5

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
    align: Callable[[list[Quantity]], list[Quantity]] = list


def _shorten(number: Quantity) -> Quantity:
    if isinstance(number, Fraction) and (number.numerator.bit_length() > EXACT_BITS or number.denominator.bit_length() > EXACT_BITS):
        return float(number)
    return _finite(number)


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


def _kept_rational(inexact: Callable[[Quantity, Quantity], Quantity]) -> Callable[[Quantity, Quantity], Quantity]:
    """Powers that stay rational where they can, and are worked out inexactly where not."""

    def power(base: Quantity, exponent: Quantity) -> Quantity:
        rational = isinstance(base, Fraction) and isinstance(exponent, Fraction)
        found = _rational_power(base, exponent) if rational else None
        return inexact(base, exponent) if found is None else found

    return power


def _float_power(base: Number, exponent: Number) -> float:
    if exponent == int(exponent) and abs(float(exponent)) < LARGEST_ARGUMENT:
        return float(base) ** int(exponent)
    if base < 0:
        raise ValueError("a negative number has no real power that is not an integer")
    return float(float(base) ** float(exponent))


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
EXACT = Arithmetic(lambda number: number, _shorten, _kept_rational(_float_power), _machine, _CONSTANTS)
FLOAT = Arithmetic(float, _finite, _float_power, _machine, _CONSTANTS)


def fine() -> Arithmetic:
    """Exact fractions while they stay short, and 50 digits, not a float's 16, for all else: 1 - sigmoid(40) is not lost.

    What is worked out with it is rounded to a float once, by ``plain``.
    """
    return Arithmetic(_as_it_is, _shorten_fine, _kept_rational(_precise_power), _machine_fine, _FineConstants(), _align)


def _align(numbers: list[Quantity]) -> list[Quantity]:
    """Fractions alone stay fractions; beside another number they take its kind."""
    if all(isinstance(number, Fraction) for number in numbers):
        return numbers
    return [precise().number(number) for number in numbers]


def plain(number: Quantity) -> Number:
    """A number as it is kept and shown: an exact fraction, or a float.

    Raises:
        OverflowError: where it is too large for a float.
    """
    if isinstance(number, Fraction | float):
        return number
    rounded = float(number)
    if not math.isfinite(rounded):
        raise OverflowError
    return rounded


def _as_it_is(number: Number) -> Quantity:
    return number if isinstance(number, Fraction) else precise().number(number)


def _shorten_fine(number: Quantity) -> Quantity:
    if isinstance(number, Fraction) and (number.numerator.bit_length() > EXACT_BITS or number.denominator.bit_length() > EXACT_BITS):
        return precise().number(number)
    return number


def _precise_power(base: Quantity, exponent: Quantity) -> Quantity:
    return precise().power(precise().number(base), precise().number(exponent))


def _machine_fine(rule: Rule) -> Callable[..., Quantity]:
    exact = _machine(rule)

    def call(*numbers: Quantity) -> Quantity:
        rational = all(isinstance(number, Fraction) for number in numbers)
        if rational and (rule.rational or numbers[0] in rule.exact):
            return exact(*numbers)
        return precise().primitive(rule)(*map(precise().number, numbers))

    return call


class _FineConstants(dict[str, Quantity]):
    """Constants at 50 digits, loaded when one is asked for."""

    def __missing__(self, symbol: str) -> Quantity:
        return precise().constants[symbol]


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
        if base == 0 and exponent < 0:
            raise ZeroDivisionError  # mpmath gives infinity
        if abs(exponent) * (abs(context.log(abs(base))) if base else 0) > LARGEST_LOG:
            raise OverflowError
        return base ** (exponent if whole is None else whole)

    def primitive(rule: Rule) -> Callable[..., Quantity]:
        function: Callable[..., Quantity] = getattr(context, rule.machine, None) or getattr(builtins, rule.machine)

        def call(*numbers: Quantity) -> Quantity:
            if any(abs(number) > LARGEST_ARGUMENT for number in numbers):
                function_at_float = getattr(math, rule.machine, None)
                if function_at_float is not None:
                    function_at_float(float(numbers[0]))  # overflows, or says that it does not
            result = function(*numbers)
            if isinstance(result, context.mpc) or not context.isfinite(result):
                raise ValueError
            return result

        return call

    constants = {CONSTANTS["pi"]: +context.pi, CONSTANTS["e"]: +context.e}
    return Arithmetic(read, lambda number: number, power, primitive, constants)
