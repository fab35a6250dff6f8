"""What stands behind a number and belongs to it: percent, a power of ten, a unit."""

from __future__ import annotations

import re
from collections.abc import Sequence

from stepper.read.working.names import Names
from stepper.read.working.numerals import UNITS, shifted
from stepper.read.working.pieces import Piece

TIMES = frozenset("·×∙⋅*∗•")
LONGEST_POWER = 6
RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_WHOLE = rf"-?\d{{1,{LONGEST_POWER}}}"


def scaled(literal: str, found: Sequence[Piece], at: int, known: Names) -> tuple[str, int]:
    """A number with what stands behind it, from ``at`` on, and how many pieces that takes.

    The digits stay as they are written: 7.4·10⁻¹ is ``7.4e-1``, and 74 % is ``0.74``.
    """
    ahead = found[at : at + 8]
    if not ahead:
        return literal, 0
    if ahead[0].text == "%":
        return shifted(literal, -2), 1
    if ahead[0].text in ("…", "...") and not ahead[0].apart and "." in literal and not _factor(ahead[1:]):
        return literal, 1
    if "e" in literal:
        return literal, 0
    divided = at > 1 and found[at - 2].text in ("/", "÷", "^")
    if len(ahead) > 2 and ahead[1].text == "10" and (ahead[0].text in TIMES or ahead[0].text == "x") and not divided:
        places, taken = _places(ahead[2:])
        if taken:
            return f"{literal}e{places}", 2 + taken
    unit, after = ahead[0], ahead[1] if len(ahead) > 1 else None
    alone = after is None or (after.kind != "name" and after.text not in ("(", "["))
    if alone and unit.kind == "name" and unit.text in UNITS and not known.known(unit.text):
        return literal + UNITS[unit.text], 1
    return literal, 0


def _factor(ahead: Sequence[Piece]) -> bool:
    """Does something follow, so that dots do not say that digits go on?"""
    return bool(ahead) and ahead[0].kind in ("number", "name")


def _places(ahead: Sequence[Piece]) -> tuple[str, int]:
    """The whole exponent behind a 10, and how many pieces it takes."""
    power = ahead[0]
    if power.kind == "power":
        return power.text.translate(RAISED).lstrip("+"), 1
    if power.kind == "script" and power.text[0] == "^":
        inside = re.sub(r"[−–]", "-", power.text[2:-1].replace(" ", ""))
        return (inside, 1) if re.fullmatch(_WHOLE, inside) else ("", 0)
    if power.text not in ("^", "**"):
        return "", 0
    written = ""
    for taken, part in enumerate(ahead[1:5], start=2):
        written += re.sub(r"[−–]", "-", part.text)
        found = re.fullmatch(rf"\(({_WHOLE})\)|({_WHOLE})", written)
        if found:
            return found[1] or found[2], taken
    return "", 0
