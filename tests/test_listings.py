"""How hand-written listings are read: branches, stated numbers, tables, default lines, codes of papers, YAML."""

from __future__ import annotations

import pytest

from stepper.core.network import Network
from stepper.engine.fitting import shown_shape
from stepper.engine.layers import work
from stepper.engine.sizes import integer
from stepper.errors import StepperError
from stepper.read.network import load_network, read_network

Rows = list[tuple[str, int | None]]


def net(listing: str, shape: str | None = None) -> Network:
    return load_network(None, listing, shape, None)


def rows(network: Network) -> Rows:
    found = work(network, {})
    assert not found.problems, found.problems[0].what
    return [(shown_shape(done.output), integer(done.parameters)) for done in found.layers]


def told(listing: str) -> str:
    """What is said of a listing that cannot be read."""
    with pytest.raises(StepperError) as caught:
        read_network(listing, "net.txt")
    return str(caught.value)


# ---- branches: 8 maps of 4x4 come in

SAME = "Conv2d(8, 8, 3, padding=1)"
HALF = "Conv2d(8, 4, 1)"


@pytest.mark.parametrize(
    ("listing", "expected"),
    [
        (f"c1 = {SAME}\nc2 = {HALF}\nc3 = Conv2d(8, 2, 1, from=c1)", "8x4x4 584 < input, 4x4x4 36 < c1, 2x4x4 18 < c1"),
        (f"c1 = {SAME}\nc1 -> {HALF}\nc1 -> {HALF}", "8x4x4 584 < input, 4x4x4 36 < c1, 4x4x4 36 < c1"),
        (f"c1 = {SAME}\nc2 = {SAME}\ns = Add(c2, c1)", "8x4x4 584 < input, 8x4x4 584 < c1, 8x4x4 0 < c2 c1"),
        (f"c1 = {SAME}\ns = Add(input, c1)", "8x4x4 584 < input, 8x4x4 0 < input c1"),
        (f"a = {HALF}\nb = {HALF.replace(')', ', from=input)')}\nConcat(a, b)", "4x4x4 36 < input, 4x4x4 36 < input, 8x4x4 0 < a b"),
        (f"a = {HALF}\nConcat(a, a, dim=2)", "4x4x4 36 < input, 4x8x4 0 < a a"),
        (f"a = {HALF}\nConcat([a, a], 3)", "4x4x4 36 < input, 4x4x8 0 < a a"),
        (f"a = {HALF}\nConcat(from=[a, input])", "4x4x4 36 < input, 12x4x4 0 < a input"),
        (f"c1 = {SAME}\n{SAME} + c1", "8x4x4 584 < input, 8x4x4 584 < c1, 8x4x4 0 < 2 c1"),
        (f"c1 = {SAME}\nc1 + input -> ReLU()", "8x4x4 584 < input, 8x4x4 0 < c1 input, 8x4x4 0 < 2"),
        (f"residual({SAME} -> ReLU())", "8x4x4 584 < input, 8x4x4 0 < 1, 8x4x4 0 < 2 input"),
        (f"residual({HALF}; {HALF})", "4x4x4 36 < input, 4x4x4 36 < input, 4x4x4 0 < 1 2"),
        (f"2 x residual({SAME})", "8x4x4 584 < input, 8x4x4 0 < 1 input, 8x4x4 584 < 2, 8x4x4 0 < 3 2"),
        (f"[residual({SAME})]*2", "8x4x4 584 < input, 8x4x4 0 < 1 input, 8x4x4 584 < 2, 8x4x4 0 < 3 2"),
        (f"concat({HALF}, Identity())", "4x4x4 36 < input, 12x4x4 0 < 1 input"),
        (f"concat({HALF}; ; {HALF} -> ReLU)", "4x4x4 36 < input, 4x4x4 36 < input, 4x4x4 0 < 2, 16x4x4 0 < 1 input 3"),
        (f"c1 = {HALF} -> ReLU()\nc2 = Conv2d(4, 4, 1)\nAdd(c2, c1)", "4x4x4 36 < input, 4x4x4 0 < 1, 4x4x4 20 < 2, 4x4x4 0 < c2 2"),
        (f"x = {SAME}\nx = ReLU()\ny = {SAME}\nAdd(y, x)", "8x4x4 584 < input, 8x4x4 0 < x, 8x4x4 584 < x_2, 8x4x4 0 < y x_2"),
        (
            f"residual(residual({HALF} -> Conv2d(4, 8, 1)) -> ReLU)",
            "4x4x4 36 < input, 8x4x4 40 < 1, 8x4x4 0 < 2 input, 8x4x4 0 < 3, 8x4x4 0 < 4 input",
        ),
    ],
)  # fmt: skip
def test_branches_name_what_they_read(listing: str, expected: str) -> None:
    """Each layer: output, parameters < what it reads."""
    network = net(listing, "8x4x4")
    found = [f"{size} {count} < {' '.join(layer.reads)}" for (size, count), layer in zip(rows(network), network.layers, strict=True)]
    assert ", ".join(found) == expected


@pytest.mark.parametrize(
    ("listing", "what"),
    [
        ("conv1 = ReLU()\nReLU(from=conv2)", "no layer before this one is labelled 'conv2'"),
        ("conv1 = ReLU()\nReLU(from=conv2)", "did you mean 'conv1'?"),
        ("c1 = ReLU()\nAdd(c1, quux)", "'quux' is not the label of a layer"),
        ("c1 = ReLU()\nReLU() + quux", "known here: c1, input"),
        ("a = ReLU()\nb = ReLU()\nConv2d(8, 8, 3, from=[a, b])", "Conv2d reads one input, and here 2"),
        ("ReLU()\nAdd()", "Add says nothing of what it reads"),
        ("residual()", "Add says nothing of what it reads"),
        ("residual(Conv2d(8, 8, 3), ReLU())", "write -> between the layers of a chain"),
        ("concat(ReLU(), ReLU(); ReLU())", "both , and ; stand between the ways here"),
        ("residual(" * 500 + "ReLU()" + ")" * 500, "brackets stand more than 20 deep here"),
        ("Sequential(" * 500 + "ReLU()" + ")" * 500, "brackets stand more than 20 deep here"),
        ("residual(Conf2d(8, 8, 3))", "'Conf2d' is not a known layer"),
    ],
)
def test_a_branch_that_leads_nowhere_is_told(listing: str, what: str) -> None:
    assert what in told(listing)
