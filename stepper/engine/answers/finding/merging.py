"""Mistakes that fit, put together: those that are the same formula, or come to the same in all that is worked out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cached_property

from msgspec.structs import replace

from stepper.core.expr import Number
from stepper.engine.answers.finding.candidates import Candidate
from stepper.engine.answers.finding.explanation import Explanation, Fitting, changes_of, simplest, weight
from stepper.engine.answers.finding.lines import Calculation
from stepper.tables.mistake import COUNTED

MOVED = (Fraction(37, 29), Fraction(-23, 31), Fraction(41, 37), Fraction(19, 43), Fraction(-29, 23))
"""Factors that no number of a document is chosen for: at leaves moved by them two formulas agree only where they are
equal."""
GROWN = (Fraction(37, 29), Fraction(1031, 19), Fraction(31, 29), Fraction(43, 41), Fraction(29, 23))
"""The same with larger maps, which stay larger than a window: else all sizes are soon alike."""


class Merging:
    """What is the same in one calculation."""

    def __init__(self, calculation: Calculation) -> None:
        self.calculation = calculation

    @cached_property
    def elsewhere(self) -> Sequence[Calculation]:
        return [self.calculation.elsewhere(factors) for factors in (MOVED, GROWN)]

    def merged(self, fitting: Sequence[Fitting], keys: Sequence[str], near: bool = False) -> list[Explanation]:
        """The likeliest first; those that give the same numbers whatever the leaves are stand together. Of one number
        alone a mistake that is ``near`` is likelier: of one that changes many, others would be asked about as well.
        """
        groups: dict[tuple[float | None, ...], list[Fitting]] = {}
        for way, numbers in fitting:
            felt = way if len(way) > 1 else tuple(self._felt(each, numbers, keys) for each in way)
            groups.setdefault(self._signature(felt, keys), []).append((felt, numbers))
        found = []
        for group in self._same_here(groups.values()):
            group.sort(key=lambda pair: -weight(pair[0], near))
            ways = simplest([way for way, _ in group], near)
            found.append(Explanation(ways, group[0][1], weight(group[0][0], near)))
        return sorted(found, key=lambda each: -each.weight)

    def _felt(self, candidate: Candidate, numbers: Mapping[str, Number], keys: Sequence[str]) -> Candidate:
        """A mistake without the places where it makes no difference to some quantities, such as layers without a
        padding, and those that come later.
        """
        if len(candidate.places) == 1:
            return candidate
        felt = set()
        reached = self.calculation.before(keys)
        for line, *_ in candidate.made:
            right = self.calculation.worked(numbers, [line.name])
            if line.name in reached and right.get(line.name) != numbers.get(line.name):
                felt.add(line.place)
        made = tuple(each for each in candidate.made if each.line.place in felt)
        idle = {each.line.name for each in candidate.made} - {each.line.name for each in made}
        changes = {name: formula for name, formula in candidate.changes.items() if name not in idle}
        return replace(candidate, made=made, changes=changes) if made else candidate

    def _same_here(self, groups: Iterable[list[Fitting]]) -> Iterable[list[Fitting]]:
        """Where whole numbers are worked out, mistakes that come to the same in every line of this calculation are
        one: no number would tell them apart.
        """
        found: dict[object, list[Fitting]] = {}
        for turn, group in enumerate(groups):
            way = group[0][0]
            whole = len(way) == 1 and way[0].row.of in COUNTED
            numbers = self.calculation.changed(changes_of(way), self.calculation.lines) if whole else {}
            everywhere = tuple(map(numbers.get, self.calculation.lines)) if whole else turn
            found.setdefault(everywhere, []).extend(group)
        return found.values()

    def _signature(self, way: tuple[Candidate, ...], keys: Sequence[str]) -> tuple[float | None, ...]:
        """What a mistake makes of quantities where the leaves are other numbers."""
        changes = changes_of(way)
        found: list[Number | None] = []
        for other in self.elsewhere:
            numbers = other.changed(changes, keys)
            found += [numbers.get(key) for key in keys]
        return tuple(None if number is None else float(f"{float(number):.9g}") for number in found)
