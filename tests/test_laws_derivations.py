"""Laws of whole derivations: how they are built, lines that hold, and the same numbers by other ways through the
engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

import pytest
from msgspec.structs import replace

from stepper.core.arrays import ArrayGraph
from stepper.core.expr import Expr
from stepper.core.formula import text
from stepper.core.graph import Graph
from stepper.core.steps import Derivation, Equation, Step, Table
from stepper.engine.graph.asked import output_of
from stepper.engine.graph.backward import backward
from stepper.engine.graph.forward import forward
from stepper.engine.graph.gates import split
from stepper.engine.graph.second_derivatives import second_derivatives
from stepper.engine.graph.structure import Structure, describe
from stepper.engine.values.equations import Sheet
from stepper.engine.values.quantities import Settings
from stepper.errors import StepperError
from stepper.read.bundled import load_graph
from stepper.read.files import bundled
from tests.helpers import Numbers, answer, graph_of

GRAPHS = [name for name, _ in bundled()]


def scalar(name: str) -> Graph | None:
    graph = load_graph(name)
    return graph if isinstance(graph, Graph) and not isinstance(graph, ArrayGraph) else None


SCALAR = [name for name in GRAPHS if (graph := scalar(name)) is not None and len(graph.nodes) < 6]


def asked(graph: Graph) -> list[str]:
    return [name for name, leaf in graph.leaves.items() if leaf.kind == "parameter"] or list(graph.leaves)


def derivations(graph: Graph) -> Iterator[Derivation]:
    """What the commands make of a graph, as far as it has an output and numbers."""
    yield describe(graph, matrix=True)
    yield describe(graph, matrix=False)
    ways: list[Callable[[], Derivation]] = [
        lambda: forward(graph, Settings()),
        lambda: backward(graph, asked(graph)[:1], Settings(lr=Fraction(1, 10))),
        lambda: backward(graph, asked(graph)[:2], Settings(listed_paths=1)),
        lambda: backward(split(graph), asked(graph)[:1], Settings()),
    ]
    for way in ways:
        try:
            yield way()
        except StepperError:
            continue


def well_built(derivation: Derivation, graph: Graph) -> None:
    """Each step has its own name, tables have a cell for each column, and what a step says it read exists."""
    seen: set[str] = set()
    known = {*graph.leaves, *graph.nodes}

    def walk(step: Step, depth: int) -> None:
        assert step.id not in seen
        seen.add(step.id)
        assert step.id.partition(":")[0].startswith(step.rule.partition(":")[0].rsplit(".", 1)[0])
        assert step.title
        assert depth < 4
        for used in step.uses:
            names = [used] if isinstance(used, str) else [used[0], used[1]]
            assert known.issuperset(names), (step.id, used)
        for block in step.body:
            if isinstance(block, Table):
                assert block.columns
                assert {len(row) for row in block.rows} <= {len(block.columns)}
        for child in step.children:
            walk(child, depth + 1)

    for step in derivation.steps:
        walk(step, 0)
    assert derivation.steps
    names = [entry.name for entry in derivation.answers]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", SCALAR)
def test_derivations_are_well_built(name: str) -> None:
    graph = scalar(name)
    assert graph is not None
    structure = Structure(graph)
    whole = graph if structure.order is None else replace(graph, nodes={**split(graph).nodes, **graph.nodes})
    for derivation in derivations(graph):
        well_built(derivation, whole)
        assert derivation.title == graph.title
        assert derivation.source == graph.source
        assert not [check for check in derivation.checks if check.ok is False]


@pytest.mark.parametrize("name", SCALAR)
def test_every_line_of_an_exam_holds(name: str) -> None:
    """All sides of a worked equation come to one number, as nearly as they are shown."""
    graph = scalar(name)
    assert graph is not None
    try:
        derivation = backward(graph, asked(graph)[:2], Settings(digits=10))
        numbers = Numbers(graph, Settings(digits=10))
    except StepperError:
        return
    for _, step in derivation.walk():
        for block in step.body:
            if isinstance(block, Equation) and len(block.links) > 1:
                try:
                    sides = [numbers(link.expr) for link in block.links]
                except (StepperError, KeyError, ValueError):
                    continue
                values = [float(side) for side in sides if side is not None]
                assert values == pytest.approx([values[0]] * len(values), rel=1e-6, abs=1e-9) if values else True, text(
                    block.left
                )


@pytest.mark.parametrize("name", SCALAR)
def test_gates_change_no_number(name: str) -> None:
    """A circuit of single operations has the values and gradients of the graph that it was split from."""
    graph = scalar(name)
    assert graph is not None
    try:
        output = output_of(graph)
        whole = backward(replace(graph, output=output), asked(graph)[:2], Settings())
        parts = backward(split(replace(graph, output=output)), asked(graph)[:2], Settings())
    except StepperError:
        return
    for entry in whole.answers:
        other = answer(parts, entry.name) if any(found.name == entry.name for found in parts.answers) else None
        if entry.number is not None and other is not None:
            assert float(other) == pytest.approx(float(entry.number), rel=1e-9, abs=1e-12)
    gates = split(graph)
    made = [node.formula for node in gates.nodes.values() if node.formula is not None and node.name not in graph.nodes]
    assert all(map(_is_single, made))
    assert set(graph.nodes) <= set(gates.nodes)
    sheets = Sheet(graph, Settings()), Sheet(gates, Settings())
    for node in graph.nodes:
        if node in sheets[0].numbers:
            assert float(sheets[1].numbers[node]) == pytest.approx(float(sheets[0].numbers[node]), rel=1e-9, abs=1e-12)


def _is_single(expr: Expr) -> bool:
    """Is it one operation over quantities and numbers?"""
    from stepper.core.expr import Call, Index, Power, Product, Sum, Where, children
    from stepper.core.traverse import names, walk

    inner = expr.base if isinstance(expr, Index) else expr
    parts = [
        part for child in children(inner) for part in walk(child) if isinstance(part, Sum | Product | Power | Call)
    ]
    return isinstance(inner, Where) or not any(list(names(part)) for part in parts)


# ---- settings


CHAIN = "inputs: {x: 0.3, y: 1}\nparameters: {w: 0.7, b: -0.2}\nnodes: {z: w*x + b, a: sigmoid(z), L: (a - y)^2}\n"


@pytest.mark.parametrize("ascent", [False, True])
@pytest.mark.parametrize("rate", ["1/10", "2", "1/3"])
def test_an_update_is_the_gradient_times_the_rate(rate: str, ascent: bool) -> None:
    graph = graph_of(CHAIN)
    derivation = backward(graph, ["w", "b"], Settings(lr=Fraction(rate), ascent=ascent))
    for name in ("w", "b"):
        slope, before = answer(derivation, f"dL/d{name}"), graph.leaves[name].value
        assert slope is not None
        assert before is not None
        after = float(before) + float(Fraction(rate)) * float(slope) * (1 if ascent else -1)
        assert float(answer(derivation, f"{name}'") or 0) == pytest.approx(after, rel=1e-12)


def test_an_exact_derivation_rounds_nothing() -> None:
    graph = graph_of("inputs: {x: 1/3, y: 2/7}\nnodes: {h: x*y - 1/2, L: h^2 + x/y}\n")
    for settings in (Settings(), Settings(exact=True)):
        derivation = backward(graph, ["x", "y"], settings)
        x, y = Fraction(1, 3), Fraction(2, 7)
        assert answer(derivation, "dL/dx") == 2 * (x * y - Fraction(1, 2)) * y + 1 / y
        assert answer(derivation, "dL/dy") == 2 * (x * y - Fraction(1, 2)) * x - x / y**2
        exact = [block for _, step in derivation.walk() for block in step.body if isinstance(block, Equation)]
        if settings.exact:
            assert all(link.relation == "=" for block in exact for link in block.links)


@pytest.mark.parametrize("name", ["tum-2022/6", "uio-2019/1"])
def test_a_hessian_is_the_derivative_of_the_gradient(name: str) -> None:
    """By moving a parameter and working the first derivatives again."""
    graph = load_graph(name)
    one, other = asked(graph)[:2]
    hessian = second_derivatives(graph, [one, other], Settings())
    output = output_of(graph)
    step = Fraction(1, 10**6)
    sides = []
    for sign in (1, -1):
        leaf = graph.leaves[other]
        assert leaf.value is not None
        moved = {**graph.leaves, other: replace(leaf, value=Fraction(leaf.value) + sign * step)}
        sides.append(answer(backward(replace(graph, leaves=moved), [one], Settings()), f"d{output}/d{one}"))
    assert sides[0] is not None
    assert sides[1] is not None
    slope = float(sides[0] - sides[1]) / float(2 * step)
    entries = [entry.number for entry in hessian.answers]
    assert float(entries[1] or 0) == pytest.approx(slope, rel=1e-5, abs=1e-6)
    assert entries[1] == pytest.approx(entries[2], rel=1e-9, abs=1e-12)
