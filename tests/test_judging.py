"""Judging: what was written beside what is found.

Numbers by their spelling, formulas as formulas, arrays entry by entry.
"""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepper.core.expr import Array, Call, Expr, Num, Power, Value, add_all, divide, multiply
from stepper.core.formula import number_of, text
from stepper.core.parser import parse
from stepper.core.prose import Prose
from stepper.core.steps import Check, Note
from stepper.core.traverse import walk
from stepper.engine.answers import graphs as answers
from stepper.engine.answers.examination import Outcome, examine
from stepper.engine.answers.exams import check_exams
from stepper.engine.values.canonical import canonical
from stepper.engine.values.equality import Algebra
from stepper.engine.values.evaluate import evaluate
from stepper.engine.values.judging import Judgement, Verdict, judge, judge_number, spelling
from stepper.engine.values.vocabulary import Vocabulary
from stepper.read.bundled import load_document
from stepper.read.files import documents, listings
from stepper.read.graph import read_graph
from stepper.read.task import read_task
from stepper.render.formats import render
from stepper.render.look import Look

VOCABULARY = Vocabulary({}, {})
SIGMOID = 0.7310585786300049


def said(prose: Prose) -> str:
    return "".join(part if isinstance(part, str) else text(part) for part in prose)


def judged(written: str, found: str | float | Fraction, integers: bool = False) -> Judgement:
    """A judgement on a formula or a number, with the numbers of constants worked out."""
    sides = [parse(written), parse(found) if isinstance(found, str) else Value(found)]
    worked = [side if (number := _number(side)) is None else Value(number) for side in sides]
    return judge(sides[0], worked[0], worked[1], Algebra(VOCABULARY, integers))


def _number(side: Expr) -> Fraction | float | None:
    return (
        None
        if isinstance(side, Array)
        else evaluate(side, {}, VOCABULARY)
        if number_of(side) is None
        else number_of(side)
    )


# ---- numbers


@pytest.mark.parametrize(
    ("written", "found", "verdict"),
    [
        ("0.7311", SIGMOID, "right to the digits written"),
        ("0.731", SIGMOID, "right to the digits written"),
        ("0.7310", SIGMOID, "truncated"),  # 0.73105… rounds to 0.7311
        ("0.73", SIGMOID, "right to the digits written"),
        ("0.74", SIGMOID, "wrong"),
        ("0.72", SIGMOID, "wrong"),
        ("0.7", SIGMOID, "right to the digits written"),
        ("7.311e-1", SIGMOID, "right to the digits written"),
        ("7.311*10^(-1)", SIGMOID, "right to the digits written"),
        ("0.7311000", SIGMOID, "wrong"),  # three zeros claim three more digits
        ("1", SIGMOID, "right to the nearest whole number only"),
        ("0", SIGMOID, "wrong"),  # no decimal is written, so nothing is truncated
        ("1/(1 + exp(-1))", SIGMOID, "right"),
        ("37/50", SIGMOID, "wrong"),  # a fraction is exact
        ("-0.73", -SIGMOID, "right to the digits written"),
        ("-0.7310", -SIGMOID, "truncated"),
        ("-0.7320", -SIGMOID, "wrong"),  # away from zero is not truncated
        ("0.73", -SIGMOID, "wrong"),
        ("0.5", Fraction(1, 2), "right"),
        ("0.50", Fraction(1, 2), "right"),
        ("1/2", Fraction(1, 2), "right"),
        ("0.12", Fraction(1, 8), "right to the digits written"),  # half a unit, either way
        ("0.13", Fraction(1, 8), "right to the digits written"),
        ("0.33", Fraction(1, 3), "right to the digits written"),
        ("0.66", Fraction(2, 3), "truncated"),
        ("0.67", Fraction(2, 3), "right to the digits written"),
        ("0.68", Fraction(2, 3), "wrong"),
        ("4240.33", Fraction(12721, 3), "right to the digits written"),
        ("4240", Fraction(12721, 3), "right to the nearest whole number only"),
        ("4.2e3", Fraction(12721, 3), "right to the digits written"),
        ("0.0", 0.04, "right to the digits written"),
        ("sqrt(2)/2", 2**-0.5, "right"),
        ("-log(0.35)", 1.0498221244986778, "right"),
        ("1.05", 1.0498221244986778, "right to the digits written"),
        ("1318815734", 1318815734.4832146, "right to the nearest whole number only"),
        ("0.731058578630", SIGMOID, "right"),
        ("0.7310585787", SIGMOID, "wrong"),  # it is ...5786
    ],
)
def test_a_number_is_judged_by_its_spelling(written: str, found: float | Fraction, verdict: str) -> None:
    assert judged(written, found).verdict.value == verdict


