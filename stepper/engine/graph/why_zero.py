"""Why a gradient is zero: no path, a factor that is zero on every path, or terms that cancel."""

from __future__ import annotations

from collections.abc import Iterator

from stepper.core.expr import Expr, Neg, Product, Value
from stepper.core.formula import number_of, reference
from stepper.core.prose import Prose
from stepper.engine.graph.adjoints import Gradients
from stepper.engine.graph.local_derivatives import Local
from stepper.engine.values.differentiate import ZERO


def why_zero(gradients: Gradients, name: str) -> Prose:
    """The reason for a zero gradient, in one line.

    The edges of value zero that block the way are looked for from the quantity towards the output; where the way is
    open, the terms that arrive cancel.
    """
    here, end = reference(name), reference(gradients.output)
    if name not in gradients.inside:
        return ("no path leads from ", here, " to ", end)
    blocked: list[tuple[str, str, int]] = []
    seen, stack = {name}, [name]
    while stack:
        source = stack.pop()
        for reader, slot in gradients.edges(source):
            if gradients.locals(source, reader, slot).number == 0:
                blocked.append((source, reader, slot))
            elif reader not in seen:
                seen.add(reader)
                stack.append(reader)
    if gradients.output not in seen:
        return _blocked(gradients, blocked)
    cancelled = _cancelled(gradients, name)
    if cancelled is not None:
        return ("the contributions to ", reference(cancelled), " cancel")
    return ("too small for a floating point number",)


def _blocked(gradients: Gradients, blocked: list[tuple[str, str, int]]) -> Prose:
    words: list[str | Expr] = []
    for source, reader, slot in blocked:
        edge = gradients.locals(source, reader, slot)
        words += [" and "] if words else []
        words += [edge.symbol, *_cause(gradients, edge)]
    return tuple(words)


def _cause(gradients: Gradients, edge: Local) -> Prose:
    """Why a local derivative is zero: the case that holds, a factor that is zero, or only where it is so."""
    if isinstance(edge.number, float):
        return (" is too small for a floating point number",)
    noted = next((link.note for link in edge.equation.links if link.note), ())
    if noted:
        return (" = 0, since ", *noted)
    formula = edge.equation.links[0].expr if edge.equation.links else ZERO
    if number_of(formula) is not None:
        return (" = 0",)
    factor = next((part for part in _factors(formula) if gradients.sheet.approximate(part) == 0), None)
    if factor is not None:
        return (" = 0, since ", factor, " = 0")
    value = gradients.sheet.values.get(edge.source)
    return (" = 0",) if value is None else (" = 0 at ", reference(edge.source), " = ", Value(value))


def _factors(expr: Expr) -> Iterator[Expr]:
    """What a product multiplies, however deep; a formula that is no product by itself."""
    if isinstance(expr, Neg):
        yield from _factors(expr.body)
    elif isinstance(expr, Product):
        for sign, operand in zip(("*", *expr.operators), expr.operands, strict=True):
            if sign == "*":
                yield from _factors(operand)
    elif number_of(expr) is None:
        yield expr


def _cancelled(gradients: Gradients, name: str) -> str | None:
    """The nearest quantity towards the output at which non-zero terms add up to zero."""
    queue, seen = [name], {name}
    while queue:
        here = queue.pop(0)
        if number_of(gradients.adjoint(here)) == 0:
            terms = [number_of(gradients.product(results)) for _, results in gradients.contributions(here)]
            if any(terms):
                return here
        for reader, _ in gradients.edges(here):
            if reader not in seen:
                seen.add(reader)
                queue.append(reader)
    return None
