"""A drawing as SVG: for a file, or inside a page whose colours it takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from math import ceil, inf
from typing import ClassVar

from stepper.core.pictures import Box, Drawing
from stepper.render._font import font_face
from stepper.render._unicode import prose
from stepper.render.graph.pen import SIZE, SMALL, Letters, shifted
from stepper.render.graph.scene import Sheet, scene
from stepper.render.graph.shapes import Rect, Scene, Wire, Words
from stepper.render.look import Style

MOST_TOLD = 60
SHEET = Sheet()
SMALLEST = 0.7
"""On a page a drawing is made no smaller than this: letters stay legible, and what has no room is scrolled to."""

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


class Pen(Letters):
    """The font's root has a place under a bar only."""

    replaced: ClassVar[Mapping[str, str]] = {"√": "sqrt"}


def svg(drawing: Drawing, style: Style, name: str = "graph", *, alone: bool = True) -> str:
    """The drawing as an ``svg`` element; ``alone`` with its own style and a white ground, as a file needs them."""
    shapes = scene(drawing, Pen(style), SHEET)
    width, height = ceil(shapes.width), ceil(shapes.height)
    large = Sheet(width=inf).fit(shapes) / SHEET.unit if alone else 1.0
    kept = "" if alone else f'style="--natural: {width}px; min-width: {SMALLEST * width:.0f}px" '
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="graph" viewBox="0 0 {width} {height}" '
        f'width="{large * width:.0f}" height="{large * height:.0f}" {kept}'
        f'role="img" aria-labelledby="{name}-title {name}-said">',
        f'<title id="{name}-title">The computational graph</title>',
        f'<desc id="{name}-said">{escape(" ".join(_told(box, drawing, style) for box in shapes.boxes))}</desc>',
    ]
    drawn = [*(_wire(wire) for wire in shapes.wires), *_boxes(shapes)]
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


def _boxes(shapes: Scene) -> Iterator[str]:
    """A group for each box, with all that is written in and beside it."""
    written: dict[str, list[Words]] = {}
    for words in shapes.words:
        written.setdefault(words.box, []).append(words)
    inside = {leaf.name: box.name for box in shapes.boxes for leaf in box.inside}
    for rect in shapes.rects:
        kind = "leaf" if rect.leaf else rect.kind
        yield f'<g class="{kind}{" marked" if rect.marked else ""}" data-name="{escape(rect.name)}">{_outline(rect)}'
        yield from (_text(words) for words in written.pop(rect.name, []))
        for leaf in [leaf for leaf, host in inside.items() if host == rect.name]:
            yield f'<g data-name="{escape(leaf)}">'
            yield from (_text(words) for words in written.pop(leaf, []))
            yield "</g>"
        yield "</g>"
    for left in written.values():
        yield from (_text(words) for words in left)


def _outline(rect: Rect) -> str:
    x, y = rect.at
    rules = "".join(f'<path class="outline" d="M{x:.1f} {rule:.1f} h{rect.width:.1f}"/>' for rule in rect.rules)
    place = f'x="{x:.1f}" y="{y:.1f}" width="{rect.width:.1f}" height="{rect.height:.1f}"'
    return f'<rect class="outline" {place} rx="{rect.radius:.3g}"/>{rules}'


def _text(words: Words) -> str:
    x, y = words.at
    size = SIZE[words.tone]
    place = f'x="{x:.1f}" y="{y + size * 0.34:.1f}" font-size="{size:g}" text-anchor="{words.anchor}"'
    return f'<text class="{words.tone}" {place}>{"".join(map(_span, shifted(words.text)))}</text>'


def _span(part: tuple[str, int]) -> str:
    """What is lower or higher, and back to the line."""
    text, side = escape(part[0]), part[1]
    if not side:
        return text
    shift = -0.4 if side > 0 else 0.22
    back = f'<tspan dy="{-shift * SMALL:.4g}em">&#8203;</tspan>'
    return f'<tspan dy="{shift}em" font-size="{SMALL:.0%}">{text}</tspan>{back}'
