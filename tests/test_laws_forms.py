"""Laws of comparing: how exactly a number is meant, which formulas can be told apart by their form, and what SymPy is
asked.
"""

from __future__ import annotations

from fractions import Fraction

import pytest

from stepper.core.expr import Array, Expr, Sym, Value, add_all, multiply
from stepper.core.formula import text
from stepper.core.parser import parse
from stepper.core.traverse import meant
from stepper.engine.values.canonical import _Form, canonical, same
from stepper.engine.values.equality import Algebra
from stepper.engine.values.judging import Judgement, Verdict, compared, judge, judge_number, spelling, together
from stepper.engine.values.polynomial import NoSize, Polynomial
from stepper.engine.values.symbolic import closed_form, derives, derives_at, equal, to_sympy
from stepper.engine.values.symbolic_limits import TooLarge
from stepper.engine.values.vocabulary import Vocabulary
from tests.test_laws_equality import words

PLAIN = Vocabulary({}, {})

# ---- how exactly a number is meant


@pytest.mark.parametrize(
    ("written", "decimals", "unit", "digits", "whole"),
    [
        ("700", 0, 1, 3, True), ("1200", 0, 1, 4, True), ("0", 0, 1, 0, True), ("0.7", 1, "1/10", 1, False),
        ("12.5", 1, "1/10", 3, False), ("0.00120", 5, "1/100000", 3, False), ("7e2", 0, 100, 1, False),
        ("7.0e2", 1, 10, 2, False), ("7E-3", 0, "1/1000", 1, False), ("7.25e1", 2, "1/10", 3, False),
        ("7.2e1", 1, 1, 2, False), ("70*10^1", 0, 10, 2, False), ("7*10^(-2)", 0, "1/100", 1, False),
        ("-0.5", 1, "1/10", 1, False), ("-(-3)", 0, 1, 1, True), ("7*10^0", 0, 1, 1, False),
        ("-2.5*10^2", 1, 10, 2, False),
    ],
)  # fmt: skip
def test_the_last_written_place_says_how_exactly_a_number_is_meant(
    written: str, decimals: int, unit: int | str, digits: int, whole: bool
) -> None:
    """One unit of it; zeros in front are no digits; an integer claims a whole number."""
    found = spelling(parse(written))
    assert found is not None
    assert (found.decimals, found.unit, found.digits, found.whole) == (decimals, Fraction(unit), digits, whole)


@pytest.mark.parametrize(
    "written",
    ["1/3", "sqrt(2)", "x", "7*10^x", "7*10^(1/2)", "5*100", "7*11^2", "x*10^2", "7/10^2", "2*7*10^2", "1 + 1"],
)
def test_what_claims_an_exact_number_has_no_last_place(written: str) -> None:
    assert spelling(parse(written)) is None


NINE, EIGHTEEN, TWELVE = Fraction(1, 10**9), Fraction(1, 10**18), Fraction(1, 10**12)
JUST, OVER = Fraction(99, 100), Fraction(101, 100)


