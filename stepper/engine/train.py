"""Training: a graph worked forwards and backwards once in full, then the optimizer's steps, repeated."""

from __future__ import annotations

from dataclasses import replace

from stepper.core.formula import text
from stepper.core.steps import Derivation, Prose
from stepper.core.task import Task
from stepper.engine.backward import backward
from stepper.engine.conventions import opening
from stepper.engine.objective import moved
from stepper.engine.optim import WITHOUT_MORE, Wanted, optim
from stepper.engine.worked import Settings


def train(task: Task, settings: Settings, wanted: Wanted = WITHOUT_MORE, first: Derivation | None = None) -> Derivation:
    """One iteration in full, and the run of all. ``first`` is that iteration where it is worked already, as with arrays.

    Raises:
        StepperError: where a step cannot be taken; the message names it.
    """
    assert task.objective is not None
    graph = moved(task.objective, task.samples[0]) if task.samples else task.objective
    names = [text(coordinate.symbol) for coordinate in task.parameters]
    first = backward(graph, names, settings) if first is None else first
    run = optim(task, settings, wanted)
    said: Prose = ("forward pass and gradients are worked in full at the first values; those of later steps are worked in the same way",)
    if task.samples:
        together = "mean" if task.mean else "sum"
        what = f"{len(task.samples)} samples: loss and gradients of a step are the {together} over them; in full the first is shown"
        said = (what,)
    steps = (*first.steps, *run.steps)
    begins = opening(graph)
    rest = dict.fromkeys((*first.conventions, *run.conventions))
    conventions = (*begins, said, *(line for line in rest if line not in begins))
    notation = {**run.notation, **first.notation}
    return replace(
        run, command="train", title=task.objective.title or run.title, steps=steps, checks=(*first.checks, *run.checks),
        conventions=conventions, notation=notation, source=task.objective.source,
    )  # fmt: skip
