"""How courses write the same: names of adjoints, signs of products, the letter of the output, vectors as columns."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

import stepper as st
from stepper.core.expr import Deriv, Neg
from stepper.core.graph import Graph
from stepper.core.parser import parse
from stepper.core.steps import Derivation, Writing
from stepper.engine.notation import noted
from stepper.engine.questions import backward
from stepper.engine.values.quantities import Settings
from stepper.errors import StepperError
from stepper.notebook import run
from stepper.read.bundled import load_graph
from stepper.read.notation import with_notation
from stepper.render import _latex, _mathml, _unicode
from stepper.render._writing import signed
from stepper.render.formats import FORMATS, picture, render
from stepper.render.look import Look, Style, style_of
from stepper.tables.notations import CHOICES, NOTATIONS
from tests.helpers import Numbers, equations, graph_of
from tests.strategies import graphs

SCALARS = """
inputs: {x: 2, y: 1}
parameters: {w: 0.5, b: -0.5}
nodes:
  z: w*x + b
  a: z^2
  L: (a - y)^2
"""
ARRAYS = """
inputs: {x: [1, -2], y: [0.5, 1.5]}
parameters:
  W: [[0.5, 1], [1, -1]]
  b: [0.25, 0]
nodes:
  z: W @ x + b
  h: z^2
  L: sum((h - y)^2)/2
