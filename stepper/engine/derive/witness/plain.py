"""How sums, products, powers, cases and entries are worked out."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from stepper.core.expr import (
    KRONECKER,
    Array,
    Call,
    Comparison,
    Index,
    Neg,
    Num,
    Power,
    Prime,
    Product,
    Sum,
    Sym,
    Transpose,
    Value,
    Where,
)
from stepper.core.formula import text
from stepper.engine.derive.witness import arrays
from stepper.engine.derive.witness.arrays import Nested, Scaled, combined, each, entry, product, transposed
from stepper.engine.derive.witness.numbers import (
    Quantity,
    Reach,
    Undefined,
    context,
    minus,
    over,
    place,
    plus,
    raised,
    short,
    times,
    turned,
    whole,
)
from stepper.engine.derive.witness.scene import Scene, Ways

NORMS = ("abs", "norm")
"""Calls whose even powers need no root."""


def _num(_: Scene, expr: Num) -> Quantity:
    return short(_number_in(expr.literal))


@lru_cache(maxsize=1024)
def _number_in(literal: str) -> int | Fraction:
    """A number as it is written; it stands in formulas that are worked out at every outcome, and is read once."""
    number = Fraction(literal)
    return number.numerator if number.denominator == 1 else number


def _sum(scene: Scene, expr: Sum) -> Nested:
    total = scene.of(expr.operands[0])
    for sign, operand in zip(expr.operators, expr.operands[1:], strict=True):
        value = scene.of(operand)
        if isinstance(total, tuple | Scaled) or isinstance(value, tuple | Scaled):
            total = combined(plus if sign == "+" else minus, total, value)
        else:
            total = plus(total, value if sign == "+" else -value)
    return total


def _product(scene: Scene, expr: Product) -> Nested:
    total = scene.of(expr.operands[0])
    for sign, operand in zip(expr.operators, expr.operands[1:], strict=True):
        value = scene.of(operand)
        if sign == "@":
            total = product(total, value)
        elif isinstance(total, tuple | Scaled) or isinstance(value, tuple | Scaled):
            _check_entrywise(sign, total, value)
            total = combined(over if sign == "/" else times, total, value)
        else:
            total = over(total, value) if sign == "/" else total * value
    return total


def _check_entrywise(sign: str, left: Nested, right: Nested) -> None:
    one, other = (() if isinstance(side, Scaled) else arrays.shape_of(side) for side in (left, right))
    if sign == "*" and len(one) == 2 and len(other) == 1 and one[0] != 1:
        raise Undefined("a matrix * a vector has two readings: @, or entry by entry")


def _power(scene: Scene, expr: Power) -> Nested:
    exponent = whole(scene.number(expr.exponent))
    base = expr.base
    if isinstance(base, Call) and base.name in NORMS and len(base.arguments) == 1 and _is_even(exponent):
        value = scene.of(base.arguments[0])
        if not (scene.rows and isinstance(value, tuple)):
            squares: Quantity = 0
            for number in arrays.entries(value):
                squares = squares + number * number
            return raised(squares, exponent // 2)
    value = scene.of(base)
    if isinstance(value, Scaled):
        return Scaled(raised(value.scale, exponent))
    return each(lambda number: raised(number, exponent), value)


def _is_even(exponent: Quantity) -> bool:
    return isinstance(exponent, int) and exponent > 0 and exponent % 2 == 0


def _neg(scene: Scene, expr: Neg) -> Nested:
    value = scene.of(expr.body)
    return combined(times, -1, value) if isinstance(value, tuple | Scaled) else -value


def _where(scene: Scene, expr: Where) -> Nested:
    left, right = scene.of(expr.left), scene.of(expr.right)
    if isinstance(left, tuple | Scaled) or isinstance(right, tuple | Scaled):
        branches = scene.of(expr.then), scene.of(expr.otherwise)
        return each(lambda *sides: _branch(scene, expr.operator, *sides), left, right, *branches)
    if isinstance(left, Reach) or isinstance(right, Reach):
        branches = scene.of(expr.then), scene.of(expr.otherwise)
        return each(lambda *sides: turned((left, right), sides), *branches)
    return scene.of(expr.then if scene.compare(expr.operator, left, right) else expr.otherwise)


def _branch(scene: Scene, comparison: Comparison, left: Quantity, right: Quantity, *branches: Quantity) -> Quantity:
    if isinstance(left, Reach) or isinstance(right, Reach):
        return turned((left, right), branches)
    return branches[0 if scene.compare(comparison, left, right) else 1]


def _index(scene: Scene, expr: Index) -> Nested:
    base, places = expr.base, [place(scene.number(index)) for index in expr.indices]
    if base == KRONECKER:
        return 1 if places[0] == places[1] else 0
    while isinstance(base, Index) and isinstance(base.base, Sym | Prime | Index):
        places = [*(place(scene.number(index)) for index in base.indices), *places]
        base = base.base
    if isinstance(base, Sym | Prime):
        return scene.indexed(text(base), tuple(places))
    return entry(scene.of(base), tuple(places))


PLAIN_WAYS: Ways = {
    Num: _num,
    Value: lambda _, expr: short(expr.number) if not isinstance(expr.number, float) else context().mpf(expr.number),
    Sym: lambda scene, expr: scene.name(expr.name),
    Prime: lambda scene, expr: scene.name(text(expr)),
    Index: _index,
    Neg: _neg,
    Sum: _sum,
    Product: _product,
    Power: _power,
    Where: _where,
    Array: lambda scene, expr: tuple(scene.of(item) for item in expr.items),
    Transpose: lambda scene, expr: transposed(scene.of(expr.body)),
}
"""How kinds of formulas are worked out; calls, ranges and derivatives come to these in ``evaluate``."""
