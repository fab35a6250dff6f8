"""What is counted beside parameters in full detail: im2col, unshared weights, total stride, memory; bias vectors."""

from __future__ import annotations

from typing import Any

import pytest

from stepper import shapes
from stepper.errors import StepperError


def full(listing: str, shape: str) -> str:
    return " ".join(str(shapes(listing, input=shape, detail="full")).split())


@pytest.mark.parametrize(
    ("listing", "shape", "said"),
    [
        # 3*5*5 rows, 14*14 places
        ("Conv2d(3, 8, 5, stride=2)", "3x32x32", "(im2col): 8×75 times 75×196 gives 8×196"),
        ("Conv1d(4, 6, 3, groups=2)", "4x9", "(im2col): 3×6 times 6×7 gives 3×7 for each group"),
        ("Conv2D(8, 3)", "1x9x9", "(im2col): 8×9 times 9×49 gives 8×49"),
        # each of the 14*14*8 outputs has 5*5*3 weights and a bias
        ("Conv2d(3, 8, 5, stride=2)", "3x32x32", "unshared = 14·14·8·(5·5·3 + 1) = 119168"),
        ("Conv2d(3, 8, 5, stride=2, bias=False)", "3x32x32", "unshared = 14·14·8·5·5·3 = 117600"),
        ("Conv2d(1, 1, 3, stride=2) -> MaxPool2d(2) -> ReLU", "1x32x32", "total stride: 4, the product of the strides"),
        ("Conv1d(1, 1, 3, stride=2, padding=1) -> Conv1d(1, 1, 3, stride=3)", "1x32", "total stride: 6"),
        # 8*14*14 = 1568 numbers, 3*32*32 = 3072 more; 4 bytes each
        ("Conv2d(3, 8, 5, stride=2)", "3x32x32", "all outputs 1568 6272 6.125 0.005981"),
        ("Conv2d(3, 8, 5, stride=2)", "3x32x32", "with the input 4640 18 560 18.12 0.0177"),
    ],
)  # fmt: skip
def test_in_full_detail_more_is_counted(listing: str, shape: str, said: str) -> None:
    assert said in full(listing, shape).replace("\u202f", " ")
    assert said not in " ".join(str(shapes(listing, input=shape)).split()).replace("\u202f", " ")


def test_a_layer_without_shared_weights_holds_what_is_said() -> None:
    answers: Any = shapes("LocallyConnected2d(3, 8, 5, stride=2)", input="3x32x32").answers
    assert answers["1"]["parameters"] == 119_168


@pytest.mark.parametrize(
    ("listing", "one", "two"),
    [
        # 4*28*(210 + 28) weights and 4*28 biases: 26,768 in textbooks and Keras, 26,880 in PyTorch
        ("LSTM(210, 28)", 26_768, 26_880), ("GRU(210, 28)", 20_076, 20_160), ("RNN(210, 28)", 6_692, 6_720),
        ("LSTM(210, 28, num_layers=2, bidirectional=True)", 72_576, 73_024),
        ("LSTM(210, 28, bias=False)", 26_656, 26_656),
        ("Linear(210, 28)", 5_908, 5_908),
    ],
)  # fmt: skip
def test_a_gate_has_one_bias_vector_or_two(listing: str, one: int, two: int) -> None:
    for count, parameters in ((1, one), (2, two)):
        answers: Any = shapes(listing, input="7x210", rnn_biases=count).answers
        assert answers["total"]["parameters"] == parameters
    assert ("one bias vector for each gate" in str(shapes(listing, input="7x210", rnn_biases=1))) is (
        "Linear" not in listing
    )


def test_a_gate_has_no_other_number_of_bias_vectors() -> None:
    with pytest.raises(StepperError, match="a gate has one bias vector, or two"):
        shapes("LSTM(3, 4)", input="5x3", rnn_biases=3)
