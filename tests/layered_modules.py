"""Random small layers as PyTorch's modules and as lines of a listing, for documents of layers."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from stepper.tables.layers import LAYER_ROWS
from stepper.tables.layers import LAZY as ALL_LAZY
from tests.layered_settings import SETTINGS, Shape, divisor, yes

torch: Any = pytest.importorskip("torch", reason="PyTorch is not installed: pip install --group oracle")
nn: Any = torch.nn
functional: Any = nn.functional

LAZY = [name for name in ALL_LAZY if LAYER_ROWS[name].forward]


@dataclass(frozen=True)
class Module:
    """A layer as a listing writes it, what it works out, what it holds, in the order of a listing, and what is given
    beside it.
    """

    text: str
    run: Callable[[Any], Any]
    parameters: Sequence[Any] = ()
    given: Sequence[Any] = ()


WANTS_BATCH = {
    "SyncBatchNorm", "BatchNormalization", *(f"{lazy}BatchNorm{axes}d" for lazy in ("", "Lazy") for axes in (1, 2, 3)),
}  # fmt: skip
"""Layers that one sample alone has no sense for."""
RECURRENT = [f"{kind}{end}" for kind in ("RNN", "LSTM", "GRU") for end in ("", "Cell")]
ALWAYS_ALONE = {"Bilinear", "Unfold", *RECURRENT}
"""Layers that are worked for one sample without a batch."""


def _fc(chance: random.Random, shape: Shape) -> Module:
    inputs = 1
    for size in shape:
        inputs *= size
    linear = nn.Linear(inputs, chance.randint(1, 3), bias=yes(chance)).double()
    text = f"FC({linear.out_features}, bias={linear.bias is not None})"
    return Module(text, lambda x: linear(x.flatten(1)), drawn(linear))


def _sync(chance: random.Random, shape: Shape) -> Module:
    made = getattr(nn, f"BatchNorm{max(1, len(shape) - 1)}d")(shape[0]).double()
    return Module(f"SyncBatchNorm({shape[0]})", made, drawn(made))


def _dense(chance: random.Random, shape: Shape) -> Module:
    linear = nn.Linear(shape[-1], chance.randint(1, 3), bias=yes(chance)).double()
    weight, *bias = drawn(linear)
    kernel = weight.detach().T.clone().requires_grad_()
    name = chance.choice(["None", "'tanh'", "relu"])
    function = {"None": lambda x: x, "'tanh'": torch.tanh, "relu": torch.relu}[name]
    text = f"Dense({linear.out_features}, activation={name}, use_bias={bool(bias)})"
    return Module(text, lambda x: function(functional.linear(x, kernel.T, *bias)), [kernel, *bias])


def _batch_normalization(chance: random.Random, shape: Shape) -> Module | None:
    if len(shape) > 1:
        return None
    made = nn.BatchNorm1d(shape[0], eps=0.02).double()
    return Module("BatchNormalization(epsilon=0.02)", made, drawn(made))


def _kept(kind: str) -> Callable[[random.Random, Shape], Module | None]:
    """Dropout as in evaluation, or with the mask of a training step."""

    def made(chance: random.Random, shape: Shape) -> Module | None:
        text, masks = f"{kind}(0.25)", yes(chance)

        def run(x: Any) -> Any:
            if not masks:
                return x * 1
            mask.append(torch.randint(2, x.shape).double()) if not mask else None
            return x * mask[0] / 0.75

        mask: list[Any] = []
        return Module(text, run, (), mask if masks else ())

    return made


def _running(axes: int) -> Callable[[random.Random, Shape], Module | None]:
    """Batch normalization with the mean and the variance that were learnt."""

    def made(chance: random.Random, shape: Shape) -> Module | None:
        if len(shape) not in ((1, 2) if axes == 1 else (axes + 1,)):
            return None
        norm = getattr(nn, f"BatchNorm{axes}d")(shape[0], eps=0.01, affine=yes(chance)).double().eval()
        norm.running_mean.copy_(torch.randn(shape[0]).mul(1000).round() / 1000)
        norm.running_var.copy_(torch.rand(shape[0]).mul(1000).round() / 1000 + 0.1)
        text = f"BatchNorm{axes}d({shape[0]}, eps=0.01, affine={norm.affine})"
        return Module(text, norm, drawn(norm), (norm.running_mean, norm.running_var))

    return made


def _global(kind: str) -> Callable[[random.Random, Shape], Module]:
    """The mean or the largest of each channel; of channels alone they are that themselves."""

    def run(x: Any) -> Any:
        space = tuple(range(2, x.dim()))
        if not space:
            return x * 1
        return (
            x.mean(space, keepdim=True)
            if "Avg" in kind
            else x.flatten(2).max(-1)[0].reshape(*x.shape[:2], *[1] * len(space))
        )

    return lambda chance, shape: Module(f"{kind}()", run)


def _reshape(chance: random.Random, shape: Shape) -> Module:
    first = divisor(chance, torch.Size(shape).numel())
    return Module(f"Reshape([{first}, -1])", lambda x: x.reshape(x.shape[0], first, -1))


def _bilinear(chance: random.Random, shape: Shape) -> Module | None:
    if len(shape) > 1:
        return None
    made = nn.Bilinear(shape[0], shape[0], chance.randint(1, 3), bias=yes(chance)).double()
    text = f"Bilinear({shape[0]}, {shape[0]}, {made.out_features}, bias={made.bias is not None}, from=[{{x}}, {{x}}])"
    return Module(text, lambda x: made(x, x), drawn(made))


def _recurrent(kind: str) -> Callable[[random.Random, Shape], Module | None]:
    """A recurrent layer, or a cell, that starts from 0 or from a state that is given."""

    def made(chance: random.Random, shape: Shape) -> Module | None:
        hidden, cell = chance.randint(1, 3), "Cell" in kind
        if len(shape) != (1 if cell else 2):
            return None
        own = f", nonlinearity='{chance.choice(['tanh', 'relu'])}'" if kind.startswith("RNN") else ""
        text = f"{kind}({shape[-1]}, {hidden}, bias={yes(chance)}{own}{'' if cell else ', batch_first=True'})"
        layer = eval(f"nn.{text}").double()
        count = 0 if yes(chance) else 2 if kind.startswith("LSTM") else 1
        state = [torch.randn(hidden, dtype=torch.float64).mul(1000).round() / 1000 for _ in range(count)]

        def run(x: Any) -> Any:
            begin = [start[None] if cell else start[None, None] for start in state]
            found = layer(x, *([tuple(begin)] if len(begin) == 2 else begin))
            return found[0] if isinstance(found, tuple) else found

        held = drawn(layer)
        return Module(text, run, held, state)

    return made


def _self_attention(chance: random.Random, shape: Shape) -> Module | None:
    if len(shape) != 2:
        return None
    size, heads = shape[-1], divisor(chance, shape[-1])
    made = nn.MultiheadAttention(size, heads, bias=yes(chance), batch_first=True).double()
    drawn(made)
    text = f"MultiheadAttention({size}, {heads}, bias={made.in_proj_bias is not None})"
    held = [made.in_proj_weight, made.out_proj.weight, made.in_proj_bias, made.out_proj.bias]
    return Module(text, lambda x: made(x, x, x, need_weights=False)[0], [part for part in held if part is not None])


def _encoder(chance: random.Random, shape: Shape) -> Module | None:
    if len(shape) != 2:
        return None
    settings = (
        f"{shape[-1]}, {divisor(chance, shape[-1])}, {chance.randint(1, 3)}, "
        f"activation='{chance.choice(['relu', 'gelu'])}', "
        f"layer_norm_eps=0.01, batch_first=True, norm_first={yes(chance)}, bias={yes(chance)}"
    )
    made = eval(f"nn.TransformerEncoderLayer({settings})").double().eval()
    held = dict(zip(dict(made.named_parameters()), drawn(made), strict=True))
    order = [name for end in ("weight", "bias") for name in (f"self_attn.in_proj_{end}", f"self_attn.out_proj.{end}",
             f"linear1.{end}", f"linear2.{end}", f"norm1.{end}", f"norm2.{end}") if name in held]  # fmt: skip
    assert {*order} == {*held}
    return Module(f"TransformerEncoderLayer({settings})", made, [held[name] for name in order])


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
    **{kind: _kept(kind) for kind in ("Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "DropPath")},
    **{f"running{axes}": _running(axes) for axes in (1, 2, 3)},
    **{kind: _recurrent(kind) for kind in RECURRENT},
    "MultiheadAttention": _self_attention,
    "TransformerEncoderLayer": _encoder,
    "Activation": lambda chance, shape: Module("Activation('softmax')", lambda x: x.softmax(-1)),
    "GlobalAvgPool": _global("GlobalAvgPool"),
    "GlobalMaxPool": _global("GlobalMaxPool"),
    "Reshape": _reshape,
    "Bilinear": _bilinear,
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


def takes(kind: str, shape: Shape) -> bool:
    """Does a layer take so many axes? PyTorch would take the batch for one of them."""
    row = LAYER_ROWS.get(kind)
    ranks = row.ranks or ((row.axes + 1,) if row.axes else ()) if row else ()
    return not ranks or len(shape) in ranks


def module(kind: str, chance: random.Random, shape: Shape) -> Module | None:
    """A layer of a kind on a shape; None where PyTorch makes none."""
    if not takes(kind, shape):
        return None
    if kind in OTHERS:
        return OTHERS[kind](chance, shape)
    settings = SETTINGS[kind](chance, shape)
    if settings is None:
        return None
    text = f"{kind}({settings})"
    try:
        made = eval(f"nn.{text}").double()
    except (ValueError, TypeError, RuntimeError, AssertionError):
        return None
    made.train("Norm" in kind)
    return Module(text, made, drawn(made))


AXES = {"PixelShuffle": 2, "PixelUnshuffle": 2, "Softmax2d": 2, "Upsample": 2, "ChannelShuffle": 1, "Unfold": 2,
    "Bilinear": 0, "Concatenate": 0,
        "MultiheadAttention": 1, "TransformerEncoderLayer": 1,
        **{kind: 0 if "Cell" in kind else 1 for kind in RECURRENT}, "running1": 1, "running2": 2,
        "running3": 3}  # fmt: skip


def shape_for(kind: str, chance: random.Random) -> Shape:
    """A shape without the batch that a layer of a kind mostly takes."""
    axes = int(kind[-2]) if kind[-1] == "d" and kind[-2].isdigit() else AXES.get(kind, chance.choice([0, 0, 1, 2]))
    if kind.startswith("Embedding"):
        return (chance.randint(1, 4),)
    if kind.startswith("Pixel"):
        return (4, 2, 4)
    longest = {0: 5, 1: 5, 2: 4, 3: 3}[axes]
    return (chance.choice([1, 2, 3, 4]), *(chance.randint(2, longest) for _ in range(axes)))
