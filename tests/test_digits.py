"""Numbers with the digits they need: what cancels is 0, what is small stays, and checks look closer before they
contradict.
"""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import stepper as door
from stepper.core.expr import Sym, Value
from stepper.core.formula import number_of, text
from stepper.core.graph import Graph
from stepper.core.parser import parse
from stepper.core.steps import Check
from stepper.engine.graph.adjoints import Gradients
from stepper.engine.graph.backward import backward
from stepper.engine.graph.difference_quotients import Differences
from stepper.engine.graph.gradient_checking import check_gradient, check_together
from stepper.engine.graph.why_zero import why_zero
from stepper.engine.values.arithmetic import Arithmetic
from stepper.engine.values.equations import Sheet, relation, spelled
from stepper.engine.values.evaluate import compile_graph, run_graph
from stepper.engine.values.precision import precise, settled
from stepper.engine.values.quantities import Settings
from stepper.errors import Problem, StepperError
from stepper.read.given import with_values
from stepper.read.program import read_program
from tests.helpers import equations


def graph_at(formulas: str, values: str) -> Graph:
    return with_values(read_program(formulas, "-e"), [values])


@pytest.mark.parametrize(
    ("formulas", "values", "expected"),
    [
        ("c = exp(x); L = 1/c - c/c^2", "x=0.7", 0),
        ("c = exp(x); d = 1/c - c/c^2; L = d*1e60", "x=0.7", 0),
        ("L = sqrt(x)^2 - x", "x=2", 0),
        ("L = log(sqrt(x)^2/2)", "x=2", 0),
        ("L = where(sqrt(x)^2 >= 2, 1, 5)", "x=2", 1),
        ("L = floor(sqrt(x)^2)", "x=2", 2),
        ("L = relu(x)*tanh(y)", "x=-1,y=0.3", 0),
        ("L = exp(-100*x)", "x=1", 3.720075976020836e-44),
        ("L = 1 + exp(-100*x) - 1", "x=1", 3.720075976020836e-44),
        ("L = 1 + exp(-300*x) - 1", "x=1", 5.148200222412013e-131),
        ("h = sqrt(x); L = h - h", "x=2", 0),
        ("h = sqrt(x); L = h + h - (2*h - exp(-100*x))", "x=2", 1.3838965267367376e-87),
        ("h = sqrt(x); L = (2*h + exp(-100*x)) - h - h", "x=2", 1.3838965267367376e-87),
        ("L = exp(-700*x)*exp(700*x)", "x=1", 1.0),
        ("L = 1 - tanh(x)", "x=200", 3.8303395267346866e-174),
        ("L = 1/gelu(x)", "x=-12", -4.6909157e31),
        ("L = sin(10^300*x)", "x=3", 0.8741788575),
    ],
)
def test_what_cancels_is_zero_and_what_is_small_stays(formulas: str, values: str, expected: float) -> None:
    graph = graph_at(formulas, values)
    found = Sheet(graph, Settings()).numbers["L"]
    assert float(found) == pytest.approx(expected, rel=1e-6, abs=0)
    assert isinstance(found, Fraction) or found != 0


@pytest.mark.parametrize(
    ("formulas", "digits"),
    [
        # 30 of the digits are left, or the work is done again with more
        ("h = sqrt(x); L = h + h", 50), ("h = sqrt(x); L = h - h + x", 50), ("h = sqrt(x); L = 3*h - 2*h", 50),
        ("h = sqrt(x); L = h + exp(-40) - h", 50), ("h = sqrt(x); L = h + exp(-60) - h", 400),
        ("h = sqrt(x); L = (h + exp(-60)) - h", 400), ("L = log(1 + exp(-90))", 400), ("L = 1 + exp(-700) - 1", 400),
        ("L = (1 + exp(-900) - 1)*exp(300)", 1000),
        ("L = exp(-200)", 50), ("L = sin(pi + 1e-20)", 400), ("L = sin(10^60 + x)", 400),
        ("L = exp(100000)*exp(-100001)", 50), ("L = where(sqrt(x)^2 >= 2, 1, 5)", 400),
        ("L = where(x >= 2, sqrt(x), 5)", 50),
    ],
)  # fmt: skip
def test_a_number_has_all_the_digits_that_a_float_holds(formulas: str, digits: int) -> None:
    """As it comes out with three thousand digits; and with no more work than that takes."""
    graph = graph_at(f"{formulas}; k = x", "x=2")
    sheet = Sheet(graph, Settings())
    blind = run_graph(graph, compile_graph(graph, sheet.vocabulary, precise(3000)))["L"]
    assert float(sheet.numbers["L"]) == pytest.approx(float(blind), rel=2e-15, abs=0)
    assert sheet.digits == digits


