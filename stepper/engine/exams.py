"""The bundled exams as derivations: what there is, one item, and how every answer compares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stepper.core.expr import Value
from stepper.core.graph import Graph, Item, Published
from stepper.core.network import Network
from stepper.core.parser import parse
from stepper.core.steps import Block, Check, Column, Derivation, Listing, Note, Prose, Step, Table
from stepper.core.task import Task
from stepper.engine.answers import Finding, Outcome, examine
from stepper.engine.structure import Fact


@dataclass(frozen=True)
class Document:
    """A bundled graph or network with its exam items."""

    name: str
    subject: Graph | Network | Task
    items: tuple[Item, ...]


VERDICTS = {"true": "right", "partial": "result right, a step wrong", "false": "wrong"}


def list_exams(documents: Sequence[Document]) -> Derivation:
    """Every bundled document with its items."""
    columns = (Column(("document",)), Column(("title",)), Column(("items",)))
    rows = tuple(((entry.name,), (entry.subject.title,), (", ".join(item.name for item in entry.items),)) for entry in documents)
    return Derivation(
        "exams list", "Bundled exams", (Step("exams.list", "exams.list", ("Documents",), (Table(columns, rows),), detail="brief"),)
    )


def show_exam(shown: Document, document: str) -> Derivation:
    """A document as it stands, and for each item its answers and what was published."""
    listing = Listing(tuple(document.rstrip().split("\n")))
    steps = [Step("exams.document", "exams.document", ("Document ", shown.name), (listing,), detail="brief")]
    for item in shown.items:
        outcome = examine(shown.subject, item)
        body: list[Block] = [_table(outcome.findings, "expected")] if outcome.findings else []
        if item.published is not None:
            body.append(Note(_said(item.published)))
            body += [_table(outcome.published, "right")] if outcome.published and not _right(outcome) else []
        steps.append(Step(f"exams.item:{item.name}", "exams.item", (item.name,), tuple(body), detail="brief"))
    labels = shown.subject.labels if isinstance(shown.subject, Graph) else {}
    return Derivation("exams show", shown.subject.title, tuple(steps), source=shown.subject.source, notation=labels)


def check_exams(items: Sequence[tuple[Graph | Network | Task, Item]]) -> Derivation:
    """Works every answer of the items out again. Published mistakes are reported apart from failures of stepper's own."""
    outcomes = [examine(subject, item) for subject, item in items]
    columns = (Column(("item",)), Column(("answers",), "plain", "right"), Column(("outcome",)), Column(("published solution",)))
    rows = tuple((_name(outcome), _count(outcome), (_outcome(outcome),), _published(outcome)) for outcome in outcomes)
    steps = [Step("exams.check", "exams.check", ("Items recomputed",), (Table(columns, rows),), detail="brief")]
    wrong = [outcome for outcome in outcomes if outcome.item.published is not None and outcome.item.published.verdict != "true"]
    if wrong:
        notes: list[Block] = []
        for outcome in wrong:
            assert outcome.item.published is not None
            notes.append(Note((f"{outcome.item.name}: ", *_said(outcome.item.published))))
        steps.append(Step("exams.published", "exams.published", ("Mistakes in published solutions",), tuple(notes), detail="brief"))
    failed = [outcome for outcome in outcomes if not outcome.agrees]
    for outcome in failed:
        bad = [finding for finding in outcome.findings if not finding.agrees] or list(outcome.published)
        steps.append(
            Step(
                f"exams.failed:{outcome.item.name}",
                "exams.failed",
                (f"{outcome.item.name} differs",),
                (_table(bad, "expected"),),
                detail="brief",
            )
        )
    good = len(outcomes) - len(failed)
    summary: Prose = (f"{good} of {len(outcomes)} items agree, {sum(len(outcome.findings) for outcome in outcomes)} values.",)
    steps.append(Step("exams.summary", "exams.summary", ("Summary",), (Note(summary),), detail="brief"))
    checks = tuple(Check("exam item", outcome.item.name, outcome.agrees) for outcome in outcomes)
    return Derivation("exams check", "Exam items", tuple(steps), (), checks)


def _name(outcome: Outcome) -> Prose:
    return (outcome.item.name,)


def _count(outcome: Outcome) -> Prose:
    return (f"{sum(finding.agrees for finding in outcome.findings)}/{len(outcome.findings) + len(outcome.unbuilt)}",)


def _outcome(outcome: Outcome) -> str:
    if not outcome.agrees:
        return "DIFFERS"
    return "partly: not built: " + ", ".join(outcome.unbuilt) if outcome.unbuilt else "agrees"


def _published(outcome: Outcome) -> Prose:
    published = outcome.item.published
    return (VERDICTS[published.verdict] if published is not None else "none",)


def _said(published: Published) -> Prose:
    error = f": {published.error}" if published.error else ""
    return (f"published: {VERDICTS[published.verdict]}{error}",)


def _right(outcome: Outcome) -> bool:
    return all(finding.agrees for finding in outcome.published)


def _fact(found: Fact | None) -> Prose:
    return ("?",) if found is None else (found,) if isinstance(found, str) else (Value(found),)


def _table(findings: Sequence[Finding], expected: str) -> Table:
    columns = (Column(("quantity",)), Column((expected,), "value"), Column(("found",), "value"), Column(("",)))
    rows = []
    for finding in findings:
        numbers = [_fact(found) for found in (finding.expected, finding.found)]
        rows.append(((parse(finding.key),), *numbers, ("agrees" if finding.agrees else "differs",)))
    return Table(columns, tuple(rows))
