"""SymPy's side: to it and back without loss, closed forms, and what ``--exact`` says."""

from __future__ import annotations

import signal
from collections.abc import Callable
from fractions import Fraction

import pytest
import sympy

import stepper as st
from stepper.core.formula import text
from stepper.core.parser import parse
from stepper.engine.values.evaluate import evaluate
from stepper.engine.values.symbolic import closed_form, derives, derives_at, equal, from_sympy, to_sympy
from stepper.engine.values.symbolic_limits import Patience
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


GAMMA, X, Y = sympy.gamma(sympy.Symbol("x", real=True)), sympy.Symbol("x", real=True), sympy.Symbol("y", real=True)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (sympy.sin(X), "sin(x)"), (sympy.sqrt(X), "sqrt(x)"), (X**Y, "x^y"),
        (sympy.E, "e"), (sympy.pi * X, "pi*x"), (sympy.Rational(-3, 4), "-3/4"), (sympy.atan(X), "arctan(x)"),
        (sympy.ceiling(X), "ceil(x)"), (sympy.Rational(-3, 4) * X / Y, "-3*x/4/y"), (X - Y, "x - y"),
        # what the language has no word for, wherever it stands
        (GAMMA, None), (sympy.sin(GAMMA), None), (GAMMA + Y, None), (GAMMA * Y, None),
        (GAMMA**Y, None), (Y**GAMMA, None), (sympy.sqrt(GAMMA), None), (Y / GAMMA, None), (-GAMMA, None),
        (sympy.I, None), (sympy.oo, None), (sympy.sin(sympy.cos(GAMMA) + 1), None),
    ],
)  # fmt: skip
def test_what_sympy_finds_is_written_where_the_language_has_words_for_all_of_it(
    value: object, written: str | None
) -> None:
    found = from_sympy(value)
    assert (None if found is None else text(found)) == written


def test_without_patience_nothing_is_found_or_proved() -> None:
    """Of what is equal by its letters too: each question is asked, and none is answered."""
    patience = Patience(seconds=0)
    one, other = parse("sin(x)^2 + cos(x)^2"), parse("1")
    assert equal(one, other, PLAIN)
    assert equal(one, other, PLAIN, Patience())
    assert not equal(one, other, PLAIN, patience)
    assert closed_form(one, PLAIN, patience) is None
    x = parse("x")
    assert derives(parse("x^2"), x, parse("2*x"), {x: x}, PLAIN, patience) is None
    assert derives_at(parse("x^2"), x, parse("2"), {x: Fraction(1)}, PLAIN, patience) is None
    assert derives(parse("x^2"), x, parse("2*x"), {x: x}, PLAIN, Patience()) is True
    assert derives_at(parse("x^2"), x, parse("2"), {x: Fraction(1)}, PLAIN, Patience()) is True


def test_a_case_distinction_has_no_closed_form() -> None:
    assert closed_form(parse("where(x > 0, x, 1)"), PLAIN) is None


def test_equality_is_proved_not_guessed() -> None:
    assert equal(parse("1 - tanh(x)^2"), parse("1/cosh(x)^2"), PLAIN)
    assert not equal(parse("1 - tanh(x)^2"), parse("1/cosh(x)"), PLAIN)


def test_exact_keeps_irrational_values_as_formulas() -> None:
    derivation = derive(
        "inputs: {x: 1}\nparameters: {w: 2}\nnodes: {z: w*x, a: sqrt(z), L: (a - 1/3)^2}\n", "w", exact=True
    )
    written = render(derivation, Look(exact=True))
    assert "a = √(z) = √(2)\n" in written
    assert text(derivation.answers[0].expr) == "1 - sqrt(2)/6"
    assert derivation.answers[0].number == pytest.approx(0.7642977396)
    assert all(check.ok for check in derivation.checks)


def test_exact_shows_rational_results_as_fractions() -> None:
    assert " = -1 - 1/2 - 1/8 - 1/2 - 3/4 - 3/4 = -29/8" in render(
        derive("tum-2022/6", "x2", exact=True), Look(exact=True, width=120)
    )


@pytest.mark.parametrize(
    "question",
    [
        lambda: sympy.Max(1, sympy.Symbol("x")).subs(sympy.Symbol("x"), sympy.I),
        lambda: bool(sympy.Symbol("x") > 1),
        lambda: sympy.log(sympy.Symbol("x") - 2) > 1 and None,
        lambda: sympy.Piecewise((1, sympy.log(sympy.Symbol("x")) > 0), (2, True)).subs(sympy.Symbol("x"), -1),
    ],
)
def test_where_sympy_gives_up_there_is_no_answer(question: Callable[[], object]) -> None:
    assert Patience().ask(question) is None


def test_a_mistake_of_our_own_is_not_taken_for_no_answer() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        Patience().ask(lambda: int("a"))


def test_a_proof_beyond_the_domain_of_a_logarithm_is_not_decided() -> None:
    formula = "(max(exp(2), softmax([t, x])[1]))^(where(1 > h, t^2, 1)) + bce(y, q) + where(3 > q, h, 1)"
    solution = st.backprop(f"L = {formula}", wrt="all", verify=True, simplify=True)
    assert not any(check.ok is False for check in solution.checks)


@pytest.mark.parametrize(("bits", "taken"), [(10_000, True), (10_001, False), (20_000, False)])
def test_no_number_is_taken_from_sympy_that_is_too_long_to_be_read(bits: int, taken: bool) -> None:
    """Python writes no integer of more than 4,300 decimal digits."""
    longest = sympy.Integer(2) ** bits - 1
    for number in (longest, -longest, 1 / longest, 3 / longest):
        assert (from_sympy(number + sympy.Symbol("x")) is not None) == taken


def clock() -> tuple[float, object]:
    """How long until the alarm rings, 0 where none is set, and what it rings."""
    return signal.getitimer(signal.ITIMER_PROF)[0], signal.getsignal(signal.SIGPROF)


def test_after_a_question_the_clock_is_as_it_was() -> None:
    """Whether an answer was found, an error was raised, or another clock was running."""
    quiet = clock()
    numbers: dict[str, int] = {}
    seconds, _ = Patience(10).ask(clock) or quiet
    assert 9 < seconds < 11  # a tick more may stand on it
    assert clock() == quiet
    with pytest.raises(KeyError):
        Patience(10).ask(lambda: numbers["x"])
    assert clock() == quiet
    signal.setitimer(signal.ITIMER_PROF, 500)
    try:
        assert Patience(10).ask(lambda: 1) == 1
        assert clock()[0] > 400
    finally:
        signal.setitimer(signal.ITIMER_PROF, quiet[0])
