r"""Labels as courses write them: ``w^{(1)}_{11}``, ``\hat{y}``, ``\mathbf{W}_{hh}``."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from shutil import which

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from stepper.core.label import ACCENTS, CAPITALS, SIGNS, STYLES, Item, Label, latex
from stepper.core.label_reader import read
from stepper.core.labels import canonical_label, label_of, printed
from stepper.core.names import GREEK
from stepper.core.parser import parse
from stepper.engine.questions import backward, forward, scalars
from stepper.engine.values.quantities import Settings
from stepper.errors import FormulaError, StepperError
from stepper.read.graph import read_graph
from stepper.render import _latex, _mathml, _unicode
from stepper.render.formats import picture, render
from stepper.render.look import Look, Style

SET = [
    # label, text, ASCII, LaTeX
    ("w^{(1)}_{11}", "w⁽¹⁾₁₁", "w^(1)_11", "w^{(1)} _{11}"),
    (r"$w_{11}^{(1)}$", "w⁽¹⁾₁₁", "w^(1)_11", "w^{(1)} _{11}"),
    (r"\hat{y}", "ŷ", "yhat", r"\hat{y}"),
    (r"\hat y_1", "ŷ₁", "yhat1", r"\hat{y} _{1}"),
    (r"\mathbf{W}_{hh}", "𝐖ₕₕ", "W_hh", r"\mathbf{W} _{hh}"),
    (r"\delta^{(2)}_1", "δ⁽²⁾₁", "delta^(2)_1", r"\delta^{(2)} _{1}"),
    (r"\bar{h}", "h̄", "hbar", r"\bar{h}"),
    (r"\tilde{c}_t", "c̃ₜ", "ctilde_t", r"\tilde{c} _{t}"),
    (r"\boldsymbol{\theta}", "𝜽", "theta", r"\boldsymbol{\theta}"),
    (r"\mathbf{\theta}", "𝜽", "theta", r"\boldsymbol{\theta}"),
    (r"\mathcal{L}", "ℒ", "L", r"\mathcal{L}"),
    (r"\mathbb{R}", "ℝ", "R", r"\mathbb{R}"),
    ("h'", "h′", "h'", "h'"),
    ("h'_1", "h′₁", "h'_1", "h' _{1}"),
    (r"h'^{(1)}", "h′⁽¹⁾", "h'^(1)", r"h^{\prime(1)}"),
    (r"\dot{x}", "ẋ", "xdot", r"\dot{x}"),
    (r"x^{\star}", "x⋆", "x^*", r"x^{\star}"),
    ("x^*", "x*", "x^*", r"x^{\ast}"),
    (r"W_{\text{out}}", "Wₒᵤₜ", "W_out", r"W _{\text{out}}"),
    (r"W_{\text{forget}}", "W_forget", "W_forget", r"W _{\text{forget}}"),
    ("z^{[1]}", "z^[1]", "z^[1]", "z^{[1]}"),
    ("z^{[1]}_2", "z^[1]_2", "z^[1]_2", "z^{[1]} _{2}"),
    ("a^{<t>}", "a^⟨t⟩", "a^<t>", r"a^{\langle t\rangle}"),
    ("w^{(l)}_{ij}", "w⁽ˡ⁾ᵢⱼ", "w^(l)_ij", "w^{(l)} _{ij}"),
    ("w^{(1)}_b", "w⁽¹⁾_b", "w^(1)_b", "w^{(1)} _{b}"),
    ("h_{t-1}", "hₜ₋₁", "h_(t-1)", "h _{t-1}"),
    ("w_{i,j}", "w_(i,j)", "w_(i,j)", "w _{i,j}"),
    (r"w_{x_{i_2}}", "w_(x_i₂)", "w_(x_(i_2))", r"w _{x _{i _{2}}}"),
    (r"\alpha_{\beta\gamma}", "αᵦᵧ", "alpha_betagamma", r"\alpha _{\beta\gamma}"),
    (r"\boldsymbol{\hat\theta}'", "𝜽̂′", "thetahat'", r"\hat{\boldsymbol{\theta}}'"),
    (r"\vec{v}", "v⃗", "vvec", r"\vec{v}"),
    (r"\mathbf{1}", "𝟏", "1", r"\mathbf{1}"),
    ("θ^{(1)}", "θ⁽¹⁾", "theta^(1)", r"\theta^{(1)}"),
    (r"\Delta w", "Δw", "Delta w", r"\Delta w"),
    (r"\Delta\mathbf{W}^{(1)}_{hh}", "Δ𝐖⁽¹⁾ₕₕ", "Delta W^(1)_hh", r"\Delta\mathbf{W}^{(1)} _{hh}"),
    (r"$\Delta \theta_{t+1}$", "Δθₜ₊₁", "Delta theta_(t+1)", r"\Delta\theta _{t+1}"),
    ("Δw_t", "Δwₜ", "Delta w_t", r"\Delta w _{t}"),
    # spelled like names, as ever
    ("W_h", "W_h", "W_h", "W _{h}"),
    ("yhat_1", "ŷ₁", "yhat1", r"\hat{y} _{1}"),
    ("a_rate_of_change", "a_rate_of_change", "a_rate_of_change", r"a _{\text{rate},\text{of},\text{change}}"),
    ("loss", "loss", "loss", r"\text{loss}"),
]


def styled(label: str, *, ascii: bool = False) -> Style:
    """What sets the name v by a label of a document."""
    return Style(Look(ascii=ascii), {"v": read_graph(document(label), "graph.yaml").labels["v"]})


def document(label: str) -> str:
    quoted = label.replace("'", "''")
    return f"inputs: {{v: 2}}\nlabels:\n  v: '{quoted}'\nnodes: {{f: v^2}}"


@pytest.mark.parametrize(("label", "text", "plain", "tex"), SET, ids=[row[0] for row in SET])
def test_how_a_label_is_set(label: str, text: str, plain: str, tex: str) -> None:
    name, style = parse("v"), styled(label)
    assert _unicode.formula(name, style) == text
    assert _unicode.formula(name, styled(label, ascii=True)) == plain
    assert _latex.formula(name, style) == tex


@pytest.mark.parametrize(
    ("label", "written"),
    [
        ("w^{1}_{11}", "<msubsup><mi>w</mi><mrow><mn>11</mn></mrow><mrow><mn>1</mn></mrow></msubsup>"),
        ("w^{(1)}", "<msup><mi>w</mi><mrow><mo>(</mo><mn>1</mn><mo>)</mo></mrow></msup>"),
        (r"\mathbf{W}_{hh}", "<msub><mi>𝐖</mi><mrow><mi>h</mi><mi>h</mi></mrow></msub>"),
        ("h'", "<msup><mi>h</mi><mrow><mo>′</mo></mrow></msup>"),
        (r"\bar{h}", "<mover><mi>h</mi><mo>¯</mo></mover>"),
        (r"\Delta w_t", '<msub><mrow><mi mathvariant="normal">Δ</mi><mi>w</mi></mrow><mrow><mi>t</mi></mrow></msub>'),
        (r"\mathrm{s}", '<mi mathvariant="normal">s</mi>'),
        (r"\mathcal{L}^{-1}", "<msup><mi>ℒ</mi><mrow><mo>−</mo><mn>1</mn></mrow></msup>"),
    ],
)  # fmt: skip
def test_how_a_label_is_set_in_mathml(label: str, written: str) -> None:
    found = _mathml.formula(parse("v"), styled(label))
    assert re.sub(r' (?:stretchy|lspace|rspace)="\w+"', "", found) == written


@pytest.mark.parametrize(
    ("formula", "label", "text", "tex"),
    [
        ("v^2", "w^{(1)}_{11}", "(w⁽¹⁾₁₁)²", r"\left( w^{(1)} _{11} \right)^{2}"),
        ("v^2", "w_{11}", "w₁₁²", "w _{11}^{2}"),
        ("v^2", "h'", "(h′)²", r"\left( h' \right)^{2}"),
        ("v^2", r"\hat{y}", "ŷ²", r"\hat{y}^{2}"),
        ("v^2", r"\Delta w", "(Δw)²", r"\left( \Delta w \right)^{2}"),
        ("v'", "w^{(1)}", "(w⁽¹⁾)′", r"\left( w^{(1)} \right)'"),
        ("v.T", r"\mathbf{W}^{(1)}", "(𝐖⁽¹⁾)ᵀ", r"\left( \mathbf{W}^{(1)} \right)^{\top}"),
        ("v[1]", "h^{(2)}", "h⁽²⁾₁", "h^{(2)} _{1}"),
        ("v[1]^2", "h^{(2)}", "(h⁽²⁾₁)²", r"\left( h^{(2)} _{1} \right)^{2}"),
        ("v[1, 2]", "W^{(2)}", "W⁽²⁾[1,2]", "W^{(2)} _{1,2}"),
        ("v[1]", "z^{[1]}", "z^[1]_1", "z^{[1]} _{1}"),
        ("dL/dv", "w^{(1)}", "dL/dw⁽¹⁾", r"\frac{dL}{dw^{(1)}}"),
        ("partial(L, v, 2)", "w^{(1)}", "∂L/∂(w⁽¹⁾)⁽²⁾", r"\frac{\partial L}{\partial \left( w^{(1)} \right)^{(2)}}"),
        ("v(x)", r"\phi^{(1)}", "φ⁽¹⁾(x)", r"\varphi^{(1)} \left( x \right)"),
        ("v'(x)", r"\phi^{(1)}", "(φ⁽¹⁾)′(x)", r"\left( \varphi^{(1)} \right)' \left( x \right)"),
    ],
)
def test_what_is_set_high_beside_a_label(formula: str, label: str, text: str, tex: str) -> None:
    """A power beside what is set high already has parentheses, in every format."""
    expr, style = parse(formula), styled(label)
    assert _unicode.formula(expr, style) == text
    assert _latex.formula(expr, style) == tex
    assert ("(" in text and "^2" in formula) <= ("<mo" in _mathml.formula(expr, style))


REFUSED = [
    (r"\input{/etc/passwd}", r"'\input' is not known in a label", "known: Greek letters", 1, 6),
    (r"\hta{y}", r"'\hta' is not known in a label", r"did you mean '\theta'?", 1, 4),
    (r"x_{\write18}", r"'\write' is not known in a label", "known: Greek letters", 4, 6),
    (r"\hat{y_1}", r"\hat takes a single letter", r"\hat{x}_1", 1, 9),
    (r"\mathbf{W_h}", r"\mathbf takes a single letter", r"\mathbf{x}_1", 1, 12),
    (r"\mathcal{l}", r"\mathcal has capital letters only", r"\mathcal{L}", 1, 11),
    (r"\mathcal{Loss}", r"\mathcal takes a single letter", r"\text{Loss}", 1, 14),
    (r"\mathrm{\theta}", r"\mathrm has no Greek letters", r"\theta", 1, 15),
    (r"\text{a_b}", r"\text takes a single letter", r"\text{x}_1", 1, 10),
    ("net^{(1)}", "a label is one letter, and here is another", r"\text{net}", 2, 1),
    ("x^1^2", "a second superscript", "both belong in one", 4, 2),
    ("x_1_{2}", "a second subscript", "both belong in one", 4, 4),
    ("x_{}", "this subscript or superscript is empty", "x_1", 2, 3),
    ("w^", "this subscript or superscript is empty", "x_1", 2, 1),
    ("w^{(1}", "a bracket is not closed here", "x^{(1)}", 2, 5),
    ("W_{hh", "'{' is not closed", "a label is one letter", 3, 1),
    ("x}", "'}' closes nothing here", "", 2, 1),
    (r"\star", r"'\star' is allowed only in a subscript or a superscript", r"x^{\star}", 1, 5),
    ("a_{b_{c_{d_{e_f}}}}", "subscripts and superscripts are nested more than 4 deep", "", 15, 5),
    ("x^{" + "1" * 200 + "}", "a label has at most 120 characters", "", 1, 204),
    (r"\Delta\Delta w", "a label is one letter, and here is another", r"\Delta before one", 14, 1),
    ("$$", "'$' is not a letter", "", 1, 1),
    (r"x_{\%}", r"'\%' is not known in a label", "", 4, 2),
    ("x_{#}", "'#' is not a letter", "", 4, 1),
]


@pytest.mark.parametrize(("label", "what", "hint", "column", "width"), REFUSED, ids=[row[0][:20] for row in REFUSED])
def test_what_is_refused_with_its_place(label: str, what: str, hint: str, column: int, width: int) -> None:
    with pytest.raises(StepperError) as told:
        read_graph(document(label), "graph.yaml")
    (problem,) = told.value.problems
    assert problem.what.startswith(what)
    assert hint in problem.hint
    assert problem.where is not None
    assert (problem.where.line, problem.where.column - 6, problem.where.width) == (3, column, width)


@pytest.mark.parametrize(
    ("written", "mended"),
    [
        (r'labels: {v: "\hat{v}"}', r"labels: {v: '\hat{v}'}"),
        (r"labels: {v: \hat{v}}", r"labels: {v: '\hat{v}'}"),
        ("labels: {f: w^{(1)}, v: z^{[1]}}", "labels: {f: 'w^{(1)}', v: 'z^{[1]}'}"),
        ("labels:\n  v: {\\hat{v}}_1", "  v: '{\\hat{v}}_1'"),
    ],
)
def test_where_yaml_reads_braces_and_backslashes_the_hint_has_quotes(written: str, mended: str) -> None:
    with pytest.raises(StepperError) as told:
        read_graph(f"inputs: {{v: 2}}\n{written}\nnodes: {{f: v^2}}", "graph.yaml")
    assert f"write '{mended}'" in str(told.value)


@pytest.mark.parametrize("label", [r'"\theta"', r'"\bar{h}"', r'"\nu^{2}"'])
def test_what_double_quotes_make_of_a_backslash_is_told(label: str) -> None:
    with pytest.raises(StepperError, match="single quotes"):
        read_graph(f"inputs: {{v: 2}}\nlabels: {{v: {label}}}\nnodes: {{f: v^2}}", "graph.yaml")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("w^{(1)}", "$w^{(1)}$"), ("w^{(1)}_1", "w_1^{(1)}"), (r"\hat{y}", "yhat"), ("h_{1}", "h1"), ("h_{hh}", "h_hh"),
        (r"\bar{h}", r"\overline{h}"), (r"h_{\text{out}}", "h_{out}"),
    ],
)  # fmt: skip
def test_labels_that_look_alike_are_refused(first: str, second: str) -> None:
    written = f"inputs: {{v: 2, u: 1}}\nlabels:\n  v: {first}\n  u: {second}\nnodes: {{f: v*u}}"
    with pytest.raises(StepperError, match="'u' and 'v' would print alike"):
        read_graph(written, "graph.yaml")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("w^{(1)}", "w^{(2)}"),
        ("x", r"\mathbf{x}"),
        ("w", r"\Delta w"),
        (r"\Delta_w", r"\Delta w"),
        ("L", r"\mathcal{L}"),
        ("h", "h'"),
        ("w^{(1)}", "w_{1}"),
    ],
)
def test_labels_that_look_different_are_not(first: str, second: str) -> None:
    assert printed(first) != printed(second)


@pytest.mark.parametrize(
    ("labels", "nodes", "name", "hint"),
    [
        ("{wx: W}", "{L: w*x}", "wx", "did you mean"),
        ("{tanh: T}", "{L: sigmoid(w*x)}", "tanh", "names: w, x, L"),
        ("{'h[1]': a}", "{L: w*x}", "h[1]", "names: w, x, L"),
    ],
)
def test_a_label_of_what_is_not_there_is_refused(labels: str, nodes: str, name: str, hint: str) -> None:
    with pytest.raises(StepperError) as told:
        read_graph(f"inputs: {{w: 2, x: 1}}\nlabels: {labels}\nnodes: {nodes}", "graph.yaml")
    (problem,) = told.value.problems
    assert problem.what == f"'{name}' has a label, but nothing here has this name"
    assert hint in problem.hint
    assert problem.where is not None
    assert (problem.where.line, problem.where.text[problem.where.column - 1 :][: len(name)]) == (2, name)


@pytest.mark.parametrize(
    "document",
    [
        "inputs: {x: [1, 2]}\nlabels: {x: u, 'x[1]': a, L: J}\nnodes:\n  L: x[1] + x[2]",  # an array, its entry, a node
        "inputs: {x: 1}\nfunctions: {n: }\nlabels: {n: phi}\nnodes: {L: n(x)}",  # a function of the document
        "inputs: {x: 1}\nlabels: {sigmoid: S}\nnodes: {L: sigmoid(x)}",  # one that is called
        "inputs: {x: 1}\nlabels: {g: G}\nnodes: {L: 2*x}\nupstream: g",  # the upstream gradient
        "input: 2\nlabels: {W_h: V, h: z}\nlayers:\n  - h = Linear(2, 3)",  # what a layer holds
    ],
)
def test_all_that_a_document_names_may_have_a_label(document: str) -> None:
    assert read_graph(document, "graph.yaml").labels


ITEMS = st.deferred(
    lambda: st.one_of(LABELS, st.integers(0, 99).map(str), st.sampled_from(sorted({*SIGNS} - {*"()[]⟨⟩"})))
)
LETTERS = st.one_of(st.sampled_from("abhwxyzWL"), st.sampled_from(sorted({*GREEK} - {"omicron"})), st.just("ℓ"))


def tidy(items: list[Item]) -> tuple[Item, ...]:
    """Digits that stand beside each other would be one number; a stroke in front belongs to the letter."""
    found: list[Item] = []
    for item in items:
        digits = isinstance(item, str) and item.isdigit() and found and str(found[-1]).isdigit()
        if not digits and not (item == "′" and not found):
            found.append(item)
    return tuple(found)


LABELS: st.SearchStrategy[Label] = st.builds(
    Label,
    LETTERS,
    st.just(""),
    st.lists(st.sampled_from(sorted(ACCENTS)), max_size=2).map(tuple),
    st.lists(ITEMS, max_size=2).map(tidy),
    st.lists(ITEMS, max_size=2).map(tidy),
    st.integers(0, 2),
)


@given(st.builds(replace, LABELS, before=st.sampled_from(["", *sorted(CAPITALS)])))
def test_latex_of_a_label_reads_back(label: Label) -> None:
    """Whatever the reader accepts it writes as LaTeX in which it reads the same tree."""
    try:
        found = read(latex(label))
    except FormulaError as error:
        assert "deep" in error.what or "characters" in error.what
        return
    assert found == label
    assert label_of(canonical_label(label)) == label


PIECES = [*"ahwx12(){}[]_^'$ \\", r"\hat", r"\mathbf", r"\text", r"\theta", r"\star"]


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        label = read(text)
    except FormulaError as error:
        assert 0 <= error.start <= len(text)
        return
    written = latex(label)
    assert read(written) == label
    assert set(re.findall(r"\\([A-Za-z]+)", written)) <= {
        *ACCENTS, *STYLES.values(), *GREEK, "text", "prime", "star", "ell", "varepsilon", "varphi",
    }  # fmt: skip
    assert written.count("{") == written.count("}")
    assert _unicode.formula(parse("v"), Style(Look(ascii=True), {"v": canonical_label(label)})).isascii()


COURSE = r"""
title: Notation of a course
inputs: {x: [1, -2], y: [0, 1]}
parameters:
  W1: [[0.5, 1], [1, -1]]
  b1: [0.25, 0]
  W2: [[1, 2], [0, 1]]
