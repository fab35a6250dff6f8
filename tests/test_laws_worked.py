"""Laws of a worked backward pass: the steps of one derivation after another, as they stand on the page."""

from __future__ import annotations

from fractions import Fraction

import pytest

from stepper.core.expr import Neg, Sym, Value
from stepper.core.formula import text
from stepper.core.graph import Graph
from stepper.core.numbers import Rounding
from stepper.core.parser import parse
from stepper.core.prose import Prose
from stepper.core.steps import Block, Detail, Equation, Note, Table, Trail
from stepper.engine.graph.adjoints import joined, summed
from stepper.engine.graph.backward import backward
from stepper.engine.graph.gates import split
from stepper.engine.layers.counting import Count
from stepper.engine.layers.shapes import shapes
from stepper.engine.values.quantities import Settings
from stepper.read.network import load_network
from tests.helpers import derive, graph_of

WIDE = """
inputs: {x: 2, y: 3, z: 1, u: 1, v: 1, q: 0}
nodes: {a: x*y, b: a + x*z, c: a*b*u, L: c + v + q*q*x, k: z}
output: L
"""


def words(said: Prose) -> str:
    return "".join(part if isinstance(part, str) else text(part) for part in said)


def lines(block: Block) -> list[str]:
    """A block as lines of text."""
    if isinstance(block, Table):
        return [" | ".join(map(words, row)) for row in ([column.title for column in block.columns], *block.rows)]
    if isinstance(block, Equation):
        return [text(block.left) + "".join(f" {link.relation} {text(link.expr)}" for link in block.links)]
    if isinstance(block, Note):
        return [words(block.text)]
    assert isinstance(block, Trail)
    return [" -> ".join(text(part) for part in block.nodes)]


def page(graph: Graph | str, *wrt: str) -> dict[str, list[str]]:
    """What stands in each step, under its title; the drawing aside."""
    steps = [step for _, step in derive(graph, *wrt).walk() if step.rule != "graph.drawing"]
    return {step.id: [words(step.title), *(line for block in step.body for line in lines(block))] for step in steps}


