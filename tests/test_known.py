"""What ``stepper rules`` says comes from the tables."""

from __future__ import annotations

import pytest

from stepper.core.formula import text
from stepper.core.prose import Prose
from stepper.core.steps import Equation, Note, Table
from stepper.engine.catalogue import list_rules, show_rule
from stepper.errors import StepperError
from stepper.render.formats import WHOLE, render
from stepper.render.look import Look
from stepper.tables.arrays import ARRAYS
from stepper.tables.table import BY_ANY_NAME, ROWS


@pytest.mark.parametrize("name", ROWS)
def test_every_row_is_shown_with_its_source_in_every_format(name: str) -> None:
    derivation = show_rule(name)
    for format in WHOLE:
        assert render(format, derivation, Look())
    assert "".join(ROWS[name].source.split()) in "".join(render("text", derivation, Look(width=200)).split())


def test_every_row_is_listed() -> None:
    written = render("text", list_rules(), Look(width=200))
    assert all(f"   {name} " in written for name in ROWS)


def test_both_forms_of_a_derivative() -> None:
    assert "∂f/∂x = f·(1 - f) = σ(x)·(1 - σ(x))" in render("text", show_rule("sigmoid"), Look(width=200))


def test_a_kink_is_named() -> None:
    assert "kink where x = 0" in render("text", show_rule("relu"), Look())


def test_an_alias_finds_its_row() -> None:
    assert show_rule("swish").title == "silu"
    assert "swish" in BY_ANY_NAME


def test_an_unknown_name_is_told_with_the_nearest() -> None:
    with pytest.raises(StepperError, match="did you mean 'sigmoid'"):
        show_rule("sigmod")


def test_functions_of_arrays_are_shown() -> None:
    written = render("text", show_rule("conv2d"), Look())
    assert "dX = conv2d_input(G, K, X, stride, padding, dilation, groups)" in written
    assert "Source: PyTorch documentation" in written
    both = render("text", show_rule("softmax"), Look())
    assert "Of arrays" in both
    assert "Derivative" in both
    assert "intersection over union" in " ".join(render("text", list_rules(), Look()).split())


def said(prose: Prose) -> str:
    return "".join(part if isinstance(part, str) else text(part) for part in prose)


def lines(name: str) -> dict[str, list[str]]:
    """What is said of a function, step by step; all of it in brief too."""
    found: dict[str, list[str]] = {}
    for step in show_rule(name).steps:
        assert step.detail == "brief"
        found[step.id.removeprefix("rules.").rstrip(":")] = [
            said(block.text)
            if isinstance(block, Note)
            else " = ".join(
                [text(block.left), *(text(link.expr) + f" {said(link.note)}".rstrip() for link in block.links)]
            )
            for block in step.body
            if isinstance(block, Note | Equation)
        ] + ([said(step.why)] if step.why else [])
    return found


OWN = "f stands for the function's own value."


@pytest.mark.parametrize(
    ("name", "step", "expected"),
    [
        ("exp", "definition", []), ("exp", "derivative", ["∂f/∂x = f = exp(x)", OWN]),
        ("tan", "derivative", ["∂f/∂x = 1 + f^2 = 1 + tan(x)^2", OWN]),
        ("relu", "definition", ["relu(x) = where(x > 0, x, 0)"]),
        ("relu", "derivative", ["∂f/∂x = where(x > 0, 1, 0)", "kink where x = 0"]),
        ("sigmoid", "derivative",
         ["∂f/∂x = f*(1 - f) = sigmoid(x)*(1 - sigmoid(x)) = "
          "where(x >= 0, exp(-x)/(1 + exp(-x))^2, exp(x)/(1 + exp(x))^2) accurate where it saturates", OWN]),
        ("bce", "definition", ["bce(p, y) = -(y*log(p) + (1 - y)*log(1 - p))",
            "binary cross entropy, natural logarithm"]),
        ("bce", "derivative", ["∂f/∂p = (p - y)/(p*(1 - p))", "∂f/∂y = log(1 - p) - log(p)"]),
        ("sum", "definition", ["x: lists of n elements; the elements joined by +"]),
        ("sum", "derivative", ["differentiated from its definition"]),
        ("max", "definition",
         ["the largest; x: lists of n elements; rest: the other elements"]),
        ("max", "array", ["Takes: X[], axis=0. Over one axis, or over all (0); of equal ones the first takes the "
                          "gradient."]),
        ("softmax", "definition", ["softmax(x)[i] = exp(x[i])/sum(exp(x))", "x: lists of n elements"]),
        ("softmax", "array", ["Takes: X[], axis=-1."]),
        ("softmax", "derivative",
         ["∂f/∂x[j] = where(i == j, f[i]*(1 - f[i]), -f[i]*f[j]) = "
          "where(i == j, softmax(x)[i]*(1 - softmax(x)[i]), -softmax(x)[i]*softmax(x)[j])", OWN]),
        ("mse", "definition:sum",
         ["mse(yhat, y) = sum((yhat - y)^2)",
          "1/n with n the number of samples, which is one: the sum of squares; yhat and y: lists of n elements"]),
        ("mse", "derivative:half_sum", ["∂f/∂yhat[j] = yhat[j] - y[j]", "∂f/∂y[j] = -(yhat[j] - y[j])"]),
        ("conv2d", "back",
         ["G is the upstream gradient, out the function's own value.",
          "dX = conv2d_input(G, K, X, stride, padding, dilation, groups)",
          "dK = conv2d_weight(G, X, K, stride, padding, dilation, groups)"]),
    ],
)  # fmt: skip
def test_a_function_is_told_line_by_line(name: str, step: str, expected: list[str]) -> None:
    assert lines(name)[step] == expected


