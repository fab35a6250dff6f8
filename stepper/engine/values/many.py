"""Work of many nodes at once, by NumPy: slots are arrays, with one for each node.

Where a number of any of them is not finite, or does not exist, each is worked by itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from msgspec.structs import replace

from stepper.core.expr import COMPARE, Comparison
from stepper.engine.values.arithmetic import FLOAT
from stepper.engine.values.instructions import Applied, Factors, Function, Template, Work, worked
from stepper.engine.values.rule import Rule
from stepper.engine.values.slots import Back, Run, Values
from stepper.engine.values.tape import Tape
from stepper.engine.values.terms import Terms
from stepper.errors import StepperError

Floats: TypeAlias = npt.NDArray[np.float64]
Shares: TypeAlias = list[tuple[Any, Any]]
"""Slots, and what is added to their adjoints."""

FAILS = (ArithmeticError, ValueError, TypeError, StepperError)


def _whole(number: Any) -> Any:
    return number if isinstance(number, np.ndarray) else np.float64(number)


def _cases(comparison: Comparison) -> Callable[..., Any]:
    holds = COMPARE[comparison]

    def joined(left: Any, right: Any, then: Any, otherwise: Any) -> Any:
        which = holds(left, right)
        if not np.ndim(then) and not np.ndim(otherwise) and 0 == otherwise <= then < np.inf:
            return np.multiply(which, then)  # many times as fast, and what most slopes are
        return np.where(which, then, otherwise)

    return joined


def _primitive(rule: Rule) -> Callable[..., Any]:
    """A primitive on whole arrays: NumPy's, or Python's entry by entry."""
    if (pairwise := getattr(np, f"{rule.machine}imum", None)) is not None:
        return lambda *arrays: reduce(pairwise, arrays)
    found: Callable[..., Any] = getattr(np, rule.machine, None) or np.vectorize(
        getattr(math, rule.machine), otypes=[np.float64]
    )
    return found


WHOLE = replace(FLOAT, number=_whole, keep=_whole, power=np.power, primitive=_primitive, cases=_cases)
"""Arrays of floats, whose entries come to infinity where a single number is refused."""


class Group:
    """The work of many nodes: how it is worked out, and how their adjoints are handed on."""

    def __init__(self, work: Work, out: npt.NDArray[np.int64]) -> None:
        self.work, self.out = work, out
        self.value, self.shares = _ways(work)
        first, last = int(out[0]), int(out[-1])
        self.target: Any = slice(first, last + 1) if last - first + 1 == len(out) else out

    def run(self, values: Values) -> None:
        numbers = np.frombuffer(values)
        try:
            with np.errstate(over="raise", divide="raise", invalid="raise"):
                found = self.value(numbers)
            if np.isfinite(found).all():
                numbers[self.target] = found
                return
        except FAILS:
            pass
        self._each(lambda run, back: run(values))

    def back(self, values: Values, adjoints: Values) -> None:
        numbers, slopes = np.frombuffer(values), np.frombuffer(adjoints)
        gradient = slopes[self.target]
        if not gradient.any():
            return
        try:
            with np.errstate(over="raise", divide="raise", invalid="raise"):
                found = [*self.shares(numbers, gradient, numbers[self.target])]
            if all(np.isfinite(share).all() for _, share in found):
                for slots, share in found:
                    np.add.at(slopes, slots.reshape(-1), np.broadcast_to(share, slots.shape).reshape(-1))
                return
        except FAILS:
            pass
        self._each(lambda run, back: back(values, adjoints))

    def _each(self, act: Callable[[Run, Back], None]) -> None:
        """One node after the other."""
        for place, slot in enumerate(self.out.tolist()):
            act(*self.work.at(place).single(slot))


Value: TypeAlias = Callable[[Floats], Any]
Sharing: TypeAlias = Callable[[Floats, Floats, Floats], Shares]


def _ways(work: Work) -> tuple[Value, Sharing]:
    match work:
        case Terms():
            return _terms(work)
        case Factors():
            return work.value, lambda numbers, gradient, found: [*work.shares(numbers, gradient)]
        case Applied():
            return _applied(work)
        case _:
            raise TypeError(f"{type(work).__name__} is of one node")


def _column(numbers: Sequence[float] | None) -> Any:
    return 1.0 if numbers is None else np.array(numbers)[:, None]


def _terms(work: Terms) -> tuple[Value, Sharing]:
    """Slots of terms stand in rows, one for each term."""
    alone, left, right = (np.array(part, dtype=np.int64) for part in (work.alone, work.left, work.right))
    times, pair_times, constant = _column(work.times), _column(work.pair_times), work.constant
    weighted, pair_weighted = work.times is not None, work.pair_times is not None

    def value(numbers: Floats) -> Any:
        total: Any = constant
        if len(left):
            products = numbers[left] * numbers[right]
            total = total + (products * pair_times if pair_weighted else products).sum(axis=0)
        if len(alone):
            total = total + (numbers[alone] * times if weighted else numbers[alone]).sum(axis=0)
        return total

    def shares(numbers: Floats, gradient: Floats, _: Floats) -> Shares:
        found: Shares = [(alone, gradient * times)] if len(alone) else []
        if len(left):
            scaled = gradient * pair_times
            found += [(left, scaled * numbers[right]), (right, scaled * numbers[left])]
        return found

    return value, shares


def _applied(work: Applied) -> tuple[Value, Sharing]:
    template, slots = work.template, work.slots

    def value(numbers: Floats) -> Any:
        return of_many(template)[0]([numbers[slot] for slot in slots])

    def shares(numbers: Floats, gradient: Floats, found: Floats) -> Shares:
        given = [*(numbers[slot] for slot in slots), found]
        return [(slot, gradient * slope(given)) for slot, slope in zip(slots, of_many(template)[1], strict=True)]

    return value, shares


def of_many(template: Template) -> tuple[Callable[..., Any], list[Callable[..., Any]]]:
    """A template's value and its slopes, of whole arrays; made once."""
    if template.many is None:
        template.many = _of_arrays(template.value), [_of_arrays(partial) for partial in template.partials]
    return template.many


def _of_arrays(function: Function) -> Callable[..., Any]:
    return worked(Tape(function.vocabulary, WHOLE), function)
