"""Weights by the names that PyTorch gives them: which file says what, to which layer it belongs, what is refused."""

from __future__ import annotations

import io
import json
import pickle
import re
import struct
import zipfile
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st_

import stepper as st
from stepper.core.arrays import ArrayLeaf
from stepper.engine.tensor.saved import saved
from stepper.errors import StepperError
from tests.test_cli import run

Arrays = Mapping[str, Any]
CHAIN = "Linear(2, 3) -> ReLU -> Linear(3, 2)"
W1: Any = [[1, 0.5], [0.25, -1], [0, 2]]
W2: Any = [[1, 0, 1], [0, 1, 1]]
B1, B2 = [0, 1, 0], [0, 0.5]
WEIGHTS: Arrays = {"0.weight": W1, "0.bias": B1, "2.weight": W2, "2.bias": B2}
"""z1 of [1, 2] is [2, -0.75, 4], so a1 is [2, 0, 4] and z2 is [6, 4.5]."""


def safetensors(arrays: Mapping[str, np.ndarray[Any, Any]], dtype: str = "") -> bytes:
    """The published format: the header's length in eight bytes, the header, the numbers."""
    kinds = {"float64": "F64", "float32": "F32", "float16": "F16", "int64": "I64"}
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    data = b""
    for name, array in arrays.items():
        places = [len(data), len(data) + array.nbytes]
        header[name] = {"dtype": dtype or kinds[array.dtype.name], "shape": array.shape, "data_offsets": places}
        data += array.tobytes()
    return headed(header, data)


def headed(header: object, data: bytes = b"", length: int | None = None) -> bytes:
    written = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(written) if length is None else length) + written + data


def write(folder: Path, name: str, arrays: Arrays) -> Path:
    """A file of weights in the format of its suffix."""
    path = folder / name
    plain = {key: np.asarray(value, dtype=np.float64) for key, value in arrays.items()}
    if path.suffix == ".npz":
        np.savez(path, **plain)  # type: ignore[arg-type]
    elif path.suffix == ".safetensors":
        path.write_bytes(safetensors(plain))
    else:
        path.write_text(json.dumps(arrays))
    return path


# ---- what a file says


@pytest.mark.parametrize("name", ["w.npz", "w.safetensors", "w.json"])
def test_the_three_kinds_of_files_say_the_same(tmp_path: Path, name: str) -> None:
    found = st.forward(CHAIN, weights=write(tmp_path, name, WEIGHTS), x=[1, 2])
    assert found.floats["z1"].tolist() == [2, -0.75, 4]
    assert found.floats["z2"].tolist() == [6, 4.5]


def test_numbers_in_json_are_exact_as_they_are_spelled(tmp_path: Path) -> None:
    path = write(tmp_path, "w.json", {"0.weight": [[0.1, 3]], "0.bias": [0]})
    assert st.forward("Linear(2, 1)", weights=path, x=[1, 0]).answers["z1"].tolist() == [Fraction(1, 10)]  # type: ignore[union-attr]


def test_objects_in_objects_are_names_with_points(tmp_path: Path) -> None:
    path = tmp_path / "w.json"
    path.write_text(json.dumps({"0": {"weight": W1, "bias": B1}, "2": {"weight": W2, "bias": B2}}))
    assert st.forward(CHAIN, weights=path, x=[1, 2]).floats["z2"].tolist() == [6, 4.5]


@pytest.mark.parametrize("kind", ["float64", "float32", "float16", "int64"])
def test_the_kinds_of_numbers_of_safetensors(tmp_path: Path, kind: str) -> None:
    array = np.array([[1, -2], [3, 4]], dtype=kind)
    (tmp_path / "w.safetensors").write_bytes(safetensors({"a": array, "b": array[:1]}))
    found = saved(tmp_path / "w.safetensors")
    assert {name: part.tolist() for name, part in found.items()} == {"a": [[1, -2], [3, 4]], "b": [[1, -2]]}


def test_bf16_is_the_upper_half_of_a_float(tmp_path: Path) -> None:
    halves = (np.array([1.5, -0.15625], dtype="<f4").view("<u4") >> 16).astype("<u2")
    (tmp_path / "w.safetensors").write_bytes(safetensors({"a": halves}, "BF16"))
    assert saved(tmp_path / "w.safetensors")["a"].tolist() == [1.5, -0.15625]


