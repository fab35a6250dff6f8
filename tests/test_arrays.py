"""Graphs of arrays: matrix form against single entries, every row against differences, shapes that do not fit, what is
shown.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from stepper.core.arrays import ArrayGraph
from stepper.core.expr import Call, Deriv, Expr, Sym, Value
from stepper.core.formula import number_of, text
from stepper.core.parser import parse
from stepper.core.steps import Derivation, Detail, Equation
from stepper.engine.graph.options import with_conventions
from stepper.engine.optim.run import Run
from stepper.engine.questions import backward as explained
from stepper.engine.tensor.backward import backward
from stepper.engine.tensor.entries import Entries, Formula, array_of, as_expr, element, entry_expr, numbers
from stepper.engine.tensor.evaluate import Worker
from stepper.engine.tensor.forward import forward
from stepper.engine.tensor.gradients import ArrayGradients
from stepper.engine.tensor.numbers import entry_by_entry
from stepper.engine.tensor.quantities import Board
from stepper.engine.values.quantities import Settings
from stepper.engine.values.vocabulary import Vocabulary
from stepper.errors import StepperError
from stepper.read.adjust import with_output
from stepper.read.bundled import load_graph
from stepper.read.graph import read_graph
from stepper.read.options import OptimOptions, training
from stepper.render import formats
from stepper.render._unicode import cells
from stepper.render.look import Look
from stepper.render.text import render
from stepper.tables.array import ArrayFunction
from stepper.tables.arrays import ARRAYS, BY_ARRAY_NAME
from stepper.tables.moving import MOVING


def arrays_of(document: str) -> ArrayGraph:
    graph = read_graph(document, "g.yaml")
    assert isinstance(graph, ArrayGraph)
    return graph


def floats(entries: Entries) -> list[float]:
    found = [number_of(entry_expr(entry)) for entry in entries.reshape(-1)]
    return [float(number) for number in found if number is not None]


# ---- every row


LISTED = (
    "prod(x3)",
    "prod(2*X)",
    "huber(X, 2*X)",
    "huber(x3, x3*x3, 1/4)",
    "mae(X, 2*X + 1/3)",
    "sse(X, X*X)",
    "half_sse(X, X*X)",
    "dot(x3, x3*x3)",
    "entropy(softmax(x3))",
    "kl(softmax(x3), softmax(2*x3))",
    "multi_hinge(x3, 2)",
    "multi_hinge(X[1], 3, 20)",
    "nll(log_softmax(x3), 2)",
)
SAMPLES: dict[str, Sequence[str]] = {
    "flatten": ["flatten(X)", "flatten(B, 2)"],
    "reshape_as": ["reshape_as(X, x6)"],
    "broadcast_to": ["broadcast_to(x3, X)", "broadcast_to(x2, X, 2)"],
    "sum_to_size": ["sum_to_size(X, x3)"],
    "counted": ["x3*counted(x3)", "X*counted(X)"],
    "outer": ["outer(x3, x2)"],
    "diag": ["diag(x3)", "diag(x2) @ X"],
    "concat": ["concat(X, X*X, 1)", "concat(X, A, 1)", "concat(x3, x2)"],
    "sum": ["sum(X)", "sum(X, 1)", "sum(X, -1)"],
    "mean": ["mean(X)", "mean(X, 2)"],
    "scatter": ["X[2, 3]*X", "X[2]*2", "B[1, 2, 1] + B[2, 1]"],
    "max": ["max(X)", "max(X, 1)", "max(B, 2)"],
    "argmax": ["X*argmax(X)", "X ⊙ argmax(X, 1)", "x3*argmax(x3)"],
    "min": ["min(X)", "min(X, 2)", "max(X, 2*X - 1/3)", "min(1/3, X)", "norm(x3)", "mse(X, 2*X)", *LISTED],
    "var": ["var(X)", "var(X, 1)"],
    "softmax": ["softmax(X)", "softmax(X, 1)", "softmax(x3)", "softmax(X[2])", "log(softmax(A[1])*2)[3]"],
    "softmin": ["softmin(X)", "softmin(X, 1)", "softmin(x3)"],
    "log_softmax": ["log_softmax(X)", "log_softmax(x3)"],
    "cross_entropy": [
        "cross_entropy(X, H)",
        "cross_entropy(x3, h3)",
        "cross_entropy(X, [3, 1])",
        "cross_entropy(A[2], 1)",
    ],
    "nll": ["nll(log_softmax(X), H)", "nll(log_softmax(X), [3, 1])", "nll(log_softmax(x3), 2)"],
    "multi_hinge": ["multi_hinge(X, H)", "multi_hinge(X, [3, 1], 4)", "multi_hinge(x3, 2)"],
    "masked_softmax": ["masked_softmax(A, M)"],
    "attention": ["attention(X, A, A*2)"],
    "standardized": ["standardized(X, 1, 1/10)", "standardized(A, 2, 1/10)"],
    "batch_norm": ["batch_norm(A, x3, 2, 1/10)"],
    "layer_norm": ["layer_norm(A, x3, x3, 1/10)"],
    "dropout": ["dropout(X, H, 1/4)"],
    "det": ["det(A)", "det(A @ A)", "det(I)"],
    "inv": ["inv(A)", "inv(I)"],
    "solve": ["solve(A, x3)"],
    "conv": [
        "conv(I, K)",
        "conv(I, K, 2, 1)",
        "conv(x6, x3, 1, 1)",
        "conv(C, D, 1, 1)",
        "conv(C, D, 2, 1)",
        "conv(I, K, 1, 0, 2)",
    ],
    "rot180": ["rot180(K)"],
    "turned": ["turned(D)"],
    "max_pool": ["max_pool(I, 2)", "max_pool(I, 2, 1)", "max_pool(C, 2, 2, 1)"],
    "conv_transpose": ["conv_transpose(I, K)", "conv_transpose(I, K, 2, 1)", "conv_transpose(C, E4, 2)"],
    "unfold": ["unfold(I, 2)", "unfold(C, 2, 2, 1)"],
    "block_sum": ["block_sum(I, 2)", "block_sum(C, [1, 2])", "block_sum(x6, 3)"],
    "upsample": ["upsample(I, 2)", "upsample(C, 3)", "upsample(B, [2, 1, 3])"],
    "part": ["part(I, 2, 2)", "part(I, 1, 4, -1)"],
    "reshape": ["reshape(X, [3, 2])", "reshape(C, [2, 2, 8])"],
    "pad": ["pad(X, [1, 0], [0, 2])", "pad(I, [-1], [1], 3)", "pad(X, [1, 1], [1, 1], sum(x2))"],
    "reflection_pad": ["reflection_pad(I, [1, 2], [3, 0])"],
    "replication_pad": ["replication_pad(X, [4], [1])"],
    "circular_pad": ["circular_pad(I, [4, 0], [1, 2])"],
    "channel_shuffle": ["channel_shuffle(I, 2)", "channel_shuffle(x6, 3)"],
    "pixel_shuffle": ["pixel_shuffle(reshape(C, [4, 2, 4]), 2)"],
    "pixel_unshuffle": ["pixel_unshuffle(C, 2)"],
    "rms_norm": ["rms_norm(A, x3, 1/10)"],
    "adaptive_avg_pool": ["adaptive_avg_pool(I, 3)", "adaptive_avg_pool(C, 2)"],
    "embedding": ["embedding(i3, A)"],
    "cosine_similarity": ["cosine_similarity(x3, x3*x3 + 1)"],
    "triplet": ["triplet(x3, 2*x3, x3 - 1)"],
    "contrastive": ["contrastive(x3, 3*x3, 1)", "contrastive(x3, 2*x3, 0, 9)"],
    "overlap": ["overlap(x4, x4 + 1/4)"],
    "iou": ["iou(x4, x4 + 1/4)"],
    "batch_norm_inference": ["batch_norm_inference(X, x3, x3*x3 + 1, 2, x3)"],
    "by_channel": ["by_channel(B)", "by_channel(F)"],
    "from_channels": ["from_channels(by_channel(F)^2, F)"],
    "column": ["column(x3)*x3"],
    "batch_norm2d": ["batch_norm2d(F, x2, x2*x2, 1/10)", "batch_norm2d(B, 1, 0, 1/10)"],
    "grouped": ["grouped(C, 1)"],
    "instance_norm": ["instance_norm(C, 1/10)", "instance_norm(X, 1/10, -1)"],
    "group_norm": ["group_norm(C, 2, 1/10)", "group_norm(C, 1, 1/10)", "group_norm(I, 2, 1/10, 2)"],
    "avg_pool": ["avg_pool(I, 2)", "avg_pool(C, 2, 1, 1)"],
    "conv1d": ["conv1d(x6, x3, 1, 1)", "conv1d(X, T, 1, 1)", "conv1d(B, T)"],
    "conv2d": ["conv2d(I, K, 2, 1)", "conv2d(C, D, 1, 1)", "conv2d(C, D, [2, 1], [0, 1], [1, 2])"],
    "conv3d": ["conv3d(C, B)", "conv3d(C, B, 2, 1)"],
    "max_pool1d": ["max_pool1d(x6, 2)", "max_pool1d(X, 2, 1)"],
    "max_pool2d": ["max_pool2d(C, 2)", "max_pool2d(I, [2, 3], [1, 2], [1, 0], [2, 1], 1)"],
    "max_pool3d": ["max_pool3d(C, 2, 1)"],
    "avg_pool1d": ["avg_pool1d(X, 2, 1)", "avg_pool1d(X, 2, 2, 1, 1)"],
    "avg_pool2d": [
        "avg_pool2d(I, 2)",
        "avg_pool2d(I, [3, 2], 2, [1, 0], 1)",
        "avg_pool2d(C, 3, 2, 1, 1, 0)",
        "avg_pool2d(I, 2, 1, 0, 0, 1, 3)",
    ],
    "avg_pool3d": ["avg_pool3d(C, 2)"],
    "conv_transpose1d": ["conv_transpose1d(X, T, 2)"],
    "conv_transpose2d": ["conv_transpose2d(I, K, 2, 1)", "conv_transpose2d(C, D2, [2, 3], [1, 0], [1, 2], 2, [1, 2])"],
    "conv_transpose3d": ["conv_transpose3d(B, B)"],
}
"""A call of each row that has a gradient."""
SHAPES = {
    "X": (2, 3), "A": (3, 3), "B": (2, 2, 2), "I": (4, 4), "K": (2, 2), "C": (2, 4, 4), "D": (3, 2, 2, 2),
    "E4": (2, 3, 2, 2), "D2": (2, 2, 2, 2), "F": (2, 2, 2, 1), "T": (2, 2, 2), "x2": (2,), "x3": (3,), "x4": (4,),
    "x6": (6,),
}  # fmt: skip
GIVEN = {
    "i3": "[2, 3, 2, 1]",
    "H": "[[0, 1, 0], [1, 0, 0]]",
    "h3": "[0, 0, 1]",
    "M": "[[1, 0, 1], [1, 1, 0], [1, 1, 1]]",
}
WITHOUT = {
    "averaging", "interpolating", "one_hot", "spectral_norm", "fold", "along", "row_count", "shape", "reach",
    "argmax_mask", "masks", "eigvals", "toeplitz", "leading", "trailing", "adjugate", "conv_input", "conv_weight",
    "max_unpool", "avg_unpool",
    *(f"{name}{axes}d_{way}" for axes in (1, 2, 3) for name in ("conv",) for way in ("input",
        "weight")),
    *(f"{name}_unpool{axes}d" for axes in (1, 2, 3) for name in ("max", "avg")),
    *(f"{row.name}_backward" for row in MOVING),
    "ones", "unit", "entries", "rows", "columns", "standardized_back",
}  # fmt: skip
"""Rows that say how a gradient goes back, or that have none."""


def test_every_row_has_a_sample() -> None:
    assert {*SAMPLES} <= {row.name for row in ARRAYS} <= {*SAMPLES} | WITHOUT


def sample_graph(formula: str, seed: int = 1) -> ArrayGraph:
    """The mean of a function's squared value, at numbers without ties."""
    source = random.Random(seed)
    used = [
        name
        for name in (*SHAPES, *GIVEN)
        if any(text(part).partition("[")[0] == name for part in _names(parse(formula)))
    ]
    lines = []
    for name in used:
        if name in SHAPES:
            count = int(np.prod(SHAPES[name]))
            values = source.sample(range(-40, 41), count)
            lines.append(f"  {name}: {np.array(values).reshape(SHAPES[name]).tolist()}".replace("'", ""))
        else:
            lines.append(f"  {name}: {GIVEN[name]}")
    inputs = "\n".join(lines)
    scaled = "".join(f"  s_{name}: {name}/16\n" for name in used if name in SHAPES)
    y = _scaled(formula, used)
    return arrays_of(f"inputs:\n{inputs}\nnodes:\n{scaled}  y: {y}\n  L: mean(y*y + y)\noutput: L\n")


