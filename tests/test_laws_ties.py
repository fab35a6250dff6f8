"""Laws of ties: which parts of a formula stand on a kink, at x = y = 2, z = -1, o = 0, with the letters u and v."""

from __future__ import annotations

import pytest

from stepper.core.formula import text
from stepper.core.parser import parse
from stepper.engine.values.equations import Sheet
from stepper.engine.values.quantities import Settings
from stepper.engine.values.ties import tie_of, ties
from tests.helpers import graph_of

SHEET = Sheet(
    graph_of("inputs: {x: 2, y: 2, z: -1, o: 0, u: , v: }\nfunctions: {f(t): , g(t): abs(t - 1)}\nnodes: {L: x}\n"),
    Settings(),
)


@pytest.mark.parametrize(
    ("formula", "found"),
    [
        # functions with a kink, where their sides are equal
        ("relu(o)", "relu(o): o = 0"),
        ("relu(x)", ""),
        ("relu(u)", ""),
        ("step(o)", "step(o): o = 0"),
        ("hinge(x, y/4)", "hinge(x, y/4): y/4*x = 1"),
        ("hardtanh(x/2)", "hardtanh(x/2): x/2 = 1"),
        ("gelu(o)", ""),
        # functions that jump, at integers
        ("floor(x)", "floor(x): x = 2"),
        ("floor(x/4)", ""),
        ("ceil(u)", ""),
        ("mod(x, 1)", "mod(x, 1): x/1 = floor(x/1)"),
        # functions that pick an argument, where several have its value, however they are written
        ("max([x, y])", "max([x, y]): x = y"),
        ("max([x, z])", ""),
        ("max([x, y, x])", "max([x, y, x]): x = y, 3 of them"),
        ("max([x, x])", ""),
        ("max([x, u])", ""),
        ("max([log(z), x])", ""),
        ("min([x, y, z])", ""),
        ("min([x, z, o - 1])", "min([x, z, o - 1]): z = o - 1"),
        # what stands inside
        ("relu(x - abs(o))", "abs(o): o = 0"),
        ("abs(relu(o))", "abs(relu(o)): relu(o) = 0; relu(o): o = 0"),
        ("-relu(o) + relu(-o)*2", "relu(o): o = 0; relu(-o): -o = 0"),
        ("exp(relu(o))", "relu(o): o = 0"),
        ("f(relu(o))", "relu(o): o = 0"),
        ("softmax([relu(o), x])[1]", "relu(o): o = 0"),
        ("nll([relu(o), x], 1)", "relu(o): o = 0"),
        # also of a list of which one element is read: the slope for the other is 0
        ("nll([relu(o), x], 2)", "relu(o): o = 0"),
        ("nll([g(1), x], 2)", "abs(1 - 1): 1 - 1 = 0"),
        ("cross_entropy([relu(o), x], 2)", "relu(o): o = 0"),
        ("leaky_relu(o, relu(o))", "leaky_relu(o, relu(o)): o = 0; relu(o): o = 0"),
        # functions that are differentiated by their definitions have the kinks of these
        ("g(x - 1)", "abs(x - 1 - 1): x - 1 - 1 = 0"),
        ("g(x)", ""),
        ("mae([x, z], [y, o])", "abs(x - y): x - y = 0"),
        ("multi_hinge([x, y - 1, z], 1)", "relu(y - 1 - x + 1): y - 1 - x + 1 = 0"),
        ("multi_hinge([x, y, z], 1)", ""),
        # of a case distinction the case that holds
        ("where(x > y, o, relu(o))", "where(x > y, o, relu(o)): x = y; relu(o): o = 0"),
        ("where(x > z, abs(o), relu(o))", "abs(o): o = 0"),
        ("where(x < z, abs(o), relu(o))", "relu(o): o = 0"),
        ("where(u > v, abs(o), relu(o))", ""),
        ("where(u > relu(o), abs(o), z)", "relu(o): o = 0"),
        ("where(x == z, 1, 2)", ""),
        # what does not exist ties with nothing
        ("relu(log(z))", ""),
        ("where(log(z) > x, x, y)", ""),
    ],
)
def test_what_ties(formula: str, found: str) -> None:
    told = []
    for tie in ties(parse(formula), SHEET):
        told.append(
            f"{text(tie.part)}: {' = '.join(map(text, tie.sides))}" + f", {tie.count} of them" * (tie.count > 2)
        )
    assert "; ".join(told) == found
    for tie in ties(parse(formula), SHEET):
        assert tie_of(tie.part, SHEET) == tie
