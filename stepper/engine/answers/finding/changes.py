"""The ways in which lines are changed, by the names that rows of mistakes ask for them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from stepper.engine.answers.finding.ways import arrays, functions, letters, names, patterns, products, sums
from stepper.engine.answers.finding.ways.way import Way

WAYS: Mapping[str, Way] = {**sums.WAYS, **products.WAYS, **names.WAYS, **functions.WAYS, **letters.WAYS, **arrays.WAYS}


@lru_cache(maxsize=500)
def way(name: str) -> Way:
    """The way that a row names, or the one that its formulas are."""
    if name in WAYS:
        return WAYS[name]
    if name.startswith(arrays.UNFOLDED):
        return arrays.unfolded(name)
    if name.startswith(functions.DEFINED):
        return functions.in_definition(patterns.pattern(name.removeprefix(functions.DEFINED)))
    if letters.PUT in name:
        return letters.put_in(name)
    if patterns.EVERYWHERE in name:
        return patterns.everywhere(name)
    return letters.another(name) if name.startswith(letters.ANOTHER) else patterns.pattern(name)
