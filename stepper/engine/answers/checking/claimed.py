"""Claims of a listing, or beside it, judged for its table of shapes: of a wrong one what is right, and the mistake that
gives it where one does.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from stepper.core.expr import Expr
from stepper.core.formula import text
from stepper.core.network import Statement
from stepper.core.prose import Prose
from stepper.core.steps import Check, Step
from stepper.core.traverse import has_names
from stepper.core.working import Line, Side, Written
from stepper.engine.answers.checking.judged import Judged
from stepper.engine.answers.checking.network_subject import NetworkSubject
from stepper.engine.answers.checking.verdicts import verdicts
from stepper.engine.answers.checking.wording import home, together
from stepper.engine.answers.claims import claims_step, compared, settled, stated
from stepper.engine.layers.counting import Count
from stepper.engine.layers.facts import Facts
from stepper.engine.layers.result import Worked
from stepper.engine.layers.shapes import Judge
from stepper.engine.values.judging import Finding, Verdict
from stepper.errors import StepperError


def judging(claims: Sequence[Statement] = ()) -> Judge:
    """Judges the claims of a listing and those beside it."""

    def judge_all(worked: Worked, count: Count) -> tuple[list[Check], list[Step]]:
        statements = [*stated(worked), *claims]
        try:
            checks = judged(Facts(worked, count), statements)
        except StepperError as error:  # what is wrong with the listing is not hidden by a claim that is none
            raise StepperError(*worked.problems, *error.problems) from None
        return checks, [claims_step(statements, checks, worked.network.layout)]

    return judge_all


def judged(facts: Facts, statements: Sequence[Statement]) -> list[Check]:
    """Are statements right? If not: what it is, and why somebody may have come to the other."""
    return [_check(finding) for finding in found(facts, statements)]


def _check(finding: Finding) -> Check:
    judgement, said = finding.judgement, finding.judgement.note
    if judgement.verdict is Verdict.UNDECIDED:
        said = (judgement.verdict.value, ": ", *judgement.note)
    elif judgement.verdict in (Verdict.ROUNDED, Verdict.TRUNCATED) and finding.found is not None:
        said = (judgement.verdict.value, ": it is ", finding.found)
    assert isinstance(finding.key, Expr)
    return Check("claim", text(finding.key), judgement.accepted, None, said)


def found(facts: Facts, statements: Sequence[Statement]) -> list[Finding]:
    """What is stated beside what is found; of what is wrong the mistake that gives it, in the light of all the
    others.
    """
    findings = [compared(facts, statement) for statement in statements]
    if not any(_open(finding) for finding in findings):
        return findings
    return [
        replace(finding, judgement=replace(finding.judgement, note=(*finding.judgement.note, *why)))
        if why and _open(finding)
        else finding
        for finding, why in zip(findings, reasons(facts, statements), strict=True)
    ]


def _open(finding: Finding) -> bool:
    """Is it a wrong number of which it is said only what is right?"""
    judgement = finding.judgement
    return judgement.verdict is Verdict.WRONG and judgement.note[:1] == ("it is ",)


def reasons(facts: Facts, statements: Sequence[Statement]) -> list[Prose]:
    """Why somebody may have come to each number that is wrong; empty where it is right, or no mistake gives it."""
    subject = NetworkSubject(facts, conventions=False)
    lines = [
        Line(
            number,
            text(statement.key),
            (Written(statement.key, tuple(_side(facts, side) for side in statement.sides[-1:])),),
        )
        for number, statement in enumerate(statements, start=1)
    ]
    return [_reason(subject, judged) for judged in verdicts(subject, lines)]


def _side(facts: Facts, side: Expr) -> Side:
    """A number by itself; a formula in the letters of its layer as it stands."""
    return Side(text(side), side if has_names(side) else settled(facts, side))


def _reason(subject: NetworkSubject, judged: Judged) -> Prose:
    calculation = subject.calculation(judged.key)
    if judged.verdict is Verdict.FOLLOWS and judged.last is not None:
        return ("; ", *subject.shown(judged.last), " ", *judged.note)
    if judged.outcome is None or not judged.outcome.found or calculation is None or judged.last is None:
        return ()
    first = judged.outcome.found[0].first
    said = together(first, calculation, home(judged, calculation))
    why = (f": {first[0].row.why}",) if len(first) == 1 else ()
    return ("; ", *subject.shown(judged.last), " is the result if ", *said, *why)
