"""Large graphs: one sweep each way agrees with the worked derivation, and with differences where there is no
derivation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings

from stepper.core.formula import number_of, text
from stepper.core.graph import Graph, Leaf, Node
from stepper.core.parser import parse
from stepper.core.steps import Table
from stepper.engine.graph.adjoints import Gradients
from stepper.engine.graph.asked import output_of
from stepper.engine.graph.backward import backward
from stepper.engine.graph.large import swept
from stepper.engine.graph.paths import count_paths, path_counts
from stepper.engine.graph.size import LARGEST_WORKED, MOST_FACTORS, is_large, longest_product
from stepper.engine.values.equations import Sheet
from stepper.engine.values.evaluate import evaluate, place_of
from stepper.engine.values.groups import WIDE
from stepper.engine.values.quantities import Settings
from stepper.engine.values.slots import NEAR, Slots
from stepper.engine.values.stretch import plainly
from stepper.engine.values.sweep import Sweep
from stepper.engine.values.vocabulary import PLAIN, Vocabulary
from stepper.errors import StepperError
from stepper.read.bundled import load_graph
from stepper.read.files import bundled
from stepper.read.given import with_values
from stepper.read.program import read_program
from stepper.render.look import Look
from stepper.render.text import render
from tests.helpers import answer, graph_of
from tests.strategies import graphs

QUICK = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def compare(graph: Graph, output: str) -> None:
    sheet = Sheet(graph, Settings())
    gradients = Gradients(sheet, output, list(graph.leaves))
    scales = gradients.scales()
    sweep = Sweep(graph, sheet.vocabulary)
    found = sweep.gradients(output)
    for name in graph.leaves:
        expected = float(number_of(gradients.adjoint(name)) or 0)
        assert math.isclose(found[name], expected, rel_tol=1e-9, abs_tol=1e-12 * (1 + scales.get(name, 0.0))), name
    for name in graph.nodes:
        assert math.isclose(sweep.values[sweep.slots[name]], sheet.numbers[name], rel_tol=1e-9, abs_tol=1e-9), name


def numeric(graph: Graph) -> bool:
    whole = all(leaf.value is not None for leaf in graph.leaves.values()) and all(
        node.formula is not None for node in graph.nodes.values()
    )
    return (
        whole
        and graph.upstream is None
        and not graph.local
        and not any(part.body is None for part in graph.functions.values())
    )


@pytest.mark.parametrize("name", [name for name, _ in bundled() if numeric(load_graph(name))])
def test_a_sweep_agrees_with_every_exam(name: str) -> None:
    graph = load_graph(name)
    for output in [graph.output] if graph.output else graph.sinks:
        compare(graph, output)


@QUICK
@given(graphs())
def test_a_sweep_agrees_with_the_derivation(graph: Graph) -> None:
    try:
        compare(graph, output_of(graph))
    except StepperError:
        return


def test_names_in_any_order_are_found() -> None:
    leaves = [f"x{place}" for place in range(2 * NEAR)]
    forwards = " + ".join(f"{leaves[place]}*{leaves[-1 - place]}" for place in range(NEAR))
    document = "inputs:\n" + "".join(f"  {name}: {place}/7\n" for place, name in enumerate(leaves))
    graph = graph_of(document + f"nodes:\n  L: b + {leaves[300]}\n  b: a*{leaves[400]}\n  a: {forwards}\n")
    compare(graph, "L")


@pytest.mark.parametrize(
    ("reads", "run"),
    [
        # names that follow one another in equal steps are a run
        ("a b c", range(3)), ("b c", range(1, 3)), ("a c e", range(0, 5, 2)), ("b e", range(1, 5, 3)),
        ("d e f", range(3, 6)),
        # others are looked up one by one: backwards, twice, out of step, alone
        ("c b a", None), ("a a", None), ("b b b", None), ("a b a", None), ("a b d", None), ("a b b", None), ("c", None),
        ("", None),
    ],
)  # fmt: skip
def test_the_slots_of_names(reads: str, run: range | None) -> None:
    slots = Slots("abcde")
    slots.put("f", 5)
    found = slots.places(reads.split())
    assert (range(*found.indices(6)) if isinstance(found, slice) else None) == run
    assert (list(range(6)[found]) if isinstance(found, slice) else found) == [
        "abcdef".index(name) for name in reads.split()
    ]


@pytest.mark.parametrize(
    "formula", ["a*a + b*b", "a*b + a*c", "a*b + c*b + a*a", "c*a + b*a + a*a + c", "a + a + a", "a*a*a - b*a"]
)
def test_a_name_that_is_read_twice_is_counted_twice(formula: str) -> None:
    compare(graph_of(f"inputs: {{a: 2, b: 3, c: 5}}\nnodes: {{L: {formula}}}\n"), "L")


def test_a_product_with_a_zero_keeps_its_other_gradients() -> None:
    compare(graph_of("inputs: {x: 0, y: 2, z: 4}\nnodes: {L: x*y/z*3}\n"), "L")


def test_as_much_of_a_tape_is_run_as_a_node_needs() -> None:
    """A part of the tape that long fills the node's slot, and one shorter does not."""
    graph = graph_of("inputs: {x: 2, y: 3}\nnodes: {a: x*y, b: a + exp(y), c: a*x - 1, L: b*c}\n")
    sweep = Sweep(graph, Vocabulary({}, {}))
    lengths = {name: sweep.length([name]) for name in graph.names}
    assert (lengths["x"], lengths["y"], lengths["L"], sweep.length([])) == (0, 0, len(sweep.code), 0)
    assert sweep.length(["a", "x", "c"]) == lengths["c"]
    for name in graph.nodes:
        for count in (lengths[name], lengths[name] - 1):
            values = sweep.work(sweep.initial.copy(), plainly(sweep.code[:count]))
            assert (values[sweep.slots[name]] == sweep.values[sweep.slots[name]]) is (count == lengths[name])


