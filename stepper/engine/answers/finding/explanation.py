"""What is written and what explains it: numbers with their spelling, mistakes that give them, how likely these are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from msgspec import Struct

from stepper.core.expr import Expr, Number
from stepper.engine.answers.finding.candidates import Candidate
from stepper.engine.values.judging import Spelling, Verdict, judge_number
from stepper.tables.mistake import COUNTED

SLIPS, MISCALCULATIONS, MOST_CHANCE = 0.3, 0.1, 0.01
"""How often digits slip, and numbers are miscalculated, for each mistake in the thinking; a number of two digits has
a hundred others beside it.
"""
MOST_WAYS, MOST_COUNTED = 2, 3
"""So many mistakes that are the same formula are told beside one another; of whole numbers so many."""
FITS = Verdict.TRUNCATED
ROOM = 1e-7
"""As a share of a number, more than it may be off by."""
ROUNDED_WHOLE = 3
"""A whole number of so many digits may be a rounded one."""
Fitting: TypeAlias = tuple[tuple[Candidate, ...], Mapping[str, Number]]
"""One mistake or two that give what was written, with the numbers that come of them."""


class Given(Struct, frozen=True):
    """A number that was written of a quantity: which line, its spelling, and what it is.

    Where several numbers were written of it, they are its ``parts``: of the sizes of a shape the number is their
    product, of the entries of an array it is one of them.
    """

    key: str
    spelled: Spelling | None
    number: Number
    parts: tuple[Given, ...] = ()

    @property
    def each(self) -> tuple[Given, ...]:
        """The numbers that were written."""
        return self.parts or (self,)


class Explanation(Struct, frozen=True):
    """A mistake, or two, that give what was written; those that are the same formula stand together."""

    candidates: tuple[tuple[Candidate, ...], ...]
    """One or two mistakes a way; the ways are the same formula here."""
    numbers: Mapping[str, Number]
    weight: float

    @property
    def first(self) -> tuple[Candidate, ...]:
        return self.candidates[0]

    @property
    def told(self) -> tuple[tuple[Candidate, ...], ...]:
        """The ways that are told; of counts they are short."""
        return self.candidates[: MOST_COUNTED if self.first[0].row.of in COUNTED else MOST_WAYS]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(each.row.name for way in self.candidates for each in way))

    @property
    def places(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(place for way in self.candidates for each in way for place in each.places))


class Outcome(Struct, frozen=True):
    """What a search found: the explanations, the likeliest first; how many mistakes were tried; was it broken off?

    ``decides``: would the answer to the question leave a single one? ``going_on``: wrong numbers that were written
    before it were taken as they stand. ``formula``: it is of a formula, and not of a number.
    """

    found: tuple[Explanation, ...] = ()
    tried: int = 0
    stopped: bool = False
    question: Expr | None = None
    pen: tuple[str, str, str] | None = None
    going_on: bool = False
    decides: bool = False
    formula: bool = False


def changes_of(way: Sequence[Candidate]) -> dict[str, Expr]:
    return {name: formula for candidate in way for name, formula in candidate.changes.items()}


def answered(number: Number | None) -> str:
    """A number as it would be answered."""
    return "" if number is None else f"{float(number) + 0.0:.3g}"


def simplest(ways: Sequence[tuple[Candidate, ...]], near: bool) -> tuple[tuple[Candidate, ...], ...]:
    """Without those that change more to the same end, as where a slip that is made everywhere matters in one place
    alone.
    """
    kept: list[tuple[Candidate, ...]] = []
    for way in sorted(ways, key=lambda way: sum(len(each.changes) for each in way)):
        names = [each.row.name for each in way]
        changes = {pair for each in way for pair in each.changes.items()}
        if not any(
            names == [each.row.name for each in other]
            and {pair for each in other for pair in each.changes.items()} <= changes
            for other in kept
        ):
            kept.append(way)
    return tuple(sorted(kept, key=lambda way: -weight(way, near)))


def weight(way: tuple[Candidate, ...], near: bool = False) -> float:
    """How likely a mistake is, or two together; one that is ``near`` by what it changes."""
    product = 1.0
    for candidate in way:
        product *= candidate.weight / (candidate.reach if near else 1)
    return product


def slipped(wrong: Given) -> float:
    """How likely one slip of the pen is beside all mistakes that change a quantity: any digit may become any other."""
    return SLIPS / (9 * max(wrong.spelled.digits, 1)) if wrong.spelled is not None else 0.0


def by_chance(wrong: Given) -> float:
    """How likely a miscalculation is to give one number beside all mistakes: the fewer digits, the likelier."""
    if wrong.spelled is None or not wrong.number:
        return 0.0
    return MISCALCULATIONS * min(float(wrong.spelled.unit) / abs(float(wrong.number)), MOST_CHANCE)


def keys_of(given: Sequence[Given]) -> list[str]:
    return [each.key for written in given for each in written.each]


def fits(written: Given, numbers: Mapping[str, Number]) -> bool:
    """Is a number the one that was written, to its digits; are all of them?"""
    return all(
        (number := numbers.get(each.key)) is not None
        and _near(each, float(number))
        and _near_enough(each, judge_number(each.spelled, each.number, number).verdict)
        for each in written.each
    )


def _near(written: Given, number: float) -> bool:
    """Is a number near enough for a closer look? Most are not, and this look costs little."""
    claimed = float(written.number)
    unit = float(written.spelled.unit) if written.spelled is not None else 0.0
    return not abs(claimed - number) > 2 * unit + ROOM * max(abs(claimed), abs(number), 1.0)


def _near_enough(written: Given, verdict: Verdict) -> bool:
    """A whole number of several digits may be a rounded one."""
    long = written.spelled is not None and written.spelled.digits >= ROUNDED_WHOLE
    return verdict <= FITS or (verdict is Verdict.WHOLE and long)
