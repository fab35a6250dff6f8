"""Laws of answers and checks of arrays: many entries are judged one by one, a few are checked by differences, letters
at random numbers.
"""

from __future__ import annotations

from fractions import Fraction
from typing import cast

import numpy as np
import pytest
from msgspec.structs import replace

from stepper.core.arrays import ArrayGraph
from stepper.core.exam import Case
from stepper.core.formula import text
from stepper.core.steps import Check
from stepper.engine.answers.arrays import ArrayAnswers
from stepper.engine.tensor import checks
from stepper.engine.tensor.backward import backward
from stepper.engine.tensor.entries import Entries
from stepper.engine.tensor.gradients import ArrayGradients
from stepper.engine.tensor.numbers import entry_by_entry
from stepper.engine.tensor.quantities import Board
from stepper.engine.values.judging import Finding
from stepper.engine.values.quantities import Settings
from stepper.engine.values.symbolic_limits import Patience
from stepper.errors import Contradiction, StepperError
from stepper.read.given import with_values
from tests.test_laws_array_limits import leaf
from tests.test_laws_array_shown import graph_of, said

# ---- answers


def finding(graph: ArrayGraph, key: str, written: str) -> Finding:
    return ArrayAnswers(graph, Case({}), Patience()).finding(key, written)


OUTER = graph_of("x: {shape: [50], fill: ones}, M: [[1]]", "Y: '2*outer(x, x)', L: 'sum(x*x)'", "output: L\n")
NOUGHT = graph_of("x: {shape: [2500], fill: zeros}, M: [[1]]", "Y: '2*x', L: 'sum(Y)'", "output: L\n")
MANY = graph_of("x: {shape: [2500], fill: ones}", "Y: '2*x', L: 'sum(Y*Y)'", "output: L\n")


@pytest.mark.parametrize(
    ("graph", "key", "written", "ok", "note"),
    [
        (OUTER, "Y", "x[1]*outer(x, x)*2", True, ""),
        (OUTER, "Y", "2*outer(x, x) + scatter(1/1000, Y, 3, 4)", False, "[3,4]"),
        (OUTER, "dL/dx", "2*x", True, ""),
        (OUTER, "dL/dx[3]", "2", True, ""), (OUTER, "dL/dx[3]", "2.5", False, ""),
        (OUTER, "shape(Y)", "[50, 50]", True, ""),
        (OUTER, "Y", "[[2]]", False, ""),
        (MANY, "Y", "x + x", True, ""), (MANY, "Y", "2*x + scatter(1/1000, x, 7)", False, "[7]"),
        (MANY, "dL/dx", "8*x", True, ""),
        (MANY, "dL/dx[3]", "8", True, ""),
        (MANY, "Y", "2.0000001*x", False, "and 24"), (MANY, "Y", "2*x*(1 + 10^-12)", True, ""),
        (MANY, "L", "10000", True, ""),
        # of many entries one may be off by a billionth, and by a billionth of itself
        (NOUGHT, "Y", "x + scatter(9*10^(-10), x, 7)", True, ""),
        (NOUGHT, "Y", "x + scatter(11*10^(-10), x, 7)", False, "[7]"),
        (NOUGHT, "Y", "x - scatter(9*10^(-10), x, 7)", True, ""),
        (NOUGHT, "Y", "x - scatter(11*10^(-10), x, 7)", False, "[7]"),
        (MANY, "Y", "2*x + scatter(29*10^(-10), x, 7)", True, ""),
        (MANY, "Y", "2*x + scatter(31*10^(-10), x, 7)", False, "[7]"),
    ],
)  # fmt: skip
def test_answers_of_many_entries(graph: ArrayGraph, key: str, written: str, ok: bool, note: str) -> None:
    found = finding(graph, key, written)
    assert found.agrees is ok
    assert note in said(found.judgement.note)


@pytest.mark.parametrize(("key", "written", "ok"), [("inv([[1, 1], [1, 1]])", "undefined", True),
("inv([[1, 0], [0, 1]])", "undefined", False), ("X @ X", " undefined ", True)])  # fmt: skip
def test_what_does_not_exist_is_undefined(key: str, written: str, ok: bool) -> None:
    assert finding(graph_of("X: [[1, 2]]", "L: 'sum(X)'"), key, written).agrees is ok


