"""Python's own functions and types that are followed, one row each."""

from __future__ import annotations

from typing import Any

from stepper.core.expr import Call, Expr
from stepper.read.source.kinds import EXCEPTION, EXCEPTIONS, OBJECT, is_below, is_of
from stepper.read.source.members import ordered
from stepper.read.source.sizes import expr_of, is_letter, value_of, whole
from stepper.read.source.state import State
from stepper.read.source.tensor import Tensor
from stepper.read.source.text import words
from stepper.read.source.values import (
    Class,
    Function,
    Instance,
    Method,
    Names,
    Native,
    Nothing,
    Partial,
    Raised,
    Refused,
    Unknown,
    Unlisted,
    Value,
    Wrapped,
    fails,
)
from stepper.read.source.working import settle


def _int(follower: State, value: Value = 0, base: int = 10) -> Value:
    value = follower.known(value)
    if isinstance(value, Tensor):
        return _int(follower, follower.call(follower.attribute(value, "item"), []))
    if is_letter(value):
        return value if not isinstance(value, Expr) else value_of(settle(value, {}))
    if isinstance(value, str):
        return int(value, base) if len(value) < 1000 else 0
    if isinstance(value, Instance | Unknown | None):
        return Unknown() if isinstance(value, Unknown) else _bad("int", value)
    return int(value)  # type: ignore[call-overload]  # what is no number raises as in Python


def _bad(name: str, value: Value) -> Value:
    raise fails("TypeError", f"{name}() of {type(value).__name__.lower()}")


def _float(follower: State, value: Value = 0.0) -> Value:
    value = follower.known(value)
    if isinstance(value, Tensor):
        return _float(follower, follower.call(follower.attribute(value, "item"), []))
    if isinstance(value, Unknown) or is_letter(value):
        return value
    return float(value) if isinstance(value, int | float | str) else _bad("float", value)


def _range(follower: State, *sizes: Value) -> Value:
    return range(*(whole(size, follower.say) for size in sizes))


def _extreme(name: str, best: Any) -> Any:
    """``max`` and ``min``; among letters a formula."""

    def act(follower: State, *values: Value, key: Value = None, **named: Value) -> Value:
        found = [*map(follower.known, follower.items(values[0]) if len(values) == 1 else values)]
        if not found and "default" in named:
            return named["default"]
        if any(isinstance(value, Unknown | Tensor) for value in found):
            return Unknown()
        if any(map(is_letter, found)):
            return value_of(settle(Call(name, tuple(map(expr_of, found))), {}))
        keys: list[Any] = found if key is None else [follower.call(key, [value]) for value in found]
        return found[keys.index(best(keys))]

    return act


def _sum(follower: State, values: Value, start: Value = 0) -> Value:
    for value in follower.items(values):
        follower.step()
        start = follower.binary("+", start, value)
    return start


def _open(follower: State, *_: Value, **__: Value) -> Value:
    raise Refused("a file that the source opens is not read", "--set gives a name of the file its value")


def _zip(follower: State, *rows: Value, strict: bool = False) -> Value:
    found = [follower.items(row) for row in rows if not isinstance(row, Unlimited)]
    length = min(map(len, found)) if found else 0
    parts = [row.first(length) if isinstance(row, Unlimited) else follower.items(row) for row in rows]
    follower.room(length)
    return [*zip(*parts, strict=False)]


class Unlimited:
    """``itertools.count()`` and ``itertools.repeat(x)``: they have no end by themselves."""

    def __init__(self, start: Value, step: Value, follower: State) -> None:
        self.start, self.step, self.follower = start, step, follower

    def first(self, count: int) -> list[Value]:
        found: list[Value] = []
        at = self.start
        for _ in range(count):
            found.append(at)
            at = at if self.step is None else self.follower.binary("+", at, self.step)
        return found


def _enumerate(follower: State, values: Value, start: int = 0) -> Value:
    found = follower.items(values)
    follower.room(len(found))
    return [*enumerate(found, start)]


def _map(follower: State, function: Value, *rows: Value) -> Value:
    return [follower.call(function, pair) for pair in zip(*map(follower.items, rows), strict=False)]


def _filter(follower: State, function: Value, row: Value) -> Value:
    keep = (lambda item: item) if function is None else (lambda item: follower.call(function, [item]))
    return [item for item in follower.items(row) if follower.truth(keep(item))]


def _next(follower: State, row: Value, *default: Value) -> Value:
    """The first of what is left. A generator is a list here, so that what was taken is taken off."""
    row = follower.known(row)
    if isinstance(row, Instance) and (found := row.kind.find("__next__")):
        return follower.call(found[1], [row])
    items = follower.items(row)
    if not items:
        return default[0] if default else _stop()
    if isinstance(row, list):
        row.pop(0)
    return items[0]


def _stop() -> Value:
    raise Raised("StopIteration")


def _round(follower: State, value: Value, digits: Value = None) -> Value:
    value = follower.known(value)
    if isinstance(value, Tensor):
        return follower.call(follower.attribute(value, "round"), [])
    if is_letter(value) or isinstance(value, Unknown):
        return value
    assert isinstance(value, int | float)
    return round(value) if digits is None else round(value, whole(digits, follower.say))


