"""What cancels in a product of local derivatives: the form that is left, what must not be 0, and where nothing does."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

import stepper as st
from stepper.core.expr import Expr, Neg, Num, Power, Product, Sign, Sum, Sym, Value
from stepper.core.formula import text
from stepper.core.parser import parse
from stepper.engine.graph.backward import backward
from stepper.engine.values.cancelling import cancelled
from stepper.engine.values.quantities import Settings
from stepper.read.given import with_values
from stepper.read.program import read_program
from stepper.render.look import Look
from stepper.render.text import render


@pytest.mark.parametrize(
    ("product", "left", "factors"),
    [
        ("2*(h - y)/2", "h - y", ""),
        ("(1/a)*a*(1 - a)", "1 - a", "a"),
        ("-(1/a)*a*(1 - a)", "-(1 - a)", "a"),
        ("(a - y)/(a*(1 - a))*a*(1 - a)*x", "(a - y)*x", "a, 1 - a"),
        # written out, the loss brings its fractions together first
        ("-(y/a - (1 - y)/(1 - a))*a*(1 - a)*x", "(a - y)*x", "a, 1 - a"),
        ("(1/a + 1/b)*a*b", "a + b", "a, b"),
        ("(a/b + c)*b", "b*c + a", "b"),
        # a sign is left where the order differs
        ("(y - a)/(a - y)*w", "-w", "y - a"),
        ("(2*a - 2*y)/(a - y)", "2", "2*a - 2*y"),
        ("x^3/x", "x*x", "x"),
        ("(p - y)*p*(1 - p)/(p*(1 - p))^2", "(p - y)/(p*(1 - p))", "p, 1 - p"),
        ("exp(-x)/(1 + exp(-x))*(exp(-x) + 1)", "exp(-x)", "exp(-x) + 1"),
        ("1/2*(2*u)*v", "u*v", ""),
        # numbers in sums of fractions, above and below
        ("((2*a - 2*y)/b + c)*b", "b*c + 2*a - 2*y", "b"),
        ("(a/(2*b) + c)*b", "(2*b*c + a)/2", "b"),
        ("x*(2*a + 2*b)/(2/a + 2/b)", "x*a*b", "2*a + 2*b"),
        ("(2*a - 2*y)*x/(3*a - 3*y)", "2*x/3", "2*a - 2*y"),
        ("(x/(2*a - 2*y) + 1)*(a - y)", "(2*a + x - 2*y)/2", "a - y"),
        ("(a*(1/b + 1/c) + 1)*b*c", "a*b + a*c + b*c", "b, c"),
        # a sum is brought to one fraction only where that lets something cancel
        ("(1/a + 1)*x*y/y", "(1/a + 1)*x", "y"),
        # powers of up to four are so many factors, others stay whole
        ("x^4/x", "x*x*x", "x"),
        ("x^5/x^5", "1", "x^5"),
        ("x^n*y/x^n", "y", "x^n"),
        ("y*x^0/(2*x^0)*4", "2*y", "x^0"),
        ("x^1.5/x^1.5", "1", "x^1.5"),
        ("6*u/4", "3*u/2", ""),
    ],
)
def test_what_is_left(product: str, left: str, factors: str) -> None:
    found = cancelled(parse(product))
    assert found is not None
    assert text(found.expr) == left
    assert ", ".join(map(text, found.factors)) == factors


@pytest.mark.parametrize(
    "product",
    [
        "a*b/c",
        "x",
        "3*x",
        "x/2",
        "2*(a - y)*1*x",
        "0*x/x",
        "(a + b)/(a + c)",
        "1/a + 1/b",
        "x^n/x",
        "A @ B/2",
        "x/0",
        "A @ B/B",
        "x^5/x",
        "x*" + "*".join(["y"] * 398) + "/x",
    ],
)
def test_where_nothing_cancels(product: str) -> None:
    assert cancelled(parse(product)) is None


def test_a_number_that_was_worked_out_cancels_too() -> None:
    found = cancelled(Product((Value(Fraction(6)), Sym("h"), Num("4")), ("*", "/")))
    assert found is not None
    assert text(found.expr) == "3*h/2"
    assert cancelled(Product((Value(0.5), Sym("h"), Value(0.25)), ("*", "/"))) is None


ATOMS = some.sampled_from([*map(Sym, "abcxy"), Num("1"), Num("2"), Num("3"), parse("a - y"), parse("1 - a")])


def joined(parts: list[tuple[str, Expr]]) -> Expr:
    (_, first), *rest = parts
    return Product((first, *(part for _, part in rest)), tuple(sign for sign, _ in rest)) if rest else first  # type: ignore[misc]


def summed(parts: list[Expr]) -> Expr:
    minus: list[Sign] = ["-"] * (len(parts) - 1)
    return Sum(tuple(parts), tuple(minus)) if len(parts) > 1 else parts[0]


FACTORS = some.recursive(
    ATOMS,
    lambda inner: some.one_of(
        some.lists(some.tuples(some.sampled_from("*/"), inner), min_size=2, max_size=3)
        .filter(lambda parts: not isinstance(parts[0][1], Product))
        .map(joined),
        some.lists(inner, min_size=2, max_size=3).filter(lambda parts: not isinstance(parts[0], Sum)).map(summed),
        inner.map(Neg),
        inner.map(lambda base: Power(base, Num("2"))),
    ),
    max_leaves=5,
)


def at(expr: Expr, point: dict[str, Fraction]) -> Fraction:
    """A judge of its own: the tree in Python's fractions."""
    match expr:
        case Num(literal):
            return Fraction(literal)
        case Sym(name):
            return point[name]
        case Neg(body):
            return -at(body, point)
        case Power(base, Num(literal)):
            return at(base, point) ** int(literal)
        case Sum(operands, signs):
            return sum(
                (
                    at(part, point) * (1 if sign == "+" else -1)
                    for sign, part in zip(("+", *signs), operands, strict=True)
                ),
                Fraction(0),
            )
        case Product(operands, operators):
            value = Fraction(1)
            for operator, part in zip(("*", *operators), operands, strict=True):
                value = value / at(part, point) if operator == "/" else value * at(part, point)
            return value
        case _:
            raise AssertionError(expr)


