"""Names that have a value in a source file: constants, defaults, arguments.

Worked out by rules of arithmetic; nothing of the file runs.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

from stepper.core.expr import Expr
from stepper.core.formula import number_of

Values: TypeAlias = dict[str, ast.expr]
"""What stands for a name, or for an attribute as ``self.n``: a number, a word, or a list of them."""
LARGEST = 10**12
_ARITHMETIC: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}  # fmt: skip


class _Putting(ast.NodeTransformer):
    """Puts values in for names; ``used`` are those that stood somewhere."""

    def __init__(self, values: Mapping[str, ast.expr]) -> None:
        self.values = values
        self.used: dict[str, ast.expr] = {}

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.put(node.id, node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        found = self.put(ast.unparse(node), node) if isinstance(node.value, ast.Name) else node
        return found if found is not node else self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        function = node.func if isinstance(node.func, ast.Name) else self.visit(node.func)  # a function is no value
        arguments = [self.visit(argument) for argument in node.args]
        named = [ast.keyword(word.arg, self.visit(word.value)) for word in node.keywords]
        return ast.copy_location(ast.Call(function, arguments, named), node)

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        before = len(self.used)
        whole = ast.copy_location(ast.BinOp(self.visit(node.left), node.op, self.visit(node.right)), node)
        known = len(self.used) > before or isinstance(
            node.op, ast.FloorDiv | ast.Mod
        )  # for // and % a listing has no sign
        worked = _worked(whole) if known else None
        return whole if worked is None else ast.copy_location(worked, node)

    def put(self, name: str, node: ast.expr) -> ast.expr:
        if name not in self.values:
            return node
        self.used[name] = self.values[name]
        return self.values[name]


def filled(node: ast.expr, values: Mapping[str, ast.expr], used: Values | None = None) -> ast.expr:
    """An expression with the values of its names put in; ``used`` gets those that stood in it.

    >>> ast.unparse(filled(ast.parse("Linear(2*n, m)", mode="eval").body, {"n": ast.Constant(8)}))
    'Linear(16, m)'
    """
    putting = _Putting(values)
    found = putting.visit(node)
    if used is not None:
        used |= putting.used
    assert isinstance(found, ast.expr)
    return found


def constant(node: ast.expr, values: Mapping[str, ast.expr]) -> ast.expr | None:
    """The value of an expression whose names all have one; None where it has none.

    >>> ast.unparse(constant(ast.parse("(n // 2, n + 1)", mode="eval").body, {"n": ast.Constant(8)}))
    '(4, 9)'
    """
    return _worked(filled(node, values))


def _worked(node: ast.expr) -> ast.expr | None:
    match node:
        case ast.Constant(value=bool() | int() | float() | str() | None):
            return node
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            found = [_worked(part) for part in parts]
            known = [part for part in found if part is not None]
            return ast.Tuple(list(known), ast.Load()) if len(known) == len(found) else None
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            value = _number(_worked(operand))
            return None if value is None else ast.Constant(-value)
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _ARITHMETIC:
            low, high = _number(_worked(left)), _number(_worked(right))
            if low is None or high is None or (high == 0 and not isinstance(sign, ast.Add | ast.Sub | ast.Mult)):
                return None
            result = _ARITHMETIC[type(sign)](low, high)
            return ast.Constant(result) if abs(result) <= LARGEST else None
        case _:
            return None


def _number(node: ast.expr | None) -> float | None:
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST else None


def assign(statement: ast.stmt, values: Values) -> bool:
    """Takes the constants of an assignment in, and forgets a name that gets another value; false where it gives no
    constant.
    """
    match statement:
        case ast.Assign(targets=[target], value=value) | ast.AnnAssign(target=target, value=ast.expr() as value):
            pairs = _pairs(target, value)
        case ast.AugAssign(target=ast.Name(id=name), op=sign, value=value):
            pairs = [(name, ast.BinOp(ast.Name(name, ast.Load()), sign, value))]
        case _:
            return False
    found = {name: constant(value, values) for name, value in pairs}
    for name in found:
        values.pop(name, None)
    values |= {name: value for name, value in found.items() if value is not None}
    return bool(found) and None not in found.values()


def _pairs(target: ast.expr, value: ast.expr) -> list[tuple[str, ast.expr]]:
    """Names and what they get: ``h, w = 28, 28`` are two."""
    match target, value:
        case ((ast.Name() | ast.Attribute(value=ast.Name())), _):
            return [(ast.unparse(target), value)]
        case ast.Tuple(elts=names), (ast.Tuple(elts=parts) | ast.List(elts=parts)) if len(names) == len(parts):
            return [pair for name, part in zip(names, parts, strict=True) for pair in _pairs(name, part)]
        case _:
            return []


def constants(statements: Iterable[ast.stmt]) -> Values:
    """The constants of a block; a name that is given values by a branch or a loop has none."""
    values: Values = {}
    for statement in statements:
        assign(statement, values)
        if isinstance(statement, ast.If | ast.For | ast.While | ast.With | ast.Try):
            for inner in ast.walk(statement):
                if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                    values.pop(inner.id, None)
    return values


def pinned(letters: Mapping[str, Expr]) -> Values:
    """What the command line says of names, where it is a number."""
    numbers = {name: number_of(value) for name, value in letters.items()}
    return {
        name: ast.Constant(int(value)) for name, value in numbers.items() if value is not None and value == int(value)
    }


def arguments(
    function: ast.FunctionDef, call: ast.Call | None, values: Values, pinned: Values, skip: int = 0
) -> Values:
    """The values of a function's parameters: those of a call, else their defaults; one without either has none.

    ``pinned`` are values that stand in place of both; ``skip`` of the first parameters are not given by a call, as
    ``self``.
    """
    spec = function.args
    positional = [*spec.posonlyargs, *spec.args]
    defaults: list[tuple[str, ast.expr | None]] = [(parameter.arg, None) for parameter in positional]
    for place, default in zip(range(len(positional) - len(spec.defaults), len(positional)), spec.defaults, strict=True):
        defaults[place] = (positional[place].arg, default)
    defaults += [(parameter.arg, default) for parameter, default in zip(spec.kwonlyargs, spec.kw_defaults, strict=True)]
    given: dict[str, ast.expr | None] = dict(defaults)
    if call is not None:
        names: Sequence[str] = [parameter.arg for parameter in positional[skip:]]
        given |= dict(zip(names, call.args, strict=False))
        given |= {word.arg: word.value for word in call.keywords if word.arg is not None}
    given |= {name: pinned[name] for name in pinned if name in given}
    found = {name: value for name, value in values.items() if name not in given}  # a parameter hides a constant
    worked = {name: constant(value, values) for name, value in given.items() if value is not None}
    return found | {name: value for name, value in worked.items() if value is not None}
