"""Small changes that mend a formula: a sign, a factor, an exponent, a name, the order of matrices; one row for each."""

from __future__ import annotations

from msgspec import Struct


class Edit(Struct, frozen=True):
    """A change of one place of a formula that was written, which makes it right.

    Attributes:
        change: the name of the change (``engine/edits/edits.py``).
        says: what is wrong with what was written. In braces ``part``, the part that is there, and ``other``, what
            would stand in its place, or is missing beside it.
        size: how large the change is, from 1; the smallest that mends a formula is told.
    """

    change: str
    says: str
    size: int


EDITS: tuple[Edit, ...] = (
    Edit("turn a difference", "{part} is written for {other}", 1),
    Edit("change a sign", "the sign of {part} is changed", 1),
    Edit("change the exponent", "{part} is written for {other}", 1),
    Edit("take a factor out", "the factor {part} is too many", 1),
    Edit("take a divisor out", "the divisor {part} is too many", 1),
    Edit("put a number in as a factor", "the factor {other} is left out of {part}", 1),
    Edit("put a number in as a divisor", "{part} is not divided by {other}", 1),
    Edit("transpose a matrix", "{part} is written for {other}", 1),
    Edit("exchange matrices", "{part} is written for {other}", 1),
    Edit("another product", "{part} is written for {other}", 1),
    Edit("another comparison", "{part} is written for {other}", 1),
    Edit("take from 1", "{part} is written for {other}", 2),
    Edit("put a name in as a factor", "the factor {other} is left out of {part}", 2),
    Edit("put one minus a name in as a factor", "the factor {other} is left out of {part}", 2),
    Edit("put a name in as a divisor", "{part} is not divided by {other}", 2),
    Edit("another name", "{part} is written for {other}", 2),
    Edit("take a term out", "the term {part} is too many", 2),
    Edit("move a bracket", "the brackets are misplaced: {part} is written for {other}", 2),
    Edit("leave a function out", "{part} is written for {other}", 2),
    Edit("put a function in", "{part} is written for {other}", 2),
    Edit("another operator", "{part} is written for {other}", 3),
    Edit("another number", "{part} is written for {other}", 3),
    Edit("put a term in", "the term {other} is left out beside {part}", 3),
)
BRACKETS: tuple[Edit, ...] = (
    Edit("put a bracket in", "a bracket is missing", 1),
    Edit("take a bracket out", "there is a bracket too many", 1),
    Edit("put a factor and its bracket in", "the factor {other} is left out, with the bracket after it", 2),
)
"""Where brackets do not match."""
