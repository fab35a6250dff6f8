"""stepper in a notebook: ``%load_ext stepper``, then ``%stepper shapes net.txt``, or ``%%stepper backprop --wrt w``
over a graph's cell.
"""

from __future__ import annotations

import io
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from stepper.solution import Solution

if TYPE_CHECKING:
    from stepper.core.steps import Derivation
    from stepper.render.look import Look


def run(line: str, cell: str | None = None) -> Solution | None:
    """What a command of the command line works out; a cell stands for the file that it would read.

    >>> run("forward", "x = 3; a = 2*x").answers["a"]
    Fraction(6, 1)

    Raises:
        StepperError: with the message that the command line gives.
    """
    from stepper.cli.app import app
    from stepper.cli.output import collecting

    words = shlex.split(line)
    if cell is not None and words:
        words[1:1] = ["-"]
    found: list[tuple[Derivation, Look]] = []
    with collecting(found), _input(cell or ""):
        app(words, standalone_mode=False)
    return Solution(*found[-1]) if found else None


def load(ipython: Any) -> None:
    """Registers the magics."""

    def stepper(line: str, cell: str | None = None) -> Solution | None:
        return run(line, cell)

    ipython.register_magic_function(stepper, magic_kind="line_cell", magic_name="stepper")


@contextmanager
def _input(text: str) -> Iterator[None]:
    """Standard input is the cell's text."""
    before = sys.stdin
    sys.stdin = io.TextIOWrapper(io.BytesIO(text.encode("utf-8")), encoding="utf-8")
    try:
        yield
    finally:
        sys.stdin = before
