"""A line of working: the chains that stand in it, and what cannot be read."""

from __future__ import annotations

import re
from collections.abc import Sequence

from stepper.core.expr import Deriv, Expr, Num, Prime, Sym
from stepper.core.formula import text
from stepper.core.parser import parse
from stepper.core.traverse import walk
from stepper.core.working import Line, Relation, Side, Written
from stepper.errors import FormulaError
from stepper.read.working.keys import is_definition, named, read_key, unknown_layer
from stepper.read.working.latex import plain
from stepper.read.working.layers import layer_line
from stepper.read.working.names import Names
from stepper.read.working.pieces import Piece, pieces
from stepper.read.working.sides import Formula, is_word, read_side, without_remarks
from stepper.read.working.statements import Statement, statements_of

LONGEST_LINE = 20_000
_BULLET = re.compile(
    r"\s*(?:>\s*)*(?:[-*+•‣▪–—]\s+(?=\S)|\d{1,3}[.)]\s+|>>>\s*|\$\s+(?=[A-Za-z]))?(?P<marker>\(?(?:[a-h]|[ivx]{1,4}|\d{1,2})\)\s+)?"
)
_BOLD = re.compile(r"(?<![\w)\]*])\*\*(?=[^\s*])([^*]{1,200})(?<=[^\s*])\*\*(?![\w(*])")
_COMMENT = re.compile(r"(?:^|\s)(?:#+\s|//).*$")
_UNREADABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufffd]")


def read_line(text: str, number: int, known: Names, above: Expr | None = None, asked: Sequence[str] = ()) -> Line:
    """The chains of a line; ``above`` is the quantity of the chain that a line beginning with ``=`` goes on with."""
    if len(text) > LONGEST_LINE:
        return Line(
            number, text[:80] + "…", (), f"this line has {len(text):,} characters; the limit is {LONGEST_LINE:,}"
        )
    if _UNREADABLE.search(text):
        return Line(number, text, (), "this line holds characters that are not text")
    try:
        return _Reader(text, number, known, above, asked).line()
    except FormulaError as error:
        return Line(number, text, (), error.what, error.hint)


