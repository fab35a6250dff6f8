"""A subject with what is worked out once for all that is asked of it: its mistakes, conventions and roundings."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from stepper.core.expr import Expr, Number, Value
from stepper.engine.answers.checking.by_hand import ByHand
from stepper.engine.answers.checking.formulas import Formulas
from stepper.engine.answers.checking.subject import Alternative, Subject
from stepper.engine.answers.finding.explanation import Given
from stepper.engine.answers.finding.lines import Calculation
from stepper.engine.answers.finding.search import Finder


class Judge:
    """Whoever judges one page, or many of the same subject.

    ``pairs``: are two mistakes together looked for? ``most``: from so many different wrong beginnings the search goes
    on; with more of them it is said to have stopped.
    """

    def __init__(self, subject: Subject, pairs: bool = True, most: int | None = None) -> None:
        self.subject, self.pairs, self.most = subject, pairs, most
        self._finders: dict[tuple[int, tuple[tuple[str, Number], ...]], Finder] = {}
        self._by_hand: dict[int, ByHand] = {}

    @cached_property
    def alternatives(self) -> tuple[Alternative, ...]:
        """The subject under other conventions."""
        return tuple(self.subject.alternatives())

    @cached_property
    def formulas(self) -> Formulas:
        """What is asked about formulas, at numbers that are made once."""
        return Formulas(self.subject)

    def by_hand(self, calculation: Calculation) -> ByHand:
        """What comes of rounding on the way."""
        return self._by_hand.setdefault(id(calculation), ByHand(calculation))

    def finder(self, calculation: Calculation, earlier: Sequence[Given]) -> Finder | None:
        """What finds mistakes; earlier wrong numbers stand as they were written. None where there are too many."""
        known = [each for written in earlier for each in written.each]
        key = id(calculation), tuple((each.key, each.number) for each in known)
        if key not in self._finders:
            if known and self.most is not None and len(self._finders) >= self.most:
                return None
            pins: dict[str, Expr] = {each.key: Value(each.number) for each in known}
            pinned = calculation.with_formulas(pins) if pins else calculation
            self._finders[key] = Finder(pinned, self.subject.rows, self.pairs)
        return self._finders[key]
