"""A graph document read: of numbers, or of arrays where it holds any."""

from __future__ import annotations

from stepper.core.graph import Graph
from stepper.core.memory import without_collection
from stepper.read.arrays import ArrayReader, holds_arrays
from stepper.read.document import GraphReader, NodeIsList
from stepper.read.located import Map, read_yaml


def read_graph(source_text: str, origin: str) -> Graph:
    """Reads a graph document.

    Raises:
        StepperError: with every problem found.
    """
    with without_collection():
        return read_tree(read_yaml(source_text, origin), origin)


def read_tree(root: Map, origin: str) -> Graph:
    """The graph of a document that is a tree already.

    Raises:
        StepperError: with every problem found.
    """
    with without_collection():
        if holds_arrays(root):
            return ArrayReader(root, origin).whole()
        try:
            return GraphReader(root, origin).whole()
        except NodeIsList:
            return ArrayReader(root, origin).whole()
