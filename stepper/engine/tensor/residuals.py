"""Gradients that come to a value less its target: those of a softmax followed by a log loss are ``p - y``.

They are found by their entries, as polynomials of the entries of nodes, and so for any way of writing the loss; the
numbers of inputs are put in, since it takes targets that sum to 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

from stepper.core.expr import Call, Deriv, Expr, Num, Sign, add_all, divide
from stepper.core.formula import literal_of, number_of, reference, text
from stepper.core.steps import Prose
from stepper.core.traverse import extent, names, walk
from stepper.engine.tensor.calls import of_arrays
from stepper.engine.tensor.entries import Entries, as_expr, entry_expr, numbers
from stepper.engine.tensor.evaluate import Worker
from stepper.engine.tensor.products import times
from stepper.engine.values.canonical import canonical
from stepper.engine.values.polynomial import NoSize, Polynomial, constant, expanded, scaled
from stepper.errors import StepperError
from stepper.tables.arrays import BY_ARRAY_NAME

if TYPE_CHECKING:
    from stepper.engine.tensor.gradients import ArrayGradients

MOST_ENTRIES, LONGEST_ENTRY, LONGEST_TARGET = 64, 1_500, 12
"""Arrays of more entries, and entries of more parts, are not looked through; a target without a name is written out
while it is short.
"""


class Residual(Struct, frozen=True):
    """A gradient as a value less its target, times a number, and what that takes of the target."""

    expr: Expr
    condition: Prose


class Residuals:
    """Looks for gradients of this form."""

    def __init__(self, gradients: ArrayGradients) -> None:
        self.gradients, self.board = gradients, gradients.board
        self.entries: dict[str, Entries | None] = {}

    def of(self, name: str) -> Residual | None:
        """The gradient of a quantity as a value less its target; None where it is none, or is not looked through."""
        board, parts = self.board, self.gradients.parts[name]
        if board.large or not board.shapes[name] or not parts:
            return None
        formula = self.gradients.total(name)
        if not any(isinstance(part, Call) and of_arrays(part) and BY_ARRAY_NAME[part.name].gathers
                   for part in walk(formula)):  # fmt: skip
            return None
        entries = self.chained(name)
        if entries is None:
            return None
        try:
            forms = [expanded(canonical(entry_expr(entry))) for entry in entries.ravel()]
        except (NoSize, RecursionError):
            return None
        for value in self.values(formula, name):
            found = self.less(forms, value, name)
            if found is not None:
                return found
        return None

    def values(self, formula: Expr, name: str) -> Iterator[Expr]:
        """The parts of a gradient's formula that are values of nodes in its shape."""
        shape, nodes = self.board.shapes[name], self.board.graph.nodes
        for part in dict.fromkeys(walk(formula)):
            read = names(part)
            if read and all(text(each) in nodes for each in read) and not any(
                isinstance(each, Deriv) for each in walk(part)
            ) and self.gradients.shape(part) == shape:  # fmt: skip
                yield part

    def chained(self, name: str) -> Entries | None:
        """The entries of a gradient by the entries of nodes alone, the upstream gradients put in; None where they are
        long.
        """
        if name not in self.entries:
            self.entries[name] = self.worked(name)
        return self.entries[name]

    def worked(self, name: str) -> Entries | None:
        board = self.board
        known = dict(self.letters)
        if not board.is_bare:
            assert board.output is not None
            known[text(board.symbol(board.output))] = board.arriving
        formula = self.gradients.total(name)
        for part in dict.fromkeys(walk(formula)):
            if not isinstance(part, Deriv) or text(part) in known:
                continue
            entries = self.chained(text(part.wrt))
            if entries is None:
                return None
            known[text(part)] = entries
        if np.prod(board.shapes[name]) > MOST_ENTRIES:
            return None
        try:
            found = np.broadcast_to(Worker(board.vocabulary, known)(formula), board.shapes[name])
        except StepperError:
            return None
        return found if all(extent(entry_expr(entry))[0] <= LONGEST_ENTRY for entry in found.ravel()) else None

    @cached_property
    def letters(self) -> dict[str, Entries]:
        """The names of all entries; for those of inputs their numbers, where they are exact."""
        board = self.board
        inputs = [name for name, leaf in board.graph.leaves.items() if leaf.kind == "input" and name in board.known]
        return {**board.symbols, **{name: board.known[name] for name in inputs}}

    def less(self, forms: list[Polynomial], value: Expr, name: str) -> Residual | None:
        """The gradient as ``scale*(value - target)``, where its entries have that form."""
        try:
            entries = np.broadcast_to(Worker(self.board.vocabulary, self.letters)(value), self.board.shapes[name])
            atoms = [((canonical(entry_expr(entry)), 1),) for entry in entries.ravel()]
        except (StepperError, NoSize):
            return None
        scales = {form.get(atom, Fraction(0)) for form, atom in zip(forms, atoms, strict=True)}
        if len(scales) != 1 or not (scale := scales.pop()):
            return None
        rests = [{term: size for term, size in form.items() if term != atom}
                 for form, atom in zip(forms, atoms, strict=True)]  # fmt: skip
        wanted = [constant(scaled(rest, Fraction(-1))) for rest in rests]
        if any(number is None for number in wanted):
            return None
        return self.written(scale, value, [number for number in wanted if number is not None], name)

    def written(self, scale: Fraction, value: Expr, taken: list[Fraction], of: str) -> Residual | None:
        """``scale*value`` less the numbers that are ``taken`` from it: a multiple of an input that nodes further on
        read, else the numbers themselves.
        """
        graph, shape = self.board.graph, self.board.shapes[of]
        read = {each for node in graph.descendants([of]) if node in graph.nodes for each in graph.nodes[node].reads}
        for name, leaf in graph.leaves.items():
            array = self.board.known.get(name)
            if name not in read or leaf.kind != "input" or array is None or array.shape != shape:
                continue
            entries = [number_of(entry_expr(entry)) for entry in array.ravel()]
            size = next((one / Fraction(other) for one, other in zip(taken, entries, strict=True) if other), None)
            if size and all(one == size * Fraction(other or 0) for one, other in zip(taken, entries, strict=True)):
                if size != scale:
                    pair: list[tuple[Sign, Expr]] = [("+", _times(scale, value)), ("-", _times(size, reference(name)))]
                    return Residual(add_all(pair), ())
                words = ("the entries of ", reference(name), " sum to 1")
                if len(shape) > 1:
                    words = ("each row of ", reference(name), " sums to 1")
                return Residual(_times(scale, add_all([("+", value), ("-", reference(name))])), words)
        if len(taken) > LONGEST_TARGET or abs(scale.numerator) != 1:
            return None
        target = numbers([number / scale for number in taken], shape)
        return Residual(_times(scale, add_all([("+", value), ("-", as_expr(target))])), ())


def _times(scale: Fraction, expr: Expr) -> Expr:
    if abs(scale.numerator) == 1 and scale > 0:
        return expr if scale == 1 else divide(expr, Num(str(scale.denominator)))
    return times(literal_of(scale), expr)
