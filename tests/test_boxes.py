"""Drawings in a terminal: golden files a person can look at, and the law that the lines, followed by eye, say exactly
the graph.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_regressions.file_regression import FileRegressionFixture

from stepper.core.expr import Value
from stepper.core.graph import Graph
from stepper.core.pictures import Arrow, Box, Drawing
from stepper.engine.draw import drawn
from stepper.engine.values.quantities import Settings
from stepper.read.bundled import load_graph
from stepper.render._unicode import cells, prose
from stepper.render.graph import boxes as setter
from stepper.render.graph.boxes import boxes
from stepper.render.graph.canvas import DOWN, LEFT, RIGHT, SIGNS, UP
from stepper.render.graph.layered import layered
from stepper.render.graph.routes import Net, routes
from stepper.render.look import Look, Style
from tests.helpers import graph_of

RESIDUAL = """
title: A residual block
inputs: {x: 2}
parameters: {w1: 1.5, w2: -1}
nodes: {a: relu(w1*x), b: w2*a, s: b + x, out: relu(s + 4)}
output: out
"""
GRAPHS: dict[str, tuple[Graph, tuple[str, ...]]] = {
    "tum-2022-6": (load_graph("tum-2022/6"), ()),
    "tum-2022-6-w11": (load_graph("tum-2022/6"), ("w11",)),
    "uio-2019-1": (load_graph("uio-2019/1"), ()),
    "uio-2021-7-x1": (load_graph("uio-2021/7"), ("x1",)),
    "residual-w1": (graph_of(RESIDUAL), ("w1",)),
    "uio-2021-8b": (load_graph("uio-2021/8b"), ()),
    "lstm": (load_graph("examples/lstm"), ()),
}
DRAWINGS: dict[str, Drawing] = {name: drawn(graph, wrt, Settings()) for name, (graph, wrt) in GRAPHS.items()}


def text(drawing: Drawing, look: Look, name: str = "", everything: bool = False) -> list[str]:
    """The lines of a drawing without their tones."""
    style = Style(look, GRAPHS[name][0].labels if name else {})
    return ["".join(span for span, _ in line).rstrip() for line in boxes(drawing, style, everything=everything)]


@pytest.mark.parametrize("width", [40, 80])
@pytest.mark.parametrize("name", DRAWINGS)
def test_golden(name: str, width: int, file_regression: FileRegressionFixture) -> None:
    written = "\n".join(text(DRAWINGS[name], Look(width=width), name))
    file_regression.check(written + "\n", extension=".txt", basename=f"{name}-{width}", encoding="utf-8")


def test_golden_in_ascii(file_regression: FileRegressionFixture) -> None:
    written = "\n".join(text(DRAWINGS["tum-2022-6-w11"], Look(width=120, ascii=True), "tum-2022-6-w11"))
    file_regression.check(written + "\n", extension=".txt", basename="tum-2022-6-w11-ascii", encoding="utf-8")


@pytest.mark.parametrize("ascii", [False, True])
@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
@pytest.mark.parametrize("name", DRAWINGS)
def test_every_name_stands_in_the_width_asked_for(name: str, width: int, ascii: bool) -> None:
    look = Look(width=width, ascii=ascii)
    lines = text(DRAWINGS[name], look, name)
    assert max(map(cells, lines)) <= width
    for box in DRAWINGS[name].boxes:
        for shown in (box, *box.inside):
            label = prose(shown.label, Style(look, GRAPHS[name][0].labels))
            assert any(re.search(rf"(?<!\w){re.escape(label)}(?!\w)", line) for line in lines), label


# ---- the law


STEPS = {UP: (-1, 0), RIGHT: (0, 1), DOWN: (1, 0), LEFT: (0, -1)}
ENDS = {sign: ends for ends, sign in SIGNS.items()}
HEADS = "▶▼>v"
Place = tuple[int, int]


@dataclass(frozen=True)
class Page:
    """A drawing as its reader has it: signs in rows and columns, and nothing else."""

    rows: Sequence[str]
    right: bool
    ascii: bool = False

    def at(self, place: Place) -> str:
        row, column = place
        return self.rows[row][column] if 0 <= row < len(self.rows) and 0 <= column < len(self.rows[row]) else " "

    @cached_property
    def frames(self) -> dict[str, tuple[Place, Place]]:
        """The boxes that were looked for."""
        return {}

    def frame(self, name: str) -> tuple[Place, Place]:
        if name not in self.frames:
            self.frames[name] = self.framed(name)
        return self.frames[name]

    def framed(self, name: str) -> tuple[Place, Place]:
        """The corners of the box around a name: up from it, then along the upper edge, where no line begins, and down
        the left one.
        """
        ((row, column),) = [
            (row, match.start())
            for row, line in enumerate(self.rows)
            for match in re.finditer(rf"(?<!\w){name}(?!\w)", line)
        ]
        left = next(place for place in range(column, -1, -1) if self.at((row, place)) in "│┃|#")
        top = next(place for place in range(row, -1, -1) if self.at((place, left)) in "┌┏+")
        right = next(place for place in range(left + 1, 10_000) if self.at((top, place)) in "┐┓+")
        bottom = next(place for place in range(top + 1, 10_000) if self.at((place, left)) in "└┗+")
        return (top, left), (bottom, right)

    @cached_property
    def way(self) -> int:
        """The side of a box by which lines leave."""
        return RIGHT if self.right else DOWN

    def ports(self, name: str) -> list[Place]:
        """The cells of a box's border from which a line leaves."""
        (top, left), (bottom, right) = self.frame(name)
        side = (
            [(row, right) for row in range(top + 1, bottom)]
            if self.right
            else [(bottom, column) for column in range(left + 1, right)]
        )
        return [place for place in side if (self.at(place) == "+" if self.ascii else ENDS[self.at(place)][self.way])]

    def followed(self, port: Place, heavy: bool = False) -> Counter[Place]:
        """The arrows' heads that a line from a port reaches, each with how often: straight on at crossings, every way
        at junctions.
        """
        found: Counter[Place] = Counter()
        open_ends, seen = [(_next(port, self.way), self.way)], set[tuple[Place, int]]()
        while open_ends:
            place, came = open_ends.pop()
            assert (place, came) not in seen, "a line runs in a circle"
            seen.add((place, came))
            if self.at(place) in HEADS:
                assert came == self.way, "an arrow is entered from the side"
                found[place] += 1
                continue
            for side in self.ways_on(place, came):
                if not heavy or self.is_heavy(place, side):
                    open_ends.append((_next(place, side), side))
        return found

    def ways_on(self, place: Place, came: int) -> list[int]:
        """The sides by which a line goes on from a cell that it enters in a direction."""
        sign, back = self.at(place), (came + 2) % 4
        if self.ascii:
            if sign == "*":
                return [side for side in STEPS if side != back]
            if sign == "+":
                return [side for side in STEPS if side != back and self.at(_next(place, side)) in self.joining(side)]
            assert sign in "|#-=", f"a line ends at {place}"
            crossing = (sign in "|#") == (came in (RIGHT, LEFT))
            assert not crossing or (sign in "|#") == self.right, f"a line runs into another at {place}"
            return [came]
        if sign == "●":
            return [side for side in STEPS if side != back]
        ends = ENDS.get(sign, (0, 0, 0, 0))
        assert ends[back], f"a line ends at {place}"
        return [came] if 0 not in ends else [side for side in STEPS if side != back and ends[side]]

    def joining(self, side: int) -> str:
        """The plain signs that a corner or a junction is joined to on a side."""
        return ("|#*+" if side in (UP, DOWN) else "-=*+") + (HEADS if side == self.way else "")

    def is_heavy(self, place: Place, side: int) -> bool:
        """Is the line from a cell by a side heavy?

        A junction of four ways shows no weight, but what lies beyond it: a line, or a box.
        """
        if self.at(place) != "●":
            return ENDS[self.at(place)][side] == 2
        beyond = _next(place, side)
        if self.at(beyond) in HEADS:
            return ENDS[self.at(_next(beyond, side))][side - 1] == 2
        return self.is_heavy(beyond, side) if self.at(beyond) == "●" else ENDS[self.at(beyond)][side - 2] == 2


