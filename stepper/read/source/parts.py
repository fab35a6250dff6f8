"""Laws of shapes of parts: along an axis, at an index, in windows."""

from __future__ import annotations

import math
from collections.abc import Sequence

from stepper.read.source.arguments import written
from stepper.read.source.axes import axis, broadcast, live, size_of, sizes_of, text_of, total
from stepper.read.source.sizes import arithmetic, is_letter, same, shown, times, whole
from stepper.read.source.state import State
from stepper.read.source.tensor import Tensor
from stepper.read.source.trace import Dims
from stepper.read.source.values import Refused, Unknown, Value, fails


def narrow(follower: State, x: Tensor, dim: Value, start: Value, length: Value) -> Tensor:
    """A part of one axis."""
    place = axis(follower, dim, len(x.dims))
    dims = (*x.dims[:place], size_of(follower, length), *x.dims[place + 1 :])
    return follower.trace.moved("narrow", [x], dims, text_of("narrow", dim, start, length))


def select(follower: State, x: Tensor, dim: Value, index: Value) -> Tensor:
    """One entry of an axis, which goes."""
    place = axis(follower, dim, len(x.dims))
    return follower.trace.moved("select", [x], (*x.dims[:place], *x.dims[place + 1 :]), text_of("select", dim, index))


def index_select(follower: State, x: Tensor, dim: Value, index: Tensor) -> Tensor:
    place = axis(follower, dim, len(x.dims))
    return follower.trace.moved(
        "index_select",
        [x],
        (*x.dims[:place], times(index.dims), *x.dims[place + 1 :]),
        text_of("index_select", dim, index),
    )


def gather(follower: State, x: Tensor, dim: Value, index: Tensor, **_: Value) -> Tensor:
    """The entries that an index names: the shape of the index."""
    return follower.trace.moved("gather", [x, index], index.dims, text_of("gather", dim))


