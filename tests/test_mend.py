"""Slips of the pen in documents: the line, what was expected, and the line mended, which is then read."""

from __future__ import annotations

import re

import pytest

from stepper.errors import StepperError
from stepper.read.graph import read_graph

SLIPS = [
    ("nodes:\n  z = w*x\n", "an entry of a document is written with a colon, not with =", 2, "write '  z: w*x'"),
    ("nodes:\nz: w*2\n", "'z' is not a section of a graph", 2, "what belongs to 'nodes' is indented under it: write ' "
                                                               " z: w*2'"),
    ("optimizer: sgd\nnodes: {z: 2*x}\n", "'optimizer' is not a section of a graph", 1,
        "it belongs to an optimizer's task: stepper optim"),
    ("nodes:\n  z = w*x\n  L = z^2\n", "an entry of a document is written with a colon, not with =", 2,
        "write '  z: w*x'"),
    ("inputs: {x: 2}\nnodes:\n  z = w*x\n  L: z^2\n", "an entry of a document is written with a colon, not with =", 3,
        "write '  z: w*x'"),
    ("inputs:\n  w:0.5\nnodes:\n  z: 2*w\n", "a space belongs after the colon", 2, "write '  w: 0.5'"),
    ("inputs:\n  w:0.5\n  x: 1\nnodes:\n  z: 2*w\n", "a space belongs after the colon", 2, "write '  w: 0.5'"),
    ("inputs: {w:0.5}\nnodes:\n  z: 2*w\n", "':' is not used in formulas", 1,
        "a space follows the colon: write 'inputs: {w: 0.5}'"),
    ("inputs: {x: 2}\nnodes:\n  z: w*x\n   L: z^2\n", "this line is indented by 3, and the lines that it belongs to "
                                                      "by 2", 4,
     "write '  L: z^2'"),
    ("inputs: {x: 2}\nnodes:\n  z: 2*x\n L: z\n", "this line is indented by 1, and the lines that it belongs to by 2",
        4, "write '  L: z'"),
    ("inputs:\n\tx: 1\nnodes:\n  z: 2*x\n", "lines are indented with spaces, not tabs", 2, "write '  x: 1'"),
    ("inputs: {x: 1}\nnodes:\n  z: \"2*x\n", '" is never closed', 3, "write '  z: \"2*x\"'"),
    ("inputs: {x: 1\nnodes:\n  z: 2*x\n", "{ is never closed", 1, "write 'inputs: {x: 1}'"),
    ("inputs: {w: 0,1}\nnodes:\n  z: 2*w\n", "'1' is not a name", 1, "decimals are written with a point: write "
                                                                     "'inputs: {w: 0.1}'"),
    ("inputs:\n  x: 1,5\nnodes:\n  z: 2*x\n", "a comma is allowed only between arguments or inside a list", 2,
     "decimals are written with a point and no spaces: write 1.5"),
    ("inputs:\n  x: 1. 5\nnodes:\n  z: 2*x\n", "'.' is not used in formulas", 2,
     "decimals are written with a point and no spaces: write 1.5"),
    ("inputs: [x, y]\nnodes:\n  z: 2*x\n", "'inputs:' needs entries 'name: value', not a list", 1,
        "write 'inputs: {x: , y: }'"),
    ("inputs: {x: 1}\nnodes:\n- z: 2*x\n- L: z\n", "'nodes:' needs entries 'name: value', not a list", 3,
        "no hyphens: write '  z: 2*x'"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "told", "line", "hint"), SLIPS, ids=lambda value: repr(value)[:40])
def test_a_slip_is_told_with_the_line_mended(text: str, told: str, line: int, hint: str) -> None:
    with pytest.raises(StepperError) as caught:
        read_graph(text, "slip.yaml")
    problem = caught.value.problems[0]
    assert problem.where is not None
    assert (problem.what, problem.where.line, problem.hint) == (told, line, hint)
    assert problem.where.text == text.split("\n")[line - 1], "the line is shown"


@pytest.mark.parametrize(
    ("text", "line", "hint"),
    [(text, line, hint) for text, _, line, hint in SLIPS if re.match("write '(?!inputs: {x: , )", hint)],
)
def test_what_is_told_mends_it(text: str, line: int, hint: str) -> None:
    """Line after line as told, until the document is read or something else is missing."""
    lines = text.split("\n")
    lines[line - 1] = hint.removeprefix("write '").removesuffix("'")
    try:
        read_graph("\n".join(lines), "slip.yaml")
    except StepperError as error:
        assert all(
            problem.where is None or problem.where.line != line or "not defined" in problem.what
            for problem in error.problems
        )
