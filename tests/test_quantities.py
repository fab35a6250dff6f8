"""Numbers put into formulas, cases settled by them, and what stays: letters, definitions, closed forms."""

from __future__ import annotations

from fractions import Fraction

import pytest

from stepper.core.expr import Array, Expr, Num, Value
from stepper.core.formula import number_of, text
from stepper.core.parser import parse
from stepper.core.prose import Prose
from stepper.core.steps import Equation, Note
from stepper.engine.graph import adjoints
from stepper.engine.graph.adjoints import Gradients
from stepper.engine.graph.backward import backward
from stepper.engine.graph.symbolic_checks import closed_forms
from stepper.engine.values import symbolic
from stepper.engine.values.definitions import LARGEST_FORMULA, bounded
from stepper.engine.values.equations import Sheet
from stepper.engine.values.quantities import Settings, close
from stepper.engine.values.rule import wrong_count
from stepper.engine.values.vocabulary import PLAIN
from stepper.errors import StepperError
from tests.helpers import answer, graph_of

DOCUMENT = "inputs: {x: 2, y: 0, z: }\nnodes: {h: x*y + 3, k: z*x, L: h*k}\n"


@pytest.mark.parametrize(
    ("formula", "number"),
    [
        ("x + 1", 3), ("h*x", 6), ("z + 1", None), ("k", None), ("0*z", None), ("softmax([z, 1])[1]", None),
        ("softmax([x, x])[1]", 0.5), ("softmax([x, y])[1] + softmax([x, y])[2]", 1),
        ("softmax([z, 1])[1] + softmax([x, y])[2]", None), ("softmax([x, y])[1]/softmax([x, y])[2]", 7.38905609893065),
        ("where(x > y, 1, z)", None), ("where(x > y, 1, h)", 1), ("where(x > y, softmax([x, x])[2], log(y))", 0.5),
        ("2*softmax([z, 1])[1]", None),
    ],
)  # fmt: skip
def test_a_formula_has_a_number_where_all_that_it_reads_has_one(formula: str, number: float | None) -> None:
    """Also where it reads elements of lists, each by itself."""
    found = Sheet(graph_of(DOCUMENT), Settings()).number(parse(formula))
    assert found == pytest.approx(number, rel=1e-12) if number is not None else found is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Fraction(1, 3), Fraction(1, 3), True), (Fraction(1, 3), Fraction(1, 3) + Fraction(1, 10**15), False),
        (Fraction(1, 3), 1 / 3 + 1e-15, True), (1 / 3, Fraction(1, 3), True), (1.0, 1 + 1e-10, True),
        (1.0, 1 + 1e-8, False),
        (0.0, 1e-20, False),
    ],
)  # fmt: skip
def test_fractions_are_alike_where_they_are_equal_and_rounded_numbers_to_nine_digits(
    one: float, other: float, same: bool
) -> None:
    assert close(one, other) is same
    assert close(other, one) is same


# ---- put in, settled, written out

MANY = (
    "inputs: {x: 2, y: 0, z: , v: [3, 5], e: 2}\n"
    "nodes: {t: exp(-1000), h: x*y + 3, k: z*x, q: k + 1, L: h*q, r: exp(x)}\noutput: L\n"
)


def said(prose: Prose) -> str:
    return "".join(part if isinstance(part, str) else text(part) for part in prose)


