"""LaTeX: what is written is whole and escaped, lines are broken before they are too long, and TeX sets it without a
warning.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import pytest

from stepper.core.arrays import ArrayGraph
from stepper.core.expr import Array, Call, Expr, Num, Power, Prime, Product, Sum, Sym, Transpose, Value
from stepper.core.network import Network
from stepper.core.parser import parse as formula_of
from stepper.core.steps import Block, Column, Derivation, Equation, Link, Listing, Note, Step, Table, Trail
from stepper.engine.graph.forward import forward
from stepper.engine.layers.counting import Count
from stepper.engine.layers.shapes import shapes
from stepper.engine.tensor.backward import backward as backward_of_arrays
from stepper.engine.values.quantities import Settings
from stepper.read.bundled import load_document, load_graph
from stepper.render import _latex
from stepper.render._latex import formula
from stepper.render._layout import blocks_of
from stepper.render.latex import render
from stepper.render.look import Look, Style, links_shown
from stepper.render.tex.breaking import broken
from stepper.render.tex.parts import APART, parse, tex, width
from stepper.render.tex.prose import prose
from stepper.render.tex.words import escape, plain
from tests.helpers import derive
from tests.when_asked import WhenAsked


def _shapes(name: str) -> Derivation:
    network = load_document(name)[0]
    assert isinstance(network, Network)
    return shapes(network, {}, Count())[0]


def _attention() -> Derivation:
    graph = load_graph("examples/attention")
    assert isinstance(graph, ArrayGraph)
    return backward_of_arrays(graph, list(graph.leaves), Settings())


SHOWN = WhenAsked[Derivation](
    {
        "tum-2022-6": lambda: derive("tum-2022/6", "w11", lr=Fraction(1, 10)),
        "uio-2019-1": lambda: derive("uio-2019/1", "Wh"),
        "uio-2021-7": lambda: derive("uio-2021/7", "x1"),
        "forward": lambda: forward(load_graph("uio-2021/7n"), Settings()),
        "shapes": lambda: _shapes("umass-682/7.1"),
        "attention": _attention,
    }
)
NASTY = (
    r"""50% of $x_1 & "q" #3 {a}\b ~ ^ <i> |z| `t` — “so” 'own' it's ×·→≈ α∂∇ŷ"""
    " größe Łódź Čapek 字 Привет x² h₁ -- ,, [x] ﬁ"
)
LONG = "averyverylongnamethatdoesnotbreakanywhereandgoesonandonuntilitiswiderthananylineofanypage"


def document(*blocks: Block, title: str = "", why: str = "") -> Derivation:
    return Derivation("forward", title, (Step("one:a[1]", "rule", (title or "one",), blocks, (why,) if why else ()),))


def nasty() -> Derivation:
    letters: tuple[Expr, ...] = tuple(Sym(name) for name in ("größe", "字", "ß", "é", "ж", "_x", "naïve_größe"))
    raised = Power(Transpose(Transpose(Prime(Sym("x")))), Num("2"))
    equations = [
        Equation(Sym("größe"), (Link("=", Sum(letters, ("+",) * 6)), Link("=", raised, (NASTY,)))),
        Equation(
            Call("paths", letters * 4), (Link("=", Product(letters * 8, ("*",) * 55), ("why ", *letters[:1]) * 30),)
        ),
        Equation(
            Sym("v"),
            (Link("=", Array(tuple(Num(str(number)) for number in range(90)))), Link("≈", Value(Fraction(1, 3)))),
        ),
        Equation(Sym("M"), (Link("=", Array(tuple(Array(tuple(Num("1") for _ in range(14))) for _ in range(50)))),)),
        Equation(Sym("q"), (Link("=", Call("f", (Sym(LONG),))),)),
    ]
    rows = (((NASTY,), ("[1, 2]",), ("*",)), ((LONG,), (equations[2].links[0].expr,), ()), ((), (), ()))
    table = Table((Column((f"[a] {NASTY}",)), Column(("* b",)), Column(("n",), align="right")), rows)
    many = Table(tuple(Column(("c",)) for _ in range(40)), (tuple((Num("1234.5"),) for _ in range(40)),) * 40)
    trail = Trail(tuple(Sym(f"node_{number}") for number in range(80)))
    listing = Listing((NASTY, "x" * 300, r"\end{verbatim} \bad", "\tq"))
    return document(*equations, Note((f"[x] {NASTY}",)), table, many, trail, listing, title=NASTY, why=NASTY)


