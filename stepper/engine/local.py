"""Local derivatives, one for each edge: as a formula in the node's own terms, as a number, and the slope taken at a kink."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from stepper.core.expr import Deriv, Expr, Number, Value, Where, walk
from stepper.core.formula import reference
from stepper.core.graph import Edge
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
    """The local derivative of ``target`` for ``source``: ``result`` is its number, or what is known of it in symbols."""

    source: str
    target: str
    slot: int
    result: Expr
    number: Number | None
    equation: Equation
    given: bool
    kink: Kink | None = None

    @property
    def symbol(self) -> Deriv:
        return Deriv(reference(self.target), reference(self.source), total=False)


class Locals:
    """The local derivatives of a sheet's graph, each worked out once, when asked for."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet, self.graph, self.vocabulary = sheet, sheet.graph, sheet.vocabulary
        self._found: dict[Edge, Local] = {}
        self._partials: dict[tuple[str, bool], dict[Expr, Expr]] = {}

    def __call__(self, source: str, target: str) -> Local:
        if (source, target) not in self._found:
            with at_node(self.graph, target):
                self._found[source, target] = self._work(source, target)
        return self._found[source, target]

    def formula(self, source: str, target: str, stable: bool = False) -> Expr | None:
        """The derivative's formula, or None where the edge is known only by name."""
        given = self.graph.local.get((source, target))
        if given is not None:
            return given
        formula = self.graph.nodes[target].formula
        if formula is None:
            return None
        if (target, stable) not in self._partials:
            self._partials[target, stable] = partials(formula, self.vocabulary, out=reference(target), stable=stable)
        return self._partials[target, stable].get(reference(source), ZERO)

    def kink(self, source: str, target: str) -> Kink | None:
        """The kink that this local derivative stands on, where it does."""
        formula = self.formula(source, target)
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

    def _work(self, source: str, target: str) -> Local:
        slot = self.graph.nodes[target].reads.index(source)
        symbol = Deriv(reference(target), reference(source), total=False)
        formula = self.formula(source, target)
        if formula is None:
            return Local(source, target, slot, symbol, None, Equation(symbol, (), "gradient"), False)
        stable = self.formula(source, target, stable=True)
        assert stable is not None
        number = self.sheet.number(stable)
        kink = self.kink(source, target)
        if kink is not None:
            number = kink.taken
        if kink is not None and kink.taken != self.sheet.approximate(formula):
            equation = self.sheet.worked(symbol, Value(kink.taken), kink.taken, "gradient")
        else:
            equation = self.sheet.worked(symbol, formula, number, "gradient", stable)
        result = Value(number) if number is not None else self.sheet.put_in(self.sheet.decide(unfold(formula, self.vocabulary))[0])
        return Local(source, target, slot, result, number, equation, (source, target) in self.graph.local, kink)
