"""How products are set by the formats that have fraction bars: read from the left, each division puts all before it
above a bar.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from stepper.core.expr import Expr, Product


class Pen(Struct, frozen=True):
    """How one format writes the parts of a product: a factor, a formula alone, brackets, the sign between factors, a
    fraction.
    """

    factor: Callable[[Expr], str]
    alone: Callable[[Expr], str]
    closed: Callable[[str], str]
    sign: Callable[[str], str]
    bar: Callable[[str, str], str]


def product(expr: Product, pen: Pen) -> str:
    """The product with its fractions."""
    factors: list[tuple[str, Expr]] = [("*", expr.operands[0])]
    done = ""
    for operator, operand in zip(expr.operators, expr.operands[1:], strict=True):
        if operator != "/":
            factors.append((operator, operand))
            continue
        single = len(factors) == 1 and not done
        above = pen.alone(factors[0][1]) if single else _joined(done, factors, pen)
        done, factors = pen.bar(above, pen.alone(operand)), []
    return _joined(done, factors, pen)


def _joined(done: str, factors: list[tuple[str, Expr]], pen: Pen) -> str:
    before = ""
    for operator, factor in factors:
        if {operator, before} == {"@", "⊙"}:  # A ⊙ B before a product of matrices is closed off
            done = pen.closed(done)
        before = operator if operator in ("@", "⊙") else before
        done += (pen.sign(operator) if done else "") + pen.factor(factor)
    return done
