"""A way written as a pattern: ``x^2 -> 2*x``, in which every name stands for any part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stepper.core.expr import CONSTANTS, Expr, Num, Sym, children
from stepper.core.parser import parse
from stepper.core.traverse import substitute, transform
from stepper.engine.answers.finding.line import Line
from stepper.engine.answers.finding.lines import Calculation
from stepper.engine.answers.finding.ways.way import Way
from stepper.engine.edits.change import Change, parts

EVERYWHERE = "=>"


def pattern(written: str) -> Way:
    """Every part that has the form of the left side becomes the right one."""
    constants: dict[Expr, Expr] = {Sym(name): Sym(symbol) for name, symbol in CONSTANTS.items()}
    left, right = (substitute(parse(side), constants) for side in written.split("->"))

    def way(line: Line, calculation: Calculation) -> Iterator[Change]:
        for part, put in parts(line.formula):
            bound = matched(left, part, {})
            if bound is not None:
                new = substitute(right, bound)
                yield Change(put(new), part, new)

    return way


def everywhere(written: str) -> Way:
    """``floor(x) => ceil(x)``: all parts that have the form of the left side, at once."""
    left, right = (parse(side) for side in written.split(EVERYWHERE))

    def change(part: Expr) -> Expr | None:
        bound = matched(left, part, {})
        return None if bound is None else substitute(right, bound)

    def way(line: Line, calculation: Calculation) -> Iterator[Change]:
        yield Change(transform(line.formula, change), line.formula)

    return way


def matched(form: Expr, expr: Expr, bound: Mapping[Expr, Expr]) -> Mapping[Expr, Expr] | None:
    """What the names of a form stand for where it is the form of a formula; None where it is not.

    >>> matched(parse("x^2"), parse("(a - b)^2"), {})[Sym("x")] == parse("a - b")
    True
    """
    if isinstance(form, Sym):
        return {**bound, form: expr} if bound.get(form, expr) == expr else None
    if isinstance(form, Num):
        return bound if form == expr else None
    alike = type(form) is type(expr) and all(
        getattr(form, own, None) == getattr(expr, own, None) for own in ("name", "operators", "operator")
    )
    inner, others = children(form), children(expr)
    if not alike or len(inner) != len(others):
        return None
    found: Mapping[Expr, Expr] | None = bound
    for one, other in zip(inner, others, strict=True):
        found = None if found is None else matched(one, other, found)
    return found
