"""A drawing as shapes at places: rectangles, wires and words, for the formats that draw lines. One unit is a CSS pixel.

A quantity's value stands above the line that leaves its box and its gradient below; where the line forks, each branch
has below it what comes back along it, and these add up to the gradient.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from stepper.core.steps import Arrow, Box, Drawing, Kind, Prose
from stepper.render.graph.fold import folded
from stepper.render.graph.layered import Spot, layered
from stepper.render.graph.measure import BETWEEN, GAP, HEAD, LINE, PAD, Measure, Point, Tone, width_of
from stepper.render.graph.pictures import remarks
from stepper.render.look import Style

MOST_ACROSS = 1_500.0
"""The room that pages and screens have."""
MOST_BOXES, MOST_UNFOLDED = 60, 600
DIP, LOOP = 30.0, 26.0
"""How far edges that close a cycle go round the outside."""


class Words(Struct, frozen=True):
    """Text around a point: ``anchor`` says which part of it stands there; its middle line is at the height of the
    point.
    """

    at: Point
    words: Prose
    tone: Tone
    anchor: Literal["start", "middle", "end"] = "middle"
    box: str = ""


class Rect(Struct, frozen=True):
    """The outline of a box; ``rules`` are the heights of the lines across it."""

    name: str
    at: Point
    width: float
    height: float
    kind: Kind
    marked: bool
    rules: tuple[float, ...] = ()


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


def scene(drawing: Drawing, style: Style, room: float = MOST_ACROSS, most: int | None = None) -> Scene:
    """The scene of a drawing of at most so many boxes: from left to right, or down where it is wider than the room and
    less wide so.
    """
    style = replace(style, inline=True)
    drawing = folded(drawing, most or (MOST_UNFOLDED if style.look.detail == "full" else MOST_BOXES))
    layers = layered(drawing)
    across = _Builder(Measure(drawing, layers, style, down=False)).build()
    if across.width > room:
        down = _Builder(Measure(drawing, layers, style, down=True)).build()
        return down if down.width < across.width else across
    return across


def legend(drawing: Drawing, style: Style, down: bool = False) -> tuple[Prose, ...]:
    """What the numbers mean, in words, then the drawing's own notes."""
    values = any(box.value for box in drawing.boxes)
    said: Prose = (f"{'beside' if down else 'above'} a line: the {drawing.value}",) if values else ()
    if drawing.of:
        said = (*said, ", below it " if values else "on the lines: ", "the gradient of ", *drawing.of)
    lines: list[Prose] = [said] if said else []
    if any(arrow.gradient for arrow in drawing.arrows):
        lines.append(("at an arrow's head: its contribution to the gradient; the contributions add up",))
    inside = [leaf for box in drawing.boxes for leaf in box.inside]
    if inside:
        told = [
            word for word, given in (("value", values), ("gradient", any(leaf.gradient for leaf in inside))) if given
        ]
        lines.append((f"inside a box: parameters that only it uses{', ' if told else ''}{' and '.join(told)}",))
    return (*lines, *remarks(drawing, style))


