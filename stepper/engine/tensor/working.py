"""Formulas of arrays worked down to numbers as on a board: products of matrices and sums written out entry by entry,
inner parts in lines of their own, functions line by line as their rows say.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Sequence

from msgspec import Struct

from stepper.core.expr import (
    Array,
    Call,
    Deriv,
    Expr,
    Index,
    Prime,
    Product,
    Sum,
    Sym,
    Transpose,
    Value,
    add_all,
    multiply_all,
)
from stepper.core.formula import text
from stepper.core.parser import parse
from stepper.core.steps import Equation, Link, Prose
from stepper.core.traverse import names, substitute, transform, walk
from stepper.engine.tensor.calls import bind, definition, gathered, of_arrays, without_inner
from stepper.engine.tensor.entries import Entries, Formula, as_expr, entry_expr, symbols
from stepper.engine.tensor.evaluate import OUT, Worker, transposed
from stepper.engine.tensor.shapes import Shapes
from stepper.engine.tensor.sizes import Sizes, is_whole
from stepper.engine.tensor.tidy import lean, told_apart
from stepper.engine.tensor.wording import worded
from stepper.engine.values.differentiate import ZERO
from stepper.engine.values.equations import append
from stepper.errors import StepperError
from stepper.tables.array import ArrayFunction
from stepper.tables.arrays import BY_ARRAY_NAME

MOST_PUT_IN, MOST_MATRICES, MOST_LEAVES, WIDEST_ROW, MOST_PARTS = 36, 4, 40, 70, 12
"""The entries of an array that is put into a formula, and how many matrices are; the numbers of a formula that is
written out entry by entry, and the characters in a row of it; the parts of a formula that get lines of their own.
"""
MATRIX = 2
_PLACEHOLDER = "_q"


class Worked(Struct, frozen=True):
    """The lines that come before, and the sides of the equation itself."""

    lines: tuple[Equation, ...]
    sides: tuple[tuple[Expr, Prose], ...]


class Working:
    """Works the formulas of one derivation; what has had its line is not worked again.

    ``shapes`` tells the shape of any part, ``taken`` are names that lines may not have, ``loss`` is what is
    differentiated.
    """

    def __init__(self, shapes: Shapes, taken: Collection[str], loss: Expr | None = None) -> None:
        self.loss = loss
        self.known, self.taken = dict(shapes.known), set(taken)
        self.shape = Shapes(shapes.vocabulary, self.known, bill=shapes.bill)
        self.found: dict[Expr, Entries] = {}
        self.values: dict[str, Entries] = {}
        self.named: dict[Expr, Expr] = {}

    def __call__(self, formula: Expr, worker: Worker, owner: str) -> Worked:
        """A formula over known arrays; ``owner`` is the quantity that it is worked for."""
        one = _Formula(self, worker, owner)
        sides = one.sides(formula)
        return Worked(tuple(one.lines), tuple(sides))

    def name(self, wanted: str, owner: str) -> Expr:
        """A name for a line: as its row has it, else with the quantity that it is worked for."""
        stem = owner.translate(str.maketrans("", "", "[], /'"))
        free = next(each for each in (wanted, f"{wanted}_{stem}", f"{wanted}_{stem}_") if each not in self.taken)
        self.taken.add(free)
        return Sym(free)


class _Formula:
    """One formula with the lines that lead to it."""

    def __init__(self, working: Working, worker: Worker, owner: str) -> None:
        self.working, self.owner = working, owner
        self.worker = Worker(worker.vocabulary, {**worker.known, **working.values})
        self.lines: list[Equation] = []

    def value(self, expr: Expr) -> Entries | None:
        """The numbers of a part; None where it has none, or too many."""
        found = self.working.found.get(expr)
        if found is not None:
            return found
        try:
            sizes = self.working.shape(expr)
            if is_whole(sizes) and math.prod(sizes) > MOST_PUT_IN:
                return None
            array = self.worker(expr)
        except StepperError:
            return None
        numeric = array.size <= MOST_PUT_IN and not any(isinstance(entry, Formula) for entry in array.ravel())
        return array if numeric else None

    def sides(self, formula: Expr) -> list[tuple[Expr, Prose]]:
        """What stands between a formula and its value, the formula first; lines for its parts come before."""
        row = _row(formula)
        if row is not None and row.inner and self.value(formula) is None:
            return self.sides(self.written(without_inner(formula)))
        if row is not None and self.fits(row, formula):
            assert isinstance(formula, Call)
            last = self.sides(self.by_row(row, formula))
            return last if row.inner else [(formula, ()), *last]
        over = self.with_names(formula)
        if self.opened(over) is None:
            self.parts(over)
        return [(over, ()), *self.numbers(over)]

    def with_names(self, formula: Expr) -> Expr:
        """The formula over the names of lines: functions inside it that have lines of their own get them here."""
        for part in dict.fromkeys(_calls(formula)):
            row, array = _row(part), self.value(part)
            if part == formula or part in self.working.named or row is None:
                continue
            if array is None or not self.fits(row, part):
                self.working.named |= {part: self.written(without_inner(part))} if row.inner else {}
                continue
            if row.inner:
                assert isinstance(part, Call)
                self.working.named[part] = self.by_row(row, part)
            elif row.named:
                self.named_line(row.named, part)
            elif part not in self.working.found:
                self.line(part, part, array)
        return substitute(formula, self.working.named)

    def numbers(self, formula: Expr) -> list[tuple[Expr, Prose]]:
        """The formula with numbers, and the same entry by entry."""
        filled = self.filled(formula)
        opened = self.opened(formula)
        return [(side, ()) for side in (filled, opened) if side is not None]

    def parts(self, whole: Expr) -> None:
        """A line for each inner product of matrices and each sum."""
        inner = [part for part in _inner(whole, self.working.shape) if part != whole and part not in self.working.found]
        for part in list(dict.fromkeys(inner))[:MOST_PARTS]:
            array = self.value(part)
            if array is not None and names(part):
                self.line(part, part, array)

    def line(self, left: Expr, formula: Expr, array: Entries) -> None:
        """``left = formula = numbers = value``; a part is its own left side."""
        links: list[Link] = []
        for place, (side, words) in enumerate(self.sides(formula)):
            row = _row(side)
            if place == 0 and (side == left or (row is not None and _steps(row) and left != formula)):
                continue  # its lines say what a function is
            _append(links, side, words, self.working.shape)
        _append(links, as_expr(array), (), self.working.shape)
        self.lines.append(Equation(told_apart(left, self.working.shape), tuple(links)))
        self.working.found[left] = array

    def fits(self, row: ArrayFunction, call: Expr) -> bool:
        """Is a function worked line by line, each of which is small?"""
        if not _steps(row) or self.value(call) is None or not isinstance(call, Call):
            return False
        known = self.given(row, call)
        for name, formula, *_ in _steps(row):
            known[Sym(name)] = substitute(parse(formula), known)
            if self.value(known[Sym(name)]) is None:
                return False
        return True

    def given(self, row: ArrayFunction, call: Call) -> dict[Expr, Expr]:
        """What the parameters in the lines of a function stand for."""
        bound = bind(row, call.arguments)
        return {
            name: meant
            if meant == bound[name]
            else as_expr(self.worker(meant))  # rows of 0 and 1 for numbers of classes
            for name, meant in self.worker.bound(row, call.arguments).items()
        }

    def by_row(self, row: ArrayFunction, call: Call) -> Expr:
        """The lines of a function by its row; its last formula over their names."""
        known = self.given(row, call)
        for name, formula, *of in _steps(row):
            meant = self.written(substitute(parse(formula), known))
            if Sym(name) == OUT:
                return meant
            again = self.working.named.get(meant)
            if again is None and isinstance(meant, Sym | Deriv):
                again = meant
            known[Sym(name)] = again or self.named_line(name, meant, known[Sym(of[0])] if of else None)
        raise AssertionError(row.name)

    def named_line(self, name: str, formula: Expr, wrt: Expr | None = None) -> Expr:
        """A line with a name, or with that of the gradient for another line."""
        array = self.value(formula)
        assert array is not None
        loss = self.working.loss
        left = self.working.name(name, self.owner) if wrt is None or loss is None else Deriv(loss, wrt)
        self.working.known[text(left)] = array.shape
        self.working.values[text(left)] = array
        self.worker.known = {**self.worker.known, text(left): array}
        self.line(left, formula, array)
        self.working.named[formula] = left
        return left

    def written(self, formula: Expr) -> Expr:
        shape = self.working.shape
        return told_apart(lean(worded(lean(_without_zeros(formula), shape), shape), shape), shape)

    def filled(self, formula: Expr) -> Expr | None:
        """The formula with its arrays, and the values of its parts, put in; None where one is large."""
        large, matrices = False, 0

        def change(part: Expr) -> Expr | None:
            nonlocal large, matrices
            found = self.working.found.get(part)
            if found is None and isinstance(part, Transpose):  # a matrix stands as it is multiplied
                inner = self.working.found.get(part.body)
                inner = self.worker.known.get(text(part.body)) if inner is None else inner
                found = None if inner is None or inner.ndim < MATRIX else transposed(inner)
            if found is None and isinstance(part, Sym | Deriv | Prime | Index):
                found = self.worker.known.get(text(part))
                if found is None and isinstance(part, Index) and text(part.base) in self.worker.known:
                    found = self.value(part)
            if found is None:
                return None
            large, matrices = large or found.size > MOST_PUT_IN, matrices + (found.ndim > 1)
            return part if large else as_expr(found)

        filled = replaced(formula, change)
        return None if large or matrices > MOST_MATRICES or self.takes_several(formula) else filled

    def takes_several(self, formula: Expr) -> bool:
        """Has it a function such as max of several arrays, entry by entry? Their numbers would be one list."""
        calls = (part for part in walk(formula) if isinstance(part, Call) and not of_arrays(part))
        rules = ((self.worker.vocabulary.rule(part.name), part.arguments) for part in calls)
        return any(self.working.shape(item) for rule, arguments in rules for item in gathered(rule, arguments))

    def opened(self, formula: Expr) -> Expr | None:
        """The entries with their sums written out in numbers, where that is short: ``[1*3 + 2*4, 0*3 + 1*4]``."""
        values: dict[Expr, Expr] = {}
        known: dict[str, Entries] = {}

        def change(part: Expr) -> Expr | None:
            found = self.working.found.get(part)
            if found is None and isinstance(part, Sym | Deriv | Prime | Index):
                found = self.worker.known.get(text(part))
            if found is None:
                return None
            name = f"{_PLACEHOLDER}{len(known)}"
            known[name] = symbols(name, found.shape)
            pairs = zip(known[name].ravel(), found.ravel(), strict=True)
            values.update({entry_expr(symbol): entry_expr(entry) for symbol, entry in pairs})
            return Sym(name)

        over = replaced(formula, change)
        if not any(map(_sums, walk(over))):
            return None
        try:
            entries = Worker(self.worker.vocabulary, known)(over)
        except StepperError:
            return None
        written = substitute(as_expr(entries), values)
        return written if _is_short(written) and any(map(_sums_numbers, walk(written))) else None


def replaced(expr: Expr, change: Callable[[Expr], Expr | None]) -> Expr:
    """As ``transform``, and what a chain of products begins with is a part too: ``A @ B`` of ``A @ B @ C/2``."""

    def part(whole: Expr) -> Expr | None:
        if (found := change(whole)) is not None:
            return found
        if not isinstance(whole, Product):
            return None
        for count in range(len(whole.operands) - 1, 1, -1):
            found = change(Product(whole.operands[:count], whole.operators[: count - 1]))
            if found is not None:
                rest = (transform(operand, part) for operand in whole.operands[count:])
                return multiply_all([("*", found), *zip(whole.operators[count - 1 :], rest, strict=True)])
        return None

    return transform(expr, part)


def _inner(expr: Expr, shape: Callable[[Expr], Sizes]) -> Iterator[Expr]:
    """The parts that get lines, what stands inside first."""
    match expr:
        case Array() | Sym() | Index() | Deriv() | Prime() | Value():
            return
        case Call(_, arguments):
            for argument in arguments:
                yield from _inner(argument, shape)
            row = _row(expr)
            if row is not None and row.opens and isinstance(arguments[0], Product) and shape(arguments[0]):
                yield arguments[0]
            if row is not None and row.gathers:
                yield expr
        case _:
            signs = ("", *expr.operators) if isinstance(expr, Product) else ()
            for place, part in enumerate(_children(expr)):
                yield from _inner(part, shape)
                if isinstance(expr, Product) and signs[place] == "@":
                    yield Product(expr.operands[: place + 1], expr.operators[:place])


def _calls(expr: Expr) -> Iterator[Expr]:
    """The functions with lines of their own, what stands inside first."""
    for part in _children(expr):
        yield from _calls(part)
    row = _row(expr)
    if row is not None and _steps(row):
        yield expr


def _children(expr: Expr) -> Sequence[Expr]:
    found: list[Expr] = []

    def change(part: Expr) -> Expr | None:
        if part is expr:
            return None
        found.append(part)
        return part

    transform(expr, change)
    return found


def _row(expr: Expr) -> ArrayFunction | None:
    return BY_ARRAY_NAME[expr.name] if isinstance(expr, Call) and of_arrays(expr) else None


def _steps(row: ArrayFunction) -> tuple[tuple[str, ...], ...]:
    """The lines of a function: its own, or its definition by functions that have some."""
    if row.working or not row.value:
        return row.working
    inside = [_row(part) for part in walk(definition(row.value))]
    return ((OUT.name, row.value),) if any(other is not None and _steps(other) for other in inside) else ()


def _without_zeros(expr: Expr) -> Expr:
    """Sums without terms that are 0, as an eps that was given as 0."""

    def change(part: Expr) -> Expr | None:
        if not isinstance(part, Sum):
            return None
        pairs = [(sign, term) for sign, term in zip(("+", *part.operators), part.operands, strict=True)
                 if term != ZERO]  # fmt: skip
        if len(pairs) == len(part.operands) or not pairs:
            return None
        return add_all([(sign, transform(term, change)) for sign, term in pairs])

    return transform(expr, change)


def _sums(part: Expr) -> bool:
    """Does a part of a formula add entries up, or multiply them as matrices?"""
    row = _row(part)
    return (isinstance(part, Product) and "@" in part.operators) or (row is not None and row.opens)


def _sums_numbers(part: Expr) -> bool:
    return isinstance(part, Product) or not isinstance(part, Array | Value | Sym)


def _is_short(expr: Expr) -> bool:
    """Can entries be read that are written out: few numbers, and a matrix whose rows fit on a line?"""
    if not 1 < sum(isinstance(part, Value) for part in walk(expr)) <= MOST_LEAVES:
        return False
    rows = expr.items if isinstance(expr, Array) and any(isinstance(item, Array) for item in expr.items) else ()
    return all(len(text(transform(row, _rounded))) + 2 * len(_children(row)) <= WIDEST_ROW for row in rows)


def _rounded(part: Expr) -> Expr | None:
    """A number with about as many characters as it will have."""
    return Sym("0" * len(f"{float(part.number):.4g}")) if isinstance(part, Value) else None


def _append(links: list[Link], side: Expr, words: Prose, shape: Callable[[Expr], Sizes]) -> None:
    if links:
        append(links, side, words)
    else:
        links.append(Link("=", side, words))
