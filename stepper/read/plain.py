"""Large documents of plain lines: ``name: number`` and ``name: formula``, read whole sections at a time.

What is not plain, and what has a mistake, is left to the reader of all documents, which tells what is wrong, and where.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction

from stepper.core.expr import Expr, Sym
from stepper.core.form import Form, places
from stepper.core.graph import Edge, Graph, Kind, Leaf, Node
from stepper.core.labels import printed
from stepper.core.parser import parse
from stepper.errors import FormulaError, Place, Problem, StepperError
from stepper.read.arrays import holds_arrays, is_of_arrays
from stepper.read.document import KINDS, LARGEST_GRAPH, GraphReader
from stepper.read.located import Map, Scalar, Tree, read_yaml
from stepper.read.resolve import Resolver, holds_lists, is_list

LONG = 200
"""Lines of a section from which it is read as a whole."""
SECTIONS = frozenset({*KINDS, "nodes", "title", "source", "output", "conventions", "notation", "answers", "upstream"})
"""The sections that such a document may have."""
RUN = 1 << 16
"""Characters that are looked through at a time."""

_TOP = re.compile(r"^[^ \n].*$", re.MULTILINE)
_SECTION = re.compile(r"([a-z]+):(?: .*)?")
_NAME = r"[A-Za-z][A-Za-z0-9_]{0,60}"
_NUMBER = r"-?[0-9]{1,40}(?:\.[0-9]{1,40})?(?:[eE][+-]?[0-9]{1,2})?"
_FORMULA = r"-?[A-Za-z0-9(](?:[A-Za-z0-9_+\-*/^()., <>=!\[\]]*[A-Za-z0-9_)\]])?"
_READ = re.compile(r"(?<!\.)\b[A-Za-z_]\w*+(?! *\()", re.ASCII)
"""A name that is not that of a function."""
_ENUMERATED = re.compile(r"(?:[A-Za-z]+(?:[0-9]+(?:_[0-9]+)*+)?\n)*+")
_LETTERS = re.compile(r"^[A-Za-z]+", re.MULTILINE)
GAP = "\0"
"""Where a name stood in a line of which only the form is left."""


class NotPlain(Exception):
    """There is something in a document that takes another reader."""


def read_plain(text: str, origin: str) -> Graph | None:
    """The graph of a large document of plain lines; None of any other, and where something is wrong."""
    blocks = _blocks(text) if text.count("\n") > LONG else {}
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
    tops = [*_TOP.finditer(text)]
    found: dict[str, tuple[int, int]] = {}
    for place, top in enumerate(tops):
        section = _SECTION.fullmatch(top[0])
        if top[0].startswith("#"):
            continue
        if section is None or section[1] not in SECTIONS:
            return {}
        begin, end = top.end() + 1, tops[place + 1].start() if place + 1 < len(tops) else len(text)
        while text[end - 2 : end] == "\n\n":  # blank lines before the next section
            end -= 1
        if section[1] in (*KINDS, "nodes") and text.count("\n", begin, end) > LONG:
            if top[0].rstrip() != f"{section[1]}:" or section[1] in found:
                return {}
            found[section[1]] = begin, end
    return found


class Known(Mapping[str, Expr]):
    """What each name stands for: itself."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names

    def __getitem__(self, name: str) -> Expr:
        return Sym(self.names[name])

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
        self.own: dict[str, str] = {}
        """Each name, by itself: a name that is read is the same object as the one that is defined."""

        for section in blocks:
            left = root.get(section)
            if not isinstance(left, Scalar) or left.text or not left.plain:
                raise NotPlain
        if holds_arrays(root):
            raise NotPlain

    def fail(self, what: str, place: Place | None, hint: str = "") -> None:
        raise NotPlain

    def lines(self, section: str, value: str) -> Iterator[tuple[int, list[tuple[str, str]]]]:
        """Names and what stands behind them, run after run, each with the number of its first line."""
        begin, end = self.blocks[section]
        indent = re.compile(r" +").match(self.text, begin)
        if indent is None:
            raise NotPlain
        line = re.compile(rf"^{indent[0]}({_NAME}): ({value})$", re.MULTILINE)
        number = self.text.count("\n", 0, begin) + 1
        while begin < end:
            stop = self.text.find("\n", min(begin + RUN, end - 1)) + 1 or end
            part = self.text[begin:stop]
            found = line.findall(part)
            count = part.count("\n") + (not part.endswith("\n"))
            if len(found) != count:
                raise NotPlain
            yield number, found
            begin, number = stop, number + count

    def read_leaves(self, section: str, kind: Kind) -> None:
        super().read_leaves(section, kind)
        if section not in self.blocks:
            return
        leaves = self.leaves
        for first, found in self.lines(section, _NUMBER):
            for number, (name, literal) in enumerate(found, start=first):
                if name in leaves:
                    raise NotPlain
                leaves[name] = Leaf(name, kind, decimal(literal), number)

    def add_leaf(self, name: str, kind: Kind, value: Tree, place: Place) -> None:
        if name in self.leaves:
            raise NotPlain
        super().add_leaf(name, kind, value, place)

    def build(self, formulas: list[tuple[str, Expr | None, Place]], edges: list[tuple[Edge, Place]]) -> None:
        written = [*self.lines("nodes", _FORMULA)] if "nodes" in self.blocks else []
        self.own = {name: name for name in self.leaves}
        count = len(self.own) + len(formulas) + sum(len(found) for _, found in written)
        self.own |= {name: name for name, _, _ in formulas}
        self.own |= {name: name for _, found in written for name, _ in found}
        if len(self.own) < count or count > LARGEST_GRAPH:
            raise NotPlain
        super().build(formulas, edges)
        resolver = self.resolver(set())
        reader = FormReader(self.own, resolver)
        for first, found in written:
            self.nodes |= reader.nodes(first, found)
        self.stop()
        self.fixed = {**self.fixed, **{name: Fraction(number) for name, number in resolver.fixed.items()}}

    def resolver(self, names: set[str], symbols: bool = False) -> Resolver:
        return Resolver(self.functions, Known(self.own), self.problems, symbols, Integers(self.leaves))

    def check_labels(self, labels: Mapping[str, str], places: Mapping[str, Place], upstream: Expr | None) -> None:
        """Names that are letters and numbers print alike only where their letters do."""
        names = "\n".join([*self.own, ""])
        if _ENUMERATED.fullmatch(names) is None:
            super().check_labels(labels, places, upstream)
            return
        letters = {*_LETTERS.findall(names)}
        if len({printed(word) for word in letters}) < len(letters):
            raise NotPlain


