"""A formula too wide for its line over several: broken at sums, then at products, then within brackets, fractions and
matrices.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from stepper.render.tex.parts import THIN, Part, Run, fraction, height, matrix, opened, tex, width

INDENT = 1.0
"""How far the second and further lines of one side stand in, for each bracket they begin in."""
NARROWEST = 4.0
"""What is no wider is not broken within."""


def broken(run: Run, room: float) -> list[Run]:
    """A run over as many lines as the room asks for: broken at sums, then at products, then within brackets and
    fractions.
    """
    if width(run) <= room:
        return [run]
    ranks = [_rank(run, place) for place in range(len(run))]
    least = min((rank for rank in ranks if rank is not None), default=None)
    if least is None:
        changed = _narrowed(run, room)
        return [run] if changed is None else broken(changed, room)
    rows: list[Run] = []
    for piece in _split(run, [place for place, rank in enumerate(ranks) if rank == least]):
        left = room - (indent(rows[-1]) if len(rows) > 1 else 0.0)
        if rows and width(rows[-1]) + width(piece) <= left:
            rows[-1] += piece
        else:
            rows += broken(piece, room - (indent(piece) if rows else 0.0))
    return rows


def indent(row: Run) -> float:
    """How far a line that goes on with a formula stands in: the further, the more brackets it begins in."""
    return INDENT * (1 + row[0].depth)


def continued(row: Run) -> str:
    """That indent in TeX."""
    return r"\quad" * (1 + row[0].depth) + " "


def _rank(run: Run, place: int) -> int | None:
    """How late a line is broken before a part: outer before inner, behind commas before at sums, and there before at
    products; None: not at all.
    """
    part, before = run[place], run[place - 1] if place else None
    if before is None:
        return None
    if before.tex == THIN:
        return 3 * before.depth + 2
    if before.kind in ("comma", "word"):
        return 3 * before.depth
    if part.kind == "relation" or (part.kind == "binary" and part.tex in "+-"):
        return 3 * part.depth + 1
    return 3 * part.depth + 2 if part.kind == "binary" else None


def _split(run: Run, places: Sequence[int]) -> Iterator[Run]:
    for start, stop in zip([0, *places], [*places, len(run)], strict=True):
        yield run[start:stop]


def _narrowed(run: Run, room: float) -> Run | None:
    """The widest part that can be broken within made narrower: a fence opened; a fraction or the cells of a matrix over
    several lines.
    """
    able = [place for place, part in enumerate(run) if part.inner and part.width > NARROWEST]
    if not able:
        return None
    place = max(able, key=lambda place: run[place].width)
    part = run[place]
    left = max(room - (width(run) - part.width), 0.5 * room)
    if part.kind == "fence":
        changed = opened(part, "bigg" if part.lines == 2 else "Bigg")
    elif part.kind == "fraction":
        above, below = (_stacked(half, left - 0.45) for half in part.inner)
        changed = (replace(fraction(above, below, part.depth), inner=()),)
    else:
        columns = int(part.marks[1])
        each = max(left / columns - 1.1, NARROWEST)
        cells = [_stacked(cell, each) for cell in part.inner]
        rows = [cells[start : start + columns] for start in range(0, len(cells), columns)]
        changed = (replace(matrix(part.marks[0], rows, part.depth, "[1ex]"), inner=()),)
    return (*run[:place], *changed, *run[place + 1 :])


def _stacked(run: Run, room: float) -> Run:
    """A run as one part that is several lines high."""
    rows = broken(run, room)
    if len(rows) == 1:
        return rows[0]
    written = " \\\\\n".join(f"&{continued(row) if place else ' '}{tex(row)}" for place, row in enumerate(rows))
    size = max(width(row) + (indent(row) if place else 0.0) for place, row in enumerate(rows))
    return (
        Part(f"\\begin{{aligned}}\n{written}\n\\end{{aligned}}", size, "matrix", 0, sum(height(row) for row in rows)),
    )
