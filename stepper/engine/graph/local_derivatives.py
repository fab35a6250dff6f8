"""Local derivatives, one for each edge: as a formula in the node's own terms, as a number, and the kinks it stands
on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property

from msgspec import Struct

from stepper.core.expr import Deriv, Expr, Number, Value
from stepper.core.formula import reference
from stepper.core.graph import Node
from stepper.core.steps import Equation
from stepper.core.traverse import substitute
from stepper.engine.values.cancelling import cancelled
from stepper.engine.values.definitions import unfold
from stepper.engine.values.differentiate import ZERO, partials
from stepper.engine.values.equations import Sheet
from stepper.engine.values.evaluate import at_node
from stepper.engine.values.kinks import Kink, Slopes


class Local(Struct, frozen=True, dict=True):
    """The local derivative of ``target`` for ``source``: ``result`` is its number, or what is known of it in symbols.

    ``slot`` is the place at which the target reads the source; ``wire`` tells edges from the same source apart, 0 where
    there is one.
    """

    source: str
    target: str
    slot: int
    result: Expr
    number: Number | None
    written: Callable[[], Equation]
    given: bool
    wire: int
    kinks: tuple[Kink, ...] = ()

    @cached_property
    def equation(self) -> Equation:
        """How it is worked out, written where it is read."""
        return self.written()

    @property
    def symbol(self) -> Deriv:
        return Deriv(reference(self.target), reference(self.source), total=False, wire=self.wire)


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
            self._partials[target, stable] = self._by_slot(self.graph.nodes[target], stable)
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
        formula = self.formula(source, target, slot)
        if formula is None:
            return Local(source, target, slot, symbol, None, lambda: Equation(symbol, (), "gradient"), False, wire)
        stable = self.formula(source, target, slot, stable=True)
        assert stable is not None
        number = self.sheet.number(stable)

        def written() -> Equation:
            simpler = cancelled(formula)
            with at_node(self.graph, target):
                return self.sheet.worked(
                    symbol, formula, number, "gradient", stable, None if simpler is None else simpler.expr
                )

        result = (
            Value(number)
            if number is not None
            else self.sheet.put_in(self.sheet.decide(unfold(formula, self.vocabulary))[0])
        )
        given, kinks = (source, target) in self.graph.local, self.kinks(source, target, slot)
        return Local(source, target, slot, result, number, written, given, wire, kinks)
