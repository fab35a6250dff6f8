"""Optimizers against PyTorch, where it is installed: fifty random steps of each, in PyTorch's convention."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import pytest

from stepper.core.task import Coordinate
from stepper.engine.optim.run import Run
from stepper.engine.values.quantities import Settings
from stepper.read.bundled import load_graph
from stepper.read.given import with_values
from stepper.read.method import begun, method_named
from stepper.read.options import OptimOptions, training
from stepper.read.program import read_program
from stepper.read.taskparts import task_of

torch: Any = pytest.importorskip("torch", reason="PyTorch is not installed: pip install --group oracle")

PAIRS: dict[str, tuple[str, dict[str, Any], dict[str, Fraction]]] = {
    "sgd": ("SGD", {"lr": 0.05}, {"lr": Fraction("0.05")}),
    "gradient_ascent": ("SGD", {"lr": 0.05, "maximize": True}, {"lr": Fraction("0.05")}),
    "momentum": (
        "SGD",
        {"lr": 0.05, "momentum": 0.8, "dampening": 0.1},
        {"lr": Fraction("0.05"), "rho": Fraction("0.8"), "dampening": Fraction("0.1")},
    ),
    "nesterov": (
        "SGD",
        {"lr": 0.05, "momentum": 0.8, "nesterov": True},
        {"lr": Fraction("0.05"), "rho": Fraction("0.8")},
    ),
    "adagrad": (
        "Adagrad",
        {"lr": 0.05, "lr_decay": 0.01, "initial_accumulator_value": 0.1},
        {"lr": Fraction("0.05"), "lr_decay": Fraction("0.01"), "initial": Fraction("0.1")},
    ),
    "rmsprop": ("RMSprop", {"lr": 0.02, "alpha": 0.9}, {"lr": Fraction("0.02"), "alpha": Fraction("0.9")}),
    "rmsprop_centered": (
        "RMSprop",
        {"lr": 0.02, "alpha": 0.9, "centered": True},
        {"lr": Fraction("0.02"), "alpha": Fraction("0.9")},
    ),
    "rmsprop_momentum": (
        "RMSprop",
        {"lr": 0.02, "alpha": 0.9, "momentum": 0.7},
        {"lr": Fraction("0.02"), "alpha": Fraction("0.9"), "rho": Fraction("0.7")},
    ),
    "adadelta": ("Adadelta", {"lr": 0.5, "rho": 0.8}, {"lr": Fraction("0.5"), "rho": Fraction("0.8")}),
    "adam": (
        "Adam",
        {"lr": 0.02, "betas": (0.8, 0.95)},
        {"lr": Fraction("0.02"), "beta1": Fraction("0.8"), "beta2": Fraction("0.95")},
    ),
    "adamw": ("AdamW", {"lr": 0.02, "weight_decay": 0.1}, {"lr": Fraction("0.02"), "weight_decay": Fraction("0.1")}),
    "amsgrad": (
        "Adam",
        {"lr": 0.02, "betas": (0.9, 0.9), "amsgrad": True},
        {"lr": Fraction("0.02"), "beta2": Fraction("0.9")},
    ),
    "nadam": ("NAdam", {"lr": 0.02}, {"lr": Fraction("0.02")}),
    "radam": ("RAdam", {"lr": 0.02, "betas": (0.9, 0.99)}, {"lr": Fraction("0.02"), "beta2": Fraction("0.99")}),
    "adamax": ("Adamax", {"lr": 0.02}, {"lr": Fraction("0.02")}),
    "asgd": (
        "ASGD",
        {"lr": 0.05, "lambd": 0.1, "t0": 10},
        {"lr": Fraction("0.05"), "lambda": Fraction("0.1"), "t0": Fraction(10)},
    ),
    "rprop": ("Rprop", {"lr": 0.02}, {"lr": Fraction("0.02")}),
}


TOLERANCE = {"nadam": 1e-6, "asgd": 1e-6}
"""PyTorch keeps the product of all mu, and the rate that decays, in single precision."""


@pytest.mark.parametrize("name", PAIRS)
def test_fifty_random_steps_agree_with_pytorch(name: str) -> None:
    kind, theirs, ours = PAIRS[name]
    chance = random.Random(name)
    start = [chance.uniform(-1, 1) for _ in range(3)]
    gradients = [[round(chance.uniform(-2, 2), 3) for _ in range(3)] for _ in range(50)]
    parameter = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    optimizer = getattr(torch.optim, kind)([parameter], **theirs)
    right = []
    for gradient in gradients:
        parameter.grad = torch.tensor(gradient, dtype=torch.float64)
        optimizer.step()
        right.append(parameter.detach().tolist())
    places = [Coordinate("w", (place,), False) for place in (1, 2, 3)]
    given = [dict(zip(places, map(Fraction, map(str, gradient)), strict=True)) for gradient in gradients]
    task = task_of(method_named(name, ours), dict(zip(places, map(Fraction, start), strict=True)), given, None, None)
    run = Run(task)
    for taken, wanted in zip(run.swept(0, run.start), right, strict=True):
        found = [float(taken.numbers[f"w[{taken.number}, {place}]"]) for place in (1, 2, 3)]
        assert found == pytest.approx(wanted, rel=TOLERANCE.get(name, 1e-10), abs=TOLERANCE.get(name, 1e-12)), (
            taken.number
        )
    for taken, wanted in zip(run.steps(5, Settings()), right[:5], strict=False):
        found = [float(taken.numbers[f"w[{taken.number}, {place}]"]) for place in (1, 2, 3)]
        assert found == pytest.approx(wanted, rel=TOLERANCE.get(name, 1e-12))


def test_weight_decay_and_clipping_agree_with_pytorch() -> None:
    places = [Coordinate("w", (place,), False) for place in (1, 2)]
    parameter = torch.tensor([1.0, -2.0], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([parameter], lr=0.1, weight_decay=0.05)
    gradients = [[3.0, 4.0], [0.3, 0.1], [-5.0, 2.0]]
    for gradient in gradients:
        parameter.grad = torch.tensor(gradient, dtype=torch.float64)
        torch.nn.utils.clip_grad_value_([parameter], 1.0)
        optimizer.step()
    method = method_named("sgd", {"lr": Fraction("0.1"), "decay": Fraction("0.05")}, ["clip_value", "weight_decay"])
    given = [dict(zip(places, map(Fraction, gradient), strict=True)) for gradient in gradients]
    task = task_of(method, dict(zip(places, (Fraction(1), Fraction(-2)), strict=True)), given, None, None)
    last = list(Run(task).steps(3, Settings()))[-1]
    assert [float(last.numbers[f"w[3, {place}]"]) for place in (1, 2)] == pytest.approx(
        parameter.detach().tolist(), rel=1e-12
    )


@pytest.mark.parametrize(
    ("name", "theirs"),
    [("sgd", {}), ("momentum", {"momentum": 0.9}), ("nesterov", {"momentum": 0.9, "nesterov": True})],
)
def test_training_an_exams_network_agrees_with_pytorch(name: str, theirs: dict[str, Any]) -> None:
    """The network 2-3-2 of TUM's problem 6, written out in PyTorch."""
    graph = load_graph("tum-2022/6")
    leaf = {key: torch.tensor(float(value.value or 0), dtype=torch.float64) for key, value in graph.leaves.items()}
    weights = {key: leaf[key].requires_grad_() for key, value in graph.leaves.items() if value.kind == "parameter"}
    optimizer = torch.optim.SGD(list(weights.values()), lr=0.01, **theirs)

    def loss() -> Any:
        hidden = [leaf[f"w1{k}"] * leaf["x1"] + leaf[f"w2{k}"] * leaf["x2"] + leaf[f"b{k}"] for k in (1, 2, 3)]
        active = [torch.where(value > 0, value, leaf["alpha"] * value) for value in hidden]
        out = [sum(leaf[f"v{k}{j}"] * active[k - 1] for k in (1, 2, 3)) + leaf[f"b{3 + j}"] for j in (1, 2)]
        return sum((value - leaf[f"y{j}"]) ** 2 for j, value in enumerate(out, start=1)) / 2

    task = training(graph, name, OptimOptions(None, (), None, 10, "0.01"))
    for taken in Run(task).steps(3, Settings()):
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()
        for key, value in weights.items():
            assert float(taken.numbers[f"{key}[{taken.number}]"]) == pytest.approx(
                float(value.detach()), rel=1e-9, abs=1e-12
            )
        assert float(taken.loss or 0) == pytest.approx(float(loss().detach()), rel=1e-9)


