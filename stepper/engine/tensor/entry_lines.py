"""Gradients that go back through windows, entry by entry: which entries of the upstream gradient each one adds up."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from stepper.core.expr import Call, Deriv, Expr, Sum, Value
from stepper.core.formula import number_of, reference, text
from stepper.core.steps import Block, Equation, Link, Step
from stepper.core.traverse import substitute, walk
from stepper.engine.tensor.calls import of_arrays
from stepper.engine.tensor.entries import (
    Entries,
    Formula,
    NeedsNumbers,
    array_of,
    as_expr,
    element,
    entry_expr,
    numbers,
)
from stepper.engine.tensor.equations import MOST_WINDOWS
from stepper.engine.tensor.evaluate import ARRIVING, Worker
from stepper.engine.tensor.sizes import is_whole
from stepper.engine.values.equations import append
from stepper.tables.array import ArrayFunction
from stepper.tables.arrays import BY_ARRAY_NAME

if TYPE_CHECKING:
    from stepper.engine.tensor.gradients import ArrayGradients

MOST_TERMS = 16


class EntryLines:
    """The entries of gradients, each as a sum of products."""

    def __init__(self, gradients: ArrayGradients) -> None:
        self.gradients, self.board = gradients, gradients.board
        self.loss = reference(self.board.loss)

    def of(self, name: str) -> list[Step]:
        """Lines for the gradient of a quantity that windows use; none of others, and of large ones."""
        array, board = self.gradients.arrays[name], self.board
        if board.large or not self.gradients.parts[name] or any(isinstance(entry, Formula) for entry in array.ravel()):
            return []
        formula = self.gradients.total(name)
        calls = [part for part in walk(formula) if isinstance(part, Call) and of_arrays(part)]
        rows = [(call, BY_ARRAY_NAME[call.name]) for call in calls if BY_ARRAY_NAME[call.name].windows]
        if not rows:
            return []
        lines = [*self.masks(rows), *self.lines(name, formula, array)]
        title = (board.symbol(name), " entry by entry")
        return [Step(f"backward.entries:{name}", "backward.entries", title, tuple(lines))] if lines else []

    def lines(self, name: str, formula: Expr, array: Entries) -> list[Block]:
        """A line for each entry that is not 0, or for one of a larger array."""
        entries = self.entries(formula)
        if entries is None or entries.shape != array.shape:
            return []
        found: list[Block] = []
        for where in np.ndindex(*array.shape):
            expr = entry_expr(entries[where])
            if number_of(expr) == 0 or (isinstance(expr, Sum) and len(expr.operands) > MOST_TERMS):
                continue
            left = Deriv(self.loss, element(name, where))
            links = [Link("=", expr)]
            number = number_of(entry_expr(array[where]))
            assert number is not None
            line = substitute(expr, self.values)
            append(links, self.board.sheet.guarded(line, number) or line)
            append(links, Value(number))
            found.append(Equation(left, tuple(links), "gradient"))
            if array.size > MOST_WINDOWS:
                break
        return found

    def entries(self, formula: Expr) -> Entries | None:
        """The entries by the names of others; where it depends on numbers which are added up, by those numbers."""
        for letters in (self.board.symbols, {**self.board.symbols, **self.board.known}):
            try:
                return Worker(self.board.vocabulary, {**letters, **self.upstream})(formula)
            except NeedsNumbers:
                continue
        return None

    @cached_property
    def upstream(self) -> Mapping[str, Entries]:
        """The names of the entries of gradients."""
        board = self.board
        return {
            text(board.symbol(name)): array_of(
                [Formula(Deriv(self.loss, element(name, where))) for where in np.ndindex(*board.shapes[name])],
                board.shapes[name],
            )
            for name in board.graph.nodes
            if name in self.gradients.arrays
        }

    @cached_property
    def values(self) -> Mapping[Expr, Expr]:
        """The numbers of all entries, of values and of gradients."""
        board, found = self.board, dict[Expr, Expr]()
        for name, array in board.known.items():
            found |= {element(name, where): entry_expr(array[where]) for where in np.ndindex(*array.shape)}
        for name, array in self.gradients.arrays.items():
            shape = board.shapes[name]
            found |= {Deriv(self.loss, element(name, where)): entry_expr(array[where]) for where in np.ndindex(*shape)}
        return found

    def masks(self, rows: list[tuple[Call, ArrayFunction]]) -> list[Block]:
        """Where the entries are to which windows hand their gradient on, as 0 and 1."""
        found: list[Block] = []
        for call, row in rows:
            if not row.routes:
                continue
            shape = self.gradients.shape(call.arguments[0])
            assert is_whole(shape)
            ones = numbers([Fraction(1)] * math.prod(shape), shape)
            known = {**self.gradients.worker.known, ARRIVING.name: ones}
            mask = Worker(self.board.vocabulary, known)(Call(call.name, (ARRIVING, *call.arguments[1:])))
            if mask.size <= MOST_WINDOWS:
                found.append(Equation(Call("mask", call.arguments[1:2]), (Link("=", as_expr(mask), (row.routes,)),)))
        return found
