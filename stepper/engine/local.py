"""Local derivatives, one for each edge: as a formula in the node's own terms, as a number, and the slope taken at a kink."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from stepper.core.expr import Deriv, Expr, Number, Value, Where, substitute, walk
from stepper.core.formula import reference
from stepper.core.graph import Node
from stepper.core.steps import Equation, Prose
from stepper.engine.differentiate import ZERO, partials
from stepper.engine.evaluate import at_node
from stepper.engine.unfold import define, lower, unfold
from stepper.engine.worked import Sheet, close


@dataclass(frozen=True, slots=True)
class Kink:
    """A point at which a local derivative depends on the side: ``where`` says which (``h2 = 0``).

    At a ``jump`` the value itself does, from the first number to the second: no derivative exists there.
    """

    node: str
    source: str
    where: Prose
    left: Number
    right: Number
    taken: Number
    jump: tuple[Number, Number] | None = None


@dataclass(frozen=True, slots=True)
class Local:
    """The local derivative of ``target`` for ``source``: ``result`` is its number, or what is known of it in symbols.

    ``slot`` is the place at which the target reads the source; ``wire`` tells edges from the same source apart, 0 where there is one.
    """

    source: str
    target: str
    slot: int
    result: Expr
    number: Number | None
    equation: Equation
    given: bool
    wire: int = 0
    kink: Kink | None = None

    @property
    def symbol(self) -> Deriv:
        return Deriv(reference(self.target), reference(self.source), total=False, wire=self.wire)


class Locals:
    """The local derivatives of a sheet's graph, each worked out once, when asked for."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet, self.graph, self.vocabulary = sheet, sheet.graph, sheet.vocabulary
        self._found: dict[tuple[str, str, int], Local] = {}
        self._partials: dict[tuple[str, bool], Sequence[Expr]] = {}

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
        """The partial derivatives of a node in the order of its slots; a name that it reads twice is taken as two."""
        formula, origins = node.wired()
        found = partials(formula, self.vocabulary, out=reference(node.name), stable=stable)
        return [substitute(found.get(wire, ZERO), origins) for wire in origins]

    def kink(self, source: str, target: str, slot: int) -> Kink | None:
        """The kink that this local derivative stands on, where it does."""
        formula = self.formula(source, target, slot)
        if formula is None or self.sheet.approximate(formula) is None:
            return None
        value = self.graph.nodes[target].formula
        if not any(isinstance(part, Where) for side in (formula, value) if side is not None for part in walk(lower(side, self.vocabulary))):
            return None
        left, right, row = (self.sheet.approximate(formula, tie) for tie in (-1, 1, 0))
        if left is None or right is None or row is None:
            return None
        ends = [self.sheet.approximate(value, tie) if value is not None else None for tie in (-1, 1)]
        jump = (ends[0], ends[1]) if ends[0] is not None and ends[1] is not None and not close(ends[0], ends[1]) else None
        if left == right and jump is None:
            return None
        convention = self.vocabulary.kink
        taken = Fraction(convention.left) * left + Fraction(convention.right) * right + Fraction(convention.row) * row
        where = self._where(unfold(formula, self.vocabulary), unfold(value, self.vocabulary) if value is not None else formula)
        return Kink(target, source, where, left, right, taken, jump)

    def _where(self, *formulas: Expr) -> Prose:
        for part in (part for formula in formulas for part in walk(define(formula, self.vocabulary))):
            if isinstance(part, Where):
                left, right = self.sheet.approximate(part.left), self.sheet.approximate(part.right)
                if left is not None and left == right:
                    return (part.left, " = ", part.right)
        return ("a point",)

    def _work(self, source: str, target: str, slot: int) -> Local:
        wire = self.graph.nodes[target].wire(slot)
        symbol = Deriv(reference(target), reference(source), False, wire)
        formula = self.formula(source, target, slot)
        if formula is None:
            return Local(source, target, slot, symbol, None, Equation(symbol, (), "gradient"), False, wire)
        stable = self.formula(source, target, slot, stable=True)
        assert stable is not None
        number = self.sheet.number(stable)
        kink = self.kink(source, target, slot)
        if kink is not None:
            number = kink.taken
        if kink is not None and kink.taken != self.sheet.approximate(formula):
            equation = self.sheet.worked(symbol, Value(kink.taken), kink.taken, "gradient")
        else:
            equation = self.sheet.worked(symbol, formula, number, "gradient", stable)
        result = Value(number) if number is not None else self.sheet.put_in(self.sheet.decide(unfold(formula, self.vocabulary))[0])
        return Local(source, target, slot, result, number, equation, (source, target) in self.graph.local, wire, kink)
