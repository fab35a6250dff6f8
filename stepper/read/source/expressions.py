"""Expressions of the source: names, numbers, operators, calls, comprehensions, f-strings."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence

from stepper.read.source.calls import Calls
from stepper.read.source.operators import SIGNS
from stepper.read.source.tensor import Tensor
from stepper.read.source.text import formatted
from stepper.read.source.values import Class, Frame, Function, Refused, Super, Unknown, Value, fails

COMPARISONS: Mapping[type[ast.cmpop], str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Is: "is",
    ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip


class Expressions(Calls):
    """Works expressions out."""

    def __init__(self) -> None:
        super().__init__()
        self.kinds: dict[type[ast.expr], Callable[..., Value]] = {
            ast.Constant: self.constant, ast.Name: self.name, ast.Attribute: self.dotted, ast.Call: self.called,
            ast.BinOp: self.operation, ast.UnaryOp: self.signed, ast.BoolOp: self.logical, ast.Compare: self.compared,
            ast.Tuple: self.row, ast.List: self.row, ast.Set: self.row, ast.Dict: self.mapping,
            ast.Subscript: self.entry, ast.Slice: self.slice, ast.IfExp: self.choice, ast.Lambda: self.function,
            ast.ListComp: self.comprehension, ast.SetComp: self.comprehension, ast.GeneratorExp: self.comprehension,
            ast.DictComp: self.comprehension, ast.JoinedStr: self.joined, ast.FormattedValue: self.formatted,
            ast.NamedExpr: self.named, ast.Starred: self.starred, ast.Yield: self.yielded, ast.YieldFrom: self.yielded,
            ast.Await: self.refused,
        }  # fmt: skip

    def evaluate(self, node: ast.expr) -> Value:
        self.left -= 1
        if self.left < 0:
            self.step()
        return self.kinds[type(node)](node)

    def refused(self, node: ast.expr) -> Value:
        raise Refused(f"this expression is not followed: {ast.unparse(node)[:60]}")

    def constant(self, node: ast.Constant) -> Value:
        return node.value

    def name(self, node: ast.Name) -> Value:
        return self.lookup(node.id)

    def dotted(self, node: ast.Attribute) -> Value:
        owner = self.evaluate(node.value)
        self.frame.at = node
        return self.attribute(owner, node.attr)

    # ---- operators

    def operation(self, node: ast.BinOp) -> Value:
        left, right = self.evaluate(node.left), self.evaluate(node.right)
        self.frame.at = node
        return self.binary(SIGNS[type(node.op)], left, right)

    def signed(self, node: ast.UnaryOp) -> Value:
        value = self.evaluate(node.operand)
        if isinstance(node.op, ast.Not):
            value = self.known(value)
            return value if isinstance(value, Unknown) else not self.truth(value)
        return self.unary({ast.USub: "-", ast.UAdd: "+", ast.Invert: "~"}[type(node.op)], value)

    def logical(self, node: ast.BoolOp) -> Value:
        value: Value = None
        for part in node.values:
            value = self.evaluate(part)
            if self.truth(value) == isinstance(node.op, ast.Or):
                return value
        return value

    def compared(self, node: ast.Compare) -> Value:
        left = self.evaluate(node.left)
        for sign, part in zip(node.ops, node.comparators, strict=True):
            right = self.evaluate(part)
            self.frame.at = node
            found = self.compare(COMPARISONS[type(sign)], left, right)
            if len(node.ops) == 1:
                return found
            if not self.truth(found):
                return False
            left = right
        return True

    def choice(self, node: ast.IfExp) -> Value:
        return self.evaluate(node.body if self.decided(node.test) else node.orelse)

    def decided(self, test: ast.expr) -> bool:
        """Which way a condition goes; one that depends on data is refused, or goes as it is told to."""
        self.frame.at = test
        value = self.known(self.evaluate(test))
        if isinstance(value, Tensor) and value.numbers is None:
            value = Unknown("the numbers of a tensor")
        if isinstance(value, Unknown):
            return self.assumed(test, value)
        found = self.truth(value)
        if self.asks_for_training(test):
            self.say("training is False, as in evaluation")
        return found

    # ---- collections

    def row(self, node: ast.Tuple | ast.List | ast.Set) -> Value:
        found: list[Value] = []
        for part in node.elts:
            if isinstance(part, ast.Starred):
                found += self.items(self.evaluate(part.value))
                self.room(len(found))
            else:
                found.append(self.evaluate(part))
        self.room(len(found))
        return tuple(found) if isinstance(node, ast.Tuple) else found if isinstance(node, ast.List) else set(found)

    def starred(self, node: ast.Starred) -> Value:
        return self.evaluate(node.value)

    def mapping(self, node: ast.Dict) -> Value:
        found: dict[Value, Value] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                more = self.known(self.evaluate(value))
                found |= more if isinstance(more, dict) else {}
            else:
                found[self.evaluate(key)] = self.evaluate(value)
        self.room(len(found))
        return found

    def slice(self, node: ast.Slice) -> Value:
        parts = (None if part is None else self.evaluate(part) for part in (node.lower, node.upper, node.step))
        return slice(*parts)

    def entry(self, node: ast.Subscript) -> Value:
        owner = self.evaluate(node.value)
        index = self.evaluate(node.slice)
        self.frame.at = node
        return self.subscript(owner, index)

    def comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Value:
        first = self.evaluate(node.generators[0].iter)
        around = self.frame
        inner = Frame(around.file, {}, (around.names, *around.outer), around.function)
        inner.receiver, inner.at = around.receiver, around.at
        found: list[Value] = []

        def work() -> None:
            for _ in self.turns(node.generators, first):
                if isinstance(node, ast.DictComp):
                    found.append((self.evaluate(node.key), self.evaluate(node.value)))
                else:
                    found.append(self.evaluate(node.elt))
                self.room(1)

        self.within(inner, work)
        if isinstance(node, ast.DictComp):
            return dict(pair for pair in found if isinstance(pair, tuple))
        return set(found) if isinstance(node, ast.SetComp) else found

    def turns(self, generators: Sequence[ast.comprehension], first: Value = None) -> Iterator[None]:
        """Each turn of loops one inside the other."""
        loop, *inner = generators
        for item in self.items(self.evaluate(loop.iter) if first is None else first):
            self.step()
            self.assign(loop.target, item)
            if all(self.decided(test) for test in loop.ifs):
                if inner:
                    yield from self.turns(inner)
                else:
                    yield

    # ---- calls and functions

    def function(self, node: ast.Lambda) -> Value:
        return self.function_of(node)

    def function_of(self, node: ast.Lambda | ast.FunctionDef | ast.AsyncFunctionDef) -> Function:
        """A function with its defaults, which are worked out where it stands."""
        frame = self.frame
        defaults = [self.evaluate(part) for part in node.args.defaults]
        named = {
            parameter.arg: self.evaluate(part)
            for parameter, part in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
            if part is not None
        }
        own = frame.names is not frame.file.names and "__class_body__" not in frame.names
        outer = (frame.names, *frame.outer) if own else frame.outer
        return Function(node, frame.file, outer, defaults, named)

    def called(self, node: ast.Call) -> Value:
        if isinstance(node.func, ast.Name) and node.func.id == "super" and "super" not in self.frame.names:
            return self.superior(node)
        function = self.evaluate(node.func)
        arguments: list[Value] = []
        for part in node.args:
            if isinstance(part, ast.Starred):
                arguments += self.items(self.evaluate(part.value))
                self.room(len(arguments))
            else:
                arguments.append(self.evaluate(part))
        named: dict[str, Value] = {}
        for word in node.keywords:
            if word.arg is None:
                more = self.known(self.evaluate(word.value))
                named |= {str(key): value for key, value in more.items()} if isinstance(more, dict) else {}
            else:
                named[word.arg] = self.evaluate(word.value)
        self.frame.at = node
        return self.call(function, arguments, named)

    def superior(self, node: ast.Call) -> Value:
        """``super()`` in a method, or ``super(Net, self)``."""
        if node.args:
            kind, receiver = (self.known(self.evaluate(part)) for part in node.args[:2])
            if not isinstance(kind, Class):
                raise fails("NameError", f"name '{ast.unparse(node.args[0])}' is not defined")
            return Super(receiver, kind)
        function = self.frame.function
        owner = function.owner if function is not None else None
        if owner is None:
            raise fails("RuntimeError", "super() is called outside a method")
        return Super(self.frame.receiver, owner)

    # ---- text

    def joined(self, node: ast.JoinedStr) -> Value:
        return "".join(str(self.evaluate(part)) for part in node.values)

    def formatted(self, node: ast.FormattedValue) -> Value:
        spec = "" if node.format_spec is None else str(self.evaluate(node.format_spec))
        return formatted(self.known(self.evaluate(node.value)), spec, {114: "r", 115: "s"}.get(node.conversion, ""))

    def named(self, node: ast.NamedExpr) -> Value:
        value = self.evaluate(node.value)
        self.assign(node.target, value)
        return value

    def yielded(self, node: ast.Yield | ast.YieldFrom) -> Value:
        """What a generator gives is collected: it is worked out at once, not on demand."""
        value = None if node.value is None else self.evaluate(node.value)
        found = self.frame.shared.setdefault("yield ", {})
        for item in self.items(value) if isinstance(node, ast.YieldFrom) else [value]:
            found[str(len(found))] = item
        self.room(1)
        return None

    def assign(self, target: ast.expr, value: Value) -> None:
        raise NotImplementedError

    def asks_for_training(self, test: ast.expr) -> bool:
        """Does a condition read ``self.training``?"""
        return any(isinstance(part, ast.Attribute) and part.attr == "training" for part in ast.walk(test))

    def assumed(self, test: ast.expr, value: Unknown) -> bool:
        """The way that a branch on an unknown value is told to go."""
        written = ast.unparse(test)
        if written in self.assumptions:
            self.say(f"assumed: {written[:60]} is {self.assumptions[written]}")
            return self.assumptions[written]
        raise Refused(
            f"which way this goes depends on {value.what}: {written[:60]}",
            f"--assume '{written[:60]}=True', or False, says it",
        )
