"""All mistakes that can be made in a calculation: each row at each place where it applies, and at all places that are
alike at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from stepper.core.expr import Expr, Index, Num, Sym, Value, children, rebuild
from stepper.engine.answers.finding.changes import way
from stepper.engine.answers.finding.lines import Calculation, Line
from stepper.engine.answers.finding.ways.way import Change
from stepper.engine.values.differentiate import ZERO, partials
from stepper.tables.mistake import Mistake


class Candidate(Struct, frozen=True):
    """A mistake at its place: the lines that it changes, and what is told of the change."""

    row: Mistake
    changes: Mapping[str, Expr]
    line: Line
    change: Change
    places: tuple[str, ...]
    weight: float


def candidates(calculation: Calculation, keys: Iterable[str], rows: Iterable[Mistake]) -> Iterator[Candidate]:
    """The mistakes that reach some quantities, row by row."""
    reached = calculation.before(keys)
    lines = [line for name, line in calculation.lines.items() if name in reached]
    for row in rows:
        made = way(row.change)
        found: list[tuple[Line, Change]] = []
        for line in lines:
            if line.of == row.of and row.role in ("", line.role):
                found += [(line, change) for change in made(line, calculation) if change.formula != line.formula]
        for candidate in (*_single(row, found), *_alike(row, found)):
            yield candidate
            if row.again:
                backward = again(calculation, candidate.changes)
                if backward:
                    yield replace(candidate, changes={**candidate.changes, **backward})


def again(calculation: Calculation, changes: Mapping[str, Expr]) -> dict[str, Expr]:
    """The local derivatives of changed nodes, as somebody finds them who believes the changed formulas."""
    found: dict[str, Expr] = {}
    slopes: dict[str, dict[Expr, Expr]] = {}
    for name, line in calculation.lines.items():
        if line.target in changes and line.source is not None:
            if line.target not in slopes:
                slopes[line.target] = partials(changes[line.target], calculation.vocabulary, Sym(line.target))
            slope = slopes[line.target].get(line.source, ZERO)
            if slope != line.formula:
                found[name] = slope
    return found


STEP = 2.0
"""Of a quantity after a step the step itself is likelier to be wrong than any line before it."""


def _likely(row: Mistake, count: int) -> float:
    return row.common / (2 + count) * (STEP if row.of == "step" else 1.0)


def _single(row: Mistake, found: list[tuple[Line, Change]]) -> Iterator[Candidate]:
    for line, change in found:
        yield Candidate(row, {line.name: change.formula}, line, change, (line.place,), _likely(row, len(found)))


def _alike(row: Mistake, found: list[tuple[Line, Change]]) -> Iterator[Candidate]:
    """The same change in all lines of the same form."""
    groups: dict[tuple[Expr, Expr], dict[str, tuple[Line, Change]]] = {}
    for line, change in found:
        groups.setdefault((bare(line.formula), bare(change.formula)), {}).setdefault(line.name, (line, change))
    for group in groups.values():
        if len(group) > 1:
            (line, change), *_ = group.values()
            changes = {name: each.formula for name, (_, each) in group.items()}
            places = tuple(dict.fromkeys(each.place for each, _ in group.values()))
            yield Candidate(row, changes, line, change, places, _likely(row, len(found)))


def bare(expr: Expr) -> Expr:
    """A formula with all its names alike, and all its numbers."""
    if isinstance(expr, Sym | Num | Value):
        return Sym("·")
    if isinstance(expr, Index) and isinstance(expr.base, Sym):
        return Sym("·")
    return rebuild(expr, [bare(part) for part in children(expr)])
