"""Laws of layers: how one is told in short, which input would fit, what letters come to, what a unit sees, what does
not fit.
"""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from stepper.core.expr import Num
from stepper.core.network import Network
from stepper.core.steps import Equation, Note, Step, Table
from stepper.engine.layers.fitting import Mismatch, shown_shape
from stepper.engine.layers.letters import with_letters
from stepper.engine.layers.network import work
from stepper.engine.layers.outputs import joined
from stepper.engine.layers.receptive_field import fields
from stepper.engine.layers.receptive_field_steps import field_step, needs_step, unit_step
from stepper.engine.layers.sizes import integer
from stepper.engine.layers.table import described, misfits
from stepper.errors import Place, Problem, StepperError
from stepper.read.network import load_network
from stepper.tables.layers import LAYER_ROWS
from tests.layer_samples import sample
from tests.test_laws_unknowns import words


def net(listing: str, shape: str | None = None) -> Network:
    return load_network(None, listing, shape, None)


def outputs(listing: str, shape: str) -> str:
    """The shapes that come out, layer by layer; of what does not fit, what is wrong."""
    found = work(net(listing, shape), {})
    return " ".join(
        [*(shown_shape(done.output) for done in found.layers), *(problem.what for problem in found.problems)]
    )


@pytest.mark.parametrize(
    ("listing", "shape", "short"),
    [
        # settings without a default by their place, others where they are not the default
        ("Conv2d(1, 8, 3)", "1x9x9", "Conv2d(1, 8, 3)"),
        ("Conv2d(1, 8, 3, padding=1)", "1x9x9", "Conv2d(1, 8, 3, p=1)"),
        ("Conv2d(1, 8, 3, padding=0)", "1x9x9", "Conv2d(1, 8, 3)"),
        ("Conv2d(1, 8, 3, padding=0.0)", "1x9x9", "Conv2d(1, 8, 3)"),
        ("Conv2d(1, 8, 3, bias=True)", "1x9x9", "Conv2d(1, 8, 3)"),
        ("Conv2d(1, 8, 3, bias=False)", "1x9x9", "Conv2d(1, 8, 3, b=0)"),
        ("Conv2d(1, 8, 3, padding='same')", "1x9x9", "Conv2d(1, 8, 3, p=same)"),
        ("Conv2d(1, 8, (3, 3), stride=(1, 1), padding=(1, 2))", "1x9x9", "Conv2d(1, 8, 3, p=1×2)"),
        ("Conv2d(1, 8, (3, 5), stride=2)", "1x9x9", "Conv2d(1, 8, 3×5, s=2)"),
        # a default that is another setting, also of letters
        ("MaxPool2d(2, stride=2)", "1x9x9", "MaxPool2d(2)"), ("MaxPool2d(2, stride=1)", "1x9x9", "MaxPool2d(2, s=1)"),
        ("MaxPool2d(k, stride=k)", "1x9x9", "MaxPool2d(k)"), ("MaxPool2d(k, stride=s)", "1x9x9", "MaxPool2d(k, s=s)"),
        # what the listing leaves open, and what the input tells
        ("Conv2d(?, 8, ?)", "1x9x9", "Conv2d(?, 8, ?)"), ("Conv2D(8, 3)", "1x9x9", "Conv2D(8, 3)"),
        ("ReLU()", "3", "ReLU"), ("Flatten()", "3x4", "Flatten"), ("Flatten(2)", "3x4x4", "Flatten(start_dim=2)"),
        ("LSTM(4, 5, num_layers=2)", "7x4", "LSTM(4, 5, layers=2)"),
        ("ZeroPad2d((1, 2, 1, 2))", "1x9x9", "ZeroPad2d(1×2×1×2)"),
    ],
)  # fmt: skip
def test_a_layer_is_told_in_short(listing: str, shape: str, short: str) -> None:
    assert [described(done) for done in work(net(listing, shape), {}).layers] == [short]


