"""The entries of arrays under names of their own, as exams have them: ``W[1,2]`` is w21, ``h[3]`` is h3."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from stepper.core.arrays import Shape
from stepper.core.expr import CONSTANTS, Expr, Product, Sym, Transpose
from stepper.core.formula import text
from stepper.core.graph import Graph
from stepper.core.labels import canonical_label, is_latex, label_of, printed
from stepper.core.names import GREEK
from stepper.core.traverse import walk
from stepper.engine.tensor.entries import element
from stepper.engine.values.vocabulary import Vocabulary
from stepper.errors import Problem, StepperError

LARGEST_DIGIT = 9
"""Indices up to this one stand side by side: w21; larger ones in brackets: w[1,12]."""
MATRIX = 2


class _Way(Struct, frozen=True):
    """A way to call the entries of an array: a stem, then the indices of some axes, in this order.

    Along the axis ``counted`` the numbers go on after those that other arrays of the same letter have.
    """

    stem: str
    axes: Sequence[int]
    brackets: bool
    counted: int | None = None
    before: int = 0

    def indices(self, where: Sequence[int]) -> list[str]:
        """The indices of the entry at a place that counts from 0."""
        return [str(where[axis] + 1 + (self.before if axis == self.counted else 0)) for axis in self.axes]

    def entry(self, where: Sequence[int]) -> str:
        """The name of the entry at a place that counts from 0."""
        indices = self.indices(where)
        if not indices:
            return self.stem
        return f"{self.stem}[{', '.join(indices)}]" if self.brackets else self.stem + "".join(indices)


class Naming:
    """The names of all entries of a graph's arrays; no two are the same, or print alike."""

    def __init__(self, graph: Graph, shapes: Mapping[str, Shape], vocabulary: Vocabulary) -> None:
        self.shapes = shapes
        self.latex = {name: label_of(graph.labels[name]) for name in shapes if is_latex(graph.labels.get(name, ""))}
        self.labels = {name: _plain(name if name in self.latex else graph.labels.get(name, name)) for name in shapes}
        self.indexing, self.numbering = vocabulary.indexing, vocabulary.numbering
        self.targets = targets(graph, shapes)
        self.families: dict[object, list[str]] = {}
        for name, shape in shapes.items():
            if shape:
                self.families.setdefault(self.family(name), []).append(name)
        self.places = {name: place for place, name in enumerate(shapes)}
        self.taken: dict[object, str] = {}
        self.indices: dict[str, Sequence[str]] = {}

    def __call__(self) -> dict[str, tuple[str, ...]]:
        """Of each quantity the names of its entries, row after row.

        Raises:
            StepperError: where two of them would print alike.
        """
        numbers = [name for name, shape in self.shapes.items() if not shape]
        self.taken = {_key(word): name for name in numbers for word in (name, self.labels[name])}
        found: dict[str, tuple[str, ...]] = {name: (name,) for name in numbers}
        # x has x1 and x2 before X, which can also be called X[1,1]
        for name in sorted(self.shapes.keys() - found.keys(), key=self.turn):
            found[name] = self.named(name)
            self.taken |= {_key(entry): entry for entry in found[name]}
        return {name: found[name] for name in self.shapes}

    def turn(self, name: str) -> tuple[bool, int]:
        """Who takes a name first: an array that is called by it as it stands, else who comes first."""
        return _letters(self.stem(name)) != self.labels[name], self.places[name]

    def named(self, name: str) -> tuple[str, ...]:
        """The entries of an array, in the shortest way in which all names are free."""
        inside = list(np.ndindex(*self.shapes[name]))
        for way in self.ways(name):
            entries = tuple(way.entry(where) for where in inside)
            if not any(_key(entry) in self.taken or entry in CONSTANTS for entry in entries):
                self.indices |= {entry: way.indices(where) for entry, where in zip(entries, inside, strict=True)}
                return entries
        entries = tuple(text(element(name, where)) for where in inside)
        twice = next((entry for entry in entries if _key(entry) in self.taken), None)
        if twice is not None:
            what = f"'{twice}' and '{self.taken[_key(twice)]}' would print alike"
            raise StepperError(Problem(what, hint="rename one, or give it a label under 'labels:'"))
        self.indices |= {entry: [str(axis + 1) for axis in where] for entry, where in zip(entries, inside, strict=True)}
        return entries

    def typeset(self, found: Mapping[str, Sequence[str]]) -> dict[str, str]:
        """How the entries are set of arrays that have a label in LaTeX: by its letter in italics, that of a matrix
        small as in the names, with their indices behind its own.
        """
        labels = {}
        for name, label in self.latex.items():
            base = label.base[:1].lower() + label.base[1:] if self.small(name, label.base) else label.base
            style = "" if label.style.startswith("bold") else label.style
            for entry in found[name]:
                index = self.indices.get(entry, ())
                side = all(len(number) == 1 for number in index)
                apart = ["".join(index)] if side else [item for number in index for item in (",", number)][1:]
                below = (*label.below, *([","] if label.below else []), *apart)
                plain = canonical_label(replace(label, base=base, style=style, below=below) if index else label)
                if self.taken.setdefault(_key(plain), entry) != entry:  # a bold letter tells it from another
                    plain = canonical_label(replace(label, below=below) if index else label)
                labels[entry] = plain
        return labels

    def ways(self, name: str) -> Iterator[_Way]:
        """How the entries may be called, the shortest way first."""
        if "[" in name:  # a member of a family has an index already
            return
        shape = self.shapes[name]
        if self.numbering.through:
            yield from self.through(name)
        axes = [axis for axis in self.axes(name) if shape[axis] > 1]
        wide = len(axes) > 1 and max(shape) > LARGEST_DIGIT
        for stem in (self.stem(name), self.labels[name]):
            yield _Way(stem, axes, wide or _letters(stem) != stem)
            yield _Way(stem, axes, brackets=True)

    def through(self, name: str) -> Iterator[_Way]:
        """By the letter alone, the units of all arrays of this letter numbered through."""
        letters, family = _letters(self.stem(name)), self.families[self.family(name)]
        axes = [axis for axis in self.axes(name) if any(self.shapes[other][axis] > 1 for other in family)]
        counted = self.targets.get(name)
        if len(family) > 1:
            counted = (axes or [0])[0] if counted is None and len(axes) <= 1 else counted
            axes = [axis for axis in self.axes(name) if axis in axes or axis == counted]
        if not letters or not axes or (len(family) > 1 and counted is None):
            return
        before = (
            sum(self.shapes[other][counted] for other in family[: family.index(name)]) if counted is not None else 0
        )
        largest = [
            sum(sizes) if axis == counted else max(sizes)
            for axis, sizes in enumerate(zip(*(self.shapes[other] for other in family), strict=True))
        ]
        yield _Way(letters, axes, len(axes) > 1 and max(largest) > LARGEST_DIGIT, counted, before)

    def axes(self, name: str) -> list[int]:
        """The axes in the order of their indices."""
        axes = list(range(len(self.shapes[name])))
        return axes if self.targets.get(name, self.indexing.target) == self.indexing.target else axes[::-1]

    def stem(self, name: str) -> str:
        """What an array is called by: its label; the entries of a matrix W have the small letter."""
        label = self.labels[name]
        return label[:1].lower() + label[1:] if self.small(name, label_of(label).base) else label

    def small(self, name: str, base: str) -> bool:
        """Have the entries of an array the small letter?"""
        shape = self.shapes[name]
        return (len(shape) > 1 or max(shape, default=0) > 1) and (len(base) == 1 or base.lower() in GREEK)

    def family(self, name: str) -> object:
        """Arrays of the same letter and as many axes are numbered together, and weights by what they lead to."""
        label = self.labels[name]
        return _letters(label) or label, len(self.shapes[name]), self.targets.get(name)


