"""What cancels in a product: ``(a - y)/(a*(1 - a))*a*(1 - a)*x`` is ``(a - y)*x``.

Factors are compared by their one form as polynomials of names, so that ``y - a`` cancels against ``a - y`` and leaves a
sign; the factors that stay are written as the author wrote them.
"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from math import gcd
from typing import TypeAlias

from msgspec import Struct

from stepper.core.expr import Expr, Factor, Neg, Num, Power, Product, Sum, Value, multiply_all
from stepper.core.numbers import inexact
from stepper.core.traverse import extent, walk
from stepper.engine.values.polynomial import (
    Monomial,
    NoSize,
    Polynomial,
    alone,
    expanded,
    of_number,
    plus,
    primitive,
    scaled,
    times,
    to_expr,
)

LARGEST = 400
"""Parts of a product that is looked at."""
HIGHEST_POWER = 4
Form: TypeAlias = frozenset[tuple[Monomial, Fraction]]


class Cancelled(Struct, frozen=True):
    """``expr`` is what is left; the ``factors`` that were taken out must not be 0."""

    expr: Expr
    factors: tuple[Expr, ...]


class _Part(Struct, frozen=True):
    """A factor: as it is written, its form, and the number that its form is to be taken times."""

    expr: Expr
    form: Form
    size: Fraction


class _Fraction(Struct):
    """A product as a number, what stands above and what stands below; were its numbers ``reduced``?"""

    number: Fraction
    above: list[_Part]
    below: list[_Part]
    reduced: bool = False

    def times(self, number: Fraction, up: bool) -> None:
        top, bottom = (number.numerator, number.denominator) if up else (number.denominator, number.numerator)
        self.reduced |= gcd(top, self.number.denominator) > 1 or gcd(bottom, self.number.numerator) > 1
        self.number = self.number * top / bottom


def cancelled(product: Expr) -> Cancelled | None:
    """The product without the factors that stand above and below; None where nothing cancels, or it is 0.

    >>> from stepper.core.formula import text
    >>> from stepper.core.parser import parse
    >>> found = cancelled(parse("(a - y)/(a*(1 - a))*a*(1 - a)*x"))
    >>> text(found.expr), [text(factor) for factor in found.factors]
    ('(a - y)*x', ['a', '1 - a'])
    >>> text(cancelled(parse("2*(h - y)/2")).expr), cancelled(parse("a*b/c"))
    ('h - y', None)
    """
    operators = {sign for part in walk(product) if isinstance(part, Product) for sign in part.operators}
    if "/" not in operators or "@" in operators:
        return None  # nothing stands below; products of matrices have an order
    if extent(product)[0] > LARGEST or inexact(product):
        return None
    try:
        for split in (False, True):  # sums are brought to one fraction only where that lets factors cancel
            found = _Fraction(Fraction(1), [], [])
            _collect(product, True, found, split)
            left = _without_pairs(found)
            if left is not None:
                return left
    except (NoSize, ZeroDivisionError):
        return None
    return None


def _collect(expr: Expr, up: bool, found: _Fraction, split: bool) -> None:
    match expr:
        case Num(literal):
            found.times(Fraction(literal), up)
        case Value(Fraction() as number):
            found.times(number, up)
        case Neg(body):
            found.number = -found.number
            _collect(body, up, found, split)
        case Product(operands, operators):
            for operator, operand in zip(("*", *operators), operands, strict=True):
                _collect(operand, up is (operator != "/"), found, split)
        case Power(base, Num(literal)) if literal.isdigit() and 0 < int(literal) <= HIGHEST_POWER:
            for _ in range(int(literal)):
                _collect(base, up, found, split)
        case Sum() if split and (whole := _one_fraction(expr)) is not None:
            found.number = found.number * whole.number if up else found.number / whole.number
            for parts, above in ((whole.above, up), (whole.below, not up)):
                (found.above if above else found.below).extend(parts)
        case _:
            (found.above if up else found.below).append(_part(expr))


def _part(expr: Expr) -> _Part:
    try:
        polynomial = expanded(expr)
    except NoSize:
        polynomial = alone(expr)
    size, form = primitive(polynomial)
    return _Part(expr, frozenset(form.items()), size)


def _one_fraction(expr: Sum) -> _Fraction | None:
    """A sum of fractions over what is below all of them; None where no term is one."""
    terms: list[_Fraction] = []
    for sign, operand in zip(("+", *expr.operators), expr.operands, strict=True):
        term = _Fraction(Fraction(1 if sign == "+" else -1), [], [])
        _collect(operand, True, term, True)
        terms.append(term)
    if not any(term.below for term in terms):
        return None
    most: Counter[Form] = Counter()
    for term in terms:
        most |= Counter(part.form for part in term.below)
    total: Polynomial = {}
    for term in terms:
        number = term.number
        whole = of_number(Fraction(1))
        for part in term.above:
            whole, number = times(whole, dict(part.form)), number * part.size
        for part in term.below:
            number = number / part.size
        for form in (most - Counter(part.form for part in term.below)).elements():
            whole = times(whole, dict(form))
        total = plus(total, scaled(whole, number))
    if not total:
        return None
    size, rest = primitive(total)
    above = [] if rest.keys() == {()} else [_Part(to_expr(rest), frozenset(rest.items()), Fraction(1))]
    below = [_Part(to_expr(dict(form)), form, Fraction(1)) for form in most.elements()]
    return _Fraction(size, above, below)


def _without_pairs(found: _Fraction) -> Cancelled | None:
    shared = Counter(part.form for part in found.above) & Counter(part.form for part in found.below)
    if not found.number or not (shared or found.reduced):
        return None
    number, out = found.number, dict[Form, Expr]()
    kept: list[list[_Part]] = []
    for parts, up in ((found.above, True), (found.below, False)):
        waiting, left = Counter(shared), list[_Part]()
        for part in parts:
            if waiting[part.form]:
                waiting[part.form] -= 1
                number = number * part.size if up else number / part.size
                out.setdefault(part.form, part.expr)
            else:
                left.append(part)
        kept.append(left)
    return Cancelled(_written(number, *kept), tuple(out.values()))


def _written(number: Fraction, above: list[_Part], below: list[_Part]) -> Expr:
    size = abs(number)
    top = [part.expr for part in above]
    if size.numerator != 1 or not top:
        top.insert(0, Num(str(size.numerator)))
    bottom = [part.expr for part in below]
    if size.denominator != 1:
        bottom.append(Num(str(size.denominator)))
    pairs: list[tuple[Factor, Expr]] = [("*", expr) for expr in top]
    if bottom:
        pairs.append(("/", multiply_all([("*", expr) for expr in bottom])))
    whole = multiply_all(pairs)
    return Neg(whole) if number < 0 else whole
