"""A drawing on the canvas of the plotting library, for the formats that it writes: the same scene as in SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepper.core.steps import Drawing
from stepper.render.graph.pen import SIZE, Letters
from stepper.render.graph.pictures import GRADIENT, VALUE
from stepper.render.graph.scene import scene
from stepper.render.graph.shapes import Rect, Wire
from stepper.render.look import Style

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.patches import FancyBboxPatch, PathPatch

DOTS = 96.0
"""Units to an inch."""
POINTS = 72 / DOTS
TEXT = 0.92
"""The library's own letters are taller than those of other formats."""
MEASURED = 100
"""The size at which they are measured, in points."""
COLOURS = {"name": "#1b1b1b", "formula": "#4a4a4a", "value": VALUE, "gradient": GRADIENT, "note": "#4a4a4a"}
INK, LINE, LEAF = "#1b1b1b", "#6b6b6b", "#f3f1ea"
_SIDES = {"start": "left", "middle": "center", "end": "right"}


class _Pen(Letters):
    """The library's own letters: it knows how wide they are."""

    def advance(self, text: str) -> float:
        from matplotlib.font_manager import FontProperties
        from matplotlib.textpath import text_to_path

        width, _, _ = text_to_path.get_text_width_height_descent(text, FontProperties(size=MEASURED), ismath=False)
        return float(width) / MEASURED * TEXT


def sketch(drawing: Drawing, style: Style) -> Figure:
    """A figure of a drawing."""
    from matplotlib.figure import Figure

    shapes = scene(drawing, _Pen(style))
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
        axes.text(
            *words.at, words.text, color=COLOURS[words.tone], fontsize=SIZE[words.tone] * POINTS * TEXT,
            ha=_SIDES[words.anchor], va="center_baseline", style="italic" if words.tone == "gradient" else "normal",
            zorder=5, parse_math=False,
        )  # fmt: skip
    return figure


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