@some.composite
def products(draw: some.DrawFn) -> Expr:
    """Factors, some of which stand below too."""
    above = draw(some.lists(FACTORS, min_size=1, max_size=3))
    below = draw(some.lists(some.one_of(some.sampled_from(above), FACTORS), min_size=1, max_size=2))
    parts = draw(some.permutations([*(("*", part) for part in above), *(("/", part) for part in below)]))
    return joined([("*", Num("1")), *parts])


@settings(max_examples=300, deadline=None)
@given(products(), some.data())
def test_what_is_left_has_the_same_value_wherever_the_product_has_one(product: Expr, data: some.DataObject) -> None:
    found = cancelled(product)
    numbers = some.fractions(min_value=-5, max_value=5, max_denominator=7)
    point = {name: data.draw(numbers) for name in "abcxy"}
    try:
        value = at(product, point)
    except ZeroDivisionError:
        return
    if found is not None:
        assert at(found.expr, point) == value
        assert all(at(factor, point) for factor in found.factors)


PROGRAM = "z = w*x + b; a = sigmoid(z); L = {loss}"


@pytest.mark.parametrize(
    "loss",
    [
        "bce(a, y)",
        "-(y*log(a) + (1 - y)*log(1 - a))",
        "-y*log(a) - (1 - y)*log(1 - a)",
        "(1 - y)*-log(1 - a) - log(a)*y",
    ],
)
def test_the_log_loss_of_a_sigmoid_comes_to_prediction_less_target(loss: str) -> None:
    """However it is written: recognised by what cancels, not by its name."""
    graph = with_values(read_program(PROGRAM.format(loss=loss), "-e"), ["w=1,x=2,b=-1,y=1"])
    page = render(backward(graph, ["w"], Settings()), Look(width=200))
    assert "= (a - y)·x ≈ (0.73106 - 1)·2 ≈ -0.5379" in page
    assert "where a ≠ 0" not in page
    full = render(backward(graph, ["w"], Settings()), Look(width=200, detail="full"))
    assert "where a ≠ 0 and 1 - a ≠ 0" in full


