"""Documents: what they may say, and every mistake with its place and its hint."""

from __future__ import annotations

from fractions import Fraction
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepper.core.formula import text
from stepper.engine.graph.backward import backward
from stepper.engine.graph.forward import forward
from stepper.engine.graph.gates import split
from stepper.engine.graph.structure import describe
from stepper.engine.values.quantities import Settings
from stepper.errors import StepperError
from stepper.read.graph import read_graph
from stepper.render.look import Look
from stepper.render.text import render
from tests.helpers import graph_of


def formula(document: str, node: str) -> str:
    found = graph_of(document).nodes[node].formula
    assert found is not None
    return text(found)


def test_names_that_yaml_takes_for_other_things() -> None:
    names = ["y", "n", "no", "on", "off", "yes", "null", "E", "I", "S", "lambda"]
    graph = graph_of(
        "inputs: {"
        + ", ".join(f"{name}: {place}" for place, name in enumerate(names))
        + "}\nnodes: {L: no*on + null}\n"
    )
    assert [leaf.value for leaf in graph.leaves.values()] == list(range(len(names)))
    assert graph.nodes["L"].reads == ("no", "on", "null")


@pytest.mark.parametrize(
    ("written", "number"),
    [("1e-3", "1/1000"), ("012", "12"), ("-13/20", "-13/20"), ("0.1", "1/10"), ("−2", "-2"), ("3E2", "300")],
)
def test_numbers_are_exact(written: str, number: str) -> None:
    assert graph_of(f"inputs: {{x: {written}}}\nnodes: {{L: x}}\n").leaves["x"].value == Fraction(number)


def test_a_leaf_without_a_value_is_a_symbol() -> None:
    assert graph_of("inputs: {x: }\nnodes: {L: x}\n").leaves["x"].value is None


def test_order_of_writing_does_not_matter() -> None:
    assert graph_of("nodes: {L: a + b, b: 2*a, a: x}\ninputs: {x: 1}\n").order == ("a", "b", "L")


def test_unicode_names_are_brought_to_one_spelling() -> None:
    graph = graph_of("inputs: {ŷ₁: 1, α: 2}\nnodes: {L: yhat1·alpha}\n")
    assert graph.nodes["L"].reads == ("yhat1", "alpha")


RECURRENCE = """
    inputs: {"h[0]": 1, x: [10, 20]}
    parameters: {W: 2}
    repeat: {index: t, from: 1, to: 2, nodes: {"h[t]": "W*h[t-1] + x[t]", "l[t]": "h[t]^2"}}
    nodes: {L: sum(l)}
"""


def test_repeat_is_unrolled_with_shared_weights() -> None:
    graph = graph_of(RECURRENCE)
    assert list(graph.nodes) == ["L", "h[1]", "l[1]", "h[2]", "l[2]"]
    assert graph.nodes["h[2]"].reads == ("W", "h[1]", "x[2]")
    assert formula(RECURRENCE, "L") == "sum([l[1], l[2]])"


def test_a_list_of_inputs_gives_elements_counted_from_one() -> None:
    document = "inputs: {x: [3, 4], w: [1, 2]}\nnodes: {s: 'dot(w, x)', t: 'x[2]*2'}\noutput: s\n"
    assert graph_of(document).leaves["x[2]"].value == 4
    assert formula(document, "s") == "dot([w[1], w[2]], [x[1], x[2]])"


def test_edges_and_local_derivatives() -> None:
    graph = graph_of("edges: [x -> a -> e, x → e]\nlocal: {'x -> e': 2*v}\n")
    assert (graph.nodes["e"].reads, graph.nodes["a"].formula) == (("a", "x"), None)
    assert text(graph.local["x", "e"]) == "2*v"


def test_functions_of_ones_own() -> None:
    graph = graph_of(
        "inputs: {z: 1}\nfunctions: {'swish2(x, b)': x*sigmoid(b*x), n_f: }\nnodes: {a: 'swish2(z, 2)', b: n_f(a)}\n"
    )
    assert graph.functions["swish2"].parameters == ("x", "b")
    assert graph.functions["n_f"].body is None


