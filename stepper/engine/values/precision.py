"""Arithmetic with many digits: fractions while they stay short, else 50 digits, more where digits are lost; what is
below them is 0.

A difference of nearly equal numbers, sin near a multiple of π, log near 1 and numbers that seem equal have fewer digits
than what they
were made of. Each such place raises a doubt, and the work is done again with more digits, until its result stays:
exp(-100) stays,
and what shrinks with the last digit is 0.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import TypeVar

from stepper.core.expr import CONSTANTS, Number
from stepper.engine.values.arithmetic import (
    LARGEST_ARGUMENT,
    Arithmetic,
    Doubt,
    Quantity,
    adder,
    is_long,
    kept_rational,
    machine,
)
from stepper.engine.values.rule import Rule
from stepper.errors import Problem, StepperError

DIGITS = 50
LEVELS = (DIGITS, 400, 1000)  # at 400 a difference of numbers of usual size is 0 as a float, or has digits to spare
SPARE = 30  # digits that must be left
SAFE = 5  # of the last digits that calculations spoil
LARGEST_LOG = 1e5  # powers beyond e^100000 are refused, not waited for
VANISHING = 1e18  # e^-VANISHING is 0: the digits of what is as small take as long as its exponent has digits
AGREE = 1e-18

T = TypeVar("T")


class Rounded(float):
    """A number as it is kept and shown, a float, that remembers the digits it was rounded from."""

    __slots__ = ("quantity",)
    quantity: Quantity

    def __reduce__(self) -> tuple[type[float], tuple[float]]:
        """To another process goes the number that is shown."""
        return float, (float(self),)


def plain(number: Quantity) -> Number:
    """A number as it is kept and shown: an exact fraction, or a float.

    Raises:
        OverflowError: where it is too large for a float.
    """
    if type(number) is Fraction or isinstance(number, float):
        return number
    rounded = Rounded(number)
    if not math.isfinite(rounded):
        raise OverflowError
    rounded.quantity = number
    return rounded


def settled(
    work: Callable[[Arithmetic], T], agree: Callable[[T, T], bool], levels: tuple[int, ...] = LEVELS
) -> tuple[T, int]:
    """A result that does not change with more digits, and the digits that it took.

    Raises:
        StepperError: where the work raises it, or no number of digits suffices.
    """
    before: list[T] = []
    for digits in levels:
        doubt = Doubt()
        try:
            found = work(fine(digits, doubt))
        except StepperError:
            if not doubt.raised or digits == levels[-1]:
                raise
            before = []
            continue
        if not doubt.raised or (before and agree(before[0], found)):
            break
        before = [found]
    if doubt.beyond and digits == LEVELS[-1]:
        raise StepperError(
            Problem(
                f"more than {digits} digits would be needed",
                hint="sin and cos of such large numbers carry no information",
            )
        )
    return found, digits


def alike(one: Quantity | None, other: Quantity | None) -> bool:
    """Do two numbers agree in the digits that are to be kept?"""
    if one is None or other is None or one == other:
        return one is other or one == other
    return bool(abs(precise().number(one) - precise().number(other)) <= AGREE * abs(precise().number(other)))


def fine(digits: int = DIGITS, doubt: Doubt | None = None) -> Arithmetic:
    """Exact fractions while they stay short, and so many digits, not a float's 16, for all else: 1 - sigmoid(40) is not
    lost.

    What is worked out with it is rounded to a float once, by ``plain``. Where digits are lost it raises the doubt.
    """
    doubt = doubt or Doubt()
    work = _Fine(digits, doubt)
    power, constants = kept_rational(work.power), _FineConstants(digits)
    return Arithmetic(
        _as_it_is, work.keep, power, work.primitive, constants, work.align, work.add, work.same, digits, doubt
    )


def _as_it_is(number: Number) -> Quantity:
    if isinstance(number, Rounded):
        return number.quantity
    return precise().number(number) if isinstance(number, float) else number


class _Fine:
    def __init__(self, digits: int, doubt: Doubt) -> None:
        self.digits, self.doubt = digits, doubt
        self.last = _bits(digits - SAFE)  # below this share of what it was made of, a number is 0
        self.enough = _bits(digits - SPARE)

    def number(self, number: Quantity) -> Quantity:
        return precise(self.digits).number(number)

    def keep(self, number: Quantity) -> Quantity:
        if not number:
            return Fraction(0)  # a product with a factor 0 is 0 itself: nothing was rounded
        return self.number(number) if is_long(number) else number

    def align(self, numbers: list[Quantity]) -> list[Quantity]:
        """Fractions alone stay fractions; beside another number they take its kind."""
        for number in numbers:
            if type(number) is not Fraction:  # what is no fraction is told by its type six times faster
                return [
                    self.number(each) if type(each) is Fraction or isinstance(each, float) else each for each in numbers
                ]
        return numbers

    def power(self, base: Quantity, exponent: Quantity) -> Quantity:
        return precise(self.digits).power(self.number(base), self.number(exponent))

    def add(self, signs: Sequence[str]) -> Callable[..., Quantity]:
        join = adder(signs)

        def add(*terms: Quantity) -> Quantity:
            found = join(*terms)
            if type(found) is Fraction:
                return found
            if len(terms) == 2 and terms[0] is terms[1] and not found:
                return Fraction(0)
            largest = max(map(_size, terms))
            if _size(found) < largest - self.enough:
                self.doubt.raised = True
                if _size(found) < largest - self.last:
                    return Fraction(0)
            return found

        return add

    def same(self, low: Quantity, high: Quantity) -> bool:
        """Are two numbers equal in all the digits that they carry? Of rounded ones more digits may tell otherwise."""
        if low == high:
            self.doubt.raised |= low is not high and not (isinstance(low, Fraction) and isinstance(high, Fraction))
            return True
        return bool(self.add(("-",))(low, high) == 0)

    def primitive(self, rule: Rule) -> Callable[..., Quantity]:
        exact = machine(rule)

        def call(*numbers: Quantity) -> Quantity:
            rational = all(isinstance(number, Fraction) for number in numbers)
            if rational and (rule.rational or numbers[0] in rule.exact):
                return exact(*numbers)
            function = precise(self.digits).primitive(rule)
            if rule.row is not None and rule.row.jumps:
                value = self.snapped(numbers[0])
                found = Fraction(int(function(value)))
                return (
                    found if value is numbers[0] else self.number(found)
                )  # which side of a jump is not certain: not exact
            if rule.rational:
                return function(*numbers)
            return self.judged(function, *map(self.number, numbers))

        return call

    def snapped(self, number: Quantity) -> Quantity:
        """A number, or the integer that it does not differ from in its digits."""
        whole = Fraction(round(number))
        return whole if self.same(self.number(whole), number) else number

    def judged(self, function: Callable[..., Quantity], argument: Quantity) -> Quantity:
        """A function's value, with a look at what the last digits of the argument change."""
        found = function(argument)
        if _size(found) >= _size(argument) - self.enough:
            return found
        last = abs(function(argument * (1 + self.number(Fraction(1, 10 ** (self.digits - SAFE))))) - found)
        if _size(last) > _size(found) - _bits(SPARE):
            self.doubt.raised = True
        if last < abs(found):
            return found
        if _size(found) < -self.enough:
            return Fraction(0)
        self.doubt.beyond = True
        return found


