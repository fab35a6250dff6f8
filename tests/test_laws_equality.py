"""Laws of equality: what is equal is never said to differ, what differs never to be equal, and why something is not
decided.
"""

from __future__ import annotations

import pytest

from stepper.core.expr import Expr, Sym, Value, multiply, multiply_all
from stepper.core.formula import text
from stepper.core.graph import Function
from stepper.core.parser import parse
from stepper.core.prose import Prose
from stepper.engine.values.equality import Algebra, Equality, equal
from stepper.engine.values.equations import Sheet
from stepper.engine.values.quantities import Settings
from stepper.engine.values.vocabulary import Vocabulary
from tests.helpers import graph_of

KNOWN = Vocabulary({"f": Function("f"), "g": Function("g", ("x", "y"))}, {})
AGREE = "they agree at all 6 points that were tried, and no proof was found"
NUMBERS = "their numbers agree, and no proof was found"
NOWHERE = "no numbers were found at which both are defined"


def words(prose: Prose) -> str:
    return "".join(part if isinstance(part, str) else text(part) for part in prose)


def compared(one: Expr, other: Expr, integers: bool = False) -> tuple[Equality, Equality]:
    """Both ways round."""
    return equal(one, other, Algebra(KNOWN, integers)), equal(other, one, Algebra(KNOWN, integers))


@pytest.mark.parametrize(
    ("one", "other", "holds", "note"),
    [
        ("tan(x)", "sin(x)/cos(x)", True, ""), ("1 - tanh(x)^2", "1/cosh(x)^2", True, ""), ("x", "x", True, ""),
        ("(x + 1)^2", "x^2 + 1", False, ""),
        ("exp(x)/(exp(x) + 1) - 1", "-1/(1 + exp(x))", True, ""), ("1 - sigmoid(x)", "2*sigmoid(-x)", False, None),
        ("sin(x)", "sin(x) + 10^(-25)", False, None), ("sin(x)", "sin(x) + 10^(-35)", None, AGREE),
        # without names there is one number on each side
        ("sin(1)", "sin(1) + 10^(-25)", False, None), ("sin(1)", "sin(1) + 10^(-35)", None, NUMBERS),
        ("exp(1)*exp(2)", "exp(3)", True, ""), ("sqrt(2)*sqrt(3)", "sqrt(6) + 10^(-40)", None, NUMBERS),
        ("abs(x)", "x", False, None),
        # 30 digits, as a share of the size
        ("exp(x)", "exp(x)*(1 + 101/100*10^(-30))", False, None),
        ("exp(x)", "exp(x)*(1 + 99/100*10^(-30))", None, AGREE),
        # derivatives that are known by name alone may be any numbers
        ("sin(dL/dx)^2 + cos(dL/dx)^2", "1", True, ""), ("sin(dL/dx)", "sin(dL/dy)", False, None),
        ("exp(∂h/∂x)", "∂h/∂x", False, None), ("sqrt(x^2)", "abs(x)", None, AGREE),
        ("exp(x + 1000)", "exp(x)*exp(1000)", None, AGREE),
        # what exists nowhere is equal to nothing
        ("exp(0*log(-x^2))", "1", None, NOWHERE), ("log(-x^2)", "2*log(x)", None, NOWHERE),
        ("log(-1)", "sqrt(-2)", None, NOWHERE),
        # functions that are known by name alone: equal where their arguments are, however these are written
        ("f(a + b)", "f(b + a)", True, ""), ("2*f(a)", "f(a) + f(a)", True, ""),
        ("f((a^2 - 1)/(a - 1))", "f(a + 1)", True, ""),
        ("f(sin(a)^2 + cos(a)^2)", "f(1)", True, ""), ("f(a)", "f(b)", False, None),
        ("f(a)", "f(2*a)", False, None), ("g(a, b)", "g(b, a)", False, None),
        ("g(a*b, 1)", "g(b*a, 1)", True, ""), ("f(f(a + 1))", "f(f(1 + a))", True, ""),
        ("f(log(-1))", "f(log(-2))", False, None), ("f(10^400)", "f(10^401)", False, None),
    ],
)  # fmt: skip
def test_two_formulas_are_compared(one: str, other: str, holds: bool | None, note: str | None) -> None:
    for found in compared(parse(one), parse(other)):
        assert found.holds is holds
        assert note is None or words(found.note) == note


