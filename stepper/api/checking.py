"""Asked of answers: are they right, and if not, where do they go wrong, and by which mistake?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from msgspec.structs import replace

from stepper.api.asking import Asked, Given, Names, Size, Values, Weighed, asked, is_text, words
from stepper.core.lines import Lines
from stepper.core.network import Network
from stepper.errors import Problem, StepperError
from stepper.render.look import Look
from stepper.solution import Solution

if TYPE_CHECKING:
    from stepper.core.exercise import Exercise
    from stepper.core.steps import Derivation, Detail
    from stepper.core.working import Line

LONGEST = 60
Claims: TypeAlias = "str | Sequence[str] | Mapping[str, object]"
"""A page of working, claims one by one, or what was written of each quantity."""
Table: TypeAlias = "str | Path | Iterable[Mapping[str, object]]"
"""The answers of many: a file, or a row each of what was written of each quantity."""


def check(
    source: Asked, claims: Claims | None = None, /, *, answers: Table | None = None, names: bool = False,
    wrt: Names = None, values: Values = None, weights: Weighed = None, input: Size = None, lr: object = None,
    ascent: bool = False, convention: Iterable[str] = (), hint: int | None = None, digits: int = 4,
    detail: Detail = "normal", **named: object,
) -> Solution:  # fmt: skip
    """Is an answer right, and if not: where does it go wrong first, and which mistake gives it?

    ``claims`` are a page of working as text, equations one by one, or what was written of each quantity; ``source`` is
    a graph, an optimizer's task or a network. ``wrt`` names what is asked for, where a page gives numbers alone;
    ``lr`` is the learning rate of a step. ``hint`` tells less: 1 right or wrong, 2 where, 3 what kind, 4 the mistake;
    5 the working too.

    ``answers`` are those of many instead: a table as a file (CSV), or rows of what was written of each quantity; with
    ``names`` the report has the names that stand in it.

    >>> import stepper as st
    >>> st.check("tum-2022/6", {"dL/dw11": 1.5}).answers["dL/dw11"]["verdict"]
    'right'
    >>> wrong = st.check("tum-2022/6", {"dL/dw11": 1, "dL/dh4": 1}).answers["dL/dh4"]
    >>> wrong["mistakes"][0]["names"]
    ('path left out',)
    >>> both = st.check("tum-2022/6", answers=[{"dL/dw11": 1.5, "L": 1}, {"dL/dw11": -1.5, "L": 2}])
    >>> [paper["right"] for paper in both.answers.values()]
    [2, 0]

    Raises:
        StepperError: where the source cannot be read, or nothing is claimed.
    """
    from stepper.engine.answers.checking.check import check as work
    from stepper.engine.answers.checking.wording import HINTS
    from stepper.read.arguments import text_of

    if (claims is None) == (answers is None):
        raise StepperError(Problem("claims are checked, or the answers of many", hint="one of the two"))
    told = len(HINTS) if hint is None else hint
    if not 1 <= told <= len(HINTS):
        raise StepperError(
            Problem(f"there is no hint {told}", hint=f"from 1, {HINTS[0]}, to {len(HINTS)}, {HINTS[-1]}")
        )
    subject = _subject(source, values, named, convention, Given(weights, input))
    if isinstance(subject, Lines):
        return Solution(_of_lines(subject, claims), Look(digits=digits, detail=detail))
    options = {} if lr is None else {"lr": text_of(lr)}
    if answers is not None:
        if hint is not None:
            raise StepperError(Problem("a hint is for one paper, not for many", hint="leave --hint out"))
        return Solution(_many(subject, answers, names, options, ascent), Look(digits=digits, detail=detail))
    assert claims is not None
    lines = _lines(claims, subject, words(wrt))
    if not any(line.chains for line in lines) and any(line.problem for line in lines):
        raise StepperError(*(_unread(line) for line in lines if line.problem))
    if not any(line.chains or line.problem for line in lines):
        raise StepperError(Problem("nothing is claimed", hint="such as 'dL/dw11 = 1.5', or a file of working"))
    derivation = work(subject, lines, options, ascent, told)
    return Solution(derivation, Look(digits=digits, detail=detail))


def _of_lines(subject: Lines, claims: Claims | None) -> Derivation:
    """What is claimed of a derivation: each line is judged with what its document gives, defines and demands."""
    from stepper.engine.derive.page import page
    from stepper.read.arguments import text_of
    from stepper.read.lines import read_claims

    if claims is None:
        raise StepperError(Problem("the answers of many are not checked of a derivation", hint="one page at a time"))
    if isinstance(claims, Mapping):
        claims = [f"{name} = {value if isinstance(value, str) else text_of(value)}" for name, value in claims.items()]
    return page(subject, read_claims(claims if isinstance(claims, str) else [*claims]))


def _subject(
    source: Asked, values: Values, named: Mapping[str, object], convention: Iterable[str], given: Given
) -> Exercise:
    """What is checked: a task or a listing, by its name or as text, all else a graph; so is a network whose numbers
    are given.
    """
    if isinstance(source, str | Path):
        from stepper.read.bundled import load_unless_graph, read_unless_graph

        find = read_unless_graph if is_text(source) else load_unless_graph
        found = find(str(source), given.shape)
        numbers = bool(values) or bool(named) or given.weights is not None
        if found is not None and not numbers:
            return found
        if found is not None and not isinstance(found, Network):
            raise StepperError(Problem("--set gives values to a graph; this document has its own"))
    return asked(source, values, named, convention, False, given)


def _many(subject: Exercise, answers: Table, names: bool, options: Mapping[str, str], ascent: bool) -> Derivation:
    """The report on a table of answers."""
    from stepper.engine.answers.checking.check import axes_of, check_many
    from stepper.read.files import source_of
    from stepper.read.working.known import names_of
    from stepper.read.working.papers import papers_of, read_papers

    known = names_of(subject, axes_of(subject))
    if isinstance(answers, str | Path):
        papers = read_papers(*source_of(str(answers)), known, names)
    else:
        papers = papers_of(answers, known, names)
    return check_many(subject, papers, options, ascent)


def _lines(claims: Claims, subject: Exercise, wrt: Sequence[str]) -> tuple[Line, ...]:
    """What is claimed, line by line."""
    from stepper.engine.answers.checking.check import axes_of
    from stepper.read.arguments import text_of
    from stepper.read.working.known import names_of
    from stepper.read.working.page import read_claim, read_page

    known = names_of(subject, axes_of(subject))
    if isinstance(claims, str):
        return read_page(claims, known, wrt)
    if isinstance(claims, Mapping):
        claims = [f"{name} = {value if isinstance(value, str) else text_of(value)}" for name, value in claims.items()]
    read = (read_claim(claim, known) for claim in claims)
    return tuple(replace(line, number=number) for number, line in enumerate(read, start=1))


def _unread(line: Line) -> Problem:
    """Why nothing of a line is read."""
    return Problem(f"'{line.text.strip()[:LONGEST]}': {line.problem}", hint=line.hint)
