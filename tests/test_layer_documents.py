"""Documents with layers as networks: their table of shapes, and names that cannot stand side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import stepper as st

HEAD = "inputs: {x: [1, 2], y: [1]}\nlayers:\n"


@pytest.mark.parametrize(
    ("document", "shapes"),
    [
        (HEAD + "  - h = Linear(2, 3) : W, b\n  - Linear(3, 1)\n  - L = mse(z2, y)\n", {"h": (3,), "z2": (1,)}),
        # a matrix is a batch of lists, three axes are an image, four a batch of images; a line says another
        ("inputs: {X: [[1, 2, 3], [4, 5, 6]]}\nlayers:\n  - h = Linear(3, 5)\n", {"h": (5,)}),
        ("input: 2x3\ninputs: {X: [[1, 2, 3], [4, 5, 6]]}\nlayers:\n  - h = Linear(3, 5)\n", {"h": (2, 5)}),
        ("inputs: {I: {shape: [3, 8, 8]}}\nlayers:\n  - c = Conv2d(3, 4, 3)\n", {"c": (4, 6, 6)}),
        ("inputs: {I: {shape: [5, 3, 8, 8]}}\nlayers:\n  - c = Conv2d(3, 4, 3)\n", {"c": (4, 6, 6)}),
        ("parameters: {W1: [[1, 2]]}\nlayers:\n  - Linear(2, 1)\n", {"z1": (1,)}),
    ],
)
def test_the_shapes_of_a_document_are_those_of_one_sample(
    document: str, shapes: dict[str, tuple[int, ...]], tmp_path: Path
) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(document, "utf-8")
    answers: Any = st.shapes(path).answers
    assert {name: answers[name]["shape"] for name in shapes} == shapes


def test_shapes_of_a_document_are_claimed_by_its_names(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(HEAD + "  - h = Linear(2, 3) : W, b\n  - Linear(3, 1)\n", "utf-8")
    solution = st.shapes(path, check=["params(h) = 9", "params(total) = 12"])
    assert "right" in str(solution)
    assert "wrong" in str(solution)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("  - c = Linear(2, 2)\n  - Linear(2, 1) : V, c\n", "'c' is a node, but here it names a parameter of z2"),
        ("  - h1 = Linear(2, 2)\n  - Linear(2, 1) : h_1, b\n", "'h_1' and 'h1' would print alike"),
        (
            "  - h = Linear(2, 2) : h_0, b\nnodes: {h0: 'h[1]'}\n",
            "'h_0' and 'h0' would print alike",
        ),
    ],
)
def test_names_that_cannot_stand_side_by_side(lines: str, said: str) -> None:
    with pytest.raises(st.StepperError) as found:
        st.graph(HEAD + lines)
    assert said in str(found.value)


def test_a_name_that_is_told_is_no_name_of_another_layer() -> None:
    """What has no name gets one that nothing else has; what is told twice is one parameter of both layers."""
    leaves = st.graph(HEAD + "  - Linear(2, 2)\n  - Linear(2, 1) : W1, b2\n").graph.leaves
    assert [name for name, leaf in leaves.items() if leaf.kind == "parameter"] == ["W1_2", "b1", "W1", "b2"]
    shared = st.graph(HEAD + "  - Linear(2, 2) : W, b\n  - ReLU\n  - Linear(2, 2) : W, b\n").graph
    assert [name for name, leaf in shared.leaves.items() if leaf.kind == "parameter"] == ["W", "b"]
    assert [node.reads for node in shared.nodes.values()] == [("W", "x", "b"), ("z1",), ("W", "a1", "b")]


def test_a_parameter_that_nothing_reads_is_said_beside_what_has_no_numbers() -> None:
    lines = "  - h = Linear(2, 1) : W1, b\nparameters: {W: [[1, 2]], b: [0]}\n"
    assert "nothing reads the parameter 'W'; did you mean 'W1'?" in str(st.forward(HEAD + lines))
    assert "nothing reads" not in str(st.forward(HEAD + lines.replace("W1", "W")))


@pytest.mark.parametrize(
    ("W", "V", "rows", "said"),
    [
        ("[[1], [2]]", "[[1]]", False, "'W' is 2x1"),
        ("[[1], [2]]", "[[1]]", False, "if all weights are laid out like this, use rows"),
        ("[[1, 2]]", "[[1]]", True, "it is the transpose: with rows a row for each input is meant"),
    ],
)
def test_a_weight_that_stands_the_other_way(W: str, V: str, rows: bool, said: str) -> None:
    lines = f"  - h = Linear(2, 1) : W, b\n  - Linear(1, 1) : V, c\nparameters: {{W: {W}, V: {V}}}\n"
    with pytest.raises(st.StepperError) as found:
        st.forward(HEAD + lines, rows=rows)
    assert said in str(found.value)


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        ("FullyConnected(2, 3)", "bias of FC is True or False, not 3"),
        ("Linear(2, 3, 2)", "bias of Linear is True or False, not 2"),
        ("linear(2, 3)", "did you mean 'Linear'?"),
        ("maxpool2d(2)", "did you mean 'MaxPool2d'?"),
        ("Flattn", "did you mean 'Flatten'?"),
    ],
)
def test_slips_in_layers(layer: str, said: str) -> None:
    with pytest.raises(st.StepperError) as found:
        st.shapes(layer if "(" in layer else f"ReLU -> {layer}", input="2")
    assert said in str(found.value)


def test_a_letter_among_the_settings_that_nothing_tells() -> None:
    with pytest.raises(st.StepperError) as found:
        st.forward("input: 2x9x9\nc = Conv2d(2, 1, 9, stride=s)\n")
    assert "c: Conv2d(2, 1, 9, stride=s) has the letter s, whose value is not given" in str(found.value)
