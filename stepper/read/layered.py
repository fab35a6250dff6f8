"""Documents whose nodes are layers: the lines of a listing, with the names of what each layer holds beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import ClassVar

from stepper.core.expr import Expr, Num
from stepper.core.graph import ArrayGraph, ArrayLeaf, Edge, Graph, LayeredGraph, Node
from stepper.core.names import canonical
from stepper.core.network import INPUT, Network
from stepper.errors import Place
from stepper.read.arrays import ArrayReader
from stepper.read.calls import row_named
from stepper.read.collect import Piece
from stepper.read.dialect import SETTINGS
from stepper.read.items import Listing
from stepper.read.listing import Reading
from stepper.read.located import Map, Scalar, Seq, Tree
from stepper.read.pasted import loss_spelled
from stepper.read.resolve import Resolver
from stepper.read.sections import GRAPH
from stepper.tables.arrays import BY_ARRAY_NAME
from stepper.tables.table import BY_ANY_NAME

LAYERS = "layers"
FED = "x"
"""What the input is called where the document has none."""
_DEFINED = re.compile(r"\s*(?P<name>[^\W\d]\w*)\s*(?:=(?!=)|:)\s*(?P<formula>.+)", re.DOTALL)
_CALLED = re.compile(r"\s*(?P<name>[A-Za-z_][\w.]*)\s*\((?P<inside>.*)\)\s*", re.DOTALL)


class LayeredReader(ArrayReader):
    """Reads a document with ``layers:``; what is no layer among them is a node with a formula, as a loss is."""

    sections: ClassVar[Sequence[str]] = (*GRAPH, *(name for name in SETTINGS if name not in GRAPH))

    def read(self) -> Graph:
        graph = super().read()
        assert isinstance(graph, ArrayGraph)
        network = self.network
        if network.input is None and self.feeds in self.leaves:
            leaf = self.leaves[self.feeds]
            shape = leaf.shape if isinstance(leaf, ArrayLeaf) else ()
            network = replace(network, input=tuple(map(_size, shape)) or None)
        order = [*self.layer_names, *(name for name in graph.nodes if name not in self.layer_names)]
        nodes = {name: graph.nodes[name] for name in order}
        return LayeredGraph(
            graph.title, graph.leaves, nodes, graph.output, graph.upstream, graph.source, graph.functions,
            graph.local, graph.conventions, graph.labels, graph.items, graph.origin, network=network,
            feeds=self.feeds, held=self.held,
        )  # fmt: skip

    def formulas(self) -> Iterator[tuple[str, Expr | None, Place]]:
        """Those of nodes, and of the lines among the layers that are formulas."""
        self.held: dict[str, tuple[str, ...]] = {}
        self.layer_names: dict[str, None] = {}
        listing = Listing(self.origin)
        self.feeds = next((name for name, leaf in self.leaves.items() if leaf.kind == "input"), FED)
        listing.labels[self.feeds] = INPUT
        reading = Reading(listing)
        for key, tree in self.root.entries:
            if key.text in SETTINGS and key.text not in GRAPH and isinstance(tree, Scalar):
                reading.line(Piece(f"{key.text}: {tree.text}", tree.place))
        for line, names in self.lines(self.root.get(LAYERS)):
            if (defined := self.defined(line, listing)) is not None:
                yield defined
                continue
            start = len(listing.layers)
            reading.line(self.applied(line, listing))
            self.hold(listing, start, names)
        self.problems += listing.problems
        self.stop()
        self.network = reading.network()
        yield from super().formulas()

    def lines(self, tree: Tree | None) -> Iterator[tuple[Piece, Scalar | None]]:
        """The lines of the list; behind a colon the names of what a layer holds."""
        for item in tree.items if isinstance(tree, Seq) else [tree] if isinstance(tree, Map) else []:
            if isinstance(item, Scalar):
                yield Piece(item.text, item.place), None
            elif isinstance(item, Map):
                for key, value in item.entries:
                    if not isinstance(value, Scalar):
                        self.fail("names are expected here", value.place, "as '- h = Linear(2, 3) : W, b'")
                    elif re.fullmatch(r"[^\W\d]\w*", key.text):  # a label: "- h: Linear(2, 3)"
                        yield Piece(f"{key.text} = {value.text}", value.place), None
                    else:
                        yield Piece(key.text, key.place), value
            else:
                self.fail("a layer is expected here", item.place, "as '- h = Linear(2, 3)'")
        if isinstance(tree, Scalar):
            self.fail("'layers:' is a list", tree.place, "a layer a line, as '- h = Linear(2, 3)'")

    def defined(self, line: Piece, listing: Listing) -> tuple[str, Expr | None, Place] | None:
        """A line that is a formula of what stands before it: ``L = MSELoss(yhat, y)``; None where it is a layer."""
        written = _DEFINED.fullmatch(loss_spelled(line.text))
        call = _CALLED.fullmatch(written["formula"]) if written else None
        if not written or not call or row_named(call["name"]) is not None:
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
        row = row_named(call["name"]) if call else None
        if not written or not call or row is None or row.several or listing.named(call["inside"].strip()) is None:
            return line
        return Piece(f"{written['name']} = {call['name']}(from={call['inside'].strip()})", line.place)

    def hold(self, listing: Listing, start: int, names: Scalar | None) -> None:
        """Makes the layers of a line nodes, and gives what they hold its names."""
        for layer in listing.layers[start:]:
            self.layer_names[layer.name] = None
            self.claim(layer.name, layer.place or Place(self.origin))
        if names is None:
            return
        told = tuple(canonical(name.strip()) for name in names.text.split(","))
        holding = [layer.name for layer in listing.layers[start:] if layer.kind]
        if len(holding) != 1:
            self.fail("names of weights stand behind one layer", names.place, "write each layer on a line of its own")
            return
        for name in told:
            if not re.fullmatch(r"[^\W\d][\w']*(\[[\d,\s]+\])?", name):
                self.fail(f"'{name}' is no name", names.place, "names with commas between them, as 'W, b'")
        self.held[holding[0]] = told

    def resolver(self, names: set[str], symbols: bool = False) -> Resolver:
        told = {name for held in self.held.values() for name in held}
        return super().resolver({*names, *self.layer_names, *told}, symbols)

    def build(self, formulas: list[tuple[str, Expr | None, Place]], edges: list[tuple[Edge, Place]]) -> None:
        """The layers are nodes that are known by what they read, until they are written as formulas."""
        for layer in self.network.layers:
            reads = tuple(self.feeds if name == INPUT else name for name in layer.reads)
            self.nodes[layer.name] = Node(layer.name, None, reads, layer.place.line if layer.place else 0)
        super().build(formulas, edges)


def of_network(network: Network) -> LayeredGraph:
    """A listing as it stands, whose input is called x."""
    nodes = {
        layer.name: Node(layer.name, None, tuple(FED if name == INPUT else name for name in layer.reads))
        for layer in network.layers
    }
    return LayeredGraph(
        network.title, {}, nodes, source=network.source, origin=network.origin, network=network, feeds=FED
    )


def _size(size: int) -> Expr:
    return Num(str(size))
