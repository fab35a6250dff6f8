"""Shape tables: the values of the exams, every dialect of listing, unknowns, mismatches, receptive fields, totals that
are sums.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from stepper.core.expr import Expr, Num, Sym
from stepper.core.formula import text
from stepper.core.network import Network
from stepper.core.parser import parse
from stepper.core.steps import Equation
from stepper.core.traverse import substitute
from stepper.engine.answers.checking.claimed import judging
from stepper.engine.layers.counting import Count, totals_of
from stepper.engine.layers.fitting import shown_shape
from stepper.engine.layers.inversion import invert
from stepper.engine.layers.network import work
from stepper.engine.layers.outputs import arrays_of
from stepper.engine.layers.receptive_field import fields
from stepper.engine.layers.result import Done, Worked
from stepper.engine.layers.settings import SAME
from stepper.engine.layers.shapes import shapes
from stepper.engine.layers.sizes import integer, number, product, settle, total
from stepper.engine.layers.worked_lines import worked_lines
from stepper.errors import StepperError
from stepper.read.network import load_network, read_network, unit_named
from stepper.render.look import Look
from stepper.render.text import render
from stepper.tables.layer import LayerRow as Row
from stepper.tables.layers import LAYER_ROWS, LAZY
from tests.helpers import ROOT
from tests.layer_samples import sample


def net(listing: str, shape: str | None = None) -> Network:
    return load_network(None, listing, shape, None)


def rows(found: Worked) -> list[tuple[str, int | None]]:
    return [(shown_shape(done.output), integer(done.parameters)) for done in found.layers]


def printed(name: str) -> str:
    """The text of a printed model of the test data."""
    return (ROOT / "tests" / "data" / f"{name}.txt").read_text("utf-8")


# ---- the exams


def test_the_9x9_network_is_worked() -> None:
    derivation, error = shapes(load_network("umass-682/7.1", None, None, None), {}, Count())
    assert error is None
    written = render(derivation, Look())
    assert "height     = width = ⌊(9 + 2·1 - 3)/1⌋ + 1 = 9" in written
    assert "parameters = (3·3·1 + 1)·10 = 100" in written
    assert "shapes are height × width × channels" in written
    assert "9×9×10" in written


def test_unknowns_are_settled_by_their_neighbours() -> None:
    derivation, _ = shapes(load_network("tum-2022/4", None, None, None), {"n": Num("19")}, Count())
    written = render(derivation, Look())
    assert "k = 16·7·7 = 784" in written
    table = written.split("Solutions, tried up to k₁ = 7, s₁ = 4 and p₁ = 5:")[1].split("\n")[3:7]
    assert [line.split() for line in table] == [["1", "1", "0"], ["3", "1", "1"], ["5", "1", "2"], ["7", "1", "3"]]


def test_a_receptive_field_is_worked_both_ways() -> None:
    derivation, _ = shapes(load_network("uio-2021/5b", None, None, None), {}, Count(field_of="l3"))
    written = render(derivation, Look())
    assert [
        line.split("= ")[-1] for line in written.split("The receptive field of l3")[1].split("\n") if "=" in line
    ] == [
        "3",
        "11",
        "23",
        "3",
        "11",
        "23",
    ]
    assert "= 11 + (3 - 1)·6 = 23" in written
    assert "= (11 - 1)·2 + 3 = 23" in written


def seen_by(listing: str, shape: str, name: str) -> list[str]:
    """What one unit of a layer sees, line by line."""
    layer, unit = unit_named(name)
    written = render(shapes(net(listing, shape), {}, Count(field_of=layer, unit=unit))[0], Look())
    lines = written.split("What unit")[1].split("Totals")[0].split("\n")[3:-2]
    return [" ".join(line.split()) for line in lines]


def test_a_unit_sees_an_interval() -> None:
    stack = "l1 = Conv1d(1, 1, 3, stride=2)\nl2 = Conv1d(1, 1, 5, stride=3)\nl3 = Conv1d(1, 1, 3)"
    assert seen_by(stack, "1x100", "l3[2]") == ["first_position = 0 + 2·6 = 12", "last_position = 22 + 2·6 = 34"]
    assert seen_by("Conv2d(1, 1, 3, padding=1)", "1x8x10", "1[0, 4]") == [
        "first_row = -1 + 0·1 = -1", "last_row = 1 + 0·1 = 1", "of these, the rows from 0 to 1 are the input, the rest "
                                                               "padding",
        "first_column = -1 + 4·1 = 3", "last_column = 1 + 4·1 = 5",
    ]  # fmt: skip


def test_units_behind_enlarging_layers_are_not_guessed() -> None:
    layer, unit = unit_named("1[1]")
    with pytest.raises(StepperError, match="not known here"):
        shapes(net("Upsample(scale_factor=2)", "1x8x8"), {}, Count(field_of=layer, unit=unit))
    seen = fields(work(net("Upsample(scale_factor=2) -> Conv2d(1, 1, 2)", "1x8x8"), {}).layers)["2"]
    assert seen is not None
    assert seen.units == 2


@pytest.mark.parametrize(("padding", "kernel", "start"), [("'same'", 3, -1), ("'same'", 4, -1), ("2", 5, -2)])
def test_same_padding_has_a_start(padding: str, kernel: int, start: int) -> None:
    seen = fields(work(net(f"Conv2d(1, 1, {kernel}, padding={padding})", "1x8x8"), {}).layers)["1"]
    assert seen is not None
    assert (int(seen.start), seen.units) == (start, kernel)


@pytest.mark.parametrize("name", ["1[8]", "1[0, 10]", "2[0]"])
def test_a_unit_that_is_none_is_refused(name: str) -> None:
    layer, unit = unit_named(name)
    with pytest.raises(StepperError):
        shapes(net("Conv2d(1, 1, 3, padding=1)", "1x8x10"), {}, Count(field_of=layer, unit=unit))


# ---- dialects


@pytest.mark.parametrize(
    ("listing", "shape", "expected"),
    [
        ("a - Conv2d(1, 10, 3, padding=1)\nb - ReLU()", "1x9x9", [("10x9x9", 100), ("10x9x9", 0)]),
        ("(0): Conv2d(1, 10, kernel_size=(3, 3), stride=(1, 1))", "1x9x9", [("10x7x7", 100)]),
        ("net = nn.Sequential(\n  nn.Conv2d(1, 4, 3),\n  nn.Flatten(),\n)", "1x5x5", [("4x3x3", 40), ("36", 0)]),
        ("nn.Sequential(OrderedDict([('c', nn.Conv2d(1, 4, 3)), ('r', nn.ReLU())]))", "1x5x5",
            [("4x3x3", 40), ("4x3x3", 0)]),
        ("- Conv2d(2, 8, 3) -> MaxPool2d(2)\n- ReLU()", "2x28x28", [("8x26x26", 152), ("8x13x13", 0), ("8x13x13", 0)]),
        ("32x32x3 -> CONV3-64 -> POOL2 -> FC-10", None, [("64x32x32", 1792), ("64x16x16", 0), ("10", 163850)]),
        ("CONV-9-32\nPOOL-2\nFC-3", "3x128x128", [("32x120x120", 7808), ("32x60x60", 0), ("3", 345603)]),
        ("28x28x1 -> 32C3 -> MP2 -> 10", None, [("32x26x26", 320), ("32x13x13", 0), ("10", 54090)]),
        ("[CONV3-8 -> ReLU]*2 -> POOL2", "3x8x8",
            [("8x8x8", 224), ("8x8x8", 0), ("8x8x8", 584), ("8x8x8", 0), ("8x4x4", 0)]),
        ("SeparableConv2D(16, 3)", "8x10x10", [("16x8x8", 216)]),
        ("DepthwiseConv2D(3, padding='same')", "8x10x10", [("8x10x10", 80)]),
        ("TransformerDecoderLayer(8, 2, 16)", "5x8", [("5x8", 904)]),
        ("6-4-2-4-6", None, [("4", 28), ("2", 10), ("4", 12), ("6", 30)]),
        ("model.add(Conv2D(16, (4, 4), strides=(2, 2), input_shape=(32, 32, 3)))", None, [("16x15x15", 784)]),
        ("Conv2D(8, 3, strides=2, padding='same')", "3x15x15", [("8x8x8", 224)]),
        ("2 x Linear(4, 4)", "4", [("4", 20), ("4", 20)]),
        ("Embedding(100, 16) -> LSTM(16, 8)", "7", [("7x16", 1600), ("7x8", 832)]),
        ("layout: HWC\nConv2D(8, 3)\nDense(10)", "32x32x3", [("8x30x30", 224), ("10x30x30", 90)]),
        ("layout: HWC\nDense(6272)\nReshape((7, 7, 128))\nConv2D(64, 3, padding='SAME')", "100",
         [("6272", 633472), ("128x7x7", 0), ("64x7x7", 73792)]),
        ("layout: HWC\nEmbedding(100, 16)\nConv1D(8, 3)", "7", [("16x7", 1600), ("8x5", 392)]),
        ("MaxPool2d(2, stride=None)", "3x9x9", [("3x4x4", 0)]),
        ("LeakyReLU(0.2) -> Hardtanh(0, 6)", "4", [("4", 0), ("4", 0)]),
    ],
)  # fmt: skip
def test_a_listing_is_read_as_it_stands(listing: str, shape: str | None, expected: list[tuple[str, int]]) -> None:
    found = work(net(listing, shape), {})
    assert rows(found) == expected


MODULE = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), nn.ReLU())
        self.fc = nn.Linear(1024, 10)

    def forward(self, x):
        x_res = x
        x = self.conv(x) + x_res
        x = torch.cat([x, F.relu(x_res)], dim=1)
        x = F.max_pool2d(x, 2)
        x = x.view(x.size(0), -1)
        return self.fc(x)
"""


