"""Formulas of entries as formulas of arrays: ``sum(i=1..n, X[i,j]*(exp(sum(k=1..d, X[i,k]*w[k])) - y[i]))`` is the
entry j of ``X.T @ (exp(X @ w) - y)``.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from stepper.core.expr import (
    Bound,
    BoundWord,
    Call,
    Expr,
    Index,
    Neg,
    Num,
    Power,
    Product,
    Sum,
    Sym,
    Transpose,
    Value,
    add_all,
    children,
    multiply_all,
    rebuild,
)
from stepper.core.traverse import mentions, walk
from stepper.engine.derive.terms import Term, term_of, written

SUMMED: frozenset[BoundWord] = frozenset({"sum"})


def as_array(expr: Expr, index: Expr) -> Expr | None:
    """The array whose entry at an index a formula is; None where that is not seen.

    >>> from stepper.core.derivation_parser import parse_derivation as read
    >>> from stepper.core.formula import text
    >>> text(as_array(read("sum(i=1..n, X[i,j]*(y[i] - 1))"), read("j")))
    'X.T @ (y - 1)'
    """
    match expr:
        case Index(Sym() as name, (place,)):
            return name if place == index else None
        case Index(Call() as call, (place,)):
            return call if place == index else None
        case Num() | Value() | Sym():
            return expr if expr != index else None
        case Neg(body):
            inner = as_array(body, index)
            return None if inner is None else Neg(inner)
        case Sum(operands, operators):
            parts = [as_array(part, index) for part in operands]
            whole = [part for part in parts if part is not None]
            return add_all(list(zip(("+", *operators), whole, strict=True))) if len(whole) == len(parts) else None
        case Bound():
            return _product_over(expr, index) if mentions(expr.body, index) else _number(expr)
        case Call(name, arguments):
            inside = [as_array(part, index) for part in arguments]
            whole = [part for part in inside if part is not None]
            return Call(name, tuple(whole)) if len(whole) == len(inside) else None
        case _:
            return _entrywise(expr, index)


def _entrywise(expr: Expr, index: Expr) -> Expr | None:
    """A product or a power, entry by entry: numbers, one array, further arrays by ⊙."""
    term = term_of(expr)
    if [base for base, _ in term.powers] == [expr]:  # neither a product nor a power
        return None if mentions(expr, index) else expr
    if isinstance(expr, Power) or any(exponent != Num("1") for _, exponent in term.powers):
        if not mentions(expr, index):
            return expr
        parts = [as_array(part, index) for part in children(expr)]
        whole = [part for part in parts if part is not None]
        return rebuild(expr, whole) if len(whole) == len(parts) and isinstance(expr, Power) else None
    numbers = tuple((base, exponent) for base, exponent in term.powers if not mentions(base, index))
    arrays = [as_array(base, index) for base, _ in term.powers if mentions(base, index)]
    found = [part for part in arrays if part is not None]
    if len(found) != len(arrays):
        return None
    if not found:
        return _number(expr)
    front = Term(term.number, numbers)
    rest = multiply_all([("*", found[0]), *(("⊙", part) for part in found[1:])])
    if front == Term(Fraction(1)):
        return rest
    if isinstance(rest, Product):
        return multiply_all([("*", written(front)), *zip(("*", *rest.operators), rest.operands, strict=True)])
    return multiply_all([("*", written(front)), ("*", rest)])


def _number(expr: Expr) -> Expr | None:
    """A formula that is one number: a sum over a range in it is an inner product."""
    if not isinstance(expr, Bound):
        return expr
    return _inner(expr)


def _inner(expr: Bound) -> Expr | None:
    """``sum(k=1..n, a[k]*b[k])`` is ``a.T @ b``."""
    if expr.word not in SUMMED:
        return None
    term = term_of(expr.body)
    parts = [as_array(base, expr.variable) for base, _ in term.powers]
    found = [part for part in parts if part is not None]
    if len(found) != len(parts) or len(found) != 2 or term.number != 1:
        return None
    return multiply_all([("*", Transpose(found[0])), ("@", found[1])])


def _product_over(expr: Bound, index: Expr) -> Expr | None:
    """``sum(k=1..n, A[i,k]*b[k])`` is the entry i of ``A @ b``; of ``A[k,i]`` of ``A.T @ b``."""
    if expr.word not in SUMMED:
        return None
    term = term_of(expr.body)
    matrices = [(base, _matrix(base, index, expr.variable)) for base, _ in term.powers]
    chosen = [(base, matrix) for base, matrix in matrices if matrix is not None]
    if len(chosen) != 1:
        return None
    base, matrix = chosen[0]
    rest = written(Term(term.number, tuple(power for power in term.powers if power[0] != base)))
    if mentions(rest, index) and any(_holds(part, index) for part in walk(rest)):
        return None
    vector = as_array(rest, expr.variable)
    return None if vector is None or matrix is None else multiply_all([("*", matrix), ("@", vector)])


def _holds(part: Expr, index: Expr) -> bool:
    return isinstance(part, Index) and index in part.indices


def _matrix(expr: Expr, row: Expr, column: Expr) -> Expr | None:
    """A matrix by its entry in a row and a column."""
    match expr:
        case Index(Sym() as name, (one, other)) if (one, other) == (row, column):
            return name
        case Index(Sym() as name, (one, other)) if (one, other) == (column, row):
            return Transpose(name)
        case _:
            return None


def shapes_by_ranges(expr: Expr) -> dict[str, tuple[Expr, ...]]:
    """The shapes of arrays by the ranges of their indices: with ``sum(k=1..d, X[i,k])`` X has d columns."""
    ends: dict[Expr, Expr] = {part.variable: part.high for part in walk(expr) if isinstance(part, Bound)}
    found: dict[str, tuple[Expr, ...]] = {}
    for part in walk(expr):
        if isinstance(part, Index) and isinstance(part.base, Sym) and all(place in ends for place in part.indices):
            found[part.base.name] = tuple(ends[place] for place in part.indices)
    return found


def free_index(wrt: Expr) -> Sequence[Expr]:
    """The letters of an entry: ``z[j]`` has j."""
    return [part for part in wrt.indices if isinstance(part, Sym)] if isinstance(wrt, Index) else []
