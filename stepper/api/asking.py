"""What the functions of the door share: how a graph, names and values are given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from stepper.core.graph import ArrayLeaf, Graph
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
    scalars: bool = False, also: Iterable[str] = ()
) -> Graph:  # fmt: skip
    """The graph with values, conventions, names for its entries and gates put in.

    ``also`` are further names that the call might have meant.
    """
    from stepper.core.expr import Array
    from stepper.engine.graph.options import with_conventions
    from stepper.engine.questions import gates as split
    from stepper.engine.questions import scalars as unfolded
    from stepper.read.arguments import told_of
    from stepper.read.given import with_told

    told = told_of({**(values or {}), **named})
    read = with_conventions(read_from(source, told), convention)
    if scalars:
        # a number alone is told to what has its name then, and an array as a whole
        alone = {name for name, leaf in read.leaves.items() if not isinstance(leaf, ArrayLeaf)}
        whole = {name: value for name, value in told.items() if isinstance(value, Array) or name in alone}
        read = unfolded(with_told(read, whole))
        told = {_now(read, name): value for name, value in told.items() if name not in whole}
    read = with_told(read, told, also=also)
    return split(read) if gates else read


def _now(graph: Graph, name: str) -> str:
    """What an entry is called where its array was unfolded: ``W[1,2]`` is w21."""
    entries = graph.unfolded.get(name, ())
    return entries[0] if name not in graph.names and len(entries) == 1 else name


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
    from stepper.read.bundled import load_graph
    from stepper.read.program import read_any

    if isinstance(source, str) and ("\n" in source or "=" in source or ": " in source):
        return read_any(str(source), "text", told)
    return load_graph(str(source), told)
