"""How hand-written listings are read: branches, stated numbers, tables, default lines, codes of papers, YAML."""

from __future__ import annotations

import pytest

from stepper.core.formula import text
from stepper.core.network import Network
from stepper.engine.layers.fitting import shown_shape
from stepper.engine.layers.network import work
from stepper.engine.layers.sizes import integer
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
        (f"a = {HALF}\nb = {HALF.replace(')', ', from=input)')}\nConcat(a, b)",
            "4x4x4 36 < input, 4x4x4 36 < input, 8x4x4 0 < a b"),
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
        (f"c1 = {HALF} -> ReLU()\nc2 = Conv2d(4, 4, 1)\nAdd(c2, c1)", "4x4x4 36 < input, 4x4x4 0 < 1, 4x4x4 20 < 2, "
                                                                      "4x4x4 0 < c2 2"),
        (f"x = {SAME}\nx = ReLU()\ny = {SAME}\nAdd(y, x)", "8x4x4 584 < input, 8x4x4 0 < x, 8x4x4 584 < x_2, 8x4x4 0 "
                                                           "< y x_2"),
        (
            f"residual(residual({HALF} -> Conv2d(4, 8, 1)) -> ReLU)",
            "4x4x4 36 < input, 8x4x4 40 < 1, 8x4x4 0 < 2 input, 8x4x4 0 < 3, 8x4x4 0 < 4 input",
        ),
    ],
)  # fmt: skip
def test_branches_name_what_they_read(listing: str, expected: str) -> None:
    """Each layer: output, parameters < what it reads."""
    network = net(listing, "8x4x4")
    found = [
        f"{size} {count} < {' '.join(layer.reads)}"
        for (size, count), layer in zip(rows(network), network.layers, strict=True)
    ]
    assert ", ".join(found) == expected


@pytest.mark.parametrize(
    ("listing", "what"),
    [
        ("conv1 = ReLU()\nReLU(from=conv2)", "no layer before this one is labelled 'conv2'"),
        ("conv1 = ReLU()\nReLU(from=conv2)", "did you mean 'conv1'?"),
        ("c1 = ReLU()\nAdd(c1, quux)", "'quux' is not the label of a layer"),
        ("c1 = ReLU()\nReLU() + quux", "known here: c1, input"),
        ("a = ReLU()\nb = ReLU()\nConv2d(8, 8, 3, from=[a, b])", "Conv2d takes one input, not 2"),
        ("ReLU(from=)", "no layer before this one is labelled ''"),
        ("ReLU() x " + "9" * 5000, "a block cannot be repeated 999,999,999 times"),
        ("ReLU()\nAdd()", "Add does not say what it reads"),
        ("residual()", "Add does not say what it reads"),
        ("residual(Conv2d(8, 8, 3), ReLU())", "write -> between the layers of a chain"),
        ("concat(ReLU(), ReLU(); ReLU())", "both , and ; separate the branches here"),
        ("residual(" * 500 + "ReLU()" + ")" * 500, "brackets are nested more than 20 deep here"),
        ("Sequential(" * 500 + "ReLU()" + ")" * 500, "brackets are nested more than 20 deep here"),
        ("[Conv2d(3, 3, 3)]*999999999", "this network has more than 50,000 layers"),
        ("residual(Conf2d(8, 8, 3))", "'Conf2d' is not a known layer"),
    ],
)
def test_a_branch_that_leads_nowhere_is_told(listing: str, what: str) -> None:
    assert what in told(listing)


# ---- what a listing states


