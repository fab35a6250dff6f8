"""What is drawn: graphs as boxes and arrows, numbers as curves and surfaces; as values, in no format."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

from stepper.core.prose import Prose


class Curve(Struct, frozen=True):
    """Points joined in their order; ``marked`` where each of them counts by itself, as a step does.

    ``dashes`` tells curves apart that are not marked: 0 is drawn through.
    """

    name: Prose
    points: tuple[tuple[float, float], ...]
    marked: bool = False
    dashes: int = 0


class Surface(Struct, frozen=True):
    """Heights over a grid, ``heights[row][column]`` at ``ys[row]`` and ``xs[column]``; None where there is none."""

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    heights: tuple[tuple[float | None, ...], ...]


class Plot(Struct, frozen=True):
    """A picture of numbers: curves over one axis, or over the level lines of a surface.

    ``log``: the axis upwards counts powers of ten.
    """

    title: Prose
    x: Prose
    y: Prose
    curves: tuple[Curve, ...]
    surface: Surface | None = None
    log: bool = False


Kind: TypeAlias = Literal["input", "parameter", "constant", "node", "output"]


class Box(Struct, frozen=True):
    """A quantity in a drawing: ``name`` is what ``uses`` calls it, ``formula`` how it is worked out, or what it is in
    words.

    ``value`` and ``gradient`` are ``("?",)`` where they are asked for and not known, and empty where they are not asked
    for.
    ``inside`` are leaves that it alone reads, and that are shown in its box.
    """

    name: str
    label: Prose
    kind: Kind = "node"
    formula: Prose = ()
    value: Prose = ()
    gradient: Prose = ()
    inside: tuple[Box, ...] = ()
    marked: bool = False


class Arrow(Struct, frozen=True):
    """An edge of a drawing. ``gradient`` is what comes back along it, where its source has several edges."""

    source: str
    target: str
    slot: int = 0
    gradient: Prose = ()
    marked: bool = False


class Drawing(Struct, frozen=True):
    """A graph to be drawn: quantities, edges, what their values are, whose gradients they are, and what is to be said
    under it.

    The boxes stand in an order in which each comes after what it reads, where there is one; their place on the page is
    a format's choice.
    """

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    of: Prose = ()
    notes: tuple[Prose, ...] = ()
    value: str = "value"
