"""Laws of how arrays are written: what stands in a line up to which size, which entries are worked, what is said beside
it.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from stepper.core.arrays import ArrayGraph
from stepper.core.expr import Array, Expr, Value
from stepper.core.formula import text
from stepper.core.parser import parse
from stepper.core.prose import Prose
from stepper.core.steps import Derivation, Equation, Note, Step
from stepper.engine.tensor import equations
from stepper.engine.tensor.backward import backward
from stepper.engine.tensor.entries import Formula, array_of, numbers
from stepper.engine.tensor.equations import _lines, array_answer, shapes_note
from stepper.engine.tensor.evaluate import Worker
from stepper.engine.tensor.forward import forward
from stepper.engine.tensor.gradients import alike
from stepper.engine.tensor.quantities import Board
from stepper.engine.tensor.shapes import Shapes
from stepper.engine.tensor.tidy import lean, told_apart
from stepper.engine.tensor.wording import worded
from stepper.engine.values.quantities import Settings
from stepper.engine.values.vocabulary import Vocabulary
from stepper.read.graph import read_graph


def graph_of(inputs: str, nodes: str, more: str = "") -> ArrayGraph:
    graph = read_graph(f"inputs: {{{inputs}}}\nnodes: {{{nodes}}}\n{more}", "g.yaml")
    assert isinstance(graph, ArrayGraph)
    return graph


def said(prose: Prose) -> str:
    return "".join(part if isinstance(part, str) else text(part) for part in prose)


def step_of(derivation: Derivation, name: str) -> Step:
    return next(step for _, step in derivation.walk() if step.id == name)


def links(step: Step) -> list[Expr]:
    """The sides of its first equation."""
    return next([link.expr for link in block.links] for block in step.body if isinstance(block, Equation))


def notes(step: Step) -> list[str]:
    return [said(block.text) for block in step.body if isinstance(block, Note)]


def pass_of(inputs: str, formula: str) -> Derivation:
    return forward(graph_of(inputs, f"z: '{formula}'"), Settings())


# ---- sizes


@pytest.mark.parametrize(
    ("inputs", "formula", "sides"),
    [
        # arrays of up to 36 entries are put in, results of up to 100 are shown
        ("X: {shape: [6, 6], fill: ones}", "2*X", ["formula", "put in", "result"]),
        ("X: {shape: [37], fill: ones}", "2*X", ["formula", "result"]),
        ("X: {shape: [36], fill: ones}", "X + 1", ["formula", "put in", "result"]),
        ("X: {shape: [1, 37], fill: ones}", "X.T*2", ["formula", "result"]),
        ("X: {shape: [2, 18], fill: ones}", "X.T*2", ["formula", "put in", "result"]),
        ("X: {shape: [10, 10], fill: ones}", "2*X", ["formula", "result"]),
        ("X: {shape: [101], fill: ones}", "2*X", ["formula"]),
        ("X: {shape: [100], fill: ones}", "sum(X)", ["formula", "result"]),
        # one array that is too large keeps all from being put in, wherever it stands; an entry of it is a number
        ("X: {shape: [37], fill: ones}, y: [2]", "y*X", ["formula", "result"]),
        ("X: {shape: [37], fill: ones}, y: [2]", "X*y", ["formula", "result"]),
        ("X: {shape: [37], fill: ones}, y: [2]", "y + X[3]", ["formula", "put in", "result"]),
        ("x: [1, 2]", "x", ["formula", "result"]),
        # formulas of up to 16 symbols stand in the line
        ("X: {shape: [4, 4]}", "2*X", ["formula", "entries"]), ("X: {shape: [17]}", "2*X", ["formula"]),
        ("X: {shape: [17]}", "sum(X)", ["formula", "entries"]),
    ],
)  # fmt: skip
def test_what_stands_in_a_line(inputs: str, formula: str, sides: list[str]) -> None:
    found = links(step_of(pass_of(inputs, formula), "forward.node:z"))
    assert len(found) == len(sides)
    result = any(isinstance(part, Array | Value) for part in found[1:])
    assert result is ("result" in sides or ("entries" in sides and "sum" not in formula))


@pytest.mark.parametrize(
    ("inputs", "formula", "lines", "detail"),
    [
        # of windows all up to 36 entries, of more the first; else in full detail only
        ("x: {shape: [37], fill: ones}, k: [1, 2]", "conv1d(x, k)", 36, "normal"),
        ("x: {shape: [38], fill: ones}, k: [1, 2]", "conv1d(x, k)", 1, "normal"),
        ("x: {shape: [6], fill: ones}", "2*x", 6, "full"),
        ("X: [[1, 2]]", "sum(X, 1)", 2, "full"), ("X: [[1, 2]]", "softmax(X)", 2, "full"),
        ("x: {shape: [37], fill: ones}", "2*x", 1, "full"),
        ("x: [3, 1]", "2*max_pool1d(x, 1)", 2, "normal"),
        # a number has its line already, an eigenvalue is no formula, and long formulas are not written out
        ("x: [[1, 2]]", "sum(x)", 0, ""), ("A: [[2, 1], [1, 2]]", "eigvals(A)", 0, ""),
        ("x: {shape: [160], fill: ones}", "sum(x)*2*[1, 2]", 0, ""),
    ],
)  # fmt: skip
def test_which_entries_are_worked(inputs: str, formula: str, lines: int, detail: str) -> None:
    steps = [step for _, step in pass_of(inputs, formula).walk() if step.id == "forward.entries:z"]
    assert [(len(step.body), step.detail) for step in steps] == [(lines, detail)] * (lines > 0)


@pytest.mark.parametrize(("count", "large"), [(101, False), (3000, True)])
def test_a_larger_array_is_told_by_its_beginning_and_its_length(count: int, large: bool) -> None:
    graph = graph_of(f"x: {{shape: [{count}], fill: ones}}", "z: '-3*x'")
    assert Board(graph, Settings()).large is large
    (told,) = notes(step_of(forward(graph, Settings()), "forward.node:z"))
    begins, _, length = told.rpartition(" ")
    assert begins == f"z begins {', '.join(['-3.0' if large else '-3'] * 4)}, …; the root of the sum of its squares is"
    assert float(length) == pytest.approx(3 * count**0.5)
    assert not notes(step_of(pass_of("x: {shape: [100], fill: ones}", "-3*x"), "forward.node:z"))
    assert not notes(step_of(pass_of("x: {shape: [101]}", "-3*x"), "forward.node:z"))


def test_answers_of_up_to_a_hundred_thousand_entries_are_written_out(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("stepper.engine.tensor.equations.as_expr", lambda array: Value(Fraction(array.size)))
        for count, whole in ((100_000, True), (100_001, False)):
            found = array_answer("x", np.broadcast_to(numbers([Fraction(1)], (1,)), (count,)))
            assert found.expr == (Value(Fraction(count)) if whole else parse("x"))
    assert array_answer("x", numbers([Fraction(1, 2)], ())).number == Fraction(1, 2)
    assert array_answer("x", numbers([Fraction(1, 2)], (1,))).number is None


def test_a_formula_without_what_a_person_would_not_write() -> None:
    """Settings at the end as they are by default, numbers of shapes, factors of 1, what broadcasting repeats; ⊙ between
    arrays.
    """
    shapes = Shapes(Vocabulary({}, {}), {"X": (2, 3), "K": (2, 2), "x": (3,), "k": (), "W": (3, 2), "v": (7,)})
    written = {
        "sum(X, 0)": "sum(X)", "sum(X*1, 1)": "sum(X, 1)", "conv(X, K, 1, 0)": "conv(X, K)",
        "conv(X, K, 1, 1)": "conv(X, K, 1, 1)", "conv(X, K, 2, 0, 1, 1)": "conv(X, K, 2)",
        "softmax(X, -1)": "softmax(X)", "softmax(X, 1)": "softmax(X, 1)", "concat(X, X, 1)": "concat(X, X)",
        "concat(X, X, 2)": "concat(X, X, 2)", "flatten(X, 1 + 1)": "flatten(X, 2)",
        "standardized(X, 1, 0)": "standardized(X)", "max_pool(X, 2, 0, 0)": "max_pool(X, 2)", "row_count(X)": "2",
        "along(X, 1)*X": "2*X", "1*X": "X", "X*1*k": "X*k", "X/1": "X", "1/X": "1/X", "1*1": "1", "X @ W*1": "X @ W",
        "broadcast_to(k, X)*X": "k*X", "X*broadcast_to(k, X)*x": "X*k ⊙ x",
        "broadcast_to(k, X)*x": "broadcast_to(k, X) ⊙ x",
        "broadcast_to(k, X)": "broadcast_to(k, X)", "broadcast_to(x, X)*X": "x ⊙ X",
        "broadcast_to(1, X)/2": "broadcast_to(1, X)/2",
        "X @ W*broadcast_to(k, K)": "X @ W*k", "broadcast_to(k, X) @ W": "broadcast_to(k, X) @ W",
        "(broadcast_to(k, X)*X) @ W": "k*X @ W",
        "2*(X @ W)": "2*(X @ W)", "scatter(k, X, 1, 2)*X": "[[0, k, 0], [0, 0, 0]] ⊙ X",
        "k*X @ W*broadcast_to(k, K)": "k*X @ W*k", "x @ W*broadcast_to(k, K)": "x @ W ⊙ broadcast_to(k, K)",
        "X*X/X*X": "X ⊙ X/X ⊙ X",
        "X @ W*K": "X @ W ⊙ K",
        # in a sum too a number beside an array is taken from each entry; two of them keep a shape
        "x - broadcast_to(k, x)": "x - k", "broadcast_to(k, X) - X": "k - X",
        "X + broadcast_to(x, X)": "X + x",
        "broadcast_to(k, x) - broadcast_to(k, x)": "broadcast_to(k, x) - broadcast_to(k, x)",
        "k - broadcast_to(k, x) + x": "k - k + x",
        # a list has one axis
        "sum(x, -1)": "sum(x)", "max(x, 1)": "max(x)", "sum(X, -1)": "sum(X, -1)", "mean(x*x, 1)": "mean(x ⊙ x)",
        # one entry among zeros is written out where the list is short
        "scatter(k, x, 2)": "[0, k, 0]", "x*scatter(k, x, 3)": "x ⊙ [0, 0, k]", "scatter(k, v, 1)": "scatter(k, v, 1)",
    }  # fmt: skip
    assert {formula: text(told_apart(lean(parse(formula), shapes), shapes)) for formula in written} == written


def test_what_broadcasts_sums_and_selects_is_written_with_ones_sums_and_unit_vectors() -> None:
    known: dict[str, tuple[int, ...]] = {
        "X": (2, 3), "x": (3,), "y": (2,), "k": (), "v": (7,), "M": (4, 5), "B": (2, 2, 3), "R": (1, 3), "C": (2, 1)
    }  # fmt: skip
    shapes = Shapes(Vocabulary({}, {}), known)
    written = {
        "broadcast_to(k, x)": "k*ones(3)", "broadcast_to(1, X)": "ones([2, 3])", "broadcast_to(1, x)/3": "ones(3)/3",
        "broadcast_to(x, X)": "outer(ones(2), x)", "broadcast_to(x, X, 1)": "outer(ones(2), x)",
        "broadcast_to(y, X, 2)": "outer(y, ones(3))", "broadcast_to(y, X, -1)": "outer(y, ones(3))",
        "X*broadcast_to(k, X)": "X*k", "sum_to_size(X, x)": "sum(X, 1)", "sum_to_size(X, y, 2)": "sum(X, 2)",
        "sum_to_size(X, R)": "[sum(X, 1)]", "sum_to_size(X, C)": "X @ ones([3, 1])", "sum_to_size(B, X)": "sum(B, 1)",
        "sum_to_size(B, x)": "sum(sum(B, 1), 1)", "sum(X, -1)": "sum(X, 2)", "softmax(X, -1)": "softmax(X)",
        "scatter(k, v, 2)": "k*unit(7, 2)", "scatter(x, X, 2)": "outer(unit(2, 2), x)",
        "scatter(k, M, 4, 5)": "k*outer(unit(4, 4), unit(5, 5))", "leading(v, x)": "entries(v, 1, 3)",
        "trailing(v, x)": "entries(v, 5, 7)", "leading(M, X, 2)": "columns(M, 1, 3)", "trailing(M, X)": "rows(M, 3, 4)",
        "trailing(M, X, -1)": "columns(M, 3, 5)", "x*broadcast_to(sum(X*x), x)": "x*sum(X ⊙ x)",
    }  # fmt: skip
    for formula, wanted in written.items():
        found = worded(lean(parse(formula), shapes), shapes)
        assert text(told_apart(lean(found, shapes), shapes)) == wanted
        entries = {
            name: array_of([Fraction(3 + 7 * n, 5) for n in range(math.prod(shape))], shape)
            for name, shape in known.items()
        }
        worker = Worker(shapes.vocabulary, entries)
        assert (worker(parse(formula)) == worker(found)).all(), formula


# ---- words


@pytest.mark.parametrize(
    ("inputs", "formula", "line", "told"),
    [
        ("X: {shape: [1, 4, 5], fill: ones}, K: {shape: [1, 4, 2], fill: ones}", "conv(X, K)",
         "conv(X, K) slides over the last axis: K is 1×4×2, channels first; conv3d slides over all 3", True),
        ("X: {shape: [1, 2, 2], fill: ones}", "max_pool(X, 2)", "over the last 2 axes: X is 1×2×2, channels first; "
                                                                "max_pool3d", True),
        ("X: {shape: [2, 2], fill: ones}", "max_pool(X, 2)", " slides over ", False),
        ("X: {shape: [1, 2, 2], fill: ones}", "max_pool2d(X, 2)", " slides over ", False),
        ("X: {shape: [2, 4, 5], fill: ones}, K: {shape: [1, 2, 2, 2], fill: ones}", "conv(X, K)", " slides over ",
            False),
        ("X: {shape: [4, 5], fill: ones}, K: {shape: [2, 2], fill: ones}", "conv(X, K)", " slides over ", False),
        ("X: [[1, 2]]", "X @ X.T", "A·B between matrices is the matrix product", True),
        ("X: [[1, 2]]", "X*X", "product of matrices", False),
        ("X: [[1, 2]]", "sum(X, 1)", "a number after an array, as in sum(X, 1), is the axis along which it is taken",
            True),
        ("X: [[1, 2], [3, 5]]", "standardized(X, 1)", "a number after an array", True),
        ("X: [[1, 2]]", "concat(X, X, 2)", "a number after", False),
        ("X: [[1, 2]]", "sum(X)", "a number after an array", False),
        ("X: [[1, 2]]", "upsample(X, 2)", "a number after an array", False),
        ("X: [[1, 2]]", "sum(X)", "indices are counted from 1; the shape is given beside each array", True),
    ],
)  # fmt: skip
def test_conventions_that_a_formula_needs_are_said(inputs: str, formula: str, line: str, told: bool) -> None:
    assert any(line in said(prose) for prose in pass_of(inputs, formula).said()) is told


@pytest.mark.parametrize(
    ("formula", "note"),
    [
        ("X @ W", "2×2 = 2×3 · 3×2"), ("2*(X @ W) + 1", "2×2"), ("X @ W + b", "2×2 = 2×3 · 3×2"),
        ("X @ W @ b", "2 = 2×3 · 3×2 · 2"), ("X*2", "2×3"), ("X @ W*2", "2×2 = 2×3 · 3×2"),
        ("sum(X)", ""), ("b", "2"), ("b @ b", "a number = 2 · 2"),
    ],
)  # fmt: skip
def test_the_shapes_beside_a_formula(formula: str, note: str) -> None:
    board = Board(graph_of("X: {shape: [2, 3]}, W: {shape: [3, 2]}, b: {shape: [2]}", f"z: '{formula}'"), Settings())
    assert said(shapes_note(parse(formula), board.shapes["z"], Shapes(board.vocabulary, board.shapes))) == note


def test_the_numbers_that_remarks_are_about() -> None:
    """A line for each row; a number is a line of one; none of what has letters."""
    board = Board(graph_of("X: [[1, 2], [3, 4]], k: 3, y: {shape: [2]}", "z: 'X*k', w: 'X @ y'"), Settings())
    wanted = {
        "X*k": [[3, 6], [9, 12]], "k": [[3]], "X[2]": [[3, 4]], "X[1, 2]": [[2]], "X + y": None,
        "X @ X": [[7, 10], [15, 22]],
        "X @ [1, 2, 3]": None,
    }  # fmt: skip
    assert {written: _lines(board, parse(written)) for written in wanted} == wanted


def test_why_a_gradient_of_arrays_is_as_it_is() -> None:
    nodes = "H: 'X @ W + b', A: 'relu(H)', L: 'sum(A*A) + sum(H)', M: 'sum(A)'"
    graph = graph_of("X: [[1, 2], [3, 4]], W: [[1, 0], [0, -1]], b: [1, 2]", nodes, "output: L\n")
    derivation = backward(graph, ["X", "W", "b"], Settings())
    assert {name: notes(step_of(derivation, f"backward.array:{name}")) for name in ("A", "H", "W", "b")} == {
        "A": [],
        "H": ["H is used by 2 nodes: their contributions add up"],
        "W": [],
        "b": ["b is broadcast to a larger shape: its gradient is the sum over all its copies"],
    }
    lone = backward(graph_of("s: 2, X: [[1, 2]]", "L: 'sum(X*s)'"), ["s"], Settings())
    assert notes(step_of(lone, "backward.array:s")) == []  # a number is no array that is repeated


def test_a_second_form_of_a_gradient_stands_in_place_of_the_first() -> None:
    """Where one node alone reads the array: of two, one of which hands on nothing here, it is not the whole."""
    inputs = "X: [[1, 2], [3, 4]], K: [[1, 0], [2, 1]], k: 0"
    once, twice = (
        backward(graph_of(inputs, f"Y: 'conv2d(X, K)', L: '{formula}'", "output: L\n"), ["X"], Settings())
        for formula in ("sum(Y)", "sum(Y) + k*sum(X)")
    )
    step = step_of(once, "backward.array:X")
    (line,) = step.body
    assert isinstance(line, Equation)
    first = line.links[0]
    assert (text(first.expr), said(first.note)) == (
        "conv2d(dL/dY, turned(K), 1, 1)", "2×2; full correlation with the flipped kernel",
    )  # fmt: skip
    other = step_of(twice, "backward.array:X").body
    assert [type(block) for block in other] == [Equation, Note]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("a*b", "b*a", True), ("a + b", "b + a", True), ("a*b + c", "c + b*a", True), ("a/b", "b/a", False),
        ("a - b", "b - a", False),
    ("a/b", "a/b", True),
     ("a + b", "a*b", False), ("a + a", "a", False), ("a*b + a/b", "b*a + a/b", True)],
)  # fmt: skip
def test_sums_of_products_in_any_order_are_alike(one: str, other: str, same: bool) -> None:
    arrays = [array_of([Formula(parse(written))] * 2, (2,)) for written in (one, other)]
    assert alike(arrays[0], arrays[1]) is same
    assert not alike(arrays[0], arrays[1][:1])


def test_what_reads_only_a_shape_has_a_gradient_of_zeros() -> None:
    """In symbols too; the checks agree."""
    for inputs in ("X: [1, 2], Y: [3, 4]", "X: {shape: [2]}, Y: {shape: [2]}", "X: [1, 2], Y: {shape: [2]}"):
        derivation = backward(graph_of(inputs, "L: 'sum(X*X)/row_count(Y) + 0*Y[1]'"), ["X", "Y"], Settings())
        assert all(check.ok for check in derivation.checks)
        assert text(derivation.answers[1].expr) == "[0, 0]"
    arriving = backward(
        graph_of("X: [1, 2], Y: [3, 4]", "Z: 'X*row_count(Y)'", "output: Z\nupstream: g\n"), ["X", "Y"], Settings()
    )
    assert [check.ok for check in arriving.checks] == [True, True]
    assert [text(answer.expr) for answer in arriving.answers] == ["[g[1], g[2]]", "[0, 0]"]
    assert [text(side) for side in links(step_of(arriving, "backward.array:Y"))] == ["0"]


@pytest.mark.parametrize(
    ("upstream", "gradient"), [("[0, g]", "[0, 3*g]"), ("[g, 0]", "[3*g, 0]"), ("[0, 2]", "[0, 6]")]
)
def test_letters_among_the_numbers_that_arrive(upstream: str, gradient: str) -> None:
    derivation = backward(
        graph_of("X: [1, 2], M: [[1]], g: ", "Z: '3*X'", f"output: Z\nupstream: '{upstream}'\n"), ["X"], Settings()
    )
    assert text(derivation.answers[0].expr).replace("g*3", "3*g") == gradient
    assert [check.ok for check in derivation.checks] == [True]


@pytest.mark.parametrize(("most", "told"), [(7, True), (6, True), (5, False)])
def test_as_many_targets_are_looked_through_as_are_answers(
    most: int, told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Six of them here: a remark is made where all of them are, and none where they are too many."""
    monkeypatch.setattr(equations, "MOST_ANSWERED", most)
    derivation = forward(
        graph_of("Z: [[1, 2, 3], [4, 5, 6]], Y: [[1, 0, 0], [0, 1, 1]]", "L: 'cross_entropy(Z, Y)'"), Settings()
    )
    remark = "cross_entropy(Z, Y) expects Y to be probabilities that sum to 1, and here they sum to 2"
    assert (remark in map(said, derivation.said())) is told
