"""Networks unfolded to numbers with names of their own: ``--scalars``."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

import stepper
from stepper.api.asking import asked
from stepper.core.arrays import ArrayLeaf
from stepper.core.formula import number_of, reference, text
from stepper.core.graph import Graph
from stepper.core.labels import printed
from stepper.errors import StepperError
from stepper.read.wanted import chosen
from stepper.render._unicode import formula
from stepper.render.look import Look, Style
from tests.helpers import ROOT

EXAM, LAYERS = "tum-2022/6", "examples/mlp"
PARAMETERS = [
    "w11",
    "w21",
    "w12",
    "w22",
    "w13",
    "w23",
    "b1",
    "b2",
    "b3",
    "v11",
    "v12",
    "v21",
    "v22",
    "v31",
    "v32",
    "b4",
    "b5",
]


def unfolded(source: str, *conventions: str) -> Graph:
    return asked(source, None, {}, conventions, gates=False, scalars=True)


def formulas(graph: Graph) -> list[str]:
    """Each node with its formula."""
    return [f"{node.name} = {text(node.formula)}" for node in graph.nodes.values() if node.formula is not None]


# ---- the exam as it was drawn


def test_the_layers_of_the_exam_take_no_more_than_twelve_lines() -> None:
    assert len((ROOT / "graphs" / f"{LAYERS}.yaml").read_text("utf-8").splitlines()) <= 12


def test_layers_unfold_to_the_exam_forwards() -> None:
    assert stepper.forward(LAYERS, scalars=True).to("text") == stepper.forward(EXAM).to("text")


@pytest.mark.parametrize("name", [*PARAMETERS, "h4", "x1", "yhat2"])
def test_layers_unfold_to_the_exam_backwards(name: str) -> None:
    ours, exam = (stepper.backprop(source, wrt=name, lr=0.1, scalars=True).to("text") for source in (LAYERS, EXAM))
    assert ours == exam


def test_all_at_once_differs_in_order_alone() -> None:
    """The exam's document has v11 v12 v21, and the rows of V are v11 v21 v31."""
    ours, exam = (stepper.backprop(source, wrt="all", scalars=True) for source in (LAYERS, EXAM))
    assert dict(ours.answers) == dict(exam.answers)
    assert sorted(ours.to("text").splitlines()) == sorted(exam.to("text").splitlines())


def test_trained_as_the_exam() -> None:
    ours, exam = (stepper.train(source, lr=0.1, steps=3, scalars=True) for source in (LAYERS, EXAM))
    assert dict(ours.answers) == dict(exam.answers)


# ---- names

NET = "inputs: {{x: {{shape: [{0}]}}}}\nlayers:\n  - h = Linear({0}, {1}) : W, b\nnodes: {{L: sum(h)}}"


