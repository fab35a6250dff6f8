"""What is said of mistakes: what each is at its place, how many fit, what mends a formula."""

from __future__ import annotations

from collections.abc import Sequence

from stepper.core.expr import Expr, Sym
from stepper.core.formula import text
from stepper.core.prose import Prose, listed
from stepper.engine.answers.checking.judged import Judged
from stepper.engine.answers.checking.subject import Subject
from stepper.engine.answers.finding.candidates import Candidate
from stepper.engine.answers.finding.explanation import Outcome
from stepper.engine.answers.finding.lines import Calculation
from stepper.engine.answers.finding.search import EXCHANGED
from stepper.engine.edits.edits import Edited
from stepper.engine.values.judging import Verdict
from stepper.tables.mistake import NEAR

HINTS = ("right or wrong", "where", "what kind", "the mistake", "the working")
"""How much a hint tells; without one all of it is told."""
WHOLE = len(HINTS)


def fitting(outcome: Outcome, what: str = "number") -> str:
    """How many mistakes give the number, or the formula; where it takes two together, that no single one does."""
    count, tried = len(outcome.found), outcome.tried
    if all(len(found.first) > 1 for found in outcome.found):
        pairs = "These two together give" if count == 1 else f"{count} pairs of mistakes give"
        return f"{pairs} this {what}; none of {tried} known mistakes gives it alone."
    return f"{count} of {tried} known mistakes {'gives' if count == 1 else 'give'} this {what}."


def slip_words(pen: tuple[str, str, str], hint: int = WHOLE) -> Prose:
    """A slip of the pen; the right digit is told with the working alone."""
    what, one, other = pen
    if hint == 3:
        return ("It is a slip of the pen.",)
    if what == EXCHANGED:
        return (f"The digits {one} and {other} are exchanged.",)
    return (f"One digit is wrong: {one}" + (f" for {other}." if hint >= WHOLE else "."),)


def home(judged: Judged, calculation: Calculation | None) -> str:
    """The place of what is asked about."""
    line = None if calculation is None or judged.given is None else calculation.lines.get(judged.given.key)
    return "" if line is None else line.place


def words(candidate: Candidate, calculation: Calculation, home: str) -> Prose:
    """What a mistake is, at its place; of a layer that is not the one which is asked about, in which it is."""
    put: dict[str, Prose] = {
        "part": part_words(candidate.change.part, calculation),
        "other": part_words(candidate.change.other, calculation),
        "line": (candidate.line.shown,),
        "source": (candidate.line.source or candidate.line.symbol,),
    }  # fmt: skip
    found = [*filled(candidate.row.says, put)]
    if candidate.row.of in NEAR and candidate.line.place != home:
        found += [", in layer ", Sym(candidate.line.place)]
    if len(candidate.changes) > 1 and len(candidate.places) > 1:
        found.append(", and likewise in ")
        places = [place for place in candidate.places if place != candidate.line.place]
        found += listed([(calculation.lines[place].shown if place in calculation.lines else Sym(place),)
                         for place in places])  # fmt: skip
    return tuple(part for part in found if part != "")


def together(way: Sequence[Candidate], calculation: Calculation, home: str) -> Prose:
    """What one mistake is, or two."""
    return listed([words(each, calculation, home) for each in way], ", and ", ", and ")


def part_words(expr: Expr | None, calculation: Calculation) -> Prose:
    return ("it",) if expr is None else (calculation.told(expr),)


def plain(prose: Prose) -> str:
    return "".join(part if isinstance(part, str) else text(part) for part in prose)


def filled(says: str, put: dict[str, Prose]) -> Prose:
    """A sentence of a row with what stands for its braces."""
    found: list[str | Expr] = []
    rest = says
    while "{" in rest:
        before, _, rest = rest.partition("{")
        name, _, rest = rest.partition("}")
        found += [before, *put[name]]
    found.append(rest)
    return tuple(part for part in found if part != "")


def mended_words(edited: Edited) -> Prose:
    """What is wrong with a formula in one place, and the formula without it."""
    change = edited.change
    put: dict[str, Prose] = {
        name: ("it",) if part is None else (part,) for name, part in (("part", change.part), ("other", change.other))
    }
    return (*filled(edited.row.says, put), "; right is ", change.formula)


def reason(subject: Subject, judged: Judged) -> Prose:
    """In one sentence why a number or a formula is wrong: the broken step, the mistake, the convention; nothing where
    none is known.
    """
    calculation = subject.calculation(judged.key)
    said: list[Prose] = [judged.slip] if judged.slip else []
    outcome = judged.outcome
    if judged.verdict is Verdict.CONVENTION:
        said.append(("it is right under another convention: ", *judged.note))
    if outcome is not None and outcome.pen is not None:
        pen = slip_words(outcome.pen)
        said.append(tuple(part[:1].lower() + part[1:].rstrip(".") if isinstance(part, str) else part for part in pen))
    elif outcome is not None and outcome.found and calculation is not None:
        said.append(together(outcome.found[0].first, calculation, home(judged, calculation)))
    elif judged.edit is not None:
        said.append(mended_words(judged.edit))
    return listed(said, "; ", "; ")
