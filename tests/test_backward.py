"""The main job: the values of the exams, what a derivation says, and the laws that hold on any graph."""

from __future__ import annotations

import math
import re
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, assume, given, settings

from stepper.core.arrays import ArrayGraph
from stepper.core.expr import Expr, Num, Sym, Value
from stepper.core.formula import text
from stepper.core.graph import Graph
from stepper.core.numbers import shown
from stepper.core.steps import Derivation, Equation, Table
from stepper.core.traverse import transform, walk
from stepper.engine.graph.adjoints import Gradients
from stepper.engine.graph.backward import backward
from stepper.engine.graph.options import with_conventions
from stepper.engine.graph.paths import count_paths, list_paths
from stepper.engine.tensor.backward import backward as backward_of_arrays
from stepper.engine.values.equations import Sheet
from stepper.engine.values.evaluate import evaluate
from stepper.engine.values.quantities import Settings
from stepper.errors import StepperError
from stepper.read.bundled import load_graph
from stepper.read.given import with_values
from stepper.read.program import read_program
from stepper.render.look import Look, links_shown
from stepper.render.text import render
from tests.helpers import Numbers, answer, derive, equations, graph_of
from tests.strategies import graphs

QUICK = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def shown_text(derivation: Derivation) -> str:
    return render(derivation, Look(width=100))


# ---- the exams


def test_a_constant_with_a_prime_in_its_name_is_asked_for() -> None:
    derivation = derive("uio-2021/7", "n_f'")
    assert answer(derivation, "de/dn_f'") == 0
    assert "de/dn_f′ = 0" in shown_text(derivation)


def test_the_2_3_2_network() -> None:
    derivation = derive("tum-2022/6", "w11", lr=Fraction(1, 10))
    sheet = Sheet(load_graph("tum-2022/6"), Settings())
    assert [sheet.values[name] for name in ("h1", "h2", "h3", "h4", "h5", "h6", "yhat1", "yhat2", "L")] == [
        2,
        0,
        -2,
        2,
        0,
        -1,
        2,
        0,
        1,
    ]
    assert (answer(derivation, "dL/dw11"), answer(derivation, "w11'")) == (Fraction(3, 2), Fraction(-13, 20))
    written = shown_text(derivation)
    assert "one term for each of the 2 paths from w₁₁ to L" in written
    assert "∂L/∂ŷ₂·∂ŷ₂/∂h₄·∂h₄/∂h₁·∂h₁/∂w₁₁ = (-1)·(-0.5)·1·1 = 0.5" in written
    assert "dL/dw₁₁                         = 1 + 0.5 = 1.5" in written
    assert "w₁₁′ = w₁₁ - η·dL/dw₁₁ = -0.5 - 0.1·1.5 = -0.65" in written


def test_a_shared_weight_is_grouped_by_use() -> None:
    """In full detail: it says each term once more."""
    derivation = derive("uio-2019/1", "Wh")
    written = render(derivation, Look(detail="full"))
    assert "dL/dh₁·∂h₁/∂W_h = -4 + 4 = 0" in written
    assert "dL/dh₂·∂h₂/∂W_h = 8" in written
    assert "dL/dh₂·∂h₂/∂W_h" not in shown_text(derivation)
    assert re.search(r"^   dL/dW_h += -4 \+ 4 \+ 8 = 8$", shown_text(derivation), re.MULTILINE)


def test_an_abstract_graph_in_symbols() -> None:
    derivation = derive("uio-2021/7", "x1")
    written = shown_text(derivation)
    assert "one term for each of the 6 paths from x₁ to e" in written
    assert "∂f/∂x₁ = n_f′·v₁ = 31·1 = 31" in written
    assert "∂e/∂f·∂f/∂x₁             = ∂e/∂f·n_f′·v₁ = 5·31 = 155" in written
    assert answer(derivation, "de/dx1") == 103274


def test_a_derivative_that_exists_nowhere_is_not_called_wrong() -> None:
    derivation = derive(
        "inputs: {s: }\nedges: [x -> a -> b -> e, a -> e]\nlocal: {x -> a: s/(x - x), a -> b: 2, b -> e: 5, a -> e: "
        "3}\n",
        "x",
    )
    assert [check.ok for check in derivation.checks] == [None, None]


def test_an_abstract_graph_without_numbers_stays_symbolic() -> None:
    derivation = derive("edges: [x -> a -> e, x -> e]\n", "x")
    assert text(derivation.answers[0].expr) == "∂e/∂a*∂a/∂x + ∂e/∂x"
    assert [check.ok for check in derivation.checks] == [True, None]


