"""The text of a source as a tree, without the lines above it that are a listing's own settings."""

from __future__ import annotations

import ast
import json
import re
import warnings

from stepper.errors import Place, Problem, StepperError
from stepper.read.dialect import SETTINGS
from stepper.read.items import Listing

_PRINT = re.compile(r"^\s*print\s+[^(\s=]|^\s*except\s+\w+\s*,\s*\w+\s*:|^\s*raise\s+\w+\s*,", re.MULTILINE)
"""What only Python 2 reads."""


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
            return ast.parse("\n".join(kept))
    except SyntaxError as error:
        at = error.lineno or 1
        text = lines[at - 1] if at <= len(lines) else ""
        hint = "this is Python 2: write print(...), except Error as error" if _PRINT.search(source) else ""
        raise StepperError(
            Problem(f"this is not Python: {error.msg}", Place(origin, at, error.offset or 1, 1, text), hint)
        ) from None
    except (RecursionError, MemoryError, ValueError):
        raise StepperError(Problem("this source is nested too deep to be read", Place(origin))) from None


def cells(text: str) -> str | None:
    """The code of a notebook, cell after cell, without its commands; None where it is no notebook."""
    if not text.lstrip().startswith("{") or '"cells"' not in text:
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not isinstance(found.get("cells"), list):
        return None
    lines: list[str] = []
    for cell in found["cells"]:
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            code = cell.get("source", "")
            written = code if isinstance(code, str) else "".join(part for part in code if isinstance(part, str))
            lines += [_command(line) for line in written.split("\n")]
    return "\n".join(lines)


def _command(line: str) -> str:
    """A line of code; a command of the notebook itself is none."""
    bare = line.lstrip()
    return line[: len(line) - len(bare)] + "pass" if bare[:1] in ("%", "!", "?") else line
