"""The scene of a drawing: from left to right, spaced as closely as its paper asks for, so that letters stay legible.

A small net takes no more than a third of a page. One unit is a CSS pixel.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from stepper.core.pictures import Drawing
from stepper.render.graph.build import built
from stepper.render.graph.fold import folded
from stepper.render.graph.layered import layered
from stepper.render.graph.measure import CLOSE, NARROW, SPACINGS, Measure
from stepper.render.graph.pen import SIZE, Pen
from stepper.render.graph.rows import in_rows
from stepper.render.graph.shapes import Scene

MOST_BOXES, MOST_UNFOLDED = 60, 600
PAGE = 29.7
"""Centimetres of a page of A4."""
SMALL_SHARE, LARGE_SHARE = 1 / 3, 0.72
"""The part of a page's height that a drawing takes, and that one takes which would be illegible there."""
LEAST_POINTS = 7.0
"""Letters that are no smaller are legible."""
POINT = 2.54 / 72
FEW, WORTH, WORTH_OF_FEW = 20, 1.2, 1.5
"""A drawing goes down the page where its letters are so much larger then; one of few boxes only where they are larger
still.
"""


class Sheet(Struct, frozen=True):
    """The paper: how wide its lines are, and how large a unit is where there is room, both in centimetres."""

    width: float = 16.0
    unit: float = 2.54 / 96

    def scale(self, shapes: Scene, share: float = LARGE_SHARE) -> float:
        """The centimetres of a unit at which a scene fits the line and this part of the page."""
        return min(self.unit, self.width / shapes.width, share * PAGE / shapes.height)

    def fit(self, shapes: Scene) -> float:
        """The same, where it is no taller than it has to be."""
        small = self.scale(shapes, SMALL_SHARE)
        return small if legible(small) else min(self.scale(shapes), max(small, LEAST_UNIT))


LEAST_UNIT = LEAST_POINTS * POINT / min(SIZE.values())
"""The centimetres of a unit at which the smallest letters are just legible."""


def legible(scale: float) -> bool:
    """Can the smallest letters be read where a unit is so many centimetres?"""
    return scale >= LEAST_UNIT


def scene(drawing: Drawing, pen: Pen, sheet: Sheet | None = None, most: int | None = None) -> Scene:
    """The scene of a drawing of at most so many boxes: the first of several ways that is legible on a third of a page,
    else the one with the largest letters.
    """
    sheet = sheet or Sheet()
    drawing = folded(drawing, most or (MOST_UNFOLDED if pen.style.look.detail == "full" else MOST_BOXES))
    best, largest = None, 0.0
    for shapes, worth in _ways(drawing, pen, sheet):
        if worth == 1.0 and legible(sheet.scale(shapes, SMALL_SHARE)):
            return shapes
        if sheet.fit(shapes) / worth > largest:
            best, largest = shapes, sheet.fit(shapes) / worth
    assert best is not None
    return best


def _ways(drawing: Drawing, pen: Pen, sheet: Sheet) -> Iterator[tuple[Scene, float]]:
    """From left to right, roomy before close, then so in rows, then down the page.

    Each comes with how much larger its letters must be to be preferred. Of many boxes fewer ways are tried.
    """
    layers = layered(drawing)
    worth = WORTH_OF_FEW if len(drawing.boxes) <= FEW else WORTH
    spacings = SPACINGS if len(drawing.boxes) <= MOST_BOXES else (CLOSE, NARROW)
    across = [Measure(drawing, layers, pen, spacing, down=False) for spacing in spacings]
    yield from ((built(measure), 1.0) for measure in across)
    for measure in across:
        rows = in_rows(measure, sheet.width / LEAST_UNIT)
        if rows is not None:
            yield rows, 1.0
    for spacing in spacings:
        yield built(Measure(drawing, layers, pen, spacing, down=True)), worth