def test_a_sweep_names_the_node_at_fault() -> None:
    with pytest.raises(StepperError, match="in L: a number is undefined"):
        Sweep(graph_of("inputs: {x: 0}\nnodes: {L: 1/x}\n"), Vocabulary({}, {}))
    with pytest.raises(StepperError, match="a sweep needs a number for every leaf"):
        Sweep(graph_of("inputs: {x: }\nnodes: {L: 2*x}\n"), Vocabulary({}, {}))


@pytest.mark.parametrize(
    "formula", ["sqrt(x)", "x^(1/3)", "exp(sqrt(x))", "sqrt(x + x)", "log(1 + x^0.5)", "2*sqrt(3*x)"]
)
def test_a_sweep_back_names_the_node_whose_slope_does_not_exist(formula: str) -> None:
    """At 0 a root has a value and no slope."""
    graph = graph_of(f"inputs: {{x: 0}}\nnodes: {{a: x + 1, b: '{formula}', L: a*b}}\n")
    sweep = Sweep(graph, Vocabulary({}, {}))
    assert sweep.values[sweep.slots["b"]] == evaluate(parse(formula), {"x": 0.0}, Vocabulary({}, {}))
    with pytest.raises(StepperError, match="in b: a slope is undefined or too large for floating point") as caught:
        sweep.gradients("L")
    assert caught.value.problems[0].where == place_of(graph, "b")


def test_paths_are_counted_from_every_quantity_at_once() -> None:
    graph = load_graph("uio-2021/7")
    counts = path_counts(graph, "e")
    assert {name: counts.get(name, 0) for name in graph.names} == {
        name: count_paths(graph, name, "e") for name in graph.names
    }


CHAIN = "inputs: {x: 1}\nparameters: {w: 0.99}\nnodes:\n  h0: w*x\n" + "".join(
    f"  h{k}: w*h{k - 1} + 0.01\n" for k in range(1, 3000)
)


def test_a_large_graph_is_swept_and_checked() -> None:
    derivation = backward(graph_of(CHAIN), ["x", "w"], Settings())
    assert [check.ok for check in derivation.checks] == [True]
    assert answer(derivation, "dh2999/dx") == pytest.approx(0.99**3000)
    written = render(derivation, Look())
    assert "3000 nodes and 6000 edges: too many to be written out one by one" in written


def test_a_wrong_gradient_of_a_large_graph_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Sweep.gradients
    monkeypatch.setattr(
        Sweep, "gradients", lambda self, output: {name: 1.01 * value for name, value in right(self, output).items()}
    )
    assert [check.ok for check in backward(graph_of(CHAIN), ["x", "w"], Settings()).checks] == [False]


