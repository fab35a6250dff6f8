"""Second derivatives: known ones, and the laws that the Hessian is symmetric and agrees with second differences."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings

from stepper.core.formula import text
from stepper.core.graph import Graph
from stepper.engine.quantities import Settings
from stepper.engine.second import second_derivatives
from stepper.errors import StepperError
from stepper.read.bundled import load_graph
from stepper.read.given import with_values
from stepper.read.program import read_program
from stepper.render.look import Look
from stepper.render.text import render
from tests.helpers import answer, graph_of
from tests.strategies import graphs

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize(
    ("formula", "at", "expected"),
    [
        ("x^3", "x=2", 12),
        ("3*x + 1", "x=2", 0),
        ("1/x", "x=2", Fraction(1, 4)),
        ("x*x*x", "x=1/2", 3),
        ("relu(x)^2", "x=3", 2),
        ("relu(x)^2", "x=-3", 0),
        ("max(x, 1)^3", "x=2", 12),
        ("max(x, 1)^3", "x=0", 0),
        ("min(2*x, 7)*x", "x=3", 4),
    ],
)
def test_one_variable(formula: str, at: str, expected: Fraction | int) -> None:
    derivation = second_derivatives(with_values(read_program(f"f = {formula}", "-e"), [at]), ["x"], Settings())
    assert answer(derivation, "df_x/dx") == expected
    assert all(check.ok for check in derivation.checks)


def test_the_hessian_of_a_quadratic_form() -> None:
    graph = with_values(read_program("f = 2*x^2 + 3*x*y - y^2", "-e"), ["x=1,y=2"])
    derivation = second_derivatives(graph, ["x", "y"], Settings())
    assert [answer(derivation, name) for name in ("df_x/dx", "df_x/dy", "df_y/dx", "df_y/dy")] == [4, 3, 3, -2]
    written = render(derivation, Look())
    assert "The Hessian of f" in written
    assert "f_x stands for df/dx" in written


def test_a_net_reaches_itself_through_its_own_first_derivative() -> None:
    written = render(second_derivatives(load_graph("tum-2022/6"), ["w11"], Settings()), Look(width=100))
    assert "Paths from w₁₁ to L_w₁₁: 3" in written
    assert "w₁₁ → h₁ → h₄ → ŷ₁ → L_ŷ₁ → L_h₄ → L_h₁ → L_w₁₁" in written
    assert "dL_w₁₁/dw₁₁ = 1 + 0.25 + 0 = 1.25" in written


def test_symbols_stay() -> None:
    derivation = second_derivatives(read_program("f = a*x^2", "-e"), ["x"], Settings())
    assert [check.ok for check in derivation.checks] == [None]
    assert "df_x/dx = a·2" in render(derivation, Look())


def test_a_given_local_derivative_cannot_be_differentiated() -> None:
    with pytest.raises(StepperError, match="has no formula"):
        second_derivatives(graph_of("edges: [x -> a]\n"), ["x"], Settings())


@QUICK
@given(graphs())
def test_every_hessian_passes_its_checks(graph: Graph) -> None:
    try:
        derivation = second_derivatives(graph, list(graph.leaves)[:2], Settings())
    except StepperError:
        return
    assert not [check for check in derivation.checks if check.ok is False]


def test_mixed_derivatives_that_are_lost_to_rounding_are_alike() -> None:
    """tanh(80) is 1 as a float: one order of differentiation gives 0, the other 10^-67."""
    graph = with_values(read_program("h0 = x0*x0 + x0; h1 = tanh(x0*h0); h2 = x1*h1 + x0", "-e"), ["x0=4,x1=0"])
    derivation = second_derivatives(graph, ["x0", "x1"], Settings())
    assert not [check for check in derivation.checks if check.ok is False]


def test_a_letter_that_arrives_is_a_quantity_of_the_first_derivatives() -> None:
    graph = graph_of("parameters: {w: , v: }\nnodes: {z: w^2*v}\noutput: z\nupstream: delta\n")
    found = second_derivatives(graph, ["w", "v"], Settings())
    assert {entry.name: text(entry.expr) for entry in found.answers}["dz_w/dw"] == "delta*2*v"


def test_what_arrives_multiplies_the_second_derivative_and_its_check() -> None:
    found = second_derivatives(graph_of("parameters: {w: 2, v: 3}\nnodes: {z: w^2*v}\noutput: z\nupstream: 5\n"), ["w", "v"], Settings())
    assert answer(found, "dz_w/dw") == 30
    assert all(check.ok for check in found.checks)
