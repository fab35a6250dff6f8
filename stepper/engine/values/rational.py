"""Graphs of which everything is rational: sums, products, quotients, whole powers, cases.

They are checked in fractions, without a library for many digits.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable, Iterable
from fractions import Fraction

from stepper.core.expr import CONSTANTS, Call, Expr, Neg, Power, Product, Sum, Sym, Where, children
from stepper.core.formula import number_of
from stepper.core.graph import Graph
from stepper.engine.values.arithmetic import Arithmetic, Quantity, kept_rational
from stepper.engine.values.definitions import define
from stepper.engine.values.rule import Rule
from stepper.engine.values.vocabulary import Vocabulary
from stepper.errors import StepperError

MOST_NODES, HIGHEST_DEGREE = 200, 24
"""Of larger graphs, and of higher powers of what they read, the fractions would become long."""


def _primitive(rule: Rule) -> Callable[..., Quantity]:
    function: Callable[..., Quantity] = getattr(math, rule.machine, None) or getattr(builtins, rule.machine)
    return lambda *numbers: Fraction(function(*numbers))


def _no_power(base: Quantity, exponent: Quantity) -> Quantity:
    raise ValueError("a power that is not rational")


RATIONAL = Arithmetic(
    lambda number: number, lambda number: number, kept_rational(_no_power), _primitive, {}
)  # fmt: skip
"""Fractions, however long they become."""


def is_rational(graph: Graph, vocabulary: Vocabulary, values: Iterable[Quantity]) -> bool:
    """Are the numbers of a graph fractions, and does it make short fractions of them?"""
    if len(graph.nodes) > MOST_NODES or not all(isinstance(value, Fraction) for value in values):
        return False
    degrees: dict[str, int] = {}
    for name in graph.order:
        node = graph.nodes.get(name)
        if node is None or node.formula is None:
            continue
        try:
            degree = _degree(define(node.formula, vocabulary), vocabulary, degrees)
        except StepperError:
            return False
        if degree is None or degree > HIGHEST_DEGREE:
            return False
        degrees[name] = degree
    return True


def _degree(expr: Expr, vocabulary: Vocabulary, degrees: dict[str, int]) -> int | None:
    """The power in which a formula may hold what it reads; None where it is not rational."""
    inner = [_degree(part, vocabulary, degrees) for part in children(expr)]
    known = [degree for degree in inner if degree is not None]
    if len(known) < len(inner):
        return None
    match expr:
        case Sym(name):
            return None if name in CONSTANTS.values() else degrees.get(name, 1)
        case Product():
            return sum(known)
        case Power(_, exponent):
            number = number_of(exponent)
            whole = isinstance(number, Fraction) and number.denominator == 1
            return known[0] * abs(int(number)) if whole and number is not None else None
        case Call(name):
            return max(known, default=0) if vocabulary.rule(name).rational else None
        case Sum() | Neg() | Where():
            return max(known)
        case _:
            return max(known, default=1)
