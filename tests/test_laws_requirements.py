"""Laws of what a layer asks for: settings that can be, words that are known, inputs that fit, and what would mend
them.
"""

from __future__ import annotations

import pytest

from stepper.core.expr import Expr, Num, Sym
from stepper.core.formula import text
from stepper.core.network import Shape
from stepper.core.traverse import names
from stepper.engine.layers.cell import cell, chosen
from stepper.engine.layers.fitting import Mismatch, all_shapes, broadcast, edit, shown_shape
from stepper.engine.layers.requirements import condition_of
from stepper.engine.layers.settings import symbol_of
from stepper.engine.layers.sizes import formula
from stepper.tables.layers import LAYER_ROWS
from tests.test_laws_layers import outputs


def sizes(shape: str) -> Shape:
    return tuple(map(formula, shape.split("x")))


FROM_0, FROM_1 = "and must be an integer of at least 0", "and must be an integer of at least 1"
PADDED = "the padding must be smaller than the input"


@pytest.mark.parametrize(
    ("layer", "shape", "expected"),
    [
        # a setting that counts something begins at its least number
        ("Conv2d(1, 2, 1)", "1x9x9", "2x9x9"), ("Conv2d(1, 2, 0)", "1x9x9", f"kernel_size is 0, {FROM_1}"),
        ("Conv2d(1, 2, (3, 0))", "1x9x9", f"kernel_size is 0, {FROM_1}"),
        ("Conv2d(1, 2, 2.5)", "1x9x9", f"kernel_size is 2.5, {FROM_1}"),
        ("Conv2d(1, 2, 2.0)", "1x9x9", "2x8x8"), ("Conv2d(1, 2, 3, padding=0)", "1x9x9", "2x7x7"),
        ("Conv2d(1, 2, 3, padding=-1)", "1x9x9", f"padding is -1, {FROM_0}"),
        ("Conv2d(1, 2, 3, stride=n)", "1x3x3", "2x1x1"),
        ("Linear(4, 0)", "4", f"out_features is 0, {FROM_1}"), ("Linear(4, 1)", "4", "1"),
        # what is padded on each side may be taken off, too
        ("ZeroPad2d(-1)", "1x9x9", "1x7x7"), ("ZeroPad2d((-1, -2, 3, 4))", "1x9x9", "1x16x6"),
        ("ReflectionPad1d((-1, 0))", "1x9", "1x8"),
        # a setting that is a word is one of those that the layer knows, no other and no number
        ("Conv2d(1, 2, 3, padding_mode='reflect')", "1x9x9", "2x7x7"),
        ("Conv2d(1, 2, 3, padding_mode='mirror')", "1x9x9",
         "padding_mode is mirror, and must be one of zeros, replicate, reflect, circular"),
        ("Conv2d(1, 2, 3, padding_mode=5)", "1x9x9", "padding_mode is 5, and must be one of zeros, replicate, "
                                                     "reflect, circular"),
        ("ConvTranspose2d(1, 2, 3, padding_mode='reflect')", "1x9x9", "padding_mode is reflect, and must be one of "
                                                                      "zeros"),
        # and what a word asks for
        ("Conv2d(1, 2, 3, padding=1, padding_mode='reflect')", "1x2x2", "2x2x2"),
        ("Conv2d(1, 2, 3, padding=2, padding_mode='reflect')", "1x2x2", f"{PADDED}: p < n is 2 < 2"),
        ("Conv2d(1, 2, 3, padding=(1, 2), padding_mode='reflect')", "1x2x2", f"{PADDED}: p < n is 2 < 2"),
        ("Conv2d(1, 2, 3, padding=2, padding_mode='circular')", "1x2x2", "2x4x4"),
        ("Conv2d(1, 2, 3, padding=2, padding_mode='circular')", "1x1x1", f"{PADDED}: p <= n is 2 <= 1"),
        ("Conv2d(1, 2, 3, padding='same', padding_mode='reflect')", "1x2x2", "2x2x2"),
        ("Conv2d(1, 2, 3, padding='same', padding_mode='reflect')", "1x1x1", f"{PADDED}: p < n is 1 < 1"),
        ("Upsample(scale_factor=2, mode='linear')", "1x9", "1x18"),
        ("Upsample(scale_factor=2, mode='linear')", "1x9x9", "linear works on one axis beside the channels: axes == 2 "
                                                             "is 3 == 2"),
        # of a condition with two cases the one that holds is told
        ("PReLU()", "4x9", "4x9"), ("PReLU(1)", "4x9", "4x9"), ("PReLU(4)", "4x9", "4x9"), ("PReLU(n)", "4x9", "4x9"),
        ("PReLU(3)", "4x9", "there is one slope, or one for each channel: num_parameters == C is 3 == 4"),
        ("GroupNorm(2, 6, affine=False)", "4x9", "4x9"),
        ("GroupNorm(2, 6)", "4x9", "it expects 6, but gets 4: the input channels do not match; "
                                   "the input gives 4x9"),
        # the last axes are those that a setting names; a letter among them may be any
        ("LayerNorm((3, 4))", "2x3x4", "2x3x4"), ("LayerNorm(4)", "3x4", "3x4"),
        ("LayerNorm((n, 4))", "2x3x4", "2x3x4"),
        ("LayerNorm((3, 4))", "2x4x3", "normalized_shape is 3x4, and the last axes that come in are 4x3"),
        ("LayerNorm((3, 4))", "4", "normalized_shape is 3x4, and the last axes that come in are 4"),
        # padding that keeps the size is as large as that takes, so nothing else is asked of it
        ("Conv2d(1, 2, 3, padding='same')", "1x2x2", "2x2x2"), ("AdaptiveAvgPool2d((None, 5))", "1x9x10", "1x9x5"),
        # each axis is asked by itself
        ("Conv2d(1, 2, (3, 5))", "1x3x4", "the kernel is larger than the padded input: K <= n + 2*p is 5 <= 4"),
        ("MaxPool2d(4, padding=(2, 3))", "1x9x9", "the padding of a pool is at most half its kernel: 2*p <= k is 6 <= "
                                                  "4"),
        ("PixelUnshuffle(2)", "1x4x6", "4x2x3"),
        ("PixelUnshuffle(2)", "1x4x5", "the size is not a multiple of r: mod(n, r) == 0 is 1 == 0"),
        # what holds along no axis is told once
        ("Conv2d(1, 2, 3, padding='same')", "1x9x9", "2x9x9"),
        ("Conv2d(1, 2, 3, padding='same', stride=2)", "1x9x9",
         "padding='same' is not defined with a stride other than 1: s == 1 is 2 == 1"),
        ("Conv2d(1, 2, 3, padding='same', stride=(1, 2))", "1x9x9",
         "padding='same' is not defined with a stride other than 1: s == 1 is 2 == 1"),
    ],
)  # fmt: skip
def test_what_a_layer_asks_for(layer: str, shape: str, expected: str) -> None:
    assert outputs(layer, shape).removeprefix(f"1, {layer}: ") == expected


