"""Laws of what is shown: lines of listings hold, tables of graphs count, SymPy reads as it writes."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given

from stepper.core.expr import Call, Expr, Number
from stepper.core.formula import number_of, text
from stepper.core.graph import Graph
from stepper.core.numbers import Rounding
from stepper.core.parser import parse
from stepper.core.steps import Derivation, Equation, Step, Table, Trail
from stepper.engine.graph.adjoints import Gradients
from stepper.engine.graph.rounding_by_hand import by_hand_step
from stepper.engine.graph.structure import describe
from stepper.engine.layers.counting import Count
from stepper.engine.layers.network import work
from stepper.engine.layers.receptive_field import fields
from stepper.engine.layers.shapes import shapes
from stepper.engine.layers.sizes import integer, number, settle
from stepper.engine.values.canonical import canonical, same
from stepper.engine.values.equations import Sheet
from stepper.engine.values.evaluate import evaluate
from stepper.engine.values.polynomial import NoSize
from stepper.engine.values.quantities import Settings
from stepper.engine.values.symbolic import closed_form, derives, equal, from_sympy, to_sympy
from stepper.engine.values.vocabulary import Vocabulary
from stepper.read.network import load_network
from tests.helpers import graph_of
from tests.test_laws_graphs import QUICK, acyclic, walks
from tests.test_laws_listings import NETWORKS

PLAIN = Vocabulary({}, {})


def cell(prose: object) -> str:
    assert isinstance(prose, tuple)
    return "".join(part if isinstance(part, str) else text(part) for part in prose)


def rows(step: Step) -> list[list[str]]:
    (table,) = [block for block in step.body if isinstance(block, Table)]
    return [[cell(part) for part in row] for row in table.rows]


def step_named(derivation: Derivation, rule: str) -> Step:
    return next(step for _, step in derivation.walk() if step.rule == rule)


# ---- listings

AXES = ("depth", "height", "width", "length")
LISTINGS = [
    *NETWORKS,
    (
        "ConvTranspose2d(3, 4, 3, stride=2, padding=1, output_padding=1) -> BatchNorm2d(4) -> AvgPool2d(2) -> Flatten "
        "-> Linear(256, 3)",
        "3x8x8",
    ),
    ("Embedding(100, 8) -> LSTM(8, 16, bidirectional=True) -> Linear(32, 5)", "12"),
    ("Conv1d(2, 4, 3, padding=same) -> GroupNorm(2, 4) -> PReLU -> MaxPool1d(2)", "2x16"),
    ("Conv3d(1, 2, (1, 3, 3), dilation=(1, 2, 1)) -> AdaptiveAvgPool3d(1) -> Flatten", "1x4x9x9"),
    ("Conv2d(C, 2*C, 3, padding=1) -> ReLU -> Conv2d(2*C, 4, 1, bias=False)", "Cxhxh"),
]  # fmt: skip


@pytest.mark.parametrize(("listing", "shape"), LISTINGS)
def test_every_line_of_a_listing_holds(listing: str, shape: str) -> None:
    """What stands between equals signs is one size, with numbers or letters; the table has the sizes that were
    worked.
    """
    network = load_network(None, listing, shape, None)
    derivation, problem = shapes(network, {}, Count(field_of=network.layers[0].name))
    assert problem is None
    seen = 0
    for _, step in derivation.walk():
        for block in step.body:
            if isinstance(block, Equation) and len(block.links) > 1:
                try:
                    sides = {settle(link.expr, {}) for link in block.links if text(link.expr) not in AXES}
                except NoSize:
                    continue
                assert len(sides) == 1, (text(block.left), [text(link.expr) for link in block.links])
                seen += 1
    assert seen >= len(network.layers) // 2
    found = work(network, {})
    table = rows(step_named(derivation, "shapes.table"))
    assert [row[0] for row in table] == ["input", *(done.layer.name for done in found.layers), "total"]
    for row, done in zip(table[1:], found.layers, strict=False):
        plain = [integer(size) for size in done.output]
        if None not in plain:
            assert row[2] == "×".join(map(str, plain))
        assert row[3].replace("\u202f", "") == text(done.parameters)


@pytest.mark.parametrize(("listing", "shape"), NETWORKS[:2])
def test_receptive_fields_are_shown_as_they_are(listing: str, shape: str) -> None:
    network = load_network(None, listing, shape, None)
    found = work(network, {})
    seen = fields(found.layers)
    for done in found.layers:
        field = seen[done.layer.name]
        assert field is not None
        derivation, _ = shapes(network, {}, Count(field_of=done.layer.name))
        lines = [block for block in step_named(derivation, "shapes.needs").body if isinstance(block, Equation)]
        forwards = [line for line in lines if text(line.left).startswith("r_")]
        backwards = [line for line in lines if text(line.left).startswith("n_")]
        assert len(forwards) == len(backwards)
        assert all(number(settle(line.links[0].expr, {})) == number_of(line.links[1].expr) for line in lines)
        if forwards and not field.whole:
            assert number_of(forwards[-1].links[-1].expr) == field.size == number_of(backwards[-1].links[-1].expr)


@pytest.mark.parametrize(("unit", "first", "last"), [((0, 0), (-1, -1), (1, 1)), ((3, 1), (5, 1), (7, 3))])
def test_the_interval_of_a_unit(unit: tuple[int, int], first: tuple[int, int], last: tuple[int, int]) -> None:
    network = load_network(None, NETWORKS[0][0], "3x16x16", None)
    derivation, problem = shapes(network, {}, Count(field_of="c1", unit=unit))
    assert problem is None
    lines = {
        text(block.left): block for block in step_named(derivation, "shapes.unit").body if isinstance(block, Equation)
    }
    for place, axis in enumerate(("row", "column")):
        for word, ends in (("first", first), ("last", last)):
            line = lines[f"{word}_{axis}"]
            assert number_of(line.links[-1].expr) == ends[place] == evaluate(line.links[0].expr, {}, PLAIN)
    assert ("the rest padding" in str(step_named(derivation, "shapes.unit").body)) is (min(first) < 0)


# ---- graphs


@QUICK
@given(acyclic())
def test_tables_of_a_graph_count_its_edges_and_paths(graph: Graph) -> None:
    matrix, edges = describe(graph, matrix=True), describe(graph, matrix=False)
    names = graph.names
    table = rows(step_named(matrix, "draw.adjacency"))
    for row in table:
        assert [int(entry) for entry in row[1:]] == [
            graph.nodes[name].reads.count(row[0]) if name in graph.nodes else 0 for name in names
        ]
    assert [row[0] for row in table] == list(names)
    reads = {row[0]: row[1].split(", ") for row in rows(step_named(edges, "draw.edges"))}
    assert reads == {node.name: list(node.reads) for node in graph.nodes.values()}
    for derivation in (matrix, edges):
        (trail,) = [block for block in step_named(derivation, "draw.order").body if isinstance(block, Trail)]
        assert [text(name) for name in trail.nodes] == list(graph.order and step_named(derivation, "draw.order").uses)
        counts = [step for _, step in derivation.walk() if step.rule == "draw.paths"]
        for step in counts:
            source = step.id.partition(":")[2]
            for block in step.body:
                assert isinstance(block, Equation)
                assert isinstance(block.left, Call)
                start, end = (text(argument) for argument in block.left.arguments)
                assert start == source
                ways = len(walks(graph, start, end))
                assert number_of(block.links[-1].expr) == ways
                assert evaluate(block.links[1].expr, {}, PLAIN) == ways
        longest = step_named(derivation, "draw.longest")
        length = {entry.name: entry.number for entry in derivation.answers}["longest_path()"]
        assert len(longest.uses) == (length or 0) + 1
        assert f"{len(longest.uses) - 1} edges" in cell(longest.title)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("edges: [a -> b -> a]\n", "The graph has a cycle"), ("edges: [a -> b, b -> b]\n", "b reads itself"),
        ("edges: [a -> a, b -> b, a -> b]\n", "a, b read their own values"),
        ("edges: [a -> b -> c]\n", "The only order"),
        ("edges: [a -> b, a -> c]\n", "Not the only order: no edge joins b and c"),
    ],
)  # fmt: skip
def test_what_is_said_of_an_order(document: str, said: str) -> None:
    step = step_named(describe(graph_of(document), matrix=False), "draw.order")
    assert said in " ".join(cell(block.text) for block in step.body if hasattr(block, "text"))


# ---- one form

RATIONAL = [
    ("(1 - a)*(1 + a)", "1 - a^2"), ("x*y/(x*z)", "y/z"), ("(x^2 + x*y)/x", "x + y"), ("1/x + 1/y", "(x + y)/(x*y)"),
    ("x/(y/z)", "x*z/y"),
    ("-(x - y)/2", "y/2 - x/2"), ("x^3/x^5", "x^-2"), ("2*x/(4*y)", "x/y/2"), ("(x + 1)^2/(2*x + 2)", "(x + 1)/2"),
    ("x^(3/2)*x^(1/2)", "x*x^(1/2)*x^(1/2)"),
    ("exp(x + x)", "exp(2*x)"), ("f(y*x)", "f(x*y)"), ("x - x", "0"), ("x*y - y*x + z", "z"),
    ("(a*x + b*x)/(c*x*x)", "(a + b)/(c*x)"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), RATIONAL)
def test_equal_formulas_are_the_same_and_no_others(one: str, other: str) -> None:
    left, right = parse(one), parse(other)
    assert same(left, right) is True
    assert same(right, left) is True
    for spoilt in (f"({other}) + x/7", f"({other})*2 + 1", f"-({other}) + y"):
        assert same(left, parse(spoilt)) is not True
    form = canonical(left)
    assert canonical(form) == form
    assert same(form, right) is True


# ---- SymPy

EXPRESSIONS = [
    "x*y - x/y + 3", "-x^3 + y^2 - 1/2", "(x + y)^-2", "-(x - y)/(2*x)", "exp(-x^2)*y",
    "log(x^2 + y^2)/3", "sqrt(x^2 + 1)",
    "x^(1/2)*y^(-3/2)", "1/(x*y)",
    "f(x*y) - f(x)",
]  # fmt: skip


@pytest.mark.parametrize("written", EXPRESSIONS)
def test_sympy_reads_and_writes_alike(written: str) -> None:
    """A formula handed over and taken back, as it is and in closed form, has the same value; and is proved equal to
    itself alone.
    """
    graph = graph_of("functions:\n  f:\ninputs: {x: }\nnodes: {L: f(x)}\n")
    vocabulary = Vocabulary(graph.functions, {})
    expr = parse(written)
    back, closed = from_sympy(to_sympy(expr, vocabulary)), closed_form(expr, vocabulary)
    for found in (back, closed):
        assert found is not None or "f(" in written
        if found is None or "f(" in written:
            continue
        values = _values(expr), _values(found)
        assert values[1] == pytest.approx(values[0], rel=1e-12)
    assert equal(expr, expr, vocabulary)
    assert equal(parse(f"({written}) + x - x"), expr, vocabulary)
    assert not equal(parse(f"({written}) + x/1000"), expr, vocabulary)
    assert not equal(parse(f"-({written})"), expr, vocabulary)


def _values(expr: Expr) -> list[float]:
    from stepper.core.graph import Leaf, Node

    found = []
    for x, y in ((Fraction(3, 2), Fraction(2, 3)), (Fraction(1, 4), Fraction(7, 3))):
        leaves = {"x": Leaf("x", "input", x), "y": Leaf("y", "input", y)}
        sheet = Sheet(Graph("", leaves, {"L": Node.of("L", expr)}), Settings())
        found.append(float(sheet.numbers["L"]))
    return found


@pytest.mark.parametrize(
    ("formula", "derivative"),
    [
        ("x^3*y", "3*x^2*y"), ("exp(x*y)", "y*exp(x*y)"), ("log(x)/y", "1/(x*y)"),
        ("where(x > 0, x^2, x)", "where(x > 0, 2*x, 1)"),
        ("f(x)^2", "2*f(x)*f'(x)"), ("y^2", "0"), ("sigmoid(x)", "sigmoid(x)*(1 - sigmoid(x))"),
        ("-x/(1 + x)", "-1/(1 + x)^2"),
    ],
)  # fmt: skip
def test_sympy_proves_derivatives(formula: str, derivative: str) -> None:
    from stepper.core.expr import Sym

    vocabulary = Vocabulary(graph_of("functions:\n  f:\ninputs: {x: }\nnodes: {L: f(x)}\n").functions, {})
    assert derives(parse(formula), Sym("x"), parse(derivative), {}, vocabulary) is True
    assert derives(parse(formula), Sym("x"), parse(f"({derivative}) + 1/100"), {}, vocabulary) is not True
    if "f" not in formula and "where" not in formula:
        assert derives(parse(formula), Sym("x"), parse(f"({derivative})*2 - y"), {}, vocabulary) is False


# ---- by hand


@pytest.mark.parametrize("digits", [1, 2, 3, 12])
def test_by_hand_each_value_is_rounded_before_it_is_used(digits: int) -> None:
    """A loop over the formulas with every number cut; with many digits nothing parts from the full precision."""
    graph = graph_of(
        "inputs: {x: 1.237, y: 2}\nparameters: {w: 0.333, b: 0.1}\nnodes: {z: w*x + b, a: tanh(z), e: a - y, L: e^2}\n"
    )
    gradients = Gradients(Sheet(graph, Settings(round_steps=Rounding(digits, significant=True))), "L", ["w"])
    table = {row[0]: row for row in rows(by_hand_step(gradients, ["w"]))}
    hand: dict[str, Number] = {name: leaf.value for name, leaf in graph.leaves.items() if leaf.value is not None}
    for name, node in graph.nodes.items():
        assert node.formula is not None
        value = evaluate(node.formula, hand, PLAIN)
        assert value is not None
        hand[name] = Rounding(digits, significant=True)(value)
        shown_hand, shown_full = (float(Fraction(entry)) for entry in table[name][1:3])
        assert shown_hand == pytest.approx(float(hand[name]), rel=1e-12)
        assert shown_full == pytest.approx(float(gradients.sheet.numbers[name]), rel=1e-9)
        assert (table[name][3] == "differs") is (
            hand[name] != Rounding(digits, significant=True)(gradients.sheet.numbers[name])
        )
    slopes = [
        Rounding(digits, significant=True)(evaluate(parse(formula), hand, PLAIN) or Fraction(0))
        for formula in ("2*e", "1", "1 - tanh(z)^2", "x")
    ]
    carried: Number = Fraction(1)
    for slope in slopes:
        carried = Rounding(digits, significant=True)(carried * slope)
    assert float(Fraction(table["dL/dw"][1])) == pytest.approx(float(carried), rel=1e-9)
    parted = [name for name, row in table.items() if row[3]]
    said = cell(next(block.text for block in by_hand_step(gradients, ["w"]).body if hasattr(block, "text")))
    assert said == (
        f"The first to differ from its value in full precision is {parted[0]}."
        if parted
        else "No quantity differs from its value in full precision."
    )
