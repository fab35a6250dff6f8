"""Documents of layers against PyTorch, where it is installed: 300 random small nets of every layer that has a formula.

Each is a chain of modules with seeded weights, in places with a branch that is added or put beside, and the same as a
document; values of every layer, their shapes, and gradients of all weights and of the input must agree.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pytest
from msgspec.structs import replace

from stepper.core.arrays import ArrayGraph, LayeredGraph
from stepper.core.formula import number_of
from stepper.engine.layers.formulas import written
from stepper.engine.layers.network import work
from stepper.engine.layers.sizes import integer, literal
from stepper.engine.tensor.entries import entry_expr
from stepper.engine.tensor.gradients import ArrayGradients
from stepper.engine.tensor.quantities import Board
from stepper.engine.values.quantities import Settings
from stepper.read.graph import read_graph
from stepper.tables.layers import LAYER_ROWS
from tests.layered_modules import ALWAYS_ALONE, LAYERS, WANTS_BATCH, Module, module, shape_for

torch: Any = pytest.importorskip("torch", reason="PyTorch is not installed: pip install --group oracle")

pytestmark = pytest.mark.filterwarnings("ignore")

NETS = 300
MOST = 160
"""Entries of one array in a net."""
SMALL = 40


@dataclass
class Net:
    """A net as a document and as a calculation of PyTorch's, grown side by side; values have a batch always."""

    chance: random.Random
    batch: int
    value: Any
    lines: list[str] = field(default_factory=list)
    parameters: dict[str, Any] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    kinds: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.given["x"] = self.values["x"] = self.value

    @property
    def last(self) -> str:
        return list(self.values)[-1]

    def fed(self, array: Any) -> Any:
        """An array as the document has it: with the batch, or the one sample; rows of a table count from 1."""
        held = array if self.batch else array[0]
        return held if held.is_floating_point() else held + 1

    def stated(self) -> dict[str, Any]:
        """What the document gives."""
        return {name: self.fed(value) if name in ("x", "G") else value for name, value in self.given.items()}

    def grow(self, kind: str) -> bool:
        """One more layer, where PyTorch takes it."""
        made = module(kind, self.chance, tuple(self.value.shape[1:]))
        after = applied(made, self.value) if made is not None else None
        if made is None or after is None or not 0 < after.numel() <= MOST * max(1, self.batch):
            return False
        self.add(kind, made.text, after, made)
        return True

    def add(self, kind: str, text: str, value: Any, made: Module | None = None) -> None:
        name, before = f"h{len(self.lines) + 1}", self.last
        held = made.parameters if made is not None else ()
        names = [f"w{len(self.parameters) + place}" for place in range(len(held))]
        self.parameters |= dict(zip(names, held, strict=True))
        beside = [f"g{len(self.given) + place}" for place in range(len(made.given) if made else 0)]
        for own, array in zip(beside, made.given if made else (), strict=True):
            self.given[own] = self.fed(array) if array.dim() == self.values[before].dim() else array
        names += beside
        text = text.replace("{x}", before)
        self.lines.append(f"  - {name} = {text}" + (f" : {', '.join(names)}" if names else ""))
        self.values[name] = self.value = value
        self.kinds.append(kind)

    def branch(self) -> None:
        """The last layer with one before it: their sum, their product, or one beside the other."""
        name = self.chance.choice(list(self.values))
        other, here = self.values[name], self.value
        if other.dtype != here.dtype or name == self.last or name == "x":
            return
        if other.shape == here.shape and self.chance.random() < 0.7:
            kind = self.chance.choice(["Add", "Mul"])
            self.add(kind, f"{kind}({name}, {self.last})", other + here if kind == "Add" else other * here)
        elif other.dim() == here.dim() == 2 and self.chance.random() < 0.4:
            text = f"Concatenate()([{name}, {self.last}])"
            self.add("Concatenate", text, torch.cat([other, here], 1))
        elif other.dim() == here.dim() and other.shape[2:] == here.shape[2:]:
            dim = self.chance.choice([1, 1, 1 - here.dim()])
            self.add("Concat", f"Concat({name}, {self.last}, dim={dim})", torch.cat([other, here], dim))

    def document(self) -> str:
        leaves = "".join(f"  {name}: {value.detach().tolist()}\n" for name, value in self.parameters.items())
        given = "".join(f"  {name}: {value.detach().tolist()}\n" for name, value in self.stated().items())
        one = "x".join(map(str, self.given["x"].shape[1:]))
        plain = self.kinds[0] in LAYER_ROWS and LAYER_ROWS[self.kinds[0]].axes
        told = "" if plain else f"input: {one}\n"  # else a batch may be taken for channels
        return (
            f"{told}inputs:\n{given}layers:\n"
            + "\n".join(self.lines)
            + (f"\nparameters:\n{leaves}" if leaves else "\n")
            + f"nodes:\n  L: sum({self.last}*G) + sum({self.last}*{self.last})/2\noutput: L\n"
        )  # fmt: skip


