"""Collecting in one quantity, and the equations from a gradient of 0 to its solution."""

from __future__ import annotations

import numpy as np
import pytest

from stepper.core.derivation_parser import parse_derivation
from stepper.core.expr import Expr, Sym
from stepper.core.formula import text
from stepper.core.prose import Prose
from stepper.engine.derive.matrices.collecting import collect
from stepper.engine.derive.matrices.definite import said
from stepper.engine.derive.matrices.differential import differential
from stepper.engine.derive.matrices.minimum import Stationary, stationary
from stepper.engine.values.vocabulary import PLAIN
from stepper.errors import StepperError
from tests.matrix_formulas import ALL, Random, Values, entries, given, instance, quotients

COLLECTED = [
    ("C@(B@(A@x) + b)", "x", "", ["C @ B @ A @ x + C @ b", "W @ x + c"], "C @ B @ A", "C @ b"),
    ("X@A + X@B", "X", "X=nxd", ["X @ (A + B)", "X @ W"], "A + B", "0"),
    ("a*x + b*x + c", "x", "", ["(a + b)*x + c"], "a + b", "c"),
    ("A@x + lam*x", "x", "A=nxn", ["(A + lam*I) @ x", "W @ x"], "A + lam*I", "0"),
    ("a@x + x@b", "x", "x=n", ["a.T @ x + b.T @ x", "(a + b).T @ x"], "a + b", "0"),
    ("tr(A@X) + tr(X.T@B)", "X", "",
     ["tr(A @ X) + tr(B @ X.T)", "tr(A @ X) + tr(B.T @ X)", "tr((A.T + B).T @ X)"], "A.T + B", "0"),
    ("W2@(W1@x + b1) + b2 + x", "x", "W1=hxd, W2=dxh",
     ["W2 @ W1 @ x + W2 @ b1 + b2 + x", "(W2 @ W1 + I) @ x + W2 @ b1 + b2", "W @ x + c"], "W2 @ W1 + I",
     "W2 @ b1 + b2"),
    ("(s + t)*(x - y)", "x", "x=n, y=n", ["(s + t)*x - (s + t)*y"], "s + t", "-(s + t)*y"),
    ("w - lr*(X.T@(X@w - y) + lam*w)", "w", "X=nxd",
     ["w - lr*X.T @ X @ w + lr*X.T @ y - lr*lam*w", "(I - lr*X.T @ X - lr*lam*I) @ w + lr*X.T @ y", "W @ w + c"],
     "I - lr*X.T @ X - lr*lam*I", "lr*X.T @ y"),
]  # fmt: skip


@pytest.mark.parametrize(("formula", "wrt", "shapes", "lines", "coefficient", "rest"), COLLECTED)
def test_formulas_are_collected(
    formula: str, wrt: str, shapes: str, lines: list[str], coefficient: str, rest: str
) -> None:
    found = collect(parse_derivation(formula), Sym(wrt), given(shapes), PLAIN)
    assert [text(line.expr) for line in found.derived.lines] == lines
    assert (text(found.coefficient), text(found.rest)) == (coefficient, rest)


def test_three_layers_are_one_with_these_shapes() -> None:
    found = collect(parse_derivation("C@(B@(A@x) + b)"), Sym("x"), given("A=hxd, B=kxh, C=1xk"), PLAIN)
    assert [(letter.name, text(formula)) for letter, formula in found.letters] == [
        ("W", "C @ B @ A"), ("c", "C @ b"),
    ]  # fmt: skip
    assert found.shapes(Sym("W")) == (parse_derivation("1"), Sym("d"))


NOT_COLLECTED = [
    ("x.T@A@x", "x", "it is not linear in x"),
    ("tanh(A@x)", "x", "every term has to be a product with it on one side only"),
    ("A@X + X@B", "X", "every term has to be a product with it on one side only"),
    ("A@y", "x", ""),
]


@pytest.mark.parametrize(("formula", "wrt", "hint"), NOT_COLLECTED)
def test_what_cannot_be_collected_is_refused(formula: str, wrt: str, hint: str) -> None:
    with pytest.raises(StepperError) as refused:
        collect(parse_derivation(formula), Sym(wrt), given("X=nxn"), PLAIN)
    assert refused.value.problems[0].hint == hint


def test_what_is_collected_has_the_same_value() -> None:
    """Random sums of products: whatever can be collected is what it was."""
    done = 0
    for seed in range(300):
        expr = parse_derivation(Random(seed).vector("n", 3))
        try:
            found = collect(expr, Sym("x"), ALL, PLAIN)
        except StepperError:
            continue
        values = Values(instance(seed), identity=3)
        for line in found.derived.lines[: len(found.derived.lines) - bool(found.letters)]:
            np.testing.assert_allclose(values(line.expr), values(expr), rtol=1e-7, atol=1e-9)
        done += 1
    assert done >= 20


def solved(formula: str, wrt: str, shapes: str) -> Stationary:
    assumed = given(shapes)
    return stationary(differential(parse_derivation(formula), Sym(wrt), assumed, PLAIN), assumed, PLAIN)


