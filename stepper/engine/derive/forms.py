"""The form in which a result is left: collected, multiplied out or with common factors in front, whichever is shortest;
functions by their names.
"""

from __future__ import annotations

from collections.abc import Iterator

from stepper.core.expr import Deriv, Expr, is_open
from stepper.core.traverse import extent, walk
from stepper.engine.derive.context import Context
from stepper.engine.derive.entries import named
from stepper.engine.derive.lines import Line
from stepper.engine.derive.terms import TooLong, collected, factored, multiplied_out

COLLECTED, FACTORED, NAMED = "collected", "common factor in front", "by its name"


def finished(expr: Expr, context: Context) -> list[Line]:
    """The lines from a formula to the form in which it is left."""
    if any(isinstance(part, Deriv) and is_open(part) for part in walk(expr)):
        return []
    lines: list[Line] = []
    at = expr
    for after, word in _forms(expr, context):
        if after != at:
            lines.append(Line(after, note=(word,)))
            at = after
    return lines


def _forms(expr: Expr, context: Context) -> Iterator[tuple[Expr, str]]:
    plain = collected(expr)
    yield plain, COLLECTED
    with_names = collected(named(plain, context))
    try:
        out = collected(named(multiplied_out(plain), context))
    except TooLong:
        out = with_names
    best = min((with_names, out), key=size)
    if best != plain:
        yield best, NAMED if best == with_names else "multiplied out"
    front = factored(best)
    if front != best and size(front) <= size(best):
        yield front, FACTORED


def size(expr: Expr) -> int:
    """How long a formula is."""
    return extent(expr)[0]
