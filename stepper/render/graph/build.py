"""A drawing of which all sizes are known, as shapes at places.

A quantity's value stands above the line that leaves its box and its gradient below, or both in the box; where the line
forks, each branch has below it what comes back along it, and these add up to the gradient.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from stepper.core.pictures import Arrow, Box
from stepper.core.prose import Prose
from stepper.render.graph.layered import Spot
from stepper.render.graph.legend import legend
from stepper.render.graph.measure import (
    APART,
    BESIDE,
    BETWEEN,
    FORMULA_LINE,
    LEAF_LINE,
    LINE,
    Measure,
    Point,
)
from stepper.render.graph.pen import Row, Tone
from stepper.render.graph.shapes import Anchor, Rect, Scene, Wire, Words

DIP, LOOP = 30.0, 26.0
"""How far edges that close a cycle go round the outside."""
ROW_GAP, TURN, CORNER = 30.0, 12.0, 8.0
"""Between rows, how far the line that joins them goes out, and the radius of its corners."""
LEGEND = 330.0
"""The width that the legend has, however narrow the drawing is."""


def built(measure: Measure, rows: Sequence[Measure] = ()) -> Scene:
    """The scene of a drawing of these sizes, in one row or in several."""
    builder = _Builder(measure)
    if rows:
        builder.stack(rows)
    else:
        builder.fill()
    return builder.framed()


class _Builder:
    def __init__(self, measure: Measure) -> None:
        self.measure, self.pen, self.spacing = measure, measure.pen, measure.spacing
        self.rects: list[Rect] = []
        self.wires: list[Wire] = []
        self.words: list[Words] = []
        self.leaving: dict[str, list[Arrow]] = {name: [] for name in measure.boxes}

    def fill(self) -> None:
        """All boxes, lines and words of one row."""
        measure = self.measure
        for arrow in measure.drawing.arrows:
            self.leaving[arrow.source].append(arrow)
        for layer, row in enumerate(measure.places):
            for spot, place in row.items():
                if not spot.passes and spot.name != measure.port:
                    self._box(
                        measure.boxes[spot.name], self._at(measure.columns[layer][0], place + measure.margin(spot))
                    )
            for spot, targets in measure.layers.after(layer).items():
                self._leave(spot, targets, layer)
        for arrow in measure.layers.back:
            self._back(arrow)

    def stack(self, rows: Sequence[Measure]) -> None:
        """Rows below one another, each joined to the one before by a line."""
        bottom = right = 0.0
        for row in rows:
            part = _Builder(row)
            part.fill()
            (_, end), (top, low) = part._bounds()
            down = bottom + (ROW_GAP if self.rects else 0.0) - top
            if row.port:
                self._join(row, right + TURN, bottom + ROW_GAP / 2, down)
            self.rects += [_moved_rect(rect, 0.0, down) for rect in part.rects]
            self.wires += [replace(wire, points=_moved(wire.points, 0.0, down)) for wire in part.wires]
            self.words += [replace(words, at=(words.at[0], words.at[1] + down)) for words in part.words]
            bottom, right = low + down, end

    def _join(self, row: Measure, far: float, between: float, down: float) -> None:
        """The line from the end of a row back to the beginning of the next, between the two."""
        source = next(rect for rect in self.rects if rect.name == row.port)
        y, arrives = source.at[1] + source.height / 2, row.places[0][Spot(row.port)] + down
        corners = [
            (source.at[0] + source.width, y),
            (far, y),
            (far, between),
            (-TURN, between),
            (-TURN, arrives),
            (0.0, arrives),
        ]
        edges = [arrow for arrow in row.drawing.arrows if arrow.source == row.port]
        targets = tuple((arrow.target, arrow.slot) for arrow in edges)
        marked = any(arrow.marked for arrow in edges)
        self.wires.append(Wire(row.port, targets, _rounded(corners), marked, head=False))

    def _bounds(self) -> tuple[Point, Point]:
        """From where to where all reaches: along the line, and down."""
        points = [point for wire in self.wires for point in wire.points]
        points += [rect.at for rect in self.rects]
        points += [(rect.at[0] + rect.width, rect.at[1] + rect.height) for rect in self.rects]
        points += [(x, words.at[1]) for words in self.words for x in words.ends]
        xs, ys = zip(*points, strict=True) if points else ((0.0,), (0.0,))
        return (min(xs), max(xs)), (min(ys), max(ys))

    def framed(self) -> Scene:
        """The legend underneath, and everything moved into the frame."""
        (left, right), (top, bottom) = self._bounds()
        bottom += 0.3 * LINE
        for place, row in enumerate(self._legend(right - left)):
            bottom += FORMULA_LINE * LINE if place else 0.9 * LINE
            self._row((left, bottom), row, "note", "start")
            right = max(right, left + row.width)
        bottom += 0.4 * LINE
        frame = self.spacing.frame
        x, y = frame - left, frame - top
        return Scene(
            right - left + 2 * frame,
            bottom - top + 2 * frame,
            tuple(_moved_rect(rect, x, y) for rect in self.rects),
            tuple(replace(wire, points=_moved(wire.points, x, y)) for wire in self.wires),
            tuple(replace(words, at=(words.at[0] + x, words.at[1] + y)) for words in self.words),
            self.measure.drawing.boxes,
        )

    def _legend(self, width: float) -> list[Row]:
        """The legend as lines of the drawing's width: where room is short, one paragraph."""
        lines = legend(self.measure)
        if self.spacing.brief and lines:
            lines = (tuple(part for place, line in enumerate(lines) for part in ("; " * bool(place), *line)),)
        return [row for line in lines for row in self.pen.rows(line, "note", max(width, LEGEND))]

    def _at(self, along: float, across: float) -> Point:
        return (across, along) if self.measure.down else (along, across)

    def _write(self, at: Point, words: Prose, tone: Tone, anchor: Anchor = "middle", box: str = "") -> None:
        if words:
            self._row(at, self.pen.line(words, tone), tone, anchor, box)

    def _row(self, at: Point, row: Row, tone: Tone, anchor: Anchor = "middle", box: str = "") -> None:
        self.words.append(Words(at, row.text, tone, anchor, box, row.width))

    def _box(self, box: Box, at: Point) -> None:
        """The outline, the name, the formula, the numbers, and a row for each leaf inside: name, value, gradient."""
        measure = self.measure
        width, height = measure.sizes[box.name]
        middle, line = at[0] + width / 2, at[1] + (height - measure.content(box)) / 2
        if measure.titled(box):
            name: list[tuple[Prose, Tone]] = [(box.label, measure.name_tone)]
            self._side_by_side((middle, line + LINE * measure.name_line * 0.5), name + self._beside(box), box.name)
            line += LINE * measure.name_line
        tone: Tone = "formula" if measure.titled(box) else measure.name_tone
        for row in measure.formulas[box.name]:
            self._row((middle, line + LINE * FORMULA_LINE * 0.5), row, tone, box=box.name)
            line += LINE * FORMULA_LINE
        for numbers in () if self._beside(box) else measure.numbers(box):
            self._side_by_side((middle, line + LINE * FORMULA_LINE * 0.5), numbers, box.name)
            line += LINE * FORMULA_LINE
        rules = (line + BESIDE * 0.5,) if box.inside else ()
        for place, leaves in enumerate(measure.leaves(box)):
            self._leaves((middle, line + BESIDE + LINE * LEAF_LINE * (place + 0.5)), box, leaves)
        self.rects.append(Rect(box.name, at, width, height, box.kind, box.marked, rules))

    def _beside(self, box: Box) -> list[tuple[Prose, Tone]]:
        """The numbers that stand beside a name."""
        return list(self.measure.numbers(box)[0]) if self.measure.beside(box) else []

    def _side_by_side(self, at: Point, row: Sequence[tuple[Prose, Tone]], box: str) -> None:
        """Words on one line around a point."""
        widths = [self.pen.width(words, tone) for words, tone in row]
        x = at[0] - (sum(widths) + APART * (len(row) - 1)) / 2
        for (words, tone), width in zip(row, widths, strict=True):
            self._write((x + width / 2, at[1]), words, tone, "middle", box)
            x += width + APART

    def _leaves(self, at: Point, box: Box, leaves: Sequence[Box]) -> None:
        """A row of leaves: their names, and the value and gradient of each."""
        first, second, third = self.measure.leaf_columns(box)
        x = at[0] - self.measure.leaf_row(box, leaves) / 2
        for leaf in leaves:
            self._write((x, at[1]), leaf.label, "formula", "start", leaf.name)
            self._write((x + first + second, at[1]), leaf.value, "value", "end", leaf.name)
            self._write((x + first + second + third, at[1]), leaf.gradient, "gradient", "end", leaf.name)
            x += BETWEEN + (first + second + third if second or third else self.pen.width(leaf.label, "formula"))

    def _leave(self, spot: Spot, targets: Sequence[tuple[Spot, int]], layer: int) -> None:
        """The lines that leave a spot: a stub with the numbers on it, and a bend to each that is next."""
        measure = self.measure
        start, end = measure.columns[layer]
        middle = measure.places[layer][spot] + measure.across(spot) / 2
        begin, stub = end, end + measure.stub(layer)
        if not spot.passes:
            box = measure.boxes[spot.name]
            begin = start + measure.along(box)
            if not self.spacing.inside:
                self._on_line(box, self._at(begin, middle))
            if not targets and (box.value or box.gradient) and not self.spacing.inside:
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
        else:
            arrows = [measure.layers.pins[target.name][pin]]
        before, last = start - measure.arriving(layer), end if target.passes else start
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
            head = self.spacing.head
            at = (x + 4, y - head - LINE * 0.6) if measure.down else (x - head, y + LINE * 0.5)
            self._write(at, arrows[0].gradient, "gradient", "start" if measure.down else "end")

    def _on_line(self, box: Box, at: Point) -> None:
        """Value and gradient on the line that leaves a box."""
        x, y = at
        above, below = (LINE * 0.6, LINE * 1.5) if self.measure.down else (-LINE * 0.5, LINE * 0.5)
        self._write((x + BESIDE, y + above), box.value, "value", "start", box.name)
        self._write((x + BESIDE, y + below), box.gradient, "gradient", "start", box.name)

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