def test_a_class_is_followed_not_run() -> None:
    found = work(load_network(None, MODULE, "8x16x16", None), {})
    assert [done.layer.kind for done in found.layers] == [
        "Conv2d",
        "ReLU",
        "Add",
        "ReLU",
        "Concat",
        "MaxPool2d",
        "Flatten",
        "Linear",
    ]
    assert rows(found)[-1] == ("10", 10250)
    assert found.layers[4].layer.reads == ("3", "4")


@pytest.mark.parametrize(
    ("forward", "shape", "expected"),
    [
        ("return torch.cat([x, self.c(x)], dim=2)", "8x4x4", "8x8x4"),
        ("return torch.cat((x, x, x), 1)", "8x4x4", "24x4x4"),
        ("return torch.cat([x, F.leaky_relu(x, 0.2)], axis=1)", "8x4x4", "16x4x4"),
        ("return F.max_pool2d(x, 3, 2, 1, 1, True)", "8x8x8", "8x5x5"),
        ("return torch.nn.functional.relu(torch.add(x, self.c(x)))", "8x4x4", "8x4x4"),
        ("return F.dropout(x.relu(), 0.5, self.training)", "8x4x4", "8x4x4"),
        ("return x.view(-1, 16, 2, 4)", "8x4x4", "16x2x4"),
        ("return x.reshape(x.size(0), 4, -1)", "8x4x4", "4x32"),
        ("return x.view(x.size(0), -1)", "8x4x4", "128"),
        ("return torch.flatten(x, 2)", "8x4x4", "8x16"),
        ("return x.flatten(1, 2)", "8x4x4", "32x4"),
    ],
)
def test_what_forward_does_with_axes_is_followed(forward: str, shape: str, expected: str) -> None:
    module = (
        "class Net(nn.Module):\n  def __init__(self):\n"
        f"    self.c = nn.Conv2d(8, 8, 1)\n  def forward(self, x):\n    {forward}"
    )
    found = work(net(module, shape), {})
    assert not found.problems
    assert shown_shape(found.layers[-1].output) == expected