@pytest.mark.parametrize(
    ("listing", "shape"),
    [
        ("Conv2d(5, 2, 3)", "5xnxn"), ("Conv2d(n, 2, 3)", "nxmxm"), ("Conv1d(5, 2, 3)", "5xn"),
        ("Conv3d(5, 2, 3)", "5xnxnxn"), ("Linear(7, 2)", "7"), ("Linear(n, 7)", "n"), ("LSTM(4, 3)", "Tx4"),
        ("MaxPool2d(2) -> Conv2d(7, 2, 3)", "Cxnxn"), ("ReLU() -> Linear(7, 2)", "7"), ("Conv2D(8, 3)", "Cxnxn"),
        ("Foo()\nConv2d(6, 2, 3)", "6xnxn"), ("Conv2d(out_channels=8, in_channels=4, kernel_size=3)", "4xnxn"),
        ("LSTM(n, T)", "Lxn"), ("BatchNorm1d(3)", "3"), ("Embedding(9, 4)", "T"), ("GroupNorm(2, 4)", "4xn"),
    ],
)  # fmt: skip
def test_a_missing_input_is_that_of_the_first_layer_that_is_known(listing: str, shape: str) -> None:
    found = with_letters(net(listing))
    assert found is not None
    assert shown_shape(found.input or ()) == shape


@pytest.mark.parametrize(("pools", "fits"), [(1, True), (23, True), (24, True), (25, False), (40, False)])
def test_a_size_of_letters_is_up_to_a_hundred_deep(pools: int, fits: bool) -> None:
    """Pools that round up and down in turn are rounded each by itself: floor(ceil(n/2)/2)."""
    up_and_down = "MaxPooling1D(2, padding='same') -> MaxPooling1D(2)"
    found = work(net(f"[{up_and_down}]*{pools}", "1xn"), {})
    told = [] if fits else ["50, MaxPooling1D(2): its size is too long to be written with letters"]
    assert [problem.what for problem in found.problems] == told
    assert len(found.layers) == min(2 * pools, 49)


@pytest.mark.parametrize(("digits", "fits"), [(14, True), (15, True), (16, False)])
def test_a_size_of_the_input_has_up_to_fifteen_digits(digits: int, fits: bool) -> None:
    network = net("ReLU()", f"3x{'1' * digits}")
    if fits:
        assert work(network, {}).layers
    else:
        with pytest.raises(StepperError, match=f"a size of the input has {digits} digits"):
            work(network, {})


