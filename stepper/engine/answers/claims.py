"""Numbers that a listing or a reader states, beside those worked out, and the table that shows them."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from stepper.core.expr import Array, Call, Expr, Num, Sym, Value
from stepper.core.formula import text
from stepper.core.network import SHAPE, Layout, Shape, Statement
from stepper.core.prose import Prose, listed
from stepper.core.steps import Check, Column, Note, Step, Table
from stepper.core.traverse import names
from stepper.engine.layers.facts import FIELDS, UNITS, Facts, NotWorked
from stepper.engine.layers.result import Worked
from stepper.engine.layers.sizes import number, product, settle
from stepper.engine.layers.table import shape_words
from stepper.engine.values.equality import Algebra
from stepper.engine.values.judging import Finding, Judgement, Verdict, judge, judge_number, spelling
from stepper.engine.values.polynomial import NoSize
from stepper.engine.values.vocabulary import PLAIN

ONE = Num("1")
SIZES = Algebra(PLAIN, integers=True)


def stated(worked: Worked) -> list[Statement]:
    """What the listing itself states."""
    found = []
    for done in worked.layers:
        name = Sym(done.layer.name)
        if done.layer.claim is not None:
            found.append(Statement(Call(SHAPE, (name,)), (Array(done.layer.claim),)))
        found += [Statement(Call(claim.what, (name,)), claim.sides) for claim in done.layer.claims]
    return found


def compared(facts: Facts, statement: Statement) -> Finding:
    """What is stated beside what is found."""
    key, last = statement.key, statement.sides[-1]
    try:
        found = facts.fact(key)
    except NotWorked as error:
        return Finding(key, last, None, Judgement(Verdict.UNDECIDED, (error.problems[0].what,)))
    if isinstance(found, tuple):
        letters = _impossible(facts, key)
        if letters:  # onwards the size was taken to be what is stated, so it would agree with itself
            said = ("no integer ", *listed([(letter,) for letter in letters]), " gives it")
            return Finding(key, last, None, Judgement(Verdict.WRONG, said))
        return Finding(key, last, Array(found), _shapes_compared(facts, key, found, last))
    if found is None:
        return Finding(key, last, None, Judgement(Verdict.UNDECIDED, ("it is not one number here",)))
    if isinstance(found, Array):
        judgement = _same(facts, last, found)
        return Finding(
            key, last, found, judgement if judgement.accepted else replace(judgement, note=("it is ", found))
        )
    broken = _broken(facts, statement.sides)
    if broken:
        return Finding(key, last, found, Judgement(Verdict.WRONG, broken))
    judgement = _same(facts, last, found)
    if judgement.verdict is Verdict.WHOLE:
        judgement = replace(judgement, note=("it is ", found, ", and ", last, " is the nearest whole number"))
    elif judgement.verdict is Verdict.WRONG:
        name = text(key.arguments[0]) if isinstance(key, Call) and key.arguments else ""
        whole = isinstance(key, Call) and FIELDS.get(key.name) == UNITS and facts.sees_all(facts.layer(name))
        judgement = replace(judgement, note=("it is the whole input, " if whole else "it is ", found))
    return Finding(key, last, found, judgement)


def _impossible(facts: Facts, key: Expr) -> tuple[Expr, ...]:
    """The letters of which no choice gives a layer the size that the listing states of it."""
    for solution in facts.worked.solved:
        if solution.impossible and any(
            text(key) == f"{SHAPE}({question.layer.name})" for question in solution.constraints
        ):
            return tuple(solution.unknowns)
    return ()


def _same(facts: Facts, side: Expr, found: Expr) -> Judgement:
    """Sizes and counts: numbers by their digits, letters as polynomials; a number beside letters says something of
    these alone.
    """
    claimed, right = settled(facts, side), settled(facts, found)
    unknown = next((name for name in names(claimed) if name not in facts.letters), None)
    if unknown is not None:
        return Judgement(Verdict.UNDECIDED, (unknown, " is not a letter of this listing"))
    if number(claimed) is not None and names(right):
        return Judgement(
            Verdict.UNDECIDED, ("it is ", found, ", which depends on ", *listed([(name,) for name in names(right)]))
        )
    return judge(side, claimed, right, SIZES)


def sizes_claimed(facts: Facts, key: Expr, found: Shape, last: Expr) -> Shape:
    """The sizes that are claimed; of a list without the ones around it."""
    claimed = last.items if isinstance(last, Array) else (last,)
    if _is_list(facts, key) and len(claimed) > len(found):
        return tuple(size for size in claimed if size != ONE) or (ONE,)
    return claimed


def _shapes_compared(facts: Facts, key: Expr, found: Shape, last: Expr) -> Judgement:
    """Size by size; one number alone is also right as their product."""
    claimed = sizes_claimed(facts, key, found, last)
    sizes = (product(found),) if len(claimed) == 1 else found
    alike = len(claimed) == len(sizes)
    verdict = max(_same(facts, *pair).verdict for pair in zip(claimed, sizes, strict=True)) if alike else Verdict.WRONG
    if verdict is Verdict.UNDECIDED:
        return Judgement(verdict, ("it is ", *shape_words(found, facts.worked.network.layout)))
    accepted = Judgement(verdict).accepted
    return Judgement(verdict, () if accepted else ("it is ", *shape_words(found, facts.worked.network.layout)))


def _is_list(facts: Facts, key: Expr) -> bool:
    """Is it the shape of a layer that gives a list? Then 1x1x10 and 10 are the same."""
    return isinstance(key, Call) and key.name == SHAPE and facts.layer(text(key.arguments[0])).row.merge is not None


def settled(facts: Facts, side: Expr) -> Expr:
    """A side in the one form of sizes, with what the listing's letters are known to be."""
    if isinstance(side, Array):
        return Array(tuple(settled(facts, item) for item in side.items))
    try:
        return settle(side, facts.worked.known)
    except NoSize:
        return side


