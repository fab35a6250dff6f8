"""Laws of shapes of several tensors: one after the other, one beside the other, multiplied."""

from __future__ import annotations

import re

from stepper.read.source.axes import axis, broadcast, live, sizes_or, tensor_of, text_of, total
from stepper.read.source.sizes import BATCH, arithmetic, same, shown, times
from stepper.read.source.state import State
from stepper.read.source.tensor import NoInput, Tensor
from stepper.read.source.trace import Dims, axis_number, batch_at
from stepper.read.source.values import Refused, Value


def concat(follower: State, tensors: Value, dim: Value = None, **named: Value) -> Tensor:
    """One after the other along an axis."""
    found = [tensor_of(follower, tensor) for tensor in follower.items(tensors)]
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
        number = axis_number(place, found[0].dims)
        if follower.trace.turned and rank > 2:  # the engine has the channels first
            number = 1 if number == rank - 1 else number + 1
        return follower.apply("Concat", f"dim={number}", found, text)
    for tensor in found[1:]:
        others = [size for other, size in enumerate(tensor.dims) if other != place]
        if len(tensor.dims) != rank or not all(
            map(same, others, [size for other, size in enumerate(found[0].dims) if other != place])
        ):
            raise Refused(
                f"the shapes {' and '.join(shown(t.dims) for t in found)} cannot be stacked along axis {place}"
            )
    dims = (*found[0].dims[:place], total([tensor.dims[place] for tensor in found]), *found[0].dims[place + 1 :])
    numbers = (
        [item for tensor in found for item in tensor.numbers or ()]
        if rank == 1 and all(t.numbers for t in found)
        else None
    )
    return follower.trace.moved("cat", found, dims, text, numbers=numbers)


def stack(follower: State, tensors: Value, dim: Value = 0) -> Tensor:
    """One beside the other along a new axis."""
    found = [tensor_of(follower, tensor) for tensor in follower.items(tensors)]
    if not found:
        raise Refused("nothing is stacked")
    place = axis(follower, dim, len(found[0].dims) + 1)
    for tensor in found[1:]:
        if len(tensor.dims) != len(found[0].dims) or not all(map(same, tensor.dims, found[0].dims)):
            raise Refused(f"the shapes {shown(found[0].dims)} and {shown(tensor.dims)} cannot be stacked")
    dims = (*found[0].dims[:place], len(found), *found[0].dims[place:])
    return follower.trace.moved("stack", found, dims, f"stack({len(found)} tensors, {dim})")


def matmul(follower: State, left: Tensor, right: Tensor) -> Tensor:
    """(…, n, k) times (…, k, m) gives (…, n, m)."""
    left, right = tensor_of(follower, left), tensor_of(follower, right)
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


def einsum(follower: State, rule: str, *tensors: Value) -> Tensor:
    """The sizes that the letters of a rule name."""
    found = [tensor_of(follower, tensor) for tensor in sizes_or(follower, tensors)]
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


def attention(follower: State, query: Tensor, key: Tensor, value: Tensor, *_: Value, **__: Value) -> Tensor:
    """(…, L, E), (…, S, E) and (…, S, D) give (…, L, D)."""
    if not same(query.dims[-1], key.dims[-1]):
        raise Refused(f"queries have {shown(query.dims[-1:])} features, keys {shown(key.dims[-1:])}")
    dims = (*query.dims[:-1], value.dims[-1])
    macs = times([*query.dims[:-1], key.dims[-2], arithmetic("+", key.dims[-1], value.dims[-1])])
    return follower.trace.moved(
        "scaled_dot_product_attention", [query, key, value], dims, "scaled_dot_product_attention", macs
    )


def outer(follower: State, left: Tensor, right: Tensor) -> Tensor:
    return follower.trace.moved("outer", [left, right], (left.dims[0], right.dims[0]), "outer")
