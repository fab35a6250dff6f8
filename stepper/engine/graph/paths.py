"""Paths through a graph: counted by dynamic programming before any is listed."""

from __future__ import annotations

from collections.abc import Container
from typing import TypeAlias

from stepper.core.graph import Graph

Edge: TypeAlias = tuple[str, str, int]
"""A source, its target, and the slot in which the target reads it."""
Path: TypeAlias = tuple[Edge, ...]
"""Edges from the first quantity to the last."""


def between(graph: Graph, source: str, target: str) -> set[str]:
    """The quantities that lie on some path from source to target, both ends included; empty where there is none."""
    return graph.descendants([source]) & graph.ancestors([target])


def count_paths(graph: Graph, source: str, target: str) -> int:
    """How many paths lead from source to target.

    One addition an edge, in the order of calculation: a graph of 10^30 paths is counted as fast as any.
    """
    inside = between(graph, source, target)
    if not inside:
        return 0
    counts = {source: 1}
    for name in graph.order:
        if name in inside and name != source:
            counts[name] = sum(counts[read] for read in graph.nodes[name].reads if read in inside)
    return counts[target]


def path_counts(graph: Graph, target: str) -> dict[str, int]:
    """How many paths lead to the target from each quantity that any leads from."""
    inside = graph.ancestors([target])
    counts = {target: 1}
    for name in (*reversed(graph.order), *graph.leaves):
        if name in inside and name != target:
            counts[name] = sum(counts[reader] for reader, _ in graph.readers[name] if reader in inside)
    return counts


def list_paths(graph: Graph, source: str, target: str, inside: Container[str] | None = None) -> list[Path]:
    """Every path from source to target, in the order in which the document names its nodes.

    Only what leads to the target is entered, so that no walk is in vain; ``inside`` holds that, where it is known.
    (networkx has this too, and takes a quarter of the whole command to load.)
    """
    inside = graph.ancestors([target]) if inside is None else inside
    found: list[Path] = []
    waiting: list[tuple[str, Path]] = [(source, ())] if source in inside else []
    while waiting:
        name, path = waiting.pop()
        if name == target:
            found.append(path)
            continue
        edges = [(name, reader, slot) for reader, slot in graph.readers[name] if reader in inside]
        waiting += [(edge[1], (*path, edge)) for edge in reversed(edges)]
    return found
