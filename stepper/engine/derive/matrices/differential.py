"""Gradients by the differential, line by line: df = tr(Gᵀ dX), or gᵀ dx, and so G is the gradient."""

from __future__ import annotations

from msgspec import Struct

from stepper.core.assumptions import Given
from stepper.core.derivation_parser import DIFFERENTIAL
from stepper.core.expr import Call, Expr, Sym
from stepper.core.formula import text
from stepper.core.traverse import mentions
from stepper.engine.derive.context import Context
from stepper.engine.derive.lines import Derived, Line
from stepper.engine.derive.matrices.reading import read
from stepper.engine.derive.matrices.shapes import Shapes, shapes_of
from stepper.engine.derive.matrices.sizes import Shape, spoken
from stepper.engine.derive.matrices.terms import tidied
from stepper.engine.derive.matrices.work import Work, form_of
from stepper.engine.values.vocabulary import Vocabulary
from stepper.errors import Problem, StepperError


class Differential(Struct, frozen=True):
    """Attributes:
    derived: the differential, line by line, down to the form from which the gradient is read off.
    gradient: G, in the shape of what it is taken by; of a vector by a vector the Jacobian.
    wrt: what it is taken by.
    shape: of the gradient.
    shapes: of everything.
    jacobian: is it that of a vector?
    rules: those by which it was read off.
    """

    derived: Derived
    gradient: Expr
    wrt: Expr
    shape: Shape
    shapes: Shapes
    jacobian: bool
    rules: tuple[str, ...]


def differential(expr: Expr, wrt: Expr, given: Given, vocabulary: Vocabulary, name: str = "") -> Differential:
    """The gradient of a formula by a number, a vector or a matrix.

    >>> from stepper.core.parser import parse
    >>> from stepper.engine.values.vocabulary import PLAIN
    >>> text(differential(parse("tr(A @ X @ B)"), Sym("X"), Given(), PLAIN).gradient)
    'A.T @ B.T'

    Raises:
        StepperError: where shapes do not fit, or no rule is for a part of it.
    """
    formula = read(expr, given)
    shapes = shapes_of([formula], given)
    if not mentions(formula, wrt):
        raise StepperError(Problem(f"{text(wrt)} does not occur in {text(expr)}"))
    of, by = shapes(formula), shapes(wrt)
    if len(of) + len(by) > 2:
        told = f"{text(expr)} is {spoken(of)} and {text(wrt)} is {spoken(by)}: the derivative is not a matrix"
        raise StepperError(Problem(told, hint="a gradient is that of a number"))
    work = Work(Context(given, vocabulary, moving=wrt, shapes=shapes), shapes, Call(DIFFERENTIAL, (wrt,)))
    form = form_of(of, by)
    lines = work.differentiated(Call(DIFFERENTIAL, (formula,)))
    lines += work.brought(lines[-1].expr if lines else work.atom, form)
    last = lines[-1].expr if lines else work.atom
    found, _, rules = work.read_off(last, form)
    placed = form.place(found, work.atom)
    if tidied(placed, shapes) != last:
        lines.append(Line(placed, rules))
    left = Call(DIFFERENTIAL, (Sym(name) if name else expr,))
    return Differential(Derived(left, tuple(lines)), found, wrt, shapes(found), shapes, bool(of and by), rules)
