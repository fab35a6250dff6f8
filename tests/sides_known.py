"""Functions of the formula language, written out a second time for those who recompute what a page says."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np

from tests.calculating_sides import One, Value, mapped, rank
from tests.reading_sides import Unread
from tests.windows_known import convolution, convolution_back, flat_pool, flat_unpool, pool, turned, unpool


def _float(
    function: Callable[[float], float], exact: Mapping[Fraction, Fraction] | None = None
) -> Callable[..., Value]:
    def one(x: Any) -> Any:
        if isinstance(x, Fraction) and exact and x in exact:
            return exact[x]
        try:
            return function(float(x))
        except (ValueError, OverflowError):
            raise Unread("a value that is not defined") from None

    return mapped(one)


def _root(x: Any) -> Any:
    if x < 0:
        raise Unread("a root of a negative number")
    if isinstance(x, Fraction):
        top, bottom = math.isqrt(x.numerator), math.isqrt(x.denominator)
        if top * top == x.numerator and bottom * bottom == x.denominator:
            return Fraction(top, bottom)
    return math.sqrt(x)


def _axis(values: Value, axis: Any) -> int | None:
    place = int(axis)
    return None if place == 0 else place - 1 if place > 0 else place


def total(values: Value, axis: Any = 0) -> Value:
    if isinstance(values, One):
        if not rank(values.factor):
            raise Unread("a sum of ones")
        values = values.factor
    return np.sum(values, axis=_axis(values, axis)) if rank(values) else values


def _count(values: Value, axis: Any = 0) -> Fraction:
    place = _axis(values, axis)
    return Fraction(np.size(values) if place is None else values.shape[place])


def mean(values: Value, axis: Any = 0) -> Value:
    return total(values, axis) / _count(values, axis)


def greatest(*values: Value, least: bool = False) -> Value:
    fold = min if least else max

    def pair(a: Any, b: Any) -> Any:
        return fold(a, b)

    if len(values) == 2 and not rank(values[0]):
        if rank(values[1]):
            return mapped(pair)(*values)
        return fold(values)
    if len(values) > 2 or (len(values) == 2 and rank(values[1])):
        return mapped(pair)(*values)
    inside, place = values[0], _axis(values[0], values[1]) if len(values) == 2 else None
    if place is None:
        return fold(list(np.ravel(inside)))
    return np.apply_along_axis(lambda line: fold(list(line)), place, inside).astype(object)


def exponential(values: Value) -> Value:
    return _float(math.exp, {Fraction(0): Fraction(1)})(values)


def logarithm(values: Value) -> Value:
    return _float(math.log, {Fraction(1): Fraction(0)})(values)


def _kept(values: Value, axis: int) -> Value:
    return np.expand_dims(np.asarray(values, dtype=object), axis)


def softmax(values: Value, axis: Any = -1) -> Value:
    place = _axis(values, axis)
    place = -1 if place is None else place
    raised_ = exponential(values)
    return raised_ / _kept(np.sum(raised_, axis=place), place)


def log_softmax(values: Value, axis: Any = -1) -> Value:
    place = _axis(values, axis) or 0
    place = place if int(axis) else -1
    return values - _kept(logarithm(np.sum(exponential(values), axis=place)), place)


def masked_softmax(values: Value, mask: Value) -> Value:
    raised_ = mask * exponential(values)
    return raised_ / _kept(np.sum(raised_, axis=-1), -1)


def cross_entropy(logits: Value, targets: Value) -> Value:
    logs = log_softmax(logits)
    if rank(targets) < rank(logits):
        if not rank(targets):
            return -logs[int(targets) - 1]
        return -sum(logs[row, int(target) - 1] for row, target in enumerate(targets)) / Fraction(len(targets))
    rows = logits.shape[0] if rank(logits) > 1 else 1
    return -np.sum(targets * logs) / Fraction(rows)


def attention(queries: Value, keys: Value, values: Value) -> Value:
    return softmax(queries @ keys.T / _root(Fraction(keys.shape[-1]))) @ values


def standardized(values: Value, axis: Any = 1, eps: Any = Fraction(0)) -> Value:
    place = _axis(values, axis) or 0
    distance = values - _kept(mean(values, axis), place)
    spread = np.sum(distance * distance, axis=place) / _count(values, axis)
    return distance / _kept(mapped(_root)(spread + eps), place)


def batch_norm(values: Value, gamma: Value = 1, beta: Value = 0, eps: Any = Fraction(1, 100000)) -> Value:
    return gamma * standardized(values, Fraction(1), eps) + beta


def layer_norm(values: Value, gamma: Value = 1, beta: Value = 0, eps: Any = Fraction(1, 100000)) -> Value:
    return gamma * standardized(values, Fraction(-1), eps) + beta


def variance(values: Value, axis: Any = 0) -> Value:
    place = _axis(values, axis)
    if place is None:
        return np.sum((values - mean(values)) ** 2) / _count(values)
    distance = values - _kept(mean(values, axis), place)
    return np.sum(distance * distance, axis=place) / _count(values, axis)


def concat(left: Value, right: Value, axis: Any = 1) -> Value:
    return np.concatenate([left, right], axis=int(axis) - 1)


def cut(values: Value, first: Any, last: Any, axis: Any = 1) -> Value:
    return np.take(values, range(int(first) - 1, int(last)), axis=int(axis) - 1)


def columns(values: Value, first: Any, last: Any) -> Value:
    return cut(values, first, last, 2)


def ones(sizes: Value) -> Value:
    shape = tuple(int(size) for size in sizes) if rank(sizes) else (int(sizes),)
    return np.full(shape, Fraction(1), dtype=object)


def unit(size: Any, place: Any) -> Value:
    found = np.full((int(size),), Fraction(0), dtype=object)
    found[int(place) - 1] = Fraction(1)
    return found


def outer(left: Value, right: Value) -> Value:
    return left[:, None] * right[None, :]


def reshape(values: Value, sizes: Value) -> Value:
    return values.reshape(tuple(int(size) for size in sizes) if rank(sizes) else (int(sizes),))


def reshape_as(values: Value, like: Value) -> Value:
    return values.reshape(like.shape)


def flatten(values: Value, start: Any = 1) -> Value:
    """The axes from one on as one; an axis below 0 counts from the last."""
    first = int(start) - 1 if int(start) > 0 else rank(values) + int(start)
    return values.reshape((*values.shape[:first], -1))


def by_channel(values: Value) -> Value:
    """A row for each channel, of all samples and places."""
    return np.moveaxis(values, 1, 0).reshape((values.shape[1], -1))


def from_channels(rows: Value, like: Value) -> Value:
    samples, channels, *places = like.shape
    return np.moveaxis(rows.reshape((channels, samples, *places)), 0, 1)


def instance_norm(values: Value, eps: Any = Fraction(1, 100000), start: Any = -2) -> Value:
    return standardized(flatten(values, start), Fraction(-1), eps).reshape(values.shape)


def batch_norm2d(values: Value, gamma: Value, beta: Value, eps: Any = Fraction(1, 100000)) -> Value:
    rows = standardized(by_channel(values), Fraction(-1), eps)
    return from_channels(gamma[:, None] * rows + beta[:, None], values)


def first_greatest(values: Value, axis: Any = 0) -> Value:
    """1 at the first of the greatest entries, of all or along an axis, 0 elsewhere."""

    def line(entries: Value) -> Value:
        found = np.full(len(entries), Fraction(0), dtype=object)
        found[list(entries).index(max(entries))] = Fraction(1)
        return found

    place = _axis(values, axis)
    if place is None:
        return line(np.ravel(values)).reshape(np.shape(values))
    return np.apply_along_axis(line, place, values)


def masks(values: Value) -> Value:
    return np.array([[Fraction(part) for part in row] for row in product((0, 1), repeat=len(values))], dtype=object)


def sloped(values: Value, below: Any = Fraction(1, 100)) -> Value:
    """The value itself above 0, times a slope below."""
    return mapped(lambda x: x if x > 0 else below * x)(values)


def rms_norm(values: Value, gamma: Value = 1, eps: Any = 0) -> Value:
    return gamma * values / _kept(mapped(_root)(mean(values * values, Fraction(-1)) + eps), -1)


def norm(values: Value) -> Value:
    return _root(np.sum(values * values))


FUNCTIONS: dict[str, Callable[..., Value]] = {
    "exp": exponential, "log": logarithm, "sqrt": mapped(_root), "tanh": _float(math.tanh, {Fraction(0): Fraction(0)}),
    "sin": _float(math.sin, {Fraction(0): Fraction(0)}), "cos": _float(math.cos, {Fraction(0): Fraction(1)}),
    "sigmoid": _float(lambda x: 1 / (1 + math.exp(-x)), {Fraction(0): Fraction(1, 2)}),
    "abs": lambda x: sloped(x, Fraction(-1)), "relu": lambda x: sloped(x, Fraction(0)), "leaky_relu": sloped,
    "elu": lambda x, a=1: mapped(lambda x: x if x > 0 else a * (exponential(x) - 1))(x),
    "sign": mapped(lambda x: Fraction((x > 0) - (x < 0))), "arctan": _float(math.atan, {Fraction(0): Fraction(0)}),
    "cosh": _float(math.cosh, {Fraction(0): Fraction(1)}), "max_pool": flat_pool, "max_unpool": flat_unpool,
    "argmax_mask": first_greatest, "masks": masks,
    "step": mapped(lambda x: Fraction(int(x > 0))), "ceil": mapped(lambda x: Fraction(math.ceil(x))),
    "floor": mapped(lambda x: Fraction(math.floor(x))), "softplus": _float(lambda x: math.log1p(math.exp(x))),
    "erf": _float(math.erf, {Fraction(0): Fraction(0)}), "sum": total, "mean": mean, "max": greatest,
    "min": lambda *values: greatest(*values, least=True), "prod": lambda values: math.prod(list(values)),
    "softmax": softmax, "log_softmax": log_softmax, "masked_softmax": masked_softmax, "cross_entropy": cross_entropy,
    "cross_entropy_one_hot": cross_entropy, "attention": attention, "standardized": standardized,
    "batch_norm": batch_norm, "layer_norm": layer_norm, "rms_norm": rms_norm, "var": variance, "concat": concat,
    "rows": cut, "entries": cut, "columns": columns, "ones": ones, "unit": unit, "outer": outer, "reshape": reshape,
    "reshape_as": reshape_as,
    "by_channel": by_channel, "from_channels": from_channels, "instance_norm": instance_norm,
    "batch_norm2d": batch_norm2d, "flatten": flatten, "turned": turned, "norm": norm, "dot": lambda x, y: np.sum(x * y),
    "mse": lambda x, y: mean((x - y) * (x - y)), "sse": lambda x, y: total((x - y) * (x - y)),
    "column": lambda x, axes=1: x.reshape((-1,) + (1,) * int(axes)),
    **{f"conv{axes}d": convolution(axes) for axes in (1, 2, 3)},
    **{f"conv{axes}d_input": convolution_back(axes, False) for axes in (1, 2, 3)},
    **{f"conv{axes}d_weight": convolution_back(axes, True) for axes in (1, 2, 3)},
    **{f"max_pool{axes}d": pool(axes, np.max) for axes in (1, 2, 3)},
    **{f"avg_pool{axes}d": pool(axes, mean) for axes in (1, 2, 3)},
    **{f"max_unpool{axes}d": unpool(axes, False) for axes in (1, 2, 3)},
    **{f"avg_unpool{axes}d": unpool(axes, True) for axes in (1, 2, 3)},
}  # fmt: skip
