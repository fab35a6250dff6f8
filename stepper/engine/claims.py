"""Numbers that a listing or a reader states, beside those worked out; a wrong one with the slip that makes it, where one does."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from stepper.core.expr import Array, Call, Expr, Num, Sym, Value
from stepper.core.formula import text
from stepper.core.network import SHAPE, Layout, Shape, Statement
from stepper.core.steps import Check, Column, Prose, Step, Table
from stepper.engine.done import Worked
from stepper.engine.facts import AXES, COUNTS, FIELDS, Facts
from stepper.engine.field import Field
from stepper.engine.polynomial import NoSize
from stepper.engine.shapetable import shape_words
from stepper.engine.sizes import number, product, settle

ONE = Num("1")


def stated(worked: Worked) -> list[Statement]:
    """What the listing itself states."""
    found = []
    for done in worked.layers:
        name = Sym(done.layer.name)
        if done.layer.claim is not None:
            found.append(Statement(Call(SHAPE, (name,)), (Array(done.layer.claim),)))
        found += [Statement(Call(claim.what, (name,)), claim.sides) for claim in done.layer.claims]
    return found


def judge(facts: Facts, statement: Statement) -> Check:
    """Is a statement right? If not: what it is, and why somebody may have come to the other."""
    found = facts.fact(statement.key)
    last = statement.sides[-1]
    layout = facts.worked.network.layout
    if isinstance(found, tuple):
        claimed = last.items if isinstance(last, Array) else (last,)
        if _is_list(facts, statement.key):
            claimed = tuple(size for size in claimed if size != ONE) if len(claimed) > len(found) else claimed
        right = found == claimed or (len(claimed) == 1 and product(found) == claimed[0])
        note = () if right else _wrong_shape(facts, statement.key, found, claimed, layout)
        return Check("claim", text(statement.key), right, None, note)
    if found is None:
        return Check("claim", text(statement.key), None, None, ("it is not one number here",))
    if isinstance(found, Array):
        return Check("claim", text(statement.key), found == last, None, () if found == last else ("it is ", found))
    if number(found) is None or _number(last) is None:
        same = _settled(found) == _settled(last)
        return Check("claim", text(statement.key), True if same else None, None, () if same else ("it is ", found))
    broken = _broken(statement.sides)
    claim = _number(last)
    right = claim is not None and claim == number(found) and not broken
    return Check("claim", text(statement.key), right, None, () if right else broken or _wrong(facts, statement.key, found, claim))


def _is_list(facts: Facts, key: Expr) -> bool:
    """Is it the shape of a layer that gives a list? Then 1x1x10 and 10 are the same."""
    return isinstance(key, Call) and key.name == SHAPE and facts.layer(text(key.arguments[0])).row.merge is not None


def _settled(side: Expr) -> Expr:
    try:
        return settle(side, {})
    except NoSize:
        return side


def _number(side: Expr) -> Fraction | None:
    try:
        return number(settle(side, {}))
    except NoSize:
        return None


def _broken(sides: Sequence[Expr]) -> Prose:
    """Arithmetic that does not add up."""
    last = _number(sides[-1])
    for side in sides[:-1]:
        value = _number(side)
        if value is not None and value != last:
            return (side, " = ", Value(value), ", not ", sides[-1])
    return ()


def _wrong_shape(facts: Facts, key: Expr, found: Shape, claimed: Shape, layout: Layout) -> Prose:
    from stepper.engine.slips import explain_shape

    assert isinstance(key, Call)
    slip = explain_shape(facts.layer(text(key.arguments[0])), claimed) if key.name == SHAPE else ""
    words: Prose = ("it is ", *shape_words(found, layout))
    return (*words, "; ", *shape_words(claimed, layout), f" is what comes of it where {slip}") if slip else words


def _wrong(facts: Facts, key: Expr, found: Expr, claim: Fraction | None) -> Prose:
    """What it is, with the slip where one gives the claim."""
    from stepper.engine.slips import explain_count, explain_field, explain_shape

    slip = ""
    if isinstance(key, Call) and claim is not None and text(key.arguments[0]) in facts.by_name:
        done = facts.layer(text(key.arguments[0]))
        if key.name in COUNTS:
            slip = explain_count(COUNTS[key.name], done, claim)
        elif FIELDS.get(key.name) == "units":
            slip = explain_field(done, _before(facts, done.layer.reads), claim)
        elif key.name in AXES:
            place = AXES.index(key.name) + 1
            slip = explain_shape(done, (*done.output[:place], Value(claim), *done.output[place + 1 :]))
    return ("it is ", found, f": {slip}") if slip else ("it is ", found)


def _before(facts: Facts, reads: Sequence[str]) -> Field | None:
    return facts.seen.get(reads[0]) if len(reads) == 1 else None


def claims_step(statements: Sequence[Statement], checks: Sequence[Check], layout: Layout) -> Step:
    """A line for each statement."""
    columns = (Column(("",)), Column(("claimed",)), Column(("",)))
    rows = []
    for statement, check in zip(statements, checks, strict=True):
        verdict = "right" if check.ok else "open" if check.ok is None else "wrong"
        said: Prose = (verdict, ": ", *check.note) if check.note else (verdict,)
        rows.append(((text(statement.key),), _claimed(statement.sides, layout), said))
    return Step("shapes.claims", "shapes.claims", ("What is claimed",), (Table(columns, tuple(rows)),), detail="brief")


def _claimed(sides: Sequence[Expr], layout: Layout) -> Prose:
    last = sides[-1]
    if isinstance(last, Array) and not any(isinstance(item, Array) for item in last.items):
        return shape_words(last.items, layout)
    words: list[str | Expr] = [sides[0]]
    for side in sides[1:]:
        words += [" = ", side]
    return tuple(words)
