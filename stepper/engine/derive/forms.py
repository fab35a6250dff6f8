"""The form in which a result is left: collected, multiplied out or with common factors in front, whichever is shortest;
functions by their names.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction

from stepper.core.expr import Bound, Deriv, Expr, Neg, Num, Power, Product, Sum, Where, is_open
from stepper.core.traverse import extent, transform, walk
from stepper.engine.derive.context import Context
from stepper.engine.derive.entries import named
from stepper.engine.derive.expanding import TooLong, factored, multiplied_out
from stepper.engine.derive.lines import Line
from stepper.engine.derive.terms import ONE, Term, collected, number_in, product_of, term_of, written
from stepper.engine.values.cancelling import cancelled
from stepper.engine.values.canonical import canonical
from stepper.engine.values.polynomial import NoSize

COLLECTED, FACTORED, NAMED = "simplified", "common factor taken out", "by definition"


def finished(expr: Expr, context: Context) -> list[Line]:
    """The lines from a formula to the form in which it is left."""
    if any(isinstance(part, Deriv) and is_open(part) for part in walk(expr)):
        return []
    lines: list[Line] = []
    stood = [expr]
    for after, word in _forms(expr, context):
        if after in stood:  # what led away from it and back is left out
            place = stood.index(after)
            stood, lines = stood[: place + 1], lines[:place]
        else:
            lines.append(Line(after, note=(word,)))
            stood.append(after)
    return lines


def _forms(expr: Expr, context: Context) -> Iterator[tuple[Expr, str]]:
    plain = collected(expr)
    yield plain, COLLECTED
    with_names = collected(named(plain, context))
    try:
        out = collected(named(multiplied_out(plain), context))
    except TooLong:
        out = with_names
    best = min((with_names, out, *_one_fraction(plain)), key=size)
    if best != plain:
        yield best, NAMED if best == with_names else "multiplied out"
    front = factored(_in_ranges(best))
    if front != best and size(front) <= size(best):
        yield front, FACTORED


def _one_fraction(expr: Expr) -> Iterator[Expr]:
    """A sum of fractions as one, and a numerator multiplied out; long decimals stay as their author wrote them."""
    parts = [*walk(expr)]
    if not any(isinstance(part, Product) and "/" in part.operators for part in parts):
        return
    if any((isinstance(part, Num) and number_in(part) is None) or isinstance(part, Bound | Where) for part in parts):
        return
    if (left := cancelled(expr)) is not None:
        yield collected(left.expr)
    with suppress(NoSize):
        yield fractioned(collected(canonical(expr)))
    term = term_of(expr)
    above = [power for power in term.powers if (number_in(power[1]) or 0) > 0]
    below = [power for power in term.powers if power not in above]
    if below and len(above) == 1 and isinstance(above[0][0], Sum):
        top, bottom = Term(term.number, tuple(above)), Term(Fraction(1), tuple(below))
        with suppress(TooLong):
            yield collected(product_of([multiplied_out(written(top)), written(bottom)]))


def _in_ranges(expr: Expr) -> Expr:
    """Sums over a range with common factors in front of their terms."""

    def change(part: Expr) -> Expr | None:
        if not isinstance(part, Bound):
            return None
        body = factored(_in_ranges(part.body))
        return Bound(part.word, part.variable, part.low, part.high, body) if size(body) <= size(part.body) else None

    return transform(expr, change)


def fractioned(expr: Expr) -> Expr:
    """A fraction with common factors in front, above and below: ``(a - y)/(a*(1 - a))``."""
    if not isinstance(expr, Product) or expr.operators.count("/") != 1:
        return expr
    (top, bottom), place = expr.operands[-2:], expr.operators.index("/")
    if place != len(expr.operators) - 1 or len(expr.operands) != 2:
        return expr
    below = factored(bottom)
    if isinstance(below, Neg):
        return product_of([Neg(ONE), factored(top), Power(below.body, Neg(ONE))])
    return product_of([factored(top), Power(below, Neg(ONE))])


def size(expr: Expr) -> int:
    """How long a formula is."""
    return extent(expr)[0]
