"""Numbers as people spell them: a comma that is decimal, groups of three digits, percent, powers of ten, units.

The digits are kept as they stand: 1,50 is ``1.50``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, TypeAlias

from stepper.errors import FormulaError

Comma: TypeAlias = Literal["decimal", "groups", "entries", "points"]
"""What a comma between digits is; with ``points``, a point parts groups too, as in 61.706 parameters."""

LARGEST_SHIFT = 400
_GROUPED = re.compile(r"[1-9]\d{0,2}(?:(?P<sign>[.,'’ \u00a0\u2009\u202f])\d{3})(?:(?P=sign)\d{3})*")
_DOTTED = re.compile(r"\d*\.?\d*")
UNITS: Mapping[str, str] = {
    "KB": "e3", "kB": "e3", "MB": "e6", "GB": "e9", "TB": "e12", "K": "e3", "k": "e3", "M": "e6", "G": "e9",
    "KiB": "*1024", "MiB": "*1048576", "GiB": "*1073741824", "million": "e6", "Mio": "e6", "billion": "e9",
}  # fmt: skip
"""What a word behind a number makes of it."""
ALSO: Mapping[str, str] = {"KB": "*1024", "kB": "*1024", "MB": "*1048576", "GB": "*1073741824"}
"""What some people mean by it."""


def numeral(written: str, comma: Comma) -> str:
    """The number in the language of formulas; entries of a list with commas and blanks between them.

    >>> numeral("1,50", "decimal"), numeral("138,357,544", "decimal"), numeral("1,5", "entries")
    ('1.50', '138357544', '1, 5')

    Raises:
        FormulaError: where it is no number.
    """
    body, mark, power = re.sub("[−]", "-", written).replace("E", "e").partition("e")
    body = body.rstrip(".") if body.endswith(".") else body
    for way in dict.fromkeys((comma, "decimal", "groups", "entries")):
        found = _WAYS[way](body)
        if found:
            return found + mark + power
    raise FormulaError(f"'{written[:40]}' is not a number")


def may_be(written: str) -> dict[Comma, None]:
    """What the commas of a number may be, the likeliest first; nothing where there are none."""
    if "," not in written:
        return {}
    ways: tuple[Comma, ...] = ("decimal", "groups", "entries")
    return dict.fromkeys(way for way in ways if _WAYS[way](written))


def _decimal(body: str) -> str:
    if "," not in body:
        if body.count(".") > 1:
            return body.replace(".", "") if _GROUPED.fullmatch(body) else ""
        return _closed_up(body)
    whole, _, rest = body.partition(",")
    if "," in rest or "." in rest:
        return ""
    if _GROUPED.fullmatch(whole):
        whole = re.sub(r"\D", "", whole)
    return f"{whole or '0'}.{rest}" if whole.isdigit() or not whole else ""


def _groups(body: str) -> str:
    whole, point, rest = body.partition(".")
    found = _GROUPED.fullmatch(whole)
    return re.sub(r"\D", "", whole) + point + rest if found and found["sign"] == "," and "," not in rest else ""


def _entries(body: str) -> str:
    parts = body.split(",")
    return ", ".join(map(_closed_up, parts)) if len(parts) > 1 and all(map(_closed_up, parts)) else ""


def _closed_up(body: str) -> str:
    """A number without commas, its groups closed up."""
    whole, point, rest = body.partition(".")
    if not whole.isdigit() and whole:
        plain = whole.replace("_", "")
        whole = plain if plain.isdigit() else re.sub(r"\D", "", whole) if _GROUPED.fullmatch(whole) else ""
        if not whole:
            return ""
    return whole + point + rest if (whole or rest) and _DOTTED.fullmatch(whole + point + rest) else ""


def _points(body: str) -> str:
    return body.replace(".", "") if may_be_counted(body) else ""


def may_be_counted(body: str) -> bool:
    """May a point part thousands: 61.706?"""
    return re.fullmatch(r"[1-9]\d{0,2}(?:\.\d{3})+", body) is not None


_WAYS = {"decimal": _decimal, "groups": _groups, "entries": _entries, "points": _points}


def shifted(literal: str, places: int) -> str:
    """A literal with its decimal point moved: 74 by -2 is 0.74.

    >>> shifted("12.5", -2), shifted("100", -2)
    ('0.125', '1.00')
    """
    if "e" in literal or not literal or len(literal) > LARGEST_SHIFT:
        raise FormulaError(f"'{literal[:40]}' is not a percentage")
    whole, _, rest = literal.partition(".")
    digits = whole.rjust(1 - places, "0")
    whole, low = digits[:places], digits[places:]
    return f"{whole.lstrip('0') or '0'}.{low}{rest}"
