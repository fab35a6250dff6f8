"""PyTorch's modules that hold others: in turn, in a list, by names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stepper.read.source.modules import MODULE, children, is_module
from stepper.read.source.sizes import whole
from stepper.read.source.state import State
from stepper.read.source.tensor import Tensor
from stepper.read.source.values import Class, Instance, Names, Native, Value, fails


def hold(follower: State, module: Instance, values: Sequence[Value]) -> None:
    start = len(contents(module))
    for place, value in enumerate(values, start):
        module.attributes[str(place)] = follower.known(value)


def contents(module: Instance) -> dict[str, Value]:
    """What a container holds, by its names."""
    return {
        name: value
        for name, value in module.attributes.items()
        if value is None or (isinstance(value, Tensor) and module.kind.among("parameters")) or is_module(value)
    }


def _sequential(follower: State, module: Instance, *values: Value, **_: Value) -> None:
    first = follower.known(values[0]) if len(values) == 1 else None
    if isinstance(first, dict):
        module.attributes |= {str(name): follower.known(value) for name, value in first.items()}
    else:
        hold(follower, module, values)
    for name, value in contents(module).items():
        if not is_module(value):
            raise fails("TypeError", f"item {name} of {module.kind.name} is not a module")


def _list(follower: State, module: Instance, values: Value = (), *_: Value) -> None:
    hold(follower, module, follower.items(values) if values is not None else ())


def _dict(follower: State, module: Instance, values: Value = ()) -> None:
    values = follower.known(values)
    pairs = values.items() if isinstance(values, dict) else map(follower.items, follower.items(values or ()))
    module.attributes |= {str(pair[0]): follower.known(pair[1]) for pair in pairs}


def _in_turn(follower: State, module: Instance, value: Value) -> Value:
    for inner in children(module).values():
        value = follower.call(inner, [value])
    return value


def _item(follower: State, module: Instance, index: Value) -> Value:
    held = contents(module)
    if isinstance(index, str):
        if index not in held:
            raise fails("KeyError", index)
        return held[index]
    if isinstance(index, slice):
        made = Instance(module.kind)
        names = [*held][
            slice(
                *(None if part is None else whole(part, follower.say) for part in (index.start, index.stop, index.step))
            )
        ]
        made.attributes = {
            name if module.kind.among("sequential") else str(place): held[name] for place, name in enumerate(names)
        }
        return made
    values = [*held.values()]
    place = whole(index, follower.say)
    if not -len(values) <= place < len(values):
        raise fails("IndexError", f"index {place} is out of range")
    return values[place]


def _append(follower: State, module: Instance, value: Value) -> Value:
    follower.room(1)
    hold(follower, module, [value])
    return module


def _extend(follower: State, module: Instance, values: Value) -> Value:
    hold(follower, module, follower.items(values))
    return module


def _insert(follower: State, module: Instance, index: Value, value: Value) -> None:
    values = [*contents(module).values()]
    values.insert(whole(index, follower.say), follower.known(value))
    for name in contents(module):
        del module.attributes[name]
    hold(follower, module, values)


def _set_item(follower: State, module: Instance, index: Value, value: Value) -> None:
    names = [*contents(module)]
    name = index if isinstance(index, str) else names[whole(index, follower.say)]
    module.attributes[name] = follower.known(value)


_SHARED: Names = {
    "__getitem__": Native("index", _item), "__setitem__": Native("index", _set_item),
    "__len__": Native("len", lambda follower, module: len(contents(module))),
    "__iter__": Native("iter", lambda follower, module: [*contents(module).values()]),
    "__iadd__": Native("+=", _extend), "append": Native("append", _append), "extend": Native("extend", _extend),
    "insert": Native("insert", _insert),
    "pop": Native("pop", lambda follower, module, name: module.attributes.pop(str(name))),
}  # fmt: skip


_MAPPING: Names = {
    **_SHARED, "__init__": Native("ModuleDict", _dict),
    "__iter__": Native("iter", lambda follower, module: [*contents(module)]),
    "keys": Native("keys", lambda follower, module: [*contents(module)]),
    "values": Native("values", lambda follower, module: [*contents(module).values()]),
    "items": Native("items", lambda follower, module: [*contents(module).items()]),
    "update": Native("update", _dict),
    "__contains__": Native("in", lambda follower, module, name: name in contents(module)),
}  # fmt: skip


SEQUENTIAL = Class("Sequential", (MODULE,), {**_SHARED, "__init__": Native("Sequential", _sequential),
    "forward": Native("forward", _in_turn)}, "sequential")  # fmt: skip


CONTAINERS: Mapping[str, Class] = {
    "Sequential": SEQUENTIAL,
    "ModuleList": Class("ModuleList", (MODULE,), {**_SHARED, "__init__": Native("ModuleList", _list)}, "list"),
    "ModuleDict": Class("ModuleDict", (MODULE,), _MAPPING, "mapping"),
    "ParameterList": Class("ParameterList", (MODULE,), {**_SHARED, "__init__": Native("ParameterList", _list)},
    "parameters"),
    "ParameterDict": Class("ParameterDict", (MODULE,), _MAPPING, "parameters"),
}  # fmt: skip
