"""A drawing as SVG: for a file, or inside a page whose colours it takes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from stepper.core.steps import Box, Drawing
from stepper.render._font import font_face
from stepper.render._label import HIGH, LOW
from stepper.render._unicode import prose
from stepper.render.graph.measure import SIZE
from stepper.render.graph.scene import Rect, Scene, Wire, Words, scene
from stepper.render.look import Style

ROUND = {"input": 14, "parameter": 14, "constant": 14, "node": 5, "output": 5}
MOST_TOLD = 60
SMALLEST = 0.7
"""On a page a drawing is made no smaller than this: letters stay legible, and what has no room is scrolled to."""
_RAISED = {above: letter for letter, above in HIGH.items() if above != letter} | {"ᵀ": "T"}
_LOW, _HIGH = "".join(LOW.values()), "".join(_RAISED)
_PLAIN = str.maketrans({below: letter for letter, below in LOW.items()} | _RAISED)
_SHIFTED = re.compile(
    rf"([{_LOW}]+)|_(\w+(?:,\w+)*)|_\(([^()]+)\)|([{_HIGH}]+)|\^\(([^()]+)\)|\^(\w+(?:[.,]\d+)?|\[[^\[\]]+\])"
)

CSS = """\
.graph text {
  font-family: "Stepper Math", "Latin Modern Math", "STIX Two Math", "Cambria Math", "DejaVu Serif", serif; }
