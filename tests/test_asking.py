"""What is asked of SymPy ends: sizes of expressions first, a clock behind them; what is not answered is said."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy
from msgspec.structs import replace

from stepper.core.expr import Sym, Value, multiply
from stepper.core.formula import text
from stepper.core.parser import parse
from stepper.core.steps import Note
from stepper.engine.graph.backward import backward
from stepper.engine.questions import scalars
from stepper.engine.values.quantities import Settings
from stepper.engine.values.symbolic import _bits, _put_in, closed_form, equal, to_sympy
from stepper.engine.values.symbolic_limits import LIMITS, Patience, Size, TooLarge, size_of
from stepper.engine.values.vocabulary import Vocabulary
from stepper.read.anything import read_any
from stepper.read.given import with_values
from stepper.read.program import read_program

PLAIN = Vocabulary({}, {})


@pytest.mark.parametrize(
    ("formula", "terms", "degree"),
    [
        ("x + y", 2, 0),
        ("(x + y)^3", 4, 3),
        ("(x + y)*(x + 1)*(y + 2)", 8, 0),
        ("(a + b + c)^50", 1326, 50),
        ("exp(0.658)", 1, 329),
        ("exp(1/2) + exp(1/3)", 2, 3),
        ("sqrt(x) + x^(1/3)", 2, 3),
    ],
)
def test_the_size_of_an_expression_is_known_before_it_is_worked_with(formula: str, terms: int, degree: int) -> None:
    size = size_of(to_sympy(parse(formula), PLAIN))
    assert (size.terms, size.degree) == (terms, degree)


LARGEST: dict[str, dict[str, int | None]] = {
    "differentiate": {"operations": 2000, "names": 1000, "calls": 1000, "terms": None, "degree": None},
    "collect": {"operations": 300, "names": 300, "calls": 300, "terms": None, "degree": None},
    "expand": {"operations": 300, "names": 300, "calls": 300, "terms": 500, "degree": None},
    "factor": {"operations": 40, "names": 6, "calls": 4, "terms": 200, "degree": 60},
    "simplify": {"operations": 40, "names": 6, "calls": 4, "terms": 200, "degree": 60},
    "prove": {"operations": 400, "names": 40, "calls": 12, "terms": 500, "degree": 60},
}
"""What SymPy is asked about at most; where there is None, however much it is."""


@pytest.mark.parametrize(("method", "part"), [(method, part) for method, parts in LARGEST.items() for part in parts])
def test_as_much_as_the_limit_is_asked_about_and_one_more_is_not(method: str, part: str) -> None:
    nothing, most = Size(0, 0, 0, 0, 0), LARGEST[method][part]
    assert nothing.within(LIMITS[method])
    assert replace(nothing, **{part: most or 10**9}).within(LIMITS[method])
    assert most is None or not replace(nothing, **{part: most + 1}).within(LIMITS[method])


@pytest.mark.parametrize(
    ("formula", "size"),
    [
        ("x", Size(0, 1, 0, 1, 0)), ("7", Size(0, 0, 0, 1, 0)), ("x + y + 1", Size(2, 2, 0, 3, 0)),
        ("x*y", Size(1, 2, 0, 1, 0)), ("sin(x) + sin(x)*cos(y)", Size(5, 2, 2, 2, 0)), ("x^(-3)", Size(2, 1, 0, 1, 3)),
        ("(x + y)^(-2)", Size(3, 2, 0, 1, 2)), ("(x*y)^5", Size(3, 2, 0, 1, 5)),
        ("(x + 1)^500", Size(2, 1, 0, 501, 500)), ("(x + 1)^501", Size(2, 1, 0, 10**9, 501)),
        ("x^(5/6) + y^(3/4)", Size(5, 2, 0, 2, 10)), ("exp(x)", Size(1, 1, 1, 1, 1)),
        ("exp(-x/4)*exp(y)", Size(4, 2, 2, 1, 4)),
    ],
)  # fmt: skip
def test_how_large_an_expression_is(formula: str, size: Size) -> None:
    """Its operations, names, different calls, terms when multiplied out, and the degree over the common denominator of
    its powers.
    """
    assert size_of(to_sympy(parse(formula), PLAIN)) == size


@pytest.mark.parametrize(("base", "bits"), [("1", 2), ("2", 3), ("7/8", 7), ("-3", 3), ("1000", 11)])
def test_powers_of_up_to_a_hundred_thousand_bits_are_put_in(base: str, bits: int) -> None:
    """What a power comes to has no more bits than are told before; one that has too many is not begun."""
    x = sympy.Symbol("x", real=True)
    point, most = {x: sympy.Rational(base)}, 100_000 // bits
    for exponent in (1, 2, 3, 10, 100):
        value = sympy.Rational(base) ** exponent
        assert _bits(x**exponent, point) == bits * exponent >= int(value.p).bit_length() + int(value.q).bit_length() - 1
    assert _put_in(x**most, point) == sympy.Rational(base) ** most
    assert (
        _bits(x**2 * x.func("y", real=True), {**point, sympy.Symbol("y", real=True): sympy.Integer(1)}) == 2 * bits + 2
    )
    assert _bits(x**2 + 1, point) == max(2 * bits, 2)
    with pytest.raises(TooLarge):
        _put_in(x ** (most + 1), point)


@pytest.mark.parametrize(
    "formula", ["L = log(1 + exp(y*q*q)) - y*h", "L = h*y + exp(y*q)*selu(h)", "L = (h + exp(y/7))^40*(q + sqrt(y))^39"]
)
def test_exact_values_whose_factors_would_take_minutes(formula: str) -> None:
    graph = with_values(read_program(formula, "-e"), ["h=1,y=0.658,q=1.62"])
    assert all(check.ok for check in backward(graph, ["h", "y", "q"], Settings(exact=True)).checks)


def test_a_missing_closed_form_is_said() -> None:
    formula = " + ".join(f"sin({number}*x)^{number}" for number in range(2, 50))
    graph = with_values(read_program(f"L = {formula}", "-e"), ["x=0.1"])
    (step,) = [step for step in backward(graph, ["x"], Settings(exact=True)).steps if step.id == "exact.value"]
    assert [block for block in step.body if isinstance(block, Note)]


def test_what_is_rounded_has_no_closed_form() -> None:
    """0.1 in binary is 3602879701896397/36028797018963968: to show that would be to claim it."""
    assert closed_form(multiply(Sym("x"), Value(0.1)), PLAIN) is None
    assert text(closed_form(multiply(Sym("x"), Value(Fraction(1, 10))), PLAIN) or parse("0")) == "x/10"


def test_gradients_of_arrays_keep_their_roots() -> None:
    graph = scalars(read_any("x = [1, 2]; a = softmax(x/sqrt(2)); L = a[1]", "-e"))
    (answer,) = backward(graph, ["x1"], Settings(exact=True)).answers
    assert text(answer.expr) == "sqrt(2)*exp(-sqrt(2)/2)/2/(1 + exp(-sqrt(2)/2))^2"


def test_a_question_stops_when_its_time_is_over() -> None:
    patience = Patience(0.05)
    assert patience.ask(lambda: sum(number for number in range(10**10))) is None
    assert patience.ask(lambda: 1) is None, "and what is asked after it is not begun"


@pytest.mark.parametrize("formula", ["x*9^9^9", "(2/3)^(10^9)*x", "1" + "*cos(x + 1)" * 1000])
def test_what_is_too_large_is_not_begun(formula: str) -> None:
    assert closed_form(parse(formula), PLAIN) is None or "cos" in formula
    assert equal(parse(formula), parse("y"), PLAIN) is False


def test_what_is_small_is_simplified() -> None:
    assert text(closed_form(parse("(x^2 - 1)/(x - 1)"), PLAIN) or parse("0")) == "1 + x"
