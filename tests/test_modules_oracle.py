"""Printed models against PyTorch, where it is installed: 300 random nets of every module that has a row, with wrong
settings too.

Where an axis is missing PyTorch may take the batch for the channels, and run: a listing is of one sample, and such a
net is left out.
"""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable
from typing import Any

import pytest

from stepper.engine.layers.counting import totals_of
from stepper.engine.layers.network import work
from stepper.engine.layers.result import Worked
from stepper.engine.layers.sizes import integer
from stepper.errors import StepperError
from stepper.read.network import read_network
from stepper.tables.layers import LAYER_ROWS

torch: Any = pytest.importorskip("torch", reason="PyTorch is not installed: pip install --group oracle")
nn: Any = torch.nn

pytestmark = pytest.mark.filterwarnings("ignore")

Shape = tuple[int, ...]
Maker = Callable[[random.Random, Shape], str]
TWO_INPUTS = {
    "Bilinear",
    "MaxUnpool1d",
    "MaxUnpool2d",
    "MaxUnpool3d",
    "TransformerDecoderLayer",
    "MultiheadAttention",
    "SyncBatchNorm",
}
"""Modules that no Sequential can run here: they read two inputs, or need a graphics card."""
SILENT = {"FractionalMaxPool2d", "FractionalMaxPool3d"}
"""Modules that print none of their settings."""
INDICES = {"Embedding", "EmbeddingBag"}
NAMES = sorted(name for name in LAYER_ROWS if hasattr(nn, name) and name not in TWO_INPUTS | SILENT)


def several(chance: random.Random, axes: int, low: int, high: int) -> str:
    """A setting for all axes, or one for each."""
    if axes == 0 or chance.random() < 0.6:
        return str(chance.randint(low, high))
    return f"({', '.join(str(chance.randint(low, high)) for _ in range(axes))},)"


