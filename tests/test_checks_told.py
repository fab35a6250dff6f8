"""What of a derivation is checked, when two results are the same, and in which words it is told."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import islice

import pytest
from msgspec.structs import replace

from stepper.core.expr import Value
from stepper.core.parser import parse
from stepper.core.steps import Check, Note, Step, Table
from stepper.engine.graph.adjoints import Gradients
from stepper.engine.graph.backward import questions_of
from stepper.engine.graph.checks import _agree, _primes, checked, checks_of
from stepper.engine.graph.difference_quotients import Differences
from stepper.engine.graph.gradient_checking import TOGETHER, check_together
from stepper.engine.values.equations import Sheet
from stepper.engine.values.quantities import Settings
from tests.helpers import graph_of
from tests.test_quotients import checks, said

# ---- two results


@pytest.mark.parametrize(
    ("left", "right", "agree"),
    [
        ("2*(h - 2)", "3*(h - 2)", False),  # both are 0 at h = 2, the first value tried
        ("x + x", "2*x", True), ("x*y", "2*x", True), ("x*y", "3*x", False), ("log(1 - x)", "log(1 - x)", True),
        ("log(1 - x)", "log(1 + x)", False),
        ("log(x - 100)", "log(x - 100)", None), ("f(x)*2", "f(x) + f(x)", True), ("f(x)", "f(h)", False),
        ("f(x)*2", "f(x)", False), ("2*(∂L/∂x)", "∂L/∂x + ∂L/∂x", True), ("∂L/∂x", "∂L/∂h", False),
        ("1/(x - 2)", "1/(x - 2)", True),
        ("1/(x - 2)", "1/(2 - x)", False),
        ("x", "h", False), ("exp(x)", "exp(x)*(1 + 10^-12)", True), ("exp(x)", "exp(x)*(1 + 10^-6)", False),
        ("x^2", "x*x*(1 + 10^-12)", False),
    ],
)  # fmt: skip
def test_results_with_letters_agree_where_they_do_at_two_sets_of_values(
    left: str, right: str, agree: bool | None
) -> None:
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
    assert checks_of(gradients, questions_of(graph, ["x"], "L", Settings()))[0].ok is ok


@pytest.mark.parametrize(
    ("spoilt", "ok"), [(0.0, True), (5e-14, True), (-5e-14, True), (7e-14, False), (1e-9, False), (6.0, False)]
)
def test_a_zero_by_cancellation_is_judged_by_what_cancelled(spoilt: float, ok: bool) -> None:
    """3 and -3 arrive at x: what is lost of their 6 in floating point is no difference."""
    graph = graph_of("inputs: {x: 1/3}\nnodes: {a: 3*x, b: -3*x, L: a + b}\n")
    gradients = Gradients(Sheet(graph, Settings()), "L", ["x"])
    (question,) = questions_of(graph, ["x"], "L", Settings())
    gradients.__dict__["adjoints"] = {**gradients.adjoints, "x": Value(spoilt)}
    first = checks_of(gradients, [question])[0]
    assert (first.name, first.ok, said(first.note)) == (
        "reverse accumulation",
        ok,
        "the same as the sum over the paths",
    )


# ---- what is checked


@pytest.mark.parametrize(
    ("document", "ok", "note"),
    [
        ("inputs: {x: 3}\nnodes: {L: x^2}\n", True, ""),
        ("inputs: {x: }\nnodes: {L: log(x - 1)}\n", True, "at x = 13/10"),
        ("inputs: {x: , z: }\nnodes: {k: z, L: log(x - 1)}\noutput: L\n", True, "at x = 13/10"),
        ("inputs: {y: , x: , u: 2}\nnodes: {L: u*x^2*y}\n", True, "at y = 7/10, x = 13/10"),
        ("inputs: {x: }\nnodes: {L: log(x - 100)}\n", None, "not applicable: no generic values were found at which "
                                                            "the graph is defined"),
        ("inputs: {x: }\nnodes: {L: log(x - 9/5)}\n", None, "not applicable: no generic values were found at which "
                                                            "the graph is defined"),
        ("inputs: {a: , b: , c: , d: , e: , f: , x: , h: }\nnodes: {L: a*b*c*d*e*f*x*h}\n", True,
         "at a = 7/10, b = 13/10, c = 11/20, d = 19/10, e = 3/10, f = 23/20, x = 17/10, h = 27/10"),
        ("inputs: {x: 1}\nnodes: {L: 0*x}\nupstream: g\n", True, ""),
        ("inputs: {x: 2, z: }\nnodes: {L: x^2 + z}\n", True, "at z = 7/10"),
        ("functions: {f: }\ninputs: {x: 1}\nnodes: {L: f(x)}\n", None, "not applicable: a function is unspecified"),
        ("functions: {f: }\ninputs: {x: 1, y: }\nnodes: {h: f(x), L: h*x*y}\n", None,
            "not applicable: a function is unspecified"),
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
def test_a_quotient_is_taken_wherever_there_are_numbers_or_some_can_be_put_in(
    document: str, ok: bool | None, note: str
) -> None:
    assert checks(document, "x") == [("central difference", ok, note)]


@pytest.mark.parametrize(
    ("count", "wrt", "names"),
    [
        (40, 40, ["central difference"] * 40), (41, 41, [TOGETHER]), (41, 40, ["central difference"] * 40),
        (42, 41, [TOGETHER]),
    ],
)  # fmt: skip
def test_more_than_forty_gradients_of_leaves_are_checked_by_one_quotient(
    count: int, wrt: int, names: list[str]
) -> None:
    leaves = [f"x{place}" for place in range(count)]
    graph = graph_of(
        f"inputs: {{{', '.join(f'{name}: {place}/7' for place, name in enumerate(leaves))}}}\nnodes: "
        f"{{L: {' + '.join(leaves)}}}\n"
    )
    gradients = Gradients(Sheet(graph, Settings()), "L", leaves)
    questions = questions_of(graph, leaves[:wrt], "L", Settings())
    found = checks_of(gradients, questions)
    assert [check.name for check in found] == names
    assert all(check.ok for check in found)
    if len(found) == 1:
        assert said(found[0].note) == "the sum of the gradients, each times the change of its leaf"
        gradients.__dict__["adjoints"] = {**gradients.adjoints, "x3": Value(Fraction(2))}
        alone = checks_of(gradients, questions)
        assert [check.ok for check in alone] == [place != 3 for place in range(wrt)]
        gradients.__dict__["adjoints"] = {**gradients.adjoints, "x3": Value(Fraction(1))}
        (node,) = questions_of(graph, ["L"], "L", Settings())
        assert [check.name for check in checks_of(gradients, [*questions, node])] == ["central difference"] * (wrt + 1)


@pytest.mark.parametrize(
    ("formula", "more", "ok", "note"),
    [
        ("0*({})", "upstream: g", True, ""), ("{} + z", "", True, "at z = 7/10"),
        ("{} + k", "local: {x0 -> k: 2}", None, "not applicable: local derivatives are given by the document"),
    ],
)  # fmt: skip
def test_of_many_gradients_each_is_checked_where_one_quotient_cannot_be_taken(
    formula: str, more: str, ok: bool | None, note: str
) -> None:
    """The output has a letter, a letter arrives there, or derivatives are given."""
    leaves = [f"x{place}" for place in range(41)]
    inputs = ", ".join([*(f"{name}: 2" for name in leaves), "z: "])
    found = checks(
        f"inputs: {{{inputs}}}\nnodes: {{k: 2*x0, L: {formula.format(' + '.join(leaves))}}}\noutput: L\n{more}\n",
        *leaves,
    )
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


# ---- as steps

RESULT, BEHIND = (
    Step("r", "r", ("Result",), (Note(("3",)),), detail="brief"),
    Step("t", "t", ("More",), (Note(("4",)),)),
)


def told(given: Sequence[Check]) -> tuple[list[str], list[list[str]], str]:
    """The lines under the result, the rows of the table, why; the table is of full detail where all agree."""
    steps = checked([Step("e", "e", ("Empty",), detail="brief"), RESULT, replace(BEHIND, detail="full")], given)
    result, behind, *table = steps
    assert (result.body, behind.children) == (RESULT.body, ())
    lines = [said(block.text) for line in result.children for block in line.body if isinstance(block, Note)]
    assert [(line.id, line.detail) for line in result.children] == [("check.difference", "brief")] * bool(lines)
    wrong = any(check.ok is False for check in given)
    assert [(step.id, step.title, step.detail) for step in table] in (
        [],
        [("check.table", ("Check",), "brief" if wrong else "full")],
    )
    (block,) = [block for step in table for block in step.body if isinstance(block, Table)] or [Table((), ())]
    return lines, [[said(cell) for cell in row] for row in block.rows], "".join(said(step.why) for step in table)


QUOTIENT = "A difference quotient evaluates only the formulas, at nearby points with 50 digits; it uses no derivative."
RIGHT, WRONG = (
    Check("central difference", "dL/dx", True, Fraction(3)),
    Check("central difference", "dL/dy", False, Fraction(4)),
)
NOTED = Check("reverse accumulation", "dL/dx", True, None, ("the same",))
NONE = Check("central difference", "dL/dz", None, None, ("not applicable: a kink",))
KINK = "Check of dL/dz: central difference not applicable: a kink"
LEFT = replace(RIGHT, name="difference from the left", of="dL/dv")


@pytest.mark.parametrize(
    ("given", "lines"),
    [
        ([RIGHT], ["Check: central difference agrees"]),
        ([NOTED], ["Check: reverse accumulation agrees"]),
        ([NOTED, RIGHT], ["Check: reverse accumulation and central difference agree"]),
        ([NOTED, replace(RIGHT, of="dL/dy")], [
            "Check of both derivatives: reverse accumulation and central difference agree"
        ]),
        ([RIGHT, replace(RIGHT, of="dL/du"), LEFT], [
            "Check of all 3 derivatives: central difference and difference from the left agree"
        ]),
        # what could not be checked is told beside it, a line for each reason
        ([RIGHT, NONE], ["Check: central difference agrees", KINK]),
        ([NONE], [KINK]),
        ([NONE, replace(NONE, of="dL/dy")], [
            "Check of dL/dz and dL/dy: central difference not applicable: a kink"
        ]),
        ([NONE, replace(NONE, of="dL/dy", note=("not applicable: a jump",))], [
            KINK, "Check of dL/dy: central difference not applicable: a jump"
        ]),
        # where one does not agree the table says all
        ([RIGHT, WRONG], []),
        ([RIGHT, WRONG, NONE], [KINK]),
        ([], []),
    ],
)  # fmt: skip
def test_one_line_under_the_result_says_what_agrees(given: list[Check], lines: list[str]) -> None:
    assert told(given)[0] == lines


def test_without_a_result_the_line_is_a_step() -> None:
    assert [step.id for step in checked([], [NONE])] == ["check.difference"]


def test_the_table_says_each() -> None:
    one, other = (["dL/dx", "central difference", "3", "agrees"], ["dL/dy", "central difference", "4", "DISAGREES"])
    assert told([RIGHT, WRONG]) == ([], [one, other], QUOTIENT)
    assert told([RIGHT])[1:] == ([one], QUOTIENT)
    assert told([NOTED, NONE])[1:] == ([["dL/dx", "reverse accumulation", "agrees: the same"]], "")
    assert told([NONE])[1:] == ([], "")


@pytest.mark.parametrize(
    ("formula", "held"),
    [
        ("x^2", ""), ("f(x)", ""), ("f(x)*y", ""), ("u(x)", ""), ("g(x)", "g"), ("h(x)", "g"), ("f(x) + h(y)", "g"),
        ("f(g(x))", "g"), ("k(x)", "k"),
    ],
)  # fmt: skip
def test_no_quotient_is_taken_where_a_function_that_is_called_holds_a_gradient_back(formula: str, held: str) -> None:
    """By itself or by one that it calls; a function that the output does not call is of no matter."""
    functions = (
        '{"f(x)": x^2 + 1, "g(x)": detach(x)*x, "h(x)": 2*g(x), "k(x)": f(x) + detach(x), "u(x)": 3*f(x), "v(x)": g(x)}'
    )
    document = f"functions: {functions}\ninputs: {{x: 3, y: 2}}\nnodes: {{L: '{formula}', M: v(x)}}\noutput: L\n"
    note = f"not applicable: {held} blocks a gradient inside, which a difference does not" if held else ""
    assert checks(document, "x") == [("central difference", None if held else True, note)]
