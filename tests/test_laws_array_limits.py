"""Laws of what arrays may take and are given: limits with one within and one beyond, words and files."""

from __future__ import annotations

import pickle
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from msgspec.structs import replace

from stepper.core.arrays import MOST_ENTRIES, ArrayGraph, ArrayLeaf
from stepper.core.expr import Sym
from stepper.core.formula import number_of
from stepper.core.parser import parse
from stepper.engine.tensor.entries import Entries, Exact
from stepper.engine.tensor.gradients import ArrayGradients
from stepper.engine.tensor.leaves import check_finite, filled, given_entries, loaded, put
from stepper.engine.tensor.limits import Bill, cost
from stepper.engine.tensor.quantities import Board
from stepper.engine.tensor.shapes import Shapes
from stepper.engine.values.quantities import Settings
from stepper.engine.values.vocabulary import PLAIN
from stepper.errors import StepperError
from stepper.read.bundled import load_graph
from stepper.tables.arrays import BY_ARRAY_NAME
from tests.test_laws_array_shown import graph_of

# ---- what is counted


@pytest.mark.parametrize(
    ("size", "bill", "beyond"),
    [
        (2_000, (20_000, 8_000, 16_000), None),
        (2_001, (20_000, 8_000, 16_000), ("2,001 entries", "up to 2,000 entries")),
        (
            1,
            (20_001, 0, 0),
            ("20,001 entries of results and their parts", "up to 20,000 entries of results and their parts"),
        ),
        (1, (0, 8_001, 0), ("8,001 multiply-adds", "up to 8,000 multiply-adds")),
        (1, (0, 0, 16_001), ("16,001 pieces of formulas", "up to 16,000 pieces of formulas")),
        (3_000, (30_000, 9_000, 17_000), ("3,000 entries", "up to 2,000 entries")),
    ],
)
def test_what_is_worked_exactly(size: int, bill: tuple[int, int, int], beyond: tuple[str, str] | None) -> None:
    found = Bill()
    found.add(Sym("all"), *bill)
    found.add(Sym("nothing"), 0, 0)
    assert found.beyond(size) == beyond


def test_what_is_refused() -> None:
    """Ten million entries of one result, twice as many meanwhile, sixty in all; four thousand million multiply-adds."""
    bill = Bill()
    for _ in range(6):
        bill.add(Sym("a"), MOST_ENTRIES, 0)
    with pytest.raises(
        StepperError, match="with b all results together take up to 60,000,001 entries; the limit is 60,000,000"
    ):
        bill.add(Sym("b"), 1, 0)
    bill = Bill()
    bill.add(Sym("a"), 0, 4_000_000_000)
    with pytest.raises(
        StepperError, match="with b there are up to 4,000,000,001 multiply-adds; the limit is 4,000,000,000"
    ):
        bill.add(Sym("b"), 0, 1)
    bill = Bill()
    bill.fits(Sym("a"), 10_000_000)
    bill.add(Sym("a"), 20_000_000, 0, most=20_000_000)
    with pytest.raises(StepperError, match="a takes up to 10,000,001 entries; the limit is 10,000,000"):
        bill.add(Sym("a"), 10_000_001, 0)
    with pytest.raises(StepperError, match="a takes up to 20,000,001 entries; the limit is 20,000,000"):
        bill.add(Sym("a"), 20_000_001, 0, most=20_000_000)
    shapes = Shapes(PLAIN, {"x": (2500,), "X": (2500, 2000)})
    with pytest.raises(
        StepperError, match=r"max_pool\(X, 3, 1, 1\) takes up to 45,000,000 entries; the limit is 20,000,000"
    ):
        shapes(parse("max_pool(X, 3, 1, 1)"))


@pytest.mark.parametrize(
    ("formula", "entries", "work"),
    [
        # leaves of 6 and 3 entries; then each part of the formula that makes new ones
        ("X", 9, 0), ("2*X", 9 + 6, 6), ("2*X*X", 9 + 6 + 6, 12), ("X + x", 9 + 6, 0), ("X.T", 9, 0),
        ("X @ x", 9 + 2, 2 * 3), ("X @ X.T", 9 + 4, 4 * 3), ("x @ x", 9 + 1, 3),
        ("outer(x, x)", 9 + 9, 9), ("sum(X)", 9 + 6, 6), ("relu(X) - 1", 9 + 6, 0), ("x[2]", 9, 0),
        ("[x, x]", 9 + 6, 0),
    ],
)  # fmt: skip
def test_what_a_formula_takes(formula: str, entries: int, work: int) -> None:
    board = Board(graph_of("X: [[1, 2, 3], [4, 5, 6]], x: [1, 2, 3]", f"z: '{formula}'"), Settings())
    assert (board.bill.entries, board.bill.work) == (entries, work)


