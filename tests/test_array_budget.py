"""What arrays may take: refused by sizes alone, both ways, and what is known stands as its number."""

from __future__ import annotations

import pytest

import stepper as st
from stepper.core.arrays import ArrayGraph
from stepper.core.formula import text
from stepper.engine.tensor.backward import backward
from stepper.engine.tensor.forward import forward
from stepper.engine.tensor.quantities import Board
from stepper.engine.values.quantities import Settings
from stepper.errors import StepperError
from stepper.read.graph import read_graph


def arrays(inputs: str, formula: str) -> ArrayGraph:
    graph = read_graph(f"inputs: {{{inputs}}}\nnodes:\n  L: '{formula}'\n", "g.yaml")
    assert isinstance(graph, ArrayGraph)
    return graph


@pytest.mark.parametrize(
    ("inputs", "formula", "what"),
    [
        (
            "K: [1, 2], X: {shape: [50000], fill: ones}",
            "sum(toeplitz(K, X))",
            "toeplitz(K, X) takes up to 2,500,000,000 entries",
        ),
        (
            "X: {shape: [300, 300], fill: ones}, K: {shape: [150, 150], fill: ones}",
            "sum(conv(X, K))",
            "takes up to 513,045,301 entries",
        ),
        (
            "X: {shape: [2000, 2000], fill: ones}",
            "sum(eigvals(X))",
            "up to 160,000,000,000 multiply-adds; the limit is 4,000,000,000",
        ),
        ("X: {shape: [2000, 2000], fill: ones}", "sum(inv(X))", "up to 8,000,000,000 multiply-adds"),
        ("x: {shape: [1000], fill: ones}", "sum(outer(outer(x, x), outer(x, x)))", "up to 1,000,000,000,000 entries"),
        ("X: {shape: [2, 2], fill: ones}", "sum(upsample(X, 1000000))", "up to 4,000,000,000,000 entries"),
        ("Q: {shape: [5000, 8], fill: ones}", "sum(attention(Q, Q, Q))", "Q @ Q.T takes up to 25,000,000 entries"),
        (
            "i: {shape: [5000], fill: ones}, E: {shape: [5000, 2], fill: ones}",
            "sum(embedding(i, E))",
            "takes up to 25,000,000 entries",
        ),
        ("x: {shape: [30], fill: ones}", "sum(masks(x))", "takes up to 32,212,254,720 entries"),
        ("x: {shape: [100000, 1], fill: ones}", "sum(x*x.T)", "x*x.T takes up to 10,000,000,000 entries"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_size(inputs: str, formula: str, what: str) -> None:
    with pytest.raises(StepperError) as caught:
        Board(arrays(inputs, formula), Settings())
    assert what in caught.value.problems[0].what
    assert str(caught.value.problems[0].where) == "g.yaml:3"


def test_the_way_back_is_counted_before_any_entry() -> None:
    graph = arrays("X: {shape: [1400, 1400], fill: ones}", "sum(X @ X)")
    assert Board(graph, Settings()).bill.work < 4_000_000_000
    with pytest.raises(StepperError, match="multiply-adds; the limit is"):
        backward(graph, ["X"], Settings())


@pytest.mark.parametrize("formula", ["sum(attention(Q, Q, Q))", "sum((Q @ Q.T*(Q @ Q.T)) @ Q)"])
def test_ones_keep_their_place_in_a_product_of_matrices(formula: str) -> None:
    """dL/dS = 1 Q^T: the matrix of ones is no factor 1, and stands."""
    derivation = backward(arrays("Q: [[1, 2], [3, 4], [0, 1]]", formula), ["Q"], Settings())
    assert [check.ok for check in derivation.checks] == [True]


def test_softmax_of_many_symbols_is_refused() -> None:
    """Each of n entries would hold n exponentials."""
    with pytest.raises(StepperError, match="worked out in numbers only"):
        Board(arrays("X: {shape: [900]}", "sum(softmax(X)*X)"), Settings())


def test_a_layer_of_a_real_network_fits() -> None:
    graph = arrays(
        "X: {shape: [8, 64, 56, 56], fill: ones}, K: {shape: [64, 64, 3, 3], fill: ones}", "sum(conv2d(X, K, 1, 1))"
    )
    assert Board(graph, Settings()).large


def test_an_array_too_large_is_refused_where_it_is_read() -> None:
    with pytest.raises(StepperError, match="an array of 100,000,000 entries is too large"):
        arrays("X: {shape: [10000, 10000], fill: ones}", "sum(X)")


def test_known_numbers_stand_as_numbers_beside_symbols() -> None:
    graph = read_graph("inputs: {x: [1, 1], t: {shape: [2]}}\nnodes:\n  M: masks(x)\n  L: M @ t\n", "g.yaml")
    assert isinstance(graph, ArrayGraph)
    assert (
        text(forward(graph, Settings()).answers[1].expr)
        == "[0*t[1] + 0*t[2], 0*t[1] + 1*t[2], 1*t[1] + 0*t[2], 1*t[1] + 1*t[2]]"
    )


def test_differences_that_change_with_the_step_do_not_cry_wolf() -> None:
    """Thirty saturated steps: what is moved by 1e-5 ends elsewhere, and the gradient is right."""
    steps = "".join(f"  h{number}: tanh(W @ h{number - 1})\n" for number in range(1, 31))
    document = (
        f"inputs: {{h0: {{shape: [20], fill: ones}}, W: {{shape: [20, 20], fill: normal(1)}}}}\n"
        f"nodes:\n{steps}  L: sum(h30)\n"
    )
    graph = read_graph(document, "g.yaml")
    assert isinstance(graph, ArrayGraph)
    assert all(check.ok is not False for check in backward(graph, ["h0", "W"], Settings()).checks)


def test_an_array_may_be_known_in_part() -> None:
    """x = [1, x2] beside symbols t: L = 1 t1 + x2 t2, and dL/dt = [1, x2]."""
    graph = read_graph(
        "inputs:\n  x:\n    -\n      - 1\n      -\n  t: {shape: [2]}\nnodes:\n  L: sum(x @ t)\n", "g.yaml"
    )
    assert isinstance(graph, ArrayGraph)
    derivation = backward(graph, ["t"], Settings())
    assert text(forward(graph, Settings()).answers[0].expr) == "1*t[1] + x[1, 2]*t[2]"
    assert text(derivation.answers[0].expr) == "[1, x[1, 2]]"
    assert [check.ok for check in derivation.checks] == [True]


def test_formulas_of_entries_that_are_pages_long_are_left_out() -> None:
    """A network of symbols written out in what is given: each entry holds all that leads to it."""
    net = "inputs: {X: [[1, 2], [0, 1]]}\nlayers:\n" + "".join(
        f"  - h{place} = Linear(2, 2) -> BatchNorm1d(2) -> GELU\n" for place in range(3)
    )
    solution = st.backprop(net + "  - y = Softmax(dim=1)\n", wrt="parameters", upstream="dY")
    assert len(solution.to("markdown")) < 100_000
    assert len(solution.to("json")) < 3_000_000
