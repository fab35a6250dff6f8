"""Nodes one after the other, each of which may read those before it: values by a loop, slopes all together.

When the adjoints are handed on all values are known, and so all slopes can be worked by NumPy; what is left to do node
after node are products and sums of numbers.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from functools import cached_property
from itertools import repeat
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from stepper.core.memory import without_collection
from stepper.engine.values.many import FAILS, finite, slopes_of
from stepper.engine.values.slots import Values
from stepper.engine.values.stretch import Instruction, Stretch, backwards, plainly
from stepper.engine.values.work import Work

Places: TypeAlias = npt.NDArray[np.int64]


class Part(Struct, frozen=True, eq=False):
    """The same work for some of the nodes: ``slots`` has a row for each slot that it reads, ``outs`` are those that it
    fills, ``turns`` says which of all works in the block each is.
    """

    work: Work
    slots: Places
    outs: Places
    turns: Places


class Block:
    """Works one after the other."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts = parts

    @cached_property
    def code(self) -> Sequence[Instruction]:
        """All works in turn."""
        code: list[Any] = [None] * sum(len(part.turns) for part in self.parts)
        with without_collection():
            for part in self.parts:
                way = part.work.way()
                rows = zip(*part.slots.tolist(), strict=True) if len(part.slots) else repeat((), len(part.outs))
                for turn, row, out in zip(part.turns.tolist(), rows, part.outs.tolist(), strict=True):
                    code[turn] = out, way, "", row
        return code

    @cached_property
    def forwards(self) -> Stretch:
        with without_collection():
            return plainly(self.code)

    def run(self, values: Values, _: Sequence[int], __: int) -> None:
        if not self.run_of_one(values):
            for run, rows in self.forwards.calls:
                run(values, rows)

    def run_of_one(self, values: Values) -> bool:
        """Works all values where they are those of one function of one quantity; False where they are not, or where a
        number of them is none.
        """
        part = self.parts[0]
        work = part.work.function
        if len(self.parts) > 1 or work is None:
            return False
        try:
            for slot, out in zip(part.slots[0].tolist(), part.outs.tolist(), strict=True):
                values[out] = work(values[slot])
            finite(np.frombuffer(values)[part.outs])
        except FAILS:
            return False
        return True

    def back(self, values: Values, adjoints: Values, _: Sequence[int], __: int) -> None:
        try:
            slopes = self.slopes(np.frombuffer(values))
        except FAILS:  # it may be that of a node whose adjoint is 0
            for back, rows in backwards(self.code).calls:
                back(values, adjoints, rows)
            return
        sources, outs, order = self.edges
        found = adjoints.tolist()
        for slot, out, slope in zip(sources.tolist(), outs.tolist(), slopes[order].tolist(), strict=True):
            if gradient := found[out]:
                found[slot] += gradient * slope
        adjoints[:] = array("d", found)

    def slopes(self, numbers: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """The slopes of all works by all slots that they read."""
        return np.concatenate([slopes_of(part.work, numbers, part.slots, part.outs).reshape(-1) for part in self.parts])

    @cached_property
    def edges(self) -> tuple[Places, Places, Places]:
        """What is read, and the slot that this goes to, from the last work to the first; and the order among slopes."""
        turns = np.concatenate([np.broadcast_to(part.turns, part.slots.shape).reshape(-1) for part in self.parts])
        outs = np.concatenate([np.broadcast_to(part.outs, part.slots.shape).reshape(-1) for part in self.parts])
        slots = np.concatenate([part.slots.reshape(-1) for part in self.parts])
        order = np.argsort(-turns, kind="stable")
        return slots[order], outs[order], order
