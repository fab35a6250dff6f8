"""Formulas in one form: a quotient of two polynomials over atoms, so that ``(1 - a)*(1 + a)`` and ``1 - a^2`` are seen
to be equal.

An atom is a name, or a call whose arguments are in this form.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache, reduce

from msgspec import Struct

from stepper.core.expr import (
    CONSTANTS,
    Array,
    Bound,
    Call,
    Deriv,
    Expr,
    Index,
    Neg,
    Num,
    Power,
    Prime,
    Product,
    Sum,
    Sym,
    Transpose,
    Value,
    Where,
    divide,
)
from stepper.core.formula import text
from stepper.engine.values.polynomial import (
    Monomial,
    NoSize,
    Polynomial,
    alone,
    constant,
    of_number,
    plus,
    scaled,
    times,
    to_expr,
)

MOST_TERMS, MOST_PRODUCTS, HIGHEST_POWER = 2_000, 50_000, 64
"""Of a polynomial; products of two terms that bringing one formula to its form may take; and a power that is multiplied
out.
"""
ONE = of_number(Fraction(1))
_name = lru_cache(maxsize=65536)(text)


class Quotient(Struct, frozen=True):
    """``top/below``: factors that both share are taken out where they are products of atoms, and below leads the
    coefficient 1.
    """

    top: Polynomial
    below: Polynomial


def same(left: Expr, right: Expr) -> bool | None:
    """Are two formulas equal, by cross multiplication? None where their atoms may depend on one another, or the form is
    too large.

    >>> from stepper.core.parser import parse
    >>> pairs = (("(1 - a)*(1 + a)", "1 - a^2"), ("4*c^2", "8*c^2"), ("tan(x)", "sin(x)/cos(x)"))
    >>> tuple(same(parse(one), parse(other)) for one, other in pairs)
    (True, False, None)
    """
    form = _Form()
    try:
        one, other = form.quotient(left), form.quotient(right)
        if form.times(one.top, other.below) == form.times(other.top, one.below):
            return True
    except (NoSize, ZeroDivisionError, RecursionError):
        return None
    return None if any(not _independent(atom) for part in (one, other) for atom in _atoms(part)) else False


def canonical(expr: Expr) -> Expr:
    """The one form as a formula.

    Raises:
        NoSize: where there is none, or it is too large.
    """
    try:
        return _Form().expr(expr)
    except ZeroDivisionError:
        raise NoSize("a division by zero") from None


class _Form:
    """Brings formulas to their one form, as long as that takes no more products than are allowed."""

    def __init__(self) -> None:
        self.left = MOST_PRODUCTS

    def expr(self, expr: Expr) -> Expr:
        found = self.quotient(expr)
        top = to_expr(found.top)
        return top if found.below == ONE else divide(top, to_expr(found.below))

    def quotient(self, expr: Expr) -> Quotient:
        """A formula as a quotient of two polynomials.

        Raises:
            NoSize: where it is none, or too large, or holds a number that is itself rounded.
        """
        match expr:
            case Num(literal):
                return Quotient(of_number(Fraction(literal)), ONE)
            case Value(number):
                if not isinstance(number, Fraction):
                    raise NoSize("a rounded number")
                return Quotient(of_number(number), ONE)
            case Neg(body):
                return _scaled(self.quotient(body), Fraction(-1))
            case Sum(operands, signs):
                pairs = zip(("+", *signs), map(self.quotient, operands), strict=True)
                return reduce(self.sum, [_scaled(part, Fraction(-1)) if sign == "-" else part for sign, part in pairs])
            case Product(operands, factors):
                if "@" in factors:
                    raise NoSize(text(expr))
                first, *rest = map(self.quotient, operands)
                others = [_inverse(part) if factor == "/" else part for factor, part in zip(factors, rest, strict=True)]
                return reduce(self.product, others, first)
            case Power(base, exponent):
                return self.power(base, exponent)
            case Call(name, arguments):
                return _atom(Call(name, tuple(map(self.argument, arguments))))
            case Where(operator, left, right, then, otherwise):
                return _atom(Where(operator, *map(self.expr, (left, right, then, otherwise))))
            case Sym() | Prime() | Index() | Deriv():
                return _atom(expr)
            case Bound(word, variable, low, high, body):
                return _atom(Bound(word, variable, *map(self.expr, (low, high, body))))
            case Array() | Transpose():
                raise NoSize(text(expr))

    def argument(self, expr: Expr) -> Expr:
        return Array(tuple(map(self.argument, expr.items))) if isinstance(expr, Array) else self.expr(expr)

    def power(self, base: Expr, exponent: Expr) -> Quotient:
        """Integer powers are multiplied out; of others the whole part is, and the rest is an atom."""
        powers = self.quotient(exponent)
        degree = constant(powers.top) if powers.below == ONE else None
        if degree is None:
            return _atom(Power(self.expr(base), self.expr(exponent)))
        if abs(degree) > HIGHEST_POWER:
            raise NoSize(f"a power of {degree}")
        whole = degree.numerator // degree.denominator
        found = self.quotient(base)
        product = reduce(self.product, [found if whole >= 0 else _inverse(found)] * abs(whole), Quotient(ONE, ONE))
        rest = degree - whole
        return product if not rest else self.product(product, _atom(Power(self.expr(base), Value(rest))))

    def sum(self, one: Quotient, other: Quotient) -> Quotient:
        if one.below == other.below:
            return _reduced(plus(one.top, other.top), one.below)
        top = plus(self.times(one.top, other.below), self.times(other.top, one.below))
        return _reduced(top, self.times(one.below, other.below))

    def product(self, one: Quotient, other: Quotient) -> Quotient:
        return _reduced(self.times(one.top, other.top), self.times(one.below, other.below))

    def times(self, one: Polynomial, other: Polynomial) -> Polynomial:
        """A product, where there is room for it."""
        self.left -= len(one) * len(other)
        if self.left < 0:
            raise NoSize(f"more than {MOST_PRODUCTS:,} products")
        found = times(one, other)
        if len(found) > MOST_TERMS:
            raise NoSize(f"{len(found):,} terms")
        return found


def _atom(expr: Expr) -> Quotient:
    return Quotient(alone(expr), ONE)


def _scaled(found: Quotient, by: Fraction) -> Quotient:
    return Quotient(scaled(found.top, by), found.below)


def _inverse(found: Quotient) -> Quotient:
    if not found.top:
        raise ZeroDivisionError
    return _reduced(found.below, found.top)


def _reduced(top: Polynomial, below: Polynomial) -> Quotient:
    """Without the atoms that divide every term above and below, and without a number before the first term below."""
    if not top:
        return Quotient(top, ONE)
    shared: dict[Expr, int] | None = None
    for monomial in (*top, *below):
        powers = dict(monomial)
        shared = (
            powers
            if shared is None
            else {atom: min(power, powers[atom]) for atom, power in shared.items() if atom in powers}
        )
        if not shared:
            break
    if shared:
        top, below = _without(top, shared), _without(below, shared)
    leading = below[min(below, key=_order)]
    return Quotient(top, below) if leading == 1 else Quotient(scaled(top, 1 / leading), scaled(below, 1 / leading))


def _without(found: Polynomial, shared: dict[Expr, int]) -> Polynomial:
    def left(monomial: Monomial) -> Monomial:
        powers = ((atom, power - shared.get(atom, 0)) for atom, power in monomial)
        return tuple((atom, power) for atom, power in powers if power)

    return {left(monomial): coefficient for monomial, coefficient in found.items()}


def _order(monomial: Monomial) -> tuple[int, list[tuple[str, int]]]:
    return -sum(power for _, power in monomial), [(_name(atom), power) for atom, power in monomial]


def _atoms(found: Quotient) -> Iterator[Expr]:
    return (atom for part in (found.top, found.below) for monomial in part for atom, _ in monomial)


def _independent(atom: Expr) -> bool:
    """Is an atom free to be any number, whatever the others are?"""
    return isinstance(atom, Prime | Deriv | Index) or (isinstance(atom, Sym) and atom.name not in CONSTANTS.values())
