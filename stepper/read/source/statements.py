"""Statements of the source: assignments, branches, loops, functions, classes, imports, what is raised and caught."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence

from stepper.read.source.blocks import Blocks
from stepper.read.source.operators import SIGNS, called
from stepper.read.source.sizes import whole
from stepper.read.source.tensor import Tensor
from stepper.read.source.values import (
    Broke,
    Broken,
    Continued,
    Instance,
    Native,
    Nothing,
    NotKnown,
    Refused,
    Returned,
    Value,
    fails,
)

TURNS = 100_000
"""Turns of one ``while``."""


class Statements(Blocks):
    """Carries statements out."""

    def __init__(self) -> None:
        super().__init__()
        self.ways: Mapping[type[ast.stmt], Callable[..., None]] = {
            ast.Expr: self.alone, ast.Assign: self.assignment, ast.AugAssign: self.augmented,
            ast.AnnAssign: self.annotated, ast.Return: self.returns, ast.If: self.branch, ast.For: self.loop,
            ast.While: self.repeated, ast.Break: self.breaks, ast.Continue: self.continues, ast.Pass: self.passes,
            ast.FunctionDef: self.defined, ast.ClassDef: self.class_defined, ast.Import: self.imported,
            ast.ImportFrom: self.imported_from, ast.Raise: self.raises, ast.Assert: self.asserted, ast.Try: self.tried,
            ast.With: self.with_block, ast.Delete: self.deleted, ast.Global: self.global_names,
            ast.Nonlocal: self.nonlocal_names,
        }  # fmt: skip

    def execute(self, statements: Sequence[ast.stmt]) -> None:
        for statement in statements:
            self.left -= 1
            if self.left < 0:
                self.step()
            self.frame.at = statement
            way = self.ways.get(type(statement))
            if way is None:
                raise Refused(f"this statement is not followed: {ast.unparse(statement)[:60].splitlines()[0]}")
            way(statement)

    def alone(self, node: ast.Expr) -> None:
        self.evaluate(node.value)

    def passes(self, node: ast.Pass) -> None:
        """Nothing."""

    def breaks(self, node: ast.Break) -> None:
        raise Broke

    def continues(self, node: ast.Continue) -> None:
        raise Continued

    def returns(self, node: ast.Return) -> None:
        raise Returned(None if node.value is None else self.evaluate(node.value))

    # ---- assignments

    def assignment(self, node: ast.Assign) -> None:
        try:
            value = self.evaluate(node.value)
        except NotKnown as error:
            if not self.may_wait(node):
                raise
            value = Broken(error)
            error.file, error.node = self.frame.file, node
        self.frame.at = node
        for target in node.targets:
            self.assign(target, value)

    def may_wait(self, node: ast.Assign) -> bool:
        """Is it a part of a module, of which nothing need be known unless it runs?"""
        function, target = self.frame.function, node.targets[0]
        inside = function is not None and function.name == "__init__" and isinstance(node.value, ast.Call)
        return inside and isinstance(target, ast.Attribute)

    def annotated(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.assign(node.target, self.evaluate(node.value))
        if isinstance(node.target, ast.Name) and self.frame.names.get("__class_body__"):
            fields = self.frame.names.setdefault("__fields__", [])
            assert isinstance(fields, list)
            fields.append(node.target.id)

    def augmented(self, node: ast.AugAssign) -> None:
        target = node.target
        if isinstance(target, ast.Name):
            before = self.lookup(target.id)
        elif isinstance(target, ast.Attribute):
            before = self.attribute(self.evaluate(target.value), target.attr)
        else:
            before = self.subscript(self.evaluate(target.value), self.evaluate(target.slice))
        after = self.evaluate(node.value)
        self.frame.at = node
        if isinstance(before, list) and isinstance(node.op, ast.Add):
            more = self.items(after)
            self.room(len(more))
            before.extend(more)
            return
        if isinstance(before, Instance) and isinstance(node.op, ast.Add) and (found := before.kind.find("__iadd__")):
            self.assign(target, self.call(found[1], [before, after]))
            return
        self.assign(target, self.binary(SIGNS[type(node.op)], before, after))

    def assign(self, target: ast.expr, value: Value) -> None:
        match target:
            case ast.Name(id=name):
                self.bind_name(name, value)
            case ast.Attribute(value=owner, attr=name):
                self.set_attribute(self.evaluate(owner), name, value)
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                self.unpack(parts, value)
            case ast.Subscript(value=owner, slice=index):
                self.set_entry(self.evaluate(owner), self.evaluate(index), value)
            case ast.Starred(value=inner):
                self.assign(inner, value)

    def bind_name(self, name: str, value: Value) -> None:
        """A name gets a value."""
        frame = self.frame
        frame.shared.get(name, frame.names)[name] = value

    def unpack(self, parts: Sequence[ast.expr], value: Value) -> None:
        """``a, *b = values``."""
        values = [*self.items(value)]
        star = next((place for place, part in enumerate(parts) if isinstance(part, ast.Starred)), None)
        if star is None and len(values) != len(parts):
            raise fails("ValueError", f"{len(values)} values are unpacked into {len(parts)} names")
        if star is not None:
            behind = len(parts) - star - 1
            if len(values) < len(parts) - 1:
                raise fails("ValueError", f"{len(values)} values are too few for {len(parts)} names")
            values = [*values[:star], values[star : len(values) - behind], *values[len(values) - behind :]]
        for part, item in zip(parts, values, strict=True):
            self.assign(part, item)

    def set_entry(self, owner: Value, index: Value, value: Value) -> None:
        owner, index = self.known(owner), self.known(index)
        if isinstance(owner, dict):
            self.room(1)
            owner[index] = value
        elif isinstance(owner, list):
            if isinstance(index, slice):
                raise Refused("an assignment to a part of a list is not followed")
            self.native(Native("index", lambda _: owner.__setitem__(whole(index, self.say), value)), [], {})
        elif isinstance(owner, Instance) and (found := owner.kind.find("__setitem__")):
            self.call(found[1], [owner, index, value])
        elif not isinstance(owner, Tensor | Nothing):
            raise Refused(f"an entry of {called(owner)} is not assigned")
        elif isinstance(owner, Tensor):
            owner.numbers = None

    # ---- branches and loops

    def branch(self, node: ast.If) -> None:
        self.execute(node.body if self.decided(node.test) else node.orelse)

    def loop(self, node: ast.For) -> None:
        try:
            for item in self.items(self.evaluate(node.iter)):
                self.step()
                self.assign(node.target, item)
                try:
                    self.execute(node.body)
                except Continued:
                    continue
        except Broke:
            return
        self.execute(node.orelse)

    def repeated(self, node: ast.While) -> None:
        turns = 0
        try:
            while self.decided(node.test):
                turns += 1
                if turns > TURNS:
                    raise Refused(f"this loop takes more than {TURNS:,} turns", "does it end?")
                try:
                    self.execute(node.body)
                except Continued:
                    continue
        except Broke:
            return
        self.execute(node.orelse)

    # ---- the rest

    def with_block(self, node: ast.With) -> None:
        for item in node.items:
            context = self.known(self.evaluate(item.context_expr))
            if isinstance(context, Instance) and (found := context.kind.find("__enter__")):
                context = self.call(found[1], [context])
            elif not isinstance(context, Nothing):
                raise Refused(f"'with {ast.unparse(item.context_expr)[:40]}' is not followed")
            if item.optional_vars is not None:
                self.assign(item.optional_vars, context)
        self.execute(node.body)

    def deleted(self, node: ast.Delete) -> None:
        for target in node.targets:
            match target:
                case ast.Name(id=name):
                    self.frame.names.pop(name, None)
                case ast.Attribute(value=owner, attr=name):
                    self.delete_attribute(self.known(self.evaluate(owner)), name)
                case ast.Subscript(value=owner, slice=index):
                    held, key = self.known(self.evaluate(owner)), self.known(self.evaluate(index))
                    if isinstance(held, dict):
                        held.pop(key, None)
                    elif isinstance(held, list) and isinstance(key, int):
                        del held[key]
                    else:
                        raise Refused("this is not taken out of here")

    def delete_attribute(self, owner: Value, name: str) -> None:
        if isinstance(owner, Instance):
            owner.attributes.pop(name, None)

    def global_names(self, node: ast.Global) -> None:
        self.frame.shared |= dict.fromkeys(node.names, self.frame.file.names)

    def nonlocal_names(self, node: ast.Nonlocal) -> None:
        for name in node.names:
            self.frame.shared[name] = next((names for names in self.frame.outer if name in names), self.frame.names)

    def imported(self, node: ast.Import) -> None:
        raise NotImplementedError

    def imported_from(self, node: ast.ImportFrom) -> None:
        raise NotImplementedError
