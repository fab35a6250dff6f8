"""Large documents of plain lines: ``name: number`` and ``name: formula``, read whole sections at a time.

What is not plain, and what has a mistake, is left to the reader of all documents, which tells what is wrong, and where.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction

from stepper.core.expr import Expr, Sym
from stepper.core.graph import Edge, Graph, Kind, Leaf
from stepper.core.labels import printed
from stepper.errors import Place, StepperError
from stepper.read.arrays import holds_arrays
from stepper.read.document import KINDS, LARGEST_GRAPH, LONG, GraphReader
from stepper.read.forms import FormReader, NotPlain, split
from stepper.read.located import Map, Scalar, Tree, read_yaml
from stepper.read.resolve import Resolver

SECTIONS = frozenset({*KINDS, "nodes", "title", "source", "output", "conventions", "notation", "answers", "upstream"})
"""The sections that such a document may have."""
RUN = 1 << 16
"""Characters that are looked through at a time."""

_TOP = re.compile(r"\n([^ \n].*)")
_SECTION = re.compile(r"([a-z]+):(?: .*)?")
_INDENT = re.compile(r" +")
_NAME = r"[A-Za-z][A-Za-z0-9_]{0,60}"
_NUMBER = r"(-?[0-9]{1,40})(?:\.([0-9]{1,40}))?([eE][+-]?[0-9]{1,2})?"
_TENS = tuple(10**digits for digits in range(41))
_ENUMERATED = re.compile(r"(?:[A-Za-z]+(?:[0-9]+(?:_[0-9]+)*+)?\n)*+")
_DIGITS = dict.fromkeys(map(ord, "0123456789_"))


def read_plain(text: str, origin: str) -> Graph | None:
    """The graph of a large document of plain lines; None of any other, and where something is wrong."""
    blocks = _blocks(text)
    if not blocks:
        return None
    rest, before = [], 0
    for begin, end in sorted(blocks.values()):
        rest += [text[before:begin], "\n" * text.count("\n", begin, end)]
        before = end
    try:
        reader = PlainReader(read_yaml("".join([*rest, text[before:]]), origin), origin, text, blocks)
        return reader.whole()
    except (StepperError, NotPlain):
        return None


def _blocks(text: str) -> dict[str, tuple[int, int]]:
    """Where the long sections of a document stand; none where it has sections that are not read here."""
    tops = [*_TOP.finditer(f"\n{text}")]
    found: dict[str, tuple[int, int]] = {}
    for place, top in enumerate(tops):
        section = _SECTION.fullmatch(top[1])
        if top[1].startswith("#"):
            continue
        if section is None or section[1] not in SECTIONS:
            return {}
        begin, end = top.end(), tops[place + 1].start() if place + 1 < len(tops) else len(text)
        while text[end - 2 : end] == "\n\n":  # blank lines before the next section
            end -= 1
        if section[1] in (*KINDS, "nodes") and text.count("\n", begin, end) > LONG:
            if top[1].rstrip() != f"{section[1]}:" or section[1] in found:
                return {}
            found[section[1]] = begin, end
    return found


class Itself(Mapping[str, Expr]):
    """What each of these names stands for: itself."""

    def __init__(self, names: Mapping[str, int]) -> None:
        self.names = names

    def __getitem__(self, name: str) -> Expr:
        if name not in self.names:
            raise KeyError(name)
        return Sym(name)

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


class Integers(Mapping[str, int]):
    """The leaves that are integers."""

    def __init__(self, leaves: Mapping[str, Leaf]) -> None:
        self.leaves = leaves

    def __getitem__(self, name: str) -> int:
        value = self.leaves[name].value if name in self.leaves else None
        if not isinstance(value, Fraction) or value.denominator != 1:
            raise KeyError(name)
        return int(value)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return (name for name in self.leaves if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class PlainReader(GraphReader):
    """Reads a document of which some sections are taken out: ``blocks`` say where they stand in the text.

    Raises:
        NotPlain: where a line is none that it reads.
    """

    def __init__(self, root: Map, origin: str, text: str, blocks: Mapping[str, tuple[int, int]]) -> None:
        super().__init__(root, origin)
        self.text, self.blocks = text, blocks
        self.own: dict[str, int] = {}
        """The place of each name in the order of the document."""

        for section in blocks:
            left = root.get(section)
            if not isinstance(left, Scalar) or left.text or not left.plain:
                raise NotPlain
        if holds_arrays(root):
            raise NotPlain

    def fail(self, what: str, place: Place | None, hint: str = "") -> None:
        raise NotPlain

    def parts(self, section: str) -> Iterator[tuple[int, str]]:
        """The lines of a section, run after run, each with the number of its first line."""
        begin, end = self.blocks[section]
        number = self.text.count("\n", 0, begin) + 1
        while begin < end:
            stop = self.text.find("\n", min(begin + RUN, end - 1)) + 1 or end
            yield number, self.text[begin:stop]
            number += self.text.count("\n", begin, stop)
            begin = stop

    def indent(self, section: str) -> str:
        found = _INDENT.match(self.text, self.blocks[section][0])
        if found is None:
            raise NotPlain
        return found[0]

    def read_leaves(self, section: str, kind: Kind) -> None:
        super().read_leaves(section, kind)
        if section not in self.blocks:
            return
        leaves, line = self.leaves, re.compile(rf"^{self.indent(section)}({_NAME}): {_NUMBER}$", re.MULTILINE)
        for first, part in self.parts(section):
            found = line.findall(part)
            if len(found) != part.count("\n") + (not part.endswith("\n")):
                raise NotPlain
            before = len(leaves)
            for number, (name, whole, digits, power) in enumerate(found, start=first):
                value = Fraction(int(whole + digits), _TENS[len(digits)])
                leaves[name] = Leaf(name, kind, value * Fraction(f"1{power}") if power else value, number)
            if len(leaves) - before < len(found):
                raise NotPlain

    def add_leaf(self, name: str, kind: Kind, value: Tree, place: Place) -> None:
        if name in self.leaves:
            raise NotPlain
        super().add_leaf(name, kind, value, place)

    def build(self, formulas: list[tuple[str, Expr | None, Place]], edges: list[tuple[Edge, Place]]) -> None:
        lines = []
        if "nodes" in self.blocks:
            indent = self.indent("nodes")
            lines = [split(part, first, indent) for first, part in self.parts("nodes")]
        names = [*self.leaves, *(name for name, _, _ in formulas)]
        for part in lines:
            names += part.heads
        self.own = dict(zip(names, range(len(names)), strict=True))
        if len(self.own) < len(names) or len(names) > LARGEST_GRAPH:
            raise NotPlain
        super().build(formulas, edges)
        resolver = self.resolver(set())
        reader = FormReader(names, self.own, resolver)
        for part in lines:
            self.nodes |= reader.nodes(part)
        self.nodes = reader.wired(self.nodes) if lines else self.nodes
        self.stop()
        self.fixed = {**self.fixed, **{name: Fraction(number) for name, number in resolver.fixed.items()}}

    def resolver(self, names: set[str], symbols: bool = False) -> Resolver:
        return Resolver(self.functions, Itself(self.own), self.problems, symbols, Integers(self.leaves))

    def check_labels(self, labels: Mapping[str, str], places: Mapping[str, Place], upstream: Expr | None) -> None:
        """Names that are letters and numbers print alike only where their letters do."""
        names = "\n".join([*self.own, ""])
        if _ENUMERATED.fullmatch(names) is None:
            super().check_labels(labels, places, upstream)
            return
        letters = {*names.translate(_DIGITS).split()}
        if len({printed(word) for word in letters}) < len(letters):
            raise NotPlain
