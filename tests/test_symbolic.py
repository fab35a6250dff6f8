"""SymPy's side: to it and back without loss, closed forms, and what ``--exact`` says."""

from __future__ import annotations

import pytest

from stepper.core.formula import text
from stepper.core.parser import parse
from stepper.engine.values.evaluate import evaluate
from stepper.engine.values.symbolic import closed_form, equal, from_sympy, to_sympy
from stepper.engine.values.vocabulary import Vocabulary
from stepper.render.look import Look
from stepper.render.text import render
from tests.helpers import derive

PLAIN = Vocabulary({}, {})
FORMULAS = [
    "2*a - 3/4",
    "-a*b/c",
    "a^2*b^(-3)",
    "sqrt(2)*a/(b + 1)",
    "exp(-a) + log(b^2 + 1)",
    "tanh(a)*sigmoid(b)",
    "sin(a)*cos(b)/cosh(c)",
    "exp(1)*a",
    "-(a + b)",
    "1/(a - b - 2)",
]


@pytest.mark.parametrize("formula", FORMULAS)
def test_there_and_back(formula: str) -> None:
    back = from_sympy(to_sympy(parse(formula), PLAIN))
    assert back is not None
    point = {"a": 0.7, "b": 1.3, "c": 0.4}
    assert evaluate(back, point, PLAIN) == pytest.approx(evaluate(parse(formula), point, PLAIN))
    assert equal(back, parse(formula), PLAIN)


def test_a_case_distinction_has_no_closed_form() -> None:
    assert closed_form(parse("where(x > 0, x, 1)"), PLAIN) is None


def test_equality_is_proved_not_guessed() -> None:
    assert equal(parse("1 - tanh(x)^2"), parse("1/cosh(x)^2"), PLAIN)
    assert not equal(parse("1 - tanh(x)^2"), parse("1/cosh(x)"), PLAIN)


def test_exact_keeps_irrational_values_as_formulas() -> None:
    derivation = derive("inputs: {x: 1}\nparameters: {w: 2}\nnodes: {z: w*x, a: sqrt(z), L: (a - 1/3)^2}\n", "w", exact=True)
    written = render(derivation, Look(exact=True))
    assert "a = √(z) = √(2)\n" in written
    assert text(derivation.answers[0].expr) == "1 - sqrt(2)/6"
    assert derivation.answers[0].number == pytest.approx(0.7642977396)
    assert all(check.ok for check in derivation.checks)


def test_exact_shows_rational_results_as_fractions() -> None:
    assert "dL/dx₂ = -1 - 1/2 - 1/8 - 1/2 - 3/4 - 3/4 = -29/8" in render(derive("tum-2022/6", "x2", exact=True), Look(exact=True))
