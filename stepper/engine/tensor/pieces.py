"""The parts of formulas of arrays that a board works by themselves, and what is short enough to be written out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

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
from stepper.core.traverse import transform
from stepper.engine.tensor.calls import apart, of_arrays
from stepper.engine.tensor.entries import Entries, as_expr
from stepper.engine.tensor.evaluate import Worker, transposed
from stepper.engine.tensor.sizes import Sizes
from stepper.engine.values.differentiate import ZERO
from stepper.tables.array import ArrayFunction
from stepper.tables.arrays import BY_ARRAY_NAME

MOST_PUT_IN, MOST_MATRICES, MATRIX = 36, 4, 2
"""The entries of an array that is put into a formula, and how many matrices are: a line of many is read by nobody."""


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


def put_in(formula: Expr, value: Callable[[Expr], Entries | None]) -> Expr | None:
    """The formula with arrays in place of parts that have a ``value``; None where one is large, or there are many."""
    large, matrices = False, 0

    def change(part: Expr) -> Expr | None:
        nonlocal large, matrices
        found = value(part)
        if found is None:
            items = apart(part)
            inside = tuple(replaced(item, change) for item in items)
            return Call(part.name, inside) if isinstance(part, Call) and items else None
        large, matrices = large or found.size > MOST_PUT_IN, matrices + (found.ndim > 1)
        return part if large else as_expr(found)

    filled = replaced(formula, change)
    return None if large or matrices > MOST_MATRICES else filled


def value_in(worker: Worker, part: Expr) -> Entries | None:
    """The array of a name, of an entry of one, or of a matrix that stands transposed; None of other parts."""
    if isinstance(part, Transpose):  # a matrix stands as it is multiplied
        inner = value_in(worker, part.body)
        return None if inner is None or inner.ndim < MATRIX else transposed(inner)
    if not isinstance(part, Sym | Deriv | Prime | Index):
        return None
    if isinstance(part, Index) and text(part) not in worker.known and text(part.base) in worker.known:
        return worker(part)
    return worker.known.get(text(part))


def inner_parts(expr: Expr, shape: Callable[[Expr], Sizes]) -> Iterator[Expr]:
    """The parts that get lines, what stands inside first."""
    match expr:
        case Array() | Sym() | Index() | Deriv() | Prime() | Value():
            return
        case Call(_, arguments):
            for argument in arguments:
                yield from inner_parts(argument, shape)
            row = row_of_arrays(expr)
            if row is not None and row.opens and isinstance(arguments[0], Product) and shape(arguments[0]):
                yield arguments[0]
            if row is not None and row.gathers:
                yield expr
        case _:
            signs = ("", *expr.operators) if isinstance(expr, Product) else ()
            for place, part in enumerate(children(expr)):
                yield from inner_parts(part, shape)
                if isinstance(expr, Product) and signs[place] == "@":
                    yield Product(expr.operands[: place + 1], expr.operators[:place])


def children(expr: Expr) -> Sequence[Expr]:
    found: list[Expr] = []

    def change(part: Expr) -> Expr | None:
        if part is expr:
            return None
        found.append(part)
        return part

    transform(expr, change)
    return found


def row_of_arrays(expr: Expr) -> ArrayFunction | None:
    return BY_ARRAY_NAME[expr.name] if isinstance(expr, Call) and of_arrays(expr) else None


def without_zeros(expr: Expr) -> Expr:
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
