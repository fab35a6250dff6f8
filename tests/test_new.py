"""Documents written anew: what they hold, that they work as they stand, and that their numbers suit paper."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as hs

import stepper as st
from stepper.core.arrays import ArrayLeaf
from stepper.engine.suitable import suits
from stepper.tables.documents import LOSSES_OF_NETS, TEMPLATES
from stepper.tables.optimizers import OPTIMIZERS
from stepper.write.asked import activations
from stepper.write.net import MOST_NEURONS
from stepper.write.page import WIDEST

CNN = ("cnn", "1x4x4", "Conv2d(1, 1, 3) -> ReLU -> Flatten -> Linear(4, 2)")
SAMPLES: list[tuple[tuple[str, ...], dict[str, Any]]] = [
    (("2-3-2",), {"activation": "leaky_relu:0.5"}),
    (("2-3-2",), {"output": "softmax", "loss": "cross_entropy"}),
    (("2-4-4-1",), {}),
    (("2-2-2-2-2-2",), {}),
    (("10-2",), {}),
    (("50-50-50",), {}),
    (("linear",), {"inputs": 4}),
    (("logistic",), {}),
    (("softmax",), {"classes": 4}),
    (CNN, {}),
    (("cnn", "1x4x4", "Conv2d(1, 2, 3) -> ReLU"), {}),
    (("cnn", "3x8x8", "Conv2d(3, 8, 3) -> ReLU -> Flatten -> Linear(288, 10)"), {"loss": "cross_entropy"}),
    (("conv1d",), {"inputs": 6, "kernel": 2}),
    (("rnn",), {"steps": 1}),
    (("rnn",), {"steps": 3, "activation": "relu"}),
    (("rnn",), {"arrays": True, "activation": "none"}),
    (("rnn",), {"hidden": 3}),
    (("lstm",), {}),
    (("lstm",), {"steps": 2, "hidden": 1}),
    (("gru",), {}),
    (("gru",), {"steps": 2, "loss": "sse"}),
    (("attention",), {"words": 3, "width": 1}),
]
"""Of each kind a few, as they are asked for."""


def works(document: st.Document) -> None:
    """It is read, YAML reads the same, no line is too long, and every gradient of it is checked."""
    assert all(len(line) <= WIDEST for line in document.splitlines())
    assert document.startswith("# ")
    assert yaml.safe_load(document)["title"]
    assert document.graph is not None
    assert st.graph(str(document)).nodes == document.graph.nodes
    st.forward(document)
    solution = st.backprop(document, wrt="all")
    assert solution.checks
    assert all(check.ok is not False for check in solution.checks)
    st.draw(document).to("text")


@pytest.mark.parametrize("values", ["blank", "pleasant"])
@pytest.mark.parametrize(("words", "options"), SAMPLES, ids=lambda part: str(part)[:40])
def test_what_is_written_works_as_it_stands(words: tuple[str, ...], options: dict[str, Any], values: str) -> None:
    works(st.new(*words, values=values, **options))


def test_every_kind_has_a_sample() -> None:
    asked = {"net" if words[0][0].isdigit() else words[0] for words, _ in SAMPLES}
    assert {template.name for template in TEMPLATES} == asked | {"optimizer"}


def nets() -> hs.SearchStrategy[tuple[str, dict[str, Any]]]:
    """Small networks with all activations and losses."""
    sizes = hs.lists(hs.integers(1, 4), min_size=2, max_size=4).map(lambda found: "-".join(map(str, found)))
    options = hs.fixed_dictionaries(
        {
            "activation": hs.sampled_from(["none", "leaky_relu:0.5", "elu:2", *activations()]),
            "loss": hs.sampled_from(LOSSES_OF_NETS),
            "arrays": hs.booleans(),
        }
    )
    drawn = hs.integers(1, 1000).map(lambda seed: {"values": "pleasant", "seed": seed})
    numbers = hs.one_of(hs.just({"values": "blank"}), drawn)
    return hs.tuples(sizes, hs.tuples(options, numbers).map(lambda both: {**both[0], **both[1]}))


@settings(max_examples=12, deadline=None)
@given(nets())
@example(("1-1", {"loss": "mse"}))
@example(("3-4-4-3", {"activation": "softmax", "loss": "mae", "arrays": False}))
@example(("9-6", {"values": "pleasant"}))
@example(("1-9-1", {"activation": "prelu", "values": "pleasant"}))
def test_a_network_works_or_says_why_not(asked: tuple[str, dict[str, Any]]) -> None:
    sizes, options = asked
    try:
        document = st.new(sizes, **options)
    except st.StepperError as error:
        told = str(error)
        assert "compares classes" in told or "none is easy to work out on paper" in told
        return
    try:
        works(document)
    except st.StepperError as error:  # in letters some are longer than anybody writes, and say that they need values
        assert "give the letters values" in str(error)
        assert options.get("values", "blank") == "blank"


@pytest.mark.parametrize("steps", [1, 2])
@pytest.mark.parametrize("name", [row.name for row in OPTIMIZERS])
def test_a_task_for_an_optimizer_works(name: str, steps: int, tmp_path: Path) -> None:
    path = st.new("optimizer", name, steps=steps).save(tmp_path / "task.yaml")
    solution = st.optim(str(path))
    assert all(check.ok is not False for check in solution.checks)
    assert any(answer.endswith(f"[{steps}]") for answer in solution.answers)


def test_a_task_may_have_an_objective(tmp_path: Path) -> None:
    document = st.new("optimizer", "sgd", objective="(x - 1)^2 + pi*y^2", steps=3)
    assert yaml.safe_load(document)["parameters"] == {"x": 1, "y": 1}
    path = document.save(tmp_path / "task.yaml")
    assert st.optim(str(path)).answers["x[3]"] == 1


# ---- what stands in it


def test_the_network_of_an_exam_is_written_as_the_exam_draws_it() -> None:
    exam = st.graph("tum-2022/6")
    found = st.new("2-3-2", activation="leaky_relu:0.5", loss="mse").graph
    assert found is not None
    assert found.nodes == exam.nodes
    assert found.leaves.keys() == exam.leaves.keys()


@pytest.mark.parametrize(
    ("words", "options", "nodes"),
    [
        (("1-1",), {}, {"yhat": "w*x + b", "L": "mse([yhat], [y])"}),
        (("2-1",), {"output": "tanh"}, {"z": "w1*x1 + w2*x2 + b", "yhat": "tanh(z)", "L": "mse([yhat], [y])"}),
        (("logistic",), {}, {"z": "w1*x1 + w2*x2 + b", "yhat": "sigmoid(z)", "L": "bce(yhat, y)"}),
        (("1-2",), {"loss": "bce"}, {
            "z1": "w11*x + b1", "z2": "w12*x + b2", "yhat1": "sigmoid(z1)", "yhat2": "sigmoid(z2)",
            "L": "mean([bce(yhat1, y1), bce(yhat2, y2)])"}),
        (("1-2",), {"loss": "nll"}, {
            "z1": "w11*x + b1", "z2": "w12*x + b2", "yhat1": "log_softmax([z1, z2])[1]",
            "yhat2": "log_softmax([z1, z2])[2]", "L": "nll([yhat1, yhat2], 1)"}),
        (("1-2-1",), {"activation": "none"}, {
            "h1": "w11*x + b1", "h2": "w12*x + b2", "yhat": "v1*h1 + v2*h2 + b3", "L": "mse([yhat], [y])"}),
        (("rnn",), {"steps": 1}, {
            "h": "tanh(W_h*h0 + W_x*x + b_h)", "yhat": "W_y*h + b_y", "L": "mse([yhat], [y])"}),
        (("attention",), {"width": 3}, {
            "Q": "X @ W_Q", "K": "X @ W_K", "V": "X @ W_V", "S": "Q @ K.T/sqrt(3)", "A": "softmax(S)", "O": "A @ V",
            "L": "mse(O, Y)"}),
    ],
)  # fmt: skip
def test_nodes(words: tuple[str, ...], options: dict[str, Any], nodes: dict[str, str]) -> None:
    found = st.new(*words, **options).graph
    assert found is not None
    assert found.nodes == nodes


@pytest.mark.parametrize("arrays", [False, True])
@pytest.mark.parametrize(
    ("output", "loss"),
    [("softmax", "cross_entropy"), ("log_softmax", "nll"), ("softmin", "mse"), ("sigmoid", "mse"), ("none", "mse")],
)
def test_an_output_that_compares_classes_has_the_loss_that_does(output: str, loss: str, arrays: bool) -> None:
    found = st.new("2-3-2", output=output, arrays=arrays)
    remark = f" Its loss is {loss}, as usual after {output}. "
    assert (remark in found.partition("title:")[0].replace("\n# ", " ")) is (loss != "mse")
    told = st.new("2-3-2", output=output, loss=loss, arrays=arrays)
    assert found.partition("title:")[2] == told.partition("title:")[2]
    assert remark not in told.replace("\n# ", " ")


def test_an_output_may_have_another_loss_than_is_usual() -> None:
    assert "L:     mse([yhat1, yhat2], [y1, y2])" in st.new("2-3-2", output="softmax", loss="mse")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("Sigmoid", "sigmoid"), ("ReLU", "relu"), ("RELU", "relu"), ("leaky-relu:0.1", "leaky_relu:0.1"),
     ("LeakyReLU:0.1", "leaky_relu:0.1"), ("Leaky_ReLU", "leaky_relu"), ("Tanh", "tanh"), ("SiLU", "silu"),
     ("log-sigmoid", "logsigmoid"), ("None", "none"), ("Identity", "none"), (" relu ", "relu")],
)  # fmt: skip
def test_activations_may_be_spelled_as_elsewhere(typed: str, meant: str) -> None:
    assert st.new("2-3-1", activation=typed) == st.new("2-3-1", activation=meant)
    assert st.new("2-3-1", output=typed) == st.new("2-3-1", output=meant)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("MSE", "mse"), ("MSELoss", "mse"), ("crossentropy", "cross_entropy"), ("cross-entropy", "cross_entropy"),
     ("CrossEntropyLoss", "cross_entropy"), ("ce", "cross_entropy"), ("CE", "cross_entropy"), ("BCE", "bce"),
     ("binary cross-entropy", "bce"), ("BCEWithLogitsLoss", "bce_with_logits"), ("L1Loss", "mae"), ("NLLLoss", "nll"),
     ("HuberLoss", "huber"), ("half-SSE", "half_sse")],
)  # fmt: skip
def test_losses_may_be_spelled_as_elsewhere(typed: str, meant: str) -> None:
    assert st.new("2-3-2", loss=typed) == st.new("2-3-2", loss=meant)


def test_weight_by_weight_and_by_matrices_it_is_the_same_network() -> None:
    numbers = {"x1": 1, "x2": -2, "y1": 1, "y2": 0, "b1": 1, "b2": 2, "b3": -1, "b4": 0, "b5": 3}
    numbers |= {f"w{source}{target}": source - 2 * target for source in (1, 2) for target in (1, 2, 3)}
    numbers |= {f"v{source}{target}": 3 - source * target for source in (1, 2, 3) for target in (1, 2)}
    arrays = {
        "x": [1, -2], "y": [1, 0], "b1": [1, 2, -1], "b2": [0, 3],
        "W1": [[numbers[f"w{source}{target}"] for source in (1, 2)] for target in (1, 2, 3)],
        "W2": [[numbers[f"v{source}{target}"] for source in (1, 2, 3)] for target in (1, 2)],
    }  # fmt: skip
    several: list[dict[str, Any]] = [
        {},
        {"output": "softmax", "loss": "cross_entropy"},
        {"output": "sigmoid", "loss": "bce"},
    ]
    for options in several:
        one = st.backprop(st.new("2-3-2", activation="leaky_relu:0.5", **options), values=numbers, wrt="w21,b1")
        other = st.backprop(
            st.new("2-3-2", activation="leaky_relu:0.5", arrays=True, **options), values=arrays, wrt="W1,b1"
        )
        assert one.floats["dL/dw21"] == pytest.approx(other.floats["dL/dW1"][0][1])
        assert one.floats["dL/db1"] == pytest.approx(other.floats["dL/db1"][0])


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_cells_are_those_of_the_examples(kind: str) -> None:
    """At the numbers of the bundled examples, without biases, the same comes out."""
    new, bundled = st.new(kind).graph, st.graph(f"examples/{kind}").graph
    assert new is not None
    values = {}
    for name, leaf in new.graph.leaves.items():
        old = bundled.leaves.get(name.replace("_", ""))
        assert isinstance(leaf, ArrayLeaf)
        entries = np.zeros(leaf.shape, object) if old is None else np.array(old.entries).reshape(leaf.shape)  # type: ignore[attr-defined]
        values[name] = entries.tolist()
    found, wanted = st.forward(new, values=values), st.forward(f"examples/{kind}")
    assert list(found.floats["h"]) == pytest.approx(list(wanted.floats["h"]))


def test_a_convolution_shares_its_weights() -> None:
    found = st.forward(st.new("conv1d", activation="none", inputs=4, kernel=2),
                       values={"x": [[1, 2, 3, 4]], "y": [[0, 0, 0]], "K1": [[[10, 1]]], "b1": [100]})  # fmt: skip
    assert found.floats["yhat"].tolist() == [[112, 123, 134]]


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_a_recurrent_network_of_numbers_is_one_of_arrays(steps: int) -> None:
    numbers = {f"x[{step}]": step for step in range(1, steps + 1)} if steps > 1 else {"x": 1}
    start = "h[0]" if steps > 1 else "h0"
    one = st.forward(st.new("rnn", steps=steps), values={
        **numbers, start: 1, "W_h": -1, "W_x": Fraction(1, 2), "b_h": 0, "W_y": 1, "b_y": 0, "y": 0})  # fmt: skip
    rows = [[step] for step in range(1, steps + 1)]
    arrays = {"x": rows if steps > 1 else rows[0], start: [1], "W_h": [[-1]], "W_x": [[0.5]], "b_h": [0], "y": [0]}
    other = st.forward(st.new("rnn", steps=steps, arrays=True, inputs=1, hidden=1), values=arrays)
    last = f"h[{steps}]" if steps > 1 else "h"
    assert one.floats[last] == pytest.approx(float(other.floats[last][0]))


# ---- numbers


def numbers_of(document: st.Document) -> dict[str, str]:
    """The leaves of a document of numbers, as they are written."""
    sections = yaml.load(document, Loader=yaml.BaseLoader)
    return {**sections["inputs"], **sections["parameters"]}


@pytest.mark.parametrize("seed", range(1, 3))
@pytest.mark.parametrize("sizes", ["2-3-2", "3-2-1", "2-4-4-1"])
def test_pleasant_numbers_are_halves_and_stand_on_no_kink(sizes: str, seed: int) -> None:
    document = st.new(sizes, values="pleasant", seed=seed)
    found = [Fraction(number) for number in numbers_of(document).values()]
    assert all(abs(number) <= 2 and number * 2 == int(number * 2) for number in found)
    left, right = (st.backprop(document, wrt="all", kink=side).floats for side in ("left", "right"))
    assert left == right
    alive = [gradient for name, gradient in left.items() if gradient]
    assert len(alive) >= len(left) / 2
    assert left["dL/dw11" if "dL/dw11" in left else "dL/dw1"]
    assert max(map(abs, alive)) <= 50
    assert document == st.new(sizes, values="pleasant", seed=seed)


def test_other_seeds_give_other_numbers() -> None:
    assert len({st.new("2-2", values="pleasant", seed=seed) for seed in range(1, 9)}) > 5


@pytest.mark.parametrize(
    ("loss", "allowed"),
    [("bce", {0, 1}), ("bce_with_logits", {0, 1}), ("cross_entropy", {0, 1}), ("hinge", {-1, 1}), ("nll", {1})],
)
def test_targets_are_what_the_loss_takes(loss: str, allowed: set[int]) -> None:
    for seed in (1, 2, 3):
        told = numbers_of(st.new("2-3", loss=loss, values="pleasant", seed=seed))
        targets = [int(value) for name, value in told.items() if name.startswith("y")]
        assert {*targets} <= allowed
        assert loss != "cross_entropy" or sum(targets) == 1


@pytest.mark.parametrize(
    ("document", "wanted"),
    [
        ("inputs: {x: 1}\nparameters: {w: 2}\nnodes: {L: relu(w*x)}", True),
        ("inputs: {x: 0}\nparameters: {w: 2}\nnodes: {L: relu(w*x)}", False),  # on the kink
        ("inputs: {x: -1}\nparameters: {w: 2}\nnodes: {L: relu(w*x)}", False),  # dead
        (
            "inputs: {x: -1}\nparameters: {v: 2, w: 2, b: 1}\nnodes: {L: relu(v*x) + w*x + b}",
            False,
        ),  # the first is dead
        ("inputs: {x: 1}\nparameters: {w: 200}\nnodes: {L: w*x}", False),  # too large for paper
        ("inputs: {x: -1}\nparameters: {w: 2}\nnodes: {L: log(w*x)}", False),  # no value
        ("inputs: {x: }\nparameters: {w: 2}\nnodes: {L: w*x}", False),  # a symbol
        ("inputs: {x: [[1, 1]]}\nparameters: {w: [[1], [-1]]}\nnodes: {a: relu(x @ w), L: sum(a)}", False),
        ("inputs: {x: [[1, 1]]}\nparameters: {w: [[1], [2]]}\nnodes: {a: relu(x @ w), L: sum(a)}", True),
    ],
)
def test_numbers_that_suit(document: str, wanted: bool) -> None:
    assert suits(st.graph(document).graph) is wanted


# ---- limits and mistakes


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda: st.new("2-3-"), "a size is missing"),
        (lambda: st.new("2"), "has at least inputs and outputs"),
        (lambda: st.new("2-0-2"), "a layer has 1 to 10,000 neurons, not 0"),
        (lambda: st.new("2-x-2"), "'x' is not a number of neurons"),
        (lambda: st.new("net"), "the sizes of the network are missing"),
        (lambda: st.new("lstmm"), "did you mean 'lstm'?"),
        (lambda: st.new("2-3-2", activation="rellu"), "did you mean 'relu'?"),
        (lambda: st.new("2-3-2", activation="relu:1"), "relu has no settings, but here is 1"),
        (lambda: st.new("2-3-2", activation="leaky_relu:x"), "'x' is not a number"),
        (lambda: st.new("2-3-2", activation="leaky_relu:1:2"), "leaky_relu has 1 setting, but here are 2"),
        (lambda: st.new("2-3-2", activation="leaky_relu:0,1"), "decimals have a point: leaky_relu:0.1"),
        (lambda: st.new("2-3-2", activation="leaky_relu(0.1)"), "write leaky_relu:0.1"),
        (lambda: st.new("2-3-2", activation="LeakyReLU=0.1"), "write leaky_relu:0.1"),
        (lambda: st.new("2-3-2", activation="ReLU()"), "write relu"),
        (lambda: st.new("2-3-2", output="sofmax"), "output: 'sofmax' is not an activation"),
        (lambda: st.new("2-3-2", loss="msee"), "did you mean 'mse'?"),
        (lambda: st.new("2-1", loss="cross_entropy"), "compares classes"),
        (lambda: st.new("2-3-2", values="nice"), "one of blank, pleasant"),
        (lambda: st.new("2-3-2", steps=2), "steps does not apply to 2-3-2"),
        (lambda: st.new("2-3-2", hidden=2), "2-3-2 has no 'hidden'"),
        (lambda: st.new("2-3-2", hidden=2), "sizes such as 2-3-2 have no settings"),
        (lambda: st.new("lstm", activation="relu"), "it belongs to: sizes such as 2-3-2, conv1d, rnn"),
        (lambda: st.new("2-1", output="softmax"), "softmax compares outputs, and of one output it is always the same"),
        (lambda: st.new("2-1", output="softmax", loss="mse", arrays=True), "for one output sigmoid is usual"),
        (lambda: st.new("softmax", classes=1, loss="mse"), "softmax compares outputs"),
        (lambda: st.new("lstm", hiddn=2), "did you mean 'hidden'?"),
        (lambda: st.new("lstm", hidden=0), "a whole number from 1 to 20 is expected, not 0"),
        (lambda: st.new("rnn", arrays=False, hidden=3), "hidden is a size of arrays"),
        (lambda: st.new("lstm", loss="bce"), "bce takes what sigmoid gives"),
        (lambda: st.new("attention", loss="multi_hinge"), "takes the scores of one sample"),
        (lambda: st.new("rnn", "3"), "rnn takes nothing after it, not '3'"),
        (lambda: st.new("cnn", "1x4x4"), "LAYERS is missing"),
        (lambda: st.new("cnn", "1x4x4", "Conv2d(1, 1, 3) -> Linear(5, 2)"), "it expects 5, but gets 2"),
        (lambda: st.new("cnn", "1x4x4", "Conw2d(1, 1, 3)"), "layers:1:1: error: 'Conw2d' is not a known layer"),
        (lambda: st.new("cnn", "1xNx4", "ReLU"), "'1xNx4' is not a shape of numbers"),
        (lambda: st.new("cnn", "2x4", "TransformerDecoderLayer(4, 2)"), "it reads two sequences"),
        (lambda: st.new("optimizer", "adm"), "did you mean 'adam'?"),
        (lambda: st.new("optimizer", "adam", objective="2"), "can be changed"),
        (lambda: st.new("optimizer", "adam", objective="theta^"), "objective:7: error"),
        (lambda: st.new("2-1", objective="x"), "objective does not apply to 2-1"),
        (lambda: st.new("50-50-50", arrays=False), "up to 9 neurons per layer, 4 layers of weights and 60 weights"),
        (lambda: st.new("2-2", output="round", values="pleasant"), "none is easy to work out on paper"),
    ],
)  # fmt: skip
def test_what_cannot_be_written_is_told(ask: Callable[[], object], said: str) -> None:
    with pytest.raises(st.StepperError) as found:
        ask()
    assert said in str(found.value)
    assert "--" not in str(found.value)


def test_what_is_too_large_for_names_has_matrices() -> None:
    largest = f"1-{MOST_NEURONS}"
    assert "layers:" not in st.new(largest)
    assert "layers:" in st.new(f"1-{MOST_NEURONS + 1}")


def test_a_document_is_text_with_a_drawing(tmp_path: Path) -> None:
    document = st.new("2-1", loss="bce")
    assert "<svg" in document._repr_html_()
    assert document.save(tmp_path / "net.yaml").read_text("utf-8") == document
    with pytest.raises(st.StepperError, match="already exists"):
        document.save(tmp_path / "net.yaml")
    document.save(tmp_path / "net.yaml", force=True)
    assert "optimizer" in st.new()
