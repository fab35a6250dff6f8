"""Windows that slide over arrays: what they hold, as rows of a matrix, and where they lay."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, TypeAlias, cast

import numpy as np

from stepper.core.arrays import Shape
from stepper.engine.tensor.entries import Entries, shown, zeros
from stepper.errors import Problem, StepperError

MOST_PADDING = 1_000
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
    around = padding_of(padding, axes)
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


def padding_of(padding: Setting, axes: int) -> tuple[int, ...]:
    """The padding along each axis, where it is possible."""
    around = each(padding, axes, "padding")
    if not all(0 <= number <= MOST_PADDING for number in around):
        raise StepperError(Problem(f"a padding of {said(padding)} is not possible", hint=f"from 0 to {MOST_PADDING:,}"))
    return around


def window_counts(sizes: Shape, kernel: Sequence[int], stride: Setting, dilation: Setting) -> tuple[int, ...]:
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
    window_counts(array.shape[array.ndim - axes :], kernel, stride, dilation)
    steps, wide = each(stride, axes, "stride"), each(dilation, axes, "dilation")
    reach = [apart * (size - 1) + 1 for size, apart in zip(kernel, wide, strict=True)]
    view = np.lib.stride_tricks.sliding_window_view(array, reach, axis=tuple(range(array.ndim - axes, array.ndim)))
    every_one = [slice(None)] * (array.ndim - axes)
    return view[(*every_one, *(slice(None, None, step) for step in (*steps, *wide)))]


def batched(array: Entries, axes: int, what: str) -> Entries:
    """A single image, one with channels, or a batch of them, as a batch with channels."""
    return array.reshape(batch_of(array.shape, axes, what))


def batch_of(shape: Shape, axes: int, what: str) -> Shape:
    if not axes <= len(shape) <= axes + 2:
        wanted = f"{axes}, {axes + 1} or {axes + 2} axes"
        raise StepperError(
            Problem(
                f"{what} has the shape {shown(shape)}; {wanted} are expected",
                hint="batch, channels, then the spatial axes",
            )
        )
    return (1,) * (axes + 2 - len(shape)) + shape


def zero_of(array: Entries) -> object:
    return Fraction(0) if array.dtype == object else 0


def unfold(array: Entries, kernel: Setting, stride: Setting, padding: Setting, slides: int = 2) -> Entries:
    """A row for each window of an image, with or without channels."""
    images = batched(array, slides, "the input")
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
    images = batched(array, slides, "the input")
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
