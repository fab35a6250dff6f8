"""Classes of Python's library: named tuples, data classes, enumerations."""

from __future__ import annotations

from stepper.read.source.state import State
from stepper.read.source.text import words
from stepper.read.source.values import Class, Function, Instance, Native, Nothing, Value, Wrapped, fails

NAMED_TUPLE = Class("NamedTuple", kind="namedtuple")


def _values_of(instance: Instance) -> list[Value]:
    return [instance.attributes[name] for name in instance.kind.fields]


def _named_made(follower: State, kind: Class) -> Value:
    """A class made from NamedTuple: its hints are its fields."""
    kind.names.setdefault("__init__", Native(kind.name, _fill))
    return kind


def _fill(follower: State, instance: Instance, *arguments: Value, **named: Value) -> None:
    kind = instance.kind
    given = dict(zip(kind.fields, arguments, strict=False)) | named
    for name in kind.fields:
        if name in given:
            instance.attributes[name] = given[name]
        elif name in kind.names:
            instance.attributes[name] = kind.names[name]
        else:
            raise fails("TypeError", f"{kind.name}() misses its argument '{name}'")


NAMED_TUPLE.names = {
    "__made__": Native("NamedTuple", _named_made),
    "__iter__": Native("iter", lambda follower, instance: _values_of(instance)),
    "__len__": Native("len", lambda follower, instance: len(instance.kind.fields)),
    "__getitem__": Native("index", lambda follower, instance, index: follower.call(
        Native("entry", lambda other: other.subscript(_values_of(instance), index)), [])),
    "_asdict": Native("_asdict", lambda follower, instance: dict(zip(instance.kind.fields, _values_of(instance),
    strict=True))),
    "_replace": Native("_replace", lambda follower, instance, **named: follower.construct(
        instance.kind, [], {**dict(zip(instance.kind.fields, _values_of(instance), strict=True)), **named})),
}  # fmt: skip


def namedtuple(follower: State, name: str, fields: Value, **named: Value) -> Value:
    parts = (
        fields.replace(",", " ").split()
        if isinstance(fields, str)
        else [str(field) for field in follower.items(fields)]
    )
    kind = Class(name, (NAMED_TUPLE,), {"__init__": Native(name, _fill)})
    kind.fields = tuple(parts)
    defaults = follower.items(named.get("defaults") or ())
    kind.names |= dict(zip(parts[len(parts) - len(defaults) :], defaults, strict=True))
    return kind


FIELD = Class("field")


def field(follower: State, **named: Value) -> Value:
    found = Instance(FIELD)
    found.attributes = named
    return found


def dataclass(follower: State, kind: Value = None, **_: Value) -> Value:
    if not isinstance(kind, Class):
        return Native("dataclass", dataclass)
    fields = dict.fromkeys(name for owner in reversed(kind.order) for name in owner.fields)
    kind.fields = tuple(fields)
    kind.names.setdefault(
        "__init__",
        Native(
            kind.name,
            lambda follower, instance, *arguments, **named: _data(follower, kind, instance, *arguments, **named),
        ),
    )
    return kind


def _data(follower: State, kind: Class, instance: Instance, /, *arguments: Value, **named: Value) -> None:
    """The fields of a data class: from arguments, else by default."""
    given = dict(zip(kind.fields, arguments, strict=False)) | named
    for name in kind.fields:
        default = kind.find(name)
        if name in given:
            instance.attributes[name] = given[name]
        elif default is None:
            raise fails("TypeError", f"{kind.name}() misses its argument '{name}'")
        elif isinstance(default[1], Instance) and default[1].kind is FIELD:
            told = default[1].attributes
            factory = told.get("default_factory")
            instance.attributes[name] = told.get("default") if factory is None else follower.call(factory, [])
        else:
            instance.attributes[name] = default[1]
    after = instance.kind.find("__post_init__")
    if after is not None:
        follower.call(after[1], [instance])


ENUM = Class("Enum", kind="enum")


AUTO = Nothing("enum.auto")


def _members(follower: State, kind: Class) -> Value:
    """The members of an enumeration: the plain names of its class."""
    number = 0
    for name, value in list(kind.names.items()):
        if name.startswith("_") or isinstance(value, Function | Wrapped | Native | Class):
            continue
        number = value if isinstance(value, int) else number + 1
        member = Instance(kind)
        member.attributes = {"name": name, "value": number if value is AUTO else value}
        kind.names[name] = member
    return kind


def _member(follower: State, kind: Class, value: Value) -> Value:
    for member in kind.names.values():
        if isinstance(member, Instance) and (
            member is value or follower.truth(follower.compare("==", member.attributes.get("value"), value))
        ):
            return member
    raise fails("ValueError", f"{words(value)} is not a {kind.name}")


ENUM.names = {"__made__": Native("Enum", _members), "__make__": Native("Enum", _member)}


# ---- what the command line of a script would say

NAMESPACE = Class("Namespace")
PARSER = Class("ArgumentParser")


def _argument(follower: State, parser: Instance, *names: Value, **told: Value) -> None:
    """``parser.add_argument('--hidden', type=int, default=64)``: the default is what it is."""
    name = str(told.get("dest") or next((name for name in names if str(name)[:2] == "--"), names[0] if names else ""))
    default = told.get("default", {"store_true": False, "store_false": True}.get(str(told.get("action"))))
    parser.attributes.setdefault("told", {})
    found = parser.attributes["told"]
    assert isinstance(found, dict)
    found[name.lstrip("-").replace("-", "_")] = default


def _arguments(follower: State, parser: Instance, *_: Value, **__: Value) -> Value:
    found = Instance(NAMESPACE)
    told = parser.attributes.get("told", {})
    assert isinstance(told, dict)
    found.attributes |= told
    return found


NAMESPACE.names = {"__init__": Native("Namespace", lambda follower, made, **named: made.attributes.update(named))}
PARSER.names = {
    "__init__": Native("ArgumentParser", lambda follower, *_, **__: None),
    "add_argument": Native("add_argument", _argument), "parse_args": Native("parse_args", _arguments),
    "parse_known_args": Native("parse_known_args", lambda follower, parser, *_: (_arguments(follower, parser), [])),
    "add_argument_group": Native("add_argument_group", lambda follower, parser, *_, **__: parser),
    "set_defaults": Native("set_defaults", lambda follower, parser, **named: parser.attributes.setdefault(
        "told", {}).update(named)),
}  # fmt: skip
