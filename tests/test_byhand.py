"""Rounding after every step, as people do by hand."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from stepper.core.expr import Value
from stepper.core.formula import text
from stepper.core.graph import Graph
from stepper.core.numbers import Rounding
from stepper.core.prose import Prose
from stepper.core.steps import Table
from stepper.engine.graph.backward import backward
from stepper.engine.values.quantities import Settings
from stepper.errors import StepperError
from stepper.read.arguments import rounding_of
from stepper.read.bundled import load_graph
from stepper.read.given import with_values
from stepper.read.program import read_program
from stepper.render.look import Look
from stepper.render.text import render
from tests.helpers import graph_of


def written(graph: Graph, wrt: str, digits: int) -> list[list[str]]:
    page = render(backward(graph, [wrt], Settings(round_steps=Rounding(digits, significant=True))), Look(width=120))
    return [
        line.split()
        for line in page.split(f"By hand, rounded to {digits} significant digits after every step")[1].split("\n")
    ]


@pytest.mark.parametrize(
    ("way", "number", "expected"),
    [
        # decimals, a half away from zero, as people round
        ("3", "0.2745", "0.275"), ("3", "-0.2745", "-0.275"), ("2", "0.125", "0.13"), ("2", "12.345", "12.35"),
        ("0", "2.5", "3"), ("1", "0.04", "0"), ("1", "0.05", "0.1"), ("1", "-0.04", "0"), ("2", "0.004", "0"),
        ("2", "99.996", "100"), ("3", "1/3", "0.333"), ("3", "0", "0"), ("1", "1e-20", "0"),
        # significant digits
        ("3sf", "0.02745", "0.0275"), ("2sf", "1250", "1300"), ("3sf", "99.96", "100"), ("1sf", "-2.5", "-3"),
        ("3sf", "0", "0"),
        # a half to the even digit
        ("3 half-even", "0.2745", "0.274"), ("3 half-even", "0.2755", "0.276"), ("2sf half-even", "0.125", "0.12"),
        ("2sf, half even", "0.135", "0.14"),
    ],
)  # fmt: skip
def test_ways_to_round(way: str, number: str, expected: str) -> None:
    assert rounding_of(way)(Fraction(number)) == Fraction(expected)


@pytest.mark.parametrize("way", ["", "3 sig", "sf", "0sf", "16", "16sf", "-1", "3.5", "3 half-up", "half-even"])
def test_what_is_no_way_to_round(way: str) -> None:
    with pytest.raises(StepperError, match="this is not a way to round") as caught:
        rounding_of(way)
    assert "3sf for three significant digits" in str(caught.value)


def test_decimals_go_through_the_gradient_step() -> None:
    """0.2745 is 0.275 to three decimals, and with that the gradient is 0.302, not 0.301."""
    found = table("inputs: {x: 0.549}\nparameters: {w: 0.5}\nnodes: {h: w*x, L: h^2}\n", "w", "3", lr=Fraction(1, 10))
    assert found["h"] == "0.275 0.2745"
    assert found["L"] == "0.076 0.07535 differs"
    assert found["dL/dw"] == "0.302 0.3014 differs"
    assert found["w'"] == "0.47 0.4699"
    uphill = table("parameters: {w: 2}\nnodes: {L: w^2/3}\n", "w", "2", lr=Fraction(1), ascent=True)
    assert uphill["w'"] == "3.33 3.333"


def test_where_it_parts_is_said() -> None:
    graph = with_values(read_program("a = sigmoid(w*x + b); L = (a - y)^2", "-e"), ["w=1,x=2,b=-1,y=1"])
    lines = written(graph, "w", 2)
    assert ["L", "0.073", "≈", "0.072329", "differs"] in lines
    assert ["dL/dw", "-0.21", "≈", "-0.21151"] in lines
    assert any(line[-2:] == ["is", "L."] for line in lines)


def test_the_step_names_what_was_asked_about_and_says_how_it_rounds() -> None:
    graph = with_values(read_program("L = sqrt(w*x)", "-e"), ["w=2,x=3"])
    for asked in (["w"], ["x", "w"]):
        (step,) = [
            step
            for step in backward(graph, asked, Settings(round_steps=Rounding(2, significant=True))).steps
            if step.rule == "byhand"
        ]
        assert (step.id, step.uses, step.detail) == ("byhand", tuple(asked), "brief")
        assert step.title == ("By hand, rounded to 2 significant digits after every step",)


def test_short_numbers_never_part() -> None:
    assert ["No", "quantity", "differs", "from", "its", "value", "in", "full", "precision."] in written(
        load_graph("tum-2022/6"), "w11", 3
    )


def test_rounding_can_leave_the_domain() -> None:
    graph = with_values(read_program("p = 1 - exp(-x); L = log(1 - p)", "-e"), ["x=9"])
    assert ["L", "undefined", "≈", "-9", "differs"] in written(graph, "x", 2)


def test_symbols_cannot_be_rounded() -> None:
    with pytest.raises(StepperError, match="but symbols are left"):
        backward(read_program("L = w*x", "-e"), ["w"], Settings(round_steps=Rounding(2, significant=True)))


def table(document: str, wrt: str, way: str = "2sf", **options: Any) -> dict[str, str]:
    """Each quantity with its value by hand and at full precision, to four digits, and whether they part."""
    derivation = backward(graph_of(document), wrt.split(), Settings(round_steps=rounding_of(way), **options))
    (step,) = [step for step in derivation.steps if step.rule == "byhand"]
    assert step.uses == tuple(wrt.split())
    (block,) = [block for block in step.body if isinstance(block, Table)]
    return {written_of(name): " ".join(map(written_of, rest)).strip() for name, *rest in block.rows}


def written_of(said: Prose) -> str:
    parts = [
        f"{float(part.number):.4g}" if isinstance(part, Value) else part if isinstance(part, str) else text(part)
        for part in said
    ]
    return "".join(parts)


@pytest.mark.parametrize(
    ("document", "wrt", "expected"),
    [
        # values, then the local derivatives that are worked, each before the gradient that it leads to
        (
            "inputs: {x: 2, y: 3, z: 1/3}\nnodes: {h: x/y, L: h*x + z}\n", "x z",
            {"h": "0.67 0.6667", "L": "1.7 1.667", "∂L/∂h": "2 2", "dL/dh": "2 2", "∂h/∂x": "0.33 0.3333",
                "∂L/∂x": "0.67 0.6667",
             "dL/dx": "1.3 1.333", "dL/dz": "1 1"},
        ),
        # where no path leads there are values alone, of what the output needs
        ("inputs: {x: 2, y: 3}\nnodes: {h: x/y, L: h*x, k: y}\noutput: L\n", "k",
            {"h": "0.67 0.6667", "L": "1.3 1.333"}),
        # a given node is taken as it stands
        (
            "inputs: {x: 2, y: 3}\nnodes: {h: x/y, L: h*y}\ngiven: {h: 2.3456}\n", "x",
            {"L": "7 7.037", "∂L/∂h": "3 3", "dL/dh": "3 3", "∂h/∂x": "0.33 0.3333", "dL/dx": "0.99 1 differs"},
        ),
        # a derivative that the document gives too
        (
            "inputs: {x: 2, y: 3}\nnodes: {h: x/y, L: h*2}\nlocal: {'h -> L': 1/7}\n", "x",
            {"h": "0.67 0.6667", "L": "1.3 1.333", "dL/dh": "0.14 0.1429", "∂h/∂x": "0.33 0.3333",
                "dL/dx": "0.046 0.04762 differs"},
        ),
        # what arrives is not rounded itself
        (
            "inputs: {x: 2, y: 3}\nnodes: {h: x/y, L: h*2}\nupstream: 1/3\n", "x",
            {"h": "0.67 0.6667", "L": "1.3 1.333", "1/3*dL/dh": "0.67 0.6667", "∂h/∂x": "0.33 0.3333",
                "1/3*dL/dx": "0.22 0.2222"},
        ),
        # on a kink the slope is the one taken, though rounding leads off it
        (
            "inputs: {x: 2, y: 5}\nnodes: {a: x/3, h: relu(3*a - 2), L: h*y}\n", "x",
            {"a": "0.67 0.6667", "h": "0.01 0 differs", "L": "0.05 0 differs", "∂L/∂h": "5 5", "dL/dh": "5 5",
                "∂h/∂a": "0 0",
             "dL/da": "0 0", "dL/dx": "0 0"},
        ),
        # a difference of numbers that are nearly equal keeps its digits
        (
            "inputs: {x: 20}\nnodes: {h: 1 - tanh(x), L: 2*h}\n", "h",
            {"h": "8.5e-18 8.497e-18", "L": "1.7e-17 1.699e-17", "dL/dh": "2 2"},
        ),
        # one term that is undefined leaves the sum undefined
        (
            "inputs: {x: 9}\nnodes: {p: 1 - exp(-x), q: log(1 - p), L: q + 3*x}\n", "x",
            {"p": "1 0.9999", "q": "undefined -9 differs", "L": "undefined 18 differs", "dL/dq": "1 1",
                "∂q/∂p": "undefined -8103 differs",
             "dL/dp": "undefined -8103 differs", "∂p/∂x": "0.00012 0.0001234", "dL/dx": "undefined 2 differs"},
        ),
        # an edge that is known by name alone has no numbers
        (
            "inputs: {x: 2}\nedges: [x -> h]\nnodes: {L: 2*h}\ngiven: {h: 4}\n", "x",
            {"L": "8 8", "dL/dh": "2 2"},
        ),
    ],
)  # fmt: skip
def test_the_calculation_by_hand_line_by_line(document: str, wrt: str, expected: dict[str, str]) -> None:
    assert table(document, wrt) == expected


@pytest.mark.parametrize(
    ("digits", "shown", "guards"), [(2, 4, (0, 1)), (4, 4, (0, 1)), (6, 4, (2, 3)), (6, 2, (4, 5))]
)
def test_as_many_digits_are_shown_as_are_carried_and_one_more_of_the_full_precision(
    digits: int, shown: int, guards: tuple[int, int]
) -> None:
    graph = graph_of("inputs: {x: 2}\nnodes: {h: x/3, L: 2*h}\n")
    derivation = backward(graph, ["x"], Settings(round_steps=Rounding(digits, significant=True), digits=shown))
    (step,) = [step for step in derivation.steps if step.rule == "byhand"]
    rows = [row for block in step.body if isinstance(block, Table) for row in block.rows]
    found = {tuple(part.guard for cell in row[1:3] for part in cell if isinstance(part, Value)) for row in rows}
    assert found == {guards}


def test_a_letter_that_arrives_cannot_be_rounded() -> None:
    with pytest.raises(StepperError, match="but symbols are left"):
        table("inputs: {x: 2}\nnodes: {L: 2*x}\nupstream: g\n", "x")
