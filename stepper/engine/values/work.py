"""Work on slots: what it reads, and the way in which it is done, for rows of slots one after the other."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from typing import Any, TypeAlias

from msgspec import Struct

from stepper.engine.values.slots import Back, Places, Run, Slot, Values

Row: TypeAlias = Any
"""The slot that one work fills and those that it reads, as its way wants them."""


def as_it_is(out: int, slots: Sequence[int]) -> Row:
    return out, slots


class Way(Struct, frozen=True, eq=False):
    """How work of one kind is done; nodes whose work is of one kind share it.

    Attributes:
        run: ``run(values, rows)`` works values out of those in slots, and puts them into theirs.
        back: ``back(values, adjoints, rows)`` hands the adjoints in slots on to those that were read.
        row: the row of a slot that is filled and those that are read.
        towards: the row of the way back, where it is another: it can leave slots out whose adjoints nobody wants.
        also: slots that are read beside those of the row.
    """

    run: Callable[[Values, Iterable[Row]], None]
    back: Callable[[Values, Values, Iterable[Row]], None]
    row: Callable[[int, Sequence[int]], Row] = as_it_is
    towards: Callable[[int, Sequence[int], Container[int]], Row] | None = None
    also: Sequence[Places] = ()

    def behind(self, out: int, slots: Sequence[int], wanted: Container[int]) -> Row:
        """The row of the way back to the slots that are wanted."""
        return self.row(out, slots) if self.towards is None else self.towards(out, slots, wanted)

    def reads(self, slots: Sequence[int]) -> Iterator[int]:
        """All slots that are read."""
        yield from slots
        for places in self.also:
            yield from range(places.start, places.stop, places.step) if isinstance(places, slice) else places


class Work(ABC):
    """What is worked out from slots."""

    slots: Sequence[Slot]
    """What it reads."""

    @property
    def function(self) -> Callable[[float], float] | None:
        """The function itself, where it is one function of one quantity."""
        return None

    @abstractmethod
    def way(self) -> Way:
        """How it is worked out from so many slots, and how its adjoint is handed on to them."""

    def single(self) -> tuple[Run, Back]:
        """Its way for one node at a time, whose slots come with each call."""
        way = self.way()

        def run(values: Values, slots: Sequence[int], out: int) -> None:
            way.run(values, (way.row(out, slots),))

        def back(values: Values, adjoints: Values, slots: Sequence[int], out: int) -> None:
            way.back(values, adjoints, (way.behind(out, slots, EVERY),))

        return run, back


class _Every(Container[int]):
    def __contains__(self, slot: object) -> bool:
        return True


EVERY = _Every()
"""All slots."""

MOST = 512
"""Ways that are kept, so that nodes of one kind, of one graph or another, share one."""
