"""Rules of einops, such as ``'b c (h p) (w q) -> b (h w) (p q c)'``: each letter an axis, brackets axes merged."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from stepper.core.traverse import names as names_in
from stepper.read.source.axes import size_of, tensor_of
from stepper.read.source.joins import stack
from stepper.read.source.modules import MODULE
from stepper.read.source.sizes import arithmetic, is_letter, same, shown, times
from stepper.read.source.state import State
from stepper.read.source.tensor import Tensor
from stepper.read.source.trace import Dims
from stepper.read.source.values import Class, Instance, Names, Native, Refused, Value

Side = list[list[str]]
"""The axes of one side of a rule, each with the letters that are merged in it."""


def _side(text: str, rule: str) -> Side:
    found: Side = []
    for merged, alone in re.findall(r"\(([^()]*)\)|([^\s()]+)", text.replace("...", "…")):
        found.append([name for name in (alone or merged).split() if name != "1"])
    if re.sub(r"\([^()]*\)|[\w…\s]", "", text.replace("...", "…")):
        raise Refused(f"'{rule}' is no rule of einops")
    return found


def _sides(rule: str, rank: int) -> tuple[Side, Side]:
    """Both sides of a rule, an ellipsis with a name for each axis that it stands for."""
    left, arrow, right = rule.partition("->")
    if not arrow:
        raise Refused(f"'{rule}' is no rule of einops: it has no ->")
    before, after = _side(left, rule), _side(right, rule)
    extra = [f"…{place}" for place in range(rank - len(before) + 1)]
    if ["…"] in before:
        at = before.index(["…"])
        before[at : at + 1] = [[name] for name in extra]
    if len(before) != rank:
        raise Refused(f"'{rule}' names {len(before)} axes, and the tensor has {rank}")
    if ["…"] in after:
        at = after.index(["…"])
        after[at : at + 1] = [[name] for name in extra]
    return before, [[part for name in names for part in (extra if name == "…" else [name])] for names in after]


def _sizes(rule: str, before: Side, dims: Dims, told: Mapping[str, Value]) -> dict[str, Value]:
    """The size of each letter: told, or what the others of its axis leave."""
    sizes = {**told, **{name: int(name) for names in before for name in names if name.isdigit()}}
    for names, size in zip(before, dims, strict=True):
        open_ = [name for name in names if name not in sizes]
        if len(open_) > 1:
            raise Refused(f"'{rule}': {' and '.join(open_)} share one axis, and only one size can be left open")
        known = times([sizes[name] for name in names if name in sizes])
        if open_:
            sizes[open_[0]] = arithmetic("/", size, known)
            left = sizes[open_[0]]
            if is_letter(left) and not names_in(left):
                raise Refused(f"'{rule}': {shown([size])} is not a multiple of {shown([known])}")
        elif not same(known, size):
            raise Refused(f"'{rule}': {' '.join(names) or '1'} is {shown([known])}, and the axis has {shown([size])}")
    return sizes


def _by_rule(follower: State, kind: str, x: Value, rule: str, told: Mapping[str, Value]) -> Tensor:
    x = stack(follower, x) if isinstance(x, list | tuple) else tensor_of(follower, x)
    before, after = _sides(rule, len(x.dims))
    sizes = _sizes(rule, before, x.dims, {name: size_of(follower, follower.known(size)) for name, size in told.items()})
    sizes |= {name: int(name) for names in after for name in names if name.isdigit()}
    lost = [name for names in after for name in names if name not in sizes]
    if lost:
        raise Refused(f"'{rule}': the size of {lost[0]} is not said")
    return follower.trace.moved(kind, [x], tuple(times([sizes[name] for name in names]) for names in after),
                                f"{kind}('{rule}')")  # fmt: skip


def _function(kind: str) -> Native:
    def act(follower: State, x: Value, rule: Value, *_: Value, **told: Value) -> Tensor:
        told.pop("reduction", None)
        return _by_rule(follower, kind, x, str(rule), told)

    return Native(kind, act)


def _layer(kind: str) -> Class:
    """The rule as a module, as in ``nn.Sequential(Rearrange('b c h w -> b (h w) c'), …)``."""

    def make(follower: State, module: Instance, rule: Value, *more: Value, **told: Value) -> None:
        module.attributes |= {"rule": rule, "told": told}

    def forward(follower: State, module: Instance, x: Value) -> Value:
        told = module.attributes["told"]
        assert isinstance(told, dict)
        return follower.call(_function(kind), [x, module.attributes["rule"]], told)

    name = kind.capitalize()
    return Class(name, (MODULE,), {"__init__": Native(name, make), "forward": Native("forward", forward)})


def _shape(follower: State, x: Value, rule: str) -> dict[str, Value]:
    """``parse_shape(x, 'b _ h w')``: the sizes by their letters."""
    names: Sequence[str] = str(rule).split()
    tensor = tensor_of(follower, x)
    if len(names) != len(tensor.dims):
        raise Refused(f"'{rule}' names {len(names)} axes, and the tensor has {len(tensor.dims)}")
    return {name: size for name, size in zip(names, tensor.dims, strict=True) if name != "_"}


EINOPS: Names = {
    **{f"einops.{kind}": _function(kind) for kind in ("rearrange", "reduce", "repeat")},
    **{f"einops.layers.torch.{kind.capitalize()}": _layer(kind) for kind in ("rearrange", "reduce")},
    "einops.parse_shape": Native("parse_shape", _shape),
}
