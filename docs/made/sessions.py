"""Runs the sessions that pages show, in this process: what a terminal of 80 columns without colour would show."""

from __future__ import annotations

import io
import os
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PROMPT = "$ "


class Session:
    """A terminal in a folder.

    It knows ``stepper``, ``cat``, ``head -n N`` and ``echo $?``, ``>`` and ``>>`` into a file, and ``<`` out of one.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.code = 0

    def run(self, command: str) -> str:
        """What the command shows, with a line's end after its last line."""
        if command == "echo $?":
            return f"{self.code}\n"
        words = shlex.split(command, comments=True)
        target, mode, given = None, "w", ""
        if len(words) > 2 and words[-2] == "<":
            words, given = words[:-2], (self.folder / words[-1]).read_text("utf-8")
        if len(words) > 2 and words[-2] in (">", ">>"):
            target, mode = self.folder / words[-1], "a" if words[-2] == ">>" else "w"
            words = words[:-2]
        shown = (
            self._stepper(words[1:], given, piped=target is not None) if words[0] == "stepper" else self._read(words)
        )
        if target is None:
            return shown
        with target.open(mode, encoding="utf-8") as file:
            file.write(shown)
        return ""

    def _read(self, words: list[str]) -> str:
        self.code = 0
        match words:
            case ["cat", name]:
                return (self.folder / name).read_text("utf-8")
            case ["head", "-n", count, name]:
                return "".join((self.folder / name).read_text("utf-8").splitlines(keepends=True)[: int(count)])
            case _:
                raise ValueError(f"no session knows this command: {shlex.join(words)}")

    def _stepper(self, words: list[str], given: str, *, piped: bool) -> str:
        from stepper.cli.main import main

        with _terminal(self.folder, ["stepper", *words], given, piped=piped) as shown:
            try:
                main()
                self.code = 0
            except SystemExit as end:
                self.code = end.code if isinstance(end.code, int) else 0
            return shown()


@contextmanager
def _terminal(folder: Path, argv: list[str], given: str, *, piped: bool) -> Iterator[Callable[[], str]]:
    """The process as a command in a terminal finds it; all of it is put back."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="utf-8", write_through=True)
    kept = sys.argv, sys.stdout, sys.stderr, dict(os.environ), Path.cwd()
    stdin, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(given.encode("utf-8")), encoding="utf-8")
    for name in ("STEPPER_FORMAT", "FORCE_COLOR", "COLUMNS"):
        os.environ.pop(name, None)
    os.environ["NO_COLOR"] = "1"
    if not piped:
        os.environ["STEPPER_FORMAT"] = "text"
    sys.argv, sys.stdout, sys.stderr = argv, stream, stream
    os.chdir(folder)
    try:
        yield lambda: raw.getvalue().decode("utf-8")
    finally:
        sys.argv, sys.stdout, sys.stderr = kept[:3]
        sys.stdin = stdin
        os.environ.clear()
        os.environ.update(kept[3])
        os.chdir(kept[4])
