"""The parts of the witness against other ways to the same numbers: numpy, mpmath, the tables of derivatives."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from itertools import islice

import numpy as np
import pytest
from hypothesis import assume, settings
from hypothesis import given as for_all
from hypothesis import strategies as st

from stepper.core.assumptions import Given
from stepper.core.expr import Call, Deriv, Num, Sym
from stepper.engine.derive.witness import arrays
from stepper.engine.derive.witness.gauss import condensed
from stepper.engine.derive.witness.laws import LAWS, LONG, nodes
from stepper.engine.derive.witness.linear import nearest_to_equal
from stepper.engine.derive.witness.matrices import MATRICES
from stepper.engine.derive.witness.numbers import (
    Imprecise,
    Quantity,
    Reach,
    Undefined,
    context,
    raised,
    rounded,
    turned,
)
from stepper.engine.derive.witness.quadrature import integral, rough_integral
from stepper.engine.derive.witness.series import series
from stepper.engine.derive.witness.verdict import Agreement, compare
from stepper.engine.values.differentiate import partials
from stepper.engine.values.vocabulary import PLAIN
from stepper.tables.table import ROWS

NUMBERS = st.fractions(-4, 4, max_denominator=5)
X = Sym("x")


def rows_of_one_number() -> list[str]:
    found = []
    for name, row in ROWS.items():
        (_, default, kind), *rest = row.signature()
        differentiable = not (row.jumps or row.stops or row.picks or "floor" in row.value)
        if kind == "number" and not default and all(each[1] for each in rest) and differentiable:
            found.append(name)
    return found


@pytest.mark.parametrize("name", rows_of_one_number())
def test_differences_agree_with_the_table_of_derivatives(name: str) -> None:
    """Two ways that know nothing of one another: the slope of the definition, and the derivative in the table."""
    call = Call(name, (X,))
    found = compare(Deriv(call, X), "=", partials(call, PLAIN).get(X, Num("0")), Given(), PLAIN)
    assert isinstance(found, Agreement), found


# ---- arrays


def matrices(rows: int, columns: int) -> st.SearchStrategy[arrays.Nested]:
    line = st.tuples(*[NUMBERS] * columns)
    return st.tuples(*[line] * rows)


def plain(value: arrays.Nested) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.array(value, dtype=float)


@settings(max_examples=30, deadline=None)
@for_all(matrices(2, 3), matrices(3, 4), st.tuples(*[NUMBERS] * 3))
def test_products_are_those_of_numpy(one: arrays.Nested, other: arrays.Nested, vector: arrays.Nested) -> None:
    assert np.allclose(plain(arrays.product(one, other)), plain(one) @ plain(other))
    assert np.allclose(plain(arrays.product(one, vector)), plain(one) @ plain(vector))
    assert np.allclose(plain(arrays.product(vector, other)), plain(vector) @ plain(other))
    assert arrays.product(arrays.transposed(vector), vector) == sum(number**2 for number in vector)
    assert np.allclose(plain(arrays.product(vector, arrays.transposed(vector))), np.outer(plain(vector), plain(vector)))
    assert np.allclose(plain(arrays.kronecker(one, other)), np.kron(plain(one), plain(other)))
    assert np.allclose(plain(arrays.stacked(one)), plain(one).flatten(order="F"))


@settings(max_examples=30, deadline=None)
@for_all(st.integers(1, 4).flatmap(lambda size: matrices(size, size)))
def test_inverse_and_determinant(matrix: arrays.Nested) -> None:
    determinant = arrays.determinant(matrix)
    assert math.isclose(determinant, np.linalg.det(plain(matrix)), rel_tol=1e-9, abs_tol=1e-9)
    assume(determinant != 0)
    assert arrays.product(arrays.inverse(matrix), matrix) == arrays.eye(len(matrix))


@pytest.mark.parametrize(
    ("trait", "law"),
    [
        ("symmetric", lambda made: made == arrays.transposed(made)),
        ("diagonal", lambda made: all(made[i][j] == 0 for i in range(3) for j in range(3) if i != j)),
        ("positive_definite", lambda made: bool(np.all(np.linalg.eigvalsh(plain(made)) > 0))),
        ("orthogonal", lambda made: arrays.product(arrays.transposed(made), made) == arrays.eye(3)),
        ("identity", lambda made: made == arrays.eye(3)),
    ],
)
def test_matrices_are_what_is_said_of_them(trait: str, law: Callable[[arrays.Nested], bool]) -> None:
    numbers = iter([Fraction(number) for number in (1, -2, 3, 5, -1, 2, 4, 1, -3)])
    assert law(MATRICES[trait](3, lambda: next(numbers)))


# ---- integrals and sums


def normal(x: Quantity) -> Quantity:
    return context().exp(-x * x / 2) / context().sqrt(2 * context().pi)


INTEGRALS: list[tuple[str, Callable[[Quantity], Quantity], float, float, Callable[[], Quantity]]] = [
    ("a polynomial", lambda x: x**3, 0, 2, lambda: 4),
    ("with a root at its end", lambda x: 1 / context().sqrt(x), 0, 1, lambda: 2),
    ("of a logarithm", lambda x: context().log(x), 0, 1, lambda: -1),
    ("of an exponential", lambda x: context().exp(-x), 0, math.inf, lambda: 1),
    ("of a power", lambda x: x**-2, 1, math.inf, lambda: 1),
    ("over a half-line below", lambda x: context().exp(x), -math.inf, 0, lambda: 1),
    ("of a density", normal, -math.inf, math.inf, lambda: 1),
    ("of a narrow density", lambda x: 10 * normal(10 * x - 7), -math.inf, math.inf, lambda: 1),
    ("from right to left", lambda x: x, 1, 0, lambda: -context().mpf(1) / 2),
]


@pytest.mark.parametrize(("name", "function", "low", "high", "is_"), INTEGRALS)
def test_integrals(
    name: str, function: Callable[[Quantity], Quantity], low: float, high: float, is_: Callable[[], Quantity]
) -> None:
    assert name
    with context().workdps(60):
        (found,) = integral(lambda x: [function(x)], context().mpf(low), context().mpf(high))
        assert abs(found - is_()) < 1e-20


@pytest.mark.parametrize("power", [1, Fraction(1, 2), 0, -1])
def test_integrals_that_do_not_converge(power: Fraction) -> None:
    with context().workdps(60), pytest.raises(Undefined, match="does not converge"):
        integral(lambda x: [raised(x, -power)], context().mpf(1), context().inf)


def test_few_points_are_not_taken_for_enough() -> None:
    """A kink that nobody told of is noticed."""
    with context().workdps(60):
        low, high = context().mpf(-3), context().mpf(4)
        (found,) = rough_integral(lambda x: [normal(x)], low, high, [0])
        assert abs(found - integral(lambda x: [normal(x)], low, high)[0]) < 1e-9
        with pytest.raises(Imprecise):
            rough_integral(lambda x: [abs(x - 1) * normal(x)], low, high, [0])


@pytest.mark.parametrize(
    ("term", "is_"),
    [
        (lambda k: context().mpf(1) / 3**k, lambda: context().mpf(3) / 2),
        (lambda k: context().mpf(1) / context().factorial(k), lambda: context().e),
        (lambda k: 1 / (context().mpf(k) + 1) ** 2, lambda: context().pi ** 2 / 6),
        (lambda k: (-1) ** int(k) / (context().mpf(k) + 1), lambda: context().log(2)),
    ],
)
def test_infinite_sums(term: Callable[[Quantity], Quantity], is_: Callable[[], Quantity]) -> None:
    with context().workdps(60):
        assert abs(series(term, 0) - is_()) < 1e-18


@pytest.mark.parametrize("term", [lambda _: 1, lambda k: 1 / (context().mpf(k) + 1), lambda k: 2 ** int(k)])
def test_infinite_sums_that_do_not_converge(term: Callable[[Quantity], Quantity]) -> None:
    with context().workdps(60), pytest.raises(Undefined, match="does not converge"):
        series(term, 0)


# ---- distributions


PARAMETERS = {
    "normal": (Fraction(1, 2), Fraction(9, 4)),
    "uniform": (-1, Fraction(5, 2)),
    "exponential": (Fraction(3, 2),),
    "laplace": (1, Fraction(1, 2)),
    "poisson": (Fraction(5, 2),),
    "bernoulli": (Fraction(1, 3),),
    "rademacher": (),
    "binomial": (4, Fraction(1, 3)),
}


def test_every_law_has_parameters_here() -> None:
    assert set(PARAMETERS) == set(LAWS)


@pytest.mark.parametrize("name", LAWS)
def test_moments_are_those_of_the_density_or_of_the_points(name: str) -> None:
    law, parameters = LAWS[name], PARAMETERS[name]
    with context().workdps(60):
        if law.points is not None:
            points = law.points(*parameters)
            found = [sum(chance * value**power for value, chance in points) for power in range(5)]
        else:
            assert law.density is not None
            assert law.support is not None
            density, (low, *inside, high) = law.density(*parameters), law.support(LONG, *parameters)

            def powers(x: Quantity) -> list[Quantity]:
                return [x**power * density(x) for power in range(5)]

            found = integral(powers, low, high, inside)
        assert abs(found[0] - 1) < 1e-20
        if law.moments is not None:
            for one, other in zip(found, islice(law.moments(*parameters), 5), strict=True):
                assert abs(one - other) < 1e-18


@pytest.mark.parametrize("name", [name for name, law in LAWS.items() if law.moments is not None])
@pytest.mark.parametrize("degree", [0, 1, 2, 5])
def test_nodes_have_the_moments_of_the_law(name: str, degree: int) -> None:
    """Exactly: ``E[x^k]`` over the nodes is the k-th moment, for every power up to the degree."""
    moments = LAWS[name].moments
    assert moments is not None
    points = nodes(moments(*PARAMETERS[name]), degree)
    for power, moment in zip(range(degree + 1), moments(*PARAMETERS[name]), strict=False):
        assert sum(weight * Fraction(value) ** power for value, weight in points) == moment


@settings(max_examples=20, deadline=None)
@for_all(st.lists(st.tuples(NUMBERS, st.fractions(1, 3)), min_size=8, max_size=12, unique_by=lambda pair: pair[0]))
def test_condensed_points_give_the_same_sums(points: list[tuple[Fraction, Fraction]]) -> None:
    with context().workdps(60):
        for degree in (0, 1, 3, 5):
            few = condensed([(context().mpf(x.numerator) / x.denominator, weight) for x, weight in points], degree)
            assert len(few) == degree // 2 + 1
            for power in range(degree + 1):
                wanted = sum(weight * x**power for x, weight in points)
                found = sum(weight * x**power for x, weight in few)
                assert abs(found - rounded(Fraction(wanted))) < 1e-30


@settings(max_examples=30, deadline=None)
@for_all(st.lists(st.integers(-4, 4), min_size=3, max_size=6, unique=True), st.fractions(-1, 1, max_denominator=4))
def test_chances_meet_what_is_wanted(values: list[int], mean: Fraction) -> None:
    rows: list[list[Quantity]] = [[1] * len(values), list(values)]
    found = nearest_to_equal(rows, [1, mean])
    assert found is not None
    assert sum(found) == 1
    assert sum(chance * value for chance, value in zip(found, values, strict=True)) == mean


# ---- degrees


def test_the_reach_of_a_formula() -> None:
    x, y = Reach({"x": 1}), Reach({"y": 1})
    assert (x * x + y * 3).degrees == {"x": 2, "y": 1}
    assert raised(x + y, 3).degrees == {"x": 3, "y": 3}
    assert raised(x, Fraction(1, 2)).degrees == {"x": math.inf}
    cases = turned((x, 0), (x * x * y, 0))
    assert cases.degrees == {"x": 2, "y": 1}
    assert cases.turns == {frozenset({"x"})}
    assert (cases * cases).degrees["x"] == 4
