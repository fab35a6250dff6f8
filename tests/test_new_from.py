"""Documents of layers written from a model's source: read again they are the same network."""

from __future__ import annotations

from pathlib import Path

import pytest

import stepper as st
from stepper.errors import StepperError
from tests.test_cli import run

HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"
NET = (
    HEAD + "class Net(nn.Module):\n  def __init__(self):\n    super().__init__()\n{init}"
    "  def forward(self, x):\n{forward}"
)


def source(init: str, forward: str) -> str:
    lines = ["\n".join(f"    {line}" for line in text.split("; ")) + "\n" for text in (init, forward)]
    return NET.format(init=lines[0], forward=lines[1])


SOURCES = {
    "a list": (HEAD + "model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))\n", "2", 3),
    "functions": (source("self.c = nn.Conv2d(1, 4, 3); self.f = nn.Linear(36, 2)",
                         "x = F.max_pool2d(F.relu(self.c(x)), 2); return self.f(torch.flatten(x, 1))"), "1x8x8", 5),
    "a way around": (source("self.a = nn.Conv2d(2, 2, 3, padding=1); self.b = nn.Conv2d(2, 2, 1)",
                            "return F.relu(self.a(x) + self.b(x))"), "2x4x4", 4),
    "what has no weights is shared": (source("self.a = nn.Linear(3, 3); self.b = nn.Linear(3, 2); self.r = nn.ReLU()",
                                             "return self.r(self.b(self.r(self.a(x))))"), "3", 4),
}  # fmt: skip


@pytest.mark.parametrize("name", SOURCES)
def test_a_model_is_written_down(tmp_path: Path, name: str) -> None:
    """The document has as many layers, and its table the same totals."""
    text, shape, layers = SOURCES[name]
    (tmp_path / "net.py").write_text(text, "utf-8")
    document = st.new(source=tmp_path / "net.py", input=shape)
    assert document.count("\n  - ") == layers
    (tmp_path / "net.yaml").write_text(document, "utf-8")
    whole, again = st.shapes(tmp_path / "net.py", input=shape), st.shapes(tmp_path / "net.yaml")
    assert whole.answers["total"] == again.answers["total"]


REFUSED = [
    (source("self.a = nn.Linear(3, 3)", "return self.a(self.a(x))"), "3", "no line for this"),
    (source("self.a = nn.Linear(3, 3)", "return self.a(x).transpose(0, 1)"), "4x3", "no line for this"),
    (source("self.a = nn.Linear(4, 3)", "return self.a(x)"), "3", "expects 4"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "shape", "said"), REFUSED)
def test_what_a_document_of_layers_does_not_have(tmp_path: Path, text: str, shape: str, said: str) -> None:
    """Shared weights, other functions of tensors, sizes that do not fit."""
    (tmp_path / "net.py").write_text(text, "utf-8")
    with pytest.raises(StepperError, match=said):
        st.new(source=tmp_path / "net.py", input=shape)


def test_the_command_writes_a_file(tmp_path: Path) -> None:
    """``--from`` with ``-o``; an existing file stays."""
    (tmp_path / "net.py").write_text(SOURCES["a list"][0], "utf-8")
    first = run("new", "--from", "net.py", "--input", "2", "-o", "net.yaml", cwd=tmp_path)
    assert first.returncode == 0
    assert "l1 = Linear(2, 3)" in (tmp_path / "net.yaml").read_text("utf-8")
    assert run("new", "--from", "net.py", "--input", "2", "-o", "net.yaml", cwd=tmp_path).returncode == 2
