"""SymPy's proofs: what is right is proved, what is wrong is found out; closed forms come to the value found."""

from __future__ import annotations

import pytest

from stepper.core.expr import Sym
from stepper.core.formula import text
from stepper.core.parser import parse
from stepper.core.steps import Derivation, Equation
from stepper.engine.adjoints import Gradients
from stepper.engine.backward import backward, output_of
from stepper.engine.gates import split
from stepper.engine.proof import proofs
from stepper.engine.quantities import Settings
from stepper.engine.symbolic import derives
from stepper.engine.vocabulary import Vocabulary
from stepper.engine.worked import Sheet
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