@pytest.mark.parametrize(
    ("written", "claimed", "found", "verdict"),
    [
        # an exact claim about a rounded number: nine digits of the larger of the two, and below 10^-18 nothing
        (None, 3, float(3 * (1 + JUST * NINE)), "right"), (None, 3, float(3 * (1 + OVER * NINE)), "wrong"),
        (None, -3, float(-3 * (1 + JUST * NINE)), "right"), (None, -3, float(-3 * (1 + OVER * NINE)), "wrong"),
        (None, 0, float(JUST * EIGHTEEN), "right"), (None, 0, float(OVER * EIGHTEEN), "wrong"),
        (None, 0, float(-JUST * EIGHTEEN), "right"), (None, 3, Fraction(3), "right"),
        (None, 3, 3 + NINE / 10**9, "wrong"), (None, "1.999999998", 2.0, "right"),
        (None, "-1.999999998", -2.0, "right"),
        # a whole number about a rounded one: twelve digits, else it is right to the nearest whole number, up to a half
        ("3", 3, float(3 * (1 + JUST * TWELVE)), "right"),
        ("3", 3, float(3 * (1 + OVER * TWELVE)), "right to the nearest whole number only"),
        ("3", 3, 3.5, "right to the nearest whole number only"),
        ("3", 3, 2.5, "right to the nearest whole number only"),
        ("3", 3, 3.51, "wrong"), ("3", 3, 2.49, "wrong"),
        ("3", 3, Fraction(7, 2), "right to the nearest whole number only"), ("3", 3, Fraction(351, 100), "wrong"),
        ("0", 0, float(JUST * EIGHTEEN), "right"),
        ("0", 0, float(OVER * EIGHTEEN), "right to the nearest whole number only"),
        # a decimal: half a unit of its last place, or less than one unit towards zero
        ("0.3", "0.3", Fraction(7, 20), "right to the digits written"),
        ("0.3", "0.3", Fraction(351, 1000), "truncated"),
        ("0.3", "0.3", Fraction(399, 1000), "truncated"), ("0.3", "0.3", Fraction(2, 5), "wrong"),
        ("0.3", "0.3", Fraction(1, 4),
         "right to the digits written"), ("0.3", "0.3", Fraction(249, 1000), "wrong"),
             ("-0.3", "-0.3", Fraction(-399, 1000), "truncated"),
        ("-0.3", "-0.3", Fraction(-2, 5), "wrong"), ("-0.3", "-0.3", Fraction(-249, 1000), "wrong"),
        ("0.0", "0", Fraction(99, 1000), "truncated"), ("0.0", "0", Fraction(-99, 1000), "truncated"),
        ("0.0", "0", Fraction(1, 10), "wrong"), ("0.3", "0.3", Fraction(0), "wrong"),
        ("-0.3", "-0.3", Fraction(0), "wrong"), ("0.3", "0.3", 0.0, "wrong"), ("0.04", "0.04", Fraction(0), "wrong"),
        ("0.3", "0.3", Fraction(-3, 10), "wrong"), ("0.3", "0.3", 0.35, "right to the digits written"),
        ("0.3", "0.3", 0.4, "wrong"), ("0.3", "0.3", 0.399, "truncated"),
        ("7e2", "700", 750.0, "right to the digits written"), ("7e2", "700", 751.0, "wrong"),
        ("7.0e2", "700", 709.0, "truncated"),
        # up to twelve digits of a rounded number can be borne out exactly
        ("0.5", "0.5", 0.5, "right"), ("0.123456789012", "0.123456789012", 0.123456789012, "right"),
        ("0.1234567890123", "0.1234567890123", 0.1234567890123, "right to the digits written"),
        ("0.5", "0.5", Fraction(1, 2), "right"), ("0.5", "0.5", Fraction(1, 2) + TWELVE, "right to the digits written"),
    ],
)  # fmt: skip
def test_how_far_off_a_number_may_be(
    written: str | None, claimed: int | str, found: float | Fraction, verdict: str
) -> None:
    spelled = None if written is None else spelling(parse(written))
    assert judge_number(spelled, Fraction(claimed), found).verdict.value == verdict


@pytest.mark.parametrize(
    ("claimed", "found", "verdict"),
    [
        (Fraction(3, 10), Fraction(3, 10), "right"), (Fraction(3, 10), Fraction(3, 10) + TWELVE, "wrong"),
        # where one of the two is itself rounded, nine digits are compared: sqrt(2)^2 is 2
        (0.1 + 0.2, Fraction(3, 10), "right"), (Fraction(3, 10), 0.1 + 0.2, "right"), (0.1 + 0.2, 0.3, "right"),
        (0.3, 0.3, "right"), (float(3 * (1 + JUST * NINE)), Fraction(3), "right"),
        (float(3 * (1 + OVER * NINE)), Fraction(3), "wrong"), (1e-19, Fraction(0), "right"),
        (1e-17, Fraction(0), "wrong"),
    ],
)  # fmt: skip
def test_a_claim_without_a_last_place_is_exact_where_both_are(
    claimed: float | Fraction, found: float | Fraction, verdict: str
) -> None:
    assert judge_number(None, claimed, found).verdict.value == verdict


