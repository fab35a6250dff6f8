"""Values that are told beside a graph, on the command line or under ``given:``: of leaves, of nodes, of lists, of
single entries.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar, cast

from msgspec.structs import replace

from stepper.core.arrays import MOST_ENTRIES, ArrayLeaf, Shape
from stepper.core.expr import CONSTANTS, Array, Expr, Index, Number, Sym
from stepper.core.formula import asked_name, number_of, text
from stepper.core.graph import Graph, Leaf
from stepper.core.names import pointed
from stepper.core.parser import parse
from stepper.core.patterns import later
from stepper.core.traverse import names
from stepper.errors import FormulaError, Place, Problem, StepperError, nearest
from stepper.read.commas import between_commas
from stepper.read.shape import integral

MOST_NAMED = 12
Given = TypeVar("Given", bound=Graph)
_FILL = later(r"(zeros|ones|eye)|normal\(\s*([0-9]{1,9})\s*\)")
_FILE = later(r"\S.*\.npy", re.IGNORECASE)


def fill_of(word: str) -> tuple[str, int] | None:
    """How an array is filled, and the number to begin from: ``zeros``, ``ones``, ``eye``, ``normal(1)``."""
    found = _FILL.fullmatch(word.strip())
    return (found[1] or "normal", int(found[2] or 0)) if found else None


def value_of(word: str) -> Expr:
    """What stands behind a name and ``=``: a formula, or the name of a file of NumPy's."""
    return Sym(word) if _FILE.fullmatch(word) else parse(word)


def assigned(words: Iterable[str]) -> dict[str, Expr]:
    """Names and values: ``x=-2,y=5``, ``ŷ=2``, ``h[2]=3/4``, ``a=[0.9, 0.3]``.

    Raises:
        StepperError: for what is no name=value.
    """
    found: dict[str, Expr] = {}
    problems: list[Problem] = []
    for part in (part for word in words for part in between_commas(word) if part.strip()):
        name, sign, value = (piece.strip() for piece in part.partition("="))
        if not sign:
            problems.append(Problem(f"--set {part.strip()}: this is not name=number", hint="such as --set x=-2,y=1/3"))
            continue
        try:
            found[asked_name(name)] = value_of(value)
        except FormulaError as error:
            problems.append(error.within(Place(f"--set {name}", 0, 1, 1, value)))
    if problems:
        raise StepperError(*problems)
    return found


def with_values(graph: Graph, words: Iterable[str]) -> Graph:
    """Sets leaves: ``x=-2,y=5``; a node takes its value as given. A value in the document is overridden.

    Raises:
        StepperError: for a name that is in the graph no quantity, or a value that is no number.
    """
    return with_told(graph, assigned(words))


def with_told(
    graph: Given, told: Mapping[str, Expr], places: Mapping[str, Place] | None = None, also: Iterable[str] = ()
) -> Given:
    """The same, of values that are read already; those of a document have ``places``, and are of nodes.

    ``also`` are other names that can be set, among which the nearest to an unknown one is looked for.
    """
    if graph.letters and places is None:
        letters = graph.letters
        graph = cast(Given, _sized(graph, {name: value for name, value in told.items() if name in letters}))
        told = {name: value for name, value in told.items() if name not in letters}
    setting = _Setting(graph, places, also)
    for name, value in told.items():
        setting.take(name, value)
    if setting.problems:
        raise StepperError(*setting.problems)
    return replace(graph, leaves=setting.leaves, given=setting.given) if told else graph


def _sized(graph: Graph, told: Mapping[str, Expr]) -> Graph:
    """The graph with numbers for some of the letters among its sizes."""
    numbers = {name: integral(value) or 0 for name, value in told.items()}
    wrong = [name for name, number in numbers.items() if not number]
    if wrong:
        what = f"--set {wrong[0]}: it is a size, but '{text(told[wrong[0]])}' is not an integer above 0"
        raise StepperError(Problem(what, hint=f"such as --set {wrong[0]}=3"))
    found = graph.with_sizes(numbers)
    for leaf in found.leaves.values():
        if isinstance(leaf, ArrayLeaf) and math.prod(leaf.shape) > MOST_ENTRIES:
            what = f"{leaf.name} is an array of {math.prod(leaf.shape):,} entries, which is too large"
            raise StepperError(Problem(what, hint=f"up to {MOST_ENTRIES:,} entries"))
    return found


