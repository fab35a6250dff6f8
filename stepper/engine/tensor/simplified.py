"""Gradients of arrays with what cancels taken out, entry by entry: ``dL/da ⊙ a ⊙ (1 - a)`` is ``a - y``."""

from __future__ import annotations

from stepper.core.expr import Array, Call, Expr, Transpose, Where
from stepper.core.traverse import substitute, walk
from stepper.engine.tensor.gradients import Gradients
from stepper.engine.values.cancelling import cancelled


class ShorterForms:
    """The shorter forms of the gradients of a graph, asked for from the output back."""

    def __init__(self, gradients: Gradients) -> None:
        self.gradients = gradients
        self.found: dict[Expr, Expr] = {}
        """The shortest form of each gradient that is worked entry by entry."""

    def of(self, name: str) -> list[Expr]:
        """What stands after a gradient's formula: the upstream gradients put in, then what is left of that; nothing
        where nothing cancels.
        """
        formula, symbol = self.gradients.formulas[name], self.gradients.board.symbol(name)
        sides: list[Expr] = []
        for whole in dict.fromkeys((formula, substitute(formula, self.found))):
            left = cancelled(whole)
            if left is not None and self.gradients.shape(left.expr) == self.gradients.shape(formula):
                sides = [side for side in (whole, left.expr) if side != formula]
                break
        shown = [self.gradients.shown(side) for side in sides]
        best = shown[-1] if shown else formula
        if not any(isinstance(part, Array | Call | Transpose | Where) for part in walk(best)):
            self.found[symbol] = best
        return shown
