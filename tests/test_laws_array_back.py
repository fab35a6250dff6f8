"""Laws of the way back through arrays: how far an entry is moved for a check, which second forms there are, what is
said of kinks of many entries, and what a graph of arrays is as a graph of numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import cast

import numpy as np
import pytest

from stepper.core.arrays import ArrayGraph
from stepper.core.expr import COMPARE, Comparison, Expr, Num, Sym, Value, Where
from stepper.core.formula import text
from stepper.core.parser import parse
from stepper.core.steps import Equation
from stepper.core.traverse import substitute
from stepper.engine.tensor import checks
from stepper.engine.tensor.backward import backward
from stepper.engine.tensor.entries import Entries
from stepper.engine.tensor.gradients import ArrayGradients
from stepper.engine.tensor.kinks import kink_lines
from stepper.engine.tensor.numbers import in_numbers
from stepper.engine.tensor.quantities import Board
from stepper.engine.tensor.shapes import Shapes
from stepper.engine.tensor.slopes import Taken
from stepper.engine.tensor.tidy import lean, told_apart
from stepper.engine.values.evaluate import evaluate
from stepper.engine.values.quantities import Settings
from stepper.engine.values.vocabulary import PLAIN, Vocabulary
from stepper.errors import StepperError
from stepper.tables.arrays import BY_ARRAY_NAME
from stepper.tables.table import ROWS
from tests.test_laws_array_shown import graph_of, said, step_of


def gradients(graph: ArrayGraph, *wrt: str, floats: bool = False) -> ArrayGradients:
    return ArrayGradients(Board(graph, Settings(), floats=floats), wrt)


@pytest.mark.parametrize("size", [1, -1, 1000, 10**9, -(10**9)])
def test_a_large_entry_is_moved_by_a_share_of_it(size: int) -> None:
    """A billion and a hundred thousandth is a billion in floats; of numbers up to 1 the step is the same."""
    for factor, verdict in ((1, True), (1.001, False)):
        found = gradients(graph_of(f"x: [{size}, 1], M: [[1]]", "L: 'x[1]^2 + 3*x[2]*x[1]'"), "x", floats=True)
        found.arrays["x"] = cast(Entries, np.asarray(found.arrays["x"] * factor))
        assert checks._judged(found, "x", (0,), 1e-8 * abs(size)) is verdict


@pytest.mark.parametrize(
    ("call", "second"),
    [
        ("conv2d(X, K)", "conv2d(dL/dY, turned(K), 1, 1)"),
        ("conv2d(X, K, 1, 1)", "conv2d(dL/dY, turned(K))"),
        ("conv2d(X, K, 1, 2)", None),
        ("conv2d(X, K, 2)", None),
        ("conv2d(X, K, 3)", None),
    ],
)
def test_a_convolution_goes_back_as_one_where_its_windows_move_by_one(call: str, second: str | None) -> None:
    """With a stride the second form has another shape, and with more padding than the kernel has it would take some
    away: neither is told."""
    graph = graph_of(
        "X: [[1, 2, 0], [3, 4, 1], [1, 2, 5]], K: [[1, 0], [2, 1]]", f"Y: '{call}', L: 'sum(Y)'", "output: L\n"
    )
    body = step_of(backward(graph, ["X"], Settings()), "backward.array:X").body
    (line,) = [text(block.links[0].expr) for block in body if isinstance(block, Equation)]
    assert (line == second) if second else line.startswith("conv2d_input(")


@pytest.mark.parametrize(
    ("formula", "of_one", "of_two"),
    [
        ("k*x", "x", "2*x"), ("x*k", "x", "x*2"), ("k*k", "1", "2*2"), ("x*k*y", "x ⊙ y", "x*2 ⊙ y"),
        ("x/k", "x", "x/2"), ("k/x", "1/x", "2/x"), ("k/k/x", "1/x", "2/2/x"), ("(A @ x)*k", "A @ x", "A @ x*2"),
        ("k*x + y", "x + y", "2*x + y"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("number", [Num, lambda literal: Value(Fraction(literal))])
def test_a_factor_of_1_is_left_out_and_no_other(
    formula: str, of_one: str, of_two: str, number: Callable[[str], Expr]
) -> None:
    """Whether it was written or worked out of shapes."""
    shapes = Shapes(PLAIN, {"x": (2,), "y": (2,), "A": (2, 2)})
    for literal, written in (("1", of_one), ("2", of_two)):
        put_in = substitute(parse(formula), {Sym("k"): number(literal)})
        assert text(told_apart(lean(put_in, shapes), shapes)) == written


@pytest.mark.parametrize(
    ("formula", "calls"),
    [
        ("max(X)", ["max(X)"]), ("sum(min(X, 1))", ["min(X, 1)"]),
        ("sum(max(X, 1)) + 2*min(X)", ["max(X, 1)", "min(X)"]),
        ("sum(max_pool(X, 2))", ["max_pool(X, 2)"]), ("sum(relu(X))", []), ("sum(softmax(X))", []),
        ("sum(max([X, 2]))", []), ("sum(X)", []),
    ],
)  # fmt: skip
@pytest.mark.parametrize(("kink", "followed"), [("pytorch", True), ("left", False), ("right", False), ("zero", False)])
def test_of_many_entries_it_is_said_where_a_convention_is_not_followed(
    formula: str, calls: list[str], kink: str, followed: bool
) -> None:
    """Where entries of an array tie, the first takes the slope, whatever is taken elsewhere."""
    graph = graph_of("X: {shape: [60, 60], fill: ones}", f"L: '{formula}'", f"conventions: {{kink: {kink}}}\n")
    lines = [said(line) for line in kink_lines(gradients(graph, "X"))]
    told = [f"where entries tie in {call} the first of them takes the slope" for call in calls]
    assert lines == ([] if followed else told)


@pytest.mark.parametrize(("ties", "listed", "more"), [(1, 1, ""), (4, 4, ""), (5, 5, ""), (6, 4, "2"), (9, 4, "5")])
def test_up_to_five_entries_on_a_kink_are_listed_and_of_more_four(ties: int, listed: int, more: str) -> None:
    """A sixth line would say that there is one more."""
    entries = ", ".join(["0"] * ties + ["1"])
    lines = [
        said(line) for line in kink_lines(gradients(graph_of(f"x: [{entries}], M: [[1]]", "L: 'sum(relu(x))'"), "x"))
    ]
    expected = [f"x[{place}] = 0 is a kink of relu(x[{place}])" for place in range(1, listed + 1)]
    assert [line.partition(":")[0] for line in lines[:listed]] == expected
    rest = f"{more} more entries are at a kink or a tie; their slopes are chosen in the same way"
    assert lines[listed:] == ([rest] if more else [])


@pytest.mark.parametrize(
    ("nodes", "stay"),
    [
        ("L: 'sum(nll(log_softmax(X), y))'", "y"), ("L: 'cross_entropy(X, y)'", "y"), ("L: 'sum(X)*y[1]'", ""),
        ("L: 'sum(one_hot(y, X[1]) ⊙ X)'", "y"), ("c: '3 - y', L: 'cross_entropy(X, c)'", "cy"),
        ("b: '2*y', c: 'b - y', L: 'cross_entropy(X, c)'", "bcy"),
        ("c: 'argmax(X, 2)', L: 'cross_entropy(X, c)'", "c"), ("c: 'floor(y)', L: 'cross_entropy(X, c)'", "c"),
        ("L: 'cross_entropy(X, y) + sum(y)*0'", "y"), ("L: 'sum(relu(X))'", ""),
    ],
)  # fmt: skip
def test_beside_a_kink_all_is_moved_but_what_numbers_rows_and_classes(nodes: str, stay: str) -> None:
    """Between the second class and the third there is none; what a class is worked out from may move where the class
    stays.
    """
    board = Board(graph_of("X: [[1, 1, 0], [2, 2, 2]], y: [1, 2]", nodes, "output: L\n"), Settings())
    assert checks.counted(board) == set(stay)
    moved = checks.nudged(board)
    assert {name for name in board.graph.leaves if moved.leaves[name] == board.graph.leaves[name]} == set(stay) - {
        "b",
        "c",
    }


def test_a_kink_beside_classes_that_are_worked_out_is_judged_beside_it() -> None:
    nodes = "c: '3 - y', h: 'max(X, 2)', L: 'cross_entropy(outer(h, [1, 2, 3]), c)'"
    (check,) = backward(
        graph_of("X: [[1, 1, 0], [2, 2, 2]], y: [1, 2]", nodes, "output: L\n"), ["X"], Settings()
    ).checks
    assert (check.ok, check.name) == (
        None,
        "reverse accumulation entry by entry: there is a kink or a tie here; next to it they agree",
    )


def test_a_function_that_takes_the_number_of_a_class_is_one_of_arrays() -> None:
    """So that of arrays each row may have a class of its own."""
    for row in ROWS.values():
        if ":class" in row.parameters:
            assert BY_ARRAY_NAME[row.name].classes, row.name


# ---- as a graph of numbers

ONE, TWO = "x: [1, 2], M: [[1]]", "x: [[2]]"
ONLY = "--second is worked out entry by entry, of an output that is one number, and "


@pytest.mark.parametrize(
    ("inputs", "nodes", "more", "output", "upstream"),
    [
        (ONE, "y: 'sum(x)'", "", "y", None), (ONE, "y: 'sum(x)'", "upstream: 3\n", "y", "3"),
        (ONE, "y: 'sum(x)'", "upstream: 2*g\n", "y", "2*g"),
        (TWO, "y: 'x*x'", "", "y[1, 1]", None), (TWO, "y: 'x*x'", "upstream: 3\n", "y[1, 1]", "3"),
        (TWO, "y: 'x*x'", "upstream: [[3]]\n", "y[1, 1]", "3"),
        (TWO, "y: 'x*x'", "upstream: '[[g]]'\n", "y[1, 1]", "g"),
        # of several ends none is the output
        (ONE, "y: 'sum(x)', z: '2*x'", "", None, None), (ONE, "y: 'sum(x)', z: '2*x'", "output: y\n", "y", None),
        (ONE, "z: '2*x'", "", None, None),
    ],
)  # fmt: skip
def test_a_graph_of_arrays_is_one_of_numbers(
    inputs: str, nodes: str, more: str, output: str | None, upstream: str | None
) -> None:
    """With its title, its source and what arrives; it says how many numbers there are."""
    graph = graph_of(inputs, nodes, f"{more}title: a graph\nsource: a book\n")
    found = in_numbers(graph, "--second")
    arriving = None if found.upstream is None else text(found.upstream)
    assert (found.output, arriving, found.title, found.source) == (output, upstream, "a graph", "a book")
    size = len(found.leaves) + len(found.nodes)
    assert [said(remark) for remark in found.remarks] == [
        f"the arrays are taken entry by entry, as a graph of {size} numbers"
    ]


@pytest.mark.parametrize(
    ("inputs", "nodes", "more", "what", "hint"),
    [
        (ONE, "y: 'x*x'", "", "y is 2", "such as --of 'y[1]'"),
        (ONE, "y: 'outer(x, x)'", "", "y is 2×2", "such as --of 'y[1, 1]'"),
        (ONE, "y: 'x*x'", "upstream: [1, 2]\n", "here the upstream gradient is at y", "end in a number"),
        (ONE, "y: 'x*x'", "output: y\nupstream: G\n", "here the upstream gradient is at y", "end in a number"),
        (ONE, "y: 'sum(x)'", "upstream: sum(x)\n", "here the upstream gradient is at y", "end in a number"),
    ],
)
def test_an_output_of_many_entries_is_not_differentiated_as_one_number(
    inputs: str, nodes: str, more: str, what: str, hint: str
) -> None:
    with pytest.raises(StepperError) as caught:
        in_numbers(graph_of(inputs, nodes, more), "--second", ends=True)
    problem = caught.value.problems[0]
    assert problem.what == ONLY + what
    assert hint in (problem.hint or "")


@pytest.mark.parametrize(("entries", "refused"), [(199, False), (200, True)])
def test_up_to_two_hundred_entries_are_written_number_by_number(entries: int, refused: bool) -> None:
    """All that there are, the sum among them."""
    graph = graph_of(f"x: {{shape: [{entries}], fill: ones}}", "L: 'sum(x)'")
    if refused:
        with pytest.raises(StepperError, match="for up to 200 of them, and this graph has 201"):
            in_numbers(graph, "--exact")
    else:
        assert len(in_numbers(graph, "--exact").leaves) == entries


@pytest.mark.parametrize(("floats", "told"), [(False, {"Z": "(softmax(Z) - Y)/2"}), (True, {})])
def test_a_second_form_is_told_where_it_is_worked_exactly(floats: bool, told: dict[str, str]) -> None:
    """In floats two forms that come to the same may differ in their last digits, so none is told."""
    graph = graph_of("X: [[1, 2], [3, 4]], Y: [[1, 0], [0, 1]]", "Z: '2*X', L: 'cross_entropy(Z, Y)'")
    found = gradients(graph, "X", floats=floats)
    assert {name: text(form) for name, (form, _) in found.also.items()} == told


def test_a_kink_of_what_is_written_by_parts_is_told() -> None:
    """Both sides are too long for one line: the kink is at names of their own."""
    rows = "[[1, 2, 1, 2], [1, 1, 1, 1], [2, 2, 1, 1], [1, 1, 1, 1]]"
    graph = graph_of(f"x: [[1, -1, 2, -2]], A: {rows}", "L: 'sum(relu(x @ A @ A @ A - x @ A @ A @ A))'")
    lines = [said(line).partition(" = 0 is a kink of ")[0] for line in kink_lines(gradients(graph, "x"))]
    assert lines == [f"part_L_1[1, {column}] - part_L_2[1, {column}]" for column in range(1, 5)]


@pytest.mark.parametrize("operator", ["<", "<=", ">", ">=", "!=", "=="])
@pytest.mark.parametrize(
    ("kink", "left", "right"), [("left", 1, 0), ("right", 0, 1), ("half", 0.5, 0.5), ("zero", 0, 0)]
)
def test_where_both_sides_are_equal_the_cases_beside_it_share_a_gradient(
    operator: Comparison, kink: str, left: float, right: float
) -> None:
    """By the convention: so much to the case that holds a little to the left, so much to that on the right."""
    taken = Taken(Vocabulary({}, {"kink": kink}))
    for then in (True, False):
        weight = taken.of_cases(Where(operator, Sym("x"), Num("0"), Sym("a"), Sym("b")), then)
        sides = [COMPARE[operator](Fraction(place), Fraction(0)) == then for place in (-1, 1)]
        for place, expected in ((-1, sides[0]), (0, left * sides[0] + right * sides[1]), (1, sides[1])):
            assert evaluate(weight, {"x": Fraction(place)}, PLAIN) == expected


@pytest.mark.parametrize(
    ("inputs", "nodes", "wrt", "told"),
    [
        ("x: [0, 2], v: {shape: [1]}", "h: relu(x), L: sum(sum(h)*v)", "x", "x[1] = 0 is a kink of h[1]"),
        ("W: [[1, 1], [2, 1]], x: [1, -1], v: {shape: [2]}", "z: W @ x, h: relu(z), L: sum(h*v)", "W",
         "z[1] = 0 is a kink of h[1]"),
        ("x: [1, 1, 0], v: {shape: [1]}", "m: 'max_pool1d(x, 3)', L: sum(m*v)", "x",
         "x[1] = x[2] is a tie in max([x[1], x[2], x[3]])"),
        # what reads a letter cannot be said to stand on a kink
        ("x: [1, 0], v: {shape: [2]}", "h: relu(x*v), L: sum(h)", "x", ""),
    ],
)  # fmt: skip
def test_kinks_are_named_beside_symbols_too(inputs: str, nodes: str, wrt: str, told: str) -> None:
    lines = [said(line) for line in backward(graph_of(inputs, nodes), [wrt], Settings()).said()]
    named = [line for line in lines if "is a kink of" in line or "is a tie in" in line]
    assert len(named) == bool(told)
    assert all(line.startswith(told) for line in named)
