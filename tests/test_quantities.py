"""Numbers put into formulas, cases settled by them, and what stays: letters, definitions, closed forms."""

from __future__ import annotations

from fractions import Fraction

import pytest

from stepper.core.expr import Array, Expr, Num, Value
from stepper.core.formula import number_of, text
from stepper.core.parser import parse
from stepper.core.steps import Equation, Note
from stepper.engine import symbolic
from stepper.engine.adjoints import Gradients
from stepper.engine.backward import backward
from stepper.engine.proof import closed_forms
from stepper.engine.quantities import Settings, close
from stepper.engine.unfold import LARGEST_FORMULA, bounded
from stepper.engine.vocabulary import PLAIN, wrong_count
from stepper.engine.worked import Sheet
from stepper.errors import StepperError
from tests.helpers import answer, graph_of

DOCUMENT = "inputs: {x: 2, y: 0, z: }\nnodes: {h: x*y + 3, k: z*x, L: h*k}\n"


@pytest.mark.parametrize(
    ("formula", "number"),
    [
        ("x + 1", 3), ("h*x", 6), ("z + 1", None), ("k", None), ("0*z", None), ("softmax([z, 1])[1]", None), ("softmax([x, x])[1]", 0.5),
        ("softmax([x, y])[1] + softmax([x, y])[2]", 1), ("softmax([z, 1])[1] + softmax([x, y])[2]", None),
        ("softmax([x, y])[1]/softmax([x, y])[2]", 7.38905609893065), ("where(x > y, 1, z)", None), ("where(x > y, 1, h)", 1),
        ("where(x > y, softmax([x, x])[2], log(y))", 0.5), ("2*softmax([z, 1])[1]", None),
    ],
)  # fmt: skip
def test_a_formula_has_a_number_where_all_that_it_reads_has_one(formula: str, number: float | None) -> None:
    """Also where it reads elements of lists, each by itself."""
    found = Sheet(graph_of(DOCUMENT), Settings()).number(parse(formula))
    assert found == pytest.approx(number, rel=1e-12) if number is not None else found is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Fraction(1, 3), Fraction(1, 3), True), (Fraction(1, 3), Fraction(1, 3) + Fraction(1, 10**15), False),
        (Fraction(1, 3), 1 / 3 + 1e-15, True), (1 / 3, Fraction(1, 3), True), (1.0, 1 + 1e-10, True), (1.0, 1 + 1e-8, False),
        (0.0, 1e-20, False),
    ],
)  # fmt: skip
def test_fractions_are_alike_where_they_are_equal_and_rounded_numbers_to_nine_digits(one: float, other: float, same: bool) -> None:
    assert close(one, other) is same
    assert close(other, one) is same


# ---- what arrives


def test_what_arrives_at_the_output_has_its_numbers_put_in() -> None:
    for upstream, seed, gradient in (
        ("", "1", 12),
        ("3", "3", 36),
        ("u", "5", 60),
        ("2*u", "10", 120),
        ("g", "g", None),
        ("g*u", "g*5", None),
    ):
        document = "inputs: {x: 2, u: 5}\nnodes: {L: 3*x^2}\n" + (f"upstream: {upstream}\n" if upstream else "")
        gradients = Gradients(Sheet(graph_of(document), Settings()), "L", ["x"])
        assert text(gradients.seed) == seed
        assert text(gradients.symbol("x")) == f"{upstream}*dL/dx".lstrip("*")
        assert number_of(gradients.adjoint("x")) == gradient
        assert gradients.scales()["x"] == (gradient or 12)


# ---- closed forms


def closed(document: str) -> list[str]:
    graph = graph_of(document)
    step = closed_forms(Gradients(Sheet(graph, Settings()), "L", ["w"]), ["w"])
    assert (step.id, step.detail) == ("result.closed", "brief")
    return [
        text(block.links[0].expr) if isinstance(block, Equation) else "no closed form"
        for block in step.body
        if isinstance(block, Equation | Note)
    ]


def test_a_closed_form_stands_where_it_comes_to_the_gradient() -> None:
    """Or where one of the two has no number: letters may cancel in one alone."""
    document = "inputs: {x: 3}\nparameters: {w: 2}\nnodes: {L: x*w^2}\n"
    assert closed(document) == ["2*w*x"]
    assert closed("inputs: {x: }\nparameters: {w: 2}\nnodes: {L: x*w - (x - 2)*w}\n") == ["2"]
    assert closed("inputs: {x: }\nparameters: {w: }\nnodes: {L: x*w^2}\n") == ["2*w*x"]
    assert closed(document + "upstream: 2\n") == []


@pytest.mark.parametrize(
    ("claimed", "stands"), [("2*w*x", True), ("12", True), ("w*x", False), ("13", False), ("q", True), ("12 + 10^-12", False)]
)
def test_a_closed_form_that_comes_to_something_else_is_not_shown(claimed: str, stands: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(*_: object) -> Expr:
        return parse(claimed)

    monkeypatch.setattr(symbolic, "closed_form", wrong)
    found = closed("inputs: {x: 3}\nparameters: {w: 2}\nnodes: {L: x*w^2}\n")
    assert found == [claimed if stands else "no closed form"]


def test_a_gradient_with_letters_that_cancel_keeps_its_formula() -> None:
    derivation = backward(graph_of("inputs: {x: }\nparameters: {w: 2}\nnodes: {L: x*w - (x - 2)*w}\n"), ["w"], Settings(simplify=True))
    assert answer(derivation, "dL/dw") is None
    assert all(check.ok for check in derivation.checks)


# ---- sizes and counts


def test_a_formula_of_fifty_thousand_parts_is_worked_with_and_one_more_is_refused() -> None:
    assert LARGEST_FORMULA == 50_000
    fits = Array((Num("1"),) * (LARGEST_FORMULA - 1))  # the array itself is a part too
    assert bounded(fits) is fits
    with pytest.raises(StepperError, match="has more than 50,000 parts"):
        bounded(Array((*fits.items, Value(Fraction(1)))))


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("sigmoid(1, 2)", "'sigmoid' takes 1 argument, and got 2"), ("bce(1)", "'bce' takes 2 arguments, and got 1"),
        ("hinge(1)", "'hinge' takes 2 to 3 arguments, and got 1"), ("hinge(1, 2, 3, 4)", "'hinge' takes 2 to 3 arguments, and got 4"),
        ("leaky_relu(1, 2, 3)", "'leaky_relu' takes 1 to 2 arguments, and got 3"), ("hinge(1, 2)", ""), ("hinge(1, 2, 3)", ""),
        ("sigmoid(1)", ""),
    ],
)  # fmt: skip
def test_a_function_says_how_many_arguments_it_takes(call: str, told: str) -> None:
    name, _, rest = call.partition("(")
    given = rest.count(",") + 1
    rule = PLAIN.rule(name)
    if not told:
        rule.check_count(given)
        return
    with pytest.raises(StepperError) as caught:
        rule.check_count(given)
    assert caught.value.problems[0].what == told
    counts = [part for part in told.split() if part.isdigit()]
    assert wrong_count(name, given, int(counts[0]), int(counts[-2])) == told
