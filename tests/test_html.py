"""The page: what it holds without a network and a script, and in a real browser that it is laid out, folds, and
highlights.
"""

from __future__ import annotations

import functools
import html
import html.parser
import re
from collections.abc import Iterator

import pytest
from hypothesis import given

import stepper
from stepper.core.expr import Expr
from stepper.core.parser import parse
from stepper.core.steps import Derivation
from stepper.render import _mathml
from stepper.render._wrapping import pieces
from stepper.render.formats import render
from stepper.render.html import fragment
from stepper.render.look import Look, Style
from tests.browser import PROGRAM, Browser
from tests.strategies import FORMULAS
from tests.test_render import SHOWN, WITHOUT_GRAPH

DRAWN = Look(graph=True)


@functools.cache
def page(name: str) -> str:
    return render("html", SHOWN[name], DRAWN)


class Tree(html.parser.HTMLParser):
    """Every element's tag with its attributes, and whether all are closed in the order in which they were opened."""

    VOID = frozenset({"meta", "link", "br", "hr", "img", "input", "wbr"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def tree(written: str) -> Tree:
    parser = Tree()
    parser.feed(written)
    parser.close()
    assert not parser.open
    return parser


@pytest.mark.parametrize("name", SHOWN)
def test_a_page_is_well_formed_and_asks_the_network_for_nothing(name: str) -> None:
    for tag, attributes in tree(page(name)).found:
        for key in ("src", "href", "xlink:href", "action"):
            assert (attributes.get(key) or "#").startswith(("#", "data:")), (tag, attributes)
    assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", page(name))


@pytest.mark.parametrize("name", SHOWN)
def test_ids_are_unique_and_every_step_has_one(name: str) -> None:
    ids = [attributes["id"] for _, attributes in tree(page(name)).found if "id" in attributes]
    assert len(set(ids)) == len(ids)
    shown = [step.id for _, step in SHOWN[name].walk("normal") if step.body or step.children]
    assert set(shown) <= set(ids)


@pytest.mark.parametrize("name", SHOWN)
def test_a_page_can_be_heard(name: str) -> None:
    """Headings in order, heads of tables, words for the picture, a language."""
    found = tree(page(name)).found
    tags = [tag for tag, _ in found]
    assert dict(found)["html"]["lang"] == "en"
    assert next(tag for tag in tags if tag in ("h1", "h2", "h3")) == "h1"
    assert tags.count("h1") == 1
    assert all(attributes.get("scope") == "col" for tag, attributes in found if tag == "th")
    pictures = [attributes for tag, attributes in found if tag == "svg"]
    assert all(attributes["role"] == "img" and attributes["aria-labelledby"] for attributes in pictures)
    assert len(pictures) == (name not in WITHOUT_GRAPH)


def test_words_cannot_break_out_of_the_page() -> None:
    evil = '</style><script>alert("x")</script>'
    written = render("html", Derivation("forward", evil, (), source=evil), DRAWN)
    assert written.count("<script>") == 1
    tree(written)


# ---- in a browser

EXAMS = ("tum-2022-6-w11", "uio-2019-1-Wh", "uio-2021-7-x1", "umass-682-7.1")
LIT = (
    "[...document.querySelectorAll('svg .uses, svg .about')]"
    ".map((group) => group.dataset.name || group.dataset.edges).sort()"
)
FLAT = """[...document.querySelectorAll('math, math *')].filter((node) => {
  const box = node.getBoundingClientRect();
  return node.textContent.trim() && (box.width <= 0 || box.height <= 0); }).length"""
SEEN = """['.picture svg', '.current'].map((name) => { const box = document.querySelector(name).getBoundingClientRect();
  const top = name === '.current' ? document.querySelector('.picture').getBoundingClientRect().bottom : 0;
  return box.top >= top - 1 && box.bottom <= window.innerHeight && box.height > 0; })"""
HERE = "document.activeElement.id"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if PROGRAM is None:
        pytest.skip("needs Chromium")
    folder = tmp_path_factory.mktemp("pages")
    opened = Browser(folder)
    yield opened
    opened.close()


def shown(browser: Browser, name: str) -> Browser:
    path = browser.folder / f"{name}.html"
    path.write_text(page(name), "utf-8")
    browser.open(path)
    return browser


@pytest.mark.parametrize("name", EXAMS)
def test_in_a_browser_all_formulas_are_laid_out_and_nothing_is_wrong(name: str, browser: Browser) -> None:
    shown(browser, name)
    assert browser.problems() == []
    assert all(address.startswith(("file:", "data:")) for address in browser.requests())
    assert browser.ask("document.querySelectorAll('math').length") > 5
    assert browser.ask(FLAT) == 0
    assert browser.ask("[...document.fonts].map((face) => face.status)") == ["loaded"]
    assert browser.ask("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_in_a_browser_the_highlight_follows_the_pointer(browser: Browser) -> None:
    shown(browser, "tum-2022-6-w11")
    browser.point("[id='forward.node:h4'] math")
    assert browser.ask(LIT) == ["h1", "h1>h4>0", "h4"]
    browser.point("[id='local.derivative:h4:h1'] math")
    assert browser.ask(LIT) == ["h1>h4>0"]
    assert browser.ask("getComputedStyle(document.querySelector('svg .uses .wire')).stroke") == "rgb(11, 87, 208)"
    browser.point("ol.paths li math")
    assert browser.ask(LIT) == ["h1>h4>0", "h4>yhat1>1", "w11>h1>0", "yhat1>L>0"]
    browser.point("h1")
    assert browser.ask(LIT) == []


def test_in_a_browser_the_arrow_keys_walk_and_escape_ends_it(browser: Browser) -> None:
    shown(browser, "tum-2022-6-w11")
    walked = []
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft"):
        browser.press(key)
        walked.append(browser.ask(HERE))
    assert walked == ["graph.drawing", "forward.node:h1", "forward.node:h2", "forward.node:h1"]
    assert browser.ask("document.querySelectorAll('.current').length") == 1
    assert browser.ask(LIT) == ["b1", "h1", "w11", "w11>h1>0", "w21", "x1", "x1>h1>1", "x2", "x2>h1>3"]
    for _ in range(16):
        browser.press("ArrowRight")
    assert browser.ask(SEEN) == [True, True], "the graph and the step that uses it are in view together"
    browser.press("Escape")
    assert browser.ask(LIT) == []
    assert browser.problems() == []


@pytest.mark.parametrize("key", ["Enter", " "])
def test_in_a_browser_steps_fold_by_keyboard(key: str, browser: Browser) -> None:
    shown(browser, "tum-2022-6-w11")
    browser.ask("document.querySelectorAll('summary')[1].focus()")
    folded = "document.querySelectorAll('details')[1].open"
    height = "document.querySelectorAll('details')[1].getBoundingClientRect().height"
    before = browser.ask(height)
    browser.press(key)
    assert browser.ask(folded) is False
    assert browser.ask(height) < before / 2
    browser.press(key)
    assert browser.ask(folded) is True


def test_in_a_browser_a_folded_step_opens_when_the_walk_comes_to_it(browser: Browser) -> None:
    shown(browser, "tum-2022-6-w11")
    browser.ask("document.querySelectorAll('details').forEach((fold) => { fold.open = false; })")
    browser.press("ArrowRight")
    assert browser.ask("document.querySelector('details').open") is True


NOTEBOOK = """\
<!doctype html><body data-jp-theme-light="false"><style>
.notebook tbody tr:nth-child(even) { background: red; } .notebook tbody tr:hover { background: blue; }
</style><div class="notebook">%s</div></body>"""
"""A notebook in the dark, that has a way of its own with tables."""


def test_in_a_browser_a_table_in_a_notebook_has_one_ground(browser: Browser) -> None:
    path = browser.folder / "notebook.html"
    path.write_text(NOTEBOOK % fragment(SHOWN["umass-682-7.1"], Look()), encoding="utf-8")
    browser.open(path)
    browser.point("tbody tr:nth-child(2) td")
    grounds = "[...document.querySelectorAll('tbody tr')].map((row) => getComputedStyle(row).backgroundColor)"
    assert set(browser.ask(grounds)) == {"rgba(0, 0, 0, 0)"}
    assert browser.ask("getComputedStyle(document.querySelector('.stepper')).backgroundColor") == "rgb(22, 24, 28)"


# ---- lines

LEAVES = """[...document.querySelectorAll('body *')].filter((node) => {
  if (node.closest('script, style, .skip, .hint, svg')) return false;
  const right = node.getBoundingClientRect().right;
  for (let box = node; box && box !== document.body; box = box.parentElement) {
    if (['auto', 'scroll'].includes(getComputedStyle(box).overflowX)) return false;
  }
  return right > document.documentElement.clientWidth + 0.5; }).map((node) => node.textContent.slice(0, 60))"""
CLIPPED = """[...document.querySelectorAll('.equation')].filter((box) => box.scrollHeight > box.clientHeight + 1)
  .map((box) => box.textContent.slice(0, 60))"""
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SCROLLED = "[...document.querySelectorAll('.equation')].filter((box) => box.scrollWidth > box.clientWidth + 1).length"
WIDE = ("tum-2022/6", "tum-2022/1.1", "umass-682/2", "examples/attention", "uio-2021/6b", "tum-2022/4.4")
"""Documents with formulas wider than a telephone, among words too."""


@pytest.mark.parametrize("width", [390, 1000])
@pytest.mark.parametrize("name", WIDE)
def test_in_a_browser_no_line_leaves_its_box(name: str, width: int, browser: Browser) -> None:
    path = browser.folder / "wide.html"
    path.write_text(render("html", stepper.backprop(name, wrt="all").derivation, DRAWN), "utf-8")
    size = {"height": 844, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.send("Emulation.setDeviceMetricsOverride", width=width, **size)
    browser.open(path)
    assert browser.ask(SIDEWAYS) <= 0
    assert browser.ask(LEAVES) == []
    assert browser.ask(CLIPPED) == []
    if name == "tum-2022/6":
        assert browser.ask(SCROLLED) == 0, "its formulas are broken, not scrolled"
    browser.send("Emulation.clearDeviceMetricsOverride")


RAGGED = """[...document.querySelectorAll('mtable.matrix')].filter((table) => {
  const rows = [...table.querySelectorAll('mtr')].map((row) => [...row.children]);
  const right = (cell) => cell.lastElementChild.getBoundingClientRect().right;
  return rows.some((row) => row.some((cell, place) => Math.abs(right(cell) - right(rows[0][place])) > 1));
}).length"""


def test_in_a_browser_the_columns_of_a_matrix_end_together(browser: Browser) -> None:
    path = browser.folder / "matrices.html"
    path.write_text(render("html", stepper.forward("examples/attention").derivation, DRAWN), "utf-8")
    browser.open(path)
    assert browser.ask("document.querySelectorAll('mtable.matrix').length") > 20
    assert browser.ask(RAGGED) == 0


@pytest.mark.parametrize(("terms", "above"), [(3, True), (12, False)])
def test_a_long_sum_does_not_stand_above_a_bar(terms: int, above: bool) -> None:
    """Where no line could be broken."""
    written = parse(f"({' + '.join(f'x{place}*y{place}' for place in range(terms))})/2")
    assert ("<mfrac>" in _mathml.formula(written, Style())) is above


BARE = re.compile(r"</?mrow>")


@given(FORMULAS)
def test_a_formula_in_pieces_is_the_formula_and_each_piece_is_whole(expr: Expr) -> None:
    formula = _mathml.formula(expr, Style())
    found = pieces(formula)
    assert BARE.sub("", "".join(found)) == BARE.sub("", formula)
    for piece in found:
        tree(piece)


@pytest.mark.parametrize(
    ("written", "parted"),
    [
        ("x + 1", ["x+1"]),
        ("one*first + two*second + three*third", ["one·first", "+two·second", "+three·third"]),
        ("first*second*third*fourth*fifth", ["first", "·second", "·third", "·fourth", "·fifth"]),
        (
            "first*second*third*1e-5*fourth*fifth + 1",
            ["first", "·second", "·third", "·1·10−5", "·fourth", "·fifth", "+1"],
        ),
        ("first*second - third*1e-5*fourth", ["first·second", "−third·1·10−5·fourth"]),
        ("tanh(first*second + third*fourth + b)", ["tanh(first·second", "+third·fourth", "+b)"]),
        ("max(first, second, third, fourth, fifth)", ["max(first,", "second,", "third,", "fourth,", "fifth)"]),
        ("where(first > second, third*fourth, fifth)", ["(third·fourth", "if first>second", ", else fifth)"]),
        ("(first + second + third + fourth + fifth)^2", ["(first+second+third+fourth+fifth)2"]),
        ("(first + second + third + fourth)/(fifth + sixth)", ["first+second+third+fourthfifth+sixth"]),
    ],
)
def test_a_long_formula_is_parted_before_signs_and_behind_commas(written: str, parted: list[str]) -> None:
    """But not in what stands high, or above and below a bar."""
    found = pieces(_mathml.formula(parse(written), Style(inline=True)))
    letters = [html.unescape(re.sub(r"<[^>]*>", "", piece)).replace("\u00a0", " ").strip() for piece in found]
    assert letters == parted
