"""The search: which single mistake, or which two, give all the numbers that somebody wrote."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import combinations
from typing import TypeAlias

from msgspec.structs import replace

from stepper.core.expr import Expr, Number
from stepper.engine.answers.finding.candidates import Candidate, candidates
from stepper.engine.answers.finding.explanation import (
    Explanation,
    Fitting,
    Given,
    Outcome,
    answered,
    by_chance,
    changes_of,
    fits,
    keys_of,
    slipped,
    weight,
)  # fmt: skip
from stepper.engine.answers.finding.lines import Calculation
from stepper.engine.answers.finding.merging import Merging
from stepper.engine.answers.finding.pen import changed, exchanged
from stepper.tables.mistake import COUNTED, NEAR, Mistake

MOST_TOLD = 3
COMMON = 4
"""Pairs are looked for among the mistakes that are at least so common."""
LIKELY = 0.7
"""Of whole numbers mistakes are told before slips of the pen where they are so likely."""
MOST_CANDIDATES = 1_500
"""So many mistakes are looked at, the most common ones."""
MOST_WORK, MOST_FOR_PAIRS = 40_000, 10_000
"""So many lines are worked to look for one mistake, and for two together; then the search says that it stopped."""
EXCHANGED, CHANGED = "digits exchanged", "one digit"
"""Slips of the pen."""
Made: TypeAlias = tuple[Candidate, Mapping[str, Number]]


class Finder:
    """The mistakes of one calculation, each worked once for all that is asked of it."""

    def __init__(
        self, calculation: Calculation, rows: Sequence[Mistake], pairs: bool = True, most: int | None = MOST_WORK
    ) -> None:
        self.calculation, self.rows, self.pairs, self.most = calculation, rows, pairs, most
        self.merging = Merging(calculation)
        self.stopped = False
        self._paired: dict[tuple[str, ...], tuple[list[Fitting], Iterator[Fitting]]] = {}
        self._wanted: set[str] = set()
        self._worked: list[Made] = []
        self._totals: dict[tuple[str, tuple[tuple[str, Number], ...]], float] = {}
        self._sorted: dict[str, tuple[list[float], list[int]]] = {}

    @cached_property
    def candidates(self) -> list[Candidate]:
        """Every mistake once, with how many quantities it reaches."""
        found: dict[tuple[object, ...], Candidate] = {}
        rows = sorted(self.rows, key=lambda row: -row.common)
        for candidate in candidates(self.calculation, self.calculation.lines, rows):
            if self.most is not None and len(found) >= MOST_CANDIDATES:
                self.stopped = True
                break
            same = (candidate.row.name, *sorted(candidate.changes.items(), key=lambda pair: pair[0]))
            if same not in found:
                found[same] = candidate
        order = {id(row): place for place, row in enumerate(self.rows)}
        in_order = sorted(found.values(), key=lambda each: order[id(each.row)])
        return [replace(each, reach=self._reach(each)) for one in in_order for each in self._readings(one)]

    def _readings(self, candidate: Candidate) -> Iterator[Candidate]:
        """A mistake that is carried on all the way, and one after which numbers that the document says are taken from
        there: a linear layer's inputs from the listing, where a size before it is wrong.
        """
        yield candidate
        reached = self.calculation.after(candidate.changes) if self.calculation.held else ()
        said = {name: held for name, held in self.calculation.held.items() if name in reached}
        if said:
            yield replace(candidate, changes={**candidate.changes, **said})

    def _reach(self, candidate: Candidate) -> int:
        """How many quantities with a name of their own a mistake can change; the entries of an array are one."""
        lines, named = self.calculation.lines, self.calculation.named
        changed = (
            lines[name].place if lines[name].of == "entry" else name
            for name in self.calculation.after(candidate.changes)
            if name in named
        )
        return max(len({*changed}), 1)

    @cached_property
    def made(self) -> list[Made]:
        """Every mistake with all numbers that come of it."""
        return self._made(tuple(self.calculation.lines))

    def _made(self, keys: tuple[str, ...]) -> list[Made]:
        """Every mistake with what becomes of some quantities, and of those that they read."""
        wanted = self.calculation.before(keys)
        if not wanted <= self._wanted:
            self._wanted |= wanted
            self._sorted.clear()
            self._worked = self._in_time(tuple(self._wanted))
        return self._worked

    def _in_time(self, keys: tuple[str, ...]) -> list[Made]:
        """The mistakes with their numbers; where there is no time for all, the likeliest."""
        begun = self.calculation.done
        found: dict[int, Made] = {}
        for place, each in sorted(enumerate(self.candidates), key=lambda pair: -weight((pair[1],), near=True)):
            if self.most is not None and self.calculation.done - begun > self.most:
                self.stopped = True
                break
            found[place] = each, self.calculation.changed(each.changes, keys)
        return [found[place] for place in sorted(found)]

    def tried(self, key: str) -> int:
        """How many mistakes reach a quantity."""
        return len({float(numbers[key]) for _, numbers in self._made((key,)) if key in numbers} - {self.right(key)})

    def right(self, key: str) -> float:
        return float(self.calculation.numbers[key])

    def explained(
        self, wrong: Given, others: Sequence[Given] = (), carried: bool = False, pairs: bool = True
    ) -> Outcome:
        """What gives a wrong number, and all other numbers that were written as well; where it is ``carried`` on to
        other numbers it is no slip of the pen, and by itself not likely to be any other.
        """
        own = self.calculation.lines[wrong.key]
        alone = not carried and all(fits(each, self.calculation.numbers) for each in others)
        near = alone and own.of not in COUNTED
        by_itself = near and sum(not fits(each, self.calculation.numbers) for each in wrong.each) == 1
        found = self.merging.merged(self._single(wrong, others), keys_of([wrong, *others]), near)
        if own.of in NEAR:
            found.sort(key=lambda each: own.place not in each.places)
        share = self._share(found, wrong, others) if by_itself else 1.0
        rare = share < slipped(wrong) if by_itself else alone and own.of in COUNTED and not _likely(found)
        pen = self.pen(wrong) if rare else None
        if pairs and self.pairs and not found and pen is None:
            fitting, broken_off = self._pairs(wrong, others)
            self.stopped = self.stopped or broken_off
            found = self.merging.merged(fitting, keys_of([wrong, *others]))
        elif by_itself and share < by_chance(wrong):
            found = []
        told = found[: MOST_TOLD - (pen is not None)]
        question, decides = self.question(told, [wrong, *others])
        return Outcome(tuple(told), self.tried(wrong.key), self.stopped, question, pen, decides=decides)

    def alone(self, given: Given, others: Sequence[Given]) -> Outcome:
        """The single mistakes that give a number and the others."""
        found = self.merging.merged(self._single(given, others), keys_of([given, *others]), True)
        return Outcome(tuple(found[:MOST_TOLD]), self.tried(given.key))

    def _single(self, wrong: Given, others: Sequence[Given]) -> list[Fitting]:
        return [
            ((candidate,), numbers)
            for candidate, numbers in self._near(wrong, others)
            if fits(wrong, numbers) and all(fits(other, numbers) for other in others)
        ]

    def _share(self, found: Sequence[Explanation], wrong: Given, others: Sequence[Given]) -> float:
        """How likely the likeliest of some mistakes is among all that change a quantity and leave the others right."""
        if not found:
            return 0.0
        right = self.calculation.numbers[wrong.key]
        key = wrong.key, tuple((each.key, each.number) for each in others)
        if key not in self._totals:
            self._totals[key] = sum(
                weight((candidate,), near=True)
                for candidate, numbers in self._made((wrong.key, *keys_of(others)))
                if numbers.get(wrong.key, right) != right and all(fits(each, numbers) for each in others)
            )
        return max(each.weight for each in found) / (self._totals[key] or 1.0)

    def pen(self, wrong: Given) -> tuple[str, str, str] | None:
        """A slip of the pen that gives a number: what slipped, and the two digits."""
        right = self.calculation.numbers[wrong.key]
        if any(each.key != wrong.key and not fits(each, self.calculation.numbers) for each in wrong.parts):
            return None
        if (digits := exchanged(wrong.spelled, wrong.number, right)) is not None:
            return (EXCHANGED, *digits)
        digits = changed(wrong.spelled, wrong.number, right)
        return None if digits is None else (CHANGED, *digits)

    def _near(self, wrong: Given, others: Sequence[Given]) -> Iterable[Made]:
        """The mistakes that give about a number."""
        made = self._made((wrong.key, *keys_of([wrong, *others])))
        if wrong.key not in self._sorted:
            pairs = sorted(
                (float(numbers[wrong.key]), place) for place, (_, numbers) in enumerate(made) if wrong.key in numbers
            )
            self._sorted[wrong.key] = [value for value, _ in pairs], [place for _, place in pairs]
        values, places = self._sorted[wrong.key]
        unit = float(wrong.spelled.unit) if wrong.spelled is not None else 0.0
        room = unit + abs(float(wrong.number)) * 1e-8 + 1e-12
        begin = bisect_left(values, float(wrong.number) - room)
        end = bisect_left(values, float(wrong.number) + room)
        return [made[place] for place in sorted(places[begin:end])]

    def _pairs(self, wrong: Given, others: Sequence[Given]) -> tuple[list[Fitting], bool]:
        """Two mistakes together, of the common ones that both reach the number: where they explain two numbers that
        are wrong without them, or are the only pair that explains the one.
        """
        keys = keys_of([wrong, *others])
        explain = 1 + sum(not fits(other, self.calculation.numbers) for other in others)
        begun = self.calculation.done
        right = self.calculation.numbers.get(wrong.key)
        alone = {id(candidate): numbers.get(wrong.key) for candidate, numbers in self._made((wrong.key, *keys))}
        found: list[Fitting] = []
        for way, numbers in self._two(tuple(sorted({*keys}))):
            if self.calculation.done - begun > MOST_FOR_PAIRS:
                return found if explain > 1 else [], True
            if all(alone.get(id(each)) != right for each in way) and all(
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
            for candidate, numbers in self._made(keys)
            if candidate.row.common >= COMMON and any(numbers.get(key) != right.get(key) for key in keys)
            for after in (self.calculation.after(candidate.changes),)
        ]
        for one, other in combinations(single, 2):
            if one[0].changes.keys() & other[0].changes.keys():
                continue
            (first, numbers, _), (second, _, after) = (one, other) if len(other[2]) <= len(one[2]) else (other, one)
            both = self.calculation.further(numbers, after, {**first.changes, **second.changes}, keys)
            yield (one[0], other[0]), {key: both[key] for key in keys if key in both}

    def question(self, found: Sequence[Explanation], given: Sequence[Given]) -> tuple[Expr | None, bool]:
        """The first quantity that was not written and is another number in each of the explanations; else that which
        tells most of them apart, and then it does not decide.
        """
        if len(found) < 2:
            return None, False
        before = self.calculation.before([given[0].key])
        written = keys_of(given)
        worked = [
            [self.calculation.changed(changes_of(way), self.calculation.lines) for way in each.told] for each in found
        ]
        best, parts = None, 1
        for name, line in self.calculation.lines.items():
            ahead = line.of in COUNTED and name not in before
            if name in written or ahead or line.of == "local" or name not in self.calculation.named:
                continue
            answers = [frozenset(answered(numbers.get(name)) for numbers in ways) for ways in worked]
            if sum(map(len, answers)) == len(frozenset().union(*answers)):
                return line.shown, True
            apart = len({*answers}) if all(len(each) == 1 for each in answers) else 1
            if apart > parts:
                best, parts = line.shown, apart
        return best, False


def _likely(found: Sequence[Explanation]) -> bool:
    """Is one of them as common as to be told before a slip of the pen?"""
    return any(
        each.row.common >= COMMON or each.weight >= LIKELY for some in found for way in some.candidates for each in way
    )