def _names(expr: Expr) -> list[Expr]:
    from stepper.core.traverse import occurrences

    return occurrences(expr)


def _scaled(formula: str, used: list[str]) -> str:
    from stepper.core.traverse import substitute

    return text(substitute(parse(formula), {Sym(name): Sym(f"s_{name}") for name in used if name in SHAPES}))


@dataclass(frozen=True)
class Sample:
    """A call of a row, and what is worked out of it."""

    graph: ArrayGraph
    wrt: Sequence[str]
    derivation: Derivation
    gradients: ArrayGradients


MIXED = (
    "softmax(X @ A) @ x3",
    "sum(x3) + mean(x3)/2",
    "max(X, 2) @ x2 - min(x3)",
    "min(X, x3) + max(X, 2*X - 1, x3)",
    "concat(B, B*B, 3)*concat(B, 2*B, -1)",
    "concat(C, C*C, 2) - concat(C, 2*C, 2)",
    "B*reshape(x2, [1, 2, 1]) + reshape(x2, [2, 1])",
    "C*reshape(x2, [2, 1, 1]) - reshape(x4, [1, 1, 4])/reshape(x4 + 9, [4, 1])",
    "B + reshape(sum(x3), [1, 1]) + reshape(x2, [1, 2])*reshape(sum(x3), [1, 1, 1])",
    "flatten(batch_norm2d(F, x2, x2, 1/10)) + flatten(instance_norm(B, 1/10))",
    "tanh(standardized(A, 1, 1/10) @ standardized(A, 2, 1/10))",
    "X[1] + X[2, 3]*X[2]",
)
"""Several functions in one formula, and arrays repeated along any axes."""
CALLS = [*(formula for formulas in SAMPLES.values() for formula in formulas), *MIXED]
INNER = re.compile(
    r"_kernel|\b(?:spread|gathered|shaped|placed|leading|trailing|sum_to_size|argmax_mask|standardized_back)\("
)
"""Names that formulas have inside, and no reader sees, but where the document has them."""


