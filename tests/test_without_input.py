"""Networks whose input has no size: parameters and receptive fields all the same, sizes in letters."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import stepper
from stepper.core.expr import Expr, Num, Sym
from stepper.core.formula import text
from stepper.core.parser import parse
from stepper.core.traverse import substitute
from stepper.engine.layers.counting import totals_of
from stepper.engine.layers.fitting import shown_shape
from stepper.engine.layers.network import work
from stepper.engine.layers.sizes import settle
from stepper.errors import StepperError
from stepper.read.network import load_network

LENET = "Conv2d(1,6,5) -> ReLU -> MaxPool2d(2) -> Conv2d(6,16,5) -> MaxPool2d(2) -> Flatten -> Linear(400,120)"


@pytest.mark.parametrize(
    ("listing", "comes_in", "goes_out", "parameters"),
    [
        ("Conv2d(3, 8, 5)", "3xnxn", "8x(n - 4)x(n - 4)", "608"),
        ("Conv2d(3, 8, 3, padding=1) -> MaxPool2d(2) -> MaxPool2d(2)", "3xnxn", "8xfloor(n/4)xfloor(n/4)", "224"),
        ("ReLU -> Conv1d(2, 4, 3)", "2xn", "4x(n - 2)", "28"),
        ("CONV3-8 -> POOL2", "Cxnxn", "8xfloor(n/2)xfloor(n/2)", "72*C + 8"),
        ("Conv2d(n, 8, 1)", "nxmxm", "8xmxm", "8*n + 8"), ("Linear(10, 20) -> ReLU", "10", "20", "220"),
        ("LSTM(10, 20)", "Tx10", "Tx20", "2560"), ("Embedding(100, 8) -> LSTM(8, 3)", "T", "Tx3", "956"),
        ("MaxPool2d(3, stride=2)", "Cxnxn", "Cx(floor(n/2 + 1/2) - 1)x(floor(n/2 + 1/2) - 1)",
            "0"),
    ],
)  # fmt: skip
def test_letters_stand_for_a_size_that_is_not_given(
    listing: str, comes_in: str, goes_out: str, parameters: str
) -> None:
    worked = work(load_network(None, listing, None, None), {})
    assert not worked.problems
    assert shown_shape(worked.network.input or ()) == comes_in
    assert shown_shape(worked.layers[-1].output) == goes_out
    assert text(totals_of(worked)["parameters"]) == parameters


def test_a_flat_size_tells_the_input() -> None:
    written = str(stepper.shapes(LENET))
    assert "Solutions: 32, 33, 34, 35" in written
    assert "multiply-adds" not in written
    assert "n = 7" in str(stepper.shapes("Conv2d(1, 2, 3) -> Flatten -> Linear(50, 3)"))


KERNELS = st.sampled_from(["Conv2d(4, 4, {k}, stride={s}, padding={p})", "MaxPool2d({k}, stride={s})"])


@settings(deadline=None)
@given(st.lists(st.tuples(KERNELS, st.integers(1, 4), st.integers(1, 3), st.integers(0, 2)), max_size=5), st.data())
def test_what_is_told_without_a_size_is_so_with_each(
    layers: list[tuple[str, int, int, int]], data: st.DataObject
) -> None:
    """Parameters and receptive fields are those of any input, and sizes in letters come to those of its size."""
    listing = " -> ".join(["Conv2d(4, 4, 1)", *(form.format(k=k, s=s, p=p) for form, k, s, p in layers)])
    size = data.draw(st.integers(2_000, 2_400))
    lettered: Any = stepper.shapes(listing).answers
    sized: Any = stepper.shapes(listing, input=f"4x{size}x{size}").answers
    known: dict[Expr, Expr] = {Sym("n"): Num(str(size))}
    for name, row in sized.items():
        assert lettered[name]["parameters"] == row["parameters"]
        if name != "total":
            assert lettered[name]["receptive_field"] == row["receptive_field"]
            found = [settle(substitute(parse(str(entry)), known), {}) for entry in lettered[name]["shape"]]
            assert [text(entry) for entry in found] == [str(entry) for entry in row["shape"]]


@pytest.mark.parametrize("listing", ["ReLU()", "Flatten -> Linear(4, 2)", "Add(input, input)"])
def test_layers_of_any_shape_need_an_input(listing: str) -> None:
    with pytest.raises(StepperError, match="the input's shape is missing"):
        stepper.shapes(listing)