def _next(place: Place, side: int) -> Place:
    return place[0] + STEPS[side][0], place[1] + STEPS[side][1]


def pages(drawing: Drawing, ascii: bool = False) -> Iterator[Page]:
    """The drawing in each setting, whatever the width."""
    style = Style(Look(ascii=ascii))
    layers = layered(drawing)
    for setting in setter.settings(drawing, style):
        laid = setter.planned(drawing, layers, setting, style)
        rows = ["".join(span for span, _ in line) for line in setter.painted(drawing, laid, setting, style).lines()]
        widths = {max(map(len, rows), default=0), laid.along if setting.right else laid.across}
        assert max(widths) == (laid.along if setting.right else laid.across)
        yield Page(rows, setting.right, ascii)


def read_back(page: Page, drawing: Drawing, heavy: bool = False) -> Counter[tuple[str, str]]:
    """The edges that a page shows, each box's own line followed to the boxes that its arrows touch."""
    frames = {box.name: page.frame(box.name) for box in drawing.boxes}
    found: Counter[tuple[str, str]] = Counter()
    heads: set[Place] = set()
    for name in frames:
        ports = page.ports(name)
        assert len(ports) <= 1
        for port in ports:
            if heavy and ENDS[page.at(port)][page.way] != 2:
                continue
            for head, times in page.followed(port, heavy).items():
                row, column = _next(head, page.way)
                (target,) = [
                    reader for reader, ((top, left), (bottom, right)) in frames.items()
                    if (column == left and top < row < bottom if page.right else row == top and left < column < right)
                ]  # fmt: skip
                found[name, target] += times
                heads.add(head)
    assert heavy or sum(found.values()) == len(heads)
    return found