@pytest.fixture(scope="module", params=CALLS)
def sample(request: pytest.FixtureRequest) -> Sample:
    graph = sample_graph(request.param)
    wrt = [name for name in graph.leaves if name in SHAPES]
    return Sample(graph, wrt, backward(graph, wrt, Settings()), ArrayGradients(Board(graph, Settings()), wrt))


def test_gradients_of_every_row(sample: Sample) -> None:
    """As formulas of arrays, entry by entry through the graph of single numbers, and by central differences."""
    assert sample.derivation.checks
    assert all(check.ok for check in sample.derivation.checks)
    for name in sample.wrt:
        found = floats(sample.gradients.arrays[name])
        for place in {0, len(found) // 2, len(found) - 1}:
            slope = difference(sample.graph, name, place)
            assert found[place] == pytest.approx(slope, rel=1e-4, abs=1e-6), (name, place)
    for format in formats.WHOLE:
        assert formats.render(format, sample.derivation, Look(detail="full"))


def test_large_arrays_are_worked_as_small_ones(sample: Sample) -> None:
    """In floating point the same values and gradients come out as exactly."""
    small, large = sample.gradients, ArrayGradients(Board(sample.graph, Settings(), True), sample.wrt)
    assert floats(small.board.known["y"]) == pytest.approx(floats(large.board.known["y"]), rel=1e-9, abs=1e-12)
    for name in sample.wrt:
        assert floats(small.arrays[name]) == pytest.approx(floats(large.arrays[name]), rel=1e-8, abs=1e-10)


def difference(graph: ArrayGraph, name: str, place: int) -> float:
    """The central difference of the output for one entry."""

    from stepper.core.arrays import ArrayLeaf

    leaf = graph.leaves[name]
    assert isinstance(leaf, ArrayLeaf)
    given = [entry for entry in leaf.entries if entry is not None]
    found = []
    step = Fraction(1, 10**5)
    for sign in (1, -1):
        entries = tuple(entry + sign * step if at == place else entry for at, entry in enumerate(given))
        moved = replace(graph, leaves={**graph.leaves, name: replace(leaf, entries=entries)})
        known = {
            leaf_name: numbers(other.entries, other.shape)
            for leaf_name, other in moved.leaves.items()
            if isinstance(other, ArrayLeaf)
        }
        worker = Worker(Vocabulary({}, {}), known)
        for node in moved.nodes.values():
            assert node.formula is not None
            known[node.name] = worker(node.formula)
        found.append(floats(known["L"])[0])
    return (found[0] - found[1]) / float(2 * step)


@pytest.mark.parametrize("row", ARRAYS, ids=lambda row: row.name)
def test_every_row_says_where_it_comes_from(row: ArrayFunction) -> None:
    assert row.source
    assert bool(row.machine) != bool(row.value)
    for formula in (row.value, *row.vjp.values(), *(form for form, _ in row.also.values())):
        if formula:
            known = {name for name, _, _ in row.signature()} | {"G", "out"}
            assert {text(part).partition("[")[0] for part in _names(parse(formula))} <= known


# ---- the exams


def test_a_fully_connected_layer() -> None:
    """TUM IN2346 of 2022, problem 2.3: dX = dY W^T, with the shapes beside it."""
    graph = load_graph("tum-2022/2.3")
    assert isinstance(graph, ArrayGraph)
    written = render(backward(graph, ["X", "W", "b"], Settings()), Look())
    assert "dL/dX = dL/dY·Wᵀ" in written
    assert "(2×3 = 2×2 · 2×3)" in written
    assert "dL/dW = Xᵀ·dL/dY" in written
    assert "⎢17  24⎥" in written
    assert "dL/db = Σ(dL/dY, 1)" in written


def test_one_pixel_through_a_convolution() -> None:
    """UMass CS 682, problem 8.1: six terms, not nine, at the border."""
    graph = load_graph("umass-682/8.1")
    assert isinstance(graph, ArrayGraph)
    derivation = backward(graph, ["X[1, 2]"], Settings())
    (answer,) = derivation.answers
    assert text(answer.expr) == (
        "dY[1, 1]*W[2, 3] + dY[1, 2]*W[2, 2] + dY[1, 3]*W[2, 1] + dY[2, 1]*W[1, 3] + dY[2, 2]*W[1, 2] + dY[2, 3]*W[1, "
        "1]"
    )
    written = " ".join(render(derivation, Look()).split())
    assert "6 of the 256 entries of Y use X[1,2]" in written
    assert "dL/dX = conv2d(dL/dY, rot₁₈₀(W), 1, 1)" in written
    assert all(check.ok for check in derivation.checks)


def test_windows_are_shown_and_the_rest_in_full_detail() -> None:
    graph = arrays_of("inputs: {X: [[1, 2], [3, 4]]}\nparameters: {K: [1, 1]}\nnodes:\n  Y: X @ K\n  Z: conv1d(Y, K)\n")
    written = {detail: render(forward(graph, Settings()), Look(detail=detail)) for detail in ("normal", "full")}
    assert "Z₁ = Y₁·K₁ + Y₂·K₂ = 3·1 + 7·1 = 10" in written["normal"]
    assert "Y₂ = X" not in written["normal"]
    assert "Y₂ = X[2,1]·K₁ + X[2,2]·K₂ = 3·1 + 4·1 = 7" in written["full"]


def test_what_stands_between_equals_is_equal(sample: Sample) -> None:
    """Each side of each equation, worked out again, comes to the last one, its shape too."""
    board, gradients = sample.gradients.board, sample.gradients
    known = {**board.known, **{text(board.symbol(name)): array for name, array in gradients.arrays.items()}}
    for name, array in gradients.arrays.items():  # entries of gradients have lines too
        entries = {Deriv(Sym("L"), element(name, where)): array[where] for where in np.ndindex(*array.shape)}
        known |= {text(entry): array_of([number], ()) for entry, number in entries.items()}
    worker = Worker(board.vocabulary, known)
    for _, step in sample.derivation.walk("normal"):
        for block in step.body:
            if isinstance(block, Equation) and not step.id.startswith("forward.entries"):
                last = worker(block.links[-1].expr)
                worker.known = {text(block.left): last, **worker.known}  # lines of their own have names
                for link in block.links:
                    side = worker(link.expr)
                    assert side.shape == last.shape, text(link.expr)
                    assert floats(side) == pytest.approx(floats(last), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("detail", ["brief", "full"])
def test_no_name_of_the_inside_is_shown(sample: Sample, detail: Detail) -> None:
    given = " ".join(text(node.formula) for node in sample.graph.nodes.values() if node.formula is not None)
    found = {name for name in INNER.findall(render(sample.derivation, Look(detail=detail))) if name not in given}
    assert not found


@pytest.mark.parametrize("given", ["{shape: [60, 50], fill: normal(2)}", "{shape: [12, 5], fill: normal(2)}",
                                   "{shape: [3, 2]}", "{shape: [N, d]}"])  # fmt: skip
def test_no_name_of_the_inside_is_shown_where_nothing_is_worked(given: str) -> None:
    """Of large arrays, of symbols and of sizes that are letters there are formulas alone."""
    nodes = "nodes: {H: 'tanh(layer_norm(X, 2, 1, 1/10))', B: 'batch_norm(H, 1, 0, 1/10)^2', L: sum(B*B)}"
    graph = arrays_of(f"inputs: {{X: {given}}}\n{nodes}\noutput: L\n")
    written = " ".join(render(explained(graph, ["X"], Settings()), Look(detail="full")).split())
    assert not INNER.findall(written)
    assert "standardized_back" not in written


@pytest.mark.parametrize("formula", ["var(X, 1)", "attention(Q, Q, Q)", "cross_entropy(X, X*X)", "mean(softmax(X), 2)"])
def test_functions_are_worked_line_by_line_where_each_line_is_small(formula: str) -> None:
    """The variance of 12 x 5 numbers is a list of 5, but the distances from the mean are 60 numbers."""
    drawn = "{X: {shape: [12, 5], fill: normal(2)}, Q: {shape: [8, 2], fill: normal(3)}}"
    graph = arrays_of(f"inputs: {drawn}\nnodes: {{y: '{formula}', L: sum(y*y)}}\noutput: L\n")
    derivation = backward(graph, sorted(graph.ancestors(["L"]) & {"X", "Q"}), Settings())
    assert all(check.ok for check in derivation.checks)


# ---- documents


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("inputs: {X: [[1, 2], [3]]}\nnodes: {Y: X*2}", "this row has 1 entry, but the rows before have 2"),
        (
            "inputs: {X: [[1, 2]], W: [[1, 2]]}\nnodes: {Y: X @ W}",
            "1×2 @ 1×2 does not fit: the inner sizes differ, 2 columns against 1 row",
        ),
        ("inputs: {X: [[1, 2], [3, 4]], b: [1, 2, 3]}\nnodes: {Y: X + b}", "2×2 and 3 do not fit"),
        ("inputs: {X: {shape: [2, 0]}}\nnodes: {Y: X*2}", "'shape:' is a list of sizes"),
        ("inputs: {X: {shape: [2], fill: one}}\nnodes: {Y: X*2}", "'fill:' is zeros, ones, eye or normal(1)"),
        ("inputs: {X: {size: [2]}}\nnodes: {Y: X*2}", "'size' does not describe an array"),
        ("inputs: {X: [[1, 2]]}\nnodes: {Y: 'X[2, 1]'}", "X[2, 1] does not exist"),
        ("inputs: {X: [[1, 2]]}\nnodes: {Y: 'sum(X, 3)'}", "an array of shape 1×2 has no axis 3"),
        ("inputs: {X: [[1, 2], [2, 4]]}\nnodes: {Y: inv(X)}", "the matrix is singular"),
        (
            "inputs: {X: [[1, 2]], M: [[1]]}\nnodes: {Y: 'masked_softmax(X, M)'}",
            "the mask has the shape 1×1, and the array 1×2",
        ),
        (
            "inputs: {X: [[1, 2]], K: [[1, 2], [3, 4]]}\nnodes: {Y: 'conv2d(X, K)'}",
            "conv2d(X, K): a window of 2×2 does not fit into 1×2",
        ),
        (
            "inputs: {X: [[1, 2], [3, 4]], K: [[1]]}\nnodes: {Y: 'conv2d(X, K, -1)'}",
            "a stride of -1 and a dilation of 1 make no windows",
        ),
        (
            "inputs: {X: [[1, 2], [3, 4]], K: [[1]]}\nnodes: {Y: 'conv2d(X, K, 1, -1)'}",
            "a padding of -1 is not possible",
        ),
        ("inputs: {X: [[1, 2], [3, 4]]}\nnodes: {Y: 'max_pool(X, 0)'}", "make no windows"),
        ("inputs: {X: {shape: [2], fill: normal}}\nnodes: {Y: X*2}", "'fill:' is zeros, ones, eye or normal(1)"),
        ("inputs: {X: {shape: [2], file: x.npy}}\nnodes: {Y: X*2}", "a file determines the shape"),
        ("inputs: {X: {file: nowhere.npy}}\nnodes: {Y: X*2}", "there is no such file"),
        ("inputs: {X: [[100000]]}\nnodes: {Y: exp(exp(X))}", "too large for a number"),
        (
            "inputs: {X: [[1, 2]], Y: [[1], [2]]}\nnodes: {L: 'mse(X, Y)'}",
            "the shapes must be equal, not 1×2 and 2×1",
        ),
        ("inputs: {X: {shape: [2, 2, 3]}, Z: {shape: [3, 3, 4]}}\nnodes: {Y: X @ Z}", "2 and 3 do not fit"),
        ("inputs: {x: [5]}\nnodes: {Y: 'batch_norm(x, 1, 0, 0)'}", "divides by zero"),
        ("inputs: {x: 1}\nnodes: {Y: x @ x}", "@ takes arrays, but one side is a number"),
        ("inputs: {X: [[1]]}\nnodes: {Y: flatten()}", "'flatten' takes 1 to 2 arguments, but got 0"),
    ],
)
def test_documents_that_cannot_be_worked(document: str, said: str) -> None:
    with pytest.raises(StepperError) as caught:
        forward(arrays_of(document), Settings())
    assert said in str(caught.value)


