"""Live modules against PyTorch, where it is installed: the same as their text gives, and what comes out of each."""

from __future__ import annotations

import linecache
from pathlib import Path
from typing import Any

import pytest

import stepper as st
from stepper.engine.layers.counting import totals_of
from stepper.engine.layers.network import work
from stepper.engine.layers.result import Worked
from stepper.engine.layers.sizes import integer
from stepper.errors import StepperError
from stepper.read.live.reading import read_module
from stepper.read.network import load_network
from tests.following_models import SMALL, source
from tests.random_sources import random_source

torch: Any = pytest.importorskip("torch", reason="PyTorch is not installed: pip install --group oracle")
nn: Any = torch.nn

pytestmark = pytest.mark.filterwarnings("ignore")


def made(text: str, folder: Path) -> dict[str, Any]:
    """The names of a file of source, as an import gives them."""
    path = folder / "net_of_a_student.py"
    path.write_text(text)
    names: dict[str, Any] = {"__name__": "net_of_a_student", "__file__": str(path)}
    exec(compile(text, str(path), "exec"), names)
    return names


def parameters(module: Any) -> int:
    return sum(weight.numel() for weight in module.parameters())


def rows(worked: Worked) -> list[tuple[str, list[int | None], int | None]]:
    """Each layer with its sizes and its parameters."""
    assert not worked.problems
    return [
        (done.layer.kind, [integer(size) for size in done.output], integer(done.parameters)) for done in worked.layers
    ]


def of_module(module: Any, shape: str) -> Worked:
    return work(read_module(module, shape), {})


@pytest.mark.parametrize("seed", range(0, 200, 2))
def test_a_live_module_gives_what_its_text_gives(seed: int, tmp_path: Path) -> None:
    text, shape = random_source(seed)
    names = made(text, tmp_path)
    module = names.get("model") or names["Net"]()
    worked = of_module(module, shape)
    assert rows(worked) == rows(work(load_network(None, text, shape, None), {}))
    assert integer(totals_of(worked)["parameters"]) == parameters(module)
    assert not any("meta device" in str(line) for line in worked.network.said)


@pytest.mark.parametrize("seed", range(1, 200, 4))
def test_a_module_without_its_source_is_traced(seed: int) -> None:
    """What ``exec`` made has no source: hooks tell the same sizes at the end, and the same parameters."""
    text, shape = random_source(seed)
    names: dict[str, Any] = {"__name__": "of_no_file"}
    exec(text, names)
    module = (names.get("model") or names["Net"]()).eval()
    worked = of_module(module, shape)
    found = module(torch.zeros(1, *(int(size) for size in shape.split("x"))))
    assert rows(worked)[-1][1] == list(found.shape[1:])
    assert integer(totals_of(worked)["parameters"]) == parameters(module)


@pytest.mark.parametrize(("init", "forward", "shape", "comes_out", "parameters_"), SMALL)
def test_a_small_live_module_gives_what_is_known_of_it(
    init: str, forward: str, shape: str, comes_out: str, parameters_: int, tmp_path: Path
) -> None:  # fmt: skip
    module = made(source(init, forward), tmp_path)["Net"]()
    worked = of_module(module, shape.rsplit(maxsplit=1)[-1])
    assert "x".join(str(size) for size in rows(worked)[-1][1]) == comes_out
    assert integer(totals_of(worked)["parameters"]) == parameters_


# ---- what a text cannot say: attributes, closures, cells, changes after the module was made

HEAD = "import functools\nimport torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"
ODD: tuple[tuple[str, str, tuple[int, ...]], ...] = (
    (
        "class Net(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.act, self.lin = torch.tanh, nn.Linear(6, 4)\n"
        "        self.leaky = functools.partial(F.leaky_relu, negative_slope=0.1)\n"
        "    def forward(self, x):\n"
        "        return self.leaky(self.act(self.lin(x)))\n"
        "net = Net()",
        "functions as attributes", (6,),
    ),
    (
        "class Net(nn.Module):\n"
        "    def __init__(self, widths):\n"
        "        super().__init__()\n"
        "        self.inner = nn.ModuleList(nn.Linear(a, b) for a, b in zip(widths, widths[1:]))\n"
        "    def forward(self, x):\n"
        "        for inner in self.inner:\n"
        "            x = inner(x)\n"
        "        return x\n"
        "net = Net([6, 5, 4])",
        "arguments that no text gives", (6,),
    ),
    (
        "def made(width):\n"
        "    class Net(nn.Module):\n"
        "        def __init__(self):\n"
        "            super().__init__()\n"
        "            self.lin = nn.Linear(6, width)\n"
        "        def forward(self, x):\n"
        "            return self.lin(x).view(-1, width)\n"
        "    return Net()\n"
        "net = made(7)",
        "a class in a function", (6,),
    ),
    (
        "class Net(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.words, self.head = nn.Embedding(50, 8), nn.Linear(8, 50, bias=False)\n"
        "        self.head.weight = self.words.weight\n"
        "        self.rnn = nn.LSTM(8, 8, 2, batch_first=True)\n"
        "    def forward(self, x):\n"
        "        return self.head(self.rnn(self.words(x))[0][:, -1])\n"
        "net = Net()",
        "a weight that two layers hold", (12,),
    ),
    ("net = nn.Sequential(nn.Conv2d(3, 8, (3, 5), stride=2), nn.BatchNorm2d(8, affine=False), nn.MaxPool2d(2))\n"
     "net[0] = nn.Conv2d(3, 8, 5, bias=False)",
     "a layer that was replaced", (3, 32, 32)),
    ("net = nn.Conv2d(3, 8, 3, padding='same', padding_mode='reflect')", "a layer alone", (3, 9, 9)),
    ("net = nn.TransformerEncoder(nn.TransformerEncoderLayer(16, 4, 64, batch_first=True, bias=False), 2)",
     "layers that keep their settings in others", (10, 16)),
    ("net = torch.compile(nn.Sequential(nn.Linear(6, 4), nn.GroupNorm(2, 4), nn.ReLU()))", "a compiled module", (6,)),
)  # fmt: skip


