"""Every format: golden files a person can look at (renewed by --force-regen), and what must hold of all of them."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from markdown_it import MarkdownIt
from pytest_regressions.file_regression import FileRegressionFixture

from stepper.cli.options import FormatOption
from stepper.core.contents import names_read
from stepper.core.derivation_parser import parse_derivation
from stepper.core.expr import Expr, Num
from stepper.core.formula import text
from stepper.core.graph import Graph
from stepper.core.parser import parse
from stepper.core.prose import Prose
from stepper.core.steps import DETAILS, Derivation, Detail, Equation, Note, Table, shows
from stepper.engine.algorithms.derivation import derive as work_algorithm
from stepper.engine.answers.checking.many import marked
from stepper.engine.answers.checking.many_report import report as report_many
from stepper.engine.answers.checking.report import report
from stepper.engine.answers.checking.subject import GraphSubject
from stepper.engine.answers.checking.verdicts import verdicts
from stepper.engine.derive.derivation import answer as answer_question
from stepper.engine.derive.page import page
from stepper.engine.graph.forward import forward
from stepper.engine.layers.counting import Count
from stepper.engine.layers.shapes import shapes
from stepper.engine.values.quantities import Settings
from stepper.errors import StepperError
from stepper.read.algorithm import read_run
from stepper.read.bundled import load_graph
from stepper.read.files import source_of
from stepper.read.lines import read_lines
from stepper.read.network import load_network
from stepper.read.question import Asked
from stepper.read.working.known import names_of
from stepper.read.working.page import read_page
from stepper.read.working.papers import read_papers
from stepper.render import _latex, _unicode
from stepper.render._layout import blocks_of
from stepper.render._unicode import cells
from stepper.render.formats import FORMATS, PICTURES, WHOLE, format_named, format_of, picture, render
from stepper.render.graph.pictures import drawing_of
from stepper.render.look import Look, Style
from stepper.tables.mistakes import MISTAKES
from tests.helpers import derive
from tests.strategies import FORMULAS, graphs
from tests.when_asked import WhenAsked

SYMBOLIC = (
    "title: A neuron in symbols\ninputs: {x: , y: 1}\nparameters: {w: 2, b: }\n"
    "nodes: {z: w*x + b, a: sigmoid(z), L: (a - y)^2}\n"
)
PAGE = """Forward pass:
h1 = w11*x1 + w21*x2 + b1 = -0.5*1 + (-1)*(-2) + 0.5 = 3
h2 = 0, h3 = -2
h4 = 3
yhat1 = 3
yhat2 = -0.5
and with the mean of the squares
L = ((3 - 1)^2 + (-0.5 - 1)^2)/2 = 3.125
k = 4
dL/dw11 = 2.75
w11' = -0.5 + 0.1*2.75 = -0.225
"""
TABLE = """\
name;dL/dw11;L;remark
Anna;1,5;1;
Bo;1;2,0;fast
Cy;-;=1+1;
Di;1;1;
Ed;7;1;
Fe;7,00;1;
"""


def checked(source: str, page: str) -> Derivation:
    """The report of a page, of which a few mistakes are known: a new row of mistakes changes nothing here."""
    graph = load_graph(source)
    lines = read_page(page, names_of(graph))
    subject = GraphSubject(graph, [written.key for line in lines for written in line.chains], {"lr": "0.1"})
    subject.rows = [
        row for row in MISTAKES if row.name in ("plus for minus", "learning rate left out", "path left out")
    ]
    return report(subject, lines, verdicts(subject, lines))


def checked_many(source: str, table: str) -> Derivation:
    """The report of a table of answers, by the same few mistakes."""
    graph = load_graph(source)
    papers = read_papers(table, "class.csv", names_of(graph), named=True)
    subject = GraphSubject(graph, papers.keys, {})
    subject.rows = [row for row in MISTAKES if row.name in ("path left out", "sign of the difference")]
    right: list[Prose] = [(Num("1.5"),), (Num("1"),)]
    judged = marked(subject, papers.keys, papers.rows, True)
    return report_many(subject, papers.keys, right, papers.unread, judged)


def run_of(name: str) -> Derivation:
    """An algorithm's run on the data of a bundled document."""
    return work_algorithm(read_run(*source_of(name)), Settings())


def asked(formula: str, wrt: str) -> Derivation:
    """A derivative by named rules."""
    return answer_question(Asked(formula, wrt=wrt).read())


