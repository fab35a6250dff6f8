"""One line of a calculation: a quantity, and the formula that it is worked out by."""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct

from stepper.core.expr import Expr, Sym
from stepper.core.formula import text
from stepper.tables.mistake import Mistake, Of, Role

RATE = "learning rate"
"""The leaf that stands for it in gradient steps."""
GIVEN = "given"
"""A part that is told of a local derivative which the document gives."""


class Line(Struct, frozen=True):
    """One line of a calculation.

    Attributes:
        name: the quantity as text; in the formulas of other lines it stands as a symbol of this name.
        shown: the quantity as it is printed.
        formula: what it is worked out by.
        of: what the line works out.
        role: what kind of node it belongs to.
        place: the node of the document that it belongs to.
        source: of a local derivative, the quantity that it is taken for.
        target: of a local derivative, the line that it is taken of.
        whole: the formula of that line.
        letters: of a layer's line, what the letters of its row stand for here.
        written: the formula as its row has it, in these letters.
        parts: what is told of the layer, for mistakes that need it.
    """

    name: str
    shown: Expr
    formula: Expr
    of: Of
    role: Role
    place: str
    source: Expr | None = None
    target: str = ""
    whole: Expr | None = None
    letters: Mapping[str, Expr] = {}
    written: str = ""
    parts: frozenset[str] = frozenset()

    @property
    def symbol(self) -> Sym:
        return Sym(self.name)

    @property
    def named(self) -> bool:
        """Has it a name of its own, and is no argument of a function?"""
        return text(self.shown) == self.name

    def has(self, part: str) -> bool:
        """Is something told of its place, one of its letters, or a piece of its formula?"""
        if part in self.parts or part in self.letters:
            return True
        edges = (r"(?<!\w)" * part[0].isalnum(), r"(?!\w)" * part[-1].isalnum())
        return not part.isidentifier() and bool(re.search(re.escape(part).join(edges), self.written))

    def suits(self, row: Mistake) -> bool:
        """Can a mistake be made in this line?"""
        return (
            self.of == row.of
            and row.role in ("", self.role)
            and all(map(self.has, row.needs))
            and not any(map(self.has, row.lacks))
        )
