"""Words and formulas in one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from stepper.core.expr import Expr

Prose: TypeAlias = tuple[str | Expr, ...]


def listed(parts: Sequence[Prose], last: str = " and ", between: str = ", ") -> Prose:
    """Parts with commas between them, and a word before the last.

    >>> listed([("a",), ("b",), ("c",)])
    ('a', ', ', 'b', ' and ', 'c')
    """
    words: list[str | Expr] = []
    for place, part in enumerate(parts):
        words += [last if place == len(parts) - 1 else between] if place else []
        words += part
    return tuple(words)


def shortly(parts: Sequence[Prose], most: int) -> Prose:
    """The first of many parts, and how many more there are.

    >>> shortly([("a",), ("b",), ("c",)], 2)
    ('a', ', ', 'b', ' and ', '1 more')
    """
    left = len(parts) - most
    return listed([*parts[:most], (f"{left} more",)] if left > 0 else parts)
