"""Large documents of plain lines are read as any other: to the same graph, and with the same words where something is
wrong.
"""

from __future__ import annotations

import pytest

from stepper.core.graph import Graph
from stepper.errors import StepperError
from stepper.read import plain
from stepper.read.document import NodeIsList
from stepper.read.files import bundled
from stepper.read.graph import read_graph, read_tree
from stepper.read.located import read_yaml
from tests.test_same_results import random_document

HEAD = "inputs:\n  a: 0.5\n  b: -2\n  y: 2\nparameters:\n  w1: 1e-2\n  w2: 3\n"


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sections of any length are read as long ones are."""
    monkeypatch.setattr(plain, "LONG", 0)
    monkeypatch.setattr(plain, "RUN", 100)


def slowly(text: str) -> Graph:
    return read_tree(read_yaml(text, "net.yaml"), "net.yaml")


def same(one: Graph, other: Graph) -> bool:
    return one == other and one.names == other.names and one.sinks == other.sinks


def test_bundled_documents_are_read_as_by_the_other_reader() -> None:
    read = 0
    for _, path in bundled():
        text = path.read_text()
        found = plain.read_plain(text, "net.yaml")
        if found is not None:
            read += 1
            assert same(found, slowly(text)), path
    assert read >= 10


def test_random_documents_are_read_as_by_the_other_reader() -> None:
    found = [plain.read_plain(random_document(seed), "net.yaml") for seed in range(200)]
    for seed, graph in enumerate(found):
        assert graph is not None
        assert same(graph, slowly(random_document(seed))), seed


@pytest.mark.parametrize(
    "formula",
    [
        "a", "-a", "0.5", "a*b", "a*a", "a*b + b*a", "2*a - 3*b*b", "tanh(a*w1)", "-(a + b)/w2", "e^a", "exp(a)",
        "pi*a", "a^b", "a^-2", "(a + b)*(a - b)", "where(a > b, a, b)", "where(a <= 1, a*a, b)", "max(a, b, 0)",
        "1e-3*a", "a*1e5", "cross_entropy([a, b], y)", "cross_entropy([a, b], 1)", "softmax([a, b])[1]", "h",
        "mse([a, b], [b, a])", "a / b", "a/b", "a + b\n\nconstants:\n  c: 4", "a  +  b", "sum([a, b, w1])",
        "relu( a )",
    ],
)  # fmt: skip
def test_a_formula_is_read_to_the_same_tree(formula: str) -> None:
    text = f"{HEAD}nodes:\n  h: 2*b\n  g: {formula}\n"
    found = plain.read_plain(text, "net.yaml")
    assert found is not None
    assert same(found, slowly(text))


@pytest.mark.parametrize(
    "line",
    [
        "  g: 2a", "  g: a*unknown", "  g: sigmod(a)", "  g: tanh(a, b)", "  a: 2*b", "  g: (a", "  g: a b",
        "  g: a)", "  g: a[1]", "  g: dh/da", "  g: W.T", "  g: a @ b", "  g:", "  g", "  g:a", "\tg: a", "  g: 'a'",
        "  g: a # sum", "  g: [a, b]", "  h: a", "  g: a*", "  g: a,b", "  g_1: a\n  g1: b", "  g: 1e999*a",
        "   g: a", "  g: softmax([a, b])", "  2g: a", "  g: partial(a, b)", "  g: a'", "  g: tanh", "  g: α + 1",
        "  α: a", "  g: x.y", "  exp: a", "  g: where(a, b, 1)", "  e: a\n  g: e^b", "  g: a\ngiven:\n  g: 2",
        "  g: a\noutptu: g", "  g: a\noutput: k", "  g: a\ninputs:\n  c: 1", "  g: a\nconstants:\n  w1: 1",
        "  g: a\nconstants:\n  c: [1, 2]", "  g: _a", "  ghat: a\n  ĝ: b", "  g: cross_entropy([a, b], w1)",
    ],
)  # fmt: skip
def test_what_is_not_plain_is_read_or_told_as_by_the_other_reader(line: str) -> None:
    text = f"{HEAD}nodes:\n  h: 2*b\n{line}\n"
    try:
        expected: object = slowly(text)
    except (StepperError, NodeIsList) as error:
        expected = str(error)
    try:
        found: object = read_graph(text, "net.yaml")
    except StepperError as error:
        found = str(error)
    if isinstance(found, Graph) and isinstance(expected, Graph):
        assert same(found, expected)
    else:
        assert found == expected


def test_names_that_print_alike_are_told() -> None:
    text = f"{HEAD}nodes:\n  h_1: a\n  h1: b\n"
    with pytest.raises(StepperError, match="'h1' and 'h_1' would print alike"):
        read_graph(text, "net.yaml")


def test_a_section_within_a_quotation_is_none() -> None:
    text = 'title: "one\nnodes:\n  a: 1\n  b: 2"\nnodes:\n  h: 2\n  g: h*h\n'
    assert plain.read_plain(text, "net.yaml") is None
    assert [*read_graph(text, "net.yaml").nodes] == ["h", "g"]


def test_lines_that_read_a_name_twice_are_read_among_others() -> None:
    formulas = [
        "a*b",
        "a*a",
        "2*a*b - b*b",
        "a + b + a + w1",
        "w1*w2",
        "b*b",
        "2*a*a - a*a",
        "tanh(y)",
        "a + a + a + b",
    ]
    nodes = "".join(f"  h{place}: {formula}\n" for place, formula in enumerate(formulas * 5))
    found = plain.read_plain(f"{HEAD}nodes:\n{nodes}", "net.yaml")
    assert found is not None and found.wiring is not None
    assert same(found, slowly(f"{HEAD}nodes:\n{nodes}"))
    names = {number: name for name, number in found.wiring.places.items()}
    words = [name for node in found.nodes.values() for name in (node.name, *node.reads)]
    assert [names[number] for number in found.wiring.words] == words
    assert [found.wiring.forms[kind] for kind in found.wiring.kinds] == [node.written for node in found.nodes.values()]


def test_nodes_of_one_form_share_it() -> None:
    text = f"{HEAD}nodes:\n  h1: 0.5*a + b\n  h2: 0.5*h1 + w1\n  h3: 0.5*h1+w1\n"
    found = plain.read_plain(text, "net.yaml")
    assert found is not None
    assert found.nodes["h1"].written is found.nodes["h2"].written is found.nodes["h3"].written