@pytest.mark.parametrize(
    ("kink", "slope"), [("pytorch", "-5/4"), ("left", "-5/4"), ("right", "-5/2"), ("zero", "0"), ("half", "-15/8")]
)
def test_the_slope_at_a_kink_is_a_convention(kink: str, slope: str) -> None:
    graph = with_conventions(load_graph("tum-2022/6"), [f"kink={kink}"])
    assert answer(derive(graph, "w12"), "dL/dw12") == Fraction(slope)


def test_all_gradients_come_as_a_table() -> None:
    graph = load_graph("tum-2022/6")
    derivation = derive(graph, *(name for name, leaf in graph.leaves.items() if leaf.kind != "constant"))
    tables = [
        block
        for _, step in derivation.walk()
        for block in step.body
        if isinstance(block, Table) and step.rule == "result.table"
    ]
    assert len(tables[0].rows) == 21
    assert all(check.ok for check in derivation.checks)


# ---- what is said


@pytest.mark.parametrize(
    ("document", "wrt", "reason"),
    [
        ("inputs: {x: -2}\nnodes: {h: relu(x), L: 3*h}\n", "x", "∂h/∂x = 0, since x = -2 < 0"),
        ("inputs: {x: 1, y: 2}\nnodes: {L: 3*x, M: y}\noutput: L\n", "y", "no path leads from y to L"),
        ("inputs: {x: 1, y: 0}\nnodes: {a: x*y, L: a + 1}\n", "x", "∂a/∂x = 0, since y = 0"),
        ("inputs: {x: 1}\nnodes: {a: 2*x, b: -2*x, L: a + b}\n", "x", "the contributions to x cancel"),
    ],
)
def test_a_zero_gradient_says_why(document: str, wrt: str, reason: str) -> None:
    assert reason in shown_text(derive(document, wrt))


def test_many_paths_are_counted_not_listed() -> None:
    layers = "\n".join(f"  a{k}: x{k} + 1\n  b{k}: 2*x{k}\n  x{k + 1}: a{k}*b{k}/4" for k in range(4))
    derivation = derive(f"inputs: {{x0: 1}}\nnodes:\n{layers}\n", "x0")
    written = shown_text(derivation)
    assert "Gradients accumulated at each node, back from x₄ along 16 paths to x₀" in written
    assert "(1)" not in written
    assert all(check.ok for check in derivation.checks)


def test_a_saturated_tanh_keeps_its_slope() -> None:
    derivation = derive("inputs: {x: 16}\nnodes: {y: tanh(x)}\n", "x")
    assert answer(derivation, "dy/dx") == pytest.approx(5.0664219e-14, rel=1e-6)
    assert "= sech(x)² = sech(16)² ≈ 5.066·10⁻¹⁴" in shown_text(derivation)


def test_an_upstream_gradient_stands_in_front() -> None:
    numeric = derive("inputs: {x: 3}\nnodes: {Y: x^2}\nupstream: 2\n", "x")
    assert [(entry.name, entry.number) for entry in numeric.answers] == [("2*dY/dx", 12)]
    assert all(check.ok for check in numeric.checks)
    symbolic = derive("inputs: {x: }\nnodes: {Y: x^2}\nupstream: g\n", "x")
    assert text(symbolic.answers[0].expr) == "g*2*x"
    assert all(check.ok for check in symbolic.checks)


def test_a_symbolic_graph_is_checked_at_generic_values() -> None:
    derivation = derive(
        "inputs: {x: , y: 1}\nparameters: {w: 2, b: }\nnodes: {z: w*x + b, a: sigmoid(z), L: (a - y)^2}\n", "w"
    )
    assert text(derivation.answers[0].expr) == "2*(a - 1)*a*(1 - a)*x"
    assert [check.ok for check in derivation.checks] == [True, True]


def test_an_unspecified_function_differentiates_to_its_prime() -> None:
    derivation = derive("inputs: {x: 2, w: 3}\nfunctions: {n_f: }\nnodes: {z: w*x, f: n_f(z)}\n", "w")
    assert text(derivation.answers[0].expr) == "n_f'(6)*2"