@st.composite
def drawings(draw: st.DrawFn, most: int = 11) -> Drawing:
    """A random graph: several edges between two boxes, boxes without edges, long edges, some marked."""
    names = [f"n{place}" for place in range(draw(st.integers(1, most)))]
    marked = {name for name in names if draw(st.integers(0, 3)) == 0}
    drawn, arrows = [], []
    for place, name in enumerate(names):
        reads = draw(st.lists(st.sampled_from(names[:place]), max_size=4)) if place else []
        arrows += [Arrow(read, name, slot, (), {read, name} <= marked) for slot, read in enumerate(reads)]
        value = ("-1.25",) if draw(st.booleans()) else ()
        leaves = tuple(
            Box(f"w{place}{leaf}", (f"w{place}{leaf}",), "parameter", (), ("3",))
            for leaf in range(draw(st.integers(0, 2)))
        )
        drawn.append(Box(name, (name,), "node", (), value, value, leaves, name in marked))
    return Drawing(tuple(drawn), tuple(arrows))


LAW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def edges_of(drawing: Drawing, marked: bool = False) -> Counter[tuple[str, str]]:
    return Counter((arrow.source, arrow.target) for arrow in drawing.arrows if arrow.marked or not marked)


@LAW
@given(drawings())
def test_the_lines_followed_by_eye_say_the_graph_and_heavy_ones_alone_the_paths_asked_about(drawing: Drawing) -> None:
    for page in pages(drawing):
        assert read_back(page, drawing) == edges_of(drawing)
        assert read_back(page, drawing, heavy=True) == edges_of(drawing, marked=True)


@LAW
@given(drawings())
def test_so_they_do_in_ascii(drawing: Drawing) -> None:
    for page in pages(drawing, ascii=True):
        assert read_back(page, drawing) == edges_of(drawing)


