"""Expressions of a script: names become what they stand for, calls of the script's own functions what they return."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping, Sequence

from stepper.read.scripts.builtins import BUILTINS
from stepper.read.scripts.state import LONGEST, State
from stepper.read.scripts.values import Function, Kind, Listed, Names, Object, Refusal, Scope, Value, number

_SIGNS: Mapping[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}  # fmt: skip
"""What is worked out of whole numbers: they count entries and turns."""
_COMPARED: Mapping[type[ast.cmpop], Callable[[object, object], object]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: lambda a, b: float(str(a)) < float(str(b)),
    ast.Gt: lambda a, b: float(str(a)) > float(str(b)), ast.LtE: lambda a, b: float(str(a)) <= float(str(b)),
    ast.GtE: lambda a, b: float(str(a)) >= float(str(b)), ast.Is: operator.is_, ast.IsNot: operator.is_not,
}  # fmt: skip


class Expressions(State):
    """Works expressions out as far as they count turns and entries; the rest stays a formula."""

    def value(self, node: ast.expr) -> Value:
        """What an expression stands for."""
        self.step(node)
        act = EXPRESSIONS.get(type(node))
        return act(self, node) if act is not None else node


# ---- by the kind of the expression


def _name(self: Expressions, node: ast.Name) -> Value:
    found = self.scope.find(node.id)
    if found is None:
        self.used.add(node.id)  # a value from outside, which keeps its name
        return node
    return found


def _attribute(self: Expressions, node: ast.Attribute) -> Value:
    owner = self.value(node.value)
    if isinstance(owner, Object):
        if node.attr in owner.names:
            return owner.names[node.attr]
        method = owner.kind.method(node.attr)
        if method is None:
            raise Refusal(f"this object has no '{node.attr}'", node)
        return Function(method, owner.kind.scope, owner)
    if node.attr == "shape" and isinstance(owner, Listed):
        return shape_of(owner.items)
    return ast.Attribute(self.as_formula(owner, node), node.attr)


def shape_of(items: Value) -> Value:
    """``x.shape`` of numbers that are known."""
    found: list[Value] = []
    while isinstance(items, list) and items:
        found.append(ast.Constant(len(items)))
        items = items[0]
    return tuple(found)


def _subscript(self: Expressions, node: ast.Subscript) -> Value:
    owner = self.value(node.value)
    if isinstance(node.slice, ast.Slice):
        ends = [None if end is None else self.count(self.value(end), node)
                for end in (node.slice.lower, node.slice.upper, node.slice.step)]  # fmt: skip
        if ends[2] == 0:
            raise Refusal("a step of 0 goes nowhere", node)
        return self.items(owner, node)[slice(*ends)]
    inside = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    for part in inside:
        owner = _entry(self, owner, self.count(self.value(part), node), node)
    return owner


def _entry(self: Expressions, owner: Value, place: int, node: ast.AST) -> Value:
    if isinstance(owner, Listed | list | tuple):
        items = owner.items if isinstance(owner, Listed) else owner
        if not -len(items) <= place < len(items):
            raise Refusal(f"there is no entry {place} in a list of {len(items)}, which are counted from 0", node)
        return owner.entry(place) if isinstance(owner, Listed) else owner[place]
    formula = self.as_formula(owner, node)
    if isinstance(formula, ast.Attribute) and formula.attr == "shape":
        raise Refusal("the sizes of this are not known here", node)
    if place < 0:
        raise Refusal("an entry counted from the end, of what has no known length", node)
    if isinstance(formula, ast.Subscript):  # the row of a matrix, and an entry of that
        inner = formula.slice.elts if isinstance(formula.slice, ast.Tuple) else [formula.slice]
        return ast.Subscript(formula.value, ast.Tuple([*inner, ast.Constant(place + 1)]))
    return ast.Subscript(formula, ast.Constant(place + 1))


def _call(self: Expressions, node: ast.Call) -> Value:
    if isinstance(node.func, ast.Name) and self.scope.find(node.func.id) is None and node.func.id in BUILTINS:
        return BUILTINS[node.func.id](self, node, [self.value(part) for part in node.args])
    if isinstance(node.func, ast.Attribute) and node.func.attr in ("append", "extend"):
        owner = self.value(node.func.value)
        if isinstance(owner, list):
            return _grown(self, node, owner)
    function = self.value(node.func)
    arguments: list[Value] = []
    for part in node.args:
        if isinstance(part, ast.Starred):
            arguments += self.items(self.value(part.value), part)
        else:
            arguments.append(self.value(part))
    named: Names = {word.arg: self.value(word.value) for word in node.keywords if word.arg is not None}
    if isinstance(function, Object):
        method = function.kind.method("__call__") or function.kind.method("forward")
        if method is None:
            raise Refusal("this object is not called: its class has no forward and no __call__", node)
        function = Function(method, function.kind.scope, function)
    if isinstance(function, Function):
        return self.inlined(function, arguments, named, node)
    if isinstance(function, Kind):
        made = Object(function)
        begun = function.method("__init__")
        if begun is not None:
            self.inlined(Function(begun, function.scope, made), arguments, named, node)
        return made
    words = [ast.keyword(name, self.as_formula(value, node)) for name, value in named.items()]
    return ast.Call(self.as_formula(function, node), [self.as_formula(value, node) for value in arguments], words)


def _grown(self: Expressions, node: ast.Call, owner: list[Value]) -> Value:
    """``row.append(h)``, ``row.extend(others)``."""
    assert isinstance(node.func, ast.Attribute)
    if len(node.args) != 1:
        raise Refusal("one thing is appended at a time", node)
    given = self.value(node.args[0])
    more = [given] if node.func.attr == "append" else self.items(given, node)
    owner += [self.assigned("entry", item, node, True) for item in more]
    if len(owner) > LONGEST:
        raise Refusal(f"a list of more than {LONGEST:,} entries is not written out", node)
    return ast.Constant(None)


def _two(self: Expressions, node: ast.BinOp) -> Value:
    left, right = self.value(node.left), self.value(node.right)
    if isinstance(node.op, ast.Add) and isinstance(left, list) and isinstance(right, list):
        return [*left, *right]
    if isinstance(node.op, ast.Mult) and isinstance(left, list) and number(self.known(right)) is not None:
        times = self.count(right, node)
        if times * len(left) > LONGEST:
            raise Refusal(f"a list of more than {LONGEST:,} entries is not written out", node)
        return left * times
    sign = _SIGNS.get(type(node.op))
    one, other = number(left), number(right)
    if sign is not None and isinstance(one, int) and isinstance(other, int) and abs(one) + abs(other) < 10**9:
        if isinstance(node.op, ast.FloorDiv | ast.Mod) and not other:
            raise Refusal("this divides by 0", node)
        return ast.Constant(sign(one, other))
    return ast.BinOp(self.as_formula(left, node), node.op, self.as_formula(right, node))


def _one(self: Expressions, node: ast.UnaryOp) -> Value:
    if isinstance(node.op, ast.Not):
        return ast.Constant(not self.true(node.operand))
    inner = self.formula(node.operand)
    if isinstance(inner, ast.Constant) and type(inner.value) is int and isinstance(node.op, ast.USub):
        return ast.Constant(-inner.value)
    return ast.UnaryOp(node.op, inner)


def _compared(self: Expressions, node: ast.Compare) -> Value:
    if isinstance(node.left, ast.Name) and node.left.id == "__name__":
        return ast.Constant(True)
    left, right = (self.known(self.value(part)) for part in (node.left, node.comparators[0]))
    act = _COMPARED.get(type(node.ops[0]))
    if len(node.ops) == 1 and act is not None:
        pair = [part.value if isinstance(part, ast.Constant) else number(part) for part in (left, right)]
        plain = [isinstance(part, ast.Constant) or number(part) is not None for part in (left, right)]
        if all(plain) and (isinstance(node.ops[0], ast.Eq | ast.NotEq | ast.Is | ast.IsNot) or None not in pair):
            return ast.Constant(bool(act(*pair)))
        if isinstance(node.ops[0], ast.Is | ast.IsNot) and isinstance(right, ast.Constant) and right.value is None:
            return ast.Constant(isinstance(node.ops[0], ast.IsNot))
    raise Refusal("which way this goes depends on numbers that are not worked out here", node)


def _listed(self: Expressions, node: ast.List | ast.Tuple) -> Value:
    found: list[Value] = []
    for part in node.elts:
        found += self.items(self.value(part.value), part) if isinstance(part, ast.Starred) else [self.value(part)]
    return found if isinstance(node, ast.List) else tuple(found)


def _comprehension(self: Expressions, node: ast.ListComp | ast.GeneratorExp) -> Value:
    found: list[Value] = []
    before, self.scope = self.scope, Scope(self.scope)
    try:
        _turns(self, node.elt, node.generators, found)
    finally:
        self.scope = before
    return found


def _turns(self: Expressions, part: ast.expr, loops: Sequence[ast.comprehension], found: list[Value]) -> None:
    if not loops:
        found.append(self.value(part))
        if len(found) > LONGEST:
            raise Refusal(f"a list of more than {LONGEST:,} entries is not written out", part)
        return
    for item in self.items(self.value(loops[0].iter), loops[0].iter):
        self.bound(loops[0].target, item)
        if all(map(self.true, loops[0].ifs)):
            _turns(self, part, loops[1:], found)


EXPRESSIONS: Mapping[type[ast.expr], Callable[..., Value]] = {
    ast.Name: _name, ast.Attribute: _attribute, ast.Subscript: _subscript, ast.Call: _call, ast.BinOp: _two,
    ast.UnaryOp: _one, ast.Compare: _compared, ast.List: _listed, ast.Tuple: _listed,
    ast.ListComp: _comprehension, ast.GeneratorExp: _comprehension,
    ast.Lambda: lambda self, node: Function(node, self.scope),
    ast.IfExp: lambda self, node: self.value(node.body if self.true(node.test) else node.orelse),
    ast.JoinedStr: lambda self, node: ast.Constant(""),
}  # fmt: skip
