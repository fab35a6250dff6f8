"""Where the boxes of layers stand beside one another: in order, apart, and near what they are joined to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeAlias

from msgspec import Struct

from stepper.render.graph.layered import SWEEPS, Layers, Spot

ONE_SIDED = ((True, False), (False, True), (True, False))
"""The first sweeps look at the layers they come from alone, so that a chain is straight at once."""
PASSING = 4.0
"""How much harder an edge that passes a layer pulls than one between neighbours: long edges become straight."""


class Sizes(Struct, frozen=True):
    """What a format's boxes need: how far a spot reaches across its layer, and where on it edges leave and arrive.

    ``grid``: places are multiples of it.
    """

    extent: Callable[[Spot], float]
    leaves: Callable[[Spot], float]
    arrives: Callable[[Spot, int], float]
    gap: float
    grid: float = 0.0


Join: TypeAlias = tuple[int, int, float, float, float]
"""Of two layers the spots that an edge joins, where on them it leaves and arrives, and its weight."""


def placed(layers: Layers, sizes: Sizes) -> list[dict[Spot, float]]:
    """For each layer where its spots begin: in order, apart, and near what they are joined to."""
    rows = layers.spots
    places = [_packed(row, sizes) for row in rows]
    steps = [_steps(row, sizes) for row in rows]
    joins: list[list[Join]] = [[], *(_joins(layers, sizes, layer) for layer in range(1, len(rows))), []]
    for sweep in range(SWEEPS):
        forwards = sweep % 2 == 0
        before, after = ONE_SIDED[sweep] if sweep < len(ONE_SIDED) else (True, True)
        for layer in range(len(rows)) if forwards else range(len(rows) - 1, -1, -1):
            wishes: list[list[tuple[float, float]]] = [[] for _ in rows[layer]]
            for start, end, leaves, arrives, weight in joins[layer] if before else ():
                wishes[end].append((places[layer - 1][start] + leaves - arrives, weight))
            for start, end, leaves, arrives, weight in joins[layer + 1] if after else ():
                wishes[start].append((places[layer + 1][end] + arrives - leaves, weight))
            places[layer] = _pulled(places[layer], wishes, steps[layer], sizes.grid)
    low = min((place for row in places for place in row), default=0.0)
    pairs = (zip(row, found, strict=True) for row, found in zip(rows, places, strict=True))
    return [{spot: place - low for spot, place in pair} for pair in pairs]


def _packed(row: Sequence[Spot], sizes: Sizes) -> list[float]:
    found, place = [], 0.0
    for spot in row:
        found.append(place)
        place += sizes.extent(spot) + sizes.gap
    return found


def _steps(row: Sequence[Spot], sizes: Sizes) -> list[float]:
    """How far each spot of a row stands from the first where they stand as close as they may."""
    steps = [0.0]
    for first, _ in pairwise(row):
        steps.append(steps[-1] + sizes.extent(first) + sizes.gap)
    return steps[: len(row)]


def _joins(layers: Layers, sizes: Sizes, layer: int) -> list[Join]:
    """What joins a layer to the one before."""
    places = {spot: place for place, spot in enumerate(layers.spots[layer - 1])}
    return [
        (places[start], end, sizes.leaves(start), sizes.arrives(spot, pin), _weight(spot, start))
        for end, spot in enumerate(layers.spots[layer])
        for start, pin in layers.entering(spot, layer)
    ]


def _weight(spot: Spot, start: Spot) -> float:
    return PASSING if spot.passes or start.passes else 1.0


def _pulled(at: list[float], wishes: list[list[tuple[float, float]]], steps: list[float], grid: float) -> list[float]:
    """Spots of a layer where their edges are straight on average, as far as their order and size let them."""
    wanted, weights = [], []
    for place, wished in zip(at, wishes, strict=True):
        total = sum([weight for _, weight in wished])
        wanted.append(sum([place * weight for place, weight in wished]) / total if total else place)
        weights.append(total or 0.1)
    level = rising([place - step for place, step in zip(wanted, steps, strict=True)], weights)
    if grid:
        level = [round(place / grid) * grid for place in level]
    return [place + step for place, step in zip(level, steps, strict=True)]


def rising(wanted: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The nearest sequence that never falls (isotonic regression, by pooling neighbours that stand the wrong way
    round).
    """
    pools: list[tuple[float, float, int]] = []
    for place, weight in zip(wanted, weights, strict=True):
        mean, heavy, count = place, weight, 1
        while pools and pools[-1][0] > mean:
            before, mass, many = pools.pop()
            mean = (before * mass + mean * heavy) / (mass + heavy)
            heavy, count = heavy + mass, count + many
        pools.append((mean, heavy, count))
    return [mean for mean, _, count in pools for _ in range(count)]