@pytest.mark.parametrize(
    ("listing", "shape", "expected"),
    [
        # letters that are settled are put in everywhere; not where something does not fit, nor those that are letters
        # again
        ("Conv2d(1, n, 3) -> Conv2d(8, 4, 3)", "1x9x9", "8x7x7 4x5x5"), ("Linear(5, n) -> Linear(2*m, 3)", "5", "n 3"),
        ("Linear(5, n) -> Linear(2*m, m) -> Linear(4, 3)", "5", "8 4 3"),
        ("Conv2d(1, n, 3) -> Conv2d(8, 4, 3) -> MaxPool2d(9)", "1x9x9",
         "nx7x7 4x5x5 3, MaxPool2d(9): nothing is left of the size 5: floor((5 + 2*0 - 9)/9) + 1 = 0"),
        ("MaxPool2d(n) -> 3x7x9", "3x24x27",
         "3x7x9 1: no integer n makes floor((24 + 2*0 - n)/n) + 1 = 7 and floor((27 + 2*0 - n)/n) + 1 = 9"),
        # the size stays by a line for this kind of layer: asked for are kernel, stride and padding where the kernel is
        # unknown
        ("same: Conv2d\nConv2d(1, 8, 3)", "1x9x9", "8x7x7"),
        ("same: Conv2d\nConv2d(1, 8, 3, padding=1)\nMaxPool2d(2)", "1x9x9", "8x9x9 8x4x4"),
        ("same: Conv2d\nConv2d(1, 8, ?)", "1x9x9", "8x9x9"),
        ("same: MaxPool2d\nConv2d(1, 8, 3)\nMaxPool2d(?)", "1x9x9", "8x7x7 8x7x7"),
        # settings for each axis, words for them, and what is worked out of the number of elements
        ("Conv2d(1, 2, (3, 5), padding=(1, 2), stride=(1, 2))", "1x9x10", "2x9x5"),
        ("Conv2d(1, 2, 3, padding='valid')", "1x9x10", "2x7x8"),
        ("Conv2D(2, 3, strides=2, padding='same')", "1x9x10", "2x5x5"),
        ("MaxPool2d(2, padding='same')", "1x9x9", "1, MaxPool2d(2, padding='same'): MaxPool2d has no padding='same'"),
        ("Conv2d(1, 2, (3, 5, 7))", "1x9x9", "1, Conv2d(1, 2, (3, 5, 7)): kernel_size has 3 entries for 2 axes"),
        ("Conv2d(1, 2, 3, padding=(1, 2, 3, 4))", "1x9x9", "1, Conv2d(1, 2, 3, padding=(1, 2, 3, 4)): padding has 4 "
                                                           "entries for 2 axes"),
        # what a setting is by default is the layer's own; a letter that is written is one of the listing
        ("MaxPool2d(3)", "1x9x10", "1x3x3"), ("MaxPool2d((3, 2))", "1x9x10", "1x3x5"),
        ("MaxPool2d(3, stride=k)", "1x9x10", "1x(floor(6/k) + 1)x(floor(7/k) + 1)"),
        ("MaxPool2d(k, stride=2)", "1x9x10", "1x(floor(-k/2 + 1/2) + 5)x(floor(-k/2) + 6)"),
        ("MaxPool2d(k)", "1x9x10", "1xfloor(9/k)xfloor(10/k)"),
        ("ZeroPad2d((1, 2, 3, 4))", "1x9x10", "1x16x13"), ("AdaptiveAvgPool2d((None, 5))", "1x9x10", "1x9x5"),
        ("Reshape([2, -1, 6])", "4x9", "2x3x6"), ("Reshape([-1])", "4x9", "36"), ("Reshape([36])", "4x9", "36"),
        ("Reshape([-1, -1])", "4x9", "1, Reshape([-1, -1]): the numbers of elements differ: N == prod(sizes) is 36 == "
                                     "1 "
         "1, Reshape([-1, -1]): -1x-1 are not the 36 numbers of the input"),
        # axes: as many as a layer takes
        ("BatchNorm1d(4)", "4", "4"), ("BatchNorm1d(4)", "4x5", "4x5"), ("LSTM(4, 3)", "7x4", "7x3"),
        ("Linear(4, 3)", "2x5x4", "2x5x3"),
        ("Conv1d(3, 4, 3)", "3x9x9", "1, Conv1d(3, 4, 3): it gets 3x9x9, an input of 3 axes"),
        ("Conv2d(3, 4, 3)", "3x9", "1, Conv2d(3, 4, 3): it gets 3x9, an input of 2 axes"),
        ("Conv2d(3, 4, 3)", "3", "1, Conv2d(3, 4, 3): it gets 3, an input of 1 axis"),
        ("GlobalAveragePooling2D()", "3x9x9", "3"), ("GlobalMaxPool()", "3", "3"),
        # the last axis of a map with channels last is that of its channels
        ("layout: HWC\nConv2D(4, 3)\nDense(5)\nFlatten()\nDense(3)", "9x8x1", "4x7x6 5x7x6 210 3"),
        ("layout: HWC\nReshape((4, 3, 2))\nDense(5)", "24", "2x4x3 5x4x3"),
        # each unknown has a letter of its own, also of layers that are alike
        ("a = Conv1d(2, 2, ?, from=input)\nb = Conv1d(2, 2, ?, from=input)", "2x9", "2x(-k_a + 10) 2x(-k_b + 10)"),
        ("Linear(4, ?) -> ReLU() -> Linear(?, 2)", "4", "out_1 out_1 2"),
        # of layers that are alike one may be told what comes out
        ("a = Conv1d(1, 2, k, from=input)\nb = Conv1d(1, 2, k, from=input) -> 2x7", "1x9", "2x7 2x7"),
        ("a = Conv1d(1, 2, k, from=input)\nb = Conv1d(1, 2, k, from=input)", "1x9", "2x(-k + 10) 2x(-k + 10)"),
        ("a = Linear(5, n, from=input)\nb = Linear(5, n, from=input) -> 12 parameters", "5", "2 2"),
        # a layer that is not known gives what the next one takes; what comes after one that takes anything is not known
        # either
        ("Conv1d(1, 2, 3) -> Foo() -> Conv1d(2, 4, 3) -> Conv1d(5, 4, 3)", "1x9",
         "2x7 'Foo' is not a known layer 4, Conv1d(5, 4, 3): it expects 5, but gets 4: the input "
         "channels do not match; 3 gives 4x(n1_2 - 2)"),
        ("Conv1d(1, 2, 3) -> Foo() -> Linear(6, 4) -> Linear(5, 3)", "1x9",
         "2x7 'Foo' is not a known layer 4, Linear(5, 3): it expects 5, but gets 4: the input "
         "features do not match; 3 gives 4"),
        ("Conv1d(1, 2, 3) -> Foo() -> Dense(5)", "1x9", "2x7 'Foo' is not a known layer"),
        ("Conv1d(1, 2, 3) -> Foo() -> ReLU() -> Linear(5, 3)", "1x9", "2x7 'Foo' is not a known layer"),
        ("Conv1d(1, 2, 3) -> Foo() -> Bar() -> Conv1d(2, 2, 3)", "1x9", "2x7 'Foo' is not a known layer 'Bar' is not "
                                                                        "a known layer"),
        # several inputs: added where one may be repeated, put one after the other where they differ along that axis
        # alone
        ("a = Conv1d(2, 3, 3, padding=1, from=input)\nb = Conv1d(2, 3, 3, stride=3, from=input)\nc = Add(a, b)", "2x3",
            "3x3 3x1 3x3"),
        ("a = Conv1d(2, 3, 3, padding=1, from=input)\nb = Conv1d(2, 4, 1, from=input)\nc = Add(a, b)", "2x3",
         "3x3 4x3 c, Add(a, b): the shapes 3x3 and 4x3 do not fit together"),
        ("a = Conv1d(2, 3, 3, padding=1, from=input)\nb = Conv1d(2, 4, 1, from=input)\nc = Concat(a, b)", "2x3",
            "3x3 4x3 7x3"),
        ("a = Conv1d(2, 3, 3, padding=1, from=input)\nb = Conv1d(2, 3, 1, stride=2, from=input)\nc = Concat(a, b)",
            "2x3",
         "3x3 3x2 c, Concat(a, b): the shapes 3x3 and 3x2 cannot be stacked: they differ in another axis than 1"),
        # two inputs that may differ in the last axis alone
        ("a = Linear(5, 3, from=input)\nb = Linear(5, 4, from=input)\nBilinear(3, 4, 6, from=[a, b])", "2x5",
            "2x3 2x4 2x6"),
    ],
)  # fmt: skip
def test_what_comes_out(listing: str, shape: str, expected: str) -> None:
    assert outputs(listing, shape) == expected


