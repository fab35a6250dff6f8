"""Receptive fields with letters in them, and blocks that stand as often as a letter says."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepper import shapes
from stepper.core.expr import Expr, Num, Sym
from stepper.core.formula import text
from stepper.core.parser import parse
from stepper.engine.layers.network import work
from stepper.engine.layers.reach import back, reaches
from stepper.engine.layers.receptive_field import fields
from stepper.engine.layers.result import Worked
from stepper.engine.layers.sizes import number, settle
from stepper.errors import StepperError
from stepper.read.network import load_network

FOUR = "[Conv2d(1,1,3,dilation=d)]*4"


def worked(listing: str, shape: str) -> Worked:
    return work(load_network(None, listing, shape, None), {})


@pytest.mark.parametrize(
    ("listing", "shape", "sizes", "jumps"),
    [
        (FOUR, "1xhxh", "2*d + 1, 4*d + 1, 6*d + 1, 8*d + 1", "1, 1, 1, 1"),
        ("Conv1d(1, 1, k)\nReLU\nConv1d(1, 1, k, stride=s)\nConv1d(1, 1, 3)", "1xn", "k, k, 2*k - 1, 2*k + 2*s - 1",
            "1, 1, s, s"),
        ("MaxPool1d(k)\nMaxPool1d(k)", "1xn", "k, k^2", "k, k^2"),
        ("Conv1d(1, 1, k)\nFlatten", "1xn", "k, all", "1, 1"),
        ("a = Conv1d(1, 1, k, padding=p)\nb = Conv1d(1, 1, k, padding=p, from=input)\nAdd(a, b)", "1xn", "k, k, k",
            "1, 1, 1"),
        ("a = Conv1d(1, 1, k)\nb = Conv1d(1, 1, 1, from=input)\nAdd(a, b)", "1xn", "k, 1, ?", "1, 1, ?"),
    ],
)  # fmt: skip
def test_a_receptive_field_may_hold_letters(listing: str, shape: str, sizes: str, jumps: str) -> None:
    layers = worked(listing, shape).layers
    found = [reaches(layers)[done.layer.name] for done in layers]
    shown = ["?" if reach is None else "all" if reach.whole else text(reach.size) for reach in found]
    assert ", ".join(shown) == sizes
    assert ", ".join("?" if reach is None else text(reach.jump) for reach in found) == jumps


def test_one_field_is_worked_forwards_and_backwards() -> None:
    written = str(shapes(FOUR, input="1xhxh", receptive_field="4"))
    for line in ("r₄      = 6·d + 1 + (2·d + 1 - 1)·1 = 8·d + 1", "n_input = (6·d + 1 - 1)·1 + (2·d + 1) = 8·d + 1"):
        assert line in written
    answers: Any = shapes(FOUR, input="1xhxh").answers
    assert [str(size) for size in answers["4"]["receptive_field"]] == ["8*d + 1"] * 2
    judged = shapes(FOUR, input="1xhxh", check=["rf(4) = 8*d + 1", "rf(3) = 8*d", "jump(4) = 1"])
    assert [check.ok for check in judged.checks] == [True, False, True]


WINDOWS = st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(1, 3))


@settings(deadline=None)
@given(st.lists(WINDOWS, min_size=1, max_size=5), st.integers(1, 4), st.integers(1, 3))
def test_with_numbers_put_in_it_is_the_field(chain: list[tuple[int, int, int]], d: int, s: int) -> None:
    """The last layer's dilation and stride are letters; then the numbers that they stand for."""
    *others, (k, _, _) = [(k, s, d) for k, s, d in chain]
    parts = [f"Conv1d(1, 1, {k}, stride={s}, dilation={d})" for k, s, d in others]
    lettered = worked(" -> ".join([*parts, f"Conv1d(1, 1, {k}, stride=s, dilation=d)", "Conv1d(1, 1, 2)"]), "1x4000")
    sized = worked(" -> ".join([*parts, f"Conv1d(1, 1, {k}, stride={s}, dilation={d})", "Conv1d(1, 1, 2)"]), "1x4000")
    known: dict[Expr, Expr] = {Sym("d"): Num(str(d)), Sym("s"): Num(str(s))}
    last = sized.layers[-1].layer.name
    reach, field = reaches(lettered.layers)[last], fields(sized.layers)[last]
    assert reach is not None
    assert field is not None
    assert number(settle(reach.size, known)) == field.size
    assert number(settle(reach.jump, known)) == field.jump
    assert settle(back(lettered.layers, last)[-1].needed, known) == settle(reach.size, known)


@pytest.mark.parametrize(
    ("listing", "layers"),
    [("[Conv2d(1,1,3) -> ReLU]*n", 6), ("Conv2d(1,1,3)*n", 3), ("Conv2d(1,1,3) -> [ReLU]*n -> Flatten", 5)],
)
def test_a_letter_says_how_often_a_block_stands(listing: str, layers: int) -> None:
    answers: Any = shapes(listing, input="1x9x9", values={"n": 3}).answers
    assert len(answers) == layers + 1
    with pytest.raises(StepperError, match="how often this stands is the letter n, whose value is not given"):
        shapes(listing, input="1x9x9")


def test_settling_a_field_keeps_it_short() -> None:
    assert text(
        settle(parse("r + (K - 1)*j"), {Sym("r"): Num("3"), Sym("K"): parse("2*d + 1"), Sym("j"): Sym("s")})
    ) == ("2*d*s + 3")
