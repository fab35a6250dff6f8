"""Laws of one step of an optimizer: its lines by name, what is done beside it, and its linear equations."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import pytest

from stepper.core.expr import Expr, Num
from stepper.core.formula import text
from stepper.core.graph import Node
from stepper.core.parser import parse
from stepper.core.task import Task
from stepper.engine.optim.curvature import FORMULAS, crossed, nature, squares
from stepper.engine.optim.run import Run
from stepper.engine.optim.step import LETTER, StepGraph, before, settled
from stepper.engine.values.cofactors import cofactor, determinant
from stepper.engine.values.evaluate import evaluate
from stepper.engine.values.quantities import Settings
from stepper.engine.values.vocabulary import PLAIN
from stepper.errors import StepperError
from stepper.read.options import OptimOptions, load_task
from stepper.read.task import read_task
from tests.test_run_tables import said


def task(name: str, theta: str, *gradients: str, objective: str | None = None, beside: str = "", **given: str) -> Task:
    values = tuple(f"{key}={value}" for key, value in given.items())
    steps = None if gradients else 1
    return load_task(name, OptimOptions(theta, gradients, objective, steps, None, values, (beside,) if beside else ()))


def written(node: Node) -> str:
    assert node.formula is not None
    return f"{node.name} = {text(node.formula)}"


def lines(chosen: Task, formula: bool = True, step: str = "t") -> list[str]:
    """The lines of a step, with or without the objective; what they read is a line before, or a leaf."""
    number = LETTER if step == "t" else Num(step)
    graph = StepGraph(chosen.method, list(chosen.parameters), number, Run(chosen).formula if formula else None).build(
        {}
    )
    known = set(graph.leaves)
    for node in graph.nodes.values():
        assert known.issuperset(node.reads)
        assert node.name not in known
        known.add(node.name)
    return [written(node) for node in graph.nodes.values()]


# ---- lines

TWO, THREE = "u=1,x=2", "u=1,x=2,y=3"
CUBIC = "u^2*x + x^2*y + y^2*u"


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (task("sgd", TWO, objective="u^2*x"),
         ["g[t, u] = 2*u[t - 1]*x[t - 1]", "g[t, x] = u[t - 1]^2", "u[t] = u[t - 1] - eta*g[t, u]",
             "x[t] = x[t - 1] - eta*g[t, x]"]),
        (task("sgd", "1", "1"), ["theta[t] = theta[t - 1] - eta*g[t]"]),
        # what is assigned twice wears a hat until the last time
        (task("sgd", "u=1", "1", beside="decoupled_decay"),
         ["thetahat[t] = u[t - 1] - eta*decoupled*u[t - 1]", "u[t] = thetahat[t] - eta*g[t]"]),
        (task("sgd", "u=1", "1", beside="weight_decay,clip_value"),
         ["ghat[t] = g[t] + decay*u[t - 1]", "ghathat[t] = min([max([ghat[t], -limit]), limit])",
             "u[t] = u[t - 1] - eta*ghathat[t]"]),
        (task("rprop", "u=1", "1"),
         ["khat[t] = where(t == 1, eta, k[t - 1])",
          "k[t] = min([max([khat[t]*where(g[t]*p[t - 1] > 0, up, where(g[t]*p[t - 1] < 0, down, 1)), least]), most])",
          "c[t] = where(g[t]*p[t - 1] < 0, 0, g[t])", "u[t] = u[t - 1] - k[t]*sign(c[t])", "p[t] = c[t]"]),
        # a number of all gradients; the rate of a schedule; a gradient that is taken ahead
        (task("sgd", TWO, "u=1,x=2", beside="clip_norm"),
         ["size_t = norm([g[t, u], g[t, x]])", "ghat[t, u] = where(size_t > max_norm, g[t, u]*max_norm/size_t, g[t, "
                                               "u])",
          "ghat[t, x] = where(size_t > max_norm, g[t, x]*max_norm/size_t, g[t, x])",
          "u[t] = u[t - 1] - eta*ghat[t, u]", "x[t] = x[t - 1] - eta*ghat[t, x]"]),
        (task("sgd", "u=1", "1", beside="inverse"),
            ["eta_t = eta/(1 + rate_decay*(t - 1))", "u[t] = u[t - 1] - eta_t*g[t]"]),
        (task("nesterov_lookahead", "u=1", objective="u^3", beside="weight_decay"),
         ["ahead[t] = u[t - 1] + rho*v[t - 1]", "g[t] = 3*ahead[t]^2", "ghat[t] = g[t] + decay*u[t - 1]",
          "v[t] = rho*v[t - 1] - eta*ghat[t]", "u[t] = u[t - 1] + v[t]"]),
        # second derivatives: each of two once; of three the cofactors have names
        (task("newton_diagonal", TWO, objective="u^2*x"),
         ["g[t, u] = 2*u[t - 1]*x[t - 1]", "g[t, x] = u[t - 1]^2", "h[t, u] = 2*x[t - 1]", "h[t, x] = 0",
          "u[t] = u[t - 1] - eta*g[t, u]/h[t, u]", "x[t] = x[t - 1] - eta*g[t, x]/h[t, x]"]),
        (task("newton", "u=1", objective="u^3"),
         ["g[t] = 3*u[t - 1]^2", "h[t] = 3*2*u[t - 1]", "s[t] = g[t]/h[t]", "u[t] = u[t - 1] - eta*s[t]"]),
        (task("newton", TWO, objective="u^2*x"),
         ["g[t, u] = 2*u[t - 1]*x[t - 1]", "g[t, x] = u[t - 1]^2", "h[t, u, u] = 2*x[t - 1]", "h[t, u, x] = 2*u[t - 1]",
             "h[t, x, x] = 0",
          "D_t = h[t, u, u]*h[t, x, x] - h[t, u, x]^2", "s[t, u] = (h[t, x, x]*g[t, u] - h[t, u, x]*g[t, x])/D_t",
          "s[t, x] = (-h[t, u, x]*g[t, u] + h[t, u, u]*g[t, x])/D_t", "u[t] = u[t - 1] - eta*s[t, u]",
          "x[t] = x[t - 1] - eta*s[t, x]"]),
        (task("newton", THREE, objective=CUBIC),
         ["g[t, u] = 2*u[t - 1]*x[t - 1] + y[t - 1]^2", "g[t, x] = u[t - 1]^2 + 2*x[t - 1]*y[t - 1]",
          "g[t, y] = x[t - 1]^2 + 2*y[t - 1]*u[t - 1]",
          "h[t, u, u] = 2*x[t - 1]", "h[t, u, x] = 2*u[t - 1]", "h[t, u, y] = 2*y[t - 1]", "h[t, x, x] = 2*y[t - 1]",
          "h[t, x, y] = 2*x[t - 1]", "h[t, y, y] = 2*u[t - 1]",
          "C[t, u, u] = h[t, x, x]*h[t, y, y] - h[t, x, y]^2", "C[t, u, x] = -(h[t, u, x]*h[t, y, y] - h[t, x, "
                                                               "y]*h[t, u, y])",
          "C[t, u, y] = h[t, u, x]*h[t, x, y] - h[t, x, x]*h[t, u, y]", "C[t, x, x] = h[t, u, u]*h[t, y, y] - h[t, u, "
                                                                        "y]^2",
          "C[t, x, y] = -(h[t, u, u]*h[t, x, y] - h[t, u, x]*h[t, u, y])", "C[t, y, y] = h[t, u, u]*h[t, x, x] - h[t, "
                                                                           "u, x]^2",
          "D_t = h[t, u, u]*C[t, u, u] + h[t, u, x]*C[t, u, x] + h[t, u, y]*C[t, u, y]",
          "s[t, u] = (C[t, u, u]*g[t, u] + C[t, u, x]*g[t, x] + C[t, u, y]*g[t, y])/D_t",
          "s[t, x] = (C[t, u, x]*g[t, u] + C[t, x, x]*g[t, x] + C[t, x, y]*g[t, y])/D_t",
          "s[t, y] = (C[t, u, y]*g[t, u] + C[t, x, y]*g[t, x] + C[t, y, y]*g[t, y])/D_t",
          "u[t] = u[t - 1] - eta*s[t, u]", "x[t] = x[t - 1] - eta*s[t, x]", "y[t] = y[t - 1] - eta*s[t, y]"]),
        (task("levenberg_marquardt", TWO, objective="(u - 1)^2 + (u*x - 3)^2"),
         ["g[t, u] = 2*(u[t - 1] - 1) + 2*(u[t - 1]*x[t - 1] - 3)*x[t - 1]",
             "g[t, x] = 2*(u[t - 1]*x[t - 1] - 3)*u[t - 1]",
          "k[t, u, u] = 2 + 2*x[t - 1]^2", "A[t, u, u] = k[t, u, u] + damping", "k[t, u, x] = 2*x[t - 1]*u[t - 1]",
          "k[t, x, x] = 2*u[t - 1]^2", "A[t, x, x] = k[t, x, x] + damping",
          "D_t = A[t, u, u]*A[t, x, x] - k[t, u, x]^2", "s[t, u] = (A[t, x, x]*g[t, u] - k[t, u, x]*g[t, x])/D_t",
          "s[t, x] = (-k[t, u, x]*g[t, u] + A[t, u, u]*g[t, x])/D_t", "u[t] = u[t - 1] - eta*s[t, u]",
          "x[t] = x[t - 1] - eta*s[t, x]"]),
    ],
    ids=lambda value: value.method.name if isinstance(value, Task) else "",
)  # fmt: skip
def test_the_lines_of_a_step(chosen: Task, expected: list[str]) -> None:
    """With the letter t they are the rule; with a number its own case is settled, and the rest is the same."""
    assert lines(chosen) == expected
    third = [
        line.replace("t - 1", "2").replace("[t", "[3").replace("_t", "_3") for line in expected if "t == 1" not in line
    ]
    if "eta_t" not in expected[-1]:
        assert [line for line in lines(chosen, step="3") if not line.startswith("khat")] == third
    if (
        chosen.objective is not None and chosen.method.name != "nesterov_lookahead"
    ):  # what the objective says stands open without it
        worked = [line for line in expected if line[:2] not in ("g[", "h[", "k[")]
        assert lines(chosen, formula=False) == worked


def test_the_step_before() -> None:
    assert [text(before(step)) for step in (LETTER, Num("1"), Num("12"))] == ["t - 1", "0", "11"]


@pytest.mark.parametrize(
    ("formula", "found"),
    [
        ("where(1 == 1, a, b)", "a"), ("where(2 == 1, a, b)", "b"), ("2*where(3 > 2, where(1 < 0, a, b), c)", "2*b"),
        ("where(2 >= 2, a, b) - where(2 > 2, a, b)", "a - b"),
        ("where(x > 1, where(1 == 2, a, b), c)", "where(x > 1, b, c)"),
        ("where(1 > x, a, b)", "where(1 > x, a, b)"), ("a + b", "a + b"),
    ],
)  # fmt: skip
def test_cases_that_numbers_decide_are_settled(formula: str, found: str) -> None:
    assert text(settled(parse(formula))) == text(parse(found))


# ---- what is done beside

BESIDE: dict[str, tuple[dict[str, str], Callable[[float, list[float], int, float], tuple[float, float, float]]]] = {
    # the parameter before, all gradients, the step, the rate: the parameter, the gradient and the rate that the rule
    # reads
    "clip_value": ({"limit": "3/2"}, lambda w, gs, t, lr: (w, max(-1.5, min(1.5, gs[0])), lr)),
    "clip_norm": ({"max_norm": "2"}, lambda w, gs, t, lr: (w, gs[0] * min(1, 2 / (math.hypot(*gs) or 1)), lr)),
    "weight_decay": ({"decay": "1/4"}, lambda w, gs, t, lr: (w, gs[0] + w / 4, lr)),
    "decoupled_decay": ({"decoupled": "1/5"}, lambda w, gs, t, lr: (w - lr * w / 5, gs[0], lr)),
    "step": ({"step_size": "2", "gamma": "1/2"}, lambda w, gs, t, lr: (w, gs[0], lr * 0.5 ** ((t - 1) // 2))),
    "exponential": ({"gamma": "1/2"}, lambda w, gs, t, lr: (w, gs[0], lr * 0.5 ** (t - 1))),
    "cosine": ({"T_max": "4", "eta_min": "1/100"},
               lambda w, gs, t, lr: (w, gs[0], 0.01 + (lr - 0.01) * (1 + math.cos(math.pi * (t - 1) / 4)) / 2)),
    "warmup": ({"warmup": "3"}, lambda w, gs, t, lr: (w, gs[0], lr * min(1, t / 3))),
    "inverse": ({"rate_decay": "2"}, lambda w, gs, t, lr: (w, gs[0], lr / (1 + 2 * (t - 1)))),
}  # fmt: skip
GIVEN = ("1/2", "-2", "3", "0", "1")


@pytest.mark.parametrize("name", BESIDE)
def test_what_is_done_beside_an_optimizer_is_its_loop(name: str) -> None:
    """Written out and swept, for two parameters with momentum."""
    given, change = BESIDE[name]
    chosen = task(
        "momentum",
        "a=1,b=-3",
        *(f"a={g},b={Fraction(g) / 2}" for g in GIVEN),
        beside=name,
        lr="1/10",
        rho="1/2",
        **given,
    )
    here, state = {"a": 1.0, "b": -3.0}, {"a": 0.0, "b": 0.0}
    run = Run(chosen)
    for taken, swept in zip(run.steps(5, Settings()), run.swept(0, run.start), strict=True):
        g = float(Fraction(GIVEN[taken.number - 1]))
        for parameter, gradients in (("a", [g, g / 2]), ("b", [g / 2, g])):
            moved, gradient, rate = change(here[parameter], gradients, taken.number, 0.1)
            state[parameter] = state[parameter] / 2 + gradient
            here[parameter] = moved - rate * state[parameter]
            for numbers in (taken.numbers, swept.numbers):
                assert float(numbers[f"{parameter}[{taken.number}]"]) == pytest.approx(here[parameter], rel=1e-12)


@pytest.mark.parametrize("parameters", ["{u: 2}", "{u: 2, x: 1}", "{x: 1, u: 2}"])
@pytest.mark.parametrize("written", [0, 3, 12])
def test_a_run_diverges_as_soon_as_one_parameter_does(parameters: str, written: int) -> None:
    """Squared in each step u is 2^1024 after the tenth, beyond floating point, and x stays 1."""
    chosen = read_task(f"update: {{theta: theta*theta}}\nparameters: {parameters}\nsteps: 12\n", "t.yaml")
    with pytest.raises(StepperError, match=r"step 10 of .* leads to a number beyond floating point"):
        list(Run(chosen).steps(written, Settings()))


# ---- second derivatives


@pytest.mark.parametrize(
    ("formula", "found"),
    [
        ("(a - 1)^2", ["1 (a - 1)"]), ("3*(a - 1)^2 + b^2", ["3 (a - 1)", "1 (b)"]),
        ("((a - 1)^2 + 3*b^2)/2", ["1/2 (a - 1)", "3/2 (b)"]), ("2*(a^2)*3/4", ["3/2 (a)"]),
        ("(2*(a^2 + b^2) + c^2)*5", ["10 (a)", "10 (b)", "5 (c)"]),
        ("mse([a, b], [1, 2])", ["1/2 (a - 1)", "1/2 (b - 2)"]),
        ("a^2 - b^2", None), ("a^3", None), ("a*b^2", None), ("1/a^2", None), ("a^2 + b", None), ("0*a^2", None),
        ("2*3", None), ("a^2*b^2", None), ("a^2/b", None), ("2/(a^2)", None), ("b/(a^2)", None), ("-(a^2)", None),
        ("(a^2 - b^2)/2", None), ("(a^2)/4/2", ["1/8 (a)"]), ("2*((a^2 + b^2)/4)", ["1/2 (a)", "1/2 (b)"]),
    ],
)  # fmt: skip
def test_a_sum_of_squares_is_numbers_and_residuals(formula: str, found: list[str] | None) -> None:
    if found is None:
        with pytest.raises(StepperError, match=r"is not a sum of squares: .* is not a square"):
            squares(parse(formula), PLAIN)
    else:
        assert [f"{number} ({text(residual)})" for number, residual in squares(parse(formula), PLAIN)] == found


@pytest.mark.parametrize(
    ("formula", "row", "column", "found"),
    [
        ("(a - 1)^2", "a", "a", "2"), ("(3*a - 1)^2", "a", "a", "2*3^2"), ("(a*b)^2", "a", "b", "2*b*a"),
        ("(a*b)^2", "b", "b", "2*a^2"), ("(a*b)^2 + (a + b)^2/2", "a", "b", "2*b*a + 1"), ("a^2 + b^2", "a", "b", "0"),
        ("3*a^2 + b^2", "b", "b", "2"),
    ],
)  # fmt: skip
def test_second_derivatives_without_the_residuals_own(formula: str, row: str, column: str, found: str) -> None:
    """For c r² it is 2 c dr/da dr/db."""
    assert text(crossed(squares(parse(formula), PLAIN), parse(row), parse(column), PLAIN)) == found


@pytest.mark.parametrize(
    ("rows", "expected"),
    [([[3]], 3), ([[2, 5], [5, 7]], -11), ([[1, 2, 3], [2, 5, 7], [3, 7, 4]], -6),
        ([[0, 1, 2], [1, 0, 3], [2, 3, 0]], 12)],
)  # fmt: skip
def test_cofactors_along_any_row_make_the_determinant(rows: list[list[int]], expected: int) -> None:
    """A row times its own cofactors is the determinant, times those of another row 0."""
    matrix = [[Num(str(entry)) for entry in row] for row in rows]
    count = len(rows)

    def value(part: Expr) -> Fraction | float:
        found = evaluate(part, {}, PLAIN)
        assert isinstance(found, Fraction | float)
        return found

    whole = value(determinant(matrix, FORMULAS))
    assert whole == expected
    for one in range(count):
        for other in range(count):
            total = sum(rows[one][column] * value(cofactor(matrix, other, column, FORMULAS)) for column in range(count))
            assert total == (whole if one == other else 0)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([["h"]], "h is positive: the step leads towards a minimum"),
        ([["n"]], "n is negative: the step leads uphill, towards a maximum"),
        ([["2", "1"], ["1", "2"]], "the matrix is positive definite: the step leads towards a minimum"),
        ([["-2", "1"], ["1", "-2"]], "the matrix is negative definite: the step leads uphill, towards a maximum"),
        ([["h", "3"], ["3", "1"]], "the matrix is indefinite (leading minors 2 and -7): the step leads towards a "
                                   "saddle, not a minimum"),
        ([["n", "0"], ["0", "h"]], "the matrix is indefinite (leading minors -1 and -2): the step leads towards a "
                                   "saddle"),
        ([["0"]], "the matrix is indefinite (leading minors 0)"),
        ([["2", "0"], ["0", "0"]], "the matrix is indefinite (leading minors 2 and 0)"),
        ([["2", "1", "0"], ["1", "2", "1"], ["0", "1", "2"]], "the matrix is positive definite"),
        ([["-2", "1", "0"], ["1", "-2", "1"], ["0", "1", "-2"]], "the matrix is negative definite"),
        ([["2", "1", "3"], ["1", "2", "1"], ["3", "1", "2"]], "the matrix is indefinite (leading minors 2, 3 and -8)"),
    ],
)  # fmt: skip
def test_what_kind_of_matrix_it_is(rows: list[list[str]], words: str) -> None:
    """By the signs of its leading minors: all above 0, or by turns below and above."""
    found = said(nature([[parse(entry) for entry in row] for row in rows], {"h": Fraction(2), "n": Fraction(-1)}))
    assert found.startswith(words)
