"""The ways in which lines are changed, by the names that rows of mistakes ask for them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from stepper.engine.answers.finding.ways import functions, names, products, sums
from stepper.engine.answers.finding.ways.patterns import pattern
from stepper.engine.answers.finding.ways.way import Way

WAYS: Mapping[str, Way] = {**sums.WAYS, **products.WAYS, **names.WAYS, **functions.WAYS}


@lru_cache(maxsize=500)
def way(name: str) -> Way:
    """The way that a row names, or the one that its pattern is."""
    return WAYS[name] if name in WAYS else pattern(name)
