"""A graph in floating point, both ways: one sweep forwards for all values, one backwards for all gradients.

Compiled once to a flat tape of three kinds of instruction: sums of products of two, products, and formulas of few names
whose partial derivatives come from the tables. Its cost is linear in the number of terms. A large graph is compiled by
groups and blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from itertools import pairwise
from typing import Any

from stepper.core.expr import Call, Expr, Number, Sym
from stepper.core.form import Form
from stepper.core.graph import Graph, Node
from stepper.core.memory import without_collection
from stepper.engine.values.compiling import Compiler, as_float, as_floats
from stepper.engine.values.evaluate import at_node, given_number, place_of
from stepper.engine.values.instructions import Anchored
from stepper.engine.values.program import Program, is_shared
from stepper.engine.values.slots import Back, ByName, Run, Slots, Values
from stepper.engine.values.stretch import Instruction, Stretch, arranged, back_to, backwards, plainly
from stepper.engine.values.tape import Undefined
from stepper.engine.values.terms import FEW, Terms, sum_of_products
from stepper.engine.values.vocabulary import Vocabulary
from stepper.engine.values.work import Way, Work
from stepper.errors import Problem, StepperError

MANY = 10_000
"""Reads of all nodes from which those of one form are worked together."""
FAILED = (ArithmeticError, ValueError, Undefined)


class Sweep(Compiler):
    """The values and gradients of a graph all of whose leaves have numbers.

    >>> from stepper.read.program import read_program
    >>> from stepper.read.given import with_values
    >>> graph = with_values(read_program("q = x + y; f = q*z", "-e"), ["x=-2,y=5,z=-4"])
    >>> sweep = Sweep(graph, Vocabulary({}, {}))
    >>> sweep.gradients("f")["x"]
    -4.0
    """

    def __init__(self, graph: Graph, vocabulary: Vocabulary, worked: bool = True) -> None:
        """Compiles a graph and works it out; without ``worked`` its leaves get their numbers later."""
        super().__init__(vocabulary, {})
        self.graph, self.owner = graph, ""
        self.initial: Values
        self.code: list[Instruction]
        self.groups: Sequence[tuple[Any, Run, Back, str, Any]]
        self.empty: Values
        self.guard: Callable[[], AbstractContextManager[object]]
        with without_collection():
            self.together = worked and self._grouped()
            if not self.together:
                self._plainly()
        self.values = self.run(self.initial[:]) if worked else self.initial[:]

    def _grouped(self) -> bool:
        """Compiles a large graph, nodes of one form together, where that pays."""
        wiring, nodes = self.graph.wiring, self.graph.nodes.values()
        if (len(wiring.words) if wiring is not None else sum(len(node.reads) for node in nodes)) < MANY:
            return False
        from stepper.engine.values.groups import grouped

        try:
            found = grouped(self.graph, self.vocabulary)
        except StepperError:
            return False
        if found is not None:
            self.slots, self.initial, self.groups, self.empty, self.guard = found
        return found is not None

    def _plainly(self) -> None:
        self.together = False
        try:
            self._compile(self.graph.nodes)  # most documents stand in an order of calculation
        except KeyError:
            self._compile(self.graph.order)

    def _compile(self, order: Iterable[str]) -> None:
        self.slots = Slots(self.graph.leaves)
        self.initial = as_floats(self.graph.leaves.values())
        self.code = []
        self.shared, self.sharing = {}, False
        nodes, slots, code, initial = self.graph.nodes, self.slots, self.code, self.initial
        ways: dict[object, tuple[Way, Sequence[int]] | None] = {}
        for name in order:
            node = nodes[name]
            written = node.written
            if type(written) is not Form or self.graph.given:
                self._node(name, node)
                continue
            if written not in ways:
                ways[written], table = self.ways(written), slots.table()
            if (way := ways[written]) is None:
                self._node(name, node)
                continue
            own, places = way
            reads, out = node.reads, len(initial)
            code.append((out, own, name, [table[reads[place]] for place in places]))
            initial.append(0.0)
            slots.put(name, out)

    def _node(self, name: str, node: Node) -> None:
        self.owner, before = name, len(self.initial)
        if (slot := self.plain(node)) is None:
            with at_node(self.graph, name):
                slot = self.add(_formula(self.graph, node))
        if slot < before:  # another quantity: its adjoint is not that of this one
            slot = self.emit(Terms([slot]))
        if name in self.graph.given:
            slot = self.emit(Anchored(slot, as_float(given_number(self.graph, name))))
        self.slots.put(name, slot)

    def length(self, names: Iterable[str]) -> int:
        """How much of the tape must have run before these quantities stand in their slots."""
        wanted = {self.slots[name] for name in names}
        return 1 + max((place for place, (slot, *_) in enumerate(self.code) if slot in wanted), default=-1)

    def at(self, leaves: Mapping[str, float]) -> Values:
        """All values with other numbers for some leaves."""
        values = self.initial[:]
        for name, number in leaves.items():
            values[self.slots[name]] = number
        return self.run(values)

    def moved(self, offsets: Mapping[str, float]) -> Values:
        """All values with leaves moved by offsets."""
        values = self.initial[:]
        for name, offset in offsets.items():
            values[self.slots[name]] += offset
        return self.run(values)

    def run(self, values: Values) -> Values:
        """Works all values out in their places, from those of the leaves."""
        if not self.together:
            return self.work(values, self.forwards)
        try:
            with self.guard():
                for out, run, _, _, slots in self.groups:
                    run(values, slots, out)
        except FAILED:
            return self._one_by_one(values)
        return values

    def work(self, values: Values, stretch: Stretch) -> Values:
        """Works a part of the tape out."""
        try:
            for run, rows in stretch.calls:
                run(values, rows)
        except FAILED:
            raise self._failed(stretch, "a number", values) from None
        return values

    def gradients(self, output: str, seed: float = 1.0) -> Mapping[str, float]:
        """The gradient of one quantity for every quantity; 0 where no path leads to it."""
        adjoints = self.adjoints(output, seed)
        return ByName(self.slots, adjoints)

    def adjoints(self, output: str, seed: float = 1.0) -> Values:
        """The same, in the slots of the quantities."""
        if not self.together:
            return self.handed(self.values, self.slots[output], backwards(self.code), seed)
        adjoints = self.empty * len(self.initial)
        adjoints[self.slots[output]] = seed
        try:
            with self.guard():
                for out, _, back, _, slots in reversed(self.groups):
                    back(self.values, adjoints, slots, out)
        except FAILED:
            self.values = self._one_by_one(self.values)
            return self.adjoints(output, seed)
        return adjoints

    @cached_property
    def forwards(self) -> Stretch:
        """The whole tape."""
        return plainly(self.code)

    def back_to(self, wanted: Iterable[int], output: str) -> Stretch:
        """The way back from one quantity to the slots that are wanted alone."""
        return back_to(self.code, self.slots[output], wanted)

    def arranged(self, ends: Sequence[int], moving: Iterable[int]) -> tuple[Stretch, list[Stretch]]:
        """The tape up to each of these ends, for many runs between which only the numbers in some slots move: what is
        worked once, and what in each run.
        """
        named = {slot for slot, name in enumerate(self.slots.names) if name}
        return arranged([self.code[begin:end] for begin, end in pairwise((0, *ends))], moving, named)

    def handed(self, values: Values, output: int, back: Stretch, seed: float = 1.0) -> Values:
        """The adjoints that are handed on from a slot on a way back."""
        adjoints = [0.0] * len(self.initial)
        adjoints[output] = seed
        try:
            for act, rows in back.calls:
                act(values, adjoints, rows)
        except FAILED:
            begin = [0.0] * len(self.initial)
            begin[output] = seed
            raise self._failed(back, "a slope", values, begin) from None
        return adjoints

    def _failed(self, stretch: Stretch, what: str, *numbers: Values) -> StepperError:
        """What is wrong with a part of the tape, done step by step: so it is found at which node."""
        for act, row, owner in stretch.acts():
            try:
                act(*numbers, (row,))
            except FAILED as error:
                plain = f"{what} is undefined or too large for floating point"
                said = error.what if isinstance(error, Undefined) and what == "a number" else plain
                return StepperError(Problem(f"in {owner}: {said}", place_of(self.graph, owner)))
        raise AssertionError

    def _one_by_one(self, values: Values) -> Values:
        """All values from those of the leaves, node after node: so it is found at which one something is wrong."""
        self._plainly()
        leaves = len(self.graph.leaves)
        return self.run([*values[:leaves], *self.initial[leaves:]])

    # ---- compiling

    def slot(self, name: str) -> int:
        return self.slots[name]

    def constant(self, number: Number) -> int:
        self.initial.append(as_float(number))
        return len(self.initial) - 1

    def emit(self, work: Work) -> int:
        out = len(self.initial)
        self.initial.append(0.0)
        self.code.append((out, work.way(), self.owner, work.slots))
        return out

    def ways(self, form: Form) -> tuple[Way, Sequence[int]] | None:
        """How the work of a form is done that is one instruction, and which of its places it reads; of others None."""
        if form.count > FEW or is_shared(form):
            return None
        try:
            return Program(form, self.vocabulary, self.templates).ways
        except StepperError:  # told of the node
            return None

    def plain(self, node: Node) -> int | None:
        """The slot of ``w1*x1 + w2*x2 + ... + b``, also as the argument of a function, where no name stands twice.

        Most of a large net is of this kind: its names are looked up as one list, and its parts are not gone through one
        by one.
        """
        found = sum_of_products(node)
        if found is None:
            return None
        function, end = found
        few = len(node.reads) - end // 2 <= FEW
        left, right, rest = (
            [self.slots[read] for read in reads] if few else self.slots.places(reads)
            for reads in (node.reads[:end:2], node.reads[1:end:2], node.reads[end:])
        )
        slot = self.emit(Terms(rest, left, right))
        return self.formula(Call(function, (Sym("p0"),)), [slot]) if function else slot


def _formula(graph: Graph, node: Node) -> Expr:
    if node.formula is None:
        raise StepperError(Problem(f"{node.name} has no formula, only edges", place_of(graph, node.name)))
    return node.formula
