"""What several commands begin and end with: the graph that is asked for, and whether all that was written is proved."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from stepper.errors import Problem, StepperError

if TYPE_CHECKING:
    from stepper.api.asking import Reader
    from stepper.core.expr import Expr
    from stepper.solution import Solution


def reader(name: str | None, expression: str | None, shape: str | None = None) -> Reader:
    """What reads the graph that a call names, or writes with -e; ``shape`` is that of a network's input."""
    if (name is None) == (expression is None):
        what = "a graph is missing" if name is None else "a graph is given twice, as a document and with -e"
        raise StepperError(
            Problem(what, hint="give a path, a bundled exam such as tum-2022/6, or -e 'q = x + y; f = q*z'")
        )
    if expression is not None:
        from stepper.read.anything import read_expression

        return partial(read_expression, expression, shape=shape)
    from stepper.read.bundled import load_graph

    return partial(load_graph, name or "", shape=shape)


def given(words: Sequence[str] | None) -> Mapping[str, Expr]:
    """Names and values, as ``--set`` has them."""
    from stepper.read.given import assigned

    return assigned(words or ())


def proved(solution: Solution) -> None:
    """Ends with 3 where a check does not agree, or a proof that was asked for is not found."""
    if any(check.ok is False for check in solution.checks):
        sys.stderr.write("error: a check does not agree; the values above are not proved\n")
        raise typer.Exit(3)
    if unproved := [check.of for check in solution.checks if check.unproved]:
        sys.stderr.write(f"error: not proved: {', '.join(unproved)}; the checks say why\n")
        raise typer.Exit(3)


BARE = {("derive", "--solve"): "minimum"}
"""Options that may stand alone, and what they mean then."""
FORMULAS = ("derive",)
"""Commands that take a formula, which may begin with a minus."""


def with_bare_values(words: Sequence[str]) -> list[str]:
    """The words of a call, with the value of each option that stands alone.

    >>> with_bare_values(["derive", "x^2", "--wrt", "x", "--solve"])[-1]
    'minimum'
    """
    found: list[str] = []
    for place, word in enumerate(words):
        formula = (
            words[0] in FORMULAS and word[:1] == "-" and word[:2] != "--" and any(sign in word for sign in "([*^/")
        )
        found.append(f" {word}" if formula else word)  # what begins with a minus is no option
        value = BARE.get((words[0], word))
        if value is not None and (place + 1 == len(words) or words[place + 1].startswith("-")):
            found.append(value)
    return found


def check_command(words: Sequence[str]) -> None:
    """Is a file, or a bundled document, named where a command belongs?

    Raises:
        StepperError: where it is; the hint is the call that was meant.
    """
    name = words[0] if words else ""
    if name.isidentifier() or name.startswith("-"):  # as commands and options are
        return
    from stepper.read.files import find_bundled, find_listing, own_file, read_text

    path = own_file(name) or find_bundled(name) or find_listing(name)
    if path is None:
        return
    command = _command_for(path, read_text(path, name)).format(name=name)
    kind = "a file" if own_file(name) is not None else "a bundled document"
    raise StepperError(Problem(f"'{name}' is {kind}, but a command is missing before it", hint=f"stepper {command}"))


def _command_for(path: Path, text: str) -> str:
    """What one would do with a file, by what it holds."""
    from stepper.read.dialect import (
        looks_like_layer_list,
        looks_like_lines,
        looks_like_module,
        looks_like_run,
        looks_like_task,
        looks_printed,
    )
    from stepper.read.pasted import looks_like_program

    if looks_like_task(text):
        return "optim {name}"
    if looks_like_run(text) or looks_like_lines(text):
        return "derive {name}"
    network = any(looks(text) for looks in (looks_like_module, looks_like_layer_list, looks_printed))
    if network or (path.suffix.lower() == ".txt" and not looks_like_program(text)):
        return "shapes {name}"
    return "backprop {name} --wrt all, or: stepper forward {name}"