def test_answers_in_letters_are_in_terms_of_what_is_given() -> None:
    graph = graph_of("X: {shape: [1, 2]}", "Y: '2*X', L: 'sum(Y*Y)'", "output: L\n")
    assert finding(graph, "dL/dX", "8*X").agrees
    assert finding(graph, "dL/dY", "[[4*X[1, 1], 4*X[1, 2]]]").agrees
    assert finding(graph, "dL/dX", "[[8*X[1, 1], 8*X[1, 1]]]").agrees is False


def test_an_answer_whose_check_does_not_agree_is_a_contradiction(monkeypatch: pytest.MonkeyPatch) -> None:
    def doubtful(gradients: ArrayGradients, wrt: list[str]) -> list[Check]:
        return [replace(check, ok=False) for check in checks.checks_of(gradients, wrt)]

    monkeypatch.setattr("stepper.engine.answers.arrays.checks_of", doubtful)
    with pytest.raises(Contradiction, match="a check of dL/dX does not agree"):
        finding(graph_of("X: [[1, 2]]", "L: 'sum(X)'"), "dL/dX", "[[1, 1]]")


def test_answers_in_letters_take_the_patience_that_is_left() -> None:
    patience = Patience(seconds=0)
    assert ArrayAnswers(OUTER, Case({}), patience).algebra.patience is patience


TWO = graph_of("X: [[1, 2], [3, 4]]", "H: '2*X', L: 'sum(H*H)', K: 'sum(H)'")
ARRIVING = graph_of("X: [[1, 2]]", "Y: '2*X', K: 'sum(X)'", "output: Y\nupstream: [[3, 4]]\n")


@pytest.mark.parametrize(
    ("graph", "key", "gradient"),
    [
        # each node that is a number has gradients, whether the graph's output is settled or not
        (TWO, "dL/dX", "8*X"), (TWO, "dK/dX", "[[2, 2], [2, 2]]"), (TWO, "dL/dH", "4*X"),
        (TWO, "dK/dH", "[[1, 1], [1, 1]]"), (TWO, "dK/dX[2, 1]", "2"), (TWO, "dL/dX[2, 1]", "24"),
        (TWO, "dL/dX + dK/dX", "8*X + 2"), (TWO, "dL/dL", "1"),
        (OUTER, "dL/dx[1]", "2"),
        # beside an output that is an array, L is the number of which the gradient that arrives is given
        (ARRIVING, "dL/dX", "[[6, 8]]"), (ARRIVING, "dL/dY", "[[3, 4]]"), (ARRIVING, "dK/dX", "[[1, 1]]"),
    ],
)  # fmt: skip
def test_gradients_of_any_number_of_a_graph(graph: ArrayGraph, key: str, gradient: str) -> None:
    assert finding(graph, key, gradient).agrees is True
    assert finding(graph, key, f"{gradient} + 1").agrees is False


@pytest.mark.parametrize(
    ("graph", "key", "told"),
    [
        (OUTER, "dL/dQ", "'Q' is neither a leaf nor a node"), (TWO, "dK/dQ", "'Q' is neither a leaf nor a node"),
        # what is no node has no gradient, and surely not that of the output
        (OUTER, "dQ/dx", "'Q' is not a node of this graph, and so has no gradient"),
        (TWO, "dQ/dX", "'Q' is not a node"),
        (OUTER, "dx/dx", "'x' is not a node"), (TWO, "dH[1, 1]/dX", r"'H\[1, 1\]' is not a node"),
        (ARRIVING, "dQ/dX", "'Q' is not a node"),
        (OUTER, "dY/dx", "the output Y is an array of 50×50, so the upstream gradient must be given"),
    ],
)  # fmt: skip
def test_a_gradient_that_is_none_is_told(graph: ArrayGraph, key: str, told: str) -> None:
    with pytest.raises(StepperError, match=told):
        finding(graph, key, "1")


# ---- checks


