"""Functions that are handed the weights of a module, which runs where they are called."""

from __future__ import annotations

from collections.abc import Callable

from stepper.read.source.arguments import written
from stepper.read.source.modules import made_of
from stepper.read.source.sizes import same, shown, times
from stepper.read.source.state import State
from stepper.read.source.tensor import Tensor
from stepper.read.source.values import Refused, Value


def run_by_weight(follower: State, name: str, x: Tensor, weight: Value, *rest: Value) -> Tensor | None:
    """The layer whose weight is handed on: it runs here."""
    if isinstance(weight, Tensor) and weight.held is not None:
        module, _ = weight.held
        made = made_of(module)
        found = follower.apply_made(made.kind, made.settings, [x], made.text, module)
        assert isinstance(found, Tensor)
        return found
    return None


def linear(follower: State, x: Tensor, weight: Tensor, bias: Value = None) -> Tensor:
    found = run_by_weight(follower, "linear", x, weight)
    if found is not None:
        return found
    if not same(x.dims[-1], weight.dims[-1]):
        raise Refused(f"linear: {shown(x.dims)} has {shown(x.dims[-1:])} features, the weight {shown(weight.dims)}")
    tensors = [x, weight, *([bias] if isinstance(bias, Tensor) else [])]
    dims = (*x.dims[:-1], *weight.dims[:-1])
    return follower.trace.moved("linear", tensors, dims, f"linear({shown(weight.dims)})", times([*dims, x.dims[-1]]))


def normed(name: str) -> Callable[..., Value]:
    def act(follower: State, x: Tensor, *arguments: Value, **named: Value) -> Value:
        weight = next(
            (part for part in (*arguments, *named.values()) if isinstance(part, Tensor) and part.held is not None), None
        )
        found = run_by_weight(follower, name, x, weight)
        return (
            found
            if found is not None
            else follower.trace.moved(
                name,
                [x, *(part for part in (*arguments, *named.values()) if isinstance(part, Tensor) and part.learned)],
                x.dims,
                name,
            )
        )

    return act


def convolved(name: str) -> Callable[..., Value]:
    def act(follower: State, x: Tensor, weight: Tensor, bias: Value = None, stride: Value = 1, padding: Value = 0,
            dilation: Value = 1, groups: Value = 1) -> Value:  # fmt: skip
        if weight.held is None:
            raise Refused(
                f"{name} with weights of its own is not followed", "nn.Conv2d holds the weights of a convolution"
            )
        module, _ = weight.held
        made = made_of(module)
        told = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
        given = follower.trace.settings(
            made.kind, written((), {key: value for key, value in told.items() if value is not None})
        )
        settings = {**made.settings, **given}
        settings = {key: value for key, value in settings.items() if key != "padding_mode"}
        return follower.apply_made(made.kind, settings, [x], made.text, module)

    return act


def embedding(follower: State, x: Tensor, weight: Tensor, *_: Value, **__: Value) -> Value:
    found = run_by_weight(follower, "embedding", x, weight)
    return (
        found
        if found is not None
        else follower.trace.moved("embedding", [x, weight], (*x.dims, weight.dims[-1]), "embedding")
    )
