"""A softmax followed by a log loss comes to ``p - y``, however the loss is written, and only where that is so."""

from __future__ import annotations

import numpy as np
import pytest

from stepper.core.arrays import ArrayGraph
from stepper.core.expr import Expr
from stepper.core.formula import text
from stepper.core.steps import Equation, Link
from stepper.engine.graph.adjoints import Gradients
from stepper.engine.graph.simplified import cancelled_upstream
from stepper.engine.tensor.backward import backward
from stepper.engine.tensor.entries import entry_expr
from stepper.engine.tensor.evaluate import Worker
from stepper.engine.tensor.forward import forward
from stepper.engine.tensor.gradients import ArrayGradients
from stepper.engine.tensor.quantities import Board
from stepper.engine.tensor.residuals import Residuals
from stepper.engine.values.equations import Sheet
from stepper.engine.values.quantities import Settings
from stepper.read.graph import read_graph

VECTOR = "inputs: {x: [1, -1], y: [0, 1, 0], s: [1/10, 8/10, 1/10], u: [1, 2, 0]}\nparameters: {z: [1, 2, -1]}\n"
MATRIX = "inputs: {Y: [[0, 1], [1, 0]], k: 4}\nparameters: {z: [[1, 2], [3, -1]]}\n"


def links(document: str) -> list[Link]:
    """The sides of dL/dz."""
    graph = read_graph(document, "g.yaml")
    assert isinstance(graph, ArrayGraph)
    for _, step in backward(graph, ["z"], Settings()).walk("normal"):
        for block in step.body:
            if step.id == "backward.array:z" and isinstance(block, Equation):
                return list(block.links)
    raise AssertionError(document)


SAME = {
    "p: softmax(z), L: '-log(p[2])'": "p - [0, 1, 0]",
    "p: softmax(z), L: '-sum(y*log(p))'": "p - y",
    "p: softmax(z), L: '-sum(log(p)*y)'": "p - y",
    "p: softmax(z), L: 'sum(y*log(1/p))'": "p - y",
    "p: softmax(z), L: '-y @ log(p)'": "p - y",
    "p: softmax(z), L: '-2*sum(y*log(p))'": "2*(p - y)",
    "p: softmax(z), L: '-sum(y*log(p))/4'": "(p - y)/4",
    "p: softmax(z), l: log(p), L: '-sum(s*l)'": "p - s",
    "p: softmax(z), L: '-sum(u*log(p))'": "3*p - u",
    "p: softmax(z), L: '-(9/10*log(p[1]) + 1/20*log(p[2]) + 1/20*log(p[3]))'": "p - [9/10, 1/20, 1/20]",
    "l: log_softmax(z), L: '-sum(y*l)'": "exp(l) - y",
    "q: 'exp(z)/sum(exp(z))', p: softmax(z), L: '-sum(y*log(p))'": "p - y",
    "p: softmax(2*z), L: '-sum(y*log(p))'": "2*(p - y)",
    "q: x @ x, L: '-sum(y*log(softmax(z)))'": "softmax(z) - y",
    "q: x @ x, L: '-log(softmax(z)[2])'": "softmax(z) - [0, 1, 0]",
}
BATCHES = {
    "p: softmax(z), L: '-mean(sum(Y*log(p), 2))'": "(p - Y)/2",
    "p: softmax(z), L: '-sum(Y*log(p))/k'": "(p - Y)/4",
}


@pytest.mark.parametrize(("nodes", "wanted"), [*SAME.items(), *BATCHES.items()])
def test_a_value_less_its_target(nodes: str, wanted: str) -> None:
    document = (MATRIX if nodes in BATCHES else VECTOR) + f"nodes: {{{nodes}}}\noutput: L\n"
    assert wanted in [text(link.expr) for link in links(document)]


COLUMNS = "inputs: {Y: [[1, 1], [0, 0]]}\nparameters: {z: [[1, 2], [3, -1]]}\n"
TARGETS = [
    (VECTOR, "p: softmax(z), L: '-sum(y*log(p))'", "p - y", "the entries of y sum to 1"),
    (VECTOR, "p: softmax(z), L: '-sum(u*log(p))'", "3*p - u", "the entries of u sum to 3"),
    (VECTOR, "t: 2, p: softmax(z/t), L: '-sum(y*log(p))'", "(p - y)/2", "the entries of y sum to 1"),
    (VECTOR, "p: softmax(z), L: '-sum(u*y*log(p))'", "2*(p - y)", "substituting the numbers"),
    (MATRIX, "p: softmax(z), L: '-sum(Y*log(p))'", "p - Y", "each row of Y sums to 1"),
    (MATRIX, "p: 'softmax(z, 1)', L: '-sum(Y*log(p))'", "p - Y", "each column of Y sums to 1"),
    (MATRIX, "p: softmax(z), L: '-sum(Y.T*log(p))'", "p - Y", "substituting the numbers"),
    (COLUMNS, "p: 'softmax(z, 1)', L: '-sum(Y*log(p))'", "p - Y", "each column of Y sums to 1"),
]


