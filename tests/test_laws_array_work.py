"""Laws of what works formulas of arrays out: by letters, by exact numbers and in floats alike; what has no value is
told.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any, cast

import numpy as np
import pytest

from stepper.core.arrays import ArrayGraph
from stepper.core.expr import Call
from stepper.core.formula import number_of, text
from stepper.core.graph import Function
from stepper.core.parser import parse
from stepper.core.traverse import meant
from stepper.engine.tensor.calls import of_arrays
from stepper.engine.tensor.entries import Entries, Exact, NeedsNumbers, element, entry_expr, numbers, symbols
from stepper.engine.tensor.evaluate import Worker
from stepper.engine.tensor.floats import RUN, FloatWorker
from stepper.engine.tensor.quantities import Board
from stepper.engine.values.evaluate import evaluate
from stepper.engine.values.many import WHOLE
from stepper.engine.values.quantities import Settings
from stepper.engine.values.vocabulary import Vocabulary
from stepper.errors import StepperError
from stepper.read.graph import read_graph

PLAIN = Vocabulary({}, {})
VALUES: dict[str, Any] = {
    "x": [2, -1, 0.5],
    "y": [1, 3, 2],
    "A": [[1, 2, 3], [4, -5, 6]],
    "k": 3,
    "q": [0.25],
    "M": [[1, 0, 1], [0, 1, 1]],
}


def arrays_of(document: str) -> ArrayGraph:
    graph = read_graph(document, "g.yaml")
    assert isinstance(graph, ArrayGraph)
    return graph


def plain(entries: Entries) -> Any:
    found = [number_of(entry_expr(entry)) for entry in entries.ravel()]
    assert None not in found
    return np.array([float(cast(float, number)) for number in found]).reshape(entries.shape)


def exact(values: Any) -> Entries:
    array = np.array(values, dtype=float)
    return numbers([Fraction(float(entry)) for entry in array.ravel()], array.shape)


KNOWN = {name: exact(values) for name, values in VALUES.items()}


def relu(array: Any) -> Any:
    return np.maximum(array, 0)


def huber(x: Any, y: Any, delta: float) -> Any:
    far = np.abs(x - y)
    return np.mean(np.where(far <= delta, far**2 / 2, delta * (far - delta / 2)))


WAYS: list[tuple[str, Callable[..., Any]]] = [
    # constants, powers, joining
    ("pi*x", lambda x, **_: math.pi * x), ("e^x - pi", lambda x, **_: math.e**x - math.pi), ("pi", lambda **_: math.pi),
    ("2^x", lambda x, **_: 2**x), ("y^-2 - y^-1", lambda y, **_: y**-2 - y**-1), ("A^3", lambda A, **_: A**3),
    ("y^(1/2)", lambda y, **_: y**0.5),
    ("-x - y + k", lambda x, y, k, **_: -x - y + k), ("x/y*k/2", lambda x, y, k, **_: x / y * k / 2),
    ("1/y - x/2", lambda x, y, **_: 1 / y - x / 2),
    ("[x, y]", lambda x, y, **_: np.array([x, y])), ("[1, k, x[3]]", lambda x, k, **_: np.array([1, k, x[2]])),
    ("A[2]*x", lambda A, x, **_: A[1] * x), ("A[1, 3]*y", lambda A, y, **_: A[0, 2] * y),
    ("(A @ x)[2]", lambda A, x, **_: (A @ x)[1]), ("A.T @ A @ x", lambda A, x, **_: A.T @ A @ x),
    ("x @ A.T", lambda A, x, **_: x @ A.T),
    # functions of numbers, entry by entry: of one, of two, of arrays that are repeated
    ("relu(A) - abs(x)", lambda A, x, **_: relu(A) - np.abs(x)),
    ("leaky_relu(A, 1/4)", lambda A, **_: np.where(A > 0, A, A / 4)),
    ("hinge(A, x, k)", lambda A, x, k, **_: relu(k - A * x)),
    ("max([x, y, 1])", lambda x, y, **_: np.maximum(np.maximum(x, y), 1)),
    ("min([A, y])", lambda A, y, **_: np.minimum(A, y)), ("sigmoid(x)*y", lambda x, y, **_: y / (1 + np.exp(-x))),
    ("where(A >= x, A, -k)", lambda A, x, k, **_: np.where(x <= A, A, -k)),
    ("where(x == y - 4, 1, 0)", lambda x, y, **_: (x == y - 4) * 1.0),
    # functions of lists, of all entries; beside them numbers
    ("sse(x, y)*k", lambda x, y, k, **_: k * np.sum((x - y) ** 2)), ("mae(A, A + 1/2)", lambda **_: 0.5),
    ("huber(x, y, 2)", lambda x, y, **_: huber(x, y, 2)), ("huber(x, y, k)", lambda x, y, k, **_: huber(x, y, k)),
    ("huber(A, A*A)", lambda A, **_: huber(A, A * A, 1)),
    ("nll(x, 2)", lambda x, **_: -x[1]), ("nll(log_softmax(y), k)", lambda y, **_: -(y[2] - np.log(np.exp(y).sum()))),
    # of arrays, along lines and over windows
    ("max(A, 1) - min(A, 2)[1]", lambda A, **_: A.max(axis=0) - A[0].min()),
    ("max(A)*min(x)", lambda A, x, **_: A.max() * x.min()),
    ("softmax(A, 1)", lambda A, **_: np.exp(A) / np.exp(A).sum(axis=0)),
    ("masked_softmax(A, M)", lambda A, M, **_: M * np.exp(A) / (M * np.exp(A)).sum(axis=1, keepdims=True)),
    ("max_pool(A, 2, 1)", lambda A, **_: np.array([[max(1, 2, 4, -5), max(2, 3, -5, 6)]])),
    ("avg_pool1d(y, 2, 1)", lambda y, **_: (y[1:] + y[:-1]) / 2),
    ("max_pool1d(A, 2, 1, 1)", lambda A, **_: np.array([[1, 2, 3, 3], [4, 4, 6, 6]])),
    ("max_pool(x, 3, 2, 1)", lambda **_: np.array([2, 0.5])),
    ("norm(A)", lambda A, **_: np.sqrt((A * A).sum())), ("conv1d(x, y)", lambda x, y, **_: np.array([x @ y])),
]  # fmt: skip
NUMBERS_ONLY = (
    "max(A, 1) - min(A, 2)[1]", "max(A)*min(x)", "max_pool(A, 2, 1)", "max_pool1d(A, 2, 1, 1)", "max_pool(x, 3, 2, 1)",
    "masked_softmax(A, M)", "nll(log_softmax(y), k)",
)  # fmt: skip


@pytest.mark.parametrize(("formula", "expected"), WAYS, ids=[formula for formula, _ in WAYS])
def test_three_ways_come_to_one_array(formula: str, expected: Callable[..., Any]) -> None:
    """Exact numbers; floats; and the formulas of the entries, written by names, at the same numbers."""
    inputs = "".join(f"  {name}: {values}\n" for name, values in VALUES.items())
    graph = arrays_of(f"inputs:\n{inputs}nodes: {{z: '{formula}'}}\n")
    right = np.asarray(
        expected(**{name: np.array(values, dtype=float) for name, values in VALUES.items()}), dtype=float
    )
    for floating in (False, True):
        board = Board(graph, Settings(), floats=floating)
        found = board.known["z"]
        assert found.shape == right.shape == board.shapes["z"]
        assert plain(found) == pytest.approx(right, rel=1e-12, abs=1e-12)
        assert {str(array.dtype) for array in board.known.values()} == {"float64" if floating else "object"}
    if formula in NUMBERS_ONLY:
        return
    board = Board(graph, Settings())
    letters = Worker(PLAIN, {name: symbols(name, shape) for name, shape in board.shapes.items()})(
        cast(Any, graph.nodes["z"].formula)
    )
    numbers_of = {text(element(name, at)): Fraction(float(array[at])) for name in VALUES
                  for array in (np.array(VALUES[name], dtype=float),) for at in np.ndindex(*array.shape)}  # fmt: skip
    assert letters.shape == right.shape
    for at in np.ndindex(*right.shape):
        assert evaluate(entry_expr(letters[at]), numbers_of, PLAIN) == pytest.approx(right[at], rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("kind", ["letters", "numbers", "floats"])
@pytest.mark.parametrize(
    ("formula", "what", "hint"),
    [
        ("A[k]", "the index of A[k] is not an integer", ""), ("A[3/2]", "the index of A[3/2] is not an integer", ""),
        ("A[0]", "A[0] does not exist", "the array is 2×3; elements are counted from 1"),
        ("A[3]", "A[3] does not exist", "the array is 2×3"),
        ("A[1, 4]", "A[1, 4] does not exist", "2×3"), ("A[1, 1, 1]", "A[1, 1, 1] does not exist", "2×3"),
        ("k[1]", "k[1] does not exist", "a number"),
        ("zz", "'zz' has no value here", ""), ("x + zz", "'zz' has no value here", ""),
        ("[x, k]", "the rows of [x, k] have different shapes", ""),
        ("A + y*0 + [1, 2]",
            "2×3 and 2 do not fit: axis -1 has the sizes 3 and 2", "sizes must be equal, or one of them 1"),
        ("A*[1, 2]", "2×3 and 2 do not fit", ""),
        ("x @ k", "@ takes arrays, but one side is a number", "a number times an array is written *"),
        ("A @ A",
            "2×3 @ 2×3 does not fit: the inner sizes differ, 3 columns against 2 rows", "transpose the right side: .T"),
        ("upsample(A, -1)", "upsample(A, -1): 2×3 cannot be enlarged by -1", ""),
        ("upsample(A, [2, 2, 2])", "upsample(A, [2, 2, 2]): 2×3 cannot be enlarged by 2", ""),
        ("part(A, 2, 2, 2)", "part(A, 2, 2, 2): 2×3 has no part 2 of 2 along axis 2",
            "parts have equal lengths "
            "and are counted from 1"),
        ("reshape(A, [2, 2])", "reshape(A, [2, 2]): 2×2 are not the 6 entries of 2×3", ""),
        ("pad(A, [-1, 0], [-1, 0])", "nothing is left of 2×3 with this padding", ""),
        ("pad(A, [1], [1, 0])", "2×3 cannot be padded by 1 before and [1, 0] after its last axes", "a number for each"),
        ("pad(A, [1, 1001], [1, 0])", "a padding this large is not possible", "up to 1,000"),
        ("reflection_pad(A, [2, 0], [0, 0])", "an axis of 2 entries cannot be padded by [2, 0]", ""),
        ("circular_pad(A, [0, 0], [3, 0])", "an axis of 2 entries cannot be padded by [0, 3]", ""),
        ("channel_shuffle(A, 2, 2)", "3 channels do not make 2 groups", ""),
        ("pixel_shuffle(A, 2)", "2×3 is not an image with channels", "channels, then the spatial axes"),
        ("conv2d(A, A, [1, 1, 1])", "the stride is 1, and windows slide over 2 axes", ""),
        ("max_pool2d(A, 1, 1, [0, 1, 2])", "the padding is [0, 1, 2], and windows slide over 2 axes", ""),
        ("concat(A, x)", "concat(A, x): 2×3 and 3 have different numbers of axes", ""),
        ("sum(A, 3)", "sum(A, 3): an array of shape 2×3 has no axis 3", "axes are counted from 1"),
        ("sum(A, 3/2)", "sum: 'axis' must be an integer, and '3/2' is not", ""),
        ("sum(A, 1, 2)", "'sum' takes 1 to 2 arguments, but got 3", "sum(X[], axis=0)"),
        ("outer(x)", "'outer' takes 2 arguments, but got 1", ""),
        ("tanh(x, y)", "'tanh' takes 1 argument, but got 2", ""),
        ("huber(x)", "'huber' takes 2 to 3 arguments, but got 1", ""),

    ],
)  # fmt: skip
def test_what_has_no_value_is_told(kind: str, formula: str, what: str, hint: str) -> None:
    shapes = {name: np.shape(values) for name, values in VALUES.items()}
    workers = {
        "letters": Worker(PLAIN, {name: symbols(name, shape) for name, shape in shapes.items()}),
        "numbers": Worker(PLAIN, KNOWN),
        "floats": FloatWorker(
            PLAIN, {name: cast(Entries, np.array(values, dtype=float)) for name, values in VALUES.items()}
        ),
    }
    with pytest.raises(StepperError) as caught:
        workers[kind](parse(formula))
    problem = caught.value.problems[0]
    assert what in problem.what
    assert hint in (problem.hint or "")


@pytest.mark.parametrize(
    ("formula", "what"),
    [
        ("1/(x - 2)", "1/(x - 2) divides by zero"), ("k/0", "divides by zero"),
        ("exp(exp(1000*x))", "is too large for a number"),
        ("standardized(q, 1)", "divides by zero"),
    ],
)  # fmt: skip
def test_exact_numbers_that_do_not_exist(formula: str, what: str) -> None:
    with pytest.raises(StepperError) as caught:
        Worker(PLAIN, KNOWN)(parse(formula))
    assert what in caught.value.problems[0].what


def test_of_lists_beside_numbers_and_classes() -> None:
    """A class is a number that is known, an entry one number; in floats they are worked alike."""
    graph = arrays_of(
        "inputs: {x: {shape: [3]}, c: 2, v: [5, 1, 4]}\nnodes: {a: 'nll(x, c)', b: 'nll(x, 3)', m: 'multi_hinge(v, c, "
        "2)'}\n"
    )
    board = Board(graph, Settings())
    assert [text(entry_expr(board.formulas[name].item())) for name in "ab"] == ["-x[2]", "-x[3]"]
    assert plain(board.known["m"]) == 5 - 1 + 2 + 4 - 1 + 2
    assert plain(FloatWorker(PLAIN, {})(parse("multi_hinge([1, 2, 3], 2)"))) == 0 + 2
    assert plain(FloatWorker(PLAIN, {"v": cast(Entries, np.ones(3))})(parse("multi_hinge(v, 2)"))) == 2
    with pytest.raises(StepperError, match="4 is not a row number: there are 3, counted from 1"):
        Worker(PLAIN, KNOWN)(parse("nll(x, 4)"))
    with pytest.raises(NeedsNumbers, match="the numbers of rows must be known"):
        Worker(PLAIN, {"x": symbols("x", (3,)), "c": symbols("c", ())})(parse("nll(x, c)"))
    with pytest.raises(StepperError, match=r"huber\(v, v, v\): 'delta' is a number, and v is 3"):
        Board(arrays_of("inputs: {v: [1, 2, 3]}\nnodes: {L: 'huber(v, v, v)'}\n"), Settings())
    assert (
        plain(
            Board(arrays_of("inputs: {v: [1, 2, 3], d: [2]}\nnodes: {L: 'huber(v, 0*v, d)'}\n"), Settings()).known["L"]
        )
        == 6.5 / 3
    )


@pytest.mark.parametrize("exponent", [-5, -4, -3, -1, -0.5, 0, 0.5, 1, 2, 4, 5])
def test_powers_of_floats(exponent: float) -> None:
    """A power below 0 is one over that above it."""
    base = np.array([0.5, 1.0, 4.0, 9.0])
    numbers = cast(Any, {"x": base, "a": float(exponent)})
    for formula in ("x^a", f"x^({Fraction(exponent)})" if exponent % 1 == 0 else "x^a"):
        found = cast(Any, evaluate(parse(formula), numbers, PLAIN, arithmetic=WHOLE))
        assert found * base ** (-exponent) == pytest.approx(np.ones(4), rel=1e-14)


def test_constants_stand_as_their_names_among_letters() -> None:
    known = {"x": symbols("x", (2,))}
    assert [text(entry_expr(entry)) for entry in Worker(PLAIN, known)(meant(parse("x*2 + pi"), known))] == [
        "x[1]*2 + pi",
        "x[2]*2 + pi",
    ]
    assert text(entry_expr(Worker(PLAIN, {"x": exact([1, 2])})(meant(parse("pi"), {})).item())) == str(math.pi)


@pytest.mark.parametrize(
    ("formula", "expected"), [("prod(x)", -1), ("prod([x, y])", [2, -3, 1]), ("sum([x, y, k])", [6, 5, 5.5])]
)
def test_functions_that_gather(formula: str, expected: Any) -> None:
    """Of one array all of its entries, of several entry by entry."""
    floating = FloatWorker(
        PLAIN, {name: cast(Entries, np.array(values, dtype=float)) for name, values in VALUES.items()}
    )
    assert plain(Worker(PLAIN, KNOWN)(parse(formula))).tolist() == expected
    assert plain(floating(parse(formula))).tolist() == expected


@pytest.mark.parametrize(
    ("written", "whole"),
    [
        ("max(X)", True), ("max(X, 1)", True), ("softmax(X)", True), ("relu(X)", False), ("max([x, y])", False),
        ("max([x, 1])", False), ("max([1, 2])", True), ("max([[1, 2], [3, 4]])", True), ("max([1, [2, 3]])", False),
        ("max([x, y], 1)", True),
    ],
)  # fmt: skip
def test_which_calls_take_whole_arrays(written: str, whole: bool) -> None:
    """A list of names, or of numbers and arrays, holds what stood as arguments: they are taken entry by entry."""
    call = parse(written)
    assert isinstance(call, Call)
    assert of_arrays(call) is whole


def test_constants_in_floats() -> None:
    base = np.array([1.0, 2.0])
    assert evaluate(
        meant(parse("x*pi - e"), {"x": ()}), cast(Any, {"x": base}), PLAIN, arithmetic=WHOLE
    ) == pytest.approx(base * math.pi - math.e, rel=1e-15)


@pytest.mark.parametrize("entry", [3, Fraction(3), 3.0, np.float64(3), Exact(Fraction(3)), Exact(3.0)])
def test_an_entry_of_any_kind_is_written_as_a_number(entry: object) -> None:
    assert text(entry_expr(entry)) in ("3", "3.0")
    assert type(number_of(entry_expr(entry))) in (Fraction, float)


@pytest.mark.parametrize(
    ("formula", "entries"), [("1/v", [np.inf, 1.0]), ("log(v)", [-np.inf, 0.0]), ("exp(1000*v)", [1.0, np.inf])]
)
def test_floats_come_to_infinity_without_a_warning(formula: str, entries: list[float]) -> None:
    worker = FloatWorker(PLAIN, {"v": cast(Entries, np.array([0.0, 1.0]))})
    assert list(cast(Any, worker(parse(formula)))) == entries


@pytest.mark.parametrize(
    "formula",
    ["floor(v)", "ceil(v)", "sign(v)", "step(v)", "relu(v)", "abs(v)", "max([v, 1])", "g(v)", "where(v >= 1, v, 0)"],
)
def test_at_a_jump_or_a_kink_an_array_has_the_values_of_its_entries(formula: str) -> None:
    """At integers neither side is taken; the same formula is worked for each entry, whatever came before it."""
    vocabulary = Vocabulary({"g": Function("g", ("t",), parse("where(t > 0, ceil(t), t - 1)"))}, {})
    values = [-2, -1, 0, 1, 2, 0, 2, 1.5, -0.5]
    expected = [float(evaluate(parse(formula), {"v": Fraction(value)}, vocabulary) or 0) for value in values]
    floating = FloatWorker(vocabulary, {"v": cast(Entries, np.array(values, dtype=float))})
    assert plain(Worker(vocabulary, {"v": exact(values)})(parse(formula))).tolist() == expected
    assert plain(floating(parse(formula))).tolist() == expected


@pytest.mark.parametrize("size", [RUN - 1, RUN, RUN + 1, 2 * RUN, 2 * RUN + 3])
def test_long_arrays_are_worked_in_runs(size: int) -> None:
    """Every entry is that of its own numbers, whichever run it falls into; a single number goes into all of them."""
    entries = np.arange(size) / size
    worker = FloatWorker(PLAIN, cast(Any, {"v": entries, "k": np.array(3.0), "M": np.array([[1.0], [2.0]])}))
    assert cast(Any, worker(parse("silu(v)"))) == pytest.approx(entries / (1 + np.exp(-entries)), rel=1e-12)
    assert np.array_equal(cast(Any, worker(parse("max([v, k/6])"))), np.maximum(entries, 0.5))
    rows = cast(Any, worker(parse("prelu(1/2 - v, M)")))
    assert np.array_equal(rows, np.where(entries < 0.5, 0.5 - entries, np.array([[1.0], [2.0]]) * (0.5 - entries)))
