"""Large drawings folded by depth: boxes of equal depth become one, then layers that follow one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil

from msgspec.structs import replace

from stepper.core.pictures import Arrow, Box, Drawing
from stepper.core.prose import Prose
from stepper.render.graph.layered import depths, directed

SIDE_BY_SIDE = 3
"""So many boxes of a layer stand by themselves; more are folded into one."""


def folded(drawing: Drawing, most: int) -> Drawing:
    """A drawing of at most so many boxes: the same where it has no more, else with the boxes of a layer, and then of
    several, as one.

    What is marked or alone in its layer stays by itself as long as it can.
    """
    if len(drawing.boxes) <= most:
        return drawing
    names = [box.name for box in drawing.boxes]
    depth = depths(names, directed(names, drawing.arrows)[0])
    layers = max(depth.values()) + 1
    groups = _by_layer(drawing.boxes, depth)
    if len(set(groups.values())) > most:
        span = ceil(layers / most)
        groups = {name: depth[name] // span for name in names}
    members: dict[object, list[Box]] = {}
    for box in sorted(drawing.boxes, key=lambda box: depth[box.name]):
        members.setdefault(groups[box.name], []).append(box)
    merged = {group: _merged(inside, depth) for group, inside in members.items()}
    home = {name: merged[groups[name]].name for name in names}
    arrows: dict[tuple[str, str], Arrow] = {}
    for arrow in drawing.arrows:
        source, target = home[arrow.source], home[arrow.target]
        if source != target:
            before = arrows.get((source, target))
            marked = arrow.marked or (before is not None and before.marked)
            arrows[source, target] = Arrow(source, target, 0, (), marked)
    count = f"{len(names):,} quantities in {layers:,} layers: those of equal depth are drawn as one, with their number"
    return replace(
        drawing, boxes=tuple(merged.values()), arrows=tuple(arrows.values()), notes=(*drawing.notes, (count,))
    )


def _by_layer(boxes: Sequence[Box], depth: Mapping[str, int]) -> dict[str, object]:
    """The group of each box: its layer, or itself where it stays by itself."""
    wide: dict[int, int] = {}
    for box in boxes:
        wide[depth[box.name]] = wide.get(depth[box.name], 0) + (not box.marked)
    return {
        box.name: depth[box.name] if wide[depth[box.name]] > SIDE_BY_SIDE and not box.marked else box.name
        for box in boxes
    }


def _merged(inside: Sequence[Box], depth: Mapping[str, int]) -> Box:
    if len(inside) == 1:
        return inside[0]
    first, last = inside[0], inside[-1]
    label: Prose = (*first.label, " … ", *last.label, f" ({len(inside):,})")
    # of a chain the end is what the next layer reads; of boxes side by side no one value stands for all
    ends = sum(depth[box.name] == depth[last.name] for box in inside) == 1
    return Box(first.name, label, last.kind, (), last.value if ends else (), (), (), any(box.marked for box in inside))
