"""Formula text to tokens: numbers, names, signs, each with its column; Unicode spellings are brought to the plain
ones.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal, TypeAlias

from msgspec import Struct

from stepper.core.names import canonical
from stepper.core.patterns import later
from stepper.errors import FormulaError

Kind: TypeAlias = Literal["number", "name", "sign", "power", "end"]

LONGEST_FORMULA = 300_000
SMALLEST_EXPONENT, LARGEST_EXPONENT = -324, 308
"""Those of the floats, as they are written: the smallest is 5e-324."""

_SIGNS = {
    "·": "*", "×": "*", "⋅": "*", "∗": "*", "ᵀ": ".T", "−": "-", "–": "-", "÷": "/", "∕": "/", "≥": ">=", "≤": "<=",
    "≠": "!=",
    "**": "^",
}  # fmt: skip
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_WRITTEN = r"""(?P<space>[ \t\r\n\u00a0]+)
      | (?P<number>(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
      | (?P<name>(?![⁰¹²³⁴⁵⁶⁷⁸⁹₀-₉ᵀ])[^\W\d_](?:(?![⁰¹²³⁴⁵⁶⁷⁸⁹ᵀ])[\w\u0300-\u036f₀-₉])*)
      | (?P<power>[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)
      | (?P<sign>\.T(?!\w)|\*\*|>=|<=|==|!=|[-+*/^()\[\],'<>∂·×⋅∗⊙−–÷∕≥≤≠@ᵀ])"""
_SCANNER = re.compile(_WRITTEN, re.VERBOSE)
_HINTS = {
    "=": "a formula is only the right side of an equation; '==' compares, inside where(...)",
    ".": "a decimal point is allowed only inside a number",
    "{": "lists are written [a, b]; grouping is done with ( )",
    "$": "write formulas without $: w*x + b",
    "\\": "write formulas without LaTeX: sigma(w*x + b)",
    "%": "the remainder is not an operator here",
    "!": "'!=' compares, inside where(...)",
    "|": "write abs(x)",
    "_": "a name begins with a letter",
    '"': "formulas need no quotes inside",
    "√": "write x^(1/2)",
    "Σ": "write sum([a, b])",
}


class Token(Struct):
    """A piece of a formula; ``start`` counts characters from 0; ``text`` is the plain spelling."""

    kind: Kind
    text: str
    start: int
    end: int


_MORE = later(rf"(?P<more>\.\.|=(?!=)|[|~])|{_WRITTEN}", re.VERBOSE)
"""With the signs that only derivations have: ranges, equations, absolute values, distributions."""


def tokenize(text: str, more: bool = False) -> list[Token]:
    """Splits a formula; the last token is always of kind ``end``. ``more``: with the signs that only derivations have.

    Raises:
        FormulaError: at the first character that no formula holds.
    """
    if len(text) > LONGEST_FORMULA:
        raise FormulaError(f"this formula has {len(text):,} characters; the limit is {LONGEST_FORMULA:,}")
    tokens: list[Token] = []
    scanner = _MORE if more else _SCANNER
    position = 0
    while position < len(text):
        match = scanner.match(text, position)
        if match is None:
            raise _unknown(text, position)
        start, position = position, match.end()
        kind, found = match.lastgroup, match.group()
        match kind:
            case "space":
                continue
            case "number":
                _check_number(found, start)
                after = text[position : position + 1]
                if (after.isalnum() or after == "_") and ord(after) not in _SUPERSCRIPTS:
                    word = re.match(r"\w*", text[position:])
                    rest = word.group() if word else ""
                    raise FormulaError(
                        "an operator is missing between a number and a name",
                        start,
                        len(found + rest),
                        f"write {found}*{rest}",
                    )
                tokens.append(Token("number", found, start, position))
            case "name":
                tokens.append(Token("name", canonical(found), start, position))
            case "power":
                tokens.append(Token("power", found.translate(_SUPERSCRIPTS).lstrip("+"), start, position))
            case _:
                tokens.append(Token("sign", _SIGNS.get(found, found), start, position))
    tokens.append(Token("end", "", len(text), len(text)))
    return tokens


def _check_number(literal: str, start: int) -> None:
    exponent = re.search(r"[eE]([+-]?[0-9]+)$", literal)
    if len(literal) > 400 or (
        exponent and (len(exponent.group(1)) > 5 or not SMALLEST_EXPONENT <= int(exponent.group(1)) <= LARGEST_EXPONENT)
    ):
        raise FormulaError(
            f"this number is out of range (10^{LARGEST_EXPONENT} and 400 digits are the limits)", start, len(literal)
        )


def _unknown(text: str, position: int) -> FormulaError:
    character = text[position]
    shown = f"'{character}'" if character.isprintable() else f"the character U+{ord(character):04X}"
    name = "" if character in _HINTS or character.isascii() else unicodedata.name(character, "").lower()
    return FormulaError(
        f"{shown} {f'({name}) ' if name else ''}is not used in formulas", position, 1, _HINTS.get(character, "")
    )
