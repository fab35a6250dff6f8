"""Where a derivation goes: a terminal, a pipe (Markdown), or a file whose suffix says the format."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from stepper.core.steps import DETAILS, Derivation, Detail
from stepper.errors import Problem, StepperError, nearest
from stepper.render.formats import PICTURES, format_named, format_of, picture, render
from stepper.render.look import Look

NARROWEST = 40


@dataclass(frozen=True, slots=True)
class Output:
    """The options every command has."""

    format: str | None = None
    file: Path | None = None
    digits: int = 4
    detail: str = "normal"
    exact: bool = False
    width: int | None = None

    def __post_init__(self) -> None:
        """Options at fault are told before anything is worked out."""
        self.chosen()
        self.level()

    def write(self, derivation: Derivation) -> None:
        """Renders and writes.

        Raises:
            StepperError: for an unknown format or a file that cannot be written.
        """
        name = self.chosen()
        data = picture(name, derivation, self.look(name)) if self.pictures else b""
        text = "" if self.pictures else render(name, derivation, self.look(name))
        if self.file is not None:
            write_whole(self.file, data or text.encode("utf-8"))
        elif data:
            sys.stdout.buffer.write(data)
        else:
            sys.stdout.write(text)
        sys.stdout.flush()

    @property
    def pictures(self) -> bool:
        """Are pictures wanted?"""
        return self.chosen() in PICTURES

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
        return Look(self.digits, max(NARROWEST, width), color, self.level(), self.exact)

    def level(self) -> Detail:
        for level in DETAILS:
            if level == self.detail:
                return level
        raise StepperError(
            Problem(f"'{self.detail}' is not a detail", hint=nearest(self.detail, DETAILS) or f"one of {', '.join(DETAILS)}")
        )


def _color() -> bool:
    """Colour on a terminal, unless NO_COLOR is set; FORCE_COLOR asks for it in a pipe too."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "") not in ("", "0"):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def write_whole(path: Path, data: bytes) -> None:
    """Writes a file whole or not at all; a link stays a link, and what is no file (a device, a pipe) is written to as it is."""
    try:
        target = path.resolve()
        if target.exists() and not target.is_file():
            with target.open("wb") as device:
                device.write(data)
            return
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(temporary).chmod(mode)
            Path(temporary).replace(target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StepperError(Problem(f"'{path}' cannot be written: {error.strerror or error}")) from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
