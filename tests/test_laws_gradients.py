"""Laws of gradients of arrays: what goes back through each way of writing arrays together is what moving an entry
does.
"""

from __future__ import annotations

from fractions import Fraction
from typing import cast

import numpy as np
import pytest

from stepper.core.arrays import ArrayGraph
from stepper.core.expr import Sum, Sym
from stepper.core.formula import number_of, text
from stepper.core.steps import Equation, Table
from stepper.core.traverse import walk
from stepper.engine.tensor.backward import backward
from stepper.engine.tensor.entries import Entries, entry_expr
from stepper.engine.tensor.evaluate import Worker
from stepper.engine.tensor.forward import forward
from stepper.engine.tensor.gradients import ArrayGradients
from stepper.engine.tensor.quantities import Board
from stepper.engine.tensor.shapes import Shapes
from stepper.engine.values.quantities import Settings
from stepper.engine.values.vocabulary import Vocabulary
from stepper.errors import StepperError
from stepper.read.graph import read_graph

LEAVES = {
    "A": (2, 3), "B": (3, 2), "S": (2, 2), "x": (3,), "y": (2,), "r": (1, 3), "c": (2, 1), "T": (2, 2, 3),
    "U": (2, 3, 2), "k": (),
}  # fmt: skip
FORMULAS = [
    "A @ B", "A @ x", "y @ A", "x @ x", "A.T @ y", "A @ A.T", "S @ S @ A", "y @ A @ x", "T @ B", "S @ T", "T @ U",
    "A @ U", "T.T", "A.T*B",
    "A + x", "x + A", "A - r", "c*A", "A*c - x", "A/c", "x/A", "A/x/2", "2*A/k", "k*A + k", "x + c", "r*c", "T*A",
    "T + c", "A + T - x",
    "-A*A", "-(x - 2)", "A^2", "(A + x)^3", "A^-1", "x^(1/2)", "(x^2 + k^2)/2", "1/(x*x + 1)", "A[2]*x", "A[1, 2]*x",
    "A[2, 3] - A[1]", "T[2] - A",
    "[x[1], x[3], k]", "[x, 2*x]", "[k, k^2]", "where(A > x, x*A, A - x)", "relu(A - x)", "tanh(c*A)", "exp(-x)*k",
    "max([A, x])", "min([A, r])",
    "sum(A, 1)*x", "sum(A, 2) - y", "mean(T, 1)", "A - mean(A, 1)", "softmax(A)", "softmax(c*A, 1)", "sum(A*A)*A",
    "concat(A, r, 1)", "concat(A, c, 2)",
    "outer(x, y)", "det(S)*S", "inv(S)", "A*A*A/x", "x*y[2]*k", "(A @ B)[1]", "sigmoid(A @ x)*y", "norm(x)*x",
    "mse(A, T[1])",
]  # fmt: skip


def numbers(name: str) -> list[Fraction]:
    """Positive, no two alike, and none near a tie."""
    count = int(np.prod(LEAVES[name], dtype=int))
    return [Fraction((7 * place + 3 * list(LEAVES).index(name)) % 41 + 5, 16) for place in range(count)]


def graph_with(formula: str) -> ArrayGraph:
    lines = []
    for name, shape in LEAVES.items():
        values = np.array([str(value) for value in numbers(name)], dtype=object).reshape(shape).tolist()
        lines.append(f"  {name}: {str(values).replace(chr(39), '')}")
    graph = read_graph(
        "inputs:\n" + "\n".join(lines) + f"\nnodes:\n  z: '{formula}'\n  L: sum(z*z) + sum(z)/3\noutput: L\n", "g.yaml"
    )
    assert isinstance(graph, ArrayGraph)
    return graph