def test_verdicts_stand_in_an_order_and_the_first_four_are_accepted() -> None:
    assert Verdict.RIGHT < Verdict.ROUNDED < Verdict.TRUNCATED < Verdict.UNDECIDED < Verdict.WRONG
    accepted = [Judgement(verdict).accepted for verdict in Verdict]
    assert accepted == [True, True, True, True, False, False, False, False, None, False]


# ---- formulas


@pytest.mark.parametrize(
    ("written", "found", "verdict"),
    [
        ("3*cos(3*x)", "cos(3*x)*3", "right in another form"),
        ("(1 - a)*(1 + a)", "1 - a^2", "right in another form"),
        ("1 - a^2", "1 - a^2", "right"),
        ("(a^2 - 1)/(a - 1)", "a + 1", "right in another form"),
        ("1/(1 + exp(-x)) * (1 - 1/(1 + exp(-x)))", "sigmoid(x)*(1 - sigmoid(x))", "right in another form"),
        ("exp(x)/(1 + exp(x))", "sigmoid(x)", "right in another form"),
        ("sin(x)^2 + cos(x)^2", "1", "right in another form"),
        ("softmax([a, b])[1]", "1/(1 + exp(b - a))", "right in another form"),
        ("f(x + y)", "f(y + x)", "right in another form"),
        ("2*cos(3*x)", "3*cos(3*x)", "wrong"),
        ("a^2 - 1", "1 - a^2", "wrong"),
        ("x", "relu(x)", "wrong"),  # they part where x is negative
        ("x", "abs(x)", "wrong"),
        ("0", "x - x", "right in another form"),
        ("5", "2*x", "wrong"),
        ("log(a) + log(b)", "log(a*b)", "cannot be decided"),  # where both are negative one alone exists
        ("1/(x - x)", "2", "cannot be decided"),
    ],
)
def test_a_formula_is_compared_as_a_formula(written: str, found: str, verdict: str) -> None:
    from stepper.core.graph import Function

    vocabulary = Vocabulary({"f": Function("f")}, {})
    assert judge(parse(written), parse(written), parse(found), Algebra(vocabulary)).verdict.value == verdict


RATIONAL = st.recursive(
    st.sampled_from(["a", "b", "c", "2", "1/3"]).map(parse),
    lambda inner: st.one_of(
        st.builds(lambda left, right: add_all([("+", left), ("-", right)]), inner, inner),
        st.builds(multiply, inner, inner),
        st.builds(
            lambda left, right: divide(left, add_all([("+", multiply(right, right)), ("+", Num("1"))])), inner, inner
        ),
        st.builds(lambda base, power: Power(base, Num(str(power))), inner, st.integers(0, 3)),
        st.builds(lambda argument: Call("sin", (argument,)), inner),
    ),
    max_leaves=8,
)


@given(RATIONAL)
@settings(max_examples=80, deadline=None)
def test_a_formula_in_its_one_form_is_right_and_a_thousandth_more_is_wrong(formula: Expr) -> None:
    other = canonical(formula)
    assert judge(other, other, formula, Algebra(VOCABULARY)).accepted is True
    more = add_all([("+", other), ("+", Num("0.001"))])
    assert judge(more, more, formula, Algebra(VOCABULARY)).verdict is Verdict.WRONG


