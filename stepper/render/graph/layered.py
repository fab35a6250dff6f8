"""The layers of a drawing: by depth, with few crossings (Sugiyama, Tagawa and Toda, 1981).

Layers follow one another along the page, from what is given to the output; in a layer boxes stand side by side. An edge
over several layers passes each of those between; all edges that one box sends so far share their way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from msgspec import Struct

from stepper.core.pictures import Arrow, Drawing

SWEEPS = 8
MOST_COUNTED = 1_500
"""With more edges than this between two layers crossings are not counted, and the last order is taken."""


class Spot(Struct, frozen=True):
    """A place in a layer: a box, or the edges of a box further back that pass."""

    name: str
    passes: bool = False


class Layers(Struct, frozen=True):
    """Spots by layer, in order.

    ``pins`` are the edges that enter a box, in the order in which they arrive; ``back`` are edges against the direction
    of the layers, which exist in graphs with cycles only.
    """

    spots: tuple[tuple[Spot, ...], ...]
    pins: Mapping[str, tuple[Arrow, ...]]
    back: tuple[Arrow, ...]
    depth: Mapping[str, int]

    def before(self, arrow: Arrow) -> Spot:
        """The spot in the layer before its target from which an edge arrives."""
        passes = self.depth[arrow.target] - self.depth[arrow.source] > 1
        return Spot(arrow.source, passes)

    def after(self, layer: int) -> dict[Spot, list[tuple[Spot, int]]]:
        """For each spot of a layer the spots of the next that it leads to, each with the place among its pins."""
        found: dict[Spot, list[tuple[Spot, int]]] = {spot: [] for spot in self.spots[layer]}
        for spot in self.spots[layer + 1] if layer + 1 < len(self.spots) else ():
            for start, pin in self.entering(spot, layer + 1):
                found[start].append((spot, pin))
        return found

    def entering(self, spot: Spot, layer: int) -> list[tuple[Spot, int]]:
        """The spots of the layer before that lead to a spot, each with the place among its pins."""
        if spot.passes:
            return [(Spot(spot.name, passes=self.depth[spot.name] < layer - 1), 0)]
        return [(self.before(arrow), pin) for pin, arrow in enumerate(self.pins[spot.name])]


def layered(drawing: Drawing) -> Layers:
    """The layers of a drawing."""
    names = [box.name for box in drawing.boxes]
    forward, back = directed(names, drawing.arrows)
    depth = depths(names, forward)
    reach = dict(depth)
    for arrow in forward:
        reach[arrow.source] = max(reach[arrow.source], depth[arrow.target] - 1)
    rows: list[list[Spot]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for name in names:
        for layer in range(depth[name], reach[name] + 1):
            rows[layer].append(Spot(name, passes=layer > depth[name]))
    pins = _by_target(names, forward)
    layers = Layers(tuple(map(tuple, rows)), pins, back, depth)
    return _uncrossed(layers)


def _by_target(names: Sequence[str], arrows: Sequence[Arrow]) -> dict[str, tuple[Arrow, ...]]:
    found: dict[str, list[Arrow]] = {name: [] for name in names}
    for arrow in arrows:
        found[arrow.target].append(arrow)
    return {name: tuple(entering) for name, entering in found.items()}


def directed(names: Sequence[str], arrows: Sequence[Arrow]) -> tuple[list[Arrow], tuple[Arrow, ...]]:
    """Edges that can all run one way, and those that close a cycle."""
    leaving: dict[str, list[Arrow]] = {name: [] for name in names}
    for arrow in arrows:
        leaving[arrow.source].append(arrow)
    done: set[str] = set()
    back: set[Arrow] = set()
    for first in names:
        stack = [] if first in done else [(first, iter(leaving[first]))]
        open_names = {name for name, _ in stack}
        while stack:
            name, rest = stack[-1]
            for arrow in rest:
                if arrow.target in open_names:
                    back.add(arrow)
                elif arrow.target not in done:
                    stack.append((arrow.target, iter(leaving[arrow.target])))
                    open_names.add(arrow.target)
                    break
            else:
                stack.pop()
                open_names.discard(name)
                done.add(name)
    return [arrow for arrow in arrows if arrow not in back], tuple(arrow for arrow in arrows if arrow in back)


def depths(names: Sequence[str], arrows: Sequence[Arrow]) -> dict[str, int]:
    """The layer of each name: the longest way to it; what nothing leads to stands just before its first reader."""
    entering = _by_target(names, arrows)
    readers: dict[str, list[str]] = {name: [] for name in names}
    waiting = {name: len(entering[name]) for name in names}
    for arrow in arrows:
        readers[arrow.source].append(arrow.target)
    found = {name: 0 for name in names if not waiting[name]}
    ready = list(found)
    for name in ready:
        for reader in readers[name]:
            found[reader] = max(found.get(reader, 0), found[name] + 1)
            waiting[reader] -= 1
            if not waiting[reader]:
                ready.append(reader)
    for name in names:
        if not entering[name] and readers[name]:
            found[name] = min(found[reader] for reader in readers[name]) - 1
    return {name: found[name] for name in names}


# ---- few crossings


def _uncrossed(layers: Layers) -> Layers:
    """The order of each layer by the mean place of its neighbours, swept both ways, beginning with either.

    The order with the fewest crossings is kept; of several that have as few, the one that is nearest to the author's.
    """
    rank = {name: place for place, name in enumerate(layers.depth)}
    best, fewest = layers, (_crossings(layers), 0)
    for first in (True, False):
        swept = layers
        for sweep in range(SWEEPS):
            if not fewest[0]:
                break
            swept = _swept(swept, forwards=(sweep % 2 == 0) == first)
            count = _crossings(swept)
            found = count, _turned(swept, rank)
            if count is None or fewest[0] is None or (count, found[1]) < (fewest[0], fewest[1]):
                best, fewest = swept, found
    places = [{spot: place for place, spot in enumerate(row)} for row in best.spots]
    pins = {
        name: tuple(sorted(entering, key=lambda arrow: places[best.depth[arrow.target] - 1][best.before(arrow)]))
        for name, entering in best.pins.items()
    }
    return Layers(best.spots, pins, best.back, best.depth)


def _turned(layers: Layers, rank: Mapping[str, int]) -> int:
    """How often two neighbours of a layer that read others stand the other way round than the author named them."""
    count = 0
    for row in layers.spots:
        ranks = [rank[spot.name] for spot in row if not spot.passes and layers.pins[spot.name]]
        count += sum(first > second for first, second in pairwise(ranks))
    return count


def _swept(layers: Layers, *, forwards: bool) -> Layers:
    rows = list(layers.spots)
    order = range(1, len(rows)) if forwards else range(len(rows) - 2, -1, -1)
    for layer in order:
        beside = {spot: place for place, spot in enumerate(rows[layer - 1 if forwards else layer + 1])}
        near: dict[Spot, list[int]] = {spot: [] for spot in rows[layer]}
        if forwards:
            near = {spot: [beside[start] for start, _ in layers.entering(spot, layer)] for spot in rows[layer]}
        else:
            for spot in rows[layer + 1]:
                for start, _ in layers.entering(spot, layer + 1):
                    near[start].append(beside[spot])
        old = {spot: float(place) for place, spot in enumerate(rows[layer])}
        mean = {spot: sum(near[spot]) / len(near[spot]) if near[spot] else old[spot] for spot in rows[layer]}
        rows[layer] = tuple(sorted(rows[layer], key=mean.__getitem__))
    return Layers(tuple(rows), layers.pins, layers.back, layers.depth)


def _crossings(layers: Layers) -> int | None:
    """How many pairs of edges cross between neighbouring layers; None where there are too many edges to count."""
    total = 0
    for layer in range(1, len(layers.spots)):
        places = {spot: place for place, spot in enumerate(layers.spots[layer - 1])}
        edges = sorted(
            (places[start], place)
            for place, spot in enumerate(layers.spots[layer])
            for start, _ in layers.entering(spot, layer)
        )
        if len(edges) > MOST_COUNTED:
            return None
        total += sum(first[1] > second[1] for place, first in enumerate(edges) for second in edges[place + 1 :])
    return total
