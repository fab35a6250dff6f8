"""Source files: names have the values that the file gives them, one model is taken and said, what is made and not used
counts.
"""

from __future__ import annotations

import pytest

from stepper.core.network import Network
from stepper.core.parser import parse
from stepper.engine.layers.counting import Count, totals_of
from stepper.engine.layers.fitting import shown_shape
from stepper.engine.layers.network import work
from stepper.engine.layers.shapes import shapes
from stepper.engine.layers.sizes import integer
from stepper.errors import StepperError
from stepper.read.network import load_network
from stepper.render.look import Look
from stepper.render.text import render


def module(
    init: str, forward: str = "return self.a(x)", name: str = "Net", above: str = "", parameters: str = ""
) -> str:
    """A class of PyTorch: the lines of ``__init__`` between semicolons."""
    lines = "\n".join(f"        {line.strip()}" for line in init.split(";"))
    head = (
        f"{above}\nclass {name}(nn.Module):\n    def __init__(self{parameters}):\n        super().__init__()\n{lines}\n"
    )
    return f"{head}    def forward(self, x):\n        {forward}\n"


def net(source: str, shape: str | None = None, model: str | None = None, **letters: str) -> Network:
    return load_network(None, source, shape, None, model, {name: parse(value) for name, value in letters.items()})


def parameters(network: Network) -> int | None:
    worked = work(network, {})
    assert not worked.problems, worked.problems
    return integer(totals_of(worked)["parameters"])


A, B = module("self.a = nn.Linear(4, 2)", name="A"), module("self.a = nn.Linear(4, 3)", name="B")
KERAS = "from keras import layers, Sequential\n"


@pytest.mark.parametrize(
    ("source", "shape", "count", "said"),
    [
        (module("self.a = nn.Linear(m, 2)", above="m = 100"), "100", 202, "in the file: m = 100"),
        (module("self.a = nn.Linear(m, 2)", above="h, w = 4, 5\nm = h * w"), "20", 42, "in the file: m = 20"),
        (module("self.a = nn.Linear(m // 2, 2 * m)", above="m: int = 6\nm += 2"), "4", 80, "in the file: m = 8"),
        (module("self.a = nn.Linear(m, 2)", parameters=", m=10"), "10", 22, "in the file: m = 10"),
        (module("self.a = nn.Linear(m, 2)", parameters=", m=10", above="m = 5"), "10", 22, "in the file: m = 10"),
        (module("self.a = nn.Linear(m, 2)", parameters=", *, m=10"), "10", 22, "in the file: m = 10"),
        (module("self.a = nn.Linear(m, 2)", parameters=", m=10") + "model = Net(7)", "7", 16, "in the file: m = 7"),
        (module("self.a = nn.Linear(m, 2)", parameters=", m=10") + "n = 3\nmodel = Net(m=2 * n).eval()", "6", 14,
            "in the file: m = 6"),
        (module("h = 5; self.a = nn.Linear(4, h)"), "4", 25, "in the file: h = 5"),
        (module("self.h = h; self.a = nn.Linear(4, self.h)", parameters=", h=5"), "4", 25, "in the file: self.h = 5"),
        (module("self.a = nn.Conv2d(1, 4, 3, bias=bias)", parameters=", bias=False"), "1x9x9", 36,
            "in the file: bias = False"),
        (module("self.a = nn.Conv2d(1, 4, k, padding=p)", parameters=", k=3, p='same'"), "1x9x9", 40,
            "in the file: k = 3, p = 'same'"),
        (module("self.a = nn.Conv2d(1, n, 3)", above="n = 8"), "1x9x9", 80, "in the file: n = 8"),
        (module("self.a = nn.Linear(m, 2)"), "9", 20, "m = 9, which the sizes tell"),
        (A + B, "4", 15, "the model is B, since it is the last; --model takes another: A"),
        (A + B + "model = A()", "4", 10, "the model is A, since it is the file's 'model'; --model takes another: B"),
        (A + B + "first = A()\nsecond = B()\nmodel = first", "4", 10, "the model is A"),
        (A + B + "a = B()\nb = A()", "4", 10, "since 'b' is the last that is made"),
        (module("self.a = nn.Linear(4, 4); self.b = nn.Linear(4, 100)"), "4", 520,
            "b is defined but not used; its parameters are counted"),
        (module("self.a = nn.Linear(4, 4); self.b = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))"), "4", 140,
            "defined but not used"),
        (module("self.a = nn.Linear(4, 4); self.b = self.a", forward="return self.b(x)"), "4", 20, ""),
        (module("self.a = nn.Linear(4, 4); self.loss = Focal(2)"), "4", 20, "self.loss = Focal(2) is not used, and "
                                                                            "not counted"),
        ("m = 100\nmodel = nn.Sequential(nn.Linear(m, 2), nn.ReLU())", "100", 202, "in the file: m = 100"),
        ("a = nn.Sequential(nn.Linear(4, 2))\nb = nn.Sequential(nn.Linear(4, 3))\nmodel = a", "4", 10,
            "the model is a, since"),
        ("a = Sequential()\na.add(Dense(4, input_shape=(3,)))\nb = Sequential()\nb.add(Dense(5, input_shape=(3,)))",
            None, 20,
         "the model is b, since it is the last; --model takes another: a"),
        ("epochs = 10\nn = 8\nmodel = Sequential()\nmodel.add(Dense(n, input_shape=(3,)))\nmodel.fit(x, y, epochs)",
            None, 32,
         "in the file: n = 8"),
        ("def build(n=8):\n    m = Sequential()\n    m.add(Dense(n, input_shape=(3,)))\n    return m\nmodel = build(5)",
            None, 20,
         "in the file: n = 5"),
        ("i = Input(shape=(3,))\nx = Dense(4)(i)\nd = Dense(9)(x)\nencoder = Model(i, x)\nboth = Model(inputs=i, "
         "outputs=d)", None, 61,
         "the model is both, since it is the last; --model takes another: encoder"),
        ("i = Input(shape=(3,))\nx = Dense(4)(i)\nd = Dense(9)(x)\nb = Model(i, d)\nmodel = Model(i, x)", None, 16,
            "the model is model"),
        ("def g():\n  m = Sequential()\n  m.add(Dense(4, input_shape=(3,)))\n  return m\n"
         "def d():\n  m = Sequential()\n  m.add(Dense(9, input_shape=(3,)))\n  return m\nmodel = g()", None, 16,
         "takes another: d"),
        ("m = Sequential()\nfor n in (3, 4):\n    m.add(Dense(n))", "4", 31, ""),
        # Keras' recurrent layers: gates·(in + units + 1)·units, and the last step alone unless the sequence is asked
        # for
        ("model = Sequential()\nmodel.add(LSTM(4, input_shape=(5, 4)))", None, 144, "gives its last step"),
        (KERAS + "model = Sequential([layers.Input(shape=(5, 4)), layers.SimpleRNN(4)])", None, 36, ""),
        (KERAS + "model = Sequential([layers.Input(shape=(5, 4)), layers.GRU(4)])", None, 120, ""),
        (KERAS + "model = Sequential([layers.Input(shape=(5, 4)), layers.GRU(4, reset_after=False)])", None, 108, ""),
        (KERAS + "model = Sequential([layers.Input(shape=(5, 4)), layers.LSTM(3, return_sequences=True), "
                 "layers.LSTM(2)])", None, 144, ""),
        ("import torch.nn as nn\nmodel = nn.Sequential(nn.LSTM(4, 4))", "5x4", 160, ""),
    ],
)  # fmt: skip
def test_a_source_has_what_stands_in_it(source: str, shape: str | None, count: int, said: str) -> None:
    network = net(source, shape)
    assert parameters(network) == count
    assert said in " ".join(render(shapes(network, {}, Count())[0], Look(width=2000)).split())


