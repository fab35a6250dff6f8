"""Formats by name and by file suffix: one row each.

A format is the file of its name in this room, imported when used.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Literal

from msgspec import Struct

from stepper.core.memory import without_collection
from stepper.core.steps import Derivation
from stepper.errors import Problem, StepperError, nearest
from stepper.render.look import Look


class Format(Struct, frozen=True):
    """What is known of a format, for those who choose one and for the tests that hold each to the same laws.

    Attributes:
        suffixes: of the files that it is written to.
        holds: a derivation as a whole, its tables alone, or its pictures alone.
        graph: does it show the graph of a derivation without being asked to?
        plots: of those for pictures: can it show plots of numbers too?
        binary: is it no text?
        columns: is it made of lines of so many columns?
        formulas: the file of this room that writes its formulas; empty where they are text of the formula language.
        layout: a pattern of what it breaks lines with, groups by and colours; the rest of a formula stands as
            ``formulas`` writes it.
        floats: are numbers written with all their digits, of which the last may differ from one C library to the next?
    """

    suffixes: tuple[str, ...] = ()
    holds: Literal["derivation", "tables", "pictures"] = "derivation"
    graph: bool = False
    plots: bool = False
    binary: bool = False
    columns: bool = False
    formulas: str = ""
    layout: str = r"\s"
    floats: bool = False


_OF_LATEX = r"\\\\\*?|\\(?:left|right|quad|allowbreak)(?![a-z])|[&{}\s]"
_OF_HTML = r'</?m(?:row|tr|td|ath)(?: displaystyle="true")?>|<div class="(?:side|further)">|</div>|<wbr>|\s'
FORMATS: Mapping[str, Format] = {
    "terminal": Format(columns=True, formulas="_unicode", layout=r"\s|\x1b\[[0-9;]*m"),
    "text": Format((".txt",), columns=True, formulas="_unicode"),
    "markdown": Format((".md", ".markdown"), graph=True, formulas="_latex", layout=_OF_LATEX),
    "latex": Format((".tex", ".latex"), graph=True, formulas="_latex", layout=_OF_LATEX),
    "html": Format((".html", ".htm"), graph=True, formulas="_mathml", layout=_OF_HTML),
    "json": Format((".json",), graph=True, floats=True),
    "csv": Format((".csv",), "tables", floats=True),
    "svg": Format((".svg",), "pictures", plots=True),
    "png": Format((".png",), "pictures", plots=True, binary=True),
    "pdf": Format((".pdf",), "pictures", plots=True, binary=True),
    "dot": Format((".dot", ".gv"), "pictures"),
    "mermaid": Format((".mmd", ".mermaid"), "pictures"),
    "tikz": Format((".tikz",), "pictures"),
}
"""Each format. The laws in ``tests/test_render.py`` take them from here."""
PICTURES = tuple(name for name, row in FORMATS.items() if row.holds == "pictures")
"""The formats that hold the pictures of a derivation alone."""
PLOTS = tuple(name for name, row in FORMATS.items() if row.plots)
"""Those that can show plots of numbers too."""
WITH_GRAPH = tuple(name for name, row in FORMATS.items() if row.graph)
"""The formats that show the graph of a derivation without being asked to."""
WHOLE = tuple(name for name, row in FORMATS.items() if row.holds == "derivation")
"""The formats that hold a derivation as a whole, not its tables or pictures alone."""

ALIASES: Mapping[str, str] = {"md": "markdown", "txt": "text", "tex": "latex", "mmd": "mermaid", "gv": "dot"}


def format_named(name: str) -> str:
    """The full name of a format.

    Raises:
        StepperError: where there is none of this name.
    """
    full = ALIASES.get(name, name)
    if full not in FORMATS:
        hint = nearest(name, [*FORMATS, *ALIASES]) or f"formats: {', '.join(FORMATS)}"
        raise StepperError(Problem(f"'{name}' is not a format", hint=hint))
    return full


def format_of(path: Path) -> str:
    """The format that a file's suffix means.

    Raises:
        StepperError: where it means none.
    """
    for name, row in FORMATS.items():
        if path.suffix.lower() in row.suffixes:
            return name
    known = ", ".join(suffix for row in FORMATS.values() for suffix in row.suffixes)
    raise StepperError(Problem(f"no format has the suffix of '{path}'", hint=f"suffixes: {known}; or say --format"))


@without_collection()
def render(name: str, derivation: Derivation, look: Look) -> str:
    """The derivation in the named format."""
    rendered: str = import_module(f"stepper.render.{name}").render(derivation, look)
    return rendered


def picture(name: str, derivation: Derivation, look: Look) -> bytes:
    """The pictures of a derivation in the named format, which is one of those for pictures.

    Raises:
        StepperError: where there is none, or the plotting library is missing.
    """
    drawn: bytes = import_module(f"stepper.render.{name}").render(derivation, look)
    return drawn
