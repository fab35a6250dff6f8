"""Laws of arrays: windows against loops over all entries, what goes back as the adjoint of what went forwards,
matrices.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction
from itertools import product as every
from typing import Any, cast

import numpy as np
import pytest

from stepper.core.parser import parse
from stepper.engine.tensor import convolution, kernels, matrices, moves, pools, windows
from stepper.engine.tensor.entries import Entries
from stepper.engine.tensor.evaluate import Worker
from stepper.engine.tensor.fitting import matrix_shape, repeated
from stepper.engine.tensor.sizes import Sizes
from stepper.engine.values.vocabulary import Vocabulary
from stepper.errors import StepperError

LARGEST: Any = max


def entries(*shape: int, seed: int = 0) -> Entries:
    """Whole numbers of both signs, no two alike, as exact entries."""
    count = int(np.prod(shape, dtype=int))
    found = np.empty(count, dtype=object)
    found[:] = [
        Fraction(number)
        for number in random.Random(f"{shape}{seed}").sample(range(-3 * count - 2, 3 * count + 3), count)
    ]
    return cast(Entries, found.reshape(shape))


def inner(one: Any, other: Any) -> Any:
    assert one.shape == other.shape
    return (one * other).sum()


def raised(*shape: int) -> list[tuple[int, ...]]:
    return list(every(*map(range, shape)))


# ---- windows

CONVOLUTIONS = [
    # input, kernel, stride, padding, dilation, groups
    ((6,), (3,), 1, 0, 1, 1), ((7,), (3,), 2, 1, 1, 1), ((9,), (2,), 3, 2, 2, 1), ((4, 5), (2, 3), 1, 0, 1, 1),
    ((5, 4), (2, 2), 2, 1, 1, 1),
    ((6, 6), (2, 2), 1, 0, 3, 1), ((2, 4, 5), (3, 2, 2, 2), 1, 1, 1, 1), ((2, 2, 4, 4), (2, 2, 3, 3), 2, 1, 1, 1),
    ((4, 4, 3), (4, 2, 2, 2), 1, 0, 1, 2),
    ((2, 4, 5, 5), (6, 2, 2, 2), 2, 1, 2, 2), ((3, 4, 4), (3, 1, 2, 2), 1, 0, 1, 3), ((2, 5), (3, 2, 3), 1, 1, 1, 1),
    ((2, 4, 6), (2, 2, 3), 2, 0, 1, 2),
    ((1, 3, 3, 3), (2, 1, 2, 2, 2), 1, 0, 1, 1), ((2, 3, 4, 3), (1, 2, 2, 2, 2), 2, 1, 1, 1),
]  # fmt: skip


def convolved(array: Any, kernel: Any, stride: int, padding: int, dilation: int, groups: int) -> Any:
    """The definition: each entry of the output is a sum over channels and offsets; what lies outside is 0."""
    axes = kernel.ndim if kernel.ndim <= 2 else kernel.ndim - 2
    plain = kernel.ndim == axes
    weights = kernel.reshape((1, 1, *kernel.shape)) if plain else kernel
    images = array.reshape((1,) * (axes + 2 - array.ndim) + array.shape)
    space = images.shape[2:]
    sizes = [
        (size + 2 * padding - dilation * (reach - 1) - 1) // stride + 1
        for size, reach in zip(space, weights.shape[2:], strict=True)
    ]
    found = np.full((images.shape[0], weights.shape[0], *sizes), Fraction(0), dtype=object)
    each, inputs = weights.shape[0] // groups, weights.shape[1]
    for image, output, *at in raised(*found.shape):
        for channel, *offset in raised(*weights.shape[1:]):
            where = [stride * first + dilation * step - padding for first, step in zip(at, offset, strict=True)]
            if all(0 <= place < size for place, size in zip(where, space, strict=True)):
                part = images[(image, output // each * inputs + channel, *where)] * weights[(output, channel, *offset)]
                found[(image, output, *at)] += part
    shape = found.shape[2:] if plain and array.ndim == axes else found.shape[axes + 2 - array.ndim :]
    return found.reshape(shape)


@pytest.mark.parametrize("case", CONVOLUTIONS, ids=str)
def test_a_convolution_is_its_definition_and_goes_back_as_its_adjoint(case: tuple[Any, ...]) -> None:
    """<G, conv(X, K)> = <conv_back(G, K), X> = <conv_kernel(G, X), K>, for all of X, K and G; in exact numbers and in
    floats.
    """
    shape, reach, *settings = case
    array, kernel = entries(*shape), entries(*reach, seed=1)
    found = convolution.conv(array, kernel, *settings)
    assert found.shape == convolved(array, kernel, *settings).shape
    assert (found == convolved(array, kernel, *settings)).all()
    gradient = entries(*found.shape, seed=2)
    back = convolution.conv_back(gradient, kernel, array, *settings)
    by_kernel = convolution.conv_kernel(gradient, array, kernel, *settings)
    assert inner(gradient, found) == inner(back, array) == inner(by_kernel, kernel)
    plain = convolution.conv(cast(Entries, array.astype(float)), cast(Entries, kernel.astype(float)), *settings)
    assert plain.astype(float).tolist() == found.astype(float).tolist()


@pytest.mark.parametrize("case", [case for case in CONVOLUTIONS if case[4:] == (1, 1)], ids=str)
def test_a_transposed_convolution_is_the_adjoint_of_a_convolution(case: tuple[Any, ...]) -> None:
    shape, reach, stride, padding, *_ = case
    image, kernel = entries(*shape), entries(*reach, seed=1)
    forwards = convolution.conv(image, kernel, stride, padding, 1, 1)
    small = entries(*forwards.shape, seed=3)
    larger = convolution.conv_transpose(small, kernel, stride, padding)
    axes = len(reach) if len(reach) <= 2 else len(reach) - 2
    sizes = [
        (size - 1) * stride + width - 2 * padding
        for size, width in zip(small.shape[-axes:], reach[-axes:], strict=True)
    ]
    assert list(larger.shape[-axes:]) == sizes
    if list(shape[-axes:]) == sizes:
        assert inner(larger, image) == inner(small, forwards)


@pytest.mark.parametrize(
    ("length", "size", "stride", "padding"),
    [(5, 2, 1, 0), (6, 3, 1, 1), (7, 3, 2, 0), (7, 2, 3, 1), (8, 4, 2, 2), (3, 5, 1, 1), (4, 4, 1, 0)],
)
def test_a_convolution_as_a_matrix(length: int, size: int, stride: int, padding: int) -> None:
    """toeplitz(k, x) @ x = conv(x, k)."""
    kernel, array = entries(size, seed=1), entries(length)
    matrix = windows.toeplitz(kernel, array, stride, padding)
    assert (matrix @ array == convolution.conv(array, kernel, stride, padding, 1, 1)).all()
    assert matrix.shape == ((length + 2 * padding - size) // stride + 1, length)


POOLS = [
    ((6,), 2, 0, 0),
    ((7,), 3, 2, 1),
    ((4, 5), 2, 0, 0),
    ((5, 5), 3, 2, 1),
    ((2, 4, 4), 2, 1, 0),
    ((2, 2, 5, 4), 2, 2, 1),
    ((6, 6), 3, 1, 1),
]


@pytest.mark.parametrize("case", POOLS, ids=str)
def test_pools_are_their_definitions_and_go_back_as_their_adjoints(case: tuple[tuple[int, ...], int, int, int]) -> None:
    """The mean counts zeros of the padding, the maximum does not; each entry that arrives goes to its window once."""
    shape, kernel, stride, padding = case
    array, axes, step = entries(*shape), min(len(shape), 2), stride or kernel
    space = shape[-axes:]
    sizes = [(size + 2 * padding - kernel) // step + 1 for size in space]
    largest = pools.pool(LARGEST, array, kernel, stride, padding)
    average = pools.avg_pool(array, kernel, stride, padding)
    assert largest.shape == average.shape == (*shape[: len(shape) - axes], *sizes)
    gradient = entries(*average.shape, seed=4)
    to_largest = np.full(shape, Fraction(0), dtype=object)
    for (*lead,) in raised(*average.shape):
        channel, at = tuple(lead[: len(lead) - axes]), lead[len(lead) - axes :]
        inside = {}
        for offset in every(range(kernel), repeat=axes):
            where = tuple(step * first + by - padding for first, by in zip(at, offset, strict=True))
            if all(0 <= place < size for place, size in zip(where, space, strict=True)):
                inside[channel + where] = array[channel + where]
        assert largest[tuple(lead)] == max(inside.values())
        assert average[tuple(lead)] == sum(inside.values()) / kernel**axes
        to_largest[max(inside, key=lambda place: inside[place])] += gradient[tuple(lead)]
    assert (pools.max_pool_back(gradient, array, kernel, stride, padding) == to_largest).all()
    assert inner(pools.avg_pool_back(gradient, array, kernel, stride, padding), array) == inner(gradient, average)


@pytest.mark.parametrize(
    ("shape", "kernel", "stride", "padding"),
    [((4, 4), 2, 1, 0), ((5, 4), 2, 2, 1), ((2, 4, 5), 3, 1, 1), ((3, 5, 5), 2, 3, 0)],
)
def test_windows_as_rows(shape: tuple[int, ...], kernel: int, stride: int, padding: int) -> None:
    """unfold(X) @ k = conv(X, K), row by row of windows; and back its adjoint."""
    array = entries(*shape)
    rows = windows.unfold(array, kernel, stride, padding)
    channels = shape[0] if len(shape) > 2 else 1
    weights = entries(2, channels, kernel, kernel, seed=5)
    image = array if len(shape) > 2 else cast(Entries, array.reshape((1, *shape)))
    assert (
        rows @ weights.reshape((2, -1)).T == convolution.conv(image, weights, stride, padding, 1, 1).reshape((2, -1)).T
    ).all()
    gradient = entries(*rows.shape, seed=6)
    assert inner(windows.unfold_back(gradient, array, kernel, stride, padding), array) == inner(gradient, rows)


@pytest.mark.parametrize(
    "call",
    [
        lambda: convolution.conv(entries(2, 4, 4), entries(3, 3, 2, 2), 1, 0, 1, 1),
        lambda: convolution.conv(entries(4, 4), entries(5, 2), 1, 0, 1, 1),
        lambda: convolution.conv(entries(4, 4), entries(2, 2), 0, 0, 1, 1),
        lambda: convolution.conv(entries(4, 4), entries(2, 2), 1, -1, 1, 1),
        lambda: convolution.conv(entries(4, 4, 4), entries(4, 2, 2, 2), 1, 0, 1, 3),
        lambda: convolution.conv(entries(4), entries(2, 2), 1, 0, 1, 1),
        lambda: convolution.conv(entries(4, 4), entries(2, 2), 1, 0, 4, 1),
        lambda: windows.toeplitz(entries(5), entries(2), 1, 1),
        lambda: windows.toeplitz(entries(1, 2), entries(5), 1, 0),
        lambda: windows.toeplitz(entries(2), entries(3), 0, 0),
        lambda: windows.toeplitz(entries(2), entries(1, 5), 1, 0),
        lambda: convolution.conv_transpose(entries(2, 2), entries(2, 2), 1, 2),
        lambda: convolution.conv_transpose(entries(3, 2, 2), entries(2, 1, 2, 2), 1, 0),
        lambda: windows.unfold(entries(2, 1, 3, 3), 2, 1, 0), lambda: pools.pool(LARGEST, entries(3, 3), 4, 1, 0),
        lambda: kernels.place(0, entries(2)),
        lambda: kernels.place(3, entries(2, 2)), lambda: kernels.place(-3, entries(2, 2)),
        lambda: kernels.concat(entries(2), entries(2, 1), 1),
        lambda: kernels.concat(entries(2, 3), entries(2, 2), 1), lambda: kernels.averaging(entries(3), 4, 1),
        lambda: kernels.averaging(entries(3), 0, 1),
        lambda: kernels.grouped(entries(3, 2, 2), 2), lambda: kernels.grouped(entries(2, 2), 2),
        lambda: kernels.by_channel(entries(2, 2)),
        lambda: kernels.placed(entries(1).reshape(()), entries(2, 2), 3),
        lambda: kernels.placed(entries(1).reshape(()), entries(2), 1, 1),
        lambda: kernels.masks(entries(13)), lambda: kernels.masks(entries(2, 2)),
        lambda: matrices.det(entries(2, 3)), lambda: matrices.inv(entries(2)),
        lambda: matrices.eigvals(entries(2, 3)),
        lambda: kernels.one_hot(kernels.sizes(entries(3)), entries(2)),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(call: Any) -> None:
    with pytest.raises(StepperError):
        call()


# ---- arrangements


@pytest.mark.parametrize("axis", [1, 2, 3, -1, -2, -3])
def test_sums_means_and_variances_along_an_axis(axis: int) -> None:
    """As NumPy has them; an axis counts from 1, or from the last."""
    array = entries(2, 3, 4)
    own = axis - 1 if axis > 0 else axis
    count = array.shape[own]
    mean = array.sum(axis=own) / count
    assert (kernels.total(array, axis) == array.sum(axis=own)).all()
    assert (kernels.mean(array, axis) == mean).all()
    assert (kernels.var(array, axis) == ((array - np.expand_dims(mean, own)) ** 2).sum(axis=own) / count).all()
    assert kernels.along(array, axis).item() == count
    assert (kernels.lines(LARGEST, array, axis) == array.max(axis=own)).all()
    mask = kernels.largest_mask(array, axis)
    assert ((mask * array).sum(axis=own) == array.max(axis=own)).all()
    assert (mask.sum(axis=own) == 1).all()
    assert (kernels.each_line(lambda line: list(reversed(line)), array, axis) == np.flip(array, axis=own)).all()
    repeated_along = kernels.spread(mean, array, axis)
    assert repeated_along.shape == array.shape
    assert (kernels.gathered(repeated_along, mean, axis) == mean * count).all()


def test_over_all_entries() -> None:
    array = entries(2, 3)
    mean = array.sum() / 6
    assert kernels.total(array, 0).item() == array.sum()
    assert kernels.mean(array, 0).item() == mean
    assert kernels.var(array, 0).item() == ((array - mean) ** 2).sum() / 6
    assert kernels.along(array, 0).item() == 6
    assert kernels.rows(entries(2, 3, 4)).item() == 6
    assert kernels.lines(LARGEST, array, 0).item() == array.max()
    assert (kernels.largest_mask(array, 0) * array).sum() == array.max()
    assert kernels.sizes(entries(2, 3, 4)).tolist() == [2, 3, 4]


@pytest.mark.parametrize(
    ("shape", "like"),
    [((2, 3), (3,)), ((2, 3), (1, 3)), ((2, 3), (2, 1)), ((4, 2, 3), (2, 1)), ((2, 3), (1, 1)), ((2, 3), (2, 3))],
)
def test_what_was_repeated_is_gathered(shape: tuple[int, ...], like: tuple[int, ...]) -> None:
    """<spread(a), G> = <a, gathered(G)>."""
    small, gradient = entries(*like), entries(*shape, seed=1)
    assert inner(kernels.spread(small, gradient, 0), gradient) == inner(small, kernels.gathered(gradient, small, 0))


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
def test_what_has_as_many_axes_is_repeated_along_those_of_size_1(axis: int) -> None:
    """Whichever axis is named: it says where one that is missing stood."""
    gradient = entries(2, 3)
    for like in ((2, 3), (1, 3), (2, 1), (1, 1)):
        small = entries(*like, seed=1)
        assert kernels.gathered(gradient, small, axis).shape == like
        assert inner(kernels.spread(small, gradient, axis), gradient) == inner(
            small, kernels.gathered(gradient, small, axis)
        )


@pytest.mark.parametrize("axis", [1, 2, -1, -2])
def test_parts_joined_come_apart_again(axis: int) -> None:
    own = axis - 1 if axis > 0 else axis
    shape = [2, 3]
    shape[own] += 2
    one, other = entries(2, 3), entries(*shape, seed=1)
    joined = kernels.concat(one, other, axis)
    assert (joined == np.concatenate([one, other], axis=own)).all()
    assert (kernels.first_part(joined, one, axis) == one).all()
    assert (kernels.last_part(joined, other, axis) == other).all()


def test_arrangements() -> None:
    batch = entries(2, 3, 2, 2)
    assert (kernels.from_channels(kernels.by_channel(batch), batch) == batch).all()
    assert kernels.by_channel(batch)[1].tolist() == batch[:, 1].reshape(-1).tolist()
    assert kernels.grouped(entries(4, 2, 2), 2).shape == (2, 8)
    assert kernels.grouped(entries(3, 4, 2, 2), 2).shape == (3, 2, 8)
    assert kernels.flatten(batch, 1).shape == (24,)
    assert kernels.flatten(batch, 2).shape == (2, 12)
    assert kernels.flatten(batch, -1).shape == (2, 3, 2, 2)
    assert kernels.column(entries(3)).shape == (3, 1)
    assert kernels.column(entries(2, 3)).shape == (2, 3)
    assert kernels.outer(entries(2), entries(3)).tolist() == [[a * b for b in entries(3)] for a in entries(2)]
    assert moves.upsample(entries(2, 2), 3).tolist() == np.kron(entries(2, 2), np.ones((3, 3), dtype=int)).tolist()
    assert moves.upsample(entries(2), 2).tolist() == entries(2).repeat(2).tolist()
    assert kernels.masks(entries(3)).tolist() == [[Fraction(bit) for bit in bits] for bits in every((0, 1), repeat=3)]


@pytest.mark.parametrize(("length", "size"), [(4, 2), (5, 2), (5, 3), (7, 3), (3, 3), (4, 1)])
def test_averages_of_equal_parts(length: int, size: int) -> None:
    """Each row is a mean, its window from floor(i n/size) to ceil((i + 1) n/size), and all entries are in some."""
    rows = kernels.averaging(entries(length), size, 1)
    for place, row in enumerate(rows):
        first, last = place * length // size, -(-(place + 1) * length // size)
        assert row.tolist() == [Fraction(1, last - first) if first <= at < last else 0 for at in range(length)]
    assert (rows.sum(axis=1) == 1).all()


@pytest.mark.parametrize("where", [(1,), (2,), (1, 3), (2, 2), (2, 3)])
def test_an_entry_at_its_place(where: tuple[int, ...]) -> None:
    like = entries(2, 3)
    at = tuple(number - 1 for number in where)
    entry = cast(Entries, np.array(like[at], dtype=object))
    found = kernels.placed(entry, like, *where, *(0,) * (2 - len(where)))
    assert (found[at] == like[at]).all() if entry.ndim else found[at] == like[at]
    assert np.count_nonzero(found) == np.count_nonzero(entry)


def test_rows_by_their_numbers() -> None:
    numbers = cast(Entries, np.array([Fraction(2), Fraction(3), Fraction(1), Fraction(2)], dtype=object))
    table = entries(3, 4)
    assert (kernels.one_hot(numbers, table) @ table == table[[1, 2, 0, 1]]).all()


# ---- matrices


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
def test_inverses_and_determinants(size: int) -> None:
    """A A⁻¹ = I; det(A B) = det(A) det(B); A adj(A) = det(A) I; exchanged rows turn the sign."""
    one, other = entries(size, size), entries(size, size, seed=1)
    unit = np.eye(size, dtype=int)
    assert (one @ matrices.inv(one) == unit).all()
    assert (matrices.inv(one) @ one == unit).all()
    below = matrices.det(one).item()
    assert matrices.det(one @ other).item() == below * matrices.det(other).item()
    assert (one @ matrices.adjugate(one) == unit * below).all()
    assert matrices.det(one * 2).item() == below * 2**size
    assert float(below) == pytest.approx(float(np.linalg.det(one.astype(float))), rel=1e-9)
    if size > 1:
        exchanged = one[[1, 0, *range(2, size)]]
        assert matrices.det(exchanged).item() == -below


@pytest.mark.parametrize("size", [2, 3, 4])
def test_a_singular_matrix_has_no_inverse(size: int) -> None:
    array = entries(size, size)
    array[-1] = array[0] * 2
    assert matrices.det(array).item() == 0
    with pytest.raises(StepperError, match="singular"):
        matrices.inv(array)


@pytest.mark.parametrize("size", [2, 3, 4])
def test_eigenvalues_add_up_to_the_trace(size: int) -> None:
    array = entries(size, size)
    symmetric = cast(Entries, array + array.T)
    found = [float(cast(Any, value).plain) for value in matrices.eigvals(symmetric)]
    assert found == sorted(found)
    assert sum(found) == pytest.approx(float(np.trace(symmetric)), rel=1e-9)
    assert float(np.prod(found)) == pytest.approx(float(matrices.det(symmetric).item()), rel=1e-9)


def test_turning_has_no_real_eigenvalues() -> None:
    with pytest.raises(StepperError, match="complex"):
        matrices.eigvals(
            cast(Entries, np.array([[Fraction(0), Fraction(-1)], [Fraction(1), Fraction(0)]], dtype=object))
        )


# ---- shapes

SIZES: Sequence[tuple[int, ...]] = [
    (),
    (1,),
    (2,),
    (3,),
    (1, 1),
    (1, 3),
    (2, 1),
    (2, 3),
    (3, 2),
    (2, 2, 3),
    (1, 3, 2),
    (2, 1, 1),
    (4, 2, 3),
    (3, 3),
]


@pytest.mark.parametrize("left", SIZES, ids=str)
def test_shapes_are_those_that_numpy_makes(left: tuple[int, ...]) -> None:
    """Of entries taken together and of products of matrices, for every pair; what NumPy refuses is refused."""
    expr = parse("a@b")
    for right in SIZES:
        for work, ours in ((np.add, repeated), (np.matmul, matrix_shape)):
            try:
                expected: tuple[int, ...] | None = work(np.zeros(left), np.zeros(right)).shape
            except ValueError:
                expected = None
            try:
                found: Sizes | None = ours(left, right, expr)
            except StepperError:
                found = None
            assert found == expected, (left, right, ours)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("A @ A", lambda a, x: a @ a), ("A @ x", lambda a, x: a @ x), ("x @ A", lambda a, x: x @ a),
        ("A.T", lambda a, x: a.T), ("x.T", lambda a, x: x),
        ("A - A.T/2 + 1", lambda a, x: a - a.T / 2 + 1), ("-A*x", lambda a, x: -a * x), ("A^2", lambda a, x: a**2),
        ("A/(x + 10)", lambda a, x: a / (x + 10)),
        ("A[2]", lambda a, x: a[1]), ("A[1, 3]", lambda a, x: a[0, 2]), ("x[3]*A[1]", lambda a, x: x[2] * a[0]),
        ("[x, 2*x]", lambda a, x: np.array([x, 2 * x])),
        ("where(A > x, A, -x)", lambda a, x: np.where(a > x, a, -x)), ("max([A, x])", np.maximum),
        ("A @ x @ A", lambda a, x: a @ x @ a),
        ("A/2/4*3", lambda a, x: a / 2 / 4 * 3), ("(A @ A).T - A", lambda a, x: (a @ a).T - a),
        ("relu(A)", lambda a, x: np.maximum(a, 0)),
    ],
)  # fmt: skip
def test_formulas_of_arrays_are_numpys(formula: str, expected: Any) -> None:
    matrix, vector = entries(3, 3), entries(3, seed=1)
    from stepper.engine.tensor.calls import definition

    known = {"A": matrix, "x": vector}
    found = Worker(Vocabulary({}, {}), known)(definition(formula))
    assert (np.array(found, dtype=object) == expected(matrix, vector)).all()