def told(step: Step) -> list[str]:
    """A step line by line."""
    found: list[str] = []
    for block in step.body:
        match block:
            case Equation(left, links):
                found.append(" = ".join(words((side,)) for side in (left, *(link.expr for link in links))))
            case Note(prose):
                found.append(words(prose))
            case Table(_, rows):
                found += [" ".join(map(words, row)) for row in rows]
    return found


NARROW = "a = Conv2d(1, 1, 3, padding=1)\nr = ReLU()\np = MaxPool2d(2)\nf = Flatten()\nl = Linear(16, 2)"
MEET = (
    "a = Conv1d(1, 1, 2, stride=2, from=input)\n"
    "b = Conv1d(1, 1, 11, from=input)\nc = Add(a, b)\nd = Conv1d(1, 1, 3, from=c)"
)


@pytest.mark.parametrize(
    ("listing", "shape", "lines"),
    [
        (NARROW, "1x9x9", ["a 3 1 -1 1", "p 4 2 -1 2", "total stride: 2, the product of the strides"]),
        (MEET, "1x20", ["a 2 2 0 1", "b 11 1 0 10"]),
        ("f = Flatten()", "1x9x9", []),
        ("r = ReLU()", "1x9x9", []),
    ],
)  # fmt: skip
def test_fields_are_listed_of_layers_that_make_them_grow(listing: str, shape: str, lines: list[str]) -> None:
    """Size, jump, and from where to where the first unit sees; not where all is seen, or paths meet that do not see
    alike.
    """
    found = work(net(listing, shape), {})
    assert told(field_step(found, fields(found.layers))) == lines


