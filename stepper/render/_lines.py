"""Lines of spans: words wrapped, rows cut where they may be, tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Literal, TypeAlias

from stepper.core.patterns import later
from stepper.core.steps import Role, Table
from stepper.render._unicode import cells, prose
from stepper.render.look import Style, cell

Tone: TypeAlias = Role | Literal["title", "heading", "head", "quiet"]
Span: TypeAlias = tuple[str, Tone]
Line: TypeAlias = list[Span]

INDENT = 3
NEAREST = 1 / 3
"""A line of a long formula is filled to this share at least, but for the rows of a matrix."""
_POWER_OF_TEN = later("10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹^]")
NARROWEST_COLUMN = 6
MANY_COLUMNS = 8


def packed(pieces: Sequence[str], room: int, size: Callable[[str], int], joint: str = " ") -> list[str]:
    """Pieces put together into as few lines as hold them."""
    rows: list[str] = []
    for piece in pieces:
        if rows and size(rows[-1]) + size(joint) + size(piece) <= room:
            rows[-1] += joint + piece
        else:
            rows.append(piece)
    return rows


def _exceeds(row: str, room: int) -> bool:
    """Is a line wider than the room?

    Its beginning tells, unless it is all accents; a long line is not measured whole each time.
    """
    return cells(row[: 2 * room]) > room or (len(row) > 2 * room and cells(row) > room)


def chopped(row: str, room: int) -> list[str]:
    parts = []
    while _exceeds(row, room):
        cut = max(
            row.rfind("·", 1, room), row.rfind("×", 1, room), row.rfind(", ", 1, room) + 1, row.rfind(" ", 1, room)
        )
        cut = cut if cut > 0 else room
        parts.append(row[:cut].rstrip())
        row = row[cut:].lstrip()
    return [*parts, row]


def parted(row: str, room: int) -> list[str]:
    """A formula over several lines: outside brackets before inside, at sums and commas before products. A line that
    begins in brackets stands in by one for each.

    >>> parted("[1 + 2, 3 + 4, 5 + 6]", 18)
    ['[1 + 2, 3 + 4,', ' 5 + 6]']
    """
    parts: list[str] = []
    inside = 0
    while _exceeds(row, room):
        places = [place for place in _seams(row, room, inside) if place[2] > len(row) - len(row.lstrip())]
        if not places:
            return [*parts, *chopped(row, room)]
        far = [place for place in places if place[2] >= NEAREST * room or row[: place[2]].endswith("],")]
        far = far or [max(places, key=lambda place: place[2])]
        inside, _, cut = min(far, key=lambda place: (*place[:2], -place[2]))
        parts.append(row[:cut].rstrip())
        row = " " * min(inside, room // 4) + row[cut:].lstrip()
    return [*parts, row]


def _seams(row: str, room: int, depth: int) -> Iterator[tuple[int, int, int]]:
    """Where a line may end: in how many brackets, at what (commas, sums, products), and its width there."""
    for place, character in enumerate(row[: room + 1]):
        after = row[place + 1 : place + 3]
        if character in "([":
            depth += 1
        elif character in ")]":
            depth -= 1
        elif character == "," and after[:1] == " " and place < room:
            yield depth, 0, place + 1
        elif character == " " and after[1:] == " " and after[0] in "+-<>=≤≥≠⊙":
            yield depth, 1 + (after[0] == "⊙"), place
        elif character in "·×*" and not _POWER_OF_TEN.match(row, place + 1):
            yield depth, 2, place


def wrapped(text: str, width: int, indent: int, tone: Tone, hang: int = 0) -> Iterator[Line]:
    room = max(12, width - indent)
    current = ""
    lead = " " * indent
    for word in text.split(" "):
        if current and cells(current) + 1 + cells(word) > room:
            yield [(lead + current, tone)]
            lead, room, current = " " * (indent + hang), max(12, width - indent - hang), word
        else:
            current = f"{current} {word}" if current else word
    for part in chopped(current, room):
        yield [(lead + part, tone)]


def table_lines(table: Table, style: Style) -> Iterator[Line]:
    """Columns two blanks apart, a rule under the heads; a cell too wide for its share is broken at its terms."""
    heads = [prose(column.title, style) for column in table.columns]
    rows = [[prose(cell(entry, style.look), style) for entry in row] for row in table.rows]
    widths = [max([cells(head), *(cells(row[place]) for row in rows)]) for place, head in enumerate(heads)]
    room = style.look.width - INDENT - 2 * (len(widths) - 1)
    numbers = {place for place, column in enumerate(table.columns) if column.align == "right"}
    while sum(widths) > room and max(widths) > NARROWEST_COLUMN:
        # words are broken before numbers are
        places = [
            place for place, width in enumerate(widths) if width > NARROWEST_COLUMN and place not in numbers
        ] or range(len(widths))
        widths[max(places, key=lambda place: widths[place])] -= 1
    cut = any(cells(row[place]) > widths[place] for row in rows for place in numbers)
    if cut or sum(widths) > room:  # a number in pieces is read as several
        yield from _blocks_of_columns(table, style) if len(heads) > MANY_COLUMNS else _stacked(heads, rows, style)
        return
    yield from _broken_row(heads, widths, table, "head")
    yield [(" " * INDENT + "─" * (sum(widths) + 2 * (len(widths) - 1)), "quiet")]
    for row in rows:
        yield from _broken_row(row, widths, table, None)


def _blocks_of_columns(table: Table, style: Style) -> Iterator[Line]:
    """A table of many columns, a matrix say, some columns at a time; the first stands before each block."""
    heads = [cells(prose(column.title, style)) for column in table.columns]
    widths = [
        max([head, *(cells(prose(cell(row[place], style.look), style)) for row in table.rows)])
        for place, head in enumerate(heads)
    ]
    place, room = 1, style.look.width - INDENT - widths[0]
    while place < len(widths):
        last, used = place, 0
        while last < len(widths) and (last == place or used + 2 + widths[last] <= room):
            used += 2 + widths[last]
            last += 1
        if place > 1:
            yield []
        columns, rows = table.columns, table.rows
        block = Table((columns[0], *columns[place:last]), tuple((row[0], *row[place:last]) for row in rows))
        yield from table_lines(block, style)
        place = last


def _stacked(heads: Sequence[str], rows: Sequence[Sequence[str]], style: Style) -> Iterator[Line]:
    """A table for which there is no room: each row as a heading, and under it a line for each of its other cells."""
    for row in rows:
        yield from wrapped(row[0] or row[1], style.look.width, INDENT, "head", hang=2)
        for head, entry in zip(heads[1:], row[1:], strict=True):
            if entry and (row[0] or entry != row[1]):
                yield from wrapped(f"{head}: {entry}" if head else entry, style.look.width, INDENT + 2, "plain", hang=2)


def _broken_row(row: Sequence[str], widths: Sequence[int], table: Table, tone: Tone | None) -> Iterator[Line]:
    parts = [_break_cell(cell, width) for cell, width in zip(row, widths, strict=True)]
    for height in range(max(len(part) for part in parts)):
        yield _row([part[height] if height < len(part) else "" for part in parts], widths, table, tone)


def _break_cell(cell: str, width: int) -> list[str]:
    if cells(cell) <= width:
        return [cell]
    pieces: list[str] = []
    for word in cell.replace(" + ", "\n+ ").replace(" = ", "\n= ").replace(" ≈ ", "\n≈ ").split("\n"):
        if pieces and cells(pieces[-1]) + 1 + cells(word) <= width:
            pieces[-1] += f" {word}"
        else:
            pieces += chopped(word, width)
    return pieces or [""]


def _row(row: Sequence[str], widths: Sequence[int], table: Table, tone: Tone | None) -> Line:
    line: Line = [(" " * INDENT, "plain")]
    for place, (text, width, column) in enumerate(zip(row, widths, table.columns, strict=True)):
        blank = " " * (width - cells(text))
        last = place == len(widths) - 1
        padded = blank + text if column.align == "right" else text + ("" if last else blank)
        line.append((padded + ("" if last else "  "), tone or column.role))
    return line
