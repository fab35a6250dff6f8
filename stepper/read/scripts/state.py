"""What is kept while a script is written out, and what its values come to: formulas, counts, what loops go over."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from stepper.read.scripts.values import Function, Listed, Names, Refusal, Scope, Value, number

STEPS, LONGEST = 20_000, 2_000
"""How many steps are followed, and how many entries a list may have."""


class State:
    """Works expressions out as far as they count turns and entries; the rest stays a formula."""

    def __init__(self) -> None:
        self.scope = Scope()
        self.counts: dict[str, ast.Constant] = {}
        self.left = STEPS
        self.used: set[str] = set()

    def inlined(self, function: Function, arguments: Sequence[Value], named: Names, node: ast.AST) -> Value:
        """What a function of the script returns."""
        raise NotImplementedError

    def assigned(self, name: str, value: Value, node: ast.AST, inner: bool) -> Value:
        """A value under a name."""
        raise NotImplementedError

    def bound(self, target: ast.expr, value: Value) -> None:
        """A target of a loop gets a value."""
        raise NotImplementedError

    def step(self, node: ast.AST) -> None:
        self.left -= 1
        if self.left < 0:
            raise Refusal(f"writing this script out takes more than {STEPS:,} steps", node)

    # ---- values

    def value(self, node: ast.expr) -> Value:
        """What an expression stands for."""
        raise NotImplementedError

    def formula(self, node: ast.expr) -> ast.expr:
        """What an expression stands for, as a formula."""
        return self.as_formula(self.value(node), node)

    def as_formula(self, value: Value, node: ast.AST) -> ast.expr:
        match value:
            case ast.expr():
                return value
            case Listed():
                return value.formula()
            case list() | tuple():
                return ast.List([self.as_formula(item, node) for item in value])
        raise Refusal("this stands for a function or an object, and not for a number", node)

    def count(self, value: Value, node: ast.AST) -> int:
        """A whole number that is known."""
        found = number(self.known(value))
        if isinstance(found, int):
            return int(found)
        raise Refusal("a whole number must be known here", node, "loops go over known numbers and lists")

    def known(self, value: Value) -> Value:
        """The number for which a name stands, where it counts something."""
        return self.counts.get(value.id, value) if isinstance(value, ast.Name) else value

    def items(self, value: Value, node: ast.AST) -> list[Value]:
        """What a loop goes over."""
        if isinstance(value, Listed):
            return [value.entry(place) for place in range(len(value.items))]
        if isinstance(value, list | tuple):
            return [*value]
        raise Refusal("what this loop goes over is not known", node, "loops go over range(3), lists and arrays")

    def true(self, node: ast.expr) -> bool:
        """Does a condition hold, as far as it depends on known numbers?"""
        value = self.known(self.value(node))
        if isinstance(value, ast.Constant):
            return bool(value.value)
        if isinstance(value, list | tuple):
            return bool(value)
        raise Refusal("which way this goes depends on numbers that are not worked out here", node)
