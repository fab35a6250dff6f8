"""Conventions that are no function's own: slopes at kinks, from which number classes are counted, how entries are
named.
"""

from __future__ import annotations

from msgspec import Struct


class Kink(Struct, frozen=True):
    """The slope taken where a function has a kink, as weights of the slope on its left, on its right and in its table
    row.
    """

    name: str
    left: str
    right: str
    row: str
    says: str


class Counting(Struct, frozen=True):
    """How classes are numbered: the first one's number, and how that is said."""

    name: str
    first: int
    says: str


class Indexing(Struct, frozen=True):
    """The order of the two indices of a weight, in a network that is unfolded to numbers: ``target`` is the place of
    the unit that it leads to.
    """

    name: str
    target: int
    says: str


class Numbering(Struct, frozen=True):
    """How the units of layers with the same letter are numbered: ``through`` all of them, or in each from 1."""

    name: str
    through: bool
    says: str


INDEXINGS: tuple[Indexing, ...] = (
    Indexing("ij", 1, "w_ij leads from unit i to unit j"),
    Indexing("ji", 0, "w_ji leads from unit i to unit j, as row j of W·x"),
)

NUMBERINGS: tuple[Numbering, ...] = (
    Numbering("through", True, "the entries of h1 and h2 are h1, h2, h3 and h4, h5, h6"),
    Numbering("layer", False, "the entries of h1 and h2 are h1[1] to h1[3] and h2[1] to h2[3]"),
)

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
