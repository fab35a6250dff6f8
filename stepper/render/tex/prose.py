"""Words and formulas in a line of TeX, and how much room they need."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from stepper.core.prose import Prose
from stepper.render import _latex, _unicode
from stepper.render._number import listed
from stepper.render.look import Style, honest
from stepper.render.tex.parts import Part, Run, parse, tex, unbreakable, width, words_width
from stepper.render.tex.words import SYMBOLS, escape, plain

LINE = 30.0
"""A line that every page has, in em."""
_RELATION = re.compile(r" [=≈<>≤≥∼] ")
_LOOSE = 6.0
"""A formula in which no piece is wider is not to be broken behind its commas."""
_WORD = 11.0
"""No word is wider: the escaping of longer ones lets them be broken."""


class Text(Struct, frozen=True):
    """Prose as TeX: how wide it is on one line, and how wide where every break is taken."""

    tex: str
    natural: float
    least: float


def prose(parts: Prose, style: Style, room: float = LINE) -> Text:
    """Words with formulas between dollars; formulas joined by a relation are one, and one too wide for the room is
    shrunk to the line.
    """
    natural = least = 0.0
    written = ""
    for piece in _pieces(parts, replace(style, inline=True)):
        if isinstance(piece, str):
            natural += words_width(piece)
            least = max([least, *(min(words_width(word), _WORD) for word in re.split(r"[\s-]", piece))])
            written += escape(piece)
            continue
        natural += width(piece)
        loose = unbreakable(piece) > _LOOSE
        widest = unbreakable(piece, loose)
        least = max(least, widest)
        shown = rf"\stepperfit{{1}}{{${tex(piece)}$}}" if widest > room else f"${tex(piece, loose)}$"
        written += f" {shown}" if written.endswith(("$", "$}")) else shown
    if written[:1] in ("[", "*"):  # behind a line break or \item it would be read as an option
        written = f"{{{written[0]}}}{written[1:]}"
    return Text(written, natural, least)


def bare(parts: Prose, style: Style) -> str:
    """Prose in the letters that a bookmark or a label can hold."""
    return plain(_unicode.prose(parts, style))


def _pieces(parts: Prose, style: Style) -> Iterator[str | Run]:
    """Words, and formulas as runs; those with a relation between them are one."""
    run: Run = ()
    found = listed(honest(parts, style.look), style.look)
    for place, part in enumerate(found):
        if not isinstance(part, str):
            if run and run[-1].kind != "relation":
                yield run
                run = ()
            run += parse(_latex.formula(part, style), inline=True)
        elif run and _RELATION.fullmatch(part) and place + 1 < len(found) and not isinstance(found[place + 1], str):
            sign = part.strip()
            run += (Part(SYMBOLS.get(sign, sign), 1.34, "relation"),)
        else:
            if run:
                yield run
            run = ()
            yield part
    if run:
        yield run
