"""All mistakes that can be made in a calculation: each row at each place where it applies, and at all places that are
alike at once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from stepper.core.expr import Expr, Index, Num, Sym, Value, children, rebuild
from stepper.core.traverse import substitute
from stepper.engine.answers.finding.changes import way
from stepper.engine.answers.finding.line import Line
from stepper.engine.answers.finding.lines import Calculation
from stepper.engine.answers.finding.ways.way import Way
from stepper.engine.edits.change import Change
from stepper.errors import StepperError
from stepper.tables.mistake import APART, AT_ALL_STEPS, TOGETHER, Mistake

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
    """A mistake at its places: what it makes of their lines, all the lines that are changed with them, how common it
    is, and how many quantities become other numbers by it.
    """

    row: Mistake
    changes: Mapping[str, Expr]
    made: tuple[Made, ...]
    weight: float
    reach: int = 1

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
    """A row is as common as it says in nodes of one kind together."""
    return row.common / (2 + count)


def _single(row: Mistake, found: Sequence[Made]) -> Iterator[Candidate]:
    often = Counter(made.line.role for made in found)
    for made in found:
        own = sum(each.line.name == made.line.name for each in found) if row.of in APART else often[made.line.role]
        yield _candidate(row, [made], own)


def _alike(row: Mistake, found: Sequence[Made]) -> Iterator[Candidate]:
    """The same change in all lines of the same form."""
    groups = [*formed(found)]
    if row.of in AT_ALL_STEPS:  # both moments of Adam are corrected by one rule
        groups += [group for group in formed(found, families=False) if group not in groups]
    used = [made for made in found if made.line.source is not None]
    groups += [group for group in _uses(used) if group not in groups]
    often = Counter(made.line.role for made in found)
    for group in groups:
        if len(group) > 1:
            whole = _candidate(row, group, often[group[0].line.role])
            steps = all("[" in place for place in whole.places)
            yield replace(whole, weight=whole.weight * (AT_ALL_STEPS.get(row.of, RECURRENT) if steps else EVERYWHERE))


def _uses(found: Iterable[Made]) -> list[list[Made]]:
    """Changes of one weight in all nodes that use it alike, as f(x) and f(y) of one f."""
    groups: dict[tuple[object, ...], list[Made]] = {}
    for made in found:
        forms = bare(made.line.formula, False), bare(made.change.formula, False)
        group = groups.setdefault((made.turn, made.line.source, *forms), [])
        if made.line.name not in (each.line.name for each in group):
            group.append(made)
    return [*groups.values()]


def formed(found: Iterable[Made], families: bool = True) -> list[list[Made]]:
    """Changes by their form; where a line is changed several times in one form, the first goes with the first of
    other lines.
    """
    groups: dict[tuple[object, ...], list[Made]] = {}
    often: Counter[tuple[object, ...]] = Counter()
    for made in found:
        parts = made.line.formula, made.change.formula, made.change.part
        form = tuple(None if part is None else bare(part, families) for part in parts)
        turn = often[(made.line.name, *form)]
        often[(made.line.name, *form)] += 1
        groups.setdefault((*form, turn), []).append(made)
    return [*groups.values()]


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
