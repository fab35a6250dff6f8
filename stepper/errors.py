"""What can go wrong for a user: what, where, and what to try. The only exceptions that cross a room's door."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

MOST_TOLD = 50
MOST_COMPARED = 2_000


class Place(Struct, frozen=True):
    """A spot in what the user wrote: ``source:line:column``, with the line itself so that a caret can point into it.

    Lines and columns count from 1; ``line`` is 0 where the source has no lines (an option on the command line).
    """

    source: str
    line: int = 0
    column: int = 0
    width: int = 1
    text: str = ""

    def __str__(self) -> str:
        numbers = [str(number) for number in (self.line, self.column) if number]
        return ":".join([self.source, *numbers])


class Problem(Struct, frozen=True):
    """One mistake: what it is, where it stands, what to try."""

    what: str
    where: Place | None = None
    hint: str = ""

    def report(self) -> str:
        """The one form in which every mistake is told.

        >>> print(
        ...     Problem(
        ...         "'sigmod' is not a known function", Place("a.yaml", 4, 6, 6, "  h: sigmod(w*x)"), "sigmoid?"
        ...     ).report()
        ... )
        a.yaml:4:6: error: 'sigmod' is not a known function
          |
        4 |   h: sigmod(w*x)
          |      ^^^^^^
          = help: sigmoid?
        """
        where = f"{self.where}: " if self.where else ""
        lines = ["".join(character if character.isprintable() else "?" for character in f"{where}error: {self.what}")]
        margin = ""
        if self.where and self.where.text:
            number = str(self.where.line or "")
            margin = " " * len(number)
            shown, before, under = _window(self.where)
            lines += [f"{margin} |", f"{number} | {shown}", f"{margin} | {before}{under}"]
        if self.hint:
            lines.append(f"{margin or ' '} = help: {self.hint}")
        return "\n".join(lines)


def _window(place: Place, room: int = 100) -> tuple[str, str, str]:
    """The part of the line around the column, the blanks before the caret, and the carets, in terminal cells."""
    text = "".join(character if character.isprintable() else " " for character in place.text)
    start = max(place.column - 1, 0)
    cut = max(0, start - room // 2)
    shown = ("…" if cut else "") + text[cut : cut + room] + ("…" if len(text) > cut + room else "")
    offset = start - cut + (1 if cut else 0)
    width = max(1, min(place.width, len(shown) - offset))
    return shown, " " * _cells(shown[:offset]), "^" * max(1, _cells(shown[offset : offset + width]))


def _cells(text: str) -> int:
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    combining = sum(bool(unicodedata.combining(character)) for character in text)
    return len(text) + wide - combining


class StepperError(Exception):
    """The user's input or call is at fault (exit 2). Holds every problem found, not only the first.

    ``partial`` is the solution up to the mistake, where there is one.
    """

    exit_code = 2
    partial: Any = None

    def __init__(self, *problems: Problem) -> None:
        super().__init__(*problems)
        self.problems = problems

    def __str__(self) -> str:
        more = len(self.problems) - MOST_TOLD
        told = [problem.report() for problem in self.problems[:MOST_TOLD]]
        return "\n".join([*told, *([f"error: and {more} more"] if more > 0 else [])])

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows of it: the words, without the way through our code."""
        return str(self).splitlines()


class Contradiction(StepperError):
    """stepper's own ways to one value come apart (exit 3)."""

    exit_code = 3


class FormulaError(StepperError):
    """A mistake in one formula, at ``start`` (from 0) for ``width`` characters.

    The reader that knows the file moves it there.
    """

    def __init__(self, what: str, start: int = 0, width: int = 1, hint: str = "", *, text: str = "") -> None:
        place = Place("formula", 0, start + 1, width, text) if text else None
        super().__init__(Problem(what, place, hint))
        self.what, self.start, self.width, self.hint = what, start, width, hint

    def within(self, place: Place) -> Problem:
        """The same problem in the user's document: ``place`` is where the formula begins."""
        if place.column:
            place = replace(place, column=place.column + self.start, width=self.width)
        return Problem(self.what, place, self.hint)


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint that names the nearest known name, or nothing.

    >>> nearest("sigmod", ["sigmoid", "tanh"])
    "did you mean 'sigmoid'?"
    """
    known = list(known)
    if len(known) > MOST_COMPARED:  # comparing with each of a large net's names would take seconds
        known = [
            candidate for candidate in known if candidate[:1] == name[:1] and abs(len(candidate) - len(name)) <= 1
        ][:MOST_COMPARED]
    folded = {candidate.casefold(): candidate for candidate in reversed(known)}
    if name.casefold() in folded and name not in known:
        return f"did you mean '{folded[name.casefold()]}'?"
    import difflib

    found = difflib.get_close_matches(name, known, n=1, cutoff=0.6) or [
        folded[match] for match in difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    ]
    return f"did you mean '{found[0]}'?" if found else ""
