"""What an optimizer makes small: a graph, or the mean or sum of a graph over samples; its value and its gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from operator import add

from msgspec import Struct
from msgspec.structs import replace

from stepper.core.expr import Number
from stepper.core.formula import number_of, text
from stepper.core.graph import Graph
from stepper.core.task import Task
from stepper.engine.graph.adjoints import Gradients
from stepper.engine.graph.asked import output_of
from stepper.engine.values.equations import Sheet
from stepper.engine.values.quantities import Settings
from stepper.engine.values.slots import Values, picking, putting
from stepper.engine.values.stretch import Stretch
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


class Descent(Struct, frozen=True):
    """Where the numbers of a run stand in the slots of a graph.

    Attributes:
        back: the way from the slot of the output to those of the parameters that the graph reads; None where the nodes
            of one form are worked together, which goes back to all.
        read: picks these among all parameters; ``put`` puts them into their slots, ``slopes`` picks their adjoints.
    """

    output: int
    back: Stretch | None
    read: Callable[[Sequence[float]], Sequence[float]]
    slopes: Callable[[Values], Sequence[float]]
    put: Callable[[Values, Sequence[float]], None]


class Objective:
    """The objective of a task: exactly for steps that are written out, compiled once for all others.

    ``among`` numbers the samples that count, from 0; None are all.
    """

    def __init__(self, task: Task, graph: Graph) -> None:
        self.graph, self.samples, self.mean = graph, task.samples or ({},), task.mean
        self.output = output_of(graph)
        self.names = [text(coordinate.symbol) for coordinate in task.parameters]
        self.vocabulary = Vocabulary(graph.functions, graph.conventions)
        self.last: Mapping[str, Number] = {}
        self.sheets: dict[int, tuple[Mapping[str, Number], Sheet]] = {}

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
        """The graph worked out for one sample; once for the same numbers: where a step ends, the next one begins."""
        if settings is not None:
            return Sheet(moved(self.graph, {**sample, **values}), settings)
        if len(values) != len(self.last) or any(values[name] is not number for name, number in self.last.items()):
            self.last, self.sheets = values, {}
        if id(sample) not in self.sheets:
            self.sheets[id(sample)] = sample, Sheet(moved(self.graph, {**sample, **values}), Settings())
        return self.sheets[id(sample)][1]

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
    def sweep(self) -> Sweep:
        """The graph compiled once."""
        return Sweep(moved(self.graph, self.samples[0]), self.vocabulary)

    @cached_property
    def rows(self) -> list[list[tuple[int, float]]]:
        """What each sample puts into the slots of its leaves."""
        slots = self.sweep.slots
        return [[(slots[name], float(value)) for name, value in row.items()] for row in self.samples]

    @cached_property
    def read(self) -> list[int]:
        """The places of the parameters that the graph reads."""
        return [place for place, name in enumerate(self.names) if name in self.graph.leaves]

    @cached_property
    def compiled(self) -> Descent:
        slots = self.sweep.slots
        leaves = [slots[self.names[place]] for place in self.read]
        back = None if self.sweep.together else self.sweep.back_to(leaves, self.output)
        return Descent(slots[self.output], back, picking(self.read), picking(leaves), putting(leaves))

    def swept(self, values: Sequence[float], among: Sequence[int] | None) -> Iterator[Values]:
        """The numbers in all slots for one sample after the other."""
        sweep, rows, compiled = self.sweep, self.rows, self.compiled
        parameters = compiled.read(values)
        for place in range(len(rows)) if among is None else among:
            begin: Values = sweep.initial[:]
            for slot, value in rows[place]:
                begin[slot] = value
            compiled.put(begin, parameters)
            yield sweep.run(begin)

    def loss_at(self, values: Sequence[float], among: Sequence[int] | None = None) -> float:
        """The same, of the parameters in their order."""
        output = self.compiled.output
        return float(self.together([numbers[output] for numbers in self.swept(values, among)]))

    def gradients_at(self, values: Sequence[float], among: Sequence[int] | None = None) -> list[float]:
        """The same."""
        slopes = self.compiled.slopes
        parts = [slopes(self.adjoints(numbers)) for numbers in self.swept(values, among)]
        found = [*parts[0]] if len(parts) == 1 else self.added(parts)
        if len(self.read) == len(self.names):
            return found
        total = [0.0] * len(self.names)
        for place, part in zip(self.read, found, strict=True):
            total[place] = part
        return total

    def adjoints(self, numbers: Values) -> Values:
        """Those of the parameters, in their slots."""
        sweep, compiled = self.sweep, self.compiled
        if compiled.back is not None:
            return sweep.handed(numbers, compiled.output, compiled.back)
        sweep.values = numbers
        return sweep.adjoints(self.output)

    def added(self, parts: Sequence[Sequence[float]]) -> list[float]:
        """The mean or the sum of lists of gradients."""
        share = 1.0 / len(parts) if self.mean else 1.0
        total = [0.0] * len(self.read)
        for part in parts:
            total = [*map(add, total, part)]
        return [share * number for number in total]
