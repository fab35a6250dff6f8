"""The bundled exams as derivations: what there is, one item, and how every answer compares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from stepper.core.exam import Item
from stepper.core.exam import Verdict as Graded
from stepper.core.exercise import Exercise
from stepper.core.expr import Expr
from stepper.core.graph import Graph
from stepper.core.lines import Lines
from stepper.core.prose import Prose, listed
from stepper.core.steps import Block, Check, Column, Derivation, Listing, Note, Step, Table
from stepper.engine.answers.examination import Outcome, examine
from stepper.engine.answers.printed import BY_CHANCE, Printed
from stepper.engine.answers.together import outcomes_of
from stepper.engine.values.judging import Finding, Verdict, about
from stepper.errors import Contradiction, StepperError


class Document(Struct, frozen=True):
    """A bundled graph or network with its exam items."""

    name: str
    subject: Exercise
    items: tuple[Item, ...]


WRITTEN = "answer"
VERDICTS = {"true": "right", "partial": "result right, a step wrong", "false": "wrong"}


def show_exam(shown: Document, document: str) -> Derivation:
    """A document as it stands, and for each item its answers and what was published."""
    listing = Listing(tuple(document.rstrip().split("\n")))
    found: list[Finding] = []
    steps = [Step("exams.document", "exams.document", ("Document ", shown.name), (listing,), detail="brief")]
    for item in shown.items:
        outcome = examine(shown.subject, item)
        found += [*outcome.findings, *outcome.published, *outcome.steps]
        body: list[Block] = [_table(outcome.findings, WRITTEN)] if outcome.findings else []
        if item.published is not None:
            body.append(Note((*_said(outcome), *_mistakes(outcome))))
            judged = (*outcome.published, *outcome.steps)
            body += [_table(judged, "published")] if judged and outcome.verdict != "true" else []
        body += [Note((f"not worked: {problem.what}",)) for problem in outcome.problems]
        steps.append(Step(f"exams.item:{item.name}", "exams.item", (item.name,), tuple(body), detail="brief"))
    return Derivation(
        "exams show", shown.subject.title, tuple(steps), source=shown.subject.source, notation=_notation(shown, found)
    )


def _notation(shown: Document, found: Sequence[Finding]) -> Mapping[str, str]:
    """How names and functions are typeset: E of a derivation is the expectation, of a graph what it calls so."""
    if isinstance(shown.subject, Graph):
        return shown.subject.labels
    if not isinstance(shown.subject, Lines):
        return {}
    from stepper.engine.derive.writing import notation

    exprs = [expr for each in found for expr in (each.key, each.written, each.found) if not isinstance(expr, str)]
    return notation([expr for expr in exprs if expr is not None])


def check_exams(items: Sequence[tuple[Exercise, Item]]) -> tuple[Derivation, StepperError | None]:
    """Works every answer of the items out again, and says what could not be worked.

    Published mistakes are reported apart from failures of stepper's own.
    """
    outcomes = outcomes_of(items)
    columns = (
        Column(("item",)),
        Column(("answers",), "plain", "right"),
        Column(("outcome",)),
        Column(("published solution",)),
    )
    rows = tuple((_name(outcome), _count(outcome), (_outcome(outcome),), _published(outcome)) for outcome in outcomes)
    steps = [Step("exams.check", "exams.check", ("Items recomputed",), (Table(columns, rows),), detail="brief")]
    wrong = [outcome for outcome in outcomes if _verdict(outcome) not in (None, "true")]
    if wrong:
        notes = tuple(Note((f"{outcome.item.name}: ", *_said(outcome), *_mistakes(outcome))) for outcome in wrong)
        steps.append(
            Step("exams.published", "exams.published", ("Mistakes in published solutions",), notes, detail="brief")
        )
    steps += [_failed(outcome) for outcome in outcomes if not outcome.agrees and not _broken(outcome)]
    steps += [_undecided(outcome) for outcome in outcomes if any(finding.holds is None for finding in outcome.findings)]
    steps.append(Step("exams.summary", "exams.summary", ("Summary",), (Note(_summary(outcomes)),), detail="brief"))
    checks = tuple(Check("exam item", outcome.item.name, _agrees(outcome)) for outcome in outcomes)
    problems = [problem for outcome in outcomes for problem in outcome.problems]
    kind = Contradiction if any(outcome.contradicts for outcome in outcomes) else StepperError
    return Derivation("exams check", "Exam items", tuple(steps), (), checks), kind(*problems) if problems else None


def _agrees(outcome: Outcome) -> bool | None:
    """Is all of an item right? None where nothing is wrong, and something cannot be decided."""
    undecided = any(finding.holds is None for finding in outcome.findings)
    return None if outcome.agrees and undecided else outcome.agrees


def _failed(outcome: Outcome) -> Step:
    """An item of which an answer is wrong, or whose word on a published solution is."""
    bad = [finding for finding in outcome.findings if finding.holds is False]
    body: list[Block] = [_table(bad, WRITTEN)] if bad else []
    if not outcome.verdict_holds:
        published = outcome.item.published
        assert published is not None
        assert published.verdict is not None
        assert outcome.verdict is not None
        words = (
            "The document says of the published solution: "
            f"{VERDICTS[published.verdict]}. stepper finds: {VERDICTS[outcome.verdict]}."
        )
        body += [Note((words,)), _table((*outcome.published, *outcome.steps), "published")]
    return Step(
        f"exams.failed:{outcome.item.name}",
        "exams.failed",
        (f"{outcome.item.name} differs",),
        tuple(body),
        detail="brief",
    )


def _undecided(outcome: Outcome) -> Step:
    open_ones = [finding for finding in outcome.findings if finding.holds is None]
    title: Prose = (f"{outcome.item.name}: cannot be decided",)
    return Step(f"exams.open:{outcome.item.name}", "exams.open", title, (_table(open_ones, WRITTEN),), detail="brief")


def _summary(outcomes: Sequence[Outcome]) -> Prose:
    findings = [finding for outcome in outcomes for finding in outcome.findings]
    good = sum(outcome.agrees for outcome in outcomes)
    others = [outcome for outcome in outcomes if outcome.item.beside]
    items = "item agrees" if len(outcomes) == 1 else "items agree"
    counted = f"{good} of {len(outcomes)} {items}"
    if others and len(others) < len(outcomes):
        exams = [outcome for outcome in outcomes if not outcome.item.beside]
        right, more = (sum(outcome.agrees for outcome in part) for part in (exams, others))
        counted = f"{right} of {len(exams)} items of the exams, and {more} of {len(others)} others, agree"
    words = f"{counted}, {len(findings)} {'value' if len(findings) == 1 else 'values'}"
    undecided = sum(finding.judgement.verdict is Verdict.UNDECIDED for finding in findings)
    words += f"; {undecided} {Verdict.UNDECIDED.value}" if undecided else ""
    return (f"{words}.",)


def _name(outcome: Outcome) -> Prose:
    return (outcome.item.name,)


def _count(outcome: Outcome) -> Prose:
    every = sum(len(case.values) for case in outcome.item.cases)
    return (f"{sum(finding.holds is True for finding in outcome.findings)}/{every}",)


def _broken(outcome: Outcome) -> bool:
    """Is nothing wrong with it but what could not be worked?"""
    return (
        bool(outcome.problems)
        and not any(finding.holds is False for finding in outcome.findings)
        and outcome.verdict_holds
    )


def _outcome(outcome: Outcome) -> str:
    if _broken(outcome):
        return f"{len(outcome.problems)} not worked"
    if not outcome.agrees:
        return "DIFFERS"
    return "partly: not built: " + ", ".join(outcome.unbuilt) if outcome.unbuilt else "agrees"


def _verdict(outcome: Outcome) -> Graded | None:
    """On what was published: stepper's verdict, or where there is nothing to judge that of the document."""
    published = outcome.item.published
    if outcome.verdict is not None or published is None:
        return outcome.verdict
    return published.verdict or ("partial" if published.error else None)


