"""Rules of calculus, of sums over indices and of probability, one row each; no row states a result that has a name."""

from __future__ import annotations

from stepper.tables.theorem import Theorem as Row

_CALCULUS = "any calculus text: rules of differentiation"
_SUMS = "Graham, Knuth and Patashnik, Concrete Mathematics, chapter 2"
_RANDOM = "Wasserman, All of Statistics, 2004, chapter 3"
_LAWS = "Wasserman, All of Statistics, 2004, chapter 2 and section 3.4"

DERIVATIVES: tuple[Row, ...] = (
    Row("derivative of a constant", "D(c, x)", "0", _CALCULUS, "c free of x", quick=True),
    Row("derivative of the variable", "D(x, x)", "1", _CALCULUS, quick=True),
    Row("derivative of an entry", "D(x[i], x[j])", "delta[i, j]", "Petersen and Pedersen, The Matrix Cookbook, 2012, "
        "section 2.4, equation 73", quick=True),
    Row("derivative of an entry", "D(x[i, k], x[j, l])", "delta[i, j]*delta[k, l]", "Petersen and Pedersen, The "
        "Matrix Cookbook, 2012, section 2.4, equation 73", quick=True),
    Row("sum rule", "D(u + v, x)", "D(u, x) + D(v, x)", _CALCULUS, spreads=True),
    Row("constant factor", "D(-u, x)", "-D(u, x)", _CALCULUS, quick=True),
    Row("constant factor", "D(c*u, x)", "c*D(u, x)", _CALCULUS, "c free of x", quick=True),
    Row("quotient rule", "D(u/v, x)", "(D(u, x)*v - u*D(v, x))/v^2", _CALCULUS, "v depends on x; u depends on x"),
    Row("reciprocal rule", "D(c/v, x)", "-c*D(v, x)/v^2", _CALCULUS, "c free of x"),
    Row("product rule", "D(u*v, x)", "D(u, x)*v + u*D(v, x)", _CALCULUS, spreads=True),
    Row("power rule", "D(u^c, x)", "c*u^(c - 1)*D(u, x)", _CALCULUS, "c free of x"),
    Row("exponential rule", "D(c^u, x)", "c^u*log(c)*D(u, x)", _CALCULUS, "c free of x"),
    Row("logarithmic differentiation", "D(u^v, x)", "u^v*D(v*log(u), x)", _CALCULUS),
    Row("derivative of a maximum", "D(max([u, v]), x)", "where(u > v, D(u, x), D(v, x))", _CALCULUS),
    Row("derivative of a minimum", "D(min([u, v]), x)", "where(u < v, D(u, x), D(v, x))", _CALCULUS),
    Row("chain rule", "D(f(u), x)", "chain(f(u), x)", _CALCULUS, "f known", shown="D(f(u), x) = f'(u)*D(u, x)"),
    Row("case by case", "D(g, x)", "branches(D(g, x))", _CALCULUS, "g has cases",
        says="each case is differentiated by itself"),
    Row("derivative of a sum", "D(sum(k=a..b, u), x)", "sum(k=a..b, D(u, x))", _CALCULUS, "x free of k",
        quick=True),
    Row("differentiation under the integral sign", "D(integral(t=a..b, u), x)", "integral(t=a..b, D(u, x))",
        "Folland, Real Analysis, 1999, theorem 2.27", "a free of x; b free of x; x free of t"),
)  # fmt: skip

SUMS: tuple[Row, ...] = (
    Row("the Kronecker delta selects one term", "sum(k=a..b, delta[k, j]*u)", "at(u, k, j)", _SUMS, "j free of k",
        shown="sum(k=a..b, delta[k, j]*u[k]) = u[j]"),
    Row("the Kronecker delta selects one term, if in range", "sum(k=a..b, delta[k + c, j]*u)",
        "where(j - c >= a, where(j - c <= b, at(u, k, j - c), 0), 0)", _SUMS, "c free of k; j free of k",
        shown="sum(k=a..b, delta[k + c, j]*u[k]) = u[j - c]"),
    Row("the Kronecker delta selects one term, if in range", "sum(k=a..b, delta[k + c, j])",
        "where(j - c >= a, where(j - c <= b, 1, 0), 0)", _SUMS, "c free of k; j free of k",
        shown="sum(k=a..b, delta[k + c, j]) = 1"),
    Row("the Kronecker delta selects one term", "sum(k=a..b, delta[k, j])", "1", _SUMS, "j free of k"),
    Row("probabilities sum to 1", "sum(k=1..b, y[k])", "1", _LAWS, "y distribution"),
    Row("multiplied out", "sum(k=a..b, u*(v + w))", "sum(k=a..b, u*v + u*w)", _SUMS, "v holds delta in k"),
    Row("linearity of the sum", "sum(k=a..b, u + v)", "sum(k=a..b, u) + sum(k=a..b, v)", _SUMS, "u holds delta in k"),
    Row("constant factor taken out of the sum", "sum(k=a..b, c*u)", "c*sum(k=a..b, u)", _SUMS, "c free of k",
        quick=True),
    Row("sum of a constant", "sum(k=a..b, c)", "(b - a + 1)*c", _SUMS, "c free of k", quick=True),
    Row("minus sign taken out of the sum", "sum(k=a..b, -u)", "-sum(k=a..b, u)", _SUMS, quick=True),
)  # fmt: skip

