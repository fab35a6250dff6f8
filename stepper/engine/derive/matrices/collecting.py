"""Formulas collected in one quantity, the order kept: ``C@(B@(A@x) + b)`` in x is ``W@x + c``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from stepper.core.assumptions import Given
from stepper.core.derivation_parser import DIFFERENTIAL
from stepper.core.expr import Call, Expr, Index, Neg, Sign, Sum, Sym, Transpose, add_all
from stepper.core.formula import number_of, text
from stepper.core.traverse import mentions, names, substitute, walk
from stepper.engine.derive.context import Context
from stepper.engine.derive.lines import Derived, Line
from stepper.engine.derive.matrices.reading import read
from stepper.engine.derive.matrices.shapes import Shapes, shapes_of
from stepper.engine.derive.matrices.sizes import Shape
from stepper.engine.derive.matrices.terms import ZERO, terms_of, written
from stepper.engine.derive.matrices.work import (
    FROM_THE_LEFT,
    FROM_THE_RIGHT,
    NUMBER,
    Form,
    Work,
    form_of,
    holds,
    is_identity,
)
from stepper.engine.values.vocabulary import Vocabulary
from stepper.errors import Problem, StepperError
from stepper.tables.theorems_of_matrices import COLLECTING

NAMES = {2: ("W", "M", "V"), 1: ("c", "b", "v"), 0: ("a", "b", "k")}
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
    if not mentions(formula, wrt):
        raise StepperError(Problem(f"{text(wrt)} does not occur in {text(expr)}"))
    atom = Call(DIFFERENTIAL, (wrt,))  # marks the quantity, so that the rules of differentials put it last
    work = Work(Context(given, vocabulary, moving=wrt, shapes=shapes), shapes, atom)
    lines, coefficient, rest, form = _collected(work, substitute(formula, {wrt: atom}), wrt)
    lines = [replace(line, expr=substitute(line.expr, {atom: wrt})) for line in lines]
    whole = _whole(form, coefficient, wrt, rest)
    if not lines or lines[-1].expr != whole:
        lines.append(Line(whole, (COLLECTING[0].name,) if isinstance(coefficient, Sum) else ()))
    lines = [line for line in lines if line.expr != formula] or lines[-1:]
    letters = _letters(coefficient, rest, shapes) if form in (FROM_THE_LEFT, FROM_THE_RIGHT) else ()
    short = {formula: letter for letter, formula in letters}
    if letters:
        left, right = short.get(coefficient, coefficient), short.get(rest, rest)
        lines.append(Line(_whole(form, left, wrt, right)))
    found = Shapes({**shapes.names, **{letter.name: shapes(formula) for letter, formula in letters}}, shapes.symmetric)
    left_side: Expr = Sym(name) if name else expr
    return Collected(Derived(left_side, tuple(lines)), coefficient, rest, letters, shapes(formula), found)


def _collected(work: Work, marked: Expr, wrt: Expr) -> tuple[list[Line], Expr, Expr, Form]:
    """The first form in which every term can be read off."""
    of, by = work.shapes(marked), work.shapes(wrt)
    forms = [form_of(of, by)] if not of or not by else [FROM_THE_LEFT, FROM_THE_RIGHT]
    told = f"{text(wrt)} cannot be collected in {text(substitute(marked, {work.atom: wrt}))}"
    for form in forms:
        try:
            lines = work.brought(marked, form, COLLECTING)
        except StepperError:
            continue
        last = lines[-1].expr if lines else marked
        for term in terms_of(last, work.shapes):
            if holds(term) and _count(work.atom, (*term.above, *term.below, *term.word)) > 1:
                raise StepperError(Problem(told, hint="it is not linear in it"))
        coefficient, rest, _ = work.read_off(last, form)
        scale = _scale(coefficient, work.shapes)
        if scale is not None:
            return lines, scale, rest, NUMBER
        return lines, coefficient, rest, form
    raise StepperError(Problem(told, hint="every term has to be a product with it on one side only"))


def _scale(coefficient: Expr, shapes: Shapes) -> Expr | None:
    """The number of a number times the identity."""
    terms = terms_of(coefficient, shapes)
    if not all(len(term.word) == 1 and is_identity(term.word[0]) for term in terms):
        return None
    return written([replace(term, word=()) for term in terms])


def _count(atom: Expr, factors: Sequence[Expr]) -> int:
    return sum(part == atom for factor in factors for part in walk(factor))


def _whole(form: Form, coefficient: Expr, wrt: Expr, rest: Expr) -> Expr:
    product = form.place(coefficient, wrt)
    if rest == ZERO:
        return product
    if isinstance(rest, Sum):
        first, *others = rest.operands
        pairs = [*zip(rest.operators, others, strict=True)]
    else:
        first, pairs = rest, []
    lead: tuple[Sign, Expr] = ("-", first.body) if isinstance(first, Neg) else ("+", first)
    return add_all([("+", product), lead, *pairs])


def _letters(coefficient: Expr, rest: Expr, shapes: Shapes) -> tuple[tuple[Sym, Expr], ...]:
    """Letters for what is no single letter itself."""
    taken = {part.name for part in _parts(coefficient, rest) if isinstance(part, Sym)} | set(shapes.names)
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


def _parts(*formulas: Expr) -> Iterator[Expr]:
    for formula in formulas:
        yield from names(formula)
