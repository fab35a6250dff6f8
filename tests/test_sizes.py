"""Sizes in letters: equal ones are equal however they are written, and have the values of their formulas."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from stepper.core.expr import Expr, Num, Sym, substitute
from stepper.core.formula import text
from stepper.core.parser import parse
from stepper.engine.counting import Count
from stepper.engine.layers import work
from stepper.engine.polynomial import NoSize
from stepper.engine.shapes import shapes
from stepper.engine.shapetable import shape_words
from stepper.engine.sizes import number, settle
from stepper.read.network import load_network
from stepper.render.look import Look
from stepper.render.text import render


@pytest.mark.parametrize(
    ("one", "other", "written"),
    [
        ("p + q", "q + p", "p + q"),
        ("n - k + 1", "1 - k + n", "n - k + 1"),
        ("(p + q)*(p - q)", "p^2 - q^2", "p^2 - q^2"),
        ("floor((p + q)/2)", "floor((q + p)/2)", "floor(p/2 + q/2)"),
        ("max([p, q])", "max(q, p)", "max(p, q)"),
        ("1/(p - q)", "-1/(q - p)", "1/(p - q)"),
        ("(2*p + 2*q)/(4*r + 4*s)", "(q + p)/(s + r)/2", "(p + q)/(2*(r + s))"),
        ("(r + s)*(p/(r + s))", "p", "p"),
        ("r/(r + s) + s/(s + r)", "1", "1"),
        ("(p^2 - q^2)/(q - p)", "-p - q", "-p - q"),
        ("p/(p^2 + p*q)", "1/(q + p)", "1/(p + q)"),
        ("(p + q)/(p + q)^2", "1/(q + p)", "1/(p + q)"),
        ("prod([r + s, 8*p/(s + r), 3])", "24*p", "24*p"),
        ("(q*p)^90*p", "p^91*q^90", "p^91*q^90"),
    ],
)
def test_equal_sizes_have_one_form(one: str, other: str, written: str) -> None:
    assert settle(parse(one), {}) == settle(parse(other), {})
    assert text(settle(parse(one), {})) == written


SIZES = st.recursive(
    st.sampled_from(["p", "q", "r", "1", "2", "3"]),
    lambda inner: st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"),
    max_leaves=6,
)
VALUES: dict[Expr, Expr] = {Sym("p"): Num("17"), Sym("q"): Num("29"), Sym("r"): Num("43")}


@given(SIZES, SIZES)
@settings(max_examples=60, deadline=None)
def test_sizes_have_the_values_of_their_formulas_in_any_order(one: str, other: str) -> None:
    try:
        form = settle(parse(f"{one} + {other}"), {})
        value = number(settle(parse(f"{one} + {other}"), VALUES))
    except NoSize:
        assume(False)
        raise
    assert number(settle(substitute(form, VALUES), {})) == value
    assert settle(form, {}) == form
    assert settle(parse(f"{other} + {one}"), {}) == form
    assert settle(parse(f"({one} + {other}) - ({text(form)})"), {}) == Num("0")


TWO_WAYS = """input: 3x8x8
a = Conv2d(3, p, 3, padding=1, from=input)
b = Conv2d(3, q, 3, padding=1, from=input)
one = Concat(a, b)
other = Concat(b, a)
both = Add(one, other)
"""


@pytest.mark.parametrize(
    ("more", "shape"),
    [
        ("", "(p+q)×8×8"),
        ("-> [q+p, 8, 8]", "(p+q)×8×8"),
        ("-> Conv2d(q+p, p+q, 1, groups=p+q)", "(p+q)×8×8"),
        ("-> BatchNorm2d(q+p)", "(p+q)×8×8"),
        ("-> Flatten -> Unflatten(1, (q+p, 64))", "(p+q)×64"),
        ("-> Flatten -> Unflatten(1, (p+q, -1))", "(p+q)×64"),
        ("-> Unflatten(1, (p+q, -1)) -> Flatten", "(64·p+64·q)"),
        ("-> Reshape([-1, q+p])", "64×(p+q)"),
    ],
)
def test_letters_in_any_order_are_the_same_channels(more: str, shape: str) -> None:
    network = load_network(None, f"{TWO_WAYS.rstrip()} {more}" if more.startswith("-> [") else f"{TWO_WAYS}{more[3:]}", None, None)
    worked = work(network, {})
    assert not worked.problems, worked.problems
    assert not any("broadcast" in str(note) for done in worked.layers for note in done.notes)
    words = [part if isinstance(part, str) else text(part) for part in shape_words(worked.layers[-1].output, "CHW")]
    assert "".join(words).replace(" ", "").replace("*", "·") == shape


def test_a_number_divided_by_letters_is_no_integer() -> None:
    assert number(settle(parse("7/2"), {})) == Fraction(7, 2)
    written = render(shapes(load_network(None, TWO_WAYS, None, None), {}, Count())[0], Look())
    assert "(p + q)×8×8" in written
