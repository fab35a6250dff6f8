"""Which integers a letter may be for a formula to come to a number: the formula is taken apart from outside, a step at
a time.

``floor((n - 5)/2) + 1 = 12`` says ``11 <= (n - 5)/2 < 12``, and that says ``27 <= n < 29``.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from msgspec import Struct, field

from stepper.core.expr import Call, Expr, Neg, Power, Product, Sign, Sum, Sym
from stepper.core.traverse import names
from stepper.engine.layers.sizes import number, polynomial, settle
from stepper.engine.values.polynomial import NoSize

ONE = Fraction(1)
LARGEST = 1 << 20
LATEST = 1 << 12
"""A polynomial must grow from here on."""


class Span(Struct, frozen=True):
    """The rational numbers from ``low`` to ``high``; None for no end; an ``open`` end does not belong to it."""

    low: Fraction | None
    high: Fraction | None
    open_low: bool = False
    open_high: bool = False

    def shifted(self, by: Fraction) -> Span:
        return self.ends(lambda end: end + by)

    def scaled(self, by: Fraction) -> Span:
        """Multiplied by a number other than 0; a negative one turns it around."""
        found = self.ends(lambda end: end * by)
        return found if by > 0 else Span(found.high, found.low, found.open_high, found.open_low)

    def inverse(self) -> Span | None:
        """The numbers whose inverses lie in it; only for positive ones."""
        if self.low is None or self.low < 0 or (self.high is not None and self.high <= 0):
            return None
        low = Fraction(0) if self.high is None else 1 / self.high
        high = 1 / self.low if self.low else None
        return Span(low, high, self.open_high or self.high is None, self.open_low)

    def ends(self, change: Callable[[Fraction], Fraction]) -> Span:
        low = None if self.low is None else change(self.low)
        return Span(low, None if self.high is None else change(self.high), self.open_low, self.open_high)

    @property
    def first(self) -> int | None:
        """The least integer in it."""
        if self.low is None:
            return None
        return math.floor(self.low) + 1 if self.open_low else math.ceil(self.low)

    @property
    def last(self) -> int | None:
        """The greatest integer in it."""
        if self.high is None:
            return None
        return math.ceil(self.high) - 1 if self.open_high else math.floor(self.high)


class Inverse(Struct):
    """What was found: the letter's span, and the inequalities on the way there."""

    symbol: Sym
    steps: list[tuple[Span, Expr]] = field(default_factory=list)
    span: Span | None = None


def invert(formula: Expr, symbol: Sym, wanted: Fraction) -> Inverse:
    """The span of a letter in which a formula comes to a number; no span where the formula cannot be taken apart so."""
    found = Inverse(symbol)
    found.span = _peel(formula, Span(wanted, wanted), found)
    if found.span is not None:
        found.steps.append((found.span, symbol))
    return found


def _peel(expr: Expr, span: Span, found: Inverse) -> Span | None:
    """The span of the letter, from that of a formula with it."""
    while expr != found.symbol:
        outer = _outer(expr, span, found)
        if outer is None:
            simpler = _simpler(expr)
            if simpler is None:
                return None
            expr = simpler
            continue
        expr, span, rounding = outer
        if rounding and expr != found.symbol:
            found.steps.append((span, expr))
    return span


def _simpler(expr: Expr) -> Expr | None:
    """The formula in its one form, where that is another."""
    try:
        settled = settle(expr, {})
    except NoSize:
        return None
    return None if settled == expr else settled


def _outer(expr: Expr, span: Span, found: Inverse) -> tuple[Expr, Span, bool] | None:
    """The formula inside the outermost operation, with its span; whether the operation rounds."""
    match expr:
        case Neg(body):
            return body, span.scaled(-ONE), False
        case Sum(operands, signs):
            return _of_sum(operands, ("+", *signs), span, found.symbol)
        case Product(operands, factors):
            return _of_product(operands, ("*", *factors), span, found.symbol)
        case Power(base, exponent):
            return _of_power(base, number(exponent), span)
        case Call(name, (inner,)) if name in ROUNDINGS:
            return inner, ROUNDINGS[name](span), True
        case _:
            return None


