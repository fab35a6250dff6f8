"""What a gradient is asked for: the output that is differentiated, and the names."""

from __future__ import annotations

from collections.abc import Sequence

from stepper.core.graph import Graph
from stepper.engine.values.evaluate import ordered
from stepper.errors import Problem, StepperError, nearest


def output_of(graph: Graph) -> str:
    """The quantity that is differentiated: the one the document names, or its only sink.

    Raises:
        StepperError: where there is none or more than one; the message lists the candidates.
    """
    ordered(graph)
    if graph.output is not None:
        return graph.output
    if len(graph.sinks) == 1:
        return graph.sinks[0]
    if not graph.sinks:
        raise StepperError(Problem("this document has no nodes, so there is nothing to differentiate"))
    what = f"the output is ambiguous: no node uses {' or '.join(graph.sinks)}"
    raise StepperError(Problem(what, hint=f"name it with the line 'output: {graph.sinks[-1]}'"))


def check_names(graph: Graph, wrt: Sequence[str]) -> None:
    known = dict.fromkeys((*graph.leaves, *graph.nodes))
    listed = f"known names: {', '.join([*known][:12])}{', …' if len(known) > 12 else ''}"
    problems = [
        Problem(f"'{name}' is neither a leaf nor a node of this graph", hint=nearest(name, known) or listed)
        for name in wrt
        if name not in known
    ]
    if problems:
        raise StepperError(*problems)
