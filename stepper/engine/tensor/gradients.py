"""Gradients of arrays: formulas of arrays from the output backwards, and what they come to."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from functools import cached_property

import numpy as np

from stepper.core.expr import Call, Expr, Product, Sum, Transpose, add
from stepper.core.formula import reference, text
from stepper.core.prose import Prose
from stepper.core.traverse import transform, walk
from stepper.engine.tensor.calls import of_arrays, without_inner
from stepper.engine.tensor.entries import Entries, as_expr, entry_expr
from stepper.engine.tensor.evaluate import Worker
from stepper.engine.tensor.forms import Forms
from stepper.engine.tensor.leaves import check_finite
from stepper.engine.tensor.outline import Outline
from stepper.engine.tensor.product_rule import Backward
from stepper.engine.tensor.quantities import Board
from stepper.engine.tensor.shapes import Shapes
from stepper.engine.tensor.sizes import Sizes
from stepper.engine.tensor.tidy import LONGEST_LISTED, MOST_LISTED, lean
from stepper.engine.tensor.wording import as_written
from stepper.engine.values.differentiate import ONE, ZERO
from stepper.errors import StepperError
from stepper.tables.arrays import BY_ARRAY_NAME


class Gradients:
    """The gradients of arrays as formulas, from the output backwards.

    Attributes:
        inside: what lies between the quantities asked about and the output.
        parts: for each quantity what comes back from each node that reads it.
        settled: the quantities whose gradients are known, from the output back.
        also: of some another form, which holds here.
        second: of some another form, which holds under a condition, and that condition in words.
        integers: the quantities that only count.
    """

    def __init__(self, board: Outline, wrt: Sequence[str]) -> None:
        self.board, self.wrt = board, wrt
        assert board.output is not None
        self.inside = board.graph.ancestors([board.output]) & board.graph.descendants(self.wrt)
        self.settled: list[str] = []
        self.also: dict[str, tuple[Expr, Prose]] = {}
        asked = {*self.inside, *self.wrt}
        self.back = Backward(board.vocabulary, set(board.shapes), self.shape, asked)
        self.forms = Forms(self.back, self.shape)
        self.second, self.integers = self.back.also, self.back.integers
        self.parts: dict[str, list[tuple[str, Expr]]] = {name: [] for name in (*board.graph.nodes, *board.graph.leaves)}
        for name in reversed(board.graph.order):
            if name in self.inside:
                self.node(name)
        for name in board.graph.leaves:
            if name in self.inside:
                self.settle(name)
        for name in self.wrt:
            if name not in self.inside:  # no path leads to the output
                self.settle(name)
        for name in self.parts:  # sizes of all of them before any entry
            if self.parts[name]:
                with board.at(self.parts[name][0][0]):
                    self.shape(add(*[formula for _, formula in self.parts[name]]))

    @cached_property
    def shape(self) -> Shapes:
        """Works shapes out, of gradients too."""
        return Shapes(self.board.vocabulary, self.sizes, bill=self.board.bill)

    @cached_property
    def apart(self) -> Shapes:
        """The same for formulas as they are written, which are not worked out: what they would take is not counted."""
        return Shapes(self.board.vocabulary, self.sizes)

    @cached_property
    def sizes(self) -> dict[str, Sizes]:
        board = self.board
        return {**board.shapes, **{text(board.symbol(name)): shape for name, shape in board.shapes.items()}}

    @property
    def worker(self) -> Worker:
        """Works gradients out."""
        return self.board.worker({})

    def node(self, name: str) -> None:
        """Settles the gradient of a node, and hands it on to what the node reads."""
        board = self.board
        if name != board.output:
            self.settle(name)
        node = board.graph.nodes[name]
        assert node.formula is not None
        arriving: Expr = ONE if name == board.output and board.is_bare else board.symbol(name)
        with board.at(name):
            # a given array is not what its formula comes to, so a derivative in terms of the result reads the formula
            out = node.formula if name in board.graph.given_nodes else reference(name)
            found = self.forms.through(node.formula, arriving, out)
        for read, formula in found.items():
            self.parts[read].append((name, formula))

    def settle(self, name: str) -> None:
        """The gradient of a quantity is the sum over all that read it, which have all been asked."""
        self.settled.append(name)

    @cached_property
    def formulas(self) -> dict[str, Expr]:
        """Of each quantity's gradient, as it is written; 0 where what reads the quantity reads its shape alone."""
        return {name: self.shown(self.total(name)) if self.parts[name] else ZERO for name in self.settled}

    def total(self, name: str) -> Expr:
        """What comes back from all that read a quantity, in its shape: where that is of one entry, a number may
        arrive.
        """
        if not self.parts[name]:
            return Call("broadcast_to", (ZERO, reference(name)))
        total = add(*[formula for _, formula in self.parts[name]])
        bare = self.board.is_bare and self.board.shapes[name] and not self.shape(total)
        return Call("broadcast_to", (total, reference(name))) if bare else total

    @cached_property
    def transposed(self) -> str:
        """The first quantity, from the output back, in whose gradient a transpose makes it the right shape."""
        order = (*reversed(self.board.graph.order), *self.board.graph.leaves)
        turned = [
            name for name in order if any(isinstance(part, Transpose) for part in walk(self.formulas.get(name, ZERO)))
        ]
        return next((name for name in turned if self.board.shapes[name]), "")

    def shown(self, formula: Expr) -> Expr:
        """A formula as it is written."""
        written = as_written(formula, self.apart)
        return transform(written, lambda part: self.nodes.get(part) if isinstance(part, Call) else None)

    def opened(self, formula: Expr) -> Expr:
        """As it is written where no lines work it on a board: with the definitions of functions that no reader sees."""
        inside = without_inner(formula)
        return formula if inside == formula else self.shown(inside)

    @cached_property
    def nodes(self) -> dict[Expr, Expr]:
        """Nodes by their formulas: where a gradient repeats one that is shown, its name stands."""
        graph, shown = self.board.graph, self.board.graph.ancestors(self.inside)
        worked = {name: node for name, node in graph.nodes.items() if name in shown and name not in graph.given_nodes}
        return {node.formula: reference(name) for name, node in worked.items() if isinstance(node.formula, Call)}