@pytest.mark.parametrize(("batch", "seed", "mean"), [(1, None, True), (2, None, True), (2, 4, False)])
def test_training_in_batches_agrees_with_pytorch(batch: int, seed: int | None, mean: bool) -> None:
    """A line through five points with Adam, one batch after the other; PyTorch is given the same samples."""
    points = [(1, 2), (2, 4), (3, 5), (-1, 1), (0.5, -2)]
    graph = with_values(read_program("z = w*x + b; L = (z - y)^2", "-e"), ["w=0.3,b=-0.2"])
    samples = tuple({"x": Fraction(x), "y": Fraction(y)} for x, y in points)
    task = training(graph, "adam", OptimOptions(steps=30, lr="0.05"), ("w", "b"), samples, mean, batch, seed)
    weights = [torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in (0.3, -0.2)]
    optimizer = torch.optim.Adam(weights, lr=0.05)
    for taken in Run(task).steps(5, Settings()):
        assert taken.batch is not None
        x, y = (
            torch.tensor([points[place][part] for place in taken.batch.samples], dtype=torch.float64) for part in (0, 1)
        )

        def loss(x: Any = x, y: Any = y) -> Any:
            errors = (weights[0] * x + weights[1] - y) ** 2
            return errors.mean() if mean else errors.sum()

        optimizer.zero_grad()
        before = loss()
        before.backward()
        optimizer.step()
        assert float(taken.before or 0) == pytest.approx(float(before.detach()), rel=1e-9)
        assert float(taken.loss or 0) == pytest.approx(float(loss().detach()), rel=1e-9)
        for name, weight in zip("wb", weights, strict=True):
            assert float(taken.numbers[f"{name}[{taken.number}]"]) == pytest.approx(float(weight.detach()), rel=1e-9)


