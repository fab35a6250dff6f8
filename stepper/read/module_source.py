"""A class with ``__init__`` and ``forward``: its source is parsed with ast and followed; nothing of it runs."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from msgspec.structs import replace

from stepper.core.network import INPUT, Layer, Network
from stepper.errors import Place, Problem, StepperError
from stepper.read.calls import row_named, settings_of
from stepper.read.collect import Piece
from stepper.read.constants import Values, arguments, assign, constants, filled, pinned
from stepper.read.items import Listing
from stepper.read.models import chosen, made_models, say_values
from stepper.read.python import parsed, place_of
from stepper.tables.layers import BY_LAYER_NAME, LAYER_ROWS

ADDITION = "Add"
STACK = "Concat"
FLATTEN = "Flatten"
RESHAPE = "Reshape"
SKIPPED = frozenset({"contiguous", "clone", "to", "float", "detach"})
RENAMED = {"axis": "dim"}
OWNERS = frozenset({"F", "torch", "nn", "nn.functional", "torch.nn.functional"})


def read_module(source: str, origin: str, listing: Listing) -> Network:
    """A network from the source of a module.

    Raises:
        StepperError: with every problem found.
    """
    tree = parsed(source, origin, listing)
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    modules = {found.name: found for found in classes if _method(found, "forward") is not None}
    if not modules:
        raise StepperError(Problem("no class here has a forward method", Place(origin)))
    inner = [name for name in modules if any(_makes(found, name) for other, found in modules.items() if other != name)]
    made = chosen(listing, [*modules], made_models(tree, [*modules]), inner, origin)
    follower = _Follower(source.split("\n"), origin, listing)
    follower.follow(modules[made.model], made.call, constants(tree.body))
    say_values(follower.used, listing)
    unused = follower.unused()
    listing.settle_input()
    return replace(listing.network(), unused=unused)


def _makes(owner: ast.ClassDef, name: str) -> bool:
    """Does a class make an instance of another?"""
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
        for node in ast.walk(owner)
    )


def _method(owner: ast.ClassDef, name: str) -> ast.FunctionDef | None:
    return next((node for node in owner.body if isinstance(node, ast.FunctionDef) and node.name == name), None)


class _Follower:
    """Follows what is handed on in ``forward``: each variable holds the name of a layer."""

    def __init__(self, lines: Sequence[str], origin: str, listing: Listing) -> None:
        self.lines, self.origin, self.listing = lines, origin, listing
        self.made: dict[str, ast.expr] = {}
        self.hidden: set[str] = set()
        self.values: Values = {}
        self.used: Values = {}
        self.pinned = pinned(listing.letters)
        self.held: dict[str, str] = {}
        self.first: dict[str, list[str]] = {}
        self.alike: dict[str, str] = {}

    def place(self, node: ast.AST) -> Place:
        return place_of(node, self.lines, self.origin)

    def fail(self, node: ast.AST, what: str, hint: str = "") -> str:
        self.listing.problems.append(Problem(what, self.place(node), hint))
        return INPUT

    def follow(self, module: ast.ClassDef, call: ast.Call | None, values: Values) -> None:
        """``__init__`` with the values of its names, as ``call`` makes the module, then ``forward``."""
        made, forward = _method(module, "__init__"), _method(module, "forward")
        self.values = arguments(made, call, values, self.pinned, 1) if made is not None else values
        for statement in made.body if made is not None else []:
            self.making(statement)
        assert forward is not None
        own = {name: value for name, value in self.values.items() if name.startswith("self.")}
        self.values = arguments(forward, None, values | own, self.pinned)
        inputs = [argument.arg for argument in forward.args.args if argument.arg != "self"]
        self.held = dict.fromkeys(inputs[:1], INPUT)
        for line in forward.body:
            self.statement(line)
            if isinstance(line, ast.Return):
                break

    def making(self, statement: ast.stmt) -> None:
        """A line of ``__init__``: a constant, or a layer that it makes."""
        if assign(statement, self.values):
            return
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Attribute):
            value, name = statement.value, statement.targets[0].attr
            if (
                isinstance(value, ast.Attribute) and value.attr in self.made
            ):  # self.b = self.a: the same layer by two names
                self.alike[name] = value.attr
            else:
                self.made[name] = filled(value, self.values, self.used)
        elif isinstance(statement, ast.If | ast.For | ast.While | ast.With | ast.Try):
            stored = [
                node
                for node in ast.walk(statement)
                if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store)
            ]
            for node in stored:
                self.values.pop(ast.unparse(node), None)
                self.hidden |= {node.attr} if isinstance(node, ast.Attribute) else set()

    def unused(self) -> tuple[Layer, ...]:
        """Layers that ``__init__`` makes and ``forward`` does not use; PyTorch counts what they hold."""
        spare = Listing(self.origin)
        for name, value in self.made.items():
            known = len(spare.problems)
            if name not in self.first and name not in self.alike.values() and isinstance(value, ast.Call):
                spare.item(Piece(self.text(value), self.place(value), name))
            if len(spare.problems) > known:
                self.listing.said[
                    (f"self.{name} = {self.text(value)} is not used, and not counted: it is not known here",)
                ] = None
        return tuple(layer for layer in spare.layers if layer.kind)

    def statement(self, line: ast.stmt) -> None:
        if assign(line, self.values):
            return
        match line:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                self.held[name] = self.value(value)
            case ast.AugAssign(target=ast.Name(id=name), op=ast.Add(), value=value):
                self.held[name] = self.add([self.held.get(name, INPUT), self.value(value)], line)
            case ast.Return(value=value) if value is not None:
                self.value(value)
            case ast.Expr(value=ast.Constant()) | ast.Pass():
                pass
            case _:
                self.fail(
                    line, "this statement of forward is not followed", "assignments, calls, additions and torch.cat are"
                )

    def value(self, node: ast.expr) -> str:
        """The name of the layer whose output an expression is."""
        match node:
            case ast.Name(id=name):
                return self.held[name] if name in self.held else self.fail(node, f"'{name}' holds no output of a layer")
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self.add([self.value(left), self.value(right)], node)
            case ast.Call():
                return self.call(node)
            case _:
                return self.fail(node, "this expression of forward is not followed")

    def call(self, node: ast.Call) -> str:
        match node.func:
            case ast.Attribute(value=ast.Name(id="self"), attr=name):
                before = self.value(node.args[0]) if node.args else INPUT
                name = self.alike.get(name, name)
                if name in self.hidden:
                    return self.fail(
                        node, f"self.{name} is made in a branch or a loop of __init__, which is not followed"
                    )
                if name not in self.made:
                    return self.fail(node, f"self.{name} is not made in __init__")
                return self.layer(name, self.made[name], before)
            case ast.Attribute(value=ast.Name(id="torch"), attr="cat" | "concat"):
                parts = node.args[0].elts if node.args and isinstance(node.args[0], ast.List | ast.Tuple) else []
                if not parts:
                    return self.fail(node, "what is stacked must be given here as a list", "torch.cat([a, b], dim=1)")
                if len(node.args) < 2 and not any(word.arg in ("dim", "axis") for word in node.keywords):
                    return self.fail(node, "torch.cat without dim stacks along the batch", "say dim=1 for the channels")
                return self.applied(STACK, node, tuple(map(self.value, parts)), node.args[1:])
            case ast.Attribute(value=ast.Name(id="torch"), attr="flatten") if node.args:
                return self.flatten(node, node.args[0], node.args[1:])
            case ast.Attribute(value=ast.Name(id="torch"), attr="add") if len(node.args) == 2:
                return self.add([self.value(part) for part in node.args], node)
            case ast.Attribute(value=owner, attr=name) if ast.unparse(owner) in OWNERS:
                return self.functional(name, node)
            case ast.Name(id=name):
                return self.functional(name, node)
            case ast.Attribute(value=inner, attr="view" | "reshape"):
                return self.reshape(node, inner)
            case ast.Attribute(value=inner, attr="flatten"):
                return self.flatten(node, inner, node.args)
            case ast.Attribute(value=inner, attr=name) if name in SKIPPED:
                return self.value(inner)
            case ast.Attribute(value=inner, attr=name) if row_named(name) is not None:  # x.relu()
                return self.applied(BY_LAYER_NAME[name].name, node, (self.value(inner),), node.args)
            case ast.Call():  # nn.ReLU()(x)
                before = self.value(node.args[0]) if node.args else INPUT
                return self.layer("", node.func, before)
            case _:
                return self.fail(node, "this call of forward is not followed")

    def functional(self, name: str, node: ast.Call) -> str:
        """``F.relu(x)``, ``F.max_pool2d(x, 2)``: the function of a layer."""
        row = row_named(name)
        if row is None:
            return self.fail(node, f"'{name}' is not a known function of layers")
        return self.applied(row.name, node, (self.value(node.args[0]) if node.args else INPUT,), node.args[1:])

    def applied(self, kind: str, node: ast.Call, reads: tuple[str, ...], rest: Sequence[ast.expr]) -> str:
        """A layer with the settings of a call."""
        named = {
            RENAMED.get(word.arg or "", word.arg): self.text(word.value)
            for word in node.keywords
            if word.arg != "training"
        }
        words = [
            *(text for text in map(self.text, rest) if text != "self.training"),
            *(f"{name}={text}" for name, text in named.items()),
        ]
        row = LAYER_ROWS[kind]
        row = replace(row, parameters=row.functional or row.parameters)
        settings = settings_of(row, ", ".join(words), self.place(node), self.listing.problems)
        return self.listing.add(kind, settings, self.piece(node), reads)

    def flatten(self, node: ast.Call, inner: ast.expr, rest: Sequence[ast.expr]) -> str:
        """``torch.flatten(x, 1)``. Without a first axis the batch is merged too, which a net does not mean."""
        if not rest and not any(word.arg == "start_dim" for word in node.keywords):
            self.listing.said[("flatten without start_dim would merge the batch too; read as flatten from axis 1",)] = (
                None
            )
        return self.applied(FLATTEN, node, (self.value(inner),), rest)

    def reshape(self, node: ast.Call, inner: ast.expr) -> str:
        """``x.view(x.size(0), -1)``: the first size is the batch, of the others one may be -1."""
        sizes = [*node.args]
        if len(sizes) == 1 and isinstance(sizes[0], ast.Tuple | ast.List):
            sizes = sizes[0].elts
        before = self.value(inner)
        if len(sizes) < 2:
            return self.fail(
                node, "a view of the batch and at least one more axis is expected", "x.view(x.size(0), -1)"
            )
        words = [self.text(size) for size in sizes[1:]]
        if words == ["-1"]:
            return self.listing.add(FLATTEN, {}, self.piece(node), (before,))
        settings = settings_of(LAYER_ROWS[RESHAPE], f"[{', '.join(words)}]", self.place(node), self.listing.problems)
        return self.listing.add(RESHAPE, settings, self.piece(node), (before,))

    def layer(self, name: str, made: ast.expr, before: str) -> str:
        """A layer that ``__init__`` made, also a Sequential of them, applied to an output."""
        start = len(self.listing.layers)
        self.listing.tip = before
        self.listing.item(Piece(self.text(made), self.place(made), name))
        if len(self.listing.layers) == start:
            return before
        names = [layer.name for layer in self.listing.layers[start:]]
        if name and self.first.setdefault(name, names) is not names:
            self.listing.share(start, self.first[name])
        return self.listing.tip

    def add(self, names: list[str], node: ast.expr | ast.stmt) -> str:
        piece = Piece(ast.unparse(node), self.place(node))
        return self.listing.add(ADDITION, {}, piece, reads=tuple(names))

    def piece(self, node: ast.expr) -> Piece:
        return Piece(self.text(node), self.place(node))

    def text(self, node: ast.expr) -> str:
        """The source of an expression, with the values of its names."""
        return ast.unparse(filled(node, self.values, self.used))
