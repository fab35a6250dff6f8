"""Graphs of arrays are asked as graphs of numbers are: on the command line, in losses, at kinks."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import stepper as st
from stepper.errors import StepperError
from stepper.read.given import assigned
from stepper.read.program import read_program
from stepper.solution import Solution


def forward(program: str, values: str = "", **options: object) -> Solution:
    """``stepper forward -e program --set values``."""
    return st.forward(partial(read_program, program, "-e"), values=assigned([values]), **options)  # type: ignore[arg-type]


def backprop(program: str, wrt: str, values: str = "", **options: object) -> Solution:
    """``stepper backprop -e program --wrt wrt --set values``; every check must agree."""
    solution = st.backprop(partial(read_program, program, "-e"), wrt, values=assigned([values]), **options)  # type: ignore[arg-type]
    assert not any(check.ok is False for check in solution.checks)
    return solution


def numbers(found: object) -> list[float]:
    """A number, or the entries of an array row after row."""
    return [float(number) for number in np.asarray(found, dtype=object).ravel()]


E3 = [math.exp(number) for number in (1, 2, 3)]
SOFTMAX = [number / sum(E3) for number in E3]


# ---- lists in -e and --set


@pytest.mark.parametrize(
    ("program", "values", "name", "expected"),
    [
        ("p = softmax([1, 2, 3]); L = -log(p[3])", "", "L", [-math.log(SOFTMAX[2])]),
        ("p = softmax(z); L = -log(p[3])", "z=[1,2,3]", "L", [-math.log(SOFTMAX[2])]),
        ("z = [0, 0]; p = softmax(z)", "z=[1,2,3]", "p", SOFTMAX),  # as long as what is told
        ("z = [0, 0, 0]; p = softmax(z)", "z=[1,2,3]", "p", SOFTMAX),
        ("z = [0, 2, 3]; p = softmax(z)", "z[1]=1", "p", SOFTMAX),
        ("z = 0; L = sum(z*z)", "z=[1,2,3]", "L", [14]),
        ("y = W @ x", "W=[[1,2],[3,4]],x=[1,-1]", "y", [-1, -1]),
        ("x = [1, 2]; y = x @ [3, 4]", "", "y", [11]),
        ("x = [1, 2]; w = [3, 4]; y = x*w", "", "y", [3, 8]),
        ("x = [1, 2]; w = [3, 4]; y = x + w; L = y[1]*y[2]", "", "L", [24]),
        ("s = [1, 2, 3]; p = softmax(s); L = multi_hinge(s, 2, 1)", "", "L", [2]),
        ("y = 2; s = [1, 2, 3]; L = multi_hinge(s, y)", "y=1", "L", [5]),
    ],
)  # fmt: skip
def test_lists_stand_in_expressions_and_after_set(program: str, values: str, name: str, expected: list[float]) -> None:
    assert numbers(forward(program, values).answers[name]) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("program", "wrt", "expected"),
    [
        ("z = [1, 2, 3]; p = softmax(z); L = -log(p[3])", "z", [SOFTMAX[0], SOFTMAX[1], SOFTMAX[2] - 1]),
        ("s = [1, 2, 2.5]; p = 2*s; L = multi_hinge(p, 3, 2)", "s", [0, 2, -2]),
        ("s = [1, 2, 3]; p = s*s; L = prod(p)", "s", [72, 36, 24]),
        ("s = [1, 0, 3]; p = 2*s; L = prod(p)", "s", [0, 24, 0]),
        ("S = [[1, 2, 3], [0, 1, 5]]; L = nll(log_softmax(S[1]), 3)", "S", [SOFTMAX[0], SOFTMAX[1], SOFTMAX[2] - 1, 0, 0, 0]),
    ],
)  # fmt: skip
def test_gradients_of_functions_of_lists(program: str, wrt: str, expected: list[float]) -> None:
    output = program.rpartition(";")[2].partition("=")[0].strip()
    assert numbers(backprop(program, wrt).answers[f"d{output}/d{wrt}"]) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("program", "wrt", "said"),
    [
        ("p = softmax(z)", "p", "a list is wanted here, and this is a number"),
        ("z = 1; p = softmax(z)", "z", "a list is wanted here, and this is a number"),
        ("L = sum(softmax([1, 2]))", "", "wrt is missing"),
    ],
)
def test_what_is_missing_is_said_shortly(program: str, wrt: str, said: str) -> None:
    with pytest.raises(StepperError) as error:
        backprop(program, wrt)
    problem = error.value.problems[0]
    assert said in problem.what
    assert len(problem.what) + len(problem.hint) < 200


def test_nobody_outside_the_engine_asks_which_kind_a_graph_is() -> None:
    rooms = (Path(st.__file__).parent / room for room in ("core", "read", "api", "cli", "render"))
    asks = [path.name for room in rooms for path in room.rglob("*.py") if ", ArrayGraph)" in path.read_text("utf-8")]
    assert not asks
