"""The brackets of a line: where each is closed, and what parts its entries."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from stepper.core.parser import DEEPEST
from stepper.errors import FormulaError
from stepper.read.working.numerals import Comma
from stepper.read.working.pieces import Piece

OPERATORS = frozenset("+-−–*·×/^")


class Brackets(Struct):
    """Where each bracket is closed; those whose entries stand between commas, and those of rows as ``[1 2; 3 4]``."""

    ends: dict[int, int]
    listed: set[int]
    rows: set[int]
    sums: set[int]
    """Those that hold an operator."""


def brackets_of(found: Sequence[Piece], comma: Comma) -> Brackets:
    """The brackets of a line, looked at once.

    Raises:
        FormulaError: where they are nested too deep.
    """
    brackets, waiting = Brackets({}, set(), set(), set()), list[int]()
    commas, blanks, semicolons = set[int](), set[int](), set[int]()
    for at, piece in enumerate(found):
        top = waiting[-1] if waiting else -1
        if piece.kind == "sign" and piece.text in "([{":
            waiting.append(at)
            if len(waiting) > DEEPEST:
                raise FormulaError(f"this formula is nested more than {DEEPEST} deep", piece.start)
        elif piece.kind == "sign" and piece.text in ")]}" and waiting:
            brackets.ends[waiting.pop()] = at
        elif piece.text in OPERATORS and at and found[at - 1].text not in ("(", "["):
            brackets.sums.add(top)
        elif piece.text == ",":
            commas.add(top)
        elif piece.kind == "then":
            semicolons.add(top)
        elif piece.kind == "number" and comma == "entries" and "," in piece.text:
            commas.add(top)
        if piece.kind in ("number", "name") and piece.apart and at and found[at - 1].kind in ("number", "name"):
            blanks.add(top)
    brackets.listed = commas | semicolons
    brackets.rows = {at for at in (semicolons & blanks) - commas if at >= 0 and found[at].text == "["}
    return brackets
