"""Losses of arrays are written out by their definitions, so that a student can work them out from the page."""

from __future__ import annotations

import pytest

import stepper as st
from stepper.tables.losses import LOSSES
from stepper.tables.row import FunctionRow
from tests.recomputing import WIDE
from tests.test_recomputed import ROUGH, of_text

ONE_WEIGHT = "z: W @ x + b, a: sigmoid(z)"
LISTS = "x: [0.5, 0.25], y: [1, 0]"
MATRICES = "X: [[1, 2], [3, 4]], Y: [[1, 0], [0, 1]]"


def line(inputs: str, nodes: str, name: str = "L") -> str:
    """The line of a quantity, as it is printed."""
    document = f"inputs: {{{inputs}}}\nnodes: {{{nodes}}}\noutput: L"
    printed = str(st.forward(document).to("text", width=WIDE)).partition("Forward pass")[2]
    return next(text.strip() for text in printed.splitlines() if text.split() and text.split()[0] == name)


@pytest.mark.parametrize(
    ("inputs", "nodes", "written"),
    [
        # functions of numbers, entry by entry
        ("W: [[1, 2]], x: [1, 1], b: 0.5, y: 1", f"{ONE_WEIGHT}, L: 'bce(a, y)'",
         "L = BCE(a, y) = -(y·log(a) + (1 - y)·log(1 - a)) ≈ -(1·log([0.9707]) + (1 - 1)·log(1 - [0.9707])) "
         "≈ [0.02975]   (1)"),
        (LISTS, "a: 'x @ [[1, 0], [0, 1]]', l: 'hinge(a, y)', L: sum(l)", "L = Σ(l) = Σ([0.5, 1]) = 0.5 + 1 = 1.5"),
        # functions of all entries
        (LISTS, "a: 'x @ [[1, 0], [0, 1]]', L: 'mse(a, y)'",
         "L = MSE(a, y) = Σ((a - y)²)/2 = Σ(([0.5, 0.25] - [1, 0])²)/2 = ((0.5 - 1)² + (0.25 - 0)²)/2 = 0.15625"),
        (LISTS, "a: 'x @ [[1, 0], [0, 1]]', L: 'mae(a, y)'",
         "L = MAE(a, y) = Σ(|a - y|)/2 = Σ(|[0.5, 0.25] - [1, 0]|)/2 = (|0.5 - 1| + |0.25 - 0|)/2 = 0.375"),
        (MATRICES, "L: 'huber(X, Y)'",
         "L = Huber(X, Y) = Σ(((X - Y)²/2 if |X - Y| ≤ 1, else |X - Y| - 1/2))/4 "
         "= ((1 - 1)²/2 + |2 - 0| - 1/2 + |3 - 0| - 1/2 + |4 - 1| - 1/2)/4 = 1.625"),
        (LISTS, "a: 'x @ [[1, 0], [0, 1]]', L: 'dot(a, y)'",
         "L = dot(a, y) = Σ(a ⊙ y) = Σ([0.5, 0.25] ⊙ [1, 0]) = 0.5·1 + 0.25·0 = 0.5"),
        # functions of arrays, of rows of targets and of the numbers of classes
        (LISTS, "a: 'x @ [[1, 0], [0, 1]]', L: 'multi_hinge(a, y)'",
         "L = multi_hinge(a, y) = Σ((0 if y = 1, else ReLU(a - Σ(a ⊙ y) + 1))) "
         "= ReLU(0.25 - (0.5·1 + 0.25·0) + 1) = 0.75"),
        ("x: [0.5, 0.25], W: [[1, 0], [0, 1]]", "a: W @ x, L: 'cross_entropy(a, 2)'",
         "L = CE(a, 2) = -Σ([0, 1] ⊙ log(p)) ≈ -Σ([0, 1] ⊙ log([0.5622, 0.4378])) ≈ -log(0.4378) ≈ 0.8259"),
        # a part of a formula has a line of its own
        (LISTS, "a: 'x @ [[1, 0], [0, 1]]', L: '2*mse(a, y) + 1'", "L = 2·MSE(a, y) + 1 = 2·0.15625 + 1 = 1.3125"),
    ],
)  # fmt: skip
def test_losses_are_written_out(inputs: str, nodes: str, written: str) -> None:
    assert " ".join(line(inputs, nodes).split()) == " ".join(written.split())


def call(row: FunctionRow, first: str, second: str) -> str:
    needed = [first, second, *(default for _, default, _ in row.signature()[2:])]
    return f"{row.name}({', '.join(needed[: len(row.signature())])})"


@pytest.mark.parametrize("row", LOSSES, ids=lambda row: row.name)
@pytest.mark.parametrize(
    ("p", "y"),
    [("[0.3, 0.7]", "[0.4, 0.6]"), ("[[0.3, 0.7], [0.2, 0.8]]", "[[0.9, 0.1], [0.1, 0.9]]")],
    ids=["list", "matrix"],
)
def test_every_loss_can_be_recomputed_from_its_line(row: FunctionRow, p: str, y: str) -> None:
    """Its name stands beside its definition, and what follows are numbers and operations alone."""
    first, second = ("q", "p") if row.name == "kl" else ("p", "q")
    nodes = f"q: y*1, l: '{call(row, first, second)}', L: sum(l)"
    judge = of_text(f"inputs: {{p: {p}, y: {y}, M: [[1]]}}\nnodes: {{{nodes}, m: sum(M)}}\noutput: L")
    assert not [kind for kind, _, _ in judge.findings if kind != ROUGH]
    sides = line(f"p: {p}, y: {y}, M: [[1]]", f"{nodes}, m: sum(M)", "l").split(" = ", 2)[2]
    assert row.name not in sides
