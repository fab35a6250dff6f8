"""Random small layers as PyTorch's modules and as lines of a listing, for documents of layers."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from stepper.tables.layers import LAYER_ROWS
from stepper.tables.layers import LAZY as ALL_LAZY

torch: Any = pytest.importorskip("torch", reason="PyTorch is not installed: pip install --group oracle")
nn: Any = torch.nn
functional: Any = nn.functional
Shape = tuple[int, ...]
Maker = Callable[[random.Random, Shape], str]


LAZY = [name for name in ALL_LAZY if LAYER_ROWS[name].forward]


@dataclass(frozen=True)
class Module:
    """A layer as a listing writes it, what it works out, and what it holds, in the order of a listing."""

    text: str
    run: Callable[[Any], Any]
    parameters: Sequence[Any] = ()


WANTS_BATCH = {
    "SyncBatchNorm", "BatchNormalization", *(f"{lazy}BatchNorm{axes}d" for lazy in ("", "Lazy") for axes in (1, 2, 3)),
}  # fmt: skip
"""Layers that one sample alone has no sense for."""
ALWAYS_ALONE: set[str] = set()
"""Layers that are worked for one sample without a batch."""


def _yes(chance: random.Random) -> bool:
    return chance.random() < 0.5


def _divisor(chance: random.Random, number: int) -> int:
    return chance.choice([part for part in range(1, number + 1) if number % part == 0])


def _conv(chance: random.Random, shape: Shape) -> str:
    groups = _divisor(chance, shape[0])
    out = groups * chance.randint(1, 2)
    return (
        f"{shape[0]}, {out}, {chance.randint(1, 3)}, stride={chance.randint(1, 2)}, padding={chance.randint(0, 2)}, "
        f"dilation={chance.randint(1, 2)}, groups={groups}, bias={_yes(chance)}"
    )


def _conv_transpose(chance: random.Random, shape: Shape) -> str:
    return (
        f"{shape[0]}, {chance.randint(1, 3)}, {chance.randint(1, 3)}, stride={chance.randint(1, 2)}, "
        f"padding={chance.randint(0, 1)}, bias={_yes(chance)}"
    )


def _pool(chance: random.Random, shape: Shape) -> str:
    return f"{chance.randint(1, 3)}, stride={chance.randint(1, 2)}, padding={chance.randint(0, 1)}"


def _norm(chance: random.Random, shape: Shape) -> str:
    return f"{shape[0]}, eps=0.01, affine={_yes(chance)}, track_running_stats={_yes(chance)}, bias={_yes(chance)}"


def _dim(chance: random.Random, shape: Shape) -> str:
    return f"dim={chance.choice([-1, *range(1, len(shape) + 1)])}"


def _nothing(chance: random.Random, shape: Shape) -> str:
    return ""


def _number(chance: random.Random, shape: Shape) -> str:
    return str(chance.randint(1, 9) / 10)


SETTINGS: Mapping[str, Maker] = {
    **{f"Conv{axes}d": _conv for axes in (1, 2, 3)},
    **{f"ConvTranspose{axes}d": _conv_transpose for axes in (1, 2, 3)},
    **{f"{kind}Pool{axes}d": _pool for kind in ("Max", "Avg") for axes in (1, 2, 3)},
    **{f"BatchNorm{axes}d": _norm for axes in (1, 2, 3)},
    **dict.fromkeys(("Softmax", "LogSoftmax", "Softmin"), _dim),
    **dict.fromkeys(("LeakyReLU", "ELU", "Hardshrink", "Softshrink", "Dropout"), _number),
    **dict.fromkeys(
        ("ReLU", "ReLU6", "SELU", "SiLU", "Mish", "Softsign", "Tanh", "Sigmoid",
         "LogSigmoid", "Tanhshrink", "RReLU", "Identity", "AlphaDropout", "FeatureAlphaDropout", "Dropout1d",
         "Dropout2d", "Dropout3d"),
        _nothing,
    ),
    "Flatten": lambda chance, shape: chance.choice(["", "start_dim=2" if len(shape) > 1 else ""]),
    "Linear": lambda chance, shape: f"{shape[-1]}, {chance.randint(1, 4)}, bias={_yes(chance)}",
    "Embedding": lambda chance, shape: f"5, {chance.randint(1, 3)}",
    "LayerNorm": lambda chance, shape: f"{shape[-1]}, eps=0.01, elementwise_affine={_yes(chance)}, bias={_yes(chance)}",
    "PReLU": lambda chance, shape: chance.choice(["1", str(shape[0])]),
    "Threshold": lambda chance, shape: "0.125, 0.5",
    "GELU": lambda chance, shape: chance.choice(["", "approximate='tanh'"]),
    "Hardtanh": lambda chance, shape: chance.choice(["", "-0.25, 0.5"]),
    "Softplus": lambda chance, shape: chance.choice(["", "beta=2.5"]),
}  # fmt: skip
"""PyTorch's modules, with random settings that fit a shape."""


