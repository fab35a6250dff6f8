"""Difference quotients with many digits: the second look at a gradient, over the same formulas but none of the
derivatives.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from fractions import Fraction
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from stepper.core.expr import Call, Expr, Number, Value
from stepper.core.graph import Graph, Leaf, Node
from stepper.core.traverse import transform
from stepper.engine.values.arithmetic import EXACT, Arithmetic, Quantity
from stepper.engine.values.equations import Sheet
from stepper.engine.values.evaluate import compile_graph, leaf_values
from stepper.engine.values.precision import precise
from stepper.engine.values.rational import RATIONAL, is_rational
from stepper.engine.values.tape import Tape
from stepper.engine.values.ties import ties
from stepper.engine.values.vocabulary import holds_back, stops


class Level(Struct, frozen=True):
    """How many digits a quotient is worked with."""

    digits: int

    @property
    def first(self) -> int:
        """The step is 10 to the minus this: what its square leaves out is as small as the digits that dividing by it
        loses.
        """
        return self.digits // 3

    @property
    def second(self) -> int:
        """The same for second derivatives, which are divided by the square of the step."""
        return self.digits // 4


LEVELS = tuple(map(Level, (50, 120, 400, 1200, 2400)))
"""Where a quotient contradicts what it checks, it may have lost its digits: it counts once it stays with more of them.
"""

Quotient = Callable[[Level], tuple[Quantity, Quantity]]
"""A difference quotient, and how far it may be off: by the step squared, and by the digits that a difference of large
numbers loses.
"""


class Differences:
    """Difference quotients of one output for any leaf or node."""

    def __init__(self, sheet: Sheet, output: str) -> None:
        self.sheet, self.output = sheet, output
        self._compiled: dict[frozenset[str], Tape] = {}
        self._tapes: dict[tuple[frozenset[str], int], Tape] = {}
        self.rational = is_rational(
            sheet.graph, sheet.vocabulary, [*sheet.values.values(), *leaf_values(sheet.graph).values()]
        )
        self._found: dict[tuple[frozenset[tuple[str, Fraction]], int], Quantity] = {}

    def arithmetic(self, digits: int) -> Arithmetic:
        """Fractions where everything is rational, else so many digits."""
        return RATIONAL if self.rational else precise(digits)

    def uncertainty(self, value: Quantity, step: Quantity, exponent: int, digits: int) -> Quantity:
        """The same in the arithmetic of these quotients."""
        return uncertainty(value, step, exponent, digits, self.arithmetic(digits))

    def tape(self, moved: Iterable[str], digits: int) -> Tape:
        """The graph's tape; moved nodes are cut off from what they read and made leaves.

        A given node that what is moved leads to follows its formula from the value given: it differs from it by a
        constant.
        """
        graph = self.sheet.graph
        key = frozenset(name for name in moved if name in graph.nodes or graph.given)
        if (key, digits) not in self._tapes:
            if key not in self._compiled:
                self._compiled[key] = self._compile(key)
            tape = self._compiled[key].with_arithmetic(self.arithmetic(digits))
            if graph.given:
                tape.run(self._leaves(tape, {name: Fraction(0) for name in key}, digits))
            self._tapes[key, digits] = tape
        return self._tapes[key, digits]

    def _compile(self, moved: frozenset[str]) -> Tape:
        """The tape for all numbers of digits: where nothing is cut off, that of the sheet."""
        graph = self.sheet.graph
        cut = _cut(self.held, moved & graph.nodes.keys(), self.output, self.sheet.values)
        if cut.nodes == graph.nodes and not graph.given:
            return self.sheet.tape
        return compile_graph(cut, self.sheet.vocabulary, EXACT, graph.descendants(moved) if graph.given else ())

    @cached_property
    def held(self) -> Graph:
        """The graph with numbers for what no gradient goes back through, which therefore does not move."""

        def change(part: Expr) -> Expr | None:
            number = self.sheet.approximate(part) if isinstance(part, Call) and stops(part) else None
            return None if number is None else Value(number)

        graph = self.sheet.graph
        formulas = {name: node.formula for name, node in graph.nodes.items() if node.formula is not None}
        changed = {
            name: Node.of(name, transform(formula, change), graph.nodes[name].line)
            for name, formula in formulas.items()
            if holds_back(formula)
        }
        return replace(graph, nodes={**graph.nodes, **changed}) if changed else graph

    def moved(self, offsets: Mapping[str, Fraction], digits: int) -> Quantity:
        """The output with quantities moved by offsets."""
        key = (frozenset((name, offset) for name, offset in offsets.items() if offset), digits)
        if key not in self._found:
            tape = self.tape(offsets, digits)
            self._found[key] = tape.run(self._leaves(tape, offsets, digits))[tape.slots[self.output]]
        return self._found[key]

    def _leaves(self, tape: Tape, offsets: Mapping[str, Fraction], digits: int) -> dict[str, Quantity]:
        number, values = self.arithmetic(digits).number, self.sheet.values
        leaves = {
            **leaf_values(self.sheet.graph),
            **{name: number(values[name]) + number(offset) for name, offset in offsets.items()},
        }
        return {name: value for name, value in leaves.items() if name in tape.slots}

    def central(self, wrt: str, level: Level) -> tuple[Quantity, Quantity]:
        """(f(x + h) - f(x - h)) / 2h."""
        step = self.step(wrt, level.first)
        ends = [self.moved({wrt: side * step}, level.digits) for side in (1, -1)]
        h = self.arithmetic(level.digits).number(step)
        return (ends[0] - ends[1]) / (2 * h), self.uncertainty(ends[0], h, level.first, level.digits)

    def one_sided(self, wrt: str, side: int, level: Level) -> tuple[Quantity, Quantity]:
        """(4 f(x + h) - f(x + 2h) - 3 f(x)) / 2h, of the same order as the central quotient."""
        step = side * self.step(wrt, level.first)
        near, far, here = (self.moved({wrt: count * step}, level.digits) for count in (1, 2, 0))
        h = self.arithmetic(level.digits).number(step)
        return (4 * near - far - 3 * here) / (2 * h), self.uncertainty(near, abs(h), level.first, level.digits)

    def second(self, first: str, other: str, level: Level) -> tuple[Quantity, Quantity]:
        """The second difference quotient for two quantities, or twice for one."""
        h, k = self.step(first, level.second), self.step(other, level.second)
        if first == other:
            values = [self.moved({first: side * h}, level.digits) for side in (1, 0, -1)]
            found = values[0] - 2 * values[1] + values[2]
        else:
            pairs = ((1, 1), (1, -1), (-1, 1), (-1, -1))
            values = [self.moved({first: one * h, other: two * k}, level.digits) for one, two in pairs]
            found = (values[0] - values[1] - values[2] + values[3]) / 4
        area = self.arithmetic(level.digits).number(h * k)
        return found / area, self.uncertainty(values[0], area, level.second, level.digits)

    def on_kink(self, wrt: str) -> bool:
        """Does something on the way stand on a kink?"""
        return not self.kinks.isdisjoint(self.sheet.graph.descendants([wrt]))

    @cached_property
    def kinks(self) -> set[str]:
        """The nodes before the output that stand on a kink."""
        nodes = self.sheet.graph.nodes
        formulas = {name: nodes[name].formula for name in self.sheet.graph.ancestors([self.output]) if name in nodes}
        return {
            name
            for name, formula in formulas.items()
            if formula is not None and next(ties(formula, self.sheet), None) is not None
        }

    def step(self, wrt: str, exponent: int) -> Fraction:
        return Fraction(1, 10**exponent) * max(1, abs(round(self.sheet.values[wrt])))


def uncertainty(
    value: Quantity, step: Quantity, exponent: int, digits: int, arithmetic: Arithmetic | None = None
) -> Quantity:  # fmt: skip
    """How far a quotient may be off: by the step squared, and by the digits that dividing by the step loses."""
    number = (arithmetic or precise(digits)).number
    return number(Fraction(10**6, 10 ** (2 * exponent))) + abs(value) * number(Fraction(100, 10**digits)) / step


def _cut(graph: Graph, moved: Collection[str], output: str, values: Mapping[str, Number]) -> Graph:
    """What the output is worked out from, with nodes that are moved as leaves."""
    nodes = {name: entry for name, entry in graph.nodes.items() if name not in moved}
    given = {name: value for name, value in graph.given.items() if name not in moved}
    moving = {name: Leaf(name, "input", values[name]) for name in moved}
    cut = replace(graph, nodes=nodes, given=given, leaves={**graph.leaves, **moving})
    inside = cut.ancestors([output])
    kept = {name: value for name, value in given.items() if name in inside}
    return replace(cut, nodes={name: entry for name, entry in nodes.items() if name in inside}, given=kept)
