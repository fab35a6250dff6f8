"""A graph document read: of numbers, or of arrays where it holds any."""

from __future__ import annotations

from collections.abc import Mapping

from stepper.core.expr import Expr
from stepper.core.graph import Graph
from stepper.core.memory import without_collection
from stepper.read.arrays import ArrayReader, holds_arrays
from stepper.read.document import LONG, GraphReader, NodeIsList
from stepper.read.located import Map, read_yaml


def read_graph(
    source_text: str, origin: str, told: Mapping[str, Expr] | None = None, shape: str | None = None
) -> Graph:  # fmt: skip
    """Reads a graph document. ``told`` are values that stand elsewhere, which say what numbers a class; ``shape`` is
    that of what its layers read.

    Raises:
        StepperError: with every problem found.
    """
    with without_collection():
        if not told and shape is None and source_text.count("\n") > LONG:
            from stepper.read.plain import read_plain

            if (plain := read_plain(source_text, origin)) is not None:
                return plain
        return read_tree(read_yaml(source_text, origin), origin, told, shape)


def read_tree(root: Map, origin: str, told: Mapping[str, Expr] | None = None, shape: str | None = None) -> Graph:
    """The graph of a document that is a tree already.

    Raises:
        StepperError: with every problem found.
    """
    with without_collection():
        if root.get("layers") is not None:
            from stepper.read.layered import LayeredReader

            return LayeredReader(root, origin, told, shape).whole()
        if holds_arrays(root):
            return ArrayReader(root, origin, told).whole()
        try:
            return GraphReader(root, origin, told).whole()
        except NodeIsList:
            return ArrayReader(root, origin, told).whole()