def test_a_layer_that_is_used_twice_is_counted_once() -> None:
    module = MODULE.replace("x = self.conv(x) + x_res", "x = self.conv(self.conv(x))")
    found = work(net(module, "8x16x16"), {})
    assert [integer(done.parameters) for done in found.layers if done.layer.kind == "Conv2d"] == [584, 0]
    assert found.layers[2].notes == (("the weights are those of conv.0, counted there",),)


def test_a_layer_without_weights_that_is_used_twice_has_none_to_be_told_of() -> None:
    module = (
        "class Net(nn.Module):\n  def __init__(self):\n    self.r = nn.ReLU()\n"
        "  def forward(self, x):\n    return self.r(self.r(x))"
    )
    found = work(net(module, "8x4x4"), {})
    assert [done.notes for done in found.layers] == [(), ()]


def test_claims_are_in_the_order_of_the_listing() -> None:
    found = work(net("layout: HWC\ninput: 5x6x3\nConv2d(3, 8, 1) -> 5x6x8"), {})
    assert [text(size) for size in found.layers[0].layer.claim or ()] == ["8", "5", "6"]
    derivation, _ = shapes(net("layout: HWC\ninput: 5x6x3\nConv2d(3, 8, 1) -> 8x5x6"), {}, Count(), judging())
    assert [check.ok for check in derivation.checks] == [False]


# ---- counting


@pytest.mark.parametrize(
    ("listing", "shape", "macs"),
    [
        ("Linear(3, 8)", "5x10x3", 1_200),
        ("Conv2d(3, 8, 3, padding=1)", "3x32x32", 221_184),
        ("Conv2d(8, 8, 3, padding=1, groups=8)", "8x32x32", 73_728),
        ("ConvTranspose2d(8, 4, 4, stride=2, padding=1)", "8x16x16", 131_072),
        ("LSTM(10, 20)", "7x10", 16_800),
        ("MultiheadAttention(64, 8)", "16x64", 294_912),
        ("BatchNorm2d(8)", "8x32x32", 0),
        ("AvgPool2d(2)", "8x32x32", 0),
    ],
)
def test_multiply_adds_are_those_counted_by_hand(listing: str, shape: str, macs: int) -> None:
    """The column "by hand" of the layers on which counting tools disagree; the LSTM for one sequence."""
    assert integer(totals_of(work(net(listing, shape), {}))["macs"]) == macs


def test_flops_are_two_a_multiply_add() -> None:
    derivation, _ = shapes(net("Linear(3, 8)", "3"), {}, Count(flops=True))
    assert "1 multiply-add = 2 floating point operations" in render(derivation, Look())
    assert " 48" in render(derivation, Look())


def test_biases_are_counted_on_request_and_left_out_on_request() -> None:
    conv = net("Conv2d(3, 8, 3, padding=1)", "3x32x32")
    assert integer(totals_of(work(conv, {}), Count(bias_adds=True))["macs"]) == 229_376
    assert integer(totals_of(work(conv, {}, biases=False))["parameters"]) == 216
    assert "no layer has biases" in render(shapes(conv, {}, Count(biases=False))[0], Look())


