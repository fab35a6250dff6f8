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
Maker = Callable[[random.Random, Shape], "str | None"]


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


def _yes(chance: random.Random) -> bool:
    return chance.random() < 0.5


def _divisor(chance: random.Random, number: int) -> int:
    return chance.choice([part for part in range(1, number + 1) if number % part == 0])


def _many(chance: random.Random, axes: int, low: int, high: int) -> str:
    """A setting for all axes, or one for each."""
    if axes == 1 or _yes(chance):
        return str(chance.randint(low, high))
    return str(tuple(chance.randint(low, high) for _ in range(axes)))


def _conv(chance: random.Random, shape: Shape) -> str:
    axes, groups = len(shape) - 1, _divisor(chance, shape[0])
    padding = chance.choice(["'same'", *[_many(chance, axes, 0, 2)] * 3])
    stride = "1" if "same" in padding else _many(chance, axes, 1, 2)
    mode = chance.choice(["zeros", "zeros", "zeros", "reflect", "circular", "replicate"])
    return (
        f"{shape[0]}, {groups * chance.randint(1, 2)}, {_many(chance, axes, 1, 3)}, stride={stride}, padding={padding}, "
        f"dilation={_many(chance, axes, 1, 2)}, groups={groups}, bias={_yes(chance)}, padding_mode='{mode}'"
    )


def _conv_transpose(chance: random.Random, shape: Shape) -> str:
    axes, groups, stride = len(shape) - 1, _divisor(chance, shape[0]), chance.randint(1, 3)
    return (
        f"{shape[0]}, {groups * chance.randint(1, 2)}, {_many(chance, axes, 1, 3)}, stride={stride}, "
        f"padding={_many(chance, axes, 0, 1)}, output_padding={_many(chance, axes, 0, stride - 1)}, groups={groups}, "
        f"bias={_yes(chance)}, dilation={_many(chance, axes, 1, 2)}"
    )


def _max_pool(chance: random.Random, shape: Shape) -> str:
    axes = len(shape) - 1
    return (
        f"{_many(chance, axes, 1, 3)}, stride={_many(chance, axes, 1, 2)}, padding={_many(chance, axes, 0, 1)}, "
        f"dilation={_many(chance, axes, 1, 2)}, ceil_mode={_yes(chance)}"
    )


def _avg_pool(chance: random.Random, shape: Shape) -> str:
    axes = len(shape) - 1
    divisor = f", divisor_override={chance.randint(2, 5)}" if axes > 1 and _yes(chance) else ""
    return (
        f"{_many(chance, axes, 1, 3)}, stride={_many(chance, axes, 1, 3)}, padding={_many(chance, axes, 0, 1)}, "
        f"ceil_mode={_yes(chance)}, count_include_pad={_yes(chance)}{divisor}"
    )


def _adaptive(chance: random.Random, shape: Shape) -> str:
    """Parts of equal size; means of other parts too."""
    return str(tuple(_divisor(chance, size) for size in shape[1:])).replace(",)", ")")


def _adaptive_mean(chance: random.Random, shape: Shape) -> str:
    even = len(shape) > 3 or _yes(chance)
    return _adaptive(chance, shape) if even else str(chance.randint(1, min(shape[1:])))


def _padding(chance: random.Random, shape: Shape) -> str:
    """Both sides of each axis, the last axis first, or one number for all."""
    most = min(shape[1:]) - 1
    return chance.choice([str(chance.randint(0, most)), str(tuple(chance.randint(0, most) for _ in shape[1:] * 2))])


def _unflatten(chance: random.Random, shape: Shape) -> str:
    dim = chance.randint(1, len(shape))
    part = _divisor(chance, shape[dim - 1])
    return f"{dim}, {chance.choice([(part, -1), (part, shape[dim - 1] // part)])}"


def _local(chance: random.Random, shape: Shape) -> str | None:
    return f"{chance.randint(1, 4)}, alpha=0.5, beta=0.75, k=1.5" if len(shape) < 4 else None


