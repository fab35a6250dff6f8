"""A line in statements: what stands between semicolons, arrows of consequence, and commas before a further name."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from stepper.core.working import Relation
from stepper.read.working.keys import named, named_part
from stepper.read.working.names import Names
from stepper.read.working.pieces import Piece

AND = frozenset({
    "and", "und", "also", "so", "thus", "hence", "then", "therefore", "daher", "dann", "with", "where", "because",
    "since", "or",
})  # fmt: skip
"""Words between two chains."""
APPROXIMATE = frozenset("≈≃≅≐~∼") | {"=~", "~="}
IS = frozenset({"is", "equals", "ist", "gives", "becomes", "beträgt"})
LONGEST_NAME, LOOKED_BACK = 12, 40


class Statement(Struct):
    """What is said of one quantity: pieces before the first relation, then a relation and pieces by turns."""

    left: list[Piece]
    sides: list[tuple[Relation, list[Piece]]]
    sign: str = "="
    """The first relation as it is written: ``w ← w - 0.1`` is about the next value."""


def statements_of(found: Sequence[Piece], line: str, known: Names) -> list[Statement]:
    """The statements of a line in pieces."""
    return _Splitter(found, line, known).statements()


class _Splitter:
    def __init__(self, found: Sequence[Piece], line: str, known: Names) -> None:
        self.found, self.text, self.known = found, line, known

    def statements(self) -> list[Statement]:
        """What stands between semicolons, arrows of consequence, and commas before a further name."""
        found: list[Statement] = []
        now: Statement | None = None
        waiting: list[Piece] = []
        for place, piece in enumerate(self.found):
            relation = self.relation(piece, place, now, waiting)
            if piece.depth == 0 and piece.kind == "then":
                self.end(found, now, waiting)
                now, waiting = None, []
            elif relation and now is None:
                now, waiting = Statement(waiting, [], piece.text), []
                now.sides.append((relation, waiting))
            elif relation and now is not None:
                now, waiting = self.go_on(found, now, waiting, (relation, piece))
            else:
                waiting.append(piece)
        self.end(found, now, waiting)
        return found

    def end(self, found: list[Statement], now: Statement | None, waiting: list[Piece]) -> None:
        if now is not None:
            found.append(now)
        elif any(piece.kind == "name" for piece in waiting):
            self.worded(found, waiting)

    def worded(self, found: list[Statement], waiting: list[Piece]) -> None:
        """``L is 0.693``."""
        for place, piece in enumerate(waiting):
            if piece.text.lower() in IS and 0 < place < len(waiting) - 1 and piece.depth == 0:
                after = waiting[place + 1 :]
                left = named_part(waiting[:place], self.known)
                digits = any(part.kind == "number" for part in after)
                if left and digits and named(self.written(left), self.known) is not None:
                    found.append(Statement(left, [("=", after)]))
                return

    def written(self, found: Sequence[Piece]) -> str:
        return self.text[found[0].start : found[-1].end] if found else ""

    def relation(self, piece: Piece, place: int, now: Statement | None, waiting: list[Piece]) -> Relation | None:
        """Does a sign part two sides here?"""
        if piece.depth:
            return None
        if piece.kind == "relation":
            return "≈" if piece.text in APPROXIMATE else "="
        colon = piece.kind == "sign" and piece.text == ":"
        if (piece.kind != "arrow" and not colon) or now is not None or not waiting:
            return None
        ahead = [after for after in self.found[place + 1 :][:40] if after.depth == 0]
        if any(after.kind == "relation" for after in ahead[:2]) or not any(
            after.kind == "number" or after.text in "([" for after in ahead
        ):
            return None
        if any(after.kind == "arrow" for after in ahead) and piece.kind == "arrow":
            return None
        parts = filter(None, (waiting, named_part(waiting, self.known)))
        named_so = any(named(self.written(part), self.known) is not None for part in parts)
        if colon and any(after.kind == "relation" for after in ahead) and not self.starts_value(place + 1):
            return None
        return "=" if named_so else None

    def starts_value(self, place: int) -> bool:
        ahead = self.found[place] if place < len(self.found) else None
        return ahead is not None and (ahead.kind == "number" or ahead.text in "([-−")

    def go_on(
        self, found: list[Statement], now: Statement, waiting: list[Piece], next_one: tuple[Relation, Piece]
    ) -> tuple[Statement, list[Piece]]:
        """A further relation: of the same chain, or of a next one whose name stands behind a comma."""
        relation, sign = next_one
        cut = self.cut(waiting) or self.close(waiting, sign)
        if cut is not None:
            before, left = cut
            now.sides[-1] = (now.sides[-1][0], before)
            found.append(now)
            now = Statement(left, [], sign.text)
        elif not waiting:  # "= ≈ 0.7" is one relation
            now.sides[-1] = (relation, waiting)
            return now, waiting
        fresh: list[Piece] = []
        now.sides.append((relation, fresh))
        return now, fresh

    def cut(self, waiting: list[Piece]) -> tuple[list[Piece], list[Piece]] | None:
        """Where a side ends and the next chain begins: ``0.05, v1``."""
        for place in range(len(waiting) - 1, -1, -1):
            piece = waiting[place]
            if len(waiting) - place > 40 or (piece.depth and place < len(waiting) - 12):
                return None
            parts = piece.depth == 0 and (
                piece.text in (",", "|")
                or piece.kind == "gap"
                or piece.text.lower() in AND
                or self.is_marker(waiting, place)
            )
            if not parts:
                continue
            left = named_part(waiting[place + 1 :], self.known)
            if left and self.may_be_named(left, piece):
                end = place - 2 if piece.text == ")" else place
                while end and (waiting[end - 1].text in (",", "(") or waiting[end - 1].kind == "gap"):
                    end -= 1
                return waiting[:end], waiting[place + 1 :]
            return None
        return None

    def close(self, waiting: list[Piece], sign: Piece) -> tuple[list[Piece], list[Piece]] | None:
        """``h1=2 h2=0``: a name close to its sign, behind a number."""
        if len(waiting) < 2 or waiting[-1].end != sign.start or not waiting[-1].apart:
            return None
        name, number = waiting[-1], waiting[-2]
        if name.kind != "name" or number.kind != "number" or not self.known.known(name.text) or len(waiting) > 3:
            return None
        return waiting[:-1], [name]

    def is_marker(self, waiting: list[Piece], place: int) -> bool:
        """``(b)`` before the second answer of a line: the bracket that closes it."""
        around = waiting[max(0, place - 2) : place + 1]
        return (
            len(around) == 3 and around[0].text == "(" and around[2].text == ")" and around[0].apart
            and re.fullmatch(r"[a-h]", around[1].text) is not None and not self.known.known(around[1].text)
        )  # fmt: skip

    def may_be_named(self, left: list[Piece], separator: Piece) -> bool:
        """Does a name stand here, known or not?"""
        written = self.written(left)
        if named(written, self.known) is not None:
            return True
        if left[0].kind == "number" or len(left) > 12:
            return False
        return (
            (len(left) == 1 and left[0].kind == "name")
            or left[0].text == "∂"
            or (separator.text == "," and left[0].kind == "name")
        )
