"""What is given, as rules of this one derivation."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from stepper.core.assumptions import Given
from stepper.core.expr import Bound, Call, Expr, Index, Prime, Sym
from stepper.core.traverse import walk
from stepper.engine.derive.context import Context
from stepper.engine.derive.rewriting import Fact

GIVEN = "given"


def with_sizes(exprs: Iterable[Expr], given: Given) -> Given:
    """What is given, and that the sizes of ranges are above 0."""
    ends = (end for expr in exprs for part in walk(expr) if isinstance(part, Bound) for end in (part.low, part.high))
    sizes = {part.name for end in ends for part in walk(end) if isinstance(part, Sym)}
    traits = {name: (*given.traits.get(name, ()), POSITIVE) for name in sizes}
    return replace(given, traits={**given.traits, **traits})


POSITIVE = "positive"


def facts_of(context: Context) -> list[Fact]:
    """Equations that are given, from left to right: ``E[w] = 0`` puts 0 for E[w]."""
    found = []
    for fact in context.given.facts:
        if fact.relations == ("=",) and isinstance(fact.sides[0], Call | Index | Prime):
            found.append(Fact(GIVEN, fact.sides[0], fact.sides[1]))
    return found
