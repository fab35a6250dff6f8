"""Is a formula above 0, by what is given of its letters?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from stepper.core.assumptions import Given
from stepper.core.expr import Bound, Call, Expr, Num, Power, Product, Sum, Sym, add_all
from stepper.engine.derive.terms import collected, number_in
from stepper.tables.table import ROWS


def positive(expr: Expr, given: Given) -> bool:
    """Is it surely above 0? Sums and products of what is, exponentials, even powers of what is not 0.

    >>> from stepper.core.parser import parse
    >>> positive(parse("1 + exp(x)"), Given()), positive(parse("x"), Given())
    (True, False)
    """
    number = number_in(expr)
    if number is not None:
        return number > 0
    match expr:
        case Sym(name):
            return "positive" in given.traits.get(name, ()) or above(expr, given)
        case Call(name) if name in ROWS and (ROWS[name].positive or ROWS[name].gives == "probability"):
            return True
        case Call("sqrt", (body,)):
            return positive(body, given)
        case Sum(operands, operators) if "-" not in operators:
            return all(positive(part, given) or square(part, given) for part in operands) and any(
                positive(part, given) for part in operands
            )
        case Sum((Num("1"), part), ("-",)):
            return below_one(part, given)
        case Product(operands, operators) if set(operators) <= {"*", "/"}:
            return all(positive(part, given) for part in operands)
        case Power(base, _):
            return positive(base, given)
        case Bound(body=body):
            return positive(body, given)
        case _:
            return above(expr, given)


def square(expr: Expr, given: Given) -> bool:
    """Is it 0 or more, as an even power is, and some functions are by their rows?"""
    degree = number_in(expr.exponent) if isinstance(expr, Power) else None
    return (degree is not None and degree.denominator == 1 and degree % 2 == 0) or (
        isinstance(expr, Call) and expr.name in ROWS and ROWS[expr.name].nonnegative
    )


def above(expr: Expr, given: Given) -> bool:
    """Is it said that something is above 0, or above what is not below it? ``0 < p < 1`` says it of p."""
    return any(_chain(fact.sides, fact.relations, expr, ("<", ">"), given) for fact in given.facts)


def _chain(
    sides: tuple[Expr, ...], relations: tuple[str, ...], expr: Expr, signs: tuple[str, str], given: Given
) -> bool:
    for place, relation in enumerate(relations):
        low, high = (sides[place], sides[place + 1]) if relation[0] == "<" else (sides[place + 1], sides[place])
        if relation in signs and high == expr:
            number = number_in(low)
            if number is not None and number >= 0:
                return True
            if number is None and low != expr and above(low, given):
                return True
    return False


def below_one(expr: Expr, given: Given) -> bool:
    """Is something said to be below 1, as a probability is?"""
    for fact in given.facts:
        for place, relation in enumerate(fact.relations):
            sides = fact.sides[place : place + 2]
            low, high = sides if relation[0] == "<" else sides[::-1]
            if relation in ("<", ">") and low == expr and number_in(high) == 1:
                return True
    return isinstance(expr, Call) and expr.name in ROWS and ROWS[expr.name].gives == "probability"


def by_sign(left: Expr, relation: str, right: Expr, given: Given) -> bool:
    """Does an inequality hold since the difference of its sides is a sum of what is above 0, or not below it?

    >>> from stepper.core.parser import parse
    >>> by_sign(parse("1"), "<", parse("1 + exp(x)"), Given())
    True
    """
    one, other = (left, right) if relation[0] == "<" else (right, left)
    rest = collected(add_all((("+", other), ("-", one))))
    if _from_facts(rest, relation in ("<", ">"), given):
        return True
    if relation in ("<", ">"):
        return positive(rest, given)
    parts = rest.operands if isinstance(rest, Sum) and "-" not in rest.operators else (rest,)
    return all(positive(part, given) or square(part, given) or number_in(part) == 0 for part in parts)


MOST_FACTS = 8
"""Of so many inequalities that are given every selection is added up."""


def _from_facts(rest: Expr, strictly: bool, given: Given) -> bool:
    """Is it the sum of some differences that are said to be above 0?"""
    found = [pair for fact in given.facts for pair in _differences(fact.sides, fact.relations)][:MOST_FACTS]
    for size in range(1, len(found) + 1):
        for chosen in combinations(found, size):
            if strictly and not any(strict for _, strict in chosen):
                continue
            whole = add_all([("+", part) for part, _ in chosen])
            if number_in(collected(add_all((("+", rest), ("-", whole))))) == 0:
                return True
    return False


def _differences(sides: tuple[Expr, ...], relations: tuple[str, ...]) -> Iterator[tuple[Expr, bool]]:
    """The larger side less the smaller, of each inequality; and whether it is surely not 0."""
    for place, relation in enumerate(relations):
        if relation[0] in "<>":
            low, high = (sides[place], sides[place + 1]) if relation[0] == "<" else (sides[place + 1], sides[place])
            yield collected(add_all((("+", high), ("-", low)))), len(relation) == 1