def _fc(chance: random.Random, shape: Shape) -> Module:
    inputs = 1
    for size in shape:
        inputs *= size
    linear = nn.Linear(inputs, chance.randint(1, 3), bias=_yes(chance)).double()
    text = f"FC({linear.out_features}, bias={linear.bias is not None})"
    return Module(text, lambda x: linear(x.flatten(1)), drawn(linear))


def _sync(chance: random.Random, shape: Shape) -> Module:
    made = getattr(nn, f"BatchNorm{max(1, len(shape) - 1)}d")(shape[0]).double()
    return Module(f"SyncBatchNorm({shape[0]})", made, drawn(made))


def _dense(chance: random.Random, shape: Shape) -> Module:
    linear = nn.Linear(shape[-1], chance.randint(1, 3), bias=_yes(chance)).double()
    weight, *bias = drawn(linear)
    kernel = weight.detach().T.clone().requires_grad_()
    text = f"Dense({linear.out_features}, use_bias={bool(bias)})"
    return Module(text, lambda x: functional.linear(x, kernel.T, *bias), [kernel, *bias])


def _batch_normalization(chance: random.Random, shape: Shape) -> Module | None:
    if len(shape) > 1:
        return None
    made = nn.BatchNorm1d(shape[0], eps=0.02).double()
    return Module("BatchNormalization(epsilon=0.02)", made, drawn(made))


def _lazy(kind: str) -> Callable[[random.Random, Shape], Module | None]:
    def made(chance: random.Random, shape: Shape) -> Module | None:
        found = module(kind, chance, shape)
        name, _, settings = found.text.partition("(") if found else ("", "", "")
        return found and Module(f"Lazy{name}({settings.partition(', ')[2]}", found.run, found.parameters)

    return made


OTHERS: Mapping[str, Callable[[random.Random, Shape], Module | None]] = {
    "FC": _fc,
    "SyncBatchNorm": _sync,
    # PyTorch works these out with a number in single precision
    "CELU": lambda chance, shape: Module("CELU(0.3)", lambda x: torch.where(x > 0, x, 0.3 * torch.expm1(x / 0.3))),
    "Hardswish": lambda chance, shape: Module("Hardswish()", lambda x: x * functional.relu6(x + 3) / 6),
    "Hardsigmoid": lambda chance, shape: Module("Hardsigmoid()", lambda x: functional.relu6(x + 3) / 6),
    "Dense": _dense,
    "BatchNormalization": _batch_normalization,
    **{f"Lazy{kind}": _lazy(kind) for kind in LAZY},
    "DropPath": lambda chance, shape: Module("DropPath(0.1)", lambda x: x * 1),
}
"""Layers that are no modules of PyTorch's, or none that run here."""
LAYERS = {*SETTINGS, *OTHERS}


def drawn(made: Any) -> list[Any]:
    """A module's parameters in its order, with numbers of three digits."""
    found = list(made.parameters())
    with torch.no_grad():
        for parameter in found:
            parameter.copy_(torch.randn(parameter.shape, dtype=torch.float64).mul(1000).round() / 1000)
    return found


def module(kind: str, chance: random.Random, shape: Shape) -> Module | None:
    """A layer of a kind on a shape; None where PyTorch makes none."""
    if kind in OTHERS:
        return OTHERS[kind](chance, shape)
    text = f"{kind}({SETTINGS[kind](chance, shape)})"
    try:
        made = eval(f"nn.{text}").double()
    except (ValueError, TypeError, RuntimeError, AssertionError):
        return None
    axes = int(kind[-2]) if kind[-1] == "d" and kind[-2].isdigit() else 0
    if axes and len(shape) != axes + 1 and not (kind == "BatchNorm1d" and len(shape) == 1):
        return None  # PyTorch would take the batch for the channels
    made.train("BatchNorm" in kind)
    return Module(text, made, drawn(made))


def shape_for(kind: str, chance: random.Random) -> Shape:
    """A shape without the batch that a layer of a kind mostly takes."""
    axes = int(kind[-2]) if kind[-1] == "d" and kind[-2].isdigit() else chance.choice([0, 0, 1, 2])
    if kind.startswith("Embedding"):
        return (chance.randint(1, 4),)
    longest = {0: 5, 1: 5, 2: 4, 3: 3}[axes]
    return (chance.choice([1, 2, 3, 4]), *(chance.randint(2, longest) for _ in range(axes)))
