"""One side of a chain: what of it is a formula, what is a remark, and what its commas may be."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from msgspec import Struct

from stepper.core.expr import Array, Call, Expr, Num
from stepper.core.names import GREEK
from stepper.core.network import SHAPE
from stepper.core.parser import parse
from stepper.core.working import Relation, Side
from stepper.errors import FormulaError
from stepper.read.shape import read_shape
from stepper.read.working.brackets import brackets_of
from stepper.read.working.composing import compose
from stepper.read.working.derivatives import Unknown
from stepper.read.working.functions import takes_several
from stepper.read.working.names import Names
from stepper.read.working.numerals import ALSO, UNITS, Comma, may_be, may_be_counted
from stepper.read.working.pieces import Piece, pieces

JOINING = frozenset("*·×⋅∙/÷^@⊙∘") | {"**"}
"""Signs before which a word is a name."""
COMPARISONS = frozenset({"<", ">", "<=", ">=", "≤", "≥", "≠", "!="})
LETTERS = frozenset(GREEK) | {"pi", "lr"}
_CONDITION = re.compile(r"\s+if\s+")
_OTHERWISE = re.compile(r"\s*[,;]?\s*\b(?:else|otherwise)\b\s*:?\s*")
_SHAPE = re.compile(r"\s*[\[(]?\s*\d+(?:\s*[x×,@]\s*\d+)+\s*[\])]?\s*")
_CROSSED = re.compile(r"\s*\d+(?:\s*[x×]\s*\d+)+\s*")
MOST_CONDITIONS, MOST_READINGS = 20, 3


class Formula(Struct, frozen=True):
    """What some pieces are: a formula, or why they are none."""

    expr: Expr | None
    others: tuple[Expr, ...] = ()
    problem: str = ""
    hint: str = ""
    unknown: str = ""


def is_word(found: Sequence[Piece], at: int, known: Names) -> bool:
    """Is a piece a word of prose, and no name that is calculated with?"""
    piece = found[at]
    word = piece.text.rstrip(".'’")
    if piece.kind != "name" or len(word) < 2 or not word.replace("-", "").isalpha() or word in LETTERS:
        return False
    after = found[at + 1] if at + 1 < len(found) else None
    if after is not None and (after.text in JOINING or (after.text == "(" and not after.apart)):
        return False
    return known.find(piece.text) is None and not known.function(word)


def ends_operand(piece: Piece) -> bool:
    """May a product or a remark follow?"""
    return piece.kind in ("number", "name", "power", "script") or piece.text in (")", "]", "'", "%", ".T", "ᵀ")


def without_remarks(found: Sequence[Piece], known: Names) -> list[Piece]:
    """The pieces of a side up to the remark behind it, and without the words before it."""
    start = 0
    while start < len(found) and (is_word(found, start, known) or found[start].text in (",", ":", "!", "?", "✓", ".")):
        start += 1
    end, ends = len(found), brackets_of(found, "decimal").ends
    at = start
    while at < end:
        if at > start and _begins_remark(found, at, ends, known):
            end = at
        at = ends.get(at, at) + 1
    kept = list(found[start:end])
    while (kept and kept[-1].text in (",", ".", ":", "!", "?", "✓")) or (kept and kept[-1].kind == "gap"):
        kept.pop()
    return kept


def _begins_remark(found: Sequence[Piece], at: int, ends: Mapping[int, int], known: Names) -> bool:
    """Does what stands behind a formula begin here: words, brackets with words, a tick, a wide gap?"""
    piece = found[at]
    if piece.kind in ("gap", "arrow") or (piece.text == "," and _begins_words(found, at, known)):
        return True
    if not ends_operand(found[at - 1]):
        return False
    if piece.text in ("(", "["):
        return piece.apart and _is_remark(found[at : ends.get(at, len(found)) + 1], known)
    if piece.text in COMPARISONS and piece.depth == 0:
        return True
    return (is_word(found, at, known) or _is_mark(piece)) and not _unit(found, at)


def _begins_words(found: Sequence[Piece], at: int, known: Names) -> bool:
    """Do words follow a comma?"""
    return found[at].depth == 0 and at + 1 < len(found) and is_word(found, at + 1, known)


def _unit(found: Sequence[Piece], at: int) -> bool:
    """Is a word the unit of the number before it?"""
    return found[at].text in UNITS and found[at - 1].kind == "number"


def _is_mark(piece: Piece) -> bool:
    """A tick, an arrow back, a question mark: signs that stand only behind formulas."""
    return piece.kind == "sign" and len(piece.text) == 1 and piece.text in "✓✔✗✘←?!#□■∎☑✅❌"


def _is_remark(inside: Sequence[Piece], known: Names) -> bool:
    """Do brackets hold words, or another equation?"""
    if any(piece.text in ("if", "else", "otherwise") for piece in inside):
        return False
    named = [piece.text for piece in inside[1:-1]]
    if len(named) == 1 and known.function(named[0]):
        return True
    return any(
        piece.kind in ("relation", "arrow") or piece.text in COMPARISONS or is_word(inside, at, known)
        for at, piece in enumerate(inside)
    )


def read_formula(found: Sequence[Piece], text: str, known: Names, key: Expr | None = None) -> Formula:
    """What pieces mean, the likeliest reading of their commas first."""
    if not found:
        return Formula(None, problem="there is no value here")
    written = text[found[0].start : found[-1].end]
    if isinstance(key, Call) and (_SHAPE if key.name == SHAPE else _CROSSED).fullmatch(written):
        shape = read_shape(written, "CHW")
        if shape is not None:
            return Formula(Array(shape))
    if _CONDITION.search(written):
        rewritten = conditional(written)
        if rewritten != written:
            found = pieces(rewritten)
    if (
        key is not None
        and known.is_array(key)
        and any(piece.text in (",", ";") and piece.depth == 0 for piece in found)
    ):
        found = pieces(f"[{text[found[0].start : found[-1].end]}]")
    is_array = key is not None and known.is_array(key)
    first: FormulaError | None = None
    readings: list[Expr] = []
    for comma in ways(found, known, key):
        try:
            expr = parse(compose(found, known, comma, grouping=not (is_array or (known.arrays and key is None))))
        except FormulaError as error:
            first = first or error
            continue
        readings += [expr] if expr not in readings else []
    if not readings:
        assert first is not None
        unknown = first.name if isinstance(first, Unknown) else ""
        return Formula(None, (), first.what, first.hint, unknown)
    return Formula(readings[0], (*readings[1:MOST_READINGS], *_by_unit(found, readings[0])))


def _by_unit(found: Sequence[Piece], expr: Expr) -> tuple[Expr, ...]:
    """150 MB may be 150 MiB."""
    if len(found) == 2 and found[0].kind == "number" and found[1].text in ALSO and isinstance(expr, Num):
        return (parse(expr.literal.partition("e")[0] + ALSO[found[1].text]),)
    return ()


def ways(found: Sequence[Piece], known: Names, key: Expr | None) -> list[Comma]:
    """What commas between digits may be, the likeliest first."""
    numbers = [piece for piece in found if piece.kind == "number"]
    possible: dict[Comma, None] = {}
    for piece in numbers:
        possible |= may_be(piece.text)
    counted = isinstance(key, Call) and any(may_be_counted(piece.text) for piece in numbers)
    if not possible:
        return ["points", "decimal"] if counted else ["decimal"]
    order: list[Comma] = ["decimal", "groups"]
    parted = {
        piece.depth
        for piece, after in pairwise(found)
        if piece.depth and (piece.text == ";" or (piece.text == "," and after.apart))
    }
    if any("." in piece.text and "," not in piece.text for piece in numbers):
        order = ["groups", "entries", "decimal"]
    elif any(piece.depth in parted for piece in numbers if "," in piece.text):
        order = ["decimal", "groups"]
    elif _between(found, known, key):
        order = ["entries", "decimal", "groups"]
    elif isinstance(key, Call):
        order = ["groups", "decimal", "entries"]
    elif _whole(found):
        order = ["decimal", "groups", "entries"]
    return [comma for comma in order if comma in possible] or ["decimal"]


def _between(found: Sequence[Piece], known: Names, key: Expr | None) -> bool:
    """Do the commas of numbers stand between entries: in ``[1,2]`` and ``max(0,5)``, not in ``(1)(1,5)``?"""
    blanks = any(
        piece.apart and piece.depth and piece.kind == before.kind == "number" for before, piece in pairwise(found)
    )
    if blanks:
        return False
    if any(piece.text == "[" for piece in found):
        return True
    for before, piece in pairwise(found):
        if piece.text == "(" and before.kind == "name" and takes_several(known.function(before.text)):
            return True
    return key is not None and known.is_array(key) and _whole(found)


def _whole(found: Sequence[Piece]) -> bool:
    """Do brackets stand around all of it?"""
    return found[0].text == "(" and brackets_of(found, "decimal").ends.get(0, 0) >= len(found) - 2


def conditional(text: str) -> str:
    """``(a if x > 0, else b)`` in the language of formulas: ``where(x > 0, a, b)``.

    >>> conditional("2*(1 if h1 > 0, else alpha)")
    '2*where(h1 > 0, 1, alpha)'
    """
    for _ in range(MOST_CONDITIONS):
        found = _CONDITION.search(text)
        if found is None:
            return text
        start, end = _around(text, found.start())
        otherwise = _OTHERWISE.search(text, found.end(), end)
        if start < 0 or otherwise is None:
            return text
        then, condition = text[start + 1 : found.start()], text[found.end() : otherwise.start()]
        text = f"{text[:start]}where({condition}, {then}, {text[otherwise.end() : end]}){text[end + 1 :]}"
    return text


def _around(text: str, place: int) -> tuple[int, int]:
    """The brackets around a place; -1 where there are none."""
    depth, start = 0, place
    while start >= 0:
        depth += (text[start] in ")]") - (text[start] in "([")
        if depth < 0:
            break
        start -= 1
    depth, end = 0, place
    while end < len(text):
        depth += (text[end] in "([") - (text[end] in ")]")
        if depth < 0:
            break
        end += 1
    return start, end


def read_side(
    found: Sequence[Piece], text: str, shown: str, relation: Relation, known: Names, key: Expr | None
) -> Side:
    """A side as it stands, and what it means."""
    formula = read_formula(without_remarks(found, known), text, known, key)
    problem = formula.problem
    if problem and formula.hint:
        problem += f": {formula.hint}"
    return Side(shown, formula.expr, relation, formula.others, problem)
