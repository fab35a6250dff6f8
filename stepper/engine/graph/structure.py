"""What a graph is, numbers aside: its adjacency matrix, an order of calculation, paths, the longest of them,
recurrences.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import TypeAlias

from stepper.core.expr import Call, Expr, Number, Value, add
from stepper.core.formula import number_of, reference
from stepper.core.graph import CycleError, Graph
from stepper.core.progress import each
from stepper.core.prose import Prose
from stepper.core.steps import Answer, Block, Column, Derivation, Equation, Link, Note, Step, Table, Trail
from stepper.engine.graph.chain_rule import counted
from stepper.engine.graph.conventions import notation, opening
from stepper.engine.graph.paths import count_paths, path_counts
from stepper.errors import Problem, StepperError

LARGEST_MATRIX = 40
MOST_WORKED = 3
"""Larger matrices are not printed; the paths from more quantities, or in larger graphs, are counted in a table."""

Fact: TypeAlias = Number | str


class Structure:
    """A graph's quantities in the author's order and the edges between them."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.names = graph.names
        self.edges = [(source, node.name) for node in graph.nodes.values() for source in node.reads]

    @property
    def loops(self) -> list[str]:
        """What reads itself."""
        return [source for source, target in self.edges if source == target]

    @cached_property
    def order(self) -> tuple[str, ...] | None:
        """An order in which each comes after all that it reads, the author's where that leaves a choice; None where
        there is a cycle.
        """
        import networkx

        rank = {name: place for place, name in enumerate(self.names)}
        try:
            return tuple(networkx.lexicographical_topological_sort(self.graph.nx(), key=rank.__getitem__))
        except networkx.NetworkXUnfeasible:
            return None

    @property
    def cycle(self) -> tuple[str, ...]:
        """The nodes of a cycle, each reads the next, and the last is the first; empty where there is none."""
        try:
            _ = self.graph.order
        except CycleError as error:
            return error.nodes
        return ()

    @property
    def exchangeable(self) -> tuple[str, str] | None:
        """Two neighbours in the order that no edge joins; where there are none, no other order exists."""
        assert self.order is not None
        joined = set(self.edges)
        return next((pair for pair in pairwise(self.order) if pair not in joined), None)

    @property
    def sources(self) -> list[str]:
        return [name for name in self.names if name not in self.graph.nodes or not self.graph.nodes[name].reads]

    @property
    def sinks(self) -> list[str]:
        return [name for name in self.names if not self.graph.readers[name]]

    @cached_property
    def longest(self) -> tuple[str, ...]:
        """The quantities on a longest path."""
        import networkx

        return tuple(networkx.dag_longest_path(self.graph.nx())) if self.order is not None else ()


def _truth(holds: bool) -> str:
    return "true" if holds else "false"


FACTS: Mapping[str, tuple[int, Callable[..., Fact]]] = {
    "paths": (2, lambda structure, start, end: Fraction(count_paths(structure.graph, start, end))),
    "edges": (0, lambda structure: Fraction(len(structure.edges))),
    "self_loops": (0, lambda structure: Fraction(len(structure.loops))),
    "longest_path": (0, lambda structure: Fraction(max(0, len(structure.longest) - 1))),
    "order": (0, lambda structure: " ".join(structure.order or ())),
    "is_dag": (0, lambda structure: _truth(structure.order is not None)),
    "unique_order": (0, lambda structure: _truth(structure.order is not None and structure.exchangeable is None)),
}
"""Answer keys about a graph's structure: how many names they take, and what they are."""


def fact(graph: Graph, name: str, arguments: Sequence[str]) -> Fact:
    """A fact of a graph's structure: a number, or words.

    Raises:
        StepperError: for a name that the graph has not, or too many names.
    """
    count, work = FACTS[name]
    if len(arguments) != count:
        raise StepperError(Problem(f"{name}() takes {count} names, but got {len(arguments)}"))
    unknown = [argument for argument in arguments if argument not in graph.readers]
    if unknown:
        raise StepperError(
            Problem(f"{name}({', '.join(arguments)}) names a quantity that this graph does not have: {unknown[0]}")
        )
    return work(Structure(graph), *arguments)


def describe(graph: Graph, matrix: bool) -> Derivation:
    """A graph's structure, worked out: edges or adjacency matrix, order, number of paths, longest path, recurrences."""
    structure = Structure(graph)
    steps = [_matrix(structure) if matrix else _reads(structure), _order(structure)]
    if structure.order is not None:
        begins = [source for source in structure.sources if graph.readers[source]]
        few = len(begins) <= MOST_WORKED and len(structure.names) <= LARGEST_MATRIX
        steps += [_paths(structure, source) for source in begins] if few else [_counts(structure, begins)]
        steps.append(_longest(structure))
    facts = {name: work(structure) for name, (count, work) in FACTS.items() if not count}
    answers = tuple(
        Answer(f"{name}()", Value(found), found) for name, found in facts.items() if not isinstance(found, str)
    )
    kept, names = tuple(step for step in steps if step.body), notation(graph, set(graph.nodes))
    return Derivation("draw", graph.title, kept, answers, (), opening(graph), names, graph.source)