BROKEN = [
    (
        "inputs: {x: 1}\nnodes:\n  h: sigmod(x)\n",
        """\
        graph.yaml:3:6: error: 'sigmod' is not a known function
          |
        3 |   h: sigmod(x)
          |      ^^^^^^
          = help: did you mean 'sigmoid'?""",
    ),
    (
        'inputs: {x: 1}\nnodes:\n  h: "2x + 1"\n',
        """\
        graph.yaml:3:7: error: an operator is missing between a number and a name
          |
        3 |   h: "2x + 1"
          |       ^^
          = help: write 2*x""",
    ),
    (
        "inputs: {x1: 1}\nnodes: {h: x1 + x11}\n",
        """\
        graph.yaml:2:17: error: 'x11' is not defined
          |
        2 | nodes: {h: x1 + x11}
          |                 ^^^
          = help: did you mean 'x1'?""",
    ),
    (
        "inputs: {x: 1}\nnodes:\n  a: x\n  a: 2*x\n",
        """\
        graph.yaml:4:3: error: 'a' appears a second time; the first is on line 3
          |
        4 |   a: 2*x
          |   ^""",
    ),
    (
        "inputs: {x: 1}\nnodes: {a: x}\noutptu: a\n",
        """\
        graph.yaml:3:1: error: 'outptu' is not a section of a graph
          |
        3 | outptu: a
          | ^^^^^^
          = help: did you mean 'output'?""",
    ),
    (
        "inputs: {x: 1}\nnodes: {a: &f x}\n",
        """\
        graph.yaml:2:12: error: anchors (&name) are not read
          |
        2 | nodes: {a: &f x}
          |            ^
          = help: quote the formula: "...\"""",
    ),
    (
        "inputs: {日本: 1}\nnodes: {h: 日本 + 本日}\n",
        """\
        graph.yaml:2:17: error: '本日' is not defined
          |
        2 | nodes: {h: 日本 + 本日}
          |                   ^^^^
          = help: name it under 'inputs:' or 'nodes:'""",
    ),
]


@pytest.mark.parametrize(("document", "message"), BROKEN)
def test_a_broken_document_is_told_with_its_place(document: str, message: str) -> None:
    with pytest.raises(StepperError) as caught:
        read_graph(document, "graph.yaml")
    assert str(caught.value) == dedent(message)


def test_a_cycle_is_read_and_drawn_but_not_worked_out() -> None:
    graph = read_graph("inputs: {x: 1}\nnodes:\n  a: c + x\n  b: 2*a\n  c: b^2\n", "graph.yaml")
    for work in (lambda: forward(graph, Settings()), lambda: split(graph), lambda: backward(graph, ["x"], Settings())):
        with pytest.raises(StepperError) as caught:
            work()
        assert str(caught.value) == (
            "graph.yaml:3: error: these nodes form a cycle: a reads c reads b reads a\n"
            "  = help: a value cannot depend on itself; unroll a recurrence with 'repeat:'"
        )
    assert "a → b → c → a" in render(describe(graph, matrix=False), Look())


SPLIT = "inside { } YAML splits at commas: quote the formula, or give each node a line of its own"

