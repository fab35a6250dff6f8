"""Works out what a second reader of formulas has read. Arrays are numpy's, of fractions where they are rational."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np

from tests.reading_sides import Tree, Unread

Value: TypeAlias = Any
"""A number, an array, or one of the two below."""


class One:
    """An array of ones whose shape its surroundings tell, times a number."""

    def __init__(self, factor: Any = Fraction(1)) -> None:
        self.factor = factor


class Row:
    """A transposed list."""

    def __init__(self, body: Any) -> None:
        self.body = body


class Calculator:
    """Works trees out. ``aliases`` are printed names of functions, ``defined`` those that a page defines; ``ones``
    is what 𝟏 stands for.
    """

    def __init__(
        self,
        known: Mapping[str, Value],
        functions: Mapping[str, Callable[..., Value]],
        aliases: Mapping[str, str],
        defined: Mapping[str, tuple[list[str], Tree]],
        ones: Value | None = None,
    ) -> None:
        self.known, self.functions, self.aliases, self.defined = known, functions, aliases, defined
        self.ones: Value = One() if ones is None else ones

    def __call__(self, tree: Tree) -> Value:
        kind, *parts = tree
        if kind == "number":
            return parts[0]
        if kind == "group":
            return self(parts[0])
        if kind == "name":
            return self.name(parts[0])
        if kind == "list":
            return listed([self(part) for part in parts[0]])
        if kind == "T":
            body = self(parts[0])
            return body.body if isinstance(body, Row) else np.swapaxes(body, -1, -2) if rank(body) > 1 else Row(body)
        if kind == "index":
            return self.entry(parts[0], parts[1])
        if kind == "where":
            sign, left, right, then, otherwise = parts
            return chosen(sign, *(self(part) for part in (left, right, then, otherwise)))
        if kind == "call":
            return self.call(parts[0], [self(part) for part in parts[1]])
        try:
            return combined(kind, self(parts[0]), self(parts[1]))
        except ValueError:
            raise Unread("shapes that do not fit") from None

    def name(self, name: str) -> Value:
        if name == "𝟏":
            return self.ones
        if name in ("pi", "π"):
            return math.pi
        if name in ("ℯ", "e") and name not in self.known:
            return math.e
        if name not in self.known:
            raise Unread(f"name {name}")
        return self.known[name]

    def entry(self, base: Tree, indices: list[Tree]) -> Value:
        if base[0] == "name":
            places = [self.place(index) for index in indices]
            whole = f"{base[1]}[{','.join(map(str, places))}]"
            if whole in self.known:
                return self.known[whole]
        else:
            places = [self.place(index) for index in indices]
        return self(base)[tuple(place - 1 for place in places)]

    def place(self, index: Tree) -> int:
        found = self(index)
        if not isinstance(found, Fraction) or found.denominator != 1:
            raise Unread("index")
        return int(found)

    def call(self, printed: str, values: list[Value]) -> Value:
        name = self.aliases.get(printed, printed)
        if name in self.defined:
            parameters, tree = self.defined[name]
            if len(parameters) == len(values):
                within = {**self.known, **dict(zip(parameters, values, strict=True))}
                if rank(values[0]):
                    within["n"] = Fraction(np.size(values[0]))
                return Calculator(within, self.functions, self.aliases, self.defined, self.ones)(tree)
        if name not in self.functions:
            raise Unread(f"function {name}")
        try:
            return self.functions[name](*values)
        except (TypeError, ValueError, IndexError, AttributeError):
            raise Unread(f"arguments of {name}") from None


def rank(value: Value) -> int:
    return value.ndim if isinstance(value, np.ndarray) else 0


def listed(items: list[Value]) -> Value:
    """A list of numbers or of arrays of one shape."""
    if any(isinstance(item, One | Row) for item in items):
        raise Unread("a list of rows or ones")
    if len({np.shape(item) for item in items}) > 1:
        raise Unread("a list of arrays of several shapes")
    found = np.empty((len(items), *np.shape(items[0])) if items else (0,), dtype=object)
    for place, item in enumerate(items):
        found[place] = item
    return found


def combined(sign: str, left: Value, right: Value) -> Value:
    """Two values with a sign between them: ``·`` is the product of matrices where both are arrays."""
    if isinstance(left, One | Row) or isinstance(right, One | Row):
        return with_ones(sign, left, right)
    if sign == "+":
        return left + right
    if sign == "-":
        return left - right
    if sign == "/":
        return divided(left, right)
    if sign == "^":
        return raised(left, right)
    if sign in ("*", "⊙") or not rank(left) or not rank(right):
        return left * right
    return left @ right


def with_ones(sign: str, left: Value, right: Value) -> Value:
    """Where one of two is a transposed list, or ones: these take the shape of what they are multiplied by."""
    matrices = sign in ("·", "@")
    if isinstance(right, Row) and matrices and not isinstance(left, Row):  # a column times a row
        if isinstance(right.body, One):
            return One(left[..., None] * right.body.factor) if rank(left) == 1 else refused()
        if isinstance(left, One):
            return One(left.factor * right.body[None, :])
        return left[:, None] * right.body[None, :] if rank(left) == 1 else refused()
    if isinstance(left, Row) and matrices and rank(right):
        if isinstance(left.body, One):
            return left.body.factor * np.sum(right, axis=0) if not rank(left.body.factor) else refused()
        return left.body @ right
    if isinstance(left, Row) or isinstance(right, Row):
        return refused()
    if isinstance(right, One) and rank(left) and matrices:
        return np.sum(left, axis=-1) * right.factor if not rank(right.factor) else refused()
    if isinstance(left, One) and rank(right) and matrices:
        return refused()
    result = combined(sign, *(part.factor if isinstance(part, One) else part for part in (left, right)))
    return result if rank(left) or rank(right) else One(result)


def refused() -> Value:
    raise Unread("a product with a row or ones")


def divided(left: Value, right: Value) -> Value:
    if np.any(np.asarray(right, dtype=object) == 0):
        raise Unread("a quotient by 0")
    return left / right


def raised(left: Value, right: Value) -> Value:
    def power(base: Any, exponent: Any) -> Any:
        if float(exponent).is_integer():
            if not base and exponent < 0:
                raise Unread("a quotient by 0")
            return base ** int(exponent)
        if base < 0:
            raise Unread("a root of a negative number")
        return float(base) ** float(exponent)

    return mapped(power)(left, right)


def mapped(function: Callable[..., Any]) -> Callable[..., Value]:
    """A function of numbers taken entry by entry."""
    vector = np.frompyfunc(function, function.__code__.co_argcount, 1)

    def on(*values: Value) -> Value:
        return vector(*(value.factor if isinstance(value, One) else value for value in values))

    return on


_TRUE: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: a < b, ">": lambda a, b: a > b, "<=": lambda a, b: a <= b, ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b, "!=": lambda a, b: a != b,
}  # fmt: skip


def chosen(sign: str, left: Value, right: Value, then: Value, otherwise: Value) -> Value:
    holds = _TRUE[sign]
    return mapped(lambda a, b, c, d: c if holds(a, b) else d)(left, right, then, otherwise)