def test_what_the_input_tells_is_asked_to_be_equal_to_it() -> None:
    """So that a layer can be said to want the one and to get the other; no other condition is of such settings
    alone.
    """
    for row in LAYER_ROWS.values():
        told = {symbol_of(name) for name in row.given}
        for condition, _ in (*row.require, *row.same_require):
            test = condition_of(condition)
            assert names(test.left)
            assert test.operator == "==" or not set(names(test.left)) <= told


@pytest.mark.parametrize(("more", "cut"), [(0, False), (1, True), (9, True)])
def test_a_long_layer_is_cut_in_a_message(more: int, cut: bool) -> None:
    """To 60 signs."""
    layer = f"Conv2d(1, 2, 3, padding=-1, padding_mode='{'z' * (16 + more)}')"
    assert len(layer) == 60 + more
    shown = f"{layer[:59]}…" if cut else layer
    assert outputs(layer, "1x9x9").startswith(f"1, {shown}: padding_mode is z")


# ---- what would mend it

BEFORE = "and a Flatten() are missing before it"


@pytest.mark.parametrize(
    ("kind", "wanted", "shape", "hint"),
    [
        # all numbers that come in; then a pool by 2, 3 or 4 and all numbers; then all numbers written instead
        ("Linear", "120", "4x5x6", "4 * 5 * 6 = 120 after a Flatten(): put one before it"),
        ("Linear", "30", "5x6", "5 * 6 = 30 after a Flatten(): put one before it"),
        ("Linear", "24", "4x5x6", f"24 = 4 * 2 * 3: a MaxPool2d(2) {BEFORE}"),
        ("Linear", "8", "4x5x6", f"8 = 4 * 1 * 2: a MaxPool2d(3) {BEFORE}"),
        ("Linear", "4", "4x5x6", f"4 = 4 * 1 * 1: a MaxPool2d(4) {BEFORE}"),
        ("Linear", "7", "4x5x6", "after a Flatten() there are 4 * 5 * 6 = 120 features: write Linear(120, ...)"),
        # a layer that does not merge what comes in takes what there is
        ("Conv2d", "5", "4x5x6", "write 4 for 5"),
        ("Conv2d", "24", "4x5x6", f"24 = 4 * 2 * 3: a MaxPool2d(2) {BEFORE}"),
        ("Linear", "7", "4x5", "write 5 for 7"), ("Linear", "7", "5", "write 5 for 7"),
        ("Linear", "4", "2x2x2x2", "write 2 for 4"),
        # nothing is said where no number is wanted, or 0, nor is a pool looked for where letters come in
        ("Linear", "n", "4x5x6", ""), ("Linear", "0", "4x5x1", ""), ("Linear", "7", "4xhx6", "write 6 for 7"),
        ("Linear", "7", "4xh", "write h for 7"),
    ],
)  # fmt: skip
def test_the_smallest_edit_that_fits(kind: str, wanted: str, shape: str, hint: str) -> None:
    row, comes = LAYER_ROWS[kind], sizes(shape)
    assert (
        edit(row, Num(wanted) if wanted.isdecimal() else Sym(wanted), comes[-1] if row.last else comes[0], comes)
        == hint
    )


