"""A graph drawn in a terminal: what stands in its boxes, and whether it runs to the right, down, or is told in a
table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Literal

from msgspec import Struct

from stepper.core.numbers import rounds
from stepper.core.pictures import Box, Drawing
from stepper.core.prose import Prose, listed
from stepper.core.steps import Column, Table
from stepper.render._lines import INDENT, Line, Tone, table_lines, wrapped
from stepper.render._unicode import cells, prose
from stepper.render.graph.canvas import ASCII, HEAD_DOWN, HEAD_RIGHT, RULE, Canvas, Cell
from stepper.render.graph.fold import folded
from stepper.render.graph.layered import Layers, layered
from stepper.render.graph.pictures import SIGNS, described
from stepper.render.graph.plan import Plan, Point, Size, Spacing, pins_need, plan
from stepper.render.look import Style

MOST_BOXES = 40


class Setting(Struct, frozen=True):
    """One way to set a drawing: to the right or down; what is told in the boxes, the rest below; how tightly."""

    right: bool
    told: Literal["all", "own", "name"]
    pad: int
    apart: int
    spacing: Spacing


class Face(Struct, frozen=True):
    """What stands in a box: name, value and gradient in its middle; under a rule the leaves it alone reads, in
    columns.
    """

    head: tuple[tuple[str, Tone], ...]
    rows: tuple[tuple[str, str, str], ...]
    apart: int

    @property
    def columns(self) -> list[int]:
        return [max((cells(row[place]) for row in self.rows), default=0) for place in range(3)]

    @property
    def width(self) -> int:
        used = [width for width in self.columns if width]
        return max([*(cells(text) for text, _ in self.head), sum(used) + self.apart * (len(used) - 1) if used else 0])

    @property
    def height(self) -> int:
        return len(self.head) + (len(self.rows) + 1 if self.rows else 0)


def boxes(drawing: Drawing, style: Style, *, everything: bool = False) -> Iterator[Line]:
    """The drawing in the width of the look; graphs of many boxes are folded unless ``everything`` is to be shown."""
    drawn = drawing if everything else folded(drawing, MOST_BOXES)
    layers = layered(drawn)
    needs: list[int] = []
    laid: Plan | None = None
    for setting in settings(drawn, style):
        laid = planned(drawn, layers, setting, style, laid)
        needs.append(laid.along if setting.right else laid.across)
        if needs[-1] <= style.look.width:
            break
    if laid is None or needs[-1] > style.look.width:
        yield from _told(drawn, layers, style, min(needs))
        return
    indent = " " * min(INDENT, style.look.width - needs[-1])
    for line in painted(drawn, laid, setting, style).lines():
        yield [(indent, "plain"), *line]
    yield from _legend(drawn, setting, style)
    yield from _remarks(drawn, layers, style)
    if setting.told != "all":
        yield []
        yield from _leaves(drawn, style) if setting.told == "own" else _listed(drawn, layers, style)


def settings(drawing: Drawing, style: Style) -> Iterator[Setting]:
    """Ways to set a drawing, the best first.

    In ASCII tracks stand apart: signs for corners in neighbouring cells would look joined.
    """
    wide, close, tight = Spacing(1, 1, 2, 2), Spacing(1, 1, 1, 2), Spacing(1, 0, 1, 2)
    tightness = (
        [(1, 2, wide), (1, 1, wide)]
        if style.look.ascii
        else [(1, 2, wide), (1, 2, close), (1, 1, close), (0, 1, close), (0, 1, tight)]
    )
    down = Spacing(2, int(style.look.ascii), 1 + style.look.ascii, 1)
    full: list[Literal["all", "own"]] = ["all", "own"] if any(box.inside for box in drawing.boxes) else ["all"]
    for told in full:
        yield from (Setting(True, told, *setting) for setting in tightness)
    for told in full:
        yield from (Setting(False, told, pad, apart, down) for pad, apart in ((1, 2), (0, 1)))
    if any(box.value or box.gradient for box in drawing.boxes):
        yield from (Setting(True, "name", *setting) for setting in tightness if setting[1] == 1)
        yield from (Setting(False, "name", pad, 1, down) for pad in (1, 0))


# ---- boxes


def _face(box: Box, setting: Setting, style: Style) -> Face:
    head: list[tuple[str, Tone]] = [(prose(box.label, style), "plain")]
    if setting.told == "name":
        return Face(tuple(head), (), setting.apart)
    head += [(prose(described(box), style), "quiet")] if described(box) else []
    head += [(prose(box.value, style), "value")] if box.value else []
    head += [(_gradient(box, style), "gradient")] if box.gradient else []
    rows = tuple((prose(leaf.label, style), prose(leaf.value, style), _gradient(leaf, style)) for leaf in box.inside)
    return Face(tuple(head), rows if setting.told == "all" else (), setting.apart)


def _gradient(box: Box, style: Style) -> str:
    return f"{_partial(style)} {prose(box.gradient, style)}" if box.gradient else ""


def _partial(style: Style) -> str:
    return ASCII["∂"] if style.look.ascii else "∂"


def planned(drawing: Drawing, layers: Layers, setting: Setting, style: Style, before: Plan | None = None) -> Plan:
    """Where everything stands in one setting; the plan of another one, made before, may save work."""
    sizes = {}
    for box in drawing.boxes:
        face, pins = _face(box, setting, style), pins_need(len(layers.pins[box.name]))
        width, height = face.width + 2 * setting.pad + 2, face.height + 2
        sizes[box.name] = Size(width, max(height, pins)) if setting.right else Size(height, max(width, pins))
    return plan(layers, sizes, setting.spacing) if before is None else before.tightened(sizes, setting.spacing)


def painted(drawing: Drawing, laid: Plan, setting: Setting, style: Style) -> Canvas:
    """Boxes and lines on a page."""
    canvas = Canvas(ascii=style.look.ascii, tracks_run_down=setting.right)

    def cell(point: Point) -> Cell:
        return (point[1], point[0]) if setting.right else point

    for box in drawing.boxes:
        along, across = laid.corner(box.name)
        size = laid.sizes[box.name]
        first, last = cell((along, across)), cell((along + size.along - 1, across + size.across - 1))
        canvas.frame(box.name, first, last, box.marked)
        _fill(canvas, _face(box, setting, style), first, last, setting.pad)
    for wire in laid.wires():
        canvas.line(wire.source, [cell(point) for point in wire.points], wire.marked)
        if wire.head:
            canvas.write(
                cell(wire.head), HEAD_RIGHT if setting.right else HEAD_DOWN, "head" if wire.marked else "quiet"
            )
    return canvas


def _fill(canvas: Canvas, face: Face, first: Cell, last: Cell, pad: int) -> None:
    """Writes a face into a box, as near to its middle as it can."""
    (top, left), (bottom, right) = first, last
    row, room = top + 1 + (bottom - top - 1 - face.height) // 2, right - left - 1 - 2 * pad
    left += 1 + pad
    for text, tone in face.head:
        canvas.write((row, left + (room - cells(text)) // 2), text, tone)
        row += 1
    if face.rows:
        # broken, since a line may leave the box beside it
        canvas.write((row, left), RULE * room, "quiet")
    tones: tuple[Tone, ...] = ("plain", "value", "gradient")
    for entry in face.rows:
        row, column = row + 1, left + (room - face.width) // 2
        for text, tone, width in zip(entry, tones, face.columns, strict=True):
            # names and gradients begin at the same place, values end there
            canvas.write((row, column + (width - cells(text) if tone == "value" else 0)), text, tone)
            column += width + face.apart if width else 0


# ---- words below


def _legend(drawing: Drawing, setting: Setting, style: Style) -> Iterator[Line]:
    every = [*drawing.boxes, *chain.from_iterable(box.inside for box in drawing.boxes)]
    gradient = (f"{_partial(style)} gradient of ", *drawing.of) if drawing.of else (f"{_partial(style)} gradient",)
    rows: list[Prose] = [("name",)]
    rows += [(drawing.value,)] if any(box.value for box in every) else []
    rows += [gradient] if any(box.gradient for box in every) else []
    said: list[Prose] = [("in each box: ", *listed(rows, ", "))] if len(rows) > 1 and setting.told != "name" else []
    said += [(told,) for sign, told in SIGNS.items() if any((sign,) in (box.value, box.gradient) for box in every)]
    if any(arrow.marked for arrow in drawing.arrows):
        said.append(("heavy lines: the paths asked about",))
    if said:
        yield from _said(listed(said, "; ", "; "), style)


def _remarks(drawing: Drawing, layers: Layers, style: Style) -> Iterator[Line]:
    label = {box.name: box.label for box in drawing.boxes}
    back = [
        (*label[arrow.source], " → ", *label[arrow.target]) for arrow in layers.back if arrow.source != arrow.target
    ]
    loops = [label[arrow.source] for arrow in layers.back if arrow.source == arrow.target]
    said: list[Prose] = [("and back: ", *listed(back, ", "))] if back else []
    if loops:
        said.append((*listed(loops), " reads itself" if len(loops) == 1 else " read themselves"))
    if said:
        yield from _said(listed(said, "; "), style)
    for note in drawing.notes:
        yield from _said(note, style)
    every = [*drawing.boxes, *chain.from_iterable(box.inside for box in drawing.boxes)]
    parts = [part for box in every for part in (*box.value, *box.gradient)]
    if any(rounds(part, style.look.digits, style.look.exact) for part in parts if not isinstance(part, str)):
        yield from _said((f"numbers are rounded to {style.look.digits} digits",), style)


def _said(text: Prose, style: Style) -> Iterator[Line]:
    yield from wrapped(prose(text, style), style.look.width, INDENT, "quiet", hang=2)


def _leaves(drawing: Drawing, style: Style) -> Iterator[Line]:
    """The leaves that one box alone reads, where they do not stand in it."""
    read = [(leaf, box) for box in drawing.boxes for leaf in box.inside]
    rows = [(leaf.label, box.label, leaf.value, leaf.gradient) for leaf, box in read]
    yield from _quantities(("leaf", "read by"), rows, drawing, style)


def _told(drawing: Drawing, layers: Layers, style: Style, needs: int) -> Iterator[Line]:
    """The drawing as a table alone."""
    yield from _listed(drawing, layers, style)
    marked = [box.label for box in drawing.boxes if box.marked]
    if marked:
        yield from _said(("on the paths asked about: ", *listed(marked)), style)
    yield from _remarks(drawing, layers, style)
    yield from _said((f"a drawing needs {needs} columns",), style)


def _listed(drawing: Drawing, layers: Layers, style: Style) -> Iterator[Line]:
    """Every quantity, layer by layer."""
    named = {box.name: box for box in drawing.boxes}
    rows: list[tuple[Prose, Prose, Prose, Prose]] = []
    for spot in (spot for row in layers.spots for spot in row if not spot.passes):
        box = named[spot.name]
        read = [named[arrow.source].label for arrow in layers.pins[spot.name]]
        rows += [(leaf.label, (), leaf.value, leaf.gradient) for leaf in box.inside]
        rows.append((box.label, listed([*read, *(leaf.label for leaf in box.inside)], ", "), box.value, box.gradient))
    yield from _quantities(("name", "reads"), rows, drawing, style)


def _quantities(
    titles: tuple[str, str], rows: Sequence[tuple[Prose, Prose, Prose, Prose]], drawing: Drawing, style: Style
) -> Iterator[Line]:
    """Two columns, and those of values and gradients where there are some."""
    gradient: Prose = ("gradient of ", *drawing.of) if drawing.of else ("gradient",)
    columns = [
        (place, column)
        for place, column in enumerate(
            [
                Column((titles[0],)),
                Column((titles[1],)),
                Column(("value",), "value", "right"),
                Column(gradient, "gradient", "right"),
            ]
        )
        if place < 2 or any(row[place] for row in rows)
    ]
    yield from table_lines(
        Table(tuple(column for _, column in columns), tuple(tuple(row[place] for place, _ in columns) for row in rows)),
        style,
    )
