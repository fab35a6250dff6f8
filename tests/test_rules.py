"""Every row of the tables, found by being there: its partials against finite differences and SymPy, its stable forms,
its source.
"""

from __future__ import annotations

import math
import random
from fractions import Fraction

import pytest
import sympy

from stepper.core.expr import Array, Call, Expr, Index, Num, Number, Sym, Value
from stepper.core.formula import text
from stepper.core.graph import Graph, Leaf, Node
from stepper.core.parser import parse
from stepper.core.traverse import names, walk
from stepper.engine.graph.backward import backward
from stepper.engine.values.definitions import define, lower, spread, unfold
from stepper.engine.values.differentiate import partials
from stepper.engine.values.equations import Sheet
from stepper.engine.values.evaluate import evaluate
from stepper.engine.values.precision import precise
from stepper.engine.values.quantities import Settings
from stepper.engine.values.symbolic import to_sympy
from stepper.engine.values.vocabulary import Vocabulary
from stepper.errors import StepperError
from stepper.read.program import read_program
from stepper.render.formats import WHOLE, render
from stepper.render.look import Look
from stepper.tables.layers import LAYER_ROWS, LAYERS
from stepper.tables.row import FunctionRow
from stepper.tables.table import BY_ANY_NAME, ROWS

CASES = [(row, variant) for row in ROWS.values() for variant in (list(row.variants) or [""])]
IDS = [f"{row.name}:{variant}" if variant else row.name for row, variant in CASES]


def call_of(row: FunctionRow) -> Expr:
    """A call with three elements in each list, class 2, and a name for each other parameter; of a list the third
    element.
    """
    arguments: list[Expr] = []
    for name, _, kind in row.signature():
        kinds: dict[str, Expr] = {
            "list": Array(tuple(Sym(f"{name}{place}") for place in (1, 2, 3))),
            "class": Num("2"),
            "number": Sym(name),
        }
        arguments.append(kinds[kind])
    call = Call(row.name, tuple(arguments))
    return Index(call, (Num("3"),)) if row.element else call


def vocabulary_of(row: FunctionRow, variant: str) -> Vocabulary:
    return Vocabulary({}, {row.name: variant} if variant else {})


def points(row: FunctionRow, count: int = 8) -> list[dict[str, Number]]:
    """Points inside the domain: tried until the row has a value there."""
    chance = random.Random(row.name)
    found: list[dict[str, Number]] = []
    for _ in range(400):
        point: dict[str, Number] = {text(name): Fraction(chance.randint(-200, 200), 73) for name in names(call_of(row))}
        try:
            if evaluate(call_of(row), point, Vocabulary({}, {})) is not None:
                found.append(point)
        except StepperError:
            continue
        if len(found) == count:
            break
    assert found, f"no point of the domain of {row.name} was found"
    return found


@pytest.mark.parametrize("row", ROWS.values(), ids=lambda row: row.name)
def test_a_row_is_whole(row: FunctionRow) -> None:
    assert row.source
    assert sum(map(bool, (row.value, row.machine, row.fold, row.variants))) == 1, "one way to its value"
    parameters = {name for name, _, _ in row.signature()}
    assert set(row.partials) <= parameters
    assert set(row.stable) <= {"", *parameters}
    if row.machine:
        assert set(row.partials) == parameters, "a primitive cannot be differentiated from its definition"
    if row.listed:
        assert row.listed in ROWS
    if row.domain:
        assert {text(name) for name in names(parse(f"where({row.domain}, 0, 0)"))} <= parameters


def test_no_name_means_two_rows() -> None:
    assert len(BY_ANY_NAME) == sum(1 + len(row.aliases) for row in ROWS.values())


NO_FUNCTION = {
    "Identity", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout", "DropPath",
    "LocalResponseNorm", "Add", "Mul", "Activation", "Softmax2d",
}  # fmt: skip
"""Layers with nothing to learn that keep every shape, and are no functions: they do nothing, draw lots, or take another
layer's name.
"""


