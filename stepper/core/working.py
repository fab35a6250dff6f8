"""What somebody wrote: claims, and pages of working, line by line, as they stand."""

from __future__ import annotations

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
