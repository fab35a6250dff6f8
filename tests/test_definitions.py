"""What is said of functions before the first step: each that stands on the page, down to what needs no words."""

from __future__ import annotations

import pytest

import stepper as st
from stepper.core.contents import formulas, formulas_by_detail
from stepper.core.expr import Call
from stepper.core.parser import parse
from stepper.core.steps import DETAILS, Derivation, Detail, Note, Step
from stepper.core.traverse import walk
from stepper.engine.graph.backward import backward
from stepper.engine.graph.conventions import definitions
from stepper.engine.graph.forward import forward
from stepper.engine.graph.second_derivatives import second_derivatives
from stepper.engine.values.equations import Sheet
from stepper.engine.values.quantities import Settings
from stepper.engine.values.vocabulary import PLAIN
from stepper.read.given import with_values
from stepper.read.program import read_program
from stepper.render import _unicode
from stepper.render.formats import render
from stepper.render.look import Look, Style
from stepper.tables.row import FunctionRow
from stepper.tables.table import ROWS
from tests.test_render import SHOWN


def said(derivation: Derivation) -> list[str]:
    return [_unicode.prose(line, Style(notation=derivation.notation)) for line in derivation.said()]


def worked(formula: str, values: str, wrt: str = "x") -> Derivation:
    return backward(with_values(read_program(f"y = {formula}", "-e"), [values]), [wrt], Settings())


@pytest.mark.parametrize(
    ("formula", "lines"),
    [
        ("mish(x)", ["Mish(x) = x·tanh(softplus(x))", "softplus(x) = log(1 + exp(x))", "σ(x) = 1/(1 + exp(-x))"]),
        ("silu(x)", ["SiLU(x) = x·σ(x)", "σ(x) = 1/(1 + exp(-x))"]),
        ("softplus(x)", ["softplus(x) = log(1 + exp(x))", "σ(x) = 1/(1 + exp(-x))"]),
        ("logsigmoid(x)", ["LogSigmoid(x) = log(σ(x))", "σ(x) = 1/(1 + exp(-x))"]),
        ("norm([x, 2])", ["norm(x) = √(Σ(x²))"]),
        ("mae([x], [2])", ["MAE(ŷ, y) = Σ(|ŷ - y|)/n: the mean absolute error"]),
        ("sqrt(x)", []),
        ("sqrt(x)*x^(1/2)", ["√(x) = x^(1/2)"]),
        ("sqrt(x)^2*x^(1/3)", []),
        ("tanh(x)", []),
        (
            "cross_entropy([x, 2], 1)",
            [
                "CE(z, y) = -log_softmax(z)[y]: of logits z; y is the class, counted from 1; natural logarithm",
                "log_softmax(x)[i] = xᵢ - log(Σ(exp(x)))",
                "softmax(x)[i] = exp(xᵢ)/Σ(exp(x))",
            ],
        ),
    ],
)
def test_functions_are_defined_down_to_what_needs_no_words(formula: str, lines: list[str]) -> None:
    assert said(worked(formula, "x=1")) == lines


def test_what_is_built_on_others_is_worked_by_its_name() -> None:
    written = render("text", worked("mish(x)", "x=1"), Look())
    assert "y = Mish(x) = Mish(1) ≈ 0.8651" in written
    assert "dy/dx = tanh(softplus(x)) + x·(1 - tanh(softplus(x))²)·σ(x)" in written


def test_forwards_only_the_value_is_defined_and_twice_all_that_stands_there() -> None:
    graph = with_values(read_program("y = mish(x)", "-e"), ["x=1"])
    assert said(forward(graph, Settings()))[-1] == "softplus(x) = log(1 + exp(x))"
    assert "σ(x) = 1/(1 + exp(-x))" in said(second_derivatives(graph, ["x"], Settings()))


@pytest.mark.parametrize(
    "row", [row for row in ROWS.values() if row.signature()[0][2] == "number"], ids=lambda row: row.name
)
@pytest.mark.parametrize("detail", DETAILS)
def test_every_function_on_the_page_is_defined_on_it(row: FunctionRow, detail: Detail) -> None:
    """But primitives, what is written by a sign, what folds a list, and in brief what is written out beside it."""
    needed = [name for name, default, _ in row.signature() if not default]
    derivation = worked(f"{row.name}({', '.join(needed)})", ",".join(f"{name}=0.3" for name in needed), needed[0])
    defined = {part.name for line in derivation.said(detail) for part in line[:1] if isinstance(part, Call)}
    called = {
        part.name.rstrip("'")
        for _, expr in formulas_by_detail(derivation.at(detail).steps)
        for part in walk(expr)
        if isinstance(part, Call)
    }
    called -= {name for name in called if PLAIN.rule(name).unfolds and detail == "brief"}
    signs = {name for name in called if ROWS[name].symbol and not any(map(str.isalnum, ROWS[name].symbol))}
    assert {name for name in called if PLAIN.rule(name).value is not None} - signs <= defined


def test_functions_that_nobody_knows_are_passed_over() -> None:
    sheet = Sheet(read_program("y = x + 1", "-e"), Settings())
    step = Step("s", "s", (Call("nobody", ()), " and ", parse("silu(x)")), detail="normal")
    first = definitions(sheet, {"y"}, [step])[0]
    assert isinstance(first, Note)
    assert (first.text[0], first.detail) == (parse("silu(x)"), "normal")


def test_the_whole_derivation_holds_every_formula_of_its_steps() -> None:
    for derivation in SHOWN.values():
        every = list(formulas(derivation))
        assert {part for _, part in formulas_by_detail(derivation.steps)} <= set(every)
        assert {answer.expr for answer in derivation.answers} <= set(every)


@pytest.mark.parametrize(
    ("formula", "told"), [("sqrt(x)", False), ("sqrt(x)*x^(1/2)", True), ("abs(x)", True)], ids=str
)
def test_a_sign_is_defined_beside_arrays_where_that_says_something(formula: str, told: bool) -> None:
    solution = st.forward(f"inputs: {{x: [1, 4], A: [[1, 0], [0, 1]]}}\nnodes: {{L: 'sum({formula} @ A)'}}\noutput: L")
    conventions = str(solution.to("text")).partition("1  Forward")[0]
    assert ("√(x) =" in conventions or "|x| =" in conventions) == told
