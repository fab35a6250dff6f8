"""Laws of what an optimizer remembers: which states are sums over gradients, and by how much corrections divide."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import pytest

from stepper.core.formula import number_of, text
from stepper.core.steps import Equation, Note, Table
from stepper.engine.optim.run import Run
from stepper.engine.optim.state_sums import remembered
from stepper.engine.values.quantities import Settings
from stepper.read.task import read_task
from tests.test_laws_runs import cells
from tests.test_laws_steps import task
from tests.test_run_tables import said


@pytest.mark.parametrize(
    ("name", "last", "start", "sums"),
    [
        ("momentum", 3, None, ["(1 - dampening)*g[3] + rho*(1 - dampening)*g[2] + rho^2*g[1]"]),
        ("momentum", 1, None, ["g[1]"]),
        ("momentum_velocity", 2, None, ["-eta*g[2] - rho*eta*g[1]"]),
        ("momentum_average", 2, None, ["(1 - rho)*g[2] + rho*(1 - rho)*g[1]"]),
        ("momentum_average", 2, "v", ["(1 - rho)*g[2] + rho*(1 - rho)*g[1] + rho^2*v[0]"]),
        ("adagrad", 4, None, ["g[4]^2 + g[3]^2 + g[2]^2 + g[1]^2"]),
        ("adagrad", 5, None, ["g[4]^2 + g[3]^2 + g[2]^2 + g[1]^2"]),
        ("adam", 2, None, ["(1 - beta1)*g[2] + beta1*(1 - beta1)*g[1]",
            "(1 - beta2)*g[2]^2 + beta2*(1 - beta2)*g[1]^2"]),
        ("adam", 1, "m", ["(1 - beta1)*g[1] + beta1*m[0]", "(1 - beta2)*g[1]^2"]),
        ("rmsprop_momentum", 1, None, ["(1 - alpha)*g[1]^2"]),
        ("adamax", 2, None, ["(1 - beta1)*g[2] + beta1*(1 - beta1)*g[1]"]),
        ("rprop", 3, None, []), ("asgd", 2, None, []), ("sgd", 2, None, None),
    ],
)  # fmt: skip
def test_a_state_as_a_sum_over_gradients(name: str, last: int, start: str | None, sums: list[str] | None) -> None:
    """The newest first, with powers of what is kept; of the first four steps; where the state is such a sum at all."""
    given = {start: "1/2"} if start else {}
    chosen = task(name, "1", *("1/2", "1", "-1", "2", "3")[:last], **given)
    run = Run(chosen)
    numbers = {**run.settings, **run.start}
    for taken in run.steps(last, Settings()):
        numbers |= taken.numbers
    found = [
        step
        for step in remembered(chosen.method, next(iter(chosen.parameters)), numbers, last, Settings())
        if step.id == "optim.why"
    ]
    assert bool(found) is (sums is not None)
    for step in found:
        told = [text(block.links[0].expr) for block in step.body if isinstance(block, Equation)]
        assert told == sums
        assert [said(block.text) for block in step.body if isinstance(block, Note)] == [chosen.method.remembers]
        for block in step.body:
            if isinstance(block, Equation):
                assert text(block.left).endswith(f"[{min(last, 4)}]")
                assert number_of(block.links[-1].expr) == pytest.approx(numbers[text(block.left)], rel=1e-9)


@pytest.mark.parametrize(
    ("update", "state", "settings", "sums"),
    [
        ("{v: rho*v + g, theta: theta - v}", "v", "{rho: 1/2}", ["v[2] = g[2] + rho*g[1]"]),
        ("{v: v + lr*g, theta: theta - v}", "v", "{lr: 1/2}", ["v[2] = eta*g[2] + eta*g[1]"]),
        ("{v: v - g, theta: theta + lr*v}", "v", "{lr: 1/2}", ["v[2] = -g[2] - g[1]"]),
        ("{v: g + 2*v, theta: theta + lr*v}", "v", "{lr: 1/2}", ["v[2] = g[2] + 2*g[1]"]),
        ("{v: v*g, theta: theta + lr*v}", "v", "{lr: 1/2}", []),
        ("{v: v^2 + g, theta: theta + lr*v}", "v", "{lr: 1/2}", []),
        ("{v: v + theta, theta: theta + lr*v*g}", "v", "{lr: 1/2}", []),
        ("{v: v/2 + v/4 + g, theta: theta - lr*v}", "v", "{lr: 1/2}", []),
        ("{v: v + g, u: u + v, theta: theta - lr*u}", "vu", "{lr: 1/2}", ["v[2] = g[2] + g[1]"]),
        ("{v: v*g, u: u + g, theta: theta - lr*u - lr*v}", "vu", "{lr: 1/2}", ["u[2] = g[2] + g[1]"]),
        ("{v: v + t*g, theta: theta - lr*v}", "v", "{lr: 1/2}", ["v[2] = 2*g[2] + g[1]"]),
        ("{v: g, theta: theta - lr*v}", "v", "{lr: 1/2}", ["v[2] = g[2]"]),
        ("{v: 'max(v, g)', theta: theta - lr*v}", "v", "{lr: 1/2}", []),
    ],
)  # fmt: skip
def test_which_states_are_sums_over_gradients(update: str, state: str, settings: str, sums: list[str]) -> None:
    """What is kept is made of settings, and what comes to it of settings and the gradient."""
    begins = ", ".join(f"{name}: 0" for name in state)
    chosen = read_task(
        f"update: {update}\nstate: {{{begins}}}\nsettings: {settings}\nparameters: {{w: 1}}\ngradients: [1, 3]\n", "t"
    )
    run = Run(chosen)
    numbers = {**run.settings, **run.start}
    for taken in run.steps(2, Settings()):
        numbers |= taken.numbers
    body = [
        block
        for step in remembered(chosen.method, next(iter(chosen.parameters)), numbers, 2, Settings())
        for block in step.body
        if isinstance(block, Equation)
    ]
    assert [f"{text(block.left)} = {text(block.links[0].expr)}" for block in body] == sums
    for block in body:
        assert number_of(block.links[-1].expr) == numbers[text(block.left)]


def test_nothing_is_a_sum_over_gradients_where_these_are_changed() -> None:
    chosen = task("momentum", "1", "1", beside="clip_value")
    run = Run(chosen)
    (step,) = remembered(chosen.method, next(iter(chosen.parameters)), {**run.settings, **run.start}, 1, Settings())
    assert not [block for block in step.body if isinstance(block, Equation)]


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("adam", [lambda t: 1 - 0.5**t, lambda t: 1 - 0.75**t, lambda t: math.sqrt(1 - 0.75**t) / (1 - 0.5**t)]),
        ("adamax", [lambda t: 1 - 0.5**t, lambda t: 1 / (1 - 0.5**t)]), ("sgd", None), ("adam_uncorrected", None),
    ],
)  # fmt: skip
def test_by_how_much_a_correction_divides(name: str, columns: list[Callable[[int], float]] | None) -> None:
    betas = {"beta1": "1/2", "beta2": "3/4"} if name != "sgd" else {}
    chosen = task(name, "1", "1", **betas)
    run = Run(chosen)
    found = remembered(
        chosen.method, next(iter(chosen.parameters)), {**run.settings, **run.start, "g[1]": 1.0}, 1, Settings()
    )
    steps = [step for step in found if step.id == "optim.correction"]
    assert bool(steps) is (columns is not None)
    for step in steps:
        table, note = step.body
        assert isinstance(table, Table)
        assert isinstance(note, Note)
        rows = cells(table)
        assert [int(row[0]) for row in rows] == [1, 2, 3, 5, 10, 20, 50, 100, 1000]
        for row in rows:
            assert [float(Fraction(cell)) for cell in row[1:]] == pytest.approx(
                [column(int(row[0])) for column in columns or []]
            )
        assert [said(column.title) for column in table.columns][:2] == ["t", "1 - beta1^t"]
