"""Laws of what may be asked of a network: each key and its answer, what is none, and how a layer's numbers are worked
in lines.
"""

from __future__ import annotations

import pytest

from stepper.core.formula import text
from stepper.core.parser import parse
from stepper.engine.answers.finding.network_lines import PARTS_TOLD
from stepper.engine.layers.counting import Count, totals_of
from stepper.engine.layers.facts import Facts, NotWorked
from stepper.engine.layers.network import work
from stepper.engine.layers.shapes import shapes
from stepper.engine.layers.worked_lines import worked_lines
from stepper.errors import StepperError
from stepper.tables.mistakes_in_shapes import BIASES, KERNEL, POSITIONS, SCALE, WEIGHTS
from tests.test_laws_claims import layer
from tests.test_laws_layers import net, told
from tests.test_laws_unknowns import words

NET = "c1 = Conv2d(2, 4, (3, 1), stride=(1, 2))\np = MaxPool2d(2)\nf = Flatten()\nl = Linear(60, 3)"
STOPS = "a = Linear(4, 3)\nb = Linear(5, 2)\nc = ReLU()"
MEET = "a = Conv1d(1, 1, 2, stride=2, from=input)\nb = Conv1d(1, 1, 11, from=input)\nc = Add(a, b)"
LETTERS = "a = Conv1d(1, 2, n, stride=s) -> 2x4\nb = Linear(4, m)\nc = Linear(5, k)"


def fact(listing: str, shape: str, key: str, count: Count | None = None) -> str | None:
    found = Facts(work(net(listing, shape), {}), count).fact(parse(key))
    return None if found is None else "x".join(map(text, found)) if isinstance(found, tuple) else text(found)


@pytest.mark.parametrize(
    ("keys", "answers"),
    [
        ("shape(c1) shape(p) shape(f) shape(l)", "4x10x6 4x5x3 60 3"), ("height(c1) height(p) height(f)", "10 5 None"),
        ("width(c1) width(p) width(f)", "6 3 None"),
        # what a unit sees, the whole input at most; where it begins and how far units are apart is known of a part only
        ("rf(c1) rf(p) rf(f) field(l)", "3 4 12 12"), ("jump(c1) jump(p) jump(l)", "1 2 None"),
        ("start(c1) start(l)", "0 None"), ("params(c1) parameters(p) params(l) params(total)", "28 0 183 211"),
        ("weights(c1) weights(total)", "24 204"), ("biases(c1) biases(total) buffers(c1) buffers(total)", "4 7 0 0"),
        ("macs(c1) macs(p) macs(l) macs(total)", "1440 0 180 1620"),
        ("numbers(c1) numbers(p) numbers(total)", "240 60 363"), ("weight(c1) bias(c1) weight(l)", "4x2x3x1 4 3x60"),
        # arithmetic of them
        ("params(c1)+2*params(l) -params(c1) params(c1)/2 rf(c1)*rf(l)", "394 -28 14 36"), ("choices(n)", "None"),
    ],
)  # fmt: skip
def test_what_is_asked_is_answered(keys: str, answers: str) -> None:
    assert [str(fact(NET, "2x12x11", key)) for key in keys.split()] == answers.split()


def test_where_paths_meet_that_do_not_see_alike_nothing_is_known() -> None:
    assert [fact(MEET, "1x20", f"{what}({name})") for name in "abc" for what in ("rf", "jump")] == [
        "2",
        "2",
        "11",
        "1",
        None,
        None,
    ]
    facts = Facts(work(net(MEET + "\nf = Flatten(from=a)", "1x20"), {}))
    assert [facts.sees_all(done) for done in facts.worked.layers] == [False, False, False, True]
    assert fact("l = Linear(4, 2)", "4", "rf(l)") == "4"


def test_a_letter_of_the_input_is_one_of_the_network() -> None:
    assert fact("AdaptiveAvgPool1d(1)", "4xn", "n") is None
    with pytest.raises(StepperError, match="is neither a letter"):
        fact("AdaptiveAvgPool1d(1)", "4xn", "m")