def _abs(follower: State, value: Value) -> Value:
    value = follower.known(value)
    if isinstance(value, Tensor):
        return follower.call(follower.attribute(value, "abs"), [])
    if isinstance(value, Unknown) or is_letter(value):
        return value
    assert isinstance(value, int | float)
    return abs(value)


def _pow(follower: State, base: Value, power: Value, modulus: Value = None) -> Value:
    found = follower.binary("**", base, power)
    return found if modulus is None else follower.binary("%", found, modulus)


def _length(follower: State, value: Value) -> Value:
    value = follower.known(value)
    if isinstance(value, Tensor):
        return value.dims[0]
    return follower.call(Native("len", lambda other: other.length(value)), [])


def _get(follower: State, owner: Value, name: str, *default: Value) -> Value:
    try:
        return follower.attribute(owner, name)
    except Raised as error:
        if default and error.kind == "AttributeError":
            return default[0]
        raise


def _has(follower: State, owner: Value, name: str) -> bool:
    try:
        found = follower.attribute(owner, name)
    except Raised as error:
        if error.kind != "AttributeError":
            raise
        return False
    return not isinstance(found, Unlisted)


def _type(follower: State, value: Value, *more: Value) -> Value:
    if more:
        raise Refused("a class made by type(...) is not followed")
    return follower.call(Native("type", lambda other: other.class_of(value)), [])


def _list(follower: State, values: Value = ()) -> list[Value]:
    found = [*follower.items(values)]
    follower.room(len(found))
    return found


def _dict(follower: State, values: Value = (), /, **named: Value) -> Value:
    values = follower.known(values)
    pairs = (
        values
        if isinstance(values, dict)
        else {pair[0]: pair[1] for pair in map(follower.items, follower.items(values))}
    )
    return {**pairs, **named}


def _all(follower: State, values: Value) -> bool:
    return all(follower.truth(value) for value in follower.items(values))


def _any(follower: State, values: Value) -> bool:
    return any(follower.truth(value) for value in follower.items(values))


def _callable(follower: State, value: Value) -> bool:
    value = follower.known(value)
    return isinstance(value, Function | Native | Method | Partial | Class) or (
        isinstance(value, Instance) and (value.kind.find("__call__") is not None)
    )


def _type_of(name: str, act: Any) -> Class:
    """A type that is called to make a value of it."""
    return Class(
        name,
        kind="type",
        names={"__make__": Native(name, lambda follower, _, *rest, **named: act(follower, *rest, **named))},
    )


FUNCTIONS: Names = {
    name: Native(name, act)
    for name, act in {
        "isinstance": is_of, "issubclass": is_below, "len": _length, "range": _range, "zip": _zip, "sum": _sum,
        "enumerate": _enumerate, "max": _extreme("max", max), "min": _extreme("min", min), "abs": _abs, "round": _round,
        "sorted": lambda follower, row, key=None, reverse=False: ordered(follower, follower.items(row), key, reverse),
        "reversed": lambda follower, row: [*follower.items(row)][::-1], "map": _map, "filter": _filter, "any": _any,
        "all": _all, "next": _next, "iter": lambda follower, row: [*follower.items(row)], "getattr": _get,
        "hasattr": _has, "setattr": lambda follower, owner, name, value: follower.set_attribute(owner, name, value),
        "callable": _callable, "type": _type, "pow": _pow, "print": lambda follower, *_, **__: None,
        "id": lambda follower, value: id(value), "repr": lambda follower, value: words(follower.known(value)),
        "divmod": lambda follower, left, right: (follower.binary("//", left, right), follower.binary("%", left, right)),
        "property": lambda follower, function, *_: Wrapped("property", function),
        "staticmethod": lambda follower, function: Wrapped("static", function),
        "classmethod": lambda follower, function: Wrapped("class", function),
        "slice": lambda follower, *parts: slice(*parts),
        "vars": lambda follower, owner: follower.attribute(owner, "__dict__"),
        "format": lambda follower, value, spec="": words(value), "hash": lambda follower, value: 0,
        "open": _open,
        "input": lambda follower, *_: Unknown("what is typed in"), "ord": lambda follower, letter: ord(letter),
        "chr": lambda follower, number: chr(number),
    }.items()
}  # fmt: skip
BUILTINS: Names = {
    **FUNCTIONS, **EXCEPTIONS, "Exception": EXCEPTION, "BaseException": EXCEPTION, "object": OBJECT,
    "int": _type_of("int", _int), "float": _type_of("float", _float),
    "bool": _type_of("bool", lambda follower, value=False: follower.truth(value)),
    "str": _type_of("str", lambda follower, value="": words(follower.known(value))),
    "list": _type_of("list", _list), "tuple": _type_of("tuple", lambda follower,
    values=(): tuple(follower.items(values))),
    "set": _type_of("set", lambda follower, values=(): set(follower.items(values))),
    "frozenset": _type_of("frozenset", lambda follower, values=(): set(follower.items(values))),
    "dict": _type_of("dict", _dict), "NoneType": Class("NoneType", kind="type"), "Ellipsis": ...,
    "NotImplemented": Nothing("NotImplemented"), "__name__": "__main__", "__file__": "", "__doc__": None,
}  # fmt: skip
