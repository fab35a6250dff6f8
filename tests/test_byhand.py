"""Rounding after every step, as people do by hand."""

from __future__ import annotations

import pytest

from stepper.core.graph import Graph
from stepper.core.numbers import rounded
from stepper.engine.graph.backward import backward
from stepper.engine.values.quantities import Settings
from stepper.errors import StepperError
from stepper.read.bundled import load_graph
from stepper.read.given import with_values
from stepper.read.program import read_program
from stepper.render.look import Look
from stepper.render.text import render


def written(graph: Graph, wrt: str, digits: int) -> list[list[str]]:
    text = render(backward(graph, [wrt], Settings(round_steps=digits)), Look(width=120))
    return [line.split() for line in text.split("By hand, rounded after every step")[1].split("\n")]


@pytest.mark.parametrize(
    ("number", "digits", "expected"), [(0.125, 2, 0.12), (0.135, 2, 0.14), (99.96, 3, 100), (-2.5, 1, -2), (0.0, 3, 0)]
)
def test_significant_digits_half_to_even(number: float, digits: int, expected: float) -> None:
    assert float(rounded(number, digits)) == expected


def test_where_it_parts_is_said() -> None:
    graph = with_values(read_program("a = sigmoid(w*x + b); L = (a - y)^2", "-e"), ["w=1,x=2,b=-1,y=1"])
    lines = written(graph, "w", 2)
    assert ["L", "0.073", "≈", "0.072329", "parts"] in lines
    assert ["dL/dw", "-0.21", "≈", "-0.21151"] in lines
    assert any(line[-2:] == ["is", "L."] for line in lines)


def test_short_numbers_never_part() -> None:
    assert ["No", "quantity", "parts", "from", "the", "full", "precision."] in written(load_graph("tum-2022/6"), "w11", 3)


def test_rounding_can_leave_the_domain() -> None:
    graph = with_values(read_program("p = 1 - exp(-x); L = log(1 - p)", "-e"), ["x=9"])
    assert ["L", "undefined", "≈", "-9", "parts"] in written(graph, "x", 2)


def test_symbols_cannot_be_rounded() -> None:
    with pytest.raises(StepperError, match="here symbols are left"):
        backward(read_program("L = w*x", "-e"), ["w"], Settings(round_steps=2))
