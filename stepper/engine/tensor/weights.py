"""What layers and parameters hold, taken from arrays with names, or filled by a word."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from msgspec import Struct
from msgspec.structs import replace

from stepper.core.arrays import ArrayGraph, ArrayLeaf, Shape
from stepper.core.expr import Number
from stepper.core.formula import reference
from stepper.core.graph import Graph, Leaf
from stepper.core.prose import Prose, shortly
from stepper.engine.tensor.leaves import given_entries
from stepper.engine.tensor.limits import MOST_EXACT
from stepper.engine.tensor.saved import Named
from stepper.errors import Problem, StepperError, nearest
from stepper.tables.layer import KEPT
from stepper.tables.layers import TURNED_IN_ROWS

MOST_NAMED = 12
TURNED: Mapping[bool | None, str] = {
    None: "it is the transpose",
    False: "it is the transpose: --rows takes weights of which each input has a row",
    True: TURNED_IN_ROWS,
}
"""What is wrong with weights that stand the other way: in a graph without layers, without ``--rows`` and with it."""
OfArrays = TypeVar("OfArrays", bound=ArrayGraph)


class Weights(Struct, frozen=True):
    """Arrays by the names that a framework gives them; ``source`` is where they stand."""

    source: str
    arrays: Named

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self.arrays)


class Fill(Struct, frozen=True):
    """Zeros, ones, or normal numbers from a seed."""

    word: str
    seed: int = 0
    names: frozenset[str] = frozenset()


def with_weights(graph: Graph, weights: Weights | Fill, told: Collection[str] = (), rows: bool | None = None) -> Graph:
    """The graph with the numbers of its parameters; those that are ``told`` elsewhere need none.

    ``rows`` says whether the weights of its layers have a row for each input, and is None where it has no layers.

    Raises:
        StepperError: where a name is missing or left over, or a shape is another.
    """
    if not isinstance(graph, ArrayGraph):
        what = "--weights gives arrays to layers and parameters, and this graph holds numbers"
        raise StepperError(Problem(what, hint="--set w=0.5"))
    wanting = [name for name in parameters(graph) if not _has_numbers(graph.leaves[name]) and name not in told]
    if isinstance(weights, Fill):
        return _filled(graph, weights, wanting)
    taking = _Taking(graph, weights, rows)
    taking.missing(wanting)
    if taking.problems:
        raise StepperError(*taking.problems)
    return replace(graph, leaves=taking.leaves, remarks=(*graph.remarks, *taking.said()))


def parameters(graph: Graph) -> list[str]:
    """The names of a graph's parameters."""
    return [name for name, leaf in graph.leaves.items() if leaf.kind == "parameter"]


def measured(graph: OfArrays) -> OfArrays:
    """The graph whose files are read, so that the shapes of what stands in them are known."""
    leaves: dict[str, Leaf] = dict(graph.leaves)
    for name, leaf in graph.leaves.items():
        if isinstance(leaf, ArrayLeaf) and leaf.file:
            shape, array = given_entries(leaf, graph.origin)
            leaves[name] = leaf.given(shape, numbers=array)
    return replace(graph, leaves=leaves)


def _has_numbers(leaf: Leaf) -> bool:
    return leaf.has_numbers if isinstance(leaf, ArrayLeaf) else leaf.value is not None


def _filled(graph: ArrayGraph, fill: Fill, names: Iterable[str]) -> ArrayGraph:
    """Each parameter filled; of normal numbers each from a seed of its own."""
    leaves = dict(graph.leaves)
    said: list[Prose] = []
    for place, name in enumerate(names):
        leaf, seed = leaves[name], fill.seed + place if fill.seed else 0
        whole = leaf if isinstance(leaf, ArrayLeaf) else ArrayLeaf(name, leaf.kind, shape=())
        leaves[name] = whole.filled(fill.word, seed)
        said.append((reference(name), f" is filled by {fill.word}" + (f"({seed})" if fill.seed else "")))
        if not isinstance(leaf, ArrayLeaf):
            numbers = given_entries(leaves[name], graph.origin)[1]
            assert numbers is not None
            leaves[name] = replace(leaf, value=numbers[0])
    told = (tuple(shortly(said, MOST_NAMED)),) if said else ()
    return replace(graph, leaves=leaves, remarks=(*graph.remarks, *told))


