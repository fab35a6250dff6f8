"""What arrays may take: limits in one place, and what a call will take, known from shapes and settings before any entry
is made.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache

from stepper.core.arrays import MOST_ENTRIES, Shape
from stepper.core.expr import Expr
from stepper.core.formula import text
from stepper.core.parser import parse
from stepper.engine.tensor.windows import Setting
from stepper.engine.values.evaluate import evaluate
from stepper.engine.values.vocabulary import PLAIN
from stepper.errors import Problem, StepperError
from stepper.tables.array import ArrayFunction

MOST_EXACT, MOST_EXACT_IN_ALL, MOST_EXACT_WORK, MOST_WRITTEN = 2_000, 20_000, 8_000, 16_000
"""Entries of all quantities, entries and multiply-adds of all parts of their formulas, and pieces of long
formulas of entries, that are worked exactly and written."""
MOST_MEANWHILE, MOST_IN_ALL, MOST_WORK = 20_000_000, 60_000_000, 4_000_000_000
"""Entries that one function holds while it works, those of all parts of all formulas, both ways, and multiply-adds.

A single result has up to MOST_ENTRIES."""


class Bill:
    """Entries and multiply-adds, added up while shapes are worked out; what is over a limit is refused."""

    def __init__(self) -> None:
        self.entries, self.work, self.written = 0, 0, 0

    def beyond(self, size: int) -> tuple[str, str] | None:
        """What is more than is worked exactly, and the limit; ``size`` is the number of entries of all quantities."""
        table = (
            (size, MOST_EXACT, "entries"),
            (self.entries, MOST_EXACT_IN_ALL, "entries of results and their parts"),
            (self.work, MOST_EXACT_WORK, "multiply-adds"),
            (self.written, MOST_WRITTEN, "pieces of formulas"),
        )
        return next(((f"{found:,} {of}", f"up to {most:,} {of}") for found, most, of in table if found > most), None)

    def fits(self, what: Expr, entries: int, most: int = MOST_ENTRIES) -> None:
        if entries > most:
            raise _refused(f"{text(what)} takes up to {entries:,} entries; the limit is {most:,}")

    def add(self, what: Expr, entries: int, work: int, written: int = 0, most: int = MOST_ENTRIES) -> None:
        """Raises StepperError with the size and the limit where something does not fit."""
        self.fits(what, entries, most)
        self.entries, self.work = self.entries + entries, self.work + work
        self.written += written
        self.check(what)

    def also(self, other: Bill, what: Expr) -> None:
        """Adds what is on another, which is for a formula."""
        self.entries, self.work = self.entries + other.entries, self.work + other.work
        self.written += other.written
        self.check(what)

    def check(self, what: Expr) -> None:
        """Raises StepperError where all together is more than is worked out."""
        if self.entries > MOST_IN_ALL:
            so_many = f"all results together take up to {self.entries:,} entries"
            raise _refused(f"with {text(what)} {so_many}; the limit is {MOST_IN_ALL:,}")
        if self.work > MOST_WORK:
            raise _refused(f"with {text(what)} there are up to {self.work:,} multiply-adds; the limit is {MOST_WORK:,}")


def _refused(what: str) -> StepperError:
    return StepperError(Problem(what, hint="use smaller arrays"))


def cost(row: ArrayFunction, shapes: Mapping[str, Shape], settings: Mapping[str, Setting]) -> tuple[int, int, int]:
    """How many entries a kernel makes, how many multiply-adds it takes, and pieces its formulas have, by its row.

    In the row's formulas the name of an array is the number of its entries, ``n`` and ``long`` the sizes of the first
    one's first and
    longest axis, ``rows`` that of the last one's first, ``step`` the stride; ``places`` is the number of windows in a
    batch, ``inside``
    the number of entries that one holds, ``outputs`` that of a kernel's outputs, ``room`` the number of entries when
    the last axes are padded, ``box`` that of those which one becomes.
    """
    first = next(iter(shapes.values()), ())
    known: dict[str, Fraction] = {name: Fraction(math.prod(shape)) for name, shape in shapes.items()}
    known |= {name: Fraction(most(number)) for name, number in settings.items()}
    last = (*shapes.values(), ())[len(shapes) - 1]
    known |= {
        "n": Fraction(first[0] if first else 1),
        "long": Fraction(max(first, default=1)),
        "rows": Fraction(last[0] if last else 1),
    }
    known |= {"step": Fraction(max(most(settings.get("stride", 1)), 1))}
    if "before" in settings:
        known |= {"room": Fraction(_room(first, settings["before"], settings["after"]))}
    if "factor" in settings:
        factor = settings["factor"]
        known |= {"box": Fraction(math.prod(factor) if isinstance(factor, tuple) else factor**2)}
    if row.sliding:
        places, inside, outputs = _windows(row, shapes, settings)
        known |= {"places": Fraction(places), "inside": Fraction(inside), "outputs": Fraction(outputs)}
    made = _count(row.makes, known) if row.makes else max(map(math.prod, shapes.values()), default=1)
    return made, max(_count(row.works, known) if row.works else 0, made), _count(row.writes, known) if row.writes else 0


def most(setting: Setting) -> int:
    """The largest of a setting's numbers, taken without their signs."""
    return max(map(abs, setting if isinstance(setting, tuple) else (setting,)), default=0)


