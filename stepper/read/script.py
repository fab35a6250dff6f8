"""A script that makes a model: the lines that make it are read as those of a listing, with the values of its names put
in.

A function's body is read where it stands, its parameters by its call or their defaults; the model that it makes goes by
its name. Of
several models one is taken: a Sequential by its variable, ``Model(inputs, outputs)`` by what its outputs are made of.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from msgspec import Struct, field

from stepper.core.network import Network
from stepper.errors import Problem
from stepper.read.calls import row_named
from stepper.read.collect import Piece
from stepper.read.constants import Values, arguments, assign, filled, pinned
from stepper.read.dialect import looks_like_keras
from stepper.read.items import Listing
from stepper.read.listing import read_lines
from stepper.read.models import Made, chosen, made_models, say_values
from stepper.read.python import parsed, place_of

CONTAINER = "Sequential"
MODEL = "Model"


class Line(Struct):
    """A statement that makes a part of a model, its values put in: ``gives`` is the variable that it is for."""

    node: ast.expr
    gives: str
    used: Values


class Script(Struct):
    """The lines of each model by its variable; those of none, which hand outputs on by names, in ``loose``."""

    models: dict[str, list[Line]] = field(default_factory=dict)
    loose: list[Line] = field(default_factory=list)
    outputs: dict[str, list[str]] = field(default_factory=dict)

    def take(self, inner: Script, function: str) -> None:
        """What a function makes; its one model goes by its name."""
        alone = len(inner.models) + len(inner.outputs) == 1
        self.models |= {function if alone else f"{function}.{name}": lines for name, lines in inner.models.items()}
        self.outputs |= {function if alone else f"{function}.{name}": names for name, names in inner.outputs.items()}
        self.loose += inner.loose


def read_script(source: str, origin: str, listing: Listing) -> Network:
    """A network from a script.

    Raises:
        StepperError: with every problem found.
    """
    tree, lines = parsed(source, origin, listing), source.split("\n")
    listing.keras = looks_like_keras(source)
    script = Script()
    _block(script, tree.body, tree, {}, listing, (lines, origin))
    names = [*script.models, *script.outputs]
    taken = script.loose
    if names:
        made = chosen(listing, names, made_models(tree, names) | {name: Made(name) for name in names}, [], origin)
        taken = script.models.get(made.model) or _slice(script.loose, script.outputs.get(made.model, []))
    used: Values = {}
    for line in taken:
        used |= line.used
    say_values(used, listing)
    pieces = [Piece(_written(line), place_of(line.node, lines, origin)) for line in taken]
    return read_lines(listing, pieces)


def _written(line: Line) -> str:
    written = ast.unparse(line.node)
    return f"{line.gives} = {written}" if line.gives else written


def _block(
    script: Script,
    body: Sequence[ast.stmt],
    tree: ast.Module,
    values: Values,
    listing: Listing,
    at: tuple[Sequence[str], str],
) -> None:
    """The statements of a block, of functions and branches in their places."""
    for statement in body:
        if assign(statement, values):
            continue
        match statement:
            case ast.FunctionDef():
                inner, call = Script(), _call_of(tree, statement.name)
                _block(
                    inner,
                    statement.body,
                    tree,
                    arguments(statement, call, values, pinned(listing.letters)),
                    listing,
                    at,
                )
                script.take(inner, statement.name)
            case ast.If() | ast.With():
                _block(script, statement.body, tree, values, listing, at)
            case ast.For() | ast.While() if any(_adds(node) for node in ast.walk(statement)):
                hint = "write its turns out, or [...]*3 in a listing"
                listing.problems.append(
                    Problem("a loop that adds layers is not followed", place_of(statement, *at), hint)
                )
            case ast.Expr(value=ast.Call() as call) | ast.Return(value=ast.Call() as call):
                _line(script, "", call, values)
            case ast.Assign(targets=[target], value=ast.expr() as value):
                _line(script, ast.unparse(target), value, values)
            case _:
                pass


def _line(script: Script, gives: str, value: ast.expr, values: Values) -> None:
    """A statement by what it is for: a model's container, a layer added to one, a model of outputs, or a layer."""
    used: Values = {}
    node = filled(value, values, used)
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr="add"), args=[ast.Call()]) if not gives:
            script.models.setdefault(owner, []).append(Line(node, "", used))
        case ast.Call(func=function) if _last(function) == CONTAINER:
            script.models[gives or CONTAINER] = [Line(node, "", used)] if node.args else []
        case ast.Call(func=function) if _last(function) == MODEL:
            outputs = next(
                (word.value for word in node.keywords if word.arg == "outputs"),
                node.args[1] if len(node.args) > 1 else None,
            )
            script.outputs[gives or MODEL] = [] if outputs is None else sorted(_names(outputs))
        case ast.Call() if gives or _is_layer(node):
            script.loose.append(Line(node, gives, used))
        case ast.BinOp() if gives:
            script.loose.append(Line(node, gives, used))
        case _:
            pass


def _slice(lines: Sequence[Line], outputs: Sequence[str]) -> list[Line]:
    """The lines that some outputs are made of."""
    needed, found = set(outputs), []
    for line in reversed(lines):
        if line.gives in needed:
            needed.discard(line.gives)
            needed |= _names(line.node)
            found.append(line)
    return found[::-1]


def _call_of(tree: ast.Module, name: str) -> ast.Call | None:
    """The last call of a function, whose arguments count."""
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
    ]
    return max(calls, key=lambda node: node.lineno, default=None)


def _adds(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and (
        _is_layer(node) or (isinstance(node.func, ast.Attribute) and node.func.attr == "add")
    )


def _is_layer(node: ast.Call) -> bool:
    """Is it a call of a layer, or of a layer that is made there: ``Dense(3)(x)``?"""
    return isinstance(node.func, ast.Call) or row_named(ast.unparse(node.func)) is not None


def _last(function: ast.expr) -> str:
    return ast.unparse(function).rpartition(".")[2]


def _names(node: ast.expr) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
