"""Which small errors a file can be given: one operator, sign, index, condition, slice, guard or keyword changed at a
time.

Not touched: annotations, decorators, docstrings, ``assert`` and ``strict=`` (they state what cannot happen), decimals
(tolerances and limits), the size of a cache, on which only time depends, and all that only makes the text of an error
message. Adding of text, lists and tuples is not turned into a difference: that fails at once, and tells nothing.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
}
NAMES = {"min": "max", "max": "min", "any": "all", "all": "any"}
UNTOUCHED = {"strict", "maxsize"}
"""Keywords of calls that stay as they are."""
MESSAGES = {"Problem", "StepperError", "Undefined", "cast"}


@dataclass(frozen=True)
class Site:
    """A place in a file and what stands there instead; ``key`` does not change when lines move."""

    key: str
    lines: range
    function: str
    """The outermost function, qualified by its class; empty at the level of the module."""
    parent: ast.AST
    field: str
    place: int | None
    node: ast.AST

    def put(self, node: ast.AST) -> None:
        if self.place is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.place] = node


def sites(tree: ast.Module, file: str) -> Iterator[tuple[Site, ast.AST]]:
    """Every place of a file and one change there, always in the same order."""
    seen: Counter[str] = Counter()
    for parent, field, place, node, scope in _walk(tree):
        for other in _alternatives(node, parent, field):
            spot = node if hasattr(node, "lineno") else parent
            ast.copy_location(other, spot)
            # a number or a slice says nothing without what stands around it
            around = (
                parent
                if isinstance(node, ast.Constant | ast.Slice) and isinstance(parent, ast.expr | ast.keyword)
                else node
            )
            here = Site(
                "", range(spot.lineno, (spot.end_lineno or spot.lineno) + 1), scope[0], parent, field, place, node
            )
            before = _spelled(around)
            here.put(other)
            after = _spelled(other if around is node else around)
            here.put(node)
            key = f"{file} {scope[1] or '-'}: {before}  ->  {after}"
            seen[key] += 1
            yield (
                Site(
                    key + (f" #{seen[key]}" if seen[key] > 1 else ""), here.lines, scope[0], parent, field, place, node
                ),
                other,
            )


def mutated(source: str, path: str, key: str, file: str) -> CodeType:
    """The code of a whole file with one error in it."""
    tree = ast.parse(source)
    site, other = next(found for found in sites(tree, file) if found[0].key == key)
    site.put(other)
    return compile(ast.fix_missing_locations(tree), path, "exec", dont_inherit=True)


def _spelled(node: ast.AST) -> str:
    if isinstance(node, ast.match_case | ast.comprehension):
        return type(node).__name__
    return " ".join(ast.unparse(ast.fix_missing_locations(node)).split())


def _walk(
    node: ast.AST, names: tuple[str, ...] = (), function: str = ""
) -> Iterator[tuple[ast.AST, str, int | None, ast.AST, tuple[str, str]]]:
    """Each child with its parent, its field and place there, and two names of the outermost function.

    The first is that whose body it is in, the second that whose text: defaults are worked out where a function is
    defined.
    """
    for field, value in ast.iter_fields(node):
        body = function or (".".join(names) if isinstance(node, ast.FunctionDef) and field == "body" else "")
        for place, child in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(child, ast.AST) and not _untouched(node, field, child):
                yield node, field, place if isinstance(value, list) else None, child, (body, ".".join(names))
                named = isinstance(child, ast.FunctionDef | ast.ClassDef) and not body
                yield from _walk(child, (*names, child.name) if named else names, body)


def _untouched(parent: ast.AST, field: str, child: ast.AST) -> bool:
    if isinstance(child, ast.Raise | ast.Assert) or field in {"annotation", "returns", "decorator_list", "type_params"}:
        return True
    if isinstance(child, ast.keyword) and child.arg in UNTOUCHED:
        return True
    if isinstance(child, ast.Call) and isinstance(child.func, ast.Name) and child.func.id in MESSAGES:
        return child.func.id != "cast"
    return (
        isinstance(parent, ast.Call)
        and isinstance(parent.func, ast.Name)
        and parent.func.id == "cast"
        and child is parent.args[0]
    )


def _alternatives(node: ast.AST, parent: ast.AST, field: str) -> Iterator[ast.AST]:
    match node:
        case ast.Compare(left, ops, others):
            for place, op in enumerate(ops):
                for other in COMPARISONS[type(op)]:
                    yield ast.Compare(left, [*ops[:place], other(), *ops[place + 1 :]], others)
        case ast.BinOp(left, op, right) if type(op) in OPERATORS and not (_is_text(left) or _is_text(right)):
            yield ast.BinOp(left, OPERATORS[type(op)](), right)
        case ast.AugAssign(target, op, value) if type(op) in OPERATORS and not _is_text(value):
            yield ast.AugAssign(target, OPERATORS[type(op)](), value)
        case ast.BoolOp(op, values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
            for place in range(len(values)):
                rest = [*values[:place], *values[place + 1 :]]
                yield rest[0] if len(rest) == 1 else ast.BoolOp(op, rest)
        case ast.UnaryOp(ast.Not() | ast.USub(), operand):
            yield operand
        case ast.Constant(bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(int(value)):
            yield ast.Constant(value + 1)
        case ast.Slice(lower, upper, step):
            if lower is not None:
                yield ast.Slice(None, upper, step)
            if upper is not None:
                yield ast.Slice(lower, None, step)
        case ast.Expr(ast.Call()):
            yield ast.Pass()
        case ast.Break():
            yield ast.Continue()
        case ast.Continue():
            yield ast.Break()
        case ast.Name(name) if name in NAMES:
            yield ast.Name(NAMES[name], node.ctx)
        case ast.Call(func, arguments, keywords):
            for place, keyword in enumerate(keywords):
                if keyword.arg not in UNTOUCHED:
                    yield ast.Call(func, arguments, [*keywords[:place], *keywords[place + 1 :]])
    if field in {"ifs", "guard"}:
        yield ast.Constant(True)
    if (
        field == "test"
        and not isinstance(node, ast.Compare | ast.BoolOp | ast.UnaryOp)
        and isinstance(parent, ast.If | ast.IfExp | ast.While)
    ):
        yield ast.UnaryOp(ast.Not(), node)


def _is_text(node: ast.expr) -> bool:
    """Do letters or a list stand here, so that only adding makes sense?"""
    return isinstance(node, ast.JoinedStr | ast.List | ast.Tuple | ast.ListComp) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
