"""Graphs as they come on paper: small ones lie from left to right on a third of a page, their letters can be read, and
no words touch the box around them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings

import stepper
from stepper.core.steps import Drawing
from stepper.render._font import advance
from stepper.render.graph import svg as of_svg
from stepper.render.graph import tikz as of_tikz
from stepper.render.graph.pen import SIZE, Pen, shifted
from stepper.render.graph.pictures import drawing_of
from stepper.render.graph.scene import PAGE, Sheet, scene
from stepper.render.graph.shapes import Scene
from stepper.render.look import Look, Style
from tests.browser import PROGRAM, Browser
from tests.helpers import ROOT
from tests.test_drawing import drawings

LINE = 16.0
"""Centimetres between the margins of a page."""
POINT = 2.54 / 72
PENS = {"svg": of_svg.Pen, "tikz": of_tikz.Pen}
SHEETS = {"svg": of_svg.SHEET, "tikz": Sheet(LINE, of_tikz.UNIT)}
CLEAR, SLANT = 3.0, 1.0
"""Units that are free between words and the border of their box, and by how much slanted letters reach further."""


def graphs() -> dict[str, tuple[Drawing, Style]]:
    """The graphs of all bundled documents, and of the smallest networks that are written anew."""
    found = {}
    for path in sorted((ROOT / "graphs").glob("*/*.yaml")):
        if path.name.endswith(".answers.yaml"):
            continue
        name = f"{path.parent.name}/{path.stem}"
        try:
            derivation = stepper.draw(name).derivation
        except stepper.StepperError:
            continue  # a task of an optimizer has no graph
        drawing = drawing_of(derivation)
        if drawing is not None:
            found[name] = drawing, Style(Look(), derivation.notation)
    for sizes, values in (("2-2-1", "pleasant"), ("2-3-2", "pleasant"), ("2-3-2", "blank")):
        derivation = stepper.draw(stepper.new(sizes, values=values)).derivation
        drawing = drawing_of(derivation)
        assert drawing is not None
        found[f"{sizes} {values}"] = drawing, Style(Look(), derivation.notation)
    return found


GRAPHS = graphs()
SMALL = [name for name, (drawing, _) in GRAPHS.items() if len(drawing.boxes) <= 20]


def set_by(kind: str, name: str) -> Scene:
    drawing, style = GRAPHS[name]
    return scene(drawing, PENS[kind](style), SHEETS[kind])


def test_most_of_the_bundled_graphs_are_small() -> None:
    assert len(SMALL) > 50
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
            if not wire.back:
                assert rects[wire.source].at[0] < rects[target].at[0], "from left to right"


@pytest.mark.parametrize("name", GRAPHS)
def test_what_is_written_is_as_large_as_was_promised(name: str) -> None:
    written = of_tikz.tikz(*GRAPHS[name], LINE)
    scale = float(re.findall(r"\[x=([\d.]+)cm", written)[0])
    width, height = map(float, re.findall(r"rectangle \(([\d.]+),([\d.]+)\);", written)[0])
    assert scale * width <= LINE + 0.01
    assert scale * height <= 0.75 * PAGE
    letters = [of_tikz.FONT * float(size) for size in re.findall(r", scale=([\d.]+)\]", written)]
    assert min(letters) >= 6.95


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