@given(st.fractions(-1000, 1000), st.integers(1, 6))
def test_a_number_is_right_rounded_and_cut_off_and_wrong_two_units_off(number: Fraction, places: int) -> None:
    unit = Fraction(1, 10**places)
    for towards, accepted in (
        (round(number / unit), True),
        (int(number / unit), True),
        (round(number / unit) + 2, False),
    ):
        claimed = towards * unit
        written = parse(
            f"{'-' if claimed < 0 else ''}{abs(towards) // 10**places}.{abs(towards) % 10**places:0{places}d}"
        )
        assert number_of(written) == claimed
        assert judge_number(spelling(written), claimed, number).accepted is accepted


def test_sizes_are_compared_at_integers() -> None:
    assert judged("floor(n/2) + floor((n + 1)/2)", "n", integers=True).verdict is Verdict.UNDECIDED
    assert judged("floor(n/2) + floor((n + 1)/2)", "n").verdict is Verdict.WRONG
    assert judged("ceil(n/2)", "floor(n/2)", integers=True).verdict is Verdict.WRONG


# ---- arrays


@pytest.mark.parametrize(
    ("written", "found", "verdict", "note"),
    [
        ("[[8, 8]]", "[[8, 8]]", "right", ""),
        ("[0.33, 0.67]", "[1/3, 2/3]", "right to the digits written", ""),
        ("[0.33, 0.66]", "[1/3, 2/3]", "truncated", ""),
        ("[[8, 6]]", "[[8, 5]]", "wrong", "[1,2] is 5, not 6"),
        ("[1, 2, 3]", "[1, 4, 5]", "wrong", "[2] is 4, not 2, [3] is 5, not 3"),
        ("[1, 2]", "[[1, 2]]", "wrong", "it is 1×2, and what is written 2 numbers"),
        ("[1, [2, 3]]", "[1, 2]", "wrong", "its rows are of different lengths"),
        ("8", "[[8]]", "right", ""),
        ("[a*2, 1 - a^2]", "[2*a, (1 - a)*(1 + a)]", "right in another form", ""),
    ],
)
def test_arrays_are_judged_entry_by_entry(written: str, found: str, verdict: str, note: str) -> None:
    got = judge(parse(written), parse(written), _worked(parse(found)), Algebra(VOCABULARY))
    assert (got.verdict.value, said(got.note)) == (verdict, note)


def _worked(expr: Expr) -> Expr:
    if isinstance(expr, Array):
        return Array(tuple(map(_worked, expr.items)))
    number = _number(expr)
    return expr if number is None else Value(number)


# ---- answers of documents


def outcomes(document: str) -> list[Outcome]:
    graph = read_graph(document, "graph.yaml")
    return [examine(graph, item) for item in graph.items]


GRAPH = "inputs: {x: 1, s: , a: }\nnodes: {y: sigmoid(x), f: sin(3*s), g: 1 - a^2, h: g*s, L: y + f + h}\n"


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("y: 0.7311", "right to the digits written"),
        ("df/ds: 3*cos(3*s)", "right in another form"),
        ("g: (1-a)*(1+a)", "right in another form"),
        ("dL/da: -2*a*s", "right in another form"),
        ("dL/ds: 3*cos(3*s) + g", "right in another form"),
        ("∂h/∂s: g", "right"),
        ("dL/ds: 3*cos(3*s)", "wrong"),
        ("dy/dx: y*(1 - y)", "right"),
        ("paths(s, L): 2", "right"),
        ("is_dag(): 'true'", "right"),
        ("is_dag(): 'false'", "wrong"),
    ],
)
def test_answers_of_a_graph(answer: str, verdict: str) -> None:
    (outcome,) = outcomes(f"{GRAPH}answers:\n  {answer}\n")
    assert [finding.judgement.verdict.value for finding in outcome.findings] == [verdict], outcome.problems
    assert outcome.item.name == "answers"


