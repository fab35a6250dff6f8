"""Conventions that are no function's own: which slope is taken at a kink."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kink:
    """The slope taken where a function has a kink, as weights of the slope on its left, on its right and in its table row."""

    name: str
    left: str
    right: str
    row: str
    says: str


KINKS: tuple[Kink, ...] = (
    Kink("pytorch", "0", "0", "1", "the slope PyTorch takes there"),
    Kink("left", "1", "0", "0", "the slope on the left"),
    Kink("right", "0", "1", "0", "the slope on the right"),
    Kink("zero", "0", "0", "0", "the slope 0"),
    Kink("half", "1/2", "1/2", "0", "the mean of the slopes on both sides"),
)