def balanced(written: str) -> None:
    """Braces and environments close in their order."""
    outside = re.sub(r"\\begin\{verbatim\}.*?\\end\{verbatim\}", "", written, flags=re.DOTALL)
    assert len(re.findall(r"(?<!\\)\{", outside)) == len(re.findall(r"(?<!\\)\}", outside))
    opened: list[str] = []
    for kind, name in re.findall(r"\\(begin|end)\{(\w+\*?)\}", outside):
        if kind == "begin":
            opened.append(name)
        else:
            assert opened.pop() == name
    assert not opened


@pytest.mark.parametrize("fragment", [False, True])
@pytest.mark.parametrize("name", [*SHOWN, "nasty"])
def test_all_that_opens_closes(name: str, fragment: bool) -> None:
    balanced(render(SHOWN[name] if name in SHOWN else nasty(), Look(detail="full", fragment=fragment)))


@pytest.mark.parametrize("name", SHOWN)
def test_every_equation_is_shown_in_its_order(name: str) -> None:
    derivation, look = SHOWN[name], Look()
    breaks = re.compile(r"\s|&|\\quad|\\\\(\*|\[0.6ex\])?")
    written, place = breaks.sub("", render(derivation, look)), 0
    style = Style(look, derivation.notation)
    for depth, step in derivation.walk(look.detail):
        for block in blocks_of(step, look) if not depth else ():
            if isinstance(block, Equation):
                _, last = links_shown(block, look)[-1]
                for expr in (block.left, last.expr):
                    place = written.find(breaks.sub("", tex(parse(formula(expr, style)))), place)
                    assert place >= 0, formula(expr, style)


@pytest.mark.parametrize("name", SHOWN)
def test_a_formula_taken_apart_is_the_formula(name: str) -> None:
    """But for blanks and the sizes of brackets."""
    bare = re.compile(r"\s|\\left(?!arrow)|\\right|\\bigg?[lr]|\\Bigg[lr]|(?<=\\\\)" + re.escape(APART))
    for inline in (False, True):
        style = Style(Look(), SHOWN[name].notation, inline)
        for _, step in SHOWN[name].walk():
            for link in [link for block in step.body if isinstance(block, Equation) for link in block.links]:
                whole = formula(link.expr, style)
                parts = tex(parse(whole, inline)).replace(r"\lvert", r"\vert").replace(r"\rvert", r"\vert")
                assert bare.sub("", parts) == bare.sub("", whole)


@pytest.mark.parametrize(("written", "apart"), [("[[1/a, 2], [3, 4/b]]", True), ("[[1/a, 2/b], [3, 4]]", False)])
def test_rows_of_fractions_stand_apart(written: str, apart: bool) -> None:
    set_by = tex(parse(formula(formula_of(written), Style())))
    assert (rf"\\{APART}" in set_by) is apart


def test_a_wide_sum_is_broken_before_its_terms() -> None:
    terms = tuple(Product((Sym(f"w_{number}"), Sym("x")), ("*",)) for number in range(7))
    run = parse(formula(Sum(terms, ("+",) * 6), Style()))
    rows = broken(run, 12.0)
    assert len(rows) > 2
    assert all(width(row) <= 12.0 for row in rows)
    assert all(row[0].tex == "+" for row in rows[1:])
    assert tex([part for row in rows for part in row]) == tex(run)


@pytest.mark.parametrize(
    "expr",
    [
        Product(tuple(Sym(f"x_{number}") for number in range(30)), ("*",) * 29),
        Array(tuple(Num(str(number)) for number in range(60))),
        Product((Sum(tuple(Sym(f"x_{number}") for number in range(8)), ("+",) * 7), Num("2")), ("/",)),
        Call(
            "tanh",
            (Product((Num("1"), Sum(tuple(Sym(f"longer_{number}") for number in range(8)), ("+",) * 7)), ("/",)),),
        ),
    ],
)
def test_what_is_wide_is_broken_within(expr: Expr) -> None:
    run = parse(formula(expr, Style()))
    assert width(run) > 11.0
    assert all(width(row) <= 11.0 for row in broken(run, 11.0))


def test_what_cannot_be_broken_is_left_to_tex() -> None:
    written = render(document(Equation(Sym("y"), (Link("=", Sym(LONG)),))), Look())
    assert rf"}}{{$\displaystyle {{}}\text{{{escape(LONG)}}}$}}" in written
    assert r"&= \stepperfit{0." in written


