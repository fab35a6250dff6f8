"""The smallest change that makes a false claim true: a sign, a factor, an exponent, an order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial

from stepper.core.derivation_parser import OPERATORS, Relation
from stepper.core.expr import Call, Deriv, Expr, Index, Num, Power, Sym, Where
from stepper.core.prose import Prose
from stepper.core.traverse import names, walk
from stepper.engine.derive.context import Context
from stepper.engine.derive.proving import Verdict, holds_at, holds_at_instances
from stepper.engine.derive.terms import collected, number_in
from stepper.engine.edits.edits import mended as edited
from stepper.engine.edits.makes import Material
from stepper.engine.values.differentiate import partials
from stepper.errors import StepperError

MOST_JUDGED = 20
"""So many changes that hold where the claim failed are tried everywhere."""
ZERO = Num("0")


TURNED: dict[Relation, Relation] = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


def mended(left: Expr, relation: Relation, right: Expr, context: Context, verdict: Verdict) -> Prose | None:
    """In words what would make a claim true; None where no single change does.

    A change is looked at first where the claim was seen to fail; what holds there is tried everywhere.
    """
    if relation in TURNED:
        other = TURNED[relation]
        holds = holds_at_instances(left, right, other, context)
        return ("The other way round it is not refuted: ", left, f" {other} ", right, ".") if holds else None
    parts = [part for side in (left, right) for part in walk(side)]
    said = [name for law in context.given.laws.values() for argument in law.arguments for name in names(argument)]
    letters: list[Expr] = list(dict.fromkeys(part for part in parts if isinstance(part, Sym | Index)))
    letters += [name for name in dict.fromkeys([*said, *_inner_derivatives(parts, context)]) if name not in letters]
    calls = [part.name for part in parts if isinstance(part, Call) and part.name not in OPERATORS]
    material = Material(letters, list(dict.fromkeys(calls)))
    left_over = MOST_JUDGED

    def right_for(changed: Expr, kept: Expr, turned: bool) -> bool:
        nonlocal left_over
        if changed == kept or (isinstance(kept, Sym) and {*names(changed)} <= {kept} and not _has_call(changed)):
            return False  # that a thing is itself mends nothing
        if any(
            isinstance(part, Call) and part.name in OPERATORS and not names(collected(part)) for part in walk(changed)
        ):
            return False  # nor does the variance of a number
        one, other = (changed, kept) if turned else (kept, changed)
        if left_over <= 0 or not holds_at(verdict.where, one, relation, other, context):
            return False
        left_over -= 1
        return holds_at_instances(one, other, relation, context) and not any(
            part not in parts and _idle(part, context) for part in walk(changed)
        )

    for side, kept, turned in ((right, left, False), (left, right, True)):
        found = edited(side, partial(right_for, kept=kept, turned=turned), material)
        if found is not None:
            change = found.change
            after = (change.formula, f" {relation} ", right) if turned else (left, f" {relation} ", change.formula)
            return ("It holds with one change: ", *after, ".")
    return None


def _inner_derivatives(parts: Sequence[Expr], context: Context) -> Iterator[Expr]:
    """What the chain rule multiplies by: the derivatives of what stands in functions and powers."""
    for part in parts:
        if not isinstance(part, Deriv) or not isinstance(part.wrt, Sym):
            continue
        for inner in walk(part.of):
            inside = inner.arguments if isinstance(inner, Call) else (inner.base,) if isinstance(inner, Power) else ()
            for argument in inside:
                with suppress(StepperError):
                    found = partials(argument, context.vocabulary).get(part.wrt)
                    if found is not None and number_in(collected(found)) is None:
                        yield collected(found)


def _idle(part: Expr, context: Context) -> bool:
    """Is something always 0, or always one of its cases? A change that makes it so mends nothing."""
    always = (part.then, part.otherwise) if isinstance(part, Where) else (ZERO,)
    if not isinstance(part, Where | Call):
        return False
    return any(holds_at_instances(part, value, "=", context) for value in always)


def _has_call(expr: Expr) -> bool:
    return any(isinstance(part, Call) for part in walk(expr))