# ---- to which layer it belongs

SEQUENTIAL = "import torch.nn as nn\nmodel = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2))\n"
MODULE = """\
import torch.nn as nn
import torch.nn.functional as F


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
        self.out = nn.Linear(3, 2)

    def forward(self, x):
        return self.out(self.hidden(x))
"""
PRINTED = """\
Net(
  (hidden): Sequential(
    (0): Linear(in_features=2, out_features=3, bias=True)
    (1): ReLU()
  )
  (out): Linear(in_features=3, out_features=2, bias=True)
)
"""
BARE = """\
Sequential(
  (0): Linear(in_features=2, out_features=3, bias=True)
  (1): ReLU()
  (2): Linear(in_features=3, out_features=2, bias=True)
)
"""
ORDERED = "nn.Sequential(OrderedDict([('fc1', nn.Linear(2, 3)), ('act', nn.ReLU()), ('fc2', nn.Linear(3, 2))]))"
DOCUMENT = "inputs: {x: }\nlayers:\n- h = Linear(2, 3) : W, b\n- ReLU\n- y = Linear(3, 2)\n"
LABELLED = "fc1: Linear(2, 3)\nReLU\nfc2: Linear(3, 2)\n"
STORED = "fc1 = Linear(2, 3)\na = ReLU()\nfc2 = Linear(3, 2)\n"


@pytest.mark.parametrize(
    ("listing", "first", "second"),
    [
        (CHAIN, "0", "2"),
        ("[Linear(2, 3) -> ReLU]*1 -> Linear(3, 2)", "0", "2"),
        (SEQUENTIAL, "0", "2"),
        (BARE, "0", "2"),
        (ORDERED, "fc1", "fc2"),
        (LABELLED, "fc1", "fc2"),
        (STORED, "fc1", "fc2"),
        (MODULE, "hidden.0", "out"),
        (PRINTED, "hidden.0", "out"),
        (DOCUMENT, "h", "y"),
    ],
)
def test_the_path_of_a_layer_is_the_name_in_the_file(listing: str, first: str, second: str) -> None:
    names = [f"{layer}.{what}" for layer in (first, second) for what in ("weight", "bias")]
    arrays = dict(zip(names, (W1, B1, W2, B2), strict=True))
    found = st.forward(listing, weights=arrays, input="2", x=[1, 2]) if "layers:" not in listing else None
    found = found or st.forward(listing, weights=arrays, x=[1, 2])
    assert [*found.floats.values()][-1].tolist() == [6, 4.5]
    gradient = st.backprop(listing, f"{first}.weight", weights=arrays, x=[1, 2], of=f"{second}[1]")
    assert [*gradient.floats.values()][-1].tolist() == [[1, 2], [0, 0], [1, 2]]


def test_the_names_of_a_document_are_taken_too() -> None:
    arrays = {"W": W1, "h.bias": B1, "y_weight": W2, "y.bias": B2}
    assert st.forward(DOCUMENT, weights=arrays, x=[1, 2]).floats["y"].tolist() == [6, 4.5]


def test_weights_stand_in_the_place_of_those_of_the_document() -> None:
    document = "inputs: {x: [1, 2]}\nparameters: {W: [[1, 1]], b: [5]}\nlayers:\n- h = Linear(2, 1) : W, b\n"
    assert st.forward(document, weights={"h.weight": [[2, 3]]}).floats["h"].tolist() == [13]


def test_a_graph_of_arrays_takes_them_by_the_names_of_its_parameters() -> None:
    document = "inputs: {x: [1, 2]}\nparameters:\n  W: {shape: [1, 2]}\n  c:\nnodes: {y: W @ x + c}\n"
    assert st.forward(document, weights={"W": [[2, 3]], "c": 4}).floats["y"].tolist() == [12]


def test_shared_layers_hold_one_array() -> None:
    module = MODULE.replace("self.out(self.hidden(x))", "self.out(self.hidden(self.back(self.hidden(x))))").replace(
        "        self.out =", "        self.back = nn.Linear(3, 2, bias=False)\n        self.out ="
    )
    arrays = {"hidden.0.weight": W1, "hidden.0.bias": B1, "back.weight": W2, "out.weight": W2, "out.bias": B2}
    assert st.forward(module, weights=arrays, x=[1, 2]).floats["out"].tolist() == [16, 8.5]


