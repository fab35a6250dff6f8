"""Laws of formulas: lists are spread, definitions put in as deep as is asked, and what has no number says why."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest
from msgspec.structs import replace

from stepper.core.expr import Expr, Number, add_all
from stepper.core.formula import text
from stepper.core.graph import Function
from stepper.core.parser import parse
from stepper.engine.values.arithmetic import EXACT, FLOAT, Arithmetic, is_long
from stepper.engine.values.definitions import bounded, define, lower, spread, unfold, written_out
from stepper.engine.values.equations import Sheet
from stepper.engine.values.evaluate import calculable, evaluate, place_of
from stepper.engine.values.precision import fine, precise
from stepper.engine.values.quantities import Settings
from stepper.engine.values.vocabulary import Vocabulary
from stepper.errors import StepperError
from tests.helpers import graph_of

FUNCTIONS = {"f": Function("f"), "g": Function("g", ("x",), parse("x^2 + f(x)"))}
PLAIN = Vocabulary({}, {})


def vocabulary() -> Vocabulary:
    return Vocabulary(FUNCTIONS, {})


# ---- lists


@pytest.mark.parametrize(
    ("formula", "written"),
    [
        ("[a, b] - [c, d]", "[a - c, b - d]"),
        ("2*[a, b]", "[2*a, 2*b]"),
        ("-[a, b]", "[-a, -b]"),
        ("[a, b]^[2, 3]", "[a^2, b^3]"),
        ("[a, b][1]", "a"),
        ("[a, b][2]", "b"),
        ("[a, b][k]", "[a, b][k]"),
        ("[]", "[]"),
        ("x[1]", "x[1]"),
        ("relu([a, b])", "[relu(a), relu(b)]"),
        ("exp([a, b])[1]", "exp(a)"),
        ("f([a, b])", "[f(a), f(b)]"),
        ("f(a)[1]", "f(a)[1]"),
        ("leaky_relu([a, b], [1, 2])", "[leaky_relu(a, 1), leaky_relu(b, 2)]"),
        ("leaky_relu([a, b], 1/4)", "[leaky_relu(a, 1/4), leaky_relu(b, 1/4)]"),
        ("max([a])", "a"),
        ("max([a, b])", "max([a, b])"),
        ("sum([a])", "sum([a])"),
        ("softmax([a, b])", "[softmax([a, b])[1], softmax([a, b])[2]]"),
        ("softmax([a, b])[2]", "softmax([a, b])[2]"),
        ("softmax([a])", "[softmax([a])[1]]"),
        ("where(a > b, [1, 2], [3, 4])", "[where(a > b, 1, 3), where(a > b, 2, 4)]"),
        # between two whole numbers a case is settled, between others not
        ("where(1 == 2, a, b)", "b"),
        ("where(2 == 2, a, b)", "a"),
        ("where(2 > 1, a, b)", "a"),
        ("where(10 < 9, a, b)", "b"),
        ("where(1.0 == 1, a, b)", "where(1.0 == 1, a, b)"),
        ("where(1 == 1.5, a, b)", "where(1 == 1.5, a, b)"),
        ("where(a == 1, a, b)", "where(a == 1, a, b)"),
    ],
)
def test_lists_are_spread(formula: str, written: str) -> None:
    assert text(spread(parse(formula), vocabulary())) == written


@pytest.mark.parametrize(
    ("formula", "what"),
    [
        ("[a, b][3]", "[a, b][3] does not exist: the list has 2 elements, counted from 1"),
        ("[a, b][0]", "[a, b][0] does not exist: the list has 2 elements, counted from 1"),
        ("[a, b][1.0]", "[a, b][1.0] does not exist: the list has 2 elements, counted from 1"),
        ("[a, b][1, 2]", "[a, b][1, 2] does not exist: the list has 2 elements, counted from 1"),
        ("(a + b)[1]", "a + b is one number, so it has no elements"),
        ("[a, b] + [1, 2, 3]", "lists of 2 and 3 elements cannot be combined in [a, b] + [1, 2, 3]"),
        ("mod([a, b], [1, 2, 3])", "lists of 2 and 3 elements cannot be combined in mod"),
        ("[a, [b, c]]", "a list inside a list is not known to scalar graphs"),
        ("sum(a)", "sum takes a list here, but got a"),
        ("mse([a, b], c)", "mse takes a list here, but got c"),
        ("kl(a, b)", "kl takes a list here, but got a"),
        ("mse([a], [b, c])", "mse takes lists of the same length, but got 1 and 2 elements"),
        ("sum([])", "sum of an empty list is not defined"),
        ("relu(a, b)", "'relu' takes 1 argument, but got 2"),
        ("leaky_relu(a, b, c)", "'leaky_relu' takes 1 to 2 arguments, but got 3"),
        ("frob(a)", "'frob' is not a known function"),
    ],
)
def test_lists_that_do_not_fit_are_refused(formula: str, what: str) -> None:
    """In the same words each time."""
    known = vocabulary()
    for _ in range(2):
        with pytest.raises(StepperError) as caught:
            spread(parse(formula), known)
        assert caught.value.problems[0].what == what


# ---- definitions


@pytest.mark.parametrize(
    ("formula", "shown", "own", "defined", "worked"),
    [
        ("mse([a, b], [c, d])", *["((a - c)^2 + (b - d)^2)/2"] * 4),
        # one prediction and one target
        ("mse(a, c)", *["(a - c)^2"] * 4),
        ("mse([a], [c])", *["(a - c)^2"] * 4),
        ("half_sse(a, c)", *["1/2*(a - c)^2"] * 4),
        ("nll([a, b], 2)", *["-b"] * 4),
        ("mean([a, b])", *["(a + b)/2"] * 4),
        ("tanh(x)", *["tanh(x)"] * 4),
        ("f(x)", *["f(x)"] * 4),
        ("g(x)", "g(x)", *["x^2 + f(x)"] * 3),
        # a number has no elements, and is not taken for one of a list
        ("relu(x)[1]", *["relu(x)[1]"] * 2, *["where(x > 0, x, 0)[1]"] * 2),
        (
            "bce_with_logits(z, y)",
            *["log(1 + exp(z)) - y*z"] * 3,
            "where(z > 0, z + log(1 + exp(-z)), log(1 + exp(z))) - y*z",
        ),
        ("relu(x)", "relu(x)", "relu(x)", *["where(x > 0, x, 0)"] * 2),
        ("g(relu(x))", "g(relu(x))", "relu(x)^2 + f(relu(x))", *["where(x > 0, x, 0)^2 + f(where(x > 0, x, 0))"] * 2),
        (
            "softmax([a, b])[1]",
            *["softmax([a, b])[1]"] * 2,
            "exp(a)/(exp(a) + exp(b))",
            "exp(a - max([a, b]))/(exp(a - max([a, b])) + exp(b - max([a, b])))",
        ),
    ],
)
def test_definitions_are_put_in_as_deep_as_is_asked(
    formula: str, shown: str, own: str, defined: str, worked: str
) -> None:
    """Losses alone, as they are shown; the document's own functions too; all of them; all in the forms that stay
    accurate.
    """
    ways: list[Callable[[Expr, Vocabulary], Expr]] = [unfold, written_out, define, lower]
    assert [text(way(parse(formula), vocabulary())) for way in ways] == [shown, own, defined, worked]


def chained(count: int) -> Vocabulary:
    """f1 calls f2, which calls f3, ... and the last is a square."""
    links = {f"f{place}": Function(f"f{place}", ("x",), parse(f"f{place + 1}(x)")) for place in range(1, count)}
    return Vocabulary(links | {f"f{count}": Function(f"f{count}", ("x",), parse("x^2"))}, {})


@pytest.mark.parametrize(("deep", "refused"), [(2, False), (49, False), (50, False), (51, True), (60, True)])
def test_definitions_are_fifty_deep_at_most(deep: int, refused: bool) -> None:
    if refused:
        with pytest.raises(StepperError, match="a function is defined in terms of itself"):
            define(parse("f1(y)"), chained(deep))
    else:
        assert text(define(parse("f1(y)"), chained(deep))) == "y^2"


@pytest.mark.parametrize(("most", "refused"), [(5, False), (4, True)])
def test_as_many_definitions_are_put_in_as_allowed_and_no_more(
    most: int, refused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stepper.engine.values.definitions.MOST_DEFINITIONS", most)
    formula = parse("f1(x) + relu(x) + f1(y)")
    if refused:
        with pytest.raises(StepperError, match="written out, this formula holds more than 4 functions"):
            define(formula, chained(2))
    else:
        assert text(define(formula, chained(2))) == "x^2 + where(x > 0, x, 0) + y^2"


@pytest.mark.parametrize(("calls", "refused"), [(5_000, False), (5_001, True)])
def test_a_formula_holds_up_to_five_thousand_functions(calls: int, refused: bool) -> None:
    formula = add_all([("+", parse("f1(x)"))] * calls)
    if refused:
        with pytest.raises(StepperError, match="written out, this formula holds more than 5,000 functions"):
            define(formula, chained(1))
    else:
        assert text(define(formula, chained(1))).count("x^2") == calls


@pytest.mark.parametrize(("parts", "refused"), [(24_999, False), (25_000, True)])
def test_a_formula_that_is_written_out_has_up_to_fifty_thousand_parts(parts: int, refused: bool) -> None:
    """A minus is a part, what it stands before another, and so is the whole sum."""
    formula = add_all([("+", parse("-x"))] * parts)
    if refused:
        with pytest.raises(StepperError, match="written out, this formula has more than 50,000 parts"):
            bounded(formula)
    else:
        assert bounded(formula) is formula


# ---- numbers that do not exist


@pytest.mark.parametrize(
    ("formula", "values", "what"),
    [
        ("1/x", {"x": 0}, "1/x divides by zero"),
        ("x/(y - y)", {"x": 0, "y": 2}, "x/(y - y) divides by zero"),
        ("x^y", {"x": 0, "y": -1}, "x^y divides by zero"),
        ("x^y", {"x": 0, "y": Fraction(-1, 2)}, "x^y divides by zero"),
        ("exp(x)", {"x": 100_001}, "exp(x) is too large for a number (at 100001)"),
        ("log(x)", {"x": -2}, "log(-2) is not defined; log needs x > 0"),
        ("log(x*y)", {"x": -2, "y": 3}, "log(-6) is not defined; log needs x > 0"),
        ("x^y", {"x": -2, "y": Fraction(1, 2)}, "x^y is not defined at -2 and 0.5"),
        ("sqrt(x)", {"x": -4}, "x^(1/2) is not defined at -4 and 0.5"),
        ("exp(x)", {"x": 10**400}, "exp(x) is too large for a number (at a huge number)"),
    ],
)
@pytest.mark.parametrize("arithmetic", [EXACT, fine()], ids=["fractions", "many digits"])
def test_what_has_no_number_says_why(
    formula: str, values: dict[str, Number], what: str, arithmetic: Arithmetic
) -> None:
    with pytest.raises(StepperError) as caught:
        evaluate(
            parse(formula), {name: Fraction(value) for name, value in values.items()}, PLAIN, arithmetic=arithmetic
        )
    assert caught.value.problems[0].what == what


@pytest.mark.parametrize(
    ("formula", "x", "what"),
    [
        ("exp(x)", 100000.0, "exp(x) is too large for a number (at 100000)"),
        ("10^x", 400.0, "10^x is too large for a number (at 10 and 400)"),
        ("x*x", 1e300, "x*x is too large for a number (at 1e+300 and 1e+300)"),
        ("exp(exp(x))", 10.0, "exp(exp(x)) is too large for a number (at 22026.5)"),
    ],
)
def test_what_is_too_large_for_a_float_says_so(formula: str, x: float, what: str) -> None:
    """With many digits it is a number."""
    with pytest.raises(StepperError) as caught:
        evaluate(parse(formula), {"x": x}, PLAIN, arithmetic=FLOAT)
    assert caught.value.problems[0].what == what
    assert evaluate(parse(formula), {"x": Fraction(x)}, PLAIN, arithmetic=fine()) is not None


@pytest.mark.parametrize(
    ("document", "what", "line"),
    [
        ("inputs: {x: 0}\nnodes:\n  h: 1/x\n  L: 2*h\n", "in h: 1/x divides by zero", 3),
        ("inputs: {x: -1}\nnodes:\n  h: 2*x\n  L: log(h)\n", "in L: log(-2) is not defined; log needs x > 0", 4),
        (
            "inputs: {x: 1}\nnodes:\n  y: x\n  a: b + x\n  b: c\n  c: a\n",
            "these nodes form a cycle: a reads b reads c reads a",
            4,
        ),
        ("inputs: {x: 1}\nnodes:\n  a: a + x\n", "these nodes form a cycle: a reads a", 3),
        ("inputs: {x: 1}\nnodes:\n  a: frob(x)\n", "'frob' is not a known function", 3),
    ],
)
def test_a_graph_that_cannot_be_worked_out_names_the_line(document: str, what: str, line: int) -> None:
    with pytest.raises(StepperError) as caught:
        Sheet(graph_of(document), Settings())
    (problem,) = caught.value.problems
    assert problem.what == what
    assert problem.where is not None
    assert problem.where.line == line


def test_what_reads_a_letter_or_calls_an_unspecified_function_has_no_number() -> None:
    graph = graph_of(
        "inputs: {x: 2, y: }\nfunctions: {f(t): , g(t): 2*f(t)}\nnodes: {a: x^2, b: a*y, c: f(a), d: g(a), e: a + 1, "
        "h: b + e}\n"
    )
    assert calculable(graph, Vocabulary(graph.functions, {})) == ["a", "e"]
    assert set(Sheet(graph, Settings()).numbers) == {"x", "a", "e"}


def test_a_loss_outside_its_domain_says_in_which_order_it_takes_its_arguments() -> None:
    with pytest.raises(StepperError) as caught:
        Sheet(graph_of("inputs: {p: 2, y: 1}\nnodes: {L: log(y - p)}\n"), Settings())
    assert caught.value.problems[0].hint == ""
    with pytest.raises(StepperError) as caught:
        Sheet(graph_of("inputs: {p: 2, y: 0.5}\nnodes: {L: 'bce(p, y)'}\n"), Settings())
    assert caught.value.problems[0].hint == "bce(p, y) takes the prediction first, then the target"


@pytest.mark.parametrize("formula", ["partial(a, x)", "2*partial(a, x) + x", "da/dx", "f(x)", "x + g(x)", "q", "x*q"])
def test_derivatives_letters_and_unspecified_functions_have_no_number_of_their_own(formula: str) -> None:
    assert evaluate(parse(formula), {"x": Fraction(2), "a": Fraction(3)}, vocabulary()) is None


@pytest.mark.parametrize(
    ("formula", "values"),
    [
        # from the left, at the point, from the right
        ("floor(x)", (1, 2, 2)),
        ("ceil(x)", (2, 2, 3)),
        ("floor(x + 1/2)", (2, 2, 2)),
        ("ceil(x/4)", (1, 1, 1)),
        ("where(x > 2, 5, 7)", (7, 7, 5)),
        ("where(2 < x, 5, 7)", (5, 7, 7)),
        ("where(x >= 2, 5, 7)", (7, 5, 5)),
        ("where(x == 2, 5, 7)", (7, 5, 7)),
        ("where(x > 1, 5, 7)", (5, 5, 5)),
    ],
)
def test_what_ties_goes_on_from_the_side_that_is_asked_for(formula: str, values: tuple[int, int, int]) -> None:
    assert tuple(evaluate(parse(formula), {"x": Fraction(2)}, PLAIN, tie) for tie in (-1, 0, 1)) == values


def test_a_place_is_that_of_a_node_which_stands_on_a_line() -> None:
    graph = graph_of("inputs: {x: 2}\nnodes:\n  a: 2*x\n  b: 3*a\n")
    assert [str(place_of(graph, name)) for name in ("a", "b", "x", "q")] == [
        "graph.yaml:3",
        "graph.yaml:4",
        "None",
        "None",
    ]
    assert place_of(replace(graph, origin=""), "a") is None
    assert place_of(replace(graph, nodes={"a": replace(graph.nodes["a"], line=0)}), "a") is None


# ---- fractions while they are short


@pytest.mark.parametrize(
    ("number", "long"),
    [
        (Fraction(2**133 - 1), False),
        (Fraction(2**133), True),
        (Fraction(1, 2**133 - 1), False),
        (Fraction(-1, 2**133), True),
        (Fraction(2**132, 3**83), False),
        (2.0**200, False),
    ],
)
def test_a_fraction_of_more_than_133_bits_is_long(number: Number, long: bool) -> None:
    assert is_long(number) is long
    kept = evaluate(parse("x + 0"), {"x": number}, PLAIN)
    assert isinstance(kept, float) is (long or isinstance(number, float))
    assert kept == (float(number) if long else number)


@pytest.mark.parametrize(
    ("formula", "x", "expected"),
    [
        ("x^(1/2)", Fraction(9, 4), Fraction(3, 2)),
        ("x^(1/2)", Fraction(0), Fraction(0)),
        ("x^(1/2)", Fraction(9, 2), 4.5**0.5),
        ("x^(1/2)", Fraction(2, 9), (2 / 9) ** 0.5),
        ("x^(1/3)", Fraction(1), Fraction(1)),
        ("x^(1/3)", Fraction(8), 8 ** (1 / 3)),
        ("x^100001", Fraction(-1), Fraction(-1)),
        ("x^100000", Fraction(-1), Fraction(1)),
        ("x^100000000", Fraction(1), Fraction(1)),
        ("x^0", Fraction(0), Fraction(1)),
        ("x^(-2)", Fraction(2, 3), Fraction(9, 4)),
        ("x^(-200)", Fraction(2), 2.0**-200),
        ("2^x", Fraction(1, 2), 2**0.5),
    ],
)
def test_powers_are_rational_where_they_can_be(formula: str, x: Fraction, expected: Number) -> None:
    found = evaluate(parse(formula), {"x": x}, PLAIN)
    assert isinstance(found, Fraction) is isinstance(expected, Fraction)
    assert found == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        (Fraction(4), 0.5, 2.0),
        (4.0, Fraction(1, 2), 2.0),
        (1.5, Fraction(2), 2.25),
        (Fraction(3, 2), 2.0, 2.25),
        (0.0, Fraction(1, 2), 0.0),
        (0.0, Fraction(0), 1.0),
        (-2.0, Fraction(3), -8.0),
        (-2.0, 3.0, -8.0),
        (-2.0, Fraction(-2), 0.25),
        # whole, however large
        (-1.0, Fraction(100_000), 1.0),
        (-1.0, 1e20, 1.0),
        (-0.99999, Fraction(100_001), -0.36787),
    ],
)
@pytest.mark.parametrize("arithmetic", [EXACT, FLOAT], ids=["fractions", "floats"])
def test_a_power_with_a_float_is_a_float(x: Number, y: Number, expected: float, arithmetic: Arithmetic) -> None:
    found = evaluate(parse("x^y"), {"x": x, "y": y}, PLAIN, arithmetic=arithmetic)
    assert isinstance(found, float)
    assert found == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(
    ("x", "y", "what"),
    [
        (-2.0, 0.5, "is not defined at -2 and 0.5"),
        (-2.0, 100_000.5, "is not defined at -2 and 100000"),
        (0.0, -1.0, "divides by zero"),
        (10.0, 309.0, "is too large for a number (at 10 and 309)"),
    ],
)
def test_a_power_of_floats_that_does_not_exist(x: float, y: float, what: str) -> None:
    for arithmetic in (EXACT, FLOAT):
        with pytest.raises(StepperError) as caught:
            evaluate(parse("x^y"), {"x": x, "y": y}, PLAIN, arithmetic=arithmetic)
        assert caught.value.problems[0].what == f"x^y {what}"


@pytest.mark.parametrize(
    ("formula", "exact"), [("exp(x)", Fraction(1)), ("sin(x)", Fraction(0)), ("cos(x)", Fraction(1))]
)
def test_only_of_an_exact_number_a_value_is_exact(formula: str, exact: Fraction) -> None:
    found = [evaluate(parse(formula), {"x": x}, PLAIN) for x in (Fraction(0), 0.0)]
    assert found == [exact, float(exact)]
    assert [isinstance(number, Fraction) for number in found] == [True, False]
    many = evaluate(parse(formula), {"x": Fraction(0)}, PLAIN, arithmetic=fine())
    assert isinstance(many, Fraction)
    assert many == exact


def test_with_many_digits_a_power_of_one_is_one_and_of_zero_may_not_exist() -> None:
    for arithmetic in (fine(), precise()):
        assert evaluate(parse("x^y"), {"x": 1.0, "y": Fraction(-1, 2)}, PLAIN, arithmetic=arithmetic) == 1
        with pytest.raises(StepperError, match="divides by zero"):
            evaluate(parse("x^y"), {"x": 0.0, "y": Fraction(-1, 2)}, PLAIN, arithmetic=arithmetic)