def decimal(literal: str) -> Fraction:
    """The number that a decimal is.

    >>> decimal("-0.25"), decimal("1e-2")
    (Fraction(-1, 4), Fraction(1, 100))
    """
    whole, _, digits = literal.partition(".")
    if not (whole + digits).lstrip("-").isdigit():
        return Fraction(literal)
    return Fraction(int(whole + digits), 10 ** len(digits))


class FormReader:
    """Reads formulas by their forms: what is left of a line without its names is parsed and settled once."""

    def __init__(self, own: Mapping[str, str], resolver: Resolver) -> None:
        self.own, self.resolver = own, resolver
        self.forms: dict[str, tuple[Form | None, int]] = {}
        self.repeated: dict[tuple[str, tuple[int, ...]], Form | None] = {}
        self.made: dict[Expr, Form] = {}

    def nodes(self, first: int, found: list[tuple[str, str]]) -> dict[str, Node]:
        """The nodes of lines, whose first has a number."""
        whole = "\n".join([formula for _, formula in found])
        reads = _READ.findall(whole)
        skeletons = _READ.sub(GAP, whole).split("\n")
        own, forms, made, at, slashed = self.own, self.forms, {}, 0, "/d" in whole
        for line, ((name, formula), skeleton) in enumerate(zip(found, skeletons, strict=True), start=first):
            known = forms.get(skeleton)
            if known is None:
                known = forms[skeleton] = self.form(skeleton, range(skeleton.count(GAP))), skeleton.count(GAP)
            form, count = known
            taken = reads[at : at + count]
            at += count
            try:
                names = tuple([own[read] for read in taken])
            except KeyError:
                form, names = None, ()
            if slashed and "/d" in formula:  # it may be a derivative
                form = None
            elif count > 1 and len({*names}) < len(names):
                names, form = self.distinct(names, skeleton)
            node = Node(own[name], form, names, line) if form is not None else self.written(own[name], formula, line)
            made[node.name] = node
        return made

    def form(self, skeleton: str, order: range | tuple[int, ...]) -> Form | None:
        """The form of a line in whose gaps these places stand; None where it is none of names alone."""
        count = len({*order})
        names = [part.name for part in places(count) if isinstance(part, Sym)]
        pieces = skeleton.split(GAP)
        formula = "".join([pieces[0], *(names[place] + piece for place, piece in zip(order, pieces[1:], strict=True))])
        problems: list[Problem] = []
        resolver = Resolver(self.resolver.functions, Known({name: name for name in names}), problems)
        try:
            expr = resolver.resolve(parse(formula), Place(""))
        except FormulaError:
            return None
        if problems:
            return None
        if is_of_arrays(formula) or is_list(expr) or holds_lists(expr):
            raise NotPlain
        return self.made.setdefault(expr, Form(expr, count))

    def distinct(self, names: tuple[str, ...], skeleton: str) -> tuple[tuple[str, ...], Form | None]:
        """The names of a line, each once, and its form."""
        places_of = {name: place for place, name in enumerate(dict.fromkeys(names))}
        order = tuple([places_of[name] for name in names])
        if (skeleton, order) not in self.repeated:
            self.repeated[skeleton, order] = self.form(skeleton, order)
        return tuple(places_of), self.repeated[skeleton, order]

    def written(self, name: str, formula: str, line: int) -> Node:
        """A node whose formula holds more than names that are read."""
        try:
            expr = self.resolver.resolve(parse(formula), Place("", line))
        except FormulaError:
            raise NotPlain from None
        if self.resolver.problems or is_of_arrays(formula) or is_list(expr) or holds_lists(expr):
            raise NotPlain
        return Node.of(name, expr, line)