def test_two_norms_after_one_layer_hold_two_arrays_each() -> None:
    graph = st.graph("Linear(2, 2) -> LayerNorm(2) -> LayerNorm(2)", weights="ones")
    assert [*graph.leaves] == ["x", "W1", "b1", "gamma1", "beta1", "gamma1_2", "beta1_2"]


# ---- options


@pytest.mark.parametrize(
    ("weights", "first"), [("zeros", [0, 0, 0]), ("ones", [4, 4, 4]), ("normal(1)", [2.178, -2.799, 1.385])]
)
def test_parameters_are_filled_by_a_word(weights: str, first: list[float]) -> None:
    found = st.forward(CHAIN, weights=weights, x=[1, 2])
    assert np.round(found.floats["z1"], 3).tolist() == first
    assert f"W₁ is filled by {weights}" in " ".join(found.conventions)


def test_each_parameter_has_a_seed_of_its_own_as_a_document_would_give_it() -> None:
    graph = st.graph(CHAIN, weights="normal(5)").graph
    leaves = [leaf for leaf in graph.leaves.values() if leaf.kind == "parameter"]
    assert [(leaf.fill, leaf.seed) for leaf in leaves if isinstance(leaf, ArrayLeaf)] == [
        ("normal", seed) for seed in (5, 6, 7, 8)
    ]


def test_what_is_set_needs_no_weight() -> None:
    arrays = {name: array for name, array in WEIGHTS.items() if name != "2.bias"}
    values = {"2.bias": [1, 1], "x": [1, 2]}
    assert st.forward(CHAIN, weights=arrays, values=values).floats["z2"].tolist() == [7, 5]
    assert st.forward(CHAIN, weights=WEIGHTS, values=values).floats["z2"].tolist() == [7, 5]


def test_arrays_are_set_from_files_and_by_words(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.array([1, 2]))
    assert st.forward(CHAIN, weights=WEIGHTS, x=tmp_path / "x.npy").floats["z2"].tolist() == [6, 4.5]
    assert st.forward(CHAIN, weights=WEIGHTS, x="ones").floats["z1"].tolist() == [1.5, 0.25, 2]
    graph = "inputs: {X: {shape: [2, 2]}}\nnodes: {s: sum(X)}\n"
    assert st.forward(graph, X="eye").answers["s"] == 2


def test_the_input_is_said_in_the_listing_or_by_an_option_or_by_its_numbers() -> None:
    for listing, given_ in [
        ("input: 1x2x2\nConv2d(1, 1, 2)\n", {}),
        ("Conv2d(1, 1, 2)\n", {"input": "1x2x2"}),
        ("Conv2d(1, 1, 2)\n", {"input": (1, 2, 2)}),
    ]:
        found = st.forward(listing, weights="ones", x="ones", **given_)  # type: ignore[arg-type]
        assert found.floats["z1"].tolist() == [[[5]]]
    found = st.forward("Conv2d(1, 1, 2)\n", weights="ones", x=[[[1, 1], [1, 1]]])
    assert found.floats["z1"].tolist() == [[[5]]]


def test_a_batch_has_one_axis_more() -> None:
    found = st.forward(f"input: 2\n{CHAIN}", weights=WEIGHTS, x=[[1, 2], [0, 0]])
    assert found.floats["z2"].tolist() == [[6, 4.5], [0, 1.5]]


def test_rows_are_those_of_inputs() -> None:
    turned = {"0.weight": np.transpose(W1), "0.bias": B1, "2.weight": np.transpose(W2), "2.bias": B2}
    for x in ([1, 2], [[1, 2]]):
        found = st.forward(CHAIN, weights=turned, rows=True, x=x)
        assert found.floats["z2"].ravel().tolist() == [6, 4.5]
    graph = st.graph(
        "input: 1x1x2\nlayout: CHW\nFC(3)\n", weights={"0.weight": np.transpose(W1), "0.bias": B1}, rows=True
    )
    assert graph.nodes == {"z1": "flatten(x) @ W1 + b1"}


