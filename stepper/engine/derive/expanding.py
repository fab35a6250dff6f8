"""Formulas multiplied out, and with common factors in front."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import reduce
from math import gcd, lcm

from stepper.core.expr import Expr, Neg, Power, Product, Sum
from stepper.core.formula import literal_of
from stepper.engine.derive.terms import (
    ONE,
    ZERO,
    Term,
    collected,
    joined,
    number_in,
    raised,
    signed,
    summands,
    term_of,
    times,
    written,
)

MOST_TERMS, HIGHEST = 400, 8
"""Of a formula multiplied out; powers of sums that are."""


class TooLong(ValueError):
    """Multiplied out it would have too many terms."""


def expanded(expr: Expr) -> list[Term]:
    """A formula multiplied out: the terms of its sum; what stands in functions stays.

    Raises:
        TooLong: with more than ``MOST_TERMS`` terms.
    """
    match expr:
        case Sum(operands, operators):
            pairs = zip(("+", *operators), operands, strict=True)
            return _limited([signed(term, sign) for sign, part in pairs for term in expanded(part)])
        case Neg(body):
            return [signed(term, "-") for term in expanded(body)]
        case Product(operands, operators) if "@" not in operators and "⊙" not in operators:
            found = [Term(Fraction(1))]
            for operator, operand in zip(("*", *operators), operands, strict=True):
                other = [raised(("/", operand))] if operator == "/" else expanded(operand)
                found = _limited([times(one, two) for one in found for two in other])
            return found
        case Power(Sum() as base, exponent):
            degree = number_in(exponent)
            if degree is not None and degree.denominator == 1 and 1 < degree <= HIGHEST:
                found = [Term(Fraction(1))]
                for _ in range(int(degree)):
                    found = _limited([times(one, two) for one in found for two in expanded(base)])
                return found
            return [term_of(expr)]
        case _:
            return summands(expr)


def _limited(terms: list[Term]) -> list[Term]:
    if len(terms) > MOST_TERMS:
        merged = [term_of(part) for part in _parts(joined(terms))]
        if len(merged) > MOST_TERMS:
            raise TooLong
        return merged
    return terms


def _parts(expr: Expr) -> list[Expr]:
    if isinstance(expr, Sum):
        return [
            Neg(part) if sign == "-" else part for sign, part in zip(("+", *expr.operators), expr.operands, strict=True)
        ]
    return [expr]


def multiplied_out(expr: Expr) -> Expr:
    """The formula multiplied out, with like terms added.

    Raises:
        TooLong: with more than ``MOST_TERMS`` terms.
    """
    return joined(expanded(collected(expr)))


def factored(expr: Expr) -> Expr:
    """A sum with the factors that all its terms share in front; anything else as it is.

    >>> from stepper.core.formula import text
    >>> from stepper.core.parser import parse
    >>> text(factored(parse("6*x^2*exp(x) - 4*x*exp(x)")))
    '2*x*exp(x)*(3*x - 2)'
    """
    if not isinstance(expr, Sum):
        return expr
    terms = summands(expr)
    shared: dict[Expr, Fraction] = {}
    for base, _ in terms[0].powers:
        degrees = [number_in(dict(term.powers).get(base, ZERO)) for term in terms]
        if any(degree is None for degree in degrees):
            continue
        least = min(degree for degree in degrees if degree is not None)
        if least > 0:
            shared[base] = least
        elif least < 0 and all(degree is not None and degree < 0 for degree in degrees):
            shared[base] = max(degree for degree in degrees if degree is not None)
    number = _common([term.number for term in terms])
    if all(term.number < 0 for term in terms):
        number = -number
    if number == 1 and not shared:
        return expr
    front = Term(number, tuple((base, literal_of(degree)) for base, degree in shared.items()))
    back = Term(1 / number, tuple((base, literal_of(-degree)) for base, degree in shared.items()))
    rest = joined(times(term, back) for term in terms)
    return written(times(front, term_of(rest))) if not isinstance(rest, Sum) else _in_front(front, rest)


def _in_front(front: Term, rest: Sum) -> Expr:
    return written(Term(front.number, (*front.powers, (rest, ONE))))


def _common(numbers: Sequence[Fraction]) -> Fraction:
    """The greatest number that divides all of them to whole numbers over the common denominator."""
    above = reduce(gcd, (abs(number.numerator) for number in numbers))
    below = reduce(lcm, (number.denominator for number in numbers))
    return Fraction(above, below)