def settings(name: str, chance: random.Random, shape: Shape) -> str:
    """Random settings of a module that mostly fits a shape."""
    c, last = shape[0], shape[-1]
    axes = int(name[-2]) if name[-1] == "d" and name[-2].isdigit() else max(0, len(shape) - 1)
    wrong = chance.random() < 0.1
    takes, features = (c + wrong, last + wrong)

    def yes() -> bool:
        return chance.random() < 0.5

    def many(low: int, high: int) -> str:
        return several(chance, axes, low, high)

    groups = chance.choice([group for group in range(1, c + 1) if c % group == 0] + ([c + 1] if wrong else []))
    stem = name.removesuffix(f"{axes}d")
    mode = chance.choice(["zeros", "zeros", "reflect", "circular", "replicate"])
    padding = chance.choice(["'same'", many(0, 2), many(0, 2)])
    norm = f"{takes}, affine={yes()}, track_running_stats={yes()}, bias={yes()}"
    out, e = groups * chance.randint(1, 3), chance.randint(1, 5)
    table = {
        "Conv": f"{takes}, {out}, {many(1, 3)}, stride={many(1, 2)}, padding={padding}, dilation={many(1, 2)}, "
                f"groups={groups}, "
        f"bias={yes()}, padding_mode='{mode}'",
        "ConvTranspose": f"{takes}, {out}, {many(1, 3)}, stride={many(1, 3)}, padding={many(0, 1)}, "
                         f"output_padding={many(0, 1)}, "
        f"groups={groups}, bias={yes()}, dilation={many(1, 2)}",
        "MaxPool": f"{many(1, 3)}, stride={many(1, 3)}, padding={many(0, 1)}, dilation={many(1, 2)}, ceil_mode={yes()}",
        "AvgPool": f"{many(1, 3)}, stride={many(1, 3)}, padding={many(0, 1)}",
        "LPPool": f"2, {many(1, 3) if axes > 1 else chance.randint(1, 3)}, ceil_mode={yes()}",
        "AdaptiveAvgPool": many(1, 5), "AdaptiveMaxPool": many(1, 5), "BatchNorm": norm, "InstanceNorm": norm,
        "Unfold": f"{several(chance, 2, 1, 3)}, stride={several(chance, 2, 1, 2)}, padding={several(chance, 2, 0, 1)}",
        "Fold": f"({e}, {e}), {chance.randint(1, 2)}",
        "Upsample": chance.choice([f"scale_factor={chance.choice([1, 2, 1.5])}", f"size={many(1, 8)}"])
        + f", mode='{chance.choice(['nearest', 'nearest', 'linear', 'bilinear', 'trilinear', 'bicubic'])}'",
        "UpsamplingNearest2d": f"scale_factor={chance.randint(1, 3)}",
        "UpsamplingBilinear2d": f"scale_factor={chance.randint(1, 3)}",
        "PixelShuffle": str(chance.randint(1, 2)), "PixelUnshuffle": str(chance.randint(1, 2)),
        "Flatten": chance.choice(["", "1, 2", "2", "2, 3"]),
        "Unflatten": f"{chance.randint(1, len(shape))}, "
                     f"{chance.choice([(1, last), (1, c), (2, -1), (c, 1), (1, -1), (2, 3)])}",
        "Linear": f"{features}, {e}, bias={yes()}", "Embedding": f"{20 + e}, {e}, padding_idx=0",
        "EmbeddingBag": f"{20 + e}, {e}",
        "LayerNorm": f"{chance.choice([last, shape[1:] or last, [last + wrong]])}, elementwise_affine={yes()}, "
                     f"bias={yes()}",
        "RMSNorm": f"{chance.choice([last, shape])}, elementwise_affine={yes()}",
        "GroupNorm": f"{groups}, {takes}, affine={yes()}, bias={yes()}", "LocalResponseNorm": str(chance.randint(1, 3)),
        "RNN": f"{features}, {e}, num_layers={chance.randint(1, 2)}, nonlinearity='relu', bidirectional={yes()}, "
               f"batch_first=True",
        "GRU": f"{features}, {e}, num_layers={chance.randint(1, 2)}, bias={yes()}, bidirectional={yes()}, "
               f"batch_first=True",
        "LSTM": f"{features}, {e}, proj_size={chance.choice([0, 0, 1, 2])}, bidirectional={yes()}, batch_first=True",
        "RNNCell": f"{features}, {e}, nonlinearity='relu'", "GRUCell": f"{features}, {e}, bias={yes()}",
        "LSTMCell": f"{features}, {e}",
        "TransformerEncoderLayer": f"{features}, {chance.choice([1, 1, 2])}, {e}, batch_first=True, bias={yes()}",
        "ChannelShuffle": str(groups), "Softmax2d": "", "Softmax": f"dim={chance.randint(1, 3)}",
        "LogSoftmax": "dim=-1", "Softmin": f"dim={chance.randint(1, 3)}", "PReLU": chance.choice(["1", str(takes)]),
        "Threshold": "0.1, 20",
        "GLU": f"dim={chance.choice([-1, 1, 2])}",
        "ConstantPad": f"{several(chance, 2 * axes, 0, 2)}, 3.5",
        **{f"{kind}Pad": several(chance, 2 * axes, 0, 3) for kind in ("Zero", "Reflection", "Replication", "Circular")},
    }  # fmt: skip
    return table.get(name, table.get(stem, "")) if name not in ("Dropout", "Upsample") else table.get(name, "")


def shape_for(name: str, chance: random.Random) -> Shape:
    axes = int(name[-2]) if name[-1] == "d" and name[-2].isdigit() else chance.randint(0, 2)
    rank = {
        "Linear": 0,
        "RNN": 1,
        "GRU": 1,
        "LSTM": 1,
        "TransformerEncoderLayer": 1,
        "Unfold": 2,
        "Fold": 1,
        "PixelShuffle": 2,
    }.get(name)
    axes = axes if rank is None else rank
    axes = 0 if "Cell" in name or name in INDICES else axes + (chance.random() < 0.08)
    return (chance.choice([1, 2, 4, 6, 8]), *(chance.randint(1, 9) for _ in range(axes)))


