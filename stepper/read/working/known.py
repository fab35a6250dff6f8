"""The names that a graph, a network or an optimizer's task has for its quantities."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stepper.core.algorithm import Run
from stepper.core.exercise import Exercise
from stepper.core.expr import Expr, Num
from stepper.core.formula import text
from stepper.core.lines import Lines
from stepper.core.network import Network
from stepper.core.task import GRADIENT, Coordinate, Task
from stepper.read.working.names import Names
from stepper.tables.algorithms import BY_ALGORITHM_NAME
from stepper.tables.optimizer import SYMBOLS

COUNTED = ("params", "parameters", "weights", "biases", "macs", "flops", "numbers", "rf", "field", "jump", "shape",
           "out", "channels", "height", "width")  # fmt: skip
"""What may be asked of a layer."""
LETTERS = ("n", "K", "s", "p", "q", "d", "g", "r", "j", "inp", "out", "C", "F", "N")
"""Those of the formulas about layers."""
MOST_STEPS = 2_000
"""The quantities of so many steps have names on a page."""


def names_of(subject: Exercise, axes: Mapping[str, int] | None = None) -> Names:
    """The names of a subject; ``axes`` says along how many axes a quantity of a graph of arrays has entries."""
    if isinstance(subject, Network):
        layers = [layer.name for layer in subject.layers]
        sliding = [layer.name for layer in subject.layers if "kernel_size" in layer.settings]
        return Names(LETTERS, layers=layers, sliding=sliding, facts=COUNTED)
    if isinstance(subject, Task):
        return _of_task(subject)
    if isinstance(subject, Run):
        return _of_run(subject)
    if isinstance(subject, Lines):
        return Names(())
    parameters = [leaf.name for leaf in subject.leaves.values() if leaf.kind == "parameter"]
    return Names(
        subject.names,
        arrays={name: count for name, count in (axes or {}).items() if count},
        output=subject.last or "",
        updated=parameters or subject.leaves,
        reads={node.name: node.reads for node in subject.nodes.values()},
        functions=subject.functions,
        labels=subject.labels,
    )


def _of_task(task: Task) -> Names:
    """The quantities of a run: the parameters after each step, the optimizer's own, its gradients, its settings."""
    own = dict.fromkeys((*task.method.state, *(name for name, _ in task.method.update), GRADIENT))
    found = dict.fromkeys((*task.method.settings, *(SYMBOLS.get(name, name) for name in task.method.settings)))
    for step in range(min(task.steps, MOST_STEPS) + 1):
        for coordinate in task.parameters:
            found |= {text(key): None for key in _at(coordinate, list(own), Num(str(step)))}
    objective = task.objective
    if objective is not None:
        losses = (f"{name}[{step}]" for name in objective.sinks for step in range(min(task.steps, MOST_STEPS) + 1))
        found |= dict.fromkeys((*objective.names, *losses))
    return Names(found, functions=objective.functions if objective is not None else ())


def _of_run(run: Run) -> Names:
    """The quantities of an algorithm: its settings and results, and of each entry those that its row names."""
    row = BY_ALGORITHM_NAME[run.algorithm]
    entries = {**dict.fromkeys(row.quantities, 1), **dict.fromkeys(row.of_pairs, 2)}
    return Names((*run.settings, *row.of_all), arrays=entries)


def _at(coordinate: Coordinate, own: list[str], step: Expr) -> Iterator[Expr]:
    yield coordinate.at(step)
    for name in own:
        if name != "theta":
            yield coordinate.of(name, step)