@pytest.mark.parametrize(("given", "nodes", "wanted", "takes"), TARGETS)
def test_what_it_takes_of_the_target(given: str, nodes: str, wanted: str, takes: str) -> None:
    """Sums of the target where the form holds for every target with such sums; else only that numbers were used."""
    if nodes.startswith("t: 2, "):
        given, nodes = given.replace("x: [", "t: 2, x: ["), nodes.removeprefix("t: 2, ")
    found = {text(link.expr): link.note for link in links(given + f"nodes: {{{nodes}}}\noutput: L\n")}
    assert "".join(part if isinstance(part, str) else text(part) for part in found[wanted]) == takes


@pytest.mark.parametrize("nodes", ["p: softmax(z), L: '-sum(y*log(p)) + sum(z)'",
                                   "p: softmax(z), L: '-sum(y*log(p)) + sum(u*z)'"])  # fmt: skip
def test_a_target_is_not_negative(nodes: str) -> None:
    """``p - [-1, 0, -1]`` is no residual: it is ``p - y + 1``."""
    assert not any(text(link.expr).startswith("p - [") for link in links(VECTOR + f"nodes: {{{nodes}}}\noutput: L\n"))


@pytest.mark.parametrize(
    "nodes",
    [
        "p: softmax(z), L: '-log(p[2] + 1/1000)'",
        "p: softmax(z), L: '-sum(y*log(min([p, 9/10])))'",
        "p: softmax(z), L: 'sum((p - y)^2)'",
        "p: softmax(z), L: '-sum(y*log(p^2 + p))'",
        "p: softmax(z), L: 'sum(p*log(p))'",
        "p: sigmoid(z), L: '-sum(y*log(p))'",
        "p: softmax(z), L: '-log(p[1]) - log(p[2])'",
    ],
)
def test_where_it_is_not_so_it_is_not_said(nodes: str) -> None:
    found = [text(link.expr) for link in links(VECTOR + f"nodes: {{{nodes}}}\noutput: L\n")]
    assert not any(" - y" in side and "log" not in side and "Σ" not in side and side.startswith(("p -", "2*(p"))
                   for side in found), found  # fmt: skip


@pytest.mark.parametrize("nodes", list(SAME))
def test_it_is_equal_at_other_numbers_too(nodes: str) -> None:
    """The difference is worked out at scores other than those at which it was found."""
    document = VECTOR + f"nodes: {{{nodes}}}\noutput: L\n"
    side: Expr = next(link.expr for link in links(document) if text(link.expr) == SAME[nodes])
    other = read_graph(document.replace("z: [1, 2, -1]", "z: [3, 1/2, -2]"), "g.yaml")
    assert isinstance(other, ArrayGraph)
    gradients = ArrayGradients(Board(other, Settings()), ["z"])
    found = Worker(gradients.board.vocabulary, gradients.board.known)(side)
    numbers = [np.array([float(entry_expr(entry).number) for entry in array.ravel()])  # type: ignore[union-attr]
               for array in (found, gradients.arrays["z"])]  # fmt: skip
    assert numbers[0] == pytest.approx(numbers[1], rel=1e-12)


def test_the_result_goes_on_into_the_gradient_of_the_weights() -> None:
    graph = read_graph(
        "inputs: {x: [1, 1], y: 1}\nparameters: {W: [[1, 2]], b: 0.5}\n"
        "nodes: {z: 'W @ x + b', a: sigmoid(z), L: 'bce(a, y)'}\n", "g.yaml",
    )  # fmt: skip
    assert isinstance(graph, ArrayGraph)
    steps = {step.id: step for _, step in backward(graph, ["W"], Settings()).walk("normal")}
    block = steps["backward.array:W"].body[0]
    assert isinstance(block, Equation)
    assert [text(link.expr) for link in block.links[:2]] == ["outer(dL/dz, x)", "outer(a - y, x)"]


