"""Optimizers side by side on one task: where each stands after each step, and where two of them part."""

from __future__ import annotations

import math
from collections.abc import Sequence

from msgspec.structs import replace

from stepper.core.expr import Num, Number, Sym, Value
from stepper.core.formula import text
from stepper.core.progress import tell
from stepper.core.prose import Prose, listed
from stepper.core.steps import Answer, Block, Column, Derivation, Note, Step, Table
from stepper.core.task import Coordinate, Method, Task
from stepper.engine.optim.plots import Trace, pictured
from stepper.engine.optim.run import Diverged, Run
from stepper.engine.optim.worked_run import WITHOUT_MORE, Wanted, notation, rule
from stepper.engine.values.differentiate import ZERO
from stepper.engine.values.quantities import Settings
from stepper.tables.optimizer import SYMBOLS

WRITTEN = 10
"""How many steps are worked exactly, so that equal numbers are equal."""


def compare(task: Task, methods: Sequence[Method], settings: Settings, wanted: Wanted = WITHOUT_MORE) -> Derivation:
    """The runs of several methods on the same parameters and gradients."""
    every = wanted.rows(task.steps)
    found = []
    for method in methods:
        found.append(_run(replace(task, method=method), settings, wanted))
    steps = [_rules(methods), _table(task, methods, found, every), _parts(task, methods, found)]
    if wanted.pictures:
        steps.append(pictured(task, [_trace(method, run) for method, run in zip(methods, found, strict=True)]))
    last = task.steps
    answers = [
        Answer(f"{method.name}:{text(place.at(Num(str(last))))}", Value(run[last][place]), run[last][place])
        for method, run in zip(methods, found, strict=True)
        if last in run  # else it diverged
        for place in task.parameters
    ]
    title = task.title or ", ".join(method.name for method in methods)
    return Derivation("optim", title, tuple(steps), tuple(answers), (), tuple(_said(methods)), notation(), task.source)


def _run(task: Task, settings: Settings, wanted: Wanted) -> dict[int, dict[Coordinate, Number]]:
    run = Run(task)
    found = {0: {place: run.start[text(place.at(Num("0")))] for place in task.parameters}}
    try:
        for taken in run.steps(WRITTEN, settings, wanted.rows(task.steps)):
            tell(task.method.name, taken.number, task.steps)
            found[taken.number] = {
                place: taken.numbers[text(place.at(Num(str(taken.number))))] for place in task.parameters
            }
    except Diverged:
        pass  # its column ends there
    return found


def _trace(method: Method, run: dict[int, dict[Coordinate, Number]]) -> Trace:
    return Trace(method.name, tuple((number, tuple(map(float, stand.values()))) for number, stand in run.items()))


def _said(methods: Sequence[Method]) -> list[Prose]:
    lines: list[Prose] = []
    for method in methods:
        words = [(Sym(SYMBOLS.get(name, name)), " = ", Value(value)) for name, value in method.settings.items()]
        lines.append(
            (
                f"{method.name}: ",
                *(part for place, word in enumerate(words) for part in ((", ", *word) if place else word)),
            )
        )
        lines += [(f"{method.name}: ", *said) for said in method.says]
    if any(value != ZERO for method in methods[:1] for value in method.state.values()) or methods[0].starts:
        lines += [(f"{method.name} begins with ", *_begins(method)) for method in methods if method.state]
    return lines


def _begins(method: Method) -> Prose:
    """The state before the first step; one of its own for each parameter stands in the method's own run."""
    values = {name: value for name, value in method.state.items() if name not in method.starts}
    parts: list[Prose] = [(Sym(name), " = ", value) for name, value in values.items()]
    return listed([*parts, *((Sym(name), " as given for each parameter") for name in method.starts)], ", ")


def _rules(methods: Sequence[Method]) -> Step:
    body: list[Block] = []
    for method in methods:
        body.append(Note((f"{method.name}:",)))
        body += rule(method, [Coordinate("theta")])
    return Step("optim.rule", "optim.rule", ("The rules",), tuple(body), detail="brief")


def _table(
    task: Task, methods: Sequence[Method], found: Sequence[dict[int, dict[Coordinate, Number]]], every: int
) -> Step:
    several = len(task.parameters) > 1
    columns = [Column((Sym("t"),), "value", "right"), *([Column(("",))] if several else [])]
    columns += [Column((method.name,), "value", "right") for method in methods]
    rows: list[tuple[Prose, ...]] = []
    for number in [number for number in max(found, key=len) if number % every == 0 or number in (1, task.steps)]:
        for place, coordinate in enumerate(task.parameters):
            first: Prose = (str(number),) if place == 0 else ("",)
            name: list[Prose] = [(coordinate.symbol,)] if several else []
            rows.append(
                (first, *name, *((Value(run[number][coordinate]),) if number in run else ("",) for run in found))
            )
    return Step(
        "optim.run", "optim.run", ("The runs side by side",), (Table(tuple(columns), tuple(rows)),), detail="brief"
    )


def _parts(task: Task, methods: Sequence[Method], found: Sequence[dict[int, dict[Coordinate, Number]]]) -> Step:
    """From which step on each run differs from the first one."""
    body: list[Block] = []
    for method, run in zip(methods[1:], found[1:], strict=True):
        both = [number for number in run if number in found[0]]
        parted = next(
            (number for number in both if any(not _same(run[number][c], found[0][number][c]) for c in task.parameters)),
            None,
        )
        said = (
            f"differs from {methods[0].name} from step {parted} on"
            if parted is not None
            else f"takes the same steps as {methods[0].name}"
        )
        if parted is None and max(both) < task.steps:
            said += f" up to step {max(both)}"
        body.append(Note((f"{method.name} {said}",)))
    for method, run in zip(methods, found, strict=True):
        if task.steps not in run:
            body.append(Note((f"{method.name} leaves the range of floating point after step {max(run)}: it diverges",)))
    return Step("optim.parts", "optim.parts", ("Where they differ",), tuple(body), detail="brief")


def _same(one: Number, other: Number) -> bool:
    return math.isclose(float(one), float(other), rel_tol=1e-12)