def plain(entries: Entries) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    found = [float(number_of(entry_expr(entry)) or 0) for entry in entries.reshape(-1)]
    return np.array(found).reshape(entries.shape)


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_gradient_is_what_moving_an_entry_does(formula: str) -> None:
    """In exact numbers and in floats; the shape of the formula is that of its value; all entries of all that it
    reads.
    """
    graph = graph_with(formula)
    used = [name for name in LEAVES if name in graph.ancestors(["L"])]
    board = Board(graph, Settings())
    exact, floating = ArrayGradients(board, used), ArrayGradients(Board(graph, Settings(), floats=True), used)
    node = graph.nodes["z"].formula
    assert node is not None
    assert Shapes(Vocabulary({}, {}), {name: board.shapes[name] for name in LEAVES})(node) == board.known["z"].shape

    def loss(name: str, place: int, step: float) -> float:
        known: dict[str, Entries] = {}
        for leaf, shape in LEAVES.items():
            values = np.array(numbers(leaf), dtype=float)
            if leaf == name:
                values[place] += step
            known[leaf] = cast(Entries, values.reshape(shape))
        from stepper.engine.tensor.floats import FloatWorker

        z = np.asarray(FloatWorker(Vocabulary({}, {}), known)(node), dtype=float)
        return float((z * z).sum() + z.sum() / 3)

    assert float(plain(board.known["L"])) == pytest.approx(loss("", 0, 0), rel=1e-12)
    for name in used:
        array = plain(exact.arrays[name])
        assert array.shape == LEAVES[name]
        assert plain(floating.arrays[name]) == pytest.approx(array, rel=1e-9, abs=1e-9)
        for place in {0, array.size // 2, array.size - 1}:
            slope = (loss(name, place, 1e-5) - loss(name, place, -1e-5)) / 2e-5
            assert array.reshape(-1)[place] == pytest.approx(slope, rel=1e-5, abs=1e-5), (name, place)


@pytest.mark.parametrize(
    "formula", ["A @ x", "A*c - x", "softmax(A)", "tanh(c*A)", "A @ A.T", "[k, k^2]", "where(A > x, x*A, A - x)"]
)
def test_every_line_of_arrays_holds(formula: str) -> None:
    """What stands between equals signs has one value; each step is named once, and tables have their cells."""
    graph = graph_with(formula)
    used = [name for name in LEAVES if name in graph.ancestors(["L"])]
    for derivation in (backward(graph, used, Settings(lr=Fraction(1, 8))), forward(graph, Settings())):
        seen: set[str] = set()
        for _, step in derivation.walk():
            assert step.id not in seen
            seen.add(step.id)
            for block in step.body:
                if isinstance(block, Table):
                    assert {len(row) for row in block.rows} <= {len(block.columns)}
                if isinstance(block, Equation) and len(block.links) > 1:
                    worker = Worker(Vocabulary({}, {}), Board(graph, Settings()).known)
                    sides = []
                    for link in block.links:
                        try:
                            sides.append(plain(worker(link.expr)))
                        except (StepperError, KeyError):
                            continue
                    for side in sides[1:]:
                        same = np.allclose(np.broadcast_to(side, sides[0].shape), sides[0], rtol=1e-9, atol=1e-12)
                        assert same, text(block.left)
        assert not [check for check in derivation.checks if check.ok is False]


def test_an_update_of_arrays_is_the_rate_times_the_gradient() -> None:
    graph = graph_with("A @ x")
    board = Board(graph, Settings())
    gradients = ArrayGradients(board, ["A", "x"])
    for ascent, sign in ((False, -1), (True, 1)):
        derivation = backward(graph, ["A", "x"], Settings(lr=Fraction(1, 8), ascent=ascent))
        (step,) = [step for _, step in derivation.walk() if step.rule == "update.gradient_step"]
        lines = {text(block.left): block for block in step.body if isinstance(block, Equation)}
        assert list(lines) == ["A'", "x'"]
        for name in ("A", "x"):
            expected = plain(board.known[name]) + sign * plain(gradients.arrays[name]) / 8
            assert plain(Worker(Vocabulary({}, {}), {})(lines[f"{name}'"].links[-1].expr)) == pytest.approx(
                expected, rel=1e-12
            )


@pytest.mark.parametrize(
    ("formula", "put_in"),
    [("A", True), ("A + A + A + A", True), ("A + A + A + A + A", False), ("A + x + x + x + x + x", True),
        ("A.T + B + A.T + B", True),
     ("A.T + B + A.T + B + B", False)],
)  # fmt: skip
def test_a_line_of_many_matrices_is_not_put_in(formula: str, put_in: bool) -> None:
    """Up to four matrices are written into a line, and vectors as many as there are."""
    (line,) = [block for _, step in forward(graph_with(formula),
        Settings()).walk() if step.id == "forward.node:z" for block in step.body
               if isinstance(block, Equation)]  # fmt: skip
    filled = [
        link.expr
        for link in line.links
        if isinstance(link.expr, Sum) and not any(isinstance(part, Sym) for part in walk(link.expr))
    ]
    assert bool(filled) is (put_in and formula != "A")
