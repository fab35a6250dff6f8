"""What somebody wrote: claims, and pages of working, line by line, as they stand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

from msgspec import Struct

from stepper.core.expr import Expr

Relation: TypeAlias = Literal["=", "≈"]


class Side(Struct, frozen=True):
    """One side of a chain of equations: as it stands, and as it is read; ``expr`` is None where it cannot be, and
    ``problem`` says why.

    ``readings`` are what else it may mean, as where a comma is decimal or stands between entries: ``(1,5)``.
    """

    text: str
    expr: Expr | None
    relation: Relation = "="
    readings: tuple[Expr, ...] = ()
    problem: str = ""


class Written(Struct, frozen=True):
    """A chain about one quantity: ``h1 = w11*x1 + b1 = -0.5*1 + 0.5 = 0``. ``key`` is the quantity by the name that the
    subject has for it; the sides follow in their order.

    ``continues``: it goes on with the chain above, on a line that begins with ``=``; what it equals stands there.
    """

    key: Expr
    sides: tuple[Side, ...]
    continues: bool = False


class Line(Struct, frozen=True):
    """A line of a page, counted from 1. A remark has no chains; a line that cannot be read has a ``problem``."""

    number: int
    text: str
    chains: tuple[Written, ...] = ()
    problem: str = ""
    hint: str = ""


class Paper(Struct, frozen=True):
    """What one of many wrote: a row of a table of answers, whose lines are its columns, counted from 1.

    ``cells`` are the row as it stands, by which equal rows are known; ``name`` is the student's, where there is one.
    """

    number: int
    cells: tuple[str, ...]
    lines: tuple[Line, ...]
    name: str = ""


class Papers(Struct, frozen=True):
    """A table of answers: the quantities that are asked for, column by column, the headings that are none, the rows.

    The rows are read one after another, and once.
    """

    keys: tuple[Expr, ...]
    unread: tuple[str, ...]
    rows: Iterator[Paper]
