"""Every row of mistakes in shapes has a listing where it is made and named; what is carried on from layer to layer."""

from __future__ import annotations

from pathlib import Path

import pytest

import stepper as st
from stepper.core.formula import text
from stepper.core.parser import parse
from stepper.core.working import Line, Side, Written
from stepper.engine.answers.checking.judged import Judged
from stepper.engine.answers.checking.network_subject import NetworkSubject
from stepper.engine.answers.checking.verdicts import verdicts
from stepper.engine.answers.finding.network_lines import axis, calculation
from stepper.engine.layers.facts import Facts
from stepper.engine.layers.network import work
from stepper.engine.layers.sizes import number
from stepper.engine.values.judging import Verdict
from stepper.read.checks import read_claim
from stepper.read.network import load_network
from stepper.tables.layers import LAYER_ROWS
from stepper.tables.mistake import Mistake
from stepper.tables.mistakes_in_shapes import SHAPE_MISTAKES
from tests.layer_samples import sample
from tests.test_claims import claim
from tests.test_laws_claims import words

STRIDED, PADDED = "Conv2d(3, 8, 5, stride=2)", "Conv2d(3, 8, 5, padding=2)"
UP, UP_PADDED = "ConvTranspose2d(2, 6, 3, stride=2)", "ConvTranspose2d(2, 6, 4, stride=2, padding=1)"
NORM, TABLE, CONV, DENSE = "BatchNorm2d(8)", "Embedding(100, 8)", "Conv2d(3, 8, 5)", "Linear(10, 5)"
TWO, THREE = "Conv2d(1, 2, 3, stride=2)\nConv2d(2, 2, 5, stride=3)", "Conv2d(1, 4, 3)\nConv2d(4, 6, 3)\nConv2d(6, 5, 3)"
FIRST = "Conv2d(1, 2, 3, stride=2)\nConv2d(2, 2, 5, stride=3)\nConv2d(2, 2, 3)"
MADE: tuple[tuple[str, str, str], ...] = (
    # sizes
    (STRIDED, "3x32x32", "shape(1) = 8x15x15"), ("MaxPool2d(2, ceil_mode=True)", "3x7x9", "shape(1) = 3x3x4"),
    (CONV, "3x32x32", "shape(1) = 8x27x27"), (PADDED, "3x32x32", "shape(1) = 8x28x28"),
    ("Conv2d(3, 8, 5, padding='same')", "3x32x32", "shape(1) = 8x28x28"),
    (PADDED, "3x32x32", "shape(1) = 8x30x30"), ("ZeroPad2d(3)", "2x8x9", "shape(1) = 2x11x12"),
    (UP_PADDED, "2x8x8", "shape(1) = 6x17x17"), (UP_PADDED, "2x8x8", "shape(1) = 6x20x20"),
    ("ConvTranspose2d(2, 6, 3, stride=2, output_padding=1)", "2x8x8", "shape(1) = 6x17x17"),
    (UP, "2x8x8", "shape(1) = 6x16x16"), (UP, "2x8x8", "shape(1) = 6x3x3"),
    ("Conv2d(3, 8, 4, stride=2)", "3x32x32", "shape(1) = 8x29x29"), ("MaxPool2d(2)", "6x28x28", "shape(1) = 6x27x27"),
    ("Conv2d(3, 8, 5, stride=2)", "3x35x35", "shape(1) = 8x7x7"),
    ("Conv2d(3, 8, 3, dilation=2)", "3x32x32", "shape(1) = 8x30x30"), (CONV, "3x32x32", "shape(1) = 8x32x32"),
    # channels and other axes
    (CONV, "3x32x32", "shape(1) = 3x28x28"), ("PixelShuffle(2)", "8x3x3", "shape(1) = 8x6x6"),
    ("PixelUnshuffle(2)", "3x6x6", "shape(1) = 3x3x3"), ("Unfold(3)", "2x6x6", "shape(1) = 2x16"),
    ("PixelShuffle(2)", "8x3x3", "shape(1) = 4x6x6"), ("PixelUnshuffle(2)", "3x6x6", "shape(1) = 6x3x3"),
    (CONV, "3x32x36", "shape(1) = 28x32x8"), ("layout: CHW\nFlatten()", "6x4x5", "shape(1) = 24"),
    ("layout: CHW\nFlatten()", "6x4x5", "shape(1) = 6"), (TABLE, "7", "shape(1) = 7x100"),
    # norms
    (NORM, "8x9x9", "params(1) = 8"), (NORM, "8x9x9", "params(1) = 2"), (NORM, "8x9x9", "params(1) = 32"),
    (NORM, "8x9x9", "params(1) = 1296"), ("GroupNorm(3, 9)", "9x4x4", "params(1) = 6"),
    # gates
    ("GRU(4, 5)", "7x4", "params(1) = 55"), ("LSTM(4, 5)", "7x4", "params(1) = 55"),
    ("LSTM(4, 5)", "7x4", "params(1) = 200"), ("RNN(4, 5)", "7x4", "params(1) = 30"),
    ("GRU(4, 5)", "7x4", "params(1) = 90"), ("LSTM(4, 5)", "7x4", "params(1) = 120"),
    # tables and windows
    (TABLE, "7", "params(1) = 808"), (TABLE, "7", "params(1) = 8"), (TABLE, "7", "params(1) = 108"),
    ("MaxPool2d(2)", "6x28x28", "params(1) = 4"), ("MaxPool2d(2)", "6x28x28", "params(1) = 24"),
    # weights and biases
    (CONV, "3x32x32", "params(1) = 600"), (CONV, "3x32x32", "params(1) = 208"),
    ("DepthwiseConv2D(3)", "9x9x5", "params(1) = 10"), (DENSE, "10", "params(1) = 10"),
    ("FC(7)", "4x3x3", "params(1) = 35"), (CONV, "3x32x32", "params(1) = 601"), (DENSE, "10", "params(1) = 51"),
    (CONV, "3x32x32", "params(1) = 603"), (CONV, "3x32x32", "params(1) = 624"),
    (CONV, "3x32x32", "params(1) = 76"), (DENSE, "10", "params(1) = 11"),
    ("Linear(10, 4)", "10", "params(1) = 50"), ("Linear(10, 5, bias=False)", "10", "params(1) = 55"),
    ("Conv2d(4, 8, 3, groups=4)", "4x9x9", "params(1) = 296"), (CONV, "3x32x32", "params(1) = 128"),
    ("Conv2d(3, 8, (5, 3))", "3x32x32", "params(1) = 80"), ("Conv3d(2, 4, 3)", "2x9x9x9", "params(1) = 76"),
    (CONV, "3x32x32", "params(1) = 32"), (CONV, "3x32x32", "weights(1) = 6000"),
    (CONV, "3x32x32", "params(1) = 6080"), (CONV, "3x32x32", "params(1) = 6000"),
    (CONV, "3x32x32", "weights(1) = 60"), (CONV, "3x32x32", "params(1) = 60.8"),
    (CONV, "3x32x32", "params(1) = 470400"), (CONV, "3x32x32", "weights(1) = 608"),
    # multiply-adds
    (CONV, "3x32x32", "macs(1) = 940800"), (CONV, "3x32x32", "macs(1) = 476672"), (CONV, "3x32x32", "macs(1) = 608"),
    (CONV, "3x32x32", "macs(1) = 600"),
    # receptive fields
    (TWO, "1x40x40", "rf(2) = 7"), (TWO, "1x40x40", "rf(2) = 13"), (TWO, "1x40x40", "rf(2) = 8"),
    (TWO, "1x40x40", "rf(2) = 27"), ("Conv2d(3, 8, 3, dilation=2)", "3x32x32", "rf(1) = 3"),
    (TWO, "1x40x40", "rf(2) = 5"), (FIRST, "1x60x60", "rf(3) = 31"),
    (TWO, "1x40x40", "rf(2) = 19"), (TWO, "1x40x40", "jump(2) = 2"), (TWO, "1x40x40", "jump(2) = 5"),
    (TWO, "1x40x40", "jump(2) = 3"),
    # all layers
    (THREE, "1x20x20", "params(total) = 315"), (THREE, "1x20x20", "params(total) = 222"),
    (THREE, "1x20x20", "params(total) = 759"),
)  # fmt: skip
"""A listing, its input, and the claim in which a row's mistake is made, row after row."""