@pytest.mark.parametrize(("text", "what", "shape"), ODD)
@pytest.mark.parametrize("kept", [True, False])
def test_what_a_live_module_has_is_taken_from_it(text: str, what: str, shape: tuple[int, ...], kept: bool) -> None:
    """With the source, as a notebook keeps that of its cells, and without it."""
    name = f"<cell of {what}, {kept}>"
    if kept:
        linecache.cache[name] = (len(HEAD + text), None, (HEAD + text).splitlines(True), name)
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(HEAD + text, name, "exec"), names)
    net = names["net"].eval()
    ids = "Embedding" in text
    found = getattr(net, "_orig_mod", net)(torch.zeros(1, *shape, dtype=torch.long if ids else torch.float32))
    worked = of_module(net, "x".join(map(str, shape)))
    assert rows(worked)[-1][1] == list(found.shape[1:])
    assert integer(totals_of(worked)["parameters"]) == parameters(net)
    if kept:
        assert not any("meta device" in str(line) for line in worked.network.said)


# ---- the function, and what it refuses

BLOCK = """\
class Inner(nn.Module):
    def __init__(self):
        super().__init__()
        self.mixing = nn.Parameter(torch.ones(3, 3))

    def forward(self, x):
        return torch.einsum("bchw,cd->bdhw", x, self.mixing)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.inner, self.fc = nn.Conv2d(3, 3, 3, padding=1), Inner(), nn.Linear(3, 2)
        self.scale = nn.Parameter(torch.ones(3, 1, 1))

    def forward(self, x):
        y = self.conv(x) + x * self.scale
        return self.fc(self.inner(self.conv(y)).mean((2, 3)))
"""


def test_a_traced_module_is_told_module_by_module() -> None:
    names: dict[str, Any] = {}
    exec(HEAD + BLOCK, names)
    solution = st.shapes(names["Net"](), input=(3, 8, 8))
    layers = {name: row for name, row in solution.answers.items() if isinstance(row, dict) and "shape" in row}
    assert {name: (row["shape"], row["parameters"]) for name, row in layers.items()} == {
        "scale": ((3, 1, 1), 3), "conv": ((3, 8, 8), 84), "3": ((3, 8, 8), 0), "conv_2": ((3, 8, 8), 0),
        "inner": ((3, 8, 8), 9), "6": ((3,), 0), "fc": ((2,), 8),
    }  # fmt: skip
    assert "run on the meta device" in " ".join(str(solution).split())


BRANCH = """\
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(4, 2)

    def forward(self, x):
        if x.sum() > 0:
            return self.lin(x)
        return x
"""
REFUSED = (
    (BLOCK, True, (4, 8, 8), "it expects 3, but gets 4"), (BLOCK, False, (4, 8, 8), "it expects 3, but gets 4"),
    (BLOCK, True, None, "the input's shape is missing"), (BLOCK, False, None, "the input's shape is missing"),
    (BRANCH, True, (4,), "which way this goes depends on the numbers of a tensor: x.sum() > 0"),
    (BRANCH, False, (4,), "this module does not run on an input of 4: "),
)  # fmt: skip


@pytest.mark.parametrize(("text", "kept", "shape", "told"), REFUSED)
def test_what_does_not_fit_is_told(
    text: str, kept: bool, shape: tuple[int, ...] | None, told: str, tmp_path: Path
) -> None:  # fmt: skip
    names: dict[str, Any] = made(HEAD + text, tmp_path) if kept else {}
    if not kept:
        exec(HEAD + text, names)
    with pytest.raises(StepperError) as error:
        st.shapes(names["Net"](), input=shape)
    assert told in str(error.value)


def test_the_module_is_left_as_it_is(tmp_path: Path) -> None:
    net = made(HEAD + BLOCK, tmp_path)["Net"]().train()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    st.shapes(net, input=(3, 8, 8))
    assert net.training and not net.conv._forward_hooks
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())


def test_a_branch_goes_the_way_that_is_assumed(tmp_path: Path) -> None:
    net = made(HEAD + BRANCH, tmp_path)["Net"]()
    found = st.shapes(net, input=(4,), assume="x.sum() > 0=True").answers["lin"]
    assert isinstance(found, dict) and found["shape"] == (2,)
