"""What was checked, as a derivation: the verdicts in a table, then each wrong number with the mistake that gives it."""

from __future__ import annotations

from collections.abc import Sequence

from stepper.core.expr import Num
from stepper.core.formula import text
from stepper.core.prose import Prose, listed
from stepper.core.steps import Block, Column, Derivation, Equation, Link, Note, Step, Table
from stepper.core.traverse import has_names
from stepper.core.working import Line
from stepper.engine.answers.checking.as_data import answer, check_of
from stepper.engine.answers.checking.chains import FORMULA
from stepper.engine.answers.checking.judged import Judged
from stepper.engine.answers.checking.subject import Subject
from stepper.engine.answers.checking.wording import WHOLE, fitting, home, mended_words, slip_words, together
from stepper.engine.answers.finding.explanation import Explanation
from stepper.engine.answers.finding.lines import Calculation
from stepper.engine.values.judging import Verdict
from stepper.tables.table import ROWS

SYMBOLS = {row.name: row.symbol for row in ROWS.values() if row.symbol}
KINDS = {
    "value": "in the forward pass", "local": "in a local derivative", "gradient": "where paths come together",
    "step": "in the gradient step", "entry": "in an entry", "update": "in the update",
    "assignment": "in a line of the algorithm", "size": "in the size of an axis",
    "count": "in what a layer is counted to have", "field": "in the receptive field", "total": "where layers are added",
}  # fmt: skip


def report(subject: Subject, lines: Sequence[Line], judged: Sequence[Judged], hint: int = WHOLE) -> Derivation:
    """All that is said of a page, or as much of it as a hint tells."""
    paged = len({line.number for line in lines}) > 1
    steps = [_table(subject, lines, judged, hint, paged)]
    for each in judged:
        if (each.wrong or each.doubtful) and hint >= 3:
            steps.append(_mistakes(subject, each, hint, paged))
    answers = tuple(answer(each, subject.calculation(each.key)) for each in judged)
    return Derivation(
        "check", subject.title, tuple(steps), answers, tuple(map(check_of, judged)),
        notation={**SYMBOLS, **subject.labels}, source=subject.source,
    )  # fmt: skip


# ---- the table of verdicts


def _table(subject: Subject, lines: Sequence[Line], judged: Sequence[Judged], hint: int, paged: bool) -> Step:
    """A row for each number that is written; of a page the first hint tells only how many are right."""
    columns = [Column(("quantity",)), Column(("written",)), Column(("verdict",))]
    rows: list[tuple[Prose, ...]] = []
    for line in lines:
        own = [each for each in judged if each.line is line]
        rows += [(*_numbered(paged, line), (each.key,), _written(subject, each), _verdict(each, hint)) for each in own]
        if not own and line.problem:
            said = line.problem + (f" ({line.hint})" if line.hint else "")
            rows.append((*_numbered(paged, line), (), (line.text.strip()[:40],), (f"not read: {said}",)))
    if paged:
        columns.insert(0, Column(("line",), "value"))
    table = [Table(tuple(columns), tuple(rows))] if hint > 1 or not paged else []
    body: list[Block] = [*table, Note(_counted(lines, judged))]
    return Step("check.claims", "check.claims", ("What is written",), tuple(body), detail="brief")


def _numbered(paged: bool, line: Line) -> tuple[Prose, ...]:
    return ((Num(str(line.number)),),) if paged else ()


def _written(subject: Subject, judged: Judged) -> Prose:
    last = judged.last
    if last is None:
        return (judged.written.sides[-1].text.strip(),) if judged.edit is not None else ()
    return subject.shown(last)


def _verdict(judged: Judged, hint: int) -> Prose:
    """In words; from which hint on what is said beside it."""
    word = "wrong" if judged.verdict is Verdict.WHOLE and hint < WHOLE else judged.verdict.value
    if judged.by_chance:
        return ("right at these numbers only",)
    if judged.broken:
        return ("the result is right, a step is wrong",)
    if judged.verdict is Verdict.FOLLOWS:
        return judged.note
    if judged.verdict is Verdict.BY_HAND:
        return ("right ", *judged.note)
    if judged.wrong or not judged.note:
        return (word,)
    return (word, ": ", *judged.note)


def _counted(lines: Sequence[Line], judged: Sequence[Judged]) -> Prose:
    """How many are right, wrong, and neither."""
    wrong = sum(each.wrong for each in judged)
    follow = sum(each.verdict is Verdict.FOLLOWS for each in judged)
    undecided = sum(each.verdict is Verdict.UNDECIDED for each in judged)
    unread = sum(bool(line.problem) and not any(each.line is line for each in judged) for line in lines)
    convention = sum(each.verdict is Verdict.CONVENTION for each in judged)
    right = len(judged) - wrong - follow - undecided - convention
    parts = [
        (right, "right"), (convention, "right under another convention"), (wrong, "wrong"),
        (follow, "following from what is wrong"), (undecided, "undecided"), (unread, "not read"),
    ]  # fmt: skip
    return (", ".join(f"{count} {word}" for count, word in parts if count) + ".",)


# ---- what is wrong