def test_the_transpose_that_would_fit_is_suggested() -> None:
    with pytest.raises(StepperError, match="transpose the right side"):
        forward(arrays_of("inputs: {X: [[1, 2]], W: [[1, 2], [3, 4], [5, 6]]}\nnodes: {Y: X @ W}"), Settings())


@pytest.mark.parametrize(
    ("document", "wrt", "said"),
    [
        ("inputs: {X: [[1, 2]]}\nnodes: {Y: X*2}", "X", "the upstream gradient must be given"),
        ("inputs: {X: [[1, 2]]}\nnodes: {Y: X*2}\nupstream: [[1]]", "X", "upstream has the shape 1×1, and Y 1×2"),
        ("inputs: {X: [[1, 2]]}\nnodes: {L: sum(X)}", "X[2, 1]", "there is no X[2, 1]: X is 1×2"),
        (
            "inputs: {X: [[1, 2]]}\nnodes: {A: sum(X), B: sum(X)}",
            "X",
            "the output is ambiguous: no node uses A or B",
        ),
    ],
)
def test_gradients_that_cannot_be_asked_for(document: str, wrt: str, said: str) -> None:
    with pytest.raises(StepperError) as caught:
        backward(arrays_of(document), [wrt], Settings())
    assert said in str(caught.value)


