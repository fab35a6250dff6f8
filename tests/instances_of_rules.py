"""For each rule of derivations a formula to which it applies: by the pattern, the condition, and what is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field


class Instance(Struct, frozen=True):
    """``chances`` as in ``derived_questions.draws``; ``left``: the value of the formula, where outcomes cannot tell."""

    pattern: str
    formula: str
    given: tuple[str, ...] = ()
    chances: str = ""
    wanted: str = ""
    left: str = ""
    put: Mapping[str, Any] = field(default_factory=dict)


_IID = ("independent", "x random")
_XY = ("x, y random",)
_PAIR = ("x, y independent",)
NORMAL = ("x ~ N(mu, v)",)
SCALAR: tuple[Instance, ...] = (
    # ---- derivatives
    Instance("D(c, x)", "D(sin(y), x)"),
    Instance("D(x, x)", "D(x, x)"),
    Instance("D(x[i], x[j])", "D(z[i], z[j])"),
    Instance("D(x[i, k], x[j, l])", "D(W[i, k], W[j, l])"),
    Instance("D(u + v, x)", "D(sin(x) + x^3 - 2, x)"),
    Instance("D(-u, x)", "D(-sin(x), x)"),
    Instance("D(c*u, x)", "D(y*sin(x), x)"),
    Instance("D(u/v, x)", "D(sin(x)/(1 + x^2), x)"),
    Instance("D(c/v, x)", "D(y/(1 + x^2), x)"),
    Instance("D(u*v, x)", "D(sin(x)*exp(2*x), x)"),
    Instance("D(u^c, x)", "D(sin(x)^y, x)"),
    Instance("D(c^u, x)", "D(y^sin(x), x)"),
    Instance("D(u^v, x)", "D(x^sin(x), x)"),
    Instance("D(max([u, v]), x)", "D(max([x^2, x^3]), x)"),
    Instance("D(min([u, v]), x)", "D(min([x^2, x^3]), x)"),
    Instance("D(f(u), x)", "D(tanh(x^2), x)"),
    Instance("D(g, x)", "D(where(x > y, x^2, sin(x)), x)"),
    Instance("D(sum(k=a..b, u), x)", "D(sum(k=1..n, sin(z[k]*x)), x)"),
    Instance("D(integral(t=a..b, u), x)", "D(integral(t=0..y, exp(x*t)), x)"),
    # ---- sums
    Instance("sum(k=a..b, delta[k, j]*u)", "sum(k=1..n, delta[k, j]*z[k]^2)"),
    Instance("sum(k=a..b, delta[k + c, j]*u)", "sum(k=1..n, delta[k + m, j]*z[k]^2)", put={"m": 1, "j": 3}),
    Instance("sum(k=a..b, delta[k + c, j]*u)", "sum(k=1..n, delta[k + m, j]*z[k]^2)", put={"m": 3, "j": 2}),
    Instance("sum(k=a..b, delta[k + c, j])", "sum(k=1..n, delta[k + m, j])", put={"m": 2, "j": 3}),
    Instance("sum(k=a..b, delta[k + c, j])", "sum(k=1..n, delta[k + m, j])", put={"m": 2, "j": 7}),
    Instance("sum(k=a..b, delta[k, j])", "sum(k=1..n, delta[k, j])"),
    Instance("sum(k=1..b, y[k])", "sum(k=1..n, t[k])", given=("t distribution",)),
    Instance("sum(k=a..b, u*(v + w))", "sum(k=1..n, z[k]*(delta[k, j] + y))"),
    Instance("sum(k=a..b, u*(v + w))", "sum(k=1..n, z[k]*(y - delta[k, j]))"),
    Instance("sum(k=a..b, u*(v + w))", "sum(k=1..n, z[k]*(y + z[k]))"),
    Instance("sum(k=a..b, u + v)", "sum(k=1..n, delta[k, j] + z[k])"),
    Instance("sum(k=a..b, u + v)", "sum(k=1..n, z[k] - delta[k, j])"),
    Instance("sum(k=a..b, u + v)", "sum(k=1..n, z[k] + y - z[k]^2)"),
    Instance("sum(k=a..b, c*u)", "sum(k=1..n, y*z[k])"),
    Instance("sum(k=a..b, c)", "sum(k=2..n, sin(y))"),
    Instance("sum(k=a..b, -u)", "sum(k=1..n, -z[k])"),
    # ---- definitions
    Instance("f(u)", "leaky_relu(x^2 + 1)", given=("leaky_relu active",)),
    Instance("D(f(z)[i], x)", "D(softmax(z)[i], z[j])"),
    Instance("D(f(z), x)", "D(mean(z^2), z[j])"),
    # ---- variance
    Instance("Var(c)", "Var(y)", given=("x random",), chances="x:any"),
    Instance("Var(c + u)", "Var(y + x)", given=("x random",), chances="x:any"),
    Instance("Var(c*u)", "Var(y*x)", given=("x random",), chances="x:any"),
    Instance("Var(-u)", "Var(-x)", given=("x random",), chances="x:any"),
    Instance("Var(sum(j=a..b, u))", "Var(sum(j=1..n, x[j]^2))", given=_IID, chances="x:any"),
    Instance("Var(u + v)", "Var(x - y^2)", given=_PAIR, chances="x,y:any"),
    Instance("Var(u + v)", "Var(x + x^2)", given=("x random",), chances="x:any"),
    Instance("sum(j=a..b, Var(u))", "sum(j=1..n, Var(3*x[j]))", given=_IID, chances="x:any"),
    Instance("sum(j=a..b, E(u))", "sum(j=1..n, E(x[j]^3))", given=_IID, chances="x:any"),
    Instance("Var(x)", "Var(x)", given=NORMAL, chances="x:normal"),
    Instance("Var(u)", "Var(x^2)", given=("x random",), chances="x:any"),
    Instance("Cov(u, v)", "Cov(x, y^2)", given=_PAIR, chances="x,y:any"),
    Instance("Cov(u, u)", "Cov(x^2, x^2)", given=("x random",), chances="x:any"),
    Instance("Cov(c, u)", "Cov(y, x)", given=("x random",), chances="x:any"),
    Instance("Cov(u, c)", "Cov(x, y)", given=("x random",), chances="x:any"),
    Instance("Cov(u, v)", "Cov(x, x^2)", given=("x random",), chances="x:any"),
    # ---- expectation
    Instance("E(c)", "E(y)", given=("x random",), chances="x:any"),
    Instance("E(u + v)", "E(x + x^2 - 3)", given=("x random",), chances="x:any"),
    Instance("E(-u)", "E(-x)", given=("x random",), chances="x:any"),
    Instance("E(c*u)", "E(y*x)", given=("x random",), chances="x:any"),
    Instance("E(sum(j=a..b, u))", "E(sum(j=1..n, x[j]^2))", given=("x random",), chances="x:any"),
    Instance("E(u*(-v))", "E(x*(-x^2))", given=("x random",), chances="x:any"),
    Instance("(-u)^c", "(-sin(x))^4"),
    Instance("(u*v)^c", "(x*sin(y))^3"),
    Instance("E(u*v)", "E(x*y^2)", given=_PAIR, chances="x,y:any"),
    Instance("E(x[i]*x[k])", "E(x[i]*x[j])", given=_IID, chances="x:any"),
    Instance("E(x[i]*x[k])", "E(x[i]*x[j])", given=_IID, chances="x:any", put={"j": 1}),
    Instance("E(u*sum(k=a..b, v))", "E(x[i]*sum(k=1..n, x[k]))", given=_IID, chances="x:any"),
    Instance("E(sum(k=a..b, u)^2)", "E(sum(k=1..n, x[k])^2)", given=_IID, chances="x:any"),
    Instance("E(x^k)", "E(x^3)", given=("x symmetric",), chances="x:symmetric"),
    Instance("E(x)", "E(x)", given=("x symmetric",), chances="x:symmetric"),
    Instance("E(x^2)", "E(x^2)", given=("x random",), chances="x:any",
             wanted="Var(x)"),
    Instance("E(x^2)", "E(x^2)", given=("x random",), chances="x:any"),
    Instance("E(x)", "E(x)", given=NORMAL, chances="x:normal"),
    Instance("E(x^k)", "E(x^4)", given=NORMAL, chances="x:normal"),
    Instance("E(f(x)^k)", "E(relu(x)^3)", given=("x random",), chances="x:any"),
    Instance("E(f(x))", "E(relu(x))", given=("x random",), chances="x:any"),
    Instance("where(x > 0, u, v)^k", "where(x > 0, sin(x), y)^3"),
    Instance("E(where(x > 0, u, v))", "E(where(x > 0, x^2, 3*x^4))", given=("x symmetric",), chances="x:flat"),
    Instance("E(where(x > 0, u, v))", "E(where(x > 0, x^2 + 1, 5))", given=("x ~ N(0, v)",), chances="x:symmetric",),
    Instance("E(x[i])", "E(x[i])", given=("x random",), chances="x:any"),
    Instance("E(x[i]^k)", "E(x[i]^3)", given=("x random",), chances="x:any"),
    Instance("E((u + v)^2)", "E((x + y)^2)", given=_XY, chances="x,y:any"),
    Instance("E(u*(v + w))", "E(x*(y + x))", given=_XY, chances="x,y:any"),
    Instance("E(u)", "E(x^4 - x)", given=NORMAL, chances="x:normal"),
    # ---- inequalities
    Instance("E(f(u))", "E(log(x))", given=("x random", "x > 0"), chances="x:above"),
    Instance("E(f(u))", "E(exp(x))", given=("x random",), chances="x:any"),
    Instance("E(u^k)", "E(x^4)", given=("x random",), chances="x:any"),
    # ---- probability
    Instance("P(u*v = 1)", "P(a*b = 1)", given=("a ~ Bernoulli(p)", "b ~ Bernoulli(q)", "independent"),
             chances="a:p b:q"),
    Instance("P(m = 1)", "P(a = 1)", given=("a ~ Bernoulli(p)",), chances="a:p"),
    Instance("P(m = 0)", "P(a = 0)", given=("a ~ Bernoulli(p)",), chances="a:p"),
    Instance("P(x > 0)", "P(x > 0)", given=("x ~ N(0, v)",), chances="x:symmetric"),
    Instance("P(x < 0)", "P(x < 0)", given=("x ~ U(-a, a)",), chances="x:symmetric"),
    Instance("P(x > c)", "P(x > y)", given=NORMAL, left="(1 - erf((y - mu)/sqrt(2*v)))/2"),
    Instance("P(x < c)", "P(x < y)", given=("x ~ Exp(r)",), left="1 - exp(-r*y)"),
    # ---- integrals
    Instance("integral(t=a..b, u + v)", "integral(s=0..y, s^2 + exp(s*x))"),
    Instance("integral(t=a..b, c*u)", "integral(s=0..y, x*sin(s))"),
    Instance("integral(t=a..b, c)", "integral(s=2..5, sin(x))"),
    Instance("integral(t=a..b, u)", "integral(s=0..1, s*exp(s))"),
    # ---- exponentials and logarithms
    Instance("log(exp(u))", "log(exp(sin(x)))"),
    Instance("exp(log(u))", "exp(log(x))", given=("x > 0",)),
    Instance("log(1)", "log(1)"),
    Instance("exp(0)", "exp(0)"),
    Instance("exp(u)*exp(v)", "exp(x)*exp(sin(y))"),
    Instance("c*exp(u)*exp(v)", "x*exp(x)*exp(sin(y))"),
    Instance("exp(u)^c", "exp(x)^y"),
    Instance("u/exp(v)", "sin(x)/exp(y)"),
    Instance("f(u)", "tanh(x)"),
    Instance("exp(c*u)", "exp(3*x)"),
    Instance("exp(-u)", "exp(-sin(x))"),
    Instance("log(u*v)", "log(x*(1 + y^2))", given=("x > 0",)),
    Instance("log(u/v)", "log(x/(1 + y^2))", given=("x > 0",)),
    Instance("log(u^c)", "log(x^y)", given=("x > 0",)),
    Instance("log(prod(j=a..b, u))", "log(prod(j=1..n, exp(z[j])))"),
)  # fmt: skip


class Arrays(Struct, frozen=True):
    """Of matrices: ``moves`` is what the differential is taken by."""

    pattern: str
    formula: str
    moves: str = "X"


SHAPES = "X=nxd,C=nxd,A=nxn,M=nxn,B=dxk,a=n,b=d,x=n,y=n,r=1,s=1,c=1"
MATRICES: tuple[Arrays, ...] = (
    # ---- what is linear
    Arrays("d(A)", "d(A@C)"),
    Arrays("d(A + B)", "d(A@X - 2*C + X)"),
    Arrays("d(-A)", "d(-X)"),
    Arrays("d(c*A)", "d(c*X)"),
    Arrays("d(A @ B)", "d(A@X)"),
    Arrays("d(A @ B)", "d(X@B)"),
    Arrays("d(A ⊙ B)", "d(C ⊙ X)"),
    Arrays("d(s*A)", "d(tr(X.T@C)*A)"),
    Arrays("d(A.T)", "d(X.T)"),
    Arrays("d(tr(A))", "d(tr(A@X@C.T))"),
    Arrays("d(diag(a))", "d(diag(x))", moves="x"),
    Arrays("d(sum(A))", "d(sum(A@X))"),
    # ---- products
    Arrays("d(|a|^2)", "d(|A@x|^2)", moves="x"),
    Arrays("d(|A|^2)", "d(|X - C|^2)"),
    Arrays("d(|a|)", "d(|x - a|)", moves="x"),
    Arrays("d(|A|)", "d(|X|)"),
    Arrays("d(A @ B)", "d(X.T@A@X)"),
    Arrays("d(A ⊙ B)", "d(X ⊙ X)"),
    Arrays("d(r*s)", "d(|X|^2*X)"),
    Arrays("d(r*s)", "d(tr(X.T@C)*|X|)"),
    Arrays("d(s/B)", "d(2/x)", moves="x"),
    Arrays("d(A/s)", "d(C/|X|)"),
    Arrays("d(A/s)", "d(X/|X|)"),
    Arrays("d(s^p)", "d(tr(X.T@C)^3)"),
    Arrays("d(p^s)", "d(c^tr(X.T@C))"),
    Arrays("d(A^p)", "d(x^3)", moves="x"),
    Arrays("d(log(det(A)))", "d(log(det(X.T@X)))"),
    Arrays("d(det(A))", "d(det(X.T@X))"),
    Arrays("d(inv(A))", "d(inv(X.T@X))"),
    Arrays("d(log(sum(exp(a))))", "d(log(sum(exp(A@x))))", moves="x"),
    Arrays("d(logsumexp(a))", "d(logsumexp(A@x))", moves="x"),
    Arrays("d(softmax(a))", "d(softmax(A@x))", moves="x"),
    Arrays("d(log_softmax(a))", "d(log_softmax(A@x))", moves="x"),
    Arrays("d(f(A))", "d(tanh(tr(X.T@C)))"),
    Arrays("d(f(A))", "d(tanh(A@X))"),
    # ---- sums taken apart
    Arrays("A @ (B + C)", "A@(d(X) + C)"),
    Arrays("(A + B) @ C", "(d(X) - C)@B"),
    Arrays("A @ ((B + C) @ D)", "A@((d(X) + C)@B)"),
    Arrays("A ⊙ (B + C)", "C ⊙ (d(X) + X)"),
    Arrays("s*(A + B)", "s*(d(X) + C)"),
    Arrays("(A + B)*C", "(s + d(r))*X", moves="r"),
    Arrays("(A + B).T", "(d(X) + C).T"),
    Arrays("tr(A + B)", "tr(C@d(X).T + A)"),
    Arrays("sum(A + B)", "sum(d(X) + C)"),
    Arrays("tr(-A)", "tr(-A)"),
    Arrays("tr(s*A)", "tr(s*A)"),
    Arrays("sum(-A)", "sum(-X)"),
    Arrays("sum(s*A)", "sum(s*X)"),
    Arrays("A ⊙ ones(k)", "x ⊙ ones(n)"),
    Arrays("diag(a) @ B", "diag(d(x))@a", moves="x"),
    Arrays("A @ (diag(b) @ C)", "A@(diag(d(x))@a)", moves="x"),
    Arrays("A @ (B @ C)", "A@(X@B)"),
    # ---- to a trace
    Arrays("sum(A ⊙ B)", "sum(a ⊙ d(x))", moves="x"),
    Arrays("sum(A ⊙ B)", "sum(C ⊙ d(X))"),
    Arrays("sum(A)", "sum(A@d(x))", moves="x"),
    Arrays("sum(A)", "sum(A@d(X))"),
    Arrays("tr(A ⊙ B)", "tr(A ⊙ (C@d(X).T))"),
    Arrays("tr(A @ (B ⊙ C))", "tr(C.T@(C ⊙ d(X)))"),
    Arrays("A @ B", "a.T@d(X)@b"),
    Arrays("tr(A.T)", "tr((C.T@d(X)).T)"),
    Arrays("tr(A @ B.T)", "tr(C@d(X).T)"),
    Arrays("tr(A @ B)", "tr(d(X)@C.T)"),
    # ---- to a row
    Arrays("tr(A @ B)", "tr(d(x)@a.T)", moves="x"),
    Arrays("A @ B", "a.T@d(x)@(y.T@a)", moves="x"),
    Arrays("A @ (B ⊙ C)", "a.T@(y ⊙ d(x))", moves="x"),
    Arrays("A @ B", "d(x).T@a", moves="x"),
    # ---- to a Jacobian
    Arrays("A ⊙ B", "a ⊙ d(x)", moves="x"),
    Arrays("A @ (B ⊙ C)", "A@(a ⊙ d(x))", moves="x"),
    Arrays("s*A", "(a.T@d(x))*y", moves="x"),
    Arrays("A @ (B @ C)", "y@(d(x).T@a)", moves="x"),
    Arrays("A @ (B @ C)", "A@(d(x)@a.T)", moves="x"),
)  # fmt: skip
READ_OFF: tuple[tuple[str, str, str], ...] = (
    # the table, what the derivative is read off, what is moved
    ("READ_OFF_TRACE", "tr(C.T@d(X))", "X"),
    ("READ_OFF_TRACE", "tr(d(M))", "M"),
    ("READ_OFF_ROW", "a.T@d(x)", "x"),
    ("READ_OFF_JACOBIAN", "A@d(x)", "x"),
    ("READ_OFF_JACOBIAN", "d(x)", "x"),
    ("READ_OFF_RIGHT", "d(M)@A", "M"),
    ("READ_OFF_RIGHT", "d(M)", "M"),
    ("READ_OFF_NUMBER", "d(r)", "r"),
)
