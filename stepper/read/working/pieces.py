"""A line in pieces: numbers as they are spelled, names with what is set beside them, signs, words, brackets."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

from msgspec import Struct

Kind: TypeAlias = Literal["number", "name", "power", "script", "relation", "arrow", "then", "gap", "sign"]

GAP = "\u2003"
"""What stands for a wide gap, behind which a remark begins."""
BLANK = " \t\u00a0\u2009\u202f\u2007"
_SCRIPT = r"\{[^{}]{0,60}\}"
_HIGH = (
    r"\^\{\s*(?:[(\[⟨]\s*(?:\d+|[A-Za-z](?:\s*[+-]\s*1)?|new|neu|old|alt)\s*[)\]⟩]|new|neu|next|old|alt|[tkin]\s*\+\s*1|[*+⋆]|'+)\s*\}"
    r"|\^\((?:\d+|new|neu|[tk](?:\+1)?)\)(?=_)|\^(?:new|neu|[*+](?=\s*(?:[=:≈→]|->|$)))|⁺(?=\s*(?:[=:≈→]|->|$))"
)
"""What is set high beside a name and is no power."""
_LETTER = r"[^\W\d_ᵀ⁺⁰¹²³⁴⁵⁶⁷⁸⁹₀-₉½¼¾⅓⅔⅛⅕⅙]"
_INSIDE = r"(?:[^\W_ᵀ⁰¹²³⁴⁵⁶⁷⁸⁹½¼¾⅓⅔⅛⅕⅙]|[\u0300-\u036f₀-₉]|_(?=\w))"
_NAME = (
    rf"{_LETTER}{_INSIDE}*"
    rf"(?:_{_SCRIPT}|{_HIGH}|\.(?!T\b)(?=\w){_INSIDE}+|_(?=\w){_INSIDE}+)*(?:\[\s*\d+\s*(?:,\s*\d+\s*)*\])*(?:\^\{{['′]+\}}|['′’*](?=\s*(?:[=:≈→]|->))|['′])*"
)
_SCANNER = re.compile(
    rf"""(?P<gap>{GAP}+)
      | (?P<space>[{BLANK}]+)
      | (?P<then>={{1,2}}>|-{{1,2}}>>|[⇒⟹⇔∴;\n])
      | (?P<arrow>-{{1,3}}>|[→⟶↦⟼])
      | (?P<relation>:=|←|(?<=\s)<-{{1,2}}(?=\s)|≔|==(?=[^=])|=~|~=|[≈≃≅≐≡∼]|~|=)
      | (?P<number>(?:[0-9]{{1,3}}(?:[\ \u00a0\u2009\u202f][0-9]{{3}})+(?![0-9.,]*[0-9])
          |[0-9]+(?:[.,_’'][0-9]+)*|[.,][0-9]+)(?:\.(?![\w.])|\.(?=[eE][0-9]))?(?:[eE][-+−]?[0-9]+)?)
      | (?P<name>{_NAME})
      | (?P<power>[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)
      | (?P<script>[\^_]{_SCRIPT})
      | (?P<sign>\*\*|>=|<=|!=|\.T(?!\w)|\.\.\.|\\[A-Za-z]+|.)""",
    re.VERBOSE | re.DOTALL,
)
_UNGROUPED = re.compile(r"(?:[0-9]+(?:[.,_][0-9]+)*|[.,][0-9]+)(?:\.(?![\w.]))?(?:[eE][-+−]?[0-9]+)?")
OPENING, CLOSING = "([{", ")]}"


class Piece(Struct, frozen=True):
    """A piece of a line, with how many brackets are open around it, and whether blanks stand before it."""

    kind: Kind
    text: str
    start: int
    end: int
    depth: int
    apart: bool


def pieces(text: str) -> list[Piece]:
    """The pieces of a line in plain signs.

    >>> [piece.text for piece in pieces("h_1 = w_{11}·1,5 + W[1,2]")]
    ['h_1', '=', 'w_{11}', '·', '1,5', '+', 'W[1,2]']
    """
    found: list[Piece] = []
    depth, square, apart, position = 0, 0, False, 0
    while position < len(text):
        match = _SCANNER.match(text, position)
        assert match is not None
        kind, written = str(match.lastgroup), match.group()
        if kind == "number" and square and (plain := _UNGROUPED.match(text, position)):
            match, written = plain, plain.group()  # blanks part the entries of a list
        start, position = position, match.end()
        if kind == "space":
            apart = True
            continue
        if (depth and written == "\n") or (kind == "gap" and (not found or depth)):
            apart = True
            continue
        closes = kind == "sign" and written in CLOSING
        depth = max(0, depth - closes)
        found.append(Piece(kind, written, start, position, depth, apart))  # type: ignore[arg-type]
        depth += kind == "sign" and written in OPENING
        square = max(0, square + (written == "[") - (written == "]")) if kind == "sign" else square
        apart = kind == "gap"
    return found
