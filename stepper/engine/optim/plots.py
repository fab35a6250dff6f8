"""Pictures of runs: the objective after each step, and the path over it where it has one or two parameters."""

from __future__ import annotations

import math
from collections.abc import Sequence

from msgspec import Struct

from stepper.core.expr import Sym
from stepper.core.formula import reference
from stepper.core.pictures import Curve, Plot, Surface
from stepper.core.prose import Prose
from stepper.core.steps import Step
from stepper.core.task import STEP, Task
from stepper.engine.graph.asked import output_of
from stepper.engine.optim.objective import Objective
from stepper.errors import StepperError

GRID, FINE = 61, 201
"""How many places along each axis a surface and a curve are worked at."""
MARGIN = 0.25
DECADES = 100.0
"""The axis of the objective counts powers of ten where it falls by more than this factor."""
ONE, TWO = 1, 2


class Trace(Struct, frozen=True):
    """Where a run stood after each step that is shown: the number of the step, and the parameters in their order."""

    name: str
    stands: tuple[tuple[int, tuple[float, ...]], ...]


def pictured(task: Task, traces: Sequence[Trace]) -> Step:
    """The pictures of one run, or of several on the same task."""
    plots = []
    named = len(traces) > 1
    objective = Objective(task, task.objective) if task.objective is not None else None
    if objective is not None:
        plots.append(_heights(task, objective, traces, named))
    if objective is not None and len(task.parameters) == ONE:
        plots.append(_path_on_curve(task, objective, traces, named))
    elif objective is not None and len(task.parameters) == TWO:
        plots.append(_path_on_surface(task, objective, traces, named))
    else:
        plots.append(_parameters(task, traces, named))
    return Step("optim.picture", "optim.picture", ("Pictures",), tuple(plots), detail="brief")


def _name(trace: Trace, named: bool) -> Prose:
    return (trace.name,) if named else ()


def _heights(task: Task, objective: Objective, traces: Sequence[Trace], named: bool) -> Plot:
    """The objective over the number of the step."""
    assert task.objective is not None
    curves = tuple(
        Curve(
            _name(trace, named),
            tuple((float(number), objective.loss_at(place)) for number, place in trace.stands),
            marked=True,
        )
        for trace in traces
    )
    heights = [height for curve in curves for _, height in curve.points]
    log = min(heights) > 0 and max(heights) / min(heights) > DECADES
    loss: Prose = (reference(output_of(task.objective)),)
    return Plot((*loss, " after each step"), (Sym(STEP),), loss, curves, log=log)


def _parameters(task: Task, traces: Sequence[Trace], named: bool) -> Plot:
    """Each parameter over the number of the step."""
    curves = []
    for trace in traces:
        for place, coordinate in enumerate(task.parameters):
            name: Prose = (*((f"{trace.name}: ",) if named else ()), coordinate.symbol)
            curves.append(
                Curve(name, tuple((float(number), stand[place]) for number, stand in trace.stands), marked=True)
            )
    return Plot(("the parameters after each step",), (Sym(STEP),), (), tuple(curves))


def _path_on_curve(task: Task, objective: Objective, traces: Sequence[Trace], named: bool) -> Plot:
    """The objective of one parameter, and the steps on it."""
    assert task.objective is not None
    (coordinate,) = task.parameters
    xs = _axis([stand[0] for trace in traces for _, stand in trace.stands], FINE)
    line = [(x, _height(objective, (x,))) for x in xs]
    curve = Curve((), tuple((x, height) for x, height in line if height is not None))
    paths = [
        Curve(
            _name(trace, named), tuple((stand[0], objective.loss_at(stand)) for _, stand in trace.stands), marked=True
        )
        for trace in traces
    ]
    loss: Prose = (reference(output_of(task.objective)),)
    return Plot(("the steps on the objective",), (coordinate.symbol,), loss, (curve, *paths))


def _path_on_surface(task: Task, objective: Objective, traces: Sequence[Trace], named: bool) -> Plot:
    """The level lines of the objective of two parameters, and the steps over them."""
    first, second = task.parameters
    xs, ys = (_axis([stand[axis] for trace in traces for _, stand in trace.stands], GRID) for axis in (0, 1))
    heights = tuple(tuple(_height(objective, (x, y)) for x in xs) for y in ys)
    paths = tuple(
        Curve(_name(trace, named), tuple((stand[0], stand[1]) for _, stand in trace.stands), marked=True)
        for trace in traces
    )
    return Plot(("the steps over level lines",), (first.symbol,), (second.symbol,), paths, Surface(xs, ys, heights))


def _axis(values: Sequence[float], count: int) -> tuple[float, ...]:
    """Places along an axis that hold all values, with a margin."""
    low, high = min(values), max(values)
    margin = (high - low) * MARGIN or max(1.0, abs(high))
    return tuple(low - margin + (high - low + 2 * margin) * place / (count - 1) for place in range(count))


def _height(objective: Objective, place: Sequence[float]) -> float | None:
    """The objective at a place, or None where it has no finite value."""
    try:
        height = objective.loss_at(place)
    except (StepperError, ArithmeticError, ValueError):
        return None
    return height if math.isfinite(height) else None