@pytest.mark.parametrize(
    ("source", "shape", "what"),
    [
        (module("self.a = nn.Linear(m, 2)", above="m = 100"), "144", "it expects 100, but gets 144"),
        (
            module("self.a = nn.Linear(in_features, 2)", parameters=", in_features=10"),
            "144",
            "it expects 10, but gets 144",
        ),
        ("m = 100\nmodel = nn.Sequential(nn.Linear(m, 2))", "144", "it expects 100, but gets 144"),
        (
            KERAS + "model = Sequential([layers.Input(shape=(5, 4)), layers.LSTM(3), layers.LSTM(2)])",
            None,
            "an input of 1 axis",
        ),
    ],
)
def test_a_value_of_the_file_is_not_solved(source: str, shape: str | None, what: str) -> None:
    problems = work(net(source, shape), {}).problems
    assert what in problems[0].what


@pytest.mark.parametrize(
    ("source", "model", "shape", "what"),
    [
        (A + B, "C", "4", "--model C: there is no such model"),
        ("Linear(3, 4)", "C", "4", "this is not a source file with models in it"),
        (
            module("if deep: self.a = nn.Linear(4, 2)"),
            None,
            "4",
            "deep has no value here, and decides which way this goes",
        ),
    ],
)
def test_what_is_not_followed_is_told(source: str, model: str | None, shape: str, what: str) -> None:
    with pytest.raises(StepperError) as caught:
        net(source, shape, model)
    assert what in str(caught.value)


def test_a_model_is_chosen_and_a_value_is_replaced() -> None:
    assert parameters(net(A + B + "model = A()", "4", "B")) == 15
    assert parameters(net(A + B + "model = A()\nother = B()", "4", "other")) == 15
    assert parameters(net(module("self.a = nn.Linear(m, 2)", above="m = 100"), "144", m="144")) == 290
    assert parameters(net(module("self.a = nn.Linear(n, 2)", above="m = 100\nn = 2*m"), "8", m="4")) == 18
    assert parameters(net(module("self.a = nn.Linear(m, 2)", parameters=", m=10"), "8", m="8")) == 18


def test_the_last_step_alone_is_what_keras_gives() -> None:
    stack = (
        "model = Sequential([layers.Input(shape=(5, 4)), "
        "layers.LSTM(3, return_sequences=True), layers.GRU(2), layers.Dense(7)])"
    )
    assert [shown_shape(done.output) for done in work(net(KERAS + stack), {}).layers] == ["3x5", "2", "7"]
