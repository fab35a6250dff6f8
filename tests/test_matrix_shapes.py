"""Shapes by letters: what is found, and what is refused in which words."""

from __future__ import annotations

import pytest

from stepper.core.derivation_parser import parse_derivation
from stepper.engine.derive.matrices.reading import read
from stepper.engine.derive.matrices.shapes import shapes_of
from stepper.engine.derive.matrices.sizes import spoken
from stepper.errors import StepperError
from tests.matrix_formulas import given

FOUND = [
    ("|y - X@w|^2 + lam*|w|^2", "X=nxd", {"w": "d", "y": "n", "lam": ""}, ""),
    ("C@(B@(A@x) + b)", "", {"C": "n x m", "B": "m x k", "A": "k x p", "x": "p", "b": "m"}, "n"),
    ("x@A@x", "", {"x": "n", "A": "n x n"}, ""),
    ("a@x", "", {"a": "n", "x": "n"}, ""),
    ("x@y.T@z", "", {"x": "n", "y": "m", "z": "m"}, "n"),
    ("tr(A@X@B)", "", {"A": "n x m", "X": "m x k", "B": "k x n"}, ""),
    ("A + lam*I", "A=nxn", {"lam": ""}, "n x n"),
    ("w@x + b", "", {"w": "n", "b": ""}, ""),
    ("X@w + b", "X=3x2", {"w": "2", "b": "3"}, "3"),
    ("(X@w - y).T@(X@w - y)/n", "X=nxd", {"w": "d", "y": "n", "n": ""}, ""),
    ("softmax(W@x + b)", "", {"W": "n x m", "x": "m", "b": "n"}, "n"),
    ("sum(exp(z)/s)", "z=n", {"s": ""}, ""),
    ("1 - tanh(W@x)", "", {"W": "n x m"}, "n"),
    ("(y - t)^2/2", "", {"y": "", "t": ""}, ""),
    ("det(X.T@X)", "X=nxd", {}, ""),
    ("outer(a, b)@c", "", {"a": "n", "b": "m", "c": "m"}, "n"),
]


@pytest.mark.parametrize(("formula", "shapes", "names", "whole"), FOUND)
def test_shapes_are_found(formula: str, shapes: str, names: dict[str, str], whole: str) -> None:
    expr = read(parse_derivation(formula), given(shapes))
    found = shapes_of([expr], given(shapes))
    written = {name: _plain(found.names[name]) for name in names}
    assert written == names
    assert _plain(found(expr)) == whole


def _plain(shape: tuple[object, ...]) -> str:
    return spoken(shape).removeprefix("a vector of size ").replace("a number", "")  # type: ignore[arg-type]


REFUSED = [
    ("X@w", "X=nxd, w=n", "X is n x d and w is a vector of size n: X @ w has d columns against n rows", "X.T @ w?"),
    ("y@X", "X=nxd, y=n", "y is a vector of size n and X is n x d: y @ X has 1 column against n rows", "y.T @ X?"),
    ("lam@x", "lam=1, x=n", "lam is a number and x is a vector of size n: lam @ x has 1 column against n rows",
     "lam*x?"),
    ("A + X", "A=nxn, X=nxd", "A is n x n and X is n x d: they cannot be added", ""),
    ("X@w + b", "X=nxd, b=1", "X @ w is a vector of size n and b is a number: they cannot be added", "b*ones(n)?"),
    ("A + lam", "A=nxn, lam=1", "A is n x n and lam is a number: they cannot be added", "lam*I?"),
    ("A + lam*I", "A=nxd", "I is n x n, where n x d is expected", ""),
    ("X*Y", "X=nxd, Y=nxd", "X*Y is a product of two arrays: X is n x d and Y is n x d",
     "X @ Y, or X ⊙ Y entry by entry"),
    ("X ⊙ Y", "X=nxd, Y=dxn", "X is n x d and Y is d x n: they cannot be multiplied entry by entry", ""),
    ("x/y", "x=n, y=m", "x is a vector of size n and y is a vector of size m: they cannot be divided entry by entry",
     ""),
    ("t*a + X@w", "X=nxd", "t*a is a vector of size n: which of the two is it?",
     "give its shape: t=n for a vector, t=1 for a number"),
    ("|y - X@w|^2 + lam*|v|^2", "X=nxd", "v may be a number or a vector: which?",
     "give its shape: v=n for a vector, v=1 for a number"),
    ("A^2", "A=nxn", "A is a matrix: A^2 has two meanings", "A @ A, or A ⊙ A entry by entry"),
    ("A^-1", "A=nxn", "A^(-1): the inverse of a matrix is inv(A)", ""),
    ("inv(A)", "A=nxd", "A is n x d, but inv is of a square matrix", ""),
    ("tr(x)", "x=n", "x is a vector of size n, but tr is of a square matrix", ""),
    ("softmax(X)", "X=nxd", "X is n x d, but softmax is of a vector", ""),
    ("2^x", "x=n", "x is a vector of size n: an exponent is a number", ""),
    ("dot(x)", "x=n", "dot takes 2 arguments, but got 1", ""),
    ("[1, 2]@x", "x=n", "[1, 2] has no place in a formula of matrices", ""),
]  # fmt: skip


@pytest.mark.parametrize(("formula", "shapes", "what", "hint"), REFUSED)
def test_what_does_not_fit_is_refused(formula: str, shapes: str, what: str, hint: str) -> None:
    with pytest.raises(StepperError) as refused:
        shapes_of([read(parse_derivation(formula), given(shapes))], given(shapes))
    (problem,) = refused.value.problems
    assert (problem.what, problem.hint) == (what, hint)
