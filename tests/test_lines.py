"""Long formulas on a page of text: where their lines end, and where their signs stand."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

import stepper
from stepper.core.expr import Expr
from stepper.render._lines import parted
from stepper.render._unicode import cells, formula
from stepper.render.look import Style
from tests.strategies import FORMULAS

PARTED = [
    # outside brackets before inside
    ("[0.1551, -0.3758] ⊙ [0.8176, 0.2689] ⊙ (1 - [0.8176, 0.2689])",
     ["[0.1551, -0.3758] ⊙ [0.8176, 0.2689]", "⊙ (1 - [0.8176, 0.2689])"]),
    # behind an entry of a list, not within a sum in it
    ("[0.8022 + 1.124 + 0.3956, 0.1759 + 2.544, 0.568 + 1.815]",
     ["[0.8022 + 1.124 + 0.3956, 0.1759 + 2.544,", " 0.568 + 1.815]"]),
    # before a sign, not within a product
    ("(1·1 + 2.85·2.85 + 1.401·1.401 + 0.5989·0.5989 + 1·1)/2",
     ["(1·1 + 2.85·2.85 + 1.401·1.401", " + 0.5989·0.5989 + 1·1)/2"]),
    # behind a row of a matrix, however short
    ("[[1, 2], [3333333333, 4444444444, 5555555555, 6666666666]]",
     ["[[1, 2],", " [3333333333, 4444444444, 5555555555,", "  6666666666]]"]),
    # a power of ten is whole
    ("[1.2345678, 2.345678, 3.456789, 1.938·10⁻⁵, 4.5]", ["[1.2345678, 2.345678, 3.456789,", " 1.938·10⁻⁵, 4.5]"]),
]  # fmt: skip


@pytest.mark.parametrize(("row", "rows"), PARTED)
def test_where_a_long_formula_is_parted(row: str, rows: list[str]) -> None:
    assert parted(row, 42) == rows


@given(FORMULAS, st.integers(12, 60))
def test_a_formula_in_parts_is_the_formula_and_no_part_is_too_wide(expr: Expr, room: int) -> None:
    whole = formula(expr, Style())
    parts = parted(whole, room)
    assert all(cells(part) <= room for part in parts)
    assert re.sub(r"\s", "", "".join(parts)) == re.sub(r"\s", "", whole)


def test_a_long_left_side_does_not_move_the_signs_of_the_others() -> None:
    lines = str(stepper.backprop("examples/lstm", wrt="all").to("text", width=80)).splitlines()
    short = [line for line in lines if re.match(r"   dL/d[cgoif] +=", line)]
    assert {line.index("=") for line in short} == {9}
    assert any(line.startswith("   dL/df ⊙ f ⊙ (1 - f) ≈") for line in lines)


MATRICES = "inputs: {A: [[1, 2], [3, 4]]}\nnodes: {B: 'A @ A', L: sum(B)}"


def test_in_ascii_matrices_keep_their_rows() -> None:
    shown = str(stepper.forward(MATRICES).to("text", ascii=True))
    assert shown.isascii()
    assert "?" not in shown
    assert "= sum([ 7  10]) =" in shown
    assert "      [15  22]\n" in shown


def test_lines_of_several_functions_are_each_called_after_what_they_are_worked_for() -> None:
    shown = str(stepper.forward("examples/attention").to("text"))
    assert [name for name in ("e_A₁ = ", "s_A₁ = ", "e_A₂ = ", "s_A₂ = ") if f"   {name}" not in shown] == []
    assert "   e = exp(z)" in str(stepper.forward("examples/cnn").to("text"))  # one alone needs no more
