"""Names without a number of axes: the shape that comes in tells the layer; stacks of layers by their sizes."""

from __future__ import annotations

from typing import Any

import pytest

from stepper import forward, shapes
from stepper.errors import StepperError
from stepper.tables.any_axes import ANY_AXES
from stepper.tables.layers import LAYER_ROWS


def rows(listing: str, shape: str) -> list[tuple[str, tuple[int, ...], int]]:
    """Each layer's kind, shape and parameters."""
    answers: Any = shapes(listing, input=shape).answers
    return [(row["layer"], row["shape"], row["parameters"]) for name, row in answers.items() if name != "total"]


@pytest.mark.parametrize(
    ("listing", "shape", "expected"),
    [
        ("Conv(3, 8, 3)", "3x32", [("Conv1d", (8, 30), 80)]),
        ("Conv(3, 8, 3)", "3x32x32", [("Conv2d", (8, 30, 30), 224)]),
        ("Conv(3, 8, 3)", "3x9x9x9", [("Conv3d", (8, 7, 7, 7), 656)]),
        # two numbers are filters and kernel, in either order where the kernel is written 3x3
        ("Conv(8, 3)", "3x9x9", [("Conv2d", (8, 7, 7), 224)]), ("Conv(3x3, 8)", "3x9x9", [("Conv2d", (8, 7, 7), 224)]),
        ("Conv(8, (3, 5), padding=1)", "3x9x9", [("Conv2d", (8, 9, 7), 368)]),
        ("Conv(out_channels=8, kernel_size=3)", "3x9x9", [("Conv2d", (8, 7, 7), 224)]),
        ("MaxPool(2) -> AvgPool(2)", "4x8x8", [("MaxPool2d", (4, 4, 4), 0), ("AvgPool2d", (4, 2, 2), 0)]),
        ("Pool(2)", "4x8", [("MaxPool1d", (4, 4), 0)]), ("BatchNorm() -> BN", "4x8x8",
            [("BatchNorm2d", (4, 8, 8), 8)] * 2), ("BatchNorm()", "7", [("BatchNorm1d", (7,), 14)]),
        ("Deconv(4, 2, stride=2)", "3x4x4", [("ConvTranspose2d", (4, 8, 8), 52)]),
        ("ZeroPad(2)", "3x4", [("ZeroPad1d", (3, 8), 0)]),
        ("AdaptiveAvgPool(1)", "3x4x4", [("AdaptiveAvgPool2d", (3, 1, 1), 0)]),
        # Keras' padding: a number, one for each axis, or both sides of each
        ("ZeroPadding2D()", "3x4x5", [("ZeroPadding2D", (3, 6, 7), 0)]),
        ("ZeroPadding2D((1, 2))", "3x4x5", [("ZeroPadding2D", (3, 6, 9), 0)]),
        ("ZeroPadding2D(((1, 2), (3, 4)))", "3x4x5", [("ZeroPadding2D", (3, 7, 12), 0)]),
        ("SimpleRNN(16)", "10x8", [("SimpleRNN", (16,), 400)]), ("Dropout(0.5)", "10x8", [("Dropout", (10, 8), 0)]),
        # 784*256 + 256 + 256*10 + 10 = 203530
        ("MLP(784, 256, 10)", "784", [("Linear", (256,), 200_960), ("ReLU", (256,), 0), ("Linear", (10,), 2570)]),
        ("MLP([4, 3])", "4", [("Linear", (3,), 15)]), ("MLP(4-3)", "4", [("Linear", (3,), 15)]),
    ],
)  # fmt: skip
def test_the_shape_tells_the_layer(listing: str, shape: str, expected: list[tuple[str, tuple[int, ...], int]]) -> None:
    assert rows(listing, shape) == expected


def test_what_was_meant_is_said() -> None:
    written = " ".join(str(shapes("Conv(8, 3) -> MaxPool(2)", input="3x9x9")).split())
    assert "Conv is Conv2d here: beside the channels 2 axes come in" in written
    assert "Conv(n, k): n filters of size k" in written
    assert "a ReLU between them" in str(shapes("MLP(4, 3, 2)", input="4"))


@pytest.mark.parametrize("name", ANY_AXES)
def test_each_name_stands_for_a_layer_of_two_axes(name: str) -> None:
    assert ANY_AXES[name].row.format(n=2) in LAYER_ROWS


