"""A path's product of local derivatives with what cancels taken out, in the nodes' own names."""

from __future__ import annotations

from msgspec import Struct

from stepper.core.expr import Expr, Value
from stepper.engine.graph.adjoints import Gradients, joined
from stepper.engine.graph.paths import Edge, Path
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
        formula = _local(gradients, edge)
        if formula is None:
            return None
        formulas.append(formula)
    whole = joined(formulas)
    left = cancelled(whole)
    if left is None:
        return None
    numbers = sheet.put_in(left.expr)
    number = sheet.number(left.expr)
    return ShorterProduct([whole, left.expr, numbers], numbers if number is None else Value(number), left.factors)


def cancelled_upstream(gradients: Gradients) -> dict[str, ShorterProduct]:
    """The gradients in which factors cancel with the formula of the upstream gradient put in, from the output back;
    that of what the output alone uses has no ``sides``.
    """
    found: dict[str, ShorterProduct] = {}
    for name in gradients.order if gradients.upstream is None else ():
        edges = gradients.edges(name)
        if len(edges) != 1 or (edges[0][0] != gradients.output and edges[0][0] not in found):
            continue
        formula = _local(gradients, (name, *edges[0]))
        if formula is None:
            continue
        if edges[0][0] == gradients.output:
            found[name] = ShorterProduct([], formula, ())
            continue
        whole = joined([found[edges[0][0]].term, formula])
        left = cancelled(whole)
        if left is not None:
            numbers = gradients.sheet.put_in(left.expr)
            found[name] = ShorterProduct([whole, left.expr, numbers], left.expr, left.factors)
    return found


def _local(gradients: Gradients, edge: Edge) -> Expr | None:
    """The formula of a local derivative without what cancels in it; None where it is known by name alone, or there is a
    kink.
    """
    formula, sheet = gradients.locals.formula(*edge), gradients.sheet
    if formula is None or gradients.locals(*edge).kinks:
        return None
    formula = sheet.decide(unfold(formula, sheet.vocabulary))[0]
    simpler = cancelled(formula)
    return formula if simpler is None else simpler.expr