def test_layers_are_a_keyword_of_the_graph() -> None:
    for layers in (CHAIN, ["Linear(2, 3)", "ReLU", "Linear(3, 2)"]):
        graph = st.graph(layers=layers, weights=WEIGHTS)
        assert graph.nodes == {"z1": "W1 @ x + b1", "a1": "relu(z1)", "z2": "W2 @ a1 + b2"}
        assert st.forward(graph, x=[1, 2]).floats["z2"].tolist() == [6, 4.5]
    assert st.graph(layers="Conv2d(1, 2, 3)", input="1x4x4").nodes == {"z1": "conv2d(x, K1) + column(b1, 2)"}


def test_what_norms_keep_of_batches_is_read_and_said() -> None:
    arrays = {"0.weight": [1, 1], "0.bias": [0, 1], "0.running_mean": [0, 0], "0.num_batches_tracked": 7}
    found = st.forward("input: 2\nBatchNorm1d(2)\n", weights=arrays, x=[[1, 2], [3, 4]])
    said = "0.running_mean and 0.num_batches_tracked in weights: batch statistics, not used here"
    assert said in found.conventions


def test_a_listing_is_drawn_with_its_shapes_and_with_weights_as_a_graph(tmp_path: Path) -> None:
    (tmp_path / "net.txt").write_text(f"input: 2\n{CHAIN}\n")
    plain, worked = (st.draw(str(tmp_path / "net.txt"), weights=weights) for weights in (None, "ones"))
    assert "Linear(2, 3)" in str(plain)
    assert "W₁" in str(worked)


def test_training_begins_at_the_weights() -> None:
    document = "inputs: {x: [1, 2], y: [6, 3.5]}\nlayers:\n- Linear(2, 3)\n- ReLU\n- Linear(3, 2)\n- L = mse(z2, y)\n"
    found = st.train(document, weights=WEIGHTS, lr=1)
    assert found.answers["b2[1, 2]"] == Fraction(1, 2) - 1


# ---- what is refused


def test_weights_that_stand_the_other_way_are_told_what_can_be_done() -> None:
    """With rows they are not told of rows; what has no layers has no rows."""
    layers = "inputs: {x: [1, 2]}\nlayers:\n- Linear(2, 3)\n"
    formulas = "inputs: {x: [1, 2]}\nparameters: {W: {shape: [2, 3]}}\nnodes: {y: x @ W}\n"
    turned = {"0.weight": np.ones((3, 2)), "0.bias": np.ones(3)}
    for source, weights, rows, said in (
        (layers, {**turned, "0.weight": np.ones((2, 3))}, False, "it is the transpose: rows takes weights"),
        (layers, turned, True, "it is the transpose: with rows a row for each input is meant"),
        (formulas, {"W": np.ones((3, 2))}, False, ""),
    ):
        with pytest.raises(st.StepperError) as found:
            st.forward(source, weights=weights, rows=rows)
        assert said in str(found.value)
        assert "it is the transpose" in str(found.value)
        assert bool(said) == ("rows" in str(found.value))


