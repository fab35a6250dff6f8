"""Nodes and graphs: who reads what, in the author's order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

from msgspec import Struct, field

from stepper.core.expr import Expr, Number, Sym
from stepper.core.form import Form
from stepper.core.formula import reference, text
from stepper.core.traverse import names, occurrences, transform
from stepper.core.wiring import Wiring

if TYPE_CHECKING:
    import networkx

    from stepper.core.exam import Item

Kind: TypeAlias = Literal["input", "parameter", "constant"]
Edge: TypeAlias = tuple[str, str]


class Leaf(Struct, frozen=True):
    """A quantity that nothing feeds: data, a parameter an optimizer may change, or a constant.

    Without a value it stays a symbol.
    """

    name: str
    kind: Kind
    value: Number | None = None
    line: int = 0


class Node(Struct, frozen=True, dict=True, eq=False):
    """A quantity worked out from others by its formula; an abstract node (``formula is None``) is known only by what it
    reads.

    ``written`` is its formula, or the form that it shares with others: of that the formula is made when it is asked
    for.
    """

    name: str
    written: Expr | Form | None
    reads: tuple[str, ...]
    line: int = 0

    @cached_property
    def formula(self) -> Expr | None:
        return self.written.of([*map(reference, self.reads)]) if isinstance(self.written, Form) else self.written

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Node) and self._whole() == other._whole()

    def __ne__(self, other: object) -> bool:
        return not self == other  # a Struct's own asks whether it is the same object

    def __hash__(self) -> int:
        return hash(self._whole())

    def _whole(self) -> tuple[object, ...]:
        return self.name, self.formula, self.reads, self.line

    @property
    def pattern(self) -> Expr | None:
        """Its formula, or that of its form, which has places for names: it calls the same functions."""
        return self.written.expr if isinstance(self.written, Form) else self.written

    @classmethod
    def of(cls, name: str, formula: Expr, line: int = 0) -> Node:
        """A node that reads the distinct names of its formula, in their order."""
        return cls(name, formula, tuple(text(part) for part in names(formula)), line)

    @classmethod
    def gate(cls, name: str, formula: Expr, line: int = 0) -> Node:
        """A node that reads a name as often as its formula holds it: ``x*x`` has two slots, and so two edges."""
        return cls(name, formula, tuple(text(part) for part in occurrences(formula)), line)

    def wired(self) -> tuple[Expr, dict[Expr, Expr]]:
        """The formula with a symbol of its own for each slot, and the quantity that each of these symbols stands for,
        in order.

        Where no name is read twice these are the names themselves.
        """
        assert self.formula is not None
        origins = [reference(name) for name in self.reads]
        if len(set(origins)) == len(origins):
            return self.formula, dict(zip(origins, origins, strict=True))
        wires: dict[Expr, Expr] = {
            Sym(f"{name}@{slot}"): origin for slot, (name, origin) in enumerate(zip(self.reads, origins, strict=True))
        }
        order, distinct = iter(wires), set(origins)
        return transform(self.formula, lambda part: next(order) if part in distinct else None), wires

    def wire(self, slot: int) -> int:
        """Which of the edges from the same quantity a slot is, counted from 1; 0 where it is the only one."""
        return self.wires()[slot]

    def wires(self) -> list[int]:
        """``wire`` of each slot, in one go."""
        counts, seen = Counter(self.reads), Counter[str]()
        found: list[int] = []
        for name in self.reads:
            seen[name] += 1
            found.append(seen[name] if counts[name] > 1 else 0)
        return found


class WiredNodes(dict[str, Node]):
    """Nodes, with what they read by numbers: it goes where they go, and is left behind where one is changed."""

    def __init__(self, nodes: Mapping[str, Node], wiring: Wiring) -> None:
        super().__init__(nodes)
        self.wiring = wiring


class Function(Struct, frozen=True):
    """A function that the document declares: ``body`` in terms of ``parameters``, or None where it is left
    unspecified.
    """

    name: str
    parameters: tuple[str, ...] = ("x",)
    body: Expr | None = None
    line: int = 0


class Graph(Struct, frozen=True, dict=True):
    """A computational graph. ``nodes`` keep the order of the document, which need not be the order of calculation.

    ``split`` holds the formulas of nodes that were split into gates. ``given`` are nodes, or entries of them, whose
    values are taken as they stand, and not worked out. ``remarks`` is what the reader noticed, to be said before all
    else. ``entry`` is the entry of the output that is differentiated, where that is one alone. ``fixed`` are leaves
    whose numbers stand in formulas, as that of a class does, and those numbers: they cannot be given others.
    ``unfolded`` are the arrays that became numbers of their own, and their entries, with the names of these numbers,
    row after row. ``called`` are other names of quantities, with points in them, as PyTorch has them:
    ``conv1.weight`` of ``conv1_weight``. ``notation`` is how its derivations are written, by the keys of the table.
    """

    holds_arrays: ClassVar[bool] = False
    """May a quantity be a list or a matrix, whose entries have names but are no quantities of their own?"""

    title: str
    leaves: Mapping[str, Leaf]
    nodes: Mapping[str, Node]
    output: str | None = None
    upstream: Expr | None = None
    source: str = ""
    functions: Mapping[str, Function] = field(default_factory=dict)
    local: Mapping[Edge, Expr] = field(default_factory=dict)
    conventions: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    items: tuple[Item, ...] = ()
    origin: str = ""
    split: Mapping[str, Expr] = field(default_factory=dict)
    given: Mapping[str, Expr] = field(default_factory=dict)
    remarks: tuple[tuple[str | Expr, ...], ...] = ()
    entry: str = ""
    fixed: Mapping[str, Number] = field(default_factory=dict)
    unfolded: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    called: Mapping[str, str] = field(default_factory=dict)
    notation: Mapping[str, str] = field(default_factory=dict)

    @property
    def letters(self) -> tuple[str, ...]:
        """The letters among the sizes of its arrays."""
        return ()

    def with_sizes(self, numbers: Mapping[str, int]) -> Graph:
        """The graph with numbers for these letters."""
        assert not numbers
        return self

    @property
    def wiring(self) -> Wiring | None:
        """What its nodes read, by numbers, where their reader had these, and the leaves have the same names still."""
        wiring = self.nodes.wiring if isinstance(self.nodes, WiredNodes) else None
        return wiring if wiring is not None and wiring.leaves == [*self.leaves] else None

    def known_as(self, name: str) -> str:
        """The name that a quantity, or an entry of one, has here: ``conv1.weight[1]`` is ``conv1_weight[1]``."""
        base, bracket, entry = name.partition("[")
        return self.called.get(base.strip(), base) + bracket + entry

    @cached_property
    def readers(self) -> Mapping[str, tuple[tuple[str, int], ...]]:
        """For each quantity the nodes that read it, in the document's order, and the slot in which they do."""
        found: dict[str, list[tuple[str, int]]] = {name: [] for name in (*self.leaves, *self.nodes)}
        for node in self.nodes.values():
            for slot, name in enumerate(node.reads):
                found[name].append((node.name, slot))
        return {name: tuple(readers) for name, readers in found.items()}

    def patterns(self, among: Collection[str] | None = None) -> dict[str, Expr]:
        """The pattern of each node, or of each of some; of those that share one the first has it alone."""
        first: dict[int, Node] = {}
        for name, node in self.nodes.items():
            if among is None or name in among:
                first.setdefault(id(node.written), node)
        return {node.name: node.pattern for node in first.values() if node.pattern is not None}

    @cached_property
    def kept(self) -> dict[str, Any]:
        """What the engine has worked out of this graph alone, so that it is worked once; it goes with the graph, and
        another graph, though it be this one under other conventions, begins with nothing.
        """
        return {}

    @cached_property
    def given_nodes(self) -> frozenset[str]:
        """The nodes that are given, wholly or in some of their entries."""
        return frozenset(name if name in self.nodes else name.partition("[")[0] for name in self.given)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Leaves and nodes in the order in which the document names them."""
        return (*self.leaves, *self.nodes)

    @cached_property
    def sinks(self) -> tuple[str, ...]:
        """The nodes that nothing reads."""
        return tuple(name for name in self.nodes if not self.readers[name])

    @property
    def last(self) -> str | None:
        """The output that the document names, or its only sink; None where that is not told."""
        return self.output or (self.sinks[0] if len(self.sinks) == 1 else None)

    @cached_property
    def order(self) -> tuple[str, ...]:
        """The nodes so that each comes after all that it reads, and otherwise as the author wrote them.

        Raises:
            CycleError: with the nodes of a cycle, where there is one.
        """
        done: set[str] = set(self.leaves)
        for node in self.nodes.values():
            if not done.issuperset(node.reads):
                break
            done.add(node.name)
        else:
            return tuple(self.nodes)  # as the author wrote them
        done = set(self.leaves)
        order: list[str] = []
        for first in self.nodes:
            stack = [(first, iter(self.nodes[first].reads))] if first not in done else []
            open_nodes = {first}
            while stack:
                name, reads = stack[-1]
                for read in reads:
                    if read in open_nodes:
                        chain = [entry for entry, _ in stack]
                        raise CycleError((*chain[chain.index(read) :], read))
                    if read not in done:
                        stack.append((read, iter(self.nodes[read].reads)))
                        open_nodes.add(read)
                        break
                else:
                    stack.pop()
                    open_nodes.discard(name)
                    done.add(name)
                    order.append(name)
        return tuple(order)

    def ancestors(self, names: Iterable[str]) -> set[str]:
        """The given quantities and all that they read, directly or not."""
        return _closure(names, lambda name: self.nodes[name].reads if name in self.nodes else ())

    def descendants(self, names: Iterable[str]) -> set[str]:
        """The given quantities and all that read them, directly or not."""
        return _closure(names, lambda name: (reader for reader, _ in self.readers[name]))

    def nx(self) -> networkx.MultiDiGraph[str]:
        """The graph in networkx: one edge per node and slot in which it reads a name, keyed by the slot."""
        import networkx

        graph: networkx.MultiDiGraph[str] = networkx.MultiDiGraph()
        graph.add_nodes_from((*self.leaves, *self.nodes))
        for node in self.nodes.values():
            for slot, name in enumerate(node.reads):
                graph.add_edge(name, node.name, key=slot)
        return graph


class CycleError(ValueError):
    """The nodes of a cycle, the first repeated at the end, each read by the one before it."""

    def __init__(self, nodes: tuple[str, ...]) -> None:
        super().__init__(" reads ".join(nodes))
        self.nodes = nodes


def _closure(start: Iterable[str], step: Callable[[str], Iterable[str]]) -> set[str]:
    found = set(start)
    stack = list(found)
    while stack:
        for name in step(stack.pop()):
            if name not in found:
                found.add(name)
                stack.append(name)
    return found