def test_arrays_by_shape_fill_and_number() -> None:
    graph = arrays_of(
        "inputs: {E: {shape: [2, 2], fill: eye}, O: {shape: [2], fill: ones}, N: {shape: [2, 2], fill: normal(3)}}\n"
        "nodes: {y: E @ O, z: E @ N}\noutput: z"
    )
    known = Board(graph, Settings()).known
    assert text(as_expr(known["y"])) == "[1, 1]"
    assert floats(known["z"]) == floats(known["N"])
    assert known["z"].shape == (2, 2)


def test_symbols_stay_symbols() -> None:
    graph = arrays_of("inputs: {X: {shape: [1, 2]}, W: [[2], [0]]}\nnodes: {Y: X @ W}\nupstream: dY")
    board = Board(graph, Settings())
    entry = board.formulas["Y"][0, 0]
    assert isinstance(entry, Formula)
    assert text(entry.expr) == "X[1, 1]*W[1, 1] + X[1, 2]*W[2, 1]"
    assert "Y" not in board.known
    derivation = backward(graph, ["W"], Settings())
    assert text(derivation.answers[0].expr) == "[[X[1, 1]*dY[1, 1]], [X[1, 2]*dY[1, 1]]]"


def test_names_of_functions_of_arrays_are_not_taken_from_numbers() -> None:
    """max(0, x) stays the larger of two numbers, entry by entry; max(X, 1) is the largest along an axis."""
    graph = arrays_of("inputs: {X: [[1, -2], [-3, 4]]}\nnodes: {A: 'max(0, X)', B: 'max(X, 1)', C: max(X)}\noutput: C")
    known = Board(graph, Settings()).known
    assert (floats(known["A"]), floats(known["B"]), floats(known["C"])) == ([1, 0, 0, 4], [1, 4], [4])
    assert isinstance(parse("max(0, X)"), Call)
    assert "max" in BY_ARRAY_NAME
    assert isinstance(as_expr(known["C"]), Value)


