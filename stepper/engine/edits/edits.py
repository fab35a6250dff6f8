"""The smallest change that makes a formula right, found by trying all changes of one place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from msgspec import Struct

from stepper.core.expr import Deriv, Expr, Index, children
from stepper.core.traverse import walk
from stepper.engine.edits.change import Change, Put, parts
from stepper.engine.edits.makes import MAKES, Material
from stepper.tables.edits import EDITS, Edit

MOST_EDITS = 6_000
"""So many changes of a formula are tried; of a longer one not all."""
MOST_NAMES = 40


class Edited(Struct, frozen=True):
    """A formula that is right after one change: of which kind, what was there, and what stands in its place."""

    row: Edit
    change: Change


def mended(
    formula: Expr, right: Callable[[Expr], bool], material: Material, rows: Sequence[Edit] = EDITS
) -> Edited | None:
    """The smallest change that makes a formula right; None where no single one does.

    >>> from stepper.core.parser import parse
    >>> found = mended(parse("(y - a)*x"), lambda expr: expr == parse("(a - y)*x"), Material())
    >>> found.row.change, found.change.other == parse("a - y")
    ('turn a difference', True)
    """
    seen = {formula}
    for row, change in islice(_changes(formula, material, rows), MOST_EDITS):
        if change.formula not in seen:
            seen.add(change.formula)
            if right(change.formula):
                return Edited(row, change)
    return None


def _changes(formula: Expr, material: Material, rows: Sequence[Edit]) -> Iterator[tuple[Edit, Change]]:
    """All changes, the smallest first; of one kind the outer parts first."""
    for row in sorted(rows, key=lambda row: row.size):
        for part, put in _places(formula):
            for made in MAKES[row.change](part, material):
                yield row, Change(put(made.formula), made.part, made.other)


def _places(expr: Expr) -> Iterator[tuple[Expr, Put]]:
    """The parts of a formula without those of derivatives, indices and exponents."""
    inside = {id(inner) for part in walk(expr) if isinstance(part, Deriv | Index) for inner in children(part)}
    for part, put in parts(expr):
        if id(part) not in inside:
            yield part, put