def claims(network: Network) -> list[str]:
    """Each layer's stated shape and numbers, as they stand."""
    return [
        "; ".join(
            [
                *([shown_shape(layer.claim)] if layer.claim is not None else []),
                *(f"{claim.what} {' = '.join(map(text, claim.sides))}" for claim in layer.claims),
            ]
        )
        for layer in network.layers
    ]


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("10x7x7", "10x7x7"),
        ("10x7x7; 100 parameters; sees 3", "10x7x7; parameters 100; field 3"),
        ("10x7x7, 100 parameters, sees 3 + 2*10 = 32", "10x7x7; parameters 100; field 3 + 2*10 = 32"),
        ("(10, 7, 7), 1,792 parameters", "10x7x7; parameters 1792"),
        ("100 parameters", "parameters 100"),
        ("parameters: (3*3*1 + 1)*10 = 100", "parameters (3*3*1 + 1)*10 = 100"),
        ("90 weights; 10 biases; 4,410 multiply-adds", "weights 90; biases 10; macs 4410"),
        ("receptive field 3x3", "field 3"),
        ("memory: 10*7*7=490", "numbers 10*7*7 = 490"),
        ("memory: 10x7x7 = 0.5K", "numbers 10*7*7"),
        ("138M params", ""),
    ],
)
def test_numbers_are_stated_after_an_arrow(stated: str, expected: str) -> None:
    network = net(f"c1 = Conv2d(1, 10, 3) -> {stated}", "1x9x9")
    assert claims(network) == [expected]
    assert network.layers[0].name == "c1"


def test_numbers_are_stated_within_a_chain() -> None:
    network = net(
        "Conv2d(1, 10, 3) -> 10x7x7, 100 parameters -> ReLU() -> 10x7x7 -> 10SM -> 10; 4910 parameters", "1x9x9"
    )
    assert claims(network) == ["10x7x7; parameters 100", "10x7x7", "parameters 4910", "10"]


VOLUMES = """
INPUT: [224x224x3]        memory:  224*224*3=150K   weights: 0
CONV3-64: [224x224x64]  memory:  224*224*64=3.2M   weights: (3*3*3)*64 = 1,728
POOL2: [112x112x64]  memory:  112*112*64=800K   weights: 0
FC: [1x1x4096]  memory:  4096  weights: 112*112*64*4096 = 3,288,334,336
FC: [1x1x1000]  memory:  1000 weights: 4096*1000 = 4,096,000

TOTAL memory: 24M * 4 bytes ~= 93MB / image (only forward! ~*2 for bwd)
TOTAL params: 138M parameters
"""


def test_the_table_of_the_cs231n_notes_is_read() -> None:
    network = read_network(VOLUMES, "net.txt")
    assert network.layout == "HWC"
    assert ("volumes between square brackets are height × width × channels",) in network.said
    assert rows(network) == [("64x224x224", 1792), ("64x112x112", 0), ("4096", 3288338432), ("1000", 4097000)]
    assert claims(network) == [
        "64x224x224; numbers 224*224*64; weights 3*3*3*64 = 1728",
        "64x112x112; numbers 112*112*64; weights 0",
        "4096; numbers 4096; weights 112*112*64*4096 = 3288334336",
        "1000; numbers 1000; weights 4096*1000 = 4096000",
    ]


BARE = """
INPUT | (64, 64, 3)
CONV5-8 | (60, 60, 8) | 608
POOL-2 | (30, 30, 8) |
FC-30 | (30) | 216,030
"""
HEADED = """
| Layer | Output shape | Notes | # Params | Receptive field |
|-------|:------------:|-------|----------|-----------------|
| Input | 64x64x3      | RGB   | 0        | -               |
| CONV5-8 | 64x64x8    |       | (5*5*3+1)*8 = 608 | 5      |
| POOL-2 | 32x32x8     | max   | 0        | 6               |
| Dense  | 30          |       | 245790   |                 |
| Total  |             |       | 246398   |                 |
"""


@pytest.mark.parametrize(
    ("table", "expected", "stated"),
    [
        (
            BARE,
            [("8x64x64", 608), ("8x32x32", 0), ("30", 245790)],
            ["8x60x60; parameters 608", "8x30x30", "30; parameters 216030"],
        ),
        (
            HEADED.replace("Dense ", "FC-30"),
            [("8x64x64", 608), ("8x32x32", 0), ("30", 245790)],
            [
                "8x64x64; parameters (5*5*3 + 1)*8 = 608; field 5",
                "8x32x32; parameters 0; field 6",
                "30; parameters 245790",
            ],
        ),
        (
            "| name | layer | output |\n|--|--|--|\n| c1 | Conv2d(3, 4, 3) | 4x6x6 |\n| c2 | Conv2d(4, 4, 3, from=c1) "
            "| - |",
            [("4x62x62", 112), ("4x60x60", 148)],
            ["4x6x6", ""],
        ),
    ],
)
def test_a_table_with_pipes_is_read(table: str, expected: Rows, stated: list[str]) -> None:
    network = net(table, None if "nput" in table or "INPUT" in table else "3x64x64")
    assert rows(network) == expected
    assert claims(network) == stated