def test_every_activation_that_is_a_layer_is_a_function_too() -> None:
    """PyTorch's torch.nn.Hardswish is torch.nn.functional.hardswish."""
    plain = {
        row.name: row
        for row in LAYERS
        if not row.require and not row.size and not row.weights and row.receptive != "all"
    }
    kept = {
        name
        for name, row in plain.items()
        if not (row.shape or row.split or row.merge or row.channels or row.append or row.stacks)
    }
    activations = kept - NO_FUNCTION | {"PReLU", "GLU"}
    assert {"Mish", "ReLU6", "CELU", "Hardshrink", "Softmin"} <= activations
    for name in activations:
        known = BY_ANY_NAME.get(name.lower()) or BY_ANY_NAME[LAYER_ROWS[name].aliases[0]]
        if known.symbol.isascii() and (symbol := known.symbol.removeprefix("=")):
            assert symbol == name
            assert name in known.aliases


@pytest.mark.parametrize(
    ("call", "value"),
    [
        ("relu6(7)", 6.0), ("relu6(-1)", 0.0), ("celu(-2, 2)", 2 * (math.exp(-1) - 1)), ("celu(3, 2)", 3.0),
        ("prelu(-4)", -1.0), ("rrelu(-48)", -11.0), ("hardswish(-3)", 0.0), ("hardswish(1)", 2 / 3),
        ("hardswish(4)", 4.0), ("hardsigmoid(1)", 2 / 3), ("hardsigmoid(9)", 1.0), ("logsigmoid(0)", -math.log(2)),
        ("logsigmoid(-1000)", -1000.0), ("mish(1)", 0.8650983882673103), ("glu(3, 0)", 1.5),
        ("tanhshrink(1)", 1 - math.tanh(1)), ("softshrink(2)", 1.5), ("softshrink(-2, 1)", -1.0),
        ("softshrink(1/4)", 0.0), ("hardshrink(2)", 2.0), ("hardshrink(1/2)", 0.0), ("threshold(1, 2, 20)", 20.0),
        ("threshold(3, 2, 20)", 3.0), ("softmin([0, 0])[1]", 0.5), ("celu(2000)", 2000.0), ("mish(-800)", 0.0),
    ],
)  # fmt: skip
def test_activations_as_pytorch_defines_them(call: str, value: float) -> None:
    graph = read_program(f"f = {call}", "-e")
    found = Sheet(graph, Settings()).numbers["f"]
    assert math.isclose(float(found), value, rel_tol=1e-12, abs_tol=1e-300)


@pytest.mark.parametrize(("row", "variant"), CASES, ids=IDS)
def test_partials_are_the_slopes(row: FunctionRow, variant: str) -> None:
    """Each partial, in both its forms, against a central difference at 50 digits; where the gradient stops it is 0."""
    if row.stops:
        assert set(row.partials.values()) == {"0"}
        return
    vocabulary, call, fine = vocabulary_of(row, variant), call_of(row), precise()
    step = Fraction(1, 10**15)
    forms = [partials(call, vocabulary, stable=stable) for stable in (False, True)]
    for point in points(row):
        for name in dict.fromkeys(name for form in forms for name in form):
            key = text(name)
            above, below = ({**point, key: Fraction(point[key]) + sign * step} for sign in (1, -1))
            high, low = (evaluate(call, at, vocabulary, 0, fine) for at in (above, below))
            assert high is not None
            assert low is not None
            slope = (high - low) / (2 * fine.number(step))
            for form in forms:
                found = evaluate(form[name], point, vocabulary)
                assert found is not None
                assert abs(float(slope) - float(found)) < 1e-8 * max(1.0, abs(float(found))), (key, point)


