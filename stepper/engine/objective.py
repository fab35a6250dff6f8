"""What an optimizer makes small: a graph, or the mean or sum of a graph over samples; its value and its gradients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cached_property

from stepper.core.expr import Number
from stepper.core.formula import number_of, text
from stepper.core.graph import Graph
from stepper.core.task import Task
from stepper.engine.adjoints import Gradients
from stepper.engine.backward import output_of
from stepper.engine.sweep import Sweep
from stepper.engine.vocabulary import Vocabulary
from stepper.engine.worked import Settings, Sheet


def moved(graph: Graph, values: Mapping[str, Number]) -> Graph:
    """A graph with other values of some leaves."""
    return replace(graph, leaves={name: replace(leaf, value=values.get(name, leaf.value)) for name, leaf in graph.leaves.items()})


class Objective:
    """The objective of a task: exactly for steps that are written out, compiled once for all others."""

    def __init__(self, task: Task, graph: Graph) -> None:
        self.graphs = [moved(graph, sample) for sample in task.samples] if task.samples else [graph]
        self.share = Fraction(1, len(self.graphs)) if task.mean else Fraction(1)
        self.output = output_of(graph)
        self.names = [text(coordinate.symbol) for coordinate in task.parameters]
        self.vocabulary = Vocabulary(graph.functions, graph.conventions)

    def loss(self, values: Mapping[str, Number]) -> Number:
        """Its value at these parameters."""
        return self.together([Sheet(moved(graph, values), Settings()).numbers[self.output] for graph in self.graphs])

    def gradients(self, values: Mapping[str, Number]) -> dict[str, Number]:
        """Its gradient for each parameter."""
        found: dict[str, list[Number]] = {name: [] for name in self.names}
        for graph in self.graphs:
            worked = Gradients(Sheet(moved(graph, values), Settings()), self.output, self.names)
            for name in self.names:
                found[name].append(number_of(worked.adjoint(name)) or Fraction(0))
        return {name: self.together(parts) for name, parts in found.items()}

    def together(self, parts: Sequence[Number]) -> Number:
        """The mean or the sum over the samples."""
        if len(parts) == 1:
            return parts[0]
        if all(isinstance(part, Fraction) for part in parts):
            return sum((Fraction(part) for part in parts), Fraction(0)) * self.share
        return float(self.share) * sum(map(float, parts))

    # ---- in floating point

    @cached_property
    def sweeps(self) -> list[Sweep]:
        return [Sweep(graph, self.vocabulary) for graph in self.graphs]

    def loss_at(self, values: Sequence[float]) -> float:
        """The same, of the parameters in their order."""
        parts = [sweep.at(self._leaves(sweep, values))[sweep.slots[self.output]] for sweep in self.sweeps]
        return float(self.together(parts))

    def gradients_at(self, values: Sequence[float]) -> list[float]:
        """The same."""
        total = [0.0] * len(self.names)
        for sweep in self.sweeps:
            sweep.values = sweep.at(self._leaves(sweep, values))
            found = sweep.gradients(self.output)
            for place, name in enumerate(self.names):
                total[place] += found[name] if name in sweep.graph.leaves else 0.0
        share = float(self.share) if len(self.sweeps) > 1 else 1.0
        return [share * part for part in total]

    def _leaves(self, sweep: Sweep, values: Sequence[float]) -> dict[str, float]:
        return {name: value for name, value in zip(self.names, values, strict=True) if name in sweep.graph.leaves}
