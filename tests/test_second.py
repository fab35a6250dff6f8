"""Second derivatives: known ones, and the laws that the Hessian is symmetric and agrees with second differences."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings

from stepper.core.formula import text
from stepper.core.graph import Graph
from stepper.engine.graph.second_derivatives import _alike, second_derivatives
from stepper.engine.values.quantities import Settings
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
    assert "one term for each of the 3 paths from w₁₁ to L_w₁₁" in written
    assert "w₁₁ → h₁ → h₄ → ŷ₁ → L_ŷ₁ → L_h₄ → L_h₁ → L_w₁₁" in written
    assert " = 1 + 0.25 + 0 = 1.25" in written


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
    found = second_derivatives(
        graph_of("parameters: {w: 2, v: 3}\nnodes: {z: w^2*v}\noutput: z\nupstream: 5\n"), ["w", "v"], Settings()
    )
    assert answer(found, "dz_w/dw") == 30
    assert all(check.ok for check in found.checks)


def test_what_arrives_is_a_number_where_what_it_reads_has_one_and_is_not_asked_about() -> None:
    """A quantity keeps its value and its formula; where it moves with what is asked about, no quotient of the output
    says anything.
    """
    for upstream, second, ok in (
        ("g", 36, True),
        ("k", 72, True),
        ("2*g + 1", 84, True),
        ("u*g", None, None),
        ("w", 36, None),
    ):
        graph = graph_of(
            f"inputs: {{g: 3, u: }}\nparameters: {{w: 2}}\nnodes: {{k: 2*g, z: w^3}}\noutput: z\nupstream: "
            f"{upstream}\n",
        )
        found = second_derivatives(graph, ["w"], Settings())
        assert answer(found, "dz_w/dw") == second
        assert [check.ok for check in found.checks] == [ok]


def verdicts(document: str, *wrt: str, exact: bool = False) -> list[tuple[str, bool | None, str]]:
    """The checks of a Hessian: what is checked, how it came out, and why it was not."""
    checks = second_derivatives(graph_of(document), wrt, Settings(exact=exact)).checks
    notes = ["".join(part if isinstance(part, str) else text(part) for part in check.note) for check in checks]
    return [
        (f"{check.name} {check.of}", check.ok, note.partition("not applicable: ")[2])
        for check, note in zip(checks, notes, strict=True)
    ]


def test_a_kink_below_one_of_two_is_no_kink_of_the_other() -> None:
    kink = "a kink lies within the step"
    expected = {"x": ("second difference", None, kink), "y": ("second difference", True, "")}
    for first, other in (("x", "y"), ("y", "x")):
        found = verdicts(
            f"inputs: {{{first}: 0, {other}: 0}}\nnodes: {{a: relu(x), b: (y + 2)^2, L: a*b}}\n", first, other
        )
        assert [entry[1:] for entry in found] == [expected[first][1:], (None, kink), (True, ""), expected[other][1:]]
        assert found[2][0] == f"symmetry dL_{other}/d{first}"


def test_a_node_and_what_it_is_worked_out_from_are_not_moved_together() -> None:
    """L_k = 2*k*x and L_x = k^2 + 2*k*x*y, so both mixed entries are 2*k + 2*x*y."""
    document = "inputs: {x: 2, y: 3}\nnodes: {k: x*y, L: k^2*x}\n"
    for wrt in (["k", "x"], ["x", "k"]):
        derivation = second_derivatives(graph_of(document), wrt, Settings())
        numbers = {entry.name: entry.number for entry in derivation.answers}
        assert numbers == {"dL_k/dk": 4, "dL_k/dx": 24, "dL_x/dk": 24, "dL_x/dx": 108}
        found = verdicts(document, *wrt)
        assert [entry[1:] for entry in found] == [(True, ""), (None, "k is worked out from x"), (True, ""), (True, "")]


def test_every_entry_is_checked_whatever_was_said_of_those_before_it() -> None:
    """A quantity that does not lead to the output has no row, and a column of zeros."""
    found = verdicts("inputs: {u: 1, x: 2, y: 3}\nnodes: {b: u + 1, h: x*y, L: h^2}\noutput: L\n", "u", "x", "y")
    assert [name for name, _, _ in found] == [
        "second difference dL_x/du", "second difference dL_x/dx", "second difference dL_x/dy",
        "second difference dL_y/du", "symmetry dL_y/dx", "second difference dL_y/dy",
    ]  # fmt: skip
    assert {ok for _, ok, _ in found} == {True}
    letters = verdicts("inputs: {x: , y: }\nnodes: {L: x^2*y + x*y}\n", "x", "y")
    assert [ok for _, ok, _ in letters] == [None, None, True, None]
    assert [entry[1:] for entry in verdicts("inputs: {x: 1}\nnodes: {L: 2^x}\n", "x", exact=True)] == [
        (None, "symbols are left")
    ]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (1.0, 1.0 + 1e-10, True), (1.0, 1.0 + 1e-8, False), (1e6, 1e6 + 1e-4, True), (1e6, 1e6 + 1e-2, False),
        (0.0, 1e-13, True),
        (0.0, 1e-11, False),
        (1e-3, 1e-3 + 1e-13, True), (1e-5, 1e-5 + 1e-13, True), (1e-9, 1e-9 + 1e-10, False),
        (Fraction(1, 3), Fraction(1, 3), True),
        (Fraction(1, 3), Fraction(1, 3) + Fraction(1, 10**13), True),
    ],
)  # fmt: skip
def test_mirrored_entries_are_alike_to_nine_digits_or_nearly_zero(one: float, other: float, same: bool) -> None:
    assert _alike(one, other) is same
    assert _alike(other, one) is same


def test_the_steps_of_second_derivatives() -> None:
    """Row by row where there are up to four quantities; of more the matrix alone; path by path where there is one."""

    def titles(count: int, kind: str) -> list[str]:
        names = "abcde"[:count]
        values = ", ".join(f"{name}: {place}" for place, name in enumerate(names, 2))
        graph = graph_of(f"parameters: {{{values}}}\nnodes: {{beside: a + 1, L: {'*'.join(names)}*a}}\noutput: L\n")
        derivation = second_derivatives(graph, list(names), Settings())
        assert all(step.body or step.children for step in derivation.steps)
        assert all(step.rule.partition(":")[0] == step.id.partition(":")[0] for _, step in derivation.walk())
        found = {
            step.id: "".join(part if isinstance(part, str) else text(part) for part in step.title)
            for step in derivation.steps
        }
        (first,) = (step for step in derivation.steps if step.id == "second.first")
        assert [child.id for child in first.children] == [f"forward.node:L_{name}" for name in names]
        nodes = derivation.steps[0].children
        assert [(child.id, child.detail) for child in nodes] == [
            ("forward.node:beside", "full"),
            ("forward.node:L", "brief"),
        ]
        return [title for name, title in found.items() if name.startswith(kind)]

    first = "First derivatives as quantities, by the chain rule from L back"
    assert titles(1, "local") == []  # an edge that is the only path stands with the result
    assert titles(1, "chain") == ["Derivative of L_a for a"]
    assert titles(1, "second") == [first]
    for count in (2, 4):
        assert titles(count, "local") == [f"Local derivatives below L_{name}" for name in "abcd"[:count]]
        assert titles(count, "reverse") == [f"Derivatives of L_{name}" for name in "abcd"[:count]]
        assert titles(count, "second") == [first, "The Hessian of L"]
    assert titles(5, "local") == titles(5, "reverse") == titles(5, "chain") == []
    assert titles(5, "second") == [first, "The Hessian of L"]


def test_only_functions_on_the_way_to_the_output_are_defined() -> None:
    """And a local derivative that is given has no formula, whatever the node has."""
    document = "parameters: {w: 2}\nnodes:\n  L: sigmoid(w)\n  k: tanh(w)\noutput: L\n"
    said = " ".join(map(str, second_derivatives(graph_of(document), ["w"], Settings()).conventions))
    assert "sigmoid" in said
    assert "tanh" not in said
    with pytest.raises(StepperError, match="x -> a has no formula"):
        second_derivatives(graph_of("inputs: {x: 1}\nnodes: {a: x^2, L: 2*a}\nlocal: {x -> a: 2}\n"), ["x"], Settings())


def test_a_name_that_the_document_has_is_not_taken_for_a_derivative() -> None:
    """An underscore more stands in it, where a node or a quantity that is given has the name."""
    for document, names in (
        ("inputs: {x: 2}\nnodes: {h: x^2, L: h*x}\n", ["L_x"]),
        ("inputs: {x: 2}\nnodes: {L_x: x^2, L: L_x*x}\n", ["L__x"]),
        ("inputs: {x: 2, L_x: 5}\nnodes: {h: x^2, L: h*x + 0*L_x}\n", ["L__x"]),
    ):
        derivation = second_derivatives(graph_of(document), ["x"], Settings())
        assert [entry.name for entry in derivation.answers] == [f"d{name}/dx" for name in names]
        assert [entry.number for entry in derivation.answers] == [12]
        assert all(check.ok for check in derivation.checks)


def test_second_derivatives_are_worked_up_to_a_size() -> None:
    """The nodes are counted by what they read: here each reads two."""
    chain = "; ".join(["a0 = x*x", *(f"a{step} = a{step - 1}*x" for step in range(1, 2_501))])
    with pytest.raises(StepperError, match="up to 5,000 edges; here are 5,001"):
        second_derivatives(read_program(chain, "-e"), ["x"], Settings())
