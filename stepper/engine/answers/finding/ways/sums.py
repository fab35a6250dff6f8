"""Changes of sums: terms left out, signs turned, one term taken for all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from stepper.core.expr import Array, Call, Expr, Index, Neg, Num, Product, Sign, Sum, Sym, add_all, multiply
from stepper.core.formula import text
from stepper.core.traverse import names
from stepper.engine.answers.finding.line import Line
from stepper.engine.answers.finding.lines import Calculation
from stepper.engine.answers.finding.ways.way import Way, of_parts
from stepper.engine.edits.change import TWO, Change, parts

Term: TypeAlias = tuple[Sign, Expr]


def terms(expr: Sum) -> list[Term]:
    """The terms with their signs."""
    return list(zip(("+", *expr.operators), expr.operands, strict=True))


def total(signed: Sequence[Term]) -> Expr:
    """Terms as a sum; a minus in front stays."""
    (sign, first), *rest = signed
    return add_all([("+", first if sign == "+" else Neg(first)), *rest])


def stands_alone(term: Expr) -> bool:
    """Is a term a quantity by itself, as a bias is?"""
    return isinstance(term, Sym) or (isinstance(term, Index) and isinstance(term.base, Sym))


def is_number(expr: Expr) -> bool:
    return isinstance(expr, Num)


def _without(alone: bool) -> Way:
    def change(expr: Expr) -> Iterator[Change]:
        signed = terms(expr) if isinstance(expr, Sum) else []
        for place, (_, term) in enumerate(signed):
            if stands_alone(term) == alone and not is_number(term):
                yield Change(total([*signed[:place], *signed[place + 1 :]]), term)

    return of_parts(change)


def _signs(expr: Expr) -> Iterator[Change]:
    signed = terms(expr) if isinstance(expr, Sum) else []
    for place, (sign, term) in enumerate(signed):
        if not is_number(term):
            turned: Term = ("-" if sign == "+" else "+", term)
            yield Change(total([*signed[:place], turned, *signed[place + 1 :]]), term)


def _first_sign(expr: Expr) -> Iterator[Change]:
    signed = terms(expr) if isinstance(expr, Sum) else []
    if signed and not is_number(signed[0][1]):
        yield Change(total([("-", signed[0][1]), *signed[1:]]), signed[0][1])


def _only(expr: Expr) -> Iterator[Change]:
    for sign, term in terms(expr) if isinstance(expr, Sum) else ():
        yield Change(term if sign == "+" else Neg(term), term)


def _first_term(expr: Expr) -> Iterator[Change]:
    if isinstance(expr, Sum) and len(expr.operands) == 2 and not is_number(expr.operands[0]):
        yield Change(expr.operands[0], expr.operands[1])


def _last_doubled(expr: Expr) -> Iterator[Change]:
    if isinstance(expr, Sum):
        *rest, (sign, last) = terms(expr)
        yield Change(total([*rest, (sign, multiply(TWO, last))]), last)


def _term_twice(expr: Expr) -> Iterator[Change]:
    signed = terms(expr) if isinstance(expr, Sum) else []
    for place, pair in enumerate(signed):
        yield Change(total([*signed[:place], pair, *signed[place:]]), pair[1])


def _multiplied(expr: Expr) -> Iterator[Change]:
    if isinstance(expr, Sum):
        yield Change(multiply(*expr.operands))


def _largest(expr: Expr) -> Iterator[Change]:
    if isinstance(expr, Sum):
        yield Change(Call("max", (Array(expr.operands),)))


def _minus_out(expr: Expr) -> Iterator[Change]:
    if isinstance(expr, Neg):
        yield Change(expr.body, expr)


def _lost_minus(line: Line, calculation: Calculation) -> Iterator[Change]:
    """Minus a negative number as minus the number without its sign."""
    for part, put in parts(line.formula):
        signed = terms(part) if isinstance(part, Sum) else []
        for place, (sign, term) in enumerate(signed):
            factors = term.operands if isinstance(term, Product) else (term,)
            values = [calculation.numbers.get(text(factor)) for factor in factors]
            if sign == "-" and any(value is not None and value < 0 for value in values):
                yield Change(put(total([*signed[:place], ("+", term), *signed[place + 1 :]])), term)


def _kept(line: Line, calculation: Calculation) -> Iterator[Change]:
    """In the derivative of a sum the terms that it is not taken for, as they stand."""
    if isinstance(line.whole, Sum) and line.source is not None:
        others = [(sign, term) for sign, term in terms(line.whole) if line.source not in names(term)]
        if others and len(others) < len(line.whole.operands):
            yield Change(add_all([("+", line.formula), *others]), total(others))


WAYS: Mapping[str, Way] = {
    "leave out a single term": _without(alone=True),
    "leave out a term": _without(alone=False),
    "change a sign": of_parts(_signs),
    "change the first sign": of_parts(_first_sign),
    "keep one term": of_parts(_only),
    "take the first term": of_parts(_first_term),
    "double the last term": of_parts(_last_doubled),
    "take a term twice": of_parts(_term_twice),
    "multiply the terms": of_parts(_multiplied),
    "take the largest": of_parts(_largest),
    "leave out the minus": of_parts(_minus_out),
    "lose a minus": _lost_minus,
    "keep the other terms": _kept,
}
