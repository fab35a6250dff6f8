"""A calculation whose lines are formulas of arrays; its numbers are their entries."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from typing import TypeAlias, cast

import numpy as np
import numpy.typing as npt
from msgspec.structs import replace

from stepper.core.expr import Expr, Number, Value
from stepper.core.numbers import Rounding
from stepper.engine.answers.finding.line import Line
from stepper.engine.answers.finding.lines import NEAR, Calculation, Changes
from stepper.engine.tensor.entries import Entries
from stepper.engine.tensor.floats import FloatWorker
from stepper.engine.values.arithmetic import FLOAT, Arithmetic
from stepper.engine.values.vocabulary import Vocabulary
from stepper.errors import StepperError

Floats: TypeAlias = npt.NDArray[np.float64]
Places: TypeAlias = Mapping[str, tuple[Expr, tuple[int, ...]]]
"""The entries of an array by their names: how each is printed, and where it is."""
Back: TypeAlias = Callable[[str, Expr], dict[str, Expr]]
"""The gradients that go back from a node with another formula, as lines."""

COST = 12
"""A line of arrays takes as long as so many lines of numbers."""


class ArrayCalculation(Calculation):
    """Lines of arrays, and a line for each entry of them, which reads its array.

    ``places`` are the entries of each line that has a shape; ``still`` are the leaves that only count.
    """

    def __init__(
        self, lines: Iterable[Line], leaves: Mapping[str, Floats], vocabulary: Vocabulary,
        places: Mapping[str, Places], still: frozenset[str] = frozenset(), back: Back | None = None,
    ) -> None:  # fmt: skip
        self.places, self.given, self.back = places, leaves, back
        self.of_arrays = [*lines]
        self.by_entry: Callable[[], Calculation | None] | None = None
        self.worker = FloatWorker(vocabulary, {})
        self.whole: dict[str, Floats] = {}
        super().__init__(self.with_entries(self.of_arrays), {}, vocabulary, still=still)

    def with_entries(self, lines: Iterable[Line]) -> Iterable[Line]:
        """The lines, and after each array its entries."""
        for line in lines:
            yield line
            for key, (shown, where) in self.places.get(line.name, {}).items():
                if where:
                    yield Line(key, shown, line.symbol, "entry", "", line.place)

    @cached_property
    def closer(self) -> Calculation | None:
        found = None if self.by_entry is None else self.by_entry()
        if found is not None:
            self.shown |= {symbol: shown for symbol, shown in found.shown.items() if symbol not in self.shown}
        return found

    @property
    def begun(self) -> Iterable[str]:
        return self.given

    @property
    def exact(self) -> Mapping[str, Number]:
        return self.numbers

    def worked(
        self, known: Mapping[str, Number], wanted: Iterable[str], changes: Changes | None = None,
        rounding: Rounding | None = None, arithmetic: Arithmetic = FLOAT, whole: Container[str] = (),
    ) -> dict[str, Number]:  # fmt: skip
        """The numbers of all entries; lines that are wanted are worked again, the others stay as they are."""
        found = dict(known)
        arrays = {**self.given, **self.whole}
        changes = changes or {}
        for name in wanted:
            line = self.lines[name]
            if line.of == "entry":
                continue
            array = self.array(name, changes.get(name, line.formula), arrays, changes)
            if array is None:
                arrays.pop(name, None)
                for key in self.places.get(name, {}):
                    found.pop(key, None)
                continue
            arrays[name] = array if rounding is None or name in whole else rounded(array, rounding)
            keys = self.places.get(name)
            if keys is not None:
                found.update(zip(keys, arrays[name].ravel().tolist(), strict=True))
        if not self.whole:
            self.whole = {name: arrays[name] for name in self.lines if name in arrays}
        return found

    def reworked(self, changes: Changes, wanted: Iterable[str]) -> dict[str, Number]:
        return self.worked(self.numbers, wanted, changes)

    def further(
        self, numbers: Mapping[str, Number], wanted: Iterable[str], changes: Changes, keys: Iterable[str]
    ) -> dict[str, Number]:
        """Arrays are worked again, since only their entries are known."""
        return self.changed(changes, keys)

    def array(self, name: str, formula: Expr, known: Mapping[str, Floats], changes: Changes) -> Floats | None:
        """What a formula comes to in the shape of its line; entries that are pinned have their numbers. None where it
        does not fit.
        """
        self.done += COST
        places = self.places.get(name, {})
        pins = {
            where: float(pin.number)
            for key, (_, where) in places.items()
            if isinstance(pin := changes.get(key, self.lines[key].formula), Value) and where
        }
        if isinstance(formula, Value) or len(pins) < len(places) or not places:
            self.worker.again(cast("Mapping[str, Entries]", known))
            try:
                found = cast(Floats, np.asarray(self.worker(formula), dtype=np.float64))
            except (StepperError, TypeError, ValueError, OverflowError, ZeroDivisionError):
                return None
        else:
            found = np.zeros(self.shape(name))
        if not np.isfinite(found).all():
            return None
        if places:
            shape = self.shape(name)
            if found.shape != shape and found.ndim:
                return None
            found = np.broadcast_to(found, shape)
        if pins:
            found = found.copy()
            for where, number in pins.items():
                found[where] = number
        return found

    def shape(self, name: str) -> tuple[int, ...]:
        *_, (_, last) = self.places[name].values()
        return tuple(place + 1 for place in last)

    def targets(self, name: str) -> tuple[int, ...]:
        array = self.given.get(name)
        if array is None or not array.ndim or array.shape[-1] < 2:
            return ()
        rows = bool(np.isin(array, (0, 1)).all() and (array.sum(axis=-1) == 1).all())
        return array.shape if rows else ()

    def with_formulas(self, changes: Changes) -> ArrayCalculation:
        """The same lines, some with other formulas, or entries of them with other numbers."""
        return self.other(changes, self.given)

    def elsewhere(self, factors: Sequence[Fraction]) -> ArrayCalculation:
        """The same lines at leaves that are moved: those that count, and entries that are 0 or 1, stay."""
        turns = [float(factor) for factor in factors]
        moved: dict[str, Floats] = {}
        for turn, (name, array) in enumerate(self.given.items()):
            if name in self.still:
                moved[name] = array
                continue
            count = np.arange(array.size).reshape(array.shape) + turn
            other = array * np.take(turns, count % len(turns)) + count / 53
            moved[name] = np.where((array == 0) | (array == 1), array, other)
        return self.other({}, moved)

    def generic(self, point: int, fixed: Container[str] = ()) -> ArrayCalculation:
        moved: dict[str, Floats] = {}
        for turn, (name, array) in enumerate(self.given.items()):
            count = np.arange(array.size).reshape(array.shape) + turn + point
            by = np.take([float(number) for number in NEAR], count % len(NEAR)) * (-1) ** point
            other = array + by * np.where(array == 0, 1, np.abs(array)) * (1 + count / 53)
            moved[name] = array if name in self.still or name in fixed else other
        return self.other({}, moved)

    def value_of(self, formula: Expr) -> tuple[float, ...] | None:
        self.worker.again(cast("Mapping[str, Entries]", {**self.given, **self.whole}))
        try:
            found = cast(Floats, np.asarray(self.worker(formula), dtype=np.float64))
        except (StepperError, TypeError, ValueError, OverflowError, ZeroDivisionError):
            return None
        return tuple(found.ravel().tolist()) if np.isfinite(found).all() else None

    def keys(self, name: str) -> Sequence[str]:
        return [*self.places.get(name, (name,))]

    def value(self, name: str) -> tuple[float, ...] | None:
        array = self.whole.get(name)
        return super().value(name) if array is None else tuple(array.ravel().tolist())

    def again(self, changes: Changes) -> dict[str, Expr]:
        found: dict[str, Expr] = {}
        for name, formula in changes.items():
            found |= self.back(name, formula) if self.back is not None else {}
        return found

    def other(self, changes: Changes, leaves: Mapping[str, Floats]) -> ArrayCalculation:
        lines = [replace(line, formula=changes.get(line.name, line.formula)) for line in self.of_arrays]
        found = _Pinned(lines, leaves, self.vocabulary, self.places, self.still, self.back, changes, self.lines)
        found.shown.update(self.shown)
        return found

    def after(self, names: Iterable[str]) -> set[str]:
        """These lines and all that read them; what reads an entry reads its array."""
        own = {*names}
        return super().after({*own, *(name for name, entries in self.places.items() if own & entries.keys())})

    def before(self, keys: Iterable[str]) -> set[str]:
        """These lines and all that they read, with the entries of what they read."""
        own = {*keys}
        found = super().before(own)
        entries = {key for name in found - own for key in self.places.get(name, ())}
        beside = {key for array in self.places.values() if own & array.keys() for key in array}
        return found | (entries - beside) | own


class _Pinned(ArrayCalculation):
    """With numbers in the place of some entries."""

    def __init__(
        self, lines: Iterable[Line], leaves: Mapping[str, Floats], vocabulary: Vocabulary,
        places: Mapping[str, Places], still: frozenset[str], back: Back | None, pins: Changes,
        before: Mapping[str, Line],
    ) -> None:  # fmt: skip
        self.pins = {name: line.formula for name, line in before.items() if isinstance(line.formula, Value)} | {**pins}
        super().__init__(lines, leaves, vocabulary, places, still, back)

    def with_entries(self, lines: Iterable[Line]) -> Iterable[Line]:
        for line in super().with_entries(lines):
            pinned = line.of == "entry" and line.name in self.pins
            yield replace(line, formula=self.pins[line.name]) if pinned else line


def rounded(array: Floats, rounding: Rounding) -> Floats:
    return np.array([float(rounding(number)) for number in array.ravel().tolist()]).reshape(array.shape)
