"""Drawings of graphs: what stands in the boxes, where the boxes stand, and that every format holds all of it."""

from __future__ import annotations

import re
import time
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepper import backprop
from stepper.core.expr import Value
from stepper.core.graph import Graph
from stepper.core.pictures import Arrow, Box, Drawing, Plot
from stepper.core.prose import Prose
from stepper.core.steps import Equation
from stepper.engine.curve import COUNT, curve_step
from stepper.engine.draw import draw, drawn
from stepper.engine.values.quantities import Settings
from stepper.errors import StepperError
from stepper.read.bundled import load_graph
from stepper.render._frames import frames
from stepper.render._unicode import prose
from stepper.render.formats import picture
from stepper.render.graph.fold import folded
from stepper.render.graph.layered import layered
from stepper.render.graph.pen import Letters
from stepper.render.graph.scene import Sheet, scene
from stepper.render.graph.shapes import Scene
from stepper.render.graph.svg import svg
from stepper.render.look import Look, Style
from stepper.tables.table import ROWS
from tests.helpers import derive, equations, graph_of
from tests.strategies import graphs


def drawing(name: str, *wrt: str) -> Drawing:
    return drawn(load_graph(name) if "\n" not in name else graph_of(name), wrt, Settings())


def told(parts: Prose) -> str:
    return prose(parts, Style())


def box(found: Drawing, name: str) -> Box:
    return next(entry for entry in found.boxes if entry.name == name)


# ---- what is drawn


def test_each_quantity_has_its_value_and_its_gradient() -> None:
    found = drawing("tum-2022/6")
    shown = {entry.name: (told(entry.value), told(entry.gradient)) for entry in found.boxes}
    assert shown["h1"] == ("2", "1.5")
    assert shown["h2"] == ("0", "-1.25")
    assert shown["L"] == ("1", "1")


def test_a_parameter_that_one_node_reads_stands_in_its_box_and_a_shared_one_is_drawn_once() -> None:
    inside = {leaf.name: (told(leaf.value), told(leaf.gradient)) for leaf in box(drawing("tum-2022/6"), "h1").inside}
    assert inside == {"w11": ("-0.5", "1.5"), "w21": ("-1", "-3"), "b1": ("0.5", "1.5")}
    shared = drawing("uio-2019/1")
    assert [entry.name for entry in shared.boxes].count("Wh") == 1
    assert [(arrow.target, told(arrow.gradient)) for arrow in shared.arrows if arrow.source == "Wh"] == [
        ("h[1]", "0"),
        ("h[2]", "8"),
    ]


def test_what_is_asked_about_has_a_box_and_its_paths_are_marked() -> None:
    found = drawing("tum-2022/6", "w11")
    assert {entry.name for entry in found.boxes if entry.marked} == {"w11", "h1", "h4", "yhat1", "yhat2", "L"}
    assert len([arrow for arrow in found.arrows if arrow.marked]) == 6


def test_what_is_not_known_is_a_question_mark_and_no_zero_and_short_formulas_stand() -> None:
    found = drawing("inputs: {x: , y: 2, z: }\nnodes: {a: x*y, b: y^2, c: (x + a + z)^2 , L: a + b + c}\n")
    assert {entry.name: told(entry.value) for entry in found.boxes} == {
        "x": "?",
        "y": "2",
        "z": "?",
        "a": "?",
        "b": "4",
        "c": "?",
        "L": "?",
    }
    shown = {entry.name: told(entry.gradient) for entry in found.boxes}
    assert shown == {"x": "…", "y": "…", "z": "…", "a": "…", "b": "1", "c": "1", "L": "1"}
    short = drawing("inputs: {x: , y: 2}\nnodes: {a: x*y, L: a + y^2}\n")
    assert told(box(short, "y").gradient) == "x + 4"


def test_a_constant_is_told_and_not_drawn() -> None:
    found = drawing("tum-2022/6")
    assert "alpha" not in {entry.name for entry in found.boxes}
    assert [told(note) for note in found.notes] == ["constants: α = 0.5"]


def test_a_graph_that_cannot_be_worked_out_is_drawn_without_values_and_says_why() -> None:
    found = drawing("uio-2021/8b")
    assert len(found.boxes) == 7
    assert found.notes == (("without values: ", "these nodes form a cycle: S reads S"),)


def test_a_graph_with_several_outputs_has_values_and_says_why_it_has_no_gradients() -> None:
    found = drawing("inputs: {x: 1, y: 2}\nnodes: {f: x^2, g: x*y, h: f + 1}\n")
    assert {entry.name: told(entry.value) for entry in found.boxes} == {
        "x": "1",
        "y": "2",
        "f": "1",
        "g": "2",
        "h": "2",
    }
    assert [told(note) for note in found.notes] == ["without gradients: the graph has several outputs, g and h"]


