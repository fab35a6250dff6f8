"""An item examined: each answer beside what is found for its key, what was published, and what cannot be worked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from stepper.core.arrays import ArrayGraph
from stepper.core.exam import Case, Item, Verdict
from stepper.core.graph import Graph
from stepper.core.network import Network
from stepper.core.task import Task
from stepper.engine.answers.graphs import Answers, NotBuilt
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
    published: tuple[Finding, ...]
    steps: tuple[Finding, ...]
    unbuilt: tuple[str, ...]
    problems: tuple[Problem, ...]
    contradicts: bool

    @property
    def agrees(self) -> bool:
        """Is nothing wrong with it? What cannot be decided is not wrong."""
        return (
            not self.problems and not any(finding.agrees is False for finding in self.findings) and self.verdict_holds
        )

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


class Judge(Protocol):
    """What compares an answer with what is found for its key."""

    def finding(self, key: str, written: str) -> Finding: ...


def judge_of(subject: Graph | Network | Task, case: Case, patience: Patience | None = None) -> Judge:
    """What works out the answers of one case, each derivation once; ``patience`` for what SymPy is asked about
    formulas.
    """
    patience = patience or Patience()
    if isinstance(subject, Network):
        from stepper.engine.answers.networks import NetworkAnswers

        return NetworkAnswers(subject, case)
    if isinstance(subject, Task):
        from stepper.engine.answers.tasks import TaskAnswers

        return TaskAnswers(subject, case)
    if isinstance(subject, ArrayGraph) and subject.letters:
        from stepper.engine.answers.lettered import LetteredAnswers

        return LetteredAnswers(subject, case, patience)
    if isinstance(subject, ArrayGraph):
        from stepper.engine.answers.arrays import ArrayAnswers

        return ArrayAnswers(subject, case, patience)
    return Answers(subject, case, patience)


def examine(subject: Graph | Network | Task, item: Item, patience: Patience | None = None) -> Outcome:
    """Works every answer of an item out and compares; what cannot be worked does not keep the others from it."""
    examined = _Examined(item)
    first: Judge | None = None
    for place, case in enumerate(item.cases):
        with examined.told(item.place):
            judge = judge_of(subject, case, patience)
            first = judge if place == 0 else first
            examined.judge(judge, case.values, case.places, examined.findings)
    if item.published is not None and first is not None:
        examined.judge(first, item.published.values, item.published.places, examined.published)
        examined.judge(first, item.published.steps, item.published.places, examined.steps)
    return examined.outcome()


class _Examined:
    """What is found of an item, while it is gone through."""

    def __init__(self, item: Item) -> None:
        self.item = item
        self.findings: list[Finding] = []
        self.published: list[Finding] = []
        self.steps: list[Finding] = []
        self.unbuilt: list[str] = []
        self.problems: list[Problem] = list(item.problems)
        self.contradicts = False

    def judge(self, judge: Judge, values: Mapping[str, str], places: Mapping[str, Place], found: list[Finding]) -> None:
        for key, written in values.items():
            with self.told(places.get(key) or self.item.place, key):
                found.append(judge.finding(key, written))

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
