"""Laws of answers: each key by itself is what it is among others, and what goes wrong with one is its own failure."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import pytest
from msgspec.structs import replace

from stepper.core.exam import Case, Item, Published
from stepper.core.expr import Number
from stepper.core.formula import text
from stepper.core.graph import Graph
from stepper.core.parser import parse
from stepper.core.steps import Answer, Check
from stepper.engine.answers.examination import Outcome, examine
from stepper.engine.answers.graphs import Answers, NotBuilt
from stepper.engine.answers.judge import judge_of
from stepper.engine.answers.printed import Printed
from stepper.engine.graph.asked import output_of
from stepper.engine.graph.backward import answered, backward
from stepper.engine.graph.gates import split
from stepper.engine.graph.options import configured, with_conventions
from stepper.engine.values.equations import Sheet
from stepper.engine.values.judging import Finding, Judgement, Verdict
from stepper.engine.values.quantities import Settings
from stepper.engine.values.symbolic_limits import Patience
from stepper.errors import Contradiction, Place, Problem, StepperError
from stepper.read.bundled import load_graph
from stepper.read.graph import read_graph
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


FOUND = Answers(graph_of(NET), Case({}), Patience()).finding("a", "3/4")


def answers(document: str, *keys: str, lr: str = "1/10") -> Answers:
    return Answers(graph_of(document), Case(dict.fromkeys(keys, "0"), {"lr": lr}), Patience())


@pytest.mark.parametrize("key", KEYS)
def test_a_key_is_the_same_alone_and_among_others(key: str) -> None:
    """In whatever order they are asked: a parameter's step goes down the graph's own output, whatever else is
    differentiated.
    """
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
        ("x'", "x' needs a learning rate"),
        ("partial(L, w)", "there is no edge w -> L for ∂L/∂w"),
        ("partial(x, w)", "there is no edge w -> x for ∂x/∂w"),
        ("partial(b, a, 2)", "1 edges lead from a to b, so there is no number 2"),
        ("paths(w)", "paths() takes 2 names, but got 1"),
        ("paths(w, q)", "paths(w, q) names a quantity that this graph does not have: q"),
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


def test_each_derivation_is_worked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """For all that is asked of one output, whatever is asked again."""
    worked: list[tuple[str | None, list[str]]] = []

    def watched(graph: Graph, names: list[str], settings: Settings) -> tuple[Sequence[Answer], Sequence[Check]]:
        worked.append((graph.output, names))
        return answered(graph, names, settings)

    monkeypatch.setattr("stepper.engine.answers.graphs.answered", watched)
    asked = answers(NET, "dL/dw", "dL/da", "da/dw", "a + b")
    for key in ("dL/dw", "dL/da", "dL/dw + dL/da", "da/dw", "dL/dw", "a + b"):
        asked.number(key)
    assert worked == [("L", ["w", "a"]), ("a", ["w"])]


@pytest.mark.parametrize("name", ["tum-2022/6", "tum-2022/1.1", "tum-2022/2.9", "uio-2019/1"])
@pytest.mark.parametrize("settings", [Settings(), Settings(lr=Fraction(1, 10)), Settings(exact=True)])
def test_answers_alone_are_those_of_the_derivation(name: str, settings: Settings) -> None:
    graph = load_graph(name)
    wrt = [leaf for leaf in graph.leaves if leaf in graph.ancestors([output_of(graph)])]
    derivation = backward(graph, wrt, settings)
    answers_alone, checks = answered(graph, wrt, settings)
    assert (tuple(answers_alone), tuple(checks)) == (derivation.answers, derivation.checks)


def test_numbers_are_worked_once_for_a_graph_and_again_for_another() -> None:
    graph = read_graph(NET, "graph.yaml")
    moved = replace(graph, leaves={**graph.leaves, "w": replace(graph.leaves["w"], value=Fraction(7))})
    half = with_conventions(graph, ["mse=half_sum"])
    assert Sheet(graph, Settings()).fine is Sheet(graph, Settings(exact=True, digits=9)).fine
    assert Sheet(moved, Settings()).values["w"] == 7 != Sheet(graph, Settings()).values["w"]
    assert half is with_conventions(graph, ["mse=half_sum"])
    assert half is not graph
    assert not half.kept


@pytest.mark.parametrize(
    ("key", "slope"), [("partial(f, x)", "1/4"), ("partial(f, x, 1)", "1/4"), ("partial(f, x, 2)", "-1/4")]
)
def test_each_wire_has_its_own_derivative(key: str, slope: str) -> None:
    circuit = split(graph_of("inputs: {x: 4}\nnodes: {f: x/x}\n"))
    assert Answers(circuit, Case({}), Patience()).number(key) == Fraction(slope)


@pytest.mark.parametrize(
    ("key", "written", "verdict"),
    [("exp(a - a)", "1", "right"), ("exp(a - a)", "2", "wrong"), ("paths(w, L)", "2", "right"),
        ("paths(w, L)", "4/2", "right"),
     ("paths(w, L)", "3", "wrong"), ("is_dag()", "true", "right"), ("order()", "x y w a b L", "right"),
     ("edges()", "6", "right")],
)  # fmt: skip
def test_keys_may_be_calls(key: str, written: str, verdict: str) -> None:
    assert answers(NET).finding(key, written).judgement.verdict.value == verdict


def test_what_is_asked_of_sympy_is_asked_with_the_patience_there_is() -> None:
    patience, subject = Patience(), graph_of(NET)
    first, second = (judge_of(subject, Case({}), patience) for _ in range(2))
    assert isinstance(first, Answers)
    assert isinstance(second, Answers)
    assert first.algebra.patience is second.algebra.patience is patience
    other = judge_of(subject, Case({}))
    assert isinstance(other, Answers)
    assert other.algebra.patience is not patience


def test_what_is_not_built_and_what_cannot_be_worked_is_kept_apart() -> None:
    """Each with the place where it stands, or that of its item."""
    values = {"a": "3/4", "frob(a)": "1", "q": "2", "dL/dq": "3", "b": "5"}
    item = Item("one", (Case(values, places={"q": Place("g.yaml", 9)}),), place=Place("g.yaml", 7))
    outcome = examine(graph_of(NET), item)
    assert outcome.unbuilt == ("frob(a)",)
    assert [finding.agrees for finding in outcome.findings] == [True, False]
    assert [(problem.what, problem.where) for problem in outcome.problems] == [
        ("one, q: 'q' is not a quantity of this graph", Place("g.yaml", 9)),
        ("one, dL/dq: 'q' is neither a leaf nor a node of this graph", Place("g.yaml", 7)),
    ]
    assert not outcome.agrees
    assert not outcome.contradicts


@pytest.mark.parametrize(
    ("errors", "problems", "unbuilt", "contradicts"),
    [
        ({}, [], (), False), ({"a": StepperError(Problem("no"))}, ["one, a: no"], (), False),
        ({"b": NotBuilt("b")}, [], ("b",), False),
        ({"a": Contradiction(Problem("no"))}, ["one, a: no"], (), True),
        ({"a": Contradiction(Problem("no")), "b": StepperError(Problem("never"))}, ["one, a: no", "one, b: never"], (),
            True),
        ({"a": StepperError(Problem("no"), Problem("never")), "b": NotBuilt("b")}, ["one, a: no", "one, a: never"],
            ("b",), False),
    ],
)  # fmt: skip
def test_a_contradiction_is_told_from_what_cannot_be_worked(
    errors: dict[str, StepperError],
    problems: list[str],
    unbuilt: tuple[str, ...],
    contradicts: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither keeps the other answers from being compared; what is not built is no problem of the item."""

    class Judge:
        def finding(self, key: str, written: str) -> Finding:
            if key in errors:
                raise errors[key]
            return replace(FOUND, judgement=Judgement(Verdict.RIGHT))

    monkeypatch.setattr("stepper.engine.answers.examination.judge_of", lambda *_: Judge())
    outcome = examine(graph_of(NET), Item("one", (Case({"a": "1", "b": "2", "L": "3"}),)))
    assert [problem.what for problem in outcome.problems] == problems
    assert (outcome.unbuilt, outcome.contradicts, outcome.agrees) == (unbuilt, contradicts, not problems)
    assert len(outcome.findings) == 3 - len(errors)


@pytest.mark.parametrize(
    ("values", "steps", "error", "verdict"),
    [
        ("", "", "", None),
        ("right", "", "", "true"),
        ("right right", "right", "", "true"),
        ("right wrong", "right", "", "false"),
        ("wrong undecided", "wrong", "", "false"),
        ("right", "wrong right", "", "partial"),
        ("right undecided", "", "", None),
        ("right", "undecided right", "", None),
        ("undecided", "wrong", "", "partial"),
        ("right", "", "a sign", "partial"),
    ],
)
def test_a_verdict_on_what_was_published(values: str, steps: str, error: str, verdict: str | None) -> None:
    """False where a value is wrong, partial where a step is; none where something is not decided, or nothing is
    judged.
    """
    made = {"right": Verdict.RIGHT, "wrong": Verdict.WRONG, "undecided": Verdict.UNDECIDED}
    judged = [
        tuple(Printed(FOUND.key, FOUND.written, FOUND.found, Judgement(made[word])) for word in words.split())
        for words in (values, steps)
    ]
    outcome = Outcome(Item("one", (), Published({}, error=error)), (), judged[0], judged[1], (), (), contradicts=False)
    assert outcome.verdict == verdict
    assert outcome.agrees
