"""What the words of a drawing are written with: each format's own way, how wide that is, where a line may break."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from stepper.core.prose import Prose
from stepper.render._font import advance
from stepper.render._label import HIGH, LOW
from stepper.render._number import listed
from stepper.render._unicode import formula
from stepper.render.look import Style, honest

Tone: TypeAlias = Literal["name", "label", "formula", "value", "gradient", "note"]
SIZE: Mapping[Tone, float] = {"name": 16, "label": 12, "formula": 12, "value": 12, "gradient": 12, "note": 12}
"""How tall letters are, in units of a drawing."""
BLANK = 0.333
"""How wide a blank is, in parts of the letters' size."""
SMALL = 0.72
"""How large letters are that are raised or lowered."""
WITHIN = 1.35
"""How much longer than its room a line may be before it is broken within brackets or a product."""
_EVEN = 12
"""In so many steps lines are made narrower, until one more would be needed."""
_RAISED = {above: letter for letter, above in HIGH.items() if above != letter} | {"ᵀ": "T"}
_LOW, _HIGH = "".join(LOW.values()), "".join(_RAISED)
_PLAIN = str.maketrans({below: letter.replace("-", "−") for letter, below in LOW.items()}
                       | {above: letter.replace("-", "−") for above, letter in _RAISED.items()})  # fmt: skip
_SHIFTED = re.compile(
    rf"([{_LOW}]+)|_(\w+(?:,\w+)*)|_\(([^()]+)\)|([{_HIGH}]+)|\^\(([^()]+)\)|\^(\w+(?:[.,]\d+)?|\[[^\[\]]+\])"
)
_SIGN = re.compile(r" ([+−⊙=≈<>≤≥←/]) ")
_BREAK, _LATE, HELD = " ", "\ue000", "\u00a0"
"""Where a line may break, where it may only within what is wider than a line, and a blank where it may not."""
_CUT = re.compile(rf"(^|[{_BREAK}{_LATE}])([^{_BREAK}{_LATE}]*)")


class Piece(Struct, frozen=True):
    """What no line is broken in.

    ``before``: what stands between it and the piece before, a blank or nothing; ``rank``: lines are broken where it is
    low before they are broken where it is high, as within brackets and products.
    """

    text: str
    width: float
    before: str = ""
    rank: int = 0


class Row(Struct, frozen=True):
    """A line as a format writes it, and how wide it is in units of the drawing."""

    text: str
    width: float


class Pen(ABC):
    """How one format writes words and formulas."""

    def __init__(self, style: Style) -> None:
        self.style = replace(style, inline=True)
        self._known: dict[Prose, Sequence[Piece]] = {}

    @abstractmethod
    def pieces(self, words: Prose) -> Sequence[Piece]:
        """Words in pieces between which a line may break."""

    def joined(self, pieces: Sequence[Piece]) -> str:
        """Pieces on one line."""
        return "".join((piece.before if place else "") + piece.text for place, piece in enumerate(pieces))

    def line(self, words: Prose, tone: Tone) -> Row:
        """Words on one line."""
        return self._row(self._pieces(words), tone)

    def width(self, words: Prose, tone: Tone) -> float:
        """How wide they are there."""
        return SIZE[tone] * _width(self._pieces(words))

    def rows(self, words: Prose, tone: Tone, room: float) -> list[Row]:
        """Words on as few lines as the room asks for, which are about equally long."""
        pieces, room = self._pieces(words), room / SIZE[tone]
        found = _packed(pieces, room)
        least = _width(pieces) / len(found) if found else 0.0
        for step in range(1, _EVEN):
            narrower = _packed(pieces, least + (room - least) * step / _EVEN)
            if len(narrower) == len(found) and _badness(narrower) < _badness(found):
                found = narrower
                break
        return [self._row(row, tone) for row in found]

    def _row(self, pieces: Sequence[Piece], tone: Tone) -> Row:
        return Row(self.joined(pieces), SIZE[tone] * _width(pieces))

    def _pieces(self, words: Prose) -> Sequence[Piece]:
        if words not in self._known:
            self._known[words] = self.pieces(words)
        return self._known[words]

    def parts(self, words: Prose) -> Prose:
        """Words as they are shown: with signs that are true of rounded numbers, parted for decimal commas."""
        return listed(honest(words, self.style.look), self.style.look)


