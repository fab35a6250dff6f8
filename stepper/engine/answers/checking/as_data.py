"""What was checked as values: for each number that was written a row, and whether it is right."""

from __future__ import annotations

from collections.abc import Mapping

from stepper.core.expr import Num
from stepper.core.formula import text
from stepper.core.steps import Answer, Check, Fact
from stepper.engine.answers.checking.judged import Judged
from stepper.engine.answers.checking.wording import home, mended_words, plain, slip_words, together
from stepper.engine.answers.finding.explanation import Explanation
from stepper.engine.answers.finding.lines import Calculation
from stepper.engine.values.judging import Verdict


def answer(judged: Judged, calculation: Calculation | None) -> Answer:
    """The verdict as a row of values."""
    last = judged.last
    found = judged.finding.found if judged.finding is not None else None
    facts: dict[str, Fact] = {
        "line": Num(str(judged.line.number)),
        "given": "" if last is None else text(last),
        "right": None if found is None else found if isinstance(found, str) else text(found),
        "verdict": judged.verdict.value,
        "note": plain(judged.note),
        "slip": plain(judged.slip),
    }
    if judged.edit is not None:
        facts["edit"] = plain(mended_words(judged.edit))
    if judged.outcome is not None:
        facts["tried"] = Num(str(judged.outcome.tried))
        pen = judged.outcome.pen
        slips: list[Fact] = [] if pen is None else [{"names": (pen[0],), "places": (), "says": plain(slip_words(pen))}]
        facts["mistakes"] = (
            *slips,
            *(_named(found, calculation, home(judged, calculation)) for found in judged.outcome.found),
        )
    return Answer(text(judged.key), judged.key if last is None else last, None, facts)


def check_of(judged: Judged) -> Check:
    ok = False if judged.wrong else None if judged.verdict in UNSURE else True
    return Check("claim", text(judged.key), ok, None, judged.note)


UNSURE = (Verdict.UNDECIDED, Verdict.CONVENTION, Verdict.BY_HAND, Verdict.FOLLOWS)


def _named(found: Explanation, calculation: Calculation | None, home: str) -> Mapping[str, Fact]:
    """A mistake as values: its names, where it is made, what is said of it; of two together that they are."""
    facts: dict[str, Fact] = {"names": found.names, "places": found.places, "says": ""}
    if calculation is not None:
        facts["says"] = plain(together(found.first, calculation, home))
    return facts if len(found.first) == 1 else {**facts, "pair": "two mistakes together"}
