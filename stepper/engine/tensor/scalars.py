"""A graph of arrays unfolded to a graph of numbers with names of their own, as exams draw a network."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
from msgspec.structs import replace

from stepper.core.arrays import ArrayGraph
from stepper.core.expr import Expr, Index, Product, Sym
from stepper.core.formula import reference, text
from stepper.core.graph import Graph, Leaf, Node
from stepper.core.traverse import substitute, transform, walk
from stepper.engine.tensor.entries import element
from stepper.engine.tensor.naming import Naming
from stepper.engine.tensor.numbers import arrives_at_arrays, of_board
from stepper.engine.tensor.quantities import Board
from stepper.engine.values.quantities import Settings


def unfolded(graph: ArrayGraph) -> Graph:
    """The graph of all entries, each under a name of its own; what an array became stands in ``unfolded``.

    Raises:
        StepperError: where there are too many entries, or one is no formula of those that it reads.
    """
    board = Board(graph, Settings(), limited=True)
    remarks = graph.remarks
    if arrives_at_arrays(board):
        said = (
            "the upstream gradient of the document belongs to a whole array, and is left out; "
            "name an entry as the output"
        )
        remarks = (*remarks, (said,))
        board.graph = replace(graph, upstream=None)
    entries = of_board(board, "--scalars")
    naming = Naming(graph, board.shapes, board.vocabulary)
    names = naming()
    called = {
        text(element(name, where)): entry
        for name, own in names.items()
        for where, entry in zip(np.ndindex(*board.shapes[name]), own, strict=True)
    }
    found = _renamed(replace(entries, remarks=remarks, fixed=board.fixed), called, names, _weighing(board))
    return replace(found, labels={**found.labels, **naming.typeset(names)})


def _renamed(
    graph: Graph, called: Mapping[str, str], names: Mapping[str, tuple[str, ...]], weighing: Collection[str]
) -> Graph:
    """The graph with its quantities under other names; in the nodes of ``weighing`` weights stand first."""
    bindings = {reference(name): reference(entry) for name, entry in called.items() if name != entry}
    weights = {reference(called[leaf.name]) for leaf in graph.leaves.values() if leaf.kind == "parameter"}

    def leaf(leaf: Leaf) -> Leaf:
        return replace(leaf, name=called[leaf.name])

    def node(node: Node) -> Node:
        assert node.formula is not None
        formula = substitute(node.formula, bindings)
        formula = _weights_first(formula, weights) if node.name in weighing else formula
        return Node.of(called.get(node.name, node.name), formula, node.line)

    bases = {name.partition("[")[0] for name in called.values()}
    leaves, nodes = map(leaf, graph.leaves.values()), map(node, graph.nodes.values())
    return replace(
        graph,
        leaves={leaf.name: leaf for leaf in leaves},
        nodes={node.name: node for node in nodes},
        output=None if graph.output is None else called[graph.output],
        upstream=None if graph.upstream is None else substitute(graph.upstream, bindings),
        given={called.get(name, name): value for name, value in graph.given.items()},
        fixed={called[name]: number for name, number in graph.fixed.items()},
        labels={name: label for name, label in graph.labels.items() if name in bases},
        unfolded={**{name: (entry,) for name, entry in called.items()}, **names},
    )


def _weighing(board: Board) -> set[str]:
    """The nodes whose products the functions of arrays wrote, and not the author."""
    found = set[str]()
    for name, node in board.graph.nodes.items():
        parts = walk(node.formula) if node.formula is not None else ()
        if not any(isinstance(part, Product) and {*part.operators} & {"*", "⊙"} for part in parts):
            found |= {text(element(name, where)) for where in np.ndindex(*board.shapes[name])}
            found |= board.parts.get(name, {}).keys()
    return found


def _weights_first(formula: Expr, weights: Collection[Expr]) -> Expr:
    """Weights stand before what they are multiplied with: ``k11*x11``."""

    def change(part: Expr) -> Expr | None:
        if not isinstance(part, Product) or {*part.operators} != {"*"}:
            return None
        if not all(isinstance(operand, Sym | Index) for operand in part.operands):
            return None
        return replace(part, operands=tuple(sorted(part.operands, key=lambda operand: operand not in weights)))

    return transform(formula, change)
