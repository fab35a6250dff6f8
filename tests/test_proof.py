"""SymPy's proofs: what is right is proved, what is wrong is found out; closed forms come to the value found."""

from __future__ import annotations

import pytest

from stepper.core.expr import Sym
from stepper.core.formula import text
from stepper.core.parser import parse
from stepper.core.steps import Derivation, Equation
from stepper.engine.graph.adjoints import Gradients
from stepper.engine.graph.asked import output_of
from stepper.engine.graph.backward import backward
from stepper.engine.graph.gates import split
from stepper.engine.graph.symbolic_checks import proofs, whole_formula
from stepper.engine.values.equations import Sheet
from stepper.engine.values.quantities import Settings
from stepper.engine.values.symbolic import derives
from stepper.engine.values.vocabulary import Vocabulary
from stepper.read.adjust import with_upstream
from stepper.read.bundled import load_graph
from stepper.read.given import with_values
from stepper.read.program import read_program
from tests.helpers import graph_of

VERDICTS = [
    ("tum-2022/6", "w11", 7),
    ("uio-2019/1", "Wh", 6),
    ("tum-2022/1.9", "w11", 2),
    ("umass-682/1.1", "I1", 3),
]


@pytest.mark.parametrize(("name", "wrt", "least"), VERDICTS)
def test_local_derivatives_and_result_are_proved(name: str, wrt: str, least: int) -> None:
    graph = load_graph(name)
    gradients = Gradients(Sheet(graph, Settings()), output_of(graph), [wrt])
    found = [check.ok for check in proofs(gradients, [wrt])]
    assert False not in found
    assert found.count(True) >= least


@pytest.mark.parametrize(
    ("formula", "claimed", "verdict"),
    [
        ("x^3", "3*x^2", True),
        ("x^3", "2*x^2", False),
        ("tanh(x)", "1 - tanh(x)^2", True),
        ("tanh(x)", "1 - tanh(x)", False),
        ("log(x*y)", "1/x", True),
        ("floor(x)", "0", None),
        ("x^70*(x + 1)", "70*x^69 + 71*x^70", True),
        ("x^70*(x + 1)", "70*x^69 + 72*x^70", False),
        ("(x + 1)^70", "70*(x + 1)*(x + 1)^68", True),
    ],
)
def test_a_wrong_derivative_is_found_out(formula: str, claimed: str, verdict: bool | None) -> None:
    assert derives(parse(formula), Sym("x"), parse(claimed), {}, Vocabulary({}, {})) is verdict


def test_unspecified_functions_are_proved_by_their_name() -> None:
    graph = graph_of("functions:\n  f:\ninputs: {x: , w: }\nnodes: {L: f(w*x)}\n")
    assert [check.ok for check in proofs(Gradients(Sheet(graph, Settings()), "L", ["w"]), ["w"])] == [True, True]


def test_the_two_wires_of_a_square_are_proved() -> None:
    graph = split(with_values(read_program("f = x*x", "-e"), ["x=3"]))
    assert [check.ok for check in proofs(Gradients(Sheet(graph, Settings()), "f", ["x"]), ["x"])] == [True, True, True]


def closed(derivation: Derivation) -> list[str]:
    steps = [step for _, step in derivation.walk() if step.rule == "result.closed"]
    return [text(block.links[0].expr) for step in steps for block in step.body if isinstance(block, Equation)]


def test_the_closed_form_is_in_what_is_given() -> None:
    graph = with_values(read_program("z = w*x; L = (z - y)^2", "-e"), ["w=2,x=3,y=5"])
    assert closed(backward(graph, ["w"], Settings(simplify=True))) == ["2*x*(w*x - y)"]
    assert closed(backward(with_upstream(graph, "g"), ["w"], Settings(simplify=True))) == []


def test_at_a_kink_nothing_is_claimed() -> None:
    graph = load_graph("tum-2022/6")
    derivation = backward(graph, ["w12"], Settings(verify=True))
    kinks = [check for check in derivation.checks if check.name == "SymPy" and check.of == "∂h5/∂h2"]
    assert [check.ok for check in kinks] == [None]


GIVEN = "not applicable: the derivative is given"
BY_DOCUMENT = "not applicable: local derivatives are given by the document"
NOT_THAT = "not applicable: it is not the derivative of the output for something given"
WHOLE = "proved on the whole formula"