def test_the_jacobian_of_softmax_stands_at_full_detail() -> None:
    graph = read_graph(VECTOR + "nodes: {p: softmax(z), L: '-sum(y*log(p))'}\noutput: L\n", "g.yaml")
    assert isinstance(graph, ArrayGraph)
    derivation = backward(graph, ["z"], Settings())
    (step,) = [step for _, step in derivation.walk("full") if step.id == "backward.jacobian:z"]
    lines = [block for block in step.body if isinstance(block, Equation)]
    assert [text(line.left) for line in lines] == ["∂p/∂z", "dL/dz"]
    assert [text(line.links[0].expr) for line in lines] == ["diag(p) - outer(p, p)", "(∂p/∂z).T @ dL/dp"]
    assert not any(step.id.startswith("backward.jacobian") for _, step in derivation.walk("normal"))


def test_what_is_worked_line_by_line() -> None:
    """The lines of a function by its row, each over the lines before; where two would have one name, each has that
    of its node too.
    """
    graph = read_graph(
        "inputs: {x: [1, 2]}\nnodes: {p: softmax(x), q: softmax(2*x), L: sum(p*q)}\noutput: L\n", "g.yaml"
    )
    assert isinstance(graph, ArrayGraph)
    steps = {step.id: step for _, step in forward(graph, Settings()).walk("normal")}
    for name, wanted in (("p", {"e_p": "exp(x)", "s_p": "sum(e_p)"}), ("q", {"e_q": "exp(2*x)", "s_q": "sum(e_q)"})):
        lines = [block for block in steps[f"forward.parts:{name}"].body if isinstance(block, Equation)]
        assert {text(line.left): text(line.links[0].expr) for line in lines} == wanted


def test_long_chains_are_gone_through() -> None:
    """From the output back, and not by calls within calls."""
    nodes = "a0: softmax(z), " + ", ".join(f"a{n}: tanh(a{n - 1})" for n in range(1, 700))
    graph = read_graph(VECTOR + f"nodes: {{{nodes}, L: '-sum(y*log(a699))'}}\noutput: L\n", "g.yaml")
    assert isinstance(graph, ArrayGraph)
    assert Residuals(ArrayGradients(Board(graph, Settings()), ["z"])).of("z") is None


def test_what_cancels_in_gradients_of_numbers_from_the_output_back() -> None:
    """Of numbers: what cancels goes on from the output back as far as one use follows another."""
    graph = read_graph(
        "inputs: {x: 1, y: 1}\nparameters: {w: 2, v: 3, b: 1}\n"
        "nodes: {z: w*x + b, a: sigmoid(z), c: v*a, p: sigmoid(c), L: 'bce(p, y)'}\noutput: L\n", "g.yaml",
    )  # fmt: skip
    sheet = Sheet(graph, Settings())
    found = cancelled_upstream(Gradients(sheet, "L", ["w", "v", "b"]))
    assert {name: text(shorter.term) for name, shorter in found.items()} == {"p": "(p - y)/(p*(1 - p))", "c": "p - y"}


NUMBERED = "inputs: {x: [1, -1], y: 2, Y: [2, 1]}\nparameters: {Z: [[1, 2], [3, -1]]}\n"
LONG = "inputs: {x: [1, -1], y: 2, Y: [2, 1], M: {shape: [8, 2], fill: ones}}\nparameters: {Z: [[1, 2], [3, -1]]}\n"


@pytest.mark.parametrize(
    ("given", "nodes", "wanted"),
    [
        (NUMBERED, "z: Z @ x, L: 'cross_entropy(z, 2)'", "softmax(z) - [0, 1]"),
        (NUMBERED, "z: Z @ x, L: 'cross_entropy(z, y)'", "softmax(z) - [0, 1]"),
        (NUMBERED, "z: Z*1, L: 'cross_entropy(z, Y)'", "(softmax(z) - [[0, 1], [1, 0]])/2"),
        (NUMBERED, "z: Z @ x, L: 'nll(z, y)'", "-[0, 1]"),
        ("conventions: {classes: from_zero}\n" + NUMBERED,
         "z: Z @ x, L: 'cross_entropy(z, 0)'", "softmax(z) - [1, 0]"),
        # a long list of 0 and a 1 is a unit vector
        (LONG, "z: M @ Z @ x, L: 'cross_entropy(z, 3)'", "softmax(z) - unit(8, 3)"),
        (LONG, "z: M @ Z @ x, L: 'cross_entropy(z, y)'", "softmax(z) - unit(8, 2)"),
    ],
)  # fmt: skip
def test_the_numbers_of_classes_stand_as_lists_of_0_and_1(given: str, nodes: str, wanted: str) -> None:
    graph = read_graph(f"{given}nodes: {{{nodes}}}\noutput: L\n", "g.yaml")
    assert isinstance(graph, ArrayGraph)
    gradients = ArrayGradients(Board(graph, Settings()), ["Z"])
    assert text(gradients.formulas["z"]) == wanted