class ArrayGradients(Gradients):
    """The same with what they come to."""

    board: Board

    def __init__(self, board: Board, wrt: Sequence[str]) -> None:
        super().__init__(board, wrt)
        assert board.output is not None
        self.arrays: dict[str, Entries] = {board.output: board.arriving}
        totals = {name: self.total(name) for name in self.settled if self.parts[name]}
        self.hand = self.worker
        self.hand.expect(totals.values())
        for name in self.settled:
            self.work(name, totals.get(name))

    def again(self, board: Board) -> ArrayGradients:
        """The same at other numbers."""
        return ArrayGradients(board, self.wrt)

    @property
    def worker(self) -> Worker:
        """Works gradients out: on numbers where there are some."""
        return self.board.worker(self.table)

    @cached_property
    def table(self) -> dict[str, Entries]:
        """The values of all quantities, and the gradients that are worked out already."""
        board = self.board
        assert board.output is not None
        return {**(board.known if board.large else board.letters), text(board.symbol(board.output)): board.arriving}

    def shown(self, formula: Expr) -> Expr:
        """A formula as it is written; rows of 0 and 1 for the numbers of classes as lists, where these are short."""
        return super().shown(transform(formula, self.listed))

    def listed(self, part: Expr) -> Expr | None:
        """What depends on the numbers of classes and on no other entry, as its entries, or over these numbers."""
        row = BY_ARRAY_NAME[part.name] if isinstance(part, Call) and of_arrays(part) else None
        if not isinstance(part, Call) or row is None or not row.integers or self.board.large:
            return None
        worker = self.board.worker(self.board.letters)
        try:
            array = worker(part)
            given = [
                as_expr(worker(argument)) if name in row.integers and not self.shape(argument) else argument
                for argument, (name, _, _) in zip(part.arguments, row.signature(), strict=False)
            ]
        except StepperError:
            return None
        short = max(array.shape) <= LONGEST_LISTED and array.size <= MOST_LISTED
        return as_expr(array) if short else Call(part.name, tuple(given))

    def hold(self, name: str, array: Entries) -> None:
        self.arrays[name] = self.table[text(self.board.symbol(name))] = array

    def work(self, name: str, total: Expr | None) -> None:
        """What the gradient of a quantity comes to."""
        if total is None:
            shape = self.board.shapes[name]
            self.hold(name, self.board.held([Fraction(0)] * math.prod(shape), shape))
            return
        with self.board.at(self.parts[name][0][0]):
            found = self.hand(total)
            check_finite(found)
        self.hold(name, np.broadcast_to(found, self.board.shapes[name]))
        if name in self.second and len(self.parts[name]) == 1 and not self.board.large:
            other, words = self.second[name]
            try:
                other = lean(other, self.shape)
                same = alike(self.worker(other), self.arrays[name])
            except StepperError:
                same = False  # a second form that does not exist here, as with a stride
            if same:
                self.also[name] = self.shown(other), words


def alike(one: Entries, other: Entries) -> bool:
    """Are two arrays the same, numbers or sums of products in any order?"""
    return one.shape == other.shape and all(
        _terms(entry_expr(left)) == _terms(entry_expr(right))
        for left, right in zip(one.ravel(), other.ravel(), strict=True)
    )


def _terms(expr: Expr) -> Counter[tuple[str, ...]]:
    terms = expr.operands if isinstance(expr, Sum) and "-" not in expr.operators else (expr,)
    factors = (term.operands if isinstance(term, Product) and "/" not in term.operators else (term,) for term in terms)
    return Counter(tuple(sorted(map(text, parts))) for parts in factors)
