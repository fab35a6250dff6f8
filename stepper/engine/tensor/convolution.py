"""Convolutions, both ways: what windows hold as columns of a matrix, and gradients added up where windows lay."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product as every
from typing import Any, cast

import numpy as np

from stepper.core.arrays import Shape
from stepper.engine.tensor.entries import Entries, array_of, shown
from stepper.engine.tensor.windows import (
    Setting,
    batch_of,
    batched,
    each,
    padded,
    padding_of,
    window_counts,
    windows,
    zero_of,
)
from stepper.errors import Problem, StepperError

AT_ONCE = 2**18
"""Entries that are made of windows at a time: few enough to stay in the cache until they are multiplied."""


def _axes(kernel: Shape, slides: int) -> int:
    """Over how many axes a kernel slides: as many as is said, else all of a kernel of up to two axes, which has no
    channels.
    """
    if slides and len(kernel) not in (slides, slides + 2):
        what = f"the kernel has the shape {shown(kernel)}; {slides} or {slides + 2} axes are expected"
        raise StepperError(
            Problem(what, hint="the spatial axes alone, or output and input channels, then the spatial axes")
        )
    return slides or (len(kernel) if len(kernel) <= 2 else len(kernel) - 2)


def _with_channels(kernel: Shape, axes: int) -> Shape:
    return (1, 1, *kernel) if len(kernel) == axes else kernel


def conv_shape(
    array: Shape, kernel: Shape, stride: Setting, padding: Setting, dilation: Setting, groups: int, slides: int = 0
) -> Shape:
    """The shape that a convolution makes.

    Raises:
        StepperError: where its arrays do not fit.
    """
    axes = _axes(kernel, slides)
    images, weights = batch_of(array, axes, "the input"), _with_channels(kernel, axes)
    _channels_fit(images, weights, groups)
    room = [size + 2 * number for size, number in zip(images[2:], padding_of(padding, axes), strict=True)]
    counts = window_counts(tuple(room), weights[2:], stride, dilation)
    return (images[0], weights[0], *counts)[2 + axes - len(array) :]


def conv(
    array: Entries, kernel: Entries, stride: Setting, padding: Setting, dilation: Setting, groups: int, slides: int = 0
) -> Entries:
    """Cross-correlation: windows as rows of a matrix, times the kernel."""
    shape = conv_shape(array.shape, kernel.shape, stride, padding, dilation, groups, slides)
    axes = _axes(kernel.shape, slides)
    images, weights = batched(array, axes, "the input"), kernel.reshape(_with_channels(kernel.shape, axes))
    seen = windows(padded(images, axes, padding, zero_of(images)), weights.shape[2:], stride, dilation)
    inputs, outputs = weights.shape[1], weights.shape[0] // groups
    places = math.prod(seen.shape[2 : 2 + axes])
    found = np.empty((len(images), weights.shape[0], places), dtype=np.result_type(images, weights))
    for run, group in every(runs(len(images), places * math.prod(weights.shape[1:])), range(groups)):
        own, channels = _part(outputs, group), _part(inputs, group)
        columns = _columns(seen[run, channels], axes)
        np.matmul(columns.swapaxes(1, 2), weights[own].reshape((outputs, -1)).T, out=found[run, own].swapaxes(1, 2))
    return found.reshape(shape)


def runs(count: int, size: int) -> list[slice]:
    """So many images, as many at a time as have ``AT_ONCE`` entries if each has this size."""
    step = max(AT_ONCE // max(size, 1), 1)
    return [slice(begin, begin + step) for begin in range(0, count, step)]


def _part(size: int, group: int) -> slice:
    return slice(group * size, (group + 1) * size)


def _columns(seen: Entries, axes: int) -> Entries:
    """What windows hold, a column for each: (images, channels, places, inside) -> (images, channels·inside, places)."""
    moved = np.moveaxis(seen, range(seen.ndim - axes, seen.ndim), range(2, 2 + axes))
    return cast(Entries, moved.reshape((len(seen), math.prod(moved.shape[1 : 2 + axes]), -1)))


def _channels_fit(images: Shape, weights: Shape, groups: int) -> None:
    if groups < 1 or weights[0] % groups:
        raise StepperError(Problem(f"{weights[0]} outputs do not make {groups} groups"))
    if images[1] != weights[1] * groups:
        what = f"the input has {images[1]} channels, and the kernel takes {weights[1] * groups}"
        raise StepperError(Problem(what, hint="a kernel is outputs, inputs, then the spatial axes"))


def conv_back(
    gradient: Entries, kernel: Entries, array: Entries, stride: Setting, padding: Setting, dilation: Setting,
    groups: int, slides: int = 0
) -> Entries:  # fmt: skip
    """Each entry of the gradient times the kernel, added up where its window lay."""
    axes = _axes(kernel.shape, slides)
    images, arriving = batched(array, axes, "the input"), batched(gradient, axes, "the gradient")
    weights = kernel.reshape(_with_channels(kernel.shape, axes))
    around, steps, wide = each(padding, axes, "padding"), each(stride, axes, "stride"), each(dilation, axes, "dilation")
    sizes = [size + 2 * number for size, number in zip(images.shape[2:], around, strict=True)]
    found = np.empty((*images.shape[:2], *sizes), dtype=np.result_type(arriving, weights))
    found[...] = zero_of(found)
    inputs, outputs = weights.shape[1], weights.shape[0] // groups
    space = arriving.shape[2:]
    for run, group in every(runs(len(images), math.prod(space) * inputs), range(groups)):
        channels, own = _part(inputs, group), _part(outputs, group)
        entries = arriving[run, own].reshape((-1, outputs, math.prod(space))).swapaxes(1, 2)
        part = np.empty((len(entries), inputs, math.prod(space)), dtype=found.dtype)
        # the last offset first: then what is added up stands in the order of the outputs
        for offset in reversed(list(every(*map(range, weights.shape[2:])))):
            at: Any = (own, slice(None), *offset)
            np.matmul(entries, weights[at], out=part.swapaxes(1, 2))
            where: Any = tuple(
                slice(apart * first, apart * first + step * (size - 1) + 1, step)
                for first, size, apart, step in zip(offset, space, wide, steps, strict=True)
            )
            found[(run, channels, *where)] += part.reshape((-1, inputs, *space))
    inner: Any = (..., *(slice(number, size - number) for number, size in zip(around, sizes, strict=True)))
    return cast(Entries, found[inner].reshape(array.shape))


def conv_kernel(
    gradient: Entries, array: Entries, kernel: Entries, stride: Setting, padding: Setting, dilation: Setting,
    groups: int, slides: int = 0
) -> Entries:  # fmt: skip
    """Each entry of the gradient times its window, added up."""
    axes = _axes(kernel.shape, slides)
    images, arriving = batched(array, axes, "the input"), batched(gradient, axes, "the gradient")
    weights = kernel.reshape(_with_channels(kernel.shape, axes))
    seen = windows(padded(images, axes, padding, zero_of(images)), weights.shape[2:], stride, dilation)
    inputs, outputs = weights.shape[1], weights.shape[0] // groups
    found = np.empty((weights.shape[0], math.prod(weights.shape[1:])), dtype=np.result_type(arriving, images))
    found[...] = zero_of(found)
    for run, group in every(runs(len(images), arriving[0, 0].size * found.shape[1]), range(groups)):
        own = _part(outputs, group)
        entries = np.moveaxis(arriving[run, own], 1, 0).reshape((outputs, -1))
        columns = _columns(np.moveaxis(seen[run, _part(inputs, group)], 0, 1)[None], axes)
        found[own] += entries @ columns[0].T
    return found.reshape(kernel.shape)


def turned(kernel: Entries) -> Entries:
    return rot180(kernel.swapaxes(0, 1) if kernel.ndim > 2 else kernel)


def reach(kernel: Entries) -> Entries:
    return array_of([Fraction(kernel.shape[-1])], ())


def conv_transpose(
    array: Entries, kernel: Entries, stride: Setting, padding: Setting, output_padding: Setting = 0,
    groups: int = 1, dilation: Setting = 1, slides: int = 0
) -> Entries:  # fmt: skip
    """The gradient of a convolution for its input, taken forwards: an image becomes larger by the stride."""
    axes = _axes(kernel.shape, slides)
    space = array.shape[array.ndim - axes :]
    sizes = tuple(
        (size - 1) * step + apart * (reach - 1) + 1 - 2 * around + more
        for size, reach, step, around, more, apart in zip(
            space, kernel.shape[kernel.ndim - axes :], each(stride, axes, "stride"), each(padding, axes, "padding"),
            each(output_padding, axes, "output padding"), each(dilation, axes, "dilation"), strict=True,
        )
    )  # fmt: skip
    if min(sizes) < 1:
        raise StepperError(Problem(f"nothing is left of {shown(space)} with this padding"))
    channels = array.shape[: array.ndim - axes]
    if kernel.ndim > axes:
        if not channels or channels[-1] != kernel.shape[0]:
            raise StepperError(
                Problem(f"the input is {shown(array.shape)}, and the kernel takes {kernel.shape[0]} channels")
            )
        if groups < 1 or kernel.shape[0] % groups:
            raise StepperError(Problem(f"{kernel.shape[0]} channels do not make {groups} groups"))
        channels = (*channels[:-1], kernel.shape[1] * groups)
    like = np.broadcast_to(array.ravel()[:1].reshape((1,) * (len(channels) + axes)), (*channels, *sizes))
    return conv_back(array, kernel, like, stride, padding, dilation, groups, slides)


def rot180(kernel: Entries) -> Entries:
    axes = _axes(kernel.shape, 0)
    return np.flip(kernel, axis=tuple(range(kernel.ndim - axes, kernel.ndim)))