def gradients_of(formula: str, value: str = "{shape: [2500], fill: ones}") -> ArrayGradients:
    return ArrayGradients(Board(graph_of(f"x: {value}, M: [[1]]", f"L: '{formula}'"), Settings(), floats=True), ["x"])


@pytest.mark.parametrize(
    ("work", "said"),
    [(333_333_333, "the central difference of 3 entries"), (333_333_334, "the central difference of an entry")],
)
def test_how_many_entries_of_a_large_array_are_checked(work: int, said: str) -> None:
    gradients = gradients_of("sum(x*x)")
    gradients.board.bill.work = work
    check = checks.differences(gradients, "x")
    assert (check.name, check.ok) == (said, True)


@pytest.mark.parametrize(
    ("formula", "factor", "verdict"),
    [
        ("x[1]^2", 1, True), ("x[1]^2", 1.00001, True), ("x[1]^2", 1.01, False), ("1000000*x[1]", 1, True),
        ("1000000*x[1]", 1.001, False), ("tanh(1000000*x[1])", 1, True),
        # quotients at steps of 1e-5, 1e-7, 1e-8 differ: a right one is found at some step, a wrong one cannot be told
        ("sin(1000000*(x[1] - 1))", 1, True), ("sin(1000000*(x[1] - 1))", 1.5, None),
        # a kink a billionth beside it: the last of the steps alone tells that there is one
        ("relu(x[1] - 1.000000001)", 1, None), ("relu(x[1] - 1.00000000001)", 1, False), ("relu(x[1] - 1.1)", 1, True),
    ],
)  # fmt: skip
def test_a_difference_decides_where_differences_agree(formula: str, factor: float, verdict: bool | None) -> None:
    gradients = gradients_of(formula, "[1]")
    gradients.arrays["x"] = cast(Entries, np.asarray(gradients.arrays["x"] * factor))
    check = checks.differences(gradients, "x")
    assert check.ok is verdict
    assert check.name.endswith("it changes with the step and decides nothing") is (verdict is None)


@pytest.mark.parametrize(
    "formula", ["sum(softmax(X))", "3*sum(softmax(X))", "sum(softmax(X))^2", "sum(X - X)", "sum(X)*0"]
)
def test_a_gradient_of_0_agrees_with_what_rounding_leaves_of_it(formula: str) -> None:
    """Probabilities sum to 1 wherever: the gradient is 0, and floats come to 10^-16."""
    (check,) = backward(graph_of("X: [[1, 2, 4]]", f"L: '{formula}'"), ["X"], Settings()).checks
    assert (check.ok, check.name) == (True, "reverse accumulation entry by entry")


def test_a_check_at_a_tie_is_judged_beside_it() -> None:
    (check,) = backward(graph_of("X: [[2, 2]]", "L: 'max(X)'"), ["X"], Settings()).checks
    assert (check.ok, check.name) == (
        None,
        "reverse accumulation entry by entry: there is a kink or a tie here; next to it they agree",
    )


@pytest.mark.parametrize(
    ("formula", "worked", "given"),
    [
        ("exp(x)", "dL/dh ⊙ h", "dL/dh ⊙ exp(x)"),
        ("sigmoid(x)", "dL/dh ⊙ h ⊙ (1 - h)", "dL/dh ⊙ sigmoid(x) ⊙ (1 - sigmoid(x))"),
        ("sqrt(x)", "dL/dh/(2*h)", "dL/dh/(2*sqrt(x))"), ("x*x", "2*dL/dh ⊙ x", "2*dL/dh ⊙ x"),
        ("softmax(x)", "h ⊙ (dL/dh - outer(sum(dL/dh ⊙ h, 2), ones(2)))",
         "softmax(x) ⊙ (dL/dh - outer(sum(dL/dh ⊙ softmax(x), 2), ones(2)))"),
    ],
)  # fmt: skip
def test_a_slope_in_terms_of_the_result_is_that_of_the_formula_where_the_result_is_given(
    formula: str, worked: str, given: str
) -> None:
    graph = graph_of("x: [[1, 2]]", f"h: '{formula}', L: 'sum(h*h)'", "output: L\n")
    assert text(ArrayGradients(Board(graph, Settings()), ["x"]).formulas["x"]) == worked
    told = with_values(graph, ["h=[[3, 5]]"])
    assert isinstance(told, ArrayGraph)
    assert text(ArrayGradients(Board(told, Settings()), ["x"]).formulas["x"]) == given


