"""Laws of drawings: what has a box, what stands in it, what is told instead, and which paths are marked."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from stepper.core.formula import text
from stepper.core.pictures import Box, Drawing
from stepper.core.prose import Prose
from stepper.engine.draw import drawn
from stepper.engine.values.quantities import Settings
from stepper.read.graph import read_graph
from tests.helpers import derive, graph_of

WIDE = "inputs: {x: 2, y: 3, z: 1, u: 1, v: 1}\nnodes: {a: x*y, b: a + x*z, c: a*b*u, L: c + v}\noutput: L\n"
NET = """
inputs: {x: 2, z: 1}
parameters: {w: 3, v: 2}
constants: {c: 5, d: }
nodes: {a: w*x + c, b: v*a, L: b*v + z + c*d, k: z}
output: L
"""


def words(said: Prose) -> str:
    return "".join(part if isinstance(part, str) else text(part) for part in said)


def line(box: Box) -> str:
    """A box in one line, the parameters that stand in it in brackets."""
    parts = [box.kind, words(box.formula), words(box.value), words(box.gradient), "marked" if box.marked else ""]
    return " | ".join(filter(None, parts)) + "".join(f" [{inner.name}: {line(inner)}]" for inner in box.inside)


def draw(document: str, wrt: Sequence[str] = ()) -> Drawing:
    return drawn(graph_of(document), wrt, Settings())


def boxes(document: str, *wrt: str) -> dict[str, str]:
    return {box.name: line(box) for box in draw(document, wrt).boxes}


PLAIN = {
    "x": "input | 2 | 12", "z": "input | 1 | 1", "v": "parameter | 2 | 44", "d": "constant | ? | 5",
    "a": "node | w*x + c | 11 | 4 [w: parameter | 3 | 8]", "b": "node | v*a | 22 | 2",
    "L": "output | b*v + z + c*d | ? | 1", "k": "node | z | 1",
}  # fmt: skip


def test_every_quantity_has_a_box_or_stands_in_one_or_is_told() -> None:
    """A parameter of one node stands in its box; a constant is told where it has a value; what is not known is a
    question mark.
    """
    assert boxes(NET) == PLAIN
    assert [words(note) for note in draw(NET).notes] == ["constants: c = 5"]


def test_what_is_asked_about_has_a_box_of_its_own() -> None:
    assert boxes(NET, "w", "c") == {
        "x": PLAIN["x"], "z": PLAIN["z"], "w": "parameter | 3 | 8 | marked", "v": PLAIN["v"],
        "c": "constant | 5 | 4 + d | marked", "d": PLAIN["d"], "a": "node | w*x + c | 11 | 4 | marked",
        "b": PLAIN["b"] + " | marked", "L": PLAIN["L"] + " | marked",
        "k": PLAIN["k"],
    }  # fmt: skip
    assert draw(NET, ["w", "c"]).notes == ()


@pytest.mark.parametrize(
    ("wrt", "marked"),
    [
        ("", []),
        ("x", ["x a", "a b", "b L"]),
        ("z", ["z L"]),
        ("v", ["v b", "b L", "v L"]),
        ("c", ["c a", "a b", "b L", "c L"]),
        ("k", []),
    ],
)
def test_an_edge_is_marked_where_both_its_ends_are(wrt: str, marked: list[str]) -> None:
    arrows = draw(NET, wrt.split()).arrows
    assert [f"{arrow.source} {arrow.target}" for arrow in arrows if arrow.marked] == marked
    found = {f"{arrow.source} {arrow.target}": words(arrow.gradient) for arrow in arrows if arrow.gradient}
    assert found == {"v b": "22", "v L": "22"} | ({"c a": "4", "c L": "d"} if wrt == "c" else {})


@pytest.mark.parametrize(
    ("wrt", "marked"),
    [("x", "x a b c L"), ("v", "v L"), ("x y z u", "x y z u a b c L"), ("x y z u v", ""), ("", "")],
)
def test_the_paths_of_up_to_four_quantities_are_marked(wrt: str, marked: str) -> None:
    assert {box.name for box in draw(WIDE, wrt.split()).boxes if box.marked} == set(marked.split())


def test_a_derivation_draws_what_leads_to_its_output_and_says_which_boxes() -> None:
    (step,) = [step for step in derive(NET, "x").steps if step.rule == "graph.drawing"]
    (found,) = step.body
    assert isinstance(found, Drawing)
    assert {box.name: line(box) for box in found.boxes} == {
        "x": "input | 2 | 12 | marked", "z": "input | 1", "v": "parameter | 2", "d": "constant | ?",
        "a": "node | w*x + c | 11 | 4 | marked [w: parameter | 3]", "b": "node | v*a | 22 | 2 | marked",
        "L": "output | b*v + z + c*d | ? | 1 | marked",
    }  # fmt: skip
    assert step.uses == tuple(box.name for box in found.boxes)


@pytest.mark.parametrize(
    ("document", "wrt", "expected"),
    [
        # no output, no gradients, nothing marked
        ("inputs: {x: 2}\nnodes: {a: 2*x, b: 3*x}\n", "x",
            {"x": "input | 2", "a": "node | 2*x | 4", "b": "node | 3*x | 6"}),
        # no values where only constants have one
        ("inputs: {x: }\nconstants: {c: 5}\nnodes: {a: c*x}\n", "", {"x": "input | 5", "a": "output | c*x | 1"}),
        (
            "inputs: {x: }\nconstants: {c: 5}\nnodes: {a: c*x, b: 2*c}\noutput: a\n", "",
            {"x": "input | ? | 5", "a": "output | c*x | ? | 1", "b": "node | 2*c | 10"},
        ),
        # a node that is given says so
        (
            "inputs: {x: 2, y: 3}\nnodes: {h: x*y, L: h + y}\ngiven: {h: 4}\n", "x",
            {"x": "input | 2 | 3 | marked", "y": "input | 3 | 3", "h": "node | given | 4 | 1 | marked",
             "L": "output | h + y | 7 | 1 | marked"},
        ),
        # where all gradients are letters none stands
        ("edges: [x -> a, a -> L]\n", "", {"x": "input", "a": "node", "L": "output"}),
    ],
)  # fmt: skip
def test_what_stands_in_the_boxes(document: str, wrt: str, expected: dict[str, str]) -> None:
    assert boxes(document, *wrt.split()) == expected


@pytest.mark.parametrize(
    ("slope", "stands"),
    [
        ("y", True),
        ("y*z", True),
        ("y + z", True),
        ("y*z*u*v", True),
        ("y + z + u*v", False),
        ("y*(z + u)", True),
        ("y*z*u*v*y", False),
    ],
)
def test_a_gradient_of_up_to_five_parts_stands_on_its_line(slope: str, stands: bool) -> None:
    """A formula that is longer is dots; a number always stands."""
    document = f"inputs: {{x: 2, y: , z: , u: , v: }}\nnodes: {{a: 'x*({slope})', L: a + 3}}\n"
    found = {box.name: words(box.gradient) for box in draw(document).boxes}
    assert (found["x"] != "…") is stands
    assert found["a"] == "1"


@pytest.mark.parametrize("sizes", [("N", "d", "k"), ("2", "3", "1")])
@pytest.mark.parametrize(
    ("rest", "has"), [("}", False), (", L: sum(Z)}", True), ("}\nupstream: dZ", True), (", L: Z*2}", False)]
)
def test_gradients_of_arrays_are_drawn_where_one_arrives_at_the_output(
    sizes: tuple[str, str, str], rest: str, has: bool
) -> None:
    """At a number, or at an array where it is given; whether sizes are letters or numbers."""
    rows, inside, columns = sizes
    graph = read_graph(
        f"inputs: {{X: {{shape: [{rows}, {inside}]}}}}\nparameters: {{W: {{shape: [{inside}, {columns}]}}}}\n"
        f"nodes: {{Z: X @ W{rest}\n",
        "g.yaml",
    )
    found = drawn(graph, ["W"], Settings()).boxes
    assert any(box.gradient for box in found) is has
