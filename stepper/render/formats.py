"""Formats by name and by file suffix; each is the file of its name in this room, imported when used."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from stepper.core.steps import Derivation
from stepper.errors import Problem, StepperError, nearest
from stepper.render.look import Look

FORMATS: Mapping[str, tuple[str, ...]] = {
    "terminal": (), "text": (".txt",), "markdown": (".md", ".markdown"), "latex": (".tex", ".latex"), "html": (".html", ".htm"),
    "json": (".json",), "csv": (".csv",),
    "svg": (".svg",), "png": (".png",), "pdf": (".pdf",), "dot": (".dot", ".gv"), "mermaid": (".mmd", ".mermaid"), "tikz": (".tikz",),
}  # fmt: skip
"""Each format and the suffixes that mean it."""
PICTURES = ("svg", "png", "pdf", "dot", "mermaid", "tikz")
"""The formats that hold the pictures of a derivation alone."""
PLOTS = ("svg", "png", "pdf")
"""Those that can show plots of numbers too."""
WITH_GRAPH = ("markdown", "latex", "html", "json")
"""The formats that show the graph of a derivation without being asked to."""
WHOLE = tuple(name for name in FORMATS if name not in ("csv", *PICTURES))
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
    for name, suffixes in FORMATS.items():
        if path.suffix.lower() in suffixes:
            return name
    known = ", ".join(suffix for suffixes in FORMATS.values() for suffix in suffixes)
    raise StepperError(Problem(f"the suffix of '{path}' names no format", hint=f"suffixes: {known}; or say --format"))


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