VARIANCE: tuple[Row, ...] = (
    Row("variance of a constant", "Var(c)", "0", _RANDOM, "c constant", quick=True),
    Row("a constant term does not change the variance", "Var(c + u)", "Var(u)", _RANDOM, "c constant"),
    Row("variance of a multiple", "Var(c*u)", "c^2*Var(u)", _RANDOM, "c constant"),
    Row("variance of a multiple", "Var(-u)", "Var(u)", _RANDOM, quick=True),
    Row("variance of a sum of independent terms", "Var(sum(j=a..b, u))", "sum(j=a..b, Var(u))", _RANDOM,
        "u independent over j"),
    Row("variance of a sum of independent terms", "Var(u + v)", "Var(u) + Var(v)", _RANDOM, "u, v independent",
        spreads=True),
    Row("variance of a sum", "Var(u + v)", "Var(u) + Var(v) + 2*Cov(u, v)", _RANDOM, "u random; v random"),
    Row("identically distributed terms", "sum(j=a..b, Var(u))", "(b - a + 1)*Var(alike(u, j))", _RANDOM,
        "u alike over j", shown="sum(j=a..b, Var(u[j])) = (b - a + 1)*Var(u)"),
    Row("identically distributed terms", "sum(j=a..b, E(u))", "(b - a + 1)*E(alike(u, j))", _RANDOM, "u alike over j",
        shown="sum(j=a..b, E(u[j])) = (b - a + 1)*E(u)"),
    Row("variance of the distribution", "Var(x)", "variance(x)", _LAWS, "x single; x has a law",
        says="the variance of the distribution of x"),
    Row("variance in terms of moments", "Var(u)", "E(u^2) - E(u)^2", _RANDOM, "u compound"),
    Row("covariance of independent quantities", "Cov(u, v)", "0", _RANDOM, "u, v independent"),
    Row("covariance with itself", "Cov(u, u)", "Var(u)", _RANDOM),
    Row("covariance with a constant", "Cov(c, u)", "0", _RANDOM, "c constant"),
    Row("covariance with a constant", "Cov(u, c)", "0", _RANDOM, "c constant"),
    Row("covariance in terms of moments", "Cov(u, v)", "E(u*v) - E(u)*E(v)", _RANDOM),
)  # fmt: skip