@pytest.mark.parametrize(
    ("listing", "what"),
    [
        ("ReLU() -> 10x7x7; 100 things", "'100 things' is not a known statement about a layer"),
        ("ReLU() -> (3**) parameters", "is not a number"),
        ("Conv2d(1, 2, 3) | 6272 | 608", "it is not clear what these columns are"),
        ("| layer | output |\n| ReLU() | wide |", "'wide' is not a shape"),
        ("| | 3x3 |", "this row names no layer"),
        ("Input | large", "this row states no shape"),
        ("Conf2d(1, 2) | 3x3x3", "'Conf2d' is not a known layer"),
    ],
)
def test_a_statement_that_is_none_is_told(listing: str, what: str) -> None:
    assert what in told(listing)


# ---- layers that are not known


@pytest.mark.parametrize(
    ("listing", "kinds", "hint"),
    [
        ("Conv2d(3, 8, 3)\nConf2d(8, 8, 3)\nLinear(8, 2)", ["Conv2d", "", "Linear"], "did you mean 'Conv2d'?"),
        ("Conv2d(3, 8, 3) -> Foo(1, bar=2) -> ReLU()", ["Conv2d", "", "ReLU"], "layers are written"),
        ("f = Foo()\nc = Conv2d(8, 8, 3, from=f)\nAdd(c, f)", ["", "Conv2d", "Add"], "layers are written"),
        ("Net(\n  (a): Foo(3)\n  (b): ReLU()\n)", ["", "ReLU"], "known blocks: BasicBlock, Bottleneck"),
    ],
)
def test_an_unknown_layer_is_left_for_the_next_to_settle(listing: str, kinds: list[str], hint: str) -> None:
    network = read_network(listing, "net.txt")
    assert [layer.kind for layer in network.layers] == kinds
    assert [hint in problem.hint for problem in network.problems] == [True]


@pytest.mark.parametrize(
    ("listing", "count"),
    [
        ("Foo()\nConv2d(3, 8, $)", 2),
        ("ReLU()\nFoo()\nBar()", 2),
        ("here stands prose (of no use)\nReLU()", 1),
    ],
)
def test_an_unknown_layer_is_an_error_where_nothing_follows_or_more_is_wrong(listing: str, count: int) -> None:
    assert told(listing).count("error:") == count


# ---- lines that hold for all layers of a family


@pytest.mark.parametrize(
    ("lines", "expected", "said"),
    [
        (
            "All convolution filters have size 3x3, stride 1 and pad 1.\nConv2d(3, 8)\nCONV-4",
            [("8x9x9", 224), ("4x9x9", 292)],
            "convolutions that do not say it themselves: kernel 3, stride 1, padding 1",
        ),
        (
            "conv 8 -> POOL -> conv 4\nall convolutions are 3x3, stride 1, pad 1",
            [("8x9x9", 224), ("8x4x4", 0), ("4x4x4", 292)],
            "convolutions that do not say it themselves: kernel 3, stride 1, padding 1",
        ),
        (
            "default Conv2d: kernel_size=3, padding=1\nConv2d(3, 8)\nConv2d(8, 8, 5)",
            [("8x9x9", 224), ("8x7x7", 1608)],
            "Conv2d layers that do not say it themselves: kernel 3, padding 1",
        ),
        (
            "Max pooling is 2x2 with stride 1\nMaxPool2d()\nAvgPool2d(3)",
            [("3x8x8", 0), ("3x2x2", 0)],
            "max pools that do not say it themselves: kernel 2, stride 1",
        ),
        (
            "All convolutional layers use 5x3 kernels, stride 2 and no padding\nConv2d(3, 8)",
            [("8x3x4", 368)],
            "convolutions that do not say it themselves: kernel 5x3, stride 2, padding 0",
        ),
        (
            "All convolutions have size 3x3 and same padding\nConv2D(8)",
            [("8x9x9", 224)],
            "convolutions that do not say it themselves: kernel 3, padding same",
        ),
    ],
)  # fmt: skip
def test_a_line_holds_for_a_family(lines: str, expected: Rows, said: str) -> None:
    network = net(lines, "3x9x9")
    assert rows(network) == expected
    assert (said,) in network.said


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("All convolutions are dilated by 3x3", "this line is not understood: 'dilated'"),
        ("All convolutions are here", "this line gives no setting"),
        ("default Conv2d: kernel=3", "Conv2d has no setting 'kernel'"),
        ("All men are mortal", "is not a known layer"),
    ],
)
def test_a_line_that_is_not_understood_is_told(line: str, what: str) -> None:
    assert what in told(f"{line}\nReLU()")


