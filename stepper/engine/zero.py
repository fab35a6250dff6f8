"""Why a gradient is zero: no path, a factor that is zero on every path, or terms that cancel."""

from __future__ import annotations

from stepper.core.expr import Expr, Value
from stepper.core.formula import number_of, reference
from stepper.core.steps import Prose
from stepper.engine.adjoints import Gradients


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
    if gradients.output not in seen and blocked:
        return _blocked(gradients, blocked)
    cancelled = _cancelled(gradients, name)
    if cancelled is not None:
        return ("the terms that arrive at ", reference(cancelled), " cancel")
    return ("too small for a floating point number",)


def _blocked(gradients: Gradients, blocked: list[tuple[str, str, int]]) -> Prose:
    words: list[str | Expr] = []
    for source, reader, slot in blocked:
        edge = gradients.locals(source, reader, slot)
        words += [*([" and "] if words else []), edge.symbol, " = 0"]
        value = gradients.sheet.values.get(source)
        if edge.equation.links and edge.equation.links[-1].note:
            words += [", since ", *edge.equation.links[-1].note]
        elif edge.equation.links and number_of(edge.equation.links[0].expr) is None and len(edge.equation.links) == 2:
            words += [", since ", edge.equation.links[0].expr, " = 0"]
        elif value is not None and number_of(edge.equation.links[0].expr) is None:
            words += [" at ", reference(source), " = ", Value(value)]
    return tuple(words)


def _cancelled(gradients: Gradients, name: str) -> str | None:
    """The nearest quantity towards the output at which non-zero terms add up to zero."""
    queue, seen = [name], {name}
    while queue:
        here = queue.pop(0)
        terms = [number_of(gradients.product(results)) for _, results in gradients.contributions(here)]
        if any(terms) and number_of(gradients.adjoint(here)) == 0:
            return here
        for reader, _ in gradients.edges(here):
            if reader not in seen:
                seen.add(reader)
                queue.append(reader)
    return None