class Letters(Pen):
    """Words as letters of one line, for formats that know no mathematics."""

    replaced: ClassVar[Mapping[str, str]] = {}
    """Signs that the letters' font has not."""

    def __init__(self, style: Style) -> None:
        plain = {name: label.replace("_", PLAIN) for name, label in style.notation.items() if label.startswith("=")}
        super().__init__(replace(style, notation={**style.notation, **plain}))

    def advance(self, text: str) -> float:
        """How wide a line is set, in parts of its size."""
        return sum(self.level(part) * (SMALL if shift else 1.0) for part, shift in shifted(text))

    def level(self, text: str) -> float:
        """The same of letters in which nothing is raised or lowered."""
        return advance(text)

    def pieces(self, words: Prose) -> Sequence[Piece]:
        written = "".join(part if isinstance(part, str) else self._formula(formula(part, self.style))
                          for part in self.parts(words))  # fmt: skip
        written = _SIGN.sub(rf"{_BREAK}\1{HELD}", written)
        found: list[Piece] = []
        depth = 0
        for blank, text in _CUT.findall(written):
            shown = text.replace(HELD, " ")
            late = blank == _LATE
            found.append(Piece(shown, self.advance(shown), "" if late else blank, 2 * depth + late))
            depth = max(0, depth + sum(map(text.count, "([")) - sum(map(text.count, ")]")))
        return found

    def _formula(self, written: str) -> str:
        for sign, shown in self.replaced.items():
            written = written.replace(sign, shown)
        return written.replace("-", "−").replace("·", f"·{_LATE}")


PLAIN = "_\u2060"
"""An underscore that is one, and sets nothing low: of a function's name, ``batch_norm``."""


def shifted(text: str) -> Iterator[tuple[str, int]]:
    """A line in parts that stand on it (0), below it (-1) and above it (1): fonts for mathematics have no letters of
    their own for subscripts and powers.

    >>> list(shifted("w₁₂·x²"))
    [('w', 0), ('12', -1), ('·x', 0), ('2', 1)]
    """
    place = 0
    for found in _SHIFTED.finditer(text):
        low, below, several, high, wide, above = found.groups()
        if found.start() > place:
            yield text[place : found.start()].replace(PLAIN, "_"), 0
        down = low is not None or below is not None or several is not None
        yield below or several or wide or above or (low or high).translate(_PLAIN), -1 if down else 1
        place = found.end()
    if place < len(text):
        yield text[place:].replace(PLAIN, "_"), 0


def _width(pieces: Sequence[Piece]) -> float:
    return sum(piece.width for piece in pieces) + BLANK * sum(bool(piece.before) for piece in pieces[1:])


def _badness(rows: Sequence[Sequence[Piece]]) -> tuple[int, float]:
    """How deep within a formula lines are broken, then how wide the widest is."""
    return max((row[0].rank for row in rows[1:]), default=0), max(map(_width, rows))


def _packed(pieces: Sequence[Piece], room: float) -> list[list[Piece]]:
    """Pieces on lines, as many on each as it holds; what must be broken, at its lowest rank first.

    Before a line is broken within brackets or a product it may be somewhat longer.
    """
    if _width(pieces) <= room or len(pieces) == 1:
        return [list(pieces)]
    least = min(piece.rank for piece in pieces[1:])
    if least and _width(pieces) <= room * WITHIN:
        return [list(pieces)]
    cuts = [place for place, piece in enumerate(pieces) if place and piece.rank == least]
    rows: list[list[Piece]] = []
    for start, stop in zip([0, *cuts], [*cuts, len(pieces)], strict=True):
        group = list(pieces[start:stop])
        if rows and _width([*rows[-1], *group]) <= room:
            rows[-1] += group
        else:
            rows += _packed(group, room)
    return rows
