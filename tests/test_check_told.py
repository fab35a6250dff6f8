"""What ``check`` says beside its verdicts, in words: tables of claims, each with a sentence that stands on the page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import stepper as st
from stepper.core.parser import parse
from stepper.engine.answers.checking.check import subject_of
from stepper.engine.answers.checking.wording import fitting
from stepper.engine.answers.finding.explanation import Explanation, Outcome
from stepper.engine.answers.finding.search import Finder
from stepper.errors import StepperError
from stepper.tables.mistakes import MISTAKES
from tests.helpers import graph_of

PAGE = """
h1 = w11*x1 + w21*x2 + b1 = -0.5*1 + (-1)*(-2) + 0.5 = 3
h4 = 3
dL/dw11 = 1
"""
ADAM = "optimizer: adam\nsettings: {lr: 0.1}\nparameters: {theta: 1}\ngradients: [0.5, 0.2]\n"
NEURON = (
    "inputs: {x: 2, y: 1}\nparameters: {w: 0.5, b: 0}\nnodes: {z: w*x + b, a: sigmoid(z), L: (a - y)^2}\n"
)  # fmt: skip
COARSE = (
    "inputs: {x: -0.3, y: 0.6}\nparameters: {w: 0.8, b: -1.5}\n"
    "nodes: {z: w*x + b, a: sigmoid(z), L: (a - y)^2}\n"
)  # fmt: skip


def told(source: str, claims: str | Sequence[str], hint: int = 5, lr: float | None = None) -> str:
    """The page in one line."""
    return " ".join(str(st.check(source, claims, hint=hint, lr=lr)).split())


@pytest.mark.parametrize(
    ("source", "claim", "said"),
    [
        ("tum-2022/6", "dL/dw11 = 1", "It is right to the nearest whole number, where that is all that is asked for."),
        ("examples/classifier", "L = 0.4129", "0.4129 is the result if the logarithm is taken to base 10 in L."),
        ("examples/classifier", "L = 0.4129", "L = BCE(ŷ, y) = -(y·log(ŷ) + (1 - y)·log(1 - ŷ))"),
        ("examples/cnn", "P = 2.7", "P[1,1] is 3, not 2.7."),
    ],
)  # fmt: skip
def test_what_is_said_of_a_wrong_number(source: str, claim: str, said: str) -> None:
    assert said in told(source, [claim])


def test_quantities_of_a_task_are_shown_as_in_its_rule(tmp_path: Path) -> None:
    (tmp_path / "adam.yaml").write_text(ADAM, "utf-8")
    page = told(str(tmp_path / "adam.yaml"), ["theta_1 = 0.9684"])
    assert "√(v̂₁) + ε" in page
    assert not re.search(r"hat\[|\w\[\d", page)


def test_two_mistakes_together_are_not_counted_as_one() -> None:
    """Where the number is that of two mistakes, no single one gives it."""
    key = parse("dL/dw")
    calculation = subject_of(graph_of(NEURON), [key], {}).calculation(key)
    assert calculation is not None
    each = Finder(calculation, MISTAKES).made[0][0]
    one, two = Explanation(((each,),), {}, 1.0), Explanation(((each, each),), {}, 1.0)
    told_of = [fitting(Outcome(found, 75)) for found in ((one,), (one, two), (two,), (two, two))]
    assert told_of == [
        "1 of 75 known mistakes gives this number.",
        "2 of 75 known mistakes give this number.",
        "These two together give this number; none of 75 known mistakes gives it alone.",
        "2 pairs of mistakes give this number; none of 75 known mistakes gives it alone.",
    ]


def test_a_number_that_fits_rounded_steps_says_to_how_many_digits() -> None:
    assert "right when every step is rounded to 2 decimals" in told(NEURON, ["a = 0.73", "dL/dw = -0.22"])


def test_a_mistake_is_told_beside_rounding_where_both_give_the_number() -> None:
    """It is not called wrong. Who writes more digits than are kept has not rounded."""
    (answer,) = st.check(COARSE, ["dL/dw = 0.04"]).derivation.answers
    assert answer.facts["verdict"] == "right with every step rounded"
    page = told(COARSE, ["dL/dw = 0.04"])
    assert "It is right when every step is rounded to 2 decimals; a mistake gives it too." in page
    assert "is left out" in page
    assert "every step is rounded" not in told(COARSE, ["a = 0.2959", "dL/dw = 0.04"])


def test_a_step_without_a_learning_rate_asks_for_one() -> None:
    assert "w11' needs a learning rate (such as --lr 0.1" in told("tum-2022/6", ["w11' = -0.65"])


@pytest.mark.parametrize(
    ("hint", "there", "missing"),
    [
        (1, "1 wrong", "h₁ 3 wrong"),
        (2, "h₁ 3 wrong", "is 2, not 3"),
        (3, "It goes wrong where paths come together", "left out"),
        (4, "is left out of dL/dh₄", "= 1.5"),
        (5, "= 1.5", ""),
    ],
)
def test_each_hint_tells_more(hint: int, there: str, missing: str) -> None:
    page = told("tum-2022/6", "h1 = 3\nL = 1\n" if hint < 3 else "h1 = 2\ndL/dy1 = -1\ndL/dw11 = 1\n", hint)
    assert there in page
    assert not missing or missing not in page


def test_the_third_hint_tells_neither_the_formula_nor_the_number() -> None:
    page = told("tum-2022/6", PAGE + "yhat2 = v12*h4 + v22*h5 + v32*h6 = -1.5 + 0 - 1 = -2.5\n", 3)
    assert "Line 2: h₁ = 3 It goes wrong in the numbers or the arithmetic." in page
    assert "ŷ₂ = -2.5 It goes wrong in the formula." in page
    assert "is 2, not 3" not in page
    assert "b₅" not in page


def test_lines_of_a_page_are_called_by_their_numbers_and_a_single_claim_is_not() -> None:
    assert "Line 2: h₁ = 3" in told("tum-2022/6", PAGE)
    assert "Line" not in told("tum-2022/6", ["h1 = 3"])


def test_what_goes_on_from_wrong_numbers_says_so() -> None:
    """A mistake after another is told with the numbers that were written, and not with those of the graph."""
    said = told("tum-2022/6", ["h1 = -2", "h4 = -1", "yhat1 = -1", "dL/dw11 = 0.25"])
    assert "With the wrong numbers that are written before it:" in said
    assert "With the wrong numbers" not in told("tum-2022/6", ["h1 = 2", "dL/dw11 = 2.5"])


WRITTEN_OUT = [
    ("input 1x28x28\nc1: Conv2d(1, 6, 5)\np1: MaxPool2d(2)\n", "params(c1)", "156"),
    ("Linear(2, 3) -> ReLU() -> Linear(3, 1)\ninput: 2", "params(total)", "13"),
    (ADAM, "m[2]", "0.065"), (NEURON, "z", "1"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "key", "value"), WRITTEN_OUT)
def test_what_is_checked_may_be_written_out(source: str, key: str, value: str) -> None:
    """A listing, a task, a graph, as text."""
    found: dict[str, Any] = dict(st.check(source, {key: value}).answers)
    assert found[key]["verdict"].startswith("right")


def test_values_for_what_has_its_own(tmp_path: Path) -> None:
    """A task takes no values; they are not passed over."""
    (tmp_path / "adam.yaml").write_text(ADAM, "utf-8")
    with pytest.raises(StepperError, match="has its own"):
        st.check(tmp_path / "adam.yaml", "m_1 = 0.05", values={"x": 1})