def test_the_steps_that_a_function_has() -> None:
    """One that is also a function of arrays has three more; each form of a convention has its own."""
    arrays = ["array", "back", "array_source"]
    assert list(lines("relu")) == ["definition", "derivative", "source"]
    assert list(lines("softmax")) == ["definition", "derivative", "source", *arrays]
    assert list(lines("conv2d")) == arrays
    assert list(lines("mse")) == [
        f"{part}:{form}" for form in ("mean", "half_sum", "sum") for part in ("definition", "derivative")
    ] + ["source"]
    assert [step.title for step in show_rule("mse").steps[:2]] == [
        ("Definition (mse=mean)",),
        ("Derivative (mse=mean)",),
    ]
    assert [step.title for step in show_rule("relu").steps] == [("Definition",), ("Derivative",), ("Source",)]
    assert lines("log")["source"][0].startswith("Domain: ")
    assert "Also written: ReLU." in lines("relu")["source"]
    assert [entry.partition(":")[0] for entry in lines("unfold")["array_source"]] == ["Also written", "Source"]
    assert [entry.partition(":")[0] for entry in lines("conv2d")["array_source"]] == ["Source"]
    assert [step.id for step in show_rule("tanh", pictured=True).steps][-1] == "rules.curve"
    with pytest.raises(StepperError, match="mse is not a function of one number"):
        show_rule("mse", pictured=True)


def test_only_what_is_shown_is_given_a_symbol() -> None:
    """Those of functions of arrays stand where there is one; a definition brings the symbols of what it calls."""
    assert show_rule("relu").notation == {"relu": "ReLU"}
    assert show_rule("exp").notation == {}
    assert show_rule("huber").notation == {"huber": "Huber", "sum": "Σ", "abs": "|…|"}
    assert show_rule("softplus").notation["sigmoid"] == "σ"
    for name in ("softmax", "conv2d"):
        assert show_rule(name).notation["argmax_mask"] == "largest"
    assert list_rules().notation["relu"] == "ReLU"
    assert list_rules().notation.keys() >= {row.name for row in ROWS.values() if row.symbol}


def test_all_that_is_known_stands_in_tables() -> None:
    derivation = list_rules()
    assert [(step.id, step.detail) for step in derivation.steps] == [
        (f"rules.{part}", "brief") for part in ("functions", "arrays", "algorithms", "conventions", "fields")
    ]
    functions, arrays, algorithms, conventions = (
        {said(row[0]): [said(cell) for cell in row[1:]] for row in block.rows}
        for step in derivation.steps
        for block in step.body
        if isinstance(block, Table)
    )
    assert functions["exp"] == ["exp(x)", "primitive"]
    assert functions["log"] == ["log(x)", "the natural logarithm"]
    assert functions["sum"] == ["sum(x)", "the elements joined by +"]
    assert functions["relu"] == ["relu(x)", "where(x > 0, x, 0)"]
    assert functions["softmax"] == ["softmax(x)[i]", "exp(x[i])/sum(exp(x))"]
    assert algorithms["remapping labels"] == ["label", "classes", "remapped"]
    assert arrays["det"] == ["A[]", ""]
    assert arrays["solve"] == ["A[], b[]", "inv(A) @ b"]
    assert arrays["var"] == ["X[], axis=0", "the mean of the squared distances, by n"]
    assert conventions["entropy"] == ["nats, bits"]


def test_functions_of_arrays_have_their_symbols_or_their_names_as_they_are_written() -> None:
    """An underscore in a name is no index; a name that is one word needs nothing."""
    notation = show_rule("det").notation
    assert notation == {row.name: row.symbol or f"={row.name}" for row in ARRAYS if row.symbol or "_" in row.name}
    assert notation["sum"] == "Σ"
    assert notation["cross_entropy"] == "CE"
    assert notation["conv_input"] == "=conv_input"
    assert "det" not in notation


def test_a_form_is_told_by_the_convention_that_it_follows() -> None:
    assert [step.title for step in show_rule("kl").steps][:3:2] == [
        ("Definition (entropy=nats)",),
        ("Definition (entropy=bits)",),
    ]
    assert lines("kl")["definition:bits"][0] == "kl(p, q) = sum(p*log2(p/q))"
    assert lines("kl")["definition:nats"][0] == "kl(p, q) = sum(p*log(p/q))"
