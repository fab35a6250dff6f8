"""Types as a source asks about them: Python's own, tensors, classes, exceptions."""

from __future__ import annotations

from collections.abc import Mapping

from stepper.read.source.sizes import is_letter
from stepper.read.source.state import State
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
    Unlisted,
    Value,
)

OBJECT = Class("object")


TYPES: Mapping[str, tuple[type, ...]] = {
    "int": (int,), "float": (float,), "bool": (bool,), "str": (str,), "list": (list,), "tuple": (tuple,),
    "dict": (dict,), "set": (set,), "frozenset": (set,), "range": (range,), "slice": (slice,),
    "NoneType": (type(None),), "Sequence": (list, tuple, str, range), "Iterable": (list, tuple, str, range, dict, set),
    "Mapping": (dict,), "Number": (int, float), "Real": (int, float), "Integral": (int,), "Collection": (list, tuple,
    set, dict),
    "MutableMapping": (dict,), "MutableSequence": (list,),
}  # fmt: skip


"""The types that are asked about, and what of Python's each is here."""


EXCEPTION = Class("Exception", kind="exception")


EXCEPTIONS: Mapping[str, Class] = {
    name: Class(name, (EXCEPTION,), kind="exception")
    for name in (
        "ValueError", "TypeError", "KeyError", "IndexError", "AttributeError", "RuntimeError", "NotImplementedError",
        "AssertionError", "ImportError", "ModuleNotFoundError", "StopIteration", "ZeroDivisionError", "OverflowError",
        "ArithmeticError", "LookupError", "OSError", "FileNotFoundError", "NameError", "Warning", "UserWarning",
        "DeprecationWarning", "FutureWarning", "RuntimeWarning", "IOError", "SystemExit", "KeyboardInterrupt",
    )
}  # fmt: skip


def is_of(follower: State, value: Value, kinds: Value) -> bool:
    value, kinds = follower.known(value), follower.known(kinds)
    if isinstance(kinds, tuple | list):
        return any(is_of(follower, value, kind) for kind in kinds)
    if kinds is None:
        return value is None
    if isinstance(kinds, Class):
        if kinds.kind == "type" and kinds.name in TYPES:
            plain = isinstance(value, TYPES[kinds.name]) or (
                kinds.name in ("int", "Integral", "Number") and is_letter(value)
            )
            return plain and not (kinds.name in ("int", "float") and isinstance(value, bool) and kinds.name == "float")
        if kinds.kind == "type" and kinds.name == "Callable":
            return isinstance(value, Function | Native | Method | Partial | Class)
        if kinds.kind == "tensor":
            return isinstance(value, Tensor) and (kinds.name != "Parameter" or value.learned)
        if isinstance(value, Instance):
            return kinds in value.kind.order or kinds is OBJECT
        return kinds is OBJECT
    if isinstance(kinds, Native) and kinds.name in TYPES:
        return isinstance(value, TYPES[kinds.name])
    if isinstance(kinds, Unlisted | Nothing):
        return isinstance(value, Unlisted | Nothing) and value.path == kinds.path
    raise Refused("a type is expected in isinstance")


def is_below(follower: State, kind: Value, kinds: Value) -> bool:
    kind, kinds = follower.known(kind), follower.known(kinds)
    if isinstance(kinds, tuple):
        return any(is_below(follower, kind, other) for other in kinds)
    return isinstance(kind, Class) and kinds in kind.order