@pytest.mark.parametrize(
    ("document", "conventions", "lines"),
    [
        (NET.format(2, 2), [], ["h1 = w11*x1 + w21*x2 + b1", "h2 = w12*x1 + w22*x2 + b2", "L = h1 + h2"]),
        (NET.format(2, 2), ["index=ji"], ["h1 = w11*x1 + w12*x2 + b1", "h2 = w21*x1 + w22*x2 + b2", "L = h1 + h2"]),
        # one unit has no number
        (NET.format(2, 1), [], ["h = w1*x1 + w2*x2 + b", "L = h"]),
        (NET.format(1, 1), [], ["h = w*x + b", "L = h"]),
        # rows of x times a matrix: its rows are what it leads from
        ("parameters: {W: {shape: [2, 2]}}\ninputs: {x: {shape: [2]}}\nnodes: {h: x @ W}", [],
         ["h1 = w11*x1 + w21*x2", "h2 = w12*x1 + w22*x2"]),
        ("parameters: {W: {shape: [2, 2]}}\ninputs: {x: {shape: [2]}}\nnodes: {h: x @ W}", ["index=ji"],
         ["h1 = w11*x1 + w12*x2", "h2 = w21*x1 + w22*x2"]),
        # the author's own product keeps its order
        ("parameters: {w: {shape: [2]}}\ninputs: {x: {shape: [2]}}\nnodes: {h: x*w}", [], ["h1 = x1*w1", "h2 = x2*w2"]),
        # layers of the same letter
        ("inputs: {x: {shape: [2]}}\nlayers:\n  - Linear(2, 2)\n  - ReLU()\n  - Linear(2, 1)", [],
         ["z1 = w11*x1 + w21*x2 + b1", "z2 = w12*x1 + w22*x2 + b2", "a1 = relu(z1)", "a2 = relu(z2)",
          "z3 = w13*a1 + w23*a2 + b3"]),
        ("inputs: {x: {shape: [2]}}\nlayers:\n  - Linear(2, 2)\n  - ReLU()\n  - Linear(2, 1)", ["numbering=layer"],
         ["z1[1] = w1[1, 1]*x1 + w1[2, 1]*x2 + b1[1]", "z1[2] = w1[1, 2]*x1 + w1[2, 2]*x2 + b1[2]",
          "a1[1] = relu(z1[1])", "a1[2] = relu(z1[2])", "z2 = w2[1]*a1[1] + w2[2]*a1[2] + b2"]),
        # labels, and names with subscripts
        ("parameters: {W_h: {shape: [2, 1]}, c: {shape: [1, 2]}}\nlabels: {c: v}\nnodes: {h: W_h @ c}", [],
         ["h11 = w_h[1]*v1", "h12 = w_h[1]*v2", "h21 = w_h[2]*v1", "h22 = w_h[2]*v2"]),
        # a matrix and a list of one letter
        ("parameters: {H: {shape: [1, 2]}, h: {shape: [2]}}\nnodes: {q: H @ h}", [], ["q = H1*h1 + H2*h2"]),
        # numbers that are rational are worked out; a root or a power that is not stays as it is, and is not rounded
        ("inputs: {x: {shape: [2]}}\nnodes: {q: x/sqrt(2) + 2^0.5, r: x*sqrt(4) + 4^0.5}", [],
         ["q1 = x1/sqrt(2) + 2^(1/2)", "q2 = x2/sqrt(2) + 2^(1/2)", "r1 = x1*2 + 2", "r2 = x2*2 + 2"]),
        # windows: what is padded has no term
        ("inputs: {x: {shape: [1, 2, 2]}}\nlayers:\n  - c = Conv2d(1, 1, 2, padding=1) : K, b\n  - m = MaxPool2d(3)",
            [],
         ["c11 = k22*x11 + b", "c12 = k21*x11 + k22*x12 + b", "c13 = k21*x12 + b", "c21 = k12*x11 + k22*x21 + b",
          "c22 = k11*x11 + k12*x12 + k21*x21 + k22*x22 + b", "c23 = k11*x12 + k21*x22 + b", "c31 = k12*x21 + b",
          "c32 = k11*x21 + k12*x22 + b", "c33 = k11*x22 + b",
          "m = max([c11, c12, c13, c21, c22, c23, c31, c32, c33])"]),
    ],
)  # fmt: skip
def test_names_and_terms(document: str, conventions: list[str], lines: list[str]) -> None:
    graph = unfolded(document, *conventions)
    assert formulas(graph) == lines


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("W", ["w11", "w21", "w12", "w22", "w13", "w23"]),
        ("w21", ["w21"]),
        ("w₂₁", ["w21"]),
        ("W[1,2]", ["w21"]),
        ("ŷ₁", ["yhat1"]),
        ("yhat", ["yhat1", "yhat2"]),
        ("b1", ["b1"]),  # the first entry, and not the array
        ("parameters", [*PARAMETERS[:9], "v11", "v21", "v31", "v12", "v22", "v32", "b4", "b5"]),
    ],
)
def test_what_is_asked_for(words: str, found: list[str]) -> None:
    assert chosen(unfolded(LAYERS), [words]) == found


