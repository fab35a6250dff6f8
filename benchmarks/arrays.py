"""Arrays beside PyTorch, which works the same formulas with its own functions: double precision, one thread, and the
processor's time; both are handed their numbers, and both build what they differentiate anew in every round.

python benchmarks/arrays.py        (needs PyTorch: pip install --group oracle)
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from msgspec.structs import replace
from torch.nn import functional

from stepper.core.arrays import ArrayGraph, ArrayLeaf
from stepper.engine.tensor.gradients import ArrayGradients
from stepper.engine.tensor.quantities import Board
from stepper.engine.values.quantities import Settings
from stepper.read.graph import read_graph

GATES = "ifgo"
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""Libraries read these when they are loaded."""
Tensors = Mapping[str, Any]


@dataclass(frozen=True)
class Work:
    """A graph, and its output as PyTorch works it out from the same leaves."""

    title: str
    shapes: Mapping[str, tuple[int, ...]]
    parameters: tuple[str, ...]
    nodes: str
    peer: Callable[[Tensors], Any]

    def graph(self) -> ArrayGraph:
        """The document, read, and then every leaf an array of numbers."""
        leaves = "\n".join(f"  {name}: {{shape: {list(shape)}, fill: zeros}}" for name, shape in self.shapes.items())
        found = read_graph(f"inputs:\n{leaves}\n{self.nodes}", "benchmark.yaml")
        assert isinstance(found, ArrayGraph)
        draw = np.random.default_rng(1)
        filled = {}
        for name, leaf in found.leaves.items():
            assert isinstance(leaf, ArrayLeaf)
            scale = self.shapes[name][0] ** -0.5 if name in self.parameters else 1
            filled[name] = leaf.given(leaf.shape, numbers=draw.standard_normal(leaf.shape) * scale)
        return replace(found, leaves=filled)


def network(of: Tensors) -> Any:
    hidden = torch.relu(of["X"] @ of["W1"] + of["b1"])
    hidden = torch.relu(hidden @ of["W2"] + of["b2"])
    return functional.mse_loss(hidden @ of["W3"] + of["b3"], of["T"])


def heads(of: Tensors) -> Any:
    joined = (torch.stack([of[f"{letter}{head}"] for head in range(8)]) for letter in "QKV")
    return functional.scaled_dot_product_attention(*joined).square().sum()


def recurrent(of: Tensors) -> Any:
    """PyTorch's own layer, whose gates are one matrix."""
    _, batch, size = of["X"].shape
    weights = [torch.cat([of[f"{kind}{gate}"] for gate in GATES], dim=1).T for kind in "WU"]
    bias = torch.cat([of[f"b{gate}"] for gate in GATES])
    start = [of[name].reshape(1, batch, size) for name in ("h[0]", "c[0]")]
    flat = [*weights, bias, torch.zeros_like(bias)]
    outputs, _, _ = torch.lstm(of["X"], start, flat, True, 1, 0.0, True, False, False)
    return outputs[-1].sum()


CONVOLUTION = Work(
    "conv2d 8x64x56x56 by 64x64x3x3",
    {"X": (8, 64, 56, 56), "K": (64, 64, 3, 3)}, ("X", "K"),
    "nodes:\n  Y: conv2d(X, K, 1, 1)\n  L: sum(Y*Y)",
    lambda of: functional.conv2d(of["X"], of["K"], padding=1).square().sum(),
)  # fmt: skip
NETWORK = Work(
    "a network 784-512-256-10, batch 256",
    {"X": (256, 784), "T": (256, 10), "W1": (784, 512), "b1": (512,), "W2": (512, 256), "b2": (256,), "W3": (256, 10),
     "b3": (10,)},
    ("W1", "b1", "W2", "b2", "W3", "b3"),
    "nodes:\n  Z1: X @ W1 + b1\n  A1: relu(Z1)\n  Z2: A1 @ W2 + b2\n  A2: relu(Z2)\n  Z3: A2 @ W3 + b3\n"
    "  L: mse(Z3, T)",
    network,
)  # fmt: skip
ATTENTION = Work(
    "attention, 8 heads, 512 x 64",
    dict.fromkeys("QKV", (8, 512, 64)), ("Q", "K", "V"),
    "nodes:\n  Y: attention(Q, K, V)\n  L: sum(Y*Y)",
    lambda of: functional.scaled_dot_product_attention(of["Q"], of["K"], of["V"]).square().sum(),
)  # fmt: skip

