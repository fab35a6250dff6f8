"""Layers against PyTorch, where it is installed: output shapes and parameters for 5,000 random settings and 200 random
nets.
"""

from __future__ import annotations

import random
from typing import Any

import pytest

from stepper.core.expr import Num
from stepper.core.network import Network
from stepper.engine.layers.network import work
from stepper.engine.layers.result import Worked
from stepper.engine.layers.sizes import integer
from stepper.read.listing import read_listing

torch: Any = pytest.importorskip("torch", reason="PyTorch is not installed: pip install --group oracle")
nn: Any = torch.nn

pytestmark = pytest.mark.filterwarnings("ignore")

Case = tuple[str, tuple[int, ...]]


def per_axis(chance: random.Random, axes: int, low: int, high: int) -> str:
    if chance.random() < 0.5:
        return str(chance.randint(low, high))
    return f"({', '.join(str(chance.randint(low, high)) for _ in range(axes))}{',' if axes == 1 else ''})"


def convolution(chance: random.Random, kind: str, axes: int) -> Case:
    groups = chance.choice([1, 1, 1, 2, 3])
    inp, out = groups * chance.randint(1, 4), groups * chance.randint(1, 4)
    words = [str(inp), str(out), per_axis(chance, axes, 1, 4)]
    words += [
        f"stride={per_axis(chance, axes, 1, 3)}",
        f"padding={per_axis(chance, axes, 0, 2)}",
        f"dilation={per_axis(chance, axes, 1, 2)}",
    ]
    words += [f"groups={groups}", f"bias={chance.random() < 0.7}"]
    if "Transpose" in kind:
        words.append(f"output_padding={per_axis(chance, axes, 0, 2)}")
    elif chance.random() < 0.15:
        words[3:5] = ["padding='same'"]
    return f"{kind}{axes}d({', '.join(words)})", (inp, *(chance.randint(3, 14) for _ in range(axes)))


def pool(chance: random.Random, kind: str, axes: int) -> Case:
    across = 0 if kind == "LPPool" else axes  # PyTorch multiplies its kernel, which must be one number in 1d
    words = [per_axis(chance, axes, 1, 4) if across == axes else str(chance.randint(1, 4))]
    words += (
        [f"stride={per_axis(chance, axes, 1, 4) if across == axes else chance.randint(1, 4)}"]
        if chance.random() < 0.6
        else []
    )
    words += [f"padding={chance.randint(0, 2)}"] if kind != "LPPool" else []
    words += [f"ceil_mode={chance.random() < 0.5}"]
    words += [f"dilation={chance.randint(1, 2)}"] if kind == "MaxPool" else []
    words = ["2", *words] if kind == "LPPool" else words
    return f"{kind}{axes}d({', '.join(words)})", (chance.randint(1, 4), *(chance.randint(2, 12) for _ in range(axes)))


