"""A graph with what the command line says put in: values, output, upstream gradient."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from stepper.core.expr import Array, Call, Expr, Index, Num, Number, Sym
from stepper.core.formula import number_of, text
from stepper.core.graph import ArrayGraph, ArrayLeaf, Graph, Shape
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
        for part in re.findall(r"(?:[^,\[]|\[(?:[^\[\]]|\[[^\[\]]*\])*\])+", word):
            name, sign, value = (piece.strip() for piece in part.partition("="))
            leaf = leaves.get(name)
            try:
                given = parse(value) if sign else None
                number = None if given is None else number_of(given)
            except FormulaError as error:
                problems.append(error.within(Place(f"--set {name}", 0, 1, 1, value)))
                continue
            if name not in leaves:
                what = f"'{name}' is worked out, not given" if name in graph.nodes else f"there is no leaf '{name}' to set"
                problems.append(Problem(what, hint=nearest(name, leaves) or f"leaves: {', '.join(leaves)}"))
            elif isinstance(leaf, ArrayLeaf):
                shape, entries = _entries(given)
                if None in entries or not shape or (leaf.shape and shape != leaf.shape):
                    wanted = "×".join(map(str, leaf.shape))
                    problems.append(Problem(f"--set {name}: an array of {wanted} is expected here", hint=f"such as --set '{name}=[1, 2]'"))
                else:
                    known = tuple(entry for entry in entries if entry is not None)
                    leaves[name] = replace(leaf, shape=shape, entries=known, fill="", file="")
            elif number is None:
                problems.append(Problem(f"--set {part.strip()}: this is not name=number", hint="such as --set x=-2,y=1/3"))
            else:
                leaves[name] = replace(leaves[name], value=number)
    if problems:
        raise StepperError(*problems)
    return replace(graph, leaves=leaves)


def _entries(expr: Expr | None) -> tuple[Shape, list[Number | None]]:
    """The shape of lists in lists, and their numbers row after row."""
    if not isinstance(expr, Array):
        return (), [None if expr is None else number_of(expr)]
    parts = [_entries(item) for item in expr.items]
    equal = len({shape for shape, _ in parts}) == 1
    return ((len(parts), *parts[0][0]) if equal else ()), [entry for _, entries in parts for entry in entries]


def with_output(graph: Graph, name: str | None) -> Graph:
    """Another node as the output.

    Raises:
        StepperError: where it is no node.
    """
    if name is None:
        return graph
    base = name.partition("[")[0]
    if isinstance(graph, ArrayGraph) and name not in graph.nodes and base in graph.nodes:
        return _with_entry(graph, name)
    if name not in graph.nodes:
        raise StepperError(
            Problem(f"--of {name}: this is not a node", hint=nearest(name, graph.nodes) or f"nodes: {', '.join(graph.nodes)}")
        )
    upstream = graph.upstream if name == graph.output or not isinstance(graph, ArrayGraph) else None
    return replace(graph, output=name, upstream=upstream)


def _with_entry(graph: ArrayGraph, name: str) -> Graph:
    """One entry of an array as the output: 1 arrives at it, and 0 at all others."""
    try:
        entry = parse(name)
    except FormulaError as error:
        raise StepperError(error.within(Place("--of", 0, 1, 1, name))) from None
    if not isinstance(entry, Index) or not isinstance(entry.base, Sym):
        raise StepperError(Problem(f"--of {name}: this is no entry of an array", hint="such as --of 'Y[2,3]'"))
    return replace(
        graph, output=entry.base.name, upstream=Call("placed", (Num("1"), entry.base, *entry.indices)), entry=text(entry)
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
    resolved = Resolver(graph.functions, known, problems, symbols=True).resolve(expr, Place("--upstream", 0, 1, len(word), word))
    if problems:
        raise StepperError(*problems)
    return replace(graph, upstream=resolved)
