"""Laws of answers: each key by itself is what it is among others, and what goes wrong with one is its own failure."""

from __future__ import annotations

from fractions import Fraction

import pytest

from stepper.core.expr import Number
from stepper.core.formula import text
from stepper.core.graph import Case
from stepper.core.parser import parse
from stepper.engine.answers import Answers, configured, examine, with_conventions
from stepper.engine.asking import Patience
from stepper.errors import StepperError
from stepper.read.document import read_graph
from tests.helpers import graph_of

NET = """
inputs: {x: 3/2, y: -2}
parameters: {w: 1/2}
nodes: {a: w*x, b: a*y, L: a + b^2}
output: L
"""
KEYS: dict[str, Number] = {
    "dL/dw": Fraction(21, 2), "dL/da": Fraction(7), "dL/dL": Fraction(1), "da/dw": Fraction(3, 2),
    "db/dw": Fraction(-3), "db/dy": Fraction(3, 4), "da/dy": Fraction(0), "partial(b, a)": Fraction(-2),
    "w'": Fraction(-11, 20), "w' - w": Fraction(-21, 20), "dL/dw*db/dw": Fraction(-63, 2),
    "a + b": Fraction(-3, 4), "paths(w, L)": Fraction(2), "paths(w, L) + a": Fraction(11, 4),
}  # fmt: skip


def answers(document: str, *keys: str, lr: str = "1/10") -> Answers:
    return Answers(graph_of(document), Case(dict.fromkeys(keys, "0"), {"lr": lr}), Patience())


@pytest.mark.parametrize("key", KEYS)
def test_a_key_is_the_same_alone_and_among_others(key: str) -> None:
    """In whatever order they are asked: a parameter's step goes down the graph's own output, whatever else is differentiated."""
    assert answers(NET, key).number(key) == KEYS[key]
    for others in (list(KEYS), list(reversed(KEYS))):
        asked = answers(NET, *others)
        found = {other: asked.number(other) for other in others}
        assert found == KEYS
        assert asked.number(key) == KEYS[key]


def test_a_step_needs_no_line_that_says_which_output_is_meant() -> None:
    """Where one node alone is read by nothing."""
    asked = answers(NET.replace("output: L\n", ""), *KEYS)
    assert {key: asked.number(key) for key in KEYS} == KEYS


def test_a_key_is_not_held_up_by_what_is_asked_of_other_outputs() -> None:
    """The slope of the root for y does not exist, and only where it is asked for is it missed."""
    document = "inputs: {x: 2, y: 0}\nnodes: {a: x + sqrt(y), b: 3*y}\n"
    asked = answers(document, "da/dx", "db/dy")
    assert (asked.number("da/dx"), asked.number("db/dy")) == (1, 3)
    with pytest.raises(StepperError, match="divides by zero"):
        answers(document, "da/dy").number("da/dy")


@pytest.mark.parametrize(
    ("key", "what"),
    [
        ("q", "'q' is not a quantity of this graph"),
        ("dq/dw", "'q' is not a node of this graph"),
        ("dx/dw", "'x' is not a node of this graph"),
        ("dL/dq", "'q' is neither a leaf nor a node of this graph"),
        ("x'", "x' is the next value of x"),
        ("partial(L, w)", "there is no edge w -> L for ∂L/∂w"),
        ("partial(x, w)", "there is no edge w -> x for ∂x/∂w"),
        ("partial(b, a, 2)", "1 edges lead from a to b, so there is no number 2"),
        ("paths(w)", "paths() takes 2 names, and got 1"),
        ("paths(w, q)", "paths(w, q) names a quantity that this graph has not: q"),
        ("frob(a)", "'frob(a)' asks for something that is not built yet"),
    ],
)
def test_what_a_key_names_must_be_there(key: str, what: str) -> None:
    with pytest.raises(StepperError) as caught:
        answers(NET, key).number(key)
    assert caught.value.problems[0].what == what


@pytest.mark.parametrize(
    ("options", "lr", "kink", "refused"),
    [
        ({}, None, "pytorch", ""),
        ({"lr": "0.1"}, Fraction(1, 10), "pytorch", ""),
        ({"lr": "1/3", "convention": "kink=left"}, Fraction(1, 3), "left", ""),
        ({"convention": "kink=left, kink = half"}, None, "half", ""),
        ({"lr": "eta"}, None, "", "'eta' is not a learning rate"),
        ({"rate": "1"}, None, "", "'rate' is not an option of an exam item"),
        ({"convention": "knik=left"}, None, "", "'knik' is not a convention"),
        ({"convention": "kink=up"}, None, "", "'up' is not a choice for kink"),
    ],
)
def test_options_of_an_item(options: dict[str, str], lr: Number | None, kink: str, refused: str) -> None:
    if refused:
        with pytest.raises(StepperError) as caught:
            configured(graph_of(NET), options)
        assert caught.value.problems[0].what == refused
        return
    graph, settings = configured(graph_of(NET), options)
    assert (settings.lr, graph.conventions.get("kink", "pytorch")) == (lr, kink)


def test_further_conventions_keep_those_that_there_are() -> None:
    graph = with_conventions(with_conventions(graph_of(NET), ["kink=left", "mse=sum"]), ["kink=half"])
    assert graph.conventions == {"kink": "half", "mse": "sum"}


def test_letters_and_lists_are_answered_in_what_is_given() -> None:
    asked = answers("inputs: {x: , y: 2}\nnodes: {h: x*y, a: h + 1, L: a*h}\n", "dL/dx")
    assert text(asked.quantity(parse("a"))) == "x*2 + 1"
    assert text(asked.quantity(parse("[y, 2*y, h]"))) == "[2, 4, x*2]"
    assert asked.number("h") is None
    assert asked.number("y + 1") == 3


@pytest.mark.parametrize(
    ("written", "verdict", "agrees"),
    [
        ("published: {values: {a: 3/4}}", "true", True),
        ("published: {values: {a: 3/4}, error: 'a sign is lost on the way'}", "partial", True),
        ("published: {values: {a: 1}}", "false", True),
        ("published: {values: {a: 3/4}, steps: {b: 5}}", "partial", True),
        ("published: {values: {a: 3/4}, steps: {b: -3/2}}", "true", True),
        ("published: {values: {a: 1}, steps: {b: 5}}", "false", True),
        ("published: {values: {a: 3/4}, ok: true}", "true", True),
        ("published: {values: {a: 1}, ok: true}", "false", False),
        ("published: {values: {a: 3/4}, ok: false, error: 'wrong'}", "partial", False),
        ("published: {values: {a: 3/4}, ok: partial, error: 'a word'}", "partial", True),
    ],
)
def test_what_was_published_is_judged_and_a_claim_on_it_too(written: str, verdict: str, agrees: bool) -> None:
    graph = read_graph(f"{NET}answers: {{one: {{values: {{L: 3}}, {written}}}}}\n", "graph.yaml")
    (outcome,) = [examine(graph, item) for item in graph.items]
    assert (outcome.problems, outcome.verdict, outcome.agrees) == ((), verdict, agrees)