EXPECTATION: tuple[Row, ...] = (
    Row("expectation of a constant", "E(c)", "c", _RANDOM, "c constant", quick=True),
    Row("linearity of expectation", "E(u + v)", "E(u) + E(v)", _RANDOM, spreads=True),
    Row("linearity of expectation", "E(-u)", "-E(u)", _RANDOM, quick=True),
    Row("linearity of expectation", "E(c*u)", "c*E(u)", _RANDOM, "c constant", quick=True),
    Row("linearity of expectation", "E(sum(j=a..b, u))", "sum(j=a..b, E(u))", _RANDOM),
    Row("linearity of expectation", "E(u*(-v))", "-E(u*v)", _RANDOM, quick=True),
    Row("power of a negative", "(-u)^c", "u^c", "any text on algebra", "c even", quick=True),
    Row("power of a product", "(u*v)^c", "u^c*v^c", "any text on algebra", "c whole", quick=True, spreads=True),
    Row("expectation of a product of independent factors", "E(u*v)", "E(u)*E(v)", _RANDOM, "u, v independent",
        spreads=True),
    Row("product of two entries, equal or independent", "E(x[i]*x[k])", "E(x)^2 + delta[i, k]*(E(x^2) - E(x)^2)",
        _RANDOM, "x independent of itself; i differs from k"),
    Row("linearity of expectation", "E(u*sum(k=a..b, v))", "sum(k=a..b, E(u*v))", _RANDOM, "u free of k"),
    Row("square of a sum over an index", "E(sum(k=a..b, u)^2)", "E(squared(sum(k=a..b, u)))", _SUMS, "u random",
        shown="E(sum(k=a..b, u[k])^2) = E(sum(k=a..b, sum(l=a..b, u[k]*u[l])))"),
    Row("odd moments of a symmetric distribution", "E(x^k)", "0", _LAWS, "x symmetric; k odd"),
    Row("odd moments of a symmetric distribution", "E(x)", "0", _LAWS, "x symmetric"),
    Row("second moment", "E(x^2)", "Var(x) + E(x)^2", _RANDOM, "x single; x wanted by its variance"),
    Row("mean of the distribution", "E(x)", "mean(x)", _LAWS, "x single; x has a law",
        says="the mean of the distribution of x"),
    Row("moment of the distribution", "E(x^k)", "moment(x, k)", _LAWS, "x single; x has a law; k whole",
        says="the moment of the distribution of x"),
    Row("definition by cases", "E(f(x)^k)", "E(cases(f(x))^k)", "the table of functions", "f by cases",
        says="the function by its cases"),
    Row("definition by cases", "E(f(x))", "E(cases(f(x)))", "the table of functions", "f by cases",
        says="the function by its cases"),
    Row("power case by case", "where(x > 0, u, v)^k", "where(x > 0, u^k, v^k)", "case by case", quick=True),
    Row("symmetry of the distribution", "E(where(x > 0, u, v))", "(E(u) + E(v))/2", _LAWS,
        "x symmetric; u even in x; v even in x; u meets v where x is 0"),
    Row("symmetry of the distribution", "E(where(x > 0, u, v))", "(E(u) + E(v))/2", _LAWS,
        "x symmetric; x continuous; u even in x; v even in x"),
    Row("identically distributed entries", "E(x[i])", "E(x)", _RANDOM, "x random"),
    Row("identically distributed entries", "E(x[i]^k)", "E(x^k)", _RANDOM, "x random"),
    Row("square multiplied out", "E((u + v)^2)", "E(u^2 + 2*u*v + v^2)", "any text on algebra"),
    Row("product multiplied out", "E(u*(v + w))", "E(u*v + u*w)", "any text on algebra"),
    Row("expectation by the density", "E(u)", "by_density(E(u))", _LAWS, "u of one continuous quantity",
        shown="E(u) = integral(x=a..b, u*p(x))"),
)  # fmt: skip

INTEGRALS: tuple[Row, ...] = (
    Row("integral of a sum", "integral(t=a..b, u + v)", "integral(t=a..b, u) + integral(t=a..b, v)",
        "any calculus text: integration"),
    Row("constant factor taken out of the integral", "integral(t=a..b, c*u)", "c*integral(t=a..b, u)",
        "any calculus text: integration", "c free of t", quick=True),
    Row("integral of a constant", "integral(t=a..b, c)", "(b - a)*c", "any calculus text: integration", "c free of t; "
        "a number; b number"),
    Row("antiderivative", "integral(t=a..b, u)", "integrated(integral(t=a..b, u))", "any calculus text: integration",
        says="worked out by SymPy, and checked by numerical integration",
        shown="integral(t=a..b, U'(t)) = U(b) - U(a)"),
)  # fmt: skip

MOMENTS: tuple[Row, ...] = (
    Row("second moment", "E(x^2)", "Var(x) + E(x)^2", _RANDOM, "x single; x random"),
)  # fmt: skip
"""Tried at the end: is it shorter so?"""

_JENSEN = "Jensen, On convex functions and inequalities between mean values (in French), 1906"
INEQUALITIES: tuple[Row, ...] = (
    Row("Jensen's inequality", "E(f(u))", "outside(E(f(u)))", _JENSEN, "f bends down; f random", relation="<=",
        shown="E(f(u)) <= f(E(u))"),
    Row("Jensen's inequality", "E(f(u))", "outside(E(f(u)))", _JENSEN, "f bends up; f random", relation=">=",
        shown="E(f(u)) >= f(E(u))"),
    Row("Jensen's inequality", "E(u^k)", "E(u)^k", _JENSEN, "k even; u random", relation=">="),
)  # fmt: skip

