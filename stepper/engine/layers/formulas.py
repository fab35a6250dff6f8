"""Layers written as formulas of arrays: a network among the nodes of a graph becomes nodes like the others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from stepper.core.arrays import ArrayGraph, ArrayLeaf, LayeredGraph, Shape
from stepper.core.expr import Array, Call, Expr, Index, Num, Sym
from stepper.core.formula import text
from stepper.core.graph import Graph, Kind, Leaf, Node
from stepper.core.network import INPUT
from stepper.core.prose import Prose
from stepper.core.traverse import names
from stepper.engine.layers.feeding import fed, readings
from stepper.engine.layers.fitting import shown_shape
from stepper.engine.layers.forms import arrays_in, holds, named_in
from stepper.engine.layers.network import work
from stepper.engine.layers.outputs import arrays_of
from stepper.engine.layers.programs import Program, of_row
from stepper.engine.layers.result import Done, Worked
from stepper.engine.layers.settings import NOTHING
from stepper.engine.layers.sizes import integer, literal
from stepper.errors import Place, Problem, StepperError, nearest
from stepper.tables.arrays import BY_ARRAY_NAME
from stepper.tables.layers import IN_ROWS, TURNED_IN_ROWS
from stepper.tables.table import BY_ANY_NAME

LINEAR = Sym("linear")
WEIGHTS: Mapping[str, str] = {"weight": "W", "bias": "b", "kernel": "W"}
"""How what a layer holds is written, where its row does not say it."""
OUT = "out"
"""What comes out of a layer, in the names of its program: ``out[t]`` of a layer h is h_1, h_2, ..."""


def written(graph: Graph) -> Graph:
    """A graph whose layers, where it has any, are written as formulas of arrays.

    What a layer holds becomes a parameter: by the name that the document gives it, with the entries that stand there,
    or symbols where none do.

    Raises:
        StepperError: where a layer does not fit, or has no formula.
    """
    if not isinstance(graph, LayeredGraph) or graph.network is None:
        return graph
    if graph.network.layout == "HWC":
        what = "arrays of images have their channels first here, but the layers are declared to have them last"
        raise StepperError(Problem(what, hint="layout: CHW, and the input as channels, height, width"))
    shape = fed(graph)
    tried: list[tuple[bool, Sequence[Problem]]] = []
    for batch in readings(graph, shape):
        worked = work(replace(graph.network, input=tuple(map(literal, shape[batch:]))), {})
        found = _Written(graph, worked, batch, shape)
        if not worked.problems and not found.problems:
            return found.graph()
        tried.append((bool(worked.problems), worked.problems or found.problems))
    raise StepperError(
        *min(tried, key=lambda entry: entry[0])[1]
    )  # where sizes fit, and there is no formula, that is said


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
        self.left: list[Prose] = []
        self.told = {name for names in graph.held.values() for name in names}
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
        self.left += self.unread(leaves, {**self.nodes, **others})
        return ArrayGraph(
            layered.title, leaves, {**self.nodes, **others}, layered.output, layered.upstream, layered.source,
            layered.functions, layered.local, layered.conventions, {**self.labels, **layered.labels}, layered.items,
            layered.origin, remarks=(*layered.remarks, *self.left), called=self.called, notation=layered.notation,
        )  # fmt: skip

    def unread(self, leaves: Mapping[str, Leaf], nodes: Mapping[str, Node]) -> Iterator[Prose]:
        """What is said of parameters with numbers that nothing reads: one of a layer's may have been meant."""
        read = {name for node in nodes.values() for name in node.reads}
        blank = [leaf.name for leaf in self.parameters.values() if isinstance(leaf, ArrayLeaf) and not leaf.has_numbers]
        for leaf in leaves.values():
            if leaf.kind == "parameter" and leaf.name not in read:
                hint = nearest(leaf.name, blank) or (f"without numbers: {', '.join(blank)}" if blank else "")
                yield (f"nothing reads the parameter '{leaf.name}'" + (f"; {hint}" if hint else ""),)

    def layer(self, done: Done) -> None:
        """A layer as a node, and what it holds as parameters."""
        row = done.row
        reads: list[Expr] = [Sym(self.layered.feeds if read == INPUT else read) for read in done.layer.reads]
        if done.flattened:
            reads = [Call("flatten", (read, Num(str(1 + self.batch)))) for read in reads]
        held = self.held_by(done)
        env = {**done.env, **self.known(done, held)}
        formula = self.formula(done, env)
        if formula is None:
            return
        names_in: dict[Expr, Expr] = {Sym(what): Sym(given) for what, given in held.items()}
        missing = {Sym(what) for what in arrays_in(row) if what not in held}
        program = Program(done, env, names_in, missing, lambda name: self.fresh(done, name))
        for name, line in program.lines(reads[0]):
            self.add(done, name, line)
            whole = next((given for given in held.values() if name.startswith(f"{given}_")), "")
            if whole in self.labels:  # of W_h the part W_hi
                self.labels[name] = self.labels[whole] + name.removeprefix(f"{whole}_")
        self.add(done, done.layer.name, self.wrapped(done, env, program.last(formula, reads)))
        if done.layer.path != done.layer.name:
            self.called[done.layer.path] = done.layer.name

    def wrapped(self, done: Done, env: Mapping[Expr, Expr], found: Expr) -> Expr:
        """What comes out in the function that a setting names."""
        word = env[Sym(done.row.wraps)] if done.row.wraps else NOTHING
        if word in (NOTHING, LINEAR) or not isinstance(word, Sym):
            return found
        row = BY_ARRAY_NAME.get(word.name) or BY_ANY_NAME.get(word.name)
        if row is None:
            self.fail(done, f"the function '{word.name}' is not known", nearest(word.name, BY_ANY_NAME))
        return Call(row.name if row else word.name, (found,))

    def add(self, done: Done, name: str, formula: Expr) -> None:
        """A node, which reads arrays, and not their rows."""
        reads = tuple(dict.fromkeys(text(part.base if isinstance(part, Index) else part) for part in names(formula)))
        known = {*self.layered.leaves, *self.layered.nodes, *self.parameters, *self.nodes, self.layered.feeds}
        if open_ := [read for read in reads if read not in known]:
            self.fail(
                done, f"{done.layer.text} has the letter {open_[0]}, whose value is not given", "write its number"
            )
        self.nodes[name] = Node(name, formula, reads, _line(done))

    def fresh(self, done: Done, name: str) -> str:
        """A name for a node inside a layer; where another has it, with the layer's own before it."""
        name = re.sub(rf"^{OUT}(?=_\d+$|$)", done.layer.name, name)
        taken = {*self.layered.names, *self.parameters, *self.nodes}
        return name if name not in taken else f"{done.layer.name}_{name}"

    def known(self, done: Done, held: Mapping[str, str]) -> dict[Expr, Expr]:
        """What stands for the names in a row's formulas that are no settings."""
        batch = self.shape[: self.batch]
        trailing = done.env.get(Sym(done.row.trailing)) if done.row.trailing else None
        told = any(name in held for name in named_in(done.row))
        numbers = {
            "batch": self.batch, "rank": (1 if done.flattened else len(done.inputs[0])) + self.batch, "told": int(told),
            "entries": len(trailing.items) if isinstance(trailing, Array) else 1,
        }  # fmt: skip
        return {
            **{Sym(name): Num(str(number)) for name, number in numbers.items()},
            Sym("input"): Array((*map(literal, batch), *done.inputs[0])),
            Sym("output"): Array((*map(literal, batch), *done.output)),
        }

    def formula(self, done: Done, env: Mapping[Expr, Expr]) -> Expr | None:
        """What a layer works out, by its row; that there is no formula for it is told."""
        row = done.row
        for condition, what in row.limits:
            if not holds(condition, done, env):
                self.fail(done, f"there is no formula for {row.word} with {what}", row.instead)
                return None
        for condition, formula in row.forward:
            if not condition or holds(condition, done, env):
                return of_row(formula)
        hint = row.instead or "write what it does under 'nodes:'"
        self.fail(done, f"there is no formula for {row.word}", hint)
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
        arrays = dict(done.arrays)
        beside = arrays_of(replace(done.row, weight_arrays=done.row.named), self.sized(done), Num("1"), Num("0"))
        stored = bool(beside) and all(f"{layer.path}.{what}" in self.layered.stored for what in beside)
        if stored or (told and len(told) == len(arrays) + len(beside)):
            arrays |= beside
        elif done.row.left:
            self.left.append((f"{layer.name}: {done.row.left}",))
        if len(told) > len(arrays):
            holds = ", ".join(f"{name} ({shown_shape(shape)})" for name, shape in arrays.items()) or "nothing"
            self.fail(done, f"{len(told)} names are given, and it holds {holds}", "a name for each, in this order")
        found: dict[str, str] = {}
        for place, (what, sizes) in enumerate(arrays.items()):
            name = told[place] if place < len(told) else self.named(done, what)
            found[what] = name
            self.called |= {f"{layer.path}.{what}": name, f"{layer.name}.{what}": name}
            kind: Kind = "constant" if what in beside else "parameter"
            self.parameter(done, what, name, tuple(integer(size) or 0 for size in sizes), kind)
        if done.row.starts and not set(beside) & set(found):
            for what, sizes in beside.items():
                name = found[what] = self.fresh(done, what)
                shape = tuple(integer(size) or 0 for size in sizes)
                self.parameters[name] = ArrayLeaf(name, "constant", line=_line(done), shape=shape, fill="zeros")
        self.held[layer.name] = found
        return found

    def sized(self, done: Done) -> Mapping[Expr, Expr]:
        return {**done.env, **self.known(done, {})}

    def named(self, done: Done, what: str) -> str:
        """A parameter's own name: ``W1`` of a layer without a name, ``fc1_weight`` of ``fc1``."""
        letter = done.row.letters.get(what, WEIGHTS.get(what, what))
        number = self.layered.numbers.get(done.layer.name)
        if number is not None:
            name, place = f"{letter}{number}", 1
            while name in self.parameters or name in self.told:  # two norms after one layer with weights
                place += 1
                name = f"{letter}{number}_{place}"
            return name
        name = f"{done.layer.name}_{what}"
        self.labels[name] = f"{letter}_{done.layer.name}"
        return name

    def parameter(self, done: Done, what: str, name: str, shape: Shape, kind: Kind) -> None:
        """A parameter of the shape that the layer takes; one that is given must have it."""
        leaf = self.layered.leaves.get(name)
        if 0 in shape:
            what = f"a size of the {what} of {done.layer.name}, {done.layer.text}, is a letter without a value"
            self.problems.append(Problem(what, done.layer.place, "write its number"))
            return
        if leaf is None or (leaf.value is None and not isinstance(leaf, ArrayLeaf)):
            leaf = leaf or Leaf(name, kind, line=_line(done))
            self.parameters[name] = ArrayLeaf(name, leaf.kind, line=leaf.line, shape=shape)
            return
        given = leaf.shape if isinstance(leaf, ArrayLeaf) else ()
        if given != shape:
            place = Place(self.layered.origin, leaf.line) if self.layered.origin and leaf.line else done.layer.place
            hint = _TURNED[done.row in IN_ROWS.values()] if given[::-1] == shape and len(shape) == 2 else ""
            taken = f"the {what} of {done.layer.name}, {done.layer.text}, is {_shown(shape)}"
            what = f"'{name}' is {_shown(given)}, and {taken}"
            self.problems.append(Problem(what, place, hint))


_TURNED = (
    "it is the transpose: write a row for each output; if all weights are laid out like this, use --rows",
    TURNED_IN_ROWS,
)
"""What is wrong with weights that stand the other way, without ``--rows`` and with it."""


def _shown(shape: Shape) -> str:
    return shown_shape(tuple(map(literal, shape))) if shape else "one number"


def _line(done: Done) -> int:
    return done.layer.place.line if done.layer.place else 0
