"""Stages of models: what lies in one module is one row, where it runs together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import stepper as st

LADDER = """
import torch.nn as nn
import torch.nn.functional as F


class Rung(nn.Module):
    def __init__(self, a, b):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(a, b, 3, padding=1), nn.BatchNorm2d(b)

    def forward(self, x):
        return F.relu(self.norm(self.conv(x)))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(Rung(1, 4), Rung(4, 4))
        self.rungs = nn.ModuleList([Rung(4, 8), Rung(8, 8)])
        self.again = Rung(8, 8)
        self.head = nn.Linear(8, 2)

    def forward(self, x):
        x = self.stem(x)
        for rung in self.rungs:
            x = F.max_pool2d(rung(x), 2)
        x = self.again(self.again(x))
        return self.head(x.mean((2, 3)))
"""
DEPTHS = [
    (1, ["stem", "rungs.0", "rungs.1", "again", "head"]),
    (2, ["stem.0", "stem.1", "rungs.0", "rungs.1", "head"]),
]  # fmt: skip


@pytest.mark.parametrize(("depth", "rows"), DEPTHS)
def test_what_runs_together_is_one_row(tmp_path: Path, depth: int, rows: list[str]) -> None:
    """A list of modules with others between them has a row for each; the parameters are those of the whole."""
    (tmp_path / "net.py").write_text(LADDER, "utf-8")
    folded = st.shapes(tmp_path / "net.py", input=(1, 16, 16), depth=depth)
    table = [line.split()[0] for line in str(folded.to("text", detail="brief")).splitlines() if "layers" in line]
    shown = str(folded.to("text", detail="brief"))
    assert [name for name in rows if name in shown] == rows
    assert all(table.count(name) == 1 for name in rows if name in table and name != "again")
    whole = st.shapes(tmp_path / "net.py", input=(1, 16, 16))
    assert folded.answers["total"] == whole.answers["total"]


POSITIONS = """
import torch
import torch.nn as nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens, self.places, self.out = nn.Embedding(50, 8), nn.Embedding(12, 8), nn.Linear(8, 50)

    def forward(self, idx):
        places = torch.arange(0, idx.size(1), dtype=torch.long, device=idx.device)
        return self.out(self.tokens(idx) + self.places(places))
"""


def test_positions_that_are_counted_see_nothing_of_the_input(tmp_path: Path) -> None:
    """Where they meet the tokens, what is seen is not said; sizes and parameters are."""
    (tmp_path / "net.py").write_text(POSITIONS, "utf-8")
    found: dict[str, Any] = dict(st.shapes(tmp_path / "net.py", input=(10,)).answers)
    assert found["out"]["shape"] == (10, 50)
    assert found["total"]["parameters"] == 50 * 8 + 12 * 8 + 9 * 50
