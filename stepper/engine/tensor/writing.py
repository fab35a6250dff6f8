"""The formulas of entries, written out."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

from stepper.core.expr import Expr
from stepper.core.formula import text
from stepper.core.traverse import walk
from stepper.engine.tensor.entries import Entries, Formula, entry_expr, held, symbols
from stepper.engine.tensor.evaluate import Worker
from stepper.engine.values.vocabulary import Vocabulary

LONGEST_PART = 150
"""A part of more pieces than this gets a name of its own."""


class Writer(Worker):
    """Writes the formulas of entries; a part inside that grows long gets a name of its own, as a mean inside a variance
    does.

    ``parts`` collects these names with their formulas, in an order in which each comes after what it reads.
    """

    def __init__(
        self, vocabulary: Vocabulary, known: Mapping[str, Entries], owner: str, parts: dict[str, Expr]
    ) -> None:
        super().__init__(vocabulary, known)
        self.owner, self.parts, self.depth, self.count = owner, parts, 0, 0

    def work(self, expr: Expr) -> Entries:
        self.depth += 1
        found = held(super().work(expr))
        self.depth -= 1
        if not self.depth or not any(isinstance(entry, Formula) and _is_long(entry.expr) for entry in found.ravel()):
            return found
        self.count += 1
        names_of = symbols(f"part_{self.owner}_{self.count}", found.shape)
        for name, entry in zip(names_of.ravel(), found.ravel(), strict=True):
            assert isinstance(name, Formula)
            self.parts[text(name.expr)] = entry_expr(entry)
        return names_of


def _is_long(expr: Expr) -> bool:
    return sum(1 for _ in islice(walk(expr), LONGEST_PART + 1)) > LONGEST_PART
