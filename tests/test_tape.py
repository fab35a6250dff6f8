"""A tape taken over for another kind of numbers works out what one compiled anew does, branches and anchors too."""

from __future__ import annotations

from fractions import Fraction

import pytest
from msgspec.structs import replace

from stepper.core.expr import Value
from stepper.engine.values.arithmetic import EXACT, FLOAT, Arithmetic
from stepper.engine.values.evaluate import compile_graph, leaf_values
from stepper.engine.values.precision import fine, precise
from stepper.engine.values.rational import RATIONAL
from stepper.engine.values.vocabulary import Vocabulary
from stepper.read.graph import read_graph

DOCUMENT = """
inputs: {x: 0.3, y: -2}
nodes:
  a: where(x > y, where(y > 0, log(y), 0.1*x - y), log(x - 5))
  b: a*x/3 - 1/7 + 0.1
  c: {formula}
  d: -c^3 + max(a, b)
output: d
"""


@pytest.mark.parametrize(
    ("arithmetic", "formula"),
    [
        (FLOAT, "2*pi*sigmoid(b) + relu(-b)"),
        (fine(), "2*pi*sigmoid(b) + relu(-b)"),
        (fine(400), "softmax([a, b, 1])[2]"),
        (precise(120), "2*pi*sigmoid(b) + relu(-b)"),
        (RATIONAL, "abs(b) + relu(-b)"),
    ],
)
@pytest.mark.parametrize("moving", [(), ("b", "c", "d")])
def test_taken_over(arithmetic: Arithmetic, formula: str, moving: tuple[str, ...]) -> None:
    graph = read_graph(DOCUMENT.replace("{formula}", formula), "tape.yaml")
    vocabulary = Vocabulary(graph.functions, graph.conventions)
    if moving:
        graph = replace(graph, given={"b": Value(Fraction(1, 3))})
    tape = compile_graph(graph, vocabulary, EXACT, moving).with_arithmetic(arithmetic)
    anew = compile_graph(graph, vocabulary, arithmetic, moving)
    for moved in (Fraction(0), Fraction(1, 1000)):  # a node that is given is anchored by the first of these
        leaves = {**leaf_values(graph), "x": Fraction(3, 10) + moved}
        assert tape.run(leaves) == anew.run(leaves)