FIRST, POOLED = "r_a = 1 + (3 - 1)*1 = 3", "r_p = 3 + (2 - 1)*1 = 4"


@pytest.mark.parametrize(
    ("listing", "shape", "name", "forwards", "backwards"),
    [
        (NARROW, "1x9x9", "a", [FIRST], ["n_input = (1 - 1)*1 + 3 = 3"]),
        (NARROW, "1x9x9", "r", [FIRST], ["n_input = (1 - 1)*1 + 3 = 3"]),
        (NARROW, "1x9x9", "p", [FIRST, POOLED], ["n_r = (1 - 1)*2 + 2 = 2", "n_input = (2 - 1)*1 + 3 = 4"]),
        (NARROW, "1x9x9", "l", [], ["l covers the whole input."]), (MEET, "1x20", "d", [], ["n_c = (1 - 1)*1 + 3 = 3"]),
    ],
)  # fmt: skip
def test_one_field_is_worked_forwards_and_backwards(
    listing: str, shape: str, name: str, forwards: list[str], backwards: list[str]
) -> None:
    found = work(net(listing, shape), {})
    step = needs_step(found, fields(found.layers), name)
    assert told(step) == [*forwards, f"Backwards, what one unit of {name} needs:", *backwards]
    assert (words(step.title), step.detail) == (f"The receptive field of {name}", "brief")


@pytest.mark.parametrize(
    ("unit", "lines"),
    [
        ((0, 0), ["first_row = -1 + 0*2 = -1", "last_row = 1 + 0*2 = 1", "of these, the rows from 0 to 1 are the "
                                                                         "input, the rest padding",
                  "first_column = -2 + 0*1 = -2", "last_column = 2 + 0*1 = 2",
                  "of these, the columns from 0 to 2 are the input, the rest padding"]),
        ((1, 3), ["first_row = -1 + 1*2 = 1", "last_row = 1 + 1*2 = 3", "first_column = -2 + 3*1 = 1",
            "last_column = 2 + 3*1 = 5"]),
        ((2, 7), ["first_row = -1 + 2*2 = 3", "last_row = 1 + 2*2 = 5", "first_column = -2 + 7*1 = 5",
            "last_column = 2 + 7*1 = 9"]),
        ((3, 9), ["first_row = -1 + 3*2 = 5", "last_row = 1 + 3*2 = 7", "of these, the rows from 5 to 6 are the input, "
                                                                        "the rest padding",
                  "first_column = -2 + 9*1 = 7", "last_column = 2 + 9*1 = 11",
                  "of these, the columns from 7 to 9 are the input, the rest padding"]),
        ((2,), ["first_row = -1 + 2*2 = 3", "last_row = 1 + 2*2 = 5"]),
    ],
)  # fmt: skip
def test_a_unit_sees_a_window_along_each_axis(unit: tuple[int, ...], lines: list[str]) -> None:
    """Seven rows by ten columns, a kernel of 3 by 5 that moves by 2 rows: which of it lies in the padding is told, and
    nothing else is.
    """
    step = unit_step(work(net("c = Conv2d(1, 1, (3, 5), stride=(2, 1), padding=(1, 2))", "1x7x10"), {}), "c", unit)
    assert told(step) == lines
    assert words(step.title) == f"What unit {', '.join(map(str, unit))} of c covers"


