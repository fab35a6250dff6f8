"""What ``stepper rules`` says comes from the tables."""

from __future__ import annotations

import pytest

from stepper.engine.known import list_rules, show_rule
from stepper.errors import StepperError
from stepper.render.formats import WHOLE, render
from stepper.render.look import Look
from stepper.rules.table import BY_ANY_NAME, ROWS


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
    assert "dX = conv2d_back(G, K, X, stride, padding, dilation, groups)" in written
    assert "Source: PyTorch documentation" in written
    both = render("text", show_rule("softmax"), Look())
    assert "Of arrays" in both
    assert "Derivative" in both
    assert "intersection over union" in " ".join(render("text", list_rules(), Look()).split())
