"""What results of rules on matrices are built of: the slope of a function entry by entry, sizes, transposes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from stepper.core.expr import Call, Expr, Factor, Num, Product, Sym, Where, multiply_all
from stepper.core.traverse import substitute, transform, walk
from stepper.engine.derive.context import Context
from stepper.engine.derive.matrices.sizes import pair_of
from stepper.engine.values.differentiate import partials
from stepper.engine.values.rule import OUT


def _slope(parts: tuple[Expr, ...], context: Context) -> Expr:
    """``slope(f(A))``: f'(A), written out where that is one formula without cases."""
    (call,) = parts
    assert isinstance(call, Call)
    (argument,) = call.arguments
    short = Call(call.name + "'", call.arguments)
    rule = context.vocabulary.rule(call.name) if call.name in context.vocabulary else None
    if rule is None or rule.unspecified or len(rule.parameters) != 1 or rule.parameters[0].is_list:
        return short
    (parameter,) = rule.parameters
    form = rule.partials.get(parameter.name)
    if form is None:
        if rule.value is None:
            return short
        form = partials(rule.value, context.vocabulary).get(Sym(parameter.name), Num("0"))
    if any(isinstance(part, Where) for part in walk(form)):
        return short
    own: dict[Expr, Expr] = {Sym(parameter.name): argument, OUT: call}
    if context.shapes is not None and context.shapes(argument):
        form = _entrywise(form, own)
    return substitute(form, own)


def _entrywise(expr: Expr, arrays: Mapping[Expr, Expr]) -> Expr:
    """A formula of numbers read entry by entry: a product of two that hold the argument is ⊙."""

    def holds_one(part: Expr) -> bool:
        return any(inner in arrays for inner in walk(part))

    def change(part: Expr) -> Expr | None:
        if not isinstance(part, Product):
            return None
        factors: list[tuple[Factor, Expr]] = []
        met = False
        for sign, operand in zip(("*", *part.operators), part.operands, strict=True):
            own = holds_one(operand)
            factors.append(("⊙" if sign == "*" and met and own else sign, transform(operand, change)))
            met = met or own
        return multiply_all(factors)

    return transform(expr, change)


def _inner(parts: tuple[Expr, ...], context: Context) -> Expr:
    """``inner(f(A))`` is A."""
    (call,) = parts
    assert isinstance(call, Call)
    return call.arguments[0]


def _rows(parts: tuple[Expr, ...], context: Context) -> Expr:
    """``rows(A)``: how many rows it has."""
    assert context.shapes is not None
    return pair_of(context.shapes(parts[0]))[0]


def _columns(parts: tuple[Expr, ...], context: Context) -> Expr:
    """``columns(A)``: how many columns it has."""
    assert context.shapes is not None
    return pair_of(context.shapes(parts[0]))[1]


def _flat(parts: tuple[Expr, ...], _: Context) -> Expr:
    """``flat(A @ (B @ C))`` is ``A @ B @ C``."""
    (product,) = parts
    return multiply_all([("@", factor) for factor in _factors(product)])


def _factors(expr: Expr) -> tuple[Expr, ...]:
    if isinstance(expr, Product) and set(expr.operators) == {"@"}:
        return tuple(factor for operand in expr.operands for factor in _factors(operand))
    return (expr,)


MATRIX_BUILDERS: Mapping[str, Callable[[tuple[Expr, ...], Context], Expr]] = {
    "slope": _slope, "inner": _inner, "rows": _rows, "columns": _columns, "flat": _flat,
}  # fmt: skip