def test_gradient_for_a_node_and_for_the_output() -> None:
    graph = load_graph("uio-2019/1")
    derivation = derive(graph, "h[1]", "loss")
    assert (answer(derivation, "dloss/dh[1]"), answer(derivation, "dloss/dloss")) == (0, 1)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("inputs: {x: 1}\nnodes: {a: x, b: 2*x}\n", "the output is ambiguous: no node uses a or b"),
        ("inputs: {x: 1}\n", "this document has no nodes"),
        ("inputs: {x: -1}\nnodes: {L: log(x)}\n", "graph.yaml:2: error: in L: log(-1) is not defined; log needs x > 0"),
        ("inputs: {x: 1}\nnodes: {L: 1/(x - 1)}\n", "in L: 1/(x - 1) divides by zero"),
        ("inputs: {x: 1000}\nnodes: {L: exp(x)}\n", "graph.yaml:2: error: L is too large for a number (about 10^434)"),
        ("inputs: {x: 9}\nnodes: {L: x^x^x}\n", "in L: x^x^x is too large"),
        (
            "inputs: {x: 1, y: 2}\nnodes: {L: 'mse([x, y], [x])'}\n",
            "mse takes lists of the same length, but got 1 and 2 elements",
        ),
    ],
)
def test_what_cannot_be_worked_out_is_refused(document: str, message: str) -> None:
    with pytest.raises(StepperError) as caught:
        derive(document, "x")
    assert message in str(caught.value)


def test_an_unknown_name_is_told_with_the_nearest() -> None:
    with pytest.raises(StepperError, match="did you mean 'w11'"):
        derive("tum-2022/6", "w111")


# ---- laws


@QUICK
@given(graphs())
def test_paths_accumulation_and_differences_agree(graph: Graph) -> None:
    """Sum over paths = reverse accumulation = difference quotient, for every leaf of a random graph."""
    derivation = _derived(graph)
    gradients = Gradients(Sheet(graph, Settings()), str(graph.output), list(graph.leaves))
    for name in graph.leaves:
        paths = list_paths(graph, name, str(graph.output))
        assert len(paths) == count_paths(graph, name, str(graph.output))
        total = gradients.total([gradients.product(gradients.along(path)[1]) for path in paths])
        adjoint = gradients.adjoint(name)
        left, right = (evaluate(side, {}, gradients.sheet.vocabulary) for side in (total, adjoint))
        assert left is not None
        assert right is not None
        assert math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-9 * gradients.scales().get(name, 1.0) + 1e-300)
    assert not [check for check in derivation.checks if check.ok is False]


@QUICK
@given(graphs())
def test_what_is_written_of_a_random_graph_holds(graph: Graph) -> None:
    """Three laws of its equations."""
    derivation, number = _derived(graph), Numbers(graph)
    for equation in equations(derivation):
        a_chain_of_equals_is_constant(equation, number)
        a_line_recomputes_to_what_it_shows(equation, number, Look())
        equal_signs_stand_only_between_what_is_shown_equal(equation, Look())


def a_chain_of_equals_is_constant(equation: Equation, number: Numbers) -> None:
    before = number(equation.left) if not text(equation.left).endswith("'") else None
    for link in equation.links:
        value = number(link.expr)
        assert value is not None, text(link.expr)
        if before is not None:
            exact = link.relation == "=" and isinstance(value, Fraction) and isinstance(before, Fraction)
            assert value == before if exact else math.isclose(value, before, rel_tol=1e-6, abs_tol=1e-9), equation
        before = value


def a_line_recomputes_to_what_it_shows(equation: Equation, number: Numbers, look: Look) -> None:
    """The numbers of a line, as they stand on the page, give the number that stands behind them."""
    *_, line, last = [equation.left, *(link.expr for link in equation.links)]
    if not isinstance(last, Value) or line == equation.left or text(line).isidentifier():
        return

    def as_shown(part: Expr) -> Value | None:
        return Value(shown(part.number, look.digits + part.guard).number) if isinstance(part, Value) else None

    if any(isinstance(part, Value) for part in walk(line)):
        recomputed = number(transform(line, as_shown))
        assert recomputed is not None
        rounded = float(recomputed) if isinstance(last.number, float) else recomputed
        assert shown(rounded, look.digits).number == shown(last.number, look.digits).number, equation


def equal_signs_stand_only_between_what_is_shown_equal(equation: Equation, look: Look) -> None:
    for relation, link in links_shown(equation, look):
        if isinstance(link.expr, Value) and relation == "=":
            assert shown(link.expr.number, look.digits).exact


