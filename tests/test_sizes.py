"""Sizes in letters: equal ones are equal however they are written, and have the values of their formulas."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from stepper.core.expr import Expr, Num, Sum, Sym
from stepper.core.formula import text
from stepper.core.parser import parse
from stepper.core.traverse import substitute
from stepper.engine.layers.counting import Count
from stepper.engine.layers.network import work
from stepper.engine.layers.shapes import shapes
from stepper.engine.layers.sizes import number, settle
from stepper.engine.layers.table import shape_words
from stepper.engine.values.polynomial import NoSize
from stepper.read.network import load_network
from stepper.render.look import Look
from stepper.render.text import render

VALUES: dict[Expr, Expr] = {Sym("p"): Num("17"), Sym("q"): Num("29"), Sym("r"): Num("43"), Sym("s"): Num("31")}


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


@pytest.mark.parametrize(
    ("size", "written"),
    [
        # terms: the highest degree first, of one degree those added, then by names; a number last
        ("2*q + p/2", "p/2 + 2*q"), ("2*q - p/2", "2*q - p/2"), ("-p - q/3 + r/5", "r/5 - p - q/3"),
        ("1 + q + q^2 - 3*p*q", "q^2 - 3*p*q + q + 1"),
        ("-1 - p", "-p - 1"), ("3 - p", "-p + 3"), ("p^2*q + p*q^2", "p^2*q + p*q^2"),
        ("q*p^2 - 2*p^3", "p^2*q - 2*p^3"),
        ("p - p", "0"), ("1/q + p", "p + 1/q"), ("-1/p/q + p/q", "p/q - 1/p/q"),
        # one term: numbers in front and below, powers where they belong
        ("p*2*q", "2*p*q"), ("p/q", "p/q"), ("1/q", "1/q"), ("3/q/2", "3/q/2"), ("p*p/q/q/q", "p^2/q^3"),
        ("-(p/2)^3", "-p^3/8"),
        ("2/3", "2/3"), ("-4/2", "-2"), ("p*0", "0"), ("p^0", "1"), ("(p - p)^0", "1"), ("-p*-q", "p*q"),
        ("p/q*q", "p"),
        # over a sum: one fraction, whole numbers in it, what is negative in front
        ("3*p/(2*r + 2*s)", "3*p/(2*(r + s))"), ("-p/(r + s)", "-p/(r + s)"),
        ("(-p - q)/(r + s)", "-(p + q)/(r + s)"),
        ("(q - p)/(r + s)", "(q - p)/(r + s)"), ("p/(r + s)/2 - q/(r + s)/3", "(3*p - 2*q)/(6*(r + s))"),
        ("-p/(r + s)/2 - q/(r + s)/3", "-(3*p + 2*q)/(6*(r + s))"), ("p/q/(r + s)", "p/q/(r + s)"),
        ("1/(r + s) - p", "-p + 1/(r + s)"), ("q - 1/(r + s)", "q - 1/(r + s)"),
        ("p/(r + s) + q/(r - s)", "p/(r + s) + q/(r - s)"),
        ("p/(r + s)/(p + q)", "p/((p + q)*(r + s))"), ("2/(r + s) + p", "p + 2/(r + s)"),
        ("1/(r + s) - 1/(p + q)", "1/(r + s) - 1/(p + q)"),
        # the sum below: its numbers whole and without a common factor, its first term added
        ("1/(2*p + 3)", "1/(2*p + 3)"), ("p/(3 - 2*q)", "-p/(2*q - 3)"), ("1/(r/2 + s/3)", "6/(3*r + 2*s)"),
        ("1/(4*p + 6*q)", "1/(2*(2*p + 3*q))"),
        ("1/(q + p^2)", "1/(p^2 + q)"), ("1/(p*q + p)", "1/p/(q + 1)"), ("1/(p^2*q + p*q^2)", "1/p/q/(p + q)"),
        ("p/(1 - q)", "-p/(q - 1)"),
        # powers of it
        ("p/(r + s)^2", "p/(r + s)^2"), ("(p*r + p*s)/(r + s)^2", "p/(r + s)"), ("1/(p - q)^3 + 1/(q - p)^3", "0"),
        ("r/(r + s)^2 + s/(r + s)^2", "1/(r + s)"), ("p/(r + s)^3*(r + s)", "p/(r + s)^2"),
        ("(p + q)^3/(p + q)^2/(p + q)", "1"),
        ("p*(r + s)/((r + s)*(p + q))", "p/(p + q)"), ("p/(q/(r + s))", "p*r/q + p*s/q"),
        ("p/(2*(r + s)/q)", "p*q/(2*(r + s))"),
        # what divides goes, whatever else stands below
        ("p/(r + s)/(p + q)*(r + s)", "p/(p + q)"), ("p/(r + s)/(p + q)*(p + q)", "p/(r + s)"),
        ("p/(r + s)^2/(p + q)*(r + s)", "p/((p + q)*(r + s))"),
        ("p/(r + s)^2/(p + q)*(p + q)", "p/(r + s)^2"), ("q/(p + q)/(r + s) + p/(p + q)/(r + s)", "1/(r + s)"),
        ("(p/q + 1/q)/(p + 1)", "1/q"),
        ("(p^3 - q^3)/(p - q)", "p^2 + p*q + q^2"), ("(p^2 + q^2)/(p + q)", "(p^2 + q^2)/(p + q)"),
        ("(p + q)/(p^2 - q^2)", "1/(p - q)"),
        ("(2*p + 2)/(3*p + 3)", "2/3"), ("(p^2 - 1)/(p + 1) + 1", "p"), ("1/q/(p + 1) + p/q/(p + 1)", "1/q"),
    ],
)  # fmt: skip
def test_a_size_is_written_in_one_way(size: str, written: str) -> None:
    """And has the value of its formula."""
    form = settle(parse(size), {})
    assert text(form) == written
    assert settle(parse(written), {}) == form
    assert number(settle(substitute(form, VALUES), {})) == number(settle(substitute(parse(size), VALUES), {}))


@pytest.mark.parametrize(
    ("power", "written"),
    [
        ("(p + q)^8/(p + q)^7", "p + q"), ("(p + q)^9", None), ("1/(p + q)^9", None), ("(p - p + q)^9", "q^9"),
        ("(2*p)^1000/(2*p)^999", "2*p"), ("(2*p)^1001", None), ("(p/3)^1001", None), ("2^1000/2^999", "2"),
        ("2^1001", None),
        ("p^1000000000/p^999999998", "p^2"), ("(-p*q)^1000000000", "p^1000000000*q^1000000000"),
        ("p^1000000001", None), ("(p - q)^0", "1"),
        ("p^(1 + 1)", "p^2"), ("p^(-1)", None), ("p^(1/2)", None), ("p^q", None), ("p^(q - q)", "1"),
        ("1/p^2", "1/p^2"), ("(1/p)^2", "1/p^2"),
        ("0^3", "0"), ("0^5000", "0"), ("1/0^2", None), ("1/(p - p)", None), ("p/(q - q + 2)", "p/2"),
    ],
)  # fmt: skip
def test_powers_are_worked_out_up_to_a_limit(power: str, written: str | None) -> None:
    """The 8th of a sum, the 1000th of a number, the 10^9th of a name; what is no size is refused."""
    if written is None:
        with pytest.raises(NoSize):
            settle(parse(power), {})
    else:
        assert text(settle(parse(power), {})) == written


@pytest.mark.parametrize(("power", "divided"), [(1, True), (3, True), (99, True), (100, False), (140, False)])
def test_a_quotient_of_up_to_99_terms_is_worked_out(power: int, divided: bool) -> None:
    """p^n - q^n over p - q is p^(n - 1) + p^(n - 2)*q + ... + q^(n - 1), n terms."""
    found = settle(parse(f"(p^{power} - q^{power})/(p - q)"), {})
    assert text(found).count("/") == (not divided)
    assert len(found.operands if isinstance(found, Sum) else [found]) == (power if divided else 1)


SIZES = st.recursive(
    st.sampled_from(["p", "q", "r", "1", "2", "3"]),
    lambda inner: st.tuples(inner, st.sampled_from("+-*/"), inner).map(
        lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"
    ),
    max_leaves=6,
)


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
    network = load_network(
        None, f"{TWO_WAYS.rstrip()} {more}" if more.startswith("-> [") else f"{TWO_WAYS}{more[3:]}", None, None
    )
    worked = work(network, {})
    assert not worked.problems, worked.problems
    assert not any("broadcast" in str(note) for done in worked.layers for note in done.notes)
    words = [part if isinstance(part, str) else text(part) for part in shape_words(worked.layers[-1].output, "CHW")]
    assert "".join(words).replace(" ", "").replace("*", "·") == shape


def test_a_number_divided_by_letters_is_no_integer() -> None:
    assert number(settle(parse("7/2"), {})) == Fraction(7, 2)
    written = render(shapes(load_network(None, TWO_WAYS, None, None), {}, Count())[0], Look())
    assert "(p + q)×8×8" in written


@pytest.mark.parametrize(
    ("size", "written"),
    [
        ("floor(p)", "p"), ("ceil(2*p + 3*p*q)", "3*p*q + 2*p"), ("floor(floor(p/2)*q + 1)", "floor(p/2)*q + 1"),
        ("floor(p/2)", "floor(p/2)"), ("ceil(p/q)", "ceil(p/q)"), ("floor(p/(q + r))", "floor(p/(q + r))"),
        ("floor(max(p, q))", "floor(max(p, q))"), ("floor(p')", "floor(p')"), ("floor(p[1])", "floor(p[1])"),
        ("floor(where(p > 3, p, q))", "floor(where(p > 3, p, q))"), ("floor(where(2 > 1, p, q))", "p"),
    ],
)  # fmt: skip
def test_rounding_leaves_what_is_an_integer_for_all_integers(size: str, written: str) -> None:
    """Symbols and what is rounded itself, their sums and products; of all else nothing is said."""
    assert text(settle(parse(size), {})) == written


@pytest.mark.parametrize(
    ("size", "written"),
    [
        # rounded once what was rounded twice, over numbers and letters
        ("floor(floor(p/2)/2)", "floor(p/4)"), ("floor((floor((p - 2)/2) + 1 - 2)/2) + 1", "floor(p/4)"),
        ("floor((floor(p/2) + 3*q)/5)", "floor(p/10 + 3*q/5)"), ("ceil(ceil(p/2)/3)", "ceil(p/6)"),
        ("floor(floor(p/q)/q)", "floor(p/q^2)"),
        # integers stand before it
        ("floor(p/2 - 3) + 1", "floor(p/2) - 2"), ("floor((p - 1)/2) + 1", "floor(p/2 + 1/2)"),
        ("floor(p + 1/2)", "p"), ("ceil(p + 1/2)", "p + 1"), ("floor(p/3 - q)", "floor(p/3) - q"),
        # and not where that would be another number
        ("floor(ceil(p/2)/2)", "floor(ceil(p/2)/2)"), ("ceil(floor(p/2)/2)", "ceil(floor(p/2)/2)"),
        ("floor((floor(p/2) + q/3)/2)", "floor(floor(p/2)/2 + q/6)"),
        ("floor(3*floor(p/2)/2)", "floor(3*floor(p/2)/2)"),
        ("floor(q*floor(p/2)/3)", "floor(floor(p/2)*q/3)"),
    ],
)  # fmt: skip
def test_a_quotient_is_rounded_once(size: str, written: str) -> None:
    assert text(settle(parse(size), {})) == written
    assert settle(parse(size), VALUES) == settle(parse(written), VALUES)
