"""A graph with what the command line says put in: values, output, upstream gradient."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from stepper.core.formula import number_of
from stepper.core.graph import Graph
from stepper.core.parser import parse
from stepper.errors import FormulaError, Place, Problem, StepperError, nearest
from stepper.read.resolve import Resolver


def with_values(graph: Graph, words: Iterable[str]) -> Graph:
    """Sets leaves: ``x=-2,y=5``. A value in the document is overridden.

    Raises:
        StepperError: for a name that is no leaf, or a value that is no number.
    """
    leaves, problems = dict(graph.leaves), []
    for word in words:
        for part in re.findall(r"(?:[^,\[]|\[[^\]]*\])+", word):
            name, sign, value = (piece.strip() for piece in part.partition("="))
            try:
                number = number_of(parse(value)) if sign else None
            except FormulaError as error:
                problems.append(error.within(Place(f"--set {name}", 0, 1, 1, value)))
                continue
            if name not in leaves:
                what = f"'{name}' is worked out, not given" if name in graph.nodes else f"there is no leaf '{name}' to set"
                problems.append(Problem(what, hint=nearest(name, leaves) or f"leaves: {', '.join(leaves)}"))
            elif number is None:
                problems.append(Problem(f"--set {part.strip()}: this is not name=number", hint="such as --set x=-2,y=1/3"))
            else:
                leaves[name] = replace(leaves[name], value=number)
    if problems:
        raise StepperError(*problems)
    return replace(graph, leaves=leaves)


def with_output(graph: Graph, name: str | None) -> Graph:
    """Another node as the output.

    Raises:
        StepperError: where it is no node.
    """
    if name is None:
        return graph
    if name not in graph.nodes:
        raise StepperError(
            Problem(f"--of {name}: this is not a node", hint=nearest(name, graph.nodes) or f"nodes: {', '.join(graph.nodes)}")
        )
    return replace(graph, output=name)


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
    resolved = Resolver(graph.functions, known, problems, symbols=True).resolve(expr, Place("--upstream", 0, 1, len(word), word))
    if problems:
        raise StepperError(*problems)
    return replace(graph, upstream=resolved)
