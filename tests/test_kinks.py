"""Kinks stand where something ties, and nowhere else: what is said of them, and which slope is taken."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from stepper.core.expr import Call, Expr, Where
from stepper.core.formula import text
from stepper.core.traverse import names, substitute, walk
from stepper.engine.graph.backward import backward
from stepper.engine.graph.options import with_conventions
from stepper.engine.values.quantities import Settings
from stepper.engine.values.rule import COUNT, ELEMENT, LENGTH, RESULT
from stepper.engine.values.vocabulary import Vocabulary
from stepper.errors import StepperError
from stepper.read.given import with_values
from stepper.read.program import read_program
from stepper.render import text as rendering
from stepper.render.look import Look
from stepper.tables.row import FunctionRow
from stepper.tables.table import ROWS
from tests.helpers import answer


def written(formula: str, values: str, wrt: str, kink: str = "pytorch") -> str:
    graph = with_conventions(with_values(read_program(formula, "-e"), [values]), [f"kink={kink}"])
    derivation = backward(graph, [wrt], Settings())
    assert all(check.ok is not False for check in derivation.checks), formula
    return " ".join(rendering.render(derivation, Look(width=1000)).split())


@pytest.mark.parametrize("kink", ["pytorch", "left", "right", "half", "zero"])
@pytest.mark.parametrize(
    ("formula", "values", "wrt", "says"),
    [
        ("f = max(u, v)", "u=3,v=1", "u", "df/du = 1 (u = 3 is the larger)"),
        ("f = max(u, v)", "u=3,v=1", "v", "df/dv = 0 (u = 3 is the larger)"),
        ("f = max(0, w)", "w=2", "w", "df/dw = 1 (w = 2 is the larger)"),
        ("f = min(1, w)", "w=0.5", "w", "df/dw = 1 (w = 0.5 is the smaller)"),
        ("f = min(u, v, 4)", "u=3,v=1", "u", "df/du = 0 (v = 1 is the smallest)"),
        ("f = max([u, v, 4])", "u=3,v=1", "u", "df/du = 0 (4 is the largest)"),
        ("f = max(0, 1 - y*s)", "y=1,s=0.3", "s", "(1 - y·s = 0.7 is the larger)"),
        ("f = hinge(s, y)", "y=1,s=0.3", "s", "(y·s = 0.3 < 1)"),
        ("f = 5*max(x, 0)", "x=1", "x", "= 5 ("),
        ("f = max(x, x, 0)", "x=1", "x", "= 1 ("),
        ("f = abs(x)*relu(x - 1)", "x=2", "x", "= 3 ("),
        ("f = huber([x], [0])", "x=1", "x", "= 1 ("),
        ("f = softsign(x) + sigmoid(x)", "x=0", "x", "= 1.25 Check:"),
        ("f = where(x > 1, x^2, 2*x - 1)", "x=1", "x", "= 2 ("),
        ("f = where(x > 1, a*x, a*x)", "x=1", "x", "df/dx = a"),
        ("f = floor(x)", "x=5/2", "x", "= 0 It is zero"),
        ("f = ceil(x)*x", "x=5/2", "x", "= 3 Check:"),
        ("f = floor(a*x)", "x=1", "x", "= 0 It is zero"),
        ("f = mod(x, 3)", "x=5", "x", "= 1 Check:"),
    ],
)
def test_where_nothing_ties_there_is_no_kink(formula: str, values: str, wrt: str, says: str, kink: str) -> None:
    found = written(formula, values, wrt, kink)
    assert says in found
    assert "kink" not in found


@pytest.mark.parametrize(
    ("formula", "values", "wrt", "says"),
    [
        (
            "f = max(u, v)",
            "u=3,v=3",
            "u",
            "u = v is a kink of f: ∂f/∂u is 0 on the left and 1 on the right; taken: 0.5",
        ),
        ("f = max(0, w)", "w=0", "w", "w = 0 is a kink of f: ∂f/∂w is 0 on the left and 1 on the right; taken: 0.5"),
        ("f = min(1, w)", "w=1", "w", "w = 1 is a kink of f: ∂f/∂w is 1 on the left and 0 on the right; taken: 0.5"),
        (
            "f = max(1, x, x)",
            "x=1",
            "x",
            "1 = x is a kink of f: 3 arguments are equal, and share the slope; taken for each: 1/3",
        ),
        ("f = max(u, v, w)", "u=2,v=2,w=2", "u", "u = v = w is a kink of f: 3 arguments are equal"),
        (
            "f = hinge(s, y)",
            "y=1,s=1",
            "s",
            "y·s = 1 is a kink of f: ∂f/∂s is -1 for y·s < 1 and 0 for y·s > 1; taken: 0",
        ),
        ("f = relu(-w)", "w=0", "w", "-w = 0 is a kink of f: its slope is 0 for -w < 0 and 1 for -w > 0; taken: 0"),
        (
            "f = mae([a], [1])",
            "a=1",
            "a",
            "a - 1 = 0 is a kink of |a - 1|: its slope is -1 for a - 1 < 0 and 1 for a - 1 > 0",
        ),
        (
            "f = where(1 < x, x^2, x)",
            "x=1",
            "x",
            "x = 1 is a kink of f: ∂f/∂x is 1 on the left and 2 on the right; taken: 1",
        ),
        ("f = floor(x)", "x=2", "x", "x = 2 is a jump of f, from 1 to 2: no derivative exists there; taken: 0"),
        ("f = ceil(x)", "x=2", "x", "x = 2 is a jump of f, from 2 to 3: no derivative exists there; taken: 0"),
        ("f = ceil(-x)", "x=2", "x", "-x = -2 is a jump of f, from -2 to -1: no derivative exists there; taken: 0"),
        (
            "f = where(1 > x, x^2, 3*x)",
            "x=1",
            "x",
            "x = 1 is a jump of f, from 1 to 3: no derivative exists there; taken: 3",
        ),
        (
            "f = where(x >= 1, x^2, 3*x)",
            "x=1",
            "x",
            "x = 1 is a jump of f, from 3 to 1: no derivative exists there; taken: 2",
        ),
        ("f = where(x > 1, a*x, b*x)", "x=1", "x", "x = 1 is a kink of f: ∂f/∂x is b on the left and a on the right"),
        ("f = step(x)", "x=0", "x", "x = 0 is a jump of f, from 0 to 1: no derivative exists there; taken: 0"),
    ],
)
def test_a_kink_is_named_with_the_slopes_beside_it(formula: str, values: str, wrt: str, says: str) -> None:
    assert says in written(formula, values, wrt)


@pytest.mark.parametrize(
    ("formula", "slopes"),
    [
        ("relu(x)", "0 0 1 1/2 0"),
        ("relu(x) + x", "1 1 2 3/2 1"),
        ("leaky_relu(x, 1/4)*2", "1/2 1/2 2 5/4 0"),
        ("abs(x)", "0 -1 1 0 0"),
        ("relu(-x)", "0 0 -1 -1/2 0"),
        ("max(x, 0)", "1/2 0 1 1/2 0"),
        ("min(2*x, 0)", "1 2 0 1 0"),
        ("max(x, 0, 0)", "1/3 1/3 1/3 1/3 1/3"),
        ("hardtanh(x + 1)", "0 1 0 1/2 0"),
        ("prelu(x, 1/4)", "1/4 1/4 1 5/8 0"),
        ("rrelu(x, 0, 1/2)", "1/4 1/4 1 5/8 0"),
        ("relu6(x)", "0 0 1 1/2 0"),
        ("relu6(6 - x)", "0 -1 0 -1/2 0"),
        ("celu(x, 2)", "1 1 1 1 1"),
        ("hardswish(x - 3)", "0 0 -1/2 -1/4 0"),
        ("hardswish(x + 3)", "1 3/2 1 5/4 0"),
        ("hardsigmoid(x + 3)", "0 1/6 0 1/12 0"),
        ("hardshrink(x + 1/2)", "0 0 1 1/2 0"),
        ("softshrink(x - 1/2)", "0 1 0 1/2 0"),
        ("threshold(x, 0, -2)", "0 0 1 1/2 0"),
        ("where(x > 0, 3*x, x)", "1 1 3 2 0"),
    ],
)
def test_the_slope_at_a_kink_is_that_of_the_function_with_the_kink(formula: str, slopes: str) -> None:
    """Of it alone: what stands around it keeps its derivative, as if the function had a node of its own."""
    graph = with_values(read_program(f"f = {formula}", "-e"), ["x=0"])
    taken = [
        answer(backward(with_conventions(graph, [f"kink={kink}"]), ["x"], Settings()), "df/dx")
        for kink in ("pytorch", "left", "right", "half", "zero")
    ]
    assert " ".join(map(str, taken)) == slopes


def test_with_symbols_a_maximum_has_cases() -> None:
    derivation = backward(read_program("f = max(u, v)", "-e"), ["u"], Settings())
    assert [text(entry.expr) for entry in derivation.answers] == ["where(u > v, 1, where(u < v, 0, 1/2))"]


@pytest.mark.parametrize("row", [row for row in ROWS.values() if row.partials])
def test_a_row_with_slopes_by_cases_says_where_its_kink_is(row: FunctionRow) -> None:
    """A case distinction between numbers in a slope is a kink; one between places of a list, where(i == j, ...), is
    none.
    """
    rule = Vocabulary({}, {}).rule(row.name)
    cases = [part for form in rule.partials.values() for part in walk(form) if isinstance(part, Where)]
    kinked = any(not {ELEMENT, RESULT, LENGTH} & set(names(part.left)) and part.left != COUNT for part in cases)
    assert bool(row.kink) >= kinked


@pytest.mark.parametrize("row", [row for row in ROWS.values() if row.kink and row.signature()[0][2] == "number"])
def test_the_slope_or_the_value_changes_at_the_kink_that_a_row_names(row: FunctionRow) -> None:
    """At one of the points that its condition allows; beside it nothing is said."""
    needed = [name for name, default, _ in row.signature() if not default]
    others = ["1/2" for _, default, _ in row.signature() if default]
    said = []
    for value in ("0", "1", "-1", "2", "3", "0.5"):
        for call in (", ".join(needed), ", ".join([*needed, *others])):
            program = read_program(f"f = {row.name}({call})", "-e")
            try:
                conventions = backward(
                    with_values(program, [f"{name}={value}" for name in needed]), needed[:1], Settings()
                ).said()
            except StepperError:  # outside its domain
                continue
            words = [word for line in conventions for word in line if isinstance(word, str)]
            said.append(any(" is a kink of " in word or " is a jump of " in word for word in words))
    assert any(said)
    assert row.name in ("mod", "threshold") or not all(
        said
    )  # where all arguments are equal, these two always stand on one


def test_a_maximum_of_many_is_gone_through_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not once for each of its arguments."""
    whole: list[Expr] = []

    def counted(expr: Expr, bindings: Mapping[Expr, Expr]) -> Expr:
        whole.extend([expr] if isinstance(expr, Call) else [])
        return substitute(expr, bindings)

    monkeypatch.setattr("stepper.engine.values.kinks.substitute", counted)
    graph = with_values(read_program(f"L = max({', '.join(['x', 'y'] * 20)})", "-e"), ["x=2,y=1"])
    assert answer(backward(graph, ["x"], Settings()), "dL/dx") == 1
    assert 0 < len(whole) < 10