def _broken(facts: Facts, sides: Sequence[Expr]) -> Prose:
    """Arithmetic that does not add up."""
    claimed = settled(facts, sides[-1])
    last = number(claimed)
    for side in sides[:-1]:
        put = settled(facts, side)
        value = number(put)
        if value is not None and last is not None and not judge_number(spelling(sides[-1]), last, value).accepted:
            return (side, " = ", Value(value), ", not ", sides[-1])
        if value is None and last is None and judge(sides[-1], claimed, put, SIZES).verdict is Verdict.WRONG:
            return (side, " is not ", sides[-1])
    return ()


def claims_step(statements: Sequence[Statement], checks: Sequence[Check], layout: Layout) -> Step:
    """A line for each statement, and how many cannot be decided."""
    columns = (Column(("",)), Column(("claimed",)), Column(("",)))
    rows = []
    for statement, check in zip(statements, checks, strict=True):
        right: Prose = check.note or ("right",)
        said = right if check.ok is not False else ("wrong: ", *check.note) if check.note else ("wrong",)
        rows.append(((text(statement.key),), _claimed(statement.sides, layout), said))
    table, undecided = Table(columns, tuple(rows)), sum(check.ok is None for check in checks)
    counted = (Note((f"{undecided} of {len(checks)} cannot be decided.",)),) if undecided else ()
    return Step("shapes.claims", "shapes.claims", ("What is claimed",), (table, *counted), detail="brief")


def _claimed(sides: Sequence[Expr], layout: Layout) -> Prose:
    last = sides[-1]
    if isinstance(last, Array) and not any(isinstance(item, Array) for item in last.items):
        return shape_words(last.items, layout)
    words: list[str | Expr] = [sides[0]]
    for side in sides[1:]:
        words += [" = ", side]
    return tuple(words)
