"""What a published solution prints, judged: is it right, and of what is wrong which mistake gives it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from stepper.core.algorithm import Run
from stepper.core.exam import Case
from stepper.core.exercise import Exercise
from stepper.core.expr import Expr
from stepper.core.formula import assignments, text
from stepper.core.lines import Lines
from stepper.core.network import Network
from stepper.core.parser import parse
from stepper.core.prose import Prose
from stepper.core.task import Task
from stepper.core.working import Line, Side, Written
from stepper.engine.answers.checking.chains import has_names
from stepper.engine.answers.checking.check import subject_of
from stepper.engine.answers.checking.formulas import Formulas
from stepper.engine.answers.checking.judged import Judged
from stepper.engine.answers.checking.network_subject import NetworkSubject
from stepper.engine.answers.checking.subject import Subject
from stepper.engine.answers.checking.verdicts import verdicts
from stepper.engine.answers.checking.wording import reason
from stepper.engine.answers.finding.brackets import unmatched
from stepper.engine.answers.judge import Judge, judge_of
from stepper.engine.answers.networks import NetworkAnswers
from stepper.engine.answers.runs import RunAnswers
from stepper.engine.answers.tasks import TaskAnswers
from stepper.engine.graph.options import configured
from stepper.engine.layers.facts import Facts
from stepper.engine.layers.network import work
from stepper.engine.values.judging import Finding, Judgement, Verdict
from stepper.engine.values.symbolic_limits import Patience
from stepper.errors import Contradiction, FormulaError, StepperError

EQUALS = re.compile(r"(?<![<>=!])=(?!=)")
ONE = "1"
BY_CHANCE = ("it is right at these numbers only",)


class Printed(Finding, frozen=True):
    """What is printed of a quantity beside what it is; ``why`` it is wrong: the broken step, the mistake; and the
    ``row`` that has the mistake, or the change that mends it.
    """

    why: Prose = ()
    row: str = ""


class Printing:
    """The published solution of one item: its own settings, else those of the item's first case."""

    def __init__(self, subject: Exercise, first: Judge, case: Case, own: Mapping[str, str], patience: Patience) -> None:
        self.subject, self.first, self.patience, self.own = subject, first, patience, own
        self.settings = {**case.settings, **own}

    def printed(self, key: str, written: str) -> Printed:
        """What is printed of a quantity, judged.

        Raises:
            StepperError: where the key is none of the subject's, or what is printed is no formula.
        """
        sides = self.sides(key, written)
        last = sides[-1]
        if last.expr is None:
            return self.unread(parse(key), sides)
        try:
            judge = judge_of(self.subject, Case({key: ""}, self.settings), self.patience) if self.own else self.first
            finding = judge.finding(key, written if isinstance(self.subject, Network) else last.text)
        except Contradiction:
            raise
        except StepperError as error:
            self.first.finding(key, ONE)  # of a key that is none nothing is printed
            refused = Judgement(Verdict.WRONG, (error.problems[0].what,))
            finding = Finding(parse(key), last.expr, None, refused)
        return _printed(finding) if isinstance(finding.written, str) else self.explained(finding, sides)

    def sides(self, key: str, written: str) -> Sequence[Side]:
        """The sides of a chain; of a network a shape with its channels first."""
        if isinstance(self.first, NetworkAnswers):
            return [Side(text(side), side) for side in self.first.sides(parse(key), written)]
        return [_side(side) for side in EQUALS.split(written)]

    def unread(self, key: Expr, sides: Sequence[Side]) -> Printed:
        """A formula whose brackets do not match.

        Raises:
            StepperError: where no formula is found that is meant.
        """
        found = self.explained(Finding(key, sides[-1].text, None, Judgement(Verdict.WRONG)), sides)
        if not found.why:
            parse(sides[-1].text)
        return found

    def explained(self, finding: Finding, sides: Sequence[Side]) -> Printed:
        """A finding in the light of the steps before it, of other numbers, and of the mistakes that people make."""
        last, key = sides[-1].expr, finding.key
        formula = last is not None and has_names(last)
        if finding.agrees is True and len(sides) == 1 and not formula:
            return _printed(finding)
        try:
            subject = self.checked(key)
            (judged,) = verdicts(subject, [Line(1, "", (Written(key, tuple(sides)),))])
            return self.named(subject, finding, judged)
        except StepperError:
            return _printed(finding)

    def named(self, subject: Subject, finding: Finding, judged: Judged) -> Printed:
        """A finding with the mistake: a formula must be right whatever the numbers are."""
        formulas, key, last = Formulas(subject), finding.key, judged.last
        if finding.agrees is None and judged.finding is not None:
            finding = judged.finding
        if finding.agrees and judged.slip:
            finding = replace(finding, judgement=Judgement(Verdict.WRONG, BY_CHANCE if judged.by_chance else ()))
        if not finding.agrees and not judged.wrong and judged.verdict is not Verdict.CONVENTION and last is not None:
            outcome, edit = formulas.explained(key, last)
            judged = replace(judged, outcome=outcome, edit=edit)
        return _printed(finding) if finding.agrees else _printed(finding, reason(subject, judged), _row(judged))

    def checked(self, key: Expr) -> Subject:
        """The subject with the settings, as mistakes are looked for in it.

        Raises:
            StepperError: where mistakes are not looked for in such a one.
        """
        options = {name: value for name, value in self.settings.items() if name == "lr"}
        subject = self.subject
        if isinstance(subject, Network):
            worked = work(subject, assignments(self.settings["set"]) if "set" in self.settings else {})
            return NetworkSubject(Facts(worked))
        if isinstance(subject, Task):
            return subject_of(TaskAnswers(subject, Case({}, self.settings)).task, [key], {})
        if isinstance(subject, Run):
            return subject_of(RunAnswers(subject, Case({}, self.settings)).run, [key], {})
        if isinstance(subject, Lines):
            return subject_of(subject, [key], {})
        graph, _ = configured(subject, self.settings)
        return subject_of(graph, [key], options)


def _printed(finding: Finding, why: Prose = (), row: str = "") -> Printed:
    return Printed(finding.key, finding.written, finding.found, finding.judgement, why, row)


def _row(judged: Judged) -> str:
    """The row of what is said of a mistake."""
    if judged.outcome is not None and judged.outcome.found:
        return judged.outcome.found[0].first[0].row.name
    return "" if judged.edit is None else judged.edit.row.change


def _side(written: str) -> Side:
    """A side of what is printed; one whose brackets do not match stays as it stands.

    Raises:
        FormulaError: where it is no formula.
    """
    try:
        return Side(written.strip(), parse(written))
    except FormulaError as error:
        if not unmatched(written):
            raise
        return Side(written.strip(), None, problem=error.what)