def test_one_number_in_an_array_is_told_from_a_number() -> None:
    weights = {"0.weight": np.ones((1, 1)), "0.bias": np.ones((1, 1))}
    with pytest.raises(st.StepperError, match=r"'0\.bias' in weights is 1x1, and b1 is 1 number"):
        st.forward("inputs: {x: [1]}\nlayers:\n- Linear(1, 1)\n", weights=weights)


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        (
            {**WEIGHTS, "0.weight": np.transpose(W1)},
            ["'0.weight' in weights is 2x3, and W1 is 3x2", "it is the transpose: rows"],
        ),
        ({**WEIGHTS, "2.weight": W1}, ["'2.weight' in weights is 3x2, and W2 is 2x3", "it is the transpose"]),
        ({**WEIGHTS, "2.bias": [1, 2, 3]}, ["'2.bias' in weights is 3 numbers, and b2 is 2 numbers"]),
        ({**WEIGHTS, "2.biass": [1, 2]}, ["weights holds '2.biass', which is not a name in this graph"]),
        (
            {name: array for name, array in WEIGHTS.items() if name != "0.bias"} | {"0.bia": B1},
            ["weights holds '0.bia'", "did you mean '0.bias'?", "weights holds no '0.bias', which is 3 numbers"],
        ),
        ({}, ["weights holds no '0.weight', which is 3x2", "no '2.bias'"]),
        ({**WEIGHTS, "W1": W1}, ["weights gives 'W1' twice, as '0.weight' and as 'W1'"]),
        ({**WEIGHTS, "0.bias": "b"}, ["weights: '0.bias' is not an array of numbers"]),
        ({**WEIGHTS, "0.bias": [[1], [2, 3]]}, ["weights: '0.bias' is not an array of numbers"]),
        (
            {**WEIGHTS, "0.bias": np.array([1, np.nan, 2])},
            ["weights: '0.bias' holds a value that is not a finite number"],
        ),
        ({**WEIGHTS, "0.bias": np.array(["a"])}, ["weights: '0.bias' holds a value that is not a finite number"]),
        # as many arrays in the right order, under other names: nothing is guessed
        (dict(zip(("l1.w", "l1.b", "l2.w", "l2.b"), WEIGHTS.values(), strict=True)), ["'l1.w', which is not a name"]),
    ],
)
def test_weights_that_do_not_fit(arrays: Arrays, said: list[str]) -> None:
    with pytest.raises(StepperError) as caught:
        st.forward(CHAIN, weights=arrays, x=[1, 2])
    for words in said:
        assert words in str(caught.value)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ({"x": [1, 2, 3]}, "it expects 2, but gets 3"),
        ({"x": [1, 2], "values": {"0.wait": [1]}}, "0.wait: no layer here holds 0.wait"),
        ({"x": [1, 2], "of": "z2[1]", "wrt": "0.weigh"}, "did you mean '0.weight'?"),
        ({"x": [1, 2], "of": "z3[1]", "wrt": "0.weight"}, "this is not a node"),
        ({"x": "nowhere.npy"}, "there is no such file"),
    ],
)
def test_names_and_values_that_do_not_fit(call: dict[str, Any], said: str) -> None:
    with pytest.raises(StepperError, match=re.escape(said)):
        (st.backprop if "wrt" in call else st.forward)(CHAIN, weights=WEIGHTS, **call)


def test_an_input_that_does_not_fit_shows_both_shapes() -> None:
    with pytest.raises(StepperError) as caught:
        st.forward("input: 1x4x4\nConv2d(1, 2, 3)\n", weights="ones", x=[[[[[1.0] * 4] * 4]]])
    assert str(caught.value) == (
        "error: 'x' has the shape 1x1x1x4x4, and the network reads 1x4x4\n"
        "  = help: one of 1x4x4, or a batch of them: N x 1x4x4"
    )


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ({"weights": "ones"}, "weights gives arrays to layers and parameters, and this graph holds numbers"),
        ({"rows": True}, "rows says how the weights of layers are laid out, but this graph has no layers"),
        ({"input": "3"}, "input=3: this is the input shape of a network"),
    ],
)
def test_what_belongs_to_networks(call: dict[str, Any], said: str) -> None:
    with pytest.raises(StepperError) as caught:
        st.forward("y = 2*x", x=1, **call)
    assert said in str(caught.value)


