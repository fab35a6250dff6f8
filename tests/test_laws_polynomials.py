"""Laws of polynomials: they are added, multiplied and divided as their values are, and equal ones are written alike."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from stepper.core.expr import Num, Sym
from stepper.core.formula import text
from stepper.core.parser import parse
from stepper.engine.values.evaluate import evaluate
from stepper.engine.values.polynomial import (
    NoSize,
    Polynomial,
    constant,
    expanded,
    of_number,
    over,
    plus,
    scaled,
    times,
    to_expr,
)
from stepper.engine.values.vocabulary import PLAIN

P, Q = Sym("p"), Sym("q")
COEFFICIENTS = st.builds(Fraction, st.integers(-6, 6), st.integers(1, 4)).filter(bool)
MONOMIALS = st.sampled_from([(), ((P, 1),), ((Q, 1),), ((P, 2),), ((P, 1), (Q, 1)), ((P, 1), (Q, 2))])
POLYNOMIALS = st.dictionaries(MONOMIALS, COEFFICIENTS, min_size=1, max_size=3)
QUICK = settings(max_examples=60, deadline=None)
POINTS = [(Fraction(p), Fraction(q)) for p, q in (("3/7", "-5/2"), ("11/3", "2/9"), ("-13/5", "17/4"))]


def value(found: Polynomial, p: Fraction, q: Fraction) -> Fraction:
    at = {"p": p, "q": q}
    symbols = {symbol for monomial in found for symbol, _ in monomial}
    worth = {symbol: Fraction(evaluate(symbol, at, PLAIN) or 0) for symbol in symbols}
    return sum(
        (by * math.prod(worth[symbol] ** power for symbol, power in monomial) for monomial, by in found.items()),
        Fraction(0),
    )


@QUICK
@given(POLYNOMIALS, POLYNOMIALS, COEFFICIENTS)
def test_polynomials_are_added_and_multiplied_as_their_values_are(
    one: Polynomial, other: Polynomial, by: Fraction
) -> None:
    for p, q in POINTS:
        left, right = value(one, p, q), value(other, p, q)
        assert value(plus(one, other), p, q) == left + right
        assert value(times(one, other), p, q) == left * right
        assert value(scaled(one, by), p, q) == left * by
    assert plus(one, scaled(one, Fraction(-1))) == {}


@QUICK
@given(POLYNOMIALS, POLYNOMIALS)
def test_a_product_divided_by_a_factor_is_the_other_factor(one: Polynomial, other: Polynomial) -> None:
    """Whatever the coefficients are; and a quotient that stays a fraction times what it was divided by is what was
    divided.
    """
    assert over(times(one, other), other) == one
    assert times(over(one, other), other) == one
    assert expanded(to_expr(one)) == one


@QUICK
@given(POLYNOMIALS, POLYNOMIALS)
def test_a_quotient_is_worth_the_quotient_of_the_values(one: Polynomial, other: Polynomial) -> None:
    found = over(one, other)
    for p, q in POINTS:
        below = value(other, p, q)
        assume(below)
        assert value(found, p, q) == value(one, p, q) / below


@pytest.mark.parametrize(
    ("written", "form"),
    [
        # what divides without a rest is gone, also with coefficients that are none or no whole numbers
        ("(4*p^2 - 9*q^2)/(2*p + 3*q)", "2*p - 3*q"), ("(p^2 - 1)/(2*p - 2)", "p/2 + 1/2"),
        ("(p^3 - q^3)/(p - q)", "p^2 + p*q + q^2"),
        ("(6*p + 9)/(2*p + 3)", "3"), ("(p + 1/2)/(2*p + 1)", "1/2"), ("(2*p + 2*q)/(p + q)^2", "2/(p + q)"),
        ("(p + q)^2/(p + q)", "p + q"),
        ("(p*q + q)/(p*q)", "1/p + 1"), ("(p + 1)/(p^2 - 1)", "1/(p - 1)"), ("(2*p + 2)/(3*p^2 - 3)", "2/(3*(p - 1))"),
        # what does not stays below, brought to one form
        ("(p + 2)/(p + 1)", "(p + 2)/(p + 1)"), ("1/(q - p)", "-1/(p - q)"), ("p/(2*p + 2*q)", "p/(2*(p + q))"),
        ("1/(p/2 - q/2)", "2/(p - q)"), ("1/(p*q + p)", "1/p/(q + 1)"), ("p/(p^2 + p*q)", "1/(p + q)"),
        ("1/(p + q) + 1/(p + q)", "2/(p + q)"), ("p/(p + q) + q/(p + q)", "1"),
        ("p/(p + q) - (p + q)/(p + q)", "p/(p + q) - 1"),
        ("(r + s)*(p/(r + s))", "p"), ("p/(p + q)^2 + q/(p + q)^2", "1/(p + q)"), ("0/(p + q)", "0"),
        # a sum below what is below itself comes above, and is multiplied out there
        ("1/(-1/(p + q))", "-p - q"), ("1/(2/(p + q) - 1/(p + q)) - p - q", "0"), ("p/(-r/(p + q))", "-p^2/r - p*q/r"),
        ("1/(-1/(p + q)^2)", "-p^2 - 2*p*q - q^2"), ("1/(q/(p + q) + r/(p + q))", "(p + q)/(q + r)"),
        ("(q/(p + q) + r/(p + q))/(q*s + r*s)", "1/s/(p + q)"), ("1/(1/(p + q) + 1/(p + r))*(2*p + q + r)",
            "p^2 + p*q + p*r + q*r"),
        ("(1 - p)/(q + 1)", "-(p - 1)/(q + 1)"), ("(-p - 1)/(q + 1)", "-(p + 1)/(q + 1)"),
        ("p/3/(q + 1) + 1/2/(q + 1)", "(2*p + 3)/(6*(q + 1))"),
        # the highest degree first, of one degree what is added first, then by name
        ("1 - q + p*q + q^2", "p*q + q^2 - q + 1"), ("q - p", "q - p"), ("-p - q", "-p - q"),
        ("3 - 2*p^2 + p", "-2*p^2 + p + 3"),
        ("p*3/6", "p/2"), ("-2*p/3", "-2*p/3"), ("1/p^2", "1/p^2"), ("5/(2*p*q)", "5/p/q/2"), ("p^0", "1"),
        ("p - p", "0"),
    ],
)  # fmt: skip
def test_equal_quotients_have_one_form(written: str, form: str) -> None:
    assert text(to_expr(expanded(parse(written)))) == form


@pytest.mark.parametrize(
    ("written", "has"),
    [
        # of a sum the eighth power, of a number the thousandth, of a symbol the thousand millionth
        ("(p + q)^8", True), ("(p + q)^9", False), ("2^1000", True), ("2^1001", False), ("(3*p)^1000", True),
        ("(3*p)^1001", False), ("(p*q)^1000000000", True), ("(p*q)^1000000001", False), ("(-p)^1000000000", True),
        ("(-p)^1000000001", False), ("p^1000000001", False), ("1^1000000000", True), ("1^1000000001", False),
        # no negative powers, no fractions, no letters
        ("p^(-1)", False), ("p^(1/2)", False), ("2^p", False), ("p^(q/q)", True), ("0^0", True),
        ("1/0", False), ("p/(q - q)", False),
    ],
)  # fmt: skip
def test_which_powers_are_worked_out(written: str, has: bool) -> None:
    if has:
        assert expanded(parse(written)) is not None
    else:
        with pytest.raises(NoSize):
            expanded(parse(written))


@pytest.mark.parametrize(("degree", "divides"), [(2, True), (98, True), (99, True), (100, False), (150, False)])
def test_a_long_division_has_fewer_than_a_hundred_steps(degree: int, divides: bool) -> None:
    """p^n - 1 is p - 1 times n powers of p."""
    found = over(expanded(parse(f"p^{degree} - 1")), expanded(parse("p - 1")))
    powers = {((P, power),) if power else (): Fraction(1) for power in range(degree)}
    assert (found == powers) is divides
    assert divides or len(found) == 2


@pytest.mark.parametrize(
    ("written", "number"),
    [("3", "3"), ("0", "0"), ("p - p", "0"), ("p/p", "1"), ("p", None), ("p + 1", None), ("1/p", None), ("2.5", "5/2")],
)
def test_a_number_is_a_polynomial_without_symbols(written: str, number: str | None) -> None:
    found = expanded(parse(written))
    assert constant(found) == (None if number is None else Fraction(number))
    assert number is None or found == of_number(Fraction(number))


def test_numbers_alone_are_worked_as_polynomials() -> None:
    numbers = [Fraction(0), Fraction(1), Fraction(-2, 3), Fraction(5, 2)]
    for one, other in product(numbers, repeat=2):
        assert plus(of_number(one), of_number(other)) == of_number(one + other)
        assert times(of_number(one), of_number(other)) == of_number(one * other)
    assert to_expr({}) == Num("0")
