"""A wrong formula: the smallest change that mends it, the mistake that gives it; brackets that do not match."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

import stepper
from stepper.core.expr import Expr
from stepper.core.formula import text
from stepper.core.parser import parse
from stepper.core.traverse import names
from stepper.engine.answers.finding.brackets import readings, unmatched
from stepper.engine.edits.edits import mended
from stepper.engine.edits.makes import MAKES, Material
from stepper.engine.values.evaluate import evaluate
from stepper.engine.values.vocabulary import PLAIN
from stepper.tables.edits import BRACKETS, EDITS

NET = """
inputs: {x1: 1.3, x2: -2, y: 1}
parameters: {w11: 0.5, w12: -0.7, w21: 2, b: 0.3, v: -1.1}
nodes:
  z: w11*x1 + w21*x2 + b
  a: sigmoid(z)
  yhat: v*a
  L: (yhat - y)^2
"""
ARRAYS = """
inputs: {x: [0.7, -1.3], y: [0.4, 1.1]}
parameters: {W: [[0.3, -0.8], [1.2, 0.6]]}
nodes:
  z: W @ x
  s: norm(z - y)
  L: mean((z - y)^2)
output: L
"""
RIGHT = "2*(yhat - y)*v*a*(1 - a)*x1"
FORMULAS = [
    ("dL/dw11", "2*(y - yhat)*v*a*(1 - a)*x1", "y - yhat is written for yhat - y", "sign of the difference"),
    ("dL/dw11", "-2*(yhat - y)*v*a*(1 - a)*x1", "yhat - y is written for y - yhat", "sign of the"),
    ("dL/dw11", "2*(yhat - y)*v*a*(1 + a)*x1", "the sign of a is changed", "sign of a term"),
    ("dL/dw11", "(yhat - y)*v*a*(1 - a)*x1", "the factor 2 is left out of (yhat - y)*v*a*(1 - a)*x1", "2 left out"),
    ("dL/dw11", "4*(yhat - y)*v*a*(1 - a)*x1", "4*(yhat - y)*v*a*(1 - a)*x1 is not divided by 2", "factor of 2 added"),
    ("dL/dw11", "2*(yhat - y)*v*a*(1 - a)", "the factor x1 is left out of 2*(yhat - y)*v*a*(1 - a)", "factor left out"),
    ("dL/dw11", "2*(yhat - y)*v*a*x1", "the factor 1 - a is left out of 2*(yhat - y)*v*a*x1", "half of the derivative"),
    ("dL/dw11", "2*(yhat - y)*v*a*(1 - a)*x2", "x2 is written for x1", "neighbour's value"),
    ("dL/dw11", "2*(yhat - y)*v*a*(1 - a)^2*x1", "(1 - a)^2 is written for 1 - a", ""),
    ("dL/dw11", "2*(yhat - y)^2*v*a*(1 - a)*x1", "(yhat - y)^2 is written for yhat - y", "power not lowered"),
    ("dL/dw11", "2*(yhat - y)*v*a*a*x1", "a is written for 1 - a", ""),
    ("dL/dw11", "2*(yhat - y)*v*a*(1 - a)*x1*b", "the factor b is too many", ""),
    ("dL/dw11", "2*(yhat - y)*v*a*(1 - a)/x1", "2*(yhat - y)*v*a*(1 - a)/x1 is written for " + RIGHT, ""),
    ("dL/dw11", "2*yhat - y*v*a*(1 - a)*x1", "the brackets are misplaced: ", ""),
    ("dL/dw11", "dL/dyhat*dyhat/da*dz/dw11", "the factor da/dz is left out of dL/dyhat*dyhat/da*dz/dw11",
     "activation's derivative left out"),
    ("z", "w11*x1 + w12*x2 + b", "w12 is written for w21", "weights exchanged"),
    ("z", "w11*x1 + w21*x2", "the term b is left out beside w11*x1 + w21*x2", "bias left out"),
    ("z", "w11*x1 + w21*x2 + b + y", "the term y is too many", ""),
    ("z", "w11*(x1 + w21*x2 + b)", "the brackets are misplaced: ", ""),
    ("z", "w11*x1 + 2*w21*x2 + b", "the factor 2 is too many", ""),
    ("a", "z", "z is written for sigmoid(z)", "activation left out"),
    ("a", "sigmoid(sigmoid(z))", "sigmoid(sigmoid(z)) is written for sigmoid(z)", "activation twice"),
    ("L", "yhat - y", "yhat - y is written for (yhat - y)^2", "square left out"),
]  # fmt: skip
OF_ARRAYS = [
    ("z", "x @ W", "W is written for W.T", "transposed"),
    ("z", "W.T @ x", "W.T is written for W", "transposed"),
    ("s", "sum(z - y)", "", ""),
    ("s", "abs(sum(z - y))", "", "sum squared"),
    ("L", "sum((z - y)^2)", "sum((z - y)^2) is not divided by 2", "sum for mean"),
]


def answered(net: str, key: str, written: str) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", stepper.check(net, {key: written}).answers[key])


def found(net: str, key: str, written: str) -> tuple[str, str, str]:
    """The verdict, the change that mends a formula, and the first mistake that gives it."""
    row = answered(net, key, written)
    mistakes = row.get("mistakes", ())
    return row["verdict"], row.get("edit", ""), mistakes[0]["names"][0] if mistakes else ""


@pytest.mark.parametrize(("key", "written", "edit", "mistake"), FORMULAS, ids=lambda value: value)
def test_a_formula_is_mended_by_its_smallest_change(key: str, written: str, edit: str, mistake: str) -> None:
    verdict, mended_by, named = found(NET, key, written)
    assert verdict == "wrong"
    assert mended_by.startswith(edit)
    assert named.startswith(mistake)
    assert bool(named) is bool(mistake)


@pytest.mark.parametrize(("key", "written", "edit", "mistake"), OF_ARRAYS, ids=lambda value: value)
def test_so_is_a_formula_of_arrays(key: str, written: str, edit: str, mistake: str) -> None:
    verdict, mended_by, named = found(ARRAYS, key, written)
    assert (verdict, mended_by.partition(";")[0], named) == ("wrong", edit, mistake)


def test_what_is_told_after_a_change_is_right() -> None:
    """The mended formula is checked in its turn."""
    for key, written, edit, _ in FORMULAS:
        *_, right = found(NET, key, written)[1].partition("; right is ")
        assert found(NET, key, right)[0].startswith("right"), (edit, right)


def test_a_formula_that_is_right_at_the_numbers_of_the_document_only_is_told() -> None:
    """Where x is 1 it does not show that the factor x is missing."""
    checked = stepper.check(NET.replace("1.3", "1"), {"dL/dw11": "2*(yhat - y)*v*a*(1 - a)"})
    assert "right at these numbers only" in str(checked)
    assert "the factor x1 is left out" in found(NET.replace("1.3", "1"), "dL/dw11", "2*(yhat - y)*v*a*(1 - a)")[1]
    assert answered(NET.replace("1.3", "1"), "dL/dw11", RIGHT)["verdict"] == "right"


def test_a_formula_that_holds_on_this_side_of_a_kink_is_right() -> None:
    net = "inputs: {x: 2}\nparameters: {w: 0.5}\nnodes: {h: relu(w*x), L: h^2}\n"
    assert answered(net, "dL/dw", "2*h*x")["verdict"] == "right"
    assert "only" not in str(stepper.check(net, {"dL/dw": "2*h*x"}))


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("w11*x1 + w21*x2 + b)", "a bracket is missing"),
        ("(w11*x1 + w21*x2 + b", "a bracket is missing"),
        ("w11*(x1 + w21*x2 + b", "a bracket is missing"),
        ("w11*)x1 + w21*x2 + b", "there is a bracket too many"),
        ("w12*(x1 + w21*x2 + b", None),
    ],
)
def test_brackets_that_do_not_match(written: str, said: str | None) -> None:
    """The formula that is meant is looked for; where none is right, it is said that it cannot be read."""
    verdict, edit, _ = found(NET, "z", written)
    assert (verdict, edit.partition(";")[0]) == (("cannot be decided", "") if said is None else ("wrong", said))


def test_a_factor_with_its_bracket() -> None:
    """``p*(a + b)`` of which ``p*(`` is lost."""
    formulas = [text(each.change.formula) for each in readings("u*v + q)", [parse("p")])]
    assert "p*(u*v + q)" in formulas
    assert "u*(p*(v + q))" not in formulas
    assert formulas.index("u*v + q") < formulas.index("p*(u*v + q)")


def test_every_change_is_asked_for_by_a_row() -> None:
    assert {row.change for row in EDITS} == set(MAKES)
    assert all(row.says and row.size for row in (*EDITS, *BRACKETS))


# ---- laws

TERMS = st.sampled_from(["a", "b", "c", "2*a", "a*b", "b^2", "(a - c)", "exp(b)"])
FORMULA = st.lists(TERMS, min_size=1, max_size=3).flatmap(
    lambda terms: st.sampled_from([" + ".join(terms), " - ".join(terms), "*".join(terms)])
)
NUMBERS = {"a": 1.7, "b": -0.6, "c": 0.45}


@given(FORMULA)
def test_every_change_of_a_formula_is_a_formula(written: str) -> None:
    """What a change makes is read again as it is, and holds no name that was neither there nor given."""
    formula = parse(written)
    material = Material([parse("d")], ["tanh"])
    for make in MAKES.values():
        for change in make(formula, material):
            again = parse(text(change.formula))
            assert text(again) == text(change.formula)
            assert names(again).keys() <= {*names(formula), parse("d")}


@given(FORMULA, st.data())
def test_a_formula_with_one_change_is_mended(written: str, data: st.DataObject) -> None:
    """A sign, a factor, an exponent, a name changed in a formula: one change brings its number back."""
    right = parse(written)
    changes = [
        change.formula
        for row in EDITS
        if row.change in ("change a sign", "put a number in as a factor", "change the exponent")
        for change in MAKES[row.change](right, Material())
    ]
    value = evaluate(right, NUMBERS, PLAIN)
    wrong = data.draw(st.sampled_from(changes)) if changes else right

    def is_right(formula: Expr) -> bool:
        try:
            number = evaluate(formula, NUMBERS, PLAIN)
        except (stepper.StepperError, OverflowError, ValueError):
            return False
        return number is not None and value is not None and abs(float(number) - float(value)) < 1e-9

    edited = mended(wrong, is_right, Material([parse(name) for name in NUMBERS]))
    assert edited is not None
    assert is_right(edited.change.formula)


@pytest.mark.parametrize(("written", "count"), [("(a)", 0), ("((a)", 1), ("a)", -1), ("((a", 2), ("a", 0), ("$(", 0)])
def test_brackets_are_counted(written: str, count: int) -> None:
    assert unmatched(written) == count
