"""Networks with weights from files against PyTorch, where it is installed: outputs and gradients, from the same
names.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import stepper as st
from tests.test_weights import safetensors

torch: Any = pytest.importorskip("torch", reason="PyTorch is not installed: pip install --group oracle")
nn: Any = torch.nn
F: Any = torch.nn.functional

pytestmark = pytest.mark.filterwarnings("ignore")

HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n\n\n"


class LeNet(nn.Module):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.classifier = nn.Sequential(nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU())
        self.logits = nn.Linear(84, 10)

    def forward(self, x: Any) -> Any:
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.logits(self.classifier(torch.flatten(x, 1)))


class Block(nn.Module):  # type: ignore[misc]
    """A residual block whose way around is a convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, stride=2, padding=1, bias=False)
        self.conv2 = nn.Conv2d(8, 8, 3, padding=1, bias=False)
        self.around = nn.Conv2d(3, 8, 1, stride=2, bias=False)
        self.fc = nn.Linear(8 * 4 * 4, 5)

    def forward(self, x: Any) -> Any:
        out = F.relu(self.conv1(x))
        out = self.conv2(out)
        out = F.relu(out + self.around(x))
        return self.fc(torch.flatten(out, 1))


class Normed(nn.Module):  # type: ignore[misc]
    """Norms of a batch and of rows."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 4, 3)
        self.bn = nn.BatchNorm2d(4)
        self.fc = nn.Linear(4 * 3 * 3, 6)
        self.ln = nn.LayerNorm(6)

    def forward(self, x: Any) -> Any:
        x = F.relu(self.bn(self.conv(x)))
        return self.ln(self.fc(torch.flatten(x, 1)))


LISTING = """\
input: 1x28x28
conv1: Conv2d(1, 6, 5, padding=2)
ReLU
MaxPool2d(2)
conv2: Conv2d(6, 16, 5)
ReLU
MaxPool2d(2)
Flatten
fc1: Linear(400, 120)
ReLU
fc2: Linear(120, 84)
ReLU
logits: Linear(84, 10)
"""


def source(kind: type) -> str:
    return HEAD + inspect.getsource(kind).replace("-> None", "").replace(": Any", "").replace("-> Any", "")


def made(kind: type, seed: int = 0) -> Any:
    torch.manual_seed(seed)
    return kind()


def file_of(model: Any, folder: Path, suffix: str) -> Path:
    arrays = {name: value.numpy() for name, value in model.state_dict().items()}
    path = folder / f"w.{suffix}"
    if suffix == "npz":
        np.savez(path, **arrays)
    else:
        path.write_bytes(safetensors(arrays))
    return path


def alike(found: Any, wanted: Any) -> bool:
    return bool(np.allclose(np.asarray(found, dtype=float), wanted.detach().numpy(), rtol=1e-5, atol=1e-6))


@pytest.mark.parametrize("suffix", ["npz", "safetensors"])
@pytest.mark.parametrize(
    ("kind", "shape", "weight"),
    [(LeNet, (1, 28, 28), "conv1.weight"), (Block, (3, 8, 8), "around.weight")],
    ids=["LeNet-5", "residual block"],
)
def test_one_image_and_its_gradient(
    tmp_path: Path, suffix: str, kind: type, shape: tuple[int, ...], weight: str
) -> None:
    model, x = made(kind), torch.randn(shape)
    (tmp_path / "net.py").write_text(source(kind))
    np.save(tmp_path / "x.npy", x.numpy())
    path = file_of(model, tmp_path, suffix)
    out = [*model._modules][-1]
    given: dict[str, Any] = {"weights": path, "x": tmp_path / "x.npy"}
    wanted = model(x[None])[0]
    assert alike(st.forward(tmp_path / "net.py", **given).floats[out], wanted)
    wanted[2].backward()
    found = st.backprop(tmp_path / "net.py", weight, of=f"{out}[3]", **given)
    assert alike([*found.floats.values()][-1], model.get_parameter(weight).grad)
    assert all(check.ok for check in found.checks)


def test_a_listing_takes_the_same_names() -> None:
    model, x = made(LeNet), torch.randn((1, 28, 28))
    state = {
        name.replace("classifier.0", "fc1").replace("classifier.2", "fc2"): array
        for name, array in model.state_dict().items()
    }
    found = st.forward(LISTING, weights=state, x=x)
    assert alike(found.floats["logits"], model(x[None])[0])


def test_a_printed_chain_takes_its_state() -> None:
    torch.manual_seed(1)
    model = nn.Sequential(
        nn.Conv2d(2, 3, 3, padding=1), nn.LeakyReLU(0.2), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(12, 4), nn.Tanh(),
        nn.Sequential(nn.Linear(4, 4, bias=False), nn.PReLU(), nn.Linear(4, 2)),
    )  # fmt: skip
    x = torch.randn((2, 4, 4))
    found = st.forward(repr(model), weights=model.state_dict(), x=x, input="2x4x4")
    assert alike([*found.floats.values()][-1], model(x[None])[0])


def test_the_flatten_that_print_does_not_show_is_put_back() -> None:
    class Net(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(1, 2, 3)
            self.fc = nn.Linear(8, 3)

        def forward(self, x: Any) -> Any:
            return self.fc(torch.flatten(self.conv(x), 1))

    model, x = made(Net), torch.randn((2, 1, 4, 4))
    for sample in (x, x[0]):
        found = st.forward(repr(model), weights=model.state_dict(), x=sample, input="1x4x4")
        assert alike(found.floats["fc"], model(x) if sample is x else model(x)[0])


def test_a_batch_is_normed_as_in_training() -> None:
    model, x = made(Normed), torch.randn((3, 2, 5, 5))
    held = {name: array for name, array in model.state_dict().items() if "running" not in name and "num" not in name}
    found = st.forward(source(Normed), weights=held, x=x, input="2x5x5")
    assert alike(found.floats["ln"], model(x))


def test_a_printed_residual_net_without_norms(tmp_path: Path) -> None:
    """The way through and the way around, by the paths that print shows."""

    class BasicBlock(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(3, 3, 3, padding=1)
            self.bn1 = nn.Identity()
            self.relu = nn.ReLU()
            self.conv2 = nn.Conv2d(3, 3, 3, padding=1)
            self.bn2 = nn.Identity()

        def forward(self, x: Any) -> Any:
            return self.relu(self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x))))) + x)

    class ResNet(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.layer1 = nn.Sequential(BasicBlock(), BasicBlock())

        def forward(self, x: Any) -> Any:
            return self.layer1(x)

    model, x = made(ResNet), torch.randn((3, 6, 6))
    wanted = model(x[None])[0]
    found = st.forward(repr(model), weights=file_of(model, tmp_path, "npz"), x=x)
    assert alike([*found.floats.values()][-1], wanted)
    wanted[0, 1, 2].backward()
    name = "layer1.0.conv2.weight"
    gradient = st.backprop(repr(model), name, weights=model.state_dict(), x=x, of="layer1.1.relu_2[1, 2, 3]")
    assert alike([*gradient.floats.values()][-1], model.get_parameter(name).grad)
