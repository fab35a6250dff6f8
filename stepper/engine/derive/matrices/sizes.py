"""Sizes that are known, and sizes that are yet to be found: two that must be equal become one."""

from __future__ import annotations

from typing import TypeAlias

from stepper.core.expr import Expr, Num
from stepper.core.formula import text
from stepper.core.prose import Prose

ONE = Num("1")


class Cell:
    """A number of rows or columns. ``counted``: it is one of an array, even while nobody knows it."""

    __slots__ = ("counted", "parent", "size")

    def __init__(self, size: Expr | None = None) -> None:
        self.parent: Cell | None = None
        self.size, self.counted = size, False

    def root(self) -> Cell:
        return self if self.parent is None else self.parent.root()

    def known(self) -> Expr | None:
        return self.root().size


Pair: TypeAlias = "tuple[Cell, Cell]"
"""Rows and columns: a vector is a column, a number has one row and one column."""
Shape: TypeAlias = "tuple[Expr, ...]"
"""As users have it: () is a number, (n,) a vector, (n, d) a matrix; (1, n) is a transposed vector."""


class Clash(Exception):
    """Two sizes that must be equal are not."""


def join(one: Cell, other: Cell) -> bool:
    """Makes two sizes one. Was something learnt by it?

    Raises:
        Clash: where both are known and differ.
    """
    one, other = one.root(), other.root()
    if one is other:
        return False
    if one.size is not None and other.size is not None:
        if one.size != other.size:
            raise Clash
        counted = one.counted or other.counted
        learnt = one.counted != other.counted
        one.counted = other.counted = counted
        return learnt
    if one.size is not None:
        one, other = other, one
    other.counted = one.counted or other.counted
    one.parent = other
    return True


def join_pairs(one: Pair, other: Pair) -> bool:
    """The same of rows and columns."""
    found = [join(left, right) for left, right in zip(one, other, strict=True)]
    return any(found)


def is_number(pair: Pair) -> bool:
    return all(cell.known() == ONE for cell in pair)


def is_array(pair: Pair) -> bool:
    return any((known != ONE) if (known := cell.known()) is not None else cell.root().counted for cell in pair)


def pair_of(shape: Shape) -> tuple[Expr, Expr]:
    """Rows and columns of a shape as users have it."""
    rows, columns = (*shape, ONE, ONE)[:2]
    return rows, columns


def shape_of(rows: Expr, columns: Expr) -> Shape:
    """The inverse of ``pair_of``."""
    if columns != ONE:
        return (rows, columns)
    return () if rows == ONE else (rows,)


def in_words(shape: Shape) -> Prose:
    """A shape as words and formulas, for a page: n × d."""
    if len(shape) == 2:
        return (shape[0], " × ", shape[1])
    return ("a vector of size ", shape[0]) if shape else ("a number",)


def spoken(shape: Shape) -> str:
    """A shape in words, for messages.

    >>> spoken(()), spoken((Num("3"),)), spoken((Num("3"), Num("2")))
    ('a number', 'a vector of size 3', '3 x 2')
    """
    if len(shape) == 2:
        return f"{text(shape[0])} x {text(shape[1])}"
    return f"a vector of size {text(shape[0])}" if shape else "a number"
