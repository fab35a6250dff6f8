"""The search: which single mistake, or which two, give all the numbers that somebody wrote."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import combinations
from time import monotonic

from msgspec import Struct
from msgspec.structs import replace

from stepper.core.expr import Expr, Number
from stepper.engine.answers.finding.candidates import Candidate, candidates
from stepper.engine.answers.finding.lines import Calculation
from stepper.engine.answers.finding.merging import Explanation, Fitting, Merging
from stepper.engine.answers.finding.pen import changed, exchanged
from stepper.engine.values.judging import Spelling, Verdict, judge_number
from stepper.tables.mistake import COUNTED, NEAR, Mistake

MOST_TOLD = 3
COMMON = 4
"""Pairs are looked for among the mistakes that are at least so common; and these are told before slips of the pen."""
LIKELY = 0.7
"""Of whole numbers mistakes are told before slips of the pen where they are so likely."""
MOST_SECONDS = 0.6
"""How long pairs are looked for; then the search says that it stopped."""
FITS = Verdict.TRUNCATED
ROOM = 1e-7
"""As a share of a number, more than it may be off by."""
ROUNDED_WHOLE = 3
"""A whole number of so many digits may be a rounded one."""
EXCHANGED, CHANGED = "digits exchanged", "one digit"
"""Slips of the pen; they are told before mistakes that are not common."""


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


class Outcome(Struct, frozen=True):
    """What a search found: the explanations, the likeliest first; how many mistakes were tried; was it broken off?

    ``decides``: would the answer to the question leave a single one? ``going_on``: wrong numbers that were written
    before it were taken as they stand.
    """

    found: tuple[Explanation, ...] = ()
    tried: int = 0
    stopped: bool = False
    question: Expr | None = None
    pen: tuple[str, str, str] | None = None
    going_on: bool = False
    decides: bool = False


class Finder:
    """The mistakes of one calculation, each worked once for all that is asked of it."""

    def __init__(self, calculation: Calculation, rows: Sequence[Mistake], pairs: bool = True) -> None:
        self.calculation, self.rows, self.pairs = calculation, rows, pairs
        self.merging = Merging(calculation)
        self._sorted: dict[str, tuple[list[float], list[int]]] = {}
        self._paired: dict[tuple[str, ...], tuple[list[Fitting], Iterator[Fitting]]] = {}

    @cached_property
    def made(self) -> list[tuple[Candidate, dict[str, Number]]]:
        """Every mistake with the numbers that it changes."""
        found = []
        seen: set[tuple[object, ...]] = set()
        for candidate in candidates(self.calculation, self.calculation.lines, self.rows):
            same = (candidate.row.name, *sorted(candidate.changes.items(), key=lambda pair: pair[0]))
            if same not in seen:
                seen.add(same)
                found += [
                    (each, self.calculation.changed(each.changes, self.calculation.lines))
                    for each in self._readings(candidate)
                ]
        return found

    def _readings(self, candidate: Candidate) -> Iterator[Candidate]:
        """A mistake that is carried on all the way, and one after which numbers that the document says are taken from
        there: a linear layer's inputs from the listing, where a size before it is wrong.
        """
        yield candidate
        reached = self.calculation.after(candidate.changes) if self.calculation.held else ()
        said = {name: held for name, held in self.calculation.held.items() if name in reached}
        if said:
            yield replace(candidate, changes={**candidate.changes, **said})

    def tried(self, key: str) -> int:
        """How many mistakes reach a quantity."""
        return len({float(numbers[key]) for _, numbers in self.made if key in numbers} - {self.right(key)})

    def right(self, key: str) -> float:
        return float(self.calculation.numbers[key])

    def explained(self, wrong: Given, others: Sequence[Given] = (), carried: bool = False) -> Outcome:
        """What gives a wrong number, and all other numbers that were written as well; where it is ``carried`` on to
        other numbers it is no slip of the pen.
        """
        fitting: list[Fitting] = [
            ((candidate,), numbers)
            for candidate, numbers in self._near(wrong)
            if fits(wrong, numbers) and all(fits(other, numbers) for other in others)
        ]
        tried, stopped = self.tried(wrong.key), False
        own = self.calculation.lines[wrong.key]
        borne_out = carried or any(not fits(other, self.calculation.numbers) for other in others)
        likely = borne_out or any(
            each.row.common >= COMMON or (own.of in COUNTED and each.weight >= LIKELY)
            for way, _ in fitting
            for each in way
        )
        pen = None if likely else self.pen(wrong)
        if self.pairs and not fitting and pen is None:
            fitting, stopped = self._pairs(wrong, others)
        found = self.merging.merged(fitting, _keys([wrong, *others]))
        if own.of in NEAR:
            found.sort(key=lambda each: own.place not in each.places)
        told = found[: MOST_TOLD - (pen is not None)]
        question, decides = self.question(told, [wrong, *others])
        return Outcome(tuple(told), tried, stopped, question, pen, decides=decides)

    def pen(self, wrong: Given) -> tuple[str, str, str] | None:
        """A slip of the pen that gives a number: what slipped, and the two digits."""
        right = self.calculation.numbers[wrong.key]
        if any(each.key != wrong.key and not fits(each, self.calculation.numbers) for each in wrong.parts):
            return None
        if (digits := exchanged(wrong.spelled, wrong.number, right)) is not None:
            return (EXCHANGED, *digits)
        digits = changed(wrong.spelled, wrong.number, right)
        return None if digits is None else (CHANGED, *digits)

    def _near(self, wrong: Given) -> Iterable[tuple[Candidate, dict[str, Number]]]:
        """The mistakes that give about a number."""
        if wrong.key not in self._sorted:
            pairs = sorted(
                (float(numbers[wrong.key]), place)
                for place, (_, numbers) in enumerate(self.made)
                if wrong.key in numbers
            )
            self._sorted[wrong.key] = [value for value, _ in pairs], [place for _, place in pairs]
        values, places = self._sorted[wrong.key]
        unit = float(wrong.spelled.unit) if wrong.spelled is not None else 0.0
        room = unit + abs(float(wrong.number)) * 1e-8 + 1e-12
        begin = bisect_left(values, float(wrong.number) - room)
        end = bisect_left(values, float(wrong.number) + room)
        return [self.made[place] for place in sorted(places[begin:end])]

    def _pairs(self, wrong: Given, others: Sequence[Given]) -> tuple[list[Fitting], bool]:
        """Two mistakes together, of the common ones that both reach the number: where they explain two numbers that
        are wrong without them, or are the only pair that explains the one.
        """
        keys = _keys([wrong, *others])
        explain = 1 + sum(not fits(other, self.calculation.numbers) for other in others)
        begun = monotonic()
        found: list[Fitting] = []
        for way, numbers in self._two(tuple(sorted({*keys}))):
            if monotonic() - begun > MOST_SECONDS:
                return found if explain > 1 else [], True
            if all(self._reaches(each, wrong.key) for each in way) and all(
                fits(each, numbers) for each in (wrong, *others)
            ):
                found.append((way, numbers))
        if explain < 2 and len(self.merging.merged(found, keys)) != 1:
            return [], False
        return found, False

    def _two(self, keys: tuple[str, ...]) -> Iterator[Fitting]:
        """The common mistakes two by two, each pair worked once for all that is asked of the same quantities."""
        if keys not in self._paired:
            self._paired[keys] = ([], self._made_pairs(keys))
        known, further = self._paired[keys]
        yield from known
        for each in further:
            known.append(each)
            yield each

    def _made_pairs(self, keys: tuple[str, ...]) -> Iterator[Fitting]:
        """What one mistake leads to is taken from what it leads to alone; the other is worked on from there."""
        lines = self.calculation.lines
        wanted = self.calculation.before(keys)
        right = self.calculation.numbers
        single = [
            (candidate, numbers, [name for name in lines if name in wanted and name in after])
            for candidate, numbers in self.made
            if candidate.row.common >= COMMON and any(numbers.get(key) != right.get(key) for key in keys)
            for after in (self.calculation.after(candidate.changes),)
        ]
        for one, other in combinations(single, 2):
            if one[0].changes.keys() & other[0].changes.keys():
                continue
            (first, numbers, _), (second, _, after) = (one, other) if len(other[2]) <= len(one[2]) else (other, one)
            both = self.calculation.worked(numbers, after, {**first.changes, **second.changes})
            yield (one[0], other[0]), {key: both[key] for key in keys if key in both}

    def _reaches(self, candidate: Candidate, key: str) -> bool:
        """Does a mistake change a quantity?"""
        numbers = self._numbers[id(candidate)]
        return numbers.get(key) != self.calculation.numbers.get(key)

    @cached_property
    def _numbers(self) -> Mapping[int, Mapping[str, Number]]:
        return {id(candidate): numbers for candidate, numbers in self.made}

    def question(self, found: Sequence[Explanation], given: Sequence[Given]) -> tuple[Expr | None, bool]:
        """The quantity, not yet written, by which most explanations are told apart; is it another number in each?"""
        if len(found) < 2:
            return None, False
        best, parts = None, 1
        known = set(_keys(given)) | {each.key for each in given}
        before = self.calculation.before([given[0].key])
        for name, line in self.calculation.lines.items():
            ahead = line.of in COUNTED and name not in before
            if name in known or ahead or line.of == "local" or not line.named:
                continue
            values = [each.numbers.get(name, self.calculation.numbers.get(name)) for each in found]
            apart = len({f"{float(value):.4g}" if value is not None else "" for value in values})
            if apart > parts:
                best, parts = line.shown, apart
        return best, parts == len(found)


def _keys(given: Sequence[Given]) -> list[str]:
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
