"""Graph documents whose quantities are arrays: nested lists, shapes alone, files, and formulas of whole arrays."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from fractions import Fraction

from msgspec.structs import replace

from stepper.core.arrays import MOST_AXES, MOST_ENTRIES, ArrayGraph, ArrayLeaf, Shape, worked_size
from stepper.core.expr import CONSTANTS, Array, Call, Expr, Index, Num, Number, Product, Sum, Sym, Transpose, Value
from stepper.core.formula import number_of, text
from stepper.core.graph import Edge, Graph, Kind, Node
from stepper.core.parser import parse
from stepper.core.patterns import later
from stepper.core.traverse import names, walk
from stepper.errors import FormulaError, Place
from stepper.read.document import KINDS, GraphReader
from stepper.read.given import fill_of
from stepper.read.located import Map, Scalar, Seq, Tree
from stepper.read.resolve import Resolver
from stepper.read.shape import integral
from stepper.tables.array import ArrayFunction
from stepper.tables.arrays import BY_ARRAY_NAME
from stepper.tables.table import BY_ANY_NAME


def holds_arrays(root: Map) -> bool:
    """Does a document hold a matrix, the shape of an array, or a formula that only arrays have?"""
    leaves = [value for section in KINDS for value in _values(root.get(section))]
    if any(
        isinstance(value, Map) or (isinstance(value, Seq) and any(isinstance(item, Seq) for item in value.items))
        for value in leaves
    ):
        return True
    repeat = root.get("repeat")
    blocks = [repeat] if isinstance(repeat, Map) else repeat.items if isinstance(repeat, Seq) else []
    formulas = [root.get("nodes"), *(block.get("nodes") for block in blocks if isinstance(block, Map))]
    return any(is_of_arrays(value.text) for part in formulas for value in _values(part) if isinstance(value, Scalar))


def _values(tree: Tree | None) -> list[Tree]:
    return [value for _, value in tree.entries] if isinstance(tree, Map) else []


def is_of_arrays(formula: str) -> bool:
    """Does a formula hold what only arrays have?"""
    if not any(sign in formula for sign in _SIGNS) and _ONLY_ARRAYS.isdisjoint(_CALLED.findall(formula)):
        return False
    try:
        parts = list(walk(parse(formula)))
    except FormulaError:
        return "@" in formula
    return any(
        isinstance(part, Transpose)
        or (isinstance(part, Product) and "@" in part.operators)
        or (isinstance(part, Call) and part.name in _ONLY_ARRAYS)
        for part in parts
    )


_ALSO_OF_LISTS = frozenset(
    name
    for name in BY_ARRAY_NAME
    if name in BY_ANY_NAME and re.search(r"\[\]|\[\.\.\.\]", BY_ANY_NAME[name].parameters)
)
"""Functions of arrays that graphs of numbers have too, of a list."""
_ONLY_ARRAYS = frozenset(BY_ARRAY_NAME) - _ALSO_OF_LISTS
_SIGNS = ("@", ".T", "ᵀ")
_CALLED = later(r"(\w+)\(")
"""A quick look at signs and names of functions spares parsing every formula of a large document twice."""


class ArrayReader(GraphReader):
    """Reads a document whose lists are arrays. ``letters`` are those among sizes, and where each first stands."""

    def __init__(self, root: Map, origin: str, told: Mapping[str, Expr] | None = None) -> None:
        super().__init__(root, origin, told)
        self.letters: dict[str, Place] = {}

    def read(self) -> Graph:
        graph = super().read()
        return ArrayGraph(
            graph.title, graph.leaves, graph.nodes, graph.output, graph.upstream, graph.source, graph.functions,
            graph.local, graph.conventions, graph.labels, graph.items, graph.origin, notation=graph.notation,
        )  # fmt: skip

    def build(self, formulas: list[tuple[str, Expr | None, Place]], edges: list[tuple[Edge, Place]]) -> None:
        taken = {*self.leaves, *(name for name, _, _ in formulas), *self.functions, *CONSTANTS, *CONSTANTS.values()}
        for letter in [letter for letter in self.letters if letter in taken]:
            what = f"'{letter}' is a size here, and the name of something else"
            self.fail(what, self.letters[letter], "use another letter for one of them")
        super().build(formulas, edges)

    # ---- leaves

    def read_leaves(self, section: str, kind: Kind) -> None:
        for key, value in self.entries(section):
            name = self.plain(key)
            if isinstance(value, Scalar):
                self.add_leaf(name, kind, value, key.place)
            elif not self.twice(name, key.place):
                self.places[name] = key.place
                leaf = ArrayLeaf(name, kind, line=key.place.line)
                self.leaves[name] = self.listed(leaf, value) if isinstance(value, Seq) else self.described(leaf, value)

    def twice(self, name: str, place: Place) -> bool:
        if name in self.places:
            self.fail(f"'{name}' appears a second time; the first is on line {self.places[name].line}", place)
        return name in self.places

    def listed(self, leaf: ArrayLeaf, tree: Seq) -> ArrayLeaf:
        """An array by its entries; an empty one is a symbol."""
        shape = _shape_of(tree)
        entries = [self.value(item) for item in self.flat(tree, shape)]
        return replace(leaf, shape=shape, entries=tuple(entries) if any(entry is not None for entry in entries) else ())

    def flat(self, tree: Tree, shape: Shape) -> Iterator[Tree]:
        """The entries row after row; a row of another length than the first is told."""
        if not shape:
            yield tree
            return
        if not isinstance(tree, Seq):
            self.fail(f"a list of {shape[0]} is expected here, as in the rows before", tree.place)
            return
        if len(tree.items) != shape[0]:
            count = len(tree.items)
            self.fail(
                f"this row has {count} {'entry' if count == 1 else 'entries'}, but the rows before have {shape[0]}",
                tree.place,
                "rows must have equal lengths",
            )
        for item in tree.items:
            yield from self.flat(item, shape[1:])

    def described(self, leaf: ArrayLeaf, tree: Tree) -> ArrayLeaf:
        """An array by its shape, how it is filled, or the file it stands in."""
        assert isinstance(tree, Map)
        for key, _ in tree.entries:
            if key.text not in ("shape", "fill", "file"):
                self.fail(
                    f"'{key.text}' does not describe an array", key.place, "shape: [2, 3], fill: zeros, or file: x.npy"
                )
        file, fill = tree.get("file"), tree.get("fill")
        if isinstance(file, Scalar) and (tree.get("shape") is not None or fill is not None):
            self.fail("a file determines the shape and the entries", file.place, "file: x.npy alone")
        if isinstance(file, Scalar):
            return replace(leaf, file=file.text)
        found = self.sized(leaf, tree)
        if fill is None:
            return found
        if found.sizes:
            self.fail("an array whose sizes are letters is not filled", fill.place, "numbers for its sizes")
            return found
        way = fill_of(fill.text) if isinstance(fill, Scalar) else None
        if way is None:
            self.fail("'fill:' is zeros, ones, eye or normal(1), with an optional seed", fill.place)
            return found
        return found.filled(*way)

    def sized(self, leaf: ArrayLeaf, tree: Map) -> ArrayLeaf:
        """An array by its sizes: integers, or sums and products of letters and integers."""
        sizes = tree.get("shape")
        parts = [self.size(item) for item in sizes.items] if isinstance(sizes, Seq) else []
        if not isinstance(sizes, Seq) or not parts or None in parts:
            place = sizes.place if sizes is not None else tree.place
            self.fail("'shape:' is a list of sizes, which are numbers or letters", place, "shape: [2, 3], or [n, d]")
            return leaf
        found = [part for part in parts if part is not None]
        numbers = [worked_size(part) for part in found if not names(part)]
        count = math.prod(numbers)
        if count > MOST_ENTRIES or len(found) > MOST_AXES:
            self.fail(
                f"an array of {count:,} entries is too large",
                sizes.place,
                f"up to {MOST_ENTRIES:,} entries and {MOST_AXES} axes",
            )
            return leaf
        if len(numbers) == len(found):
            return replace(leaf, shape=tuple(numbers))
        for letter in dict.fromkeys(text(name) for part in found for name in names(part)):
            self.letters.setdefault(letter, sizes.place)
        return replace(leaf, sizes=tuple(found))

    def size(self, tree: Tree) -> Expr | None:
        """A size; None where it is none."""
        try:
            found = parse(tree.text) if isinstance(tree, Scalar) else None
        except FormulaError:
            return None
        return found if found is not None and _is_size(found) else None

    # ---- formulas

    def resolver(self, names: set[str], symbols: bool = False) -> Resolver:
        known = {**self.families.known(names), **{name: Sym(name) for name in names if name.isidentifier()}}
        known = {**{letter: Sym(letter) for letter in self.letters}, **known}
        return ArrayResolver(self.functions, known, self.problems, symbols, self.integers())

    def node(self, name: str, formula: Expr, place: Place) -> Node:
        """A node reads arrays, and neither their entries nor their sizes."""
        reads = dict.fromkeys(self.base(part) for part in names(formula) if text(part) not in self.letters)
        return Node(name, formula, tuple(reads), place.line)

    def base(self, part: Expr) -> str:
        while isinstance(part, Index) and text(part) not in self.places:
            part = part.base
        return text(part)

    def upstream(self) -> Expr | None:
        tree = self.root.get("upstream")
        if isinstance(tree, Seq):
            shape = _shape_of(tree)
            return _nested([self.value(item) for item in self.flat(tree, shape)], shape)
        return super().upstream()


class ArrayResolver(Resolver):
    """Names of arrays may have elements; functions of arrays are known."""

    arrays = True

    def _member(self, base: str, indices: tuple[Expr, ...], expr: Expr) -> Expr:
        if text(expr) in self.known or not isinstance(self.known.get(base), Sym):
            return super()._member(base, indices, expr)
        return Index(Sym(base), tuple(self._settle(index) for index in indices))

    def _call(self, name: str, arguments: tuple[Expr, ...]) -> Expr:
        row = BY_ARRAY_NAME.get(name)
        if row is None or name in self.functions or not self._of_arrays(row, arguments):
            return super()._call(name, arguments)
        return Call(row.name, arguments)

    def _of_arrays(self, row: ArrayFunction, arguments: tuple[Expr, ...]) -> bool:
        """Is it the function of arrays, or the one of numbers of the same name?

        ``max(0, x)`` takes numbers, ``max(X, 1)`` an array.
        """
        if row.name not in _ALSO_OF_LISTS or row.classes:
            return True
        for argument, (_, _, kind) in zip(arguments, row.signature(), strict=False):
            number = number_of(argument)
            if kind == "setting" and (not isinstance(number, Fraction) or number.denominator != 1 or not number):
                return False
            if isinstance(argument, Array) and any(isinstance(item, Array) for item in argument.items):
                continue
            whole = isinstance(argument, Sym) and argument.name in self.integers
            if (kind == "array") == (number is not None or isinstance(argument, Array) or whole):
                return False
        return True


def _is_size(expr: Expr) -> bool:
    """Is it an integer above 0, a letter, or a sum or product of these?"""
    match expr:
        case Num():
            return (integral(expr) or 0) > 0
        case Sum(operands, operators):
            return {*operators} == {"+"} and all(map(_is_size, operands))
        case Product(operands, operators):
            return {*operators} == {"*"} and all(map(_is_size, operands))
        case _:
            return isinstance(expr, Sym)


def _shape_of(tree: Tree) -> Shape:
    """The shape that the first rows have."""
    shape: list[int] = []
    while isinstance(tree, Seq) and tree.items:
        shape.append(len(tree.items))
        tree = tree.items[0]
    return tuple(shape)


def _nested(entries: list[Number | None], shape: Shape) -> Expr:
    """Numbers row after row as lists in lists."""
    if not shape:
        return Value(entries[0]) if entries and entries[0] is not None else Num("0")
    step = len(entries) // shape[0]
    return Array(tuple(_nested(entries[place * step : (place + 1) * step], shape[1:]) for place in range(shape[0])))
