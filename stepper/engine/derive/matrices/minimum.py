"""Where a gradient is 0: the normal equation, its solution, and whether it is a minimum."""

from __future__ import annotations

from fractions import Fraction
from math import gcd, lcm

from msgspec import Struct
from msgspec.structs import replace

from stepper.core.assumptions import Given
from stepper.core.expr import Call, Expr, Num, divide, multiply_all
from stepper.core.formula import text
from stepper.core.prose import Prose
from stepper.engine.derive.context import Context
from stepper.engine.derive.matrices.definite import Proved, definite, weight
from stepper.engine.derive.matrices.differential import Differential
from stepper.engine.derive.matrices.linear import Linear, linear
from stepper.engine.derive.matrices.shapes import Shapes
from stepper.engine.derive.matrices.terms import Term, terms_of, tidied, written
from stepper.engine.derive.matrices.work import FROM_THE_RIGHT
from stepper.engine.derive.solving import Step
from stepper.engine.values.vocabulary import Vocabulary
from stepper.errors import Problem, StepperError

ZERO, ONE = Num("0"), Num("1")


class Stationary(Struct, frozen=True):
    """Attributes:
    steps: the equations, from the gradient to the solution.
    solution: where the gradient is 0.
    curvature: the matrix H of d²f = tr(dXᵀ H dX); of a vector it is the Hessian.
    proof: on what conditions it is positive definite, so that the solution is the one minimum.
    maximum: is it the opposite of H that is positive definite, so that the solution is the one maximum?
    """

    steps: tuple[Step, ...]
    solution: Expr
    curvature: Expr
    proof: Proved
    maximum: bool


def stationary(found: Differential, given: Given, vocabulary: Vocabulary) -> Stationary:
    """The point at which a gradient is 0, where that is linear in what it is taken by.

    Raises:
        StepperError: where it is not, or products on both sides of it differ.
    """
    shapes, wrt = found.shapes, found.wrt
    try:
        parts = linear(found.gradient, wrt, given, vocabulary, shapes)
    except StepperError as error:
        told = f"{text(found.gradient)} = 0 cannot be solved for {text(wrt)} by rules of linear algebra"
        raise StepperError(Problem(told, hint=error.problems[0].hint or error.problems[0].what)) from None
    common = _common([*terms_of(parts.coefficient, shapes), *terms_of(parts.rest, shapes)])
    coefficient = _over(parts.coefficient, common, shapes)
    left, right = _over(parts.terms, common, shapes), _over(_negative(parts.rest, shapes), common, shapes)
    steps = [Step(found.gradient, ZERO)]
    if left != found.gradient:
        steps.append(Step(left, right, _divided(common)))
    whole = wrt if coefficient == ONE else parts.form.place(coefficient, wrt)
    if tidied(whole, shapes) not in (left, wrt):
        steps.append(Step(whole, right, ("collected in ", wrt)))
    solution, done = _solution(parts, coefficient, right, shapes)
    if left != wrt:
        steps.append(Step(wrt, solution, done))
    context = Context(given, vocabulary, moving=wrt, shapes=shapes)
    curvature = parts.coefficient
    ways = [(definite(side, context, shapes), turned) for side, turned in (
        (curvature, False), (_negative(curvature, shapes), True))]  # fmt: skip
    proof, maximum = min(ways, key=lambda way: weight(way[0].conditions))
    return Stationary(tuple(steps), solution, curvature, proof, maximum)


def _negative(expr: Expr, shapes: Shapes) -> Expr:
    return written([term.scaled(Fraction(-1)) for term in terms_of(expr, shapes)])


def _over(expr: Expr, common: Term, shapes: Shapes) -> Expr:
    """Each term divided by a factor that all have."""
    found = []
    for term in terms_of(expr, shapes):
        below = list(term.below)
        for factor in common.below:
            below.remove(factor)
        found.append(replace(term, count=term.count / common.count, below=tuple(below)))
    return written(found)


def _common(terms: list[Term]) -> Term:
    """The fraction that all terms have, with the sign of the first, and what all are divided by."""
    top = gcd(*(term.count.numerator for term in terms)) * (-1 if terms[0].count < 0 else 1)
    bottom = lcm(*(term.count.denominator for term in terms))
    below = tuple(factor for factor in terms[0].below if all(factor in term.below for term in terms))
    return Term(Fraction(top, bottom), below=below)


def _divided(common: Term) -> Prose:
    if common == Term():
        return ("multiplied out",)
    if abs(common.count.numerator) == 1 and (common.below or common.count.denominator != 1):
        factor = Term(1 / common.count, above=common.below)
        return ("multiplied out, both sides multiplied by ", written([factor]))
    return ("multiplied out, both sides divided by ", written([common]))


def _solution(parts: Linear, coefficient: Expr, right: Expr, shapes: Shapes) -> tuple[Expr, Prose]:
    """The equation ``coefficient @ wrt = right`` or ``wrt @ coefficient = right`` solved, and how."""
    if right == ZERO:
        return ZERO, ()
    if not shapes(coefficient):
        return tidied(divide(right, coefficient), shapes), ("both sides divided by ", coefficient)
    inverse = Call("inv", (coefficient,))
    factors = (right, inverse) if parts.form == FROM_THE_RIGHT else (inverse, right)
    product = multiply_all([("@", factor) for factor in factors])
    side = "right" if parts.form == FROM_THE_RIGHT else "left"
    return tidied(product, shapes), (f"multiplied by the inverse from the {side}",)
