"""Sizes: integers, or formulas of symbols that stand for integers, brought to one form so that equal sizes look equal.

A size of 28 is worked out to 28; a size H stays H through a padded 3x3 convolution, since floor(H + 2 - 3) + 1 is H.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache, reduce

from stepper.core.expr import COMPARE, Array, Call, Expr, Num, Sym, Where
from stepper.core.formula import literal_of, number_of, text
from stepper.core.parser import parse
from stepper.core.traverse import substitute
from stepper.engine.values.polynomial import (
    Monomial,
    NoSize,
    Polynomial,
    alone,
    constant,
    expanded,
    of_number,
    plus,
    scaled,
    times,
    to_expr,
)
from stepper.errors import Problem, StepperError
from stepper.tables.table import ROWS

LONGEST_SIZE = 13_000
"""Binary digits of an integer that is written down."""


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
    ...     settle(
    ...         formula("floor((n + 2*p - k)/s) + 1"),
    ...         {Sym("n"): Num("28"), Sym("p"): Num("1"), Sym("k"): Num("3"), Sym("s"): Num("1")},
    ...     )
    ... )
    '28'
    >>> text(
    ...     settle(formula("floor((n + 2*p - k)/s) + 1"), {Sym("p"): Num("1"), Sym("k"): Num("3"), Sym("s"): Num("1")})
    ... )
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
    """A formula as a sum of products of symbols, its functions worked out."""
    return expanded(expr, _function)


def _function(expr: Expr) -> Polynomial:
    match expr:
        case Where(operator, left, right, then, otherwise):
            low, high = constant(polynomial(left)), constant(polynomial(right))
            return (
                alone(expr)
                if low is None or high is None
                else polynomial(then if COMPARE[operator](low, high) else otherwise)
            )
        case Call(name, arguments):
            return _call(name, arguments)
        case Array():
            raise NoSize(text(expr))
        case _:
            return alone(expr)


def _call(name: str, arguments: Sequence[Expr]) -> Polynomial:
    """A function of sizes by its row: joined elements, a definition, or a primitive that makes integers of rational
    numbers.
    """
    row = ROWS.get(name)
    if row is None or (row.machine and not row.rational):
        raise NoSize(f"{name}(...), which makes no integers")
    if row.fold:
        items = arguments[0].items if isinstance(arguments[0], Array) else tuple(arguments)
        parts = [polynomial(item) for item in items]
        return reduce(times if row.fold == "*" else plus, parts, of_number(Fraction(row.fold == "*")))
    if row.value:
        names = (Sym(parameter) for parameter, _, _ in row.signature())
        return polynomial(substitute(formula(row.value), dict(zip(names, arguments, strict=False))))
    parts = [
        polynomial(item)
        for argument in arguments
        for item in (argument.items if isinstance(argument, Array) else (argument,))
    ]
    known = [value for value in map(constant, parts) if value is not None]
    function = getattr(math, row.machine, None) or getattr(builtins, row.machine)
    if len(known) == len(parts):
        return of_number(Fraction(function(known) if row.gathers else function(*known)))
    if row.rational and not row.gathers and _is_integral(parts[0]):
        return parts[0]  # rounding leaves an integer, and symbols stand for integers
    if row.nests:
        return _rounded(name, parts[0])
    written = map(to_expr, parts)
    return alone(Call(name, tuple(sorted(written, key=text) if row.gathers else written)))  # max(p, q) is max(q, p)


def _rounded(name: str, found: Polynomial) -> Polynomial:
    """What is rounded once where it was rounded twice, its integers before it: of ``floor(floor(n/2 - 3)/2 + 1)`` it is
    ``floor(n/4 + 1/2) - 1``.
    """
    for monomial, coefficient in found.items():
        argument = _nested(name, monomial, coefficient, found)
        if argument is not None:
            rest = {other: number for other, number in found.items() if other != monomial}
            below = tuple((base, power) for base, power in monomial if power < 0)
            return _rounded(name, plus(rest, times(polynomial(argument), {below: coefficient})))
    parts = [
        ({monomial: coefficient}, _is_integral({monomial: coefficient})) for monomial, coefficient in found.items()
    ]
    whole = reduce(plus, [part for part, integral in parts if integral], of_number(Fraction(0)))
    left = reduce(plus, [part for part, integral in parts if not integral], of_number(Fraction(0)))
    integer_part = of_number(Fraction(math.floor(left.get((), Fraction(0)))))
    left = plus(left, scaled(integer_part, Fraction(-1)))
    inside = Call(name, (to_expr(left),))
    return reduce(plus, [whole, integer_part, alone(inside) if constant(left) is None else polynomial(inside)])


def _nested(name: str, monomial: Monomial, coefficient: Fraction, found: Polynomial) -> Expr | None:
    """What a term rounds in its turn, where that stands over integers, and all other terms are integers over them."""
    above = [base for base, power in monomial if power > 0]
    if len(above) != 1 or coefficient.numerator != 1 or (above[0], 1) not in monomial:
        return None
    below = tuple((base, -power) for base, power in monomial if power < 0)
    rest = {other: number for other, number in found.items() if other != monomial}
    over = {below: Fraction(coefficient.denominator)}
    match above[0]:
        case Call(called, (argument,)) if called == name and _is_integral(over) and _is_integral(times(rest, over)):
            return argument
    return None


def _is_integral(found: Polynomial) -> bool:
    """Is it an integer whatever integers its symbols are? A quotient by a symbol need not be."""
    bases = [(base, power) for monomial in found for base, power in monomial]
    whole = all(coefficient.denominator == 1 for coefficient in found.values())
    return whole and all(power > 0 and (isinstance(base, Sym) or _rounds(base)) for base, power in bases)


def _rounds(base: Expr) -> bool:
    return isinstance(base, Call) and not ROWS[base.name].gathers  # a call stands only where its row is rational


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
    """An integer as a size.

    Raises:
        StepperError: where it has thousands of digits, as a receptive field behind a thousand strides may have.
    """
    if size.bit_length() > LONGEST_SIZE:
        what = f"a size, or a receptive field, has more than {int(LONGEST_SIZE * math.log10(2)):,} digits"
        raise StepperError(Problem(what, hint="with smaller strides, or fewer layers"))
    return literal_of(Fraction(size))
