"""Where a derivative is 0, and whether that is a minimum or a maximum, by the sign of the second derivative."""

from __future__ import annotations

from stepper.core.expr import Deriv, Expr, Neg, Num
from stepper.core.prose import Prose
from stepper.core.traverse import mentions, transform
from stepper.engine.derive.context import Context
from stepper.engine.derive.derivatives import derivative
from stepper.engine.derive.forms import fractioned
from stepper.engine.derive.given import facts_of
from stepper.engine.derive.lines import Derived, Line, Part
from stepper.engine.derive.proving import in_fractions
from stepper.engine.derive.signs import positive
from stepper.engine.derive.solving import solved
from stepper.engine.derive.terms import collected

ZERO = Num("0")


def extremum(first: Derived, wrt: Expr, context: Context) -> list[Part]:
    """The equation that the derivative is 0, solved; the second derivative there.

    Raises:
        StepperError: where the equation is not solved by the rules here.
    """
    steps = solved(first.result, ZERO, wrt, context)
    point = steps[-1].right
    pairs = tuple((step.left, step.right, step.done) for step in steps)
    where = Part(("Where the derivative is 0",), Derived(wrt, (Line(point),)), kind="solved", equations=pairs)
    second = derivative(first.result, wrt, context, facts_of(context))[-1].derived
    lines = [Line(Deriv(first.result, wrt)), *second.lines]
    at = fractioned(in_fractions(transform(second.result, lambda part: point if part == wrt else None)))
    note = _sign(at, wrt, point, context)
    return [where, Part(("The second derivative",), Derived(second.left, tuple(lines[1:])), note=note)]


def _sign(second: Expr, wrt: Expr, point: Expr, context: Context) -> Prose:
    """What the sign of the second derivative says of the point."""
    kind = "minimum" if positive(second, context.given) else "maximum" if positive(
        collected(Neg(second)), context.given) else ""  # fmt: skip
    there: Prose = () if not mentions(second, wrt) else (" there",)
    if not kind:
        return ("At ", wrt, " = ", point, " it is ", second, "; what is given does not tell its sign.")
    sign = "> 0" if kind == "minimum" else "< 0"
    return ("It is ", second, f" {sign}", *there, ": ", wrt, " = ", point, f" is a {kind}.")
