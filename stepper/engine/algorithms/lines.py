"""The worked lines of a run: each assignment with the numbers of its entry, and the rule in letters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from stepper.core.expr import Array, Call, Expr, Index, Num, Number, Prime, Sym, Value
from stepper.core.formula import text
from stepper.core.graph import Graph, Leaf, Node
from stepper.core.steps import Equation, Link
from stepper.core.traverse import names, substitute, transform
from stepper.engine.algorithms.results import Results
from stepper.engine.algorithms.rules import parsed
from stepper.engine.algorithms.working import Working
from stepper.engine.values.equations import Sheet, relation
from stepper.engine.values.quantities import Settings
from stepper.tables.algorithm import Fold

Assigned: TypeAlias = tuple[Expr, Expr]
"""A quantity of an entry, and the formula that it is worked out by."""
ELIDED = 12
"""A sum of more entries than this is not written out."""


class Lines:
    """The equations of a run."""

    def __init__(self, working: Working, results: Results, settings: Settings) -> None:
        self.working, self.results, self.settings = working, results, settings
        self.rules, self.row = working.rules, working.row

    # ---- with numbers

    def equation(self, left: Expr, formula: Expr) -> Equation:
        """A formula with its numbers put in."""
        read = {text(name): self.results.number(name) for name in names(formula)}
        leaves = {
            name: Leaf(name, "constant", number) for name, number in read.items() if not isinstance(number, tuple)
        }
        name = text(left)
        sheet = Sheet(Graph("", leaves, {name: Node.of(name, formula)}), self.settings)
        return sheet.worked(left, formula, sheet.values.get(name))

    def equations(self, assigned: Iterable[Assigned]) -> tuple[Equation, ...]:
        """Assignments of entries with their numbers put in."""
        return tuple(self.equation(left, formula) for left, formula in assigned)

    def assigned(self) -> Iterator[Assigned]:
        """All assignments of the run, in the order in which they are worked."""
        for position in range(self.working.length):
            yield from self.each(position)
        yield from self.totals()
        for position in self.working.done:
            yield from self.turn(position)

    def each(self, position: int) -> Iterator[Assigned]:
        """What is worked for an entry by itself."""
        for name, formula in self.rules.each:
            yield self.at(name, position), substitute(formula, self._own(position))

    def turn(self, position: int) -> Iterator[Assigned]:
        """What is worked for an entry in its turn."""
        for earlier in self._compared(position):
            yield from self._pair(earlier, position)
        for fold in self.row.folds:
            yield self._fold(fold, position)
        place = self.working.done.index(position)
        before = self.working.done[place - 1] if place else None
        known = self._own(position)
        known |= {Sym(fold.name): self.at(fold.name, position) for fold in self.row.folds}
        last: dict[Expr, Expr] = {Sym(name): formula for name, formula in self.rules.start.items()}
        if before is not None:
            last = {Sym(name): self.at(name, before) for name in self.rules.worked}
        for name, formula in self.rules.update if before is not None else self.rules.begin:
            yield self.at(name, position), substitute(formula, {**last, **known})
            known[Sym(name)] = self.at(name, position)

    def at(self, name: str, *positions: int) -> Expr:
        """A quantity of an entry, or of two: ``loss[3]``, ``iou[1, 2]``."""
        return Index(Sym(name), tuple(Num(str(self.working.number(position))) for position in positions))

    def _own(self, position: int) -> dict[Expr, Expr]:
        own: dict[Expr, Expr] = {self.rules.index: Num(str(self.working.number(position)))}
        return {**own, **{Sym(name): self.at(name, position) for name in self.rules.known}}

    def _compared(self, position: int) -> list[int]:
        """The entries with which one is compared."""
        counted = (earlier for fold in self.row.folds for earlier in self.working.counted(fold, position))
        return list(dict.fromkeys(counted))

    def _pair(self, earlier: int, position: int) -> Iterator[Assigned]:
        bindings = self._own(position)
        bindings |= {Prime(Sym(name)): self.at(name, earlier) for name in self.rules.known}
        for name, formula in self.rules.pairs:
            left = self.at(name, earlier, position)
            yield left, substitute(formula, bindings)
            bindings[Sym(name)] = left

    def _fold(self, fold: Fold, position: int) -> Assigned:
        counted = self.working.counted(fold, position)
        parts = tuple(self.at(fold.of, earlier, position) for earlier in counted)
        formula = Call(fold.by, (Array(parts),)) if len(parts) > 1 else parts[0] if parts else parsed(fold.empty)
        return self.at(fold.name, position), formula

    def totals(self) -> Iterator[Assigned]:
        """What is worked for all entries together."""
        for name, formula in self.rules.totals:
            yield Sym(name), self.written_out(formula)

    def written_out(self, formula: Expr) -> Expr:
        """A formula of all entries, the quantities of entries in it as lists."""

        def change(part: Expr) -> Expr | None:
            if isinstance(part, Sym) and part.name in self.working.columns and part.name not in self.working.env:
                return Array(tuple(self.at(part.name, place) for place in sorted(self.working.columns[part.name])))
            return None

        return transform(formula, change)

    def of_last(self, left: Expr, formula: Expr) -> Equation:
        """A formula of the entry that was worked last."""
        position = self.working.done[-1]
        worked: dict[Expr, Expr] = {Sym(name): self.at(name, position) for name in self.rules.worked}
        return self.equation(left, substitute(formula, {**self._own(position), **worked}))

    def of_all(self, left: Expr, formula: Expr, number: Number) -> Equation:
        """A formula of all entries; a short one is written out."""
        if self.working.length > ELIDED:
            return Equation(left, (Link("=", formula), Link(relation(formula, Value(number)), Value(number))))
        return self.equation(left, self.written_out(formula))
