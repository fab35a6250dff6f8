"""What a graph is, numbers aside: the matrix, the order, paths, the longest of them, recurrences."""

from __future__ import annotations

import networkx
import pytest
from hypothesis import given, settings

from stepper.core.graph import Graph
from stepper.engine.paths import list_paths
from stepper.engine.structure import Structure, describe, fact
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
    assert "The only order: each has an edge to the next." in written


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


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("adjacency: {columns: [A, B]}", "'adjacency:' has columns and rows"),
        ("adjacency: {columns: [A, B], rows: {A: [0]}}", "the row 'A' needs 2 entries"),
        ("adjacency: {columns: [A, B], rows: {A: [0, 2]}}", "'2' is not an entry of an adjacency matrix"),
        ("adjacency: {columns: [A, A], rows: {A: [0, 1]}}", "the column 'A' stands here a second time"),
        ("adjacency: 3", "'adjacency:' has columns and rows"),
    ],
)
def test_a_broken_matrix_is_refused(document: str, message: str) -> None:
    with pytest.raises(StepperError, match=message):
        graph_of(document + "\n")


def test_facts_name_what_they_do_not_know() -> None:
    with pytest.raises(StepperError, match="this graph has not: Z"):
        fact(load_graph("uio-2021/8a"), "paths", ["S", "Z"])
    with pytest.raises(StepperError, match="takes 2 names, and got 1"):
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
    assert fact(graph, "longest_path", []) == networkx.dag_longest_path_length(networkx.DiGraph(network), weight=None, default_weight=1)


@settings(max_examples=60, deadline=None)
@given(graphs(symbols=True))
def test_paths_are_those_of_networkx(graph: Graph) -> None:
    output = list(graph.nodes)[-1]
    for source in graph.leaves:
        expected = networkx.all_simple_edge_paths(graph.nx(), source, output)
        assert sorted(list_paths(graph, source, output)) == sorted(tuple(path) for path in expected)