@pytest.mark.parametrize(
    ("one", "other", "holds"),
    [
        ("floor((N - 1)/2)", "floor((N - 3)/2) + 1", None), ("ceil(N/2)", "floor((N + 1)/2)", None),
        ("floor(N/2)", "N/2", False),
        ("floor(N/400)", "0", None), ("floor(N/200)", "0", False), ("abs(N)", "N", None),
        ("floor(N)", "ceil(N)", None), ("sin(N)^2 + cos(N)^2", "1", None),
        # what 50 digits show at no point is not decided
        ("1 - tanh(N/10)^2", "0", False), ("1 - tanh(60 + N/10)^2", "0", None),
    ],
)  # fmt: skip
def test_sizes_are_compared_at_integers(one: str, other: str, holds: bool | None) -> None:
    """From 5 to 300; what agrees there is not proved."""
    for found in compared(parse(one), parse(other), integers=True):
        assert found.holds is holds
        assert holds is not None or words(found.note) == AGREE


@pytest.mark.parametrize(
    ("claimed", "right", "note"),
    [
        ("exp(1)", "3", "it is about 3.0, not 2.718281828459045"),
        ("abs(x)", "x + abs(x)", "at x = 777/1000 it is about 1.554, not 0.777"),
        ("floor(x)", "x - 1/2", "at x = 777/1000 it is about 0.277, not 0.0"),
        (
            "abs(a + b + c + d)",
            "1",
            "at a = 777/1000, b = 21/500, c = -989/1000, d = 249/500 it is about 1.0, not 0.328",
        ),
        ("abs(a + b + c + d + h)", "1", "at a point it is about 1.0, not 1.269"),
        ("exp(30000*abs(x))", "2*exp(30000*abs(x))", "at x = 777/1000 they differ"),
        ("exp(1000)", "exp(1001)", ""),
    ],
)
def test_a_point_is_told_at_which_two_formulas_differ(claimed: str, right: str, note: str) -> None:
    """Up to four names of it; what is right stands first."""
    found = equal(parse(claimed), parse(right), Algebra(KNOWN))
    assert (found.holds, words(found.note)) == (False, note)


@pytest.mark.parametrize(("digits", "holds"), [(16, True), (11, True), (9, True), (8, False), (3, False)])
def test_a_rounded_number_is_compared_to_nine_digits(digits: int, holds: bool) -> None:
    """Whichever side it stands on."""
    rounded = multiply(Value(float(f"0.{'3' * digits}")), Sym("x"))
    assert [found.holds for found in compared(rounded, parse("x/3"))] == [holds, holds]


@pytest.mark.parametrize(("off", "holds"), [(0.99, True), (1.01, False), (-0.99, True), (-1.01, False)])
def test_nine_digits_are_a_share_of_the_size(off: float, holds: bool) -> None:
    for size in (1.0, 4000.0):
        rounded = multiply(Value(size * (1 + off * 1e-9)), Sym("x"))
        assert [found.holds for found in compared(rounded, parse(f"{size:.0f}*x"))] == [holds, holds]


@pytest.mark.parametrize(("factors", "decided"), [(900, True), (998, True), (999, False), (1500, False)])
def test_formulas_of_two_thousand_parts_are_not_compared(factors: int, decided: bool) -> None:
    """The factors of two products, and the two products."""
    one, other = (multiply_all([("*", Sym(name))] * count) for name, count in (("x", factors), ("y", 999)))
    found = equal(one, other, Algebra(KNOWN))
    assert (found.holds, words(found.note)) == ((False, "") if decided else (None, "they are too large to be compared"))


@pytest.mark.parametrize(
    ("sides", "shown"),
    [
        ("2*3; 6", "2*3; 6"), ("2; 2", "2"), ("6; 6; 7", "6; 7"), ("1/2; 2/4", "1/2"), ("2; x", "2; x"),
        ("x; x; 2", "x; 2"), ("2; x; 2", "2; x; 2"), ("1; 2; 2; 3", "1; 2; 3"), ("0; x*0", "0; x*0"), ("x", "x"),
    ],
)  # fmt: skip
def test_a_side_of_an_equation_is_left_out_where_it_repeats_the_one_before(sides: str, shown: str) -> None:
    """As it is written, or as a number; the first side is never left out."""
    sheet = Sheet(graph_of("inputs: {x: }\nnodes: {L: 2*x}\n"), Settings(exact=True))
    found = sheet.chained(Sym("y"), [parse(side) for side in sides.split("; ")])
    assert "; ".join(text(link.expr) for link in found.links) == shown
