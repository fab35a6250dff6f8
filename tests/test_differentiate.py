"""Local derivatives as a person would write them."""

from __future__ import annotations

from fractions import Fraction

import pytest

from stepper.core.expr import Array, Call, Expr, Neg, Sym, Value
from stepper.core.formula import text
from stepper.core.graph import Function
from stepper.core.parser import parse
from stepper.engine.values import differentiate
from stepper.engine.values.differentiate import ONE, ZERO, negative, partials, plus, times
from stepper.engine.values.vocabulary import PLAIN, Vocabulary
from stepper.errors import StepperError
from tests.helpers import Numbers, derive, graph_of

X, Y = Sym("x"), Sym("y")
TABLE = [
    ("w11*x1 + w21*x2 + b1", {"w11": "x1", "x1": "w11", "w21": "x2", "x2": "w21", "b1": "1"}),
    ("x*x", {"x": "2*x"}),
    ("x^3", {"x": "3*x^2"}),
    ("x^(-1)", {"x": "-1/x^2"}),
    ("1/x", {"x": "-1/x^2"}),
    ("x^0", {"x": "0"}),
    ("x^1", {"x": "1"}),
    ("x^2", {"x": "2*x"}),
    ("x^11", {"x": "11*x^10"}),
    ("(3*x)^2", {"x": "2*(3*x)*3"}),
    ("x^(-2)", {"x": "-2/x^3"}),
    ("x^(-9)", {"x": "-9/x^10"}),
    ("x^0.5", {"x": "0.5*x^(0.5 - 1)"}),
    ("x^(-0.5)", {"x": "-0.5*x^(-0.5 - 1)"}),
    ("x^(1/2)", {"x": "1/2*x^(1/2 - 1)"}),
    ("x^n", {"x": "n*x^(n - 1)", "n": "x^n*log(x)"}),
    ("x^(-n)", {"x": "-n*x^(-n - 1)", "n": "-x^(-n)*log(x)"}),
    ("x^(-2*n)", {"x": "-2*n*x^(-2*n - 1)", "n": "-x^(-2*n)*log(x)*2"}),
    ("x^x", {"x": "x*x^(x - 1) + x^x*log(x)"}),
    ("a/b", {"a": "1/b", "b": "-a/b^2"}),
    ("a*b/c", {"a": "b/c", "b": "a/c", "c": "-a*b/c^2"}),
    ("(Wy*h - y)^2", {"Wy": "2*(Wy*h - y)*h", "h": "2*(Wy*h - y)*Wy", "y": "-2*(Wy*h - y)"}),
    ("2^x", {"x": "2^x*log(2)"}),
    ("sigmoid(z)", {"z": "o*(1 - o)"}),
    ("tanh(z)", {"z": "1 - o^2"}),
    ("exp(z)", {"z": "o"}),
    ("-y*log(sigmoid(z))", {"y": "-log(sigmoid(z))", "z": "-y/sigmoid(z)*sigmoid(z)*(1 - sigmoid(z))"}),
    ("leaky_relu(h, alpha)", {"h": "where(h > 0, 1, alpha)", "alpha": "where(h > 0, 0, h)"}),
    ("mse([a, b], [c, d])", {"a": "2*(a - c)/2", "b": "2*(b - d)/2", "c": "-2*(a - c)/2", "d": "-2*(b - d)/2"}),
    ("sum([a, b, a])", {"a": "2", "b": "1"}),
    ("prod([a, b])", {"a": "b", "b": "a"}),
    ("n_f(w*z)", {"w": "n_f'(w*z)*z", "z": "n_f'(w*z)*w"}),
    ("twice(u)", {"u": "2"}),
    ("where(a > b, a, 3*b)", {"a": "where(a > b, 1, 0)", "b": "where(a > b, 0, 3)"}),
    ("x/0", {"x": "1/0"}),
    ("0*x/y", {"x": "0", "y": "0"}),
    ("(-x)*(-y)", {"x": "y", "y": "x"}),
    ("x - (-y)", {"x": "1", "y": "1"}),
    ("-(-x)", {"x": "1"}),
    ("1*x*1", {"x": "1"}),
    ("x - x", {"x": "1 - 1"}),
    ("max([x, y])", {"x": "max'([x, y])[1]", "y": "max'([x, y])[2]"}),
    ("max'([x, y])[1]*x", {"x": "max'([x, y])[1]", "y": "0"}),
    ("softmax([x, y])[1]", {"x": "o*(1 - o)", "y": "-o*softmax([x, y])[2]"}),
    ("nll([x, y], 2)", {"x": "0", "y": "-1"}),
    ("dot([x, y], [y, 2])", {"x": "y", "y": "2 + x"}),
    ("kl([x, y], [1, 2])", {"x": "log(x/1) + 1", "y": "log(y/2) + 1"}),
    (
        "multi_hinge([x, y, 1], 2)",
        {
            "x": "where(x - y + 1 > 0, 1, 0)",
            "y": "-where(x - y + 1 > 0, 1, 0) - where(1 - y + 1 > 0, 1, 0)",
        },
    ),
]


@pytest.mark.parametrize(("formula", "expected"), TABLE)
def test_partials_as_a_person_writes_them(formula: str, expected: dict[str, str]) -> None:
    functions = {"n_f": Function("n_f"), "twice": Function("twice", ("x",), parse("2*x"))}
    found = partials(parse(formula), Vocabulary(functions, {}), out=Sym("o"))
    assert {text(name): text(partial) for name, partial in found.items()} == expected


