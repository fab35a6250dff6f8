"""Objectives that read lists and matrices as wholes: worked entry by entry, as their parameters are stepped."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import stepper as st

QUADRATIC = """
optimizer: {optimizer}
settings: {{lr: {lr}}}
parameters: {{theta: [2, 1], b: 1}}
constants: {{M: [[2, 1], [0, 3]], c: [1, -1], k: 1/2}}
objective: "{objective}"
steps: 1
"""


def run(tmp_path: Path, objective: str, optimizer: str = "sgd", lr: str = "0.1") -> dict[str, Any]:
    path = tmp_path / "task.yaml"
    path.write_text(QUADRATIC.format(optimizer=optimizer, lr=lr, objective=objective), "utf-8")
    return dict(st.optim(str(path)).answers)


@pytest.mark.parametrize(
    ("objective", "gradient"),
    [
        ("theta @ M @ theta + b^2", (9, 8, 2)),  # (M + M^T) theta
        ("sum(c*theta^2) + k*b", (4, -2, Fraction(1, 2))),
        ("sum((M @ theta - c)^2)*k + b", (8, 16, 1)),  # M^T (M theta - c), with M theta = (5, 3)
        ("theta[1]^2 + c @ theta + b", (5, -1, 1)),
        ("mse(theta, c) + b", (1, 2, 1)),
    ],
)
def test_steps_of_arrays(objective: str, gradient: tuple[Fraction, Fraction, Fraction], tmp_path: Path) -> None:
    found = run(tmp_path, objective)
    rate = Fraction(1, 10)
    first = (2, 1, 1)
    assert [found[name] for name in ("theta[1, 1]", "theta[1, 2]", "b[1]")] == [
        value - rate * slope for value, slope in zip(first, gradient, strict=True)
    ]


def test_newton_of_a_quadratic_form_takes_one_step(tmp_path: Path) -> None:
    found = run(tmp_path, "theta @ M @ theta - c @ theta + b^2", "newton", "1")
    # (M + M^T) theta = c: 4 u + v = 1, u + 6 v = -1
    assert [found[name] for name in ("theta[1, 1]", "theta[1, 2]", "b[1]")] == [Fraction(7, 23), Fraction(-5, 23), 0]


@pytest.mark.parametrize(
    ("objective", "said"),
    [
        ("M @ theta", "the output is an array"),
        ("theta @ N", "'N' is not defined"),
        ("theta @ [1, 2, 3]", "the inner sizes differ, 2 entries against 3 entries"),
    ],
)
def test_what_is_no_objective(objective: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(st.StepperError) as caught:
        run(tmp_path, objective)
    assert said in str(caught.value)


@pytest.mark.parametrize("matrix", ["[[1, 2], [3]]", "[[1, 2], 3]", "[]", "[[]]", "[a, 1]", "{shape: [2]}"])
def test_what_is_no_array_of_numbers(matrix: str, tmp_path: Path) -> None:
    path = tmp_path / "task.yaml"
    path.write_text(
        f"optimizer: sgd\nsettings: {{lr: 1}}\nparameters: {{w: 1}}\nconstants: {{M: {matrix}}}\nobjective: w^2\n",
        "utf-8",
    )
    with pytest.raises(st.StepperError, match="'M' of constants is not a number"):
        st.optim(str(path))


def test_a_setting_that_is_left_empty_says_where_letters_are_worked(tmp_path: Path) -> None:
    path = tmp_path / "task.yaml"
    path.write_text("optimizer: sgd\nsettings: {lr: }\nparameters: {theta: 2}\nobjective: theta^2\nsteps: 2\n", "utf-8")
    with pytest.raises(st.StepperError) as caught:
        st.optim(str(path))
    assert [problem.what for problem in caught.value.problems] == ["'lr' of settings is not a number"]
    assert "its 'gradients:' given" in str(caught.value)


def test_as_many_steps_as_there_are_gradients_may_be_said() -> None:
    assert list(st.optim("sgd", "2", ["0.5"], lr="eta", steps=1).answers) == ["theta[1]"]
    with pytest.raises(st.StepperError, match="one step for each gradient"):
        st.optim("sgd", "2", ["0.5"], lr="eta", steps=2)
