"""When a check says right, wrong or nothing: number by number, and in the words that stand beside it."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import islice

import pytest

from stepper.core.expr import Value
from stepper.core.formula import text
from stepper.core.parser import parse
from stepper.core.steps import Check, Note, Prose, Table
from stepper.engine.adjoints import Gradients
from stepper.engine.answers import with_conventions
from stepper.engine.arithmetic import Quantity
from stepper.engine.backward import backward, question_of
from stepper.engine.check import (
    LEVELS,
    TOGETHER,
    Differences,
    Level,
    _close,
    _noise,
    amount_of,
    check_gradient,
    check_together,
    judged,
    seeded,
)
from stepper.engine.evaluate import Undefined
from stepper.engine.precision import precise
from stepper.engine.quantities import Settings
from stepper.engine.verify import _agree, _primes, checks_of, checks_step
from stepper.engine.worked import Sheet
from tests.helpers import graph_of

number = precise().number


def said(prose: Prose) -> str:
    return "".join(part if isinstance(part, str) else text(part) for part in prose)


def checks(document: str, *wrt: str, kink: str = "", **asked: bool) -> list[tuple[str, bool | None, str]]:
    """The difference quotients of a derivation: what kind, how they came out, what is said."""
    graph = with_conventions(graph_of(document), [f"kink={kink}"] if kink else [])
    found = backward(graph, list(wrt), Settings(**asked)).checks
    return [(check.name, check.ok, said(check.note)) for check in found if "difference" in check.name]


# ---- one quotient

DIGITS = ("", "with 120 digits", "with 400 digits", "with 1200 digits", "with 2400 digits")
UNSETTLED = "cannot be decided: with more digits the quotient does not settle"
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
        ("0~1", Fraction(1, 2), 5 * 10**11, True, DIGITS[0]),  # nor of what is nothing beside the terms it was added up from
    ],
)
def test_a_quotient_counts_once_it_stays(quotients: str, gradient: Fraction | int, scale: float, ok: bool | None, note: str) -> None:
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
        assert found.number == float(next(part for part in reversed(quotients.split()) if part != "-").partition("~")[0])
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
        ("3", "0", "3", 0, True), ("3 + 2e-8", "0", "3", 0, True), ("3 + 4e-8", "0", "3", 0, False), ("3 + 4e-8", "2e-8", "3", 0, True),
        ("300 + 2e-6", "0", "300", 0, True), ("300 + 4e-6", "0", "300", 0, False), ("1e-11", "0", "0", 9, False),
        ("1e-11", "0", "0", 11, True),
        ("-1e-11", "0", "0", 11, True), ("2e-11", "0", "0", 11, False), ("-3", "0", "3", 1, False), ("3 - 2e-8", "0", "3", 0, True),
        ("3 - 4e-8", "0", "3", 0, False), ("-3 - 2e-8", "0", "-3", 0, True),
    ],
)  # fmt: skip
def test_close_is_to_eight_digits_beyond_the_noise(found: str, noise: str, gradient: str, scale: float, close: bool) -> None:
    """And to twelve of what was added up, where terms cancelled."""
    value = sum(map(Fraction, found.replace("- ", "-").replace("+ ", "").split()))
    assert _close(number(value), number(Fraction(noise)), Fraction(gradient), scale) is close


def test_what_arrives_multiplies_a_quotient_and_keeps_its_noise_positive() -> None:
    value, noise = seeded(lambda _: (number(3), number(Fraction(1, 4))), Fraction(-2))(LEVELS[0])
    assert (value, noise) == (-6, Fraction(1, 2))


def test_steps_balance_what_they_leave_out_and_what_they_lose() -> None:
    """A central quotient is off by the square of its step, and loses the digits of the step: a third of them is best, or a quarter."""
    steps = [(level.digits, level.first, level.second) for level in LEVELS]
    assert steps == [(50, 16, 12), (120, 40, 30), (400, 133, 100), (1200, 400, 300), (2400, 800, 600)]
    sheet = Sheet(graph_of("inputs: {x: 40, y: 1/3, z: -40}\nnodes: {L: x*y*z}\n"), Settings())
    quotients = Differences(sheet, "L")
    assert [quotients.step(name, 3) for name in "xyz"] == [Fraction(4, 100), Fraction(1, 1000), Fraction(4, 100)]


def test_a_quotient_may_be_off_by_a_million_squares_of_its_step_and_a_hundred_of_its_last_digits() -> None:
    for value, lost in ((0, 0), (3, 3), (-3, 3)):
        found = _noise(number(value), number(Fraction(1, 10**16)), 16, 50)
        assert float(found) == pytest.approx(1e-26 + lost * 1e-48 / 1e-16, rel=1e-12)
    assert float(_noise(number(5), number(Fraction(1, 10)), 30, 50)) == pytest.approx(1e-54 + 5e-47, rel=1e-12)


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
ON = "a kink lies on the way"


@pytest.mark.parametrize(
    ("formula", "kink", "name", "ok", "note"),
    [
        ("relu(x)", "left", "difference from the left", True, ON), ("relu(x)", "right", "difference from the right", True, ON),
        ("relu(x)", "half", "central difference", True, ""),
        ("relu(x) + 10^40*x^3", "half", "mean of the differences from both sides", True, ON),
        ("max(x, 0, 0)", "", "difference from one side", None, SIDE),
        ("relu(x)^2", "", "difference from the left", True, ON), ("relu(x) + y", "", "difference from the left", True, ON),
        ("relu(x) - relu(-x)", "", "difference from one side", None, SIDE),
        # on one side alone there is a value
        ("relu(x) + x^1.5", "right", "difference from the right", True, ON),
        ("relu(x) + x^1.5", "left", "difference from one side", None, SIDE),
        ("relu(x) + x^1.5", "half", "difference from one side", None, SIDE),
        ("relu(x) + x + (-x)^1.5", "left", "difference from the left", True, ON),
        ("relu(x) + x + (-x)^1.5", "right", "difference from one side", None, SIDE),
    ],
)  # fmt: skip
def test_on_a_kink_the_slope_is_that_of_a_side_or_their_mean(formula: str, kink: str, name: str, ok: bool | None, note: str) -> None:
    assert checks(f"inputs: {{x: 0, y: 1}}\nnodes: {{L: '{formula}'}}\n", "x", kink=kink) == [(name, ok, note)]


def test_values_that_were_put_in_are_not_told_where_they_decide_nothing() -> None:
    """The first value put in, 7/10, stands on the kink."""
    assert checks("inputs: {x: }\nnodes: {L: 'max(x - 7/10, 0, 0)'}\n", "x") == [("difference from one side", None, SIDE)]


# ---- two results


@pytest.mark.parametrize(
    ("left", "right", "agree"),
    [
        ("2*(h - 2)", "3*(h - 2)", False),  # both are 0 at h = 2, the first value tried
        ("x + x", "2*x", True), ("x*y", "2*x", True), ("x*y", "3*x", False), ("log(1 - x)", "log(1 - x)", True),
        ("log(1 - x)", "log(1 + x)", False),
        ("log(x - 100)", "log(x - 100)", None), ("f(x)*2", "f(x) + f(x)", True), ("f(x)", "f(h)", False), ("f(x)*2", "f(x)", False),
        ("2*(∂L/∂x)", "∂L/∂x + ∂L/∂x", True), ("∂L/∂x", "∂L/∂h", False), ("1/(x - 2)", "1/(x - 2)", True),
        ("1/(x - 2)", "1/(2 - x)", False),
        ("x", "h", False), ("exp(x)", "exp(x)*(1 + 10^-12)", True), ("exp(x)", "exp(x)*(1 + 10^-6)", False),
        ("x^2", "x*x*(1 + 10^-12)", False),
    ],
)  # fmt: skip
def test_results_with_letters_agree_where_they_do_at_two_sets_of_values(left: str, right: str, agree: bool | None) -> None:
    graph = graph_of("functions: {f: }\ninputs: {x: , h: , y: 2}\nnodes: {L: x*y*h}\n")
    gradients = Gradients(Sheet(graph, Settings()), "L", ["x"])
    assert _agree(gradients, parse(left), parse(right)) is agree
    assert _agree(gradients, parse(right), parse(left)) is agree


def test_the_values_tried_are_the_primes() -> None:
    assert list(islice(_primes(), 12)) == [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37]


@pytest.mark.parametrize(("share", "ok"), [(0.0, True), (1e-10, True), (1e-8, False)])
def test_a_gradient_is_the_sum_over_paths_to_nine_digits(share: float, ok: bool) -> None:
    graph = graph_of("inputs: {x: 3}\nnodes: {L: x^2}\n")
    gradients = Gradients(Sheet(graph, Settings()), "L", ["x"])
    gradients.__dict__["adjoints"] = {**gradients.adjoints, "x": Value(6 * (1 + share))}
    assert checks_of(gradients, [question_of(graph, "x", "L", Settings(), several=False)])[0].ok is ok


@pytest.mark.parametrize(("spoilt", "ok"), [(0.0, True), (5e-14, True), (-5e-14, True), (7e-14, False), (1e-9, False), (6.0, False)])
def test_a_zero_by_cancellation_is_judged_by_what_cancelled(spoilt: float, ok: bool) -> None:
    """3 and -3 arrive at x: what is lost of their 6 in floating point is no difference."""
    graph = graph_of("inputs: {x: 1/3}\nnodes: {a: 3*x, b: -3*x, L: a + b}\n")
    gradients = Gradients(Sheet(graph, Settings()), "L", ["x"])
    question = question_of(graph, "x", "L", Settings(), several=False)
    gradients.__dict__["adjoints"] = {**gradients.adjoints, "x": Value(spoilt)}
    first = checks_of(gradients, [question])[0]
    assert (first.name, first.ok, said(first.note)) == ("reverse accumulation", ok, "the same as the sum over the paths")


# ---- what is checked


@pytest.mark.parametrize(
    ("document", "ok", "note"),
    [
        ("inputs: {x: 3}\nnodes: {L: x^2}\n", True, ""),
        ("inputs: {x: }\nnodes: {L: log(x - 1)}\n", True, "at x = 13/10"),
        ("inputs: {x: , z: }\nnodes: {k: z, L: log(x - 1)}\noutput: L\n", True, "at x = 13/10"),
        ("inputs: {y: , x: , u: 2}\nnodes: {L: u*x^2*y}\n", True, "at y = 7/10, x = 13/10"),
        ("inputs: {x: }\nnodes: {L: log(x - 100)}\n", None, "not applicable: no generic values were found at which the graph is defined"),
        ("inputs: {x: }\nnodes: {L: log(x - 9/5)}\n", None, "not applicable: no generic values were found at which the graph is defined"),
        ("inputs: {a: , b: , c: , d: , e: , f: , x: , h: }\nnodes: {L: a*b*c*d*e*f*x*h}\n", True,
         "at a = 7/10, b = 13/10, c = 11/20, d = 19/10, e = 3/10, f = 23/20, x = 17/10, h = 27/10"),
        ("inputs: {x: 1}\nnodes: {L: 0*x}\nupstream: g\n", True, ""),
        ("inputs: {x: 2, z: }\nnodes: {L: x^2 + z}\n", True, "at z = 7/10"),
        ("functions: {f: }\ninputs: {x: 1}\nnodes: {L: f(x)}\n", None, "not applicable: a function is unspecified"),
        ("functions: {f: }\ninputs: {x: 1, y: }\nnodes: {h: f(x), L: h*x*y}\n", None, "not applicable: a function is unspecified"),
        # a function beside the output is none of its affairs
        ("functions: {f: }\ninputs: {x: }\nnodes: {k: f(x), L: x^2}\noutput: L\n", True, "at x = 7/10"),
        ("inputs: {x: 1}\nedges: [x -> a, a -> b]\noutput: b\n", None, "not applicable: a has no formula, only edges"),
        ("inputs: {x: 1}\nnodes: {L: x^2}\nedges: [x -> a, a -> b]\noutput: L\n", True, ""),
        ("inputs: {x: 1}\nnodes: {k: 2*x, L: k^2}\nlocal: {x -> k: 3}\n", None,
         "not applicable: local derivatives are given by the document"),
        ("inputs: {x: 1}\nnodes: {L: x^2, k: 2*x}\nlocal: {x -> k: 3}\noutput: L\n", True, ""),
        ("inputs: {x: 1}\nnodes: {L: x^2}\nupstream: 3\n", True, ""),
        ("inputs: {x: 1}\nnodes: {L: x^2}\nupstream: g\n", True, ""),
    ],
)  # fmt: skip
def test_a_quotient_is_taken_wherever_there_are_numbers_or_some_can_be_put_in(document: str, ok: bool | None, note: str) -> None:
    assert checks(document, "x") == [("central difference", ok, note)]


@pytest.mark.parametrize(
    ("count", "wrt", "names"),
    [
        (40, 40, ["central difference"] * 40), (41, 41, [TOGETHER]), (41, 40, ["central difference"] * 40),
        (42, 41, [TOGETHER]),
    ],
)  # fmt: skip
def test_more_than_forty_gradients_of_leaves_are_checked_by_one_quotient(count: int, wrt: int, names: list[str]) -> None:
    leaves = [f"x{place}" for place in range(count)]
    graph = graph_of(
        f"inputs: {{{', '.join(f'{name}: {place}/7' for place, name in enumerate(leaves))}}}\nnodes: {{L: {' + '.join(leaves)}}}\n"
    )
    gradients = Gradients(Sheet(graph, Settings()), "L", leaves)
    questions = [question_of(graph, name, "L", Settings(), several=True) for name in leaves[:wrt]]
    found = checks_of(gradients, questions)
    assert [check.name for check in found] == names
    assert all(check.ok for check in found)
    if len(found) == 1:
        assert said(found[0].note) == "the sum of the gradients, each times how far its leaf moved"
        gradients.__dict__["adjoints"] = {**gradients.adjoints, "x3": Value(Fraction(2))}
        alone = checks_of(gradients, questions)
        assert [check.ok for check in alone] == [place != 3 for place in range(wrt)]
        gradients.__dict__["adjoints"] = {**gradients.adjoints, "x3": Value(Fraction(1))}
        node = question_of(graph, "L", "L", Settings(), several=True)
        assert [check.name for check in checks_of(gradients, [*questions, node])] == ["central difference"] * (wrt + 1)


@pytest.mark.parametrize(
    ("formula", "more", "ok", "note"),
    [
        ("0*({})", "upstream: g", True, ""), ("{} + z", "", True, "at z = 7/10"),
        ("{} + k", "local: {x0 -> k: 2}", None, "not applicable: local derivatives are given by the document"),
    ],
)  # fmt: skip
def test_of_many_gradients_each_is_checked_where_one_quotient_cannot_be_taken(formula: str, more: str, ok: bool | None, note: str) -> None:
    """The output has a letter, a letter arrives there, or derivatives are given."""
    leaves = [f"x{place}" for place in range(41)]
    inputs = ", ".join([*(f"{name}: 2" for name in leaves), "z: "])
    found = checks(f"inputs: {{{inputs}}}\nnodes: {{k: 2*x0, L: {formula.format(' + '.join(leaves))}}}\noutput: L\n{more}\n", *leaves)
    assert found == [("central difference", ok, note)] * 41


def test_where_all_gradients_are_zero_one_quotient_still_says_so() -> None:
    sheet = Sheet(graph_of("inputs: {x: 1, y: 2}\nnodes: {L: (x - 1)^2 + (y - 2)^2}\n"), Settings())
    zeros, scales = {"x": Fraction(0), "y": Fraction(0)}, {"x": 1.0, "y": 1.0}
    found = check_together(Differences(sheet, "L"), zeros, scales, Fraction(1))
    assert (found.ok, found.number, found.of) == (True, 0, "L")
    assert check_together(Differences(sheet, "L"), {**zeros, "y": Fraction(1, 100)}, scales, Fraction(1)).ok is False
    # what is lost of terms that cancel is moved further too
    sheet = Sheet(graph_of("inputs: {x: 1, y: 2}\nnodes: {L: y + (x - 1)^2}\n"), Settings())
    for rest, ok in ((5e-13, True), (5e-12, False)):
        assert check_together(Differences(sheet, "L"), {"x": rest, "y": Fraction(1)}, scales, Fraction(1)).ok is ok


# ---- as a step


def rows(given: Sequence[Check]) -> tuple[list[list[str]], list[str], str]:
    step = checks_step(given)
    tables = [block for block in step.body if isinstance(block, Table)]
    notes = [said(block.text) for block in step.body if isinstance(block, Note)]
    assert (step.id, step.title, step.detail, len(tables) <= 1) == ("check.difference", ("Check",), "brief", True)
    return [[said(cell) for cell in row] for table in tables for row in table.rows], notes, said(step.why)


def test_checks_stand_in_a_table_and_what_could_not_be_checked_below_it() -> None:
    quotient = "A difference quotient takes the formulas alone, at nearby points with 50 digits: no derivative is used."
    right, wrong = Check("central difference", "dL/dx", True, Fraction(3)), Check("central difference", "dL/dy", False, Fraction(4))
    noted = Check("reverse accumulation", "dL/dx", True, None, ("the same",))
    none = Check("central difference", "dL/dz", None, None, ("not applicable: a kink",))
    assert rows([right, wrong]) == (
        [["dL/dx", "central difference", "3", "agrees"], ["dL/dy", "central difference", "4", "DISAGREES"]], [], quotient,
    )  # fmt: skip
    assert rows([noted, none]) == (
        [["dL/dx", "reverse accumulation", "", "agrees: the same"]], ["dL/dz: central difference not applicable: a kink"], "",
    )  # fmt: skip
    assert rows([none]) == ([], ["dL/dz: central difference not applicable: a kink"], "")
    assert rows([none, right])[2] == quotient
