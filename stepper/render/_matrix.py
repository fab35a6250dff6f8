"""Matrices over several lines: a line is set with a blank of their size, and the rows are put in."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from stepper.core.expr import Array, Deriv, Expr, Product, Sym
from stepper.core.traverse import holds, transform, walk
from stepper.render._unicode import cells, formula
from stepper.render._writing import adjoint, is_vector
from stepper.render.look import Style

FIRST = 0xE000
"""Private characters stand for the matrices while a line is set: no text holds them."""
MOST = 6_000


class Matrices:
    """The matrices of some formulas, each with the character that holds its place."""

    def __init__(self, style: Style, room: int) -> None:
        self.style, self.room = style, room
        self.rows: dict[str, list[str]] = {}

    def hold(self, expr: Expr) -> Expr:
        """The formula with a name as wide as it in place of each matrix that the room holds."""
        return transform(expr, self._held) if holds(expr, Array) else expr

    def _held(self, part: Expr) -> Expr | None:
        if self.style.writing.columns and isinstance(part, Product) and "@" in part.operators:
            # to the left of a matrix a vector is a row
            before = zip((*part.operators, ""), part.operands, strict=True)
            operands = [
                operand if follows == "@" and is_vector(operand) else self.hold(operand) for follows, operand in before
            ]
            return replace(part, operands=tuple(operands))
        column = self.style.writing.columns and is_vector(part)
        if not (column or is_matrix(part)) or len(self.rows) >= MOST:
            return None
        assert isinstance(part, Array)
        rows = _rows(Array(tuple(Array((item,)) for item in part.items)) if column else part, self.style)
        if cells(rows[0]) > self.room:
            return None
        mark = chr(FIRST + len(self.rows))
        self.rows[mark] = rows
        return Sym(mark * cells(rows[0]))

    def height(self, text: str) -> tuple[int, int]:
        """How many lines stand above and below the one that is written on."""
        tall = max((len(self.rows[mark]) for mark in set(text) & set(self.rows)), default=1)
        return (tall - 1) // 2, tall // 2

    def line(self, text: str, offset: int) -> str:
        """A line of the text: the one written on (0), or one above or below, where matrices alone stand."""
        out: list[str] = []
        place = 0
        while place < len(text):
            rows = self.rows.get(text[place])
            if rows is None:
                out.append(text[place] if offset == 0 else " " * cells(text[place]))
                place += 1
                continue
            number = offset + (len(rows) - 1) // 2
            width = cells(rows[0])
            out.append(rows[number] if 0 <= number < len(rows) else " " * width)
            place += width
        return "".join(out)


def is_matrix(expr: Expr) -> bool:
    """Is it two or more rows, all of one length, of what is no list itself?"""
    if not isinstance(expr, Array) or len(expr.items) <= 1 or not all(isinstance(row, Array) for row in expr.items):
        return False
    lengths = {len(row.items) for row in expr.items if isinstance(row, Array)}
    return len(lengths) == 1 and not any(
        isinstance(item, Array) for row in expr.items if isinstance(row, Array) for item in row.items
    )


def is_high(expr: Expr, style: Style) -> bool:
    """Is it set higher than a line: a derivative, or something with a matrix in it?"""
    if isinstance(expr, Deriv):
        return adjoint(expr, style) is None
    if not holds(expr, Array):
        return False
    several = style.writing.columns and not style.inline
    return any((is_matrix(part) and not style.inline) or (several and is_vector(part)) for part in walk(expr))


def _rows(matrix: Array, style: Style) -> list[str]:
    written = [[formula(item, style) for item in row.items] for row in matrix.items if isinstance(row, Array)]
    widths = [max(cells(row[column]) for row in written) for column in range(len(written[0]))]
    lines = [
        "  ".join(" " * (width - cells(entry)) + entry for entry, width in zip(row, widths, strict=True))
        for row in written
    ]
    return [f"{left}{line}{right}" for line, (left, right) in zip(lines, _brackets(len(lines)), strict=True)]


def _brackets(count: int) -> Sequence[tuple[str, str]]:
    return [("⎡", "⎤"), *([("⎢", "⎥")] * (count - 2)), ("⎣", "⎦")]
