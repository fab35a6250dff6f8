"""The rules of derivations as a reader is shown them: all of them, and nothing that only the engine knows."""

from __future__ import annotations

import pytest

import stepper
from stepper.core.expr import Call
from stepper.core.traverse import walk
from stepper.engine.derive.built import BUILDERS
from stepper.engine.derive.theorems import THEOREMS, condition_of, rule_of
from stepper.errors import StepperError
from stepper.tables.theorem import Theorem
from stepper.tables.theorems import ALL
from stepper.tables.theorems_of_matrices import MATRIX_THEOREMS


def test_every_rule_stands_in_a_field() -> None:
    assert [row for row in (*ALL, *MATRIX_THEOREMS) if row not in THEOREMS] == []


@pytest.mark.parametrize("row", dict.fromkeys(THEOREMS), ids=lambda row: f"{row.name}: {row.pattern}")
def test_a_rule_is_shown_without_what_only_the_engine_builds(row: Theorem) -> None:
    parts = [part for side in (*rule_of(row), *condition_of(row)) if not isinstance(side, str) for part in walk(side)]
    assert [part.name for part in parts if isinstance(part, Call) and part.name in BUILDERS] == []


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("product rule", "d/dx[u·v] = du/dx·v + u·dv/dx."),
        ("chain rule", "d/dx[f(u)] = f′(u)·du/dx."),
        ("quotient rule", "d/dx[u/v] = (du/dx·v - u·dv/dx)/v², where v depends on x; u depends on x."),
        ("variance of a multiple", "Var(c·u) = c²·Var(u), where c is not random."),
        ("cyclic property of the trace", "tr(A·B) = tr(B·A), where A contains a differential."),
        ("second moment", "E[x²] = Var(x) + E[x]², where x is a single quantity."),
    ],
)
def test_a_rule_is_shown_by_its_name(name: str, line: str) -> None:
    assert f"   {line}" in str(stepper.rules(name).to("text")).splitlines()


def test_an_unknown_rule_is_refused_with_the_nearest() -> None:
    with pytest.raises(StepperError, match="'product rul' is not a known function or rule"):
        stepper.rules("product rul")
