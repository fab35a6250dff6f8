"""Laws of claims: letters, lists, chains of equals and single axes, what is said of each, and the table that says
it.
"""

from __future__ import annotations

import pytest

from stepper.core.expr import Sym
from stepper.core.formula import text
from stepper.core.network import Statement
from stepper.core.parser import parse
from stepper.core.prose import Prose
from stepper.core.steps import Check, Note, Table
from stepper.engine.answers.checking.claimed import judging
from stepper.engine.answers.claims import claims_step
from stepper.engine.layers.counting import Count
from stepper.engine.layers.facts import Facts
from stepper.engine.layers.network import work
from stepper.engine.layers.result import Done
from stepper.engine.layers.shapes import shapes
from stepper.read.checks import read_claim
from stepper.read.network import load_network
from tests.test_claims import claim, judge


def words(prose: Prose) -> str:
    return "".join(part if isinstance(part, str) else text(part) for part in prose)


ONE, SAME, STRIDE = "Conv2d(C, 8, 1)", "Conv2d(C, C, 1)", "Conv2d(3, 8, 5, stride=2)"
SIDES = "Conv2d(3, 8, (5, 3), padding=(0, 1), stride=2)"
FIVE, FLAT = "Conv2d(3, 8, 5)", "Flatten()"
THREE = "Conv2d(1, 8, 3, stride=2) -> Conv2d(8, 8, 5)"
TWICE = "Conv2d(1, 2, k) -> 2x5x5 -> Conv2d(2, 2, k) -> 2x5x5"
AGREE = "they agree at all 6 points that were tried, and no proof was found"
NEVER, PAIRS = "Conv2d(1, 2, n) -> 2x13x13", "Conv2d(1, 8, k, padding=p) -> 8x9x9"