def test_a_claim_in_the_listing_is_checked() -> None:
    derivation, _ = shapes(
        net("Conv2d(1, 6, 5) -> 6x28x28\nMaxPool2d(2) -> 6x15x15", "1x32x32"), {}, Count(), judging()
    )
    assert [(check.of, check.ok) for check in derivation.checks] == [("shape(1)", True), ("shape(2)", False)]
    assert "wrong: it is 6×14×14" in render(derivation, Look())


def test_a_stated_number_in_a_chain_is_of_the_layer_that_has_weights() -> None:
    found = work(net("Conv2d(1, 2, 3) -> ReLU() -> 2x7x7; 20 parameters", "1x9x9"), {})
    assert [len(done.layer.claims) for done in found.layers] == [1, 0]


def test_what_is_lost_is_said() -> None:
    written = render(shapes(net("MaxPool2d(3)", "1x28x28"), {}, Count())[0], Look())
    assert "the last of 28 along an axis is never used" in written
    written = render(shapes(net("MaxPool2d(2, 2, padding=1, ceil_mode=True)", "1x5x5"), {}, Count())[0], Look())
    assert "a last window along an axis would start in the padding and is left out" in written


def test_an_unknown_kernel_is_solved_from_the_size_after() -> None:
    derivation, _ = shapes(net("Conv2d(1, 6, ?) -> 6x28x28", "1x32x32"), {}, Count())
    assert "k₁ = 5" in render(derivation, Look())
    assert "parameters = (5·5·1 + 1)·6 = 156" in render(derivation, Look())


def test_the_figure_of_lenet_is_solved() -> None:
    """Which kernels the figure means, and the parameters that its layers then have (fully connected C3, C5 dense)."""
    figure = (
        "Input 32x32 -> C1: 6@28x28 -> S2: 6@14x14 -> C3: 16@10x10 -> S4: 16@5x5 -> C5: 120 -> F6: 84 -> Output: 10"
    )
    found = work(net(figure), {})
    assert not found.problems
    assert rows(found) == [
        ("6x28x28", 156), ("6x14x14", 0), ("16x10x10", 2416), ("16x5x5", 0), ("120", 48120), ("84", 10164), ("10", 850),
    ]  # fmt: skip
    assert number(totals_of(found)["parameters"]) == 61_706


@pytest.mark.parametrize(
    ("listing", "shape", "letter", "choices"),
    [
        ("Conv2d(1, 8, 5, stride=2) -> 8x12x12", "1xnxn", "n", [27, 28]),
        ("Conv2d(1, 8, 5, stride=2, padding=p) -> 8x10x10", "1x20x20", "p", [2]),
        ("Conv2d(1, 8, 4, padding=p) -> 8x28x28", "1x28x28", "p", []),
        ("Conv2d(1, 8, k) -> MaxPool2d(2) -> 8x12x12", "1x28x28", "k", [4, 5]),
        ("Conv2d(1, 8, k) -> MaxPool2d(2) -> 8x12x12 -> Conv2d(8, 8, k) -> 8x8x8", "1x28x28", "k", [5]),
        ("Conv2d(1, 8, 3, stride=s) -> 8x5x5", "1x28x28", "s", [6]),
        ("Conv2d(1, 8, 3, dilation=d) -> 8x20x20", "1x28x28", "d", [4]),
        ("AvgPool2d(k) -> 8x14x14", "8x28x28", "k", [2]),
        ("MaxPool2d(2, ceil_mode=True) -> 8x6x6", "8xnxn", "n", [11, 12]),
        ("ConvTranspose2d(1, 8, 3, stride=2, output_padding=q) -> 8x18x18", "1x8x8", "q", [1]),
        ("Conv2d(1, m, 5) -> 6x24x24", "1x28x28", "m", [6]),
        ("Conv1d(1, 4, 3) -> 4x2000", "1xn", "n", [2002]),
        ("Conv2d(1, 2, k) -> 20 parameters", "1x9x9", "k", [3]),
        ("Conv1d(2, 2, 3, stride=a, padding=1) -> AvgPool1d(3, stride=1, ceil_mode=1) -> 2x2", "2x8", "a", [2]),
        ("MaxPool1d(3, stride=a, padding=1, ceil_mode=1) -> 2x3", "2x11", "a", [4, 5]),
        ("AvgPool1d(4, stride=a, ceil_mode=1) -> 2x11", "2x23", "a", [2]),
        ("Conv2d(1, 4, 3, stride=s) -> Flatten() -> Linear(64, 10)", "1x10x10", "s", [2]),
        ("Conv2d(1, 16, 5) -> MaxPool2d(2) -> Flatten() -> Linear(2304, 10)", "1xnxn", "n", [28, 29]),
    ],
)
def test_a_letter_is_solved_from_the_sizes_that_are_stated(
    listing: str, shape: str, letter: str, choices: list[int]
) -> None:
    found = work(net(listing, shape), {})
    (solution,) = found.solved
    assert [text(name) for name in solution.unknowns] == [letter]
    assert [choice[0] for choice in solution.choices] == choices
    assert bool(found.problems) is not bool(choices)


