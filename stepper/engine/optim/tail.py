"""The end of a run while it goes on: where it stood last, and since when nothing has changed.

Its memory does not grow with the steps.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from stepper.core.expr import Number

LONGEST = 12
"""Repetitions of up to so many steps are seen."""
Stand = tuple[Number, ...]


class Tail:
    """Where a run stood after its last steps: the numbers that are carried from each to the next.

    Attributes:
        number: of the last step.
        changed: the last step that changed anything.
    """

    def __init__(self, start: Sequence[Number]) -> None:
        self.number = self.changed = 0
        self.stands: deque[Stand] = deque([tuple(start)], 2 * LONGEST + 1)

    def add(self, stand: Sequence[Number]) -> None:
        """The stand after one more step."""
        self.number += 1
        kept = tuple(stand)
        if kept != self.stands[-1]:
            self.changed = self.number
        self.stands.append(kept)

    @property
    def period(self) -> int | None:
        """After how many steps everything stands as it stood: 1 where the last step changed nothing."""
        last = self.stands[-1]
        return next(
            (back for back in range(1, min(LONGEST, len(self.stands) - 1) + 1) if self.stands[-1 - back] == last), None
        )

    def path(self, place: int) -> list[Number]:
        """What one of the numbers was after each of the last steps."""
        return [stand[place] for stand in self.stands]
