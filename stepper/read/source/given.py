"""Which inputs a model takes, and whether their shapes are said."""

from __future__ import annotations

from collections.abc import Mapping

from stepper.read.shape import parts_of, read_shape
from stepper.read.source.sizes import BATCH, value_of
from stepper.read.source.state import State
from stepper.read.source.tensor import Tensor
from stepper.read.source.values import Function, Instance, Refused, Value


def all_given(module: Instance, tensors: Mapping[str, Value]) -> None:
    """Raises Refused where the model takes an input whose shape is not said."""
    found = module.kind.find("forward") or module.kind.find("call")
    function = found[1] if found is not None else None
    if not isinstance(function, Function):
        return
    spec = function.node.args
    needed = [part.arg for part in (*spec.posonlyargs, *spec.args)][1:]
    needed = needed[: len(needed) - len(spec.defaults)] if spec.defaults else needed
    if len(tensors) >= len(needed) or len(needed) < 2 or set(needed) <= set(tensors):
        return
    error = Refused(
        f"{function.name} takes {', '.join(needed)}, and {_count(len(tensors))} given",
        f"--input '{','.join(f'{name}=10x512' for name in needed)}' gives each one, with its own sizes",
    )
    error.file, error.node = function.file, function.node
    raise error


def further(follower: State, text: str, path: str) -> Value:
    """Another input than the first: a tensor, or a tuple of them. N among its sizes says where its batch stands."""
    found: list[Value] = []
    for part in parts_of(text):
        sizes = tuple(map(value_of, read_shape(part, "CHW") or ()))
        tensor = Tensor(sizes if BATCH in sizes else (BATCH, *sizes))
        tensor.path = path
        found.append(follower.trace.held(tensor, "Input"))
    return found[0] if len(found) == 1 else tuple(found)


def _count(shapes: int) -> str:
    return f"{shapes} shapes are" if shapes > 1 else "1 shape is" if shapes else "no shape is"
