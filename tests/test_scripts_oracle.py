"""Scripts against PyTorch, where it is installed: they are run, and their gradients are those of the table."""

from __future__ import annotations

import sys
import types
from typing import Any

import pytest

from tests.scripts_known import SCRIPTS

torch: Any = pytest.importorskip("torch", reason="PyTorch is not installed: pip install --group oracle")

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize(("what", "script", "gradients"), SCRIPTS)
def test_pytorch_has_the_gradients_of_the_table(
    what: str, script: str, gradients: dict[str, tuple[str, float]], monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    engine: Any = types.ModuleType("micrograd.engine")
    engine.Value = lambda number, **_: torch.tensor(float(number), requires_grad=True)  # the same numbers and gradients
    monkeypatch.setitem(sys.modules, "micrograd", types.ModuleType("micrograd"))
    monkeypatch.setitem(sys.modules, "micrograd.engine", engine)
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    names: dict[str, Any] = {"__name__": "__main__"}
    try:
        exec(script, names)
    finally:
        torch.set_default_dtype(before)
    found = {name: float(eval(written, names)) for name, (written, _) in gradients.items()}
    assert found == pytest.approx({name: gradient for name, (_, gradient) in gradients.items()}, rel=1e-9)
