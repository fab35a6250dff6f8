"""The least that is done to a line: ones and zeros go, numbers alone are calculated; everything else stays in place."""

from __future__ import annotations

from stepper.core.expr import (
    ADDED,
    KRONECKER,
    Bound,
    Deriv,
    Expr,
    Factor,
    Index,
    Neg,
    Power,
    Product,
    Sign,
    Sum,
    add_all,
    children,
    multiply_all,
    rebuild,
)
from stepper.engine.derive.terms import ONE, ZERO, collected, number_in


def light(expr: Expr) -> Expr:
    """The formula without what is seen to be nothing.

    >>> from stepper.core.formula import text
    >>> from stepper.core.parser import parse
    >>> text(light(parse("3*x^(3 - 1)*1*cos(x) + x^3*(-sin(x)*y) + 0*x")))
    '3*x^2*cos(x) + x^3*(-sin(x)*y)'
    """
    parts = children(expr)
    if not parts or isinstance(expr, Deriv):
        return expr
    expr = rebuild(expr, [light(part) for part in parts])
    match expr:
        case Sum():
            return _sum(expr)
        case Product() if "@" not in expr.operators and "⊙" not in expr.operators:
            return _product(expr)
        case Power(base, exponent):
            degree = number_in(exponent)
            if number_in(base) is not None and degree is not None:
                return collected(expr)
            return ONE if degree == 0 else base if degree == 1 else expr
        case Index(base, (one, other)) if base == KRONECKER:
            apart = number_in(one) is not None and number_in(other) is not None
            return ONE if one == other else ZERO if apart else expr
        case Neg(Neg(body)):
            return body
        case Neg(body) if number_in(body) == 0:
            return ZERO
        case Bound(body=body) if expr.word in ADDED and number_in(body) == 0:
            return ZERO
        case _:
            return expr


def _sum(expr: Sum) -> Expr:
    terms: list[tuple[Sign, Expr]] = []
    for sign, part in zip(("+", *expr.operators), expr.operands, strict=True):
        if number_in(part) == 0:
            continue
        if isinstance(part, Sum) and sign == "+":
            terms += list(zip(("+", *part.operators), part.operands, strict=True))
        elif isinstance(part, Neg):
            terms.append(("-" if sign == "+" else "+", part.body))
        else:
            terms.append((sign, part))
    if not terms:
        return ZERO
    if all(number_in(part) is not None for _, part in terms) or _cancel(terms):
        return collected(expr)
    (sign, first), *rest = terms
    return add_all([("+", Neg(first) if sign == "-" else first), *rest])


def _cancel(terms: list[tuple[Sign, Expr]]) -> bool:
    """Numbers that can be added, or a term that is taken away again: n - 1 + 1."""
    numbers = sum(number_in(part) is not None for _, part in terms)
    signs: dict[Expr, set[Sign]] = {}
    for sign, part in terms:
        signs.setdefault(part, set()).add(sign)
    return numbers > 1 or any(len(found) > 1 for found in signs.values())


def _product(expr: Product) -> Expr:
    factors: list[tuple[Factor, Expr]] = []
    for sign, part in zip(("*", *expr.operators), expr.operands, strict=True):
        if number_in(part) == 0 and sign == "*":
            return ZERO
        if number_in(part) == 1:
            continue
        if isinstance(part, Product) and sign == "*" and not {"@", "⊙"} & set(part.operators):
            factors += list(zip(("*", *part.operators), part.operands, strict=True))
        else:
            factors.append((sign, part))
    if not factors:
        return ONE
    if all(number_in(part) is not None for _, part in factors):
        return collected(expr)
    if factors[0][0] == "/":
        factors.insert(0, ("*", ONE))
    first = factors[0][1]
    if isinstance(first, Neg):  # a minus that leads stands before the whole
        return Neg(multiply_all([("*", first.body), *factors[1:]]))
    return multiply_all([("*", factors[0][1]), *factors[1:]])