def judged(listing: str, shape: str, *claims: str) -> list[Judged]:
    network = load_network(None, listing, shape, None)
    statements = [read_claim(claimed, network.layout) for claimed in claims]
    lines = [
        Line(place, "", (Written(statement.key, tuple(Side("", side) for side in statement.sides)),))
        for place, statement in enumerate(statements, start=1)
    ]
    return verdicts(NetworkSubject(Facts(work(network, {})), conventions=False), lines)


def test_every_row_has_a_listing_where_it_is_made() -> None:
    assert len(MADE) == len(SHAPE_MISTAKES)


@pytest.mark.parametrize(
    ("row", "made"), [*zip(SHAPE_MISTAKES, MADE, strict=False)], ids=lambda each: getattr(each, "name", "")
)
def test_a_mistake_is_named_where_it_is_made(row: Mistake, made: tuple[str, str, str]) -> None:
    """First, or beside what is the same there."""
    (found,) = judged(*made)
    assert found.outcome is not None
    first = [each.row for way in found.outcome.found[0].candidates for each in way] if found.outcome.found else []
    assert row in first, [each.says for each in first]


# ---- what is right, and what is carried on

LENET = """
c1 = Conv2d(1, 6, 5)
p1 = MaxPool2d(2)
c2 = Conv2d(6, 16, 5)
p2 = MaxPool2d(2)
f1 = FC(10)
"""
FACTS = ("weights", "biases", "params", "macs", "flops", "numbers", "rf", "jump", "start")