def test_of_several_judgements_the_worst_counts_and_as_many_as_six_are_named() -> None:
    wrong, right = Judgement(Verdict.WRONG, ("is 2, not 3",)), Judgement(Verdict.ROUNDED)
    open_ = Judgement(Verdict.UNDECIDED)
    assert together({}) == Judgement(Verdict.RIGHT)
    assert together({"a": right, "b": Judgement(Verdict.RIGHT)}) == Judgement(Verdict.ROUNDED)
    said = {
        count: together({"a": right, **{f"[{place}]": wrong for place in range(1, count + 1)}})
        for count in (1, 6, 7, 9)
    }
    named = [f"[{place}] is 2, not 3" for place in range(1, 7)]
    more = {
        1: named[0],
        6: ", ".join(named),
        7: ", ".join(named) + ", and 1 more",
        9: ", ".join(named) + ", and 3 more",
    }
    assert {count: words(found.note) for count, found in said.items()} == more
    assert {found.verdict for found in said.values()} == {Verdict.WRONG}
    undecided = together({"a": open_, "b": right})
    assert (undecided.verdict, words(undecided.note)) == (Verdict.UNDECIDED, "a")
    assert words(together({"a": open_, "b": wrong}).note) == "b is 2, not 3"


@pytest.mark.parametrize(
    ("written", "claimed", "found", "verdict", "note"),
    [
        # one number is an array of one, whichever way round, and nothing else is
        ("3", "3", "[3]", "right", ""), ("[3]", "[3]", "3", "right", ""), ("3", "3", "[[3]]", "right", ""),
        ("[3]", "[3]", "[[3]]", "wrong", "it is 1×1, and what is written 1 numbers"),
        ("4", "4", "[3]", "wrong", "[1] is 3, not 4"), ("[4]", "[4]", "3", "wrong", "[1] is 3, not 4"),
        ("3", "3", "[3, 3]", "wrong", "it is 2 numbers, and what is written a number"),
        ("[3, 3]", "[3, 3]", "3", "wrong", "it is a number, and what is written 2 numbers"),
        ("[[1, 2], [3, 4]]", "[[1, 2], [3, 4]]", "[[1, 2], [3, 5]]", "wrong", "[2,2] is 5, not 4"),
        ("[[1], [3, 4]]", "[[1], [3, 4]]", "[1, 2]", "wrong", "its rows are of different lengths"),
        ("[1, 2]", "[1, 2]", "[[1], [3, 4]]", "wrong", "its rows are of different lengths"),
        ("[[[1], [3, 4]]]", "[[[1], [3, 4]]]", "[1, 2]", "wrong", "its rows are of different lengths"),
        # the digits of each entry count where entries are written, and what it comes to elsewhere
        ("[0.3, 0.7]", "[0.3, 0.7]", "[1/3, 2/3]", "right to the digits written", ""),
        ("[0.3, 0.6]", "[0.3, 0.6]", "[1/3, 2/3]", "truncated", ""), ("y", "[0.3, 0.7]", "[1/3, 2/3]", "wrong",
         "[1] is 1/3, not 3/10, [2] is 2/3, not 7/10"),
    ],
)  # fmt: skip
def test_arrays_beside_arrays(written: str, claimed: str, found: str, verdict: str, note: str) -> None:
    judged = judge(parse(written), _worked(claimed), _worked(found), Algebra(PLAIN))
    assert (judged.verdict.value, words(judged.note)) == (verdict, note)


def _worked(written: str | Expr) -> Expr:
    """An array with its numbers put in."""
    expr = parse(written) if isinstance(written, str) else written
    if isinstance(expr, Array):
        return Array(tuple(map(_worked, expr.items)))
    return Value(Fraction(to_sympy(expr, PLAIN).p, to_sympy(expr, PLAIN).q))


