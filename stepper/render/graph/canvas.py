"""A page of terminal cells with lines and words on it: which sign shows the lines that meet in a cell."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Literal, TypeAlias

from stepper.render._lines import Line, Tone
from stepper.render._unicode import cells

Cell: TypeAlias = tuple[int, int]
"""Row and column."""
Ends: TypeAlias = tuple[int, int, int, int]
"""The lines that go from the middle of a cell up, right, down and left: 0 none, 1 light, 2 heavy."""
UP, RIGHT, DOWN, LEFT = range(4)
ALL_FOUR = 4
JOIN, HEAD_RIGHT, HEAD_DOWN, RULE = "●", "▶", "▼", "┄"
ASCII = {JOIN: "*", HEAD_RIGHT: ">", HEAD_DOWN: "v", RULE: "-", "∂": "d"}


def _signs() -> dict[Ends, str]:
    """The signs of Unicode's block of box drawing by the lines that meet in them, as their names tell.

    >>> _signs()[1, 2, 1, 0]
    '┝'
    """
    sides = {
        "UP": (UP,),
        "RIGHT": (RIGHT,),
        "DOWN": (DOWN,),
        "LEFT": (LEFT,),
        "VERTICAL": (UP, DOWN),
        "HORIZONTAL": (RIGHT, LEFT),
    }
    found: dict[Ends, str] = {}
    for code in range(0x2500, 0x2580):
        words = unicodedata.name(chr(code)).removeprefix("BOX DRAWINGS ").split(" ")
        if not set(words) <= {*sides, "AND", "LIGHT", "HEAVY"}:
            continue
        ends, weight = [0, 0, 0, 0], 0
        for part in " ".join(words).split(" AND "):
            # one weight for both parts of a name, or one in each part
            weight = 2 if "HEAVY" in part else 1 if "LIGHT" in part else weight
            for word in part.split(" "):
                for side in sides.get(word, ()):
                    ends[side] = weight
        found[ends[UP], ends[RIGHT], ends[DOWN], ends[LEFT]] = chr(code)
    return found


SIGNS = _signs()


class Canvas:
    """Lines belong to nets. Those of one net join where they meet; those of two cross, and are shown so that nobody
    takes it for joining.

    With ``ascii`` the tracks, which run down where the drawing runs to the right, pass in front of what they cross.
    """

    def __init__(self, *, ascii: bool = False, tracks_run_down: bool = True) -> None:
        self.ascii = ascii
        self.tracks_run_down = tracks_run_down
        self._ends: dict[Cell, list[int]] = {}
        self._net: dict[Cell, str] = {}
        self._crossed: set[Cell] = set()
        self._words: dict[Cell, tuple[str, Tone]] = {}

    def line(self, net: str, points: Sequence[Cell], heavy: bool) -> None:
        """A line of a net through points that lie in the same row or column, one after the other."""
        weight = 2 if heavy else 1
        for (row, column), (last_row, last_column) in pairwise(points):
            along_row = row == last_row
            one, other = (RIGHT, LEFT) if along_row else (DOWN, UP)
            first, last = sorted((column, last_column) if along_row else (row, last_row))
            for place in range(first, last):
                before, after = (
                    ((row, place), (row, place + 1)) if along_row else ((place, column), (place + 1, column))
                )
                self._end(net, before, one, weight)
                self._end(net, after, other, weight)

    def _end(self, net: str, cell: Cell, side: int, weight: int) -> None:
        ends = self._ends.setdefault(cell, [0, 0, 0, 0])
        ends[side] = max(ends[side], weight)
        if self._net.setdefault(cell, net) != net:
            self._crossed.add(cell)

    def frame(self, net: str, first: Cell, last: Cell, heavy: bool) -> None:
        """A rectangle by its corners."""
        (top, left), (bottom, right) = first, last
        self.line(net, [(top, left), (top, right), (bottom, right), (bottom, left), (top, left)], heavy)

    def write(self, cell: Cell, text: str, tone: Tone) -> None:
        """Words from a cell on; a wide letter takes two cells, a mark over a letter none."""
        row, column = cell
        for letter in text:
            if not cells(letter):
                before = next(
                    (place for place in (column - 1, column - 2) if self._words.get((row, place), ("", ""))[0]), column
                )
                self._words[row, before] = (self._words.get((row, before), ("", tone))[0] + letter, tone)
                continue
            self._words[row, column] = (letter, tone)
            if cells(letter) > 1:
                self._words[row, column + 1] = ("", tone)
            column += cells(letter)

    def lines(self) -> Iterator[Line]:
        """The rows from the top to the last that holds something."""
        widest: dict[int, int] = {}
        for row, column in (*self._ends, *self._words):
            widest[row] = max(widest.get(row, 0), column)
        for row in range(max(widest, default=-1) + 1):
            line: Line = []
            for column in range(widest.get(row, -1) + 1):
                sign, tone = self._shown((row, column))
                if line and line[-1][1] == tone:
                    line[-1] = (line[-1][0] + sign, tone)
                else:
                    line.append((sign, tone))
            yield line

    def _shown(self, cell: Cell) -> tuple[str, Tone]:
        if cell in self._words:
            sign, tone = self._words[cell]
            return (ASCII.get(sign, sign) if self.ascii else sign), tone
        ends = self._ends.get(cell)
        if ends is None:
            return " ", "plain"
        tone = "head" if 2 in ends else "quiet"
        joined = cell not in self._crossed
        if self.ascii:
            return self._plain_sign(ends, joined), tone
        return (JOIN if joined and 0 not in ends else SIGNS[ends[UP], ends[RIGHT], ends[DOWN], ends[LEFT]]), tone

    def _plain_sign(self, ends: Sequence[int], joined: bool) -> str:
        down, across = max(ends[UP], ends[DOWN]), max(ends[RIGHT], ends[LEFT])
        kind: Literal["down", "across", "both"] = "both" if down and across else "down" if down else "across"
        if kind == "both" and joined:
            return ASCII[JOIN] if 0 not in ends else "+"
        if kind == "down" or (kind == "both" and self.tracks_run_down):
            return "|#"[down - 1]
        return "-="[across - 1]
