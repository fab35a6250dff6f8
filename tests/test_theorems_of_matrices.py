"""The rules of matrices: each has a source and is needed; what cites it comes out differently without it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache

import pytest

from stepper.core.assumptions import Given
from stepper.core.derivation_parser import parse_derivation
from stepper.core.expr import Expr, Sym
from stepper.core.formula import text
from stepper.engine.derive import rewriting
from stepper.engine.derive.conditions import clauses
from stepper.engine.derive.context import Context
from stepper.engine.derive.matrices import definite as definiteness
from stepper.engine.derive.matrices import work
from stepper.engine.derive.matrices.collecting import collect
from stepper.engine.derive.matrices.definite import definite
from stepper.engine.derive.matrices.differential import differential
from stepper.engine.derive.matrices.shapes import shapes_of
from stepper.engine.values.vocabulary import PLAIN
from stepper.errors import StepperError
from stepper.tables.theorem import Theorem
from stepper.tables.theorems_of_matrices import DEFINITENESS, MATRIX_THEOREMS, READ_OFF
from tests.matrix_formulas import given

Lines = tuple[tuple[str, tuple[str, ...]], ...]
GRADIENTS = [
    ("|y - X@w|^2 + lam*|w|^2", "w", "X=nxd"), ("-x.T@A@x", "x", "A=nxn"), ("tr(A@X.T@B)", "X", ""),
    ("tr(X)", "X", ""), ("sum(x⊙y)", "x", "x=n, y=n"), ("sum(f(X@W))", "W", "X=nxd, W=dxk"), ("sum(x)", "x", "x=n"),
    ("sum(x/y)", "x", "y=n"), ("sum(X)", "X", "X=nxd"), ("|X|^2", "X", "X=nxd"), ("|x|", "x", "x=n"),
    ("|X|", "X", "X=nxd"), ("s*t*|x|", "s", "x=n"), ("(x⊙x).T@y", "x", "x=n, y=n"), ("|x|^2*x", "x", "x=n"),
    ("s*s", "s", ""), ("A@x/(x.T@x)", "x", ""), ("s/(1 + s)", "s", ""), ("1/(1 + |x|^2)", "x", "x=n"),
    ("1/(2 + exp(x))", "x", "x=n"), ("exp(x)/(2 + exp(x))", "x", "x=n"), ("s^3", "s", ""), ("x^3", "x", "x=n"),
    ("2^s", "s", ""), ("log(det(X))", "X", ""), ("det(X)", "X", ""), ("a.T@inv(X)@b", "X", ""),
    ("log(sum(exp(x)))", "x", "x=n"), ("logsumexp(x)", "x", "x=n"), ("softmax(x)", "x", "x=n"),
    ("log_softmax(x)", "x", "x=n"), ("exp(a.T@x)", "x", ""), ("tanh(A@x)", "x", ""), ("diag(x)@y", "x", ""),
    ("u.T@diag(x)@A@v", "x", ""), ("x.T@W@W@x", "W", "W=nxn"), ("a.T@((X + X@B)@b)", "X", "X=nxn"),
    ("y.T@(tanh(x)⊙(x + A@x))", "x", "A=nxn"), ("x.T@x*(x.T@x + 1)", "x", "x=n"), ("(x.T@A@x)/(x.T@x)", "x", ""),
    ("tr((X + X.T@X).T@A)", "X", "X=nxn"), ("tr(X@X)", "X", "X=nxn"), ("sum(X@X)", "X", "X=nxn"),
    ("tr(A@(-X@X))", "X", "X=nxn"), ("sum(s*x)", "s", "x=n"), ("sum(relu(x + b*ones(n)))", "b", "x=n, b=1"),
    ("sum(-sin(x)⊙x)", "x", "x=n"), ("tr(A@(B⊙X))", "X", "B=nxd"), ("tr(A⊙X)", "X", "A=nxn"),
    ("tr(x@y.T)", "x", "x=n, y=n"), ("tr(X.T)", "X", ""), ("sum(x@x.T)", "x", "x=n"), ("A@(x⊙y)", "x", "x=n, y=n"),
    ("x@(y.T@x)", "x", "x=n, y=n"), ("x*(x.T@y)", "x", "x=n, y=n"), ("x@(x.T@A@y)", "x", "x=n"),
    ("tr(A@(x@(x + y).T))", "x", "x=n, y=n"), ("(s + s^2)*x", "s", "x=n"), ("(x.T@x + s)*x", "x", "x=n"),
    ("sum((X + X@A)⊙B)", "X", "X=nxn"), ("tr(s*A@X)", "X", ""), ("tr(s^2*A)", "s", "A=nxn"),
    ("sum(s*X)", "X", "X=nxd"), ("s*sum(x)*y", "s", "x=n, y=n"), ("(|x|^2 + x.T@y)/s", "x", "x=n, y=n"),
    ("x", "x", "x=n"), ("tr(X@(A@B@x@y.T))", "X", ""), ("sum(2*(X⊙X))", "X", "X=nxd"), ("tr(-(X⊙X)@A)", "X", "X=nxd"),
    ("sum(-(X@X))", "X", "X=nxn"), ("x⊙y", "x", "x=n, y=n"),
    ("y@(x.T@A@y)", "x", "x=n"),
]  # fmt: skip
COLLECTED = [
    ("C@(B@(A@x) + b)", "x", ""), ("X@A + X@B", "X", "X=nxd"), ("X", "X", "X=nxd"), ("X@A + X", "X", "X=nxn"),
    ("a*s + b*s", "s", ""), ("(a + s)*x", "s", "x=n"), ("(x + y)/t", "x", "x=n"),
]  # fmt: skip
MATRICES = [
    ("X.T@X + lam*I", "X=nxd"), ("X@X.T", "X=nxd"), ("X@X.T + I", "X=nxd"), ("X.T@inv(S)@X", "X=nxd"),
    ("X.T@S@X + A@A.T + I/n", "X=nxd"), ("(X.T@X + Y.T@Y)*s/t + I", "X=nxd"), ("eye(3)/s", ""), ("2*s*t*eye(3)", ""),
    ("I*(1 + s) + (s + t)*X.T@X", "X=nxd"), ("(s/t)*eye(2)", ""), ("eye(2) + (s/t)*eye(2)", ""),
    ("I + X.T@X/(s*t) + (s + t)*Y.T@Y", "X=nxd, Y=nxd"), ("eye(3) + S", "S=3x3"), ("I + X.T@X/s", "X=nxd"),
    ("(1/s + 1/t)*eye(2)", ""), ("X.T@inv(S)@X", "X=nxd"), ("I + X.T@X*(s/t)", "X=nxd"), ("I + (s*t)*X.T@X", "X=nxd"),
    ("X.T@X/s", "X=nxd"),
]  # fmt: skip


def _gradient(formula: str, wrt: str, shapes: str) -> Lines:
    found = differential(parse_derivation(formula), Sym(wrt), given(shapes), PLAIN)
    return (*((text(line.expr), line.rules) for line in found.derived.lines), (text(found.gradient), found.rules))


def _collected(formula: str, wrt: str, shapes: str) -> Lines:
    found = collect(parse_derivation(formula), Sym(wrt), given(shapes), PLAIN)
    lines = tuple((text(line.expr), line.rules) for line in found.derived.lines)
    return (*lines, ("", tuple(row.name for row in READ_OFF)))  # the quantity takes the place of dX


def _definite(formula: str, shapes: str) -> Lines:
    expr = parse_derivation(formula)
    assumed: Given = given(shapes)
    found = shapes_of([expr], assumed)
    proof = definite(expr, Context(assumed, PLAIN, shapes=found), found)
    return ((" and ".join(map(text, proof.conditions)), proof.rules),)


QUESTIONS: Mapping[str, Callable[[], Lines]] = {
    **{f"{case[0]} by {case[1]}": lambda case=case: _gradient(*case) for case in GRADIENTS},  # type: ignore[misc]
    **{f"{case[0]} collected in {case[1]}": lambda case=case: _collected(*case) for case in COLLECTED},  # type: ignore[misc]
    **{f"is {case[0]} definite": lambda case=case: _definite(*case) for case in MATRICES},  # type: ignore[misc]
}


class Noted(tuple[Theorem, ...]):
    """Rows that are noted as met as soon as somebody goes through them."""

    met: set[Theorem]

    def __iter__(self) -> Iterator[Theorem]:
        self.met.update(self[:])
        return super().__iter__()


@contextmanager
def without(row: Theorem | None, met: set[Theorem]) -> Iterator[None]:
    """All rules but one. ``met``: those without which anything could differ, for they applied somewhere, were it only
    to see whether they do; of what a matrix is, all that were looked through.
    """
    original = rewriting.at_root
    definiteness_rows = Noted(other for other in DEFINITENESS if other != row)
    definiteness_rows.met = met

    def at_root(other: rewriting.Rule, expr: Expr, context: Context) -> Expr | None:
        if other == row:
            return None
        found = original(other, expr, context)
        if found is not None and isinstance(other, Theorem):
            met.add(other)
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rewriting, "at_root", at_root)
        patch.setattr(work, "at_root", at_root)
        patch.setattr(definiteness, "DEFINITENESS", definiteness_rows)
        yield


def answer(question: str, row: Theorem | None, met: set[Theorem]) -> Lines | None:
    """Its lines; None where it is refused."""
    with without(row, met):
        try:
            return QUESTIONS[question]()
        except StepperError:
            return None


class Answer:
    """The lines with all rules, and the rules that were met on the way."""

    def __init__(self, question: str) -> None:
        self.met: set[Theorem] = set()
        self.lines = answer(question, None, self.met)
        self.names = {name for _, rules in self.lines or () for name in rules}


@cache
def whole(question: str) -> Answer:
    return Answer(question)


def changes_without(row: Theorem, question: str) -> bool:
    return answer(question, row, set()) != whole(question).lines


@pytest.mark.parametrize("row", MATRIX_THEOREMS, ids=lambda row: f"{row.name}: {row.pattern}")
def test_a_row_is_needed_by_those_that_cite_it_alone(row: Theorem) -> None:
    """A question that never met a row goes the same way without it: only those that met it are asked again."""
    changed = {name for name in QUESTIONS if row in whole(name).met and changes_without(row, name)}
    assert changed, "no derivation needs it"
    assert changed <= {name for name in QUESTIONS if row.name in whole(name).names}


@pytest.mark.parametrize("row", MATRIX_THEOREMS[::40], ids=lambda row: f"{row.name}: {row.pattern}")
def test_what_does_not_meet_a_row_is_the_same_without_it(row: Theorem) -> None:
    assert [name for name in QUESTIONS if row not in whole(name).met and changes_without(row, name)] == []


def test_every_question_is_answered() -> None:
    assert [name for name in QUESTIONS if whole(name).lines is None] == []


@pytest.mark.parametrize("row", MATRIX_THEOREMS, ids=lambda row: f"{row.name}: {row.pattern}")
def test_a_row_is_well_formed(row: Theorem) -> None:
    """It has a source, its conditions have predicates, its result has no letter that its pattern has not."""
    assert row.source
    letters = {letter for clause in clauses(row.condition) for letter in clause.letters}
    pattern = {part for part in row.pattern if part.isalpha()}
    assert letters <= pattern
