"""How large a graph is: what can be worked line by line, and what is swept."""

from __future__ import annotations

from stepper.core.expr import Product
from stepper.core.graph import Graph
from stepper.core.traverse import walk

LARGEST_WORKED = 5_000
MOST_FACTORS = 500
"""The derivative of a product of n factors has n products of n factors."""


def is_large(graph: Graph) -> bool:
    """Are there more edges, or longer products, than a derivation can show?"""
    return edges_of(graph) > LARGEST_WORKED or longest_product(graph) > MOST_FACTORS


def edges_of(graph: Graph) -> int:
    return sum(len(node.reads) for node in graph.nodes.values())


def longest_product(graph: Graph) -> int:
    """How many factors the longest product has."""
    return max(
        (
            len(part.operands)
            for formula in graph.patterns().values()
            for part in walk(formula)
            if isinstance(part, Product)
        ),
        default=0,
    )
