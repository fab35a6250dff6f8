"""What can be read in two ways is refused or said: a matrix times a vector, over which axes a kernel slides."""

from __future__ import annotations

import pytest

from stepper.core.arrays import ArrayGraph
from stepper.core.formula import text
from stepper.core.parser import parse
from stepper.engine.tensor.forward import forward
from stepper.engine.values.evaluate import evaluate
from stepper.engine.values.quantities import Settings
from stepper.engine.values.vocabulary import Vocabulary
from stepper.errors import StepperError
from stepper.read.graph import read_graph

GIVEN = """
inputs: {x: [1, 2], c: [[1], [2]], S: [[1, 2], [3, 4], [5, 6]], R: [[1, 2]]}
parameters: {W: [[1, 2], [3, 4]], b: [1, 1]}
functions: {"f(a, u)": a*u + 1, "g(a, u)": a ⊙ u}
nodes:
"""


def value(formula: str) -> str:
    graph = read_graph(f"{GIVEN}  z: '{formula}'\n", "g.yaml")
    assert isinstance(graph, ArrayGraph)
    return text(forward(graph, Settings()).answers[0].expr)


# ---- a matrix times a vector


@pytest.mark.parametrize(
    ("formula", "found"),
    [
        ("W @ x", "[5, 11]"), ("x*W", "[[1, 4], [3, 8]]"), ("W ⊙ x", "[[1, 4], [3, 8]]"), ("W/x", "[[1, 1], [3, 2]]"),
        ("c*W", "[[1, 2], [6, 8]]"), ("W ⊙ c", "[[1, 2], [6, 8]]"), ("W·W", "[[1, 4], [9, 16]]"),
        ("W*R", "[[1, 4], [3, 8]]"), ("W*2", "[[2, 4], [6, 8]]"), ("x·b", "[1, 2]"), ("g(W, x)", "[[1, 4], [3, 8]]"),
        ("f(x, W)", "[[2, 5], [4, 9]]"),
    ],
)  # fmt: skip
def test_one_reading(formula: str, found: str) -> None:
    assert value(formula) == found


@pytest.mark.parametrize(
    ("formula", "hint"),
    [
        ("W*x + b", "W @ x is the product; x*W or W ⊙ x scales the columns"),
        ("W·x", "W @ x is the product; x*W or W ⊙ x scales the columns"),
        ("W×x", "W @ x is the product; x*W or W ⊙ x scales the columns"),
        ("sigmoid(2*W*(x + b))", "2*W @ (x + b) is the product; (x + b)*(2*W) or 2*W ⊙ (x + b) scales the columns"),
        ("W*c", "W @ c is the product; c*W or W ⊙ c scales the rows"),
        ("R*c", "R @ c is the product; c*R or R ⊙ c is elementwise"),
        ("f(W, x)", "f works elementwise: write u*M or M ⊙ u in it, and a product of matrices outside it"),
    ],
)
def test_two_readings(formula: str, hint: str) -> None:
    with pytest.raises(StepperError, match="is ambiguous") as caught:
        value(formula)
    assert caught.value.problems[0].hint == hint


@pytest.mark.parametrize(
    ("formula", "product"), [("S·W", "S @ W"), ("S ⊙ W", "S @ W"), ("[1, 2, 3]*S", "[1, 2, 3] @ S")]
)
def test_sizes_that_only_the_product_allows(formula: str, product: str) -> None:
    with pytest.raises(StepperError) as caught:
        value(formula)
    assert caught.value.problems[0].hint == f"{product} is the product of matrices"


def test_an_answer_is_read_alike() -> None:
    from stepper.core.exam import Case
    from stepper.engine.answers.judge import judge_of

    graph = read_graph(f"{GIVEN}  z: W @ x\n", "g.yaml")
    assert isinstance(graph, ArrayGraph)
    answers = judge_of(graph, Case({}))
    assert answers.finding("z", "W @ x").agrees
    with pytest.raises(StepperError, match="ambiguous"):
        answers.finding("z", "W*x")


def test_entry_by_entry_is_a_sign_of_its_own() -> None:
    assert text(parse("a⊙b*c")) == "a ⊙ b*c"
    assert evaluate(parse("3 ⊙ 4/2"), {}, Vocabulary({}, {})) == 6


# ---- over which axes windows slide

VOLUME = """
inputs:
  V: {shape: [3, 2, 3], fill: ones}
  X: [[1, 2, 3], [4, 5, 6]]
  K: {shape: [2, 2, 2], fill: ones}
  k: [1, 1]
nodes:
"""


def slid(formula: str) -> tuple[tuple[int, ...], str]:
    """The shape of a result, and what stands above the derivation."""
    from stepper.engine.tensor.quantities import Board
    from stepper.render.look import Look
    from stepper.render.text import render

    graph = read_graph(f"{VOLUME}  Y: '{formula}'\n", "g.yaml")
    assert isinstance(graph, ArrayGraph)
    derivation = forward(graph, Settings())
    return Board(graph, Settings()).shapes["Y"], " ".join(
        render(derivation, Look()).partition("Forward pass")[0].split()
    )


@pytest.mark.parametrize(
    ("formula", "shape"),
    [
        ("conv3d(V, K)", (2, 1, 2)), ("conv1d(V, K)", (3, 2, 2)), ("conv2d(X, [[1, 1]])", (2, 2)),
        ("conv1d([1, 2, 3], k)", (2,)), ("max_pool1d(X, 2, 1)", (2, 2)), ("max_pool2d(X, 2, 1)", (1, 2)),
        ("max_pool3d(V, 2, 1)", (2, 1, 2)), ("max_pool2d(V, 2, 1)", (3, 1, 2)),
        ("avg_pool1d(V, 2)", (3, 2, 1)), ("avg_pool3d(V, 2, 1)", (2, 1, 2)), ("conv_transpose3d(V, K)", (4, 3, 4)),
    ],
)  # fmt: skip
def test_the_name_says_over_how_many_axes(formula: str, shape: tuple[int, ...]) -> None:
    found, said = slid(formula)
    assert found == shape
    assert "slides" not in said


@pytest.mark.parametrize(
    ("formula", "what"),
    [
        ("conv2d(V, K)", "conv2d(V, K): the kernel has the shape 2×2×2; 2 or 4 axes are expected"),
        ("conv1d(X, [[1, 1]])", "conv1d(X, [[1, 1]]): the kernel has the shape 1×2; 1 or 3 axes are expected"),
        ("conv3d(X, K)", "conv3d(X, K): the input has the shape 2×3; 3, 4 or 5 axes are expected"),
        ("max_pool3d(X, 2)", "max_pool3d(X, 2): the input has the shape 2×3; 3 to 5 axes are expected"),
    ],
)
def test_axes_that_do_not_fit_the_name(formula: str, what: str) -> None:
    with pytest.raises(StepperError) as caught:
        slid(formula)
    assert caught.value.problems[0].what == f"in Y: {what}"


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        ("conv(V, K)", "conv(V, K) slides over the last axis: K is 2×2×2, channels first; conv3d slides over all 3"),
        (
            "max_pool(V, 2)",
            "max_pool(V, 2) slides over the last 2 axes: X is 3×2×3, channels first; max_pool3d slides over all 3",
        ),
    ],
)
def test_what_the_name_leaves_open_is_said(formula: str, said: str) -> None:
    assert said in slid(formula)[1]
