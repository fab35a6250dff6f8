"""Source that is followed: what files of models have beside PyTorch's own layers, each with what it gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from stepper.core.expr import Num
from stepper.engine.layers.counting import totals_of
from stepper.engine.layers.fitting import shown_shape
from stepper.engine.layers.network import work
from stepper.engine.layers.sizes import integer
from stepper.errors import StepperError
from stepper.read.network import load_network
from tests.following_models import HEAD, source

EINOPS = (
    "from einops import rearrange, reduce, repeat, parse_shape\nfrom einops.layers.torch import Rearrange, Reduce\n"
)


def read(
    text: str, shape: str | None = None, model: str | None = None, path: Path | None = None
) -> tuple[str, int | None]:
    """The shape that comes out, and all parameters."""
    worked = work(load_network(None if path is None else str(path), text, shape, None, model, {}), {})
    assert not worked.problems, worked.problems
    return shown_shape(worked.layers[-1].output), integer(totals_of(worked)["parameters"])


@pytest.mark.parametrize(
    ("init", "forward", "shape", "comes_out", "parameters"),
    [
        ("pass", "return rearrange(x, 'b c h w -> b (h w) c')", "3x4x6", "24x3", 0),
        ("pass", "return rearrange(x, 'b c (h p) (w q) -> b (h w) (p q c)', p=2, q=3)", "3x4x6", "4x18", 0),
        ("pass", "return rearrange(x, 'b n (h d) -> b h n d', h=2)", "5x8", "2x5x4", 0),
        ("pass", "return rearrange(x, 'b ... d -> b d ...')", "3x4x6", "6x3x4", 0),
        ("pass", "return rearrange([x, x], 'k b d -> b (k d)')", "6", "12", 0),
        ("pass", "return reduce(x, 'b c h w -> b c', 'mean')", "3x4x6", "3", 0),
        ("pass", "return reduce(x, 'b c (h 2) (w 2) -> b c h w', 'max')", "3x4x6", "3x2x3", 0),
        ("pass", "return repeat(x, 'b h w -> b h (w 3)')", "4x6", "4x18", 0),
        ("self.c = nn.Parameter(torch.zeros(1, 1, 8))",
         "c = repeat(self.c, '1 n d -> b n d', b=x.shape[0])\nreturn torch.cat([c, x], dim=1)", "5x8", "6x8", 8),
        ("pass", "return x.reshape(-1, parse_shape(x, 'b _ h w')['h'])", "3x4x6", "18x4", 0),
        ("self.a = nn.Sequential(Rearrange('b c (h p) (w q) -> b (h w) (p q c)', p=2, q=2), nn.Linear(12, 5))",
         "return self.a(x)", "3x4x6", "6x5", 65),
        ("self.a = nn.Sequential(nn.Conv2d(3, 4, 1), Reduce('b c h w -> b c', 'mean'), nn.Linear(4, 2))",
         "return self.a(x)", "3x4x6", "2", 26),
    ],
)  # fmt: skip
def test_rules_of_einops_are_followed(init: str, forward: str, shape: str, comes_out: str, parameters: int) -> None:
    assert read(EINOPS + source(init, forward), shape) == (comes_out, parameters)


@pytest.mark.parametrize(
    ("rule", "what"),
    [
        ("'b c h w', h=2", "it has no ->"), ("'b c -> c b'", "names 2 axes, and the tensor has 4"),
        ("'b c (h p) w -> b c h p w'", "h and p share one axis, and only one size can be left open"),
        ("'b c (h p) w -> b c h p w', p=3", "4 is not a multiple of 3"),
        ("'b c h w -> b c h k'", "the size of k is not said"), ("'b c h w -> b c+h w'", "is no rule of einops"),
        ("'b c h w -> b c h w', h=5", "h is 5, and the axis has 4"),
    ],
)  # fmt: skip
def test_a_rule_of_einops_that_does_not_fit_is_told(rule: str, what: str) -> None:
    with pytest.raises(StepperError) as caught:
        read(EINOPS + source("pass", f"return rearrange(x, {rule})"), "3x4x6")
    assert what in str(caught.value)


@pytest.mark.parametrize(
    ("layer", "shape", "comes_out", "parameters"),
    [
        ("Dropout(rate=0.5)", (8, 4), "8x4", 0), ("SpatialDropout1D(0.2)", (8, 4), "8x4", 0),
        ("LeakyReLU(alpha=0.2)", (8, 4), "8x4", 0), ("ReLU(max_value=6)", (8, 4), "8x4", 0),
        ("PReLU(alpha_initializer='zeros')", (8, 4), "8x4", 32), ("Softmax(axis=-1)", (4,), "4", 0),
        ("GaussianNoise(stddev=0.1)", (8, 4), "8x4", 0), ("Masking(mask_value=0.)", (8, 4), "8x4", 0),
        ("Reshape(target_shape=(2, 16))", (8, 4), "2x16", 0), ("Permute((2, 1))", (8, 4), "4x8", 0),
        ("RepeatVector(3)", (4,), "3x4", 0), ("GlobalMaxPool1D()", (8, 4), "4", 0),
        ("GlobalAvgPool2D()", (8, 6, 4), "4", 0), ("TimeDistributed(Dense(3))", (8, 4), "8x3", 15),
        ("Lambda(lambda x: x * 2)", (8, 4), "8x4", 0), ("Bidirectional(LSTM(5))", (8, 4), "10", 400),
        ("Bidirectional(LSTM(5, return_sequences=True))", (8, 4), "8x10", 400),
        ("Bidirectional(GRU(5), merge_mode='sum')", (8, 4), "5", 330),
        ("Dense(2, kernel_constraint=max_norm(3))", (4,), "2", 10),
    ],
)  # fmt: skip
def test_layers_of_keras_that_wrap_or_move(layer: str, shape: tuple[int, ...], comes_out: str, parameters: int) -> None:
    text = (
        "from keras.models import Sequential\nfrom keras.api.layers import *\nfrom keras.constraints import max_norm\n"
        f"model = Sequential([Input({shape}), {layer}])\n"
    )
    worked = work(load_network(None, text, None, None, None, {}), {})
    assert not worked.problems
    sizes = [integer(size) for size in worked.layers[-1].output]
    sizes = [*sizes[1:], sizes[0]] if len(sizes) > 1 else sizes  # Keras has the channels last
    assert "x".join(map(str, sizes)) == comes_out
    assert integer(totals_of(worked)["parameters"]) == parameters


@pytest.mark.parametrize(("axis", "comes_out"), [(-1, "9x8x6"), (3, "9x8x6")])
def test_channels_of_tensorflow_come_last(axis: int, comes_out: str) -> None:
    text = (
        "import tensorflow as tf\nfrom keras import layers, Model, Input\nx = Input((8, 6, 3))\n"
        f"a, b = layers.Conv2D(4, 1)(x), layers.Conv2D(5, 1)(x)\nmodel = Model(x, tf.concat([a, b], axis={axis}))\n"
    )
    assert read(text) == (comes_out, 36)


@pytest.mark.parametrize(
    ("layers", "comes_out", "parameters"),
    [
        ("Embedding(input_dim=50, output_dim=8, input_length=7), Flatten()", "56", 400),
        ("Input((7,)), Embedding(50, output_dim=8), GlobalAveragePooling1D()", "8", 400),
        ("Dense(output_dim=3, input_dim=4, init='uniform')", "3", 15),
    ],
)
def test_settings_of_keras_by_name(layers: str, comes_out: str, parameters: int) -> None:
    text = f"from keras.models import *\nfrom keras.layers import *\nmodel = Sequential([{layers}])\n"
    assert read(text) == (comes_out, parameters)


def test_a_model_of_keras_is_built_for_a_shape() -> None:
    text = (
        "import tensorflow as tf\nfrom tensorflow.keras import layers, backend as K\n"
        "class Net(tf.keras.Model):\n    def __init__(self):\n        super().__init__()\n"
        "        self.a = layers.Dense(3 if K.image_data_format() == 'channels_last' else 4)\n"
        "    def build(self, shape):\n        super().build(shape)\n    def call(self, x):\n"
        "        return self.a(x)\nmodel = tf.keras.Sequential([layers.Dense(4), Net()])\nmodel.build((None, 5))\n"
    )
    assert read(text) == ("3", 39)


@pytest.mark.parametrize(
    ("above", "what"),
    [
        ("words = open('words.txt').read().split()\nn = len(words)", "a file that the source opens is not read"),
        ("n = int(input())", "out_features of Linear depends on what is not known here"),
    ],
)
def test_what_a_file_or_a_reader_tells_is_not_known(above: str, what: str) -> None:
    text = f"{above}\n{source('self.a = nn.Linear(6, n)', 'return self.a(x)')}"
    with pytest.raises(StepperError) as caught:
        read(text, "6")
    assert what in str(caught.value)
    assert "--set" in str(caught.value)
    network = load_network(None, text, "6", None, None, {"n": Num("4")})
    assert integer(totals_of(work(network, {"n": Num("4")}))["parameters"]) == 28


def test_what_a_star_brings_from_keras_is_known() -> None:
    text = (
        "from keras import models\nfrom keras.layers import *\nfrom keras.optimizers import *\ndef net():\n"
        "  x = Input((4,))\n  m = models.Model(inputs=[x], outputs=[Dense(3)(x)])\n  m.compile(Adam(lr=1e-4))\n"
        "  return m\n"
    )
    assert read(text, model="net()") == ("3", 15)


@pytest.mark.parametrize(
    ("init", "forward", "shape", "comes_out", "parameters"),
    [
        ("p = torch.tensor([[8, 4], [6, 2]]); self.a = nn.Linear(6, math.floor(p[1][0] / p[1, 1] + 2))",
         "return self.a(x)", "6", "5", 35),
        ("p = torch.tensor([[8, 4], [6, 2]])[1:]; self.a = nn.Linear(6, p[0][1])", "return self.a(x)", "6", "2", 14),
        ("self.a = nn.Linear(torch.Size([2, 3]).numel(), 4)", "return self.a(x)", "6", "4", 28),
    ],
)  # fmt: skip
def test_numbers_in_tensors_and_shapes(init: str, forward: str, shape: str, comes_out: str, parameters: int) -> None:
    assert read(source(init, forward), shape) == (comes_out, parameters)


def test_numbers_of_numpy() -> None:
    init = "self.n = int(np.sin(0.0) + np.cos(0.0) + np.array([3, 4])[1]); self.a = nn.Linear(6, self.n)"
    assert read("import numpy as np\n" + source(init, "return self.a(x)"), "6") == ("5", 35)


@pytest.mark.parametrize(
    ("text", "shape", "what", "hint"),
    [
        (source("self.a = nn.Linear(6, torch.rand(1))", "return self.a(x)"), "6",
         "out_features of Linear depends on what is not known here", ""),
        (f"{HEAD}class A(nn.Module):\n  def __init__(self):\n    super(B, self).__init__()\n"
         "    self.a = nn.Linear(2, 3)\n  def forward(self, x):\n    return self.a(x)\n", "2",
         "NameError: name 'B' is not defined", ""),
        (f"{HEAD}class A(nn.Module):\n  def _init_(self):\n    self.a = nn.Linear(2, 3)\n  def forward(self, x):\n"
         "    return self.a(x)\n", "2", "AttributeError: a A has no 'a'", "the class defines _init_"),
        (f"{HEAD}class A(nn.Module):\n  def __init__(self):\n    super().__init__()\n    self.a = nn.Linear(2, 3)\n"
         "  def forward(self, x, y):\n    return self.a(x + y)\n", None, "forward takes x, y, and no shape is given",
         "--input 'x=10x512,y=10x512'"),
        (source("self.f = nn.Flatten(); self.a = nn.Linear(784, 3)", "return x.mT @ self.a(self.f(x))"), None,
         "the input's shape is missing", "--input 784"),
        (source("self.e = nn.Embedding(50, 8)", "return self.e(x) + torch.zeros(x.shape[1], 8)"), None,
         "the input's shape is missing", "--input 10, for a list of 10 tokens"),
    ],
)  # fmt: skip
def test_what_does_not_work_is_told(text: str, shape: str | None, what: str, hint: str) -> None:
    with pytest.raises(StepperError) as caught:
        read(text, shape)
    assert what in str(caught.value)
    assert hint in str(caught.value)


def test_sizes_of_states_in_letters() -> None:
    text = (
        f"{HEAD}class Net(nn.Module):\n    def __init__(self, inputs, hidden, layers):\n        super().__init__()\n"
        "        self.r = nn.LSTM(inputs, hidden, layers)\n    def forward(self, x):\n        y, _ = self.r(x)\n"
        "        return y\n"
    )
    network = load_network(None, text, "7x3", None, None, {"layers": Num("2"), "hidden": Num("5")})
    assert integer(totals_of(work(network, {"layers": Num("2"), "hidden": Num("5")}))["parameters"]) == 440


def test_a_metric_beside_a_model_of_keras_is_no_model() -> None:
    text = (
        "from keras.layers import Input, Dense\nfrom keras.models import Model\nfrom keras import backend as K\n"
        "x = Input((4,))\nmodel = Model(inputs=x, outputs=Dense(3)(x))\n"
        "def overlap(y_true, y_pred):\n    return K.sum(K.flatten(y_true) * K.flatten(y_pred))\n"
    )
    assert read(text) == ("3", 15)


def test_a_loss_behind_a_model_is_not_the_model() -> None:
    text = source("self.a = nn.Linear(6, 4)", "return self.a(x)") + (
        "class PairLoss(nn.Module):\n    def __init__(self, margin=1.0):\n        super().__init__()\n"
        "        self.margin = margin\n        self.inner = nn.MSELoss()\n    def forward(self, one, other, label):\n"
        "        return self.margin + self.inner(one, other)\n"
    )
    assert read(text, "6") == ("4", 28)


def test_a_file_imports_from_its_own_folder_by_name(tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    (folder / "head.py").write_text("import torch.nn as nn\nclass Head(nn.Linear):\n  pass\n")
    (folder / "net.py").write_text("from parts.head import Head\nmodel = Head(6, 4)\n")
    (tmp_path / "other.py").write_text("raise SystemExit\n")
    worked = work(load_network(str(folder / "net.py"), None, "6", None, None, {}), {})
    assert integer(totals_of(worked)["parameters"]) == 28


@pytest.mark.parametrize("hidden", ["(2xNx5, 2xNx5)", "(2x5, 2x5)"])
def test_a_pair_of_states_comes_in(hidden: str) -> None:
    text = (
        f"{HEAD}class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.r = nn.LSTM(3, 5, 2, batch_first=True)\n        self.a = nn.Linear(5, 4)\n"
        "    def forward(self, x, hidden):\n        h, c = hidden\n        y, _ = self.r(x, (h, c))\n"
        "        return self.a(y[:, -1])\n"
    )
    assert read(text, f"x=7x3,hidden={hidden}") == ("4", 464)


def test_the_samples_stand_where_a_shape_says() -> None:
    text = source("pass", "pass").replace("def forward(self, x):\n        pass", (
        "def forward(self, x, h):\n        return torch.cat([x, h[-1]], dim=1)"
    ))  # fmt: skip
    assert read(text, "x=3,h=2xNx5") == ("8", 0)


@pytest.mark.parametrize("model", [None, "Net"])
@pytest.mark.parametrize(
    ("indent", "name", "hint"),
    [
        ("        ", "forward", "forward of line 12 stands inside another function: it is indented too far"),
        ("    ", "run", "def forward(self, x)"),
    ],
)
def test_a_module_without_forward_is_told_with_its_line(indent: str, name: str, hint: str, model: str | None) -> None:
    text = (
        f"{HEAD}\n\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        f"{indent}def {name}(self, x):\n{indent}    return x\n"
    )
    with pytest.raises(StepperError) as caught:
        read(text, "3", model)
    assert "9:1: error: Net has no forward method" in str(caught.value)
    assert hint in str(caught.value)