def other(chance: random.Random) -> Case:
    c, h, w = chance.randint(1, 6), chance.randint(2, 9), chance.randint(2, 9)
    e, t = 2 * chance.randint(1, 6), chance.randint(1, 7)
    return chance.choice(
        [
            (f"Linear({w}, {chance.randint(1, 9)}, bias={chance.random() < 0.5})", (c, h, w)),
            (f"BatchNorm2d({c}, affine={chance.random() < 0.7})", (c, h, w)),
            (f"InstanceNorm2d({c}, affine={chance.random() < 0.5})", (c, h, w)),
            (f"GroupNorm({c}, {c * 2})", (c * 2, h, w)),
            (f"LayerNorm({w})", (c, h, w)),
            (f"LayerNorm([{h}, {w}])", (c, h, w)),
            (f"RMSNorm({w})", (c, h, w)),
            ("Flatten()", (c, h, w)),
            (f"Flatten({chance.randint(1, 2)}, {chance.randint(2, 3)})", (c, h, w)),
            (f"AdaptiveAvgPool2d(({chance.randint(1, 9)}, {chance.randint(1, 9)}))", (c, h, w)),
            (f"AdaptiveMaxPool2d({chance.randint(1, 5)})", (c, h, w)),
            (f"Upsample(scale_factor={chance.randint(1, 3)})", (c, h, w)),
            (f"PixelShuffle({(r := chance.randint(1, 3))})", (c * r * r, h, w)),
            (f"PixelUnshuffle({r})", (c, h * r, w * r)),
            (f"Upsample(size=({h + 1}, {w + 2}))", (c, h, w)),
            (f"AdaptiveAvgPool2d((None, {chance.randint(1, 9)}))", (c, h, w)),
            (f"LayerNorm({chance.choice([w, h, [h, w]])})", (c, h, w)),
            (f"ZeroPad2d({chance.randint(0, 3)})", (c, h, w)),
            (f"ZeroPad2d(({', '.join(str(chance.randint(0, 3)) for _ in range(4))}))", (c, h, w)),
            (f"PReLU({c})", (c, h, w)),
            ("GLU(dim=-1)", (c, h, 2 * w)),
            (f"Unflatten(1, ({c}, -1))", (c * h, w)),
            (f"Unflatten(2, ({chance.randint(1, 3)}, {chance.randint(1, 3)}))", (c, h)),
            (
                f"Fold(({h}, {w}), {(k := chance.randint(1, 2))}, stride={(s := chance.randint(1, 2))})",
                (c * k * k, max(1, (h - k) // s + 1) * ((w - k) // s + 1 + (chance.random() < 0.2))),
            ),
            (f"MultiheadAttention({e}, 2)", (t, e)),
            (
                f"Unfold({per_axis(chance, 2, 1, 3)}, dilation={per_axis(chance, 2, 1, 2)}, "
                f"padding={chance.randint(0, 2)})",
                (c, h, w),
            ),
            (f"Unfold({per_axis(chance, 2, 1, 3)}, stride={per_axis(chance, 2, 1, 3)})", (c, h, w)),
            (f"FractionalMaxPool2d({per_axis(chance, 2, 1, 3)}, output_size={per_axis(chance, 2, 1, 6)})", (c, h, w)),
            (
                f"FractionalMaxPool2d({chance.randint(1, 3)}, "
                f"output_ratio={chance.choice([0.3, 0.5, 0.7, (0.5, 0.9)])})",
                (c, h, w),
            ),
            (f"LSTM({w}, {h}, num_layers={chance.randint(1, 3)}, bidirectional={chance.random() < 0.5})", (t, w)),
            (f"LSTM({w}, {h + 1}, proj_size={h})", (t, w)),
            (f"GRU({w}, {h}, num_layers={chance.randint(1, 3)}, bias={chance.random() < 0.5})", (t, w)),
            (f"RNN({w}, {h})", (t, w)),
            (f"LSTMCell({w}, {h})", (w,)),
            (f"TransformerEncoderLayer({e}, 2, dim_feedforward={h})", (t, e)),
            *(
                (f"{name}()", (c, h, w))
                for name in (
                    "ReLU",
                    "GELU",
                    "Tanh",
                    "Identity",
                    "Dropout",
                    "Softmax2d",
                    "Softmin",
                    "Hardshrink",
                    "Tanhshrink",
                )
            ),
        ]
    )


def case(chance: random.Random) -> Case:
    axes = chance.randint(1, 3)
    kind = chance.choice(["Conv", "Conv", "ConvTranspose", "MaxPool", "AvgPool", "LPPool", "other", "other"])
    if kind == "other":
        return other(chance)
    return convolution(chance, kind, axes) if "Conv" in kind else pool(chance, kind, axes)


def expected(text: str, shape: tuple[int, ...]) -> tuple[tuple[int, ...], int, int, dict[str, tuple[int, ...]]] | None:
    """Shape, parameters, buffers and the shapes of its arrays by PyTorch; None where it refuses."""
    try:
        module = eval(f"nn.{text}")
        single = text.startswith(("LSTMCell",))
        x = torch.zeros(shape if single else (2, *shape))
        if text.startswith(("LSTM", "GRU", "RNN", "Transformer", "Multihead")) and not single:
            x = torch.zeros(shape)
        with torch.no_grad():
            out = module.eval()(*([x] * (3 if text.startswith("Multihead") else 1)))
    except (RuntimeError, ValueError, AssertionError):
        return None
    out = out[0] if isinstance(out, tuple) else out
    whole = tuple(out.shape) if x.dim() == len(shape) else tuple(out.shape[1:])
    if 0 in whole:
        return None  # PyTorch makes empty outputs, which no net means
    arrays = {name.replace(".", "_"): tuple(part.shape) for name, part in module.named_parameters()}
    return whole, sum(p.numel() for p in module.parameters()), sum(b.numel() for b in module.buffers()), arrays


def worked(text: str, shape: tuple[int, ...]) -> Worked:
    network = read_listing(text, "-e")
    return work(Network("", network.layers, tuple(Num(str(size)) for size in shape)), {})


def numbers(found: Worked) -> tuple[tuple[int | None, ...], int | None, int | None]:
    last = found.layers[-1]
    parameters = sum(integer(done.parameters) or 0 for done in found.layers)
    return tuple(map(integer, last.output)), parameters, sum(integer(done.buffers) or 0 for done in found.layers)


@pytest.mark.parametrize("batch", range(10))
def test_random_settings_agree_with_pytorch(batch: int) -> None:
    chance, done = random.Random(batch), 0
    while done < 500:
        text, shape = case(chance)
        right, found = expected(text, shape), worked(text, shape)
        if right is None:
            assert found.problems, (text, shape)
        else:
            assert not found.problems, (text, shape, str(found.problems[0].what))
            assert numbers(found) == right[:3], (text, shape)
            for name, sizes in found.layers[-1].arrays.items():
                assert tuple(map(integer, sizes)) == right[3][name], (text, shape, name)
        done += 1


def test_a_bag_of_embeddings_agrees_with_pytorch() -> None:
    module = nn.EmbeddingBag(100, 16)
    assert numbers(worked("EmbeddingBag(100, 16)", (7,)))[:2] == (
        tuple(module(torch.zeros((2, 7), dtype=torch.long)).shape[1:]),
        1600,
    )
    assert worked("EmbeddingBag(100, 16)", (3, 7)).problems


def test_random_nets_agree_with_pytorch() -> None:
    chance, done = random.Random(99), 0
    while done < 200:
        channels, size = chance.randint(1, 3), chance.randint(12, 24)
        shape, words = (channels, size, size), []
        for _ in range(chance.randint(1, 4)):
            out = chance.randint(1, 8)
            words += [
                f"Conv2d({channels}, {out}, {chance.choice([1, 3, 5])}, padding={chance.randint(0, 2)})",
                "ReLU()",
            ]
            words += [f"BatchNorm2d({out})"] if chance.random() < 0.5 else []
            words += [f"MaxPool2d({chance.randint(1, 2)})"] if chance.random() < 0.6 else []
            channels = out
        words.append("Flatten()")
        try:
            with torch.no_grad():
                flat = nn.Sequential(*(eval(f"nn.{word}") for word in words)).eval()(torch.zeros((1, *shape))).shape[1]
        except RuntimeError:
            continue
        words += [f"Linear({flat}, 10)", "Softmax(dim=1)"]
        module = nn.Sequential(*(eval(f"nn.{word}") for word in words)).eval()
        found = worked(" -> ".join(words), shape)
        assert numbers(found) == (
            tuple(module(torch.zeros((1, *shape))).shape[1:]),
            sum(p.numel() for p in module.parameters()),
            sum(b.numel() for b in module.buffers()),
        )  # fmt: skip
        done += 1
