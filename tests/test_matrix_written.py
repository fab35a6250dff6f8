"""How differentials of matrices are set."""

from __future__ import annotations

import subprocess
import sys

import pytest

SET = [
    ("text", "d(|y - X·w|²) + λ·d(|w|²)"),
    ("text", "= 2·(y - X·w)ᵀ·d(y - X·w) + 2·λ·wᵀ·dw"),
    ("text", "= (Xᵀ·X + λ·I)⁻¹·Xᵀ·y"),
    ("latex", r"w^{\top} \cdot dw"),
    ("latex", r"(X^{\top} \cdot X + \lambda \cdot I)^{-1} \cdot X^{\top} \cdot y"),
    ("markdown", r"w^{\top} \cdot d w"),
    ("html", "<mi>d</mi><mi>w</mi>"),
]


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    question = ["derive", "|y - X@w|^2 + lambda*|w|^2", "--wrt", "w", "--shapes", "X=nxd", "--solve"]
    found = {}
    for form in dict(SET):
        call = [sys.executable, "-m", "stepper", *question, "-f", form]
        found[form] = subprocess.run(call, capture_output=True, text=True, check=True, encoding="utf-8").stdout
    return found


@pytest.mark.parametrize(("form", "piece"), SET)
def test_a_ridge_regression_is_set_as_on_a_board(pages: dict[str, str], form: str, piece: str) -> None:
    assert piece in pages[form]
    assert "abs(" not in pages[form]
    assert "inv" not in pages[form].replace("inverse", "").replace("invisible", "")