@settings(deadline=None, max_examples=40)
@given(
    n=st.integers(5, 40),
    k=st.integers(1, 5),
    s=st.integers(1, 4),
    p=st.integers(0, 2),
    d=st.integers(1, 2),
    data=st.data(),
)
def test_the_set_of_a_letter_is_what_trying_all_gives(
    n: int, k: int, s: int, p: int, d: int, data: st.DataObject
) -> None:
    """The inequalities end where trying every integer ends, for each setting of a convolution and of the input."""
    right = (n + 2 * p - d * (k - 1) - 1) // s + 1
    if right < 1:
        return
    letter = data.draw(st.sampled_from("nkspd"))
    put_in: dict[Expr, Expr] = {
        parse(name): Num(str(value)) for name, value in {"n": n, "k": k, "s": s, "p": p, "d": d}.items()
    }
    del put_in[parse(letter)]
    formula = substitute(parse("floor((n + 2*p - (d*(k - 1) + 1))/s) + 1"), put_in)
    inverse = invert(formula, Sym(letter), Fraction(right))
    least = 0 if letter == "p" else 1
    end = 120  # far beyond what any of these sizes can be made of
    tried = [x for x in range(least, end) if integer(settle(formula, {parse(letter): Num(str(x))})) == right]
    if inverse.span is None:
        assert k == 1 or n + 2 * p == d * (k - 1) + 1  # d does not matter then, and s does not
        return
    first, last = inverse.span.first, inverse.span.last
    assert max(first or 0, last or 0) < end
    found = range(least if first is None else max(first, least), end if last is None else min(last + 1, end))
    assert list(found) == tried


def test_letters_of_a_layer_that_is_not_known_are_not_solved() -> None:
    found = work(net("Conv2d(1, 2, 3) -> Foo() -> Conv2d(9, 2, 3) -> 2x5x5", "1x9x9"), {})
    assert [problem.what for problem in found.problems] == ["'Foo' is not a known layer"]
    assert not found.solved


def test_all_strides_from_some_on_may_fit() -> None:
    (solution,) = work(net("Conv2d(1, 8, 3, stride=s) -> 8x1x1", "1x9x9"), {}).solved
    assert solution.endless
    assert solution.choices[0] == (7,)


def test_what_was_not_tried_is_not_said_to_be_impossible() -> None:
    found = work(net("Conv2d(1, 8, k, stride=s) -> 8x4x4", "1x24x24"), {})
    assert not found.problems
    assert not found.known
    written = render(shapes(net("Conv2d(1, 8, k, stride=s) -> 8x4x4", "1x24x24"), {}, Count())[0], Look())
    assert "No value fits, tried up to k = 7 and s = 4." in written


def test_a_letter_that_a_neighbour_settles_is_put_in_everywhere() -> None:
    found = work(net("Conv2d(1, n, 3) -> Conv2d(8, 4, 3)", "1x9x9"), {})
    assert rows(found) == [("8x7x7", 80), ("4x5x5", 292)]
    assert [text(value) for value in found.known.values()] == ["8"]


def test_what_nothing_says_is_not_solved() -> None:
    with pytest.raises(StepperError, match="nothing in the listing says what q is"):
        shapes(net("Conv2d(1, 8, k) -> 8x24x24", "1x28x28"), {}, Count(solve=("q",)))


def test_no_solution_says_what_comes_near() -> None:
    found = work(net("Conv2d(1, 8, 4, padding=p) -> 8x28x28", "1x28x28"), {})
    assert found.problems[0].hint == "p = 1 gives 27; p = 2 gives 29; p = 0 gives 25"


# ---- mistakes


def test_three_mistakes_give_three_messages() -> None:
    found = work(net("Conv2d(1, 20, 5) -> Conv2d(21, 64, 3) -> Linear(9216, 128) -> Linear(100, 10)", "1x30x30"), {})
    assert len(found.problems) == 3
    assert [problem.hint for problem in found.problems] == [
        "write 20 for 21", "9216 = 64 * 12 * 12: a MaxPool2d(2) and a Flatten() are missing before it",
        "write 128 for 100",
    ]  # fmt: skip
    assert len(found.layers) == 1