def test_it_is_not_claimed_where_it_is_not_so() -> None:
    """Smoothed labels written into one side alone do not cancel."""
    loss = "-((0.9*y + 0.1)*log(a) + (1 - y)*log(1 - a))"
    graph = with_values(read_program(PROGRAM.format(loss=loss), "-e"), ["w=1,x=2,b=-1,y=1"])
    assert "= (a - y)" not in render(backward(graph, ["w"], Settings()), Look(width=200))


def test_products_of_matrices_have_an_order() -> None:
    assert cancelled(parse("(A @ B)*x/(B @ A)")) is None
    assert cancelled(parse("x*(A @ B)/x")) is None


@pytest.mark.parametrize(
    ("program", "values", "wrt", "line"),
    [
        ("z = W @ x + b; a = sigmoid(z); L = bce(a, y)", {"W": [[1, 2]], "x": [1, 1], "b": 0.5, "y": 1}, "b",
         "dL/dz = dL/da ⊙ a ⊙ (1 - a) = ((a - y)/(a ⊙ (1 - a))) ⊙ a ⊙ (1 - a) (1) = a - y ≈ [0.9707] - 1"),
        ("h = W @ x; L = sum((h - y)^2)/2", {"W": [[1, 2]], "x": [1, 1], "y": [1]}, "W", "= h - y = [3] - [1] = [2]"),
        ("a = sigmoid(z); L = -sum(y*log(a) + (1 - y)*log(1 - a))", {"z": [1, 2], "y": [1, 0]}, "z",
         "= a - y ≈ [0.7311, 0.8808] - [1, 0]"),
    ],
)  # fmt: skip
def test_gradients_of_arrays_cancel_entry_by_entry(
    program: str, values: dict[str, object], wrt: str, line: str
) -> None:
    solution = st.backprop(program, wrt=wrt, values=values)
    assert all(check.ok for check in solution.checks)
    assert line in " ".join(str(solution).split())


@pytest.mark.parametrize(
    ("program", "values", "condition"),
    [
        ("z = W @ x + b; a = sigmoid(z); L = bce(a, y)", {"W": [[1, 2]], "x": [1, 1], "b": 0.5, "y": 1},
         "where a ≠ 0 and 1 - a ≠ 0"),
        ("a = sigmoid(z); L = -sum(y*log(a) + (1 - y)*log(1 - a))", {"z": [1, 2], "y": [1, 0]},
         "where a ≠ 0 and 1 - a ≠ 0 in all entries"),
        # a softmax and a log loss divide by p on the way to p - y
        ("p = softmax(z); L = -sum(y*log(p))", {"z": [1, 2], "y": [1, 0]}, "where p ≠ 0 in all entries"),
        ("p = softmax(z); L = -log(p[2])", {"z": [1, 2]}, "where p₂ ≠ 0"),
        # nothing was divided by but numbers, or nothing was taken out
        ("h = 2*z; L = sum((h - y)^2)/2", {"z": [1, 2], "y": [1, 0]}, ""),
        ("L = cross_entropy(z, y)", {"z": [1, 2], "y": [1, 0]}, ""),
        ("a = sigmoid(z); L = -sum(log(a)*y)", {"z": [1, 2], "y": [1, 0]}, "where a ≠ 0 in all entries"),
    ],
)  # fmt: skip
def test_what_was_taken_out_of_gradients_of_arrays_is_not_0(
    program: str, values: dict[str, object], condition: str
) -> None:
    solution = st.backprop(program, wrt="z" if "z" in values else "W", values=values)
    full = [line.strip() for line in str(solution.to("text", detail="full")).splitlines()]
    assert [line for line in full if "≠" in line] == ([condition] if condition else [])
    assert "≠" not in str(solution.to("text", detail="normal"))
