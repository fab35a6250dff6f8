"""Numbers that a listing states of a layer after an arrow: ``-> 10x7x7; 100 parameters; sees 3 + 2*10 = 32``.

A statement is a shape, ``sides word`` or ``word sides``; between statements stands a semicolon, or a comma and a blank.
The sides of an equation are kept as they stand. A rounded number such as 3.2M is not compared.
"""

from __future__ import annotations

import re

from stepper.core.network import Claim, Shape
from stepper.core.parser import parse
from stepper.errors import FormulaError, Place, Problem
from stepper.read.collect import Collected
from stepper.read.commas import split_top
from stepper.read.shape import read_shape

WORDS = {
    "parameters": r"(?:learnable |trainable )?param(?:eter)?s?(?: #)?|# ?param(?:eter)?s?",
    "weights": r"weights?",
    "biases": r"bias(?:es)?",
    "macs": r"macs?|multiply[- ]adds?|mult-?adds?|multiply-accumulates?",
    "flops": r"flops?|floating[- ]point operations",
    "numbers": r"memory|numbers?|activations?|activation size|values",
    "field": r"covers|sees|rf|receptive[ _]field",
}
"""What a number counts, and the words for it."""

_ANY = "|".join(f"(?P<{what}>{words})" for what, words in WORDS.items())
_SIDES = r"(?P<sides>[\d(][-\d\s.,()*x×·+/=^KMBG≈~]*)"
_AFTER = re.compile(rf"\s*{_SIDES}\s*\b(?:{_ANY})\s*", re.IGNORECASE)
_BEFORE = re.compile(rf"\s*(?:{_ANY})\s*(?::|=|of\b|is\b|are\b)?\s*{_SIDES}", re.IGNORECASE)
_GROUPS = re.compile(r"[\[(][^\])]*[\])]|(?<=\d),(?=\d{3}(?!\d))")
_LIKE_SHAPE = re.compile(r"\d\s*[x×@,]|[x×@,]\s*\d|\s[x×]\s|,|(?:^|[x×])[A-Z][x×]")  # MaxPool is none
_ROUNDED = re.compile(r"[≈~].*|.*\d\s*[KMBG]")
_TIMES = re.compile(r"(?<=[\d)])\s*[x×·]\s*(?=[\d(])")


def word_for(text: str) -> str:
    """What a word counts, or nothing.

    >>> word_for("Param #")
    'parameters'
    """
    return next((what for what, words in WORDS.items() if re.fullmatch(words, text.strip(), re.IGNORECASE)), "")


def is_claim(part: str) -> bool:
    """Does a part of a chain state a shape or a number, and is no layer?"""
    if "(" not in part[1:] and _LIKE_SHAPE.search(part) and read_shape(part, "CHW") is not None:
        return True
    first = re.split(r"[;]|,\s", part, maxsplit=1)[0]
    if _AFTER.fullmatch(first) or _BEFORE.fullmatch(first):
        return True
    return (
        first != part
        and read_shape(first, "CHW") is not None
        and "(" not in first.strip()[1:]
        and bool(re.search(r"\d", first))
    )


def state(listing: Collected, part: str, start: int, place: Place) -> None:
    """What a part of a chain states of the layers from ``start`` on."""
    if len(listing.layers) <= start:
        listing.problems.append(
            Problem(f"'{part.strip()}' states something about a layer, but no layer comes before it", place)
        )
        return
    shape = read_shape(part, "CHW")
    if shape is not None and "@" in part:
        listing.claim(shape)
    elif shape is not None:
        listing.state(shape)
    else:
        for number, statement in enumerate(statements(part)):
            _statement(listing, statement, number == 0, start, place)


def statements(part: str) -> list[str]:
    """The statements of a part of a chain, their digit groups closed up."""
    closed = _GROUPS.sub(lambda found: "" if found[0] == "," else found[0], part)
    return [piece.strip() for _, piece in split_top(closed, ",;") if piece.strip()]


def _statement(listing: Collected, text: str, first: bool, start: int, place: Place) -> None:
    """One statement. A number alone is a shape where it stands first."""
    shape = read_shape(text, "CHW")
    found = _AFTER.fullmatch(text) or _BEFORE.fullmatch(text)
    if found:
        what = next(word for word in WORDS if found[word])
        state_number(listing, what, found["sides"], start, place)
    elif shape is not None and (first or re.search(r"[x×@,]|^\W", text)):
        listing.state(shape)
    else:
        listing.problems.append(
            Problem(
                f"'{text}' is not a known statement about a layer",
                place,
                "such as 10x7x7; 100 parameters; receptive field 3",
            )
        )


def state_number(listing: Collected, what: str, text: str, start: int, place: Place) -> None:
    """An equation about the layers from ``start`` on; where there are several, of the one that it can be about."""
    sides = [side.strip() for side in re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text).split("=") if side.strip()]
    exact = [_TIMES.sub("*", side) for side in sides if not _ROUNDED.fullmatch(side)]
    if len(exact) < len(sides):
        listing.said[("rounded numbers such as 3.2M are not compared",)] = None
    if what == "field":
        exact = [re.sub(r"^(\d+)\*(\1)$", r"\1", side) for side in exact]  # a field of 14x14 is 14 along each axis
    try:
        claim = Claim(what, tuple(parse(side) for side in exact))
    except FormulaError as error:
        listing.problems.append(Problem(f"'{text.strip()}' is not a number: {error.what}", place, error.hint))
        return
    if claim.sides:
        listing.state_number(claim, start)


def shape_stated(text: str) -> Shape | None:
    """A cell that is a shape: (60, 60, 8), [224x224x64] or (30); a number alone, also 216,030, is none."""
    if re.search(r"[=+]|^\s*\d{1,3}(?:,\d{3})+\s*$", text) or not re.search(r"[x×@,]|^[\[(]", text.strip()):
        return None
    return read_shape(text, "CHW")
