"""Laws of the kernels of arrays: matrices of every kind of number, and what does not fit is told, at its limits and one
beyond.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import cast

import numpy as np
import pytest

from stepper.core.formula import text
from stepper.engine.tensor import kernels, matrices, pools, windows
from stepper.engine.tensor.convolution import conv, conv_transpose, reach, rot180, turned
from stepper.engine.tensor.entries import Entries, Exact, NeedsNumbers, entry_expr, symbols
from stepper.engine.tensor.quantities import Board
from stepper.engine.values.quantities import Settings
from stepper.errors import StepperError
from tests.test_laws_array_shown import graph_of
from tests.test_laws_array_work import exact, plain

# ---- matrices


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
def test_matrices_of_floats_are_those_of_exact_numbers(size: int) -> None:
    rows = [[(3 * row + 5 * column + row * column) % 7 - 2 for column in range(size)] for row in range(size)]
    whole, floating = exact(rows), cast(Entries, np.array(rows, dtype=float))
    for function in (matrices.det, matrices.inv, matrices.adjugate):
        if function is matrices.inv and not plain(matrices.det(whole)):
            continue
        assert plain(function(floating)) == pytest.approx(plain(function(whole)), rel=1e-9, abs=1e-9)
        assert function(floating).shape == (() if function is matrices.det else (size, size))


@pytest.mark.parametrize(
    "rows",
    [
        [[0]], [[1, 2], [2, 4]], [[1, 2, 3], [4, 5, 6], [7, 8, 9]], [[1, 1, 0], [2, 2, 0], [1, 2, 3]],
        [[2, 6, 1], [1, 1, 9], [3, 11, -7]], [[1, 7, 4], [7, 1, 9], [-5, 13, -1]], [[7, 6, 8], [1, 8, 1], [13, 4, 15]],
    ],
)  # fmt: skip
def test_a_singular_matrix_of_up_to_three_rows_is_told_whatever_its_numbers_are(rows: list[list[int]]) -> None:
    """By its determinant: elimination in floats would find some inverse of the last three."""
    for array in (exact(rows), cast(Entries, np.array(rows, dtype=float))):
        with pytest.raises(StepperError, match="the matrix is singular"):
            matrices.inv(array)


@pytest.mark.parametrize(
    ("rows", "determinant"),
    [
        ([[0, 1], [1, 0]], -1), ([[0, 0, 1], [1, 0, 0], [0, 1, 0]], 1),
        ([[0, 0, 0, 1], [0, 0, 1, 0], [0, 1, 0, 0], [1, 0, 0, 0]], 1),
        ([[0, 2, 0, 0], [3, 0, 0, 0], [0, 0, 0, 4], [0, 0, 5, 0]], 120),
        ([[0, 2, 0, 0], [3, 0, 0, 0], [0, 0, 4, 0], [0, 0, 0, 5]], -120),
        ([[1, 2, 3, 4], [2, 4, 6, 9], [0, 1, 0, 0], [1, 0, 0, 0]], -3),
    ],
)  # fmt: skip
def test_determinants_of_exchanged_rows(rows: list[list[int]], determinant: int) -> None:
    """Each exchange turns the sign; a pivot of 0 is no reason to stop. The inverse undoes the exchange."""
    array = exact(rows)
    assert plain(matrices.det(array)) == determinant
    assert (array @ matrices.inv(array) == np.eye(len(rows), dtype=int)).all()


def test_a_singular_matrix_of_four_rows_has_its_cofactors_up_to_eight_rows() -> None:
    """A adj(A) = 0 where det(A) = 0, and adj(A) is not 0 where one row alone depends on the others."""
    for size in (4, 8):
        rows = np.eye(size) * 2
        rows[-1] = rows[0]
        found = plain(matrices.adjugate(exact(rows)))
        assert np.abs(found).max() == 2 ** (size - 1)
        assert not (rows @ found).any()
        assert not (found @ rows).any()
    rows = np.eye(9)
    rows[-1] = rows[0]
    with pytest.raises(StepperError, match="singular: its determinant is 0"):
        matrices.adjugate(exact(rows))
    for kind in (exact, lambda rows: cast(Entries, np.array(rows, dtype=float))):
        for size in (1, 2, 4):
            with pytest.raises(StepperError, match="singular"):
                matrices.inv(kind(np.zeros((size, size))))


def test_letters_have_determinants_up_to_three_rows() -> None:
    assert text(entry_expr(matrices.det(symbols("S", (2, 2))).item())) == "S[1, 1]*S[2, 2] - S[1, 2]*S[2, 1]"
    assert text(entry_expr(matrices.inv(symbols("S", (1, 1))).item())) == "1/S[1, 1]"
    assert len(text(entry_expr(matrices.det(symbols("S", (3, 3))).item())).split("S[1, ")) == 4
    mixed = exact([[1, 2, 3, 4], [0, 1, 2, 3], [1, 0, 0, 2], [2, 0, 1, 1]])
    mixed[3, 3] = symbols("S", ()).item()
    for function in (matrices.det, matrices.inv, matrices.adjugate, matrices.eigvals):
        said = (
            "eigenvalues are worked out from numbers" if function is matrices.eigvals else "elimination needs numbers"
        )
        for array in (symbols("S", (4, 4)), mixed):
            with pytest.raises(NeedsNumbers, match=said):
                function(array)


@pytest.mark.parametrize(("rows", "values"), [([[3]], [3]), ([[2, 1], [1, 2]], [1, 3]),
([[0, 2, 0], [2, 0, 0], [0, 0, 1]], [-2, 1, 2]), ([[1, 1], [0, 1]], [1, 1])])  # fmt: skip
def test_eigenvalues(rows: list[list[int]], values: list[int]) -> None:
    assert plain(matrices.eigvals(exact(rows))) == pytest.approx(np.array(values), abs=1e-7)


# ---- windows


@pytest.mark.parametrize(
    ("call", "what"),
    [
        (lambda a: windows.padded(a(2, 2), 2, 1001, 0), "a padding of 1001 is not possible"),
        (lambda a: windows.padded(a(2, 2), 2, -1, 0), "a padding of -1 is not possible"),
        (lambda a: windows.windows(a(3, 3), (2, 2), 0), "a stride of 0 and a dilation of 1 make no windows of 2×2"),
        (lambda a: windows.windows(a(3, 3), (2, 2), 1, 0), "a stride of 1 and a dilation of 0"),
        (lambda a: windows.windows(a(3, 3),
        (2, 0), 1), "no windows of 2×0"),
        (lambda a: windows.windows(a(3, 4), (2, 2), 1, 3), "a window of 4×4 does not fit into 3×4"),
        (lambda a: windows.windows(a(5, 4), (5, 5), 1), "a window of 5×5 does not fit into 5×4"),
        (lambda a: conv(a(5), a(2, 2), 1, 0, 1, 1), "the input has the shape 5; 2, 3 or 4 axes are expected"),
        (lambda a: conv(a(1, 1, 1, 3, 3), a(2, 2), 1, 0, 1, 1), "the input has the shape 1×1×1×3×3; 2, 3 or 4 "
                                                                        "axes are expected"),
        (lambda a: conv(a(5, 5), a(2), 1, 0, 1, 1, 2), "the kernel has the shape 2; 2 or 4 axes are expected"),
        (lambda a: conv(a(5, 5), a(2, 2, 2), 1, 0, 1, 1, 2), "the kernel has the shape 2×2×2; 2 or 4 axes are "
                                                                     "expected"),
        (lambda a: conv(a(2, 3, 3), a(3, 1, 2, 2), 1, 0, 1, 2), "3 outputs do not make 2 groups"),
        (lambda a: conv(a(2, 3, 3), a(3, 1, 2, 2), 1, 0, 1, 0), "do not make 0 groups"),
        (lambda a: conv(a(3, 3, 3), a(4, 1, 2, 2), 1, 0, 1, 2), "the input has 3 channels, and the kernel "
                                                                        "takes 2"),
        (lambda a: conv_transpose(a(2, 2), a(2, 2), 1, 2), "nothing is left of 2×2 with this padding"),
        (lambda a: conv_transpose(a(2, 2), a(1, 1, 2, 2), 1, 0), "the input is 2×2, and the kernel takes 1 "
                                                                         "channels"),
        (lambda a: conv_transpose(a(2, 2, 2), a(1, 1, 2, 2), 1, 0), "the input is 2×2×2, and the kernel takes "
                                                                            "1 channels"),
        (lambda a: windows.unfold(a(2, 1, 3, 3), 2, 1, 0), "windows of one image are expected, but this is a batch"),
        (lambda a: windows.toeplitz(a(5), a(2), 1, 1), "a kernel of 5 does not slide over 2 here"),
        (lambda a: windows.toeplitz(a(2), a(3), 0, 0), "a kernel of 2 does not slide"),
        (lambda a: pools.pooled_axes(a(), 0), "windows lie in an array, but this is a number"),
        (lambda a: pools.pooled_axes(a(2), 2), "the input has the shape 2; 2 to 4 axes are expected"),
        (lambda a: pools.pooled_axes(a(1, 1, 2, 2, 2), 2), "the input has the shape 1×1×2×2×2; 2 to 4 axes"),
    ],
)  # fmt: skip
def test_windows_that_do_not_fit_are_told(call: Callable[..., object], what: str) -> None:
    with pytest.raises(StepperError) as caught:
        call(lambda *shape: exact(np.ones(shape)))
    assert what in caught.value.problems[0].what


def test_windows_that_just_fit() -> None:
    """Padding up to a thousand; a window as large as the array; a kernel of four entries over four with padding; one
    place each.
    """
    one = exact(np.ones((1,)))
    assert windows.padded(one, 1, 1000, 0).shape == (2001,)
    assert windows.padded(one, 1, 0, 0) is one
    assert windows.padded(exact(np.ones((2, 3))), 1, 2, 0).shape == (2, 7)
    assert windows.windows(exact(np.ones((4, 4))), (2, 2), 1, 3).shape == (1, 1, 2, 2)
    assert windows.toeplitz(exact([1, 2, 3, 4]), exact([1, 1]), 1, 1).shape == (1, 2)
    assert conv_transpose(exact(np.ones((2, 2))), exact(np.ones((3, 3))), 1, 1).shape == (2, 2)
    assert conv_transpose(exact(np.ones((2, 2))), exact(np.ones((1, 1))), 1, 0).shape == (2, 2)
    assert conv_transpose(exact([[2]]), exact([[3]]), 1, 0).shape == (1, 1)
    assert [pools.pooled_axes(exact(np.ones(shape)), 0) for shape in ((2,), (2, 2), (2, 2, 2), (1, 2, 2, 2))] == [
        1,
        2,
        2,
        2,
    ]
    assert [pools.pooled_axes(exact(np.ones(shape)), 1) for shape in ((2,), (2, 2), (2, 2, 2))] == [1, 1, 1]


def test_a_kernel_is_as_wide_as_its_last_axis_and_is_turned_in_space_alone() -> None:
    assert [plain(reach(exact(np.ones(shape)))) for shape in ((3,), (2, 3), (4, 2, 3), (1, 2, 3, 5))] == [
        3,
        3,
        3,
        5,
    ]
    kernel = np.arange(24).reshape((2, 3, 2, 2))
    assert (plain(rot180(exact(kernel))) == kernel[:, :, ::-1, ::-1]).all()
    assert (plain(turned(exact(kernel))) == kernel.swapaxes(0, 1)[:, :, ::-1, ::-1]).all()
    assert (plain(turned(exact(kernel[0, 0]))) == kernel[0, 0, ::-1, ::-1]).all()
    assert (plain(turned(exact(kernel[0]))) == kernel[0].swapaxes(0, 1)[:, :, ::-1]).all()


# ---- arrangements


@pytest.mark.parametrize(
    ("call", "what"),
    [
        (lambda: kernels.one_hot(exact([3]), exact(np.ones((2, 2)))), "3 is not a row number: there are 2, counted "
                                                                      "from 1"),
        (lambda: kernels.one_hot(exact([0]), exact(np.ones((2, 2)))), "0 is not a row number"),
        (lambda: kernels.one_hot(exact([1.5]), exact(np.ones((2, 2)))), "3/2 is not a row number"),
        (lambda: kernels.averaging(exact([1, 2]), 3, 1), "2 entries make no 3 parts"),
        (lambda: kernels.averaging(exact([1, 2]), 0, 1), "2 entries make no 0 parts"),
        (lambda: kernels.masks(exact(np.ones(13))), "masks are listed for vectors of up to 12 entries"),
        (lambda: kernels.masks(exact([[1]])), "masks are listed"),
        (lambda: kernels.by_channel(exact([[1]])), "1×1 is not a batch of images"),
        (lambda: kernels.grouped(exact(np.ones((3, 1, 1))), 2), "3×1×1 is not an image whose channels make 2 groups"),
        (lambda: kernels.grouped(exact(np.ones((2,))), 1), "is not an image"),
        (lambda: kernels.grouped(exact(np.ones((2, 2))), 1), "2×2 is not an image"),
        (lambda: kernels.placed(exact(1), exact([1, 2]), 3), "there is no such entry: the array is 2"),
        (lambda: kernels.placed(exact(1), exact([1, 2]), 1, 1), "there is no such entry"),
        (lambda: kernels.placed(exact(1), exact([1, 2]), -1), "there is no such entry"),
        (lambda: kernels.concat(exact([[1, 2, 3]]), exact([[1, 2]]), 1), "1×3 and 1×2 fit along axis 1 only if all "
                                                                         "other sizes are equal"),
        (lambda: kernels.each_masked_line(list, exact([1, 2]), exact([0, 0])),
            "a row of the mask lets nothing through"),
        (lambda: kernels.each_masked_line(list, exact([1, 2]), exact([[1, 1]])),
            "the mask has the shape 1×2, and the array 2"),
    ],
)  # fmt: skip
def test_arrangements_that_do_not_fit_are_told(call: Callable[[], object], what: str) -> None:
    with pytest.raises(StepperError) as caught:
        call()
    assert what in caught.value.problems[0].what


def test_arrangements_at_their_limits() -> None:
    like = exact([[1, 2, 3], [4, 5, 6]])
    for small, axis in (
        (like, 1),
        (like, 0),
        (like[:1], 1),
        (like[0], 1),
        (like[:, 0], 2),
        (like[:, 0], -1),
        (exact(1), 0),
    ):
        assert kernels.spread(small, like, axis).shape == (2, 3)
    assert kernels.masks(exact(np.ones(12))).shape == (4096, 12)
    assert plain(kernels.one_hot(exact([2, 1]), exact(np.ones((2, 3))))).tolist() == [[0, 1], [1, 0]]
    assert plain(kernels.averaging(exact([1, 2]), 2, 1)).tolist() == [[1, 0], [0, 1]]
    assert kernels.by_channel(exact(np.ones((2, 3, 1)))).shape == (3, 2)
    assert plain(kernels.outer(exact([[1, 2]]), exact([3, 4]))).tolist() == [[3, 4], [6, 8]]
    assert kernels.column(exact([1, 2])).shape == (2, 1)
    assert kernels.first_largest([Exact(Fraction(1)), Exact(Fraction(3)), Exact(Fraction(3))]) == 1
    for needs in (
        lambda: kernels.first_largest(list(symbols("x", (2,)))),
        lambda: kernels.one_hot(symbols("i", (1,)), exact([1])),
    ):
        with pytest.raises(NeedsNumbers):
            needs()


# ---- shapes


@pytest.mark.parametrize(
    ("inputs", "formula", "hint"),
    [
        ("A: [[1, 2], [3, 4]], x: [1, 2]", "A*x", "A @ x is the product; x*A or A ⊙ x scales the columns"),
        ("A: [[1, 2], [3, 4]], x: [[1], [2]]", "A*x", "A @ x is the product; x*A or A ⊙ x scales the rows"),
        ("A: [[1, 2]], x: [[1], [2]]", "A*x", "A @ x is the product; x*A or A ⊙ x is elementwise"),
        ("A: [[1, 2, 3], [3, 4, 5]], x: [[1], [2], [3]]", "2*A*x", "2*A @ x is the product; x*(2*A) or 2*A ⊙ x is "
                                                                   "elementwise"),
        ("A: [[1, 2, 3]], B: [[1], [2]]", "A*B", ""), ("A: [[1], [2]], B: [[5]]", "A*B", ""),
        ("A: [[1, 2, 3], [4, 5, 6]], B: [[1, 2], [3, 4], [5, 6]]", "A*B", "A @ B is the product of matrices"),
        ("A: [[1, 2, 3], [4, 5, 6]], B: {shape: [2, 3, 2], fill: ones}", "A*B", "A @ B is the product of matrices"),
        ("A: [[1, 2, 3], [4, 5, 6]], B: {shape: [3, 2, 2], fill: ones}", "A*B",
            "sizes must be equal, or one of them 1"),
        ("A: [[1, 2, 3], [4, 5, 6]], B: [[1, 2], [3, 4], [5, 6]]", "A/B", "transpose one of them"),
        ("A: [[1, 2, 3], [4, 5, 6]], b: [1, 2]", "A + b", "sizes must be equal, or one of them 1"),
        ("A: [[1, 2, 3], [4, 5, 6]], B: [[1, 2], [3, 4], [5, 6]]", "A + B", "transpose one of them"),
        ("A: [[1, 2]], B: [[1, 2, 3, 4], [4, 5, 6, 7]], C: [[1, 2], [3, 4], [5, 6]]", "C @ A",
            "transpose the right side: .T"),
        ("A: [[1, 2, 3]], B: [[1, 2]]", "A @ B", "transpose the left side: .T"),
        ("A: [[1, 2, 3], [1, 2, 3]], b: [1, 2]", "A @ b", "transpose the left side: .T"),
        ("A: [[1, 2, 3]], B: {shape: [2, 4, 3], fill: ones}", "A @ B", "transpose the right side: .T"),
        ("A: [[1, 2, 3], [4, 5, 6]], b: [1, 2]", "A*b", "sizes must be equal, or one of them 1"),
        ("A: [[1, 2, 3]], b: [1, 2]", "A @ b", "the left side needs as many columns as the right side has rows"),
        ("a: [1, 2, 3], b: [1, 2]", "a @ b", "the left side needs as many columns"),
    ],
)  # fmt: skip
def test_the_hint_where_shapes_do_not_fit(inputs: str, formula: str, hint: str) -> None:
    if not hint:
        Board(graph_of(inputs, f"z: '{formula}'"), Settings())
        return
    with pytest.raises(StepperError) as caught:
        Board(graph_of(inputs, f"z: '{formula}'"), Settings())
    assert hint in (caught.value.problems[0].hint or "")


@pytest.mark.parametrize(
    ("inputs", "formula", "what"),
    [
        ("X: {shape: [1, 2, 3], fill: ones}, g: [1, 1, 1, 1, 1]", "batch_norm(X, g)", "up to 2 axes, but got 1×2×3"),
        ("X: {shape: [2, 3], fill: ones}, g: {shape: [1, 1, 3], fill: ones}", "batch_norm(X, g)",
            "up to 2 axes, but got 1×1×3"),
        ("X: {shape: [2, 3], fill: ones}, g: [[1, 1, 1]]", "batch_norm(X, g)", ""),
    ],
)  # fmt: skip
def test_a_function_of_matrices_takes_no_more_axes(inputs: str, formula: str, what: str) -> None:
    if not what:
        assert Board(graph_of(inputs, f"z: '{formula}'"), Settings()).shapes["z"] == (2, 3)
        return
    with pytest.raises(StepperError) as caught:
        Board(graph_of(inputs, f"z: '{formula}'"), Settings())
    assert what in caught.value.problems[0].what
    assert "mean and variance over the batch" in (caught.value.problems[0].hint or "")