# ---- codes of papers

GENERATOR = "c7s1-64,d128,d256," + "R256," * 6 + "u128,u64,c7s1-3"
MOBILENET_TABLE = """
| Conv / s2 | 3 × 3 × 3 × 32 | 224 × 224 × 3 |
| Conv dw / s1 | 3 × 3 × 32 dw | 112 × 112 × 32 |
| Conv / s1 | 1 × 1 × 32 × 64 | 112 × 112 × 32 |
| Conv dw / s2 | 3 × 3 × 64 dw | 112 × 112 × 64 |
| Conv / s1 | 1 × 1 × 64 × 128 | 56 × 56 × 64 |
| Avg Pool / s1 | Pool 56 × 56 | 56 × 56 × 128 |
| FC / s1 | 128 × 1000 | 1 × 1 × 128 |
| Softmax / s1 | Classifier | 1 × 1 × 1000 |
"""
DARKNET_LOG = """
layer     filters    size              input                output
    0 conv     32  3 x 3 / 1   416 x 320 x   3   ->   416 x 320 x  32  0.299 BFLOPs
    1 conv     64  3 x 3 / 2   416 x 320 x  32   ->   208 x 160 x  64  1.595 BFLOPs
    2 conv     32  1 x 1 / 1   208 x 160 x  64   ->   208 x 160 x  32  0.177 BFLOPs
    3 conv     64  3 x 3 / 1   208 x 160 x  32   ->   208 x 160 x  64  1.595 BFLOPs
    4 shortcut 1
    5 max          2 x 2 / 2   208 x 160 x  64   ->   104 x  80 x  64
    6 max          2 x 2 / 1   104 x  80 x  64   ->   104 x  80 x  64
    7 route  5
    8 route  7 6
"""


@pytest.mark.parametrize(
    ("listing", "shape", "expected"),
    [
        ("c7s1-64", "3x8x8", [("64x8x8", 9472), ("64x8x8", 0), ("64x8x8", 0)]),
        ("d128", "64x8x8", [("128x4x4", 73856), ("128x4x4", 0), ("128x4x4", 0)]),
        ("u64", "128x4x4", [("64x8x8", 73792), ("64x8x8", 0), ("64x8x8", 0)]),
        ("R16", "16x4x4", [("16x4x4", 2320), ("16x4x4", 0), ("16x4x4", 0), ("16x4x4", 2320), ("16x4x4", 0),
            ("16x4x4", 0)]),
        ("C64-CD128", "3x8x8", [
            ("64x4x4", 3136), ("64x4x4", 128), ("64x4x4", 0),
            ("128x2x2", 131200), ("128x2x2", 256), ("128x2x2", 0), ("128x2x2", 0),
        ]),
        (MOBILENET_TABLE, None, [
            ("32x112x112", 864), ("32x112x112", 288), ("64x112x112", 2048), ("64x56x56", 576), ("128x56x56", 8192),
            ("128x1x1", 0), ("1000", 129000), ("1000", 0),
        ]),
        (DARKNET_LOG, None, [
            ("32x320x416", 896), ("64x160x208", 18496), ("32x160x208", 2080), ("64x160x208", 18496), ("64x160x208", 0),
            ("64x80x104", 0), ("64x80x104", 0), ("64x80x104", 0), ("128x80x104", 0),
        ]),
    ],
)  # fmt: skip
def test_codes_of_papers_are_read(listing: str, shape: str | None, expected: Rows) -> None:
    assert rows(net(listing, shape)) == expected


def test_the_generator_of_cyclegan_has_the_parameters_of_its_authors_code() -> None:
    network = net(GENERATOR, "3x256x256")
    assert rows(network)[-1][0] == "3x256x256"
    assert sum(count or 0 for _, count in rows(network)) == 7_837_699
    assert any("instance norm" in str(said) for said in network.said)