@pytest.mark.parametrize(
    ("values", "leaves"),
    [
        ({"w21": 7}, {"w21": 7}),
        ({"W[1,2]": 7}, {"w21": 7}),
        ({"b1": 7, "b4": 8}, {"b1": 7, "b4": 8}),
        ({"x": [3, 4], "alpha": 2}, {"x1": 3, "x2": 4, "alpha": 2}),
    ],
)
def test_values_are_set_by_either_name(values: dict[str, object], leaves: dict[str, int]) -> None:
    graph = asked(LAYERS, values, {}, (), gates=False, scalars=True)
    before = unfolded(LAYERS)
    assert {name: leaf.value for name, leaf in graph.leaves.items() if leaf != before.leaves[name]} == leaves


def test_a_list_or_an_entry_of_a_layer_is_given() -> None:
    graph = asked(LAYERS, {"h1": [1, 2, 3], "h5": 0}, {}, (), gates=False, scalars=True)
    assert {name: number_of(value) for name, value in graph.given.items()} == {"h1": 1, "h2": 2, "h3": 3, "h5": 0}


def test_a_graph_of_numbers_stays_as_it_is() -> None:
    assert unfolded(EXAM) == asked(EXAM, None, {}, (), gates=False)


def test_gates_of_what_is_unfolded() -> None:
    graph = asked(LAYERS, None, {}, (), gates=True, scalars=True)
    assert formulas(graph)[:4] == ["g1 = w11*x1", "g2 = w21*x2", "g3 = g1 + g2", "h1 = g3 + b1"]


def test_a_document_says_how_indices_stand() -> None:
    graph = unfolded(NET.format(2, 2) + "\nconventions: {index: ji, numbering: layer}")
    assert formulas(graph)[0] == "h1 = w11*x1 + w12*x2 + b1"


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (NET.format(15, 15), "scalars is worked out entry by entry, for up to 200 of them, and this graph has 271"),
        (
            NET.format(784, 100),
            "scalars is worked out entry by entry, for up to 200 of them, and this graph has 79,385",
        ),
        ("inputs: {x1: 1, x: {shape: [2]}}\nnodes: {y: x1*x}", "'x[1]' and 'x1' would print alike"),
    ],
)
def test_what_cannot_be_unfolded(document: str, said: str) -> None:
    with pytest.raises(StepperError) as caught:
        stepper.forward(document, scalars=True)
    assert caught.value.problems[0].what == said


def test_a_gradient_that_arrives_at_an_array_is_left_out() -> None:
    graph = unfolded("inputs: {x: {shape: [2]}}\nnodes: {y: relu(x)}\noutput: y\nupstream: dy")
    assert graph.output is None and graph.upstream is None
    assert graph.remarks == (
        (
            "the upstream gradient of the document belongs to a whole array, and is left out; name an entry as the "
            "output",
        ),
    )


# ---- laws

NUMBERS = st.integers(-6, 6).map(lambda number: Fraction(number, 2))
CONVENTIONS = st.tuples(
    st.sampled_from(["index=ij", "index=ji"]), st.sampled_from(["numbering=through", "numbering=layer"])
)