@pytest.mark.parametrize(
    ("listing", "shape", "what"),
    [
        ("Conv2d(1, 2, 3, stride=0)", "1x9x9", "a stride is at least 1"),
        ("Conv2d(1, 2, 9)", "1x5x5", "the kernel is larger than the padded input"),
        ("MaxPool2d(2, padding=2)", "1x5x5", "at most half its kernel"),
        ("Conv2d(3, 4, 3, groups=2)", "3x9x9", "groups do not divide"),
        (
            "Conv2d(1, 2, 3, stride=2, padding='same')",
            "1x9x9",
            "padding='same' is not defined with a stride other than 1",
        ),
        ("Linear(40, 2)", "10x2x2", "it expects 40, but gets 2"),
        ("Conv2d(1, 2, 3)", "9", "an input of 1 axis"),
        ("Linear(relu7(2), 4)", "2", "relu7(...), which makes no integers"),
        ("Linear(exp(2), 4)", "2", "exp(...), which makes no integers"),
        ("GroupNorm(3, 4)", "4x2x2", "groups do not divide the channels"),
        ("LayerNorm(5)", "4x2x2", "normalized_shape is 5, and the last axes that come in are 2"),
        ("Reshape([3, 3])", "4x2x2", "the numbers of elements differ"),
        ("ZeroPad2d((1, 2, 3))", "4x2x2", "padding has 3 entries for 2 axes"),
        ("Conv2d(1, 8, 0)", "1x9x9", "kernel_size is 0, and must be an integer of at least 1"),
        ("Conv2d(1, 8, 2.5)", "1x9x9", "kernel_size is 2.5"),
        ("Conv2d(1, 8, 3, padding=-1)", "1x9x9", "padding is -1"),
        ("Linear(9, -3)", "9", "out_features is -3"),
        ("ReflectionPad2d(9)", "1x9x9", "a reflection needs more rows"),
        ("Fold((8, 8), 3)", "18x64", "the windows that come in are not those of this output"),
        ("Unflatten(1, (5, 2))", "12", "5x2 are not the 12 of axis 1"),
        ("Unflatten(1, (4, -1))", "9", "4x9/4 are not the 9 of axis 1"),
        ("Reshape([4, -1])", "9", "4x9/4 are not the 9 numbers of the input"),
        ("ChannelShuffle(3)", "8x4x4", "groups do not divide the channels"),
        (
            "Conv2d(3, 4, 3, padding=4, padding_mode='reflect')",
            "3x4x4",
            "the padding must be smaller than the input",
        ),
        (
            "Conv2d(3, 4, 9, padding='same', padding_mode='reflect')",
            "3x4x4",
            "the padding must be smaller than the input",
        ),
        ("Conv2d(3, 4, 3, padding_mode='mirror')", "3x4x4", "padding_mode is mirror, and must be one of zeros"),
        ("Upsample(scale_factor=2, mode='trilinear')", "3x9", "trilinear works on three axes beside the channels"),
        ("BatchNorm1d(3)", "3x9x9", "an input of 3 axes"),
        ("BatchNorm3d(3)", "3x9x9", "an input of 3 axes"),
        ("FractionalMaxPool2d(3, output_size=9)", "3x9x9", "the windows of this kernel do not fit"),
        ("LSTM(4, 3, proj_size=3)", "5x4", "what is projected is smaller than the hidden state"),
        ("InstanceNorm1d(5)", "5x1", "one number per channel has no spread"),
        ("GLU(dim=1)", "5x6", "it halves an axis, whose size is odd"),
        ("Softmax(dim=3)", "5x6", "there is no axis 3"),
        ("PReLU(3)", "5x6", "there is one slope, or one for each channel"),
        ("LSTM(4, 3)", "4", "an input of 1 axis"),
        ("[Upsample(scale_factor=999999)]*9", "3x32x32", "a size is larger than 10^15"),
        (
            "[MaxPooling2D(3, padding='same') -> MaxPooling2D(3)]*60",
            "3xnxn",
            "its size is too long to be written with letters",
        ),
    ],
)
def test_what_cannot_be_is_refused(listing: str, shape: str, what: str) -> None:
    found = work(net(listing, shape), {})
    assert found.problems
    assert what in found.problems[0].what


@pytest.mark.parametrize(
    ("listing", "what"),
    [
        ("Conv2d(1, 2, 3)\nConf2d(2, 3)\nRelu7()", "did you mean 'Conv2d'?"),
        ("Conv2d(1, 2, 3, kernel=3)", "Conv2d has no setting 'kernel'"),
        ("Conv2d(1, 2, (3", "a bracket that opens here is never closed"),
        ("", "there is no layer here"),
        ("layout: WHC\nReLU()", "'WHC' is not a layout"),
        ("Linear(2, 3, True, 5)", "Linear takes at most 3 settings"),
        ("input: 8²6x3x3\nReLU()", "is not a shape"),
        ("Conv2d(1, 2, $)", "is not a value for kernel_size"),
        ("[[]*200000]*200000", "there is no layer here"),
        ("[" * 3000 + "]" * 3000, "brackets are nested more than 20 deep here"),
        ("\n".join(["(a): Sequential("] * 3000), "modules are nested more than 100 deep here"),
        ("Upsample(scale_factor=1e300)", "the number for scale_factor of Upsample is too large"),
    ],
)
def test_a_broken_listing_is_told(listing: str, what: str) -> None:
    with pytest.raises(StepperError) as caught:
        read_network(listing, "net.txt")
    assert what in str(caught.value)


def test_an_input_that_nothing_tells_is_asked_for() -> None:
    with pytest.raises(StepperError) as caught:
        work(net("Flatten -> Linear(4, 2)"), {})
    assert "say it with --input, such as --input 3x224x224" in str(caught.value)


# ---- laws


