"""Formulas collected in one quantity, the order kept: ``C@(B@(A@x) + b)`` in x is ``W@x + c``."""

from __future__ import annotations

from msgspec import Struct

from stepper.core.assumptions import Given
from stepper.core.expr import Expr, Index, Sum, Sym, Transpose
from stepper.core.formula import number_of
from stepper.engine.derive.lines import Derived, Line
from stepper.engine.derive.matrices.linear import linear
from stepper.engine.derive.matrices.reading import read
from stepper.engine.derive.matrices.shapes import Shapes, shapes_of
from stepper.engine.derive.matrices.sizes import Shape
from stepper.engine.derive.matrices.work import FROM_THE_LEFT, FROM_THE_RIGHT
from stepper.engine.values.vocabulary import Vocabulary
from stepper.tables.theorems_of_matrices import DISTRIBUTIVE

NAMES = {2: ("W", "M", "V"), 1: ("c", "b", "v"), 0: ("c", "k", "a")}
"""Letters for what is collected, by its number of axes; the first that is free."""


class Collected(Struct, frozen=True):
    """``expr = coefficient @ wrt + rest``.

    Attributes:
        derived: line by line, the last one with letters of their own for what is long.
        coefficient: what the quantity is multiplied by.
        rest: what does not hold it; 0 where there is nothing.
        letters: names given to long formulas, in order.
        shape: of the whole.
        shapes: of everything, the letters included.
    """

    derived: Derived
    coefficient: Expr
    rest: Expr
    letters: tuple[tuple[Sym, Expr], ...]
    shape: Shape
    shapes: Shapes


def collect(expr: Expr, wrt: Expr, given: Given, vocabulary: Vocabulary, name: str = "") -> Collected:
    """The formula as one product with the quantity, and what does not hold it.

    >>> from stepper.core.formula import text
    >>> from stepper.core.parser import parse
    >>> from stepper.engine.values.vocabulary import PLAIN
    >>> found = collect(parse("C @ (B @ (A @ x) + b)"), Sym("x"), Given(), PLAIN)
    >>> [text(line.expr) for line in found.derived.lines]
    ['C @ B @ A @ x + C @ b', 'W @ x + c']

    Raises:
        StepperError: where it is not linear in the quantity, or products on both sides of it differ.
    """
    formula = read(expr, given)
    shapes = shapes_of([formula], given)
    found = linear(formula, wrt, given, vocabulary, shapes)
    coefficient, rest = found.coefficient, found.rest
    lines = list(found.lines)
    whole = found.whole(coefficient, rest)
    if not lines or lines[-1].expr != whole:
        lines.append(Line(whole, (DISTRIBUTIVE,) if isinstance(coefficient, Sum) else ()))
    lines = [line for line in lines if line.expr != formula] or lines[-1:]
    named = _letters(coefficient, rest, shapes) if found.form in (FROM_THE_LEFT, FROM_THE_RIGHT) else ()
    short = {own: letter for letter, own in named}
    if named:
        lines.append(Line(found.whole(short.get(coefficient, coefficient), short.get(rest, rest))))
    letters = {letter.name: shapes(own) for letter, own in named}
    everything = Shapes({**shapes.names, **letters}, shapes.symmetric)
    left: Expr = Sym(name) if name else expr
    return Collected(Derived(left, tuple(lines)), coefficient, rest, named, shapes(formula), everything)


def _letters(coefficient: Expr, rest: Expr, shapes: Shapes) -> tuple[tuple[Sym, Expr], ...]:
    """Letters for what is no single letter itself."""
    taken = set(shapes.names)
    found: list[tuple[Sym, Expr]] = []
    for formula in (coefficient, rest):
        body = formula.body if isinstance(formula, Transpose) else formula
        if isinstance(body, Sym | Index) or number_of(formula) is not None:
            continue
        free = [letter for letter in NAMES[len(shapes(formula))] if letter not in taken]
        if free:
            found.append((Sym(free[0]), formula))
            taken.add(free[0])
    return tuple(found)