def _plain(label: str) -> str:
    """h_1 as h1: they print alike, and this one reads back."""
    return re.sub(r"^([^\W\d_]+)_(\d+)$", r"\1\2", label)


def _letters(label: str) -> str:
    """The letters of a name that a number may end; none where it has subscripts of another kind."""
    found = re.fullmatch(r"([^\W\d_]+)\d*", label)
    return found[1] if found else ""


def _key(name: str) -> object:
    """What is seen of a name; w_1_12 and w[1,12] print alike."""
    return tuple(",".join(part) if isinstance(part, tuple) else part for part in printed(name.replace(" ", "")))


def targets(graph: Graph, shapes: Mapping[str, Shape]) -> dict[str, int]:
    """Of each matrix of weights the axis of the units that it leads to: of ``W @ x`` the rows, of ``x @ W`` the
    columns.

    Weights are parameters; where none is declared, leaves. One that stands both ways, or beside weights alone, has no
    such axis.
    """
    declared = [leaf.name for leaf in graph.leaves.values() if leaf.kind == "parameter"]
    weights = {name for name in declared or graph.leaves if len(shapes[name]) == MATRIX}
    found: dict[str, set[int]] = {}
    formulas = [node.formula for node in graph.nodes.values() if node.formula is not None]
    for chain in (chain for formula in formulas for part in walk(formula) for chain in _chains(part)):
        inside = [_matrix(part) for part in chain]
        weighed = next((place for place, (name, _) in enumerate(inside) if name not in weights), None)
        for place, (name, turned) in enumerate(inside):
            if name in weights and weighed is not None:
                found.setdefault(name, set()).add(int(place > weighed) ^ turned)
    return {name: axes.pop() for name, axes in found.items() if len(axes) == 1}


def _chains(part: Expr) -> Iterator[list[Expr]]:
    """The factors of products of matrices that stand beside each other."""
    if not isinstance(part, Product):
        return
    chain = [part.operands[0]]
    for factor, operand in zip(part.operators, part.operands[1:], strict=True):
        if factor != "@":
            yield chain
            chain = []
        chain.append(operand)
    yield chain


def _matrix(part: Expr) -> tuple[str, int]:
    """The name of a factor, and 1 where it is transposed; no name where it is no array alone."""
    if isinstance(part, Transpose):
        name, turned = _matrix(part.body)
        return name, 1 - turned
    return (part.name, 0) if isinstance(part, Sym) else ("", 0)