X = {
    "chain:x": ["Chain rule: one term for each of the 4 paths from x to L"],
    "chain.paths:x": [
        "Paths from x", "x -> a -> b -> c -> L", "x -> a -> c -> L", "x -> b -> c -> L", "x -> L",
        "One factor for each edge, from the output back to x.",
    ],
    "chain.rule:x": ["dL/dx", "dL/dx = ∂L/∂c*∂c/∂b*∂b/∂a*∂a/∂x + ∂L/∂c*∂c/∂a*∂a/∂x + ∂L/∂c*∂c/∂b*∂b/∂x + ∂L/∂x"],
    "chain.path:x": [
        "dL/dx",
        "∂L/∂c*∂c/∂b*∂b/∂a*∂a/∂x = 1*6*1*3 = 18", "∂L/∂c*∂c/∂a*∂a/∂x = 1*8*3 = 24",
        "∂L/∂c*∂c/∂b*∂b/∂x = 1*6*1 = 6", "∂L/∂x = q*q = 0*0 = 0",
    ],
    "chain.use:x": ["Contribution of each use of x", "dL/da*∂a/∂x = 18 + 24 = 42", "dL/db*∂b/∂x = 6",
        "dL/dL*∂L/∂x = 0"],
    "chain.sum:x": ["dL/dx", "dL/dx = 18 + 24 + 6 + 0 = 48"],
    "check.difference": ["Check", "Check: reverse accumulation and central difference agree"],
    "reverse.table": [
        "Reverse accumulation", "adjoint | computed as | value", "dL/dL | the output itself | 1",
        "dL/dc | dL/dL*∂L/∂c | 1*1 = 1", "dL/db | dL/dc*∂c/∂b | 1*6 = 6",
        "dL/da | dL/db*∂b/∂a + dL/dc*∂c/∂a | 6*1 + 1*8 = 14",
        "dL/dx | dL/da*∂a/∂x + dL/db*∂b/∂x + dL/dL*∂L/∂x | 14*3 + 6*1 + 1*0 = 48",
    ],
}  # fmt: skip
SEVERAL = {
    "reverse.node:c": ["dL/dc", "dL/dc = 1"],
    "reverse.node:b": ["dL/db", "dL/db = dL/dc*∂c/∂b = 1*6 = 6"],
    "reverse.node:a": ["dL/da", "dL/da = dL/db*∂b/∂a + dL/dc*∂c/∂a = 6*1 + 1*8 = 14"],
    "reverse.node:x": ["dL/dx", "dL/dx = dL/da*∂a/∂x + dL/db*∂b/∂x + dL/dL*∂L/∂x = 14*3 + 6*1 + 1*0 = 48"],
    "reverse.nodes": ["Gradients accumulated at each node, back from L"],
    "reverse.node:q": ["dL/dq", "dL/dq = 2*q*x = 2*0*2 = 0", "It is zero: ∂L/∂q = 0, since q = 0."],
    "reverse.node:k": ["dL/dk", "dL/dk = 0", "It is zero: no path leads from k to L."],
    "result.table": [
        "Gradients of L", "gradient | value | paths | why it is zero", "dL/dx | 48 | 4 | ", "dL/dy | 28 | 2 | ",
        "dL/dz | 12 | 1 | ", "dL/du | 48 | 1 | ",
        "dL/dq | 0 | 1 | ∂L/∂q = 0, since q = 0", "dL/dk | 0 | 0 | no path leads from k to L",
    ],
}  # fmt: skip
UPSTREAM = {
    "chain:z": ["Chain rule along the path from z to L"],
    "chain.sum:z": ["5*dL/dz", "5*dL/dz = 5*∂L/∂c*∂c/∂b*∂b/∂z = 5*1*6*2 = 60"],
    "chain:v": ["Derivative of L for v"],
    "chain.sum:v": ["5*dL/dv", "5*dL/dv = 5*∂L/∂v = 5*1 = 5"],
    "reverse.table": [
        "Reverse accumulation", "adjoint | computed as | value", "5*dL/dL | the upstream gradient | 5",
        "5*dL/dc | 5*dL/dL*∂L/∂c | 5*1 = 5", "5*dL/db | 5*dL/dc*∂c/∂b | 5*6 = 30",
        "5*dL/dz | 5*dL/db*∂b/∂z | 30*2 = 60",
        "5*dL/dv | 5*dL/dL*∂L/∂v | 5*1 = 5",
    ],
}  # fmt: skip
NOWHERE: dict[str, list[str] | None] = {
    "chain:k": ["Value of dL/dk"],
    "chain.paths:k": None,
    "chain.sum:k": ["dL/dk", "dL/dk = 0", "It is zero: no path leads from k to L."],
}
WIRES = {
    "circuit.wires": [
        "The circuit, wire by wire", "wire | gate | value | gradient of L", "x | given | 2 | 12", "g1 | x*y | 6 | 2",
        "h | given | 4 | 1",
        "L | h + y | 7 | 1",
    ]
}  # fmt: skip
GIVEN = "inputs: {x: 2, y: 3}\nnodes: {h: x*y*x, L: h + y}\ngiven: {h: 4}\n"


@pytest.mark.parametrize(
    ("document", "wrt", "steps"),
    [
        (WIDE, "x", X),
        (WIDE, "x y z u q k", SEVERAL),
        (WIDE + "upstream: 5\n", "z v", UPSTREAM),
        (WIDE, "k", NOWHERE),
    ],
)
def test_the_steps_of_a_backward_pass(document: str, wrt: str, steps: dict[str, list[str] | None]) -> None:
    found = page(document, *wrt.split())
    assert {name: found.get(name) for name in steps} == steps


def test_the_wires_of_a_circuit() -> None:
    found = page(split(graph_of(GIVEN)), "x")
    assert {name: found[name] for name in WIRES} == WIRES
    assert "circuit.wires" not in page(GIVEN, "x")


def test_without_a_zero_there_is_no_column_for_its_reason() -> None:
    """And a single gradient that is not worked path by path is the last of those that are accumulated."""
    found = page(WIDE, "x", "y", "z", "u", "v")
    assert found["result.table"][1:3] == ["gradient | value | paths", "dL/dx | 48 | 4"]
    ladder = "".join(f"  l{place}: 2*s{place}\n  s{place + 1}: l{place} + s{place}\n" for place in range(4))
    found = page(f"inputs: {{x: 1}}\nnodes:\n  s0: 2*x\n{ladder}", "x")
    assert found["reverse.nodes"] == ["Gradients accumulated at each node, back from s4 along 16 paths to x"]
    assert list(found)[-3:] == ["reverse.node:x", "check.difference", "check.table"]
    assert found["reverse.node:x"] == ["ds4/dx", "ds4/dx = ds4/ds0*∂s0/∂x = 81*2 = 162"]
    assert "result.table" not in found


