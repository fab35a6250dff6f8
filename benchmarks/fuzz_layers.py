"""Documents with layers, weights in files, and documents that are written: what the fuzzer breaks of these."""

from __future__ import annotations

import io
import json
import random
import struct
from collections.abc import Mapping, Sequence

import numpy as np

LAYERED = [
    "inputs: {x: [1, -2], y: [1, 1]}\nlayers:\n  - h = Linear(2, 3) : W, b\n  - a = LeakyReLU(0.5)\n"
    "  - yhat = Linear(3, 2) : V, c\n  - L = MSELoss(yhat, y)\n"
    "parameters: {W: [[-0.5, -1], [1, 0.5], [2, 1.5]], b: [0.5, 0, -1]}\n",
    "inputs: {I: {shape: [1, 6, 6], fill: normal(1)}, y: 1}\nlayers:\n  - c1: Conv2d(1, 2, 3, padding=1)\n  - ReLU\n"
    "  - MaxPool2d(2)\n  - Flatten\n  - z = Linear(18, 2)\n  - L = cross_entropy(z, y)\n",
    "input: 3x4\ninputs: {X: {shape: [3, 4]}}\nlayers:\n  - h = LSTM(4, 2)\n  - Linear(2, 1)\nnodes:\n  L: sum(z1)\n",
    "inputs: {X: [[1, 2, 3, 4], [0, 1, 1, 2]]}\nlayers:\n  - a = Linear(4, 4) -> BatchNorm1d(4) -> GELU\n"
    "  - s = a + X\n  - LayerNorm(4)\n  - Softmax(dim=1)\n",
    "input: 4x6\nlayers: |\n  MultiheadAttention(6, 2)\n  Dropout(0.5)\n  GLU()\n",
    "inputs: {x: {shape: [2, 8, 8]}}\nparameters: {K: {shape: [4, 2, 3, 3], fill: normal(2)}}\nlayers:\n"
    "  - a = Conv2d(2, 4, 3, stride=2, padding=1) : K, k0\n  - b = ConvTranspose2d(4, 2, 2, stride=2)\n"
    "  - c = Concat(b, x)\n  - AdaptiveAvgPool2d(1)\n",
]
LISTED = [
    "input: 2\nLinear(2, 3)\nReLU\nLinear(3, 2)\n",
    "input: 1x8x8\nconv1 = Conv2d(1, 2, 3)\nReLU\nMaxPool2d(2)\nFlatten\nfc = Linear(18, 3)\n",
    "Sequential(\n  (0): Linear(in_features=2, out_features=3, bias=True)\n  (1): Tanh()\n)\n",
]
NEW: Sequence[Sequence[str]] = [
    ["2-3-2"], ["1-1"], ["2-4-4-1"], ["9-9-9"], ["40-40"], ["2-"], ["0-2"], ["-2-3"], ["2-3-2-1-1-1-1"], ["rnn"],
    ["lstm"], ["gru"], ["attention"], ["linear"], ["logistic"], ["softmax"], ["conv1d"],
    ["cnn", "1x4x4", "Conv2d(1,1,3) -> ReLU -> Flatten -> Linear(4,2)"], ["cnn", "1x4x4", "Linear(4"], ["cnn"],
    ["optimizer", "adam"], ["optimizer", "no"], ["optimizer"], ["nothing"], [],
]  # fmt: skip
NEW_OPTIONS: Mapping[str, Sequence[str]] = {
    "--activation": ["relu", "leaky_relu:0.5", "none", "rellu", "relu:x", "softmax", "elu:-1", ""],
    "--output": ["softmax", "sigmoid", "none", "no"],
    "--loss": ["mse", "cross_entropy", "bce", "mae", "hinge", "no", ""],
    "--steps": ["1", "3", "50", "0", "x"],
    "--objective": ["theta^2", "1/theta", "(", "x*theta"],
    "--set": ["hidden=2", "inputs=5", "hidden=0", "steps=1e9", "no=1", "x"],
    "--values": ["blank", "pleasant", "no"],
    "--seed": ["1", "7", "-1", "x"],
    "--arrays": [], "--scalars": [], "--force": [], "--list": [], "--ask": [],
    "-o": ["net.yaml", "no/such/net.yaml", "net.txt", "."],
}  # fmt: skip
WEIGHTS = ["normal(1)", "zeros", "ones", "normal(x)", "w.json", "w.npz", "w.safetensors", "w.pt", "no.npz", ""]
NAMES = ["W", "b", "V", "c", "c1.weight", "c1.bias", "0.weight", "0.bias", "fc.weight", "fc.bias", "conv1.weight"]
SHAPES = [(), (2,), (3,), (3, 2), (2, 3), (1, 2, 3, 3), (2, 1, 3, 3), (2, 18), (3, 18), (0,), (10**6, 10**6)]


def weights(chance: random.Random) -> dict[str, bytes]:
    """Files of weights: right, with other shapes and names, cut off, or with lengths that are not true."""
    arrays = {name: chance.choice(SHAPES[:-1]) for name in chance.sample(NAMES, chance.randint(0, 4))}
    made = {name: np.arange(np.prod(shape), dtype=float).reshape(shape) for name, shape in arrays.items()}
    zipped = io.BytesIO()
    np.savez(zipped, **made)
    written = json.dumps({name: array.tolist() for name, array in made.items()})
    found = {"w.npz": zipped.getvalue(), "w.json": written.encode(), "w.safetensors": _safetensors(chance, arrays)}
    return {name: _broken(chance, data) for name, data in found.items()}


def _safetensors(chance: random.Random, arrays: Mapping[str, Sequence[int]]) -> bytes:
    at, header = 0, {}
    for name, shape in arrays.items():
        size = 8 * int(np.prod(shape))
        told = chance.choice([list(shape)] * 4 + [list(SHAPES[-1]), [-1], ["x"], 3])
        offsets = chance.choice([[at, at + size]] * 4 + [[0, 10**12], [size, 0], [-8, 8], "x"])
        header[name] = {
            "dtype": chance.choice(["F64", "F64", "F64", "F32", "BF16", "X"]),
            "shape": told,
            "data_offsets": offsets,
        }
        at += size
    text = json.dumps(header).encode()
    length = chance.choice([len(text)] * 5 + [0, 2**62, len(text) + 100, 7])
    return struct.pack("<Q", length) + text + bytes(at)


def _broken(chance: random.Random, data: bytes) -> bytes:
    """As it is, cut off, or with a byte changed."""
    if not data or chance.random() < 0.6:
        return data
    at = chance.randrange(len(data))
    return chance.choice([data[:at], data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :], b""])
