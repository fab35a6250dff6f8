"""Primitives that only move entries: each entry of what comes out is one that came in, or a number that fills a gap.

What arrives at them goes back the same way: it is added up where the entries came from.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, cast

import numpy as np

from stepper.engine.tensor.entries import Entries, array_of, shown, zeros
from stepper.engine.tensor.kernels import place
from stepper.engine.tensor.windows import MOST_PADDING, Setting, said
from stepper.errors import Problem, StepperError

GAP = -1
MOST_ONES = 1_000_000


def moved_back(gradient: Entries, array: Entries, *settings: Any, move: str) -> Entries:
    """What arrives, added up where the entries of a move came from."""
    numbers = np.arange(array.size).reshape(array.shape)
    came: Any = np.asarray(globals()[move](numbers, *settings)).ravel()
    found, arriving = (
        zeros((array.size,), array),
        np.broadcast_to(gradient, (came.size,)) if not gradient.ndim else (gradient.ravel()),
    )
    for origin, entry in zip(came.tolist(), arriving, strict=True):
        if origin != GAP:
            found[origin] = found[origin] + entry
    return found.reshape(array.shape)


# ---- parts and shapes


def ones(sizes: Setting) -> Entries:
    shape = sizes if isinstance(sizes, tuple) else (sizes,)
    if min(shape) < 1 or math.prod(shape) > MOST_ONES:
        raise StepperError(Problem(f"there is no array of {shown(shape)}", hint=f"from 1 to {MOST_ONES:,} entries"))
    return array_of([Fraction(1)] * math.prod(shape), shape)


def unit(size: int, place: int) -> Entries:
    """0, and 1 at one place."""
    if not 1 <= place <= size <= MOST_ONES:
        raise StepperError(Problem(f"a list of {size} has no entry {place}", hint="entries are counted from 1"))
    return array_of([Fraction(number == place) for number in range(1, size + 1)], (size,))


def cut(array: Entries, first: int, last: int, axis: int) -> Entries:
    """The entries of an axis from one place to another."""
    at = place(axis, array)
    if not 1 <= first <= last <= array.shape[at]:
        what = f"{shown(array.shape)} has no entries {first} to {last} along axis {axis}"
        raise StepperError(Problem(what, hint="they are counted from 1"))
    return array.take(range(first - 1, last), axis=at)


def part(array: Entries, number: int, count: int, axis: int) -> Entries:
    """One of so many equal parts along an axis."""
    at = place(axis, array)
    size = array.shape[at]
    if not 1 <= number <= count or size % count:
        what = f"{shown(array.shape)} has no part {number} of {count} along axis {axis}"
        raise StepperError(Problem(what, hint="parts have equal lengths and are counted from 1"))
    return array.take(range((number - 1) * size // count, number * size // count), axis=at)


def reshape(array: Entries, sizes: Setting) -> Entries:
    into = sizes if isinstance(sizes, tuple) else (sizes,)
    if math.prod(into) != array.size:
        raise StepperError(Problem(f"{shown(into)} are not the {array.size} entries of {shown(array.shape)}"))
    return array.reshape(into)


def upsample(array: Entries, factor: Setting) -> Entries:
    """Each entry repeated along the last axes: along two of an image, one of a list, where no more is said."""
    factors = factor if isinstance(factor, tuple) else (factor,) * min(array.ndim, 2)
    if min(factors, default=0) < 1 or len(factors) > array.ndim:
        raise StepperError(Problem(f"{shown(array.shape)} cannot be enlarged by {said(factor)}"))
    for behind, times in enumerate(reversed(factors), start=1):
        array = array.repeat(times, axis=-behind)
    return array


def block_sum(array: Entries, factor: Setting) -> Entries:
    """The sum of each block of the last axes, as ``upsample`` makes them of single entries."""
    factors = factor if isinstance(factor, tuple) else (factor,) * min(array.ndim, 2)
    divisible = len(factors) <= array.ndim and all(
        times > 0 and not array.shape[-behind] % times for behind, times in enumerate(reversed(factors), start=1)
    )
    if not factors or not divisible:
        raise StepperError(Problem(f"{shown(array.shape)} cannot be divided into blocks of {said(factor)}"))
    for behind, times in enumerate(reversed(factors), start=1):
        at = array.ndim - behind
        parted = array.reshape((*array.shape[:at], array.shape[at] // times, times, *array.shape[at + 1 :]))
        array = cast(Entries, parted.sum(axis=at + 1))
    return array


# ---- padding


def pad(array: Entries, before: Setting, after: Setting, value: Entries | None = None) -> Entries:
    """The last axes made longer by a number, or shorter where less than nothing is padded."""
    widths = _widths(array, before, after)
    cut: Any = tuple(
        slice(max(-first, 0), size - max(-last, 0)) for size, (first, last) in zip(array.shape, widths, strict=True)
    )
    kept = array[cut]
    room = [(max(first, 0), max(last, 0)) for first, last in widths]
    shape = [size + sum(ends) for size, ends in zip(kept.shape, room, strict=True)]
    if min(shape, default=1) < 1 or 0 in kept.shape:
        raise StepperError(Problem(f"nothing is left of {shown(array.shape)} with this padding"))
    found = np.empty(shape, dtype=array.dtype)
    found[...] = GAP if value is None else value.item()
    inner: Any = tuple(slice(first, first + size) for size, (first, _) in zip(kept.shape, room, strict=True))
    found[inner] = kept
    return found


def reflection_pad(array: Entries, before: Setting, after: Setting) -> Entries:
    return _around(array, before, after, "reflect", lambda size: size - 1)


def replication_pad(array: Entries, before: Setting, after: Setting) -> Entries:
    return _around(array, before, after, "edge", lambda size: MOST_PADDING)


def circular_pad(array: Entries, before: Setting, after: Setting) -> Entries:
    return _around(array, before, after, "wrap", lambda size: size)


def _around(array: Entries, before: Setting, after: Setting, how: Any, most: Any) -> Entries:
    widths = _widths(array, before, after)
    for size, ends in zip(array.shape, widths, strict=True):
        if not 0 <= min(ends) <= max(ends) <= max(most(size), 0):
            raise StepperError(Problem(f"an axis of {size} entries cannot be padded by {list(ends)}"))
    return cast(Entries, np.pad(array, widths, mode=how))


def _widths(array: Entries, before: Setting, after: Setting) -> Sequence[tuple[int, int]]:
    """How much is padded before and after each axis; what is told is of the last axes."""
    sides = [side if isinstance(side, tuple) else (side,) for side in (before, after)]
    if len(sides[0]) != len(sides[1]) or len(sides[0]) > array.ndim:
        what = f"{shown(array.shape)} cannot be padded by {said(before)} before and {said(after)} after its last axes"
        raise StepperError(Problem(what, hint="a number for each of the last axes, such as [1, 1]"))
    if max(map(abs, (*sides[0], *sides[1]))) > MOST_PADDING:
        raise StepperError(Problem("a padding this large is not possible", hint=f"up to {MOST_PADDING:,}"))
    return [(0, 0)] * (array.ndim - len(sides[0])) + list(zip(*sides, strict=True))


# ---- channels


def channel_shuffle(array: Entries, groups: int, axis: int) -> Entries:
    """The first channel of each group, then the second of each."""
    at = place(axis, array) % array.ndim
    size = array.shape[at]
    if groups < 1 or size % groups:
        raise StepperError(Problem(f"{size} channels do not make {groups} groups"))
    parted = array.reshape((*array.shape[:at], groups, size // groups, *array.shape[at + 1 :]))
    return cast(Entries, parted.swapaxes(at, at + 1).reshape(array.shape))


def pixel_shuffle(array: Entries, factor: int) -> Entries:
    """Channels become pixels: r^2 of them a square of r by r."""
    lead, (channels, high, wide) = _image(array)
    if factor < 1 or channels % factor**2:
        raise StepperError(Problem(f"{channels} channels do not make squares of {factor} by {factor}"))
    parted = array.reshape((*lead, channels // factor**2, factor, factor, high, wide))
    return cast(
        Entries,
        np.moveaxis(parted, (-4, -3), (-3, -1)).reshape((*lead, channels // factor**2, high * factor, wide * factor)),
    )


def pixel_unshuffle(array: Entries, factor: int) -> Entries:
    """Each square of r by r pixels becomes r^2 channels."""
    lead, (channels, high, wide) = _image(array)
    if factor < 1 or high % factor or wide % factor:
        raise StepperError(
            Problem(f"an image of {high} by {wide} cannot be divided into squares of {factor} by {factor}")
        )
    parted = array.reshape((*lead, channels, high // factor, factor, wide // factor, factor))
    return cast(
        Entries,
        np.moveaxis(parted, (-3, -1), (-4, -3)).reshape((*lead, channels * factor**2, high // factor, wide // factor)),
    )


def _image(array: Entries) -> tuple[tuple[int, ...], tuple[int, ...]]:
    if array.ndim < 3:
        raise StepperError(
            Problem(f"{shown(array.shape)} is not an image with channels", hint="channels, then the spatial axes")
        )
    return array.shape[:-3], array.shape[-3:]
