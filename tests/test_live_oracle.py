"""Live modules against PyTorch, where it is installed: the same as their text gives, and what comes out of each."""

from __future__ import annotations

import sys
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


def rows(worked: Worked) -> list[tuple[str, list[int], int]]:
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
