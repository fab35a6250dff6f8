"""Laws of the second forward pass: which samples it lists, what it says of the objective, and the batches that steps
read.
"""

from __future__ import annotations

from fractions import Fraction

import pytest
from msgspec.structs import replace

from stepper.core.expr import Number
from stepper.core.formula import number_of
from stepper.core.steps import Equation, Note, Step, Table
from stepper.core.task import Task
from stepper.engine.graph.backward import backward
from stepper.engine.optim.batches import Batches, among
from stepper.engine.optim.objective import Objective
from stepper.engine.optim.run import Run
from stepper.engine.optim.second_pass import second_pass
from stepper.engine.optim.train import train
from stepper.engine.optim.worked_run import optim
from stepper.engine.values.quantities import Settings
from stepper.read.options import OptimOptions, load_task, training
from stepper.read.task import read_task
from tests.helpers import graph_of
from tests.test_laws_runs import cells
from tests.test_run_tables import said

WITH_SIDE = "inputs: {x: 1, y: 0}\nparameters: {w: 1}\nnodes: {z: w*x, side: 2*z, L: (z - y)^2}\noutput: L\n"


def fitted(
    count: int, mean: bool = True, batch: int | None = None, seed: int | None = None, lr: str = "1/4", steps: int = 1
) -> Task:
    """w*x through (1, 1), (2, 4), (3, 9), ..., from w = 1."""
    samples = tuple({"x": Fraction(x), "y": Fraction(x * x)} for x in range(1, count + 1))
    options = OptimOptions(steps=steps, lr=lr)
    return training(graph_of(WITH_SIDE), "sgd", options, (), samples, mean, batch, seed)


def again(task: Task, last: int = 1) -> Step:
    run = Run(task)
    found = second_pass(task, run, list(run.steps(10, Settings())), last, Settings())
    assert found is not None
    return found


def table_of(task: Task, last: int = 1) -> list[list[str]]:
    (table,) = (block for block in again(task, last).children[1].body if isinstance(block, Table))
    assert [said(column.title) for column in table.columns] == ["sample", "L before", "L after"]
    assert [(column.role, column.align) for column in table.columns] == [("value", "right")] * 3
    return cells(table)


@pytest.mark.parametrize(("count", "listed"), [(2, 2), (3, 3), (7, 7), (8, 8), (9, 7), (12, 7)])
@pytest.mark.parametrize("mean", [True, False])
def test_up_to_eight_samples_are_listed_and_of_more_seven(count: int, listed: int, mean: bool) -> None:
    """Each with the objective before the step and after it, at last the mean or the sum of all, listed or not."""
    before = [(Fraction(x) - x * x) ** 2 for x in range(1, count + 1)]
    slope = sum(2 * (Fraction(x) - x * x) * x for x in range(1, count + 1)) / (count if mean else 1)
    w = 1 - slope / 4
    after = [(w * x - x * x) ** 2 for x in range(1, count + 1)]
    share = Fraction(1, count) if mean else 1
    rows = table_of(fitted(count, mean))
    assert rows[:listed] == [[str(place + 1), str(before[place]), str(after[place])] for place in range(listed)]
    assert rows[listed:-1] == ([["…", "…", "…"]] if listed < count else [])
    assert rows[-1] == ["mean" if mean else "sum", str(sum(before) * share), str(sum(after) * share)]


def test_the_samples_of_a_batch_are_listed_by_their_numbers() -> None:
    """Those that the step read, in its order; of a batch of one sample there is no table."""
    task = fitted(5, batch=2, seed=3, steps=2)
    for number in (1, 2):
        batch = Batches(task).of(number)
        assert batch is not None
        rows = table_of(task, number)
        assert [row[0] for row in rows] == [*(str(place + 1) for place in batch.samples), "mean"]
        assert (
            said(again(task, number).title)
            == f"Second forward pass, after step {number} (of sample {batch.samples[0] + 1})"
        )
    for alone in (fitted(5, batch=1), fitted(1)):
        assert not [block for block in again(alone).children[1].body if isinstance(block, Table)]
        assert said(again(alone).title) == "Second forward pass, after step 1"


