"""Convolution: what windows hold as rows of a matrix, and gradients added up where windows lay."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import product as every
from typing import Any, TypeAlias, cast

import numpy as np

from stepper.core.arrays import Shape
from stepper.engine.tensor.entries import Entries, array_of, shown, zeros
from stepper.errors import Problem, StepperError

MOST_PADDING = 1_000
AT_ONCE = 2**18
"""Entries that are made of windows at a time: few enough to stay in the cache until they are multiplied."""
Setting: TypeAlias = int | tuple[int, ...]
"""A number for all axes, or one for each."""


def each(setting: Setting, axes: int, what: str) -> tuple[int, ...]:
    """A setting along each of the axes that windows slide over."""
    if isinstance(setting, int):
        return (setting,) * axes
    if len(setting) != axes:
        raise StepperError(Problem(f"the {what} is {said(setting)}, and windows slide over {axes} axes"))
    return setting


def said(setting: Setting) -> str:
    """A setting in words: one number where it is alike along all axes."""
    if isinstance(setting, int):
        return str(setting)
    return str(setting[0]) if len(set(setting)) == 1 else str(list(setting))


def padded(array: Entries, axes: int, padding: Setting, fill: object, more: Sequence[int] = ()) -> Entries:
    """The last axes made longer on both sides, and by so many ``more`` entries behind."""
    around = _around(padding, axes)
    behind = more or (0,) * axes
    if not any((*around, *behind)):
        return array
    space = array.shape[array.ndim - axes :]
    sizes = [size + 2 * number + extra for size, number, extra in zip(space, around, behind, strict=True)]
    found = np.empty((*array.shape[: array.ndim - axes], *sizes), dtype=array.dtype)
    found[...] = fill
    inner: Any = (..., *(slice(number, number + size) for number, size in zip(around, space, strict=True)))
    found[inner] = array
    return found


def _around(padding: Setting, axes: int) -> tuple[int, ...]:
    around = each(padding, axes, "padding")
    if not all(0 <= number <= MOST_PADDING for number in around):
        raise StepperError(Problem(f"a padding of {said(padding)} is not possible", hint=f"from 0 to {MOST_PADDING:,}"))
    return around


def _counts(sizes: Shape, kernel: Sequence[int], stride: Setting, dilation: Setting) -> tuple[int, ...]:
    """How many windows lie along each axis."""
    axes = len(kernel)
    steps, wide = each(stride, axes, "stride"), each(dilation, axes, "dilation")
    if min(*steps, *wide, *kernel) < 1:
        what = f"a stride of {said(stride)} and a dilation of {said(dilation)} make no windows of {shown(kernel)}"
        raise StepperError(Problem(what, hint="all of them must be at least 1"))
    reach = [apart * (size - 1) + 1 for size, apart in zip(kernel, wide, strict=True)]
    if any(size < need for size, need in zip(sizes, reach, strict=True)):
        raise StepperError(
            Problem(f"a window of {shown(reach)} does not fit into {shown(sizes)}", hint="a smaller kernel, or padding")
        )
    return tuple((size - need) // step + 1 for size, need, step in zip(sizes, reach, steps, strict=True))


def windows(array: Entries, kernel: Sequence[int], stride: Setting, dilation: Setting = 1) -> Entries:
    """Every window over the last axes: their places come first, then what is inside. A view, nothing is copied."""
    axes = len(kernel)
    _counts(array.shape[array.ndim - axes :], kernel, stride, dilation)
    steps, wide = each(stride, axes, "stride"), each(dilation, axes, "dilation")
    reach = [apart * (size - 1) + 1 for size, apart in zip(kernel, wide, strict=True)]
    view = np.lib.stride_tricks.sliding_window_view(array, reach, axis=tuple(range(array.ndim - axes, array.ndim)))
    every_one = [slice(None)] * (array.ndim - axes)
    return view[(*every_one, *(slice(None, None, step) for step in (*steps, *wide)))]


def _images(array: Entries, axes: int, what: str) -> Entries:
    """A single image, one with channels, or a batch of them, as a batch with channels."""
    return array.reshape(_batch(array.shape, axes, what))


def _batch(shape: Shape, axes: int, what: str) -> Shape:
    if not axes <= len(shape) <= axes + 2:
        wanted = f"{axes}, {axes + 1} or {axes + 2} axes"
        raise StepperError(
            Problem(
                f"{what} has the shape {shown(shape)}; {wanted} are expected",
                hint="batch, channels, then the spatial axes",
            )
        )
    return (1,) * (axes + 2 - len(shape)) + shape


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
    images, weights = _batch(array, axes, "the input"), _with_channels(kernel, axes)
    _channels_fit(images, weights, groups)
    room = [size + 2 * number for size, number in zip(images[2:], _around(padding, axes), strict=True)]
    counts = _counts(tuple(room), weights[2:], stride, dilation)
    return (images[0], weights[0], *counts)[2 + axes - len(array) :]


def conv(
    array: Entries, kernel: Entries, stride: Setting, padding: Setting, dilation: Setting, groups: int, slides: int = 0
) -> Entries:
    """Cross-correlation: windows as rows of a matrix, times the kernel."""
    shape = conv_shape(array.shape, kernel.shape, stride, padding, dilation, groups, slides)
    axes = _axes(kernel.shape, slides)
    images, weights = _images(array, axes, "the input"), kernel.reshape(_with_channels(kernel.shape, axes))
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


def zero_of(array: Entries) -> object:
    return Fraction(0) if array.dtype == object else 0


def conv_back(
    gradient: Entries, kernel: Entries, array: Entries, stride: Setting, padding: Setting, dilation: Setting,
    groups: int, slides: int = 0
) -> Entries:  # fmt: skip
    """Each entry of the gradient times the kernel, added up where its window lay."""
    axes = _axes(kernel.shape, slides)
    images, arriving = _images(array, axes, "the input"), _images(gradient, axes, "the gradient")
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
    images, arriving = _images(array, axes, "the input"), _images(gradient, axes, "the gradient")
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


def unfold(array: Entries, kernel: Setting, stride: Setting, padding: Setting, slides: int = 2) -> Entries:
    """A row for each window of an image, with or without channels."""
    images = _images(array, slides, "the input")
    filled = padded(images, slides, padding, zero_of(images))
    seen = windows(filled, each(kernel, slides, "kernel"), stride)
    if seen.shape[0] != 1:
        raise StepperError(Problem("windows of one image are expected, but this is a batch"))
    moved = np.moveaxis(seen[0], 0, 2)
    return cast(Entries, moved.reshape((moved.shape[0] * moved.shape[1], -1)))


def unfold_back(
    gradient: Entries, array: Entries, kernel: Setting, stride: Setting, padding: Setting, slides: int = 2
) -> Entries:
    """Each row added where its window lay."""
    images = _images(array, slides, "the input")
    (tall, broad), (down, right) = each(kernel, 2, "kernel"), each(stride, 2, "stride")
    above, beside = each(padding, 2, "padding")
    channels, (high, wide) = images.shape[1], images.shape[2:]
    found = np.empty((channels, high + 2 * above, wide + 2 * beside), dtype=gradient.dtype)
    found[...] = zero_of(found)
    across = (wide + 2 * beside - broad) // right + 1
    for row, line in enumerate(gradient):
        top, left = down * (row // across), right * (row % across)
        found[:, top : top + tall, left : left + broad] += line.reshape((channels, tall, broad))
    return found[:, above : above + high, beside : beside + wide].reshape(array.shape)


def rot180(kernel: Entries) -> Entries:
    axes = _axes(kernel.shape, 0)
    return np.flip(kernel, axis=tuple(range(kernel.ndim - axes, kernel.ndim)))


def toeplitz(kernel: Entries, array: Entries, stride: int, padding: int) -> Entries:
    """Row i holds the kernel where window i lies."""
    if array.ndim != 1 or kernel.ndim != 1 or kernel.size > array.size + 2 * padding or stride < 1:
        raise StepperError(
            Problem(
                f"a kernel of {shown(kernel.shape)} does not slide over {shown(array.shape)} here",
                hint="both must be lists",
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