def test_operations_are_asked_for_as_they_are_counted() -> None:
    counts = (Count(), Count(flops=True), Count(bias_adds=True), Count(flops=True, bias_adds=True))
    assert [fact(NET, "2x12x12", "macs(l)", count) for count in counts] == ["180", "180", "183", "183"]
    assert [fact(NET, "2x12x12", "flops(l)", count) for count in counts] == ["360", "360", "363", "363"]
    assert text(totals_of(work(net(NET, "2x12x12"), {}))["macs"]) == "1620"


NONE, HINT = "is not an answer about a network", "such as shape(a), params(total), rf(c2)"
LETTER = "is neither a letter of this network nor a number of one of its layers"


@pytest.mark.parametrize(
    ("key", "what", "hint"),
    [
        ("shape(q)", "'q' is not a layer of this network", ""),
        ("params(c2)", "'c2' is not a layer of this network", ""),
        ("rf(total)", "'total' is not a layer of this network", ""), ("weight(f)", f"'weight(f)' {NONE}", HINT),
        ("foo(c1)", f"'foo(c1)' {NONE}", HINT), ("params(c1, l)", f"'params(c1, l)' {NONE}", HINT),
        ("2^3", f"'2^3' {NONE}", HINT), ("3", f"'3' {NONE}", HINT),
        ("params(c1)/0", "'params(c1)/0' is not a number of this network", ""),
        ("shape(c1) + 1", "'shape(c1) + 1' is not a number of this network", ""), ("n", f"'n' {LETTER}", HINT),
        ("jump(l) + 1", "'jump(l) + 1' is not a number of this network", ""),
        ("heigh", f"'heigh' {LETTER}", "did you mean 'height'?"),
        ("parms", f"'parms' {LETTER}", "did you mean 'params'?"), ("rf", f"'rf' {LETTER}", HINT),
        ("jump", f"'jump' {LETTER}", HINT),
    ],
)  # fmt: skip
def test_what_is_no_answer_is_refused(key: str, what: str, hint: str) -> None:
    with pytest.raises(StepperError) as caught:
        fact(NET, "2x12x12", key)
    (problem,) = caught.value.problems
    assert (problem.what, problem.hint) == (what, hint)


def test_a_layer_of_almost_that_name_is_pointed_to() -> None:
    with pytest.raises(StepperError) as caught:
        fact("pool = MaxPool2d(2)", "2x12x12", "shape(pol)")
    assert [problem.hint for problem in caught.value.problems] == ["did you mean 'pool'?"]


def test_of_a_listing_that_does_not_fit_the_layers_before_are_known() -> None:
    assert [fact(STOPS, "4", key) for key in ("params(a)", "shape(a)", "rf(a)")] == ["15", "3", "4"]
    assert fact(STOPS, "4", "params(b)") == "12"  # as it is written: 5*2 + 2
    for key in ("shape(b)", "macs(b)", "shape(c)", "params(total)"):
        with pytest.raises(NotWorked, match="the sizes do not fit"):
            fact(STOPS, "4", key)
    with pytest.raises(StepperError, match="'d' is not a layer of this network") as caught:
        fact(STOPS, "4", "params(d)")
    assert not isinstance(caught.value, NotWorked)


@pytest.mark.parametrize(
    ("key", "answer"),
    [
        ("m", "5"), ("n", None), ("s", None), ("k", None), ("choices(n, s)", "[[2, 2], [3, 2], [6, 1]]"),
        ("choices(s, n)", "[[2, 2], [2, 3], [1, 6]]"), ("choices(s)", "[[2], [2], [1]]"), ("choices(n, m)", None),
        ("choices(m)", None),
    ],
)  # fmt: skip
def test_letters_are_answered_where_they_are_settled(key: str, answer: str | None) -> None:
    """All choices that fit else, each in the order of the letters that are asked for."""
    assert fact(LETTERS, "1x9", key) == answer


# ---- line by line


