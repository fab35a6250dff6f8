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

from stepper.errors import Problem, StepperError
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
    from stepper.cli.inputs import check_command
    from stepper.cli.output import collecting

    found: list[tuple[Derivation, Look]] = []
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise StepperError(Problem(f"the line cannot be read: {str(error).lower()}")) from None
    check_command(words)
    if cell is not None and words:
        words[1:1] = ["-"]
    with _told(), collecting(found), _input(cell or ""):
        app(words, prog_name="stepper", standalone_mode=False)
    return Solution(*found[-1]) if found else None


def load(ipython: Any) -> None:
    """Registers the magics."""

    def stepper(line: str, cell: str | None = None) -> Solution | None:
        try:
            return run(line, cell)
        except StepperError as error:
            if isinstance(error.partial, Solution):
                ipython.display_pub.publish(*ipython.display_formatter.format(error.partial))
            raise

    ipython.register_magic_function(stepper, magic_kind="line_cell", magic_name="stepper")


@contextmanager
def _told() -> Iterator[None]:
    """A mistake in commands and options is told as every other."""
    try:
        yield
    except Exception as error:
        if not hasattr(error, "format_message"):  # by which what typer says of a call is known
            raise
        what = error.format_message().rstrip(".")
        path = getattr(getattr(error, "ctx", None), "command_path", "stepper")
        raise StepperError(Problem(what[:1].lower() + what[1:], hint=f"%{path} --help lists what there is")) from None


@contextmanager
def _input(text: str) -> Iterator[None]:
    """Standard input is the cell's text."""
    before = sys.stdin
    sys.stdin = io.TextIOWrapper(io.BytesIO(text.encode("utf-8")), encoding="utf-8")
    try:
        yield
    finally:
        sys.stdin = before
