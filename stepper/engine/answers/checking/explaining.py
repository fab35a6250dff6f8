"""What a wrong number comes of: numbers that were wrong before it, rounding, a slip of the pen, a mistake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from stepper.core.expr import Expr, Value
from stepper.core.formula import text
from stepper.core.prose import Prose, listed
from stepper.core.traverse import has_names
from stepper.engine.answers.checking.chains import FORMULA
from stepper.engine.answers.checking.following import belongs, follows, from_rounded, latest_of, put_in
from stepper.engine.answers.checking.judge import Judge
from stepper.engine.answers.checking.judged import Judged
from stepper.engine.answers.finding.explanation import Given, Outcome, fits
from stepper.engine.answers.finding.lines import Calculation
from stepper.engine.values.judging import Verdict

AGREED = 1e-6


class Explaining:
    """What was found of a page: each chain, and the place of each quantity that was written last."""

    found: list[Judged]
    places: Mapping[str, int]

    def __init__(self, judge: Judge) -> None:
        self.judge, self.subject, self.formulas = judge, judge.subject, judge.formulas

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
