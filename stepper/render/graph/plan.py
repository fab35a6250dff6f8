"""A drawing laid out in whole cells: where boxes begin, which line of each edge leaves and arrives where, along and
across the layers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import replace

from stepper.render.graph.coordinates import Sizes, placed, rising
from stepper.render.graph.layered import Layers, Spot
from stepper.render.graph.routes import Net, Route, routes

FEW_PINS = 5
"""So many edges arrive two cells apart; of more than that some arrive in neighbouring cells."""
Point = tuple[int, int]
"""Along the layers, and across them."""


class Size(Struct, frozen=True):
    """The cells of a box, its border among them."""

    along: int
    across: int


class Spacing(Struct, frozen=True):
    """How far things stand apart: boxes in a layer; behind a layer the first track, the next ones, and the next
    layer.
    """

    gap: int
    lead: int
    between: int
    tail: int


class Wire(Struct, frozen=True):
    """The way of an edge through one channel between layers: from the box, or the layer, before it to that behind it.

    ``head`` is where its arrow's head stands, None where it goes on through the layer.
    """

    source: str
    points: tuple[Point, ...]
    marked: bool
    head: Point | None


class Plan(Struct, frozen=True, dict=True):
    """Where everything stands. ``leaves`` and ``arrives`` are places across the layers, by layer and spot."""

    layers: Layers
    sizes: Mapping[str, Size]
    spacing: Spacing
    places: Sequence[Mapping[Spot, int]]
    leaves: Sequence[Mapping[Spot, int]]
    arrives: Sequence[Mapping[Spot, Sequence[int]]]
    routes: Sequence[Mapping[str, Route]]
    tracks: Sequence[int]

    @cached_property
    def lengths(self) -> list[int]:
        """How many cells each layer takes, along."""
        return [max((self.sizes[spot.name].along for spot in row if not spot.passes), default=1) for row in self.places]

    @cached_property
    def begins(self) -> list[int]:
        """Where each layer begins, along."""
        spacing, found = self.spacing, [0] if self.places else []
        for length, tracks in zip(self.lengths, self.tracks, strict=False):
            found.append(
                found[-1] + length + spacing.lead + max(0, tracks - 1) * spacing.between + (tracks > 0) + spacing.tail
            )
        return found

    def tightened(self, sizes: Mapping[str, Size], spacing: Spacing) -> Plan:
        """The same plan for boxes of other lengths; what stands across the layers stays, and need not be found
        again.
        """
        same = (
            all(size.across == self.sizes[name].across for name, size in sizes.items())
            and spacing.gap == self.spacing.gap
        )
        return replace(self, sizes=sizes, spacing=spacing) if same else plan(self.layers, sizes, spacing)

    @property
    def along(self) -> int:
        return self.begins[-1] + self.lengths[-1] if self.begins else 0

    @property
    def across(self) -> int:
        ends = [place + _across(self.sizes, spot) for row in self.places for spot, place in row.items()]
        turns = [route.turn + 1 for channel in self.routes for route in channel.values()]
        return max([*ends, *turns], default=0)

    def corner(self, name: str) -> Point:
        """Where a box begins; in a layer of longer boxes it stands in the middle."""
        layer = self.layers.depth[name]
        return self.begins[layer] + (self.lengths[layer] - self.sizes[name].along) // 2, self.places[layer][Spot(name)]

    def wires(self) -> Iterator[Wire]:
        """Every line, channel by channel; those that pass a layer with the channel before it."""
        far: dict[str, int] = {}
        for arrow in (arrow for pins in self.layers.pins.values() for arrow in pins if arrow.marked):
            far[arrow.source] = max(far.get(arrow.source, 0), self.layers.depth[arrow.target])
        for layer in range(len(self.begins) - 1):
            for start, joined in self.layers.after(layer).items():
                for spot, pin in joined:
                    marked = (
                        far.get(start.name, 0) > layer + 1 if spot.passes else self.layers.pins[spot.name][pin].marked
                    )
                    yield self._wire(layer, start, spot, pin, marked)

    def _wire(self, layer: int, start: Spot, spot: Spot, pin: int, marked: bool) -> Wire:
        leaves, arrives = self.leaves[layer][start], self.arrives[layer + 1][spot][pin]
        behind = self.begins[layer] + self.lengths[layer]
        first = behind - 1 if start.passes else self.corner(start.name)[0] + self.sizes[start.name].along - 1
        last = self.begins[layer + 1] + self.lengths[layer + 1] - 1 if spot.passes else self.corner(spot.name)[0] - 1
        route = self.routes[layer].get(start.name)
        bends = [] if route is None else route.bends(leaves, arrives)
        tracks = [(behind + self.spacing.lead + track * self.spacing.between, place) for track, place in bends]
        return Wire(
            start.name, ((first, leaves), *tracks, (last, arrives)), marked, None if spot.passes else (last, arrives)
        )


def pins_need(pins: int) -> int:
    """How many cells across a box needs for the edges that arrive, its border among them."""
    return 2 + min(2 * pins - 1, max(2 * FEW_PINS - 1, pins))


def plan(layers: Layers, sizes: Mapping[str, Size], spacing: Spacing) -> Plan:
    """The plan of a drawing whose boxes have these sizes."""

    def arriving(spot: Spot, pin: int) -> float:
        if spot.passes:
            return 0
        pins, inner = len(layers.pins[spot.name]), sizes[spot.name].across - 2
        step = _step(pins, inner)
        return 1 + (inner - 1 - step * (pins - 1)) // 2 + step * pin

    wanted = Sizes(lambda spot: _across(sizes, spot), lambda spot: _port(sizes, spot), arriving, spacing.gap, 1)
    places = [{spot: round(place) for spot, place in row.items()} for row in placed(layers, wanted)]
    leaves = [{spot: place + _port(sizes, spot) for spot, place in row.items()} for row in places]
    arrives: list[dict[Spot, list[int]]] = []
    channels: list[tuple[dict[str, Route], int]] = []
    for layer, row in enumerate(places):
        if layer:
            _settle(layers, sizes, spacing.gap, row, leaves, layer)
        arrives.append({spot: _arrivals(layers, sizes, leaves, layer, spot, place) for spot, place in row.items()})
        if layer:
            _straighten(layers, sizes, places, leaves, arrives, layer - 1)
            nets = [
                Net(start.name, leaves[layer - 1][start],
                    tuple(sorted(arrives[layer][spot][pin] for spot, pin in joined)))
                for start, joined in layers.after(layer - 1).items() if joined
            ]  # fmt: skip
            channels.append(routes(nets))
    found = [found for found, _ in channels]
    return Plan(layers, sizes, spacing, places, leaves, arrives, found, [tracks for _, tracks in channels])


def _across(sizes: Mapping[str, Size], spot: Spot) -> int:
    return 1 if spot.passes else sizes[spot.name].across


def _port(sizes: Mapping[str, Size], spot: Spot) -> int:
    return 0 if spot.passes else sizes[spot.name].across // 2


def _step(pins: int, inner: int) -> int:
    return 2 if 2 * pins - 1 <= inner else 1


def _settle(
    layers: Layers,
    sizes: Mapping[str, Size],
    gap: int,
    row: dict[Spot, int],
    leaves: Sequence[dict[Spot, int]],
    layer: int,
) -> None:
    """Lets edges that pass a layer go straight on where there is room: places rounded to cells leave many a small
    bend.
    """
    order = layers.spots[layer]
    for number, spot in enumerate(order):
        if spot.passes:
            ((start, _),) = layers.entering(spot, layer)
            wish = leaves[layer - 1][start]
            low = row[order[number - 1]] + _across(sizes, order[number - 1]) + gap if number else 0
            high = row[order[number + 1]] - gap - 1 if number + 1 < len(order) else wish
            if low <= wish <= high:
                row[spot] = leaves[layer][spot] = wish


def _arrivals(
    layers: Layers, sizes: Mapping[str, Size], leaves: Sequence[Mapping[Spot, int]], layer: int, spot: Spot, place: int
) -> list[int]:
    """Where the edges of a spot arrive: straight on where they can, in their order, within the box."""
    if spot.passes:
        return [place]
    wishes = [leaves[layer - 1][start] for start, _ in layers.entering(spot, layer)] if layer else []
    inner = sizes[spot.name].across - 2
    if all(place < wish <= place + inner for wish in wishes) and all(
        before < wish for before, wish in pairwise(wishes)
    ):
        return wishes
    step = _step(len(wishes), inner)
    slack = inner - 1 - step * (len(wishes) - 1)
    levels = rising([wish - place - 1 - step * pin for pin, wish in enumerate(wishes)], [1.0 for _ in wishes])
    return [place + 1 + min(max(round(level), 0), slack) + step * pin for pin, level in enumerate(levels)]


def _straighten(
    layers: Layers,
    sizes: Mapping[str, Size],
    places: Sequence[Mapping[Spot, int]],
    leaves: Sequence[dict[Spot, int]],
    arrives: Sequence[Mapping[Spot, Sequence[int]]],
    layer: int,
) -> None:
    """Lets edges leave a box where one of them arrives, if that is beside the box."""
    for start, joined in layers.after(layer).items():
        if start.passes:
            continue
        port, first = leaves[layer][start], places[layer][start]
        beside = [
            there for spot, pin in joined
            if first < (there := arrives[layer + 1][spot][pin]) < first + sizes[start.name].across - 1
        ]  # fmt: skip
        if beside:
            leaves[layer][start] = min(beside, key=lambda there: (abs(there - port), there))
