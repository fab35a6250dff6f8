"""Worked optimizer runs: the rule, each step line by line, the run as a table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import islice

from msgspec import Struct

from stepper.core.expr import Expr, Num, Number, Sym, Value
from stepper.core.formula import reference, text
from stepper.core.progress import tell
from stepper.core.prose import Prose
from stepper.core.steps import Answer, Block, Check, Derivation, Detail, Equation, Link, Note, Step
from stepper.core.task import Coordinate, Method, Task
from stepper.engine.graph.asked import output_of
from stepper.engine.optim.ending import Heights, ending
from stepper.engine.optim.plots import Trace, pictured
from stepper.engine.optim.run import Diverged, Run, Taken
from stepper.engine.optim.run_table import table_of_run
from stepper.engine.optim.samples import sample_steps
from stepper.engine.optim.second_pass import Pass, second_pass
from stepper.engine.optim.state_sums import remembered
from stepper.engine.optim.step import LETTER, StepGraph
from stepper.engine.values.equations import Sheet
from stepper.engine.values.quantities import Settings
from stepper.tables.optimizer import SYMBOLS
from stepper.tables.table import ROWS

SHOWN, WRITTEN, WRITTEN_AT_ALL = 3, 10, 50
"""How many steps are shown line by line, how many are worked exactly, and how many are with ``--detail full``."""
ROWS_SHOWN = 100
"""How many rows the table of a run has at most by itself."""
TOLERANCE = 1e-9


class Wanted(Struct, frozen=True):
    """What of a run is wanted.

    Attributes:
        written: so many steps are worked line by line.
        every: one step in so many is shown in the table; by itself as many as make a hundred rows.
        pictures: the run is drawn too.
        forward: how a forward pass is worked for the second time, where it is not that of the task's graph.
    """

    written: int = WRITTEN
    every: int | None = None
    pictures: bool = False
    forward: Pass | None = None

    def rows(self, steps: int) -> int:
        """One step in how many is shown."""
        return self.every or max(1, math.ceil(steps / ROWS_SHOWN))


WITHOUT_MORE = Wanted()


def optim(task: Task, settings: Settings, wanted: Wanted = WITHOUT_MORE) -> Derivation:
    """The run of a task's optimizer, its first steps written out.

    Raises:
        StepperError: where a setting is out of its range, or a step cannot be taken.
    """
    run = Run(task)
    every = wanted.rows(task.steps)
    taken: list[Taken] = []
    stopped = None
    try:
        for one in run.steps(wanted.written, settings, every):
            taken.append(one)
            tell("steps", one.number, task.steps)
    except Diverged:
        if not taken:
            raise
        stopped = run.tail.number + 1
    written = [
        _step(one, sample_steps(run, one, numbers.numbers, settings) if one.number <= SHOWN else [])
        for numbers, one in zip((Taken(0, None, run.start), *taken), taken, strict=False)
        if one.sheet is not None
    ]
    shown = min(SHOWN, len(written))
    again = (
        second_pass(task, run, taken, shown, settings, wanted.forward)
        if shown and (wanted.forward or run.works_gradients)
        else None
    )
    steps = [
        _rule(task),
        *written[:shown],
        *([again] if again is not None else []),
        *written[shown:],
        table_of_run(task, run, taken, every),
        *ending(task, run.tail, _heights(run, taken, every), settings.digits, stopped),
        *_why(task, run, taken, settings),
        *([pictured(task, [_trace(task, run, taken)])] if wanted.pictures else []),
    ]
    checks = [_swept(task, run, taken)]
    answers = [
        Answer(name, Value(value), value) for one in taken[:WRITTEN_AT_ALL] for name, value in one.numbers.items()
    ]
    last = taken[-1]
    if len(taken) > WRITTEN_AT_ALL:
        answers += [
            Answer(text(c.at(Num(str(last.number)))), Value(value), value) for c, value in _parameters(task, last)
        ]
    return Derivation(
        "optim",
        task.title or task.method.name,
        tuple(steps),
        tuple(answers),
        tuple(checks),
        _conventions(task),
        notation(),
        task.source,
    )


def _heights(run: Run, taken: Sequence[Taken], every: int) -> Heights:
    """The objective along the run; of batches at its ends, over all samples."""
    start, last = run.start, taken[-1]
    if last.batch is not None:
        ends = [run.loss(numbers, Num(str(number))) for number, numbers in ((0, start), (last.number, last.numbers))]
        return Heights([loss for loss in ends if loss is not None], False, f"Over all {len(run.task.samples)} samples ")
    losses = [run.loss(start, Num("0")), *(one.loss for one in taken)]
    return Heights([loss for loss in losses if loss is not None], every == 1)


def notation() -> dict[str, str]:
    return {row.name: row.symbol for row in ROWS.values() if row.symbol}


def _parameters(task: Task, taken: Taken) -> list[tuple[Coordinate, Number]]:
    step = Num(str(taken.number))
    return [(coordinate, taken.numbers[text(coordinate.at(step))]) for coordinate in task.parameters]


def _trace(task: Task, run: Run, taken: Sequence[Taken]) -> Trace:
    """Where the run stood."""
    stands = [
        (one.number, tuple(float(value) for _, value in _parameters(task, one)))
        for one in (Taken(0, None, run.start), *taken)
    ]
    return Trace(task.method.name, tuple(stands))


def _conventions(task: Task) -> tuple[Prose, ...]:
    lines: list[Prose] = list(task.method.says)
    words: list[str | Expr] = []
    for name, value in task.method.settings.items():
        words += [", " if words else "", Sym(SYMBOLS.get(name, name)), " = ", Value(value)]
    lines.append(tuple(words[1:]))
    lines.append(
        ("t counts the steps from 1; a number in parentheses or in a subscript is the step after which it holds",)
    )
    if task.objective is not None:
        node = task.objective.nodes[output_of(task.objective)]
        formula: Prose = (" = ", node.formula) if node.formula is not None and len(task.objective.nodes) == 1 else ()
        lines.append(
            (reference(node.name), *formula, " is to be maximized" if task.method.uphill else " is to be minimized")
        )
    if task.samples:
        lines.append(read_by(task))
    if any(coordinate.element for coordinate in task.parameters):
        lines.append(("the second number is the element of the list",))
    if task.method.source:
        lines.append((task.method.source,))
    return tuple(lines)


def read_by(task: Task) -> Prose:
    """Which samples a step reads."""
    together = "mean" if task.mean else "sum"
    if task.batch is None:
        return (f"{len(task.samples)} samples: loss and gradients of a step are the {together} over them",)
    size = (
        "one sample"
        if task.batch == 1
        else f"{task.batch} of {len(task.samples)} samples, loss and gradients are their {together}"
    )
    order = (
        "in the order given" if task.seed is None else f"in a new random order for each epoch with the seed {task.seed}"
    )
    rest = len(task.samples) % task.batch
    smaller = f"; the last step of an epoch reads {rest}" if rest else ""
    return (f"each step reads {size}, {order}; an epoch reads all {len(task.samples)} once{smaller}",)


def _rule(task: Task) -> Step:
    """The assignments in general, for one parameter; linear equations for all that the task has."""
    every = list(task.parameters) if task.method.system is not None else [Coordinate("theta")]
    return Step("optim.rule", "optim.rule", ("The rule",), rule(task.method, every), detail="brief")


def rule(method: Method, coordinates: Sequence[Coordinate]) -> tuple[Block, ...]:
    """The assignments with the letter t for the step, and where gradients are taken that are not taken at the
    parameter.
    """
    building = StepGraph(method, coordinates, LETTER)
    body: list[Block] = []
    for node in building.build({}).nodes.values():
        if node.formula is not None:
            body.append(Equation(reference(node.name), (Link("=", node.formula),), "plain"))
        for asked in building.asked:
            if text(asked.places[0]) == node.name:
                body.append(Note((asked.targets[0], " is the gradient at ", asked.places[0])))
    return tuple(body)


def _step(taken: Taken, samples: Sequence[tuple[int, tuple[Step, ...]]]) -> Step:
    """One step, each assignment a worked line; several parameters one after the other. What it reads of ``samples``
    stands after so many of its lines.
    """
    assert taken.sheet is not None
    sheet: Sheet = taken.sheet
    body: list[Block] = []
    for name, node in sheet.graph.nodes.items():
        assert node.formula is not None
        body.append(sheet.worked(reference(name), node.formula, sheet.values.get(name)))
    detail: Detail = "brief" if taken.number <= SHOWN else "full"
    identity, title = f"optim.step:{taken.number}", (f"Step {taken.number}",)
    if not samples:  # remarks are made where second derivatives are taken, of all samples in one formula
        notes = [Note(note) for note in taken.notes]
        return Step(identity, "optim.step", title, (*body, *notes), detail=detail)
    children: list[Step] = []
    ends = [*(after for after, _ in samples[1:]), len(body)]
    for number, ((start, worked), end) in enumerate(zip(samples, ends, strict=True), start=1):
        update = f"optim.update:{taken.number}:{number}"
        children += [*worked, Step(update, "optim.update", ("The update",), tuple(body[start:end]), detail=detail)]
    return Step(identity, "optim.step", title, tuple(body[: samples[0][0]]), children=tuple(children), detail=detail)


def _why(task: Task, run: Run, taken: Sequence[Taken], settings: Settings) -> list[Step]:
    """What the state remembers, of the first parameter."""
    written = [one for one in taken if one.sheet is not None]
    numbers = {**run.settings, **run.start, **{name: value for one in written for name, value in one.numbers.items()}}
    return remembered(task.method, next(iter(task.parameters)), numbers, len(written), settings)


def _swept(task: Task, run: Run, taken: Sequence[Taken]) -> Check:
    """The rule compiled once and swept in floating point comes to the same as the steps that are written out."""
    written = [one for one in taken if one.sheet is not None]
    if not run.sweeps:
        return Check(
            "second pass in floating point", f"{len(written)} steps", None, None, ("it takes another slope at kinks",)
        )
    restart = {one.number: one.numbers for one in written}
    again = list(islice(run.swept(0, run.start, 1, restart), len(written)))
    close = all(
        math.isclose(float(value), float(other), rel_tol=TOLERANCE, abs_tol=TOLERANCE * 1e-3)
        for one, two in zip(written, again, strict=True)
        for (_, value), (_, other) in zip(_parameters(task, one), _parameters(task, two), strict=True)
    )
    return Check("second pass in floating point", f"{len(written)} steps", close, None, ())
