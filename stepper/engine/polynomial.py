"""Polynomials of symbols: their arithmetic, and the one order in which their terms are written, so that equal ones look equal."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import TypeAlias

from stepper.core.expr import Expr, Neg, Num, Power, Sign, add_all, multiply_all
from stepper.core.formula import text

Monomial: TypeAlias = tuple[tuple[Expr, int], ...]
Polynomial: TypeAlias = dict[Monomial, Fraction]
"""The coefficient of each product of symbols; the empty product is the constant."""


class NoSize(ValueError):
    """A formula that no rule here brings to a form: a division by zero, or by a symbol that does not cancel."""


def constant(found: Polynomial) -> Fraction | None:
    """The number that a polynomial is, where it has no symbol."""
    if not found:
        return Fraction(0)
    return found.get(()) if len(found) == 1 else None


def of_number(value: Fraction) -> Polynomial:
    """A number: the polynomial without symbols."""
    return {(): value} if value else {}


def scaled(found: Polynomial, by: Fraction) -> Polynomial:
    """Each coefficient times a number other than 0."""
    return {monomial: coefficient * by for monomial, coefficient in found.items()}


def plus(one: Polynomial, other: Polynomial) -> Polynomial:
    """The sum; terms that cancel are gone."""
    found = dict(one)
    for monomial, coefficient in other.items():
        found[monomial] = found.get(monomial, Fraction(0)) + coefficient
    return {monomial: coefficient for monomial, coefficient in found.items() if coefficient}


def times(one: Polynomial, other: Polynomial) -> Polynomial:
    """The product, each term of one with each of the other."""
    found: Polynomial = {}
    for left, first in one.items():
        for right, second in other.items():
            powers = dict(left)
            for symbol, power in right:
                powers[symbol] = powers.get(symbol, 0) + power
            monomial = tuple(sorted(((symbol, power) for symbol, power in powers.items() if power), key=_by_name))
            found[monomial] = found.get(monomial, Fraction(0)) + first * second
    return {monomial: coefficient for monomial, coefficient in found.items() if coefficient}


def over(one: Polynomial, other: Polynomial) -> Polynomial:
    """A quotient by a number or by one product of symbols; any other stays as it is."""
    if not other:
        raise NoSize("division by zero")
    if len(other) > 1:
        return {((multiply_all([("*", to_expr(one)), ("/", to_expr(other))]), 1),): Fraction(1)}
    ((monomial, coefficient),) = other.items()
    return times(one, {tuple((symbol, -power) for symbol, power in monomial): 1 / coefficient})


def to_expr(found: Polynomial) -> Expr:
    """A polynomial as a formula: terms of the highest degree first, those added before those taken away, then by their names.

    >>> p, q = {((Sym("p"), 1),): Fraction(1)}, {((Sym("q"), 1),): Fraction(1)}
    >>> text(to_expr(plus(q, p))), text(to_expr(plus(p, q)))
    ('p + q', 'p + q')
    """
    if not found:
        return Num("0")
    terms: list[tuple[Sign, Expr]] = []
    for monomial, coefficient in sorted(found.items(), key=_by_degree):
        size = abs(coefficient)
        above: list[Expr] = [symbol if power == 1 else Power(symbol, Num(str(power))) for symbol, power in monomial if power > 0]
        below: list[Expr] = [symbol if power == -1 else Power(symbol, Num(str(-power))) for symbol, power in monomial if power < 0]
        if size.numerator != 1 or not above:
            above.insert(0, Num(str(size.numerator)))
        if size.denominator != 1:
            below.append(Num(str(size.denominator)))
        term = multiply_all([*(("*", factor) for factor in above), *(("/", factor) for factor in below)])
        terms.append(("+" if coefficient > 0 else "-", term))
    (sign, first), *rest = terms
    return add_all([("+", Neg(first) if sign == "-" else first), *rest])


_name = lru_cache(maxsize=65536)(text)
"""The text of a symbol, or of what stands for one, by which products and sums are put in order."""


def _by_name(factor: tuple[Expr, int]) -> tuple[str, int]:
    return _name(factor[0]), factor[1]


def _by_degree(term: tuple[Monomial, Fraction]) -> tuple[bool, int, bool, list[tuple[str, int]]]:
    monomial, coefficient = term
    return not monomial, -sum(power for _, power in monomial), coefficient < 0, [_by_name(factor) for factor in monomial]
