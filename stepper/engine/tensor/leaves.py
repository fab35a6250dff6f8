"""What the leaves of a graph of arrays are given: numbers in the document, words that fill them, files."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt
from msgspec.structs import replace

from stepper.core.arrays import MOST_AXES, MOST_ENTRIES, ArrayGraph, ArrayLeaf, Shape
from stepper.core.expr import Number
from stepper.core.formula import text
from stepper.core.graph import Leaf
from stepper.engine.tensor.entries import Entries, Exact, element
from stepper.engine.tensor.limits import MOST_EXACT
from stepper.errors import Problem, StepperError

MAGIC, PICKLE = b"\x93NUMPY", b"\x80"
"""How files begin that numpy.save and pickle.dump write."""
SAVED = "a file of one array of numbers, as numpy.save writes it: x.npy"


def check_finite(array: Entries) -> None:
    """Raises StepperError for an entry that is infinite or no number."""
    if array.dtype == object:
        for entry in array.ravel():
            if isinstance(entry, Exact):
                try:
                    _ = entry.plain
                except OverflowError:
                    raise StepperError(Problem("an entry is too large for a number")) from None
        return
    finite = np.isfinite(cast("np.typing.NDArray[np.float64]", array))
    if not finite.all():
        bad = np.argwhere(~finite)
        where = ", ".join(str(axis + 1) for axis in bad[0])
        raise StepperError(
            Problem(f"its entry [{where}] is not a finite number" if where else "it is not a finite number")
        )


def given_entries(leaf: Leaf, origin: str) -> tuple[Shape, Sequence[Number] | Entries | None]:
    """The shape of a leaf, and its numbers row after row where all of its entries have one."""
    if not isinstance(leaf, ArrayLeaf):
        return (), None if leaf.value is None else (leaf.value,)
    if leaf.numbers is not None:
        return leaf.shape, cast(Entries, leaf.numbers.array)
    if leaf.file:
        array = loaded(Path(origin).parent / leaf.file, leaf)
        return array.shape, array
    known = [entry for entry in leaf.entries if entry is not None]
    if len(known) < len(leaf.entries):
        return leaf.shape, None
    return leaf.shape, known or filled(leaf)


def has_numbers(leaf: Leaf) -> bool:
    """Has each of its entries one?"""
    if not isinstance(leaf, ArrayLeaf):
        return leaf.value is not None
    return bool(leaf.file or leaf.fill or leaf.entries) and None not in leaf.entries


def put(graph: ArrayGraph, values: Mapping[str, Number]) -> ArrayGraph:
    """A graph with other numbers of some entries of its leaves, by the names of the entries."""
    leaves: dict[str, Leaf] = {}
    for name, leaf in graph.leaves.items():
        if not isinstance(leaf, ArrayLeaf):
            leaves[name] = replace(leaf, value=values.get(name, leaf.value))
            continue
        shape, entries = given_entries(leaf, graph.origin)
        keys = [text(element(name, where)) for where in np.ndindex(*shape)]
        leaves[name] = leaf
        if any(key in values for key in keys):
            old: Mapping[str, Number] = {}
            if entries is not None:
                old = dict(zip(keys, np.asarray(entries, dtype=object).ravel(), strict=True))
            missing = [key for key in keys if key not in values and key not in old]
            if missing:
                raise StepperError(Problem(f"'{missing[0]}' has no number", hint=f"one of each entry of {name}"))
            new = tuple(values[key] if key in values else old[key] for key in keys)
            leaves[name] = leaf.given(shape, new)
    return replace(graph, leaves=leaves)


def loaded(path: Path, leaf: ArrayLeaf) -> Entries:
    """An array from a file of NumPy's; nothing in it is executed.

    Raises:
        StepperError: where there is none, or it holds something other than numbers.
    """
    try:
        if not path.is_file():
            raise StepperError(Problem(f"'{leaf.name}' is read from '{path}', but there is no such file"))
        with path.open("rb") as file:
            begins = file.read(len(MAGIC))
        if begins != MAGIC:
            kind = "a file of Python objects, which are not read" if begins[:1] == PICKLE else "not a NumPy array"
            raise StepperError(Problem(f"'{leaf.name}' is read from '{path}', which is {kind}", hint=SAVED))
        # mapped, not read: a header may claim more entries than the file has
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        pickled = any(word in str(error).lower() for word in ("pickle", "python objects"))
        reason = getattr(error, "strerror", None) or "it is not a NumPy array"
        what = f"'{path}' holds Python objects, which are not read" if pickled else f"'{path}' cannot be read: {reason}"
        raise StepperError(Problem(what, hint=SAVED)) from None
    if array.dtype.kind not in "fiu":
        raise StepperError(Problem(f"'{path}' holds no real numbers"))
    if array.size > MOST_ENTRIES or array.ndim > MOST_AXES:
        what = f"'{path}' holds {array.size:,} numbers on {array.ndim} axes, which is too large"
        raise StepperError(Problem(what, hint=f"up to {MOST_ENTRIES:,} entries and {MOST_AXES} axes"))
    if not array.size or not np.isfinite(array).all():
        raise StepperError(Problem(f"'{path}' is empty, or holds a value that is not a finite number"))
    return cast(Entries, array.astype(np.float64))


def filled(leaf: ArrayLeaf) -> Sequence[Number] | Entries | None:
    """The entries of an array that is filled by a word."""
    count = math.prod(leaf.shape)
    made: Mapping[str, Callable[[], Sequence[Number] | Entries]] = {
        "zeros": lambda: _plainly(np.zeros(leaf.shape)),
        "ones": lambda: _plainly(np.ones(leaf.shape)),
        "eye": lambda: _plainly(_diagonal(leaf.shape)),
        "normal": lambda: cast(Entries, np.random.default_rng(leaf.seed).standard_normal(count)),
    }
    return made[leaf.fill]() if leaf.fill else None


def _diagonal(shape: Shape) -> npt.NDArray[np.float64]:
    """1 where all places are the same."""
    found = np.zeros(shape)
    found[(np.arange(min(shape)),) * len(shape)] = 1
    return found


def _plainly(array: npt.NDArray[np.float64]) -> Sequence[Number] | Entries:
    """Zeros and ones: fractions where they are few."""
    return [Fraction(int(entry)) for entry in array.ravel()] if array.size <= MOST_EXACT else cast(Entries, array)