FAULTS = [
    ("inputs: {x: 1}\nnodes: {L: dot(x, x)}\n", SPLIT),
    ("inputs: {x: 1}\nnodes: {L: [x, x]}\n", 'quote a formula that begins with "["'),
    ("inputs: {x: 1}\nfunctions: {f(x, b): x*b}\nnodes: {L: x}\n", SPLIT),
    ("", "the document is empty"),
    ("- a\n", "a document begins with sections"),
    ("nodes: {a: x, b: y}\n", "'y' is not defined"),
    ("inputs: {h1: 1, 'h[1]': 2}\nnodes: {L: h1}\n", "'h[1]' and 'h1' would print alike"),
    ("inputs: {x: 1, х: 2}\nnodes: {L: x}\n", "'х' and 'x' would print alike"),
    ("inputs: {x: 1}\nnodes: {" + ", ".join(f"h{k}: y{k}" for k in range(70)) + "}\n", "error: and 20 more"),
    ("inputs: {h1: 1, h_1: 2}\nnodes: {L: h1}\n", "'h_1' and 'h1' would print alike"),
    ("inputs: {x: 1}\nnodes: {L: dA/dB}\n", "dA/dB is a derivative; a node's formula holds none"),
    ("inputs: {x: 1}\nnodes: {L: x(3)}\n", "'x' is not a known function"),
    ("inputs: {x: 1}\nnodes: {L: sigmoid}\n", "'sigmoid' is a function, but is used here without its argument"),
    ("inputs: {x: 1}\nnodes: {L: 'sigmoid(x, 2)'}\n", "'sigmoid' takes 1 argument, but got 2"),
    ("inputs: {x: a}\nnodes: {L: x}\n", "'a' is not a number"),
    ("inputs: {x: [1, 2]}\nnodes: {L: 'x[3]'}\n", "'x[3]' is not defined; 'x' has x[1], x[2]"),
    ("inputs: {x: 1}\nnodes: {L: 'x[1]'}\n", "'x' is one number, so it has no element x[1]"),
    ("inputs: {x: 1}\nnodes: {L: x}\noutput: M\n", "the output 'M' is not a node"),
    ("inputs: {x: 1}\nnodes: {L: }\n", "'L' has no formula"),
    ("inputs: {x: 1}\nnodes: {x: 2}\n", "'x' appears a second time"),
    ("inputs: {x: 1}\nnodes: {L: x}\nconventions: {mse: halfsum}\n", "'halfsum' is not a choice for mse"),
    ("inputs: {x: 1}\nnodes: {L: x}\nconventions: {mes: sum}\n", "'mes' is not a convention"),
    ("edges: [a -> b]\nlocal: {'b -> a': 1}\n", "there is no edge b -> a"),
    ("inputs: {x: 1}\nnodes: {L: !!python/object/apply:os.system [ls]}\n", "tags (!name) are not read"),
    ("inputs: {x: 1}\nnodes: {L: *x}\n", "aliases (*name) are not read"),
    ("a: 1\n---\nb: 2\n", "a second document begins here"),
    ("inputs: {x: 1}\nnodes:\n\tL: x\n", "lines are indented with spaces, not tabs"),
    ("[" * 200_000, "nested more than 64 deep"),
    ("repeat: {index: t, from: 1, to: 100000, nodes: {'h[t]': '1'}}\n", "runs from 1 to 100000"),
    ("repeat: {index: t, from: 1, to: 2, nodes: {h: '1'}}\n", "a node of 'repeat:' is written name[t]: formula"),
    ("inputs: {x: 1}\nfunctions: {sigmoid: }\nnodes: {L: x}\n", "'sigmoid' is already a function"),
]


@pytest.mark.parametrize(("document", "what"), FAULTS)
def test_faults_are_told(document: str, what: str) -> None:
    with pytest.raises(StepperError) as caught:
        read_graph(document, "graph.yaml")
    assert what in str(caught.value)


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(StepperError) as caught:
        read_graph("inputs: {x: 1}\nnodes:\n  a: sigmod(x)\n  b: q + r\n  c: b*x\n", "graph.yaml")
    assert len(caught.value.problems) == 3


def test_a_formula_that_yaml_split_is_one_problem() -> None:
    with pytest.raises(StepperError) as caught:
        read_graph("inputs: {x: 1}\nnodes: {L: dot(x, x)}\n", "graph.yaml")
    assert len(caught.value.problems) == 1


def test_an_alias_bomb_is_refused() -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{chr(98 + k)}: &{chr(98 + k)} [*{chr(97 + k)}, *{chr(97 + k)}]\n" for k in range(20)
    )
    with pytest.raises(StepperError, match="anchors"):
        read_graph(bomb, "graph.yaml")


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from(list("nodesiput: {}[],'\"\n\t ->*&!|#abx+*/^()0123456789.é₁σ")), max_size=120))
def test_any_text_is_read_or_refused(document: str) -> None:
    for head in ("", "nodes:\n  a: ", "inputs: {x: 1}\nnodes: {L: x, "):
        try:
            read_graph(head + document, "graph.yaml")
        except StepperError as error:
            assert error.problems


def test_a_primed_leaf_is_refused_unless_it_is_the_derivative_of_a_function() -> None:
    with pytest.raises(StepperError, match="is not a name of a quantity: a prime marks"):
        graph_of('inputs: {"x\'": 2}\nnodes: {y: "x\'^2"}\n')
    assert "f'" in graph_of('functions:\n  f:\nconstants: {"f\'": 3}\ninputs: {x: 2}\nnodes: {y: f(x)}\n').leaves
