"""What is printed in the light of the steps before it, of other numbers, and of the mistakes that people make.

Loaded where more than a right number is printed: it takes as long to load as many a document to examine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from stepper.core.algorithm import Run
from stepper.core.exam import Case
from stepper.core.exercise import Exercise
from stepper.core.expr import Expr
from stepper.core.formula import assignments
from stepper.core.lines import Lines
from stepper.core.network import Network
from stepper.core.task import Task
from stepper.core.working import Line, Side, Written
from stepper.engine.answers.checking.check import subject_of
from stepper.engine.answers.checking.formulas import Formulas
from stepper.engine.answers.checking.judged import Judged
from stepper.engine.answers.checking.subject import Subject
from stepper.engine.answers.checking.verdicts import verdicts
from stepper.engine.answers.checking.wording import reason
from stepper.engine.answers.printed import BY_CHANCE, Printed, as_printed
from stepper.engine.graph.options import configured
from stepper.engine.values.judging import Finding, Judgement, Verdict
from stepper.errors import StepperError


def explained(of: Exercise, settings: Mapping[str, str], finding: Finding, sides: Sequence[Side]) -> Printed:
    """A finding with what is wrong with it, where something is."""
    try:
        subject = _checked(of, settings, finding.key)
        (judged,) = verdicts(subject, [Line(1, "", (Written(finding.key, tuple(sides)),))])
        return _named(subject, finding, judged)
    except StepperError:
        return as_printed(finding)


def _named(subject: Subject, finding: Finding, judged: Judged) -> Printed:
    """A finding with the mistake: a formula must be right whatever the numbers are."""
    formulas, key, last = Formulas(subject), finding.key, judged.last
    if finding.agrees is None and judged.finding is not None:
        finding = judged.finding
    if finding.agrees and judged.slip:
        finding = replace(finding, judgement=Judgement(Verdict.WRONG, BY_CHANCE if judged.by_chance else ()))
    if not finding.agrees and not judged.wrong and judged.verdict is not Verdict.CONVENTION and last is not None:
        outcome, edit = formulas.explained(key, last)
        judged = replace(judged, outcome=outcome, edit=edit)
    return as_printed(finding) if finding.agrees else as_printed(finding, reason(subject, judged), _row(judged))


def _checked(subject: Exercise, settings: Mapping[str, str], key: Expr) -> Subject:
    """The subject with the settings, as mistakes are looked for in it.

    Raises:
        StepperError: where mistakes are not looked for in such a one.
    """
    if isinstance(subject, Network):
        from stepper.engine.answers.checking.network_subject import NetworkSubject
        from stepper.engine.layers.facts import Facts
        from stepper.engine.layers.network import work

        worked = work(subject, assignments(settings["set"]) if "set" in settings else {})
        return NetworkSubject(Facts(worked))
    if isinstance(subject, Task):
        from stepper.engine.answers.tasks import TaskAnswers

        return subject_of(TaskAnswers(subject, Case({}, settings)).task, [key], {})
    if isinstance(subject, Run):
        from stepper.engine.answers.runs import RunAnswers

        return subject_of(RunAnswers(subject, Case({}, settings)).run, [key], {})
    if isinstance(subject, Lines):
        return subject_of(subject, [key], {})
    graph, _ = configured(subject, settings)
    return subject_of(graph, [key], {name: value for name, value in settings.items() if name == "lr"})


def _row(judged: Judged) -> str:
    """The row of what is said of a mistake."""
    if judged.outcome is not None and judged.outcome.found:
        return judged.outcome.found[0].first[0].row.name
    return "" if judged.edit is None else judged.edit.row.change