def _room(shape: Shape, before: Setting, after: Setting) -> int:
    axes = len(before) if isinstance(before, tuple) else 1
    ends = zip(shape[max(len(shape) - axes, 0) :], _along(before, axes), _along(after, axes), strict=False)
    return math.prod(shape[: max(len(shape) - axes, 0)]) * math.prod(sum(sizes) for sizes in ends)


def _along(setting: Setting, axes: int) -> tuple[int, ...]:
    """A setting's numbers along the axes, without signs; of a list that has too few the last one over."""
    numbers = setting if isinstance(setting, tuple) else (setting,)
    return tuple(abs((*numbers, *(numbers[-1:] or (0,)) * axes)[place]) for place in range(axes))


def _windows(row: ArrayFunction, shapes: Mapping[str, Shape], settings: Mapping[str, Setting]) -> tuple[int, int, int]:
    """The places of windows in a batch, the entries that each holds of all channels, and the outputs of a kernel."""
    array, kernel = next(iter(shapes.values())), shapes[row.sliding]
    if row.sliding in list(shapes)[1:]:
        axes = row.slides or (len(kernel) if len(kernel) <= 2 else len(kernel) - 2)
        sizes, inside = kernel[len(kernel) - axes :], math.prod(kernel[1:]) if len(kernel) > axes else math.prod(kernel)
        outputs, lead = kernel[0] if len(kernel) > axes else 1, array[: max(len(array) - axes - 1, 0)]
    else:
        axes = row.slides or min(len(array), 2)
        sizes, lead, outputs = _along(settings["kernel"], axes), array[: max(len(array) - axes, 0)], 1
        inside = math.prod(sizes)
    steps = [step or size for step, size in zip(_along(settings["stride"], axes), sizes, strict=False)]
    around, apart = _along(settings["padding"], axes), _along(settings.get("dilation", 1), axes)
    wide = [size + 2 * number for size, number in zip(array[max(len(array) - axes, 0) :], around, strict=False)]
    reach = [number * (size - 1) + 1 for size, number in zip(sizes, apart, strict=False)]
    places = math.prod(
        max((size - need) // max(step, 1) + 1, 1) for size, need, step in zip(wide, reach, steps, strict=False)
    )
    return math.prod(lead) * max(places, math.prod(wide) // max(inside, 1)), inside, outputs


def _count(formula: str, known: Mapping[str, Fraction]) -> int:
    found = evaluate(_parsed(formula), known, PLAIN)
    assert isinstance(found, Fraction)
    return math.ceil(abs(found))


@lru_cache
def _parsed(formula: str) -> Expr:
    return parse(formula)
