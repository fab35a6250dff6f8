"""Local derivatives, one for each edge: as a formula in the node's own terms, as a number, and the kinks it stands
on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

from msgspec import Struct

from stepper.core.expr import Deriv, Expr, Number, Value
from stepper.core.formula import reference
from stepper.core.graph import Node
from stepper.core.steps import Equation
from stepper.core.traverse import substitute
from stepper.engine.values.cancelling import cancelled
from stepper.engine.values.definitions import is_arithmetic, unfold
from stepper.engine.values.differentiate import ZERO, partials
from stepper.engine.values.equations import Sheet
from stepper.engine.values.evaluate import at_node
from stepper.engine.values.kinks import Kink, Slopes


class Local(Struct, frozen=True, dict=True):
    """The local derivative of ``target`` for ``source``: ``result`` is its number, or what is known of it in symbols.

    ``slot`` is the place at which the target reads the source; ``wire`` tells edges from the same source apart, 0 where
    there is one. Its equation and its kinks are worked by those that it is ``among`` when they are asked for: many
    gradients are wanted as numbers alone.
    """

    source: str
    target: str
    slot: int
    result: Expr
    number: Number | None
    given: bool
    wire: int
    among: Locals

    @property
    def symbol(self) -> Deriv:
        return Deriv(reference(self.target), reference(self.source), total=False, wire=self.wire)

    @cached_property
    def equation(self) -> Equation:
        """The formula, numbers put in, value; without sides where the edge is known only by name."""
        return self.among.equation(self)

    @cached_property
    def kinks(self) -> tuple[Kink, ...]:
        """The kinks that it stands on."""
        return self.among.kinks(self.source, self.target, self.slot)


class Locals:
    """The local derivatives of a sheet's graph, each worked out once, when asked for."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet, self.graph, self.vocabulary = sheet, sheet.graph, sheet.vocabulary
        self._found: dict[tuple[str, str, int], Local] = {}
        self._partials: dict[tuple[str, bool], Sequence[Expr]] = {}
        self._kinks: dict[str, list[Kink]] = {}
        self._wires: dict[str, list[int]] = {}

    def __call__(self, source: str, target: str, slot: int) -> Local:
        if (source, target, slot) not in self._found:
            with at_node(self.graph, target):
                self._found[source, target, slot] = self._work(source, target, slot)
        return self._found[source, target, slot]

    @property
    def worked(self) -> Iterable[Local]:
        """Those that were asked for so far."""
        return self._found.values()

    def formula(self, source: str, target: str, slot: int, stable: bool = False) -> Expr | None:
        """The derivative's formula, or None where the edge is known only by name."""
        given = self.graph.local.get((source, target))
        if given is not None:
            return given
        if self.graph.nodes[target].formula is None:
            return None
        if (target, stable) not in self._partials:
            node = self.graph.nodes[target]
            assert node.formula is not None
            if stable and is_arithmetic(node.formula):  # without functions there is one form of it
                return self.formula(source, target, slot)
            self._partials[target, stable] = self._by_slot(node, stable)
        return self._partials[target, stable][slot]

    def _by_slot(self, node: Node, stable: bool) -> list[Expr]:
        """The partial derivatives of a node in the order of its slots; a name that it reads twice is taken as two.

        They read the node's own value, as in ``a*(1 - a)``, unless that is given: then it is not what the formula comes
        to.
        """
        formula, origins = node.wired()
        out = None if node.name in self.graph.given else reference(node.name)
        slopes = Slopes(self.sheet, node, origins)
        found = partials(formula, self.vocabulary, out, stable, slopes.taken)
        if not stable:
            self._kinks[node.name] = slopes.found
        slopes_found = [found.get(wire, ZERO) for wire in origins]
        if formula is node.formula:  # nothing is read twice: the wires are the names themselves
            return slopes_found
        return [substitute(slope, origins) for slope in slopes_found]

    def kinks(self, source: str, target: str, slot: int) -> tuple[Kink, ...]:
        """The kinks that this local derivative stands on."""
        if (source, target) in self.graph.local or self.formula(source, target, slot) is None:
            return ()
        return tuple(kink for kink in self._kinks[target] if slot in kink.slots)

    def _work(self, source: str, target: str, slot: int) -> Local:
        if target not in self._wires:
            self._wires[target] = self.graph.nodes[target].wires()
        wire = self._wires[target][slot]
        symbol = Deriv(reference(target), reference(source), False, wire)
        stable = self.formula(source, target, slot, stable=True)
        if stable is None:
            return Local(source, target, slot, symbol, None, False, wire, self)
        number, given = self.sheet.number(stable), (source, target) in self.graph.local
        result = self._in_letters(source, target, slot) if number is None else Value(number)
        return Local(source, target, slot, result, number, given, wire, self)

    def _in_letters(self, source: str, target: str, slot: int) -> Expr:
        formula = self.formula(source, target, slot)
        assert formula is not None
        return self.sheet.put_in(self.sheet.decide(unfold(formula, self.vocabulary))[0])

    def equation(self, local: Local) -> Equation:
        edge = local.source, local.target, local.slot
        with at_node(self.graph, local.target):
            formula, stable = self.formula(*edge), self.formula(*edge, stable=True)
            if formula is None:
                return Equation(local.symbol, (), "gradient")
            simpler = cancelled(formula)
            return self.sheet.worked(
                local.symbol, formula, local.number, "gradient", stable, None if simpler is None else simpler.expr
            )
