"""Statements that hold at most points: where a function changes its form, and where digits run out."""

from __future__ import annotations

import pytest

from stepper.core.formula import text
from stepper.engine.derive.witness.counterexample import Counterexample
from stepper.engine.derive.witness.verdict import Agreement
from tests.test_witness import judged

FALSE = (
    # signs of two letters
    ("relu(x)*relu(-y) = 0",), ("relu(b)*relu(-a) = 0",), ("relu(relu(x) + y) = relu(x) + relu(y)",),
    ("abs(relu(x) + y) = relu(x) + abs(y)",), ("relu(x)*step(y) = relu(x)",),
    ("x*relu(y)*relu(-z)*relu(x) = 0",),
    # beyond the numbers that are first thought of
    ("relu(x) - relu(x - 6) = relu(x)",), ("relu(x) - relu(x - 100) = relu(x)",), ("where(x > 4, 1, 0) = 0",),
    ("where(x < -2, 1, 0) = 0",), ("where(x > 20, 0, sigmoid(x)) = sigmoid(x)",),
    ("where(n > 8, 0, 1) = 1", "n integer"), ("where(p > 0.99, 0, p) = p", "0 < p < 1"),
    ("sum(i=1..n, where(i > 6, 0, x[i])) = sum(i=1..n, x[i])",), ("where(x*y > 5000, 1, 0) = 0",),
    # equal to more digits than are looked at first
    ("log(1 + exp(200)) = 200",), ("log(1 + exp(x)) = x", "x > 200"), ("sigmoid(x) = 1", "x > 200"),
    ("tanh(x) = 1", "x > 100"), ("exp(-x^2) + 10^(-60) = exp(-x^2)",), ("exp(-x^2) + 10^(-45) = exp(-x^2)",),
    ("exp(-x^2) + 10^(-120) = exp(-x^2)",), ("sin(x/10^30) = x/10^30",),
)  # fmt: skip


@pytest.mark.parametrize(("statement", "lines"), [(row[0], row[1:]) for row in FALSE], ids=str)
def test_what_holds_at_most_points_is_refuted(statement: str, lines: tuple[str, ...]) -> None:
    assert isinstance(judged(statement, *lines), Counterexample)


TRUE = (
    ("relu(x) - relu(-x) = x",), ("abs(x*y) = abs(x)*abs(y)",), ("relu(x)*relu(-x) = 0",),
    ("max(a, b) + min(a, b) = a + b",),
    ("relu(x) = (x + abs(x))/2",), ("where(x > 4, 1, 0) = 1 - where(x > 4, 0, 1)",),
    ("log(exp(x) + 1) - log(exp(-x) + 1) = x",), ("exp(x)*exp(-x) = 1",), ("(exp(x) + 1) - exp(x) = 1",),
    ("sigmoid(x) + sigmoid(-x) = 1", "x > 50"), ("tanh(x) = 2*sigmoid(2*x) - 1", "x > 90"),
    ("relu(sinh(x)) = where(x > 0, sinh(x), 0)",), ("abs(exp(x) - exp(y)) = exp(x)*abs(1 - exp(y - x))",),
    ("softplus(x) = relu(x) + log(1 + exp(-abs(x)))",), ("relu'(x) = where(x > 0, 1, 0)",),
)  # fmt: skip


@pytest.mark.parametrize(("statement", "lines"), [(row[0], row[1:]) for row in TRUE], ids=str)
def test_what_holds_everywhere_agrees(statement: str, lines: tuple[str, ...]) -> None:
    assert isinstance(judged(statement, *lines), Agreement)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("log(x^2) = 2*log(x)", "the right side has no value with x = "),
        ("sqrt(x)^2 = x", "the left side has no value with x = "),
        ("log(a/b) = log(a) - log(b)", "the right side has no value with a = "),
        ("log(x) + log(x) = 2*log(x)", ""),
    ],
)
def test_where_one_side_has_no_value_is_said(statement: str, said: str) -> None:
    found = judged(statement)
    assert isinstance(found, Agreement)
    words = "".join(part if isinstance(part, str) else text(part) for part in found.apart)
    assert words.startswith(said)
    assert bool(words) == bool(said)
