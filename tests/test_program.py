"""Graphs without YAML: assignments on the command line, in a file, as a Python function. Parsed, never run."""

from __future__ import annotations

from fractions import Fraction

import pytest

from stepper.core.formula import text
from stepper.core.graph import Graph
from stepper.errors import StepperError
from stepper.read.adjust import with_output, with_upstream
from stepper.read.given import with_values
from stepper.read.program import read_any, read_program
from tests.helpers import MICROGRAD, answer, derive


def formulas(graph: Graph) -> dict[str, str]:
    return {name: text(node.formula) for name, node in graph.nodes.items() if node.formula is not None}


def test_the_lecture_circuit() -> None:
    graph = with_values(read_program("q = x + y; f = q*z", "-e"), ["x=-2,y=5", "z=-4"])
    derivation = derive(graph, "x", "y", "z")
    assert [answer(derivation, f"df/d{name}") for name in "xyz"] == [-4, -4, 3]


PROGRAMS = [
    ("c = a + b; c += c + 1; d = c^2", {"c": "a + b", "c_2": "c + (c + 1)", "d": "c_2^2"}),
    ("x = x*2\ny = x + 1", {"x_2": "x*2", "y": "x_2 + 1"}),
    ("a = b\n# a remark\nb = 3*a  # and another\nc = b", {"a": "b", "b_2": "3*a", "c": "b_2"}),
    ("y = x; y *= y; y -= 1", {"y": "x", "y_2": "y*y", "y_3": "y_2 - 1"}),
    ("def f(x, w=2):\n    z = w * x ** 2\n    return torch.tanh(z)\n", {"z": "w*x^2", "out": "tanh(z)"}),
    ("def f(x):\n    y = math.exp(-x)\n    return y\n", {"y": "exp(-x)"}),
]


@pytest.mark.parametrize(("program", "expected"), PROGRAMS)
def test_assignments_become_nodes(program: str, expected: dict[str, str]) -> None:
    assert formulas(read_any(program, "p.txt")) == expected


def test_a_renamed_value_is_said() -> None:
    assert read_program("c = a; c = c^2", "-e").source == "assigned again: c as c_2"


def test_the_returned_value_is_the_output() -> None:
    graph = read_program("def f(x):\n  y = x^2\n  z = 2*y\n  return y\n", "f.py")
    assert (graph.title, graph.output) == ("f", "y")


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("", "there is no assignment here"),
        ("q = x +", "-e:1:8: error: the formula ends too early"),
        ("q = x; x y", "an assignment is written name = formula"),
        ("q = sigmod(x)", "did you mean 'sigmoid'?"),
        ("q = __import__('os').system('ls')", "a name begins with a letter"),
    ],
)
def test_faults_have_their_place(program: str, message: str) -> None:
    with pytest.raises(StepperError) as caught:
        read_program(program, "-e")
    assert message in str(caught.value)


def test_values_override_the_documents() -> None:
    graph = with_values(read_any("inputs: {x: 1}\nnodes: {y: 2*x}\n", "g.yaml"), ["x=1/3"])
    assert graph.leaves["x"].value == Fraction(1, 3)


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("z=1", "--set z: there is no z in this graph"),
        ("y=[1,2]", "a node can be given as a number"),
        ("x", "this is not name=number"),
        ("x=2x", "write 2*x"),
    ],
)
def test_faulty_values_are_told(word: str, message: str) -> None:
    with pytest.raises(StepperError) as caught:
        with_values(read_program("y = 2*x", "-e"), [word])
    assert message in str(caught.value)


def test_another_output_and_an_upstream_gradient() -> None:
    graph = with_values(read_program("a = x^2; b = 3*a", "-e"), ["x=2"])
    assert answer(derive(with_output(graph, "a"), "x"), "da/dx") == 4
    assert answer(derive(with_upstream(graph, "1/2"), "x"), "1/2*db/dx") == 6
    with pytest.raises(StepperError, match="this is not a node"):
        with_output(graph, "x")


def test_the_program_of_micrograds_readme() -> None:
    """Five re-assignments; the values are those that its author prints."""
    derivation = derive(with_values(read_program(MICROGRAD, "-e"), ["a=-4,b=2"]), "a", "b")
    assert [round(float(answer(derivation, name) or 0), 4) for name in ("dg_2/da", "dg_2/db")] == [138.8338, 645.5773]
