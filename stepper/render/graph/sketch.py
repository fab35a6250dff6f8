"""A drawing on the canvas of the plotting library, for the formats that it writes: the same scene as in SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepper.core.pictures import Drawing
from stepper.render.graph.pen import SIZE, SMALL, Letters, shifted
from stepper.render.graph.pictures import GRADIENT, VALUE
from stepper.render.graph.scene import scene
from stepper.render.graph.shapes import Rect, Wire, Words
from stepper.render.look import Style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.patches import FancyBboxPatch, PathPatch

DOTS = 96.0
"""Units to an inch."""
POINTS = 72 / DOTS
TEXT = 1.05
"""Its letters are smaller than those of other formats."""
FAMILY = ("STIXGeneral", "DejaVu Serif", "DejaVu Sans")
"""Fonts that the library brings along: the first that has a letter is taken."""
MEASURED = 100
"""The size at which they are measured, in points."""
COLOURS = {
    "name": "#1b1b1b",
    "label": "#1b1b1b",
    "formula": "#4a4a4a",
    "value": VALUE,
    "gradient": GRADIENT,
    "note": "#4a4a4a",
}
INK, LINE, LEAF = "#1b1b1b", "#6b6b6b", "#f3f1ea"
RAISED = {0: 0.0, -1: 0.22, 1: -0.4}
"""How far letters stand below and above the line, in parts of its size."""


class Pen(Letters):
    """The library's own letters: it knows how wide they are."""

    def level(self, text: str) -> float:
        return self._ink(f"|{text}|") - self._ink("||")  # blanks at the ends count

    @staticmethod
    def _ink(text: str) -> float:
        from matplotlib.font_manager import FontProperties
        from matplotlib.textpath import text_to_path

        font = FontProperties(family=FAMILY, size=MEASURED)
        width, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
        return float(width) / MEASURED * TEXT


def sketch(drawing: Drawing, style: Style) -> Figure:
    """A figure of a drawing."""
    from matplotlib.figure import Figure

    pen = Pen(style)
    shapes = scene(drawing, pen)
    figure = Figure(figsize=(shapes.width / DOTS, shapes.height / DOTS))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, shapes.width)
    axes.set_ylim(shapes.height, 0)
    for wire in shapes.wires:
        axes.add_patch(_line(wire))
        if wire.head:
            axes.fill(*zip(*wire.triangle, strict=True), color=INK if wire.marked else LINE, linewidth=0, zorder=2)
    for rect in shapes.rects:
        axes.add_patch(_box(rect))
        for rule in rect.rules:
            axes.plot([rect.at[0], rect.at[0] + rect.width], [rule, rule], color=INK, linewidth=0.9, zorder=4)
    for words in shapes.words:
        _write(axes, words, pen)
    return figure


def _write(axes: Axes, words: Words, pen: Pen) -> None:
    """A line of text, part by part: what is lower or higher is smaller."""
    (x, _), size = words.ends, SIZE[words.tone]
    for text, side in shifted(words.text):
        shown = SMALL * size if side else size
        y = words.at[1] + size * (0.34 + RAISED[side])
        axes.text(
            x, y, text, color=COLOURS[words.tone], fontsize=shown * POINTS * TEXT, ha="left", va="baseline",
            style="italic" if words.tone == "gradient" else "normal", zorder=5, parse_math=False, family=FAMILY,
        )  # fmt: skip
        x += shown * pen.level(text)


def _line(wire: Wire) -> PathPatch:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    codes = [Path.MOVETO, *(Path.CURVE4 for _ in wire.points[1:])]
    colour, width = (INK, 2.2) if wire.marked else (LINE, 0.9)
    style = "--" if wire.back else "-"
    return PathPatch(Path(wire.points, codes), fill=False, edgecolor=colour, linewidth=width, linestyle=style)


def _box(rect: Rect) -> FancyBboxPatch:
    from matplotlib.patches import FancyBboxPatch

    width = 2.2 if rect.marked else 1.8 if rect.kind == "output" else 0.9
    rounding = f"round,pad=0,rounding_size={rect.radius:.1f}"
    return FancyBboxPatch(
        rect.at,
        rect.width,
        rect.height,
        boxstyle=rounding,
        facecolor=LEAF if rect.leaf else "white",
        edgecolor=INK,
        linewidth=width,
        zorder=3,
    )
