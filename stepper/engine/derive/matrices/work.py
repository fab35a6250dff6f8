"""The work on differentials: rules applied line by line, each term brought to a form, the derivative read off there."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from stepper.core.expr import Call, Expr, Sum, Transpose, multiply, multiply_all
from stepper.core.formula import text
from stepper.core.traverse import walk
from stepper.engine.derive.context import Context
from stepper.engine.derive.lines import Line
from stepper.engine.derive.matrices.conditions import holds_differential, is_differential
from stepper.engine.derive.matrices.reading import IDENTITY
from stepper.engine.derive.matrices.shapes import Shapes
from stepper.engine.derive.matrices.sizes import Shape
from stepper.engine.derive.matrices.terms import Term, term_of, terms_of, tidied, written, written_term, written_word
from stepper.engine.derive.rewriting import Rule, at_root, settle
from stepper.engine.derive.rewriting import line as next_line
from stepper.errors import Problem, StepperError
from stepper.tables import theorems_of_matrices as theorems
from stepper.tables.matrix_functions import BY_MATRIX_NAME

MOST_LINES = 60


class Form(Struct, frozen=True):
    """What a differential is brought to: by which rules, and by which the derivative is read off there."""

    towards: Sequence[Rule]
    read_off: Sequence[Rule]
    place: Callable[[Expr, Expr], Expr]
    """The product of the derivative and dX, from which it is read off."""
    of_numbers: Sequence[Rule] = ()
    """The rules for a number that holds dX and is a factor of a vector."""


def _number(derivative: Expr, atom: Expr) -> Expr:
    return multiply(derivative, atom)


def _left(derivative: Expr, atom: Expr) -> Expr:
    return multiply_all([("*", derivative), ("@", atom)])


def _row(derivative: Expr, atom: Expr) -> Expr:
    return multiply_all([("*", Transpose(derivative)), ("@", atom)])


def _trace(derivative: Expr, atom: Expr) -> Expr:
    return Call("tr", (_row(derivative, atom),))


def _right(derivative: Expr, atom: Expr) -> Expr:
    return multiply_all([("*", atom), ("@", derivative)])


NUMBER = Form((), theorems.READ_OFF_NUMBER, _number)
FROM_THE_LEFT = Form(theorems.TO_A_JACOBIAN, theorems.READ_OFF_JACOBIAN, _left, theorems.TO_A_ROW)
FROM_THE_RIGHT = Form(theorems.TO_A_JACOBIAN, theorems.READ_OFF_RIGHT, _right)


def form_of(of: Shape, by: Shape) -> Form:
    """tr(Gᵀ dX) of a number by a matrix, gᵀ dx by a vector, J dx of a vector by a vector, g ds by a number."""
    if not by:
        return NUMBER
    if of:
        return FROM_THE_LEFT
    if len(by) == 1:
        return Form(theorems.TO_A_ROW, theorems.READ_OFF_ROW, _row)
    return Form(theorems.TO_A_TRACE, theorems.READ_OFF_TRACE, _trace)


class Work(Struct, frozen=True):
    context: Context
    shapes: Shapes
    atom: Expr
    """dX."""

    def differentiated(self, expr: Expr) -> list[Line]:
        """Rules of differentials until only dX is left: what is linear in one line, then one layer of the others."""
        lines: list[Line] = []
        while left := [part for part in walk(expr) if is_differential(part) and part != self.atom]:
            before = expr
            for rows in (theorems.LINEAR, theorems.PRODUCTS):
                expr = self.with_line(lines, expr, rows)
            if expr == before:
                raise StepperError(Problem(f"no rule is known for {text(left[0])}"))
        return lines

    def with_line(self, lines: list[Line], expr: Expr, rows: Sequence[Rule]) -> Expr:
        """The formula after some rules; a line of its own where they changed something."""
        used: dict[str, None] = {}
        if all(row.quick for row in rows):
            found = settle(expr, rows, self.context, used)
        else:
            applied = next_line(expr, rows, self.context)
            if applied is None:
                return expr
            used.update(dict.fromkeys(applied.rules))
            found = settle(tidied(applied.expr, self.shapes), theorems.NUMBERS_OUT, self.context, used)
        return self.written_down(lines, expr, found, used)

    def written_down(self, lines: list[Line], before: Expr, after: Expr, used: dict[str, None]) -> Expr:
        after = tidied(after, self.shapes)
        if after != before and used:
            lines.append(Line(after, tuple(used)))
        if len(lines) > MOST_LINES:
            raise StepperError(Problem(f"the differential takes more than {MOST_LINES} lines"))
        return after

    def brought(self, expr: Expr, form: Form, rows: Sequence[Rule] = theorems.DISTRIBUTING) -> list[Line]:
        """Each term with dX to the form in which its derivative is read off."""
        lines: list[Line] = []
        while True:
            spread: dict[str, None] = {}
            parts = [part for term in terms_of(expr, self.shapes) for part in self.spread(term, rows, spread)]
            expr = self.written_down(lines, expr, written(parts), spread)
            used: dict[str, None] = {}
            terms = [self.turned_towards(term, form, used) for term in terms_of(expr, self.shapes)]
            if not used:
                return lines
            before, expr = expr, self.written_down(lines, expr, written(terms), used)
            if expr == before:
                raise StepperError(
                    Problem(f"no rule brings {text(expr)} to a form from which its derivative is read off")
                )

    def spread(self, term: Term, rows: Sequence[Rule], used: dict[str, None]) -> list[Term]:
        """A term multiplied out as far as differentials are in sums."""
        if not holds(term):
            return [term]
        core, rest = self.core(term)
        found = tidied(settle(core, rows, self.context, used), self.shapes)
        inside = terms_of(found, self.shapes)
        factor = replace(rest, count=abs(rest.count))
        if isinstance(found, Sum) and factor != Term():
            law = self.first(rows, written([self.times(factor, Term(above=(found,)))]))
            used.update({law[0]: None} if law else {})
            inside = inside if law else []
        elif found == tidied(core, self.shapes):
            inside = []
        if not inside:
            return [term]
        return [part for own in inside for part in self.spread(self.times(rest, own), rows, used)]

    def turned_towards(self, term: Term, form: Form, used: dict[str, None]) -> Term:
        if not holds(term):
            return term
        core, rest = self.core(term)
        if self.first(form.read_off, core) is not None:
            return term
        found = self.first(form.towards if self.shapes(core) else form.of_numbers or form.towards, core)
        if found is None:
            told = f"no rule brings {text(written([term]))} to a form from which the derivative can be read off"
            raise StepperError(Problem(told))
        name, changed = found
        used[name] = None
        return self.times(rest, term_of(changed, self.shapes))

    def times(self, one: Term, other: Term) -> Term:
        """The numbers of both before the word of one; where both have one, one of these is a number."""
        numbers = one.by(other)
        if not one.word or not other.word:
            return replace(numbers, word=one.word or other.word)
        first, last = (one, other) if not self.shapes(written_word(one.word)) else (other, one)
        return replace(numbers, above=(*numbers.above, written_word(first.word)), word=last.word)

    def core(self, term: Term) -> tuple[Expr, Term]:
        """What holds the differential, and the numbers before it; a vector after a number that holds dx belongs to
        it.
        """
        if any(map(holds_differential, term.word)):
            return written_word(term.word), replace(term, word=())
        place = next((place for place, factor in enumerate(term.above) if holds_differential(factor)), None)
        if place is None:
            return written_term(term), Term()
        factor, rest = term.above[place], replace(term, above=term.above[:place] + term.above[place + 1 :])
        vector = self.shapes(self.atom) and term.word and self.shapes(written_word(term.word))
        if vector and self.first(theorems.READ_OFF_JACOBIAN, factor) is not None:
            return multiply(factor, written_word(term.word)), replace(rest, word=())
        return factor, rest

    def first(self, rows: Sequence[Rule], expr: Expr) -> tuple[str, Expr] | None:
        """The first rule that applies to a formula as a whole, by its name, and what it makes of it."""
        for row in rows:
            found = at_root(row, expr, self.context)
            if found is not None:
                return row.name, found
        return None

    def read_off(self, expr: Expr, form: Form) -> tuple[Expr, Expr, tuple[str, ...]]:
        """The derivative, the terms without dX, and the rules by which it was read off."""
        parts: list[Term] = []
        others: list[Term] = []
        used: dict[str, None] = {}
        for term in terms_of(expr, self.shapes):
            if not holds(term):
                others.append(term)
                continue
            core, rest = self.core(term)
            found = self.first(form.read_off, core)
            assert found is not None
            used[found[0]] = None
            parts.append(self.times(rest, term_of(tidied(found[1], self.shapes), self.shapes)))
        return written(self.with_identity(parts)), written(others), tuple(used)

    def with_identity(self, terms: list[Term]) -> list[Term]:
        """I for the identity, where another term tells its size."""
        alone = [len(term.word) == 1 and is_identity(term.word[0]) for term in terms]
        if all(alone) or IDENTITY.name in self.shapes.names:
            return terms
        return [replace(term, word=(IDENTITY,)) if own else term for term, own in zip(terms, alone, strict=True)]


def is_identity(expr: Expr) -> bool:
    """Is it the identity of a size?"""
    return isinstance(expr, Call) and expr.name in BY_MATRIX_NAME and BY_MATRIX_NAME[expr.name].law == "identity"


def holds(term: Term) -> bool:
    """Is there a differential in a term?"""
    return any(map(holds_differential, (*term.above, *term.below, *term.word)))
