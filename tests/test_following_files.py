"""Source files: imports in a package, links and circles, notebooks, several inputs, which model, what is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stepper.core.network import Network
from stepper.engine.layers.counting import Count, totals_of
from stepper.engine.layers.fitting import shown_shape
from stepper.engine.layers.network import work
from stepper.engine.layers.shapes import shapes
from stepper.engine.layers.sizes import integer
from stepper.errors import StepperError
from stepper.read.network import assumptions, load_network
from stepper.render.look import Look
from stepper.render.text import render
from tests.following_models import HEAD, source

BLOCK = (
    f"{HEAD}\nclass Block(nn.Module):\n  def __init__(self, n):\n    super().__init__()\n    "
    f"self.c = nn.Linear(n, n)\n  def forward(self, x):\n    return x + self.c(x)\n"
)
NET = (
    "class Net(nn.Module):\n  def __init__(self):\n    super().__init__()\n    self.b = "
    "Block(SIZE)\n  def forward(self, x):\n    return self.b(x)\n"
)


def package(folder: Path, **files: str) -> Path:
    """A package of files; ``a__b`` is ``a/b.py``."""
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def outputs(network: Network) -> list[str]:
    worked = work(network, {})
    assert not worked.problems, worked.problems
    return [shown_shape(done.output) for done in worked.layers]


@pytest.mark.parametrize(
    "imported",
    [
        "from .parts.block import Block\nfrom . import sizes\nSIZE = sizes.SIZE",
        "from net.parts.block import Block\nfrom net.sizes import SIZE",
        "from .parts import *\nfrom .sizes import SIZE as SIZE",
        "from . import parts, sizes\nBlock = parts.block.Block\nSIZE = sizes.SIZE",
        "import net.sizes\nfrom net.parts import Block\nSIZE = net.sizes.SIZE",
    ],
)
def test_imports_are_followed_inside_the_package(tmp_path: Path, imported: str) -> None:
    folder = package(tmp_path / "net", __init__="", sizes="SIZE = 4", parts__block=BLOCK, parts____init__="")
    (folder / "__init__.py").write_text("")
    (folder / "parts" / "__init__.py").write_text("from .block import Block")
    (folder / "model.py").write_text(f"import torch.nn as nn\n{imported}\n{NET}")
    network = load_network(str(folder / "model.py"), None, "4", None)
    assert outputs(network) == ["4", "4"]
    assert network.layers[0].path == "b.c"


def test_a_file_beside_is_followed_without_a_package(tmp_path: Path) -> None:
    package(tmp_path, block=BLOCK, model=f"import torch.nn as nn\nfrom block import Block\nSIZE = 4\n{NET}")
    assert outputs(load_network(str(tmp_path / "model.py"), None, "4", None)) == ["4", "4"]


def test_nothing_beyond_the_package_is_read(tmp_path: Path) -> None:
    package(tmp_path / "other", block=BLOCK)
    folder = package(tmp_path / "net", model=f"import torch.nn as nn\nfrom block import Block\nSIZE = 4\n{NET}")
    (folder / "block.py").symlink_to(tmp_path / "other" / "block.py")
    with pytest.raises(StepperError, match=r"block\.Block is not known here"):
        load_network(str(folder / "model.py"), None, "4", None)
    (folder / "model.py").write_text(f"import torch.nn as nn\nfrom ..other.block import Block\nSIZE = 4\n{NET}")
    with pytest.raises(StepperError, match="is not known here"):
        load_network(str(folder / "model.py"), None, "4", None)


def test_imports_in_a_circle_end(tmp_path: Path) -> None:
    package(
        tmp_path, a="from b import x", b="from a import x", c="from c import y\nfrom d import *", d="from c import *"
    )
    (tmp_path / "model.py").write_text(
        f"{HEAD}from a import x\nfrom c import y\n{source('self.l = nn.Linear(x, 2)', 'return self.l(x)')}"
    )
    with pytest.raises(StepperError):
        load_network(str(tmp_path / "model.py"), None, "4", None)


def test_a_notebook_is_its_code() -> None:
    lines = [f"{line}\n" for line in source("self.a = nn.Linear(6, 4)", "return self.a(x)").split("\n")]
    cells = [
        {"cell_type": "markdown", "source": ["# A model"]},
        {"cell_type": "code", "source": ["%matplotlib inline\n", "!pip install torch\n"]},
        {"cell_type": "code", "source": lines},
        {"cell_type": "code", "source": "model = Net()\nmodel.fit(nothing)"},
    ]
    assert outputs(load_network(None, json.dumps({"cells": cells, "nbformat": 4}), "6", None)) == ["4"]


TWO = (
    "class Net(nn.Module):\n  def __init__(self):\n    super().__init__()\n    self.a = "
    "nn.Linear(6, 4)\n    self.b = nn.Linear(5, 4)\n  def forward(self, src, tgt):\n    return "
    "self.a(src) + self.b(tgt)\n"
)


def test_several_inputs_are_told_by_their_names() -> None:
    assert outputs(load_network(None, HEAD + TWO, "src=6,tgt=5", None)) == ["4", "5", "4", "4"]
    assert outputs(load_network(None, HEAD + TWO, "tgt=5, src=6", None))[-1] == "4"
    with pytest.raises(StepperError, match="forward takes src, tgt, and 1 shape is given"):
        load_network(None, HEAD + TWO, "6", None)
    with pytest.raises(StepperError, match="this is not a shape"):
        load_network(None, HEAD + TWO, "src=6,tgt=five and six", None)


MAKERS = (
    f"{HEAD}class Net(nn.Module):\n  def __init__(self, sizes, bias=True):\n    "
    f"super().__init__()\n    self.a = nn.Linear(sizes[0], sizes[1], bias)\n  def forward(self, "
    f"x):\n    return self.a(x)\ndef small(k=2, **more):\n  return Net([3, k], **more)\n"
)


@pytest.mark.parametrize(
    ("model", "count"),
    [("small", 8), ("small()", 8), ("small(k=5)", 20), ("small(5, bias=False)", 15), ("Net((3, 4))", 16),
    ("Net(sizes=[3, 1])", 4)],
)  # fmt: skip
def test_a_model_may_be_told_with_its_arguments(model: str, count: int) -> None:
    found = work(load_network(None, MAKERS, "3", None, model), {})
    assert integer(totals_of(found)["parameters"]) == count


@pytest.mark.parametrize(
    ("text", "shape", "model", "what"),
    [
        (MAKERS, "3", None, "Net needs sizes, which nothing here gives"),
        (MAKERS, "3", "Net(3", "this is not an expression"),
        (MAKERS, "3", "Nett", "did you mean 'Net'"),
        (source("self.a = nn.Linear(6, 4)", "if x.sum() > 0: return x\nreturn self.a(x)"), "6", None,
            "which way this goes depends on the numbers of a tensor: x.sum() > 0"),
        (source("self.a = nn.Linear(6, 4)", "return self.b(x)"), "6", None, "a Net has no 'b'"),
        (source("self.a = nn.Linear(6, 4)", "return torch.fft.fft(x)"), "6", None, "torch.fft.fft is not known here"),
        (source("self.a = nn.Linear(6, 4)", "return x.view(-1, 4)"), "6", None, "one sample has 6 numbers"),
        (source("self.a = nn.Linear(6, 4)", "return torch.cat([x, self.a(x)[:, None]], 1)"), "6", None,
        "cannot be stacked"),
        (source("self.a = nn.Linear(6, 4)", "return x @ self.a(x)"), "6", None, "cannot be multiplied"),
        (source("self.a = nn.Linear(6, 4)", "return x + self.a(x)"), "6", None, "do not fit together"),
        (source("self.a = nn.Conv2d(3, 4, 3)", "return self.a(x.permute(0, 1))"), "3x8x8", None,
        "the tensor has 4 axes"),
        (source("self.a = nn.Linear(6, 4)", "raise ValueError('not yet')"), "6", None,
        "the source raises ValueError: not yet"),
        (source("self.a = nn.Linear(6, 4)", "assert x.shape[1] == 7, 'seven'\nreturn x"), "6", None,
        "does not hold: seven"),
        (source("self.a = nn.Conv2d(3, 4, 3)", "b, c, h, w = x.shape\nreturn self.a(x)"), None, None,
        "say it with --input 3x224x224"),
        ("import torch\nx = 3\n", "2", None, "there is no model here"),
        ("from keras import Sequential, layers\nmodel = Sequential()\nmodel.add(layers.Dense(3, input_shape=(4,)))\n"
         "model.add(layers.ConvLSTM2D(2, 3))\n", None, None,
         "keras.layers.ConvLSTM2D is not known here"),
        ("from keras import Sequential, layers\nmodel = Sequential([layers.Dense(3, input_shape=(4, 4)),\n"
         "  layers.TimeDistributed(layers.Conv2D(2, 3))])\n", None, None, "layers that act on the last axis"),
        ("import torch.nn as nn\nmodel = nn.Sequential(nn.Linear(2, 3))\nmodel.add_module('x', nn.Wonder())\n", "2",
        None,
            "torch.nn.Wonder is not known here"),
        ("import torch.nn as nn\nmodel = nn.Sequential(nn.Linear(2, 3))\nmodel.head = nn.Wonder()\n", "2", None,
            "torch.nn.Wonder is not known here"),
        (f"{HEAD}import pytorch_lightning as pl\nclass Net(pl.LightningModule):\n  def forward(self, "
         f"x):\n    return x\n", "2",
            None, "models made with pytorch_lightning are not read"),
        ("from fastai.vision.all import *\nlearn = vision_learner(dls, resnet34)\n", "2", None,
        "models made with fastai are not read"),
        ("from keras.applications import VGG16\nmodel = VGG16()\n", "2", None,
        "keras.applications.VGG16 is not known here"),
    ],
)  # fmt: skip
def test_what_cannot_be_followed_is_told(text: str, shape: str | None, model: str | None, what: str) -> None:
    with pytest.raises(StepperError) as caught:
        load_network(None, text, shape, None, model)
    assert what in str(caught.value)


KERAS = "from keras import Model, Sequential, layers\nfrom keras.layers import *\n"


@pytest.mark.parametrize(
    ("text", "shape", "comes_out", "parameters"),
    [
        ("model = Sequential([Input((8, 8, 3)), Conv2D(4, 3, padding='same'), MaxPooling2D(), Flatten(), Dense(2)])",
        None, "2",
            112 + 130),
        ("model = Sequential()\nfor n in (4, 5):\n  model.add(Conv2D(n, 3, "
         "activation='relu'))\nmodel.add(GlobalAveragePooling2D())",
            "8x8x3", "5", 112 + 185),
        ("i = Input(shape=(8, 8, 3))\nx = Conv2D(3, 3, padding='same')(i)\ny = add([x, i])\nx = concatenate([x, y])\n"
         "model = Model(inputs=i, outputs=Dense(2)(Flatten()(x)))", None, "2", 84 + 770),
        ("def block(x, n):\n  return Activation('relu')(BatchNormalization()(Conv2D(n, 3)(x)))\ni = Input((8, 8, 3))\n"
         "x = block(block(i, 4), 5)\nmodel = Model(i, x)", None, "5x4x4", 112 + 8 + 185 + 10),
        ("a, b = Input((4,)), Input((5,))\nd = Dense(3)\nx = d(a) + Dense(3)(b)\nmodel = Model([a, b], x)", None, "3",
        15 + 18),
        ("i = Input((4,))\nd = Dense(4)\nmodel = Model(i, d(d(i)))", None, "4", 20),
        ("e = Sequential([Dense(3, input_shape=(4,))])\ni = Input((4,))\nmodel = Model(i, Dense(2)(e(i)))", None, "2",
        15 + 8),
        ("class Net(Model):\n  def __init__(self, n):\n    super().__init__()\n    self.d = "
         "[Dense(n), Dense(2)]\n    self.r = ReLU()\n"
         "  def call(self, x, training=None):\n    for d in self.d: x = self.r(d(x))\n    return x\nmodel = Net(3)",
         "4", "2", 15 + 8),
        ("model = Sequential([ZeroPadding2D(((1, 2), (0, 3)), input_shape=(8, 8, 3)), "
         "Conv2DTranspose(2, 2, strides=2)])", None,
            "2x22x22", 26),
        ("model = Sequential([Embedding(50, 6, input_length=7), LSTM(4, return_sequences=True), GRU(3)])", None, "3",
            300 + 176 + 81),
        ("model = Sequential([Embedding(50, 6, input_length=7), Bidirectional(LSTM(4))])", None, "8", 300 + 2 * 176),
        ("model = Sequential()\nmodel.add(Bidirectional(LSTM(4, return_sequences=True), merge_mode='sum', "
         "input_shape=(7, 6)))\nmodel.add(TimeDistributed(Dense(5)))", None, "5x7", 2 * 176 + 25),
    ],
)  # fmt: skip
def test_keras_is_followed(text: str, shape: str | None, comes_out: str, parameters: int) -> None:
    worked = work(load_network(None, KERAS + text, shape, None), {})
    assert not worked.problems
    assert shown_shape(worked.layers[-1].output) == comes_out
    assert integer(totals_of(worked)["parameters"]) == parameters


def test_python_2_is_told(tmp_path: Path) -> None:
    (tmp_path / "old.py").write_text("import torch.nn as nn\nprint 'a'\nmodel = nn.Linear(2, 3)\n")
    with pytest.raises(StepperError, match=r"this is Python 2: write print\(...\)"):
        load_network(str(tmp_path / "old.py"), None, "2", None)


def test_a_branch_on_data_goes_as_it_is_told() -> None:
    text = source("self.a = nn.Linear(6, 4)", "if x.sum()>0:\n  return x*2\nreturn self.a(x)")
    for word, comes_out in (("x.sum() > 0=True", "6"), ("x.sum() > 0 = False", "4")):
        network = load_network(None, text, "6", None, None, None, assumptions([word]))
        assert outputs(network) == [comes_out]
        assert "assumed: x.sum() > 0 is" in str(network.said)
    for word in ("x.sum() > 0", "x.sum( =True"):
        with pytest.raises(StepperError):
            assumptions([word])


@pytest.mark.parametrize(
    ("text", "shape", "said"),
    [
        (source("self.a = nn.Linear(6, 4)", "if self.training: x = x*2\nreturn self.a(x)"), "6",
        "training is False, as in evaluation"),
        (source("self.a = nn.Conv2d(3, 4, 3)", "return self.a(x)"), "9x8x3",
        "the input is read with the channels last"),
        (source("self.a = nn.Linear(36, 4)", "return self.a(x.view(-1, 36))"), "144", "a view gives 4*N samples of N"),
        (source("self.a = nn.LSTM(6, 4)", "return self.a(x)[0]"), "7x6", "a is not batch_first"),
        (source("self.a = nn.Linear(6, 4); self.b = nn.LayerNorm(9); self.w = nn.Parameter(torch.ones(5))",
        "return self.a(x)"),
            "6", "w and b are defined but not used"),
        (source("self.a = nn.Linear(6, 4)", "return self.a(x)").replace("    def forward",
        "    @torch.magic(3)\n    def forward"), "6",
            "the decorator @torch.magic of forward is passed over"),
    ],
)  # fmt: skip
def test_what_was_decided_on_the_way_is_said(text: str, shape: str, said: str) -> None:
    derivation, error = shapes(load_network(None, text, shape, None), {}, Count())
    assert error is None
    assert said in " ".join(render(derivation, Look(width=2000)).split())


def test_a_single_layer_is_a_model_where_there_is_no_other() -> None:
    text = f"{HEAD}model = nn.Linear(6, 4)\ncriterion = nn.CrossEntropyLoss()\n"
    assert outputs(load_network(None, text, "6", None)) == ["4"]


def test_a_size_is_an_integer() -> None:
    text = source("self.a = nn.Linear(6, 6/4)", "return self.a(x)")
    with pytest.raises(StepperError, match=r"out_features of Linear is 1\.5, and must be an integer"):
        load_network(None, text, "6", None)


def test_what_a_command_line_would_say_is_as_by_default() -> None:
    parser = (
        "p = argparse.ArgumentParser()\np.add_argument('--hidden-size', type=int, default=8)\nopt = p.parse_args()\n"
    )
    text = f"import argparse\n{parser}" + source("self.a = nn.Linear(6, opt.hidden_size)", "return self.a(x)")
    assert outputs(load_network(None, text, "6", None)) == ["8"]


DEEP = (
    f"{BLOCK}class Net(nn.Module):\n  def __init__(self):\n    super().__init__()\n    "
    f"self.body = nn.Sequential(Block(4), nn.ReLU(), Block(4))\n    self.head = nn.Linear(4, "
    f"2)\n  def forward(self, x):\n    return self.head(F.relu(self.body(x)))\n"
)


@pytest.mark.parametrize(
    ("depth", "rows"),
    [(0, ["body.0.c", "2", "body.1", "body.2.c", "5", "6", "head"]), (1, ["body", "6", "head"]),
     (2, ["body.0", "body.1", "body.2", "6", "head"]), (9, ["body.0.c", "2", "body.1", "body.2.c", "5", "6", "head"])],
)  # fmt: skip
def test_modules_are_folded_to_a_depth(depth: int, rows: list[str]) -> None:
    derivation, _ = shapes(load_network(None, DEEP, "4", None), {}, Count(), None, depth)
    table = render(derivation, Look(width=200)).split("1  Layer by layer")[1].split("total")[0]
    assert [line.split()[0] for line in table.splitlines()[4:] if line.strip()] == rows


@pytest.mark.parametrize(
    ("init", "forward", "shape", "parameters", "macs"),
    [
        # a weight in two layers counts once: 20*4, two cells' 4*4*(4 + 4) + 2*4*4, and the bias of 20
        ("self.e = nn.Embedding(20, 4); self.r = nn.LSTM(4, 4, batch_first=True); self.o = nn.Linear(4, 20); "
         "self.o.weight = self.e.weight", "return self.o(self.r(self.e(x))[0])", "7", 80 + 128 + 32 + 20, 7*128 + 7*80),
        ("self.a = nn.Linear(4, 4); self.a.weight = nn.Parameter(torch.eye(4))", "return self.a(x)", "4", 20, 16),
        # three pictures in each sample: three times the multiply-adds of one, the weights once
        ("self.c = nn.Conv2d(1, 2, 3)", "b, t, h, w = x.shape\nreturn self.c(x.view(b*t, 1, h, w)).view(b, t, -1)",
        "3x5x5", 20,
         3*9*9*2),
        ("self.q = nn.Linear(4, 4, bias=False)", "return self.q(x) @ x.transpose(1, 2)", "5x4", 16, 5*16 + 5*5*4),
        ("self.w = nn.Parameter(torch.zeros(3, 4))", "return F.linear(x, self.w)", "5x4", 12, 5*12),
        ("self.register_buffer('m', torch.ones(5, 4)); self.l = nn.Linear(4, 3)", "return self.l(x*self.m)", "5x4", 15,
         5*12),
        ("self.l = nn.Linear(4, 3)", "return F.linear(x, self.l.weight, self.l.bias)", "5x4", 15, 5*12),
    ],
)  # fmt: skip
def test_what_a_model_holds_and_does_is_counted(
    init: str, forward: str, shape: str, parameters: int, macs: int
) -> None:
    worked = work(load_network(None, source(init, forward), shape, None), {})
    assert not worked.problems
    totals = totals_of(worked)
    assert integer(totals["buffers"]) == (20 if "buffer" in init else 0)
    assert (integer(totals["parameters"]), integer(totals["macs"])) == (parameters, macs)
