"""Sums and products of formulas of arrays, without what a person would not write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from stepper.core.expr import (
    Expr,
    Neg,
    Num,
    Product,
    Transpose,
    add,
    divide,
    multiply_all,
)
from stepper.engine.values.differentiate import ONE, ZERO, negative


def together(terms: Sequence[Expr]) -> Expr:
    """A sum in which equal terms are counted: G + G is 2*G."""
    counts = Counter(terms)
    return add(*[times(Num(str(count)), term) if count > 1 else term for term, count in counts.items()])


def times(left: Expr, right: Expr) -> Expr:
    """Entry by entry, without ones; a minus in front comes out."""
    if ZERO in (left, right):
        return ZERO
    if left == ONE:
        return right
    if right == ONE:
        return left
    if isinstance(left, Neg):
        return negative(times(left.body, right))
    if isinstance(right, Neg):
        return negative(times(left, right.body))
    # a product of entries may be written on, one of matrices not: a*(b*c) is a*b*c, and X*(A @ B) keeps its parentheses
    if isinstance(right, Product) and "@" not in right.operators:
        pairs = list(zip(("*", *right.operators), right.operands, strict=True))
        return multiply_all([("*", left), *pairs])
    return multiply_all([("*", left), ("*", right)])


def over(left: Expr, right: Expr) -> Expr:
    return negative(divide(left.body, right)) if isinstance(left, Neg) else divide(left, right)


def matrix(left: Expr, right: Expr) -> Expr:
    """A product of matrices; a minus in front comes out."""
    if isinstance(left, Neg):
        return negative(matrix(left.body, right))
    if isinstance(right, Neg):
        return negative(matrix(left, right.body))
    return multiply_all([("*", left), ("@", right)])


def transpose(expr: Expr) -> Expr:
    """The transpose; of a transpose what stands in it, of a product the transposes the other way round."""
    match expr:
        case Transpose(body):
            return body
        case Neg(body):
            return Neg(transpose(body))
        case Product((left, right), ("@",)):
            return matrix(transpose(right), transpose(left))
        case _:
            return Transpose(expr)
