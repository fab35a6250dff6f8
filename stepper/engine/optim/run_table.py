"""The run of an optimizer as a table: a line for each step and parameter, a long run thinned."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from stepper.core.expr import Expr, Num, Sym, Value
from stepper.core.formula import reference
from stepper.core.prose import Prose
from stepper.core.steps import Column, Step, Table
from stepper.core.task import GRADIENT, Task
from stepper.engine.graph.asked import output_of
from stepper.engine.optim.batches import Batch
from stepper.engine.optim.compiled import called
from stepper.engine.optim.run import Run, Taken

SAMPLES = 4
"""How many samples of a step the table names."""


def table_of_run(task: Task, run: Run, taken: Sequence[Taken], every: int) -> Step:
    """A line for each step and parameter, before the first step too; a long run is thinned."""
    several = len(task.parameters) > 1
    losses = any(one.loss is not None for one in taken)
    quantities = _quantities(task)
    columns = [Column((Sym("t"),), "value", "right")]
    columns += [Column((word,), "value", "right") for word in (("epoch", "samples") if task.batch is not None else ())]
    columns += [Column(("",))] if several else []
    columns += [Column((Sym(name),), "value", "right") for name in quantities]
    columns.append(Column(("value",) if several else (next(iter(task.parameters)).symbol,), "value", "right"))
    name = reference(output_of(task.objective)) if losses and task.objective is not None else Sym("")
    columns += [
        Column((name, word), "value", "right")
        for word in ((" before", " after") if task.batch is not None else ("",))
        if losses
    ]
    first = Taken(0, None, run.start, run.loss(run.start, Num("0")) if task.batch is None else None)
    shown = [one for one in taken if one.number % every == 0 or one.number == 1 or one is taken[-1]]
    names = [
        (place.symbol, [*(called(partial(place.of, name)) for name in quantities), called(place.at)])
        for place in task.parameters
    ]
    rows = [
        _row(task, one, symbol if several else None, [name(one.number) for name in of_it], losses, place == 0)
        for one in (first, *shown)
        for place, (symbol, of_it) in enumerate(names)
    ]
    why: Prose = (f"One step in {every} is shown.",) if every > 1 else ()
    return Step("optim.run", "optim.run", ("The run",), (Table(tuple(columns), tuple(rows)),), why, detail="brief")


def _quantities(task: Task) -> tuple[str, ...]:
    """What the table shows beside the parameters: the gradients that are given or read, and the state."""
    given = (GRADIENT,) if task.gradients else ()
    return tuple(dict.fromkeys((*given, *task.method.gradients, *task.method.state)))


def _row(
    task: Task, one: Taken, symbol: Expr | None, names: Sequence[str], losses: bool, is_first: bool
) -> tuple[Prose, ...]:
    """The numbers of a parameter after a step, by their names; what is told of the step stands in its first row."""
    values = [one.numbers.get(name) for name in names]
    cells: list[Prose] = [(str(one.number),) if is_first else ("",)]
    cells += [(word,) if is_first else ("",) for word in (samples_read(one.batch) if task.batch is not None else ())]
    cells += [(symbol,)] if symbol is not None else []
    cells += [("",) if value is None else (Value(value),) for value in values]
    heights = ([one.before] if task.batch is not None else []) + [one.loss] if losses else []
    cells += [(Value(height),) if height is not None and is_first else ("",) for height in heights]
    return tuple(cells)


def samples_read(batch: Batch | None) -> tuple[str, str]:
    """The epoch and the samples of a step, counted from 1 as they stand in the file; a long run of them by its ends."""
    if batch is None:
        return "", ""
    places = [place + 1 for place in batch.samples]
    if len(places) > 1 and places == list(range(places[0], places[-1] + 1)):
        return str(batch.epoch), f"{places[0]}–{places[-1]}"
    return str(batch.epoch), ", ".join(map(str, places[:SAMPLES])) + (", …" if len(places) > SAMPLES else "")
