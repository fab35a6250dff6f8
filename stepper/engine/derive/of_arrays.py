"""Questions about arrays: gradients by the differential, a quantity collected, shapes said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from stepper.core.assumptions import Given
from stepper.core.expr import Bound, Call, Deriv, Expr, Index, Product, Sym, Transpose
from stepper.core.prose import Prose, listed
from stepper.core.traverse import walk
from stepper.engine.derive.context import Context
from stepper.engine.derive.lines import Derived, Line, Part
from stepper.engine.derive.matrices.collecting import collect
from stepper.engine.derive.matrices.definite import said
from stepper.engine.derive.matrices.differential import Differential, differential
from stepper.engine.derive.matrices.minimum import stationary
from stepper.engine.derive.matrices.reading import read
from stepper.engine.derive.matrices.shapes import shapes_of
from stepper.engine.derive.matrices.sizes import in_words
from stepper.tables.matrix_functions import BY_MATRIX_NAME


def about_arrays(exprs: Iterable[Expr], given: Given) -> bool:
    """Do formulas hold products of matrices, transposes, functions of matrices, or names with given shapes?"""
    exprs = list(exprs)
    if any(isinstance(part, Index | Bound) for expr in exprs for part in walk(expr)):
        return False  # it is written entry by entry
    for expr in exprs:
        for part in walk(expr):
            match part:
                case Transpose():
                    return True
                case Product(_, operators) if "@" in operators or "⊙" in operators:
                    return True
                case Call(name) if name in BY_MATRIX_NAME and not BY_MATRIX_NAME[name].either:
                    return True
                case Sym(name) if given.shapes.get(name):
                    return True
    return False


def with_shapes(exprs: Sequence[Expr], given: Given) -> Given:
    """What is given, with the shapes of all names of some formulas of one shape.

    Raises:
        StepperError: where shapes do not fit.
    """
    found = shapes_of([read(expr, given) for expr in exprs], given)
    return replace(given, shapes={**found.names, **given.shapes})


def gradient(formula: Expr, wrt: Expr, context: Context, name: str = "", minimum: bool = False) -> list[Part]:
    """The gradient by a number, a vector or a matrix, from the differential line by line; where it is 0, if asked."""
    found = differential(formula, wrt, context.given, context.vocabulary, name)
    lines = Part(("The differential",), found.derived, kind="differential", moving=wrt)
    whole = Deriv(Sym(name) if name else formula, wrt, total=False)
    note: Prose = ("shape: ", *in_words(found.shape))
    result = Part(("The gradient",), Derived(whole, (Line(found.gradient, note=note),)), kind="gradient")
    return [lines, result, *(_where_zero(found, context) if minimum else [])]


def _where_zero(found: Differential, context: Context) -> list[Part]:
    """The normal equation, its solution, and whether that is the one minimum."""
    where = stationary(found, context.given, context.vocabulary)
    pairs = tuple((step.left, step.right, step.done) for step in where.steps)
    kind = "maximum" if where.maximum else "minimum"
    conditions = listed([said(condition) for condition in where.proof.conditions])
    provided: Prose = (" where ", *conditions) if conditions else ()
    title: Prose = ("Where the gradient is 0",)
    sign = "negative" if where.maximum else "positive"
    said_of: Prose = ("The matrix of second derivatives, ", where.curvature, f", is {sign} definite", *provided)
    note: Prose = (*said_of, f": it is the unique {kind}.")
    return [Part(title, Derived(found.wrt, (Line(where.solution),)), note=note, kind="solved", equations=pairs)]


def gathered(formula: Expr, name: Expr, context: Context) -> list[Part]:
    """The formula as one product with a quantity, and what does not hold it."""
    found = collect(formula, name, context.given, context.vocabulary)
    letters = {letter.name: value for letter, value in found.letters}
    named = [(letter, " = ", value, " (", *in_words(found.shapes(letter)), ")") for letter, value in found.letters]
    note: Prose = ("with ", *listed(named)) if named else ()
    return [Part(("Collected in ", name), found.derived, note=note, names=letters, kind="collected")]
