"""Numbers of an instance: exact fractions as long as they can be, else many digits; and how far a random quantity
reaches into a formula.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any, TypeAlias

from stepper.core.expr import COMPARE, CONSTANTS, Comparison

DIGITS = 60
"""What numbers are worked out with; fewer of them are asked to agree."""
LONGEST = 4_000
"""A fraction with more bits is rounded."""
LARGEST_EXPONENT, LARGEST_ARGUMENT = 100_000, 10**9

Quantity: TypeAlias = Any
"""An int, a Fraction, a number of mpmath, or a Reach."""


class Undefined(Exception):
    """There is no value here; why, in words that follow "undefined:"."""


class Imprecise(Undefined):
    """There may be a value, but too few of its digits are certain."""


class Misfit(Undefined):
    """Shapes do not fit."""


class Unable(Exception):
    """The witness cannot say: the question is of a kind that it does not take, or too large."""


@lru_cache(maxsize=1)
def context() -> Any:
    """The arithmetic with many digits, of the witness alone."""
    import mpmath

    return mpmath.mp.clone()


class Reach:
    """The degree in which a formula holds each random quantity; infinite where it is no polynomial of it.

    Attributes:
        turns: sets of quantities on which it depends which of several polynomials it is.
    """

    __slots__ = ("degrees", "turns")

    def __init__(self, degrees: Mapping[Any, float], turns: frozenset[frozenset[Any]] = frozenset()) -> None:
        self.degrees, self.turns = degrees, turns

    def __add__(self, other: Quantity) -> Reach:
        return self._with(other, max)

    __radd__ = __sub__ = __rsub__ = __add__

    def __mul__(self, other: Quantity) -> Reach:
        return self._with(other, operator.add)

    __rmul__ = __mul__

    def __neg__(self) -> Reach:
        return self

    def _with(self, other: Quantity, join: Callable[[float, float], float]) -> Reach:
        if not isinstance(other, Reach):
            return self
        every = self.degrees.keys() | other.degrees.keys()
        degrees = {key: join(self.degrees.get(key, 0), other.degrees.get(key, 0)) for key in every}
        return Reach(degrees, self.turns | other.turns)

    def times(self, exponent: int) -> Reach:
        return Reach({key: degree * exponent for key, degree in self.degrees.items()}, self.turns)

    def beyond(self) -> Reach:
        """Of a function that is no polynomial."""
        return Reach(dict.fromkeys(self.degrees, math.inf), self.turns)


def turned(conditions: Sequence[Quantity], branches: Sequence[Quantity]) -> Reach:
    """The reach of what is one of its branches, as the conditions tell."""
    total = Reach({})
    for branch in branches:
        total = total + branch
    keys = frozenset(key for part in conditions if isinstance(part, Reach) for key in part.degrees)
    degrees = {**dict.fromkeys(keys, 0), **total.degrees}
    return Reach(degrees, total.turns | {keys})


def reaching(*numbers: Quantity) -> Reach | None:
    """The reach of a function, no polynomial, of numbers; None where none of them is random."""
    if not any(isinstance(number, Reach) for number in numbers):
        return None
    total = Reach({})
    for number in numbers:
        total = total + number
    return total.beyond()


def rounded(number: Quantity) -> Quantity:
    """With many digits.

    Raises:
        Unable: where it is no number.
    """
    if isinstance(number, Fraction):
        return context().mpf(number.numerator) / number.denominator
    try:
        return context().mpf(number)
    except TypeError:
        raise Unable("what is not a number where one is needed") from None


def short(number: Quantity) -> Quantity:
    """A whole number as an int; a fraction that has become too long, rounded."""
    if type(number) is Fraction:
        if number.denominator == 1:
            return number.numerator
        if number.denominator.bit_length() > LONGEST:
            return rounded(number)
    return number


class Loss:
    """Was something so small beside something else that no digit of it was left? Then equal numbers say nothing."""

    met = False


LOSS = Loss()


def plus(left: Quantity, right: Quantity) -> Quantity:
    total = left + right
    if not isinstance(total, int | Fraction | Reach) and (
        (right != 0 and total == rounded(left)) or (left != 0 and total == rounded(right))
    ):
        LOSS.met = True
    return total


def minus(left: Quantity, right: Quantity) -> Quantity:
    return plus(left, -right)  # a Fraction less a number of mpmath is not known to Python


def times(left: Quantity, right: Quantity) -> Quantity:
    return left * right


def over(left: Quantity, right: Quantity) -> Quantity:
    """The quotient.

    Raises:
        Undefined: where the divisor is 0.
    """
    if isinstance(right, Reach):
        return reaching(left, right)
    if right == 0:
        raise Undefined("a division by 0")
    if isinstance(left, Reach):
        return left
    if isinstance(left, int | Fraction) and isinstance(right, int | Fraction):
        return short(Fraction(left) / right)
    return rounded(left) / rounded(right)


def raised(base: Quantity, exponent: Quantity) -> Quantity:
    """The power, a real number."""
    exponent = whole(exponent)
    if isinstance(exponent, Reach) or isinstance(base, Reach):
        polynomial = isinstance(base, Reach) and isinstance(exponent, int) and exponent >= 0
        return base.times(exponent) if polynomial else reaching(base, exponent)
    if base == 0 and exponent < 0:
        raise Undefined("a division by 0")
    if isinstance(exponent, int):
        if abs(exponent) > LARGEST_EXPONENT:
            raise Undefined("a power with too large an exponent")
        return _whole_power(base, exponent)
    if base < 0:
        raise Undefined("a root of a negative number")
    root = _root(base) if exponent == Fraction(1, 2) else None
    if root is not None:
        return root
    if base == 0:
        return 0
    size = rounded(exponent) * context().log(rounded(base))
    if abs(size) > LARGEST_ARGUMENT:
        raise Undefined("a number too large")
    return rounded(base) ** rounded(exponent)


def _whole_power(base: Quantity, exponent: int) -> Quantity:
    if isinstance(base, int | Fraction):
        if abs(exponent) * max(1, _bits(base)) > LONGEST:
            return rounded(base) ** exponent
        return short(Fraction(base) ** exponent) if exponent < 0 else base**exponent
    return base**exponent


def _bits(number: int | Fraction) -> int:
    return max(number.numerator.bit_length(), number.denominator.bit_length())


def _root(number: Quantity) -> Quantity | None:
    """The square root, where it is rational."""
    if not isinstance(number, int | Fraction):
        return None
    top, bottom = math.isqrt(number.numerator), math.isqrt(number.denominator)
    exact = top * top == number.numerator and bottom * bottom == number.denominator
    return short(Fraction(top, bottom)) if exact else None


def whole(number: Quantity) -> Quantity:
    """A whole number as an int, whatever kind it was of; any other as it is."""
    if isinstance(number, int | Reach):
        return number
    if isinstance(number, Fraction):
        return number.numerator if number.denominator == 1 else number
    return int(number) if context().isint(number) else number


def place(number: Quantity) -> int:
    """A number as an index.

    Raises:
        Undefined: where it is no whole number.
    """
    number = whole(number)
    if not isinstance(number, int):
        raise Undefined("an index that is not a whole number")
    return number


def holds(comparison: Comparison, left: Quantity, right: Quantity) -> bool:
    """How two numbers compare, of whatever kinds they are."""
    if isinstance(left, int | Fraction) and isinstance(right, int | Fraction):
        return COMPARE[comparison](left, right)
    return COMPARE[comparison](rounded(left), rounded(right))


CONSTANT: Mapping[str, Callable[[], Quantity]] = {
    CONSTANTS["pi"]: lambda: +context().pi, CONSTANTS["e"]: lambda: +context().e,
}  # fmt: skip
"""π and ℯ, with the digits asked for."""


def primitive(name: str, says: str, argument: Quantity) -> Quantity:
    """A function of one number by its name in mpmath; ``says`` names it where it is not defined.

    Raises:
        Undefined: where it is not.
    """
    if isinstance(argument, Reach):
        return argument.beyond()
    if name in _JUMPING:
        exact = isinstance(argument, int | Fraction)
        return int(getattr(math if exact else context(), name)(argument if exact else rounded(argument)))
    argument = rounded(argument)
    if argument == 0 and name in _AT_ZERO:
        return _AT_ZERO[name]
    if name in _OF_POSITIVE and argument <= 0:
        raise Undefined(f"{says} of {'0' if argument == 0 else 'a negative number'}")
    if name in _OF_POSITIVE and argument == 1:
        return 0
    if name in _GROWING and abs(argument) > LARGEST_ARGUMENT:
        if argument < 0 and name in _VANISHING:
            LOSS.met = True
            return context().mpf(0)
        raise Undefined("a number too large")
    found = getattr(context(), name)(argument)
    if isinstance(found, context().mpc) or not context().isfinite(found):
        raise Undefined(f"{says} of a number for which it has no value")
    if found in (argument, 0, 1, -1):  # of a number that is no such value: sin(10^-40), tanh(200)
        LOSS.met = True
    return found


_AT_ZERO = {"exp": 1, "sin": 0, "cos": 1, "tan": 0, "atan": 0, "sinh": 0, "cosh": 1, "tanh": 0, "erf": 0}
"""Exact values."""
_JUMPING, _OF_POSITIVE = frozenset({"floor", "ceil"}), frozenset({"log"})
_GROWING, _VANISHING = frozenset({"exp", "sinh", "cosh"}), frozenset({"exp"})
"""What becomes too large, and what becomes 0 on the other side."""
