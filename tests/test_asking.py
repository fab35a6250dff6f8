"""What is asked of SymPy ends: sizes of expressions first, a clock behind them; what is not answered is said."""

from __future__ import annotations

import pytest

from stepper.core.formula import text
from stepper.core.parser import parse
from stepper.core.steps import Note
from stepper.engine.asking import Patience, size_of
from stepper.engine.backward import backward
from stepper.engine.quantities import Settings
from stepper.engine.symbolic import closed_form, equal, to_sympy
from stepper.engine.vocabulary import Vocabulary
from stepper.read.given import with_values
from stepper.read.program import read_program

PLAIN = Vocabulary({}, {})


@pytest.mark.parametrize(
    ("formula", "terms", "degree"),
    [
        ("x + y", 2, 0),
        ("(x + y)^3", 4, 3),
        ("(x + y)*(x + 1)*(y + 2)", 8, 0),
        ("(a + b + c)^50", 1326, 50),
        ("exp(0.658)", 1, 329),
        ("exp(1/2) + exp(1/3)", 2, 3),
        ("sqrt(x) + x^(1/3)", 2, 3),
    ],
)
def test_the_size_of_an_expression_is_known_before_it_is_worked_with(formula: str, terms: int, degree: int) -> None:
    size = size_of(to_sympy(parse(formula), PLAIN))
    assert (size.terms, size.degree) == (terms, degree)


@pytest.mark.parametrize(
    "formula", ["L = log(1 + exp(y*q*q)) - y*h", "L = h*y + exp(y*q)*selu(h)", "L = (h + exp(y/7))^40*(q + sqrt(y))^39"]
)
def test_exact_values_whose_factors_would_take_minutes(formula: str) -> None:
    graph = with_values(read_program(formula, "-e"), ["h=1,y=0.658,q=1.62"])
    assert all(check.ok for check in backward(graph, ["h", "y", "q"], Settings(exact=True)).checks)


def test_a_missing_closed_form_is_said() -> None:
    formula = " + ".join(f"sin({number}*x)^{number}" for number in range(2, 50))
    graph = with_values(read_program(f"L = {formula}", "-e"), ["x=0.1"])
    (step,) = [step for step in backward(graph, ["x"], Settings(exact=True)).steps if step.id == "exact.value"]
    assert [block for block in step.body if isinstance(block, Note)]


def test_a_question_stops_when_its_time_is_over() -> None:
    patience = Patience(0.05)
    assert patience.ask(lambda: sum(number for number in range(10**10))) is None
    assert patience.ask(lambda: 1) is None, "and what is asked after it is not begun"


@pytest.mark.parametrize("formula", ["x*9^9^9", "(2/3)^(10^9)*x", "1" + "*cos(x + 1)" * 1000])
def test_what_is_too_large_is_not_begun(formula: str) -> None:
    assert closed_form(parse(formula), PLAIN) is None or "cos" in formula
    assert equal(parse(formula), parse("y"), PLAIN) is False


def test_what_is_small_is_simplified() -> None:
    assert text(closed_form(parse("(x^2 - 1)/(x - 1)"), PLAIN) or parse("0")) == "1 + x"
