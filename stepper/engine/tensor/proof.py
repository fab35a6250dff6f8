"""Gradients of arrays checked: against the graph of single entries worked backwards, and against central differences."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from stepper.core.formula import number_of, text
from stepper.core.graph import ArrayGraph, ArrayLeaf, Leaf
from stepper.core.steps import Check, Column, Step, Table
from stepper.engine.adjoints import Gradients as EntryGradients
from stepper.engine.tensor.board import Board, entries_of, shape_of
from stepper.engine.tensor.entries import element, entry_expr
from stepper.engine.worked import Settings, Sheet

if TYPE_CHECKING:
    from stepper.engine.tensor.gradients import Gradients

TOLERANCE = 1e-9


def checks_of(gradients: Gradients, wrt: Sequence[str]) -> list[Check]:
    """Each gradient against the same worked entry by entry; of symbols at random numbers."""
    numeric = gradients.numeric and all(name in gradients.board.known for name in gradients.board.graph.nodes)
    board, found, said = gradients.board, gradients, "each entry by itself"
    if not numeric:
        from stepper.engine.tensor.gradients import Gradients as ArrayGradients

        board = Board(at_random(gradients.board), Settings())
        found, said = ArrayGradients(board, gradients.wrt), "each entry by itself, at random numbers"
    names = [text(element(name, where)) for name in wrt for where in np.ndindex(*board.shapes[name])]
    whole = board.summed
    assert whole.output is not None
    entries = EntryGradients(Sheet(whole, Settings()), whole.output, names)
    checks = []
    for name in dict.fromkeys(wrt):
        close = True
        for where in np.ndindex(*board.shapes[name]):
            one = number_of(entry_expr(found.arrays[name][where]))
            other = number_of(entries.adjoint(text(element(name, where))))
            close = close and one is not None and other is not None and math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
        checks.append(Check(said, text(gradients.board.symbol(name)), close))
    return checks


def at_random(board: Board) -> ArrayGraph:
    """The same graph with numbers for all of its symbols."""
    source = random.Random(board.graph.title)  # noqa: S311 a check, no secret
    leaves: dict[str, Leaf] = {}
    for name, leaf in board.graph.leaves.items():
        if entries_of(leaf):
            leaves[name] = leaf
            continue
        count = int(np.prod(shape_of(leaf)))
        values = tuple(Fraction(source.randint(-40, 40), 16) for _ in range(count))
        leaves[name] = ArrayLeaf(name, leaf.kind, None, leaf.line, shape_of(leaf), values)
    upstream = board.graph.upstream
    extra = {}
    if upstream is not None and board.output is not None and text(upstream) not in board.shapes and text(upstream).isidentifier():
        shape = board.shapes[board.output]
        values = tuple(Fraction(source.randint(-40, 40), 16) for _ in range(int(np.prod(shape))))
        extra = {text(upstream): ArrayLeaf(text(upstream), "input", None, 0, shape, values)}
    return replace(board.graph, leaves={**leaves, **extra})


def checks_step(checks: Sequence[Check]) -> Step:
    rows = tuple(((check.of,), (check.name,), ("agrees" if check.ok else "DIFFERS",)) for check in checks)
    table = Table((Column(("gradient",)), Column(("checked by",)), Column(("verdict",))), rows)
    return Step("check.arrays", "check.arrays", ("Check",), (table,), detail="brief")
