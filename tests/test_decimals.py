"""Decimals with commas, in every format: what changes, that nothing else does, and that no comma then means two
things.
"""

from __future__ import annotations

import csv
import re
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from msgspec.structs import replace
from pytest_regressions.file_regression import FileRegressionFixture

import stepper
from stepper.core.expr import Expr, Value
from stepper.core.parser import parse
from stepper.core.steps import DETAILS, Derivation, Detail
from stepper.errors import StepperError
from stepper.render import _latex, _mathml, _unicode
from stepper.render.formats import FORMATS, PICTURES, picture, render
from stepper.render.graph.pictures import drawing_of
from stepper.render.look import DECIMALS, Look, Style
from tests.helpers import derive
from tests.strategies import FORMULAS
from tests.test_cli import run
from tests.test_render import DRAWN, SHOWN, TEXTS, own, suffix

DOCUMENT = """\
title: Decimals
inputs: {x: 0.5, t: [1, 0]}
parameters: {w: 1.5, b: 0.25}
nodes: {h: 'leaky_relu(w*x + b, 0.1)', m: 'max(h, -0.2, 1e-3)', L: '(m - 0.75)^2 + h^1.5'}
"""
SMALL = derive(
    """
    title: Decimals
    inputs: {x: 0.5}
    parameters: {w: 1.5, b: 0.25}
    nodes: {h: 'leaky_relu(w*x + b, 0.1)', L: '(max(h, 0.2) - 2)^2'}
    """,
    "w",
)
COMMA = Style(Look(decimal="comma"))


def written(format: str, derivation: Derivation, look: Look) -> str:
    return picture(format, derivation, look).decode("utf-8") if format in PICTURES else render(format, derivation, look)


def with_points(text: str) -> str:
    """What has commas for decimals as if it had points; of text with points, nothing that this would not do to the
    other.
    """
    return re.sub(r",(?=\d)", ".", text.replace("{,}", ".").replace(";", ","))


@pytest.mark.parametrize("format", [name for name in (*TEXTS, *DRAWN) if name != "json"])
def test_golden(format: str, file_regression: FileRegressionFixture) -> None:
    look = Look(color=format == "terminal", graph=FORMATS[format].graph, fragment=format == "latex", decimal="comma")
    file_regression.check(
        own(written(format, SMALL, look)), extension=suffix(format), basename="comma", encoding="utf-8"
    )


@pytest.mark.parametrize("detail", DETAILS)
@pytest.mark.parametrize("format", [*TEXTS, *DRAWN])
@pytest.mark.parametrize("name", SHOWN)
def test_points_are_as_ever_and_commas_translate_back(name: str, format: str, detail: Detail) -> None:
    if (name, format) == ("forward", "csv"):
        pytest.skip("it has no table")
    if format in DRAWN and drawing_of(SHOWN[name]) is None:
        pytest.skip("it has no graph")
    ever = Look(detail=detail, graph=FORMATS[format].graph)
    looks = (replace(ever, decimal="point"), replace(ever, decimal="comma"))
    point, comma = (own(written(format, SHOWN[name], look)) for look in looks)
    assert point == own(written(format, SHOWN[name], ever))
    if format == "csv":
        rows = [list(csv.reader(text.splitlines(), delimiter=sign)) for text, sign in ((point, ","), (comma, ";"))]
        assert [[with_points(cell) for cell in row] for row in rows[1]] == [
            [with_points(cell) for cell in row] for row in rows[0]
        ]
    else:
        assert with_points(comma) == with_points(point)
    assert format != "json" or comma == point


@given(FORMULAS)
@settings(deadline=None)
def test_every_formula_translates_back(expr: Expr) -> None:
    for printer in (_unicode.formula, _latex.formula, _mathml.formula):
        assert with_points(printer(expr, COMMA)) == with_points(printer(expr, Style()))


@pytest.mark.parametrize(
    ("formula", "plain", "latex"),
    [
        ("0.5", "0,5", "0{,}5"),
        ("f(0.5, 2)", "f(0,5; 2)", r"f \left( 0{,}5; 2 \right)"),
        ("[0.5, 1]", "[0,5; 1]", r"\left[ 0{,}5; 1 \right]"),
        ("-1.5e-3*x", "-1,5e-3·x", r"-1{,}5 \cdot 10^{-3} \cdot x"),
        ("x^0.5", "x^0,5", "x^{0{,}5}"),
        ("w[1, 2]", "w[1,2]", "w _{1,2}"),
        ("w[0.5, 2]", "w[0,5;2]", "w _{0{,}5;2}"),
        ("max([a, 2])", "max([a; 2])", r"\max \left( \left[ a; 2 \right] \right)"),
        ("where(x > 0.5, 1, 0)", "(1 if x > 0,5, else 0)", None),
    ],
)
def test_formulas(formula: str, plain: str, latex: str | None) -> None:
    assert _unicode.formula(parse(formula), COMMA) == plain
    assert latex is None or _latex.formula(parse(formula), COMMA) == latex


