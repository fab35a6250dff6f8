"""Answers about graphs of arrays by key: ``Y``, ``dL/dX``, ``dL/dX[1, 2]``, ``shape(Y)``, ``det(X.T @ X)``; so are
the values expected.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from functools import cached_property

import numpy as np
from msgspec.structs import replace

from stepper.core.arrays import ArrayGraph
from stepper.core.exam import Case
from stepper.core.expr import Deriv, Expr, Index, Prime, Sym, Value
from stepper.core.formula import text
from stepper.core.parser import parse
from stepper.core.traverse import meant, names, walk
from stepper.engine.graph.asked import check_names
from stepper.engine.graph.options import configured
from stepper.engine.tensor.backward import base_of
from stepper.engine.tensor.checks import checks_of
from stepper.engine.tensor.entries import Entries, as_expr, entry_expr, held, shown
from stepper.engine.tensor.evaluate import Worker
from stepper.engine.tensor.gradients import ArrayGradients
from stepper.engine.tensor.quantities import Board
from stepper.engine.tensor.shapes import Shapes
from stepper.engine.values.equality import Algebra
from stepper.engine.values.judging import Finding, Judgement, compared, entry_judged, judge, together, words_compared
from stepper.engine.values.quantities import Settings
from stepper.engine.values.symbolic_limits import Patience
from stepper.engine.values.vocabulary import Vocabulary
from stepper.errors import Contradiction, Problem, StepperError, nearest

TOLERANCE = 1e-9
UNDEFINED = "undefined"
LARGEST_LISTED = 2_000
"""An array of more entries is not written out."""


class ArrayAnswers:
    """The answers of one case of one graph of arrays."""

    def __init__(self, graph: ArrayGraph, case: Case, patience: Patience) -> None:
        configured_graph, self.settings = configured(graph, case.settings)
        assert isinstance(configured_graph, ArrayGraph)
        self.graph = configured_graph
        self.gradients: dict[str, Entries] = {}
        self.algebra = Algebra(Vocabulary(self.graph.functions, self.graph.conventions), patience=patience)

    @cached_property
    def board(self) -> Board:
        return Board(self.graph, self.settings)

    def finding(self, key: str, written: str) -> Finding:
        """What is written beside what is found, entry by entry; a value that does not exist is ``undefined``."""
        expr = parse(key)
        if written.strip() == UNDEFINED:
            try:
                return words_compared(expr, UNDEFINED, shown(self.array(expr).shape))
            except StepperError:
                return words_compared(expr, UNDEFINED, UNDEFINED)
        found, said = self.array(expr), parse(written)
        claimed = self.array(said)
        if found.size > LARGEST_LISTED and found.shape == claimed.shape:
            return Finding(expr, f"an array of {shown(found.shape)}", "", self.large(claimed, found))
        return compared(expr, said, self.in_leaves(claimed), self.in_leaves(found), self.algebra)

    def in_leaves(self, array: Entries) -> Expr:
        """An array as a formula; what is left in symbols in terms of what is given."""
        expr = as_expr(array)
        return self.board.sheet.expanded(expr) if any(True for _ in names(expr)) else expr

    def large(self, claimed: Entries, found: Entries) -> Judgement:
        """Many entries: those that are not close are judged one by one, some of them."""
        if not self.board.large:
            places: Iterable[tuple[int, ...]] = np.ndindex(*found.shape)
        else:
            places = [
                tuple(map(int, place))
                for place in np.argwhere(~np.isclose(claimed, found, rtol=TOLERANCE, atol=TOLERANCE))
            ]
        judged: dict[Expr | str, Judgement] = {}
        for place in places:
            one, other = entry_expr(claimed[place]), entry_expr(found[place])
            found_so = entry_judged(judge(None, one, other, self.algebra), one, other)
            if not found_so.accepted:
                judged[f"[{','.join(str(axis + 1) for axis in place)}]"] = found_so
        return together(judged)

    @cached_property
    def known(self) -> dict[str, Entries]:
        """The arrays by name: numbers, or the names of their entries."""
        board, upstream = self.board, self.graph.upstream
        arriving = {text(upstream): board.arriving} if isinstance(upstream, Sym) else {}
        return {**(board.known if board.large else board.letters), **arriving}

    def array(self, expr: Expr) -> Entries:
        """The array that a key asks for, or that an answer comes to."""
        expr = meant(expr, self.board.shapes)
        for part in walk(expr):
            if isinstance(part, Deriv) and text(part) not in self.gradients:
                self.derive(part)
            if isinstance(part, Prime) and text(part) not in self.gradients:
                self.stepped(part)
        known = {**self.known, **self.gradients}
        Shapes(self.board.vocabulary, {name: array.shape for name, array in known.items()}, by_hand=True)(expr)
        return self.board.worker(known)(expr)

    def stepped(self, asked: Prime) -> None:
        """What a gradient step makes of a quantity."""
        board, lr, of = self.board, self.settings.lr, self.board.output
        whole = asked.body.base if isinstance(asked.body, Index) else asked.body
        if of is None or text(whole) not in self.graph.leaves:
            return
        if lr is None:
            raise StepperError(
                Problem(f"{text(asked)} needs a learning rate", hint="such as --lr 0.1, or lr: 0.1 under with:")
            )
        slope = self.array(Deriv(parse(board.loss), asked.body))
        rate = self.array(Value(lr) if isinstance(lr, Fraction | float) else lr)
        self.gradients[text(asked)] = held(self.array(asked.body) - slope * rate)

    def derive(self, asked: Deriv) -> None:
        """Works a gradient out, and checks it."""
        board, of = self.board, text(asked.of)
        if board.output is None or of != board.loss:
            if of not in self.graph.nodes:
                hint = nearest(of, self.graph.nodes) or f"nodes: {', '.join(self.graph.nodes)}"
                raise StepperError(Problem(f"'{of}' is not a node of this graph, and so has no gradient", hint=hint))
            board = Board(replace(self.graph, output=of, upstream=None), Settings())
        base = base_of(text(asked.wrt), board)
        check_names(board.graph, [base])
        gradients = ArrayGradients(board, [base])
        (check,) = checks_of(gradients, [base])
        if check.ok is False:
            raise Contradiction(Problem(f"a check of {text(asked)} does not agree"))
        self.gradients[text(Deriv(asked.of, parse(base)))] = gradients.arrays[base]
        whole = gradients.arrays[base]
        if base != text(asked.wrt):
            self.gradients[text(asked)] = Worker(board.vocabulary, {"whole": whole})(
                parse("whole" + text(asked.wrt)[len(base) :])
            )