def _upsample(chance: random.Random, shape: Shape) -> str:
    size = chance.choice(
        [f"scale_factor={chance.randint(1, 3)}", f"size={tuple(2 * n for n in shape[1:])}".replace(",)", ",)")]
    )
    mode = {2: "linear", 3: "bilinear"}.get(len(shape), "nearest")
    if len(shape) < 2 or len(shape) > 3 or _yes(chance):
        return f"{size}, mode='nearest'"
    other = chance.choice([size, f"size={tuple(chance.randint(1, 7) for _ in shape[1:])}"])
    return f"{other}, mode='{mode}', align_corners={_yes(chance)}"


def _trailing(chance: random.Random, shape: Shape) -> str:
    return str(list(shape[chance.randint(0, len(shape) - 1) :]))


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
    **{f"MaxPool{axes}d": _max_pool for axes in (1, 2, 3)},
    **{f"AvgPool{axes}d": _avg_pool for axes in (1, 2, 3)},
    **{f"LPPool{axes}d": lambda chance, shape: f"2, {chance.randint(1, 3)}, ceil_mode={_yes(chance)}" for axes in (1, 2, 3)},
    **{f"AdaptiveAvgPool{axes}d": _adaptive_mean for axes in (1, 2, 3)},
    **{f"AdaptiveMaxPool{axes}d": _adaptive for axes in (1, 2, 3)},
    **{f"{kind}Pad{axes}d": _padding for kind in ("Zero", "Reflection", "Replication", "Circular") for axes in (1, 2, 3)},
    **{f"ConstantPad{axes}d": lambda chance, shape: f"{_padding(chance, shape)}, 0.5" for axes in (1, 2, 3)},
    **{f"InstanceNorm{axes}d": _norm for axes in (1, 2, 3)},
    "GroupNorm": lambda chance, shape: f"{_divisor(chance, shape[0])}, {shape[0]}, eps=0.01, affine={_yes(chance)}",
    "RMSNorm": lambda chance, shape: f"{shape[-1]}, eps=0.01, elementwise_affine={_yes(chance)}",
    "Upsample": _upsample,
    "UpsamplingBilinear2d": lambda chance, shape: f"scale_factor={chance.randint(1, 3)}",
    "LocalResponseNorm": _local,
    "UpsamplingNearest2d": lambda chance, shape: f"scale_factor={chance.randint(1, 3)}",
    "PixelShuffle": lambda chance, shape: "2" if shape[0] % 4 == 0 else "1",
    "PixelUnshuffle": lambda chance, shape: "2" if shape[-1] % 2 == shape[-2] % 2 == 0 else "1",
    "Unflatten": _unflatten,
    "EmbeddingBag": lambda chance, shape: f"5, {chance.randint(1, 3)}, mode='{chance.choice(['mean', 'sum', 'max'])}'",
    "ChannelShuffle": lambda chance, shape: str(_divisor(chance, shape[0])),
    "Softmax2d": _nothing,
    "GLU": lambda chance, shape: f"dim={chance.choice([-1, *range(1, len(shape) + 1)])}",
    "Unfold": lambda chance, shape: f"{_many(chance, 2, 1, 2)}, stride={_many(chance, 2, 1, 2)}, padding={_many(chance, 2, 0, 1)}",
    **{f"BatchNorm{axes}d": _norm for axes in (1, 2, 3)},
    **dict.fromkeys(("Softmax", "LogSoftmax", "Softmin"), _dim),
    **dict.fromkeys(("LeakyReLU", "ELU", "Hardshrink", "Softshrink"), _number),
    **dict.fromkeys(
        ("ReLU", "ReLU6", "SELU", "SiLU", "Mish", "Softsign", "Tanh", "Sigmoid",
         "LogSigmoid", "Tanhshrink", "RReLU", "Identity", "AlphaDropout", "FeatureAlphaDropout"),
        _nothing,
    ),
    "Flatten": lambda chance, shape: chance.choice(["", "start_dim=2" if len(shape) > 1 else "", "1, 2" if len(shape) > 2 else ""]),
    "Linear": lambda chance, shape: f"{shape[-1]}, {chance.randint(1, 4)}, bias={_yes(chance)}",
    "Embedding": lambda chance, shape: f"5, {chance.randint(1, 3)}",
    "LayerNorm": lambda chance, shape: (
        f"{_trailing(chance, shape)}, eps=0.01, elementwise_affine={_yes(chance)}, bias={_yes(chance)}"
    ),
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
        text, masks = f"{kind}(0.25)", _yes(chance)

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
        norm = getattr(nn, f"BatchNorm{axes}d")(shape[0], eps=0.01, affine=_yes(chance)).double().eval()
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
    first = _divisor(chance, torch.Size(shape).numel())
    return Module(f"Reshape([{first}, -1])", lambda x: x.reshape(x.shape[0], first, -1))