class _Reader:
    def __init__(self, text: str, number: int, known: Names, above: Expr | None, asked: Sequence[str]) -> None:
        self.text, self.number, self.known, self.above, self.asked = text, number, known, above, list(asked)
        self.problem = self.hint = ""
        self.chains: list[Written] = []

    def line(self) -> Line:
        chains = layer_line(self.text, self.known)
        if chains is not None:
            return Line(self.number, self.text, *chains)
        bullet = _BULLET.match(self.text)
        start = bullet.end() if bullet else 0
        self.plain = plain(_row(_unmarked(self.text, start), self.known))
        self.found = pieces(self.plain.text)
        if self.asked and not self.relations():
            self.answers(self.text[bullet.start("marker") :] if bullet and bullet["marker"] else self.text)
        else:
            for statement in statements_of(self.found, self.plain.text, self.known):
                self.read(statement)
        return Line(self.number, self.text, tuple(self.chains), self.problem, self.hint)

    def relations(self) -> bool:
        return any(piece.kind in ("relation", "arrow") for piece in self.found)

    # ---- a statement in a chain

    def read(self, statement: Statement) -> None:
        left = statement.left
        if not left:
            self.continued(statement)
            return
        key = read_key(left, self.plain.text, self.known)
        sides = self.sides(statement, key.expr)
        if key.expr is not None and self.asked and _is_number(key.expr):
            self.answer(left, sides)
        elif key.expr is not None:
            self.chains.append(Written(self.updated(statement, key.expr, sides), sides))
        elif not is_definition(left, self.known):
            self.refuse(left, key)

    def updated(self, statement: Statement, key: Expr, sides: tuple[Side, ...]) -> Expr:
        """``w ← w - 0.1``: the next value is meant."""
        arrow = statement.sign[0] in "←<"
        first = sides[0].expr
        itself = statement.sign == ":=" and first is not None and key in list(walk(first)) and key != first
        return Prime(key) if (arrow or itself) and text(key) in self.known.updated else key

    def continued(self, statement: Statement) -> None:
        if self.above is None:
            self.tell("this line begins with '=', but no chain comes before it", self.known.example)
            return
        self.chains.append(Written(self.above, self.sides(statement, self.above), continues=True))

    def refuse(self, left: list[Piece], key: Formula) -> None:
        written = self.plain.shown(left[0].start, left[-1].end)
        if layer := unknown_layer(self.plain.text[left[0].start : left[-1].end], self.known):
            self.tell(f"'{layer}' is not a layer here", self.known.hint(layer))
        elif key.unknown:
            self.tell(f"'{key.unknown[:60]}' is not a quantity here", key.hint)
        elif key.problem:
            self.tell(key.problem, key.hint)
        else:
            near = self.known.hint(written) if len(written) < 60 else ""
            self.tell("it is not said which quantity this is", near or self.known.example)

    def tell(self, problem: str, hint: str = "") -> None:
        if not self.problem:
            self.problem, self.hint = problem, hint

    def sides(self, statement: Statement, key: Expr | None) -> tuple[Side, ...]:
        return tuple(self.side(relation, found, key) for relation, found in statement.sides)

    def side(self, relation: Relation, found: list[Piece], key: Expr | None) -> Side:
        kept = without_remarks(found, self.known) or found
        shown = self.plain.shown(kept[0].start, kept[-1].end) if kept else ""
        return read_side(kept, self.plain.text, shown, relation, self.known, key)

    # ---- values without names

    def answers(self, text: str) -> None:
        """``(a) 2.0 (b) 0``: the values of what is asked, in its order."""
        marks = list(_MARKER.finditer(text))
        ends = [*(mark.start() for mark in marks[1:]), len(text)]
        parts = [(mark[1] or mark[2], text[mark.end() : end]) for mark, end in zip(marks, ends, strict=False)]
        if not marks:
            parts = [("", part) for part in re.split(r"\s{2,}|;\s*|,\s+", text.strip())]
        for place, (mark, part) in enumerate(parts):
            at = _ordinal(mark) if mark else place
            found = pieces(plain(part).text)
            if not found or at >= len(self.asked):
                continue
            key = self.key_asked(at)
            side = read_side(found, plain(part).text, part.strip(" ,;."), "=", self.known, key)
            if side.expr is not None and not (is_word(found, 0, self.known)):
                self.chains.append(Written(key, (side,)))

    def key_asked(self, at: int) -> Expr:
        return named(self.asked[at], self.known) or parse(self.asked[at])

    def answer(self, left: list[Piece], sides: tuple[Side, ...]) -> None:
        """``(a) 0.5*2 = 1``: a calculation that is asked for."""
        marker = _MARKER.match(self.text.strip())
        at = _ordinal(marker[1] or marker[2]) if marker else 0
        first = read_side(left, self.plain.text, self.plain.shown(left[0].start, left[-1].end), "=", self.known, None)
        if at < len(self.asked):
            self.chains.append(Written(self.key_asked(at), (first, *sides)))


_MARKER = re.compile(r"(?:(?<=\s)|^)(?:\(([a-h]|\d{1,2}|[ivx]{1,4})\)|([a-h]|[ivx]{1,4}|\d{1,2})[).])\s+")
_ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x")


def _ordinal(mark: str) -> int:
    """The place of a marker, from 0."""
    if mark.isdigit():
        return int(mark) - 1
    return _ROMAN.index(mark) if mark in _ROMAN else ord(mark[0]) - ord("a")


def _is_number(expr: Expr) -> bool:
    parts = [*walk(expr)]
    return any(isinstance(part, Num) for part in parts) and not any(isinstance(part, Sym | Deriv) for part in parts)


def _row(text: str, known: Names) -> str:
    """The row of a table whose first cell names a quantity, as an equation."""
    cells = [cell.strip() for cell in text.strip().strip("|").split("|")]
    if not text.lstrip().startswith("|") or len(cells) < 2 or named(plain(cells[0]).text, known) is None:
        return text
    start, end = text.index("|"), text.rstrip().rfind("|")
    inner = text[start + 1 : end] if end > start and text.rstrip().endswith("|") else text[start + 1 :]
    return text[:start] + " " + inner.replace("|", "=")


def _unmarked(text: str, start: int) -> str:
    """A line without what Markdown sets around it, and without a comment."""
    text = _BOLD.sub(r"\1", _COMMENT.sub("", text[start:]))
    inside = text.strip()
    for mark in ("__", "*"):
        if inside.startswith(mark) and inside.rstrip(".,").endswith(mark) and inside.count(mark) == 2:
            text = inside.replace(mark, "")
    return text.replace("`", "")
