"""Derivations that are quick, among which each rule is met; and what of them each rule is part of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from stepper.core.expr import Expr
from stepper.core.steps import Derivation, Equation
from stepper.engine.derive import derivation, proving, rewriting, writing
from stepper.engine.derive.context import Context
from stepper.engine.derive.matrices import definite, work
from stepper.engine.derive.proving import Verdict
from stepper.errors import StepperError
from stepper.read.question import Asked
from stepper.tables.theorem import Theorem
from stepper.tables.theorems_of_matrices import DEFINITENESS
from tests.derived_questions import COLLECTED, MATRICES, QUESTIONS

Asking = Mapping[str, Any]
_IID = ("independent", "x random")


def _asked(formula: str = "", **more: Any) -> Asking:
    return {"statement": formula, **more}


def _show(statement: str, *given: str) -> Asking:
    return {"show": statement, "given": given}


def _of(formula: str, wrt: str, shapes: str = "", *given: str) -> Asking:
    return {"statement": formula, "wrt": wrt, "shapes": [shapes] if shapes else [], "given": given}


def _least(formula: str, wrt: str, shapes: str = "", *given: str) -> Asking:
    return {**_of(formula, wrt, shapes, *given), "solve": "minimum"}


def _of_question(formula: str, asked: Mapping[str, Any]) -> Asking:
    if "expression" in asked:
        return {"chain": asked["expression"], **{key: value for key, value in asked.items() if key != "expression"}}
    return {"statement": formula, **asked}


_MORE: tuple[Asking, ...] = (
    # ---- derivatives
    _asked("D(log(y), x)*x + x", wrt="x"), _asked("a^x + x^a - 3*x + 1/x", wrt="x"), _asked("min([x^2, a])", wrt="x"),
    _asked("sum(k=1..n, W[i,k]*W[j,k])", wrt="W[p,q]"), _asked("where(x > 0, x^2, x)", wrt="x"),
    _asked("integral(t=0..1, exp(x*t))", wrt="x"),
    _asked("leaky_relu(w*x + b, c)", wrt="w", given=["leaky_relu active"]),
    _asked("mean(z)", wrt="z[j]"), _asked("sum(k=1..n, t[k]*log_softmax(z)[k])", wrt="z[j]", given=["t distribution"]),
    _asked("sum(k=1..n, c - z[k])", wrt="z[j]"), _asked("sum(k=1..n, z[k + 1]*w[k])", wrt="z[j]"),
    _asked("sum(k=1..n, z[k + 1])", wrt="z[j]"), _asked("sum(k=1..n, z[k])/n", wrt="z[j]"),
    _asked("sum(i=1..n, z[i]*(x - z[i])^2)", wrt="x", solve="minimum", given=["z > 0"]),
    _asked("-sum(i=1..n, y[i]*log(w*x[i]) - w*x[i])", wrt="w", solve="minimum"),
    # ---- in terms of the function
    _asked("log(1 + exp(x))", wrt="x", within="y"), _asked("x*exp(x)*exp(a)", wrt="x", within="y"),
    _asked("log(x)", wrt="x", within="y"), _asked("1/(1 + exp(-x))", wrt="x", within="y"),
    # ---- expectation
    _asked("Var(c)", given=["c constant", "x random"]), _asked("Var(x + y)", given=["x, y random"]),
    _asked("Var(-x + c)", given=["x random", "c constant"]), _asked("E[c - x]", given=["x random", "c constant"]),
    _asked("Cov(x, x)", given=["x random"]), _asked("Cov(c, x) + Cov(x, c)", given=["x random", "c constant"]),
    _asked("Cov(x, y)", given=["x, y independent"]), _asked("Cov(x, y)", given=["x, y random"]),
    _asked("Var(x*y)", given=["x, y independent"]), _asked("Var(x)", given=["x ~ U(a, b)"]),
    _asked("sum(j=1..n, E[x[j]^2])", given=_IID), _asked("E[x[i]*x[k]]", given=_IID), _asked("E[x[i]]", given=_IID),
    _asked("E[x[i]^2]", given=_IID), _asked("E[(-x)^2]", given=["x random"]), _asked("E[x^3]", given=["x symmetric"]),
    _asked("E[x]", given=["x symmetric"]), _asked("E[x]", given=["x ~ Exp(r)"]),
    _asked("E[relu(x)]", given=["x random"]),
    _asked("E[step(x)]", given=["x ~ N(0, 1)"]), _asked("E[x^2 + 3]", given=["x random"]),
    _asked("E[x]*integral(t=0..1, t + t^2)", given=["x ~ U(0, 1)"]),
    _asked("Var(w*x)", given=["w, x independent", "E[w] = 0"], solve="Var(y) = Var(x)", unknown="Var(w)"),
    _asked("P(x < 0)", given=["x ~ N(0, v)"]),
    _asked("E[(x + y)*(x - y)]", given=["x, y random"]), _asked("E[sqrt(x)]", given=["x ~ U(0, 1)"]),
    _asked("E[x*sum(k=1..n, y[k])]", given=["x, y random"]), _asked("E[sum(i=1..n, x[i])^2]", given=_IID),
    _asked("P(x > 0)", given=["x ~ N(0, v)"]), _asked("P(x < 1/4)", given=["x ~ U(0, 1)"]),
    _asked("P(m = 0)", given=["m ~ Bernoulli(p)"]), _asked("E[(x + 1)^2]", given=["x ~ Exp(2)"]),
    _asked("P(x > 1/4)", given=["x ~ U(0, 1)"]),
    # ---- statements
    _show("softplus(x) - softplus(-x) = x"), _show("tanh(x) = 2*sigmoid(2*x) - 1"), _show("exp(log(x)) = x", "x > 0"),
    _show("log(exp(x + y)) = x + y"), _show("exp(x)*exp(y) = exp(x + y)"), _show("x*exp(x)*exp(y) = x*exp(x + y)"),
    _show("log(a^c*b) = c*log(a) + log(b)", "a > 0", "b > 0"), _show("E[exp(x)] >= exp(E[x])", "x random"),
    _show("log(prod(j=1..n, exp(x[j]))) = sum(j=1..n, x[j])"), _show("E[log(x)] <= log(E[x])", "x random", "x > 0"),
    _show("E[x^2] >= E[x]^2", "x random"), _show("exp(0)*x + log(1) = x"), _show("exp(3*x)/exp(x) = exp(2*x)"),
    _show("exp(x)^c = exp(c*x)"),
    # ---- matrices
    _of("tr(A@X@B)", "X"), _of("sum(tanh(W@x))", "x", "W=nxm, x=m"), _of("tr(X)", "X"),
    _of("|X|^2 - tr(X.T@C)", "X", "X=nxd"), _of("|x - a|", "x", "x=n"), _of("|X|", "X", "X=nxd"),
    _of("sum((A ⊙ X) ⊙ X)", "X", "X=nxd"), _of("a.T@x/|x|", "x", "x=n"), _of("a.T@b/|x|", "x", "x=n, a=n"),
    _of("sum(1/x)", "x", "x=n"), _of("(a.T@x)^3", "x", "x=n"), _of("2^(a.T@x)", "x", "x=n"),
    _of("sum(x^3)", "x", "x=n"),
    _of("det(X)", "X"), _of("log(det(X))", "X"), _of("a.T@inv(X)@b", "X"), _of("log(sum(exp(A@x)))", "x", "A=mxn, x=n"),
    _of("logsumexp(A@x)", "x"), _of("softmax(x)", "x", "x=n"), _of("log_softmax(x)", "x", "x=n"),
    _of("tanh(a.T@x)", "x", "x=n"), _of("tanh(W@x)", "x", "W=nxm, x=m"), _of("exp(a.T@x)*(b.T@x)", "x", "x=n, b=n"),
    _of("a.T@diag(x)@b", "x"), _of("diag(x)@a", "x"), _of("A@(diag(x)@a)", "x"),
    _of("tr(B@((X + A@X)@C))", "X", "X=nxd, A=nxn"),
    _of("tr((X + C).T@A@X)", "X"), _of("tr((C - X)@(X@B))", "X"), _of("sum(A@X)", "X", "A=mxn, X=nxd"),
    _of("sum(A@x)", "x", "A=mxn, x=n"), _of("sum(c*X - X ⊙ X)", "X", "X=nxd, c=1"), _of("x ⊙ a", "x", "x=n"),
    _of("A@(a ⊙ x)", "x", "A=mxn, x=n"), _of("(a.T@x)*b", "x", "x=n, b=m"), _of("b@(x.T@a)", "x", "x=n, b=m"),
    _of("x", "x", "x=n"), _of("a.T@(b ⊙ x)", "x", "x=n, a=n, b=n"),
    _of("tr(X.T)", "X", "X=nxn"), _of("tr((A@X).T)", "X", "A=nxn, X=nxn"),
    _of("tr(A@(B ⊙ X))", "X", "X=nxn, A=nxn, B=nxn"),
    _of("tr(A ⊙ X)", "X", "X=nxn, A=nxn"), _of("tr(-X)", "X", "X=nxn"), _of("tr(c*X)", "X", "X=nxn, c=1"),
    _of("tr(a@x.T)", "x"), _of("(s + s^2)*X", "s", "s=1, X=nxd"), _of("s*X + s^2*Y", "s", "s=1, X=nxd"),
    _of("-A@x", "x"),
    _of("tr((X + A@X).T@C)", "X", "X=nxd, A=nxn"), _of("tr(X.T@C)*|X|", "X", "X=nxd"), _of("c + |x|", "c", "c=1, x=n"),
    _of("sum(x ⊙ ones(n))", "x", "x=n"),
    # ---- minima
    _least("|X@w - y|^2 + c*|w|^2", "w", "X=nxd"), _least("|X@w - y|^2/n", "w", "X=nxd"),
    _least("|x - a|^2", "x", "x=n"),
    _least("(x - m).T@inv(S)@(x - m)", "x", "x=n, S=nxn", "S symmetric"),
    _least("(y - X@w).T@S@(y - X@w) + c*|w|^2", "w", "X=nxd, S=nxn", "S symmetric"),
    _least("x.T@A@x/2 - b.T@x", "x", "x=n, A=nxn", "A symmetric"), _least("a*x^2 + b*x", "x"),
    _least("|A@X - B|^2 + c*|X|^2/2", "X", "X=nxd, A=mxn"), _least("|X@A - B|^2", "X", "X=nxd, A=dxm"),
    _least("(c + e)*|x|^2/s - a.T@x", "x", "x=n, c=1, s=1, e=1"),
    _least("c*|X@w - y|^2/s + |w|^2", "w", "X=nxd, c=1, s=1"),
    _least("x.T@(A@A.T + I)@x - a.T@x", "x", "x=n, A=nxm"),
    _least("c*(x.T@S@x) + x.T@x - a.T@x", "x", "x=n, S=nxn, c=1",
           "S symmetric"),
    _least("x.T@A.T@S@A@x - b.T@x", "x", "x=n, S=mxm, A=mxn", "S symmetric"),
    _least("x.T@inv(S)@x/s - b.T@x", "x", "x=n, S=nxn, s=1", "S symmetric"),
    _least("|A@x|^2/s + |x|^2 - a.T@x", "x", "x=n, s=1, A=mxn"),
    _least("|A@x|^2 + |B@x|^2 + |x|^2 - a.T@x", "x", "x=n, A=mxn, B=mxn"),
    _least("x.T@inv(S)@x + x.T@inv(T)@x - a.T@x", "x", "x=n, S=nxn, T=nxn", "S, T symmetric"),
    _least("x.T@inv(T)@x + |x|^2 - a.T@x", "x", "x=n, T=nxn", "T symmetric"),
    _least("x.T@A.T@(B.T@B + C.T@C)@A@x + |x|^2 - a.T@x", "x", "x=n, B=kxm, C=kxm, A=mxn"),
    _least("|X@A - B|^2 + c*|X|^2", "X", "X=nxd, A=dxm, c=1"),
    _least("(c + e)*(w.T@A.T@A@w)/s + |w|^2 - a.T@w", "w", "w=n, A=mxn, c=1, e=1, s=1"),
)  # fmt: skip
CORPUS: tuple[Asking, ...] = (
    *(_of_question(question.formula, question.asked) for question in QUESTIONS),
    *({"statement": formula, "wrt": wrt, "shapes": [shapes]} for formula, wrt, shapes, _ in MATRICES),
    *({"statement": formula, "collect": name} for formula, name, _ in COLLECTED), *_MORE,
)  # fmt: skip


def name_of(asked: Asking) -> str:
    return " ".join(f"{key}={value}" for key, value in asked.items() if value)


def _by_rules_alone(*_: Any) -> Verdict:
    return Verdict(None)


@contextmanager
def without(gone: Theorem | None, met: dict[Theorem, None]) -> Iterator[None]:
    """Derives by all rules but one, and by nothing else; the rules that applied are put down."""
    at_root = rewriting.at_root

    def kept(row: Any, expr: Expr, context: Context) -> Expr | None:
        found = None if row == gone else at_root(row, expr, context)
        if found is not None and isinstance(row, Theorem):
            met[row] = None
        return found

    table = tuple(row for row in DEFINITENESS if row != gone)
    with (
        patch.object(rewriting, "at_root", kept), patch.object(proving, "at_root", kept),
        patch.object(work, "at_root", kept), patch.object(definite, "DEFINITENESS", table),
        patch.object(derivation, "proved", lambda *_: []), patch.object(writing, "_QUICK", frozenset()),
        patch.object(proving, "_at_instances", _by_rules_alone),
        patch.object(proving, "_by_algebra", lambda *_: False), patch.object(proving, "by_sign", lambda *_: False),
    ):  # fmt: skip
        yield


def derived(asked: Asking) -> Derivation | str:
    """The derivation, or why it is refused."""
    try:
        return derivation.answer(Asked(**asked).read())
    except StepperError as error:
        return str(error)


def lines_of(found: Derivation | str) -> str:
    """All that a reader sees of it."""
    return found if isinstance(found, str) else repr((found.steps, found.answers))


def named_in(found: Derivation | str) -> set[str]:
    """What is said beside the lines: names of rules, each between two commas."""
    if isinstance(found, str):
        return set()
    notes = (
        part
        for _, step in found.walk()
        for block in step.body if isinstance(block, Equation)
        for link in block.links for part in link.note if isinstance(part, str)
    )  # fmt: skip
    return {f", {note}, " for note in notes}
