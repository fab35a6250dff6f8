"""The second forward pass: the graph worked out once more after a step, and what the step did to the objective."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec.structs import replace

from stepper.core.expr import Num, Number, Value
from stepper.core.formula import reference
from stepper.core.prose import Prose
from stepper.core.steps import Block, Column, Note, Step, Table
from stepper.core.task import Task
from stepper.engine.graph.forward import forward_step
from stepper.engine.optim.batches import among
from stepper.engine.optim.ending import about
from stepper.engine.optim.objective import Objective
from stepper.engine.optim.run import Run, Taken
from stepper.engine.values.quantities import Settings

LISTED = 8
"""Up to so many samples of a step have a line of their own."""
Values = Mapping[str, Number]
Pass = Callable[[Values], Step]
"""A forward pass with these values of leaves."""


def second_pass(
    task: Task, run: Run, taken: Sequence[Taken], last: int, settings: Settings, forward: Pass | None = None
) -> Step | None:
    """The forward pass after a step, of the first sample that the step read, and the objective before and after the
    step.
    """
    if task.objective is None or run.objective is None:
        return None
    one = taken[last - 1]
    numbers = {**run.start, **{name: value for earlier in taken[:last] for name, value in earlier.numbers.items()}}
    before, after = (run.places(numbers, Num(str(number))) for number in (last - 1, last))
    chosen = among(one.batch) or range(len(task.samples))
    sample = task.samples[chosen[0]] if task.samples else {}
    worked = (forward or _scalar(run.objective, settings))({**sample, **after})
    body: list[Block] = []
    if len(chosen) > 1:
        body.append(_samples(task, run.objective, chosen, before, after))
    ends = [run.objective.loss(values, among(one.batch)) for values in (before, after)]
    body.append(Note(_said(run.objective, ends, last, settings.digits)))
    which = f" (of sample {chosen[0] + 1})" if len(chosen) > 1 else ""
    title: Prose = (f"Second forward pass, after step {last}{which}",)
    compared = Step("again.loss", "optim.again", ("Before and after",), tuple(body), detail="brief")
    return Step("again", "optim.again", title, children=(_renamed(worked), compared), detail="brief")


def _scalar(objective: Objective, settings: Settings) -> Pass:
    def forward(values: Values) -> Step:
        sheet = objective.sheet({}, values, settings)
        return forward_step(sheet, sheet.graph.ancestors([objective.output]) & set(sheet.graph.nodes))

    return forward


def _renamed(step: Step) -> Step:
    """A step that stands a second time under another identity."""
    return replace(step, id=f"again.{step.id}", children=tuple(map(_renamed, step.children)))


def _samples(task: Task, objective: Objective, chosen: Sequence[int], before: Values, after: Values) -> Table:
    """The objective of each sample before and after the step, and of all together."""
    name = reference(objective.output)
    columns = tuple(Column(words, "value", "right") for words in (("sample",), (name, " before"), (name, " after")))
    shown = chosen if len(chosen) <= LISTED else chosen[: LISTED - 1]
    parts = [objective.losses(values, chosen) for values in (before, after)]
    rows: list[tuple[Prose, ...]] = [
        ((str(place + 1),), *((Value(part[number]),) for part in parts)) for number, place in enumerate(shown)
    ]  # fmt: skip
    if len(shown) < len(chosen):
        rows.append((("…",), ("…",), ("…",)))
    rows.append((("mean",) if task.mean else ("sum",), *((Value(objective.together(part)),) for part in parts)))
    return Table(columns, tuple(rows))


def _said(objective: Objective, ends: Sequence[Number], last: int, digits: int) -> Prose:
    before, after = ends
    name = reference(objective.output)
    if after == before:
        return (f"Step {last} leaves ", name, " at ", *about(after, digits), ".")
    did = "raises" if after > before else "lowers"
    return (f"Step {last} {did} ", name, " from ", *about(before, digits), " to ", *about(after, digits), ".")