def test_a_structure_without_numbers_has_no_gradients() -> None:
    assert not any(entry.gradient for entry in drawing("uio-2021/8a").boxes)


def test_arrays_are_drawn_with_their_shapes_or_few_entries() -> None:
    found = box(drawing("tum-2022/2.3"), "Y")
    assert told(found.value) == "2×2"
    assert {leaf.name: (told(leaf.value), told(leaf.gradient)) for leaf in found.inside} == {
        "W": ("3×2", "3×2"),
        "b": ("[1, -1]", "[4, 6]"),
    }


@settings(max_examples=60, deadline=None)
@given(graphs())
def test_what_comes_back_along_the_edges_adds_up_to_the_gradient(graph: Graph) -> None:
    try:
        found = drawn(graph, (), Settings(digits=15))
    except StepperError:
        return
    for entry in found.boxes:
        parts = [arrow.gradient for arrow in found.arrows if arrow.source == entry.name and arrow.gradient]
        numbers = [part[0].number for part in (*parts, entry.gradient) if part and isinstance(part[0], Value)]
        if len(parts) > 1 and len(numbers) == len(parts) + 1:
            *each, whole = map(float, numbers)
            assert abs(sum(each) - whole) <= 1e-9 * max(1.0, *map(abs, each))


# ---- where it stands

NAMES = [f"n{number}" for number in range(14)]


@st.composite
def drawings(choose: st.DrawFn) -> Drawing:
    """Random graphs, now and then with a cycle."""
    count = choose(st.integers(1, len(NAMES)))
    pairs = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
    edges = choose(st.lists(pairs, max_size=3 * count, unique=True))
    cyclic = choose(st.integers(0, 4)) == 0
    kept = [(start, end) for start, end in edges if start < end or cyclic]
    boxes = tuple(Box(name, (name,), value=("1.25",), gradient=("-0.5",)) for name in NAMES[:count])
    return Drawing(boxes, tuple(Arrow(NAMES[start], NAMES[end], 0, ("0.5",)) for start, end in kept))


@settings(deadline=None)
@given(drawings())
def test_every_edge_runs_from_layer_to_layer_or_is_one_that_closes_a_cycle(found: Drawing) -> None:
    layers = layered(found)
    placed = [arrow for pins in layers.pins.values() for arrow in pins]
    assert sorted(map(str, (*placed, *layers.back))) == sorted(map(str, found.arrows))
    assert all(layers.depth[arrow.source] < layers.depth[arrow.target] for arrow in placed)
    assert sorted(spot.name for row in layers.spots for spot in row if not spot.passes) == sorted(
        entry.name for entry in found.boxes
    )


def _overlap(shapes: Scene) -> bool:
    rects = [(rect.at[0], rect.at[1], rect.at[0] + rect.width, rect.at[1] + rect.height) for rect in shapes.rects]
    return any(
        a < g and e < c and b < h and f < d
        for number, (a, b, c, d) in enumerate(rects)
        for e, f, g, h in rects[number + 1 :]
    )  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(drawings(), st.sampled_from([2.0, 12.0, 16.0, 200.0]))
def test_no_two_boxes_overlap_and_all_lies_in_the_frame(found: Drawing, width: float) -> None:
    shapes = scene(found, Letters(Style()), Sheet(width))
    assert not _overlap(shapes)
    points = [point for wire in shapes.wires for point in wire.points] + [
        (x, words.at[1]) for words in shapes.words for x in words.ends
    ]
    assert all(0 <= x <= shapes.width and 0 <= y <= shapes.height for x, y in points)


@settings(deadline=None, max_examples=60)
@given(drawings())
def test_every_edge_ends_on_the_box_it_leads_to(found: Drawing) -> None:
    shapes = scene(found, Letters(Style()))
    rects = {rect.name: rect for rect in shapes.rects}
    heads = [wire for wire in shapes.wires if wire.head and not wire.back]
    assert sorted((wire.source, target) for wire in heads for target, _ in wire.targets) == sorted(
        (arrow.source, arrow.target) for arrow in found.arrows if arrow not in layered(found).back
    )
    for wire in heads:
        (target, _), = wire.targets  # fmt: skip
        (x, y), rect = wire.points[-1], rects[target]
        on_left = abs(x - rect.at[0]) < 0.01 and rect.at[1] <= y <= rect.at[1] + rect.height
        on_top = abs(y - rect.at[1]) < 0.01 and rect.at[0] <= x <= rect.at[0] + rect.width
        assert on_left or on_top


# ---- folding


def chain(count: int, wide: int) -> Drawing:
    """Layers of equal width, each read by the next."""
    names = [[f"a{depth}_{place}" for place in range(wide)] for depth in range(count)]
    boxes = tuple(Box(name, (name,), value=("0.123",), gradient=("0.456",)) for row in names for name in row)
    arrows = tuple(
        Arrow(start, end, slot)
        for before, after in pairwise(names)
        for end in after
        for slot, start in enumerate(before)
    )  # fmt: skip
    return Drawing(boxes, arrows)