SLIDE = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1}
POOL = {"kernel": 2, "stride": 0, "padding": 0}


@pytest.mark.parametrize(
    ("name", "shapes", "settings", "made", "work"),
    [
        # windows, each of its entries and the outputs there; times a batch
        ("conv", [(6,), (3,)], SLIDE, 4 * (3 + 1), 4 * 3), ("conv", [(4, 5), (2, 3)], SLIDE, 9 * (6 + 1), 9 * 6),
        ("conv", [(4, 5), (2, 3)], {**SLIDE, "stride": 2}, 4 * (6 + 1), 4 * (6 + 1)), ("conv", [(4, 5),
        (2, 3)], {**SLIDE, "padding": 1}, 25 * (6 + 1), 25 * (6 + 1)),
        ("conv", [(5, 7), (2, 3)], {**SLIDE, "dilation": 2}, 9 * (6 + 1), 9 * (6 + 1)), ("conv", [(2, 4, 5),
        (3, 2, 2, 3)], SLIDE, 9 * (12 + 3), 9 * 12 * 3),
        ("conv", [(7, 2, 4, 5), (3, 2, 2, 3)], SLIDE, 7 * 9 * (12 + 3), 7 * 9 * 12 * 3), ("conv", [(2, 6),
        (4, 2, 3)], SLIDE, 4 * (6 + 4), 4 * 6 * 4),
        ("conv1d", [(5, 2, 6), (4, 2, 3)], SLIDE, 5 * 4 * (6 + 4), 5 * 4 * 6 * 4), ("conv3d", [(3, 4, 5),
        (2, 2, 2)], SLIDE, 24 * (8 + 1), 24 * (8 + 1)),
        ("max_pool", [(6,)], POOL, 3 * 2, 20 * 3 * 2), ("max_pool", [(4, 6)], POOL, 6 * 4, 20 * 6 * 4),
        ("max_pool", [(5, 4, 6)], POOL, 5 * 6 * 4, 20 * 5 * 6 * 4),
        ("max_pool", [(5, 4, 6)], {**POOL, "stride": 1}, 5 * 15 * 4, 20 * 5 * 15 * 4),
        ("max_pool", [(4, 6)], {**POOL, "stride": 1}, 15 * 4, 20 * 15 * 4),
        ("max_pool", [(4, 6)], {**POOL, "padding": 1, "stride": 2}, 12 * 4, 20 * 12 * 4),
        ("max_pool1d", [(4, 6)], POOL, 4 * 3 * 2, 20 * 4 * 3 * 2),
        ("max_pool3d", [(3, 4, 6)], {**POOL, "stride": 1}, 30 * 8, 20 * 30 * 8),
        ("avg_pool", [(4, 6)], {**POOL, "kernel": 1}, 24, 24),
        ("avg_pool", [(4, 6)], {**POOL, "kernel": 3}, 2 * 9, 2 * 9),
        # a transposed one takes the large array as its windows
        ("conv_transpose", [(3,), (2,)], {"stride": 2, "padding": 0}, 3 * 2 * 8, 3 * 2 * 8),
        ("conv_input", [(2, 2), (3, 3),
        (4, 4)], SLIDE, 16, 4 * 9),
        # the largest of the arrays, where nothing else is said; rows and the longest axis
        ("flatten", [(3, 4)], {"start": 1}, 12, 12), ("flatten", [()], {"start": 1}, 1, 1),
        ("softmax", [(3, 4)], {"axis": -1}, 12, 12), ("det", [(5, 5)], {}, 25, 125),
        ("one_hot", [(3,), (5, 2)], {}, 3 * 5, 50 * 3), ("one_hot", [(3,), ()], {}, 3, 50 * 3),
        ("one_hot", [(), (5,)], {}, 5, 50), ("det", [()], {}, 1, 1),
        ("averaging", [(), ()], {"size": 3, "axis": 1}, 3, 3),
        ("masks", [()], {}, 2, 20), ("masks", [(5,)], {}, 5 * 32, 10 * 5 * 32), ("averaging", [(2, 7),
        ()], {"size": 3, "axis": 1}, 7 * 3, 7 * 3),
    ],
)  # fmt: skip
def test_what_a_kernel_takes(
    name: str, shapes: list[tuple[int, ...]], settings: dict[str, int], made: int, work: int
) -> None:
    row = BY_ARRAY_NAME[name]
    arrays = [parameter for parameter, _, kind in row.signature() if kind == "array"]
    assert cost(row, dict(zip(arrays, shapes, strict=False)), settings)[:2] == (made, max(made, work))


