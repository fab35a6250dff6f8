"""What is given, as rules of this one derivation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from stepper.core.assumptions import Given
from stepper.core.derivation_parser import Statement
from stepper.core.expr import Bound, Call, Expr, Index, Prime, Sym
from stepper.core.prose import Prose, listed
from stepper.core.traverse import walk
from stepper.engine.derive.context import Context
from stepper.engine.derive.matrices.sizes import in_words
from stepper.engine.derive.rewriting import Fact
from stepper.engine.derive.terms import number_in

GIVEN = "given"


def with_sizes(exprs: Iterable[Expr], given: Given) -> Given:
    """What is given, and that the sizes of ranges are above 0."""
    ends = (end for expr in exprs for part in walk(expr) if isinstance(part, Bound) for end in (part.low, part.high))
    sizes = {part.name for end in ends for part in walk(end) if isinstance(part, Sym)}
    traits = {name: (*given.traits.get(name, ()), POSITIVE) for name in sizes}
    return replace(given, traits={**given.traits, **traits})


POSITIVE = "positive"


def conventions(given: Given) -> tuple[Prose, ...]:
    """What is given, and the shapes of arrays, each in a sentence."""
    shapes = [(Sym(name), ": ", *in_words(shape)) for name, shape in given.shapes.items()]
    told = {"Given: ": given.said, "Shapes: ": shapes}
    return tuple((head, *listed(parts, ", "), ".") for head, parts in told.items() if parts)


def with_ranges(exprs: Sequence[Expr], given: Given) -> Given:
    """What is given, and that an index lies where a sum over the same entries goes: of ``x[j]`` beside
    ``sum(k=1..n, x[k])`` that ``1 <= j <= n``.
    """
    parts = [part for expr in exprs for part in walk(expr)]
    ranges = {part.variable: part for part in parts if isinstance(part, Bound) and part.word != "integral"}
    over: dict[tuple[Expr, int], Bound] = {}
    free: dict[tuple[Expr, int], dict[Expr, None]] = {}
    for part in parts:
        for place, index in enumerate(part.indices if isinstance(part, Index) else ()):
            assert isinstance(part, Index)
            if isinstance(index, Sym) and index in ranges:
                over.setdefault((part.base, place), ranges[index])
            elif isinstance(index, Sym) or number_in(index) is not None:
                free.setdefault((part.base, place), {})[index] = None
    facts = {
        Statement((found.low, index, found.high), ("<=", "<=")): None
        for key, found in over.items() for index in free.get(key, ())
    }  # fmt: skip
    return replace(given, facts=(*given.facts, *facts))


def facts_of(context: Context) -> list[Fact]:
    """Equations that are given, from left to right: ``E[w] = 0`` puts 0 for E[w]."""
    found = []
    for fact in context.given.facts:
        if fact.relations == ("=",) and isinstance(fact.sides[0], Call | Index | Prime):
            found.append(Fact(GIVEN, fact.sides[0], fact.sides[1]))
    return found
