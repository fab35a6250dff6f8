"""Names and calls of a script: each value gets a name of its own, each call of its functions stands where it is."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from stepper.read.scripts.expressions import Expressions
from stepper.read.scripts.values import (
    Function,
    Listed,
    Names,
    Refusal,
    Returned,
    Scope,
    Value,
    Written,
    entries,
    number,
    numeric,
)

DEEPEST, MOST_LINES, MOST_ENTRIES = 40, 2_000, 10_000
HOLDERS = frozenset({
    "tensor", "Tensor", "Value", "Variable", "Parameter", "array", "asarray", "as_tensor", "FloatTensor",
})  # fmt: skip
"""Calls that hold the numbers which they are given."""


class Calls(Expressions):
    """Writes lines. ``renamed`` are the names that stand for a value more, ``looks`` what names look like in print."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[Written] = []
        self.renamed: list[str] = []
        self.looks: set[str] = set()
        self.depth = 0

    def follow(self, statements: Sequence[ast.stmt]) -> None:
        """Statements one after the other, as whoever reads statements does it."""
        raise NotImplementedError

    def write(self, node: ast.AST, text: str) -> None:
        if len(self.lines) >= MOST_LINES:
            raise Refusal(f"this script comes to more than {MOST_LINES:,} assignments", node)
        self.lines.append(Written(getattr(node, "lineno", 1), text))

    def fresh(self, name: str) -> str:
        """A name for one more value: itself where it is new, else h_2, that looks like no other."""
        found, count = name, 1
        while found in self.used or (count > 1 and look(found) in self.looks):
            count += 1
            found = f"{name}_{count}"
        if count > 1:
            self.renamed.append(f"{name} as {found}")
        self.used.add(found)
        self.looks.add(look(found))
        return found

    def assigned(self, name: str, value: Value, node: ast.AST, inner: bool) -> Value:
        """A value under a name: a formula gets a line, a list one for each entry that is a calculation."""
        if entries(value, MOST_ENTRIES) > MOST_ENTRIES:
            raise Refusal(f"a list of more than {MOST_ENTRIES:,} entries is not written out", node)
        match value:
            case list() if numeric(value):
                return self.array(name, value, self.as_formula(value, node), node)
            case list():
                return [self.assigned(f"{name}_{place}", item, node, True) for place, item in enumerate(value, start=1)]
            case tuple():
                return tuple(self.assigned(name, item, node, True) for item in value)
            case ast.Call(func=func) if ".optim." in ast.unparse(
                func
            ):  # what trains, and is no part of the calculation
                return ast.Constant(None)
            case ast.Call(func=func, args=[ast.List() as row, *_]) if last(func) in HOLDERS:
                items = self.value(row)
                if isinstance(items, list) and numeric(items):
                    return self.array(name, items, value, node)
            case ast.Name() | ast.Subscript() if inner:
                return value
            case ast.Constant(value=None | str() | bool()):
                return value
        if not isinstance(value, ast.expr):
            return value
        if inner and number(value) is not None:
            return value
        made = self.fresh(name)
        self.write(node, f"{made} = {ast.unparse(value)}")
        if isinstance(value, ast.Constant) and type(value.value) is int:
            self.counts[made] = value
        return ast.Name(made)

    def array(self, name: str, items: list[Value], formula: ast.expr, node: ast.AST) -> Value:
        made = self.fresh(name)
        self.write(node, f"{made} = {ast.unparse(formula)}")
        return Listed(made, items)

    def bound(self, target: ast.expr, value: Value) -> None:
        """A target of a loop, or of a tuple that is taken apart."""
        if isinstance(target, ast.Name):
            self.scope.names[target.id] = self.handed(target.id, value, target)
        elif isinstance(target, ast.Tuple | ast.List):
            for part, item in self.apart(target, value):
                self.bound(part, item)
        else:
            raise Refusal("this is not assigned to in a loop", target)

    def apart(self, target: ast.Tuple | ast.List, value: Value) -> list[tuple[ast.expr, Value]]:
        items = self.items(value, target)
        if len(items) != len(target.elts) or any(isinstance(part, ast.Starred) for part in target.elts):
            raise Refusal(f"{len(target.elts)} names get {len(items)} values", target)
        return [*zip(target.elts, items, strict=True)]

    # ---- functions

    def inlined(self, function: Function, arguments: Sequence[Value], named: Names, node: ast.AST) -> Value:
        """What a function of the script returns, its steps written out."""
        if self.depth >= DEEPEST:
            raise Refusal(f"calls are nested more than {DEEPEST} deep", node, "does a function call itself?")
        scope, before = Scope(function.scope), self.scope
        given = [function.owner, *arguments] if function.owner is not None else [*arguments]
        self.arguments(function, given, named, scope, node)
        self.depth, self.scope = self.depth + 1, scope
        try:
            if isinstance(function.node, ast.Lambda):
                return self.value(function.node.body)
            self.follow(function.node.body)
        except Returned as returned:
            return returned.value
        finally:
            self.depth, self.scope = self.depth - 1, before
        return ast.Constant(None)

    def arguments(
        self, function: Function, given: Sequence[Value], named: Names, scope: Scope, node: ast.AST
    ) -> None:  # fmt: skip
        """Parameters get their values; a calculation that is handed on has a line of its own."""
        spec = function.node.args
        if spec.vararg or spec.kwarg or spec.posonlyargs or spec.kwonlyargs:
            raise Refusal("a function with * among its parameters is not followed", node)
        names = [part.arg for part in spec.args]
        found = dict(zip(names, given, strict=False)) | named
        for name, default in zip(names[len(names) - len(spec.defaults) :], spec.defaults, strict=True):
            if name not in found:
                found[name] = self.value(default)
        if len(given) > len(names) or set(found) != set(names):
            told = ", ".join(name for name in names if name != "self")
            raise Refusal(f"this takes ({told})", node)
        for name in names:
            scope.names[name] = self.handed(name, found[name], node)

    def handed(self, name: str, value: Value, node: ast.AST) -> Value:
        """What a parameter or the name of a loop gets: numbers stay as they are, a calculation gets a line."""
        return value if numeric(value) else self.assigned(name, value, node, True)


def last(func: ast.expr) -> str:
    """The name with which a dotted one ends."""
    return func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""


def look(name: str) -> str:
    """What a name looks like in print."""
    return name.replace("_", "")