@pytest.mark.parametrize(
    ("formula", "parts"),
    [
        # a product of n factors: each once for each
        ("x*y", 4), ("x*y*z", 9), ("x/y/z*w", 16), ("x/2", 4), ("x*y + z*w", 8),
        # a function of a list: the partial for the first element that is no number, as often as there are elements
        ("sin(x)", 2), ("norm([x, y])", 2 * 6), ("norm([x, y, z])", 3 * 7), ("norm([3, y, z])", 3 * 7),
        ("norm([x, y, z, w])", 4 * 8), ("2*norm([x, y])", 4 + 12), ("norm([x, y])*norm([z, w])", 4 + 12 + 12),
        ("mean([x, y, z])", 3 * 3), ("max([x, y])", 2 * 6),
    ],
)  # fmt: skip
def test_how_many_parts_the_derivatives_of_a_formula_are_counted_to_have(
    formula: str, parts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(differentiate, "LARGEST_DERIVATIVE", parts)
    assert partials(parse(formula), PLAIN)
    monkeypatch.setattr(differentiate, "LARGEST_DERIVATIVE", parts - 1)
    with pytest.raises(StepperError, match=f"have more than {parts - 1} parts") as caught:
        partials(parse(formula), PLAIN)
    assert caught.value.problems[0].hint == "give parts of it nodes of their own"


@pytest.mark.parametrize(
    ("function", "most", "what"),
    [("prod", 500, "a product of 501 factors"), ("mean", 498, ""), ("norm", 498, "norm of 499 numbers")],
)
def test_how_long_a_list_may_be_that_is_differentiated(function: str, most: int, what: str) -> None:
    """All derivatives of one formula together hold up to 250,000 parts."""
    for count in (most, most + 1):
        formula = Call(function, (Array(tuple(Sym(f"x{place}") for place in range(count))),))
        if count > most and what:
            with pytest.raises(StepperError, match=f"the derivatives of {what} have more than 250,000 parts"):
                partials(formula, PLAIN)
        else:
            assert len(partials(formula, PLAIN)) == count


def test_an_unspecified_function_of_two_arguments_is_refused() -> None:
    with pytest.raises(StepperError, match="does not say for which"):
        partials(parse("g(a, b)"), Vocabulary({"g": Function("g", ("x", "y"))}, {}))


@pytest.mark.parametrize(
    ("functions", "named"),
    [
        ('f(t): "f\'(t)"', "the function f' is"),
        ('f(t): "g\'(t)", g(t): 2*f(t)', "the function g' is"),
        ("f(t): t + f(t)", "a function is"),
        ("f(t): t + g(t), g(t): 2*f(t)", "a function is"),
    ],
)
def test_a_function_in_terms_of_itself_is_refused(functions: str, named: str) -> None:
    """Also where it is by way of a derivative; the line is that of the node that calls it."""
    with pytest.raises(StepperError, match=f"{named} defined in terms of itself") as caught:
        derive(f"inputs: {{x: 2}}\nfunctions: {{{functions}}}\nnodes: {{L: f(x)}}\n", "x")
    assert str(caught.value.problems[0].where) == "graph.yaml:3"


@pytest.mark.parametrize(
    ("formula", "value"),
    [("f(x)", 8), ("f'(x)", 12), ("f''(x)", 12), ("f'''(x)", 6), ("f''''(x)", 0), ("f(f'(x))", 1728)],
)
def test_a_primed_function_is_its_derivative(formula: str, value: int) -> None:
    graph = graph_of(f'inputs: {{x: 2}}\nfunctions: {{f(t): t^3}}\nnodes: {{h: "{formula}"}}\n')
    assert Numbers(graph)(Sym("h")) == value


def exact(number: str) -> Value:
    return Value(Fraction(number))


@pytest.mark.parametrize(
    ("found", "written"),
    [
        # a product without ones, however they are written; 0 where a factor is 0; a minus in front
        (times(X, Y), "x*y"), (times(X, ONE), "x"), (times(exact("1"), X), "x"), (times(ONE, exact("1")), "1"),
        (times(), "1"), (times(X, ZERO), "0"), (times(exact("0"), X), "0"), (times(exact("2"), X), "2*x"),
        (times(exact("-1"), X), "(-1)*x"), (times(exact("1/2"), X, Y), "(1/2)*x*y"), (times(Neg(X), Y), "-x*y"),
        (times(Neg(X), Neg(Y)), "x*y"), (times(X, Neg(ONE)), "-x"), (times(X, parse("x*y")), "x*x*y"),
        (times(X, parse("1/y")), "x/y"), (times(parse("1/y"), X), "1/y*x"), (times(X, parse("x + y")), "x*(x + y)"),
        # a sum without zeros, equal terms counted, a minus as a difference
        (plus([]), "0"), (plus([("+", ZERO), ("-", exact("0"))]), "0"), (plus([("+", X), ("+", ZERO)]), "x"),
        (plus([("+", X), ("+", X)]), "2*x"), (plus([("-", X), ("-", X)]), "-2*x"),
        (plus([("+", X), ("+", Neg(Y))]), "x - y"), (plus([("-", Neg(X)), ("-", Y)]), "x - y"),
        (plus([("-", X), ("+", Y), ("-", X)]), "-2*x + y"), (plus([("+", X), ("-", X)]), "x - x"),
        (plus([("+", exact("1")), ("+", X)]), "1 + x"),
        # of a minus the opposite is without it
        (negative(X), "-x"), (negative(Neg(X)), "x"), (negative(ZERO), "0"), (negative(ONE), "-1"),
    ],
)  # fmt: skip
def test_sums_and_products_are_written_without_what_changes_nothing(found: Expr, written: str) -> None:
    assert text(found) == written
