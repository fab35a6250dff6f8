"""Laws of updates in letters, and of the numbers that a run carries from a step to the next."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import pytest

import stepper as st
from stepper.core.arrays import ArrayGraph
from stepper.core.formula import text
from stepper.core.steps import Equation
from stepper.engine.optim.run import carried
from stepper.engine.tensor import lettered
from stepper.engine.values.quantities import Settings
from stepper.read.graph import read_graph


@pytest.mark.parametrize(
    ("name", "asked", "lines"),
    [
        ("sgd", {"theta": "w", "grads": "g", "lr": "a"}, ["w[1] = w[0] - a*g"]),
        ("sgd", {"theta": "w", "grads": ["p", "q"], "lr": "a"}, ["w[1] = w[0] - a*p", "w[2] = w[1] - a*q"]),
        ("sgd", {"theta": 1, "grads": ["p", 3], "lr": "1/2"},
            ["theta[1] = theta[0] - eta*p", "theta[2] = theta[1] - eta*3"]),
        ("momentum", {"theta": "w", "grads": ["p", "q"], "lr": "a", "rho": "r"},
         ["v[1] = p", "w[1] = w[0] - a*v[1]", "v[2] = r*v[1] + (1 - dampening)*q", "w[2] = w[1] - a*v[2]"]),
        ("momentum_velocity", {"theta": "w", "grads": "g", "lr": "a", "rho": "r"},
            ["v[1] = r*v[0] - a*g", "w[1] = w[0] + v[1]"]),
    ],
)  # fmt: skip
def test_an_update_is_its_lines_and_nothing_else(name: str, asked: dict[str, Any], lines: list[str]) -> None:
    """One step of the derivation, a line for each quantity, no drawing; the last side of each is its answer."""
    solution = st.optim(name, **asked)
    (update,) = solution.derivation.steps
    assert update.title == ("The update",)
    found = [block for _, step in solution.derivation.walk() for block in step.body if isinstance(block, Equation)]
    assert [f"{text(block.left)} = {text(block.links[0].expr)}" for block in found] == lines
    answers = {answer.name: text(answer.expr) for answer in solution.derivation.answers}
    assert {text(block.left): text(block.links[-1].expr) for block in found} == answers


@pytest.mark.parametrize(
    ("above", "below", "exact"),
    [
        (2**79, 2**79 + 1, True), (2**80 - 1, 2**79 + 1, True), (2**80, 2**79 + 1, False), (2**79 + 1, 2**80 - 1, True),
        (2**79 + 1, 2**80, False), (2**159 - 1, 1, True), (2**159, 1, False), (1, 2**159 - 1, True), (1, 2**159, False),
        (-(2**80), 2**79 + 1, False), (-(2**80) + 1, 2**79 + 1, True), (0, 1, True),
    ],
)  # fmt: skip
def test_a_fraction_of_up_to_160_bits_is_carried_exactly(above: int, below: int, exact: bool) -> None:
    """Above and below the line together; a longer one is a float from there on, and a float stays one."""
    value = Fraction(above, below)
    found = carried(value)
    assert isinstance(found, Fraction if exact else float)
    assert math.isclose(found, value, rel_tol=1e-15)
    assert type(carried(float(value))) is float


@pytest.mark.parametrize(
    ("wrt", "output", "shown"),
    [("W", "L", "Z L"), ("V", "M", "U M"), ("X", "K", "Z U L M K"), ("W", "K", "Z U L M K")],
)
def test_of_arrays_with_letters_as_sizes_the_nodes_that_a_gradient_needs_are_shown(
    wrt: str, output: str, shown: str
) -> None:
    """A forward pass shows all; a backward pass those between what is asked about and the output, with all they
    read.
    """
    graph = read_graph(
        "inputs: {X: {shape: [N, d]}}\nparameters: {W: {shape: [d, k]}, V: {shape: [d, k]}}\n"
        f"nodes: {{Z: X @ W, U: X @ V, L: sum(Z), M: sum(U), K: L*M}}\noutput: {output}\n",
        "g.yaml",
    )
    assert isinstance(graph, ArrayGraph)
    for derivation, expected in (
        (lettered.forward(graph, Settings()), "Z U L M K"),
        (lettered.backward(graph, [wrt], Settings()), shown),
    ):
        (step,) = [step for step in derivation.steps if step.id == "forward.pass"]
        assert " ".join(child.id.partition(":")[2] for child in step.children) == expected
