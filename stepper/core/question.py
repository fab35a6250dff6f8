"""What is asked of a derivation."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from stepper.core.assumptions import Given
from stepper.core.derivation_parser import Statement
from stepper.core.expr import Expr
from stepper.core.graph import Function


class Question(Struct, frozen=True):
    """Attributes:
    statement: the formula that is worked with; of a statement to be shown its two sides.
    chain: names and their formulas in order, as ``z = w*x; y = tanh(z)``; the last is the statement.
    wrt: what it is differentiated by.
    within: the quantity in whose terms the result is wanted.
    collect: the name whose factor is wanted.
    solve: an equation for ``unknown``; ``minimum``: where the derivative is 0.
    given: what may be assumed.
    functions: those that are known by name only.
    """

    statement: Statement
    chain: Mapping[str, Expr] = field(default_factory=dict)
    wrt: Expr | None = None
    within: Expr | None = None
    collect: Expr | None = None
    solve: Statement | None = None
    unknown: Expr | None = None
    minimum: bool = False
    show: bool = False
    given: Given = Given()
    functions: Mapping[str, Function] = field(default_factory=dict)
    title: str = ""
    source: str = ""

    @property
    def formula(self) -> Expr:
        """The formula that is asked about."""
        return self.statement.sides[0]
