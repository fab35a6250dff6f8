"""Each line proved from the one before, by means that are not the rules by which it was found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from msgspec import Struct
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
from stepper.engine.derive.proving import seen


class Proof(Struct, frozen=True):
    """A line as it is shown, and whether it follows."""

    line: Prose
    check: Check


def proved(part: Part, context: Context) -> list[Proof]:
    """A proof of each line of a part."""
    context = _with(context, part)
    if part.cases:
        return list(_of_cases(part, context))
    found = []
    if part.derived.lines and part.kind != "solved":
        shown = [part.derived.left, *(line.expr for line in part.derived.lines)]
        if part.kind == "chain":  # its factors are lines of their own
            shown = [
                expr for expr in shown if not any(isinstance(inner, Deriv) and not inner.total for inner in walk(expr))
            ]
        exprs = shown
        if part.moving is not None:
            context, exprs = _along(part.moving, exprs, context)
        found = [_proof(*pair, context, *sides) for sides, pair in zip(pairwise(shown), pairwise(exprs), strict=True)]
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


def _proof(left: Expr, right: Expr, context: Context, shown: Expr | None = None, after: Expr | None = None) -> Proof:
    """That two sides are equal; ``shown`` and ``after`` are how they stand in the lines, where that is another form."""
    found = seen(left, "=", right, context)
    one, other = shown or left, after or right
    check = Check("line", f"{text(one)} = {text(other)}", found.holds, note=found.against or found.how,
                  unproved=found.holds is None)  # fmt: skip
    return Proof((one, " = ", other), check)


def _of_cases(part: Part, context: Context) -> Iterator[Proof]:
    """The two cases together are what they are cases of."""
    equal, other = part.derived.lines
    match equal.note:
        case (one, str(), two) if not isinstance(one, str) and not isinstance(two, str):
            together = Where("==", one, two, equal.expr, other.expr)
            yield _proof(part.derived.left, together, context)


def _of_equations(part: Part, context: Context) -> Iterator[Proof]:
    """What a letter was solved for satisfies every equation on the way."""
    if not part.equations:
        return
    unknown, value, _ = part.equations[-1]
    for left, right, _ in part.equations[:-1]:
        sides = [transform(side, lambda inner: value if inner == unknown else None) for side in (left, right)]
        yield _proof(sides[0], sides[1], context)


def summary(proofs: Sequence[Proof], holds: str = "follows from the one before") -> Step | None:
    """How the lines were proved: in a sentence, and line by line at full detail."""
    if not proofs:
        return None
    body: list[Block] = list(_together([proof.check for proof in proofs if proof.check.ok], holds))
    for word, ok in (("Not proved", None), ("Contradiction", False)):
        body += [Note((f"{word}: ", *proof.line, ": ", *proof.check.note)) for proof in proofs if proof.check.ok is ok]
    rows = tuple((proof.line, proof.check.note) for proof in proofs)
    table = Table((Column(("line",)), Column(("proof",))), rows)
    inner = Step("derive.proofs", "derive.proofs", ("Line by line",), (table,), detail="full")
    return Step("derive.check", "derive.check", ("Check",), tuple(body), children=(inner,), detail="normal")


def _together(checks: Sequence[Check], holds: str) -> Iterator[Note]:
    """How many lines follow, and how many of them were proved in which way."""
    ways: dict[Prose, int] = {}
    for check in checks:
        ways[check.note] = ways.get(check.note, 0) + 1
    if not ways:
        return
    lines = "The line" if len(checks) == 1 else f"Each of the {len(checks)} lines"
    counts = [f" ({count} line{'s' if count > 1 else ''})" if len(ways) > 1 else "" for count in ways.values()]
    said = [(*way, count) for way, count in zip(ways, counts, strict=True)]
    yield Note((f"{lines} {holds}. Checked: ", *listed(said, "; ", "; "), "."), "normal")
