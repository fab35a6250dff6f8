"""What a name of a script may stand for: a formula, a list, a function, an object."""

from __future__ import annotations

import ast
from typing import TypeAlias

from msgspec import Struct

Value: TypeAlias = object
"""A formula is an expression of Python; lists and tuples are Python's."""
Names: TypeAlias = dict[str, Value]


class Written(Struct, frozen=True):
    """A statement that is written out, and the line where it stands in the script."""

    line: int
    text: str


class Refusal(Exception):
    """A script cannot be followed: what, where, and what to try."""

    def __init__(self, what: str, node: ast.AST | None = None, hint: str = "") -> None:
        super().__init__(what)
        self.what, self.node, self.hint = what, node, hint


class Returned(Exception):
    """``return``."""

    def __init__(self, value: Value) -> None:
        super().__init__()
        self.value = value


class Ended(Exception):
    """``loss.backward()``: what comes after it is no part of the calculation."""


class Scope:
    """The names of a call, and those around them."""

    def __init__(self, around: Scope | None = None) -> None:
        self.names: Names = {}
        self.around = around

    def find(self, name: str) -> Value:
        """What a name stands for; None where it has no value here."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.around
        return None


class Function(Struct, frozen=True, eq=False):
    """A function of the script, with the object that it is a method of."""

    node: ast.FunctionDef | ast.Lambda
    scope: Scope
    owner: Object | None = None


class Kind(Struct, frozen=True, eq=False):
    """A class of the script."""

    node: ast.ClassDef
    scope: Scope
    base: Kind | None = None

    def method(self, name: str) -> ast.FunctionDef | None:
        """A method by its name."""
        for part in self.node.body:
            if isinstance(part, ast.FunctionDef) and part.name == name:
                return part
        return self.base.method(name) if self.base is not None else None


class Object:
    """An object of a class of the script."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.names: Names = {}


class Listed(Struct, frozen=True, eq=False):
    """A list or an array of numbers that has a name: its entries are counted from 1 where they are written out."""

    name: str
    items: list[Value]
    indices: tuple[int, ...] = ()

    def entry(self, place: int) -> Value:
        """One entry: a number, or a row."""
        item = self.items[place]
        indices = (*self.indices, range(len(self.items))[place] + 1)
        if isinstance(item, list):
            return Listed(self.name, item, indices)
        return ast.Subscript(ast.Name(self.name), index_of(indices))

    def formula(self) -> ast.expr:
        """The whole."""
        return ast.Subscript(ast.Name(self.name), index_of(self.indices)) if self.indices else ast.Name(self.name)


def index_of(indices: tuple[int, ...]) -> ast.expr:
    """What stands between the brackets."""
    parts: list[ast.expr] = [ast.Constant(index) for index in indices]
    return parts[0] if len(parts) == 1 else ast.Tuple(parts)


def number(value: Value) -> int | float | bool | None:
    """A number that is known."""
    match value:
        case ast.Constant(value=bool() | int() | float() as found):
            return found
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as found)):
            return -found
    return None


def numeric(value: Value) -> bool:
    """Is it a list of numbers, or of such lists?"""
    return isinstance(value, list) and bool(value) and all(number(item) is not None or numeric(item) for item in value)


def entries(value: Value, limit: int) -> int:
    """How many entries a list has, with those of the lists in it; counted no further than a limit."""
    if not isinstance(value, list | tuple):
        return 0
    found = len(value)
    for item in value:
        if found > limit:
            break
        found += entries(item, limit - found)
    return found
