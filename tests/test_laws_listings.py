"""Laws of listings: letters by trying them, receptive fields by moving each input, claims about every fact, totals as
sums.
"""

from __future__ import annotations

from fractions import Fraction

import pytest

from stepper.core.expr import Expr, Num, Sym
from stepper.core.network import Network
from stepper.core.parser import parse
from stepper.engine.layers.counting import Count, totals_of
from stepper.engine.layers.facts import COUNTS, Facts
from stepper.engine.layers.fitting import shown_shape
from stepper.engine.layers.network import work
from stepper.engine.layers.receptive_field import fields, needs
from stepper.engine.layers.result import Worked
from stepper.engine.layers.shapes import shapes
from stepper.engine.layers.sizes import integer, number
from stepper.errors import StepperError
from stepper.read.checks import read_claim
from stepper.read.network import load_network
from stepper.render.look import Look
from stepper.render.text import render
from tests.test_claims import judge


def net(listing: str, shape: str | None = None) -> Network:
    return load_network(None, listing, shape, None)


def worked(listing: str, shape: str | None = None) -> Worked:
    return work(net(listing, shape), {})


# ---- letters, by trying

LETTERS = [
    # the listing with a letter n, its input, and what stands where
    ("Conv2d(1, 2, n, stride=2, padding=1) -> {}", "1x12x12", range(1, 8)),
    ("Conv2d(1, 2, 3, stride=n) -> {}", "1x17x17", range(1, 5)),
    ("Conv2d(1, 2, 5, padding=n, stride=3) -> {}", "1x14x14", range(6)),
    ("Conv2d(1, 2, 3, dilation=n) -> {}", "1x16x16", range(1, 4)),
    ("MaxPool2d(n) -> {}", "3x24x24", range(1, 8)),
    ("Conv2d(1, 4, 3) -> MaxPool2d(2) -> {}", "1xnxn", range(5, 40)),
    ("ConvTranspose2d(2, 1, n, stride=2, padding=1) -> {}", "2x7x7", range(1, 8)),
]


@pytest.mark.parametrize(("listing", "shape", "tried"), LETTERS, ids=[listing for listing, _, _ in LETTERS])
def test_what_is_solved_is_what_trying_finds(listing: str, shape: str, tried: range) -> None:
    """A stated size leaves those values of a letter for which the layers give it, and says whether there are others."""
    outputs: dict[str, list[int]] = {}
    for value in tried:
        try:
            found = worked(listing.removesuffix(" -> {}").replace("n,", f"{value},").replace("=n",
                f"={value}").replace("(n)", f"({value})")
                           .replace(" n)", f" {value})"), shape.replace("n", str(value)))  # fmt: skip
        except StepperError:
            continue
        outputs.setdefault(shown_shape(found.layers[-1].output), []).append(value)
    for stated, values in list(outputs.items())[:6]:
        solutions = worked(listing.replace("{}", stated), shape).solved
        letters = [solution for solution in solutions if Sym("n") in solution.unknowns]
        assert len(letters) == 1
        found_values = [choice[0] for choice in letters[0].choices]
        assert [value for value in found_values if value in tried] == values
        assert letters[0].values == (
            {Sym("n"): Num(str(values[0]))}
            if found_values == values and len(values) == 1 and letters[0].complete
            else {}
        )
        assert not letters[0].impossible


@pytest.mark.parametrize(
    ("listing", "shape", "fits"),
    [
        ("Conv2d(1, 2, n, stride=2) -> 2x7x7", "1x12x12", False),
        ("MaxPool2d(n) -> 3x7x7", "3x24x24", False),
        ("MaxPool2d(n) -> 3x8x8", "3x24x24", True),
    ],
)
def test_what_nothing_gives_is_said(listing: str, shape: str, fits: bool) -> None:
    (solution,) = worked(listing, shape).solved
    assert solution.impossible is not fits
    assert bool(solution.values) is fits
    assert bool(solution.nearest) is not fits
    derivation, _ = shapes(net(listing, shape), {}, Count())
    assert ("No integers fit" in render(derivation, Look(detail="full"))) is not fits


# ---- receptive fields, by which inputs reach a unit

CHAINS = [
    ([(3, 1, 1, 1), (2, 2, 0, 1), (3, 1, 0, 2)], 24), ([(5, 2, 2, 1), (3, 2, 1, 1)], 21),
    ([(1, 1, 0, 1), (4, 3, 0, 1)], 19), ([(2, 2, 0, 1), (2, 2, 0, 1), (2, 2, 0, 1)], 16),
    ([(3, 1, 2, 2), (3, 2, 1, 1), (2, 1, 0, 1)], 20), ([(7, 2, 3, 1)], 15),
]  # fmt: skip