def _bits(digits: int) -> int:
    return int(digits * math.log2(10))


def _size(number: Quantity) -> float:
    """The power of two above a number."""
    _, mantissa, exponent, bits = number._mpf_
    return float(exponent + bits) if mantissa else -math.inf


class _FineConstants(dict[str, Quantity]):
    """Constants with many digits, loaded when one is asked for."""

    def __init__(self, digits: int) -> None:
        super().__init__()
        self.digits = digits

    def __missing__(self, symbol: str) -> Quantity:
        return precise(self.digits).constants[symbol]


@lru_cache(maxsize=8)
def precise(digits: int = DIGITS) -> Arithmetic:
    """So many digits and no judgement of them, for the checks."""
    import mpmath

    context = mpmath.mp.clone()
    context.dps = digits

    def read(number: Number) -> Quantity:
        if isinstance(number, Fraction):
            return context.mpf(number.numerator) / number.denominator
        return context.mpf(number.quantity if isinstance(number, Rounded) else number)

    def power(base: Quantity, exponent: Quantity) -> Quantity:
        whole = int(exponent) if exponent == int(exponent) else None
        if base < 0 and whole is None:
            raise ValueError
        if base == 0 and exponent < 0:
            raise ZeroDivisionError  # mpmath gives infinity
        size = exponent * context.log(abs(base)) if base else 0
        if size > LARGEST_LOG:
            raise OverflowError
        if size < -VANISHING:
            return context.mpf(0)
        return base ** (exponent if whole is None else whole)

    def primitive(rule: Rule) -> Callable[..., Quantity]:
        function: Callable[..., Quantity] = getattr(context, rule.machine, None) or getattr(builtins, rule.machine)
        at_float = getattr(math, rule.machine, None)
        if at_float is None:  # max and min
            return function

        def call(number: Quantity) -> Quantity:
            if abs(number) > LARGEST_ARGUMENT:
                rough = at_float(float(number))  # overflows, or says that it does not
                if rough == 0 and abs(number) > VANISHING:
                    return context.mpf(0)
            result = function(number)
            if isinstance(result, context.mpc) or not context.isfinite(result):
                raise ValueError
            return result

        return call

    constants = {CONSTANTS["pi"]: +context.pi, CONSTANTS["e"]: +context.e}
    return Arithmetic(read, lambda number: number, power, primitive, constants)
