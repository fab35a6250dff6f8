"""Random settings of PyTorch's modules that fit a shape, for documents of layers."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

Shape = tuple[int, ...]
Maker = Callable[[random.Random, Shape], "str | None"]


def yes(chance: random.Random) -> bool:
    return chance.random() < 0.5


def divisor(chance: random.Random, number: int) -> int:
    return chance.choice([part for part in range(1, number + 1) if number % part == 0])


def many(chance: random.Random, axes: int, low: int, high: int) -> str:
    """A setting for all axes, or one for each."""
    if axes == 1 or yes(chance):
        return str(chance.randint(low, high))
    return str(tuple(chance.randint(low, high) for _ in range(axes)))


def _conv(chance: random.Random, shape: Shape) -> str:
    axes, groups = len(shape) - 1, divisor(chance, shape[0])
    padding = chance.choice(["'same'", *[many(chance, axes, 0, 2)] * 3])
    stride = "1" if "same" in padding else many(chance, axes, 1, 2)
    mode = chance.choice(["zeros", "zeros", "zeros", "reflect", "circular", "replicate"])
    return (
        f"{shape[0]}, {groups * chance.randint(1, 2)}, {many(chance, axes, 1, 3)}, stride={stride}, padding={padding}, "
        f"dilation={many(chance, axes, 1, 2)}, groups={groups}, bias={yes(chance)}, padding_mode='{mode}'"
    )


def _conv_transpose(chance: random.Random, shape: Shape) -> str:
    axes, groups, stride = len(shape) - 1, divisor(chance, shape[0]), chance.randint(1, 3)
    return (
        f"{shape[0]}, {groups * chance.randint(1, 2)}, {many(chance, axes, 1, 3)}, stride={stride}, "
        f"padding={many(chance, axes, 0, 1)}, output_padding={many(chance, axes, 0, stride - 1)}, groups={groups}, "
        f"bias={yes(chance)}, dilation={many(chance, axes, 1, 2)}"
    )


def _max_pool(chance: random.Random, shape: Shape) -> str:
    axes = len(shape) - 1
    return (
        f"{many(chance, axes, 1, 3)}, stride={many(chance, axes, 1, 2)}, padding={many(chance, axes, 0, 1)}, "
        f"dilation={many(chance, axes, 1, 2)}, ceil_mode={yes(chance)}"
    )


def _avg_pool(chance: random.Random, shape: Shape) -> str:
    axes = len(shape) - 1
    divisor = f", divisor_override={chance.randint(2, 5)}" if axes > 1 and yes(chance) else ""
    return (
        f"{many(chance, axes, 1, 3)}, stride={many(chance, axes, 1, 3)}, padding={many(chance, axes, 0, 1)}, "
        f"ceil_mode={yes(chance)}, count_include_pad={yes(chance)}{divisor}"
    )


def _adaptive(chance: random.Random, shape: Shape) -> str:
    """Parts of equal size; means of other parts too."""
    return str(tuple(divisor(chance, size) for size in shape[1:])).replace(",)", ")")


def _adaptive_mean(chance: random.Random, shape: Shape) -> str:
    even = len(shape) > 3 or yes(chance)
    return _adaptive(chance, shape) if even else str(chance.randint(1, min(shape[1:])))


def _padding(chance: random.Random, shape: Shape) -> str:
    """Both sides of each axis, the last axis first, or one number for all."""
    most = min(shape[1:]) - 1
    return chance.choice([str(chance.randint(0, most)), str(tuple(chance.randint(0, most) for _ in shape[1:] * 2))])


def _unflatten(chance: random.Random, shape: Shape) -> str:
    dim = chance.randint(1, len(shape))
    part = divisor(chance, shape[dim - 1])
    return f"{dim}, {chance.choice([(part, -1), (part, shape[dim - 1] // part)])}"


def _local(chance: random.Random, shape: Shape) -> str | None:
    return f"{chance.randint(1, 4)}, alpha=0.5, beta=0.75, k=1.5" if len(shape) < 4 else None


def _upsample(chance: random.Random, shape: Shape) -> str:
    size = chance.choice(
        [f"scale_factor={chance.randint(1, 3)}", f"size={tuple(2 * n for n in shape[1:])}".replace(",)", ",)")]
    )
    mode = {2: "linear", 3: "bilinear"}.get(len(shape), "nearest")
    if len(shape) < 2 or len(shape) > 3 or yes(chance):
        return f"{size}, mode='nearest'"
    other = chance.choice([size, f"size={tuple(chance.randint(1, 7) for _ in shape[1:])}"])
    return f"{other}, mode='{mode}', align_corners={yes(chance)}"


def _trailing(chance: random.Random, shape: Shape) -> str:
    return str(list(shape[chance.randint(0, len(shape) - 1) :]))


def _norm(chance: random.Random, shape: Shape) -> str:
    return f"{shape[0]}, eps=0.01, affine={yes(chance)}, track_running_stats={yes(chance)}, bias={yes(chance)}"


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
    **{f"LPPool{axes}d": lambda chance,
        shape: f"2, {chance.randint(1, 3)}, ceil_mode={yes(chance)}" for axes in (1, 2, 3)},
    **{f"AdaptiveAvgPool{axes}d": _adaptive_mean for axes in (1, 2, 3)},
    **{f"AdaptiveMaxPool{axes}d": _adaptive for axes in (1, 2, 3)},
    **{f"{kind}Pad{axes}d": _padding for kind in ("Zero", "Reflection", "Replication", "Circular") for axes in (1, 2,
        3)},
    **{f"ConstantPad{axes}d": lambda chance, shape: f"{_padding(chance, shape)}, 0.5" for axes in (1, 2, 3)},
    **{f"InstanceNorm{axes}d": _norm for axes in (1, 2, 3)},
    "GroupNorm": lambda chance, shape: f"{divisor(chance, shape[0])}, {shape[0]}, eps=0.01, affine={yes(chance)}",
    "RMSNorm": lambda chance, shape: f"{shape[-1]}, eps=0.01, elementwise_affine={yes(chance)}",
    "Upsample": _upsample,
    "UpsamplingBilinear2d": lambda chance, shape: f"scale_factor={chance.randint(1, 3)}",
    "LocalResponseNorm": _local,
    "UpsamplingNearest2d": lambda chance, shape: f"scale_factor={chance.randint(1, 3)}",
    "PixelShuffle": lambda chance, shape: "2" if shape[0] % 4 == 0 else "1",
    "PixelUnshuffle": lambda chance, shape: "2" if shape[-1] % 2 == shape[-2] % 2 == 0 else "1",
    "Unflatten": _unflatten,
    "EmbeddingBag": lambda chance, shape: f"5, {chance.randint(1, 3)}, mode='{chance.choice(['mean', 'sum', 'max'])}'",
    "ChannelShuffle": lambda chance, shape: str(divisor(chance, shape[0])),
    "Softmax2d": _nothing,
    "GLU": lambda chance, shape: f"dim={chance.choice([-1, *range(1, len(shape) + 1)])}",
    "Unfold": lambda chance, shape: f"{many(chance, 2, 1, 2)}, stride={many(chance, 2, 1, 2)}, "
                                    f"padding={many(chance, 2, 0, 1)}",
    **{f"BatchNorm{axes}d": _norm for axes in (1, 2, 3)},
    **dict.fromkeys(("Softmax", "LogSoftmax", "Softmin"), _dim),
    **dict.fromkeys(("LeakyReLU", "ELU", "Hardshrink", "Softshrink"), _number),
    **dict.fromkeys(
        ("ReLU", "ReLU6", "SELU", "SiLU", "Mish", "Softsign", "Tanh", "Sigmoid",
         "LogSigmoid", "Tanhshrink", "RReLU", "Identity", "AlphaDropout", "FeatureAlphaDropout"),
        _nothing,
    ),
    "Flatten": lambda chance, shape: chance.choice(["", "start_dim=2" if len(shape) > 1 else "",
        "1, 2" if len(shape) > 2 else ""]),
    "Linear": lambda chance, shape: f"{shape[-1]}, {chance.randint(1, 4)}, bias={yes(chance)}",
    "Embedding": lambda chance, shape: f"5, {chance.randint(1, 3)}",
    "LayerNorm": lambda chance, shape: (
        f"{_trailing(chance, shape)}, eps=0.01, elementwise_affine={yes(chance)}, bias={yes(chance)}"
    ),
    "PReLU": lambda chance, shape: chance.choice(["1", str(shape[0])]),
    "Threshold": lambda chance, shape: "0.125, 0.5",
    "GELU": lambda chance, shape: chance.choice(["", "approximate='tanh'"]),
    "Hardtanh": lambda chance, shape: chance.choice(["", "-0.25, 0.5"]),
    "Softplus": lambda chance, shape: chance.choice(["", "beta=2.5"]),
}  # fmt: skip
"""PyTorch's modules, with random settings that fit a shape."""
