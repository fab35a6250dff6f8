"""Operands and their shapes in the words of the field."""

from __future__ import annotations

from stepper.core.expr import Expr, Neg, Product, Sum, Sym
from stepper.core.formula import number_of, text
from stepper.core.traverse import names
from stepper.engine.derive.matrices.sizes import ONE, Cell, Pair, shape_of, spoken


def shape_hint(expr: Expr) -> str:
    name = next((part.name for part in names(expr) if isinstance(part, Sym)), text(expr))
    return f"give its shape: {name}=n for a vector, {name}=1 for a number"


def both(one: Expr, pair: Pair, other: Expr, its: Pair) -> str:
    return f"{text(one)} is {said(pair)} and {text(other)} is {said(its)}"


def said(pair: Pair) -> str:
    if pair[0].known() is None and pair[0].root() is pair[1].root():
        return "a square matrix"
    if pair[0].known() is None and pair[1].known() == ONE:
        return "a vector"
    return spoken(shape_of(pair[0].known() or Sym("?"), pair[1].known() or Sym("?")))


def size(cell: Cell) -> str:
    return text(cell.known() or Sym("?"))


def plural(cell: Cell) -> str:
    return "" if cell.known() == ONE else "s"


def factor(expr: Expr) -> str:
    return f"({text(expr)})" if isinstance(expr, Sum | Product | Neg) and number_of(expr) is None else text(expr)
