"""Formulas of arrays worked down to numbers as on a board: products of matrices and sums written out entry by entry,
inner parts in lines of their own, functions line by line as their rows say.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection

from msgspec import Struct

from stepper.core.expr import (
    Call,
    Deriv,
    Expr,
    Index,
    Prime,
    Sym,
    Transpose,
    Where,
)
from stepper.core.formula import text
from stepper.core.prose import Prose
from stepper.core.steps import Equation, Link
from stepper.core.traverse import names, substitute
from stepper.engine.tensor.board_lines import Lines, given, lines_for, worked_calls
from stepper.engine.tensor.calls import without_inner
from stepper.engine.tensor.entries import Entries, Formula, as_expr
from stepper.engine.tensor.equations import printed
from stepper.engine.tensor.evaluate import OUT, Worker, transposed
from stepper.engine.tensor.guarding import guarded
from stepper.engine.tensor.opened import opened
from stepper.engine.tensor.pieces import (
    MATRIX,
    MOST_PUT_IN,
    inner_parts,
    put_in,
    value_in,
    without_zeros,
)
from stepper.engine.tensor.shapes import Shapes
from stepper.engine.tensor.sizes import Sizes, is_whole
from stepper.engine.tensor.tidy import told_apart
from stepper.engine.tensor.wording import as_written
from stepper.engine.values.equations import append
from stepper.engine.values.quantities import Settings
from stepper.errors import StepperError

MOST_PARTS = 12
"""The parts of a formula that get lines of their own."""


class Worked(Struct, frozen=True):
    """The lines that come before, and the sides of the equation itself."""

    lines: tuple[Equation, ...]
    sides: tuple[tuple[Expr, Prose], ...]


class Working:
    """Works the formulas of one derivation; what has had its line is not worked again.

    ``shapes`` tells the shape of any part, ``taken`` are names that lines may not have, ``loss`` is what is
    differentiated.
    """

    def __init__(
        self, shapes: Shapes, taken: Collection[str], settings: Settings, loss: Expr | None = None
    ) -> None:  # fmt: skip
        self.loss, self.settings = loss, settings
        self.known, self.taken = dict(shapes.known), set(taken)
        self.shape = Shapes(shapes.vocabulary, self.known, bill=shapes.bill)
        self.found: dict[Expr, Entries] = {}
        self.values: dict[str, Entries] = {}
        self.named: dict[Expr, Expr] = {}
        self.labels: dict[str, str] = {}

    def __call__(self, formula: Expr, worker: Worker, owner: str) -> Worked:
        """A formula over known arrays; ``owner`` is the quantity that it is worked for."""
        one = _Formula(self, worker, owner)
        sides = one.sides(formula)
        return Worked(tuple(one.lines), tuple(sides))

    def name(self, wanted: str, owner: str, label: str = "") -> Expr:
        """A name for a line: as its row has it, else with the quantity that it is worked for."""
        stem = owner.translate(str.maketrans("", "", "[], /'"))
        free, number = wanted if wanted not in self.taken else f"{wanted}_{stem}", 1
        while free in self.taken:
            number += 1
            free = f"{wanted}_{stem}{number}"
        self.taken.add(free)
        if label:
            self.labels[free] = label if free == wanted else f"{label}_{{{stem}}}"
        return Sym(free)


class _Formula:
    """One formula with the lines that lead to it."""

    def __init__(self, working: Working, worker: Worker, owner: str) -> None:
        self.working, self.owner = working, owner
        self.worker = Worker(worker.vocabulary, {**worker.known, **working.values})
        self.lines: list[Equation] = []

    def value(self, expr: Expr) -> Entries | None:
        """The numbers of a part; None where it has none, or too many."""
        found = self.working.found.get(expr)
        if found is not None:
            return found
        try:
            sizes = self.working.shape(expr)
            if is_whole(sizes) and math.prod(sizes) > MOST_PUT_IN:
                return None
            array = self.worker(expr)
        except StepperError:
            return None
        numeric = array.size <= MOST_PUT_IN and not any(isinstance(entry, Formula) for entry in array.ravel())
        return array if numeric else None

    def sides(self, formula: Expr) -> list[tuple[Expr, Prose]]:
        """What stands between a formula and its value, the formula first; lines for its parts come before."""
        lines = self.lines_of(formula)
        if lines is not None and lines.inner and self.value(formula) is None:
            return self.sides(self.written(without_inner(formula)))
        if isinstance(formula, Call) and lines is not None and self.fits(lines, formula):
            last = self.sides(self.by_row(lines, formula))
            return last if lines.inner else [(formula, ()), *last]
        over = self.with_names(formula)
        if self.opened(over) is None:
            self.parts(over)
        return [(over, ()), *self.numbers(over)]

    def with_names(self, formula: Expr) -> Expr:
        """The formula over the names of lines: functions inside it that have lines of their own get them here."""
        for part, lines in dict(worked_calls(formula, self.worker.vocabulary)).items():
            array = self.value(part)
            if part == formula or part in self.working.named:
                continue
            if array is None or not self.fits(lines, part):
                self.working.named |= {part: self.written(without_inner(part))} if lines.inner else {}
                continue
            if lines.inner:
                self.working.named[part] = self.by_row(lines, part)
            elif lines.named:
                self.named_line(lines.named, part)
            elif part not in self.working.found:
                self.line(part, part, array)
        return substitute(formula, self.working.named)

    def numbers(self, formula: Expr) -> list[tuple[Expr, Prose]]:
        """The formula with numbers, and the same entry by entry."""
        found = [side for side in (self.filled(formula), self.opened(formula)) if side is not None]
        settings, array = self.working.settings, self.value(formula)
        if array is not None and not settings.exact:
            found = [guarded(side, array, self.worker.vocabulary, settings.digits) for side in found]
        return [(side, ()) for side in found]

    def parts(self, whole: Expr) -> None:
        """A line for each inner product of matrices and each sum."""
        inner = [
            part for part in inner_parts(whole, self.working.shape) if part != whole and part not in self.working.found
        ]
        for part in list(dict.fromkeys(inner))[:MOST_PARTS]:
            array = self.value(part)
            if array is not None and names(part):
                self.line(part, part, array)

    def line(self, left: Expr, formula: Expr, array: Entries) -> None:
        """``left = formula = numbers = value``; a part is its own left side."""
        links: list[Link] = []
        for place, (side, words) in enumerate(self.sides(formula)):
            lines = self.lines_of(side)
            if place == 0 and (side == left or (lines is not None and lines.steps and left != formula)):
                continue  # its lines say what a function is
            _append(links, side, words, self.working.shape)
        _append(links, as_expr(array), (), self.working.shape)
        self.lines.append(printed(told_apart(left, self.working.shape), links))
        self.working.found[left] = array

    def lines_of(self, expr: Expr) -> Lines | None:
        return lines_for(expr, self.worker.vocabulary)

    def fits(self, lines: Lines, call: Call) -> bool:
        """Is a function worked line by line, each of which is small?"""
        if not lines.steps or self.value(call) is None:
            return False
        known = given(call, self.worker, self.working.shape)
        for line in lines.steps:
            known[Sym(line.name)] = substitute(line.formula, known)
            if self.value(known[Sym(line.name)]) is None:
                return False
        return True

    def by_row(self, lines: Lines, call: Call) -> Expr:
        """The lines of a function by its row; its last formula over their names."""
        known = given(call, self.worker, self.working.shape)
        for line in lines.steps:
            meant = substitute(self.written(substitute(line.formula, known)), self.working.named)
            if Sym(line.name) == OUT:
                return meant
            again = self.working.named.get(meant)
            if again is None and isinstance(meant, Sym | Deriv):
                again = meant
            wrt = known[Sym(line.of)] if line.of else None
            known[Sym(line.name)] = again or self.named_line(line.name, meant, wrt, lines.labels.get(line.name, ""))
        raise AssertionError(call.name)

    def named_line(self, name: str, formula: Expr, wrt: Expr | None = None, label: str = "") -> Expr:
        """A line with a name, or with that of the gradient for another line."""
        array = self.value(formula)
        assert array is not None
        loss = self.working.loss
        left = self.working.name(name, self.owner, label) if wrt is None or loss is None else Deriv(loss, wrt)
        self.working.known[text(left)] = array.shape
        self.working.values[text(left)] = array
        self.worker.known = {**self.worker.known, text(left): array}
        self.line(left, formula, array)
        self.working.named[formula] = left
        return left

    def written(self, formula: Expr) -> Expr:
        return as_written(without_zeros(formula), self.working.shape)

    def filled(self, formula: Expr) -> Expr | None:
        """The formula with its arrays, and the values of its parts, put in; None where one is large."""
        decided: list[Expr] = []

        def value(part: Expr) -> Entries | None:
            found = self.known(part)
            if found is None and isinstance(part, Where) and part != formula and self.working.shape(part):
                decided.append(part)  # which case holds is told entry by entry
                return self.value(part)
            return found

        found = put_in(formula, value)
        return None if decided and self.opened(formula) is not None else found

    def known(self, part: Expr) -> Entries | None:
        """The array of a name, or of a part that has had its line."""
        found = self.working.found.get(part)
        if found is None and isinstance(part, Transpose) and (inner := self.working.found.get(part.body)) is not None:
            return transposed(inner) if inner.ndim >= MATRIX else None
        return value_in(self.worker, part) if found is None else found

    def opened(self, formula: Expr) -> Expr | None:
        """The entries with their sums written out in numbers, where that is short: ``[1*3 + 2*4, 0*3 + 1*4]``."""
        return opened(formula, self.array_of, self.worker.vocabulary)

    def array_of(self, part: Expr) -> Entries | None:
        """The array of a name, or of a part that has had its line, as it stands."""
        found = self.working.found.get(part)
        if found is None and isinstance(part, Sym | Deriv | Prime | Index):
            return self.worker.known.get(text(part))
        return found


def _append(links: list[Link], side: Expr, words: Prose, shape: Callable[[Expr], Sizes]) -> None:
    if links:
        append(links, side, words)
    else:
        links.append(Link("=", side, words))
