"""Documents of layers: what each layer is as a formula of arrays, what is said beside it, and where there is none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from stepper.core.arrays import ArrayGraph, ArrayLeaf
from stepper.core.formula import number_of, text
from stepper.engine.layers.formulas import written
from stepper.engine.layers.network import work
from stepper.engine.layers.sizes import integer
from stepper.engine.tensor.entries import entry_expr
from stepper.engine.tensor.quantities import Board
from stepper.engine.tensor.shapes import Shapes
from stepper.engine.values.quantities import Settings
from stepper.engine.values.vocabulary import Vocabulary
from stepper.errors import StepperError
from stepper.read.bundled import load_graph
from stepper.read.graph import read_graph
from stepper.read.network import read_network
from stepper.tables.layers import LAYER_ROWS
from tests.layer_samples import sample


def layered(shape: str, *layers: str, more: str = "") -> ArrayGraph:
    """The graph of a document whose input x has a shape such as ``3x8x8``."""
    lines = "".join(f"  - {layer}\n" for layer in layers)
    document = f"inputs:\n  x: {{shape: [{shape.replace('x', ', ')}]}}\nlayers:\n{lines}{more}"
    graph = written(read_graph(document, "net.yaml"))
    assert isinstance(graph, ArrayGraph)
    return graph


def formulas(graph: ArrayGraph) -> dict[str, str]:
    return {name: text(node.formula) for name, node in graph.nodes.items() if node.formula is not None}


FORMULAS: Mapping[tuple[str, str], str] = {
    # a sample alone, and a batch; a matrix is a batch of rows where the layer can take it so
    ("3", "Linear(3, 2) : W, b"): "W @ x + b",
    ("4x3", "Linear(3, 2) : W, b"): "x @ W.T + b",
    ("4x3", "Softmax(dim=1)"): "softmax(x)",
    ("4x3x5", "Softmax(dim=1)"): "softmax(x, 1)",
    ("2x4x3x5", "Softmax(dim=1)"): "softmax(x, 2)",
    ("3", "Softmax(dim=0)"): "softmax(x)",
    ("3x8x8", "Flatten()"): "flatten(x)",
    ("2x3x8x8", "Flatten()"): "flatten(x, 2)",
    ("3", "Dense(2, activation='relu') : W, b"): "relu(x @ W + b)",
    ("3", "Dense(2, activation=tf.nn.softmax, use_bias=False) : W"): "softmax(x @ W)",
    ("3", "Activation('linear')"): "x",
    # windows
    ("3x8x8", "Conv2d(3, 4, 3, padding=1) : K, b"): "conv2d(x, K, 1, 1) + column(b, 2)",
    ("3x8x8", "Conv2d(3, 4, 3, bias=False) : K"): "conv2d(x, K)",
    ("3x8x8", "Conv2d(3, 4, (3, 2), stride=(2, 1), bias=False) : K"): "conv2d(x, K, [2, 1])",
    ("3x8x8", "Conv2d(3, 4, 3, padding='same', bias=False) : K"): "conv2d(x, K, 1, 1)",
    ("3x8x8", "Conv2d(3, 4, (3, 2), padding='same', bias=False) : K"): "conv2d(pad(x, [1, 0], [1, 1]), K)",
    ("3x9", "Conv1d(3, 4, 3, padding=2, padding_mode='circular', bias=False) : K"):
        "conv1d(circular_pad(x, [2], [2]), K)",
    ("3x8x8", "ConvTranspose2d(3, 4, 2, stride=2, output_padding=1, bias=False) : K"):
        "conv_transpose2d(x, K, 2, 0, 1)",
    ("3x8x8", "MaxPool2d(2)"): "max_pool2d(x, 2)",
    ("3x9x9", "MaxPool2d(3, 2, dilation=2, ceil_mode=True)"): "max_pool2d(x, 3, 2, 0, 2, 1)",
    ("3x9x9", "AvgPool2d(3, 2, 1, count_include_pad=False)"): "avg_pool2d(x, 3, 2, 1, 0, 0)",
    ("3x9x9", "AvgPool2d(3, 2, divisor_override=2)"): "avg_pool2d(x, 3, 2, 0, 0, 1, 2)",
    ("3x8x6", "AdaptiveAvgPool2d((4, 2))"): "avg_pool2d(x, [2, 3])",
    ("3x7x6", "AdaptiveAvgPool2d(2)"): "averaging(x, 2, -2) @ x @ averaging(x, 2).T",
    ("3x8x6", "GlobalAvgPool"): "avg_pool2d(x, [8, 6])",
    ("3x8x6", "Upsample(scale_factor=2)"): "upsample(x, [2, 2])",
    ("3x8x6", "ZeroPad2d((1, 2, 3, 4))"): "pad(x, [3, 1], [4, 2])",
    # norms
    ("4x3", "BatchNorm1d(3) : gamma, beta"): "batch_norm(x, gamma, beta)",
    ("4x3", "BatchNorm1d(3) : gamma, beta, mu, v"): "batch_norm_inference(x, mu, v, gamma, beta)",
    ("3x5x5", "BatchNorm2d(3, affine=False) : mu, v"): "batch_norm_inference(x, column(mu, 2), column(v, 2))",
    ("4x3", "LayerNorm(3) : gamma, beta"): "layer_norm(x, gamma, beta)",
    ("4x3", "LayerNorm([4, 3], elementwise_affine=False)"): "reshape_as(standardized(flatten(x, -2), -1, 1e-5), x)",
    ("3x5x5", "InstanceNorm2d(3)"): "instance_norm(x)",
    ("4x5x5", "GroupNorm(2, 4, affine=False)"): "group_norm(x, 2, 1e-5, 1)",
    ("2x4x5x5", "GroupNorm(2, 4, affine=False)"): "group_norm(x, 2, 1e-5, 2)",
    ("4x3", "RMSNorm(3) : gamma"): "rms_norm(x, gamma, 2^(-23))",
    # others
    ("3", "Dropout(0.5)"): "x",
    ("3", "Dropout(0.25) : m"): "dropout(x, m, 0.25)",
    ("4", "GLU()"): "part(x, 1, 2, -1)*sigmoid(part(x, 2, 2, -1))",
    ("4x6x6", "PixelShuffle(2)"): "pixel_shuffle(x, 2)",
    ("3x4", "Unflatten(2, (2, -1))"): "reshape(x, [3, 2, 2])",
    ("3", "Bilinear(3, 3, 2, from=[x, x]) : A, b"): "flatten(A, 2) @ flatten(outer(x, x)) + b",
    ("4", "EmbeddingBag(5, 2) : E"): "mean(embedding(x, E), -2)",
}  # fmt: skip


@pytest.mark.parametrize(("shape", "layer"), FORMULAS)
def test_a_layer_is_a_formula(shape: str, layer: str) -> None:
    assert formulas(layered(shape, f"out = {layer}"))["out"] == FORMULAS[shape, layer]


RECURRENT: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("2x3", "RNN(3, 2) : W, U, b, d"): {
        "h_1": "tanh(W @ x[1] + b + U @ h_0 + d)", "h_2": "tanh(W @ x[2] + b + U @ h_1 + d)", "h": "[h_1, h_2]",
    },
    ("1x3", "RNN(3, 2, nonlinearity='relu', bias=False) : W, U, start"): {
        "h_1": "relu(W @ x[1] + U @ start)", "h": "[h_1]",
    },
    ("1x3", "GRU(3, 2, bias=False) : W, U"): {
        "W_r": "part(W, 1, 3)", "W_z": "part(W, 2, 3)", "W_n": "part(W, 3, 3)", "U_r": "part(U, 1, 3)",
        "U_z": "part(U, 2, 3)", "U_n": "part(U, 3, 3)", "r_1": "sigmoid(W_r @ x[1] + U_r @ h_0)",
        "z_1": "sigmoid(W_z @ x[1] + U_z @ h_0)", "n_1": "tanh(W_n @ x[1] + r_1*(U_n @ h_0))",
        "h_1": "(1 - z_1)*n_1 + z_1*h_0", "h": "[h_1]",
    },
    ("3", "LSTMCell(3, 2, bias=False) : W, U, h0, c0"): {
        "W_i": "part(W, 1, 4)", "W_f": "part(W, 2, 4)", "W_g": "part(W, 3, 4)", "W_o": "part(W, 4, 4)",
        "U_i": "part(U, 1, 4)", "U_f": "part(U, 2, 4)", "U_g": "part(U, 3, 4)", "U_o": "part(U, 4, 4)",
        "i": "sigmoid(W_i @ x + U_i @ h0)", "f": "sigmoid(W_f @ x + U_f @ h0)", "g": "tanh(W_g @ x + U_g @ h0)",
        "o": "sigmoid(W_o @ x + U_o @ h0)", "c": "f*c0 + i*g", "h": "o*tanh(c)",
    },
    ("5x4", "MultiheadAttention(4, 2, bias=False) : W, O"): {
        "W_Q": "part(W, 1, 3)", "W_K": "part(W, 2, 3)", "W_V": "part(W, 3, 3)", "Q": "x @ W_Q.T", "K": "x @ W_K.T",
        "V": "x @ W_V.T", "head_1": "attention(part(Q, 1, 2, -1), part(K, 1, 2, -1), part(V, 1, 2, -1))",
        "head_2": "attention(part(Q, 2, 2, -1), part(K, 2, 2, -1), part(V, 2, 2, -1))",
        "h": "concat(head_1, head_2, -1) @ O.T",
    },
}  # fmt: skip


@pytest.mark.parametrize(("shape", "layer"), RECURRENT)
def test_a_layer_of_several_steps_is_several_nodes(shape: str, layer: str) -> None:
    assert formulas(layered(shape, f"h = {layer}")) == RECURRENT[shape, layer]


def test_names_that_are_taken_have_the_layer_before_them() -> None:
    graph = layered("1x3", "h = LSTM(3, 2)", "k = LSTM(2, 2)")
    assert {"i_1", "c_1", "h_1", "k_i_1", "k_c_1", "k_1", "k_c_0"} <= {*graph.nodes, *graph.leaves}
    assert graph.labels["k_weight_ih_l0_f"] == "W_kf"


@pytest.mark.parametrize(("name", "kind", "gates"), [("lstm", "LSTMCell", "ifgo"), ("gru", "GRUCell", "rzn")])
def test_a_cell_is_the_bundled_graph_gate_by_gate(name: str, kind: str, gates: str) -> None:
    whole = load_graph(f"examples/{name}")
    assert isinstance(whole, ArrayGraph)
    known = {leaf: plain(array) for leaf, array in Board(whole, Settings()).known.items()}
    packed = {letter: [row for gate in gates for row in known[f"{letter}{gate}"]] for letter in "WU"}
    states = [leaf for leaf in ("h0", "c0") if leaf in known]
    document = (
        f"inputs: {{x: {known['x']}}}\nlayers:\n  - h = {kind}(2, 2, bias=False) : W, U, {', '.join(states)}\n"
        f"parameters: {packed}\nconstants:\n" + "".join(f"  {state}: {known[state]}\n" for state in states)
    ).replace("'", "")
    graph = written(read_graph(document, "cell.yaml"))
    assert isinstance(graph, ArrayGraph)
    assert plain(Board(graph, Settings()).known["h"]) == pytest.approx(known["h"], rel=1e-12)


def plain(array: object) -> list[list[float]]:
    """Entries as floats in lists."""
    import numpy as np

    entries = np.asarray(array, dtype=object)
    flat = [float(number_of(entry_expr(entry)) or 0) for entry in entries.ravel()]
    found: list[list[float]] = np.array(flat).reshape(entries.shape).tolist()
    return found


SAID = {
    ("3", "h = Dropout(0.5)"): "nothing is dropped, as in evaluation",
    ("4x3", "h = BatchNorm1d(3)"): "mean and variance are those of the batch, as in training",
    ("4x3", "h = GRU(3, 2)"): "the first state is 0",
}


@pytest.mark.parametrize(("shape", "layer"), SAID)
def test_what_is_taken_is_said(shape: str, layer: str) -> None:
    assert any(SAID[shape, layer] in str(line[0]) for line in layered(shape, layer).remarks)
    assert layered("3", "h = Dropout(0.5) : m").remarks == ()


REFUSED = {
    ("3x8x8", "Conv2D(4, 3)"): ("there is no formula for Conv2D", "channels come last"),
    ("3x8x8", "BatchNorm2d(3)"): ("one sample alone, which has no mean over a batch", "gamma, beta, mu, v"),
    ("4x3", "GRU(3, 2, num_layers=2)"): ("for GRU with several layers", "one after the other"),
    ("4x3", "LSTM(3, 2, bidirectional=True)"): ("for LSTM with both directions", "one sequence"),
    ("2x4x3", "RNN(3, 2)"): ("for RNN with a batch of sequences", "one sequence"),
    ("3x8x8", "Upsample(scale_factor=1.5)"): ("a size that is not a multiple of the input's", "by a whole number"),
    ("3x7x8", "AdaptiveMaxPool2d(2)"): ("parts of different sizes", "divides the input's"),
    ("3x8x8", "LPPool2d(3, 2)"): ("an odd norm", ""),
    ("3", "Dense(2, activation='rleu')"): ("the function 'rleu' is not known", "did you mean 'relu'?"),
    ("3", "Dropout(0.5) : m, n"): ("2 names are given", "a name for each"),
    ("3x4", "Linear(4, 2) : W, b, c"): ("3 names are given, and it holds weight (2x4), bias (2)", "a name for each"),
}


@pytest.mark.parametrize(("shape", "layer"), REFUSED)
def test_where_there_is_no_formula_it_is_said(shape: str, layer: str) -> None:
    with pytest.raises(StepperError) as caught:
        layered(shape, f"h = {layer}")
    what, hint = REFUSED[shape, layer]
    assert what in caught.value.problems[0].what
    assert hint in caught.value.problems[0].hint


def test_channels_that_stand_last_are_refused() -> None:
    with pytest.raises(StepperError) as caught:
        layered("8x8x3", "h = ReLU()", more="layout: HWC\n")
    assert "channels first here" in caught.value.problems[0].what


def test_a_line_says_which_axis_is_a_batch() -> None:
    assert formulas(layered("4x3", "h = Softmax(dim=1)", more="input: 4x3\n"))["h"] == "softmax(x, 1)"
    assert formulas(layered("4x3", "h = Softmax(dim=1)", more="input: 3\n"))["h"] == "softmax(x)"
    assert formulas(layered("4x3x5", "h = Softmax(dim=1)", more="input: 3x5\n"))["h"] == "softmax(x, 2)"


@pytest.mark.parametrize("name", [name for name in LAYER_ROWS if not LAYER_ROWS[name].forward])
def test_a_layer_without_a_formula_says_so_in_one_sentence(name: str) -> None:
    layer, shape = sample(name)
    with pytest.raises(StepperError) as caught:
        layered(shape, layer.replace("input", "x"))
    (problem,) = caught.value.problems
    assert "there is no formula for" in problem.what
    assert problem.hint


NOT_SO = {
    "GRU": "several layers", "LSTM": "several layers", "AdaptiveMaxPool1d": "parts of different sizes",
    "AdaptiveMaxPool2d": "parts of different sizes", "AdaptiveMaxPool3d": "parts of different sizes",
    "AdaptiveAvgPool3d": "parts of different sizes", "Concatenate": "images", "BatchNormalization": "images",
    "Bilinear": "more than one sample", "ConvTranspose3d": "large", "LazyConvTranspose3d": "large",
}  # fmt: skip
"""Samples of layers that are not worked so, or are too large for it."""


@pytest.mark.parametrize("name", [name for name in LAYER_ROWS if LAYER_ROWS[name].forward and name not in NOT_SO])
def test_a_sample_of_every_layer_has_a_formula_of_its_shape(name: str) -> None:
    """What ``stepper shapes`` finds is what the formula makes."""
    layer, shape = sample(name)
    batch = "2x" if "BatchNorm" in name else ""
    graph = layered(batch + shape, layer.replace("input", "x"), more=f"input: {shape}\n")
    shapes: dict[str, Any] = {leaf.name: leaf.shape for leaf in graph.leaves.values() if isinstance(leaf, ArrayLeaf)}
    for node in graph.order:
        formula = graph.nodes[node].formula
        assert formula is not None
        shapes[node] = Shapes(Vocabulary({}, {}), shapes)(formula)
    found = work(read_network(layer, "net.txt", "CHW", shape), {}).layers[-1].output
    assert shapes[graph.sinks[0]] == (*((2,) if batch else ()), *map(integer, found))
