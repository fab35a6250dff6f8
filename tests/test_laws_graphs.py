"""Laws of graphs: paths counted and listed, orders, why a gradient is zero, and generic values, each by a second
way.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stepper.core.expr import Expr
from stepper.core.formula import number_of, text
from stepper.core.graph import Graph, Leaf, Node
from stepper.core.parser import parse
from stepper.core.prose import Prose
from stepper.engine.graph.adjoints import Gradients
from stepper.engine.graph.backward import backward
from stepper.engine.graph.checks import _filled, _Generic
from stepper.engine.graph.paths import between, count_paths, list_paths, path_counts
from stepper.engine.graph.structure import Structure, fact
from stepper.engine.graph.why_zero import why_zero
from stepper.engine.values.equations import Sheet
from stepper.engine.values.quantities import Settings
from tests.helpers import graph_of

QUICK = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])

SHAPES = (
    "{a} + {b}",
    "{a} - {b}",
    "{a}*{b}",
    "relu({a})",
    "3*{a}",
    "{a}^2",
    "{a} - {a}*{b}",
    "tanh({b})",
    "relu(-{a}) + {b}",
)


@st.composite
def with_zeros(draw: st.DrawFn) -> Graph:
    """Small graphs in which units are dead, factors are zero and terms cancel, often on some ways only."""
    leaves = {name: Leaf(name, "parameter", Fraction(draw(st.integers(-2, 2)))) for name in ("x", "y", "w")}
    names, nodes = list(leaves), {}
    for place in range(draw(st.integers(1, 6))):
        picked = {letter: draw(st.sampled_from(names[-4:])) for letter in "ab"}
        nodes[f"h{place}"] = Node.of(f"h{place}", parse(draw(st.sampled_from(SHAPES)).format(**picked)))
        names.append(f"h{place}")
    return Graph("zeros", leaves, nodes, output=f"h{len(nodes) - 1}")


def words(said: Prose) -> str:
    return "".join(part if isinstance(part, str) else text(part) for part in said)


@QUICK
@given(with_zeros())
def test_the_reason_for_a_zero_is_the_one_that_holds(graph: Graph) -> None:
    """No path; or a zero that every path goes through, and only such; or terms that are not zero and add up to it."""
    assert graph.output is not None
    gradients = Gradients(Sheet(graph, Settings()), graph.output, list(graph.leaves))
    for name in (*graph.leaves, *graph.nodes):
        if name == graph.output or number_of(gradients.adjoint(name)) != 0:
            continue
        said, paths = why_zero(gradients, name), list_paths(graph, name, graph.output)
        if not paths:
            assert words(said) == f"no path leads from {name} to {graph.output}"
            continue
        zeros = [[edge for edge in path if gradients.locals(*edge).number == 0] for path in paths]
        if all(zeros):
            named = {text(part) for part in said if isinstance(part, Expr)}
            for blocked in zeros:
                first = gradients.locals(*blocked[0])
                assert text(first.symbol) in named
            symbols = {text(gradients.locals(*edge).symbol) for blocked in zeros for edge in blocked}
            assert {written for written in named if written.startswith("∂") or "/∂" in written} <= symbols
            assert " = 0" in words(said)
        else:
            assert words(said).endswith(" cancel")
            where = words(said).removeprefix("the contributions to ").removesuffix(" cancel")
            terms = [number_of(gradients.product(results)) for _, results in gradients.contributions(where)]
            assert any(terms)
            assert sum(term or 0 for term in terms) == 0
            assert where == name or list_paths(graph, name, where)


@pytest.mark.parametrize(
    ("document", "name", "reason"),
    [
        ("inputs: {x: 1}\nnodes: {a: 2*x, b: -2*x, L: a + b}\n", "x", "the contributions to x cancel"),
        # a dead unit stands beside, and is not the reason
        (
            "inputs: {x: 1}\nnodes: {d: relu(-x), a: 2*x, b: -2*x, L: a + b + d}\n",
            "x",
            "the contributions to x cancel",
        ),
        ("inputs: {x: 1}\nnodes: {h: 3*x, a: 2*h, b: -2*h, L: a + b}\n", "x", "the contributions to h cancel"),
        # a quantity that is not zero is read beside, along an edge that is
        (
            "inputs: {x: 0}\nnodes: {n: x^2, h: 3*x, a: 2*h, b: -2*h, L: a + b + n}\n",
            "x",
            "the contributions to h cancel",
        ),
        (
            "inputs: {x: -1, y: 1}\nnodes: {a: relu(x), b: relu(3*x), L: a*y + b}\n",
            "x",
            "∂a/∂x = 0, since x = -1 < 0 and ∂b/∂x = 0",
        ),
        ("inputs: {x: 2, y: 0}\nnodes: {a: x*y, L: a}\n", "x", "∂a/∂x = 0, since y = 0"),
        ("inputs: {x: 0}\nnodes: {a: x^2, L: 3*a}\n", "x", "∂a/∂x = 0"),
        ("inputs: {x: 2, z: 1}\nnodes: {a: 3*x, L: z}\noutput: L\n", "x", "no path leads from x to L"),
    ],
)
def test_a_zero_says_why(document: str, name: str, reason: str) -> None:
    graph = graph_of(document)
    gradients = Gradients(Sheet(graph, Settings()), "L", [name])
    assert words(why_zero(gradients, name)).startswith(reason)


# ---- generic values


@pytest.mark.parametrize("count", [1, 2, 7, 8, 9, 14, 15, 22])
def test_generic_values_are_all_different(count: int) -> None:
    """Two letters with one value would let a wrong formula come out right, or stand on a tie; and values stay small."""
    leaves = {f"x{place}": Leaf(f"x{place}", "input", None) for place in range(count)} | {
        "c": Leaf("c", "constant", Fraction(5))
    }
    graph = Graph("letters", leaves, {"L": Node.of("L", parse("x0"))}, output="L")
    seen = []
    for shift in range(3):
        filled = _filled(graph, shift).leaves
        values = [filled[f"x{place}"].value for place in range(count)]
        assert len(set(values)) == count
        assert all(value is not None and 0 < value < 2 * (1 + (count - 1) // 7) for value in values)
        assert filled["c"].value == 5
        seen.append(values)
    assert seen[0] != seen[1] != seen[2] != seen[0]


@pytest.mark.parametrize("count", [2, 8, 9])
def test_many_letters_are_checked(count: int) -> None:
    letters = ", ".join(f"x{place}: " for place in range(count))
    formula = " + ".join(f"{place + 2}*x{place}*x{(place + 1) % count}" for place in range(count))
    derivation = backward(
        graph_of(f"inputs: {{{letters}}}\nnodes: {{s: {formula}, L: tanh(s/100)*s}}\n"), ["x0", "x1"], Settings()
    )
    assert [check.ok for check in derivation.checks if "difference" in check.name] == [True, True]


def test_a_letter_that_arrives_has_a_generic_value_too() -> None:
    graph = graph_of("inputs: {x: , y: 2}\nnodes: {L: x*y}\nupstream: g\n")
    filled = _filled(graph, 0).leaves
    assert filled["g"].value == Fraction(9, 10)
    assert filled["y"].value == 2
    assert all(check.ok for check in backward(graph, ["x", "y"], Settings()).checks)


# ---- structure


@st.composite
def acyclic(draw: st.DrawFn) -> Graph:
    """Quantities that read some of those before them, written in any order."""
    count = draw(st.integers(2, 7))
    leaves = {"a": Leaf("a", "input", Fraction(1)), "b": Leaf("b", "input", Fraction(2))}
    names, nodes = list(leaves), []
    for place in range(count):
        reads = draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True))
        nodes.append(Node.of(f"n{place}", parse(" + ".join(reads))))
        names.append(f"n{place}")
    shuffled = draw(st.permutations(nodes))
    return Graph("any", leaves, {node.name: node for node in shuffled}, output=f"n{count - 1}")


def walks(graph: Graph, here: str, end: str) -> list[tuple[str, ...]]:
    """Every way from here to the end, by trying them all."""
    if here == end:
        return [(here,)]
    return [
        (here, *rest)
        for node in graph.nodes.values()
        for read in node.reads
        if read == here
        for rest in walks(graph, node.name, end)
    ]


@QUICK
@given(acyclic())
def test_paths_are_those_that_walking_finds(graph: Graph) -> None:
    assert graph.output is not None
    counts = path_counts(graph, graph.output)
    assert set(counts) == graph.ancestors([graph.output])
    longest = 0
    for source in (*graph.leaves, *graph.nodes):
        found = walks(graph, source, graph.output)
        listed = [(source, *(edge[1] for edge in path)) for path in list_paths(graph, source, graph.output)]
        assert sorted(listed) == sorted(found)
        assert len(found) == count_paths(graph, source, graph.output) == counts.get(source, 0)
        assert fact(graph, "paths", (source, graph.output)) == len(found)
        assert between(graph, source, graph.output) == {name for way in found for name in way}
        ends = [walks(graph, source, end) for end in graph.nodes]
        longest = max([longest, *(len(way) - 1 for ways in ends for way in ways)])
    assert fact(graph, "longest_path", ()) == longest
    assert fact(graph, "edges", ()) == sum(len(node.reads) for node in graph.nodes.values())


def test_only_what_leads_to_the_end_is_entered() -> None:
    """Beyond a lie 2^200 ways that do not come back to it."""
    ladder = "".join(
        f"  l{place}: 2*s{place}\n  r{place}: 3*s{place}\n  s{place + 1}: l{place} + r{place}\n" for place in range(200)
    )
    graph = graph_of(f"inputs: {{x: 1}}\nnodes:\n  h: x + 1\n  a: h*x\n  s0: h + x\n{ladder}")
    assert list_paths(graph, "x", "a") == [(("x", "h", 0), ("h", "a", 0)), (("x", "a", 1),)]
    assert list_paths(graph, "a", "x") == []
    assert list_paths(graph, "h", "h") == [()]
    assert path_counts(graph, "a") == {"a": 1, "h": 1, "x": 2}
    assert (count_paths(graph, "x", "a"), count_paths(graph, "h", "h"), count_paths(graph, "a", "s0")) == (2, 1, 0)
    assert count_paths(graph, "x", "s200") == 2**201


@pytest.mark.parametrize(
    ("document", "scale"),
    [
        ("inputs: {x: }\nnodes: {a: 3*x, b: -3*x, L: a + b}\n", 6), ("inputs: {x: , y: 2}\nnodes: {a: x*y, L: a - "
                                                                     "3*x}\n", 5),
        ("inputs: {x: , y: 0}\nnodes: {a: x*y, L: a}\n", 0), ("inputs: {x: }\nnodes: {L: 2*x}\nupstream: -5\n", 10),
        ("functions: {f: }\ninputs: {x: }\nnodes: {L: 2*f(x)}\n", None),
    ],
)  # fmt: skip
def test_letters_are_filled_and_what_is_added_up_there_is_the_scale(document: str, scale: float | None) -> None:
    """As where all numbers are given; where a function is unspecified there is none."""
    graph = graph_of(document)
    for shift in range(3):
        generic = _Generic(Gradients(Sheet(graph, Settings()), "L", ["x"]), shift)
        assert (generic.known, generic.scales.get("x")) == (scale is not None, scale)


@pytest.mark.parametrize(
    ("inputs", "nodes", "order"),
    [
        ("z: 1, y: 2", "c: z*y, b: c + y, a: c + z, L: a + b", "z y c b a L"),
        ("z: 1, y: 2", "L: a + b, a: c + z, b: c + y, c: z*y", "z y c a b L"),
        ("x: 1", "b: 2*x, a: 3*x, c: a + b", "x b a c"), ("x: 1", "c: a + b, b: 2*x, a: 3*x", "x b a c"),
        ("y: 1, x: 2", "k: x, h: y, a: h*k", "y x k h a"), ("b: 1, a: 2", "d: b, c: a, f: c, e: d", "b a d c f e"),
    ],
)  # fmt: skip
def test_where_an_order_leaves_a_choice_it_is_the_authors(inputs: str, nodes: str, order: str) -> None:
    assert Structure(graph_of(f"inputs: {{{inputs}}}\nnodes: {{{nodes}}}\n")).order == tuple(order.split())


@QUICK
@given(acyclic())
def test_an_order_is_one_and_said_to_be_the_only_one_where_it_is(graph: Graph) -> None:
    structure = Structure(graph)
    order = structure.order
    assert order is not None
    assert sorted(order) == sorted(graph.names)
    assert all(order.index(source) < order.index(target) for source, target in structure.edges)
    assert (fact(graph, "is_dag", ()), fact(graph, "self_loops", ())) == ("true", 0)
    if len(order) <= 5:
        allowed = [
            other
            for other in permutations(order)
            if all(other.index(source) < other.index(target) for source, target in structure.edges)
        ]
        assert fact(graph, "unique_order", ()) == ("true" if len(allowed) == 1 else "false")
    assert set(structure.sources) == {
        name for name in graph.names if not any(target == name for _, target in structure.edges)
    }
    assert set(structure.sinks) == {
        name for name in graph.names if not any(source == name for source, _ in structure.edges)
    }


@QUICK
@given(acyclic())
def test_adjoints_are_sums_over_all_paths(graph: Graph) -> None:
    """Of a graph of sums the gradient is the number of paths, also by accumulation, and its scale too."""
    assert graph.output is not None
    gradients = Gradients(Sheet(graph, Settings()), graph.output, list(graph.leaves))
    scales = gradients.scales()
    for name in graph.leaves:
        ways = len(walks(graph, name, graph.output))
        assert (number_of(gradients.adjoint(name)) or 0) == ways
        assert scales.get(name, 0) == ways
    assert gradients.order[0] == graph.output
    place = {name: number for number, name in enumerate(gradients.order)}
    assert all(place[reader] < place[name] for name in gradients.order for reader, _ in gradients.edges(name))
