"""A counterexample in words."""

from __future__ import annotations

from collections.abc import Iterator

from stepper.core.expr import Array, Expr
from stepper.core.prose import Prose, listed
from stepper.engine.derive.witness.counterexample import MOST_VALUES, Counterexample, Distribution

MOST_OUTCOMES = 9


def told(found: Counterexample) -> Prose:
    """At which values two sides differ, and what each comes to there."""
    values = [(name, " = ", value) for name, value in found.values[:MOST_VALUES]]
    where: Prose = ("with ", *listed(values)) if values else ()
    chances = [words for distribution in found.distributions for words in _distributed(distribution)]
    given: Prose = (" and ", *listed(chances)) if values and chances else ("with ", *listed(chances)) if chances else ()
    comma = ", " if where or given else ""
    sides: Prose = ("the left side is ", found.left, ", the right side ", found.right)
    apart: Prose = (", and they differ by ", found.apart) if found.apart is not None else ()
    return (*where, *given, comma, *sides, *apart)


def _distributed(distribution: Distribution) -> Iterator[Prose]:
    names = [(name,) for name in distribution.names]
    outcomes = [(_point(point), " with probability ", chance) for point, chance in distribution.outcomes]
    if len(outcomes) > MOST_OUTCOMES:
        yield (*listed(names), f" with {len(outcomes)} outcomes")
        return
    yield (*listed(names), " = " if len(names) == 1 else " together ", *listed(outcomes, " or "))


def _point(point: tuple[Expr, ...]) -> Expr:
    return point[0] if len(point) == 1 else Array(point)
