"""A graph as a drawing: each quantity with its value and gradient, each edge with what comes back along it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct, field

from stepper.core.expr import Expr, Number, Value, multiply
from stepper.core.formula import number_of, reference
from stepper.core.graph import CycleError, Graph, Leaf
from stepper.core.pictures import Arrow, Box, Drawing, Kind
from stepper.core.prose import Prose, listed
from stepper.core.traverse import walk
from stepper.engine.graph.adjoints import Gradients
from stepper.engine.values.equations import Sheet

UNKNOWN: Prose = ("?",)
LONG: Prose = ("…",)
SHORT = 5
"""Formulas of up to so many parts stand on lines."""
MOST_ASKED = 4
"""The paths of so many quantities are marked; those of more would be most of the graph."""
Wire = tuple[str, str, int]


class Known(Struct, frozen=True):
    """What is known of a graph's quantities and edges; ``of`` is what the gradients are of.

    ``formulas`` are those that are to be written otherwise than the document does.
    """

    values: Mapping[str, Prose] = field(default_factory=dict)
    gradients: Mapping[str, Prose] = field(default_factory=dict)
    edges: Mapping[Wire, Prose] = field(default_factory=dict)
    of: Prose = ()
    formulas: Mapping[str, Expr] = field(default_factory=dict)
    value: str = "value"


def known(gradients: Gradients) -> Known:
    """The numbers of a backward pass."""
    values = known_values(gradients.sheet).values
    found = {name: gradients.adjoint(name) for name in gradients.inside}
    if all(number_of(adjoint) is None for name, adjoint in found.items() if name != gradients.output):
        found = {}
    edges: dict[Wire, Prose] = {}
    for name in found:
        wires = gradients.edges(name)
        if len(wires) > 1:
            for (reader, slot), (_, results) in zip(wires, gradients.contributions(name), strict=True):
                edges[name, reader, slot] = _short(gradients.product(results))
    of = reference(gradients.output)
    whole = of if gradients.upstream is None else multiply(gradients.upstream, of)
    return Known(values, {name: _short(adjoint) for name, adjoint in found.items()}, edges, (whole,))


def known_values(sheet: Sheet) -> Known:
    """The numbers of a forward pass; none where only constants have one."""
    graph = sheet.graph
    values = {name: _number(sheet.numbers.get(name)) for name in graph.names}
    drawn = [value for name, value in values.items() if name not in graph.leaves or not _is_told(graph.leaves[name])]
    return Known(values if any(value != UNKNOWN for value in drawn) else {})


def _number(number: Number | None) -> Prose:
    return UNKNOWN if number is None else (Value(number),)


def _short(expr: Expr) -> Prose:
    """A gradient as it stands on a line: a number, or a formula where that is a short one."""
    number = number_of(expr)
    if number is not None:
        return (Value(number),)
    return (expr,) if sum(1 for _ in walk(expr)) <= SHORT else LONG


def drawing(
    graph: Graph,
    facts: Known,
    asked: Sequence[str] = (),
    output: str | None = None,
    shown: Collection[str] | None = None,
) -> Drawing:
    """The drawing of a graph, or of the quantities ``shown``; the paths from those ``asked`` about to the output are
    marked.

    A parameter that one node alone reads stands in the box of that node, unless it is asked about; a constant is not
    drawn but told.
    """
    there = {name: None for name in graph.names if shown is None or name in shown}
    marked = _marked(graph, asked, output) if output is not None and len(asked) <= MOST_ASKED else set()
    constants = [
        graph.leaves[name]
        for name in there
        if name in graph.leaves and _is_told(graph.leaves[name]) and name not in marked
    ]
    within = {name: host for name in there if name not in marked and (host := _host(graph, name)) in there}
    inside: dict[str | None, list[Box]] = {}
    for name, host in within.items():
        inside.setdefault(host, []).append(_box(graph, name, facts, output))
    left_out = {leaf.name for leaf in constants} | within.keys()
    drawn = {name: None for name in _order(graph) if name in there and name not in left_out}
    boxes = tuple(_box(graph, name, facts, output, tuple(inside.get(name, ())), name in marked) for name in drawn)
    arrows = tuple(
        Arrow(read, name, slot, facts.edges.get((read, name, slot), ()), read in marked and name in marked)
        for name in drawn if name in graph.nodes
        for slot, read in enumerate(graph.nodes[name].reads) if read in drawn
    )  # fmt: skip
    said = [(reference(leaf.name), " = ", Value(leaf.value)) for leaf in constants if leaf.value is not None]
    told: tuple[Prose, ...] = (("constants: ", *listed(said, ", ")),) if said else ()
    notes = (*graph.remarks, *told)
    return Drawing(boxes, arrows, facts.of if facts.gradients else (), notes, facts.value)


def _marked(graph: Graph, asked: Sequence[str], output: str) -> set[str]:
    """What lies on a path from a quantity asked about to the output."""
    return graph.ancestors([output]) & graph.descendants(asked) if asked else set()


def _is_told(leaf: Leaf) -> bool:
    return leaf.kind == "constant" and leaf.value is not None


def _host(graph: Graph, name: str) -> str | None:
    """The node that alone reads a parameter."""
    leaf, readers = graph.leaves.get(name), graph.readers[name]
    return readers[0][0] if leaf is not None and leaf.kind == "parameter" and len(readers) == 1 else None


def _box(
    graph: Graph, name: str, facts: Known, output: str | None, inside: tuple[Box, ...] = (), marked: bool = False
) -> Box:
    node = graph.nodes.get(name)
    kind: Kind = "output" if name == output else "node" if node is not None else graph.leaves[name].kind
    written = facts.formulas.get(name, node.formula if node is not None else None)
    formula: Prose = ("given",) if name in graph.given_nodes else (written,) if written is not None else ()
    return Box(
        name,
        (reference(name),),
        kind,
        formula,
        facts.values.get(name, ()),
        facts.gradients.get(name, ()),
        inside,
        marked,
    )


def _order(graph: Graph) -> Sequence[str]:
    """Leaves, then nodes, each after what it reads; where there is a cycle as the author wrote them."""
    try:
        return (*graph.leaves, *graph.order)
    except CycleError:
        return graph.names