@pytest.mark.parametrize(("count", "wide", "most"), [(10, 30, 40), (500, 1, 40), (60, 5, 40), (3, 200, 40)])
def test_large_drawings_are_folded_by_depth_and_say_so(count: int, wide: int, most: int) -> None:
    found = folded(chain(count, wide), most)
    assert len(found.boxes) <= most
    assert f"{count * wide:,} quantities in {count:,} layers" in told(found.notes[-1])
    layers = layered(found)
    assert not layers.back
    assert len(layers.spots) == len(found.boxes)  # a chain again


def test_a_small_drawing_is_not_folded() -> None:
    small = chain(4, 2)
    assert folded(small, 40) is small


def test_three_hundred_boxes_are_drawn_in_a_moment() -> None:
    """The bound is far above what it takes; it is there to catch a method that grows too fast."""
    began = time.process_time()
    written = svg(chain(30, 10), Style(Look(detail="full")))
    assert written.count('class="node"') == 300
    assert time.process_time() - began < 20


# ---- as written

EXAMS = ("tum-2022/6", "uio-2019/1", "uio-2021/7", "uio-2021/8b", "tum-2022/2.3")


@pytest.mark.parametrize("name", EXAMS)
@pytest.mark.parametrize("format", ["svg", "dot", "mermaid", "tikz"])
def test_every_text_format_holds_each_box_and_is_the_same_each_time(name: str, format: str) -> None:
    derivation = draw(load_graph(name), (), Settings())
    first = picture(format, derivation, Look())
    assert first == picture(format, derivation, Look())
    written = first.decode("utf-8")
    edges = len(drawing(name).arrows)
    counts = {
        "svg": lambda: ET.fromstring(written).tag.endswith("svg") and written.count('class="head"') == edges,
        "dot": lambda: written.count(" -> ") == edges and written.count("[label=<") >= len(drawing(name).boxes),
        "mermaid": lambda: len(re.findall(r"^  n\d+ (?:-->|==>)", written, re.MULTILINE)) == edges,
        "tikz": lambda: (
            written.count(r"\path[draw") == len(drawing(name).boxes) and written.count("{") == written.count("}")
        ),
    }
    assert counts[format]()


def test_names_cannot_break_out_of_a_format() -> None:
    evil = '"]; <b>&`|\\'
    found = Drawing((Box("a", (evil,), value=(evil,)), Box("b", ("b",))), (Arrow("a", "b", 0, (evil,)),))
    assert ET.fromstring(svg(found, Style())) is not None
    from stepper.render.mermaid import mermaid

    assert not re.search(r'\["[^"]*"[^\]]', mermaid(found, Style()))


# ---- curves


def test_a_curve_of_every_function_of_one_number_keeps_to_its_domain_and_jumps_where_it_jumps() -> None:
    def points(name: str) -> list[list[tuple[float, float]]]:
        step = curve_step(ROWS[name])
        assert step is not None
        (plot,) = step.body
        assert isinstance(plot, Plot)
        return [list(curve.points) for curve in plot.curves if curve.dashes == 0]

    (sigmoid,) = points("sigmoid")
    assert len(sigmoid) == COUNT
    assert sigmoid[COUNT // 2] == (0.0, 0.5)
    assert len(points("step")) == 2
    assert all(x > 0 for piece in points("log") for x, _ in piece)
    assert curve_step(ROWS["softmax"]) is None


# ---- step by step


def test_frames_ask_before_they_tell() -> None:
    derivation = derive("tum-2022/6", "w11")
    pages = frames(derivation, Look())
    blocks = [frame.shown.steps[0].body[-1] if frame.shown.steps else None for frame in pages]
    asks = [place for place, frame in enumerate(pages) if frame.asks]
    for place in asks:
        asked, answered = blocks[place : place + 2]
        assert isinstance(asked, Equation)
        assert isinstance(answered, Equation)
        assert asked.left == answered.left
        assert told((asked.links[-1].expr,)) == "?"
        assert asked.links[:-1] in ((), answered.links[:1])
    known = list(equations(derivation))
    assert all(
        block in known for place, block in enumerate(blocks) if isinstance(block, Equation) and place not in asks
    )


@pytest.mark.parametrize("format_", ["svg", "tikz", "html", "latex"])
def test_the_underscore_of_a_functions_name_stays_one(format_: str) -> None:
    """It sets nothing low, and leaves nothing behind that a font lacks."""
    drawn = str(backprop("examples/batch-norm", wrt="gamma").to(format_, graph=True))
    assert "\u2060" not in drawn
    assert "batch_norm(" in drawn if format_ == "svg" else "batch" in drawn
