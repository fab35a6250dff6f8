"""What many answers have in common, as a derivation: of each quantity how many are right, which mistakes were made how
often, and the verdicts paper by paper.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct, field

from stepper.core.expr import Expr, Num
from stepper.core.formula import text
from stepper.core.prose import Prose, listed
from stepper.core.steps import Answer, Block, Column, Derivation, Fact, Note, Step, Table
from stepper.engine.answers.checking.many import EMPTY, RIGHT, UNREAD, WRONG, Marked, Named
from stepper.engine.answers.checking.report import SYMBOLS
from stepper.engine.answers.checking.subject import Subject
from stepper.engine.answers.checking.wording import plain

COUNTED = (RIGHT, "convention", WRONG, "follows", "undecided", UNREAD)
HEADS: Mapping[str, str] = {"convention": "other convention", "follows": "follows from wrong"}
MOST_SHOWN, MOST_UNREAD, LONGEST = 20, 20, 30
OFTEN = 2
"""A number that no mistake gives is listed where so many wrote it."""


class _Made(Struct):
    """A mistake, and who made it: how many, and in which quantities it was seen."""

    says: Prose
    named: bool
    papers: int = 0
    keys: dict[Expr, None] = field(default_factory=dict)


class Tally(Struct):
    """What is counted while papers go by."""

    papers: int = 0
    words: dict[str, Counter[str]] = field(default_factory=dict)
    made: dict[str, _Made] = field(default_factory=dict)
    unread: list[tuple[int, Expr, str, str]] = field(default_factory=list)

    def add(self, keys: Sequence[Expr], marked: Marked) -> None:
        self.papers += 1
        for key, word in zip(keys, marked.result.words, strict=True):
            self.words.setdefault(text(key), Counter())[word] += 1
        for says, each in {_said(each): each for each in reversed(marked.result.wrong)}.items():
            made = self.made.setdefault(says, _Made(each.says or _number(each), bool(each.names)))
            made.papers += 1
            made.keys |= {other.key: None for other in marked.result.wrong if _said(other) == says}
        self.unread += [(marked.number, *each) for each in marked.result.unread]


def _said(each: Named) -> str:
    """By what equal mistakes are counted; where none gives a number, the number itself, however it is spelled."""
    return plain(each.says) or f"{text(each.key)} {each.number if each.number is not None else plain(each.written)}"


def _number(each: Named) -> Prose:
    return (each.key, " = ", *each.written)


def report(
    subject: Subject, keys: Sequence[Expr], right: Sequence[Prose], unread: Sequence[str], papers: Iterable[Marked]
) -> Derivation:
    """The whole report; ``right`` is what each quantity is, ``unread`` are the headings that are no quantities."""
    tally, rows, answers = Tally(), list[tuple[Prose, ...]](), list[Answer]()
    named = False
    for each in papers:
        tally.add(keys, each)
        named = named or bool(each.name)
        rows.append(_row(each))
        answers.append(_answer(keys, each))
    steps = [
        _quantities(keys, right, tally),
        *([_mistakes(tally)] if tally.made else []),
        _papers(keys, rows, named),
        *([_unread(tally)] if tally.unread else []),
    ]
    passed = Note((f"Not a quantity, and passed over: {', '.join(repr(heading) for heading in unread)}.",))
    return Derivation(
        "check", subject.title, tuple(steps), tuple(answers), (), conventions=(passed,) if unread else (),
        notation={**SYMBOLS, **subject.labels}, source=subject.source,
    )  # fmt: skip


# ---- the tables


def _quantities(keys: Sequence[Expr], right: Sequence[Prose], tally: Tally) -> Step:
    """A row for each quantity; of verdicts that nobody has, no column."""
    seen = [word for word in COUNTED if word == RIGHT or any(words[word] for words in tally.words.values())]
    columns = [Column(("quantity",)), Column(("value",))]
    columns += [Column((HEADS.get(word, word),), align="right") for word in seen]
    empty = any(words[EMPTY] for words in tally.words.values())
    columns += [Column(("no answer",), align="right")] if empty else []
    rows = []
    for key, value in zip(keys, right, strict=True):
        words = tally.words.get(text(key), Counter())
        counts = [_count(words[word]) for word in (*seen, *([EMPTY] if empty else []))]
        rows.append(((key,), value, *counts))
    count = f"{tally.papers:,} paper{'s' if tally.papers != 1 else ''}."
    body: list[Block] = [Table(tuple(columns), tuple(rows)), Note((count,))]
    return Step("check.quantities", "check.quantities", ("The answers",), tuple(body), detail="brief")


def _mistakes(tally: Tally) -> Step:
    """The mistakes, those that most made first, then numbers that many have and no mistake gives."""
    made = sorted(tally.made.values(), key=lambda each: -each.papers)
    named = [each for each in made if each.named]
    often = [each for each in made if not each.named and each.papers >= OFTEN]
    rest = sum(each.papers for each in made if not each.named and each.papers < OFTEN)
    body: list[Block] = []
    if named:
        head = Column(("papers",), align="right")
        columns = head, Column(("mistake",)), Column(("seen in",))
        rows = [(_count(each.papers), each.says, listed([(key,) for key in each.keys])) for each in named[:MOST_SHOWN]]
        body.append(Table(columns, tuple(rows)))
        if len(named) > MOST_SHOWN:
            body.append(Note((f"And {len(named) - MOST_SHOWN:,} more.",)))
    if often:
        unknown = Column(("papers",), align="right"), Column(("no known mistake gives",))
        body.append(Table(unknown, tuple((_count(each.papers), each.says) for each in often[:MOST_SHOWN])))
    if rest:
        what = "1 other wrong number is" if rest == 1 else f"{rest:,} other wrong numbers are"
        body.append(Note((f"{what} given by no known mistake.",)))
    return Step("check.mistakes", "check.mistakes", ("The mistakes",), tuple(body), detail="brief")


def _papers(keys: Sequence[Expr], rows: Sequence[tuple[Prose, ...]], named: bool) -> Step:
    columns = [Column(("paper",), "value"), *([Column(("name",))] if named else [])]
    columns += [*(Column((key,)) for key in keys), Column(("remarks",))]
    shown = rows if named else [(row[0], *row[2:]) for row in rows]
    table = Table(tuple(columns), tuple(shown))
    return Step("check.papers", "check.papers", ("Paper by paper",), (table,))


def _row(marked: Marked) -> tuple[Prose, ...]:
    remarks: list[Prose] = []
    for says, alike in _alike((*marked.result.wrong, *marked.result.otherwise)).items():
        numbers = listed([(*each.written, " for ", each.key) for each in alike])
        remarks.append((*numbers, *((": ", *alike[0].says) if says else ())))
    words: list[Prose] = [(word,) if word else () for word in marked.result.words]
    return ((Num(str(marked.number)),), (marked.name,), *words, listed(remarks, "; ", "; "))


def _alike(wrong: Sequence[Named]) -> Mapping[str, Sequence[Named]]:
    """Wrong numbers by the mistake that they are laid to."""
    found: dict[str, list[Named]] = {}
    for each in wrong:
        found.setdefault(plain(each.says), []).append(each)
    return found


def _unread(tally: Tally) -> Step:
    columns = Column(("paper",), "value"), Column(("quantity",)), Column(("cell",)), Column(("why",))
    rows = [
        ((Num(str(number)),), (key,), (cell if len(cell) <= LONGEST else cell[:LONGEST] + "…",), (why,))
        for number, key, cell, why in tally.unread[:MOST_UNREAD]
    ]
    more = len(tally.unread) - MOST_UNREAD
    body: list[Block] = [Table(columns, tuple(rows)), *([Note((f"And {more:,} more.",))] if more > 0 else [])]
    return Step("check.unread", "check.unread", ("Cells without a verdict",), tuple(body))


def _count(count: int) -> Prose:
    return (Num(str(count)),) if count else ()


def _answer(keys: Sequence[Expr], marked: Marked) -> Answer:
    """A paper as values."""
    verdicts: dict[str, Fact] = {text(key): word for key, word in zip(keys, marked.result.words, strict=True)}
    wrong: tuple[Fact, ...] = tuple(
        {"quantity": text(each.key), "given": plain(each.written), "names": each.names, "places": each.places,
         "says": plain(each.says)}
        for each in marked.result.wrong
    )  # fmt: skip
    name: dict[str, Fact] = {"name": marked.name} if marked.name else {}
    right = sum(word == RIGHT for word in marked.result.words)
    facts: dict[str, Fact] = {**name, "right": Num(str(right)), "verdicts": verdicts, "wrong": wrong}
    return Answer(str(marked.number), Num(str(right)), None, facts)
