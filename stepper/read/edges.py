"""Edges of a document whose nodes are known only by what they read: chains ``a -> b -> c``, and adjacency matrices."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from stepper.core.graph import Edge, Leaf
from stepper.errors import Place
from stepper.read.located import Map, Scalar, Seq
from stepper.read.pieces import Pieces


class EdgeReader(Pieces):
    """Reads the sections ``edges:`` and ``adjacency:``; a name that no edge leads into becomes a leaf."""

    def __init__(self, root: Map) -> None:
        super().__init__(root)
        self.leaves: dict[str, Leaf] = {}

    def edges(self) -> Iterator[tuple[Edge, Place]]:
        """Abstract edges; a chain ``a -> b -> c`` is two."""
        tree = self.root.get("edges")
        if isinstance(tree, Scalar) and not tree.text:
            return
        if tree is not None and not isinstance(tree, Seq):
            self.fail("'edges:' is a list of chains", tree.place, "edges: [x -> a -> b, x -> b]")
            return
        for item in tree.items if tree is not None else []:
            if not isinstance(item, Scalar) or "->" not in item.text.replace("→", "->"):
                self.fail("an edge is written a -> b", item.place)
                continue
            chain = [self.plain(Scalar(part.strip(), item.place)) for part in item.text.replace("→", "->").split("->")]
            for pair in pairwise(chain):
                yield pair, item.place

    def adjacency(self) -> Iterator[tuple[Edge, Place]]:
        """A matrix: 1 in row i, column k is the edge i -> k."""
        tree = self.root.get("adjacency")
        if tree is None:
            return
        columns, rows = (tree.get("columns"), tree.get("rows")) if isinstance(tree, Map) else (None, None)
        if not isinstance(columns, Seq) or not isinstance(rows, Map):
            self.fail(
                "'adjacency:' has columns and rows",
                tree.place,
                "adjacency: {columns: [A, B], rows: {A: [0, 1], B: [0, 0]}}",
            )
            return
        targets = [self.plain(item) for item in columns.items if isinstance(item, Scalar)]
        for place, name in enumerate(targets):
            if name in targets[:place]:
                self.fail(f"the column '{name}' appears a second time", columns.place)
        edges: dict[str, list[tuple[str, Place]]] = {name: [] for name in targets}
        for key, row in rows.entries:
            source = self.plain(key)
            entries = [item for item in row.items if isinstance(item, Scalar)] if isinstance(row, Seq) else []
            if not isinstance(row, Seq) or len(entries) != len(columns.items):
                self.fail(f"the row '{source}' needs {len(columns.items)} entries, one for each column", row.place)
                continue
            for target, entry in zip(targets, entries, strict=False):
                if entry.text not in ("0", "1"):
                    self.fail(
                        f"'{entry.text}' is not an entry of an adjacency matrix",
                        entry.place,
                        "1 for an edge, 0 for none",
                    )
                elif entry.text == "1":
                    edges[target].append((source, entry.place))
            edges.setdefault(source, [])
        for target, sources in edges.items():
            if not sources and target not in self.leaves:
                self.leaves[target] = Leaf(target, "input", None, tree.place.line)
            yield from (((source, target), place) for source, place in sources)
