"""Documents whose nodes are layers: the lines of a listing, with the names of what each layer holds beside them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import ClassVar

from msgspec.structs import replace

from stepper.core.arrays import ArrayLeaf, LayeredGraph
from stepper.core.expr import Expr, Num
from stepper.core.graph import Edge, Graph, Leaf, Node
from stepper.core.names import canonical
from stepper.core.network import INPUT, Layer, Network
from stepper.errors import Place, StepperError
from stepper.read.arrays import ArrayReader
from stepper.read.calls import row_named
from stepper.read.collect import Piece
from stepper.read.dialect import SETTINGS, looks_like_keras
from stepper.read.items import Listing
from stepper.read.listing import Reading
from stepper.read.located import Map, Scalar, Seq, Tree
from stepper.read.pasted import loss_spelled, without_arguments
from stepper.read.resolve import Resolver
from stepper.read.sections import GRAPH
from stepper.tables.arrays import BY_ARRAY_NAME
from stepper.tables.layers import BY_LAYER_NAME, IN_ROWS
from stepper.tables.table import BY_ANY_NAME

LAYERS = "layers"
FED = "x"
"""What the input is called where the document has none."""
_DEFINED = re.compile(r"\s*(?P<name>[^\W\d]\w*)\s*(?:=(?!=)|:)\s*(?P<formula>.+)", re.DOTALL)
_NUMBERED = re.compile(r"\d+(\.\d+)*(_\d+)?")
"""The name of a layer that has none of its own: its number, or the numbers on its path."""
_CALLED = re.compile(r"\s*(?P<name>[A-Za-z_][\w.]*)\s*\((?P<inside>.*)\)\s*", re.DOTALL)


class LayeredReader(ArrayReader):
    """Reads a document with ``layers:``; what is no layer among them is a node with a formula, as a loss is."""

    sections: ClassVar[Sequence[str]] = (*GRAPH, *(name for name in SETTINGS if name not in GRAPH))

    def __init__(
        self, root: Map, origin: str, told: Mapping[str, Expr] | None = None, shape: str | None = None
    ) -> None:
        super().__init__(root, origin, told)
        self.asked = shape

    def read(self) -> Graph:
        graph = super().read()
        network = self.network
        if network.input is None and self.feeds in self.leaves:
            leaf = self.leaves[self.feeds]
            shape = leaf.shape if isinstance(leaf, ArrayLeaf) else ()
            network = replace(network, input=tuple(map(_size, shape)) or None)
        fed = self.leaves.get(self.feeds, Leaf(self.feeds, "input"))
        leaves = graph.leaves
        if not isinstance(fed, ArrayLeaf) and fed.value is None:
            leaves = {**leaves, fed.name: ArrayLeaf(fed.name, fed.kind, line=fed.line)}
        return LayeredGraph(
            graph.title, leaves, graph.nodes, graph.output, graph.upstream, graph.source, graph.functions,
            graph.local, graph.conventions, graph.labels, graph.items, graph.origin, network=network,
            feeds=self.feeds, held=self.held, numbers=self.numbered, told=self.network.input is not None,
            notation=graph.notation,
        )  # fmt: skip

    def layered(self) -> LayeredGraph:
        """The graph as it is read, whose layers are no formulas yet."""
        graph = self.whole()
        assert isinstance(graph, LayeredGraph)
        return graph

    def formulas(self) -> Iterator[tuple[str, Expr | None, Place]]:
        """Those of nodes, and of the lines among the layers that are formulas."""
        held: dict[str, tuple[str, ...]] = {}
        # an array says its shape
        listing = Listing(self.origin, None if self.root.get("layout") else "CHW", self.asked)
        self.feeds = next((name for name, leaf in self.leaves.items() if leaf.kind == "input"), FED)
        listing.labels[self.feeds] = INPUT
        reading = Reading(listing)
        for key, tree in self.root.entries:
            if key.text in SETTINGS and key.text not in GRAPH and isinstance(tree, Scalar):
                reading.line(Piece(f"{key.text}: {tree.text}", tree.place))
        lines = list(self.lines(self.root.get(LAYERS)))
        listing.keras = looks_like_keras("\n".join(line.text for line, _ in lines))
        for line, names in lines:
            if (defined := self.defined(line, listing)) is not None:
                yield defined
                continue
            start = len(listing.layers)
            reading.line(self.applied(line, listing))
            if names is not None:
                held |= self.names_of(listing.layers[start:], names)
        self.problems += listing.problems
        self.stop()
        labels = {layer: label for label, layer in listing.labels.items() if layer != INPUT}
        self.network, called, self.numbered = named(reading.network(), {*self.leaves, *self.places}, labels)
        self.held = {called.get(name, name): told for name, told in held.items()}
        for layer in self.network.layers:
            self.claim(layer.name, layer.place or Place(self.origin))
        for layer in self.network.layers:
            for name in self.held.get(layer.name, ()):
                if name in self.places and name not in self.leaves:
                    self.fail(f"'{name}' is a node, but here it names a parameter of {layer.name}", layer.place)
        yield from super().formulas()

    def lines(self, tree: Tree | None) -> Iterator[tuple[Piece, Scalar | None]]:
        """The lines of the list; behind a colon the names of what a layer holds."""
        for item in tree.items if isinstance(tree, Seq) else [tree] if isinstance(tree, Map) else []:
            if isinstance(item, Scalar):
                yield Piece(item.text, item.place), None
            elif isinstance(item, Map):
                for key, value in item.entries:
                    if not isinstance(value, Scalar):
                        self.fail("names are expected here", value.place, "such as '- h = Linear(2, 3) : W, b'")
                    elif re.fullmatch(r"[^\W\d]\w*", key.text):  # a label: "- h: Linear(2, 3)"
                        yield Piece(f"{key.text} = {value.text}", value.place), None
                    else:
                        yield Piece(key.text, key.place), value
            else:
                self.fail("a layer is expected here", item.place, "such as '- h = Linear(2, 3)'")
        if isinstance(tree, Scalar):
            for line in tree.text.splitlines():
                yield Piece(line, tree.place), None

    def defined(self, line: Piece, listing: Listing) -> tuple[str, Expr | None, Place] | None:
        """A line that is a formula of what stands before it: ``L = MSELoss(yhat, y)``; None where it is a layer."""
        if (loss := without_arguments(line.text)) is not None:
            hint = f"as 'L = {loss}(yhat, y)', with y under 'inputs:'"
            self.fail(f"{loss} takes a prediction and a target", line.place, hint)
            return "L", None, line.place
        written = _DEFINED.fullmatch(loss_spelled(line.text))
        call = _CALLED.fullmatch(written["formula"]) if written else None
        if not written or not call or row_named(call["name"], listing.keras) is not None:
            return None
        if call["name"] not in BY_ANY_NAME and call["name"] not in BY_ARRAY_NAME and call["name"] not in self.functions:
            return None
        name = canonical(written["name"])
        self.claim(name, line.place)
        return name, self.formula(Scalar(written["formula"].strip(), line.place)), line.place

    def applied(self, line: Piece, listing: Listing) -> Piece:
        """A layer called with what it reads, ``a = relu(h)``, as a listing writes it."""
        written = _DEFINED.fullmatch(line.text)
        call = _CALLED.fullmatch(written["formula"]) if written else None
        row = row_named(call["name"], listing.keras) if call else None
        if not written or not call or row is None or row.several or listing.named(call["inside"].strip()) is None:
            return line
        return Piece(f"{written['name']} = {call['name']}(from={call['inside'].strip()})", line.place)

    def names_of(self, layers: Sequence[Layer], names: Scalar) -> dict[str, tuple[str, ...]]:
        """The names of what a layer holds, which stand behind it."""
        found = tuple(canonical(name.strip()) for name in names.text.split(","))
        rows = {layer.name: BY_LAYER_NAME[layer.kind] for layer in layers if layer.kind}
        holding = [name for name, row in rows.items() if row.weight_arrays or row.named]
        if len(holding) != 1:
            what = "names come after a layer that has parameters" if not holding else "which layer has these names?"
            self.fail(what, names.place, "each layer on a line of its own, such as '- h = Linear(2, 3) : W, b'")
            return {}
        for name in found:
            if not re.fullmatch(r"[^\W\d][\w']*(\[[\d,\s]+\])?", name):
                self.fail(f"'{name}' is not a name", names.place, "names with commas between them, such as 'W, b'")
        return {holding[0]: found}

    def resolver(self, names: set[str], symbols: bool = False) -> Resolver:
        told = {name for held in self.held.values() for name in held}
        return super().resolver({*names, *(layer.name for layer in self.network.layers), *told}, symbols)

    def quantities(self) -> Iterator[str]:
        """What layers hold has names too, which must not print alike."""
        yield from super().quantities()
        told = dict.fromkeys(name for held in self.held.values() for name in held)
        yield from (name for name in told if name not in self.leaves)

    def comes_later(self, name: str) -> bool:
        """What a layer holds, and the lines in which it is worked, are called after it: W_h."""
        parts = {"_".join(run) for run in _runs(name.split("_"))}
        return super().comes_later(name) or any(layer.name in parts for layer in self.network.layers)

    def build(self, formulas: list[tuple[str, Expr | None, Place]], edges: list[tuple[Edge, Place]]) -> None:
        """The layers are nodes that are known by what they read, until they are written as formulas."""
        for layer in self.network.layers:
            reads = tuple(self.feeds if name == INPUT else name for name in layer.reads)
            self.nodes[layer.name] = Node(layer.name, None, reads, layer.place.line if layer.place else 0)
        super().build(formulas, edges)


def _runs(parts: list[str]) -> Iterator[list[str]]:
    """All that stand beside one another in a list."""
    return (parts[start:stop] for stop in range(1, len(parts) + 1) for start in range(stop))


def of_network(network: Network) -> LayeredGraph:
    """A listing as it stands, whose input is called x.

    Raises:
        StepperError: where a layer in it is not known.
    """
    if network.problems:
        raise StepperError(*network.problems)
    network, _, numbers = named(network, {FED})
    nodes = {
        layer.name: Node(layer.name, None, tuple(FED if name == INPUT else name for name in layer.reads))
        for layer in network.layers
    }
    return LayeredGraph(
        network.title, {FED: ArrayLeaf(FED, "input")}, nodes, source=network.source, origin=network.origin,
        network=network, feeds=FED, numbers=numbers, told="input" in network.options,
    )  # fmt: skip


def in_rows(graph: LayeredGraph) -> LayeredGraph:
    """The graph whose layers hold weights that have a row for each input, where they can."""
    assert graph.network is not None
    layers = tuple(
        replace(layer, kind=IN_ROWS[layer.kind].name) if layer.kind in IN_ROWS else layer
        for layer in graph.network.layers
    )
    return replace(graph, network=replace(graph.network, layers=layers))


def named(
    network: Network, taken: Collection[str], labels: Mapping[str, str] | None = None
) -> tuple[Network, Mapping[str, str], Mapping[str, int]]:
    """The network with names for its layers that have numbers only: z1 and a1 with the first weights, z2 with the
    second; one that a chain ends in has its label.

    Beside it the names by the numbers, and the number of the weights by the names.
    """
    labels = labels or {}
    called, numbers, used, count = {INPUT: INPUT}, {}, {*taken, *(layer.name for layer in network.layers)}, 0
    for layer in network.layers:
        row = BY_LAYER_NAME.get(layer.kind)
        count += bool(row and row.macs and not layer.shares)
        name = labels.get(layer.name, layer.name)
        if _NUMBERED.fullmatch(name) and row is not None:
            name = _free(f"{row.letter or 'a'}{max(1, count)}", used)
            numbers[name] = max(1, count)
        elif not name.isidentifier():  # the path of a module: layer1.0.conv1
            name = _free(re.sub(r"\W", "_", name if name[:1].isalpha() else f"layer{name}"), used)
        used.add(name)
        called[layer.name] = name
    layers = tuple(
        replace(layer, name=called[layer.name], reads=tuple(called[name] for name in layer.reads),
                shares=called.get(layer.shares, ""), path=layer.path or str(place))
        for place, layer in enumerate(network.layers)
    )  # fmt: skip
    return replace(network, layers=layers), called, numbers


def _free(wanted: str, used: Collection[str]) -> str:
    """A name that nothing has yet: a, a_2, a_3."""
    name, place = wanted, 1
    while name in used:
        place += 1
        name = f"{wanted}_{place}"
    return name


def _size(size: int) -> Expr:
    return Num(str(size))
