"""A second reader of formulas, for laws of what stands on a page: it shares nothing with the project's own.

It takes the formula language of JSON (``X @ W``, ``x^2``, ``where(x > 0, x, 0)``) and the text of a page (``X·W``,
``x²``, ``(x if x > 0, else 0)``).
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any, TypeAlias

Tree: TypeAlias = Any
"""A tuple of a kind and parts; ``-x`` is ``0 - x``."""

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_LETTER = r"[^\Wᵀ⁰¹²³⁴⁵⁶⁷⁸⁹]"
_NAME = rf"(?!\d){_LETTER}(?:{_LETTER}|[\u0300-\u036f]|\.(?=[^\W\d])(?!T\b))*['′]*"
_INDEX = r"(?:\[[^\[\]]*\])?"
_TOKEN = re.compile(
    rf"\s*(?:(?P<deriv>[d∂]{_NAME}{_INDEX}/[d∂]{_NAME}{_INDEX})"
    r"|(?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?\d+|·10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?)"
    r"|(?P<raised>[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)"
    r"|(?P<transpose>ᵀ|\.T\b)"
    rf"|(?P<name>𝟏|{_NAME})"
    r"|(?P<sign><=|>=|==|!=|[-+*/@⊙·^()\[\],<>≤≥≠√|;]))"
)
_LEFT = {"+": 2, "-": 2, "*": 4, "·": 4, "/": 4, "@": 4, "⊙": 4, "^": 5}
_COMPARISONS = {"<=": "<=", ">=": ">=", "==": "==", "!=": "!=", "<": "<", ">": ">", "≤": "<=", "≥": ">=", "≠": "!="}


LONGEST = 14


class Unread(Exception):
    """What this reader cannot do, by its kind."""


def number(spelled: str) -> Fraction | float:
    """The number that is spelled, ``1.5·10⁻⁷`` too; one of more digits than a person writes is a float.

    >>> number("1.5·10⁻¹"), number("0.25")
    (Fraction(3, 20), Fraction(1, 4))
    """
    digits, _, power = spelled.partition("·10")
    if len(digits) > LONGEST and not power and not digits.isdigit():
        return float(digits)
    return Fraction(digits) * Fraction(10) ** int(power.translate(_SUPERSCRIPTS) or 0)


class Reader:
    """A formula as a tree."""

    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        place = 0
        text = text.rstrip()
        while place < len(text):
            found = _TOKEN.match(text, place)
            if found is None:
                raise Unread(f"sign {text[place:].strip()[:1]}")
            self.tokens.append((str(found.lastgroup), found.group(str(found.lastgroup))))
            place = found.end()
        self.at = 0

    def whole(self) -> Tree:
        tree = self.expression(0)
        if self.at < len(self.tokens):
            raise Unread(f"{self.tokens[self.at][1]} after a formula")
        return tree

    def next(self) -> tuple[str, str]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")

    def take(self, wanted: str = "") -> str:
        kind, text = self.next()
        if kind == "end" or (wanted and text != wanted):
            raise Unread(f"{text or 'the end'} in place of {wanted or 'more'}")
        self.at += 1
        return text

    def expression(self, level: int) -> Tree:
        left = self.first()
        while True:
            kind, sign = self.next()
            if kind == "raised":
                left = ("^", left, raised_number(self.take()))
            elif kind == "transpose":
                self.take()
                left = ("T", left)
            elif kind == "sign" and sign == "[" and left[0] in ("call", "T", "group", "list", "index"):
                left = ("index", left, self.listed("]"))
            elif kind == "sign" and _LEFT.get(sign, -1) >= max(level, 1):
                self.take()
                left = (sign, left, self.expression(_LEFT[sign] + (sign != "^")))
            else:
                return left

    def first(self) -> Tree:
        kind, text = self.next()
        self.take()
        if kind == "number":
            return ("number", number(text))
        if kind == "deriv":
            return ("name", spelled(text))
        if kind == "name":
            return self.named(text)
        if text == "-":
            return ("-", ("number", Fraction(0)), self.expression(3))
        if text == "√":
            return ("call", "sqrt", [self.expression(6)])
        if text == "|":
            inside = self.expression(0)
            self.take("|")
            return ("call", "abs", [inside])
        if text == "[":
            return ("list", self.listed("]", opened=True))
        if text == "(":
            return self.group()
        raise Unread(f"{text} in front")

    def named(self, text: str) -> Tree:
        kind, sign = self.next()
        if sign == "(" and text != "𝟏":
            if text == "where":
                self.take("(")
                condition = self.condition()
                self.take(",")
                return ("where", *condition, *self.listed(")", opened=True))
            return ("call", text, self.listed(")"))
        if sign == "[" and kind == "sign":
            indices = self.listed("]")
            return ("index", ("name", text), indices)
        return ("name", text)

    def group(self) -> Tree:
        inside = self.expression(0)
        if self.next()[1] == "if":
            self.take("if")
            condition = self.condition()
            self.take(",")
            self.take("else")
            otherwise = self.expression(0)
            inside = ("where", *condition, inside, otherwise)
        self.take(")")
        return ("group", inside)

    def condition(self) -> tuple[str, Tree, Tree]:
        left = self.expression(0)
        sign = self.take()
        if sign not in _COMPARISONS:
            raise Unread(f"condition {sign}")
        return _COMPARISONS[sign], left, self.expression(0)

    def listed(self, end: str, *, opened: bool = False) -> list[Tree]:
        if not opened:
            self.take()
        items: list[Tree] = []
        while self.next()[1] != end:
            items.append(self.expression(0))
            if self.next()[1] != end:
                self.take(",")
        self.take(end)
        return items


def raised_number(text: str) -> Tree:
    written = text.translate(_SUPERSCRIPTS)
    found: Tree = ("number", Fraction(written.lstrip("-")))
    return ("-", ("number", Fraction(0)), found) if written.startswith("-") else found


def spelled(name: str) -> str:
    return name.replace(" ", "")
