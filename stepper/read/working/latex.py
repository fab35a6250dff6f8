r"""The LaTeX of a line in plain signs: ``\frac{\partial L}{\partial w_{11}}`` is ``∂L/∂w_{11}``.

What stays in braces is set high or low. Each sign remembers where it came from, so that a part can be shown as it
stands. What is not known stays as it is, and is told by whoever reads the formula. It goes once from left to right.
"""

from __future__ import annotations

import re

from msgspec import Struct

from stepper.errors import FormulaError
from stepper.read.working.commands import (
    DROPPED,
    FUNCTIONS,
    IGNORED,
    KEPT,
    LETTERS,
    MARKS,
    MATRICES,
    SIGNS,
    TWO,
    TYPED,
    WIDE,
    WORDS,
)
from stepper.read.working.functions import folded, function_names
from stepper.read.working.pieces import GAP

DEEPEST = 60
_COMMAND = re.compile(r"\\([A-Za-z]+)\*?")
_WIDE = re.compile(r" {3,}|\t+")
_ALIKE = str.maketrans({"∑": "Σ", "𝜕": "∂", "∆": "Δ", "µ": "μ", "\t": " "})
_SPACES = re.compile(r"[ \t\n]*")
_PLAIN = re.compile(r"[^\\{}$&^_~]+")
_BASE = re.compile(r"[^\W\d_]+")
_ABOVE = re.compile(r"\s*(?P<sign>∂|d)\s*(?P<name>[^\W\d].*?)\s*", re.DOTALL)
_SIMPLE = re.compile(r"\s*(?:[\d.,]+|[^\W\d]\w*)\s*")


class Plain(Struct, frozen=True):
    """A line in plain signs; ``origin`` says of each sign from where to where it stood."""

    text: str
    origin: tuple[tuple[int, int], ...]
    source: str

    def shown(self, start: int, end: int) -> str:
        """A part as it stands in the line."""
        places = self.origin[start:end]
        if not places:
            return ""
        return self.source[min(place for place, _ in places) : max(place for _, place in places)].strip(" $\t\n&")


Piece = tuple[str, int, int]


def plain(source: str) -> Plain:
    r"""A line without LaTeX.

    >>> plain(r"$\frac{\partial L}{\partial w _{11}} = 1 \cdot 0{,}5$").text
    ' ∂L/∂w_{11} = 1 · 0,5 '

    Raises:
        FormulaError: where braces are nested too deep.
    """
    if not re.search(r"[\\${]|^\s*&", source):
        written = _WIDE.sub(lambda wide: GAP * len(wide[0]), source.translate(_ALIKE))
        return Plain(written, tuple((place, place + 1) for place in range(len(source))), source)
    reader = _Reader(source)
    pieces = reader.run("")
    text = "".join(piece for piece, _, _ in pieces).translate(_ALIKE)
    origin: list[tuple[int, int]] = []
    for piece, start, end in pieces:
        same = len(piece) == end - start
        origin += [(start + at, start + at + 1) if same else (start, end) for at in range(len(piece))]
    return Plain(text, tuple(origin), source)


