"""The determinant by cofactors, of whatever can be added and multiplied: numbers, formulas, entries of arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, Generic, TypeVar

from msgspec import Struct

from stepper.core.expr import Sign

T = TypeVar("T")
Rows = Sequence[Sequence[T]]


class Ring(Struct, Generic[T], frozen=True):
    """How entries are worked with."""

    one: T
    product: Callable[[T, T], T]
    total: Callable[[Sequence[tuple[Sign, T]]], T]
    negative: Callable[[T], T]


def _sum(terms: Sequence[tuple[Sign, Any]]) -> Any:
    (_, found), *rest = terms
    for sign, term in rest:
        found = found + term if sign == "+" else found - term
    return found


NUMBERS: Ring[Any] = Ring(Fraction(1), lambda one, other: one * other, _sum, lambda number: -number)
"""With Python's operators."""


def determinant(matrix: Rows[T], ring: Ring[T]) -> T:
    """Expanded along the first row.

    >>> determinant([[1, 2], [3, 4]], NUMBERS)
    -2
    """
    if len(matrix) <= 1:
        return matrix[0][0] if matrix else ring.one
    terms = [
        (_sign(column), ring.product(entry, determinant(minor(matrix, 0, column), ring)))
        for column, entry in enumerate(matrix[0])
    ]
    return ring.total(terms)


def cofactor(matrix: Rows[T], row: int, column: int, ring: Ring[T]) -> T:
    """The determinant of what stays without a row and a column, with the sign of its place."""
    found = determinant(minor(matrix, row, column), ring)
    return found if _sign(row + column) == "+" else ring.negative(found)


def minor(matrix: Rows[T], row: int, column: int) -> list[list[T]]:
    """What stays without a row and a column."""
    return [[*line[:column], *line[column + 1 :]] for place, line in enumerate(matrix) if place != row]


def _sign(place: int) -> Sign:
    return "+" if place % 2 == 0 else "-"