class _Setting:
    """A graph's leaves and given nodes, while values are put in."""

    def __init__(self, graph: Graph, places: Mapping[str, Place] | None, also: Iterable[str]) -> None:
        self.graph, self.places, self.also = graph, places, also
        self.place: Place | None = None
        self.leaves: dict[str, Leaf] = dict(graph.leaves)
        self.given: dict[str, Expr] = dict(graph.given)
        self.problems: list[Problem] = []

    def fail(self, name: str, what: str, hint: str = "") -> None:
        """Tells a mistake: of a document at its place, of the command line with its option."""
        if self.places is not None:
            self.problems.append(Problem(f"{name} under 'given:': {what}", self.place))
        else:
            self.problems.append(Problem(f"--set {name}: {what}", hint=hint))

    def take(self, name: str, value: Expr) -> None:
        """One value: of a leaf, a node, all members of a family, or one entry of an array."""
        self.place = self.places.get(name, self.place) if self.places is not None else None
        name = self.graph.known_as(name)
        if pointed(name):
            near = nearest(name, [*self.graph.called, *self.graph.names])
            self.fail(name, f"no layer here holds {name}", near or f"such as {next(iter(self.graph.called), 'x')}")
            return
        leaf = self.leaves.get(name)
        entry = parse(name)
        members = self.members(name)
        if leaf is not None and self.places is not None:
            self.fail(name, "it is not a node, and its value is given where it is declared")
        elif isinstance(leaf, ArrayLeaf):
            self.array(leaf, value)
        elif leaf is not None:
            self.number(name, value)
        elif name in self.graph.nodes:
            self.node(name, value)
        elif members:
            self.family(name, members, value)
        elif self.graph.holds_arrays and isinstance(entry, Index) and text(entry.base) in self.graph.nodes:
            self.node(name, value)
        elif self.graph.holds_arrays and isinstance(entry, Index) and text(entry.base) in self.leaves:
            self.entry(entry, value)
        elif name in CONSTANTS:
            self.fail(name, "it is a constant here", f"'inputs: {{{name}: ...}}' in a document makes it a quantity")
        else:
            near = nearest(name, [*self.graph.names, *self.also])
            self.fail(
                name,
                f"there is no {name} in this graph",
                near or f"leaves: {', '.join(list(self.leaves)[:MOST_NAMED])}",
            )

    def members(self, name: str) -> list[str]:
        """The members of a family: its nodes, where it has some (``h[0]`` is a member only by its name), else its
        leaves.
        """
        found = [
            [known for known in names if known.startswith(f"{name}[")] for names in (self.graph.nodes, self.leaves)
        ]
        return found[0] or found[1]

    def number(self, name: str, value: Expr) -> None:
        number = number_of(value)
        if number is None:
            self.fail(name, f"'{text(value)}' is not a number", "such as --set x=-2,y=1/3")
        elif self.graph.fixed.get(name, number) != number:
            self.fail(
                name,
                "it is the index of a class, which is part of a formula of the graph already",
                "give it where the graph is read",
            )
        else:
            self.leaves[name] = replace(self.leaves[name], value=number)

    def node(self, name: str, value: Expr) -> None:
        """A node, or an entry of one, is taken at a value."""
        shape, entries = entries_of(value)
        if None in entries or (shape and not self.graph.holds_arrays):
            wanted = "a number or a list of numbers" if self.graph.holds_arrays else "a number"
            self.fail(
                name, f"a node can be given as {wanted}, and not as '{text(value)}'", f"such as --set '{name}=3/4'"
            )
            return
        self.given = {known: old for known, old in self.given.items() if not known.startswith(f"{name}[")}
        self.given[name] = value

    def family(self, name: str, members: list[str], value: Expr) -> None:
        """``a=[0.9, 0.3]``: each member of the family, in order."""
        items = value.items if isinstance(value, Array) else ()
        if len(items) != len(members):
            what = f"a list of {len(members)} numbers is expected here, for {members[0]} to {members[-1]}"
            self.fail(name, what, f"or one of them alone, such as --set '{members[0]}=1'")
            return
        for member, item in zip(members, items, strict=True):
            self.take(member, item)

    def array(self, leaf: ArrayLeaf, value: Expr) -> None:
        if leaf.sizes:
            letter = next(text(name) for size in leaf.sizes for name in names(size))
            self.fail(leaf.name, "its sizes are letters, which come first", f"such as --set {letter}=3")
            return
        fill = fill_of(text(value))
        if isinstance(value, Sym) and _FILE.fullmatch(value.name):
            self.leaves[leaf.name] = ArrayLeaf(
                leaf.name, leaf.kind, None, leaf.line, leaf.shape, file=str(Path(value.name).absolute())
            )
            return
        if fill is not None and leaf.shape:
            self.leaves[leaf.name] = leaf.filled(*fill)
            return
        shape, entries = entries_of(value)
        if None in entries or not shape or (leaf.shape and shape != leaf.shape):
            wanted = f" of {'×'.join(map(str, leaf.shape))}" if leaf.shape else ""
            self.fail(leaf.name, f"an array{wanted} is expected here", f"such as --set '{leaf.name}=[1, 2]'")
            return
        known = tuple(entry for entry in entries if entry is not None)
        self.leaves[leaf.name] = leaf.given(shape, known)

    def entry(self, entry: Index, value: Expr) -> None:
        """One entry of an array whose numbers are known."""
        leaf, number = self.leaves[text(entry.base)], number_of(value)
        places = [number_of(index) for index in entry.indices]
        if not isinstance(leaf, ArrayLeaf) or not leaf.entries or number is None or len(places) != len(leaf.shape):
            self.fail(
                text(entry),
                "this is not an entry that has a number",
                f"such as --set '{leaf.name}=[1, 2]' for the whole array",
            )
            return
        flat = 0
        for place, size in zip(places, leaf.shape, strict=True):
            if place is None or place != int(place) or not 1 <= place <= size:
                self.fail(
                    text(entry), f"{leaf.name} is {'×'.join(map(str, leaf.shape))}, and entries are counted from 1"
                )
                return
            flat = flat * size + int(place) - 1
        self.leaves[leaf.name] = replace(leaf, entries=(*leaf.entries[:flat], number, *leaf.entries[flat + 1 :]))


def entries_of(expr: Expr) -> tuple[Shape, list[Number | None]]:
    """The shape of lists in lists, and their numbers row after row."""
    if not isinstance(expr, Array):
        return (), [number_of(expr)]
    parts = [entries_of(item) for item in expr.items]
    equal = len({shape for shape, _ in parts}) == 1
    return ((len(parts), *parts[0][0]) if equal else ()), [entry for _, entries in parts for entry in entries]
