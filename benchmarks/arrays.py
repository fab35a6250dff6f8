"""Arrays against PyTorch on the same cores in one run, double precision: a convolution forward and backward, and a step
of a network.

python benchmarks/arrays.py        (needs PyTorch: pip install --group oracle)
"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

from stepper.core.arrays import ArrayGraph
from stepper.engine.tensor.gradients import ArrayGradients
from stepper.engine.tensor.quantities import Board
from stepper.engine.values.quantities import Settings
from stepper.read.graph import read_graph

CONVOLUTION = """
inputs: {X: {shape: [8, 64, 56, 56], fill: normal(1)}}
parameters: {K: {shape: [64, 64, 3, 3], fill: normal(2)}}
nodes:
  Y: conv2d(X, K, 1, 1)
  L: sum(Y)
"""
NETWORK = """
inputs: {X: {shape: [256, 784], fill: normal(1)}, T: {shape: [256, 10], fill: normal(9)}}
parameters:
  W1: {shape: [784, 512], fill: normal(2)}
  b1: {shape: [512], fill: zeros}
  W2: {shape: [512, 256], fill: normal(3)}
  b2: {shape: [256], fill: zeros}
  W3: {shape: [256, 10], fill: normal(4)}
  b3: {shape: [10], fill: zeros}
nodes:
  Z1: X @ W1 + b1
  A1: relu(Z1)
  Z2: A1 @ W2 + b2
  A2: relu(Z2)
  Z3: A2 @ W3 + b3
  L: mse(Z3, T)
"""
ROUNDS = 5


def best(run: Callable[[], object]) -> float:
    """The shortest of a few rounds."""
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        run()
        times.append(time.perf_counter() - began)
    return min(times)


def ours(document: str, wrt: list[str]) -> tuple[ArrayGraph, Callable[[], ArrayGradients]]:
    graph = read_graph(document, "benchmark.yaml")
    assert isinstance(graph, ArrayGraph)
    return graph, lambda: ArrayGradients(Board(graph, Settings()), wrt)


def main() -> None:
    graph, run = ours(CONVOLUTION, ["X", "K"])
    board = Board(graph, Settings())
    image, kernel = (torch.tensor(board.known[name].astype(float)).requires_grad_() for name in ("X", "K"))

    def theirs() -> None:
        image.grad = kernel.grad = None
        torch.nn.functional.conv2d(image, kernel, padding=1).sum().backward()

    theirs()
    close = abs(float(run().arrays["K"].reshape(-1)[0]) - float(kernel.grad.reshape(-1)[0])) < 1e-6
    one, other = best(run), best(theirs)
    print(
        f"conv2d of 8x64x56x56 by 64x64x3x3, both ways: {one:.2f} s, {one / other:.1f} times PyTorch's {other:.2f} s "
        f"(agrees: {close})"
    )

    names = ["W1", "b1", "W2", "b2", "W3", "b3"]
    graph, run = ours(NETWORK, names)
    board = Board(graph, Settings())
    leaves = {name: torch.tensor(array.astype(float)) for name, array in board.known.items() if name in graph.leaves}
    weights = [leaves[name].requires_grad_() for name in names]

    def step() -> None:
        for weight in weights:
            weight.grad = None
        hidden = torch.relu(leaves["X"] @ leaves["W1"] + leaves["b1"])
        hidden = torch.relu(hidden @ leaves["W2"] + leaves["b2"])
        torch.nn.functional.mse_loss(hidden @ leaves["W3"] + leaves["b3"], leaves["T"]).backward()

    step()
    close = abs(float(run().arrays["W1"].reshape(-1)[0]) - float(weights[0].grad.reshape(-1)[0])) < 1e-6
    one, other = best(run), best(step)
    print(f"a step of a network 784-512-256-10, batch 256: {one * 1e3:.0f} ms, {one / other:.1f} times PyTorch's "
          f"{other * 1e3:.0f} ms "
          f"(agrees: {close})")  # fmt: skip


if __name__ == "__main__":
    main()
