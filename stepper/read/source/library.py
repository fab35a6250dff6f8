"""What is known of Python's library, one row each: math, functools, itertools, copy, collections, typing, dataclasses,
enum.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

from stepper.core.expr import Call
from stepper.read.source.builtins import Unlimited
from stepper.read.source.classes import AUTO, ENUM, NAMED_TUPLE, NAMESPACE, PARSER, dataclass, field, namedtuple
from stepper.read.source.sizes import expr_of, is_letter, value_of
from stepper.read.source.state import State
from stepper.read.source.tensor import Tensor
from stepper.read.source.values import (
    Class,
    Function,
    Instance,
    Names,
    Native,
    Nothing,
    Partial,
    Refused,
    Unknown,
    Value,
    Wrapped,
)
from stepper.read.source.working import settle

# ---- math


def _number(value: Value) -> Value:
    """The number in a tensor of one known number."""
    if isinstance(value, Tensor) and value.numbers is not None and len(value.numbers) == 1:
        return value.numbers[0]
    return value


def _math(name: str, function: Callable[..., Value]) -> Native:
    """A function of numbers; floor and ceil of letters are formulas."""

    def act(follower: State, *values: Value, **named: Value) -> Value:
        values = tuple(_number(follower.known(value)) for value in values)
        if any(isinstance(value, Unknown) for value in values):
            return Unknown()
        if any(map(is_letter, values)):
            if name in ("floor", "ceil", "trunc"):
                return value_of(settle(Call(name if name != "trunc" else "floor", (expr_of(values[0]),)), {}))
            raise Refused(f"math.{name} of a letter is not followed", "--set gives it a value")
        if name in ("factorial", "comb", "perm") and any(isinstance(value, int) and value > 1000 for value in values):
            raise Refused(f"math.{name} of a number this large is not followed")
        if name == "prod":
            found: Value = named.get("start", 1)
            for value in follower.items(values[0]):
                found = follower.binary("*", found, value)
            return found
        return function(*values, **named)

    return Native(f"math.{name}", act)


MATH: Names = {
    **{
        f"math.{function.__name__}": _math(function.__name__, function)
        for function in (
            math.sqrt, math.floor, math.ceil, math.log, math.log2, math.log10, math.exp, math.pow, math.sin, math.cos,
            math.tan, math.atan, math.atan2, math.fabs, math.gcd, math.lcm, math.prod, math.trunc, math.isclose,
            math.factorial, math.comb, math.isqrt, math.tanh, math.isnan, math.isinf, math.hypot, math.fmod, math.acos,
            math.erf, math.log1p, math.degrees, math.radians, math.copysign,
        )
    },
    "math.pi": math.pi, "math.e": math.e, "math.inf": math.inf, "math.nan": math.nan,
}  # fmt: skip

# ---- functools, itertools, operator, copy


def _partial(follower: State, function: Value, *arguments: Value, **named: Value) -> Value:
    return Partial(function, arguments, named)


def _reduce(follower: State, function: Value, row: Value, *start: Value) -> Value:
    items = [*start, *follower.items(row)]
    found = items[0]
    for item in items[1:]:
        follower.step()
        found = follower.call(function, [found, item])
    return found


def _named_as(inner: Value, function: Value) -> Value:
    """A function under the name of another."""
    if isinstance(inner, Function) and isinstance(function, Function | Class):
        inner.name = function.name
    return inner


def _same(follower: State, function: Value = None, *_: Value, **__: Value) -> Value:
    """A decorator that leaves a function as it is, with arguments or without."""
    return function if isinstance(function, Function | Class | Wrapped) else Native("decorator", lambda _, inner: inner)


def _plain(name: str, function: Callable[..., Any]) -> Native:
    """An iterator of itertools over collections, as a list."""

    def act(follower: State, *values: Value, **named: Any) -> Value:
        parts = [value if isinstance(value, int) else follower.items(value) for value in values]
        if name in ("product", "permutations", "combinations"):
            sizes = [len(part) for part in parts if not isinstance(part, int)]
            follower.room(
                math.prod(sizes) ** int(named.get("repeat", 1)) if name == "product" else 2 ** min(sizes[0], 40)
            )
        found = [*function(*parts, **named)]
        follower.room(len(found))
        return found

    return Native(f"itertools.{name}", act)


def _accumulate(follower: State, row: Value, function: Value = None, **named: Value) -> Value:
    found: list[Value] = [named["initial"]] if "initial" in named else []
    for item in follower.items(row):
        found.append(
            item
            if not found
            else follower.call(function, [found[-1], item])
            if function
            else follower.binary("+", found[-1], item)
        )
    return found


def _copied(follower: State, value: Value, memo: dict[int, Value] | None = None) -> Value:
    """``copy.deepcopy``: modules and what they hold stand for themselves anew."""
    memo = {} if memo is None else memo
    follower.step()
    if id(value) in memo:
        return memo[id(value)]
    match value:
        case Instance() if not value.kind.among("enum"):
            made = Instance(value.kind)
            memo[id(value)] = made
            made.attributes = {key: _copied(follower, item, memo) for key, item in value.attributes.items()}
            made.data = _copied(follower, value.data, memo)
            return made
        case list():
            row: list[Value] = []
            memo[id(value)] = row
            row += [_copied(follower, item, memo) for item in value]
            return row
        case tuple():
            return tuple(_copied(follower, item, memo) for item in value)
        case dict():
            found: dict[Value, Value] = {}
            memo[id(value)] = found
            found |= {key: _copied(follower, item, memo) for key, item in value.items()}
            return found
        case Tensor():
            other = Tensor(value.dims_, value.name, value.make, value.numbers, value.kind)
            memo[id(value)] = other
            other.learned, other.stored = value.learned, value.stored
            return other
    return value


def _shallow(follower: State, value: Value) -> Value:
    if isinstance(value, list | dict | set):
        return value.copy()
    if isinstance(value, Instance):
        made = Instance(value.kind)
        made.attributes, made.data = dict(value.attributes), value.data
        return made
    return value


# ---- collections


def _ordered(follower: State, *arguments: Value, **named: Value) -> Value:
    return follower.call(FUNCTIONS_OF_DICT, list(arguments), dict(named))


FUNCTIONS_OF_DICT = Native("OrderedDict", lambda follower, values=(), /, **named: {
    **(values if isinstance(values, dict) else {pair[0]: pair[1] for pair in map(follower.items,
    follower.items(values))}),
    **named,
})  # fmt: skip


# ---- dataclasses, enum


LIBRARY: Names = {
    **MATH,
    "argparse.ArgumentParser": PARSER, "argparse.Namespace": NAMESPACE,
    "functools.partial": Native("partial", _partial), "functools.reduce": Native("reduce", _reduce),
    **{f"functools.{name}": Native(name, _same) for name in ("lru_cache", "cache", "cached_property",
    "total_ordering")},
    "functools.wraps": Native("wraps", lambda follower, function, *_, **__: Native("wraps", lambda _,
    inner: _named_as(inner, function))),
    "functools.cached_property": Native("cached_property", lambda follower, function: Wrapped("property", function)),
    **{
        f"itertools.{name}": _plain(name, function)
        for name, function in {
            "chain": itertools.chain, "product": itertools.product, "combinations": itertools.combinations,
            "permutations": itertools.permutations, "pairwise": itertools.pairwise, "islice": itertools.islice,
            "zip_longest": itertools.zip_longest,
        }.items()
    },
    "itertools.chain.from_iterable": Native("chain", lambda follower, rows: [
        item for row in follower.items(rows) for item in follower.items(row)]),
    "itertools.accumulate": Native("accumulate", _accumulate),
    "itertools.repeat": Native("repeat", lambda follower, value, times=None: Unlimited(value, None, follower)
        if times is None else follower.binary("*", [value], times)),
    "itertools.count": Native("count", lambda follower, start=0, step=1: Unlimited(start, step, follower)),
    "operator.mul": Native("mul", lambda follower, left, right: follower.binary("*", left, right)),
    "operator.add": Native("add", lambda follower, left, right: follower.binary("+", left, right)),
    "operator.itemgetter": Native("itemgetter", lambda follower, key: Native(
        "itemgetter", lambda other, row: other.subscript(row, key))),
    "copy.deepcopy": Native("deepcopy", _copied), "copy.copy": Native("copy", _shallow),
    "collections.OrderedDict": Class("OrderedDict", kind="type", names={"__make__": Native(
        "OrderedDict", lambda follower, _, *rest, **named: _ordered(follower, *rest, **named))}),
    "collections.defaultdict": Native("defaultdict", lambda follower, factory=None, *rest: {}),
    "collections.namedtuple": Native("namedtuple", namedtuple),
    "collections.deque": Native("deque", lambda follower, row=(), *_, **__: [*follower.items(row)]),
    "typing.NamedTuple": NAMED_TUPLE, "typing.cast": Native("cast", lambda follower, kind, value: value),
    "typing.overload": Native("overload", lambda follower, function: function),
    "typing.TYPE_CHECKING": False,
    **{f"typing.{name}": Class(name, kind="type") for name in ("Sequence", "Iterable", "Mapping", "Callable")},
    **{f"collections.abc.{name}": Class(name, kind="type") for name in ("Sequence", "Iterable", "Mapping", "Callable",
    "MutableMapping", "Collection")},
    "numbers.Number": Class("Number", kind="type"), "numbers.Integral": Class("Integral", kind="type"),
    "numbers.Real": Class("Real", kind="type"),
    "dataclasses.dataclass": Native("dataclass", dataclass), "dataclasses.field": Native("field", field),
    **{f"enum.{name}": ENUM for name in ("Enum", "IntEnum", "StrEnum", "Flag", "IntFlag")},
    "enum.auto": Native("auto", lambda follower: AUTO), "abc.ABC": Class("ABC"),
    "abc.abstractmethod": Native("abstractmethod", lambda follower, function: function),
    "contextlib.suppress": Nothing("contextlib.suppress"), "contextlib.nullcontext": Nothing("contextlib.nullcontext"),
    "abc.ABCMeta": Nothing("abc.ABCMeta"),
    "sys.version_info": (3, 11, 0), "sys.maxsize": 2**63 - 1,
    "random.random": Native("random", lambda follower: Unknown("a random number")),
    "random.randint": Native("randint", lambda follower, *_: Unknown("a random number")),
}  # fmt: skip
NOTHING: tuple[str, ...] = (
    "logging", "warnings", "typing", "typing_extensions", "__future__", "random.seed", "numpy.random.seed", "time",
    "gc",
    "collections.abc", "types", "pprint", "tqdm",
)  # fmt: skip
"""Names that do nothing here, and all below them."""
