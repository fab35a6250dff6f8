"""What a graph is, numbers aside: the matrix, the order, paths, the longest of them, recurrences."""

from __future__ import annotations

from itertools import pairwise

import networkx
import pytest
from hypothesis import given, settings

from stepper.core.formula import text
from stepper.core.graph import Graph
from stepper.core.steps import Note, Table, Trail
from stepper.engine.graph.paths import list_paths
from stepper.engine.graph.structure import Structure, describe, fact
from stepper.errors import StepperError
from stepper.read.bundled import load_graph
from stepper.render.look import Look
from stepper.render.text import render
from tests.helpers import graph_of
from tests.strategies import graphs


def test_a_matrix_is_read_in_the_order_of_its_columns() -> None:
    graph = load_graph("uio-2021/8a")
    assert graph.names == ("S", "A", "B", "C", "D", "E", "F")
    written = render(describe(graph, matrix=True), Look())
    assert "   S  0  1  1  0  0  1  0\n" in written
    assert "paths(S, F) = paths(S, D) + paths(S, E) = 3 + 10 = 13" in written
    assert "The only order: each node has an edge to the next." in written


def test_ones_on_the_diagonal_are_a_recurrent_network() -> None:
    graph = load_graph("uio-2021/8b")
    assert (fact(graph, "self_loops", []), fact(graph, "is_dag", [])) == (6, "false")
    written = render(describe(graph, matrix=True), Look())
    assert "S, A, B, C, D, E read their own values: ones on the diagonal are recurrences." in written
    assert "Paths" not in written


def test_a_quantity_without_edges_is_still_one() -> None:
    graph = graph_of("adjacency: {columns: [A, B], rows: {A: [0, 0], B: [0, 0]}}\n")
    assert graph.names == ("A", "B")
    assert fact(graph, "edges", []) == 0
    assert [step.id for step in describe(graph, matrix=True).steps] == ["draw.adjacency", "draw.order"]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("adjacency: {columns: [A, B]}", "'adjacency:' has columns and rows"),
        ("adjacency: {columns: [A, B], rows: {A: [0]}}", "the row 'A' needs 2 entries"),
        ("adjacency: {columns: [A, B], rows: {A: [0, 2]}}", "'2' is not an entry of an adjacency matrix"),
        ("adjacency: {columns: [A, A], rows: {A: [0, 1]}}", "the column 'A' appears a second time"),
        ("adjacency: 3", "'adjacency:' has columns and rows"),
    ],
)
def test_a_broken_matrix_is_refused(document: str, message: str) -> None:
    with pytest.raises(StepperError, match=message):
        graph_of(document + "\n")


FACTS = ("edges", "self_loops", "longest_path", "order", "is_dag", "unique_order")


@pytest.mark.parametrize(
    ("edges", "facts"),
    [
        ("a -> b -> c", (2, 0, 2, "a b c", "true", "true")),
        ("a -> b, a -> c", (2, 0, 1, "a b c", "true", "false")),
        ("c -> b, c -> a", (2, 0, 1, "c b a", "true", "false")),
        ("a -> c, b -> c", (2, 0, 1, "a b c", "true", "false")),
        ("c -> b, c -> a, b -> a", (3, 0, 2, "c b a", "true", "true")),
        ("a -> b -> a", (2, 0, 0, "", "false", "false")),
        ("a -> b, b -> b, a -> a", (3, 2, 0, "", "false", "false")),
    ],
)
def test_facts_of_a_structure(edges: str, facts: tuple[int | str, ...]) -> None:
    graph = graph_of(f"edges: [{edges}]\n")
    assert tuple(fact(graph, name, ()) for name in FACTS) == facts


def test_a_cycle_is_shown_in_the_direction_of_its_edges() -> None:
    """What it is made of is marked; of nodes that read themselves these alone are told."""
    step = {step.id: step for step in describe(graph_of("edges: [s -> a, a -> b -> c -> a]\n"), matrix=False).steps}[
        "draw.order"
    ]
    (trail,) = [block for block in step.body if isinstance(block, Trail)]
    names = [text(name) for name in trail.nodes]
    assert names[0] == names[-1]
    assert set(pairwise(names)) == {("a", "b"), ("b", "c"), ("c", "a")}
    assert set(step.uses) == {"a", "b", "c"}
    assert step.detail == "brief"
    (loop,) = [
        step for step in describe(graph_of("edges: [a -> b, b -> b]\n"), matrix=False).steps if step.id == "draw.order"
    ]
    assert [type(block).__name__ for block in loop.body] == ["Note", "Note"]
    assert set(loop.uses) == {"b"}