def chunk(follower: State, x: Tensor, chunks: Value, dim: Value = 0) -> Value:
    """Parts of equal size along an axis, the last perhaps smaller."""
    place, count = axis(follower, dim, len(x.dims)), whole(chunks, follower.say)
    size = x.dims[place]
    if is_letter(size):
        part = arithmetic("/", size, count)
        return _parts(follower, x, place, [part] * count, text_of("chunk", chunks, dim))
    assert isinstance(size, int)
    step = -(-size // count)
    return _parts(
        follower, x, place, [min(step, size - start) for start in range(0, size, step)], text_of("chunk", chunks, dim)
    )


def split(follower: State, x: Tensor, size: Value, dim: Value = 0) -> Value:
    """Parts of a size along an axis, or of sizes."""
    place = axis(follower, dim, len(x.dims))
    size = follower.known(size)
    if isinstance(size, list | tuple):
        sizes = list(sizes_of(follower, [size]))
        if not same(total(sizes), x.dims[place]):
            raise Refused(f"split: {' + '.join(map(str, sizes))} are not the {shown([x.dims[place]])} of axis {place}")
    else:
        whole_, step = whole(x.dims[place], follower.say), whole(size, follower.say)
        follower.room(whole_ // max(step, 1))
        sizes = [min(step, whole_ - start) for start in range(0, whole_, step)]
    return _parts(follower, x, place, sizes, text_of("split", size, dim))


def _parts(follower: State, x: Tensor, place: int, sizes: Sequence[Value], text: str) -> Value:
    follower.room(len(sizes))
    return tuple(
        follower.trace.moved("chunk", [x], (*x.dims[:place], size, *x.dims[place + 1 :]), text) for size in sizes
    )


def unbind(follower: State, x: Tensor, dim: Value = 0) -> Value:
    """The entries of an axis, one by one."""
    place = axis(follower, dim, len(x.dims))
    count = whole(x.dims[place], follower.say)
    follower.room(count)
    dims = (*x.dims[:place], *x.dims[place + 1 :])
    return tuple(follower.trace.moved("unbind", [x], dims, text_of("unbind", dim)) for _ in range(count))


def unfold(follower: State, x: Tensor, dimension: Value, size: Value, step: Value) -> Tensor:
    """Windows along an axis: their number, and behind all axes their size."""
    place = axis(follower, dimension, len(x.dims))
    count = arithmetic("+", arithmetic("//", arithmetic("-", x.dims[place], size), step), 1)
    dims = (*x.dims[:place], count, *x.dims[place + 1 :], size_of(follower, size))
    return follower.trace.moved("unfold", [x], dims, text_of("unfold", dimension, size, step))


def part(follower: State, x: Tensor, index: Value) -> Tensor:
    """``x[:, -1, ::2, None, mask]``."""
    parts = list(index) if isinstance(index, tuple) else [index]
    parts = [follower.known(item) for item in parts]
    taken = len([item for item in parts if item is not None and item is not ...])
    if ... in [item if not isinstance(item, Tensor) else None for item in parts]:
        at = next(place for place, item in enumerate(parts) if item is ...)
        parts[at : at + 1] = [slice(None)] * (len(x.dims) - taken)
    dims: list[Value] = []
    reads = [x]
    place = 0
    indexed: Dims | None = None
    at = 0
    for item in parts:
        if item is None:
            dims.append(1)
            continue
        if place >= len(x.dims):
            raise fails("IndexError", f"too many indices for {shown(x.dims)}")
        size = x.dims[place]
        place += 1
        if isinstance(item, slice):
            dims.append(_sliced(follower, size, item))
        elif isinstance(item, list | Tensor):
            inner = item.dims if isinstance(item, Tensor) else (len(item),)
            reads += [item] if isinstance(item, Tensor) and live(item) else []
            if isinstance(item, Tensor) and item.kind == "bool":
                raise Refused("a mask chooses as many entries as it has true ones, which depends on data")
            at = len(dims) if indexed is None else at
            indexed = inner if indexed is None else broadcast(indexed, inner)
        else:
            number = follower.known(item)
            if isinstance(number, int) and isinstance(size, int) and not -size <= number < size:
                raise fails("IndexError", f"index {number} is out of range for axis {place - 1} with size {size}")
    if indexed is not None:
        dims[at:at] = indexed
    dims += x.dims[place:]
    numbers = _numbers_at(x, parts)
    if len(dims) == len(x.dims) and all(map(same, dims, x.dims)) and indexed is None:
        return x
    return follower.trace.moved("slice", reads, tuple(dims), f"[{', '.join(map(_index_word, parts))}]", numbers=numbers)


def _numbers_at(x: Tensor, parts: list[Value]) -> list[Value] | None:
    """The known numbers of a part: an integer for each of the first axes, or a slice of the first."""
    numbers, sizes = x.numbers, [size for size in x.dims if isinstance(size, int)]
    if numbers is None or len(sizes) < len(x.dims) or any(item is None for item in parts):
        return None
    for place, item in enumerate(parts):
        step = math.prod(sizes[place + 1 :])
        rows = [numbers[start : start + step] for start in range(0, len(numbers), step or 1)]
        if isinstance(item, int) and -len(rows) <= item < len(rows):
            numbers = rows[item]
        elif isinstance(item, slice) and len(parts) == 1:
            return [number for row in rows[item] for number in row]
        else:
            return None
    return numbers


def _sliced(follower: State, size: Value, item: slice) -> Value:
    """How much of an axis a slice takes."""
    start, stop, step = (follower.known(side) for side in (item.start, item.stop, item.step))
    if start in (None, 0) and stop is None and step in (None, 1):
        return size
    if any(isinstance(side, Unknown | Tensor) for side in (start, stop, step)):
        raise Refused("how much of an axis is taken depends on data")
    if isinstance(size, int) and all(side is None or isinstance(side, int) for side in (start, stop, step)):
        return len(range(*slice(start, stop, step).indices(size)))
    if any(is_letter(side) for side in (start, stop, step)) and isinstance(size, int):
        start, stop, step = (None if side is None else whole(side, follower.say) for side in (start, stop, step))
        return len(range(*slice(start, stop, step).indices(size)))
    low, high = start or 0, size if stop is None else stop
    low = arithmetic("+", size, low) if isinstance(low, int) and low < 0 else low
    high = arithmetic("+", size, high) if isinstance(high, int) and high < 0 else high
    length = arithmetic("-", high, low)
    if step in (None, 1):
        return length
    return arithmetic("//", arithmetic("-", arithmetic("+", length, step), 1), step)


def _index_word(item: Value) -> str:
    if isinstance(item, slice):
        sides = ["" if side is None else written([side], {}) for side in (item.start, item.stop, item.step)]
        return ":".join(sides if sides[2] else sides[:2])
    return "index" if isinstance(item, Tensor | list) else written([item], {})
