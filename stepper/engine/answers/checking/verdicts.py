"""The verdict on each number that was written, in the light of all the others."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from stepper.core.expr import Expr, Number
from stepper.core.progress import each
from stepper.core.prose import Prose
from stepper.core.traverse import has_names
from stepper.core.working import Line, Written
from stepper.engine.answers.checking.chains import first_false, in_symbols
from stepper.engine.answers.checking.explaining import Explaining
from stepper.engine.answers.checking.judge import Judge
from stepper.engine.answers.checking.judged import Judged
from stepper.engine.answers.checking.subject import Subject
from stepper.engine.answers.finding.explanation import FITS, fits
from stepper.engine.answers.finding.line import Line as Formula
from stepper.engine.values.judging import Verdict
from stepper.errors import StepperError

MOST_SEARCHED = 12
"""In so many wrong lines mistakes are looked for; then the page has more that is wrong than a search can tell."""
UNMATCHED = ("its brackets do not match",)
"""What is said of a formula that cannot be read for its brackets."""


def verdicts(subject: Subject, lines: Sequence[Line]) -> list[Judged]:
    """Every chain of a page, judged in its order."""
    return page_judged(Judge(subject), lines)


def page_judged(judge: Judge, lines: Sequence[Line]) -> list[Judged]:
    """Every chain of one of several pages."""
    return _Page(judge, lines).judged()


class _Page(Explaining):
    def __init__(self, judge: Judge, lines: Sequence[Line]) -> None:
        super().__init__(judge)
        self.found = [self.first(line, written) for line in lines for written in line.chains]
        self.places = {one.given.key: place for place, one in enumerate(self.found) if one.given is not None}

    def judged(self) -> list[Judged]:
        """First each by itself; then what is wrong in the light of conventions, of rounding, and of what came
        before.
        """
        self.by_convention()
        self.rounded()
        self.chained()
        searched = 0
        for place, judged in enumerate(each(self.found, "looking for mistakes")):
            if judged.verdict in (Verdict.WRONG, Verdict.WHOLE):
                searched += 1
                self.found[place] = self.explained(judged, searched <= MOST_SEARCHED)
            elif judged.verdict is Verdict.BY_HAND:
                self.found[place] = self.doubted(judged)
            if judged.wrong and searched <= MOST_SEARCHED:
                self.found[place] = self.mended(self.found[place])
        return self.found

    # ---- each by itself

    def first(self, line: Line, written: Written) -> Judged:
        """The best of the readings of the last side; a line that cannot be compared is undecided."""
        readings = [
            reading
            for side in reversed(written.sides)
            if side.expr is not None
            for reading in (side.expr, *side.readings)
        ][: 1 + len(written.sides[-1].readings) if written.sides else 0]
        best: Judged | None = None
        for reading in readings:
            judged = self.compared(line, written, reading)
            if best is None or _worth(judged) < _worth(best):
                best = judged
        if best is None:
            return self.unread(line, written)
        return best if best.last is None else replace(best, given=self.subject.given(best.key, best.last))

    def unread(self, line: Line, written: Written) -> Judged:
        """Where brackets do not match, the formula that may be meant is looked for."""
        last = written.sides[-1] if written.sides else None
        edit = None if last is None else self.formulas.repaired(written.key, last.text)
        if edit is not None:
            return Judged(line, written, None, Verdict.WRONG, slip=UNMATCHED, edit=edit)
        problem = line.problem or (last.problem if last is not None else "")
        return Judged(line, written, None, Verdict.UNDECIDED, (problem or "it cannot be read",))

    def compared(self, line: Line, written: Written, reading: Expr) -> Judged:
        try:
            finding = self.subject.finding(written.key, reading)
        except StepperError as error:
            problem = error.problems[0]
            said = problem.what + (f" ({problem.hint})" if problem.hint else "")
            return Judged(line, written, None, Verdict.UNDECIDED, (said,))
        return Judged(line, written, finding, finding.judgement.verdict, finding.judgement.note)

    # ---- all together

    @property
    def wrong(self) -> list[int]:
        return [place for place, judged in enumerate(self.found) if judged.verdict in (Verdict.WRONG, Verdict.WHOLE)]

    def by_convention(self) -> None:
        """What is right under another convention, which is one for all that is."""
        wrong = self.wrong
        if not wrong:
            return
        best: tuple[list[int], Prose] = ([], ())
        for alternative in self.judge.alternatives:
            fitting = []
            for place in wrong:
                if self.fits_under(alternative.subject, self.found[place]):
                    fitting.append(place)
            fitting = self.independent(fitting, wrong)
            if len(fitting) > len(best[0]):
                best = fitting, alternative.said
        for place in best[0]:
            self.found[place] = replace(self.found[place], verdict=Verdict.CONVENTION, note=best[1])

    def independent(self, fitting: Sequence[int], wrong: Sequence[int]) -> list[int]:
        """Those that are not worked out from a number that is wrong under the convention too."""
        others = [self.found[place].given for place in wrong if place not in fitting]
        kept = []
        for place in fitting:
            judged = self.found[place]
            calculation = self.subject.calculation(judged.key)
            if calculation is None or judged.given is None:
                kept.append(place)
                continue
            before = calculation.before([judged.given.key])
            if not any(other is not None and other.key in before for other in others):
                kept.append(place)
        return kept

    def fits_under(self, subject: Subject, judged: Judged) -> bool:
        """Is a number right of another subject? Its lines tell, where they have the quantity."""
        try:
            given = judged.given
            calculation = None if given is None else subject.calculation(judged.key)
            if given is not None and calculation is not None and given.key in calculation.lines:
                return fits(given, calculation.numbers)
            return judged.last is not None and subject.finding(judged.key, judged.last).judgement.verdict <= FITS
        except StepperError:
            return False

    def rounded(self) -> None:
        """What comes out where every step is rounded: one number of digits must explain all that was written."""
        given = [
            judged.given
            for judged in self.found
            if judged.given is not None and judged.verdict is not Verdict.CONVENTION
        ]
        wrong = [place for place in self.wrong if self.found[place].given is not None]
        if not wrong or not given or not self.subject.rounds:
            return
        calculation = self.subject.calculation(self.found[wrong[0]].key)
        if calculation is None or any(each.key not in calculation.lines for each in given):
            return
        rounding = self.judge.by_hand(calculation).explaining(given)
        for place in wrong if rounding is not None else ():
            said: Prose = (f"when every step is rounded to {rounding}",)
            self.found[place] = replace(self.found[place], verdict=Verdict.BY_HAND, note=said)

    # ---- what is wrong

    def chained(self) -> None:
        """Where a chain of equations is broken first."""
        own: dict[str, Number] = {}
        for place, judged in enumerate(self.found):
            calculation = self.subject.calculation(judged.key)
            sides = judged.written.sides
            if len(sides) > 1 or (judged.verdict < Verdict.WHOLE and in_symbols(judged.last)):
                wrong = {key: number for key, number in own.items() if self.is_wrong(key)}
                line = self.other_formula(judged)
                slip = first_false(judged.written, calculation, wrong, line)
                if slip and first_false(judged.written, calculation, own, line):
                    self.found[place] = replace(judged, slip=slip)
            if judged.given is not None:
                own |= {each.key: each.number for each in judged.given.each}

    def other_formula(self, judged: Judged) -> Formula | None:
        """The line of a quantity, where the first side that was written is a formula, and another one."""
        first, calculation = judged.written.sides[0].expr, self.subject.calculation(judged.key)
        if calculation is None or first is None or not has_names(first):
            return None
        other = self.formulas.same(judged.key, first) is False
        return calculation.lines[self.subject.name(judged.key)] if other else None


def _worth(judged: Judged) -> tuple[bool, Verdict]:
    """Of two readings the one that can be compared is meant, and of these the better one."""
    return judged.verdict is Verdict.UNDECIDED, judged.verdict
