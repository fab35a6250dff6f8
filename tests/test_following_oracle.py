"""Followed source against PyTorch, where it is installed: what comes out of small models, and all parameters."""

from __future__ import annotations

from typing import Any

import pytest

from tests.following_models import SMALL, source

torch: Any = pytest.importorskip("torch", reason="PyTorch is not installed: pip install --group oracle")

pytestmark = pytest.mark.filterwarnings("ignore")
SAMPLES = 13
"""A number that no size is."""


@pytest.mark.parametrize(("init", "forward", "shape", "comes_out", "parameters"), SMALL)
def test_a_small_model_gives_what_pytorch_gives(
    init: str, forward: str, shape: str, comes_out: str, parameters: int
) -> None:  # fmt: skip
    names: dict[str, Any] = {}
    exec(source(init, forward), names)
    module = names["Net"]().eval()
    sizes = [int(size) for size in shape.rsplit(maxsplit=1)[-1].split("x")]
    ids = shape.startswith("ids")
    given = torch.zeros(SAMPLES, *sizes, dtype=torch.long) if ids else torch.randn(SAMPLES, *sizes)
    found = module(given)
    found = found[0] if isinstance(found, tuple) else found
    assert "x".join(str(size) for size in found.shape if size != SAMPLES) == comes_out
    assert sum(weight.numel() for weight in module.parameters()) == parameters