ARRAYS = "inputs: {X: [[2, 2]], W: [[1, 2], [3, 2]]}\nnodes: {Y: X @ W}\n"


def test_an_answer_that_cannot_be_worked_is_its_items_own_failure() -> None:
    found = outcomes(f"{ARRAYS}answers:\n  a: {{Y: W @ X, shape(Y): '[1, 2]'}}\n  b: {{Y: '[[8, 8]]'}}\n")
    assert [(outcome.item.name, outcome.agrees, len(outcome.findings)) for outcome in found] == [
        ("a", False, 1),
        ("b", True, 1),
    ]
    (problem,) = found[0].problems
    assert problem.what.startswith("a, Y: W @ X: 2×2 @ 1×2 does not fit")
    assert str(problem.where) == "graph.yaml:4:10"


@pytest.mark.parametrize(
    ("answers", "what"),
    [
        ("answers: 5", "'answers:' is a mapping"),
        ("answers: {a: {values: {y: 1}, publishd: {}}}", "'publishd' is not a part of the item 'a'"),
        ("answers: {a: {values: {y: 1}, published: {okay: true}}}", "'okay' is not a part of 'published:'"),
        ("answers: {a: {values: {y: 1}, published: {ok: false}}}", "a published mistake is described"),
        ("answers: {yy: 1}", "'yy' is not a quantity of this graph"),
        ("answers: {y: 0.7*q}", "'q' is not a quantity of this graph"),
        ("answers: {dL/dq: 1}", "'q'"),
        ("answers: {dz/ds: 1}", "'z' is not a node of this graph"),
        ("answers: {x': 1}", "x' needs a learning rate"),
        ("answers: {'y)': 1}", "')'"),
        ("answers: {y: '3 +'}", "the formula ends too early"),
    ],
)
def test_faults_in_answers_are_told_of_their_item(answers: str, what: str) -> None:
    (outcome,) = outcomes(GRAPH + answers + "\n")
    assert not outcome.agrees
    assert any(what in problem.what for problem in outcome.problems), outcome.problems
    assert all(problem.where is not None and problem.where.line == 3 for problem in outcome.problems)


@pytest.mark.parametrize(
    ("published", "verdict", "holds"),
    [
        ("{values: {y: 0.7311}}", "true", True),
        ("{values: {y: 0.74}}", "false", True),
        ("{values: {y: 0.74}, ok: true}", "false", False),
        ("{values: {y: 0.74}, ok: false}", "false", True),
        ("{values: {y: 0.7311}, ok: false}", "true", False),
        ("{values: {y: 0.7311}, ok: partial, error: a word is wrong}", "partial", True),
        ("{values: {y: 0.7311}, ok: true, error: a word is wrong}", "partial", False),
        ("{values: {y: 0.7311}, steps: {g: a^2}}", "partial", True),
        ("{values: {y: 0.7311}, steps: {g: a^2}, ok: true}", "partial", False),
        ("{ok: false, error: in words alone}", None, True),
        ("{ok: true}", None, True),
    ],
)
def test_published_solutions_are_judged_and_ok_is_a_claim_on_the_verdict(
    published: str, verdict: str | None, holds: bool
) -> None:
    (outcome,) = outcomes(f"{GRAPH}answers: {{a: {{values: {{x: 1}}, published: {published}}}}}\n")
    assert (outcome.verdict, outcome.verdict_holds, outcome.agrees) == (verdict, holds, holds)


def test_the_columns_say_whose_number_is_whose() -> None:
    graph = read_graph(
        GRAPH + "answers: {a: {values: {y: 0.8}, published: {values: {y: 0.7}, ok: false}}}\n", "graph.yaml"
    )
    derivation, error = check_exams([(graph, item) for item in graph.items])
    assert error is None
    shown = render("text", derivation, Look(width=200))
    assert "The document says of the published solution: wrong. stepper finds: right." in shown
    assert [line.split() for line in shown.splitlines() if line.strip().startswith(("quantity", "y "))] == [
        ["quantity", "answer", "stepper's"], ["y", "0.8", "≈", "0.7311", "differs"],
        ["quantity", "published", "stepper's"], ["y", "0.7", "≈", "0.7311", "right", "to", "the", "digits", "written"],
    ]  # fmt: skip