@pytest.mark.parametrize("name", ["momentum", "adam", "rmsprop", "adagrad"])
def test_start_states_agree_with_pytorchs_after_some_steps(name: str) -> None:
    """A run that goes on from the state PyTorch has after two steps is PyTorch's third; of Adam the number of the step
    begins anew.
    """
    kind, theirs, ours = PAIRS[name]
    parameter = torch.tensor([0.7], dtype=torch.float64, requires_grad=True)
    optimizer = getattr(torch.optim, kind)([parameter], **theirs)
    for gradient in (0.5, -0.2):
        parameter.grad = torch.tensor([gradient], dtype=torch.float64)
        optimizer.step()
    kept = optimizer.state[parameter]
    names = {"momentum_buffer": "v", "exp_avg": "m", "exp_avg_sq": "v", "square_avg": "s", "sum": "s"}
    start = {names[key]: float(value) for key, value in kept.items() if key in names}
    if "step" in kept:
        kept["step"] = torch.tensor(0.0)
    here = float(parameter.detach())
    parameter.grad = torch.tensor([0.3], dtype=torch.float64)
    optimizer.step()
    place = Coordinate("w", (), False)
    method = begun(method_named(name, ours), start)
    (taken,) = Run(task_of(method, {place: here}, [{place: Fraction(3, 10)}], None, None)).steps(1, Settings())
    assert float(taken.numbers["w[1]"]) == pytest.approx(float(parameter.detach()), rel=1e-12)
