"""Sums of quantities and of products of two, each times a number: what most of a large graph is made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain
from operator import add, attrgetter, itemgetter, mul

from stepper.core.expr import Call, Product, Sum, Sym
from stepper.core.graph import Node
from stepper.engine.values.slots import Places, Slot, Values
from stepper.engine.values.work import MOST, Row, Way, Work

FEW = 4
"""Terms up to which each is worked by itself, and not all as lists."""
_NAMES, _TIMES = frozenset({Sym}), frozenset({("*",)})
_operators, _operands = attrgetter("operators"), attrgetter("operands")


class Terms(Work):
    """A constant, quantities each times a number, and products of two each times a number.

    The numbers are None where all are 1. Slots stand in lists, or are runs of slots.
    """

    def __init__(
        self, alone: Slot = (), left: Slot = (), right: Slot = (), constant: float = 0.0,
        times: Sequence[float] | None = None, pair_times: Sequence[float] | None = None,
    ) -> None:  # fmt: skip
        self.alone, self.left, self.right, self.constant = alone, left, right, constant
        self.times, self.pair_times = times, pair_times
        parts = alone, left, right
        self.listed = not any(isinstance(part, slice) for part in parts)
        # those of single quantities, of left factors, of right ones; none where they are taken in whole runs
        self.slots = [slot for part in parts for slot in part] if self.listed else ()

    def way(self) -> Way:
        if not self.listed or len(self.alone) + len(self.left) > FEW:
            return self.long()
        times = tuple(self.times or [1.0] * len(self.alone))
        pair_times = tuple(self.pair_times or [1.0] * len(self.left))
        match times, pair_times:
            case [one], []:
                return _one(self.constant, one)
            case [one, other], []:
                return _two(self.constant, one, other)
            case [], [one]:
                return _product(self.constant, one)
            case [one], [other]:
                return _one_each(self.constant, one, other)
            case [_, *_], [_, *_] if self.times is None and self.pair_times is None:
                return _neuron(self.constant, len(times), len(pair_times))
            case _:
                return _few(self.constant, times, pair_times)

    def long(self) -> Way:
        """Whole lists at a time: of the slots that are given, or of runs of them."""
        constant, times, pair_times = self.constant, self.times, self.pair_times
        own = self.alone, self.left, self.right
        count, half = (len(self.alone), len(self.alone) + len(self.left)) if self.listed else (0, 0)

        def row(out: int, slots: Sequence[int]) -> Row:
            return (out, slots[:count], slots[count:half], slots[half:]) if self.listed else (out, *own)

        def run(values: Values, rows: Iterable[Row]) -> None:
            for out, *parts in rows:
                singles, left, right = [_picked(part, values) for part in parts]
                products = map(mul, left, right)
                values[out] = (
                    constant
                    + sum(products if pair_times is None else map(mul, pair_times, products))
                    + sum(singles if times is None else map(mul, times, singles))
                )

        def back(values: Values, adjoints: Values, rows: Iterable[Row]) -> None:
            for out, places, one, other in rows:
                gradient = adjoints[out]
                if not gradient:
                    continue
                here, there = _picked(one, values), _picked(other, values)
                shares = [gradient] * len(here) if pair_times is None else [gradient * factor for factor in pair_times]
                _add(adjoints, one, [*map(mul, shares, there)])
                _add(adjoints, other, [*map(mul, shares, here)])
                single = len(_picked(places, values))
                _add(adjoints, places, [gradient] * single if times is None else [gradient * part for part in times])

        return Way(run, back, row, also=() if self.listed else own)


@lru_cache(maxsize=MOST)
def _one(constant: float, factor: float) -> Way:
    def run(values: Values, rows: Iterable[Row]) -> None:
        for out, (slot,) in rows:
            values[out] = constant + factor * values[slot]

    def back(values: Values, adjoints: Values, rows: Iterable[Row]) -> None:
        for out, (slot,) in rows:
            adjoints[slot] += factor * adjoints[out]

    return Way(run, back)


@lru_cache(maxsize=MOST)
def _two(constant: float, one: float, other: float) -> Way:
    def run(values: Values, rows: Iterable[Row]) -> None:
        for out, (first, second) in rows:
            values[out] = constant + one * values[first] + other * values[second]

    def back(values: Values, adjoints: Values, rows: Iterable[Row]) -> None:
        for out, (first, second) in rows:
            gradient = adjoints[out]
            adjoints[first] += one * gradient
            adjoints[second] += other * gradient

    return Way(run, back)


@lru_cache(maxsize=MOST)
def _product(constant: float, factor: float) -> Way:
    def run(values: Values, rows: Iterable[Row]) -> None:
        for out, (left, right) in rows:
            values[out] = constant + factor * values[left] * values[right]

    def back(values: Values, adjoints: Values, rows: Iterable[Row]) -> None:
        for out, (left, right) in rows:
            gradient = factor * adjoints[out]
            if gradient:
                adjoints[left] += gradient * values[right]
                adjoints[right] += gradient * values[left]

    return Way(run, back)


@lru_cache(maxsize=MOST)
def _one_each(constant: float, one: float, other: float) -> Way:
    def run(values: Values, rows: Iterable[Row]) -> None:
        for out, (single, left, right) in rows:
            values[out] = constant + one * values[single] + other * values[left] * values[right]

    def back(values: Values, adjoints: Values, rows: Iterable[Row]) -> None:
        for out, (single, left, right) in rows:
            gradient = adjoints[out]
            if gradient:
                adjoints[single] += one * gradient
                share = other * gradient
                adjoints[left] += share * values[right]
                adjoints[right] += share * values[left]

    return Way(run, back)


@lru_cache(maxsize=MOST)
def _neuron(constant: float, singles: int, pairs: int) -> Way:
    """Products and single quantities as they are: ``w1*x1 + w2*x2 + b``."""
    middle = singles + pairs

    def row(out: int, slots: Sequence[int]) -> Row:
        return out, tuple(zip(slots[singles:middle], slots[middle:], strict=True)), tuple(slots[:singles])

    def run(values: Values, rows: Iterable[Row]) -> None:
        for out, products, rest in rows:
            total = constant
            for left, right in products:
                total += values[left] * values[right]
            for slot in rest:
                total += values[slot]
            values[out] = total

    def back(values: Values, adjoints: Values, rows: Iterable[Row]) -> None:
        for out, products, rest in rows:
            gradient = adjoints[out]
            if gradient:
                for left, right in products:
                    adjoints[left] += gradient * values[right]
                    adjoints[right] += gradient * values[left]
                for slot in rest:
                    adjoints[slot] += gradient

    return Way(run, back, row)


@lru_cache(maxsize=MOST)
def _few(constant: float, times: Sequence[float], pair_times: Sequence[float]) -> Way:
    start, middle = len(times), len(times) + len(pair_times)

    def row(out: int, slots: Sequence[int]) -> Row:
        products = zip(slots[start:middle], slots[middle:], pair_times, strict=True)
        return out, tuple(products), tuple(zip(slots[:start], times, strict=True))

    def run(values: Values, rows: Iterable[Row]) -> None:
        for out, products, rest in rows:
            total = constant
            for left, right, factor in products:
                total += factor * values[left] * values[right]
            for slot, factor in rest:
                total += factor * values[slot]
            values[out] = total

    def back(values: Values, adjoints: Values, rows: Iterable[Row]) -> None:
        for out, products, rest in rows:
            gradient = adjoints[out]
            if gradient:
                for left, right, factor in products:
                    share = factor * gradient
                    adjoints[left] += share * values[right]
                    adjoints[right] += share * values[left]
                for slot, factor in rest:
                    adjoints[slot] += factor * gradient

    return Way(run, back, row)


def _picked(places: Places, values: Values) -> Sequence[float]:
    """What stands in these slots."""
    if isinstance(places, slice):
        return values[places]  # type: ignore[no-any-return]
    return itemgetter(*places)(values) if len(places) > 1 else [values[slot] for slot in places]


def _add(adjoints: Values, places: Places, numbers: Sequence[float]) -> None:
    if isinstance(places, slice):
        adjoints[places] = map(add, adjoints[places], numbers)
        return
    for slot, number in zip(places, numbers, strict=True):
        adjoints[slot] += number


def sum_of_products(node: Node) -> tuple[str, int] | None:
    """Of a node such as ``relu(w1*x1 + w2*x2 + b)`` the function, or "", and how many of its reads are factors."""
    formula = node.formula
    inner = formula.arguments[0] if isinstance(formula, Call) and len(formula.arguments) == 1 else formula
    if not isinstance(inner, Sum) or "-" in inner.operators:
        return None
    products = [term for term in inner.operands if isinstance(term, Product)]
    singles = inner.operands[len(products) :]
    factors = list(chain.from_iterable(map(_operands, products)))
    if (
        len(node.reads) != len(factors) + len(singles)
        or not _TIMES.issuperset(map(_operators, products))
        or not _NAMES.issuperset(map(type, chain(factors, singles)))
    ):
        return None
    return formula.name if isinstance(formula, Call) else "", len(factors)
