"""Laws of axes: which one a number names, how axes are merged, halved, split and stacked, and what a unit then sees."""

from __future__ import annotations

from fractions import Fraction

import pytest

from stepper.core.formula import number_of, text
from stepper.core.parser import parse
from stepper.core.steps import Equation
from stepper.engine.layers.fitting import Mismatch, shown_shape
from stepper.engine.layers.network import work
from stepper.engine.layers.outputs import axis_size
from stepper.engine.layers.receptive_field import fields, growth, needs
from stepper.engine.layers.receptive_field_steps import unit_step
from stepper.engine.layers.sizes import formula
from stepper.engine.layers.worked_lines import unfolded, worked_lines
from stepper.read.network import load_network
from tests.test_laws_layers import net, outputs, told
from tests.test_laws_requirements import sizes


@pytest.mark.parametrize("shape", ["7", "7x8", "7x8x9"])
def test_axes_count_from_the_batch_or_from_the_end(shape: str) -> None:
    """Axis 0 is the batch, which no shape has: the first axis stands for it."""
    there = sizes(shape)
    for place, size in enumerate(there):
        assert axis_size(formula(str(place + 1)), there) == size
        assert axis_size(formula(str(place - len(there))), there) == size
    assert axis_size(formula("0"), there) == there[0]
    for beyond in (str(len(there) + 1), str(-len(there) - 1), "9", "-9", "n", "1/2"):
        with pytest.raises(Mismatch, match=f"there is no axis {beyond} in {shown_shape(there)}"):
            axis_size(formula(beyond), there)


@pytest.mark.parametrize(
    ("layer", "shape", "expected"),
    [
        # axes that are merged, from one to another
        ("Flatten()", "3x4x5", "60"), ("Flatten(2)", "3x4x5", "3x20"), ("Flatten(1, 2)", "3x4x5", "12x5"),
        ("Flatten(2, 3)", "3x4x5", "3x20"),
        ("Flatten(-2)", "3x4x5", "3x20"), ("Flatten(3)", "3x4x5", "3x4x5"), ("Flatten(1, -2)", "3x4x5", "12x5"),
        ("Flatten()", "12", "12"), ("Flatten(4)", "3x4x5", "there is no axis 4 in 3x4x5"),
        ("Flatten(2, 3)", "3x4x5x6", "3x20x6"), ("Flatten()", "3xn", "3*n"),
        # halved
        ("GLU()", "4x5x6", "4x5x3"), ("GLU(2)", "4x6x7", "4x3x7"), ("GLU(1)", "4x5x7", "2x5x7"), ("GLU(1)", "4", "2"),
        ("GLU(2)", "4x5x7", "it halves an axis, whose size is odd: mod(A, 2) == 0 is 1 == 0"),
        ("GLU(5)", "4x5x7", "there is no axis 5 in 4x5x7"),
        # split, one of the parts may be left to the others
        ("Unflatten(1, (2, 3))", "6x5x7", "2x3x5x7"), ("Unflatten(2, (5, 1))", "6x5x7", "6x5x1x7"),
        ("Unflatten(3, (7, 1))", "6x5x7", "6x5x7x1"),
        ("Unflatten(-1, (1, 7))", "6x5x7", "6x5x1x7"), ("Unflatten(2, (-1, 5))", "6x5x7", "6x1x5x7"),
        ("Unflatten(1, (6,))", "6x5x7", "6x5x7"),
        ("Unflatten(1, (2, 4))", "6x5x7", "2x4 are not the 6 of axis 1"),
        ("Unflatten(1, (1.5, 4))", "6x5x7", "3/2x4 are not the 6 of axis 1"),
        ("Unflatten(1, (-2, -3))", "6x5x7", "-2x-3 are not the 6 of axis 1"),
        ("Unflatten(1, (2, n))", "6x5x7", "2xn are not the 6 of axis 1"),
        ("Unflatten(9, (2, 3))", "6x5x7", "there is no axis 9 in 6x5x7"), ("Unflatten(1, (2, n))", "2*nx5", "2xnx5"),
        # written as a whole
        ("Reshape([1, 36])", "4x9", "1x36"), ("Reshape([2, n])", "4x9", "2x18"), ("Reshape([36, 1])", "4x9", "36x1"),
        ("Reshape([1.5, 24])", "4x9", "3/2x24 are not the 36 numbers of the input"),
        ("Reshape([-1, 7])", "4x9", "36/7x7 are not the 36 numbers of the input"),
        # the last axis, and one more
        ("Linear(9, 2)", "4x9", "4x2"), ("Embedding(5, 3)", "4x2", "4x2x3"), ("Embedding(5, 3)", "4", "4x3"),
    ],
)  # fmt: skip
def test_what_becomes_of_axes(layer: str, shape: str, expected: str) -> None:
    assert outputs(layer, shape).removeprefix(f"1, {layer}: ") == expected


TWO = "a = Linear(5, 3, from=input)\nb = Linear(5, {}, from=input)\nc = Concat(a, b, dim={})"
STACKED = "the shapes 2x3 and 2x4 cannot be stacked: they differ in another axis than 1"