def _of_sum(operands: Sequence[Expr], signs: Sequence[Sign], span: Span, symbol: Sym) -> tuple[Expr, Span, bool] | None:
    inside = [place for place, operand in enumerate(operands) if symbol in names(operand)]
    if len(inside) != 1:
        return _of_polynomial(Sum(tuple(operands), tuple(signs[1:])), span)
    for place, (sign, operand) in enumerate(zip(signs, operands, strict=True)):
        if place not in inside:
            value = number(settle(operand, {}))
            if value is None:
                return None
            span = span.shifted(-value if sign == "+" else value)
    place = inside[0]
    return operands[place], span if signs[place] == "+" else span.scaled(-ONE), False


def _of_product(
    operands: Sequence[Expr], factors: Sequence[str], span: Span, symbol: Sym
) -> tuple[Expr, Span, bool] | None:
    inside = [place for place, operand in enumerate(operands) if symbol in names(operand)]
    if len(inside) != 1:
        return None
    for place, (factor, operand) in enumerate(zip(factors, operands, strict=True)):
        if place not in inside:
            value = number(settle(operand, {}))
            if not value:
                return None
            span = span.scaled(value if factor == "/" else 1 / value)
    place = inside[0]
    turned = span.inverse() if factors[place] == "/" else span
    return None if turned is None else (operands[place], turned, False)


def _of_polynomial(expr: Expr, span: Span) -> tuple[Expr, Span, bool] | None:
    """A polynomial of one size that grows with it: between which integers up to LARGEST it is in the span.

    Where it grows from some size on, no smaller one may give what is in the span.
    """
    terms = polynomial(expr)
    parts = {part for powers in terms for part, _ in powers}
    if len(parts) != 1 or any(powers and powers[0][1] < 0 for powers in terms):
        return None
    (part,) = parts
    if not isinstance(part, Sym | Call) or span.low is None or span.high is None:
        return None
    low, high = span.low, span.high
    degrees = {sum(power for _, power in powers): coefficient for powers, coefficient in terms.items()}

    def value(size: int) -> Fraction:
        return sum((coefficient * size**degree for degree, coefficient in degrees.items()), Fraction(0))

    grows = bisect_left(range(LATEST), True, key=lambda start: _grows(degrees, start))
    if grows == LATEST or value(LARGEST) <= high or any(low <= value(size) <= high for size in range(grows)):
        return None
    first = bisect_left(range(LARGEST), low, lo=grows, key=value)
    last = bisect_right(range(LARGEST), high, lo=grows, key=value) - 1
    return part, _whole(first, last), True


def _grows(degrees: Mapping[int, Fraction], start: int) -> bool:
    """Is no derivative of a polynomial negative at a size? Then it grows from there on."""
    return all(
        sum(
            coefficient * math.perm(degree, order) * start ** (degree - order)
            for degree, coefficient in degrees.items()
            if degree >= order
        )
        >= 0
        for order in range(1, max(degrees) + 1)
    )


def _of_power(base: Expr, exponent: Fraction | None, span: Span) -> tuple[Expr, Span, bool] | None:
    """A power of a size, which is a positive integer."""
    if (
        exponent is None
        or exponent.denominator != 1
        or exponent < 2
        or span.first is None
        or span.last is None
        or span.last < 0
    ):
        return None
    degree = int(exponent)
    low = _root(max(span.first, 0), degree)
    return base, _whole(low + (low**degree < span.first), _root(span.last, degree)), True


def _whole(first: int, last: int) -> Span:
    """From one integer to another; between two neighbours where the first would come after the last."""
    return Span(Fraction(first), Fraction(last)) if first <= last else Span(Fraction(last), Fraction(first), True, True)


def _root(size: int, degree: int) -> int:
    """The greatest integer whose power is at most ``size``."""
    low, high = 0, size + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**degree <= size else (low, middle)
    return low


ROUNDINGS: Mapping[str, Callable[[Span], Span]] = {
    "floor": lambda span: Span(
        _integer(span.first), None if span.last is None else Fraction(span.last + 1), False, True
    ),
    "ceil": lambda span: Span(
        None if span.first is None else Fraction(span.first - 1), _integer(span.last), True, False
    ),
}
"""What a rounding says of the number that is rounded."""


def _integer(value: int | None) -> Fraction | None:
    return None if value is None else Fraction(value)
