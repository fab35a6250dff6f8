"""Functions that only the engine needs never reach a reader: not in any format, of any bundled graph."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest

from stepper import backprop, forward
from stepper.core.steps import DETAILS
from stepper.errors import StepperError
from stepper.read.files import documents
from stepper.solution import Solution
from stepper.tables.arrays import ARRAYS

RETIRED = (
    "spread", "placed", "gathered", "shaped", "first_part", "last_part", "largest_mask", "sum_to_size", "scatter",
    "leading", "trailing",
    *(f"{name}{axes}_{end}" for name in ("conv", "max_pool", "avg_pool") for axes in ("", "1d", "2d", "3d")
      for end in ("back", "kernel")),
    *(row.name for row in ARRAYS if row.inner),
)  # fmt: skip
"""Names of the engine's own, and those that they once had."""
PATTERN = re.compile(
    rf"(?<![\w.])(?:{'|'.join(name.replace('_', '[_ ]') for name in RETIRED)})(?=}}?\s*(?:\\left)?\s*\()"
)
FORMATS = ("text", "markdown", "latex", "json")
NAMES = sorted({name for name, _ in documents()})


def solutions(name: str) -> list[Solution]:
    """What is worked of a document: its values, and the gradients for all parameters, where it is such a graph."""
    found = []
    with suppress(StepperError):  # tables of shapes and tasks are no such graphs, and some outputs have no gradient
        found.append(forward(name))
        found.append(backprop(name, wrt="all"))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_no_inner_name_reaches_a_reader(name: str) -> None:
    for solution in solutions(name):
        for format_ in FORMATS:
            for detail in DETAILS[1:]:
                written = str(solution.to(format_, detail=detail))
                assert not (found := PATTERN.search(written)), (format_, detail, written[found.start() - 40 :][:90])


@pytest.mark.parametrize(
    "written",
    ["spread(x, X)", r"\text{max pool2d back} \left( G \right)", "standardized_back(G, X, 1)", "conv_kernel (G, X)"],
)
def test_the_pattern_finds_them(written: str) -> None:
    assert PATTERN.search(written)
    assert not PATTERN.search("standardized(X)") and not PATTERN.search("the spread (of a list)".replace("(", "["))
