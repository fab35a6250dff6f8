"""What was written of a quantity, with its verdict and what explains it."""

from __future__ import annotations

from msgspec import Struct

from stepper.core.expr import Expr
from stepper.core.prose import Prose
from stepper.core.working import Line, Written
from stepper.engine.answers.finding.explanation import Given, Outcome
from stepper.engine.edits.edits import Edited
from stepper.engine.values.judging import Finding, Verdict


class Judged(Struct, frozen=True):
    """What was written of a quantity, and how it stands to what is right.

    Attributes:
        line: the line of the page, where it is one.
        written: the chain that was written.
        finding: the last side beside what is right; None where it cannot be compared.
        verdict: how it stands.
        note: what is said beside the verdict: the convention, the digits that were carried, what it follows from.
        outcome: the mistakes that give the number, where they were looked for.
        slip: where the chain itself is broken first.
        given: the number that was written, where it is one, or the numbers of a shape.
        edit: of a wrong formula the change that mends it.
    """

    line: Line
    written: Written
    finding: Finding | None
    verdict: Verdict
    note: Prose = ()
    outcome: Outcome | None = None
    slip: Prose = ()
    given: Given | None = None
    edit: Edited | None = None

    @property
    def broken(self) -> bool:
        """Is the result right, and a step on the way to it wrong?"""
        return bool(self.slip) and self.verdict < Verdict.WHOLE

    @property
    def by_chance(self) -> bool:
        """Is it a formula that is right at the numbers of the document, and not at others?"""
        return self.broken and len(self.written.sides) == 1

    @property
    def wrong(self) -> bool:
        return self.broken or self.verdict in (Verdict.WHOLE, Verdict.WRONG)

    @property
    def doubtful(self) -> bool:
        """Is it right when every step is rounded, and the result of a mistake too?"""
        return self.verdict is Verdict.BY_HAND and self.outcome is not None

    @property
    def key(self) -> Expr:
        return self.written.key

    @property
    def last(self) -> Expr | None:
        """The last side that could be read."""
        return next((side.expr for side in reversed(self.written.sides) if side.expr is not None), None)