def _bilinear(chance: random.Random, shape: Shape) -> Module | None:
    if len(shape) > 1:
        return None
    made = nn.Bilinear(shape[0], shape[0], chance.randint(1, 3), bias=_yes(chance)).double()
    text = f"Bilinear({shape[0]}, {shape[0]}, {made.out_features}, bias={made.bias is not None}, from=[{{x}}, {{x}}])"
    return Module(text, lambda x: made(x, x), drawn(made))


def _recurrent(kind: str) -> Callable[[random.Random, Shape], Module | None]:
    """A recurrent layer, or a cell, that starts from 0 or from a state that is given."""

    def made(chance: random.Random, shape: Shape) -> Module | None:
        hidden, cell = chance.randint(1, 3), "Cell" in kind
        if len(shape) != (1 if cell else 2):
            return None
        own = f", nonlinearity='{chance.choice(['tanh', 'relu'])}'" if kind.startswith("RNN") else ""
        text = f"{kind}({shape[-1]}, {hidden}, bias={_yes(chance)}{own}{'' if cell else ', batch_first=True'})"
        layer = eval(f"nn.{text}").double()
        count = 0 if _yes(chance) else 2 if kind.startswith("LSTM") else 1
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
    size, heads = shape[-1], _divisor(chance, shape[-1])
    made = nn.MultiheadAttention(size, heads, bias=_yes(chance), batch_first=True).double()
    drawn(made)
    text = f"MultiheadAttention({size}, {heads}, bias={made.in_proj_bias is not None})"
    held = [made.in_proj_weight, made.out_proj.weight, made.in_proj_bias, made.out_proj.bias]
    return Module(text, lambda x: made(x, x, x, need_weights=False)[0], [part for part in held if part is not None])


def _encoder(chance: random.Random, shape: Shape) -> Module | None:
    if len(shape) != 2:
        return None
    settings = (
        f"{shape[-1]}, {_divisor(chance, shape[-1])}, {chance.randint(1, 3)}, activation='{chance.choice(['relu', 'gelu'])}', "
        f"layer_norm_eps=0.01, batch_first=True, norm_first={_yes(chance)}, bias={_yes(chance)}"
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


AXES = {"PixelShuffle": 2, "PixelUnshuffle": 2, "Softmax2d": 2, "Upsample": 2, "ChannelShuffle": 1, "Unfold": 2, "Bilinear": 0, "Concatenate": 0,
        "MultiheadAttention": 1, "TransformerEncoderLayer": 1,
        **{kind: 0 if "Cell" in kind else 1 for kind in RECURRENT}, "running1": 1, "running2": 2, "running3": 3}  # fmt: skip


def shape_for(kind: str, chance: random.Random) -> Shape:
    """A shape without the batch that a layer of a kind mostly takes."""
    axes = int(kind[-2]) if kind[-1] == "d" and kind[-2].isdigit() else AXES.get(kind, chance.choice([0, 0, 1, 2]))
    if kind.startswith("Embedding"):
        return (chance.randint(1, 4),)
    longest = {0: 5, 1: 5, 2: 4, 3: 3}[axes]
    return (chance.choice([1, 2, 3, 4]), *(chance.randint(2, longest) for _ in range(axes)))
