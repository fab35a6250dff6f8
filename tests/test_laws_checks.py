"""Laws of the checks: what is right agrees and what is wrong is found out, whatever is checked and however it is
wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, cast

import pytest
from msgspec.structs import replace

from stepper.core.arrays import ArrayGraph, ArrayLeaf
from stepper.core.expr import Expr, Value
from stepper.core.formula import number_of
from stepper.core.graph import Graph
from stepper.core.numbers import Rounding
from stepper.core.parser import parse
from stepper.engine.graph.adjoints import Gradients
from stepper.engine.graph.backward import backward
from stepper.engine.graph.checks import checks_of
from stepper.engine.graph.difference_quotients import LEVELS, Differences
from stepper.engine.graph.gradient_checking import check_gradient, check_together
from stepper.engine.graph.large import _difference, _fine, _rough, suits
from stepper.engine.graph.second_derivatives import _checks, second_derivatives
from stepper.engine.tensor import checks as arrays
from stepper.engine.tensor.entries import Exact
from stepper.engine.tensor.gradients import ArrayGradients
from stepper.engine.tensor.quantities import Board
from stepper.engine.values.equations import Sheet
from stepper.engine.values.evaluate import evaluate
from stepper.engine.values.quantities import Settings
from stepper.engine.values.sweep import Sweep
from stepper.engine.values.vocabulary import PLAIN, Vocabulary
from stepper.read.graph import read_graph
from tests.helpers import graph_of

NET = """
inputs: {x: 3/2, y: -2}
parameters: {w: 1/2, b: 7/4}
nodes: {h: w*x + b, a: tanh(h), p: a*y + h^2, L: (p - y)^2 + exp(-h)}
"""
WRONG: dict[str, Callable[[Any], Any]] = {
    "a little": lambda number: number * (1 + Fraction(1, 10**6)),
    "by its sign": lambda number: -number,
    "by a half": lambda number: number / 2,
    "by a term": lambda number: number + Fraction(1, 1000),
    "zero": lambda number: number * 0,
}
NAMES = ["x", "y", "w", "b", "h", "a", "p"]


def differences(document: str = NET) -> tuple[Differences, Gradients]:
    sheet = Sheet(graph_of(document), Settings())
    return Differences(sheet, "L"), Gradients(sheet, "L", [*sheet.graph.leaves])


@pytest.mark.parametrize("name", NAMES)
def test_a_difference_quotient_tells_right_from_wrong(name: str) -> None:
    """Of leaves and of nodes, which are cut off from what they read; times the gradient that arrives."""
    quotients, gradients = differences()
    right = number_of(gradients.adjoint(name))
    assert right is not None
    scale = gradients.scales()[name]
    for seed in (Fraction(1), Fraction(-5, 2)):
        found = check_gradient(quotients, f"dL/d{name}", name, right * seed, scale, seed)
        assert (found.name, found.ok) == ("central difference", True)
        assert found.number == pytest.approx(float(right * seed), rel=1e-9)
        for wrong in WRONG.values():
            assert check_gradient(quotients, f"dL/d{name}", name, wrong(right * seed), scale, seed).ok is False


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("name", ["x", "w", "b"])
def test_a_wrong_accumulation_differs_from_the_sum_over_paths(name: str, wrong: Callable[[Any], Any]) -> None:
    from stepper.engine.graph.backward import questions_of

    _, gradients = differences()
    questions = questions_of(gradients.graph, [name], "L", Settings())
    assert [check.ok for check in checks_of(gradients, questions)] == [True, True]
    adjoint = number_of(gradients.adjoint(name))
    gradients.__dict__["adjoints"] = {**gradients.adjoints, name: Value(wrong(adjoint))}
    assert [check.ok for check in checks_of(gradients, questions)] == [False, False]


def test_a_wrong_formula_is_found_out_at_generic_values() -> None:
    """With letters left, both ways."""
    from stepper.core.parser import parse
    from stepper.engine.graph.backward import questions_of

    graph = graph_of("inputs: {x: , y: 2}\nparameters: {w: , b: }\nnodes: {h: w*x + b, L: (h - y)^2}\n")
    gradients = Gradients(Sheet(graph, Settings()), "L", ["w", "b"])
    questions = questions_of(graph, ["w", "b"], "L", Settings())
    assert [check.ok for check in checks_of(gradients, questions)] == [True] * 4
    for claimed in ("2*(h - 2)", "2*(h - 2)*w", "-2*(h - 2)*x", "2*(h + 2)*x", "(h - 2)*x"):
        gradients.__dict__["adjoints"] = {**gradients.adjoints, "w": parse(claimed)}
        assert [check.ok for check in checks_of(gradients, questions)] == [False, True, False, True]


@pytest.mark.parametrize(
    ("formula", "first", "mixed"),
    [
        ("x^3*y", Fraction(-27, 2), 27 / 4),
        ("x*y", 3 / 2, 1),
        ("x^2 - y^2", 4, 0),
        ("exp(x)*y", None, None),
        ("1000000*x + y^4", -32, 0),
    ],
)
def test_quotients_are_derivatives_of_polynomials(formula: str, first: Any, mixed: Any) -> None:
    """At x = 3/2, y = -2: from either side, from both, and of second order."""
    quotients, _ = differences(f"inputs: {{x: 3/2, y: -2}}\nnodes: {{L: {formula}}}\n")
    for level in LEVELS[:2]:
        for name in ("x", "y"):
            central, noise = quotients.central(name, level)
            assert 0 < noise < 1e-20
            for side in (1, -1):
                found, noise = quotients.one_sided(name, side, level)
                assert float(found) == pytest.approx(float(central), rel=1e-12, abs=1e-12)
                assert 0 < noise < 1e-20
        for pair in (("x", "y"), ("y", "x")) if mixed is not None else ():
            assert float(quotients.second(*pair, level)[0]) == pytest.approx(float(mixed), rel=1e-12, abs=1e-12)
        twice = {"x^3*y": (-18, 0), "x*y": (0, 0), "x^2 - y^2": (2, -2), "1000000*x + y^4": (0, 48)}.get(formula)
        for name, expected in zip("xy", twice or (), strict=False):
            found, noise = quotients.second(name, name, level)
            assert float(found) == pytest.approx(expected, rel=1e-12, abs=1e-12)
            assert 0 < noise < 1e-9


@pytest.mark.parametrize(
    ("formula", "x", "name", "on"),
    [
        ("relu(x)", "0", "x", True), ("relu(x)", "1", "x", False), ("relu(x - 1)*y", "1", "x", True),
        ("relu(x - 1)*y", "1", "y", True),
        ("max(x, y)", "2", "x", True), ("max(x, y)", "3", "x", False), ("abs(x - 2)", "2", "x", True),
        ("x^2", "0", "x", False), ("floor(x)", "2", "x", True), ("floor(x)", "5/2", "x", False),
        ("ceil(x) + y", "-1", "x", True), ("ceil(x) + y", "1/2", "x", False), ("where(x > 2, x, 2)", "2", "x", True),
        ("where(x > 2, x, 2)", "5/2", "x", False),
    ],
)  # fmt: skip
def test_a_kink_on_the_way_is_seen(formula: str, x: str, name: str, on: bool) -> None:
    quotients, _ = differences(f"inputs: {{x: {x}, y: 2}}\nnodes: {{h: '{formula}', L: 3*h + y}}\n")
    assert quotients.on_kink(name) is on


@pytest.mark.parametrize("slope", ["left", "right"])
@pytest.mark.parametrize(
    ("formula", "sides"),
    [("relu(x)", (0, 1)), ("abs(x)", (-1, 1)), ("leaky_relu(x, 1/4)", (Fraction(1, 4), 1)), ("max(x, -2*x)", (-2, 1))],
)
def test_at_a_kink_the_slope_of_either_side_is_right(formula: str, sides: tuple[Any, Any], slope: str) -> None:
    quotients, _ = differences(f"inputs: {{x: 0}}\nnodes: {{L: '{formula}'}}\n")
    taken = Fraction(sides[("left", "right").index(slope)])
    found = check_gradient(quotients, "dL/dx", "x", taken, 1.0, Fraction(1))
    assert (found.name, found.ok) == (f"difference from the {slope}", True)
    assert check_gradient(quotients, "dL/dx", "x", Fraction(7), 1.0, Fraction(1)).ok is None


# ---- second derivatives

SECOND = "inputs: {x: 3/2, y: -2}\nnodes: {h: x*y, L: h^2*x + exp(y)*x}\n"


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_wrong_second_derivative_is_found_out(wrong: Callable[[Any], Any]) -> None:
    """On the diagonal, above it by a quotient, and below it by symmetry."""
    graph = graph_of(SECOND)
    derivation = second_derivatives(graph, ["x", "y"], Settings())
    values = {name: answer.number for name, answer in zip(("xx", "xy", "yx", "yy"), derivation.answers, strict=True)}
    quotients = Differences(Sheet(graph, Settings()), "L")
    for spoilt in (None, *values):
        entries = {
            (key[0], key[1]): Value(wrong(value) if key == spoilt else value or 0) for key, value in values.items()
        }
        found = [check.ok for check in _checks(quotients, entries, {"x": "L_x", "y": "L_y"}, Fraction(1))]
        right = {
            None: [True] * 4,
            "xx": [False, True, True, True],
            "xy": [True, False, False, True],
            "yx": [True, True, False, True],
        }
        assert found == right.get(spoilt, [True, True, True, False])
    twice = {(key[0], key[1]): Value(2 * (value or 0)) for key, value in values.items()}
    assert all(check.ok for check in _checks(quotients, twice, {"x": "L_x", "y": "L_y"}, Fraction(2)))
    assert not any(
        check.ok
        for check in _checks(quotients, twice, {"x": "L_x", "y": "L_y"}, Fraction(1))
        if check.name != "symmetry"
    )


@pytest.mark.parametrize(
    ("above", "below", "ok"),
    [
        ("2", "2", True), ("2", "3", False), ("0", "2", False), ("c", "c", True), ("c*x", "c", None),
        ("c", "2", None), ("2", "c", None), ("c", "0", None), ("0", "c", None),
        # where nothing is left of 1 - tanh^2, floats differ by what they are rounded by
        ("10^(-20)", "0", True), ("10^(-3)", "0", False),
    ],
)  # fmt: skip
def test_an_entry_below_the_diagonal_is_compared_with_the_one_above(above: str, below: str, ok: bool | None) -> None:
    """Two numbers agree or differ; beside letters a number says nothing."""
    quotients = Differences(Sheet(graph_of(SECOND), Settings()), "L")
    entries = {
        place: Value(number) if (number := evaluate(parse(entry), {}, PLAIN)) is not None else parse(entry)
        for place, entry in {("x", "y"): above, ("y", "x"): below}.items()
    }
    check = _checks(quotients, entries, {"x": "L_x", "y": "L_y"}, None)[1]
    assert (check.name, check.of, check.ok) == ("symmetry", "dL_y/dx", ok)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("inputs: {x: 0, y: 1}\nnodes: {L: relu(x)*y}\n", "a kink lies within the step"),
        ("inputs: {x: 1, y: 0}\nnodes: {L: x*relu(y)}\n", "a kink lies within the step"),
        ("inputs: {x: , y: 1}\nnodes: {L: x^2*y}\n", "symbols are left"),
        ("inputs: {x: 1, y: 1}\nnodes: {L: x^2*y}\nupstream: g\n", "symbols are left"),
    ],
)
def test_second_differences_that_mean_nothing_are_not_taken(document: str, reason: str) -> None:
    checks = second_derivatives(graph_of(document), ["x", "y"], Settings()).checks
    assert any(reason in str(check.note) and check.ok is None for check in checks if check.name == "second difference")
    assert False not in [check.ok for check in checks]


def test_many_gradients_are_checked_by_one_quotient() -> None:
    """Each wrong one shows, also where it is small beside the others."""
    document = NET.replace("exp(-h)}", "exp(-h) + s/10000}").replace("y: -2}", "y: -2, s: 3}")
    quotients, gradients = differences(document)
    found = {name: number_of(gradients.adjoint(name)) or Fraction(0) for name in quotients.sheet.graph.leaves}
    scales = gradients.scales()
    assert check_together(quotients, found, scales, Fraction(1)).ok is True
    seed = Fraction(-3, 2)
    assert check_together(quotients, {name: seed * value for name, value in found.items()}, scales, seed).ok is True
    for name, value in found.items():
        for wrong in WRONG.values():
            assert check_together(quotients, {**found, name: wrong(value)}, scales, Fraction(1)).ok is False


# ---- large graphs


@pytest.mark.parametrize("wrong", [WRONG["by its sign"], WRONG["by a half"], WRONG["zero"]])
@pytest.mark.parametrize("way", [_fine, _rough])
def test_all_leaves_moved_at_once_tell_right_from_wrong(
    wrong: Callable[[Any], Any], way: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """At 50 digits, and in floating point where a graph is too large for that."""
    graph = graph_of(NET)
    sweep = Sweep(graph, Vocabulary({}, {}))
    if way is _rough:
        monkeypatch.setattr("stepper.engine.graph.large.FINE_EDGES", 1)
    gradients = {name: sweep.gradients("L")[name] for name in graph.leaves}
    found = _difference(sweep, "L", gradients)
    assert found.ok is True
    for name, gradient in gradients.items():
        assert _difference(sweep, "L", {**gradients, name: float(wrong(Fraction(gradient)))}).ok is False
    assert _difference(sweep, "L", {"h": 1.0}).ok is None


def test_the_two_ways_of_moving_agree() -> None:
    sweep = Sweep(graph_of(NET), Vocabulary({}, {}))
    amounts = {"x": Fraction(1), "w": Fraction(-3, 2), "b": Fraction(1, 3)}
    expected = sum(float(amount) * sweep.gradients("L")[name] for name, amount in amounts.items())
    (fine, _, below), (rough, _, noise) = _fine(sweep, "L", amounts), _rough(sweep, "L", amounts)
    assert fine == pytest.approx(expected, rel=1e-12)
    assert rough == pytest.approx(expected, rel=1e-6)
    assert below < 1e-20 < noise < 1e-4


@pytest.mark.parametrize(
    ("formula", "x", "gradient", "verdict", "note"),
    [
        ("2*x", 1, 2.0, True, "the sum of the gradients"),
        ("2*x", 1, 0.0, False, "the sum of the gradients"),
        ("x - x", 1, 0.0, True, "the sum of the gradients"),
        ("x^3", 2, 12.0, True, "the sum of the gradients"),
        ("x^3", 2, 0.0, False, "the sum of the gradients"),
        ("x^3", 2, 1e-30, False, "the sum of the gradients"),
        ("x^3", 0, 0.0, None, "lost in the rounding"),
        # on a kink the mean of both sides is right, and another slope cannot be judged
        ("abs(x)", 0, 0.0, None, "lost in the rounding"),
        ("relu(x)", 0, 0.0, None, "a kink lies within the step"),
        ("relu(x)", 0, 1.0, None, "a kink lies within the step"),
        ("relu(x)", 0, 0.5, True, "the sum of the gradients"),
        ("x^2 + 10^40", 1, 2.0, None, "lost in the rounding"),
    ],
)
def test_what_one_quotient_says_of_a_large_graph(
    formula: str, x: int, gradient: float, verdict: bool | None, note: str
) -> None:
    check = _difference(
        Sweep(graph_of(f"inputs: {{x: {x}}}\nnodes: {{L: {formula}}}\n"), Vocabulary({}, {})), "L", {"x": gradient}
    )
    assert check.ok is verdict
    assert note in str(check.note)


@pytest.mark.parametrize(("value", "noise"), [("0.001", 1e-7), ("1", 1e-7), ("1000", 1e-4), ("-1000", 1e-4)])
def test_in_floats_a_quotient_is_off_by_the_rounding_of_the_output(value: str, noise: float) -> None:
    sweep = Sweep(graph_of(f"inputs: {{x: {value}}}\nnodes: {{L: x}}\n"), Vocabulary({}, {}))
    assert _rough(sweep, "L", {"x": Fraction(1)})[2] == pytest.approx(noise, rel=0.01)


@pytest.mark.parametrize(
    ("change", "settings", "fits"),
    [
        ({}, Settings(), True), ({}, Settings(exact=True), False), ({}, Settings(verify=True), False),
        ({}, Settings(simplify=True), False),
        ({}, Settings(round_steps=Rounding(3)), False),
        ({"upstream": Value(Fraction(2))}, Settings(), False),
        ({"local": {("x", "h"): Value(Fraction(2))}}, Settings(), False),
        ({"conventions": {"kink": "left"}}, Settings(), False),
        ({"conventions": {"kink": "pytorch"}}, Settings(), True),
        ({}, Settings(lr=Fraction(1, 10), digits=7), True),
    ],
)  # fmt: skip
def test_what_needs_each_step_is_not_swept(change: dict[str, Any], settings: Settings, fits: bool) -> None:
    graph: Graph = replace(graph_of(NET), **change)
    assert suits(graph, settings) is fits
    free = {**graph.leaves, "x": replace(graph.leaves["x"], value=None)}
    assert suits(replace(graph, leaves=free), settings) is False
    abstract = {**graph.nodes, "a": replace(graph.nodes["a"], written=None)}
    assert suits(replace(graph, nodes=abstract), settings) is False


# ---- arrays

MATRICES = """
inputs: {x: [1, -2, 1/2], y: [1, 0]}
parameters: {W: [[1, 2, -1], [1/2, 1, 3]], b: [1/4, -1]}
nodes: {h: W @ x + b, a: tanh(h), e: a - y, L: sum(e*e)}
"""


def array_gradients(floating: bool) -> ArrayGradients:
    graph = read_graph(MATRICES, "g.yaml")
    assert isinstance(graph, ArrayGraph)
    return ArrayGradients(Board(graph, Settings(), floats=floating), ["W", "b", "x", "y"])


@pytest.mark.parametrize(
    ("name", "where"), [("W", (0, 0)), ("W", (1, 2)), ("b", (1,)), ("x", (0,)), ("y", (1,))], ids=str
)
def test_one_wrong_entry_of_an_array_is_found_out(
    name: str, where: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By both ways of working entry by entry, the second of which is for what floating point loses."""
    assert [check.ok for check in arrays.checks_of(array_gradients(False), ["W", "b", "x", "y"])] == [True] * 4
    right = ArrayGradients.work
    for wrong in WRONG.values():

        def work(self: ArrayGradients, worked: str, total: Expr | None, wrong: Callable[[Any], Any] = wrong) -> None:
            right(self, worked, total)
            if worked == name:
                entry = cast(Any, self.arrays[name][where]).number
                self.arrays[name] = self.arrays[name].copy()
                self.arrays[name][where] = Exact(wrong(float(entry)))

        monkeypatch.setattr(ArrayGradients, "work", work)
        assert [check.ok for check in arrays.checks_of(array_gradients(False), ["W", "b", "x", "y"])] == [
            array != name for array in "Wbxy"
        ]


