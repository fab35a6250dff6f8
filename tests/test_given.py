"""Nodes at given values: an exam restarts from a number, a student goes on from their own.

Derivatives go on through their formulas.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from stepper.core.arrays import ArrayGraph
from stepper.core.expr import Value
from stepper.core.formula import text
from stepper.core.graph import Graph
from stepper.core.prose import Prose
from stepper.core.steps import Derivation
from stepper.engine.draw import draw
from stepper.engine.graph.backward import backward
from stepper.engine.graph.forward import forward
from stepper.engine.graph.gates import split
from stepper.engine.graph.second_derivatives import second_derivatives
from stepper.engine.tensor.backward import backward as backward_of_arrays
from stepper.engine.values.quantities import Settings
from stepper.engine.values.sweep import Sweep
from stepper.engine.values.vocabulary import Vocabulary
from stepper.errors import StepperError
from stepper.read.given import with_values
from stepper.read.options import OptimOptions, training
from stepper.read.program import read_program
from stepper.render.look import Look
from stepper.render.text import render
from tests.helpers import answer, graph_of
from tests.strategies import graphs

NEURON = "h = w*x + b; a = sigmoid(h); L = (a - t)^2"
RECURRENCE = """
    parameters: {w: 2}
    inputs: {x: [1, 3], "h[0]": 1}
    repeat: {index: t, from: 1, to: 2, nodes: {"h[t]": "w*h[t-1] + x[t]"}}
    nodes: {L: "h[2]^2"}
    """
LISTS = """
    inputs: {z: 2}
    nodes: {h: "[z^2, 3*z]", L: "h[1]*h[2]"}
    """


def text_of(prose: Prose) -> str:
    return "".join(part if isinstance(part, str) else text(part) for part in prose)


def explained(graph: Graph, wrt: Sequence[str], **options: Any) -> Derivation:
    settings = Settings(**options)
    derivation = (
        backward_of_arrays(graph, wrt, settings) if isinstance(graph, ArrayGraph) else backward(graph, wrt, settings)
    )
    assert all(check.ok is not False for check in derivation.checks), derivation.checks
    return derivation


@pytest.mark.parametrize(
    ("document", "told", "wrt", "gradient"),
    [
        # dL/dh at the given h, and from there the chain rule as ever
        ("h = w*x; L = h^2", ["w=1,x=2,h=-3"], "w", 2 * -3 * 2),
        ("h = w*x; L = h^2", ["w=1,x=2,h=-3"], "h", 2 * -3),
        # a given node's own derivatives are at the values of what it reads: (z^2)' = 2z at z = 5, whatever h is
        ("h = z^2; L = 3*h", ["z=5,h=1"], "z", 30),
        # not in terms of the result, as in a(1 - a) or exp' = exp
        ("a = exp(z); L = 2*a", ["z=0,a=7"], "z", 2),
        # a node beside it is worked out from the given value
        ("h = w*x; u = h + x; L = u*h", ["w=1,x=2,h=4"], "x", 4 * (1 + 1) + (4 + 2) * 1),
        # what it reads may have no value at all
        ("h = w*x; L = h*y", ["h=5,y=3,x=2"], "w", 6),
        # a formula that does not exist there is not asked for where no path leads through it
        ("h = log(x); L = h*y", ["x=-1,y=3,h=5"], "y", 5),
        (RECURRENCE, ["h[1]=-1"], "w", 2 * (2 * -1 + 3) * (-1 + 2 * 1)),
        (RECURRENCE, ["h=[-1, 10]"], "w", 2 * 10 * (-1 + 2 * 1)),
        (LISTS, ["h=[10, 20]"], "z", 20 * 4 + 10 * 3),
        (LISTS, ["h[2]=20"], "z", 20 * 4 + 4 * 3),
        ("h = [z^2, 3*z]; L = h[1]*h[2]", ["z=2,h[2]=20"], "z", 20 * 4 + 4 * 3),
        (
            "x = [1, 2]; p = softmax(x); L = p[1]*3",
            ["p=[0.5, 0.5]", "x[1]=2"],
            "x[1]",
            0.75,
        ),  # p(1 - p) at x = [2, 2], not [1, 2]
    ],
)
def test_the_gradient_at_a_given_value(document: str, told: list[str], wrt: str, gradient: float) -> None:
    graph = graph_of(document) if ":" in document else read_program(document, "-e")
    derivation = explained(with_values(graph, told), [wrt])
    found = answer(derivation, f"dL/d{wrt}")
    assert found is not None
    assert math.isclose(float(found), gradient)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(graphs(), st.integers(-8, 8), st.data())
def test_checks_of_given_nodes_agree(graph: Graph, eighths: int, data: st.DataObject) -> None:
    """A difference quotient, where the given node differs from its formula by a constant, finds the same gradient; so
    does a sweep.
    """
    name = data.draw(st.sampled_from(sorted(graph.nodes)))
    told = with_values(graph, [f"{name}={eighths}/8"])
    wrt = [leaf.name for leaf in told.leaves.values()]
    try:
        derivation = explained(told, wrt)
        sweep = Sweep(told, Vocabulary({}, {}))
    except StepperError:
        assume(False)
    assert sweep.values[sweep.slots[name]] == eighths / 8
    assert told.output is not None
    swept = sweep.gradients(told.output)
    for leaf in wrt:
        number = answer(derivation, f"d{told.output}/d{leaf}")
        if number is not None and abs(float(number)) < 1e6:
            assert math.isclose(float(number), swept[leaf], rel_tol=1e-6, abs_tol=1e-6)


def test_the_forward_line_says_that_a_value_is_given() -> None:
    graph = with_values(read_program(NEURON, "-e"), ["w=1,x=2,b=-1,t=1,h=-3"])
    lines = render(forward(graph, Settings()), Look()).splitlines()
    begins = next(place for place, line in enumerate(lines) if "Forward pass" in line)
    assert lines[1].startswith("   h = -3 is given, not worked out; derivatives still pass through its formula")
    assert [line.strip() for line in lines[begins + 1 : begins + 4]] == [
        "h = -3   (given)", "in place of w·x + b", "a = σ(h) = σ(-3) ≈ 0.04743",
    ]  # fmt: skip


def test_a_given_node_in_other_commands() -> None:
    graph = with_values(read_program(NEURON, "-e"), ["w=1,x=2,b=-1,t=1,h=-3"])
    boxes = [
        box.formula
        for block in draw(graph, [], Settings()).steps[0].body
        for box in getattr(block, "boxes", ())
        if box.name == "h"
    ]
    assert boxes == [("given",)]
    assert all(check.ok for check in second_derivatives(graph, ["w", "b"], Settings()).checks)
    assert answer(explained(split(graph), ["w"]), "dL/dw") == answer(explained(graph, ["w"]), "dL/dw")
    notes = [text_of(check.note) for check in explained(graph, ["w"], verify=True).checks]
    assert "not applicable: the value of h is given" in notes
    explained(replace(graph, given={"h": Value(2.5)}), ["w"], exact=True)


def test_training_refuses_a_given_node() -> None:
    graph = with_values(read_program(NEURON, "-e"), ["w=1,x=2,b=-1,t=1,h=-3"])
    with pytest.raises(StepperError, match="'h' is given, and training works out every node anew at each step"):
        training(graph, "sgd", OptimOptions(), ["w"])


def test_the_section_of_a_document() -> None:
    graph = graph_of("inputs: {x: 2}\nparameters: {w: 1}\nnodes: {h: w*x, L: h^2}\ngiven: {h: -3/4}\n")
    assert answer(explained(graph, ["w"]), "dL/dw") == -3
    assert answer(explained(with_values(graph, ["h=2"]), ["w"]), "dL/dw") == 8


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ("{x: 3}", "x under 'given:': it is not a node, and its value is given where it is declared"),
        ("{hh: 3}", "hh under 'given:': there is no hh in this graph"),
        ("{h: x}", "'x' is not a number"),
        ("{h: }", "a number is expected here"),
    ],
)
def test_faults_of_the_section(section: str, message: str) -> None:
    with pytest.raises(StepperError) as caught:
        graph_of(f"inputs: {{x: 2}}\nnodes: {{h: 3*x, a: h + 1}}\ngiven: {section}\n")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ("h=[1, 2, 3]", "it is given as a list of 3, and by its formula it is a list of 2"),
        ("h[3]=1", "h[3] is given, and it is a list of 2"),
        ("L=[1, 2]", "it is given as a list of 2, and by its formula it is a number"),
    ],
)
def test_faults_of_given_arrays(told: str, message: str) -> None:
    with pytest.raises(StepperError) as caught:
        explained(with_values(graph_of(LISTS), [told]), ["z"])
    assert message in str(caught.value)
