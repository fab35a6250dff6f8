"""A path's product of local derivatives with what cancels taken out, in the nodes' own names."""

from __future__ import annotations

from msgspec import Struct

from stepper.core.expr import Expr, Value
from stepper.engine.graph.adjoints import Gradients, joined
from stepper.engine.graph.paths import Path
from stepper.engine.values.cancelling import cancelled
from stepper.engine.values.definitions import unfold


class ShorterProduct(Struct, frozen=True):
    """The product in ``sides``: the formulas of the factors, what is left of them, the same with numbers; the ``term``
    that it comes to. The ``factors`` that were cancelled must not be 0.
    """

    sides: list[Expr]
    term: Expr
    factors: tuple[Expr, ...]


def simplified(gradients: Gradients, path: Path) -> ShorterProduct | None:
    """None where nothing cancels across the edges of the path, or an edge is known by name alone."""
    if len(path) < 2:
        return None
    sheet = gradients.sheet
    formulas = [] if gradients.upstream is None else [gradients.upstream]
    for edge in reversed(path):
        formula = gradients.locals.formula(*edge)
        if formula is None or gradients.locals(*edge).kinks:
            return None
        formula = sheet.decide(unfold(formula, sheet.vocabulary))[0]
        simpler = cancelled(formula)
        formulas.append(formula if simpler is None else simpler.expr)
    whole = joined(formulas)
    left = cancelled(whole)
    if left is None:
        return None
    numbers = sheet.put_in(left.expr)
    number = sheet.number(left.expr)
    return ShorterProduct([whole, left.expr, numbers], numbers if number is None else Value(number), left.factors)


def cancelled_upstream(gradients: Gradients, name: str) -> ShorterProduct | None:
    """The gradient of a quantity with the upstream gradient's formula put in, where factors cancel; without ``sides``
    where the output alone uses it. None where nothing cancels, or the formula is not closed.
    """
    edges, sheet = gradients.edges(name), gradients.sheet
    if len(edges) != 1 or gradients.upstream is not None:
        return None
    reader, _ = edge = edges[0]
    formula = gradients.locals.formula(name, *edge)
    if formula is None or gradients.locals(name, *edge).kinks:
        return None
    formula = sheet.decide(unfold(formula, sheet.vocabulary))[0]
    simpler = cancelled(formula)
    formula = formula if simpler is None else simpler.expr
    if reader == gradients.output:
        return ShorterProduct([], formula, ())
    above = cancelled_upstream(gradients, reader)
    if above is None:
        return None
    whole = joined([above.term, formula])
    left = cancelled(whole)
    if left is None:
        return None
    return ShorterProduct([whole, left.expr, sheet.put_in(left.expr)], left.expr, left.factors)
