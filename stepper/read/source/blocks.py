"""Functions and classes of the source, and what it raises and catches."""

from __future__ import annotations

import ast

from stepper.read.source.calls import elsewhere
from stepper.read.source.expressions import Expressions
from stepper.read.source.operators import called
from stepper.read.source.tensor import Tensor
from stepper.read.source.text import words
from stepper.read.source.values import (
    Class,
    Frame,
    Function,
    Instance,
    Names,
    Nothing,
    Raised,
    Refused,
    Unknown,
    Unlisted,
    Value,
    fails,
)


class Blocks(Expressions):
    """Defines functions and classes, raises and catches."""

    # ---- functions and classes

    def defined(self, node: ast.FunctionDef) -> None:
        function = self.function_of(node)
        owner = self.frame.names.get("__class_body__")
        function.owner = owner if isinstance(owner, Class) else None
        value: Value = function
        for decorator in reversed(node.decorator_list):
            value = self.decorated(decorator, value, node.name)
        self.bind_name(node.name, value)

    def decorated(self, decorator: ast.expr, value: Value, name: str) -> Value:
        """What a decorator makes of a function; one that is not followed leaves it as it is, and that is said."""
        written = ast.unparse(decorator).partition("(")[0]
        if written.endswith((".setter", ".deleter", ".getter")):
            return self.frame.names.get(name, value)
        depth = len(self.frames)
        try:
            found = self.call(self.evaluate(decorator), [value])
        except (Refused, Raised):
            del self.frames[depth:]
            if isinstance(value, Function):
                value.passed = f"the decorator @{written} of {name} is passed over"
            return value
        return value if isinstance(found, Nothing | Unlisted | Unknown | None) else found

    def class_defined(self, node: ast.ClassDef) -> None:
        bases = [self.base(self.known(self.evaluate(part))) for part in node.bases if not isinstance(part, ast.Starred)]
        try:
            kind = Class(node.name, bases)
        except TypeError as error:
            raise fails("TypeError", str(error)) from None
        around = self.frame
        names: Names = {"__class_body__": kind}
        inner = Frame(
            around.file, names, around.outer if around.names is around.file.names else (around.names, *around.outer)
        )
        inner.at = node
        self.within(inner, lambda: self.execute(node.body))
        fields = names.pop("__fields__", [])
        del names["__class_body__"]
        kind.names.update(names)
        kind.fields = tuple(map(str, fields)) if isinstance(fields, list) else ()
        found: Value = kind
        for base in kind.order:
            if "__made__" in base.names and base is not kind:
                found = self.call(base.names["__made__"], [kind])
                break
        for decorator in reversed(node.decorator_list):
            found = self.decorated(decorator, found, node.name)
        self.bind_name(node.name, found)

    def base(self, value: Value) -> Class:
        """A class from which another is made; of one that is not known the names are not known either."""
        if isinstance(value, Class):
            return value
        if isinstance(value, Nothing):
            return Class(value.path)
        hint = elsewhere(value.path) if isinstance(value, Unlisted) else ""
        raise Refused(f"a class made from {called(value)} is not followed", hint)

    # ---- what is raised

    def raises(self, node: ast.Raise) -> None:
        if node.exc is None:
            raise fails("RuntimeError", "nothing to raise again")
        value = self.known(self.evaluate(node.exc))
        if isinstance(value, Class):
            value = self.construct(value, [], {})
        if not isinstance(value, Instance):
            raise Refused(f"{called(value)} is not raised")
        said = value.attributes.get("args", ())
        message = " ".join(map(words, said)) if isinstance(said, tuple) else ""
        raise Raised(value.kind.name, message, value)

    def asserted(self, node: ast.Assert) -> None:
        value = self.known(self.evaluate(node.test))
        if isinstance(value, Unknown | Tensor) or self.truth(value):
            return
        told = "" if node.msg is None else f": {words(self.evaluate(node.msg))}"
        raise fails("AssertionError", f"{ast.unparse(node.test)[:80]} does not hold{told}")

    def tried(self, node: ast.Try) -> None:
        depth = len(self.frames)
        try:
            self.execute(node.body)
        except Raised as error:
            del self.frames[depth:]
            handler = next((part for part in node.handlers if self.catches(part, error)), None)
            if handler is None:
                raise
            if handler.name:
                self.bind_name(handler.name, error.value if error.value is not None else error.message)
            self.execute(handler.body)
        else:
            self.execute(node.orelse)
        finally:
            if len(self.frames) == depth:
                self.execute(node.finalbody)

    def catches(self, handler: ast.ExceptHandler, error: Raised) -> bool:
        if handler.type is None:
            return True
        wanted = self.known(self.evaluate(handler.type))
        kinds = wanted if isinstance(wanted, tuple) else (wanted,)
        names = {kind.name for kind in map(self.known, kinds) if isinstance(kind, Class)}
        raised = error.value.kind.order if isinstance(error.value, Instance) else ()
        families = {error.kind, "Exception", "BaseException", *(kind.name for kind in raised)}
        return bool(names & families)
