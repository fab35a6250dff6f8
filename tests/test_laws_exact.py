"""Exact values are exact: in every bundled graph, its arrays unfolded to numbers, what stands on both sides of ``=`` is
the same to forty digits, and is not rounded.

Sixteen digits are not enough to see that exp(√2) was written as exp(6369051672525773/4503599627370496).
"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import mpmath

from stepper.core.expr import Expr, Number, Value
from stepper.core.formula import text
from stepper.core.steps import Equation
from stepper.core.traverse import walk
from stepper.engine.graph.backward import backward
from stepper.engine.questions import scalars
from stepper.engine.values.precision import Rounded
from stepper.engine.values.quantities import Settings
from stepper.errors import StepperError
from stepper.read.bundled import load_graph
from stepper.read.files import documents
from tests.helpers import Numbers, equations

EXACT = Settings(exact=True)
SAME = Fraction(1, 10**40)


def test_equal_sides_are_equal_to_forty_digits() -> None:
    sides = Counter[str]()
    for name, _ in documents():
        try:
            graph = scalars(load_graph(name))
            asked = [name for name, leaf in graph.leaves.items() if leaf.kind != "constant"][:3]
            derivation = backward(graph, asked, EXACT)
        except StepperError:  # a task of an optimizer, letters as sizes, more entries than are unfolded
            continue
        number = Numbers(graph, EXACT)
        sides[name] = sum(_compared(equation, number) for equation in equations(derivation))
    assert len(sides) > 40
    assert sides.total() > 1500


def _compared(equation: Equation, number: Numbers) -> int:
    """How many of an equation's sides were found equal to the one before, of those that have numbers."""
    compared = 0
    sides = [equation.left, *(link.expr for link in equation.links)]
    for before, after, link in zip(sides, sides[1:], equation.links, strict=False):
        if link.relation != "=" or text(before).endswith("'"):
            continue
        assert not any(_is_rounded(part) for side in (before, after) for part in walk(side)), text(after)
        one, other = _digits(number(before)), _digits(number(after))
        if one is not None and other is not None:
            assert abs(one - other) <= SAME * max(Fraction(1), abs(one)), text(after)
            compared += 1
    return compared


def _is_rounded(part: Expr) -> bool:
    return isinstance(part, Value) and isinstance(part.number, float)


def _digits(number: Number | None) -> Fraction | None:
    """A number with the digits that it was rounded from; None where there are no more than a float has."""
    if isinstance(number, Rounded):
        return Fraction(mpmath.nstr(number.quantity, 45))
    return number if isinstance(number, Fraction) else None
