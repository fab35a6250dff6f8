"""Laws of what is said before and after a derivation: functions that call others, checks that are made, formulas that are written out."""

from __future__ import annotations

import pytest

from stepper.core.expr import Expr, walk
from stepper.core.formula import text
from stepper.core.parser import parse
from stepper.engine.graph.backward import backward
from stepper.engine.graph.conventions import _given, called, definition_of
from stepper.engine.graph.symbolic_checks import _verdict
from stepper.engine.values.quantities import Settings
from stepper.engine.values.vocabulary import Vocabulary
from tests.helpers import derive, equations, graph_of
from tests.test_laws_told import words


@pytest.mark.parametrize(
    ("formulas", "nodes", "names"),
    [
        # in the order of the nodes that are asked about, each once; then what their definitions call
        ("a: relu(x) + tanh(x), b: relu(a), L: exp(b)", "L", ["exp"]),
        ("a: relu(x) + tanh(x), b: relu(a), L: exp(b)", "a b L", ["relu", "tanh", "exp"]),
        ("a: f(x), L: sin(a)", "a L", ["f", "sin", "g", "cos"]), ("a: f(x) + f(f(x)), L: g(a) + cos(x)", "a L", ["f", "g", "cos"]),
        ("a: h(x), L: a^2", "a L", ["h"]), ("a: x^2, L: -a", "a L", []), ("L: 'sum([relu(x), tanh(x)])'", "L", ["sum", "relu", "tanh"]),
    ],
)  # fmt: skip
def test_the_functions_that_nodes_call(formulas: str, nodes: str, names: list[str]) -> None:
    document = "inputs: {x: 2}\nfunctions: {f(t): g(t) + g(2*t), g(t): cos(t)*t, h(t): }\n"
    assert called(graph_of(f"{document}nodes: {{{formulas}}}\n"), {*nodes.split()}) == names


def test_functions_that_call_one_another_again_and_again_are_gone_through_once() -> None:
    """Forty functions, each of which calls the one before it twice: written out, the last holds the first 2^39 times."""
    rows = "".join(f"  f{place}(x): f{place - 1}(x) + f{place - 1}(x)/2\n" for place in range(1, 40))
    graph = graph_of(f"inputs: {{x: 2}}\nfunctions:\n  f0(x): x^2\n{rows}nodes: {{L: f39(x)}}\n")
    assert called(graph, {"L"}) == [f"f{place}" for place in reversed(range(40))]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("relu", "relu(x) = where(x > 0, x, 0)"), ("f", "f(t) = t^2"), ("h", ""), ("softmax", "softmax(x)[i] = exp(x[i])/sum(exp(x))"),
        ("mse", "mse(yhat, y) = sum((yhat - y)^2)/n: the mean over the n outputs"),
    ],
)  # fmt: skip
def test_a_function_is_said_with_its_definition(name: str, said: str) -> None:
    graph = graph_of("inputs: {x: 2}\nfunctions: {f(t): t^2, h(t): }\nnodes: {L: f(x) + h(x)}\n")
    assert words(definition_of(Vocabulary(graph.functions, {}).rule(name))) == said


@pytest.mark.parametrize(("terms", "more", "shown"), [(1, "", True), (39, "", True), (13, "*2", True), (14, "*2", False), (40, "", False)])
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
    assert (check.name, check.of, check.ok, check.number, check.note, check.unproved) == ("SymPy", "dL/dx", ok, None, note, unproved)


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

PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109)


@pytest.mark.parametrize(("more", "parts", "written"), [("pi", 60, True), ("pi + e", 61, False)])
def test_an_exact_gradient_of_up_to_sixty_parts_is_written_out_before_it_is_simplified(more: str, parts: int, written: bool) -> None:
    """Else the simplified form comes at once."""
    total = f"{' + '.join(f'sqrt({prime})' for prime in PRIMES)} + {more}"
    assert sum(1 for _ in walk(parse(total))) == parts
    graph = graph_of(f"inputs: {{x: 2}}\nnodes: {{h: {total}, L: x*h}}\n")
    *_, found = [equation for equation in equations(derive(graph, "x", exact=True)) if text(equation.left) == "dL/dx"]
    sides: list[Expr] = [link.expr for link in found.links]
    assert (text(sides[1]) == total) is written
    assert len(sides) == (4 if written else 3)  # the adjoint, written out, simplified, its number
