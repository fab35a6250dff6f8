"""Sums of quantities and of products of two, each times a number: what most of a large graph is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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

    The numbers are None where all are 1.
    """

    def __init__(
        self, alone: Places | Slot = (), left: Places | Slot = (), right: Places | Slot = (), constant: float = 0.0,
        times: Sequence[float] | None = None, pair_times: Sequence[float] | None = None,
    ) -> None:  # fmt: skip
        self.alone, self.left, self.right, self.constant = alone, left, right, constant
        self.times, self.pair_times = times, pair_times

    def at(self, place: int) -> Terms:
        alone, left, right = ([int(slot[place]) for slot in part] for part in (self.alone, self.left, self.right))
        return Terms(alone, left, right, self.constant, self.times, self.pair_times)

    def single(self, out: int) -> tuple[Run, Back]:
        listed = not any(isinstance(part, slice) for part in (self.alone, self.left, self.right))
        if not listed or len(self.alone) + len(self.left) > FEW:
            return self.long(out)
        ones = list(zip(self.times or [1.0] * len(self.alone), self.alone, strict=True))
        twos = list(zip(self.pair_times or [1.0] * len(self.left), self.left, self.right, strict=True))
        return _sum(self.constant, ones, out) if not twos else _sum_of_products(self.constant, ones, twos, out)

    def long(self, out: int) -> tuple[Run, Back]:
        """Whole lists at a time."""
        constant, times, pair_times = self.constant, self.times, self.pair_times
        places, one, other = self.alone, self.left, self.right
        alone, left, right = map(_picked, (places, one, other))

        def run(values: Values) -> None:
            singles, products = alone(values), map(mul, left(values), right(values))
            values[out] = (
                constant
                + sum(products if pair_times is None else map(mul, pair_times, products))
                + sum(singles if times is None else map(mul, times, singles))
            )

        def back(values: Values, adjoints: Values) -> None:
            gradient = adjoints[out]
            if not gradient:
                return
            here, there = left(values), right(values)
            shares = [gradient] * len(here) if pair_times is None else [gradient * factor for factor in pair_times]
            _add(adjoints, one, [*map(mul, shares, there)])
            _add(adjoints, other, [*map(mul, shares, here)])
            count = len(alone(values))
            _add(adjoints, places, [gradient] * count if times is None else [gradient * factor for factor in times])

        return run, back


def _sum(constant: float, terms: Sequence[tuple[float, int]], out: int) -> tuple[Run, Back]:
    """One quantity, or two, are no list."""
    if len(terms) == 1:
        ((factor, slot),) = terms

        def run_one(values: Values) -> None:
            values[out] = constant + factor * values[slot]

        def back_one(values: Values, adjoints: Values) -> None:
            adjoints[slot] += factor * adjoints[out]

        return run_one, back_one
    if len(terms) == 2:
        (factor, slot), (second, other) = terms

        def run_two(values: Values) -> None:
            values[out] = constant + factor * values[slot] + second * values[other]

        def back_two(values: Values, adjoints: Values) -> None:
            gradient = adjoints[out]
            adjoints[slot] += factor * gradient
            adjoints[other] += second * gradient

        return run_two, back_two
    return _sum_of_products(constant, terms, [], out)


def _sum_of_products(
    constant: float, terms: Sequence[tuple[float, int]], products: Sequence[tuple[float, int, int]], out: int
) -> tuple[Run, Back]:
    if len(products) == 1 and not terms:
        ((times, left, right),) = products

        def run_product(values: Values) -> None:
            values[out] = constant + times * values[left] * values[right]

        def back_product(values: Values, adjoints: Values) -> None:
            gradient = times * adjoints[out]
            if gradient:
                adjoints[left] += gradient * values[right]
                adjoints[right] += gradient * values[left]

        return run_product, back_product

    def run(values: Values) -> None:
        total = constant
        for factor, one, other in products:
            total += factor * values[one] * values[other]
        for factor, slot in terms:
            total += factor * values[slot]
        values[out] = total

    def back(values: Values, adjoints: Values) -> None:
        gradient = adjoints[out]
        if gradient:
            for factor, one, other in products:
                share = factor * gradient
                adjoints[one] += share * values[other]
                adjoints[other] += share * values[one]
            for factor, slot in terms:
                adjoints[slot] += factor * gradient

    return run, back


def _picked(places: Places) -> Callable[[Values], Sequence[float]]:
    """What stands in these slots."""
    if isinstance(places, slice) or len(places) > 1:
        return itemgetter(places) if isinstance(places, slice) else itemgetter(*places)
    return lambda values: [values[slot] for slot in places]


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
