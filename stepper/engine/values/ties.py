"""Where a formula stands on a kink: the calls and case distinctions in it whose sides are equal here, as the tables
say.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from stepper.core.expr import Array, Call, Comparison, Expr, Index, Number, Sym, Value, Where, children
from stepper.core.traverse import substitute
from stepper.engine.values.definitions import spread
from stepper.engine.values.equations import Sheet
from stepper.engine.values.quantities import close
from stepper.engine.values.rule import OUT, RESULT, Rule
from stepper.errors import StepperError


class Tie(Struct, frozen=True):
    """A part of a formula on a kink: ``sides`` are equal. ``count`` elements of a list are, with those that are
    written alike.
    """

    part: Expr
    sides: tuple[Expr, ...]
    count: int = 2


def tie_of(part: Expr, sheet: Sheet) -> Tie | None:
    """The kink on which a call or a case distinction stands by itself, whatever stands inside it."""
    if isinstance(part, Where):
        return Tie(part, (part.left, part.right)) if _equal(part.left, part.right, sheet) else None
    if not isinstance(part, Call):
        return None
    rule = sheet.vocabulary.rule(part.name)
    if rule.row is not None and rule.row.jumps:
        number = sheet.approximate(part.arguments[0])
        return None if number is None or number != int(number) else Tie(part, (part.arguments[0], Value(number)))
    bindings = rule.bind(part.arguments) | {OUT: part} if rule.kinks else {}
    for condition in rule.kinks:
        if rule.picks:
            tied = attained(part, sheet)
            sides: tuple[Expr, ...] = tuple(dict.fromkeys(tied))
            if len(sides) > 1:
                return Tie(part, sides, len(tied))
        else:
            left, right = (substitute(side, bindings) for side in condition)
            if _equal(left, right, sheet):
                return Tie(part, (left, right))
    return None


def attained(call: Call, sheet: Sheet) -> list[Expr]:
    """The arguments whose value a function that picks one of them has; none where that is not known."""
    rule = sheet.vocabulary.rule(call.name)
    (items,) = call.arguments
    ((element, whole),) = rule.kinks
    assert isinstance(items, Array)
    found, number = [], _number(call, sheet)
    for item in items.items:
        if not _near(_number(item, sheet), number):
            continue
        bindings: dict[Expr, Expr] = {Index(Sym(rule.parameters[0].name), (RESULT,)): item, OUT: call}
        if _equal(substitute(element, bindings), substitute(whole, bindings), sheet):
            found.append(item)
    return found


def ties(expr: Expr, sheet: Sheet) -> Iterator[Tie]:
    """Every part of a formula that stands on a kink; of a case distinction only the case that holds is looked at."""
    yield from _ties(spread(expr, sheet.vocabulary), sheet)


def _ties(expr: Expr, sheet: Sheet) -> Iterator[Tie]:
    found = tie_of(expr, sheet)
    if found is not None:
        yield found
    if isinstance(expr, Where):
        holds = _holds(expr.operator, expr.left, expr.right, sheet)
        parts = [expr.left, expr.right, *([] if holds is None else [expr.then if holds else expr.otherwise])]
    elif isinstance(expr, Call) and _by_definition(sheet.vocabulary.rule(expr.name)):
        parts = [spread(sheet.vocabulary.rule(expr.name).definition(expr.arguments), sheet.vocabulary)]
    else:
        parts = list(children(expr))
    for part in parts:
        yield from _ties(part, sheet)


def _by_definition(rule: Rule) -> bool:
    """Is a function differentiated from its definition, whose kinks it then has?"""
    known = all(parameter.name in rule.partials or parameter.kind == "class" for parameter in rule.parameters)
    return not (known or rule.unspecified)


def _near(one: Number | None, other: Number | None) -> bool:
    return one is not None and other is not None and close(one, other)


def _equal(left: Expr, right: Expr, sheet: Sheet) -> bool:
    return _holds("==", left, right, sheet) is True


def _holds(operator: Comparison, left: Expr, right: Expr, sheet: Sheet) -> bool | None:
    try:
        return sheet.holds(operator, left, right)
    except StepperError:  # in a case that does not hold, or outside a domain
        return None


def _number(expr: Expr, sheet: Sheet) -> Number | None:
    try:
        return sheet.approximate(expr)
    except StepperError:  # in a case that does not hold, or outside a domain
        return None
