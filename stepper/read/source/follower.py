"""The follower: Python as far as it goes, with PyTorch's modules and tensors."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence

from stepper.core.expr import Expr, Num, Sym
from stepper.core.parser import parse
from stepper.errors import Place
from stepper.read.items import Listing
from stepper.read.source.arguments import written
from stepper.read.source.keras import LIST as KERAS_LIST
from stepper.read.source.modules import Made, children, is_module, setting, weight_of
from stepper.read.source.operators import called
from stepper.read.source.signs import Signs
from stepper.read.source.sizes import BATCH
from stepper.read.source.tensor import Node, Tensor
from stepper.read.source.trace import Trace, axis_number, place_of
from stepper.read.source.values import (
    Broken,
    Class,
    Function,
    Instance,
    Names,
    Native,
    Nothing,
    Raised,
    Refused,
    Unlisted,
    Value,
    fails,
)
from stepper.tables.layer import LayerRow
from stepper.tables.layers import LAYER_ROWS


class Follower(Signs):
    """Follows a source with its models.

    ``made`` are the models that the file makes, ``whole`` the one that runs, ``used`` the names that stood for a number
    where its layers were made.
    """

    def __init__(self, listing: Listing, given: Mapping[str, Value]) -> None:
        super().__init__()
        self.trace = Trace(listing, {})
        self.running, self.keras, self.nodes = False, listing.keras, 0
        self.pinned = given
        self.made: dict[str, Instance] = {}
        self.spoiled: list[Refused] = []
        self.whole: Instance | None = None
        self.used: dict[str, Value | None] = {}
        self.assumptions = listing.assumed

    def node(self, act: Callable[[list[Value]], Value] | None, inputs: list[Value]) -> Node:
        self.nodes += 1
        return Node(self.nodes, act, inputs)

    def here(self) -> Place:
        """Where the source is followed now."""
        return place_of(self.frame.file, self.frame.at, self.trace.listing.origin)

    def as_written(self, arguments: Sequence[Value], named: Mapping[str, Value]) -> str:
        """A product of numbers, 16*7*7, stays as it is written; of names the values stand there."""
        node = self.frame.at
        given: list[Value] = list(arguments)
        told: dict[str, Value] = dict(named)
        if isinstance(node, ast.Call) and len(node.args) == len(arguments):
            given = [_literal(part, value) for part, value in zip(node.args, arguments, strict=True)]
            told |= {word.arg: _literal(word.value, told[word.arg]) for word in node.keywords if word.arg in told}
        return written(given, told)

    # ---- layers

    def apply(
        self, kind: str, arguments: str, tensors: Sequence[Tensor], text: str, functional: bool = False
    ) -> Tensor:
        """The function of a layer on tensors."""
        return self.apply_made(kind, self.trace.settings(kind, arguments, functional), tensors, text, None)

    def apply_made(
        self, kind: str, settings: Mapping[str, Expr], tensors: Sequence[Tensor], text: str, module: Instance | None
    ) -> Tensor:  # fmt: skip
        made = module.data if module is not None else None
        self.trace.place = made.place if isinstance(made, Made) and made.place is not None else self.here()
        if self.trace.sizes is None:
            return self.unsized(kind, settings, tensors, text, module)
        dims = tensors[0].dims
        row = LAYER_ROWS[kind]
        if not dims or dims[0] != BATCH:
            settings = _placed(row, settings, dims)
        return self.trace.apply(kind, settings, tensors, text, module, self.inner_name(module))

    def inner_name(self, module: Instance | None) -> str:
        """The function by which a module runs its own weights: what it gives is not yet what the module gives."""
        function = self.frame.function
        own = function is not None and function.name == "forward" and self.frame.receiver is module
        at = self.frame.at
        return at.func.attr if own and isinstance(at, ast.Call) and isinstance(at.func, ast.Attribute) else ""

    def unsized(
        self, kind: str, settings: Mapping[str, Expr], tensors: Sequence[Tensor], text: str, module: Instance | None
    ) -> Tensor:
        """A layer without an input whose shape is said: what it gives is not known, but where it stands is."""
        name = self.trace.add(
            kind,
            settings,
            [*filter(None, map(self.trace.read, tensors))] or ["input"],
            text,
            self.trace.path_of(module),
            module,
        ).name
        return Tensor(None, name)

    def native(self, function: Native, arguments: Sequence[Value], named: Names) -> Value:
        if self.nodes and function.name not in NODES and any(map(_holds_node, (*arguments, *named.values()))):
            return self.node(lambda values: self.call(function, values, named), list(arguments))
        if self.running:
            self.trace.place = self.here()
        return super().native(function, arguments, named)

    # ---- modules

    def of_module(self, instance: Instance, name: str) -> Value:
        if name == "training":
            return False
        if name == "_modules":
            return children(instance)
        if isinstance(instance.data, Made):
            weight = weight_of(instance, name)
            if weight is not None or name == "bias":
                return weight
            try:
                return setting(instance, name)
            except KeyError:
                pass
            if name in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked", "inplace"):
                return None
        if name == "T_destination" or (
            name.startswith("_") and instance.kind.among("module") and name in ("_parameters", "_buffers")
        ):
            return {}
        return self.missing(instance, name)

    def set_attribute(self, owner: Value, name: str, value: Value) -> None:
        owner = self.known(owner)
        if name[:2] == "__" and name[-2:] == "__":
            raise fails("AttributeError", f"names such as {name} are not followed")
        value = self.known(value) if not isinstance(value, Function | Broken) else value
        match owner:
            case Instance():
                held = owner.kind.find(name)
                if held is not None and type(held[1]).__name__ == "Wrapped" and is_module(owner) is False:
                    owner.attributes[name] = value
                    return
                owner.attributes.pop(name, None) if is_module(value) else None
                if isinstance(value, Tensor) and isinstance(owner.data, Made) and weight_of(owner, name) is not None:
                    value.held = value.held or (owner, name)
                owner.attributes[name] = value
            case Class():
                owner.names[name] = value
            case Function():
                owner.attributes[name] = value
            case Tensor() | Nothing() | Unlisted() | Native():
                return
            case _:
                raise Refused(f"an attribute of {called(owner)} is not set")

    def bind_name(self, name: str, value: Value) -> None:
        if name in self.pinned and not self.running and self.frame.file.root_file:
            value = self.pinned[name]
        super().bind_name(name, value)
        if not self.running and isinstance(value, Instance) and is_module(value):
            self.made.pop(name, None)
            self.made[name] = value

    def spoil(self, name: str, why: Refused) -> None:
        value = self.frame.names[name]
        if isinstance(value, Instance) and is_module(value):
            self.spoiled.append(why)
            self.made = {other: module for other, module in self.made.items() if module is not value}
        super().spoil(name, why)

    def alone(self, node: ast.Expr) -> None:
        """An expression by itself; a model that stands there is one that the file makes."""
        value = self.evaluate(node.value)
        if not self.running and isinstance(value, Instance) and is_module(value) and len(self.frames) == 1:
            self.made.setdefault(value.kind.name, value)

    def dotted(self, node: ast.Attribute) -> Value:
        """``model.add(...)`` where no line above makes the model."""
        if node.attr == "add" and isinstance(node.value, ast.Name) and not self.running:
            owner = self.lookup(node.value.id)
            if isinstance(owner, Sym):
                self.bind_name(owner.name, self.construct(KERAS_LIST, [], {}))
        return super().dotted(node)

    def used_names(self) -> None:
        """The names that stood for a number where a layer of the model itself, or of the file, is made."""
        frame = self.frame
        if len(self.frames) > 2 or not frame.file.root_file or frame.at is None:
            return
        for node in ast.walk(frame.at):
            if isinstance(node, ast.Call):
                for inner in [*node.args, *(word.value for word in node.keywords)]:
                    self.used_in(inner)

    def used_in(self, node: ast.expr) -> None:
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name) or (
                isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Name) and inner.value.id == "self"
            ):
                name = ast.unparse(inner)
                try:
                    value = self.evaluate(inner)
                except (Refused, Raised):
                    continue
                if isinstance(value, bool | int | float | str | tuple) and name not in self.pinned:
                    self.used[name] = value if name not in self.used or self.used[name] == value else None


NODES = frozenset(
    {
        "Layer",
        "Model",
        "add",
        "append",
        "isinstance",
        "Sequential",
        "print",
        "extend",
        "len",
        "zip",
        "enumerate",
        "list",
    }
)
"""Functions that take outputs of a graph that does not run yet as they are."""


def _literal(node: ast.expr, value: Value) -> Value:
    """A calculation with numbers alone as a formula, else the value."""
    parts = [*ast.walk(node)]
    numbers = [part for part in parts if isinstance(part, ast.Constant) and type(part.value) is int]
    plain = all(isinstance(part, ast.BinOp | ast.Constant | ast.Add | ast.Sub | ast.Mult) for part in parts)
    return parse(ast.unparse(node)) if isinstance(node, ast.BinOp) and plain and len(numbers) < 10 else value


def _holds_node(value: Value) -> bool:
    return isinstance(value, Node) or (isinstance(value, list | tuple) and any(map(_holds_node, value)))


def _placed(row: LayerRow, settings: Mapping[str, Expr], dims: tuple[Value, ...]) -> Mapping[str, Expr]:
    """Settings that name an axis, counted with the batch as axis 0 although it stands elsewhere, or nowhere."""
    named = [row.along[0]] if row.along is not None else [word for word in (row.merge or ()) if word.isidentifier()]
    named += [row.split[0]] if row.split is not None else []
    found = dict(settings)
    for name, default, _ in row.signature():
        if name not in named or not dims:
            continue
        value = found.get(name, Num(default) if default.isdigit() else None)
        if isinstance(value, Num) and value.literal.isdigit() and int(value.literal) < len(dims):
            found[name] = Num(str(axis_number(int(value.literal), dims)))
    return found
