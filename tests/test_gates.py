"""Circuits: formulas split into gates of one operation compute the same, and every wire has its gradient."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings

from stepper.core.exam import Case
from stepper.core.expr import Array, Call, Expr, Index, children
from stepper.core.formula import number_of, text
from stepper.core.graph import Graph
from stepper.core.steps import Table
from stepper.engine.answers.graphs import Answers
from stepper.engine.graph.backward import backward
from stepper.engine.graph.gates import split
from stepper.engine.values.equations import Sheet
from stepper.engine.values.quantities import Settings
from stepper.engine.values.symbolic_limits import Patience
from stepper.errors import StepperError
from stepper.read.bundled import load_graph
from stepper.read.given import with_values
from stepper.read.program import read_program
from stepper.render.look import Look
from stepper.render.text import render
from tests.helpers import answer, derive, graph_of
from tests.strategies import graphs

QUICK = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def gates(formula: str) -> dict[str, str]:
    circuit = split(read_program(f"f = {formula}", "-e"))
    return {name: text(node.formula) for name, node in circuit.nodes.items() if node.formula is not None}


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("(x + y)*z", {"g1": "x + y", "f": "g1*z"}),
        ("x*x", {"f": "x*x"}),
        ("a - b + c", {"g1": "a - b", "f": "g1 + c"}),
        ("1/2*x^2", {"g1": "x^2", "f": "1/2*g1"}),
        ("x/(2*3)", {"f": "x/(2*3)"}),
        ("1/(1 + exp(-x))", {"g1": "-x", "g2": "exp(g1)", "g3": "1 + g2", "f": "1/g3"}),
        ("max(x*y, z)", {"g1": "x*y", "f": "max([g1, z])"}),
        ("where(x > 0, x*y, z)", {"g1": "x*y", "f": "where(x > 0, g1, z)"}),
        ("sse([x, y], [1, z])", {"g1": "x - 1", "g2": "g1^2", "g3": "y - z", "g4": "g3^2", "f": "g2 + g4"}),
        ("softmax([x, 2*y])[2]", {"g1": "2*y", "f": "softmax([x, g1])[2]"}),
        ("g1 + x*y", {"u1": "x*y", "f": "g1 + u1"}),
        ("g + u2*s", {"t1": "u2*s", "f": "g + t1"}),
        (
            "g*u*s*t*q + gate",
            {
                "gate0x1": "g*u",
                "gate0x2": "gate0x1*s",
                "gate0x3": "gate0x2*t",
                "gate0x4": "gate0x3*q",
                "f": "gate0x4 + gate",
            },
        ),
        ("x*x/y/x - 2*3 + x", {"g1": "x*x", "g2": "g1/y", "g3": "g2/x", "g4": "g3 - 2*3", "f": "g4 + x"}),
        ("(x - 1) - (y - 2)", {"g1": "x - 1", "g2": "y - 2", "f": "g1 - g2"}),
        (
            "where(x*y > x + 1, x*x, -y)",
            {"g1": "x*y", "g2": "x + 1", "g3": "x*x", "g4": "-y", "f": "where(g1 > g2, g3, g4)"},
        ),
        ("-(x + y)^(x*2)", {"g1": "x + y", "g2": "x*2", "g3": "g1^g2", "f": "-g3"}),
        ("x^2^y", {"g1": "2^y", "f": "x^g1"}),
        ("exp(2)*x + log(3)", {"g1": "exp(2)*x", "f": "g1 + log(3)"}),
        ("mean([x, y]) + 3", {"g1": "x + y", "g2": "g1/2", "f": "g2 + 3"}),
        ("relu(x + y)*relu(x + y)", {"g1": "x + y", "g2": "relu(g1)", "g3": "x + y", "g4": "relu(g3)", "f": "g2*g4"}),
        ("3*softmax([x, y])[1]", {"g1": "softmax([x, y])[1]", "f": "3*g1"}),
        ("softmax([x, y])[1] - x", {"g1": "softmax([x, y])[1]", "f": "g1 - x"}),
        ("x", {"f": "x"}),
        ("2", {"f": "2"}),
        ("2*3*x", {"f": "2*3*x"}),
        ("-x", {"f": "-x"}),
    ],
)
def test_a_formula_in_gates(formula: str, expected: dict[str, str]) -> None:
    assert gates(formula) == expected


@pytest.mark.parametrize(
    ("rest", "expected", "whole"),
    [
        # what stays one operation was not split
        ("nodes: {h: x*y + x, f: h^2}", {"g1": "x*y", "h": "g1 + x", "f": "h^2"}, ["h"]),
        # an edge whose derivative is given stays whole, and so does a node that is known by its edges
        ("nodes: {h: x*y + x, f: h^2 + 1}\nlocal: {'h -> f': 3}", {"g1": "x*y", "h": "g1 + x", "f": "h^2 + 1"}, ["h"]),
        ("nodes: {h: x*y + x}\nedges: [h -> f]", {"g1": "x*y", "h": "g1 + x", "f": ""}, ["h"]),
        # a label counts as the name that is seen
        ("labels: {y: g_2}\nnodes: {f: x*y + x}", {"u1": "x*y", "f": "u1 + x"}, ["f"]),
        # members of a list are quantities
        (
            "repeat: {index: t, from: 1, to: 1, nodes: {'h[t]': x*t}}\nnodes: {f: 'h[1]*x + y'}",
            {"h[1]": "x*1", "g1": "h[1]*x", "f": "g1 + y"},
            ["f"],
        ),
        ("functions: {sq(t): t^2 + 1}\nnodes: {f: sq(x)*y}", {"g1": "x^2", "g2": "g1 + 1", "f": "g2*y"}, ["f"]),
    ],
)
def test_a_graph_in_gates(rest: str, expected: dict[str, str], whole: list[str]) -> None:
    graph = graph_of(f"inputs: {{x: 2, y: 3}}\n{rest}\n")
    circuit = split(graph)
    found = {name: text(node.formula) if node.formula is not None else "" for name, node in circuit.nodes.items()}
    assert found == expected
    assert {name: text(formula) for name, formula in circuit.split.items()} == {
        name: text_of(graph, name) for name in whole
    }
    assert {name: circuit.nodes[name].line for name in graph.nodes} == {
        name: node.line for name, node in graph.nodes.items()
    }
    assert {node.line for node in circuit.nodes.values()} == {node.line for node in graph.nodes.values()}


def text_of(graph: Graph, name: str) -> str:
    formula = graph.nodes[name].formula
    assert formula is not None
    return text(formula)


def is_gate(formula: Expr) -> bool:
    """One operation over names and numbers."""
    parts = (
        formula.base.arguments if isinstance(formula, Index) and isinstance(formula.base, Call) else children(formula)
    )
    atoms = [item for part in parts for item in (part.items if isinstance(part, Array) else (part,))]
    return all(not any(map(children, children(atom))) for atom in atoms)


@QUICK
@given(graphs())
def test_a_circuit_computes_the_same(graph: Graph) -> None:
    circuit = split(graph)
    assert all(is_gate(node.formula) for node in circuit.nodes.values() if node.formula is not None)
    try:
        before, after = Sheet(graph, Settings()), Sheet(circuit, Settings())
    except StepperError:
        return
    for name in graph.nodes:
        assert math.isclose(before.numbers[name], after.numbers[name], rel_tol=1e-12, abs_tol=1e-12)
    wrt = list(graph.leaves)
    one, other = backward(graph, wrt, Settings()), backward(circuit, wrt, Settings())
    for left, right in zip(one.answers, other.answers, strict=True):
        assert left.number is not None
        assert right.number is not None
        assert math.isclose(left.number, right.number, rel_tol=1e-12, abs_tol=1e-12)


def test_a_square_written_as_a_product_has_two_wires() -> None:
    circuit = split(read_program("f = x*x + 3*x", "-e"))
    assert circuit.nodes["g1"].reads == ("x", "x")
    assert circuit.nx().number_of_edges("x", "g1") == 2
    written = render(derive(circuit, "x"), Look())
    assert "one term for each of the 3 paths from x to f" in written
    assert "x⁽²⁾ → g₁ → f" in written
    assert "f reads" not in written
    assert "g₁ uses x twice, through two wires: ∂g₁/∂x⁽¹⁾ and ∂g₁/∂x⁽²⁾" in written


def test_a_wire_can_be_asked_for_by_its_number() -> None:
    graph = load_graph("tum-2022/6")
    circuit = split(read_program("f = x*x", "-e"))
    answers = Answers(with_values(circuit, ["x=3"]), Case({}), Patience())
    assert answers.number("partial(f, x, 2)") == 3
    with pytest.raises(StepperError, match="no number 3"):
        answers.number("partial(f, x, 3)")
    assert answer(derive(split(graph), "w11"), "dL/dw11") == Fraction(3, 2)


def test_the_sigmoid_circuit_of_cs231n() -> None:
    """The worked example of the notes on backpropagation:

    0.73 forwards, and on the wires what is printed there, rounded.
    """
    circuit = split(
        with_values(read_program("f = 1/(1 + exp(-(w0*x0 + w1*x1 + w2)))", "-e"), ["w0=2,x0=-1,w1=-3,x1=-2,w2=-3"])
    )
    steps = [step for _, step in derive(circuit, *circuit.leaves).walk() if step.rule == "circuit.wires"]
    rows = [row for block in steps[0].body if isinstance(block, Table) for row in block.rows]
    found = {}
    for (name, *_), *_, (gradient, *_) in rows:
        assert not isinstance(name, str)
        assert not isinstance(gradient, str)
        found[text(name)] = round(float(number_of(gradient) or 0), 2)
    assert found == {
        "w0": -0.2, "x0": 0.39, "w1": -0.39, "x1": -0.59, "w2": 0.2,
        "g1": 0.2, "g2": 0.2, "g3": 0.2, "g4": 0.2, "g5": -0.2, "g6": -0.53, "g7": -0.53, "f": 1,
    }  # fmt: skip