def test_local_derivatives_are_worked_once_from_the_output_back() -> None:
    found = page(WIDE, "x")
    local = {
        name.removeprefix("local.derivative:"): said
        for name, said in found.items()
        if name.startswith("local.derivative:")
    }
    assert local == {
        "L:c": ["∂L/∂c", "∂L/∂c = 1"],
        "c:a": ["∂c/∂a", "∂c/∂a = b*u = 8*1 = 8"],
        "c:b": ["∂c/∂b", "∂c/∂b = a*u = 6*1 = 6"],
        "b:a": ["∂b/∂a", "∂b/∂a = 1"],
        "b:x": ["∂b/∂x", "∂b/∂x = z = 1"],
        "a:x": ["∂a/∂x", "∂a/∂x = y = 3"],
    }


def test_of_two_wires_each_has_its_local_derivative() -> None:
    found = page(split(graph_of("inputs: {x: 3}\nnodes: {a: x*x, L: 2*a}\n")), "x")
    assert found["local.derivative:a:x:1"] == ["partial(a, x, 1)", "partial(a, x, 1) = x = 3"]
    assert found["local.derivative:a:x:2"] == ["partial(a, x, 2)", "partial(a, x, 2) = x = 3"]
    assert found["chain.sum:x"] == ["dL/dx", "dL/dx = 6 + 6 = 12"]


def test_an_edge_that_is_a_path_is_worked_in_the_chain_rule() -> None:
    """Once, there; but where another path that is listed goes along it, among the local derivatives."""
    found = page(split(graph_of("inputs: {x: 3}\nnodes: {L: x*x}\n")), "x")
    assert found["chain.path:x"] == ["dL/dx", "partial(L, x, 1) = x = 3", "partial(L, x, 2) = x = 3"]
    assert found["chain.sum:x"] == ["dL/dx", "dL/dx = 3 + 3 = 6"]
    found = page("inputs: {x: 3}\nnodes: {a: 2*x, L: a^2}\n", "a")
    assert found["chain.sum:a"] == ["dL/da", "dL/da = 2*a = 2*6 = 12"]
    assert not [name for name in found if name.startswith("local.derivative:")]
    found = page("inputs: {x: 3}\nnodes: {a: 2*x, L: a^2}\n", "a", "x")
    assert found["local.derivative:L:a"] == ["∂L/∂a", "∂L/∂a = 2*a = 2*6 = 12"]
    assert found["chain.sum:a"] == ["dL/da", "dL/da = ∂L/∂a = 12"]
    assert found["chain.sum:x"] == ["dL/dx", "dL/dx = ∂L/∂a*∂a/∂x = 12*2 = 24"]


def test_what_the_output_alone_uses_is_worked_where_gradients_are_accumulated() -> None:
    """Its local derivative is its gradient; of what other nodes use too, and below a given gradient, it is a factor."""
    found = page(WIDE, "x", "y", "z", "u", "q")
    assert not {"local.derivative:L:c", "local.derivative:L:q"} & set(found)
    assert found["local.derivative:L:x"] == ["∂L/∂x", "∂L/∂x = q*q = 0*0 = 0"]
    found = page(WIDE + "upstream: 5\n", "x", "y", "z", "u", "q")
    assert found["local.derivative:L:c"] == ["∂L/∂c", "∂L/∂c = 1"]
    assert found["reverse.node:c"] == ["5*dL/dc", "5*dL/dc = 5*dL/dL*∂L/∂c = 5*1 = 5"]
    # an edge without a formula has no other name than its own
    found = page("edges: [x -> a, a -> e]\n", *"xa")
    assert found["chain.sum:a"] == ["de/da", "de/da = ∂e/∂a"]
    ladder = "".join(f"  l{place}: 2*s{place}\n  s{place + 1}: l{place} + s{place}\n" for place in range(4))
    found = page(f"inputs: {{x: 1}}\nnodes:\n  s0: 2*x\n{ladder}  out: relu(s4 - 162)\n", "x")
    assert found["reverse.node:s4"][1:] == [
        "dout/ds4 = where(s4 - 162 > 0, 1, 0) = 0", "s4 - 162 = 0 is a kink: the slope taken is 0"
    ]  # fmt: skip