"""


def worked(document: str, notation: str, *wrt: str) -> Derivation:
    return backward(with_notation(graph_of(document), notation), list(wrt), Settings(lr=Fraction(1, 10)))


def written(document: str, notation: str, *wrt: str, format: str = "text", ascii: bool = False) -> str:
    return render(format, worked(document, notation, *wrt), Look(ascii=ascii))


@pytest.mark.parametrize(
    ("notation", "lines"),
    [
        ("adjoint=bar", ["v̄ means dL/dv", "w̄ = ∂L/∂a·∂a/∂z·∂z/∂w", "w' = w - η·w̄"]),
        ("adjoint=delta", ["δ_v means dL/dv", "δ_w = ∂L/∂a·∂a/∂z·∂z/∂w", "w' = w - η·δ_w"]),
        (
            "adjoint=minus-delta",
            ["δ_v means -dL/dv, as in the delta rule", "δ_w = -∂L/∂a·∂a/∂z·∂z/∂w", "w' = w - η·(-δ_w)"],
        ),
        ("adjoint=-delta", ["δ_v means -dL/dv, as in the delta rule"]),
        ("product=times", ["z = w×x + b = 0.5×2 + (-0.5) = 0.5", "dL/dw = ∂L/∂a×∂a/∂z×∂z/∂w"]),
        ("product=juxtaposed", ["z = w x + b = 0.5·2 + (-0.5) = 0.5", "dL/dw = ∂L/∂a·∂a/∂z·∂z/∂w"]),
        ("loss=J", ["J is the output, which the document calls L", "J = (a - y)²", "dJ/dw = ∂J/∂a·∂a/∂z·∂z/∂w"]),
        ("loss=E,adjoint=bar", ["v̄ means dE/dv", "E = (a - y)²", "w̄ = ∂E/∂a·∂a/∂z·∂z/∂w"]),
    ],
)
def test_each_way_in_text(notation: str, lines: list[str]) -> None:
    shown = re.sub(r" +", " ", written(SCALARS, notation, "w")).replace("′", "'")
    for line in lines:
        assert line in shown


@pytest.mark.parametrize(
    ("notation", "format", "line"),
    [
        ("adjoint=bar", "latex", r"\bar{w}"),
        ("adjoint=bar", "markdown", r"$\bar{v}$ means $\frac{dL}{dv}$"),
        ("adjoint=bar", "html", "<mover><mi>w</mi>"),
        ("adjoint=bar", "json", '"vbar means dL/dv"'),
        ("adjoint=delta", "latex", r"\delta_{w}"),
        ("adjoint=delta", "html", "<msub><mi>δ</mi><mrow><mi>w</mi></mrow></msub>"),
        ("adjoint=minus-delta", "markdown", r"\delta _{w} = -\frac{\partial L}{\partial a}"),
        ("product=times", "latex", r"w \times x"),
        ("product=times", "html", '<mi>w</mi><mo form="infix">×</mo><mi>x</mi>'),
        ("product=juxtaposed", "markdown", r"w \thinspace x + b = 0.5 \cdot 2"),
        ("product=juxtaposed", "html", '<mi>w</mi><mspace width="0.167em"></mspace><mi>x</mi>'),
        ("product=juxtaposed", "markdown", r"\frac{\partial L}{\partial a} \thinspace \frac{\partial a}{\partial z}"),
        ("loss=J", "latex", r"\frac{dJ}{dw}"),
    ],
)
def test_each_way_in_other_formats(notation: str, format: str, line: str) -> None:
    assert line in re.sub(r"(?<=\w) +(?=\w{)|\n *", " ", written(SCALARS, notation, "w", format=format))


@pytest.mark.parametrize(
    ("notation", "line"),
    [
        ("adjoint=bar", "wbar = partial(L, a)*partial(a, z)*partial(z, w)"),
        ("adjoint=delta", "delta_w = partial(L, a)*"),
        ("product=times", "z = w*x + b = 0.5*2"),
        ("product=juxtaposed", "z = w x + b = 0.5*2"),
    ],
)
def test_each_way_in_ascii(notation: str, line: str) -> None:
    shown = written(SCALARS, notation, "w", ascii=True)
    assert shown.isascii()
    assert line in shown


@pytest.mark.parametrize(
    ("formula", "text", "tex"),
    [
        ("w*x", "w x", r"w \thinspace x"),
        ("2*x", "2 x", r"2 \thinspace x"),
        ("x*2", "x·2", r"x \cdot 2"),
        ("2*3", "2·3", r"2 \cdot 3"),
        ("2*(-3)", "2·(-3)", r"2 \cdot \left( -3 \right)"),
        ("x*2^n", "x·2^n", r"x \cdot 2^{n}"),
        ("w*(a + b)", "w·(a + b)", r"w \cdot \left( a + b \right)"),
        ("2*(a + b)", "2 (a + b)", r"2 \thinspace \left( a + b \right)"),
        ("(a - y)*(1 - a)", "(a - y) (1 - a)", r"\left( a - y \right) \thinspace \left( 1 - a \right)"),
        ("w*sigmoid(z)", "w sigmoid(z)", r"w \thinspace \text{sigmoid} \left( z \right)"),
        ("f(z)*(1 - f(z))", "f(z) (1 - f(z))", r"f \left( z \right) \thinspace \left( 1 - f \left( z \right) \right)"),
        ("W @ x", "W x", r"W \thinspace x"),
        ("Q @ (X @ K).T", "Q·(X K)ᵀ", r"Q \cdot \left( X \thinspace K \right)^{\top}"),
        ("w*(a + b)^2", "w·(a + b)²", r"w \cdot \left( a + b \right)^{2}"),
        ("2*x^2*y", "2 x² y", r"2 \thinspace x^{2} \thinspace y"),
        ("A*B*C", "A B C", r"A \thinspace B \thinspace C"),
        ("a*b/c*d", "(a b/c) d", r"\frac{a \thinspace b}{c} \thinspace d"),
        ("W @ [1, 2]", "W·[1, 2]", r"W \cdot \left[ 1, 2 \right]"),
        ("dL/da*x", "dL/da·x", r"\frac{dL}{da} \thinspace x"),
        ("x*partial(f, x)", "x·∂f/∂x", r"x \thinspace \frac{\partial f}{\partial x}"),
    ],
)
def test_factors_side_by_side_are_never_misread(formula: str, text: str, tex: str) -> None:
    style = Style(writing=Writing(sign=""))
    assert _unicode.formula(parse(formula), style) == text
    assert _latex.formula(parse(formula), style) == tex
    assert ("<mspace" in _mathml.formula(parse(formula), style)) == (r"\thinspace" in tex)


@pytest.mark.parametrize(
    ("wrt", "labels", "bar", "delta"),
    [
        ("h", {}, "h̄", "δ_h"),
        ("w11", {}, "w̄₁₁", "δ_w₁₁"),
        ("W_h", {}, "W̄_h", "δ_Wₕ"),
        ("yhat_1", {}, "ŷ̄₁", "δ_ŷ₁"),
        ("theta", {}, "θ̄", "δ_θ"),
        ("h[1]", {}, "h̄₁", "δ_h[1]"),
        ("W[1, 2]", {}, "W̄[1,2]", "δ_W[1,2]"),
        ("W", {"W": r"\mathbf{W}^{(1)}"}, "𝐖̄⁽¹⁾", "δ_(𝐖⁽¹⁾)"),
        ("h[0]", {"h[0]": "h_0"}, "h̄₀", "δ_h₀"),
        ("net", {}, "net̄", "δ_net"),
    ],
)
def test_adjoints_keep_what_a_name_has(wrt: str, labels: dict[str, str], bar: str, delta: str) -> None:
    of = parse("L")
    derivative = Deriv(of, parse(wrt))
    for shown, writing in ((bar, Writing(of=of, accent="bar")), (delta, Writing(of=of, letter="delta"))):
        assert _unicode.formula(derivative, Style(notation=labels, writing=writing)) == shown
        assert _latex.formula(derivative, Style(notation=labels, writing=writing)).count("frac") == 0


def test_an_adjoint_in_a_power_has_parentheses_where_its_name_has_something_high() -> None:
    squared = parse("(dL/dw)^2")
    style = Style(notation={"w": "w^{(1)}"}, writing=Writing(of=parse("L"), accent="bar"))
    assert _unicode.formula(squared, style) == "(w̄⁽¹⁾)²"
    assert _latex.formula(squared, style) == r"\left( \bar{w}^{(1)} \right)^{2}"


def test_derivatives_of_something_else_are_written_out() -> None:
    style = Style(writing=Writing(of=parse("L"), accent="bar", example=parse("v")))
    assert [_unicode.formula(parse(formula), style) for formula in ("dL/dx", "dh/dx", "∂L/∂x", "dL/dv")] == [
        "x̄", "dh/dx", "∂L/∂x", "dL/dv",
    ]  # fmt: skip


# ---- the opposite sign


def check_signs(graph: Graph, derivation: Derivation) -> int:
    """Every equation of an adjoint, as it is printed with the opposite sign, holds."""
    numbers, style, found = Numbers(graph), style_of(derivation, Look()), 0
    for equation in equations(derivation):
        turned = signed(equation, style)
        if turned is equation:
            continue
        found += 1
        assert turned.left == Neg(equation.left)
        for before, after in zip(equation.links, turned.links, strict=True):
            one, other = numbers(before.expr), numbers(after.expr)
            if one is not None and other is not None:
                assert float(one) == pytest.approx(-float(other), rel=1e-9, abs=1e-12), (before.expr, after.expr)
    return found


@pytest.mark.parametrize("name", ["tum-2022/6", "uio-2019/1", "uio-2021/7n", "uio-2021/8a"])
def test_with_the_opposite_sign_every_equation_holds(name: str) -> None:
    graph = load_graph(name)
    wrt = [leaf for leaf in graph.leaves if graph.leaves[leaf].kind == "parameter"] or list(graph.leaves)
    derivation = backward(with_notation(graph, "adjoint=minus-delta"), wrt, Settings())
    assert check_signs(graph, derivation)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(graphs())
def test_with_the_opposite_sign_equations_of_any_graph_hold(graph: Graph) -> None:
    derivation = backward(with_notation(graph, "adjoint=minus-delta"), list(graph.leaves), Settings())
    check_signs(graph, derivation)


def test_the_opposite_sign_goes_to_the_adjoint_in_a_product_of_arrays() -> None:
    shown = written(ARRAYS, "adjoint=minus-delta", "W", "x")
    assert "δ_x = Wᵀ·δ_z" in shown
    assert "δ_z = δ_h·2 ⊙ z" in shown
    assert "W′ = W - 0.1·(-δ_W)" in re.sub(" +", " ", shown)
    assert "dL/d" not in shown.split("1  Forward pass")[1]


# ---- vectors


def test_vectors_as_columns_in_text() -> None:
    shown = written(ARRAYS, "vectors=columns", "W")
    assert "a vector, an array of one axis, is a column" in shown
    assert "= ⎡0.5   1⎤·⎡ 1⎤ + ⎡0.25⎤" in shown
    assert r"\begin{bmatrix} 1 \\" in written(ARRAYS, "vectors=columns", "W", format="markdown")
    assert '<mtable class="matrix"><mtr><mtd><mn>1</mn></mtd></mtr><mtr><mtd>' in written(
        ARRAYS, "vectors=columns", "W", format="html"
    )


def test_a_column_in_one_line_is_a_row_transposed() -> None:
    column, style = parse("[1.5, 2]"), Style(inline=True, writing=Writing(columns=True))
    assert _unicode.formula(column, style) == "[1.5, 2]ᵀ"
    assert _unicode.formula(column, Style(Look(ascii=True), inline=True, writing=Writing(columns=True))) == "[1.5, 2]^T"
    assert _latex.formula(column, style) == r"\left[ 1.5, 2 \right]^{\top}"
    assert "<mo>⊤</mo>" in _mathml.formula(column, style)
    drawn = picture("svg", worked(ARRAYS, "vectors=columns", "W"), Look()).decode()
    assert '[1, −2]<tspan dy="-0.4em" font-size="72%">T</tspan>' in drawn


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        ("x @ [0.5, 2]", "x·[0.5, 2]ᵀ"),  # a row times a column
        ("[0.5, 1] @ [0.5, 2]", "[0.5, 1]·[0.5, 2]ᵀ"),
        ("[[0.5, 1], [2, 3]]", "[[0.5, 1], [2, 3]]"),  # a matrix has rows
        ("reshape(x, [2, 3])", "reshape(x, [2, 3])"),  # sizes are no vector
        ("[0.5]", "[0.5]"),
        ("[0.5, 1]^2", "([0.5, 1]ᵀ)²"),
    ],
)
def test_what_is_a_column(formula: str, text: str) -> None:
    assert _unicode.formula(parse(formula), Style(inline=True, writing=Writing(columns=True))) == text


@pytest.mark.parametrize(
    "nodes", ["{z: x @ W, L: sum(z)}", "{z: X @ W + b, L: sum(z)}", "{z: X ⊙ b, L: sum(z)}", "{z: b + X, L: sum(z)}"]
)
def test_columns_are_refused_where_arrays_of_one_axis_are_rows(nodes: str) -> None:
    document = (
        "inputs: {x: [1, 2], X: [[1, 2], [3, 4.5]]}\nparameters: {W: [[0.5, 1], [1, -1]], b: [0.5, 1]}\n"
        f"nodes: {nodes}"
    )
    with pytest.raises(StepperError, match="a vector is used as a row"):
        worked(document, "vectors=columns", "W" if "W" in nodes else "b")


def test_columns_are_refused_in_letters_too() -> None:
    document = "inputs: {x: {shape: [n]}}\nparameters: {W: {shape: [n, k]}}\nnodes: {z: x @ W, L: sum(z^2)}"
    with pytest.raises(StepperError, match="in x @ W a vector is used as a row"):
        worked(document, "vectors=columns", "W")


# ---- where it is chosen


@pytest.mark.parametrize(
    ("key", "name", "what", "hint"),
    [
        ("adjoint", "baz", "'baz' is not a choice for adjoint", "choices: dL/dh, bar, delta, minus-delta"),
        ("product", "", "'' is not a choice for product", "choices: dot, juxtaposed, times"),
        ("loss", "K", "'K' is not a choice for loss", "choices: L, E, J"),
        ("vectors", "column", "'column' is not a choice for vectors", "choices: rows, columns"),
        ("adjont", "bar", "'adjont' is not a notation", "notations: adjoint, product, loss, vectors"),
    ],
)
def test_what_is_not_known_is_refused(key: str, name: str, what: str, hint: str) -> None:
    with pytest.raises(StepperError) as told:
        graph_of(f"{SCALARS}notation: {{{key}: {name}}}\n")
    (problem,) = told.value.problems
    assert (problem.what, problem.hint) == (what, hint)
    assert problem.where is not None
    assert problem.where.line == 8
    with pytest.raises(StepperError, match=re.escape(what)):
        with_notation(graph_of(SCALARS), {key: name})


@pytest.mark.parametrize(
    ("names", "labels", "hint"),
    [("J: 2*L + x", "", "free: L, E"), ("J: 2*L + x", "E: x", "free: L"), ("K: 2*L + x", "J: K", "free: L, E")],
)
def test_the_letter_of_the_output_must_be_free(names: str, labels: str, hint: str) -> None:
    letter, _, quantity = labels.partition(": ")
    label = f"labels: {{{quantity}: {letter}}}\n" if labels else ""
    graph = graph_of(
        f"{SCALARS}  out: 3*{names[0]}\n  {names}\noutput: out\n{label}".replace("L:", "M:").replace("*L", "*M")
    )
    with pytest.raises(StepperError, match="would print like the output") as told:
        backward(with_notation(graph, "loss=J"), ["w"], Settings())
    assert told.value.problems[0].hint == hint


def test_the_output_keeps_its_own_letter() -> None:
    assert "J is the output" not in written(SCALARS.replace("L:", "J:"), "loss=J", "w")


@pytest.mark.parametrize("format", [name for name, row in FORMATS.items() if row.holds == "derivation"])
def test_the_default_changes_nothing(format: str) -> None:
    default = ",".join(f"{key}={next(iter(names))}" for key, names in NOTATIONS.items() if key != "loss")
    plain = render(format, backward(graph_of(ARRAYS), ["W"], Settings(lr=Fraction(1, 10))), Look())
    assert written(ARRAYS, default, "W", format=format) == plain


def test_a_document_chooses_and_the_command_line_goes_before_it(tmp_path: Path) -> None:
    file = tmp_path / "graph.yaml"
    file.write_text(f"{SCALARS}notation: {{adjoint: bar, product: times}}\n", "utf-8")

    def shown(*options: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "stepper", "backprop", str(file), "--wrt", "w", "-f", "text", *options]
        return subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")

    assert "w̄ = ∂L/∂a×∂a/∂z×∂z/∂w" in shown().stdout
    assert "δ_w = ∂L/∂a×" in shown("--notation", "adjoint=delta").stdout
    assert "δ_w = ∂J/∂a·" in shown("--notation", "adjoint=delta,product=dot", "--notation", "loss=J").stdout
    wrong = shown("--notation", "adjoint=nabla")
    assert wrong.returncode == 2
    assert "choices: dL/dh, bar, delta, minus-delta" in wrong.stderr


def test_python_and_notebooks_have_the_same_keyword() -> None:
    for notation in ({"adjoint": "bar", "loss": "J"}, "adjoint=bar,loss=J", ["adjoint=bar", "loss=J"]):
        solution = st.backprop(SCALARS, "w", notation=notation)
        assert "w̄ = ∂J/∂a" in str(solution)
        assert solution.answers["dL/dw"] == -3
    assert "z = w×x + b" in str(st.forward(SCALARS, notation={"product": "times"}))
    drawn = st.draw(SCALARS, notation="product=times").to("svg")
    assert isinstance(drawn, bytes)
    assert "w×x + b" in drawn.decode()
    assert "w̄ = " in str(st.train(SCALARS, lr=0.1, notation="adjoint=bar"))
    shown = run("backprop --wrt w --notation adjoint=bar", SCALARS)
    assert shown is not None
    assert "w̄ = " in str(shown)
    assert "w×x" in str(
        st.graph(inputs={"x": 1, "w": 2}, nodes={"L": "w*x"}, notation={"product": "times"})._repr_html_()
    )


@pytest.mark.parametrize(
    "options", [{"scalars": True}, {"gates": True}, {"exact": True}, {"second": True}, {"simplify": True}]
)
def test_a_notation_goes_with_the_graph(options: dict[str, Any]) -> None:
    notation = {"adjoint": "bar", "product": "times"}
    shown = str(st.backprop(ARRAYS + "notation: {adjoint: bar, product: times}\n", wrt="b", **options))
    assert shown == str(st.backprop(ARRAYS, wrt="b", notation=notation, **options))
    assert "v̄ means dL/dv" in shown
    assert "×" in shown


def test_layers_have_it_too() -> None:
    document = "inputs: {x: [1, 2]}\nlayers:\n  - h = Linear(2, 2)\nnodes: {L: sum(h^2)}\n"
    shown = str(st.backprop(f"{document}notation: {{adjoint: bar}}\n", wrt="all", weights="normal(1)"))
    assert "h̄ = " in re.sub(" +", " ", shown)


def test_json_tells_the_choices_and_keeps_its_formulas() -> None:
    told = json.loads(written(SCALARS, "adjoint=bar,product=times,loss=J", "w", format="json"))
    assert told["writing"] == {"adjoint": "bar", "product": "times", "loss": "J"}
    assert told["notation"] == {"L": "J"}
    plain = json.loads(written(SCALARS, "product=dot", "w", format="json"))
    assert "writing" not in plain
    assert told["steps"] == plain["steps"]


EVERY = ["adjoint=bar,product=juxtaposed,vectors=columns", "adjoint=minus-delta,product=times", "adjoint=delta,loss=J"]


@pytest.mark.parametrize("notation", EVERY)
@pytest.mark.parametrize("format", [name for name, row in FORMATS.items() if name != "csv"])
def test_every_format_is_written_in_every_way(format: str, notation: str) -> None:
    for graph in (load_graph("tum-2022/6"), load_graph("uio-2019/1"), graph_of(ARRAYS)):
        wrt = [leaf for leaf in graph.leaves if graph.leaves[leaf].kind == "parameter"][:2]
        derivation = backward(with_notation(graph, notation), wrt, Settings())
        shown = (
            picture(format, derivation, Look())
            if FORMATS[format].holds == "pictures"
            else render(format, derivation, Look())
        )
        assert shown
        if format == "markdown":
            assert not re.search(
                r"\\[!,;:|{}_]|\S_\{", "".join(re.findall(r"\$\$\n(.*?)\n\$\$", str(shown), re.DOTALL))
            )


TASKS = {
    "an objective": (
        "objective: (w*2 - b)^2\nparameters: {w: 1, b: 1}\nsteps: 1\noptimizer: momentum\n"
        "settings: {lr: 0.1, rho: 0.9}\nnotation: {product: times, loss: J}",
        ["J is the output, which the document calls loss", "J = (w×2 - b)² is to be minimized",
         "w₁     = w₀ - η×v[1,w] = 1 - 0.1×4 = 0.6"],
    ),
    "gradients": (
        "optimizer: sgd\nparameters: {theta: 1}\ngradients: [0.5]\nsettings: {lr: 0.1}\nnotation: {product: times}",
        ["θ₁ = θ₀ - η×g₁ = 1 - 0.1×0.5 = 0.95"],
    ),
    "letters": (
        "optimizer: sgd\nparameters: {theta: theta}\ngradients: [g]\nsettings: {lr: eta}\n"
        "notation: {product: juxtaposed}",
        ["products have no sign", "η g"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TASKS)
def test_a_task_of_an_optimizer_chooses_it_in_its_document(name: str, tmp_path: Path) -> None:
    document, lines = TASKS[name]
    (tmp_path / "task.yaml").write_text(document)
    shown = st.optim(str(tmp_path / "task.yaml")).to("text", width=100)
    assert [line for line in lines if line not in str(shown)] == []


def test_the_letter_of_an_example_is_none_of_the_update(tmp_path: Path) -> None:
    (tmp_path / "task.yaml").write_text(TASKS["an objective"][0].replace("product: times", "adjoint: bar"))
    shown = st.optim(str(tmp_path / "task.yaml")).to("text")
    assert "ū means dJ/du" in str(shown)  # v is the velocity


def test_a_notation_of_a_task_is_refused_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "task.yaml").write_text(TASKS["gradients"][0].replace("times", "cross"))
    with pytest.raises(StepperError, match="'cross' is not a choice for product") as told:
        st.optim(str(tmp_path / "task.yaml"))
    (where,) = [problem.where for problem in told.value.problems]
    assert where is not None
    assert (where.line, where.column) == (5, 21)


def test_the_conventions_say_each_choice_that_needs_it() -> None:
    graph = graph_of(SCALARS)
    for row in CHOICES:
        derivation = noted(backward(graph, ["w"], Settings()), with_notation(graph, {row.key: row.name}))
        said = derivation.conventions[
            : len(derivation.conventions) - len(backward(graph, ["w"], Settings()).conventions)
        ]
        assert len(said) == bool(row.says and row.output != "L")


def test_the_letter_of_an_example_is_no_quantity() -> None:
    shown = written(SCALARS.replace("b:", "v:").replace("+ b", "+ v"), "adjoint=bar", "w")
    assert "ū means dL/du" in shown
