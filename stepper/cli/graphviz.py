"""Graphviz, for those who have it and ask for its layout: its program reads the graph in its own language and draws."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from stepper.errors import Problem, StepperError
from stepper.saving import write_whole

if TYPE_CHECKING:
    from stepper.cli.output import Output
    from stepper.core.steps import Derivation

PROGRAM = "dot"
DRAWS = ("svg", "png", "pdf")


def check(out: Output) -> str:
    """The program's path, before anything is worked out.

    Raises:
        StepperError: where it is not installed, or the format is none that it draws.
    """
    if out.chosen() not in DRAWS:
        raise StepperError(
            Problem(f"--graphviz draws {', '.join(DRAWS)}, but this is {out.chosen()}", hint="-o graph.svg")
        )
    path = shutil.which(PROGRAM)
    if path is None:
        hint = (
            "install Graphviz (apt install graphviz, brew install graphviz); "
            "without --graphviz stepper lays the graph out itself"
        )
        raise StepperError(Problem(f"--graphviz needs the program '{PROGRAM}', which is not installed", hint=hint))
    return path


def lay_out(derivation: Derivation, out: Output) -> None:
    """Writes the graph as Graphviz draws it."""
    from stepper.render.dot import render

    written = render(derivation, out.look("dot"))
    command = [check(out), f"-T{out.chosen()}"]
    ran = subprocess.run(command, input=written, capture_output=True, check=False)  # noqa: S603 a path we found, one of three formats
    if ran.returncode:
        said = ran.stderr.decode("utf-8", "replace").strip().splitlines()
        raise StepperError(Problem(f"'{PROGRAM}' failed: {said[-1] if said else ran.returncode}"))
    if out.file is not None:
        write_whole({out.file: ran.stdout})
    else:
        sys.stdout.buffer.write(ran.stdout)