def test_the_rows_of_a_table_state_what_comes_in() -> None:
    mobile, darknet = net(MOBILENET_TABLE), net(DARKNET_LOG)
    assert [shown_shape(layer.claim or ()) for layer in mobile.layers[:2]] == ["32x112x112", "32x112x112"]
    assert [shown_shape(layer.claim or ()) for layer in mobile.layers[-3:]] == ["128x1x1", "1000", ""]
    assert [layer.reads for layer in darknet.layers[4:]] == [("1", "3"), ("4",), ("5",), ("5",), ("7", "6")]
    assert mobile.layout == darknet.layout == "HWC"
    assert shown_shape(darknet.input or ()) == "3x320x416"


# ---- rows


@pytest.mark.parametrize(
    ("listing", "shape", "expected"),
    [
        ("Unfold(3)", "4x8x8", [("36x36", 0)]),
        ("Unfold((2, 3), dilation=2, padding=1, stride=2)", "4x8x9", [("24x16", 0)]),
        ("FractionalMaxPool2d(2, output_size=5)", "4x8x8", [("4x5x5", 0)]),
        ("FractionalMaxPool2d(2, output_ratio=0.7)", "4x9x8", [("4x6x5", 0)]),
        ("EmbeddingBag(100, 16)", "7", [("16", 1600)]),
        ("GlobalMaxPool", "4x9x8", [("4x1x1", 0)]),
        ("c = ReLU()\ng = GAP -> Conv2d(4, 4, 1)\nMul(c, g)", "4x8x8",
            [("4x8x8", 0), ("4x1x1", 0), ("4x1x1", 20), ("4x8x8", 0)]),
    ],
)  # fmt: skip
def test_rows_give_their_sizes(listing: str, shape: str, expected: Rows) -> None:
    assert rows(net(listing, shape)) == expected


# ---- YAML

DOCUMENT = """
title: A small net
source: ours
input: [3, 16, 16]
layout: CHW
layers:
  - c1: Conv2d(3, 8, 3, padding=1) -> 8x16x16; 224 parameters
  - residual(Conv2d(8, 8, 3, padding=1) -> ReLU())
  - c2: Conv2d(8, 4, 1, from=c1)
  - "CONV3-2 -> POOL2"
"""


