"""An item examined: each answer beside what is found for its key, what was published, and what cannot be worked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from msgspec import Struct
from msgspec.structs import replace

from stepper.core.exam import Item, Verdict
from stepper.core.exercise import Exercise
from stepper.engine.answers.graphs import NotBuilt
from stepper.engine.answers.judge import Judge, judge_of
from stepper.engine.answers.printed import Printed
from stepper.engine.answers.published import Printing
from stepper.engine.values.judging import Finding
from stepper.engine.values.symbolic_limits import Patience
from stepper.errors import Contradiction, Place, Problem, StepperError


class Outcome(Struct, frozen=True):
    """How an exam item came out: its answers, the published values and steps, what is not built, what cannot be worked.

    ``verdict`` is stepper's on what was published; None where there is nothing to judge, or it cannot be decided.
    ``contradicts``: stepper contradicts itself.
    """

    item: Item
    findings: tuple[Finding, ...]
    published: tuple[Printed, ...]
    steps: tuple[Printed, ...]
    unbuilt: tuple[str, ...]
    problems: tuple[Problem, ...]
    contradicts: bool

    @property
    def agrees(self) -> bool:
        """Is nothing wrong with it? What cannot be decided is not wrong."""
        return not self.problems and not any(finding.holds is False for finding in self.findings) and self.verdict_holds

    @property
    def verdict(self) -> Verdict | None:
        if any(finding.agrees is False for finding in self.published):
            return "false"
        if any(finding.agrees is False for finding in self.steps):
            return "partial"
        judged = (*self.published, *self.steps)
        if not judged or any(finding.agrees is None for finding in judged) or self.item.published is None:
            return None
        return "partial" if self.item.published.error else "true"

    @property
    def verdict_holds(self) -> bool:
        """A document that says whether a published solution is right says what stepper finds."""
        claimed = self.item.published.verdict if self.item.published is not None else None
        return claimed is None or self.verdict is None or claimed == self.verdict


def examine(subject: Exercise, item: Item, patience: Patience | None = None) -> Outcome:
    """Works every answer of an item out and compares; what cannot be worked does not keep the others from it."""
    examined = _Examined(item)
    first: Judge | None = None
    for place, case in enumerate(item.cases):
        with examined.told(item.place):
            judge = judge_of(subject, case, patience)
            first = judge if place == 0 else first
            examined.judge(judge, case.values, case.places, examined.findings)
    published = item.published
    if published is not None and first is not None:
        printing = Printing(subject, first, item.cases[0], published.settings, patience or Patience())
        examined.print(printing, published.values, published.places, examined.published)
        examined.print(printing, published.steps, published.places, examined.steps)
    return examined.outcome()


class _Examined:
    """What is found of an item, while it is gone through."""

    def __init__(self, item: Item) -> None:
        self.item = item
        self.findings: list[Finding] = []
        self.published: list[Printed] = []
        self.steps: list[Printed] = []
        self.unbuilt: list[str] = []
        self.problems: list[Problem] = list(item.problems)
        self.contradicts = False

    def judge(self, judge: Judge, values: Mapping[str, str], places: Mapping[str, Place], found: list[Finding]) -> None:
        for key, written in values.items():
            with self.told(places.get(key) or self.item.place, key):
                found.append(judge.finding(key, written))

    def print(
        self, printing: Printing, values: Mapping[str, str], places: Mapping[str, Place], found: list[Printed]
    ) -> None:
        for key, written in values.items():
            with self.told(places.get(key) or self.item.place, key):
                found.append(printing.printed(key, written))

    @contextmanager
    def told(self, place: Place | None, key: str = "") -> Iterator[None]:
        """Keeps what goes wrong as the item's own failure, with its place."""
        try:
            yield
        except NotBuilt as error:
            self.unbuilt.append(error.key)
        except StepperError as error:
            self.contradicts |= isinstance(error, Contradiction)
            owner = ", ".join(filter(None, (self.item.name, key)))
            self.problems += [
                replace(
                    problem, what=f"{owner}: {problem.what}", where=place if _is_own(problem.where) else problem.where
                )
                for problem in error.problems
            ]

    def outcome(self) -> Outcome:
        judged = tuple(self.findings), tuple(self.published), tuple(self.steps)
        return Outcome(self.item, *judged, tuple(self.unbuilt), tuple(self.problems), self.contradicts)


def _is_own(place: Place | None) -> bool:
    """Does a place stand nowhere in a document?"""
    return place is None or not place.line