@pytest.mark.parametrize(("chain", "size"), CHAINS)
def test_a_receptive_field_is_what_reaches_a_unit(chain: list[tuple[int, int, int, int]], size: int) -> None:
    """Kernel, stride, padding and dilation of each layer: the places of the input that a unit reads, followed one by
    one.
    """
    listing = " -> ".join(f"Conv1d(1, 1, {k}, stride={s}, padding={p}, dilation={d})" for k, s, p, d in chain)
    found = worked(listing, f"1x{size}")
    seen: list[set[int]] = [{place} for place in range(size)]
    for number_of_layer, (k, s, p, d) in enumerate(chain):
        last = len(seen)
        units = range((last + 2 * p - d * (k - 1) - 1) // s + 1)
        seen = [
            set().union(*(seen[at] for at in range(u * s - p, u * s - p + d * (k - 1) + 1, d) if 0 <= at < last))
            for u in units
        ]
        done = found.layers[number_of_layer]
        field = fields(found.layers)[done.layer.name]
        assert field is not None
        assert integer(done.output[-1]) == len(units)
        full = [
            (u, places)
            for u, places in enumerate(seen)
            if field.start + u * field.jump >= 0 and field.end + u * field.jump < size
        ]
        assert full
        for unit, places in full:
            assert [min(places), max(places)] == [field.start + unit * field.jump, field.end + unit * field.jump]
        assert field.size == field.end - field.start + 1
        chain_back = needs(found.layers, done.layer.name)
        assert len(chain_back) == number_of_layer + 1
        assert chain_back[-1].needed == field.size
        assert [need.units for need in chain_back[1:]] == [need.needed for need in chain_back[:-1]]


def test_paths_that_meet_see_what_either_sees() -> None:
    two = "a = Conv1d(1, 1, 3, padding=1, from=input)\nb = Conv1d(1, 1, 5, padding=2, from=input)\n"
    listing = two + "c = Add(a, b)\nd = Conv1d(1, 1, 3, stride=2, from=c)\n"
    found = fields(worked(listing, "1x20").layers)
    c, d = found["c"], found["d"]
    assert c is not None
    assert d is not None
    assert [c.start, c.end, c.size, c.jump] == [-2, 2, 5, 1]
    assert [d.start, d.end, d.size, d.jump] == [-2, 4, 7, 2]
    apart = "a = Conv1d(1, 1, 2, stride=2, from=input)\nb = Conv1d(1, 1, 11, from=input)\nc = Add(a, b)\n"
    assert fields(worked(apart, "1x20").layers)["c"] is None
    whole = fields(worked("Conv1d(1, 1, 3) -> Flatten -> Linear(18, 4)", "1x20").layers)
    assert [entry is not None and entry.whole for entry in whole.values()] == [False, False, True, True]


# ---- claims about every fact

NETWORKS = [
    ("c1 = Conv2d(3, 8, 3, stride=2, padding=1)\np = MaxPool2d(2)\nf = Flatten\nl = Linear(128, 10)\n", "3x16x16"),
    (
        "c1 = Conv2d(2, 4, 3, groups=2, bias=False)\nb = BatchNorm2d(4)\nr = ReLU\nc2 = Conv2d(4, 6, (3, 1), "
        "stride=(1, 2))\n",
        "2x9x12",
    ),
    ("e = Linear(6, 4)\nn = LayerNorm(4)\nl = Linear(4, 2, bias=False)\n", "6"),
]
FACTS = ["params", "weights", "biases", "macs", "rf", "jump", "height", "width", "numbers", "buffers"]


@pytest.mark.parametrize(("listing", "shape"), NETWORKS)
def test_what_is_right_is_right_and_what_is_one_more_is_wrong(listing: str, shape: str) -> None:
    facts = Facts(worked(listing, shape))
    for name in [*(done.layer.name for done in facts.worked.layers), "total"]:
        for what in FACTS:
            key = f"{what}({name})"
            if name == "total" and what not in COUNTS:
                continue
            found = facts.fact(parse(key))
            if found is None:
                continue
            assert not isinstance(found, tuple)
            value = number(found)
            assert value is not None
            assert judge(facts, read_claim(f"{key} = {value}", "CHW")).ok is True
            for wrong in (value + 1, value - 1, 2 * value + 3):
                check = judge(facts, read_claim(f"{key} = {wrong}", "CHW"))
                assert check.ok is False
                assert any(
                    isinstance(part, Expr) and number(part) == value for part in check.note
                ) or "whole input" in str(check.note)
            assert judge(facts, read_claim(f"{key} = {value} + 1 - 1 = {value}", "CHW")).ok is True
            assert judge(facts, read_claim(f"{key} = {value} + 1 = {value}", "CHW")).ok is False


@pytest.mark.parametrize(("listing", "shape"), NETWORKS)
def test_shapes_claimed(listing: str, shape: str) -> None:
    """Right as they are, as their product alone, and wrong along any axis; axes in another order are told as that."""
    facts = Facts(worked(listing, shape))
    for done in facts.worked.layers:
        sizes = [integer(size) or 0 for size in done.output]
        key = f"shape({done.layer.name})"

        def claim(*claimed: int, key: str = key) -> bool | None:
            return judge(facts, read_claim(f"{key} = {'x'.join(map(str, claimed))}", "CHW")).ok

        assert claim(*sizes) is True
        for axis in range(len(sizes)):
            assert claim(*(size + (place == axis) for place, size in enumerate(sizes))) is False
        if len(set(sizes)) > 1:
            turned = judge(facts, read_claim(f"{key} = {'x'.join(map(str, reversed(sizes)))}", "CHW"))
            assert turned.ok is False
            assert "the axes are in another order" in str(turned.note)


# ---- sums


@pytest.mark.parametrize(("listing", "shape"), NETWORKS)
@pytest.mark.parametrize("how", [Count(), Count(biases=True)], ids=str)
def test_totals_are_sums_over_layers(listing: str, shape: str, how: Count) -> None:
    """And weights and biases make the parameters, of each layer and of all."""
    found = worked(listing, shape)
    totals = {what: number(value) for what, value in totals_of(found, how).items()}
    facts = Facts(found, how)
    for what in ("parameters", "weights", "biases", "buffers", "macs"):
        each = [number(facts.count(done, what)) for done in found.layers]
        assert totals[what] == sum(value or 0 for value in each)
    for done in found.layers:
        counts = {what: number(facts.count(done, what)) or Fraction(0) for what in ("parameters", "weights", "biases")}
        assert counts["parameters"] == counts["weights"] + counts["biases"]


@pytest.mark.parametrize(("listing", "shape"), [NETWORKS[0], NETWORKS[1]])
def test_channels_last_changes_nothing_but_the_order(listing: str, shape: str) -> None:
    channels, high, wide = shape.split("x")
    first = worked(listing, shape)
    last = worked(f"layout: HWC\ninput: {high}x{wide}x{channels}\n{listing}")
    assert [done.output for done in first.layers] == [done.output for done in last.layers]
    assert [done.parameters for done in first.layers] == [done.parameters for done in last.layers]


@pytest.mark.parametrize("batch", ["Nx3x16x16", "3x16x16"])
def test_sizes_may_be_letters_and_are_put_in_later(batch: str) -> None:
    """A network in letters, with numbers put in, is the network of these numbers."""
    listing = "Conv2d(C, 8, 3, stride=2, padding=1) -> ReLU -> MaxPool2d(2) -> Flatten"
    general = worked(listing, "Cxhxh")
    for channels, size in ((3, 16), (1, 9), (2, 21)):
        special = worked(listing.replace("C,", f"{channels},"), f"{channels}x{size}x{size}")
        for one, other in zip(general.layers, special.layers, strict=True):
            from stepper.core.traverse import substitute
            from stepper.engine.layers.sizes import settle

            values: dict[Expr, Expr] = {Sym("C"): Num(str(channels)), Sym("h"): Num(str(size))}
            assert [settle(substitute(part, values), {}) for part in one.output] == list(other.output)
            assert settle(substitute(one.parameters, values), {}) == settle(other.parameters, {})


@pytest.mark.parametrize(
    ("layer", "shape", "padded"),
    [
        ("ZeroPad2d((1, 2, 3, 4))", "2x5x6", "2x12x9"), ("ConstantPad1d((2, 5), 0)", "2x5", "2x12"),
        ("ZeroPad2d(2)", "2x5x6", "2x9x10"),
        ("ConstantPad3d((1, 1, 2, 0, 0, 3), 0)", "1x4x5x6", "1x7x7x8"),
        ("ReflectionPad2d((1, 0, 2, 0))", "1x5x6", "1x7x7"),
    ],
)  # fmt: skip
def test_pads_are_told_from_the_last_axis_on(layer: str, shape: str, padded: str) -> None:
    """As PyTorch has them: before and after the last axis, then the one before it."""
    assert shown_shape(worked(layer, shape).layers[0].output) == padded
