"""Laws of the vocabulary: which functions there are, what the names in a row stand for, derivatives by a prime,
conventions.
"""

from __future__ import annotations

import pytest

from stepper.core.expr import Call, Expr, Sym
from stepper.core.formula import text
from stepper.core.graph import Function
from stepper.core.parser import parse
from stepper.core.traverse import substitute
from stepper.engine.values.definitions import define, lower, spread, unfold, written_out
from stepper.engine.values.vocabulary import Vocabulary
from stepper.errors import StepperError
from stepper.tables.conventions import KINKS, Kink
from stepper.tables.table import ROWS

FUNCTIONS = {
    "f": Function("f"),
    "g": Function("g", ("x",), parse("x^2 + f(x)")),
    "h": Function("h", ("a", "b"), parse("a*b")),
    "q": Function("q", ("x",), parse("relu(x)*x")),
}


def vocabulary() -> Vocabulary:
    return Vocabulary(FUNCTIONS, {})


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("f", True),
        ("f'", True),
        ("relu", True),
        ("relu''", True),
        ("swish", True),
        ("x", False),
        ("", False),
        ("f'x", False),
        (3, False),
    ],
)
def test_a_function_is_one_of_the_document_or_of_the_tables_primes_aside(name: object, known: bool) -> None:
    assert (name in vocabulary()) is known


@pytest.mark.parametrize(
    ("name", "specified"),
    [("f", False), ("g", False), ("h", True), ("q", True), ("f'", False), ("g'", False), ("q'", True), ("tanh", True),
        ("softmax", True),
     ("max'", True), ("sum", True)],
)  # fmt: skip
def test_a_function_is_worked_out_where_all_that_it_calls_is(name: str, specified: bool) -> None:
    known = vocabulary()
    assert known.specified(name) is specified
    assert known.rule(name).unspecified is (name in {"f", "f'"})


@pytest.mark.parametrize(
    ("call", "bound"),
    [
        ("leaky_relu(x)", {"x": "x", "alpha": "0.01"}),
        ("leaky_relu(x, 3)", {"x": "x", "alpha": "3"}),
        ("h(y, 2*z)", {"a": "y", "b": "2*z"}),
        ("softmax([a, b, c])", {"x": "[a, b, c]", "n": "3", "k": "[1, 2, 3]"}),
        ("nll([a, b], 2)", {"logp": "[a, b]", "n": "2", "k": "[1, 2]", "y": "2"}),
        ("mse([a, b], [c, d])", {"yhat": "[a, b]", "n": "2", "k": "[1, 2]", "y": "[c, d]"}),
        ("sum(x)", {"x": "x"}),
    ],
)
def test_the_names_in_a_row_stand_for_what_the_call_gives(call: str, bound: dict[str, str]) -> None:
    """n is the length of a list, k the places in it, and what is left out has its default."""
    called = parse(call)
    assert isinstance(called, Call)
    found = vocabulary().rule(called.name).bind(called.arguments)
    assert {text(symbol): text(value) for symbol, value in found.items()} == bound


@pytest.mark.parametrize(
    ("name", "slope"),
    [
        ("g'", "2*x + f'(x)"),
        ("tanh'", "1 - tanh(x)^2"),
        ("relu'", "where(x > 0, 1, 0)"),
        ("relu''", "0"),
        ("q'", "where(x > 0, 1, 0)*x + relu(x)"),
        ("exp''", "exp(x)"),
    ],
)
def test_a_prime_is_the_derivative_of_a_function_of_one_number(name: str, slope: str) -> None:
    rule = vocabulary().rule(name)
    assert rule.value is not None
    assert text(rule.value) == slope
    assert [parameter.name for parameter in rule.parameters] == ["x"]


@pytest.mark.parametrize("name", ["leaky_relu'", "h'", "hinge'", "sum'", "softmax'", "mse'"])
def test_of_several_numbers_no_prime_says_for_which(name: str) -> None:
    with pytest.raises(
        StepperError, match=f"{name} is the derivative of a function of one number; {name[:-1]} takes more"
    ):
        vocabulary().rule(name)


@pytest.mark.parametrize(
    ("formula", "defined"),
    [
        ("max'([a, b])[2]", "where(b > a, 1, where(b < a, 0, 1/2))"),
        ("min'([a, b])[1]", "where(a > b, 0, where(a < b, 1, 1/2))"),
        ("max''([a, b])[1]", "0"),
        (
            "max'([a, b, c])[2]",
            "where(b > max([a, c]), 1, where(b < max([a, c]), 0,"
            " 1/(where(a == b, 1, 0) + where(b == b, 1, 0) + where(c == b, 1, 0))))",
        ),
        ("softmax([a, b, c])[2]", "exp(b)/(exp(a) + exp(b) + exp(c))"),
        ("softmax([a, b])[k]", "[exp(a)/(exp(a) + exp(b)), exp(b)/(exp(a) + exp(b))][k]"),
        ("multi_hinge([a, b, c], 2)", "where(a - b + 1 > 0, a - b + 1, 0) + 0 + where(c - b + 1 > 0, c - b + 1, 0)"),
    ],
)  # fmt: skip
def test_an_element_of_a_function_of_lists(formula: str, defined: str) -> None:
    """The other elements beside it; of a maximum the slopes of all arguments."""
    assert text(define(parse(formula), vocabulary())) == defined