@pytest.mark.parametrize(
    ("listing", "shape", "claimed", "ok", "said"),
    [
        # a letter stands for any size: not for one number, and a number is not decided beside it
        (ONE, "Cx9x9", "height(1) = C", False, "it is 9"),
        (ONE, "Cx9x9", "rf(1) = C", False, "it is 1"),
        (ONE, "Cx9x9", "params(1) = 8*C", False, "it is 8*C + 8"),
        (ONE, "Cx9x9", "params(1) = 8*(C + 1)", True, ""),
        (ONE, "Cx9x9", "params(1) = 80", None, "cannot be decided: it is 8*C + 8, which depends on C"),
        (ONE, "Cx9x9", "shape(1) = 8x9x9", True, ""),
        (ONE, "Cx9x9", "shape(1) = Cx9x9", False, "it is 8×9×9"),
        (SAME, "Cx9x9", "shape(1) = Cx9x9", True, ""),
        (SAME, "Cx9x9", "shape(1) = 8x9x9", None, "cannot be decided: it is C×9×9"),
        (SAME, "Cx9x9", "shape(1) = 8x9x8", False, "it is C×9×9"),
        (SAME, "Cx9x9", "shape(1) = 648", None, "cannot be decided: it is C×9×9"),
        (ONE, "Cx9x9", "weight(1) = [8, C, 1, 1]", True, ""),
        (ONE, "Cx9x9", "weight(1) = [C, 8, 1, 1]", False, "it is 8×C×1×1"),
        (ONE, "Cx9x9", "weight(1) = [8, 3, 1, 1]", None, "cannot be decided: it is 8×C×1×1"),
        (PAIRS, "1x9x9", "k = 3", None, "cannot be decided: it is not one number here"),
        (NEVER, "1x12x12", "shape(1) = 2x13x13", False, "no integer n gives it"),
        (NEVER, "1x12x12", "params(1) = 20", None, "cannot be decided: it is 2*n^2 + 2, which depends on n"),
        (TWICE, "1x9x9", "shape(1) = 2x5x5", False, "no integer k gives it"),
        (TWICE, "1x9x9", "shape(2) = 2x5x5", False, "no integer k gives it"),
        ("Conv2d(1, 8, 1, stride=2)", "1xNxN", "height(1) = ceil(N/2)", None, f"cannot be decided: {AGREE}"),
        # a shape by its sizes, or by their product alone; a list may be told with ones around it
        (FIVE, "3x32x32", "shape(1) = 6272", True, ""),
        (FIVE, "3x32x32", "shape(1) = 6271", False, "it is 8×28×28"),
        (FIVE, "3x32x32", "shape(1) = 8x784", False, "it is 8×28×28"),
        (FIVE, "3x32x32", "shape(1) = 8x28", False, "it is 8×28×28"),
        (FIVE, "3x32x32", "shape(1) = 1x8x28x28", False, "it is 8×28×28"),
        (FLAT, "3x9x9", "shape(1) = 243", True, ""), (FLAT, "3x9x9", "shape(1) = 1x243", True, ""),
        (FLAT, "3x9x9", "shape(1) = 1x1x244", False, "it is 243"),
        (FLAT, "3x9x9", "shape(1) = 1x1", False, "it is 243"),
        (FLAT, "1x1x1", "shape(1) = 1x1", True, ""),
        ("Flatten(2)", "3x1x1", "shape(1) = 3x1", True, ""),
        ("Flatten(2)", "3x1x1", "shape(1) = 1x3", False, "it is 3×1; 1×3 is the result if the axes are in "
                                                         "another order"),
        ("Linear(9, 4)", "3x9", "shape(1) = 1x3x4", False, "it is 3×4"),
        ("layout: HWC\nConv2d(1, 2, 3, stride=2)", "12x14x1", "shape(1) = 5x6x3", False, "it is 5×6×2"),
        # arithmetic on the way is looked at too, in numbers and in letters
        (FIVE, "3x32x32", "weights(1) = 5*5*3*8 = 25*24 = 600", True, ""),
        (FIVE, "3x32x32", "weights(1) = 5*5*3*9 = 600", False, "5*5*3*9 = 675, not 600"),
        (FIVE, "3x32x32", "weights(1) = 600 = 5*5*3*9", False, "600 = 600, not 5*5*3*9"),
        (FIVE, "3x32x32", "weights(1) = 5*5*3*9 = 675", False, "it is 600"),
        (FIVE, "3x32x32", "params(1)/3 = 608/3 = 202.7", True, "right to the digits written: it is 608/3"),
        (FIVE, "3x32x32", "params(1)/3 = 608/3 = 202.8", False, "608/3 = 608/3, not 202.8"),
        (ONE, "Cx9x9", "weights(1) = C*8 = 8*C", True, ""),
        (ONE, "Cx9x9", "weights(1) = 9*C = 8*C", False, "9*C is not 8*C"),
        (FIVE, "3x32x32", "weights(1) = 5*5*3*9 = 25*24 = 600", False, "5*5*3*9 = 675, not 600"),
        (FIVE, "3x32x32", "params(1)/3 = 202.67 = 202.7", True, "right to the digits written: it is 608/3"),
        (ONE, "Cx9x9", "weights(1) = 9*C = 4*C*2 = 8*C", False, "9*C is not 8*C"),
        (ONE, "Cx9x9", "weights(1) = 4*C*2 = C*8 = 9*C", False, "4*C*2 is not 9*C"),
        (ONE, "Cx9x9", "weights(1) = 8*C = 72", None, "cannot be decided: it is 8*C, which depends on C"),
        (ONE, "Cx9x9", "weights(1) = 4*18 = 72", None, "cannot be decided: it is 8*C, which depends on C"),
        (ONE, "Cx9x9", "weights(1) = 4*19 = 72", False, "4*19 = 76, not 72"),
        (ONE, "Cx9x9", "weights(1) = 9*C = 4*19 = 72", False, "4*19 = 76, not 72"),
        # how exactly it is written
        (FIVE, "3x32x32", "params(1) = 6.1e2", True, "right to the digits written: it is 608"),
        (FIVE, "3x32x32", "params(1) = 6.2e2", False, "it is 608"),
        (FIVE, "3x32x32", "params(1)/3 = 202.6", True, "truncated: it is 608/3"),
        (FIVE, "3x32x32", "params(1)/3 = 203", False, "it is 608/3, and 203 is the nearest whole number"),
        # one axis, whatever the others are
        (STRIDE, "3x32x32", "height(1) = 15", False, "it is 14; 15 is the result if the quotient is rounded "
                                                     "up"),
        (STRIDE, "3x32x36", "width(1) = 17", False,
            "it is 16; 17 is the result if the quotient is rounded up"),
        (STRIDE, "3x32x36", "width(1) = 32", False, "it is 16; 32 is the result if the stride is left out"),
        (SIDES, "3x32x36", "height(1) = 28", False, "it is 14; 28 is the result if the stride is left out"),
        (SIDES, "3x32x36", "width(1) = 17", False, "it is 18; 17 is the result if the + 1 is left out"),
        (STRIDE, "3x32x36", "height(1) = 20", False, "it is 14"),
        ("ReLU()", "3x32x36", "width(1) = 35", False, "it is 36"),
        # what a unit sees
        (THREE, "1x20x20", "rf(2) = 7", False, "it is 11; 7 is the result if kernel - 1 is added as it is"),
        (THREE, "1x20x20", "rf(2) = 13", False, "it is 11; 13 is the result if the whole kernel is added"),
        (THREE, "1x20x20", "jump(2) = 7", False, "it is 2"),
        # all choices, in the order of the letters
        (PAIRS, "1x9x9", "choices(k, p) = [[1, 0], [3, 1], [5, 2], [7, 4]]", False,
            "it is [[1, 0], [3, 1], [5, 2], [7, 3]]"),
        (PAIRS, "1x9x9", "choices(k, p) = [[1, 0], [3, 1]]", False, "it is [[1, 0], [3, 1], [5, 2], [7, 3]]"),
        (PAIRS, "1x9x9", "choices(p, k) = [[0, 1], [1, 3], [2, 5], [3, 7]]", True, ""),
    ],
)  # fmt: skip
def test_what_is_said_of_a_claim(listing: str, shape: str, claimed: str, ok: bool | None, said: str) -> None:
    network = load_network(None, listing, shape, None)
    check = judge(Facts(work(network, {})), read_claim(claimed, network.layout))
    found = words(check.note)
    assert (check.name, check.of, check.ok) == ("claim", claimed.partition(" =")[0], ok)
    assert found == said if " is the result " not in said else found.startswith(said)