def test_formulas_with_many_pieces_are_counted() -> None:
    assert [cost(BY_ARRAY_NAME[name], {"X": (3, 4)}, {})[2] for name in ("softmax", "var", "sum")] == [48, 48, 0]


def test_shapes_of_arrays_that_are_too_large_to_be_tried_entry_by_entry() -> None:
    """A kernel is tried on ones: as a row's number, in a mask, as a matrix."""
    shapes = Shapes(PLAIN, {"i": (5001,), "E": (1, 2), "A": (80, 80), "X": (100, 51), "x": (2, 3)})
    wanted = {
        "embedding(i, E)": (5001, 2),
        "masked_softmax(X, X)": (100, 51),
        "det(A)": (),
        "max(X, 1)": (51,),
        "concat(X, X, 2)": (100, 102),
        "sum(x, 1)": (3,),
    }
    assert {formula: shapes(parse(formula)) for formula in wanted} == wanted
    counts = {
        "along(X, 1)": 100,
        "along(X, -1)": 51,
        "along(x, 0)": 6,
        "row_count(X)": 100,
        "row_count(i)": 1,
        "reach(E)": 2,
    }
    assert {formula: number_of(shapes.count(parse(formula))) for formula in counts} == counts


def test_the_way_back_through_windows_is_counted_before_any_entry() -> None:
    """2,654,208,000 multiply-adds there, as many back to the image, and as many to the kernel."""
    graph = graph_of(
        "X: {shape: [64, 82, 102], fill: ones}, K: {shape: [576, 64, 3, 3], fill: ones}", "L: 'sum(conv2d(X, K))'"
    )
    board = Board(graph, Settings())
    assert board.bill.work == 8000 * 576 * 576 + 8000 * 576
    with pytest.raises(StepperError, match="multiply-adds; the limit is 4,000,000,000"):
        ArrayGradients(board, ["X", "K"])


def test_slopes_for_each_entry_by_itself_are_written_for_a_few() -> None:
    graph = graph_of("x: {shape: [37], fill: ones}, M: [[1]]", "L: 'prod(x)'", "output: L\n")
    with pytest.raises(StepperError, match="the gradient of prod is worked out entry by entry, for up to 36 of them"):
        ArrayGradients(Board(graph, Settings()), ["x"])


def test_numbers_that_are_too_large_are_told_with_their_node() -> None:
    for value, what in (
        ("{shape: [3000], fill: ones}", r"in z: its entry \[1\] is not a finite number"),
        ("[[1]]", "in z: an entry is too large for a number"),
    ):
        with pytest.raises(StepperError, match=what):
            _ = Board(graph_of(f"x: {value}", "z: 'exp(1000*x)'"), Settings()).known


# ---- what is given


def leaf(graph: ArrayGraph, name: str) -> ArrayLeaf:
    found = graph.leaves[name]
    assert isinstance(found, ArrayLeaf)
    return found


def test_other_numbers_at_the_leaves() -> None:
    """A leaf with other numbers of some entries has these entries alone, no word that fills it and no file."""
    graph = graph_of("E: {shape: [2, 2], fill: eye}, X: [[1, 2]], k: 3, f: {shape: [2]}", "z: 'E*k'", "output: z\n")
    moved = put(graph, {"E[1, 2]": Fraction(5), "X[1, 1]": Fraction(7), "k": Fraction(4)})
    assert leaf(moved, "E") == replace(leaf(graph, "E"), entries=(1, 5, 0, 1), fill="")
    assert leaf(moved, "X").entries == (7, 2)
    assert moved.leaves["k"].value == 4
    assert moved.leaves["f"] == graph.leaves["f"]
    assert put(graph, {}) == graph
    assert leaf(put(graph, {"f[1]": Fraction(1), "f[2]": Fraction(2)}), "f").entries == (1, 2)
    with pytest.raises(StepperError, match=r"'f\[2\]' has no number"):
        put(graph, {"f[1]": Fraction(1)})