@pytest.mark.parametrize(
    ("formula", "settled", "why"),
    [
        ("where(x > y, 1, z)", "1", "x = 2 > 0"),
        ("where(x < y, 1, z)", "z", "x = 2 > 0"),
        ("where(y < x, 1, z)", "1", "y = 0 < 2"),
        ("-where(x > y, y, z)", "-y", "x = 2 > 0"),
        ("-where(x > y, 0, z)", "0", "x = 2 > 0"),
        ("-x", "-x", ""),
        ("-(x + 0)", "-(x + 0)", ""),
        ("where(z > 1, x, y)", "where(z > 1, x, y)", ""),
        ("where(1 > z, x, y)", "where(1 > z, x, y)", ""),
        ("-where(z > y, 0, z)", "-where(z > y, 0, z)", ""),
        ("where(x == e, 7, 8)", "7", "x = 2"),
        ("where(x > e, 7, 8)", "8", "x = 2"),
        ("where(x >= e, 7, 8)", "7", "x = 2"),
        ("where(2 > 1, 7, 8)", "7", "2 > 1"),
        ("where(2 >= x, 7, 8)", "7", "x = 2"),
        ("where(x < 1, 7, where(x > y, 5, 6))", "5", "x = 2 > 1, x = 2 > 0"),
        ("where(x > y, 1, 2) + where(x > y, 3, 4)", "1 + 3", "x = 2 > 0"),
        # exp(-1000) is 0 as a float, and yet above 0
        ("where(t > 0, 7, 8)", "7", "t > 0"),
        ("where(0 < t, 7, 8)", "7", "0 < t"),
        ("where(t <= y, 7, 8)", "8", "t > y"),
        ("max'([x, y])[1]", "1", "x = 2 is the larger"),
        ("max'([x, y, 1])[1]", "1", "x = 2 is the largest"),
        ("max'([3, y])[1]", "1", "3 is the larger"),
        ("max'([x, e])[1]", "1/2", "x = e = 2: they share the slope"),
        ("max'([2, x])[1]", "1/2", "2 = x: they share the slope"),
        ("max'([x, z])[1]", "where(x > z, 1, where(x < z, 0, 1/2))", ""),
    ],
)
def test_cases_are_settled_by_the_numbers_and_say_why(formula: str, settled: str, why: str) -> None:
    found, words = Sheet(graph_of(MANY), Settings()).decide(parse(formula))
    assert (text(found), said(words)) == (settled, why)


@pytest.mark.parametrize(
    ("formula", "put_in"),
    [
        ("x + z", "2 + z"),
        ("v[1]*x", "3*2"),
        ("h + k", "3 + k"),
        ("∂L/∂x", "∂L/∂x"),
        ("dL/dx*x", "dL/dx*2"),
        ("k'", "k'"),
        ("pi*x", "pi*2"),
        ("softmax([x, z])[1]", "softmax([2, z])[1]"),
    ],
)
def test_numbers_are_put_in_for_names_and_not_into_derivatives(formula: str, put_in: str) -> None:
    assert text(Sheet(graph_of(MANY), Settings()).put_in(parse(formula))) == put_in


@pytest.mark.parametrize(
    ("formula", "written"),
    [
        ("q", "z*2 + 1"),
        ("q*x", "(z*2 + 1)*2"),
        ("h", "3"),
        ("L", "3*(z*2 + 1)"),
        ("k + q", "z*2 + (z*2 + 1)"),
        ("q + q", "z*2 + 1 + (z*2 + 1)"),
        ("∂L/∂x*q", "∂L/∂x*(z*2 + 1)"),
    ],
)
def test_nodes_without_a_number_are_written_out(formula: str, written: str) -> None:
    assert text(Sheet(graph_of(MANY), Settings()).expanded(parse(formula))) == written


@pytest.mark.parametrize(("node", "deep"), [("h1", False), ("h59", False), ("h60", True), ("h70", True)])
def test_what_is_written_out_may_be_sixty_deep(node: str, deep: bool) -> None:
    """However deep the nodes are that it does not read."""
    nodes = "".join(f"  h{place}: sin({f'h{place - 1}' if place > 1 else 'z'})\n" for place in range(1, 71))
    sheet = Sheet(graph_of(f"inputs: {{z: }}\nnodes:\n{nodes}"), Settings())
    if deep:
        with pytest.raises(StepperError, match="written out, this formula is more than 60 deep"):
            sheet.expanded(parse(node))
    else:
        assert text(sheet.expanded(parse(node))).count("sin(") == int(node[1:])


def test_with_exact_only_fractions_are_put_in() -> None:
    sheet = Sheet(graph_of("inputs: {x: 2}\nnodes: {r: exp(x), L: r^2 + x/3}\n"), Settings(exact=True))
    assert (sheet.number(parse("r")), sheet.number(parse("x/3"))) == (None, Fraction(2, 3))
    assert sheet.approximate(parse("r")) == pytest.approx(7.38905609893065)
    assert text(sheet.put_in(parse("r*x"))) == "r*2"
    assert text(sheet.expanded(parse("L"))) == "exp(2)^2 + 2/3"


