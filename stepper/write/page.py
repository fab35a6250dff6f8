"""A document before it is text: what is given, what is worked out, and the lines that say how to go on."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, product
from typing import Literal, TypeAlias

from msgspec import Struct, field
from msgspec.structs import replace

Section: TypeAlias = Literal["inputs", "parameters", "constants"]
Suits: TypeAlias = Literal["number", "probability", "distribution", "signed", "class"]
"""What the numbers of a blank must be."""
WIDEST = 100
MOST_WRITTEN = 36
"""An array of more entries is filled, and not written out."""
MOST_OPEN = 200
"""A document of more numbers is none of symbols: they are drawn."""


class Blank(Struct, frozen=True):
    """A quantity to be filled in: a number, or an array of a shape; ``value`` is what stands there already.

    A weight leads ``into`` a neuron.
    """

    name: str
    section: Section
    shape: tuple[int, ...] = ()
    suits: Suits = "number"
    value: str = ""
    remark: str = ""
    into: str = ""

    @property
    def entries(self) -> tuple[str, ...]:
        """The numbers in it by their names, row after row."""
        if not self.shape:
            return (self.name,)
        places = product(*(range(1, size + 1) for size in self.shape))
        return tuple(f"{self.name}[{','.join(map(str, place))}]" for place in places)

    @property
    def size(self) -> int:
        """How many numbers are in it."""
        return math.prod(self.shape)


class Repeat(Struct, frozen=True):
    """Lines for each ``t`` from 1 to ``to``."""

    to: int
    nodes: tuple[tuple[str, str], ...]


class Page(Struct, frozen=True):
    """A document whose blanks have no numbers yet.

    Attributes:
        says: what it is, in a sentence that the first remark begins with.
        runs: the commands that its remarks name; ``{file}`` is the file.
        file: what it is called in them until it has another name.
        head: sections of one line, such as ``optimizer``.
        layers: lines of a network, and the names of what each holds.
    """

    title: str
    says: str
    runs: tuple[str, ...]
    file: str
    source: str = ""
    head: tuple[tuple[str, str], ...] = ()
    blanks: tuple[Blank, ...] = ()
    layers: tuple[tuple[str, str], ...] = ()
    repeat: Repeat | None = None
    nodes: tuple[tuple[str, str], ...] = ()
    output: str = ""
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def open(self) -> tuple[Blank, ...]:
        """What is to be filled in."""
        return tuple(blank for blank in self.blanks if not blank.value)

    def filled(self, values: Mapping[str, str]) -> Page:
        """The document with numbers in its blanks, by the names of entries, or of arrays that are filled whole."""
        return replace(self, values=values)

    def commands(self, file: str) -> Iterator[str]:
        """What to run, once it stands in a file."""
        return (command.format(file=shlex.quote(file)) for command in self.runs)

    def text(self, file: str = "") -> str:
        """The document as it is written; ``file`` is what its remarks call it."""
        return "\n".join(self._lines(file or self.file)) + "\n"

    def _lines(self, file: str) -> Iterator[str]:
        yield from _remark(f"{self.says} {self._how}" if self.blanks else self.says)
        yield from (f"#   {command}" for command in self.commands(file))
        yield f"title: {self.title}"
        if self.source:
            yield from _broken("source: ", f'"{self.source}"' if ": " in self.source else self.source, 2)
        yield from chain.from_iterable(_aligned(self.head, 0))
        for section in ("inputs", "parameters", "constants"):
            blanks = [blank for blank in self.blanks if blank.section == section]
            if blanks:
                yield f"{section}:"
                yield from self._given(blanks)
        if self.layers:
            yield "layers:"
            widest = max(len(line) for line, names in self.layers if names) if any(n for _, n in self.layers) else 0
            yield from (f"  - {line:{widest}} : {names}" if names else f"  - {line}" for line, names in self.layers)
        if self.repeat is not None:
            yield from ("repeat:", "  index: t", "  from: 1", f"  to: {self.repeat.to}", "  nodes:")
            yield from chain.from_iterable(_aligned(self.repeat.nodes, 4))
        if self.nodes:
            yield "nodes:"
            yield from chain.from_iterable(_aligned(self.nodes, 2))
        if self.output:
            yield f"output: {self.output}"

    @property
    def _how(self) -> str:
        """What is to be done with it, by what is left open."""
        open_ones = [blank for blank in self.open if self._is_open(blank)]
        if not open_ones:
            return "Work it with:"
        if any(blank.shape for blank in open_ones):
            return (
                "Replace each shape with numbers, e.g. [[1, 2], [3, 4]]; a shape that is left stays symbolic. Then run:"
            )
        return "Fill in the numbers after the colons; what is left empty stays a symbol. Then run:"

    def _is_open(self, blank: Blank) -> bool:
        return blank.name not in self.values and not all(entry in self.values for entry in blank.entries)

    def _given(self, blanks: Sequence[Blank]) -> Iterator[str]:
        """A line for each, or more for a large array; the remarks stand under each other."""
        found = list(_aligned([(blank.name, self._value(blank)) for blank in blanks], 2))
        remarks = [blank.remark if len(lines) == 1 else "" for lines, blank in zip(found, blanks, strict=True)]
        edge = max((len(lines[0]) for lines, remark in zip(found, remarks, strict=True) if remark), default=0) + 2
        for lines, remark in zip(found, remarks, strict=True):
            with_remark = f"{lines[0]:{edge}}# {remark}"
            yield with_remark if remark and len(with_remark) <= WIDEST else lines[0]
            yield from lines[1:]

    def _value(self, blank: Blank) -> str:
        """What comes after a blank's name: its numbers, nothing for a symbol, of an array its shape."""
        if blank.value or not blank.shape:
            return blank.value or self.values.get(blank.name, "")
        if blank.name in self.values:
            return f"{{shape: [{', '.join(map(str, blank.shape))}], fill: {self.values[blank.name]}}}"
        numbers = [self.values.get(entry, "") for entry in blank.entries]
        return _nested(numbers, blank.shape) if all(numbers) else f"{{shape: [{', '.join(map(str, blank.shape))}]}}"


def _nested(numbers: Sequence[str], shape: Sequence[int]) -> str:
    """Numbers row after row as lists in lists."""
    if not shape:
        return numbers[0]
    step = len(numbers) // shape[0]
    rows = (_nested(numbers[place * step : (place + 1) * step], shape[1:]) for place in range(shape[0]))
    return f"[{', '.join(rows)}]"


def _aligned(entries: Sequence[tuple[str, str]], indent: int) -> Iterator[list[str]]:
    """Names and formulas, the formulas under each other; a long one goes on in the next lines."""
    widest = max((len(name) for name, _ in entries), default=0) + 1
    for name, formula in entries:
        begin = " " * indent + f"{name}:".ljust(widest) + " "
        yield list(_broken(begin, formula, len(begin)))


def _broken(begin: str, words: str, indent: int) -> Iterator[str]:
    """Words over as many lines as they need."""
    line = begin
    for word in words.split(" "):
        if len(line) + len(word) > WIDEST and line.strip() and line != begin:
            yield line.rstrip()
            line = " " * indent
        line += f"{word} "
    yield line.rstrip()


def _remark(words: str) -> Iterator[str]:
    """A sentence after signs of a remark."""
    import textwrap

    yield from (f"# {line}" for line in textwrap.wrap(words, WIDEST - 2))
