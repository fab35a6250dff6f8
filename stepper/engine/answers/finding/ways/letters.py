"""Changes of a layer's formulas, written in the letters of its row: other values for letters, another formula, another
order of the axes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import permutations

from stepper.core.expr import Expr, Sym
from stepper.core.formula import text
from stepper.core.parser import parse
from stepper.core.traverse import names, substitute, walk
from stepper.engine.answers.finding.line import Line
from stepper.engine.answers.finding.lines import Calculation
from stepper.engine.answers.finding.ways.way import Way
from stepper.engine.edits.change import Change

PUT, ANOTHER = ":=", "= "
RIGHT = Sym("right")


def put_in(written: str) -> Way:
    """``p := 0``: another value for a letter, or for a part of the formula; with ``;`` between them several at once."""
    pairs = [tuple(parse(side) for side in part.split(PUT)) for part in written.split(";")]

    def way(line: Line, calculation: Calculation) -> Iterator[Change]:
        known = _letters(line)
        put = {substitute(old, known): substitute(new, known) for old, new in pairs}
        formula = _opened(line.formula, put, calculation)
        changed = substitute(formula, put)
        if changed != formula:
            first, other = next(iter(put.items()))
            yield Change(changed, first, other)

    return way


def another(written: str) -> Way:
    """``= n*s``: another formula, in which ``right`` is the one that was there."""
    formula = parse(written.removeprefix(ANOTHER))

    def way(line: Line, calculation: Calculation) -> Iterator[Change]:
        changed = substitute(formula, {**_letters(line), RIGHT: line.formula})
        yield Change(changed, line.formula, changed)

    return way


def _letters(line: Line) -> Mapping[Expr, Expr]:
    return {Sym(letter): expr for letter, expr in line.letters.items()}


def _opened(formula: Expr, wanted: Collection[Expr], calculation: Calculation) -> Expr:
    """A formula with what it has the wanted parts behind, such as the kernel with its gaps, written out."""
    open_ones: dict[Expr, Expr] = {}
    for name in names(formula):
        line = calculation.lines.get(text(name))
        if line is not None and line.of == "setting" and name not in wanted:
            inner = _opened(line.formula, wanted, calculation)
            if any(part in wanted for part in walk(inner)):
                open_ones[name] = inner
    return substitute(formula, open_ones) if open_ones else formula


def _permuted(line: Line, calculation: Calculation) -> Iterator[Change]:
    """The size of another axis, for each order in which the axes can be."""
    axes = [other for other in calculation.lines.values() if other.place == line.place and other.of == line.of]
    place = axes.index(line)
    for order in permutations(range(len(axes))):
        other = axes[order[place]]
        yield Change(other.formula, line.symbol, other.symbol)


WAYS: Mapping[str, Way] = {"take another axis": _permuted}
