"""Random formulas differentiated by named rules: every line has the value of the one before, and the end is right."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

import stepper
from stepper.core.assumptions import Given
from stepper.core.expr import Deriv, Expr, Sym, is_open
from stepper.core.formula import text
from stepper.core.parser import parse
from stepper.core.traverse import walk
from stepper.engine.derive.context import Context
from stepper.engine.derive.derivatives import derivative
from stepper.engine.values.differentiate import partials
from stepper.engine.values.vocabulary import PLAIN
from tests.plain_numbers import Numbers, mp, near

X = Sym("x")
NAMES = ("x", "x", "x", "y", "a")
SMOOTH = ("exp", "sin", "cos", "tanh", "sigmoid", "softplus", "silu", "gelu", "arctan", "sinh", "cosh", "erf")
KINKED = ("relu", "leaky_relu", "elu", "softsign", "abs")
ABOVE_ZERO = ("log", "sqrt", "log_sigmoid")


def formula(drawn: random.Random, depth: int) -> str:
    """A formula that has a value wherever x, y and a are between 0 and 1."""
    if depth == 0:
        return drawn.choice((*NAMES, *NAMES, "2", "1/3", "5"))

    def inner() -> str:
        return formula(drawn, depth - 1)

    match drawn.randrange(10):
        case 0 | 1:
            return f"({inner()} {drawn.choice('+-')} {inner()})"
        case 2 | 3:
            return f"{inner()}*{inner()}"
        case 4:
            return f"{inner()}/(2 + {inner()}^2)"
        case 5:
            return f"({inner()})^{drawn.choice(('2', '3'))}"
        case 6:
            return f"{drawn.choice(ABOVE_ZERO)}(1 + ({inner()})^2)"
        case 7:
            return f"{drawn.choice(KINKED)}({inner()} + 1/7)"
        case 8:
            return f"-({inner()})"
        case _:
            return f"{drawn.choice(SMOOTH)}({inner()})"


def random_formula(seed: int) -> Expr:
    """One that depends on x."""
    drawn = random.Random(seed)
    while True:
        found = parse(formula(drawn, drawn.choice((2, 2, 3))))
        if X in walk(found):
            return found


def points(seed: int) -> list[Numbers]:
    drawn = random.Random(seed)
    return [Numbers({name: mp.mpf(drawn.uniform(0.1, 0.9)) for name in ("x", "y", "a")}) for _ in range(2)]


@pytest.mark.parametrize("seed", [*range(200), 1306, 1935])
def test_each_line_of_a_derivative_has_the_value_of_the_line_before(seed: int) -> None:
    expr = random_formula(seed)
    (part,) = derivative(expr, X, Context(Given(), PLAIN))
    lines = [part.derived.left, *(line.expr for line in part.derived.lines)]
    assert len({*lines}) == len(lines), "a line is repeated"
    assert [inner for inner in walk(lines[-1]) if isinstance(inner, Deriv) and is_open(inner)] == []
    engine = partials(expr, PLAIN)[X]
    for at in points(seed):
        values = [at.of(line) for line in lines]
        for (before, after), (left, right) in zip(pairwise(lines), pairwise(values), strict=True):
            assert near(left, right), f"{text(before)} = {text(after)}"
        assert near(values[-1], at.of(engine)), text(engine)


@pytest.mark.parametrize("seed", range(200, 225))
def test_each_line_is_proved_as_a_reader_sees_it(seed: int) -> None:
    expr = random_formula(seed)
    found = stepper.derive(text(expr), wrt="x")
    assert [check.of for check in found.checks if not check.ok] == []
    (result,) = found.answers.values()
    for at in points(seed):
        assert near(at(str(result)), at.of(Deriv(expr, X)))
