"""Lines ``name: formula`` read by their forms: what is left of a line without its names is parsed and settled once."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Sequence
from itertools import accumulate, chain, combinations, compress
from operator import is_
from typing import Any, TypeVar

from msgspec import Struct

from stepper.core.expr import Expr, Sym
from stepper.core.form import Form, places
from stepper.core.graph import Node, WiredNodes
from stepper.core.parser import parse
from stepper.core.wiring import Wiring
from stepper.errors import FormulaError, Place, Problem
from stepper.read.arrays import is_of_arrays
from stepper.read.resolve import Resolver, holds_lists, is_list

T = TypeVar("T")
GAP = "\0"
"""Where a name stood in a line of which only the form is left."""
_NAME = re.compile(r"\b([A-Za-z]\w{0,60}+)(?!\w| *\()", re.ASCII)
"""A name that is not that of a function."""
_LINE = re.compile(r"\0: -?[A-Za-z0-9(\0](?:[A-Za-z0-9_+\-*/^()., <>=!\[\]\0]*[A-Za-z0-9_)\]\0])?")


FEW = 3
"""Names that a line reads, of which each is compared with each."""


class NotPlain(Exception):
    """There is something in a document that takes another reader."""


class Repeated(Exception):
    """Lines that read a name twice."""

    def __init__(self, lines: Sequence[int]) -> None:
        super().__init__()
        self.lines = lines


class Lines(Struct, frozen=True):
    """Lines that follow one another: the number of the first, what is left of each, how many names it has, and all
    their names, each line's own before those that it reads.
    """

    first: int
    skeletons: Sequence[str]
    counts: Sequence[int]
    words: Sequence[str]

    @property
    def begins(self) -> Sequence[int]:
        """Where the names of each line begin."""
        if min(self.counts) == max(self.counts):
            return range(0, len(self.words), self.counts[0])
        return [*accumulate(self.counts[:-1], initial=0)]

    @property
    def heads(self) -> Sequence[str]:
        """The names that are defined."""
        return picked(self.words, self.begins)


def picked(words: Sequence[T], places: Sequence[int]) -> list[T]:
    """What stands in these places."""
    if isinstance(places, range):
        return [*words[places.start : places.stop : places.step]]
    return [*map(words.__getitem__, places)]


def after(places: Sequence[int], offset: int) -> Sequence[int]:
    """The places so far behind these."""
    if isinstance(places, range):
        return range(places.start + offset, places.stop + offset, places.step)
    return [place + offset for place in places]


def split(part: str, first: int, indent: str) -> Lines:
    """Takes the names out of lines.

    Raises:
        NotPlain: where a line is none that is read so.
    """
    if GAP in part:
        raise NotPlain
    pieces = _NAME.split(part)
    skeletons = GAP.join(pieces[::2]).split("\n")
    if not skeletons[-1]:
        del skeletons[-1]
    counts = {skeleton: skeleton.count(GAP) for skeleton in {*skeletons}}
    for skeleton in counts:
        if not skeleton.startswith(indent) or f".{GAP}" in skeleton or _LINE.fullmatch(skeleton, len(indent)) is None:
            raise NotPlain
    return Lines(first, skeletons, [*map(counts.__getitem__, skeletons)], pieces[1::2])


class FormReader:
    """Reads the nodes of lines. ``names`` are all leaves and nodes in their order: a name that is read is the same
    object as the one that is defined.
    """

    def __init__(self, names: Sequence[str], own: dict[str, int], resolver: Resolver) -> None:
        self.names, self.own, self.resolver = names, own, resolver
        self.forms: dict[str, Form | None] = {}
        """Of each line without its names its form; None where it is none of names alone."""
        self.repeated: dict[tuple[str, tuple[int, ...]], Form | None] = {}
        self.made: dict[Expr, Form] = {}
        self.numbers: dict[Form | None, int] = {}
        self.kinds: array[int] = array("q")
        self.words: array[int] = array("q")

    def wired(self, nodes: dict[str, Node]) -> dict[str, Node]:
        """The nodes, with what all of them read by numbers where each has a form."""
        if None in self.numbers:
            return nodes
        leaves = self.names[: -len(self.kinds)]
        return WiredNodes(nodes, Wiring(leaves, self.own, self.words, self.kinds, [*self.made.values()]))

    def nodes(self, lines: Lines) -> dict[str, Node]:
        """The nodes of lines.

        Raises:
            NotPlain: where one is none that is read here.
        """
        skeletons = {*lines.skeletons}
        for skeleton in skeletons - self.forms.keys():
            self.forms[skeleton] = self.form(skeleton, range(skeleton.count(GAP) - 1))
        if all(self.forms[skeleton] is not None and f"/{GAP}" not in skeleton for skeleton in skeletons):
            try:
                return self.together(lines)
            except Repeated as error:
                return self.together(self.once(lines, error.lines))
            except KeyError:
                pass
        return self.one_by_one(lines)

    def together(self, lines: Lines) -> dict[str, Node]:
        """All at once, those of as many names together.

        Raises:
            KeyError: where a name is no quantity.
            Repeated: where lines read one twice.
        """
        numbers = [*map(self.own.__getitem__, lines.words)]
        words = [*map(self.names.__getitem__, numbers)]
        forms, begins, counts = [*map(self.forms.__getitem__, lines.skeletons)], lines.begins, lines.counts
        widths, twice = {*counts}, list[int]()
        found: dict[str, Any] = dict.fromkeys(picked(words, begins))
        for width in widths:
            mine: Sequence[int] = range(len(counts))
            if len(widths) > 1:
                mine = [line for line, count in enumerate(counts) if count == width]
            places = picked(begins, mine)
            heads, *columns = [picked(words, after(places, offset)) for offset in range(width)]
            reads = [*zip(*columns, strict=True)] or [()] * len(heads)
            twice += [mine[row] for row in reading_twice(columns, reads)]
            nodes = map(Node, heads, picked(forms, mine), reads, after(mine, lines.first))
            found.update(zip(heads, nodes, strict=True))
        if twice:
            raise Repeated(sorted(twice))
        self.words.extend(numbers)
        self.kinds.extend(map(self.numbers.__getitem__, forms))
        return found

    def once(self, lines: Lines, twice: Sequence[int]) -> Lines:
        """Lines of which some read names twice, with each name once in these too."""
        skeletons, counts, begins = [*lines.skeletons], [*lines.counts], lines.begins
        words: list[str] = []
        done = 0
        for line in twice:
            begin = begins[line] + 1
            end = begin + counts[line] - 1
            read, form = self.distinct(lines.words[begin:end], skeletons[line])
            words += [*lines.words[done:begin], *read]
            done, counts[line] = end, 1 + len(read)
            if form is None:
                raise NotPlain
            skeletons[line] = f"{skeletons[line]}{GAP}{id(form)}"
            self.forms[skeletons[line]] = form
        return Lines(lines.first, skeletons, counts, [*words, *lines.words[done:]])

    def one_by_one(self, lines: Lines) -> dict[str, Node]:
        parts = zip(lines.skeletons, lines.begins, lines.counts, strict=True)
        nodes = [
            self.line(skeleton, lines.words[begin : begin + count], line)
            for line, (skeleton, begin, count) in enumerate(parts, start=lines.first)
        ]
        return {node.name: node for node in nodes}

    def line(self, skeleton: str, words: Sequence[str], line: int) -> Node:
        formula = written(skeleton, words)
        form, (own, *numbers) = self.forms[skeleton], [self.own.get(word, -1) for word in words]
        if form is None or min(numbers, default=0) < 0 or "/d" in formula:  # it may be a derivative
            self.numbers[None] = -1
            return self.node(self.names[own], formula, line)
        if repeats(numbers):
            numbers, form = self.distinct(numbers, skeleton)
        self.words.extend([own, *numbers])
        self.kinds.append(self.numbers[form])
        return Node(self.names[own], form, tuple([self.names[number] for number in numbers]), line)

    def form(self, skeleton: str, order: Sequence[int]) -> Form | None:
        """The form of a line in whose gaps these places stand; None where it is none of names alone."""
        amount = len({*order})
        names = [part.name for part in places(amount) if isinstance(part, Sym)]
        formula = written(skeleton, ["", *(names[place] for place in order)])
        problems: list[Problem] = []
        resolver = Resolver(self.resolver.functions, {name: Sym(name) for name in names}, problems)
        try:
            expr = resolver.resolve(parse(formula), Place(""))
        except FormulaError:
            return None
        if problems:
            return None
        refuse_lists(formula, expr)
        form = self.made.setdefault(expr, Form(expr, amount))
        self.numbers.setdefault(form, len(self.made) - 1)
        return form

    def distinct(self, reads: Sequence[T], skeleton: str) -> tuple[list[T], Form | None]:
        """What a line reads, each once, and its form."""
        places_of = {read: place for place, read in enumerate(dict.fromkeys(reads))}
        order = tuple([places_of[read] for read in reads])
        if (skeleton, order) not in self.repeated:
            self.repeated[skeleton, order] = self.form(skeleton, order)
        return [*places_of], self.repeated[skeleton, order]

    def node(self, name: str, formula: str, line: int) -> Node:
        """A node whose formula holds more than names that are read."""
        try:
            expr = self.resolver.resolve(parse(formula), Place("", line))
        except FormulaError:
            raise NotPlain from None
        if self.resolver.problems:
            raise NotPlain
        refuse_lists(formula, expr)
        return Node.of(name, expr, line)


def written(skeleton: str, words: Sequence[str]) -> str:
    """The formula of a line, with these names in its gaps; the first is its own."""
    _, head, *rest = skeleton.split(GAP)
    pieces = [word + piece for word, piece in zip(words[1:], rest, strict=True)]
    return "".join([head.removeprefix(": "), *pieces])


def repeats(reads: Sequence[object]) -> bool:
    """Is something read twice?"""
    return len({*reads}) < len(reads)


def reading_twice(columns: Sequence[Sequence[str]], rows: Sequence[Sequence[str]]) -> Iterable[int]:
    """The rows of a table, which is given by its columns and its rows, that hold a name twice."""
    if len(columns) > FEW:
        return [place for place, row in enumerate(rows) if repeats(row)]
    same = [map(is_, one, other) for one, other in combinations(columns, 2)]
    return {*chain.from_iterable(compress(range(len(rows)), pairs) for pairs in same)}


def refuse_lists(formula: str, expr: Expr) -> None:
    """Raises NotPlain where a formula is one of lists."""
    if is_of_arrays(formula) or is_list(expr) or holds_lists(expr):
        raise NotPlain
