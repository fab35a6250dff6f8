"""What people come to who round on the way: the calculation with every step rounded, in the ways that this is done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from stepper.core.expr import Number
from stepper.core.numbers import Rounding
from stepper.engine.answers.finding.explanation import Given, fits
from stepper.engine.answers.finding.lines import Calculation
from stepper.engine.values.arithmetic import FLOAT

BY_HAND = range(2, 7)
"""People carry from two to six decimals, or significant digits."""
EXACTLY = 1e-12
BESIDE = 1.01
MOST_SPREAD = 1.0
"""A number is laid to rounding by hand where its last place is at most so many times what such roundings part by."""


class ByHand:
    """A calculation with every step rounded, each way of rounding worked once for all that is asked of it."""

    def __init__(self, calculation: Calculation) -> None:
        self.calculation = calculation
        self._worlds: dict[Rounding, list[dict[str, Number]]] = {}

    def explaining(self, given: Sequence[Given]) -> Rounding | None:
        """How every step is rounded where all that was written comes out; one number of digits must explain all."""
        for rounding in (*map(Rounding, BY_HAND), *(Rounding(digits, significant=True) for digits in BY_HAND)):
            if any(_finer(each, rounding, self.calculation.numbers) for each in given):
                continue
            worlds = self.worlds(rounding)
            exactly = any(all(fits(each, numbers) for each in given) for numbers in worlds)
            if exactly or all(_among(each, worlds, self.calculation.numbers) for each in given):
                return rounding
        return None

    def worlds(self, rounding: Rounding) -> list[dict[str, Number]]:
        if rounding not in self._worlds:
            self._worlds[rounding] = [*_by_hand(self.calculation, rounding)]
        return self._worlds[rounding]


def _finer(given: Given, rounding: Rounding, right: Mapping[str, Number]) -> bool:
    """Is a number that is not exact written with more digits than are kept? Then not every step was rounded so."""
    return any(
        rounding(each.number) != each.number
        and abs(float(each.number) - float(right.get(each.key, each.number))) > EXACTLY
        for each in given.each
    )


def _by_hand(calculation: Calculation, rounding: Rounding) -> Iterator[dict[str, Number]]:
    """The calculation with every line rounded, without slopes and arguments of functions, which may be worked in one
    go with what reads them, and with every operation rounded.
    """
    lines = calculation.lines.values()
    inner = {line.name for line in lines if line.of == "value" and not line.named}
    slopes = {line.name for line in lines if line.of == "local"}
    for whole in (set[str](), slopes, inner, inner | slopes):
        yield calculation.worked(calculation.leaves, calculation.lines, rounding=rounding, whole=whole)
    each = replace(FLOAT, keep=lambda number: float(rounding(number)))
    try:
        yield calculation.worked(calculation.leaves, calculation.lines, arithmetic=each)
    except (OverflowError, ValueError):
        return


def _among(given: Given, worlds: Sequence[Mapping[str, Number]], right: Mapping[str, Number]) -> bool:
    """Is a number right, or not more than one unit of its last place beside those that people come to by rounding?"""
    if fits(given, right):
        return True
    values = [float(numbers[given.key]) for numbers in worlds if given.key in numbers]
    if given.spelled is None or not values or max(values) - min(values) == 0:
        return False
    unit, spread = float(given.spelled.unit), max(values) - min(values)
    return (
        unit <= MOST_SPREAD * spread
        and min(values) - BESIDE * unit <= float(given.number) <= max(values) + BESIDE * unit
    )