@pytest.mark.parametrize(
    ("listing", "shape", "layers"),
    [
        ("Conv2d(2, 4, (3, 5), padding=1, dilation=2)\nBatchNorm2d(4)\nReLU()\nFlatten()\nLinear(192, 3)", "2x10x12", {
            "1: Conv2d(2, 4, 3×5, p=1, d=2)": (
                ["K = 2*(3 - 1) + 1 = 5", "K = 2*(5 - 1) + 1 = 9", "height = floor((10 + 2*1 - 5)/1) + 1 = 8",
                 "width = floor((12 + 2*1 - 9)/1) + 1 = 6", "parameters = (3*5*2 + 1)*4 = 124"],
                ["macs = 8*6*4*3*5*2 = 5760", "weight is 4×2×3×5 and bias is 4"]),
            "2: BatchNorm2d(4)": (["parameters = 2*4 = 8"], ["weight is 4 and bias is 4"]),
            "4: Flatten": (["features = 4*8*6 = 192"], []),
            "5: Linear(192, 3)": (["parameters = (192 + 1)*3 = 579"],
                ["macs = 1*192*3 = 576", "weight is 3×192 and bias is 3"]),
        }),
        # axes that are worked alike share a line; arrays that a layer has not are not told
        ("Conv2d(2, 4, 3, bias=False)", "2x9x9", {"1: Conv2d(2, 4, 3, b=0)": (
            ["height = width = floor((9 + 2*0 - 3)/1) + 1 = 7", "parameters = 3*3*2*4 = 72"],
            ["macs = 7*7*4*3*3*2 = 3528", "weight is 4×2×3×3"])}),
        ("Conv1d(2, 4, 3)", "2x9", {"1: Conv1d(2, 4, 3)": (
            ["length = floor((9 + 2*0 - 3)/1) + 1 = 7", "parameters = (3*2 + 1)*4 = 28"],
            ["macs = 7*4*3*2 = 168", "weight is 4×2×3 and bias is 4"])}),
        ("Conv3d(1, 2, 3)", "1x5x6x7", {"1: Conv3d(1, 2, 3)": (
            ["depth = floor((5 + 2*0 - 3)/1) + 1 = 3", "height = floor((6 + 2*0 - 3)/1) + 1 = 4",
                "width = floor((7 + 2*0 - 3)/1) + 1 = 5",
             "parameters = (3*3*3*1 + 1)*2 = 56"],
                 ["macs = 3*4*5*2*3*3*3*1 = 3240", "weight is 2×1×3×3×3 and bias is 2"])}),
        ("GlobalAveragePooling2D()", "4x7x5",
            {"1: GlobalAveragePooling2D": (["height = width = 1", "features = 4*1*1 = 4"], [])}),
        # what is merged stands in the order of the listing, shapes of arrays as the framework has them
        ("layout: HWC\nConv2D(4, 3)\nFlatten()", "9x8x1", {
            "1: Conv2D(4, 3)": (["height = floor((9 + 2*0 - 3)/1) + 1 = 7", "width = floor((8 + 2*0 - 3)/1) + 1 = 6",
                                 "parameters = (3*3*1 + 1)*4 = 40"],
                                     ["macs = 7*6*4*3*3*1 = 1512", "kernel is 3×3×1×4 and bias is 4"]),
            "2: Flatten": (["features = 7*6*4 = 168"], [])}),
        ("PixelShuffle(2)", "8x4x4", {"1: PixelShuffle(2)": (
            ["height = width = 4*2 = 8", "channels = 8/2^2 = 2"], [])}),
        ("ReLU()", "4", {}),
    ],
)  # fmt: skip
def test_every_number_of_a_layer_is_worked(
    listing: str, shape: str, layers: dict[str, tuple[list[str], list[str]]]
) -> None:
    """A layer without numbers has no lines; multiply-adds and arrays are in full detail only."""
    found = worked_lines(work(net(listing, shape), {}))
    assert len(found) == bool(layers)
    told_of = {words(child.title): child for step in found for child in step.children}
    assert list(told_of) == list(layers)
    for title, (lines, more) in layers.items():
        assert told(told_of[title]) == [title, *lines]
        below = [inner for inner in told_of[title].children if inner.rule == "shapes.macs"]
        assert [told(inner) for inner in below] == ([more] if more else [])
        assert {inner.detail for inner in told_of[title].children} <= {"full"}


LAST, PLAIN = "norms, activations and pools are not counted", "1 multiply-add: one product added to a sum; biases, "


