"""Laws of answers about a run: quantities of each step by key, formulas of them, settings that a case changes, what
does not exist.
"""

from __future__ import annotations

from fractions import Fraction

import pytest

from stepper.core.exam import Case
from stepper.core.task import Task
from stepper.engine.answers.tasks import TaskAnswers
from stepper.errors import StepperError
from stepper.read.options import OptimOptions, load_task
from stepper.read.task import read_task
from tests.test_laws_runs import task

SQUARE = task("sgd", "w=1", objective="c*w^2", steps=2, lr="1/4", c="1")
"""w: 1, 1/2, 1/4."""
MOMENTUM = task("momentum", "u=1,x=2", "u=1,x=0", "u=2,x=-1", lr="1/2", rho="1/2")
STEEP = load_task("gradient_ascent", OptimOptions("5", (), "exp(theta)", 3, "1"))
"""Its second step leads beyond floating point."""
NEWTON = task("newton", "w=0", objective="w^3 + w", steps=1)
"""Its second derivative is 0 where it begins."""


@pytest.mark.parametrize(
    ("chosen", "key", "written", "agrees"),
    [
        (SQUARE, "w[0]", "1", True), (SQUARE, "w[1]", "1/2", True), (SQUARE, "w[2]", "0.25", True),
        (SQUARE, "w[2]", "0.26", False), (SQUARE, "g[1]", "2", True), (SQUARE, "g[2]", "2*w[1]", True),
        (SQUARE, "1 - w[2]", "3/4", True), (SQUARE, "w[1] - eta*g[2]", "w[2]", True), (SQUARE, "lr", "1/4", True),
        (SQUARE, "eta", "lr", True),
        # the objective after each step, before the first one too
        (SQUARE, "loss[0]", "1", True), (SQUARE, "loss[1]", "1/4", True), (SQUARE, "loss[2]", "1/16", True),
        (SQUARE, "loss[2]", "0", False),
        # several parameters, and the state
        (MOMENTUM, "u[1]", "1/2", True), (MOMENTUM, "v[2, u]", "5/2", True), (MOMENTUM, "v[2, x]", "-1", True),
        (MOMENTUM, "v[0, u]", "0", True), (MOMENTUM, "x[2]", "5/2", True), (MOMENTUM, "rho", "1/2", True),
        # what does not exist, and what does
        (SQUARE, "w[1]", "undefined", False), (SQUARE, "1/(w[1] - 1/2)", "undefined", True),
        (SQUARE, "1/(w[1] - 1/2)", " undefined ", True),
        (SQUARE, "log(w[1] - 1)", "0", False), (STEEP, "theta[1]", "5 + exp(5)", True),
        (STEEP, "theta[2]", "undefined", True), (STEEP, "theta[3]", "1", False),
        (STEEP, "theta[1]", "undefined", False), (NEWTON, "w[1]", "undefined", True), (NEWTON, "w[0]", "0", True),
        (NEWTON, "w[1]", "1", False), (NEWTON, "loss[0]", "0", True),
        (NEWTON, "anything[1]", "undefined", True),
    ],
)  # fmt: skip
def test_answers_about_a_run(chosen: Task, key: str, written: str, agrees: bool) -> None:
    assert TaskAnswers(chosen, Case({})).finding(key, written).agrees is agrees


@pytest.mark.parametrize(
    ("chosen", "settings", "key", "written"),
    [
        (SQUARE, "lr=1/8", "w[1]", "3/4"), (SQUARE, "lr=1/8", "lr", "1/8"), (SQUARE, "c=2", "w[1]", "0"),
        (SQUARE, "c=2", "loss[0]", "2"), (SQUARE, "lr=1/8, c=2", "w[1]", "1/2"), (MOMENTUM, "rho=0", "v[2, u]", "2"),
    ],
)  # fmt: skip
def test_a_case_changes_settings_and_constants(chosen: Task, settings: str, key: str, written: str) -> None:
    """All others stay, and the task itself stays as it was."""
    assert TaskAnswers(chosen, Case({}, {"set": settings})).finding(key, written).agrees
    assert TaskAnswers(chosen, Case({})).finding("lr", "1/4" if chosen is SQUARE else "1/2").agrees


@pytest.mark.parametrize(
    ("chosen", "settings", "what", "hint"),
    [
        (SQUARE, {"lr": "1"}, "'lr' is not an option of an optimizer's item", "set: lr=0.1"),
        (SQUARE, {"set": "rho=1"}, "'rho' is neither a setting nor a constant of this task", ""),
        (MOMENTUM, {"set": "c=1"}, "'c' is neither a setting nor a constant of this task", ""),
        (SQUARE, {"set": "lr=x"}, "'lr' is neither a setting nor a constant", ""),
        (SQUARE, {"set": "c=x"}, "'c' is neither a setting nor a constant", ""),
    ],
)  # fmt: skip
def test_a_case_that_changes_something_else_is_told(
    chosen: Task, settings: dict[str, str], what: str, hint: str
) -> None:
    with pytest.raises(StepperError) as caught:
        TaskAnswers(chosen, Case({}, settings))
    assert what in caught.value.problems[0].what
    assert (caught.value.problems[0].hint or "") == hint


@pytest.mark.parametrize(("key", "name", "hint"),
    [("w[3]", "w[3]", "w["), ("q", "q", ""), ("w[1] + zeta", "zeta", "eta"),
                                                   ("losses[1]", "losses[1]", "loss[1]"),
                                                   ("gg[1]", "gg[1]", "g[1]")])  # fmt: skip
def test_a_name_that_the_run_has_not_is_told(key: str, name: str, hint: str) -> None:
    """With the nearest that it has; where the run stopped it is undefined instead."""
    for one, other in ((key, "1"), ("1", key)):
        with pytest.raises(StepperError) as caught:
            TaskAnswers(SQUARE, Case({})).finding(one, other)
        assert caught.value.problems[0].what == f"'{name}' is not a quantity of this run"
        assert hint in (caught.value.problems[0].hint or "")
    assert TaskAnswers(NEWTON, Case({})).finding(key, "undefined").agrees


def test_a_run_of_given_gradients_has_no_objective() -> None:
    numbers = TaskAnswers(MOMENTUM, Case({})).numbers
    assert not [name for name in numbers if name.startswith("loss")]
    assert {"lr", "eta", "rho", "u[0]", "u[2]", "v[1, x]"} <= numbers.keys()
    assert numbers["u[2]"] == Fraction(1, 2) - Fraction(5, 4)
    graph = read_task(
        "optimizer: sgd\nparameters: {w: 1}\nobjective: (w*x)^2\ndata: [{x: 1}, {x: 3}]\nsteps: 1\n", "t.yaml"
    )
    assert TaskAnswers(graph, Case({})).numbers["loss[0]"] == 5
