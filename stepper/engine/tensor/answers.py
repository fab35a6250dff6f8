"""Answers about graphs of arrays by key: ``Y``, ``dL/dX``, ``dL/dX[1, 2]``, ``shape(Y)``, ``det(X.T @ X)``; so are the values expected."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cached_property

from stepper.core.expr import Deriv, Expr, Sym, walk
from stepper.core.formula import number_of, text
from stepper.core.graph import ArrayGraph, Case
from stepper.core.parser import parse
from stepper.engine.backward import check_names
from stepper.engine.structure import Fact
from stepper.engine.tensor.backward import base_of
from stepper.engine.tensor.board import Board
from stepper.engine.tensor.entries import Entries, as_expr, entry_expr
from stepper.engine.tensor.gradients import Gradients
from stepper.engine.tensor.proof import checks_of
from stepper.engine.tensor.shapes import Shapes
from stepper.engine.tensor.work import Worker
from stepper.engine.worked import Settings
from stepper.errors import Problem, StepperError

TOLERANCE = 1e-9
UNDEFINED = "undefined"


class ArrayAnswers:
    """The answers of one case of one graph of arrays."""

    def __init__(self, graph: ArrayGraph, case: Case) -> None:
        from stepper.engine.answers import configured

        configured_graph, self.settings = configured(graph, case.settings)
        assert isinstance(configured_graph, ArrayGraph)
        self.graph = configured_graph
        self.gradients: dict[str, Entries] = {}

    @cached_property
    def board(self) -> Board:
        return Board(self.graph, self.settings)

    def pair(self, key: str, expected: str) -> tuple[Fact | None, Fact | None]:
        """What is found for a key, and what was expected; arrays are compared entry by entry."""
        wanted = UNDEFINED if expected == UNDEFINED else self.worked(parse(expected))
        try:
            found: Entries | str = self.array(key)
        except StepperError:
            if expected != UNDEFINED:
                raise
            return UNDEFINED, UNDEFINED
        if isinstance(wanted, str) or isinstance(found, str):
            return text(as_expr(found)) if not isinstance(found, str) else found, UNDEFINED
        one, other = (number_of(as_expr(array)) for array in (found, wanted))
        if one is not None and other is not None:
            return one, other
        shown = text(as_expr(wanted))
        return shown if self.same(found, wanted) else text(as_expr(found)), shown

    def same(self, found: Entries, wanted: Entries) -> bool:
        """Are all entries equal: numbers to nine digits, formulas by algebra?"""
        return found.shape == wanted.shape and all(
            self.equal(entry_expr(one), entry_expr(other)) for one, other in zip(found.reshape(-1), wanted.reshape(-1), strict=True)
        )

    def equal(self, one: Expr, other: Expr) -> bool:
        left, right = number_of(one), number_of(other)
        if left is not None and right is not None:
            return math.isclose(left, right, rel_tol=TOLERANCE, abs_tol=TOLERANCE**2)
        from stepper.engine.symbolic import equal

        return bool(equal(one, other, self.board.vocabulary))

    @cached_property
    def known(self) -> dict[str, Entries]:
        """The arrays by name: numbers, or the names of their entries."""
        board, upstream = self.board, self.graph.upstream
        arriving = {text(upstream): board.arriving} if isinstance(upstream, Sym) else {}
        return {**({} if board.large else board.symbols), **arriving, **board.known}

    def array(self, key: str) -> Entries:
        """The array that a key asks for."""
        expr = parse(key)
        for part in walk(expr):
            if isinstance(part, Deriv) and text(part) not in self.gradients:
                self.derive(part)
        return self.worked(expr)

    def worked(self, expr: Expr) -> Entries:
        """A formula of an answer on the arrays that are known by now."""
        known = {**self.known, **self.gradients}
        Shapes(self.board.vocabulary, {name: array.shape for name, array in known.items()}, by_hand=True)(expr)
        return self.board.worker(known)(expr)

    def derive(self, asked: Deriv) -> None:
        """Works a gradient out, and checks it."""
        board = self.board
        if text(asked.of) in self.graph.nodes and text(asked.of) != board.loss:
            board = Board(replace(self.graph, output=text(asked.of), upstream=None), Settings())
        base = base_of(text(asked.wrt), board)
        check_names(board.graph, [base])
        gradients = Gradients(board, [base])
        if any(check.ok is False for check in checks_of(gradients, [base])):
            raise StepperError(Problem(f"a check of {text(asked)} does not agree"))
        self.gradients[text(Deriv(asked.of, parse(base)))] = gradients.arrays[base]
        whole = gradients.arrays[base]
        if base != text(asked.wrt):
            self.gradients[text(asked)] = Worker(board.vocabulary, {"whole": whole})(parse("whole" + text(asked.wrt)[len(base) :]))
