"""Python's own functions in a script: those that loops need."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence

from stepper.read.scripts.state import LONGEST, State
from stepper.read.scripts.values import Listed, Refusal, Value, number

Act = Callable[[State, ast.Call, Sequence[Value]], Value]


def _range(self: State, node: ast.Call, arguments: Sequence[Value]) -> Value:
    ends = [self.count(value, node) for value in arguments]
    if not 1 <= len(ends) <= 3 or (len(ends) == 3 and ends[2] == 0):
        raise Refusal("range takes an end, or a start, an end and a step", node)
    found = range(*ends)
    if len(found) > LONGEST:
        raise Refusal(f"a loop of {len(found):,} turns is not written out", node, f"up to {LONGEST:,} are")
    return [ast.Constant(turn) for turn in found]


def _zip(self: State, node: ast.Call, arguments: Sequence[Value]) -> Value:
    return [*zip(*(self.items(value, node) for value in arguments), strict=False)]


def _enumerate(self: State, node: ast.Call, arguments: Sequence[Value]) -> Value:
    start = self.count(arguments[1], node) if len(arguments) > 1 else 0
    return [(ast.Constant(start + place), item) for place, item in enumerate(self.items(arguments[0], node))]


def _sum(self: State, node: ast.Call, arguments: Sequence[Value]) -> Value:
    """``sum(row, start)``: added one after the other; an array is summed as one."""
    if isinstance(arguments[0], Listed) and len(arguments) == 1:
        return ast.Call(ast.Name("sum"), [arguments[0].formula()], [])
    if not isinstance(arguments[0], Listed | list | tuple):
        return ast.Call(ast.Name("sum"), [self.as_formula(value, node) for value in arguments], [])
    terms = [*(self.as_formula(value, node) for value in arguments[1:]),
             *(self.as_formula(item, node) for item in self.items(arguments[0], node))]  # fmt: skip
    terms = [term for term in terms if number(term) != 0] or [ast.Constant(0)]
    found = terms[0]
    for term in terms[1:]:
        found = ast.BinOp(found, ast.Add(), term)
    return found


def _length(self: State, node: ast.Call, arguments: Sequence[Value]) -> Value:
    return ast.Constant(len(self.items(arguments[0], node)))


BUILTINS: Mapping[str, Act] = {
    "range": _range, "zip": _zip, "enumerate": _enumerate, "sum": _sum, "len": _length,
    "list": lambda self, node, arguments: self.items(arguments[0], node) if arguments else [],
    "tuple": lambda self, node, arguments: tuple(self.items(arguments[0], node)) if arguments else (),
    "reversed": lambda self, node, arguments: self.items(arguments[0], node)[::-1],
    "print": lambda self, node, arguments: ast.Constant(None), "super": lambda self, node, arguments: node,
}  # fmt: skip
