"""Graphs of arrays against PyTorch's autograd: random chains over all rows, in double precision."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from stepper.core.arrays import ArrayGraph
from stepper.core.formula import number_of
from stepper.engine.tensor.entries import entry_expr
from stepper.engine.tensor.gradients import ArrayGradients
from stepper.engine.tensor.quantities import Board
from stepper.engine.values.quantities import Settings
from stepper.read.bundled import load_graph
from stepper.read.graph import read_graph

torch: Any = pytest.importorskip("torch", reason="PyTorch is not installed: pip install --group oracle")
functional = torch.nn.functional


@dataclass
class Chain:
    """A graph as a document and as a calculation of PyTorch's, grown side by side."""

    source: random.Random
    leaves: dict[str, Any] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    last: str = ""
    value: Any = None

    def leaf(self, *shape: int) -> str:
        name = f"p{len(self.leaves)}"
        values = [
            self.source.randint(-16, 16) / 8 + self.source.randint(1, 99) / 1000
            for _ in range(max(1, torch.Size(shape).numel()))
        ]
        self.leaves[name] = torch.tensor(values, dtype=torch.float64).reshape(shape).requires_grad_()
        return name

    def node(self, formula: str, value: Any) -> None:
        self.last = f"n{len(self.lines)}"
        self.lines.append(f"  {self.last}: {formula}")
        self.value = value

    def document(self) -> str:
        leaves = "\n".join(f"  {name}: {value.detach().tolist()}" for name, value in self.leaves.items())
        return f"parameters:\n{leaves}\nnodes:\n" + "\n".join(self.lines) + f"\noutput: {self.last}\n"


Step = Callable[[Chain], None]


def _unary(formula: str, function: Callable[[Any], Any]) -> Step:
    return lambda chain: chain.node(re.sub(r"\bx\b", chain.last, formula), function(chain.value))


def _matrix(chain: Chain) -> None:
    columns = chain.source.randint(1, 4)
    weight = chain.leaf(chain.value.shape[-1], columns)
    chain.node(f"{chain.last} @ {weight}", chain.value @ chain.leaves[weight])


def _from_left(chain: Chain) -> None:
    weight = chain.leaf(chain.source.randint(1, 4), chain.value.shape[0])
    chain.node(f"{weight} @ {chain.last}", chain.leaves[weight] @ chain.value)


def _bias(chain: Chain) -> None:
    bias = chain.leaf(chain.value.shape[-1])
    chain.node(f"{chain.last} + {bias}", chain.value + chain.leaves[bias])


def _column(chain: Chain) -> None:
    scale = chain.leaf(chain.value.shape[0], 1)
    chain.node(f"{chain.last} ⊙ {scale} - {scale}/2", chain.value * chain.leaves[scale] - chain.leaves[scale] / 2)


def _fork(chain: Chain) -> None:
    chain.node(
        f"{chain.last}*sigmoid({chain.last}) + {chain.last}", chain.value * torch.sigmoid(chain.value) + chain.value
    )


def _norm(chain: Chain) -> None:
    gamma, beta = chain.leaf(chain.value.shape[-1]), chain.leaf(chain.value.shape[-1])
    chain.node(
        f"layer_norm({chain.last}, {gamma}, {beta}, 1/100)",
        functional.layer_norm(chain.value, chain.value.shape[-1:], chain.leaves[gamma], chain.leaves[beta], 0.01),
    )


def _batch_norm(chain: Chain) -> None:
    gamma, beta = chain.leaf(chain.value.shape[-1]), chain.leaf(chain.value.shape[-1])
    if chain.value.shape[0] < 2:
        return
    chain.node(
        f"batch_norm({chain.last}, {gamma}, {beta}, 1/100)",
        functional.batch_norm(chain.value, None, None, chain.leaves[gamma], chain.leaves[beta], True, 0.1, 0.01),
    )


def _attention(chain: Chain) -> None:
    width = chain.value.shape[1]
    query, key = chain.leaf(width, 2), chain.leaf(width, 2)
    chain.node(
        f"attention({chain.last} @ {query}, {chain.last} @ {key}, {chain.last})",
        functional.scaled_dot_product_attention(
            chain.value @ chain.leaves[query], chain.value @ chain.leaves[key], chain.value
        ),
    )


