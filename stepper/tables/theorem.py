"""The form of a rule of derivations: a pattern, what stands in its place, and on what condition."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct


class Theorem(Struct, frozen=True):
    """A rule by which one line follows from another, as text in the language of derivations.

    In a pattern every name stands for any formula; a name that is met twice for the same one. A product or a sum of two
    letters is met by any product or sum, split in any way; a function ``f`` that no table has stands for any function.

    Attributes:
        pattern, result: what stands there, and what takes its place. In a result ``at(u, j, k)`` is u with k for j,
            ``chain(f(u), x)`` the slope of the function's row times the derivative of what is inside, ``alike(u, j)`` u
            for any one of its indices j.
        condition: clauses joined by ``;``: ``c free of x``, ``c constant``, ``u, v independent``, ``x ~ bernoulli(p)``
            (``engine/derive/conditions.py``).
        quick: is it done along with other rules, in one line with them?
        spreads: is it applied again to what it made, within one line, as a sum of three terms is split twice?
        relation: how the pattern stands to the result: ``<=`` where it is not above it.
        shown: the rule as a reader sees it, where its result is built: ``D(f(u), x) = f'(u)*D(u, x)``.
        says: what takes the pattern's place in words, where no formula tells it.
    """

    name: str
    pattern: str
    result: str
    source: str
    condition: str = ""
    quick: bool = False
    spreads: bool = False
    relation: Literal["=", "<=", ">="] = "="
    shown: str = ""
    says: str = ""
