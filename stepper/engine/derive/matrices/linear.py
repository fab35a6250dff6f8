"""Formulas that are linear in a quantity: the terms that hold it, what it is multiplied by, and what is left."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from stepper.core.assumptions import Given
from stepper.core.derivation_parser import DIFFERENTIAL
from stepper.core.expr import Call, Expr, Neg, Sign, Sum, add_all
from stepper.core.formula import text
from stepper.core.traverse import mentions, substitute, walk
from stepper.engine.derive.context import Context
from stepper.engine.derive.lines import Line
from stepper.engine.derive.matrices.shapes import Shapes
from stepper.engine.derive.matrices.sizes import Shape
from stepper.engine.derive.matrices.terms import ONE, ZERO, Term, terms_of, written
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


class Linear(Struct, frozen=True):
    """Attributes:
    lines: multiplied out, as far as it needs to be.
    terms: those that hold the quantity.
    coefficient: what the quantity is multiplied by.
    rest: the terms that do not hold it; 0 where there are none.
    form: where the quantity is in the product.
    wrt: the quantity.
    """

    lines: tuple[Line, ...]
    terms: Expr
    coefficient: Expr
    rest: Expr
    form: Form
    wrt: Expr

    def whole(self, coefficient: Expr, rest: Expr) -> Expr:
        """The product with the quantity, and a rest."""
        product = self.form.place(coefficient, self.wrt)
        if rest == ZERO:
            return product
        first, pairs = (rest.operands[0], rest.operands[1:]) if isinstance(rest, Sum) else (rest, ())
        signs: tuple[Sign, ...] = rest.operators if isinstance(rest, Sum) else ()
        lead: tuple[Sign, Expr] = ("-", first.body) if isinstance(first, Neg) else ("+", first)
        return add_all([("+", product), lead, *zip(signs, pairs, strict=True)])


def linear(formula: Expr, wrt: Expr, given: Given, vocabulary: Vocabulary, shapes: Shapes) -> Linear:
    """A formula by its terms with a quantity and without it.

    Raises:
        StepperError: where it is not linear in the quantity, or products on both sides of it differ.
    """
    if not mentions(formula, wrt):
        raise StepperError(Problem(f"{text(wrt)} does not occur in {text(formula)}"))
    atom = Call(DIFFERENTIAL, (wrt,))  # marks the quantity, so that the rules of differentials put it last
    work = Work(Context(given, vocabulary, moving=wrt, shapes=shapes), shapes, atom)
    marked = substitute(formula, {wrt: atom})
    told = f"{text(wrt)} cannot be collected in {text(formula)}"
    for form in _forms(shapes(formula), shapes(wrt), shapes):
        try:
            lines = work.brought(marked, form, COLLECTING)
        except StepperError:
            continue
        last = lines[-1].expr if lines else marked
        terms = [term for term in terms_of(last, shapes) if holds(term)]
        if any(_count(atom, term) > 1 for term in terms):
            raise StepperError(Problem(told, hint=f"it is not linear in {text(wrt)}"))
        coefficient, rest, _ = work.read_off(last, form)
        scale = _scale(coefficient, shapes)
        plain = tuple(replace(line, expr=substitute(line.expr, {atom: wrt})) for line in lines)
        held = substitute(written(terms), {atom: wrt})
        found, kind = (coefficient, form) if scale is None else (scale, NUMBER)
        return Linear(plain, held, found, rest, kind, wrt)
    raise StepperError(Problem(told, hint="every term has to be a product with it on one side only"))


def _forms(of: Shape, by: Shape, shapes: Shapes) -> list[Form]:
    """Where the quantity may be: a number of a last layer with one row is a product from the left too."""
    rows = any(len(shape) == 2 and shape[0] == ONE for shape in shapes.names.values())
    if by and (of or (rows and len(by) == 1)):
        return [FROM_THE_LEFT, FROM_THE_RIGHT]
    return [form_of(of, by)]


def _count(atom: Expr, term: Term) -> int:
    return sum(part == atom for factor in (*term.above, *term.below, *term.word) for part in walk(factor))


def _scale(coefficient: Expr, shapes: Shapes) -> Expr | None:
    """The number of a number times the identity."""
    terms = terms_of(coefficient, shapes)
    if not all(len(term.word) == 1 and is_identity(term.word[0]) for term in terms):
        return None
    return written([replace(term, word=()) for term in terms])
