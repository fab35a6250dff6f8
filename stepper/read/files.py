"""Files and the bundled exams by their names: where they are, and their text."""

from __future__ import annotations

import os
import re
import select
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from stepper.core.patterns import later
from stepper.errors import Place, Problem, StepperError, nearest
from stepper.read.dialect import looks_like_lines, looks_like_run, looks_like_task

ANSWERS = ".answers.yaml"
LARGEST_FILE = 20_000_000
PATIENCE = 10.0
"""Seconds that a named pipe is waited for."""


def graphs_folder() -> Path:
    """The folder of bundled exams: inside an installed package, beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    inside = package / "graphs"
    return inside if inside.is_dir() else package.parent / "graphs"


def documents() -> Iterator[tuple[str, Path]]:
    """Every bundled document in YAML, by name (``tum-2022/6``)."""
    folder = graphs_folder()
    for path in sorted(folder.glob("*/*.yaml"), key=lambda path: [_natural(part) for part in path.parts[-2:]]):
        if not path.name.endswith(ANSWERS):
            yield f"{path.parent.name}/{path.stem}", path


def bundled() -> Iterator[tuple[str, Path]]:
    """Every bundled graph."""
    return _documents(
        lambda text: not any(looks(text) for looks in (looks_like_task, looks_like_run, looks_like_lines))
    )


def tasks() -> Iterator[tuple[str, Path]]:
    """Every bundled task for an optimizer."""
    return _documents(looks_like_task)


def runs() -> Iterator[tuple[str, Path]]:
    """Every bundled document that runs an algorithm."""
    return _documents(looks_like_run)


def _documents(wanted: Callable[[str], bool]) -> Iterator[tuple[str, Path]]:
    return ((name, path) for name, path in documents() if wanted(path.read_text("utf-8")))


def _natural(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", name) if part]


def source_of(name: str, listing: bool = False) -> tuple[str, str]:
    """The text that a word on the command line means, and how its origin is named in messages.

    Raises:
        StepperError: where there is none, or it cannot be read.
    """
    if name == "-":
        if sys.stdin is None:
            raise StepperError(Problem("standard input is closed"))
        return _decode(sys.stdin.buffer.read(LARGEST_FILE + 1), "<stdin>"), "<stdin>"
    path = Path(name)
    if not exists(path):
        found = find_listing(name) if listing else find_bundled(name)
        if found is None:
            names = [document for document, _ in (listings() if listing else bundled())]
            hint = nearest(name, names) or "'stepper exams list' names the bundled ones"
            shown = name if len(name) <= 80 else name[:77] + "..."
            raise StepperError(Problem(f"there is no file and no bundled exam '{shown}'", hint=hint))
        path = found
        name = f"{path.parent.name}/{path.name}"
    return read_text(path, name), name


def listings() -> Iterator[tuple[str, Path]]:
    """Every bundled network listing, by name (``umass-682/7.1``)."""
    for path in sorted(graphs_folder().glob("*/*.txt"), key=lambda path: [_natural(part) for part in path.parts[-2:]]):
        yield f"{path.parent.name}/{path.stem}", path


def _called(name: str, suffix: str) -> Path | None:
    """The bundled file of a name with a folder, ``tum-2022/6``: without reading the names of all the others."""
    folder, _, stem = name.removesuffix(suffix).partition("/")
    root = graphs_folder()
    # names are looked up in lists, as some file systems find TUM-2022 too
    inside = next((path for path in root.iterdir() if path.name == folder and path.is_dir()), None)
    return next((path for path in inside.iterdir() if path.name == f"{stem}{suffix}"), None) if inside else None


def find_listing(name: str) -> Path | None:
    """The bundled listing of this name, or of one of its exam items, whose names have no folder."""
    if "/" in name:
        return _called(name, ".txt")
    item = re.compile(rf"^  {re.escape(name)}:", re.MULTILINE)
    beside = ((path, path.with_suffix(ANSWERS)) for _, path in listings())
    return next(
        (path for path, answers in beside if answers.exists() and item.search(answers.read_text("utf-8"))), None
    )


def exists(path: Path) -> bool:
    """Is something there? A name too long for any file is the name of none."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def own_file(name: str) -> Path | None:
    """The file that a word means, where it means one."""
    path = Path(name)
    return path if exists(path) and path.is_file() else None


_DOCUMENT = later(r"[\w.\- /]+/[\w.\-]+|[\w.\-/ ]+\.(?:ya?ml|txt)")
"""What looks like a path, or a bundled name: ``tum-2022/1.8``, ``my.yaml``."""


def is_document(name: str) -> bool:
    """Does a word mean a document, and not a formula? ``a/b`` is a quotient where no document has that name."""
    if name == "-" or own_file(name) is not None or find_bundled(name) is not None:
        return True
    return name.endswith((".yaml", ".yml")) and _DOCUMENT.fullmatch(name) is not None


def find_bundled(name: str) -> Path | None:
    """The document of a bundled name or of one of its exam items, whose names have no folder."""
    if "/" in name:
        return None if name.removesuffix(".yaml").endswith(".answers") else _called(name, ".yaml")
    if name.removesuffix(".yaml").isidentifier():
        return None  # a letter is no item of an exam
    item = re.compile(rf"^  {re.escape(name)}:", re.MULTILINE)
    return next((path for _, path in documents() if item.search(path.read_text("utf-8"))), None)


def folder_of(name: str) -> Path | None:
    """The folder of the document that a word on the command line means, where it has one."""
    path = Path(name) if exists(Path(name)) else find_bundled(name)
    return path.parent if path is not None and name != "-" else None


def read_text(path: Path, shown: str) -> str:
    """The text of a file.

    Raises:
        StepperError: for a directory, a file that cannot be read, is too large, or is not UTF-8.
    """
    try:
        if path.is_dir():
            raise StepperError(Problem(f"'{shown}' is a folder", hint="give the path of a graph document in it"))
        if stat.S_ISFIFO(path.stat().st_mode):
            return _decode(_from_pipe(path, shown), shown)
        with path.open("rb") as file:
            return _decode(file.read(LARGEST_FILE + 1), shown)
    except OSError as error:
        raise StepperError(Problem(f"'{shown}' cannot be read: {error.strerror or error}")) from None


def _from_pipe(path: Path, shown: str) -> bytes:
    """What is written into a pipe; one into which nothing comes is not waited for without end."""
    data = b""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb", buffering=0) as pipe:
        while len(data) <= LARGEST_FILE:
            if not select.select([pipe], [], [], PATIENCE)[0]:
                what = f"'{shown}' is a pipe, and nothing came out of it for {PATIENCE:g} seconds"
                raise StepperError(Problem(what, hint="give a file; or pipe into 'stepper ... -', which waits"))
            part = pipe.read(1 << 16)
            if not part:
                break
            data += part
    return data


def _decode(data: bytes, shown: str) -> str:
    if len(data) > LARGEST_FILE:
        raise StepperError(
            Problem(f"'{shown}' is larger than {LARGEST_FILE // 1_000_000} MB, the limit for a document")
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        what = f"this is not UTF-8 text (byte {data[error.start]:#04x})"
        raise StepperError(Problem(what, Place(shown, line, column), "save the file as UTF-8")) from None
    bad = re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", text)
    if bad:
        line = text.count("\n", 0, bad.start()) + 1
        raise StepperError(
            Problem(f"this is not text: it holds the character U+{ord(bad.group()):04X}", Place(shown, line))
        )
    return text.replace("\r\n", "\n").replace("\r", "\n")
