"""Decimals with a point or with a comma; where they have commas, semicolons stand between arguments, so that no comma
means two things.

``f(0.5, 2)`` is then f(0,5; 2), as in German and French textbooks.
"""

from __future__ import annotations

from collections.abc import Sequence

from stepper.core.expr import Expr, Num, Value
from stepper.core.formula import text
from stepper.core.numbers import shown
from stepper.core.patterns import later
from stepper.core.prose import Prose
from stepper.core.traverse import walk
from stepper.render.look import COMMA, Look

_DECIMAL = later(r"(?<![\w.])(\d+)\.(\d)")


def decimal(written: str, look: Look, comma: str = ",") -> str:
    """A number as the look wants it: 0.5, or 0,5."""
    return written.replace(".", comma) if look.decimal == COMMA else written


def between(look: Look) -> str:
    """What stands between the arguments of a function and the entries of a list."""
    return "; " if look.decimal == COMMA else ", "


def indices(parts: Sequence[str], look: Look) -> str:
    """Indices beside each other: a comma, which none of them holds; else a semicolon."""
    return (";" if look.decimal == COMMA and any("," in part for part in parts) else ",").join(parts)


def listed(parts: Prose, look: Look) -> Prose:
    """Prose in which semicolons part formulas from each other where a comma is in one of them: x = 0,5; y = 2."""
    if look.decimal != COMMA or not any(_shows_decimal(part, look) for part in parts if not isinstance(part, str)):
        return parts
    found = list(parts)
    for place in range(1, len(parts) - 1):
        before, word, after = parts[place - 1 : place + 2]
        if word == ", " and not isinstance(before, str) and not isinstance(after, str):
            found[place] = "; "
    return tuple(found)


def typed(expr: Expr, look: Look) -> str:
    """A formula of the formula language with the decimals that are asked for.

    It is to be read, and parses with points only.
    """
    written = text(expr)
    return _DECIMAL.sub(r"\1,\2", written.replace(", ", "; ")) if look.decimal == COMMA else written


def _shows_decimal(expr: Expr, look: Look) -> bool:
    for part in walk(expr):
        if isinstance(part, Num) and "." in part.literal:
            return True
        if isinstance(part, Value) and "." in shown(part.number, look.digits + part.guard, look.exact).digits:
            return True
    return False
