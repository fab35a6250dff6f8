"""Are two formulas of matrices the same whatever the entries? The normal form says yes, no, or cannot tell."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from stepper.core.assumptions import Given
from stepper.core.derivation_parser import parse_derivation, parse_statement
from stepper.core.expr import Call, Expr, Neg, Product, Sum, Transpose
from stepper.core.formula import text
from stepper.engine.derive.matrices.canonical import equal, same
from stepper.engine.derive.matrices.shapes import shapes_of
from stepper.engine.derive.matrices.terms import is_symmetric, tidied
from tests.matrix_formulas import ALL, Random, Values, given, instance

SAME = [
    ("tr(A@B)", "tr(B@A)", ""),
    ("tr(A@B@C)", "tr(C@A@B)", "A=nxn, B=nxn, C=nxn"),
    ("tr(A.T)", "tr(A)", "A=nxn"),
    ("|y - X@w|^2", "y.T@y - 2*y.T@X@w + w.T@X.T@X@w", "X=nxd"),
    ("(A@B).T", "B.T@A.T", ""),
    ("inv(A)@A@x", "x", "A=nxn"),
    ("inv(A@B)", "inv(B)@inv(A)", "A=nxn, B=nxn"),
    ("inv(A.T)", "inv(A).T", "A=nxn"),
    ("inv(2*A)", "inv(A)/2", "A=nxn"),
    ("inv(A.T@A + lam*I).T", "inv(A.T@A + lam*I)", "A=nxd"),
    ("x.T@A@x", "x.T@A.T@x", "A=nxn"),
    ("x.T@A@x", "tr(A@x@x.T)", ""),
    ("(x@y.T)@z", "(y.T@z)*x", "x=n, y=n, z=n"),
    ("x.T@y*A", "A*(y.T@x)", "A=nxm, x=k, y=k"),
    ("sum(a⊙b⊙c)", "a.T@(b⊙c)", "a=n, b=n, c=n"),
    ("sum(A⊙B)", "tr(A.T@B)", "A=nxd"),
    ("tr(A.T@(B⊙C))", "tr((A⊙B).T@C)", "A=nxd"),
    ("u.T@(A⊙B)@v", "tr((u@v.T⊙A).T@B)", "A=nxd, u=n, v=d"),
    ("a.T@(b⊙(M@(c⊙e)))", "c.T@(e⊙(M.T@(a⊙b)))", "M=nxd, a=n, b=n, c=d, e=d"),
    ("tr(A⊙B)", "tr((A⊙I).T@B)", "A=nxn, B=nxn"),
    ("diag(v)@x", "v⊙x", "v=n, x=n"),
    ("diag(v).T", "diag(v)", "v=n"),
    ("sum(x)", "ones(n).T@x", "x=n"),
    ("sum(ones(n))", "n", "x=n"),
    ("tr(eye(3))", "3", ""),
    ("A⊙(ones(n)@ones(d).T)", "A", "A=nxd"),
    ("|A|^2", "tr(A.T@A)", "A=nxd"),
    ("|x|^4", "(x.T@x)^2", "x=n"),
    ("x/|x|", "|x|*x/(x.T@x)", "x=n"),
    ("1/(a + b)", "b/(b + a)/b", ""),
    ("a/(a + b) + b/(a + b)", "1", ""),
    ("det(A@B)", "det(A.T)*det(B)", "A=nxn, B=nxn"),
    ("det(inv(A))", "1/det(A)", "A=nxn"),
    ("tanh(X@w).T", "tanh(w.T@X.T)", "X=nxd"),
    ("1 - tanh(z)^2", "(1 - tanh(z))⊙(1 + tanh(z))", "z=n"),
    ("C@(B@(A@x) + b)", "C@B@A@x + C@b", ""),
]


@pytest.mark.parametrize(("left", "right", "shapes"), SAME)
def test_formulas_that_are_the_same(left: str, right: str, shapes: str) -> None:
    assert equal(parse_derivation(left), parse_derivation(right), given(shapes)) is True


DIFFERENT = [
    ("A@B", "B@A", "A=nxn"),
    ("A@B@C", "A@C@B", "A=nxn, B=nxn, C=nxn"),
    ("tr(A@B@C)", "tr(A@C@B)", "A=nxn, B=nxn, C=nxn"),
    ("x.T@A@y", "y.T@A@x", "A=nxn, x=n, y=n"),
    ("|y - X@w|^2", "y.T@y - y.T@X@w + w.T@X.T@X@w", "X=nxd"),
    ("A + A.T", "2*A", "A=nxn"),
    ("x@y.T", "y@x.T", "x=n, y=n"),
    ("X.T@(y - X@w)", "X.T@y + X.T@X@w", "X=nxd, y=n"),
]


@pytest.mark.parametrize(("left", "right", "shapes"), DIFFERENT)
def test_formulas_that_are_not_the_same(left: str, right: str, shapes: str) -> None:
    assert equal(parse_derivation(left), parse_derivation(right), given(shapes)) is False


UNTOLD = [
    ("inv(A.T@A + lam*I)@A.T", "A.T@inv(A@A.T + lam*I)", "A=nxd"),  # true
    ("exp(a + b)", "exp(a)*exp(b)", ""),  # true
    ("A@B", "B@A", "A=1x1, B=1x1"),  # true, for the sizes are numbers
    ("inv(A + B)", "inv(A) + inv(B)", "A=nxn, B=nxn"),  # false
]


@pytest.mark.parametrize(("left", "right", "shapes"), UNTOLD)
def test_where_the_form_cannot_tell_it_says_so(left: str, right: str, shapes: str) -> None:
    found = equal(parse_derivation(left), parse_derivation(right), given(shapes))
    assert found is None or (found and shapes == "A=1x1, B=1x1")


def test_facts_make_no_false_verdicts() -> None:
    facts = Given(shapes=given("A=nxn, B=nxn").shapes, facts=(parse_statement("A@B = B@A"),))
    assert equal(parse_derivation("A@B"), parse_derivation("B@A"), facts) is None


def test_a_symmetric_matrix_is_its_own_transpose() -> None:
    symmetric = Given(shapes=given("A=nxn").shapes, traits={"A": ("symmetric",)})
    assert equal(parse_derivation("A.T"), parse_derivation("A"), symmetric) is True
    assert is_symmetric(parse_derivation("inv(A)"), shapes_of([parse_derivation("A@x")], symmetric))


def value(expr: Expr) -> np.ndarray:
    return np.asarray(Values(instance(7))(expr))


SEEDS = st.integers(0, 100_000)


@settings(max_examples=60, deadline=None)
@for_all(SEEDS)
def test_tidying_changes_no_value(seed: int) -> None:
    expr = parse_derivation(Random(seed).matrix("n", "d", 3))
    found = tidied(expr, shapes_of([expr], ALL))
    np.testing.assert_allclose(value(found), value(expr), rtol=1e-7, atol=1e-9)
    assert tidied(found, shapes_of([expr], ALL)) == found


@settings(max_examples=60, deadline=None)
@for_all(SEEDS)
def test_tidying_keeps_the_normal_form(seed: int) -> None:
    expr = parse_derivation(Random(seed).number(3))
    shapes = shapes_of([expr], ALL)
    assert same(expr, tidied(expr, shapes), shapes) is True


@settings(max_examples=100, deadline=None)
@for_all(SEEDS, st.data())
def test_what_it_calls_the_same_has_the_same_value(seed: int, data: st.DataObject) -> None:
    """Two formulas that differ by one change: where the verdict is yes they agree, where it is no they do not."""
    expr = parse_derivation(Random(seed).number(2))
    changed = data.draw(st.sampled_from(changes(expr)))
    verdict = equal(expr, changed, ALL)
    alike = bool(np.isclose(float(value(expr)), float(value(changed)), rtol=1e-7, atol=1e-10))
    assert verdict is None or verdict == alike, (text(expr), text(changed))


def changes(expr: Expr) -> list[Expr]:
    """The formula itself, and with one sign, one order of a sum, or a transpose changed."""
    found: list[Expr] = [expr, Neg(Neg(expr))]
    match expr:
        case Sum(operands, operators):
            flipped = tuple("-" if sign == "+" else "+" for sign in operators)
            found += [Sum(operands, flipped), Neg(Sum((Neg(operands[0]), *operands[1:]), flipped))]  # type: ignore[arg-type]
        case Product(operands, ("@",)) if all(isinstance(operand, Transpose | Call) for operand in operands):
            found.append(Transpose(expr))
        case Call("tr", (argument,)):
            found.append(Call("tr", (Transpose(argument),)))
        case _:
            pass
    return found