class _Builder:
    def __init__(self, measure: Measure) -> None:
        self.measure = measure
        self.rects: list[Rect] = []
        self.wires: list[Wire] = []
        self.words: list[Words] = []
        self.leaving: dict[str, list[Arrow]] = {name: [] for name in measure.boxes}

    def build(self) -> Scene:
        measure = self.measure
        for arrow in measure.drawing.arrows:
            self.leaving[arrow.source].append(arrow)
        for layer, row in enumerate(measure.places):
            for spot, place in row.items():
                if not spot.passes:
                    self._box(
                        measure.boxes[spot.name], self._at(measure.columns[layer][0], place + measure.margin(spot))
                    )
            for spot, targets in measure.layers.after(layer).items():
                self._leave(spot, targets, layer)
        for arrow in measure.layers.back:
            self._back(arrow)
        return self._framed()

    def _framed(self) -> Scene:
        """The legend underneath, and everything moved into the frame."""
        style = self.measure.style
        points = [point for wire in self.wires for point in wire.points]
        points += [rect.at for rect in self.rects]
        points += [(rect.at[0] + rect.width, rect.at[1] + rect.height) for rect in self.rects]
        points += [(self._right(words), words.at[1]) for words in self.words]
        (left, right), (top, bottom) = (
            ((min(found), max(found)) for found in zip(*points, strict=True)) if points else ((0, 0), (0, 0))
        )
        for note in legend(self.measure.drawing, style, self.measure.down):
            bottom += LINE if self.words and self.words[-1].tone == "note" else GAP + LINE / 2
            self.words.append(Words((left, bottom), note, "note", "start"))
            right = max(right, left + width_of(note, "note", style))
        x, y = PAD - left, PAD - top
        return Scene(
            right - left + 2 * PAD,
            bottom - top + 2 * PAD,
            tuple(
                replace(rect, at=(rect.at[0] + x, rect.at[1] + y), rules=tuple(rule + y for rule in rect.rules))
                for rect in self.rects
            ),
            tuple(replace(wire, points=tuple((u + x, v + y) for u, v in wire.points)) for wire in self.wires),
            tuple(replace(words, at=(words.at[0] + x, words.at[1] + y)) for words in self.words if words.words),
            self.measure.drawing.boxes,
        )

    def _at(self, along: float, across: float) -> Point:
        return (across, along) if self.measure.down else (along, across)

    def _box(self, box: Box, at: Point) -> None:
        """The outline, the name, the formula, and a row for each leaf inside: name, value, gradient."""
        measure = self.measure
        width, height = measure.sizes[box.name]
        middle, line = at[0] + width / 2, at[1] + (height - measure.content(box)) / 2
        self.words.append(Words((middle, line + LINE * 0.65), box.label, "name", box=box.name))
        line += LINE * 1.3
        if measure.formula(box):
            self.words.append(Words((middle, line + LINE * 0.35), box.formula, "formula", box=box.name))
            line += LINE * 0.9
        rules = (line + PAD * 0.3,) if box.inside else ()
        columns = measure.leaf_columns(box)
        left = middle - (sum(columns) + sum(BETWEEN)) / 2
        values = left + columns[0] + BETWEEN[0] + columns[1]
        for number, leaf in enumerate(box.inside):
            row = line + PAD * 0.6 + LINE * (number + 0.5)
            self.words.append(Words((left, row), leaf.label, "formula", "start", leaf.name))
            self.words.append(Words((values, row), leaf.value, "value", "end", leaf.name))
            self.words.append(
                Words((values + BETWEEN[1] + columns[2], row), leaf.gradient, "gradient", "end", leaf.name)
            )
        self.rects.append(Rect(box.name, at, width, height, box.kind, box.marked, rules))

    def _leave(self, spot: Spot, targets: Sequence[tuple[Spot, int]], layer: int) -> None:
        """The lines that leave a spot: a stub with the numbers on it, and a bend to each that is next."""
        measure = self.measure
        start, end = measure.columns[layer]
        middle = measure.places[layer][spot] + measure.across(spot) / 2
        begin = stub = end
        if not spot.passes:
            box = measure.boxes[spot.name]
            begin, stub = start + measure.along(box), end + measure.stub(layer)
            self._numbers(box, self._at(begin, middle))
            if not targets and (box.value or box.gradient):
                points = _straight(self._at(begin, middle), self._at(stub, middle))
                self.wires.append(Wire(box.name, (), points, box.marked, head=False))
        for target, pin in targets:
            self._wire((begin, stub, middle), spot, target, pin, layer + 1)

    def _wire(self, out: tuple[float, float, float], spot: Spot, target: Spot, pin: int, layer: int) -> None:
        """One piece of a line, from layer to layer: the stub, the bend, the end; through the next layer where it passes
        that.
        """
        measure = self.measure
        begin, stub, middle = out
        start, end = measure.columns[layer]
        arrives = measure.places[layer][target] + measure.pin(target, pin)
        if target.passes:
            arrows = [arrow for arrow in self.leaving[spot.name] if measure.layers.depth[arrow.target] > layer]
            before, last = start, end
        else:
            arrows = [measure.layers.pins[target.name][pin]]
            before, last = start - measure.arriving(layer), start
        bend = (before - stub) / 2
        points = (
            *_straight(self._at(begin, middle), self._at(stub, middle)),
            self._at(stub + bend, middle), self._at(before - bend, arrives),
            *_straight(self._at(before, arrives), self._at(last, arrives)),
        )  # fmt: skip
        edges = tuple((arrow.target, arrow.slot) for arrow in arrows)
        self.wires.append(Wire(spot.name, edges, points, any(arrow.marked for arrow in arrows), head=not target.passes))
        if not target.passes and arrows[0].gradient:
            x, y = self._at(start, arrives)
            at = (x + 4, y - HEAD - LINE * 0.6) if measure.down else (x - HEAD - 2, y + LINE * 0.55)
            self.words.append(Words(at, arrows[0].gradient, "gradient", "start" if measure.down else "end"))

    def _numbers(self, box: Box, at: Point) -> None:
        """Value and gradient on the line that leaves a box."""
        x, y = at
        above, below = (LINE * 0.6, LINE * 1.5) if self.measure.down else (-LINE * 0.55, LINE * 0.55)
        self.words.append(Words((x + 6, y + above), box.value, "value", "start", box.name))
        self.words.append(Words((x + 6, y + below), box.gradient, "gradient", "start", box.name))

    def _back(self, arrow: Arrow) -> None:
        """An edge against the direction of the others: round the outside."""
        rects = {rect.name: rect for rect in self.rects}
        source, target = rects[arrow.source], rects[arrow.target]
        points: tuple[Point, ...]
        if arrow.source == arrow.target:
            x, y = source.at[0] + source.width / 2, source.at[1]
            points = ((x + 8, y), (x + LOOP, y - LOOP), (x - LOOP, y - LOOP), (x - 8, y))
        else:
            points = self._round(source, target)
        self.wires.append(Wire(arrow.source, ((arrow.target, arrow.slot),), points, arrow.marked, back=True))

    def _round(self, source: Rect, target: Rect) -> tuple[Point, ...]:
        """Out of the end of one box, past all others, and into the beginning of another: between layers no box stands
        in the way.
        """
        down = self.measure.down
        (begin, start), (end, stop) = ((rect.at[::-1] if down else rect.at) for rect in (source, target))
        length, wide = (source.height, source.width) if down else (source.width, source.height)
        side = max(rect.at[0] + rect.width if down else rect.at[1] + rect.height for rect in self.rects) + DIP
        leaves, out, arrives = (
            begin + length,
            start + 0.75 * wide,
            stop + 0.85 * (target.width if down else target.height),
        )
        turns = [(leaves, out), (leaves + DIP, out), (leaves + DIP, side), (leaves, side)]
        turns += [(leaves + (end - leaves) / 3, side), (leaves + (end - leaves) * 2 / 3, side), (end, side)]
        turns += [(end - DIP, side), (end - DIP, arrives), (end, arrives)]
        return tuple(self._at(along, across) for along, across in turns)

    def _right(self, words: Words) -> float:
        share = {"start": 1.0, "middle": 0.5, "end": 0.0}[words.anchor]
        return words.at[0] + width_of(words.words, words.tone, self.measure.style) * share


def _straight(start: Point, end: Point) -> tuple[Point, ...]:
    """A straight piece as a cubic one."""
    third = ((end[0] - start[0]) / 3, (end[1] - start[1]) / 3)
    return start, (start[0] + third[0], start[1] + third[1]), (end[0] - third[0], end[1] - third[1]), end
