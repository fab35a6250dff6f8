"""Conventions that are no function's own: which slope is taken at a kink, from which number classes are counted."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kink:
    """The slope taken where a function has a kink, as weights of the slope on its left, on its right and in its table
    row.
    """

    name: str
    left: str
    right: str
    row: str
    says: str


@dataclass(frozen=True, slots=True)
class Counting:
    """How classes are numbered: the first one's number, and how that is said."""

    name: str
    first: int
    says: str


COUNTINGS: tuple[Counting, ...] = (
    Counting("from_one", 1, "counted from 1"),
    Counting("from_zero", 0, "counted from 0, as PyTorch does"),
)

KINKS: tuple[Kink, ...] = (
    Kink("pytorch", "0", "0", "1", "the slope PyTorch takes there"),
    Kink("left", "1", "0", "0", "the slope on the left"),
    Kink("right", "0", "1", "0", "the slope on the right"),
    Kink("zero", "0", "0", "0", "the slope 0"),
    Kink("half", "1/2", "1/2", "0", "the mean of the slopes on both sides"),
)