@pytest.mark.parametrize(
    ("other", "axis", "shape", "expected"),
    [
        (4, "2", "2x5", "2x7"), (4, "-1", "2x5", "2x7"), (3, "1", "2x5", "4x3"), (3, "-2", "2x5", "4x3"),
        (4, "1", "5", "7"), (4, "1", "2x5", f"c, Concat(a, b): {STACKED}"),
        (4, "0", "5", "c, Concat(a, b): there is no such axis in 3"),
        (4, "3", "2x5", "c, Concat(a, b): there is no such axis in 2x3"),
        (4, "-3", "2x5", "c, Concat(a, b): there is no such axis in 2x3"),
        (3, "n", "2x5", "c, Concat(a, b): there is no such axis in 2x3"),
    ],
)  # fmt: skip
def test_inputs_are_stacked_along_an_axis(other: int, axis: str, shape: str, expected: str) -> None:
    assert outputs(TWO.format(other, axis), shape).partition(" ")[2].partition(" ")[2] == expected


@pytest.mark.parametrize(
    ("listing", "shape", "line"),
    [
        ("Flatten()", "3x4x5", "features = 3*4*5 = 60"), ("Flatten(1, 2)", "3x4x5", "features = 3*4 = 12"),
        ("Flatten()", "12", None), ("FC(3)", "3x4x5", "features = 3*4*5 = 60"), ("FC(3)", "12", None),
        ("layout: HWC\nFlatten()", "4x5x3", "features = 4*5*3 = 60"),
        ("layout: HWC\nFC(3)", "4x5x3", "features = 4*5*3 = 60"), ("Unfold(2)", "2x4x6", "windows = 3*5 = 15"),
        ("layout: HWC\nUnfold(2)", "4x6x2", "windows = 3*5 = 15"),
        ("layout: HWC\nGlobalAveragePooling2D()", "4x6x2", "features = 1*1*2 = 2"),
    ],
)  # fmt: skip
def test_what_is_merged_is_told_in_the_order_of_the_listing(listing: str, shape: str, line: str | None) -> None:
    found = [
        line for step in worked_lines(work(net(listing, shape), {})) for child in step.children for line in told(child)
    ]
    assert [line for line in found if line.startswith(("features", "windows"))] == ([] if line is None else [line])


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("prod([3, 3])*2", "3*3*2"), ("2*prod([3, 3])", "2*3*3"), ("prod([3, 4])/2", "3*4/2"),
        ("2/prod([3, 4])", "2/(3*4)"), ("prod([5])", "5"), ("prod([5])*3", "5*3"),
        ("prod([a + 1, b])*c", "(a + 1)*b*c"),
        ("floor(prod([2, 3])/4) + prod([2])", "floor(2*3/4) + 2"),
        # what is no product of a list stays, and so do parentheses
        ("sum([3, 4])*2", "sum([3, 4])*2"), ("max([p, q])*3", "max([p, q])*3"), ("a*(b*c)", "a*(b*c)"),
        ("a/(b*c)", "a/(b*c)"), ("1*(2*3)", "1*(2*3)"), ("sum([prod([2, 3]), 4])", "sum([2*3, 4])"),
        ("sum([3])", "sum([3])"),
    ],
)  # fmt: skip
def test_products_of_lists_are_written_out(written: str, shown: str) -> None:
    assert text(unfolded(parse(written))) == shown


# ---- what a unit sees


