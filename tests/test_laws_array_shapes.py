"""Laws of shapes: what is taken together is broadcast as NumPy does, axes are counted, and products in functions of a
document.
"""

from __future__ import annotations

from itertools import product
from typing import Any, cast

import numpy as np
import pytest

from stepper.core.arrays import Shape
from stepper.core.expr import Expr
from stepper.core.graph import Function
from stepper.core.parser import parse
from stepper.engine.tensor import convolution, kernels
from stepper.engine.tensor.entries import Entries, shown
from stepper.engine.tensor.shapes import Shapes
from stepper.engine.tensor.sizes import size_of
from stepper.engine.values.vocabulary import Vocabulary
from stepper.errors import StepperError
from tests.test_laws_array_work import exact, plain

PLAIN = Vocabulary({}, {})
SHAPES: dict[str, Shape] = {"k": (), "x": (3,), "y": (1,), "A": (2, 3), "B": (2, 1), "C": (4, 1, 3), "z": (2,)}


@pytest.mark.parametrize(
    "written", ["{}", "-{}", "{} + {}", "{} - {} - {}", "{}^{}", "where({} > {}, {}, {})", "max([{}, {}])", "relu({})"]
)
def test_what_is_taken_together_has_the_shape_that_numpy_gives_it(written: str) -> None:
    """Or is refused as NumPy refuses it."""
    count = written.count("{}")
    for names in list(product(SHAPES, repeat=count))[:: 1 if count < 3 else 11]:
        shapes, formula = Shapes(PLAIN, SHAPES), parse(written.format(*names))
        try:
            expected = np.broadcast_shapes(*(SHAPES[name] for name in names))
        except ValueError:
            with pytest.raises(StepperError, match=r"do not fit: axis -[123] has the sizes [234] and [234]"):
                shapes(formula)
        else:
            assert shapes(formula) == expected
    assert Shapes(PLAIN, {}).together([], parse("k")) == ()


FUNCTIONS = {
    "f": Function("f", ("u", "v"), parse("u*v")),
    "g": Function("g", ("u",), parse("u + 1")),
    "h": Function("h", ("u", "v")),
}


@pytest.mark.parametrize(
    ("written", "by_hand"),
    [
        # a matrix times a vector, which may be meant as the product of the two, written by a person
        ("f(M, x)", None), ("2*f(M, x)", None), ("f(M, x) @ x", None), ("g(f(M, x))", None), ("M*x", None),
        # what has one reading: a number, matrices, a vector first, a function without a product or without a definition
        ("f(M, k)", (3, 3)), ("f(M, M)", (3, 3)), ("f(x, M)", (3, 3)), ("g(M)", (3, 3)), ("h(M, x)", (3, 3)),
        ("f(x, x)", (3,)), ("x*M", (3, 3)),
    ],
)  # fmt: skip
def test_a_product_that_can_be_read_in_two_ways_is_refused_where_a_person_wrote_it(
    written: str, by_hand: Shape | None
) -> None:
    """Formulas that are made, as of gradients, mean what they say: entry by entry."""
    known: dict[str, Shape] = {"M": (3, 3), "x": (3,), "k": ()}
    vocabulary = Vocabulary(FUNCTIONS, {})
    formula: Expr = parse(written)
    assert Shapes(vocabulary, known)(formula) == (by_hand or ((3,) if "@" in written else (3, 3)))
    if by_hand is not None:
        assert Shapes(vocabulary, known, by_hand=True)(formula) == by_hand
        return
    with pytest.raises(StepperError) as caught:
        Shapes(vocabulary, known, by_hand=True)(formula)
    (problem,) = caught.value.problems
    inside = "f(" in written
    assert problem.what.startswith("in f, ") is inside
    assert problem.hint.startswith("f works elementwise: write u*M or M ⊙ u in it") is inside


@pytest.mark.parametrize(
    ("shape", "axis", "place"),
    [
        ((5,), 1, 0), ((5,), -1, -1), ((5, 6), 1, 0), ((5, 6), 2, 1), ((5, 6), -1, -1), ((5, 6), -2, -2),
        ((5,), 2, "an array of shape 5 has no axis 2"), ((5,), -2, "an array of shape 5 has no axis -2"),
        ((5, 6), 3, "an array of shape 5×6 has no axis 3"), ((5, 6), -3, "an array of shape 5×6 has no axis -3"),
        ((5,), 0, "an array of shape 5 has no axis 0"), ((), 1, "a list is expected here, not a number"),
        ((), 0, "a list is expected here, not a number"),
    ],
)  # fmt: skip
def test_axes_count_from_one_or_from_the_last_below_zero(shape: Shape, axis: int, place: int | str) -> None:
    array = cast(Entries, np.ones(shape))
    if isinstance(place, int):
        assert kernels.place(axis, array) == place
        return
    with pytest.raises(StepperError) as caught:
        kernels.place(axis, array)
    assert caught.value.problems[0].what == place