def test_where_nothing_is_padded_nothing_is_said_of_padding() -> None:
    plain = work(net("c = Conv1d(1, 1, 3)", "1x5"), {})
    assert [told(unit_step(plain, "c", (unit,))) for unit in (0, 2)] == [
        ["first_position = 0 + 0*1 = 0", "last_position = 2 + 0*1 = 2"],
        ["first_position = 0 + 2*1 = 2", "last_position = 2 + 2*1 = 4"],
    ]  # fmt: skip


WHOLE = "the interval of one unit is not known here"


@pytest.mark.parametrize(
    ("listing", "shape", "name", "unit", "what"),
    [
        ("c = Conv2d(1, 1, 3)", "1x7x10", "c", (5, 0), "c has 5 units along axis 1, counted from 0"),
        ("c = Conv2d(1, 1, 3)", "1x7x10", "c", (-1, 0), "c has 5 units along axis 1, counted from 0"),
        ("c = Conv2d(1, 1, 3)", "1x7x10", "c", (4, 8), "c has 8 units along axis 2, counted from 0"),
        ("c = Conv2d(1, 1, 3)", "1x7x10", "c", (4, 7, 0), "c has no such units"),
        ("c = Conv2d(1, 1, 3)", "1xHxH", "c", (0, 0), "c has no such units"),
        ("f = Flatten()", "1x7x10", "f", (0,), "f has no such units"),
        (
            "u = Upsample(scale_factor=2)",
            "1x7x10",
            "u",
            (0, 0),
            f"{WHOLE}, it comes after a layer that enlarges its input, or where paths meet",
        ),
        ("g = AdaptiveAvgPool2d(1)", "1x7x10", "g", (0, 0), f"{WHOLE}, it covers the whole input"),
    ],
)
def test_a_unit_that_is_none_is_told(listing: str, shape: str, name: str, unit: tuple[int, ...], what: str) -> None:
    with pytest.raises(StepperError) as caught:
        unit_step(work(net(listing, shape), {}), name, unit)
    assert (
        caught.value.problems[0].what == f"--receptive-field {name}{[*unit]}: {what}"
        if "units" in what
        else what in str(caught.value)
    )


