"""Sizes: integers, or formulas of symbols that stand for integers, brought to one form so that equal sizes look equal.

A size of 28 is worked out to 28; a size H stays H through a padded 3x3 convolution, since floor(H + 2 - 3) + 1 is H.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache, reduce
from typing import TypeAlias

from stepper.core.expr import (
    COMPARE,
    Array,
    Call,
    Expr,
    Neg,
    Num,
    Power,
    Product,
    Sign,
    Sum,
    Sym,
    Value,
    Where,
    add_all,
    multiply_all,
    substitute,
)
from stepper.core.formula import literal_of, number_of, text
from stepper.core.parser import parse
from stepper.rules.table import ROWS

Monomial: TypeAlias = tuple[tuple[Expr, int], ...]
Polynomial: TypeAlias = dict[Monomial, Fraction]
"""The coefficient of each product of symbols; the empty product is the constant."""


class NoSize(ValueError):
    """A formula that no rule here brings to a form: a division by zero, or by a symbol that does not cancel."""


@lru_cache(maxsize=4096)
def formula(written: str) -> Expr:
    """A row's formula, read once."""
    return parse(written)


@lru_cache(maxsize=100_000)
def _settled(expr: Expr) -> Expr:
    return to_expr(polynomial(expr))


def settle(expr: Expr, env: Mapping[Expr, Expr]) -> Expr:
    """A formula with sizes put in, in its one form.

    >>> text(
    ...     settle(formula("floor((n + 2*p - k)/s) + 1"), {Sym("n"): Num("28"), Sym("p"): Num("1"), Sym("k"): Num("3"), Sym("s"): Num("1")})
    ... )
    '28'
    >>> text(settle(formula("floor((n + 2*p - k)/s) + 1"), {Sym("p"): Num("1"), Sym("k"): Num("3"), Sym("s"): Num("1")}))
    'n'
    """
    return _settled(substitute(expr, env))


def number(size: Expr) -> Fraction | None:
    """The number that a size is, where it is one."""
    found = number_of(size)
    return found if isinstance(found, Fraction) else None


def integer(size: Expr) -> int | None:
    """The integer that a size is, where it is one."""
    if isinstance(size, Num) and size.literal.isdecimal():
        return int(size.literal)
    found = number(size)
    return int(found) if found is not None and found.denominator == 1 else None


def polynomial(expr: Expr) -> Polynomial:
    """A formula as a sum of products of symbols."""
    match expr:
        case Num(literal):
            return _constant(Fraction(literal))
        case Value(given):
            return _constant(Fraction(given))
        case Neg(body):
            return _scaled(polynomial(body), Fraction(-1))
        case Sum(operands, signs):
            total: Polynomial = {}
            for sign, operand in zip(("+", *signs), operands, strict=True):
                total = _plus(total, _scaled(polynomial(operand), Fraction(1 if sign == "+" else -1)))
            return total
        case Product(operands, factors):
            found = _constant(Fraction(1))
            for factor, operand in zip(("*", *factors), operands, strict=True):
                part = polynomial(operand)
                found = _times(found, part) if factor == "*" else _over(found, part)
            return found
        case Power(base, exponent):
            degree = integer(to_expr(polynomial(exponent)))
            if degree is None or not 0 <= degree <= 8:
                raise NoSize(text(expr))
            return reduce(_times, [polynomial(base)] * degree, _constant(Fraction(1)))
        case Where(operator, left, right, then, otherwise):
            low, high = constant(polynomial(left)), constant(polynomial(right))
            if low is None or high is None:
                return {((expr, 1),): Fraction(1)}
            return polynomial(then if COMPARE[operator](low, high) else otherwise)
        case Call(name, arguments):
            return _call(name, arguments)
        case Array():
            raise NoSize(text(expr))
        case _:
            return {((expr, 1),): Fraction(1)}


