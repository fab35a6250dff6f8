"""Layers written as formulas of arrays: a network among the nodes of a graph becomes nodes like the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from stepper.core.expr import (
    Array,
    Call,
    Expr,
    Num,
    Product,
    Sum,
    Sym,
    add_all,
    multiply_all,
    names,
    substitute,
    transform,
)
from stepper.core.formula import number_of, text
from stepper.core.graph import ArrayGraph, ArrayLeaf, Graph, LayeredGraph, Leaf, Node, Shape
from stepper.core.network import INPUT, Network
from stepper.core.parser import parse
from stepper.core.steps import Prose
from stepper.engine.layers.cell import chosen
from stepper.engine.layers.fitting import shown_shape
from stepper.engine.layers.network import work
from stepper.engine.layers.result import Done, Worked
from stepper.engine.layers.sizes import integer, literal
from stepper.errors import Place, Problem, StepperError
from stepper.tables.array import ArrayFunction
from stepper.tables.arrays import BY_ARRAY_NAME
from stepper.tables.layer import LayerRow as Row

WEIGHTS: Mapping[str, str] = {"weight": "W", "bias": "b", "kernel": "W"}
"""How what a layer holds is written, where its row does not say it."""
UNWRITTEN = "stepper shapes takes it; write what it does under 'nodes:'"
X, Y = Sym("x"), Sym("y")


def written(graph: Graph) -> Graph:
    """A graph whose layers, where it has any, are written as formulas of arrays.

    What a layer holds becomes a parameter: by the name that the document gives it, with the entries that stand there,
    or symbols where none do.

    Raises:
        StepperError: where a layer does not fit, or has no formula.
    """
    if not isinstance(graph, LayeredGraph) or graph.network is None:
        return graph
    shape = _fed(graph)
    problems: tuple[Problem, ...] = ()
    for batch in _batches(graph, graph.network, shape):
        worked = work(replace(graph.network, input=tuple(map(literal, shape[batch:]))), {})
        found = _Written(graph, worked, batch, shape)
        if not worked.problems and not found.problems:
            return found.graph()
        problems = problems or (*worked.problems, *found.problems)
    raise StepperError(*problems)


def _fed(graph: LayeredGraph) -> Shape:
    """The shape of what the network reads: that of the input, or what the listing says, or what its first layer
    takes.
    """
    leaf = graph.leaves.get(graph.feeds)
    if isinstance(leaf, ArrayLeaf) and leaf.shape:
        return leaf.shape
    assert graph.network is not None
    sizes = [integer(size) for size in graph.network.input or _taken(graph.network)]
    if not sizes or None in sizes:
        what = f"the shape of '{graph.feeds}', which the first layer reads, is not known"
        raise StepperError(
            Problem(what, hint=f"say it with --input 3x8x8, or give its numbers: --set {graph.feeds}=...")
        )
    return tuple(size for size in sizes if size is not None)


def _batches(graph: LayeredGraph, network: Network, shape: Shape) -> Sequence[int]:
    """How many axes of a batch there may be: one or none; what the network says of its input tells which.

    Raises:
        StepperError: where neither fits.
    """
    told = [integer(size) for size in network.input or ()] if "input" in network.options else []
    if not told:
        return (0, 1) if len(shape) > 1 else (0,)
    if [*shape[-len(told) :]] == told and len(shape) - len(told) in (0, 1):
        return (len(shape) - len(told),)
    read = "x".join(map(str, told))
    what = f"'{graph.feeds}' has the shape {'x'.join(map(str, shape))}, and the network reads {read}"
    raise StepperError(Problem(what, hint=f"one of {read}, or a batch of them: N x {read}"))


def _taken(network: Network) -> Sequence[Expr]:
    """The features that the first layer takes, where it is one of a list of features."""
    from stepper.tables.layers import BY_LAYER_NAME

    first = network.layers[0]
    row = BY_LAYER_NAME.get(first.kind)
    named = next((first.settings[name] for name in row.given if name in first.settings), None) if row else None
    return () if named is None or row is None or not row.last else (named,)


class _Written:
    """The layers of a network that fits, as nodes; ``problems`` say why one cannot be."""

    def __init__(self, graph: LayeredGraph, worked: Worked, batch: int, shape: Shape) -> None:
        self.layered, self.batch, self.shape = graph, batch, shape
        self.problems: list[Problem] = []
        self.parameters: dict[str, Leaf] = {}
        self.nodes: dict[str, Node] = {}
        self.labels: dict[str, str] = {}
        self.held: dict[str, Mapping[str, str]] = {}
        self.called: dict[str, str] = {}
        for done in worked.layers if not worked.problems else ():
            self.layer(done)

    def graph(self) -> ArrayGraph:
        layered = self.layered
        leaves = dict(layered.leaves)
        fed = leaves.get(layered.feeds)
        if not isinstance(fed, ArrayLeaf) or not fed.shape:
            leaves = {layered.feeds: ArrayLeaf(layered.feeds, "input", shape=self.shape), **leaves}
            leaves[layered.feeds] = ArrayLeaf(layered.feeds, "input", shape=self.shape)
        leaves |= self.parameters
        others = {name: node for name, node in layered.nodes.items() if node.formula is not None}
        return ArrayGraph(
            layered.title, leaves, {**self.nodes, **others}, layered.output, layered.upstream, layered.source,
            layered.functions, layered.local, layered.conventions, {**self.labels, **layered.labels}, layered.items,
            layered.origin, remarks=(*layered.remarks, *self.said()), called=self.called,
        )  # fmt: skip

    def said(self) -> Iterator[Prose]:
        """How arrays stand where the listing has its channels last."""
        if self.layered.network is not None and self.layered.network.layout == "HWC" and len(self.shape) > 1:
            yield ("the listing has its channels last; arrays have them first: channels, height, width",)

    def layer(self, done: Done) -> None:
        """A layer as a node, and what it holds as parameters."""
        row = done.row
        reads: list[Expr] = [Sym(self.layered.feeds if read == INPUT else read) for read in done.layer.reads]
        if done.flattened:
            reads = [Call("flatten", (read, Num(str(1 + self.batch)))) for read in reads]
        held = self.held_by(done)
        formula = self.formula(done)
        if formula is None:
            return
        names_in: dict[Expr, Expr] = {Sym(what): Sym(given) for what, given in held.items()}
        left_out = {Sym(what) for what in _arrays(row) if what not in held}
        # a setting's default may be another setting, as a pool's stride is its kernel
        env = {key: substitute(value, done.env) for key, value in done.env.items() if key not in names_in}
        single = _without(formula, left_out)
        single = substitute(single, {**env, **names_in, Sym("rank"): self.rank(done), Sym("batch"): self.number()})
        found = substitute(single, {X: reads[0], **({Y: reads[1]} if len(reads) > 1 else {})})
        for read in reads[2:]:  # three and more are joined one after the other
            found = substitute(single, {X: found, Y: read})
        found = transform(found, _short)
        known = {name for part in (*reads, *map(Sym, held.values())) for name in names(part)}
        if not known.issuperset(names(found)):
            self.fail(done, f"{row.word} has no formula of arrays here", UNWRITTEN)
            return
        self.nodes[done.layer.name] = Node(
            done.layer.name, found, tuple(dict.fromkeys(text(part) for part in names(found))), _line(done)
        )
        if done.layer.path != done.layer.name:
            self.called[done.layer.path] = done.layer.name

    def number(self) -> Expr:
        return Num(str(self.batch))

    def rank(self, done: Done) -> Expr:
        return Num(str((1 if done.flattened else len(done.inputs[0])) + self.batch))

    def formula(self, done: Done) -> Expr | None:
        """What a layer works out, by its row; that there is no formula for it is told."""
        row = done.row
        env = {**done.env, Sym("rank"): self.rank(done), Sym("batch"): self.number()}
        for condition, what in row.limits:
            if not _holds(condition, env):
                self.fail(done, f"{row.word} is not worked here with {what}")
                return None
        for condition, formula in row.forward:
            if not condition or _holds(condition, env):
                return parse(formula)
        self.fail(done, f"{row.word} has no formula of arrays here", UNWRITTEN)
        return None

    def fail(self, done: Done, what: str, hint: str = "") -> None:
        self.problems.append(Problem(f"{done.layer.name}: {what}", done.layer.place, hint))

    # ---- names

    def held_by(self, done: Done) -> Mapping[str, str]:
        """What a layer holds, each under the name that it has here: its parameters are made, or must fit."""
        layer = done.layer
        if layer.shares:
            return self.held.get(layer.shares, {})
        told = self.layered.held.get(layer.name, ())
        if told and len(told) > len(done.arrays):
            holds = ", ".join(f"{name} ({shown_shape(shape)})" for name, shape in done.arrays.items()) or "nothing"
            self.fail(done, f"{len(told)} names are given, and it holds {holds}", "a name for each, in this order")
        found: dict[str, str] = {}
        for place, (what, sizes) in enumerate(done.arrays.items()):
            name = told[place] if place < len(told) else self.named(done, what)
            found[what] = name
            self.called |= {f"{layer.path}.{what}": name, f"{layer.name}.{what}": name}
            self.parameter(done, what, name, tuple(integer(size) or 0 for size in sizes))
        self.held[layer.name] = found
        return found

    def named(self, done: Done, what: str) -> str:
        """A parameter's own name: ``W1`` of a layer without a name, ``fc1_weight`` of ``fc1``."""
        letter = done.row.letters.get(what, WEIGHTS.get(what, what))
        number = self.layered.numbers.get(done.layer.name)
        if number is not None:
            name, place = f"{letter}{number}", 1
            while name in self.parameters:  # two norms after one layer with weights
                place += 1
                name = f"{letter}{number}_{place}"
            return name
        name = f"{done.layer.name}_{what}"
        self.labels[name] = f"{letter}_{done.layer.name}"
        return name

    def parameter(self, done: Done, what: str, name: str, shape: Shape) -> None:
        """A parameter of the shape that the layer takes; one that is given must have it."""
        leaf = self.layered.leaves.get(name)
        if 0 in shape:
            what = f"a size of the {what} of {done.layer.name}, {done.layer.text}, is a letter that nothing tells"
            self.problems.append(Problem(what, done.layer.place, "write its number"))
            return
        if leaf is None or (leaf.value is None and not isinstance(leaf, ArrayLeaf)):
            leaf = leaf or Leaf(name, "parameter", line=_line(done))
            self.parameters[name] = ArrayLeaf(name, leaf.kind, line=leaf.line, shape=shape)
            return
        given = leaf.shape if isinstance(leaf, ArrayLeaf) else ()
        if given != shape:
            place = Place(self.layered.origin, leaf.line) if self.layered.origin and leaf.line else done.layer.place
            turned = given[::-1] == shape and len(shape) == 2
            hint = "it is the transpose: --rows takes weights of which each input has a row" if turned else ""
            what = f"'{name}' is {_shown(given)}, and the {what} of {done.layer.name}, {done.layer.text}, is {_shown(shape)}"
            self.problems.append(Problem(what, place, hint))