@pytest.mark.parametrize("wrong", [wrong for name, wrong in WRONG.items() if name != "a little"])
@pytest.mark.parametrize("name", ["W", "b", "x", "y"])
def test_a_wrong_array_of_floats_is_found_out(name: str, wrong: Callable[[Any], Any]) -> None:
    gradients = array_gradients(True)
    assert arrays.differences(gradients, name).ok is True
    gradients.arrays = {**gradients.arrays, name: wrong(gradients.arrays[name])}
    assert arrays.differences(gradients, name).ok is False


def test_a_derivation_says_what_was_checked() -> None:
    """One check a gradient by paths, and one by differences; each is about its own."""
    checks = backward(graph_of(NET), ["x", "w", "h"], Settings()).checks
    assert [(check.name, check.of) for check in checks] == [
        *(("reverse accumulation", f"dL/d{name}") for name in ("x", "w", "h")),
        *(("central difference", f"dL/d{name}") for name in ("x", "w", "h")),
    ]
    assert all(check.ok for check in checks)


def test_sums_over_paths_are_checked_only_where_all_paths_are_listed() -> None:
    """Where one quantity has more paths than are listed, accumulation is shown, and each gradient has its quotient
    alone.
    """
    graph = graph_of("inputs: {x: 2}\nparameters: {w: 3}\nnodes: {a: x + 1, b: x*a, c: a*b + x, L: c*b*a + w}\n")
    for listed, names in (
        (12, ["reverse accumulation"] * 2 + ["central difference"] * 2),
        (2, ["central difference"] * 2),
    ):
        checks = backward(graph, ["w", "x"], Settings(listed_paths=listed)).checks
        assert [check.name for check in checks] == names
        assert all(check.ok for check in checks)


def test_numbers_put_in_for_symbols_are_of_both_signs_and_seldom_alike() -> None:
    """A check at numbers that are all one, or all of one sign, would let mistakes cancel; given numbers stay."""
    graph = read_graph(
        "inputs: {X: {shape: [5, 6]}, v: [1, 2, 3, 4, 5, 6]}\nnodes: {Y: X @ v, L: sum(Y*Y)}\nupstream: g\n", "g.yaml"
    )
    assert isinstance(graph, ArrayGraph)
    filled = arrays.at_random(Board(graph, Settings()))
    leaf = filled.leaves["X"]
    assert isinstance(leaf, ArrayLeaf)
    values = [entry for entry in leaf.entries if entry is not None]
    assert len(values) == 30
    assert len(set(values)) > 15
    assert min(values) < 0 < max(values)
    assert filled.leaves["v"] == graph.leaves["v"]
    arriving = filled.leaves["g"]
    assert isinstance(arriving, ArrayLeaf)
    assert None not in arriving.entries