@pytest.mark.parametrize(
    ("document", "wrt", "told"),
    [
        ("inputs: {x: 1}\nnodes: {k: x^2, L: k*3}\n", "x", {"∂L/∂k": "proved", "∂k/∂x": "proved", "dL/dx": WHOLE}),
        ("inputs: {x: 1}\nnodes: {k: x^2, L: k*3}\n", "k", {"∂L/∂k": "proved", "dL/dk": NOT_THAT}),
        ("inputs: {x: 1}\nnodes: {k: x^2, L: k*3}\nupstream: 2\n", "x",
            {"∂L/∂k": "proved", "∂k/∂x": "proved", "2*dL/dx": NOT_THAT}),
        # a derivative that is given need not be the formula's
        ("inputs: {x: 1}\nnodes: {k: x^2, L: k*3}\nlocal: {x -> k: 5}\n", "x",
            {"∂L/∂k": "proved", "∂k/∂x": GIVEN, "dL/dx": BY_DOCUMENT}),
        ("inputs: {x: 1, y: 2}\nnodes: {k: x^2, L: k*y}\nlocal: {x -> k: 5}\n", "y",
            {"∂L/∂y": "proved", "dL/dy": WHOLE}),
        ("inputs: {x: 1}\nnodes: {L: x*3, k: 2*x}\noutput: L\nlocal: {x -> k: 5}\n", "x",
            {"∂L/∂x": "proved", "dL/dx": WHOLE}),
        ("inputs: {x: 1}\nedges: [x -> a, a -> L]\n", "x",
            {"∂L/∂a": GIVEN, "∂a/∂x": GIVEN, "dL/dx": "not applicable: a has no formula"}),
        ("inputs: {x: 1}\nnodes: {k: x^2, L: k*3}\ngiven: {k: 5}\n", "x",
         {"∂L/∂k": "proved", "∂k/∂x": "proved", "dL/dx": "not applicable: the value of k is given"}),
        ("inputs: {x: 1, y: 2}\nnodes: {k: y^2, L: k*3*x}\ngiven: {k: 5}\n", "x", {"∂L/∂x": "proved", "dL/dx": WHOLE}),
        ("inputs: {x: 0}\nnodes: {k: relu(x), L: k*3 + x}\nconventions: {kink: right}\n", "x",
         {"∂L/∂k": "proved", "∂L/∂x": "proved", "∂k/∂x": "not applicable: x = 0 is a point without a derivative",
          "dL/dx": "not applicable: a kink lies within the step"}),
        (f"inputs: {{x: 1}}\nnodes: {{k: {'+'.join(['x'] * 1501)}, L: 3*k}}\n", "x",
         {"∂L/∂k": "proved", "∂k/∂x": "proved",
          "dL/dx": "not decided: written in terms of what is given, the output is too large"}),
    ],
)  # fmt: skip
def test_what_is_proved_and_why_the_rest_is_not(document: str, wrt: str, told: dict[str, str]) -> None:
    found = proofs(Gradients(Sheet(graph_of(document), Settings()), "L", [wrt]), [wrt])
    assert {
        check.of: "".join(part if isinstance(part, str) else text(part) for part in check.note) for check in found
    } == told
    for check in found:
        assert check.ok is (True if told[check.of].startswith("proved") else None)
        assert check.unproved is told[check.of].startswith("not decided")


@pytest.mark.parametrize(("terms", "deep", "fits"), [(1499, 0, True), (1500, 0, False), (2, 58, True), (2, 59, False)])
def test_the_whole_formula_has_at_most_fifteen_hundred_parts_and_is_sixty_deep(
    terms: int, deep: int, fits: bool
) -> None:
    """A sum is a part more than its terms."""
    nodes = [f"h0: {' + '.join(['x'] * terms)}", *(f"h{place}: sin(h{place - 1})" for place in range(1, deep + 1))]
    graph = graph_of(f"inputs: {{x: 1}}\nnodes: {{{', '.join(nodes)}}}\n")
    whole = whole_formula(Gradients(Sheet(graph, Settings()), f"h{deep}", ["x"]), ["x"])
    assert (whole is not None) is fits


def test_where_a_node_on_the_way_has_no_formula_the_whole_has_none() -> None:
    """Beside the way it is in nobody's."""
    for document, fits in (
        ("inputs: {x: 1}\nnodes: {L: a*x}\nedges: [x -> a]\n", False),
        ("inputs: {x: 1}\nnodes: {L: x^2}\nedges: [x -> a -> b]\noutput: L\n", True),
        ("inputs: {x: 1}\nnodes: {c: 2*a, L: c + x}\nedges: [x -> a]\n", False),
    ):
        assert (whole_formula(Gradients(Sheet(graph_of(document), Settings()), "L", ["x"]), ["x"]) is not None) is fits
