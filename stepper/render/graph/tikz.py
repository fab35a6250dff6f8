"""A drawing as a TikZ picture."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from stepper.core.steps import Drawing, Prose
from stepper.render._latex import formula
from stepper.render.graph.measure import Tone
from stepper.render.graph.scene import Rect, Wire, Words, scene
from stepper.render.look import Style
from stepper.render.tex.parts import parse, tex
from stepper.render.tex.words import escape

NATURAL = 0.0212
"""Centimetres to a unit where there is room: names are then ten points tall."""
POINTS = 28.45
WIDEST = 12.0
"""Centimetres: the lines of a plain article are 12.1 wide."""
TALLEST = 15.0
"""Centimetres: what a page has room for beside the words that come before."""
SMALLEST = 0.4 * NATURAL
MOST_BOXES = (120, 60, 40, 25, 15)
"""Drawings whose letters would be smaller are folded to fewer boxes: paper cannot be made larger."""
SIZES: dict[Tone, str] = {
    "name": "{10}{12}",
    "formula": "{7}{8}",
    "value": "{8}{9}",
    "gradient": "{8}{9}",
    "note": "{8}{9}",
}
"""Letters in points and from line to line, where nothing is scaled: sizes that every TeX has."""
_ANCHORS = {"start": "west", "middle": "center", "end": "east"}
_COLOURS = {
    "value": "text=stepvalue",
    "gradient": "text=stepgradient",
    "formula": "text=black!70",
    "note": "text=black!70",
    "name": "",
}
COLOURS = r"\definecolor{stepvalue}{RGB}{20,105,46}\definecolor{stepgradient}{RGB}{179,38,30}"


def tikz(drawing: Drawing, style: Style, width_cm: float = WIDEST) -> str:
    """The ``tikzpicture`` environment of a drawing, at most so wide, and no taller than a page has room for."""
    for most in MOST_BOXES:
        shapes = scene(drawing, style, width_cm / NATURAL, most)
        scale = min(NATURAL, width_cm / shapes.width, TALLEST / shapes.height)
        if scale >= SMALLEST:
            break
    every = f"every node/.style={{inner sep=0pt, scale={scale / NATURAL:.3f}}}"
    lines = [
        COLOURS,
        rf"\begin{{tikzpicture}}[x={scale:.5f}cm, y=-{scale:.5f}cm, >=latex, {every}]",
        rf"\useasboundingbox (0,0) rectangle ({shapes.width:.1f},{shapes.height:.1f});",
        *(_wire(wire, scale) for wire in shapes.wires),
        *(line for rect in shapes.rects for line in _rect(rect, scale)),
        *(_words(words, style) for words in shapes.words),
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
    (x, y), leaf = rect.at, rect.kind in ("input", "parameter", "constant")
    thick = (2.6 if rect.marked else 2.2 if rect.kind == "output" else 1.1) * scale * POINTS
    corner = (14 if leaf else 5) * scale * POINTS
    options = f"draw, line width={thick:.2f}pt, rounded corners={corner:.2f}pt, fill={'black!6' if leaf else 'white'}"
    yield rf"\path[{options}] ({x:.1f},{y:.1f}) rectangle ({x + rect.width:.1f},{y + rect.height:.1f});"
    for rule in rect.rules:
        yield rf"\draw[line width={thick:.2f}pt] ({x:.1f},{rule:.1f}) -- ({x + rect.width:.1f},{rule:.1f});"


def _words(words: Words, style: Style) -> str:
    options = [f"anchor={_ANCHORS[words.anchor]}", *([_COLOURS[words.tone]] if _COLOURS[words.tone] else [])]
    options.append(rf"font=\fontsize{SIZES[words.tone]}\selectfont")
    x, y = words.at
    return rf"\node[{', '.join(options)}] at ({x:.1f},{y:.1f}) {{{_prose(words.words, style)}}};"


def _prose(parts: Prose, style: Style) -> str:
    style = replace(style, inline=True)
    return "".join(
        escape(part) if isinstance(part, str) else f"${tex(parse(formula(part, style), inline=True))}$"
        for part in parts
    )
