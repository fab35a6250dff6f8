"""Laws of many digits: which powers and functions have a number, what is snapped to an integer, and what graphs of
floats keep.
"""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

from stepper.core.graph import Graph, Leaf, Node
from stepper.core.parser import parse
from stepper.engine.values import numbered
from stepper.engine.values.equations import Sheet
from stepper.engine.values.numbered import _about
from stepper.engine.values.precision import alike, fine, precise
from stepper.engine.values.quantities import Settings
from stepper.engine.values.vocabulary import PLAIN
from stepper.errors import StepperError
from tests.helpers import graph_of

REFUSED: dict[str, type[Exception]] = {
    "divides by 0": ZeroDivisionError,
    "no real number": ValueError,
    "too large": OverflowError,
}
LARGE = "1" + "0" * 1000


@pytest.mark.parametrize(
    ("base", "exponent", "expected"),
    [
        # 0 has every power but a negative one
        ("0", "2", Fraction(0)), ("0", "1/2", Fraction(0)), ("0", "0", Fraction(1)), ("0", "-1", "divides by 0"),
        ("0", "-1/2", "divides by 0"),
        # a negative number has whole powers alone
        ("-2", "3", Fraction(-8)), ("-2", "-2", Fraction(1, 4)), ("-2", "0", Fraction(1)),
        ("-8", "1/3", "no real number"),
        ("-2", "-1/2", "no real number"),
        ("9/4", "1/2", Fraction(3, 2)), ("9/4", "-1/2", Fraction(2, 3)), ("2", "-3", Fraction(1, 8)),
        ("7", "1", Fraction(7)),
        # up to e^100000 = 2^144269.5, whatever the base; what is as small as that is held
        ("2", "144269", "held"), ("2", "144270", "too large"), ("-2", "144269", "held"), ("-2", "144271", "too large"),
        ("1/2", "-144269", "held"), ("1/2", "-144270", "too large"), ("1/2", "144270", "held"),
        ("2", "-200000", "held"), (LARGE, "43", "held"), (LARGE, "44", "too large"), (LARGE, "-44", "held"),
        ("1", "1000000000", Fraction(1)), ("-1", "1000000001", Fraction(-1)),
    ],
)  # fmt: skip
def test_a_power_is_exact_or_refused(base: str, exponent: str, expected: Fraction | str) -> None:
    """What is too long to be written down has the logarithm that it should."""
    for arithmetic in (precise(), fine()):
        at = [arithmetic.number(Fraction(part)) for part in (base, exponent)]
        if expected == "held":
            found = arithmetic.power(*at)
            logarithms = [
                float(precise().primitive(PLAIN.rule("log"))(abs(precise().number(number))))
                for number in (at[0], found)
            ]
            assert logarithms[1] == pytest.approx(logarithms[0] * float(Fraction(exponent)), rel=1e-12)
            assert (found < 0) is base.startswith("-")
        elif isinstance(expected, str):
            with pytest.raises(REFUSED[expected]):
                arithmetic.power(*at)
        else:
            assert alike(arithmetic.power(*at), expected)


def test_a_number_near_1_has_large_powers() -> None:
    """(1 + 1/n)^n is nearly e, however large n is."""
    near = precise().number(1 + Fraction(1, 10**9))
    assert float(precise().power(near, precise().number(Fraction(10**9)))) == pytest.approx(math.e, rel=1e-8)
    assert float(precise().power(near, precise().number(Fraction(-(10**9))))) == pytest.approx(1 / math.e, rel=1e-8)


@pytest.mark.parametrize(
    ("name", "at", "expected"),
    [
        ("exp", "0", 1.0), ("exp", "-100000", 0.0), ("exp", "700", math.exp(700)), ("exp", str(10**30), "too large"),
        ("log", "1", 0.0), ("log", "0", "no real number"), ("log", "-1", "no real number"),
        ("log", str(10**30), math.log(10**30)),
        ("sinh", str(10**30), "too large"), ("tanh", str(10**30), 1.0), ("tanh", str(-(10**30)), -1.0),
        ("erf", "30", 1.0), ("arctan", str(10**30), math.pi / 2), ("sin", "1/2", math.sin(0.5)),
        ("floor", "7/2", 3.0), ("floor", "-7/2", -4.0), ("ceil", "7/2", 4.0), ("ceil", "-7/2", -3.0),
    ],
)  # fmt: skip
def test_a_function_has_a_number_or_none(name: str, at: str, expected: float | str) -> None:
    for arithmetic in (precise(), fine()):
        function = arithmetic.primitive(PLAIN.rule(name))
        number = arithmetic.number(Fraction(at))
        if isinstance(expected, str):
            with pytest.raises(REFUSED[expected]):
                function(number)
        else:
            assert float(function(number)) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize(
    ("formula", "number"),
    [
        ("sin(pi)", 0.0), ("sin(10^20*pi)", 0.0), ("sin(10^20*pi + 1)", math.sin(1)), ("tan(10^20*pi)", 0.0),
        ("sin(10^300)", -0.985750425160377), ("cos(10^40*pi)", 1.0),
        ("sin(10^40*pi)", None), ("sin(-10^300*pi)", None), ("tan(10^40*pi)", None),
    ],
)  # fmt: skip
def test_near_a_multiple_of_pi_a_number_is_0_or_wants_more_digits_than_there_are(
    formula: str, number: float | None
) -> None:
    """A thousand digits tell how near a number is to a multiple of pi; one so large that they are used up before is
    refused.
    """
    graph = graph_of(f"inputs: {{x: 1}}\nnodes: {{L: x*{formula}}}\n")
    if number is None:
        with pytest.raises(StepperError, match="more than 1000 digits would be needed"):
            Sheet(graph, Settings())
    else:
        assert float(Sheet(graph, Settings()).numbers["L"]) == pytest.approx(number, rel=1e-12)