def test_the_second_pass_is_the_forward_pass_at_the_new_parameters() -> None:
    """Of the first sample that the step read; what the objective does not read stands in full detail only."""
    found = again(fitted(2))
    assert (found.id, found.rule, found.detail) == ("again", "optim.again", "brief")
    worked, compared = found.children
    assert (compared.id, compared.rule, compared.detail, said(compared.title)) == (
        "again.loss",
        "optim.again",
        "brief",
        "Before and after",
    )
    assert [(step.id, step.detail) for step in worked.children] == [
        ("again.forward.node:z", "brief"), ("again.forward.node:side", "full"), ("again.forward.node:L", "brief"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("lr", "words"),
    [
        ("1/8", "Step 1 lowers L from 4 to 0."), ("1/16", "Step 1 lowers L from 4 to 1."),
        ("1/4", "Step 1 leaves L at 4."), ("1/2", "Step 1 raises L from 4 to 36."),
        ("1/24", "Step 1 lowers L from 4 to 16/9."),
    ],
)  # fmt: skip
def test_what_a_step_did_to_the_objective(lr: str, words: str) -> None:
    """Of (2, 4) alone L = (2w - 4)², whose slope at w = 1 is -8: a step of 1/8 of it is exact, of twice as much as far
    beyond.
    """
    task = replace(fitted(1, lr=lr), samples=({"x": Fraction(2), "y": Fraction(4)},))
    assert [said(block.text) for block in again(task).children[1].body if isinstance(block, Note)] == [words]


def test_without_an_objective_there_is_no_second_pass() -> None:
    task = fitted(1)
    run = Run(task)
    taken = list(run.steps(10, Settings()))
    assert second_pass(replace(task, objective=None), run, taken, 1, Settings()) is None


# ---- batches


@pytest.mark.parametrize("seed", [None, 0, 7])
@pytest.mark.parametrize("size", [1, 2, 3, 5, 7])
def test_an_epoch_reads_each_sample_once(size: int, seed: int | None) -> None:
    task = replace(fitted(7), batch=size, seed=seed)
    batches, steps = Batches(task), -(-7 // size)
    for epoch in (1, 2, 3):
        found = [batches.of((epoch - 1) * steps + number) for number in range(1, steps + 1)]
        read = [place for batch in found if batch is not None for place in batch.samples]
        assert sorted(read) == list(range(7))
        assert {batch.epoch for batch in found if batch is not None} == {epoch}
        assert {len(batch.samples) for batch in found[:-1] if batch is not None} <= {size}
        assert seed is not None or read == list(range(7))
    assert Batches(fitted(7)).of(1) is None
    assert (among(None), among(batches.of(1))) == (None, batches.order(1)[:size])


# ---- the objective over samples


@pytest.mark.parametrize("chosen", [None, [0], [2], [0, 1], [2, 0, 1]])
@pytest.mark.parametrize("mean", [True, False])
def test_an_objective_over_samples_is_the_mean_or_the_sum(mean: bool, chosen: list[int] | None) -> None:
    """Exactly and in floating point, its value and its slope."""
    task = fitted(3, mean)
    assert task.objective is not None
    objective = Objective(task, task.objective)
    w, places = Fraction(3), [0, 1, 2] if chosen is None else chosen
    parts = [(w * (x + 1) - (x + 1) ** 2) ** 2 for x in places]
    slopes = [2 * (w * (x + 1) - (x + 1) ** 2) * (x + 1) for x in places]
    share = Fraction(1, len(places)) if mean else 1
    assert objective.losses({"w": w}, chosen) == parts
    assert objective.loss({"w": w}, chosen) == sum(parts) * share
    assert objective.gradients({"w": w}, chosen) == {"w": sum(slopes) * share}
    assert objective.loss_at([3.0], chosen) == pytest.approx(float(sum(parts) * share), rel=1e-14)
    assert objective.gradients_at([3.0], chosen) == pytest.approx([float(sum(slopes) * share)], rel=1e-14)
    assert objective.loss({"w": 3.0}, chosen) == pytest.approx(float(sum(parts) * share), rel=1e-14)


@pytest.mark.parametrize("mean", [True, False])
def test_parts_are_added_up_exactly_where_all_are_exact(mean: bool) -> None:
    task = fitted(3, mean)
    assert task.objective is not None
    together = Objective(task, task.objective).together
    third = Fraction(1, 3)
    every: list[list[Number]] = [[third], [0.1], [third, third, third], [third, 0.1], [0.1, third], [0.1, 0.2]]
    for parts in every:
        found = together(parts)
        assert float(found) == pytest.approx(float(sum(parts)) / (len(parts) if mean else 1), rel=1e-15)
        assert isinstance(found, Fraction) is (0.1 not in parts)


UNREAD = "optimizer: sgd\nsettings: {lr: 0.01}\nparameters: {w: 1, b: 2}\nsteps: 1\nobjective: (w*x)^2\n"


@pytest.mark.parametrize(
    "task",
    [
        training(graph_of("inputs: {x: 1}\nparameters: {w: 1, b: 2}\nnodes: {z: w*x, other: b*x, L: z^2}\noutput: L\n"),
            "sgd",
                 OptimOptions(steps=1)),
        load_task("sgd", OptimOptions("w=1,b=2", (), "w^2", 1)),
        read_task(f"{UNREAD}data: [{{x: 1}}, {{x: -1}}]\n", "t.yaml"),
    ],
    ids=["in a graph", "in a formula", "over samples"],
)  # fmt: skip
def test_a_parameter_that_the_objective_does_not_read_has_the_slope_0(task: Task) -> None:
    """It stays where it is, written out and swept."""
    assert task.objective is not None
    objective = Objective(task, task.objective)
    assert objective.gradients({"w": Fraction(1), "b": Fraction(2)}) == {"w": 2, "b": 0}
    assert (objective.loss_at([1.0, 2.0]), objective.gradients_at([1.0, 2.0])) == (1, [2, 0])
    run = Run(task)
    for taken in (*run.steps(1, Settings()), *run.swept(0, run.start)):
        assert (float(taken.numbers["w[1]"]), float(taken.numbers["b[1]"])) == pytest.approx((0.98, 2))


# ---- training


@pytest.mark.parametrize(
    ("task", "words"),
    [
        (fitted(3), "3 samples: loss and gradients of a step are the mean over them; in full sample 1 is shown"),
        (fitted(3, batch=1), "each step reads one sample, in the order given; an epoch reads all 3 once; in full "
                             "sample 1 is shown"),
        (fitted(5, batch=2, seed=3), f"; in full sample "
                                     f"{next(iter(Batches(fitted(5, batch=2, seed=3)).order(1))) + 1} is shown"),
        (training(graph_of(WITH_SIDE), "sgd", OptimOptions(steps=1)),
         "forward pass and gradients are worked out in full at the first values; those of later steps are worked out "
         "in the same way"),
    ],
)  # fmt: skip
def test_training_says_what_is_worked_in_full(task: Task, words: str) -> None:
    """Once: of the samples that a step reads it is not said a second time."""
    derivation = train(task, Settings())
    lines = list(map(said, derivation.said()))
    assert len([line for line in lines if line.endswith(words)]) == 1
    assert len([line for line in lines if "sample" in line]) == bool(task.samples)
    assert len(set(lines)) == len(lines)
    assert derivation.command == "train"
    first = next(number for number, step in enumerate(derivation.steps) if step.id == "optim.rule")
    assert first > 0
    assert len(derivation.checks) > 1


def test_training_is_an_iteration_in_full_and_then_the_run() -> None:
    """Steps, checks and notation of both; what the reader noticed stands first, and once; title and source are the
    graph's.
    """
    graph = graph_of(
        "title: A unit\nsource: a book\ninputs: {x: 1, y: 0}\nparameters: {w: 2}\nnodes: {z: sigmoid(w*x), L: (z - "
        "y)^2}\n"
    )
    graph = replace(graph, remarks=(("a remark",),), labels={"z": "h"})
    task = training(graph, "sgd", OptimOptions(steps=2))
    found, first, run = train(task, Settings()), backward(graph, ["w"], Settings()), optim(task, Settings())
    assert (found.command, found.title, found.source) == ("train", "A unit", "a book")
    assert found.steps == (*first.steps, *run.steps)
    assert found.checks == (*first.checks, *run.checks)
    assert found.answers == run.answers
    assert found.notation == {**run.notation, **first.notation}
    assert found.notation["z"] == "h"
    lines = list(map(said, found.said()))
    assert lines[0] == "a remark"
    assert lines[1].startswith("forward pass and gradients are worked out in full at the first values")
    assert sorted(lines[2:]) == sorted({said(line) for line in (*first.said(), *run.said())} - {"a remark"})


def test_of_batches_the_first_sample_that_is_read_is_worked_in_full() -> None:
    task = fitted(5, batch=2, seed=3)
    batch = Batches(task).of(1)
    assert batch is not None
    assert batch.samples[0] != 0
    (step,) = (found for _, found in train(task, Settings()).walk() if found.id == "forward.node:z")
    (line,) = (block for block in step.body if isinstance(block, Equation))
    assert number_of(line.links[-1].expr) == batch.samples[0] + 1  # z = w*x with w = 1
