"""An author's derivation as a worked page: the lines as they stand, by which rule each follows, what is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stepper.core.derivation_parser import SIGNS
from stepper.core.formula import text
from stepper.core.lines import Lines, Stated
from stepper.core.prose import Prose, listed
from stepper.core.steps import Answer, Block, Check, Derivation, Equation, Link, Note, Step
from stepper.engine.derive.documents import Judged, Page
from stepper.engine.derive.given import conventions
from stepper.engine.derive.mending import mended
from stepper.engine.derive.proofs import Proof, summary
from stepper.engine.derive.writing import formulas_in, notation
from stepper.errors import Place, Problem, StepperError, nearest
from stepper.tables.theorems import ALL
from stepper.tables.theorems_of_matrices import MATRIX_THEOREMS


def page(lines: Lines, claims: Sequence[Stated] | None = None) -> Derivation:
    """A document's lines, each judged; or what somebody else claims of it.

    Raises:
        StepperError: where a line names a rule that there is not, or goes on from nothing.
    """
    for stated in lines.lines:
        _check_rule(stated.by, stated.place)
    worked = Page(lines, claims)
    body = tuple(block for group in _groups(worked.judged) for block in _blocks(group))
    steps = [Step("derive.lines", "derive.lines", ("Line by line",), body, detail="brief")]
    wrong = [judged for judged in worked.judged if judged.verdict.holds is False]
    steps += [_wrong(judged, worked, place) for place, judged in enumerate(wrong, 1)]
    steps += [_open(judged, place) for place, judged in enumerate(worked.judged, 1) if judged.verdict.holds is None]
    claimed = [judged for judged in worked.judged if not judged.defines and not judged.stated.sets]
    closing = summary([Proof(_line(judged), _check(judged)) for judged in claimed if judged.verdict.holds], "holds")
    steps += [closing] if closing is not None else []
    last = next((judged for judged in reversed(worked.judged) if judged.verdict.holds and not judged.defines), None)
    answers = (Answer(text(last.left), last.right),) if last is not None else ()
    exprs = [side for judged in worked.judged for side in (judged.left, judged.right)]
    told = conventions(lines.given)
    exprs += formulas_in(told)
    return Derivation(
        "derive", lines.title, tuple(steps), answers, tuple(map(_check, worked.judged)),
        told, notation(exprs), lines.source,
    )  # fmt: skip


def _check_rule(name: str, place: Place | None) -> None:
    known = dict.fromkeys(row.name for row in (*ALL, *MATRIX_THEOREMS))
    if name and name not in known and name not in OWN:
        hint = nearest(name, [*known, *OWN]) or "'stepper rules derivations' lists them"
        raise StepperError(Problem(f"'{name}' is not a known rule", place, hint))


OWN = ("definition", "given", "algebra")
"""What a line may name besides the rules: put in, what is given, collected."""


def _groups(judged: Sequence[Judged]) -> Iterator[list[Judged]]:
    """Lines that go on from one another, together."""
    group: list[Judged] = []
    for each in judged:
        if group and not (each.left == group[-1].right and not each.defines and not group[-1].stated.sets):
            yield group
            group = []
        group.append(each)
    if group:
        yield group


def _blocks(group: Sequence[Judged]) -> Iterator[Block]:
    first = group[0]
    if first.stated.note:
        yield Note((first.stated.note,))
    yield Equation(first.left, tuple(link for each in group for link in _links(each, each is not first)))


def _links(judged: Judged, noted: bool) -> Iterator[Link]:
    """The line, at full detail with what is between it and the one before; ``noted``: with the author's words."""
    between = judged.verdict.stages[:-1] if judged.relation == "=" and not judged.after else ()
    for stage, rules in between:
        if stage not in (judged.left, judged.right):
            yield Link("=", stage, listed([(rule,) for rule in rules], ", "), "full")
    note = ("; ", judged.stated.note) if noted and judged.stated.note else ()
    yield Link(SIGNS[judged.relation], judged.right, (*_why(judged), *note))


def _why(judged: Judged) -> Prose:
    """The rule that the author names, or the ones that were found; what was put in; or that it does not follow."""
    verdict = judged.verdict
    if verdict.holds is False:
        return ("does not follow",)
    if verdict.holds is None:
        return ("not proved",)
    if judged.stated.sets:
        return ("required",)
    if judged.defines:
        return ("definition",)
    by = judged.stated.by
    if by and by not in OWN and verdict.rules and by not in verdict.rules:
        return ("not by the ", by, ": ", *listed([(rule,) for rule in verdict.rules], ", "))
    named: list[Prose] = [(by,)] if by else [(rule,) for rule in verdict.rules[:MOST_NAMED]]
    words = [*([judged.after] if judged.after else []), *named]
    return listed(words, ", ") if words else verdict.how


MOST_NAMED = 3
"""Rules beside one line; all of them stand in the check."""


def _line(judged: Judged) -> Prose:
    return (judged.left, f" {SIGNS[judged.relation]} ", judged.right)


def _check(judged: Judged) -> Check:
    verdict = judged.verdict
    of = f"{text(judged.left)} {judged.relation} {text(judged.right)}"
    note = verdict.against if verdict.holds is False else verdict.how
    return Check("line", of, verdict.holds, note=note, unproved=verdict.holds is None, claimed=True)


def _wrong(judged: Judged, worked: Page, place: int) -> Step:
    """What is wrong with a line, where it is seen, and what would mend it."""
    body: list[Block] = [Note((*_line(judged), " does not follow: ", *judged.verdict.against, "."), "brief")]
    found = mended(judged.left, judged.relation, judged.right, worked.context, judged.verdict)
    if found is not None:
        body.append(Note(found, "brief"))
    return Step(f"derive.wrong:{place}", "derive.wrong", ("A line that does not follow",), tuple(body), detail="brief")


def _open(judged: Judged, place: int) -> Step:
    words: Prose = (*_line(judged), " is not proved: ", *judged.verdict.how)
    return Step(f"derive.open:{place}", "derive.open", ("Not proved",), (Note(words, "brief"),), detail="brief")
