"""Python's objects as the follower's values: a live module with what it holds, numbers, lists, functions."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Mapping

from stepper.read.live.classes import NoSource, Sources
from stepper.read.live.kinds import is_live, is_tensor
from stepper.read.live.settings import settings_of
from stepper.read.source.containers import CONTAINERS
from stepper.read.source.follower import Follower
from stepper.read.source.modules import LAYER, make, row_of, weight_of
from stepper.read.source.tensor import Tensor
from stepper.read.source.values import (
    Broken,
    Class,
    Instance,
    Method,
    Names,
    Nothing,
    Partial,
    Refused,
    Unlisted,
    Value,
)

MOST_ENTRIES, MOST_OBJECTS = 10_000, 50_000
OWN = frozenset({
    "training", "_parameters", "_buffers", "_modules", "_non_persistent_buffers_set", "_compiled_call_impl",
})  # fmt: skip
"""What every module has, by which the rest is found."""
REMADE = ("weight_g", "weight_v", "weight_orig")
"""What stands in place of a weight that is made anew in each run: of a norm, or of a part that is cut off."""
PLAIN = (type(None), bool, int, float, str)


class Modeller:
    """Models objects, each once: what is shared stays so."""

    def __init__(self, follower: Follower) -> None:
        self.follower = follower
        self.sources = Sources(follower, self.value)
        self.known: dict[int, Value] = {}
        self.kept: list[object] = []

    # ---- modules

    def module(self, module: object) -> Instance:
        """A live module.

        Raises:
            Refused: where its class is neither known nor to be had as source.
        """
        if id(module) in self.known:
            found = self.known[id(module)]
            assert isinstance(found, Instance)
            return found
        if "forward" in vars(module):
            raise NoSource(f"the forward of this {type(module).__name__} was set after it was made")
        if any(name in vars(module)["_parameters"] for name in REMADE):
            raise Refused(f"the weight of this {type(module).__name__} is made from others")
        kind = self.sources.kind_of(type(module))
        made = Instance(kind)
        self.keep(module, made)
        layer = any(part.kind.startswith(LAYER) for part in kind.order)
        if layer:
            positional, named = settings_of(row_of(made), module, self.value)
            make(self.follower, made, *positional, **named)
        if not (layer and kind.kind) and kind not in CONTAINERS.values():  # those are told by their settings alone
            self.attributes(module, made)
        self.weights(module, made, layer)
        for name, inner in vars(module)["_modules"].items():
            if not (layer and kind.kind):
                made.attributes[name] = None if inner is None else self.module(inner)
        return made

    def attributes(self, module: object, made: Instance) -> None:
        """What is set on a module, but for what PyTorch itself keeps there."""
        for name, value in vars(module).items():
            hooks = name.startswith("_") and "hook" in name
            if name not in OWN and not hooks and name not in made.attributes:
                made.attributes[name] = self.value(value)

    def weights(self, module: object, made: Instance, layer: bool) -> None:
        """Parameters and buffers; one that another module has too is the same in both."""
        for name, parameter in vars(module)["_parameters"].items():
            if layer and weight_of(made, name) is not None:
                if id(parameter) in self.known:
                    self.follower.set_attribute(made, name, self.known[id(parameter)])
                elif parameter is not None:
                    self.keep(parameter, weight_of(made, name))
            elif not (layer and made.kind.kind):
                made.attributes[name] = None if parameter is None else self.tensor(parameter, learned=True)
        for name, buffer in vars(module)["_buffers"].items():
            if not layer:
                made.attributes[name] = None if buffer is None else self.tensor(buffer, stored=True)

    def tensor(self, tensor: object, learned: bool = False, stored: bool = False) -> Tensor:
        """A tensor by its sizes."""
        if id(tensor) in self.known:
            found = self.known[id(tensor)]
            assert isinstance(found, Tensor)
            return found
        dtype = str(getattr(tensor, "dtype", ""))
        whole = "int" in dtype or "bool" in dtype
        made = Tensor(tuple(int(size) for size in getattr(tensor, "shape", ())), kind="int" if whole else "float")
        made.learned, made.stored = learned, stored
        self.keep(tensor, made)
        return made

    def keep(self, thing: object, value: Value) -> None:
        self.known[id(thing)] = value
        self.kept.append(thing)  # while it is kept, its id is no other's
        if len(self.kept) > MOST_OBJECTS:
            raise Refused(f"this model holds more than {MOST_OBJECTS:,} objects")

    # ---- anything else

    def value(self, thing: object) -> Value:
        """A value; of what cannot be modelled, why, which is told where it is needed."""
        try:
            return self.modelled(thing)
        except Refused as why:
            return Broken(why)

    def modelled(self, thing: object) -> Value:
        if type(thing) in PLAIN:
            return thing
        if id(thing) in self.known:
            return self.known[id(thing)]
        if is_live(thing):
            return self.module(thing)
        if is_tensor(thing):
            return self.tensor(thing)
        for kind, act in KINDS.items():
            if isinstance(thing, kind):
                return act(self, thing)
        if type(thing).__module__ == "torch":  # dtypes, devices
            return Nothing(str(thing))
        return self.instance(thing)

    def collection(self, thing: object) -> Value:
        """A list, tuple, set or dict, of what is in it."""
        assert isinstance(thing, list | tuple | dict | set | frozenset)
        if len(thing) > MOST_ENTRIES:
            raise Refused(f"a collection of {len(thing):,} entries is too long here")
        if isinstance(thing, dict):
            found: dict[Value, Value] = {}
            self.keep(thing, found)
            found |= {key: self.value(value) for key, value in thing.items() if type(key) in PLAIN}
            return found
        if isinstance(thing, list):
            row: list[Value] = []
            self.keep(thing, row)
            row += map(self.value, thing)
            return row
        return tuple(map(self.value, thing)) if isinstance(thing, tuple) else {*map(self.value, thing)}

    def function(self, thing: object) -> Value:
        """A function of a library that is known here, else one whose source is followed."""
        name = getattr(thing, "__name__", "")
        home = getattr(thing, "__module__", None) or "torch"
        found = self.follower.listed(f"{home.replace('torch._C._nn', 'torch.nn.functional')}.{name}")
        if home.startswith("torch") and isinstance(found, Unlisted):
            found = self.follower.listed(f"torch.{name}")
        if not isinstance(found, Unlisted):
            return found
        if isinstance(thing, types.FunctionType):
            return self.sources.function_of(thing)
        raise Refused(f"{name} is not known here")

    def instance(self, thing: object) -> Value:
        """An object of a class of the source, with its attributes."""
        names = getattr(thing, "__dict__", None)
        if not isinstance(names, dict) or len(names) > MOST_ENTRIES:
            raise Refused(f"a {type(thing).__name__} is not known here")
        try:
            kind = self.sources.kind_of(type(thing))
        except Refused:
            kind = Class(type(thing).__name__)
        made = Instance(kind)
        self.keep(thing, made)
        made.attributes = Names({name: self.value(value) for name, value in names.items()})
        return made


def _plain(_: Modeller, thing: object) -> Value:
    """A number or a string of a class of its own, as members of enumerations are."""
    assert isinstance(thing, int | float | str)
    return int(thing) if isinstance(thing, int) else float(thing) if isinstance(thing, float) else str.__str__(thing)


def _method(modeller: Modeller, thing: object) -> Value:
    assert isinstance(thing, types.MethodType)
    return Method(modeller.function(thing.__func__), modeller.value(thing.__self__))


def _partial(modeller: Modeller, thing: object) -> Value:
    assert isinstance(thing, functools.partial)
    named = {name: modeller.value(value) for name, value in thing.keywords.items()}
    return Partial(modeller.value(thing.func), tuple(map(modeller.value, thing.args)), named)


def _kind(modeller: Modeller, thing: object) -> Value:
    assert isinstance(thing, type)
    return modeller.sources.kind_of(thing)


KINDS: Mapping[type | tuple[type, ...], Callable[[Modeller, object], Value]] = {
    (int, float, str): _plain,
    (list, tuple, dict, set, frozenset): Modeller.collection, (range, slice): lambda modeller, thing: thing,
    functools.partial: _partial, type: _kind, types.MethodType: _method,
    types.ModuleType: lambda modeller, thing: modeller.follower.listed(getattr(thing, "__name__", ""), whole=True),
    (types.FunctionType, types.BuiltinFunctionType): Modeller.function,
}  # fmt: skip
"""How objects of Python's own types are modelled."""
