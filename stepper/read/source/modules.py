"""PyTorch's modules: what each keeps and does, layers by the tables of layers, containers by their own rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from stepper.core.expr import Array, Expr, Num, Sym
from stepper.core.formula import number_of
from stepper.errors import Place
from stepper.read.source.sizes import value_of
from stepper.read.source.state import State
from stepper.read.source.tensor import Tensor
from stepper.read.source.values import Class, Instance, Native, Nothing, Refused, Value
from stepper.read.source.working import held_by
from stepper.tables.layer import LEAST, LayerRow
from stepper.tables.layers import BY_LAYER_NAME, LAYER_ROWS

LAYER = "layer:"
"""Before the name of a row, the kind of the class of its layers."""
INPLACE = frozenset({
    "ReLU", "ReLU6", "ELU", "SELU", "CELU", "SiLU", "Mish", "LeakyReLU", "Hardswish", "Hardsigmoid", "Hardtanh",
    "RReLU",
    "Threshold", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout",
})  # fmt: skip
"""Layers whose last argument says that they work in place, which changes no size."""


class Made:
    """What a layer was made with."""

    __slots__ = ("kind", "place", "settings", "text")

    def __init__(self, kind: str, settings: Mapping[str, Expr], text: str, place: Place | None = None) -> None:
        self.kind, self.settings, self.text, self.place = kind, settings, text, place


def made_of(module: Instance) -> Made:
    """What a layer was made with."""
    assert isinstance(module.data, Made)
    return module.data


# ---- what all modules have


def is_module(value: Value) -> bool:
    return isinstance(value, Instance) and value.kind.among("module")


def children(module: Instance) -> dict[str, Instance]:
    """The modules that a module holds, by their names."""
    return {
        name: value
        for name, value in module.attributes.items()
        if isinstance(value, Instance) and value.kind.among("module")
    }


def modules(module: Instance, path: str = "", seen: set[int] | None = None) -> Iterator[tuple[str, Instance]]:
    """A module and all inside it, each once, with its path."""
    seen = set() if seen is None else seen
    if id(module) in seen:
        return
    seen.add(id(module))
    yield path, module
    for name, child in children(module).items():
        yield from modules(child, f"{path}.{name}" if path else name, seen)


def _call(follower: State, module: Instance, *arguments: Value, **named: Value) -> Value:
    """``module(x)``: its ``forward``, in the scope of its path."""
    if not follower.running:
        raise Refused("a model is not run where it is made")
    trace = follower.trace
    trace.scopes.append(trace.paths.get(id(module), trace.scopes[-1] if trace.scopes else ""))
    forward = module.kind.find("forward")
    if forward is None:
        raise Refused(f"a {module.kind.name} has no forward method")
    trace.ran.add(id(module))
    try:
        return follower.call(forward[1], [module, *arguments], named)
    except Refused as error:
        error.inside = error.inside or trace.scopes[-1]
        raise
    finally:
        trace.scopes.pop()


def _self(follower: State, module: Value, *_: Value, **__: Value) -> Value:
    return module


def _add_module(follower: State, module: Instance, name: str, value: Value) -> None:
    module.attributes[name] = follower.known(value)


def _parameters(module: Instance) -> Iterator[tuple[str, Tensor]]:
    for path, inner in modules(module):
        for name, tensor in own_parameters(inner).items():
            yield f"{path}.{name}".lstrip("."), tensor


def own_parameters(module: Instance) -> dict[str, Tensor]:
    """The parameters that a module itself holds."""
    found: dict[str, Tensor] = {}
    if isinstance(module.data, Made):
        for name in held_by(module.data.kind, module.data.settings):
            weight = module.attributes.get(name) or weight_of(module, name)
            if isinstance(weight, Tensor):
                found[name] = weight
    found |= {name: value for name, value in module.attributes.items() if isinstance(value, Tensor) and value.learned}
    return found


def _submodule(follower: State, module: Instance, path: str) -> Value:
    found: Value = module
    for name in path.split(".") if path else []:
        found = follower.attribute(found, name)
    return found


def _buffer(follower: State, module: Instance, name: str, tensor: Value = None, **_: Value) -> None:
    if isinstance(tensor, Tensor):
        tensor = Tensor(tensor.dims_, numbers=tensor.numbers, kind=tensor.kind)
        tensor.stored = True
    module.attributes[name] = tensor


MODULE = Class("Module", kind="module")
MODULE.names = {
    "__init__": Native("Module", lambda follower, module, *_, **__: None), "__call__": Native("Module", _call),
    **{
        name: Native(name, _self)
        for name in (
            "eval", "train", "to", "cuda", "cpu", "half", "float", "double", "requires_grad_", "apply", "compile",
            "share_memory", "to_empty",
        )
    },
    **{
        name: Native(name, lambda follower, *_, **__: Nothing("hook"))
        for name in (
            "register_forward_hook", "register_forward_pre_hook", "register_full_backward_hook", "load_state_dict",
            "zero_grad", "save_hyperparameters", "_init_weights_", "register_load_state_dict_post_hook",
            "_register_load_state_dict_pre_hook", "extra_repr",
        )
    },
    "add_module": Native("add_module", _add_module), "register_module": Native("register_module", _add_module),
    "register_parameter": Native("register_parameter", _add_module), "register_buffer": Native("register_buffer",
    _buffer),
    "children": Native("children", lambda follower, module: [*children(module).values()]),
    "named_children": Native("named_children", lambda follower, module: [*children(module).items()]),
    "modules": Native("modules", lambda follower, module: [inner for _, inner in modules(module)]),
    "named_modules": Native("named_modules", lambda follower, module, *_, **__: [*modules(module)]),
    "parameters": Native("parameters", lambda follower, module, *_: [tensor for _, tensor in _parameters(module)]),
    "named_parameters": Native("named_parameters", lambda follower, module, *_: [*_parameters(module)]),
    "buffers": Native("buffers", lambda follower, module, *_: []),
    "state_dict": Native("state_dict", lambda follower, module, *_: {}),
    "get_submodule": Native("get_submodule", _submodule),
}  # fmt: skip

# ---- containers


# ---- layers


def make(follower: State, module: Instance, *arguments: Value, **named: Value) -> None:
    """``nn.Conv2d(3, 8, 3)``: the settings of a layer, by the signature of its row."""
    kind = row_of(module)
    row = LAYER_ROWS[kind]
    named.pop("device", None)
    named.pop("dtype", None)
    if kind in INPLACE and len(arguments) > len(row.signature()):
        arguments = arguments[: len(row.signature())]
    integral(row, arguments, named)
    told = follower.as_written(arguments, named)
    place = follower.here()
    module.data = Made(kind, follower.trace.settings(kind, told), f"{row.word}({told})", place)
    follower.used_names()


def integral(row: LayerRow, arguments: Sequence[Value], named: Mapping[str, Value]) -> None:
    """Raises Refused for a size that is no integer, as ``planes/4`` is, with which PyTorch makes no layer."""
    names = [name for name, _, _ in row.signature()]
    for name, value in (*zip(names, arguments, strict=False), *named.items()):
        if isinstance(value, float) and name in LEAST:
            raise Refused(f"{name} of {row.word} is {value}, and must be an integer", "a quotient of integers is //")


def row_of(module: Instance) -> str:
    """The row of the layers to which a module belongs."""
    return next(kind.kind.removeprefix(LAYER) for kind in module.kind.order if kind.kind.startswith(LAYER))


def setting(module: Instance, name: str) -> Value:
    """``layer.in_features``: what a layer was made with; None where it has no such setting.

    Raises:
        KeyError: where it has no such setting.
    """
    made = module.data
    assert isinstance(made, Made)
    row = BY_LAYER_NAME[made.kind]
    for given, default, each in row.signature():
        if given == name:
            value = made.settings.get(name)
            letter = isinstance(value, Sym) and name in LEAST and name != "padding" and value != Sym("None")
            found = value if letter else plain(value) if value is not None else _default(row, default, made)
            flag = name in row.flags and isinstance(found, int)
            return (
                bool(found) if flag else (found,) * row.axes if each and row.axes and isinstance(found, int) else found
            )
    raise KeyError(name)


def _default(row: LayerRow, default: str, made: Made) -> Value:
    if default.lstrip("-").isdigit():
        return int(default)
    try:
        return float(default)
    except ValueError:
        if default == "k":
            return plain(made.settings.get("kernel_size", Num("1")))
        return None if default in ("", "None") else default


def plain(value: Expr) -> Value:
    """A setting as Python's value."""
    if isinstance(value, Array):
        return tuple(map(plain, value.items))
    if isinstance(value, Sym):
        return None if value.name == "None" else value.name
    number = number_of(value)
    if number is None:
        return value_of(value)
    return int(number) if number == int(number) else float(number)


def weight_of(module: Instance, name: str) -> Tensor | None:
    """``layer.weight``: its sizes, and whose it is."""
    made = module.data
    assert isinstance(made, Made)
    sizes = held_by(made.kind, made.settings).get(name)
    if sizes is None:
        return None
    tensor = Tensor(tuple(map(value_of, sizes)))
    tensor.held, tensor.learned = (module, name), True
    return tensor