def _call(name: str, arguments: Sequence[Expr]) -> Polynomial:
    """A function of sizes by its row: joined elements, a definition, or a primitive that makes integers of rational numbers."""
    row = ROWS.get(name)
    if row is None or (row.machine and not row.rational):
        raise NoSize(f"{name}(...), which makes no integers")
    if row.fold:
        items = arguments[0].items if isinstance(arguments[0], Array) else tuple(arguments)
        parts = [polynomial(item) for item in items]
        return reduce(_times if row.fold == "*" else _plus, parts, _constant(Fraction(row.fold == "*")))
    if row.value:
        names = (Sym(parameter) for parameter, _, _ in row.signature())
        return polynomial(substitute(formula(row.value), dict(zip(names, arguments, strict=False))))
    parts = [polynomial(item) for argument in arguments for item in (argument.items if isinstance(argument, Array) else (argument,))]
    known = [value for value in map(constant, parts) if value is not None]
    function = getattr(math, row.machine, None) or getattr(builtins, row.machine)
    if len(known) == len(parts):
        return _constant(Fraction(function(*known)))
    if row.rational and not row.gathers and _is_integral(parts[0]):
        return parts[0]  # rounding leaves an integer, and symbols stand for integers
    return {((Call(name, tuple(map(to_expr, parts))), 1),): Fraction(1)}


def _is_integral(found: Polynomial) -> bool:
    """Is it an integer whatever integers its symbols are? A quotient by a symbol need not be."""
    bases = [(base, power) for monomial in found for base, power in monomial]
    whole = all(coefficient.denominator == 1 for coefficient in found.values())
    return whole and all(power > 0 and (isinstance(base, Sym) or _rounds(base)) for base, power in bases)


def _rounds(base: Expr) -> bool:
    return isinstance(base, Call) and base.name in ROWS and ROWS[base.name].rational and not ROWS[base.name].gathers


def constant(found: Polynomial) -> Fraction | None:
    """The number that a polynomial is, where it has no symbol."""
    if not found:
        return Fraction(0)
    return found.get(()) if len(found) == 1 else None


def _constant(value: Fraction) -> Polynomial:
    return {(): value} if value else {}


def _scaled(found: Polynomial, by: Fraction) -> Polynomial:
    return {monomial: coefficient * by for monomial, coefficient in found.items()}


def _plus(one: Polynomial, other: Polynomial) -> Polynomial:
    found = dict(one)
    for monomial, coefficient in other.items():
        found[monomial] = found.get(monomial, Fraction(0)) + coefficient
    return {monomial: coefficient for monomial, coefficient in found.items() if coefficient}


def _times(one: Polynomial, other: Polynomial) -> Polynomial:
    found: Polynomial = {}
    for left, first in one.items():
        for right, second in other.items():
            powers = dict(left)
            for symbol, power in right:
                powers[symbol] = powers.get(symbol, 0) + power
            monomial = tuple(sorted(((symbol, power) for symbol, power in powers.items() if power), key=lambda pair: text(pair[0])))
            found[monomial] = found.get(monomial, Fraction(0)) + first * second
    return {monomial: coefficient for monomial, coefficient in found.items() if coefficient}


def _over(one: Polynomial, other: Polynomial) -> Polynomial:
    """A quotient by a number or by one product of symbols; any other stays as it is."""
    if not other:
        raise NoSize("division by zero")
    if len(other) > 1:
        return {((multiply_all([("*", to_expr(one)), ("/", to_expr(other))]), 1),): Fraction(1)}
    ((monomial, coefficient),) = other.items()
    return _times(one, {tuple((symbol, -power) for symbol, power in monomial): 1 / coefficient})


def to_expr(found: Polynomial) -> Expr:
    """A polynomial as a formula, products of symbols before the constant."""
    if not found:
        return Num("0")
    terms: list[tuple[Sign, Expr]] = []
    for monomial, coefficient in sorted(found.items(), key=lambda pair: (not pair[0], -sum(power for _, power in pair[0]))):
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


def product(sizes: Sequence[Expr]) -> Expr:
    """The product of sizes."""
    return _together(sizes, "prod", math.prod)


def total(sizes: Sequence[Expr]) -> Expr:
    """The sum of sizes."""
    return _together(sizes, "sum", sum)


def _together(sizes: Sequence[Expr], name: str, whole: Callable[[Sequence[int]], int]) -> Expr:
    known = [integer(size) for size in sizes]
    numbers = [size for size in known if size is not None]
    if len(numbers) == len(known):
        return Num(str(whole(numbers)))
    return _settled(Call(name, (Array(tuple(sizes)),)))


def literal(size: int) -> Expr:
    """An integer as a size."""
    return literal_of(Fraction(size))