HEADS = Work(
    "attention, 8 heads of 512 x 64, each a node",
    {f"{letter}{head}": (512, 64) for head in range(8) for letter in "QKV"},
    tuple(f"{letter}{head}" for head in range(8) for letter in "QKV"),
    "nodes:\n" + "".join(f"  Y{head}: attention(Q{head}, K{head}, V{head})\n" for head in range(8))
    + f"  L: {' + '.join(f'sum(Y{head}*Y{head})' for head in range(8))}",
    heads,
)  # fmt: skip


def lstm(steps: int, size: int = 128, batch: int = 32) -> Work:
    gates = "\n".join(
        f"    {gate}[t]: {'tanh' if gate == 'g' else 'sigmoid'}(X[t] @ W{gate} + h[t-1] @ U{gate} + b{gate})"
        for gate in GATES
    )
    parameters = {f"{kind}{gate}": (size, size) for kind in "WU" for gate in GATES}
    parameters |= {f"b{gate}": (size,) for gate in GATES}
    cell = "    c[t]: f[t]*c[t-1] + i[t]*g[t]\n    h[t]: o[t]*tanh(c[t])"
    starts = {"h[0]": (batch, size), "c[0]": (batch, size)}
    return Work(
        f"LSTM, {steps} steps, hidden {size}, batch {batch}",
        {"X": (steps, batch, size), **starts, **parameters}, tuple(parameters),
        f"repeat:\n  index: t\n  from: 1\n  to: {steps}\n  nodes:\n{gates}\n{cell}\n"
        f"nodes:\n  L: sum(h[{steps}])\noutput: L",
        recurrent,
    )  # fmt: skip


WORKS = (CONVOLUTION, NETWORK, ATTENTION, HEADS, *map(lstm, (25, 50, 100)))


def seconds(run: Callable[[], object]) -> float:
    began = time.process_time()
    run()
    return time.process_time() - began


def compared(work: Work, rounds: int) -> str:
    graph = work.graph()
    leaves = {name: torch.tensor(leaf.numbers.array) for name, leaf in graph.leaves.items()}
    parameters = [leaves[name].requires_grad_() for name in work.parameters]

    def ours() -> ArrayGradients:
        return ArrayGradients(Board(graph, Settings()), work.parameters)

    def theirs() -> Any:
        return torch.autograd.grad(work.peer(leaves), parameters)

    furthest = max(
        float(np.abs(ours_of - other.numpy()).max() / np.abs(other.numpy()).max())
        for ours_of, other in zip(map(ours().arrays.get, work.parameters), theirs(), strict=True)
    )
    assert furthest < 1e-10, f"{work.title}: apart by {furthest:.1e}"
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(rounds)]
    one, other = (statistics.median(pair[place] for pair in pairs) for place in (0, 1))
    ratio = statistics.median(pair[0] / pair[1] for pair in pairs)
    return f"{work.title}: {one * 1e3:.0f} ms, {ratio:.1f} times PyTorch's {other * 1e3:.0f} ms"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", default="", help="works whose titles hold this")
    options = parser.parse_args()
    if not ONE_THREAD.items() <= os.environ.items():
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **ONE_THREAD})
    for work in WORKS:
        if options.only in work.title:
            print(compared(work, options.rounds), flush=True)


if __name__ == "__main__":
    main()
