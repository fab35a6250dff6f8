"""All mistakes that can be made in a calculation: each row at each place where it applies, and at all places that are
alike at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from stepper.core.expr import Expr, Index, Num, Sym, Value, children, rebuild
from stepper.core.traverse import substitute
from stepper.engine.answers.finding.changes import way
from stepper.engine.answers.finding.lines import Calculation, Line
from stepper.engine.answers.finding.ways.way import Change, Way
from stepper.errors import StepperError
from stepper.tables.mistake import APART, AT_ALL_STEPS, LIKELIER, TOGETHER, Mistake

_PLACE = re.compile(r"\d+|\[[^\]]*\]")
"""What tells the members of a family apart: digits, and indices."""
RECURRENT, EVERYWHERE = 1.5, 0.6
"""What is done wrong at one time step is mostly done so at all; in units side by side it is as often made once."""


class Made(NamedTuple):
    """A change of a line: which of those that the row makes of it."""

    line: Line
    change: Change
    turn: int


class Candidate(Struct, frozen=True):
    """A mistake at its places: what it makes of their lines, and all the lines that are changed with them."""

    row: Mistake
    changes: Mapping[str, Expr]
    made: tuple[Made, ...]
    weight: float

    @property
    def line(self) -> Line:
        """The first line in which it is made, of which the mistake is told."""
        return self.made[0].line

    @property
    def change(self) -> Change:
        return self.made[0].change

    @property
    def places(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(made.line.place for made in self.made))


def candidates(calculation: Calculation, keys: Iterable[str], rows: Iterable[Mistake]) -> Iterator[Candidate]:
    """The mistakes that reach some quantities, row by row."""
    reached = calculation.before(keys)
    lines = [line for name, line in calculation.lines.items() if name in reached]
    for row in rows:
        made = way(row.change)
        found: list[Made] = []
        for line in lines:
            if line.suits(row):
                changes = enumerate(_changes(made, line, calculation))
                found += [Made(line, change, turn) for turn, change in changes if change.formula != line.formula]
        for candidate in _together(row, found) if row.of in TOGETHER else (*_single(row, found), *_alike(row, found)):
            yield replace(candidate, changes={**_kept(candidate, calculation), **candidate.changes})
            if row.again:
                backward = calculation.again(candidate.changes)
                if backward:
                    yield replace(candidate, changes={**candidate.changes, **backward})


def _kept(candidate: Candidate, calculation: Calculation) -> dict[str, Expr]:
    """The lines of a place that do not take part in a mistake, with what they read as it should be."""
    right: dict[Expr, Expr] = {Sym(name): calculation.lines[name].formula for name in candidate.changes}
    return {
        line.name: substitute(line.formula, right)
        for line in (calculation.lines.values() if candidate.row.keeps else ())
        if line.role in candidate.row.keeps and line.place in candidate.places
    }


def _changes(made: Way, line: Line, calculation: Calculation) -> Iterator[Change]:
    """The changes that a way makes of a line; where it takes a function of arrays for one of numbers, none."""
    try:
        yield from made(line, calculation)
    except StepperError:
        return


def _likely(row: Mistake, count: int) -> float:
    return row.common / (2 + count) * LIKELIER.get(row.of, 1.0)


def _single(row: Mistake, found: Sequence[Made]) -> Iterator[Candidate]:
    for made in found:
        often = sum(each.line.name == made.line.name for each in found) if row.of in APART else len(found)
        yield _candidate(row, [made], often)


def _alike(row: Mistake, found: Sequence[Made]) -> Iterator[Candidate]:
    """The same change in all lines of the same form."""
    groups: dict[tuple[object, ...], dict[str, Made]] = {}
    for made in found:
        form = made.turn, bare(made.line.formula), bare(made.change.formula)
        groups.setdefault(form, {}).setdefault(made.line.name, made)
        if row.of in AT_ALL_STEPS:  # both moments of Adam are corrected by one rule
            forms = made.turn, bare(made.line.formula, False), bare(made.change.formula, False), True
            groups.setdefault(forms, {}).setdefault(made.line.name, made)
        if made.line.source is not None:  # of one weight in all nodes that use it alike, as f(x) and f(y) of one f
            uses = made.turn, made.line.source, bare(made.line.formula, False), bare(made.change.formula, False)
            groups.setdefault(uses, {}).setdefault(made.line.name, made)
    for group in groups.values():
        if len(group) > 1:
            whole = _candidate(row, [*group.values()], len(found))
            steps = all("[" in place for place in whole.places)
            yield replace(whole, weight=whole.weight * (AT_ALL_STEPS.get(row.of, RECURRENT) if steps else EVERYWHERE))


def _together(row: Mistake, found: Sequence[Made]) -> Iterator[Candidate]:
    """The same change in all lines of a place, and in all places of the same form."""
    places: dict[tuple[str, int], list[Made]] = {}
    for made in found:
        places.setdefault((made.line.place, made.turn), []).append(made)
    groups: dict[tuple[object, ...], list[Made]] = {}
    for (_, turn), own in places.items():
        yield _candidate(row, own, len(places))
        form = turn, *((bare(made.line.formula, False), bare(made.change.formula, False)) for made in own)
        groups.setdefault(form, []).extend(own)
    for group in groups.values():
        if len({made.line.place for made in group}) > 1:
            yield _candidate(row, group, len(places))


def _candidate(row: Mistake, made: Sequence[Made], often: int) -> Candidate:
    changes = {each.line.name: each.change.formula for each in made}
    return Candidate(row, changes, tuple(made), _likely(row, often))


def bare(expr: Expr, families: bool = True) -> Expr:
    """A formula with all numbers alike, and all names: of a family (``w11`` and ``w21``, ``h[1]`` and ``h[2]``), or
    simply all of them.
    """
    if isinstance(expr, Num | Value):
        return Sym("·")
    if isinstance(expr, Sym):
        return Sym(_PLACE.sub("·", expr.name) if families else "·")
    if isinstance(expr, Index) and isinstance(expr.base, Sym):
        return expr.base if families else Sym("·")
    return rebuild(expr, [bare(part, families) for part in children(expr)])
