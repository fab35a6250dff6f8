"""A tape arranged for many runs comes to the same, to the last bit, as the tape in its order."""

from __future__ import annotations

import random

import pytest

from stepper.engine.optim.compiled import Compiled
from stepper.engine.optim.objective import Objective
from stepper.engine.optim.run import Run
from stepper.engine.optim.step import LETTER, StepGraph
from stepper.engine.values.groups import WIDE
from stepper.engine.values.sweep import Sweep
from stepper.engine.values.vocabulary import PLAIN
from stepper.errors import StepperError
from stepper.read.bundled import load_graph
from stepper.read.options import OptimOptions, load_task, training
from stepper.tables.optimizer import Optimizer
from stepper.tables.optimizers import OPTIMIZERS
from tests.helpers import graph_of

NET = "inputs: {x: 2}\nparameters: {w: 1.5, b: -0.5}\nnodes: {h: tanh(w*x + b), L: (h - 1)^2 + w^2}\n"


def compiled(run: Run) -> Compiled:
    building = StepGraph(run.method, run.coordinates, LETTER, run.formula)
    rule = Compiled(building, run._constants(building.build({})), run.settings, run.vocabulary, run.works_gradients)
    rule.begin(run.start, 0)
    return rule


def same_as_in_order(run: Run) -> None:
    """Five steps; after each the whole tape, run in its order from the same leaves, fills the named slots alike."""
    rule = compiled(run)
    named = [slot for slot, name in enumerate(rule.slots.names) if name]
    for number in range(1, 6):
        values = rule.step(number, run.given(number), lambda places: run.slopes(None, places))
        plain = rule.sweep.run(values.copy())
        assert [values[slot].hex() for slot in named] == [plain[slot].hex() for slot in named]
        rule.carry()


@pytest.mark.parametrize("row", OPTIMIZERS, ids=lambda row: row.name)
def test_the_steps_of_an_optimizer_come_to_the_same_as_in_their_order(row: object) -> None:
    assert isinstance(row, Optimizer)
    objective = "(2*w + b[1] - 1)^2 + (w*b[2] - 1)^2 + (b[2] - 3)^2 + 3*w^2"
    same_as_in_order(Run(load_task(row.name, OptimOptions("w=1.5, b=[-0.5, 2]", (), objective, 5))))


@pytest.mark.parametrize("row", [row for row in OPTIMIZERS if not row.system], ids=lambda row: row.name)
def test_the_steps_of_a_training_do_too(row: object) -> None:
    assert isinstance(row, Optimizer)
    same_as_in_order(Run(training(graph_of(NET), row.name, OptimOptions(steps=5))))


def test_what_does_not_move_is_worked_once_and_what_is_alike_in_one_call() -> None:
    run = Run(
        load_task("adam", OptimOptions("[1, 2, 3, 4, 5]", (), " + ".join(f"theta[{n}]^2" for n in range(1, 6)), 5))
    )
    rule = compiled(run)
    rows = [row for _, part in rule.rest.calls for row in part]
    assert 5 * len(rule.rest.calls) < 2 * len(rows) < 2 * len(rule.sweep.code)
    assert rule.once.calls


@pytest.mark.parametrize("name", ["tum-2022/6", "examples/classifier"])
def test_the_way_back_to_what_is_wanted_hands_on_the_same(name: str) -> None:
    """Whatever is wanted, and for random leaves."""
    graph, chance = load_graph(name), random.Random(1)
    sweep, output = Sweep(graph, PLAIN), graph.output or [*graph.nodes][-1]
    for _ in range(20):
        sweep.values = sweep.at({leaf: chance.uniform(-2, 2) for leaf in graph.leaves})
        wanted = chance.sample([*graph.leaves], 3)
        slots = [sweep.slots[leaf] for leaf in wanted]
        back = sweep.back_to(slots, output)
        found = sweep.handed(sweep.values, sweep.slots[output], back)
        assert [found[slot] for slot in slots] == [sweep.gradients(output)[leaf] for leaf in wanted]


@pytest.mark.parametrize("wide", [1, WIDE])
def test_a_graph_that_is_swept_by_groups_or_in_blocks_is_trained_alike(
    wide: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = training(load_graph("tum-2022/6"), "sgd", OptimOptions(steps=1))
    assert task.objective is not None
    alone = Objective(task, task.objective)
    place = [0.5 + number / 8 for number in range(len(task.parameters))]
    wanted = [alone.loss_at(place), *alone.gradients_at(place)]
    monkeypatch.setattr("stepper.engine.values.sweep.MANY", 0)
    monkeypatch.setattr("stepper.engine.values.groups.WIDE", wide)
    by_groups = Objective(task, task.objective)
    assert by_groups.sweep.together
    assert [by_groups.loss_at(place), *by_groups.gradients_at(place)] == pytest.approx(wanted, rel=1e-12)


def test_the_way_back_does_not_ask_for_slopes_that_nobody_wants() -> None:
    """The slope of x^p for p is log(x)*x^p, which a negative x does not have."""
    sweep = Sweep(graph_of("inputs: {x: -2, p: 2}\nnodes: {L: x^p}\n"), PLAIN)
    with pytest.raises(StepperError, match="in L: a slope is undefined"):
        sweep.gradients("L")
    slot = sweep.slots["x"]
    assert sweep.handed(sweep.values, sweep.slots["L"], sweep.back_to([slot], "L"))[slot] == -4.0


def test_where_a_step_fails_is_told_of_the_first_line_at_fault() -> None:
    """Gradients of all parameters are worked together, those of the last ones before the line of the first state."""
    run = Run(load_task("adam", OptimOptions("[1, 2, 3]", (), "log(theta[1]) + log(theta[2]) + log(theta[3])", 5)))
    rule = compiled(run)
    rule.begin({**run.start, "theta[0, 2]": 0.0, "theta[0, 3]": 0.0}, 0)
    with pytest.raises(StepperError, match=r"in g\[t, 2\]: "):
        rule.step(1, {}, list)
