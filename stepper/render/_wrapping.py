"""MathML in pieces between which a browser may break a line, since it breaks none within a formula by itself."""

from __future__ import annotations

import re

_TAG = re.compile(r"<(/?)(\w+)[^>]*>")
_BREAKING = frozenset({"mo", "mtext"})
_SEPARATOR = '<mo separator="true">'
_INFIX, _WORD = '<mo form="infix">', "<mtext>"
_PREFIX, _STRETCHED = '<mo form="prefix"', 'stretchy="true"'
_OF_TEN = "·</mo><msup><mn>10</mn>"
_SIGNS, _PRODUCTS, _CONDITIONS = "", "·⊙", "=≠≤≥&"
"""The signs before which a line is broken: all but those of products first, then these. Those of conditions are none in
brackets (``&`` begins < and > as they are escaped).
"""
LONGEST = 24
"""Letters of a formula that every line holds."""


def math(inside: str, *, block: bool = False) -> str:
    """A formula as ``math`` elements, one for each piece.

    >>> math("<mi>x</mi>")
    '<math><mrow><mi>x</mi></mrow></math>'
    """
    opening = '<math displaystyle="true"><mrow>' if block else "<math><mrow>"
    return "<wbr>".join(f"{opening}{piece}</mrow></math>" for piece in pieces(inside))


def letters(mathml: str) -> int:
    """About how many letters wide a formula is set."""
    return len(re.sub(r"<[^>]*>|&\w+;", "", mathml))


def pieces(inside: str) -> list[str]:
    """A long formula in pieces: parted before signs and behind commas, where all that is open there is rows, and no
    brackets that grow with what is in them; at products only where a term is long.
    """
    if letters(inside) <= LONGEST:
        return [inside]
    terms = _parted(inside, _SIGNS)
    return [piece for term in terms for piece in (_parted(term, _PRODUCTS) if letters(term) > LONGEST else [term])]


def _parted(inside: str, signs: str) -> list[str]:
    """A formula parted before some signs, and with sums behind commas; rows that are open are closed at the end of a
    piece, and opened again in the next.
    """
    found: list[str] = []
    open_tags: list[str] = []
    before, begin, place, empty = "", 0, 0, True
    for tag in _TAG.finditer(inside):
        (closes, name), (start, end) = tag.group(1, 2), tag.span()
        if name in _BREAKING and not closes and not empty and _may_break(inside, start, open_tags, signs):
            found.append(f"{before}{inside[begin:start]}{'</mrow>' * len(open_tags)}")
            before, begin, place, empty = "<mrow>" * len(open_tags), start, start, True
        if closes:
            open_tags.pop()
        else:
            open_tags.append(_kind(inside, end) if name == "mrow" else name)
        empty = empty and not letters(inside[place:end])
        place = end
        comma = closes and name == "mo" and inside.startswith(_SEPARATOR, inside.rfind("<mo", 0, place))
        if comma and signs == _SIGNS and _rows_only(open_tags):
            found.append(f"{before}{inside[begin:end]}{'</mrow>' * len(open_tags)}")
            before, begin, empty = "<mrow>" * len(open_tags), end, True
    return [*found, before + inside[begin:]]


def _kind(inside: str, place: int) -> str:
    """Of a row that begins here: plain, between brackets, or between brackets that grow."""
    if not inside.startswith(_PREFIX, place):
        return "mrow"
    return "tall" if _STRETCHED in inside[place : inside.index(">", place)] else "fence"


def _rows_only(open_tags: list[str]) -> bool:
    return all(tag in ("mrow", "fence") for tag in open_tags)


def _may_break(inside: str, place: int, open_tags: list[str], signs: str) -> bool:
    """Does a sign begin here before which a line may be broken, or a word?

    Products and conditions are kept whole in brackets, as powers of ten are.
    """
    if not _rows_only(open_tags):
        return False
    if not inside.startswith(_INFIX, place):
        return signs == _SIGNS and inside.startswith(_WORD, place)
    sign, within = inside[place + len(_INFIX)], "fence" in open_tags
    if signs == _SIGNS:
        return sign not in _PRODUCTS and not (within and sign in _CONDITIONS)
    return sign in _PRODUCTS and not within and not inside.startswith(_OF_TEN, place + len(_INFIX))
