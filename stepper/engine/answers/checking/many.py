"""Many answers to the same questions: each judged like a page, with what they have in common counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from stepper.core.expr import Expr, Number
from stepper.core.progress import counted
from stepper.core.prose import Prose
from stepper.core.working import Paper
from stepper.engine.answers.checking.judge import Judge
from stepper.engine.answers.checking.judged import Judged
from stepper.engine.answers.checking.subject import Subject
from stepper.engine.answers.checking.verdicts import page_judged
from stepper.engine.answers.checking.wording import home, plain, together
from stepper.engine.values.judging import Verdict

CLASS = 40
"""In a class of so many two mistakes together are looked for as well."""
MOST_BEGINNINGS, MOST_KEPT = 100, 20_000
EMPTY, UNREAD = "", "not read"
WORDS: Mapping[Verdict, str] = {
    Verdict.CONVENTION: "convention", Verdict.FOLLOWS: "follows", Verdict.UNDECIDED: "undecided",
    Verdict.WHOLE: "wrong", Verdict.WRONG: "wrong",
}  # fmt: skip
"""A verdict in a cell; all others are right."""
RIGHT, WRONG = "right", "wrong"


class Named(Struct, frozen=True):
    """What is said of a wrong number: of which quantity, the number, its likeliest mistake by name and in words, both
    empty where none gives it.
    """

    key: Expr
    written: Prose
    names: tuple[str, ...]
    places: tuple[str, ...]
    says: Prose
    number: Number | None = None


class Result(Struct, frozen=True):
    """The verdicts on one paper, a word for each quantity, what is wrong with it, what is right under another
    convention, and what has no verdict.
    """

    words: tuple[str, ...]
    wrong: tuple[Named, ...]
    otherwise: tuple[Named, ...] = ()
    unread: tuple[tuple[Expr, str, str], ...] = ()


class Marked(Struct, frozen=True):
    """A paper with its verdicts."""

    number: int
    name: str
    result: Result


def marked(subject: Subject, keys: Sequence[Expr], papers: Iterable[Paper], few: bool) -> Iterable[Marked]:
    """Paper by paper; equal ones are judged once.

    ``few``: there are no more than in a class, so that the search may take its time.
    """
    judge = Judge(subject, pairs=few, most=None if few else MOST_BEGINNINGS)
    seen: dict[tuple[str, ...], Result] = {}
    for paper in counted(papers, "papers", 0):
        if paper.cells not in seen:
            if len(seen) >= MOST_KEPT:
                seen.clear()
            seen[paper.cells] = _result(judge, keys, paper)
        yield Marked(paper.number, paper.name, seen[paper.cells])


def _result(judge: Judge, keys: Sequence[Expr], paper: Paper) -> Result:
    words = [EMPTY for _ in keys]
    wrong: list[Named] = []
    otherwise: list[Named] = []
    unread: list[tuple[Expr, str, str]] = []
    for judged in page_judged(judge, paper.lines):
        place = judged.line.number - 1
        if judged.key != keys[place]:  # a cell that goes on to something else
            continue
        words[place] = WRONG if judged.wrong else WORDS.get(judged.verdict, RIGHT)
        if judged.wrong:
            wrong.append(_named(judge.subject, judged))
        if judged.verdict is Verdict.CONVENTION:
            otherwise.append(Named(judged.key, _written(judge.subject, judged), (), (), judged.note))
        if judged.verdict is Verdict.UNDECIDED:
            unread.append((judged.key, judged.line.text, plain(judged.note)))
    for line in paper.lines:
        if line.problem and not line.chains:
            words[line.number - 1] = UNREAD
            unread.append((keys[line.number - 1], line.text, line.problem))
    return Result(tuple(words), tuple(wrong), tuple(otherwise), tuple(unread))


def _named(subject: Subject, judged: Judged) -> Named:
    """The likeliest mistake, or the slip of the pen; a slip that the working shows comes before both."""
    written = _written(subject, judged)
    calculation, outcome = subject.calculation(judged.key), judged.outcome
    if judged.slip:
        return Named(judged.key, written, ("arithmetic",), (), judged.slip)
    if outcome is not None and outcome.pen is not None:
        return Named(judged.key, written, outcome.pen[:1], (), (f"a slip of the pen: {outcome.pen[0]}",))
    if outcome is None or not outcome.found or calculation is None:
        number = None if judged.given is None else judged.given.number
        return Named(judged.key, written, (), (), (), number)
    first = outcome.found[0]
    says = together(first.first, calculation, home(judged, calculation))
    return Named(judged.key, written, first.names, first.places, says)


def _written(subject: Subject, judged: Judged) -> Prose:
    return () if judged.last is None else subject.shown(judged.last)
