"""What is said beside layers that do not fit: claims, views that make the batch grow; outputs that nothing reads."""

from __future__ import annotations

from typing import Any

import pytest

from stepper import shapes
from stepper.errors import StepperError


def told(listing: str, shape: str, **asked: Any) -> tuple[str, Any]:
    """What is wrong, and the solution up to there."""
    with pytest.raises(StepperError) as caught:
        shapes(listing, input=shape, **asked)
    return str(caught.value), caught.value.partial


def test_a_claim_is_judged_beside_what_does_not_fit() -> None:
    """What a layer holds is as it is written; its shape is not known."""
    wrong, partial = told("Linear(324,2)", "4x9x9", check=["params(1) = 650", "weights(1) = 600", "shape(1) = 2"])
    assert "it expects 324, but gets 9" in wrong
    assert "put one before it" in wrong
    assert [check.ok for check in partial.checks] == [True, False, None]
    assert "the sizes do not fit up to it" in " ".join(str(partial).split())


def test_without_a_claim_nothing_is_shown_where_nothing_fits() -> None:
    assert told("Linear(324,2)", "4x9x9")[1] is None


@pytest.mark.parametrize(
    ("view", "said", "hint"),
    [
        ("view(-1, 36)", "each sample becomes 4 rows, so that the batch grows fourfold", "view(-1, 144)"),
        ("x.view(-1, 72)", "each sample becomes 2 rows, so that the batch grows twofold", "Flatten()"),
        ("reshape(-1, 3, 4)", "each sample becomes 12 rows, so that the batch grows 12 times", "view(-1, 144)"),
        ("view(-1, 35)", "the numbers of elements differ", ""), ("view(8, 36)", "the numbers of elements differ", ""),
        ("Reshape([36])", "the numbers of elements differ", ""),
    ],
)  # fmt: skip
def test_a_view_may_make_the_batch_grow(view: str, said: str, hint: str) -> None:
    wrong, _ = told(f"{view} -> Linear(36, 2)", "4x6x6")
    assert said in wrong
    assert hint in wrong


@pytest.mark.parametrize(
    ("view", "shape"),
    [
        ("view(-1, 144)", (144,)), ("view(x.size(0), -1)", (144,)), ("view(-1, 4, 36)", (4, 36)),
        ("view(-1, 4*36)", (144,)), ("Reshape([4, 36])", (4, 36)), ("Reshape((4, -1))", (4, 36)),
    ],
)  # fmt: skip
def test_a_view_of_each_sample_fits(view: str, shape: tuple[int, ...]) -> None:
    answers: Any = shapes(view, input="4x6x6").answers
    assert answers["1"]["shape"] == shape


def test_a_layer_that_nothing_reads_is_an_output_too() -> None:
    apart = "a = Conv2d(3,4,3)\nb = Conv2d(3,5,3,from=input)"
    assert "a is an output too: no layer reads it" in str(shapes(apart, input="3x9x9"))
    assert "is an output too" not in str(shapes("a = Conv2d(3,4,3)\nb = Conv2d(4,5,3)", input="3x9x9"))
    answers: Any = shapes(apart, input="3x9x9").answers
    assert answers["total"]["parameters"] == 112 + 140
