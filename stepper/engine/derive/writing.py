"""The lines of a derivation as steps, each with the rules by which it follows."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from stepper.core.derivation_parser import DIFFERENTIAL
from stepper.core.expr import Call, Deriv, Expr, Index, is_open
from stepper.core.prose import Prose, listed
from stepper.core.steps import Block, Equation, Link, Note, Step
from stepper.core.traverse import names, transform, walk
from stepper.engine.derive.lines import Derived, Line, Part
from stepper.tables.matrix_functions import MATRIX_FUNCTIONS
from stepper.tables.table import BY_ANY_NAME, ROWS
from stepper.tables.theorems import ALL

_QUICK = frozenset(row.name for row in ALL if row.quick) - frozenset(row.name for row in ALL if not row.quick)
"""Rules that are not named where another rule is, below full detail."""
INFINITE = {"infinity": "∞", "oo": "∞"}
OPERATORS = {"E": "E[…]", "Var": "=Var", "Cov": "=Cov", "norm": "‖…‖", DIFFERENTIAL: "d…"}


def step(part: Part, place: int) -> Step:
    """One part of a derivation: its left side, and each line after it."""
    body: list[Block] = []
    if part.cases:
        body = [
            Equation(part.derived.left, (Link("=", line.expr, ("if ", *line.note)),), "gradient")
            for line in part.derived.lines
        ]
    elif part.derived.lines and part.kind != "solved":
        links = tuple(_link(line) for line in part.derived.lines)
        body = [Equation(part.derived.left, links, "gradient")]
    body += [Equation(left, (Link("=", right, done),)) for left, right, done in part.equations]
    if part.note:
        body.append(Note(part.note, "brief"))
    return Step(f"derive.part:{place}", f"derive.{part.kind}", part.title, tuple(body), detail="brief")


def with_partials(part: Part) -> Part:
    """The part with ∂ for what is still to be differentiated, where that has several letters."""
    exprs = [part.derived.left, *(line.expr for line in part.derived.lines)]
    open_ = [inner for expr in exprs for inner in walk(expr) if isinstance(inner, Deriv) and is_open(inner)]
    if not any(isinstance(inner.wrt, Index) or len(names(inner.of)) > 1 for inner in open_):
        return part

    def change(inner: Expr) -> Expr | None:
        if not isinstance(inner, Deriv) or not is_open(inner):
            return None
        return Deriv(transform(inner.of, change), inner.wrt, total=False)

    lines = tuple(replace(line, expr=transform(line.expr, change)) for line in part.derived.lines)
    return replace(part, derived=Derived(transform(part.derived.left, change), lines))


def _link(line: Line) -> Link:
    return Link(line.relation, line.expr, note_of(line))


def note_of(line: Line) -> Prose:
    """By which rules a line follows: the ones that a reader looks for first."""
    told = [rule for rule in line.rules if rule not in _QUICK] or [*line.rules]
    words: list[Prose] = [(rule,) for rule in dict.fromkeys(told)]
    return listed([*words, *([line.note] if line.note else [])], ", ")


def formulas_in(lines: Iterable[Prose]) -> list[Expr]:
    """The formulas among words."""
    return [part for line in lines for part in line if not isinstance(part, str)]


def notation(exprs: Iterable[Expr]) -> dict[str, str]:
    """How the functions in a derivation are typeset."""
    calls = {part.name.rstrip("'") for expr in exprs for part in walk(expr) if isinstance(part, Call)}
    symbols = {row.name: row.symbol for row in MATRIX_FUNCTIONS if row.symbol}
    symbols |= {name: row.symbol for name, row in ROWS.items() if row.symbol} | OPERATORS
    written = {name: f"={name}" for name in calls if "_" in name and name in BY_ANY_NAME}
    return written | {name: symbol for name, symbol in symbols.items() if name in calls} | INFINITE
