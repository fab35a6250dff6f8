"""YAML as a tree in which every scalar is text and knows its place. Types are the schema's business, not the loader's.

Reads libyaml's events: names such as ``no``, ``1e3`` and ``null`` stay text, and nothing is ever constructed.
"""

from __future__ import annotations

import unicodedata
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from stepper.errors import Place, Problem, StepperError
from stepper.read.mend import broken, entry_of, mended

DEEPEST = 64
TOO_DEEP = f"this document is nested more than {DEEPEST} deep"


class Scalar(Struct):
    """``first``: the first line of one that stands on several, as it is written there."""

    text: str
    place: Place
    plain: bool = True
    first: Place | None = None

    def slip(self) -> Problem | None:
        """What an entry lacks that was read as a text: ``z = w*x``, ``w:0.5``."""
        place = self.first or self.place
        entry = entry_of(place.text) if self.plain else None
        return None if entry is None else Problem(entry[0], place, mended(entry[1]))


class Seq(Struct):
    items: list[Tree]
    place: Place


class Map(Struct):
    """Keys and values in order; keys are distinct."""

    entries: list[tuple[Scalar, Tree]]
    place: Place

    def get(self, key: str) -> Tree | None:
        return next((value for name, value in self.entries if name.text == key), None)


Tree: TypeAlias = Scalar | Seq | Map

_QUOTE = 'quote the formula: "..."'


def read_yaml(text: str, source: str) -> Map:
    """Reads one document, whose top must be a mapping.

    Raises:
        StepperError: for broken YAML, duplicate keys, anchors, aliases, tags, several documents, too deep nesting.
    """
    import yaml

    lines = text.split("\n")
    builder = _Builder(source, lines)
    loader = getattr(yaml, "CLoader", yaml.Loader)
    try:
        for event in yaml.parse(text, Loader=loader):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        if (
            mark is not None and _unclosed(lines, mark.line, mark.column) > DEEPEST
        ):  # a parser with a limit of its own reads ahead
            raise StepperError(Problem(TOO_DEEP, Place(source, mark.line + 1, mark.column + 1))) from None
        raise StepperError(broken(error, source, lines)) from None
    except yaml.YAMLError as error:
        reason = str(getattr(error, "reason", "") or error).strip().splitlines()[0]
        raise StepperError(Problem(f"this is not YAML: {reason}", Place(source))) from None
    if builder.problems:
        raise StepperError(*builder.problems)
    if builder.root is None or (isinstance(builder.root, Scalar) and not builder.root.text):
        raise StepperError(
            Problem("the document is empty", Place(source), "a graph needs at least 'nodes:' with one formula")
        )
    if not isinstance(builder.root, Map):
        slip = builder.root.slip() if isinstance(builder.root, Scalar) else None
        raise StepperError(slip or Problem("a document begins with sections such as 'nodes:'", builder.root.place))
    return builder.root


def _unclosed(lines: list[str], line: int, column: int) -> int:
    """How many brackets are open at a place."""
    before = [*lines[:line], lines[line][:column] if line < len(lines) else ""]
    return sum(part.count("[") + part.count("{") - part.count("]") - part.count("}") for part in before)


class _Builder:
    """Turns events into a tree; problems that do not stop the reading are collected."""

    def __init__(self, source: str, lines: list[str]) -> None:
        self.source, self.lines = source, lines
        self.root: Tree | None = None
        self.stack: list[Seq | Map] = []
        self.keys: list[Scalar | None] = []
        self.seen: list[set[str]] = []
        self.problems: list[Problem] = []
        self.documents = 0

    def place(self, mark: object, width: int = 1) -> Place:
        line, column = getattr(mark, "line", 0), getattr(mark, "column", 0)
        return Place(self.source, line + 1, column + 1, width, self.lines[line] if line < len(self.lines) else "")

    def take(self, event: object) -> None:
        import yaml

        match event:
            case yaml.DocumentStartEvent():
                self.documents += 1
                if self.documents > 1:
                    raise StepperError(
                        Problem("a second document begins here; a file holds one", self.place(event.start_mark))
                    )
            case yaml.AliasEvent():
                raise StepperError(
                    Problem("aliases (*name) are not read", self.place(event.start_mark), f"to multiply, {_QUOTE}")
                )
            case yaml.ScalarEvent():
                self.check_node(event)
                self.scalar(event)
            case yaml.SequenceStartEvent():
                self.check_node(event)
                self.open(Seq([], self.place(event.start_mark)))
            case yaml.MappingStartEvent():
                self.check_node(event)
                self.open(Map([], self.place(event.start_mark)))
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                self.close()

    def check_node(self, event: object) -> None:
        mark = getattr(event, "start_mark", None)
        if getattr(event, "anchor", None):
            raise StepperError(Problem("anchors (&name) are not read", self.place(mark), _QUOTE))
        if getattr(event, "tag", None):
            raise StepperError(Problem("tags (!name) are not read", self.place(mark), _QUOTE))

    def scalar(self, event: object) -> None:
        value, style = getattr(event, "value", ""), getattr(event, "style", None)
        mark = getattr(event, "start_mark", None)
        place = self.place(mark, max(1, len(value)))
        if style in ("'", '"'):
            place = Place(place.source, place.line, place.column + 1, place.width, place.text)
        first = replace(place, width=max(1, len(place.text) - place.column + 1))
        if style in ("|", ">") or getattr(getattr(event, "end_mark", None), "line", place.line - 1) != place.line - 1:
            place = Place(
                place.source, place.line
            )  # a scalar over several lines: a column in it is no column of the file
        bad = None if value.isprintable() else next((character for character in value if _invisible(character)), None)
        if bad is not None:
            hint = r"in double quotes YAML reads \b as one character: use single quotes" if style == '"' else ""
            what = f"this text holds the character U+{ord(bad):04X}, which cannot be shown"
            self.problems.append(Problem(what, place, hint))
        self.put(Scalar(value, place, style is None or style == "", first))

    def open(self, tree: Seq | Map) -> None:
        if len(self.stack) >= DEEPEST:
            raise StepperError(Problem(TOO_DEEP, tree.place))
        if self.stack and isinstance(self.stack[-1], Map) and self.keys[-1] is None:
            raise StepperError(
                Problem("a key is a name, not a list or a mapping", tree.place, "quote keys that hold '[' or '{'")
            )
        self.stack.append(tree)
        self.keys.append(None)
        self.seen.append(set())

    def close(self) -> None:
        tree = self.stack.pop()
        self.keys.pop()
        self.seen.pop()
        self.put(tree)

    def put(self, tree: Tree) -> None:
        if not self.stack:
            self.root = tree
            return
        top = self.stack[-1]
        if isinstance(top, Seq):
            top.items.append(tree)
            return
        key = self.keys[-1]
        if key is None:
            assert isinstance(tree, Scalar)
            self.keys[-1] = tree
            return
        self.keys[-1] = None
        if key.text in self.seen[-1]:
            first = next(name for name, _ in top.entries if name.text == key.text)
            self.problems.append(
                Problem(f"'{key.text}' appears a second time; the first is on line {first.place.line}", key.place)
            )
            return
        self.seen[-1].add(key.text)
        top.entries.append((key, tree))


def _invisible(character: str) -> bool:
    """A control character, or one that turns the direction of writing or joins letters unseen."""
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co") and character not in "\n\t"