@pytest.mark.parametrize(
    ("written", "digits"), [("0.1", 0), ("12", 0), ("0.123", 1), ("0.1235", 2), ("123.457", 4), ("0.00012346", 3)]
)
def test_a_number_found_is_shown_with_the_digits_that_the_comparison_takes(written: str, digits: int) -> None:
    """Two fewer than were written, on top of those that are shown anyway; an exact claim changes nothing."""
    number = Value(0.123456)
    found = compared(Sym("y"), parse(written), parse(written), number, Algebra(PLAIN)).found
    assert found == Value(0.123456, digits)
    assert compared(Sym("y"), parse("1/8"), Value(Fraction(1, 8)), number, Algebra(PLAIN)).found == number


# ---- formulas in their one form

FREE = ["x", "x'", "dL/dx", "∂h/∂x", "x[1]", "x[2]", "y"]
BOUND = ["pi", "e", "sin(x)", "sqrt(2)", "2^x", "where(x > 0, x, 1)", "x^(1/2)"]


def read(written: str) -> Expr:
    """With constants for what they are."""
    return meant(parse(written), ())


@pytest.mark.parametrize("one", FREE)
@pytest.mark.parametrize("other", [*FREE, *BOUND, "3"])
def test_formulas_differ_where_their_parts_are_free_of_one_another(one: str, other: str) -> None:
    """Names, entries, next values and derivatives may be any numbers; constants and what is worked out of names may
    not.
    """
    expected = True if one == other else None if other in BOUND else False
    assert same(read(one), read(other)) is expected
    assert same(read(other), read(one)) is expected
    assert same(read(f"2*({one})"), read(f"3*({one})")) is False


@pytest.mark.parametrize("one", BOUND)
def test_parts_that_are_worked_out_may_be_equal_in_another_way(one: str) -> None:
    assert same(read(one), read(one)) is True
    assert same(read(f"1/({one})"), read(f"2/({one})")) is None
    assert all(same(read(one), read(other)) is None for other in BOUND if other != one)


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("x^1*y/y", "x"), ("(x + y)*(x - y)", "x^2 - y^2"), ("1/(2*x - 2)", "1/2/(x - 1)"),
        ("x/(1 - x)", "(-x)/(x - 1)"), ("(x^2*y + x*y)/(x*y^2)", "(x + 1)/y"), ("(x^2 + x)/x^3", "(x + 1)/x^2"),
        ("x^y*x", "x*x^y"), ("x' + x'", "2*x'"), ("f([y + x, 2*x/2])", "f([x + y, x])"),
        ("where(x + x > y*x, x - x, 1)", "where(2*x > x*y, 0, 1)"), ("0/x", "0"), ("x - x", "0"), ("1/x - 1/x", "0"),
        ("1/x + 2/x", "3/x"), ("1/x + 1/y", "(x + y)/(x*y)"), ("1 + 1/x", "(x + 1)/x"),
        # of fractions that are powers the whole part is taken out
        ("x^(5/2)", "x^2*x^(1/2)"), ("x^(-1/2)", "x^(1/2)/x"), ("x^(1/2)", "x^(1/2)"), ("(x - x)^(1/2)", "0^(1/2)"),
        ("x^0", "1"), ("0^0", "1"), ("x^-2", "1/x^2"), ("(x + 1)^-1", "1/(x + 1)"),
    ],
)  # fmt: skip
def test_a_formula_has_one_form(written: str, form: str) -> None:
    """What stands above and below alike is gone, and below the first number is 1."""
    found = canonical(parse(written))
    assert text(found) == form
    assert same(found, parse(form)) is True
    assert found == canonical(parse(form))
    assert canonical(found) == found


@pytest.mark.parametrize(
    ("written", "has"),
    [
        ("x^64", True), ("x^65", False), ("x^-64", True), ("x^-65", False), ("x^(129/2)", False), ("1/0", False),
        ("0^-1", False), ("x/(x - x)", False), ("[x]", False), ("f([x])", True), ("x @ y", False),
    ],
)  # fmt: skip
def test_where_a_formula_has_no_form(written: str, has: bool) -> None:
    """A division by zero, a high power, an array; none is said to differ."""
    if has:
        assert canonical(parse(written)) is not None
        return
    with pytest.raises(NoSize):
        canonical(parse(written))
    assert same(parse(written), parse("x")) is None
    assert same(parse("x"), parse(written)) is None


