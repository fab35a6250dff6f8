"""Graphs as they come on paper: small ones lie from left to right on a third of a page, their letters can be read, and
no words touch the box around them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache, partial
from importlib.util import find_spec
from itertools import pairwise

import pytest
from hypothesis import given, settings
from msgspec.structs import replace

import stepper
from stepper.core.pictures import Arrow, Box, Drawing
from stepper.errors import StepperError
from stepper.render._font import advance
from stepper.render.graph import sketch as of_png
from stepper.render.graph import svg as of_svg
from stepper.render.graph import tikz as of_tikz
from stepper.render.graph.layered import layered
from stepper.render.graph.measure import ROOMY, Measure
from stepper.render.graph.pen import SIZE, Pen, shifted
from stepper.render.graph.pictures import drawing_of
from stepper.render.graph.rows import in_rows
from stepper.render.graph.scene import PAGE, Sheet, scene
from stepper.render.graph.shapes import Scene, Wire
from stepper.render.look import Look, Style
from stepper.solution import Solution
from tests.browser import PROGRAM, Browser
from tests.helpers import ROOT
from tests.test_drawing import drawings

LINE = 16.0
"""Centimetres between the margins of a page."""
POINT = 2.54 / 72
PENS: dict[str, Callable[[Style], Pen]] = {"svg": of_svg.Pen, "tikz": of_tikz.Pen}
if find_spec("matplotlib"):
    PENS["png"] = of_png.Pen
SHEETS = {"svg": of_svg.SHEET, "tikz": Sheet(LINE, of_tikz.UNIT), "png": Sheet()}
CLEAR, SLANT = 3.0, 1.0
"""Units that are free between words and the border of their box, and by how much slanted letters reach further."""


def graphs() -> dict[str, tuple[Drawing, Style]]:
    """The graphs of all bundled documents, networks too, and of the smallest networks that are written anew."""
    found: dict[str, tuple[Drawing, Style]] = {}

    def add(name: str, draw: Callable[[], Solution]) -> None:
        try:
            derivation = draw().derivation
        except StepperError:
            return  # a task of an optimizer has no graph
        drawing = drawing_of(derivation)
        if drawing is not None:
            found[name] = drawing, Style(Look(), derivation.notation)

    for path in sorted((ROOT / "graphs").glob("*/*")):
        name = f"{path.parent.name}/{path.name.removesuffix(path.suffix)}"
        if path.suffix == ".txt":
            add(name, partial(stepper.shapes, name))
        elif path.suffix == ".yaml" and not path.name.endswith(".answers.yaml"):
            add(name, partial(stepper.draw, name))
    for sizes, values in (("2-2-1", "pleasant"), ("2-3-2", "pleasant"), ("2-3-2", "blank")):
        add(f"{sizes} {values}", partial(stepper.draw, stepper.new(sizes, values=values)))
    return found


GRAPHS = graphs()
SMALL = [name for name, (drawing, _) in GRAPHS.items() if len(drawing.boxes) <= 20]


@cache
def set_by(kind: str, name: str) -> Scene:
    drawing, style = GRAPHS[name]
    return scene(drawing, PENS[kind](style), SHEETS[kind])


def test_most_of_the_bundled_graphs_are_small() -> None:
    assert len(SMALL) > 80
    assert {
        "tum-2022/6",
        "2-3-2 pleasant",
        "examples/lstm",
        "examples/gru",
        "examples/attention",
        "examples/rnn",
    } <= set(SMALL)


@pytest.mark.parametrize("kind", PENS)
@pytest.mark.parametrize("name", SMALL)
def test_a_small_graph_takes_a_third_of_a_page_and_can_be_read(name: str, kind: str) -> None:
    shapes = set_by(kind, name)
    scale = SHEETS[kind].fit(shapes)
    assert scale * shapes.width <= LINE + 0.001
    assert scale * shapes.height <= PAGE / 3 + 0.001
    assert scale * min(SIZE.values()) / POINT >= 7.0
    rects = {rect.name: rect for rect in shapes.rects}
    for wire in shapes.wires:
        for target, _ in wire.targets:
            source, end = rects[wire.source], rects[target]
            below = source.at[1] + source.height < end.at[1]
            assert wire.back or source.at[0] < end.at[0] or below, "from left to right, in rows from above down"


@pytest.mark.parametrize("name", GRAPHS)
def test_what_is_written_is_as_large_as_was_promised(name: str) -> None:
    written = of_tikz.tikz(*GRAPHS[name], LINE)
    scale = float(re.findall(r"\[x=([\d.]+)cm", written)[0])
    width, height = map(float, re.findall(r"rectangle \(([\d.]+),([\d.]+)\);", written)[0])
    assert scale * width <= LINE + 0.01
    assert scale * height <= 0.75 * PAGE
    letters = [of_tikz.FONT * float(size) for size in re.findall(r", scale=([\d.]+)\]", written)]
    assert min(letters) >= 6.95


def through(wire: Wire) -> Iterator[tuple[float, float]]:
    """Points along a line."""
    first, *rest = wire.points
    for place in range(0, len(rest), 3):
        curve = (first, *rest[place : place + 3])
        for step in range(21):
            t = step / 20
            weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
            yield (
                sum(weight * x for weight, (x, _) in zip(weights, curve, strict=True)),
                sum(weight * y for weight, (_, y) in zip(weights, curve, strict=True)),
            )
        first = curve[3]


@pytest.mark.parametrize("kind", PENS)
@pytest.mark.parametrize("name", GRAPHS)
def test_no_line_runs_through_a_box(name: str, kind: str) -> None:
    shapes = set_by(kind, name)
    inner = [(x + 1, x + rect.width - 1, y + 1, y + rect.height - 1) for rect in shapes.rects for x, y in [rect.at]]
    for wire in shapes.wires:
        for x, y in () if wire.back else through(wire):
            assert not any(left < x < right and top < y < low for left, right, top, low in inner), wire.source


def chain(count: int) -> Drawing:
    """Boxes one after the other, the second joined to the fourth too."""
    boxes = tuple(Box(f"n{number}", (f"name {number}",), value=("12.345",)) for number in range(count))
    arrows = [Arrow(f"n{number}", f"n{number + 1}", 0) for number in range(count - 1)]
    return Drawing(boxes, (*arrows, Arrow("n1", "n3", 1)))


def test_a_long_chain_is_set_in_rows_that_a_line_joins() -> None:
    shapes = scene(chain(24), of_svg.Pen(Style()))
    tops = sorted({round(rect.at[1]) for rect in shapes.rects})
    joints = [wire for wire in shapes.wires if not wire.head and wire.targets and wire.points[-1][0] < 30]
    assert len(joints) >= 2
    assert shapes.width < 780.0
    assert tops[-1] - tops[0] > 60.0
    in_order = sorted(shapes.rects, key=lambda rect: int(rect.name[1:]))
    for before, after in pairwise(in_order):
        below = before.at[1] + before.height < after.at[1]
        assert after.at[0] > before.at[0] + before.width or below, "read as a text is"


def test_what_cannot_be_cut_is_not_set_in_rows() -> None:
    """Two chains side by side have no layer of one box."""
    found = chain(8)
    other = tuple(replace(box, name=f"m{box.name}") for box in found.boxes)
    arrows = tuple(replace(arrow, source=f"m{arrow.source}", target=f"m{arrow.target}") for arrow in found.arrows)
    both = Drawing((*found.boxes, *other), (*found.arrows, *arrows))
    pen = of_svg.Pen(Style())
    assert in_rows(Measure(both, layered(both), pen, ROOMY, down=False), 300.0) is None
    assert in_rows(Measure(found, layered(found), pen, ROOMY, down=False), 300.0) is not None
    assert in_rows(Measure(found, layered(found), pen, ROOMY, down=False), 9_000.0) is None, "one row holds it"


def crowded(shapes: Scene) -> Iterator[str]:
    """The words that stand in a box, and come closer to its border than they may."""
    inside = {leaf.name: box.name for box in shapes.boxes for leaf in box.inside}
    rects = {rect.name: rect for rect in shapes.rects}
    for words in shapes.words:
        rect = rects.get(inside.get(words.box, words.box))
        if rect is None:
            continue
        (x, y), (left, right) = rect.at, words.ends
        if words.box == rect.name and left >= x + rect.width:
            continue  # the numbers on the line that leaves it
        if not (x + CLEAR <= left and right <= x + rect.width - CLEAR):
            yield words.text
        half = 0.36 * SIZE[words.tone]
        if not (y + 1.5 <= words.at[1] - half and words.at[1] + half <= y + rect.height - 1.5):
            yield words.text


@pytest.mark.parametrize("kind", PENS)
@pytest.mark.parametrize("name", GRAPHS)
def test_no_words_touch_their_box(name: str, kind: str) -> None:
    shapes = set_by(kind, name)
    if shapes.width > shapes.height:  # down the page numbers stand below the box
        assert list(crowded(shapes)) == []


@pytest.mark.parametrize("pen", PENS.values(), ids=PENS)
@settings(deadline=None, max_examples=40)
@given(found=drawings())
def test_no_words_of_any_drawing_touch_their_box(pen: Callable[[Style], Pen], found: Drawing) -> None:
    shapes = scene(found, pen(Style()), Sheet(200.0))
    if all(len(arrow.gradient) < 2 for arrow in found.arrows) and shapes.width > shapes.height:
        assert list(crowded(shapes)) == []


@pytest.mark.skipif("png" not in PENS, reason="needs matplotlib")
@pytest.mark.parametrize("name", ["tum-2022/6", "examples/lstm", "uio-2021/7n", "umass-682/7.1"])
def test_every_way_of_spacing_is_drawn_by_the_plotting_library(name: str) -> None:
    drawing, style = GRAPHS[name]
    figure = of_png.sketch(drawing, style)
    told = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert "".join(told) == "".join(part for words in set_by("png", name).words for part, _ in shifted(words.text))


# ---- how wide words are


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("w₁₂·x²", [("w", 0), ("12", -1), ("·x", 0), ("2", 1)]),
        ("a_in + 1", [("a", 0), ("in", -1), (" + 1", 0)]),
        ("x^(n+1)", [("x", 0), ("n+1", 1)]),
        ("plain", [("plain", 0)]),
    ],
)
def test_a_line_is_taken_apart_where_it_leaves_the_line(text: str, parts: list[tuple[str, int]]) -> None:
    assert list(shifted(text)) == parts


def test_letters_of_other_fonts_have_a_width_too() -> None:
    assert advance("ŷ") == advance("y")
    assert advance("字") == 1.0
    assert advance("\u200b") == 0.0


@pytest.mark.parametrize(
    ("latex", "flat"),
    [
        (r"\frac{1}{19}", "1/19"),
        (r"\frac{a + b}{2}", r"\left( a + b \right)/2"),
        (r"\frac{a \cdot b}{c \cdot d}", r"a \cdot b/\left( c \cdot d \right)"),
        (r"\frac{\partial L}{\partial w _{1}} \cdot x", r"\partial L/\partial w _{1} \cdot x"),
        (r"\frac{\frac{a}{b}}{\frac{c}{d}}", r"a/b/\left( c/d \right)"),
        (r"\frac{1}{\left( a + b \right)^{2}}", r"1/\left( a + b \right)^{2}"),
    ],
)
def test_fractions_of_a_drawing_are_set_on_one_line(latex: str, flat: str) -> None:
    assert of_tikz.slashed(latex) == flat


def test_a_formula_is_broken_at_its_sums_before_within_its_brackets() -> None:
    (sum_box,) = [box for box in GRAPHS["tum-2022/6"][0].boxes if box.name == "yhat1"]
    for pen in PENS.values():
        rows = pen(Style()).rows(sum_box.formula, "formula", 100.0)
        assert len(rows) == 2
        assert all(row.width <= 100.0 for row in rows)
        assert "+" in rows[1].text[:4]


# ---- in a browser

MEASURED = """[...document.querySelectorAll('svg g[data-name]')].filter((group) => group.querySelector(':scope > rect'))
.flatMap((group) => { const outline = group.querySelector(':scope > rect').getBBox();
  return [...group.querySelectorAll('text')].map((text) => text.getBBox())
    .filter((box) => box.x < outline.x + outline.width && box.x + box.width > outline.x)
    .map((box) => [box.x - outline.x, outline.x + outline.width - box.x - box.width]); })"""
LONG = """[...document.querySelectorAll('svg text')].map((text) => [text.textContent, text.getComputedTextLength()])"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if PROGRAM is None:
        pytest.skip("needs Chromium")
    opened = Browser(tmp_path_factory.mktemp("pictures"))
    yield opened
    opened.close()


def test_in_a_browser_words_are_as_wide_as_the_table_says(browser: Browser) -> None:
    drawing, style = GRAPHS["tum-2022/6"]
    path = browser.folder / "graph.html"
    path.write_text(f"<!doctype html><meta charset='utf-8'>{of_svg.svg(drawing, style)}", "utf-8")
    browser.open(path)
    told = sorted(words.width for words in set_by("svg", "tum-2022/6").words)
    for known, (text, found) in zip(told, sorted(browser.ask(LONG), key=lambda pair: pair[1]), strict=True):
        assert found == pytest.approx(known, rel=0.02), text


def test_in_a_browser_no_words_touch_their_box(browser: Browser) -> None:
    for name, (drawing, style) in GRAPHS.items():
        path = browser.folder / "graph.html"
        path.write_text(f"<!doctype html><meta charset='utf-8'>{of_svg.svg(drawing, style)}", "utf-8")
        browser.open(path)
        rooms = browser.ask(MEASURED)
        assert rooms, name
        assert min(room for pair in rooms for room in pair) >= CLEAR - SLANT, name