def _shown(shape: Shape) -> str:
    return shown_shape(tuple(map(literal, shape))) if shape else "one number"


def _line(done: Done) -> int:
    return done.layer.place.line if done.layer.place else 0


def _arrays(row: Row) -> Iterator[str]:
    """What a layer of a row may hold, by its names there."""
    for part in f"{row.weight_arrays};{row.bias_arrays}".split(";"):
        if part.strip():
            yield part.partition("(")[0].strip()


def _holds(condition: str, env: Mapping[Expr, Expr]) -> bool:
    """Does a condition on the settings hold?"""
    return chosen(_test(condition), env) == Num("1")


@lru_cache(maxsize=1000)
def _test(condition: str) -> Expr:
    return parse(f"where({condition}, 1, 0)")


def _without(expr: Expr, missing: set[Sym]) -> Expr:
    """A formula without what a layer does not hold: a summand or a factor goes, an argument is as by default."""
    if not missing.intersection(names(expr)):
        return expr
    match expr:
        case Sum(operands, signs):
            kept = [
                (sign, _without(part, missing))
                for sign, part in zip(("+", *signs), operands, strict=True)
                if not _is_missing(part, missing)
            ]
            return add_all(kept)
        case Product(operands, factors):
            pairs = [
                (factor, _without(part, missing))
                for factor, part in zip(("*", *factors), operands, strict=True)
                if not _is_missing(part, missing)
            ]
            return multiply_all(pairs)
        case Call(name, arguments) if name in BY_ARRAY_NAME:
            defaults = [default for _, default, _ in BY_ARRAY_NAME[name].signature()]
            return Call(
                name,
                tuple(
                    parse(default) if part in missing and default else _without(part, missing)
                    for part, default in zip(arguments, defaults, strict=False)
                ),
            )
    return expr


def _is_missing(part: Expr, missing: set[Sym]) -> bool:
    """Is a part made of nothing but what is not held?"""
    return part in missing or (isinstance(part, Call) and bool(part.arguments) and part.arguments[0] in missing)


def _short(expr: Expr) -> Expr | None:
    """A call without the arguments at its end that are as by default; a setting alike along all axes is one number."""
    row = BY_ARRAY_NAME.get(expr.name) if isinstance(expr, Call) else None
    if not isinstance(expr, Call) or row is None:
        return None
    arguments = [_alike(transform(part, _short), place, row) for place, part in enumerate(expr.arguments)]
    defaults = [default for _, default, _ in row.signature()]
    while len(arguments) > 1 and defaults[len(arguments) - 1] and _same(arguments[-1], defaults[len(arguments) - 1]):
        arguments.pop()
    return Call(expr.name, tuple(arguments))


def _alike(argument: Expr, place: int, row: ArrayFunction) -> Expr:
    _, _, kind = row.signature()[place]
    if kind == "setting" and isinstance(argument, Array) and len(set(argument.items)) == 1:
        return argument.items[0]
    return argument


def _same(argument: Expr, default: str) -> bool:
    return argument == parse(default) or number_of(argument) == number_of(parse(default)) is not None