def test_a_kink_is_told_beside_the_local_derivative() -> None:
    """In full detail: the conventions say it too."""
    found = page("inputs: {x: 0}\nnodes: {h: relu(x), k: floor(x), L: h + k}\n", "x")
    assert found["local.derivative:h:x"][-1] == "x = 0 is a kink: the slope taken is 0"
    assert found["local.derivative:k:x"][-1] == "x = 0 is a jump: no derivative exists; taken is 0"
    found = page("inputs: {x: 0, y: 3}\nnodes: {h: relu(x)*y, L: 2*h}\n", "x", "y")
    assert found["local.derivative:h:x"][-1] == "x = 0 is a kink: the slope taken is 0"
    assert found["local.derivative:h:y"] == ["∂h/∂y", "∂h/∂y = relu(x) = relu(0) = 0"]
    found = page("inputs: {x: 0}\nnodes: {L: relu(x)}\n", "x")
    assert found["chain.sum:x"][2] == "x = 0 is a kink: the slope taken is 0"
    assert "is a kink: the slope taken" not in str(derive("tum-2022/2.9", "x").at("normal").steps)


LETTERS = "inputs: {x: , y: 3, z: 2}\nnodes: {a: x*y, b: y*z, L: a*x + b*z}\n"


@pytest.mark.parametrize(
    ("document", "wrt", "steps"),
    [
        (LETTERS, "y", {
            "chain.path:y": ["dL/dy", "∂L/∂a*∂a/∂y = x*x", "∂L/∂b*∂b/∂y = 2*2 = 4"],
            "chain.sum:y": ["dL/dy", "dL/dy = x*x + 4"],
        }),
        (LETTERS, "x", {
            "chain.path:x": ["dL/dx", "∂L/∂a*∂a/∂x = x*3", "∂L/∂x = a"],
            "chain.sum:x": ["dL/dx", "dL/dx = x*3 + a"],
        }),
        ("edges: [x -> a -> e, x -> e]\n", "x", {
            "chain.sum:x": ["de/dx", "de/dx = ∂e/∂a*∂a/∂x + ∂e/∂x"],
        }),
        # what is read before it on the same node, and is not on a path, is passed over
        (WIDE, "q", {"chain.sum:q": [
            "dL/dq", "dL/dq = 2*q*x = 2*0*2 = 0", "It is zero: ∂L/∂q = 0, since q = 0."
        ]}),
        # every path begins with another use: there is nothing to group
        ("inputs: {x: 2}\nnodes: {a: 3*x, b: 5*x, L: a*b}\n", "x", {"chain.use:x": None}),
    ],
)  # fmt: skip
def test_terms_with_letters_and_without(document: str, wrt: str, steps: dict[str, list[str] | None]) -> None:
    found = page(document, wrt)
    assert {name: found.get(name) for name in steps} == steps


DETAIL = {
    "graph.drawing": "brief", "forward.pass": "brief", "forward.node": "full", "chain": "brief",
    "chain.paths": "normal", "chain.rule": "full", "local.derivatives": "normal", "local.derivative": "normal",
    "chain.path": "brief", "chain.use": "full", "chain.sum": "brief", "reverse.nodes": "brief",
    "reverse.node": "brief", "reverse.table": "full", "result.table": "full", "circuit.wires": "brief",
    "byhand": "brief", "update.gradient_step": "brief", "check.difference": "brief", "check.table": "full",
}  # fmt: skip


def test_the_shortest_reading_keeps_rule_numbers_and_results() -> None:
    """Paths and local derivatives come with the usual one, and what says a number once more only with the longest."""
    graph = graph_of(WIDE)
    derivations = [
        derive(graph, "x"),
        derive(graph, "x", "y", "z", "u", "q"),
        derive(split(graph), "x", lr=Fraction(1, 10)),
    ]
    derivations += [backward(graph, ["x"], Settings(round_steps=Rounding(2, significant=True)))]
    found = {step.rule: step.detail for derivation in derivations for _, step in derivation.walk()}
    assert found == DETAIL


