"""Statements of a script, written out one after the other."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence

from stepper.read.scripts.expressions import Expressions
from stepper.read.scripts.values import (
    Ended,
    Function,
    Kind,
    Listed,
    Names,
    Object,
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
IDLE = ("requires_grad_", "retain_grad", "zero_grad", "zero_", "step")
"""Methods that change no number of the calculation."""
HOLDERS = frozenset({
    "tensor", "Tensor", "Value", "Variable", "Parameter", "array", "asarray", "as_tensor", "FloatTensor",
})  # fmt: skip
"""Calls that hold the numbers which they are given."""


class Following(Expressions):
    """Follows a script. ``lines`` are its assignments."""

    def __init__(self, tree: ast.Module) -> None:
        super().__init__()
        self.lines: list[Written] = []
        self.renamed: list[str] = []
        self.turns: list[int] = []
        self.depth = 0
        names = {part.id for part in ast.walk(tree) if isinstance(part, ast.Name)}
        names |= {part.arg for part in ast.walk(tree) if isinstance(part, ast.arg)}
        self.looks = {_look(name) for name in names}
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

    def write(self, node: ast.AST, text: str) -> None:
        if len(self.lines) >= MOST_LINES:
            raise Refusal(f"this script comes to more than {MOST_LINES:,} assignments", node)
        self.lines.append(Written(getattr(node, "lineno", 1), text))

    def fresh(self, name: str) -> str:
        """A name for one more value: itself where it is new, else h_2, that looks like no other."""
        found, count = name, 1
        while found in self.used or (count > 1 and _look(found) in self.looks):
            count += 1
            found = f"{name}_{count}"
        if count > 1:
            self.renamed.append(f"{name} as {found}")
        self.used.add(found)
        self.looks.add(_look(found))
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
            case ast.Call(func=func, args=[ast.List() as row, *_]) if _last(func) in HOLDERS:
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
    elif self.scope.find(_root(node.value.func)) is not None and _last(node.value.func) not in IDLE:
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


def _last(func: ast.expr) -> str:
    return func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""


def _look(name: str) -> str:
    """What a name looks like in print."""
    return name.replace("_", "")


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
