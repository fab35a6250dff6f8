"""Where a derivation goes: a terminal, a pipe (Markdown), or a file whose suffix says the format."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from urllib.parse import quote

from msgspec import Struct
from msgspec.structs import replace

from stepper.core.progress import tell
from stepper.core.steps import DETAILS, Derivation, Detail
from stepper.errors import Problem, StepperError, nearest
from stepper.read.files import exists
from stepper.render.formats import PICTURES, PLOTS, WITH_GRAPH, format_named, format_of, picture, render
from stepper.render.graph.pictures import drawing_of
from stepper.render.look import DECIMALS, NARROWEST, POINT, Decimal, Look
from stepper.saving import write_whole
from stepper.solution import Solution

GRAPHS = ("show", "none", "image")
OURS = b'class="graph"'
"""What our pictures begin with."""


_collected: ContextVar[list[tuple[Derivation, Look]] | None] = ContextVar("collected", default=None)


@contextmanager
def collecting(found: list[tuple[Derivation, Look]]) -> Iterator[None]:
    """Inside, what would be written is put into a list with its look, for whoever shows it in a way of its own; files,
    and text in a format that is asked for, are written too.
    """
    token = _collected.set(found)
    try:
        yield
    finally:
        _collected.reset(token)


class Output(Struct, frozen=True):
    """The options every command has. ``draws``: the picture of the graph is what is asked for."""

    format: str | None = None
    file: Path | None = None
    digits: int = 4
    decimal: str = POINT
    detail: str = "normal"
    exact: bool = False
    width: int | None = None
    drawing: str | None = None
    fragment: bool = False
    front_matter: bool = False
    ascii: bool = False
    step: bool = False
    draws: bool = False

    def __post_init__(self) -> None:
        """Options at fault are told before anything is worked out."""
        name = self.chosen()
        self.level()
        self.sign()
        if self.drawing is not None and self.drawing not in GRAPHS:
            hint = nearest(self.drawing, GRAPHS) or f"one of {', '.join(GRAPHS)}"
            raise StepperError(Problem(f"--graph does not take '{self.drawing}'", hint=hint))
        if self.drawing == "image" and (name != "markdown" or self.file is None):
            raise StepperError(Problem("--graph image puts an SVG beside a Markdown file", hint="-o notes.md"))
        for option, given, format in (
            ("--fragment", self.fragment, "latex"),
            ("--front-matter", self.front_matter, "markdown"),
        ):
            if given and name != format:
                raise StepperError(Problem(f"{option} belongs to {format}, but this is {name}", hint=f"-f {format}"))
        if self.step and (self.file is not None or not (sys.stdin.isatty() and sys.stdout.isatty())):
            hint = "a page of HTML is stepped through by its arrow keys: -o notes.html"
            raise StepperError(
                Problem("--step walks by keypresses, and needs a terminal; it writes no file", hint=hint)
            )

    def write(self, solution: Solution) -> None:
        """Renders and writes.

        Raises:
            StepperError: for an unknown format or a file that cannot be written.
        """
        name, derivation = self.chosen(), solution.derivation
        if (shown := _collected.get()) is not None:
            page = self.format is None or self.pictures
            if page or self.file is not None:
                shown.append((derivation, self.look(name)))
            if page and self.file is None:
                return
        if self.step:
            from stepper.cli.walk import walk

            tell("")
            walk(derivation, self.look("terminal"), self.width is not None)
            return
        look = self.look(name)
        beside = self._beside() if self._notes(name, look) and drawing_of(derivation) is not None else None
        if self.drawing == "image" and beside is None:
            raise StepperError(
                Problem("--graph image: there is no graph here, or no place for a picture beside the file")
            )
        if beside is not None:
            look = replace(look, beside=quote(beside.name), image=self.drawing == "image")
        tell(f"writing {name}")
        data = picture(name, derivation, look) if self.pictures else render(name, derivation, look).encode("utf-8")
        if self.file is not None:
            files = {self.file: data, **({beside: picture("svg", derivation, look)} if beside is not None else {})}
            write_whole(files)
        tell("")
        if self.file is not None:
            return
        if self.pictures:
            sys.stdout.buffer.write(data)
        else:
            sys.stdout.write(data.decode("utf-8"))
        sys.stdout.flush()

    def _notes(self, name: str, look: Look) -> bool:
        """Are notes written to a file, with the graph in them?"""
        return self.file is not None and name == "markdown" and look.graph

    def _beside(self) -> Path | None:
        """Where the picture beside a file of Markdown goes; nowhere beside what is no file, such as a device.

        Raises:
            StepperError: where another picture of this name would be lost.
        """
        assert self.file is not None
        beside = self.file.with_suffix(".svg")
        if beside == self.file or (exists(self.file) and not self.file.is_file()):
            return None
        if exists(beside) and beside.is_file() and OURS not in beside.read_bytes()[:200]:
            what = f"'{beside}' already exists, and it is not a picture written by stepper"
            raise StepperError(
                Problem(what, hint="--graph none writes no picture beside the notes; or choose another name")
            )
        return beside

    @property
    def pictures(self) -> bool:
        """Are pictures wanted, and nothing else?"""
        return self.chosen() in PICTURES

    @property
    def plots(self) -> bool:
        """Are pictures wanted that can show numbers over an axis?"""
        return self.chosen() in PLOTS

    def chosen(self) -> str:
        """The format: as asked, by the file's suffix, from STEPPER_FORMAT, else terminal or, into a pipe, Markdown."""
        if self.format is not None:
            return format_named(self.format)
        if self.file is not None:
            return format_of(self.file)
        preset = os.environ.get("STEPPER_FORMAT")
        if preset:
            return format_named(preset)
        return "terminal" if sys.stdout.isatty() else "markdown"

    def look(self, name: str) -> Look:
        color = name == "terminal" and self.file is None and _color()
        width = self.width or (shutil.get_terminal_size((80, 24)).columns if sys.stdout.isatty() else 80)
        shown = self.drawing != "none" and (self.drawing is not None or self.draws or name in WITH_GRAPH)
        plain = self.ascii or (self.file is None and name in ("terminal", "text") and not _has_unicode())
        return Look(
            self.digits, max(NARROWEST, width), color, self.level(), self.exact, shown, plain, self.fragment,
            self.front_matter,
            decimal=self.sign(),
        )  # fmt: skip

    def level(self) -> Detail:
        for level in DETAILS:
            if level == self.detail:
                return level
        raise StepperError(
            Problem(
                f"--detail does not take '{self.detail}'",
                hint=nearest(self.detail, DETAILS) or f"one of {', '.join(DETAILS)}",
            )
        )

    def sign(self) -> Decimal:
        for sign in DECIMALS:
            if sign == self.decimal:
                return sign
        hint = nearest(self.decimal, DECIMALS) or f"one of {', '.join(DECIMALS)}"
        raise StepperError(Problem(f"--decimal does not take '{self.decimal}'", hint=hint))


def _has_unicode() -> bool:
    """Can the terminal show the letters and lines that formulas and drawings are made of?"""
    try:
        "∂ŷ₁─╭▶".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _color() -> bool:
    """Colour on a terminal, unless NO_COLOR is set; FORCE_COLOR asks for it in a pipe too."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "") not in ("", "0"):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