@pytest.mark.parametrize(
    ("formula", "number"),
    [
        ("(x + 10^-30 - x)*10^30", 1),
        ("1 - tanh(40)^2", 7.219405438e-35),
        ("(exp(y + 10^-20) - 1)*10^20", 1),
        ("tanh(40) - 1", -3.6097e-35),
        ("a - 1", -3.6097e-35),
        ("exp(-60000)^2*exp(60000)*exp(60000)", 1),
        ("(exp(60000)^(-2)*exp(60000))^(1/60000)", 0.367879441),
    ],
)
def test_a_formula_is_worked_with_the_digits_that_it_needs(formula: str, number: float) -> None:
    """What cancels in floating point does not here, also where it reads what was worked out before."""
    sheet = Sheet(graph_of("inputs: {x: 2, y: 0}\nnodes: {a: tanh(40), L: a*x}\n"), Settings())
    assert sheet.approximate(parse(formula)) == pytest.approx(number, rel=1e-4)


@pytest.mark.parametrize(
    ("formula", "told"),
    [
        ("x^400", "L is too large for a number (about 10^400)"),
        ("-x^309", "L is too large for a number (about 10^309)"),
        ("exp(100*x)", "L is too large for a number (about 10^434)"),
        ("exp(exp(x))*exp(x)", "L is too large for a number (about 10^9570)"),
    ],
)
def test_a_number_beyond_floats_is_told_by_its_power_of_ten(formula: str, told: str) -> None:
    with pytest.raises(StepperError) as caught:
        Sheet(graph_of(f"inputs: {{x: 10}}\nnodes: {{L: {formula}}}\n"), Settings())
    assert caught.value.problems[0].what == told


# ---- what arrives


def test_what_arrives_at_the_output_has_its_numbers_put_in() -> None:
    for upstream, seed, gradient in (
        ("", "1", 12),
        ("3", "3", 36),
        ("u", "5", 60),
        ("2*u", "10", 120),
        ("g", "g", None),
        ("g*u", "g*5", None),
    ):
        document = "inputs: {x: 2, u: 5}\nnodes: {L: 3*x^2}\n" + (f"upstream: {upstream}\n" if upstream else "")
        gradients = Gradients(Sheet(graph_of(document), Settings()), "L", ["x"])
        assert text(gradients.seed) == seed
        assert text(gradients.symbol("x")) == f"{upstream}*dL/dx".lstrip("*")
        assert number_of(gradients.adjoint("x")) == gradient
        assert gradients.scales()["x"] == (gradient or 12)


def test_the_scale_of_a_gradient_is_what_was_added_up() -> None:
    """Of 3 and -3 it is 6; an edge whose derivative is 0 adds nothing."""
    for document, scale in (
        ("inputs: {x: 1}\nnodes: {a: 3*x, b: -3*x, L: a + b}\n", 6),
        ("inputs: {x: 1, y: 0}\nnodes: {a: x*y, L: a - 3*x}\n", 3),
        ("inputs: {x: 1, y: 0}\nnodes: {a: x*y, L: a}\n", 0),
        ("inputs: {x: 1}\nnodes: {L: 2*x}\nupstream: -5\n", 10),
    ):
        assert Gradients(Sheet(graph_of(document), Settings()), "L", ["x"]).scales()["x"] == scale


