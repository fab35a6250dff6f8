"""What the functions of the door share: how a graph, names and values are given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from stepper.core.graph import Graph
from stepper.solution import GraphView

if TYPE_CHECKING:
    from stepper.core.expr import Expr

Reader: TypeAlias = "Callable[[Mapping[str, Expr]], Graph]"
"""Reads a graph; it is told the values that are given beside it."""
Asked: TypeAlias = "str | Path | Graph | GraphView | Reader"
Names: TypeAlias = "str | Iterable[str] | None"
Values: TypeAlias = "Mapping[str, object] | None"


def words(names: Names) -> list[str]:
    """Names as a list of one or several."""
    return [] if names is None else [names] if isinstance(names, str) else list(names)


def asked(
    source: Asked, values: Values, named: Mapping[str, object], convention: Iterable[str], gates: bool,
    also: Iterable[str] = ()
) -> Graph:  # fmt: skip
    """The graph with values, conventions and gates put in.

    ``also`` are further names that the call might have meant.
    """
    from stepper.engine.graph.options import with_conventions
    from stepper.engine.questions import gates as split
    from stepper.read.arguments import told_of
    from stepper.read.given import with_told

    told = told_of({**(values or {}), **named})
    read = with_conventions(with_told(read_from(source, told), told, also=also), convention)
    return split(read) if gates else read


def read_from(source: Asked, told: Mapping[str, Expr]) -> Graph:
    """The graph that a source means, its layers written as formulas: text with an equals sign or a second line is a
    document or assignments, all else a name.
    """
    from stepper.engine.layers.formulas import written

    return written(_read(source, told))


def _read(source: Asked, told: Mapping[str, Expr]) -> Graph:
    if isinstance(source, GraphView):
        return source.graph
    if isinstance(source, Graph):
        return source
    if callable(source):
        return source(told)
    from stepper.read.anything import read_any
    from stepper.read.bundled import load_graph

    if isinstance(source, str) and ("\n" in source or "=" in source or ": " in source):
        return read_any(source, "text", told)
    return load_graph(str(source), told)