@pytest.mark.parametrize("kink", KINKS)
def test_the_convention_at_kinks_is_the_one_that_is_named(kink: Kink) -> None:
    assert Vocabulary({}, {"kink": kink.name}).kink is kink
    assert Vocabulary({}, {}).kink is KINKS[0]


def test_what_is_sent_back_instead_of_the_gradient() -> None:
    assert Vocabulary({}, {}).sent_back == {}
    assert Vocabulary({}, {"relu_backward": "gradient"}).sent_back == {}
    assert Vocabulary({}, {"relu_backward": "guided"}).sent_back == {"relu": "guided"}


# ---- definitions and lists

NONE = "the list has 3 elements, counted from 1"


@pytest.mark.parametrize(
    ("written", "what"),
    [
        # what is no list has no elements, whether or not there is a function in it
        ("(a + b)[1]", "a + b is one number, so it has no elements"),
        ("2*(a*b)[1]", "a*b is one number, so it has no elements"),
        ("x[1][2]", "x[1] is one number, so it has no elements"),
        ("relu((-a)[1])", "-a is one number, so it has no elements"),
        ("[a, b, c][4]", f"[a, b, c][4] does not exist: {NONE}"),
        ("[a, b, c][0]", f"[a, b, c][0] does not exist: {NONE}"),
        ("[a, b, c][1, 2]", f"[a, b, c][1, 2] does not exist: {NONE}"),
        ("[[a], b]", "a list inside a list is not known to scalar graphs"),
        ("[a, b] + [a, b, c]", "lists of 2 and 3 elements cannot be combined in [a, b] + [a, b, c]"),
        ("mse([a], [b, c])", "mse takes lists of the same length, but got 1 and 2 elements"),
        ("max([])", "max of an empty list is not defined"),
        ("softmax(a)", "softmax takes a list here, but got a"),
    ],
)  # fmt: skip
def test_lists_that_do_not_go_together_are_refused_whatever_is_wanted(written: str, what: str) -> None:
    for work in (unfold, written_out, lower, define):
        with pytest.raises(StepperError) as caught:
            work(parse(written), vocabulary())
        assert caught.value.problems[0].what == what


@pytest.mark.parametrize(
    ("written", "unfolded", "defined"),
    [
        # what holds no function, no list and no case distinction is what it is
        ("a*b - 2^c", "a*b - 2^c", "a*b - 2^c"), ("x[1]*a", "x[1]*a", "x[1]*a"), ("a", "a", "a"),
        # lists are gone through entry by entry, and a choice between two integers is made
        ("[a, b, c][2]", "b", "b"), ("([a, b] - [c, d])[1]", "a - c", "a - c"), ("(2*[a, b])[2]", "2*b", "2*b"),
        ("[a, b, c][3]", "c", "c"), ("where(1 == 1, a, b)", "a", "a"), ("where(1 == 2, a, b)", "b", "b"),
        ("where(2 > 1, a, b)", "a", "a"), ("where(2 < 1, a, b)", "b", "b"),
        ("where(x > 1, a, b)", "where(x > 1, a, b)", "where(x > 1, a, b)"),
        # functions keep their names or are written out
        ("relu(a)", "relu(a)", "where(a > 0, a, 0)"), ("sum([a, b])", "a + b", "a + b"),
        ("h(a, 2)", "h(a, 2)", "a*2"), ("f(a)", "f(a)", "f(a)"),
        ("max([a])", "a", "a"), ("1 - relu([a, b])[2]", "1 - relu(b)", "1 - where(b > 0, b, 0)"),
    ],
)  # fmt: skip
def test_lists_and_definitions_are_written_out(written: str, unfolded: str, defined: str) -> None:
    assert text(unfold(parse(written), vocabulary())) == unfolded
    assert text(define(parse(written), vocabulary())) == text(lower(parse(written), vocabulary())) == defined
    assert text(unfold(spread(parse(written), vocabulary()), vocabulary())) == unfolded


@pytest.mark.parametrize(("classes", "first"), [("from_one", 1), ("from_zero", 0)])
def test_a_definition_is_shown_with_the_place_of_a_class_and_all_else_as_it_is(classes: str, first: int) -> None:
    """The class y, counted from 0, is the entry y + 1 of a list; counted from 1 it is the entry y."""
    known = Vocabulary({}, {"classes": classes})
    met = 0
    for name in ROWS:
        rule = known.rule(name)
        counted = {Sym(parameter.name) for parameter in rule.parameters if parameter.kind == "class"}
        if rule.value is None:
            assert rule.shown is None
            continue
        place: dict[Expr, Expr] = {number: number if first == 1 else parse(f"{text(number)} + 1") for number in counted}
        assert rule.shown == substitute(rule.value, place)
        met += bool(counted)
    assert met >= 3
