"""The second look at a gradient: a difference quotient at 50 digits, over the same formulas but none of the derivatives."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from fractions import Fraction

from stepper.core.expr import Number
from stepper.core.graph import Graph, Leaf
from stepper.core.steps import Check
from stepper.engine.arithmetic import Quantity, precise
from stepper.engine.evaluate import Tape, Undefined, compile_graph, leaf_values
from stepper.engine.ties import ties
from stepper.engine.worked import Sheet

STEP = Fraction(1, 10**16)
SECOND_STEP = Fraction(1, 10**12)
RELATIVE = 1e-8
FLOOR = 1e-12
NOISE = 1e-26  # of a quotient with this step: its own error is about the step squared
SECOND_NOISE = 1e-18
DIGITS = 1e-48  # the last digits of 50, which a difference of large numbers loses first


class Differences:
    """Difference quotients of one output for any leaf or node."""

    def __init__(self, sheet: Sheet, output: str) -> None:
        self.sheet, self.output = sheet, output
        self._tapes: dict[frozenset[str], Tape] = {}

    def tape(self, moved: Iterable[str]) -> Tape:
        """The graph's tape; moved nodes are cut off from what they read and made leaves.

        A given node that what is moved leads to follows its formula from the value given: it differs from it by a constant.
        """
        graph = self.sheet.graph
        key = frozenset(name for name in moved if name in graph.nodes or graph.given)
        if key not in self._tapes:
            cut = _cut(graph, key & graph.nodes.keys(), self.sheet.values)
            tape = compile_graph(cut, self.sheet.vocabulary, precise(), graph.descendants(key) if graph.given else ())
            if graph.given:
                tape.run({**leaf_values(graph), **{name: Fraction(self.sheet.values[name]) for name in key}})
            self._tapes[key] = tape
        return self._tapes[key]

    def at(self, wrt: str, offset: Fraction) -> Quantity:
        """The output with one quantity moved by an offset."""
        return self.moved({wrt: offset})

    def moved(self, offsets: Mapping[str, Fraction]) -> Quantity:
        """The output with quantities moved by offsets."""
        tape = self.tape(offsets)
        leaves = leaf_values(self.sheet.graph)
        for name, offset in offsets.items():
            leaves[name] = Fraction(self.sheet.values[name]) + offset
        return tape.run(leaves)[tape.slots[self.output]]

    def second(self, first: str, other: str) -> tuple[Quantity, float]:
        """The second difference quotient for two quantities (or twice for one), and how far it may be off."""
        steps = {name: SECOND_STEP / STEP * self.step(name) for name in (first, other)}
        h, k = steps[first], steps[other]
        if first == other:
            values = [self.moved({first: side * h}) for side in (1, 0, -1)]
            found = values[0] - 2 * values[1] + values[2]
        else:
            values = [self.moved({first: one * h, other: two * k}) for one, two in ((1, 1), (1, -1), (-1, 1), (-1, -1))]
            found = (values[0] - values[1] - values[2] + values[3]) / 4
        return found / _number(h * k), float(abs(values[0]) * DIGITS / _number(h * k) + SECOND_NOISE)

    def central(self, wrt: str) -> Quantity:
        """(f(x + h) - f(x - h)) / 2h."""
        step = self.step(wrt)
        return (self.at(wrt, step) - self.at(wrt, -step)) / (2 * _number(step))

    def one_sided(self, wrt: str, side: int) -> Quantity:
        """(4 f(x + h) - f(x + 2h) - 3 f(x)) / 2h, of the same order as the central quotient."""
        step = side * self.step(wrt)
        first, second, here = self.at(wrt, step), self.at(wrt, 2 * step), self.at(wrt, Fraction(0))
        return (4 * first - second - 3 * here) / (2 * _number(step))

    def noise(self, wrt: str) -> float:
        """How far a quotient may be off: by the step squared, and by the digits that a difference of large numbers loses."""
        step = self.step(wrt)
        return float(abs(self.at(wrt, step)) * DIGITS / _number(step) + NOISE)

    def on_boundary(self, wrt: str) -> bool:
        """Does something on the way stand on a kink?"""
        graph = self.sheet.graph
        for name in graph.descendants([wrt]) & graph.ancestors([self.output]):
            formula = graph.nodes[name].formula if name in graph.nodes else None
            if formula is not None and next(ties(formula, self.sheet), None) is not None:
                return True
        return False

    def step(self, wrt: str) -> Fraction:
        return STEP * max(Fraction(1), abs(Fraction(self.sheet.values[wrt])))


def check_gradient(differences: Differences, name: str, wrt: str, gradient: Number, scale: float, seed: Number) -> Check:
    """Compares a gradient with difference quotients.

    ``seed`` is the gradient arriving at the output. ``scale`` is the size of the terms that were added up, so that a zero
    that came by cancellation is judged by what cancelled. Where a case distinction stands on its boundary, as at a kink, the
    quotients from either side are tried too: the slope taken must be one of the two.
    """
    try:
        central = differences.central(wrt) * _number(seed)
        noise = differences.noise(wrt) * abs(float(seed))
        if _close(central, gradient, scale, noise) or not differences.on_boundary(wrt):
            return Check("central difference", name, _close(central, gradient, scale, noise), _plain(central, noise))
        sides = {side: differences.one_sided(wrt, side) * _number(seed) for side in (-1, 1)}
    except Undefined as error:
        return Check("central difference", name, None, None, (f"not applicable: {error.what}",))
    for side, word in ((-1, "left"), (1, "right")):
        if _close(sides[side], gradient, scale, noise):
            return Check(f"difference from the {word}", name, True, _plain(sides[side], noise), ("a kink lies on the way",))
    return Check("difference from one side", name, None, None, ("not applicable: the slope taken is that of neither side",))


def _close(found: Quantity, gradient: Number, scale: float, noise: float) -> bool:
    return bool(abs(found - _number(gradient)) <= RELATIVE * abs(_number(gradient)) + FLOOR * scale + noise)


def _plain(found: Quantity, noise: float) -> float:
    """The quotient as a float; what lies below its own noise is 0."""
    return float(found) if abs(found) > noise else 0.0


def _number(number: Number) -> Quantity:
    return precise().number(number)


def _cut(graph: Graph, moved: Collection[str], values: Mapping[str, Number]) -> Graph:
    if not moved:
        return graph
    nodes = {name: entry for name, entry in graph.nodes.items() if name not in moved}
    given = {name: value for name, value in graph.given.items() if name not in moved}
    return replace(graph, nodes=nodes, given=given, leaves={**graph.leaves, **{name: Leaf(name, "input", values[name]) for name in moved}})