@pytest.mark.parametrize("name", LAYER_ROWS)
def test_the_lines_of_a_layer_come_to_what_is_right(name: str) -> None:
    """Its shape, what it holds and does, and what a unit covers, each by a line; a word for a size has none."""
    listing, shape = sample(name)
    facts = Facts(work(load_network(None, listing, shape, "CHW"), {}))
    made = calculation(facts, facts.worked.layers)
    for what in FACTS:
        found = facts.fact(parse(f"{what}(1)"))
        right = None if found is None or isinstance(found, tuple) else number(found)
        line = made.numbers.get(f"{what}(1)")
        assert line is None or right is None or float(line) == pytest.approx(float(right)), what
        assert line is not None or right is None or what in FACTS[-3:], what
    sizes = [made.numbers[f"{axis(place, len(found))}(1)"] for found in [facts.worked.layers[-1].output]
             for place in range(len(found))]  # fmt: skip
    assert sizes == [number(size) for size in facts.worked.layers[-1].output]


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        # a wrong size is carried on to the layers behind it, and to what is counted there
        (["shape(c1) = 6x23x23", "shape(p1) = 6x11x11"], "follows from shape(c1) = 6×23×23"),
        (["shape(p2) = 16x3x3", "params(f1) = 1450"], "follows from shape(p2) = 16×3×3"),
        (["params(c1) = 150", "params(total) = 5136"], "follows from params(c1) = 150"),
        (["rf(p1) = 10", "rf(c2) = 18"], "follows from rf(p1) = 10"),
    ],
)
def test_what_follows_from_a_wrong_number_is_not_wrong_again(claims: list[str], said: str) -> None:
    *_, last = judged(LENET, "1x28x28", *claims)
    assert last.verdict is Verdict.FOLLOWS
    assert words(last.note) == said


def test_a_mistake_that_is_made_before_is_found_behind() -> None:
    """That the biases are left out everywhere is told of the total, and where a shape went wrong of a later one."""
    _, total = claim(LENET, "1x28x28", "params(total) = 5110")
    assert total == (
        "it is 5142; 5110 is the result if the biases are left out, in layer c1, and likewise in c2 and f1: "
        "biases are parameters too"
    )
    (found,) = judged(LENET, "1x28x28", "params(f1) = 1450")
    assert found.outcome is not None
    assert {"1 left out"} == {name for each in found.outcome.found for name in each.names}


