"""The witness: what is true agrees at every instance, what is false is refuted by one that can be put in."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import isclose, prod

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from stepper.core.assumptions import Given
from stepper.core.derivation_parser import Relation, parse_statement
from stepper.core.expr import COMPARE, Call, Expr, Sym, Value
from stepper.core.formula import number_of, text
from stepper.core.traverse import meant, substitute, transform, walk
from stepper.engine.derive.witness.counterexample import Counterexample
from stepper.engine.derive.witness.evaluate import value
from stepper.engine.derive.witness.verdict import Agreement, Unjudged, Verdict, compare, instances
from stepper.engine.values.evaluate import evaluate
from stepper.engine.values.vocabulary import PLAIN
from stepper.read.assumptions import read_given
from tests.statements import FALSE, TRUE


def sides(statement: str) -> tuple[Expr, Relation, Expr]:
    found = parse_statement(statement)
    left, right = (meant(side, ()) for side in found.sides)
    return left, found.relations[0], right


def assumed(statement: str, lines: tuple[str, ...]) -> Given:
    left, _, right = sides(statement)
    return read_given(lines, (left, right))


def judged(statement: str, *lines: str) -> Verdict:
    return compare(*sides(statement), assumed(statement, lines), PLAIN)


@pytest.mark.parametrize(("statement", "lines"), TRUE, ids=[statement for statement, _ in TRUE])
def test_what_is_true_agrees_at_every_instance(statement: str, lines: tuple[str, ...]) -> None:
    found = judged(statement, *lines)
    assert isinstance(found, Agreement), found
    assert found.count >= 2 or "by their values" in str(found.evidence)


@pytest.mark.parametrize(("statement", "lines"), FALSE, ids=[f"{line} {given}" for line, given in FALSE])
def test_what_is_false_is_refuted(statement: str, lines: tuple[str, ...]) -> None:
    found = judged(statement, *lines)
    assert isinstance(found, Counterexample), found
    left, relation, right = sides(statement)
    for side, told in ((left, found.left), (right, found.right)):
        again = value(side, found.instance)
        if not isinstance(again, tuple):
            assert isclose(float(again), float(number(told)), rel_tol=1e-9)
    assert found.left != found.right or relation in ("<", ">", "!=")


def number(expr: Expr) -> Fraction | float:
    found = number_of(expr)
    assert found is not None
    return found


BEYOND = ("D(", "x[", "sum(", "integral(", "@", "'", "|", "det", "inv", "softmax")
"""What the engine of graphs does not know."""
PUT_IN = [
    (statement, lines)
    for statement, lines in FALSE
    if not any(word in statement for word in BEYOND) and not any("~" in line for line in lines)
]


@pytest.mark.parametrize(("statement", "lines"), PUT_IN, ids=[statement for statement, _ in PUT_IN])
def test_a_counterexample_can_be_put_in(statement: str, lines: tuple[str, ...]) -> None:
    """By the engine that works out graphs, and outcome by outcome: not by the witness."""
    found = judged(statement, *lines)
    assert isinstance(found, Counterexample)
    left, relation, right = sides(statement)
    one, other = (worked(side, found) for side in (left, right))
    assert isclose(one, float(number(found.left)), rel_tol=1e-9)
    assert isclose(other, float(number(found.right)), rel_tol=1e-9)
    assert not COMPARE["==" if relation == "=" else relation](one, other)


def worked(expr: Expr, found: Counterexample) -> float:
    values = dict(found.values)
    outcomes: list[tuple[dict[Expr, Expr], Fraction | float]] = [({}, Fraction(1))]
    for distribution in found.distributions:
        outcomes = [
            (known | dict(zip(distribution.names, point, strict=True)), chance * number(share))
            for (known, chance), (point, share) in product(outcomes, distribution.outcomes)
        ]

    def mean(body: Expr) -> float:
        return float(sum(float(chance) * worked(substitute(body, known), found) for known, chance in outcomes))

    def change(part: Expr) -> Expr | None:
        match part:
            case Call("E", (body,)):
                return Value(mean(body))
            case Call("Var", (body,)):
                centre = mean(body)
                return Value(
                    float(
                        sum(
                            float(chance) * (worked(substitute(body, known), found) - centre) ** 2
                            for known, chance in outcomes
                        )
                    )
                )
            case _:
                return None

    plain = substitute(transform(expr, change), values)
    answer = evaluate(plain, {}, PLAIN)
    assert answer is not None, text(plain)
    return float(answer)


def test_counterexamples_are_easily_put_in() -> None:
    found = judged("(a + b)^2 = a^2 + b^2")
    assert isinstance(found, Counterexample)
    assert all(abs(Fraction(number(at))) <= 5 and Fraction(number(at)).denominator <= 2 for _, at in found.values)
    found = judged("E[x*y] = E[x]*E[y]")
    assert isinstance(found, Counterexample)
    (joint,) = found.distributions
    assert [text(name) for name in joint.names] == ["x", "y"]
    assert len(joint.outcomes) == 2  # y tells x: each of two values as likely as the other
    assert sum(number(chance) for _, chance in joint.outcomes) == 1


@pytest.mark.parametrize(
    ("statement", "lines", "kind", "words"),
    [
        ("log(-x^2 - 1) = x", (), "undefined", "log of a negative number"),
        ("sum(k=1..infinity, 1/k) = 3", (), "undefined", "a sum that does not converge"),
        ("sum(k=0..infinity, 2^k) = -1", (), "undefined", "a sum that does not converge"),
        ("integral(x=0..1, 1/x) = 1", (), "undefined", "an integral that does not converge"),
        ("integral(x=1..infinity, 1/x) = 1", (), "undefined", "an integral that does not converge"),
        ("integral(x=0..infinity, sin(x)) = 1", (), "undefined", "an integral that does not converge"),
        ("1/(x - x) = 1", (), "undefined", "a division by 0"),
        ("x = 1", ("x > 1", "x < 0"), "unmet", "could not be met"),
        ("E[x] = 1", ("E[x] = 0", "x > 1"), "unmet", "no distribution of x was found"),
        ("A@B = C", ("A: n x m", "B: n x m", "C: n x m"), "misfit", "shapes that do not fit"),
        ("det(A) = 1", ("A: n x m",), "misfit", "det of"),
        ("conv2d(X, K) = X", ("X: n x n", "K: m x m"), "unable", "a function of arrays"),
        ("Var(x) = C", ("x: n", "x random", "C: n x n"), "unable", "Var of an array"),
        ("P(x + y + z > 0) = 1/2", ("x ~ N(0, 1)", "y ~ N(0, 1)", "z ~ N(0, 1)"), "unable", "more than 2 quantities"),
        ("sum(k=1..10^9, k) = 1", (), "unable", "more than 2,000 terms"),
    ],
)  # fmt: skip
def test_what_cannot_be_judged_says_why(statement: str, lines: tuple[str, ...], kind: str, words: str) -> None:
    found = judged(statement, *lines)
    assert isinstance(found, Unjudged), found
    assert found.kind == kind
    assert words in "".join(part if isinstance(part, str) else text(part) for part in found.reason)


def test_what_is_assumed_holds_at_every_instance() -> None:
    statement, lines = "E[w] = m", ("E[w] = m", "Var(w) = 2/n", "0 < p < 1", "p + q = 1", "n >= 2", "x: n", "y: n")
    given = assumed(statement, lines)
    left, _, right = sides(statement)
    more = [sides(line)[0] for line in ("p + n + sum(x) = 1", "q + sum(y) = 1")]
    found = [instance for instance, _ in zip(instances([left, right, *more], given, PLAIN), range(8), strict=False)]
    assert len(found) == 8
    for instance in found:
        for fact in given.facts:
            values = [value(side, instance) for side in fact.sides]
            for one, relation, other in zip(values, fact.relations, values[1:], strict=False):
                assert COMPARE["==" if relation == "=" else relation](float(one), float(other)) or isclose(one, other)


def test_instances_are_the_same_every_time() -> None:
    one, other = (judged("E[x*y^2] = E[x]*E[y]^2 + a") for _ in range(2))
    assert isinstance(one, Counterexample)
    assert isinstance(other, Counterexample)
    assert (one.values, one.distributions, one.left) == (other.values, other.distributions, other.left)


# ---- laws


POLYNOMIALS = st.recursive(
    st.sampled_from(["x", "y", "z", "1", "2", "1/2"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*"]), inner).map(lambda parts: f"({' '.join(parts)})"),
        inner.map(lambda body: f"({body})^2"),
    ),
    max_leaves=6,
)


@settings(max_examples=40, deadline=None)
@for_all(POLYNOMIALS)
def test_a_formula_equals_itself_and_not_what_is_one_more(formula: str) -> None:
    assert isinstance(judged(f"{formula} = {formula}"), Agreement)
    found = judged(f"{formula} = {formula} + 1")
    assert isinstance(found, Counterexample)
    assert number(found.right) == number(found.left) + 1


@settings(max_examples=30, deadline=None)
@for_all(POLYNOMIALS)
def test_values_are_those_of_graphs(formula: str) -> None:
    """At an instance a formula comes to what the engine works out with its numbers put in."""
    left, _, right = sides(f"{formula} = 0")
    for instance, _ in zip(instances([left, right], Given(), PLAIN), range(3), strict=False):
        found = value(left, instance)
        names = {part.name for part in walk(left) if isinstance(part, Sym)}
        known = {name: Fraction(instance.number((name, ()))) for name in names}
        assert evaluate(left, known, PLAIN) == found


@settings(max_examples=25, deadline=None)
@for_all(POLYNOMIALS, POLYNOMIALS)
def test_expectation_is_linear(one: str, other: str) -> None:
    lines = ("x, y, z random",)
    assert isinstance(judged(f"E[{one} + 3*({other})] = E[{one}] + 3*E[{other}]", *lines), Agreement)


@settings(max_examples=8, deadline=None)
@for_all(st.integers(1, 6), st.fractions(-2, 2, max_denominator=3), st.fractions(1, 3, max_denominator=3))
def test_moments_are_those_of_the_integral(power: int, mean: Fraction, variance: Fraction) -> None:
    """What is summed exactly for a polynomial is what its integral with the density comes to."""
    law = f"x ~ N({mean}, {variance})"
    density = f"exp(-(t - ({mean}))^2/(2*({variance})))/sqrt(2*π*({variance}))"
    statement = f"E[x^{power}] = integral(t=-infinity..infinity, t^{power}*{density})"
    assert isinstance(judged(statement, law), Agreement)


@pytest.mark.parametrize("masked", [True, False])
def test_chances_are_chances(masked: bool) -> None:
    """Whatever depends on what: no chance is negative, and together they are 1."""
    left, _, right = sides("E[sum(j=1..n, x[j])*y] = Cov(x, y)")
    given = read_given(("y ~ Bernoulli(q)",) if masked else (), (left, right))
    for instance, _ in zip(instances([left, right], given, PLAIN), range(4), strict=False):
        value(left, instance)
        used = {key: marginal.points for key, marginal in instance.models.used.items()}
        factor = instance.models.together(used)
        total = Fraction(0)
        for outcome in product(*used.values()):
            single = prod(share for _, share in outcome)
            chance = factor(dict(zip(used, (at for at, _ in outcome), strict=True))) * single
            assert chance >= 0
            total += chance
        assert total == 1


@pytest.mark.parametrize(
    ("statement", "lines"),
    [
        ("x = x + a", ("x = x + 1",)),
        ("E[x] = E[y]", ("E[x^2] = E[y^2]",)),
        ("P(x > I) = det(x)", ()),
        ("E[E[I]] != 2", ()),
        ("sum(F(x)*infinity) < I", ()),
        ("infinity - infinity = 0", ()),
        ("integral(t=-1..b, infinity) = 1", ()),
        ("integral(t=-infinity..infinity, E[z]) >= E[0]", ("z: n",)),
        ("Var(integral(t=-1..b, t)) = 1", ()),
        ("where(I > m, a, b) = 1", ()),
        ("dot(v) = 1", ("v: n",)),
        ("diag(2)*x = 2*x", ()),
        ("D(|x|, x) = sign(x)", ()),
        ("D(x, 2) = 1", ()),
        ("x[j][k]^2 = y[j,k]", ()),
        ("exp(exp(exp(exp(x)))) = 0", ()),
        ("x^(10^9) = 0", ("x > 1",)),
        ("P(P(x > 0) > 0) = 1", ()),
        ("E[x] = E[x]", ("E[x^2] = E[x]", "x > 2")),
        ("sum(j=1..n, sum(k=1..n, sum(l=1..n, sum(m=1..n, E[x[j]*x[k]*x[l]*x[m]])))) = 0", ()),
    ],
)
def test_whatever_is_asked_is_answered(statement: str, lines: tuple[str, ...]) -> None:
    assert isinstance(judged(statement, *lines), Agreement | Counterexample | Unjudged)
