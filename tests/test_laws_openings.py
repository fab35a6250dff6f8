"""Laws of what is said before and after a derivation: functions that call others, checks that are made, formulas that
are written out.
"""

from __future__ import annotations

import pytest

from stepper.core.formula import text
from stepper.core.parser import parse
from stepper.core.traverse import walk
from stepper.engine.graph.backward import backward
from stepper.engine.graph.conventions import _given, called, definition_of
from stepper.engine.graph.symbolic_checks import _verdict
from stepper.engine.values.quantities import Settings
from stepper.engine.values.vocabulary import Vocabulary
from tests.helpers import answer, derive, equations, graph_of
from tests.test_laws_told import words


@pytest.mark.parametrize(
    ("formulas", "nodes", "names"),
    [
        # in the order of the nodes that are asked about, each once; then what their definitions call
        ("a: relu(x) + tanh(x), b: relu(a), L: exp(b)", "L", ["exp"]),
        ("a: relu(x) + tanh(x), b: relu(a), L: exp(b)", "a b L", ["relu", "tanh", "exp"]),
        ("a: f(x), L: sin(a)", "a L", ["f", "sin", "g", "cos"]),
        ("a: f(x) + f(f(x)), L: g(a) + cos(x)", "a L", ["f", "g", "cos"]),
        ("a: h(x), L: a^2", "a L", ["h"]), ("a: x^2, L: -a", "a L", []),
        ("L: 'sum([relu(x), tanh(x)])'", "L", ["sum", "relu", "tanh"]),
    ],
)  # fmt: skip
def test_the_functions_that_nodes_call(formulas: str, nodes: str, names: list[str]) -> None:
    document = "inputs: {x: 2}\nfunctions: {f(t): g(t) + g(2*t), g(t): cos(t)*t, h(t): }\n"
    assert called(graph_of(f"{document}nodes: {{{formulas}}}\n"), {*nodes.split()}) == names


def test_functions_that_call_one_another_again_and_again_are_gone_through_once() -> None:
    """Forty functions, each of which calls the one before it twice: written out, the last holds the first 2^39
    times.
    """
    rows = "".join(f"  f{place}(x): f{place - 1}(x) + f{place - 1}(x)/2\n" for place in range(1, 40))
    graph = graph_of(f"inputs: {{x: 2}}\nfunctions:\n  f0(x): x^2\n{rows}nodes: {{L: f39(x)}}\n")
    assert called(graph, {"L"}) == [f"f{place}" for place in reversed(range(40))]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("relu", "relu(x) = where(x > 0, x, 0)"), ("f", "f(t) = t^2"), ("h", ""),
        ("softmax", "softmax(x)[i] = exp(x[i])/sum(exp(x))"),
        ("mse", "mse(yhat, y) = sum((yhat - y)^2)/n: the mean over the n outputs"),
    ],
)  # fmt: skip
def test_a_function_is_said_with_its_definition(name: str, said: str) -> None:
    graph = graph_of("inputs: {x: 2}\nfunctions: {f(t): t^2, h(t): }\nnodes: {L: f(x) + h(x)}\n")
    assert words(definition_of(Vocabulary(graph.functions, {}).rule(name))) == said


@pytest.mark.parametrize(
    ("terms", "more", "shown"), [(1, "", True), (39, "", True), (13, "*2", True), (14, "*2", False), (40, "", False)]
)
def test_a_value_that_is_given_is_told_where_it_is_short(terms: int, more: str, shown: bool) -> None:
    """Up to 40 parts: a sum of 39 names has 40."""
    value = parse(" + ".join(f"a{place}{more}" for place in range(terms)))
    size = sum(1 for _ in walk(value))
    assert (size <= 40) is shown
    assert words(_given("h", value)) == (f"h = {text(value)}" if shown else "h")
    assert words(_given("h", parse("3"))) == "h = 3"


# ---- checks


@pytest.mark.parametrize(
    ("ok", "note", "unproved"), [(True, ("proved",), False), (False, (), False), (None, ("cannot decide it",), True)]
)  # fmt: skip
def test_what_sympy_says_is_proved_wrong_or_not_decided(ok: bool | None, note: tuple[str, ...], unproved: bool) -> None:
    check = _verdict("dL/dx", ok, ("proved",))
    assert (check.name, check.of, check.ok, check.number, check.note, check.unproved) == (
        "SymPy",
        "dL/dx",
        ok,
        None,
        note,
        unproved,
    )


@pytest.mark.parametrize(
    ("wrt", "checked"),
    [
        ("x", ["reverse accumulation of dL/dx", "central difference of dL/dx"]), ("u", ["central difference of dL/du"]),
        ("x u", ["reverse accumulation of dL/dx", "central difference of dL/dx", "central difference of dL/du"]),
    ],
)  # fmt: skip
def test_where_no_path_leads_there_is_no_sum_over_paths_to_check(wrt: str, checked: list[str]) -> None:
    graph = graph_of("inputs: {x: 2, u: 3}\nnodes: {L: x^2, q: u^2}\noutput: L\n")
    checks = backward(graph, wrt.split(), Settings()).checks
    assert [f"{check.name} of {check.of}" for check in checks] == checked
    assert all(check.ok for check in checks)


# ---- exact values


@pytest.mark.parametrize(("more", "parts", "written"), [("pi", 60, True), ("pi + e", 61, False)])
def test_an_exact_gradient_of_up_to_sixty_parts_is_written_out(
    more: str, parts: int, written: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the product along the paths and its number, whether or not there is a simpler form; else that comes at
    once.
    """
    total = f"{' + '.join(f'sqrt({place})' for place in range(101, 130))} + {more}"
    assert sum(1 for _ in walk(parse(total))) == parts
    graph = graph_of(f"inputs: {{x: 2}}\nnodes: {{h: {total}, L: x*h}}\n")
    for simple in (None, parse("sqrt(3)")):
        monkeypatch.setattr("stepper.engine.values.symbolic.closed_form", lambda *_, found=simple: found)
        *_, equation = [
            equation for equation in equations(derive(graph, "x", exact=True)) if text(equation.left) == "dL/dx"
        ]
        *sides, number = [text(link.expr) for link in equation.links]
        assert sides == ["h", *([total] if written else []), *(["sqrt(3)"] if simple is not None else [])]
        assert float(number) == pytest.approx(float(answer(derive(graph, "x"), "dL/dx") or 0))