def _mistakes(subject: Subject, judged: Judged, hint: int, paged: bool) -> Step:
    """Where a number went wrong, the mistakes that give it, and how it is worked out."""
    body: list[Block] = []
    calculation = subject.calculation(judged.key)
    if judged.slip:
        body.append(Note((*_capital(judged.slip), ".") if hint > 3 else (_broken_by(judged.slip),)))
    if hint >= WHOLE and judged.verdict is Verdict.WHOLE:
        body.append(Note(("It is right to the nearest whole number, where that is all that is asked for.",)))
    if judged.doubtful:
        body.append(Note(("It is right ", *judged.note, "; a mistake gives it too.")))
    outcome = judged.outcome
    if outcome is not None and calculation is not None and (outcome.found or outcome.pen or judged.edit is None):
        body += _found(subject, judged, calculation, hint)
    if judged.edit is not None and (hint > 3 or not body):
        mended: Prose = (*_capital(mended_words(judged.edit)), ".")
        body.append(Note(mended if hint > 3 else ("It goes wrong in the formula.",)))
    if hint >= WHOLE:
        if not (outcome and outcome.found) and judged.note and judged.verdict is Verdict.WRONG:
            body.append(Note((*_placed(judged), ".")))
        body += _right(subject, judged)
    title: Prose = (judged.key, *(" = " if _written(subject, judged) else "",), *_written(subject, judged))
    if paged:
        title = (f"Line {judged.line.number}: ", *title)
    return Step(f"check.wrong:{text(judged.key)}", "check.wrong", title, tuple(body), detail="brief")


def _found(subject: Subject, judged: Judged, calculation: Calculation, hint: int) -> list[Block]:
    outcome = judged.outcome
    assert outcome is not None
    pen = [] if outcome.pen is None else [Note(slip_words(outcome.pen, hint))]
    if not outcome.found and pen:
        return [*pen]
    if not outcome.found:
        if not outcome.tried:
            return [Note(("No known mistake changes it.",))]
        stopped = ", and the search was broken off" if outcome.stopped else ""
        said = f"None of {outcome.tried} known mistakes gives it{stopped}."
        return [Note((said,)), Note(("The numbers on the way to it would tell where it goes wrong.",))]
    if hint == 3:
        kinds = dict.fromkeys(KINDS[each.row.of] for found in outcome.found for each in found.first)
        return [*pen, Note((f"It goes wrong {' or '.join(kinds)}.",))]
    blocks: list[Block] = [*pen]
    if outcome.going_on:
        blocks.append(Note(("With the wrong numbers that are written before it:",)))
    for found in outcome.found:
        blocks.append(Note(_told(subject, judged, found, calculation)))
    if len(outcome.found) == 1:
        (found,) = outcome.found
        blocks.append(Note((*_capital((found.first[0].row.why,)), ".")))
    formula = outcome.formula or (judged.last is not None and has_names(judged.last))
    blocks.append(Note((fitting(outcome, "formula" if formula else "number"),)))
    if outcome.question is not None:
        apart = "That tells them apart." if outcome.decides else "That tells some of them apart."
        blocks.append(Note(("What did you get for ", outcome.question, f"? {apart}")))
    return blocks


def _told(subject: Subject, judged: Judged, found: Explanation, calculation: Calculation) -> Prose:
    """What the number is the result of; ways that are the same here stand beside one another."""
    ways: list[Prose] = []
    for way in found.told:
        said = together(way, calculation, home(judged, calculation))
        if said not in ways:
            ways.append(said)
    said_all = listed(ways, ", or, which is the same here, if ", ", if ")
    return (*_written(subject, judged), " is the result if ", *said_all, ".")


def _right(subject: Subject, judged: Judged) -> list[Block]:
    """How it is worked out: the line in which the mistake is, where there is one, and the quantity itself."""
    finding = judged.finding
    if finding is None or finding.found is None:
        return []
    if isinstance(finding.found, str):
        return [Note(("It is ", finding.found, "."))]
    found = judged.outcome.found if judged.outcome is not None else ()
    first = found[0].first[0].line if len(found) == 1 else None
    lines = [] if first is None else [first.place if first.of == "value" else first.name]
    equations = [subject.equation(name) for name in dict.fromkeys((*lines, text(judged.key)))]
    shown: list[Block] = [equation for equation in equations if equation is not None]
    if equations[-1] is None and subject.shown(finding.found) != (finding.found,):
        shown.append(Note((judged.key, " is ", *subject.shown(finding.found), ".")))
    elif equations[-1] is None:
        shown.append(Equation(judged.key, (Link("=", finding.found),)))
    return shown


def _broken_by(slip: Prose) -> str:
    """What kind of step a chain is broken by."""
    return "It goes wrong in the formula." if slip[0] == FORMULA else "It goes wrong in the numbers or the arithmetic."


def _placed(judged: Judged) -> Prose:
    """What is said of a wrong answer; an entry of an array stands behind its name."""
    first = judged.note[0]
    entry = isinstance(first, str) and first.startswith("[")
    return (judged.key, *judged.note) if entry else _capital(judged.note)


def _capital(prose: Prose) -> Prose:
    first, *rest = prose
    return (first[:1].upper() + first[1:], *rest) if isinstance(first, str) else prose
