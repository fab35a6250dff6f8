"""Short ways to a graph and its derivation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

from stepper.core.expr import Deriv, Expr, Number, Value
from stepper.core.formula import text
from stepper.core.graph import Graph
from stepper.core.steps import Derivation, Equation
from stepper.core.traverse import transform
from stepper.engine.graph.adjoints import Gradients
from stepper.engine.graph.asked import output_of
from stepper.engine.graph.backward import backward
from stepper.engine.values.equations import Sheet
from stepper.engine.values.quantities import Settings
from stepper.read.bundled import load_graph
from stepper.read.graph import read_graph

ROOT = Path(__file__).resolve().parents[1]


def graph_of(document: str) -> Graph:
    """A graph from a few lines of YAML."""
    return read_graph(dedent(document), "graph.yaml")


def derive(graph: Graph | str, *wrt: str, lr: Number | None = None, exact: bool = False) -> Derivation:
    """The backward derivation of a graph, a bundled name or a document."""
    if isinstance(graph, str):
        graph = graph_of(graph) if "\n" in graph else load_graph(graph)
    return backward(graph, list(wrt), Settings(lr=lr, exact=exact))


def answer(derivation: Derivation, name: str) -> Number | None:
    """The number of an answer."""
    return next(entry.number for entry in derivation.answers if entry.name == name)


def equations(derivation: Derivation) -> Iterator[Equation]:
    """Every equation of a derivation, in order."""
    for _, step in derivation.walk():
        yield from (block for block in step.body if isinstance(block, Equation))


class Numbers:
    """The number of any formula of a derivation: derivatives in it by the engine's own gradients."""

    def __init__(self, graph: Graph, settings: Settings | None = None) -> None:
        self.sheet = Sheet(graph, settings or Settings())
        everything = [*graph.leaves, *graph.nodes]
        self.gradients = Gradients(self.sheet, output_of(graph), everything)

    def __call__(self, expr: Expr) -> Number | None:
        return self.sheet.approximate(transform(expr, self._derivative))

    def _derivative(self, part: Expr) -> Expr | None:
        if not isinstance(part, Deriv):
            return None
        if part.total and text(part.of) == self.gradients.output:
            return self.gradients.adjoint(text(part.wrt))
        source, target = text(part.wrt), text(part.of)
        slots = [slot for slot, read in enumerate(self.sheet.graph.nodes[target].reads) if read == source]
        number = self.gradients.locals(source, target, slots[max(part.wire, 1) - 1]).number
        return part if number is None else Value(number)


MICROGRAD = """
c = a + b
d = a * b + b**3
c += c + 1
c += 1 + c + (-a)
d += d * 2 + relu(b + a)
d += 3 * d + relu(b - a)
e = c - d
f = e**2
g = f / 2.0
g += 10.0 / f
"""
"""The program of micrograd's README, with five re-assignments."""
