"""Formulas as text: the printer whose text parses to the same tree, and names of quantities."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache
from typing import assert_never

from stepper.core.expr import (
    CONSTANTS,
    Array,
    Bound,
    Call,
    Deriv,
    Expr,
    Index,
    Neg,
    Num,
    Number,
    Power,
    Prime,
    Product,
    Sum,
    Sym,
    Transpose,
    Value,
    Where,
    is_open,
)
from stepper.core.names import canonical, pointed
from stepper.core.numbers import decimal
from stepper.core.parser import ATOM, DERIV, NEG, POWER, PRODUCT, SUM, parse
from stepper.errors import FormulaError

_FACTORS = {"*": "*", "/": "/", "@": " @ ", "⊙": " ⊙ "}
_CONSTANT_NAMES = {symbol: name for name, symbol in CONSTANTS.items()}


@lru_cache(maxsize=65536)
def reference(name: str) -> Expr:
    """The formula that names a quantity: ``h[1]`` is the element 1 of ``h``."""
    return Sym(name) if name.isidentifier() else parse(name)


def text(expr: Expr) -> str:
    """The formula as plain text, with every parenthesis that it needs and no other: ``parse(text(e)) == e``.

    >>> text(parse("((a) + (b*c))/2"))
    '(a + b*c)/2'
    """
    return _text(expr, 0)


@lru_cache(maxsize=65536)
def name_of(expr: Expr) -> str:
    """The text of a name or a gradient, which is looked up again and again."""
    return text(expr)


def _text(expr: Expr, level: int) -> str:
    if isinstance(expr, Sym):
        return _CONSTANT_NAMES.get(expr.name, expr.name)
    written, own = _write(expr)
    return f"({written})" if own < level else written


def _write(expr: Expr) -> tuple[str, int]:
    match expr:
        case Num(literal):
            return literal, ATOM
        case Value(number):
            return _text(literal_of(number), 0), level_of(expr)
        case Sym(name):
            return _CONSTANT_NAMES.get(name, name), ATOM
        case Prime(body):
            return _text(body, ATOM) + "'", ATOM
        case Transpose(body):
            return _text(body, ATOM) + ".T", ATOM
        case Index(base, indices):
            return f"{_text(base, ATOM)}[{', '.join(_text(index, 0) for index in indices)}]", ATOM
        case Neg(body):
            return "-" + _text(body, PRODUCT), NEG
        case Sum(operands, operators):
            signed = (f" {sign} {_text(part, PRODUCT)}" for sign, part in zip(operators, operands[1:], strict=True))
            return _text(operands[0], NEG) + "".join(signed), SUM
        case Product(operands, factors):
            written = _text(operands[0], POWER)
            for operator, part in zip(factors, operands[1:], strict=True):
                right = _text(part, POWER)
                spaced = operator == "/" and _reads_as_derivative(written, right)
                written += (" / " if spaced else _FACTORS[operator]) + right
            return written, PRODUCT
        case Power(base, exponent):
            return f"{_text(base, DERIV)}^{_text(exponent, POWER)}", POWER
        case Call(name, arguments):
            return f"{name}({', '.join(_text(argument, 0) for argument in arguments)})", ATOM
        case Where(operator, left, right, then, otherwise):
            condition = f"{_text(left, 0)} {operator} {_text(right, 0)}"
            return f"where({condition}, {_text(then, 0)}, {_text(otherwise, 0)})", ATOM
        case Array(items):
            return f"[{', '.join(_text(item, 0) for item in items)}]", ATOM
        case Deriv(of, wrt, total) if is_open(expr):
            return f"{'D' if total else 'partial'}({_text(of, 0)}, {_text(wrt, 0)})", ATOM
        case Bound(word, variable, low, high, body):
            limits = f"{variable.name}={_text(low, SUM)}..{_text(high, SUM)}"
            return f"{word}({limits}, {_text(body, 0)})", ATOM
        case Deriv(of, wrt, False, wire) if wire:
            return f"partial({_text(of, 0)}, {_text(wrt, 0)}, {wire})", ATOM
        case Deriv(of, wrt, total):
            return (
                f"d{_text(of, ATOM)}/d{_text(wrt, ATOM)}" if total else f"∂{_text(of, ATOM)}/∂{_text(wrt, ATOM)}"
            ), DERIV
        case _:
            assert_never(expr)


def _reads_as_derivative(left: str, right: str) -> bool:
    """Would ``left/right`` without spaces be read as one derivative?"""
    if not re.match(r"d[^\W\d]", right):
        return False
    while left.endswith("]"):
        depth, position = 0, len(left)
        while True:
            position -= 1
            depth += {"]": 1, "[": -1}.get(left[position], 0)
            if not depth:
                break
        left = left[:position]
    return re.search(r"(?<!\w)d[^\W\d]\w*$", left) is not None


def level_of(expr: Expr) -> int:
    """How tightly the outermost part of a formula binds, for whoever sets parentheses."""
    match expr:
        case Sum():
            return SUM
        case Neg():
            return NEG
        case Product():
            return PRODUCT
        case Power():
            return POWER
        case Value(number):
            return level_of(literal_of(number))
        case _:
            return ATOM


def literal_of(number: Number) -> Expr:
    """A number as the formula language spells it: a decimal, a quotient of two integers, or the negative of one.

    >>> text(literal_of(Fraction(-13, 20))), text(literal_of(0.1))
    ('-13/20', '0.1')
    """
    if number < 0:
        return Neg(literal_of(-number))
    if isinstance(number, Fraction):
        top = Num(str(number.numerator))
        return top if number.denominator == 1 else Product((top, Num(str(number.denominator))), ("/",))
    return Num(repr(number + 0.0))


def assignments(text: str) -> dict[str, Expr]:
    """Names and their formulas: ``n=19, k=3``; ``β=2`` is of beta.

    Raises:
        FormulaError: where a part is no assignment.
    """
    found: dict[str, Expr] = {}
    for part in text.split(","):
        name, sign, value = (piece.strip() for piece in part.partition("="))
        if not sign:
            raise FormulaError(f"'{part.strip()}' gives no value", 0, len(part), "such as n=19", text=part)
        found[canonical(name)] = parse(value)
    return found


def number_of(expr: Expr) -> Number | None:
    """The number that a formula without names and calls spells out, where it is one: the inverse of ``literal_of``.

    >>> number_of(parse("-13/20"))
    Fraction(-13, 20)
    """
    match expr:
        case Num(spelled):
            return decimal(spelled)
        case Value(number):
            return number
        case Neg(body):
            inner = number_of(body)
            return None if inner is None else -inner
        case Product((top, bottom), ("/",)):
            above, below = number_of(top), number_of(bottom)
            return None if above is None or not below else above / below
        case _:
            return None


def asked_name(name: str) -> str:
    """The plain text of a name that is asked for; one with points is what a layer holds, and known to its graph.

    >>> asked_name("ŷ₁"), asked_name("conv1.weight[1,2]")
    ('yhat1', 'conv1.weight[1, 2]')

    Raises:
        FormulaError: where it is no name.
    """
    return re.sub(r",\s*", ", ", name) if pointed(name) else plain_name(name)


def plain_name(name: str) -> str:
    """The plain text of a quantity's name as a user typed it, element brackets included.

    Raises:
        FormulaError: where it is no name.
    """
    expr = parse(name)
    if not isinstance(expr, Sym | Index | Prime):
        raise FormulaError(
            "a name is expected here", 0, len(name), "a name is letters, digits and _, such as w11 or h[1]", text=name
        )
    return text(expr)