def applied(made: Module, value: Any) -> Any:
    """What PyTorch makes of it; None where it refuses."""
    try:
        return made.run(value)
    except (RuntimeError, ValueError, AssertionError, IndexError, NotImplementedError, TypeError):
        return None


def net(seed: int, first: str) -> Net:
    """A net that begins with a layer of a kind; others follow while PyTorch takes them."""
    for attempt in range(100):
        chance = random.Random(1000 * seed + attempt)
        torch.manual_seed(1000 * seed + attempt)
        batch = chance.choice([0, 2, 3]) if first not in WANTS_BATCH else chance.randint(2, 3)
        batch = 0 if first in ALWAYS_ALONE else batch
        shape = shape_for(first, chance)
        begun = Net(chance, batch, start(first, (max(batch, 1), *shape)))
        if first in BRANCHES:
            if begun.grow("Tanh") and begun.grow("ReLU"):
                begun.branch()
        else:
            begun.grow(first)
        if first not in begun.kinds:
            continue
        for _ in range(chance.randint(0, 3)):
            kind = chance.choice(FOLLOWING)
            if (kind in WANTS_BATCH and not batch) or (kind in ALWAYS_ALONE and batch):
                continue
            begun.grow(kind)
            if chance.random() < 0.3:
                begun.branch()
        begun.given["G"] = torch.randn(begun.value.shape, dtype=torch.float64).mul(1000).round() / 1000
        return begun
    raise AssertionError(f"no net begins with {first}")


def start(first: str, shape: Sequence[int]) -> Any:
    """The input: numbers of three digits, or the numbers of rows of a table."""
    if first.startswith("Embedding"):
        return torch.randint(5, tuple(shape))
    return (torch.randn(tuple(shape), dtype=torch.float64).mul(1000).round() / 1000).requires_grad_()


SINGULAR = ("LPPool",)  # no slope where all entries of a window are 0
FOLLOWING = [kind for kind in sorted(LAYERS) if not kind.startswith(("Embedding", *SINGULAR))]
BRANCHES = ("Add", "Mul", "Concat", "Concatenate")
FIRSTS = [*sorted(LAYERS), *BRANCHES]


@cache
def grown(seed: int) -> Net:
    return net(seed, FIRSTS[seed % len(FIRSTS)])


def test_every_layer_that_has_a_formula_is_met() -> None:
    met = {kind for seed in range(NETS) for kind in grown(seed).kinds}
    assert {name for name, row in LAYER_ROWS.items() if row.forward} == met & {*LAYER_ROWS}


@pytest.mark.parametrize("seed", range(NETS))
def test_random_nets_of_layers_agree_with_pytorch(seed: int) -> None:
    wanted = grown(seed)
    document = wanted.document()
    layered = read_graph(document, "net.yaml")
    assert isinstance(layered, LayeredGraph)
    graph = written(layered)
    assert isinstance(graph, ArrayGraph)
    size = sum(value.numel() for value in (*wanted.values.values(), *wanted.parameters.values()))
    board = Board(graph, Settings(), floats=size > SMALL)
    for name, value in wanted.values.items():
        assert list(board.shapes[name]) == list(wanted.fed(value).shape), f"{name}\n{document}"
        close(board.known[name], wanted.fed(value), f"{name}\n{document}")
    assert shapes_of(layered, wanted) == {
        name: tuple(value.shape[1:]) for name, value in wanted.values.items() if name != "x"
    }
    loss = (wanted.value * wanted.given["G"]).sum() + (wanted.value**2).sum() / 2
    asked = {
        name: value for name, value in {"x": wanted.given["x"], **wanted.parameters}.items() if value.requires_grad
    }
    theirs = torch.autograd.grad(loss, list(asked.values()), allow_unused=True) if asked else ()
    ours = ArrayGradients(board, [*asked]).arrays
    for (name, value), gradient in zip(asked.items(), theirs, strict=True):
        right = torch.zeros_like(value) if gradient is None else gradient
        close(ours[name], wanted.fed(right) if name == "x" else right, f"dL/d{name}\n{document}")


def shapes_of(layered: LayeredGraph, wanted: Net) -> dict[str, tuple[int, ...]]:
    """What ``stepper shapes`` finds, of a sample without the batch."""
    assert layered.network is not None
    given = tuple(map(literal, wanted.given["x"].shape[1:]))
    worked = work(replace(layered.network, input=given), {})
    assert not worked.problems, worked.problems
    return {done.layer.name: tuple(integer(size) or 0 for size in done.output) for done in worked.layers}


def close(found: Any, wanted: Any, message: str) -> None:
    ours = [float(number_of(entry_expr(entry)) or 0) for entry in found.reshape(-1)]
    theirs = wanted.detach().reshape(-1).tolist()
    scale = max([1.0, *map(abs, theirs)])
    assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-9 * scale), message
