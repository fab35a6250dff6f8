r"""Tables as ``longtable``: columns as wide as what stands in them where the line holds that, else the wide ones
broken.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from stepper.core.prose import Prose
from stepper.core.steps import Table
from stepper.render.look import Style, cell
from stepper.render.tex.prose import Text, prose

_SIZES = (("", 1.0, 1.1), (r"\small", 0.92, 0.9), (r"\footnotesize", 0.83, 0.6))
"""Sizes of the font that are tried: the command, how wide letters are then, and the blank between two columns in em."""
_SPLIT = 8.0
"""A column is not broken to less, in em."""
_SAFE = 0.97
"""How much of the line is given out: widths are estimates."""
_WHOLE = 30
"""Rows of a table that is shrunk to the line, which no page break can divide."""


class _Widths(Struct, frozen=True):
    """How a table is set: the size of its font, the blank between columns, and the widths of those that are broken, in
    em of that size.
    """

    size: str
    scale: float
    gap: float
    broken: tuple[float | None, ...]


def table(shown: Table, style: Style, room: float) -> str:
    """A table on a line of so many em."""
    rows = [tuple(cell(entry, style.look) for entry in row) for row in shown.rows]
    heads = tuple(column.title for column in shown.columns)
    texts = [[prose(entry, style, room) for entry in row] for row in (heads, *rows)]
    widths = _widths(texts, room)
    if widths is None:
        return _shrunk(texts, shown)
    rooms = [room if width is None else width for width in widths.broken]
    lines = [_row(row, style, rooms) for row in (heads, *rows)]
    head = [lines[0] + r" \\", r"\midrule"] if any(heads) else []
    columns = "".join(
        _column(column.align, width, widths, room) for column, width in zip(shown.columns, widths.broken, strict=True)
    )
    setting = [widths.size] if widths.size else []
    if any(r"\frac" in line for line in lines):
        setting.append(r"\renewcommand{\arraystretch}{1.3}")
    return "\n".join(
        [
            r"\begingroup",
            *setting,
            rf"\setlength{{\tabcolsep}}{{{widths.gap / 2:.2f}em}}",
            rf"\begin{{longtable}}[l]{{@{{}}{columns}@{{}}}}",
            r"\toprule",
            *head,
            r"\endhead",
            r"\bottomrule",
            r"\endfoot",
            *(f"{line} \\\\" for line in lines[1:]),
            r"\end{longtable}",
            r"\endgroup",
        ]
    )


def _row(row: Sequence[Prose], style: Style, rooms: Sequence[float]) -> str:
    return " & ".join(prose(entry, style, room).tex for entry, room in zip(row, rooms, strict=True))


def _column(align: str, width: float | None, widths: _Widths, room: float) -> str:
    if width is None:
        return "r" if align == "right" else "l"
    side = r"\raggedleft" if align == "right" else r"\raggedright"
    return rf">{{{side}\arraybackslash}}p{{{width * widths.scale / room:.3f}\linewidth}}"


def _widths(texts: Sequence[Sequence[Text]], room: float) -> _Widths | None:
    """The largest size at which the table fits, its wide columns broken where they must be; None where it fits in
    none.
    """
    natural = [max(text.natural for text in column) for column in zip(*texts, strict=True)]
    least = [max(text.least for text in column) for column in zip(*texts, strict=True)]
    for size, scale, gap in _SIZES:
        inside = room * _SAFE / scale - gap * (len(natural) - 1)
        if sum(natural) <= inside:
            return _Widths(size, scale, gap, tuple(None for _ in natural))
        shared = _shared(natural, least, inside)
        if shared is not None:
            return _Widths(size, scale, gap, shared)
    return None


def _shared(natural: Sequence[float], least: Sequence[float], room: float) -> tuple[float | None, ...] | None:
    """The room given out: narrow columns take what they need, wide ones their share of the rest, but not less than they
    must have.
    """
    needed = [min(wide, max(narrow, _SPLIT)) for wide, narrow in zip(natural, least, strict=True)]
    if sum(needed) > room:
        return None
    fixed: dict[int, float | None] = {}
    rest, open_ = room, set(range(len(natural)))
    while True:
        fair = rest / len(open_)
        easy = {place for place in open_ if natural[place] <= fair}
        if not easy:
            break
        fixed |= dict.fromkeys(easy)
        rest -= sum(natural[place] for place in easy)
        open_ -= easy
    while open_:
        total = sum(natural[place] for place in open_)
        tight = [place for place in open_ if rest * natural[place] / total < needed[place]]
        if not tight:
            return tuple(
                fixed[place] if place in fixed else rest * natural[place] / total for place in range(len(natural))
            )
        for place in tight:
            fixed[place] = needed[place]
            rest -= needed[place]
            open_.discard(place)
    return tuple(fixed[place] for place in range(len(natural)))


def _shrunk(texts: Sequence[Sequence[Text]], shown: Table) -> str:
    """A table with more columns than a line holds, shrunk to it, in pieces that a page holds."""
    columns = "".join("r" if column.align == "right" else "l" for column in shown.columns)
    head, *rows = [" & ".join(text.tex for text in row) + r" \\" for row in texts]
    parts = [rows[start : start + _WHOLE] for start in range(0, len(rows), _WHOLE)] or [[]]
    return "\n\n".join(
        "\n".join(
            [
                rf"\stepperfit{{1}}{{\begin{{tabular}}{{@{{}}{columns}@{{}}}}",
                r"\toprule",
                *([head, r"\midrule"] if any(text.tex for text in texts[0]) else []),
                *part,
                r"\bottomrule",
                r"\end{tabular}}",
            ]
        )
        for part in parts
    )