def test_in_mathml_the_number_is_one_and_the_list_has_semicolons() -> None:
    found = _mathml.formula(parse("[0.5, 1]"), COMMA)
    assert "<mn>0,5</mn>" in found
    assert '<mo separator="true">;</mo>' in found
    assert ";" not in _mathml.formula(parse("w[1, 2]"), COMMA)
    assert '<mo separator="true">;</mo>' in _mathml.formula(parse("w[0.5, 2]"), COMMA)


def test_values_among_words_are_parted_by_semicolons_where_one_has_a_comma() -> None:
    half, two = Value(Fraction(1, 2)), Value(Fraction(2))
    assert _unicode.prose((parse("x"), " = ", half, ", ", parse("y"), " = ", two), COMMA) == "x = 0,5; y = 2"
    assert _unicode.prose((parse("x"), ", ", parse("y"), " = ", two, ", and so on"), COMMA) == "x, y = 2, and so on"
    assert _unicode.prose((half, ", taken there: ", two), COMMA) == "0,5, taken there: 2"


def test_csv_has_semicolons_and_all_digits() -> None:
    rows = list(csv.reader(render("csv", SMALL, Look(decimal="comma")).splitlines(), delimiter=";"))
    assert rows[0] == ["adjoint", "computed as", "value"]
    assert ["dL/dh", "dL/dL*∂L/∂h", "1*(-2) = -2"] in rows or any("," in cell for row in rows for cell in row)
    assert not any("." in cell for row in rows for cell in row if re.fullmatch(r"-?[\d.,]+", cell))


def test_a_document_with_lists_and_powers_in_every_format() -> None:
    for format in (*TEXTS, *DRAWN):
        found = stepper.backprop(DOCUMENT, wrt="w").to(format, decimal="comma")
        shown = found.decode("utf-8") if isinstance(found, bytes) else found
        if format == "json":
            assert "max([h, -0.2, 1e-3])" in shown
        else:
            assert re.search(r"\d(,|\{,\})\d", own(shown)), format
            assert not re.search(r"[^.\d]0\.25", own(shown)), format


@pytest.mark.parametrize("sign", ["Comma", "dot", ""])
def test_another_sign_is_refused(sign: str) -> None:
    with pytest.raises(StepperError, match="decimals"):
        Look(decimal=sign)  # type: ignore[arg-type]  # what mypy refuses is refused when it runs too
    with pytest.raises(StepperError):
        stepper.forward(DOCUMENT).to("text", decimal=sign)
    outcome = run("forward", "-e", "y = x/4", "--set", "x=1", "--decimal", sign)
    assert outcome.returncode != 0
    assert f"--decimal does not take '{sign}'" in outcome.stderr


def test_the_command_line_has_it_and_files_too(tmp_path: Path) -> None:
    command = ("forward", "-e", "y = x/4", "--set", "x=0.5", "--decimal", "comma", "-f")
    assert "y = x/4 = 0,5/4 = 0,125" in run(*command, "text").stdout
    assert "0.125" in run(*command, "json").stdout
    stepper.forward("y = x/2", x=0.5).save(tmp_path / "y.md", decimal="comma")
    assert "0{,}25" in (tmp_path / "y.md").read_text("utf-8")


def test_plots_have_commas_along_their_axes(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from matplotlib.figure import Figure

    from stepper.render._plot import _commas

    figure = Figure()
    axes = figure.add_subplot()
    axes.plot([0, 0.5, 1], [0, 1e-9, 2e-9])
    _commas(axes)
    figure.canvas.draw()
    labels = [label.get_text() for axis in (axes.xaxis, axes.yaxis) for label in axis.get_ticklabels()]
    assert "0,2" in labels
    assert not any("." in label for label in labels)
    solution = stepper.optim("sgd", theta=1, objective="theta^2", steps=5, lr=0.1, plots=True)
    assert all(solution.to("svg", decimal=sign) for sign in DECIMALS)


def test_sizes_in_bytes_are_numbers_too() -> None:
    assert " MB" in render("text", SHOWN["umass-682-7.1"], Look()) or " kB" in render(
        "text", SHOWN["umass-682-7.1"], Look()
    )
    found = re.findall(r"[\d.,]+ [kMG]B", render("text", SHOWN["umass-682-7.1"], Look(decimal="comma")))
    assert found
    assert not any("." in size for size in found)
