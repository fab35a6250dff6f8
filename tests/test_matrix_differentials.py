"""Gradients by the differential: what a book has, what difference quotients say, and every line beside the first."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from stepper.core.derivation_parser import parse_derivation
from stepper.core.expr import Sym
from stepper.core.formula import text
from stepper.core.traverse import names, walk
from stepper.engine.derive.matrices.canonical import same
from stepper.engine.derive.matrices.conditions import is_differential
from stepper.engine.derive.matrices.differential import Differential, differential
from stepper.engine.values.vocabulary import PLAIN
from stepper.errors import StepperError
from tests.matrix_formulas import ALL, SHAPES, SIZES, Random, Values, given, instance, quotients


def gradient(formula: str, wrt: str, shapes: str = "") -> Differential:
    return differential(parse_derivation(formula), Sym(wrt), given(shapes), PLAIN, "L")


COOKBOOK = [  # Petersen and Pedersen, The matrix cookbook, 2012: the number of the equation
    (49, "det(X)", "X", "", "det(X)*inv(X).T"),
    (57, "log(det(X))", "X", "", "inv(X).T"),
    (61, "a.T@inv(X)@b", "X", "", "-inv(X).T @ a @ b.T @ inv(X).T"),
    (69, "x.T@a", "x", "", "a"),
    (70, "a.T@X@b", "X", "", "a @ b.T"),
    (71, "a.T@X.T@b", "X", "", "b @ a.T"),
    (81, "x.T@B@x", "x", "", "B @ x + B.T @ x"),
    (84, "(x - A@s).T@W@(x - A@s)", "s", "A=nxm, s=m, W=nxn", "-A.T @ W.T @ (x - A @ s) - A.T @ W @ (x - A @ s)"),
    (101, "tr(A@X@B)", "X", "", "A.T @ B.T"),
    (104, "tr(A@X.T)", "X", "", "A"),
    (108, "tr(X.T@B@X)", "X", "", "B @ X + B.T @ X"),
    (119, "tr((A@X@B + C)@(A@X@B + C).T)", "X", "", "2*A.T @ (A @ X @ B + C) @ B.T"),
    (124, "tr(A@inv(X)@B)", "X", "", "-inv(X).T @ A.T @ B.T @ inv(X).T"),
    (129, "|x - a|", "x", "x=n", "(x - a)/abs(x - a)"),
    (131, "|x|^2", "x", "x=n", "2*x"),
    (132, "|X|^2", "X", "X=nxd", "2*X"),
    (0, "|X@a - b|^2", "a", "", "2*X.T @ (X @ a - b)"),
    (0, "|X@a - b|^2", "X", "", "2*(X @ a - b) @ a.T"),
    (0, "tr(A@X.T@B)", "X", "", "B @ A"),
]


@pytest.mark.parametrize(("number", "formula", "wrt", "shapes", "result"), COOKBOOK)
def test_results_of_a_book_are_derived(number: int, formula: str, wrt: str, shapes: str, result: str) -> None:
    found = gradient(formula, wrt, shapes)
    assert same(found.gradient, parse_derivation(result), found.shapes), text(found.gradient)


def test_a_ridge_regression_is_worked_as_a_teacher_does() -> None:
    found = gradient("|y - X@w|^2 + lam*|w|^2", "w", "X=nxd")
    assert [(text(line.expr), line.rules) for line in found.derived.lines] == [
        ("d(abs(y - X @ w)^2) + lam*d(abs(w)^2)", ("differential of a sum", "constant factor")),
        ("2*(y - X @ w).T @ d(y - X @ w) + 2*lam*w.T @ d(w)", ("squared norm",)),
        ("-2*(y - X @ w).T @ X @ d(w) + 2*lam*w.T @ d(w)",
         ("differential of a sum", "differential of a constant", "constant factor")),
        ("(-2*X.T @ (y - X @ w) + 2*lam*w).T @ d(w)", ("gradient from the differential",)),
    ]  # fmt: skip
    assert text(found.gradient) == "-2*X.T @ (y - X @ w) + 2*lam*w"
    assert found.shape == (Sym("d"),)


WRITTEN = [
    ("tanh(W@x + b)", "x", "", "diag(1 - tanh(W @ x + b)^2) @ W"),
    ("softmax(z)", "z", "z=n", "diag(softmax(z)) - softmax(z) @ softmax(z).T"),
    ("log(sum(exp(z))) - y.T@z", "z", "z=n", "softmax(z) - y"),
    ("sum(f(A@x))", "x", "", "A.T @ f'(A @ x)"),
    ("|y - relu(W@x)|^2/2", "W", "y=n", "-(y - relu(W @ x)) ⊙ relu'(W @ x) @ x.T"),
    ("x/|x|", "x", "x=n", "I/abs(x) - x @ x.T/abs(x)^3"),
    ("x@y.T@x", "x", "x=n, y=n", "x @ y.T + y.T @ x*I"),
    ("diag(x)@y", "x", "", "diag(y)"),
    ("b*x", "x", "x=n, b=1", "b*eye(n)"),
    ("|X@W - Y|^2/n", "W", "X=nxd, W=dxk", "2*X.T @ (X @ W - Y)/n"),
    ("|s*x|^2", "s", "s=1, x=n", "2*s*x.T @ x"),
    ("s^n + 2^s", "s", "", "n*s^(n - 1) + log(2)*2^s"),
    ("|X - Y⊙M|^2", "Y", "X=nxd, M=nxd", "-2*((X - Y ⊙ M) ⊙ M)"),
    ("x - x + a", "x", "x=n", "0"),
]


@pytest.mark.parametrize(("formula", "wrt", "shapes", "result"), WRITTEN)
def test_derivatives_are_written_as_a_person_does(formula: str, wrt: str, shapes: str, result: str) -> None:
    assert text(gradient(formula, wrt, shapes).gradient) == result


def random_cases(count: int) -> list[tuple[int, str, str]]:
    found = []
    for seed in itertools.count():
        formulas = Random(seed)
        formula = formulas.number()
        held = sorted(text(name) for name in names(parse_derivation(formula)) if text(name) in SHAPES)
        if held:
            found.append((seed, formula, formulas.pick.choice(held)))
        if len(found) == count:
            return found
    raise AssertionError


CASES = random_cases(100)


@pytest.mark.parametrize(("seed", "formula", "wrt"), CASES)
def test_gradients_are_those_of_difference_quotients(seed: int, formula: str, wrt: str) -> None:
    expr = parse_derivation(formula)
    found = differential(expr, Sym(wrt), ALL, PLAIN).gradient
    env = instance(seed)
    expected = quotients(expr, wrt, env)
    actual = np.broadcast_to(np.asarray(Values(env)(found)).squeeze(), expected.shape)
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-6 * max(1, abs(expected).max()))


@pytest.mark.parametrize(("seed", "formula", "wrt"), CASES[:60])
def test_every_line_is_the_slope_of_the_formula(seed: int, formula: str, wrt: str) -> None:
    """Whatever direction dX has; a differential that is still to be worked out is the slope of what is in it."""
    expr = parse_derivation(formula)
    lines = differential(expr, Sym(wrt), ALL, PLAIN).derived.lines
    env = instance(seed)
    direction = np.asarray(np.random.default_rng(seed).normal(size=env[wrt].shape))
    values = Values(env, moved=wrt, direction=direction)
    expected = float(np.asarray(values.slope(expr)).squeeze())
    found = [float(np.asarray(values(line.expr)).squeeze()) for line in lines]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6 * max(1, abs(expected)))


@pytest.mark.parametrize(("seed", "formula", "wrt"), CASES[:60])
def test_lines_with_dx_alone_have_one_normal_form(seed: int, formula: str, wrt: str) -> None:
    found = differential(parse_derivation(formula), Sym(wrt), ALL, PLAIN)
    atom = [line.expr for line in found.derived.lines if _is_plain(line.expr, wrt)]
    verdicts = [same(one, other, found.shapes) for one, other in itertools.pairwise(atom)]
    assert all(verdicts)


def _is_plain(expr: object, wrt: str) -> bool:
    return all(part.arguments == (Sym(wrt),) for part in walk(expr) if is_differential(part))  # type: ignore[arg-type, union-attr]


VECTORS = [
    ("A@x + |x|^2*y", "x"), ("tanh(A@x)⊙x", "x"), ("softmax(A@x + y)", "x"), ("log_softmax(x)", "x"),
    ("x/(1 + |x|^2)", "x"), ("x@y.T@sin(x)", "x"), ("s*A@x/s^2", "s"), ("inv(A + s*S)@x", "s"), ("1/(2 + sin(x))", "x"),
    ("diag(x)@A@x", "x"), ("|x|*x/logsumexp(x)", "x"), ("(x.T@A@x)*exp(x/10)", "x"), ("exp(x)/(3 + x⊙x)", "x"),
]  # fmt: skip


@pytest.mark.parametrize(("formula", "wrt"), VECTORS)
def test_jacobians_are_those_of_difference_quotients(formula: str, wrt: str) -> None:
    expr = parse_derivation(formula)
    found = differential(expr, Sym(wrt), ALL, PLAIN)
    env = instance(1)
    columns = []
    for place in np.ndindex(env[wrt].shape):
        direction = np.zeros_like(env[wrt])
        direction[place] = 1
        columns.append(Values(env, moved=wrt, direction=direction).slope(expr))
    actual = Values(env, identity=3)(found.gradient)
    np.testing.assert_allclose(actual, np.hstack(columns), rtol=1e-4, atol=1e-6)


def random_vectors(count: int) -> list[tuple[int, str, str, int]]:
    """Vectors, and numbers times vectors, with a vector or a number that they hold."""
    found = []
    for seed in itertools.count():
        formulas = Random(seed)
        size = formulas.pick.choice("nd")
        vector = formulas.vector(size, 3)
        formula = vector if seed % 3 else f"({formulas.number(2)})*({vector})"
        held = sorted({text(name) for name in names(parse_derivation(formula))} & set("xyuvst"))
        if held:
            found.append((seed, formula, formulas.pick.choice(held), SIZES[size]))
        if len(found) == count:
            return found
    raise AssertionError


@pytest.mark.parametrize(("seed", "formula", "wrt", "size"), random_vectors(60))
def test_random_jacobians_are_those_of_difference_quotients(seed: int, formula: str, wrt: str, size: int) -> None:
    expr = parse_derivation(formula)
    found = differential(expr, Sym(wrt), ALL, PLAIN)
    env = instance(seed)
    columns = []
    for place in np.ndindex(env[wrt].shape):
        direction = np.zeros_like(env[wrt])
        direction[place] = 1
        columns.append(Values(env, moved=wrt, direction=direction).slope(expr))
    expected = np.hstack(columns)
    actual = np.broadcast_to(np.asarray(Values(env, identity=size)(found.gradient)), expected.shape)
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-6 * max(1, abs(expected).max()))
    along = np.asarray(np.random.default_rng(seed).normal(size=env[wrt].shape))
    values = Values(env, identity=size, moved=wrt, direction=along)
    slope = values.slope(expr)
    for line in found.derived.lines:
        np.testing.assert_allclose(values(line.expr), slope, rtol=1e-4, atol=1e-6 * max(1, abs(slope).max()))


REFUSED = [
    ("A@B", "z", "", "z does not occur in A @ B"),
    ("A@x", "A", "", "A @ x is a vector of size n and A is n x m: the derivative is not a matrix"),
    ("tr(A)", "A", "A=nxd", "A is n x d, but tr is of a square matrix"),
    ("x.T@y + |relu(x)|^s", "s", "x=n, s=1", ""),
    ("|floor(x)|^2*x[1]", "x", "x=n", "no rule is known for d(x[1])"),
]


@pytest.mark.parametrize(("formula", "wrt", "shapes", "what"), REFUSED)
def test_what_has_no_gradient_is_refused(formula: str, wrt: str, shapes: str, what: str) -> None:
    if not what:
        assert gradient(formula, wrt, shapes).shape == ()
        return
    with pytest.raises(StepperError) as refused:
        gradient(formula, wrt, shapes)
    assert refused.value.problems[0].what == what
