"""Laws of shapes of functions that keep the numbers: views, permutations, axes put in and repeated."""

from __future__ import annotations

from stepper.core.formula import text
from stepper.core.traverse import names
from stepper.read.source.arguments import written
from stepper.read.source.axes import axis, live, size_of, sizes_of, text_of
from stepper.read.source.sizes import BATCH, arithmetic, is_letter, same, shown, times, value_of
from stepper.read.source.sizes import ONE as SAMPLE
from stepper.read.source.state import State
from stepper.read.source.tensor import NoInput, Tensor
from stepper.read.source.trace import Dims, axis_number, batch_at
from stepper.read.source.values import Refused, Value, fails
from stepper.read.source.working import settle

# ---- where the numbers stay, and the axes change


def view(follower: State, x: Tensor, *sizes: Value, **named: Value) -> Tensor:
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


def grown(follower: State, x: Tensor, dims: Dims) -> None:
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


def unknown_view(follower: State, x: Tensor, wanted: list[Value]) -> Tensor:
    """A view of an input whose shape is not said: the first size is the batch, the others must be numbers."""
    if len(wanted) < 2 or -1 in wanted[1:] or any(is_letter(size) for size in wanted[1:]):
        if wanted[1:] == [-1]:
            return follower.apply("Flatten", "", [x], "view")
        raise NoInput
    return reshaped(follower, x, (BATCH, *wanted[1:]), text_of("view", *wanted))


def reshaped(follower: State, x: Tensor, dims: Dims, text: str) -> Tensor:
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


def flatten(follower: State, x: Tensor, start_dim: Value = 0, end_dim: Value = -1) -> Tensor:
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


def unflatten(follower: State, x: Tensor, dim: Value, sizes: Value) -> Tensor:
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


def permute(follower: State, x: Tensor, *dims: Value, **named: Value) -> Tensor:
    """The axes in another order."""
    order = [axis(follower, dim, len(x.dims)) for dim in sizes_of(follower, dims or tuple(named.values()))]
    if sorted(order) != [*range(len(x.dims))]:
        raise Refused(f"permute{tuple(order)}: the tensor has {len(x.dims)} axes: {shown(x.dims)}")
    return follower.trace.moved("permute", [x], tuple(x.dims[place] for place in order), text_of("permute", *order))


def transpose(follower: State, x: Tensor, dim0: Value = 0, dim1: Value = 1) -> Tensor:
    """Two axes change places."""
    if len(x.dims) < 2:
        return x
    first, second = axis(follower, dim0, len(x.dims)), axis(follower, dim1, len(x.dims))
    dims = list(x.dims)
    dims[first], dims[second] = dims[second], dims[first]
    return follower.trace.moved("transpose", [x], tuple(dims), text_of("transpose", dim0, dim1))


def movedim(follower: State, x: Tensor, source: Value, destination: Value) -> Tensor:
    """One axis goes to another place."""
    first, second = axis(follower, source, len(x.dims)), axis(follower, destination, len(x.dims))
    dims = list(x.dims)
    dims.insert(second, dims.pop(first))
    return follower.trace.moved("movedim", [x], tuple(dims), text_of("movedim", source, destination))


def squeeze(follower: State, x: Tensor, *dims: Value, **named: Value) -> Tensor:
    """Axes of size 1 are left out: all, or those that are named where their size is 1."""
    told = sizes_of(follower, dims or tuple(named.values())) if dims or named else ()
    places = {axis(follower, dim, len(x.dims)) for dim in told} if told else set(range(len(x.dims)))
    kept = tuple(size for place, size in enumerate(x.dims) if size != 1 or place not in places)
    if len(kept) == len(x.dims):
        return x
    return follower.trace.moved("squeeze", [x], kept, text_of("squeeze", *dims), numbers=x.numbers)


def unsqueeze(follower: State, x: Tensor, dim: Value) -> Tensor:
    """An axis of size 1 is put in."""
    place = axis(follower, dim, len(x.dims) + 1)
    return follower.trace.moved(
        "unsqueeze", [x], (*x.dims[:place], 1, *x.dims[place:]), text_of("unsqueeze", dim), numbers=x.numbers
    )


def expand(follower: State, x: Tensor, *sizes: Value, **named: Value) -> Tensor:
    """Axes of size 1 are repeated up to a size; -1 leaves one as it is."""
    wanted = sizes_of(follower, sizes or tuple(named.values()))
    before = (1,) * (len(wanted) - len(x.dims)) + x.dims
    dims = tuple(old if new == -1 else new for new, old in zip(wanted, before, strict=True))
    for new, old in zip(dims, before, strict=True):
        if old != 1 and not same(new, old):
            raise Refused(f"expand: {shown(x.dims)} cannot become {shown(wanted)}", "only axes of size 1 are repeated")
    return follower.trace.moved("expand", [x], dims, text_of("expand", *sizes))


def expand_as(follower: State, x: Tensor, other: Tensor) -> Tensor:
    return expand(follower, x, *other.dims)


def repeat(follower: State, x: Tensor, *counts: Value, **named: Value) -> Tensor:
    """Each axis is repeated so many times."""
    wanted = sizes_of(follower, counts or tuple(named.values()))
    before = (1,) * (len(wanted) - len(x.dims)) + x.dims
    dims = tuple(times(pair) for pair in zip(before, wanted, strict=True))
    return follower.trace.moved("repeat", [x], dims, text_of("repeat", *counts))


def repeat_interleave(follower: State, x: Tensor, repeats: Value, dim: Value = None, **_: Value) -> Tensor:
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


# ---- several


# ---- products


# ---- along axes


# ---- indices