def test_arrays_that_a_word_fills() -> None:
    words = {"zeros": [0, 0, 0, 0, 0, 0], "ones": [1] * 6, "eye": [1, 0, 0, 0, 1, 0]}
    for word, entries in words.items():
        assert filled(ArrayLeaf("x", "input", None, shape=(2, 3), fill=word)) == entries
    assert filled(ArrayLeaf("x", "input", None, shape=(2, 3))) is None
    assert cast(Any, filled(ArrayLeaf("x", "input", None, shape=(2, 2, 2), fill="eye"))) == [1, 0, 0, 0, 0, 0, 0, 1]
    for count, exact in ((2000, True), (2001, False)):
        found = filled(ArrayLeaf("x", "input", None, shape=(count,), fill="ones"))
        assert isinstance(found, list) is exact
    one, other = (
        np.asarray(filled(ArrayLeaf("x", "input", None, shape=(9,), fill="normal", seed=seed))) for seed in (1, 2)
    )
    assert one.shape == other.shape == (9,)
    assert not (one == other).any()


@pytest.mark.parametrize("dtype", ["f4", "f8", "i2", "u1"])
def test_real_numbers_of_any_kind_are_read(dtype: str, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.array([[1, 2], [3, 4]], dtype=dtype))
    found = loaded(tmp_path / "x.npy", ArrayLeaf("x", "input", None))
    assert str(found.dtype) == "float64"
    assert found.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("held", "what"),
    [
        (np.array([1j]), "holds no real numbers"), (np.array([True]), "holds no real numbers"),
        (np.array(["a"]), "holds no real numbers"),
        (np.zeros((0, 2)), "is empty, or holds a value that is not a finite number"),
        (np.array([1, np.inf]), "is empty, or holds a value that is not a finite number"),
        (np.zeros((1,) * 9), "holds 1 numbers on 9 axes, which is too large"),
        (np.array([{}], dtype=object), "holds Python objects, which are not read"),
        (pickle.dumps([1]), "which is a file of Python objects, which are not read"),
        (b"\x80", "which is a file of Python objects"),
        (b"1 2 3", "which is not a NumPy array"),
        (b"\x93NUMPY", "is not a NumPy array"), (None, "but there is no such file"),
    ],
)  # fmt: skip
def test_files_that_hold_something_else(held: Any, what: str, tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    if isinstance(held, bytes):
        path.write_bytes(held)
    elif held is not None:
        np.save(path, held, allow_pickle=True)
    with pytest.raises(StepperError) as caught:
        loaded(path, ArrayLeaf("x", "input", None))
    assert what in caught.value.problems[0].what


def test_files_of_up_to_eight_axes_and_ten_million_numbers(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.zeros((1,) * 8))
    assert loaded(tmp_path / "x.npy", ArrayLeaf("x", "input", None)).shape == (1,) * 8
    np.save(tmp_path / "x.npy", np.zeros(10_000_001, dtype="u1"))
    with pytest.raises(StepperError, match="holds 10,000,001 numbers on 1 axes, which is too large"):
        loaded(tmp_path / "x.npy", ArrayLeaf("x", "input", None))


def test_entries_of_a_file_are_replaced_and_the_others_stay(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.array([[5.0, 6.0]]))
    (tmp_path / "g.yaml").write_text("inputs: {X: {file: x.npy}}\nnodes: {L: sum(X)}\n", "utf-8")
    graph = load_graph(str(tmp_path / "g.yaml"))
    assert isinstance(graph, ArrayGraph)
    moved = leaf(put(graph, {"X[1, 2]": Fraction(7)}), "X")
    assert moved == replace(leaf(graph, "X"), shape=(1, 2), entries=(5, 7), file="")
    shape, entries = given_entries(moved, graph.origin)
    assert (shape, entries) == ((1, 2), [5, 7])
    assert put(graph, {}) == graph


def test_entries_that_are_no_numbers_are_told() -> None:
    for array, where in (
        (np.array([[1, 2], [3, np.nan]]), r"its entry \[2, 2\]"),
        (np.array([np.inf, 1]), r"its entry \[1\]"),
        (np.array(np.inf), "it is no"),
    ):
        with pytest.raises(StepperError, match=where):
            check_finite(cast(Entries, array))
    check_finite(cast(Entries, np.array([1.0, -2.0])))
    held = np.array([Exact(0.5), Exact(Fraction(10) ** 400) * Exact(0.1)], dtype=object)
    with pytest.raises(StepperError, match="an entry is too large for a number"):
        check_finite(cast(Entries, held))
    check_finite(cast(Entries, held[:1]))
