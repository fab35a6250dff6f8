"""A large graph compiled by groups: nodes of one form that wait for the same are one instruction.

Nodes that read leaves only are of the first level, and each other node is of the level after the last that it reads;
those of one level and one form are a group. Small groups are worked node by node.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import chain
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from stepper.core.expr import Expr, Index, Number, Sym
from stepper.core.form import Form, places
from stepper.core.formula import reference
from stepper.core.graph import Graph, Node
from stepper.core.traverse import substitute, walk
from stepper.engine.values.compiling import Compiler, as_float
from stepper.engine.values.instructions import Template, Work
from stepper.engine.values.many import Group
from stepper.engine.values.slots import Back, Run, Slot, Slots, Values
from stepper.engine.values.terms import Terms, sum_of_products
from stepper.engine.values.vocabulary import Vocabulary

SMALL = 8
"""Nodes up to which a group is worked one by one."""
PAYS = 4
"""Nodes that a group must have on average."""
Places: TypeAlias = npt.NDArray[np.int64]
Code: TypeAlias = list[tuple[int, Run, Back, str]]


def grouped(graph: Graph, vocabulary: Vocabulary) -> tuple[Slots, Values, Code, Values] | None:
    """Slots, their numbers, the tape, and an empty place; None where little can be worked together.

    Raises:
        StepperError: where a formula cannot be compiled.
    """
    try:
        order, levels, reads = _levels(graph, [*graph.nodes])
    except IndexError:  # one that is read stands further down
        order, levels, reads = _levels(graph, graph.order)
    nodes = [graph.nodes[name] for name in order]
    forms = _Forms()
    numbers = [forms.number(node) for node in nodes]
    if graph.given or min(numbers) < 0:
        return None
    keys = np.array(levels[len(graph.leaves) :]) * len(forms.made) + np.array(numbers)
    by_key = np.argsort(keys, kind="stable")
    ends = np.flatnonzero(np.diff(keys[by_key])) + 1
    if len(ends) * PAYS > len(nodes):
        return None
    initial = array("d", [as_float(leaf.value) for leaf in graph.leaves.values()])
    initial.frombytes(bytes(8 * len(nodes)))
    counts = np.array([len(node.reads) for node in nodes])
    starts, flat = np.cumsum(counts) - counts, np.array(reads, dtype=np.int64)
    code: Code = []
    templates: dict[Expr, Template] = {}
    for group in np.split(by_key, ends):
        form = forms.made[numbers[group[0]]]
        found = flat[starts[group] + np.arange(form.count)[:, None]]
        _Members(vocabulary, templates, found, initial, len(group)).compile(form, group + len(graph.leaves), code)
    return Slots.of([*graph.leaves, *order]), initial, code, array("d", [0.0])


def _levels(graph: Graph, order: Sequence[str]) -> tuple[Sequence[str], list[int], list[int]]:
    """The level of each leaf and node, and the places of all that is read.

    Raises:
        IndexError: where the order is none of calculation.
    """
    place = dict(zip((*graph.leaves, *order), range(len(graph.leaves) + len(order)), strict=True))
    lists = [graph.nodes[name].reads for name in order]
    reads = [*map(place.__getitem__, chain.from_iterable(lists))]
    levels, begin = [0] * len(graph.leaves), 0
    for count in map(len, lists):
        if count == 2:
            one, other = levels[reads[begin]], levels[reads[begin + 1]]
            levels.append((one if one > other else other) + 1)
        elif count == 1:
            levels.append(levels[reads[begin]] + 1)
        else:
            levels.append(1 + max(map(levels.__getitem__, reads[begin : begin + count]), default=0))
        begin += count
    return order, levels, reads


class _Forms:
    """The forms of nodes, each with a number."""

    def __init__(self) -> None:
        self.made: list[Form] = []
        self.known: dict[object, int] = {}

    def number(self, node: Node) -> int:
        """That of a node's form; -1 where it has none, or one whose parts it may share with other nodes."""
        written = node.written
        if type(written) is Form:
            found = self.known.get(written)
            return self.new(written, written) if found is None else found
        if node.formula is None:
            return -1
        plain = sum_of_products(node)
        key = (*plain, len(node.reads)) if plain is not None else _of_places(node)
        found = self.known.get(key)
        if found is None:
            found = self.new(key, Form(key if plain is None else _of_places(node), len(node.reads)))
        return found

    def new(self, key: object, form: Form) -> int:
        entries = any(isinstance(part, Index) and not isinstance(part.base, Sym) for part in walk(form.expr))
        self.known[key] = -1 if entries else len(self.made)
        self.made.append(form)
        return self.known[key]


def _of_places(node: Node) -> Expr:
    """A node's formula with places for what it reads."""
    assert node.formula is not None
    return substitute(node.formula, dict(zip(map(reference, node.reads), places(len(node.reads)), strict=True)))


class _Members(Compiler):
    """Compiles the form of a group; a slot is an array, with one for each member."""

    def __init__(
        self, vocabulary: Vocabulary, templates: dict[Expr, Template], reads: Places, initial: Values, count: int
    ) -> None:
        super().__init__(vocabulary, templates)
        self.places = dict(
            zip((place.name for place in places(len(reads)) if isinstance(place, Sym)), reads, strict=True)
        )
        self.initial, self.count = initial, count
        self.works: list[tuple[Work, Places]] = []

    def slot(self, name: str) -> Slot:
        return self.places[name]

    def constant(self, number: Number) -> Slot:
        self.initial.append(as_float(number))
        return np.full(self.count, len(self.initial) - 1)

    def emit(self, work: Work) -> Slot:
        out = np.arange(len(self.initial), len(self.initial) + self.count)
        self.initial.frombytes(bytes(8 * self.count))
        self.works.append((work, out))
        return out

    def compile(self, form: Form, targets: Places, code: Code) -> None:
        """Adds what fills the members' slots."""
        found = self.add(form.expr)
        if not self.works or self.works[-1][1] is not found:  # another quantity, or a number
            self.emit(Terms([found]))
        work, own = self.works.pop()
        del self.initial[own[0] :]
        self.works.append((work, targets))
        for work, outs in self.works:
            if self.count >= SMALL:
                group = Group(work, outs)
                code.append((int(outs[0]), group.run, group.back, ""))
            else:
                code += [(slot, *work.at(place).single(slot), "") for place, slot in enumerate(outs.tolist())]