def test_nets_in_each_other_s_way_change_tracks() -> None:
    """Each leaves where the other arrives: neither can turn off before the other comes in."""
    found, tracks = routes([Net("a", 0, (4,)), Net("b", 4, (0,))])
    assert tracks == 3
    assert sorted(route.second is not None for route in found.values()) == [False, True]
    assert routes([Net("a", 0, (0,)), Net("b", 2, (4,)), Net("c", 6, (8,))])[1] == 1


# ---- what is said of a drawing


def graph_drawing(*edges: str, **values: str) -> Drawing:
    pairs = [edge.split(">") for edge in edges]
    names = list(dict.fromkeys(name for pair in pairs for name in pair))
    made = tuple(Box(name, (name,), value=(values[name],) if name in values else ()) for name in names)
    return Drawing(made, tuple(Arrow(pair[0], pair[1]) for pair in pairs if len(pair) == 2))


def test_edges_against_the_direction_are_listed() -> None:
    assert "   and back: c → a; b reads itself" in text(graph_drawing("a>b", "b>c", "c>a", "b>b"), Look())
    assert "   a and b read themselves" in text(graph_drawing("a>b", "a>a", "b>b"), Look())


def test_nothing_and_boxes_without_edges() -> None:
    assert text(Drawing((), (), (), (("nothing",),)), Look()) == ["   nothing"]
    assert text(graph_drawing("a", "b"), Look()) == [
        "   ┌───┐",
        "   │ a │",
        "   └───┘",
        "",
        "   ┌───┐",
        "   │ b │",
        "   └───┘",
    ]


def test_wide_letters_take_two_cells_and_marks_none() -> None:
    rows = text(graph_drawing("神経>éx̂", "éx̂>z", 神経="1"), Look())
    assert rows == [
        "   ┌──────┐",
        "   │ 神経 │   ┌────┐   ┌───┐",
        "   │  1   ├──▶│ éx̂ ├──▶│ z │",
        "   └──────┘   └────┘   └───┘",
        "   in each box: name, value",
    ]


def test_what_is_not_known_and_what_is_rounded_is_said() -> None:
    drawing = Drawing((Box("a", ("a",), value=(Value(1 / 3),), gradient=("?",)),), (), ("L",))
    assert text(drawing, Look(digits=3)) == [
        "   ┌───────┐",
        "   │   a   │",
        "   │ 0.333 │",
        "   │  ∂ ?  │",
        "   └───────┘",
        "   in each box: name, value, ∂ gradient of L; ?: not known",
        "   numbers are rounded to 3 digits",
    ]


def test_a_drawing_too_wide_both_ways_is_told_in_a_table() -> None:
    long = "quantity_of_a_name_that_is_long"
    drawing = graph_drawing(*(f"{long}{place}>{long}_sum" for place in range(3)), **{f"{long}0": "5"})
    rows = text(drawing, Look(width=60))
    assert "reads" in rows[0]
    assert rows[-1] == "   a drawing needs 74 columns"
    assert max(map(cells, rows)) <= 60
    assert "┌" in "".join(text(drawing, Look(width=74)))


def chain(length: int) -> Drawing:
    """A ladder: each quantity reads the one before and the one five before."""
    names = [f"n{place}" for place in range(length)]
    arrows = [
        Arrow(names[place - back], names[place], slot) for place in range(5, length) for slot, back in enumerate((1, 5))
    ]
    return Drawing(tuple(Box(name, (name,), value=("1",)) for name in names), tuple(arrows))


def test_many_boxes_are_folded_or_all_shown() -> None:
    drawing = chain(300)
    assert "300 quantities" in " ".join(text(drawing, Look()))
    started = time.process_time()
    everything = text(drawing, Look(), everything=True)
    assert time.process_time() - started < 3
    assert set(re.findall(r"\bn\d+\b", "\n".join(everything))) == {f"n{place}" for place in range(300)}
    assert everything == text(drawing, Look(), everything=True)