class _Taking:
    """A graph's leaves, while arrays are put in by their names."""

    def __init__(self, graph: ArrayGraph, weights: Weights, rows: bool | None) -> None:
        self.graph, self.weights, self.rows = graph, weights, rows
        self.leaves: dict[str, Leaf] = dict(graph.leaves)
        self.problems: list[Problem] = []
        self.taken: dict[str, str] = {}
        self.unused: list[str] = []
        for name, array in weights.arrays.items():
            self.take(name, array)

    def take(self, name: str, array: npt.NDArray[Any]) -> None:
        known = self.graph.known_as(name)
        leaf = self.leaves.get(known)
        if leaf is None or (leaf.kind != "parameter" and name not in self.graph.called):
            if self.kept(name):
                self.unused.append(name)
            else:
                self.left_over(name)
        elif known in self.taken:
            what = f"{self.weights.source} gives '{known}' twice, as '{self.taken[known]}' and as '{name}'"
            self.problems.append(Problem(what))
        else:
            self.taken[known] = name
            self.put(name, leaf, array)

    def kept(self, name: str) -> bool:
        """Is it what a layer keeps of batches, beside what it holds?"""
        path, _, what = name.rpartition(".")
        return what in KEPT and (path in self.graph.nodes or path in self.graph.called)

    def put(self, name: str, leaf: Leaf, array: npt.NDArray[Any]) -> None:
        shape = leaf.shape if isinstance(leaf, ArrayLeaf) else ()
        if array.shape != shape and not (isinstance(leaf, ArrayLeaf) and not shape):
            hint = TURNED[self.rows] if len(shape) == 2 and array.shape == shape[::-1] else ""
            what = f"'{name}' in {self.weights.source} is {_shown(array.shape)}, and {leaf.name} is {_shown(shape)}"
            self.problems.append(Problem(what, hint=hint))
        elif isinstance(leaf, ArrayLeaf):
            self.leaves[leaf.name] = leaf.given(array.shape, numbers=_numbers(array))
        else:
            self.leaves[leaf.name] = replace(leaf, value=_number(array.item()))

    def left_over(self, name: str) -> None:
        """A name that nothing has here."""
        free = [known for known in self.names() if self.graph.known_as(known) not in self.taken]
        own = [self.graph.known_as(known) for known in free]
        hint = nearest(name, [*free, *own]) or f"its layers hold {_listed(self.names()) or 'nothing'}"
        self.problems.append(
            Problem(f"{self.weights.source} holds '{name}', which is not a name in this graph", hint=hint)
        )

    def missing(self, wanting: Iterable[str]) -> None:
        """What has no numbers and is not among the arrays."""
        left = [name for name in self.weights.arrays if name not in self.taken.values()]
        names = {self.graph.known_as(name): name for name in self.names()}
        for known in wanting:
            if known not in self.taken:
                name = names[known]
                hint = nearest(name, left) or f"it holds {_listed(self.weights.arrays)}"
                shape = getattr(self.leaves[known], "shape", ())
                what = f"{self.weights.source} holds no '{name}', which is {_shown(shape)}"
                self.problems.append(Problem(what, hint=hint))

    def names(self) -> list[str]:
        """What may be given, each by the first of its names that has a point, as files have it."""
        found: dict[str, str] = {}
        for pointed, known in self.graph.called.items():
            found.setdefault(known, pointed)
        return [found.get(name, name) for name in parameters(self.graph)]

    def said(self) -> Iterable[Prose]:
        """What was not used, but for the count of batches beside statistics that were."""
        used = {name.rpartition(".")[0] for name in self.taken.values() if name.rpartition(".")[2] in KEPT}
        names = [(name,) for name in self.unused if name.rpartition(".")[0] not in used]
        if names:
            yield (*shortly(names, MOST_NAMED), f" in {self.weights.source}: batch statistics, not used here")


def _array(value: Any) -> npt.NDArray[Any]:
    """An array of NumPy's; of a kind of numbers that NumPy has not, as bfloat16, in floats."""
    value = value.detach() if hasattr(value, "detach") else value
    try:
        return np.asarray(value)
    except TypeError:
        return np.asarray(value.float()) if hasattr(value, "float") else np.asarray(value, dtype=np.float64)


def _numbers(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Integers and fractions stay exact where they are few; all else are floats."""
    if array.dtype.kind in "iu" and array.size <= MOST_EXACT:
        return np.array([Fraction(int(entry)) for entry in array.ravel()], dtype=object).reshape(array.shape)
    return array if array.dtype == object else array.astype(np.float64)


def _number(entry: Any) -> Number:
    return entry if isinstance(entry, Fraction) else Fraction(entry) if isinstance(entry, int) else float(entry)


def _shown(shape: Shape) -> str:
    sizes = "x".join(map(str, shape))
    return ("1 number" if sizes == "1" else f"{sizes} numbers") if len(shape) == 1 else sizes or "one number"


def _listed(names: Iterable[str]) -> str:
    names = list(names)
    return ", ".join(names[:MOST_NAMED]) + (", …" if len(names) > MOST_NAMED else "")


def from_file(path: Path) -> Weights:
    """The arrays of a file.

    Raises:
        StepperError: where it cannot be read.
    """
    from stepper.engine.tensor.saved import saved

    return Weights(f"'{path}'", saved(path))


def from_mapping(arrays: Mapping[str, Any]) -> Weights:
    """Arrays as Python has them, or what has ``__array__``.

    Raises:
        StepperError: where something is no array of numbers.
    """
    found: dict[str, npt.NDArray[Any]] = {}
    for name, value in arrays.items():
        try:
            array = _array(value)
        except (TypeError, ValueError, RuntimeError) as error:
            raise StepperError(Problem(f"weights: '{name}' is not an array of numbers: {error}")) from None
        if array.dtype != object and (array.dtype.kind not in "fiu" or not np.isfinite(array).all()):
            raise StepperError(Problem(f"weights: '{name}' holds a value that is not a finite number"))
        found[str(name)] = array
    return Weights("weights", found)
