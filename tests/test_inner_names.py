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
    "leading", "trailing", "broadcast_to", "pad_gap",
    *(f"{name}_backward" for name in ("pad", "upsample", "pixel_shuffle", "pixel_unshuffle")),
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


IMAGE = "[[[1, 2], [3, 4]], [[5, 0], [-1, 6]]]"
BATCH = f"[{IMAGE}, {IMAGE}]"


@pytest.mark.parametrize(
    ("given", "formula"),
    [
        (IMAGE, "pad(X, 1, 1)"), (IMAGE, "pad(X, [1, 0], [0, 2], c)"), (IMAGE, "pad(X, -1, 1, c)"),
        (IMAGE, "upsample(X, 2)"), (IMAGE, "upsample(X, [2, 1, 2])"),
        (BATCH, "pixel_shuffle(reshape(X, [4, 2, 2]), 2)"), (IMAGE, "pixel_unshuffle(X, 2)"),
        *((IMAGE, f"{name}(X, {axis})") for name in ("sum", "mean", "max", "var", "softmax") for axis in (1, 2, 3)),
        *((BATCH, f"{name}(X, {axis})") for name in ("sum", "mean") for axis in (1, 2, 3, 4)),
        (IMAGE, "X[1, 2, 1]*X[1]"), (IMAGE, "X[2, 1]*X[1, 1]"), (IMAGE, "sum(X[2])*c"), (IMAGE, "sum(X[2, 1])*c"),
        (BATCH, "X[1, 2, 1, 1]*X[1]"), (BATCH, "X[2, 1]*X[1, 1]"), (BATCH, "X[1, 2, 1]*X[2, 1, 1]"),
        (BATCH, "sum(X[2])*c"), (BATCH, "sum(X[2, 1])*c"), (BATCH, "sum(X[2, 1, 1])*c"),
        (IMAGE, "X*sum(X, 2)"), (IMAGE, "X + [1, 2]*c"), (IMAGE, "X*[[c], [2]]"),
    ],
)  # fmt: skip
def test_no_inner_name_is_needed_for_arrays_of_several_axes(given: str, formula: str) -> None:
    document = f"inputs: {{X: {given}, c: 2}}\nnodes: {{Y: '{formula}', L: sum(Y*Y) + 0*c}}\noutput: L"
    solution = backprop(document, wrt="all")
    assert all(check.ok for check in solution.checks)
    for format_ in FORMATS:
        assert not PATTERN.search(str(solution.to(format_, detail="full")))


@pytest.mark.parametrize(
    "written",
    ["spread(x, X)", r"\text{max pool2d back} \left( G \right)", "standardized_back(G, X, 1)", "conv_kernel (G, X)"],
)
def test_the_pattern_finds_them(written: str) -> None:
    assert PATTERN.search(written)
    assert not PATTERN.search("standardized(X)") and not PATTERN.search("the spread (of a list)".replace("(", "["))