SHOWN = WhenAsked[Derivation](
    {
        "tum-2022-6-w11": lambda: derive("tum-2022/6", "w11", lr=Fraction(1, 10)),
        "tum-2022-6-w12": lambda: derive("tum-2022/6", "w12"),
        "uio-2019-1-Wh": lambda: derive("uio-2019/1", "Wh"),
        "uio-2021-7-x1": lambda: derive("uio-2021/7", "x1"),
        "uio-2021-7n-x1": lambda: derive("uio-2021/7n", "x1"),
        "umass-682-7.1": lambda: shapes(load_network("umass-682/7.1", None, None, None), {}, Count())[0],
        "symbolic": lambda: derive(SYMBOLIC, "w", "b"),
        "forward": lambda: forward(load_graph("uio-2021/7n"), Settings()),
        "check": lambda: checked("tum-2022/6", PAGE),
        "uio-2021-10b": lambda: run_of("uio-2021/10b"),
        "uit-2023-2b-split": lambda: run_of("uit-2023/2b-split"),
        "derive-product": lambda: asked("x^3*cos(x*y)", wrt="x"),
        "derive-softmax": lambda: asked("log_softmax(z)[i]", wrt="z[j]"),
        "uit-2023-1a": lambda: page(read_lines(*source_of("uit-2023/1a"))),
        "check-many": lambda: checked_many("tum-2022/6", TABLE),
    }
)
WITHOUT_GRAPH = (
    "check",
    "uio-2021-10b",
    "uit-2023-2b-split",
    "derive-product",
    "derive-softmax",
    "uit-2023-1a",
    "check-many",
)
"""Answers, algorithms and derivations."""
TEXTS = [name for name, row in FORMATS.items() if not row.binary and row.holds != "pictures"]
DRAWN = [name for name in PICTURES if not FORMATS[name].binary]
COLUMNS = [name for name, row in FORMATS.items() if row.columns]

GOLDEN = [
    (name, format)
    for name in SHOWN
    for format in TEXTS
    if not (FORMATS[format].floats and name in ("uio-2021-7n-x1", "forward"))
]
"""Where every digit of a float is kept, the last one may differ from one C library to the next."""


def suffix(format: str) -> str:
    """The suffix of its golden files."""
    return next(iter(FORMATS[format].suffixes), ".ansi")


def own(written: str) -> str:
    """What is not the same on every page and picture: all but the font, the style and the script."""
    return re.sub(r"(?<=<style>).*?(?=</style>)|(?<=<script>).*?(?=</script>)", "", written, flags=re.DOTALL)


@pytest.mark.parametrize(("name", "format"), GOLDEN)
def test_golden(name: str, format: str, file_regression: FileRegressionFixture) -> None:
    look = Look(width=80, color=format == "terminal", graph=FORMATS[format].graph)
    written = render(format, SHOWN[name], look)
    file_regression.check(own(written), extension=suffix(format), basename=name, encoding="utf-8")


@pytest.mark.parametrize("name", [name for name in SHOWN if name not in WITHOUT_GRAPH])
@pytest.mark.parametrize("format", DRAWN)
def test_golden_pictures(name: str, format: str, file_regression: FileRegressionFixture) -> None:
    written = picture(format, SHOWN[name], Look()).decode("utf-8")
    file_regression.check(own(written), extension=suffix(format), basename=name, encoding="utf-8")


def test_all_others_have_a_picture() -> None:
    assert tuple(name for name, shown in SHOWN.items() if drawing_of(shown) is None) == WITHOUT_GRAPH


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
@pytest.mark.parametrize("format", COLUMNS)
@pytest.mark.parametrize("name", SHOWN)
def test_no_line_is_wider_than_asked(name: str, format: str, width: int) -> None:
    for line in render(format, SHOWN[name], Look(width=width)).splitlines():
        assert cells(line) <= width, line


@pytest.mark.parametrize("name", SHOWN)
def test_terminal_and_text_show_the_same_lines(name: str) -> None:
    colored = render("terminal", SHOWN[name], Look(color=True))
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == render("text", SHOWN[name], Look())


@pytest.mark.parametrize("name", SHOWN)
def test_markdown_passes_through_commonmark_unchanged(name: str) -> None:
    """A parser that knows no mathematics must leave every formula as it is: then all that do know it agree."""
    written = render("markdown", SHOWN[name], Look())
    seen = html.unescape(re.sub(r"<[^>]*>", "", MarkdownIt("commonmark").enable("table").render(written)))
    formulas = re.findall(r"\$\$\n(.*?)\n\$\$", written, re.DOTALL)
    formulas += re.findall(r"\$([^$\n]+)\$", re.sub(r"\$\$\n.*?\n\$\$", "", written, flags=re.DOTALL))
    assert formulas
    for formula in formulas:
        # a line break in a matrix, at the end of a source line, is the one exception that every renderer protects
        assert formula.replace("\\\\\n", "\\\n") in seen, formula


FORBIDDEN = [
    r"\\operatorname",
    r"\\mbox",
    r"\\phantom",
    r"\\lt\b",
    r"\\[!,;:|{}_]",
    r"\$ \S[^$]*\$\d",
    r"\S_\{",
    r"\\\\[^\n]",
]


