"""A graph with what the command line says put in: output, upstream gradient."""

from __future__ import annotations

from msgspec.structs import replace

from stepper.core.expr import Call, Index, Num, Sym
from stepper.core.formula import asked_name, text
from stepper.core.graph import Graph
from stepper.core.parser import parse
from stepper.errors import FormulaError, Place, Problem, StepperError, nearest
from stepper.read.resolve import Resolver


def told_name(option: str, name: str) -> str:
    """The plain spelling of a name that stands after an option: ``ŷ`` is yhat.

    Raises:
        StepperError: where it is no name.
    """
    try:
        return asked_name(name.strip())
    except FormulaError as error:
        raise StepperError(error.within(Place(option, 0, 1, 1, name))) from None


def with_output(graph: Graph, name: str | None) -> Graph:
    """Another node as the output.

    Raises:
        StepperError: where it is no node.
    """
    if name is None:
        return graph
    name = graph.known_as(told_name("--of", name))
    base = name.partition("[")[0]
    if graph.holds_arrays and name not in graph.nodes and base in graph.nodes:
        return _with_entry(graph, name)
    if name not in graph.nodes:
        raise StepperError(
            Problem(
                f"--of {name}: this is not a node",
                hint=nearest(name, graph.nodes) or f"nodes: {', '.join(graph.nodes)}",
            )
        )
    upstream = graph.upstream if name == graph.output or not graph.holds_arrays else None
    return replace(graph, output=name, upstream=upstream)


def _with_entry(graph: Graph, name: str) -> Graph:
    """One entry of an array as the output: 1 arrives at it, and 0 at all others."""
    try:
        entry = parse(name)
    except FormulaError as error:
        raise StepperError(error.within(Place("--of", 0, 1, 1, name))) from None
    if not isinstance(entry, Index) or not isinstance(entry.base, Sym):
        raise StepperError(Problem(f"--of {name}: this is not an entry of an array", hint="such as --of 'Y[2,3]'"))
    return replace(
        graph, output=entry.base.name, upstream=Call("scatter", (Num("1"), entry.base, *entry.indices)),
        entry=text(entry)
    )  # fmt: skip


def with_upstream(graph: Graph, word: str | None) -> Graph:
    """A gradient arriving at the output: a number, or a name.

    Raises:
        StepperError: where it is no formula.
    """
    if word is None:
        return graph
    try:
        expr = parse(word)
    except FormulaError as error:
        raise StepperError(error.within(Place("--upstream", 0, 1, 1, word))) from None
    problems: list[Problem] = []
    known = {name: parse(name) for name in (*graph.leaves, *graph.nodes)}
    resolved = Resolver(graph.functions, known, problems, symbols=True).resolve(
        expr, Place("--upstream", 0, 1, len(word), word)
    )
    if problems:
        raise StepperError(*problems)
    return replace(graph, upstream=resolved)
