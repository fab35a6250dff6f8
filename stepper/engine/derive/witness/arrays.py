"""Arrays of an instance: numbers in nested tuples. A vector is a column; its transpose is a matrix of one row."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from typing import Any, TypeAlias

from stepper.engine.derive.witness.numbers import Misfit, Quantity, Unable, Undefined, minus, over, raised

Nested: TypeAlias = Any
"""A number, or a tuple of nested ones of one shape."""
LARGEST_DETERMINANT = 5
_HALF = Fraction(1, 2)


class Scaled:
    """``c*I``, the identity of whatever size stands beside it, times a number."""

    __slots__ = ("scale",)

    def __init__(self, scale: Quantity) -> None:
        self.scale = scale

    def beside(self, other: Nested) -> Nested:
        """The matrix that fits beside another.

        Raises:
            Undefined: where that is not square.
        """
        if isinstance(other, Scaled):
            return self
        shape = shape_of(other)
        if len(shape) != 2 or shape[0] != shape[1]:
            raise Misfit(f"the identity beside {shown(shape)}")
        return eye(shape[0], self.scale)


def eye(size: int, scale: Quantity = 1) -> Nested:
    return tuple(tuple(scale if row == column else 0 for column in range(size)) for row in range(size))


def shape_of(value: Nested) -> tuple[int, ...]:
    shape: list[int] = []
    while isinstance(value, tuple):
        shape.append(len(value))
        value = value[0]
    return tuple(shape)


def shown(shape: tuple[int, ...]) -> str:
    """A shape in a sentence."""
    if not shape:
        return "a number"
    return f"a vector of {shape[0]}" if len(shape) == 1 else "×".join(map(str, shape))


def entries(value: Nested) -> Iterator[Quantity]:
    """The numbers, row after row.

    Raises:
        Unable: of the identity, whose size is not known.
    """
    if isinstance(value, Scaled):
        raise Unable("the identity where nothing tells its size")
    if isinstance(value, tuple):
        for item in value:
            yield from entries(item)
    else:
        yield value


def filled(shape: tuple[int, ...], make: Callable[[tuple[int, ...]], Quantity], at: tuple[int, ...] = ()) -> Nested:
    """An array by what its entry at each place, counted from 1, is."""
    if not shape:
        return make(at)
    return tuple(filled(shape[1:], make, (*at, index + 1)) for index in range(shape[0]))


def iterated(numbers: Iterable[Quantity]) -> Callable[[tuple[int, ...]], Quantity]:
    """What fills an array with numbers in their order, row after row."""
    rest = iter(numbers)
    return lambda _: next(rest)


def entry(value: Nested, places: tuple[int, ...]) -> Nested:
    """An entry, or a row, by places counted from 1.

    Raises:
        Undefined: where there is none.
    """
    for at in places:
        if not isinstance(value, tuple):
            raise Undefined("an entry of a number")
        if not 1 <= at <= len(value):
            raise Undefined("an index beyond the end of an array")
        value = value[at - 1]
    return value


def replaced(value: Nested, places: tuple[int, ...], new: Quantity) -> Nested:
    """The array with another number at one place."""
    if not places:
        return new
    at, *rest = places
    return tuple(replaced(item, tuple(rest), new) if index == at else item for index, item in enumerate(value, start=1))


def each(function: Callable[..., Quantity], *values: Nested) -> Nested:
    """A function entry by entry; a number stands beside each entry, and a vector beside each row of a matrix.

    Raises:
        Undefined: where the shapes do not fit.
    """
    if any(isinstance(value, Scaled) for value in values):
        raise Unable("the identity where nothing tells its size")
    if not any(isinstance(value, tuple) for value in values):
        return function(*values)
    shapes = [shape_of(value) for value in values]
    axes = max(map(len, shapes))
    length = max((shape[0] for shape in shapes if len(shape) == axes), default=0)
    parts = []
    for value, shape in zip(values, shapes, strict=True):
        if len(shape) < axes or (shape[0] == 1 and length != 1):
            alone = value if len(shape) < axes else value[0]
            parts.append([alone] * length)
        elif shape[0] == length:
            parts.append(list(value))
        else:
            raise Misfit(f"shapes that do not fit: {' beside '.join(map(shown, shapes))}")
    return tuple(each(function, *items) for items in zip(*parts, strict=True))


def fitted(left: Nested, right: Nested) -> tuple[Nested, Nested]:
    """Two values, with the identity as large as the other one is."""
    if isinstance(left, Scaled) and isinstance(right, tuple):
        return left.beside(right), right
    if isinstance(right, Scaled) and isinstance(left, tuple):
        return left, right.beside(left)
    if isinstance(left, Scaled) and isinstance(right, Scaled):
        return left.scale, right.scale
    return left, right


def combined(function: Callable[..., Quantity], left: Nested, right: Nested) -> Nested:
    """A sum or a product of two, entry by entry, where the identity may stand too."""
    if isinstance(left, tuple) or isinstance(right, tuple):
        left, right = fitted(left, right)
    if isinstance(left, Scaled) or isinstance(right, Scaled):
        scales = [side.scale if isinstance(side, Scaled) else side for side in (left, right)]
        return Scaled(function(*scales))
    return each(function, left, right)


def transposed(value: Nested) -> Nested:
    if isinstance(value, Scaled):
        return value
    shape = shape_of(value)
    if len(shape) == 1:
        return (value,)
    return tuple(zip(*value, strict=True)) if shape else value


def product(left: Nested, right: Nested) -> Nested:
    """``@``; two vectors give their inner product, a vector and a transposed one the matrix of all products.

    Raises:
        Undefined: where the shapes do not fit.
    """
    if isinstance(left, Scaled) or isinstance(right, Scaled):
        return _scaled(left, right)
    first, second = shape_of(left), shape_of(right)
    if not first or not second:
        return each(lambda one, other: one * other, left, right)
    if len(first) > 2 or len(second) > 2:
        raise Unable("products of arrays with more than two axes")
    if len(first) == 1 and len(second) == 2 and second[0] == 1 != first[0]:
        left, first = tuple((item,) for item in left), (first[0], 1)
    if first[-1] != second[0]:
        raise Misfit(f"shapes that do not fit: {shown(first)} @ {shown(second)}")
    rows = left if len(first) == 2 else (left,)
    columns = tuple(zip(*right, strict=True)) if len(second) == 2 else (right,)
    found: Nested = tuple(tuple(_inner(row, column) for column in columns) for row in rows)
    if len(second) == 1:
        found = tuple(row[0] for row in found)
    if len(first) == 1 or (first[0] == 1 and len(second) == 1):
        found = found[0]
    return found


def _inner(left: Nested, right: Nested) -> Quantity:
    total: Quantity = 0
    for one, other in zip(left, right, strict=True):
        total = total + one * other
    return total


def _scaled(left: Nested, right: Nested) -> Nested:
    if isinstance(left, Scaled) and isinstance(right, Scaled):
        return Scaled(left.scale * right.scale)
    scale, other = (left.scale, right) if isinstance(left, Scaled) else (right.scale, left)
    return each(lambda number: scale * number, other)


def square(value: Nested, name: str) -> int:
    """The size of a square matrix.

    Raises:
        Undefined: where it is none.
    """
    shape = shape_of(value)
    if len(shape) != 2 or shape[0] != shape[1]:
        raise Misfit(f"{name} of {shown(shape)}")
    return shape[0]


def determinant(value: Nested) -> Quantity:
    """By its definition: over the permutations."""
    if not isinstance(value, tuple):
        return value
    size = square(value, "det")
    if size > LARGEST_DETERMINANT:
        raise Unable(f"determinants of more than {LARGEST_DETERMINANT} rows")
    total: Quantity = 0
    for order in itertools.permutations(range(size)):
        swaps = sum(order[early] > order[late] for early in range(size) for late in range(early + 1, size))
        term: Quantity = -1 if swaps % 2 else 1
        for row, column in enumerate(order):
            term = term * value[row][column]
        total = total + term
    return total


def inverse(value: Nested) -> Nested:
    """By cofactors."""
    if isinstance(value, Scaled):
        return Scaled(over(1, value.scale))
    if not isinstance(value, tuple):
        return over(1, value)
    size = square(value, "inv")
    whole = determinant(value)
    if whole == 0:
        raise Undefined("the inverse of a singular matrix")

    def cofactor(place: tuple[int, ...]) -> Quantity:
        row, column = place[1] - 1, place[0] - 1
        minor = tuple(
            tuple(item for at, item in enumerate(line) if at != column) for at, line in enumerate(value) if at != row
        )
        found = determinant(minor) if minor else 1
        return over(found if (row + column) % 2 == 0 else -found, whole)

    return filled((size, size), cofactor)


def trace(value: Nested) -> Quantity:
    if not isinstance(value, tuple):
        return value
    total: Quantity = 0
    for at in range(square(value, "tr")):
        total = total + value[at][at]
    return total


def length(value: Nested) -> Quantity:
    """The root of the sum of the squares of all entries; of a number its size."""
    if not isinstance(value, tuple):
        return raised(raised(value, 2), _HALF)
    total: Quantity = 0
    for number in entries(value):
        total = total + number * number
    return raised(total, _HALF)


def diagonal(value: Nested) -> Nested:
    """The matrix with a vector on its diagonal; of a matrix its diagonal."""
    shape = shape_of(value)
    if len(shape) != 1:
        return tuple(value[at][at] for at in range(square(value, "diag")))
    return filled((shape[0], shape[0]), lambda place: value[place[0] - 1] if place[0] == place[1] else 0)


def outer(left: Nested, right: Nested) -> Nested:
    return tuple(tuple(one * other for other in entries(right)) for one in entries(left))


def stacked(value: Nested) -> Nested:
    """``vec``: the columns of a matrix below one another."""
    return tuple(entries(transposed(value))) if len(shape_of(value)) == 2 else value


def kronecker(left: Nested, right: Nested) -> Nested:
    if len(shape_of(left)) != 2 or len(shape_of(right)) != 2:
        raise Misfit(f"kron of {shown(shape_of(left))} and {shown(shape_of(right))}")
    return tuple(tuple(one * other for one in first for other in second) for first in left for second in right)


def difference(left: Nested, right: Nested) -> Nested:
    return combined(minus, left, right)