def run(modules: list[Any], shape: Shape, indices: bool) -> Shape | None:
    """The shape of the output without the batch; None where PyTorch refuses."""
    return through(modules, torch.zeros((2, *shape), dtype=torch.long) if indices else torch.rand((2, *shape)))


def batched(model: Any, shape: Shape) -> list[Shape | None]:
    """The same of a shape that has the batch among its numbers: the first, or the second for modules that may take time
    first, which not every module prints.
    """
    recurrent = any(hasattr(module, "batch_first") for module in model.modules())
    return [through([*model], torch.rand(shape), axis) for axis in range(1 + recurrent)]


def through(modules: list[Any], x: Any, batch: int = 0) -> Shape | None:
    try:
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for module in modules:
                x = module(x)
                x = x[0] if isinstance(x, tuple) else x  # of a recurrent layer its output, not its state
    except (
        RuntimeError,
        ValueError,
        AssertionError,
        IndexError,
        NotImplementedError,
        TypeError,
    ):  # PyTorch refuses in all of these
        return None
    found = tuple(size for axis, size in enumerate(x.shape) if axis != batch)
    return None if 0 in found else found


def takes_the_batch(name: str, shape: Shape) -> bool:
    """Does a module want another number of axes than come in?"""
    row = LAYER_ROWS[name]
    wanted = row.ranks or ((row.axes_in or row.axes) + 1,) if row.ranks or row.axes else (len(shape),)
    return len(shape) not in wanted


def net(chance: random.Random, first: str) -> tuple[Any, Shape, Shape | None]:
    """A net that begins with a module: others follow while PyTorch takes them; the last may be one that it refuses."""
    shape = here = shape_for(first, chance)
    modules: list[Any] = []
    right: Shape | None = shape
    for name in [first, *(chance.choice(NAMES) for _ in range(chance.randint(0, 4)))]:
        if name in INDICES and modules:
            continue
        try:
            module = eval(f"nn.{name}({settings(name, chance, here)})")
        except (ValueError, TypeError, RuntimeError, AssertionError, IndexError, ZeroDivisionError):
            continue  # it cannot be made, so nothing is printed
        if takes_the_batch(name, here) and run([module], here, False) is not None:
            continue
        after = run([*modules, module], shape, first in INDICES)
        if not after and modules and chance.random() < 0.7:
            continue  # mostly go on without what PyTorch refuses
        modules.append(module)
        if not after:
            return nn.Sequential(*modules), shape, None
        here = right = after
    return nn.Sequential(*modules), shape, right


def read(model: Any, shape: Shape) -> Worked | None:
    """What comes of the printed model; None where it is refused."""
    try:
        found = work(read_network(str(model), "net.txt", "CHW", "x".join(map(str, shape))), {})
    except StepperError:
        return None
    return None if found.problems else found


@pytest.mark.parametrize("batch", range(6))
def test_printed_models_of_every_module_agree_with_pytorch(batch: int) -> None:
    for turn in range(50):
        chance = random.Random(1000 * batch + turn)
        model, shape, right = net(chance, NAMES[(50 * batch + turn) % len(NAMES)])
        if not len(model):
            continue
        found = read(model, shape)
        if (
            right is None and found is not None
        ):  # the first number is read as the batch where a module wants an axis less
            came = tuple(map(integer, found.layers[-1].output))
            assert came in batched(model, shape), f"PyTorch has something else, or refuses it:\n{shape}\n{model}"
        if right is None:
            continue
        assert found is not None, f"PyTorch runs it, to {right}:\n{shape}\n{model}"
        counted = sum(part.numel() for part in model.parameters())
        assert tuple(map(integer, found.layers[-1].output)) == right, f"{right}\n{shape}\n{model}"
        assert integer(totals_of(found)["parameters"]) == counted, f"{counted}\n{model}"