@pytest.mark.parametrize("formula", ["mse([x, x], [0.4, 1])", "1 - tanh(9*x)^2", "(x - 0.1)^2 + (x - 1.3)^2"])
def test_a_formula_that_cancels_at_the_values_tried_is_no_disagreement(formula: str) -> None:
    derivation = backward(read_program(f"L = {formula}", "-e"), ["x"], Settings())
    assert [check.ok for check in derivation.checks] == [True, True]


@QUICK
@given(graphs(symbols=True))
def test_symbolic_graphs_are_checked_too(graph: Graph) -> None:
    derivation = _derived(graph)
    assert not [check for check in derivation.checks if check.ok is False]


@settings(QUICK, max_examples=40)
@given(graphs())
def test_rendering_twice_gives_the_same_string(graph: Graph) -> None:
    from stepper.render.formats import WHOLE
    from stepper.render.formats import render as to

    first, second = _derived(graph), _derived(graph)
    assert first == second
    for name in WHOLE:
        assert to(name, first, Look()) == to(name, second, Look())


def _derived(graph: Graph) -> Derivation:
    try:
        return derive(graph, *list(graph.leaves)[:2])
    except StepperError:
        assume(False)  # a random graph may overflow or divide by zero
        raise


def test_a_graph_with_more_than_10_to_30_paths_is_counted_at_once() -> None:
    layers = "\n".join(f"  a{k}: x{k} + 1\n  b{k}: x{k}/2\n  x{k + 1}: (a{k} + b{k})/2" for k in range(101))
    graph = graph_of(f"inputs: {{x0: 1}}\nnodes:\n{layers}\n")
    assert count_paths(graph, "x0", "x101") == 2**101


def test_a_case_is_settled_with_all_digits() -> None:
    """exp(-900) is 0 as a float and yet positive: the line shows the slope that is taken."""
    graph = read_program("h = exp(-x^2); y = relu(h)", "-e")
    derivation = derive(with_values(graph, ["x=30"]), "x")
    lines = [equation for equation in equations(derivation) if text(equation.left) == "∂y/∂h"]
    assert lines
    for line in lines:
        assert text(line.links[-1].expr) == "1"
        assert line.links[-1].note == (Sym("h"), " > ", Num("0"))


@pytest.mark.parametrize("formula", ["ceil(x)*3 + x", "floor(x) + x^2", "x - (ceil(x/2) - 1)*2"])
def test_a_jump_is_checked_from_one_side(formula: str) -> None:
    """Where floor and ceil jump, a quotient over both sides knows nothing of the slope that is taken."""
    derivation = derive(with_values(read_program(f"y = {formula}", "-e"), ["x=2"]), "x")
    assert all(check.ok for check in derivation.checks)
    assert any("difference from the" in check.name for check in derivation.checks)


def test_terms_that_cancel_agree_within_their_rounding() -> None:
    """A gradient of 0 that is a difference of irrational terms: paths and accumulation add them in different orders."""
    graph = read_program("h0 = x0*x1 + x1; h1 = (x0 + h0)^2; h2 = abs(x0 + h0); h5 = tanh(h1*h2)", "-e")
    derivation = derive(with_values(graph, ["x0=0,x1=-1"]), "x0")
    assert all(check.ok for check in derivation.checks)


STEPS = [
    (
        "inputs: {x: 2, t: 1}\nparameters: {w: 1}\nnodes: {L: (w*x - t)^2}\n",
        {"w'": Fraction(6, 10)},
        "x and t stay: they are not parameters.",
    ),
    (
        "inputs: {x: 2, w: 1}\nnodes: {L: w*x}\n",
        {"x'": Fraction(19, 10), "w'": Fraction(8, 10)},
        "No parameters are declared",
    ),
    ("inputs: {X: [[2, 1]]}\nparameters: {w: 1}\nnodes: {L: sum(w*X)}\n", {}, "X stays: it is not a parameter."),
]


@pytest.mark.parametrize(("document", "stepped", "said"), STEPS)
def test_a_step_is_of_parameters_where_there_are_any(document: str, stepped: dict[str, Fraction], said: str) -> None:
    graph = graph_of(document)
    if isinstance(graph, ArrayGraph):
        derivation = backward_of_arrays(graph, list(graph.leaves), Settings(lr=Fraction(1, 10)))
    else:
        derivation = derive(graph, *graph.leaves, lr=Fraction(1, 10))
    assert {entry.name: entry.number for entry in derivation.answers if "'" in entry.name} == stepped
    assert said in render(derivation, Look(detail="full"))
