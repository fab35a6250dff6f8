"""A graph from any text: a document, assignments, or the listing of a network."""

from __future__ import annotations

import re
from collections.abc import Mapping

from stepper.core.expr import Expr
from stepper.core.graph import Graph
from stepper.core.patterns import later
from stepper.core.progress import tell
from stepper.errors import Problem, StepperError
from stepper.read.dialect import SETTINGS, looks_like_module, looks_printed
from stepper.read.graph import read_graph
from stepper.read.pasted import LOOKED_AT, MADE, looks_like_program
from stepper.read.sections import GRAPH
from stepper.read.shape import check_shape

_SECTIONS = frozenset(GRAPH) - {*SETTINGS}
_ABOVE = later(rf"\s*(?:#|import\b|from\b|(?:{'|'.join(SETTINGS)})\s*[:=]|input\s+\d)", re.IGNORECASE)
"""A remark, or what stands above the layers."""
_BEFORE = later(r"^\s*(?:[-*•]\s+)*(?:\(?\w+\)?\s*(?:[:=.)]|\s-)\s+)?")
"""A bullet, and a label."""

_BACKWARD = later(r"^\s*\w+\.backward\(", re.MULTILINE)
"""A script that differentiates: of what it makes itself without layers, the calculation is meant."""


def read_any(text: str, shown: str, told: Mapping[str, Expr] | None = None, shape: str | None = None) -> Graph:
    """Reads a document in YAML, assignments as a program writes them, or a network listing, whose input has a
    ``shape``.
    """
    check_shape(shape)
    tell("reading")
    if looks_like_listing(text, shown):
        return _of_listing(text, shown, shape)
    graph = _of_program(text, shown, told) if looks_like_program(text) else read_graph(text, shown, told, shape)
    return _of_layers(graph, shape)


def read_expression(text: str, told: Mapping[str, Expr] | None = None, shape: str | None = None) -> Graph:
    """What is written with -e: assignments, or a network listing."""
    check_shape(shape)
    if looks_like_listing(text):
        return _of_listing(text, "-e", shape)
    return _of_layers(_of_program(text, "-e", told), shape)


def _of_program(text: str, shown: str, told: Mapping[str, Expr] | None) -> Graph:
    """A graph from assignments; what follows a script is loaded for one."""
    from stepper.read.program import read_program

    return read_program(text, shown, told)


def _of_listing(text: str, shown: str, shape: str | None) -> Graph:
    from stepper.read.layered import of_network
    from stepper.read.network import read_network

    return of_network(read_network(text, shown, None, shape))


def _of_layers(graph: Graph, shape: str | None) -> Graph:
    """The graph; one without layers has no input whose shape could be said."""
    if shape is None:
        return graph
    from stepper.core.arrays import LayeredGraph

    if not isinstance(graph, LayeredGraph):
        what = f"--input {shape}: this is the input shape of a network, but this graph has no layers"
        raise StepperError(Problem(what, hint="values are given with --set x=3"))
    return graph


def _makes_layers(source: str) -> bool:
    """Does it make a layer that holds weights?"""
    from stepper.read.calls import row_named

    rows = [row_named(match[1]) for match in MADE.finditer(source[:LOOKED_AT])]
    return any(row is not None and bool(row.weights) for row in rows) or "Sequential(" in source[:LOOKED_AT]


def looks_like_listing(source: str, shown: str = "") -> bool:
    """Are its lines the layers of a network? Those of a text file are, unless they are assignments.

    A call of what holds nothing, ``a = ReLU(z)``, may be a formula; a layer that holds weights makes a listing of it.
    """
    if looks_printed(source):
        return True
    if looks_like_module(source):
        return _makes_layers(source) or not (_BACKWARD.search(source) and looks_like_program(source))
    if looks_like_program(source):
        return _makes_layers(source)
    if any(line.partition(":")[0].rstrip() in _SECTIONS for line in source.split("\n") if ":" in line):
        return False
    if shown.lower().endswith(".txt") or "Sequential(" in source[:LOOKED_AT]:
        return True
    from stepper.read.calls import row_named
    from stepper.read.chains import is_code, parts_of
    from stepper.tables.any_axes import STACKS

    lines = [line for line in source[:LOOKED_AT].splitlines() if line.strip() and not _ABOVE.match(line)]
    parts = parts_of(_BEFORE.sub("", lines[0])) if lines else []
    names = [(part, part.partition("(")[0].strip()) for part in parts[:2]]
    return any(is_code(part) or name in STACKS or row_named(name) is not None for part, name in names)
