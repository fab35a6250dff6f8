"""Convolutions and pools, and what goes back through them, written out a second time window by window."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np

from tests.calculating_sides import Value, rank
from tests.reading_sides import Unread


def _settings(settings: tuple[Any, ...], defaults: tuple[int, ...]) -> list[int]:
    if any(map(rank, settings)):
        raise Unread("windows with lists of settings")
    return [int(part) for part in settings] + list(defaults[len(settings) :])


def convolution(axes: int) -> Callable[..., Value]:
    def work(values: Value, kernel: Value, *settings: Any) -> Value:
        stride, padding, dilation, groups = _settings(settings, (1, 0, 1, 1))
        if rank(values) == axes and rank(kernel) == axes:
            return work(values[None], kernel[None, None], *settings)[0]
        if groups != 1 or rank(values) != axes + 1 or rank(kernel) != axes + 2:
            raise Unread("a convolution of a batch or of groups")
        padded = np.full(
            (values.shape[0], *(size + 2 * padding for size in values.shape[1:])), Fraction(0), dtype=object
        )
        padded[(slice(None), *(slice(padding, padding + size) for size in values.shape[1:]))] = values
        reach = [dilation * (size - 1) + 1 for size in kernel.shape[2:]]
        sizes = [(size - far) // stride + 1 for size, far in zip(padded.shape[1:], reach, strict=True)]
        found = np.empty((kernel.shape[0], *sizes), dtype=object)
        for place in product(*map(range, sizes)):
            window = padded[(slice(None), *(slice(at * stride, at * stride + far, dilation)
                                            for at, far in zip(place, reach, strict=True)))]  # fmt: skip
            for channel in range(kernel.shape[0]):
                found[(channel, *place)] = np.sum(window * kernel[channel])
        return found

    return work


def pool(axes: int, fold: Callable[[Value], Any]) -> Callable[..., Value]:
    def work(values: Value, size: Any, *settings: Any) -> Value:
        stride, padding, dilation, ceil = _settings(settings[:4], (0, 0, 1, 0))
        if padding or ceil or dilation != 1 or len(settings) > 4 or rank(size):
            raise Unread("pooling with padding")
        width, step = int(size), stride or int(size)
        sizes = [(length - width) // step + 1 for length in values.shape[-axes:]]
        found = np.empty((*values.shape[:-axes], *sizes), dtype=object)
        for place in product(*map(range, sizes)):
            window = values[(..., *(slice(at * step, at * step + width) for at in place))]
            for lead in product(*map(range, values.shape[:-axes])):
                found[(*lead, *place)] = fold(window[lead])
        return found

    return work


def unpool(axes: int, shared: bool) -> Callable[..., Value]:
    """What goes back through pooling: to the greatest (the first of equals), or to all in equal parts."""

    def work(gradient: Value, values: Value, size: Any, *settings: Any) -> Value:
        stride, padding, dilation, ceil = _settings(settings[:4], (0, 0, 1, 0))
        if padding or ceil or dilation != 1 or len(settings) > 4 or rank(size):
            raise Unread("pooling with padding")
        width, step = int(size), stride or int(size)
        found = np.full(values.shape, Fraction(0), dtype=object)
        for at in np.ndindex(gradient.shape):
            lead, place = at[: len(at) - axes], at[len(at) - axes :]
            places = list(product(*(range(one * step, one * step + width) for one in place)))
            if shared:
                for spot in places:
                    found[lead + spot] += gradient[at] / Fraction(len(places))
            else:
                found[lead + max(places, key=lambda spot: values[lead + spot])] += gradient[at]
        return found

    return work


def convolution_back(axes: int, to_kernel: bool) -> Callable[..., Value]:
    """The gradient of a convolution, entry by entry: a convolution is linear in each of its arguments."""

    def work(gradient: Value, other: Value, like: Value, *settings: Any) -> Value:
        forward = convolution(axes)
        found = np.full(like.shape, Fraction(0), dtype=object)
        for at in np.ndindex(like.shape):
            basis = np.full(like.shape, Fraction(0), dtype=object)
            basis[at] = Fraction(1)
            moved = forward(other, basis, *settings) if to_kernel else forward(basis, other, *settings)
            found[at] = np.sum(moved * gradient)
        return found

    return work


def flat_pool(values: Value, *settings: Any) -> Value:
    """``max_pool`` slides over as many axes as its array has: lists and matrices here."""
    return pool(rank(values), np.max)(values, *settings)


def flat_unpool(gradient: Value, values: Value, *settings: Any) -> Value:
    return unpool(rank(values), False)(gradient, values, *settings)


def turned(kernel: Value) -> Value:
    """A kernel turned by half, with its channels swapped."""
    if rank(kernel) < 3:
        return np.flip(kernel)
    return np.swapaxes(np.flip(kernel, axis=tuple(range(2, kernel.ndim))), 0, 1)
