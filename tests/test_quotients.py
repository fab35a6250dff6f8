"""When one difference quotient says right, wrong or nothing: as digits grow, within its noise, on a kink."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from stepper.core.formula import text
from stepper.core.prose import Prose
from stepper.engine.graph.backward import backward
from stepper.engine.graph.difference_quotients import LEVELS, Differences, Level, uncertainty
from stepper.engine.graph.gradient_checking import _close, amount_of, check_gradient, judged, seeded
from stepper.engine.graph.options import with_conventions
from stepper.engine.values.arithmetic import Quantity
from stepper.engine.values.equations import Sheet
from stepper.engine.values.precision import precise
from stepper.engine.values.quantities import Settings
from stepper.engine.values.tape import Undefined
from tests.helpers import graph_of

number = precise().number


def said(prose: Prose) -> str:
    return "".join(part if isinstance(part, str) else text(part) for part in prose)


def checks(document: str, *wrt: str, kink: str = "", **asked: Any) -> list[tuple[str, bool | None, str]]:
    """The difference quotients of a derivation: what kind, how they came out, what is said."""
    graph = with_conventions(graph_of(document), [f"kink={kink}"] if kink else [])
    found = backward(graph, list(wrt), Settings(**asked)).checks
    return [(check.name, check.ok, said(check.note)) for check in found if "difference" in check.name]


DIGITS = ("", "with 120 digits", "with 400 digits", "with 1200 digits", "with 2400 digits")
UNSETTLED = "cannot be decided: with more digits the quotient does not converge"
GONE = "not applicable: log(0)"


@pytest.mark.parametrize(
    ("quotients", "gradient", "scale", "ok", "note"),
    [
        ("3", 3, 1, True, DIGITS[0]),
        ("4 3", 3, 1, True, DIGITS[1]),
        ("4 5 3", 3, 1, True, DIGITS[2]),
        ("4 4", 3, 1, False, DIGITS[1]),
        ("4 5 5", 3, 1, False, DIGITS[2]),
        ("4 5 6 7 7", 3, 1, False, DIGITS[4]),
        ("4 5 6 7 8", 3, 1, None, UNSETTLED),
        ("- 3", 3, 1, True, DIGITS[1]),
        ("- 4 4", 3, 1, False, DIGITS[2]),
        ("4 - 4 4", 3, 1, False, DIGITS[3]),  # what stays is seen between two that follow each other
        ("4 - 4 - 4", 3, 1, None, UNSETTLED),
        ("4 - 4 - -", 3, 1, None, GONE),
        ("- - - - -", 3, 1, None, GONE),
        ("- - - - 4", 3, 1, None, UNSETTLED),
        # two stay the same where their noise covers what they differ by
        ("4~1/2 5~1/2", 3, 1, False, DIGITS[1]),
        ("4~1/2 5~1/4 9~1/8 9", 3, 1, False, DIGITS[3]),
        # a right one whose noise hides the gradient itself is looked at again
        ("0~1 4 4", Fraction(1, 2), 1, False, DIGITS[2]),
        ("0~1 1/2", Fraction(1, 2), 1, True, DIGITS[1]),
        ("0~1 0~1 0~1 0~1 0~1", Fraction(1, 2), 1, True, DIGITS[4]),
        ("0~1 - - - -", Fraction(1, 2), 1, True, DIGITS[4]),
        ("1/2~1/2", Fraction(1, 2), 1, True, DIGITS[0]),
        ("0~1", 0, 1, True, DIGITS[0]),  # of a zero there is nothing to hide
        (
            "0~1",
            Fraction(1, 2),
            5 * 10**11,
            True,
            DIGITS[0],
        ),  # nor of what is nothing beside the terms it was added up from
    ],
)
def test_a_quotient_counts_once_it_stays(
    quotients: str, gradient: Fraction | int, scale: float, ok: bool | None, note: str
) -> None:
    """With more and more digits; ``-`` is not defined, and ``4~1`` is four give or take one."""
    given = dict(zip(LEVELS, quotients.split(), strict=False))

    def quotient(level: Level) -> tuple[Quantity, Quantity]:
        value, _, noise = given[level].partition("~")
        if value == "-":
            raise Undefined("log(0)", "L")
        return number(Fraction(value)), number(Fraction(noise or "0"))

    found = judged("central difference", "dL/dx", quotient, Fraction(gradient), scale)
    assert (found.name, found.of, found.ok, said(found.note)) == ("central difference", "dL/dx", ok, note)
    if ok is False:
        assert found.number == float(
            next(part for part in reversed(quotients.split()) if part != "-").partition("~")[0]
        )
    elif ok is None:
        assert found.number is None


def test_a_quotient_below_its_noise_is_shown_as_zero() -> None:
    for value, noise, expected in ((1, 2, 0), (2, 1, 2), (-2, 1, -2), (-1, 2, 0)):

        def quotient(_: Level, value: int = value, noise: int = noise) -> tuple[Quantity, Quantity]:
            return number(value), number(noise)

        right, wrong = judged("c", "x", quotient, Fraction(0), 10.0**13), judged("c", "x", quotient, Fraction(50), 1.0)
        assert (right.ok, right.number) == (True, expected)
        assert (wrong.ok, wrong.number) == (False, expected)


def test_where_the_right_gradient_is_zero_a_wrong_one_is_found_out() -> None:
    """Of a zero all digits are noise, and fewer of it with more of them: it stays zero all the same."""
    sheet = Sheet(graph_of("inputs: {x: 1/3}\nnodes: {L: (3*x - 1)^2*exp(x)}\n"), Settings())
    for claimed, ok in ((Fraction(1, 100), False), (Fraction(-1, 10**9), False), (Fraction(0), True)):
        found = check_gradient(Differences(sheet, "L"), "dL/dx", "x", claimed, 1.0, Fraction(1))
        assert (found.ok, found.number) == (ok, 0)


@pytest.mark.parametrize(
    ("found", "noise", "gradient", "scale", "close"),
    [
        ("3", "0", "3", 0, True), ("3 + 2e-8", "0", "3", 0, True), ("3 + 4e-8", "0", "3", 0, False),
        ("3 + 4e-8", "2e-8", "3", 0, True), ("300 + 2e-6", "0", "300", 0, True), ("300 + 4e-6", "0", "300", 0, False),
        ("1e-11", "0", "0", 9, False),
        ("1e-11", "0", "0", 11, True),
        ("-1e-11", "0", "0", 11, True), ("2e-11", "0", "0", 11, False), ("-3", "0", "3", 1, False),
        ("3 - 2e-8", "0", "3", 0, True), ("3 - 4e-8", "0", "3", 0, False), ("-3 - 2e-8", "0", "-3", 0, True),
    ],
)  # fmt: skip
def test_close_is_to_eight_digits_beyond_the_noise(
    found: str, noise: str, gradient: str, scale: float, close: bool
) -> None:
    """And to twelve of what was added up, where terms cancelled."""
    value = sum(map(Fraction, found.replace("- ", "-").replace("+ ", "").split()))
    assert _close(number(value), number(Fraction(noise)), Fraction(gradient), scale) is close


def test_what_arrives_multiplies_a_quotient_and_keeps_its_noise_positive() -> None:
    value, noise = seeded(lambda _: (number(3), number(Fraction(1, 4))), Fraction(-2))(LEVELS[0])
    assert (value, noise) == (-6, Fraction(1, 2))


def test_steps_balance_what_they_leave_out_and_what_they_lose() -> None:
    """A central quotient is off by the square of its step, and loses the digits of the step: a third of them is best,
    or a quarter.
    """
    steps = [(level.digits, level.first, level.second) for level in LEVELS]
    assert steps == [(50, 16, 12), (120, 40, 30), (400, 133, 100), (1200, 400, 300), (2400, 800, 600)]
    sheet = Sheet(graph_of("inputs: {x: 40, y: 1/3, z: -40}\nnodes: {L: x*y*z}\n"), Settings())
    quotients = Differences(sheet, "L")
    assert [quotients.step(name, 3) for name in "xyz"] == [Fraction(4, 100), Fraction(1, 1000), Fraction(4, 100)]


def test_a_quotient_may_be_off_by_a_million_squares_of_its_step_and_a_hundred_of_its_last_digits() -> None:
    for value, lost in ((0, 0), (3, 3), (-3, 3)):
        found = uncertainty(number(value), number(Fraction(1, 10**16)), 16, 50)
        assert float(found) == pytest.approx(1e-26 + lost * 1e-48 / 1e-16, rel=1e-12)
    assert float(uncertainty(number(5), number(Fraction(1, 10)), 30, 50)) == pytest.approx(1e-54 + 5e-47, rel=1e-12)


def test_a_node_without_a_formula_has_no_kink_and_what_stands_beside_is_not_moved() -> None:
    graph = graph_of("inputs: {x: 1}\nedges: [x -> a, a -> b]\noutput: b\n")
    assert Differences(Sheet(graph, Settings()), "b").kinks == set()
    beside = "inputs: {x: 0}\nnodes: {k: sqrt(x), m: relu(x), L: (x + 1)^2}\noutput: L\n"
    assert checks(beside, "x") == [("central difference", True, "")]


def test_leaves_are_moved_by_amounts_of_both_signs_in_no_simple_ratio() -> None:
    """So that no two mistakes of one size cancel, nor one of twice the size."""
    amounts = [amount_of(place) for place in range(60)]
    assert amounts[:2] == [1, -Fraction(1618033989, 10**9)]
    assert [amount < 0 for amount in amounts] == [place % 2 == 1 for place in range(60)]
    assert all(1 <= abs(amount) < 2 for amount in amounts)
    assert len({abs(amount) for amount in amounts}) == 60
    assert all(one + other and one - other and one + 2 * other for one in amounts for other in amounts if one != other)


# ---- on a kink

SIDE = "not applicable: on the kink, the slope taken is that of neither side"
ON = "a kink lies within the step"


@pytest.mark.parametrize(
    ("formula", "kink", "name", "ok", "note"),
    [
        ("relu(x)", "left", "difference from the left", True, ON),
        ("relu(x)", "right", "difference from the right", True, ON),
        ("relu(x)", "half", "central difference", True, ""),
        ("relu(x) + 10^40*x^3", "half", "mean of the one-sided differences", True, ON),
        ("max(x, 0, 0)", "", "one-sided difference", None, SIDE),
        ("relu(x)^2", "", "difference from the left", True, ON),
        ("relu(x) + y", "", "difference from the left", True, ON),
        ("relu(x) - relu(-x)", "", "one-sided difference", None, SIDE),
        # on one side alone there is a value
        ("relu(x) + x^1.5", "right", "difference from the right", True, ON),
        ("relu(x) + x^1.5", "left", "one-sided difference", None, SIDE),
        ("relu(x) + x^1.5", "half", "one-sided difference", None, SIDE),
        ("relu(x) + x + (-x)^1.5", "left", "difference from the left", True, ON),
        ("relu(x) + x + (-x)^1.5", "right", "one-sided difference", None, SIDE),
    ],
)  # fmt: skip
def test_on_a_kink_the_slope_is_that_of_a_side_or_their_mean(
    formula: str, kink: str, name: str, ok: bool | None, note: str
) -> None:
    assert checks(f"inputs: {{x: 0, y: 1}}\nnodes: {{L: '{formula}'}}\n", "x", kink=kink) == [(name, ok, note)]


def test_values_that_were_put_in_are_not_told_where_they_decide_nothing() -> None:
    """The first value put in, 7/10, stands on the kink."""
    assert checks("inputs: {x: }\nnodes: {L: 'max(x - 7/10, 0, 0)'}\n", "x") == [("one-sided difference", None, SIDE)]
