"""How a number is shown: in full where it is short, rounded and marked so where it is not.

The one place that rounds.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from functools import lru_cache

from msgspec import Struct

from stepper.core.expr import PARTS, Expr, Num, Number, Product, Value

FULL_PLACES = 6
FULL_DIGITS = 15
SHORT_FRACTION = 999


@lru_cache(maxsize=65536)
def decimal(literal: str) -> Fraction:
    """The number that a numeral spells, which stands in many formulas."""
    return Fraction(literal)


class Shown(Struct, frozen=True):
    """A number as it will stand on the page: ``-``, then ``digits``, over ``denominator`` or times ten to the
    ``exponent``.

    ``exact`` says whether that is the number itself; ``number`` is the value that the page states.
    """

    negative: bool
    digits: str
    exact: bool
    denominator: str = ""
    exponent: int = 0

    @property
    def number(self) -> Fraction:
        whole, _, places = self.digits.partition(".")
        power = self.exponent - len(places)
        top, bottom = int(whole + places), int(self.denominator or "1")
        top, bottom = (top * 10**power, bottom) if power >= 0 else (top, bottom * 10**-power)
        return Fraction(-top if self.negative else top, bottom)


@lru_cache(maxsize=65536, typed=True)
def shown(number: Number, digits: int, exact: bool = False) -> Shown:
    """Decides how a number is written.

    Integers and decimals of up to 6 places in full; other fractions as fractions while numerator and denominator have
    up to three digits (all of them with ``exact``); anything else rounded half to even to ``digits`` significant
    digits.

    >>> shown(Fraction(-13, 20), 4).digits, shown(Fraction(2, 3), 4).denominator, shown(0.0777072, 4).digits
    ('0.65', '3', '0.07771')
    """
    negative = number < 0
    size: Number = -number if negative else number
    if isinstance(size, Fraction):
        top, bottom = size.numerator, size.denominator
        if exact or bottom == 1:
            if exact or top < 10**FULL_DIGITS:
                return Shown(negative, str(top), True, str(bottom) if bottom > 1 else "")
        else:
            places = _places(bottom)
            if places is not None and places <= FULL_PLACES and top * 10**places // bottom < 10**FULL_DIGITS:
                return Shown(negative, f"{_decimal(size):f}", True)
            if top <= SHORT_FRACTION and bottom <= SHORT_FRACTION:
                return Shown(negative, str(top), True, str(bottom))
    return _rounded(negative, size, digits)


class Rounding(Struct, frozen=True):
    """How people round by hand: to decimals, or to significant digits; a half away from zero, or to the even digit.

    >>> Rounding(3)(Fraction(2745, 10000)), Rounding(3, even=True)(Fraction(2745, 10000))
    (Fraction(11, 40), Fraction(137, 500))
    >>> Rounding(2, significant=True)(1234.5)
    Fraction(1200, 1)
    """

    digits: int
    significant: bool = False
    even: bool = False

    def __call__(self, number: Number) -> Fraction:
        value = Decimal(number) if isinstance(number, float) else _decimal(number)
        way = ROUND_HALF_EVEN if self.even else ROUND_HALF_UP
        kept = self.digits if self.significant else value.adjusted() + 1 + self.digits
        if kept > 0:
            return Fraction(Context(prec=kept, rounding=way).plus(value))
        # less than the last decimal: it comes to 0, or to 1 there
        return Fraction(value.quantize(Decimal(1).scaleb(-self.digits), rounding=way))

    def __str__(self) -> str:
        unit = "significant digit" if self.significant else "decimal"
        return f"{self.digits} {unit}{'' if self.digits == 1 else 's'}"


def digits_before(number: Number) -> int:
    """How many digits stand before the point; 0 or less where the first digit that is no 0 stands after it.

    >>> digits_before(12.5), digits_before(0.5), digits_before(0.05)
    (2, 0, -1)
    """
    if not number:
        return 0
    return (Decimal(number) if isinstance(number, float) else _decimal(number)).adjusted() + 1


def _rounded(negative: bool, size: Number, digits: int) -> Shown:
    if not size:
        return Shown(False, "0", isinstance(size, Fraction))
    value = Decimal(size) if isinstance(size, float) else _decimal(size)
    leading = value.adjusted()
    keep = digits if leading >= FULL_PLACES else max(digits, leading + 1)
    value = _context(keep).plus(value).normalize()
    leading = value.adjusted()
    exponent = 0 if -5 < leading < FULL_PLACES else leading
    exact = isinstance(size, Fraction) and Fraction(value) == size
    return Shown(negative, f"{value.scaleb(-exponent):f}", exact, exponent=exponent)


def _places(denominator: int) -> int | None:
    """How many decimals a fraction with this denominator takes, or None where it never ends."""
    twos = fives = 0
    while denominator % 2 == 0:
        denominator, twos = denominator // 2, twos + 1
    while denominator % 5 == 0:
        denominator, fives = denominator // 5, fives + 1
    return max(twos, fives) if denominator == 1 else None


def _decimal(size: Fraction) -> Decimal:
    return _context(120).divide(Decimal(size.numerator), Decimal(size.denominator))


@lru_cache(maxsize=64)
def _context(digits: int) -> Context:
    """Arithmetic with so many digits, half to even."""
    return Context(prec=digits, rounding=ROUND_HALF_EVEN)


def inexact(expr: Expr) -> bool:
    """Does a formula hold a number that is itself only approximate, and that matters?"""
    return any(type(part) is Value and isinstance(part.number, float) for part in _open(expr))


def rounds(expr: Expr, digits: int, exact: bool = False) -> bool:
    """Will a formula show a number that is not exactly the one meant, and that matters?"""
    return any(
        type(part) is Value
        and (isinstance(part.number, float) or not shown(part.number, digits + part.guard, exact).exact)
        for part in _open(expr)
    )


def _open(expr: Expr) -> list[Expr]:
    """The parts of a formula without what stands in products that have a factor 0: they are 0, whatever the other
    factors are.
    """
    found = [expr]
    for part in found:  # grows as it is gone through
        if type(part) is not Product or not _vanishes(part):
            found += PARTS[type(part)](part)
    return found


def _vanishes(product: Product) -> bool:
    if _is_zero(product.operands[0]):
        return True
    for sign, factor in zip(product.operators, product.operands[1:], strict=True):
        if sign == "*" and _is_zero(factor):
            return True
    return False


def _is_zero(expr: Expr) -> bool:
    if type(expr) is Num:
        return not expr.literal.strip("0.") or not expr.literal.lower().partition("e")[0].strip("0.")
    return type(expr) is Value and not expr.number and type(expr.number) is Fraction
