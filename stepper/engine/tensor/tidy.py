"""Formulas of arrays as a person writes them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import cast

from stepper.core.expr import (
    Array,
    Call,
    Expr,
    Factor,
    Neg,
    Num,
    Product,
    Sign,
    Sum,
    Value,
    add_all,
    divide,
    multiply_all,
)
from stepper.core.formula import literal_of, number_of
from stepper.core.parser import parse
from stepper.core.traverse import names, transform, walk
from stepper.engine.tensor.calls import setting
from stepper.engine.tensor.shapes import Shapes
from stepper.engine.tensor.sizes import Sizes, is_whole
from stepper.engine.values.differentiate import ONE, ZERO, negative
from stepper.engine.values.evaluate import evaluate
from stepper.engine.values.vocabulary import PLAIN
from stepper.tables.array import ArrayFunction
from stepper.tables.arrays import BY_ARRAY_NAME

LONGEST_LISTED, MOST_LISTED = 6, 12
_ONES = (ONE, Value(Fraction(1)))
_OTHER: Mapping[Sign, Sign] = {"+": "-", "-": "+"}


def lean(expr: Expr, shape: Shapes) -> Expr:
    """The same as a person writes it: numbers for what shapes alone tell, no factors of 1, nothing repeated where
    broadcasting does it.

    ``shape`` knows the shapes of quantities.
    """

    def change(part: Expr) -> Expr | None:
        match part:
            case Call(name) if name in BY_ARRAY_NAME and BY_ARRAY_NAME[name].counts:
                return shape.count(part)
            case Call(name, arguments) if name in BY_ARRAY_NAME:
                row, given = BY_ARRAY_NAME[name], tuple(transform(argument, change) for argument in arguments)
                if row.places_one and (listed := _listed(given, shape(arguments[1]))) is not None:
                    return listed
                if row.repeats:
                    given = (_one_number(given[0], shape), *given[1:])
                if [name for name, _, _ in row.signature()] == ["X", "axis"] and len(shape(arguments[0])) == 1:
                    given = given[:1]  # a list has one axis
                return _without_defaults(row, given)
            case Sum(operands, operators):
                whole = any(shape(operand) == shape(part) for operand in operands if not _repeats(operand))
                terms = [transform(operand, change) for operand in operands]
                bare = [_bare_term(term, shape, whole) for term in terms]
                if len(shape(part)) > max(len(shape(term)) for term in bare):
                    bare[0] = terms[0]  # one of them has to have the shape
                return add_all(_signed(zip(("+", *operators), bare, strict=True)))
            case Product(operands, operators) if "@" in operators:
                # both sides of a product of matrices keep their shapes; what follows it is a product of its own
                at = len(operators) - operators[::-1].index("@")
                before = multiply_all(list(zip(("*", *operators[: at - 1]), operands[:at], strict=True)))
                joined = multiply_all([("*", transform(before, change)), ("@", transform(operands[at], change))])
                same = shape(multiply_all([("*", before), ("@", operands[at])])) == shape(part)
                after = [_bare(transform(operand, change), shape, same) for operand in operands[at + 1 :]]
                rest = [pair for pair in zip(operators[at:], after, strict=True) if pair[1] not in _ONES]
                return multiply_all([("*", joined), *rest])
            case Product(operands, operators):
                whole = any(shape(operand) == shape(part) for operand in operands if not _repeats(operand))
                factors = [_bare(transform(operand, change), shape, whole) for operand in operands]
                kept = [pair for pair in zip(("*", *operators), factors, strict=True) if pair[1] not in _ONES]
                if any(
                    factor != operand and _is_number(factor) for factor, operand in zip(factors, operands, strict=True)
                ):
                    return _with_one_number(kept)
                if not kept:
                    return ONE
                if kept[0][0] == "/":
                    kept.insert(0, ("*", ONE))
                return multiply_all(cast("list[tuple[Factor, Expr]]", [("*", kept[0][1]), *kept[1:]]))
            case _:
                return None

    return transform(expr, change)


def _signed(terms: Iterable[tuple[Sign, Expr]]) -> list[tuple[Sign, Expr]]:
    """Terms of a sum, those that are negative with the other sign: ``a + (-b)`` is ``a - b``."""
    first, *others = terms
    return [first, *((_OTHER[sign], term.body) if isinstance(term, Neg) else (sign, term) for sign, term in others)]


def _listed(arguments: Sequence[Expr], shape: Sizes) -> Expr | None:
    """One entry among zeros, as a list or a matrix where that is small: ``[0, -1/p[2], 0]``."""
    entry, _, *places = arguments
    numbers = [number_of(place) for place in places if number_of(place) != 0]
    if not 1 <= len(numbers) == len(shape) <= 2 or not is_whole(shape) or max(shape) > LONGEST_LISTED:
        return None
    if len(shape) > 1 and math.prod(shape) > MOST_LISTED:
        return None
    *rows, columns = shape
    lines = [
        Array(tuple(entry if [*row, place] == numbers else ZERO for place in range(1, columns + 1)))
        for row in ([[row] for row in range(1, rows[0] + 1)] if rows else [[]])
    ]
    return Array(tuple(lines)) if rows else lines[0]


def _repeats(factor: Expr) -> bool:
    return isinstance(factor, Call) and factor.name in BY_ARRAY_NAME and BY_ARRAY_NAME[factor.name].repeats


def _one_number(expr: Expr, shape: Shapes) -> Expr:
    """The number that an array holds in all of its entries, where it is one that was repeated; else the array."""

    def change(part: Expr) -> Expr | None:
        if isinstance(part, Call):
            return part.arguments[0] if _repeats(part) and not shape(part.arguments[0]) else part
        return part if isinstance(part, Product) and "@" in part.operators else None

    found = transform(expr, change)
    return found if found != expr and not shape(found) else expr


def _is_number(expr: Expr) -> bool:
    return not names(expr) and not any(isinstance(part, Call | Array) for part in walk(expr))


def _with_one_number(pairs: Sequence[tuple[Factor, Expr]]) -> Expr:
    """A product in which numbers are one, its sign in front of all: ``(-1/2)*T/S`` is ``-(T/(2*S))``."""
    size = Fraction(1)
    others: dict[Factor, list[Expr]] = {"*": [], "/": []}
    for factor, part in pairs:
        number = evaluate(part, {}, PLAIN) if _is_number(part) else None
        if not isinstance(number, Fraction) or not number:
            others["/" if factor == "/" else "*"].append(part)
        else:
            size = size / number if factor == "/" else size * number
    above, below = others["*"], others["/"]
    if not below and size.denominator != 1 and abs(size.numerator) != 1:
        return multiply_all([("*", literal_of(size)), *[("*", part) for part in above]])
    if abs(size.numerator) != 1 or not above:
        above.insert(0, Num(str(abs(size.numerator))))
    if size.denominator != 1:
        below.insert(0, Num(str(size.denominator)))
    top = multiply_all([("*", part) for part in above])
    found = divide(top, multiply_all([("*", part) for part in below])) if below else top
    return negative(found) if size < 0 else found


def _bare(factor: Expr, shape: Shapes, whole: bool) -> Expr:
    """A number that is repeated to the shape of what it is multiplied by need not be; ``whole``: does another factor
    have that shape?
    """
    if whole and isinstance(factor, Call) and _repeats(factor) and _broadcasts(factor, shape):
        return factor.arguments[0]
    return factor


def _bare_term(term: Expr, shape: Shapes, whole: bool) -> Expr:
    """The same for a term: in a product too, where nothing else in it has the shape."""
    if isinstance(term, Product) and "@" not in term.operators:
        pairs = zip(("*", *term.operators), (_bare(operand, shape, whole) for operand in term.operands), strict=True)
        return multiply_all(cast("list[tuple[Factor, Expr]]", list(pairs)))
    return _bare(term, shape, whole)


def _broadcasts(call: Call, shape: Shapes) -> bool:
    """Is something repeated as broadcasting does it by itself: a number, or a list as the last axis?"""
    inner, outer = shape(call.arguments[0]), shape(call)
    if not inner:
        return True
    axis = number_of(call.arguments[2]) if len(call.arguments) > 2 else 0
    return len(inner) == 1 and len(outer) == 2 and inner == outer[1:] and axis in (0, 1)


def _without_defaults(row: ArrayFunction, arguments: tuple[Expr, ...]) -> Call:
    """A call without the settings at its end that are as they are by default; settings as numbers."""
    signature = row.signature()
    settled = [
        argument if kind == "array" or names(argument) else _settled(setting(argument, row, name))
        for argument, (name, _, kind) in zip(arguments, signature, strict=False)
    ]
    while signature[len(settled) - 1][1] and settled[-1] == parse(signature[len(settled) - 1][1]):
        settled.pop()
    return Call(row.name, tuple(settled))


def _settled(number: int | tuple[int, ...]) -> Expr:
    if isinstance(number, tuple):
        return Array(tuple(map(_settled, number)))
    return literal_of(Fraction(number))


def told_apart(expr: Expr, shape: Callable[[Expr], Sizes]) -> Expr:
    """The same with ⊙ for the product of arrays entry by entry."""

    def change(part: Expr) -> Expr | None:
        if not isinstance(part, Product):
            return None
        pairs: list[tuple[Factor, Expr]] = [("*", transform(part.operands[0], change))]
        before = part.operands[0]
        for factor, operand in zip(part.operators, part.operands[1:], strict=True):
            entrywise = factor == "*" and shape(before) and shape(operand)
            pairs.append(("⊙" if entrywise else factor, transform(operand, change)))
            before = multiply_all([("*", before), (factor, operand)])
        return multiply_all(pairs)

    return transform(expr, change)
