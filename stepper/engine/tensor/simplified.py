"""Gradients of arrays in shorter forms: what cancels entry by entry taken out, ``dL/da ⊙ a ⊙ (1 - a)`` is ``a - y``; a
softmax followed by a log loss as the difference that it comes to.
"""

from __future__ import annotations

from stepper.core.expr import Call, Deriv, Expr, Product, Sum, Transpose, Where
from stepper.core.prose import Prose
from stepper.core.traverse import substitute, walk
from stepper.engine.tensor.gradients import ArrayGradients
from stepper.engine.tensor.residuals import Residuals
from stepper.engine.values.cancelling import cancelled


class ShorterForms:
    """The shorter forms of the gradients of a graph, asked for from the output back."""

    def __init__(self, gradients: ArrayGradients) -> None:
        self.gradients, self.residuals = gradients, Residuals(gradients)
        self.found: dict[Expr, Expr] = {}
        """The shortest form of each gradient that is worked entry by entry."""
        self.short: dict[Expr, Expr] = {}
        """Those that something was taken out of."""

    def of(self, name: str) -> list[tuple[Expr, Prose]]:
        """What stands after a gradient's formula, with what it takes: the upstream gradients put in, then what is left
        of that; nothing where nothing cancels.
        """
        formula, symbol = self.gradients.formulas[name], self.gradients.board.symbol(name)
        whole, residual = substitute(formula, self.found), self.residuals.of(name)
        if residual is not None:
            sides = [(whole, ()), (residual.expr, residual.condition)]
        else:
            sides = [(side, ()) for side in self.cancelled(formula, whole)]
        shown: list[tuple[Expr, Prose]] = [
            (self.gradients.shown(side), words) for side, words in sides if side != formula
        ]
        best = shown[-1][0] if shown else formula
        if not any(isinstance(part, Call | Transpose | Where) for part in walk(best)):
            self.found[symbol] = best
            if shown:
                self.short[symbol] = best
        if not shown and name in self.gradients.wrt and _hands_on(formula):
            put = substitute(formula, self.short)
            shown += [(put, ())] if put != formula else []
        return shown

    def cancelled(self, formula: Expr, whole: Expr) -> list[Expr]:
        """The formula in which something cancels, and what is left of it."""
        for side in dict.fromkeys((formula, whole)):
            left = cancelled(side)
            if left is not None and self.gradients.shape(left.expr) == self.gradients.shape(formula):
                return [side, left.expr]
        return []


def _hands_on(formula: Expr) -> bool:
    """Is a gradient the upstream one times arrays, as matrices, and nothing entry by entry?"""
    operators = {sign for part in walk(formula) if isinstance(part, Product) for sign in part.operators}
    return (
        not isinstance(formula, Deriv)
        and operators <= {"@"}
        and not any(isinstance(part, Sum) for part in walk(formula))
    )
