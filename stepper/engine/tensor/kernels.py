"""The primitives of arrays in NumPy. Entries may be formulas, exact numbers or floats: nothing here asks which.

Settings are integers. Axes count from 1, and from the last below 0; axis 0 stands for all of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product as every
from typing import Any, cast

import numpy as np

from stepper.engine.tensor import laws
from stepper.engine.tensor.entries import (
    Blank,
    Entries,
    Exact,
    Fold,
    Formula,
    NeedsNumbers,
    array_of,
    held,
    is_zero,
    shown,
    zeros,
)
from stepper.errors import Problem, StepperError

MOST_MASKED = 12
"""Masks are listed for so many entries."""


def place(axis: int, array: Entries) -> int:
    """An axis as NumPy counts it."""
    return laws.place(axis, array.shape)


# ---- shapes


def flatten(array: Entries, start: int) -> Entries:
    kept = array.shape[: place(start, array)]
    return array.reshape((*kept, -1))


def shaped(array: Entries, like: Entries) -> Entries:
    return cast(Entries, array.reshape(like.shape))


def spread(array: Entries, like: Entries, axis: int) -> Entries:
    if axis and array.ndim < like.ndim:
        array = np.expand_dims(array, place(axis, like))
    return np.broadcast_to(array, like.shape)


def gathered(array: Entries, like: Entries, axis: int) -> Entries:
    """Sums over the axes along which ``like`` was repeated."""
    if axis and array.ndim > like.ndim:
        return total(array, axis)
    extra = array.ndim - like.ndim
    if extra:
        array = held(array.sum(axis=tuple(range(extra))))
    repeated = tuple(axis for axis, size in enumerate(like.shape) if size == 1 and array.shape[axis] != 1)
    return held(array.sum(axis=repeated, keepdims=True)) if repeated else array


def by_channel(array: Entries) -> Entries:
    """A batch of images, or of signals, as a row for each channel."""
    shape = laws.a_row_each_channel(array.shape)
    return cast(Entries, np.moveaxis(array, 1, 0).reshape(shape))


def from_channels(rows_of: Entries, like: Entries) -> Entries:
    shape = (like.shape[1], like.shape[0], *like.shape[2:])
    return np.moveaxis(rows_of.reshape(shape), 0, 1)


def column(array: Entries, axes: int = 1) -> Entries:
    return array.reshape((-1, *[1] * axes)) if array.ndim == 1 else array


def grouped(array: Entries, groups: int, axis: int = -3) -> Entries:
    """The channels of an image, or of a batch of images, in groups."""
    at = place(axis, array) % array.ndim if -array.ndim <= axis <= array.ndim else -1
    if at < 0 or groups < 1 or array.shape[at] % groups:
        raise StepperError(Problem(f"{shown(array.shape)} is not an image whose channels make {groups} groups"))
    return cast(Entries, array.reshape((*array.shape[:at], groups, -1)))


def averaging(array: Entries, size: int, axis: int) -> Entries:
    """Row i takes the mean from floor(i n/size) up to ceil((i + 1) n/size)."""
    length = array.shape[place(axis, array)]
    if not 1 <= size <= length:
        raise StepperError(Problem(f"{length} entries make no {size} parts"))
    found = zeros((size, length), array)
    for row in range(size):
        first, last = row * length // size, -(-(row + 1) * length // size)
        found[row, first:last] = Fraction(1, last - first)
    return found


def interpolating(array: Entries, size: int, axis: int, corners: int) -> Entries:
    """Row i takes what lies at the place of entry i, between its two neighbours."""
    length = array.shape[place(axis, array)]
    if size < 1:
        raise StepperError(Problem(f"{length} entries do not become {size}"))
    found = zeros((size, length), array)
    for row in range(size):
        apart = Fraction(length - 1, max(size - 1, 1)) if corners else Fraction(length, size)
        at = row * apart if corners else max((row + Fraction(1, 2)) * apart - Fraction(1, 2), Fraction(0))
        first = min(int(at), length - 1)
        last = min(first + 1, length - 1)
        found[row, first] = found[row, first] + 1 - (at - first)
        found[row, last] = found[row, last] + (at - first)
    return found


def one_hot(indices: Entries, like: Entries) -> Entries:
    """For each number a row of zeros with a 1 at its place."""
    found = zeros((*indices.shape, like.shape[0]), like)
    for where in np.ndindex(*indices.shape):
        entry: Any = indices[where]
        if isinstance(entry, Blank):
            continue
        if isinstance(entry, Formula):
            raise NeedsNumbers("the numbers of rows must be known")
        number = entry.plain if isinstance(entry, Exact) else entry
        if number != int(number) or not 1 <= number <= like.shape[0]:
            hint = (
                "" if number else "--convention classes=from_zero counts the classes of a loss from 0, as PyTorch does"
            )
            raise StepperError(
                Problem(f"{number} is not a row number: there are {like.shape[0]}, counted from 1", hint=hint)
            )
        found[(*where, int(number) - 1)] = Fraction(1)
    return found


def placed(entry: Entries, like: Entries, *settings: int) -> Entries:
    """Zeros in a shape, and at one place an entry, or a row; places count from 1, and 0 stands for none."""
    where = tuple(number - 1 for number in settings if number)
    if len(where) > like.ndim or any(not 0 <= number < size for number, size in zip(where, like.shape, strict=False)):
        raise StepperError(
            Problem(f"there is no such entry: the array is {shown(like.shape)}", hint="entries are counted from 1")
        )
    found = zeros(like.shape, like)
    found[where] = entry if entry.ndim else entry.item()
    return found


def concat(one: Entries, other: Entries, axis: int) -> Entries:
    laws.lined_up(one.shape, other.shape, axis)
    return np.concatenate([one, other], axis=place(axis, one))


def first_part(array: Entries, like: Entries, axis: int) -> Entries:
    at = place(axis, array)
    return array.take(range(like.shape[at]), axis=at)


def last_part(array: Entries, like: Entries, axis: int) -> Entries:
    at = place(axis, array)
    return array.take(range(array.shape[at] - like.shape[at], array.shape[at]), axis=at)


def sizes(array: Entries) -> Entries:
    return array_of([Fraction(size) for size in array.shape], (array.ndim,))


def counted(array: Entries) -> Entries:
    """1, 2, 3, ... row after row."""
    return array_of([Fraction(number) for number in range(1, array.size + 1)], array.shape)


def outer(one: Entries, other: Entries) -> Entries:
    return cast(Entries, one.ravel()[:, None] * other.ravel())


# ---- sums


def total(array: Entries, axis: int) -> Entries:
    return held(array.sum(axis=place(axis, array) if axis else None))


def along(array: Entries, axis: int) -> Entries:
    count = array.shape[place(axis, array)] if axis else array.size
    return array_of([Fraction(count)], ())


def rows(array: Entries) -> Entries:
    return array_of([Fraction(math.prod(array.shape[:-1]))], ())


def mean(array: Entries, axis: int) -> Entries:
    return held(total(array, axis) / (array.shape[place(axis, array)] if axis else array.size))


def _lines(array: Entries, axis: int) -> Iterator[tuple[tuple[int, ...], Entries]]:
    """Each line along an axis, with the place of all its other coordinates."""
    moved = np.moveaxis(array, place(axis, array), -1) if axis else array.ravel()
    for where in np.ndindex(*moved.shape[:-1]):
        yield where, moved[where]


def lines(fold: Fold, array: Entries, axis: int) -> Entries:
    """A function of a list whose value is a number, of each line along an axis."""
    shape = tuple(int(size) for size in np.delete(array.shape, place(axis, array))) if axis else ()
    return array_of([fold(list(line)) for _, line in _lines(array, axis)], shape)


def each_line(fold: Fold, array: Entries, axis: int) -> Entries:
    """A function of a list whose value is a list as long, of each line along an axis."""
    found = np.empty(array.shape, dtype=object)
    moved = np.moveaxis(found, place(axis, array), -1)
    for where, line in _lines(array, axis):
        moved[where] = fold(list(line))
    return found


def largest_mask(array: Entries, axis: int) -> Entries:
    """1 where the largest entry of a line stands, the first of equal ones; 0 elsewhere."""
    found = zeros(array.shape, array)
    moved = np.moveaxis(found, place(axis, array), -1) if axis else found.ravel()
    for where, line in _lines(array, axis):
        moved[where][first_largest(list(line))] = Fraction(1)
    return found


def largest_places(array: Entries, axis: int) -> Entries:
    """The place of the largest entry of each line, counted from 1."""
    shape = tuple(int(size) for size in np.delete(array.shape, place(axis, array))) if axis else ()
    return array_of([Fraction(1 + first_largest(list(line))) for _, line in _lines(array, axis)], shape)


def first_largest(entries: Sequence[object]) -> int:
    """The place of the largest entry, the first of equal ones.

    Raises:
        StepperError: where entries have no numbers.
    """
    if any(isinstance(entry, Formula) for entry in entries):
        raise NeedsNumbers("which entry is the largest depends on their numbers, and there are none")
    found = 0
    for number, entry in enumerate(cast("Sequence[Any]", entries)):
        found = number if entry > entries[found] else found
    return found


def var(array: Entries, axis: int) -> Entries:
    """The mean of the squared distances from the mean."""
    return mean(held((array - spread(mean(array, axis), array, axis)) ** 2), axis)


def each_masked_line(fold: Fold, array: Entries, mask: Entries) -> Entries:
    """A function of a list of the entries that the mask lets through in each last line; the others are 0."""
    if array.shape != mask.shape:
        raise StepperError(Problem(f"the mask has the shape {shown(mask.shape)}, and the array {shown(array.shape)}"))
    found = zeros(array.shape, array)
    for where in np.ndindex(*array.shape[:-1]):
        chosen = [place for place in range(array.shape[-1]) if not is_zero(mask[(*where, place)])]
        if not chosen:
            raise StepperError(Problem("a row of the mask lets nothing through", hint="each row needs a 1"))
        for place_of, entry in zip(
            chosen, cast("list[object]", fold([array[(*where, place)] for place in chosen])), strict=True
        ):
            found[(*where, place_of)] = entry
    return found


def masks(like: Entries) -> Entries:
    """Every mask of a vector, one a row: 2^n rows of 0 and 1."""
    if like.ndim != 1 or like.shape[0] > MOST_MASKED:
        raise StepperError(Problem(f"masks are listed for vectors of up to {MOST_MASKED} entries"))
    size = like.shape[0]
    return array_of([Fraction(bit) for bits in every((0, 1), repeat=size) for bit in bits], (2**size, size))