def _straight(start: Point, end: Point) -> tuple[Point, ...]:
    """A straight piece as a cubic one."""
    third = ((end[0] - start[0]) / 3, (end[1] - start[1]) / 3)
    return start, (start[0] + third[0], start[1] + third[1]), (end[0] - third[0], end[1] - third[1]), end


def _rounded(corners: Sequence[Point]) -> tuple[Point, ...]:
    """A line through corners, each of which is rounded."""
    first, *inner, last = corners
    found = [first]
    for before, corner, after in zip(corners, inner, corners[2:], strict=False):
        enters, leaves = _towards(corner, before), _towards(corner, after)
        found += _straight(found[-1], enters)[1:]
        found += [_towards(corner, before, CORNER * 0.45), _towards(corner, after, CORNER * 0.45), leaves]
    return (*found, *_straight(found[-1], last)[1:])


def _towards(point: Point, other: Point, far: float = CORNER) -> Point:
    """The point so far from one towards another."""
    length = max(abs(other[0] - point[0]) + abs(other[1] - point[1]), 1e-9)
    share = min(far / length, 0.5)
    return point[0] + (other[0] - point[0]) * share, point[1] + (other[1] - point[1]) * share


def _moved(points: Sequence[Point], x: float, y: float) -> tuple[Point, ...]:
    return tuple((u + x, v + y) for u, v in points)


def _moved_rect(rect: Rect, x: float, y: float) -> Rect:
    return replace(rect, at=(rect.at[0] + x, rect.at[1] + y), rules=tuple(rule + y for rule in rect.rules))