def test_a_mismatch_is_told_by_what_is_wrong() -> None:
    wrong = Mismatch("it does not fit", "write 3 for 4")
    assert (str(wrong), wrong.what, wrong.hint) == ("it does not fit", "it does not fit", "write 3 for 4")


@pytest.mark.parametrize(
    ("shapes", "sum_", "told"),
    [
        ("2x3 2x3", "2x3", "2x3"), ("2x3 1x3", "2x3", "2x3 and 1x3"), ("1x3 2x1", "2x3", "1x3 and 2x1"),
        ("1x1 1x1", "1x1", "1x1"), ("2x3 4x3", None, "2x3 and 4x3"), ("2x3 3x2 2x3", None, "2x3 and 3x2"),
        ("3 2x3", None, "3 and 2x3"), ("2x3 3", None, "2x3 and 3"), ("2x3 3 4x2x3", None, "2x3 and 3 and 4x2x3"),
        # a letter may be the number that stands beside it, and any letter the other
        ("nx3 2x3", "2x3", "nx3 and 2x3"), ("2x3 nx1", "2x3", "2x3 and nx1"), ("nx3 mx3", "nx3", "nx3 and mx3"),
        ("nx3 1x3", "nx3", "nx3 and 1x3"),
        ("nx3 2x3 4x3", None, "nx3 and 2x3 and 4x3"), ("(n+1)x3", "(n + 1)x3", "(n + 1)x3"),
        ("2*nx3", "2*nx3", "2*nx3"),
    ],
)  # fmt: skip
def test_shapes_that_are_added(shapes: str, sum_: str | None, told: str) -> None:
    """Sizes of 1 are repeated, and all else must be the same."""
    given = [sizes(shape) for shape in shapes.split()]
    found = broadcast(given)
    assert (None if found is None else shown_shape(found)) == sum_
    assert all_shapes(given) == told


# ---- a definition by cases


@pytest.mark.parametrize(
    ("written", "env", "case", "line", "value"),
    [
        ("where(g == 1, a*b, a*b/g)", "g=1 a=4 b=6", "a*b", "4*6", "24"),
        ("where(g == 1, a*b, a*b/g)", "g=2 a=4 b=6", "a*b/g", "4*6/2", "12"),
        ("where(p == r, n + 2*p, n + p + r)", "p=1 r=1", "n + 2*p", "n + 2*1", "n + 2"),
        ("where(p == r, n + 2*p, n + p + r)", "p=q r=q", "n + 2*p", "n + 2*q", "n + 2*q"),
        ("where(p < r, 1, 2)", "p=q r=q", "2", "2", "2"), ("where(p <= r, 1, 2)", "p=q r=q", "1", "1", "1"),
        # one case after another, as far as the numbers are known
        ("where(g > 3, where(g > 5, a, 2*a), 3*a)", "g=4 a=7", "2*a", "2*7", "14"),
        ("where(g > 3, where(g > h, a, 2*a), 3*a)", "g=4 a=7", "where(g > h, a, 2*a)", "where(4 > h, 7, 2*7)",
            "where(4 > h, 7, 2*7)"),
        ("where(h > g, a, 2*a)", "g=4 a=7", "where(h > g, a, 2*a)", "where(h > 4, 7, 2*7)", "where(h > 4, 7, 2*7)"),
    ],
)  # fmt: skip
def test_of_a_case_distinction_the_case_that_holds_is_worked(
    written: str, env: str, case: str, line: str, value: str
) -> None:
    """Whole numbers tell which, or letters that are alike; one letter on either side leaves it open."""
    known: dict[Expr, Expr] = {
        Sym(name): formula(given) for name, _, given in (pair.partition("=") for pair in env.split())
    }
    found = cell(written, known)
    assert (text(found.formula), text(found.line), text(found.value)) == (case, line, value)
    assert chosen(formula(written), known) == found.formula
