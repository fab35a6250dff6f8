"""`stepper derive`: what textbooks say is derived, and every result is right by numbers that stepper has no part in."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

import stepper
from stepper.core.derivation_parser import parse_derivation
from stepper.core.expr import Deriv, Index, Sym
from stepper.core.traverse import walk
from stepper.solution import Solution
from tests.derived_questions import COLLECTED, HELD, MATRICES, QUESTIONS, Question, draws
from tests.matrix_formulas import Values, entries, given, quotients
from tests.plain_numbers import Numbers, decimals, mp, near
from tests.test_cli import run

# ---- the commands of a first hour

GIVEN = ("--given", "m ~ Bernoulli(q)", "--given", "w ~ N(0, s^2)", "--given", "E[x]=0", "--given", "independent")
COMMANDS: tuple[tuple[tuple[str, ...], int, str], ...] = (
    # arguments, exit code, what the result is
    (("x^3*cos(x*y)", "--wrt", "x"), 0, "x²·(3·cos(x·y) - x·y·sin(x·y))"),
    (("log(1 + exp(x))", "--wrt", "x", "--in", "y"), 0, "1 - exp(-y)"),
    (("-e", "z = w*x; y = tanh(z); L = (y - t)^2/2", "--wrt", "w", "--in", "y"), 0, "x·(y - t)·(1 - y²)"),
    (("log_softmax(z)[i]", "--wrt", "z[j]"), 0, "δᵢⱼ - softmax(z)[j]"),
    (("|y - X@w|^2 + lam*|w|^2", "--wrt", "w", "--shapes", "X=nxd"), 0, "-2·Xᵀ·(y - X·w) + 2·lam·w"),
    (("C@(B@(A@x) + b)", "--collect", "x"), 0, "C·B·A"),
    (("Var(sum(j=1..n, m[j]*w[j]*x[j]))", *GIVEN, "--solve", "Var(s) = Var(x)", "--for", "s"), 0, "1/√(n·q)"),
    (("--show", "softplus(x) - softplus(-x) = x"), 0, "It holds"),
    (("--show", "softplus(x) + softplus(-x) = x"), 1, "softplus(x) - softplus(-x) = x"),
    (("graphs/uit-2023/1a.yaml",), 0, "Var(w)   = 2/n"),
)  # fmt: skip


@pytest.mark.parametrize(("arguments", "code", "result"), COMMANDS, ids=[row[0][-1] for row in COMMANDS])
def test_what_is_typed_is_answered(arguments: tuple[str, ...], code: int, result: str) -> None:
    found = run("derive", *arguments, "-f", "text")
    assert (found.returncode, found.stderr) == (code, "")
    assert result in found.stdout


# ---- classes of questions


def derived(question: Question) -> Solution:
    """What is asked, asked."""
    asked = dict(question.asked)
    return stepper.derive(None if "expression" in asked else question.formula, **asked)


def result_of(question: Question, found: Solution) -> str:
    """The last answer."""
    result = [*found.answers.values()][-1]
    return str(result)


def place(question: Question, seed: int) -> Numbers:
    """Numbers for every letter, lists of the sizes that are told."""
    drawn = random.Random(f"{question.name}{seed}")
    names: dict[str, Any] = {"F": lambda x: x**3 + mp.sin(x), "G": lambda x: mp.exp(x) + x, "f": None}
    names |= {
        name: decimals([drawn.uniform(0.2, 1.5) for _ in range(int(np.prod(shape)))]).reshape(shape)
        for name, shape in question.sizes.items()
    }
    names |= question.counts
    texts = (question.result, question.formula, *question.known.values())
    letters = {part.name for text in texts for part in walk(parse_derivation(text)) if isinstance(part, Sym)}
    for letter in sorted(letters - {*names, *question.known}):
        names.setdefault(letter, mp.mpf(drawn.uniform(0.2, 0.9)))
    numbers = Numbers(names, draws(question.chances, names))
    return Numbers(names | {name: numbers(text) for name, text in question.known.items()}, numbers.chances)


def truth(question: Question, at: Numbers) -> Any:
    """What is asked, worked out by numbers: a difference quotient, or all outcomes."""
    formula = parse_derivation(question.known.get(question.formula, question.formula))
    if "wrt" in question.asked:
        return at.of(Deriv(formula, parse_derivation(question.asked["wrt"])))
    return at.of(formula)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_what_a_textbook_says_is_derived(question: Question) -> None:
    found = derived(question)
    assert [check.of for check in found.checks if not check.ok] == []
    result = result_of(question, found)
    assert [part for part in walk(parse_derivation(result)) if isinstance(part, Deriv)] == []
    for seed in range(3):
        at = place(question, seed)
        assert near(at(result), at(question.result)), (result, question.result)
        if "solve" not in question.asked and "active" not in str(question.asked.get("given")):
            assert near(truth(question, at), at(question.result)), question.result


def test_each_class_has_three_questions() -> None:
    kinds = [question.kind for question in QUESTIONS] + ["E"] * len(MATRICES) + ["K"] * len(HELD)
    assert {kind: kinds.count(kind) >= 3 for kind in "ABCDEFGHIJK"} == dict.fromkeys("ABCDEFGHIJK", True)


def arrays(shapes: str, seed: int) -> dict[str, Any]:
    sizes = {"n": 3, "d": 2}
    found = given(shapes).shapes
    return entries({name: tuple(sizes[axis.name] for axis in axes) for name, axes in found.items()}, seed)  # type: ignore[union-attr]


@pytest.mark.parametrize(("formula", "wrt", "shapes", "result"), MATRICES, ids=[row[0] for row in MATRICES])
def test_gradients_keep_the_order_of_matrices(formula: str, wrt: str, shapes: str, result: str) -> None:
    found = stepper.derive(formula, wrt=wrt, shapes=[shapes])
    assert [check.of for check in found.checks if not check.ok] == []
    (answer,) = found.answers.values()
    for seed in (1, 2):
        env = arrays(shapes, seed)
        values = Values(env, {"n": 3, "d": 2}, identity=3)
        one, other = (np.squeeze(values(parse_derivation(text))) for text in (str(answer), result))
        assert np.allclose(one, other)
        assert np.allclose(one, quotients(parse_derivation(formula), wrt, env), atol=1e-6)


@pytest.mark.parametrize(("formula", "wrt", "matrix"), COLLECTED, ids=[row[0] for row in COLLECTED])
def test_affine_maps_of_affine_maps_are_one(formula: str, wrt: str, matrix: str) -> None:
    found = stepper.derive(formula, collect=wrt)
    assert all(check.ok for check in found.checks)
    rng = np.random.default_rng(5)
    names = {part.name for part in walk(parse_derivation(formula)) if isinstance(part, Sym) and part.name != "I"}
    vectors = {"x", "u", "v"}
    env = {name: rng.normal(size=(3, 1) if name in vectors else (3, 3)) for name in names}
    values = Values(env, {"n": 3}, identity=3)
    whole, without = (
        values(parse_derivation(formula)),
        Values({**env, wrt: 0 * env[wrt]}, {}, identity=3)(parse_derivation(formula)),
    )
    assert np.allclose(whole - without, values(parse_derivation(matrix)) @ env[wrt])
    (answer,) = found.answers.values()
    assert np.allclose(values(parse_derivation(str(answer))), whole)
    said = str(found.to("text"))
    assert matrix.replace("@", "·").replace("v.T", "vᵀ") in said


@pytest.mark.parametrize(("statement", "lines"), HELD, ids=[statement for statement, _ in HELD])
def test_what_is_true_is_shown(statement: str, lines: tuple[str, ...]) -> None:
    found = stepper.derive(show=statement, given=lines)
    assert [check.ok for check in found.checks] == [True]


# ---- the forms asked for

FORMS: tuple[tuple[str, Mapping[str, Any], str], ...] = (
    ("sigmoid(x)", {"wrt": "x", "within": "y"}, "y*(1 - y)"),
    ("exp(-k*x)", {"wrt": "x", "within": "y"}, "-k*y"),
    ("b*(b*v + g1) + g2", {"collect": "b"}, "v*b^2 + g1*b + g2"),
    ("x - a*(x - m)", {"collect": "x"}, "(1 - a)*x + a*m"),
    ("a*x^2 + b*x + c", {"wrt": "x", "solve": "minimum", "given": ["a > 0"]}, "-b/(2*a)"),
    ("Var(k*x)", {"given": ["k constant", "k > 0", "x random"], "solve": "Var(y) = 1", "unknown": "k"},
     "1/sqrt(Var(x))"),
)  # fmt: skip


@pytest.mark.parametrize(("formula", "asked", "form"), FORMS, ids=[row[0] for row in FORMS])
def test_results_have_the_form_that_is_asked_for(formula: str, asked: Mapping[str, Any], form: str) -> None:
    found = stepper.derive(formula, **asked)
    assert [*found.answers.values()] == [form]


def test_a_long_sum_is_derived_term_by_term() -> None:
    found = stepper.derive(" + ".join(f"x^{power}" for power in range(2, 66)), wrt="x")
    assert all(check.ok for check in found.checks)
    (answer,) = found.answers.values()
    value = Numbers({"x": mp.mpf(3) / 7})(str(answer))
    assert near(value, sum(power * (mp.mpf(3) / 7) ** (power - 1) for power in range(2, 66)))


def test_a_result_by_cases_is_answered_as_a_whole() -> None:
    (answer,) = stepper.derive("softmax(z)[i]", wrt="z[j]").answers.values()
    assert any(isinstance(part, Index) and part.base == Sym("δ") for part in walk(parse_derivation(str(answer))))
    (answer,) = stepper.derive("elu(x, a)", wrt="x", within="y").answers.values()
    assert answer == "where(x > 0, 1, a + y)"


REQUIRED = """
given: ["w, x independent", "E[w] = 0", "E[x] = 0"]
lines:
  - y = sum(j=1..n, w[j]*x[j])
  - Var(y) = n*Var(w)*Var(x)
  - set: Var(y) = Var(x)
"""


@pytest.mark.parametrize("claim", ["Var(x) = 0", "Var(y) = n*Var(w)*E[x]^2", "Var(w) = 2/n", "n = 1"])
def test_what_is_required_proves_nothing_that_is_false(claim: str) -> None:
    (check,) = stepper.check(REQUIRED, [claim]).checks
    assert not check.ok
    (check,) = stepper.check(REQUIRED, ["Var(w) = 1/n"]).checks
    assert check.ok
