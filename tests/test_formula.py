"""The formula language: a table a student could read, every mistake with its column, and the law of printing."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given

from stepper.core.expr import Expr, Value
from stepper.core.formula import literal_of, text
from stepper.core.parser import parse
from stepper.errors import FormulaError
from tests.strategies import FORMULAS

READ_AS = [
    ("-x^2", "-(x^2)"),
    ("2*x^2", "2*(x^2)"),
    ("-a*b", "-(a*b)"),
    ("a*-b*c", "a*(-b)*c"),
    ("a - b - c", "(a - b) - c"),
    ("a/b/c", "(a/b)/c"),
    ("a/b*c", "(a/b)*c"),
    ("a^b^c", "a^(b^c)"),
    ("a**2", "a^2"),
    ("2^-x", "2^(-x)"),
    ("a + -b*c", "a + (-(b*c))"),
    ("--x", "-(-x)"),
    ("+x*y", "x*y"),
    ("σ(z) · ŷ₁ − y₁", "sigma(z)*yhat1 - y1"),
    ("x² + x⁻¹", "x^2 + x^(-1)"),
    ("0.98396² + 2²", "0.98396^2 + 2^2"),
    ("a × b ÷ c", "a*b/c"),
    ("where(x ≥ 0, x, α·x)", "where(x >= 0, x, alpha*x)"),
    ("partial(f, x1)", "∂f/∂x1"),
    ("hₜ", "h_t"),
]


@pytest.mark.parametrize(("written", "meant"), READ_AS)
def test_precedence_and_spelling(written: str, meant: str) -> None:
    assert parse(written) == parse(meant)


@pytest.mark.parametrize("name", ["y", "n", "no", "on", "E", "I", "S", "lambda", "null", "beta", "if", "d", "e"])
def test_any_identifier_is_a_name(name: str) -> None:
    assert text(parse(f"{name}*2 + {name}")) == f"{name}*2 + {name}"


@pytest.mark.parametrize(
    ("formula", "is_derivative"),
    [
        ("dA/dB", True),
        ("dA / dB", False),
        ("dA /dB", False),
        ("dh[1]/dx[2]", True),
        ("d/dx", False),
        ("x*dy/dz", True),
        ("dx/y", False),
    ],
)
def test_a_derivative_is_written_without_blanks(formula: str, is_derivative: bool) -> None:
    from stepper.core.expr import Deriv
    from stepper.core.traverse import walk

    assert any(isinstance(part, Deriv) for part in walk(parse(formula))) is is_derivative


@pytest.mark.parametrize("formula", ["de/dn_f'", "∂e/∂n_f'", "dL/dw[1]''", "2*de/dn_f' + 1"])
def test_what_a_derivative_is_taken_for_may_have_a_prime_in_its_name(formula: str) -> None:
    assert text(parse(formula)) == formula


@given(FORMULAS)
def test_the_printed_formula_parses_back(expr: Expr) -> None:
    assert parse(text(expr)) == expr


@given(FORMULAS)
def test_no_parenthesis_is_superfluous(expr: Expr) -> None:
    """Without any one pair of grouping parentheses the text means something else, or nothing.

    A negative after an operator wears its own: it would parse without, but nobody writes a*-b.
    """
    written = text(expr)
    for start, end in _groups(written):
        if written[start + 1] == "-":
            continue
        stripped = written[:start] + " " + written[start + 1 : end] + " " + written[end + 1 :]
        try:
            assert parse(stripped) != expr, f"{written} needs no parentheses at {start}"
        except FormulaError:
            continue


def _groups(written: str) -> list[tuple[int, int]]:
    stack, found = [], []
    for place, character in enumerate(written):
        if character == "(":
            stack.append(place)
        elif character == ")":
            start = stack.pop()
            if not (start and (written[start - 1].isalnum() or written[start - 1] in "_'")):
                found.append((start, place))
    return found


@pytest.mark.parametrize("number", [Fraction(3, 2), Fraction(-13, 20), Fraction(0), 0.1, -2.5e-9, 1e300])
def test_a_value_is_spelled_as_a_number(number: Fraction | float) -> None:
    assert parse(text(Value(number))) == literal_of(number)


MISTAKES = [
    ("2x", 0, 2, "an operator is missing between a number and a name", "write 2*x"),
    ("(a + b", 0, 1, "'(' is never closed", ""),
    ("a b", 2, 1, "an operator is missing here", "a product is written a*b"),
    ("a > b", 2, 1, "a comparison is allowed only inside where(condition, a, b)", ""),
    ("a)", 1, 1, "')' closes nothing", ""),
    ("[a)", 2, 1, "')' does not close '['", ""),
    ("3,4", 1, 1, "a comma is allowed only between arguments or inside a list", "decimals are written with a point"),
    ("a +", 3, 1, "the formula ends too early", ""),
    ("", 0, 1, "a formula is missing", ""),
    ("(a)(b)", 3, 1, "only a name can be called", "a product is written (a)*(b)"),
    ("where(x, 1, 2)", 7, 1, "where(condition, a, b) begins with a comparison", "as in where(x > 0, x, 0)"),
    ("__import__('os')", 0, 1, "'_' is not used in formulas", "a name begins with a letter"),
    (
        "a = 2",
        2,
        1,
        "'=' is not used in formulas",
        "a formula is only the right side of an equation; '==' compares, inside where(...)",
    ),
    ("x[]", 1, 1, "an index is missing between [ and ]", "elements are counted from 1: x[1]"),
    ("(a + b)'", 7, 1, "a prime follows a name: w11' is the next value of w11", ""),
    ("1e999", 0, 5, "this number is out of range (10^308 and 400 digits are the limits)", ""),
    ("1e-325", 0, 6, "this number is out of range (10^308 and 400 digits are the limits)", ""),
    ("w·x √", 4, 1, "'√' is not used in formulas", "write x^(1/2)"),
]


@pytest.mark.parametrize(("formula", "start", "width", "what", "hint"), MISTAKES)
def test_every_mistake_has_its_column(formula: str, start: int, width: int, what: str, hint: str) -> None:
    with pytest.raises(FormulaError) as caught:
        parse(formula)
    assert (caught.value.start, caught.value.width, caught.value.what, caught.value.hint) == (start, width, what, hint)


@pytest.mark.parametrize(
    "formula", ["(" * 10_000 + "a" + ")" * 10_000, "-" * 10_000 + "a", "[" * 200_000, "a^" * 5_000 + "a", "f(" * 3_000]
)
def test_deep_nesting_is_refused_without_overflow(formula: str) -> None:
    with pytest.raises(FormulaError, match="nested more than 100 deep"):
        parse(formula)


def test_a_long_sum_is_no_deep_tree() -> None:
    expr = parse(" + ".join(f"w{place}*x{place}" for place in range(20_000)))
    assert parse(text(expr)) == expr
