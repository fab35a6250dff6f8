"""A formula that somebody wrote for a line: is it equal to the line's own, which mistake gives it, which change of it
mends it.

Formulas are compared at numbers that nothing is chosen for: at those of a document a wrong one may come out right.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence

from msgspec.structs import replace

from stepper.core.expr import Call, Deriv, Expr, Sym
from stepper.core.formula import reference, text
from stepper.core.traverse import names, walk
from stepper.engine.answers.finding.candidates import Candidate
from stepper.engine.answers.finding.explanation import Explanation, Given, Outcome
from stepper.engine.answers.finding.line import RATE
from stepper.engine.answers.finding.lines import POINTS, Calculation
from stepper.engine.answers.finding.search import Finder
from stepper.engine.edits.edits import MOST_NAMES, Edited, mended
from stepper.engine.edits.makes import Material
from stepper.tables.mistake import Mistake

CLOSE = 1e-9


class Points:
    """A calculation at several numbers, at which formulas are compared."""

    def __init__(self, calculation: Calculation, fixed: Container[str] = ()) -> None:
        self.calculation = calculation
        self.at = [calculation.generic(point, fixed) for point in range(POINTS)]

    def same(self, name: str, formula: Expr) -> bool | None:
        """Is a formula equal to that of a line? None where that cannot be told.

        It must be at the document's own numbers; at a kink it is on one side of them; whole numbers may be by chance.
        """
        if not all(self._alike(name, formula, [self.calculation])):
            return False
        found = list(self._alike(name, formula, self.at))
        if not found:
            return None
        return all(found) if self.calculation.counts else any(found)

    def _alike(self, name: str, formula: Expr, points: Sequence[Calculation]) -> Iterator[bool]:
        put = self.calculation.in_lines(formula, name)
        for point in points:
            one, other = point.value_of(put), point.value(name)
            if one is not None and other is not None:
                yield close(one, other)

    def explained(self, name: str, formula: Expr, rows: Sequence[Mistake]) -> Outcome:
        """The mistakes that give a formula: they give its numbers at all points."""
        put = self.calculation.in_lines(formula, name)
        values = [(point, value) for point in self.at if (value := point.value_of(put)) is not None]
        if not values or any(len(value) != len(point.keys(name)) for point, value in values):
            return Outcome()
        if all(close(value, point.value(name) or ()) for point, value in values):
            return Outcome()  # it is wrong at the document's own numbers alone
        first, value = values[0]
        outcome = Finder(first, rows).explained(_given(first, name, value))
        found = tuple(filter(None, (_everywhere(each, name, values) for each in outcome.found)))
        return replace(outcome, found=found, question=None, formula=True)

    def mended(self, name: str, formula: Expr) -> Edited | None:
        """The smallest change that makes a formula equal to that of a line."""
        kinds = {part.total for part in walk(formula) if isinstance(part, Deriv)}
        return mended(formula, lambda changed: self.same(name, changed) is True, self.material(name, formula, kinds))

    def material(self, name: str, formula: Expr, kinds: Container[bool] = ()) -> Material:
        """What a formula of a line may hold: what the line reads and what that reads, without the line itself; and
        derivatives of some ``kinds``, total ones or those along edges.
        """
        made = self.calculation
        line = made.lines[name]
        if line.letters:
            counted = [each for each, meant in line.letters.items() if made.numbers.get(text(meant)) not in (0, 1)]
            return Material([Sym(letter) for letter in counted])
        before = made.before([name]) - {name}
        read = {text(read) for each in (name, *before) for read in names(made.lines[each].formula)} - {name}
        edges_of = [made.lines[each].shown for each in before if made.lines[each].of == "local"]
        known: list[Expr] = [
            replace(edge, total=True)
            for edge in edges_of
            if True in kinds and isinstance(edge, Deriv) and text(replace(edge, total=True)) not in made.lines
        ]
        known += [reference(leaf) for leaf in made.begun if leaf in read and leaf != RATE]
        known += [made.lines[each].shown for each in made.lines if each in before and _is_named(made, each, kinds)]
        near = {text(each) for each in (*names(made.told(line.formula)), *names(formula))}
        if len(known) > MOST_NAMES:
            known = [each for each in known if isinstance(each, Deriv) or text(each) in near]
        calls = {
            part.name
            for each in (name, *before)
            for part in walk(made.lines[each].formula)
            if isinstance(part, Call) and len(part.arguments) == 1
        }
        return Material(known[: 2 * MOST_NAMES], sorted(calls))


def close(one: Sequence[float], other: Sequence[float]) -> bool:
    """Are numbers equal but for the rounding of floats?"""
    return len(one) == len(other) and all(
        abs(a - b) <= CLOSE * max(1.0, abs(a), abs(b)) for a, b in zip(one, other, strict=True)
    )


def _is_named(made: Calculation, name: str, kinds: Container[bool]) -> bool:
    """Has a line's quantity a name to stand in a formula? Derivatives have where some of their kind, total or along
    edges, are looked for.
    """
    line = made.lines[name]
    if isinstance(line.shown, Deriv):
        return line.shown.total in kinds
    return line.of in ("value", "update", "assignment") and line.named


def _given(point: Calculation, name: str, value: Sequence[float]) -> Given:
    parts = tuple(Given(key, None, number) for key, number in zip(point.keys(name), value, strict=True))
    wrong = next((each for each in parts if not close([float(each.number)], point.value(each.key) or ())), parts[0])
    return wrong if len(parts) == 1 else replace(wrong, parts=parts)


def _everywhere(
    found: Explanation, name: str, values: Sequence[tuple[Calculation, Sequence[float]]]
) -> Explanation | None:  # fmt: skip
    """The ways of an explanation that give a formula at all points."""
    ways = tuple(way for way in found.candidates if all(_gives(way, name, *each) for each in values))
    return replace(found, candidates=ways) if ways else None


def _gives(way: Sequence[Candidate], name: str, point: Calculation, value: Sequence[float]) -> bool:
    changes: Mapping[str, Expr] = {line: formula for each in way for line, formula in each.changes.items()}
    numbers = point.changed(changes, point.keys(name))
    got = [number for key in point.keys(name) if (number := numbers.get(key)) is not None]
    return close([float(number) for number in got], value)
