"""Gradients by the differential, line by line: df = tr(Gᵀ dX), or gᵀ dx, and so G is the gradient."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from stepper.core.assumptions import Given
from stepper.core.derivation_parser import DIFFERENTIAL
from stepper.core.expr import Call, Expr, Sum, Sym, Transpose, multiply_all
from stepper.core.formula import text
from stepper.core.traverse import mentions, walk
from stepper.engine.derive.context import Context
from stepper.engine.derive.lines import Derived, Line
from stepper.engine.derive.matrices.conditions import holds_differential, is_differential
from stepper.engine.derive.matrices.reading import read
from stepper.engine.derive.matrices.shapes import Shapes, shapes_of
from stepper.engine.derive.matrices.sizes import Shape, spoken
from stepper.engine.derive.matrices.terms import Term, term_of, terms_of, tidied, written, written_word
from stepper.engine.derive.rewriting import Rule, at_root, settle
from stepper.engine.derive.rewriting import line as next_line
from stepper.engine.values.vocabulary import Vocabulary
from stepper.errors import Problem, StepperError
from stepper.tables import theorems_of_matrices as theorems

MOST_LINES = 60


class Differential(Struct, frozen=True):
    """Attributes:
    derived: the differential, line by line, down to the form from which the gradient is read off.
    gradient: G, in the shape of what it is taken by; of a vector by a vector the Jacobian.
    wrt: what it is taken by.
    shape: of the gradient.
    shapes: of everything.
    jacobian: is it that of a vector?
    """

    derived: Derived
    gradient: Expr
    wrt: Expr
    shape: Shape
    shapes: Shapes
    jacobian: bool


class Form(Struct, frozen=True):
    """What a differential is brought to: by which rules, and by which the derivative is read off there."""

    towards: Sequence[Rule]
    read_off: Sequence[Rule]
    traced: bool = False
    turned: bool = False


def form_of(of: Shape, by: Shape) -> Form:
    """tr(Gᵀ dX) of a number by a matrix, gᵀ dx by a vector, J dx of a vector by a vector, g ds by a number."""
    if not by:
        return Form((), theorems.READ_OFF_NUMBER)
    if of:
        return Form(theorems.TO_A_JACOBIAN, theorems.READ_OFF_JACOBIAN)
    if len(by) == 1:
        return Form(theorems.TO_A_ROW, theorems.READ_OFF_ROW, turned=True)
    return Form(theorems.TO_A_TRACE, theorems.READ_OFF_TRACE, traced=True, turned=True)


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
    work = _Work(Context(given, vocabulary, moving=wrt, shapes=shapes), shapes, Call(DIFFERENTIAL, (wrt,)))
    form = form_of(of, by)
    lines = work.differentiated(Call(DIFFERENTIAL, (formula,)))
    lines += work.brought(lines[-1].expr if lines else work.atom, form)
    lines, found = work.read_off(lines, lines[-1].expr if lines else work.atom, form)
    left = Call(DIFFERENTIAL, (Sym(name) if name else expr,))
    return Differential(Derived(left, tuple(lines)), found, wrt, shapes(found), shapes, bool(of and by))


class _Work(Struct, frozen=True):
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
            found = expr if applied is None else applied.expr
            used.update(dict.fromkeys(() if applied is None else applied.rules))
        return self.written_down(lines, expr, found, used)

    def written_down(self, lines: list[Line], before: Expr, after: Expr, used: dict[str, None]) -> Expr:
        after = tidied(after, self.shapes)
        if after != before and used:
            lines.append(Line(after, tuple(used)))
        if len(lines) > MOST_LINES:
            raise StepperError(Problem(f"the differential takes more than {MOST_LINES} lines"))
        return after

    def brought(self, expr: Expr, form: Form) -> list[Line]:
        """Each term to the form in which its derivative is read off."""
        lines: list[Line] = []
        while True:
            spread: dict[str, None] = {}
            parts = [part for term in terms_of(expr, self.shapes) for part in self.spread(term, spread)]
            expr = self.written_down(lines, expr, written(parts), spread)
            used: dict[str, None] = {}
            terms = [self.turned_towards(term, form, used) for term in terms_of(expr, self.shapes)]
            if not used:
                return lines
            expr = self.written_down(lines, expr, written(terms), used)

    def spread(self, term: Term, used: dict[str, None]) -> list[Term]:
        """A term multiplied out as far as differentials are in sums."""
        core, rest = _core(term)
        found = tidied(settle(core, theorems.DISTRIBUTING, self.context, used), self.shapes)
        inside = terms_of(found, self.shapes)
        factor = replace(rest, count=abs(rest.count))
        if isinstance(found, Sum) and factor != Term():
            law = self.first(theorems.DISTRIBUTING, written([_times(factor, Term(above=(found,)))]))
            used.update({law[0]: None} if law else {})
            inside = inside if law else []
        elif found == core:
            inside = []
        if not inside:
            return [term]
        return [part for own in inside for part in self.spread(_times(rest, own), used)]

    def turned_towards(self, term: Term, form: Form, used: dict[str, None]) -> Term:
        core, rest = _core(term)
        if self.first(form.read_off, core) is not None:
            return term
        found = self.first(form.towards, core)
        if found is None:
            told = f"no rule brings {text(written([term]))} to a form from which the derivative is read off"
            raise StepperError(Problem(told))
        name, changed = found
        used[name] = None
        return _times(rest, term_of(changed, self.shapes))

    def first(self, rows: Sequence[Rule], expr: Expr) -> tuple[str, Expr] | None:
        """The first rule that applies to a formula as a whole, by its name, and what it makes of it."""
        for row in rows:
            found = at_root(row, expr, self.context)
            if found is not None:
                return row.name, found
        return None

    def read_off(self, lines: list[Line], expr: Expr, form: Form) -> tuple[list[Line], Expr]:
        """The derivative, and the last line, in which it stands before dX."""
        parts: list[Term] = []
        used: dict[str, None] = {}
        for term in terms_of(expr, self.shapes):
            core, rest = _core(term)
            found = self.first(form.read_off, core)
            assert found is not None
            used[found[0]] = None
            own = term_of(tidied(found[1], self.shapes), self.shapes)
            parts.append(_times(rest, own))
        derivative = written(parts)
        first = Transpose(derivative) if form.turned else derivative
        last = multiply_all([("*", first), ("@" if form.towards else "*", self.atom)])
        last = Call("tr", (last,)) if form.traced else last
        if len(parts) > 1 or tidied(last, self.shapes) != expr:
            lines = [*lines, Line(last, tuple(used))]
        return lines, derivative


def _core(term: Term) -> tuple[Expr, Term]:
    """What holds the differential, and the numbers before it; a vector after a number that holds it belongs to it."""
    if any(map(holds_differential, term.word)):
        return written_word(term.word), replace(term, word=())
    place = next(place for place, factor in enumerate(term.above) if holds_differential(factor))
    return term.above[place], replace(term, above=term.above[:place] + term.above[place + 1 :])


def _times(rest: Term, own: Term) -> Term:
    """The numbers of both before the word of one; the word of the first is a number where both have one."""
    numbers = rest.by(own)
    if not rest.word or not own.word:
        return replace(numbers, word=rest.word or own.word)
    return replace(numbers, above=(*numbers.above, written_word(rest.word)), word=own.word)
