"""Determinants, inverses and eigenvalues of small matrices."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from stepper.engine.tensor.entries import (
    BLANK,
    Blank,
    Entries,
    Exact,
    Formula,
    NeedsNumbers,
    array_of,
    held,
    is_zero,
    shown,
    zeros,
)
from stepper.engine.tensor.laws import square
from stepper.engine.values.cofactors import NUMBERS, cofactor, determinant
from stepper.engine.values.precision import precise
from stepper.errors import Problem, StepperError

SMALL = 3
"""Determinants are written by cofactors up to this size."""
LARGEST_SINGULAR = 8  # a singular matrix has its cofactors one by one, size² determinants
IMAGINARY = 1e-12
SINGULAR = Problem("the matrix is singular: its determinant is 0", hint="its rows are linearly dependent")


def diagonal(entries: Entries) -> Entries:
    """A list on the diagonal of zeros."""
    if entries.ndim != 1:
        raise StepperError(Problem(f"a list is expected, but got {shown(entries.shape)}"))
    found = zeros((entries.size, entries.size), entries)
    for place, entry in enumerate(entries):
        found[place, place] = entry
    return found


def det(array: Entries) -> Entries:
    """By cofactors along the first row where it is small, else by elimination."""
    square(array.shape)
    if len(array) <= SMALL:
        return held(determinant(array.tolist(), NUMBERS))
    if array.dtype != object:
        return held(np.linalg.det(_plain(array)))
    return held(_eliminated(array, array_of([Fraction(0)] * len(array), (len(array), 1)))[1])


def adjugate(array: Entries) -> Entries:
    """The transpose of the cofactors."""
    square(array.shape)
    size = len(array)
    if size > SMALL:
        inverse, found = _eliminated(array, _eye(size))
        if size > LARGEST_SINGULAR or not is_zero(found):
            _not_zero(found)
            return cast(Entries, inverse * found)
        signs = [-1 if (row + column) % 2 else 1 for row in range(size) for column in range(size)]
        minors = [
            np.delete(np.delete(array, column, axis=0), row, axis=1) for row in range(size) for column in range(size)
        ]
        return array_of([sign * det(minor).item() for sign, minor in zip(signs, minors, strict=True)], (size, size))
    rows = array.tolist()
    return array_of(
        [cofactor(rows, column, row, NUMBERS) for row in range(size) for column in range(size)], (size, size)
    )


def inv(array: Entries) -> Entries:
    """The adjugate by the determinant where it is small, else by elimination."""
    square(array.shape)
    size = len(array)
    if size > SMALL and array.dtype != object:
        try:
            return cast(Entries, np.linalg.inv(_plain(array)))
        except np.linalg.LinAlgError:
            raise StepperError(SINGULAR) from None
    if size > SMALL:
        inverse, found = _eliminated(array, _eye(size))
        _not_zero(found)
        return inverse
    below = determinant(array.tolist(), NUMBERS)
    _not_zero(below)
    return cast(Entries, adjugate(array) / below)


def _plain(array: Entries) -> npt.NDArray[np.float64]:
    return cast("npt.NDArray[np.float64]", array)


def _eye(size: int) -> Entries:
    return array_of([Fraction(int(row == column)) for row in range(size) for column in range(size)], (size, size))


def _not_zero(entry: object) -> None:
    if not isinstance(entry, Formula | Blank) and is_zero(entry):
        raise StepperError(SINGULAR)


def _eliminated(array: Entries, right: Entries) -> tuple[Entries, object]:
    """Elimination with the largest pivot: the solution, and the determinant."""
    if any(isinstance(entry, Blank) for entry in array.ravel()):
        return right, BLANK
    left, other = array.copy(), right.copy()
    product: Any = Fraction(1)
    size = len(left)
    for column in range(size):
        sizes_below = [abs(_float(entry)) for entry in left[column:, column]]
        pivot = column + int(np.argmax(sizes_below))
        if not sizes_below[pivot - column]:
            return other, Fraction(0)
        if pivot != column:
            left[[column, pivot]], other[[column, pivot]], product = (
                left[[pivot, column]],
                other[[pivot, column]],
                -product,
            )
        product = product * left[column, column]
        other[column] = other[column] / left[column, column]
        left[column] = left[column] / left[column, column]
        for row in range(size):
            if row != column:
                other[row] = other[row] - other[column] * left[row, column]
                left[row] = left[row] - left[column] * left[row, column]
    return other, product


def _float(entry: Any) -> float:
    if isinstance(entry, Formula):
        raise NeedsNumbers("elimination needs numbers")
    return float(entry.plain if isinstance(entry, Exact) else entry)


def eigvals(array: Entries) -> Entries:
    """In floating point, the smallest first.

    Raises:
        StepperError: where some are no real numbers.
    """
    square(array.shape)
    if any(isinstance(entry, Blank) for entry in array.ravel()):
        return cast(Entries, array[0])
    if any(isinstance(entry, Formula) for entry in array.ravel()):
        raise NeedsNumbers("eigenvalues are worked out from numbers")
    plain = np.array([[_float(entry) for entry in row] for row in array])
    found = np.linalg.eigvals(plain)
    if np.abs(found.imag).max() > IMAGINARY * max(1.0, float(np.abs(found).max())):
        raise StepperError(Problem("some eigenvalues are complex"))
    return array_of([Exact(precise().number(float(value))) for value in sorted(found.real)], (len(found),))
