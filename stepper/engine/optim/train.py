"""Training: a graph worked forwards and backwards once in full, then the optimizer's steps, repeated."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from stepper.core.arrays import ArrayGraph
from stepper.core.formula import text
from stepper.core.prose import Prose
from stepper.core.steps import Derivation, Step
from stepper.core.task import Task
from stepper.engine.graph.backward import backward
from stepper.engine.graph.conventions import opening
from stepper.engine.optim.batches import Batches, among
from stepper.engine.optim.objective import moved
from stepper.engine.optim.second_pass import Values
from stepper.engine.optim.worked_run import WITHOUT_MORE, Wanted, optim, read_by
from stepper.engine.values.quantities import Settings


class Arrays(Struct, frozen=True):
    """The graph of arrays whose entries a task trains, and the arrays that are asked about."""

    graph: ArrayGraph
    wrt: Sequence[str]

    def backward(self, values: Values, settings: Settings) -> Derivation:
        from stepper.engine.tensor.backward import backward as work
        from stepper.engine.tensor.leaves import put

        return work(put(self.graph, values), self.wrt, settings)

    def forward(self, values: Values, settings: Settings) -> Step:
        from stepper.engine.tensor.forward import forward_step
        from stepper.engine.tensor.leaves import put
        from stepper.engine.tensor.quantities import Board

        return forward_step(Board(put(self.graph, values), settings), self.graph.order, None)


def train(task: Task, settings: Settings, wanted: Wanted = WITHOUT_MORE, arrays: Arrays | None = None) -> Derivation:
    """One iteration in full, and the run of all.

    Raises:
        StepperError: where a step cannot be taken; the message names it.
    """
    assert task.objective is not None
    chosen = among(Batches(task).of(1)) or range(len(task.samples))
    sample = task.samples[chosen[0]] if task.samples else {}
    if arrays is not None:
        first = arrays.backward(sample, settings)
        wanted = replace(wanted, forward=lambda values: arrays.forward(values, settings))
    else:
        first = backward(
            moved(task.objective, sample), [text(coordinate.symbol) for coordinate in task.parameters], settings
        )
    run = optim(task, settings, wanted)
    said: Prose = (
        "forward pass and gradients are worked out in full at the first values; those of later steps are worked out in "
        "the same way",
    )
    if task.samples:
        said = (*read_by(task), f"; in full sample {chosen[0] + 1} is shown")
    steps = (*first.steps, *run.steps)
    begins = opening(task.objective)
    rest = dict.fromkeys((*first.conventions, *run.conventions))
    conventions = (*begins, said, *(line for line in rest if line not in (*begins, read_by(task))))
    notation = {**run.notation, **first.notation}
    return replace(
        run, command="train", title=task.objective.title or run.title, steps=steps, checks=(*first.checks, *run.checks),
        conventions=conventions, notation=notation, source=task.objective.source,
    )  # fmt: skip