@pytest.mark.parametrize("name", SHOWN)
@pytest.mark.parametrize("pattern", FORBIDDEN)
def test_markdown_keeps_to_the_portable_subset(name: str, pattern: str) -> None:
    formulas = "".join(re.findall(r"\$\$\n(.*?)\n\$\$", render("markdown", SHOWN[name], Look()), re.DOTALL))
    assert not re.search(pattern, formulas)


@given(FORMULAS)
@settings(deadline=None)
def test_every_formula_prints_and_latex_balances(expr: Expr) -> None:
    style = Style()
    assert _unicode.formula(expr, style)
    written = _latex.formula(expr, style)
    assert written.count("{") == written.count("}")
    assert written.count(r"\left") == written.count(r"\right")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(graphs())
def test_formulas_in_json_parse_back(graph: Graph) -> None:
    try:
        written = json.loads(render("json", derive(graph, next(iter(graph.leaves))), Look()))
    except StepperError:
        return
    for equation in _equations(written):
        assert parse(equation["left"])
        assert all(parse(link[1]) for link in equation["links"])


@pytest.mark.parametrize("detail", DETAILS)
@pytest.mark.parametrize("graph", [True, False])
@pytest.mark.parametrize("name", SHOWN)
def test_json_lists_the_symbols_that_it_uses_and_no_others(name: str, graph: bool, detail: Detail) -> None:
    found = json.loads(render("json", SHOWN[name], Look(detail=detail, graph=graph)))
    notation = found.pop("notation")
    rest = json.dumps(found, ensure_ascii=False)
    assert all(symbol in rest for symbol in notation)
    sides = [
        side for equation in _equations(found) for side in (equation["left"], *(link[1] for link in equation["links"]))
    ]
    read = parse_derivation if found["command"] == "derive" else parse
    assert {symbol for symbol in SHOWN[name].notation if symbol in names_read(map(read, sides))} <= set(notation)


def _equations(tree: Any) -> Iterator[Any]:
    """Every equation of a JSON derivation."""
    if isinstance(tree, dict):
        if "equation" in tree:
            yield tree["equation"]
        tree = list(tree.values())
    if isinstance(tree, list):
        for part in tree:
            yield from _equations(part)


def test_step_ids_are_ascii_and_unique_at_every_detail() -> None:
    for derivation in SHOWN.values():
        ids = [step.id for _, step in derivation.walk()]
        assert len(set(ids)) == len(ids)
        assert all(name.isascii() for name in ids)
        assert (
            {step.id for _, step in derivation.walk("brief")}
            <= {step.id for _, step in derivation.walk("normal")}
            <= set(ids)
        )


def test_names_print_as_in_the_exam() -> None:
    style = Style(notation={"Wh": "W_h"})
    table = {
        "w11": "w₁₁",
        "yhat1": "ŷ₁",
        "h[t-1]": "hₜ₋₁",
        "alpha": "α",
        "dL/dh1": "dL/dh₁",
        "∂L/∂yhat2": "∂L/∂ŷ₂",
        "Wh": "W_h",
        "h[12]": "h₁₂",
    }
    assert {name: _unicode.formula(parse(name), style) for name in table} == table


def test_latex_names() -> None:
    style = Style(notation={"Wh": "W_h", "sigmoid": "σ"})
    table = {
        "w11": "w _{11}",
        "yhat1": r"\hat{y} _{1}",
        "h[t-1]": "h _{t-1}",
        "Wh": "W _{h}",
        "loss": r"\text{loss}",
        "sigmoid(z)": r"\sigma \left( z \right)",
        "relu(z)": r"\text{relu} \left( z \right)",
        "a/b*c": r"\frac{a}{b} \cdot c",
        "(a + b)/2": r"\frac{a + b}{2}",
        "1e-3": r"1 \cdot 10^{-3}",
        "n_f'(z)": r"n _{f}' \left( z \right)",
    }
    assert {name: _latex.formula(parse(name), style) for name in table} == table


def test_a_long_sum_is_shortened_but_not_in_json() -> None:
    terms = " + ".join(f"w{k}*x{k}" for k in range(1, 18))
    leaves = ", ".join(f"w{k}: 1, x{k}: {k}" for k in range(1, 18))
    derivation = derive(f"inputs: {{{leaves}}}\nnodes:\n  s: {terms}\n", "w1")
    assert "w₁·x₁ + w₂·x₂ + w₃·x₃ + … + w₁₇·x₁₇" in render("text", derivation, Look())
    assert terms in render("json", derivation, Look())


# ---- every format shows the same