@pytest.mark.parametrize(("row", "variant"), CASES, ids=IDS)
def test_partials_equal_sympys(row: FunctionRow, variant: str) -> None:
    """Proved where SymPy can, else at 30 digits."""
    if row.stops:
        return
    vocabulary, call = vocabulary_of(row, variant), call_of(row)
    value = to_sympy(call, vocabulary)
    for name, partial in partials(call, vocabulary).items():
        difference = sympy.diff(value, to_sympy(name, vocabulary)) - to_sympy(partial, vocabulary)
        # SymPy takes minutes to simplify case distinctions, and proves nothing of them: those are compared at points
        if (
            not difference.has(sympy.Piecewise, sympy.Max, sympy.Min, sympy.Heaviside)
            and sympy.simplify(difference) == 0
        ):
            continue
        if difference.has(sympy.Derivative, sympy.Subs):
            continue  # SymPy leaves the derivative of a floor unevaluated; the slopes above have settled it
        for point in points(row, 4):
            numbers = {
                to_sympy(parse(key), vocabulary): to_sympy(Value(number), vocabulary) for key, number in point.items()
            }
            assert abs(difference.subs(numbers).evalf(30)) < 1e-20


@pytest.mark.parametrize("row", [row for row in ROWS.values() if row.stable], ids=lambda row: row.name)
def test_stable_forms_say_the_same(row: FunctionRow) -> None:
    vocabulary, fine = Vocabulary({}, {}), precise()
    for point in points(row):
        plain = evaluate(define(call_of(row), vocabulary), point, vocabulary, 0, fine)
        stable = evaluate(lower(call_of(row), vocabulary), point, vocabulary, 0, fine)
        assert plain is not None
        assert stable is not None
        assert abs(float(plain - stable)) < 1e-40


@pytest.mark.parametrize("at", [-1e6, -800.0, -40.0, 40.0, 800.0, 1e6])
@pytest.mark.parametrize("row", [row for row in ROWS.values() if row.stable], ids=lambda row: row.name)
def test_stable_forms_neither_overflow_nor_fail_far_out(row: FunctionRow, at: float) -> None:
    vocabulary, call = Vocabulary({}, {}), call_of(row)
    point = {text(name): at for name in names(call)}
    for form in (call, *partials(call, vocabulary, stable=True).values()):
        assert evaluate(form, point, vocabulary) is not None


@pytest.mark.parametrize(("row", "at"), [(row, at) for row in ROWS.values() for at in row.exact], ids=str)
def test_exact_values_are_exact(row: FunctionRow, at: str) -> None:
    found = evaluate(parse(f"{row.name}({at})"), {}, Vocabulary({}, {}), 0, precise())
    assert found == Fraction(row.exact[at])


@pytest.mark.parametrize(("row", "variant"), CASES, ids=IDS)
def test_every_row_prints_in_every_format(row: FunctionRow, variant: str) -> None:
    point = points(row, 1)[0]
    leaves = {key: Leaf(key, "parameter", number) for key, number in point.items()}
    graph = Graph(
        row.name, leaves, {"out_": Node.of("out_", call_of(row))}, conventions={row.name: variant} if variant else {}
    )
    derivation = backward(graph, [next(iter(leaves))], Settings())
    assert all(check.ok is not False for check in derivation.checks)
    for name in WHOLE:
        assert render(name, derivation, Look()), name


def test_losses_are_shown_by_their_definition() -> None:
    written = text(unfold(parse("mse([a, b], [c, d])"), Vocabulary({}, {})))
    assert written == "((a - c)^2 + (b - d)^2)/2"


@pytest.mark.parametrize(("kind", "shown"), [("mean", "2*(a - c)/2"), ("half_sum", "a - c"), ("sum", "2*(a - c)")])
def test_a_convention_chooses_the_variant(kind: str, shown: str) -> None:
    found = partials(parse("mse([a, b], [c, d])"), Vocabulary({}, {"mse": kind}))
    assert text(found[Sym("a")]) == shown


def test_index_picks_an_element() -> None:
    assert spread(Index(Array((Sym("a"), Sym("b"))), (Num("2"),)), Vocabulary({}, {})) == Sym("b")
    assert not any(isinstance(part, Array) for part in walk(lower(parse("mean([a, b])"), Vocabulary({}, {}))))
