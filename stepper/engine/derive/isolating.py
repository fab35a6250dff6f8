"""An equation turned round until one quantity stands alone, one operation at a time."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from stepper.core.expr import (
    Call,
    Expr,
    Neg,
    Power,
    Product,
    Sign,
    Sum,
    Sym,
    add_all,
    divide,
    multiply_all,
)
from stepper.core.formula import literal_of
from stepper.core.parser import parse
from stepper.core.prose import Prose
from stepper.core.traverse import mentions, substitute
from stepper.engine.derive.context import Context
from stepper.engine.derive.light import light
from stepper.engine.derive.signs import positive
from stepper.engine.derive.terms import ONE, collected, number_in


class Turned(Struct, frozen=True):
    """``part = value``, and what was done to come to it."""

    part: Expr
    value: Expr
    done: Prose


def turned(part: Expr, value: Expr, unknown: Expr, context: Context, roots: bool = False) -> Iterator[Turned]:
    """From ``part = value`` inwards, as long as one operand alone holds the unknown.

    ``roots``: of an even power the positive root is taken; else only of what is above 0.
    """
    while part != unknown:
        found = _once(part, value, unknown, context, roots)
        if found is None:
            return
        yield found
        part, value = found.part, found.value


def _once(part: Expr, value: Expr, unknown: Expr, context: Context, roots: bool) -> Turned | None:
    match part:
        case Neg(body):
            return Turned(body, collected(Neg(value)), ("multiplied by -1",))
        case Sum():
            return _of_sum(part, value, unknown)
        case Product() if "@" not in part.operators and "⊙" not in part.operators:
            return _of_product(part, value, unknown)
        case Power(base, exponent):
            return _of_power(base, exponent, value, unknown, context, roots)
        case Call(name, (argument,)) if name in context.vocabulary:
            rule = context.vocabulary.rule(name)
            if rule.row is not None and rule.row.inverse:
                inner = light(substitute(parse(rule.row.inverse), {Sym("x"): value}))
                return Turned(argument, inner, ("inverse of ", name))
            if rule.value is not None:
                return Turned(rule.definition(part.arguments), value, ("definition of ", name))
    return None


def _of_sum(part: Sum, value: Expr, unknown: Expr) -> Turned | None:
    terms = list(zip(("+", *part.operators), part.operands, strict=True))
    inside = [(sign, term) for sign, term in terms if mentions(term, unknown)]
    if len(inside) != 1:
        return None
    sign, kept = inside[0]
    others: list[tuple[Sign, Expr]] = [
        ("-" if other == "+" else "+", term) for other, term in terms if term is not kept
    ]
    rest = add_all([("+", value), *others])
    return Turned(kept, collected(Neg(rest) if sign == "-" else rest), ("other terms moved to the right",))


def _of_product(part: Product, value: Expr, unknown: Expr) -> Turned | None:
    factors = list(zip(("*", *part.operators), part.operands, strict=True))
    inside = [(sign, factor) for sign, factor in factors if mentions(factor, unknown)]
    if len(inside) != 1:
        return None
    sign, kept = inside[0]
    others = [(other, factor) for other, factor in factors if factor is not kept]
    rest = multiply_all([("*", ONE), *others])
    whole = divide(value, rest) if sign == "*" else divide(rest, value)
    return Turned(kept, collected(whole), ("divided by ", collected(rest)) if sign == "*" else ("reciprocals",))


def _of_power(
    base: Expr, exponent: Expr, value: Expr, unknown: Expr, context: Context, roots: bool
) -> Turned | None:  # fmt: skip
    if not mentions(exponent, unknown):
        degree = number_in(exponent)
        if degree is None or not degree:
            return None
        root = Power(value, literal_of(1 / degree)) if degree != 2 else Call("sqrt", (value,))
        if degree.denominator == 1 and degree % 2 == 0 and not positive(base, context.given):
            return Turned(base, collected(root), ("the positive root",)) if roots else None
        return Turned(base, collected(root), ("root taken",))
    if not mentions(base, unknown):
        whole = divide(Call("log", (value,)), Call("log", (base,)))
        return Turned(exponent, whole, ("logarithm taken",))
    return None
