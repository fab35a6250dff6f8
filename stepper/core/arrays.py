"""Graphs of arrays: their leaves, letters among their sizes, and layers that are not yet written as formulas."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from msgspec import field
from msgspec.structs import replace

from stepper.core.expr import Expr, Num, Number, Sum, Sym, children
from stepper.core.formula import text
from stepper.core.graph import Graph, Leaf
from stepper.core.traverse import names, substitute

if TYPE_CHECKING:
    from stepper.core.network import Network

Shape: TypeAlias = tuple[int, ...]
MOST_ENTRIES, MOST_AXES = 10_000_000, 8
"""What an array that is given may have."""


class Held:
    """The numbers of a file, as an array; it is compared as a whole, by what it is."""

    __slots__ = ("array",)

    def __init__(self, array: Any) -> None:
        self.array = array


class ArrayLeaf(Leaf, frozen=True):
    """A leaf that is an array. ``entries`` are its numbers, row after row, None for a symbol.

    Without them all are symbols, or come by ``fill`` or a file.
    ``fill`` is zeros, ones, eye or normal, with ``seed`` for the last. ``numbers`` are those of a file.
    ``sizes`` stand in place of its shape where letters are among them: sums and products of letters and numbers.
    """

    shape: Shape = ()
    entries: tuple[Number | None, ...] = ()
    fill: str = ""
    seed: int = 0
    file: str = ""
    sizes: tuple[Expr, ...] = ()
    numbers: Held | None = None

    def given(self, shape: Shape, entries: tuple[Number | None, ...] = (), numbers: Any = None) -> ArrayLeaf:
        """The leaf with other numbers, in place of all that it had."""
        held = None if numbers is None else Held(numbers)
        return ArrayLeaf(self.name, self.kind, None, self.line, shape, entries, numbers=held)

    def filled(self, word: str, seed: int = 0) -> ArrayLeaf:
        """The leaf filled by a word."""
        return ArrayLeaf(self.name, self.kind, None, self.line, self.shape, (), word, seed)

    @property
    def has_numbers(self) -> bool:
        """Does something say what its numbers are?"""
        return bool(self.entries or self.fill or self.file) or self.numbers is not None


class ArrayGraph(Graph, frozen=True, dict=True):
    """A graph whose quantities are arrays: leaves may be ``ArrayLeaf``, formulas hold functions of arrays, a node may
    be of any shape.
    """

    holds_arrays: ClassVar[bool] = True

    @cached_property
    def letters(self) -> tuple[str, ...]:
        """The letters among the sizes of its arrays. Formulas may hold them, and no node reads them."""
        sizes = (size for leaf in self.leaves.values() if isinstance(leaf, ArrayLeaf) for size in leaf.sizes)
        return tuple(dict.fromkeys(text(name) for size in sizes for name in names(size)))

    def with_sizes(self, numbers: Mapping[str, int]) -> ArrayGraph:
        """The graph with numbers for letters, in sizes and in formulas."""
        put: dict[Expr, Expr] = {Sym(letter): Num(str(number)) for letter, number in numbers.items()}
        leaves: dict[str, Leaf] = {}
        for name, leaf in self.leaves.items():
            leaves[name] = leaf
            if isinstance(leaf, ArrayLeaf) and leaf.sizes:
                sizes = tuple(substitute(size, put) for size in leaf.sizes)
                lettered = any(names(size) for size in sizes)
                shape = () if lettered else tuple(map(worked_size, sizes))
                leaves[name] = replace(leaf, shape=shape, sizes=sizes if lettered else ())
        nodes = {
            name: node if node.formula is None else replace(node, written=substitute(node.formula, put))
            for name, node in self.nodes.items()
        }
        upstream = None if self.upstream is None else substitute(self.upstream, put)
        return replace(self, leaves=leaves, nodes=nodes, upstream=upstream)


def worked_size(size: Expr) -> int:
    """A sum or product of integers."""
    if isinstance(size, Num):
        return int(size.literal)
    parts = [worked_size(part) for part in children(size)]
    return sum(parts) if isinstance(size, Sum) else math.prod(parts)


class LayeredGraph(ArrayGraph, frozen=True):
    """A graph some of whose nodes are the layers of a network, and are not yet written as formulas of arrays.

    ``feeds`` is the input that the network reads. ``held`` names what a layer holds, as weight and bias, in their
    order; ``numbers`` are those of the layers without a name of their own, by which what they hold is named. ``stored``
    are names of arrays that stand in a file of weights, by which a layer knows what it has. ``told``: the document
    says the shape of one sample.
    """

    network: Network | None = None
    feeds: str = ""
    held: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    numbers: Mapping[str, int] = field(default_factory=dict)
    stored: frozenset[str] = frozenset()
    told: bool = False
