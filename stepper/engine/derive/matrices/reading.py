"""Formulas of matrices as written, brought to one notation: ``dot(a, b)`` and ``a @ b`` of two vectors are aᵀb."""

from __future__ import annotations

from collections.abc import Mapping

from stepper.core.assumptions import Given
from stepper.core.derivation_parser import parse_derivation
from stepper.core.expr import Call, Expr, Factor, Neg, Power, Product, Sum, Sym, Transpose, multiply_all
from stepper.core.traverse import names, substitute, transform, walk
from stepper.engine.derive.matrices.sizes import ONE, Shape
from stepper.errors import Problem, StepperError
from stepper.tables.matrix_functions import BY_MATRIX_NAME

IDENTITY = Sym("I")
"""The identity matrix of whatever size fits, unless a quantity has the name."""


def read(expr: Expr, given: Given) -> Expr:
    """The same with definitions, abbreviations and products of two vectors written out."""
    defined: dict[Expr, Expr] = {
        Sym(name): formula for name, formula in given.definitions.items() if name.isidentifier()
    }
    for _ in range(len(defined) + 1):
        expr = substitute(expr, defined)

    def change(part: Expr) -> Expr | None:
        match part:
            case Call(name, arguments) if name in BY_MATRIX_NAME:
                return _written_out(name, tuple(transform(argument, change) for argument in arguments), change)
            case Product(operands, operators) if "@" in operators:
                return _products(tuple(transform(operand, change) for operand in operands), operators, given.shapes)
            case _:
                return None

    return transform(expr, change)


def is_literal(expr: Expr) -> bool:
    """Is it a plain number, which is added to every entry of an array?"""
    return not names(expr) and not any(isinstance(part, Call) and part.name in BY_MATRIX_NAME for part in walk(expr))


def _written_out(name: str, arguments: tuple[Expr, ...], change: object) -> Expr:
    row = BY_MATRIX_NAME[name]
    if len(arguments) != len(row.takes):
        wanted = "one argument" if len(row.takes) == 1 else f"{len(row.takes)} arguments"
        raise StepperError(Problem(f"{name} takes {wanted}, but got {len(arguments)}"))
    if not row.reads:
        return Call(name, arguments)
    letters = map(Sym, row.letters.split())
    return substitute(parse_derivation(row.reads), dict(zip(letters, arguments, strict=True)))


def _products(operands: tuple[Expr, ...], operators: tuple[Factor, ...], shapes: Mapping[str, Shape]) -> Expr:
    """A product of matrices that ends in a vector and begins with one, as ``x @ A @ x``: the first one is a row."""
    found = list(operands)
    for place, operator in enumerate(operators):
        first = place == 0 or operators[place - 1] in ("*", "/")
        if operator != "@" or not first or not _column(operands[place], shapes):
            continue
        last = next((at for at in range(place, len(operators)) if operators[at] != "@"), len(operators))
        after = operands[place + 1]
        row = isinstance(after, Transpose) and _column(after.body, shapes)
        if _column(operands[last], shapes) and not row:
            found[place] = Transpose(operands[place])
    return multiply_all(list(zip(("*", *operators), found, strict=True)))


def _column(expr: Expr, shapes: Mapping[str, Shape]) -> bool:
    """Is it a vector, as far as can be seen before sizes are compared: of one axis, or a small letter?"""
    match expr:
        case Sym(name) if name in shapes:
            return len(shapes[name]) == 1 or (len(shapes[name]) == 2 and shapes[name][1] == ONE)
        case Sym(name):
            return name[:1].islower()
        case Neg(body) | Power(body):
            return _column(body, shapes)
        case Sum(operands):
            return any(_column(operand, shapes) for operand in operands)
        case Product(operands, operators) if "@" in operators:
            return _column(operands[-1], shapes) and not isinstance(operands[0], Transpose)
        case Product(operands):
            return any(_column(operand, shapes) for operand in operands)
        case Call(name) if name in BY_MATRIX_NAME:
            return BY_MATRIX_NAME[name].gives == "n"
        case Call(_, (argument,)):
            return _column(argument, shapes)
        case _:
            return False