MATRIX: tuple[Step, ...] = (
    _matrix, _from_left, _bias, _column, _fork, _norm, _batch_norm, _attention,
    _unary("tanh(x)", torch.tanh), _unary("x^2/4", lambda x: x**2 / 4), _unary("exp(x/8)", lambda x: torch.exp(x / 8)),
    _unary("relu(x)", torch.relu), _unary("leaky_relu(x)", functional.leaky_relu), _unary("gelu(x)", functional.gelu),
    _unary("softmax(x)", lambda x: torch.softmax(x, -1)), _unary("softmax(x, 1)", lambda x: torch.softmax(x, 0)),
    _unary("log_softmax(x)", lambda x: torch.log_softmax(x, -1)), _unary("x.T", lambda x: x.T),
    _unary("-x/3", lambda x: -x / 3), _unary("concat(x, 2*x)", lambda x: torch.cat([x, 2 * x])),
    _unary("1/(1 + x^2)", lambda x: 1 / (1 + x**2)),
    _unary("max(x, -x/2)", lambda x: torch.maximum(x, -x / 2)),
)  # fmt: skip
TO_NUMBER: tuple[Step, ...] = (
    _unary("sum(x^2)", lambda x: (x**2).sum()), _unary("mean(x)", torch.mean),
    _unary("sum(max(x, 1))", lambda x: x.max(0).values.sum()),
    _unary("mean(min(x, 2))", lambda x: x.min(1).values.mean()),
    _unary("sum(var(x, 2))", lambda x: x.var(1, correction=0).sum()),
    _unary("norm(x + 1/7)", lambda x: torch.linalg.norm(x + 1 / 7)),
    _unary("mean(sum(x, 1)*sum(x, 1))", lambda x: (x.sum(0) ** 2).mean()),
    _unary("det(x.T @ x + outer(sum(x, 1), sum(x, 1)))",
        lambda x: torch.det(x.T @ x + torch.outer(x.sum(0), x.sum(0)))),
    _unary("mse(x, x*x)", lambda x: functional.mse_loss(x, x * x)),
)  # fmt: skip


