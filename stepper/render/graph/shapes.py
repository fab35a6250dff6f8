"""What a drawing is made of: rectangles, wires and words at places. One unit is a CSS pixel."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

from stepper.core.pictures import Box, Kind
from stepper.render.graph.measure import ROUND, Point
from stepper.render.graph.pen import Tone

Anchor: TypeAlias = Literal["start", "middle", "end"]


class Words(Struct, frozen=True):
    """A line of text around a point, as its format writes it: ``anchor`` says which part of it stands there; its middle
    line is at the height of the point.
    """

    at: Point
    text: str
    tone: Tone
    anchor: Anchor = "middle"
    box: str = ""
    width: float = 0.0

    @property
    def ends(self) -> tuple[float, float]:
        """Where the line begins and ends."""
        left = self.at[0] - self.width * {"start": 0.0, "middle": 0.5, "end": 1.0}[self.anchor]
        return left, left + self.width


class Rect(Struct, frozen=True):
    """The outline of a box; ``rules`` are the heights of the lines across it."""

    name: str
    at: Point
    width: float
    height: float
    kind: Kind
    marked: bool
    rules: tuple[float, ...] = ()

    @property
    def leaf(self) -> bool:
        """Is it given? Such boxes have round ends."""
        return self.kind in ROUND

    @property
    def radius(self) -> float:
        """Of its corners."""
        return min(14.0 if self.leaf else 5.0, self.width / 2, self.height / 2)


class Wire(Struct, frozen=True):
    """A line from box to box, in cubic pieces: the first point, then two controls and an end for each.

    ``targets`` are the edges that run along it: each its target and slot.
    """

    source: str
    targets: tuple[tuple[str, int], ...]
    points: tuple[Point, ...]
    marked: bool = False
    back: bool = False
    head: bool = True

    @property
    def triangle(self) -> tuple[Point, Point, Point]:
        """The head: its tip at the end of the line, in the direction of the line."""
        (x, y), (u, v) = self.points[-2:]
        length = ((u - x) ** 2 + (v - y) ** 2) ** 0.5 or 1.0
        along, across = (u - x) / length, (v - y) / length
        a, b = u - 9 * along, v - 9 * across
        return (u, v), (a - 4 * across, b + 4 * along), (a + 4 * across, b - 4 * along)


class Scene(Struct, frozen=True):
    """Everything to be drawn, in a rectangle from the origin to ``width`` and ``height``, downwards."""

    width: float
    height: float
    rects: tuple[Rect, ...]
    wires: tuple[Wire, ...]
    words: tuple[Words, ...]
    boxes: tuple[Box, ...] = ()
