"""A long drawing in rows below one another, as a text is in lines.

It is cut only behind a layer of one box, so that one line leads from row to row.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from stepper.render.graph.build import TURN, built
from stepper.render.graph.layered import layered
from stepper.render.graph.measure import Measure
from stepper.render.graph.shapes import Scene


def in_rows(measure: Measure, room: float) -> Scene | None:
    """The drawing in rows of this width; nothing where it cannot be cut, or need not be."""
    ends = _cut(measure, room - 2 * (TURN + measure.spacing.frame))
    if len(ends) < 2:
        return None
    rows = [_row(measure, start, stop) for start, stop in zip([0, *ends], ends, strict=False)]
    if any(row.layers.depth[row.port] for row in rows[1:]):
        return None
    return built(measure, rows)


def _cut(measure: Measure, room: float) -> Sequence[int]:
    """The layers before which rows end: as far on as each holds."""
    spots, columns = measure.layers.spots, measure.columns
    cuts = [layer for layer in range(1, len(spots)) if len(spots[layer - 1]) == 1 and not spots[layer - 1][0].passes]
    ends, start = [], 0
    while cuts and not measure.layers.back and columns[-1][1] + measure.stub(len(spots) - 1) - columns[start][0] > room:
        held = [
            cut
            for cut in cuts
            if cut > start and columns[cut - 1][1] + measure.stub(cut - 1) - columns[start][0] <= room
        ]
        if not held:
            return []
        start = held[-1]
        ends.append(start)
    return [*ends, len(spots)] if ends else []


def _row(measure: Measure, start: int, stop: int) -> Measure:
    """The sizes of a row: its layers, and the place where the line from the row before comes in."""
    spots, drawing = measure.layers.spots, measure.drawing
    port = spots[start - 1][0].name if start else ""
    names = {spot.name for row in spots[start:stop] for spot in row if not spot.passes}
    boxes = [box for box in drawing.boxes if box.name in names or box.name == port]
    boxes = [replace(box, formula=(), value=(), gradient=(), inside=()) if box.name == port else box for box in boxes]
    arrows = [arrow for arrow in drawing.arrows if arrow.target in names]
    row = replace(drawing, boxes=tuple(boxes), arrows=tuple(arrows))
    return Measure(row, layered(row), measure.pen, measure.spacing, False, port)