def image_chain(source: random.Random) -> Chain:
    """Convolutions and pools, with and without channels, strides, padding, dilation and groups."""
    chain = Chain(source)
    channels, size = source.choice([1, 2, 4]), source.randint(5, 7)
    image = chain.leaf(channels, size, size)
    stride, padding, groups = source.randint(1, 2), source.randint(0, 1), source.choice([1, channels])
    dilation = source.randint(1, 2)
    kernel = chain.leaf(2 * groups, channels // groups, 2, source.choice([2]))
    chain.node(
        f"conv2d({image}, {kernel}, {stride}, {padding}, {dilation}, {groups})",
        functional.conv2d(chain.leaves[image], chain.leaves[kernel], None, stride, padding, dilation, groups),
    )
    if min(chain.value.shape[1:]) >= 2:
        pool, theirs = source.choice([("max_pool", functional.max_pool2d), ("avg_pool", functional.avg_pool2d)])
        step, around = source.randint(1, 2), source.randint(0, 1)
        chain.node(f"{pool}({chain.last}, 2, {step}, {around})", theirs(chain.value[None], 2, step, around)[0])
    chain.node(f"tanh({chain.last})", torch.tanh(chain.value))
    chain.node(f"sum({chain.last}*{chain.last} + {chain.last})", (chain.value**2 + chain.value).sum())
    return chain


def matrix_chain(source: random.Random) -> Chain:
    chain = Chain(source)
    first = chain.leaf(source.randint(2, 4), source.randint(1, 4))
    chain.node(f"{first}/2", chain.leaves[first] / 2)
    for _ in range(source.randint(1, 5)):
        source.choice(MATRIX)(chain)
    source.choice(TO_NUMBER)(chain)
    return chain


@pytest.mark.parametrize("seed", range(300))
def test_random_graphs_of_arrays_agree_with_pytorch(seed: int) -> None:
    source = random.Random(seed)
    chain = image_chain(source) if seed % 3 == 0 else matrix_chain(source)
    chain.value.backward()
    graph = read_graph(chain.document(), "random.yaml")
    assert isinstance(graph, ArrayGraph)
    board = Board(graph, Settings())
    found = number_of(entry_expr(board.known[chain.last].item()))
    assert found is not None
    assert float(found) == pytest.approx(chain.value.item(), rel=1e-9, abs=1e-9)
    used = [name for name in chain.leaves if name in graph.ancestors([chain.last])]
    gradients = ArrayGradients(board, used)
    for name in used:
        ours = [number_of(entry_expr(entry)) for entry in gradients.arrays[name].reshape(-1)]
        theirs = chain.leaves[name].grad.reshape(-1).tolist()
        scale = max(1.0, *map(abs, theirs))
        assert [float(number) for number in ours if number is not None] == pytest.approx(
            theirs, rel=1e-9, abs=1e-9 * scale
        )


def test_cross_entropy_over_a_batch_agrees_with_pytorch() -> None:
    logits = torch.tensor([[1.0, -2.0, 0.5], [0.25, 0.0, 3.0]], dtype=torch.float64, requires_grad=True)
    loss = functional.cross_entropy(logits, torch.tensor([2, 0]))
    loss.backward()
    graph = read_graph(
        "inputs: {Z: [[1, -2, 1/2], [1/4, 0, 3]], Y: [[0, 0, 1], [1, 0, 0]]}\nnodes: {L: 'cross_entropy(Z, Y)'}\n",
        "ce.yaml",
    )
    assert isinstance(graph, ArrayGraph)
    board = Board(graph, Settings())
    value = number_of(entry_expr(board.known["L"].item()))
    assert value is not None
    assert float(value) == pytest.approx(loss.item(), rel=1e-12)
    found = [number_of(entry_expr(entry)) for entry in ArrayGradients(board, ["Z"]).arrays["Z"].reshape(-1)]
    assert [float(number) for number in found if number is not None] == pytest.approx(
        logits.grad.reshape(-1).tolist(), rel=1e-12
    )


IMAGE = torch.rand(4, 4, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1)) - 0.5
KERNEL = torch.arange(48, dtype=torch.float64).reshape(4, 3, 2, 2).cos()
VALUES: dict[str, Callable[[], Any]] = {
    "batch_norm2d(K, 2, 1/2, 1/100)": lambda: (
        functional.batch_norm(KERNEL, None, None, torch.full((3,), 2.0).double(), torch.full((3,), 0.5).double(), True,
            0.1, 0.01)
    ),
    "avg_pool1d(I[1], 2, 2, 1, 1)": lambda: functional.avg_pool1d(IMAGE[0], 2, 2, 1, True),
    "avg_pool1d(I[1], 3, 2, 1, 1, 0)": lambda: functional.avg_pool1d(IMAGE[0], 3, 2, 1, True, False),
    "avg_pool2d(I, [2, 3], 2, 1, 1)": lambda: functional.avg_pool2d(IMAGE, (2, 3), 2, 1, True),
    "max_pool2d(I, [2, 3], [2, 1], [1, 0], [1, 2], 1)": lambda: (
        functional.max_pool2d(IMAGE, (2, 3), (2, 1), (1, 0), (1, 2), True)
    ),
    "conv2d(I, reshape(K, [3, 4, 2, 2]), [2, 1], [0, 1], [1, 2])": lambda: (
        functional.conv2d(IMAGE, KERNEL.reshape(3, 4, 2, 2), None, (2, 1), (0, 1), (1, 2))
    ),
    "conv_transpose(I, K, [2, 3], [1, 0], [1, 2], 2, [2, 1])": lambda: (
        functional.conv_transpose2d(IMAGE, KERNEL, None, (2, 3), (1, 0), (1, 2), 2, (2, 1))
    ),
    "pixel_shuffle(I, 2)": lambda: functional.pixel_shuffle(IMAGE, 2),
    "pixel_unshuffle(I, 2)": lambda: functional.pixel_unshuffle(IMAGE, 2),
    "channel_shuffle(I, 2)": lambda: functional.channel_shuffle(IMAGE[None], 2)[0],
    "reflection_pad(I, [1, 2], [3, 4])": lambda: functional.pad(IMAGE[None], (2, 4, 1, 3), "reflect")[0],
    "replication_pad(I, [1, 2], [3, 4])": lambda: functional.pad(IMAGE[None], (2, 4, 1, 3), "replicate")[0],
    "circular_pad(I, [1, 2], [3, 4])": lambda: functional.pad(IMAGE[None], (2, 4, 1, 3), "circular")[0],
    "pad(I, [1, -2], [-1, 4], 1/2)": lambda: functional.pad(IMAGE, (-2, 4, 1, -1), value=0.5),
    "interpolating(I, 7, -2) @ I": lambda: (
        functional.interpolate(IMAGE[None], (7, 6), mode="bilinear", align_corners=False)[0]
    ),
    "I @ interpolating(I, 3, -1, 1).T": lambda: (
        functional.interpolate(IMAGE[None], (4, 3), mode="bilinear", align_corners=True)[0]
    ),
    "rms_norm(I, 2, 1/100)": lambda: 2 * functional.rms_norm(IMAGE, (6,), eps=0.01),
    "group_norm(I, 2, 1/100, 1)": lambda: functional.group_norm(IMAGE[None], 2, eps=0.01)[0],
    "conv_transpose(I, K)": lambda: functional.conv_transpose2d(IMAGE[None], KERNEL)[0],
    "conv_transpose(I, K, 2, 1)": lambda: functional.conv_transpose2d(IMAGE[None], KERNEL, None, 2, 1)[0],
    "unfold(I, 2, 2, 1)": lambda: functional.unfold(IMAGE[None], 2, 1, 1, 2)[0].T,
    "upsample(I, 3)": lambda: functional.interpolate(IMAGE[None], scale_factor=3)[0],
    "adaptive_avg_pool(I, 3)": lambda: functional.adaptive_avg_pool2d(IMAGE, 3),
    "instance_norm(I, 1/100)": lambda: functional.instance_norm(IMAGE[None], eps=0.01)[0],
    "group_norm(I, 2, 1/100)": lambda: functional.group_norm(IMAGE[None], 2, eps=0.01)[0],
    "triplet(flatten(I), flatten(I)/2, 0.9*flatten(I), 3)":
        lambda: (IMAGE / 2).square().sum() - (IMAGE / 10).square().sum() + 3,
    "cosine_similarity(flatten(I), flatten(I)^2)": lambda: functional.cosine_similarity(IMAGE.reshape(-1),
        IMAGE.reshape(-1) ** 2, 0),
    "spectral_norm(flatten(I, 2) @ flatten(I, 2).T)": lambda: torch.linalg.matrix_norm(IMAGE.reshape(4,
        -1) @ IMAGE.reshape(4, -1).T, 2),
    "inv(flatten(I, 2) @ flatten(I, 2).T + 1)": lambda: torch.linalg.inv(IMAGE.reshape(4, -1) @ IMAGE.reshape(4,
        -1).T + 1),
    "det(flatten(I, 2) @ flatten(I, 2).T)": lambda: torch.det(IMAGE.reshape(4, -1) @ IMAGE.reshape(4, -1).T),
}  # fmt: skip


