"""Laws of shapes of PyTorch's functions, one each: where the axes go, and what sizes result."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from stepper.core.formula import text
from stepper.core.traverse import names
from stepper.read.source.arguments import written
from stepper.read.source.sizes import BATCH, arithmetic, is_letter, same, shown, times, value_of, whole
from stepper.read.source.sizes import ONE as SAMPLE
from stepper.read.source.state import State
from stepper.read.source.tensor import NoInput, Tensor
from stepper.read.source.trace import axis_number, batch_at
from stepper.read.source.values import Refused, Unknown, Value, fails
from stepper.read.source.working import settle

Follower = State
Dims = tuple[Value, ...]


def sizes_of(follower: Follower, sizes: Sequence[Value]) -> Dims:
    """Sizes as they are handed on, one by one or as one list."""
    known = [follower.known(size) for size in sizes]
    if len(known) == 1 and isinstance(known[0], list | tuple):
        known = [follower.known(size) for size in known[0]]
    return tuple(size_of(follower, size) for size in known)


def size_of(follower: Follower, size: Value) -> Value:
    """One size."""
    if isinstance(size, Tensor) and size.numbers is not None and len(size.numbers) == 1:
        size = size.numbers[0]
    if isinstance(size, float) and size.is_integer():
        size = int(size)
    if isinstance(size, int) or is_letter(size):
        return int(size) if isinstance(size, int) else size
    if isinstance(size, Unknown):
        raise Refused(f"a size is {size.what}")
    raise Refused("a size must be an integer")


def axis(follower: Follower, number: Value, rank: int) -> int:
    """An axis, counted from 0."""
    place = whole(number, follower.say)
    if not -rank <= place < max(rank, 1):
        raise fails("IndexError", f"there is no axis {place} among {rank}")
    return place % rank if rank else 0


def text_of(name: str, *arguments: Value, **named: Value) -> str:
    return f"{name}({written(arguments, named)})"


def broadcast(left: Dims, right: Dims) -> Dims:
    """The sizes of two tensors together, sizes of 1 repeated.

    Raises:
        Refused: where they do not fit together.
    """
    rank = max(len(left), len(right))
    found: list[Value] = []
    for one, other in zip((1,) * (rank - len(left)) + left, (1,) * (rank - len(right)) + right, strict=True):
        if one == 1:
            found.append(other)
        elif other == 1 or same(one, other):
            found.append(one)
        elif isinstance(one, int) and isinstance(other, int):
            raise Refused(f"the shapes {shown(left)} and {shown(right)} do not fit together")
        else:
            found.append(other if is_letter(one) and one != BATCH else one)
    return tuple(found)


# ---- where the numbers stay, and the axes change


def view(follower: Follower, x: Tensor, *sizes: Value, **named: Value) -> Tensor:
    """Other sizes for the same numbers; one of them may be -1."""
    wanted = list(sizes_of(follower, sizes or tuple(named.values())))
    if x.dims_ is None:
        return unknown_view(follower, x, wanted)
    whole_ = times(x.dims)
    gaps = [place for place, size in enumerate(wanted) if size == -1]
    if len(gaps) > 1:
        raise fails("RuntimeError", "only one size can be -1")
    if gaps:
        rest = arithmetic("/", whole_, times([size for size in wanted if size != -1]))
        wanted[gaps[0]] = rest
        text = f"{shown(x.dims)} are not a multiple of {shown([size for size in wanted if size is not rest])}"
        if isinstance(rest, float) or (is_letter(rest) and _broken(rest)):
            raise Refused(f"view: {text}", _view_hint(x))
    elif not same(times(wanted), whole_):
        numbers = f"{shown(x.dims)} are {shown([whole_])} numbers, {shown(wanted)} are {shown([times(wanted)])}"
        raise Refused(f"view: {numbers}", _view_hint(x))
    grown(follower, x, tuple(wanted))
    return reshaped(follower, x, tuple(wanted), text_of("view", *sizes))


def grown(follower: Follower, x: Tensor, dims: Dims) -> None:
    """A view that makes more samples of those that came in is said."""
    first = dims[0] if dims else 1
    several = is_letter(first) and first != BATCH and BATCH in names(first)
    if several and is_letter(first) and x.dims[0] == BATCH and live(x) and len(dims) == 2:
        follower.say(f"a view gives {text(first)} samples of N: one sample has more numbers than it takes")


def _broken(size: Value) -> bool:
    """Is a size no integer for one sample, as 36·N/48?"""
    found = value_of(settle(size, SAMPLE)) if is_letter(size) else size
    return is_letter(found)


def _view_hint(x: Tensor) -> str:
    rest = [size for size in x.dims if size != BATCH]
    return f"one sample has {shown([times(rest)])} numbers: {shown(rest)}"


def unknown_view(follower: Follower, x: Tensor, wanted: list[Value]) -> Tensor:
    """A view of an input whose shape is not said: the first size is the batch, the others must be numbers."""
    if len(wanted) < 2 or -1 in wanted[1:] or any(is_letter(size) for size in wanted[1:]):
        if wanted[1:] == [-1]:
            return follower.apply("Flatten", "", [x], "view")
        raise NoInput
    return reshaped(follower, x, (BATCH, *wanted[1:]), text_of("view", *wanted))


def reshaped(follower: Follower, x: Tensor, dims: Dims, text: str) -> Tensor:
    """The numbers of a tensor in another shape: Flatten, or Reshape."""
    if not live(x):
        return Tensor(dims, numbers=x.numbers, kind=x.kind)
    if x.dims_ is not None and len(dims) == len(x.dims) and all(map(same, dims, x.dims)):
        return x
    if dims and dims[0] == BATCH and (x.dims_ is None or x.dims[0] == BATCH):
        if len(dims) == 2 and x.dims_ is not None and len(x.dims) > 2:
            return follower.apply("Flatten", "", [x], text)
        return follower.apply("Reshape", written([list(dims[1:])], {}).replace("(", "[").replace(")", "]"), [x], text)
    return follower.trace.moved("view", [x], dims, text)


def live(x: Tensor) -> bool:
    """Does a tensor come from the input, or from what is learned?"""
    return bool(x.name) or x.make is not None


def flatten(follower: Follower, x: Tensor, start_dim: Value = 0, end_dim: Value = -1) -> Tensor:
    """Several axes become one."""
    if x.dims_ is None:
        return follower.apply(
            "Flatten",
            written((), {"start_dim": start_dim or 1, "end_dim": end_dim})
            if start_dim not in (0, 1) or end_dim != -1
            else "",
            [x],
            "flatten",
        )
    rank = len(x.dims)
    first, last = axis(follower, start_dim, rank), axis(follower, end_dim, rank)
    if first == 0 and rank > 1 and x.dims[0] == BATCH and live(x):
        follower.say("flatten without start_dim would merge the batch too; read as flatten from axis 1")
        first = 1
    if rank <= 1 or first == last:
        return x
    dims = (*x.dims[:first], times(x.dims[first : last + 1]), *x.dims[last + 1 :])
    text = text_of("flatten", *((start_dim,) if end_dim == -1 else (start_dim, end_dim)))
    if live(x) and (batch_at(x.dims) is None or x.dims[0] == BATCH):
        start, end = axis_number(first, x.dims), axis_number(last, x.dims) if end_dim != -1 else -1
        told = {name: value for name, value, usual in (("start_dim", start, 1), ("end_dim", end, -1)) if value != usual}
        return follower.apply("Flatten", written((), told), [x], text)
    return follower.trace.moved("flatten", [x], dims, text) if live(x) else Tensor(dims, numbers=x.numbers, kind=x.kind)


def unflatten(follower: Follower, x: Tensor, dim: Value, sizes: Value) -> Tensor:
    """One axis becomes several."""
    place = axis(follower, dim, len(x.dims))
    parts = list(sizes_of(follower, [sizes]))
    if -1 in parts:
        rest = arithmetic("/", x.dims[place], times([part for part in parts if part != -1]))
        parts = [rest if part == -1 else part for part in parts]
    if not same(times(parts), x.dims[place]):
        raise Refused(f"unflatten: {shown(parts)} are not the {shown([x.dims[place]])} of axis {place}")
    return follower.trace.moved(
        "unflatten", [x], (*x.dims[:place], *parts, *x.dims[place + 1 :]), text_of("unflatten", dim, sizes)
    )


def permute(follower: Follower, x: Tensor, *dims: Value, **named: Value) -> Tensor:
    """The axes in another order."""
    order = [axis(follower, dim, len(x.dims)) for dim in sizes_of(follower, dims or tuple(named.values()))]
    if sorted(order) != [*range(len(x.dims))]:
        raise Refused(f"permute{tuple(order)}: the tensor has {len(x.dims)} axes: {shown(x.dims)}")
    return follower.trace.moved("permute", [x], tuple(x.dims[place] for place in order), text_of("permute", *order))


def transpose(follower: Follower, x: Tensor, dim0: Value = 0, dim1: Value = 1) -> Tensor:
    """Two axes change places."""
    if len(x.dims) < 2:
        return x
    first, second = axis(follower, dim0, len(x.dims)), axis(follower, dim1, len(x.dims))
    dims = list(x.dims)
    dims[first], dims[second] = dims[second], dims[first]
    return follower.trace.moved("transpose", [x], tuple(dims), text_of("transpose", dim0, dim1))


def movedim(follower: Follower, x: Tensor, source: Value, destination: Value) -> Tensor:
    """One axis goes to another place."""
    first, second = axis(follower, source, len(x.dims)), axis(follower, destination, len(x.dims))
    dims = list(x.dims)
    dims.insert(second, dims.pop(first))
    return follower.trace.moved("movedim", [x], tuple(dims), text_of("movedim", source, destination))


def squeeze(follower: Follower, x: Tensor, *dims: Value, **named: Value) -> Tensor:
    """Axes of size 1 are left out: all, or those that are named where their size is 1."""
    told = sizes_of(follower, dims or tuple(named.values())) if dims or named else ()
    places = {axis(follower, dim, len(x.dims)) for dim in told} if told else set(range(len(x.dims)))
    kept = tuple(size for place, size in enumerate(x.dims) if size != 1 or place not in places)
    if len(kept) == len(x.dims):
        return x
    return follower.trace.moved("squeeze", [x], kept, text_of("squeeze", *dims), numbers=x.numbers)


def unsqueeze(follower: Follower, x: Tensor, dim: Value) -> Tensor:
    """An axis of size 1 is put in."""
    place = axis(follower, dim, len(x.dims) + 1)
    return follower.trace.moved(
        "unsqueeze", [x], (*x.dims[:place], 1, *x.dims[place:]), text_of("unsqueeze", dim), numbers=x.numbers
    )


def expand(follower: Follower, x: Tensor, *sizes: Value, **named: Value) -> Tensor:
    """Axes of size 1 are repeated up to a size; -1 leaves one as it is."""
    wanted = sizes_of(follower, sizes or tuple(named.values()))
    before = (1,) * (len(wanted) - len(x.dims)) + x.dims
    dims = tuple(old if new == -1 else new for new, old in zip(wanted, before, strict=True))
    for new, old in zip(dims, before, strict=True):
        if old != 1 and not same(new, old):
            raise Refused(f"expand: {shown(x.dims)} cannot become {shown(wanted)}", "only axes of size 1 are repeated")
    return follower.trace.moved("expand", [x], dims, text_of("expand", *sizes))


def expand_as(follower: Follower, x: Tensor, other: Tensor) -> Tensor:
    return expand(follower, x, *other.dims)


def repeat(follower: Follower, x: Tensor, *counts: Value, **named: Value) -> Tensor:
    """Each axis is repeated so many times."""
    wanted = sizes_of(follower, counts or tuple(named.values()))
    before = (1,) * (len(wanted) - len(x.dims)) + x.dims
    dims = tuple(times(pair) for pair in zip(before, wanted, strict=True))
    return follower.trace.moved("repeat", [x], dims, text_of("repeat", *counts))


def repeat_interleave(follower: Follower, x: Tensor, repeats: Value, dim: Value = None, **_: Value) -> Tensor:
    """Each entry of an axis stands several times in a row."""
    count = size_of(follower, follower.known(repeats))
    if dim is None:
        return follower.trace.moved(
            "repeat_interleave", [x], (times([*x.dims, count]),), text_of("repeat_interleave", count)
        )
    place = axis(follower, dim, len(x.dims))
    dims = (*x.dims[:place], times([x.dims[place], count]), *x.dims[place + 1 :])
    return follower.trace.moved("repeat_interleave", [x], dims, text_of("repeat_interleave", count, dim))


# ---- parts


def narrow(follower: Follower, x: Tensor, dim: Value, start: Value, length: Value) -> Tensor:
    """A part of one axis."""
    place = axis(follower, dim, len(x.dims))
    dims = (*x.dims[:place], size_of(follower, length), *x.dims[place + 1 :])
    return follower.trace.moved("narrow", [x], dims, text_of("narrow", dim, start, length))


def select(follower: Follower, x: Tensor, dim: Value, index: Value) -> Tensor:
    """One entry of an axis, which goes."""
    place = axis(follower, dim, len(x.dims))
    return follower.trace.moved("select", [x], (*x.dims[:place], *x.dims[place + 1 :]), text_of("select", dim, index))


def index_select(follower: Follower, x: Tensor, dim: Value, index: Tensor) -> Tensor:
    place = axis(follower, dim, len(x.dims))
    return follower.trace.moved(
        "index_select",
        [x],
        (*x.dims[:place], times(index.dims), *x.dims[place + 1 :]),
        text_of("index_select", dim, index),
    )


def gather(follower: Follower, x: Tensor, dim: Value, index: Tensor, **_: Value) -> Tensor:
    """The entries that an index names: the shape of the index."""
    return follower.trace.moved("gather", [x, index], index.dims, text_of("gather", dim))


def chunk(follower: Follower, x: Tensor, chunks: Value, dim: Value = 0) -> Value:
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


def split(follower: Follower, x: Tensor, size: Value, dim: Value = 0) -> Value:
    """Parts of a size along an axis, or of sizes."""
    place = axis(follower, dim, len(x.dims))
    size = follower.known(size)
    if isinstance(size, list | tuple):
        sizes = list(sizes_of(follower, [size]))
        if not same(_total(sizes), x.dims[place]):
            raise Refused(f"split: {' + '.join(map(str, sizes))} are not the {shown([x.dims[place]])} of axis {place}")
    else:
        whole_, step = whole(x.dims[place], follower.say), whole(size, follower.say)
        follower.room(whole_ // max(step, 1))
        sizes = [min(step, whole_ - start) for start in range(0, whole_, step)]
    return _parts(follower, x, place, sizes, text_of("split", size, dim))


def _total(sizes: Sequence[Value]) -> Value:
    found: Value = 0
    for size in sizes:
        found = arithmetic("+", found, size)
    return found


def _parts(follower: Follower, x: Tensor, place: int, sizes: Sequence[Value], text: str) -> Value:
    follower.room(len(sizes))
    return tuple(
        follower.trace.moved("chunk", [x], (*x.dims[:place], size, *x.dims[place + 1 :]), text) for size in sizes
    )


def unbind(follower: Follower, x: Tensor, dim: Value = 0) -> Value:
    """The entries of an axis, one by one."""
    place = axis(follower, dim, len(x.dims))
    count = whole(x.dims[place], follower.say)
    follower.room(count)
    dims = (*x.dims[:place], *x.dims[place + 1 :])
    return tuple(follower.trace.moved("unbind", [x], dims, text_of("unbind", dim)) for _ in range(count))


def unfold(follower: Follower, x: Tensor, dimension: Value, size: Value, step: Value) -> Tensor:
    """Windows along an axis: their number, and behind all axes their size."""
    place = axis(follower, dimension, len(x.dims))
    count = arithmetic("+", arithmetic("//", arithmetic("-", x.dims[place], size), step), 1)
    dims = (*x.dims[:place], count, *x.dims[place + 1 :], size_of(follower, size))
    return follower.trace.moved("unfold", [x], dims, text_of("unfold", dimension, size, step))


# ---- several


def concat(follower: Follower, tensors: Value, dim: Value = None, **named: Value) -> Tensor:
    """One after the other along an axis."""
    found = [_tensor(follower, tensor) for tensor in follower.items(tensors)]
    found = [tensor for tensor in found if tensor.dims_ is None or tensor.dims != (0,)]
    told = named.get("axis", dim)
    if not found:
        raise Refused("nothing is stacked")
    if any(tensor.dims_ is None for tensor in found):
        raise NoInput
    rank = len(found[0].dims)
    place = axis(follower, 0 if told is None else told, rank)
    if told is None and found[0].dims[0] == BATCH and rank > 1:
        raise Refused("torch.cat without dim stacks along the batch", "say dim=1 for the channels")
    text = text_of("cat", [*(f"{len(found)} tensors",)], 0 if told is None else told).replace("'", "")
    ranks = {len(tensor.dims) for tensor in found}
    if (
        all(map(live, found))
        and len(ranks) == 1
        and place != batch_at(found[0].dims)
        and len({batch_at(t.dims) for t in found}) == 1
    ):
        return follower.apply("Concat", f"dim={axis_number(place, found[0].dims)}", found, text)
    for tensor in found[1:]:
        others = [size for other, size in enumerate(tensor.dims) if other != place]
        if len(tensor.dims) != rank or not all(
            map(same, others, [size for other, size in enumerate(found[0].dims) if other != place])
        ):
            raise Refused(
                f"the shapes {' and '.join(shown(t.dims) for t in found)} cannot be stacked along axis {place}"
            )
    dims = (*found[0].dims[:place], _total([tensor.dims[place] for tensor in found]), *found[0].dims[place + 1 :])
    numbers = (
        [item for tensor in found for item in tensor.numbers or ()]
        if rank == 1 and all(t.numbers for t in found)
        else None
    )
    return follower.trace.moved("cat", found, dims, text, numbers=numbers)


def stack(follower: Follower, tensors: Value, dim: Value = 0) -> Tensor:
    """One beside the other along a new axis."""
    found = [_tensor(follower, tensor) for tensor in follower.items(tensors)]
    if not found:
        raise Refused("nothing is stacked")
    place = axis(follower, dim, len(found[0].dims) + 1)
    for tensor in found[1:]:
        if len(tensor.dims) != len(found[0].dims) or not all(map(same, tensor.dims, found[0].dims)):
            raise Refused(f"the shapes {shown(found[0].dims)} and {shown(tensor.dims)} cannot be stacked")
    dims = (*found[0].dims[:place], len(found), *found[0].dims[place:])
    return follower.trace.moved("stack", found, dims, f"stack({len(found)} tensors, {dim})")


def _tensor(follower: Follower, value: Value) -> Tensor:
    value = follower.known(value)
    if isinstance(value, Tensor):
        return value
    raise fails("TypeError", "a tensor is expected here")


# ---- products


def matmul(follower: Follower, left: Tensor, right: Tensor) -> Tensor:
    """(…, n, k) times (…, k, m) gives (…, n, m)."""
    left, right = _tensor(follower, left), _tensor(follower, right)
    low, high = left.dims, right.dims
    one = low if len(low) > 1 else (1, *low)
    other = high if len(high) > 1 else (*high, 1)
    if not low or not high or not same(one[-1], other[-2]):
        raise Refused(
            f"the shapes {shown(low)} and {shown(high)} cannot be multiplied: "
            f"{shown(one[-1:])} columns, {shown(other[-2:-1])} rows"
        )
    dims = (*broadcast(one[:-2], other[:-2]), one[-2], other[-1])
    macs = times([*dims, one[-1]])
    dims = dims if len(low) > 1 else (*dims[:-2], dims[-1])
    dims = dims if len(high) > 1 else dims[:-1]
    return follower.trace.moved("matmul", [left, right], dims, f"matmul({shown(low)}, {shown(high)})", macs)


def einsum(follower: Follower, rule: str, *tensors: Value) -> Tensor:
    """The sizes that the letters of a rule name."""
    found = [_tensor(follower, tensor) for tensor in sizes_or(follower, tensors)]
    left, _, right = rule.partition("->")
    spaced = " " in left.strip().replace(", ", ",")
    parts = [part.split() if spaced and " " in part.strip() else [*part.replace(" ", "")] for part in left.split(",")]
    parts = [[*re.sub(r"\s", "", "".join(part)).replace("...", "…")] for part in parts]
    if len(parts) != len(found):
        raise Refused(f"einsum '{rule}' is for {len(parts)} tensors")
    sizes: dict[str, Value] = {}
    around: Dims = ()
    for part, tensor in zip(parts, found, strict=True):
        extra = len(tensor.dims) - len([name for name in part if name != "…"])
        if extra < 0 or (extra and "…" not in part):
            raise Refused(f"einsum '{rule}': {''.join(part)} names {len(part)} axes of {shown(tensor.dims)}")
        at = 0
        for name in part:
            if name == "…":
                around = broadcast(around, tensor.dims[at : at + extra])
                at += extra
                continue
            if name in sizes and not same(sizes[name], tensor.dims[at]):
                raise Refused(f"einsum '{rule}': {name} is {shown([sizes[name]])} and {shown([tensor.dims[at]])}")
            sizes[name] = tensor.dims[at]
            at += 1
    wanted = [*re.sub(r"\s", "", right).replace("...", "…")]
    if "->" not in rule:
        names = "".join("".join(part) for part in parts)
        wanted = sorted(name for name in sizes if names.count(name) == 1)
    dims = tuple(size for name in wanted for size in (around if name == "…" else (sizes[name],)))
    macs = times([*around, *sizes.values()]) if len(found) > 1 else 0
    return follower.trace.moved("einsum", found, dims, f"einsum('{rule}')", macs)


def sizes_or(follower: Follower, tensors: Sequence[Value]) -> Sequence[Value]:
    return follower.items(tensors[0]) if len(tensors) == 1 and isinstance(tensors[0], list | tuple) else tensors


def attention(follower: Follower, query: Tensor, key: Tensor, value: Tensor, *_: Value, **__: Value) -> Tensor:
    """(…, L, E), (…, S, E) and (…, S, D) give (…, L, D)."""
    if not same(query.dims[-1], key.dims[-1]):
        raise Refused(f"queries have {shown(query.dims[-1:])} features, keys {shown(key.dims[-1:])}")
    dims = (*query.dims[:-1], value.dims[-1])
    macs = times([*query.dims[:-1], key.dims[-2], arithmetic("+", key.dims[-1], value.dims[-1])])
    return follower.trace.moved(
        "scaled_dot_product_attention", [query, key, value], dims, "scaled_dot_product_attention", macs
    )


def outer(follower: Follower, left: Tensor, right: Tensor) -> Tensor:
    return follower.trace.moved("outer", [left, right], (left.dims[0], right.dims[0]), "outer")


# ---- along axes


def reduced(name: str) -> Any:
    """A function that leaves axes out, or keeps them with size 1."""

    def act(follower: Follower, x: Tensor, dim: Value = None, keepdim: Value = False, **named: Value) -> Value:
        x = _tensor(follower, x)
        dim, keep = named.get("axis", dim), follower.truth(named.get("keepdims", keepdim))
        if isinstance(dim, Tensor) and name in ("max", "min"):
            return follower.tensors(name, x, dim)
        if dim is None or isinstance(dim, bool):
            places = set(range(len(x.dims)))
        else:
            told = follower.known(dim)
            places = {
                axis(follower, part, len(x.dims)) for part in (told if isinstance(told, list | tuple) else [told])
            }
        dims = tuple(1 if place in places else size for place, size in enumerate(x.dims) if keep or place not in places)
        text = text_of(name, *(() if dim is None else (dim,)), **({"keepdim": True} if keep else {}))
        numbers = follower.reduced_numbers(name, x.numbers) if not dims and x.numbers is not None else None
        spatial = name == "mean" and len(x.dims) > 2 and x.dims[0] == BATCH and places == set(range(2, len(x.dims)))
        if spatial and keep and live(x):
            return follower.apply("GlobalAvgPool", "", [x], text)
        found = follower.trace.moved(name, [x], dims, text, numbers=numbers)
        if name in ("max", "min", "median", "mode", "kthvalue", "cummax") and dim is not None:
            index = follower.trace.moved(name, [x], dims, text)
            index.kind = "int"
            return follower.pair(found, index)
        return found

    return act


def topk(follower: Follower, x: Tensor, k: Value, dim: Value = -1, *_: Value, **__: Value) -> Value:
    """The largest along an axis."""
    place = axis(follower, dim, len(x.dims))
    dims = (*x.dims[:place], size_of(follower, k), *x.dims[place + 1 :])
    return follower.pair(*(follower.trace.moved("topk", [x], dims, text_of("topk", k, dim)) for _ in range(2)))


def sort(follower: Follower, x: Tensor, *_: Value, **__: Value) -> Value:
    return follower.pair(*(follower.trace.moved("sort", [x], x.dims, "sort") for _ in range(2)))


def pad(follower: Follower, x: Tensor, pad: Value, mode: str = "constant", value: Value = None) -> Tensor:
    """Sizes added before and after, the last axis first."""
    sides = sizes_of(follower, [pad])
    count = len(sides) // 2
    if all(side == 0 for side in sides):
        return x
    kinds = {"constant": "Constant", "reflect": "Reflection", "replicate": "Replication", "circular": "Circular"}
    if live(x) and len(x.dims) == count + 2 and x.dims[0] == BATCH and count <= 3 and mode in kinds:
        return follower.apply(
            f"{kinds[mode]}Pad{count}d", written([tuple(sides)], {}), [x], text_of("pad", tuple(sides))
        )
    dims = list(x.dims)
    for place in range(count):
        both = arithmetic("+", sides[2 * place], sides[2 * place + 1])
        dims[-1 - place] = arithmetic("+", dims[-1 - place], both)
    return follower.trace.moved("pad", [x], tuple(dims), text_of("pad", tuple(sides)))


def one_hot(follower: Follower, x: Tensor, num_classes: Value = -1) -> Tensor:
    if num_classes == -1:
        raise Refused("one_hot without num_classes depends on the numbers of a tensor")
    return follower.trace.moved(
        "one_hot", [x], (*x.dims, size_of(follower, num_classes)), text_of("one_hot", num_classes)
    )


def diagonal(follower: Follower, x: Tensor, *_: Value, **__: Value) -> Tensor:
    if not all(isinstance(size, int) for size in x.dims[-2:]):
        raise Refused("the diagonal of a size with letters is not followed")
    return follower.trace.moved("diagonal", [x], (*x.dims[:-2], min(x.dims[-2:])), "diagonal")  # type: ignore[type-var]


def meshgrid(follower: Follower, *tensors: Value, **_: Value) -> Value:
    found = [_tensor(follower, tensor) for tensor in sizes_or(follower, tensors)]
    dims = tuple(tensor.dims[0] if tensor.dims else 1 for tensor in found)
    return tuple(Tensor(dims) for _ in found)


# ---- indices


def part(follower: Follower, x: Tensor, index: Value) -> Tensor:
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
    numbers = None
    if x.numbers is not None and len(x.dims) == 1 and isinstance(index, int):
        numbers = [x.numbers[index]]
    elif x.numbers is not None and len(x.dims) == 1 and isinstance(index, slice):
        numbers = x.numbers[index]
    if len(dims) == len(x.dims) and all(map(same, dims, x.dims)) and indexed is None:
        return x
    return follower.trace.moved("slice", reads, tuple(dims), f"[{', '.join(map(_index_word, parts))}]", numbers=numbers)


def _sliced(follower: Follower, size: Value, item: slice) -> Value:
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
