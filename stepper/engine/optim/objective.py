"""What an optimizer makes small: a graph, or the mean or sum of a graph over samples; its value and its gradients."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property

from msgspec.structs import replace

from stepper.core.expr import Number
from stepper.core.formula import number_of, text
from stepper.core.graph import Graph
from stepper.core.task import Task
from stepper.engine.graph.adjoints import Gradients
from stepper.engine.graph.asked import output_of
from stepper.engine.values.equations import Sheet
from stepper.engine.values.quantities import Settings
from stepper.engine.values.sweep import Sweep
from stepper.engine.values.vocabulary import PLAIN, Vocabulary

MOST_EXACT = 3_000
"""Reads of all nodes, of all samples together, up to which numbers are exact; beyond they are swept in floating point.
"""


def moved(graph: Graph, values: Mapping[str, Number]) -> Graph:
    """A graph with other values of some leaves."""
    return replace(
        graph, leaves={name: replace(leaf, value=values.get(name, leaf.value)) for name, leaf in graph.leaves.items()}
    )


def of_entries(task: Task) -> Task:
    """The task with an objective of arrays taken entry by entry, as its parameters are.

    Raises:
        StepperError: where that is no number, or there are too many entries.
    """
    if task.objective is None or not task.objective.holds_arrays:
        return task
    from stepper.core.arrays import ArrayGraph
    from stepper.engine.tensor.numbers import entry_by_entry

    assert isinstance(task.objective, ArrayGraph)
    names = dict.fromkeys(parameter.name for parameter in task.parameters)
    return replace(task, objective=entry_by_entry(task.objective, list(names)))


class Objective:
    """The objective of a task: exactly for steps that are written out, compiled once for all others.

    ``among`` numbers the samples that count, from 0; None are all.
    """

    def __init__(self, task: Task, graph: Graph) -> None:
        self.graph, self.samples, self.mean = graph, task.samples or ({},), task.mean
        self.output = output_of(graph)
        self.names = [text(coordinate.symbol) for coordinate in task.parameters]
        self.vocabulary = Vocabulary(graph.functions, graph.conventions)

    def chosen(self, among: Sequence[int] | None) -> Sequence[Mapping[str, Number]]:
        return self.samples if among is None else [self.samples[place] for place in among]

    def loss(self, values: Mapping[str, Number], among: Sequence[int] | None = None) -> Number:
        """Its value at these parameters."""
        if self.is_large(among):
            return self.loss_at(self.floats(values), among)
        return self.together(self.losses(values, among))

    def losses(self, values: Mapping[str, Number], among: Sequence[int] | None = None) -> list[Number]:
        """Its value for each sample."""
        return [self.sheet(sample, values).numbers[self.output] for sample in self.chosen(among)]

    def sheet(
        self, sample: Mapping[str, Number], values: Mapping[str, Number], settings: Settings | None = None
    ) -> Sheet:
        """The graph worked out for one sample."""
        return Sheet(moved(self.graph, {**sample, **values}), settings or Settings())

    def gradients(self, values: Mapping[str, Number], among: Sequence[int] | None = None) -> dict[str, Number]:
        """Its gradient for each parameter, 0 for one that it does not read."""
        if self.is_large(among):
            return dict(zip(self.names, self.gradients_at(self.floats(values), among), strict=True))
        found: dict[str, list[Number]] = {name: [] for name in self.names if name in self.graph.leaves}
        for sample in self.chosen(among):
            worked = Gradients(self.sheet(sample, values), self.output, found)
            for name, parts in found.items():
                parts.append(number_of(worked.adjoint(name)) or Fraction(0))
        return {name: self.together(found[name]) if name in found else Fraction(0) for name in self.names}

    def together(self, parts: Sequence[Number]) -> Number:
        """The mean or the sum over the samples."""
        if len(parts) == 1:
            return parts[0]
        share = Fraction(1, len(parts)) if self.mean else Fraction(1)
        if all(isinstance(part, Fraction) for part in parts):
            return sum((Fraction(part) for part in parts), Fraction(0)) * share
        return float(share) * sum(map(float, parts))

    # ---- in floating point

    def is_large(self, among: Sequence[int] | None) -> bool:
        """Are these samples too many for this graph to be worked exactly?

        A sweep takes the rows' own slopes at kinks, so that with others they are never too many.
        """
        return self.reads * len(self.chosen(among)) > MOST_EXACT and self.vocabulary.kink == PLAIN.kink

    @cached_property
    def reads(self) -> int:
        """How many quantities the nodes read that lead to the output."""
        leading = self.graph.ancestors([self.output])
        return sum(len(node.reads) for name, node in self.graph.nodes.items() if name in leading)

    def floats(self, values: Mapping[str, Number]) -> list[float]:
        """The parameters in their order; 0 stands for one that the graph does not read."""
        return [float(values.get(name, 0)) for name in self.names]

    @cached_property
    def compiled(self) -> tuple[Sweep, list[list[tuple[int, float]]]]:
        """The graph compiled once, and what the samples put into the slots of its leaves."""
        sweep = Sweep(moved(self.graph, self.samples[0]), self.vocabulary)
        return sweep, [[(sweep.slots[name], float(value)) for name, value in row.items()] for row in self.samples]

    @cached_property
    def read(self) -> list[tuple[int, int]]:
        """The parameters that the graph reads: the place of each among all, and its slot."""
        slots = self.compiled[0].slots
        return [(place, slots[name]) for place, name in enumerate(self.names) if name in self.graph.leaves]

    def swept(self, values: Sequence[float], among: Sequence[int] | None) -> Iterator[Sweep]:
        """The compiled graph with the values of one sample after the other."""
        sweep, samples = self.compiled
        for place in range(len(samples)) if among is None else among:
            begin = sweep.initial[:]
            for slot, value in samples[place]:
                begin[slot] = value
            for parameter, slot in self.read:
                begin[slot] = values[parameter]
            sweep.values = sweep.run(begin)
            yield sweep

    def loss_at(self, values: Sequence[float], among: Sequence[int] | None = None) -> float:
        """The same, of the parameters in their order."""
        return float(self.together([sweep.values[sweep.slots[self.output]] for sweep in self.swept(values, among)]))

    def gradients_at(self, values: Sequence[float], among: Sequence[int] | None = None) -> list[float]:
        """The same."""
        total = [0.0] * len(self.names)
        for sweep in self.swept(values, among):
            found = sweep.adjoints(self.output)
            for place, slot in self.read:
                total[place] += found[slot]
        share = 1.0 / len(self.chosen(among)) if self.mean else 1.0
        return [share * part for part in total]