def npz(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in members.items():
            archive.writestr(name.replace("_", "."), data)
    return stream.getvalue()


def npy(header: str, data: bytes = b"", version: bytes = b"\x01\x00") -> bytes:
    return b"\x93NUMPY" + version + struct.pack("<H", len(header) + 1) + header.encode() + b"\n" + data


def entry(shape: object = (2,), offsets: object = (0, 16), dtype: object = "F64") -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


FULL = "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }"
HUGE = FULL.replace("(2,)", "(10000000000,)")
OBJECTS = FULL.replace("<f8", "|O")


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("w.pt", b"\x80\x02}q\x00.", "is a pickle, which runs as a program where it is read"),
        ("w.pth", b"", "save it with safetensors, or numpy.savez"),
        ("w.txt", b"1", "is not a file of weights by its suffix"),
        ("w.npy", b"1", "did you mean '.npz'?"),
        ("w", b"1", "one of .npz, .safetensors, .json"),
        ("w.npz", b"", "is empty"),
        ("w.safetensors", b"", "is empty"),
        ("w.json", b"", "is empty"),
        ("w.npz", b"PK\x03\x04", "it is not a file written by numpy.savez"),
        ("w.npz", pickle.dumps({"a": 1}), "it is not a file written by numpy.savez"),
        ("w.npz", npz(archive_data_pkl=b"x").replace(b"archive.data.pkl", b"archive/data.pkl"), "Python objects"),
        ("w.npz", npz(a_txt=b"x"), "'a.txt' in it is not a NumPy array"),
        ("w.npz", npz(a_npy=b"x"), "it is not a file written by numpy.savez"),
        ("w.npz", npz(a_npy=npy(OBJECTS, pickle.dumps([1]))), "'a' in it holds Python objects, which run"),
        ("w.npz", npz(a_npy=npy(FULL, b"\0" * 8)), "'a' in it ends before all of its numbers are there"),
        ("w.npz", npz(a_npy=npy(HUGE, b"\0" * 16)), "'a' has 10,000,000,000 numbers on 1 axes"),
        ("w.npz", npz(a_npy=npy(FULL, b"", b"\x02\x00")), "has a header of a kind that is not read"),
        ("w.npz", npz(a_npy=npy(FULL.replace("<f8", "<c16"), b"\0" * 32)), "'a' in it holds no real numbers"),
        ("w.npz", npz(a_npy=npy(FULL.replace("(2,)", "(-2,)"), b"\0" * 16)), "it is not a file written by numpy.savez"),
        ("w.npz", npz(a_npy=npy(FULL.replace("2", "0"))), "'a' in 'w.npz' is empty"),
        (
            "w.npz",
            npz(a_npy=npy(FULL, struct.pack("<2d", 1, float("inf")))),
            "'a' in 'w.npz' holds a value that is not a finite",
        ),
        ("w.safetensors", b"\x01", "its header claims to have 1 bytes, and the file has 1"),
        ("w.safetensors", headed({}, length=1 << 62), "its header claims to have 4,611,686,018,427,387,904 bytes"),
        ("w.safetensors", headed(b"{"), "its header is not JSON"),
        ("w.safetensors", headed(b"[" * 100_000), "its header is not JSON"),
        ("w.safetensors", headed(b"\xff"), "its header is not JSON"),
        ("w.safetensors", headed([]), "its header names no arrays"),
        ("w.safetensors", headed(b'{"a": 1, "a": 2}'), "'a' appears in it twice"),
        ("w.safetensors", headed({"a": 1}), "its header does not say where 'a' is"),
        ("w.safetensors", headed({"a": entry(offsets=[16, 0])}), "its header does not say where 'a' is"),
        ("w.safetensors", headed({"a": entry(shape=[-2])}), "its header does not say where 'a' is"),
        ("w.safetensors", headed({"a": entry(shape=[True])}), "its header does not say where 'a' is"),
        ("w.safetensors", headed({"a": entry(dtype="F8_E4M3")}), "'a' is of F8_E4M3, which is not read"),
        ("w.safetensors", headed({"a": entry(dtype=["F64"])}), "which is not read"),
        ("w.safetensors", headed({"a": entry()}, b"\0" * 8), "'a' runs past the end of the file"),
        ("w.safetensors", headed({"a": entry(shape=[3])}, b"\0" * 16), "'a' is 3 of F64, 24 bytes, but occupies 16"),
        (
            "w.safetensors",
            headed({"a": entry(), "b": entry(offsets=[8, 24])}, b"\0" * 24),
            "'b' begins before the array in front of it ends",
        ),
        ("w.safetensors", headed({"a": entry(shape=[1 << 40, 1 << 40])}), "numbers on 2 axes"),
        ("w.safetensors", headed({"a": entry(shape=[1] * 9, offsets=[0, 8])}, b"\0" * 8), "1 numbers on 9 axes"),
        ("w.safetensors", headed({"a": entry(shape=[0], offsets=[0, 0])}), "'a' in 'w.safetensors' is empty"),
        ("w.json", b"[1]", "it holds no names"),
        ("w.json", b'{"a": }', "it is not JSON"),
        ("w.json", b'{"a": ' + b"[" * 100_000, "it is not JSON"),
        ("w.json", b'{"a": [1, "b"]}', "'a' holds something other than numbers"),
        ("w.json", b'{"a": [true]}', "'a' holds something other than numbers"),
        ("w.json", b'{"a": [[1], [2, 3]]}', "'a' has rows of different lengths"),
        ("w.json", b'{"a": [[1], 2]}', "'a' has rows of different lengths"),
        ("w.json", b'{"a": []}', "'a' holds an empty list"),
        ("w.json", b'{"a": NaN}', "NaN in it is not a number"),
        ("w.json", b'{"a": 1e999}', "'a' holds a number that is too large"),
        ("w.json", b'{"a": 1' + b"0" * 400 + b"}", "'a' holds a number that is too large"),
        ("w.json", b'{"a": 1, "a": 2}', "'a' appears in it twice"),
        ("w.json", b'{"a.b": 1, "a": {"b": 2}}', "'a.b' appears in it twice"),
    ],
)
def test_files_that_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, data: bytes, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(data)
    with pytest.raises(StepperError) as caught:
        saved(Path(name))
    assert said in str(caught.value)
    assert f"'{name}'" in str(caught.value)


