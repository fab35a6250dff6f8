"""Sizes on the way: integers, or formulas of letters, among them that of the batch."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TypeGuard, cast

from msgspec import Struct

from stepper.core.expr import COMPARE, Call, Comparison, Expr, Num, Power, Product, Sum, Sym, divide, multiply
from stepper.core.formula import literal_of, text
from stepper.core.traverse import names
from stepper.read.source.values import Refused, Value
from stepper.read.source.working import NoSize, integer, settle

BATCH = Sym("N")
"""The number of samples, which no model knows."""
ONE: Mapping[Expr, Expr] = {BATCH: Num("1")}
SAMPLE = "what depends on the number of samples goes as for one sample"


def is_letter(value: Value) -> TypeGuard[Expr]:
    """Is a value a formula of letters?"""
    return isinstance(value, Struct)


def expr_of(value: Value) -> Expr:
    """A number as a formula.

    Raises:
        Refused: where it is none.
    """
    if is_letter(value):
        return value
    if isinstance(value, bool):
        return Num(str(int(value)))
    if isinstance(value, int):
        return Num(str(value)) if value >= 0 else literal_of(Fraction(value))
    if isinstance(value, float) and math.isfinite(value):
        return Num(repr(value)) if value >= 0 and "e" not in repr(value) else literal_of(Fraction(Decimal(repr(value))))
    raise Refused("a number is expected here")


def value_of(expr: Expr) -> Value:
    """An integer as Python's, else the formula."""
    found = integer(expr)
    return expr if found is None else found


def arithmetic(sign: str, left: Value, right: Value) -> Value:
    """A sign between letters and numbers."""
    low, high = expr_of(left), expr_of(right)
    match sign:
        case "+" | "-":
            whole: Expr = (
                Sum((low, high), (sign,))
                if not isinstance(low, Sum)
                else Sum((*low.operands, high), (*low.operators, sign))
            )
        case "*":
            whole = multiply(low, high)
        case "/":
            whole = divide(low, high)
        case "//":
            whole = Call("floor", (divide(low, high),))
        case "%":
            whole = Sum((low, Product((high, Call("floor", (divide(low, high),))), ("*",))), ("-",))
        case "**":
            whole = Power(low, high)
        case _:
            raise Refused(f"'{sign}' is not followed with letters")
    try:
        return value_of(settle(whole, {}))
    except (NoSize, ZeroDivisionError):
        raise Refused(f"no size results from {text(whole)}") from None


def compared(sign: str, left: Value, right: Value, say: Callable[[str], None]) -> bool:
    """A comparison of letters and numbers; the number of samples is 1 where nothing else decides it."""
    rest = arithmetic("-", left, right)
    if is_letter(rest) and BATCH in names(rest):
        rest = value_of(settle(rest, ONE))
        say(SAMPLE)
    if is_letter(rest):
        letters = ", ".join(dict.fromkeys(map(text, names(rest))))
        raise Refused(
            f"whether {_shown(left)} {sign} {_shown(right)} depends on {letters}", f"--set {letters}=... says it"
        )
    assert isinstance(rest, int | float)
    return COMPARE[cast("Comparison", sign)](rest, 0)


def whole(value: Value, say: Callable[[str], None]) -> int:
    """A value where an integer is needed."""
    if isinstance(value, int):
        return value
    if is_letter(value):
        found = integer(value)
        if found is None and set(names(value)) == {BATCH}:
            found = integer(settle(value, ONE))
            say(SAMPLE)
        if found is not None:
            return found
        letters = ", ".join(dict.fromkeys(map(text, names(value))))
        raise Refused(f"{text(value)} must be a number here", f"--set {letters}=... says it")
    if isinstance(value, float) and value.is_integer():
        return int(value)
    raise Refused("an integer is expected here")


def same(left: Value, right: Value) -> bool:
    """Are two sizes equal, whatever their letters are?"""
    if isinstance(left, int) and isinstance(right, int):
        return left == right
    return arithmetic("-", left, right) == 0


def times(sizes: Sequence[Value]) -> Value:
    """The product of sizes."""
    found: Value = 1
    for size in sizes:
        found = found * size if isinstance(found, int) and isinstance(size, int) else arithmetic("*", found, size)
    return found


def _shown(value: Value) -> str:
    return text(value) if is_letter(value) else str(value)


def shown(sizes: Sequence[Value]) -> str:
    """A shape in messages: ``N x 3 x 224``."""
    return "×".join(map(_shown, sizes)) if sizes else "one number"
