"""Changes of products: factors and divisors left out or taken twice, parentheses lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import TypeAlias

from stepper.core.expr import Expr, Factor, Neg, Num, Power, Product, Sum, Value, divide, multiply, multiply_all
from stepper.core.formula import number_of
from stepper.core.traverse import walk
from stepper.engine.answers.finding.line import Line
from stepper.engine.answers.finding.lines import Calculation
from stepper.engine.answers.finding.ways.sums import Term, terms, total
from stepper.engine.answers.finding.ways.way import Way, of_parts
from stepper.engine.edits.change import TWO, Change
from stepper.engine.values.differentiate import ONE

Pair: TypeAlias = tuple[Factor, Expr]
HALF = Value(Fraction(1, 2))


def factors(expr: Product) -> list[Pair]:
    """The factors and divisors."""
    return list(zip(("*", *expr.operators), expr.operands, strict=True))


def product(pairs: Sequence[Pair]) -> Expr:
    """Factors and divisors as a product."""
    if not pairs or pairs[0][0] == "/":
        pairs = [("*", ONE), *pairs]
    return multiply_all(pairs)


def _without(wanted: Callable[[Factor, Expr], bool]) -> Way:
    def change(expr: Expr) -> Iterator[Change]:
        pairs = factors(expr) if isinstance(expr, Product) else []
        for place, (sign, factor) in enumerate(pairs):
            if wanted(sign, factor):
                yield Change(product([*pairs[:place], *pairs[place + 1 :]]), factor)

    return of_parts(change)


def _numeral(expr: Expr) -> bool:
    return isinstance(expr, Num | Value)


def _counts(sign: Factor, factor: Expr) -> bool:
    """Is it a whole number that is divided by?"""
    number = number_of(factor)
    return sign == "/" and number is not None and number == int(number) and number != 1


def _half(expr: Expr) -> Iterator[Change]:
    """1/2 in front, which is a quotient of two numerals."""
    pairs = factors(expr) if isinstance(expr, Product) else []
    if pairs[:2] == [("*", ONE), ("/", TWO)]:
        yield Change(product(pairs[2:]), HALF)


def _twice(expr: Expr) -> Iterator[Change]:
    pairs = factors(expr) if isinstance(expr, Product) else []
    for place, pair in enumerate(pairs):
        if not _numeral(pair[1]):
            yield Change(product([*pairs[:place], pair, *pairs[place:]]), pair[1])


def _parentheses(expr: Expr) -> Iterator[Change]:
    """a*(b + c) as a*b + c, (a + b)*c as a + b*c, a/(b + c) as a/b + c, -(a + b) as -a + b."""
    if isinstance(expr, Neg) and isinstance(expr.body, Sum):
        first, *rest = terms(expr.body)
        yield Change(total([("-", first[1]), *rest]), expr.body)
    pairs = factors(expr) if isinstance(expr, Product) else []
    for place, (sign, factor) in enumerate(pairs):
        if not isinstance(factor, Sum):
            continue
        first, *rest = terms(factor)
        if place and place == len(pairs) - 1:
            yield Change(total([("+", product([*pairs[:place], (sign, first[1])])), *rest]), factor)
        elif not place:
            *front, (last_sign, last) = terms(factor)
            bare: Term = (last_sign, product([("*", last), *pairs[1:]]))
            yield Change(total([*front, bare]), factor)


def _scaled(divided: bool) -> Way:
    def way(line: Line, calculation: Calculation) -> Iterator[Change]:
        yield Change(divide(line.formula, TWO) if divided else multiply(TWO, line.formula), line.formula, TWO)

    return way


def _halved_square(line: Line, calculation: Calculation) -> Iterator[Change]:
    """Half of the derivative of what has a square."""
    squares = (part for part in walk(line.whole) if isinstance(part, Power)) if line.whole is not None else ()
    if any(power.exponent == TWO for power in squares):
        yield from _scaled(divided=True)(line, calculation)


WAYS: Mapping[str, Way] = {
    "leave out a factor": _without(lambda sign, part: not _numeral(part)),
    "leave out a sum": _without(lambda sign, part: isinstance(part, Sum)),
    "leave out a number": _without(lambda sign, part: sign == "*" and _numeral(part) and part != ONE),
    "leave out a divisor": _without(_counts),
    "leave out a half": of_parts(_half),
    "take a factor twice": of_parts(_twice),
    "lose parentheses": of_parts(_parentheses),
    "double": _scaled(divided=False),
    "halve": _scaled(divided=True),
    "halve what is squared": _halved_square,
}