def test_matrices_in_latex() -> None:
    """A matrix is set as one; a line break stands only at the end of a line, and a control word is no tabulator."""
    graph = load_graph("tum-2022/2.3")
    assert isinstance(graph, ArrayGraph)
    written = formats.render("markdown", backward(graph, ["X"], Settings()), Look())
    assert r"\frac{dL}{dX} &= \frac{dL}{dY} \cdot W^{\top}" in written
    assert "\\begin{bmatrix} 1 & 2 \\\\\n3 & 4 \\end{bmatrix}" in written
    assert "\t" not in written


def test_one_entry_of_the_output() -> None:
    graph = with_output(load_graph("tum-2022/2.3"), "Y[2,1]")
    assert isinstance(graph, ArrayGraph)
    derivation = backward(graph, ["X", "W[3, 1]"], Settings())
    assert {answer.name: text(answer.expr) for answer in derivation.answers} == {
        "dY[2, 1]/dX": "[[0, 0, 0], [1, 0, 1]]", "dY[2, 1]/dW[3, 1]": "6",
    }  # fmt: skip
    with pytest.raises(StepperError, match=r"Y\[3, 1\] does not exist"):
        backward(replace(graph, upstream=parse("scatter(1, Y, 3, 1)"), entry="Y[3, 1]"), ["X"], Settings())