@pytest.mark.parametrize(
    ("offset", "down", "up"),
    [
        (0, 7, 7),
        (Fraction(1, 10**60), 7, 7),
        (Fraction(-1, 10**60), 7, 7),
        (Fraction(1, 10**45), 7, 7),
        (Fraction(-1, 10**45), 7, 7),
        (Fraction(2, 10**44), 7, 8),
        (Fraction(-2, 10**44), 6, 7),
        (Fraction(1, 10**30), 7, 8),
        (Fraction(-1, 10**30), 6, 7),
    ],
)
def test_what_is_an_integer_in_all_its_digits_is_rounded_as_that_integer(offset: Fraction, down: int, up: int) -> None:
    """Of 50 digits the last five may be spoiled; a number that differs before them is on its side of the integer."""
    arithmetic = fine()
    number = precise().number(7 + Fraction(offset))
    assert [arithmetic.primitive(PLAIN.rule(name))(number) for name in ("floor", "ceil")] == [down, up]


@pytest.mark.parametrize(
    "formula", ["a*sqrt(2) + h", "exp(h)/a - 1/3", "where(a > h, log(a), a^(1/3))", "2 + 1/3", "h - a - a"]
)
def test_a_large_graph_of_floats_works_formulas_out_as_a_small_one_does(
    formula: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = "inputs: {a: 3}\nnodes: {h: a^2/7, L: 2*h}\n"
    small = Sheet(graph_of(document), Settings())
    monkeypatch.setattr(numbered, "EXACT_NODES", 1)
    large = Sheet(graph_of(document), Settings())
    assert [small.digits, large.digits] == [50, 0]
    assert isinstance(small.numbers["h"], Fraction)
    assert isinstance(large.numbers["h"], float)
    found, expected = large.approximate(parse(formula)), small.approximate(parse(formula))
    assert found is not None
    assert expected is not None
    assert float(found) == pytest.approx(float(expected), rel=1e-15)


@pytest.mark.parametrize(("nodes", "digits"), [(1, 50), (2_000, 50), (2_001, 0)])
def test_up_to_two_thousand_nodes_are_worked_exactly(nodes: int, digits: int) -> None:
    formula = parse("a + 1/3")
    made = [Node.of(f"h{place}", formula) for place in range(nodes)]
    sheet = Sheet(Graph("", {"a": Leaf("a", "input", Fraction(3))}, {node.name: node for node in made}), Settings())
    assert sheet.digits == digits
    assert isinstance(sheet.numbers["h0"], Fraction if digits else float)


@pytest.mark.parametrize(
    ("power", "told"),
    [
        (400, " (about 10^400)"), (10**12 - 1, " (about 10^999999999999)"), (10**12 + 1, ""), (10**14, ""),
    ],
)  # fmt: skip
def test_how_large_a_number_is_that_cannot_be_kept(power: int, told: str) -> None:
    """Its power of ten, while that has up to twelve digits; of a fraction by its bits."""
    number = precise().number(Fraction(10)) ** power
    assert [_about(number * Fraction(3, 2)), _about(-number * Fraction(3, 2))] == [told] * 2
    if power == 400:
        assert _about(Fraction(10) ** power) == _about(-(Fraction(10) ** power)) == told


def test_what_is_shown_where_nothing_is_asked() -> None:
    """Four digits, up to twelve paths, and at a jump the value there."""
    assert (Settings().digits, Settings().listed_paths) == (4, 12)
    sheet = Sheet(graph_of("inputs: {x: 2}\nnodes: {L: x/3}\n"), Settings())
    for formula, values in (("floor(x)", (1, 2, 2)), ("ceil(x)", (2, 2, 3)), ("step(x - 2)", (0, None, 1))):
        for tie, value in zip((-1, 0, 1), values, strict=True):
            if value is not None:
                assert sheet.number(parse(formula), tie) == sheet.approximate(parse(formula), tie) == value
        assert sheet.number(parse(formula)) == sheet.number(parse(formula), 0)
        assert sheet.approximate(parse(formula)) == sheet.approximate(parse(formula), 0)
    held = [(operator, tie) for operator in ("<", "<=", "==", ">=", ">") for tie in (-1, 0, 1)
            if sheet.holds(operator, parse("x"), parse("2"), tie)]  # fmt: skip
    assert held == [("<", -1), ("<=", -1), ("<=", 0), ("==", 0), (">=", 0), (">=", 1), (">", 1)]
    assert [sheet.holds(operator, parse("x"), parse("2")) for operator in ("<", "<=", ">")] == [False, True, False]