@pytest.mark.parametrize(
    ("formula", "large"),
    [
        ("*".join(["x"] * MOST_FACTORS), False),
        ("*".join(["x"] * (MOST_FACTORS + 1)), True),
        ("/".join(["x"] * (MOST_FACTORS + 1)), True),
        ("1 + tanh(x + " + "*".join(["x"] * (MOST_FACTORS + 1)) + ")", True),
        (" + ".join(["x*x"] * (MOST_FACTORS + 1)), False),
        ("exp(x)", False),
    ],
)
def test_products_are_long_from_501_factors_on(formula: str, large: bool) -> None:
    assert MOST_FACTORS == 500
    assert is_large(graph_of(f"inputs: {{x: 1}}\nnodes: {{h: 2*x, L: '{formula}'}}\n")) is large


@pytest.mark.parametrize(
    ("formula", "factors"),
    [
        ("x", 0),
        ("x + 2", 0),
        ("exp(-x)", 0),
        ("2*x", 2),
        ("x/2/x", 3),
        ("x*x + exp(x*x*x*2)", 4),
        ("(x + 1)*(x - 1)*x", 3),
    ],
)
def test_the_longest_product_counts(formula: str, factors: int) -> None:
    assert longest_product(graph_of(f"inputs: {{x: 1}}\nnodes: {{L: '{formula}'}}\n")) == factors


@pytest.mark.parametrize(
    ("edges", "large"), [(LARGEST_WORKED - 1, False), (LARGEST_WORKED, False), (LARGEST_WORKED + 1, True)]
)
def test_a_graph_is_large_from_5001_edges_on(edges: int, large: bool) -> None:
    assert LARGEST_WORKED == 5000
    graph = Graph(
        "many", {"x": Leaf("x", "input", Fraction(1))}, {f"h{k}": Node.of(f"h{k}", parse("2*x")) for k in range(edges)}
    )
    assert is_large(graph) is large


def summary(graph: Graph, wrt: Sequence[str]) -> str:
    return render(swept(graph, output_of(graph), wrt, Settings()), Look())