def _matrix(structure: Structure) -> Step:
    names = structure.names
    title: Prose = (f"Adjacency matrix: {len(names)} nodes, {len(structure.edges)} edges",)
    if len(names) > LARGEST_MATRIX:
        return Step(
            "draw.adjacency",
            "draw.adjacency",
            title,
            (Note((f"Too large to print: over {LARGEST_MATRIX} rows.",)),),
            detail="brief",
        )
    columns = (Column(("",)), *(Column((reference(name),), "plain", "right") for name in names))
    rows = tuple(
        ((reference(source),), *((str(structure.edges.count((source, target))),
            ) for target in names)) for source in names
    )  # fmt: skip
    why: Prose = ("The entry in row i, column k is the number of edges from i to k.",)
    return Step("draw.adjacency", "draw.adjacency", title, (Table(columns, rows),), why, detail="brief")


def _reads(structure: Structure) -> Step:
    columns = (Column(("node",)), Column(("reads",)))
    rows: list[tuple[Prose, ...]] = []
    for node in structure.graph.nodes.values():
        words: list[str | Expr] = []
        for name in node.reads:
            words += [", ", reference(name)] if words else [reference(name)]
        rows.append(((reference(node.name),), tuple(words)))
    title: Prose = (f"Edges: {len(structure.names)} nodes, {len(structure.edges)} edges",)
    return Step("draw.edges", "draw.edges", title, (Table(columns, tuple(rows)),), detail="brief")


def _order(structure: Structure) -> Step:
    title: Prose = ("Order of calculation",)
    body: list[Block] = []
    if structure.order is None:
        cycle = structure.cycle
        loops = [reference(name) for name in structure.loops]
        if loops:
            words: list[str | Expr] = []
            for name in loops:
                words += [", ", name] if words else [name]
            body.append(
                Note(
                    (
                        *words,
                        " read their own values: ones on the diagonal are recurrences."
                        if len(loops) > 1
                        else " reads itself.",
                    )
                )
            )
        else:
            body.append(Trail(tuple(reference(name) for name in reversed(cycle))))
        body.append(
            Note(
                (
                    "The graph has a cycle, so no order exists: it is a recurrent network, which can be worked "
                    "out only when unrolled through time.",
                )
            )
        )
        return Step("draw.order", "draw.order", title, tuple(body), uses=cycle, detail="brief")
    body.append(Trail(tuple(reference(name) for name in structure.order)))
    pair = structure.exchangeable
    if pair is None:
        body.append(Note(("The only order: each node has an edge to the next.",)))
    else:
        body.append(
            Note(
                (
                    "Not the only order: no edge joins ",
                    reference(pair[0]),
                    " and ",
                    reference(pair[1]),
                    ", so they can be swapped.",
                )
            )
        )
    why: Prose = (
        "Repeatedly take a node whose inputs have all been taken already. In the end none is left, so the graph has no "
        "cycle.",
    )
    return Step("draw.order", "draw.order", title, tuple(body), why, uses=structure.order, detail="brief")


def _paths(structure: Structure, source: str) -> Step:
    """The number of paths to each node: the sum over the nodes that it reads."""
    graph = structure.graph
    assert structure.order is not None
    inside = graph.descendants([source])
    counts = {source: 1}
    body: list[Block] = []
    for name in structure.order:
        if name in inside and name != source:
            reads = [read for read in graph.nodes[name].reads if read in inside]
            counts[name] = sum(counts[read] for read in reads)
            numbers = add(*(Value(Fraction(counts[read])) for read in reads))
            symbols = add(*(_count(source, read) for read in reads))
            total = Value(Fraction(counts[name]))
            links = [
                Link("=", symbols),
                Link("=", numbers),
                *([Link("=", total)] if number_of(numbers) is None else []),
            ]
            body.append(Equation(_count(source, name), tuple(links)))
    ends = ", ".join(f"{counted(counts[end])} to {end}" for end in structure.sinks if end in counts)
    title: Prose = ("Paths from ", reference(source), f": {ends}")
    why: Prose = ("Every path to a node passes through one of its inputs.",)
    return Step(f"draw.paths:{source}", "draw.paths", title, tuple(body), why)


def _counts(structure: Structure, begins: Sequence[str]) -> Step:
    """The numbers of paths alone, where the graph begins in many quantities."""
    columns = (
        Column(("paths from",)),
        *(Column(("to ", reference(sink)), "plain", "right") for sink in structure.sinks),
    )
    ways = [path_counts(structure.graph, sink) for sink in each(structure.sinks, "counting paths")]
    rows = tuple(((reference(source),), *((counted(found.get(source, 0)),) for found in ways)) for source in begins)
    return Step("draw.counts", "draw.counts", ("Paths",), (Table(columns, rows),))


def _count(source: str, target: str) -> Expr:
    return Call("paths", (reference(source), reference(target)))


def _longest(structure: Structure) -> Step:
    path = structure.longest
    title: Prose = (f"Longest path: {len(path) - 1} edges",)
    body: tuple[Block, ...] = (Trail(tuple(reference(name) for name in path)),) if len(path) > 1 else ()
    return Step("draw.longest", "draw.longest", title, body, uses=path, detail="brief")