@pytest.mark.parametrize("formula", VALUES)
def test_values_agree_with_pytorch(formula: str) -> None:
    document = f"inputs:\n  I: {IMAGE.tolist()}\n  K: {KERNEL.tolist()}\nnodes:\n  y: {formula}\n"
    graph = read_graph(document, "value.yaml")
    assert isinstance(graph, ArrayGraph)
    found, wanted = Board(graph, Settings()).known["y"], VALUES[formula]()
    assert found.shape == tuple(wanted.shape)
    numbers = [number_of(entry_expr(entry)) for entry in found.reshape(-1)]
    assert [float(number) for number in numbers if number is not None] == pytest.approx(
        wanted.reshape(-1).tolist(), rel=1e-9, abs=1e-12
    )


def _gradients(name: str, wanted: list[str]) -> tuple[float, dict[str, list[float]]]:
    graph = load_graph(name)
    assert isinstance(graph, ArrayGraph)
    board = Board(graph, Settings())
    gradients = ArrayGradients(board, wanted)
    found = {
        one: [float(number_of(entry_expr(entry)) or 0) for entry in gradients.arrays[one].reshape(-1)] for one in wanted
    }
    return float(number_of(entry_expr(board.known["L"].item())) or 0), found


def _leaf(name: str, leaf: str) -> Any:
    graph = load_graph(name)
    assert isinstance(graph, ArrayGraph)
    array = Board(graph, Settings()).known[leaf]
    return torch.tensor(
        [float(number_of(entry_expr(entry)) or 0) for entry in array.reshape(-1)], dtype=torch.float64
    ).reshape(array.shape)