def test_a_yaml_document_is_read() -> None:
    network = read_network(DOCUMENT, "net.yaml")
    assert (network.title, network.source, network.layout) == ("A small net", "ours", "CHW")
    assert claims(network)[0] == "8x16x16; parameters 224"
    assert [layer.reads for layer in network.layers[3:5]] == [("3", "c1"), ("c1",)]
    assert rows(network) == [
        ("8x16x16", 224), ("8x16x16", 584), ("8x16x16", 0), ("8x16x16", 0), ("4x16x16", 36), ("2x16x16", 74),
        ("2x8x8", 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("document", "what"),
    [
        ("layers:\n  - Conf2d(3, 8, 3)\n  - $", "net.yaml:2:5: error: 'Conf2d' is not a known layer"),
        ("layers:\n  - a b: ReLU()", "'a b' is not a label"),
        ("layers:\n  - a:\n    - ReLU()", "'a:' names no layer"),
        ("layers:\n  - ReLU()\nlayer: 3", "did you mean 'layers'?"),
        ("layers:\n", "there is no layer here"),
        ("layers:\n  - [", "net.yaml:2:5: error: [ is never closed"),
        ("input: {a: b}\nlayers:\n  - ReLU()", "a line of text is expected here"),
        ("layers:\n  - Conv2d(1, 2, (3", "'Conv2d(1, 2, (3' cannot be read"),
    ],
)
def test_a_broken_yaml_document_is_told(document: str, what: str) -> None:
    with pytest.raises(StepperError) as caught:
        read_network(document, "net.yaml")
    assert what in str(caught.value)


@pytest.mark.parametrize("item", ["Conv2d(1, 2, 3) wide", "Conv2d(1, 2, 3))(", "ReLU() ReLU"])
def test_what_stands_after_a_layer_is_not_dropped(item: str) -> None:
    assert "cannot be read" in told(item)


# ---- whole nets


def volumes() -> str:
    """VGG-16 as the table of the CS231n notes has it."""
    lines, size = ["INPUT: [224x224x3]  memory: 224*224*3=150K  weights: 0"], 224
    for channels, times in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        lines += [f"CONV3-{channels}: [{size}x{size}x{channels}]  memory: {size}*{size}*{channels}=3.2M"] * times
        size //= 2
        lines.append(f"POOL2: [{size}x{size}x{channels}]  memory: {size}*{size}*{channels}=800K  weights: 0")
    return "\n".join([*lines, *(f"FC: [1x1x{neurons}]  memory:  {neurons}" for neurons in (4096, 4096, 1000))])


def mobilenet() -> str:
    """Table 1 of MobileNets, its last depthwise row with stride 1, as its sizes ask for, and not s2 as printed."""
    rows, size, channels = ["Conv / s2 | 3x3x3x32 | 224x224x3"], 112, 32
    steps = [(1, 64), (2, 128), (1, 128), (2, 256), (1, 256), (2, 512), *[(1, 512)] * 5, (2, 1024), (1, 1024)]
    for stride, out in steps:
        rows.append(f"Conv dw / s{stride} | 3x3x{channels} dw | {size}x{size}x{channels}")
        size //= stride
        rows.append(f"Conv / s1 | 1x1x{channels}x{out} | {size}x{size}x{channels}")
        channels = out
    return "\n".join(
        [
            *rows,
            "Avg Pool / s1 | Pool 7x7 | 7x7x1024",
            "FC / s1 | 1024x1000 | 1x1x1024",
            "Softmax / s1 | Classifier | 1x1x1000",
        ]
    )


@pytest.mark.parametrize(("listing", "layers", "weights"), [(volumes(), 21, 138_344_128), (mobilenet(), 30, 4_209_088)])
def test_whole_tables_have_the_weights_that_their_papers_say(listing: str, layers: int, weights: int) -> None:
    found = work(net(listing), {})
    assert not found.problems
    assert len(found.layers) == layers
    assert sum(integer(done.weights) or 0 for done in found.layers) == weights
    assert all(done.layer.claim in (None, done.output) for done in found.layers)


# ---- items in a row


@pytest.mark.parametrize(
    ("listing", "shape", "expected"),
    [
        ("Block 1: Conv3-8, Conv3-8, MaxPool -> 8x4x4", "3x8x8", ["8x8x8", "8x8x8", "8x4x4"]),
        ("conv3-8 x 3", "3x8x8", ["8x8x8", "8x8x8", "8x8x8"]),
        ("FC-4, FC4, FC-1, soft-max", "9", ["4", "4", "1", "1"]),
        ("28x28-[32C3-MP2-64C3-MP2]-512-27", None, ["32x26x26", "32x13x13", "64x11x11", "64x5x5", "512", "27"]),
        ("{16C3-MP2-10C3-GAP-10SM}", "3x32x32", ["16x30x30", "16x15x15", "10x13x13", "10x1x1", "10", "10"]),
        (
            "INPUT -> [CONV3-8 -> RELU -> POOL]*2 -> FC-10",
            "3x8x8",
            ["8x8x8", "8x8x8", "8x4x4", "8x4x4", "8x4x4", "8x2x2", "10"],
        ),
        ("Conv2d(3, 8, 3), ReLU(), MaxPool2d(2)", "3x10x10", ["8x8x8", "8x8x8", "8x4x4"]),
        ("Conv2d(3, C, 3) -> CxHxW -> ReLU", "3xHxW", ["Cx(H - 2)x(W - 2)", "Cx(H - 2)x(W - 2)"]),
        (
            "x = Input(shape=(8, 8, 3))\ny = Conv2D(4, 3)(x)\nz = layers.Conv2D(4, 3)(x)\nw = Concatenate()([y, z])\n"
            "o = layers.add([w, w])\nmodel = Model(inputs=x, outputs=o)",
            None,
            ["4x6x6", "4x6x6", "8x6x6", "8x6x6"],
        ),
    ],
)
def test_items_in_a_row_are_read(listing: str, shape: str | None, expected: list[str]) -> None:
    assert [size for size, _ in rows(net(listing, shape))] == expected
