"""Graphs of arrays with several branches against PyTorch's autograd: arrays of any number of axes, repeated along any
of them, axes from either end, normalization, losses of every kind of target; and each side that is shown is equal.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from stepper.core.arrays import ArrayGraph
from stepper.core.formula import number_of, text
from stepper.core.steps import Equation
from stepper.engine.tensor.backward import backward
from stepper.engine.tensor.entries import Entries, entry_expr
from stepper.engine.tensor.evaluate import Worker
from stepper.engine.tensor.gradients import ArrayGradients
from stepper.engine.tensor.quantities import Board
from stepper.engine.values.quantities import Settings
from stepper.read.graph import read_graph

torch: Any = pytest.importorskip("torch", reason="PyTorch is not installed: pip install --group oracle")
functional = torch.nn.functional

MOST_ENTRIES = 64
ENTRYWISE: dict[str, Callable[[Any], Any]] = {
    "relu({x})": torch.relu, "tanh({x})": torch.tanh, "sigmoid({x})": torch.sigmoid, "gelu({x})": functional.gelu,
    "exp({x}/4)": lambda x: torch.exp(x / 4), "log({x}^2 + 1)": lambda x: torch.log(x**2 + 1),
    "sqrt({x}^2 + 1/2)": lambda x: torch.sqrt(x**2 + 0.5), "{x}^3/4": lambda x: x**3 / 4,
    "2 - 3*{x}": lambda x: 2 - 3 * x,
    "1/(1 + {x}^2)": lambda x: 1 / (1 + x**2), "max({x}, 0)": lambda x: torch.clamp(x, min=0),
    "where({x} > 1/3, {x}, {x}/2)": lambda x: torch.where(x > 1 / 3, x, x / 2), "concat({x}, 2*{x})":
        lambda x: torch.cat([x, 2 * x]) if x.dim() else None,
    "flatten({x})": lambda x: x.reshape(-1) if x.dim() else None, "{x}.T": lambda x: x.T if x.dim() == 2 else None,
    "{x} @ {x}.T": lambda x: x @ x.T if x.dim() == 2 else None, "[{x}, {x}^2]": lambda x: torch.stack([x, x**2]),
    "outer({x}, {x})": lambda x: torch.outer(x, x) if x.dim() == 1 else None,
    "attention({x}, {x}, {x})":
        lambda x: functional.scaled_dot_product_attention(x, x, x) if x.dim() == 2 else None,
    "layer_norm({x}, 2, 1, 1/100)":
        lambda x: 2 * functional.layer_norm(x, x.shape[-1:], eps=0.01) + 1 if x.dim() else None,
    "upsample({x}, 2)": lambda x: x.repeat_interleave(2, 0).repeat_interleave(2, 1) if x.dim() == 2 else None,
}  # fmt: skip
"""By its formula a function of one array; None where it does not take an array of that shape."""
PAIRS: dict[str, Callable[[Any, Any], Any]] = {
    "{x} + {y}": lambda x, y: x + y, "{x} - {y}": lambda x, y: x - y, "{x} ⊙ {y}": lambda x, y: x * y,
    "{x}/({y}^2 + 1)": lambda x, y: x / (y**2 + 1), "max({x}, {y})": torch.maximum,
    "({y} - {x})^2": lambda x, y: (y - x) ** 2,
    "{y}*({x} - {y})/2": lambda x, y: y * (x - y) / 2,
}  # fmt: skip
ALONG: dict[str, Callable[[Any, int], Any]] = {
    "sum({x}, {axis})": lambda x, k: x.sum(k), "mean({x}, {axis})": lambda x, k: x.mean(k),
    "max({x}, {axis})": lambda x, k: x.max(k).values, "min({x}, {axis})": lambda x, k: x.min(k).values,
    "var({x}, {axis})": lambda x, k: x.var(k, correction=0), "softmax({x}, {axis})": torch.softmax,
    "log_softmax({x}, {axis})": torch.log_softmax, "softmin({x}, {axis})": functional.softmin,
    "standardized({x}, {axis}, 1/10)":
        lambda x, k: (x - x.mean(k, True)) / torch.sqrt(x.var(k, correction=0, keepdim=True) + 0.1),
}  # fmt: skip
TO_NUMBER: dict[str, Callable[[Any], Any]] = {
    "sum({x}^2 + {x})": lambda x: (x**2 + x).sum(), "mean({x})": lambda x: x.mean(), "sum({x})": lambda x: x.sum(),
    "norm({x} + 1/7)": lambda x: torch.linalg.norm(x + 1 / 7), "min({x})": lambda x: x.min(),
}  # fmt: skip
LOSSES: dict[str, Callable[[Any, Any], Any]] = {
    "cross_entropy({x}, {y})": lambda x, y: -(y * torch.log_softmax(x, -1)).sum() / (x.numel() // x.shape[-1]),
    "-sum({y}*log(softmax({x})))": lambda x, y: -(y * torch.log_softmax(x, -1)).sum(),
    "nll(log_softmax({x}), {y})": lambda x, y: -(y * torch.log_softmax(x, -1)).sum() / (x.numel() // x.shape[-1]),
    "mean(bce_with_logits({x}, {y}))": functional.binary_cross_entropy_with_logits,
    "mse({x}, {y})": functional.mse_loss, "huber({x}, {y})": functional.huber_loss,
}  # fmt: skip


@dataclass
class Net:
    """A graph as a document and as a calculation of PyTorch's, grown side by side."""

    source: random.Random
    leaves: dict[str, Any] = field(default_factory=dict)
    targets: dict[str, object] = field(default_factory=lambda: {"zz": [[1]]})
    nodes: dict[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    read: set[str] = field(default_factory=set)

    def leaf(self, *shape: int) -> str:
        name, count = f"p{len(self.leaves)}", math.prod(shape)
        drawn = [number / 100 for number in self.source.sample(range(-200, 200), count)]
        self.leaves[name] = torch.tensor(drawn, dtype=torch.float64).reshape(shape).requires_grad_()
        self.values[name] = self.leaves[name]
        return name

    def node(self, formula: str, value: Any) -> None:
        name = f"n{len(self.nodes)}"
        self.nodes[name], self.values[name] = formula, value

    def one(self) -> str:
        """What no node reads yet, more often than not; else one of the latest."""
        fresh = [name for name in self.values if name not in self.read]
        name = self.source.choice(fresh if fresh and self.source.random() < 0.8 else [*self.values][-4:])
        self.read.add(name)
        return name

    def other(self, shape: tuple[int, ...]) -> str:
        """An array that is repeated along some of the axes of this shape, or has it."""
        sizes = [1 if self.source.random() < 0.3 else size for size in shape]
        name = self.leaf(*sizes[self.source.randint(0, len(shape)) :])
        self.read.add(name)
        return name

    def grow(self) -> None:
        x = self.one()
        value = self.values[x]
        kind = self.source.choice(["entrywise", "pair", "pair", "along", "along", "product", "part"])
        if kind == "entrywise":
            formula, function = self.source.choice([*ENTRYWISE.items()])
            found = function(value)
            if found is not None:
                self.node(formula.format(x=x), found)
        elif kind == "pair":
            written, together = self.source.choice([*PAIRS.items()])
            y = self.other(tuple(value.shape))
            if value.dim() or not written.startswith("max"):
                self.node(written.format(x=x, y=y), together(value, self.values[y]))
        elif kind == "along" and value.dim():
            formula, along = self.source.choice([*ALONG.items()])
            axis = self.source.randrange(-value.dim(), value.dim())
            self.node(formula.format(x=x, axis=axis if axis < 0 else axis + 1), along(value, axis))
        elif kind == "product" and value.dim() in (1, 2):
            weight = self.leaf(value.shape[-1], self.source.randint(1, 3))
            self.read.add(weight)
            self.node(f"{x} @ {weight}", value @ self.values[weight])
        elif value.dim():
            row = self.source.randrange(value.shape[0])
            self.node(f"{x}[{row + 1}]", value[row])

    def end(self) -> None:
        """A loss of what nothing reads, or a number of it; the output is the sum of these."""
        terms: list[tuple[str, Any]] = []
        for x in [name for name in self.values if name not in self.read] or [[*self.values][-1]]:
            value = self.values[x]
            if value.dim() in (1, 2) and self.source.random() < 0.6:
                formula, loss = self.source.choice([*LOSSES.items()])
                y = self.target(tuple(value.shape))
                terms.append(
                    (formula.format(x=x, y=y), loss(value, torch.tensor(self.targets[y], dtype=torch.float64)))
                )
            elif value.dim():
                written, whole = self.source.choice([*TO_NUMBER.items()])
                terms.append((written.format(x=x), whole(value)))
            else:
                terms.append((x, value))
        for formula, value in terms:
            self.node(formula, value)
        last = [*self.nodes][-len(terms) :]
        self.node(" + ".join(last), sum(self.values[name] for name in last))

    def target(self, shape: tuple[int, ...]) -> str:
        """One of each row, probabilities, or numbers that do not sum to 1."""
        name = f"y{len(self.targets)}"
        rows = torch.zeros(shape, dtype=torch.float64).reshape(-1, shape[-1])
        rows[torch.arange(len(rows)), torch.tensor([self.source.randrange(shape[-1]) for _ in rows])] = 1
        rows = self.source.choice(
            [rows, rows / 2 + 1 / (2 * shape[-1]) if shape[-1] in (2, 4) else rows, (rows + 1) / 2]
        )
        self.targets[name] = rows.reshape(shape).tolist()
        return name

    def document(self) -> str:
        leaves = "\n".join(f"  {name}: {value.tolist()}" for name, value in self.leaves.items())
        targets = "\n".join(f"  {name}: {value}" for name, value in self.targets.items())
        nodes = "\n".join(f"  {name}: '{formula}'" for name, formula in self.nodes.items())
        return f"parameters:\n{leaves}\ninputs:\n{targets}\nnodes:\n{nodes}\noutput: {[*self.nodes][-1]}\n"


def net(seed: int) -> Net:
    source = random.Random(seed)
    found = Net(source)
    found.leaf(*source.choice([(3,), (2, 3), (3, 2), (1, 4), (2, 2, 3), (4, 1), (2, 1, 2), ()]))
    for _ in range(source.randint(1, 5)):
        if all(value.numel() <= MOST_ENTRIES / 2 for value in found.values.values()):
            found.grow()
    found.end()
    return found


def floats(entries: Entries) -> list[float]:
    found = [number_of(entry_expr(entry)) for entry in entries.reshape(-1)]
    return [float(number) for number in found if number is not None]


@pytest.mark.parametrize("seed", range(150))
def test_graphs_with_branches_agree_with_pytorch(seed: int) -> None:
    grown = net(seed)
    output = [*grown.nodes][-1]
    grown.values[output].backward()
    graph = read_graph(grown.document(), "random.yaml")
    assert isinstance(graph, ArrayGraph)
    board = Board(graph, Settings())
    for name in grown.nodes:
        assert board.known[name].shape == tuple(grown.values[name].shape), (name, grown.document())
        assert floats(board.known[name]) == pytest.approx(grown.values[name].reshape(-1).tolist(), rel=1e-9, abs=1e-9)
    used = [name for name in grown.leaves if name in graph.ancestors([output])]
    gradients = ArrayGradients(board, used)
    for name in used:
        leaf = grown.leaves[name]
        wanted = (torch.zeros_like(leaf) if leaf.grad is None else leaf.grad).reshape(-1).tolist()
        scale = max(1.0, *map(abs, wanted))
        assert floats(gradients.arrays[name]) == pytest.approx(wanted, rel=1e-8, abs=1e-9 * scale), grown.document()
    derivation = backward(graph, used, Settings())
    assert all(check.ok is not False for check in derivation.checks)
    worker = Worker(board.vocabulary, {
        **board.known, **{text(board.symbol(name)): array for name, array in gradients.arrays.items()}
    })  # fmt: skip
    for _, step in derivation.walk("normal"):
        for block in step.body:
            if not isinstance(block, Equation) or step.id.startswith("forward.entries"):
                continue
            last = worker(block.links[-1].expr)
            worker.known = {text(block.left): last, **worker.known}
            for link in block.links:
                side = worker(link.expr)
                assert side.shape == last.shape, (text(link.expr), grown.document())
                assert floats(side) == pytest.approx(floats(last), rel=1e-8, abs=1e-9), grown.document()