def test_cross_entropy_both_ways() -> None:
    graph = load_graph("uio-2019/2f")
    assert isinstance(graph, ArrayGraph)
    written = " ".join(render(backward(graph, ["z"], Settings()), Look()).split())
    assert "dL/dz = p_L - y" in written  # p, which nothing on the way uses, is not shown
    assert "the entries of y sum to 1" in written or "each row of y sums to 1" in written.replace("Y sums", "y sums")


def test_a_graph_of_arrays_is_trained_entry_by_entry() -> None:
    """The line through (1, 2), (2, 3), (3, 5): Newton meets it in one step."""
    graph = arrays_of(
        "inputs: {X: [[1, 1], [1, 2], [1, 3]], y: [2, 3, 5]}\nparameters: {w: [0, 0]}\nnodes: {e: X @ w - y, L: "
        "mean(e*e)}\noutput: L"
    )
    task = training(entry_by_entry(graph), "newton", OptimOptions(steps=1))
    numbers_of = {name: value for taken in Run(task).steps(1, Settings()) for name, value in taken.numbers.items()}
    assert (numbers_of["w[1, 1]"], numbers_of["w[1, 2]"]) == (Fraction(1, 3), Fraction(3, 2))
    assert "dL/de = (2/3)·e" in render(backward(graph, ["w"], Settings()), Look())
    with pytest.raises(StepperError, match="the output is an array"):
        entry_by_entry(arrays_of("inputs: {X: [[1, 2]]}\nnodes: {Y: 2*X}"))


@pytest.mark.parametrize(
    ("choice", "expected"), [("gradient", "[-1, 0, 3, 0]"), ("deconvnet", "[0, 2, 3, 0]"), ("guided", "[0, 0, 3, 0]")]
)
def test_what_goes_back_through_relu(choice: str, expected: str) -> None:
    """UiO IN5400 of 2019, exercise 5b."""
    graph = with_conventions(load_graph("uio-2019/5b"), [f"relu_backward={choice}"])
    assert isinstance(graph, ArrayGraph)
    derivation = backward(graph, ["x"], Settings())
    assert text(derivation.answers[0].expr) == expected
    assert derivation.checks[0].ok is (True if choice == "gradient" else None)