@pytest.mark.parametrize(
    ("most", "said"),
    [(6, "A product of 4 factors: its derivative"), (7, "A product of 4"), (5, "2 nodes and 6 edges: too many")],
)
def test_a_summary_says_what_is_too_much(most: int, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The edges, where there are more than are worked; else it is the product."""
    graph = graph_of("inputs: {x: 2, y: 3, z: 1}\nnodes: {h: x*y*z*2, L: h + x*y}\n")
    monkeypatch.setattr("stepper.engine.graph.large.LARGEST_WORKED", most)
    assert said in summary(graph, ["x"])


@pytest.mark.parametrize(("most", "told"), [(3, ""), (2, "1 further gradients"), (1, "2 further gradients")])
def test_a_summary_lists_so_many_gradients_and_counts_the_rest(
    most: int, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = graph_of("inputs: {x: 2, y: 3, z: 1}\nnodes: {h: x*y, L: h + x*h}\n")
    monkeypatch.setattr("stepper.engine.graph.large.LONGEST_TABLE", most)
    derivation = swept(graph, "L", ["x", "y", "z"], Settings())
    blocks = [block for step in derivation.steps if step.rule == "large.gradients" for block in step.body]
    rows = [row for block in blocks if isinstance(block, Table) for row in block.rows]
    shown = [[part if isinstance(part, str) else text(part) for cell in row for part in cell] for row in rows]
    assert shown == [["dL/dx", "15.0", "2"], ["dL/dy", "6.0", "1"], ["dL/dz", "0.0", "0"]][:most]
    assert ("further gradients" in summary(graph, ["x", "y", "z"])) is bool(told)
    assert told in summary(graph, ["x", "y", "z"])
    assert [(entry.name, entry.number) for entry in derivation.answers] == [("dL/dx", 15), ("dL/dy", 6), ("dL/dz", 0)]
    assert [check.ok for check in derivation.checks] == [True]


def test_a_summary_is_short() -> None:
    graph = graph_of("inputs: {x: 2}\nnodes: {h: x*x, L: h + x}\n")
    assert {step.rule: step.detail for _, step in swept(graph, "L", ["x"], Settings()).walk()} == {
        "large.size": "brief", "large.gradients": "brief", "check.difference": "brief", "check.table": "full",
    }  # fmt: skip


def test_a_small_graph_is_worked_step_by_step() -> None:
    assert is_large(load_graph("tum-2022/6")) is False
    assert Fraction(3, 2) == answer(backward(load_graph("tum-2022/6"), ["w11"], Settings()), "dL/dw11")


def test_as_much_of_a_sweep_is_run_as_what_is_wanted_takes() -> None:
    """For leaves nothing, for a node all up to its own line, for several the farthest."""
    sweep = Sweep(graph_of("inputs: {a: 3, b: -2}\nnodes: {c: a + b, d: c + a, L: d + b}\n"), Vocabulary({}, {}))
    lengths = {"": 0, "a": 0, "a b": 0, "c": 1, "d": 2, "L": 3, "a c": 1, "d a": 2, "c d": 2, "L c": 3}
    assert {names: sweep.length(names.split()) for names in lengths} == lengths
    for name, value in (("c", 1.0), ("d", 4.0)):
        values = sweep.work(sweep.initial.copy(), plainly(sweep.code[: sweep.length([name])]))
        assert values[sweep.slots[name]] == value
        assert values[sweep.slots["L"]] == 0.0


@pytest.mark.parametrize("function", ["softmax", "log_softmax", "softmin"])
def test_the_entries_of_a_list_share_what_they_have_in_common(function: str) -> None:
    """Each entry of a softmax has the sum over all of them: it is worked out once, and not once for each entry."""
    names = [f"x{place}" for place in range(6)]
    nodes = [f"p{place} = {function}([{', '.join(names)}])[{place + 1}]" for place in range(6)]
    total = " + ".join(f"{place + 1}*p{place}^2" for place in range(6))
    values = ",".join(f"{name}={place * place % 5}" for place, name in enumerate(names))
    graph = with_values(read_program(f"{'; '.join(nodes)}; L = {total}", "-e"), [values])
    sweep = Sweep(graph, Vocabulary({}, {}))
    exact = Gradients(Sheet(graph, Settings()), "L", names)
    for name in names:
        wanted = number_of(exact.adjoint(name))
        assert wanted is not None
        assert sweep.gradients("L")[name] == pytest.approx(float(wanted), rel=1e-12, abs=1e-13)
    assert len(sweep.code) < 60


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Small graphs are swept as large ones are; so many nodes of one form are worked together."""

    def sweep_as_large(wide: int) -> None:
        monkeypatch.setattr("stepper.engine.values.sweep.MANY", 0)
        monkeypatch.setattr("stepper.engine.values.groups.WIDE", wide)

    return sweep_as_large


def layer(formula: str, last: str, output: str = "h0 + h1 + h2 + h3") -> str:
    """Four nodes of one form; the last of the leaves that they read is another."""
    leaves = "".join(f"  x{place}: {value}\n" for place, value in enumerate(("1", "2", "3", last)))
    nodes = "".join(f"  h{place}: {formula.format(x=f'x{place}')}\n" for place in range(4))
    return f"inputs:\n{leaves}nodes:\n{nodes}  L: {output}\n"


def told(document: str) -> list[tuple[str, object]]:
    """What is said where a graph cannot be swept."""
    try:
        Sweep(graph_of(document), Vocabulary({}, {})).gradients("L")
    except StepperError as error:
        return [(problem.what, problem.where) for problem in error.problems]
    return []


FAULTS = [
    ("1/{x}", "0"), ("log({x})", "-1"), ("exp({x})", "1000"), ("sqrt({x} + 1)", "-1"), ("{x}^(1/3)", "-1"),
    ("1/(1 + exp({x}))", "1000"), ("exp(1e200*{x}*{x})", "1e200"), ("{x}/(x0 - x1 + 1)", "1"), ("2*log({x}) + x0", "0"),
]  # fmt: skip


@pytest.mark.parametrize("wide", [1, WIDE])
@pytest.mark.parametrize(("formula", "last"), FAULTS)
def test_what_is_wrong_with_one_node_of_a_group_is_told_of_it(
    formula: str, last: str, wide: int, large: Callable[[int], None]
) -> None:
    document = layer(formula, last)
    one_by_one = told(document)
    large(wide)
    assert one_by_one
    assert told(document) == one_by_one


@pytest.mark.parametrize("wide", [1, WIDE])
@pytest.mark.parametrize(("formula", "last"), [("1e200*{x}*{x}", "1e200"), ("sqrt({x})*0 + {x}", "4"), ("3", "1")])
def test_a_group_comes_to_what_its_nodes_come_to(
    formula: str, last: str, wide: int, large: Callable[[int], None]
) -> None:
    document = layer(formula, last, "h0 + h1 + h2")
    alone = Sweep(graph_of(document), Vocabulary({}, {}))
    large(wide)
    found = Sweep(graph_of(document), Vocabulary({}, {}))
    assert (alone.together, found.together) == (False, True)
    names = found.graph.names
    assert [found.values[found.slots[name]] for name in names] == [alone.values[alone.slots[name]] for name in names]
    one, other = found.gradients("L"), alone.gradients("L")
    assert [one[name] for name in names] == pytest.approx([other[name] for name in names], rel=1e-12)


@pytest.mark.parametrize("wide", [0, 1, WIDE])
def test_a_node_that_is_another_has_an_adjoint_of_its_own(wide: int, large: Callable[[int], None]) -> None:
    """Of L = 2a + 3b with b = a the gradient for b is 3, that for a is 5."""
    if wide:
        large(wide)
    found = Sweep(graph_of("inputs: {x: 2}\nnodes: {a: 2*x, b: a, c: a, L: 2*a + 3*b}\n"), PLAIN).gradients("L")
    assert {name: found[name] for name in "xabc"} == {"x": 10.0, "a": 5.0, "b": 3.0, "c": 0.0}


def test_nodes_of_one_form_are_one_instruction(large: Callable[[int], None]) -> None:
    large(1)
    found = Sweep(graph_of(layer("tanh(2*{x} + 1)", "4")), PLAIN)
    assert found.together
    assert len(found.groups) == 3  # the sums, the functions, and the output


CHAINS = {
    "one form": ["tanh({a})"],
    "of two": ["0.5*{a} - 0.25*{b} + 0.2"],
    "a function that is no single one": ["sigmoid({a})"],
    "with kinks": ["relu({a} - 0.5) + 0.1"],
    "two works a node": ["tanh(0.5*{a} + {b})"],
    "a quotient": ["{a}/(1.5 + {b}*{b})"],
    "numbers": ["exp(2)*{a}*0.1"],
    "mixed": ["0.5*{a} + {b}", "{a}*{b}*0.5 + 0.1", "tanh({a})", "sigmoid({b} - {a})"],
    "long runs": [*["tanh({a})"] * 5, *["0.5*{a} + 0.5*{b}"] * 5, "exp(-{a}*{a})"],
    "read twice": ["{a}*{a} - {b}"],
}


def chain_of(formulas: Sequence[str], length: int = 60) -> str:
    """Nodes each of which reads the two before it."""
    names = ["x0", "x1", *(f"h{place}" for place in range(length))]
    nodes = [
        f"  {names[place + 2]}: {formulas[place % len(formulas)].format(a=names[place + 1], b=names[place])}\n"
        for place in range(length)
    ]
    return f"inputs:\n  x0: 0.3\n  x1: -0.6\nnodes:\n{''.join(nodes)}  L: {names[-1]} + {names[-3]}*{names[9]}\n"


@pytest.mark.parametrize("wide", [2, WIDE])
@pytest.mark.parametrize("formulas", CHAINS.values(), ids=CHAINS)
def test_what_is_worked_node_after_node_comes_to_the_same(
    formulas: Sequence[str], wide: int, large: Callable[[int], None]
) -> None:
    graph = graph_of(chain_of(formulas))
    alone = Sweep(graph, PLAIN)
    one = alone.gradients("L")
    large(wide)
    found = Sweep(graph, PLAIN)
    other = found.gradients("L")
    assert found.together and len(found.groups) <= 2 * len(graph.nodes) / min(wide, 5)
    for name in graph.names:
        assert found.values[found.slots[name]] == pytest.approx(alone.values[alone.slots[name]], rel=1e-12)
        assert other[name] == pytest.approx(one[name], rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("root", ["sqrt(z)", "z^(1/3)", "2*sqrt(3*z)"])
def test_a_slope_that_does_not_exist_is_told_only_where_it_is_asked_for(
    root: str, large: Callable[[int], None]
) -> None:
    """Of z = y - 2x the root is 0 and has no slope; what does not lead to the output needs none."""
    document = f"inputs:\n  x: 1\nnodes:\n  y: 2*x\n  z: y - 2*x\n  r: {root}\n  L: y*y\n  M: r + y\n"
    expected = told(document.replace("L:", "L: r +"))
    assert expected
    large(WIDE)
    assert Sweep(graph_of(document), PLAIN).gradients("L")["x"] == 8.0
    assert told(document.replace("L:", "L: r +")) == expected
