"""Laws of numbers: powers, sizes, spans of integers and sweeps, each against a second way that shares no code with the
first.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stepper.core.expr import COMPARE, Expr, Num, Number, Sym
from stepper.core.formula import text
from stepper.core.parser import parse
from stepper.engine.layers.inversion import Span, invert
from stepper.engine.layers.sizes import formula, integer, number, settle
from stepper.engine.values.arithmetic import FLOAT
from stepper.engine.values.equations import Sheet
from stepper.engine.values.evaluate import evaluate
from stepper.engine.values.many import WHOLE
from stepper.engine.values.polynomial import NoSize
from stepper.engine.values.precision import alike, fine, plain, precise
from stepper.engine.values.quantities import Settings
from stepper.engine.values.sweep import Sweep
from stepper.engine.values.tape import Undefined
from stepper.engine.values.vocabulary import Vocabulary
from tests.helpers import graph_of

PLAIN = Vocabulary({}, {})
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
NUMBERS = st.builds(Fraction, st.integers(-40, 40), st.integers(1, 12))


def whole(values: Mapping[str, Sequence[Fraction]]) -> Any:
    """Numbers as arrays of floats."""
    return {name: np.array(entries, dtype=float) for name, entries in values.items()}


# ---- powers

EXPONENTS = [
    "-5",
    "-4",
    "-3",
    "-2",
    "-1",
    "0",
    "1",
    "2",
    "3",
    "4",
    "5",
    "7",
    "(1/2)",
    "(-1/2)",
    "(3/2)",
    "(-7/3)",
    "0.25",
]
BASES = [Fraction(written) for written in ("3/2", "2", "1", "1/3", "-1", "-2", "-5/4")]


@pytest.mark.parametrize("exponent", EXPONENTS)
def test_powers_of_arrays_are_powers_of_their_entries(exponent: str) -> None:
    """Whatever the sign of the exponent, and whether it is a whole number: the exact power, as a float."""
    power = Fraction(exponent.strip("()"))
    bases = [base for base in BASES if base > 0 or power.denominator == 1]
    found = cast(Any, evaluate(parse(f"x^{exponent}"), whole({"x": bases}), PLAIN, arithmetic=WHOLE))
    expected = [float(base**power) for base in bases]
    assert list(np.broadcast_to(found, len(bases))) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("exponent", [-200, -3, -2, -1, 0, 1, 2, 3, 201])
@pytest.mark.parametrize("base", BASES)
def test_whole_powers_of_fractions_are_exact_while_they_are_short(base: Fraction, exponent: int) -> None:
    expected = base**exponent
    found = evaluate(parse("x^n"), {"x": base, "n": Fraction(exponent)}, PLAIN)
    short = max(expected.numerator.bit_length(), expected.denominator.bit_length()) <= 133
    assert isinstance(found, Fraction) is short
    assert found == (expected if short else float(expected))


@pytest.mark.parametrize("base", ["0", "1", "4", "9/25", "1/16", "2", "8/9", "4/3", "3/4", "12345678987654321"])
def test_a_root_is_rational_where_it_is_one(base: str) -> None:
    root = math.sqrt(Fraction(base))
    exact = Fraction(root).limit_denominator(1_000_000_000)
    found = evaluate(parse("x^(1/2)"), {"x": Fraction(base)}, PLAIN)
    assert found == (exact if exact**2 == Fraction(base) else root)
    assert isinstance(found, Fraction) is (exact**2 == Fraction(base))


@pytest.mark.parametrize(
    ("written", "values"),
    [
        ("x^(1/3)", {"x": -8}),
        ("x^y", {"x": -2, "y": Fraction(1, 2)}),
        ("x^(-1)", {"x": 0}),
        ("x^(-3/2)", {"x": 0}),
        ("1/x", {"x": 0}),
    ],
)
def test_what_is_no_real_number_is_refused(written: str, values: dict[str, Fraction]) -> None:
    with pytest.raises(Undefined):
        evaluate(parse(written), {name: Fraction(value) for name, value in values.items()}, PLAIN)


FORMULAS = [
    "x*y - x/y + 3", "-x^3 + y^2", "(x + y)^-2", "x - y - 1 - x*y*x/3", "exp(-x^2)*y", "tanh(x) - sigmoid(y)",
    "log(x^2 + y^2)", "sqrt(x^2 + 1)/(y^2 + 2)", "where(x > y, x - y, y/2)", "max([x, y, 1/2])*min([x, y])",
    "abs(x)*sign(y)", "floor(x) + ceil(y)", "sum([x, y, 1])", "mean([x, y, 4])", "softplus(x)", "erf(y)",
    "atan(x) + sin(y)*cos(x)", "relu(x) - leaky_relu(y, 1/4)", "mod(x, 3)",
]  # fmt: skip


@pytest.mark.parametrize("written", FORMULAS)
@pytest.mark.parametrize(("x", "y"), [("1", "2"), ("-3/2", "1/2"), ("7/3", "-5/4"), ("-1/3", "-2")])
def test_kinds_of_arithmetic_agree(written: str, x: str, y: str) -> None:
    """Fractions, floats, 50 digits, and whole arrays of floats come to the same number."""
    expr, values = parse(written), {"x": Fraction(x), "y": Fraction(y)}
    exact = evaluate(expr, values, PLAIN)
    assert exact is not None
    for arithmetic in (FLOAT, fine(), precise()):
        other = evaluate(expr, values, PLAIN, arithmetic=arithmetic)
        assert other is not None
        assert float(plain(other)) == pytest.approx(float(exact), rel=1e-13, abs=1e-14)
    arrays = whole({name: [value, value + 1] for name, value in values.items()})
    assert np.broadcast_to(cast(Any, evaluate(expr, arrays, PLAIN, arithmetic=WHOLE)), 2)[0] == pytest.approx(
        float(exact), rel=1e-13, abs=1e-14
    )


# ---- sizes

SIZES = [
    "(a + b)*(a - b)", "a*b - b*a + 3", "(a + 1)^3", "2*a/4 + b/3", "-(a - b) - (b - 5)", "a*a/a + b*b/(b*2)",
    "sum([a, b, 1])*prod([a, b])", "floor((a + 2*b - 3)/2) + 1", "ceil(a/b)", "floor(a + b)", "sum([a, 2*b])",
    "where(2 > 1, a, b)", "where(a > 3, a, b)", "a/b*b", "6*a*b/(3*a)", "mod(a, 4)",
]  # fmt: skip


def at(expr: Expr, **sizes: int) -> Number | None:
    return evaluate(expr, {name: Fraction(size) for name, size in sizes.items()}, PLAIN)


@pytest.mark.parametrize("written", SIZES)
def test_a_size_in_its_one_form_is_the_same_number(written: str) -> None:
    """For all sizes put in afterwards, and put in before; and settling twice changes nothing."""
    settled = settle(formula(written), {})
    assert settle(settled, {}) == settled
    for a in (1, 2, 5, 8):
        for b in (1, 3, 4):
            expected = at(parse(written), a=a, b=b)
            assert at(settled, a=a, b=b) == expected
            assert number(settle(formula(written), {Sym("a"): Num(str(a)), Sym("b"): Num(str(b))})) == expected
            assert (
                number(settle(settle(formula(written), {Sym("b"): Num(str(b))}), {Sym("a"): Num(str(a))})) == expected
            )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("(p + q)*8", "8*q + 8*p"), ("(a + b)^2", "a^2 + 2*a*b + b^2"), ("a*b/b", "a"), ("floor(a + 3)", "a + 3"),
        ("a - a", "0"),
        ("2*a/2", "a"), ("-(b - a)", "a - b"), ("a*b*c", "c*b*a"), ("floor(floor(a/2) + 1)", "floor(a/2) + 1"),
        ("6*a/4", "3*a/2"),
    ],
)  # fmt: skip
def test_equal_sizes_have_one_form(one: str, other: str) -> None:
    assert text(settle(formula(one), {})) == text(settle(formula(other), {}))


@pytest.mark.parametrize(
    ("one", "other"),
    [("floor(a/2)", "a/2"), ("a + b", "a*b"), ("a^2", "2*a"), ("ceil(a/b)", "floor(a/b)"), ("a", "-a")],
)
def test_sizes_that_differ_have_two(one: str, other: str) -> None:
    assert text(settle(formula(one), {})) != text(settle(formula(other), {}))


@pytest.mark.parametrize("written", ["a/0", "exp(a)", "a^b", "a^-1", "(a + b)^9", "(2*a)^1001", "a/(b - b)"])
def test_what_is_no_size_is_refused(written: str) -> None:
    with pytest.raises(NoSize):
        settle(formula(written), {})


@pytest.mark.parametrize(
    ("written", "size"), [("7", 7), ("14/2", 7), ("7/2", None), ("a", None), ("3 - 5", -2), ("2.0", 2)]
)
def test_an_integer_is_told_from_what_is_none(written: str, size: int | None) -> None:
    assert integer(settle(formula(written), {})) == size


@pytest.mark.parametrize(
    ("literal", "size"), [("7", 7), ("7.0", 7), ("1e3", 1000), ("0.5", None), ("0", 0), ("12.50", None)]
)
def test_an_integer_may_be_spelled_as_a_decimal(literal: str, size: int | None) -> None:
    assert integer(Num(literal)) == size
    assert number(Num(literal)) == Fraction(literal)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (None, None, True), (None, Fraction(1), False), (Fraction(1), None, False), (Fraction(0), Fraction(0), True),
        (1.0, Fraction(1), True),
        (Fraction(1), 1 + Fraction(1, 10**20), True), (Fraction(1), 1 + Fraction(1, 10**10), False),
        (Fraction(1), Fraction(-1), False),
        (Fraction(0), Fraction(1, 10**30), False), (Fraction(10**30), 10**30 + Fraction(1), True),
    ],
)  # fmt: skip
def test_numbers_are_alike_in_the_digits_that_are_kept(one: Number | None, other: Number | None, same: bool) -> None:
    assert alike(one, other) is same


# ---- which integers a formula sends where

INVERTED = [
    "n", "n - 5", "7 - n", "-n", "3*n", "-2*n + 40", "n/4", "36/n", "-24/n", "floor((n - 5)/2) + 1", "ceil(n/3)",
    "floor((n + 2*2 - 3)/3) + 1", "(n - 1)*2 - 2*1 + 3", "n^2", "n^2 - n", "n^3 + 1", "2*n^2 + 3*n + 1", "floor(n/2)^2",
    "floor(40/n)", "10 - ceil(n/4)", "n*(n + 1)", "ceil(ceil(n/2)/2)",
    "floor(1/(100 - floor(n/2 + n/3)))",
]  # fmt: skip
TRIED = range(1, 70)


@pytest.mark.parametrize("written", INVERTED)
def test_a_span_holds_all_that_trying_finds(written: str) -> None:
    """The integers that an inequality leaves are those for which the formula comes to the number, no more and no
    fewer.
    """
    images: dict[Fraction, list[int]] = {}
    for size in TRIED:
        value = number(settle(formula(written), {Sym("n"): Num(str(size))}))
        assert value is not None
        images.setdefault(value, []).append(size)
    for wanted in [*list(images)[:12], Fraction(1000), Fraction(-1000), Fraction(1, 7)]:
        span = invert(formula(written), Sym("n"), wanted).span
        if span is None:
            continue
        inside = [
            size
            for size in TRIED
            if (span.first is None or span.first <= size) and (span.last is None or size <= span.last)
        ]
        assert inside == images.get(wanted, []), wanted


@pytest.mark.parametrize("written", [written for written in INVERTED if written != "-24/n"])
def test_these_formulas_can_be_taken_apart(written: str) -> None:
    wanted = number(settle(formula(written), {Sym("n"): Num("9")}))
    assert wanted is not None
    assert invert(formula(written), Sym("n"), wanted).span is not None


@pytest.mark.parametrize(
    "written",
    [
        "n*(7 - n)",
        "n - n^2",
        "floor(n/2) + floor(n/3)",
        "2^n",
        "n^(5/2)",
        "m*n",
        "n/n",
        "0*n",
        "1/(n - 3) + n",
        "n + 1/n",
        "n + 4/n",
        "n^2 + 1/n",
        "n^2 + n - 1/n",
        "m*n + n",
        "n^2 + m",
        "1/n + 1/n^2",
    ],
)
def test_and_these_are_left_alone(written: str) -> None:
    """Nothing is claimed of a formula that does not grow with its letter, or has another."""
    found = invert(formula(written), Sym("n"), Fraction(1))
    assert found.span is None
    assert not any(expr == Sym("n") for _, expr in found.steps)


ENDS = st.one_of(st.none(), NUMBERS)


@QUICK
@given(ENDS, ENDS, st.booleans(), st.booleans(), NUMBERS, NUMBERS.filter(bool))
def test_spans_move_as_their_numbers_do(
    low: Fraction | None, high: Fraction | None, open_low: bool, open_high: bool, shift: Fraction, by: Fraction
) -> None:
    """A number is in a span exactly when its image is in the image; integers at the ends are the least and greatest
    inside.
    """

    def inside(span: Span, value: Fraction) -> bool:
        above = span.low is None or COMPARE[">" if span.open_low else ">="](value, span.low)
        return above and (span.high is None or COMPARE["<" if span.open_high else "<="](value, span.high))

    span = Span(low, high, open_low and low is not None, open_high and high is not None)
    tried = {
        end + offset
        for end in (low, high, Fraction(1))
        if end is not None
        for offset in (Fraction(-1, 7), Fraction(0), Fraction(1, 7))
    }
    moves: list[tuple[Span | None, Callable[[Fraction], Fraction]]] = [
        (span.shifted(shift), lambda value: value + shift),
        (span.scaled(by), lambda value: value * by),
    ]
    for moved, move in moves:
        assert moved is not None
        assert all(inside(span, value) == inside(moved, move(value)) for value in tried)
    turned = span.inverse()
    if turned is not None:
        assert all(inside(span, value) == inside(turned, 1 / value) for value in tried if value > 0)
    if span.first is not None:
        assert inside(Span(span.low, None, span.open_low), Fraction(span.first))
        assert not inside(Span(span.low, None, span.open_low), Fraction(span.first - 1))
    if span.last is not None:
        assert inside(Span(None, span.high, False, span.open_high), Fraction(span.last))
        assert not inside(Span(None, span.high, False, span.open_high), Fraction(span.last + 1))


# ---- a sweep against exact numbers, and its gradients against differences of them

NEURONS = [
    "w1*x1 + w2*x2 + w3*x3 + b", "w1*x1 + b + c", "x1/x2 + b", "w1*x1 + x2/x3 + c",
    "b + w1*x1", "w1*x1 + w2*x2", "w1*x1*x2 + b", "w1*x1/x2 + b",
    "2*x1 + b", "w1*x1 + w1*x2", "x1*x1 + b", "w1*x1 - w2*x2 + b - c", "b - w1*x1 - c", "sigmoid(w1*x1 + w2*x2 + b)",
    "leaky_relu(w2*x1 + b, 1/4)", "-w1*x1", "w1*x1*w2*x2/b", "x1/(w1*w2)", "b/x1/x2", "(w1 + x1)^2*(b - c)",
    "w1^3 - x1^-2", "max([w1*x1, b]) + min([x2, c, w2])", "softmax([w1*x1, b, c])[2]", "sum([w1*x1, w2*x2, b])",
    "mse([w1*x1, b], [x2, c])", "w1^x1", "b + c + x1 + x2 + x3", "x3*w3 + x2*w2 + x1*w1", "w2 + w1",
    "x2*w1 + x3*w2 + c",
    # as many names as factors and what stands alone, and not all of them are those
    "2*x1 + exp(w1*b)", "2*x1 + 3*x2 + w1*(b - c)", "w1*x1 + (b - 2)", "w1*3 + x1*x2/c", "sigmoid(2*x1 + (b - c))",
    "w1*(x1 + x2) + 2*b + c", "w1*x1 + w2^2 + b", "w1*x1 + 2", "b + 2*c + w1*x1",
]  # fmt: skip
LEAVES = {
    "x1": "3/2", "x2": "-2", "x3": "5/3", "w1": "1/2", "w2": "3", "w3": "-5/4", "b": "7/4", "c": "-1/3",
}  # fmt: skip


@pytest.mark.parametrize("written", NEURONS)
def test_a_sweep_is_the_exact_value_and_its_slopes(written: str) -> None:
    """Forwards the exact number; backwards, times the gradient that arrives, what a difference at 50 digits says."""
    document = (
        f"inputs: {{{', '.join(f'{name}: {value}' for name, value in LEAVES.items())}}}\n"
        f"nodes: {{z: '{written}', L: 3*z}}\n"
    )
    sweep = Sweep(graph_of(document), PLAIN)
    exact: Mapping[str, Fraction] = {name: Fraction(value) for name, value in LEAVES.items()}
    expr, arithmetic = parse(written), precise()
    assert sweep.values[sweep.slots["z"]] == pytest.approx(float(evaluate(expr, exact, PLAIN) or 0), rel=1e-13)
    gradients, step = sweep.gradients("L", 2.0), Fraction(1, 10**15)
    for name in LEAVES:
        sides = [
            evaluate(expr, {**exact, name: exact[name] + sign * step}, PLAIN, arithmetic=arithmetic) for sign in (1, -1)
        ]
        assert sides[0] is not None
        assert sides[1] is not None
        slope = float(sides[0] - sides[1]) / float(2 * step)
        assert gradients[name] == pytest.approx(6 * slope, rel=1e-9, abs=1e-12), name
    assert gradients["L"] == 2.0
    assert gradients["z"] == 6.0


@pytest.mark.parametrize("written", NEURONS[:10])
def test_moved_leaves_are_swept_as_new_ones(written: str) -> None:
    document = (
        f"inputs: {{{', '.join(f'{name}: {value}' for name, value in LEAVES.items())}}}\nnodes: {{z: '{written}'}}\n"
    )
    sweep = Sweep(graph_of(document), PLAIN)
    there = {name: Fraction(value) + place for place, (name, value) in enumerate(LEAVES.items())}
    expected = float(evaluate(parse(written), there, PLAIN) or 0)
    at_once = sweep.at({name: float(value) for name, value in there.items()})
    moved = sweep.moved({name: float(place) for place, name in enumerate(LEAVES)})
    assert at_once[sweep.slots["z"]] == pytest.approx(expected, rel=1e-13)
    assert moved[sweep.slots["z"]] == pytest.approx(expected, rel=1e-13)
    assert sweep.values[sweep.slots["z"]] == pytest.approx(
        float(evaluate(parse(written), {n: Fraction(v) for n, v in LEAVES.items()}, PLAIN) or 0)
    )


def test_constants_are_known_to_all_their_digits() -> None:
    graph = graph_of("inputs: {a: 3, b: -2}\nnodes: {L: pi*a + e*b}\n")
    sweep = Sweep(graph, PLAIN)
    expected = 3 * math.pi - 2 * math.e
    assert sweep.values[sweep.slots["L"]] == pytest.approx(expected, rel=1e-15)
    assert Sheet(graph, Settings()).numbers["L"] == pytest.approx(expected, rel=1e-15)
    assert [sweep.gradients("L")[name] for name in "ab"] == [math.pi, math.e]