@pytest.mark.parametrize(
    ("listing", "shape", "count", "lines"),
    [
        ("Conv2d(2, 4, 3)\nMaxPool2d(2)\nConv2d(4, 2, 3, dilation=2)", "2x19x19", Count(), [
            "shapes are channels × height × width, without the batch",
            "the input is read with the channels first, since the first layer takes 2", PLAIN + LAST,
            "Conv2d, MaxPool2d: the output size is floor((n + 2*p - k)/s) + 1",
            "Conv2d: the output size is floor((n + 2*p - K)/s) + 1 with K = d*(k - 1) + 1",
            "n: input size, k: kernel size, s: stride, p: padding, d: dilation"]),
        ("Linear(4, 3)\nLinear(3, 2)", "4", Count(flops=True, bias_adds=True, biases=False), [
            "shapes are channels × height × width, without the batch", f"1 multiply-add = 2 floating point "
                                                                       f"operations; {LAST}",
            "adding a bias counts as one more", "no layer has biases", "Linear: acts on the last axis"]),
        ("Linear(4, 3)", "4", Count(flops=True), [
            "shapes are channels × height × width, without the batch", f"1 multiply-add = 2 floating point "
                                                                       f"operations; biases, {LAST}",
            "Linear: acts on the last axis"]),
        ("layout: HWC\nConv2D(4, 3, strides=2)", "9x9x1", Count(bias_adds=True), [
            "shapes are height × width × channels, without the batch", f"1 multiply-add: one product added to a sum; "
                                                                       f"{LAST}",
            "adding a bias counts as one more", "Conv2D: the output size is floor((n + 2*p - k)/s) + 1",
            "n: input size, k: kernel size, s: strides, p: padding"]),
        ("Upsample(size=(4, 4))", "1x2x2", Count(), [
            "shapes are channels × height × width, without the batch", PLAIN + LAST,
            "Upsample: the output size is size",
            "n: input size",
            "Upsample: a given size is taken as it is"]),
        ("Linear(n, 3)\nLinear(m, 2)", "4", Count(), [
            "shapes are channels × height × width, without the batch", "n = 4, m = 3, which the sizes tell: see "
                                                                       "Unknowns", PLAIN + LAST,
            "Linear: acts on the last axis"]),
    ],
)  # fmt: skip
def test_what_is_agreed_on_is_said(listing: str, shape: str, count: Count, lines: list[str]) -> None:
    """The order of axes, what is counted, what letters came to, and the formula of each kind of layer, once."""
    derivation, _ = shapes(net(listing, shape), {}, count)
    said = [words(line) for line in derivation.said()]
    assert [line for line in said if line in lines] == lines
    assert [line for line in said if line not in lines and "since" not in line] == []


@pytest.mark.parametrize(
    ("listing", "shape", "parts"),
    [
        ("Conv2d(3, 8, 5)", "3x9x9", {BIASES, WEIGHTS, KERNEL, POSITIONS}),
        ("Conv2d(3, 8, 1)", "3x9x9", {BIASES, WEIGHTS, POSITIONS}),
        ("Conv2d(3, 8, 2, bias=False)", "3x2x2", {WEIGHTS, KERNEL}),
        ("Conv2d(3, 8, 2)", "3x2x3", {BIASES, WEIGHTS, KERNEL, POSITIONS}),
        # a layer of neurons does the same at each place, where there are several
        ("Linear(9, 4)", "9", {BIASES, WEIGHTS}), ("Linear(9, 4)", "1x9", {BIASES, WEIGHTS}),
        ("Linear(9, 4)", "2x9", {BIASES, WEIGHTS, POSITIONS}), ("Linear(9, 4)", "3x9", {BIASES, WEIGHTS, POSITIONS}),
        ("BatchNorm2d(3)", "3x9x9", {BIASES, WEIGHTS, SCALE, POSITIONS}),
        ("MaxPool2d(3)", "3x9x9", {KERNEL, POSITIONS}),
        ("MaxPool2d(1)", "3x9x9", {POSITIONS}), ("ReLU()", "3x9x9", {POSITIONS}), ("Flatten()", "3x9x9", {POSITIONS}),
        ("Flatten()", "9", set()),
        ("Embedding(9, 4)", "7", {WEIGHTS}),
    ],
)  # fmt: skip
def test_which_parts_a_layer_has(listing: str, shape: str, parts: set[str]) -> None:
    """By its numbers: biases that are none are no part."""
    done = layer(listing, shape)
    assert {part for part, has in PARTS_TOLD.items() if has(done)} == parts
