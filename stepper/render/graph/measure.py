"""How large a drawing's boxes are, and where its layers begin and end. One unit is a CSS pixel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from stepper.core.pictures import Box, Drawing, Kind
from stepper.core.prose import Prose
from stepper.render._unicode import cells, prose
from stepper.render.graph.coordinates import Sizes, placed
from stepper.render.graph.layered import Layers, Spot
from stepper.render.graph.pen import HELD, Pen, Row, Tone

Point: TypeAlias = tuple[float, float]

PAD, LINE = 10.0, 17.0
"""Around words and drawings, and from one row of words to the next."""
STRAIGHT, SLOPE = 10.0, 0.6
"""The shortest bend between two layers, and how it grows with how far lines are to be moved."""
BETWEEN = 8.0
"""Between the columns of leaves in a box."""
ROUND: tuple[Kind, ...] = ("input", "parameter", "constant")
ROUNDED = 4.0
"""The boxes with rounded ends, and what these take of the room inside."""
BESIDE, APART = 6.0, 8.0
"""Between a line and its numbers, and between a value and a gradient side by side."""
LONGEST_FORMULA, MOST_ROWS = 60, 4
"""Letters of a formula that stands in a box, and its rows."""
LEAF_ROOM = 110.0
"""The room that a leaf with its numbers has in every box."""
SHORTEST = 60.0
"""The room that values and gradients have side by side in every box."""
CROWDED = 3
"""In a layer of so many boxes their height counts for more than their width."""
NAME_LINE, FORMULA_LINE, LEAF_LINE = 1.25, 0.85, 0.95
"""From row to row, in those of a drawing."""


class Spacing(Struct, frozen=True):
    """How much room is taken: between boxes, within them beside the words, between edges that arrive, for bends.

    ``room``: formulas wider than this, and wider than what else is in their boxes, are broken. ``stub`` and ``head``
    are the straight ends of lines. ``inside``: values and gradients stand in the boxes, not on the lines; ``small``:
    names are as small as formulas; ``flat``: they begin them, and leaves stand side by side in boxes above one another;
    ``brief``: the legend is one paragraph.
    """

    gap: float
    pad: float
    pin: float
    curve: float
    room: float
    stub: float = 22.0
    head: float = 12.0
    inside: bool = False
    small: bool = False
    flat: bool = False
    brief: bool = True

    @property
    def frame(self) -> float:
        """The blank around the drawing."""
        return 3.0 if self.small else PAD


ROOMY = Spacing(20.0, 10.0, 26.0, 58.0, 220.0, brief=False)
CLOSE = Spacing(14.0, 9.0, 22.0, 40.0, 130.0)
TIGHT = Spacing(10.0, 8.0, 19.0, 30.0, 78.0)
DENSE = Spacing(7.0, 7.0, 18.0, 28.0, 78.0, 7.0, inside=True)
FLAT = Spacing(4.0, 5.0, 16.0, 22.0, 140.0, 5.0, 10.5, inside=True, small=True, flat=True)
SMALL = Spacing(4.0, 5.0, 16.0, 22.0, 100.0, 5.0, 10.5, inside=True, small=True, flat=True)
NARROW = Spacing(4.0, 4.0, 16.0, 14.0, 66.0, 1.0, 9.0, inside=True, small=True)
SPACINGS = (ROOMY, CLOSE, TIGHT, DENSE, FLAT, SMALL, NARROW)


class Measure(Struct, frozen=True, dict=True):
    """The sizes of a drawing laid from left to right, or ``down`` the page.

    Along is the way the layers follow, across the other. ``port`` names a box that is drawn in a row above: here it is
    the place where its line comes in.
    """

    drawing: Drawing
    layers: Layers
    pen: Pen
    spacing: Spacing
    down: bool
    port: str = ""

    @cached_property
    def boxes(self) -> Mapping[str, Box]:
        return {box.name: box for box in self.drawing.boxes}

    @cached_property
    def sizes(self) -> Mapping[str, Point]:
        """Width and height of each box."""
        return {name: (0.0, 0.0) if name == self.port else self._size(box) for name, box in self.boxes.items()}

    @cached_property
    def formulas(self) -> Mapping[str, Sequence[Row]]:
        """The rows of each box's formula: none where it is too long to stand in a box."""
        found = {}
        for name, box in self.boxes.items():
            short = box.formula and cells(prose(box.formula, self.pen.style)) <= LONGEST_FORMULA
            written = (*box.label, f"{HELD}={HELD}", *box.formula) if self.spacing.flat else box.formula
            tone: Tone = "label" if self.spacing.flat else "formula"
            rows = self.pen.rows(written, tone, max(self.spacing.room, self._inner(box))) if short else []
            found[name] = rows if len(rows) <= MOST_ROWS else []
        return found

    @property
    def name_tone(self) -> Tone:
        """How the name of a box is written."""
        return "label" if self.spacing.small else "name"

    @property
    def name_line(self) -> float:
        return FORMULA_LINE if self.spacing.small else NAME_LINE

    def titled(self, box: Box) -> bool:
        """Has a box a row for its name? Where it does not stand before the formula."""
        return not (self.spacing.flat and self.formulas[box.name])

    @cached_property
    def places(self) -> list[dict[Spot, float]]:
        """For each layer where its spots begin across it."""
        sizes = Sizes(self.across, lambda spot: self.across(spot) / 2, self.pin, self.spacing.gap)
        return placed(self.layers, sizes)

    @cached_property
    def columns(self) -> Sequence[Point]:
        """Where each layer's boxes begin and end along the drawing."""
        found, place = [], 0.0
        for layer, row in enumerate(self.layers.spots):
            depth = max((self.along(box) for box in self.real(row)), default=0.0)
            found.append((place, place + depth))
            place += depth + self.stub(layer) + self.bend(layer) + self.arriving(layer + 1)
        return found

    def bend(self, layer: int) -> float:
        """The way in which the lines after a layer come to where they arrive: none where all go straight on."""
        moves = [
            abs(
                self.places[layer][spot]
                + self.across(spot) / 2
                - self.places[layer + 1][target]
                - self.pin(target, pin)
            )
            for spot, targets in self.layers.after(layer).items()
            for target, pin in targets
        ]
        return min(self.spacing.curve, STRAIGHT + SLOPE * max(moves, default=0.0))

    def _size(self, box: Box) -> Point:
        pad = 2 * self.spacing.pad + (ROUNDED if box.kind in ROUND else 0.0)
        width = max([self._inner(box), *(row.width for row in self.formulas[box.name])]) + pad
        width, height = max(width, 2 * LINE + pad), self.content(box) + self.spacing.pad
        arriving = self.layers.pins[box.name]
        if not self.down:
            return width, max(height, self.spacing.pin * len(arriving))
        widest = max([0.0, *(self.pen.width(arrow.gradient, "gradient") for arrow in arriving)])
        return max(width, max(self.spacing.pin, widest + PAD) * len(arriving)), height

    def _inner(self, box: Box) -> float:
        """How wide all is that stands in a box but its formula."""
        rows = [[self.pen.width(words, tone) for words, tone in row] for row in self.numbers(box)]
        name = [self.pen.width(box.label, self.name_tone)]
        if self.beside(box):
            name, rows = [*name, *rows[0]], []
        widths = [sum(row) + APART * (len(row) - 1) for row in (name, *rows)]
        return max([*widths, *(self.leaf_row(box, row) for row in self.leaves(box))])

    def beside(self, box: Box) -> bool:
        """Do the numbers of a box stand beside its name? Where nothing else is in it, and others are above or below."""
        if not self.spacing.inside or box.formula or box.inside or len(self.numbers(box)) != 1:
            return False
        return self.crowded(box)

    def crowded(self, box: Box) -> bool:
        """Is a box one of many in its layer?"""
        return len(self.real(self.layers.spots[self.layers.depth[box.name]])) >= CROWDED

    def stacked(self, box: Box) -> bool:
        """Do gradients of leaves stand below their values? Where both are wide, and others are not above or below."""
        if not self.spacing.small or self.crowded(box):
            return False
        return sum(self._columns(box)) > max(self.spacing.room, LEAF_ROOM)

    def numbers(self, box: Box) -> Sequence[Sequence[tuple[Prose, Tone]]]:
        """The rows of a box's own numbers: value and gradient, beside one another where they are short."""
        if not self.spacing.inside:
            return []
        both: list[tuple[Prose, Tone]] = [(box.value, "value"), (box.gradient, "gradient")]
        row = [(words, tone) for words, tone in both if words]
        if not row:
            return []
        wide = sum(self.pen.width(words, tone) for words, tone in row) + APART
        return [row] if wide <= max(self.spacing.room, SHORTEST) else [[one] for one in row]

    def leaves(self, box: Box) -> Sequence[Sequence[Box]]:
        """The rows of the leaves in a box: one on each where they have numbers, else as many as it holds."""
        if any(leaf.value or leaf.gradient for leaf in box.inside):
            if self.stacked(box):
                halves = [(replace(leaf, gradient=()), replace(leaf, label=(), value=())) for leaf in box.inside]
                return [[half] for leaf in halves for half in leaf]
            count = 2 if self.spacing.flat and len(box.inside) > CROWDED and self.crowded(box) else 1
            return [box.inside[place : place + count] for place in range(0, len(box.inside), count)]
        rows: list[list[Box]] = []
        for leaf in box.inside:
            if rows and self.leaf_row(box, [*rows[-1], leaf]) <= self.spacing.room:
                rows[-1].append(leaf)
            else:
                rows.append([leaf])
        return rows

    def leaf_row(self, box: Box, row: Sequence[Box]) -> float:
        """How wide a row of leaves is."""
        first, second, third = self.leaf_columns(box)
        if second or third:
            return len(row) * (first + second + third + BETWEEN) - BETWEEN
        return sum(self.pen.width(leaf.label, "formula") for leaf in row) + BETWEEN * (len(row) - 1)

    def content(self, box: Box) -> float:
        """The height of what stands in a box: its name, its formula, its numbers, its leaves."""
        rows = self.name_line if self.titled(box) else 0.0
        rows += FORMULA_LINE * (len(self.formulas[box.name]) + (0 if self.beside(box) else len(self.numbers(box))))
        return LINE * (rows + LEAF_LINE * len(self.leaves(box))) + BESIDE * bool(box.inside)

    def leaf_columns(self, box: Box) -> tuple[float, float, float]:
        """The widths of names, values and gradients of the leaves in a box, each with what parts it from the one
        before.
        """
        first, second, third = self._columns(box)
        return (first, max(second, third), 0.0) if self.stacked(box) else (first, second, third)

    def _columns(self, box: Box) -> tuple[float, float, float]:
        width = self.pen.width
        first = max((width(leaf.label, "formula") for leaf in box.inside), default=0.0)
        second = max((width(leaf.value, "value") for leaf in box.inside), default=0.0)
        third = max((width(leaf.gradient, "gradient") for leaf in box.inside), default=0.0)
        return first, second + BETWEEN * bool(second), third + BETWEEN * bool(third)

    def along(self, box: Box) -> float:
        return self.sizes[box.name][1 if self.down else 0]

    def across(self, spot: Spot) -> float:
        """The room of a spot: its box, and down the page the numbers beside its line."""
        if spot.passes:
            return PAD
        box = self.boxes[spot.name]
        if not self.down:
            return self.sizes[spot.name][1]
        return max(self.sizes[spot.name][0], 2 * (self._on_line(box) + BESIDE))

    def _on_line(self, box: Box) -> float:
        """How wide the numbers are that stand on the line that leaves a box."""
        if self.spacing.inside:
            return 0.0
        return max(self.pen.width(box.value, "value"), self.pen.width(box.gradient, "gradient"))

    def margin(self, spot: Spot) -> float:
        """The room on each side of a box."""
        return 0.0 if spot.passes else (self.across(spot) - self.sizes[spot.name][0 if self.down else 1]) / 2

    def pin(self, spot: Spot, number: int) -> float:
        """Where on a spot an edge arrives."""
        count = 1 if spot.passes else len(self.layers.pins[spot.name])
        margin = self.margin(spot)
        return margin + (self.across(spot) - 2 * margin) * (number + 0.5) / count

    def real(self, row: Sequence[Spot]) -> list[Box]:
        return [self.boxes[spot.name] for spot in row if not spot.passes]

    def stub(self, layer: int) -> float:
        """The line that leaves the boxes of a layer, as long as the numbers on it."""
        there = self.real(self.layers.spots[layer])
        if self.spacing.inside:
            return self.spacing.stub
        if self.down:
            return self.spacing.stub + LINE * any(box.gradient for box in there)
        return max([self.spacing.stub, *(self._on_line(box) + 1.5 * BESIDE for box in there)])

    def arriving(self, layer: int) -> float:
        """The straight end of the lines into a layer, as long as what is written on them."""
        row = self.layers.spots[layer] if layer < len(self.layers.spots) else ()
        gradients = [arrow.gradient for box in self.real(row) for arrow in self.layers.pins[box.name] if arrow.gradient]
        if self.down:
            return self.spacing.head + LINE * bool(gradients)
        widest = max((self.pen.width(words, "gradient") + 2 for words in gradients), default=0.0)
        return self.spacing.head + widest
