"""Claims on networks: numbers by their digits, letters as polynomials, wrong ones with the slip that the layer
allows.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from stepper.core.formula import text
from stepper.core.network import Network, Statement
from stepper.core.steps import Check
from stepper.engine.answers.checking.claimed import judged, judging
from stepper.engine.answers.finding.network_lines import PARTS_TOLD
from stepper.engine.layers.counting import Count
from stepper.engine.layers.facts import Facts
from stepper.engine.layers.network import work
from stepper.engine.layers.shapes import shapes
from stepper.errors import FormulaError, StepperError
from stepper.read.bundled import answers_beside
from stepper.read.checks import read_claim
from stepper.read.files import listings
from stepper.read.network import load_network
from stepper.tables.mistakes_in_shapes import PARTS, SHAPE_MISTAKES


def net(listing: str, shape: str) -> Network:
    return load_network(None, listing, shape, None)


def judge(facts: Facts, statement: Statement) -> Check:
    """One claim by itself."""
    (check,) = judged(facts, [statement])
    return check


def claim(listing: str, shape: str, claimed: str) -> tuple[bool | None, str]:
    """Whether a claim is right, and what is said."""
    network = net(listing, shape)
    check = judge(Facts(work(network, {})), read_claim(claimed, network.layout))
    return check.ok, "".join(part if isinstance(part, str) else text(part) for part in check.note)


CONV, TRANSPOSED, POOL = "Conv2d(3, 7, 3, padding=1, stride=2)", "ConvTranspose2d(2, 6, 3, stride=2)", "MaxPool2d(2)"


@pytest.mark.parametrize(
    ("listing", "shape", "claimed", "slip"),
    [
        # norms
        ("Linear(30, 12) -> BatchNorm1d(12)", "30", "params(2) = 2", "one gamma and one beta are counted in all"),
        ("Linear(30, 12) -> BatchNorm1d(12)", "30", "params(2) = 12", "the scale gamma is counted alone"),
        ("BatchNorm2d(8)", "8x9x9", "params(1) = 32", "mean and variance are counted too"),
        ("BatchNorm2d(8)", "8x9x9", "params(1) = 1296", "a gamma and a beta are counted for each position"),
        ("LayerNorm(4)", "7x4", "params(1) = 2", "one gamma and one beta are counted in all"),
        ("GroupNorm(2, 8)", "8x9x9", "params(1) = 4", "a gamma and a beta are counted for each group"),
        # convolutions
        (CONV, "3x20x20", "shape(1) = 3x10x10", "the channels are taken to stay the same"),
        (CONV, "3x20x20", "shape(1) = 7x9x9", "the + 1 is left out"),
        (CONV, "3x20x20", "params(1) = 192", "a bias is counted for each input channel"),
        ("Conv2d(4, 8, 3, groups=4)", "4x9x9", "params(1) = 296", "the groups are left out"),
        # transposed: no + 1 in the formula
        (TRANSPOSED, "2x8x8", "shape(1) = 6x16x16", "the size is multiplied by the stride"),
        (TRANSPOSED, "2x8x8", "shape(1) = 6x3x3", "the formula of a convolution is taken"),
        (
            "ConvTranspose2d(2, 6, 3, stride=2, output_padding=1)",
            "2x8x8",
            "shape(1) = 6x17x17",
            "the output padding is left out",
        ),
        (
            "ConvTranspose2d(2, 6, 4, stride=2, padding=1)",
            "2x8x8",
            "shape(1) = 6x20x20",
            "the padding is added: a transposed convolution cuts it off",
        ),
        # pools have nothing to learn
        (POOL, "6x28x28", "params(1) = 4", "the window is counted"),
        (POOL, "6x28x28", "params(1) = 24", "the window is counted for each channel"),
        (POOL, "6x28x28", "shape(1) = 6x27x27", "the stride is left out"),
        ("MaxPool2d(2, ceil_mode=True)", "6x27x27", "shape(1) = 6x13x13", "the quotient is rounded down"),
        # dense
        ("Linear(10, 5)", "10", "params(1) = 50", "the biases are left out"),
        ("Linear(10, 5)", "10", "params(1) = 10", "the inputs are left out: each neuron has a weight for each of them"),
        (
            "Linear(10, 5)",
            "10",
            "params(1) = 51",
            "one bias is counted for the whole layer: there is one for each neuron",
        ),
        ("Linear(10, 5)", "10", "params(1) = 11", "the neurons are left out"),
        ("Linear(10, 5, bias=False)", "10", "params(1) = 55", "biases are counted: this layer has none"),
        # embeddings
        ("Embedding(100, 8)", "7", "params(1) = 808", "biases are counted: this layer has none"),
        ("Embedding(100, 8)", "7", "params(1) = 108", "rows and columns are added"),
        ("Embedding(100, 8)", "7", "params(1) = 8", "one vector is counted"),
        # recurrent
        ("LSTM(4, 5)", "7x4", "params(1) = 55", "the gates are left out: there are 4"),
        ("GRU(4, 5)", "7x4", "params(1) = 55", "the gates are left out: there are 3"),
        ("LSTM(4, 5)", "7x4", "params(1) = 200", "one bias is counted for each unit and gate"),
        ("RNN(4, 5)", "7x4", "params(1) = 45", "the biases are left out"),
        ("GRU(4, 5)", "7x4", "params(1) = 90", "the weights of the previous state are left out"),
        # channels that become places
        (
            "PixelShuffle(2)",
            "4x3x3",
            "shape(1) = 4x6x6",
            "the channels are taken to stay the same: several channels make one larger map",
        ),
        ("PixelShuffle(2)", "4x3x3", "shape(1) = 2x6x6", "the factor is not squared"),
    ],
)
def test_a_slip_is_named_of_a_layer_that_has_the_part(listing: str, shape: str, claimed: str, slip: str) -> None:
    ok, said = claim(listing, shape, claimed)
    assert ok is False
    assert f"is the result if {slip}" in said


@pytest.mark.parametrize(
    ("listing", "shape", "claimed"),
    [
        (TRANSPOSED, "2x8x8", "shape(1) = 6x15x15"),
        (POOL, "6x28x28", "params(1) = 30"),
        ("ReLU()", "6x28x28", "params(1) = 6"),
        ("ReLU()", "6x28x28", "rf(1) = 3"),
        ("Flatten()", "6x2x2", "params(1) = 24"),
        ("RMSNorm(4)", "7x4", "params(1) = 2"),
    ],
)
def test_where_no_slip_fits_none_is_named(listing: str, shape: str, claimed: str) -> None:
    ok, said = claim(listing, shape, claimed)
    assert ok is False
    assert "comes of it" not in said


def test_every_part_that_a_slip_needs_can_be_told() -> None:
    """A part is one of those in the table, or a piece of a formula: a name, or signs and what they join."""
    words = {
        part
        for row in SHAPE_MISTAKES
        for part in (*row.needs, *row.lacks)
        if part in PARTS or (" " in part and not set("+-*/(") & set(part))
    }
    assert words <= set(PARTS) == set(PARTS_TOLD)


@pytest.mark.parametrize(
    ("listing", "shape", "claimed", "said"),
    [
        (
            "Conv2d(3, 8, 5, stride=2)",
            "3x32x32",
            "shape(1) = 8x15x15",
            "8×15×15 is the result if the quotient is rounded up",
        ),
        ("Conv2d(3, 8, 5)", "3x32x32", "shape(1) = 8x27x27", "the + 1 is left out"),
        ("Conv2d(3, 8, 5, padding=2)", "3x32x32", "shape(1) = 8x28x28", "the padding is left out"),
        ("Conv2d(3, 8, 5, padding=2)", "3x32x32", "shape(1) = 8x30x30", "the padding is added on one side only"),
        ("Conv2d(3, 8, 4, stride=2)", "3x32x32", "shape(1) = 8x29x29", "the stride is left out"),
        ("Conv2d(3, 8, 3, dilation=2)", "3x32x32", "shape(1) = 8x30x30", "the gaps of the dilation are left out"),
        ("Conv2d(3, 8, 3)", "3x32x32", "shape(1) = 8x32x32", "the size is taken to stay the same"),
        ("Conv2d(3, 8, 3)", "3x32x32", "shape(1) = 3x30x30", "the channels are taken to stay the same"),
        ("Conv2d(3, 8, 3)", "3x32x32", "shape(1) = 30x30x8", "the axes are in another order"),
        ("Conv2d(3, 8, 5)", "3x32x32", "params(1) = 600", "the biases are left out"),
        ("Conv2d(3, 8, 5)", "3x32x32", "params(1) = 208", "the input channels are left out"),
        ("Conv2d(3, 8, 5)", "3x32x32", "params(1) = 601", "one bias is counted for the whole layer"),
        ("Conv2d(3, 8, 5)", "3x32x32", "params(1) = 6080", "they are counted ten times"),
        (
            "Conv2d(3, 32, 9)",
            "3x128x128",
            "params(1) = 77760",
            "they are counted ten times, and the biases are left out",
        ),
        ("Conv2d(3, 8, 5)", "3x32x32", "weights(1) = 608", "the biases are counted too"),
        ("Linear(784, 10)", "784", "macs(1) = 15680", "floating point operations are counted"),
        ("Conv2d(1, 1, 3, stride=2) -> Conv2d(1, 1, 5)", "1x32x32", "rf(2) = 7", "kernel - 1 is added as it is"),
        ("Conv2d(3, 8, 5)", "3x32x32", "params(1) = (5*5*3 + 1)*8 = 680", "(5*5*3 + 1)*8 = 608, not 680"),
        ("Conv2d(3, 8, 5)", "3x32x32", "params(total) = 600", "it is 608"),
        ("Conv2d(8, 8, 3, bias=False)", "8x9x9", "params(1) = 584", "biases are counted: this layer has none"),
    ],
)
def test_a_wrong_claim_is_explained(listing: str, shape: str, claimed: str, said: str) -> None:
    ok, note = claim(listing, shape, claimed)
    assert ok is False
    assert said in note


# ---- numbers and letters


@pytest.mark.parametrize(
    "claimed", ["shape(1) = 8x28x28", "params(1) = 608", "weights(1) = 5*5*3*8 = 600", "macs(1) = 470,400", "rf(1) = 5"]
)
def test_a_right_claim_is_right(claimed: str) -> None:
    assert claim("Conv2d(3, 8, 5)", "3x32x32", claimed) == (True, "")


@pytest.mark.parametrize(
    ("listing", "shape", "claimed"),
    [
        ("Conv2d(1, 8, k, padding=p) -> 8x9x9", "1x9x9", "choices(k, p) = [[1, 0], [3, 1], [5, 2], [7, 3]]"),
        ("Conv2d(3, 8, 3, stride=2)", "3xNxN", "height(1) = floor((N - 3)/2) + 1"),
        ("Flatten() -> Linear(9, 10)", "1x3x3", "shape(1) = 1x1x9"),
        ("Conv2d(3, 8, 5)", "3x32x32", "weight(1) = [8, 3, 5, 5]"),
    ],
)
def test_claims_of_letters_and_lists_are_right(listing: str, shape: str, claimed: str) -> None:
    assert claim(listing, shape, claimed) == (True, "")


@pytest.mark.parametrize(
    ("listing", "shape", "claimed", "ok", "said"),
    [
        (
            "Linear(210, 60) -> Linear(60, 1)",
            "210",
            "params(total)/3 = 4240.33",
            True,
            "right to the digits written: it is 12721/3",
        ),
        ("Linear(210, 60) -> Linear(60, 1)", "210", "params(total)/3 = 12721/3", True, ""),
        ("Linear(210, 60) -> Linear(60, 1)", "210", "params(total)/7 = 1817.2", True, "truncated: it is 12721/7"),
        ("Linear(210, 60) -> Linear(60, 1)", "210", "params(total)/3 = 4240.4", False, "it is 12721/3"),
        (
            "Linear(210, 60) -> Linear(60, 1)",
            "210",
            "params(total)/3 = 4240",
            False,
            "and 4240 is the nearest whole number",
        ),
        ("Conv2d(C, 2*C, 2)", "Cx8x8", "weights(1) = 4*C^2", False, "it is 8*C^2"),
        ("Conv2d(C, 2*C, 2)", "Cx8x8", "weights(1) = 2*C*4*C", True, ""),
        ("Conv2d(C, 2*C, 2)", "Cx8x8", "weights(1) = (2*C)^2*2", True, ""),
        ("Conv2d(C, 2*C, 2)", "Cx8x8", "weights(1) = 800", None, "cannot be decided: it is 8*C^2, which depends on C"),
        ("Conv2d(1, 8, k) -> 8x5x5", "1x9x9", "params(1) = 8*k^2 + 8", True, ""),  # k is solved: 5
        ("Conv2d(1, 8, k) -> 8x5x5", "1x9x9", "params(1) = 208", True, ""),
        ("Conv2d(1, 8, k) -> 8x5x5", "1x9x9", "params(1) = 8*k^2", False, "if the biases are left out"),
        ("Conv2d(1, 8, k) -> 8x5x5", "1x9x9", "k = 4", False, "it is 5"),
        ("Conv2d(1, 8, 3, stride=2)", "1xNxN", "height(1) = N/2", False, "it is"),
        ("Conv2d(1, 8, 3, stride=2)", "1xNxN", "height(1) = floor((N - 1)/2)", True, ""),
        ("Conv2d(1, 2, 3) -> Flatten -> Linear(392, 5)", "1x16x16", "rf(3) = 20", False, "it is the whole input, 16"),
        ("Conv2d(1, 2, 3) -> Flatten -> Linear(392, 5)", "1x16x16", "rf(3) = 16", True, ""),
        ("Conv2d(1, 2, 3) -> Flatten -> Linear(392, 5)", "1x16x16", "jump(3) = 1", None, "it is not one number here"),
    ],
)
def test_a_claim_is_judged(listing: str, shape: str, claimed: str, ok: bool | None, said: str) -> None:
    found, note = claim(listing, shape, claimed)
    assert found is ok
    assert said in note if said else not note


@pytest.mark.parametrize(
    ("claimed", "hint"), [("neurons = 6", "params(total)"), ("parms = 6", "did you mean 'params'?"), ("k = 3", "")]
)
def test_an_unknown_word_is_refused(claimed: str, hint: str) -> None:
    with pytest.raises(StepperError, match="is neither a letter of this network") as caught:
        claim("Conv2d(1, 8, 3)", "1x9x9", claimed)
    assert hint in caught.value.problems[0].hint


def test_a_size_that_no_letter_gives_is_wrong_where_it_is_stated() -> None:
    derivation, error = shapes(net("Conv2d(1, 2, n) -> 2x13x13", "1x12x12"), {}, Count(), judging())
    assert [(check.ok, check.note[0]) for check in derivation.checks] == [(False, "no integer ")]
    assert error is not None


def test_a_claim_does_not_hide_what_is_wrong_with_the_listing() -> None:
    network = net("ReLU()\nLinear(324, 2)", "4x9x9")
    derivation, error = shapes(network, {}, Count(), judging([read_claim("params(2) = 650", network.layout)]))
    assert error is not None
    assert "it expects 324, but gets 9" in error.problems[0].what
    assert [check.ok for check in derivation.checks] == [True]  # as it is written


def test_a_claim_that_is_none_is_told_after_what_is_wrong_with_the_listing() -> None:
    network = net("ReLU()\nLinear(324, 2)", "4x9x9")
    with pytest.raises(StepperError) as caught:
        shapes(network, {}, Count(), judging([read_claim("params(9) = 650", network.layout)]))
    assert ["it expects 324" in problem.what for problem in caught.value.problems] == [True, False]


@pytest.mark.parametrize(
    "claimed", ["rf(9) = 3", "rf(1) + shape(1) = 3", "colour(1) = 3", "shape(1) = 3..x", "rf(1)", "rf(1) = ]"]
)
def test_a_claim_that_is_none_is_refused(claimed: str) -> None:
    network = net("Conv2d(3, 8, 5)", "3x32x32")
    with pytest.raises((StepperError, FormulaError)):
        judge(Facts(work(network, {})), read_claim(claimed, network.layout))


PUBLISHED = [
    path
    for path in map(Path, dict.fromkeys(str(path) for _, path in listings()))
    if "published" in path.with_suffix(".answers.yaml").read_text()
]


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.stem)
def test_published_slips_are_found_by_the_command(path: Path) -> None:
    """A step that is listed as wrong is judged wrong; of a solution that is wrong, some value; of one that is right,
    none.
    """
    for item in answers_beside(path):
        if item.published is None or item.cases[0].settings or item.published.settings:
            continue
        network = load_network(str(path), None, None, None)
        facts = Facts(work(network, {}))
        steps, values = (
            [judge(facts, read_claim(f"{key} = {value}", network.layout)).ok for key, value in claims.items()]
            for claims in (item.published.steps, item.published.values)
        )
        assert not any(steps)
        assert all(values) is (item.published.verdict != "false")
