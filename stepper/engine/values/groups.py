"""A large graph compiled by groups: nodes of one form that do not wait for one another are one instruction, and what is
left between them is worked as blocks, node after node.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from stepper.core.expr import Expr
from stepper.core.graph import Graph
from stepper.engine.values.blocks import Block, Part
from stepper.engine.values.compiling import as_floats
from stepper.engine.values.instructions import Template
from stepper.engine.values.many import GUARD, many
from stepper.engine.values.net import Net, net_of
from stepper.engine.values.program import Program
from stepper.engine.values.slots import Back, Run, Slots, Values
from stepper.engine.values.vocabulary import Vocabulary
from stepper.engine.values.work import Work

WIDE = 48
"""Nodes from which a group is one instruction: NumPy's calls cost as much as that many turns of a loop."""
QUICK = 6
"""By how much a turn is quicker that works one function of one quantity."""
Places: TypeAlias = npt.NDArray[np.int64]
Code: TypeAlias = list[tuple[Any, Run, Back, str, Any]]
Compiled: TypeAlias = tuple[Slots, Values, Code, Values, Callable[[], AbstractContextManager[Any]]]
"""Slots, their numbers, the tape, an empty slot, and what the tape is run under."""


def grouped(graph: Graph, vocabulary: Vocabulary) -> Compiled | None:
    """A graph compiled by groups; None where its nodes have no forms, or are given.

    Raises:
        StepperError: where a formula cannot be compiled.
    """
    net = None if graph.given else net_of(graph)
    if net is None:
        return None
    initial = array("d", as_floats(graph.leaves.values()))
    initial.frombytes(bytes(8 * len(net.kinds)))
    tape = _Tape(net, initial, vocabulary)
    fronts = net.fronts(int(np.median(tape.wide[net.kinds])))
    if fronts is None:
        tape.block(np.arange(len(net.kinds)))
    else:
        tape.groups(fronts)
    return Slots.of(net.names, net.places), initial, tape.code, array("d", [0.0]), GUARD


class _Tape:
    """The tape while it grows."""

    def __init__(self, net: Net, initial: Values, vocabulary: Vocabulary) -> None:
        self.net, self.initial = net, initial
        self.code: Code = []
        self.ways: dict[int, tuple[Run, Back]] = {}
        templates: dict[Expr, Template] = {}
        self.programs = [Program(form, vocabulary, templates) for form in net.forms]
        self.wide = np.array([QUICK * WIDE if program.quick else WIDE for program in self.programs])
        """Nodes of each form from which a group of them is one instruction."""
        self.numbers = [
            {slot: self.number(found) for slot, found in program.numbers.items()} for program in self.programs
        ]

    def number(self, number: float) -> int:
        """The slot of a number that stands in a formula."""
        self.initial.append(number)
        return len(self.initial) - 1

    def groups(self, fronts: Places) -> None:
        """All nodes, those of the same front and form together."""
        keys = fronts * len(self.programs) + self.net.kinds
        order = np.argsort(keys, kind="stable")
        ends = np.append(np.flatnonzero(np.diff(keys[order])) + 1, len(order)).tolist()
        begin = done = 0
        for end in ends:
            if end - begin >= self.wide[self.net.kinds[order[begin]]]:
                self.block(order[done:begin])
                self.group(order[begin:end])
                done = end
            begin = end
        self.block(order[done:])

    def group(self, nodes: Places) -> None:
        """Nodes of one form, none of which reads another."""
        for work, slots, outs in self.works(nodes):
            if id(work) not in self.ways:
                self.ways[id(work)] = many(work)
            first, last = int(outs[0]), int(outs[-1])
            target = slice(first, last + 1) if last - first == len(outs) - 1 else outs
            self.code.append((target, *self.ways[id(work)], "", slots))

    def block(self, nodes: Places) -> None:
        """Nodes in an order of calculation: long runs of one form by themselves, all others together."""
        kinds = self.net.kinds[nodes]
        cuts = [0, *(np.flatnonzero(np.diff(kinds)) + 1).tolist(), len(nodes)]
        begin = 0
        for run, end in pairwise(cuts):
            if end - run >= WIDE:
                self.mixed(nodes[begin:run])
                self.mixed(nodes[run:end])
                begin = end
        self.mixed(nodes[begin:])

    def mixed(self, nodes: Places) -> None:
        if not len(nodes):
            return
        kinds = self.net.kinds[nodes]
        lengths = np.array([len(program.works) for program in self.programs])[kinds]
        turns, parts = np.cumsum(lengths) - lengths, []
        for kind in np.flatnonzero(np.bincount(kinds)).tolist():
            mine = np.flatnonzero(kinds == kind)
            for step, (work, slots, outs) in enumerate(self.works(nodes[mine])):
                parts.append(Part(work, slots, outs, turns[mine] + step))
        block = Block(parts)
        self.code.append((-1, block.run, block.back, "", ()))

    def works(self, nodes: Places) -> Sequence[tuple[Work, Places, Places]]:
        """The works of nodes of one form, each with a row of slots for each that it reads, and the slots it fills."""
        net, kind, count = self.net, int(self.net.kinds[nodes[0]]), len(nodes)
        program, numbers = self.programs[kind], self.numbers[kind]
        rows = np.empty((program.size, count), dtype=np.int64)
        rows[: program.count] = net.reads[net.starts[nodes] + np.arange(program.count)[:, None]]
        for slot in range(program.count, program.size - 1):
            begin = len(self.initial)
            if slot in numbers:
                rows[slot] = numbers[slot]
            else:
                self.initial.frombytes(bytes(8 * count))
                rows[slot] = np.arange(begin, begin + count)
        rows[-1] = nodes + net.leaves
        return [(work, rows[np.array(work.slots, dtype=np.int64)], rows[out]) for out, work in program.works]