@pytest.mark.parametrize(
    ("problem", "line"),
    [
        (Problem("it is wrong", Place("net.txt", 3, 1, 1, "")), "line 3: it is wrong"),
        (Problem("it is wrong"), "it is wrong"),
        (Problem("it is wrong", Place("-e", 0, 1, 1, ""), "so"), "it is wrong (so)"),
        (Problem("it is wrong", Place("net.txt", 12, 1, 1, ""), "so"), "line 12: it is wrong (so)"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_with_its_line(problem: Problem, line: str) -> None:
    step = misfits(replace(work(net("ReLU()", "3"), {}), problems=(problem, problem)))
    assert [words(block.text) for block in step.body if isinstance(block, Note)] == [line, line]


@pytest.mark.parametrize("shapes_in", ["2x5 3x5", "2x4x5 2x3x5", "2x3x5 4x3x5"])
def test_inputs_that_differ_in_another_axis_than_the_last_are_refused(shapes_in: str) -> None:
    one, other = ([Num(size) for size in shape.split("x")] for shape in shapes_in.split())
    with pytest.raises(Mismatch, match="may differ in the last axis only"):
        joined(LAYER_ROWS["Bilinear"], {}, [tuple(one), tuple(other)])
    assert joined(LAYER_ROWS["Bilinear"], {}, [tuple(one), (*one[:-1], Num("9"))]) == tuple(one)


@pytest.mark.parametrize("same", [True, False])
def test_that_shapes_are_broadcast_is_said_where_they_differ(same: bool) -> None:
    listing = f"a = Conv1d(2, 3, 1, from=input)\nb = Conv1d(2, 3, {1 if same else 9}, from=input)\nc = Add(a, b)"
    said = "broadcast: the shapes 3x9 and 3x1 differ, and the smaller is repeated"
    assert [words(note) for note in work(net(listing, "2x9"), {}).layers[-1].notes] == ([] if same else [said])


@pytest.mark.parametrize("size", [7, 8, 9, 10, 11])
@pytest.mark.parametrize(
    ("kernel", "stride", "padding"), [(3, 1, 0), (3, 2, 1), (2, 3, 0), (3, 4, 1), (2, 5, 1), (5, 5, 2)]
)
def test_what_no_window_reaches_at_the_end_is_said(size: int, kernel: int, stride: int, padding: int) -> None:
    """Found by laying the windows one by one."""
    done = work(net(f"Conv1d(1, 1, {kernel}, stride={stride}, padding={padding})", f"1x{size}"), {}).layers[0]
    begins = [start for start in range(-padding, size + padding, stride) if start + kernel <= size + padding]
    unused = size - (begins[-1] + kernel)
    some = f"the last {unused} of {size} along an axis are never used"
    said = [] if unused < 1 else [f"the last of {size} along an axis is never used"] if unused == 1 else [some]
    assert [words(note) for note in done.notes] == said


@pytest.mark.parametrize(("biases", "parameters"), [(True, 15 + 8), (False, 12 + 6)])
def test_a_network_may_be_worked_out_as_if_no_layer_had_biases(biases: bool, parameters: int) -> None:
    found = work(net("Linear(4, 3) -> Linear(3, 2)", "4"), {}, biases=biases)
    assert sum(integer(done.parameters) or 0 for done in found.layers) == parameters
    assert [integer(done.biases) for done in found.layers] == ([3, 2] if biases else [0, 0])


@pytest.mark.parametrize("name", [name for name, row in LAYER_ROWS.items() if "." not in name and not row.several])
def test_what_is_printed_of_a_layer_reads_back(name: str) -> None:
    """Settings by their symbols, s=2, p=1, as tables print them."""
    listing, shape = sample(name)
    (*_, done) = work(load_network(None, listing, shape, "CHW"), {}).layers
    (again,) = work(load_network(None, described(done), shape, "CHW"), {}).layers
    assert (again.output, again.parameters, again.macs) == (done.output, done.parameters, done.macs)
    assert described(again) == described(done)


@pytest.mark.parametrize(
    ("listing", "shape", "printed"),
    [
        ("Conv2d(3, 7, 3, stride=2, padding=1)", "3x20x20", "Conv2d(3, 7, 3, s=2, p=1)"),
        ("CONV-5-8", "3x20x20", "Conv2d(3, 8, 5)"), ("Conv2d(3, 7, (3, 5), dilation=(1, 2))", "3x20x20",
            "Conv2d(3, 7, 3×5, d=1×2)"),
        ("Conv2D(8, 3, padding='same', use_bias=False)", "3x9x9", "Conv2D(8, 3, p=same, b=0)"),
        ("ZeroPad2d((1, 2, 3, 4))", "3x9x9", "ZeroPad2d(1×2×3×4)"),
        ("LSTM(5, 4, num_layers=2)", "7x5", "LSTM(5, 4, layers=2)"),
    ],
)  # fmt: skip
def test_a_printed_cell_is_a_listing(listing: str, shape: str, printed: str) -> None:
    (done,) = work(load_network(None, listing, shape, "CHW"), {}).layers
    assert described(done) == printed
    (again,) = work(load_network(None, printed, shape, "CHW"), {}).layers
    assert (again.output, again.parameters) == (done.output, done.parameters)
