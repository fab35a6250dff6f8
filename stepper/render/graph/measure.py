"""How large a drawing's boxes are, and where its layers begin and end. One unit is a CSS pixel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Literal, TypeAlias

from msgspec import Struct

from stepper.core.steps import Box, Drawing, Prose
from stepper.render._unicode import cells, prose
from stepper.render.graph.coordinates import Sizes, placed
from stepper.render.graph.layered import Layers, Spot
from stepper.render.look import Style

Tone: TypeAlias = Literal["name", "formula", "value", "gradient", "note"]
Point: TypeAlias = tuple[float, float]

SIZE: Mapping[Tone, float] = {"name": 17, "formula": 12, "value": 13, "gradient": 13, "note": 13}
"""How tall letters are."""
LETTER = 0.54
"""How wide most letters are, for those that are 1 tall; somewhat more than fonts have on average, since fonts differ.
"""
WIDTHS = {
    0.3: "ijl.,:;·'|!()[] ",
    0.42: "₀₁₂₃₄₅₆₇₈₉ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ⁰¹²³⁴⁵⁶⁷⁸⁹⁻tfr/",
    0.72: "ABCDEFGHIJKLNOPQRSTUVXYZ",
    0.86: "mwMW×+=−≈≤≥→∂Σ⊙",
}
"""The letters that are much narrower or wider."""
_WIDTH = {letter: width for width, letters in WIDTHS.items() for letter in letters}
GAP, PAD, PIN, LINE = 20.0, 10.0, 26.0, 17.0
"""Between boxes, around words, between edges that arrive, between rows of words."""
STUB, HEAD = 22.0, 12.0
"""The shortest line that leaves a box, the arrow's head."""
CURVE, STRAIGHT, SLOPE = 58.0, 12.0, 0.6
"""The longest bend between two layers, the shortest, and how it grows with how far lines are to be moved."""
BETWEEN = (10.0, 15.0)
"""Between the columns of leaves in a box."""
NARROWEST = 44.0
BESIDE = 6.0
"""Between a line down the page and its numbers."""
LONGEST_FORMULA = 40


def width_of(words: Prose, tone: Tone, style: Style) -> float:
    """About how wide words are set."""
    return SIZE[tone] * sum(_WIDTH.get(letter, LETTER * cells(letter)) for letter in prose(words, style))


class Measure(Struct, frozen=True, dict=True):
    """The sizes of a drawing laid from left to right, or ``down`` the page.

    Along is the way the layers follow, across the other.
    """

    drawing: Drawing
    layers: Layers
    style: Style
    down: bool

    @cached_property
    def boxes(self) -> Mapping[str, Box]:
        return {box.name: box for box in self.drawing.boxes}

    @cached_property
    def sizes(self) -> Mapping[str, Point]:
        """Width and height of each box."""
        return {name: self._size(box) for name, box in self.boxes.items()}

    @cached_property
    def places(self) -> list[dict[Spot, float]]:
        """For each layer where its spots begin across it."""
        return placed(self.layers, Sizes(self.across, lambda spot: self.across(spot) / 2, self.pin, GAP))

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
        return min(CURVE, STRAIGHT + SLOPE * max(moves, default=0.0))

    def _size(self, box: Box) -> Point:
        widths = [width_of(box.label, "name", self.style)]
        widths += [width_of(box.formula, "formula", self.style)] if self.formula(box) else []
        widths += [sum(self.leaf_columns(box)) + BETWEEN[0] + BETWEEN[1]] if box.inside else []
        width, height = max([NARROWEST, *(width + 2 * PAD for width in widths)]), self.content(box) + PAD
        arriving = self.layers.pins[box.name]
        if not self.down:
            return width, max(height, PIN * len(arriving))
        apart = max([PIN, *(width_of(arrow.gradient, "gradient", self.style) + PAD for arrow in arriving)])
        return max(width, apart * len(arriving)), height

    def content(self, box: Box) -> float:
        """The height of what stands in a box: its name, its formula, a row for each leaf inside."""
        return LINE * (1.3 + 0.9 * self.formula(box) + len(box.inside)) + PAD * 0.6 * bool(box.inside)

    def formula(self, box: Box) -> bool:
        """Is the formula short enough to stand in the box?"""
        return bool(box.formula) and cells(prose(box.formula, self.style)) <= LONGEST_FORMULA

    def leaf_columns(self, box: Box) -> Sequence[float]:
        """The widths of names, values and gradients of the leaves in a box."""
        columns: list[tuple[Tone, list[Prose]]] = [
            ("formula", [leaf.label for leaf in box.inside]),
            ("value", [leaf.value for leaf in box.inside]),
            ("gradient", [leaf.gradient for leaf in box.inside]),
        ]
        return [max((width_of(words, tone, self.style) for words in column), default=0.0) for tone, column in columns]

    def along(self, box: Box) -> float:
        return self.sizes[box.name][1 if self.down else 0]

    def across(self, spot: Spot) -> float:
        """The room of a spot: its box, and down the page the numbers beside its line."""
        if spot.passes:
            return PAD
        box = self.boxes[spot.name]
        if not self.down:
            return self.sizes[spot.name][1]
        numbers = max(width_of(box.value, "value", self.style), width_of(box.gradient, "gradient", self.style))
        return max(self.sizes[spot.name][0], 2 * (numbers + BESIDE))

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
        if self.down:
            return STUB + LINE * any(box.gradient for box in there)
        return max(
            [
                STUB,
                *(width_of(words, "value", self.style) + PAD for box in there for words in (box.value, box.gradient)),
            ]
        )

    def arriving(self, layer: int) -> float:
        """The straight end of the lines into a layer, as long as what is written on them."""
        row = self.layers.spots[layer] if layer < len(self.layers.spots) else ()
        gradients = [arrow.gradient for box in self.real(row) for arrow in self.layers.pins[box.name] if arrow.gradient]
        if self.down:
            return HEAD + LINE * bool(gradients)
        return max([HEAD, *(width_of(words, "gradient", self.style) + HEAD + 4 for words in gradients)])
