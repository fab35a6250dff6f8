"""A large graph compiled by groups: nodes of one form that wait for the same are one instruction.

Nodes that read leaves only are of the first level, and each other node is of the level after the last that it reads;
those of one level and one form are a group. Small groups are worked node by node.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from itertools import chain, count
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from stepper.core.expr import Expr
from stepper.core.form import Form, places
from stepper.core.formula import reference
from stepper.core.graph import Graph, Node
from stepper.core.traverse import substitute
from stepper.engine.values.compiling import as_floats
from stepper.engine.values.instructions import Template, Work
from stepper.engine.values.many import GUARD, many
from stepper.engine.values.program import Program, is_shared
from stepper.engine.values.slots import Back, Run, Slots, Values
from stepper.engine.values.terms import sum_of_products
from stepper.engine.values.vocabulary import Vocabulary

SMALL = 8
"""Nodes up to which a group is worked one by one."""
PAYS = 8
"""Nodes that a group must have on average."""
Places: TypeAlias = npt.NDArray[np.int64]
Code: TypeAlias = list[tuple[Any, Run, Back, str, Any]]
Compiled: TypeAlias = tuple[Slots, Values, Code, Values, Callable[[], AbstractContextManager[Any]]]
"""Slots, their numbers, the tape, an empty slot, and what the tape is run under."""


def grouped(graph: Graph, vocabulary: Vocabulary) -> Compiled | None:
    """A graph compiled by groups; None where little can be worked together.

    Raises:
        StepperError: where a formula cannot be compiled.
    """
    nodes = [*graph.nodes.values()]
    forms = _Forms()
    numbers = forms.numbers(nodes)
    if graph.given or min(numbers) < 0:
        return None
    try:
        levels, reads = _levels(graph, nodes)
    except IndexError:  # one that is read stands further down
        nodes = [graph.nodes[name] for name in graph.order]
        numbers = forms.numbers(nodes)
        levels, reads = _levels(graph, nodes)
    of_nodes = np.array(numbers)
    keys = np.array(levels[len(graph.leaves) :]) * len(forms.made) + of_nodes
    by_key = np.argsort(keys, kind="stable")
    ends = [*(np.flatnonzero(np.diff(keys[by_key])) + 1).tolist(), len(nodes)]
    if len(ends) * PAYS > len(nodes):
        return None
    initial = array("d", as_floats(graph.leaves.values()))
    initial.frombytes(bytes(8 * len(nodes)))
    counts = np.array([form.count for form in forms.made])[of_nodes]
    starts, flat = np.cumsum(counts) - counts, np.array(reads, dtype=np.int64)
    tape, templates, begin = _Tape(initial, len(graph.leaves)), dict[Expr, Template](), 0
    programs = [Program(form, vocabulary, templates) for form in forms.made]
    for end in ends:
        group = by_key[begin:end]
        program = programs[numbers[group[0]]]
        tape.add(program, flat[starts[group] + np.arange(program.count)[:, None]], group)
        begin = end
    return Slots.of([*graph.leaves, *(node.name for node in nodes)]), initial, tape.code, array("d", [0.0]), GUARD


def _levels(graph: Graph, nodes: Sequence[Node]) -> tuple[list[int], list[int]]:
    """The level of each leaf and node, and the places of all that is read.

    Raises:
        IndexError: where the order is none of calculation.
    """
    place = dict(zip((*graph.leaves, *[node.name for node in nodes]), count()))
    lists = [node.reads for node in nodes]
    reads = [*map(place.__getitem__, chain.from_iterable(lists))]
    levels, begin = [0] * len(graph.leaves), 0
    for length in map(len, lists):
        if length == 2:
            one, other = levels[reads[begin]], levels[reads[begin + 1]]
            levels.append((one if one > other else other) + 1)
        elif length == 1:
            levels.append(levels[reads[begin]] + 1)
        else:
            levels.append(1 + max(map(levels.__getitem__, reads[begin : begin + length]), default=0))
        begin += length
    return levels, reads


class _Forms:
    """The forms of nodes, each with a number."""

    def __init__(self) -> None:
        self.made: list[Form] = []
        self.known: dict[object, int] = {}

    def numbers(self, nodes: Sequence[Node]) -> list[int]:
        """That of each node's form; -1 where it has none, or one whose parts it may share with other nodes."""
        written = [node.written for node in nodes]
        if {*map(type, written)} == {Form}:
            for form in dict.fromkeys(written):
                if form not in self.known and isinstance(form, Form):
                    self.new(form, form)
            return [*map(self.known.__getitem__, written)]
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


class _Tape:
    """The tape while it grows: the work of groups."""

    def __init__(self, initial: Values, leaves: int) -> None:
        self.initial, self.leaves = initial, leaves
        self.code: Code = []
        self.ways: dict[int, tuple[Run, Back]] = {}

    def add(self, program: Program, reads: Places, group: Places) -> None:
        """Fills the slots of a group of nodes that have a program; ``reads`` has a row for each place."""
        target = group + self.leaves
        if program.ways is not None:
            ((_, work),) = program.works
            order = program.ways[2]
            self.emit(work, reads if len(order) == len(reads) and program.straight else reads[[*order]], target)
            return
        rows: list[Places] = [*reads]
        for slot in range(program.count, program.size - 1):
            begin = len(self.initial)
            if slot in program.numbers:
                self.initial.append(program.numbers[slot])
                rows.append(np.full(len(group), begin))
            else:
                self.initial.frombytes(bytes(8 * len(group)))
                rows.append(np.arange(begin, begin + len(group)))
        rows.append(target)
        for out, work in program.works:
            slots = np.array([rows[slot] for slot in work.slots], dtype=np.int64)
            self.emit(work, slots.reshape(-1, len(group)), rows[out])

    def emit(self, work: Work, slots: Places, out: Places) -> None:
        if len(out) < SMALL:
            ways, rows = work.single(), slots.T.tolist()
            self.code += [(slot, *ways, "", row) for slot, row in zip(out.tolist(), rows, strict=True)]
            return
        if id(work) not in self.ways:
            self.ways[id(work)] = many(work)
        first, last = int(out[0]), int(out[-1])
        target = slice(first, last + 1) if last - first == len(out) - 1 else out
        self.code.append((target, *self.ways[id(work)], "", slots))
