"""Linear equations, exactly where their numbers are exact."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from stepper.engine.derive.witness.numbers import Quantity, minus, over, short, times

NOTHING = 10.0**-40
"""A number with many digits below it is 0."""


def nearest_to_equal(rows: list[list[Quantity]], wanted: list[Quantity]) -> list[Quantity] | None:
    """The solution nearest to equal chances: u + A.T y, where A A.T y = b - A u."""
    equal = Fraction(1, len(rows[0]))
    matrix = [[_inner(one, other) for other in rows] for one in rows]
    right = [minus(target, _inner(row, [equal] * len(row))) for row, target in zip(rows, wanted, strict=True)]
    solved = _solved(matrix, right)
    if solved is None:
        return None
    found = []
    for place in range(len(rows[0])):
        total: Quantity = equal
        for factor, row in zip(solved, rows, strict=True):
            total = total + times(factor, row[place])
        found.append(short(total))
    return found


def _inner(one: Sequence[Quantity], other: Sequence[Quantity]) -> Quantity:
    total: Quantity = 0
    for left, right in zip(one, other, strict=True):
        total = total + left * right
    return total


def _solved(matrix: list[list[Quantity]], right: list[Quantity]) -> list[Quantity] | None:
    """Gauss; a row that says nothing new is left out."""
    size = len(matrix)
    lines = [[*row, target] for row, target in zip(matrix, right, strict=True)]
    pivots: list[int] = []
    for column in range(size):
        pivot = next((row for row in range(len(pivots), size) if not _nothing(lines[row][column])), None)
        if pivot is None:
            continue
        here = len(pivots)
        lines[here], lines[pivot] = lines[pivot], lines[here]
        lines[here] = [over(number, lines[here][column]) for number in lines[here]]
        for row in range(size):
            if row != here:
                factor = lines[row][column]
                lines[row] = [minus(one, factor * other) for one, other in zip(lines[row], lines[here], strict=True)]
        pivots.append(column)
    if any(not _nothing(line[-1]) for line in lines[len(pivots) :]):
        return None
    found: list[Quantity] = [0] * size
    for place, column in enumerate(pivots):
        found[column] = lines[place][-1]
    return found


def _nothing(number: Quantity) -> bool:
    return bool(number == 0) if isinstance(number, int | Fraction) else bool(abs(number) < NOTHING)
