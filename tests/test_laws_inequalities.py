"""Laws of the way from a size to a letter: each step is an inequality, the last one of the letter itself."""

from __future__ import annotations

from fractions import Fraction

import pytest

from stepper.core.expr import Expr, Sym
from stepper.core.formula import text
from stepper.engine.layers.inversion import Span, invert
from stepper.engine.layers.sizes import formula


def inequality(span: Span, expr: Expr) -> str:
    low, high = (None if end is None else str(end) for end in (span.low, span.high))
    left = "" if low is None else f"{low} {'<' if span.open_low else '<='} "
    return left + text(expr) + ("" if high is None else f" {'<' if span.open_high else '<='} {high}")


@pytest.mark.parametrize(
    ("written", "wanted", "steps"),
    [
        # what rounds leaves an inequality for what is rounded, and what is done to the letter another
        ("floor((n - 5)/2) + 1", 12, ["11 <= (n - 5)/2 < 12", "27 <= n < 29"]),
        ("ceil(n/4) - 1", 5, ["5 < n/4 <= 6", "20 < n <= 24"]),
        ("12 - floor(n/2)", 5, ["7 <= n/2 < 8", "14 <= n < 16"]),
        ("2*ceil(floor(n/2)/3)", 4, ["1 < floor(n/2)/3 <= 2", "4 <= n/2 < 7", "8 <= n < 14"]),
        # of a power or a polynomial of something that rounds the integers that it may be, and of the letter itself no
        # step too many
        ("floor(n/2)^2", 9, ["3 <= floor(n/2) <= 3", "3 <= n/2 < 4", "6 <= n < 8"]),
        ("floor(n/2)^2 + floor(n/2)", 12, ["3 <= floor(n/2) <= 3", "3 <= n/2 < 4", "6 <= n < 8"]),
        ("n^2 + n", 12, ["3 <= n <= 3"]), ("n^2", 49, ["7 <= n <= 7"]), ("n - 3", 4, ["7 <= n <= 7"]),
        ("floor(n)", 4, ["4 <= n < 5"]),
        # where there is none, between two neighbours
        ("n^2 + n", 13, ["3 < n < 4"]), ("n^2", 50, ["7 < n < 8"]),
        ("floor(n/2)^3", 9, ["2 < floor(n/2) < 3", "3 <= n/2 < 3", "6 <= n < 6"]),
    ],
)  # fmt: skip
def test_each_step_on_the_way_is_an_inequality(written: str, wanted: int, steps: list[str]) -> None:
    assert [inequality(*step) for step in invert(formula(written), Sym("n"), Fraction(wanted)).steps] == steps


@pytest.mark.parametrize(
    ("size", "found"), [(1, True), (1000, True), (2**20 - 1, True), (2**20, False), (2**20 + 1, False), (2**30, False)]
)
def test_of_sizes_of_a_million_nothing_is_said(size: int, found: bool) -> None:
    """A polynomial is looked for up to 2^20; beyond it is not said that no size gives the number."""
    for wanted, step in (
        (size * (size + 1), f"{size} <= n <= {size}"),
        (size * (size + 1) + 1, f"{size} < n < {size + 1}"),
    ):
        inverse = invert(formula("n^2 + n"), Sym("n"), Fraction(wanted))
        assert [inequality(*span) for span in inverse.steps] == ([step] if found else [])
        assert (inverse.span is not None) is found