TOLD = [
    ("shape(1)", "8×28×28", "right"), ("shape(2)", "8×27×27", "wrong: it is 8×28×28"),
    ("parameters(2)", "608", "wrong: it is 0"),
    ("params(1)", "5*5*3*8 = 600", "wrong: it is 608; 600 is the result if the biases are left out: biases "
                                       "are parameters too"),
    ("weight(1)", "8×3×5×5", "right"), ("jump(2)", "1", "right"), ("params(1)/3", "202.66", "truncated: it is 608/3"),
]  # fmt: skip
CLAIMS = ["params(1) = 5*5*3*8 = 600", "weight(1) = [8, 3, 5, 5]", "jump(2) = 1", "params(1)/3 = 202.66"]


@pytest.mark.parametrize(
    ("listing", "shape", "claims", "rows", "undecided"),
    [
        (f"{FIVE} -> 8x28x28 -> ReLU -> 8x27x27; 608 parameters", "3x32x32", CLAIMS, TOLD, ""),
        (FIVE, "3xHxH", ["height(1) = 7", "params(1) = 608"],
         [("height(1)", "7", "cannot be decided: it is H - 4, which depends on H"), ("params(1)", "608", "right")],
         "1 of 2 cannot be decided."),
        ("layout: HWC\nReLU()", "4x5x3", ["shape(1) = 4x5x3", "shape(1) = 5x4x3"],
         [("shape(1)", "4×5×3", "right"),
          ("shape(1)", "5×4×3", "wrong: it is 4×5×3; 5×4×3 is the result if the axes are in another order: "
              "the order is that of the listing")],
              ""),
        (PAIRS, "1x9x9", ["choices(k, p) = [[1, 0], [3, 1], [5, 2], [7, 3]]"],
         [("shape(1)", "8×9×9", "right"), ("choices(k, p)", "[[1, 0], [3, 1], [5, 2], [7, 3]]", "right")], ""),
    ],
)  # fmt: skip
def test_each_claim_has_a_line_of_a_table(
    listing: str, shape: str, claims: list[str], rows: list[tuple[str, ...]], undecided: str
) -> None:
    """Those of the listing first; how many cannot be decided stands under it."""
    network = load_network(None, listing, shape, None)
    derivation, _ = shapes(network, {}, Count(), judging([read_claim(claimed, network.layout) for claimed in claims]))
    (step,) = [step for step in derivation.steps if step.id == "shapes.claims"]
    table, *notes = step.body
    assert isinstance(table, Table)
    assert step.detail == "brief"
    assert [tuple(map(words, row)) for row in table.rows] == rows
    assert [words(note.text) for note in notes if isinstance(note, Note)] == ([undecided] if undecided else [])


@pytest.mark.parametrize(
    ("claimed", "written"),
    [
        # a shape has times signs; a list of lists, or of which some are, and what is no list stand as they are written
        ("[1, 2]", "1×2"), ("[N]", "N"), ("[[1, 2], [3, 4]]", "[[1, 2], [3, 4]]"), ("[[1, 2], 3]", "[[1, 2], 3]"),
        ("[3, [1, 2]]", "[3, [1, 2]]"), ("6", "6"), ("2*3", "2*3"),
    ],
)  # fmt: skip
def test_what_is_claimed_is_written_as_a_shape_where_it_is_one(claimed: str, written: str) -> None:
    layout = load_network(None, FIVE, "3x9x9", None).layout
    statement, check = Statement(Sym("k"), (parse("2 + 1"), parse(claimed))), Check("claim", "k", True, None)
    (table,) = claims_step([statement], [check], layout).body
    assert isinstance(table, Table)
    assert [words(cell) for cell in table.rows[0]] == [
        "k",
        written if "×" in written or written == "N" else f"2 + 1 = {written}",
        "right",
    ]