@pytest.mark.parametrize(
    ("listing", "shape", "said"),
    [
        ("Conv(8, 3)", "8", "it gets 8, an input of 1 axis"), ("MLP(4)", "4", "MLP takes at least two sizes"),
        ("MaxPool(2)", "1x2x3x4x5", "it gets 1x2x3x4x5, an input of 5 axes"),
        ("MaxPool(2)", "1x2x3x4x5", "it expects channels, and up to three axes more"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said(listing: str, shape: str, said: str) -> None:
    with pytest.raises(StepperError) as caught:
        shapes(listing, input=shape)
    assert said in str(caught.value)


# ---- the input, and a batch in numbers


@pytest.mark.parametrize(
    ("listing", "shape", "said", "first"),
    [
        ("Conv2d(3, 8, 3)", "8x3x24x24", "the first axis of the input, 8, is the batch", (8, 22, 22)),
        ("Conv2D(8, 3)", "5x24x24x3", "the first axis of the input, 5, is the batch", (8, 22, 22)),
        ("ReLU -> Conv1d(3, 8, 3)", "5x3x9", "the first axis of the input, 5, is the batch", (3, 9)),
        ("LSTM(24, 8)", "7x3x24", "the second axis of the input, 3, is the batch (without batch_first)", (7, 8)),
        ("LSTM(24, 8, batch_first=True)", "7x3x24", "the first axis of the input, 7, is the batch", (3, 8)),
        ("Linear(24, 8)", "5x3x24", None, (5, 3, 8)), ("Conv3d(3, 8, 3)", "3x9x9x9", None, (8, 7, 7, 7)),
        ("Input(3, 24, 20) -> Conv2d(3, 8, 3)", None, None, (8, 22, 18)),
        ("Input(24, 20, 3)\nConv2d(3, 8, 3)", None, None, (8, 22, 18)),
        ("Input(784)\nLinear(784, 10)", None, None, (10,)),
    ],
)  # fmt: skip
def test_a_batch_may_stand_before_the_input(
    listing: str, shape: str | None, said: str | None, first: tuple[int, ...]
) -> None:
    solution = shapes(listing, input=shape)
    answers: Any = solution.answers
    assert answers["1"]["shape"] == first
    assert ("is the batch" in str(solution)) is (said is not None)
    assert said is None or said in " ".join(str(solution).split())


def test_a_graph_of_layers_has_the_batch() -> None:
    found = forward("input: 2x1x3x3\nConv2d(1, 1, 2)", weights="ones", values={"x": "ones"})
    assert "2×1×2×2" in str(found)
    named = forward("MLP(2, 3, 1)", weights="ones", values={"x": [1, 2]})  # 3 times 1 + 2 + 1, and 1
    assert "= [13]" in str(named)


# ---- the two sides of padding='same'


@pytest.mark.parametrize(
    ("listing", "shape", "line", "said"),
    [
        # TensorFlow pads 0 and 1 where PyTorch's padding=1 pads 1 and 1
        ("Conv2D(8, 3, strides=2, padding='same')", "3x224x224", "padding = max((112 - 1)·2 + 3 - 224, 0) = 1",
            "padding='same': 0 before, 1 after (height and width)"),
        ("Conv2D(8, 3, strides=2, padding='same')", "3x223x224", "padding_height = max((112 - 1)·2 + 3 - 223, 0) = 2",
            "padding='same': 1 before, 1 after (height)"),
        ("Conv2d(3, 8, 4, padding='same')", "3x9x9", "padding = max((9 - 1)·1 + 4 - 9, 0) = 3",
            "padding='same': 1 before, 2 after (height and width)"),
        ("MaxPooling1D(3, padding='same')", "3x10", "padding = max((4 - 1)·3 + 3 - 10, 0) = 2",
            "padding='same': 1 before, 1 after (length)"),
        ("Conv1d(3, 8, 4, padding='same')", "3xn", "padding = max((n - 1)·1 + 4 - n, 0) = 3",
            "padding='same': 1 before, 2 after (length)"),
    ],
)  # fmt: skip
def test_same_may_pad_one_side_more(listing: str, shape: str, line: str, said: str) -> None:
    written = " ".join(str(shapes(listing, input=shape)).split())
    assert line in written
    assert said in written