def test_a_number_beyond_floats_is_called_huge() -> None:
    with pytest.raises(StepperError, match="sin\\(a huge number\\) is not defined"):
        Sheet(graph_at("L = sin(10^1100 + x)", "x=2"), Settings())


@pytest.mark.parametrize(
    ("formulas", "values", "wrt", "verdict"),
    [
        ("L = max(1, x, x)", "x=1", "x", None),
        ("L = max(u, v)", "u=2,v=2", "u", True),
        ("L = bce(sigmoid(z), y)", "z=80,y=0.5", "z", True),
        ("L = log(1 - tanh(z))", "z=40", "z", True),
        ("L = log(1 - tanh(z))", "z=300", "z", True),
        ("L = 1/gelu(z)", "z=-12", "z", True),
        ("L = sin(10^300*x)", "x=3", "x", True),
        ("L = relu(x)*w", "x=1e-20,w=2", "x", True),
        ("L = log(x)", "x=1e-30", "x", True),
        ("c = exp(x); L = c/c", "x=0.7", "x", True),
        ("L = relu(x) - relu(-x)", "x=0", "x", None),
    ],
)
def test_a_right_gradient_is_not_contradicted(formulas: str, values: str, wrt: str, verdict: bool | None) -> None:
    derivation = backward(graph_at(formulas, values), [wrt], Settings())
    assert [check.ok for check in derivation.checks if "difference" in check.name] == [verdict]


def checked(formulas: str, values: str, wrt: str, gradient: float) -> Check:
    return check_gradient(
        Differences(Sheet(graph_at(formulas, values), Settings()), "L"), f"dL/d{wrt}", wrt, gradient, 1.0, Fraction(1)
    )


@pytest.mark.parametrize(
    ("formulas", "values", "wrong"),
    [
        ("L = x^2", "x=3", 6.0001),
        ("L = x^2", "x=3", 0.0),
        ("L = log(1 - tanh(x))", "x=40", -2.1),
        ("L = sin(10^300*x)", "x=3", 4.8e299),
        ("L = relu(x)", "x=1e-20", 0.0),
    ],
)
def test_a_wrong_gradient_is_contradicted_where_digits_are_lost_too(formulas: str, values: str, wrong: float) -> None:
    assert checked(formulas, values, "x", wrong).ok is False


@pytest.mark.parametrize(
    ("left", "right", "sign"),
    [
        ("a*b", [0.01, Fraction(0)], "="),
        ("a*b", [0.01, Fraction(2)], "≈"),
        ("a*b + 1", [0.01, Fraction(0)], "="),
        ("a/b", [0.01, Fraction(2)], "≈"),
        ("a - b", [0.5, 0.5], "≈"),
    ],
)
def test_a_product_with_a_factor_zero_is_exact(left: str, right: list[float | Fraction], sign: str) -> None:
    sheet = Sheet(graph_at("L = a + b", "a=1"), Settings())
    sheet.values = dict(zip("ab", right, strict=True))
    assert relation(sheet.put_in(parse(left)), Value(Fraction(0))) == sign


FORMULAS = st.lists(
    st.sampled_from(
        ["tanh({a})*{b}", "relu({a})", "exp({a}) - {b}", "{a}*{b}*{a}", "sin({a})", "max({a}, {b})", "{a}/({b}^2 + 1)",
            "{a} - {a}"]
    ),
    min_size=1, max_size=3,
)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(
    FORMULAS,
    st.lists(st.sampled_from("xy"), min_size=6, max_size=6),
    st.sampled_from(["0", "1", "-1/2"]),
    st.booleans(),
)
def test_no_side_of_an_equation_stands_twice(formulas: list[str], picked: list[str], value: str, exact: bool) -> None:
    source: list[str] = []
    names: list[str] = []
    for place, formula in enumerate(formulas):
        a, b = (names[-1] if names and place % 2 == side else picked[2 * place + side] for side in (0, 1))
        source.append(f"h{place} = {formula.format(a=a, b=b)}")
        names.append(f"h{place}")
    graph = read_program("; ".join(source) + f"; L = {' + '.join(names)}", "-e")
    graph = with_values(graph, [",".join(f"{name}={value}" for name in graph.leaves)])
    for equation in equations(backward(graph, list(graph.leaves), Settings(exact=exact))):
        sides = [spelled(link.expr) for link in equation.links]
        again = [
            text(one)
            for one, link in zip(sides, equation.links[1:], strict=False)
            if one == spelled(link.expr) and not link.note
        ]
        assert not again, (source, text(equation.left))


