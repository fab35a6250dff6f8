"""Pooling: a function of what each window holds, and gradients handed back to the entries of their windows."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import product as every
from typing import Any, cast

import numpy as np

from stepper.engine.tensor.entries import Entries, Fold, array_of, held, shown, zeros
from stepper.engine.tensor.kernels import first_largest
from stepper.engine.tensor.windows import Setting, each, padded, windows, zero_of
from stepper.errors import Problem, StepperError


def pooled_axes(array: Entries, slides: int) -> int:
    """Over how many axes a pool slides: as many as is said, else two of an image, one of a list."""
    if not array.ndim:
        raise StepperError(Problem("windows lie in an array, but this is a number"))
    if slides and not slides <= array.ndim <= slides + 2:
        what = f"the input has the shape {shown(array.shape)}; {slides} to {slides + 2} axes are expected"
        raise StepperError(Problem(what, hint="batch, channels, then the spatial axes"))
    return slides or min(array.ndim, 2)


def pooled(
    array: Entries, axes: int, kernel: Setting, stride: Setting, padding: Setting, dilation: Setting, ceil: int,
    fill: object
) -> Entries:  # fmt: skip
    """The windows of a pool. With ``ceil`` there are as many as begin in the array or the padding before it, the last
    of which may reach beyond.
    """
    sizes, steps = each(kernel, axes, "kernel"), _steps(kernel, stride, axes)
    around, wide = each(padding, axes, "padding"), each(dilation, axes, "dilation")
    space = array.shape[array.ndim - axes :]
    if not ceil or min(*sizes, *steps, *wide) < 1:
        return windows(padded(array, axes, padding, fill), sizes, steps, dilation)
    reach = [apart * (size - 1) + 1 for size, apart in zip(sizes, wide, strict=True)]
    counts = []
    for size, need, step, number in zip(space, reach, steps, around, strict=True):
        count = -(-(size + 2 * number - need) // step) + 1
        counts.append(count - ((count - 1) * step >= size + number))
    more = [
        max((count - 1) * step + need - size - 2 * number, 0)
        for size, need, step, number, count in zip(space, reach, steps, around, counts, strict=True)
    ]
    seen = windows(padded(array, axes, padding, fill, more), sizes, steps, dilation)
    first: Any = (..., *map(slice, counts), *[slice(None)] * axes)
    return cast(Entries, seen[first])


def _steps(kernel: Setting, stride: Setting, axes: int) -> tuple[int, ...]:
    """The stride along each axis; 0 is that of the kernel."""
    pairs = zip(each(stride, axes, "stride"), each(kernel, axes, "kernel"), strict=True)
    return tuple(step or size for step, size in pairs)


def _inside(window: Entries) -> list[object]:
    return [entry for entry in window.ravel() if entry is not None]


def pool(
    fold: Fold, array: Entries, kernel: Setting, stride: Setting, padding: Setting, dilation: Setting = 1,
    ceil: int = 0, slides: int = 0
) -> Entries:  # fmt: skip
    """A function of a list, of what each window holds of the array."""
    axes = pooled_axes(array, slides)
    seen = pooled(array, axes, kernel, stride, padding, dilation, ceil, None)
    shape = seen.shape[: seen.ndim - axes]
    return array_of([fold(_inside(seen[where])) for where in np.ndindex(*shape)], shape)


def max_pool_back(
    gradient: Entries, array: Entries, kernel: Setting, stride: Setting, padding: Setting, dilation: Setting = 1,
    ceil: int = 0, slides: int = 0
) -> Entries:  # fmt: skip
    axes = pooled_axes(array, slides)
    seen = pooled(array, axes, kernel, stride, padding, dilation, ceil, None)
    return _routed(gradient, array, seen, axes, (kernel, stride, padding, dilation), _to_largest)


def _divisors(
    array: Entries, axes: int, kernel: Setting, stride: Setting, padding: Setting, ceil: int, include: int, divisor: int
) -> int | Entries:
    """What the sum of each window is divided by: how many entries it holds, with or without the padding, or a
    number.
    """
    if divisor or not (ceil or (not include and any(each(padding, axes, "padding")))):
        return divisor or math.prod(each(kernel, axes, "kernel"))
    space = np.ones(array.shape[array.ndim - axes :])
    counted = cast(Entries, padded(cast(Entries, space), axes, padding, 1.0) if include else space)
    seen = pooled(counted, axes, kernel, stride, 0 if include else padding, 1, ceil, 0.0)
    if ceil and include:  # which windows there are depends on where the padding begins
        whole = pooled(cast(Entries, space), axes, kernel, stride, padding, 1, ceil, 0.0)
        seen = seen[tuple(map(slice, whole.shape[:axes]))]
    found = seen.sum(axis=tuple(range(axes, 2 * axes)))
    if array.dtype != object:
        return cast(Entries, found)
    return array_of([Fraction(int(number)) for number in found.ravel()], found.shape)


def avg_pool(
    array: Entries, kernel: Setting, stride: Setting, padding: Setting, ceil: int = 0, include: int = 1,
    divisor: int = 0, slides: int = 0
) -> Entries:  # fmt: skip
    axes = pooled_axes(array, slides)
    seen = pooled(array, axes, kernel, stride, padding, 1, ceil, zero_of(array))
    total = held(seen.sum(axis=tuple(range(seen.ndim - axes, seen.ndim))))
    return held(total / _divisors(array, axes, kernel, stride, padding, ceil, include, divisor))


def avg_pool_back(
    gradient: Entries, array: Entries, kernel: Setting, stride: Setting, padding: Setting, ceil: int = 0,
    include: int = 1, divisor: int = 0, slides: int = 0
) -> Entries:  # fmt: skip
    axes = pooled_axes(array, slides)
    seen = pooled(array, axes, kernel, stride, padding, 1, ceil, None)
    shared = gradient / _divisors(array, axes, kernel, stride, padding, ceil, include, divisor)
    return _routed(shared, array, seen, axes, (kernel, stride, padding, 1), lambda window: [Fraction(1)] * window.size)


def _to_largest(window: Entries) -> list[object]:
    entries = list(window.ravel())
    known = [
        number
        for number, entry in enumerate(entries)
        if entry is not None and not (isinstance(entry, float) and math.isnan(entry))
    ]
    chosen = known[first_largest([entries[number] for number in known])]
    return [Fraction(int(number == chosen)) for number in range(len(entries))]


def _routed(
    gradient: Entries, array: Entries, seen: Entries, axes: int, settings: Sequence[Setting],
    shares: Callable[[Entries], list[object]]
) -> Entries:  # fmt: skip
    """Each entry of the gradient handed to the entries of its window by their shares."""
    kernel, stride, padding, dilation = settings
    sizes, steps, around = each(kernel, axes, "kernel"), _steps(kernel, stride, axes), each(padding, axes, "padding")
    wide = each(dilation, axes, "dilation")
    lead = array.ndim - axes
    found = zeros(array.shape, array)
    offsets = list(every(*map(range, sizes)))
    for where in np.ndindex(*seen.shape[: seen.ndim - axes]):
        corner = [step * at - number for step, at, number in zip(steps, where[lead:], around, strict=True)]
        for offset, share in zip(offsets, shares(seen[where]), strict=True):
            place_of = tuple(at + apart * inside for at, apart, inside in zip(corner, wide, offset, strict=True))
            if share and all(0 <= at < size for at, size in zip(place_of, array.shape[lead:], strict=True)):
                target: Any = where[:lead] + place_of
                found[target] = found[target] + gradient[where] * share
    return found
