"""Statements of a script, written out one after the other."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence

from stepper.read.scripts.calls import HOLDERS, Calls, last, look
from stepper.read.scripts.values import (
    Ended,
    Function,
    Kind,
    Object,
    Refusal,
    Returned,
    Value,
    Written,
)

IDLE = ("requires_grad_", "retain_grad", "zero_grad", "zero_", "step")
"""Methods that change no number of the calculation."""


class Following(Calls):
    """Follows a script. ``lines`` are its assignments."""

    def __init__(self, tree: ast.Module) -> None:
        super().__init__()
        self.turns: list[int] = []
        names = {part.id for part in ast.walk(tree) if isinstance(part, ast.Name)}
        names |= {part.arg for part in ast.walk(tree) if isinstance(part, ast.arg)}
        self.looks = {look(name) for name in names}
        backward = [part for part in ast.walk(tree) if _is_backward(part)]
        if len(backward) > 1:
            raise Refusal("backward is called twice, and gradients add up", backward[1], "one backward at a time")
        try:
            self.script(tree)
        except Ended:
            pass
        except Returned:
            raise Refusal("there is a return outside of a function") from None
        self.lines = _read_ones(self.lines)

    def script(self, tree: ast.Module) -> None:
        """The whole; of a file that only defines functions, the one that no other calls."""
        self.follow(tree.body)
        plain = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
        others = (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
        if any(not isinstance(node, others) and not _is_text(node) for node in tree.body):
            return
        called = {
            part.func.id for part in ast.walk(tree) if isinstance(part, ast.Call) and isinstance(part.func, ast.Name)
        }
        whole = [node for node in plain if node.name not in called]
        if len(whole) != 1:
            raise Refusal("which function is meant?", whole[-1] if whole else None, "call it: L = f(x, w)")
        node = whole[0]
        self.lines.append(Written(node.lineno, f"def {node.name}({ast.unparse(node.args)}):"))
        self.used |= {part.arg for part in node.args.args}
        try:
            self.follow(node.body)
        except Returned as returned:
            self.lines.append(Written(node.lineno, f"return {ast.unparse(self.as_formula(returned.value, node))}"))

    # ---- statements

    def follow(self, statements: Sequence[ast.stmt]) -> None:
        for node in statements:
            self.step(node)
            act = STATEMENTS.get(type(node))
            if act is None:
                raise Refusal("this statement is not followed", node, "a script is read, not run")
            act(self, node)

    def set(self, target: ast.expr, value: Value, node: ast.AST) -> None:
        """``name = value``, ``self.name = value``, ``row[i] = value``, ``a, b = values``."""
        inner = self.depth > 0
        match target:
            case ast.Name(id=name):
                self.scope.names[name] = self.assigned(name, value, node, inner)
            case ast.Attribute(attr=name):
                owner = self.value(target.value)
                if isinstance(owner, Object):
                    owner.names[name] = self.assigned(name, value, node, inner)
            case ast.Tuple() | ast.List():
                for part, item in self.apart(target, value):
                    self.set(part, item, node)
            case ast.Subscript():
                owner = self.value(target.value)
                place = self.count(self.value(target.slice), target)
                if not isinstance(owner, list) or not -len(owner) <= place < len(owner):
                    raise Refusal("this entry is not assigned to", target, "write each step as an assignment")
                owner[place] = self.assigned("entry", value, node, True)
            case _:
                raise Refusal("this is not assigned to", target)


# ---- by the kind of the statement


def _assign(self: Following, node: ast.Assign) -> None:
    value = self.value(node.value)
    for target in node.targets:
        self.set(target, value, node)


def _hinted(self: Following, node: ast.AnnAssign) -> None:
    if node.value is not None:
        self.set(node.target, self.value(node.value), node)


def _changed(self: Following, node: ast.AugAssign) -> None:
    self.set(node.target, self.value(ast.BinOp(node.target, node.op, node.value, lineno=node.lineno)), node)


def _expression(self: Following, node: ast.Expr) -> None:
    if _is_backward(node.value):
        assert isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Attribute)
        if any(turns > 1 for turns in self.turns):
            raise Refusal(
                "a loop that trains is not written out", node, "stepper optim and stepper train work out steps"
            )
        loss = self.formula(node.value.func.value)
        if not isinstance(loss, ast.Name):
            made = self.fresh("loss")
            self.write(node, f"{made} = {ast.unparse(loss)}")
            loss = ast.Name(made)
        self.write(node, f"{loss.id}.backward()")
        raise Ended
    if not isinstance(node.value, ast.Call):
        return
    if _begins_base(node.value):
        _base(self, node.value)
    elif self.scope.find(_root(node.value.func)) is not None and last(node.value.func) not in IDLE:
        self.value(node.value)


def _base(self: Following, node: ast.Call) -> None:
    """``super().__init__(...)``: what the class does from which this one is made."""
    owner = self.scope.find("self")
    base = owner.kind.base if isinstance(owner, Object) else None
    begun = base.method("__init__") if base is not None else None
    if base is not None and begun is not None:
        if base.base is not None:
            raise Refusal("a class that is made from one made from another is not followed", node)
        self.inlined(Function(begun, base.scope, owner if isinstance(owner, Object) else None),
                     [self.value(part) for part in node.args], {}, node)  # fmt: skip


def _loop(self: Following, node: ast.For) -> None:
    items = self.items(self.value(node.iter), node.iter)
    self.turns.append(len(items))
    for item in items:
        self.bound(node.target, item)
        self.follow(node.body)
    self.turns.pop()
    self.follow(node.orelse)


def _branch(self: Following, node: ast.If) -> None:
    self.follow(node.body if self.true(node.test) else node.orelse)


def _returned(self: Following, node: ast.Return) -> None:
    raise Returned(self.value(node.value) if node.value is not None else ast.Constant(None))


def _function(self: Following, node: ast.FunctionDef) -> None:
    self.scope.names[node.name] = Function(node, self.scope)


def _class(self: Following, node: ast.ClassDef) -> None:
    if node.name in HOLDERS and any(isinstance(part, ast.FunctionDef) and part.name == "__add__" for part in node.body):
        return  # what calculates by itself, as micrograd's Value does, is the number that it holds
    bases = [self.value(base) for base in node.bases]
    self.scope.names[node.name] = Kind(node, self.scope, next((base for base in bases if isinstance(base, Kind)), None))


STATEMENTS: Mapping[type[ast.stmt], Callable[..., None]] = {
    ast.Assign: _assign, ast.AnnAssign: _hinted, ast.AugAssign: _changed, ast.Expr: _expression, ast.For: _loop,
    ast.If: _branch, ast.Return: _returned, ast.FunctionDef: _function, ast.ClassDef: _class,
    ast.With: lambda self, node: self.follow(node.body),
    **dict.fromkeys((ast.Import, ast.ImportFrom, ast.Pass, ast.Assert), lambda self, node: None),
}  # fmt: skip


def _is_backward(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "backward"


def _begins_base(node: ast.Call) -> bool:
    match node.func:
        case ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr="__init__"):
            return True
    return False


def _root(func: ast.expr) -> str:
    """The name with which a dotted one begins."""
    while isinstance(func, ast.Attribute | ast.Subscript | ast.Call):
        func = func.func if isinstance(func, ast.Call) else func.value
    return func.id if isinstance(func, ast.Name) else ""


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _read_ones(lines: Sequence[Written]) -> list[Written]:
    """Without the numbers that nothing reads: they counted turns."""
    words = [set(re.findall(r"[^\W\d]\w*", line.text)) for line in lines]
    found = []
    for place, line in enumerate(lines):
        name, sign, rest = line.text.partition(" = ")
        plain = bool(sign) and re.fullmatch(r"-?\d+", rest) is not None
        if not plain or any(name in others for turn, others in enumerate(words) if turn != place):
            found.append(line)
    return found