def _published(outcome: Outcome) -> Prose:
    if outcome.item.published is None:
        return ("none",)
    verdict = _verdict(outcome)
    if verdict is None:
        return (Verdict.UNDECIDED.value,)
    return (VERDICTS[verdict] + ("" if outcome.verdict is not None else " (in words)"),)


def _said(outcome: Outcome) -> Prose:
    """The verdict on what was published."""
    return (f"published: {_published(outcome)[0]}",)


def _mistakes(outcome: Outcome) -> Prose:
    """What is wrong with what was published, as it is found, and what the document says of it in words."""
    published = outcome.item.published
    assert published is not None
    said = [_wrong(printed) for printed in (*outcome.published, *outcome.steps) if printed.agrees is False]
    said += [(published.error,)] if published.error else []
    return (": ", *listed(said, "; ", "; ")) if said else ()


def _wrong(printed: Printed) -> Prose:
    """What is printed, what is right, and the mistake."""
    note = printed.judgement.note
    why: Prose = (": ", *printed.why) if printed.why else ()
    if printed.found is None:
        why = why or (": ", *note)
        return (*_fact(printed.written), " is published for ", printed.key, *why)
    if note == BY_CHANCE:
        return (*_fact(printed.written), " is published for ", printed.key, ", ", *note, *why)
    beside = printed.found if isinstance(printed.found, str) else ""
    if beside and note:  # why it does not exist
        why = (": ", *note)
    return (printed.key, " is ", *_about(printed.found), ", and ", *_fact(printed.written), " is published", *why)


def _about(found: Expr | str | None) -> Prose:
    return _fact(found) if found is None or isinstance(found, str) else about(found)


def _fact(found: Expr | str | None) -> Prose:
    return ("?",) if found is None else (found,)


def _table(findings: Sequence[Finding], whose: str) -> Table:
    """What was written, and stepper's own, with what is to be said of it."""
    columns = (Column(("quantity",)), Column((whose,), "value"), Column(("stepper's",), "value"), Column(("",)))
    rows: list[tuple[Prose, ...]] = []
    for finding in findings:
        verdict = finding.judgement.verdict
        word = (
            "agrees"
            if verdict in (Verdict.RIGHT, Verdict.OTHER_FORM)
            else "differs"
            if verdict is Verdict.WRONG
            else verdict.value
        )
        said: Prose = (word, ": ", *finding.judgement.note) if finding.judgement.note else (word,)
        rows.append(((finding.key,), _fact(finding.written), _fact(finding.found), said))
    return Table(columns, tuple(rows))
