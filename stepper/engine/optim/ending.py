"""How a run ends, in words: what was seen of its last steps, and what follows from that by the rule; never more."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from msgspec import Struct

from stepper.core.expr import Expr, Number, Sym, Value
from stepper.core.formula import reference
from stepper.core.numbers import shown
from stepper.core.prose import Prose, listed
from stepper.core.steps import Note, Step
from stepper.core.task import STEP, Coordinate, Task, after_the_first
from stepper.core.traverse import names
from stepper.engine.graph.asked import output_of
from stepper.engine.optim.tail import Tail

FEWEST = 3
"""So many steps in a row make a pattern."""
ONE_BY_ONE, LISTED = 4, 4
"""Up to so many parameters are spoken of one by one, and so many values of a repetition are listed."""
EPSILON = 1e-15


class Heights(Struct, frozen=True):
    """The objective before the first step and after those that are told; ``every``: after each step."""

    values: Sequence[Number]
    every: bool
    over: str = ""


def ending(task: Task, tail: Tail, heights: Heights, digits: int, stopped: int | None = None) -> list[Step]:
    """What is seen of the end of a run; ``stopped`` is the step that led out of floating point."""
    if task.gradients and task.method.reads_gradient:
        return []  # gradients that are given say nothing of steps to come
    lines = [_overflow(stopped)] if stopped is not None else _motion(task, tail, digits)
    if tail.number > 1 and task.objective is not None:
        lines.append(_height(task, heights, digits))
    return (
        [Step("optim.end", "optim.end", ("How the run ends",), tuple(map(Note, lines)), detail="brief")]
        if lines
        else []
    )


def _overflow(number: int) -> Prose:
    return (f"Step {number} leads beyond the largest floating-point number: the run diverges, and stops before it.",)


def _motion(task: Task, tail: Tail, digits: int) -> list[Prose]:
    """Rest, repetition, a constant factor, or the last step."""
    period = tail.period
    if period is not None:
        return [_rest(task, tail) if period == 1 else _repeats(task, tail, period)]
    if tail.number < FEWEST:
        return []
    each = 1 + len(task.method.state)
    paths = [Path(place, tail.path(index * each), digits, tail.number) for index, place in enumerate(task.parameters)]
    moving = [path for path in paths if path.moves[-1] != 0]
    if not moving:
        return [("The last step changes the state alone, and no parameter.",)]
    if len(moving) <= ONE_BY_ONE and all(path.factor is not None for path in moving):
        found = [path.pattern for path in moving]
    else:
        most = max(moving, key=lambda path: _size(path.moves[-1]))
        found = [most.trend(" most of all," if len(paths) > 1 else "")]
    if all(shown(path.values[-1], digits).number == shown(path.values[-2], digits).number for path in moving):
        found.append((f"With {digits} digits no change shows in the last step.",))
    return found


# ---- all stands as it stood


def _rest(task: Task, tail: Tail) -> Prose:
    if tail.changed == 0:
        return (f"Nothing changes: no step changes anything{_for_ever(task, tail, 1, 'stays')}",)
    return (
        f"The run has come to rest: after step {tail.changed} nothing changes any "
        f"more{_for_ever(task, tail, 1, 'stays')}",
    )


def _repeats(task: Task, tail: Tail, period: int) -> Prose:
    said = (
        f"The run repeats with period {period}: "
        f"after step {tail.number} everything is as it was after step {tail.number - period}"
    )
    stands: Prose = ()
    if len(task.parameters) == 1 and period <= LISTED:
        values = listed([(Value(value),) for value in tail.path(0)[-1 - period :]], ", ")
        stands = (" (", next(iter(task.parameters)).symbol, ": ", *values, ")")
    return (said, *stands, _for_ever(task, tail, period, "goes on"))


def _for_ever(task: Task, tail: Tail, back: int, what: str) -> str:
    """Where a step reads the stand before it and nothing else, equal stands have equal successors."""
    stands = list(tail.stands)[-1 - back :]
    if not all(isinstance(value, Fraction) for stand in stands for value in stand):
        return ", in floating point."
    updates = [
        formula
        for update in (task.method.update, *(change.update for change in task.method.changes))
        for _, formula in update
    ]
    reads: set[Expr] = set()
    for formula in updates:
        reads |= set(names(after_the_first(formula) if tail.number > back else formula))
    return (
        "."
        if Sym(STEP) in reads or task.batch is not None
        else f". So it {what} forever: a step depends on nothing else."
    )


# ---- one parameter


class Path(Struct, frozen=True):
    """What a parameter was after each of the last steps."""

    place: Coordinate
    values: Sequence[Number]
    digits: int
    steps: int

    @property
    def moves(self) -> list[Number]:
        """By how much each of the last steps moved it."""
        return [after - before for before, after in pairwise(self.values)]

    @property
    def factor(self) -> Number | None:
        """How many times as far as the one before each of the last steps led, where that is the same for all of
        them.
        """
        moves = self.moves
        if 0 in moves:
            return None
        *ratios, last = (after / before for before, after in pairwise(moves))
        return last if all(_alike(ratio, last) for ratio in ratios) else None

    @property
    def pattern(self) -> Prose:
        """The factor in words."""
        factor, name = self.factor, self.place.symbol
        assert factor is not None
        *_, last = self.moves
        seen = (
            "Each step moves " if self.steps == len(self.moves) else f"Each of the last {len(self.moves)} steps moves "
        )
        if _alike(factor, Fraction(1)):
            return (seen, name, " by the same amount: ", *about(last, self.digits), ".")
        if _alike(factor, Fraction(-1)):
            return (
                seen,
                name,
                " as far as the one before, in the opposite direction: it oscillates by ",
                *about(_size(last), self.digits),
                ".",
            )
        swings = factor < 0
        back = ", in the opposite direction" if swings else ""
        said: Prose = (seen, name, " ", *about(_size(factor), self.digits), f" times as far as the one before{back}: ")
        if _size(factor) > 1:
            return (*said, "the oscillation grows." if swings else "the steps grow.")
        rest = last * factor / (1 - factor)
        kind = "the oscillation decays" if swings else "the steps shrink"
        limit = self.values[-1] + rest
        if not self._known(limit, factor):
            return (*said, f"{kind}.")
        return (*said, kind, "; if that went on forever, ", name, " would tend to ", *about(limit, self.digits), ".")

    def _known(self, limit: Number, factor: Number) -> bool:
        """Are the digits of a limit known?

        Those of a factor near 1 that came in floating point are soon lost in 1/(1 - factor)^2.
        """
        if isinstance(limit, Fraction):
            return True
        slack = EPSILON * abs(float(self.values[-1])) / (1 - float(factor)) ** 2
        return slack < abs(limit) * 10.0**-self.digits

    def trend(self, most: str) -> Prose:
        """The last step, and what is seen of those before it."""
        moves = self.moves[-FEWEST:]
        sizes = [_size(move) for move in moves]
        said: Prose = ("The last step moved ", self.place.symbol, f"{most} by ", *about(moves[-1], self.digits))
        turns = all(before * after < 0 for before, after in pairwise(moves))
        grows, shrinks = (sizes == sorted(set(sizes), reverse=way) for way in (False, True))
        length = (
            ", and each was shorter than the one before"
            if shrinks
            else ", and each was longer than the one before"
            if grows
            else ""
        )
        if turns:
            return (*said, f"; the last {FEWEST} steps changed direction each time{length}.")
        return (
            *said,
            f"; of the last {FEWEST} steps each was {'longer' if grows else 'shorter'} than the one before."
            if length
            else ".",
        )


def about(number: Number, digits: int) -> Prose:
    """A number in a sentence, which says where it was rounded."""
    return (
        (Value(number),)
        if number == shown(number, digits).number and isinstance(number, Fraction)
        else ("about ", Value(number))
    )


def _size(number: Number) -> Number:
    return -number if number < 0 else number  # of either kind, which abs() does not say


def _alike(one: Number, other: Number) -> bool:
    exact = isinstance(one, Fraction) and isinstance(other, Fraction)
    return one == other if exact else math.isclose(float(one), float(other))


# ---- the objective


def _height(task: Task, heights: Heights, digits: int) -> Prose:
    assert task.objective is not None
    values = heights.values
    said: Prose = (f"{heights.over}", reference(output_of(task.objective)))
    ends: Prose = (" from ", *about(values[0], digits), " to ", *about(values[-1], digits), ".")
    pairs = list(pairwise(values))
    if heights.every and all(after < before for before, after in pairs):
        return (*said, " fell in every step,", *ends)
    if heights.every and all(after > before for before, after in pairs):
        return (*said, " rose in every step,", *ends)
    return (*said, " went", *ends)
