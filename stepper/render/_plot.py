"""Pictures of numbers by matplotlib: curves, and paths over the level lines of a surface.

Lines differ by their marks, not by colour alone.
"""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from stepper.core.pictures import Curve, Plot, Surface
from stepper.core.steps import Derivation
from stepper.errors import Problem, StepperError
from stepper.render._number import decimal
from stepper.render._unicode import prose
from stepper.render.graph.pictures import graph_of, plots_of
from stepper.render.graph.sketch import sketch
from stepper.render.look import COMMA, Look, Style, style_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, HEIGHT, DPI = 5.0, 4.0, 150
"""Inches of one picture, and dots in an inch."""
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
"""Told apart by eyes of every kind (Okabe and Ito, 2008)."""
MARKS = "osD^vPX"
DASHES = ("-", "--", ":", "-.")
LEVELS = 12
FAMILIES = ["DejaVu Sans", "STIXGeneral"]
"""The library brings both along; the second has the letters in other styles."""
MOST_MARKED = 60


def drawn(derivation: Derivation, look: Look, kind: str) -> bytes:
    """A file with every picture of numbers of a derivation, side by side; where it has none, with its graph.

    Raises:
        StepperError: where there is none, or matplotlib is not installed.
    """
    plots = plots_of(derivation, look)
    graph = None if plots else graph_of(derivation, kind.upper())
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError:
        hint = "python -m pip install 'stepper-dl[pictures]'"
        raise StepperError(
            Problem(f"a picture as {kind.upper()} needs matplotlib, which is not installed", hint=hint)
        ) from None
    style = style_of(derivation, look, inline=True)
    # the same derivation is drawn as the same bytes: no date, no random names
    with (
        mpl.rc_context({"svg.hashsalt": "stepper", "svg.fonttype": "path", "font.size": 10, "font.family": FAMILIES}),
        warnings.catch_warnings(),
    ):
        warnings.filterwarnings("ignore", message="Glyph")  # a letter that its font has not is drawn as a box
        if graph is not None:
            figure = sketch(graph, style)
        else:
            figure = Figure(figsize=(WIDTH * len(plots), HEIGHT), layout="constrained")
            figure.suptitle(derivation.title)
            for place, plot in enumerate(plots, start=1):
                _draw(figure.add_subplot(1, len(plots), place), plot, style)
        out = io.BytesIO()
        unsaid: dict[str, Any] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
        figure.savefig(out, format=kind, dpi=DPI, metadata=unsaid.get(kind))
    return out.getvalue()


def _draw(axes: Axes, plot: Plot, style: Style) -> None:
    axes.set_title(prose(plot.title, style), fontsize="medium")
    axes.set_xlabel(prose(plot.x, style))
    axes.set_ylabel(prose(plot.y, style))
    if style.look.decimal == COMMA:
        _commas(axes)
    if plot.log:
        axes.set_yscale("log")
    if plot.surface is not None:
        _levels(axes, plot.surface, style)
    marked = [curve for curve in plot.curves if curve.marked]
    for curve in plot.curves:
        place = marked.index(curve) if curve.marked else len(marked)
        _line(axes, curve, place, style, alone=not marked)
    if any(curve.name for curve in plot.curves):
        axes.legend(fontsize="small")
    if plot.surface is None:
        axes.grid(visible=True, linewidth=0.4, alpha=0.6)


def _line(axes: Axes, curve: Curve, place: int, style: Style, *, alone: bool) -> None:
    """One curve; ``alone`` where no steps are marked on it, so that it is what the picture is of."""
    xs, ys = zip(*curve.points, strict=True)
    number = curve.dashes if alone else place
    colour = COLOURS[number % len(COLOURS)] if curve.marked or alone else "0.45"
    dashes, width = DASHES[curve.dashes % len(DASHES)], 1.8 if alone else 1.3
    every = max(1, len(xs) // MOST_MARKED)
    axes.plot(
        xs, ys, color=colour, linewidth=width, linestyle=dashes,
        marker=MARKS[place % len(MARKS)] if curve.marked else None, markersize=3.5, markevery=every,
        label=prose(curve.name, style) or None, zorder=3 if curve.marked else 2,
    )  # fmt: skip


def _commas(axes: Axes) -> None:
    """Commas in the numbers along the axes."""
    from matplotlib.ticker import ScalarFormatter

    class Commas(ScalarFormatter):
        def __call__(self, x: float, pos: int | None = None) -> str:
            return super().__call__(x, pos).replace(".", ",")

        def get_offset(self) -> str:
            return super().get_offset().replace(".", ",")

    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(Commas())


def _levels(axes: Axes, surface: Surface, style: Style) -> None:
    """Level lines, closer together where the surface is low, so that a valley is seen beside high walls."""
    heights = [[math.nan if height is None else height for height in row] for row in surface.heights]
    known = sorted(height for row in heights for height in row if math.isfinite(height))
    if not known or known[0] == known[-1]:
        return
    low, high = known[0], known[-1]
    levels = [low + (high - low) * (place / LEVELS) ** 2 for place in range(1, LEVELS + 1)]
    lines = axes.contour(surface.xs, surface.ys, heights, levels=_apart(levels), colors="0.6", linewidths=0.7)
    axes.clabel(lines, fontsize="x-small", fmt=lambda level: decimal(f"{level:.3g}", style.look))


def _apart(levels: Sequence[float]) -> list[float]:
    """Levels that differ."""
    return sorted(set(levels))