class _Reader:
    def __init__(self, source: str) -> None:
        self.source, self.at, self.depth = source, 0, 0

    def run(self, closing: str) -> list[Piece]:
        """Everything up to a closing brace."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise FormulaError(f"braces are nested more than {DEEPEST} deep here", self.at)
        pieces: list[Piece] = []
        while self.at < len(self.source):
            if closing and self.source.startswith(closing, self.at):
                self.at += len(closing)
                break
            self.step(pieces)
        self.depth -= 1
        return pieces

    def step(self, pieces: list[Piece]) -> None:
        start, sign = self.at, self.source[self.at]
        if found := _PLAIN.match(self.source, start):
            self.at = found.end()
            pieces.append((found[0], start, self.at))
        elif sign == "\\":
            self.command(pieces)
        elif sign in "_^":
            self.at += 1
            self.script(pieces, sign, start)
        elif sign == "{":
            self.at += 1
            inside = self.run("}")
            separator = "".join(piece for piece, _, _ in inside).strip()
            pieces += [(separator, start, self.at)] if separator in (",", ".") else inside
        else:
            self.at += 1
            pieces.append((" " if sign in "$&~" else "", start, self.at))

    def script(self, pieces: list[Piece], sign: str, start: int) -> None:
        """What is set high or low stays in braces, close to what stands before it."""
        while pieces and not pieces[-1][0].strip(" "):
            pieces.pop()
        if pieces:
            before, first, end = pieces[-1]
            pieces[-1] = (before.rstrip(" "), first, end)
        braced = self.source.startswith("{", self.skipped())
        inside = self.argument() if braced or self.source.startswith("\\", self.at) else ""
        if inside or braced:
            pieces.append((f"{sign}{{{inside.strip()}}}", start, self.at))
        else:
            pieces.append((sign, start, start + 1))

    def skipped(self) -> int:
        found = _SPACES.match(self.source, self.at)
        self.at = found.end() if found else self.at
        return self.at

    def argument(self) -> str:
        """What a command is given: a group, a command, or one sign."""
        start = self.skipped()
        if start >= len(self.source):
            return ""
        pieces: list[Piece] = []
        if self.source[start] == "{":
            self.at += 1
            pieces = self.run("}")
        elif self.source[start] == "\\":
            self.depth += 1
            if self.depth > DEEPEST:
                raise FormulaError(f"commands are nested more than {DEEPEST} deep here", start)
            self.command(pieces)
            self.depth -= 1
        else:
            self.at += 1
            return self.source[start]
        return "".join(piece for piece, _, _ in pieces)

    def command(self, pieces: list[Piece]) -> None:
        start = self.at
        found = _COMMAND.match(self.source, start)
        if found is None:
            sign = self.source[start + 1 : start + 2]
            self.at += 2 if sign else 1
            pieces.append((TYPED.get(sign, f"\\{sign}"), start, self.at))
            return
        name = found[1]
        self.at = found.end()
        written = self.written(name, start, pieces)
        if written is not None:
            pieces.append((written, start, self.at))

    def written(self, name: str, start: int, pieces: list[Piece]) -> str | None:
        """What a command is in plain signs; None where it has written itself."""
        if name in SIGNS:
            return SIGNS[name]
        if name in LETTERS:
            return f" {LETTERS[name]}"
        if name in DROPPED:
            self.argument()
            return " "
        if name in WIDE:
            return GAP
        if name in IGNORED:
            if self.source.startswith(".", self.skipped()):
                self.at += 1
            return ""
        if name in KEPT:
            return None if self.group(pieces) else " "
        if name in WORDS:
            word = self.argument()
            if " " in word.strip() and folded(word.replace(" ", "")) in function_names(()):
                word = word.strip().replace(" ", "_")
            return word if len(word.strip()) == 1 else f" {word}"
        if name in TWO:
            self.argument()
            return self.argument()
        if name in MARKS:
            return self.accented(MARKS[name])
        if name in ("frac", "dfrac", "tfrac", "cfrac"):
            return self.fraction()
        if name == "sqrt":
            return self.root()
        if name in ("begin", "end"):
            return self.environment(name, pieces, start)
        return f" {name}" if name in FUNCTIONS else f"\\{name} "

    def group(self, pieces: list[Piece]) -> bool:
        if self.source.startswith("{", self.skipped()):
            self.at += 1
            pieces += self.run("}")
            return True
        return False

    def accented(self, accent: str) -> str:
        inside = self.argument().strip()
        letters = _BASE.match(inside)
        return f"{letters[0]}{accent}{inside[letters.end() :]}" if letters else inside

    def fraction(self) -> str:
        above, below = self.argument(), self.argument()
        over, under = _ABOVE.fullmatch(above), _ABOVE.fullmatch(below)
        if over and under and over["sign"] == under["sign"]:
            return f"{over['sign']}{over['name']}/{under['sign']}{under['name']}"
        if _SIMPLE.fullmatch(above) and _SIMPLE.fullmatch(below):
            return f"({above.strip()}/{below.strip()})"
        return f"(({above})/({below}))"

    def root(self) -> str:
        power = ""
        if self.source.startswith("[", self.skipped()):
            end = self.source.find("]", self.at, self.at + 12)
            power, self.at = (self.source[self.at + 1 : end], end + 1) if end > 0 else ("", self.at)
        inside = self.argument()
        return f"(({inside})^(1/({power})))" if power else f" sqrt({inside})"

    def environment(self, name: str, pieces: list[Piece], start: int) -> str | None:
        kind = self.argument().strip().rstrip("*")
        if name == "end":
            return " "
        if kind in MATRICES or kind == "cases":
            if self.source.startswith("{", self.skipped()) and kind == "array":
                self.argument()
            rows = self.rows(kind)
            return cases(rows) if kind == "cases" else matrix(rows)
        return " "

    def rows(self, kind: str) -> list[list[str]]:
        """The cells of a matrix, row by row."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise FormulaError(f"matrices are nested more than {DEEPEST} deep here", self.at)
        rows: list[list[list[Piece]]] = [[[]]]
        while self.at < len(self.source):
            if self.source.startswith("\\end", self.at):
                self.at += 4
                self.argument()
                break
            if self.source.startswith("\\\\", self.at):
                self.at += 2
                rows.append([[]])
            elif self.source[self.at] == "&":
                self.at += 1
                rows[-1].append([])
            else:
                self.step(rows[-1][-1])
        self.depth -= 1
        cells = [["".join(piece for piece, _, _ in cell).strip() for cell in row] for row in rows]
        return [row for row in cells if any(row)]


def matrix(rows: list[list[str]]) -> str:
    """Semicolons part the entries, so that a comma in a number can only be decimal."""
    if len(rows) == 1:
        return f"[{'; '.join(rows[0])}]"
    if all(len(row) == 1 for row in rows):
        return f"[{'; '.join(row[0] for row in rows)}]"
    inside = ["[" + "; ".join(row) + "]" for row in rows]
    return "[" + "; ".join(inside) + "]"


def cases(rows: list[list[str]]) -> str:
    """Two cases: ``(a if x > 0, else b)``."""
    if len(rows) != 2 or len(rows[0]) != 2:
        return "\\cases "
    then, condition = rows[0]
    condition = re.sub(r"^(?:if|for|when|falls|wenn)\b", "", condition.strip()).strip(" ,.")
    return f"({then.strip(' ,')} if {condition}, else {rows[1][0].strip(' ,')})"