@pytest.mark.parametrize(("most", "rounded"), [(100, []), (31, []), (30, ["x"]), (12, ["x"]), (11, ["h", "x"])])
def test_gradients_too_long_to_be_written_out_together_are_rounded(
    most: int, rounded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The formulas at k, h and x have 2, 10 and 19 parts. With letters they cannot be rounded, and that is told."""
    monkeypatch.setattr(adjoints, "LARGEST_WRITTEN", most)
    document = "inputs: {x: 2}\nnodes: {h: exp(x), k: h*exp(x), L: sin(h)*k}\n"
    found = Gradients(Sheet(graph_of(document), Settings(exact=True)), "L", ["x"]).adjoints
    assert [
        name for name in found if isinstance(found[name], Value) and isinstance(number_of(found[name]), float)
    ] == rounded
    letters = Gradients(Sheet(graph_of(document.replace("2", "")), Settings()), "L", ["x"])
    if rounded:
        with pytest.raises(StepperError, match=f"have more than {most} parts together"):
            assert letters.adjoints
    else:
        assert letters.adjoints


# ---- closed forms


def closed(document: str) -> list[str]:
    graph = graph_of(document)
    step = closed_forms(Gradients(Sheet(graph, Settings()), "L", ["w"]), ["w"])
    assert (step.id, step.detail) == ("result.closed", "brief")
    return [
        text(block.links[0].expr) if isinstance(block, Equation) else "no closed form"
        for block in step.body
        if isinstance(block, Equation | Note)
    ]


def test_a_closed_form_stands_where_it_comes_to_the_gradient() -> None:
    """Or where one of the two has no number: letters may cancel in one alone."""
    document = "inputs: {x: 3}\nparameters: {w: 2}\nnodes: {L: x*w^2}\n"
    assert closed(document) == ["2*w*x"]
    assert closed("inputs: {x: }\nparameters: {w: 2}\nnodes: {L: x*w - (x - 2)*w}\n") == ["2"]
    assert closed("inputs: {x: }\nparameters: {w: }\nnodes: {L: x*w^2}\n") == ["2*w*x"]
    assert closed(document + "upstream: 2\n") == []


@pytest.mark.parametrize(
    ("claimed", "stands"),
    [("2*w*x", True), ("12", True), ("w*x", False), ("13", False), ("q", True), ("12 + 10^-12", False)],
)
def test_a_closed_form_that_comes_to_something_else_is_not_shown(
    claimed: str, stands: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(*_: object) -> Expr:
        return parse(claimed)

    monkeypatch.setattr(symbolic, "closed_form", wrong)
    found = closed("inputs: {x: 3}\nparameters: {w: 2}\nnodes: {L: x*w^2}\n")
    assert found == [claimed if stands else "no closed form"]


def test_a_gradient_with_letters_that_cancel_keeps_its_formula() -> None:
    derivation = backward(
        graph_of("inputs: {x: }\nparameters: {w: 2}\nnodes: {L: x*w - (x - 2)*w}\n"), ["w"], Settings(simplify=True)
    )
    assert answer(derivation, "dL/dw") is None
    assert all(check.ok for check in derivation.checks)


# ---- sizes and counts


def test_a_formula_of_fifty_thousand_parts_is_worked_with_and_one_more_is_refused() -> None:
    assert LARGEST_FORMULA == 50_000
    fits = Array((Num("1"),) * (LARGEST_FORMULA - 1))  # the array itself is a part too
    assert bounded(fits) is fits
    with pytest.raises(StepperError, match="has more than 50,000 parts"):
        bounded(Array((*fits.items, Value(Fraction(1)))))


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("sigmoid(1, 2)", "'sigmoid' takes 1 argument, but got 2"), ("bce(1)", "'bce' takes 2 arguments, but got 1"),
        ("hinge(1)", "'hinge' takes 2 to 3 arguments, but got 1"),
        ("hinge(1, 2, 3, 4)", "'hinge' takes 2 to 3 arguments, but got 4"),
        ("leaky_relu(1, 2, 3)", "'leaky_relu' takes 1 to 2 arguments, but got 3"), ("hinge(1, 2)", ""),
        ("hinge(1, 2, 3)", ""),
        ("sigmoid(1)", ""),
    ],
)  # fmt: skip
def test_a_function_says_how_many_arguments_it_takes(call: str, told: str) -> None:
    name, _, rest = call.partition("(")
    given = rest.count(",") + 1
    rule = PLAIN.rule(name)
    if not told:
        rule.check_count(given)
        return
    with pytest.raises(StepperError) as caught:
        rule.check_count(given)
    assert caught.value.problems[0].what == told
    counts = [part for part in told.split() if part.isdigit()]
    assert wrong_count(name, given, int(counts[0]), int(counts[-2])) == told