labels:
  W1: \mathbf{W}^{(1)}
  b1: \mathbf{b}^{(1)}
  W2: W_{\text{out}}
  h: \mathbf{h}^{[1]}
  x: \mathbf{x}
  L: \mathcal{L}
  yhat: \hat{\mathbf{y}}
nodes:
  z: W1 @ x + b1
  h: tanh(z)
  yhat: W2 @ h
  L: sum((yhat - y)^2)/2
output: L
"""


def test_entries_of_arrays_have_the_letter_in_italics_with_indices() -> None:
    graph = scalars(read_graph(COURSE, "graph.yaml"))
    assert {name: graph.labels[name] for name in ("w11", "x1", "b1", "yhat1") if name in graph.labels} == {
        "w11": "w^{(1)}_{11}", "x1": "x1", "b1": "b^{(1)}_{1}", "yhat1": "yhat1",
    }  # fmt: skip
    shown = render("text", forward(graph, Settings()), Look())
    assert "z₁      = w⁽¹⁾₁₁·x₁ + w⁽¹⁾₂₁·x₂ + b⁽¹⁾₁ = 0.5·1 + 1·(-2) + 0.25 = -1.25" in shown


@pytest.mark.parametrize(
    ("format", "written"),
    [
        ("text", "z = 𝐖⁽¹⁾·𝐱 + 𝐛⁽¹⁾"), ("latex", r"\mathbf{W}^{(1)} \cdot \mathbf{x} + \mathbf{b}^{(1)}"),
        ("markdown", r"\mathbf{W}^{(1)} \cdot \mathbf{x} + \mathbf{b}^{(1)}"), ("html", "<mi>𝐖</mi>"),
        ("json", r'"W1": "\\mathbf{W}^{(1)}"'), ("json", r'"h": "\\mathbf{h}^{[1]}"'),
    ],
)  # fmt: skip
def test_labels_in_every_format(format: str, written: str) -> None:
    assert written in render(format, backward(read_graph(COURSE, "graph.yaml"), ["W1"], Settings()), Look())


@pytest.mark.parametrize(
    ("format", "written"),
    [
        ("svg", '𝐖<tspan dy="-0.4em" font-size="72%">(1)</tspan>'),
        ("svg", '𝐡<tspan dy="-0.4em" font-size="72%">[1]</tspan>'),
        ("tikz", r"{$\mathbf{W}^{(1)}$}"), ("mermaid", "#119830;#8317;#185;#8318;"), ("dot", "𝐖⁽¹⁾"),
    ],
)  # fmt: skip
def test_labels_in_every_picture(format: str, written: str) -> None:
    assert written in picture(format, backward(read_graph(COURSE, "graph.yaml"), ["W1"], Settings()), Look()).decode()


@pytest.mark.parametrize("format", ["html", "svg"])
def test_letters_in_other_styles_are_brought_along_where_they_are_needed(format: str) -> None:
    """A page of its own needs no font of the reader's; one without such letters is not made larger by them."""
    plain = backward(read_graph(document("w_{11}"), "graph.yaml"), ["v"], Settings())
    styled = backward(read_graph(document(r"\mathbf{w}"), "graph.yaml"), ["v"], Settings())
    pages = [
        picture(format, derivation, Look()).decode() if format == "svg" else render(format, derivation, Look())
        for derivation in (plain, styled)
    ]
    assert [page.count("@font-face") for page in pages] == [1, 2]
    assert "unicode-range: U+306, U+30C, U+20D7" in pages[1]


@pytest.mark.skipif(which("pdflatex") is None, reason="TeX is not installed")
def test_a_document_with_labels_is_set_by_tex(tmp_path: Path) -> None:
    written = COURSE.replace(r"\mathbf{x}", r"\mathbb{X}^{\star}").replace(
        r"\hat{\mathbf{y}}", r"\vec{\hat y}'^{<t>}_{i,j}"
    )
    page = render("latex", backward(read_graph(written, "graph.yaml"), ["W1", "b1"], Settings()), Look(graph=True))
    (tmp_path / "page.tex").write_text(page, "utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "page.tex"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, errors="replace")
    assert ran.returncode == 0, ran.stdout[-2000:]
    assert "Overfull" not in ran.stdout
