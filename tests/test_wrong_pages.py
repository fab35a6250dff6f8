"""Whole pages of working with one wrong line: which line is found, which mistake, and what follows from it."""

from __future__ import annotations

from typing import Any

import pytest

import stepper as st

WRONG, FOLLOWS = "wrong", "follows from an earlier number"
WHOLE = "right to the nearest whole number only"
DENSE = """\
h1 = w11*x1 + w21*x2 + b1 = -0.5*1 + (-1)*(-2) + 0.5 = 2
h2 = 0, h3 = -2
h4 = 2
yhat1 = 2, yhat2 = 0
L = 1/2*((2 - 1)^2 + (0 - 1)^2) = 1
dL/dyhat1 = 1, dL/dyhat2 = -1
dL/dh4 = dL/dyhat1*v11 = 1*1 = 1
dL/dh1 = 1
dL/dw11 = 1*1 = 1
w11' = -0.5 - 0.2*1 = -0.7
"""
RECURRENT = """\
(a) h1 = h0*W_h + x1*W_x = 1*1 + 10*0.1 = 2
    h2 = h1*W_h + x2*W_x = 2*1 + 10*0.1 = 3
    yhat_1 = 4, yhat_2 = 6
(b) L = (4 - 5)^2 + (6 - 5)^2 = 2
(c) dL1/dh1 = 2*(4 - 5)*2 = -4
    dL2/dh1 = 2*(6 - 5)*2 = 2
    dL/dh1 = -4 + 2 = -2
(d) dL/dW_h = dL/dh1*1 + 2*(6 - 5)*2*2 = -2 + 8 = 6
    W_h⁺ = 1 - 0.1*6 = 0.4
"""
SECOND = """\
h_1 = 2, h_2 = 3
ŷ_1 = 4, ŷ_2 = 6
∂L/∂h_1 = -4
∂L/∂W_h = -4 + 8 = 4
W_h' = 1 - 0.2·4 = 0.2
"""
CNN = """\
C = [[2, -1], [3, 2]]
R = [[2, 0], [3, 2]]
P = (2 + 0 + 3 + 2)/4 = 1.75
z1 = 0.5*1.75 + 0 = 0.875, z2 = -0.5*1.75 + 1 = 0.125
p = [0.679, 0.321]
L = -log(0.679) = 0.387
dL/dz = p - y = [-0.321, 0.321]
dL/dW = [[-0.562], [0.562]]
dL/db = [-0.321, 0.321]
"""


def judged(source: str, page: str, lr: str | None = None) -> list[tuple[str, dict[str, Any]]]:
    """Each quantity with what is said of it."""
    found: dict[str, Any] = dict(st.check(source, page, lr=lr).answers)
    return list(found.items())


PAGES = [
    ("tum-2022/6", DENSE, "dL/dh4", "path left out", {"dL/dh1", "dL/dw11", "w11'"}),
    ("uio-2019/1", SECOND, "dloss/dh[1]", "path left out", {"dloss/dWh", "Wh'"}),
    ("examples/cnn", CNN, "P", "average for maximum", {"z[1]", "z[2]", "p", "L", "dL/dz", "dL/dW", "dL/db"}),
]


@pytest.mark.parametrize(("source", "page", "wrong", "mistake", "following"), PAGES)
def test_one_line_is_wrong_and_the_rest_follows(
    source: str, page: str, wrong: str, mistake: str, following: set[str]
) -> None:
    """The mistake is named once, where it is made."""
    found = judged(source, page, "0.2")
    assert [key for key, said in found if said["verdict"] in (WRONG, WHOLE)] == [wrong]
    assert {key for key, said in found if said["verdict"] == FOLLOWS} == following
    names = [name for each in dict(found)[wrong]["mistakes"] for name in each["names"]]
    assert mistake in names
    assert all(said["verdict"].startswith("right") for key, said in found if key != wrong and key not in following)


def test_arithmetic_that_does_not_hold_and_what_is_worked_on_with_it() -> None:
    """A product that is worked out wrong, its number put into a sum, and that into the gradient."""
    found = dict(judged("uio-2019/1", RECURRENT, "0.1"))
    assert found["dL[2]/dh[1]"]["verdict"] == WRONG
    assert found["dL[2]/dh[1]"]["slip"] == "2*(6 - 5)*2 is 4, not 2"
    assert found["dloss/dh[1]"]["note"] == "follows from dL[2]/dh[1] = 2"
    assert found["dloss/dWh"]["verdict"] == found["Wh'"]["verdict"] == FOLLOWS


PUT_IN = [
    ("dL2/dh1 = 2", "dL/dh1 = -4 + 2 = -2", FOLLOWS), ("dL2/dh1 = 2", "dL/dh1 = -4 + 2 + 0 = -2", FOLLOWS),
    ("dL2/dh1 = 3", "dL/dh1 = -4 + 3 = -1", FOLLOWS), ("dL2/dh1 = 3", "dL/dh1 = -3 + 3 = 1", WRONG),
    ("dL2/dh1 = 3", "dL/dh1 = -5 + 3 = -2", WRONG), ("dL2/dh1 = 3", "dL/dh1 = -1", WRONG),
]  # fmt: skip


@pytest.mark.parametrize(("before", "line", "verdict"), PUT_IN)
def test_numbers_of_before_that_are_put_in(before: str, line: str, verdict: str) -> None:
    """A sum that would be right with the right number in the place of the wrong one follows from it; no other does."""
    found = dict(judged("uio-2019/1", f"{before}\n{line}\n"))
    assert found["dloss/dh[1]"]["verdict"] == verdict


CANCELLING = "inputs: {x: 5}\nnodes: {p: sigmoid(x), q: 1 - p, r: tanh(x), L: q*r}\n"


def test_a_number_that_comes_of_rounded_ones_is_not_wrong() -> None:
    """1 - 0.99 is 0.01, though q is 0.0067 and r has been worked with more digits; another number is wrong."""
    pages = (f"p = 0.99\nr = 0.99991\nq = {number}\n" for number in ("0.0100", "0.0110"))
    right, wrong = (dict(judged(CANCELLING, page)) for page in pages)
    assert right["q"]["verdict"] == "right with every step rounded"
    assert right["q"]["note"] == "with the rounded p = 99/100"
    assert wrong["q"]["verdict"] == WRONG


FORMULAS = [
    ("yhat2 = v12*h4 + v22*h5 + v32*h6 = -2", ["bias left out"]),  # what the formula comes to
    ("h1 = w11*x1 + w21*x2 = 1", []),  # it comes to 1.5
]


@pytest.mark.parametrize(("line", "names"), FORMULAS)
def test_a_formula_that_is_seen_decides_where_the_number_is_its_own(line: str, names: list[str]) -> None:
    """Other mistakes that give the number are not told; of a number that is not the formula's nothing is said by it."""
    (said,) = (found for _, found in judged("tum-2022/6", line))
    told = [name for mistake in said.get("mistakes", ()) for name in mistake["names"]]
    assert told == names if names else "bias left out" not in told
    assert said["slip"].startswith("the formula is")
