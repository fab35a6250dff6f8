"""Every kind of formula at an instance."""

from __future__ import annotations

from stepper.core.derivation_parser import OPERATORS
from stepper.core.expr import Bound, Call, Deriv, Expr, children
from stepper.engine.derive.witness.arrays import Nested
from stepper.engine.derive.witness.calls import call
from stepper.engine.derive.witness.chances import Models
from stepper.engine.derive.witness.derivatives import derivative
from stepper.engine.derive.witness.differences import SPARE
from stepper.engine.derive.witness.expectation import operator
from stepper.engine.derive.witness.instance import Instance
from stepper.engine.derive.witness.numbers import DIGITS, Unable, context
from stepper.engine.derive.witness.plain import PLAIN_WAYS
from stepper.engine.derive.witness.ranges import ranged
from stepper.engine.derive.witness.scene import Scene, Ways


def ways(models: Models) -> Ways:
    """How each kind of formula is worked out, with the distributions of random quantities."""

    def called(scene: Scene, expr: Call) -> Nested:
        if expr.name in OPERATORS:
            return operator(scene, expr, models.chances(scene))
        return call(scene, expr)

    return {**PLAIN_WAYS, Call: called, Deriv: derivative, Bound: ranged}


def scene_of(instance: Instance) -> Scene:
    """What formulas are worked out in at an instance."""
    if instance.models is None:
        instance.models = Models(instance)
    return Scene(instance, ways(instance.models))


MOST_NESTED = 4
"""So many derivatives may stand in one another."""


def digits_for(*formulas: Expr) -> int:
    """The digits to work with: each difference quotient inside another one takes some."""
    deepest = max(map(_differentiated, formulas), default=0)
    if deepest > MOST_NESTED:
        raise Unable(f"more than {MOST_NESTED} derivatives in one another")
    return DIGITS + SPARE * deepest


def _differentiated(expr: Expr) -> int:
    inner = max((_differentiated(part) for part in children(expr)), default=0)
    if isinstance(expr, Deriv):
        return inner + 1
    return inner + (len(expr.name) - len(expr.name.rstrip("'")) if isinstance(expr, Call) else 0)


def value(expr: Expr, instance: Instance) -> Nested:
    """The value of a formula at an instance: a number, or nested tuples of numbers.

    Raises:
        Undefined: where it has none; Unable: where it is of a kind that is not worked out here.
    """
    formulas = [expr, *instance.kinds.definitions]
    with context().workdps(digits_for(*formulas)):
        return scene_of(instance).of(expr)