def shown_in(derivation: Derivation, look: Look) -> list[Equation]:
    """The equations that a level of detail shows, in their order."""
    steps = [step for step in derivation.steps if shows(look.detail, step.detail)]
    return [block for step in steps for block in blocks_of(step, look) if isinstance(block, Equation)]


def printer(format: str) -> Callable[[Expr, Style], str]:
    """How a format writes a formula."""
    if not FORMATS[format].formulas:
        return lambda expr, style: text(expr)
    found: Callable[[Expr, Style], str] = import_module(f"stepper.render.{FORMATS[format].formulas}").formula
    return found


@pytest.mark.parametrize("detail", DETAILS)
@pytest.mark.parametrize("format", WHOLE)
@pytest.mark.parametrize("name", SHOWN)
def test_every_format_shows_the_same_left_sides_and_values_in_the_same_order(
    name: str, format: str, detail: Detail
) -> None:
    derivation, look = SHOWN[name], Look(detail=detail, color=format == "terminal", fragment=format == "latex")
    layout, style = re.compile(FORMATS[format].layout), Style(look, derivation.notation)
    written = layout.sub("", render(format, derivation, look))
    place = 0
    for equation in shown_in(derivation, look):
        for side in (equation.left, equation.links[-1].expr):
            wanted = layout.sub("", printer(format)(side, style))
            found = written.find(wanted, place)
            assert found >= 0, (wanted, written[place : place + 300])
            place = found + len(wanted)


def words(parts: Prose, written: str) -> bool:
    """Do the words among some formulas stand in what a format wrote, whatever it does to signs and lines?"""
    return all(word in written for part in parts if isinstance(part, str) for word in re.findall(r"[A-Za-z]{3,}", part))


@pytest.mark.parametrize("format", WHOLE)
@pytest.mark.parametrize("name", SHOWN)
def test_every_format_has_the_words_of_conventions_titles_reasons_notes_and_tables(name: str, format: str) -> None:
    derivation, look = SHOWN[name], Look(graph=FORMATS[format].graph, width=1000)
    written = render(format, derivation, look)
    said = [*derivation.said(look.detail)]
    for step in derivation.steps:
        blocks = list(blocks_of(step, look)) if shows(look.detail, step.detail) else []
        if blocks:
            said += [step.title, step.why]
        for block in blocks:
            if isinstance(block, Note):
                said.append(block.text)
            elif isinstance(block, Table):
                said += [*(column.title for column in block.columns), *(cell for row in block.rows for cell in row)]
            elif isinstance(block, Equation):
                said += [link.note for link in block.links]
    missing = [parts for parts in said if not words(parts, written)]
    assert not missing


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_writes_the_same_each_time_and_holds_no_part_that_is_left_out(format: str) -> None:
    """Pictures too: no date, no random names."""
    row, write = FORMATS[format], picture if format in PICTURES else render
    if row.binary or row.plots:
        pytest.importorskip("matplotlib")
    first, second = (write(format, SHOWN["tum-2022-6-w11"], Look(graph=row.graph)) for _ in range(2))
    assert first == second
    assert first
    assert isinstance(first, bytes if format in PICTURES else str)


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_is_found_by_its_name_and_its_suffixes(format: str) -> None:
    assert format_named(format) == format
    assert [format_of(Path(f"notes{each.upper()}")) for each in FORMATS[format].suffixes] == [format] * len(
        FORMATS[format].suffixes
    )
    assert format in str(get_args(FormatOption)[1].help)


@pytest.mark.parametrize("detail", DETAILS)
@pytest.mark.parametrize("name", SHOWN)
def test_json_and_the_page_hold_as_many_equations_as_are_shown(name: str, detail: Detail) -> None:
    look = Look(detail=detail)
    wanted = shown_in(SHOWN[name], look)
    told = [
        (equation["left"], equation["links"][-1][1])
        for equation in _equations(json.loads(render("json", SHOWN[name], look)))
    ]
    assert told == [(text(equation.left), text(equation.links[-1].expr)) for equation in wanted]
    assert render("html", SHOWN[name], look).count('<div class="equation ') == len(wanted)
    assert render("markdown", SHOWN[name], look).count("\n$$\n") == 2 * len(wanted)


@pytest.mark.parametrize("format", COLUMNS)
def test_in_ascii_every_line_is_ascii_and_partial_derivatives_are_told_from_total_ones(format: str) -> None:
    for derivation in SHOWN.values():
        written = render(format, derivation, Look(ascii=True, graph=True))
        assert written.isascii()
        assert all(len(line) <= 80 for line in written.splitlines())
    written = render("text", SHOWN["tum-2022-6-w11"], Look(ascii=True))
    assert re.search(r"^   partial\(L, yhat1\) += 2\*\(yhat1 - y1\)/2 = ", written, re.MULTILINE)
