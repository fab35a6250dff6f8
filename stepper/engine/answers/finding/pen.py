"""Slips of the pen: a number that is right but for two digits exchanged, or one written wrong."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import pairwise

from stepper.core.expr import Number
from stepper.engine.values.judging import Spelling

MOST_PLACES = 40


def exchanged(spelled: Spelling | None, written: Number, right: Number) -> tuple[str, str] | None:
    """The two neighbouring digits that are exchanged; None where that is not all.

    >>> from stepper.core.parser import parse
    >>> from stepper.engine.values.judging import spelling
    >>> exchanged(spelling(parse("0.47")), Fraction(47, 100), 0.74)
    ('4', '7')
    """
    for one, other in _texts(spelled, written, right):
        places = [place for place, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
        for first, second in pairwise(places):
            if len(places) == 2 and (one[first], one[second]) == (other[second], other[first]):
                between = one[first + 1 : second]
                if between in ("", "."):
                    return one[first], one[second]
    return None


def changed(spelled: Spelling | None, written: Number, right: Number) -> tuple[str, str] | None:
    """The one digit that is written wrong, and what it is; None where more differs."""
    for one, other in _texts(spelled, written, right) if spelled is not None and spelled.digits > 1 else ():
        differing = [(a, b) for a, b in zip(one, other, strict=True) if a != b]
        if len(differing) == 1 and differing[0][0].isdigit():
            return differing[0]
    return None


def _texts(spelled: Spelling | None, written: Number, right: Number) -> list[tuple[str, str]]:
    """What is written, and what is right with as many places, rounded and cut off."""
    places = None if spelled is None else spelled.places
    if places is None or not 0 <= places <= MOST_PLACES or not isinstance(right, Fraction | float):
        return []
    unit = Decimal(1).scaleb(-places)
    found = []
    for way in (ROUND_HALF_UP, ROUND_DOWN):
        one, other = (f"{_decimal(number).quantize(unit, rounding=way):f}" for number in (written, right))
        if len(one) == len(other):
            found.append((one, other))
    return found


def _decimal(number: Number) -> Decimal:
    top, bottom = number.as_integer_ratio()
    return Decimal(top) / Decimal(bottom)