def test_symbols_pass_through() -> None:
    found = work(net("Conv2d(C, 8, 3, padding=1) -> MaxPool2d(2)", "C x H x W"), {})
    assert shown_shape(found.layers[0].output) == "8xHxW"
    assert shown_shape(found.layers[1].output) == "8xfloor(H/2)xfloor(W/2)"


@pytest.mark.parametrize("row", LAYER_ROWS.values(), ids=lambda row: row.name)
def test_every_row_says_what_it_is_and_counts_what_it_holds(row: Row) -> None:
    assert row.source
    for _, default, _ in row.signature():
        assert not default or parse(default) is not None
    if row.counted:
        sizes = {
            "inp": "6",
            "out": "10",
            "g": "2",
            "affine": "1",
            "E": "4",
            "N": "5",
            "num_channels": "8",
            "k": "[3, 3]",
            "O": "[4, 5]",
        }
        sizes |= {"reset_after": "1"}
        env: dict[Expr, Expr] = {parse(name): parse(size) for name, size in sizes.items()}
        whole = settle(parse(f"({row.weights}) + ({row.biases or 0})"), env)
        assert settle(parse(row.counted), env) == whole


@pytest.mark.parametrize("row", [row for row in LAYER_ROWS.values() if row.weight_arrays], ids=lambda row: row.name)
def test_the_arrays_of_a_row_hold_what_it_counts(row: Row) -> None:
    """With one layer in one direction, the sizes of weights and of biases multiply up to their counts."""
    sizes = {
        "inp": "6", "out": "10", "g": "2", "affine": "1", "E": "4", "N": "5", "num_channels": "8", "k": "[3, 2]",
        "V": "7", "H": "3", "R": "3",
        "layers": "1", "D": "1", "proj_size": "0", "normalized_shape": "[4, 5]", "elementwise_affine": "1",
        "num_parameters": "4", "in1_features": "3", "in2_features": "5",
    }  # fmt: skip
    env: dict[Expr, Expr] = {parse(name): parse(size) for name, size in sizes.items()}
    for arrays, counted in ((row.weight_arrays, row.weights), (row.bias_arrays, row.biases)):
        found = arrays_of(replace(row, weight_arrays=arrays, bias_arrays=""), env, Num("1"), Num("1"))
        assert settle(parse(counted or "0"), env) == total([product(shape) for shape in found.values()])


@pytest.mark.parametrize(
    ("name", "parameters", "field"),
    [
        ("vgg16", 138_357_544, {"features.30": 212}),
        ("resnet152", 60_192_808, {"layer4.2.add": 1451}),
        ("lenet5", 61_706, {"conv2": 14, "pool2": 16}),
    ],
)
def test_well_known_nets(name: str, parameters: int, field: dict[str, int]) -> None:
    found = work(read_network(printed(name), name), {})
    assert not found.problems
    assert number(totals_of(found)["parameters"]) == parameters
    seen = fields(found.layers)
    for layer, size in field.items():
        entry = seen[layer]
        assert entry is not None
        assert entry.size == size


def test_a_table_sums_up() -> None:
    found = work(read_network(printed("vgg16"), "vgg16"), {})
    totals = totals_of(found)
    assert integer(totals["weights"]) == sum(integer(done.weights) or 0 for done in found.layers)
    assert text(totals["macs"]) == "15470264320"


def padded(axis: Mapping[Expr, Expr], out: Expr) -> Expr:
    """What must stand around an axis for windows of a size to begin at every stride of it."""
    n, s, kernel, outs = (integer(size) or 0 for size in (axis[Sym("n")], axis[Sym("s")], axis[Sym("K")], out))
    return Num(str(max(0, (outs - 1) * s + kernel - n)))


