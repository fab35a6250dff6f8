"""Formulas in one form: a quotient of two polynomials over atoms, so that ``(1 - a)*(1 + a)`` and ``1 - a^2`` are seen to be equal.

An atom is a name, or a call whose arguments are in this form.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce

from stepper.core.expr import (
    CONSTANTS,
    Array,
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
from stepper.engine.polynomial import Monomial, NoSize, Polynomial, constant, of_number, plus, scaled, times, to_expr

MOST_TERMS, MOST_PRODUCTS, HIGHEST_POWER = 2_000, 40_000, 64
ONE = of_number(Fraction(1))


@dataclass(frozen=True, slots=True)
class Quotient:
    """``top/below``: factors that both share are taken out where they are products of atoms, and below leads the coefficient 1."""

    top: Polynomial
    below: Polynomial


def same(left: Expr, right: Expr) -> bool | None:
    """Are two formulas equal, by cross multiplication? None where their atoms may depend on one another, or the form is too large.

    >>> from stepper.core.parser import parse
    >>> pairs = (("(1 - a)*(1 + a)", "1 - a^2"), ("4*c^2", "8*c^2"), ("tan(x)", "sin(x)/cos(x)"))
    >>> tuple(same(parse(one), parse(other)) for one, other in pairs)
    (True, False, None)
    """
    try:
        one, other = quotient(left), quotient(right)
        if _times(one.top, other.below) == _times(other.top, one.below):
            return True
    except (NoSize, ZeroDivisionError):
        return None
    return None if any(not _independent(atom) for part in (one, other) for atom in _atoms(part)) else False


def canonical(expr: Expr) -> Expr:
    """The one form as a formula.

    Raises:
        NoSize: where there is none, or it is too large.
    """
    found = quotient(expr)
    top = to_expr(found.top)
    return top if found.below == ONE else divide(top, to_expr(found.below))


def quotient(expr: Expr) -> Quotient:
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
            return _scaled(quotient(body), Fraction(-1))
        case Sum(operands, signs):
            parts = [_scaled(quotient(part), Fraction(-1)) if sign == "-" else quotient(part)
                     for sign, part in zip(("+", *signs), operands, strict=True)]  # fmt: skip
            return reduce(_sum, parts)
        case Product(operands, factors):
            found = quotient(operands[0])
            for factor, part in zip(factors, operands[1:], strict=True):
                if factor == "@":
                    raise NoSize(text(expr))
                other = quotient(part)
                found = _product(found, other if factor != "/" else _inverse(other))
            return found
        case Power(base, exponent):
            return _power(base, exponent)
        case Call(name, arguments):
            return _atom(Call(name, tuple(map(_argument, arguments))))
        case Where(operator, left, right, then, otherwise):
            return _atom(Where(operator, *map(canonical, (left, right, then, otherwise))))
        case Sym() | Prime() | Index() | Deriv():
            return _atom(expr)
        case Array() | Transpose():
            raise NoSize(text(expr))


def _argument(expr: Expr) -> Expr:
    return Array(tuple(map(_argument, expr.items))) if isinstance(expr, Array) else canonical(expr)


def _atom(expr: Expr) -> Quotient:
    return Quotient({((expr, 1),): Fraction(1)}, ONE)


def _power(base: Expr, exponent: Expr) -> Quotient:
    """Integer powers are multiplied out; of others the whole part is, and the rest is an atom."""
    powers = quotient(exponent)
    degree = constant(powers.top) if powers.below == ONE else None
    if degree is None:
        return _atom(Power(canonical(base), canonical(exponent)))
    if abs(degree) > HIGHEST_POWER:
        raise NoSize(f"a power of {degree}")
    whole = degree.numerator // degree.denominator
    found = quotient(base)
    factor = found if whole >= 0 else _inverse(found)
    product = reduce(_product, [factor] * abs(whole), Quotient(ONE, ONE))
    rest = degree - whole
    return product if not rest else _product(product, _atom(Power(canonical(base), Value(rest))))


def _sum(one: Quotient, other: Quotient) -> Quotient:
    if one.below == other.below:
        return _reduced(plus(one.top, other.top), one.below)
    return _reduced(plus(_times(one.top, other.below), _times(other.top, one.below)), _times(one.below, other.below))


def _product(one: Quotient, other: Quotient) -> Quotient:
    return _reduced(_times(one.top, other.top), _times(one.below, other.below))


def _scaled(found: Quotient, by: Fraction) -> Quotient:
    return Quotient(scaled(found.top, by), found.below)


def _inverse(found: Quotient) -> Quotient:
    if not found.top:
        raise ZeroDivisionError
    return _reduced(found.below, found.top)


def _times(one: Polynomial, other: Polynomial) -> Polynomial:
    """A product that is not too large to be worked with."""
    if len(one) * len(other) > MOST_PRODUCTS:
        raise NoSize(f"a product of {len(one)} terms and {len(other)}")
    found = times(one, other)
    if len(found) > MOST_TERMS:
        raise NoSize(f"{len(found)} terms")
    return found


def _reduced(top: Polynomial, below: Polynomial) -> Quotient:
    """Without the atoms that divide every term above and below, and without a number before the first term below."""
    if not top:
        return Quotient(top, ONE)
    shared: dict[Expr, int] | None = None
    for monomial in (*top, *below):
        powers = dict(monomial)
        shared = powers if shared is None else {atom: min(power, powers[atom]) for atom, power in shared.items() if atom in powers}
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
    return -sum(power for _, power in monomial), [(text(atom), power) for atom, power in monomial]


def _atoms(found: Quotient) -> Iterator[Expr]:
    return (atom for part in (found.top, found.below) for monomial in part for atom, _ in monomial)


def _independent(atom: Expr) -> bool:
    """Is an atom free to be any number, whatever the others are?"""
    return isinstance(atom, Prime | Deriv | Index) or (isinstance(atom, Sym) and atom.name not in CONSTANTS.values())
