"""Work of many nodes at once, by NumPy: slots are arrays, with one for each node.

Where a number of any of them is not finite, or does not exist, each is worked by itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial, reduce
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from msgspec.structs import replace

from stepper.core.expr import COMPARE, Comparison
from stepper.engine.values.arithmetic import FLOAT
from stepper.engine.values.closures import joined
from stepper.engine.values.instructions import Applied, Factors, Function, Template, worked
from stepper.engine.values.rule import Rule
from stepper.engine.values.slots import Back, Run, Values
from stepper.engine.values.tape import Tape
from stepper.engine.values.terms import Terms
from stepper.engine.values.work import Work
from stepper.errors import StepperError

Floats: TypeAlias = npt.NDArray[np.float64]
Places: TypeAlias = npt.NDArray[np.int64]
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


GUARD = partial(np.errstate, over="raise", divide="raise", invalid="raise")
"""What groups are worked under: a number that is none stops them."""


def many(work: Work) -> tuple[Run, Back]:
    """The work of many nodes: ``slots`` has a row for each slot that the work reads, ``out`` a slot for each node."""
    value, shares = _ways(work)
    single = work.single()

    def run(values: Values, slots: Any, out: Any) -> None:
        numbers = np.frombuffer(values)
        try:
            numbers[out] = value(numbers, slots)
        except FAILS:
            _each(single[0], slots, out, values)

    def back(values: Values, adjoints: Values, slots: Any, out: Any) -> None:
        numbers, slopes = np.frombuffer(values), np.frombuffer(adjoints)
        try:
            found = shares(numbers, slots, slopes[out], numbers[out])
        except FAILS:
            _each(single[1], slots, out, values, adjoints)
            return
        for places, share in found:
            np.add.at(slopes, places.reshape(-1), share.reshape(-1))

    return run, back


def slopes_of(work: Work, values: Floats, slots: Places, outs: Places) -> Floats:
    """The slopes of the work of many nodes: a row for each row of slots."""
    shares = _ways(work)[1](values, slots, np.ones(len(outs)), values[outs])
    return np.concatenate([np.atleast_2d(share) for _, share in shares])


def _each(act: Callable[..., None], slots: Places, out: Any, *numbers: Values) -> None:
    """One node after the other."""
    outs = range(out.start, out.stop) if isinstance(out, slice) else out.tolist()
    for row, slot in zip(slots.T.tolist(), outs, strict=True):
        act(*numbers, row, slot)


Value: TypeAlias = Callable[[Floats, Places], Any]
Sharing: TypeAlias = Callable[[Floats, Places, Floats, Floats], Shares]


def _ways(work: Work) -> tuple[Value, Sharing]:
    match work:
        case Terms():
            return _terms(work)
        case Factors():
            return work.value, lambda numbers, slots, gradient, found: [*work.shares(numbers, slots, gradient)]
        case Applied():
            return _applied(work.template)
        case _:
            raise TypeError(f"{type(work).__name__} is of one node")


def _column(numbers: Sequence[float] | None) -> Any:
    return 1.0 if numbers is None else np.array(numbers)[:, None]


def _terms(work: Terms) -> tuple[Value, Sharing]:
    """Rows of slots: of single quantities, of left factors, of right ones."""
    count, half = len(work.alone), len(work.alone) + len(work.left)
    times, pair_times, constant = _column(work.times), _column(work.pair_times), work.constant
    weighted, pair_weighted, paired = work.times is not None, work.pair_times is not None, half > count

    def value(numbers: Floats, slots: Places) -> Any:
        total: Any = constant
        if paired:
            products = numbers[slots[count:half]] * numbers[slots[half:]]
            total = total + (products * pair_times if pair_weighted else products).sum(axis=0)
        if count:
            alone = numbers[slots[:count]]
            total = total + (alone * times if weighted else alone).sum(axis=0)
        return total

    def shares(numbers: Floats, slots: Places, gradient: Floats, _: Floats) -> Shares:
        alone, left, right = slots[:count], slots[count:half], slots[half:]
        found: Shares = [(alone, np.broadcast_to(gradient * times, alone.shape))] if count else []
        if paired:
            scaled = gradient * pair_times if pair_weighted else gradient
            found += [(left, scaled * numbers[right]), (right, scaled * numbers[left])]
        return found

    return value, shares


def _applied(template: Template) -> tuple[Value, Sharing]:
    whole = _of_arrays(template.value)
    slopes = [_of_arrays(partial) for partial in template.partials]

    def value(numbers: Floats, slots: Places) -> Any:
        return finite(whole(numbers[slots]))

    def shares(numbers: Floats, slots: Places, gradient: Floats, found: Floats) -> Shares:
        given = [*numbers[slots], found]
        pairs = zip(slots, slopes, strict=True)
        return [(row, gradient * finite(slope(given))) for row, slope in pairs]

    return value, shares


def finite(numbers: Any) -> Any:
    """The numbers, where none is infinite."""
    if not np.isfinite(numbers).all():
        raise OverflowError
    return numbers


def _of_arrays(function: Function) -> Callable[..., Any]:
    tape = Tape(function.vocabulary, WHOLE)
    return joined(tape, function.onto(tape), len(function.names)) or worked(Tape(function.vocabulary, WHOLE), function)