@pytest.mark.parametrize(
    ("listing", "shape", "along"),
    [
        # start, end and jump of each layer, along the first axis and the second
        ("Conv2d(1, 1, (3, 5), stride=(2, 1), padding=(1, 0))\nMaxPool2d(2)", "1x20x20",
            [["-1 1 2", "-1 3 4"], ["0 4 1", "0 5 2"]]),
        ("Conv2d(1, 1, 3, padding='same')\nConv2d(1, 1, 3, dilation=2)", "1x20x20",
            [["-1 1 1", "-1 5 1"], ["-1 1 1", "-1 5 1"]]),
        ("Conv2d(1, 1, 3, stride=2)\nReLU()\nConv2d(1, 1, 3, stride=3)\nConv2d(1, 1, 2)", "1x40x40",
         [["0 2 2", "0 2 2", "0 6 6", "0 12 6"], ["0 2 2", "0 2 2", "0 6 6", "0 12 6"]]),
        ("Flatten()\nLinear(9, 2)", "1x3x3", [["all", "all"], ["all", "all"]]),
        ("Conv1d(1, 1, 3)", "1x9", [["0 2 1"], ["?"]]),
        # a letter leaves it open, from there on
        ("Conv1d(1, 1, k)\nReLU()", "1x9", [["?", "?"], ["?", "?"]]),
        ("Conv1d(1, 1, 3, stride=s)", "1x9", [["?"], ["?"]]),
        ("Conv1d(1, 1, 3, padding=p)", "1x9", [["?"], ["?"]]),
        # where paths meet, from the first start to the last end; all where one of them sees all
        ("a = Conv1d(1, 1, 3, padding=1, from=input)\nb = Conv1d(1, 1, 5, from=a, padding=2)\nc = Add(a, b)", "1x9",
         [["-1 1 1", "-3 3 1", "-3 3 1"], ["?", "?", "?"]]),
        ("a = Conv1d(1, 1, 3, padding=1, from=input)\nb = AdaptiveAvgPool1d(1, from=a)\nc = Add(a, b)", "1x9",
         [["-1 1 1", "all", "all"], ["?", "?", "?"]]),
        # stacked along the channels it is as where they are added; along an axis the units do not see alike there
        ("a = Conv2d(1, 1, 3, padding=1, from=input)\nb = ReLU(from=input)\nc = Concat(a, b, dim=1)", "1x9x9",
         [["-1 1 1", "0 0 1", "-1 1 1"], ["-1 1 1", "0 0 1", "-1 1 1"]]),
        ("a = Conv2d(1, 1, 3, padding=1, from=input)\nb = ReLU(from=input)\nc = Concat(a, b, dim=2)", "1x9x9",
         [["-1 1 1", "0 0 1", "?"], ["-1 1 1", "0 0 1", "-1 1 1"]]),
        ("a = Conv2d(1, 1, 3, padding=1, from=input)\nb = ReLU(from=input)\nc = Concat(a, b, dim=3)", "1x9x9",
         [["-1 1 1", "0 0 1", "-1 1 1"], ["-1 1 1", "0 0 1", "?"]]),
    ],
)  # fmt: skip
def test_from_where_to_where_a_unit_sees(listing: str, shape: str, along: list[list[str]]) -> None:
    layers = work(net(listing, shape), {}).layers
    for axis, expected in enumerate(along):
        found = [fields(layers, axis)[done.layer.name] for done in layers]
        shown = [
            "?" if field is None else "all" if field.whole else f"{field.start} {field.end} {field.jump}"
            for field in found
        ]
        assert shown == expected, axis


def test_backwards_as_many_units_are_needed_as_one_unit_sees() -> None:
    listing = "a = Conv1d(1, 1, 3, stride=2)\nb = ReLU()\nc = MaxPool1d(3, stride=3)\nd = Conv1d(1, 1, 2)"
    layers = work(net(listing, "1x40"), {}).layers
    found = [(need.layer, need.reads, int(need.units), int(need.needed)) for need in needs(layers, "d")]
    assert found == [("d", "c", 1, 2), ("c", "b", 2, 6), ("b", "a", 6, 6), ("a", "input", 6, 13)] or [
        each for each in found if each[0] != "b"
    ]
    assert int(found[-1][-1]) == fields(layers)["d"].units  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("listing", "shape", "grown"),
    [
        ("Conv1d(1, 2, 3)", "1x9", (3, 1, 0)), ("Conv1d(1, 2, 3, stride=2, padding=1)", "1x9", (3, 2, 1)),
        ("Conv1d(1, 2, 3, dilation=2)", "1x9", (5, 1, 0)), ("MaxPool1d(2)", "1x9", (2, 2, 0)),
        # each must be a number
        ("Conv1d(1, 2, k)", "1x9", None), ("Conv1d(1, 2, 3, stride=s)", "1x9", None),
        ("Conv1d(1, 2, 3, padding=p)", "1x9", None), ("Conv1d(1, 2, 3, dilation=d)", "1x9", None),
        ("MaxPool1d(3, s)", "1x9", None), ("MaxPool1d(k)", "1x9", None),
        # what sees all has none, and what works entry by entry widens nothing
        ("ReLU()", "1x9", None), ("Flatten()", "1x9", None), ("Linear(9, 2)", "9", None),
    ],
)  # fmt: skip
def test_a_layer_widens_what_is_seen_by_its_kernel_its_stride_and_its_padding(
    listing: str, shape: str, grown: tuple[int, int, int] | None
) -> None:
    """And no layer does along an axis that it has not."""
    (done,) = work(load_network(None, listing, shape, None), {}).layers
    assert growth(done) == (None if grown is None else tuple(map(Fraction, grown)))
    assert growth(done, 1) is None


@pytest.mark.parametrize(
    ("rank", "unit", "seen"),
    [
        (1, (2,), {"position": (2, 4)}), (2, (2, 3), {"row": (2, 4), "column": (3, 5)}),
        (3, (2, 3, 1), {"slice": (2, 4), "row": (3, 5), "column": (1, 3)}),
        # the first unit and the last
        (1, (0,), {"position": (0, 2)}), (1, (6,), {"position": (6, 8)}),
        (2, (6, 0), {"row": (6, 8), "column": (0, 2)}),
    ],
)  # fmt: skip
def test_what_a_unit_sees_is_told_along_each_axis_by_its_name(
    rank: int, unit: tuple[int, ...], seen: dict[str, tuple[int, int]]
) -> None:
    shape = "x".join(["1"] + ["9"] * rank)
    step = unit_step(work(net(f"a = Conv{rank}d(1, 1, 3)", shape), {}), "a", unit)
    found = {text(block.left): number_of(block.links[-1].expr) for block in step.body if isinstance(block, Equation)}
    ends = {f"{end}_{word}": places[at] for word, places in seen.items() for at, end in enumerate(("first", "last"))}
    assert found == ends
