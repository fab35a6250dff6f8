"""Python source as a tree, with the lines above it that are a listing's own settings, and values from the command line
put in.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Sequence

from stepper.errors import Place, Problem, StepperError
from stepper.read.constants import Values, pinned
from stepper.read.dialect import SETTINGS
from stepper.read.items import Listing


def parsed(source: str, origin: str, listing: Listing) -> ast.Module:
    """The tree of a source.

    Raises:
        StepperError: where it is not Python.
    """
    lines = source.split("\n")
    kept = []
    for number, line in enumerate(lines, start=1):
        name, sign, text = line.partition(":")
        setting = bool(sign) and name.lower() in SETTINGS
        kept.append("" if setting else line)
        if setting:
            listing.setting(name.lower(), text.strip(), Place(origin, number, 1, len(line), line))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Python thinks of its style is nobody's question here
            tree = ast.parse("\n".join(kept))
    except SyntaxError as error:
        at = error.lineno or 1
        text = lines[at - 1] if at <= len(lines) else ""
        raise StepperError(
            Problem(f"this is not Python: {error.msg}", Place(origin, at, error.offset or 1, 1, text))
        ) from None
    except (RecursionError, MemoryError, ValueError):
        raise StepperError(Problem("this source is nested too deep to be read", Place(origin))) from None
    return _pinned(tree, pinned(listing.letters)) if listing.letters else tree


def place_of(node: ast.AST, lines: Sequence[str], origin: str) -> Place:
    """Where a part of a source stands."""
    line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
    width = (
        max(1, getattr(node, "end_col_offset", column + 1) - column) if getattr(node, "end_lineno", line) == line else 1
    )
    return Place(origin, line, column + 1, width, lines[line - 1] if line <= len(lines) else "")


def _pinned(tree: ast.Module, values: Values) -> ast.Module:
    """The tree with what the command line says of names in place of what they are given."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)) if name in values:
                node.value = values[name]
            case _:
                pass
    return tree
