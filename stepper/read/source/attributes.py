"""``owner.name`` on what is modelled here: instances, classes, modules, tensors, strings and collections."""

from __future__ import annotations

from stepper.core.expr import Expr
from stepper.read.source.members import MEMBERS
from stepper.read.source.operators import Operators, called
from stepper.read.source.tensor import Tensor
from stepper.read.source.values import (
    Class,
    Function,
    Instance,
    Method,
    Native,
    Nothing,
    Partial,
    Refused,
    Space,
    Super,
    Unknown,
    Unlisted,
    Value,
    Wrapped,
    fails,
)

DUNDERS = frozenset({
    "__class__", "__name__", "__qualname__", "__doc__", "__init__", "__len__", "__iter__", "__getitem__", "__setitem__",
    "__call__", "__version__", "__module__", "__dict__", "__post_init__", "__new__", "__eq__", "__contains__",
    "__setattr__", "__getattr__", "__annotations__", "__enter__", "__exit__",
})  # fmt: skip
"""The names between two underscores on each side that are followed."""
LIKE_INIT = ("_init_", "__init_", "_init__", "__int__", "init", "__inti__", "_int_")
"""Methods that were probably meant as ``__init__``."""


class Attributes(Operators):
    """Names of what is modelled; no name of an object of Python's is ever looked up."""

    def listed(self, path: str, whole: bool = False) -> Value:
        """What the tables have under a name of a library: ``torch.nn.Linear``."""
        raise NotImplementedError

    def of_tensor(self, tensor: Tensor, name: str) -> Value:
        """A method of a tensor, or its shape."""
        raise NotImplementedError

    def of_module(self, instance: Instance, name: str) -> Value:
        """A setting or a weight of a layer, a module in a container."""
        raise NotImplementedError

    def attribute(self, owner: Value, name: str) -> Value:
        owner = self.known(owner)
        if name[:2] == "__" and name[-2:] == "__" and name not in DUNDERS:
            raise Refused(f"names such as {name} are not followed")
        if name == "__class__":
            return self.class_of(owner)
        match owner:
            case Instance():
                return self.of_instance(owner, name)
            case Tensor():
                return self.of_tensor(owner, name)
            case Space():
                return self.listed(f"{owner.path}.{name}")
            case Super():
                return self.of_super(owner, name)
            case Class():
                return self.of_class(owner, name)
            case Unlisted():
                return Unlisted(f"{owner.path}.{name}")
            case Nothing():
                found = self.listed(f"{owner.path}.{name}")
                return Nothing(f"{owner.path}.{name}") if isinstance(found, Unlisted) else found
            case Unknown():
                return owner
            case Function() | Native() | Method() | Partial():
                return self.of_function(owner, name)
        table = MEMBERS.get(type(owner))
        if isinstance(owner, Expr) or table is None:
            raise Refused(f"{called(owner)} has no '{name}' that is known here")
        if name not in table:
            raise Refused(f"'{name}' of {called(owner)} is not known here")
        member = table[name]
        return member.act(self, owner) if member.name == "value" else Method(member, owner)

    def of_instance(self, owner: Instance, name: str) -> Value:
        if name in owner.attributes:
            return owner.attributes[name]
        found = owner.kind.find(name)
        if found is not None:
            return self.bound(found[1], owner, owner.kind)
        if name == "__dict__":
            return owner.attributes
        if name in ("__module__", "__doc__"):
            return ""
        if name == "__setattr__":
            return Native(name, lambda follower, key, value: follower.set_attribute(owner, key, value))
        if name == "__getattr__":
            return Native(name, lambda follower, key: follower.attribute(owner, key))
        if name == "__name__":
            raise fails("AttributeError", f"a {owner.kind.name} has no '__name__'")
        if owner.kind.among("module") or owner.data is not None:
            return self.of_module(owner, name)
        return self.missing(owner, name)

    def missing(self, owner: Instance, name: str) -> Value:
        """What ``__getattr__`` gives, or a mistake that names what is there."""
        fallback = owner.kind.find("__getattr__")
        if fallback is not None:
            return self.call(fallback[1], [owner, name])
        slip = next((other for other in LIKE_INIT if other in owner.kind.names), None)
        if slip is not None:
            raise Refused(
                f"AttributeError: {called(owner)} has no '{name}'",
                f"the class defines {slip}; Python runs __init__, with two underscores on each side",
            )
        raise fails("AttributeError", f"{called(owner)} has no '{name}'")

    def bound(self, value: Value, owner: Value, kind: Class) -> Value:
        """What a class has under a name, as an instance sees it."""
        match value:
            case Function() | Native():
                return Method(value, owner)
            case Wrapped("property", function):
                return self.call(function, [owner])
            case Wrapped("static", function):
                return function
            case Wrapped("class", function):
                return Method(function, kind)
        return value

    def of_class(self, owner: Class, name: str) -> Value:
        if name in ("__name__", "__qualname__"):
            return owner.name
        found = owner.find(name)
        if found is None:
            if name == "__doc__":
                return None
            if name in ("__init__", "__new__"):
                return Native(name, lambda follower, *_, **__: None)
            if name == "__module__":
                return ""
            raise fails("AttributeError", f"the class {owner.name} has no '{name}'")
        match found[1]:
            case Wrapped("static", function):
                return function
            case Wrapped("class", function):
                return Method(function, owner)
        return found[1]

    def of_super(self, owner: Super, name: str) -> Value:
        kind = owner.receiver.kind if isinstance(owner.receiver, Instance) else owner.receiver
        found = kind.find(name, owner.after) if isinstance(kind, Class) and owner.after in kind.order else None
        if found is None:
            if name in ("__init__", "__post_init__", "__setattr__", "__init_subclass__"):
                return Native(name, lambda follower, *_, **__: None)
            if isinstance(owner.receiver, Instance):
                return self.of_module(owner.receiver, name)
            raise fails("AttributeError", f"no class behind {owner.after.name} has '{name}'")
        return self.bound(found[1], owner.receiver, kind) if isinstance(kind, Class) else found[1]

    def of_function(self, owner: Function | Native | Method | Partial, name: str) -> Value:
        match owner:
            case Function() if name in owner.attributes:
                return owner.attributes[name]
            case Method() if name == "__self__":
                return owner.owner
            case Partial() if name in ("func", "args", "keywords"):
                return {"func": owner.function, "args": owner.arguments, "keywords": dict(owner.named)}[name]
        if isinstance(owner, Native):
            found = self.listed(f"{owner.name}.{name}")
            if not isinstance(found, Unlisted):
                return found
        while isinstance(owner, Method | Partial):
            inner = owner.function
            if not isinstance(inner, Function | Native | Method | Partial):
                return self.attribute(inner, name)
            owner = inner
        if name in ("__name__", "__qualname__"):
            return owner.name
        if name in ("__doc__", "__module__"):
            return ""
        raise fails("AttributeError", f"the function {owner.name} has no '{name}'")

    def class_of(self, value: Value) -> Value:
        value = self.known(value)
        if isinstance(value, Instance):
            return value.kind
        return self.listed(f"builtins.{type(value).__name__}" if not isinstance(value, Tensor) else "torch.Tensor")
