"""Is a claim true, and why? By one form, by rules, by SymPy, at random instances: the first that tells."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from stepper.core.derivation_parser import Relation
from stepper.core.expr import Array, Bound, Call, Deriv, Expr, Index, Neg, Product, Sum, Sym, Transpose, is_open
from stepper.core.prose import Prose
from stepper.core.traverse import substitute, transform, walk
from stepper.engine.derive.context import OF_RANDOM, Context
from stepper.engine.derive.entries import entry
from stepper.engine.derive.given import facts_of
from stepper.engine.derive.rewriting import Rule, worked
from stepper.engine.derive.terms import TooLong, collected, multiplied_out
from stepper.engine.values.canonical import same
from stepper.errors import StepperError
from stepper.tables.theorems import ALL, LOGARITHMS, EXPONENTIALS, OPPOSITES


class Verdict(Struct, frozen=True):
    """Attributes:
        holds: None where it is neither proved nor refuted.
        how: by what it is proved.
        rules: the names of the rules that lead from one side to the other.
        against: where it does not hold.
    """

    holds: bool | None
    how: Prose = ()
    rules: tuple[str, ...] = ()
    against: Prose = ()


ONE_FORM, RULES, ALGEBRA = "one form", "rules", "SymPy"
