"""A large graph as arrays of numbers: what each node reads, of which form it is, and which can be worked at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, count

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from stepper.core.expr import Expr
from stepper.core.form import Form, places
from stepper.core.formula import reference
from stepper.core.graph import Graph, Node
from stepper.core.traverse import substitute
from stepper.core.wiring import Wiring
from stepper.engine.values.program import is_shared
from stepper.engine.values.terms import sum_of_products

Places = npt.NDArray[np.int64]
SAMPLE = 1_000
"""Nodes at the beginning of a graph that tell whether finding levels pays."""


class Net(Struct, frozen=True):
    """The leaves and nodes of a graph counted from 0, the nodes in an order of calculation.

    ``kinds`` says which of the ``forms`` each node has; ``reads`` are all that is read, node after node, those of each
    from one of ``starts`` on; ``farthest`` is the last that each reads, -1 where it reads nothing.
    """

    names: Sequence[str]
    places: dict[str, int]
    leaves: int
    forms: Sequence[Form]
    kinds: Places
    starts: Places
    reads: Places
    farthest: Places

    def fronts(self, wide: int) -> Places | None:
        """A number for each node, not below those of all that it reads: nodes that have the same number do not read one
        another. None where few numbers would be that of ``wide`` nodes or more.
        """
        own = np.arange(len(self.kinds)) + self.leaves
        # of a front's nodes those beyond its first k read what stands more than k before them
        if np.count_nonzero(own - self.farthest > wide // 2) * 4 >= len(own):
            begins, begin = [], -1
            for place, far in enumerate(self.farthest.tolist(), start=self.leaves):
                if far >= begin:
                    begin = place
                    begins.append(place)
            lengths = np.diff([*begins, len(own) + self.leaves])
            if lengths[lengths >= wide].sum() * 2 >= len(own):
                return np.repeat(np.arange(len(begins)), lengths)
        some = self._levels(SAMPLE)
        return np.array(self._levels(len(own))) if len(some) >= wide * len({*some}) else None

    def _levels(self, most: int) -> list[int]:
        """The level of the first nodes: those that read leaves only are of level 1, each other is of the level after
        the last that it reads.
        """
        ends = np.append(self.starts[1:], len(self.reads))[:most].tolist()
        reads = self.reads[: ends[-1]].tolist()
        levels, begin = [0] * self.leaves, 0
        for end in ends:
            if end - begin == 1:
                levels.append(levels[reads[begin]] + 1)
            else:
                levels.append(1 + max(map(levels.__getitem__, reads[begin:end]), default=0))
            begin = end
        return levels[self.leaves :]

    @property
    def ordered(self) -> bool:
        """Does each node stand behind all that it reads?"""
        return bool((self.farthest < np.arange(len(self.kinds)) + self.leaves).all())


def net_of(graph: Graph) -> Net | None:
    """The arrays of a graph; None where a node has no form of its own."""
    net = _wired(graph, graph.wiring) if graph.wiring is not None else _from_nodes(graph, graph.nodes.values())
    if net is not None and not net.ordered:
        net = _from_nodes(graph, [graph.nodes[name] for name in graph.order])
    return net


def _wired(graph: Graph, wiring: Wiring) -> Net | None:
    """The arrays as the reader left them."""
    if any(map(is_shared, wiring.forms)):
        return None
    kinds, words = (np.frombuffer(part, dtype=np.int64) for part in (wiring.kinds, wiring.words))
    counts = np.array([form.count for form in wiring.forms])[kinds]
    ends = np.cumsum(counts)
    starts = ends - counts
    reads = np.delete(words, starts + np.arange(len(kinds)))
    names = [*graph.leaves, *graph.nodes]
    return Net(names, wiring.places, len(graph.leaves), wiring.forms, kinds, starts, reads, _farthest(reads, starts))


def _from_nodes(graph: Graph, nodes: Iterable[Node]) -> Net | None:
    nodes, forms = [*nodes], _Forms()
    kinds = np.array(forms.numbers(nodes))
    if kinds.min() < 0:
        return None
    names = [*graph.leaves, *[node.name for node in nodes]]
    numbers = dict(zip(names, count()))
    lists = [node.reads for node in nodes]
    reads = np.array([*map(numbers.__getitem__, chain.from_iterable(lists))], dtype=np.int64)
    counts = np.array([*map(len, lists)])
    starts = np.cumsum(counts) - counts
    return Net(names, numbers, len(graph.leaves), forms.made, kinds, starts, reads, _farthest(reads, starts))


def _farthest(reads: Places, starts: Places) -> Places:
    some = np.append(starts[1:], len(reads)) > starts
    if some.all():
        return np.maximum.reduceat(reads, starts)
    found = np.full(len(starts), -1)
    if some.any():
        found[some] = np.maximum.reduceat(reads, starts[some])
    return found


class _Forms:
    """The forms of nodes, each with a number."""

    def __init__(self) -> None:
        self.made: list[Form] = []
        self.known: dict[object, int] = {}

    def numbers(self, nodes: Sequence[Node]) -> list[int]:
        """That of each node's form; -1 where it has none, or one whose parts it may share with other nodes."""
        return [self.number(node) for node in nodes]

    def number(self, node: Node) -> int:
        written = node.written
        if isinstance(written, Form):
            return self.known[written] if written in self.known else self.new(written, written)
        if node.formula is None:
            return -1
        plain = sum_of_products(node)
        key = (*plain, len(node.reads)) if plain is not None else _of_places(node)
        if key not in self.known:
            self.new(key, Form(_of_places(node), len(node.reads)))
        return self.known[key]

    def new(self, key: object, form: Form) -> int:
        self.known[key] = -1 if is_shared(form) else len(self.made)
        self.made.append(form)
        return self.known[key]


def _of_places(node: Node) -> Expr:
    """A node's formula with places for what it reads."""
    assert node.formula is not None
    return substitute(node.formula, dict(zip(map(reference, node.reads), places(len(node.reads)), strict=True)))
