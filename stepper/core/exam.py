"""Exam items: calculations with expected values, and what published solutions print of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from msgspec import Struct, field

from stepper.errors import Place, Problem

Verdict: TypeAlias = Literal["true", "partial", "false"]
"""Of a published solution: right, its result right and a step wrong, or wrong."""


class Case(Struct, frozen=True):
    """One calculation with expected values; ``settings`` are the options to run it with, ``places`` where each value
    stands.
    """

    values: Mapping[str, str]
    settings: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)


class Published(Struct, frozen=True):
    """What a published solution prints: its results, and ``steps`` on the way to them.

    ``verdict``, where it is given, is a claim on what stepper finds; ``error`` is a fault in words, which stepper
    cannot find. ``settings`` are options of its own, such as a stride that is printed.
    """

    values: Mapping[str, str]
    verdict: Verdict | None = None
    error: str = ""
    steps: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def claims(self) -> tuple[tuple[str, str], ...]:
        """All that can be checked, by its keys: the steps, and the results."""
        return (*self.steps.items(), *self.values.items())


class Item(Struct, frozen=True):
    """An exam item: the answers that stepper must reach, and what was published.

    ``beside``: the item of the exam that this one calculates further; an item of an exam itself has none.
    ``problems``: why it cannot be read; what else its document says is not touched by that.
    """

    name: str
    cases: tuple[Case, ...]
    published: Published | None = None
    place: Place | None = None
    problems: tuple[Problem, ...] = ()
    beside: str = ""