TASK = "optimizer: sgd\nsettings: {lr: 0.3}\nparameters: {theta: 1}\nobjective: sin(theta)\nsteps: 2\n"


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("theta[1]: 0.838", "right to the digits written"),  # 1 - 0.3*cos(1) = 0.8379…
        ("theta[1]: 0.83", "truncated"),
        ("theta[1]: 0.84", "right to the digits written"),
        ("theta[1]: 0.85", "wrong"),
        ("theta[1]: 1 - 0.3*cos(1)", "right"),
        ("theta[2]: theta[1] - lr*cos(theta[1])", "right"),
        ("1 - theta[1]: 0.162", "right to the digits written"),
    ],
)
def test_answers_of_an_optimizer(answer: str, verdict: str) -> None:
    task = read_task(f"{TASK}answers:\n  {answer}\n", "task.yaml")
    outcome = examine(task, task.items[0])
    assert [finding.judgement.verdict.value for finding in outcome.findings] == [verdict], outcome.problems


def test_a_quantity_that_a_run_has_not_is_told() -> None:
    task = read_task(f"{TASK}answers:\n  theta[9]: 1\n", "task.yaml")
    assert "'theta[9]' is not a quantity of this run" in examine(task, task.items[0]).problems[0].what


def test_what_cannot_be_decided_is_said_and_counted_and_fails_nothing() -> None:
    graph = read_graph("inputs: {a: , b: }\nnodes: {L: log(a*b)}\nanswers: {L: log(a) + log(b)}\n", "graph.yaml")
    derivation, error = check_exams([(graph, item) for item in graph.items])
    assert error is None
    assert derivation.checks[0].ok is None
    (summary,) = derivation.steps[-1].body
    assert isinstance(summary, Note)
    assert "1 cannot be decided" in said(summary.text)


def test_a_derivation_that_does_not_hold_ends_in_3(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = read_graph(GRAPH + "answers: {a: {y: 0.73}, b: {dL/dx: 1}, c: {x: 1}}\n", "graph.yaml")
    monkeypatch.setattr(answers, "answered", lambda *_: ((), (Check("central difference", "x", False),)))
    error = check_exams([(graph, item) for item in graph.items])[1]
    assert error is not None
    assert error.exit_code == 3


# ---- a law over all bundled documents


def test_every_value_of_the_exams_is_right_when_rounded_and_wrong_two_units_off() -> None:
    """All items agree.

    Irrational values written with 2, 3 and 4 decimals: right; with 2 in the last place added or taken away: wrong.
    """
    compared = 0
    for name in [name for name, _ in (*documents(), *listings())]:
        subject, items, _ = load_document(name)
        outcomes = [examine(subject, item) for item in items]
        assert all(outcome.agrees for outcome in outcomes), name
        for finding in [finding for outcome in outcomes for finding in outcome.findings]:
            parts = walk(finding.found) if finding.found is not None and not isinstance(finding.found, str) else ()
            irrational = [
                float(part.number) for part in parts if isinstance(part, Value) and not _is_short(part.number)
            ]
            compared += len(irrational)
            for number, decimals, off in product(irrational, (2, 3, 4), (0, 2, -2)):
                unit = Decimal(1).scaleb(-decimals)
                written = parse(f"{Decimal(number).quantize(unit) + off * unit:f}")
                claimed = number_of(written)
                assert claimed is not None
                verdict = judge_number(spelling(written), claimed, number).verdict
                assert verdict is (Verdict.WRONG if off else Verdict.ROUNDED), (
                    name,
                    text(finding.key),
                    text(written),
                    number,
                )
    assert compared > 40


def _is_short(number: Fraction | float) -> bool:
    return isinstance(number, Fraction) or math.isclose(number, round(number, 6), rel_tol=1e-12)