@pytest.mark.parametrize(
    ("name", "kind", "gates"), [("examples/lstm", "LSTMCell", "ifgo"), ("examples/gru", "GRUCell", "rzn")]
)  # fmt: skip
def test_cells_agree_with_pytorch(name: str, kind: str, gates: str) -> None:
    """One step, gate by gate, with the gradients of all weights and of the state before."""
    cell = getattr(torch.nn, kind)(2, 2, bias=False, dtype=torch.float64)
    with torch.no_grad():
        cell.weight_ih.copy_(torch.cat([_leaf(name, f"W{gate}") for gate in gates]))
        cell.weight_hh.copy_(torch.cat([_leaf(name, f"U{gate}") for gate in gates]))
    state = _leaf(name, "h0")[None].requires_grad_()
    result = cell(_leaf(name, "x")[None], (state, _leaf(name, "c0")[None]) if kind == "LSTMCell" else state)
    (result[0] if kind == "LSTMCell" else result).sum().backward()
    _, found = _gradients(name, ["h0", *(f"{letter}{gate}" for gate in gates for letter in "WU")])
    assert found["h0"] == pytest.approx(state.grad.reshape(-1).tolist(), rel=1e-12)
    for letter, weight in (("W", cell.weight_ih), ("U", cell.weight_hh)):
        for gate, theirs in zip(gates, weight.grad.split(2), strict=True):
            assert found[f"{letter}{gate}"] == pytest.approx(theirs.reshape(-1).tolist(), rel=1e-12, abs=1e-15)


def test_a_recurrent_layer_agrees_with_pytorch() -> None:
    name = "examples/rnn"
    first, second, readout = (_leaf(name, leaf).requires_grad_() for leaf in ("W", "U", "v"))
    state = torch.zeros(2, dtype=torch.float64)
    for step in _leaf(name, "x"):
        state = torch.tanh(first @ step + second @ state)
    ((readout @ state - 1) ** 2).backward()
    _, found = _gradients(name, ["W", "U", "v"])
    for leaf, theirs in (("W", first), ("U", second), ("v", readout)):
        assert found[leaf] == pytest.approx(theirs.grad.reshape(-1).tolist(), rel=1e-12)


@pytest.mark.parametrize("shape", [(3,), (1, 4), (4, 3), (2, 3, 2)])
@pytest.mark.parametrize("loss", ["cross_entropy(z, y)", "nll(log_softmax(z), y)"])
def test_losses_of_class_numbers_from_zero_are_those_of_pytorch(loss: str, shape: tuple[int, ...]) -> None:
    source = random.Random(str(shape))
    z = torch.tensor(
        [source.randint(-20, 20) / 8 for _ in range(torch.Size(shape).numel())], dtype=torch.float64
    ).reshape(shape)
    y = torch.tensor([source.randrange(shape[-1]) for _ in range(z.numel() // shape[-1])]).reshape(shape[:-1])
    z.requires_grad_()
    flat, classes = z.reshape(-1, shape[-1]), y.reshape(-1)
    value = functional.cross_entropy(flat, classes)
    value.backward()
    document = f"parameters: {{z: {z.tolist()}}}\nconstants: {{y: {y.tolist()}}}\nconventions: {{classes: from_zero}}\n"
    graph = read_graph(f"{document}nodes:\n  L: {loss}\n  Q: z @ z.T\noutput: L\n", "g.yaml")
    assert isinstance(graph, ArrayGraph)
    board = Board(graph, Settings())
    found = number_of(entry_expr(board.known["L"].item()))
    assert found is not None
    assert float(found) == pytest.approx(value.item(), rel=1e-10)
    gradient = [number_of(entry_expr(entry)) for entry in ArrayGradients(board, ["z"]).arrays["z"].ravel()]
    assert [float(entry) for entry in gradient if entry is not None] == pytest.approx(
        z.grad.ravel().tolist(), rel=1e-10, abs=1e-12
    )
