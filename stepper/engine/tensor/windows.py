"""Convolution and pooling: what windows hold as rows of a matrix, and gradients added up where windows lay."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import product as every
from typing import Any, cast

import numpy as np

from stepper.engine.tensor.entries import Entries, Fold, array_of, held, shown, zeros
from stepper.engine.tensor.kernels import first_largest
from stepper.errors import Problem, StepperError

MOST_PADDING = 1_000


def padded(array: Entries, axes: int, padding: int, fill: object) -> Entries:
    """The last axes made longer on both sides."""
    if not 0 <= padding <= MOST_PADDING:
        raise StepperError(Problem(f"a padding of {padding} is not possible", hint=f"from 0 to {MOST_PADDING:,}"))
    if not padding:
        return array
    shape = (*array.shape[: array.ndim - axes], *(size + 2 * padding for size in array.shape[array.ndim - axes :]))
    found = np.empty(shape, dtype=array.dtype)
    found[...] = fill
    inner: Any = (..., *(slice(padding, -padding) for _ in range(axes)))
    found[inner] = array
    return found


def windows(array: Entries, kernel: Sequence[int], stride: int, dilation: int = 1) -> Entries:
    """Every window over the last axes: their places come first, then what is inside. A view, nothing is copied."""
    axes = len(kernel)
    if min(stride, dilation, *kernel) < 1:
        what = f"a stride of {stride} and a dilation of {dilation} make no windows of {shown(kernel)}"
        raise StepperError(Problem(what, hint="all of them are at least 1"))
    reach = [dilation * (size - 1) + 1 for size in kernel]
    sizes = array.shape[array.ndim - axes :]
    if any(size < need for size, need in zip(sizes, reach, strict=True)):
        raise StepperError(
            Problem(f"a window of {shown(reach)} does not fit into {shown(sizes)}", hint="a smaller kernel, or padding")
        )
    view = np.lib.stride_tricks.sliding_window_view(array, reach, axis=tuple(range(array.ndim - axes, array.ndim)))
    steps = (
        [slice(None)] * (array.ndim - axes) + [slice(None, None, stride)] * axes + [slice(None, None, dilation)] * axes
    )
    return cast(Entries, view[tuple(steps)])


def _images(array: Entries, axes: int, what: str) -> Entries:
    """A single image, one with channels, or a batch of them, as a batch with channels."""
    if not axes <= array.ndim <= axes + 2:
        wanted = f"{axes}, {axes + 1} or {axes + 2} axes"
        raise StepperError(
            Problem(
                f"{what} has the shape {shown(array.shape)}; {wanted} are expected", hint="batch, channels, then space"
            )
        )
    return array.reshape((1,) * (axes + 2 - array.ndim) + array.shape)


def _axes(kernel: Entries, slides: int) -> int:
    """Over how many axes a kernel slides: as many as is said, else all of a kernel of up to two axes, which has no
    channels.
    """
    if slides and kernel.ndim not in (slides, slides + 2):
        what = f"the kernel has the shape {shown(kernel.shape)}; {slides} or {slides + 2} axes are expected"
        raise StepperError(Problem(what, hint="space alone, or both numbers of channels, then space"))
    return slides or (kernel.ndim if kernel.ndim <= 2 else kernel.ndim - 2)


def _with_channels(kernel: Entries, axes: int) -> Entries:
    return kernel.reshape((1, 1, *kernel.shape)) if kernel.ndim == axes else kernel


def conv(
    array: Entries, kernel: Entries, stride: int, padding: int, dilation: int, groups: int, slides: int = 0
) -> Entries:
    """Cross-correlation: windows as rows of a matrix, times the kernel."""
    axes = _axes(kernel, slides)
    images, weights = _images(array, axes, "the input"), _with_channels(kernel, axes)
    _channels_fit(images, weights, groups)
    seen = windows(padded(images, axes, padding, _zero(images)), weights.shape[2:], stride, dilation)
    parts = []
    for group in range(groups):
        inputs, outputs = weights.shape[1], weights.shape[0] // groups
        own = np.moveaxis(seen[:, group * inputs : (group + 1) * inputs], 1, axes + 1)
        flat = own.reshape((-1, inputs * int(np.prod(weights.shape[2:]))))
        result = flat @ weights[group * outputs : (group + 1) * outputs].reshape((outputs, -1)).T
        parts.append(np.moveaxis(result.reshape((*own.shape[: axes + 1], outputs)), -1, 1))
    found = np.concatenate(parts, axis=1)
    return found.reshape(found.shape[(2 + axes) - array.ndim :])


def _channels_fit(images: Entries, weights: Entries, groups: int) -> None:
    if groups < 1 or weights.shape[0] % groups:
        raise StepperError(Problem(f"{weights.shape[0]} outputs do not make {groups} groups"))
    if images.shape[1] != weights.shape[1] * groups:
        what = f"the input has {images.shape[1]} channels, and the kernel takes {weights.shape[1] * groups}"
        raise StepperError(Problem(what, hint="a kernel is outputs, inputs, then space"))


def _zero(array: Entries) -> object:
    return Fraction(0) if array.dtype == object else 0


def conv_back(
    gradient: Entries, kernel: Entries, array: Entries, stride: int, padding: int, dilation: int, groups: int,
    slides: int = 0
) -> Entries:  # fmt: skip
    """Each entry of the gradient times the kernel, added up where its window lay."""
    axes = _axes(kernel, slides)
    images, weights, arriving = (
        _images(array, axes, "the input"),
        _with_channels(kernel, axes),
        _images(gradient, axes, "the gradient"),
    )
    found = np.empty(
        (*images.shape[:2], *(size + 2 * padding for size in images.shape[2:])), dtype=np.result_type(arriving, weights)
    )
    found[...] = _zero(found)
    inputs, outputs = weights.shape[1], weights.shape[0] // groups
    for group in range(groups):
        channels, own = slice(group * inputs, (group + 1) * inputs), slice(group * outputs, (group + 1) * outputs)
        # the last offset first: then what is added up stands in the order of the outputs
        for offset in reversed(list(every(*map(range, weights.shape[2:])))):
            at: Any = (own, slice(None), *offset)
            part = np.tensordot(arriving[:, own], weights[at], axes=(1, 0))
            where: Any = tuple(
                slice(dilation * first, dilation * first + stride * (size - 1) + 1, stride)
                for first, size in zip(offset, arriving.shape[2:], strict=True)
            )
            found[(slice(None), channels, *where)] += np.moveaxis(part, -1, 1)
    inner: Any = (..., *(slice(padding, size - padding) for size in found.shape[2:]))
    return cast(Entries, found[inner].reshape(array.shape))


def conv_kernel(
    gradient: Entries, array: Entries, kernel: Entries, stride: int, padding: int, dilation: int, groups: int,
    slides: int = 0
) -> Entries:  # fmt: skip
    """Each entry of the gradient times its window, added up."""
    axes = _axes(kernel, slides)
    images, weights, arriving = (
        _images(array, axes, "the input"),
        _with_channels(kernel, axes),
        _images(gradient, axes, "the gradient"),
    )
    seen = windows(padded(images, axes, padding, _zero(images)), weights.shape[2:], stride, dilation)
    inputs, outputs = weights.shape[1], weights.shape[0] // groups
    space = (0, *range(2, 2 + axes))
    parts = []
    for group in range(groups):
        own, channels = (
            arriving[:, group * outputs : (group + 1) * outputs],
            seen[:, group * inputs : (group + 1) * inputs],
        )
        parts.append(np.tensordot(own, channels, axes=(space, space)))
    return np.concatenate(parts, axis=0).reshape(kernel.shape)


def turned(kernel: Entries) -> Entries:
    return rot180(kernel.swapaxes(0, 1) if kernel.ndim > 2 else kernel)


def reach(kernel: Entries) -> Entries:
    return array_of([Fraction(kernel.shape[-1])], ())


def conv_transpose(array: Entries, kernel: Entries, stride: int, padding: int, slides: int = 0) -> Entries:
    """The gradient of a convolution for its input, taken forwards: an image becomes larger by the stride."""
    axes = _axes(kernel, slides)
    space = array.shape[array.ndim - axes :]
    sizes = tuple(
        (size - 1) * stride + reach - 2 * padding
        for size, reach in zip(space, kernel.shape[kernel.ndim - axes :], strict=True)
    )
    if min(sizes) < 1:
        raise StepperError(Problem(f"nothing is left of {shown(space)} with this padding"))
    channels = array.shape[: array.ndim - axes]
    if kernel.ndim > axes:
        if not channels or channels[-1] != kernel.shape[0]:
            raise StepperError(
                Problem(f"the input is {shown(array.shape)}, and the kernel takes {kernel.shape[0]} channels")
            )
        channels = (*channels[:-1], kernel.shape[1])
    like = np.broadcast_to(array.ravel()[:1].reshape((1,) * (len(channels) + axes)), (*channels, *sizes))
    return conv_back(array, kernel, like, stride, padding, 1, 1, slides)


def unfold(array: Entries, kernel: int, stride: int, padding: int) -> Entries:
    """A row for each window of an image, with or without channels."""
    images = _images(array, 2, "the input")
    seen = windows(padded(images, 2, padding, _zero(images)), (kernel, kernel), stride)
    if seen.shape[0] != 1:
        raise StepperError(Problem("windows of one image are expected, and this is a batch"))
    moved = np.moveaxis(seen[0], 0, 2)
    return cast(Entries, moved.reshape((moved.shape[0] * moved.shape[1], -1)))


def unfold_back(gradient: Entries, array: Entries, kernel: int, stride: int, padding: int) -> Entries:
    """Each row added where its window lay."""
    images = _images(array, 2, "the input")
    channels, (high, wide) = images.shape[1], images.shape[2:]
    found = np.empty((channels, high + 2 * padding, wide + 2 * padding), dtype=gradient.dtype)
    found[...] = _zero(found)
    across = (wide + 2 * padding - kernel) // stride + 1
    for row, line in enumerate(gradient):
        top, left = stride * (row // across), stride * (row % across)
        found[:, top : top + kernel, left : left + kernel] += line.reshape((channels, kernel, kernel))
    return found[:, padding : padding + high, padding : padding + wide].reshape(array.shape)


def rot180(kernel: Entries) -> Entries:
    axes = _axes(kernel, 0)
    return np.flip(kernel, axis=tuple(range(kernel.ndim - axes, kernel.ndim)))


def toeplitz(kernel: Entries, array: Entries, stride: int, padding: int) -> Entries:
    """Row i holds the kernel where window i lies."""
    if array.ndim != 1 or kernel.ndim != 1 or kernel.size > array.size + 2 * padding or stride < 1:
        raise StepperError(
            Problem(
                f"a kernel of {shown(kernel.shape)} does not slide over {shown(array.shape)} here",
                hint="both are lists",
            )
        )
    length, size = array.shape[0], kernel.shape[0]
    count = (length + 2 * padding - size) // stride + 1
    found = zeros((count, length), array)
    for row in range(count):
        for offset in range(size):
            column = row * stride + offset - padding
            if 0 <= column < length:
                found[row, column] = kernel[offset]
    return found


# ---- pools


def pooled_axes(array: Entries, slides: int) -> int:
    """Over how many axes a pool slides: as many as is said, else two of an image, one of a list."""
    if not array.ndim:
        raise StepperError(Problem("windows lie in an array, and this is a number"))
    if slides and not slides <= array.ndim <= slides + 2:
        what = f"the input has the shape {shown(array.shape)}; {slides} to {slides + 2} axes are expected"
        raise StepperError(Problem(what, hint="batch, channels, then space"))
    return slides or min(array.ndim, 2)


def _pool(array: Entries, kernel: int, stride: int, padding: int, slides: int) -> tuple[Entries, int]:
    axes = pooled_axes(array, slides)
    return windows(padded(array, axes, padding, None), [kernel] * axes, stride or kernel), axes


def _inside(window: Entries) -> list[object]:
    return [entry for entry in window.ravel() if entry is not None]


def pool(fold: Fold, array: Entries, kernel: int, stride: int, padding: int, slides: int = 0) -> Entries:
    """A function of a list, of what each window holds of the array."""
    seen, axes = _pool(array, kernel, stride, padding, slides)
    shape = seen.shape[: seen.ndim - axes]
    return array_of([fold(_inside(seen[where])) for where in np.ndindex(*shape)], shape)


def max_pool_back(
    gradient: Entries, array: Entries, kernel: int, stride: int, padding: int, slides: int = 0
) -> Entries:
    return _routed(gradient, array, kernel, stride, padding, _to_largest, slides)


def avg_pool(array: Entries, kernel: int, stride: int, padding: int, slides: int = 0) -> Entries:
    axes = pooled_axes(array, slides)
    seen = windows(padded(array, axes, padding, _zero(array)), [kernel] * axes, stride or kernel)
    return held(seen.sum(axis=tuple(range(seen.ndim - axes, seen.ndim))) / kernel**axes)


def avg_pool_back(
    gradient: Entries, array: Entries, kernel: int, stride: int, padding: int, slides: int = 0
) -> Entries:
    axes = pooled_axes(array, slides)
    return _routed(
        gradient, array, kernel, stride, padding, lambda window: [Fraction(1, kernel**axes)] * window.size, slides
    )


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
    gradient: Entries,
    array: Entries,
    kernel: int,
    stride: int,
    padding: int,
    shares: Callable[[Entries], list[object]],
    slides: int,
) -> Entries:
    """Each entry of the gradient handed to the entries of its window by their shares."""
    step = stride or kernel
    seen, axes = _pool(array, kernel, stride, padding, slides)
    outside = array.shape[: array.ndim - axes]
    found = zeros(array.shape, array)
    for where in np.ndindex(*seen.shape[: seen.ndim - axes]):
        lead, corner = where[: len(outside)], [step * first - padding for first in where[len(outside) :]]
        for offset, share in zip(every(range(kernel), repeat=axes), shares(seen[where]), strict=True):
            place_of = tuple(first + step_in for first, step_in in zip(corner, offset, strict=True))
            if share and all(0 <= at < size for at, size in zip(place_of, array.shape[len(outside) :], strict=True)):
                found[lead + place_of] = found[lead + place_of] + gradient[where] * share
    return found
