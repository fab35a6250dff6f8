"""A formula whose brackets do not match, read as it may have been meant: with one bracket more or less, or with the
factor before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from stepper.core.expr import Expr
from stepper.core.formula import text
from stepper.core.parser import parse
from stepper.core.tokens import Token, tokenize
from stepper.engine.edits.change import Change
from stepper.engine.edits.edits import MOST_EDITS, Edited
from stepper.errors import FormulaError
from stepper.tables.edits import BRACKETS, Edit

OPENS, CLOSES = "(", ")"


def unmatched(written: str) -> int:
    """How many brackets are opened and not closed; below 0, closed and not opened; 0 where the formula can be read.

    >>> unmatched("(a + b"), unmatched("a + b)*c"), unmatched("(a)")
    (1, -1, 0)
    """
    try:
        tokens = tokenize(written)
    except FormulaError:
        return 0
    return sum((token.text == OPENS) - (token.text == CLOSES) for token in tokens)


def readings(written: str, names: Sequence[Expr]) -> Iterator[Edited]:
    """The formulas that it may be, those with a bracket alone first."""
    missing = unmatched(written)
    if abs(missing) == 1:
        for row in sorted(BRACKETS, key=lambda row: row.size):
            yield from islice(_readings(row, written, missing, names), MOST_EDITS)


def _readings(row: Edit, written: str, missing: int, names: Sequence[Expr]) -> Iterator[Edited]:
    tokens = tokenize(written)
    for place, token in enumerate(tokens):
        for start, end, put, factor in _changes(row.change, tokens, place, missing, names):
            try:
                formula = parse(written[:start] + put + written[end:])
            except FormulaError:
                continue
            yield Edited(row, Change(formula, None, factor))
        if token.kind == "end":
            return


def _changes(
    change: str, tokens: Sequence[Token], place: int, missing: int, names: Sequence[Expr]
) -> Iterator[tuple[int, int, str, Expr | None]]:
    """What is put where at one token."""
    token = tokens[place]
    match change:
        case "put a bracket in":
            yield token.start, token.start, OPENS if missing < 0 else CLOSES, None
        case "take a bracket out" if token.text == (OPENS if missing > 0 else CLOSES):
            yield token.start, token.end, "", None
        case "put a factor and its bracket in" if missing < 0 and _begins(tokens, place):
            for name in names:
                yield token.start, token.start, f"{text(name)}*{OPENS}", name


def _begins(tokens: Sequence[Token], place: int) -> bool:
    """Does a term or a factor begin at a token?"""
    return place == 0 or tokens[place - 1].text in (OPENS, "+", "-", "*")
