"""Changes of formulas of arrays: another class, and patterns of a formula with what it is given put in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from stepper.core.expr import Array, Expr, Index, Num, Sym
from stepper.core.formula import text
from stepper.core.traverse import names, substitute
from stepper.engine.answers.finding.line import Line
from stepper.engine.answers.finding.lines import Calculation
from stepper.engine.answers.finding.ways.patterns import pattern
from stepper.engine.answers.finding.ways.way import Way
from stepper.engine.edits.change import Change

UNFOLDED = "unfolded:"
FOLDED = ("local", "gradient")


def unfolded(written: str) -> Way:
    """A pattern of the formula in which gradients from above stand as they are worked out."""
    made = pattern(written.removeprefix(UNFOLDED))

    def way(line: Line, calculation: Calculation) -> Iterator[Change]:
        yield from made(replace(line, formula=behind(line.formula, calculation)), calculation)

    return way


def behind(formula: Expr, calculation: Calculation) -> Expr:
    """A formula with the gradients and slopes that it reads as they are worked out."""
    read: dict[Expr, Expr] = {}
    for name in names(formula):
        line = calculation.lines.get(text(name))
        if line is not None and line.of in FOLDED:
            read[name] = behind(line.formula, calculation) if line.of == "gradient" else line.formula
    return substitute(formula, read)


def _classes(line: Line, calculation: Calculation) -> Iterator[Change]:
    """The 1 of a row of targets in another place."""
    for name in names(line.formula):
        shape = calculation.targets(text(name))
        for shift in range(1, shape[-1] if shape else 0):
            moved = _shifted(name, shape, shift)
            yield Change(substitute(line.formula, {name: moved}), name, moved)


def _classes_behind(line: Line, calculation: Calculation) -> Iterator[Change]:
    """The same in what the gradient from above is worked out by."""
    whole = behind(line.formula, calculation)
    if isinstance(line.formula, Sym) or whole == line.formula:
        return
    yield from _classes(replace(line, formula=whole), calculation)


def _shifted(name: Expr, shape: tuple[int, ...], shift: int) -> Expr:
    """An array whose rows are rotated."""

    def entries(before: tuple[int, ...]) -> Expr:
        if len(before) < len(shape) - 1:
            return Array(tuple(entries((*before, place)) for place in range(shape[len(before)])))
        last = [(place + shift) % shape[-1] for place in range(shape[-1])]
        return Array(tuple(Index(name, tuple(Num(str(at + 1)) for at in (*before, place))) for place in last))

    return entries(())


WAYS: Mapping[str, Way] = {
    "take another class": _classes,
    "take another class behind": _classes_behind,
}