PROBABILITY: tuple[Row, ...] = (
    Row("product of indicators", "P(u*v = 1)", "P(u = 1)*P(v = 1)", _RANDOM,
        "u an indicator; v an indicator; u, v independent", spreads=True),
    Row("probability of an indicator", "P(m = 1)", "E(m)", _RANDOM, "m an indicator"),
    Row("complement", "P(m = 0)", "1 - P(m = 1)", _RANDOM, "m an indicator"),
    Row("symmetry of the distribution", "P(x > 0)", "1/2", _LAWS, "x symmetric; x continuous"),
    Row("symmetry of the distribution", "P(x < 0)", "1/2", _LAWS, "x symmetric; x continuous"),
    Row("probability by the density", "P(x > c)", "above(x, c)", _LAWS, "x single; x continuous; c constant",
        shown="P(x > c) = integral(x=c..b, p(x))"),
    Row("probability by the density", "P(x < c)", "below(x, c)", _LAWS, "x single; x continuous; c constant",
        shown="P(x < c) = integral(x=a..c, p(x))"),
)  # fmt: skip

_ALGEBRA = "any text on algebra: powers and logarithms"

EXPONENTIALS: tuple[Row, ...] = (
    Row("logarithm of an exponential", "log(exp(u))", "u", _ALGEBRA, quick=True),
    Row("exponential of a logarithm", "exp(log(u))", "u", _ALGEBRA, "u positive", quick=True),
    Row("logarithm of 1", "log(1)", "0", _ALGEBRA, quick=True),
    Row("exponential of 0", "exp(0)", "1", _ALGEBRA, quick=True),
    Row("product of exponentials", "exp(u)*exp(v)", "exp(u + v)", _ALGEBRA),
    Row("product of exponentials", "c*exp(u)*exp(v)", "c*exp(u + v)", _ALGEBRA),
    Row("power of an exponential", "exp(u)^c", "exp(c*u)", _ALGEBRA),
    Row("division by an exponential", "u/exp(v)", "u*exp(-v)", _ALGEBRA),
)  # fmt: skip

BY_EXPONENTIALS: tuple[Row, ...] = (
    Row("definition", "f(u)", "unfolded(f(u))", "the table of functions", "f by exponentials",
        says="the function by its definition"),
)  # fmt: skip

OPPOSITES: tuple[Row, ...] = (
    Row("power of an exponential", "exp(c*u)", "exp(u)^c", _ALGEBRA, "c whole"),
    Row("exponential of a negative", "exp(-u)", "1/exp(u)", _ALGEBRA),
)  # fmt: skip

LOGARITHMS: tuple[Row, ...] = (
    Row("logarithm of a product", "log(u*v)", "log(u) + log(v)", _ALGEBRA, "u positive; v positive", spreads=True),
    Row("logarithm of a quotient", "log(u/v)", "log(u) - log(v)", _ALGEBRA, "u positive; v positive"),
    Row("logarithm of a power", "log(u^c)", "c*log(u)", _ALGEBRA, "u positive"),
    Row("logarithm of a product", "log(prod(j=a..b, u))", "sum(j=a..b, log(u))", _ALGEBRA, "u positive"),
    Row("logarithm of an exponential", "log(exp(u))", "u", _ALGEBRA, quick=True),
)  # fmt: skip

APART: tuple[Row, ...] = (
    Row("multiplied out", "sum(k=a..b, u*(v + w))", "sum(k=a..b, u*v + u*w)", _SUMS),
    Row("linearity of the sum", "sum(k=a..b, u + v)", "sum(k=a..b, u) + sum(k=a..b, v)", _SUMS, spreads=True),
    *(row for row in SUMS if row.quick),
)  # fmt: skip
"""Sums taken apart, so that what is the same in every term stands before them."""

DEFINITIONS: tuple[Row, ...] = (
    Row("active unit", "f(u)", "first(f(u))", "the table of functions", "f active",
        quick=True, says="the case above 0"),
    Row("definition", "D(f(z)[i], x)", "D(entry(f(z), i), x)", "the table of functions", "f of a list",
        says="the entry by its definition"),
    Row("definition", "D(f(z), x)", "D(over(f(z)), x)", "the table of functions", "f joins a list",
        says="the function by its definition"),
)  # fmt: skip

ALL: tuple[Row, ...] = (
    *DERIVATIVES, *SUMS, *DEFINITIONS, *VARIANCE, *EXPECTATION, *INEQUALITIES, *PROBABILITY, *INTEGRALS, *EXPONENTIALS,
    *BY_EXPONENTIALS, *OPPOSITES, *LOGARITHMS,
)  # fmt: skip
