"""Sums of quantities and of products of two, each times a number: what most of a large graph is made of."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from operator import add, attrgetter, itemgetter, mul

from stepper.core.expr import Call, Product, Sum, Sym
from stepper.core.graph import Node
from stepper.engine.values.slots import Back, Places, Run, Slot, Values

FEW = 4
"""Terms up to which each is worked by itself, and not all as lists."""
_NAMES, _TIMES = frozenset({Sym}), frozenset({("*",)})
_operators, _operands = attrgetter("operators"), attrgetter("operands")


class Terms:
    """A constant, quantities each times a number, and products of two each times a number.

    The numbers are None where all are 1. Slots stand in lists, or are runs of slots.
    """

    def __init__(
        self, alone: Slot = (), left: Slot = (), right: Slot = (), constant: float = 0.0,
        times: Sequence[float] | None = None, pair_times: Sequence[float] | None = None,
    ) -> None:  # fmt: skip
        self.alone, self.left, self.right, self.constant = alone, left, right, constant
        self.times, self.pair_times = times, pair_times

    @property
    def slots(self) -> Sequence[Slot]:
        """Those of single quantities, of left factors, of right ones; none where they are taken in whole runs."""
        parts = self.alone, self.left, self.right
        if any(isinstance(part, slice) for part in parts):
            return ()
        return [slot for part in parts for slot in part]

    def at(self, slots: Sequence[Slot]) -> Terms:
        alone, left, right = ([slots[slot] for slot in part] for part in (self.alone, self.left, self.right))
        return Terms(alone, left, right, self.constant, self.times, self.pair_times)

    def single(self) -> tuple[Run, Back]:
        listed = not any(isinstance(part, slice) for part in (self.alone, self.left, self.right))
        if not listed or len(self.alone) + len(self.left) > FEW:
            return self.long(listed)
        times = self.times or [1.0] * len(self.alone)
        pair_times = self.pair_times or [1.0] * len(self.left)
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

    def long(self, listed: bool) -> tuple[Run, Back]:
        """Whole lists at a time: of the slots that are given, or of runs of them."""
        constant, times, pair_times = self.constant, self.times, self.pair_times
        count, half = (len(self.alone), len(self.alone) + len(self.left)) if listed else (0, 0)
        own = self.alone, self.left, self.right

        def parts(slots: Sequence[int]) -> tuple[Slot, Slot, Slot]:
            return (slots[:count], slots[count:half], slots[half:]) if listed else own

        def run(values: Values, slots: Sequence[int], out: int) -> None:
            singles, left, right = [_picked(part, values) for part in parts(slots)]
            products = map(mul, left, right)
            values[out] = (
                constant
                + sum(products if pair_times is None else map(mul, pair_times, products))
                + sum(singles if times is None else map(mul, times, singles))
            )

        def back(values: Values, adjoints: Values, slots: Sequence[int], out: int) -> None:
            gradient = adjoints[out]
            if not gradient:
                return
            places, one, other = parts(slots)
            here, there = _picked(one, values), _picked(other, values)
            shares = [gradient] * len(here) if pair_times is None else [gradient * factor for factor in pair_times]
            _add(adjoints, one, [*map(mul, shares, there)])
            _add(adjoints, other, [*map(mul, shares, here)])
            single = len(_picked(places, values))
            _add(adjoints, places, [gradient] * single if times is None else [gradient * factor for factor in times])

        return run, back


def _one(constant: float, factor: float) -> tuple[Run, Back]:
    def run(values: Values, slots: Sequence[int], out: int) -> None:
        values[out] = constant + factor * values[slots[0]]

    def back(values: Values, adjoints: Values, slots: Sequence[int], out: int) -> None:
        adjoints[slots[0]] += factor * adjoints[out]

    return run, back


def _two(constant: float, one: float, other: float) -> tuple[Run, Back]:
    def run(values: Values, slots: Sequence[int], out: int) -> None:
        first, second = slots
        values[out] = constant + one * values[first] + other * values[second]

    def back(values: Values, adjoints: Values, slots: Sequence[int], out: int) -> None:
        gradient = adjoints[out]
        first, second = slots
        adjoints[first] += one * gradient
        adjoints[second] += other * gradient

    return run, back


def _product(constant: float, factor: float) -> tuple[Run, Back]:
    def run(values: Values, slots: Sequence[int], out: int) -> None:
        left, right = slots
        values[out] = constant + factor * values[left] * values[right]

    def back(values: Values, adjoints: Values, slots: Sequence[int], out: int) -> None:
        gradient = factor * adjoints[out]
        if gradient:
            left, right = slots
            adjoints[left] += gradient * values[right]
            adjoints[right] += gradient * values[left]

    return run, back


def _one_each(constant: float, one: float, other: float) -> tuple[Run, Back]:
    def run(values: Values, slots: Sequence[int], out: int) -> None:
        single, left, right = slots
        values[out] = constant + one * values[single] + other * values[left] * values[right]

    def back(values: Values, adjoints: Values, slots: Sequence[int], out: int) -> None:
        gradient = adjoints[out]
        if gradient:
            single, left, right = slots
            adjoints[single] += one * gradient
            share = other * gradient
            adjoints[left] += share * values[right]
            adjoints[right] += share * values[left]

    return run, back


def _neuron(constant: float, singles: int, pairs: int) -> tuple[Run, Back]:
    """Products and single quantities as they are: ``w1*x1 + w2*x2 + b``."""
    middle = singles + pairs

    def run(values: Values, slots: Sequence[int], out: int) -> None:
        total = constant
        for left, right in zip(slots[singles:middle], slots[middle:]):  # noqa: B905  they are as many
            total += values[left] * values[right]
        for slot in slots[:singles]:
            total += values[slot]
        values[out] = total

    def back(values: Values, adjoints: Values, slots: Sequence[int], out: int) -> None:
        gradient = adjoints[out]
        if gradient:
            for left, right in zip(slots[singles:middle], slots[middle:]):  # noqa: B905  they are as many
                adjoints[left] += gradient * values[right]
                adjoints[right] += gradient * values[left]
            for slot in slots[:singles]:
                adjoints[slot] += gradient

    return run, back


def _few(constant: float, times: Sequence[float], pair_times: Sequence[float]) -> tuple[Run, Back]:
    ones = list(enumerate(times))
    start, count = len(times), len(pair_times)
    twos = [(start + place, start + count + place, factor) for place, factor in enumerate(pair_times)]

    def run(values: Values, slots: Sequence[int], out: int) -> None:
        total = constant
        for left, right, factor in twos:
            total += factor * values[slots[left]] * values[slots[right]]
        for place, factor in ones:
            total += factor * values[slots[place]]
        values[out] = total

    def back(values: Values, adjoints: Values, slots: Sequence[int], out: int) -> None:
        gradient = adjoints[out]
        if gradient:
            for left, right, factor in twos:
                share, one, other = factor * gradient, slots[left], slots[right]
                adjoints[one] += share * values[other]
                adjoints[other] += share * values[one]
            for place, factor in ones:
                adjoints[slots[place]] += factor * gradient

    return run, back


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
