"""What must hold of an algorithm's results, looked at apart from the way they were worked out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from fractions import Fraction

from stepper.core.expr import COMPARE, Expr, Number, Where
from stepper.core.steps import Check
from stepper.engine.algorithms.results import Results
from stepper.engine.algorithms.rules import condition, plain
from stepper.engine.algorithms.working import Working
from stepper.tables.algorithm import Law

SLACK, NOTHING = 1e-9, 1e-300
"""How much rounding may do, and what is too small for all digits of a float."""
ROUNDED = frozenset({"==", "<=", ">="})
"""The comparisons that hold of two equal numbers."""


class Laws:
    """The laws of a row, checked on a run."""

    def __init__(self, working: Working, results: Results) -> None:
        self.working, self.results = working, results

    def checks(self) -> list[Check]:
        """A check for each law: how often it was looked at, or which entries break it."""
        return [self._check(law) for law in self.working.row.laws]

    def _check(self, law: Law) -> Check:
        looked, broken = 0, ""
        for where, kept in self._cases(law):
            looked += 1
            broken = broken or ("" if kept else where)
        name = self.working.row.name
        if broken:
            return Check(plain(law.says), name, False, None, (f"broken by {broken}",))
        return Check(
            law.says,
            name,
            True if looked else None,
            None,
            () if looked else (f"no {self.working.row.entry} to look at",),
        )

    def _cases(self, law: Law) -> Iterator[tuple[str, bool]]:
        """Each case of a law, and whether it holds there."""
        working, word = self.working, self.working.row.entry
        if law.over == "whole":
            case = working.together(condition(law.holds))
            yield "the whole", self._true(case, {**working.env, **self.results.numbers})
            return
        for position in working.done:
            if law.over == "pairs":
                for other in working.done:
                    if other != position and self._holds(law.given, position, other):
                        numbers = f"{working.number(other)} and {working.number(position)}"
                        yield f"{word} {numbers}", self._true(condition(law.holds), self._beside(position, other))
            elif not law.given or working.holds(law.given, self._entry(position)):
                yield f"{word} {working.number(position)}", self._kept(law, position)

    def _kept(self, law: Law, position: int) -> bool:
        if not law.some:
            return self._true(condition(law.holds), self._entry(position))
        others = (other for other in self.working.done if other != position)
        return any(
            self._holds(law.some, position, other) and self._holds(law.holds, position, other) for other in others
        )

    def _entry(self, position: int) -> Mapping[str, Number]:
        return {**self.results.numbers, **self.working.entry(position)}

    def _beside(self, position: int, other: int) -> Mapping[str, Number]:
        """All that is known of an entry, and with primes of another."""
        both = self.working.beside(other, position)
        return {**self.results.numbers, **both, **self.working.pair(other, position)}

    def _holds(self, comparison: str, position: int, other: int) -> bool:
        """Is a case of two entries one that a law is about?"""
        return not comparison or self.working.holds(comparison, self._beside(position, other))

    def _true(self, case: Expr, env: Mapping[str, Number]) -> bool:
        """Does a comparison hold? Where numbers were rounded, two that are as good as equal are."""
        assert isinstance(case, Where)
        left, right = self.working.value(case.left, env), self.working.value(case.right, env)
        if COMPARE[case.operator](left, right):
            return True
        return case.operator in ROUNDED and not _exact(left, right) and _close(left, right)


def _close(one: Number, other: Number) -> bool:
    return math.isclose(one, other, rel_tol=SLACK, abs_tol=NOTHING)


def _exact(*numbers: Number) -> bool:
    return all(isinstance(number, Fraction) for number in numbers)