def test_relations_stand_on_lines_of_their_own() -> None:
    short = Equation(Sym("y"), (Link("=", Sym("a")), Link("=", Num("2"))))
    long = Equation(
        Sym("y"),
        (
            Link("=", Sum(tuple(Sym(f"some_{n}") for n in range(7)), ("+",) * 6)),
            Link("=", Sym("b" * 40)),
            Link("=", Num("2")),
        ),
    )
    assert "y\n  &= a\n  = 2\n" in render(document(short), Look())
    written = render(document(long), Look())
    assert written.count("\n  &=") == 3
    assert all(
        line.endswith(r"\\") or r"\\*" in line[-3:] or r"\\[" in line for line in written.splitlines() if r"\\" in line
    )


def test_words_hold_no_markup() -> None:
    written = escape(NASTY)
    assert written.startswith(
        r"50\% of \$x\_1 \& ``q'' \#3 \{a\}\textbackslash{}b \textasciitilde{} \textasciicircum{} \textless{}i"
    )
    assert r"$\times$$\cdot$$\to$$\approx$ $\alpha$$\partial$$\nabla$\^{y} größe \L{}ód\'{z} \v{C}apek ? ?" in written
    assert all(character.isascii() or character in "öóß" for character in written)
    assert plain("ŷ → 字") == "y -> ?"


def test_what_looks_like_an_option_is_not_read_as_one() -> None:
    assert prose(("[x]",), Style()).tex == "{[}x]"
    assert prose(("* x",), Style()).tex == "{*} x"


def test_no_base_has_two_exponents() -> None:
    assert tex(parse(formula(Transpose(Transpose(Sym("x"))), Style()))) == r"{x^{\top}}^{\top}"
    assert tex(parse(formula(Prime(Transpose(Sym("x"))), Style()))) == r"{x^{\top}}'"


def test_a_letter_beyond_ascii_is_text_in_a_formula() -> None:
    assert tex(parse(formula(Sym("ß"), Style()))) == r"\text{ß}"
    assert tex(parse(formula(Sym("größe_字"), Style()))) == r"\text{größe}_{\text{?}}"


def test_a_fragment_is_a_body_that_says_what_it_needs() -> None:
    written = render(SHOWN["tum-2022-6"], Look(fragment=True))
    assert written.startswith("% needs the packages amsmath, array, booktabs, graphicx, longtable;")
    assert r"\documentclass" not in written
    assert r"\newcommand" not in written
    assert r"\begin{document}" not in written


def test_relations_of_the_data_are_relations_here() -> None:
    assert all(parse(sign)[0].kind == "relation" for sign in _latex.RELATIONS.values())


def compiled(written: str, folder: Path, engine: str = "pdflatex") -> str:
    """The log of the last run."""
    (folder / "it.tex").write_text(written, "utf-8")
    log = ""
    for _ in range(4):
        run = subprocess.run(
            [engine, "-interaction=nonstopmode", "-halt-on-error", "it.tex"],
            cwd=folder,
            capture_output=True,
            timeout=120,
            check=False,
        )
        log = (folder / "it.log").read_text("utf-8", errors="replace")
        assert run.returncode == 0, log[-3000:]
        if "Rerun" not in log:
            break
    return log


BEGIN, END = r"\begin{document}", r"\end{document}"


def one_after_the_other(documents: Sequence[str]) -> str:
    """Documents that begin alike as one, each from a page of its own."""
    (before,) = {written.partition(BEGIN)[0] for written in documents}
    bodies = [written.partition(BEGIN)[2].partition(END)[0] for written in documents]
    return before + BEGIN + "\n\\clearpage\n".join(bodies) + END


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="there is no TeX")
@pytest.mark.parametrize("paper", ["a4paper", "letterpaper"])
@pytest.mark.parametrize("name", ["shown", "nasty"])
def test_tex_sets_it_without_a_warning(name: str, paper: str, tmp_path: Path) -> None:
    shown = [render(derivation, Look()) for shown, derivation in SHOWN.items() if shown != "forward"]
    written = one_after_the_other(shown) if name == "shown" else render(nasty(), Look())
    log = compiled(written.replace("a4paper", paper), tmp_path)
    assert not re.findall(r".*(?:Overfull|Warning|Missing character).*", log)


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="there is no TeX")
def test_a_fragment_is_put_in_twice(tmp_path: Path) -> None:
    (tmp_path / "body.tex").write_text(render(SHOWN["uio-2019-1"], Look(fragment=True)), "utf-8")
    packages = r"\usepackage{amsmath,array,booktabs,graphicx,longtable,hyperref}"
    log = compiled(
        rf"\documentclass{{article}}{packages}\begin{{document}}\input{{body}}\input{{body}}\end{{document}}", tmp_path
    )
    assert not re.findall(r".*(?:Overfull|Warning).*", log)