@pytest.mark.parametrize(
    ("formulas", "values", "wrt", "reason"),
    [
        ("h = relu(x); L = h*tanh(y)", "x=-1,y=0.3", "y", "∂L/∂y = 0, since h = 0"),
        ("h = relu(x); L = h*tanh(y)", "x=-1,y=0.3", "x", "∂h/∂x = 0, since x = -1 < 0"),
        ("L = max(u, v)", "u=3,v=1", "v", "∂L/∂v = 0, since u = 3 is the larger"),
        ("L = (x - 1)^2*y", "x=1,y=5", "x", "∂L/∂x = 0, since x - 1 = 0"),
        ("a = x; b = -x; L = a + b", "x=2", "x", "the contributions to x cancel"),
        ("a = relu(x); b = relu(-x); L = a*0 + b", "x=2", "x", "∂b/∂x = 0, since -x = -2 < 0 and ∂L/∂a = 0"),
        ("L = exp(-x)*y", "x=800,y=1", "x", "∂L/∂x is too small for a floating point number"),
        ("c = exp(x); L = c/c", "x=0.7", "x", "∂L/∂c = 0, since no significant digits are left"),
    ],
)
def test_the_reason_for_a_zero_is_the_factor_that_is_zero(formulas: str, values: str, wrt: str, reason: str) -> None:
    gradients = Gradients(Sheet(graph_at(formulas, values), Settings()), "L", [wrt])
    assert number_of(gradients.adjoint(wrt)) == 0
    said = "".join(part if isinstance(part, str) else text(part) for part in why_zero(gradients, wrt))
    assert said == reason


@pytest.mark.parametrize(
    ("formula", "sides", "lost"),
    [
        ("h - h", "h - h ≈ 1.4142135623730951 - 1.4142135623730951 ≈ 0", True),
        # a 0 that numbers come to exactly, or that is itself rounded, needs no word
        ("h*0", "h*0 = 1.4142135623730951*0 = 0", False), ("x - x", "x - x = 2 - 2 = 0", False),
        ("exp(-1000*h)", "exp(-1000*h) ≈ exp(-1000*1.4142135623730951) ≈ 0.0", False),
        ("h - 1", "h - 1 ≈ 1.4142135623730951 - 1 ≈ 0.41421356237309503", False),
        # a quotient says its number where it is in lowest terms
        ("1/2", "1/2", False), ("2/4", "2/4 = 1/2", False), ("2/2", "2/2 = 1", False), ("x/3", "x/3 = 2/3", False),
        ("3", "3", False), ("x*3", "x*3 = 2*3 = 6", False), ("-x", "-x = -2", False),
    ],
)  # fmt: skip
def test_a_worked_line_ends_in_its_number(formula: str, sides: str, lost: bool) -> None:
    sheet = Sheet(graph_at(f"h = sqrt(x); L = {formula}", "x=2"), Settings())
    first, *others = sheet.worked(Sym("L"), sheet.graph.nodes["L"].formula or Sym("L"), sheet.values["L"]).links
    assert " ".join([text(first.expr), *(f"{link.relation} {text(link.expr)}" for link in others)]) == sides
    assert [link.note for link in others if link.note] == [("no significant digits are left",)] * lost


