"""Gradients of arrays in shorter forms: what cancels entry by entry taken out, ``dL/da ⊙ a ⊙ (1 - a)`` is ``a - y``; a
softmax followed by a log loss as the difference that it comes to.
"""

from __future__ import annotations

from collections.abc import Iterator

from stepper.core.expr import Call, Deriv, Expr, Product, Sum, Transpose, Where
from stepper.core.prose import Prose, listed
from stepper.core.traverse import names, substitute, walk
from stepper.engine.tensor.gradients import ArrayGradients
from stepper.engine.tensor.residuals import Residuals
from stepper.engine.tensor.sizes import volume
from stepper.engine.values.cancelling import cancelled


class ShorterForms:
    """The shorter forms of the gradients of a graph, asked for from the output back."""

    def __init__(self, gradients: ArrayGradients) -> None:
        self.gradients, self.residuals = gradients, Residuals(gradients)
        self.found: dict[Expr, Expr] = {}
        """The shortest form of each gradient that is worked entry by entry."""
        self.short: dict[Expr, Expr] = {}
        """Those that something was taken out of."""
        self.taken_out: dict[str, tuple[Expr, ...]] = {}
        """What was divided by and cancelled in the gradient of each quantity, and so must not be 0."""

    def of(self, name: str) -> list[tuple[Expr, Prose]]:
        """What stands after a gradient's formula, with what it takes: the upstream gradients put in, then what is left
        of that; nothing where nothing cancels.
        """
        formula, symbol = self.gradients.formulas[name], self.gradients.board.symbol(name)
        whole, residual = substitute(formula, self.found), self.residuals.of(name)
        if residual is not None:
            sides = [(whole, ()), (residual.expr, residual.condition)]
            left = {*divisors(residual.expr)}
            self.taken_out[name] = tuple(part for part in divisors(whole) if part not in left)
        else:
            sides = [(side, ()) for side in self.cancelled(name, whole)]
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

    def cancelled(self, name: str, whole: Expr) -> list[Expr]:
        """The formula in which something cancels, and what is left of it."""
        formula = self.gradients.formulas[name]
        for side in dict.fromkeys((formula, whole)):
            left = cancelled(side)
            if left is not None and self.gradients.shape(left.expr) == self.gradients.shape(formula):
                self.taken_out[name] = left.factors
                return [side, left.expr]
        return []

    def condition(self, name: str) -> Prose:
        """That what was cancelled in a gradient is not 0; nothing where nothing was."""
        factors = self.taken_out.get(name, ())
        if not factors:
            return ()
        several = any(volume(self.gradients.shape(factor)) != 1 for factor in factors)
        conditions = listed([(self.gradients.shown(factor), " ≠ 0") for factor in factors])
        return ("where ", *conditions, *([" in all entries"] if several else []))


def divisors(expr: Expr) -> Iterator[Expr]:
    """What quantities a formula divides by, each once."""
    found = dict[Expr, None]()
    for part in walk(expr):
        if isinstance(part, Product):
            below = (operand for sign, operand in zip(part.operators, part.operands[1:], strict=True) if sign == "/")
            for operand in below:
                found |= dict.fromkeys(operand.operands if isinstance(operand, Product) else [operand])
    return (part for part in found if names(part))


def _hands_on(formula: Expr) -> bool:
    """Is a gradient the upstream one times arrays, as matrices, and nothing entry by entry?"""
    operators = {sign for part in walk(formula) if isinstance(part, Product) for sign in part.operators}
    return (
        not isinstance(formula, Deriv)
        and operators <= {"@"}
        and not any(isinstance(part, Sum) for part in walk(formula))
    )