@pytest.mark.parametrize(
    "document",
    [
        "inputs: {x: [[1, 2], [3, 4]]}\nnodes: {L: norm(x @ x)}",  # a user's name that the row uses too
        "inputs: {k: [[1, 2]], j: [[3, 5]]}\nnodes: {L: 'mse(k*j, j^2)'}",
        "inputs: {X: [[1, -2], [3, 0]]}\nnodes: {L: 'sum(where(X >= 1, X*X, 0))'}",
        "inputs: {Z: [[1, 2], [2, 0]], Y: [[1/2, 1/5], [1, 1]]}\nnodes: {L: 'cross_entropy(Z, Y)'}",
        "inputs: {X: [[1, 2]]}\nnodes: {L: 'X[1, 2]^2'}",
        "inputs: {X: [[1, -2]]}\nnodes: {H: 'max(X, 0)', L: sum(H)}\noutput: L",
        "inputs: {s: 2, X: [[1, 2]]}\nnodes: {L: sum(X*s)}",
    ],
)
def test_gradients_that_once_were_wrong(document: str) -> None:
    graph = arrays_of(document)
    derivation = backward(graph, list(graph.leaves), Settings())
    assert all(check.ok for check in derivation.checks)


def test_ties_are_no_disagreement() -> None:
    """Of equal entries the first takes the gradient here, and all share it in the graph of numbers."""
    derivation = backward(arrays_of("inputs: {X: [[1, 2], [2, 0]]}\nnodes: {L: max(X)}"), ["X"], Settings())
    assert text(derivation.answers[0].expr) == "[[0, 1], [0, 0]]"
    assert [check.ok for check in derivation.checks] == [None]


def test_large_pools_with_padding() -> None:
    """The same in floating point as exactly."""
    document = (
        "inputs: {X: {shape: [9, 9], fill: normal(3)}}\nnodes: {Y: 'max_pool(X, 3, 2, 1)', L: sum(Y*Y)}\noutput: L"
    )
    small, large = (
        ArrayGradients(Board(arrays_of(document), Settings(), floating), ["X"]) for floating in (False, True)
    )
    assert floats(small.arrays["X"]) == pytest.approx(floats(large.arrays["X"]), rel=1e-12)


def test_files_hold_numbers_and_nothing_else(tmp_path: Path) -> None:
    """An array beside the document; what would have to be executed is refused."""
    np.save(tmp_path / "x.npy", np.array([[1.5, 2.0]]))
    (tmp_path / "g.yaml").write_text("inputs: {X: {file: x.npy}}\nnodes: {L: sum(X*X)}\n")
    graph = load_graph(str(tmp_path / "g.yaml"))
    assert isinstance(graph, ArrayGraph)
    assert text(backward(graph, ["X"], Settings()).answers[0].expr) == "[[3.0, 4.0]]"
    np.save(tmp_path / "x.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    (tmp_path / "text.npy").write_text("root:x:0:0\n")
    (tmp_path / "t.yaml").write_text("inputs: {X: {file: text.npy}}\nnodes: {L: sum(X*X)}\n")
    of_text = load_graph(str(tmp_path / "t.yaml"))
    assert isinstance(of_text, ArrayGraph)
    with pytest.raises(StepperError, match="which is not a NumPy array"):
        forward(of_text, Settings())
    with pytest.raises(StepperError, match="holds Python objects, which are not read"):
        forward(graph, Settings())
    np.save(tmp_path / "x.npy", np.array([np.nan]))
    with pytest.raises(StepperError, match="not a finite number"):
        forward(graph, Settings())
    (tmp_path / "x.npy").write_bytes(b"")
    with pytest.raises(StepperError, match="is not a NumPy array"):
        forward(graph, Settings())


@pytest.mark.parametrize("name", ["examples/lstm", "examples/gru", "examples/rnn", "examples/attention"])
def test_the_examples_are_worked_within_eighty_columns(name: str) -> None:
    graph = load_graph(name)
    assert isinstance(graph, ArrayGraph)
    derivation = backward(graph, [leaf.name for leaf in graph.leaves.values() if leaf.kind == "parameter"], Settings())
    assert all(check.ok for check in derivation.checks)
    assert max(map(cells, render(derivation, Look()).split("\n"))) <= 80


def test_floats_of_a_file_and_fractions_are_multiplied_alike() -> None:
    """An entry that came as a float takes the kind of the other numbers, on whichever side it stands."""
    from stepper.engine.tensor.entries import Exact

    assert float(Exact(0.5) * Exact(0.25) + Exact(0.5) * Exact(Fraction(1, 2))) == 0.375
    assert float(Exact(0.5) + Exact(0.25)) == 0.75
