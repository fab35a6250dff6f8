"""A graph in floating point, both ways: one sweep forwards for all values, one backwards for all gradients.

Compiled once to a flat tape of three kinds of instruction: sums of products of two, products, and formulas of few names
whose partial derivatives come from the tables. Its cost is linear in the number of terms. In a large graph the nodes of
one form that do not wait for one another are one instruction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from stepper.core.expr import Call, Expr, Number, Sym
from stepper.core.graph import Graph, Node
from stepper.core.memory import without_collection
from stepper.engine.values.compiling import Compiler, as_float
from stepper.engine.values.evaluate import at_node, given_number, place_of
from stepper.engine.values.instructions import Anchored, Work
from stepper.engine.values.slots import Back, ByName, Run, Slots, Values
from stepper.engine.values.tape import Undefined
from stepper.engine.values.terms import Terms, sum_of_products
from stepper.engine.values.vocabulary import Vocabulary
from stepper.errors import Problem, StepperError

Instruction: TypeAlias = tuple[int, Run, Back, str]
"""The slot that is filled, how, how its adjoint is handed on, and the node in whose formula it stands."""

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
        self.empty: Values
        with without_collection():
            self.together = worked and self._grouped()
            if not self.together:
                self._plainly()
        self.values = self.run(self.initial[:]) if worked else self.initial[:]

    def _grouped(self) -> bool:
        """Compiles a large graph, nodes of one form together, where that pays."""
        if sum(len(node.reads) for node in self.graph.nodes.values()) < MANY:
            return False
        from stepper.engine.values.groups import grouped

        try:
            found = grouped(self.graph, self.vocabulary)
        except StepperError:
            return False
        if found is not None:
            self.slots, self.initial, self.code, self.empty = found
        return found is not None

    def _plainly(self) -> None:
        self.together, self.empty = False, [0.0]
        try:
            self._compile(self.graph.nodes)  # most documents stand in an order of calculation
        except KeyError:
            self._compile(self.graph.order)

    def _compile(self, order: Iterable[str]) -> None:
        self.slots = Slots(self.graph.leaves)
        self.initial: Values = [as_float(leaf.value) for leaf in self.graph.leaves.values()]
        self.code: list[Instruction] = []
        self.shared, self.sharing = {}, False
        for name in order:
            node = self.graph.nodes[name]
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

    def run(self, values: Values, code: Sequence[Instruction] | None = None) -> Values:
        """Works all values out in their places, from those of the leaves; or those of a part of the tape."""
        owner = ""
        try:
            for _, run, _, owner in self.code if code is None else code:
                run(values)
        except FAILED as error:
            if self.together:
                return self._one_by_one(values)
            what = (
                error.what if isinstance(error, Undefined) else "a number is undefined or too large for floating point"
            )
            raise StepperError(Problem(f"in {owner}: {what}", place_of(self.graph, owner))) from None
        return values

    def gradients(self, output: str, seed: float = 1.0) -> Mapping[str, float]:
        """The gradient of one quantity for every quantity; 0 where no path leads to it."""
        adjoints = self.empty * len(self.initial)
        adjoints[self.slots[output]] = seed
        values, owner = self.values, ""
        try:
            for _, _, back, owner in reversed(self.code):
                back(values, adjoints)
        except FAILED:
            if self.together:
                self.values = self._one_by_one(values)
                return self.gradients(output, seed)
            what = f"in {owner}: a slope is undefined or too large for floating point"
            raise StepperError(Problem(what, place_of(self.graph, owner))) from None
        return ByName(self.slots, adjoints)

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
        self.code.append((out, *work.single(out), self.owner))
        return out

    def plain(self, node: Node) -> int | None:
        """The slot of ``w1*x1 + w2*x2 + ... + b``, also as the argument of a function, where no name stands twice.

        Most of a large net is of this kind: its names are looked up as one list, and its parts are not gone through one
        by one.
        """
        found = sum_of_products(node)
        if found is None:
            return None
        function, end = found
        left, right, rest = (
            self.slots.places(reads) for reads in (node.reads[:end:2], node.reads[1:end:2], node.reads[end:])
        )
        slot = self.emit(Terms(rest, left, right))
        return self.formula(Call(function, (Sym("p0"),)), [slot]) if function else slot


def _formula(graph: Graph, node: Node) -> Expr:
    if node.formula is None:
        raise StepperError(Problem(f"{node.name} has no formula, only edges", place_of(graph, node.name)))
    return node.formula