@pytest.mark.parametrize(
    ("listing", "shape", "claimed", "said"),
    [
        ("r = LSTM(4, 5)", "7x4", "params(r) = 200", "one bias is counted for each unit and gate, as in Keras"),
        (LENET, "1x28x28", "macs(c2) = 307200", "two for each multiply-add"),
        (LENET, "1x28x28", "macs(c2) = 154624", "as --count-bias does"),
    ],
)
def test_another_way_to_count_is_a_convention(
    listing: str, shape: str, claimed: str, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "net.txt"
    path.write_text(f"input: {shape}\n{listing}")
    (answer,) = st.check(path, [claimed]).derivation.answers
    assert answer.facts["verdict"] == "right under another convention"
    assert said in str(answer.facts["note"])


@pytest.mark.parametrize(
    ("claimed", "verdict", "said"),
    [
        ("7x6x4", "right", "7×6×4"),
        ("7x6x2", "wrong", "7×6×2 is the result if the channels are taken to stay the same"),
        ("4x7x6", "wrong", "4×7×6 is the result if the axes are in another order"), ("168", "right", "168"),
        ("8x7x4", "wrong", "shape(c) is 7×6×4"),
    ],
)  # fmt: skip
def test_a_shape_is_read_and_shown_in_the_order_of_the_listing(
    claimed: str, verdict: str, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "net.txt"
    path.write_text("layout: HWC\ninput: 9x8x2\nc = Conv2D(4, 3)\n")
    solution = st.check(path, [f"shape(c) = {claimed}"])
    (answer,) = solution.derivation.answers
    assert answer.facts["verdict"] == verdict
    assert said in str(solution)


# ---- what the listing says itself, and what is the same

SAID = """
c1 = Conv2d(1, 6, 5)
p1 = MaxPool2d(2)
c2 = Conv2d(6, 16, 5)
p2 = MaxPool2d(2)
fl = Flatten()
f1 = Linear(400, 10)
"""


def explained(listing: str, shape: str, *claims: str) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """The names and places of the mistakes that give the first claim, in the light of the others."""
    outcome = judged(listing, shape, *claims)[0].outcome
    assert outcome is not None
    return [(found.names, found.places) for found in outcome.found]


def test_a_wrong_size_is_carried_into_inputs_that_the_listing_says() -> None:
    *_, last = judged(SAID, "1x32x32", "shape(fl) = 16", "params(f1) = 170")
    assert last.verdict is Verdict.FOLLOWS
    assert words(last.note) == "follows from shape(fl) = 16"
    assert explained(SAID, "1x32x32", "params(f1) = 170", "shape(p2) = 16x5x5") == [(("map not flattened",), ("fl",))]


@pytest.mark.parametrize("count", ["170", "4010"])
def test_the_inputs_of_the_listing_may_be_taken_after_a_wrong_size(count: str) -> None:
    """Either what comes in is counted, or what the listing says."""
    found = explained(SAID, "1x32x32", "shape(fl) = 16", "shape(p2) = 16x5x5", f"params(f1) = {count}")
    assert found == [(("map not flattened",), ("fl",))]


def test_a_window_that_is_counted_reaches_the_total() -> None:
    assert explained(SAID, "1x32x32", "params(total) = 6590")[0] == (("window counted",), ("p1", "p2"))


def test_biases_among_the_weights_are_not_counted_twice() -> None:
    assert explained(SAID, "1x32x32", "weights(c2) = 2416")[0] == (("biases among the weights",), ("c2",))
    assert explained(SAID, "1x32x32", "params(c2) = 2432") == []


def test_the_axes_of_a_square_map_are_one_mistake() -> None:
    """That the height is left out, and that the width is, cannot be told apart."""
    (found, *_) = explained(SAID, "1x32x32", "shape(fl) = 80")
    assert found == (("axis left out",), ("fl",))


def test_mistakes_that_come_to_the_same_in_every_line_are_one() -> None:
    """With a padding and a stride of 1 the + 1 and one padding are the same."""
    assert explained("Conv2d(3, 8, 3, padding=1)", "3x32x32", "shape(1) = 8x31x31") == [
        (("1 left out", "padding on one side"), ("1",))
    ]


def test_layers_without_a_padding_are_not_said_to_have_one_left_out() -> None:
    """A pool comes between the two layers that have one."""
    listing = "a = Conv2d(3, 8, 5, padding=2)\nb = MaxPool2d(2)\nc = Conv2d(8, 8, 5, padding=2)"
    assert (("padding left out",), ("a", "c")) in explained(listing, "3x32x32", "shape(c) = 8x10x10")


@pytest.mark.parametrize(("given", "asked"), [((), "height(p1)"), (("height(c1) = 27",), None)])
def test_what_was_written_is_not_asked_for_again(given: tuple[str, ...], asked: str | None) -> None:
    *_, found = judged(SAID, "1x32x32", *given, "shape(c2) = 16x9x9")
    question = found.outcome.question if found.outcome is not None else None
    assert (None if question is None else text(question)) == asked
