"""The smallest change that makes a false claim true: a sign, a factor, an exponent, an order."""

from __future__ import annotations

from stepper.core.derivation_parser import OPERATORS, Relation
from stepper.core.expr import Call, Expr, Index, Sym
from stepper.core.prose import Prose
from stepper.core.traverse import names, walk
from stepper.engine.derive.context import Context
from stepper.engine.derive.proving import holds_at_instances
from stepper.engine.edits.edits import mended as edited
from stepper.engine.edits.makes import Material

MOST_JUDGED = 400
"""So many changes are looked at by instances."""


def mended(left: Expr, relation: Relation, right: Expr, context: Context) -> Prose | None:
    """In words what would make a claim true; None where no single change does."""
    parts = [part for side in (left, right) for part in walk(side)]
    letters = list(dict.fromkeys(part for part in parts if isinstance(part, Sym | Index)))
    calls = [part.name for part in parts if isinstance(part, Call) and part.name not in OPERATORS]
    material = Material(letters, list(dict.fromkeys(calls)))
    left_over = MOST_JUDGED

    def right_for(changed: Expr, kept: Expr, turned: bool) -> bool:
        nonlocal left_over
        left_over -= 1
        if left_over < 0:
            return False
        if changed == kept or (isinstance(kept, Sym) and {*names(changed)} <= {kept}):
            return False  # that a thing is itself mends nothing
        sides = (changed, kept) if turned else (kept, changed)
        return holds_at_instances(*sides, relation, context)

    for side, kept, turned in ((right, left, False), (left, right, True)):
        found = edited(side, lambda expr: right_for(expr, kept, turned), material)  # noqa: B023 used at once
        if found is not None:
            change = found.change
            after = (change.formula, f" {relation} ", right) if turned else (left, f" {relation} ", change.formula)
            return ("It holds with one change: ", *after, ".")
    return None