def product_of(left: int, right: int) -> Expr:
    """A sum of so many names times a sum of so many others."""
    sums = (
        add_all([("+", Sym(f"{name}{place}")) for place in range(count)]) for name, count in (("x", left), ("y", right))
    )
    return multiply(*sums)


def test_a_form_has_up_to_two_thousand_terms() -> None:
    assert same(product_of(40, 50), product_of(50, 40)) is False
    assert same(product_of(23, 87), Sym("x")) is None  # 2001 terms


def test_a_form_is_made_with_a_number_of_products(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of what stands above fractions, and of what stands below: 5*10 and 1."""
    monkeypatch.setattr("stepper.engine.values.canonical.MOST_PRODUCTS", 102)
    assert canonical(add_all([("+", product_of(5, 10)), ("+", product_of(10, 5))])) is not None
    with pytest.raises(NoSize, match="more than 102 products"):
        canonical(add_all([("+", product_of(5, 10)), ("+", product_of(3, 17))]))


@pytest.mark.parametrize(("last", "refused"), [(100, False), (101, True)])
def test_a_form_takes_up_to_fifty_thousand_products(last: int, refused: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of all its parts together: here of 499 times 100 terms and then some."""
    monkeypatch.setattr("stepper.engine.values.canonical.times", lambda *_: {})
    form = _Form()
    terms: list[Polynomial] = [
        {((Sym(f"x{place}"), 1),): Fraction(1) for place in range(count)} for count in (499, 100, last, 1)
    ]
    form.times(terms[0], terms[1])
    if refused:
        with pytest.raises(NoSize, match="more than 50,000 products"):
            form.times(terms[2], terms[3])
    else:
        assert form.times(terms[2], terms[3]) == {}


def test_a_rounded_number_has_no_form() -> None:
    assert same(multiply(Value(0.5), Sym("x")), parse("x/2")) is None
    assert same(multiply(Value(Fraction(1, 2)), Sym("x")), parse("x/2")) is True


# ---- what SymPy is asked


@pytest.mark.parametrize(
    ("base", "most"),
    [("2", 33_333), ("3", 33_333), ("5", 25_000), ("1/2", 33_333), ("3/4", 20_000), ("-5", 25_000), ("1000", 9_090)],
)
def test_a_power_of_numbers_has_up_to_a_hundred_thousand_bits(base: str, most: int) -> None:
    """Those of the number above and of that below the bar, times the exponent."""
    for sign in ("", "-"):
        assert to_sympy(parse(f"({base})^({sign}{most})"), PLAIN) is not None
        with pytest.raises(TooLarge):
            to_sympy(parse(f"({base})^({sign}{most + 1})"), PLAIN)
    assert to_sympy(parse(f"x^{most + 1} + (x + {base})^{most + 1}"), PLAIN) is not None
    assert equal(parse(f"({base})^{most + 1}"), parse(f"({base})^{most + 1} + x"), PLAIN) is False


@pytest.mark.parametrize(
    ("formula", "claimed", "proved"),
    [
        ("x^2", "2*x", True), ("x^2", "x + x", True), ("(x + 1)^2", "2*x + 2", True),
        ("x^2", "2*x*(sin(x)^2 + cos(x)^2)", True), ("x^2", "3*x", False), ("x^2", "2*x + 10^(-11)", False),
        ("x^2*y", "2*x*y", True), ("x^2*y", "2*y", False), ("y^2", "0", True),
        # too close to be told from it at a point, and not proved
        ("x^2", "2*x + 10^(-13)", None), ("sin(x)", "cos(x) + 10^(-20)*exp(x)", None),
        # a function that is known by name alone
        ("f(x)", "f'(x)", True), ("f(x)", "f(x)", None), ("x*f(x)", "f(x) + x*f'(x)", True), ("f(x)", "2*f'(x)", None),
    ],
)  # fmt: skip
def test_a_derivative_is_proved_or_found_to_differ_or_neither(formula: str, claimed: str, proved: bool | None) -> None:
    from stepper.core.graph import Function

    known = Vocabulary({"f": Function("f")}, {})
    assert derives(parse(formula), Sym("x"), parse(claimed), {}, known) is proved


@pytest.mark.parametrize(
    ("formula", "at", "slope", "agrees"),
    [
        ("x^2", "3", "6", True), ("x^2", "3", "7", False), ("x^2", "1/3", "2/3", True),
        ("where(x > 0, x^2, 3*x)", "2", "4", True), ("where(x > 0, x^2, 3*x)", "-1", "3", True),
        ("where(x > 0, x^2, 3*x)", "-1", "-2", False), ("(2*x + 1)^3/x", "1", "27", True),
        # what would be a number of more than a hundred thousand bits is not worked out
        ("x^30000", "2", "30000*2^29999", True), ("x^40000", "2", "0", None), ("x^40000", "1/2", "0", None),
        ("3*x^50000*x^y", "2", "0", None),
        ("(x + 1)^40000", "2", "0", None), ("x^3", "10^9999", "3*10^19998", True), ("x^5", "10^9999", "0", None),
        # and a power of what is no such number stays as it is
        ("sin(x)^200000", "0", "0", True), ("cos(x)^200000", "0", "1", False),
        ("f(x)", "2", "1", None),
    ],
)  # fmt: skip
def test_a_derivative_is_compared_at_a_point(formula: str, at: str, slope: str, agrees: bool | None) -> None:
    from stepper.core.graph import Function

    place, value = (to_sympy(parse(each), PLAIN) for each in (at, slope))
    point, claimed = Fraction(int(place.p), int(place.q)), Value(Fraction(int(value.p), int(value.q)))
    known = Vocabulary({"f": Function("f")}, {})
    assert derives_at(parse(formula), Sym("x"), claimed, {Sym("x"): point, Sym("y"): Fraction(2)}, known) is agrees


@pytest.mark.parametrize(
    ("off", "agrees"),
    [
        ("0", True),
        ("99/100*10^(-12)", True),
        ("-99/100*10^(-12)", True),
        ("101/100*10^(-12)", False),
        ("1/1000", False),
    ],
)
def test_a_rounded_derivative_is_compared_to_twelve_digits(off: str, agrees: bool) -> None:
    """As a share of its size: here of 6, and of a thousandth."""
    for at in (Fraction(3), Fraction(1, 2000)):
        share = to_sympy(parse(off), PLAIN)
        claimed = Value(float(2 * at * (1 + Fraction(int(share.p), int(share.q)))))
        assert derives_at(parse("x^2"), Sym("x"), claimed, {Sym("x"): at}, PLAIN) is agrees


@pytest.mark.parametrize(
    ("written", "closed"),
    [
        ("sqrt(8)/2 + 0*x", "sqrt(2)"), ("x + x", "2*x"), ("-(x - y)", "y - x"), ("-3 - 2*y + x", "x - 3 - 2*y"),
        ("-x/y", "-x/y"), ("sin(x)^2 + cos(x)^2", "1"), ("(-x)*(-y)", "x*y"), ("x^(1/2)", "sqrt(x)"),
        ("x^(2/3)", "x^(2/3)"), ("x/y^2", "x/y^2"), ("pi + 1", "1 + pi"), ("e*x", "e*x"), ("exp(1)", "e"),
        ("1 - sqrt(2)/6", "1 - sqrt(2)/6"),
        ("sqrt(2)*x/sqrt(y)", "x*sqrt(2)/sqrt(y)"),
        ("-sqrt(2)", "-sqrt(2)"), ("where(x > 0, x, 1)", None), ("1 + where(x > 0, x, 1)", None),
        ("x*where(x > 0, x, 1)", None), ("2/3 - tanh(x)", "2/3 - tanh(x)"), ("-3/4*x", "-3*x/4"), ("x - 1", "x - 1"),
    ],
)  # fmt: skip
def test_a_closed_form_is_written_as_by_hand(written: str, closed: str | None) -> None:
    """What is added in front of what is taken away, a minus in front of a product, roots as roots; none of what is no
    formula there.
    """
    found = closed_form(read(written), PLAIN)
    assert (None if found is None else text(found)) == closed