def fan(sources: int, alone: int = 0, chain: int = 0) -> Graph:
    """A sum of so many quantities, others beside it that nothing reads, and a chain behind it."""
    leaves = [f"x{place}" for place in range(sources)]
    inputs = ", ".join(f"{name}: 1" for name in [*leaves, *(f"y{place}" for place in range(alone))])
    nodes = ", ".join([f"h0: {' + '.join(leaves)}", *(f"h{place}: h{place - 1} + 1" for place in range(1, chain + 1))])
    return graph_of(f"inputs: {{{inputs}}}\nnodes: {{{nodes}}}\n")


def test_paths_begin_in_constants_too_and_numbers_are_answers() -> None:
    """A node that reads nothing is a source, as a leaf is; facts in words are no answers."""
    derivation = describe(graph_of("inputs: {x: 1}\nnodes: {c: 3, h: c*x, L: h + c}\n"), matrix=False)
    assert [step.id for step in derivation.steps if step.id.startswith("draw.paths")] == [
        "draw.paths:x",
        "draw.paths:c",
    ]
    assert {answer.name: answer.number for answer in derivation.answers} == {
        "edges()": 4,
        "self_loops()": 0,
        "longest_path()": 2,
    }


@pytest.mark.parametrize(
    ("graph", "steps"),
    [
        (fan(1), "paths:x0"), (fan(3), "paths:x0 paths:x1 paths:x2"), (fan(3, 2), "paths:x0 paths:x1 paths:x2"),
        (fan(4), "counts"),
        (fan(4, 1), "counts"),
        (fan(3, 0, 36), "paths:x0 paths:x1 paths:x2"), (fan(3, 0, 37), "counts"), (fan(2, 1, 36), "paths:x0 paths:x1"),
        (fan(2, 2, 36), "counts"),
    ],
)  # fmt: skip
def test_paths_are_worked_from_up_to_three_quantities_in_graphs_of_up_to_forty(graph: Graph, steps: str) -> None:
    """Of more they are counted in a table, which has no row for what nothing reads; a matrix is printed up to the same
    size.
    """
    for matrix in (True, False):
        derivation = describe(graph, matrix)
        found = {step.id.removeprefix("draw."): step for step in derivation.steps}
        assert " ".join(found) == f"{'adjacency' if matrix else 'edges'} order {steps} longest"
        for step in found.values():
            assert (step.detail == "brief") is not step.id.startswith(("draw.paths", "draw.counts"))
            if step.id == "draw.counts":
                (table,) = step.body
                assert isinstance(table, Table)
                assert [text(row[0][0]) for row in table.rows if not isinstance(row[0][0], str)] == [
                    name for name in graph.leaves if graph.readers[name]
                ]
        small = len(graph.names) <= 40
        assert isinstance(derivation.steps[0].body[0], Table if small or not matrix else Note)


def test_facts_name_what_they_do_not_know() -> None:
    with pytest.raises(StepperError, match="this graph does not have: Z"):
        fact(load_graph("uio-2021/8a"), "paths", ["S", "Z"])
    with pytest.raises(StepperError, match="takes 2 names, but got 1"):
        fact(load_graph("uio-2021/8a"), "paths", ["S"])


@settings(max_examples=60, deadline=None)
@given(graphs(symbols=True))
def test_the_order_is_one_and_says_whether_it_is_the_only_one(graph: Graph) -> None:
    structure, network = Structure(graph), graph.nx()
    assert structure.order is not None
    place = {name: position for position, name in enumerate(structure.order)}
    assert all(place[source] < place[target] for source, target in structure.edges)
    orders = networkx.all_topological_sorts(network)
    next(orders)
    assert (structure.exchangeable is None) == (next(orders, None) is None)
    assert fact(graph, "longest_path", []) == networkx.dag_longest_path_length(
        networkx.DiGraph(network), weight=None, default_weight=1
    )


@settings(max_examples=60, deadline=None)
@given(graphs(symbols=True))
def test_paths_are_those_of_networkx(graph: Graph) -> None:
    output = list(graph.nodes)[-1]
    for source in graph.leaves:
        expected = networkx.all_simple_edge_paths(graph.nx(), source, output)
        assert sorted(list_paths(graph, source, output)) == sorted(tuple(path) for path in expected)