@pytest.mark.parametrize(
    ("terms", "written"),
    [
        ([3], "3"), ([-3], "-3"), ([3, -2], "3 - 2"), ([-3, 2, 0], "-3 + 2 + 0"), ([0, Fraction(-1, 2)], "0 - 1/2"),
        ([Fraction(1, 2), Fraction(1, 2)], "1/2 + 1/2"),
    ],
)  # fmt: skip
def test_a_negative_number_is_subtracted(terms: list[Fraction], written: str) -> None:
    assert text(summed([Value(Fraction(term)) for term in terms])) == written
    assert text(summed([*(Value(Fraction(term)) for term in terms), Neg(Sym("a"))])) == f"{written} + (-a)"


@pytest.mark.parametrize(
    ("factors", "written"),
    [(["a"], "a"), (["a", "b*c", "d"], "a*b*c*d"), (["a/b", "c"], "a/b*c"), (["a", "b + c"], "a*(b + c)")],
)
def test_a_product_among_factors_needs_no_parentheses(factors: list[str], written: str) -> None:
    assert text(joined(list(map(parse, factors)))) == written


@pytest.mark.parametrize(
    ("wrt", "uses"),
    [
        ("x", {
            "chain.rule:x": ("x",), "chain.use:x": ("a", "b", "L"), "chain.sum:x": ("x",),
            "reverse.table": ("L", "c", "b", "a", "x"),
            "chain.path:x": (
                ("x", "a", 0), ("a", "b", 0), ("b", "c", 1), ("c", "L", 0), ("a", "c", 0), ("x", "b", 1), ("x", "L", 3),
            ),
            "local.derivative:c:b": (("b", "c", 1),),
        }),
        ("x y z u q", {"reverse.node:c": ("L",), "reverse.node:a": ("b", "c"), "reverse.node:x": ("a", "b", "L")}),
    ],
)  # fmt: skip
def test_a_step_names_the_quantities_and_edges_that_it_is_about(wrt: str, uses: dict[str, tuple[object, ...]]) -> None:
    found = {step.id: step.uses for _, step in derive(WIDE, *wrt.split()).walk()}
    assert {name: found[name] for name in uses} == uses


def test_a_value_by_accumulation_alone_is_part_of_the_shortest_reading() -> None:
    """The value alone of what was asked for; how it comes about is part of the usual one."""
    ladder = "".join(f"  l{place}: 2*s{place}\n  s{place + 1}: l{place} + s{place}\n" for place in range(4))
    derivation = derive(f"inputs: {{x: 1}}\nnodes:\n  s0: 2*x\n{ladder}", "x")
    (brief,) = [step for _, step in derivation.walk("brief") if step.rule == "reverse.node"]
    assert [line for block in brief.body for line in lines(block)] == ["ds4/dx = 162"]


@pytest.mark.parametrize(
    ("detail", "rules"),
    [
        ("brief", "forward.pass, chain, update.gradient_step"),
        ("normal", "forward.pass, local.derivatives, chain, update.gradient_step"),
        ("full", "forward.pass, local.derivatives, chain, reverse.table, check.table, update.gradient_step"),
    ],
)
def test_brief_leaves_out_what_the_numbers_come_from(detail: Detail, rules: str) -> None:
    derivation = derive("tum-2022/6", "w11", lr=Fraction(1, 10))
    assert (
        ", ".join(step.rule for depth, step in derivation.walk(detail) if depth == 0 and step.rule != "graph.drawing")
        == rules
    )


@pytest.mark.parametrize(
    ("detail", "rules"),
    [
        ("brief", "shapes.table, shapes.needs, shapes.unit"),
        ("normal", "shapes.table, shapes.worked, shapes.needs, shapes.unit, shapes.totals"),
    ],
)
def test_brief_keeps_the_table_of_a_network_and_what_was_asked_about(detail: Detail, rules: str) -> None:
    network = load_network(None, "Conv2d(1, 2, 3) -> Conv2d(2, 2, 3)", "1x9x9", None)
    derivation, _ = shapes(network, {}, Count(False, "2", (2,)))
    assert (
        ", ".join(step.rule for depth, step in derivation.walk(detail) if depth == 0 and step.rule != "graph.drawing")
        == rules
    )