@pytest.mark.parametrize("name", ["w.npz", "w.safetensors", "w.json"])
def test_what_is_no_file_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    for path in (tmp_path / name, tmp_path / "none" / name):
        with pytest.raises(StepperError, match="there is no file"):
            saved(path)


@settings(deadline=None)  # files are written
@given(st_.data())
def test_a_broken_file_is_told_in_words(tmp_path_factory: pytest.TempPathFactory, data: st_.DataObject) -> None:
    """Bytes of a good file exchanged, or cut off: it is read, or refused with a sentence."""
    folder = tmp_path_factory.mktemp("broken")
    path = write(folder, data.draw(st_.sampled_from(["w.npz", "w.safetensors", "w.json"])), {"a": W1, "b": B1})
    raw = bytearray(path.read_bytes())
    for _ in range(data.draw(st_.integers(1, 4))):
        raw[data.draw(st_.integers(0, len(raw) - 1))] = data.draw(st_.integers(0, 255))
    path.write_bytes(raw[: data.draw(st_.integers(1, len(raw)))])
    try:
        found = saved(path)
    except StepperError as error:
        assert path.name in str(error)
    else:
        assert all(array.size for array in found.values())


# ---- the command line


def test_the_options_of_the_commands(tmp_path: Path) -> None:
    (tmp_path / "net.txt").write_text(f"{CHAIN}\n")
    write(tmp_path, "w.json", WEIGHTS)
    np.save(tmp_path / "x.npy", np.array([1, 2]))
    given_ = ("--weights", "w.json", "--set", "x=x.npy", "-f", "text")
    ran = run("forward", "net.txt", *given_, cwd=tmp_path)
    assert "[6, 4.5]" in ran.stdout, ran.stderr
    ran = run("backprop", "net.txt", *given_, "--wrt", "0.weight", "--of", "z2[1]", cwd=tmp_path)
    assert "dz₂[1]/dW₁" in ran.stdout, ran.stderr
    ran = run("draw", "-e", CHAIN, *given_, cwd=tmp_path)
    assert "b₁  [0, 1, 0]" in ran.stdout, ran.stderr
    ran = run("forward", "-e", CHAIN, "--input", "2", "--weights", "ones", "--set", "x=ones", "-f", "text")
    assert "[10, 10]" in ran.stdout, ran.stderr


def test_nothing_is_printed_where_weights_do_not_fit(tmp_path: Path) -> None:
    write(tmp_path, "w.json", {"0.weight": W1})
    ran = run("forward", "-e", CHAIN, "--weights", "w.json", "--set", "x=ones", cwd=tmp_path)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "'w.json' holds no '0.bias', which is 3 numbers" in ran.stderr


LENET = """\
input: 1x28x28
conv1: Conv2d(1, 6, 5, padding=2)
ReLU
MaxPool2d(2)
conv2: Conv2d(6, 16, 5)
ReLU
MaxPool2d(2)
Flatten
fc1: Linear(400, 120)
ReLU
fc2: Linear(120, 84)
ReLU
logits: Linear(84, 10)
"""


def test_a_large_network_is_told_by_shapes_corners_and_norms() -> None:
    found = st.backprop(LENET, "conv1.weight", weights="normal(1)", x="normal(99)", of="logits[3]")
    assert found.floats["dlogits[3]/dconv1_weight"].shape == (6, 1, 5, 5)
    assert all(check.ok for check in found.checks)
    told = str(found)
    for words in (
        "(6×1×5×5)",
        "dlogits₃/dK_conv₁ begins",
        "the root of the sum",
        "the central difference of 3 entries",
    ):
        assert words in told