# ---- which mistake makes a wrong number


def layer(listing: str, shape: str) -> Done:
    return work(load_network(None, listing, shape, None), {}).layers[-1]


def mistake(listing: str, shape: str, claimed: str) -> str:
    """What is said to give a claim; empty where it is right, or nothing does."""
    _, said = claim(listing, shape, claimed)
    return said.partition(" is the result if ")[2]


UP, LEFT_OUT = "the quotient is rounded up: the formula rounds down", "the + 1 is left out: the first window counts too"
KEPT = "the size is taken to stay the same: it stays only with a stride of 1 and a padding that fits the kernel"
NO_STRIDE = "the stride is left out: windows begin a stride apart"
SWAPPED = "the axes are in another order: the order is that of the listing"


@pytest.mark.parametrize(
    ("claimed", "said"),
    [
        # 8x14x16 is right: (32 - 5)/2 + 1 and (32 + 2*1 - 3)/2 + 1, both rounded down. One mistake makes the sizes of
        # both axes, or none does
        ("8x15x17", UP), ("8x15x16", ""), ("8x14x17", ""), ("8x14x32", ""), ("8x13x15", LEFT_OUT),
        ("8x15x15", ""), ("8x13x17", ""), ("8x32x32", KEPT), ("8x32x31", ""), ("8x28x32", NO_STRIDE),
        # or the channels alone
        ("3x14x16", "the channels are taken to stay the same: there are as many as there are filters"),
        ("9x14x16", ""), ("9x15x17", ""), ("Nx14x16", ""),
        # or the order of the axes; a shape with more or fewer axes comes of no mistake
        ("8x16x14", SWAPPED), ("16x14x8", SWAPPED), ("8x15", ""), ("8x14", ""), ("8x14x16x1", ""), ("8x15x17x17", ""),
        # two mistakes are named where no other two give the numbers
        ("3x15x17", "the quotient is rounded up, and the channels are taken to stay the same"),
    ],
)  # fmt: skip
def test_one_mistake_makes_a_whole_shape(claimed: str, said: str) -> None:
    assert mistake(SIDES, "3x32x32", f"shape(1) = {claimed}") == said


@pytest.mark.parametrize(
    ("what", "claimed", "said"),
    [
        ("height", "15", UP), ("width", "17", UP), ("height", "17", ""), ("width", "15", LEFT_OUT),
        ("height", "13", LEFT_OUT), ("height", "32", KEPT), ("width", "32", NO_STRIDE), ("width", "31/2", ""),
    ],
)  # fmt: skip
def test_a_mistake_makes_the_size_along_one_axis(what: str, claimed: str, said: str) -> None:
    """Each axis has its own kernel and padding."""
    assert mistake(SIDES, "3x32x32", f"{what}(1) = {claimed}") == said


def test_a_mistake_of_rounding_is_made_where_a_layer_rounds() -> None:
    assert mistake("Upsample(scale_factor=1.5)", "3x7x9", "shape(1) = 3x11x14") == UP
    down = "the quotient is rounded down: the formula rounds up"
    assert mistake("MaxPool2d(2, ceil_mode=True)", "3x7x9", "shape(1) = 3x3x4") == down


BEFORE = "Conv2d(3, 3, 5, stride=2) -> "


@pytest.mark.parametrize(
    ("listing", "claimed", "said"),
    [
        # 5 + (5 - 1)*2 = 13 is right
        (STRIDE, 13, ""), (STRIDE, 12, ""),
        (STRIDE, 9, "kernel - 1 is added as it is: it counts times the previous jump"),
        (STRIDE, 15, "the whole kernel is added: it grows by kernel - 1"),
        (STRIDE, 21, "the layer's own stride is counted: it comes after the layer"),
        (STRIDE, 5, "the layer's own kernel is counted alone: the layers before it reach further"),
        (STRIDE, 10, "the kernels are added: each adds kernel - 1 times the previous jump"),
        # the layer before it may be where it goes wrong
        (STRIDE, 14, "the whole kernel is added, in layer 1: it grows by kernel - 1"),
        # of a layer that sees all nothing is said
        ("Flatten()", 5, ""),
    ],
)  # fmt: skip
def test_a_mistake_makes_a_receptive_field(listing: str, claimed: int, said: str) -> None:
    assert mistake(BEFORE + listing, "3x32x32", f"rf(2) = {claimed}") == said