def test_what_is_given_moves_with_its_formula() -> None:
    """L = h², h = x² + what makes it 3: dL/dx = 2h*2x, where h is 3 and not x²."""
    told = with_values(graph_of("x: [[1, 2]]", "h: 'x*x', u: '2*h', L: 'sum(h*u)'", "output: L\n"), ["h=[[3, 5]]"])
    assert isinstance(told, ArrayGraph)
    gradients = ArrayGradients(Board(told, Settings(), floats=True), ["x"])
    assert gradients.arrays["x"].tolist() == [[4 * 3 * 2 * 1, 4 * 5 * 2 * 2]]
    assert checks.differences(gradients, "x").ok is True


def test_random_numbers_that_arrive_are_of_both_signs() -> None:
    graph = graph_of("X: {shape: [5, 6]}, k: ", "Y: 'X*k'", "output: Y\nupstream: g\n")
    filled_in = checks.at_random(Board(graph, Settings()))
    for name, count in (("X", 30), ("g", 30), ("k", 1)):
        entries = [cast(Fraction, entry) for entry in leaf(filled_in, name).entries]
        assert len(entries) == count
        assert all(-40 <= 16 * entry <= 40 and (16 * entry).denominator == 1 for entry in entries)
        if count > 1:
            assert min(entries) < -1
            assert max(entries) > 1
    moved = checks.nudged(Board(filled_in, Settings()))
    for name in ("X", "g"):
        pairs = zip(leaf(moved, name).entries, leaf(filled_in, name).entries, strict=True)
        steps = [(cast(Fraction, new) - cast(Fraction, old)) * 10**9 for new, old in pairs]
        assert all(step.denominator == 1 and 0 < step < 1000 for step in steps)  # billionths, up to a millionth
        assert len(set(steps)) > 20


def test_a_gradient_of_a_given_node_is_checked_at_its_value() -> None:
    """In floats what is given moves with its formula; where what it reads has no numbers, at random ones."""
    whole, entry = "h=[[3, 5]]", "h[1, 2]=5"
    for fill, given in (
        ("[[1, 2]]", whole),
        ("[[1, 2]]", entry),
        ("{shape: [1, 2]}", whole),
        ("{shape: [40, 60], fill: ones}", entry),
    ):
        told = with_values(graph_of(f"x: {fill}", "h: 'x*x', L: 'sum(h*h)'", "output: L\n"), [given])
        assert isinstance(told, ArrayGraph)
        assert [check.ok for check in backward(told, ["x"], Settings()).checks] == [True]


@pytest.mark.parametrize(
    ("nodes", "more", "what"),
    [
        ("L: 'X*2'", "", "training minimizes a number, and the output is an array"),
        ("L: 'sum(X)'", "upstream: 2\n", "the output is an array"),
        ("A: 'sum(X)', B: 'sum(X)'", "", "the output is an array"),
    ],
)  # fmt: skip
def test_what_is_not_trained(nodes: str, more: str, what: str) -> None:
    with pytest.raises(StepperError) as caught:
        entry_by_entry(graph_of("X: [[1, 2]]", nodes, more))
    assert what in caught.value.problems[0].what
    with pytest.raises(StepperError, match="takes graphs of up to 2,000 of them"):
        entry_by_entry(graph_of("X: {shape: [2000], fill: ones}", "L: 'sum(X)'"))
    graph = graph_of("X: [[1, 2]]", "L: 'sum(X)'", "title: a sum\nsource: a book\n")
    found = entry_by_entry(graph)
    assert (found.output, found.title, found.source, found.origin) == ("L", "a sum", "a book", "g.yaml")
    assert list(found.nodes) == ["L"]


def test_an_unknown_name_is_told() -> None:
    for name in ("Q", "Q[1]", "dX"):
        with pytest.raises(StepperError, match="is neither a leaf nor a node of this graph"):
            backward(graph_of("X: [[1, 2]]", "L: 'sum(X)'"), [name], Settings())
