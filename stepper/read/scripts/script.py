"""A script of Python as assignments one after the other: calls of its own functions and loops are written out.

Read as text, never run: what a function does stands where it is called, with names of its own (``h``, then ``h_2``), a
loop over known numbers or a list stands as often as it turns, and objects of its small classes are what they hold.
"""

from __future__ import annotations

import ast
import warnings

from msgspec import Struct

from stepper.core.patterns import later
from stepper.errors import Place, Problem, StepperError
from stepper.read.scripts.following import Following
from stepper.read.scripts.values import Refusal

_PROMPT = later(r"(?m)^[ \t]*(?:>>>|\.\.\.)[ ]?")
_MAY = later(r"\b(?:def|for|class|lambda)\b|\[")
LARGEST = 200_000
"""Characters of a script."""


class Script(Struct, frozen=True):
    """A script written out: its assignments with their lines, and the names that stand for a value more."""

    lines: list[tuple[int, str]]
    renamed: list[str]


def written_out(source: str, origin: str) -> Script | None:
    """The assignments of a script, each with its line; None where the source is none, or has nothing to write out.

    Raises:
        StepperError: where it cannot be followed, with the place.
    """
    if len(source) > LARGEST or not _MAY.search(source):
        return None
    text = _PROMPT.sub("", source)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if not _needed(tree):
        return None
    try:
        found = Following(tree)
    except Refusal as error:
        line = getattr(error.node, "lineno", 1)
        column, end = getattr(error.node, "col_offset", 0), getattr(error.node, "end_col_offset", 1)
        row = text.split("\n")[line - 1]
        place = Place(origin, line, column + 1, max(1, min(end, len(row)) - column), row)
        raise StepperError(Problem(error.what, place, error.hint)) from None
    except RecursionError:
        raise StepperError(Problem("this script is nested too deep to be followed", Place(origin))) from None
    return Script([(line.line, line.text) for line in found.lines], found.renamed)


def _needed(tree: ast.Module) -> bool:
    """Has a script loops, classes or functions that it calls, or lists whose entries it counts from 0?"""
    parts = [*ast.walk(tree)]
    made = {part.name for part in parts if isinstance(part, ast.FunctionDef | ast.ClassDef)}
    made |= {
        target.id
        for part in parts
        if isinstance(part, ast.Assign) and isinstance(part.value, ast.Lambda)
        for target in part.targets
        if isinstance(target, ast.Name)
    }
    calls = any(
        isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id in made for part in parts
    )
    loops = any(isinstance(part, ast.For | ast.ListComp | ast.GeneratorExp) for part in parts)
    imports = any(isinstance(part, ast.Import | ast.ImportFrom) for part in parts)
    return calls or loops or (imports and any(isinstance(part, ast.Subscript) for part in parts))
