"""An equation solved for a letter, line by line: what both sides share goes, what stands below is multiplied up, the
letter is collected and isolated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from msgspec import Struct

from stepper.core.expr import Bound, Call, Expr, Neg, Power
from stepper.core.formula import literal_of, text
from stepper.core.prose import Prose
from stepper.core.traverse import mentions, substitute, walk
from stepper.engine.derive.context import Context
from stepper.engine.derive.expanding import TooLong, expanded
from stepper.engine.derive.isolating import turned
from stepper.engine.derive.rewriting import worked
from stepper.engine.derive.terms import (
    ONE,
    ZERO,
    Term,
    collected,
    joined,
    number_in,
    product_of,
    summands,
    term_of,
    written,
)
from stepper.errors import Problem, StepperError
from stepper.tables.theorems import APART


class Step(Struct, frozen=True):
    """An equation, and what was done to the one above it."""

    left: Expr
    right: Expr
    done: Prose = ()


def solved(left: Expr, right: Expr, unknown: Expr, context: Context, roots: bool = True) -> list[Step]:
    """The equations from the first to ``unknown = ...``.

    ``roots``: of an even power the positive root is taken, and that is said.

    Raises:
        StepperError: where no operation here leads on, or the letter is not in it.
    """
    steps = [Step(left, right)]
    if not any(mentions(side, unknown) for side in (left, right)):
        raise StepperError(Problem(f"{text(unknown)} is not in {text(left)} = {text(right)}"))
    steps += _apart(left, right, unknown, context)
    left, right = steps[-1].left, steps[-1].right
    steps += _shared(left, right, unknown)
    left, right = steps[-1].left, steps[-1].right
    if mentions(right, unknown) and not mentions(left, unknown):
        left, right = right, left
    if mentions(right, unknown) or len(_places(left, unknown)) > 1:
        steps += _gathered(left, right, _kernel((left, right), unknown))
        left, right = steps[-1].left, steps[-1].right
    for step in turned(left, right, unknown, context, roots):
        steps.append(Step(step.part, step.value, step.done))
    if steps[-1].left != unknown:
        what = f"{text(steps[-1].left)} = {text(steps[-1].right)} cannot be solved for {text(unknown)} by these rules"
        raise StepperError(Problem(what))
    return steps


def _apart(left: Expr, right: Expr, unknown: Expr, context: Context) -> Iterator[Step]:
    """Sums over a range whose terms hold the unknown, taken apart."""
    parts = [part for side in (left, right) for part in walk(side) if isinstance(part, Bound)]
    if not any(mentions(part.body, unknown) for part in parts):
        return
    sides = []
    for side in (left, right):
        lines = worked(side, APART, context, collected)
        sides.append(collected(lines[-1].expr) if lines else side)
    if sides != [left, right]:
        yield Step(sides[0], sides[1], ("sums split",))


def _kernel(sides: Sequence[Expr], unknown: Expr) -> Expr:
    """The function in which alone the unknown stands, where it is always the same: ``exp(-x)``."""
    calls = dict.fromkeys(part for side in sides for part in walk(side) if isinstance(part, Call))
    for call in calls:
        rest = [substitute(side, {call: ONE}) for side in sides]
        if mentions(call, unknown) and not any(mentions(side, unknown) for side in rest):
            return call
    return unknown


def _places(expr: Expr, unknown: Expr) -> list[Expr]:
    return [part for part in walk(expr) if part == unknown]


def _shared(left: Expr, right: Expr, unknown: Expr) -> Iterator[Step]:
    """What both sides are multiples of is divided out."""
    one, other = term_of(left), term_of(right)
    if not one.number or not other.number:
        return
    shared: list[tuple[Expr, Expr]] = []
    for base, exponent in one.powers:
        there = dict(other.powers).get(base)
        if there is not None and not mentions(base, unknown):
            degrees = number_in(exponent), number_in(there)
            if degrees[0] is not None and degrees[1] is not None and degrees[0] * degrees[1] > 0:
                shared.append((base, literal_of(min(degrees[0], degrees[1], key=abs))))
    if shared:
        whole = written(Term(Fraction(1), tuple(shared)))
        down = Power(whole, Neg(ONE))
        yield Step(product_of([left, down]), product_of([right, down]), ("divided by ", whole))


def _gathered(left: Expr, right: Expr, unknown: Expr) -> Iterator[Step]:
    """Everything over one line, multiplied out, collected by powers of the unknown; what is free of it on the right."""
    below = _below(left, unknown) + _below(right, unknown)
    if below:
        factor = written(Term(Fraction(1), _largest(below)))
        left, right = (collected(joined(_times(summands_of(side), factor))) for side in (left, right))
        yield Step(left, right, ("multiplied by ", factor))
    try:
        terms = [*expanded(collected(left)), *(Term(-term.number, term.powers) for term in expanded(collected(right)))]
    except TooLong:
        return
    terms = summands(joined(terms))
    inside = [term for term in terms if any(mentions(base, unknown) for base, _ in term.powers)]
    outside = [Term(-term.number, term.powers) for term in terms if term not in inside]
    if all(term.number < 0 for term in inside):
        inside, outside = ([Term(-term.number, term.powers) for term in side] for side in (inside, outside))
    new_left, new_right = joined(inside), joined(outside)
    if (new_left, new_right) != (left, right):
        yield Step(new_left, new_right, ("terms with ", unknown, " on the left"))
    front = _in_front(inside, unknown)
    if front is not None and front != new_left:
        yield Step(front, new_right, (unknown, " factored out"))


def summands_of(expr: Expr) -> list[Term]:
    """The terms, a product of a sum with something taken apart where that stands over a letter."""
    return summands(collected(expr))


def _below(expr: Expr, unknown: Expr) -> list[tuple[Expr, Expr]]:
    """What stands below a bar and holds the unknown."""
    found = []
    for term in summands_of(expr):
        for base, exponent in term.powers:
            degree = number_in(exponent)
            if degree is not None and degree < 0 and mentions(base, unknown):
                found.append((base, literal_of(-degree)))
    return found


def _largest(powers: list[tuple[Expr, Expr]]) -> tuple[tuple[Expr, Expr], ...]:
    found: dict[Expr, Expr] = {}
    for base, exponent in powers:
        before = number_in(found.get(base, ZERO)) or Fraction(0)
        if (number_in(exponent) or Fraction(0)) > before:
            found[base] = exponent
    return tuple(found.items())


def _times(terms: list[Term], factor: Expr) -> list[Term]:
    return [term_of(product_of([written(term), factor])) for term in terms]


def _in_front(terms: list[Term], unknown: Expr) -> Expr | None:
    """``x*(a + b)``, where every term has the same power of the unknown and it is nowhere else."""
    powers = {dict(term.powers).get(unknown) for term in terms}
    if len(powers) != 1 or None in powers or len(terms) < 2:
        return None
    (power,) = powers
    assert power is not None
    rest = [Term(term.number, tuple(pair for pair in term.powers if pair[0] != unknown)) for term in terms]
    if any(mentions(base, unknown) for term in rest for base, _ in term.powers):
        return None
    return written(Term(Fraction(1), ((unknown, power), (joined(rest), ONE))))
