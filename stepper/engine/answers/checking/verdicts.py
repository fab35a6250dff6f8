"""The verdict on each number that was written, in the light of all the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from stepper.core.expr import Expr, Number, Value
from stepper.core.formula import text
from stepper.core.progress import each
from stepper.core.prose import Prose, listed
from stepper.core.traverse import has_names
from stepper.core.working import Line, Written
from stepper.engine.answers.checking.chains import FORMULA, first_false, in_symbols
from stepper.engine.answers.checking.following import belongs, follows, from_rounded, latest_of, put_in
from stepper.engine.answers.checking.judge import Judge
from stepper.engine.answers.checking.judged import Judged
from stepper.engine.answers.checking.subject import Subject
from stepper.engine.answers.finding.explanation import FITS, Given, Outcome, fits
from stepper.engine.answers.finding.line import Line as Formula
from stepper.engine.answers.finding.lines import Calculation
from stepper.engine.values.judging import Verdict
from stepper.errors import StepperError

MOST_SEARCHED = 12
"""In so many wrong lines mistakes are looked for; then the page has more that is wrong than a search can tell."""
AGREED = 1e-6
UNMATCHED = ("its brackets do not match",)
"""What is said of a formula that cannot be read for its brackets."""


def verdicts(subject: Subject, lines: Sequence[Line]) -> list[Judged]:
    """Every chain of a page, judged in its order."""
    return page_judged(Judge(subject), lines)


def page_judged(judge: Judge, lines: Sequence[Line]) -> list[Judged]:
    """Every chain of one of several pages."""
    return _Page(judge, lines).judged()


class _Page:
    def __init__(self, judge: Judge, lines: Sequence[Line]) -> None:
        self.judge, self.subject, self.formulas = judge, judge.subject, judge.formulas
        self.found = [self.first(line, written) for line in lines for written in line.chains]
        self.places = {each.given.key: place for place, each in enumerate(self.found) if each.given is not None}

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

    def is_wrong(self, key: str) -> bool:
        return any(
            judged.verdict >= Verdict.WHOLE and judged.given is not None and belongs(judged.given, [key])
            for judged in self.latest().values()
        )

    def latest(self) -> Mapping[str, Judged]:
        """Of each quantity what was written of it last."""
        return {key: self.found[place] for key, place in self.places.items()}

    def explained(self, judged: Judged, search: bool) -> Judged:
        """A wrong number in the light of the wrong ones that it is worked out from."""
        given, calculation = judged.given, self.subject.calculation(judged.key)
        if given is None:
            return judged
        if put := self.put_in(judged):
            return replace(judged, verdict=Verdict.FOLLOWS, note=("follows from ", *listed(put)))
        if calculation is None or given.key not in calculation.lines or not self.agree(judged, calculation):
            return judged
        before = calculation.before([given.key])
        others = [other for key, other in self.latest().items() if key != given.key]
        wrong = {
            other.given.key: other
            for other in others
            if other.given is not None
            and belongs(other.given, before)
            and other.verdict in (Verdict.WRONG, Verdict.WHOLE, Verdict.FOLLOWS)
        }
        earlier = [other.given for other in wrong.values() if other.given is not None]
        if earlier and follows(calculation, given, earlier):
            names = [self.told(wrong[each.key], each, calculation) for each in latest_of(calculation, earlier)]
            return replace(judged, verdict=Verdict.FOLLOWS, note=("follows from ", *listed(names)))
        rounded = [
            other
            for other in others
            if other.given is not None and belongs(other.given, before) and other.verdict is Verdict.ROUNDED
        ]
        taken = latest_of(calculation, [other.given for other in rounded if other.given is not None])
        if not earlier and not judged.slip and from_rounded(calculation, given, taken):
            shown = [self.told(self.found[self.places[each.key]], each, calculation) for each in taken]
            return replace(judged, verdict=Verdict.BY_HAND, note=("with the rounded ", *listed(shown)))
        if search and judged.slip and judged.slip[0] != FORMULA:
            finder = self.judge.finder(calculation, earlier)
            pen = None if finder is None else finder.pen(given)
            return judged if pen is None else replace(judged, outcome=Outcome(pen=pen))
        if not search:
            return judged
        right = [
            other.given
            for other in others
            if other.given is not None and belongs(other.given, before) and other.verdict < Verdict.CONVENTION
        ]
        later = [
            other.given
            for other in others
            if other.given is not None and not belongs(other.given, before) and other.given.key in calculation.lines
        ]
        closer = calculation.closer
        nearer = closer is not None and given.key in closer.lines
        outcome = self.searched(calculation, earlier, given, right, later, pairs=not nearer)
        if closer is not None and nearer and not outcome.found and outcome.pen is None:
            known, seen, ahead = (
                [each for each in some if each.key in closer.lines] for some in (earlier, right, later)
            )
            inner = self.searched(closer, known, given, seen, ahead, pairs=False)
            if not inner.found and inner.pen is None:  # two together are looked for among whole arrays
                inner = self.searched(calculation, earlier, given, right, later)
            outcome = replace(inner, tried=inner.tried + outcome.tried)
        return replace(judged, outcome=outcome)

    def doubted(self, judged: Judged) -> Judged:
        """A number that is right when every step is rounded, with the mistakes that give it as well."""
        given, calculation = judged.given, self.subject.calculation(judged.key)
        if given is None or calculation is None or not self.agree(judged, calculation):
            return judged
        others = [
            other.given
            for key, other in self.latest().items()
            if key != given.key and other.given is not None and key in calculation.lines
        ]
        finder = self.judge.finder(calculation, ())
        outcome = Outcome() if finder is None else finder.alone(given, others)
        return replace(judged, outcome=outcome) if outcome.found else judged

    def mended(self, judged: Judged) -> Judged:
        """A wrong formula, the last side or the first, with the change that mends it, and the mistake that gives it."""
        first = judged.written.sides[0].expr if judged.written.sides else None
        slipped = bool(judged.slip) and judged.slip[0] == FORMULA
        formula = first if slipped else judged.last
        if formula is None or not has_names(formula) or judged.edit is not None:
            return judged
        outcome, edit = self.formulas.explained(judged.key, formula)
        # where the number is that of the formula, what is seen decides, and not the number alone
        alone = judged.last is None or has_names(judged.last)
        comes = not slipped or alone or (bool(outcome and outcome.found) and self.comes_of(judged, formula))
        return replace(judged, edit=edit, outcome=(outcome or judged.outcome) if comes else judged.outcome)

    def comes_of(self, judged: Judged, formula: Expr) -> bool:
        """Is the number that was written what the formula comes to?"""
        given, calculation = judged.given, self.subject.calculation(judged.key)
        if given is None or calculation is None or given.parts:
            return False
        value = calculation.value_of(calculation.in_lines(formula, given.key))
        return value is not None and len(value) == 1 and fits(given, {given.key: value[0]})

    def put_in(self, judged: Judged) -> list[Prose]:
        """The wrong numbers of before that are put in, where nothing else is wrong."""
        right = judged.finding.number if judged.finding is not None else None
        sides = [side.expr for side in judged.written.sides if side.expr is not None]
        if right is None or judged.slip or len(sides) < 2:
            return []
        wrong = {
            other.given.number: other
            for key, other in self.latest().items()
            if other.given is not None and not other.given.parts and key != text(judged.key)
            and other.verdict >= Verdict.WHOLE and other.finding is not None and other.finding.number is not None
        }  # fmt: skip
        own = {number: other.finding.number for number, other in wrong.items()
               if other.finding is not None and other.finding.number is not None}  # fmt: skip
        put = next((found for side in reversed(sides[:-1]) if (found := put_in(side, right, own))), [])
        return [(wrong[number].key, " = ", Value(number)) for number in dict.fromkeys(put)]

    def searched(
        self, calculation: Calculation, earlier: Sequence[Given], given: Given, right: Sequence[Given],
        later: Sequence[Given], pairs: bool = True,
    ) -> Outcome:  # fmt: skip
        """The mistakes that give a number, and all that was written after it, or but what was right before it."""
        finder = self.judge.finder(calculation, earlier)
        if finder is None:
            return Outcome(stopped=True)
        outcome = finder.explained(given, [*right, *later], pairs=pairs)
        if later and not outcome.found:
            carried = any(self.is_wrong(each.key) for each in later)
            outcome = finder.explained(given, right, carried=carried, pairs=pairs)
        return replace(outcome, going_on=bool(earlier))

    def told(self, judged: Judged, given: Given, calculation: Calculation) -> Prose:
        """What was written of a quantity."""
        if given.parts and judged.last is not None:
            return (judged.key, " = ", *self.subject.shown(judged.last))
        shape = calculation.lines[given.key].of == "size"
        return (judged.key if shape else calculation.lines[given.key].shown, " = ", Value(given.number))

    def agree(self, judged: Judged, calculation: Calculation) -> bool:
        """Do the lines come to what is right? Mistakes are not looked for where they do not."""
        if judged.finding is None or judged.given is None or isinstance(judged.finding.found, str | None):
            return False
        right = self.subject.given(judged.key, judged.finding.found)
        return right is not None and all(
            (number := calculation.numbers.get(each.key)) is not None
            and abs(float(each.number) - float(number)) <= AGREED * max(1.0, abs(float(each.number)))
            for each in right.each
        )


def _worth(judged: Judged) -> tuple[bool, Verdict]:
    """Of two readings the one that can be compared is meant, and of these the better one."""
    return judged.verdict is Verdict.UNDECIDED, judged.verdict
