"""What a published solution prints, judged: is it right, and of what is wrong which mistake gives it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from stepper.core.exam import Case
from stepper.core.exercise import Exercise
from stepper.core.expr import Expr
from stepper.core.formula import text
from stepper.core.network import Network
from stepper.core.parser import parse
from stepper.core.traverse import has_names
from stepper.core.working import Side
from stepper.engine.answers.judge import Judge, judge_of
from stepper.engine.answers.printed import Printed, as_printed
from stepper.engine.values.judging import Finding, Judgement, Verdict
from stepper.engine.values.symbolic_limits import Patience
from stepper.errors import Contradiction, FormulaError, StepperError

EQUALS = re.compile(r"(?<![<>=!])=(?!=)")
ONE = "1"


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
        return as_printed(finding) if isinstance(finding.written, str) else self.explained(finding, sides)

    def sides(self, key: str, written: str) -> Sequence[Side]:
        """The sides of a chain; of a network a shape with its channels first."""
        if isinstance(self.subject, Network):
            from stepper.engine.answers.networks import NetworkAnswers

            assert isinstance(self.first, NetworkAnswers)
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
        last = sides[-1].expr
        formula = last is not None and has_names(last)
        if finding.agrees is True and len(sides) == 1 and not formula:
            return as_printed(finding)
        from stepper.engine.answers.misprinted import explained

        return explained(self.subject, self.settings, finding, sides)


def _side(written: str) -> Side:
    """A side of what is printed; one whose brackets do not match stays as it stands.

    Raises:
        FormulaError: where it is no formula.
    """
    try:
        return Side(written.strip(), parse(written))
    except FormulaError as error:
        from stepper.engine.answers.finding.brackets import unmatched

        if not unmatched(written):
            raise
        return Side(written.strip(), None, problem=error.what)
