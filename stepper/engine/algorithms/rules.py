"""The row of an algorithm with its formulas read."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TypeAlias

from stepper.core.expr import Array, Call, Expr, Number, Sym, Where
from stepper.core.parser import parse
from stepper.core.prose import Prose
from stepper.core.traverse import transform
from stepper.tables.algorithm import Algorithm
from stepper.tables.table import BY_ANY_NAME

Assignment: TypeAlias = tuple[str, Expr]


def parsed(written: str) -> Expr:
    """A formula of a row: what takes a list may be given its elements, ``min(a, b)``."""

    def change(part: Expr) -> Expr | None:
        if isinstance(part, Call) and len(part.arguments) > 1 and BY_ANY_NAME[part.name].gathers:
            return Call(part.name, (Array(tuple(transform(argument, change) for argument in part.arguments)),))
        return None

    return transform(parse(written), change)


def assignments(written: str) -> tuple[Assignment, ...]:
    """Names and formulas in order: ``a = x + 1; b = 2*a``."""
    parts = (part.partition("=") for part in written.split(";") if part.strip())
    return tuple((name.strip(), parsed(value)) for name, _, value in parts)


def condition(written: str) -> Where:
    """A comparison, as what is 1 where it holds and else 0."""
    found = parsed(f"where({written}, 1, 0)")
    assert isinstance(found, Where), written
    return found


class Rules:
    """What is worked for an entry, and when."""

    def __init__(self, row: Algorithm) -> None:
        self.row = row

    @cached_property
    def each(self) -> tuple[Assignment, ...]:
        return assignments(self.row.each)

    @cached_property
    def totals(self) -> tuple[Assignment, ...]:
        return assignments(self.row.totals)

    @cached_property
    def start(self) -> dict[str, Expr]:
        """The states before the first entry, as formulas of settings and totals."""
        return dict(assignments(self.row.start))

    @cached_property
    def update(self) -> tuple[Assignment, ...]:
        return assignments(self.row.update)

    @cached_property
    def begin(self) -> tuple[Assignment, ...]:
        """What is worked for the first entry."""
        return assignments(self.row.begin) or self.update

    @cached_property
    def pairs(self) -> tuple[Assignment, ...]:
        return assignments(self.row.pairs)

    @cached_property
    def stop(self) -> Where | None:
        return condition(self.row.stop) if self.row.stop else None

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """What the data give for each entry."""
        return tuple(name for fields in self.row.lists.values() for name in fields)

    @cached_property
    def known(self) -> tuple[str, ...]:
        """The quantities of an entry that are known before it is worked in its turn."""
        return (*self.fields, *(name for name, _ in self.each))

    @cached_property
    def worked(self) -> tuple[str, ...]:
        """The quantities of an entry that are worked in its turn."""
        return tuple(name for name in self.row.quantities if name not in self.known)

    @property
    def index(self) -> Sym:
        """What the number of an entry is called."""
        return Sym(self.row.index)


def said(words: str) -> Prose:
    """Words of a row, in which formulas stand in braces: ``by more than {delta}``.

    >>> said("by more than {delta}")
    ('by more than ', Sym(name='delta'))
    """
    parts = re.split(r"\{([^}]*)\}", words)
    found = (parsed(part) if place % 2 else part for place, part in enumerate(parts))
    return tuple(part for part in found if part != "")


def plain(words: str) -> str:
    """The same as text alone."""
    return words.replace("{", "").replace("}", "")


def holds(number: Number | None) -> bool:
    """Does a condition hold?"""
    return number == 1


def symbols(row: Algorithm) -> dict[str, str]:
    """How the functions of a row are typeset."""
    written = " ".join((row.each, row.totals, row.pairs, row.begin, row.update, *(one.formula for one in row.results)))
    return {name: known.symbol for name, known in BY_ANY_NAME.items() if known.symbol and f"{name}(" in written}
