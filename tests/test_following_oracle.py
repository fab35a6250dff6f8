"""Followed source against PyTorch, where it is installed: what comes out of small models, and all parameters."""

from __future__ import annotations

from typing import Any

import pytest

from stepper.engine.layers.counting import totals_of
from stepper.engine.layers.network import work
from stepper.engine.layers.sizes import integer
from stepper.read.network import load_network
from tests.following_models import SMALL, source
from tests.random_sources import random_source

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


@pytest.mark.parametrize("seed", range(200))
def test_a_random_model_gives_what_pytorch_gives(seed: int) -> None:
    text, shape = random_source(seed)
    names: dict[str, Any] = {}
    exec(text, names)
    module = (names.get("model") or names["Net"]()).eval()
    expected: dict[str, list[int]] = {}

    def keep(name: str) -> Any:
        def hook(_module: Any, _given: Any, found: Any) -> None:
            found = found[0] if isinstance(found, tuple) else found
            expected[name] = list(found.shape[1:])

        return hook

    for name, inner in module.named_modules():
        if not list(inner.children()):
            inner.register_forward_hook(keep(name))
    found = module(torch.zeros(1, *(int(size) for size in shape.split("x"))))
    worked = work(load_network(None, text, shape, None), {})
    assert not worked.problems
    assert integer(totals_of(worked)["parameters"]) == sum(weight.numel() for weight in module.parameters())
    ours = {done.layer.name: [integer(size) for size in done.output] for done in worked.layers}
    assert ours[worked.layers[-1].layer.name] == list(found.shape[1:])
    assert {name: ours[name] for name in expected if name in ours} == {
        name: sizes for name, sizes in expected.items() if name in ours
    }
    assert len(ours.keys() & expected.keys()) > 3