def unshared(done: Done) -> Expr:
    """As many numbers as the weights of one output and its bias, for each output."""
    outputs, weights, biases = (integer(size) or 0 for size in (product(done.output), done.weights, done.biases))
    return Num(str(outputs * (weights + biases) // (integer(done.output[0]) or 1)))


@pytest.mark.parametrize("name", LAYER_ROWS)
def test_every_line_of_the_working_gives_what_the_layer_has(name: str) -> None:
    """Each line recomputes with the numbers that it shows, and its result is a size of the output, or the
    parameters.
    """
    listing, shape = sample(name)
    found = work(load_network(None, listing, shape, "CHW"), {})
    assert not found.problems, found.problems
    done = found.layers[-1]
    assert done.row.name == name
    sizes = [cell.value for cell in done.sizes] if done.row.merge else []
    sizes += [product(done.merged)] if done.row.last else []
    sizes += [
        padded(axis, size.value) for axis, size in zip(done.axes, done.sizes, strict=True) if SAME in axis.values()
    ]
    counts = [done.parameters, *([done.macs.value] if done.macs else []), *(cell.value for _, cell in done.helpers)]
    counts += [unshared(done)] if done.row.unshared else []
    steps = (
        [step for child in worked_lines(found)[0].children for step in (child, *child.children)]
        if worked_lines(found)
        else []
    )
    for equation in (block for step in steps for block in step.body if isinstance(block, Equation)):
        values = [settle(link.expr, {}) for link in equation.links if not isinstance(link.expr, Sym)]
        assert len(set(values)) == 1, text(equation.left)
        assert values[0] in {*done.output, *sizes, *counts}, (text(equation.left), values[0])


@pytest.mark.parametrize("name", LAZY)
def test_a_lazy_layer_is_the_layer_that_its_input_makes_of_it(name: str) -> None:
    eager, lazy = (work(load_network(None, *sample(kind), "CHW"), {}).layers[-1] for kind in (name, f"Lazy{name}"))
    assert (lazy.output, lazy.parameters) == (eager.output, eager.parameters)


@pytest.mark.parametrize(
    ("listing", "shape", "field_of"),
    [
        ("Linear(324, 2)", "4x9x9", ""),
        ("Conv2d(4, 2, 3)\nLinear(8, 2)\nReLU()", "4x9x9", "3"),
        ("Pool9()\nFoo()\nReLU()", "4", ""),
    ],
)
def test_nothing_is_shown_where_nothing_fits_or_what_is_asked_for_lies_behind_a_fault(
    listing: str, shape: str, field_of: str
) -> None:
    with pytest.raises(StepperError):
        shapes(net(listing, shape), {}, Count(field_of=field_of))


def test_a_table_that_ends_before_a_fault_says_so() -> None:
    derivation, error = shapes(net("Conv2d(1, 4, 3)\nLinear(324, 2)\nReLU()", "1x9x9"), {}, Count())
    written = " ".join(render(derivation, Look()).split())
    assert error is not None
    assert "2 What does not fit line 2: 2, Linear(324, 2): it expects 324, but gets 7" in written
    assert "so far 40" in written
    assert "total" not in written
    assert "total" not in [answer.name for answer in derivation.answers]


@pytest.mark.parametrize(
    ("listing", "shape", "output", "parameters"),
    [
        ("(0): Unflatten(dim=1, unflattened_size=(1, 14))\n(1): Linear(in_features=14, out_features=8, bias=True)",
            "14", "1x8", 120),
        ("(0): MaxPool2d(kernel_size=2)\n(1): Linear(in_features=12, out_features=8, bias=True)", "3x4x5", "8", 104),
        ("(0): GroupNorm(4, 8, eps=1e-05, affine=True, bias=True)", "8x5x5", "8x5x5", 16),
        ("(0): GroupNorm(4, 8, eps=1e-05, affine=True, bias=False)", "8x5x5", "8x5x5", 8),
        ("(0): InstanceNorm2d(8, eps=1e-05, momentum=0.1, affine=True, bias=False, track_running_stats=True)", "8x5x5",
            "8x5x5", 8),
        ("(0): RNN(4, 3, num_layers=2, batch_first=True)", "5x4", "5x3", 51),
        ("(0): Embedding(9, 4, padding_idx=0)", "5", "5x4", 36),
        ("(0): LazyConv2d(0, 4, kernel_size=(3, 3), stride=(1, 1))", "3x9x9", "4x7x7", 112),
        ("(0): TransformerEncoderLayer(\n(self_attn): MultiheadAttention(\n(out_proj): "
         "NonDynamicallyQuantizableLinear(in_features=4, "
         "out_features=4, bias=True)\n)\n(linear1): Linear(in_features=4, out_features=5, bias=True)\n)", "7x4", "7x4",
         145),
        ("(0): MultiheadAttention(\n(out_proj): NonDynamicallyQuantizableLinear(in_features=4, out_features=4, "
         "bias=False)\n)",
         "7x4", "7x4", 64),
    ],
)  # fmt: skip
def test_what_pytorch_prints_is_read(listing: str, shape: str, output: str, parameters: int) -> None:
    found = work(read_network(listing, "net.txt", "CHW", shape), {})
    assert not found.problems, found.problems
    assert (shown_shape(found.layers[-1].output), integer(totals_of(found)["parameters"])) == (output, parameters)


@pytest.mark.parametrize(
    ("listing", "shape", "layout", "said"),
    [
        ("Conv2d(4, 16, (3, 1))", "4x9x1", "CHW", "the first layer takes 4"),
        ("Conv2d(1, 16, 3)", "4x9x1", "HWC", "the first layer takes 1"),
        ("Conv1d(4, 16, 3)", "9x4", "HWC", "the first layer takes 4"),
        ("Conv2d(3, 16, 3)", "3x9x3", "CHW", "its smallest number comes first"),
        ("Conv2d(5, 16, 3)", "32x32x3", "HWC", "the other two sizes are equal"),
    ],
)
def test_an_input_is_read_as_it_fits(listing: str, shape: str, layout: str, said: str) -> None:
    network = net(listing, shape)
    assert network.layout == layout
    assert any(said in str(line) for line in network.said)


def test_an_input_of_many_digits_is_refused() -> None:
    with pytest.raises(StepperError, match="a size of the input has 400 digits"):
        work(net("Conv2d(3, 4, 3)", f"3x{'1' * 400}x5"), {})
