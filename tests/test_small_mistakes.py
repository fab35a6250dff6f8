"""Slips that a page of its own would be too much for: each with the sentence that sets it right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import stepper as st

NET = "inputs: {{x: [1, 2], y: [1, 2]}}\nlayers:\n  - h = Linear(2, 2)\n  - {last}\n"


@pytest.mark.parametrize(
    ("call", "said", "hint"),
    [
        (lambda: st.backprop("y = W @ x", W=[[1, 2], [3, 4]], x=[1, 2], wrt="x", of="y[3]"), "y[3] does not exist",
         "y has the shape 2; entries count from 1"),
        (lambda: st.backprop("y = W @ x", W=[[1, 2], [3, 4]], x=[1, 2], wrt="x", of="y[0]"), "y[0] does not exist",
         "y has the shape 2; entries count from 1"),
        (lambda: st.forward(NET.format(last="L = MSELoss()")), "MSELoss takes a prediction and a target",
         "as 'L = MSELoss(yhat, y)', with y under 'inputs:'"),
        (lambda: st.forward(NET.format(last="nn.CrossEntropyLoss")), "CrossEntropyLoss takes a prediction and a target",
         "as 'L = CrossEntropyLoss(yhat, y)'"),
        (lambda: st.shapes("[Conv2d(3, 3, 3, padding=1, stride=999999999)]*1000", input="3x32x32"),
         "a size, or a receptive field, has more than 3,913 digits", "with smaller strides, or fewer layers"),
        (lambda: st.forward("inputs: {x: [1, 2]}\nlayers:\n  - h = Linear(2, 1) : W, b\n",
                            weights={"W": [[1, 2]], "bb": [1]}),
         "weights holds 'bb', which is not a name in this graph", "did you mean 'b'?"),
        (lambda: st.new("2-1", seed=3), "seed chooses among pleasant numbers", "with values"),
    ],
)  # fmt: skip
def test_what_is_said(call: Callable[[], Any], said: str, hint: str) -> None:
    with pytest.raises(st.StepperError) as caught:
        call()
    assert said in caught.value.problems[0].what
    assert hint in str(caught.value)


def test_a_layer_that_gives_its_last_step_alone_shows_no_line_without_a_name() -> None:
    written = str(st.shapes("model = Sequential()\nmodel.add(LSTM(4, input_shape=(5, 4)))\n"))
    assert "\n   1: LSTM(4)\n   parameters = 4·(4 + 4 + 1)·4 = 144\n" in written
