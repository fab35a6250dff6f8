"""Many answers at once: a table as spreadsheets write it, a row for each student, a column for each quantity."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from stepper.core.expr import Expr
from stepper.core.formula import text
from stepper.core.working import Line, Paper, Papers
from stepper.errors import Place, Problem, StepperError
from stepper.read.working.names import Names
from stepper.read.working.page import read_claim

SEPARATORS = ("\t", ";", ",")
"""What stands between cells, if it stands in the first line: where numbers have commas, semicolons do."""
DECLARED = "sep="
"""With this a spreadsheet says in a first line of its own what stands between cells."""
NOTHING = frozenset({"", "-", "–", "—", "?", "/", "n/a", "na", "none", "nan"})
"""Cells in which nothing is answered."""
NAMING = ("name", "student", "navn", "namn", "nombre", "nom", "id")
"""What the heading of the column of names has in it, the likeliest first."""
LONGEST_CELL, MOST_COLUMNS, MOST_ROWS, MOST_KEPT, SHOWN = 2_000, 200, 100_000, 50_000, 40


def read_papers(source: str, shown: str, known: Names, named: bool = False) -> Papers:
    """A table as comma-separated values: headings, then a row for each student.

    ``named``: rows get the names that stand in a column which is no quantity.

    Raises:
        StepperError: where it is no such table, or no heading is a quantity.
    """
    declared = source[: len(DECLARED)].lower() == DECLARED
    first = source.partition("\n")[0]
    separator = first[len(DECLARED) :][:1] if declared else _separator(first)
    table = _rows(source.partition("\n")[2] if declared else source, separator or ",", shown, int(declared))
    headings = next(table, None)
    if headings is None:
        raise StepperError(Problem("this table is empty", Place(shown, 1), "headings first: name;dL/dw11;L"))
    return _papers(headings[1], table, shown, known, named)


def papers_of(records: Iterable[Mapping[str, object]], known: Names, named: bool = False) -> Papers:
    """A table of rows in Python; the headings are the names of the first row.

    Raises:
        StepperError: where there is no row, or no name in it is a quantity.
    """
    from stepper.read.arguments import text_of

    kept = list(records)
    headings = [str(name) for name in kept[0]] if kept else []
    rows = (
        (number, ["" if (value := record.get(name)) is None else value if isinstance(value, str) else text_of(value)
                  for name in headings])
        for number, record in enumerate(kept, start=1)
    )  # fmt: skip
    return _papers(headings, rows, "answers", known, named, first=1)


def _separator(first: str) -> str:
    """What stands between the cells of a first line, outside quotes."""
    bare = "".join(first.split('"')[::2])
    return next((mark for mark in SEPARATORS if mark in bare), ",")


def _rows(source: str, separator: str, shown: str, above: int) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty, with the lines that they end on; ``above`` lines stand before them."""
    reader = csv.reader(io.StringIO(source, newline=""), delimiter=separator)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            what = f"this row cannot be read as comma-separated values: {error}"
            place = Place(shown, above + reader.line_num)
            raise StepperError(Problem(what, place, "save the table anew as CSV")) from None
        if any(cell.strip() for cell in row):
            yield above + reader.line_num, row


def _papers(
    headings: Sequence[str], table: Iterator[tuple[int, list[str]]], shown: str, known: Names, named: bool,
    first: int = 2,
) -> Papers:  # fmt: skip
    """The columns by their headings; the rows are read when they are asked for."""
    place = Place(shown, first - 1) if first > 1 else None
    if len(headings) > MOST_COLUMNS:
        raise StepperError(Problem(f"this table has {len(headings)} columns; the limit is {MOST_COLUMNS}", place))
    keys: dict[int, Expr] = {}
    for column, heading in enumerate(headings):
        key = _key(heading, known)
        if key is not None:
            if key in keys.values():
                raise StepperError(Problem(f"two columns are headed {text(key)}", place))
            keys[column] = key
    others = [column for column, heading in enumerate(headings) if column not in keys and heading.strip()]
    if not keys:
        seen = ", ".join(f"'{heading.strip()[:SHOWN]}'" for heading in headings[:6]) or "nothing"
        what = f"no heading is a quantity of this: {seen}"
        raise StepperError(Problem(what, place, f"headings such as {_example(known)}, by commas or semicolons"))
    naming = _naming(headings, others) if named else None
    if named and naming is None:
        raise StepperError(Problem("there is no column of names", place, "head one of them 'name'"))
    rows = _read(headings, keys, naming, table, shown, known)
    return Papers(tuple(keys.values()), tuple(headings[column].strip() for column in others if column != naming), rows)


def _key(heading: str, known: Names) -> Expr | None:
    """The quantity that a heading names."""
    heading = heading.strip().rstrip("=:").strip()
    if not heading or len(heading) > LONGEST_CELL or "=" in heading:
        return None
    line = read_claim(f"{heading} = 0", known)
    return line.chains[0].key if len(line.chains) == 1 and not line.problem else None


def _example(known: Names) -> str:
    """A heading or two."""
    return known.example.removeprefix("such as ").partition("=")[0].strip()


def _naming(headings: Sequence[str], others: Sequence[int]) -> int | None:
    """The column of names."""
    for word in NAMING:
        found = next((column for column in others if word in headings[column].lower()), None)
        if found is not None:
            return found
    return others[0] if others else None


def _read(
    headings: Sequence[str], keys: Mapping[int, Expr], naming: int | None, table: Iterator[tuple[int, list[str]]],
    shown: str, known: Names,
) -> Iterator[Paper]:  # fmt: skip
    """Row by row; the same answer to the same question is read once."""
    seen: dict[tuple[int, str], Line | None] = {}
    for number, (line, row) in enumerate(table, start=1):
        if number > MOST_ROWS:
            raise StepperError(Problem(f"this table has more than {MOST_ROWS:,} rows, the limit", Place(shown, line)))
        if len(row) > len(headings) and any(cell.strip() for cell in row[len(headings) :]):
            what = f"this row has {len(row)} cells, and there are {len(headings)} headings"
            hint = "where numbers have decimal commas, put semicolons between the cells, or quotes around the numbers"
            raise StepperError(Problem(what, Place(shown, line), hint))
        cells = [cell.strip() for cell in (*row, *("" for _ in range(len(headings) - len(row))))]
        lines = []
        for place, column in enumerate(keys, start=1):
            cell = column, cells[column]
            if cell not in seen:
                if len(seen) >= MOST_KEPT:
                    seen.clear()
                seen[cell] = _answer(keys[column], cells[column], place, known)
            found = seen[cell]
            if found is not None:
                lines.append(found)
        name = cells[naming] if naming is not None else ""
        yield Paper(number, tuple(cells[column] for column in keys), tuple(lines), name)


def _answer(key: Expr, cell: str, place: int, known: Names) -> Line | None:
    """One answer; None where nothing is answered."""
    if cell.lower() in NOTHING:
        return None
    if len(cell) > LONGEST_CELL:
        return Line(place, cell, (), f"this cell has {len(cell):,} characters; the limit is {LONGEST_CELL:,}")
    if cell.startswith("="):
        return Line(place, cell, (), "a cell that begins with '=' is a formula of a spreadsheet, not its value")
    if ";" in cell:
        return Line(place, cell, (), "this cell holds more than one answer")
    read = read_claim(f"{text(key)} = {cell}", known)
    lost = next((chain.sides[-1] for chain in read.chains if all(side.expr is None for side in chain.sides)), None)
    if lost is not None:
        return Line(place, cell, (), lost.problem or "this is neither a number nor a formula")
    return replace(read, number=place, text=cell)
