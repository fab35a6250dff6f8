"""Methods of strings and collections that are followed, one row each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stepper.read.source.sizes import times, whole
from stepper.read.source.state import LONGEST, State
from stepper.read.source.text import formatted, words
from stepper.read.source.values import Native, Refused, Value, fails

Table = Mapping[str, Native]


def value(act: Any) -> Native:
    """An attribute that is no method."""
    return Native("value", act)


def _append(follower: State, row: list[Value], item: Value) -> None:
    follower.room(1)
    row.append(item)


def _extend(follower: State, row: list[Value], items: Value) -> None:
    found = follower.items(items)
    follower.room(len(found))
    row.extend(found)


def _insert(follower: State, row: list[Value], place: Value, item: Value) -> None:
    follower.room(1)
    row.insert(whole(place, follower.say), item)


def _sort(follower: State, row: list[Any], *, key: Value = None, reverse: Value = False) -> None:
    row[:] = ordered(follower, row, key, reverse)


def ordered(follower: State, row: Sequence[Any], key: Value = None, reverse: Value = False) -> list[Any]:
    """``sorted(row, key=key, reverse=reverse)``."""
    keys: list[Any] = [item if key is None else follower.call(key, [item]) for item in row]
    places = sorted(range(len(keys)), key=lambda place: keys[place], reverse=follower.truth(reverse))
    return [row[place] for place in places]


def _remove(follower: State, row: list[Value], item: Value) -> None:
    place = next(
        (place for place, other in enumerate(row) if follower.truth(follower.compare("==", other, item))), None
    )
    if place is None:
        raise fails("ValueError", "list.remove(x): x not in list")
    del row[place]


def _update(follower: State, owner: dict[Value, Value], other: Value = (), /, **named: Value) -> None:
    other = follower.known(other)
    owner |= (
        other if isinstance(other, dict) else dict(pair for pair in follower.items(other) if isinstance(pair, tuple))
    )
    owner |= dict(named.items())
    follower.room(len(owner))


def _set_default(follower: State, owner: dict[Value, Value], key: Value, default: Value = None) -> Value:
    return owner.setdefault(key, default)


def _popitem(follower: State, owner: dict[Value, Value], last: bool = True) -> Value:
    key = list(owner)[-1 if last else 0]
    return key, owner.pop(key)


def _join(follower: State, text: str, parts: Value) -> str:
    found = [words(part) for part in follower.items(parts)]
    if sum(map(len, found)) + len(text) * len(found) > LONGEST:
        raise Refused("a string of this length is not put together")
    return text.join(found)


def _replace(follower: State, text: str, old: str, new: str, count: int = -1) -> str:
    if len(text) + text.count(old) * len(new) > LONGEST:
        raise Refused("a string of this length is not put together")
    return text.replace(old, new, count)


def _format(follower: State, text: str, *arguments: Value, **named: Value) -> str:
    found, waiting = text, [words(argument) for argument in arguments]
    for place, word in enumerate(waiting):
        found = found.replace(f"{{{place}}}", word)
    for name, part in named.items():
        found = found.replace(f"{{{name}}}", words(part))
    for word in waiting:
        found = found.replace("{}", word, 1)
    return formatted(found, "")


def _plain(name: str, act: Any) -> Native:
    return Native(name, lambda follower, *arguments, **named: act(*arguments, **named))


STRING: Table = {
    **{
        method.__name__: _plain(method.__name__, method)
        for method in (
            str.split, str.rsplit, str.strip, str.lstrip, str.rstrip, str.lower, str.upper, str.title, str.capitalize,
            str.startswith, str.endswith, str.find, str.rfind, str.index, str.count, str.isdigit, str.isalpha,
            str.isupper, str.islower, str.partition, str.rpartition, str.splitlines, str.removeprefix,
            str.removesuffix, str.casefold, str.isnumeric,
        )
    },
    "join": Native("join", _join), "replace": Native("replace", _replace), "format": Native("format", _format),
}  # fmt: skip
LIST: Table = {
    "append": Native("append", _append), "extend": Native("extend", _extend), "insert": Native("insert", _insert),
    "pop": Native("pop", lambda follower, row, place=-1: row.pop(whole(place, follower.say))),
    "remove": Native("remove", _remove), "sort": Native("sort", _sort),
    "reverse": Native("reverse", lambda follower, row: row.reverse()),
    "index": Native("index", lambda follower, row, item: row.index(item)),
    "count": Native("count", lambda follower, row, item: row.count(item)),
    "copy": Native("copy", lambda follower, row: [*row]), "clear": Native("clear", lambda follower, row: row.clear()),
}  # fmt: skip
TUPLE: Table = {
    **{name: LIST[name] for name in ("index", "count")},
    "numel": Native("numel", lambda follower, row: times(row)),  # of a shape
}
DICT: Table = {
    "keys": Native("keys", lambda follower, owner: [*owner]),
    "values": Native("values", lambda follower, owner: [*owner.values()]),
    "items": Native("items", lambda follower, owner: [*owner.items()]),
    "get": Native("get", lambda follower, owner, key, default=None: owner.get(key, default)),
    "pop": Native("pop", lambda follower, owner, *arguments: owner.pop(*arguments)),
    "update": Native("update", _update), "setdefault": Native("setdefault", _set_default),
    "popitem": Native("popitem", _popitem), "copy": Native("copy", lambda follower, owner: dict(owner)),
    "clear": Native("clear", lambda follower, owner: owner.clear()),
    "move_to_end": Native("move_to_end", lambda follower, owner, key: owner.update({key: owner.pop(key)})),
}  # fmt: skip
SET: Table = {
    "add": Native("add", lambda follower, owner, item: owner.add(item)),
    "discard": Native("discard", lambda follower, owner, item: owner.discard(item)),
    "remove": Native("remove", lambda follower, owner, item: owner.remove(item)),
    "update": Native("update", lambda follower, owner, items: owner.update(follower.items(items))),
    **{
        name: Native(name, lambda follower, owner, items, name=name: _of_sets(follower, owner, items, name))
        for name in ("union", "intersection", "difference", "issubset", "issuperset")
    },
    "copy": Native("copy", lambda follower, owner: set(owner)),
}  # fmt: skip


def _of_sets(follower: State, owner: set[Value], items: Value, name: str) -> Value:
    other = set(follower.items(items))
    results: Mapping[str, Value] = {
        "union": owner | other, "intersection": owner & other, "difference": owner - other,
        "issubset": owner <= other, "issuperset": owner >= other,
    }  # fmt: skip
    return results[name]


NUMBER: Table = {
    "is_integer": Native("is_integer", lambda follower, number: float(number).is_integer()),
    "bit_length": Native("bit_length", lambda follower, number: int(number).bit_length()),
    "item": Native("item", lambda follower, number: number),
    "real": value(lambda follower, number: number),
}  # fmt: skip
SLICE: Table = {
    name: value(lambda follower, part, place=place: (part.start, part.stop, part.step)[place])
    for place, name in enumerate(("start", "stop", "step"))
}
RANGE: Table = {
    name: value(lambda follower, part, place=place: (part.start, part.stop, part.step)[place])
    for place, name in enumerate(("start", "stop", "step"))
}
MEMBERS: Mapping[type, Table] = {
    str: STRING, list: LIST, tuple: TUPLE, dict: DICT, set: SET, int: NUMBER, float: NUMBER, bool: NUMBER,
    slice: SLICE, range: RANGE,
}  # fmt: skip
