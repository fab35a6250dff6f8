"""What a bundled document is called and which items it has, without reading the rest of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from stepper.read.files import ANSWERS, documents, listings, read_text

_TITLE = re.compile(r"^title:[ \t]*(.*?)[ \t]*$", re.MULTILINE)
_ITEM = re.compile(r"^  (?:\"([^\"]+)\"|([^\s#\"][^:\n]*)):", re.MULTILINE)
"""A key that is indented once."""


class Outline(Struct, frozen=True):
    """A document by its name: its title, and the names of its exam items."""

    name: str
    title: str
    items: tuple[str, ...]


def outlines() -> Iterator[Outline]:
    """Every bundled document, folder by folder; in each the graphs and tasks, then the listings."""
    found = [*documents(), *listings()]
    for name, path in sorted(found, key=lambda entry: entry[0].split("/")[0]):
        yield outline_of(name, path)


def outline_of(name: str, path: Path) -> Outline:
    """The outline of one document; a listing's answers stand beside it."""
    text = read_text(path, name)
    title = _TITLE.search(text)
    beside = path.with_name(path.stem + ANSWERS)
    answers = read_text(beside, beside.name) if path.suffix == ".txt" and beside.exists() else text
    _, _, section = f"\n{answers}".partition("\nanswers:\n")
    section = re.split(r"^\S", section, maxsplit=1, flags=re.MULTILINE)[0]
    return Outline(
        name, title[1].strip("\"'") if title else "", tuple(one or other for one, other in _ITEM.findall(section))
    )  # fmt: skip
