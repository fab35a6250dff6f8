"""A drawing as a TikZ picture."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from stepper.core.pictures import Drawing
from stepper.core.prose import Prose
from stepper.render._latex import formula
from stepper.render.graph import pen
from stepper.render.graph.pen import SIZE, Piece
from stepper.render.graph.scene import Sheet, legible, scene
from stepper.render.graph.shapes import Rect, Wire, Words
from stepper.render.look import Style
from stepper.render.tex.parts import Part, Run, parse, tex, width, words_width
from stepper.render.tex.words import escape

UNIT = 0.0235
"""Centimetres to a unit where there is room: the smallest letters are then eight points tall."""
POINTS = 72.27 / 2.54
WIDEST = 12.0
"""Centimetres: the lines of a plain article are 12.1 wide."""
MOST_BOXES = (60, 40, 25, 15)
"""Drawings whose letters would be smaller than legible are folded to fewer boxes: paper cannot be made larger."""
_SUMS = ("+", "-", r"\odot")
DOT = 0.28
"""The width of the sign of a product, which stands close in a box."""
FONT = 10
"""Points of the letters that are scaled: every TeX has them."""
_CUT = re.compile(r"\$( ?)\$\{\}")
"""Where a formula goes on that a line may be broken in."""
MIDDLE = 0.34
"""How far below the middle of a line its letters stand, in parts of their size."""
_ANCHORS = {"start": "base west", "middle": "base", "end": "base east"}
_COLOURS = {
    "value": "text=stepvalue",
    "gradient": "text=stepgradient",
    "formula": "text=black!70",
    "note": "text=black!70",
    "name": "",
    "label": "",
}
COLOURS = r"\definecolor{stepvalue}{RGB}{20,105,46}\definecolor{stepgradient}{RGB}{179,38,30}"


class Pen(pen.Pen):
    """Words and formulas in TeX."""

    def pieces(self, words: Prose) -> Sequence[Piece]:
        found: list[Piece] = []
        for part in self.parts(words):
            run = () if isinstance(part, str) else parse(slashed(formula(part, self.style)), inline=True)
            new = _of_words(part) if isinstance(part, str) else _of_formula(run)
            if found and new and not new[0].before:
                last = found.pop()
                new = [Piece(last.text + new[0].text, last.width + new[0].width, last.before, last.rank), *new[1:]]
            found += new
        return found

    def joined(self, pieces: Sequence[Piece]) -> str:
        return _CUT.sub(" ", super().joined(pieces))


def tikz(drawing: Drawing, style: Style, width_cm: float = WIDEST) -> str:
    """The ``tikzpicture`` environment of a drawing, at most so wide, and no taller than a page has room for."""
    sheet = Sheet(width_cm, UNIT)
    for most in MOST_BOXES:
        shapes = scene(drawing, Pen(style), sheet, most)
        scale = sheet.fit(shapes)
        if legible(scale):
            break
    every = rf"every node/.style={{inner sep=0pt, font=\fontsize{{{FONT}}}{{12}}\selectfont}}"
    lines = [
        f"{COLOURS}%",
        rf"\begin{{tikzpicture}}[x={scale:.5f}cm, y=-{scale:.5f}cm, >=latex, {every}]",
        rf"\useasboundingbox (0,0) rectangle ({shapes.width:.1f},{shapes.height:.1f});",
        *(_wire(wire, scale) for wire in shapes.wires),
        *(line for rect in shapes.rects for line in _rect(rect, scale)),
        *(_words(words, scale) for words in shapes.words),
        r"\end{tikzpicture}",
    ]
    return "\n".join(lines)


def _wire(wire: Wire, scale: float) -> str:
    (x, y), *rest = wire.points
    pieces = "".join(
        f" .. controls ({a:.1f},{b:.1f}) and ({c:.1f},{d:.1f}) .. ({u:.1f},{v:.1f})"
        for (a, b), (c, d), (u, v) in (rest[place : place + 3] for place in range(0, len(rest), 3))
    )
    thick = (2.6 if wire.marked else 1.1) * scale * POINTS
    options = [*(["->"] if wire.head else []), f"line width={thick:.2f}pt", *(["dashed"] if wire.back else [])]
    options.append("black" if wire.marked else "black!60")
    return rf"\draw[{', '.join(options)}] ({x:.1f},{y:.1f}){pieces};"


def _rect(rect: Rect, scale: float) -> Iterator[str]:
    x, y = rect.at
    thick = (2.6 if rect.marked else 2.2 if rect.kind == "output" else 1.1) * scale * POINTS
    corner = rect.radius * scale * POINTS
    fill = "black!6" if rect.leaf else "white"
    options = f"draw, line width={thick:.2f}pt, rounded corners={corner:.2f}pt, fill={fill}"
    yield rf"\path[{options}] ({x:.1f},{y:.1f}) rectangle ({x + rect.width:.1f},{y + rect.height:.1f});"
    for rule in rect.rules:
        yield rf"\draw[line width={thick:.2f}pt] ({x:.1f},{rule:.1f}) -- ({x + rect.width:.1f},{rule:.1f});"


def _words(words: Words, scale: float) -> str:
    size = SIZE[words.tone]
    options = [f"anchor={_ANCHORS[words.anchor]}", *([_COLOURS[words.tone]] if _COLOURS[words.tone] else [])]
    options.append(f"scale={size * scale * POINTS / FONT:.3f}")
    x, y = words.at
    return rf"\node[{', '.join(options)}] at ({x:.1f},{y + MIDDLE * size:.1f}) {{{words.text}}};"


def _of_words(text: str) -> list[Piece]:
    """Words, parted at their blanks."""
    first, *rest = text.split(" ")
    return [Piece(escape(first), words_width(first)), *(Piece(escape(word), words_width(word), " ") for word in rest)]


def _of_formula(run: Run) -> list[Piece]:
    """A formula, parted before its signs and behind its commas; at its products only where it is too wide."""
    found: list[Piece] = []
    run = tuple(replace(part, tex=r"{\cdot}", width=DOT) if part.tex == r"\cdot" else part for part in run)
    starts = [0, *(place for place in range(1, len(run)) if _parts(run[place - 1], run[place]))]
    for start, stop in zip(starts, [*starts[1:], len(run)], strict=True):
        within = run[start:stop]
        after_comma = start > 0 and run[start - 1].kind == "comma"
        late = start > 0 and not after_comma and within[0].kind == "binary" and within[0].tex not in _SUMS
        depth = (run[start - 1] if after_comma else within[0]).depth
        written = f"${'{}' if start else ''}{tex(within)}$"
        found.append(Piece(written, width(within), " " if after_comma else "", 2 * depth + late if start else 0))
    return found


def slashed(latex: str) -> str:
    r"""A formula with strokes in place of fraction bars, under which letters would be too small to be read.

    >>> slashed(r"x + \frac{a + b}{2 \cdot c}")
    'x + \\left( a + b \\right)/\\left( 2 \\cdot c \\right)'
    """
    before, bar, rest = latex.partition(r"\frac{")
    if not bar:
        return latex
    above, rest = _braced(rest)
    below, rest = _braced(rest[1:])
    above, below = slashed(above), slashed(below)
    above = _closed(above) if _outside(above, " + ", " - ") else above
    below = _closed(below) if _outside(below, " + ", " - ", "cdot", "odot", "/") else below
    return f"{before}{above}/{below}{slashed(rest)}"


def _closed(latex: str) -> str:
    return rf"\left( {latex} \right)"


def _braced(latex: str) -> tuple[str, str]:
    """What stands before the brace that closes, and what behind it."""
    depth = 1
    for place, sign in enumerate(latex):
        depth += (sign == "{") - (sign == "}")
        if not depth:
            return latex[:place], latex[place + 1 :]
    return latex, ""


def _outside(latex: str, *signs: str) -> bool:
    """Does one of some signs stand outside of all brackets?"""
    depth, found = 0, ""
    for sign in latex.replace(r"\left", "{").replace(r"\right", "}"):
        depth += sign == "{"
        found += "" if depth else sign
        depth -= sign == "}"
    return any(sign in found for sign in signs)


def _parts(before: Part, part: Part) -> bool:
    """May a line be broken between two parts of a formula?"""
    return before.kind == "comma" or part.kind in ("binary", "relation")