@st.composite
def nets(draw: st.DrawFn) -> str:
    """A small network: features, perhaps in a batch, or an image, and layers whose names may look alike."""
    lines, sizes = [], [draw(st.integers(1, 3)) for _ in range(draw(st.integers(2, 4)))]
    entries = "xX"[draw(st.integers(0, 1))]
    shape = [sizes[0]] if draw(st.booleans()) else [draw(st.integers(1, 2)), sizes[0]]
    image = draw(st.booleans())
    if image:
        side, channels = draw(st.integers(2, 3)), draw(st.integers(1, 2))
        shape, sizes[0] = [1, side, side], channels * (side + 1) ** 2
        lines += [f"c = Conv2d(1, {channels}, 2, padding=1)" + draw(st.sampled_from(["", " : K, b", " : W, b7"]))]
        lines += ["Flatten()"]
    names = draw(st.permutations(["", "h1", "h2", "h", "H", "fc", "Wh", "q3"]))
    held = draw(st.permutations(["", "W, b", "V, d", "U, p_1", "w, B", "W7, b7"]))
    for (before, after), name, told in zip(itertools.pairwise(sizes), names, held, strict=False):
        used = not image or not {*told.split(", ")} & {"W", "b", "b7"}
        lines += [f"{name} = Linear({before}, {after})" if name else f"Linear({before}, {after})"]
        lines[-1] += f" : {told}" if told and used else ""
        lines += [draw(st.sampled_from(["Tanh()", "LeakyReLU(0.5)", "Sigmoid()"]))]
    layers = "\n".join(f"  - {line}" for line in [*lines, "out = Identity()"])
    numbers = _filled(draw, shape)
    return f"inputs: {{{entries}: {numbers}}}\nlayers:\n{layers}\nnodes: {{L: sum(out*out)}}\noutput: L"


def _filled(draw: st.DrawFn, shape: list[int]) -> str:
    if not shape:
        return str(draw(NUMBERS))
    return "[" + ", ".join(_filled(draw, shape[1:]) for _ in range(shape[0])) + "]"


def with_numbers(document: str) -> Graph:
    """A net whose parameters have numbers, each its own."""
    graph = stepper.graph(document).graph
    leaves = dict(graph.leaves)
    for name, leaf in leaves.items():
        if isinstance(leaf, ArrayLeaf) and not leaf.entries:
            count = int(np.prod(leaf.shape))
            entries = tuple(Fraction((7 * place + 3 * len(name)) % 11 - 5, 4) for place in range(count))
            leaves[name] = replace(leaf, entries=entries)
    return replace(graph, leaves=leaves)


def shaken(document: str, conventions: tuple[str, str]) -> tuple[Graph, Graph]:
    """A net with numbers, and what it unfolds to; a net that is too large, or two of whose names look alike, is
    told.
    """
    graph = with_numbers(document)
    try:
        return graph, asked(graph, None, {}, conventions, gates=False, scalars=True)
    except StepperError as error:
        assume("for up to 200 of them" not in str(error))
        raise


@settings(max_examples=20, deadline=None)
@given(nets(), CONVENTIONS)
def test_values_and_gradients_are_those_of_the_arrays(document: str, conventions: tuple[str, str]) -> None:
    graph, numbers = shaken(document, conventions)
    pairs = [
        (stepper.forward(graph), stepper.forward(numbers)),
        (
            stepper.backprop(graph, wrt=[*graph.leaves], paths=0),
            stepper.backprop(numbers, wrt=[*numbers.leaves], paths=0),
        ),
    ]
    for arrays, found in ((one.answers, other.answers) for one, other in pairs):
        for name, value in arrays.items():
            begin = "dL/d" if name.startswith("dL/d") else ""
            entries = [found[begin + entry] for entry in numbers.unfolded[name.removeprefix(begin)]]
            assert np.allclose(np.asarray(value, dtype=float).ravel(), np.asarray(entries, dtype=float))


@settings(max_examples=30, deadline=None)
@given(nets(), CONVENTIONS)
def test_names_are_told_apart_and_read_back(document: str, conventions: tuple[str, str]) -> None:
    graph, numbers = shaken(document, conventions)
    names = [name for name in numbers.names if not name.startswith("part_")]  # pieces of long formulas
    assert len({printed(name) for name in names}) == len(names)
    assert len(names) == sum(len(numbers.unfolded[name]) for name in graph.names)
    for name in names:
        shown = formula(reference(name), Style(Look(), numbers.labels))
        assert chosen(numbers, [name]) == chosen(numbers, [shown]) == [name]