def plain(words: Prose) -> str:
    return "".join(part if isinstance(part, str) else text(part) for part in words)


def test_a_ridge_regression_is_solved_by_its_normal_equation() -> None:
    found = solved("|y - X@w|^2 + lam*|w|^2", "w", "X=nxd")
    assert [(text(step.left), text(step.right), plain(step.done)) for step in found.steps] == [
        ("-2*X.T @ (y - X @ w) + 2*lam*w", "0", ""),
        ("X.T @ X @ w + lam*w", "X.T @ y", "multiplied out, both sides divided by 2"),
        ("(X.T @ X + lam*I) @ w", "X.T @ y", "collected in w"),
        ("w", "inv(X.T @ X + lam*I) @ X.T @ y", "multiplied by the inverse from the left"),
    ]
    assert [plain(said(condition)) for condition in found.proof.conditions] == ["lam > 0"]
    assert not found.maximum


SOLVED = [
    ("|y - X@w|^2", "w", "X=nxd", "inv(X.T @ X) @ X.T @ y", ["the columns of X are linearly independent"], False),
    ("|y - X@w|^2/(2*n) + lam/2*|w|^2", "w", "X=nxd", "inv(X.T @ X/n + lam*I) @ X.T @ y/n", ["lam > 0"], False),
    ("|X@W - Y|^2 + lam*|W|^2", "W", "X=nxd, W=dxk", "inv(X.T @ X + lam*I) @ X.T @ Y", ["lam > 0"], False),
    ("|W@X - Y|^2", "W", "X=dxn, W=kxd", "Y @ X.T @ inv(X @ X.T)", ["the rows of X are linearly independent"], False),
    ("x.T@A@x/2 - b.T@x", "x", "A=nxn", "2*inv(A + A.T) @ b", ["A/2 + A.T/2 is positive definite"], False),
    ("(w - 3)^2 + lam*w^2", "w", "", "3/(1 + lam)", ["lam ≥ 0"], False),
    ("-|x - a|^2", "x", "x=n", "a", [], True),
    ("|x|^2", "x", "x=n", "0", [], False),
    ("(x - m).T@inv(S)@(x - m) + |x|^2", "x", "S=nxn", "inv(inv(S) + inv(S).T + 2*I) @ (inv(S) @ m + inv(S).T @ m)",
     ["inv(S) + inv(S).T is positive semidefinite"], False),
    ("|y - X@w|^2 + |D@w|^2", "w", "X=nxd, D=kxd", "inv(X.T @ X + D.T @ D) @ X.T @ y",
     ["the columns of X are linearly independent"], False),
]  # fmt: skip


@pytest.mark.parametrize(("formula", "wrt", "shapes", "solution", "conditions", "maximum"), SOLVED)
def test_quadratic_functions_are_solved(
    formula: str, wrt: str, shapes: str, solution: str, conditions: list[str], maximum: bool
) -> None:
    found = solved(formula, wrt, shapes)
    assert text(found.solution) == solution
    assert [plain(said(condition)) for condition in found.proof.conditions] == conditions
    assert found.maximum == maximum


SIZES = {"n": 5, "d": 3, "k": 2}


@pytest.mark.parametrize(("formula", "wrt", "shapes", "solution"), [case[:4] for case in SOLVED])
def test_the_gradient_is_0_at_the_solution(formula: str, wrt: str, shapes: str, solution: str) -> None:
    expr = parse_derivation(formula)
    found = differential(expr, Sym(wrt), given(shapes), PLAIN)
    sizes = {name: tuple(map(_size, shape)) for name, shape in found.shapes.names.items() if name not in SIZES}
    env = entries(sizes, 3)
    if sizes[wrt]:
        at = Values(env, SIZES, identity=sizes[wrt][0])(parse_derivation(solution))
    else:
        at = Values(env, SIZES)(parse_derivation(solution))
    env[wrt] = np.broadcast_to(np.asarray(at), env[wrt].shape if np.ndim(at) != 2 else np.shape(at)).reshape(
        env[wrt].shape
    ).copy()  # fmt: skip
    np.testing.assert_allclose(quotients(expr, wrt, {**env, **_numbers()}), 0, atol=1e-6)


def _numbers() -> dict[str, np.ndarray]:
    return {name: np.asarray(float(size)) for name, size in SIZES.items()}


def _size(letter: Expr) -> int:
    return SIZES[text(letter)]


NOT_SOLVED = [
    ("log(det(S)) + tr(inv(S)@M)", "S", ""),
    ("|A@X@B - C|^2", "X", ""),
    ("|x|", "x", "x=n"),
]


@pytest.mark.parametrize(("formula", "wrt", "shapes"), NOT_SOLVED)
def test_what_linear_algebra_does_not_solve_is_refused(formula: str, wrt: str, shapes: str) -> None:
    with pytest.raises(StepperError) as refused:
        solved(formula, wrt, shapes)
    assert "cannot be solved for" in refused.value.problems[0].what
