"""Questions of derivations and what textbooks say to them, by the classes of questions that are asked in exams.

Each row: what is asked, and the result as a textbook has it. ``sizes`` are the lengths of lists, ``counts`` whole
numbers; ``chances`` says what random quantities may be, with moments as their distributions have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct, field

from tests.plain_numbers import Chances, mp


class Question(Struct, frozen=True):
    kind: str
    formula: str
    result: str
    asked: Mapping[str, Any] = field(default_factory=dict)
    sizes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    chances: str = ""
    known: Mapping[str, str] = field(default_factory=dict)
    """What names in the result stand for."""

    @property
    def name(self) -> str:
        return f"{self.kind} {self.formula} {' '.join(map(str, self.asked.values()))}"


def _by(formula: str, wrt: str, result: str, kind: str = "A", **more: Any) -> Question:
    keys = ("within", "given", "solve", "expression")
    asked: dict[str, Any] = {"wrt": wrt, **{key: more.pop(key) for key in keys if key in more}}
    return Question(kind, formula, result, asked, **more)


def _of(formula: str, result: str, given: Sequence[str], chances: str, **more: Any) -> Question:
    return Question("H", formula, result, {"given": given}, chances=chances, **more)


def draws(name: str, at: Mapping[str, Any]) -> Chances:
    """Random quantities by few outcomes: the normal and the uniform ones have the first five moments of theirs."""
    mean, spread = at.get("mu", mp.mpf(0)), mp.sqrt(3 * at.get("v", mp.mpf(1)))
    wide, third = at.get("a", mp.mpf(1)) * mp.sqrt(mp.mpf(3) / 5), mp.mpf(1) / 3
    normal = [((mean - spread,), third / 2), ((mean,), 2 * third), ((mean + spread,), third / 2)]
    laws: Mapping[str, Any] = {
        "normal": normal,
        "uniform": [((-wide,), mp.mpf(5) / 18), ((mp.mpf(0),), mp.mpf(4) / 9), ((wide,), mp.mpf(5) / 18)],
        "any": [((mp.mpf(number),), mp.mpf(chance)) for number, chance in (("-.7", ".3"), (".4", ".5"), ("1.9", ".2"))],
        "centred": [((mp.mpf(-1),), mp.mpf("0.6")), ((mp.mpf("1.5"),), mp.mpf("0.4"))],
        "symmetric": [((mp.mpf("-1.3"),), mp.mpf("0.5")), ((mp.mpf("1.3"),), mp.mpf("0.5"))],
        "flat": [((mp.mpf(number),), mp.mpf(chance)) for number, chance in (("-1", ".25"), ("0", ".5"), ("1", ".25"))],
        "above": [((mp.mpf(number),), mp.mpf(chance)) for number, chance in ((".2", ".3"), ("1.4", ".5"), ("3", ".2"))],
        "p": [((mp.mpf(0),), 1 - at.get("p", mp.mpf(0))), ((mp.mpf(1),), at.get("p", mp.mpf(0)))],
        "q": [((mp.mpf(0),), 1 - at.get("q", mp.mpf(0))), ((mp.mpf(1),), at.get("q", mp.mpf(0)))],
    }  # fmt: skip
    pairs = (part.split(":") for part in name.split())
    return {(names,): laws[law] for each, law in pairs for names in each.split(",")}


_Z, _N = {"z": (3,)}, {"n": 3, "i": 1, "j": 2}
QUESTIONS: tuple[Question, ...] = (
    # ---- A: by named rules
    _by("sin(x)/x", "x", "(x*cos(x) - sin(x))/x^2"),
    _by("(1 - exp(-2*x))/(1 + exp(-2*x))", "x", "1 - tanh(x)^2"),
    _by("log(x + sqrt(x^2 + 1))", "x", "1/sqrt(x^2 + 1)"),
    _by("x^x", "x", "x^x*(1 + log(x))"),
    _by("x^2*exp(-a*x)*sin(x)", "x", "x*exp(-a*x)*(2*sin(x) - a*x*sin(x) + x*cos(x))"),
    _by("silu(x)", "x", "sigmoid(x) + x*sigmoid(x)*(1 - sigmoid(x))"),
    # ---- B: in terms of the function itself
    _by("1/(1 + exp(-k*x))", "x", "k*y*(1 - y)", "B", within="y", known={"y": "1/(1 + exp(-k*x))"}),
    _by("a*tanh(b*x)", "x", "b*(a^2 - y^2)/a", "B", within="y", known={"y": "a*tanh(b*x)"}),
    _by("elu(x, a)", "x", "where(x > 0, 1, y + a)", "B", within="y", known={"y": "elu(x, a)"}),
    _by("x/(1 + x)", "x", "(1 - y)^2", "B", within="y", known={"y": "x/(1 + x)"}),
    _by("tan(x)", "x", "1 + y^2", "B", within="y", known={"y": "tan(x)"}),
    # ---- C: along a chain
    _by("L", "b", "a - t", "C", within="a",
        expression="z = w*x + b; a = sigmoid(z); L = -t*log(a) - (1 - t)*log(1 - a)",
        known={"a": "sigmoid(w*x + b)", "L": "-t*log(sigmoid(w*x + b)) - (1 - t)*log(1 - sigmoid(w*x + b))"}),
    _by("c", "x", "2*b*(2*x + y)", "C", expression="a = x + y; b = a*x; c = b^2",
        known={"a": "x + y", "b": "(x + y)*x", "c": "((x + y)*x)^2"}),
    _by("L", "w", "-x*tanh(r)", "C", expression="r = y - w*x; L = log(cosh(r))",
        known={"r": "y - w*x", "L": "log(cosh(y - w*x))"}),
    _by("L", "u", "b*(1 - b^2)*v*(1 - a^2)*x", "C", within="b",
        expression="a = tanh(u*x); b = tanh(v*a); L = b^2/2",
        known={"a": "tanh(u*x)", "b": "tanh(v*tanh(u*x))", "L": "tanh(v*tanh(u*x))^2/2"}),
    # ---- D: cases over indices
    _by("softmax(z)[i]", "z[j]", "softmax(z)[i]*(delta[i,j] - softmax(z)[j])", "D", sizes=_Z, counts=_N),
    _by("log(sum(k=1..n, exp(z[k])))", "z[j]", "softmax(z)[j]", "D", sizes=_Z, counts=_N),
    _by("x[i]/sum(k=1..n, x[k])", "x[j]", "delta[i,j]/sum(k=1..n, x[k]) - x[i]/sum(k=1..n, x[k])^2", "D",
        sizes={"x": (3,)}, counts=_N),
    _by("x[i] - sum(k=1..n, x[k])/n", "x[j]", "delta[i,j] - 1/n", "D", sizes={"x": (3,)}, counts=_N),
    _by("sum(k=1..n, W[i,k]*x[k])", "W[p,q]", "delta[i,p]*x[q]", "D", sizes={"W": (2, 3), "x": (3,)},
        counts={"n": 3, "i": 1, "p": 1, "q": 2}),
    _by("x[i]/sqrt(sum(k=1..n, x[k]^2))", "x[j]",
        "delta[i,j]/sqrt(sum(k=1..n, x[k]^2)) - x[i]*x[j]/sum(k=1..n, x[k]^2)^(3/2)", "D",
        sizes={"x": (3,)}, counts=_N),
    # ---- F: sums over samples
    _by("sum(i=1..n, log(1 + exp(-y[i]*w*x[i])))", "w", "-sum(i=1..n, y[i]*x[i]*sigmoid(-y[i]*w*x[i]))", "F",
        sizes={"x": (3,), "y": (3,)}, counts={"n": 3}),
    _by("sum(i=1..n, (y[i] - a - b*x[i])^2)/n", "b", "-(2/n)*sum(i=1..n, x[i]*(y[i] - a - b*x[i]))", "F",
        sizes={"x": (3,), "y": (3,)}, counts={"n": 3}),
    _by("max([0, m + (a - p)^2 - (a - q)^2])", "a", "where(m + (a - p)^2 - (a - q)^2 > 0, 2*(q - p), 0)", "F"),
    _by("sum(i=1..n, (x[i] - m)^2)", "m", "sum(i=1..n, x[i])/n", "F", sizes={"x": (3,)}, counts={"n": 3},
        solve="minimum"),
    _by("sum(i=1..n, log(v)/2 + (x[i] - m)^2/(2*v))", "v", "sum(i=1..n, (x[i] - m)^2)/n", "F", solve="minimum",
        given=["v > 0"], sizes={"x": (3,)}, counts={"n": 3}),
    _by("p*log(d) + q*log(1 - d)", "d", "p/(p + q)", "F", solve="minimum", given=["p > 0", "q > 0", "0 < d < 1"]),
    # ---- G: assumptions, and functions of which nothing is known
    _by("x*F(x^2)", "x", "F(x^2) + 2*x^2*F'(x^2)", "G"),
    _by("F(x)/G(x)", "x", "(F'(x)*G(x) - F(x)*G'(x))/G(x)^2", "G"),
    _by("x + F(x + G(x))", "x", "1 + F'(x + G(x))*(1 + G'(x))", "G"),
    _by("elu(v*relu(w*x))", "x", "v*w", "G", given=["relu, elu active"]),
    # ---- H: expectation, variance, probability
    _of("Var(a*x - b*y + c)", "a^2*Var(x) + b^2*Var(y)", ["x, y independent", "a, b, c constant"], "x,y:any"),
    _of("Cov(x + z, y + z)", "Var(z)", ["x, y, z independent"], "x,y,z:any"),
    _of("Var(m*x)", "p*v + p*(1 - p)*mu^2", ["m ~ Bernoulli(p)", "x ~ N(mu, v)", "independent"], "m:p x:normal"),
    _of("P(a*b = 0)", "1 - p*q", ["a ~ Bernoulli(p)", "b ~ Bernoulli(q)", "independent"], "a:p b:q"),
    _of("E[sum(i=1..n, (x[i] - sum(k=1..n, x[k])/n)^2)/n]", "(n - 1)/n*Var(x)", ["independent", "x random"], "x:any",
        sizes={"x": (3,)}, counts={"n": 3}),
    _of("Var(sum(i=1..n, x[i])/n)", "Var(x)/n", ["independent", "x random"], "x:any", sizes={"x": (3,)},
        counts={"n": 3}),
    _of("Var(m*x/q)", "E[x^2]/q", ["m ~ Bernoulli(q)", "m, x independent", "E[x] = 0"], "m:q x:centred"),
    _of("E[relu(y)^2]", "E[y^2]/2", ["y symmetric"], "y:symmetric"),
    _of("E[x^4]", "3*v^2", ["x ~ N(0, v)"], "x:normal"),
    _of("E[x^2]", "a^2/3", ["x ~ U(-a, a)"], "x:uniform"),
    _of("E[(m - p)^2]", "p - p^2", ["m ~ Bernoulli(p)"], "m:p"),
    _of("E[(a*x + b)^2]", "a^2*v + (a*mu + b)^2", ["x ~ N(mu, v)", "a, b constant"], "x:normal"),
    # ---- I: update rules
    Question("I", "w - lr*(g + c*w)", "(1 - lr*c)*w - lr*g", {"collect": "w"}),
    Question("I", "(1 - a)*((1 - a)*m + a*x1) + a*x2", "(1 - a)^2*m + a*(1 - a)*x1 + a*x2", {"collect": "m"}),
    Question("I", "theta - lr*(m/(sqrt(v) + eps) + lam*theta)", "(1 - lr*lam)*theta - lr*m/(sqrt(v) + eps)",
             {"collect": "theta"}),
    # ---- J: index formulas
    _by("sum(i=1..k, x[j*s + i])/k", "x[m]", "where(m - j*s >= 1, where(m - j*s <= k, 1/k, 0), 0)", "J",
        sizes={"x": (9,)}, counts={"k": 3, "j": 1, "s": 2, "m": 4}),
    _by("sum(i=1..k, x[j*s + i])/k", "x[m]", "0", "J", sizes={"x": (9,)}, counts={"k": 3, "j": 1, "s": 2, "m": 7}),
    _by("sum(i=1..k, w[i]*x[j + i - 1])", "w[m]", "x[j + m - 1]", "J", sizes={"x": (9,), "w": (3,)},
        counts={"k": 3, "j": 2, "m": 2}),
    _by("sum(c=1..k, sum(d=1..k, W[c,d]*x[i + c - 1, j + d - 1]))", "W[a,b]", "x[i + a - 1, j + b - 1]", "J",
        sizes={"x": (5, 5), "W": (3, 3)}, counts={"k": 3, "i": 2, "j": 1, "a": 3, "b": 2}),
)  # fmt: skip

MATRICES: tuple[tuple[str, str, str, str], ...] = (
    # what is differentiated, by what, the shapes, the gradient
    ("x.T@A@x + b.T@x", "x", "A=nxn,x=n,b=n", "(A + A.T)@x + b"),
    ("log(det(X.T@X))", "X", "X=nxd", "2*X@inv(X.T@X)"),
    ("a.T@X.T@b", "X", "X=nxd,a=d,b=n", "b@a.T"),
    ("|A@x - b|^2/2", "x", "A=nxd,x=d,b=n", "A.T@(A@x - b)"),
    ("tr(X.T@A@X)", "X", "X=nxd,A=nxn", "(A + A.T)@X"),
)
COLLECTED: tuple[tuple[str, str, str], ...] = (
    # affine maps: the formula, what it is collected in, the product of the matrices before it
    ("B@(A@x + u) + v", "x", "B@A"),
    ("(I + u@v.T)@x", "x", "I + u@v.T"),
    ("A@(B@(C@x)) - A@x", "x", "A@B@C - A"),
)
HELD: tuple[tuple[str, tuple[str, ...]], ...] = (
    # true statements, and what is given for them
    ("tanh(x) = 2*sigmoid(2*x) - 1", ()),
    ("silu(x) - silu(-x) = x", ()),
    ("relu(x) = (x + |x|)/2", ()),
    ("log(sigmoid(x)) = -softplus(-x)", ()),
    ("cosh(x)^2 - sinh(x)^2 = 1", ()),
    ("E[(x - a)^2] = Var(x) + (E[x] - a)^2", ("a constant",)),
)
