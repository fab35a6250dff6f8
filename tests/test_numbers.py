"""How numbers are shown."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepper.core.expr import Num, Value
from stepper.core.numbers import shown
from stepper.core.parser import parse
from stepper.render._unicode import formula
from stepper.render.look import Look, Style

TABLE = [
    (Fraction(-13, 20), "-0.65"),
    (Fraction(2), "2"),
    (Fraction(2, 3), "2/3"),
    (Fraction(-1, 3), "-1/3"),
    (Fraction(1, 64), "0.015625"),
    (Fraction(1, 128), "1/128"),
    (Fraction(1, 1024), "0.0009766"),
    (Fraction(3, 100000), "0.00003"),
    (Fraction(1001, 1003), "0.998"),
    (Fraction(10**20), "1·10²⁰"),
    (Fraction(103274), "103274"),
    (0.07770722398722482, "0.07771"),
    (3e-5, "3·10⁻⁵"),
    (5.0664219e-14, "5.066·10⁻¹⁴"),
    (-0.0, "0"),
    (2.0, "2"),
    (123456.789, "123457"),
    (1234567.8, "1.235·10⁶"),
    (999999.7, "1·10⁶"),
    (0.99999, "1"),
    (-1e300, "-1·10³⁰⁰"),
]


@pytest.mark.parametrize(("number", "written"), TABLE)
def test_numbers_as_they_are_shown(number: Fraction | float, written: str) -> None:
    assert formula(Value(number), Style()) == written


@pytest.mark.parametrize(
    ("number", "written"), [(Fraction(3, 2), "3/2"), (Fraction(-29, 8), "-29/8"), (Fraction(4), "4")]
)
def test_exact_shows_fractions(number: Fraction, written: str) -> None:
    assert formula(Value(number), Style(Look(exact=True))) == written


def test_a_literal_keeps_its_spelling() -> None:
    assert formula(parse("1.0*x + .5"), Style()) == "1.0·x + .5"
    assert formula(Num("1e-3"), Style()) == "1e-3"


def test_a_negative_number_put_in_wears_parentheses() -> None:
    from stepper.core.expr import add, multiply

    line = add(multiply(Value(Fraction(-1, 2)), Value(Fraction(1))), Value(Fraction(-1)))
    assert formula(line, Style()) == "(-0.5)·1 + (-1)"


@given(st.one_of(st.fractions(), st.floats(allow_nan=False, allow_infinity=False)), st.integers(1, 15))
def test_what_is_shown_is_near_and_says_whether_it_is_exact(number: Fraction | float, digits: int) -> None:
    page = shown(number, digits)
    meant = Fraction(number)
    if page.exact:
        assert page.number == meant
    else:
        assert abs(page.number - meant) <= Fraction(1, 2) * Fraction(10) ** (1 - digits) * abs(meant)
    assert page.digits != "-0"
    assert not page.negative or page.number < 0
