"""The functions that formulas may call, by the names that people write: ``ReLU``, ``LeakyReLU``, ``σ``, ``ln``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from stepper.tables.arrays import BY_ARRAY_NAME
from stepper.tables.table import BY_ANY_NAME

SPELLED: Mapping[str, str] = {
    "sigm": "sigmoid", "lg": "log10", "arctan": "arctan", "where": "where", "leaky": "leaky_relu", "sgn": "sign",
    "ce": "cross_entropy", "crossentropy": "cross_entropy", "transpose": "transpose",
}  # fmt: skip
"""Names that no row has."""
ONE = frozenset({"where"})


def folded(name: str) -> str:
    """A name without what people leave out or add.

    >>> folded("LeakyReLU") == folded("leaky_relu")
    True
    """
    return name.casefold().replace("_", "").replace(".", "").replace("-", "")


@cache
def _tabled() -> Mapping[str, str]:
    found = {folded(name): name for name in (*BY_ARRAY_NAME, *BY_ANY_NAME)}
    return {**SPELLED, **found, "where": "where"}


def function_names(declared: Iterable[str]) -> Mapping[str, str]:
    """Each function by its folded name."""
    return {**_tabled(), **{folded(name): name for name in declared}}


@cache
def takes_several(name: str) -> bool:
    """Does a function take more than one argument, so that a comma in its brackets stands between them?"""
    row = BY_ANY_NAME.get(name)
    if row is None:
        return name in BY_ARRAY_NAME or name == "where"
    return len(row.signature()) > 1 or any(kind == "list" for _, _, kind in row.signature())