@pytest.mark.parametrize(
    ("images", "weights", "groups", "what"),
    [
        # a batch of images by channels, rows and columns; outputs by channels, rows and columns
        ((1, 2, 5, 6), (4, 2, 3, 3), 1, ""), ((7, 4, 5, 6), (6, 2, 3, 3), 2, ""), ((1, 3, 5), (9, 1, 2), 3, ""),
        ((1, 2, 5, 6), (4, 3, 3, 3), 1, "the input has 2 channels, and the kernel takes 3"),
        ((3, 2, 5, 6), (4, 2, 3, 3), 2, "the input has 2 channels, and the kernel takes 4"),
        ((1, 4, 5, 6), (4, 1, 2, 3), 2, "the input has 4 channels, and the kernel takes 2"),
        ((1, 4, 5, 6), (5, 2, 3, 3), 2, "5 outputs do not make 2 groups"),
        ((1, 2, 5, 6), (4, 2, 3, 3), 0, "4 outputs do not make 0 groups"),
        ((1, 2, 5, 6), (4, 2, 3, 3), -1, "4 outputs do not make -1 groups"),
    ],
)  # fmt: skip
def test_the_channels_of_images_are_those_of_a_kernel_in_each_group(
    images: Shape, weights: Shape, groups: int, what: str
) -> None:
    if not what:
        convolution._channels_fit(images, weights, groups)
        return
    with pytest.raises(StepperError) as caught:
        convolution._channels_fit(images, weights, groups)
    assert caught.value.problems[0].what == what


@pytest.mark.parametrize(
    ("shape", "weights", "settings"),
    [((5, 4, 7, 6), (6, 2, 3, 2), (1, 1, 1, 2)), ((3, 2, 8, 9), (4, 2, 3, 3), (2, (1, 0), (1, 2), 1)),
     ((6, 2, 9), (2, 2, 4), (3, 2, 1, 1)), ((7, 6), (3, 2), (2, 1, 1, 1))],
)  # fmt: skip
def test_images_are_convolved_a_few_at_a_time(
    shape: Shape, weights: Shape, settings: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same as all at once, both ways, and in the shape that is told beforehand."""
    draw = np.random.default_rng(1)
    array, kernel = (cast(Entries, draw.standard_normal(sizes)) for sizes in (shape, weights))
    told = convolution.conv_shape(shape, weights, *settings)
    gradient = cast(Entries, draw.standard_normal(told))
    found = []
    for most in (2**18, 200, 1):
        monkeypatch.setattr(convolution, "AT_ONCE", most)
        found.append((
            convolution.conv(array, kernel, *settings), convolution.conv_back(gradient, kernel, array, *settings),
            convolution.conv_kernel(gradient, array, kernel, *settings),
        ))  # fmt: skip
    assert [part.shape for part in found[0]] == [told, shape, weights]
    for other in found[1:]:
        for one, part in zip(found[0], other, strict=True):
            np.testing.assert_allclose(part, one, rtol=1e-12, atol=1e-12)


def test_grouped_channels_are_convolved_by_themselves() -> None:
    """Each half of the outputs reads its half of the channels, and is the convolution of these alone."""
    image = exact(
        [[[row * 5 + column + 7 * channel for column in range(5)] for row in range(4)] for channel in range(4)]
    )
    kernel = exact(
        [[[[1 + place + 3 * one, 2], [0, -1 - two]] for two in range(2)] for place in range(3) for one in range(2)]
    )
    whole = plain(convolution.conv(image, kernel, 1, 0, 1, 2))
    halves = [
        plain(convolution.conv(image[2 * half : 2 * half + 2], kernel[3 * half : 3 * half + 3], 1, 0, 1, 1))
        for half in range(2)
    ]
    assert np.array_equal(whole, np.concatenate(halves))


@pytest.mark.parametrize(
    ("formula", "sizes", "shape"),
    [
        ("inv(A)", "n n", "n×n"), ("softmax(A)", "n m", "n×m"), ("A + inv(A)", "n n", "n×n"),
        ("inv(A)", "n m", "inv(A): a square matrix is expected, but got n×m"),
        ("inv(A)", "3 m", "inv(A): a square matrix is expected, but got 3×m"),
        ("2*inv(2*A)", "n+1 n", "inv(2*A): a square matrix is expected, but got (n + 1)×n"),
    ],
)  # fmt: skip
def test_an_inverse_is_of_a_square_matrix_in_letters_too(formula: str, sizes: str, shape: str) -> None:
    """Before any number is put in for them."""
    shapes = Shapes(PLAIN, {"A": tuple(size_of(parse(size)) for size in sizes.split())})
    if "expected" not in shape:
        assert shown(shapes(parse(formula))) == shape
    else:
        with pytest.raises(StepperError) as caught:
            shapes(parse(formula))
        assert caught.value.problems[0].what == shape
