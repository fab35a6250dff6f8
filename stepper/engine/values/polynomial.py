"""Polynomials of symbols: their arithmetic, and the one order in which their terms are written, so that equal ones look
equal.

A sum below a fraction is a factor of negative power. It cancels where it divides what stands above it, also after a
product or a sum:
``(r + s)*(p/(r + s))`` is p.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache, reduce
from math import gcd, lcm
from typing import TypeAlias

from stepper.core.expr import Expr, Neg, Num, Power, Product, Sign, Sum, Value, add_all, multiply_all
from stepper.core.formula import text

Monomial: TypeAlias = tuple[tuple[Expr, int], ...]
Polynomial: TypeAlias = dict[Monomial, Fraction]
"""The coefficient of each product of symbols; the empty product is the constant."""
MOST_STEPS = 100
HIGHEST, HIGHEST_OF_NUMBERS, HIGHEST_OF_SYMBOLS = 8, 1_000, 10**9
"""The powers that are worked out: of a sum, of one term, of a symbol."""

ZERO = Fraction(0)
_NUMBER: frozenset[Monomial] = frozenset({()})
"""What a polynomial holds that is a number."""


class NoSize(ValueError):
    """A formula that no rule here brings to a form: a division by zero, or by a symbol that does not cancel."""


def _highest(base: Polynomial) -> int:
    if len(base) > 1:
        return HIGHEST
    return HIGHEST_OF_SYMBOLS if {abs(coefficient) for coefficient in base.values()} <= {1} else HIGHEST_OF_NUMBERS


def alone(expr: Expr) -> Polynomial:
    """What is no sum, product or power stands for itself."""
    return {((expr, 1),): Fraction(1)}


def expanded(expr: Expr, atom: Callable[[Expr], Polynomial] = alone) -> Polynomial:
    """A formula as a sum of products of symbols; ``atom`` says what functions and symbols are."""
    match expr:
        case Num(literal):
            return of_number(Fraction(int(literal) if literal.isdecimal() else literal))
        case Value(given):
            return of_number(Fraction(given))
        case Neg(body):
            return scaled(expanded(body, atom), Fraction(-1))
        case Sum(operands, signs):
            total: Polynomial = {}
            for sign, operand in zip(("+", *signs), operands, strict=True):
                term = expanded(operand, atom)
                total = plus(total, term if sign == "+" else scaled(term, Fraction(-1)))
            return total
        case Product(operands, factors):
            found = of_number(Fraction(1))
            for factor, operand in zip(("*", *factors), operands, strict=True):
                found = _divided(found, operand, atom) if factor == "/" else times(found, expanded(operand, atom))
            return found
        case Power():
            return reduce(times, _factors(expr, atom), of_number(Fraction(1)))
        case _:
            return atom(expr)


def _divided(found: Polynomial, expr: Expr, atom: Callable[[Expr], Polynomial]) -> Polynomial:
    """Divided by each factor by itself, so that each can cancel."""
    if not isinstance(expr, Product):
        return reduce(over, _factors(expr, atom), found)
    for factor, operand in zip(("*", *expr.operators), expr.operands, strict=True):
        found = times(found, expanded(operand, atom)) if factor == "/" else _divided(found, operand, atom)
    return found


def _factors(expr: Expr, atom: Callable[[Expr], Polynomial]) -> list[Polynomial]:
    """A power of a sum as the sum so many times, anything else as it is."""
    if not isinstance(expr, Power):
        return [expanded(expr, atom)]
    degree, within = constant(expanded(expr.exponent, atom)), expanded(expr.base, atom)
    if degree is None or degree.denominator != 1 or not 0 <= degree <= _highest(within):
        raise NoSize(text(expr))
    if len(within) != 1:
        return [within] * int(degree)
    ((monomial, coefficient),) = within.items()  # one term stays one term, whatever its power
    raised = tuple((symbol, power * int(degree)) for symbol, power in monomial) if degree else ()
    return [{raised: coefficient ** int(degree)}]


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
    if one.keys() <= _NUMBER and other.keys() <= _NUMBER:
        return of_number(one.get((), ZERO) + other.get((), ZERO))
    found = dict(one)
    for monomial, coefficient in other.items():
        found[monomial] = found.get(monomial, Fraction(0)) + coefficient
    return _cancelled({monomial: coefficient for monomial, coefficient in found.items() if coefficient})


def times(one: Polynomial, other: Polynomial) -> Polynomial:
    """The product, each term of one with each of the other."""
    if one.keys() <= _NUMBER and other.keys() <= _NUMBER:
        return of_number(one.get((), ZERO) * other.get((), ZERO))
    found: Polynomial = {}
    for left, first in one.items():
        for right, second in other.items():
            monomial = _product(left, right)
            found[monomial] = found.get(monomial, Fraction(0)) + first * second
    return _cancelled({monomial: coefficient for monomial, coefficient in found.items() if coefficient})


def over(one: Polynomial, other: Polynomial) -> Polynomial:
    """A quotient; a sum that does not divide what stands above it stays below it."""
    if not other:
        raise NoSize("division by zero")
    below = next(iter(_fractions(other)), ())
    if below:  # what is below a fraction that is below itself comes above
        above = reduce(times, [expanded(base) for base, power in below for _ in range(-power)])
        return over(times(one, above), times(other, above))
    if len(other) == 1:
        ((monomial, coefficient),) = other.items()
        return times(one, {tuple((symbol, -power) for symbol, power in monomial): 1 / coefficient})
    whole = _quotient(one, other)
    if whole is not None:
        return whole
    if len(one) > 1 and (rest := _quotient(other, one)) is not None:
        return over(of_number(Fraction(1)), rest)
    shared = _shared(other)
    if shared:
        inverse = {tuple((symbol, -power) for symbol, power in shared): Fraction(1)}
        return over(times(one, inverse), times(other, inverse))
    size = _size(other)
    return times(one, {((to_expr(scaled(other, 1 / size)), -1),): 1 / size})


def primitive(found: Polynomial) -> tuple[Fraction, Polynomial]:
    """A polynomial as a number times one that has integers without a common factor, the first above 0."""
    if not found:
        return Fraction(0), found
    size = _size(found)
    return size, scaled(found, 1 / size)


def _size(found: Polynomial) -> Fraction:
    """What makes all coefficients integers without a common factor, the first above 0: so p - q, q - p and p/2 - q/2
    are one factor.
    """
    whole = lcm(*(coefficient.denominator for coefficient in found.values()))
    size = Fraction(gcd(*(coefficient.numerator for coefficient in found.values())), whole)
    return size if found[min(found, key=_order)] > 0 else -size


def _shared(found: Polynomial) -> Monomial:
    """The factors that all terms have."""
    first, *others = map(dict, found)
    least = {symbol: min(power, *(other.get(symbol, 0) for other in others)) for symbol, power in first.items()}
    return tuple((symbol, power) for symbol, power in least.items() if power > 0)


def _product(left: Monomial, right: Monomial) -> Monomial:
    powers = dict(left)
    for symbol, power in right:
        powers[symbol] = powers.get(symbol, 0) + power
    return tuple(sorted(((symbol, power) for symbol, power in powers.items() if power), key=_by_name))


def _cancelled(found: Polynomial) -> Polynomial:
    """Without the sums below a fraction that divide what stands above them."""
    for below, above in _fractions(found).items():
        for place, (base, power) in enumerate(below):
            whole = _quotient(above, expanded(base))
            if whole is not None:
                left = (*below[:place], *([(base, power + 1)] if power < -1 else []), *below[place + 1 :])
                rest = {monomial: value for monomial, value in found.items() if _below(monomial) != below}
                return plus(rest, {_product(monomial, left): value for monomial, value in whole.items()})
    return found


def _below(monomial: Monomial) -> Monomial:
    """The sums that stand below a fraction."""
    return tuple((base, power) for base, power in monomial if power < 0 and isinstance(base, Sum))


def _fractions(found: Polynomial) -> dict[Monomial, Polynomial]:
    """The terms that have sums below them, by what is below: what stands above."""
    parts: dict[Monomial, Polynomial] = {}
    for monomial, coefficient in found.items():
        below = _below(monomial)
        if below:
            parts.setdefault(below, {})[tuple(factor for factor in monomial if factor not in below)] = coefficient
    return parts


def _quotient(one: Polynomial, other: Polynomial) -> Polynomial | None:
    """How often a sum goes into another without a rest, by long division; None where it does not."""
    order = sorted({symbol for found in (one, other) for monomial in found for symbol, _ in monomial}, key=_name)
    least = {symbol: min(0, *(dict(monomial).get(symbol, 0) for monomial in one), 0) for symbol in order}

    def leading(found: Polynomial) -> Monomial:
        return max(found, key=lambda monomial: [dict(monomial).get(symbol, 0) for symbol in order])

    divisor = leading(other)
    inverse = tuple((symbol, -power) for symbol, power in divisor)
    rest: Polynomial = one
    whole: Polynomial = {}
    for _ in range(MOST_STEPS):
        if not rest:
            return whole
        first = leading(rest)
        monomial = _product(first, inverse)
        if any(power < least[symbol] for symbol, power in monomial):
            return None
        whole[monomial] = rest[first] / other[divisor]
        taken = {_product(monomial, term): value * whole[monomial] for term, value in other.items()}
        rest = {
            term: value
            for term in {**rest, **taken}
            if (value := rest.get(term, Fraction(0)) - taken.get(term, Fraction(0)))
        }
    return None


def to_expr(found: Polynomial) -> Expr:
    """A polynomial as a formula: terms of the highest degree first, those added before those taken away, then by their
    names.

    >>> from stepper.core.parser import parse
    >>> text(to_expr(expanded(parse("1 - q + p*q + q^2")))), text(to_expr(expanded(parse("(s*q + p*s)/(2*q + 2*r)"))))
    ('p*q + q^2 - q + 1', '(p*s + q*s)/(2*(q + r))')
    """
    if not found:
        return Num("0")
    fractions = _fractions(found)
    terms: list[tuple[Sign, Expr]] = []
    for monomial, coefficient in sorted(found.items(), key=_by_degree):
        below = _below(monomial)
        if below not in fractions:
            terms.append(("+" if coefficient > 0 else "-", _term(monomial, abs(coefficient))))
        elif fractions[below]:
            terms.append(_fraction(fractions[below], below))
            fractions[below] = {}
    (sign, first), *rest = terms
    return add_all([("+", Neg(first) if sign == "-" else first), *rest])


def _term(monomial: Monomial, size: Fraction) -> Expr:
    above = [_power(symbol, power) for symbol, power in monomial if power > 0]
    below = [_power(symbol, -power) for symbol, power in monomial if power < 0]
    if size.numerator != 1 or not above:
        above.insert(0, Num(str(size.numerator)))
    if size.denominator != 1:
        below.append(Num(str(size.denominator)))
    return multiply_all([*(("*", factor) for factor in above), *(("/", factor) for factor in below)])


def _fraction(above: Polynomial, below: Monomial) -> tuple[Sign, Expr]:
    """Several terms over one sum, ``(p + q)/(r + s)``."""
    whole = lcm(*(coefficient.denominator for coefficient in above.values()))
    negative = above[min(above, key=lambda monomial: _by_degree((monomial, above[monomial])))] < 0
    factors = [*([Num(str(whole))] if whole != 1 else []), *(_power(base, -power) for base, power in below)]
    written = to_expr(scaled(above, Fraction(-whole if negative else whole)))
    return "-" if negative else "+", multiply_all(
        [("*", written), ("/", multiply_all([("*", factor) for factor in factors]))]
    )


def _power(symbol: Expr, power: int) -> Expr:
    return symbol if power == 1 else Power(symbol, Num(str(power)))


_name = lru_cache(maxsize=65536)(text)
"""The text of a symbol, or of what stands for one, by which products and sums are put in order."""


def _by_name(factor: tuple[Expr, int]) -> tuple[str, int]:
    return _name(factor[0]), factor[1]


def _order(monomial: Monomial) -> tuple[bool, int, list[tuple[str, int]]]:
    """The highest degree first, a number alone last."""
    return not monomial, sum(-power for _, power in monomial), [(_name(symbol), -power) for symbol, power in monomial]


def _by_degree(term: tuple[Monomial, Fraction]) -> tuple[bool, int, bool, list[tuple[str, int]]]:
    """Of one degree those first that are added."""
    number, degree, names = _order(term[0])
    return number, degree, term[1] < 0, names