.graph text { fill: var(--ink, #1b1b1b); }
.graph .outline { fill: var(--paper, #ffffff); stroke: var(--ink, #1b1b1b); stroke-width: 1.2; }
.graph .leaf .outline { fill: var(--leaf, #f3f1ea); }
.graph .output .outline { stroke-width: 2.4; }
.graph .wire { fill: none; stroke: var(--line, #6b6b6b); stroke-width: 1.2; }
.graph .head { fill: var(--line, #6b6b6b); }
.graph .back .wire { stroke-dasharray: 5 3; }
.graph .marked .outline, .graph .marked .wire { stroke: var(--ink, #1b1b1b); stroke-width: 3; }
.graph .marked .head { fill: var(--ink, #1b1b1b); }
.graph text.value { fill: var(--value, #14692e); }
.graph text.gradient { fill: var(--gradient, #b3261e); font-style: italic; }
.graph text.formula, .graph text.note { fill: var(--quiet, #4a4a4a); }
"""


def svg(drawing: Drawing, style: Style, name: str = "graph", *, alone: bool = True) -> str:
    """The drawing as an ``svg`` element; ``alone`` with its own style and a white ground, as a file needs them."""
    shapes = scene(drawing, style)
    width, height = round(shapes.width), round(shapes.height)
    kept = "" if alone else f'style="min-width: {SMALLEST * width:.0f}px" '
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="graph" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" {kept}'
        f'role="img" aria-labelledby="{name}-title {name}-said">',
        f'<title id="{name}-title">The computational graph</title>',
        f'<desc id="{name}-said">{escape(" ".join(_told(box, drawing, style) for box in shapes.boxes))}</desc>',
    ]
    drawn = [*(_wire(wire) for wire in shapes.wires), *_boxes(shapes, style)]
    if alone:
        fonts = font_face("".join(drawn))
        lines += [f"<style>\n{fonts}{CSS}</style>", f'<rect width="{width}" height="{height}" fill="#ffffff"/>']
    lines += [*drawn, "</svg>"]
    return "\n".join(lines) + "\n"


def _told(box: Box, drawing: Drawing, style: Style) -> str:
    """A box in words, for those who hear the page."""
    sources = (
        {arrow.source for arrow in drawing.arrows if arrow.target == box.name}
        if len(drawing.boxes) <= MOST_TOLD
        else set()
    )
    reads = [prose(other.label, style) for other in drawing.boxes if other.name in sources]
    parts = [f"{prose(box.label, style)}"]
    parts += [f"value {prose(box.value, style)}"] if box.value else []
    parts += [f"gradient {prose(box.gradient, style)}"] if box.gradient else []
    parts += [f"reads {', '.join(reads)}"] if reads else []
    return f"{'; '.join(parts)}."


def _wire(wire: Wire) -> str:
    marks = " ".join(["edge", *(["marked"] if wire.marked else []), *(["back"] if wire.back else [])])
    edges = "|".join(f"{wire.source}>{target}>{slot}" for target, slot in wire.targets)
    (x, y), *rest = wire.points
    curves = " ".join(
        "C" + " ".join(f"{u:.1f} {v:.1f}" for u, v in rest[place : place + 3]) for place in range(0, len(rest), 3)
    )
    head = f'<path class="head" d="{_head(wire)}"/>' if wire.head else ""
    return (
        f'<g class="{marks}" data-edges="{escape(edges)}"><path class="wire" d="M{x:.1f} {y:.1f} {curves}"/>{head}</g>'
    )


def _head(wire: Wire) -> str:
    """A triangle at the end of a line, in its direction."""
    tip, *sides = wire.triangle
    return f"M{tip[0]:.1f} {tip[1]:.1f} " + " ".join(f"L{a:.1f} {b:.1f}" for a, b in sides) + " Z"


def _boxes(shapes: Scene, style: Style) -> Iterator[str]:
    """A group for each box, with all that is written in and beside it."""
    written: dict[str, list[Words]] = {}
    for words in shapes.words:
        written.setdefault(words.box, []).append(words)
    inside = {leaf.name: box.name for box in shapes.boxes for leaf in box.inside}
    for rect in shapes.rects:
        kind = "leaf" if rect.kind in ("input", "parameter", "constant") else rect.kind
        yield f'<g class="{kind}{" marked" if rect.marked else ""}" data-name="{escape(rect.name)}">{_outline(rect)}'
        yield from (_text(words, style) for words in written.pop(rect.name, []))
        for leaf in [leaf for leaf, host in inside.items() if host == rect.name]:
            yield f'<g data-name="{escape(leaf)}">'
            yield from (_text(words, style) for words in written.pop(leaf, []))
            yield "</g>"
        yield "</g>"
    for left in written.values():
        yield from (_text(words, style) for words in left)


def _outline(rect: Rect) -> str:
    (x, y), radius = rect.at, ROUND[rect.kind]
    rules = "".join(f'<path class="outline" d="M{x:.1f} {rule:.1f} h{rect.width:.1f}"/>' for rule in rect.rules)
    place = f'x="{x:.1f}" y="{y:.1f}" width="{rect.width:.1f}" height="{rect.height:.1f}"'
    return f'<rect class="outline" {place} rx="{radius}"/>{rules}'


def _text(words: Words, style: Style) -> str:
    x, y = words.at
    size = SIZE[words.tone]
    place = f'x="{x:.1f}" y="{y + size * 0.34:.1f}" font-size="{size:g}" text-anchor="{words.anchor}"'
    written = prose(words.words, style).replace("√", "sqrt")  # the font's root has a place under a bar only
    return f'<text class="{words.tone}" {place}>{_spans(escape(written))}</text>'


def _spans(text: str) -> str:
    """Subscripts and powers are letters of the line, set lower and higher: fonts for mathematics have no letters of
    their own for them.
    """

    def span(found: re.Match[str]) -> str:
        low, below, several, high, wide, above = found.groups()
        down = low is not None or below is not None or several is not None
        inside = below or several or wide or above or (low or high).translate(_PLAIN)
        shift = 0.22 if down else -0.4
        return (
            f'<tspan dy="{shift}em" font-size="72%">{inside}</tspan><tspan dy="{-shift * 0.72:.4g}em">&#8203;</tspan>'
        )

    return _SHIFTED.sub(span, text)
