"""The search: which single mistake, or which two, give all the numbers that somebody wrote."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from itertools import combinations
from time import process_time
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
    simplest,
    slipped,
    weight,
)  # fmt: skip
from stepper.engine.answers.finding.lines import Calculation
from stepper.engine.answers.finding.pen import changed, exchanged
from stepper.tables.mistake import COUNTED, NEAR, Mistake

MOST_TOLD, MOST_WAYS = 3, 2
"""So many explanations are told, and of each so many mistakes that are the same formula."""
COMMON = 4
"""Pairs are looked for among the mistakes that are at least so common."""
MOST_SECONDS, MOST_SECONDS_FOR_PAIRS = 0.8, 0.4
"""So long after a search has begun mistakes are looked for, and two together; then it says that it stopped."""
EXCHANGED, CHANGED = "digits exchanged", "one digit"
"""Slips of the pen."""
MOVED = (Fraction(37, 29), Fraction(-23, 31), Fraction(41, 37), Fraction(19, 43), Fraction(-29, 23))
"""Factors that no number of a document is chosen for: at leaves moved by them two formulas agree only where they are
equal."""
Made: TypeAlias = tuple[Candidate, Mapping[str, Number]]


class Clock:
    """For how many seconds, of work alone, mistakes have been looked for."""

    def __init__(self) -> None:
        self.begun = process_time()

    @property
    def seconds(self) -> float:
        return process_time() - self.begun


class Finder:
    """The mistakes of one calculation, each worked once for all that is asked of it."""

    def __init__(
        self, calculation: Calculation, rows: Sequence[Mistake], pairs: bool = True, clock: Clock | None = None
    ) -> None:
        self.calculation, self.rows, self.pairs, self.clock = calculation, rows, pairs, clock
        self._moved: Calculation | None = None
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
        for candidate in candidates(self.calculation, self.calculation.lines, self.rows):
            same = (candidate.row.name, *sorted(candidate.changes.items(), key=lambda pair: pair[0]))
            if same not in found:
                found[same] = replace(candidate, reach=self._reach(candidate))
        return [*found.values()]

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
        clock = self.clock or Clock()
        found: dict[int, Made] = {}
        for place, each in sorted(enumerate(self.candidates), key=lambda pair: -weight((pair[1],), near=True)):
            if clock.seconds > MOST_SECONDS:
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
        near = not carried and own.of not in COUNTED and all(fits(each, self.calculation.numbers) for each in others)
        by_itself = near and sum(not fits(each, self.calculation.numbers) for each in wrong.each) == 1
        found = self._merged(self._single(wrong, others), keys_of([wrong, *others]), near)
        if own.of in NEAR:
            found.sort(key=lambda each: own.place not in each.places)
        share = self._share(found, wrong, others) if by_itself else 1.0
        pen = self.pen(wrong) if by_itself and share < slipped(wrong) else None
        if pairs and self.pairs and not found and pen is None:
            fitting, broken_off = self._pairs(wrong, others)
            self.stopped = self.stopped or broken_off
            found = self._merged(fitting, keys_of([wrong, *others]))
        elif by_itself and share < by_chance(wrong):
            found = []
        told = found[: MOST_TOLD - (pen is not None)]
        return Outcome(tuple(told), self.tried(wrong.key), self.stopped, self.question(told, [wrong, *others]), pen)

    def alone(self, given: Given, others: Sequence[Given]) -> Outcome:
        """The single mistakes that give a number and the others."""
        found = self._merged(self._single(given, others), keys_of([given, *others]), True)
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
        clock = self.clock or Clock()
        right = self.calculation.numbers.get(wrong.key)
        alone = {id(candidate): numbers.get(wrong.key) for candidate, numbers in self._made((wrong.key, *keys))}
        found: list[Fitting] = []
        for way, numbers in self._two(tuple(sorted({*keys}))):
            if clock.seconds > MOST_SECONDS_FOR_PAIRS:
                return found if explain > 1 else [], True
            if all(alone.get(id(each)) != right for each in way) and all(
                fits(each, numbers) for each in (wrong, *others)
            ):
                found.append((way, numbers))
        if explain < 2 and len(self._merged(found, keys)) != 1:
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

    def _merged(self, fitting: Sequence[Fitting], keys: Sequence[str], near: bool = False) -> list[Explanation]:
        """The likeliest first; those that give the same numbers whatever the leaves are stand together. Of one number
        alone a mistake that is ``near`` is likelier: of one that changes many, others would be asked about as well.
        """
        groups: dict[tuple[float | None, ...], list[Fitting]] = {}
        for way, numbers in fitting:
            groups.setdefault(self._signature(way, keys), []).append((way, numbers))
        found = []
        for group in groups.values():
            group.sort(key=lambda pair: -weight(pair[0], near))
            ways = simplest([way for way, _ in group], near)
            found.append(Explanation(ways, group[0][1], weight(group[0][0], near)))
        return sorted(found, key=lambda each: -each.weight)

    def _signature(self, way: tuple[Candidate, ...], keys: Sequence[str]) -> tuple[float | None, ...]:
        """What a mistake makes of quantities where the leaves are other numbers."""
        if self._moved is None:
            self._moved = self.calculation.elsewhere(MOVED)
        numbers = self._moved.changed(changes_of(way), keys)
        return tuple(None if key not in numbers else float(f"{float(numbers[key]):.9g}") for key in keys)

    def question(self, found: Sequence[Explanation], given: Sequence[Given]) -> Expr | None:
        """The first quantity that was not written and is another number in each of the explanations."""
        if len(found) < 2:
            return None
        before = self.calculation.before([given[0].key])
        written = keys_of(given)
        worked = [
            [self.calculation.changed(changes_of(way), self.calculation.lines) for way in each.candidates[:MOST_WAYS]]
            for each in found
        ]
        for name, line in self.calculation.lines.items():
            ahead = line.of in COUNTED and name not in before
            if name in written or ahead or line.of == "local" or name not in self.calculation.named:
                continue
            answers = [{answered(numbers.get(name)) for numbers in ways} for ways in worked]
            if sum(map(len, answers)) == len(set().union(*answers)):
                return line.shown
        return None
