"""Pictures of runs: what is drawn, that it is drawn the same each time, and what is said where it cannot be drawn."""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from stepper.core.pictures import Plot
from stepper.core.steps import Derivation
from stepper.engine.optim.comparison import compare
from stepper.engine.optim.worked_run import Wanted, optim
from stepper.engine.values.quantities import Settings
from stepper.errors import StepperError
from stepper.read.options import OptimOptions, load_task, rivals
from stepper.render.formats import picture
from stepper.render.look import Look

PICTURED = Wanted(pictures=True)


def run(theta: str, *, objective: str | None, gradients: tuple[str, ...] = (), steps: int | None = 5) -> Derivation:
    return optim(load_task("sgd", OptimOptions(theta, gradients, objective, steps, "0.1")), Settings(), PICTURED)


def plots(derivation: Derivation) -> list[Plot]:
    return [block for _, step in derivation.walk() for block in step.body if isinstance(block, Plot)]


def test_one_parameter_is_drawn_on_the_curve_of_the_objective() -> None:
    heights, path = plots(run("1", objective="theta^2"))
    assert [round(height, 9) for _, height in heights.curves[0].points] == [
        1,
        0.64,
        0.4096,
        0.262144,
        0.16777216,
        0.107374182,
    ]
    curve, steps = path.curves
    assert all(abs(y - x * x) < 1e-12 for x, y in (*curve.points, *steps.points))
    assert (len(steps.points), steps.marked, curve.marked) == (6, True, False)


def test_two_parameters_are_drawn_over_level_lines() -> None:
    _, path = plots(run("w=1, b=2", objective="w^2 + log(b)"))
    assert path.surface is not None
    assert path.curves[0].points[0] == (1.0, 2.0)
    for y, row in zip(path.surface.ys, path.surface.heights, strict=True):
        assert all((height is None) == (y <= 0) for height in row)


def test_other_runs_show_their_parameters() -> None:
    (parameters,) = plots(run("[1, 2, 3]", objective=None, gradients=("[1, 1, 1]",), steps=None))
    assert [curve.points for curve in parameters.curves] == [((0, 1), (1, 0.9)), ((0, 2), (1, 1.9)), ((0, 3), (1, 2.9))]


def test_several_runs_are_named() -> None:
    options = OptimOptions("1", (), "theta^2", 5)
    task = load_task("sgd", options)
    heights, path = plots(compare(task, rivals(task, "adam", False, options), Settings(), PICTURED))
    assert [curve.name for curve in heights.curves] == [("sgd",), ("adam",)]
    assert len(path.curves) == 3


@pytest.mark.parametrize(("kind", "begins"), [("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF")])
@pytest.mark.parametrize("objective", ["theta[1]^2 + theta[2]^2", "0*theta[1] + 0*theta[2]"])
def test_every_kind_is_drawn_and_drawn_the_same(kind: str, begins: bytes, objective: str) -> None:
    derivation = run("[1, 2]", objective=objective, steps=3)
    drawn = picture(kind, derivation, Look())
    assert drawn.startswith(begins)
    assert drawn == picture(kind, derivation, Look())
    if kind == "svg":
        assert ET.fromstring(drawn).tag.endswith("svg")


def test_what_cannot_be_drawn(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(StepperError, match="there is no graph here to be drawn as SVG"):
        picture("svg", Derivation("backprop", "", ()), Look())
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(StepperError, match="needs matplotlib"):
        picture("png", run("1", objective="theta^2"), Look())
