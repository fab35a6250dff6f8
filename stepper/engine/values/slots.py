"""Where the numbers of a sweep stand: the slot of each name, found in whole runs where names follow one another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, TypeAlias

NEAR = 256

Values: TypeAlias = Any
"""A list of floats, or of a large graph an array of them, which NumPy can look at too."""
Places: TypeAlias = list[int] | slice
Slot: TypeAlias = Any
"""A slot, or an array with one slot for each of many nodes."""
Run: TypeAlias = Callable[[Values, Sequence[int], int], None]
"""``run(values, slots, out)`` works a value out of those in slots, and puts it into one."""
Back: TypeAlias = Callable[[Values, Values, Sequence[int], int], None]
"""``back(values, adjoints, slots, out)`` hands the adjoint in a slot on to those in slots."""


class Slots:
    """Which slot a name has. Leaves fill the first slots in their order.

    Most names are found without a look into a table: the weights of a large net follow one another as the document
    names them, so
    that a whole run of them is recognised at once. The table of all names is made when one is not found near the last.
    """

    def __init__(self, leaves: Iterable[str]) -> None:
        self.names = list(leaves)
        self.leaves = len(self.names)
        self.known: dict[str, int] = {}
        self.next = 0
        self.complete = False

    @classmethod
    def of(cls, names: Sequence[str], places: dict[str, int]) -> Slots:
        """Slots of leaves and nodes, one after the other."""
        made = cls(names)
        made.known, made.complete = places, True
        return made

    def put(self, name: str, slot: int) -> None:
        if slot == len(self.names):
            self.names.append(name)
        else:
            self.names += [""] * (slot + 1 - len(self.names))
            self.names[slot] = name
        self.known[name] = slot

    def table(self) -> dict[str, int]:
        """The table of all names that there are."""
        if not self.complete:
            self.known |= zip(self.names[: self.leaves], range(self.leaves), strict=True)
            self.complete = True
        return self.known

    def __getitem__(self, name: str) -> int:
        if name not in self.known and not self.complete:
            for start in (self.next, 0):  # near the last one, or among the inputs, which stand first
                near = self.names[start : min(start + NEAR, self.leaves)]
                if name in near:
                    self.known[name] = start + near.index(name)
                    self.next = max(self.next, self.known[name] + 1)
                    break
            else:
                self.table()
        return self.known[name]

    def places(self, reads: Sequence[str]) -> Places:
        """The slots of these names: a slice where they follow one another in equal steps."""
        if len(reads) > 1:
            first = self[reads[0]]
            step = self[reads[1]] - first
            run = slice(first, first + (len(reads) - 1) * step + 1, step) if step > 0 else slice(0)
            if self.names[run] == list(reads):
                self.next = max(self.next, run.stop) if run.stop <= self.leaves else self.next
                return run
        return [self[name] for name in reads]


def picking(slots: Sequence[int]) -> Callable[[Values], Sequence[float]]:
    """What gives the numbers in some slots."""
    if len(slots) > 1:
        return itemgetter(*slots)
    return itemgetter(slice(slots[0], slots[0] + 1) if slots else slice(0))


def putting(slots: Sequence[int]) -> Callable[[Values, Sequence[float]], None]:
    """What puts as many numbers into some slots, all at once where they follow one another in equal steps."""
    first = slots[0] if slots else 0
    step = slots[1] - first if len(slots) > 1 else 1
    places = range(first, first + len(slots) * step, step) if step > 0 else range(0)
    run = slice(first, places.stop, step)

    def put(values: Values, numbers: Sequence[float]) -> None:
        for slot, number in zip(slots, numbers, strict=True):
            values[slot] = number

    def put_all(values: Values, numbers: Sequence[float]) -> None:
        if type(values) is list:
            values[run] = numbers
        else:
            put(values, numbers)

    return put_all if list(places) == list(slots) else put


class ByName(Mapping[str, float]):
    """Numbers in slots, by name."""

    def __init__(self, slots: Slots, numbers: Values) -> None:
        self.slots, self.numbers = slots, numbers

    def __getitem__(self, name: str) -> float:
        number: float = self.numbers[self.slots[name]]
        return number

    def __iter__(self) -> Iterator[str]:
        return (name for name in self.slots.names if name)

    def __len__(self) -> int:
        return sum(1 for _ in self)
