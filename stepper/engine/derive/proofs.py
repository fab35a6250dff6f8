"""Each line proved from the one before, by means that are not the rules by which it was found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from msgspec.structs import replace

from stepper.core.derivation_parser import DIFFERENTIAL
from stepper.core.expr import Call, Deriv, Expr, Sym, Where, add, multiply
from stepper.core.formula import text
from stepper.core.prose import Prose, listed
from stepper.core.steps import Block, Check, Column, Note, Step, Table
from stepper.core.traverse import transform, walk
from stepper.engine.derive.context import Context
from stepper.engine.derive.given import with_ranges
from stepper.engine.derive.lines import Part
from stepper.engine.derive.proving import Verdict, seen


def proved(part: Part, context: Context) -> list[Check]:
    """A check for each line of a part."""
    context = _with(context, part)
    if part.cases:
        return list(_of_cases(part, context))
    found = []
    if part.derived.lines and part.kind != "solved":
        exprs = [part.derived.left, *(line.expr for line in part.derived.lines)]
        if part.moving is not None:
            context, exprs = _along(part.moving, exprs, context)
        if part.kind == "chain":  # its factors are lines of their own
            exprs = [
                expr for expr in exprs if not any(isinstance(inner, Deriv) and not inner.total for inner in walk(expr))
            ]
        found = [_check(left, right, context) for left, right in pairwise(exprs)]
    return [*found, *_of_equations(part, context)]


def _with(context: Context, part: Part) -> Context:
    """What is known besides: what names of the part stand for, in which case it is, and where its indices lie."""
    given = context.given
    facts = (*given.facts, *([part.where] if part.where is not None else []))
    definitions, shapes = {**given.definitions, **part.names}, {**given.shapes, **part.shapes}
    known = replace(given, definitions=definitions, facts=facts, shapes=shapes)
    return replace(context, given=with_ranges([part.derived.left, *(line.expr for line in part.derived.lines)], known))


STEP, DIRECTION = "τ", "Η"
"""No names that a user can write: both are Greek letters, which are spelled out."""


def _along(moving: Expr, exprs: Sequence[Expr], context: Context) -> tuple[Context, list[Expr]]:
    """Differentials as derivatives along a direction: of ``w + τ·H`` for w, d(u) is the derivative of u by τ, and d(w)
    is H.
    """
    step, direction = Sym(STEP), Sym(DIRECTION)
    moved = add(moving, multiply(step, direction))

    def change(part: Expr) -> Expr | None:
        match part:
            case Call(name, (inside,)) if name == DIFFERENTIAL:
                return direction if inside == moving else Deriv(transform(inside, change), step)
            case _:
                return moved if part == moving else None

    shapes = {**context.given.shapes, STEP: (), DIRECTION: context.given.shapes.get(text(moving), ())}
    return replace(context, given=replace(context.given, shapes=shapes)), [transform(expr, change) for expr in exprs]


def _check(left: Expr, right: Expr, context: Context) -> Check:
    return _checked(f"{text(left)} = {text(right)}", seen(left, "=", right, context))


def _checked(of: str, found: Verdict) -> Check:
    return Check("line", of, found.holds, note=found.against or found.how, unproved=found.holds is None)


def _of_cases(part: Part, context: Context) -> Iterator[Check]:
    """The two cases together are what they are cases of."""
    equal, other = part.derived.lines
    match equal.note:
        case (one, str(), two) if not isinstance(one, str) and not isinstance(two, str):
            together = Where("==", one, two, equal.expr, other.expr)
            yield _check(part.derived.left, together, context)


def _of_equations(part: Part, context: Context) -> Iterator[Check]:
    """What a letter was solved for satisfies every equation on the way."""
    if not part.equations:
        return
    unknown, value, _ = part.equations[-1]
    for left, right, _ in part.equations[:-1]:
        sides = [transform(side, lambda inner: value if inner == unknown else None) for side in (left, right)]
        yield _check(sides[0], sides[1], context)


def summary(checks: Sequence[Check]) -> Step | None:
    """How the lines were proved: in one sentence, and line by line at full detail."""
    if not checks:
        return None
    kinds: dict[str, int] = {}
    for check in checks:
        if check.ok:
            how = "".join(part for part in check.note if isinstance(part, str))
            kinds[how] = kinds.get(how, 0) + 1
    ways: list[Prose] = [(how,) for how in kinds] if len(kinds) == 1 else [("as --detail full says line by line",)]
    count = sum(kinds.values())
    lines = "The line follows" if count == 1 else f"Each of the {count} lines follows"
    body: list[Block] = (
        [Note((f"{lines} from the one before: compared ", *listed(ways), "."), "normal")] if kinds else []
    )
    open_ = [check for check in checks if check.ok is None]
    body += [Note((f"Not proved: {check.of}: ", *check.note), "brief") for check in open_]
    body += [Note((f"Contradiction: {check.of}: ", *check.note), "brief") for check in checks if check.ok is False]
    rows = tuple(((check.of,), check.note) for check in checks)
    children = (
        Step("derive.proofs", "derive.proofs", ("Line by line",),
             (Table((Column(("line",)), Column(("proof",))), rows),), detail="full"),
    )  # fmt: skip
    return Step("derive.check", "derive.check", ("Check",), tuple(body), children=children, detail="normal")
