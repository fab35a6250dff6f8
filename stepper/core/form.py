"""Forms: what nodes have in common that work the same out from other quantities."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from stepper.core.expr import Expr, Sym
from stepper.core.traverse import substitute

PLACES: list[Expr] = [Sym(f"p{place}") for place in range(256)]


def places(count: int) -> list[Expr]:
    """The names that stand for what is read: p0, p1, ...; each is made once."""
    PLACES.extend(Sym(f"p{place}") for place in range(len(PLACES), count))
    return PLACES[:count]


class Form(Struct, frozen=True, eq=False):
    """A formula of the first ``count`` places, p0 and so on: ``p0*p1 + p2`` of ``w*x + b``. Nodes of one form share it.

    >>> from stepper.core.expr import Sym, multiply
    >>> Form(multiply(Sym("p0"), Sym("p1")), 2).of([Sym("w"), Sym("x")])
    Product(operands=(Sym(name='w'), Sym(name='x')), operators=('*',))
    """

    expr: Expr
    count: int

    def of(self, reads: Sequence[Expr]) -> Expr:
        """The formula of these quantities."""
        return substitute(self.expr, dict(zip(places(self.count), reads, strict=True)))