@pytest.mark.parametrize("wrong", [None, "w7", "w0"])
def test_many_gradients_are_checked_together(wrong: str | None) -> None:
    """By one quotient in which small gradients count as much as large ones; a wrong one among them does not pass."""
    names = [f"w{place}" for place in range(50)]
    source = "L = tanh(" + " + ".join(f"{name}*10^(-{place % 8})" for place, name in enumerate(names)) + ")"
    graph = graph_at(source, ",".join(f"{name}={1 + place % 3}/70" for place, name in enumerate(names)))
    gradients = Gradients(Sheet(graph, Settings()), "L", names)
    numbers = {name: number_of(gradients.adjoint(name)) or Fraction(0) for name in names}
    if wrong is not None:
        numbers[wrong] = float(numbers[wrong]) * 1.001
    check = check_together(Differences(gradients.sheet, "L"), numbers, gradients.scales(), Fraction(1))
    assert check.ok is (wrong is None)


@pytest.mark.parametrize(
    ("results", "taken", "asked"),
    [
        # what comes of the work with 50, 400 and 1000 digits, with a question mark where it is doubted; x is a failure
        ("1", "1 with 50", 1), ("1? 1", "1 with 400", 2), ("1? 1? 5", "1 with 400", 2),
        ("1? 2? 2?", "2 with 1000", 3), ("1? 2? 3", "3 with 1000", 3),
        ("1? 2? 3?", "3 with 1000", 3), ("1? 2", "2 with 400", 2), ("x", "refused", 1),
        ("x? 1", "1 with 400", 2), ("x? 1? 1?", "1 with 1000", 3),
        ("x? x? 1", "1 with 1000", 3), ("x? x? x?", "refused", 3), ("1? x? 1?", "1 with 1000", 3),
        ("1? x", "refused", 2), ("1? x? x", "refused", 3),
        ("1?! 2?! 3?!", "refused", 3), ("1?! 2?! 3", "3 with 1000", 3), ("1?! 1?!", "1 with 400", 2),
    ],
)  # fmt: skip
def test_work_is_done_again_with_more_digits_until_it_stays(results: str, taken: str, asked: int) -> None:
    """What is doubted is done again; a failure counts where it is not doubted, or there are no more digits; ! needs
    still more.
    """
    levels: list[int] = []

    def work(arithmetic: Arithmetic) -> int:
        result = results.split()[len(levels)]
        levels.append(arithmetic.digits)
        arithmetic.doubt.raised, arithmetic.doubt.beyond = "?" in result, "!" in result
        if "x" in result:
            raise StepperError(Problem("refused"))
        return int(result.strip("?!"))

    try:
        found = "{} with {}".format(*settled(work, lambda one, other: one == other))
    except StepperError as error:
        found = "refused"
        assert "!" not in results or "more than 1000 digits would be needed" in str(error)
    assert (found, levels) == (taken, [50, 400, 1000][:asked])


@pytest.mark.parametrize(
    ("formula", "shown"),
    [
        ("floor(2*sigmoid(400) + 80)", "⌊2·σ(400) + 80⌋ = 81"),  # 82 - 4·10⁻¹⁷⁴
        ("ceil(1 + exp(-300))", "⌈1 + exp(-300)⌉ = 2"),
        ("where(sigmoid(400) < 1, 5, 7)", "= 5"),
        ("where(tanh(200) == 1, 5, 7)", "= 7"),
        ("sign(1 - tanh(200))", "= 1"),
        ("floor(sqrt(2)^2)", "⌊√(2)²⌋ ≈ 2"),  # no number of digits tells it from 2: so it is not said to be exact
        ("floor(7/2)", "⌊7/2⌋ = 3"),
        ("max(tanh(1), tanh(1))", "≈ 0.7616"),
    ],
)
def test_digits_are_added_where_a_number_stands_at_a_jump(formula: str, shown: str) -> None:
    assert shown in str(door.forward(f"f = {formula}")).splitlines()[-1]


def test_a_gradient_behind_a_jump_is_that_of_the_right_side() -> None:
    """By hand: h2 = 82 - 4·10⁻¹⁷⁴, so its floor is 81, and the factor of dL/dx1 that comes through sin(61·h2) is that
    of 61.
    """
    program = (
        "h0 = leaky_relu(x1, x2); h1 = sigmoid(h0*h0); h2 = h1 + h1 + x2; h3 = floor(h2) + h0; L = h2 + sin(h3*h2)"
    )
    found = door.backprop(program, wrt="x1,x2", values={"x1": "-1/4", "x2": 80}).floats
    slope = math.cos(61 * 82)
    assert found["dL/dx1"] == pytest.approx(slope * 82 * 80)
    assert found["dL/dx2"] == pytest.approx(1 + slope * (61 + 82 * -0.25))
