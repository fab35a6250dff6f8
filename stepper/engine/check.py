"""The second look at a gradient: a difference quotient at 50 digits, over the same formulas but none of the derivatives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from stepper.core.expr import Number
from stepper.core.graph import Graph, Leaf
from stepper.core.steps import Check
from stepper.engine.evaluate import Quantity, Tape, Undefined, compile_graph, leaf_values, precise
from stepper.engine.worked import Sheet

STEP = Fraction(1, 10**12)
RELATIVE = 1e-8
FLOOR = 1e-12


class Differences:
    """Difference quotients of one output for any leaf or node."""

    def __init__(self, sheet: Sheet, output: str) -> None:
        self.sheet, self.output = sheet, output
        self._tapes: dict[str, Tape] = {}

    def tape(self, moved: str) -> Tape:
        """The graph's tape; a moved node is cut off from what it reads and made a leaf."""
        key = moved if moved in self.sheet.graph.nodes else ""
        if key not in self._tapes:
            self._tapes[key] = compile_graph(_cut(self.sheet.graph, key, self.sheet.values), self.sheet.vocabulary, precise())
        return self._tapes[key]

    def at(self, wrt: str, offset: Fraction) -> Quantity:
        """The output with one quantity moved by an offset."""
        tape = self.tape(wrt)
        leaves = leaf_values(self.sheet.graph)
        if wrt in self.sheet.graph.nodes:
            leaves[wrt] = self.sheet.values[wrt]
        leaves[wrt] = Fraction(leaves[wrt]) + offset
        return tape.run(leaves)[tape.slots[self.output]]

    def central(self, wrt: str) -> Quantity:
        """(f(x + h) - f(x - h)) / 2h."""
        step = self.step(wrt)
        return (self.at(wrt, step) - self.at(wrt, -step)) / (2 * _number(step))

    def one_sided(self, wrt: str, side: int) -> Quantity:
        """(4 f(x + h) - f(x + 2h) - 3 f(x)) / 2h, of the same order as the central quotient."""
        step = side * self.step(wrt)
        first, second, here = self.at(wrt, step), self.at(wrt, 2 * step), self.at(wrt, Fraction(0))
        return (4 * first - second - 3 * here) / (2 * _number(step))

    def step(self, wrt: str) -> Fraction:
        return STEP * max(Fraction(1), abs(Fraction(self.sheet.values[wrt])))


def check_gradient(differences: Differences, name: str, wrt: str, gradient: Number, scale: float, kinked: bool, seed: Number) -> Check:
    """Compares a gradient with difference quotients.

    ``seed`` is the gradient arriving at the output. ``scale`` is the size of the terms that were added up, so that a zero
    that came by cancellation is judged by what cancelled.
    At a kink the quotients from either side are tried: the slope taken must be one of the two.
    """
    try:
        if not kinked:
            central = differences.central(wrt) * _number(seed)
            return Check("central difference", name, _close(central, gradient, scale), _plain(central))
        sides = {side: differences.one_sided(wrt, side) * _number(seed) for side in (-1, 1)}
    except Undefined as error:
        return Check("central difference", name, None, None, (f"not applicable: {error.what}",))
    for side, word in ((-1, "left"), (1, "right")):
        if _close(sides[side], gradient, scale):
            return Check(f"difference from the {word}", name, True, _plain(sides[side]), ("a kink lies on the way",))
    return Check("difference from one side", name, None, None, ("not applicable: the slopes taken at the kinks are those of neither side",))


def _close(found: Quantity, gradient: Number, scale: float) -> bool:
    return bool(abs(found - _number(gradient)) <= RELATIVE * abs(float(gradient)) + FLOOR * scale + 1e-30)


def _plain(found: Quantity) -> float:
    """The quotient as a float, its noise far below the digits in use taken off."""
    return float(found) if abs(found) > 1e-25 else 0.0


def _number(number: Number) -> Quantity:
    return precise().number(number)


def _cut(graph: Graph, node: str, values: Mapping[str, Number]) -> Graph:
    if not node:
        return graph
    nodes = {name: entry for name, entry in graph.nodes.items() if name != node}
    return replace(graph, nodes=nodes, leaves={**graph.leaves, node: Leaf(node, "input", values[node])})
